//! The last edits of a text, so that what was found in it before is found again.

use std::{collections::VecDeque, ops::Range};

/// Edits that are kept: more than anyone makes while a check runs.
const MOST: usize = 256;

/// One span replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    /// Revisions before and after.
    before: u64,
    after: u64,
    range: Range<usize>,
    len: usize,
}

/// The last edits, the oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    last: VecDeque<Change>,
}

impl Changes {
    /// A span was replaced by `len` bytes.
    pub(super) fn note(&mut self, before: u64, after: u64, range: Range<usize>, len: usize) {
        if self.last.len() == MOST {
            self.last.pop_front();
        }
        self.last.push_back(Change {
            before,
            after,
            range,
            len,
        });
    }

    /// Where a span of revision `from` stands at revision `to`; `None` when it was touched.
    pub(super) fn followed(&self, range: Range<usize>, from: u64, to: u64) -> Option<Range<usize>> {
        let (mut range, mut revision) = (range, from);
        let known = self.last.iter().position(|change| change.before == from);
        let first = known.unwrap_or(self.last.len());
        for change in self.last.range(first..) {
            if change.range.end <= range.start {
                let moved = |offset: usize| offset - change.range.len() + change.len;
                range = moved(range.start)..moved(range.end);
            } else if change.range.start < range.end {
                return None;
            }
            revision = change.after;
        }
        (revision == to).then_some(range)
    }
}
