//! Draws the rows that are seen.

use std::{ops::Range, sync::Arc};

use egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, pos2, vec2,
};
use stubless_core::message::{Diagnostic, Document};

use super::{
    CodeEditorState,
    lex::State,
    measure::Measure,
    seen::{CARETS, Painted, View},
    syntax,
};
use crate::ui::{
    theme::{Tokens, fade, font, radius, size},
    widgets::line_text,
};

/// Marks that are drawn: a text of another type has a mistake in every line.
const MAX_MARKS: usize = 300;

/// Matches that are drawn in a row.
const MAX_MATCHES: usize = 200;

/// Everything a picture is drawn from.
pub(super) struct Picture<'a> {
    pub(super) document: &'a Document,
    pub(super) state: &'a mut CodeEditorState,
    pub(super) diagnostics: &'a [Diagnostic],
    pub(super) view: View,
    pub(super) focused: bool,
}

impl Picture<'_> {
    /// Draws text, selection and marks.
    pub(super) fn paint(&mut self, ui: &Ui, rows: &[Painted], measure: &Measure<'_>) {
        let clip = ui.clip_rect().intersect(self.view.rect);
        let mut text_clip = clip;
        text_clip.min.x = text_clip.min.x.max(self.view.text_left() - 3.0);
        let painter = ui.painter().with_clip_rect(text_clip);
        let tokens = Tokens::of(ui);
        self.current_line(&painter, rows, tokens);
        self.guides(&painter, rows, measure, tokens);
        self.matches(&painter, rows, measure, tokens);
        self.selection(&painter, rows, measure, tokens);
        self.brackets(&painter, rows, measure, tokens);
        for row in rows {
            // A long piece may begin far left of the screen.
            let left = f64::from(self.view.text_left()) + row.piece.x - self.view.offset[0];
            let top = (row.middle() - row.galley.size().y / 2.0).round();
            let pos = pos2(left as f32, top);
            painter.galley(pos, Arc::clone(&row.galley), tokens.text.normal);
            self.fold_end(&painter, ui, row, measure, tokens);
        }
        self.marks(&painter, rows, measure, tokens);
        self.numbers(ui, clip, rows, tokens);
    }

    /// The band of a range in a row, if it is in it. A range that goes on after the line takes its end.
    fn band(&mut self, row: &Painted, range: &Range<usize>, measure: &Measure<'_>) -> Option<Rect> {
        let inside = &row.row.range;
        if range.end < inside.start || range.start > inside.end || range.is_empty() {
            return None;
        }
        let beyond = row.row.last && range.end > inside.end;
        if !beyond && (range.end == inside.start || range.start == inside.end) {
            return None;
        }
        let mut x = |place| {
            let layout = &mut self.state.layout;
            layout.x_in_row(self.document, &row.row, place, measure)
        };
        let (left, right) = (x(range.start), x(range.end));
        let right = if beyond {
            right + measure.glyph() * 0.6
        } else {
            right
        };
        Some(row.band(self.view.x(left), self.view.x(right)))
    }

    fn current_line(&self, painter: &Painter, rows: &[Painted], tokens: &Tokens) {
        let selection = self.state.core.selection;
        if !self.focused || !selection.is_empty() {
            return;
        }
        let line = self.document.line_of(selection.head);
        for row in rows.iter().filter(|row| row.row.line == line) {
            let band = row.band(self.view.text_left() - 3.0, self.view.rect.right());
            painter.rect_filled(band, CornerRadius::ZERO, fade(tokens.surface.hover, 0.45));
        }
    }

    /// Faint lines at the steps of the indent.
    fn guides(&self, painter: &Painter, rows: &[Painted], measure: &Measure<'_>, tokens: &Tokens) {
        let text = self.document.text();
        let mut columns = 0;
        for row in rows {
            if row.row.first {
                let line = text.get(row.piece.range.clone()).unwrap_or_default();
                let blank = line.trim().is_empty();
                // An empty line has the guides of the one before it.
                if !blank {
                    columns = super::text::indent(line).len();
                }
            }
            for column in (0..columns).step_by(super::edit::INDENT) {
                let x = self.view.x(column as f64 * measure.glyph()).round() + 0.5;
                let span = row.top..=row.top + size::CODE_LINE;
                painter.vline(x, span, Stroke::new(1.0, tokens.line.weak));
            }
        }
    }

    fn selection(
        &mut self,
        painter: &Painter,
        rows: &[Painted],
        measure: &Measure<'_>,
        tokens: &Tokens,
    ) {
        let range = self.state.core.selection.range();
        let color = fade(tokens.text_selection, if self.focused { 1.0 } else { 0.6 });
        for row in rows {
            if let Some(band) = self.band(row, &range, measure) {
                painter.rect_filled(band, CornerRadius::same(2), color);
            }
        }
    }

    fn matches(
        &mut self,
        painter: &Painter,
        rows: &[Painted],
        measure: &Measure<'_>,
        tokens: &Tokens,
    ) {
        if !self.state.find.is_open {
            return;
        }
        let query = self.state.find.query.clone();
        let text = self.document.text();
        for row in rows {
            let range = &row.piece.range;
            // One may begin before what is seen.
            let mut from = text.floor_char_boundary(range.start.saturating_sub(query.text.len()));
            for _ in 0..MAX_MATCHES {
                let Some(found) = query.first(text, from..range.end) else {
                    break;
                };
                from = found.end;
                if let Some(band) = self.band(row, &found, measure) {
                    let corner = CornerRadius::same(2);
                    painter.rect_filled(band, corner, tokens.warn.soft);
                    let line = Stroke::new(1.0, tokens.warn.line);
                    painter.rect_stroke(
                        band.shrink2(vec2(0.0, 1.0)),
                        corner,
                        line,
                        StrokeKind::Inside,
                    );
                }
            }
        }
    }

    fn brackets(
        &mut self,
        painter: &Painter,
        rows: &[Painted],
        measure: &Measure<'_>,
        tokens: &Tokens,
    ) {
        let Some(pair) = self.state.pair.filter(|_| self.focused) else {
            return;
        };
        for place in [pair.open, pair.close] {
            for row in rows {
                if let Some(band) = self.band(row, &(place..place + 1), measure) {
                    let corner = CornerRadius::same(2);
                    painter.rect_filled(band, corner, tokens.accent.soft);
                    let line = Stroke::new(1.0, tokens.accent.line);
                    painter.rect_stroke(band, corner, line, StrokeKind::Inside);
                }
            }
        }
    }

    /// After the first line of a fold: `…`, the line that closes it, how many lines there are.
    fn fold_end(
        &mut self,
        painter: &Painter,
        ui: &Ui,
        row: &Painted,
        measure: &Measure<'_>,
        tokens: &Tokens,
    ) {
        if !row.row.last {
            return;
        }
        let Some(pair) = self.state.core.folds.of_line(self.document, row.row.line) else {
            return;
        };
        let last = self.document.line_of(pair.close);
        let hidden = last - row.row.line;
        let tail = self.document.text().get(pair.close..);
        let tail: String = tail
            .unwrap_or_default()
            .chars()
            .take_while(|c| *c != '\n')
            .take(40)
            .collect();
        let layout = &mut self.state.layout;
        let end = layout.x_in_row(self.document, &row.row, row.row.range.end, measure);
        let x = self.view.x(end) + 2.0;
        let chip = Rect::from_min_size(pos2(x, row.top + 3.0), vec2(20.0, size::CODE_LINE - 6.0));
        painter.rect_filled(chip, CornerRadius::same(radius::S), tokens.accent.soft);
        painter.text(
            chip.center(),
            Align2::CENTER_CENTER,
            "…",
            font::code(),
            tokens.accent.text,
        );
        let mut job = syntax::piece_job(&tail, &(0..tail.len()), tail.len(), State::Code, tokens);
        let lines = if hidden == 1 { "line" } else { "lines" };
        job.append(
            &format!("{hidden} {lines}"),
            12.0,
            egui::text::TextFormat::simple(font::small(), tokens.text.faint),
        );
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let top = (row.middle() - galley.size().y / 2.0).round();
        painter.galley(pos2(chip.right() + 2.0, top), galley, tokens.text.normal);
    }

    /// Wavy lines under what does not fit.
    fn marks(
        &mut self,
        painter: &Painter,
        rows: &[Painted],
        measure: &Measure<'_>,
        tokens: &Tokens,
    ) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return;
        };
        let seen = first.row.range.start..last.row.range.end + 1;
        let text = self.document.text();
        let syntax = self.document.syntax_error().into_iter();
        let marks: Vec<(Range<usize>, Color32)> = syntax
            .chain(self.diagnostics)
            .take(MAX_MARKS)
            .map(|d| (widened(&d.range, text), mark_color(d, tokens)))
            .filter(|(range, _)| range.start <= seen.end && seen.start <= range.end)
            .collect();
        for (range, color) in marks {
            for row in rows {
                if let Some(band) = self.band(row, &range, measure) {
                    wave(painter, band, color);
                }
            }
        }
    }

    fn numbers(&self, ui: &Ui, clip: Rect, rows: &[Painted], tokens: &Tokens) {
        let painter = ui.painter().with_clip_rect(clip);
        let current = self.document.line_of(self.state.core.selection.head);
        let x = self.view.text_left() - CARETS - 4.0;
        for row in rows.iter().filter(|row| row.row.first) {
            let color = if self.focused && row.row.line == current {
                tokens.text.normal
            } else {
                tokens.text.faint
            };
            painter.text(
                pos2(x, row.middle()),
                Align2::RIGHT_CENTER,
                row.row.line + 1,
                font::small_code(),
                color,
            );
        }
    }

    /// Where the cursor is drawn; after text that is being composed.
    pub(super) fn cursor(&mut self, measure: &Measure<'_>) -> Rect {
        let head = self.state.core.selection.head;
        let row = self.state.layout.rows.row_of(self.document, head);
        let x = self.state.layout.x_of(self.document, head, measure);
        let x = x + measure.width(&self.state.composed);
        let x = self.view.x(x).round();
        let top = self.view.top(row);
        Rect::from_min_max(pos2(x, top + 1.0), pos2(x, top + size::CODE_LINE - 1.0))
    }
}

/// The colour of a mistake: what breaks a rule can be sent all the same.
pub(super) fn mark_color(diagnostic: &Diagnostic, tokens: &Tokens) -> Color32 {
    if diagnostic.rule.is_some() {
        tokens.warn.text
    } else {
        tokens.bad.text
    }
}

/// An empty range would not show: it takes the character at its place, or the one before the end.
pub(super) fn widened(range: &Range<usize>, text: &str) -> Range<usize> {
    if range.start < range.end {
        return range.clone();
    }
    let after = text
        .get(range.start..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| *c != '\n');
    match after {
        Some(c) => range.start..range.start + c.len_utf8(),
        None => super::text::previous(text, range.start)..range.start,
    }
}

fn wave(painter: &Painter, band: Rect, color: Color32) {
    let band = band.intersect(painter.clip_rect());
    if band.width() <= 0.0 {
        return;
    }
    let low = band.bottom() - 1.5;
    let steps = (band.width() / 2.0).ceil() as usize;
    let points: Vec<Pos2> = (0..=steps.max(2))
        .map(|step| {
            let x = (band.left() + step as f32 * 2.0).min(band.right().max(band.left() + 4.0));
            pos2(x, if step % 2 == 0 { low } else { low - 2.0 })
        })
        .collect();
    painter.line(points, Stroke::new(1.2, color));
}

/// A line of the gutter that is drawn over its end, so that numbers never meet the text.
pub(super) fn caret(ui: &Ui, rect: Rect, glyph: crate::ui::theme::Icon, color: Color32) {
    let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(glyph.text(), glyph.font(12.0), color));
    let x = rect.center().x - galley.size().x / 2.0;
    line_text(ui, x, rect.center().y, galley);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_mark_takes_a_character() {
        for (name, text, range, expected) in [
            ("inside", "abc", 1..1, 1..2),
            ("at the end", "abc", 3..3, 2..3),
            ("before a line's end", "a\nb", 1..1, 0..1),
            ("nothing there", "", 0..0, 0..0),
            ("a real range stays", "abc", 0..2, 0..2),
        ] {
            assert_eq!(widened(&range, text), expected, "{name}");
        }
    }
}
