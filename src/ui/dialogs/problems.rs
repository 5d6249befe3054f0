//! What could not be read, and why: files of the workspace, files of schemas, servers.

use egui::{Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};
use stubless_core::schema::Problem;

use super::buttons_ui;
use crate::{
    app::{Action, AppState, SchemaSlot, UiCommand},
    ui::{
        theme::{Tokens, font, icon, radius, space},
        widgets::{FailureCard, PushButton, section_label},
    },
};

/// No more problems than this are drawn of one list; the rest is counted.
const SHOWN: usize = 200;

/// Draws the dialog.
pub(super) fn problems_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let height = (ui.ctx().content_rect().height() - 220.0).clamp(200.0, 520.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, true])
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| lists_ui(ui, state));
    let pressed = buttons_ui(ui, ("Close", true), |ui| {
        let refresh = PushButton::new("Read again").icon(icon::ARROWS_CLOCKWISE);
        if ui.add(refresh).clicked() {
            out.push(Action::Run(UiCommand::RefreshSchema));
            out.push(Action::Run(UiCommand::ReloadWorkspace));
        }
        let sources = PushButton::new("Schema sources…").icon(icon::FILE_CODE);
        if ui.add(sources).clicked() {
            out.push(Action::Run(UiCommand::SchemaSources));
        }
    });
    if pressed {
        out.push(Action::CloseDialog);
    }
}

fn lists_ui(ui: &mut Ui, state: &AppState) {
    let tokens = Tokens::of(ui);
    let mut any = false;
    let slots = [
        ("SCHEMA FILES", Some(&state.schemas.files)),
        ("REFLECTION", state.current_slot()),
    ];
    for (name, slot) in slots {
        let Some(slot) = slot else { continue };
        if slot.problems().is_empty() && slot.failure().is_none() {
            continue;
        }
        any = true;
        section_label(ui, name);
        ui.add_space(space::XS);
        slot_ui(ui, slot);
        ui.add_space(space::M);
    }
    let files = state
        .open_workspace()
        .map_or(&[][..], |workspace| &workspace.problems);
    if !files.is_empty() {
        any = true;
        section_label(ui, "WORKSPACE FILES");
        ui.add_space(space::XS);
        for problem in files.iter().take(SHOWN) {
            let path = problem.path.display().to_string();
            card_ui(ui, &path, &problem.reason, "It is never overwritten");
        }
        more_ui(ui, files.len());
    }
    if !any {
        ui.horizontal(|ui| {
            ui.label(icon::CHECK_CIRCLE_FILL.rich(18.0, tokens.good.text));
            ui.label("Everything was read");
        });
    }
}

fn slot_ui(ui: &mut Ui, slot: &SchemaSlot) {
    if let Some(failure) = slot.failure() {
        // Its buttons belong to the request at hand; here it is only read.
        let mut failure = failure.clone();
        failure.fixes.clear();
        let _ = FailureCard::new(&failure).show(ui);
        ui.add_space(space::XS);
    }
    for problem in slot.problems().iter().take(SHOWN) {
        card_ui(
            ui,
            &place(problem),
            &problem.reason,
            problem.hint.as_deref().unwrap_or_default(),
        );
    }
    more_ui(ui, slot.problems().len());
}

fn place(problem: &Problem) -> String {
    match problem.place {
        Some((line, column)) => format!("{}:{line}:{column}", problem.file),
        None => problem.file.clone(),
    }
}

fn more_ui(ui: &mut Ui, count: usize) {
    if count > SHOWN {
        ui.label(format!("and {} more", count - SHOWN));
    }
}

fn card_ui(ui: &mut Ui, place: &str, reason: &str, hint: &str) {
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.surface.side)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::M))
        .inner_margin(Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let mut line = |text: &str, font, color| {
                let text = RichText::new(text).font(font).color(color);
                ui.add(Label::new(text).wrap().selectable(true));
            };
            line(place, font::small_code(), tokens.warn.text);
            line(reason, font::body(), tokens.text.strong);
            if !hint.is_empty() {
                line(hint, font::small(), tokens.text.weak);
            }
        });
    ui.add_space(space::XS);
}
