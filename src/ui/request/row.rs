//! One row: a label with type and number, what is set, the editor, and below them the comment and the
//! reason where something does not fit. In a narrow form the editor stands below the label.

use std::sync::Arc;

use egui::{
    Align2, CornerRadius, Galley, Key, Popup, Rect, Response, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::message::{Diagnostic, Document, FormRow, Presence, RowKind, Step};

use super::{
    collection,
    edit::Edit,
    editors::{self, Cell},
    keys, menu,
    parts::{CARET, INDENT, Metrics, Parts, STACKED, reason_color, text_height, words},
    rows::ROW,
    special,
    state::BodyState,
};
use crate::ui::{
    theme::{Tokens, fade, font, icon, mix, radius},
    widgets::{ButtonStyle, PushButton, elided, focus_ring, line_text, prose, prose_job},
};

/// Room for a switch or a button where there is little.
const TIGHT: f32 = 144.0;

/// A row that is drawn.
pub(super) struct RowView<'a> {
    pub(super) row: &'a FormRow,
    pub(super) reasons: &'a [&'a Diagnostic],
    /// Something below a closed row does not fit: whether the body cannot be sent so.
    pub(super) inside: Option<bool>,
    /// Takes the keyboard in this frame.
    pub(super) focus: bool,
    pub(super) metrics: &'a Metrics,
    pub(super) rect: Rect,
    pub(super) around: &'a special::Around<'a>,
}

impl RowView<'_> {
    pub(super) fn parts(&self, ui: &Ui, state: &BodyState) -> Parts {
        Parts::new(ui, self.row, self.reasons, self.metrics, state)
    }

    pub(super) fn show(
        &self,
        ui: &mut Ui,
        parts: &Parts,
        document: &Document,
        state: &mut BodyState,
    ) -> Option<Edit> {
        let (row, rect) = (self.row, self.rect);
        let line = Rect::from_min_size(rect.min, vec2(rect.width(), ROW));
        self.paint_back(ui);
        let left = line.left() + self.metrics.left(row.depth);
        let split = if parts.stacked {
            line.right() - 34.0
        } else if self.metrics.is_tight(row) {
            (line.right() - TIGHT).max(left + 60.0)
        } else {
            split_at(line, left)
        };
        let mut edit = keys::of_row(ui, row, document, state);
        let near = ui.rect_contains_pointer(rect) || state.focus_in(&row.path);
        let label = self.label(ui, line, (left, split), near, document, state);
        let (menu_response, made) = label;
        edit = edit.or(made);
        edit = edit.or(collection::handle_ui(ui, row, line, split, near, state));
        let value_line = if parts.stacked {
            let top = line.bottom() - 6.0;
            Rect::from_min_max(
                pos2(left + CARET, top),
                pos2(line.right() - 6.0, top + 32.0),
            )
        } else {
            Rect::from_min_max(
                pos2(split, line.top()),
                pos2(line.right() - 6.0, line.bottom()),
            )
        };
        let mut y = line.bottom() + if parts.stacked { STACKED } else { 0.0 };
        if let Some(comment) = &parts.comment {
            let at = pos2(left + CARET, y - 4.0);
            ui.painter()
                .galley(at, Arc::clone(comment), Tokens::of(ui).text.weak);
            y += text_height(Some(comment));
        }
        let reason_top = rect.bottom() - text_height(parts.reason.as_ref());
        let cell = Cell {
            near,
            row,
            name: &row.name,
            id: ui.scope_id(),
            error: self.reasons.iter().any(|reason| reason.rule.is_none()),
            focus: self.focus,
            line: value_line,
            below: Rect::from_min_max(pos2(left + CARET, y), pos2(line.right() - 8.0, reason_top)),
            around: self.around,
        };
        let made = editors::show(ui, &cell, document, state);
        edit = edit.or(made);
        if let Some(galley) = &parts.reason {
            let at = pos2(left + CARET, reason_top - 2.0);
            edit = edit.or(self.reason_ui(ui, at, galley));
        }
        let menu = Popup::context_menu(&menu_response);
        let menu = menu.id(ui.scope_id().with("row-menu"));
        let chosen = menu.show(|ui| menu::show(ui, row, document, state));
        edit.or(chosen.and_then(|shown| shown.inner))
    }

    fn paint_back(&self, ui: &Ui) {
        let (row, rect) = (self.row, self.rect);
        let tokens = Tokens::of(ui);
        let t = ui.ctx().animate_bool_responsive(
            ui.scope_id().with("row-hover"),
            ui.rect_contains_pointer(rect),
        );
        if t > 0.0 {
            let over = fade(tokens.surface.hover, 0.4 * t);
            ui.painter()
                .rect_filled(rect, CornerRadius::same(radius::M), over);
        }
        for level in 0..row.depth {
            let x = rect.left() + 13.0 + INDENT * level as f32;
            let guide = Stroke::new(1.0, tokens.line.weak);
            ui.painter().vline(x.round() + 0.5, rect.y_range(), guide);
        }
    }

    /// Caret, name, type and number; the whole opens and closes a row that has rows below it.
    fn label(
        &self,
        ui: &mut Ui,
        line: Rect,
        (left, split): (f32, f32),
        near: bool,
        document: &Document,
        state: &mut BodyState,
    ) -> (Response, Option<Edit>) {
        let row = self.row;
        let tokens = Tokens::of(ui);
        let rect = Rect::from_min_max(
            pos2(left, line.top() + 3.0),
            pos2(split - 6.0, line.bottom() - 3.0),
        );
        // A label that only has a menu is no stop for the Tab key.
        let sense = if row.open.is_some() {
            Sense::click()
        } else {
            Sense::CLICK
        };
        let response = ui.interact(rect, ui.scope_id().with("label"), sense);
        if let Some(open) = row.open {
            let word = if open { "Close" } else { "Open" };
            response.widget_info(|| {
                WidgetInfo::selected(Role::TreeItem, true, open, format!("{word} {}", row.name))
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
            if self.focus && !matches!(row.kind, RowKind::Oneof { .. }) {
                response.request_focus();
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
        let is_key = row.in_collection && matches!(row.path.0.last(), Some(Step::Key(_)));
        let mut edit = keys::of_label(ui, row, &response, state);
        if is_key {
            // The key of a map's entry is edited where other rows have their name.
            let place = Rect::from_min_max(
                pos2(left + CARET - 2.0, line.top() + 4.0),
                pos2(split - 6.0, line.bottom() - 4.0),
            );
            edit = edit.or(collection::map_key(ui, place, row, document, state));
        } else {
            self.name_ui(ui, line.center().y, left + CARET, split, near);
        }
        let response = response.on_hover_ui(|ui| self.tooltip(ui));
        (response, edit)
    }

    fn name_ui(&self, ui: &Ui, y: f32, x: f32, split: f32, near: bool) {
        let row = self.row;
        let tokens = Tokens::of(ui);
        let unset = mix(tokens.text.weak, tokens.text.normal, 0.5);
        let color = match row.presence {
            _ if row.deprecated => tokens.text.faint,
            Presence::Set | Presence::Default => tokens.text.strong,
            Presence::Absent | Presence::Null => unset,
        };
        let room = split - 10.0 - x;
        let galley = elided(ui, row.label.as_str(), font::body(), color, room);
        let mut end = line_text(ui, x, y, galley);
        if row.deprecated {
            let strike = Stroke::new(1.0, tokens.text.faint);
            ui.painter().hline(x..=end, y, strike);
        }
        if row.required {
            let star = elided(ui, "*", font::strong(), tokens.bad.text, 12.0);
            end = line_text(ui, end + 2.0, y, star);
        }
        if let Some(grave) = self.inside {
            let glyph = icon::WARNING_CIRCLE;
            let color = if grave {
                tokens.bad.text
            } else {
                tokens.warn.text
            };
            ui.painter().text(
                pos2(end + 12.0, y),
                Align2::CENTER_CENTER,
                glyph.text(),
                glyph.font(14.0),
                color,
            );
            end += 20.0;
        }
        if row.in_collection {
            return;
        }
        // The type is shown whole or not at all: half a type name misleads.
        let room = split - 12.0 - (end + 10.0);
        let short = short_type(&row.type_name);
        let number = match row.number {
            0 => String::new(),
            number => number.to_string(),
        };
        let color = if near {
            tokens.text.weak
        } else {
            tokens.text.faint
        };
        for text in [format!("{short} {number}"), number] {
            let galley = elided(ui, text.trim(), font::small(), color, f32::INFINITY);
            if galley.size().x <= room {
                line_text(ui, split - 12.0 - galley.size().x, y, galley);
                return;
            }
        }
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
        let mut note = |text: &str, color| {
            ui.label(prose_job(text, &font::body(), color));
        };
        if let Some(default) = &row.default {
            note(&format!("Default `{default}`"), tokens.text.normal);
        }
        if !row.rules.is_empty() {
            note(
                &format!("Rules: {}", row.rules.join(", ")),
                tokens.text.normal,
            );
        }
        if row.extension {
            note("An extension", tokens.text.normal);
        }
        if row.deprecated {
            note("Deprecated", tokens.warn.text);
        }
        if row.required {
            note("Required", tokens.warn.text);
        }
        for reason in self.reasons {
            note(
                &words(reason),
                match reason.rule {
                    Some(_) => tokens.warn.text,
                    None => tokens.bad.text,
                },
            );
        }
        if self.inside.is_some() {
            note("Something below does not fit", tokens.bad.text);
        }
    }

    /// The reason, and a button where it can be mended.
    fn reason_ui(&self, ui: &mut Ui, at: egui::Pos2, galley: &Arc<Galley>) -> Option<Edit> {
        let first = self.reasons.first()?;
        let rect = Rect::from_min_size(at, galley.size()).expand2(vec2(0.0, 1.0));
        let response = ui.interact(rect, ui.scope_id().with("reason"), Sense::hover());
        let text = words(first);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        let color = reason_color(ui, first);
        ui.painter().galley(at, Arc::clone(galley), color);
        response.on_hover_ui(|ui| {
            for reason in self.reasons {
                prose(ui, &words(reason));
            }
        });
        let fix = first.fix.as_ref()?;
        let place = Rect::from_min_max(
            pos2(self.rect.right() - 136.0, at.y - 3.0),
            pos2(self.rect.right() - 8.0, at.y + 19.0),
        );
        let button = PushButton::new(&fix.title)
            .style(ButtonStyle::Quiet)
            .height(22.0)
            .tooltip(&fix.title);
        let clicked = ui.place(place, button).clicked();
        clicked.then(|| Edit::Mend(fix.clone()))
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
