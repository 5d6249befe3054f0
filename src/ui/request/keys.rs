//! What the keyboard does in a row, beside typing.

use egui::{Key, Modifiers, Response, Ui};
use stubless_core::message::{Document, FormRow, Path};

use super::{
    edit::Edit,
    form::place_of,
    menu::{self, new_item},
    presence,
    state::BodyState,
};

/// Keys of a row that has the keyboard, whichever of its widgets: set or clear, move, duplicate, add an
/// item below. Before the widgets are drawn, so that a field does not take them.
pub(super) fn of_row(
    ui: &Ui,
    row: &FormRow,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    if !state.focus_in(&row.path) {
        return None;
    }
    let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND, Key::Space) && presence::has_mark(row) {
        return presence::toggled(row, state);
    }
    if pressed(Modifiers::SHIFT, Key::F10) {
        egui::Popup::open_id(ui.ctx(), menu::id_of(ui));
    }
    if !row.in_collection {
        return None;
    }
    // At an end of its list or map it stays.
    if pressed(Modifiers::ALT, Key::ArrowUp) {
        return Some(Edit::Shift(row.path.clone(), -1));
    }
    if pressed(Modifiers::ALT, Key::ArrowDown) {
        return Some(Edit::Shift(row.path.clone(), 1));
    }
    if pressed(Modifiers::ALT, Key::D) {
        let there = document.value(&row.path).is_some();
        return there.then(|| Edit::Duplicate(row.path.clone()));
    }
    let (list, index) = place_of(&row.path)?;
    if pressed(Modifiers::ALT, Key::Enter) {
        return Some(Edit::Insert(list, index + 1, new_item(row)));
    }
    None
}

/// Keys of a label that has the keyboard: Delete takes the value out.
pub(super) fn of_label(
    ui: &Ui,
    row: &FormRow,
    label: &Response,
    state: &mut BodyState,
) -> Option<Edit> {
    if !label.has_focus() || !(presence::is_set(row) || row.in_collection) {
        return None;
    }
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if !pressed(Key::Delete) && !pressed(Key::Backspace) {
        return None;
    }
    state.reveal = neighbour(&row.path, row.siblings);
    Some(Edit::Remove(row.path.clone()))
}

/// The item that has the keyboard after one is removed.
fn neighbour(path: &Path, siblings: usize) -> Option<Path> {
    let (list, index) = place_of(path)?;
    let left = siblings.checked_sub(2)?;
    Some(list.index(index.min(left)))
}
