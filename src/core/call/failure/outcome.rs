//! Words for how a call ended, where the status alone does not say what to do.

use super::{Failure, Fix, capitalized, card, connect_failure};
use crate::grpc::{Code, Origin, Outcome, Status, Waiting, printable};

/// A card for an outcome that needs explaining; `None` for OK, for a status that is the server's own
/// word, and for a cancel, which the person knows of.
pub fn outcome_failure(target: &str, outcome: &Outcome) -> Option<Failure> {
    match &outcome.origin {
        Origin::Trailers | Origin::TrailersOnly => outcome
            .accepts
            .as_deref()
            .map(|accepts| compression(target, &outcome.status, accepts)),
        Origin::Cancelled => None,
        Origin::Http {
            status,
            content_type,
            body,
            ..
        } => Some(http(target, *status, content_type.as_deref(), body)),
        Origin::Reset(code) => Some(reset(target, *code, &outcome.status)),
        Origin::Connection => Some(match &outcome.cause {
            Some(cause) => connect_failure(target, cause),
            None => card(
                format!("The call to `{target}` could not be made"),
                capitalized(&outcome.status.message),
                "Check the path of the target and the method's name: a path holds no spaces and no \
                 characters outside ASCII",
                &[],
            ),
        }),
        Origin::Deadline => Some(card(
            "The deadline passed before the call ended",
            capitalized(&outcome.status.message),
            late_hint(outcome.waiting),
            &[Fix::Retry],
        )),
        Origin::NoStatus => Some(card(
            format!("`{target}` broke a rule of gRPC"),
            capitalized(&outcome.status.message),
            "A proxy in between may have lost the server, or does not pass trailers on: look into its \
             log, and the server's",
            &[Fix::Retry],
        )),
        Origin::Protocol => Some(card(
            format!("`{target}` broke a rule of gRPC"),
            capitalized(&outcome.status.message),
            "This is a defect of the server or of a proxy in between; the schema may also be another \
             one than the server's",
            &[],
        )),
        Origin::NoMemory => Some(card(
            format!("The messages of this call to `{target}` do not fit into memory"),
            capitalized(&outcome.status.message),
            "Send or ask for less at once, or call it on the command line, which keeps nothing",
            &[],
        )),
        Origin::TooLarge { length } => Some(too_large(target, *length, &outcome.status)),
        Origin::Local => Some(card(
            "A message was not sent",
            capitalized(&outcome.status.message),
            "Send less at once, or raise the send limit in the request's settings",
            &[],
        )),
    }
}

/// What a status code says when a server gives it, and where to look; empty for OK and for codes that
/// gRPC does not define.
///
/// Spec: gRPC, "Status codes and their use in gRPC".
pub fn code_meaning(code: Code) -> &'static str {
    match code {
        Code::CANCELLED => {
            "The call was given up, as a rule by its caller or by a proxy in between"
        }
        Code::UNKNOWN => {
            "The server's code failed in a way that it gave no status for: its log should say how"
        }
        Code::INVALID_ARGUMENT => {
            "The server takes no such request, whatever its state: look at the message's values"
        }
        Code::DEADLINE_EXCEEDED => {
            "Time ran out on the server's side; what was asked for may have been done all the same"
        }
        Code::NOT_FOUND => "What the request names is not there",
        Code::ALREADY_EXISTS => "What was to be made is there already",
        Code::PERMISSION_DENIED => {
            "The server knows the caller, who may not do this: look at the credentials' rights"
        }
        Code::RESOURCE_EXHAUSTED => {
            "A quota, a limit of the message's size, memory or the disk is used up"
        }
        Code::FAILED_PRECONDITION => {
            "The system is not in the state that this needs: something must be done first"
        }
        Code::ABORTED => {
            "Something else changed the same thing meanwhile: begin again from reading it"
        }
        Code::OUT_OF_RANGE => "The request goes past what there is, as behind the end of a file",
        Code::UNIMPLEMENTED => {
            "This server does not have the method: it may be of another version, not have the service \
             registered, or expect another package or path"
        }
        Code::INTERNAL => "Something the server relies on is broken: its log should say what",
        Code::UNAVAILABLE => {
            "The server, or one behind it, cannot serve now: trying again later may help"
        }
        Code::DATA_LOSS => "Data is lost or damaged beyond repair",
        Code::UNAUTHENTICATED => {
            "The server does not know the caller: credentials are missing, expired or wrong"
        }
        _ => "",
    }
}

/// What to try when the deadline passed while this was waited for.
fn late_hint(waiting: Option<Waiting>) -> &'static str {
    match waiting {
        Some(Waiting::Connection) => {
            "Check host and port, the network and a proxy in between, or raise the deadline"
        }
        Some(Waiting::StreamSlot { limit: 0 }) => {
            "The server allows no calls on its connections now: it may be starting, shutting down or full"
        }
        Some(Waiting::StreamSlot { .. }) => {
            "End another call to this server, or raise its limit of concurrent streams"
        }
        Some(Waiting::SendWindow) => {
            "The server, or a proxy in between, has stopped reading: look into what it is busy with"
        }
        Some(Waiting::ConnectionWindow) => {
            "Another call on this connection may hold the room: end it, or look into what the server is \
             busy with"
        }
        Some(Waiting::Network) => {
            "The network is slow, or the machine at its other end has stopped: send less at once, or \
             raise the deadline"
        }
        Some(Waiting::Log) => {
            "Ask the server for less at once, or call it on the command line, which keeps nothing"
        }
        Some(Waiting::Hold) => {
            "The deadline runs on while reading is paused: resume earlier, or raise it"
        }
        Some(Waiting::Head | Waiting::Messages) | None => {
            "Raise the deadline, or leave it empty to wait as long as it takes"
        }
    }
}

/// Limits that are offered instead of the one that was too small are multiples of this.
const LIMIT_STEP: u64 = 1 << 20;

fn too_large(target: &str, length: Option<u64>, status: &Status) -> Failure {
    let enough = length.map(|length| {
        length
            .div_ceil(LIMIT_STEP)
            .max(1)
            .saturating_mul(LIMIT_STEP)
    });
    let fixes: Vec<Fix> = enough.map(Fix::RaiseReceiveLimit).into_iter().collect();
    card(
        format!("A message from `{target}` is too large"),
        capitalized(&status.message),
        "Raise the limit for receiving, or ask the server for less at once",
        &fixes,
    )
}

fn compression(target: &str, status: &Status, accepts: &str) -> Failure {
    let accepts = printable(accepts, 100);
    let reason = match status.message.as_str() {
        "" => format!("It takes: {accepts}"),
        message => format!(
            "{}. It takes: {accepts}",
            capitalized(&printable(message, 300))
        ),
    };
    card(
        format!("`{target}` does not take messages compressed like this"),
        reason,
        "Send them uncompressed, or choose one that the server takes",
        &[Fix::SendUncompressed],
    )
}

fn http(target: &str, status: u16, content_type: Option<&str>, body: &[u8]) -> Failure {
    let mut reason = format!("HTTP {status}");
    match content_type {
        Some(kind) => {
            let kind = printable(kind, 100);
            reason.push_str(&format!(", content type `{kind}`"));
        }
        None => reason.push_str(", no content type"),
    }
    let start = start_of(body);
    if !start.is_empty() {
        reason.push_str(": ");
        reason.push_str(&start);
    }
    if wants_certificate(status, body) {
        return card(
            format!("`{target}` wants a client certificate"),
            reason,
            "Choose one that the server accepts, with its key",
            &[Fix::ChooseClientCertificate],
        );
    }
    let (hint, fixes): (_, &[Fix]) = match status {
        300..=399 => (
            "A gateway sends callers elsewhere, often to a login: add credentials as metadata, or check \
             the address",
            &[],
        ),
        401 | 407 => (
            "A proxy or gateway wants credentials: add them as metadata",
            &[],
        ),
        403 => (
            "A proxy or gateway refuses the call: check what may be called there, from where and with \
             which credentials",
            &[],
        ),
        404 => (
            "Nothing is served under this path: check the port, and whether a proxy needs a path \
             before the method",
            &[],
        ),
        413 => (
            "A proxy limits the size of requests: send less, or raise its limit (in nginx \
             client_max_body_size)",
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

/// Whether nginx says that a client certificate is missing or was not accepted. Its own statuses for
/// that go out as 400 unless it is set up otherwise; the page then tells.
fn wants_certificate(status: u16, body: &[u8]) -> bool {
    let said = |words: &[u8]| body.windows(words.len()).any(|window| window == words);
    match status {
        400 => said(b"No required SSL certificate was sent") || said(b"SSL certificate error"),
        // Of nginx alone: SSL certificate error, SSL certificate required.
        495 | 496 => true,
        _ => false,
    }
}

/// What to try after a reset, by its code in RFC 9113, section 7.
fn reset_hint(code: u32) -> &'static str {
    match code {
        2 => {
            "Look into the server's log: something in it failed, or a proxy in between lost the server"
        }
        7 => "The server did not look at the call: making it again is safe",
        8 => {
            "The server, or a proxy in between, gave the call up: look into its log and time limits"
        }
        11 => "The server finds this client too busy: slow down, or raise its limits",
        12 => "The server wants stronger TLS than was agreed on",
        13 => "The server wants HTTP/1.1 here: is it a gRPC server?",
        _ => "Look into the server's log, or that of a proxy in between",
    }
}

fn reset(target: &str, code: u32, status: &Status) -> Failure {
    card(
        format!("`{target}` broke the call off"),
        capitalized(&status.message),
        reset_hint(code),
        &[Fix::Retry],
    )
}

/// The first words of a body, on one line.
fn start_of(body: &[u8]) -> String {
    const MAX_CHARS: usize = 200;
    let body = body.get(..MAX_CHARS * 8).unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    printable(&words.join(" "), MAX_CHARS)
}
