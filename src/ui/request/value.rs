//! What a person types into a field, as JSON, and back. Pure.
//!
//! Nothing typed is refused: what does not fit is kept as a JSON string, and the check of the whole
//! body marks it with its reason.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use stubless_core::message::{Document, FieldKind};

/// How bytes are typed and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum BytesMode {
    /// As in the document.
    #[default]
    Base64,
    /// UTF-8.
    Text,
    /// Two digits a byte; space, `:` and `-` between them are ignored.
    Hex,
}

impl BytesMode {
    /// Its name on screen.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Text => "text",
            Self::Hex => "hex",
        }
    }
}

/// ProtoJSON takes standard and URL-safe base64, padded or not; these two take what each alphabet allows.
const DECODERS: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT),
    GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT),
];
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// A text as a JSON string.
pub(super) fn json_string(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A number as typed: a JSON number where it is one, else a string. `quoted` asks for a string
/// always, as ProtoJSON writes 64-bit integers.
pub(super) fn json_number(text: &str, quoted: bool) -> String {
    let text = text.trim();
    if !quoted && is_json_number(text) {
        text.to_owned()
    } else {
        json_string(text)
    }
}

/// The number grammar of JSON (RFC 8259, section 6).
pub(super) fn is_json_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// Numbers of more digits lose some in tools that read JSON numbers as `double`.
const EXACT_DIGITS: usize = 15;

/// The JSON of what was typed into a field of a kind; `sample` is the JSON of its default.
pub(super) fn json_of(kind: &FieldKind, text: &str, sample: &str) -> String {
    match kind {
        FieldKind::Integer { bits, .. } => {
            let long = *bits == 64 && text.trim().len() > EXACT_DIGITS;
            json_number(text, long || sample.starts_with('"'))
        }
        FieldKind::Float => json_number(text, sample.starts_with('"')),
        _ => json_string(text),
    }
}

/// The bytes of a base64 text; `None` when it is none (a template, half-typed).
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    DECODERS
        .iter()
        .find_map(|decoder| decoder.decode(text.trim()).ok())
}

/// Bytes as shown in a mode; `None` when they cannot be: not base64, or not UTF-8 for text.
pub(super) fn show_bytes(base64: &str, mode: BytesMode) -> Option<String> {
    match mode {
        BytesMode::Base64 => Some(base64.to_owned()),
        BytesMode::Text => String::from_utf8(decode_base64(base64)?).ok(),
        BytesMode::Hex => {
            let bytes = decode_base64(base64)?;
            let pairs: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
            Some(pairs.join(" "))
        }
    }
}

/// Bytes as they stand in a document.
pub(super) fn encode_base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Base64 of bytes typed in a mode; `None` for hex that is none.
pub(super) fn take_bytes(text: &str, mode: BytesMode) -> Option<String> {
    match mode {
        BytesMode::Base64 => Some(text.trim().to_owned()),
        BytesMode::Text => Some(encode_base64(text.as_bytes())),
        BytesMode::Hex => {
            let digits: Vec<u32> = text
                .chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, ':' | '-'))
                .map(|c| c.to_digit(16))
                .collect::<Option<_>>()?;
            if !digits.len().is_multiple_of(2) {
                return None;
            }
            let bytes: Vec<u8> = digits
                .chunks_exact(2)
                .filter_map(|pair| match pair {
                    [high, low] => u8::try_from(high * 16 + low).ok(),
                    _ => None,
                })
                .collect();
            Some(encode_base64(&bytes))
        }
    }
}

/// Whether a text can stand as a value in a document.
pub(super) fn is_json(text: &str) -> bool {
    let document = Document::new(text);
    !document.is_empty() && document.syntax_error().is_none()
}

/// A key of a map that is not taken yet, fitting its key type.
pub(super) fn fresh_key(map_type: &str, taken: &[String]) -> String {
    let key_type = map_type
        .strip_prefix("map<")
        .and_then(|rest| rest.split(',').next())
        .unwrap_or("string");
    let free = |key: &String| !taken.contains(key);
    let candidates: Box<dyn Iterator<Item = String>> = match key_type.trim() {
        "bool" => Box::new(["true", "false"].into_iter().map(str::to_owned)),
        "string" => {
            Box::new(std::iter::once("key".to_owned()).chain((2_u64..).map(|n| format!("key{n}"))))
        }
        _ => Box::new((0_u64..).map(|n| n.to_string())),
    };
    candidates
        .take(taken.len() + 1)
        .find(free)
        .unwrap_or_else(|| format!("key{}", taken.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_to_the_digit_and_mistakes_become_strings() {
        for (typed, quoted, json) in [
            ("42", false, "42"),
            (" -1.50e+3 ", false, "-1.50e+3"),
            ("9007199254740993", false, "9007199254740993"),
            ("9007199254740993", true, "\"9007199254740993\""),
            ("01", false, "\"01\""),
            ("1.", false, "\"1.\""),
            ("-", false, "\"-\""),
            ("NaN", false, "\"NaN\""),
            ("{{ n }}", false, "\"{{ n }}\""),
            ("", false, "\"\""),
        ] {
            assert_eq!(json_number(typed, quoted), json, "{typed}");
        }
    }

    #[test]
    fn bytes_go_through_every_mode_and_back() {
        for (mode, shown) in [
            (BytesMode::Base64, "aGnDqQ=="),
            (BytesMode::Text, "hié"),
            (BytesMode::Hex, "68 69 c3 a9"),
        ] {
            assert_eq!(show_bytes("aGnDqQ==", mode).as_deref(), Some(shown));
            assert_eq!(take_bytes(shown, mode).as_deref(), Some("aGnDqQ=="));
        }
    }

    #[test]
    fn bytes_that_cannot_be_shown_or_taken_say_so() {
        assert_eq!(show_bytes("_w", BytesMode::Text), None, "not UTF-8");
        assert_eq!(show_bytes("_w", BytesMode::Hex).as_deref(), Some("ff"));
        assert_eq!(show_bytes("{{ b }}", BytesMode::Hex), None, "a template");
        assert_eq!(take_bytes("abc", BytesMode::Hex), None, "half a byte");
        assert_eq!(take_bytes("zz", BytesMode::Hex), None, "no digit");
        assert_eq!(take_bytes("0A:ff", BytesMode::Hex).as_deref(), Some("Cv8="));
    }

    #[test]
    fn a_new_key_fits_the_map_and_is_free() {
        let taken = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>();
        for (map, keys, expected) in [
            ("map<string, int32>", taken(&[]), "key"),
            ("map<string, int32>", taken(&["key", "key2"]), "key3"),
            ("map<int32, string>", taken(&["0"]), "1"),
            ("map<bool, string>", taken(&["true"]), "false"),
            ("map<bool, string>", taken(&["true", "false"]), "key3"),
        ] {
            assert_eq!(fresh_key(map, &keys), expected, "{map} {keys:?}");
        }
    }
}
