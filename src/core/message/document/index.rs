//! Where the values of a text stand: a flat list in the order of the text.
//!
//! A container's first child follows it, its next sibling follows its last descendant, so a subtree
//! is one slice. 28 bytes a value; made by the parser, never changed.

use std::{borrow::Cow, ops::Range};

use super::{Document, NodeKind, string};
use crate::message::{Path, Step};

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: NodeKind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where the key with its quotes begins; the same as `key_end` when there is none.
    pub(super) key_start: u32,
    pub(super) key_end: u32,
    /// Entries of the subtree, this one included.
    pub(super) size: u32,
    /// Direct children.
    pub(super) len: u32,
}

impl Entry {
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(super) fn key_range(&self) -> Option<Range<usize>> {
        (self.key_start < self.key_end).then_some(self.key_start as usize..self.key_end as usize)
    }

    /// Where the member (key and value) or item begins.
    pub(super) fn member_start(&self) -> usize {
        self.key_range()
            .map_or(self.start as usize, |key| key.start)
    }
}

/// All values of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
}

impl Index {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, id: usize) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Ids of the direct children.
    pub(super) fn children(&self, id: usize) -> Children<'_> {
        match self.entries.get(id) {
            Some(entry) => Children {
                entries: &self.entries,
                next: id + 1,
                left: entry.len as usize,
            },
            None => Children {
                entries: &self.entries,
                next: id,
                left: 0,
            },
        }
    }

    /// The id of an array's item.
    pub(super) fn item(&self, id: usize, position: usize) -> Option<usize> {
        let entry = self.entries.get(id)?;
        if entry.kind != NodeKind::Array || position >= entry.len as usize {
            return None;
        }
        // Scalars only: the place is known without a walk.
        if entry.size == entry.len + 1 {
            return Some(id + 1 + position);
        }
        self.children(id).nth(position)
    }

    /// The id of an object's member; the last one when a key stands twice.
    pub(super) fn member(&self, text: &str, id: usize, key: &str) -> Option<usize> {
        if self.entries.get(id)?.kind != NodeKind::Object {
            return None;
        }
        self.children(id)
            .filter(|child| self.key(text, *child).is_some_and(|k| k == key))
            .last()
    }

    /// A member's key, unescaped.
    pub(super) fn key<'a>(&self, text: &'a str, id: usize) -> Option<Cow<'a, str>> {
        let range = self.entries.get(id)?.key_range()?;
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
            let Some((position, child)) = self.children(id).enumerate().find(|(_, child)| {
                self.entries
                    .get(*child)
                    .is_some_and(|entry| target < child + entry.size as usize)
            }) else {
                break;
            };
            steps.push(match self.key(text, child) {
                Some(key) => Step::Key(key.into_owned()),
                None => Step::Index(position),
            });
            id = child;
        }
        Path(steps)
    }

    /// The deepest value whose key or text holds an offset, borders included.
    pub(super) fn at_offset(&self, offset: usize) -> Option<usize> {
        let holds = |entry: &Entry| entry.member_start() <= offset && offset <= entry.end as usize;
        let mut id = 0;
        if !holds(self.entries.first()?) {
            return None;
        }
        loop {
            let child = self
                .children(id)
                .find(|child| self.entries.get(*child).is_some_and(holds));
            match child {
                Some(child) => id = child,
                None => return Some(id),
            }
        }
    }
}

/// Ids of a value's direct children, in the order of the text.
#[derive(Debug, Clone)]
pub(super) struct Children<'a> {
    entries: &'a [Entry],
    next: usize,
    left: usize,
}

impl Iterator for Children<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let id = self.next;
        self.left -= 1;
        self.next += self.entries.get(id)?.size as usize;
        Some(id)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// A value of a document that parses: cheap to copy and to walk, without looking paths up again.
#[derive(Clone, Copy)]
pub struct ValueRef<'a> {
    document: &'a Document,
    index: &'a Index,
    entry: &'a Entry,
    id: usize,
}

impl std::fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ValueRef")
            .field("kind", &self.kind())
            .field("range", &self.range())
            .finish_non_exhaustive()
    }
}

impl<'a> ValueRef<'a> {
    pub(super) fn new(document: &'a Document, index: &'a Index, id: usize) -> Option<Self> {
        Some(Self {
            document,
            index,
            entry: index.get(id)?,
            id,
        })
    }

    /// What it is.
    pub fn kind(&self) -> NodeKind {
        self.entry.kind
    }

    /// Its bytes in the text.
    pub fn range(&self) -> Range<usize> {
        self.entry.range()
    }

    /// Its text.
    pub fn text(&self) -> &'a str {
        &self.document.text()[self.entry.range()]
    }

    /// Its key, unescaped, when it is a member of an object.
    pub fn key(&self) -> Option<Cow<'a, str>> {
        self.index.key(self.document.text(), self.id)
    }

    /// The bytes of its key, quotes included.
    pub fn key_range(&self) -> Option<Range<usize>> {
        self.entry.key_range()
    }

    /// Number of members or items; 0 for other kinds.
    pub fn len(&self) -> usize {
        self.entry.len as usize
    }

    /// Whether it has neither members nor items.
    pub fn is_empty(&self) -> bool {
        self.entry.len == 0
    }

    /// Members or items, in the order of the text.
    pub fn children(&self) -> impl Iterator<Item = ValueRef<'a>> + use<'a> {
        let (document, index) = (self.document, self.index);
        index
            .children(self.id)
            .filter_map(move |id| ValueRef::new(document, index, id))
    }

    /// A member; the last one when its key stands twice.
    pub fn member(&self, key: &str) -> Option<ValueRef<'a>> {
        let id = self.index.member(self.document.text(), self.id, key)?;
        ValueRef::new(self.document, self.index, id)
    }

    /// An item.
    pub fn item(&self, position: usize) -> Option<ValueRef<'a>> {
        let id = self.index.item(self.id, position)?;
        ValueRef::new(self.document, self.index, id)
    }

    /// The inside of a string value, escapes as they stand.
    pub(in crate::message) fn inside(&self) -> Option<&'a str> {
        if self.entry.kind != NodeKind::String {
            return None;
        }
        let range = self.entry.range();
        self.document.text().get(range.start + 1..range.end - 1)
    }

    /// The inside of the key, escapes as they stand.
    pub(in crate::message) fn key_inside(&self) -> Option<&'a str> {
        let range = self.entry.key_range()?;
        self.document.text().get(range.start + 1..range.end - 1)
    }

    /// A string value, unescaped.
    pub fn string(&self) -> Option<Cow<'a, str>> {
        self.inside().map(string::unescape_lossy)
    }

    /// Its path: a walk from the root, so for messages rather than for loops.
    pub fn path(&self) -> Path {
        self.index.path_of(self.document.text(), self.id)
    }
}
