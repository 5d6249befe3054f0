//! The request body: one text and an index of where its values stand.

use std::ops::Range;

use super::{Diagnostic, Path};

/// What a value in the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, its digits kept as text.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// A value's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// A ProtoJSON text, comments (`//`, `/* */`) and trailing commas allowed, that is always kept as
/// typed, whether or not it parses. Every edit replaces one span and can be undone; edits from the
/// form and from the text share one history.
#[derive(Debug, Clone, Default)]
pub struct Document {
    text: String,
}

impl Document {
    /// Takes a text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Grows by at least one with every change, undo and redo included.
    pub fn revision(&self) -> u64 {
        unimplemented!()
    }

    /// Where the text stops being JSON; `None` when it parses.
    pub fn syntax_error(&self) -> Option<&Diagnostic> {
        unimplemented!()
    }

    /// Replaces a span (the text view's edit). Neighbouring typing merges into one undo step.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        let _ = (range, with);
        unimplemented!()
    }

    /// Replaces the whole text as one undo step; the smallest differing span is what changes.
    pub fn set_text(&mut self, text: &str) {
        let _ = text;
        unimplemented!()
    }

    /// The value at a path.
    pub fn node(&self, path: &Path) -> Option<Node> {
        let _ = path;
        unimplemented!()
    }

    /// The text of the value at a path.
    pub fn value_text(&self, path: &Path) -> Option<&str> {
        self.node(path).map(|node| &self.text[node.range])
    }

    /// A string value, unescaped.
    pub fn string_at(&self, path: &Path) -> Option<String> {
        let _ = path;
        unimplemented!()
    }

    /// Keys of the object at a path, unescaped, in the order of the text.
    pub fn keys(&self, path: &Path) -> Vec<String> {
        let _ = path;
        unimplemented!()
    }

    /// Number of items of the array at a path; 0 when it is none.
    pub fn len(&self, path: &Path) -> usize {
        let _ = path;
        unimplemented!()
    }

    /// Whether the text holds nothing but space and comments.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Sets the value at a path to a JSON text, making the objects above it where they are absent.
    /// An index equal to the array's length appends. `false` when the text does not parse or a value
    /// on the way is of another kind.
    pub fn set(&mut self, path: &Path, json: &str) -> bool {
        let _ = (path, json);
        unimplemented!()
    }

    /// Removes the member or item at a path with its comma; comments of others stay.
    pub fn remove(&mut self, path: &Path) -> bool {
        let _ = path;
        unimplemented!()
    }

    /// Puts an item before `index` of the array at `path`.
    pub fn insert(&mut self, path: &Path, index: usize, json: &str) -> bool {
        let _ = (path, index, json);
        unimplemented!()
    }

    /// Moves an item of the array at `path`.
    pub fn move_item(&mut self, path: &Path, from: usize, to: usize) -> bool {
        let _ = (path, from, to);
        unimplemented!()
    }

    /// Renames a key of the object at `path` (a map's entry).
    pub fn rename_key(&mut self, path: &Path, from: &str, to: &str) -> bool {
        let _ = (path, from, to);
        unimplemented!()
    }

    /// Lays the text out again: two spaces, one member a line, comments kept. `false` when it does not parse.
    pub fn format(&mut self) -> bool {
        unimplemented!()
    }

    /// Takes the last edit back.
    pub fn undo(&mut self) -> bool {
        unimplemented!()
    }

    /// Makes it again.
    pub fn redo(&mut self) -> bool {
        unimplemented!()
    }
}
