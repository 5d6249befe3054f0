//! The address bar: how the target is reached, the target, the method, and Send.

use std::sync::Arc;

use egui::{
    Align, Id, Layout, Margin, Popup, PopupCloseBehavior, Rect, Response, RichText, Sense, Stroke,
    StrokeKind, TextBuffer, TextEdit, Ui, UiBuilder, vec2,
};
use stubless_core::{grpc::Transport, schema::CallKind};

use super::{
    document::Facts,
    menu::{choice_item, command_item, copy_menu, plain_item},
    settings,
    theme::{Tokens, font, icon, mix, radius, size, space},
    widgets::{
        ButtonStyle, Chip, IconButton, Picker, PickerItem, PushButton, aided, call_kind_name,
        call_kind_tone, elided, focus_ring, hover_fade, line_text, value_job,
    },
};
use crate::app::{
    Action, AppState, Found, PaletteItem, StreamStart, Tab, TabId, UiCommand, method_choices,
};

/// Methods that the list holds; typing finds the others.
const METHODS_LISTED: usize = 200;

/// What a list of methods was made from (its filter and the schemas' revision), and the list.
type Choices = ((String, u64), Vec<Found>);

/// The target's id, to give it the keyboard.
pub(super) fn target_id() -> Id {
    Id::unique("target")
}

/// Draws the bar.
pub(super) fn address_ui(
    ui: &mut Ui,
    state: &mut AppState,
    id: TabId,
    facts: &Facts,
    out: &mut Vec<Action>,
) {
    let (width, height) = (ui.available_width(), size::BAR);
    let (row, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let mut right = ui.new_child(
        UiBuilder::new()
            .id_salt("send")
            .max_rect(row)
            .layout(Layout::right_to_left(Align::Center)),
    );
    right.spacing_mut().item_spacing.x = space::S;
    more_menu(&mut right, state, out);
    if let Some(tab) = state.tab_mut(id) {
        send_buttons(&mut right, tab, facts, out);
    }
    let end = right.min_rect().left() - space::S;
    let field = Rect::from_min_max(row.min, egui::pos2(end, row.bottom()));
    frame(ui, field);
    let mut inside = ui.new_child(
        UiBuilder::new()
            .id_salt("address")
            .max_rect(field.shrink2(vec2(3.0, 3.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    inside.spacing_mut().item_spacing.x = space::XS;
    if let Some(tab) = state.tab_mut(id) {
        transport_menu(&mut inside, tab, facts, out);
    }
    let rest = inside.available_rect_before_wrap();
    // The method takes what it needs, up to a bit over half; the target gets the rest.
    let method = method_width(ui, state, id, facts).min(rest.width() * 0.58);
    let target = Rect::from_min_max(rest.min, egui::pos2(rest.right() - method, rest.bottom()));
    let method = Rect::from_min_max(egui::pos2(target.right(), rest.top()), rest.max);
    if let Some(tab) = state.tab_mut(id) {
        target_field(&mut inside, target, tab, facts, out);
    }
    ui.painter().vline(
        method.left(),
        method.y_range().shrink(4.0),
        Stroke::new(1.0, Tokens::of(ui).line.strong),
    );
    method_picker(ui, method, state, id, facts, out);
}

fn frame(ui: &Ui, rect: Rect) {
    let tokens = Tokens::of(ui);
    let focused = ui.memory(|m| m.has_focus(target_id()));
    let (width, color) = if focused {
        (1.5, tokens.line.focus)
    } else {
        (1.0, tokens.line.strong)
    };
    ui.painter().rect(
        rect,
        f32::from(radius::M),
        tokens.surface.side,
        Stroke::new(width, color),
        StrokeKind::Inside,
    );
}

/// The lock: plaintext or TLS, as the call would be.
fn transport_menu(ui: &mut Ui, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let settings = &facts.settings;
    let (glyph, color, name) = match facts.transport {
        Some(Transport::Plaintext) => (
            icon::LOCK_SIMPLE_OPEN,
            tokens.text.weak,
            "Transport: plaintext",
        ),
        Some(Transport::Tls) if settings.skips_verification() => (
            icon::SHIELD_WARNING,
            tokens.warn.text,
            "Transport: TLS, certificate not checked",
        ),
        Some(Transport::Tls) if facts.certificate_refused => (
            icon::SHIELD_WARNING,
            tokens.bad.text,
            "Transport: TLS, certificate not accepted",
        ),
        Some(Transport::Tls) => (icon::LOCK_SIMPLE, tokens.good.text, "Transport: TLS"),
        None => (
            icon::GLOBE,
            tokens.text.weak,
            "Transport: plaintext on this machine, TLS elsewhere",
        ),
    };
    let button = IconButton::new(glyph, name).color(color).side(30.0);
    let response = ui.add(button);
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(300.0);
            if settings::transport_ui(
                ui,
                &mut tab.draft.settings,
                &facts.inherited_settings,
                facts.transport,
            ) {
                out.push(Action::CommitTarget(tab.id));
            }
            ui.separator();
            if plain_item(ui, Some(icon::GEAR_SIX), "All settings of this request") {
                tab.view.request = crate::app::RequestPane::Settings;
            }
        });
}

fn target_field(ui: &mut Ui, rect: Rect, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let mut text = tab
        .draft
        .target
        .clone()
        .unwrap_or_else(|| facts.inherited.clone());
    let font_id = font::code();
    let row = ui.fonts_mut(|fonts| fonts.row_height(&font_id));
    let top = ((rect.height() - row) / 2.0).floor().max(0.0) as i8;
    let mut child = ui.new_child(UiBuilder::new().id_salt("target").max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    let draw = |ui: &mut Ui, text: &mut String| {
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _width: f32| {
            let job = value_job(text.as_str(), &font::code(), tokens);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let edit = TextEdit::singleline(text)
            .id(target_id())
            .font(font_id.clone())
            .frame(egui::Frame::NONE.inner_margin(Margin::symmetric(4, top)))
            .desired_width(f32::INFINITY)
            .text_color(tokens.text.strong)
            .layouter(&mut layouter)
            .hint_text(
                RichText::new("host:port, unix:PATH, https://…")
                    .font(font_id.clone())
                    .color(tokens.text.faint),
            );
        ui.add(edit).accessible_name("Target")
    };
    let variables = facts.variables();
    let (response, aid) = aided(&mut child, target_id(), &mut text, variables, draw);
    out.extend(aid.define.map(Action::DefineVariable));
    if response.changed() {
        tab.draft.target = Some(text);
    }
    if response.lost_focus() {
        out.push(Action::CommitTarget(tab.id));
    }
}

fn method_width(ui: &Ui, state: &AppState, id: TabId, facts: &Facts) -> f32 {
    let Some(tab) = state.tab(id) else {
        return 160.0;
    };
    let (service, method) = split(&tab.draft.method);
    let text = elided(
        ui,
        format!("{service} / {method}"),
        font::strong(),
        Tokens::of(ui).text.strong,
        f32::INFINITY,
    );
    let chip = if facts.kind.is_some() { 116.0 } else { 0.0 };
    (text.size().x + chip + 52.0).max(180.0)
}

/// `Service` and `Method` of a full name; the package is in the tooltip.
fn split(path: &str) -> (&str, &str) {
    let (service, method) = path.rsplit_once('/').unwrap_or(("", path));
    (service.rsplit('.').next().unwrap_or(service), method)
}

fn method_picker(
    ui: &mut Ui,
    rect: Rect,
    state: &AppState,
    id: TabId,
    facts: &Facts,
    out: &mut Vec<Action>,
) {
    let Some(tab) = state.tab(id) else {
        return;
    };
    let tokens = Tokens::of(ui);
    let response = ui.interact(rect, ui.scope_id().with("method"), Sense::click());
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, "Method");
        info.current_text_value = Some(tab.draft.method.clone());
        info
    });
    let t = hover_fade(ui, &response);
    ui.painter().rect_filled(
        rect.shrink2(vec2(2.0, 0.0)),
        f32::from(radius::S),
        mix(tokens.surface.side, tokens.surface.hover, t),
    );
    let middle = rect.center().y;
    let mut x = rect.left() + 10.0;
    if let Some(kind) = facts.kind {
        x = kind_chip(ui, rect, x, kind) + 10.0;
    }
    let room = rect.right() - 26.0 - x;
    if tab.draft.method.is_empty() {
        let text = elided(ui, "Choose a method", font::body(), tokens.text.faint, room);
        line_text(ui, x, middle, text);
    } else {
        let (service, method) = split(&tab.draft.method);
        let name = elided(ui, method, font::strong(), tokens.text.strong, room);
        let left = room - name.size().x;
        let before = elided(
            ui,
            format!("{service} / "),
            font::body(),
            tokens.text.weak,
            left,
        );
        let end = if left > 24.0 {
            line_text(ui, x, middle, before)
        } else {
            x
        };
        line_text(ui, end, middle, name);
    }
    let caret = icon::CARET_DOWN;
    ui.painter().text(
        egui::pos2(rect.right() - 14.0, middle),
        egui::Align2::CENTER_CENTER,
        caret.text(),
        caret.font(12.0),
        tokens.text.weak,
    );
    focus_ring(ui, &response, rect, radius::M);
    choose_method(ui, &response, state, id, out);
    if !tab.draft.method.is_empty() {
        response.on_hover_text(&tab.draft.method);
    }
}

fn choose_method(ui: &Ui, button: &Response, state: &AppState, id: TabId, out: &mut Vec<Action>) {
    // Searched when the filter or a schema changes, not in every frame that the list is open.
    let kept = button.id.with("methods");
    let choices = |filter: &str| -> Arc<Choices> {
        let made_from = (filter.to_owned(), state.schemas.revision());
        let known: Option<Arc<Choices>> = ui.data(|data| data.get_temp(kept));
        if let Some(known) = known.filter(|known| known.0 == made_from) {
            return known;
        }
        let found = method_choices(state, filter, METHODS_LISTED);
        let choices = Arc::new((made_from, found));
        ui.data_mut(|data| data.insert_temp(kept, Arc::clone(&choices)));
        choices
    };
    let picker = Picker::new("Methods", "").list_width(420.0);
    let chosen = picker.popup_ranked(ui, button, |filter| {
        let choices = choices(filter);
        let items = choices.1.iter().map(|found| PickerItem {
            kind: match &found.item {
                PaletteItem::Method(_, _, kind) => Some(*kind),
                _ => None,
            },
            ..PickerItem::new(&found.label, &found.detail)
        });
        items.collect()
    });
    let Some((filter, index)) = chosen else {
        return;
    };
    if let Some(PaletteItem::Method(path, _, _)) = choices(&filter).1.get(index).map(|f| &f.item) {
        out.push(Action::SetMethod(id, path.clone()));
    }
}

fn kind_chip(ui: &mut Ui, rect: Rect, x: f32, kind: CallKind) -> f32 {
    let tokens = Tokens::of(ui);
    let (_, words) = call_kind_name(kind);
    let tone = call_kind_tone(tokens, kind);
    let text = elided(ui, words, font::small_strong(), tone.text, 110.0);
    let width = text.size().x + 12.0;
    let chip = Rect::from_min_size(egui::pos2(x, rect.center().y - 10.0), vec2(width, 20.0));
    ui.painter()
        .rect_filled(chip, f32::from(radius::S), tone.soft);
    line_text(ui, chip.left() + 6.0, chip.center().y, text);
    chip.right()
}

/// Send, or Cancel while a call runs.
fn send_buttons(ui: &mut Ui, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    if tab.call.is_active() {
        let tooltip = shortcut_tip(UiCommand::Cancel);
        let cancel = PushButton::new("Cancel")
            .style(ButtonStyle::Danger)
            .icon(icon::STOP_FILL)
            .height(size::BAR)
            .min_width(96.0)
            .tooltip(&tooltip);
        if ui.add(cancel).clicked() {
            out.push(Action::Cancel(tab.id));
        }
        return;
    }
    let feeds = facts.kind.is_some_and(CallKind::client_streams);
    if feeds {
        ui.spacing_mut().item_spacing.x = 1.0;
        start_menu(ui, tab);
    }
    let (words, tooltip) = match tab.view.start {
        start if feeds => {
            let shortcut = shortcut_tip(UiCommand::Send);
            let words = match start {
                StreamStart::Open => "Open",
                StreamStart::SendAndKeepOpen => "Send, keep open",
                StreamStart::SendAndClose => "Send",
            };
            (words, format!("{}\n{shortcut}", start.words().1))
        }
        _ => ("Send", shortcut_tip(UiCommand::Send)),
    };
    let button = PushButton::primary(words)
        .icon(icon::PAPER_PLANE_RIGHT_FILL)
        .height(size::BAR)
        .min_width(96.0)
        .tooltip(&tooltip)
        .name("Send");
    if ui.add(button).clicked() {
        out.push(Action::Send(tab.id));
    }
    ui.spacing_mut().item_spacing.x = space::S;
    let unverified = facts.transport == Some(Transport::Tls) && facts.settings.skips_verification();
    if unverified && ui.available_width() > 640.0 {
        ui.add(
            Chip::new("Unverified", tokens.warn).icon(icon::SHIELD_WARNING),
        )
        .on_hover_text("The server's certificate is not checked: anyone on the way can read and change this call");
    }
}

/// What Send does to a stream that the client feeds; the tab remembers it.
fn start_menu(ui: &mut Ui, tab: &mut Tab) {
    let button = PushButton::primary("")
        .caret()
        .height(size::BAR)
        .min_width(0.0)
        .tooltip("What Send does to this stream")
        .name("How the stream begins");
    let response = ui.add(button);
    Popup::menu(&response).show(|ui| {
        ui.set_width(360.0);
        for start in StreamStart::ALL {
            let (words, meaning) = start.words();
            if choice_item(ui, tab.view.start == start, words, meaning) {
                tab.view.start = start;
            }
        }
    });
}

/// A command's name and keys.
pub(super) fn shortcut_tip(command: UiCommand) -> String {
    let info = command.info();
    match info.shortcut {
        Some(shortcut) => format!("{} ({shortcut})", info.label),
        None => info.label.to_owned(),
    }
}

fn more_menu(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let response = ui.add(IconButton::new(
        icon::DOTS_THREE_VERTICAL,
        "More about this request",
    ));
    super::menu::menu(&response, |ui| {
        for command in [
            UiCommand::Save,
            UiCommand::SaveAs,
            UiCommand::FormatBody,
            UiCommand::SaveMessages,
            UiCommand::SaveLog,
            UiCommand::OpenLog,
        ] {
            command_item(ui, state, command, out);
        }
        ui.separator();
        command_item(ui, state, UiCommand::PasteRequest, out);
        if let Some(tab) = state.active_tab() {
            copy_menu(ui, tab.id, !tab.draft.method.is_empty(), out);
        }
        ui.separator();
        for command in [
            UiCommand::SendNext,
            UiCommand::SendAll,
            UiCommand::Repeat,
            UiCommand::HalfClose,
        ] {
            if command.info().is_enabled(state) {
                command_item(ui, state, command, out);
            }
        }
        command_item(ui, state, UiCommand::RefreshSchema, out);
        command_item(ui, state, UiCommand::CloseTab, out);
    });
}
