//! What the keys do to the text around the cursor.

use std::ops::Range;

use stubless_core::message::Document;

use super::{
    bracket::Pair,
    core::{Core, Selection},
    lex::State,
    text,
};

/// Spaces of one step of indent.
pub(super) const INDENT: usize = 2;

impl Core {
    /// Puts in what was typed. A single bracket or quote may bring its closer, go over the one that was
    /// brought, or go around the selection.
    pub(super) fn typed(&mut self, document: &mut Document, typed: &str) {
        let mut chars = typed.chars();
        let single = chars.next().filter(|_| chars.next().is_none());
        let done = single.is_some_and(|c| {
            self.go_over(document, c)
                || self.surround(document, c)
                || self.open_and_close(document, c)
                || self.close_deeper(document, c)
        });
        if !done {
            self.insert(document, typed);
        }
    }

    /// Puts a text in the place of the selection.
    pub(super) fn insert(&mut self, document: &mut Document, with: &str) {
        let range = self.selection.range();
        let plain = with.replace("\r\n", "\n");
        let cursor = Selection::at(range.start + plain.len());
        self.replace(document, range, &plain, cursor);
    }

    /// Takes out what is selected, or else up to a place.
    pub(super) fn delete(&mut self, document: &mut Document, to: usize) {
        let range = if self.selection.is_empty() {
            let head = self.selection.head;
            head.min(to)..head.max(to)
        } else {
            self.selection.range()
        };
        if !range.is_empty() {
            let cursor = Selection::at(range.start);
            self.replace(document, range, "", cursor);
        }
    }

    /// The pair that was closed for the person and has nothing in it yet, around the cursor.
    pub(super) fn empty_pair(&self) -> Option<Range<usize>> {
        let head = self.selection.head;
        let pair = self.closed.iter().find(|pair| pair.close == head)?;
        let empty = self.selection.is_empty() && pair.open + 1 == head;
        empty.then_some(pair.open..pair.close + 1)
    }

    /// A new line with the indent of this one; deeper after a bracket, whose closer goes to a line of its
    /// own.
    pub(super) fn newline(&mut self, document: &mut Document) {
        let range = self.selection.range();
        let text = document.text();
        let line = document.line_range(document.line_of(range.start));
        let before = text.get(line.start..range.start).unwrap_or_default();
        let end = if text.get(line).is_some_and(|line| line.ends_with('\r')) {
            "\r\n"
        } else {
            "\n"
        };
        let indent = text::indent(before);
        let opens = before.trim_end_matches([' ', '\t']).ends_with(['{', '[']);
        let opens = opens && !self.lexed.state_at(text, range.start).in_string();
        let mut with = format!("{end}{indent}");
        if opens {
            with.push_str(&" ".repeat(INDENT));
        }
        let cursor = Selection::at(range.start + with.len());
        let after = text.get(range.end..).unwrap_or_default();
        if opens && after.starts_with(['}', ']']) {
            with.push_str(end);
            with.push_str(indent);
        }
        self.replace(document, range, &with, cursor);
    }

    /// Typing a closer that was typed for the person goes over it.
    fn go_over(&mut self, document: &Document, c: char) -> bool {
        let head = self.selection.head;
        let known = self.closed.iter().any(|pair| pair.close == head);
        let there = document.text().get(head..).unwrap_or_default();
        let escaped = self.lexed.state_at(document.text(), head) == State::Escape;
        if escaped || !known || !self.selection.is_empty() || !there.starts_with(c) {
            return false;
        }
        self.select(document, Selection::at(head + c.len_utf8()));
        true
    }

    /// A bracket or quote goes around what is selected in one line.
    fn surround(&mut self, document: &mut Document, c: char) -> bool {
        let range = self.selection.range();
        let Some(close) = closer(c).filter(|_| !range.is_empty()) else {
            return false;
        };
        let Some(inside) = document.text().get(range.clone()) else {
            return false;
        };
        if inside.contains('\n') && c == '"' {
            return false;
        }
        let with = format!("{c}{inside}{close}");
        let cursor = Selection {
            anchor: self.selection.anchor + 1,
            head: self.selection.head + 1,
        };
        self.replace(document, range, &with, cursor);
        true
    }

    /// An opener brings its closer, where what follows can stand after it.
    fn open_and_close(&mut self, document: &mut Document, c: char) -> bool {
        let head = self.selection.head;
        let text = document.text();
        let (Some(close), true) = (closer(c), self.selection.is_empty()) else {
            return false;
        };
        let before = text
            .get(..head)
            .and_then(|before| before.chars().next_back());
        let after = text.get(head..).and_then(|after| after.chars().next());
        let state = self.lexed.state_at(text, head);
        let wanted = if state.in_comment() {
            false
        } else if state.in_string() {
            // The second brace of an expression.
            c == '{' && before == Some('{') && after != Some('}')
        } else {
            let free = after.is_none_or(|c| c.is_whitespace() || "}],:".contains(c));
            let apart = before.is_none_or(|c| !c.is_alphanumeric() && c != '"');
            free && (c != '"' || apart)
        };
        if !wanted {
            return false;
        }
        let with = if state.in_string() {
            "{}}".to_owned()
        } else {
            format!("{c}{close}")
        };
        self.replace(document, head..head, &with, Selection::at(head + 1));
        let pair = |n| Pair {
            open: head,
            close: head + n,
        };
        self.closed.extend((1..with.len()).map(pair));
        true
    }

    /// A closing bracket that begins its line goes one step back.
    fn close_deeper(&mut self, document: &mut Document, c: char) -> bool {
        let head = self.selection.head;
        if !matches!(c, '}' | ']') || !self.selection.is_empty() {
            return false;
        }
        let line = document.line_range(document.line_of(head));
        let before = document.text().get(line.start..head).unwrap_or_default();
        if before.len() < INDENT || !before.bytes().all(|b| b == b' ') {
            return false;
        }
        let start = head - INDENT;
        let with = c.to_string();
        self.replace(document, start..head, &with, Selection::at(start + 1));
        true
    }
}

fn closer(open: char) -> Option<char> {
    match open {
        '{' => Some('}'),
        '[' => Some(']'),
        '"' => Some('"'),
        _ => None,
    }
}
