//! The rows as a table: field, type, number, value.

use std::ops::Range;

use egui::{Rect, Stroke, Ui, pos2};
use stubless_core::message::lazy::{Row, RowKind, RowNote};

use super::{document::MessageView, note, pane, pane::Canvas};
use crate::{
    app::MessageOptions,
    ui::{
        theme::{Tokens, font, size},
        widgets::{elided, line_text},
    },
};

/// Height of the titles.
pub(super) const HEAD: f32 = 26.0;

/// Where columns begin, from the left edge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    kind: f32,
    pub(super) number: f32,
    value: f32,
}

/// Columns of a table of a width.
pub(super) fn columns(width: f32) -> Columns {
    let kind = (width * 0.32).clamp(130.0, 340.0);
    let number = kind + (width * 0.22).clamp(84.0, 240.0);
    Columns {
        kind,
        number,
        value: number + 44.0,
    }
}

/// How far a row of a depth is set in.
pub(super) fn indent(depth: usize) -> f32 {
    depth.min(40) as f32 * 14.0
}

/// Draws the rows that are seen, and the titles above them.
pub(super) fn rows_ui(
    ui: &Ui,
    view: &mut MessageView,
    canvas: &Canvas,
    range: Range<u64>,
    shown: &[Row],
    options: &MessageOptions,
    outer: Rect,
) {
    view.scroll.content[0] = 0.0;
    let columns = columns(canvas.area.width());
    for (row, shown) in range.zip(shown) {
        pane::bands(ui, view, canvas, row, shown);
        row_ui(ui, canvas, columns, row, shown, options);
    }
    titles(ui, columns, outer);
}

fn titles(ui: &Ui, columns: Columns, outer: Rect) {
    let tokens = Tokens::of(ui);
    let band = Rect::from_min_max(outer.min, pos2(outer.right(), outer.top() + HEAD));
    // Rows that are half scrolled away go behind it.
    ui.painter().rect_filled(band, 0.0, tokens.surface.pane);
    for (x, text) in [
        (26.0, "Field"),
        (columns.kind, "Type"),
        (columns.number, "No."),
        (columns.value, "Value"),
    ] {
        let galley = elided(ui, text, font::small(), tokens.text.weak, 120.0);
        line_text(ui, band.left() + x, band.center().y, galley);
    }
    let line = Stroke::new(1.0, tokens.line.weak);
    ui.painter()
        .hline(band.x_range(), band.bottom() - 0.5, line);
}

fn row_ui(
    ui: &Ui,
    canvas: &Canvas,
    columns: Columns,
    row: u64,
    shown: &Row,
    options: &MessageOptions,
) {
    let tokens = Tokens::of(ui);
    let middle = canvas.top_of(row) + size::CODE_LINE / 2.0;
    let left = canvas.area.left();
    let put = |from: f32, to: f32, text: &str, font, color| {
        let galley = elided(ui, text, font, color, to - from - 8.0);
        line_text(ui, left + from, middle, galley)
    };
    let name_at = canvas.left - left + indent(shown.depth) + 16.0;
    let name = if shown.depth == 0 {
        "message"
    } else {
        &shown.key
    };
    let color = match (shown.note, shown.depth) {
        (Some(RowNote::Absent), _) => tokens.text.faint,
        (_, 0) => tokens.text.weak,
        _ if shown.key.starts_with('[') && !shown.key.contains('.') => tokens.text.weak,
        _ => tokens.syntax.key,
    };
    put(name_at, columns.kind, name, font::code(), color);
    let weak = tokens.text.weak;
    let kind = short(&shown.type_name);
    put(
        columns.kind,
        columns.number,
        &kind,
        font::small_code(),
        weak,
    );
    if let Some(number) = shown.number {
        let faint = tokens.text.faint;
        put(
            columns.number,
            columns.value,
            &number.to_string(),
            font::small_code(),
            faint,
        );
    }
    let right = canvas.area.width() - 14.0;
    let mut x = columns.value;
    let mut say = |text: &str, font, color| {
        if right - x > 20.0 && !text.is_empty() {
            x = put(x, right, text, font, color) - left + 12.0;
        }
    };
    let absent = shown.note == Some(RowNote::Absent);
    let color = if absent {
        tokens.text.faint
    } else {
        value_color(shown, tokens)
    };
    say(&shown.value, font::code(), color);
    if shown.hidden_bytes > 0 {
        say(
            &note::hidden(shown.hidden_bytes),
            font::small_code(),
            tokens.text.faint,
        );
    }
    if shown.opens()
        && let Some(count) = shown.count
    {
        say(&note::count(count, shown), font::small_code(), weak);
    }
    if shown.kind == RowKind::Closed {
        say(&shown.preview, font::small_code(), tokens.text.faint);
    }
    if let Some(words) = note::words(shown, options) {
        say(&words, font::small_code(), weak);
    }
    if let Some(problem) = &shown.problem {
        say(problem, font::small_code(), tokens.warn.text);
    }
}

/// A type without the packages of the names in it; the whole name is shown on hover.
fn short(type_name: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut text = String::new();
    let mut name = String::new();
    for c in type_name.chars().chain([' ']) {
        if is_name(c) {
            name.push(c);
            continue;
        }
        text.push_str(name.rsplit('.').next().unwrap_or_default());
        name.clear();
        text.push(c);
    }
    text.truncate(text.trim_end().len());
    text
}

fn value_color(row: &Row, tokens: &Tokens) -> egui::Color32 {
    match row.value.as_bytes().first() {
        Some(b'"') => tokens.syntax.string,
        Some(b'-' | b'0'..=b'9') => tokens.syntax.number,
        _ if row.value == "empty" => tokens.text.faint,
        _ => tokens.syntax.keyword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_without_their_packages() {
        for (whole, shown) in [
            ("string", "string"),
            ("demo.v1.Everything", "Everything"),
            ("repeated demo.v1.Item", "repeated Item"),
            ("map<string, a.b.C>", "map<string, C>"),
            ("", ""),
        ] {
            assert_eq!(short(whole), shown);
        }
    }
}
