//! Where the values of a text stand: a flat list in the order of the text.
//!
//! A container's first child follows it, its next sibling follows its last descendant, so a subtree
//! is one slice. 12 bytes a value and 12 more a container. Only starts are offsets into the text, all
//! else is a length, so an edit that nests nothing differently moves starts alone; and those behind it
//! are moved by one number ([`Index::moved`]), as a gap buffer would.

use std::{borrow::Cow, ops::Range};

use super::{
    NodeKind,
    stops::{EVERY, Stops},
    string,
};
use crate::message::{Path, Step};

/// Bits of [`Packed::head`] that hold the kind.
const KIND_BITS: u32 = 3;
/// The farthest a value may stand from the start of its key.
pub(super) const MAX_KEY: usize = (u32::MAX >> KIND_BITS) as usize;

/// One value, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: NodeKind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where the key with its quotes begins; the same as `start` when there is none.
    pub(super) key_start: u32,
    /// Entries of the subtree, this one included.
    pub(super) size: u32,
    /// Direct children.
    pub(super) len: u32,
}

impl Entry {
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(super) fn has_key(self) -> bool {
        self.key_start < self.start
    }

    /// The key with its quotes.
    pub(super) fn key_range(self, text: &str) -> Option<Range<usize>> {
        let start = self.key_start as usize;
        self.has_key()
            .then(|| start..string::closing_quote(text, start) + 1)
    }

    /// Where the member (key and value) or item begins.
    pub(super) fn member_start(self) -> usize {
        self.key_start as usize
    }

    /// All children are scalars, so that each takes one entry.
    pub(super) fn is_flat(self) -> bool {
        self.size == self.len + 1
    }
}

/// One value, as it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    pub(super) start: u32,
    /// The length of a scalar; of a container its place in [`Index::extents`].
    pub(super) extent: u32,
    /// The kind, and how far before its value the key begins.
    head: u32,
}

impl Packed {
    /// The distance from `key_start` to `start` is at most [`MAX_KEY`].
    pub(super) fn new(kind: NodeKind, start: u32, key_start: u32, extent: u32) -> Self {
        let code = match kind {
            NodeKind::Object => 0,
            NodeKind::Array => 1,
            NodeKind::String => 2,
            NodeKind::Number => 3,
            NodeKind::Bool => 4,
            NodeKind::Null => 5,
        };
        Self {
            start,
            extent,
            head: (start - key_start) << KIND_BITS | code,
        }
    }

    pub(super) fn kind(self) -> NodeKind {
        match self.head & ((1 << KIND_BITS) - 1) {
            0 => NodeKind::Object,
            1 => NodeKind::Array,
            2 => NodeKind::String,
            3 => NodeKind::Number,
            4 => NodeKind::Bool,
            _ => NodeKind::Null,
        }
    }

    pub(super) fn is_container(self) -> bool {
        matches!(self.kind(), NodeKind::Object | NodeKind::Array)
    }

    fn key_distance(self) -> u32 {
        self.head >> KIND_BITS
    }
}

/// How far a container goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) bytes: u32,
    /// Entries of the subtree, the container included.
    pub(super) size: u32,
    /// Direct children.
    pub(super) len: u32,
}

/// All values of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub(super) entries: Vec<Packed>,
    pub(super) extents: Vec<Extent>,
    /// Places in `extents` that are free.
    pub(super) free: Vec<u32>,
    /// From this entry on starts are `moved` bytes behind what is kept (modulo 2^32).
    pub(super) moved_from: usize,
    pub(super) moved: u32,
    /// Not less than the most brackets open at a time.
    pub(super) depth: usize,
    pub(super) stops: Stops,
}

/// The index of a text without one.
pub(super) static EMPTY: Index = Index {
    entries: Vec::new(),
    extents: Vec::new(),
    free: Vec::new(),
    moved_from: 0,
    moved: 0,
    depth: 0,
    stops: Stops::new(),
};

impl Index {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn start(&self, id: usize) -> Option<u32> {
        let start = self.entries.get(id)?.start;
        Some(if id < self.moved_from {
            start
        } else {
            start.wrapping_add(self.moved)
        })
    }

    pub(super) fn get(&self, id: usize) -> Option<Entry> {
        let packed = *self.entries.get(id)?;
        let start = self.start(id)?;
        let extent = self.extent(packed);
        Some(Entry {
            kind: packed.kind(),
            start,
            end: start + extent.bytes,
            key_start: start - packed.key_distance(),
            size: extent.size,
            len: extent.len,
        })
    }

    fn extent(&self, packed: Packed) -> Extent {
        if packed.is_container() {
            let extent = self.extents.get(packed.extent as usize);
            return extent.copied().unwrap_or_default();
        }
        Extent {
            bytes: packed.extent,
            size: 1,
            len: 0,
        }
    }

    /// Entries of a value's subtree; 1 where there is none, so that a walk ends.
    pub(super) fn size(&self, id: usize) -> usize {
        let size = self.entries.get(id).map(|packed| self.extent(*packed).size);
        size.map_or(1, |size| size.max(1) as usize)
    }

    /// Ids of the direct children.
    pub(super) fn children(&self, id: usize) -> Children<'_> {
        let entry = self.get(id);
        Children {
            index: self,
            next: id + 1,
            left: entry.map_or(0, |entry| entry.len as usize),
            flat: entry.is_some_and(Entry::is_flat),
            of: id,
        }
    }

    /// The id of an array's item.
    pub(super) fn item(&self, id: usize, position: usize) -> Option<usize> {
        let entry = self.get(id)?;
        if entry.kind != NodeKind::Array {
            return None;
        }
        self.children(id).nth(position)
    }

    /// The id of an object's member; the last one when a key stands twice.
    pub(super) fn member(&self, text: &str, id: usize, key: &str) -> Option<usize> {
        if self.get(id)?.kind != NodeKind::Object {
            return None;
        }
        self.children(id)
            .filter(|child| self.key(text, *child).is_some_and(|k| k == key))
            .last()
    }

    /// A member's key, unescaped.
    pub(super) fn key<'a>(&self, text: &'a str, id: usize) -> Option<Cow<'a, str>> {
        let range = self.get(id)?.key_range(text)?;
        Some(string::unescape_lossy(
            &text[range.start + 1..range.end - 1],
        ))
    }

    /// One step down.
    pub(super) fn step(&self, text: &str, id: usize, step: &Step) -> Option<usize> {
        match step {
            Step::Key(key) => self.member(text, id, key),
            Step::Index(position) => self.item(id, *position),
        }
    }

    /// The id of the value at a path.
    pub(super) fn find(&self, text: &str, path: &Path) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        path.0
            .iter()
            .try_fold(0, |id, step| self.step(text, id, step))
    }

    /// The path of a value: a walk down to it, for diagnostics only.
    pub(super) fn path_of(&self, text: &str, target: usize) -> Path {
        let mut steps = Vec::new();
        let mut id = 0;
        while id < target {
            let split = self.split_children(id, |child| target < child + self.size(child));
            let Some(child) = split.next else {
                break;
            };
            steps.push(match self.key(text, child) {
                Some(key) => Step::Key(key.into_owned()),
                None => Step::Index(split.before),
            });
            id = child;
        }
        Path(steps)
    }

    /// The deepest value whose key or text holds an offset, borders included.
    pub(super) fn at_offset(&self, offset: usize) -> Option<usize> {
        let holds = |entry: Entry| entry.member_start() <= offset && offset <= entry.end as usize;
        let mut id = 0;
        if !holds(self.get(0)?) {
            return None;
        }
        loop {
            let ends_after =
                |child: usize| self.get(child).is_none_or(|e| offset <= e.end as usize);
            match self.split_children(id, ends_after).next {
                Some(child) if self.get(child).is_some_and(holds) => id = child,
                _ => return Some(id),
            }
        }
    }

    /// Where the children begin of which something is true; it is true of all after the first.
    pub(super) fn split_children(&self, id: usize, is: impl Fn(usize) -> bool) -> Split {
        let mut split = Split::default();
        let Some(entry) = self.get(id) else {
            return split;
        };
        if !entry.is_flat() {
            let mut children = self.children(id);
            if let Some(stops) = self.stops_of(id, entry) {
                let passed = stops.partition_point(|stop| !is(*stop as usize));
                split.before = passed.saturating_sub(1) * EVERY;
                children.next = stops[passed.saturating_sub(1)] as usize;
                children.left -= split.before;
            }
            for child in children {
                if is(child) {
                    split.next = Some(child);
                    break;
                }
                split.before += 1;
                split.last = Some(child);
            }
            return split;
        }
        let (mut low, mut high) = (0, entry.len as usize);
        while low < high {
            let middle = low.midpoint(high);
            if is(id + 1 + middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Split {
            before: low,
            last: (low > 0).then_some(id + low),
            next: (low < entry.len as usize).then_some(id + 1 + low),
        }
    }
}

/// Children of a container in two parts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Split {
    /// How many are in the first part.
    pub(super) before: usize,
    /// The last of the first part.
    pub(super) last: Option<usize>,
    /// The first of the second part.
    pub(super) next: Option<usize>,
}

/// Ids of a value's direct children, in the order of the text.
#[derive(Debug, Clone)]
pub(super) struct Children<'a> {
    pub(super) index: &'a Index,
    next: usize,
    left: usize,
    /// Each takes one entry.
    flat: bool,
    /// The container.
    of: usize,
}

impl Children<'_> {
    /// Goes near the child that comes after `skipped` others; how many are left to skip.
    fn jump(&mut self, skipped: usize) -> usize {
        let entry = self.index.get(self.of);
        let stops = entry.and_then(|entry| self.index.stops_of(self.of, entry));
        let (Some(entry), Some(stops)) = (entry, stops) else {
            return skipped;
        };
        let target = entry.len as usize - self.left + skipped;
        if let Some(stop) = stops.get(target / EVERY) {
            self.next = *stop as usize;
            self.left = entry.len as usize - target / EVERY * EVERY;
        }
        target % EVERY
    }
}

impl Iterator for Children<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let id = self.next;
        self.left -= 1;
        self.next += if self.flat { 1 } else { self.index.size(id) };
        Some(id)
    }

    fn nth(&mut self, skipped: usize) -> Option<usize> {
        if skipped >= self.left {
            self.left = 0;
            return None;
        }
        if self.flat {
            self.next += skipped;
            self.left -= skipped;
        } else {
            let skipped = if skipped < EVERY {
                skipped
            } else {
                self.jump(skipped)
            };
            for _ in 0..skipped {
                self.next();
            }
        }
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
