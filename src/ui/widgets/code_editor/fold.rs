//! What is folded: pairs of brackets whose lines, but the first, are hidden.

use stubless_core::message::{Change, Document};

use super::bracket::{Pair, close_of};

/// Lines that are not shown, from the first to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) first: usize,
    pub(super) end: usize,
}

/// The folded pairs, in the order of the text; they may lie in one another.
#[derive(Debug, Clone, Default)]
pub(super) struct Folds {
    pairs: Vec<Pair>,
    /// Grows with every change.
    pub(super) revision: u64,
}

impl Folds {
    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The fold that begins with a bracket.
    pub(super) fn at(&self, open: usize) -> Option<Pair> {
        self.pairs.iter().copied().find(|pair| pair.open == open)
    }

    /// The outermost fold that begins in a line.
    pub(super) fn of_line(&self, document: &Document, line: usize) -> Option<Pair> {
        let range = document.line_range(line);
        let found = self.pairs.partition_point(|pair| pair.open < range.start);
        let pair = self.pairs.get(found).copied()?;
        (pair.open < range.end && document.line_of(pair.close) > line).then_some(pair)
    }

    /// Folds from a bracket to the one that closes it, if that is in a later line.
    pub(super) fn fold(&mut self, document: &Document, open: usize) -> Option<Pair> {
        if self.at(open).is_some() {
            return None;
        }
        let close = close_of(document.text(), open, usize::MAX)?;
        if document.line_of(open) == document.line_of(close) {
            return None;
        }
        let pair = Pair { open, close };
        let place = self.pairs.partition_point(|other| other.open < open);
        self.pairs.insert(place, pair);
        self.revision += 1;
        Some(pair)
    }

    pub(super) fn unfold(&mut self, open: usize) -> bool {
        let before = self.pairs.len();
        self.pairs.retain(|pair| pair.open != open);
        self.revision += 1;
        self.pairs.len() < before
    }

    pub(super) fn clear(&mut self) {
        self.pairs.clear();
        self.revision += 1;
    }

    /// Opens every fold that hides a place.
    pub(super) fn reveal(&mut self, document: &Document, place: usize) {
        if self.pairs.is_empty() {
            return;
        }
        let line = document.line_of(place);
        let before = self.pairs.len();
        self.pairs.retain(|pair| {
            !(document.line_of(pair.open) < line && line <= document.line_of(pair.close))
        });
        if self.pairs.len() < before {
            self.revision += 1;
        }
    }

    /// Follows an edit: what lies before or after it stays folded, and so does what holds none of it.
    pub(super) fn follow(&mut self, change: Change) {
        if self.pairs.is_empty() {
            return;
        }
        let end = change.at + change.removed;
        let before = self.pairs.len();
        self.pairs
            .retain(|pair| change.at > pair.close || end <= pair.open);
        for pair in &mut self.pairs {
            if pair.open >= end {
                pair.open = pair.open - change.removed + change.inserted;
                pair.close = pair.close - change.removed + change.inserted;
            }
        }
        if self.pairs.len() < before {
            self.revision += 1;
        }
    }

    /// The hidden lines, in order and apart.
    pub(super) fn hidden(&self, document: &Document) -> Vec<Hidden> {
        let mut hidden: Vec<Hidden> = Vec::new();
        for pair in &self.pairs {
            let first = document.line_of(pair.open) + 1;
            let end = document.line_of(pair.close) + 1;
            match hidden.last_mut() {
                Some(last) if first <= last.end => last.end = last.end.max(end),
                _ if first < end => hidden.push(Hidden { first, end }),
                _ => {}
            }
        }
        hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(folds: &Folds, document: &Document) -> Vec<(usize, usize)> {
        let hidden = folds.hidden(document);
        hidden.into_iter().map(|h| (h.first, h.end)).collect()
    }

    #[test]
    fn folds_hide_lines_and_follow_edits() {
        type Step = (
            &'static str,
            usize,
            usize,
            &'static str,
            &'static [(usize, usize)],
        );
        let mut document = Document::new("{\n\"a\": [\n1\n],\n\"b\": {\n}\n}");
        let mut folds = Folds::default();
        assert_eq!(folds.fold(&document, 7), Some(Pair { open: 7, close: 11 }));
        assert!(folds.fold(&document, 19).is_some());
        assert_eq!(lines(&folds, &document), [(2, 4), (5, 6)]);

        let steps: [Step; 3] = [
            ("a line before", 2, 2, "\"z\": 0,\n", &[(3, 5), (6, 7)]),
            ("within the first", 18, 18, " ", &[(6, 7)]),
            ("its bracket goes", 28, 29, "", &[]),
        ];
        for (name, at, end, with, expected) in steps {
            let before = document.revision();
            document.replace(at..end, with);
            for change in document.changes_since(before).unwrap() {
                folds.follow(change);
            }
            assert_eq!(lines(&folds, &document), expected, "{name}");
        }
    }

    #[test]
    fn a_fold_in_a_fold_and_one_line_and_no_end() {
        let document = Document::new("[\n{\n},\n{}, [\n]\n]\n[");
        let mut folds = Folds::default();
        assert!(folds.fold(&document, 2).is_some());
        assert!(folds.fold(&document, 0).is_some());
        assert_eq!(lines(&folds, &document), [(1, 6)]);
        assert!(folds.fold(&document, 7).is_none(), "one line");
        assert!(folds.fold(&document, document.text().len() - 1).is_none());
        folds.reveal(&document, 4);
        assert!(folds.is_empty(), "both hide line 2");
    }
}
