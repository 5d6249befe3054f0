//! The request body: one text and an index of where its values stand.
//!
//! The text is kept exactly as typed, whether or not it parses. Every change, from the text view or
//! by path from the form, goes through [`Document::splice`], which is all that would change with
//! another storage (a rope, an index kept up edit by edit). The index is made when it is first asked
//! for after a change, so a burst of edits parses once.
//! Invariant: the index, when there is one, is that of the text.

mod bulk;
mod edit;
mod format;
mod history;
mod index;
mod layout;
mod lines;
mod parse;
mod scan;
mod string;
#[cfg(test)]
mod tests;

use std::{
    ops::Range,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use self::{
    history::{Edit, History},
    index::Index,
    lines::Lines,
    parse::{Parsed, parse},
};
use super::{Diagnostic, Path};

pub use self::index::ValueRef;
pub(super) use self::{
    parse::{number_len, shown},
    string::{escaped_range, quote, unescape},
};

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

/// A document, unique in this run of the program; a clone has the id of what it was cloned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(u64);

impl Default for DocumentId {
    /// The next one.
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A ProtoJSON text, comments (`//`, `/* */`) and trailing commas allowed, that is always kept as
/// typed, whether or not it parses. Every edit replaces one span and can be undone; edits from the
/// form and from the text share one history.
#[derive(Debug, Clone, Default)]
pub struct Document {
    text: String,
    parsed: OnceLock<Parsed>,
    lines: OnceLock<Lines>,
    history: History,
    revision: u64,
    id: DocumentId,
}

impl Document {
    /// Takes a text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells it from every other document, wherever it stands in a list.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// Grows by at least one with every change, undo and redo included.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Where the text stops being JSON; `None` when it parses, and when it is empty.
    pub fn syntax_error(&self) -> Option<&Diagnostic> {
        self.parsed().error.as_ref()
    }

    /// Whether the text holds nothing but space and comments.
    pub fn is_empty(&self) -> bool {
        self.parsed().error.is_none() && self.index().is_empty()
    }

    /// The outermost value, to walk from; `None` when the text is empty or does not parse.
    pub fn root(&self) -> Option<ValueRef<'_>> {
        ValueRef::new(self, self.index(), 0)
    }

    /// The value at a path, to walk from.
    pub fn value(&self, path: &Path) -> Option<ValueRef<'_>> {
        let id = self.index().find(&self.text, path)?;
        ValueRef::new(self, self.index(), id)
    }

    /// The value at a path.
    pub fn node(&self, path: &Path) -> Option<Node> {
        self.value(path).map(|value| Node {
            kind: value.kind(),
            range: value.range(),
        })
    }

    /// The text of the value at a path.
    pub fn value_text(&self, path: &Path) -> Option<&str> {
        self.value(path).map(|value| value.text())
    }

    /// A string value, unescaped.
    pub fn string_at(&self, path: &Path) -> Option<String> {
        Some(self.value(path)?.string()?.into_owned())
    }

    /// Keys of the object at a path, unescaped, in the order of the text; one that stands twice is
    /// given once.
    pub fn keys(&self, path: &Path) -> Vec<String> {
        let Some(value) = self.value(path) else {
            return Vec::new();
        };
        let mut seen = std::collections::HashSet::new();
        value
            .children()
            .filter_map(|child| child.key())
            .filter(|key| seen.insert(key.clone()))
            .map(std::borrow::Cow::into_owned)
            .collect()
    }

    /// Number of items of the array at a path; 0 when it is none.
    pub fn len(&self, path: &Path) -> usize {
        self.value(path)
            .filter(|value| value.kind() == NodeKind::Array)
            .map_or(0, |value| value.len())
    }

    /// The path of the deepest value whose key or text holds an offset.
    pub fn path_at(&self, offset: usize) -> Option<Path> {
        let id = self.index().at_offset(offset)?;
        Some(self.index().path_of(&self.text, id))
    }

    /// Line and column of an offset, both from 1, the column in characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_of(offset);
        let before = &self.text[self.line_range(line).start..offset];
        (line + 1, 1 + before.chars().count())
    }

    /// Number of lines, at least 1: a text that ends in a newline has an empty last line.
    pub fn line_count(&self) -> usize {
        self.lines().count()
    }

    /// The bytes of a line, from 0, without its `\n`; empty at the end for lines that are not there.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let lines = self.lines();
        let end = self.text.len();
        let start = lines.start(line).unwrap_or(end);
        let next = lines.start(line + 1);
        start..next.map_or(end, |next| next - 1)
    }

    /// The line that holds an offset, from 0.
    pub fn line_of(&self, offset: usize) -> usize {
        self.lines().line_of(offset)
    }

    /// Replaces a span (the text view's edit). Neighbouring typing merges into one undo step. A
    /// range outside the text or within a character is moved to the nearest border before it.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.floor_char_boundary(range.end).max(start);
        self.apply([(start..end, with.to_owned())]);
    }

    /// As [`replace`](Self::replace), undone together with the edit before it: what is typed or pasted
    /// over a selection is one step, though an editor makes it of two.
    pub fn replace_joined(&mut self, range: Range<usize>, with: &str) {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.floor_char_boundary(range.end).max(start);
        let removed = self.splice(start..end, with);
        self.history.record_joined(vec![Edit {
            at: start,
            removed,
            inserted: with.to_owned(),
        }]);
    }

    /// Replaces the whole text as one undo step; the smallest differing span is what changes.
    pub fn set_text(&mut self, text: &str) {
        self.replace_differing(0..self.text.len(), text);
    }

    /// Takes the last edit back.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.history.undo() else {
            return false;
        };
        for edit in step.iter().rev() {
            self.splice(edit.at..edit.at + edit.inserted.len(), &edit.removed);
        }
        true
    }

    /// Makes it again.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.history.redo() else {
            return false;
        };
        for edit in &step {
            self.splice(edit.at..edit.at + edit.removed.len(), &edit.inserted);
        }
        true
    }

    /// Whether [`Document::undo`] would change something.
    pub fn can_undo(&self) -> bool {
        self.history.available().0
    }

    /// Whether [`Document::redo`] would change something.
    pub fn can_redo(&self) -> bool {
        self.history.available().1
    }

    fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| parse(&self.text))
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    fn index(&self) -> &Index {
        &self.parsed().index
    }

    /// Replaces a span by a text, but only where the two differ.
    fn replace_differing(&mut self, range: Range<usize>, with: &str) {
        let old = &self.text[range.clone()];
        let prefix = common_prefix(old, with);
        let suffix = common_suffix(&old[prefix..], &with[prefix..]);
        let span = range.start + prefix..range.end - suffix;
        self.apply([(span, with[prefix..with.len() - suffix].to_owned())]);
    }

    /// Makes edits as one undo step. They are given in the order of the text and do not overlap.
    fn apply(
        &mut self,
        edits: impl IntoIterator<Item = (Range<usize>, String), IntoIter: DoubleEndedIterator>,
    ) {
        let mut step = Vec::new();
        // From the last to the first, so that none moves another's place.
        for (range, inserted) in edits.into_iter().rev() {
            if range.is_empty() && inserted.is_empty() {
                continue;
            }
            let removed = self.splice(range.clone(), &inserted);
            step.push(Edit {
                at: range.start,
                removed,
                inserted,
            });
        }
        self.history.record(step);
    }

    /// The one place where the text changes. Returns what stood there.
    fn splice(&mut self, range: Range<usize>, with: &str) -> String {
        let removed = self.text[range.clone()].to_owned();
        if let Some(lines) = self.lines.get_mut() {
            lines.splice(range.clone(), with);
        }
        self.text.replace_range(range, with);
        self.parsed = OnceLock::new();
        self.revision += 1;
        removed
    }
}

/// Bytes both begin with, up to a border of characters.
fn common_prefix(a: &str, b: &str) -> usize {
    let equal = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a.floor_char_boundary(equal)
}

/// Bytes both end with, up to a border of characters.
fn common_suffix(a: &str, b: &str) -> usize {
    let mut equal = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    while !a.is_char_boundary(a.len() - equal) || !b.is_char_boundary(b.len() - equal) {
        equal -= 1;
    }
    equal
}
