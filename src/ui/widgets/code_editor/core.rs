//! What an editor knows of its text between frames: the selection, states of strings and comments,
//! folds. All of it follows the edits of the document, whoever makes them.
//!
//! Nothing here draws or reads the keyboard.

use std::ops::Range;

use stubless_core::message::{Change, Document, DocumentId};

use super::{bracket::Pair, fold::Folds, lex::Lexed, text};

/// Where the selection began, and where the cursor is. Bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Selection {
    pub(super) anchor: usize,
    pub(super) head: usize,
}

impl Selection {
    /// A cursor.
    pub(super) fn at(place: usize) -> Self {
        Self {
            anchor: place,
            head: place,
        }
    }

    pub(super) fn range(self) -> Range<usize> {
        self.anchor.min(self.head)..self.anchor.max(self.head)
    }

    pub(super) fn is_empty(self) -> bool {
        self.anchor == self.head
    }
}

/// Tells one text from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    document: DocumentId,
    revision: u64,
    len: usize,
    /// Where it lies in memory: a clone that went its own way has the same of all else.
    address: usize,
}

impl Stamp {
    pub(super) fn of(document: &Document) -> Self {
        let text = document.text();
        Self {
            document: document.id(),
            revision: document.revision(),
            len: text.len(),
            address: text.as_ptr() as usize,
        }
    }

    /// What was replaced since then; `None` when that was another document, or too long ago.
    pub(super) fn changes(self, document: &Document) -> Option<Vec<Change>> {
        if document.id() != self.document {
            return None;
        }
        let changes: Vec<_> = document.changes_since(self.revision)?.collect();
        let mut expected = Some(self.len);
        for change in &changes {
            let rest = expected.and_then(|len| len.checked_sub(change.removed));
            expected = rest.map(|len| len + change.inserted);
        }
        let follows = !changes.is_empty() && expected == Some(document.text().len());
        follows.then_some(changes)
    }
}

/// The state of an editor over one document.
#[derive(Debug, Clone, Default)]
pub(super) struct Core {
    pub(super) selection: Selection,
    /// Where the cursor wants to be when it goes up and down over shorter rows.
    pub(super) goal: Option<f64>,
    pub(super) lexed: Lexed,
    pub(super) folds: Folds,
    /// Closers that were typed for the person, and their openers: while the cursor is between them,
    /// typing the closer goes over it.
    pub(super) closed: Vec<Pair>,
    /// The text all this is about.
    seen: Option<Stamp>,
}

impl Core {
    /// Takes note of what changed in the document. Cheap when nothing did.
    pub(super) fn follow(&mut self, document: &Document) {
        let now = Stamp::of(document);
        if self.seen == Some(now) {
            return;
        }
        let changes = self.seen.and_then(|seen| seen.changes(document));
        match changes {
            Some(changes) => self.follow_changes(document, &changes),
            None => {
                self.lexed = Lexed::new(document.text());
                self.folds.clear();
                self.closed.clear();
            }
        }
        self.seen = Some(now);
        let text = document.text();
        for place in [&mut self.selection.anchor, &mut self.selection.head] {
            *place = text.floor_char_boundary(*place);
        }
    }

    fn follow_changes(&mut self, document: &Document, changes: &[Change]) {
        for change in changes {
            self.folds.follow(*change);
            for place in [&mut self.selection.anchor, &mut self.selection.head] {
                // What lays the whole text out leaves the cursor about where it was.
                let within = place.checked_sub(change.at).filter(|n| *n < change.removed);
                *place = match within {
                    Some(n) => change.at + n.min(change.inserted),
                    None => change.moved(*place),
                };
            }
            for pair in &mut self.closed {
                pair.open = change.moved(pair.open);
                pair.close = change.moved(pair.close);
            }
        }
        if let Some(whole) = changes.iter().copied().reduce(Change::then) {
            self.lexed.follow(document.text(), whole);
        }
    }

    /// Replaces a span and puts the cursor somewhere in the new text.
    pub(super) fn replace(
        &mut self,
        document: &mut Document,
        range: Range<usize>,
        with: &str,
        cursor: Selection,
    ) {
        document.replace(range, with);
        self.follow(document);
        self.select(document, cursor);
        self.folds.reveal(document, cursor.head);
    }

    /// Puts the selection somewhere.
    pub(super) fn select(&mut self, document: &Document, selection: Selection) {
        let text = document.text();
        self.selection = Selection {
            anchor: text.floor_char_boundary(selection.anchor),
            head: text.floor_char_boundary(selection.head),
        };
        self.goal = None;
        let head = self.selection.head;
        self.closed
            .retain(|pair| pair.open < head && head <= pair.close);
    }

    /// Takes the last edit back, or makes it again; the cursor goes where the text changed.
    pub(super) fn undo(&mut self, document: &mut Document, redo: bool) {
        let before = document.revision();
        let changed = if redo {
            document.redo()
        } else {
            document.undo()
        };
        if !changed {
            return;
        }
        self.follow(document);
        let last = document
            .changes_since(before)
            .and_then(|changes| changes.last());
        if let Some(change) = last {
            self.select(document, Selection::at(change.at + change.inserted));
            self.folds.reveal(document, self.selection.head);
        }
    }

    /// What is selected; where nothing is, the line of the cursor with its end.
    pub(super) fn selected_or_line(&self, document: &Document) -> Range<usize> {
        if !self.selection.is_empty() {
            return self.selection.range();
        }
        let line = document.line_of(self.selection.head);
        let start = document.line_range(line).start;
        if line + 1 < document.line_count() {
            start..document.line_range(line + 1).start
        } else {
            start..document.text().len()
        }
    }

    /// The word or the string around a place, as a double click selects it: at a quote, all of the
    /// string's inside.
    pub(super) fn word(&self, document: &Document, place: usize) -> Range<usize> {
        let text = document.text();
        let quote = text.as_bytes().get(place) == Some(&b'"');
        if quote && !self.lexed.state_at(text, place).in_string() {
            let end = string_end(text, place + 1);
            return place + 1..end;
        }
        text::word_at(text, place)
    }
}

/// Where a string ends whose inside begins at a place: its closing quote, or the end of its line.
pub(super) fn string_end(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\n' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}
