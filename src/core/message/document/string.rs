//! JSON strings: reading their escapes, writing them, and finding places through them.
//!
//! Works on the inside of a string that the parser has accepted (escapes are well formed).

use std::{borrow::Cow, ops::Range};

use super::token::special_byte;

/// A `\ud800`–`\udfff` without its other half: it stands for no character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::message) struct LoneSurrogate {
    /// Its bytes, from the start of the string's inside.
    pub(in crate::message) range: Range<usize>,
}

/// Where the string that begins at `start` has its closing quote.
pub(super) fn closing_quote(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        at = special_byte(bytes, at);
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at,
            Some(_) => at += 1,
            None => return bytes.len().saturating_sub(1),
        }
    }
}

/// One character of a string's inside.
struct Unit {
    /// The character, or `None` for half a surrogate pair.
    character: Option<char>,
    /// How many bytes of the text it takes.
    len: usize,
}

/// The unit at the start of `rest`, which is not empty.
fn unit(rest: &str) -> Unit {
    let mut chars = rest.chars();
    let first = chars.next().unwrap_or_default();
    if first != '\\' {
        return Unit {
            character: Some(first),
            len: first.len_utf8(),
        };
    }
    let simple = |character| Unit {
        character: Some(character),
        len: 2,
    };
    match chars.next() {
        Some('n') => simple('\n'),
        Some('t') => simple('\t'),
        Some('r') => simple('\r'),
        Some('b') => simple('\u{8}'),
        Some('f') => simple('\u{c}'),
        Some('u') => {
            let Some(high) = hex4(rest, 2) else {
                return Unit {
                    character: None,
                    len: 2,
                };
            };
            if (0xD800..0xDC00).contains(&high)
                && rest.get(6..8) == Some("\\u")
                && let Some(low) = hex4(rest, 8).filter(|low| (0xDC00..0xE000).contains(low))
            {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Unit {
                    character: char::from_u32(code),
                    len: 12,
                };
            }
            Unit {
                character: char::from_u32(high),
                len: 6,
            }
        }
        Some(other) => Unit {
            character: Some(other),
            len: 1 + other.len_utf8(),
        },
        None => Unit {
            character: Some('\\'),
            len: 1,
        },
    }
}

fn hex4(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// Reads the escapes of a string's inside.
///
/// # Errors
/// The first half surrogate pair.
pub(in crate::message) fn unescape(inside: &str) -> Result<Cow<'_, str>, LoneSurrogate> {
    if !inside.contains('\\') {
        return Ok(Cow::Borrowed(inside));
    }
    let mut out = String::with_capacity(inside.len());
    let mut at = 0;
    while at < inside.len() {
        let unit = unit(&inside[at..]);
        match unit.character {
            Some(character) => out.push(character),
            None => {
                return Err(LoneSurrogate {
                    range: at..at + unit.len,
                });
            }
        }
        at += unit.len;
    }
    Ok(Cow::Owned(out))
}

/// As [`unescape`], with U+FFFD for what stands for no character.
pub(in crate::message) fn unescape_lossy(inside: &str) -> Cow<'_, str> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let mut out = String::with_capacity(inside.len());
    let mut at = 0;
    while at < inside.len() {
        let unit = unit(&inside[at..]);
        out.push(unit.character.unwrap_or('\u{fffd}'));
        at += unit.len;
    }
    Cow::Owned(out)
}

/// Where a range of the unescaped string stands in the string's inside.
pub(in crate::message) fn escaped_range(inside: &str, unescaped: Range<usize>) -> Range<usize> {
    let (mut read, mut written) = (0, 0);
    let mut start = None;
    while read < inside.len() && written < unescaped.end {
        if written >= unescaped.start {
            start.get_or_insert(read);
        }
        let unit = unit(&inside[read..]);
        read += unit.len;
        written += unit.character.map_or(3, char::len_utf8);
    }
    start.unwrap_or(read)..read
}

/// Writes a JSON string, quotes included; only what must be escaped is.
pub(in crate::message) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if (control as u32) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", control as u32));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        for (name, inside, want) in [
            ("plain", "héllo", Some("héllo")),
            (
                "short ones",
                r#"\"\\\/\b\f\n\r\t"#,
                Some("\"\\/\u{8}\u{c}\n\r\t"),
            ),
            ("four digits", r"\u00e9\u0000", Some("é\0")),
            ("a pair", r"\ud83d\ude00", Some("😀")),
            ("a lone high half", r"a\ud83d", None),
            ("a lone low half", r"\ude00", None),
            ("two high halves", r"\ud83d\ud83d", None),
        ] {
            assert_eq!(unescape(inside).ok().as_deref(), want, "{name}");
        }
        assert_eq!(unescape(r"ab\ud83dc").unwrap_err().range, 2..8);
        assert_eq!(unescape_lossy(r"ab\ud83dc"), "ab\u{fffd}c");
    }

    #[test]
    fn what_is_quoted_reads_back() {
        for text in ["", "a\"b\\c", "tab\tnul\0é😀\u{1f}\r\n"] {
            let quoted = quote(text);
            assert_eq!(unescape(&quoted[1..quoted.len() - 1]).unwrap(), text);
        }
    }

    #[test]
    fn places_are_found_through_escapes() {
        let inside = r#"a\n\u00e9{{ \"x\" }}b"#;
        let plain = unescape(inside).unwrap();
        let start = plain.find("{{").unwrap();
        let end = plain.find("}}").unwrap() + 2;
        assert_eq!(&inside[escaped_range(inside, start..end)], r#"{{ \"x\" }}"#);
        assert_eq!(
            escaped_range(inside, plain.len()..plain.len()),
            inside.len()..inside.len()
        );
    }
}
