//! Which messages the rows of the table are.

use std::ops::Range;

use stubless_core::call::scan::Scan;

use crate::app::Selection;

/// The rows: all messages, or those a filter lets through.
pub(super) enum Rows<'a> {
    /// The first so many messages of the log.
    All(usize),
    /// The first so many that a filter found.
    Found(&'a Scan, usize),
}

impl<'a> Rows<'a> {
    /// What a filter found among the first so many messages: fewer than there are while the view is paused
    /// or the log happens again.
    pub(super) fn found(scan: &'a Scan, shown: usize) -> Self {
        let len = scan.len();
        let seen = scan.position_at_or_after(shown);
        Self::Found(scan, seen.map_or(len, |row| row.min(len)))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(count) | Self::Found(_, count) => *count,
        }
    }

    /// The message of a row, by its index in the log.
    pub(super) fn message(&self, row: usize) -> Option<usize> {
        let row = (row < self.len()).then_some(row)?;
        match self {
            Self::All(_) => Some(row),
            Self::Found(scan, _) => scan.get(row),
        }
    }

    /// The messages of a range of rows.
    pub(super) fn messages(&self, rows: Range<usize>) -> Vec<usize> {
        let rows = rows.start..rows.end.min(self.len());
        match self {
            Self::All(_) => rows.collect(),
            Self::Found(scan, _) => scan.rows(rows),
        }
    }

    /// The row of a message; `None` when it has none.
    pub(super) fn row_of(&self, message: usize) -> Option<usize> {
        match self {
            Self::All(count) => (message < *count).then_some(message),
            Self::Found(scan, count) => scan.row_of(message).filter(|row| row < count),
        }
    }

    /// The row of a message, or of the next one that has a row, or the last; `None` without rows.
    pub(super) fn nearest(&self, message: usize) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        match self {
            Self::All(_) => Some(message.min(last)),
            Self::Found(scan, _) => {
                let row = scan.position_at_or_after(message);
                Some(row.map_or(last, |row| row.min(last)))
            }
        }
    }

    /// The messages of a range of rows as a selection.
    pub(super) fn select(&self, rows: Range<usize>) -> Selection {
        match self {
            Self::All(_) => Selection::of(rows),
            Self::Found(..) => self.messages(rows).into_iter().collect(),
        }
    }
}
