//! The index of a text that is being edited: kept up where it can be, read again where it must be.
//!
//! Invariant: without an error the index is that of the text. With one it is that of a text that agrees
//! with this one but for the stale regions: the last one that parsed, or what could be read of it.

use std::ops::Range;

use super::{
    index::{EMPTY, Extent, Index, Packed},
    kept::{Kept, Region},
    parse::{MAX_DEPTH, Parser, Read},
};
use crate::message::Diagnostic;

/// More regions than this are joined: while a text does not parse, each costs some reading.
const MOST_REGIONS: usize = 8;

/// What is known of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    index: Index,
    stale: Vec<Region>,
    error: Option<Diagnostic>,
}

impl Reading {
    /// Reads a text.
    pub(super) fn new(text: &str) -> Self {
        let mut reading = Self {
            stale: vec![Region {
                old: 0..0,
                new: 0..text.len(),
            }],
            ..Self::default()
        };
        reading.settle(text);
        reading
    }

    /// The index; empty when the text is, and when it does not parse.
    pub(super) fn index(&self) -> &Index {
        if self.error.is_some() {
            &EMPTY
        } else {
            &self.index
        }
    }

    /// Where the text stops being JSON.
    pub(super) fn error(&self) -> Option<&Diagnostic> {
        self.error.as_ref()
    }

    /// A span of the text was replaced by `len` bytes. To be followed by [`settle`](Self::settle).
    pub(super) fn edited(&mut self, range: Range<usize>, len: usize) {
        let stale = &mut self.stale;
        let first = stale.partition_point(|region| region.new.end < range.start);
        let last = stale.partition_point(|region| region.new.start <= range.end);
        let before = |regions: &[Region]| {
            let region = regions.last();
            region.map_or((0, 0), |region| (region.old.end, region.new.end))
        };
        let mut joined = range.clone();
        let (old_end, new_end) = before(&stale[..first]);
        let mut old_start = range.start.saturating_sub(new_end) + old_end;
        if let Some(region) = stale[first..last].first()
            && region.new.start <= range.start
        {
            joined.start = region.new.start;
            old_start = region.old.start;
        }
        let (old_end, new_end) = before(&stale[..last]);
        joined.end = joined.end.max(if first < last { new_end } else { 0 });
        let old_end = joined.end - new_end + old_end;
        let moved = |offset: usize| offset - range.len() + len;
        joined.end = moved(joined.end);
        for region in &mut stale[last..] {
            region.new = moved(region.new.start)..moved(region.new.end);
        }
        let region = Region {
            old: old_start..old_end,
            new: joined,
        };
        stale.splice(first..last, [region]);
        while stale.len() > MOST_REGIONS {
            join_nearest(stale);
        }
    }

    /// Reads what the edits made stale; how many bytes of the text that took.
    pub(super) fn settle(&mut self, text: &str) -> usize {
        if self.stale.is_empty() {
            return 0;
        }
        let (kept, resume) = Kept::new(&self.index, &self.stale);
        let mut parser = Parser::resume(text, resume, kept);
        let result = parser.run();
        let bytes_read = parser.bytes_read();
        match result {
            Ok(()) => {
                let read = parser.into_read();
                self.index.commit(read);
                self.stale.clear();
                self.error = None;
            }
            Err(fault) => {
                self.error = Some(parser.diagnostic(fault));
                // What costs less to read again is let go.
                if bytes_read > parser.bytes_known() {
                    let at = parser.at;
                    let read = parser.into_read();
                    self.index.commit(read);
                    self.stale = vec![Region {
                        old: at..at,
                        new: at..text.len(),
                    }];
                }
            }
        }
        bytes_read
    }
}

/// Joins the two neighbours with the least text between them.
fn join_nearest(stale: &mut Vec<Region>) {
    let gaps = stale.windows(2).enumerate();
    let nearest = gaps.min_by_key(|(_, pair)| pair[1].new.start - pair[0].new.end);
    let Some((first, _)) = nearest else {
        return;
    };
    let second = stale.remove(first + 1);
    let region = &mut stale[first];
    region.old.end = second.old.end;
    region.new.end = second.new.end;
}

impl Index {
    /// Takes in what was read: the entries that stay, those that were read, those that were taken over
    /// where they are now. All others go.
    pub(super) fn commit(&mut self, mut read: Read) {
        if read.before == 0 && read.kept.is_empty() {
            *self = Self {
                entries: read.entries,
                extents: read.extents,
                depth: read.depth,
                ..Self::default()
            };
            return;
        }
        let mut entries = std::mem::take(&mut read.entries);
        let segments = self.segments(&read, entries.len());
        if !self.has_same_shape(&read, &segments, &entries) {
            self.forget_stops();
        }
        for (gap, _) in &segments {
            self.release(gap.clone());
        }
        self.move_runs(&read);
        for packed in entries.iter_mut().filter(|packed| packed.is_container()) {
            let extent = read.extents.get(packed.extent as usize);
            packed.extent = self.allot(extent.copied().unwrap_or_default());
        }
        // From the last to the first, so that none moves another's place.
        let mut behind_last = !read.kept.is_empty();
        for (gap, segment) in segments.into_iter().rev() {
            if behind_last {
                for packed in &mut entries[segment.clone()] {
                    packed.start = packed.start.wrapping_sub(self.moved);
                }
            } else {
                self.moved_from = self.moved_from - gap.len() + segment.len();
            }
            behind_last = false;
            self.entries.splice(gap, entries.drain(segment.start..));
        }
        for (slot, extent) in read.closed {
            if let Some(place) = self.extents.get_mut(slot as usize) {
                *place = extent;
            }
        }
        if read.depth > self.depth {
            self.depth = read.depth;
            // It may be too much, and would grow with every edit that nests what was taken over.
            if self.depth > MAX_DEPTH / 2 {
                self.depth = self.deepest();
            }
        }
    }

    /// The most brackets open at a time.
    fn deepest(&self) -> usize {
        let (mut open, mut depth) = (Vec::new(), 0);
        for (id, packed) in self.entries.iter().enumerate() {
            while open.last() == Some(&id) {
                open.pop();
            }
            if packed.is_container() {
                open.push(id + self.size(id));
                depth = depth.max(open.len());
            }
        }
        depth
    }

    /// Whether every entry nests as the one it replaces: then a child stands where it stood.
    fn has_same_shape(
        &self,
        read: &Read,
        segments: &[(Range<usize>, Range<usize>)],
        entries: &[Packed],
    ) -> bool {
        let same_len = |(gap, segment): &(Range<usize>, Range<usize>)| gap.len() == segment.len();
        let mut gone = segments
            .iter()
            .flat_map(|(gap, _)| &self.entries[gap.clone()]);
        let same_extent = |(slot, extent): &(u32, Extent)| {
            let before = self.extents.get(*slot as usize);
            before.is_some_and(|it| it.size == extent.size && it.len == extent.len)
        };
        segments.iter().all(same_len)
            && !entries.iter().any(|packed| packed.is_container())
            && !gone.any(|packed| packed.is_container())
            && read.closed.iter().all(same_extent)
    }

    /// The entries that go, with the entries among those read that come in their place.
    fn segments(&self, read: &Read, count: usize) -> Vec<(Range<usize>, Range<usize>)> {
        let mut segments = Vec::with_capacity(read.kept.len() + 1);
        let (mut from, mut done) = (read.before, 0);
        for run in &read.kept {
            segments.push((from..run.ids.start, done..run.after));
            (from, done) = (run.ids.end, run.after);
        }
        segments.push((from..self.entries.len(), done..count));
        segments
    }

    /// Moves the entries that were taken over; those of the last run by one number.
    fn move_runs(&mut self, read: &Read) {
        let Some((last, earlier)) = read.kept.split_last() else {
            self.keep_moved_from(self.entries.len());
            self.moved = 0;
            return;
        };
        self.keep_moved_from(last.ids.start);
        for run in earlier {
            for packed in &mut self.entries[run.ids.clone()] {
                packed.start = packed.start.wrapping_add(run.moved);
            }
        }
        self.moved = self.moved.wrapping_add(last.moved);
    }

    /// Writes down what entries moved up to `id`, and no longer what they did from there on.
    fn keep_moved_from(&mut self, id: usize) {
        let (from, moved) = (self.moved_from.min(self.entries.len()), self.moved);
        let (range, moved) = if from < id {
            (from..id, moved)
        } else {
            (id..from, moved.wrapping_neg())
        };
        if moved != 0 {
            for packed in &mut self.entries[range] {
                packed.start = packed.start.wrapping_add(moved);
            }
        }
        self.moved_from = id;
    }

    fn release(&mut self, ids: Range<usize>) {
        let gone = self.entries[ids].iter();
        let slots = gone.filter(|packed| packed.is_container());
        self.free.extend(slots.map(|packed: &Packed| packed.extent));
    }

    fn allot(&mut self, extent: Extent) -> u32 {
        if let Some(slot) = self.free.pop()
            && let Some(place) = self.extents.get_mut(slot as usize)
        {
            *place = extent;
            return slot;
        }
        self.extents.push(extent);
        (self.extents.len() - 1) as u32
    }
}
