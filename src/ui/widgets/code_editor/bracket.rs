//! Pairs of brackets: the one that goes with another, and the pair around a place.
//!
//! Strings and comments are passed over. Looking is bounded: a pair that is farther apart than
//! [`WINDOW`] is not found from its end, nor where the screen asks in every frame.

use std::ops::ControlFlow;

use super::lex::{Lexed, State, brackets};

/// How far a frame looks for the other bracket, in bytes.
pub(super) const WINDOW: usize = 512 * 1024;

/// Places of an opening bracket and of the one that closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) open: usize,
    pub(super) close: usize,
}

fn closer(open: u8) -> u8 {
    if open == b'{' { b'}' } else { b']' }
}

/// The bracket that closes the one at `open`, within so many bytes; `None` when another kind does.
pub(super) fn close_of(text: &str, open: usize, window: usize) -> Option<usize> {
    let end = text.len().min(open.saturating_add(window));
    let bytes = &text.as_bytes()[..end];
    let mut wanted = Vec::new();
    brackets(bytes, open, State::Code, |at, byte| match byte {
        b'{' | b'[' => {
            wanted.push(closer(byte));
            ControlFlow::Continue(())
        }
        _ if wanted.pop() != Some(byte) => ControlFlow::Break(None),
        _ if wanted.is_empty() => ControlFlow::Break(Some(at)),
        _ => ControlFlow::Continue(()),
    })
    .flatten()
}

/// The innermost bracket that is open at a place, at most [`WINDOW`] before it.
pub(super) fn open_before(text: &str, lexed: &Lexed, at: usize) -> Option<usize> {
    let at = at.min(text.len());
    let from = at.saturating_sub(WINDOW);
    let state = lexed.state_at(text, from);
    let mut open = Vec::new();
    brackets(&text.as_bytes()[..at], from, state, |place, byte| {
        match byte {
            b'{' | b'[' => open.push(place),
            _ => {
                open.pop();
            }
        }
        ControlFlow::<()>::Continue(())
    });
    open.pop()
}

/// The pair of the bracket beside the cursor: the one before it, else the one after it.
pub(super) fn pair_at(text: &str, lexed: &Lexed, cursor: usize) -> Option<Pair> {
    let bytes = text.as_bytes();
    let beside = [cursor.checked_sub(1), Some(cursor)];
    beside.into_iter().flatten().find_map(|at| {
        let byte = *bytes.get(at)?;
        if !matches!(byte, b'{' | b'}' | b'[' | b']') {
            return None;
        }
        if !matches!(lexed.state_at(text, at), State::Code | State::Slash) {
            return None;
        }
        if matches!(byte, b'{' | b'[') {
            let close = close_of(text, at, WINDOW)?;
            return Some(Pair { open: at, close });
        }
        let open = open_before(text, lexed, at)?;
        (closer(bytes[open]) == byte).then_some(Pair { open, close: at })
    })
}

/// The bracket of a line that a later line closes: the last one the line leaves open.
pub(super) fn open_of_line(text: &str, lexed: &Lexed, start: usize, end: usize) -> Option<usize> {
    let mut open = Vec::new();
    let state = lexed.state_at(text, start);
    brackets(&text.as_bytes()[..end], start, state, |at, byte| {
        match byte {
            b'{' | b'[' => open.push(at),
            _ => {
                open.pop();
            }
        }
        ControlFlow::<()>::Continue(())
    });
    open.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_bracket_is_found_past_strings_and_comments() {
        let text = "{\"a]\": [1, /* } */ {}], // ]\n\"b\": \"{\"}";
        let lexed = Lexed::new(text);
        let last = text.len() - 1;
        for (name, cursor, expected) in [
            ("before the first", 0, Some((0, last))),
            ("after the first", 1, Some((0, last))),
            ("at the end", text.len(), Some((0, last))),
            ("the array", 7, Some((7, 21))),
            ("the one before wins", 21, Some((19, 20))),
            ("in a string", 3, None),
            ("in a comment", 15, None),
            ("nowhere near", 10, None),
        ] {
            let pair = pair_at(text, &lexed, cursor).map(|p| (p.open, p.close));
            assert_eq!(pair, expected, "{name}");
        }
    }

    #[test]
    fn brackets_of_two_kinds_are_no_pair() {
        for text in ["{]", "[}", "{[}]", "{", "}"] {
            let lexed = Lexed::new(text);
            assert_eq!(pair_at(text, &lexed, 0), None, "{text}");
        }
    }
}
