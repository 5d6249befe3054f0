//! Where the lines of a text begin, kept up edit by edit.
//!
//! Four bytes a line. An edit looks only at what it replaces; the lines after it are moved, which for
//! a million of them is a fraction of a millisecond.

use std::ops::Range;

/// The starts of all lines, the first (0) included. A line ends after its `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(line_starts(text, 0));
        Self { starts }
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// Where a line begins, from 0.
    pub(super) fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line).map(|start| *start as usize)
    }

    /// The line that holds an offset, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        let after = self
            .starts
            .partition_point(|start| *start as usize <= offset);
        after.saturating_sub(1)
    }

    /// Follows an edit: `range` was replaced by `with`.
    pub(super) fn splice(&mut self, range: Range<usize>, with: &str) {
        let first = self
            .starts
            .partition_point(|start| *start as usize <= range.start);
        let last = self
            .starts
            .partition_point(|start| *start as usize <= range.end);
        // Modulo 2^32, so that a shorter text moves starts back.
        let moved = (with.len() as u32).wrapping_sub((range.end - range.start) as u32);
        if moved != 0 {
            for start in &mut self.starts[last..] {
                *start = start.wrapping_add(moved);
            }
        }
        if first < last || with.contains('\n') {
            self.starts
                .splice(first..last, line_starts(with, range.start));
        }
    }
}

/// Offsets after each `\n`, counted from `base`.
fn line_starts(text: &str, base: usize) -> impl Iterator<Item = u32> + '_ {
    let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    newlines.map(move |(at, _)| (base + at + 1) as u32)
}
