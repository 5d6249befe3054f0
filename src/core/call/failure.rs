//! The one place where an error becomes words: what happened, why, what to try.
//!
//! Every variant is written out, without `_`: a new way to fail needs new words.

use std::{error::Error, io::ErrorKind, ops::Range};

use super::certificate;
use crate::{
    grpc::{Code, ConnectError, Fingerprint, Origin, Outcome, Phase, Status, Transport},
    message::Path,
    schema::ReflectError,
    workspace::WorkspaceError,
};

/// A change of settings that would mend a failure, offered as a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Use TLS for this target.
    UseTls,
    /// Use plaintext for this target.
    UsePlaintext,
    /// Choose a CA file.
    ChooseCa,
    /// Choose certificate and key of the client.
    ChooseClientCertificate,
    /// Trust exactly this certificate, still checking its name and dates.
    TrustCertificate(Fingerprint),
    /// Expect this name in the certificate.
    UseServerName(String),
    /// Do not check certificates of this target.
    SkipVerification,
    /// Go on without ALPN.
    AcceptMissingAlpn,
    /// Connect without a proxy.
    ConnectDirectly,
    /// Accept messages of up to this many bytes.
    RaiseReceiveLimit(u64),
    /// Send messages uncompressed.
    SendUncompressed,
    /// Make the call again.
    Retry,
    /// Add proto files.
    AddProtos,
}

/// A card: what happened, why, what to try.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// What happened, in one sentence without a full stop.
    pub summary: String,
    /// Why: the cause's own words, may be empty.
    pub reason: String,
    /// What to try, may be empty.
    pub hint: String,
    /// Buttons.
    pub fixes: Vec<Fix>,
    /// The message (from 0), path and text range it is about.
    pub place: Option<(usize, Path, Range<usize>)>,
}

pub(super) fn card(
    summary: impl Into<String>,
    reason: impl Into<String>,
    hint: &str,
    fixes: &[Fix],
) -> Failure {
    Failure {
        summary: summary.into(),
        reason: reason.into(),
        hint: hint.to_owned(),
        fixes: fixes.to_vec(),
        place: None,
    }
}

/// A connection that could not be made to `target`.
pub fn connect_failure(target: &str, error: &ConnectError) -> Failure {
    let cannot = format!("Cannot connect to `{target}`");
    match error {
        ConnectError::Resolve { host, source } => card(
            format!("Cannot find the host `{host}`"),
            chain(source),
            "Check the spelling, and whether this machine is in the network that knows the name",
            &[Fix::Retry],
        ),
        ConnectError::Refused { address, source } => refused(&cannot, address, source),
        ConnectError::TimedOut { phase, limit } => {
            let (what, hint) = timed_out(*phase);
            let reason = format!("{what} took longer than {limit:?}");
            card(cannot, reason, hint, &[Fix::Retry])
        }
        ConnectError::TlsFile { file, source } => card(
            format!("Cannot use the file `{}`", file.display()),
            chain(source.as_ref()),
            "Choose another file in the target's TLS settings",
            &[],
        ),
        ConnectError::Certificate {
            reason,
            problem,
            certificate,
        } => certificate::certificate(target, reason, problem, certificate.as_deref()),
        ConnectError::Tls { reason } => certificate::handshake(target, reason),
        ConnectError::TlsAlert { alert } => certificate::alert(target, alert),
        ConnectError::ClientCertificate {
            alert,
            sent,
            issuers,
        } => certificate::client_certificate(target, alert.as_deref(), *sent, issuers),
        ConnectError::NotTls => card(
            format!("`{target}` does not speak TLS"),
            "TLS was asked for, and the server answered with something else",
            "Turn TLS off for this target; what is sent can then be read on the way",
            &[Fix::UsePlaintext],
        ),
        ConnectError::WantsTls => card(
            format!("`{target}` wants TLS"),
            "This port answered a plaintext connection with a TLS record",
            "Turn TLS on for this target",
            &[Fix::UseTls],
        ),
        ConnectError::NoAlpn { chose_other } => certificate::no_alpn(target, *chose_other),
        ConnectError::Http1 => card(
            format!("`{target}` speaks HTTP/1.1, and gRPC needs HTTP/2"),
            "A web server answered",
            "Check the port: the gRPC server often listens on another one",
            &[],
        ),
        ConnectError::ClosedEarly { transport } => {
            let (hint, fixes): (_, &[Fix]) = match transport {
                Transport::Plaintext => (
                    "It may want TLS, or another program may listen on this port",
                    &[Fix::UseTls, Fix::Retry],
                ),
                Transport::Tls => (
                    "TLS works, and something behind it fails: look into the server's log, or check the \
                     port",
                    &[Fix::Retry],
                ),
            };
            let reason = "The server took the connection and closed it before speaking HTTP/2";
            card(
                format!("`{target}` closed the connection at once"),
                reason,
                hint,
                fixes,
            )
        }
        ConnectError::BrokenEarly { reason } => card(
            format!("`{target}` broke the connection off before the first call"),
            capitalized(reason),
            "Nothing was sent: look into the server's log, and check the port",
            &[Fix::Retry],
        ),
        ConnectError::NotHttp2 { reason } => card(
            format!("`{target}` does not speak HTTP/2"),
            capitalized(reason),
            "Check the port: another program seems to listen there",
            &[],
        ),
        ConnectError::Authority { authority } => card(
            format!("`{authority}` cannot be sent as the authority"),
            "It holds characters that no host and port have",
            "Correct the authority in the target's settings, or leave it empty",
            &[],
        ),
        ConnectError::Proxy { proxy, problem } => card(
            format!("The proxy {proxy} opened no tunnel to `{target}`"),
            capitalized(&problem.to_string()),
            "Check the proxy in the target's settings or in the environment, or connect without it",
            &[Fix::ConnectDirectly, Fix::Retry],
        ),
        ConnectError::GoingAway { reason } => card(
            format!("`{target}` is closing the connection"),
            capitalized(reason),
            "The server did not look at the call: making it again is safe",
            &[Fix::Retry],
        ),
        ConnectError::Broken { reason } => card(
            format!("The connection to `{target}` broke"),
            capitalized(reason),
            "Whether the server acted on the call is not known",
            &[Fix::Retry],
        ),
    }
}

fn refused(cannot: &str, address: &str, source: &std::io::Error) -> Failure {
    let (reason, hint) = match source.kind() {
        ErrorKind::ConnectionRefused => (
            format!("Nothing listens on {address}"),
            "Start the server, or check host and port",
        ),
        ErrorKind::NotFound => (
            format!("There is no socket at {address}"),
            "Start the server, or check the path",
        ),
        ErrorKind::PermissionDenied => (
            format!("The system does not allow it: {address}"),
            "Check the permissions of the socket, or the firewall",
        ),
        ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => (
            format!("No answer from {address}: {source}"),
            "Check the network, a VPN, or a firewall in between",
        ),
        _ => (
            format!("{} ({address})", chain(source)),
            "Check host and port",
        ),
    };
    card(cannot, reason, hint, &[Fix::Retry])
}

fn timed_out(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Resolve => (
            "Looking the host name up",
            "Check the network and its name servers",
        ),
        Phase::Connect => (
            "Opening the connection",
            "Check host and port; a firewall may drop what is sent there",
        ),
        Phase::Tls => (
            "The TLS handshake",
            "The port may not speak TLS: check the port, or turn TLS off",
        ),
        Phase::Settings => (
            "Waiting for the server to speak HTTP/2",
            "Something listens there and stays silent: it may want TLS, or be no gRPC server",
        ),
    }
}

/// A card for an outcome that needs explaining; `None` for OK, for a status that is the server's own
/// word, and for a cancel, which the person knows of.
pub fn outcome_failure(target: &str, outcome: &Outcome) -> Option<Failure> {
    match &outcome.origin {
        Origin::Trailers | Origin::TrailersOnly | Origin::Cancelled => None,
        Origin::Http {
            status,
            content_type,
            body,
        } => Some(http(target, *status, content_type.as_deref(), body)),
        Origin::Reset(code) => Some(reset(target, *code, &outcome.status)),
        Origin::Connection => Some(match &outcome.cause {
            Some(cause) => connect_failure(target, cause),
            None => card(
                format!("The call to `{target}` could not be made"),
                capitalized(&outcome.status.message),
                "",
                &[Fix::Retry],
            ),
        }),
        Origin::Deadline => Some(card(
            "The deadline passed before the call ended",
            capitalized(&outcome.status.message),
            "Raise the deadline, or leave it empty to wait as long as it takes",
            &[Fix::Retry],
        )),
        Origin::Protocol => Some(protocol(target, &outcome.status)),
        Origin::Local => Some(card(
            "A message was not sent",
            capitalized(&outcome.status.message),
            "Send less at once, or raise the send limit in the request's settings",
            &[],
        )),
    }
}

fn protocol(target: &str, status: &Status) -> Failure {
    let reason = capitalized(&status.message);
    if status.code == Code::RESOURCE_EXHAUSTED {
        return card(
            format!("A message from `{target}` is too large"),
            reason,
            "Ask the server for less at once",
            &[],
        );
    }
    card(
        format!("`{target}` broke a rule of gRPC"),
        reason,
        "This is a defect of the server or of a proxy in between; the schema may also be another one \
         than the server's",
        &[],
    )
}

fn http(target: &str, status: u16, content_type: Option<&str>, body: &[u8]) -> Failure {
    let mut reason = format!("HTTP {status}");
    match content_type {
        Some(kind) => reason.push_str(&format!(", content type `{kind}`")),
        None => reason.push_str(", no content type"),
    }
    let start = start_of(body);
    if !start.is_empty() {
        reason.push_str(": ");
        reason.push_str(&start);
    }
    let (hint, fixes): (_, &[Fix]) = match status {
        401 | 403 | 407 => (
            "A proxy or gateway wants credentials: add them as metadata",
            &[],
        ),
        404 => (
            "Nothing is served under this path: check the port, and whether a proxy needs a path \
             before the method",
            &[],
        ),
        429 | 502..=504 => (
            "A proxy answered in place of the server: it may be down or overloaded",
            &[Fix::Retry],
        ),
        _ => (
            "A web server or proxy answered: check the port, and that it passes gRPC on",
            &[],
        ),
    };
    let summary = format!("`{target}` answered, but not in gRPC");
    card(summary, reason, hint, fixes)
}

/// HTTP/2 error codes, RFC 9113 section 7.
const RESETS: [(&str, &str); 14] = [
    ("NO_ERROR", ""),
    ("PROTOCOL_ERROR", ""),
    ("INTERNAL_ERROR", "Look into the server's log"),
    ("FLOW_CONTROL_ERROR", ""),
    ("SETTINGS_TIMEOUT", ""),
    ("STREAM_CLOSED", ""),
    ("FRAME_SIZE_ERROR", ""),
    (
        "REFUSED_STREAM",
        "The server did not look at the call: making it again is safe",
    ),
    (
        "CANCEL",
        "The server, or a proxy in between, gave the call up: look into its log and time limits",
    ),
    ("COMPRESSION_ERROR", ""),
    ("CONNECT_ERROR", ""),
    (
        "ENHANCE_YOUR_CALM",
        "The server finds this client too busy: slow down, or raise its limits",
    ),
    (
        "INADEQUATE_SECURITY",
        "The server wants stronger TLS than was agreed on",
    ),
    ("HTTP_1_1_REQUIRED", "The server wants HTTP/1.1 here"),
];

fn reset(target: &str, code: u32, status: &Status) -> Failure {
    let known = usize::try_from(code).ok().and_then(|code| RESETS.get(code));
    let (name, hint) = match known {
        Some((name, hint)) => ((*name).to_owned(), *hint),
        None => (format!("code {code}"), ""),
    };
    let hint = if hint.is_empty() {
        "Look into the server's log, or that of a proxy in between"
    } else {
        hint
    };
    let reason = format!("Reset with {name}. {}", capitalized(&status.message));
    card(
        format!("`{target}` broke the call off"),
        reason,
        hint,
        &[Fix::Retry],
    )
}

/// A schema that could not be had from `target`.
pub fn reflect_failure(target: &str, error: &ReflectError) -> Failure {
    match error {
        ReflectError::NotOffered => card(
            format!("`{target}` does not offer reflection"),
            "Neither version of it is served (v1, v1alpha)",
            "Add the proto files of its services, or turn reflection on in the server",
            &[Fix::AddProtos, Fix::Retry],
        ),
        ReflectError::Status {
            cause: Some(cause), ..
        } => connect_failure(target, cause),
        ReflectError::Status {
            status,
            cause: None,
        } => {
            let code = code_name(status.code);
            let hint = match status.code {
                Code::UNAUTHENTICATED | Code::PERMISSION_DENIED => {
                    "Reflection is asked with the same metadata as a call: add the credentials there"
                }
                _ => "Try again, or add the proto files of its services",
            };
            let reason = match status.message.as_str() {
                "" => code,
                message => format!("{code}: {message}"),
            };
            let summary = format!("`{target}` did not tell its services");
            card(summary, reason, hint, &[Fix::Retry, Fix::AddProtos])
        }
        ReflectError::Answer(reason) => card(
            format!("The reflection of `{target}` cannot be used"),
            capitalized(reason),
            "Add the proto files of its services instead",
            &[Fix::AddProtos, Fix::Retry],
        ),
    }
}

/// A workspace that could not be opened or changed.
pub fn workspace_failure(error: &WorkspaceError) -> Failure {
    match error {
        WorkspaceError::Io {
            action,
            path,
            source,
        } => {
            let hint = match source.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    "Check the permissions of the folder; nothing that was typed is lost"
                }
                ErrorKind::NotFound => "Check that the folder is still there",
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    "Make room on the disk; nothing that was typed is lost"
                }
                _ => "Nothing that was typed is lost: try again",
            };
            let summary = format!("Failed {action} `{}`", path.display());
            card(summary, chain(source), hint, &[])
        }
        WorkspaceError::NotAWorkspace(path) => card(
            "This folder is not a Stubless workspace",
            format!("There is no workspace.json in {}", path.display()),
            "Open another folder, or make a new workspace in this one",
            &[],
        ),
        WorkspaceError::Broken { path, reason } => card(
            format!("`{}` cannot be used", path.display()),
            capitalized(reason),
            "Correct it in a text editor and open it again; Stubless does not overwrite it",
            &[],
        ),
        WorkspaceError::Conflict(path) => card(
            format!("`{}` was changed outside Stubless", path.display()),
            "It is not overwritten, and nothing that was typed is lost",
            "Reload the workspace to see the other version, or save under another name",
            &[],
        ),
        WorkspaceError::Outside(path) => card(
            format!("`{}` is not a place for requests", path.display()),
            "It does not lie below the workspace's requests",
            "Choose a folder of this workspace, and not one inside of what is moved",
            &[],
        ),
        WorkspaceError::Link(path) => card(
            format!("`{}` is a symbolic link", path.display()),
            "Stubless does not write through one",
            "Put the file itself into the workspace",
            &[],
        ),
        WorkspaceError::Exists(path) => card(
            format!("`{}` already exists", path.display()),
            "It is not overwritten",
            "Choose another name or folder",
            &[],
        ),
    }
}

/// An error and its causes, each said once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = capitalized(&error.to_string());
    let mut cause = error.source();
    for _ in 0..8 {
        let Some(error) = cause else {
            break;
        };
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

fn code_name(code: Code) -> String {
    match code.name() {
        Some(name) => name.to_owned(),
        None => format!("Status {}", code.0),
    }
}

/// The first words of a body, on one line.
fn start_of(body: &[u8]) -> String {
    const MAX_CHARS: usize = 200;
    let body = body.get(..MAX_CHARS * 8).unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let printable = line.chars().filter(|c| !c.is_control());
    let mut start: String = printable.clone().take(MAX_CHARS).collect();
    if printable.count() > MAX_CHARS {
        start.push('…');
    }
    start
}

pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
