//! Requests for the methods of a service that have none.

use egui::{RichText, ScrollArea, Ui};

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, MissingRequests, missing_is_ready},
    ui::{
        theme::{Tokens, font, size, space},
        widgets::Check,
        words,
    },
};

/// What is made, to choose from.
pub(super) fn missing_ui(
    ui: &mut Ui,
    state: &AppState,
    missing: &mut MissingRequests,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let words = |ui: &mut Ui, text: &str| {
        let text = RichText::new(text).font(font::small());
        ui.label(text.color(tokens.text.weak));
        ui.add_space(space::S);
    };
    if missing.methods.is_empty() {
        let count = words::counted(missing.all, "method");
        words(
            ui,
            &format!(
                "Every one of the {count} of {} has a request.",
                missing.service
            ),
        );
        if buttons_ui(ui, ("Close", true), |_| {}) {
            out.push(Action::CloseDialog);
        }
        return;
    }
    let place = match &missing.folder {
        Some(folder) => format!("the folder {}", folder.display()),
        None => format!("a new folder {}", missing.folder_name),
    };
    let without = words::counted(missing.methods.len(), "method");
    let text = format!(
        "{without} of {} without a saved request. Each gets one with an example body, in {place}. What is \
         there stays as it is.",
        missing.service
    );
    words(ui, &text);
    ScrollArea::vertical()
        .max_height(size::ROW * 10.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for method in &mut missing.methods {
                ui.add(Check::new(&mut method.chosen, &method.name).with_word());
            }
        });
    let chosen = missing
        .methods
        .iter()
        .filter(|method| method.chosen)
        .count();
    let ready = chosen > 0 && missing_is_ready(state, missing);
    let name = format!("Create {}", words::counted(chosen, "request"));
    if buttons_ui(ui, (&name, ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::CreateMissing(Box::new(missing.clone())));
    }
}
