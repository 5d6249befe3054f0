//! Lays a text out again: two spaces, one member a line, comments kept.
//!
//! Short lists of scalars stay on one line; one blank line between members stays where there was
//! one. Formatting twice changes nothing more.

use super::{
    Document, NodeKind,
    index::Entry,
    scan::{Piece, piece},
};

/// A list of scalars on one line is no longer than this, in bytes.
const SHORT_LIST: usize = 72;

impl Document {
    /// Lays the text out again: two spaces, one member a line, comments kept. `false` when it does
    /// not parse.
    pub fn format(&mut self) -> bool {
        if self.syntax_error().is_some() {
            return false;
        }
        let text = Layout::new(self).run();
        self.set_text(&text);
        true
    }
}

/// A container that is being written.
struct Open {
    on_lines: bool,
    /// Children still to come.
    left: u32,
    /// Nothing was written inside.
    empty: bool,
}

struct Layout<'a> {
    document: &'a Document,
    text: &'a str,
    /// How far the text was read.
    at: usize,
    /// The value that comes next.
    id: usize,
    open: Vec<Open>,
    out: String,
    /// A line comment was written: nothing more fits on its line.
    line_is_full: bool,
}

impl<'a> Layout<'a> {
    fn new(document: &'a Document) -> Self {
        Self {
            document,
            text: document.text(),
            at: 0,
            id: 0,
            open: Vec::new(),
            out: String::with_capacity(document.text().len() * 5 / 4),
            line_is_full: false,
        }
    }

    fn run(mut self) -> String {
        while let Some(entry) = self.document.index().get(self.id) {
            self.id += 1;
            self.gap(entry.member_start());
            self.element_start();
            if let Some(key) = entry.key_range(self.text) {
                self.out.push_str(&self.text[key.clone()]);
                self.out.push(':');
                self.at = key.end;
                self.inner_gap(entry.start as usize);
            }
            self.value(entry);
        }
        self.gap(self.text.len());
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    fn value(&mut self, entry: Entry) {
        let range = entry.range();
        if entry.kind != NodeKind::Object && entry.kind != NodeKind::Array {
            self.out.push_str(&self.text[range.clone()]);
            self.at = range.end;
            self.value_end();
            return;
        }
        self.out.push_str(&self.text[range.start..=range.start]);
        self.at = range.start + 1;
        self.open.push(Open {
            on_lines: !self.fits_one_line(entry),
            left: entry.len,
            empty: true,
        });
        self.close_finished();
    }

    /// A value was written: its comma, and the brackets that close after it.
    fn value_end(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.left -= 1;
            if open.left > 0 {
                self.out.push(',');
            }
        }
        self.close_finished();
    }

    /// Closes the containers that have no more children.
    fn close_finished(&mut self) {
        while self.open.last().is_some_and(|open| open.left == 0) {
            let close = self.next_bracket();
            self.gap(close);
            let Some(open) = self.open.pop() else { return };
            if open.on_lines && !open.empty || self.line_is_full {
                self.line_break();
            }
            self.out.push_str(&self.text[close..=close]);
            self.at = close + 1;
            if let Some(outer) = self.open.last_mut() {
                outer.left -= 1;
                if outer.left > 0 {
                    self.out.push(',');
                }
            }
        }
    }

    /// Where the next closing bracket stands; only space, comments and a comma are before it.
    fn next_bracket(&self) -> usize {
        let mut at = self.at;
        loop {
            match piece(self.text, at) {
                (Piece::Other, _) => return at.min(self.text.len().saturating_sub(1)),
                (_, next) => at = next,
            }
        }
    }

    /// Writes the comments up to `end`: those on the line of what precedes stay there.
    fn gap(&mut self, end: usize) {
        let mut newlines = 0;
        while self.at < end {
            let (kind, next) = piece(self.text, self.at);
            if kind == Piece::Newline {
                newlines += 1;
            } else if kind.is_comment() {
                let trailing = newlines == 0 && !self.out.is_empty();
                if trailing && !self.line_is_full {
                    self.out.push(' ');
                } else {
                    self.blank_line(newlines);
                    self.line_break();
                }
                self.out.push_str(&self.text[self.at..next]);
                self.line_is_full = kind == Piece::LineComment;
                if let Some(open) = self.open.last_mut() {
                    open.empty = false;
                    // A list with comments is never on one line.
                    open.on_lines = true;
                }
                newlines = 0;
            } else if kind == Piece::Other {
                break;
            }
            self.at = next;
        }
        self.at = end;
        if self.open.last().is_none_or(|open| open.left > 0) {
            self.blank_line(newlines);
        }
    }

    /// Between a key and its value.
    fn inner_gap(&mut self, end: usize) {
        while self.at < end {
            let (kind, next) = piece(self.text, self.at);
            if kind.is_comment() {
                if self.line_is_full {
                    self.line_break();
                    self.out.push_str("  ");
                } else {
                    self.out.push(' ');
                }
                self.out.push_str(&self.text[self.at..next]);
                self.line_is_full = kind == Piece::LineComment;
            }
            self.at = next.max(self.at + 1);
        }
        if self.line_is_full {
            self.line_break();
            self.out.push_str("  ");
        } else {
            self.out.push(' ');
        }
    }

    fn element_start(&mut self) {
        match self.open.last_mut() {
            None if self.out.is_empty() => {}
            None => self.line_break(),
            Some(open) => {
                let (on_lines, first) = (open.on_lines, open.empty);
                open.empty = false;
                if on_lines {
                    self.line_break();
                } else if !first {
                    self.out.push(' ');
                }
            }
        }
    }

    /// Keeps one blank line where the person left some, but none after an opening bracket.
    fn blank_line(&mut self, newlines: usize) {
        let on_lines = self
            .open
            .last()
            .is_none_or(|open| open.on_lines && !open.empty);
        if newlines > 1 && on_lines && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn line_break(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        for _ in 0..self.open.len() {
            self.out.push_str("  ");
        }
        self.line_is_full = false;
    }

    /// Empty, or a short list of scalars, and without comments.
    fn fits_one_line(&self, entry: Entry) -> bool {
        let inside = &self.text[entry.start as usize + 1..entry.end as usize - 1];
        if entry.len == 0 {
            return inside.trim().is_empty();
        }
        if entry.kind != NodeKind::Array || !entry.is_flat() {
            return false;
        }
        let mut width = 0;
        let mut at = entry.start as usize + 1;
        for id in self.id..self.id + entry.len as usize {
            let Some(item) = self.document.index().get(id) else {
                return false;
            };
            width += (item.end - item.start) as usize + 2;
            if width > SHORT_LIST || has_comment_between(self.text, at, item.start as usize) {
                return false;
            }
            at = item.end as usize;
        }
        !has_comment_between(self.text, at, entry.end as usize - 1)
    }
}

fn has_comment_between(text: &str, mut at: usize, end: usize) -> bool {
    while at < end {
        let (kind, next) = piece(text, at);
        if kind.is_comment() {
            return true;
        }
        at = next.max(at + 1);
    }
    false
}
