//! A request in two environments: which, and whether they may be called.

use egui::{Grid, RichText, Ui};

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, DiffAction, EnvironmentPair},
    ui::{
        menu::{choice_item, menu},
        settings::label,
        theme::{Tokens, font, icon, space},
        widgets::{PushButton, prose},
    },
};

/// Which environments.
pub(super) fn environments_ui(
    ui: &mut Ui,
    state: &AppState,
    pair: &mut EnvironmentPair,
    out: &mut Vec<Action>,
) {
    let title = state.tab(pair.tab).map(|tab| tab.draft.title().to_owned());
    let title = title.unwrap_or_default();
    prose(
        ui,
        &format!(
            "Makes “{title}” once in each environment, and shows both responses side by side."
        ),
    );
    ui.add_space(space::S);
    choice_ui(ui, state, "Left environment", &mut pair.left);
    ui.add_space(space::S);
    choice_ui(ui, state, "Right environment", &mut pair.right);
    if pair.left == pair.right {
        ui.add_space(space::S);
        prose(
            ui,
            "Both are the same: this shows what differs from one call to the next.",
        );
    }
    if buttons_ui(ui, ("Make both calls", true), |ui| cancel_ui(ui, out)) {
        out.push(Action::Diff(DiffAction::RunIn(pair.clone())));
    }
}

fn choice_ui(ui: &mut Ui, state: &AppState, name: &str, chosen: &mut Option<String>) {
    label(ui, name);
    let text = chosen.as_deref().unwrap_or("No environment").to_owned();
    let button = PushButton::new(&text).icon(icon::STACK).caret().name(name);
    let response = ui.add(button);
    let environments = state.open_workspace().map(|it| it.environments.as_slice());
    menu(&response, |ui| {
        for environment in environments.unwrap_or_default() {
            let own = chosen.as_ref() == Some(&environment.name);
            let meaning = if environment.production {
                "Production: asks before the call"
            } else {
                ""
            };
            if choice_item(ui, own, &environment.name, meaning) {
                *chosen = Some(environment.name.clone());
            }
        }
        if choice_item(ui, chosen.is_none(), "No environment", "") {
            *chosen = None;
        }
    });
}

/// Some of them are production.
pub(super) fn confirm_ui(
    ui: &mut Ui,
    state: &AppState,
    pair: &EnvironmentPair,
    production: &[String],
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let (names, word) = match production {
        [only] => (only.clone(), "is a production environment"),
        several => (several.join(" and "), "are production environments"),
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(icon::WARNING_FILL.rich(18.0, tokens.warn.text));
        ui.label(format!("{names} {word}."));
    });
    ui.add_space(space::S);
    let method = state.tab(pair.tab).map(|tab| tab.draft.method.clone());
    let side = |name: &Option<String>| name.clone().unwrap_or_else(|| "No environment".to_owned());
    let rows = [
        ("Method", method.unwrap_or_default()),
        ("Left", side(&pair.left)),
        ("Right", side(&pair.right)),
    ];
    Grid::new("confirm both")
        .num_columns(2)
        .spacing([space::M, space::XS])
        .show(ui, |ui| {
            for (name, value) in rows {
                label(ui, name);
                let value = RichText::new(value).font(font::code());
                ui.label(value.color(tokens.text.strong));
                ui.end_row();
            }
        });
    if buttons_ui(ui, ("Make both calls", true), |ui| cancel_ui(ui, out)) {
        out.push(Action::Diff(DiffAction::RunConfirmed(pair.clone())));
    }
}
