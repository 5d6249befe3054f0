//! The mark before an editor that tells whether a value is in the message, and puts it there or takes
//! it out: a dot for a value, a ring for one that is the default, a struck ring for `null`, a faint ring
//! or a point for none. A field without a value is named by what the server reads.

use egui::{Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};
use stubless_core::message::{FieldKind, FormRow, Presence, RowKind};

use super::{edit::Edit, state::BodyState};
use crate::ui::{
    theme::{Tokens, fade, mix},
    widgets::{focus_ring, hover_fade},
};

/// Width of the mark with the space around it.
pub(super) const MARK: f32 = 22.0;

/// Draws the mark; gives what pressing it does.
pub(super) fn show(ui: &mut Ui, row: &FormRow, name: &str, state: &mut BodyState) -> Option<Edit> {
    let (_, rect) = ui.allocate_space(vec2(MARK, 24.0));
    if !has_mark(row) {
        return None;
    }
    // A screen reader and the mouse reach it; the keyboard has Ctrl+Space on the row, so that Tab goes
    // from value to value. A message has no field to be on: there it is a stop.
    let field = !matches!(row.kind, RowKind::Value(FieldKind::Message));
    let sense = if field { Sense::CLICK } else { Sense::click() };
    let response = ui.interact(rect, ui.scope_id().with("presence"), sense);
    let on = is_set(row);
    let label = format!("Set {name}");
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), on, &label));
    state.note_focus(&response, &row.path);
    let t = hover_fade(ui, &response);
    paint(ui, rect, row, t);
    focus_ring(ui, &response, rect.shrink(1.0), 10);
    let clicked = response.clicked();
    response.on_hover_text(words(row));
    clicked.then(|| toggled(row, state)).flatten()
}

/// Whether a value can be put there and taken out.
pub(super) fn has_mark(row: &FormRow) -> bool {
    if row.in_collection {
        return false;
    }
    match row.kind {
        RowKind::Value(_) | RowKind::List { .. } | RowKind::Map { .. } => true,
        RowKind::Oneof { chosen, .. } => chosen.is_some(),
        RowKind::Unknown => !row.path.0.is_empty(),
        RowKind::Duplicate { .. } | RowKind::Extend(_) => false,
    }
}

/// Whether something of a row is in the text.
pub(super) fn is_set(row: &FormRow) -> bool {
    row.presence != Presence::Absent
}

/// What puts a value there or takes it out.
pub(super) fn toggled(row: &FormRow, state: &mut BodyState) -> Option<Edit> {
    if let RowKind::Oneof { arms, chosen } = &row.kind {
        let arm = arms.get((*chosen)?)?;
        return Some(Edit::Choose(vec![arm.path.clone()], None));
    }
    if is_set(row) {
        state.typed.remove(&row.path);
        return Some(Edit::Remove(row.path.clone()));
    }
    state.unfold(&row.path);
    Some(Edit::Set(row.path.clone(), row.new_value.clone()))
}

fn paint(ui: &Ui, rect: Rect, row: &FormRow, t: f32) {
    let tokens = Tokens::of(ui);
    let centre = pos2(rect.left() + 9.0, rect.center().y);
    let painter = ui.painter();
    painter.circle_filled(centre, 9.0, fade(tokens.surface.hover, t));
    let accent = tokens.accent_fill.rest;
    let quiet = mix(tokens.line.strong, tokens.text.faint, t.max(0.4));
    match row.presence {
        Presence::Set => {
            painter.circle_filled(centre, 3.5, accent);
        }
        Presence::Default => {
            painter.circle_stroke(centre, 3.2, Stroke::new(1.5, accent));
        }
        Presence::Null => {
            painter.circle_stroke(centre, 3.5, Stroke::new(1.2, tokens.text.weak));
            let slash = Vec2::new(3.2, -3.2);
            let stroke = Stroke::new(1.2, tokens.text.weak);
            painter.line_segment([centre - slash, centre + slash], stroke);
        }
        Presence::Absent if row.required => {
            painter.circle_stroke(centre, 3.5, Stroke::new(1.2, tokens.bad.text));
        }
        Presence::Absent if row.has_presence => {
            painter.circle_stroke(centre, 3.5, Stroke::new(1.0, quiet));
        }
        Presence::Absent => {
            painter.circle_filled(centre, 1.0 + 1.5 * t, quiet);
        }
    }
}

fn words(row: &FormRow) -> String {
    match row.presence {
        Presence::Set => "Set (Ctrl+Space takes it out)".to_owned(),
        Presence::Default if row.has_presence => {
            "Set to its default: it is sent all the same".to_owned()
        }
        Presence::Default => {
            let empty = matches!(
                row.kind,
                RowKind::Value(FieldKind::String | FieldKind::Bytes)
                    | RowKind::List { .. }
                    | RowKind::Map { .. }
            );
            let word = if empty { "empty" } else { "its default" };
            format!("Explicitly {word}: sent as if not set")
        }
        Presence::Null => "null: read as not set".to_owned(),
        Presence::Absent if row.required => "Required, and not set".to_owned(),
        Presence::Absent => match (&row.default, row.has_presence) {
            (Some(default), _) => format!("Not set: the server reads its default, {default}"),
            (None, true) => "Not set (Ctrl+Space sets it)".to_owned(),
            (None, false) => "Not written: the server reads its default".to_owned(),
        },
    }
}

/// What an empty field says of a row.
pub(super) fn hint(row: &FormRow) -> String {
    match row.presence {
        Presence::Null => "null".to_owned(),
        Presence::Absent if row.required => "required".to_owned(),
        Presence::Absent => match (&row.default, &row.kind) {
            (Some(default), _) => format!("default {default}"),
            (None, _) if row.has_presence => "not set".to_owned(),
            (None, RowKind::Value(FieldKind::Integer { .. } | FieldKind::Float)) => "0".to_owned(),
            (None, _) => String::new(),
        },
        Presence::Default | Presence::Set => match row.kind {
            RowKind::Value(FieldKind::String) => "\"\"".to_owned(),
            _ => String::new(),
        },
    }
}
