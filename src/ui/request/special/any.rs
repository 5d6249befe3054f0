//! The editor of an Any: its type, found in all of the schema. The fields of a type that is known are
//! rows below; what is not known stays JSON.

use egui::Ui;
use stubless_core::message::{
    Document, FormRow, Path,
    known::{new_any, type_of_url},
};

use super::{json, types::type_picker};
use crate::ui::request::{edit::Edit, editors::Cell, state::BodyState};

pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    if row.present.is_some() && row.open.is_none() {
        json::text_height(row, state)
    } else {
        0.0
    }
}

pub(super) fn any_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let name = type_in(document, &row.path);
    if let Some(name) = &name {
        // Asked for here, so that its rows come.
        let _ = cell.around.message(name, &mut state.special);
    }
    let label = format!("Type of {}", cell.name);
    let chosen = type_picker(ui, &label, name.as_deref(), cell, state);
    let mut edit = None;
    if row.present.is_some() && row.open.is_none() {
        edit = json::field_ui(ui, cell, state);
    }
    let Some(chosen) = chosen.filter(|chosen| Some(chosen) != name.as_ref()) else {
        return edit;
    };
    state.typed.remove(&row.path);
    state.unfold(&row.path);
    Some(Edit::Set(row.path.clone(), new_any(&chosen)))
}

/// The full name of the type that the JSON of an Any says.
fn type_in(document: &Document, any: &Path) -> Option<String> {
    let url = document.string_at(&any.key("@type"))?;
    type_of_url(&url).map(str::to_owned)
}
