//! Who uses a type: a row a place, each leading to the message or method it is in.

use egui::{ScrollArea, Ui};
use stubless_core::schema::{Schema, SymbolKind, SymbolPage, Use, UseRole};

use crate::ui::{
    theme::{icon, size},
    widgets::{EmptyPane, TreeRow},
    words,
};

/// Draws the rows; gives the symbol that was pressed.
pub(super) fn uses_ui(
    ui: &mut Ui,
    schema: &Schema,
    page: &SymbolPage,
    height: Option<f32>,
) -> Option<String> {
    let uses = page.uses.as_ref()?;
    if uses.list.is_empty() {
        EmptyPane::new(
            icon::LINK,
            "Nothing uses it",
            "No field, method or extension of the schema names this type.",
        )
        .show(ui);
        return None;
    }
    let more = uses.total.saturating_sub(uses.list.len());
    let rows = uses.list.len() + usize::from(more > 0);
    let mut pressed = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt(("uses", &page.symbol))
        .max_height(height.unwrap_or(f32::INFINITY))
        .auto_shrink([false, height.is_some()])
        .show_rows(ui, size::ROW, rows, |ui, range| {
            for index in range {
                match uses.list.get(index) {
                    Some(found) => {
                        if row_ui(ui, schema, found, index) {
                            pressed = Some(found.owner.clone());
                        }
                    }
                    None => {
                        ui.weak(format!("and {} more", words::count(more)));
                    }
                }
            }
        });
    pressed
}

/// Draws a row; `true` when it leads somewhere and was pressed.
fn row_ui(ui: &mut Ui, schema: &Schema, found: &Use, index: usize) -> bool {
    let owner = schema.find(&found.owner);
    let scope = owner.map_or("", |owner| owner.scope());
    let name = owner.map_or(found.owner.as_str(), |owner| owner.label());
    let label = match found.field.as_str() {
        "" => name.to_owned(),
        field => format!("{name}.{field}"),
    };
    let role = match found.role {
        UseRole::Request => "request",
        UseRole::Response => "response",
        UseRole::Field => "field",
        UseRole::Extension => "extension",
        UseRole::Extended => "extends it",
    };
    let right = match scope {
        "" => role.to_owned(),
        scope => format!("{role} · {scope}"),
    };
    let mut row = TreeRow::new(&label)
        .right(&right)
        .id_salt(("use", index))
        .tooltip(&found.owner);
    row = match owner.map(|owner| owner.kind()) {
        Some(SymbolKind::Method(kind)) => row.kind(kind),
        Some(_) => row.icon(icon::BRACKETS_CURLY, None),
        None => row.icon(icon::PACKAGE, None),
    };
    row.show(ui).response.clicked() && owner.is_some()
}
