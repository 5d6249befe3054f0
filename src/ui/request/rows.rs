//! What the form knows of its rows between frames: which there are, how high each is, what is wrong
//! with which. An edit that gives a scalar another text costs none of it anew.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::Range,
    sync::Arc,
};

use prost_reflect::MessageDescriptor;
use stubless_core::message::{Diagnostic, Document, Filter, Folds, FormRow, Outline, Path};

/// Height of a row without further lines.
pub(super) const ROW: f32 = 34.0;

/// Gives the comment for a file's name and a descriptor's path in it, empty when there is none.
pub type Comments<'a> = &'a dyn Fn(&str, &[i32]) -> String;

/// What the rows are made of.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) document: &'a Document,
    pub(super) message: &'a MessageDescriptor,
    pub(super) comments: Comments<'a>,
    /// Gives the type of what is in an Any, where it can be had without building anything.
    pub(super) types: &'a dyn Fn(&str) -> Option<MessageDescriptor>,
    /// Grows with every change of the schema.
    pub(super) schema_revision: u64,
}

/// The rows of one document.
#[derive(Debug, Clone, Default)]
pub(super) struct FormRows {
    outline: Outline,
    key: Option<Key>,
    /// Grows when rows come or go.
    shape: u64,
    pub(super) heights: Heights,
    pub(super) problems: Problems,
    shown: Option<(Range<usize>, u64, Arc<Vec<FormRow>>)>,
}

/// What an outline was made from.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    revision: u64,
    folds: u64,
    schema: u64,
    message: String,
    filter: Filter,
}

impl FormRows {
    /// Looks at the document again where something changed.
    pub(super) fn refresh(
        &mut self,
        source: Source<'_>,
        folds: &Folds,
        fold_revision: u64,
        filter: &Filter,
    ) {
        let same = self.key.as_ref().is_some_and(|key| {
            key.revision == source.document.revision()
                && key.folds == fold_revision
                && key.schema == source.schema_revision
                && key.message == source.message.full_name()
                && key.filter == *filter
        });
        if same {
            return;
        }
        let key = Key {
            revision: source.document.revision(),
            folds: fold_revision,
            schema: source.schema_revision,
            message: source.message.full_name().to_owned(),
            filter: filter.clone(),
        };
        // Another type under the same name has other rows.
        let known = self.key.as_ref();
        if known.is_none_or(|old| old.schema != key.schema || old.message != key.message) {
            self.outline = Outline::default();
        }
        self.outline.update(
            source.document,
            source.message,
            folds,
            filter,
            source.comments,
            source.types,
        );
        self.key = Some(key);
        self.shape += 1;
        self.shown = None;
    }

    /// The document is at another revision, but only texts of scalars differ.
    pub(super) fn keep(&mut self, revision: u64) {
        if let Some(key) = &mut self.key {
            key.revision = revision;
        }
    }

    pub(super) fn outline(&self) -> &Outline {
        &self.outline
    }

    pub(super) fn len(&self) -> usize {
        self.outline.len()
    }

    pub(super) fn shape(&self) -> u64 {
        self.shape
    }

    /// Rows by their numbers.
    pub(super) fn rows(&mut self, document: &Document, range: Range<usize>) -> Arc<Vec<FormRow>> {
        let revision = document.revision();
        if let Some((known, at, rows)) = &self.shown
            && *known == range
            && *at == revision
        {
            return Arc::clone(rows);
        }
        let rows = Arc::new(self.outline.rows(document, range.clone()));
        self.shown = Some((range, revision, Arc::clone(&rows)));
        rows
    }

    /// The rows drawn last, of a document that has none now.
    pub(super) fn last_shown(&self) -> Option<Arc<Vec<FormRow>>> {
        self.shown.as_ref().map(|(_, _, rows)| Arc::clone(rows))
    }
}

/// How high rows are: most are [`ROW`], and what others need beyond that is kept with its sum.
#[derive(Debug, Clone, Default)]
pub(super) struct Heights {
    /// Row and what it needs beyond [`ROW`], by row.
    extras: Vec<(usize, f32)>,
    /// What all extras before one come to; one longer than `extras`. Half a million rows are more points
    /// than an `f32` can tell apart.
    sums: Vec<f64>,
    rows: usize,
    made_from: u64,
}

impl Heights {
    /// Takes extras in the order of the rows; those of one row are added up.
    pub(super) fn new(rows: usize, extras: Vec<(usize, f32)>, made_from: u64) -> Self {
        let mut heights = Self {
            rows,
            made_from,
            ..Self::default()
        };
        for (row, extra) in extras {
            match heights.extras.last_mut() {
                Some((last, sum)) if *last == row => *sum += extra,
                _ if extra > 0.0 => heights.extras.push((row, extra)),
                _ => {}
            }
        }
        heights.sum();
        heights
    }

    /// Whether they were made from this.
    pub(super) fn are_of(&self, made_from: u64) -> bool {
        self.made_from == made_from
    }

    fn sum(&mut self) {
        let mut sum = 0.0;
        self.sums = vec![0.0];
        self.sums.extend(self.extras.iter().map(|(_, extra)| {
            sum += f64::from(*extra);
            sum
        }));
    }

    /// Gives a row another height; `false` when it has that already.
    pub(super) fn set(&mut self, row: usize, extra: f32) -> bool {
        let at = self.extras.partition_point(|(known, _)| *known < row);
        match self.extras.get_mut(at) {
            Some((known, own)) if *known == row => {
                if (*own - extra).abs() < 0.5 {
                    return false;
                }
                *own = extra;
            }
            _ if extra < 0.5 => return false,
            _ => self.extras.insert(at, (row, extra)),
        }
        self.sum();
        true
    }

    /// Where a row begins, from the top of the form; of one past the last, where the form ends.
    pub(super) fn top(&self, row: usize) -> f64 {
        let row = row.min(self.rows);
        let before = self.extras.partition_point(|(known, _)| *known < row);
        row as f64 * f64::from(ROW) + self.sums.get(before).copied().unwrap_or(0.0)
    }

    pub(super) fn total(&self) -> f64 {
        self.top(self.rows)
    }

    /// The row at a distance from the top; the last one below all, 0 above.
    pub(super) fn row_at(&self, y: f64) -> usize {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.top(middle + 1) <= y {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.min(self.rows.saturating_sub(1))
    }
}

/// What does not fit, by where it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    hash: u64,
    /// Indices of diagnostics by their path.
    at: HashMap<Path, Vec<usize>>,
    /// Paths with something below them, and whether that keeps the body from being sent.
    above: HashMap<Path, bool>,
}

impl Problems {
    /// Takes the diagnostics of this frame.
    pub(super) fn refresh(&mut self, diagnostics: &[Diagnostic]) {
        let mut hasher = DefaultHasher::new();
        for diagnostic in diagnostics {
            diagnostic.path.hash(&mut hasher);
            diagnostic.message.hash(&mut hasher);
            diagnostic.hint.hash(&mut hasher);
            diagnostic.rule.hash(&mut hasher);
        }
        let hash = hasher.finish();
        if hash == self.hash && self.at.values().map(Vec::len).sum::<usize>() == diagnostics.len() {
            return;
        }
        *self = Self {
            hash,
            ..Self::default()
        };
        for (index, diagnostic) in diagnostics.iter().enumerate() {
            let path = &diagnostic.path;
            self.at.entry(path.clone()).or_default().push(index);
            for len in 0..path.0.len() {
                let above = Path(path.0.iter().take(len).cloned().collect());
                *self.above.entry(above).or_default() |= diagnostic.rule.is_none();
            }
        }
    }

    /// Tells one state of them from another.
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Indices of the diagnostics of a path.
    pub(super) fn at(&self, path: &Path) -> &[usize] {
        self.at.get(path).map_or(&[], Vec::as_slice)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = (&Path, &[usize])> {
        self.at.iter().map(|(path, at)| (path, at.as_slice()))
    }

    /// Whether something below a path does not fit: `Some(true)` where it cannot be sent so.
    pub(super) fn below(&self, path: &Path) -> Option<bool> {
        self.above.get(path).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`ROW`], as tops are reckoned.
    const LINE: f64 = ROW as f64;

    #[test]
    fn a_row_far_down_is_as_high_as_one_at_the_top() {
        let heights = Heights::new(1_000_000, vec![(0, 0.5)], 1);
        for row in [500_000, 900_001, 999_999] {
            assert_eq!(heights.top(row + 1) - heights.top(row), LINE, "{row}");
            assert_eq!(heights.row_at(heights.top(row)), row);
            assert_eq!(heights.row_at(heights.top(row) - 0.25), row - 1);
        }
    }

    #[test]
    fn rows_are_found_by_their_heights() {
        let heights = Heights::new(4, vec![(1, 6.0), (1, 10.0), (3, 20.0)], 1);
        let tops: Vec<f64> = (0..=4).map(|row| heights.top(row)).collect();
        assert_eq!(
            tops,
            [
                0.0,
                LINE,
                2.0 * LINE + 16.0,
                3.0 * LINE + 16.0,
                4.0 * LINE + 36.0
            ]
        );
        for (y, row) in [
            (-5.0, 0),
            (0.0, 0),
            (LINE - 1.0, 0),
            (LINE, 1),
            (2.0 * LINE + 15.0, 1),
            (2.0 * LINE + 16.0, 2),
            (9_000.0, 3),
        ] {
            assert_eq!(heights.row_at(y), row, "{y}");
        }
        assert_eq!(Heights::default().row_at(5.0), 0, "no rows");
    }

    #[test]
    fn a_row_that_grew_moves_those_behind_it() {
        let mut heights = Heights::new(3, vec![(2, 4.0)], 1);
        assert!(heights.set(0, 8.0));
        assert!(!heights.set(0, 8.0), "nothing new");
        assert!(!heights.set(1, 0.0), "nothing beyond a row");
        assert_eq!(heights.top(1), LINE + 8.0);
        assert_eq!(heights.total(), 3.0 * LINE + 12.0);
    }

    #[test]
    fn what_is_below_a_row_is_known_at_it() {
        let problem = |path: Path, rule: Option<&str>| Diagnostic {
            path,
            range: 0..0,
            message: "does not fit".to_owned(),
            hint: None,
            rule: rule.map(str::to_owned),
            fix: None,
        };
        let item = Path::root().key("lines").index(2);
        let all = [
            problem(item.key("count"), None),
            problem(Path::root().key("tags").index(0), Some("string.min_len")),
        ];
        let mut problems = Problems::default();
        problems.refresh(&all);
        assert_eq!(problems.at(&item.key("count")), [0]);
        assert_eq!(problems.below(&item), Some(true));
        assert_eq!(problems.below(&Path::root().key("tags")), Some(false));
        assert_eq!(problems.below(&item.key("count")), None);
        problems.refresh(&[]);
        assert_eq!(problems.below(&item), None);
    }
}
