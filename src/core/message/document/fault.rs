//! What is wrong with a text that does not parse, in words.
//!
//! Everything here is about the place where the reader stopped; what mends it is in `mend`.

use std::ops::Range;

use super::{
    NodeKind,
    mend::{self, Mend},
    parse::{Expect, MAX_DEPTH, Parser},
    string::{closing_quote, unescape_lossy},
    token::{is_word, word_end},
};
use crate::message::{Diagnostic, Path, Step, TextFix};

/// Where a text stops being JSON, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    range: Range<usize>,
    message: String,
    hint: Option<String>,
    /// Boxed, so that a fault is small to hand on.
    fix: Option<Box<TextFix>>,
}

impl Fault {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
            hint: None,
            fix: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn fix(mut self, fix: TextFix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }

    fn mend(mut self, mend: Option<Mend>) -> Self {
        if let Some(mend) = mend {
            self.hint = Some(mend.hint.into());
            self.fix = mend.fix.map(Box::new);
        }
        self
    }
}

impl Parser<'_> {
    /// A value should begin here.
    pub(super) fn no_value(&self) -> Fault {
        let (range, found) = self.found();
        let mend = match self.key {
            Some(_) => mend::member_value(self.text, self.at, &range),
            None => self
                .other_bracket(&range)
                .or_else(|| mend::item(self.text, self.at, &range)),
        };
        Fault::new(range, format!("expected a value, found {found}")).mend(mend)
    }

    /// A key should begin here.
    pub(super) fn no_key(&self) -> Fault {
        let (range, found) = self.found();
        let mend = self
            .other_bracket(&range)
            .or_else(|| mend::key(self.text, self.at, &range, self.opened_here()));
        Fault::new(range, format!("expected a key or `}}`, found {found}")).mend(mend)
    }

    /// Where the innermost container begins, when it holds nothing yet.
    fn opened_here(&self) -> Option<usize> {
        let container = self.open.last()?;
        (container.len == 0).then_some(container.start)
    }

    pub(super) fn no_colon(&self) -> Fault {
        let (range, found) = self.found();
        let mend = mend::colon(self.text, &range);
        Fault::new(range, format!("expected `:` after the key, found {found}")).mend(Some(mend))
    }

    /// After a value stands what neither goes on nor ends its container.
    pub(super) fn no_comma(&self, container: NodeKind) -> Fault {
        let (range, found) = self.found();
        let close = close_of(container);
        let mend = self
            .other_bracket(&range)
            .or_else(|| mend::comma(self.text, self.value_end, &range, container));
        Fault::new(range, format!("expected `,` or `{close}`, found {found}")).mend(mend)
    }

    /// A bracket stands here that does not close the innermost container.
    fn other_bracket(&self, found: &Range<usize>) -> Option<Mend> {
        let word = &self.text[found.clone()];
        let innermost = close_of(self.open.last()?.kind);
        if !matches!(word, "}" | "]") || word.starts_with(innermost) {
            return None;
        }
        let mut outer = self.open.iter().rev();
        let between = outer.position(|frame| word.starts_with(close_of(frame.kind)));
        let Some(between) = between else {
            // None of its kind is open: it was meant for this one.
            let hint = match innermost {
                ']' => "a list closes with `]`",
                _ => "an object closes with `}`",
            };
            return Some(Mend::replace(hint, found.clone(), innermost));
        };
        let open = self.open.iter().rev().take(between);
        let with: String = open.map(|frame| close_of(frame.kind)).collect();
        let fix = TextFix {
            title: format!("Close it with `{with}` before"),
            range: found.start..found.start,
            with,
        };
        Some(Mend::new("another bracket is still open here", fix))
    }

    pub(super) fn too_deep(&self) -> Fault {
        Fault::new(
            self.at..self.at + 1,
            format!("more than {MAX_DEPTH} brackets are open"),
        )
        .hint("protobuf reads no deeper either")
    }

    pub(super) fn open_comment(&self) -> Fault {
        Fault::new(self.at..self.at + 2, "the comment is never closed").hint("close it with `*/`")
    }

    /// Something follows the outermost value.
    pub(super) fn trailing(&self) -> Fault {
        let (range, found) = self.found();
        let mend = mend::trailing(self.text, self.value_end, &range);
        Fault::new(range, format!("the value has ended, but {found} follows")).mend(Some(mend))
    }

    /// The text ends where it should go on.
    pub(super) fn ended(&self) -> Fault {
        let end = self.text.len();
        let Some(container) = self.open.last() else {
            return Fault::new(end..end, "the text ends where a value should stand");
        };
        let before = &self.text.as_bytes()[..container.start];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let name = match container.kind {
            NodeKind::Object => "object",
            _ => "list",
        };
        let fault = Fault::new(
            end..end,
            format!("the text ends inside the {name} that begins on line {line}"),
        )
        .hint(format!("close it with `{}`", close_of(container.kind)));
        let Some(value) = self.value_due() else {
            return fault;
        };
        let open = self.open.iter().rev();
        let brackets: String = open.map(|frame| close_of(frame.kind)).collect();
        fault.fix(mend::end(self.text, value, &brackets))
    }

    /// What must stand before the brackets can close; `None` behind a key without its colon.
    fn value_due(&self) -> Option<&'static str> {
        match self.expect() {
            Expect::Value => Some(" null"),
            Expect::Member
                if !self.text[self.value_end.max(self.open.last()?.start)..]
                    .trim_end()
                    .ends_with('"') =>
            {
                Some("")
            }
            Expect::Member => None,
            Expect::Item | Expect::Next => Some(""),
        }
    }

    /// What stands here, for messages.
    fn found(&self) -> (Range<usize>, String) {
        let Some(first) = self.text[self.at..].chars().next() else {
            return (self.at..self.at, "the end of the text".to_owned());
        };
        if first == '"' {
            let end = self.text[self.at + 1..]
                .find(['"', '\n'])
                .map_or(self.text.len(), |i| self.at + 1 + i + 1);
            return (self.at..end, "a string".to_owned());
        }
        let mut end = word_end(self.text, self.at);
        if end == self.at {
            end += first.len_utf8();
        }
        let text = &self.text[self.at..end];
        let name = if is_unseen(first) {
            format!("the character U+{:04X}", first as u32)
        } else {
            shown(text)
        };
        (self.at..end, name)
    }

    /// A fault with the path of the place where reading stopped.
    pub(super) fn diagnostic(&self, fault: Fault) -> Diagnostic {
        let mut steps = Vec::new();
        for pair in self.open.windows(2) {
            let (parent, child) = (&pair[0], &pair[1]);
            steps.push(if child.key_start < child.start {
                Step::Key(self.key_text(child.key_start))
            } else {
                Step::Index((parent.len as usize).saturating_sub(1))
            });
        }
        if let Some(start) = self.key {
            steps.push(Step::Key(self.key_text(start)));
        }
        Diagnostic {
            path: Path(steps),
            range: fault.range,
            message: fault.message,
            hint: fault.hint,
            rule: None,
            fix: fault.fix.map(|fix| *fix),
        }
    }

    fn key_text(&self, start: usize) -> String {
        let end = closing_quote(self.text, start);
        unescape_lossy(&self.text[start + 1..end]).into_owned()
    }
}

/// The bracket that closes a container.
pub(super) fn close_of(kind: NodeKind) -> char {
    match kind {
        NodeKind::Object => '}',
        _ => ']',
    }
}

/// Characters that are there and cannot be seen, or look like a space.
pub(super) fn is_unseen(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A piece of the text in a message: in backticks, never long.
pub(in crate::message) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("`{}…`", &text[..cut]),
        None => format!("`{text}`"),
    }
}

/// Whether what begins here could be a value or a key without its quotes.
pub(super) fn begins_word(text: &str) -> bool {
    text.starts_with(is_word)
}
