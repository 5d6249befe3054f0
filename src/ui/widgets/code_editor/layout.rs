//! From places of the text to places of the picture and back: rows, and lines too long to look at whole.

use std::ops::Range;

use stubless_core::message::{Change, Document};

use super::{
    core::Stamp,
    fold::Folds,
    measure::{LongLine, Measure},
    rows::{Row, Rows, hang},
};

/// Lines over this are measured and drawn in parts.
const LONG_LINE_BYTES: usize = 8 * 1024;

/// Long lines whose parts are remembered.
const KEPT_LINES: usize = 64;

/// The picture of a document, without its colours.
#[derive(Debug, Clone, Default)]
pub(super) struct TextLayout {
    pub(super) rows: Rows,
    /// Width to wrap at.
    pub(super) width: Option<f64>,
    long: Vec<LongLine>,
    seen: Option<Stamp>,
}

/// The part of a row that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    /// Where it begins, from the left edge of the text.
    pub(super) x: f64,
}

impl TextLayout {
    /// Follows the document, its folds and the width.
    pub(super) fn update(&mut self, document: &Document, folds: &Folds, measure: &Measure<'_>) {
        self.rows.update(document, folds, self.width, measure);
        let now = Stamp::of(document);
        if self.seen == Some(now) {
            return;
        }
        let text = document.text();
        let changes = self.seen.and_then(|seen| seen.changes(document));
        let change = changes.and_then(|all| all.into_iter().reduce(Change::then));
        match change {
            Some(change) => self
                .long
                .retain_mut(|line| line.follow(text, change, measure)),
            None => self.long.clear(),
        }
        self.seen = Some(now);
    }

    /// How far a row is indented because it goes on with a line.
    pub(super) fn hang(&self, document: &Document, row: &Row, measure: &Measure<'_>) -> f64 {
        match self.width {
            Some(width) if !row.first => {
                let start = document.line_range(row.line).start;
                let before = document.text().get(start..row.range.start);
                hang(before.unwrap_or_default(), width, measure)
            }
            _ => 0.0,
        }
    }

    fn long(&mut self, document: &Document, row: &Row, measure: &Measure<'_>) -> Option<&LongLine> {
        if row.range.len() <= LONG_LINE_BYTES {
            return None;
        }
        let known = self
            .long
            .iter()
            .position(|line| line.start == row.range.start && line.end() == row.range.end);
        let line = match known {
            Some(at) => self.long.remove(at),
            None => LongLine::new(document.text(), row.range.clone(), measure),
        };
        if self.long.len() >= KEPT_LINES {
            self.long.remove(0);
        }
        self.long.push(line);
        self.long.last()
    }

    /// Where a place of a row stands, from the left edge of the text.
    pub(super) fn x_in_row(
        &mut self,
        document: &Document,
        row: &Row,
        place: usize,
        measure: &Measure<'_>,
    ) -> f64 {
        let place = place.clamp(row.range.start, row.range.end);
        let hang = self.hang(document, row, measure);
        let text = document.text();
        match self.long(document, row, measure) {
            Some(line) => hang + line.x_of(text, place, measure),
            None => {
                let before = text.get(row.range.start..place).unwrap_or_default();
                hang + measure.width(before)
            }
        }
    }

    /// Where a place stands, from the left edge of the text.
    pub(super) fn x_of(&mut self, document: &Document, place: usize, measure: &Measure<'_>) -> f64 {
        let row = self.rows.row(document, self.rows.row_of(document, place));
        self.x_in_row(document, &row, place, measure)
    }

    /// The place of a row nearest to `x`. In a row that a line goes on after, it is before the last
    /// character at most: the place behind it is the next row's.
    pub(super) fn place_at(
        &mut self,
        document: &Document,
        row: &Row,
        x: f64,
        measure: &Measure<'_>,
    ) -> usize {
        let x = x - self.hang(document, row, measure);
        let text = document.text();
        let place = match self.long(document, row, measure) {
            Some(line) => line.nearest(text, x, measure),
            None => {
                let inside = text.get(row.range.clone()).unwrap_or_default();
                row.range.start + measure.nearest(inside, x)
            }
        };
        let end = row_end(document, row);
        place.clamp(row.range.start, end)
    }

    /// What of a row is seen between two places.
    pub(super) fn piece(
        &mut self,
        document: &Document,
        row: &Row,
        (from, to): (f64, f64),
        measure: &Measure<'_>,
    ) -> Piece {
        match self.long(document, row, measure) {
            Some(line) => {
                let (range, x) = line.seen(from, to);
                Piece { range, x }
            }
            None => Piece {
                range: row.range.clone(),
                x: self.hang(document, row, measure),
            },
        }
    }

    /// Width of a row.
    pub(super) fn width_of(
        &mut self,
        document: &Document,
        row: &Row,
        measure: &Measure<'_>,
    ) -> f64 {
        match self.long(document, row, measure) {
            Some(line) => line.width(),
            None => {
                let inside = document.text().get(row.range.clone()).unwrap_or_default();
                measure.width(inside) + self.hang(document, row, measure)
            }
        }
    }
}

/// The last place of a row a cursor can stand at.
pub(super) fn row_end(document: &Document, row: &Row) -> usize {
    if row.last {
        row.range.end
    } else {
        super::text::previous(document.text(), row.range.end).max(row.range.start)
    }
}
