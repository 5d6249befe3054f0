//! The filter bar: how messages are looked for, what was found so far, and what is wrong with a filter.

use std::ops::Range;

use egui::{
    Align, Id, Key, Label, Layout, Popup, PopupCloseBehavior, Response, RichText, Ui, vec2,
};
use stubless_core::{
    call::{
        Direction,
        scan::{FilterPart, Op, Progress, ScanState},
    },
    engine::ScanRefusal,
    message::FieldPath,
};

use super::{Stream, toolbar};
use crate::{
    app::{Action, FilterForm, FilterKind, TabView},
    ui::{
        menu::{choice_item, plain_item},
        theme::{Tokens, font, icon, size, space},
        widgets::{IconButton, PushButton, TextField, keep_escape_from},
        words,
    },
};

/// Seconds without a key after which what is typed is looked for.
const PAUSE: f64 = 0.25;

/// Names offered below a path.
const OFFERED: usize = 10;

/// The field that `/` leads to.
pub(super) fn field_id(stream: &Stream<'_>) -> Id {
    Id::unique(("filter of", stream.exchange.id))
}

/// Draws the bar, behind the tools where they share a row, and below it how far the filter is or why it
/// cannot be used.
pub(super) fn filter_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    with_tools: bool,
    out: &mut Vec<Action>,
) {
    let before = view.stream.filter.clone();
    let mut entered = false;
    let width = ui.available_width();
    ui.allocate_ui_with_layout(
        vec2(width, size::CONTROL),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, size::CONTROL));
            if with_tools {
                toolbar::tools_ui(ui, stream, view, out);
                toolbar::gap_ui(ui);
            }
            let form = &mut view.stream.filter;
            ui.spacing_mut().item_spacing.x = space::XS;
            kind_ui(ui, form);
            direction_ui(ui, form);
            entered = match form.kind {
                FilterKind::Text => text_ui(ui, stream, form),
                FilterKind::Field => condition_ui(ui, stream, form),
                FilterKind::Cel => cel_ui(ui, stream, form),
            };
        },
    );
    let form = &mut view.stream.filter;
    apply(ui, stream, (&before, form), entered, out);
    if let Some(refusal) = &stream.exchange.scan.filter.refusal {
        refusal_ui(ui, stream, refusal, form, out);
    } else if let Some(scan) = &stream.exchange.scan.filter.handle {
        progress_ui(ui, stream, &scan.progress(), form, out);
    }
    ui.add_space(space::XS);
}

/// Looks for what is typed once typing pauses, for what is chosen at once.
fn apply(
    ui: &Ui,
    stream: &Stream<'_>,
    (before, now): (&FilterForm, &FilterForm),
    entered: bool,
    out: &mut Vec<Action>,
) {
    let id = field_id(stream).with("typed");
    let time = ui.input(|input| input.time);
    let chosen = (before.kind, before.direction, before.op, before.match_case)
        != (now.kind, now.direction, now.op, now.match_case);
    let typed = before != now && !chosen;
    if typed {
        ui.data_mut(|data| data.insert_temp(id, time));
    }
    let since: Option<f64> = ui.data(|data| data.get_temp(id));
    // Half a name is no mistake yet, nor is a value that is typed next.
    let begun = now.kind == FilterKind::Field
        && ui.memory(|memory| memory.has_focus(field_id(stream)))
        && (!leads(stream, &now.path) || (now.op.takes_value() && now.value.is_empty()));
    let due = since.is_some_and(|since| time - since >= PAUSE) && !begun;
    if chosen || entered || due {
        ui.data_mut(|data| data.remove::<f64>(id));
        out.push(Action::Filter(stream.tab));
    } else if since.is_some_and(|since| time - since < PAUSE) {
        // After that only the person moves it on.
        let pause = std::time::Duration::from_secs_f64(PAUSE);
        ui.ctx().request_repaint_after(pause);
    }
}

fn kind_ui(ui: &mut Ui, form: &mut FilterForm) {
    let kinds = [
        (FilterKind::Text, "Text", "Anywhere in the message as JSON"),
        (FilterKind::Field, "Field", "The value of one field"),
        (
            FilterKind::Cel,
            "CEL",
            "An expression: size > 100 && index < 9",
        ),
    ];
    let word = kinds.iter().find(|it| it.0 == form.kind);
    let word = word.map_or("", |(_, word, _)| word);
    let button = PushButton::new(word)
        .caret()
        .height(size::SMALL_CONTROL + 2.0)
        .name("How messages are looked for");
    let response = ui.add(button);
    Popup::menu(&response).show(|ui| {
        ui.set_width(290.0);
        for (kind, word, meaning) in kinds {
            if choice_item(ui, form.kind == kind, word, meaning) {
                form.kind = kind;
                ui.close();
            }
        }
    });
}

/// Both ways, received or sent.
fn direction_ui(ui: &mut Ui, form: &mut FilterForm) {
    let (glyph, word) = match form.direction {
        None => (icon::ARROWS_LEFT_RIGHT, "Both directions"),
        Some(Direction::Received) => (icon::ARROW_DOWN, "Only received"),
        Some(Direction::Sent) => (icon::ARROW_UP, "Only sent"),
    };
    let tip = format!("{word}: press for another");
    let button = IconButton::new(glyph, "Direction of messages")
        .small()
        .selected(form.direction.is_some())
        .tooltip(&tip);
    let response = ui.add(button);
    Popup::menu(&response).show(|ui| {
        for (glyph, word, direction) in [
            (icon::ARROWS_LEFT_RIGHT, "Both directions", None),
            (icon::ARROW_DOWN, "Only received", Some(Direction::Received)),
            (icon::ARROW_UP, "Only sent", Some(Direction::Sent)),
        ] {
            if plain_item(ui, Some(glyph), word) {
                form.direction = direction;
            }
        }
    });
}

fn entered(ui: &Ui, field: &Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

fn text_ui(ui: &mut Ui, stream: &Stream<'_>, form: &mut FilterForm) -> bool {
    let room = ui.available_width() - 30.0;
    let field = TextField::search(&mut form.text, "Filter messages by text")
        .hint("Filter (/)")
        .width(room.max(60.0))
        .height(size::SMALL_CONTROL + 2.0)
        .id(field_id(stream))
        .show(ui);
    let case = IconButton::new(icon::TEXT_T, "Match case")
        .small()
        .selected(form.match_case);
    if ui.add(case).clicked() {
        form.match_case = !form.match_case;
    }
    entered(ui, &field)
}

fn cel_ui(ui: &mut Ui, stream: &Stream<'_>, form: &mut FilterForm) -> bool {
    let place = wrong_at(stream, FilterPart::Expression);
    let field = TextField::search(&mut form.cel, "Filter messages by CEL expression")
        .hint("size > 100 && message.sequence % 2u == 0u")
        .code()
        .icon(icon::CODE)
        .error(place.is_some())
        .height(size::SMALL_CONTROL + 2.0)
        .id(field_id(stream))
        .show(ui);
    mark(ui, &field, &form.cel, 30.0, place);
    entered(ui, &field)
}

fn condition_ui(ui: &mut Ui, stream: &Stream<'_>, form: &mut FilterForm) -> bool {
    let value = form.op.takes_value();
    let room = (ui.available_width() - 86.0).max(120.0);
    let width = if value { (room * 0.55).floor() } else { room };
    let place = wrong_at(stream, FilterPart::Path);
    let path = path_ui(
        ui,
        stream,
        &mut form.path,
        ("Field path of the filter", width, place.is_some()),
        field_id(stream),
    );
    mark(ui, &path, &form.path, 9.0, place);
    op_ui(ui, form);
    let mut done = entered(ui, &path);
    if value {
        let wrong = wrong_at(stream, FilterPart::Value).is_some();
        let field = TextField::new(&mut form.value, "Value of the filter")
            .hint("value")
            .code()
            .error(wrong)
            .height(size::SMALL_CONTROL + 2.0)
            .show(ui);
        if field.has_focus() {
            keep_escape_from(ui.ctx());
        }
        done |= entered(ui, &field);
    }
    done
}

fn op_ui(ui: &mut Ui, form: &mut FilterForm) {
    let button = PushButton::new(form.op.label())
        .caret()
        .height(size::SMALL_CONTROL + 2.0)
        .min_width(64.0)
        .name("How the value compares");
    let response = ui.add(button);
    Popup::menu(&response).show(|ui| {
        ui.set_width(150.0);
        for op in Op::ALL {
            if choice_item(ui, form.op == op, op.label(), "") {
                form.op = op;
                ui.close();
            }
        }
    });
}

/// A field for a path, with the names that may follow below it while it is typed.
pub(super) fn path_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    path: &mut String,
    (name, width, wrong): (&str, f32, bool),
    id: Id,
) -> Response {
    let offered = |path: &str| {
        let types = stream.types.iter();
        let mut found: Vec<_> = types
            .flat_map(|message| FieldPath::complete(path, message))
            .collect();
        let mut seen = std::collections::HashSet::new();
        found.retain(|it| it.path != path && seen.insert(it.path.clone()));
        found.truncate(OFFERED);
        found
    };
    let focused = ui.memory(|memory| memory.has_focus(id));
    let tab = focused
        && !path.is_empty()
        && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Tab));
    let mut field = TextField::new(path, name)
        .hint("user.name")
        .code()
        .error(wrong)
        .width(width)
        .height(size::SMALL_CONTROL + 2.0)
        .id(id)
        .show(ui);
    if field.has_focus() {
        keep_escape_from(ui.ctx());
    }
    let list = id.with("names");
    // A press on a name takes the keyboard away from the field for a moment.
    if field.has_focus() || field.lost_focus() {
        let names = offered(path);
        if field.has_focus() && !names.is_empty() && !path.is_empty() {
            // Tab takes the first of them rather than going on.
            let filter = egui::EventFilter {
                tab: true,
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: false,
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        let mut taken = tab
            .then(|| names.first().map(|it| it.path.clone()))
            .flatten();
        let open = !names.is_empty() && !ui.input(|input| input.key_pressed(Key::Enter));
        Popup::from_response(&field)
            .id(list)
            .open(open)
            .close_behavior(PopupCloseBehavior::IgnoreClicks)
            .show(|ui| {
                ui.set_width(width.max(240.0));
                for name in &names {
                    if choice_item(ui, false, &name.path, &name.detail) {
                        taken = Some(name.path.clone());
                    }
                }
            });
        if let Some(taken) = taken {
            *path = taken;
            field.request_focus();
            field.mark_changed();
        }
    }
    field
}

/// Whether a path leads somewhere, as far as is known.
pub(super) fn leads(stream: &Stream<'_>, path: &str) -> bool {
    let mut types = stream.types.iter();
    let empty = path.trim().is_empty() || stream.types.is_empty();
    empty || types.any(|message| FieldPath::parse(path, message).is_ok())
}

/// Where a part of the filter is wrong.
fn wrong_at(stream: &Stream<'_>, part: FilterPart) -> Option<Range<usize>> {
    let refusal = stream.exchange.scan.filter.refusal.as_ref()?;
    let (wrong, range) = refusal.place.as_ref()?;
    (*wrong == part).then(|| range.clone())
}

/// A line below the bytes that are wrong; the text begins `inside` the field.
fn mark(ui: &Ui, field: &Response, text: &str, inside: f32, place: Option<Range<usize>>) {
    let tokens = Tokens::of(ui);
    let Some(place) = place else { return };
    let x_of = |bytes: usize| {
        let before = text.get(..bytes.min(text.len())).unwrap_or(text);
        let color = tokens.text.normal;
        ui.fonts_mut(|fonts| fonts.layout_no_wrap(before.to_owned(), font::code(), color))
            .size()
            .x
    };
    let left = field.rect.left() + inside + x_of(place.start);
    let right = field.rect.left() + inside + x_of(place.end).max(x_of(place.start) + 5.0);
    let y = field.rect.bottom() - 4.0;
    let right = right.min(field.rect.right());
    if left < right {
        let line = egui::Stroke::new(1.5, tokens.bad.text);
        ui.painter().hline(left..=right, y, line);
    }
}

fn refusal_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    refusal: &ScanRefusal,
    form: &mut FilterForm,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let failure = &refusal.failure;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(icon::WARNING_CIRCLE_FILL.rich(14.0, tokens.bad.text));
        let words = [&failure.summary, &failure.reason];
        let words = words.map(String::as_str).join(": ");
        let words = RichText::new(words)
            .font(font::small())
            .color(tokens.bad.text);
        ui.add(Label::new(words).wrap());
        if !failure.hint.is_empty() {
            let hint = RichText::new(&failure.hint)
                .font(font::small())
                .color(tokens.text.weak);
            ui.add(Label::new(hint).wrap());
        }
        if ui
            .add(IconButton::new(icon::X, "Clear the filter").side(18.0))
            .clicked()
        {
            form.clear();
            out.push(Action::Filter(stream.tab));
        }
    });
}

/// `12 400 of 1 000 000 looked at · 311 match`
pub(super) fn progress_words(progress: &Progress) -> String {
    let matched = words::count(progress.matched);
    match progress.state {
        ScanState::UpToDate => format!("{matched} of {} match", words::count(progress.of)),
        ScanState::Running | ScanState::Stopped | ScanState::Failed => format!(
            "{} of {} looked at · {matched} match",
            words::count(progress.looked),
            words::count(progress.of)
        ),
    }
}

fn progress_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    progress: &Progress,
    form: &mut FilterForm,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(20.0);
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(icon::FUNNEL_SIMPLE.rich(14.0, tokens.accent.text));
        let text = match progress.state {
            ScanState::Stopped => format!("Stopped: {}", progress_words(progress)),
            ScanState::Failed => "The filter failed by a defect of Stubless".to_owned(),
            _ => progress_words(progress),
        };
        let text = RichText::new(text)
            .font(font::small())
            .color(tokens.text.normal);
        ui.add(Label::new(text).truncate());
        if progress.undecided > 0 {
            let text = format!("{} undecided", words::count(progress.undecided));
            let text = RichText::new(text)
                .font(font::small())
                .color(tokens.warn.text);
            ui.label(text).on_hover_text(&progress.undecided_reason);
        }
        if progress.state == ScanState::Running {
            bar_ui(ui, progress.fraction());
            let stop = IconButton::new(icon::STOP, "Stop the filter").side(20.0);
            if ui.add(stop).clicked() {
                out.push(Action::StopFilter(stream.tab));
            }
        }
        if matches!(progress.state, ScanState::Stopped | ScanState::Failed) {
            let again = PushButton::new("Filter again").height(20.0);
            if ui.add(again).clicked() {
                out.push(Action::Filter(stream.tab));
            }
        }
        let clear = IconButton::new(icon::X, "Clear the filter").side(20.0);
        if ui.add(clear).clicked() {
            form.clear();
            out.push(Action::Filter(stream.tab));
        }
    });
}

/// How far it is.
pub(super) fn bar_ui(ui: &mut Ui, fraction: f32) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(90.0, 5.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 2.0, tokens.line.strong);
    let mut done = rect;
    done.set_width(rect.width() * fraction.clamp(0.0, 1.0));
    ui.painter().rect_filled(done, 2.0, tokens.accent.text);
}
