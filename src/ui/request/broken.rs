//! What the form shows of a text that does not parse: where and why, how to mend it, and what was there
//! before, dimmed.

use egui::{Ui, vec2};
use stubless_core::message::{Document, TextFix};

use super::{rows::ROW, state::BodyState};
use crate::ui::{
    theme::{Tokens, font, icon, space},
    widgets::{ButtonStyle, PushButton, elided, line_text, prose_with},
};

/// Draws it; gives the byte that the person wants to see in the text.
pub(super) fn show(ui: &mut Ui, document: &mut Document, state: &BodyState) -> Option<usize> {
    let error = document.syntax_error()?;
    let at = error.range.start;
    let (line, column) = document.line_column(at);
    let message = format!("Line {line}, column {column}: {}", error.message);
    let hint = error.hint.clone();
    let fix = error.fix.clone();
    let tokens = Tokens::of(ui);
    ui.add_space(space::M);
    let mut wanted = None;
    let mut mend: Option<TextFix> = None;
    ui.horizontal(|ui| {
        ui.add_space(space::M);
        ui.label(icon::WARNING_CIRCLE.rich(18.0, tokens.bad.text));
        ui.vertical(|ui| {
            prose_with(
                ui,
                "The JSON does not parse",
                &font::strong(),
                tokens.text.strong,
            );
            prose_with(ui, &message, &font::body(), tokens.bad.text);
            let hint = hint
                .as_deref()
                .unwrap_or("The form comes back once the text is valid");
            prose_with(ui, hint, &font::body(), tokens.text.weak);
            ui.add_space(space::XS);
            ui.horizontal_wrapped(|ui| {
                if let Some(fix) = &fix {
                    let button = PushButton::new(&fix.title).icon(icon::MAGIC_WAND);
                    if ui.add(button).clicked() {
                        mend = Some(fix.clone());
                    }
                }
                let button = PushButton::new("Show it in the JSON").icon(icon::BRACKETS_CURLY);
                if ui.add(button).clicked() {
                    wanted = Some(at);
                }
                if document.can_undo() {
                    let undo = PushButton::new("Undo the last edit").style(ButtonStyle::Quiet);
                    if ui.add(undo).clicked() {
                        mend = None;
                        wanted = None;
                        document.undo();
                    }
                }
            });
        });
    });
    ui.add_space(space::M);
    before_ui(ui, state);
    if let Some(fix) = mend {
        document.replace(fix.range, &fix.with);
    }
    wanted
}

/// The rows of the text that parsed last: to be read, not to be touched.
fn before_ui(ui: &mut Ui, state: &BodyState) {
    let Some(rows) = state.rows.last_shown() else {
        return;
    };
    let tokens = Tokens::of(ui);
    for row in rows.iter() {
        if ui.available_height() < ROW {
            return;
        }
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW - 8.0));
        let y = rect.center().y;
        let left = rect.left() + 22.0 + 14.0 * row.depth as f32;
        let split = rect.left() + rect.width() * 0.42;
        let name = elided(
            ui,
            row.label.as_str(),
            font::body(),
            tokens.text.faint,
            split - left,
        );
        line_text(ui, left, y, name);
        let value: String = row.value.chars().take(200).collect();
        let room = rect.right() - split - 16.0;
        let value = elided(ui, value, font::code(), tokens.text.faint, room);
        line_text(ui, split + 8.0, y, value);
    }
}
