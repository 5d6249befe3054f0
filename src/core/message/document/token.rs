//! The tokens with an inside: strings and numbers. Where each ends, or what is wrong in it.
//!
//! Pure: a text and an offset in, an offset or a fault out.

use super::fault::{Fault, shown};
use crate::message::TextFix;

/// A longer line is not looked through for the end of a string, in bytes.
const LONG_LINE: usize = 4096;

/// Each byte of a word is this one.
const fn every(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// The first byte from `at` on that may end a string or is not allowed in one: a quote, a backslash, a
/// control character. Eight bytes at a time: a body may be one long string.
pub(super) fn special_byte(bytes: &[u8], mut at: usize) -> usize {
    const HIGH: u64 = every(0x80);
    // The lowest high bit marks the first byte that is zero, or below; what is above it may be wrong.
    let zero = |word: u64| word.wrapping_sub(every(1)) & !word;
    while let Some(eight) = bytes.get(at..at + 8).and_then(|b| b.try_into().ok()) {
        let word = u64::from_le_bytes(eight);
        let quote = zero(word ^ every(b'"'));
        let backslash = zero(word ^ every(b'\\'));
        let control = word.wrapping_sub(every(0x20)) & !word;
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let len = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    at + len.unwrap_or(rest.len())
}

/// The end of the string that begins at `start`, its quotes included.
pub(super) fn string_end(text: &str, start: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        at = special_byte(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape_end(text, at)?,
            None | Some(b'\n' | b'\r') => return Err(open_string(text, start, at)),
            Some(control) => return Err(control_fault(at, *control)),
        }
    }
}

/// A string from `start` that is still open where its line ends.
fn open_string(text: &str, start: usize, end: usize) -> Fault {
    let fault = Fault::new(start..end, "the string has no closing quote on its line");
    let hint = "add a `\"`; a line break inside a string is written `\\n`";
    let line = &text[start + 1..end];
    // Of a body on one line a quote too many leaves all of it open: where one is missing is not known.
    if line.len() > LONG_LINE {
        return fault.hint(hint);
    }
    let curly = line.char_indices().find(|(place, character)| {
        let behind = line[place + character.len_utf8()..].trim_start();
        matches!(character, '“' | '”' | '„' | '‘' | '’')
            && (behind.is_empty() || behind.starts_with([',', ':', '}', ']']))
    });
    if let Some((place, character)) = curly {
        let range = start + 1 + place..start + 1 + place + character.len_utf8();
        return fault
            .hint("a string ends in a straight double quote")
            .fix(TextFix {
                title: format!("Change `{character}` to `\"`"),
                range,
                with: "\"".to_owned(),
            });
    }
    // What closes the line is not of the string.
    let inside = line.trim_end_matches([' ', '\t', ',', '}', ']']);
    let place = start + 1 + inside.len();
    let fault = fault.hint(hint);
    if inside.is_empty() || inside.ends_with('\\') {
        return fault;
    }
    fault.fix(TextFix {
        title: "Add the closing quote".to_owned(),
        range: place..place,
        with: "\"".to_owned(),
    })
}

fn control_fault(at: usize, control: u8) -> Fault {
    let (hint, title, with) = match control {
        b'\t' => (
            "write a tab as `\\t`".to_owned(),
            "Write it as `\\t`".to_owned(),
            "\\t".to_owned(),
        ),
        other => (
            format!("write it as `\\u{other:04x}`"),
            format!("Write it as `\\u{other:04x}`"),
            format!("\\u{other:04x}"),
        ),
    };
    Fault::new(
        at..at + 1,
        format!("U+{control:04X} cannot stand in a string as it is"),
    )
    .hint(hint)
    .fix(TextFix {
        title,
        range: at..at + 1,
        with,
    })
}

/// Checks the escape at `at`; where it ends.
fn escape_end(text: &str, at: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let digits = bytes.get(at + 2..at + 6);
            if digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                return Ok(at + 6);
            }
            Err(Fault::new(
                at..at + 2,
                "`\\u` is not followed by four hexadecimal digits",
            )
            .hint("write, for example, `\\u00e9`"))
        }
        _ => {
            let escaped = text[at + 1..].chars().next();
            let end = at + 1 + escaped.map_or(0, char::len_utf8);
            let mut fault = Fault::new(
                at..end,
                format!("`{}` is no escape of JSON", text[at..end].escape_debug()),
            )
            .hint("a backslash itself is written `\\\\`");
            if escaped == Some('\'') {
                return Err(fault.fix(TextFix {
                    title: "Remove the backslash".to_owned(),
                    range: at..at + 1,
                    with: String::new(),
                }));
            }
            // Before a control character or the end, what was meant is not known.
            if escaped.is_some_and(|c| !c.is_control()) {
                fault = fault.fix(TextFix {
                    title: "Write the backslash as `\\\\`".to_owned(),
                    range: at..at,
                    with: "\\".to_owned(),
                });
            }
            Err(fault)
        }
    }
}

/// The end of the number that begins at `start`.
pub(super) fn number_end(text: &str, start: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    // Most numbers end where their digits do.
    if let Some(len) = number_len(&bytes[start..])
        && matches!(
            bytes.get(start + len),
            Some(b',' | b' ' | b'\n' | b'\r' | b'\t' | b']' | b'}') | None
        )
    {
        return Ok(start + len);
    }
    let end = word_end(text, start);
    if number_len(&bytes[start..end]) == Some(end - start) {
        return Ok(end);
    }
    Err(number_fault(text, start, end))
}

fn number_fault(text: &str, start: usize, end: usize) -> Fault {
    let word = &text[start..end];
    let digits = word.trim_start_matches('-');
    let fault = Fault::new(start..end, format!("{} is no number", shown(word)));
    let replaced = |with: String| TextFix {
        title: format!("Change to {}", shown(&with)),
        range: start..end,
        with,
    };
    if word == "-Infinity" {
        return fault
            .hint("write \"-Infinity\", in quotes")
            .fix(replaced("\"-Infinity\"".to_owned()));
    }
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        let fault = fault.hint("numbers are decimal");
        let sign = if word.starts_with('-') { "-" } else { "" };
        return match u64::from_str_radix(hex, 16) {
            Ok(value) if !hex.starts_with('+') => fault.fix(replaced(format!("{sign}{value}"))),
            _ => fault,
        };
    }
    if digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") {
        let fault = fault.hint("a number has no leading zeros");
        let bare = digits.trim_start_matches('0');
        let zero = if bare.starts_with(|c: char| c.is_ascii_digit()) {
            ""
        } else {
            "0"
        };
        let sign = if word.starts_with('-') { "-" } else { "" };
        let with = format!("{sign}{zero}{bare}");
        return if is_number(&with) {
            fault.fix(replaced(with))
        } else {
            fault
        };
    }
    if !looks_numeric(digits) {
        return fault
            .hint("put text in double quotes")
            .fix(replaced(format!("\"{word}\"")));
    }
    fault.hint("a number is written like `-12`, `0.5` or `6.02e23`")
}

/// Whether a word that is no number is nearer to one than to a date, a version or a name.
fn looks_numeric(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, ""));
    let exponent = exponent.trim_start_matches(['+', '-']);
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    all_digits(whole) && all_digits(fraction) && all_digits(exponent)
}

/// Whether a whole text is a JSON number.
pub(super) fn is_number(text: &str) -> bool {
    number_len(text.as_bytes()) == Some(text.len())
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

/// The end of the run of letters, digits and number signs at `at`.
pub(super) fn word_end(text: &str, at: usize) -> usize {
    text[at..]
        .find(|c: char| !(is_word(c) || matches!(c, '.' | '+' | '-')))
        .map_or(text.len(), |len| at + len)
}

pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}
