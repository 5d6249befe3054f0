//! Where in a text a cursor stands: the brackets around it, and the word it touches.
//!
//! Reads from the start up to the cursor, forgiving everything: a text is completed while it does not
//! parse. About 1 ms a megabyte, in a frame, so that cursors far behind are refused.

use std::ops::Range;

/// What follows the cursor is looked at this far, for the keys that stand there already.
const LOOK_AHEAD: usize = 64 * 1024;

/// A cursor behind this many bytes has no place: reading up to it would take several milliseconds of each
/// key's frame. Larger bodies are pasted, not typed.
const READ_AT_MOST: usize = 4 * 1024 * 1024;

/// A bracket that is open at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// An object.
    Object {
        /// Keys of its other members.
        keys: Vec<String>,
        /// The key of the member the cursor is in; `None` where a key is due.
        key: Option<String>,
        /// What stands under `@type`.
        type_url: Option<String>,
    },
    /// An array.
    Array,
}

/// What the cursor touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Space.
    None,
    /// A string, with its quotes; one that is not closed ends at the cursor.
    String(Range<usize>),
    /// What is no string and no punctuation.
    Word(Range<usize>),
}

impl Token {
    /// The bytes it covers; none at the cursor where there is none.
    pub(super) fn range(&self, at: usize) -> Range<usize> {
        match self {
            Self::None => at..at,
            Self::String(range) | Self::Word(range) => range.clone(),
        }
    }
}

/// What is due at the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Key,
    Value,
    /// A comma or a bracket.
    Neither,
}

/// A cursor's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Context {
    /// From the outermost in.
    pub(super) frames: Vec<Frame>,
    pub(super) token: Token,
    pub(super) due: Due,
}

impl Context {
    /// The place of a cursor; `None` in a comment, and far behind in a very large text.
    pub(super) fn of(text: &str, at: usize) -> Option<Self> {
        if at > READ_AT_MOST {
            return None;
        }
        let mut reader = Reader {
            text,
            at: 0,
            frames: Vec::new(),
            due: Due::Value,
        };
        let token = reader.read_to(at)?;
        let mut context = Self {
            frames: reader.frames,
            token,
            due: reader.due,
        };
        let end = context.token.range(at).end;
        if let Some(Frame::Object { keys, type_url, .. }) = context.frames.last_mut() {
            let after = later_keys(text, end);
            keys.extend(after.keys);
            *type_url = type_url.take().or(after.type_url);
        }
        Some(context)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    frames: Vec<Frame>,
    due: Due,
}

impl Reader<'_> {
    /// Reads to a cursor; gives what it touches, `None` in a comment.
    fn read_to(&mut self, cursor: usize) -> Option<Token> {
        let bytes = self.text.as_bytes();
        while self.at < cursor {
            let start = self.at;
            match bytes.get(start).copied()? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' => {
                    self.at = comment_end(self.text, start);
                    if self.at >= cursor && !ends_before(self.text, start, cursor) {
                        return None;
                    }
                }
                b'"' => {
                    let (end, closed) = string_end(self.text, start);
                    if cursor < end || !closed {
                        let end = if closed { end } else { cursor.min(end) };
                        if end >= cursor {
                            self.maybe_key(end);
                            return Some(Token::String(start..end));
                        }
                    }
                    self.at = end;
                    self.string(start + 1..end - usize::from(closed));
                }
                b'{' => self.open(Frame::Object {
                    keys: Vec::new(),
                    key: None,
                    type_url: None,
                }),
                b'[' => self.open(Frame::Array),
                b'}' | b']' => {
                    self.at += 1;
                    self.frames.pop();
                    self.due = Due::Neither;
                }
                b':' => {
                    self.at += 1;
                    self.due = Due::Value;
                }
                b',' => {
                    self.at += 1;
                    self.comma();
                }
                _ => {
                    let end = word_end(self.text, start);
                    if end >= cursor {
                        self.maybe_key(end);
                        return Some(Token::Word(start..end));
                    }
                    self.at = end;
                    self.due = Due::Neither;
                }
            }
        }
        Some(Token::None)
    }

    fn open(&mut self, frame: Frame) {
        self.at += 1;
        self.due = match frame {
            Frame::Object { .. } => Due::Key,
            Frame::Array => Due::Value,
        };
        self.frames.push(frame);
    }

    fn comma(&mut self) {
        self.due = match self.frames.last_mut() {
            Some(Frame::Object { keys, key, .. }) => {
                keys.extend(key.take());
                Due::Key
            }
            Some(Frame::Array) | None => Due::Value,
        };
    }

    /// After a forgotten comma a key may follow: what a colon follows is one.
    fn maybe_key(&mut self, end: usize) {
        if self.due == Due::Neither && next(self.text, end) == Some(b':') {
            self.comma();
        }
    }

    /// A whole string that was passed.
    fn string(&mut self, inside: Range<usize>) {
        self.maybe_key(inside.end + 1);
        let Some(Frame::Object { key, type_url, .. }) = self.frames.last_mut() else {
            self.due = Due::Neither;
            return;
        };
        let text = || super::super::document::unescape(&self.text[inside.clone()]).ok();
        match self.due {
            Due::Key => *key = text().map(std::borrow::Cow::into_owned),
            Due::Value if key.as_deref() == Some("@type") => {
                *type_url = text().map(std::borrow::Cow::into_owned);
            }
            Due::Value | Due::Neither => {}
        }
        self.due = Due::Neither;
    }
}

/// Whether the comment at `start` ends in front of a cursor or at it: a line comment goes on at its end.
fn ends_before(text: &str, start: usize, cursor: usize) -> bool {
    text[start..].starts_with("/*") && text[..cursor].ends_with("*/") && cursor >= start + 4
}

fn comment_end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    if rest.starts_with("//") {
        rest.find('\n').map_or(text.len(), |end| start + end)
    } else if rest.starts_with("/*") {
        rest.find("*/").map_or(text.len(), |end| start + end + 2)
    } else {
        start + 1
    }
}

/// The end of the string that begins at `start`, and whether a quote closes it; strings end with their line.
fn string_end(text: &str, start: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return (at + 1, true),
            b'\n' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (text.floor_char_boundary(at), false)
}

fn word_end(text: &str, start: usize) -> usize {
    let stops = |c: char| c.is_ascii_whitespace() || "{}[]:,\"/".contains(c);
    // What stands there is no stop, or it would not be read as a word.
    let first = text[start..].chars().next().map_or(1, char::len_utf8);
    let rest = &text[start + first..];
    rest.find(stops)
        .map_or(text.len(), |end| start + first + end)
}

/// The first byte after space.
pub(super) fn next(text: &str, at: usize) -> Option<u8> {
    let rest = text.get(at..)?.as_bytes();
    rest.iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
}

#[derive(Default)]
struct Later {
    keys: Vec<String>,
    type_url: Option<String>,
}

/// The keys that follow in the object the cursor is in.
fn later_keys(text: &str, from: usize) -> Later {
    let mut later = Later::default();
    let limit = text.floor_char_boundary(from.saturating_add(LOOK_AHEAD));
    let text = &text[..limit];
    let (mut at, mut depth, mut last) = (from, 0_usize, None);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => {
                let (end, closed) = string_end(text, at);
                if depth == 0 {
                    let inside = &text[at + 1..(end - usize::from(closed)).max(at + 1)];
                    let inside = super::super::document::unescape(inside)
                        .map(std::borrow::Cow::into_owned)
                        .unwrap_or_default();
                    if next(text, end) == Some(b':') {
                        later.keys.push(inside.clone());
                        last = Some(inside);
                    } else if last.take().as_deref() == Some("@type") {
                        later.type_url = Some(inside);
                    }
                }
                at = end;
            }
            b'/' => at = comment_end(text, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => match depth.checked_sub(1) {
                Some(less) => {
                    depth = less;
                    at += 1;
                }
                None => break,
            },
            _ => at += 1,
        }
    }
    later
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place at the `|` of a text.
    fn context(marked: &str) -> Option<Context> {
        let at = marked.find('|').unwrap();
        Context::of(&marked.replacen('|', "", 1), at)
    }

    #[test]
    fn the_place_of_a_cursor_is_found_in_texts_that_do_not_parse() {
        let rows = [
            ("|", Due::Value, Token::None),
            ("{|", Due::Key, Token::None),
            ("{\"a|\": 1}", Due::Key, Token::String(1..4)),
            ("{\"a|", Due::Key, Token::String(1..3)),
            ("{\"a|\n}", Due::Key, Token::String(1..3)),
            ("{ab|", Due::Key, Token::Word(1..3)),
            ("{\"a\": |}", Due::Value, Token::None),
            ("{\"a\": tr|}", Due::Value, Token::Word(6..8)),
            ("{\"a\": \"x|\"}", Due::Value, Token::String(6..9)),
            ("{\"a\": \"x\"|}", Due::Neither, Token::None),
            ("{\"a\": \"x\" |", Due::Neither, Token::None),
            ("{\"a\": \"x\"\n\"b|\": 1", Due::Key, Token::String(10..13)),
            ("{\"a\": 1, |", Due::Key, Token::None),
            ("{\"a\": [1, |", Due::Value, Token::None),
            ("{\"a\": [{}]|", Due::Neither, Token::None),
            ("// {\n{\"a\": /* \" */ |", Due::Value, Token::None),
            ("{\"\\\"|\"", Due::Key, Token::String(1..5)),
        ];
        for (text, due, token) in rows {
            let found = context(text).unwrap();
            assert_eq!((found.due, &found.token), (due, &token), "{text}");
        }
        for comment in ["{ // a|", "{ // a|\n", "/* a| */", "/*| */"] {
            assert_eq!(context(comment), None, "{comment}");
        }
        assert!(context("{ /* a */|").is_some());
    }

    #[test]
    fn frames_tell_keys_before_and_after_and_the_type() {
        let found =
            context(r#"{"a": {"b": 1, "@type": "t/X", |, "c": {"no": 1}, "d": 2}, "e": 1}"#)
                .unwrap();
        let text = |s: &str| s.to_owned();
        assert_eq!(
            found.frames,
            [
                Frame::Object {
                    keys: vec![],
                    key: Some(text("a")),
                    type_url: None
                },
                Frame::Object {
                    keys: vec![text("b"), text("@type"), text("c"), text("d")],
                    key: None,
                    type_url: Some(text("t/X"))
                },
            ]
        );
        let later = context(r#"{|, "@type": "t/Y"}"#).unwrap();
        assert!(
            matches!(&later.frames[..], [Frame::Object { type_url: Some(url), .. }] if url == "t/Y")
        );
    }

    #[test]
    fn every_cursor_in_hostile_texts_has_an_answer() {
        for text in [
            "\"\\",
            "{\"é\\",
            "{]}[",
            "{{{{:::,,,",
            "[\"\u{1F600}",
            "/",
            "/*",
        ] {
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let _ = Context::of(text, at);
            }
        }
        assert!(Context::of(&"[".repeat(100_000), 100_000).is_some());
    }

    #[test]
    fn a_cursor_far_behind_is_not_read_up_to() {
        let text = " ".repeat(READ_AT_MOST + 1);
        assert!(Context::of(&text, READ_AT_MOST).is_some());
        assert!(Context::of(&text, READ_AT_MOST + 1).is_none());
    }
}
