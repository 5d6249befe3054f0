//! Whether a place of the text is in a string, in a comment or in neither, at any size.
//!
//! A machine of a few states walks the bytes; its state is kept every few KiB, so that asking for a
//! place walks at most that far, and an edit walks only until the states agree again. It is total:
//! broken text has states too. Strings and `//` comments end with their line.

use std::ops::ControlFlow;

use stubless_core::message::Change;

/// Bytes between two kept states.
const STEP: usize = 8 * 1024;

/// Where a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) enum State {
    /// Between values and comments.
    #[default]
    Code,
    /// After a `/` that may begin a comment.
    Slash,
    /// In a string.
    Text,
    /// After a backslash in a string.
    Escape,
    /// In a comment that ends with its line.
    LineComment,
    /// In a comment that ends with `*/`.
    BlockComment,
    /// After a `*` in such a comment.
    Star,
}

impl State {
    /// Whether it is in a string.
    pub(super) fn in_string(self) -> bool {
        matches!(self, Self::Text | Self::Escape)
    }

    /// Whether it is in a comment of either kind.
    pub(super) fn in_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::BlockComment | Self::Star)
    }

    /// The state after one more byte.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::BlockComment, b'*') | (Self::Star, b'*') => Self::Star,
            (Self::Star, b'/') => Self::Code,
            (Self::BlockComment | Self::Star, _) => Self::BlockComment,
            (_, b'\n') => Self::Code,
            (Self::LineComment, _) => Self::LineComment,
            (Self::Text, b'"') => Self::Code,
            (Self::Text, b'\\') => Self::Escape,
            (Self::Text | Self::Escape, _) => Self::Text,
            (Self::Slash, b'/') => Self::LineComment,
            (Self::Slash, b'*') => Self::BlockComment,
            (Self::Code | Self::Slash, b'"') => Self::Text,
            (Self::Code, b'/') => Self::Slash,
            (Self::Code | Self::Slash, _) => Self::Code,
        }
    }
}

/// The state after some bytes.
pub(super) fn state_after(state: State, bytes: &[u8]) -> State {
    bytes.iter().fold(state, |state, byte| state.after(*byte))
}

/// Gives every bracket that stands in no string and no comment to `found`, until that breaks.
pub(super) fn brackets<B>(
    bytes: &[u8],
    from: usize,
    mut state: State,
    mut found: impl FnMut(usize, u8) -> ControlFlow<B>,
) -> Option<B> {
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        if matches!(byte, b'{' | b'}' | b'[' | b']')
            && matches!(state, State::Code | State::Slash)
            && let ControlFlow::Break(value) = found(at, *byte)
        {
            return Some(value);
        }
        state = state.after(*byte);
    }
    None
}

/// States of a text, kept up edit by edit.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexed {
    /// Places and the state before the byte there; the first is 0.
    marks: Vec<(usize, State)>,
}

impl Lexed {
    pub(super) fn new(text: &str) -> Self {
        let mut lexed = Self {
            marks: vec![(0, State::Code)],
        };
        lexed.extend(text.as_bytes(), 0, text.len());
        lexed
    }

    /// Adds marks after the mark `index`, up to a place; gives the state there.
    fn extend(&mut self, bytes: &[u8], mut index: usize, to: usize) -> State {
        loop {
            let (from, state) = self.marks.get(index).copied().unwrap_or_default();
            if to - from <= STEP {
                return state_after(state, &bytes[from..to]);
            }
            let state = state_after(state, &bytes[from..from + STEP]);
            index += 1;
            self.marks.insert(index, (from + STEP, state));
        }
    }

    /// Follows an edit; `text` is the one after it.
    pub(super) fn follow(&mut self, text: &str, change: Change) {
        let bytes = text.as_bytes();
        let first = self.marks.partition_point(|(place, _)| *place <= change.at);
        let old_end = change.at + change.removed;
        let last = self.marks.partition_point(|(place, _)| *place < old_end);
        self.marks.drain(first..last.max(first));
        for (place, _) in &mut self.marks[first..] {
            *place = *place - change.removed + change.inserted;
        }
        let mut index = first.saturating_sub(1);
        let whole = self.marks.is_empty();
        if whole {
            self.marks.push((0, State::Code));
        }
        loop {
            let known = self.marks.len();
            let Some(&(place, state)) = self.marks.get(index + 1) else {
                self.extend(bytes, index, bytes.len());
                return;
            };
            let now = self.extend(bytes, index, place);
            index += self.marks.len() - known + 1;
            if now == state {
                return;
            }
            if let Some(mark) = self.marks.get_mut(index) {
                mark.1 = now;
            }
        }
    }

    /// The state before a place.
    pub(super) fn state_at(&self, text: &str, at: usize) -> State {
        let after = self.marks.partition_point(|(place, _)| *place <= at);
        let (from, state) = self
            .marks
            .get(after.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let bytes = text.as_bytes().get(from..at.min(text.len()));
        state_after(state, bytes.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_a_string_in_a_comment_or_in_neither() {
        for (text, at, expected) in [
            ("{\"a\"", 2, State::Text),
            ("{\"a\" ", 4, State::Code),
            ("\"a\\\"b", 5, State::Text),
            ("\"open\n1", 6, State::Code),
            ("// \"x\n", 5, State::LineComment),
            ("// x\n1", 5, State::Code),
            ("/* x\n\"y", 7, State::BlockComment),
            ("/* **/ 1", 7, State::Code),
            ("\"http://x\"", 8, State::Text),
            ("/ /", 3, State::Slash),
        ] {
            assert_eq!(Lexed::new(text).state_at(text, at), expected, "{text:?}");
        }
    }

    #[test]
    fn states_follow_edits_as_if_made_anew() {
        let line = "  \"key\": \"value // no\", /* c */ [1, 2],\n";
        let mut text = line.repeat(2000);
        let mut lexed = Lexed::new(&text);
        let edits: [(usize, usize, &str); 8] = [
            (0, 0, "/*"),
            (40_000, 0, "*/"),
            (0, 2, ""),
            (100, 30_000, "\""),
            (100, 1, ""),
            (5_000, 20, &line.repeat(900)),
            (30_000, 0, "/* open"),
            (10, 60_000, ""),
        ];
        for (at, removed, with) in edits {
            text.replace_range(at..at + removed, with);
            let change = Change {
                at,
                removed,
                inserted: with.len(),
            };
            lexed.follow(&text, change);
            let fresh = Lexed::new(&text);
            for place in (0..text.len()).step_by(997) {
                let (a, b) = (lexed.state_at(&text, place), fresh.state_at(&text, place));
                assert_eq!(a, b, "{change:?} at {place}");
            }
        }
    }
}
