//! Messages that are selected: ranges, so that all of a million cost as little as one.

use std::ops::Range;

/// A set of messages by index, kept as ranges that neither touch nor overlap, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection(Vec<Range<usize>>);

impl Selection {
    /// A selection of one range.
    pub fn of(range: Range<usize>) -> Self {
        let mut selection = Self::default();
        selection.add(range);
        selection
    }

    /// The ranges, in order.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.0
    }

    /// How many are selected.
    pub fn len(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a message is selected.
    pub fn contains(&self, index: usize) -> bool {
        let at = self.0.partition_point(|range| range.end <= index);
        self.0.get(at).is_some_and(|range| range.contains(&index))
    }

    /// Selects more.
    pub fn add(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let from = self.0.partition_point(|it| it.end < range.start);
        let to = self.0.partition_point(|it| it.start <= range.end);
        let joined = self.0.get(from..to).unwrap_or_default();
        let start = joined
            .first()
            .map_or(range.start, |it| it.start.min(range.start));
        let end = joined.last().map_or(range.end, |it| it.end.max(range.end));
        self.0.splice(from..to, std::iter::once(start..end));
    }

    /// Selects a message, or takes it out.
    pub fn toggle(&mut self, index: usize) {
        let at = self.0.partition_point(|range| range.end <= index);
        match self.0.get(at).cloned() {
            Some(range) if range.contains(&index) => {
                let parts = [range.start..index, index + 1..range.end];
                let left = parts.into_iter().filter(|part| !part.is_empty());
                self.0.splice(at..=at, left);
            }
            _ => self.add(index..index + 1),
        }
    }

    /// Selects none.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The indices, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().cloned().flatten()
    }
}

impl FromIterator<usize> for Selection {
    /// Cheapest of indices in order.
    fn from_iter<T: IntoIterator<Item = usize>>(indices: T) -> Self {
        let mut selection = Self::default();
        for index in indices {
            match selection.0.last_mut() {
                Some(last) if last.end == index => last.end += 1,
                _ => selection.add(index..index + 1),
            }
        }
        selection
    }
}
