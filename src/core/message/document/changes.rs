//! The last changes of a text, so that what a view derives from it follows instead of being made anew.

use std::collections::VecDeque;

/// Changes that are remembered. A view follows every frame, so there are rarely more than a few.
const KEPT: usize = 128;

/// A span of the text that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Where it begins.
    pub at: usize,
    /// Bytes that stood there.
    pub removed: usize,
    /// Bytes that stand there now.
    pub inserted: usize,
}

impl Change {
    /// Where a place of the text before is after the change. A place inside what was replaced goes to
    /// the end of what stands there now; so does one at an insertion.
    pub fn moved(self, place: usize) -> usize {
        if place < self.at {
            place
        } else if place < self.at + self.removed {
            self.at + self.inserted
        } else {
            place - self.removed + self.inserted
        }
    }

    /// This change and one made after it as one, which may hold places neither of them touched.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let at = self.at.min(next.at);
        let end = (self.at + self.inserted).max(next.at + next.removed);
        Self {
            at,
            removed: end - self.inserted + self.removed - at,
            inserted: end - next.removed + next.inserted - at,
        }
    }
}

/// One change for each of the last revisions.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    last: VecDeque<Change>,
}

impl Changes {
    pub(super) fn push(&mut self, change: Change) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(change);
    }

    /// The newest `count`, in the order they were made; `None` when so many are not known any more.
    pub(super) fn newest(&self, count: usize) -> Option<impl Iterator<Item = Change> + '_> {
        let skipped = self.last.len().checked_sub(count)?;
        Some(self.last.iter().skip(skipped).copied())
    }
}
