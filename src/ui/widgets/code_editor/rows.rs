//! The rows of the picture: lines that are not folded away, and where texts are wrapped, parts of them.

use std::ops::Range;

use stubless_core::message::Document;

use super::{
    core::Stamp,
    fold::{Folds, Hidden},
    measure::Measure,
    text,
};

/// Texts up to this are wrapped: every row of theirs is known, which costs a walk over the text with
/// every edit. Larger ones keep one row a line and scroll sideways.
pub(super) const MAX_WRAPPED_BYTES: usize = 256 * 1024;

/// Wrapped rows are indented as their line, but not beyond this part of the width.
const MAX_HANG: f64 = 0.5;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Line of the text, from 0.
    pub(super) line: usize,
    /// Its bytes in the text, without the end of the line.
    pub(super) range: Range<usize>,
    /// Whether it begins the line.
    pub(super) first: bool,
    /// Whether it ends the line.
    pub(super) last: bool,
}

/// What the rows were made for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    text: Stamp,
    folds: u64,
    width: Option<f64>,
}

/// All rows of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    key: Option<Key>,
    hidden: Vec<Hidden>,
    /// Line and first byte of every row, where the text is wrapped.
    wrapped: Option<Vec<(u32, u32)>>,
    count: usize,
}

impl Rows {
    /// Makes them anew if the text, the folds or the width changed. `width` is where rows are wrapped;
    /// `None` keeps lines whole.
    pub(super) fn update(
        &mut self,
        document: &Document,
        folds: &Folds,
        width: Option<f64>,
        measure: &Measure<'_>,
    ) {
        let width = width.filter(|_| document.text().len() <= MAX_WRAPPED_BYTES);
        let key = Key {
            text: Stamp::of(document),
            folds: folds.revision,
            width,
        };
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        self.hidden = folds.hidden(document);
        self.wrapped = width.map(|width| wrap(document, &self.hidden, width, measure));
        let folded: usize = self.hidden.iter().map(|h| h.end - h.first).sum();
        self.count = match &self.wrapped {
            Some(rows) => rows.len(),
            None => document.line_count() - folded,
        };
    }

    /// Number of rows, at least 1.
    pub(super) fn count(&self) -> usize {
        self.count.max(1)
    }

    /// Whether lines are wrapped, so that nothing scrolls sideways.
    pub(super) fn is_wrapped(&self) -> bool {
        self.wrapped.is_some()
    }

    /// The hidden lines that hold a line.
    pub(super) fn hider(&self, line: usize) -> Option<Hidden> {
        let after = self.hidden.partition_point(|h| h.first <= line);
        let hidden = *self.hidden.get(after.checked_sub(1)?)?;
        (line < hidden.end).then_some(hidden)
    }

    /// A row; the last one for those that are not there.
    pub(super) fn row(&self, document: &Document, index: usize) -> Row {
        let index = index.min(self.count().saturating_sub(1));
        let Some(rows) = &self.wrapped else {
            let line = self.line_of_row(index);
            return Row {
                line,
                range: content(document, line),
                first: true,
                last: true,
            };
        };
        let (line, start) = rows.get(index).copied().unwrap_or_default();
        let (line, start) = (line as usize, start as usize);
        let whole = content(document, line);
        let next = rows
            .get(index + 1)
            .filter(|(next, _)| *next as usize == line);
        Row {
            line,
            range: start..next.map_or(whole.end, |(_, next)| *next as usize),
            first: start == whole.start,
            last: next.is_none(),
        }
    }

    /// The row that holds a place. A place that is folded away counts as in the line it is folded into.
    pub(super) fn row_of(&self, document: &Document, place: usize) -> usize {
        let line = document.line_of(place);
        let (line, place) = match self.hider(line) {
            Some(hidden) => {
                let head = hidden.first.saturating_sub(1);
                (head, document.line_range(head).end)
            }
            None => (line, place),
        };
        match &self.wrapped {
            Some(rows) => {
                let key = (to_u32(line), to_u32(place));
                rows.partition_point(|row| *row <= key).saturating_sub(1)
            }
            None => line - self.hidden_before(line),
        }
    }

    fn hidden_before(&self, line: usize) -> usize {
        let before = self.hidden.iter().take_while(|h| h.first < line);
        before.map(|h| h.end.min(line) - h.first).sum()
    }

    fn line_of_row(&self, row: usize) -> usize {
        let mut line = row;
        for hidden in &self.hidden {
            if hidden.first > line {
                break;
            }
            line += hidden.end - hidden.first;
        }
        line
    }
}

/// The bytes of a line that are shown: without the `\r` of its end.
pub(super) fn content(document: &Document, line: usize) -> Range<usize> {
    let range = document.line_range(line);
    let text = document.text().get(range.clone()).unwrap_or_default();
    range.start..range.start + text::without_cr(text).len()
}

/// How far the rows of a line after its first are indented.
pub(super) fn hang(line: &str, width: f64, measure: &Measure<'_>) -> f64 {
    let indent = measure.width(text::indent(line)) + 2.0 * measure.glyph();
    indent.min(width * MAX_HANG)
}

fn wrap(
    document: &Document,
    hidden: &[Hidden],
    width: f64,
    measure: &Measure<'_>,
) -> Vec<(u32, u32)> {
    let mut rows = Vec::with_capacity(document.line_count());
    let mut hidden = hidden.iter().peekable();
    let mut line = 0;
    while line < document.line_count() {
        if let Some(next) = hidden.next_if(|h| h.first == line) {
            line = next.end;
            continue;
        }
        let range = content(document, line);
        rows.push((to_u32(line), to_u32(range.start)));
        let text = document.text().get(range.clone()).unwrap_or_default();
        let breaks = measure.breaks(text, width, hang(text, width, measure));
        rows.extend(
            breaks
                .into_iter()
                .map(|at| (to_u32(line), to_u32(range.start + at))),
        );
        line += 1;
    }
    rows
}

/// Only for texts that are wrapped, which are far below 4 GiB.
fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(document: &Document, folds: &Folds, width: Option<f64>) -> Rows {
        let mut rows = Rows::default();
        rows.update(document, folds, width, &Measure::new(1.0, &|_| 2.0));
        rows
    }

    #[test]
    fn rows_are_lines_without_what_is_folded() {
        let document = Document::new("{\n\"a\": [\r\n1,\n2\n],\n\"b\": 3\n}");
        let mut folds = Folds::default();
        folds.fold(&document, 7);
        for width in [None, Some(100.0)] {
            let rows = rows(&document, &folds, width);
            let shown: Vec<usize> = (0..rows.count())
                .map(|i| rows.row(&document, i).line)
                .collect();
            assert_eq!(shown, [0, 1, 5, 6]);
            assert_eq!(rows.row(&document, 1).range, 2..8, "without its `\\r`");
            let places = [0, 2, 12, 19, 26, 27].map(|place| rows.row_of(&document, place));
            assert_eq!(places, [0, 1, 1, 2, 3, 3]);
        }
    }

    #[test]
    fn long_lines_have_several_rows() {
        let document = Document::new("[\n  12345, 67890, 1\n]");
        let rows = rows(&document, &Folds::default(), Some(10.0));
        let all: Vec<Row> = (0..rows.count()).map(|i| rows.row(&document, i)).collect();
        let ranges: Vec<_> = all.iter().map(|row| row.range.clone()).collect();
        assert_eq!(ranges, [0..1, 2..11, 11..18, 18..19, 20..21]);
        let ends: Vec<_> = all.iter().map(|row| (row.first, row.last)).collect();
        assert_eq!(ends[1..4], [(true, false), (false, false), (false, true)]);
        assert_eq!(rows.row_of(&document, 11), 2);
        assert_eq!(rows.row_of(&document, 18), 3);
        assert_eq!(rows.row(&document, 99), all[4]);
    }
}
