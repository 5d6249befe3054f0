//! Edits that mend a text that does not parse, and the hint that says why.
//!
//! An edit is offered where what was meant is plain and one span mends it: a missing comma, other
//! quotes than JSON's, another language's words, brackets left open at the end.

use std::ops::Range;

use super::{
    NodeKind,
    fault::{begins_word, is_unseen, shown},
    scan::skip_trivia,
    string::quote,
    token::{is_number, word_end},
};
use crate::message::TextFix;

/// What to try, and the edit that does it.
pub(super) struct Mend {
    pub(super) hint: &'static str,
    pub(super) fix: Option<TextFix>,
}

impl Mend {
    pub(super) fn new(hint: &'static str, fix: TextFix) -> Self {
        Self {
            hint,
            fix: Some(fix),
        }
    }

    fn hint(hint: &'static str) -> Self {
        Self { hint, fix: None }
    }

    pub(super) fn replace(
        hint: &'static str,
        range: Range<usize>,
        with: impl Into<String>,
    ) -> Self {
        let with = with.into();
        Self::new(
            hint,
            TextFix {
                title: format!("Change to {}", shown(&with)),
                range,
                with,
            },
        )
    }

    fn remove(hint: &'static str, what: &str, range: Range<usize>) -> Self {
        Self::new(
            hint,
            TextFix {
                title: format!("Remove {what}"),
                range,
                with: String::new(),
            },
        )
    }

    fn add(hint: &'static str, what: &str, at: usize) -> Self {
        Self::new(
            hint,
            TextFix {
                title: format!("Add `{}`", what.trim()),
                range: at..at,
                with: what.to_owned(),
            },
        )
    }
}

/// Something else stands where the value of a key should.
pub(super) fn member_value(text: &str, at: usize, found: &Range<usize>) -> Option<Mend> {
    match &text[found.clone()] {
        "," | "}" => Some(Mend::add(
            "a field that is not set is left out or `null`",
            "null",
            at,
        )),
        ":" => Some(Mend::remove(
            "remove one of the colons",
            "the colon",
            found.clone(),
        )),
        _ => value(text, at, found),
    }
}

/// Something else stands where an item, or the outermost value, should.
pub(super) fn item(text: &str, at: usize, found: &Range<usize>) -> Option<Mend> {
    match &text[found.clone()] {
        "," => Some(Mend::remove(
            "remove the comma, or put a value before it",
            "the comma",
            found.clone(),
        )),
        _ => value(text, at, found),
    }
}

/// Something else stands where a value should.
fn value(text: &str, at: usize, found: &Range<usize>) -> Option<Mend> {
    let word = &text[found.clone()];
    if let Some(mend) = anywhere(text, at, found) {
        return Some(mend);
    }
    if let Some((end, string)) = foreign_string(text, at) {
        let hint = "strings stand in straight double quotes";
        return Some(Mend::replace(hint, at..end, string));
    }
    if let Some(with) = constant(word) {
        let hint = "JSON writes `true`, `false` and `null`";
        return Some(Mend::replace(hint, found.clone(), with));
    }
    if let Some(with) = no_number(word) {
        let hint = "write \"NaN\", \"Infinity\" or \"-Infinity\", in quotes";
        return Some(Mend::replace(hint, found.clone(), with));
    }
    if let Some(digits) = word.strip_prefix('+') {
        let hint = "a number has no plus sign";
        return Some(if is_number(digits) {
            Mend::replace(hint, found.clone(), digits)
        } else {
            Mend::hint(hint)
        });
    }
    if word.starts_with('.') {
        let hint = "write a zero before the point: `0.5`";
        let with = format!("0{word}");
        return Some(if is_number(&with) {
            Mend::replace(hint, found.clone(), with)
        } else {
            Mend::hint(hint)
        });
    }
    if begins_word(word) {
        let end = bare_text_end(text, at);
        let with = quote(&text[at..end]);
        return Some(Mend::replace("put text in double quotes", at..end, with));
    }
    None
}

/// Something else stands where a key should.
pub(super) fn key(
    text: &str,
    at: usize,
    found: &Range<usize>,
    opened: Option<usize>,
) -> Option<Mend> {
    let word = &text[found.clone()];
    if let Some(mend) = anywhere(text, at, found) {
        return Some(mend);
    }
    if let Some((end, string)) = foreign_string(text, at) {
        let hint = "keys stand in straight double quotes";
        return Some(Mend::replace(hint, at..end, string));
    }
    match word {
        "," => Some(Mend::remove(
            "remove one of the commas",
            "the comma",
            found.clone(),
        )),
        "{" => {
            let hint = "put an expression in quotes: \"{{ name }}\"";
            let start = opened.filter(|start| start + 1 == at);
            let line = text[at..].split('\n').next().unwrap_or_default();
            Some(match (start, line.find("}}")) {
                (Some(start), Some(len)) => {
                    let end = at + len + 2;
                    Mend::replace(hint, start..end, quote(&text[start..end]))
                }
                _ => Mend::hint(hint),
            })
        }
        _ if begins_word(word) => Some(Mend::replace(
            "put the key in double quotes",
            found.clone(),
            quote(word),
        )),
        _ => None,
    }
}

/// Something else stands where the colon after a key should.
pub(super) fn colon(text: &str, found: &Range<usize>) -> Mend {
    let hint = "a key and its value are written `\"key\": value`";
    let rest = &text[found.start..];
    let arrow = ["=>", ":=", "="]
        .iter()
        .find(|sign| rest.starts_with(**sign));
    if let Some(sign) = arrow {
        return Mend::replace(hint, found.start..found.start + sign.len(), ":");
    }
    let begins_value = rest.starts_with(['"', '{', '[', '-']) || begins_word(rest);
    if begins_value {
        // Behind the key, before the space that is there.
        let key_end = text[..found.start].trim_end().len();
        let only_space = text[..key_end].ends_with('"');
        let at = if only_space { key_end } else { found.start };
        return Mend::add(hint, ":", at);
    }
    Mend::hint(hint)
}

/// Something else stands where a comma or the closing bracket should; the value before ends at
/// `value_end`.
pub(super) fn comma(
    text: &str,
    value_end: usize,
    found: &Range<usize>,
    container: NodeKind,
) -> Option<Mend> {
    if let Some(mend) = anywhere(text, found.start, found) {
        return Some(mend);
    }
    let is_list = container != NodeKind::Object;
    let word = &text[found.clone()];
    if found.start == value_end && text[..value_end].ends_with('"') && begins_word(word) {
        return Some(Mend::hint("a `\"` inside a string is written `\\\"`"));
    }
    match word {
        ":" if is_list => Some(Mend::hint(
            "a list holds values, an object holds keys and values",
        )),
        ":" => Some(Mend::hint(
            "a key and its value are written `\"key\": value`",
        )),
        ";" => Some(Mend::replace(
            "values are parted by commas",
            found.clone(),
            ",",
        )),
        _ => Some(Mend::add("put a comma between the two", ",", value_end)),
    }
}

/// Something follows the outermost value, which ends at `value_end`.
pub(super) fn trailing(text: &str, value_end: usize, found: &Range<usize>) -> Mend {
    if let Some(mend) = anywhere(text, found.start, found) {
        return mend;
    }
    let rest = &text[found.start..];
    let (hint, what) = match rest.chars().next() {
        Some(bracket @ ('}' | ']')) => (
            "a bracket is closed that is not open",
            format!("the `{bracket}`"),
        ),
        _ => (
            "remove what follows, or put it inside the brackets",
            "what follows".to_owned(),
        ),
    };
    // One bracket too many is all that goes; comments behind it stay.
    let bracket_alone =
        rest.starts_with(['}', ']']) && skip_trivia(text, found.start + 1) == text.len();
    let range = if bracket_alone {
        value_end..found.start + 1
    } else {
        value_end..text.len()
    };
    let kept = text[range.clone()].trim_start().starts_with('/');
    Mend::remove(
        hint,
        &what,
        if kept { found.start..range.end } else { range },
    )
}

/// Closes what is open at the end of a text.
pub(super) fn end(text: &str, value: &str, brackets: &str) -> TextFix {
    let kept = text.trim_end().len();
    let last_line = text[..kept].rsplit('\n').next().unwrap_or_default();
    // What stands behind `//` is no bracket.
    let newline = if last_line.contains("//") { "\n" } else { "" };
    TextFix {
        title: format!("Close it with `{}`", format!("{value}{brackets}").trim()),
        range: kept..text.len(),
        with: format!("{newline}{value}{brackets}"),
    }
}

/// What is no JSON in any place.
fn anywhere(text: &str, at: usize, found: &Range<usize>) -> Option<Mend> {
    let first = text[at..].chars().next()?;
    if first == '#' {
        let hint = "comments are `// …` or `/* … */`";
        return Some(Mend::replace(hint, found.start..found.start + 1, "//"));
    }
    if is_unseen(first) {
        let hint = "it looks like a space and is none";
        let what = format!("the character U+{:04X}", first as u32);
        return Some(Mend::remove(hint, &what, at..at + first.len_utf8()));
    }
    None
}

/// A string in other quotes than JSON's, up to its end on the line, and as JSON writes it.
fn foreign_string(text: &str, at: usize) -> Option<(usize, String)> {
    let rest = &text[at..];
    let first = rest.chars().next()?;
    let closing: &[char] = match first {
        '\'' => &['\''],
        '`' => &['`'],
        '‘' | '’' | '‚' => &['‘', '’', '\''],
        '“' | '”' | '„' | '«' | '»' => &['“', '”', '»', '«', '"'],
        _ => return None,
    };
    let mut inside = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((place, character)) = chars.next() {
        if character == '\n' {
            break;
        }
        if character == '\\' {
            match chars.next() {
                // JSON has no escape for it and needs none.
                Some((_, escaped)) if closing.contains(&escaped) || escaped == '\'' => {
                    inside.push(escaped);
                }
                Some((_, escaped)) => inside.extend(['\\', escaped]),
                None => break,
            }
            continue;
        }
        if closing.contains(&character) {
            return Some((at + place + character.len_utf8(), format!("\"{inside}\"")));
        }
        if character == '"' {
            inside.push('\\');
        }
        inside.push(character);
    }
    None
}

fn constant(word: &str) -> Option<&'static str> {
    match word {
        "True" | "TRUE" => Some("true"),
        "False" | "FALSE" => Some("false"),
        "None" | "NULL" | "Null" | "nil" | "undefined" => Some("null"),
        _ => None,
    }
}

fn no_number(word: &str) -> Option<&'static str> {
    match word {
        "NaN" | "nan" | "NAN" => Some("\"NaN\""),
        "Infinity" | "inf" | "Inf" | "+Infinity" | "+inf" => Some("\"Infinity\""),
        _ => None,
    }
}

/// The end of text that stands without quotes: what parts values, or the line, ends it.
fn bare_text_end(text: &str, at: usize) -> usize {
    let len = text[at..].find([',', '}', ']', '\n', '"', '{', '[']);
    let all = len.map_or(text.len(), |len| at + len);
    let comment = text[at..all].find("//").map_or(all, |len| at + len);
    let end = at + text[at..comment].trim_end().len();
    end.max(word_end(text, at))
}
