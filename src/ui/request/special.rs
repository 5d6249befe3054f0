//! The editors of what is not typed as it stands: bytes, and the well-known types in their human form.

use egui::{Id, Label, Rect, RichText, Ui, UiBuilder, vec2};
use stubless_core::message::{FieldKind, FormRow, WellKnown};

use super::{
    edit::Edit,
    editors::{CONTROL, Cell, field, part, summary, text_ui},
    form::{field_id, is_inline_json},
    state::{BodyState, Typed},
    value::{self, BytesMode},
};
use crate::ui::{
    theme::{Tokens, font, size},
    widgets::{ButtonStyle, JsonField, Picker, PickerItem, PushButton},
};

/// Lines of an inline JSON text that are shown.
const JSON_LINES: std::ops::RangeInclusive<usize> = 2..=12;

/// What a row needs below its first line, in points.
pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    if !is_inline_json(row) || row.present.is_none() {
        return 0.0;
    }
    let text = state
        .typed
        .get(&row.path)
        .map_or(row.value.as_str(), |typed| typed.text.as_str());
    let lines = text.lines().count();
    let shown = lines.clamp(*JSON_LINES.start(), *JSON_LINES.end());
    shown as f32 * size::CODE_LINE + 18.0
}

pub(super) fn bytes_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let wanted = state.bytes.get(&row.path).copied().unwrap_or_default();
    let shown = value::show_bytes(&row.value, wanted);
    // Bytes that are no text, and templates, can only be shown as they stand.
    let mode = if shown.is_some() {
        wanted
    } else {
        BytesMode::Base64
    };
    let stale = state
        .typed
        .get(&row.path)
        .is_some_and(|typed| typed.over != row.value);
    if stale {
        state.typed.remove(&row.path);
    }
    let half_typed = state.typed.get(&row.path).map(|typed| typed.text.clone());
    let bad = half_typed.is_some();
    let mut text = half_typed.or(shown).unwrap_or_else(|| row.value.clone());

    let mut edit = None;
    let mut child = leaving(ui, cell.id.with("bytes"), 92.0);
    let hint = if row.present.is_none() && row.has_presence {
        "not set"
    } else {
        ""
    };
    let response = field(
        &mut child,
        &Cell {
            error: cell.error || bad,
            ..*cell
        },
        &mut text,
        hint,
        state,
    );
    if response.changed() {
        match value::take_bytes(&text, mode) {
            Some(base64) => {
                state.typed.remove(&row.path);
                edit = Some(Edit::Set(row.path.clone(), value::json_string(&base64)));
            }
            None => {
                let over = row.value.clone();
                state.typed.insert(row.path.clone(), Typed { text, over });
            }
        }
    }
    if bad {
        response.on_hover_text("Two hex digits a byte, please: this is not in the message yet");
    }
    let name = format!("Show {} as", cell.name);
    let word = BytesMode::ALL
        .iter()
        .find(|(m, _)| *m == mode)
        .map_or("", |(_, word)| *word);
    let chosen = Picker::new(&name, word)
        .width(88.0)
        .list_width(140.0)
        .height(CONTROL)
        .id_salt(cell.id)
        .show(ui, || {
            BytesMode::ALL
                .iter()
                .map(|(_, word)| PickerItem::new(*word, ""))
                .collect()
        });
    if let Some((mode, _)) = chosen.and_then(|index| BytesMode::ALL.get(index)) {
        state.typed.remove(&row.path);
        state.bytes.insert(row.path.clone(), *mode);
    }
    edit
}

pub(super) fn well_known_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    kind: WellKnown,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    match kind {
        WellKnown::Timestamp => {
            let mut child = leaving(ui, cell.id.with("time"), 52.0);
            let hint = "2026-01-31T12:00:00Z";
            let made = text_ui(&mut child, cell, &FieldKind::Bytes, hint, state);
            let name = format!("Now for {}", cell.name);
            let button = PushButton::new("Now")
                .style(ButtonStyle::Quiet)
                .height(CONTROL)
                .name(&name);
            if !ui.add(button).clicked() {
                return made;
            }
            let now = jiff::Timestamp::now().round(jiff::Unit::Second);
            let now = now.unwrap_or_default().to_string();
            Some(Edit::Set(row.path.clone(), value::json_string(&now)))
        }
        WellKnown::Duration => text_ui(ui, cell, &FieldKind::Bytes, "1.5s", state),
        WellKnown::FieldMask => text_ui(ui, cell, &FieldKind::Bytes, "name,address.city", state),
        WellKnown::Empty => {
            summary(ui, row);
            None
        }
        WellKnown::Struct | WellKnown::Value | WellKnown::ListValue | WellKnown::Any => {
            inline_json(ui, cell, state)
        }
    }
}

/// Any JSON, typed below the row. Half-typed text waits here until it is valid.
fn inline_json(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    debug_assert!(is_inline_json(row));
    let tokens = Tokens::of(ui);
    let note = |ui: &mut Ui, text: &str, color| {
        let text = RichText::new(text).font(font::small()).color(color);
        ui.add(Label::new(text).truncate());
    };
    if row.present.is_none() {
        note(ui, "not set", tokens.text.faint);
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
        note(ui, "JSON", tokens.text.faint);
    }
    let lines = (cell.below.height() - 4.0).max(24.0);
    let place = Rect::from_min_size(cell.below.min, vec2(cell.below.width(), lines));
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

/// What is left of the row but for some points at its end, which `ui` then has left.
fn leaving(ui: &mut Ui, id: Id, points: f32) -> Ui {
    let rest = ui.available_rect_before_wrap();
    let (left, _) = rest.split_left_right_at_x((rest.right() - points).max(rest.left()));
    let left_part = part(ui, left, id);
    ui.advance_cursor_after_rect(left);
    left_part
}
