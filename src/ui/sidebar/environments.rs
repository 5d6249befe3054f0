//! Environments: one row each, the chosen one marked, with a button that edits it.

use egui::{ScrollArea, Ui};

use super::{rows_frame, section_head};
use crate::{
    app::{Action, AppState, UiCommand},
    ui::{
        environment,
        menu::{command_button, plain_item},
        theme::{Tokens, icon, size},
        widgets::TreeRow,
    },
};

/// What the section needs, in points.
pub(super) fn height(state: &AppState) -> f32 {
    let rows = state.open_workspace().map_or(0, |w| w.environments.len());
    34.0 + (rows.max(1) as f32) * size::ROW + 8.0
}

/// Draws the section.
pub(super) fn environments_ui(ui: &mut Ui, state: &mut AppState, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.painter().hline(
        ui.max_rect().x_range(),
        ui.cursor().top(),
        egui::Stroke::new(1.0, tokens.line.weak),
    );
    section_head(ui, "ENVIRONMENTS", |ui| {
        command_button(ui, state, UiCommand::NewEnvironment, out);
    });
    let Some(workspace) = state.open_workspace() else {
        return;
    };
    ScrollArea::vertical()
        .id_salt("environments")
        .auto_shrink(false)
        .show(ui, |ui| {
            rows_frame().show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if workspace.environments.is_empty() {
                    let row = TreeRow::new("No environments").faint(true);
                    row.tooltip("Variables for {{ name }} in requests").show(ui);
                }
                for file in &workspace.environments {
                    let chosen = state.environment.as_ref() == Some(&file.name);
                    let color = environment::tone(tokens, file.color.as_deref()).text;
                    let glyph = if file.production {
                        icon::WARNING
                    } else {
                        icon::STACK
                    };
                    let actions = [(icon::PENCIL_SIMPLE, "Edit environment")];
                    let row = TreeRow::new(&file.name)
                        .icon(glyph, Some(color))
                        .selected(chosen)
                        .right(if file.production { "production" } else { "" })
                        .actions(&actions)
                        .id_salt(("environment", &file.name));
                    let shown = row.show(ui);
                    let edit = |out: &mut Vec<Action>| {
                        if let Some(dialog) = environment::editor_of(state, &file.name) {
                            out.push(Action::Show(Box::new(dialog)));
                        }
                    };
                    if shown.action.is_some() || shown.response.double_clicked() {
                        edit(out);
                    } else if shown.response.clicked() {
                        let name = (!chosen).then(|| file.name.clone());
                        out.push(Action::SelectEnvironment(name));
                    }
                    shown.response.context_menu(|ui| {
                        if plain_item(ui, Some(icon::PENCIL_SIMPLE), "Edit…") {
                            edit(out);
                        }
                        if plain_item(ui, Some(icon::TRASH), "Delete") {
                            out.push(Action::DeleteEnvironment(file.name.clone()));
                        }
                    });
                }
            });
        });
}
