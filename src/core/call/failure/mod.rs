//! The one place where an error becomes words: what happened, why, what to try.
//!
//! Every variant is written out, without `_`: a new way to fail needs new words.

mod log_file;
mod outcome;
mod save;
mod scan;
mod workspace;

use std::{error::Error, io::ErrorKind, ops::Range};

pub use self::{
    log_file::{log_open_failure, log_save_failure},
    outcome::{code_meaning, outcome_failure},
    save::save_failure,
    scan::filter_failure,
    workspace::workspace_failure,
};

use super::certificate;
use crate::{
    grpc::{
        Code, ConnectError, FileWants, Fingerprint, Origin, Phase, ProxyProblem, ProxyVariable,
        Status, Transport, printable, printable_lines,
    },
    message::Path,
    schema::ReflectError,
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
    /// Make the call although it breaks rules of its schema, once.
    SendAnyway,
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
    /// The target could not be connected to: whatever else is asked of it now fails alike.
    pub unconnected: bool,
}

/// The most a card says of a cause, in characters. The whole stands in the response: in the
/// trailers, in the body, in the details of the connection.
const REASON_CHARS: usize = 2_000;

/// The most of what happened, in characters.
const SUMMARY_CHARS: usize = 500;

/// Makes a card. Peers have their part in every text here, so all go through [`printable`]: they
/// turn no writing direction, move no cursor and fill no screen.
pub(super) fn card(
    summary: impl AsRef<str>,
    reason: impl AsRef<str>,
    hint: &str,
    fixes: &[Fix],
) -> Failure {
    Failure {
        summary: printable(summary.as_ref(), SUMMARY_CHARS),
        reason: printable_lines(reason.as_ref(), REASON_CHARS),
        hint: hint.to_owned(),
        fixes: fixes.to_vec(),
        place: None,
        unconnected: false,
    }
}

/// A connection to `target` that could not be made, or that ended.
pub fn connect_failure(target: &str, error: &ConnectError) -> Failure {
    let ended = matches!(
        error,
        ConnectError::GoingAway { .. } | ConnectError::Broken { .. }
    );
    Failure {
        unconnected: !ended,
        ..connect_card(target, error)
    }
}

fn connect_card(target: &str, error: &ConnectError) -> Failure {
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
        ConnectError::TlsFile {
            file,
            wants,
            source,
        } => {
            let (hint, fixes) = file_hint(*wants);
            card(
                format!("Cannot use the file `{}`", file.display()),
                chain(source.as_ref()),
                hint,
                fixes,
            )
        }
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
        ConnectError::TlsUnanswered => card(
            format!("`{target}` does not answer the TLS handshake"),
            "The server took the connection and closed it without a word",
            "It may not speak TLS: check the port, or turn TLS off; what is sent can then be read on the \
             way",
            &[Fix::UsePlaintext, Fix::Retry],
        ),
        ConnectError::WantsTls => card(
            format!("`{target}` wants TLS"),
            "This port answered a plaintext connection with a TLS record",
            "Turn TLS on for this target",
            &[Fix::UseTls],
        ),
        ConnectError::NoAlpn { chose_other } => certificate::no_alpn(target, *chose_other),
        ConnectError::Http1 { transport, status } => http1(target, *transport, *status),
        ConnectError::WantsHttps => card(
            format!("`{target}` wants TLS"),
            "It answered in plain HTTP/1.1 that this is a port for HTTPS",
            "Turn TLS on for this target",
            &[Fix::UseTls],
        ),
        ConnectError::ClosedEarly { transport } => {
            let (hint, fixes): (_, &[Fix]) = match transport {
                Transport::Plaintext => (
                    "It may want TLS, speak HTTP/1.1 alone, or be another program",
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
        ConnectError::AuthorityUserinfo => card(
            "The authority cannot hold a user name or password",
            "HTTP/2 forbids what stands before an `@` in it",
            "Write host and port alone in the target's settings; credentials belong in the metadata",
            &[],
        ),
        ConnectError::Proxy { proxy, problem } => proxy_failure(target, proxy, problem),
        ConnectError::ProxyVariable(ProxyVariable { name, error }) => card(
            format!("The proxy in the variable `{name}` cannot be used"),
            capitalized(&error.to_string()),
            "Correct the variable and start Stubless again, or set a proxy, or none, in the target's \
             settings",
            &[Fix::ConnectDirectly],
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

/// What to do about a file of certificates or keys.
fn file_hint(wants: FileWants) -> (&'static str, &'static [Fix]) {
    match wants {
        FileWants::Other => (
            "Choose another file under Certificates in the request's settings, or where it inherits them",
            &[],
        ),
        FileWants::Password => (
            "Enter its password under Certificates in the request's settings, or where it inherits them",
            &[],
        ),
        FileWants::OtherPassword => (
            "Correct its password under Certificates in the request's settings, or where it inherits them",
            &[],
        ),
        FileWants::ClientCertificate => (
            "Set the client certificate under Certificates in the request's settings",
            &[Fix::ChooseClientCertificate],
        ),
        FileWants::ClientKey => (
            "Set the client key under Certificates in the request's settings, or choose a file that holds both",
            &[],
        ),
    }
}

fn http1(target: &str, transport: Transport, status: Option<u16>) -> Failure {
    let answered = status.map_or_else(String::new, |status| format!(" with HTTP {status}"));
    let (reason, hint, fixes): (_, _, &[Fix]) = match transport {
        // nginx and others answer so to plaintext on a port for TLS.
        Transport::Plaintext => (
            format!("A web server answered{answered} to a plaintext connection"),
            "Turn TLS on if this is a port for HTTPS; otherwise check the port: the gRPC server often \
             listens on another one",
            &[Fix::UseTls],
        ),
        Transport::Tls => (
            format!("A web server answered{answered} over TLS"),
            "Check the port: the gRPC server often listens on another one",
            &[],
        ),
    };
    let summary = format!("`{target}` speaks HTTP/1.1, and gRPC needs HTTP/2");
    card(summary, reason, hint, fixes)
}

fn proxy_failure(target: &str, proxy: &str, problem: &ProxyProblem) -> Failure {
    let write_them;
    let (hint, fixes): (&str, &[Fix]) = match problem {
        ProxyProblem::OutOfReach => (
            "Set the proxy of this target to none: a proxy that was asked for is not gone round",
            &[Fix::ConnectDirectly],
        ),
        ProxyProblem::Credentials {
            given: true,
            scheme: _,
        } => (
            "Correct user name and password in the proxy's address, or connect without it",
            &[Fix::ConnectDirectly, Fix::Retry],
        ),
        ProxyProblem::Credentials {
            given: false,
            scheme,
        } => {
            write_them = format!(
                "Write them in the proxy's address, as {scheme}://user:password@host:port, or connect \
                 without it"
            );
            (&write_them, &[Fix::ConnectDirectly, Fix::Retry])
        }
        ProxyProblem::CredentialsLength => (
            "Write both in the proxy's address, as socks5://user:password@host:port, or neither",
            &[Fix::ConnectDirectly],
        ),
        ProxyProblem::Unreachable(_)
        | ProxyProblem::Silent { .. }
        | ProxyProblem::Http { .. }
        | ProxyProblem::Socks5(_)
        | ProxyProblem::NotAProxy(_) => (
            "Check the proxy in the target's settings or in the environment, or connect without it",
            &[Fix::ConnectDirectly, Fix::Retry],
        ),
    };
    let summary = format!("The proxy {proxy} opened no tunnel to `{target}`");
    card(summary, capitalized(&problem.to_string()), hint, fixes)
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

/// A schema that could not be had from `target`.
pub fn reflect_failure(target: &str, error: &ReflectError) -> Failure {
    match error {
        ReflectError::Connect(cause) => connect_failure(target, cause),
        ReflectError::NotOffered { http_status } => {
            let (reason, hint) = match http_status {
                None => (
                    "Neither version of it is served (v1, v1alpha)".to_owned(),
                    "Add the proto files of its services, or turn reflection on in the server",
                ),
                Some(status) => (
                    format!("It answered HTTP {status} where reflection would be (v1, v1alpha)"),
                    "A web server or proxy may have answered: check the port, and that it passes \
                     reflection on; or add the proto files of its services",
                ),
            };
            let summary = format!("`{target}` does not offer reflection");
            card(summary, reason, hint, &[Fix::AddProtos, Fix::Retry])
        }
        ReflectError::Ended(outcome) => match (&outcome.cause, &outcome.origin) {
            (Some(cause), _) => connect_failure(target, cause),
            // What answered in place of the server says more than the status made of it.
            (None, Origin::Http { .. }) => {
                let mut card = outcome_failure(target, outcome).unwrap_or_default();
                card.fixes.push(Fix::AddProtos);
                card
            }
            (None, _) => no_schema(target, &outcome.status),
        },
        ReflectError::Answer(reason) => card(
            format!("The reflection of `{target}` cannot be used"),
            capitalized(reason),
            "Add the proto files of its services instead",
            &[Fix::AddProtos, Fix::Retry],
        ),
    }
}

fn no_schema(target: &str, status: &Status) -> Failure {
    let code = code_name(status.code);
    let hint = match status.code {
        Code::UNAUTHENTICATED | Code::PERMISSION_DENIED => {
            "Reflection is asked with the metadata of the call, unless the target's settings (or \
             --reflect-header) name others: add the credentials there"
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

pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
