//! The menu of a row, by the right mouse button, Shift+F10 or its button.

use egui::{Button, Event, Id, RichText, Ui, ViewportCommand, WidgetInfo, accesskit::Role};
use stubless_core::message::{
    Document, FieldKind, FormRow, NodeKind, Presence, RowKind, pasted_value,
};

use super::{
    edit::Edit, editors::MAX_TYPED, form::place_of, paste::Paste, presence, state::BodyState, value,
};
use crate::ui::theme::{Tokens, font};

/// Frames that the clipboard may take to answer.
const PASTE_FRAMES: u8 = 8;

/// Below a row's scope, its menu.
pub(super) fn id_of(ui: &Ui) -> Id {
    ui.scope_id().with("row-menu")
}

/// Draws the menu; gives the edit that was chosen.
pub(super) fn show(
    ui: &mut Ui,
    row: &FormRow,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    ui.set_min_width(190.0);
    let mut edit = value_entries(ui, row, state);
    ui.separator();
    clipboard_entries(ui, row, document, state);
    if row.in_collection {
        ui.separator();
        edit = edit.or(item_entries(ui, row));
    }
    edit = edit.or(collection_entries(ui, row, state));
    fold_entries(ui, row, state);
    if !row.comment.is_empty() && !row.in_collection {
        let shown = state.view.expanded.contains(&row.path);
        let word = if shown {
            "Hide the comment"
        } else {
            "Show the comment"
        };
        if entry(ui, word, "", true) && !state.view.expanded.remove(&row.path) {
            state.view.expanded.insert(row.path.clone());
        }
    }
    if entry(ui, "Show in the JSON", "", true) {
        state.json_wanted = Some(row.path.clone());
    }
    edit
}

/// One entry with its keys; whether it was chosen.
fn entry(ui: &mut Ui, text: &str, keys: &str, possible: bool) -> bool {
    let tokens = Tokens::of(ui);
    let mut button = Button::new(text);
    if !keys.is_empty() {
        let keys = RichText::new(keys)
            .font(font::small())
            .color(tokens.text.faint);
        button = button.right_text(keys);
    }
    let response = ui.add_enabled(possible, button);
    // The keys are no part of the name.
    response.widget_info(|| WidgetInfo::labeled(Role::Button, possible, text));
    let clicked = response.clicked();
    if clicked {
        ui.close();
    }
    clicked
}

fn value_entries(ui: &mut Ui, row: &FormRow, state: &mut BodyState) -> Option<Edit> {
    let mut edit = None;
    let path = || row.path.clone();
    let is_value = matches!(row.kind, RowKind::Value(_));
    if is_value
        && entry(
            ui,
            "Set to its default",
            "",
            row.presence != Presence::Default,
        )
    {
        state.typed.remove(&row.path);
        edit = Some(Edit::Set(path(), row.new_value.clone()));
    }
    let may_be_null = is_value && (row.null_is_value || !row.in_collection);
    let is_null = row.value == "null" && row.null_is_value || row.presence == Presence::Null;
    if may_be_null && entry(ui, "Set to null", "", !is_null) {
        edit = Some(Edit::Set(path(), "null".to_owned()));
    }
    if presence::has_mark(row) && entry(ui, "Clear", "Ctrl+Space", presence::is_set(row)) {
        state.typed.remove(&row.path);
        edit = match &row.kind {
            RowKind::Oneof { .. } => presence::toggled(row, state),
            _ => Some(Edit::Remove(path())),
        };
    }
    edit
}

fn clipboard_entries(ui: &mut Ui, row: &FormRow, document: &Document, state: &mut BodyState) {
    let text = document.value_text(&row.path);
    if entry(ui, "Copy value", "", text.is_some())
        && let Some(text) = text
    {
        // A long value is in the row with its beginning alone.
        let plain = !row.value.is_empty() && row.value.len() <= MAX_TYPED;
        let string = || document.string_at(&row.path);
        ui.copy_text(match row.present {
            _ if plain => row.value.clone(),
            Some(NodeKind::String) => string().map_or_else(|| text.to_owned(), Into::into),
            _ => text.to_owned(),
        });
    }
    if entry(ui, "Copy path", "", !row.path.0.is_empty()) {
        ui.copy_text(row.path.to_string());
    }
    let takes = matches!(
        row.kind,
        RowKind::Value(_) | RowKind::List { .. } | RowKind::Map { .. }
    );
    if takes && entry(ui, "Paste value", "", true) {
        state.pasting = Some((row.path.clone(), PASTE_FRAMES));
        ui.send_viewport_cmd(ViewportCommand::RequestPaste);
    }
}

fn item_entries(ui: &mut Ui, row: &FormRow) -> Option<Edit> {
    let mut edit = None;
    let path = || row.path.clone();
    if entry(ui, "Duplicate", "Alt+D", true) {
        edit = Some(Edit::Duplicate(path()));
    }
    if let Some((list, index)) = place_of(&row.path) {
        if entry(ui, "Insert above", "", true) {
            edit = Some(Edit::Insert(list.clone(), index, new_item(row)));
        }
        if entry(ui, "Insert below", "Alt+Enter", true) {
            edit = Some(Edit::Insert(list, index + 1, new_item(row)));
        }
        if entry(ui, "Move up", "Alt+↑", index > 0) {
            edit = Some(Edit::Shift(path(), -1));
        }
        if entry(ui, "Move down", "Alt+↓", index + 1 < row.siblings) {
            edit = Some(Edit::Shift(path(), 1));
        }
    }
    if entry(ui, "Remove", "", true) {
        edit = Some(Edit::Remove(path()));
    }
    edit
}

fn collection_entries(ui: &mut Ui, row: &FormRow, state: &mut BodyState) -> Option<Edit> {
    let len = match row.kind {
        RowKind::List { len, .. } | RowKind::Map { len, .. } => len,
        _ => return None,
    };
    ui.separator();
    if entry(ui, "Paste many…", "", true) {
        state.paste = Paste::of(row);
    }
    let remove = entry(ui, "Remove all", "", len > 0);
    remove.then(|| Edit::Remove(row.path.clone()))
}

fn fold_entries(ui: &mut Ui, row: &FormRow, state: &mut BodyState) {
    if row.open.is_none() {
        return;
    }
    ui.separator();
    for (text, open) in [("Open all below", true), ("Close all below", false)] {
        if entry(ui, text, "", true) {
            state.open_all(&row.path, open);
        }
    }
}

/// The JSON of a new item beside one.
pub(super) fn new_item(row: &FormRow) -> String {
    row.new_value.clone()
}

/// What the clipboard gave for the row that asked for it.
pub(super) fn pasted(ui: &Ui, document: &Document, state: &mut BodyState) -> Option<Edit> {
    let (path, frames) = state.pasting.take()?;
    let text = ui.input_mut(|i| {
        let at = i.events.iter().position(|e| matches!(e, Event::Paste(_)))?;
        match i.events.remove(at) {
            Event::Paste(text) => Some(text),
            _ => None,
        }
    });
    let Some(text) = text else {
        if frames > 0 {
            state.pasting = Some((path, frames - 1));
            ui.ctx().request_repaint();
        }
        return None;
    };
    let outline = state.rows.outline();
    let row = outline.find(document, &path)?;
    let row = outline.rows(document, row..row + 1).pop()?;
    let json = match &row.kind {
        RowKind::Value(kind) => {
            pasted_value(kind, &text).unwrap_or_else(|| value::json_of(kind, &text, &row.new_value))
        }
        RowKind::List { .. } | RowKind::Map { .. } if !value::is_json(&text) => {
            state.paste = Paste::of(&row).map(|paste| paste.with_text(text));
            return None;
        }
        _ => text,
    };
    let whole = matches!(&row.kind, RowKind::Value(FieldKind::Message));
    if whole && !value::is_json(&json) {
        return None;
    }
    Some(Edit::Set(path, json))
}
