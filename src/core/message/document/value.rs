//! A value of a document that parses, to walk the text by.

use std::{borrow::Cow, ops::Range};

use super::{
    Document, NodeKind,
    index::{Children, Entry, Index},
    string,
};
use crate::message::Path;

/// A value of a document that parses: cheap to copy and to walk, without looking paths up again.
#[derive(Clone, Copy)]
pub struct ValueRef<'a> {
    document: &'a Document,
    index: &'a Index,
    entry: Entry,
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
        self.key_inside().map(string::unescape_lossy)
    }

    /// The bytes of its key, quotes included.
    pub fn key_range(&self) -> Option<Range<usize>> {
        self.entry.key_range(self.document.text())
    }

    /// Number of members or items; 0 for other kinds.
    pub fn len(&self) -> usize {
        self.entry.len as usize
    }

    /// Whether it has neither members nor items.
    pub fn is_empty(&self) -> bool {
        self.entry.len == 0
    }

    /// Members or items, in the order of the text. Skipping any number (`nth`, `skip`) costs next to
    /// nothing.
    pub fn children(&self) -> impl Iterator<Item = ValueRef<'a>> + use<'a> {
        let (document, index) = (self.document, self.index);
        Values {
            document,
            ids: index.children(self.id),
        }
    }

    /// A member; the last one when its key stands twice.
    pub fn member(&self, key: &str) -> Option<ValueRef<'a>> {
        let id = self.index.member(self.document.text(), self.id, key)?;
        ValueRef::new(self.document, self.index, id)
    }

    /// An item; at any position for next to nothing.
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
        let range = self.key_range()?;
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

/// Members or items, in the order of the text.
struct Values<'a> {
    document: &'a Document,
    ids: Children<'a>,
}

impl<'a> Values<'a> {
    fn value(&self, id: usize) -> Option<ValueRef<'a>> {
        ValueRef::new(self.document, self.ids.index, id)
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = ValueRef<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let id = self.ids.next()?;
        self.value(id)
    }

    fn nth(&mut self, skipped: usize) -> Option<Self::Item> {
        let id = self.ids.nth(skipped)?;
        self.value(id)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}
