//! Places in a text: characters, words, the indent of a line. Pure, and each looks only around its place.

use std::ops::Range;

/// What a run of characters that is walked over as one word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Word,
    Mark,
}

fn class(c: char) -> Class {
    if c.is_whitespace() {
        Class::Space
    } else if c.is_alphanumeric() || c == '_' {
        Class::Word
    } else {
        Class::Mark
    }
}

/// Whether a character is drawn on the one before it, so that a cursor does not stand between them:
/// combining marks, variation selectors, skin tones, joiners.
fn extends(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{200d}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{1f3fb}'..='\u{1f3ff}'
    )
}

/// The text before a place, and after it. A place within a character counts as before it.
fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at(text.floor_char_boundary(at))
}

/// The next place a cursor can stand at.
pub(super) fn next(text: &str, at: usize) -> usize {
    let (before, after) = split(text, at);
    let mut chars = after.chars();
    let Some(first) = chars.next() else {
        return before.len();
    };
    let mut len = first.len_utf8();
    let mut last = first;
    for c in chars {
        let one = (last == '\r' && c == '\n') || extends(c) || last == '\u{200d}';
        if !one || matches!(last, '\n') {
            break;
        }
        len += c.len_utf8();
        last = c;
    }
    before.len() + len
}

/// The place before.
pub(super) fn previous(text: &str, at: usize) -> usize {
    let (before, _) = split(text, at);
    let mut place = before.len();
    let mut chars = before.chars().rev().peekable();
    while let Some(c) = chars.next() {
        place -= c.len_utf8();
        let joined = match chars.peek() {
            Some('\r') => c == '\n',
            Some('\n') | None => false,
            Some(left) => extends(c) || *left == '\u{200d}',
        };
        if !joined {
            break;
        }
    }
    place
}

/// The end of the word after a place; spaces before it are passed, line ends too.
pub(super) fn next_word(text: &str, at: usize) -> usize {
    let (before, after) = split(text, at);
    let rest = after.trim_start();
    let spaces = after.len() - rest.len();
    before.len() + spaces + run(rest.chars())
}

/// The start of the word before a place.
pub(super) fn previous_word(text: &str, at: usize) -> usize {
    let (before, _) = split(text, at);
    let rest = before.trim_end();
    rest.len() - run(rest.chars().rev())
}

/// Bytes of the characters of one class that a text begins with.
fn run(chars: impl Iterator<Item = char>) -> usize {
    let mut chars = chars.peekable();
    let Some(first) = chars.peek().copied() else {
        return 0;
    };
    chars
        .take_while(|c| class(*c) == class(first))
        .map(char::len_utf8)
        .sum()
}

/// The word around a place, as a double click selects it: of the characters on its two sides the word
/// wins over the rest.
pub(super) fn word_at(text: &str, at: usize) -> Range<usize> {
    let (before, after) = split(text, at);
    let place = before.len();
    let left = before.chars().next_back().filter(|c| *c != '\n');
    let right = after.chars().next().filter(|c| *c != '\n');
    let wanted = match (left.map(class), right.map(class)) {
        (_, Some(Class::Word)) | (Some(Class::Word), _) => Class::Word,
        (_, Some(right)) => right,
        (Some(left), None) => left,
        (None, None) => return place..place,
    };
    let inside = |c: &char| class(*c) == wanted && *c != '\n';
    let back: usize = before
        .chars()
        .rev()
        .take_while(inside)
        .map(char::len_utf8)
        .sum();
    let on: usize = after.chars().take_while(inside).map(char::len_utf8).sum();
    place - back..place + on
}

/// The spaces and tabs a line begins with.
pub(super) fn indent(line: &str) -> &str {
    let rest = line.trim_start_matches([' ', '\t']);
    &line[..line.len() - rest.len()]
}

/// A line without the `\r` of its end.
pub(super) fn without_cr(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}
