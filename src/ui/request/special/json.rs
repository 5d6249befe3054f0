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

/// Height of a field that shows a text, in points.
pub(super) fn field_height(text: &str) -> f32 {
    let lines = text.lines().count();
    let shown = lines.clamp(*LINES.start(), *LINES.end());
    shown as f32 * size::CODE_LINE + 14.0
}

pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    if row.present.is_none() {
        return 0.0;
    }
    let typed = state.typed.get(&row.path);
    field_height(typed.map_or(row.value.as_str(), |typed| typed.text.as_str())) + 4.0
}

pub(super) fn inline_json(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let tokens = Tokens::of(ui);
    if row.present.is_none() {
        faint_note(ui, "not set");
        return None;
    }
    let over = row.value.clone();
    let known = state.typed.get(&row.path).filter(|t| t.over == over);
    let half_typed = known.is_some();
    let mut text = known.map_or_else(|| over.clone(), |t| t.text.clone());
    if half_typed {
        note(
            ui,
            "Not valid JSON yet: not in the message",
            tokens.bad.text,
        );
    } else {
        faint_note(ui, "JSON");
    }
    let place = below(cell, 0.0, extra_height(row, state) - 4.0);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .scope_id(cell.id.with("json")),
    );
    let response = JsonField::new(&mut text, cell.name)
        .id(field_id(cell.id))
        .error(half_typed || cell.error)
        .height(place.height())
        .show(&mut child);
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
