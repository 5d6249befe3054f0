//! Reads JSON with comments into a flat index, in one pass and without recursion.
//!
//! Accepts RFC 8259 plus `//` and `/* */` comments and trailing commas; nothing else. Stops at the
//! first fault, with its range, a sentence and, where there is one, a hint. Invariant: at most
//! [`MAX_DEPTH`] brackets are open at a time, so what walks the index may recurse.

use std::ops::Range;

use super::{
    NodeKind,
    index::{Entry, Index},
    scan::{Piece, piece},
    string::unescape_lossy,
};
use crate::message::{Diagnostic, Path, Step};

/// Brackets that may be open at a time. Protobuf's own parsers stop at the same depth.
pub(super) const MAX_DEPTH: usize = 100;

/// Of a value and its key in an ordinary text, so that the index is made without growing.
const BYTES_A_VALUE: usize = 14;
/// A long text may be one long string: beyond, the index grows with what is found.
const MOST_EXPECTED: usize = 4096;

/// A text's index, or why there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Parsed {
    /// Empty when the text is, and when it does not parse.
    pub(super) index: Index,
    /// The first fault.
    pub(super) error: Option<Diagnostic>,
    /// The most brackets open at a time.
    pub(super) depth: usize,
}

/// Reads a text.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        entries: Vec::with_capacity((text.len() / BYTES_A_VALUE + 1).min(MOST_EXPECTED)),
        open: Vec::with_capacity(8),
        key: None,
        depth: 0,
    };
    match parser.document() {
        Ok(()) => Parsed {
            index: Index::new(parser.entries),
            error: None,
            depth: parser.depth,
        },
        Err(fault) => Parsed {
            index: Index::default(),
            error: Some(parser.diagnostic(fault)),
            depth: parser.depth,
        },
    }
}

struct Fault {
    range: Range<usize>,
    message: String,
    hint: Option<String>,
}

type Parse<T> = Result<T, Fault>;

/// What must come next.
enum Expect {
    Value,
    /// A key, or the end of the object.
    Member,
    /// A value, or the end of the array.
    Item,
    /// A comma or a closing bracket; at the root, the end.
    Next,
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    entries: Vec<Entry>,
    /// Entries of the containers that are open.
    open: Vec<usize>,
    /// The key read last, until its value begins.
    key: Option<(u32, u32)>,
    depth: usize,
}

impl Parser<'_> {
    fn document(&mut self) -> Parse<()> {
        if u32::try_from(self.bytes.len()).is_err() {
            return fault(0..0, "the text is longer than 4 GiB", None);
        }
        self.skip_trivia()?;
        if self.at == self.bytes.len() {
            return Ok(());
        }
        let mut expect = Expect::Value;
        loop {
            self.skip_trivia()?;
            expect = match expect {
                Expect::Value => self.value()?,
                Expect::Member if self.peek() == Some(b'}') => self.close(),
                Expect::Member => {
                    self.member_key()?;
                    Expect::Value
                }
                Expect::Item if self.peek() == Some(b']') => self.close(),
                Expect::Item => self.value()?,
                Expect::Next => match self.open.last() {
                    None => break,
                    Some(&container) => self.after_value(container)?,
                },
            };
        }
        if self.at < self.bytes.len() {
            let found = self.found();
            return fault(
                found.0,
                format!("the value has ended, but {} follows", found.1),
                Some("remove what follows, or put it inside the brackets"),
            );
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_trivia(&mut self) -> Parse<()> {
        // Most of the time there is one space or none.
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        match self.peek() {
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'/' | 0xEF) => self.skip_more_trivia(),
            _ => Ok(()),
        }
    }

    fn skip_more_trivia(&mut self) -> Parse<()> {
        loop {
            match piece(self.text, self.at) {
                (Piece::Comma | Piece::Colon, _) => return Ok(()),
                (Piece::Other, _) => break,
                (_, end) => self.at = end,
            }
        }
        if self.text[self.at..].starts_with("/*") {
            return fault(
                self.at..self.at + 2,
                "the comment is never closed",
                Some("close it with `*/`"),
            );
        }
        Ok(())
    }

    fn value(&mut self) -> Parse<Expect> {
        let Some(first) = self.peek() else {
            return Err(self.ended());
        };
        match first {
            b'{' => {
                self.open(NodeKind::Object)?;
                Ok(Expect::Member)
            }
            b'[' => {
                self.open(NodeKind::Array)?;
                Ok(Expect::Item)
            }
            b'"' => {
                let start = self.at;
                self.string()?;
                Ok(self.scalar(NodeKind::String, start))
            }
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                self.number()?;
                Ok(self.scalar(NodeKind::Number, start))
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Parse<Expect> {
        let start = self.at;
        let end = self.word_end(start);
        let kind = match &self.text[start..end] {
            "true" | "false" => NodeKind::Bool,
            "null" => NodeKind::Null,
            _ => {
                let (range, found) = self.found();
                let other = &self.text[range.clone()];
                let hint = match other {
                    "True" | "TRUE" | "False" | "FALSE" | "None" | "NULL" | "Null" | "nil"
                    | "undefined" => Some("JSON writes `true`, `false` and `null`"),
                    "NaN" | "Infinity" | "nan" | "inf" => {
                        Some("write \"NaN\", \"Infinity\" or \"-Infinity\", in quotes")
                    }
                    _ if other.starts_with('\'') || other.starts_with('`') => {
                        Some("strings stand in double quotes")
                    }
                    _ if other.starts_with('.') => Some("write a zero before the point: `0.5`"),
                    _ if other.starts_with('+') => Some("a number has no plus sign"),
                    _ if other.starts_with('#') => Some("comments are `// …` or `/* … */`"),
                    "," | "]" | "}" | ":" => None,
                    _ if other.starts_with(is_word) => Some("put text in double quotes"),
                    _ => None,
                };
                return fault(range, format!("expected a value, found {found}"), hint);
            }
        };
        self.at = end;
        Ok(self.scalar(kind, start))
    }

    fn member_key(&mut self) -> Parse<()> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {}
            None => return Err(self.ended()),
            Some(other) => {
                let (range, found) = self.found();
                let hint = match other {
                    b'\'' => Some("keys stand in double quotes"),
                    b'{' => Some("put an expression in quotes: \"{{ name }}\""),
                    b'#' => Some("comments are `// …` or `/* … */`"),
                    b',' => Some("remove one of the commas"),
                    _ if self.text[range.clone()].starts_with(is_word) => {
                        Some("put the key in double quotes")
                    }
                    _ => None,
                };
                return fault(
                    range,
                    format!("expected a key or `}}`, found {found}"),
                    hint,
                );
            }
        }
        self.string()?;
        let key = (start as u32, self.at as u32);
        self.skip_trivia()?;
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                self.key = Some(key);
                Ok(())
            }
            None => Err(self.ended()),
            Some(_) => {
                let (range, found) = self.found();
                fault(
                    range,
                    format!("expected `:` after the key, found {found}"),
                    Some("a key and its value are written `\"key\": value`"),
                )
            }
        }
    }

    fn after_value(&mut self, container: usize) -> Parse<Expect> {
        let object = self.entries[container].kind == NodeKind::Object;
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(if object { Expect::Member } else { Expect::Item })
            }
            Some(b'}') if object => Ok(self.close()),
            Some(b']') if !object => Ok(self.close()),
            None => Err(self.ended()),
            Some(_) => {
                let (range, found) = self.found();
                let close = if object { '}' } else { ']' };
                let hint = match &self.text[range.clone()] {
                    "}" | "]" => None,
                    ":" => Some("a list holds values, an object holds keys and values"),
                    _ => Some("put a comma between the two"),
                };
                fault(
                    range,
                    format!("expected `,` or `{close}`, found {found}"),
                    hint,
                )
            }
        }
    }

    /// Enters a string's or key's text up to its closing quote.
    fn string(&mut self) -> Parse<()> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
                .unwrap_or(rest.len());
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(());
                }
                Some(b'\\') => at = self.escape(at)?,
                None | Some(b'\n' | b'\r') => {
                    return fault(
                        start..at,
                        "the string has no closing quote on its line",
                        Some("add a `\"`; a line break inside a string is written `\\n`"),
                    );
                }
                Some(control) if *control < 0x20 => {
                    return fault(
                        at..at + 1,
                        format!("U+{control:04X} cannot stand in a string as it is"),
                        Some(if *control == b'\t' {
                            "write a tab as `\\t`"
                        } else {
                            "write it as `\\u` and four hexadecimal digits"
                        }),
                    );
                }
                Some(_) => at += 1,
            }
        }
    }

    /// Checks the escape at `at`; where it ends.
    fn escape(&self, at: usize) -> Parse<usize> {
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => {
                let digits = self.bytes.get(at + 2..at + 6);
                if digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Ok(at + 6);
                }
                fault(
                    at..at + 2,
                    "`\\u` is not followed by four hexadecimal digits",
                    Some("write, for example, `\\u00e9`"),
                )
            }
            _ => {
                let end = at + 1 + self.text[at + 1..].chars().next().map_or(0, char::len_utf8);
                fault(
                    at..end,
                    format!(
                        "`{}` is no escape of JSON",
                        self.text[at..end].escape_debug()
                    ),
                    Some("a backslash itself is written `\\\\`"),
                )
            }
        }
    }

    fn number(&mut self) -> Parse<()> {
        let start = self.at;
        let end = self.word_end(start);
        let len = number_len(&self.bytes[start..end]);
        if len == Some(end - start) {
            self.at = end;
            return Ok(());
        }
        let text = &self.text[start..end];
        let digits = text.trim_start_matches('-');
        let hint = if text == "-Infinity" {
            "write \"-Infinity\", in quotes"
        } else if digits.starts_with("0x") || digits.starts_with("0X") {
            "numbers are decimal"
        } else if digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") {
            "a number has no leading zeros"
        } else if digits.contains(is_word) {
            "put text in double quotes"
        } else {
            "a number is written like `-12`, `0.5` or `6.02e23`"
        };
        fault(
            start..end,
            format!("{} is no number", shown(text)),
            Some(hint),
        )
    }

    fn open(&mut self, kind: NodeKind) -> Parse<()> {
        if self.open.len() == MAX_DEPTH {
            return fault(
                self.at..self.at + 1,
                format!("more than {MAX_DEPTH} brackets are open"),
                Some("protobuf reads no deeper either"),
            );
        }
        let start = self.at;
        self.at += 1;
        let entry = self.push(kind, start);
        self.open.push(entry);
        self.depth = self.depth.max(self.open.len());
        Ok(())
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        if let Some(container) = self.open.pop() {
            let size = (self.entries.len() - container) as u32;
            let entry = &mut self.entries[container];
            entry.end = self.at as u32;
            entry.size = size;
        }
        Expect::Next
    }

    fn scalar(&mut self, kind: NodeKind, start: usize) -> Expect {
        self.push(kind, start);
        Expect::Next
    }

    fn push(&mut self, kind: NodeKind, start: usize) -> usize {
        if let Some(&parent) = self.open.last() {
            self.entries[parent].len += 1;
        }
        let (key_start, key_end) = self.key.take().unwrap_or_default();
        self.entries.push(Entry {
            kind,
            start: start as u32,
            end: self.at as u32,
            key_start,
            key_end,
            size: 1,
            len: 0,
        });
        self.entries.len() - 1
    }

    /// The end of the run of letters, digits and number signs at `at`.
    fn word_end(&self, at: usize) -> usize {
        self.text[at..]
            .find(|c: char| !(is_word(c) || matches!(c, '.' | '+' | '-')))
            .map_or(self.text.len(), |len| at + len)
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
            let range = self.at..end;
            return (range, "a string".to_owned());
        }
        let mut end = self.word_end(self.at);
        if end == self.at {
            end += first.len_utf8();
        }
        let text = &self.text[self.at..end];
        let name = if first.is_control() || first.is_whitespace() || first == '\u{feff}' {
            format!("the character U+{:04X}", first as u32)
        } else {
            shown(text)
        };
        (self.at..end, name)
    }

    fn ended(&self) -> Fault {
        let end = self.bytes.len();
        let Some(&container) = self.open.last() else {
            return Fault {
                range: end..end,
                message: "the text ends where a value should stand".to_owned(),
                hint: None,
            };
        };
        let entry = &self.entries[container];
        let line = 1 + self.text[..entry.start as usize].matches('\n').count();
        let (name, close) = match entry.kind {
            NodeKind::Object => ("object", "`}`"),
            _ => ("list", "`]`"),
        };
        Fault {
            range: end..end,
            message: format!("the text ends inside the {name} that begins on line {line}"),
            hint: Some(format!("close it with {close}")),
        }
    }

    /// A fault with the path of the place where reading stopped.
    fn diagnostic(&self, fault: Fault) -> Diagnostic {
        let mut steps = Vec::new();
        for pair in self.open.windows(2) {
            let (parent, child) = (&self.entries[pair[0]], &self.entries[pair[1]]);
            steps.push(match child.key_range() {
                Some(range) => Step::Key(self.key_text(range)),
                None => Step::Index((parent.len as usize).saturating_sub(1)),
            });
        }
        if let Some((start, end)) = self.key {
            steps.push(Step::Key(self.key_text(start as usize..end as usize)));
        }
        Diagnostic {
            path: Path(steps),
            range: fault.range,
            message: fault.message,
            hint: fault.hint,
            rule: None,
            fix: None,
        }
    }

    fn key_text(&self, range: Range<usize>) -> String {
        unescape_lossy(&self.text[range.start + 1..range.end - 1]).into_owned()
    }
}

/// How many bytes at the start are a JSON number; `None` when they begin none.
pub(in crate::message) fn number_len(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// A piece of the text in a message: in backticks, never long.
pub(in crate::message) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("`{}…`", &text[..cut]),
        None => format!("`{text}`"),
    }
}

fn fault<T>(range: Range<usize>, message: impl Into<String>, hint: Option<&str>) -> Parse<T> {
    Err(Fault {
        range,
        message: message.into(),
        hint: hint.map(str::to_owned),
    })
}
