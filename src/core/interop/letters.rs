//! Bytes written in letters: base64, hexadecimal in the ways that programs print it, lists of numbers.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::message::wire_tree::{dump_bytes, is_dump};

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Base64, standard or URL-safe, padded or not.
    Base64,
    /// Two digits a byte, with or without separators and `0x`.
    Hex,
    /// Lines with offsets: `xxd`, `hexdump -C`, Wireshark.
    Dump,
    /// `b'\n\x05hello'`, as Python and C write them.
    Escaped,
    /// `[10 5 104]` or `[10, 5, 104]`, as Go, Java and JavaScript print them.
    Decimal,
}

impl Encoding {
    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Dump => "hex dump",
            Self::Escaped => "escaped bytes",
            Self::Decimal => "list of bytes",
        }
    }
}

/// Every way in which a text is bytes; the most distinct first.
pub(super) fn readings(text: &str) -> Vec<(Encoding, Vec<u8>)> {
    let text = text.trim();
    let found = [
        (Encoding::Dump, dump_bytes(text)),
        (Encoding::Escaped, escaped(text)),
        (Encoding::Hex, hex(text)),
        (Encoding::Decimal, decimal(text)),
        (Encoding::Base64, base64(text)),
    ];
    let found = found.into_iter();
    found
        .filter_map(|(encoding, bytes)| Some((encoding, bytes?)))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

/// What a text may be wrapped in.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        let inside = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
        if let Some(inside) = inside {
            return inside.trim();
        }
    }
    text
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    // Lines may be broken anywhere; words side by side are no base64.
    let text = unquoted(text);
    if text.lines().any(|line| line.trim().contains([' ', '\t'])) {
        return None;
    }
    let mut letters = Vec::with_capacity(text.len());
    let mut url = false;
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => letters.push(byte),
            b'-' | b'_' => {
                url = true;
                letters.push(byte);
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => return None,
        }
    }
    let engine = if url { &URL_SAFE } else { &STANDARD };
    engine.decode(&letters).ok()
}

fn digit(byte: u8) -> Option<u8> {
    // A digit of base 16 fits a byte.
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Pairs of digits.
fn pairs(digits: &[u8], out: &mut Vec<u8>) -> Option<()> {
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return None };
        out.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(())
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | ',' | ';' | '-' | '{' | '}' | '[' | ']' | '(' | ')')
}

/// `0a056865`, `0a 05 68`, `0a:05:68`, `0x0a, 0x05`, `\x0a\x05`.
fn hex(text: &str) -> Option<Vec<u8>> {
    let text = unquoted(text);
    if is_dump(text) {
        // One that lost lines; its offsets are no bytes.
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 2);
    let spaced = text.split(is_separator).filter(|token| !token.is_empty());
    for token in spaced {
        for part in token.split("\\x").filter(|part| !part.is_empty()) {
            let prefixed = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
            let digits = prefixed.unwrap_or(part).as_bytes();
            match digits {
                // `0xa` is a byte; a lone digit without the mark is not hexadecimal of anything.
                [single] if prefixed.is_some() => out.push(digit(*single)?),
                _ => pairs(digits, &mut out)?,
            }
        }
    }
    Some(out)
}

/// `b'…'`, `b"…"`, or a text in which every byte that is no letter has an escape.
fn escaped(text: &str) -> Option<Vec<u8>> {
    let inside = text
        .strip_prefix('b')
        .filter(|rest| rest.starts_with(['\'', '"']));
    let inside = match inside {
        Some(quoted) => unquoted_raw(quoted)?,
        None if text.contains("\\x") || text.contains("\\0") => unquoted_raw(text).unwrap_or(text),
        None => return None,
    };
    let mut out = Vec::with_capacity(inside.len());
    let mut bytes = inside.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            if !byte.is_ascii() {
                return None;
            }
            out.push(byte);
            continue;
        }
        out.push(match bytes.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'x' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            first @ b'0'..=b'7' => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(|b| (b'0'..=b'7').contains(b)) else {
                        break;
                    };
                    value = value * 8 + u32::from(next - b'0');
                }
                u8::try_from(value).ok()?
            }
            other @ (b'\\' | b'\'' | b'"' | b'?') => other,
            _ => return None,
        });
    }
    Some(out)
}

fn unquoted_raw(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.strip_prefix(quote)?.strip_suffix(quote)
}

/// Numbers from -128 to 255 in brackets.
fn decimal(text: &str) -> Option<Vec<u8>> {
    const NAMES: [&str; 6] = [
        "[]byte",
        "Buffer",
        "bytearray",
        "new byte[]",
        "&vec!",
        "vec!",
    ];
    let named = NAMES.iter().find_map(|name| text.strip_prefix(name));
    let list = named.unwrap_or(text).trim_start();
    let inside = list.strip_prefix(['[', '{'])?.strip_suffix([']', '}'])?;
    let mut out = Vec::new();
    for token in inside.split([' ', ',', '\n', '\r', '\t']) {
        let token = token.trim();
        if token.is_empty() {
            continue;
        }
        let number: i16 = token.parse().ok()?;
        // Java's bytes have a sign.
        let byte = u8::try_from(number).or_else(|_| i8::try_from(number).map(|n| n as u8));
        out.push(byte.ok()?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = b"\n\x05hello";
    const LONG: &[u8] = b"\n\x05hello\x12\x0bworld face be";

    fn only(text: &str) -> (Encoding, Vec<u8>) {
        let mut found = readings(text).into_iter();
        found.next().unwrap_or_else(|| panic!("{text} is nothing"))
    }

    #[test]
    fn bytes_are_read_in_every_way_they_are_written() {
        use Encoding::{Base64, Decimal, Dump, Escaped, Hex};
        for (encoding, text) in [
            (Hex, "0a0568656c6c6f"),
            (Hex, "0A 05 68 65 6C 6C 6F\n"),
            (Hex, "0a:05:68:65:6c:6c:6f"),
            (Hex, "0a05 6865 6c6c 6f"),
            (Hex, "0x0a0568656c6c6f"),
            (Hex, "{0xa, 0x5, 0x68, 0x65, 0x6c, 0x6c, 0x6f}"),
            (Escaped, "\\x0a\\x05\\x68\\x65\\x6c\\x6c\\x6f"),
            (Escaped, "b'\\n\\x05hello'"),
            (Escaped, "\"\\n\\005hello\""),
            (Decimal, "[10 5 104 101 108 108 111]"),
            (Decimal, "[10, 5, 104, 101, 108, 108, 111]"),
            (Decimal, "[]byte{10, 5, 104, 101, 108, 108, 111}"),
            (Base64, "CgVoZWxsbw=="),
            (Base64, "CgVoZWxsbw"),
            (Base64, "\"CgVo\n  ZWxs\nbw==\""),
            (
                Dump,
                "00000000: 0a05 6865 6c6c 6f                        ..hello",
            ),
            (
                Dump,
                "00000000  0a 05 68 65 6c 6c 6f                              |..hello|\n00000007",
            ),
            (
                Dump,
                "0000   0a 05 68 65 6c 6c 6f                              ..hello",
            ),
            (
                Dump,
                "000000 0a 05 68 65 6c 6c 6f                             >..hello<",
            ),
        ] {
            assert_eq!(only(text), (encoding, HELLO.to_vec()), "{text}");
        }
    }

    #[test]
    fn the_last_column_of_a_dump_is_no_hexadecimal() {
        for text in [
            "00000000: 0a05 6865 6c6c 6f12 0b77 6f72 6c64 2066  ..hello..world f\n00000010: 6163 6520 6265                           ace be",
            "00000000  0a 05 68 65 6c 6c 6f 12  0b 77 6f 72 6c 64 20 66  |..hello..world f|\n00000010  61 63 65 20 62 65                                 |ace be|\n00000016\n",
            "0000   0a 05 68 65 6c 6c 6f 12 0b 77 6f 72 6c 64 20 66   ..hello..world f\n0010   61 63 65 20 62 65                                 ace be",
        ] {
            assert_eq!(only(text), (Encoding::Dump, LONG.to_vec()), "{text}");
        }
    }

    #[test]
    fn repeated_lines_of_a_dump_are_filled_in() {
        let text = "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000040  01  |.|\n00000041";
        let (_, bytes) = only(text);
        assert_eq!(bytes.len(), 65);
        assert_eq!(bytes.last(), Some(&1));
    }

    #[test]
    fn what_is_no_bytes_is_none() {
        for text in [
            "",
            "   ",
            "hello world",
            "0a056",
            "{\"a\": 1}",
            "[256]",
            "[1, x]",
            "é",
        ] {
            assert_eq!(readings(text), [], "{text}");
        }
        // Nothing but hexadecimal digits is also base64: both are offered.
        let both: Vec<_> = readings("0a0568656c6c")
            .into_iter()
            .map(|(e, _)| e)
            .collect();
        assert_eq!(both, [Encoding::Hex, Encoding::Base64]);
    }
}
