//! What is in the middle of the window when no request is: loading, an error, or what to do next.

use egui::{ScrollArea, Ui};

use super::{
    theme::{icon, space},
    widgets::{EmptyPane, FailureCard, loading_pane},
};
use crate::app::{Action, AppState, UiCommand, WorkspaceState};

/// Draws it.
pub(super) fn welcome_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    match &state.workspace {
        WorkspaceState::Opening => {
            loading_pane(ui, "Opening the workspace…");
        }
        WorkspaceState::Failed(failure) => {
            egui::Frame::NONE.inner_margin(space::XL).show(ui, |ui| {
                ui.set_max_width(640.0);
                let _ = FailureCard::new(failure).show(ui);
            });
            let actions = [
                (icon::FOLDER_OPEN, "Open another workspace…"),
                (icon::FOLDER_PLUS, "Make a new one…"),
            ];
            let pane = EmptyPane::new(
                icon::FOLDER,
                "No workspace is open",
                "A workspace is a folder of plain files: requests, environments, schema sources.",
            );
            match pane.actions(&actions).show(ui) {
                Some(0) => out.push(Action::Run(UiCommand::OpenWorkspace)),
                Some(_) => out.push(Action::Run(UiCommand::NewWorkspace)),
                None => {}
            }
        }
        WorkspaceState::Open(_) => {
            ScrollArea::vertical().show(ui, |ui| {
                let actions = [
                    (icon::PLUS, "New request"),
                    (icon::MAGNIFYING_GLASS, "Search methods…"),
                ];
                let pane = EmptyPane::new(
                    icon::PAPER_PLANE_RIGHT,
                    "No request is open",
                    "Choose a method or a saved request at the left, or search for one with Ctrl+K.",
                );
                match pane.actions(&actions).show(ui) {
                    Some(0) => out.push(Action::Run(UiCommand::NewRequest)),
                    Some(_) => out.push(Action::Run(UiCommand::OpenPalette)),
                    None => {}
                }
            });
        }
    }
}
