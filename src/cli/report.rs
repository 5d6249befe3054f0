//! What is said on standard error.
//!
//! Texts of servers go through [`printable`]: a status message must not move the cursor or change
//! the terminal's title.

use std::io::{self, Write as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use stubless_core::{
    call::{Failure, StatusDetail},
    grpc::{Code, ConnectInfo, Metadata, Status, Value, Verification, disturbs},
    schema::Problem,
};

/// Problems of one schema that are told one by one.
const MAX_PROBLEMS: usize = 20;

/// Writes a line. An error is ignored: there is no other place to tell it.
pub(super) fn line(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{}", printable(text));
}

/// Writes a card.
pub(super) fn failure(failure: &Failure) {
    line(&format!("error: {}", failure.summary));
    if !failure.reason.is_empty() {
        line(&indented(&failure.reason));
    }
    if !failure.hint.is_empty() {
        line(&indented(&format!("hint: {}", failure.hint)));
    }
}

/// Writes what of a schema could not be used.
pub(super) fn problems(problems: &[Problem]) {
    for problem in problems.iter().take(MAX_PROBLEMS) {
        let place = match problem.place {
            Some((row, column)) => format!("{}:{row}:{column}", problem.file),
            None => problem.file.clone(),
        };
        line(&format!("warning: {place}: {}", problem.reason));
        if let Some(hint) = &problem.hint {
            line(&indented(&format!("hint: {hint}")));
        }
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        line(&format!("warning: and {more} more"));
    }
}

/// Writes a status other than OK: code, message, details as JSON.
pub(super) fn status(status: &Status, details: &[StatusDetail]) {
    line(&format!("status: {}", code_name(status.code)));
    if !status.message.is_empty() {
        line(&format!("message: {}", status.message));
    }
    if !details.is_empty() {
        line(&format!("details: {}", details_json(details)));
    }
}

/// `NOT_FOUND (5)`
pub(super) fn code_name(code: Code) -> String {
    match code.name() {
        Some(name) => format!("{name} ({})", code.0),
        None => format!("code {}", code.0),
    }
}

/// Writes what is known of the connection.
pub(super) fn connection(info: &ConnectInfo) {
    let peer = match (info.peer, &info.proxy) {
        (_, Some(proxy)) => format!("the server through the proxy {proxy}"),
        (Some(peer), None) => peer.to_string(),
        (None, None) => "a socket of this machine".to_owned(),
    };
    let how = match &info.tls {
        Some(tls) => tls.to_string(),
        None => "plaintext".to_owned(),
    };
    let took = info.timings.total();
    line(&format!("* connected to {peer} ({how}) in {took:.1?}"));
    let Some(tls) = &info.tls else {
        return;
    };
    if let Some(certificate) = &tls.certificate {
        line(&format!("*   certificate of {}", certificate.subject));
        line(&format!("*   signed by {}", certificate.issuer));
        line(&format!("*   for {}", certificate.names.join(", ")));
        let (from, to) = (&certificate.not_before, &certificate.not_after);
        line(&format!("*   valid from {from} until {to}"));
        line(&format!("*   SHA-256 {}", certificate.fingerprint));
    }
    match tls.verification {
        Verification::Full => {}
        Verification::Pinned(_) => line("*   trusted because it is pinned"),
        Verification::Skip => line("*   not checked"),
    }
}

/// Warns, whether or not it was asked: this is never silent.
pub(super) fn warnings(info: &ConnectInfo) {
    if info.is_unverified() {
        line("warning: the server's certificate was not checked");
    }
    if info.tls.as_ref().is_some_and(|tls| tls.key_logged) {
        line("warning: the TLS secrets are written to a file: who has it can read this connection");
    }
    if info.tls.as_ref().is_some_and(|tls| tls.alpn.is_none()) {
        line("warning: the server chose no protocol by ALPN");
    }
}

/// Writes the body of an answer that is not gRPC.
pub(super) fn body(body: &[u8], whole: bool) {
    // The last character may be cut off.
    let is_text = std::str::from_utf8(body).map_or_else(|e| e.error_len().is_none(), |_| true);
    line(&format!("* body, {} bytes", body.len()));
    if is_text {
        line(
            String::from_utf8_lossy(body)
                .replace("\r\n", "\n")
                .trim_end(),
        );
    } else {
        line("* it is no text");
    }
    if !whole {
        line("* the body goes on; only its start is kept");
    }
}

/// Writes metadata, `mark` before each pair: `>` for sent, `<` for received.
pub(super) fn metadata(title: &str, mark: char, metadata: &Metadata) {
    line(&format!("* {title}"));
    for (key, value) in metadata.iter() {
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Binary(bytes) => BASE64_STANDARD.encode(bytes),
            Value::Raw(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        line(&format!("{mark} {key}: {value}"));
    }
}

/// The details as one JSON array, each in the form that `google.protobuf.Any` has in JSON.
fn details_json(details: &[StatusDetail]) -> String {
    let items = details.iter().map(|detail| {
        let mut object = serde_json::Map::new();
        object.insert("@type".to_owned(), detail.type_url.clone().into());
        match serde_json::from_str(&detail.json) {
            Ok(serde_json::Value::Object(fields)) => {
                let fields = fields.into_iter().filter(|(key, _)| key != "@type");
                object.extend(fields);
            }
            Ok(value) => {
                object.insert("value".to_owned(), value);
            }
            Err(_) => {
                object.insert("value".to_owned(), detail.json.clone().into());
            }
        }
        serde_json::Value::Object(object)
    });
    let array = serde_json::Value::Array(items.collect());
    // The alternate form of a value is pretty JSON, and cannot fail.
    format!("{array:#}")
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

/// The text with control characters written as escapes; line ends stay.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if disturbs(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_a_server_do_not_reach_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\nc\u{9b}"),
            "a\\u{1b}[31mb\nc\\u{9b}"
        );
    }

    #[test]
    fn details_are_written_as_any_is() {
        let details = [
            ("t/a.B", r#"{"field": "18446744073709551615"}"#),
            ("t/c.D", r#""AAE=""#),
            ("t/e.F", "no JSON"),
        ]
        .map(|(type_url, json)| StatusDetail {
            type_url: type_url.to_owned(),
            json: json.to_owned(),
            decoded: true,
        });
        let json: serde_json::Value = serde_json::from_str(&details_json(&details)).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"@type": "t/a.B", "field": "18446744073709551615"},
                {"@type": "t/c.D", "value": "AAE="},
                {"@type": "t/e.F", "value": "no JSON"},
            ])
        );
    }
}
