//! The request body: one text and an index of where its values stand.
//!
//! The text is kept exactly as typed, whether or not it parses. Every change, from the text view or
//! by path from the form, goes through [`Document::splice`], which is all that would change with
//! another storage. The index is made when it is first asked for and then kept up edit by edit
//! ([`reading`]), so that a key in a body of 16 MiB costs what it touches.
//! Invariant: the index, when there is one, is that of the text.

mod bulk;
mod changes;
mod edit;
mod fault;
mod format;
mod history;
mod index;
mod kept;
mod layout;
mod lines;
mod mend;
#[cfg(test)]
mod mistakes_tests;
mod parse;
mod reading;
#[cfg(test)]
mod reading_tests;
mod scan;
mod stops;
mod string;
#[cfg(test)]
mod tests;
mod token;
mod value;

use std::{
    ops::Range,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use self::{
    changes::Changes,
    history::{Edit, History},
    index::Index,
    lines::Lines,
    reading::Reading,
};
use super::{Diagnostic, Path};

pub use self::{changes::Change, value::ValueRef};
pub(super) use self::{
    fault::shown,
    string::{escaped_range, quote, unescape},
    token::number_len,
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
    /// Shared with snapshots: an edit copies it only while there is one.
    text: Arc<String>,
    reading: OnceLock<Arc<Reading>>,
    lines: OnceLock<Lines>,
    history: History,
    changes: Changes,
    revision: u64,
    id: DocumentId,
}

impl Document {
    /// Takes a text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: Arc::new(text.into()),
            ..Self::default()
        }
    }

    /// The same text for another thread, without its history. Costs nothing, whatever its size; the
    /// first edit while there is one copies the text.
    pub fn snapshot(&self) -> Self {
        Self {
            text: Arc::clone(&self.text),
            reading: self.reading.clone(),
            revision: self.revision,
            id: self.id,
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

    /// What was replaced since a revision, in order: one change for each revision. `None` when that is too
    /// long ago, or the revision is not one of this document.
    pub fn changes_since(&self, revision: u64) -> Option<impl Iterator<Item = Change> + '_> {
        let count = self.revision.checked_sub(revision)?;
        self.changes.newest(usize::try_from(count).ok()?)
    }

    /// Where a span of the text stands that was found at a revision; `None` when it was touched since, or
    /// when that is too many changes ago.
    pub fn followed(&self, range: Range<usize>, revision: u64) -> Option<Range<usize>> {
        let mut range = range;
        for change in self.changes_since(revision)? {
            if change.at + change.removed <= range.start {
                range = change.moved(range.start)..change.moved(range.end);
            } else if change.at < range.end {
                return None;
            }
        }
        Some(range)
    }

    /// Where the text stops being JSON; `None` when it parses, and when it is empty.
    pub fn syntax_error(&self) -> Option<&Diagnostic> {
        self.reading().error()
    }

    /// Whether the text holds nothing but space and comments.
    pub fn is_empty(&self) -> bool {
        self.syntax_error().is_none() && self.index().is_empty()
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
        let removed = self.text[start..end].to_owned();
        self.splice(start..end, with);
        self.settle();
        let edit = Edit {
            at: start,
            removed,
            inserted: with.to_owned(),
        };
        self.history.record_joined(vec![edit], self.text.len());
    }

    /// Replaces the whole text as one undo step; the smallest differing span is what changes.
    pub fn set_text(&mut self, text: &str) {
        self.replace_differing(0..self.text.len(), text);
    }

    /// What is typed from here on is undone apart from what was typed before: the keyboard or the view
    /// went elsewhere.
    pub fn seal(&mut self) {
        self.history.seal();
    }

    /// Takes the last edit back.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.history.take_done() else {
            return false;
        };
        for edit in step.iter().rev() {
            self.splice(edit.at..edit.at + edit.inserted.len(), &edit.removed);
        }
        self.settle();
        self.history.put_undone(step);
        true
    }

    /// Makes it again.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.history.take_undone() else {
            return false;
        };
        for edit in &step {
            self.splice(edit.at..edit.at + edit.removed.len(), &edit.inserted);
        }
        self.settle();
        self.history.put_done(step);
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

    fn reading(&self) -> &Reading {
        self.reading
            .get_or_init(|| Arc::new(Reading::new(&self.text)))
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    fn index(&self) -> &Index {
        self.reading().index()
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
            let removed = self.text[range.clone()].to_owned();
            self.splice(range.clone(), &inserted);
            step.push(Edit {
                at: range.start,
                removed,
                inserted,
            });
        }
        self.settle();
        self.history.record(step, self.text.len());
    }

    /// The one place where the text changes.
    fn splice(&mut self, range: Range<usize>, with: &str) {
        if let Some(lines) = self.lines.get_mut() {
            lines.splice(range.clone(), with);
        }
        if let Some(reading) = self.reading.get_mut() {
            Arc::make_mut(reading).edited(range.clone(), with.len());
        }
        self.changes.push(Change {
            at: range.start,
            removed: range.len(),
            inserted: with.len(),
        });
        Arc::make_mut(&mut self.text).replace_range(range, with);
        self.revision += 1;
    }

    /// Reads again what splices made stale, once for all splices of a step.
    fn settle(&mut self) {
        if let Some(reading) = self.reading.get_mut() {
            Arc::make_mut(reading).settle(&self.text);
        }
    }
}

/// Bytes compared at once where two texts may be long and much alike.
const BLOCK: usize = 4096;

/// Bytes both begin with, up to a border of characters.
fn common_prefix(a: &str, b: &str) -> usize {
    let (a_bytes, b_bytes) = (a.as_bytes(), b.as_bytes());
    let blocks = a_bytes.chunks(BLOCK).zip(b_bytes.chunks(BLOCK));
    let from = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let from = from.min(a.len()).min(b.len());
    let equal = a_bytes[from..]
        .iter()
        .zip(&b_bytes[from..])
        .take_while(|(a, b)| a == b)
        .count();
    a.floor_char_boundary(from + equal)
}

/// Bytes both end with, up to a border of characters.
fn common_suffix(a: &str, b: &str) -> usize {
    let (a_bytes, b_bytes) = (a.as_bytes(), b.as_bytes());
    let blocks = a_bytes.rchunks(BLOCK).zip(b_bytes.rchunks(BLOCK));
    let from = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let from = from.min(a.len()).min(b.len());
    let equal = a_bytes[..a.len() - from]
        .iter()
        .rev()
        .zip(b_bytes[..b.len() - from].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let mut equal = from + equal;
    while !a.is_char_boundary(a.len() - equal) || !b.is_char_boundary(b.len() - equal) {
        equal -= 1;
    }
    equal
}
