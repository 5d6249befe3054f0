//! A row of the table: its cells, and how it looks picked, selected and bookmarked.

use std::{sync::Arc, time::Duration};

use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Stroke, Ui, Vec2, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::{
    call::{Direction, LogEntry},
    message::JsonText,
};

use super::columns::Placed;
use crate::{
    app::{CellMemo, ColumnKind, TabView},
    ui::{
        theme::{Tokens, fade, font, icon, radius},
        widgets::{elided, hover_fade, json_line, line_text},
        words,
    },
};

/// Room at both sides of a cell's text.
const PAD: f32 = 7.0;

/// A message in its row.
pub(super) struct Row<'a> {
    pub(super) index: usize,
    /// `None` while it is read from the disk, or when that no longer gives it.
    pub(super) entry: Option<LogEntry>,
    /// The disk no longer gives it.
    pub(super) lost: bool,
    /// Time since the row above; `None` of the first.
    pub(super) gap: Option<Duration>,
    /// Its JSON on one line, once it is there.
    pub(super) text: Option<&'a Arc<JsonText>>,
    /// Cells of columns, as far as they are there.
    pub(super) cells: &'a CellMemo,
}

impl Row<'_> {
    /// Draws it, the table's content shifted by `offset` points.
    pub(super) fn show(
        &self,
        ui: &Ui,
        rect: Rect,
        placed: &[Placed<'_>],
        offset: f32,
        view: &TabView,
    ) -> Response {
        let tokens = Tokens::of(ui);
        let id = ui.scope_id().with(("row", self.index));
        // No stop for the Tab key: the table has the keyboard, the arrows go from row to row.
        let response = ui.interact(rect, id, Sense::CLICK);
        let picked = view.picked == Some(self.index);
        let selected = view.stream.selection.contains(self.index);
        let marked = view.stream.bookmarks.get(&self.index);
        response.widget_info(|| {
            let name = self.name(marked.map(String::as_str));
            WidgetInfo::selected(Role::ListItem, ui.is_enabled(), picked || selected, name)
        });
        let painter = ui.painter();
        let square = CornerRadius::ZERO;
        if picked || selected {
            painter.rect_filled(rect, square, tokens.surface.selected);
        } else {
            let over = fade(tokens.surface.raised, hover_fade(ui, &response));
            painter.rect_filled(rect, square, over);
        }
        let line = Stroke::new(1.0, tokens.line.weak);
        painter.hline(rect.x_range(), rect.bottom() - 0.5, line);
        if picked {
            let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
            painter.rect_filled(bar, square, tokens.accent.text);
        }
        for column in placed {
            let cell = Rect::from_min_size(
                pos2(rect.left() + column.x - offset, rect.top()),
                vec2(column.width, rect.height()),
            );
            if cell.intersects(rect) {
                self.cell(ui, cell, column.kind, marked.is_some());
            }
        }
        self.hover(response, placed, offset, rect)
    }

    /// As screen readers and tests know it.
    fn name(&self, mark: Option<&str>) -> String {
        let number = self.index + 1;
        let Some(entry) = self.entry else {
            return match self.lost {
                true => format!("Message {number}, gone from the disk"),
                false => format!("Message {number}, being read from the disk"),
            };
        };
        let word = match entry.direction {
            Direction::Sent => "Sent",
            Direction::Received => "Received",
        };
        let size = words::bytes(u64::from(entry.len));
        let mark = match mark {
            None => String::new(),
            Some("") => ", bookmarked".to_owned(),
            Some(name) => format!(", bookmarked as {name}"),
        };
        format!("{word} message {number}, {size}{mark}")
    }

    fn cell(&self, ui: &Ui, cell: Rect, kind: &ColumnKind, marked: bool) {
        let tokens = Tokens::of(ui);
        if *kind == ColumnKind::Number {
            let number = (self.index + 1).to_string();
            right(ui, cell, number, tokens.text.weak);
            if marked {
                let glyph = icon::BOOKMARK_SIMPLE;
                ui.painter().text(
                    pos2(cell.left() + 9.0, cell.center().y),
                    Align2::CENTER_CENTER,
                    glyph.text(),
                    glyph.font(11.0),
                    tokens.accent.text,
                );
            }
            return;
        }
        let Some(entry) = self.entry else {
            match self.lost {
                true if *kind == ColumnKind::Preview => {
                    left(ui, cell, "gone from the disk", tokens.bad.text);
                }
                true => {}
                false => left(ui, cell, "…", tokens.text.faint),
            }
            return;
        };
        match kind {
            ColumnKind::Number => {}
            ColumnKind::Direction => direction(ui, cell, entry.direction),
            ColumnKind::Time => right(ui, cell, words::seconds(entry.at), tokens.text.weak),
            ColumnKind::Gap => {
                let gap = self.gap.map_or_else(|| "–".to_owned(), words::span);
                right(ui, cell, gap, tokens.text.faint);
            }
            ColumnKind::Size => {
                let size = words::bytes(u64::from(entry.len));
                right(ui, cell, size, tokens.text.weak);
            }
            ColumnKind::Preview => self.preview(ui, cell),
            ColumnKind::Field(path) => match self.cells.get(self.index, path) {
                None => left(ui, cell, "…", tokens.text.faint),
                Some(None) => left(ui, cell, "–", tokens.text.faint),
                Some(Some(value)) => left(ui, cell, value, tokens.text.strong),
            },
        }
    }

    fn preview(&self, ui: &Ui, cell: Rect) {
        let tokens = Tokens::of(ui);
        let Some(text) = self.text else {
            return left(ui, cell, "…", tokens.text.faint);
        };
        let inner = cell.shrink2(vec2(PAD, 0.0));
        let mut from = inner.left();
        if !text.problems.is_empty() {
            let glyph = icon::WARNING_FILL;
            ui.painter().text(
                pos2(from + 6.0, inner.center().y),
                Align2::CENTER_CENTER,
                glyph.text(),
                glyph.font(12.0),
                tokens.warn.text,
            );
            from += 17.0;
        }
        let room = inner.right() - from;
        let galley = json_line(ui, &text.text, &font::small_code(), room);
        line_text(ui, from, inner.center().y, galley);
    }

    /// Over a cell that tells more than it shows, what it does not show.
    fn hover(
        &self,
        response: Response,
        placed: &[Placed<'_>],
        offset: f32,
        rect: Rect,
    ) -> Response {
        let Some(pointer) = response.hover_pos().filter(|_| response.hovered()) else {
            return response;
        };
        let x = pointer.x - rect.left() + offset;
        let under = placed
            .iter()
            .find(|column| (column.x..column.x + column.width).contains(&x));
        let words = match (under.map(|column| column.kind), self.entry) {
            (Some(ColumnKind::Direction), Some(entry)) => match entry.direction {
                Direction::Sent => "Sent".to_owned(),
                Direction::Received => "Received".to_owned(),
            },
            (Some(ColumnKind::Size), Some(entry)) if entry.len >= 1000 => {
                let bytes = usize::try_from(entry.len).unwrap_or(usize::MAX);
                words::counted(bytes, "byte")
            }
            (Some(ColumnKind::Preview), _) => match self.text {
                Some(text) if !text.problems.is_empty() => text.problems.join("\n"),
                _ => return response,
            },
            (Some(ColumnKind::Field(path)), _) => match self.cells.get(self.index, path) {
                Some(Some(value)) => format!("{path}\n{value}"),
                _ => return response,
            },
            _ => return response,
        };
        response.on_hover_text_at_pointer(words)
    }
}

fn direction(ui: &Ui, cell: Rect, direction: Direction) {
    let tokens = Tokens::of(ui);
    let (glyph, tone) = match direction {
        Direction::Sent => (icon::ARROW_UP, tokens.info),
        Direction::Received => (icon::ARROW_DOWN, tokens.good),
    };
    let mark = Rect::from_center_size(cell.center(), Vec2::splat(17.0));
    ui.painter()
        .rect_filled(mark, CornerRadius::same(radius::S), tone.soft);
    ui.painter().text(
        mark.center(),
        Align2::CENTER_CENTER,
        glyph.text(),
        glyph.font(11.5),
        tone.text,
    );
}

/// A text at the right edge of a cell: digits stand below each other.
fn right(ui: &Ui, cell: Rect, text: String, color: Color32) {
    let room = cell.width() - 2.0 * PAD;
    let galley = elided(ui, text, font::small_code(), color, room.max(8.0));
    let x = cell.right() - PAD - galley.size().x;
    line_text(ui, x, cell.center().y, galley);
}

fn left(ui: &Ui, cell: Rect, text: &str, color: Color32) {
    let room = cell.width() - 2.0 * PAD;
    let galley = elided(ui, text, font::small_code(), color, room.max(8.0));
    line_text(ui, cell.left() + PAD, cell.center().y, galley);
}
