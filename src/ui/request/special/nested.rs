//! Bytes as the message they hold: decoded to JSON, and encoded again as that is edited.

use egui::{Ui, UiBuilder};
use prost_reflect::MessageDescriptor;
use stubless_core::message::{
    Document, JsonOptions, Printer, Scope, Severity, encode, encode_within, to_json,
};

use super::{Around, Found, below, json::field_height};
use crate::ui::{
    request::{edit::Edit, editors::Cell, form::field_id, state::BodyState, value},
    theme::{Tokens, font},
    widgets::{JsonField, elided_prose, line_text},
    words,
};

/// Longer values are not decoded for a few lines of a form.
const MAX_BYTES: usize = 256_000;
/// Height of the line that says what is wrong, or lost.
const NOTE: f32 = 20.0;

/// Bytes as a message of a type.
#[derive(Debug, Clone)]
pub(super) struct Nested {
    type_name: String,
    /// The base64 it was made from, or has made.
    of: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// It cannot be shown; why.
    None(String),
    /// Its JSON as it is edited, what is wrong with that, and what editing it would lose.
    Json {
        text: String,
        wrong: Option<String>,
        lost: Option<String>,
    },
}

impl Nested {
    /// What it needs below the first line, in points.
    pub(super) fn height(&self) -> f32 {
        match &self.content {
            Content::None(_) => NOTE,
            Content::Json { text, wrong, lost } => {
                let note = wrong.is_some() || lost.is_some();
                field_height(text) + if note { NOTE } else { 0.0 }
            }
        }
    }
}

pub(super) fn nested_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    type_name: &str,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let message = match cell.around.message(type_name, &mut state.special) {
        Found::Ready(message) => message,
        Found::Waiting => {
            note_ui(ui, cell, 0.0, "The type is being read…", false);
            return None;
        }
        Found::Missing => {
            let text = format!("The schema has no message `{type_name}`");
            note_ui(ui, cell, 0.0, &text, true);
            return None;
        }
    };
    let known = state.special.nested.remove(&row.path);
    let known = known.filter(|it| it.of == row.value && it.type_name == type_name);
    let mut nested = known.unwrap_or_else(|| Nested {
        type_name: type_name.to_owned(),
        of: row.value.clone(),
        content: decode(&message, &row.value, cell.around),
    });
    let mut edit = None;
    match &mut nested.content {
        Content::None(why) => note_ui(ui, cell, 0.0, why, true),
        Content::Json { text, wrong, lost } => {
            let height = field_height(text);
            if field_ui(ui, cell, text, height, wrong.is_some(), state) {
                match encoded(&message, text, cell.around) {
                    Ok(base64) => {
                        (*wrong, *lost) = (None, None);
                        edit = Some(Edit::Type(row.path.clone(), value::json_string(&base64)));
                        nested.of = base64;
                    }
                    Err(why) => *wrong = Some(why),
                }
            }
            if let Some(why) = &wrong {
                let why = format!("Not in the message yet: {why}");
                note_ui(ui, cell, height, &why, true);
            } else if let Some(lost) = &lost {
                let lost = format!("Editing drops what has no JSON: {lost}");
                note_ui(ui, cell, height, &lost, false);
            }
        }
    }
    state.special.nested.insert(row.path.clone(), nested);
    edit
}

fn field_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    text: &mut String,
    height: f32,
    wrong: bool,
    state: &mut BodyState,
) -> bool {
    let place = below(cell, 0.0, height);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .scope_id(cell.id.with("nested")),
    );
    let name = format!("{} as a message", cell.name);
    let response = JsonField::new(text, &name)
        .id(field_id(cell.id))
        .error(wrong)
        .height(height)
        .show(&mut child);
    state.note_focus(&response, &cell.row.path);
    response.changed()
}

/// A line below the first one; the whole of it on hover.
fn note_ui(ui: &Ui, cell: &Cell<'_>, top: f32, text: &str, bad: bool) {
    let tokens = Tokens::of(ui);
    let color = if bad {
        tokens.bad.text
    } else {
        tokens.warn.text
    };
    let place = below(cell, top, NOTE);
    let galley = elided_prose(ui, text, &font::small(), color, place.width() - 4.0);
    line_text(ui, place.left() + 2.0, place.center().y, galley);
    let response = ui.interact(place, cell.id.with("nested-note"), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, text));
    response.on_hover_text(text);
}

fn decode(message: &MessageDescriptor, base64: &str, around: &Around<'_>) -> Content {
    if base64.len() > MAX_BYTES * 4 / 3 {
        let limit = words::bytes(MAX_BYTES as u64);
        return Content::None(format!("More than {limit} are not decoded here"));
    }
    let Some(bytes) = value::decode_base64(base64) else {
        return Content::None("This is not base64".to_owned());
    };
    let options = JsonOptions {
        pretty: true,
        defaults: false,
        max_bytes: 0,
    };
    let made = match around.schema {
        Some(schema) => Printer::within(message, schema).to_json(&bytes, options),
        None => to_json(message, &bytes, options),
    };
    let first = made.problems.first().cloned();
    if made.worst == Some(Severity::Malformed) {
        let why = first.unwrap_or_default();
        let name = message.full_name();
        return Content::None(format!("These bytes are no `{name}`: {why}"));
    }
    Content::Json {
        text: made.text,
        wrong: None,
        lost: first,
    }
}

/// The base64 of a JSON text. Variables have no place in it: the bytes are made now, not when the call is.
fn encoded(message: &MessageDescriptor, text: &str, around: &Around<'_>) -> Result<String, String> {
    let document = Document::new(text);
    let scope = Scope::default();
    let made = match around.schema {
        Some(schema) => encode_within(&document, message, &scope, schema),
        None => encode(&document, message, &scope),
    };
    match made {
        Ok(bytes) => Ok(value::encode_base64(&bytes)),
        Err(wrong) => Err(wrong.into_iter().next().map_or_else(String::new, |first| {
            match first.path.to_string() {
                place if place.is_empty() => first.message,
                place => format!("{place}: {}", first.message),
            }
        })),
    }
}
