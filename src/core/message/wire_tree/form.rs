//! Bytes as text that other programs take, and text that people paste as bytes.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::dump;

/// Bytes a line of an array.
const LINE: usize = 12;

/// A form of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BytesForm {
    /// `0a 05 68`
    Hex,
    /// `CgVo`
    Base64,
    /// `unsigned char message[] = { 0x0a, … };`
    CArray,
    /// `const MESSAGE: [u8; 3] = [ 0x0a, … ];`
    RustArray,
    /// `"\n\x05h"`, as C, Go, Python and Rust read it.
    Escaped,
}

impl BytesForm {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 5] = [
        Self::Hex,
        Self::Base64,
        Self::CArray,
        Self::RustArray,
        Self::Escaped,
    ];

    /// What a menu calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hex => "Hex",
            Self::Base64 => "Base64",
            Self::CArray => "C array",
            Self::RustArray => "Rust array",
            Self::Escaped => "Escaped string",
        }
    }

    /// Bytes in this form.
    pub fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => {
                let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                pairs.join(" ")
            }
            Self::Base64 => BASE64_STANDARD.encode(bytes),
            Self::CArray => {
                let lines = array_lines(bytes);
                format!("unsigned char message[{}] = {{\n{lines}}};\n", bytes.len())
            }
            Self::RustArray => {
                let lines = array_lines(bytes);
                format!("const MESSAGE: [u8; {}] = [\n{lines}];\n", bytes.len())
            }
            Self::Escaped => escaped(bytes),
        }
    }
}

fn array_lines(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(LINE) {
        text.push_str("   ");
        for byte in line {
            // Writing to a String does not fail.
            let _ = write!(text, " 0x{byte:02x},");
        }
        text.push('\n');
    }
    text
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    let mut after_hex = false;
    for &byte in bytes {
        let hex = match byte {
            b'\n' => Some("\\n"),
            b'\r' => Some("\\r"),
            b'\t' => Some("\\t"),
            b'"' => Some("\\\""),
            b'\\' => Some("\\\\"),
            _ => None,
        };
        // In C a hex escape goes on as far as there are digits.
        let splits = after_hex && byte.is_ascii_hexdigit();
        match hex {
            Some(escape) => text.push_str(escape),
            None if (b' '..=b'~').contains(&byte) && !splits => text.push(char::from(byte)),
            None => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        after_hex = hex.is_none() && (!(b' '..=b'~').contains(&byte) || splits);
    }
    text.push('"');
    text
}

/// Hex as people have it: with or without spaces, commas, `0x`, or a dump with offsets and text; or base64.
/// `None` for anything else, and for nothing.
pub fn parse_dump(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if dump::is_dump(text) {
        return dump::dump_bytes(text);
    }
    let hex = dump::dump_bytes(text).or_else(|| hex_bytes(text));
    hex.or_else(|| {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        // An odd number of digits is a slip, though base64 would take it.
        if compact.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let compact = compact.replace('-', "+").replace('_', "/");
        let padded = compact.trim_end_matches('=');
        let padding = "=".repeat((4 - padded.len() % 4) % 4);
        let bytes = BASE64_STANDARD.decode(format!("{padded}{padding}")).ok()?;
        (!bytes.is_empty()).then_some(bytes)
    })
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let mut digits = Vec::new();
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '[' | ']' | '{' | '}'));
    for word in words.filter(|word| !word.is_empty()) {
        let word = word
            .strip_prefix("0x")
            .or_else(|| word.strip_prefix("\\x"))
            .unwrap_or(word);
        if word.len() % 2 == 1 && word.len() > 1 {
            return None;
        }
        if word.len() == 1 {
            digits.push(b'0');
        }
        digits.extend_from_slice(word.as_bytes());
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks(2) {
        let [high, low] = *pair else {
            return None;
        };
        let byte = nibble(high)? << 4 | nibble(low)?;
        bytes.push(u8::try_from(byte).ok()?);
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// What is looked for: pairs of hex digits are bytes, anything else, or what stands in quotes, is text.
/// `None` for nothing.
pub fn parse_pattern(text: &str) -> Option<Vec<u8>> {
    let quoted = text
        .strip_prefix('"')
        .map(|rest| rest.strip_suffix('"').unwrap_or(rest));
    if let Some(quoted) = quoted {
        return (!quoted.is_empty()).then(|| quoted.as_bytes().to_vec());
    }
    let pattern = hex_bytes(text).unwrap_or_else(|| text.as_bytes().to_vec());
    (!pattern.is_empty()).then_some(pattern)
}

/// Where a pattern stands first in a part of the bytes.
pub fn find_in(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let (first, rest) = pattern.split_first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| byte == first)?;
        if bytes.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_forms_of_other_programs() {
        let bytes = b"\n\x05hi\"\xffa";
        for (form, want) in [
            (BytesForm::Hex, "0a 05 68 69 22 ff 61"),
            (BytesForm::Base64, "CgVoaSL/YQ=="),
            (
                BytesForm::CArray,
                "unsigned char message[7] = {\n    0x0a, 0x05, 0x68, 0x69, 0x22, 0xff, 0x61,\n};\n",
            ),
            (
                BytesForm::RustArray,
                "const MESSAGE: [u8; 7] = [\n    0x0a, 0x05, 0x68, 0x69, 0x22, 0xff, 0x61,\n];\n",
            ),
            // The last `a` is a hex digit.
            (BytesForm::Escaped, "\"\\n\\x05hi\\\"\\xff\\x61\""),
        ] {
            assert_eq!(form.write(bytes), want, "{}", form.name());
        }
    }

    #[test]
    fn pasted_bytes_are_read_in_every_usual_form() {
        let want = Some(b"\n\x05hi".to_vec());
        for text in [
            "0a056869",
            "0A 05 68 69",
            "0x0a, 0x05, 0x68, 0x69",
            "[0a:05:68:69]",
            "\\x0a \\x05 \\x68 \\x69",
            " 0a05\n6869 ",
            "CgVoaQ==",
            "CgVoaQ",
        ] {
            assert_eq!(parse_dump(text), want, "{text}");
        }
        for text in ["", "  ", "0a0", "no bytes!", "{}"] {
            assert_eq!(parse_dump(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_looked_for_is_bytes_or_text() {
        for (text, want) in [
            ("68 69", Some(b"hi".to_vec())),
            ("hello", Some(b"hello".to_vec())),
            ("\"face\"", Some(b"face".to_vec())),
            ("face", Some(vec![0xfa, 0xce])),
            ("", None),
            ("\"", None),
        ] {
            assert_eq!(parse_pattern(text), want, "{text}");
        }
        assert_eq!(find_in(b"aabaac", b"aac"), Some(3));
        assert_eq!(find_in(b"aabaac", b"x"), None);
        assert_eq!(find_in(b"aab", b""), None);
    }
}
