//! The rows as lines of JSON: coloured, numbered, selectable as text.

use std::{ops::Range, sync::Arc};

use egui::{
    Align2, CornerRadius, Galley, Rect, Ui, pos2,
    text::{CCursor, CharIndex, TextFormat},
    vec2,
};
use stubless_core::message::lazy::{Row, RowKind};

use super::{document::MessageView, note, pane, pane::Canvas};
use crate::{
    app::MessageOptions,
    ui::{
        theme::{Tokens, font, size},
        widgets::{line_job, line_text},
    },
};

/// Room of line numbers and arrows.
pub(super) fn gutter(ui: &Ui, count: u64) -> f32 {
    let digits = count.checked_ilog10().unwrap_or(0) + 1;
    width(ui, digits.max(2) as usize) + 42.0
}

/// Width of so many characters.
pub(super) fn width(ui: &Ui, chars: usize) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&font::code(), '0')) * chars as f32
}

/// The character of a line at a distance from its left end.
pub(super) fn char_at(ui: &Ui, line: &str, x: f32) -> usize {
    let galley = galley(ui, line);
    galley.cursor_from_pos(vec2(x.max(0.0), 1.0)).index.0
}

fn galley(ui: &Ui, line: &str) -> Arc<Galley> {
    let job = line_job(line, &font::code(), Tokens::of(ui));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Draws the rows that are seen.
pub(super) fn rows_ui(
    ui: &Ui,
    view: &mut MessageView,
    canvas: &Canvas,
    range: Range<u64>,
    shown: &[Row],
    options: &MessageOptions,
) {
    let tokens = Tokens::of(ui);
    let matcher = if view.find.is_open {
        view.find.query.matcher()
    } else {
        None
    };
    let mut widest = 0.0_f32;
    for (row, shown) in range.zip(shown) {
        let line = shown.json_line();
        let galley = galley(ui, &line);
        let top = canvas.top_of(row);
        let middle = top + size::CODE_LINE / 2.0;
        pane::bands(ui, view, canvas, row, shown);
        if let Some(matcher) = &matcher {
            for found in matcher.find_iter(line.as_bytes()) {
                let chars = |to: usize| line.get(..to).map_or(0, |part| part.chars().count());
                let part = (chars(found.start()), chars(found.end()));
                mark(ui, canvas, row, &galley, part, tokens.warn.soft);
            }
        }
        if let Some(part) = view.selection.of_row(row) {
            mark(ui, canvas, row, &galley, part, tokens.text_selection);
        }
        ui.painter().text(
            pos2(canvas.left - 26.0, middle),
            Align2::RIGHT_CENTER,
            row + 1,
            font::small_code(),
            tokens.text.faint,
        );
        let mut x = line_text(ui, canvas.left, middle, galley);
        x = aside(ui, x, middle, shown, options);
        widest = widest.max(x - canvas.left);
    }
    let room = f64::from(canvas.left - canvas.area.left()) + view.scroll.offset[0];
    let content = room + f64::from(widest) + 24.0;
    // It grows with what is seen, so that a line does not slip away while one reads it.
    view.scroll.content[0] = view.scroll.content[0].max(content).min(1e7);
}

/// Paints the ground of some characters of a row.
fn mark(
    ui: &Ui,
    canvas: &Canvas,
    row: u64,
    galley: &Galley,
    (from, to): (usize, usize),
    color: egui::Color32,
) {
    let x = |char: usize| {
        let cursor = CCursor {
            index: CharIndex(char),
            prefer_next_row: false,
        };
        galley.pos_from_cursor(cursor).left()
    };
    let right = match to {
        // The end of the line is part of it.
        usize::MAX => galley.size().x + 6.0,
        to => x(to),
    };
    let top = canvas.top_of(row);
    let rect = Rect::from_min_max(
        pos2(canvas.left + x(from), top),
        pos2(canvas.left + right, top + size::CODE_LINE),
    );
    ui.painter().rect_filled(rect, CornerRadius::ZERO, color);
}

/// What is noted behind the text of a row, in quiet letters; gives where it ends.
fn aside(ui: &Ui, x: f32, middle: f32, row: &Row, options: &MessageOptions) -> f32 {
    let tokens = Tokens::of(ui);
    let mut x = x;
    let mut say = |text: &str, color| {
        let format = TextFormat::simple(font::small_code(), color);
        let job = egui::text::LayoutJob::single_section(text.to_owned(), format);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        x = line_text(ui, x + 12.0, middle, galley);
    };
    if row.hidden_bytes > 0 {
        say(&note::hidden(row.hidden_bytes), tokens.text.faint);
    }
    if row.kind == RowKind::Closed {
        if let Some(count) = row.count {
            say(&note::count(count, row), tokens.text.weak);
        }
        if !row.preview.is_empty() {
            say(&row.preview, tokens.text.faint);
        }
    }
    if let Some(text) = note::words(row, options) {
        say(&text, tokens.text.weak);
    }
    if let Some(problem) = &row.problem {
        say(problem, tokens.warn.text);
    }
    x
}
