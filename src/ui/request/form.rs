//! The form: a list of rows of which only the visible ones are drawn.
//!
//! A row is label, type and number at the left, the editor at the right, and the reason below where
//! something does not fit. Rows near the visible ones are drawn too, so that Tab always finds the
//! next field; a field that gets the keyboard is scrolled into view.

use std::collections::HashMap;

use egui::{
    Align2, CornerRadius, Id, Key, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::message::{Diagnostic, Document, FormRow, Path, Step};

use super::{
    body::BodyState,
    edit::{self, Edit},
    editors::{self, Cell},
    special::{self, Around},
};
use crate::ui::{
    theme::{Tokens, fade, font, icon, mix, radius},
    widgets::{elided, elided_prose, focus_ring, line_text, prose, prose_job},
};

/// Height of a row without further lines.
pub(super) const ROW: f32 = 34.0;
/// Height of the line with a reason.
const REASON: f32 = 20.0;
const INDENT: f32 = 14.0;
/// Rows this far outside the view are drawn too, in points.
const OVERSCAN: f32 = 6.0 * ROW;

/// Frames that scrolling to a row may take; a row that is not there then was scrolled away by hand.
const SCROLL_FRAMES: u8 = 90;

/// Draws the rows and applies what the person did.
pub(super) fn show(
    ui: &mut Ui,
    document: &mut Document,
    state: &mut BodyState,
    rows: &[(FormRow, String)],
    diagnostics: &[Diagnostic],
    around: &Around<'_>,
) {
    let id = ui.make_persistent_id("message-form");
    if state.begin_frame() {
        undo_keys(ui, document);
    }
    let reasons: HashMap<&Path, &Diagnostic> =
        diagnostics.iter().rev().map(|d| (&d.path, d)).collect();
    let reason = |row: &FormRow| reasons.get(&row.path).copied();
    let mut tops = Vec::with_capacity(rows.len() + 1);
    let mut total = 0.0_f32;
    for (row, _) in rows {
        tops.push(total);
        let further = if reason(row).is_some() { REASON } else { 0.0 };
        total += ROW + further + special::extra_height(row, state);
    }
    tops.push(total);

    let reveal = state.reveal.take();
    // A row that is still out of view gets the keyboard when scrolling has brought it there.
    let awaited = reveal.clone().map(|path| (path, SCROLL_FRAMES));
    let awaited = awaited.or_else(|| state.awaited.take());
    let mut drawn = false;
    let mut edits = Vec::new();
    ScrollArea::vertical()
        .id_salt(id)
        .auto_shrink(false)
        .show_viewport(ui, |ui, viewport| {
            ui.set_min_size(vec2(ui.available_width(), total + 8.0));
            let area = ui.min_rect();
            let from = viewport.top() - OVERSCAN;
            let first = tops.partition_point(|top| *top < from).saturating_sub(1);
            for index in first..rows.len() {
                let (Some((row, name)), Some(&top), Some(&bottom)) =
                    (rows.get(index), tops.get(index), tops.get(index + 1))
                else {
                    break;
                };
                if top > viewport.bottom() + OVERSCAN {
                    break;
                }
                let rect = Rect::from_min_max(
                    pos2(area.left(), area.top() + top),
                    pos2(area.right(), area.top() + bottom),
                );
                let mut child = ui.new_child(
                    UiBuilder::new()
                        .max_rect(rect)
                        .scope_id(id.with(&row.path).with(&row.label)),
                );
                let focus = awaited.as_ref().is_some_and(|(path, _)| *path == row.path);
                drawn |= focus;
                let view = RowView {
                    row,
                    name,
                    reason: reason(row),
                    inside: hidden_problem(row, diagnostics),
                    focus,
                    around,
                };
                edits.extend(view.show(&mut child, rect, document, state));
            }
            if let Some(path) = &reveal {
                scroll_to(ui, rows, &tops, area, path);
            }
        });
    state.awaited = awaited
        .filter(|(_, frames)| !drawn && *frames > 0)
        .map(|(path, frames)| (path, frames - 1));
    if state.awaited.is_some() {
        ui.ctx().request_repaint();
    }
    for made in edits {
        if let Some(path) = edit::apply(document, made) {
            state.show(&path);
        }
    }
}

/// Undo and redo are the document's, whichever field has the keyboard.
fn undo_keys(ui: &Ui, document: &mut Document) {
    let command = egui::Modifiers::COMMAND;
    let redo = ui.input_mut(|i| {
        i.consume_key(command | egui::Modifiers::SHIFT, Key::Z) || i.consume_key(command, Key::Y)
    });
    if redo {
        document.redo();
    } else if ui.input_mut(|i| i.consume_key(command, Key::Z)) {
        document.undo();
    }
}

fn scroll_to(ui: &Ui, rows: &[(FormRow, String)], tops: &[f32], area: Rect, path: &Path) {
    let Some(index) = rows.iter().position(|(row, _)| row.path == *path) else {
        return;
    };
    let (Some(&top), Some(&bottom)) = (tops.get(index), tops.get(index + 1)) else {
        return;
    };
    let rect = Rect::from_min_max(
        pos2(area.left(), area.top() + top),
        pos2(area.right(), area.top() + bottom),
    );
    // No further than needed: the row under the pointer stays where it can.
    ui.scroll_to_rect(rect, None);
}

/// Whether a closed head hides a mistake.
fn hidden_problem(row: &FormRow, diagnostics: &[Diagnostic]) -> bool {
    row.open == Some(false)
        && diagnostics
            .iter()
            .any(|d| d.path != row.path && d.path.0.starts_with(&row.path.0))
}

struct RowView<'a> {
    row: &'a FormRow,
    name: &'a str,
    reason: Option<&'a Diagnostic>,
    inside: bool,
    focus: bool,
    around: &'a Around<'a>,
}

impl RowView<'_> {
    fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        document: &Document,
        state: &mut BodyState,
    ) -> Option<Edit> {
        let line = Rect::from_min_size(rect.min, vec2(rect.width(), ROW));
        let t = ui.ctx().animate_bool_responsive(
            ui.scope_id().with("row-hover"),
            ui.rect_contains_pointer(rect),
        );
        let tokens = Tokens::of(ui);
        let corner = CornerRadius::same(radius::M);
        let over = fade(tokens.surface.hover, 0.4 * t);
        ui.painter().rect_filled(rect, corner, over);
        for level in 0..self.row.depth {
            let x = rect.left() + 13.0 + INDENT * level as f32;
            let guide = Stroke::new(1.0, tokens.line.weak);
            ui.painter().vline(x.round() + 0.5, rect.y_range(), guide);
        }
        let left = line.left() + 4.0 + INDENT * self.row.depth as f32;
        let split = split_at(line, left);
        let edit = self.label(ui, line, left, split, state);
        let near = ui.rect_contains_pointer(rect) || state.focus_in(&self.row.path);
        let cell = Cell {
            near,
            row: self.row,
            name: self.name,
            id: ui.scope_id(),
            error: self.reason.is_some(),
            focus: self.focus,
            line: Rect::from_min_max(
                pos2(split, line.top()),
                pos2(line.right() - 6.0, line.bottom()),
            ),
            below: Rect::from_min_max(
                pos2(left + 18.0, line.bottom()),
                pos2(line.right() - 8.0, rect.bottom()),
            ),
            around: self.around,
        };
        let made = editors::show(ui, &cell, document, state);
        if let Some(diagnostic) = self.reason {
            let y = rect.bottom() - REASON / 2.0 - 1.0;
            let room = line.right() - split - 8.0;
            let text = match &diagnostic.hint {
                Some(hint) => format!("{}. {hint}", diagnostic.message),
                None => diagnostic.message.clone(),
            };
            reason_ui(ui, split + 28.0, y, room - 28.0, &text);
        }
        edit.or(made)
    }

    /// Caret, name, type and number; the whole opens and closes a row that has rows below it.
    fn label(
        &self,
        ui: &mut Ui,
        line: Rect,
        left: f32,
        split: f32,
        state: &mut BodyState,
    ) -> Option<Edit> {
        let row = self.row;
        let tokens = Tokens::of(ui);
        let rect = Rect::from_min_max(
            pos2(left, line.top() + 3.0),
            pos2(split - 6.0, line.bottom() - 3.0),
        );
        let foldable = row.open.is_some();
        let sense = if foldable {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, ui.scope_id().with("label"), sense);
        if let Some(open) = row.open {
            let word = if open { "Close" } else { "Open" };
            response.widget_info(|| {
                WidgetInfo::selected(Role::TreeItem, true, open, format!("{word} {}", self.name))
            });
            let key = if open {
                Key::ArrowLeft
            } else {
                Key::ArrowRight
            };
            let pressed = response.has_focus() && ui.input(|i| i.key_pressed(key));
            if response.clicked() || pressed {
                state.toggle(&row.path);
            }
            state.note_focus(&response, &row.path);
            let glyph = if open {
                icon::CARET_DOWN
            } else {
                icon::CARET_RIGHT
            };
            ui.painter().text(
                pos2(left + 9.0, line.center().y),
                Align2::CENTER_CENTER,
                glyph.text(),
                glyph.font(12.0),
                tokens.text.weak,
            );
            focus_ring(ui, &response, rect, radius::S);
        }
        let x = left + 18.0;
        let y = line.center().y;
        let is_key = row.in_collection && matches!(row.path.0.last(), Some(Step::Key(_)));
        let mut edit = None;
        if is_key {
            // The key of a map's entry is edited where other rows have their name.
            let place = Rect::from_min_max(
                pos2(x - 2.0, line.top() + 4.0),
                pos2(split - 6.0, line.bottom() - 4.0),
            );
            edit = editors::map_key(ui, place, row, self.name, state);
        } else {
            let color = if row.deprecated {
                tokens.text.faint
            } else if row.present.is_some() {
                tokens.text.strong
            } else {
                mix(tokens.text.weak, tokens.text.normal, 0.5)
            };
            let room = split - 10.0 - x;
            let galley = elided(ui, row.label.as_str(), font::body(), color, room);
            let mut end = line_text(ui, x, y, galley);
            if row.required {
                let star = elided(ui, "*", font::strong(), tokens.bad.text, 12.0);
                end = line_text(ui, end + 2.0, y, star);
            }
            if self.inside {
                let glyph = icon::WARNING_CIRCLE;
                ui.painter().text(
                    pos2(end + 12.0, y),
                    Align2::CENTER_CENTER,
                    glyph.text(),
                    glyph.font(14.0),
                    tokens.bad.text,
                );
                end += 20.0;
            }
            let room = split - 12.0 - (end + 10.0);
            if room > 28.0 && !row.in_collection {
                let short = short_type(&row.type_name);
                let text = if row.number == 0 {
                    short
                } else {
                    format!("{short} {}", row.number)
                };
                let galley = elided(ui, text, font::small(), tokens.text.faint, room);
                line_text(ui, split - 12.0 - galley.size().x, y, galley);
            }
        }
        response.on_hover_ui(|ui| self.tooltip(ui));
        edit
    }

    fn tooltip(&self, ui: &mut Ui) {
        let row = self.row;
        let tokens = Tokens::of(ui);
        let mut head = format!("`{}", row.type_name);
        if row.number != 0 {
            head.push_str(&format!(" {} = {}", row.label, row.number));
        }
        head.push('`');
        ui.label(prose_job(&head, &font::body(), tokens.text.strong));
        if !row.comment.is_empty() {
            prose(ui, &row.comment);
        }
        if row.deprecated {
            ui.label(prose_job("Deprecated", &font::body(), tokens.warn.text));
        }
        if row.required {
            ui.label(prose_job("Required", &font::body(), tokens.warn.text));
        }
        if self.inside {
            let text = "Something below does not fit";
            ui.label(prose_job(text, &font::body(), tokens.bad.text));
        }
    }
}

/// Where the editor begins: aligned down the form, pushed right by deep nesting.
fn split_at(line: Rect, left: f32) -> f32 {
    let wanted = line.left() + (line.width() * 0.42).clamp(150.0, 320.0);
    let most = line.right() - 190.0;
    wanted.max(left + 110.0).min(most.max(left + 60.0)).round()
}

/// `map<string, demo.v1.Dish>` as `map<string, Dish>`; the whole is in the tooltip.
fn short_type(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    for part in name.split_inclusive([' ', '<', ',', '>']) {
        short.push_str(part.rsplit('.').next().unwrap_or(part));
    }
    short
}

fn reason_ui(ui: &mut Ui, x: f32, y: f32, room: f32, text: &str) {
    let tokens = Tokens::of(ui);
    let galley = elided_prose(ui, text, &font::small(), tokens.bad.text, room);
    let rect = Rect::from_min_size(pos2(x, y - 9.0), vec2(galley.size().x.max(8.0), 18.0));
    let response = ui.interact(rect, ui.scope_id().with("reason"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    line_text(ui, x, y, galley);
    response.on_hover_ui(|ui| {
        prose(ui, text);
    });
}

/// An id below a row that the keyboard can be given to from elsewhere.
pub(super) fn field_id(scope: Id) -> Id {
    scope.with("value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_without_their_packages() {
        for (name, short) in [
            ("int32", "int32"),
            ("google.protobuf.Timestamp", "Timestamp"),
            ("repeated demo.v1.Dish", "repeated Dish"),
            ("map<string, demo.v1.Dish>", "map<string, Dish>"),
            ("", ""),
        ] {
            assert_eq!(short_type(name), short);
        }
    }
}
