//! Which messages the rows of the table are.

use std::ops::Range;

/// The rows: all messages, or those a filter lets through.
pub(super) enum Rows {
    /// The first so many messages of the log.
    All(usize),
}

impl Rows {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
        }
    }

    /// The message of a row, by its index in the log.
    pub(super) fn message(&self, row: usize) -> Option<usize> {
        match self {
            Self::All(count) => (row < *count).then_some(row),
        }
    }

    /// The messages of a range of rows.
    pub(super) fn messages(&self, rows: Range<usize>) -> Vec<usize> {
        match self {
            Self::All(count) => (rows.start..rows.end.min(*count)).collect(),
        }
    }

    /// The row of a message; `None` when it has none.
    pub(super) fn row_of(&self, message: usize) -> Option<usize> {
        match self {
            Self::All(count) => (message < *count).then_some(message),
        }
    }

    /// The row of a message, or of the next one that has a row, or the last; `None` without rows.
    pub(super) fn nearest(&self, message: usize) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        match self {
            Self::All(_) => Some(message.min(last)),
        }
    }
}
