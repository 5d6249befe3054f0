//! The editor of a Duration: typed in the units people use, written in seconds.

use egui::{Id, Ui, vec2};
use stubless_core::message::known::{Span, SpanParts};

use super::{is_template, leaving, popup::popup};
use crate::ui::{
    request::{
        edit::Edit,
        editors::{CONTROL, Cell, field},
        state::{BodyState, Typed},
        value,
    },
    theme::{Tokens, font, icon, space},
    widgets::{Check, IconButton, PushButton, TextField, elided, line_text, prose_with},
};

const WIDTH: f32 = 300.0;
/// Spans that are one press away.
const COMMON: [&str; 6] = ["0s", "100ms", "1s", "30s", "5m", "1h"];

/// The fields of the box, as typed, and the text they were made from or have made.
#[derive(Debug, Clone)]
struct Form {
    parts: SpanParts,
    of: String,
}

pub(super) fn duration_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let mut child = leaving(ui, cell.id.with("span"), CONTROL + 4.0);
    let edit = text_ui(&mut child, cell, state);
    let name = format!("Edit duration of {}", cell.name);
    let button = IconButton::new(icon::TIMER, &name).side(CONTROL);
    let button = ui.add(button.tooltip("Days, hours, minutes and seconds"));
    state.note_focus(&button, &row.path);
    let id = button.id.with("span-form");
    let made = popup(&button, WIDTH, |ui| form_ui(ui, id, &row.value)).flatten();
    made.map(|span| {
        let json = value::json_string(&span.to_string());
        Edit::Set(row.path.clone(), json)
    })
    .or(edit)
}

/// `1h30m` is in the document as `5400s` at once, and stays as typed until the field is left.
fn text_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let typed = state.typed.get(&row.path);
    let typed = typed.filter(|typed| typed.over == row.value);
    let is_typed = typed.is_some();
    let mut text = typed.map_or_else(|| row.value.clone(), |typed| typed.text.clone());
    let response = field(ui, cell, &mut text, "1h30m, 250ms, 1.5s", state);
    if response.lost_focus() {
        state.typed.remove(&row.path);
    }
    if let Some(span) = Span::parse(&row.value) {
        let words = span.words();
        let told = match is_typed {
            true => format!("{words}\nIn the message: {span}"),
            false => words,
        };
        response.clone().on_hover_text(told);
    }
    if !response.changed() {
        return None;
    }
    state.typed.remove(&row.path);
    if text.is_empty() && !row.in_collection {
        return Some(Edit::Empty(row.path.clone()));
    }
    let read = match Span::parse(&text) {
        // It is what ProtoJSON writes: not a digit of it is changed.
        Some(_) => None,
        None => Span::read(&text).ok(),
    };
    let written = match read {
        Some(span) => {
            let over = span.to_string();
            let typed = Typed {
                text,
                over: over.clone(),
            };
            state.typed.insert(row.path.clone(), typed);
            over
        }
        None => text,
    };
    let json = value::json_string(&written);
    Some(Edit::Type(row.path.clone(), json))
}

/// The units, each in a field; gives the span when they changed.
fn form_ui(ui: &mut Ui, id: Id, text: &str) -> Option<Span> {
    let known: Option<Form> = ui.data(|data| data.get_temp(id));
    let span = Span::parse(text);
    let mut form = known
        .filter(|form| form.of == text)
        .unwrap_or_else(|| Form {
            parts: span.map(|span| span.parts()).unwrap_or_default(),
            of: text.to_owned(),
        });
    let before = form.parts.clone();
    fields_ui(ui, id, &mut form.parts);
    let read = form.parts.span();
    let mut made = (form.parts != before).then_some(read).and_then(Result::ok);
    if let Some(made) = made {
        // As typed: ninety minutes stay ninety while the box is open.
        form.of = made.to_string();
    }
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for word in COMMON {
            if ui.add(PushButton::new(word).height(CONTROL)).clicked() {
                made = Span::read(word).ok();
            }
        }
    });
    ui.add_space(space::XS);
    foot_ui(ui, text, span, read.err());
    ui.data_mut(|data| data.insert_temp(id, form));
    made
}

fn fields_ui(ui: &mut Ui, id: Id, parts: &mut SpanParts) {
    let tokens = Tokens::of(ui);
    let negative = &mut parts.negative;
    let fields = [
        ("Days", &mut parts.days, 70.0),
        ("Hours", &mut parts.hours, 52.0),
        ("Minutes", &mut parts.minutes, 56.0),
        ("Seconds", &mut parts.seconds, 110.0),
    ];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (name, text, width) in fields {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                // Painted: the field below it has the name.
                let (word, _) = ui.allocate_exact_size(vec2(width, 15.0), egui::Sense::hover());
                let galley = elided(ui, name, font::small(), tokens.text.faint, width);
                line_text(ui, word.left(), word.center().y, galley);
                TextField::new(text, name)
                    .id(id.with(name))
                    .code()
                    .hint("0")
                    .select_all(true)
                    .width(width)
                    .height(CONTROL)
                    .show(ui);
            });
        }
    });
    ui.add_space(space::XS);
    ui.add(Check::new(negative, "Negative").with_word());
}

/// What the span is in words, or what is wrong.
fn foot_ui(ui: &mut Ui, text: &str, span: Option<Span>, wrong: Option<&'static str>) {
    let tokens = Tokens::of(ui);
    let (text, color) = match (wrong, span) {
        (Some(wrong), _) => (wrong.to_owned(), tokens.bad.text),
        (None, Some(span)) => (format!("{}: `{span}`", span.words()), tokens.text.weak),
        (None, None) if text.is_empty() => ("Not set".to_owned(), tokens.text.faint),
        (None, None) if is_template(text) => {
            let text = "A template stands here: what is chosen takes its place";
            (text.to_owned(), tokens.warn.text)
        }
        (None, None) => {
            let text = "The text is no duration yet: what is chosen takes its place";
            (text.to_owned(), tokens.warn.text)
        }
    };
    prose_with(ui, &text, &font::small(), color);
}
