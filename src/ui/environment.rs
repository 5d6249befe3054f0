//! The environment: its colour, and the menu that chooses one.

use egui::{Color32, Ui};

use super::{
    menu::{command_item, menu, plain_item},
    theme::{Tokens, Tone, icon},
    widgets::PushButton,
};
use crate::app::{Action, AppState, Dialog, EnvironmentEditor, UiCommand};

/// The colours an environment can have, by their names on disk.
pub(super) const COLORS: [&str; 5] = ["red", "amber", "green", "blue", "purple"];

/// The tone of a colour's name; nothing in particular for an unknown one.
pub(super) fn tone(tokens: &Tokens, name: Option<&str>) -> Tone {
    match name {
        Some("red") => tokens.bad,
        Some("amber") => tokens.warn,
        Some("green") => tokens.good,
        Some("blue") => tokens.info,
        Some("purple") => tokens.purple,
        _ => tokens.neutral,
    }
}

/// The colour of the chosen environment; `None` without one or without a colour.
pub(super) fn current_color(tokens: &Tokens, state: &AppState) -> Option<Color32> {
    let environment = state.environment()?;
    environment.color.as_deref()?;
    Some(tone(tokens, environment.color.as_deref()).text)
}

/// The button in the top bar and its menu.
pub(super) fn picker_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let name = state.environment.as_deref().unwrap_or("No environment");
    let response = ui.add(
        PushButton::new(name)
            .icon(icon::STACK)
            .caret()
            .name("Environment"),
    );
    if let Some(color) = current_color(tokens, state) {
        // The colour stands under the button, so that production is seen without reading.
        let line = response.rect.bottom() - 1.0;
        ui.painter().hline(
            response.rect.x_range().shrink(6.0),
            line,
            egui::Stroke::new(2.0, color),
        );
    }
    menu(&response, |ui| {
        if plain_item(ui, Some(icon::PROHIBIT), "No environment") {
            out.push(Action::SelectEnvironment(None));
        }
        if let Some(workspace) = state.open_workspace() {
            for environment in &workspace.environments {
                let mark = if environment.production {
                    icon::WARNING
                } else {
                    icon::STACK
                };
                if plain_item(ui, Some(mark), &environment.name) {
                    out.push(Action::SelectEnvironment(Some(environment.name.clone())));
                }
            }
        }
        ui.separator();
        command_item(ui, state, UiCommand::EditEnvironment, out);
        command_item(ui, state, UiCommand::NewEnvironment, out);
    });
}

/// The dialog for an environment, secrets filled in as typed in this run.
pub(super) fn editor_of(state: &AppState, name: &str) -> Option<Dialog> {
    let workspace = state.open_workspace()?;
    let mut file = workspace
        .environments
        .iter()
        .find(|e| e.name == name)?
        .clone();
    for variable in file.variables.iter_mut().filter(|v| v.secret) {
        let key = (file.name.clone(), variable.name.clone());
        if let Some(value) = state.secrets.get(&key) {
            variable.value.clone_from(value);
        }
    }
    let old = Some(file.name.clone());
    Some(Dialog::Environment(EnvironmentEditor { old, file }))
}
