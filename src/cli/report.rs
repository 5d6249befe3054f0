//! What is said on standard error.
//!
//! Texts of servers go through [`printable_lines`]: a status message must not move the cursor or change
//! the terminal's title.

use std::io::{self, Write as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use stubless_core::{
    call::{Failure, Fix, StatusDetail, code_meaning},
    grpc::{
        Code, ConnectInfo, Metadata, Origin, Outcome, Status, Value, Verification, printable_lines,
    },
    schema::{Fix as SourceFix, Problem},
};

/// Problems of one schema that are told one by one.
const MAX_PROBLEMS: usize = 20;

/// Of a status message, what is shown where nothing more is asked for, in characters.
const MESSAGE_CHARS: usize = 2_000;

/// Writes a line. An error is ignored: there is no other place to tell it.
pub(super) fn line(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{}", printable_lines(text, usize::MAX));
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
    for option in failure.fixes.iter().filter_map(option_of) {
        line(&indented(&format!("option: {option}")));
    }
}

/// Writes that a message breaks rules of its schema, and is sent all the same.
pub(super) fn broken_rules(failure: &Failure) {
    line(&format!("warning: {}", failure.summary));
    line(&indented(&failure.reason));
}

/// What does on the command line what a button does in the window.
fn option_of(fix: &Fix) -> Option<String> {
    let option = match fix {
        Fix::UseTls => "--tls",
        Fix::UsePlaintext => "--plaintext",
        Fix::ChooseCa => "--cacert FILE",
        Fix::ChooseClientCertificate => "--cert FILE --key FILE, or --p12 FILE",
        Fix::TrustCertificate(fingerprint) => return Some(format!("--pin {fingerprint}")),
        Fix::UseServerName(name) => return Some(format!("--server-name {name}")),
        Fix::SkipVerification => "--insecure-skip-verify",
        Fix::AcceptMissingAlpn => "--accept-missing-alpn",
        Fix::ConnectDirectly => "--proxy none",
        Fix::RaiseReceiveLimit(bytes) => return Some(format!("--max-receive {bytes}")),
        Fix::SendUncompressed => "--compress identity",
        Fix::AddProtos => "--proto FILE",
        // The shell's history has it, and `--validate` was asked for.
        Fix::Retry | Fix::SendAnyway => return None,
    };
    Some(option.to_owned())
}

/// Writes what of a schema could not be used.
pub(super) fn problems(problems: &[Problem]) {
    for problem in problems.iter().take(MAX_PROBLEMS) {
        line(&format!("warning: {problem}"));
        for fix in &problem.fixes {
            if let SourceFix::AddRoot(root) = fix {
                line(&indented(&format!(
                    "option: --import-path {}",
                    root.display()
                )));
            }
        }
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        line(&format!("warning: and {more} more"));
    }
}

/// Writes a status other than OK: code, message, details as JSON.
pub(super) fn status(status: &Status, details: &[StatusDetail], verbose: bool) {
    line(&format!("status: {}", code_name(status.code)));
    if status.message.is_empty() {
        let meaning = code_meaning(status.code);
        if !meaning.is_empty() {
            line(&indented(&format!("hint: {meaning}")));
        }
    } else {
        let most = if verbose { usize::MAX } else { MESSAGE_CHARS };
        let message = printable_lines(&status.message, most);
        line(&format!("message: {message}"));
        if status.message.chars().nth(most).is_some() {
            let length = status.message.len();
            line(&format!("(the beginning of {length} bytes; -v shows all)"));
        }
    }
    if !details.is_empty() {
        line(&format!("details: {}", details_json(details)));
    }
}

/// Writes an answer that was not gRPC: its code and what was kept of its body, or that `-v` does.
pub(super) fn foreign(outcome: &Outcome, verbose: bool) {
    let Origin::Http {
        status, body, cut, ..
    } = &outcome.origin
    else {
        return;
    };
    let size = match (body.len(), cut) {
        (length, false) => format!("{length} bytes"),
        (length, true) => format!("the first {length} bytes; there was more, or no end"),
    };
    if verbose {
        line(&format!("* HTTP {status}, body: {size}"));
        if !body.is_empty() {
            line(String::from_utf8_lossy(body).trim_end());
        }
    } else if !body.is_empty() {
        line(&indented(&format!(
            "-v shows the headers and the body ({size})"
        )));
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

/// The details as one JSON array, each in the form that `google.protobuf.Any` has in JSON. Where that is
/// not all of one, `@problems` says why and `@base64` has its bytes.
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
        if !detail.problems.is_empty() {
            object.insert("@problems".to_owned(), detail.problems.clone().into());
        }
        if let Some(raw) = &detail.raw {
            object.insert("@base64".to_owned(), raw.clone().into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_written_as_any_is() {
        let mut details = [
            ("t/a.B", r#"{"field": "18446744073709551615"}"#),
            ("t/c.D", r#""AAE=""#),
            ("t/e.F", "no JSON"),
        ]
        .map(|(type_url, json)| StatusDetail {
            type_url: type_url.to_owned(),
            json: json.to_owned(),
            decoded: true,
            problems: Vec::new(),
            raw: None,
        });
        details[2].problems.push("cut".to_owned());
        details[2].raw = Some("AA==".to_owned());
        let json: serde_json::Value = serde_json::from_str(&details_json(&details)).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"@type": "t/a.B", "field": "18446744073709551615"},
                {"@type": "t/c.D", "value": "AAE="},
                {"@type": "t/e.F", "value": "no JSON", "@problems": ["cut"], "@base64": "AA=="},
            ])
        );
    }
}
