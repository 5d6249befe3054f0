//! Any JSON, typed below the row. Half-typed text waits here until it is valid.

use egui::{Ui, UiBuilder};
use stubless_core::message::FormRow;

use super::{below, faint_note, note};
use crate::ui::{
    request::{
        body::{BodyState, Typed},
        edit::Edit,
        editors::Cell,
        form::field_id,
        value,
    },
    theme::{Tokens, size},
    widgets::JsonField,
};

/// Lines of an inline JSON text that are shown.
const LINES: std::ops::RangeInclusive<usize> = 2..=12;

/// Height of the line that says what is half-typed.
const NOTE: f32 = 20.0;

/// Height of a field that shows a text, in points.
pub(super) fn field_height(text: &str) -> f32 {
    let lines = text.lines().count();
    let shown = lines.clamp(*LINES.start(), *LINES.end());
    shown as f32 * size::CODE_LINE + 14.0
}

pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    if row.present.is_none() || row.open.is_some() {
        return 0.0;
    }
    let typed = state.typed.get(&row.path);
    let half_typed = typed.filter(|typed| typed.over == row.value);
    match half_typed {
        Some(typed) => field_height(&typed.text) + NOTE,
        None => field_height(&row.value) + 4.0,
    }
}

pub(super) fn inline_json(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    if cell.row.present.is_none() {
        faint_note(ui, "not set");
        return None;
    }
    faint_note(ui, "JSON");
    field_ui(ui, cell, state)
}

/// The field below the row. What is half-typed is kept, and said.
pub(super) fn field_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let tokens = Tokens::of(ui);
    let over = row.value.clone();
    let known = state.typed.get(&row.path).filter(|t| t.over == over);
    let half_typed = known.is_some();
    let mut text = known.map_or_else(|| over.clone(), |t| t.text.clone());
    let height = field_height(&text);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(below(cell, 0.0, height))
            .scope_id(cell.id.with("json")),
    );
    let response = JsonField::new(&mut text, cell.name)
        .id(field_id(cell.id))
        .error(half_typed || cell.error)
        .height(height)
        .show(&mut child);
    if half_typed {
        let place = below(cell, height, NOTE);
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(place)
                .scope_id(cell.id.with("json-note")),
        );
        note(
            &mut child,
            "Not valid JSON yet: not in the message",
            tokens.bad.text,
        );
    }
    if cell.focus {
        response.request_focus();
    }
    state.note_focus(&response, &row.path);
    if !response.changed() {
        return None;
    }
    if value::is_json(&text) {
        state.typed.remove(&row.path);
        Some(Edit::Set(row.path.clone(), text.trim().to_owned()))
    } else {
        state.typed.insert(row.path.clone(), Typed { text, over });
        None
    }
}
