//! Metadata: an ordered multimap of lower-case keys. Duplicates are kept, and the order of one key's
//! values; that is all gRPC promises.
//!
//! Invariant: what a person writes is checked ([`Metadata::push`]); what a server sends never
//! fails, values no rule allows are kept as [`Value::Raw`].
//! On the wire, both ways, the map of the `http` crate gathers the values of one key at the key's
//! first place: b, a, b goes out, and comes in, as b, b, a.
//! Spec: gRPC over HTTP/2, "Custom-Metadata" and "Binary header".

use std::fmt;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The specification: send without padding, accept both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Keys that gRPC sets, and those that HTTP/2 forbids because they speak of one connection.
const RESERVED: [&str; 10] = [
    "te",
    "content-type",
    "content-length",
    "user-agent",
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// Keys of tracing that gRPC's libraries once set, and that are set by hand while debugging.
const OPEN_GRPC_KEYS: [&str; 2] = ["grpc-trace-bin", "grpc-tags-bin"];

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Printable ASCII.
    Text(String),
    /// The bytes of a `-bin` key, decoded.
    Binary(Bytes),
    /// What the peer sent and no rule allows: bytes outside ASCII, or base64 that is none.
    Raw(Bytes),
}

/// Keys and values. What a person writes stands in their order; what was received has the values of
/// one key together, in their order.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    entries: Vec<(String, Value)>,
}

impl fmt::Debug for Metadata {
    /// Keys and lengths: values are credentials often enough, and logs are kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.iter().map(|(key, value)| {
            let (kind, bytes) = match value {
                Value::Text(text) => ("text", text.len()),
                Value::Binary(bytes) => ("binary", bytes.len()),
                Value::Raw(bytes) => ("raw", bytes.len()),
            };
            (key, format!("{kind}, {bytes} bytes"))
        });
        f.debug_map().entries(entries).finish()
    }
}

/// Why a pair cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The key is empty or holds a character outside `0-9 a-z _ - .`
    #[error("`{0}` is not a metadata key: use 0-9 a-z _ - .")]
    Key(String),
    /// gRPC or HTTP/2 sets this key itself.
    #[error("`{0}` is set by gRPC itself")]
    Reserved(String),
    /// The text holds a character outside printable ASCII.
    #[error("the value of `{0}` holds characters outside printable ASCII; use a `-bin` key")]
    Text(String),
    /// The value of a `-bin` key is not base64.
    #[error("the value of `{0}` is not base64")]
    Base64(String),
}

impl Metadata {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair as a person writes it: text, or base64 (padded or not) for a `-bin` key.
    /// Upper-case keys are lowered; surrounding spaces of a text are trimmed. One pair is one value:
    /// the specification lets senders join binary values by commas, and makes receivers take them
    /// apart; nothing but the bytes on the wire would differ, so two values are two pairs.
    ///
    /// # Errors
    /// [`MetadataError`] when gRPC does not allow the pair.
    pub fn push(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let key = key.trim().to_ascii_lowercase();
        let allowed = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'_' | b'-' | b'.');
        if key.is_empty() || !key.bytes().all(allowed) {
            return Err(MetadataError::Key(key));
        }
        let of_grpc = key.starts_with("grpc-") && !OPEN_GRPC_KEYS.contains(&key.as_str());
        if of_grpc || RESERVED.contains(&key.as_str()) {
            return Err(MetadataError::Reserved(key));
        }
        let value = value.trim();
        let value = if is_binary(&key) {
            match BASE64.decode(value) {
                Ok(bytes) => Value::Binary(Bytes::from(bytes)),
                Err(_) => return Err(MetadataError::Base64(key)),
            }
        } else if is_printable(value.as_bytes()) {
            Value::Text(value.to_owned())
        } else {
            return Err(MetadataError::Text(key));
        };
        self.entries.push((key, value));
        Ok(())
    }

    /// Adds the entries to the head of a request.
    pub(crate) fn append_to(&self, headers: &mut HeaderMap) {
        for (key, value) in &self.entries {
            let bytes = match value {
                Value::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
                Value::Binary(bytes) => Bytes::from(BASE64.encode(bytes)),
                Value::Raw(bytes) => bytes.clone(),
            };
            // `push` let nothing through that the `http` crate refuses; metadata read from a
            // server came out of the same types.
            if let (Ok(key), Ok(value)) = (
                HeaderName::from_bytes(key.as_bytes()),
                HeaderValue::from_maybe_shared(bytes),
            ) {
                headers.append(key, value);
            }
        }
    }

    /// Reads what a server sent. A `-bin` line that joins several values by commas is split.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let mut entries = Vec::with_capacity(headers.len());
        for (key, value) in headers {
            let (key, bytes) = (key.as_str(), value.as_bytes());
            if is_binary(key) {
                match decode_binary_line(bytes) {
                    Some(values) => entries.extend(
                        values
                            .into_iter()
                            .map(|value| (key.to_owned(), Value::Binary(value))),
                    ),
                    None => entries.push((key.to_owned(), raw(bytes))),
                }
                continue;
            }
            let value = match std::str::from_utf8(bytes) {
                Ok(text) if is_printable(bytes) => Value::Text(text.to_owned()),
                _ => raw(bytes),
            };
            entries.push((key.to_owned(), value));
        }
        Self { entries }
    }

    /// Puts together what was kept of metadata that was received.
    pub(crate) fn from_entries(entries: Vec<(String, Value)>) -> Self {
        Self { entries }
    }

    /// All values of a key, in order.
    pub fn get_all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Value> {
        self.iter()
            .filter_map(move |(name, value)| (name == key).then_some(value))
    }

    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// All text values of a key, joined by commas as HTTP allows; `None` when there are none.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let texts: Vec<&str> = self
            .get_all(key)
            .filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                Value::Binary(_) | Value::Raw(_) => None,
            })
            .collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The values of one `-bin` header line; `None` when it is no base64.
pub(crate) fn decode_binary_line(line: &[u8]) -> Option<Vec<Bytes>> {
    line.split(|byte| *byte == b',')
        .map(|piece| BASE64.decode(piece.trim_ascii()).ok().map(Bytes::from))
        .collect()
}

fn is_binary(key: &str) -> bool {
    key.ends_with("-bin")
}

fn is_printable(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, 0x20..=0x7e))
}

fn raw(bytes: &[u8]) -> Value {
    Value::Raw(Bytes::copy_from_slice(bytes))
}

/// Whether the values of a key of metadata are likely to let in whoever has them: `authorization`, cookies,
/// tokens and the like. Values of other keys may do so all the same.
pub fn is_credential(key: &str) -> bool {
    const WHOLE: [&str; 3] = ["auth", "x-auth", "x-auth-key"];
    // Proxies and gateways put something before the names that HTTP has, and servers echo them.
    const PARTS: [&str; 12] = [
        "authoriz",
        "cookie",
        "jwt",
        "apikey",
        "csrf",
        "token",
        "secret",
        "password",
        "passwd",
        "credential",
        "session",
        "api-key",
    ];
    let key = key.to_ascii_lowercase();
    WHOLE.contains(&key.as_str()) || PARTS.iter().any(|part| key.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(pairs: &[(&'static str, &[u8])]) -> Vec<(String, Value)> {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(*key, HeaderValue::from_bytes(value).unwrap());
        }
        Metadata::from_headers(&headers).entries
    }

    #[test]
    fn keys_that_let_somebody_in_are_known_whoever_passed_them_on() {
        for (key, wanted) in [
            ("authorization", true),
            ("Grpcgateway-Authorization", true),
            ("x-forwarded-authorization", true),
            ("grpcgateway-cookie", true),
            ("set-cookie", true),
            ("x-goog-api-key", true),
            ("x-apikey", true),
            ("x-jwt-assertion", true),
            ("x-auth", true),
            ("x-csrf", true),
            ("x-amz-security-token", true),
            ("x-author", false),
            ("x-request-id", false),
            ("content-type", false),
        ] {
            assert_eq!(is_credential(key), wanted, "{key}");
        }
    }

    #[test]
    fn keys_of_tracing_may_be_set_by_hand() {
        let mut metadata = Metadata::new();
        for key in ["grpc-trace-bin", "Grpc-Tags-Bin"] {
            assert_eq!(metadata.push(key, "AAEC"), Ok(()), "{key}");
        }
        let bytes = Value::Binary(Bytes::from_static(b"\0\x01\x02"));
        assert_eq!(metadata.get("grpc-trace-bin"), Some(&bytes));
    }

    #[test]
    fn pairs_are_checked_as_a_person_writes_them() {
        let binary = |bytes: &'static [u8]| Ok(Value::Binary(Bytes::from_static(bytes)));
        let cases = [
            ("plain", "x-a", "b", Ok(Value::Text("b".into()))),
            ("upper case", "X-A", " b c ", Ok(Value::Text("b c".into()))),
            ("empty value", "x-a", "", Ok(Value::Text(String::new()))),
            ("padded", "x-bin", "q6s=", binary(b"\xab\xab")),
            ("unpadded", "x-bin", " q6s ", binary(b"\xab\xab")),
            ("no bytes", "x-bin", "", binary(b"")),
            (
                "space in key",
                "x a",
                "b",
                Err(MetadataError::Key("x a".into())),
            ),
            ("no key", " ", "b", Err(MetadataError::Key(String::new()))),
            (
                "pseudo",
                ":path",
                "b",
                Err(MetadataError::Key(":path".into())),
            ),
            (
                "grpc's",
                "GRPC-Timeout",
                "1S",
                Err(MetadataError::Reserved("grpc-timeout".into())),
            ),
            (
                "http's",
                "te",
                "x",
                Err(MetadataError::Reserved("te".into())),
            ),
            ("umlaut", "x-a", "ü", Err(MetadataError::Text("x-a".into()))),
            (
                "line break",
                "x-a",
                "a\nb",
                Err(MetadataError::Text("x-a".into())),
            ),
            (
                "not base64",
                "x-bin",
                "a!",
                Err(MetadataError::Base64("x-bin".into())),
            ),
        ];
        for (name, key, value, expected) in cases {
            let mut metadata = Metadata::new();
            let result = metadata
                .push(key, value)
                .map(|()| metadata.entries[0].1.clone());
            assert_eq!(result, expected, "{name}");
        }
    }

    #[test]
    fn sending_keeps_duplicates_in_order_and_drops_padding() {
        let mut metadata = Metadata::new();
        for (key, value) in [("b", "1"), ("a-bin", "q6s="), ("b", "2"), ("c", "")] {
            metadata.push(key, value).unwrap();
        }
        let mut headers = HeaderMap::new();
        metadata.append_to(&mut headers);
        let sent: Vec<_> = headers
            .iter()
            .map(|(key, value)| (key.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(sent, [("b", "1"), ("b", "2"), ("a-bin", "q6s"), ("c", "")]);
    }

    #[test]
    fn receiving_never_fails() {
        let binary = |bytes: &'static [u8]| Value::Binary(Bytes::from_static(bytes));
        let raw = |bytes: &'static [u8]| Value::Raw(Bytes::from_static(bytes));
        let cases: [(&str, &'static str, &'static [u8], Vec<Value>); 8] = [
            ("text", "a", b"x y", vec![Value::Text("x y".into())]),
            ("latin-1", "a", b"\xfc", vec![raw(b"\xfc")]),
            ("utf-8", "a", "ü".as_bytes(), vec![raw("ü".as_bytes())]),
            ("tab", "a", b"x\ty", vec![raw(b"x\ty")]),
            ("padded", "a-bin", b"q6s=", vec![binary(b"\xab\xab")]),
            (
                "joined",
                "a-bin",
                b"q6s=, q6s",
                vec![binary(b"\xab\xab"); 2],
            ),
            ("empty", "a-bin", b"", vec![binary(b"")]),
            ("broken", "a-bin", b"q6s,!", vec![raw(b"q6s,!")]),
        ];
        for (name, key, value, expected) in cases {
            let values: Vec<_> = received(&[(key, value)]).into_iter().map(|e| e.1).collect();
            assert_eq!(values, expected, "{name}");
        }
    }

    #[test]
    fn values_of_one_key_keep_their_order_and_stand_together() {
        let entries = received(&[("b", b"1"), ("a", b"2"), ("b", b"3")]);
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            entries,
            [
                ("b".into(), text("1")),
                ("b".into(), text("3")),
                ("a".into(), text("2")),
            ]
        );
    }

    #[test]
    fn a_log_of_metadata_shows_no_values() {
        let mut metadata = Metadata::new();
        metadata.push("authorization", "Bearer hunter2").unwrap();
        metadata.push("x-bin", "aHVudGVyMg").unwrap();
        let debug = format!("{metadata:?}");
        assert!(
            debug.contains("\"authorization\": \"text, 14 bytes\""),
            "{debug}"
        );
        assert!(!debug.contains("hunter2"), "{debug}");
        assert!(!debug.contains("104, 117"), "{debug}");
    }
}
