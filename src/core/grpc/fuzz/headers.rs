//! What stands in heads and trailers.

use std::str;

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_STANDARD_NO_PAD};
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::{
    fuzz::Input,
    grpc::{
        Code, Metadata, Origin, Outcome, Value,
        metadata::decode_binary_line,
        outcome::{Answer, read_head, read_trailers, second_answer, without_answer},
        percent::decode_percent,
        printable::{disturbs, printable},
    },
};

/// More lines would only be slow.
const MOST_LINES: usize = 64;

/// Codes that only a server may say: no library makes them (`statuscodes.md`).
const SERVERS_OWN: [Code; 8] = [
    Code::OK,
    Code::INVALID_ARGUMENT,
    Code::NOT_FOUND,
    Code::ALREADY_EXISTS,
    Code::FAILED_PRECONDITION,
    Code::ABORTED,
    Code::OUT_OF_RANGE,
    Code::DATA_LOSS,
];

/// Longest sentence of our own about what a peer said.
const MOST_CHARS: usize = 1_000;

/// `key:value` a line; what is no header is left out.
fn headers(text: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in text.split(|byte| *byte == b'\n').take(MOST_LINES) {
        let colon = line.iter().position(|byte| *byte == b':');
        let (key, value) = line.split_at(colon.unwrap_or(line.len()));
        if let (Ok(key), Ok(value)) = (
            HeaderName::from_bytes(key),
            HeaderValue::from_bytes(value.get(1..).unwrap_or_default()),
        ) {
            headers.append(key, value);
        }
    }
    headers
}

/// Percent-decoding and what is made fit for a screen: nothing is dropped, what is encoded comes back,
/// and no character is let through that changes the text around it.
pub fn percent(data: &[u8]) {
    let decoded = decode_percent(data);
    assert_eq!(decoded.is_empty(), data.is_empty());
    let as_it_came = String::from_utf8_lossy(data);
    if !data.contains(&b'%') {
        assert_eq!(decoded, as_it_came);
    }
    let mut encoded = String::new();
    for byte in as_it_came.bytes() {
        match byte {
            b'%' | 0..0x20 | 0x7f.. => encoded.push_str(&format!("%{byte:02X}")),
            plain => encoded.push(plain.into()),
        }
    }
    assert_eq!(decode_percent(encoded.as_bytes()), as_it_came);
    assert_eq!(
        decode_percent(encoded.to_lowercase().as_bytes()).len(),
        as_it_came.len()
    );

    let most = usize::from(data.first().copied().unwrap_or(0));
    let shown = printable(&decoded, most);
    let turns = |char| matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!shown.contains(|char: char| char.is_control() || disturbs(char) || turns(char)));
    let fits = decoded.chars().count() <= most;
    if fits && !decoded.contains(disturbs) {
        assert_eq!(shown, decoded);
    }
    assert!(fits || shown.ends_with('…'));
}

/// Metadata and base64: nothing a peer sends is lost, what was read is written back the same, and
/// what a person may write leaves as it was written.
pub fn metadata(data: &[u8]) {
    let received = headers(data);
    let read = Metadata::from_headers(&received);
    let mut written = HeaderMap::new();
    read.append_to(&mut written);
    assert_eq!(written.len(), read.len());
    assert_eq!(Metadata::from_headers(&written), read);
    for (key, value) in &received {
        let mut kept = read.iter().filter(|(name, _)| *name == key.as_str());
        let bytes = value.as_bytes();
        if !key.as_str().ends_with("-bin") {
            assert!(kept.any(|(_, kept)| match kept {
                Value::Text(text) => text.as_bytes() == bytes,
                Value::Raw(raw) => raw == bytes,
                Value::Binary(_) => false,
            }));
        } else if let Some(values) = decode_binary_line(bytes) {
            let kept: Vec<_> = kept.map(|(_, kept)| kept).collect();
            assert!(
                values
                    .into_iter()
                    .all(|value| kept.contains(&&Value::Binary(value)))
            );
        } else {
            assert!(kept.any(|(_, kept)| matches!(kept, Value::Raw(raw) if raw == bytes)));
        }
    }

    for encoded in [
        BASE64_STANDARD.encode(data),
        BASE64_STANDARD_NO_PAD.encode(data),
        format!("{}, /w==", BASE64_STANDARD.encode(data)),
    ] {
        let decoded = decode_binary_line(encoded.as_bytes()).unwrap_or_default();
        assert_eq!(decoded.first().map(AsRef::as_ref), Some(data));
    }

    let mut input = Input::new(data);
    let (key, value) = (input.part(), input.part());
    if let (Ok(key), Ok(value)) = (str::from_utf8(key), str::from_utf8(value)) {
        let mut own = Metadata::new();
        let taken = own.push(key, value).is_ok();
        let mut sent = HeaderMap::new();
        own.append_to(&mut sent);
        assert_eq!(sent.len(), usize::from(taken));
        assert_eq!(Metadata::from_headers(&sent), own);
    }
}

/// How a call ended: total, the same every time, and no code that only a server may say unless the
/// server said it.
pub fn outcome(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let status = StatusCode::from_u16(200 + input.u16() % 800).unwrap_or_default();
    let status = if flags & 4 == 0 {
        StatusCode::OK
    } else {
        status
    };
    let (ended, whole) = (flags & 1 != 0, flags & 2 != 0);
    let reason = Reason::from(u32::from(input.u16()));
    let (head, trailers) = (headers(input.part()), headers(input.part()));

    let answer = || format!("{:?}", read_head(status, &head, ended));
    assert_eq!(answer(), answer());
    match read_head(status, &head, ended) {
        Answer::Ended(outcome) => {
            assert!(ended);
            check_outcome(&outcome);
            assert_eq!(outcome.trailers, Metadata::from_headers(&head));
        }
        Answer::Messages(_) => assert!(!ended && status == StatusCode::OK),
        Answer::Refused(outcome) => check_outcome(&outcome),
        Answer::Foreign(mut foreign) => check_outcome(&foreign.outcome()),
    }

    let end = || format!("{:?}", read_trailers(Some(&trailers), whole));
    assert_eq!(end(), end());
    let mut end = read_trailers(Some(&trailers), whole);
    check_outcome(&end);
    assert!(whole || end.status.code != Code::OK);
    assert_eq!(end.trailers, Metadata::from_headers(&trailers));
    without_answer(&mut end);
    check_outcome(&end);
    check_outcome(&read_trailers(None, whole));
    check_outcome(&second_answer());
    assert!(!SERVERS_OWN.contains(&Code::from_reset(reason)));
}

/// What holds of every outcome: what counts as the server's own word stands in its trailers.
pub(super) fn check_outcome(outcome: &Outcome) {
    let code = outcome.status.code;
    let message = &outcome.status.message;
    let own_word = match outcome.origin {
        Origin::Trailers | Origin::TrailersOnly => {
            let said = says(code, &outcome.trailers);
            assert!(said || code == Code::UNKNOWN && !message.is_empty());
            said || says_message(message, &outcome.trailers)
        }
        _ => false,
    };
    if !own_word {
        assert!(!SERVERS_OWN.contains(&code), "{outcome:?}");
        assert!(!message.is_empty());
        assert!(!message.contains(disturbs), "{message:?}");
        assert!(message.chars().count() <= MOST_CHARS);
    }
}

/// Whether a code is the server's `grpc-status`.
fn says(code: Code, trailers: &Metadata) -> bool {
    let mut said = trailers.iter().filter(|(key, _)| *key == "grpc-status");
    said.any(|(_, value)| match value {
        Value::Text(text) => text.parse() == Ok(code.0),
        Value::Raw(_) | Value::Binary(_) => false,
    })
}

/// Whether a message is the server's `grpc-message`.
fn says_message(message: &str, trailers: &Metadata) -> bool {
    let mut said = trailers.iter().filter(|(key, _)| *key == "grpc-message");
    said.any(|(_, value)| match value {
        Value::Text(text) => decode_percent(text.as_bytes()) == message,
        Value::Raw(raw) => decode_percent(raw) == message,
        Value::Binary(_) => false,
    })
}
