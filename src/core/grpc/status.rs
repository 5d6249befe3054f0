//! How a call ended, in gRPC's words, and how other protocols' words become gRPC's.
//!
//! Pure. Nothing a server writes in its trailers is an error: it is shown as it came.
//! Spec: gRPC over HTTP/2, "Status" and "Errors"; `http-grpc-status-mapping.md`.

use std::fmt;

use h2::Reason;
use http::{HeaderMap, HeaderName, StatusCode};

use super::{percent::decode_percent, printable::printable};

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// A status code: one of the 17 of the specification, or a number a server made up.
/// Spec: <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Code(pub u32);

#[allow(missing_docs, reason = "the names are the specification's")]
impl Code {
    pub const OK: Self = Self(0);
    pub const CANCELLED: Self = Self(1);
    pub const UNKNOWN: Self = Self(2);
    pub const INVALID_ARGUMENT: Self = Self(3);
    pub const DEADLINE_EXCEEDED: Self = Self(4);
    pub const NOT_FOUND: Self = Self(5);
    pub const ALREADY_EXISTS: Self = Self(6);
    pub const PERMISSION_DENIED: Self = Self(7);
    pub const RESOURCE_EXHAUSTED: Self = Self(8);
    pub const FAILED_PRECONDITION: Self = Self(9);
    pub const ABORTED: Self = Self(10);
    pub const OUT_OF_RANGE: Self = Self(11);
    pub const UNIMPLEMENTED: Self = Self(12);
    pub const INTERNAL: Self = Self(13);
    pub const UNAVAILABLE: Self = Self(14);
    pub const DATA_LOSS: Self = Self(15);
    pub const UNAUTHENTICATED: Self = Self(16);
}

impl Code {
    /// The specification's name, as `NOT_FOUND`; `None` for a number it does not know.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::OK => "OK",
            Self::CANCELLED => "CANCELLED",
            Self::UNKNOWN => "UNKNOWN",
            Self::INVALID_ARGUMENT => "INVALID_ARGUMENT",
            Self::DEADLINE_EXCEEDED => "DEADLINE_EXCEEDED",
            Self::NOT_FOUND => "NOT_FOUND",
            Self::ALREADY_EXISTS => "ALREADY_EXISTS",
            Self::PERMISSION_DENIED => "PERMISSION_DENIED",
            Self::RESOURCE_EXHAUSTED => "RESOURCE_EXHAUSTED",
            Self::FAILED_PRECONDITION => "FAILED_PRECONDITION",
            Self::ABORTED => "ABORTED",
            Self::OUT_OF_RANGE => "OUT_OF_RANGE",
            Self::UNIMPLEMENTED => "UNIMPLEMENTED",
            Self::INTERNAL => "INTERNAL",
            Self::UNAVAILABLE => "UNAVAILABLE",
            Self::DATA_LOSS => "DATA_LOSS",
            Self::UNAUTHENTICATED => "UNAUTHENTICATED",
            Self(_) => return None,
        })
    }

    /// The code for an answer without `grpc-status`, by its HTTP status.
    pub(crate) fn from_http(status: StatusCode) -> Self {
        match status.as_u16() {
            400 | 431 => Self::INTERNAL,
            401 => Self::UNAUTHENTICATED,
            403 => Self::PERMISSION_DENIED,
            404 => Self::UNIMPLEMENTED,
            429 | 502 | 503 | 504 => Self::UNAVAILABLE,
            _ => Self::UNKNOWN,
        }
    }

    /// The code for a stream the server reset.
    pub(crate) fn from_reset(reason: Reason) -> Self {
        match reason {
            Reason::REFUSED_STREAM => Self::UNAVAILABLE,
            Reason::CANCEL => Self::CANCELLED,
            Reason::ENHANCE_YOUR_CALM => Self::RESOURCE_EXHAUSTED,
            Reason::INADEQUATE_SECURITY => Self::PERMISSION_DENIED,
            Reason::NO_ERROR
            | Reason::PROTOCOL_ERROR
            | Reason::INTERNAL_ERROR
            | Reason::FLOW_CONTROL_ERROR
            | Reason::SETTINGS_TIMEOUT
            | Reason::FRAME_SIZE_ERROR
            | Reason::COMPRESSION_ERROR
            | Reason::CONNECT_ERROR => Self::INTERNAL,
            _ => Self::UNKNOWN,
        }
    }
}

impl fmt::Display for Code {
    /// The name, or the number where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Code and message. Details (`grpc-status-details-bin`) stay in the trailers, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// `grpc-message`, percent-decoded; broken escapes stay as they came.
    pub message: String,
}

impl Status {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Reads the status from trailers; `None` when they hold no `grpc-status`.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut codes = headers.get_all(&GRPC_STATUS).iter();
        let code = codes.next()?.as_bytes();
        if let Some(other) = codes.find(|other| other.as_bytes() != code) {
            return Some(Self::contradictory(code, other.as_bytes()));
        }
        let mut message = headers
            .get(&GRPC_MESSAGE)
            .map_or_else(String::new, |value| decode_percent(value.as_bytes()));
        let code = parse_code(code).unwrap_or_else(|| {
            if message.is_empty() {
                let code = shown(code);
                message = format!("the server sent grpc-status `{code}`, which is not a number");
            }
            Code::UNKNOWN
        });
        Some(Self { code, message })
    }
}

impl Status {
    /// No client agrees with another on which of two statuses counts: taking one would hide that.
    fn contradictory(one: &[u8], other: &[u8]) -> Self {
        let (one, other) = (shown(one), shown(other));
        let message = format!("the server sent more than one grpc-status: `{one}` and `{other}`");
        Self::new(Code::UNKNOWN, message)
    }
}

/// A `grpc-status` that cannot be taken at its word.
fn shown(code: &[u8]) -> String {
    const MOST_CHARS: usize = 20;
    printable(&String::from_utf8_lossy(code), MOST_CHARS)
}

fn parse_code(digits: &[u8]) -> Option<Code> {
    // `parse` would take a leading `+`.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().map(Code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pairs: &[(&'static str, &'static str)]) -> Option<Status> {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(*key, value.parse().unwrap());
        }
        Status::from_headers(&headers)
    }

    #[test]
    fn any_grpc_status_is_shown() {
        assert_eq!(status(&[("grpc-message", "x")]), None);
        let not_found = status(&[("grpc-status", "5"), ("grpc-message", "no%20cat")]);
        assert_eq!(not_found, Some(Status::new(Code::NOT_FOUND, "no cat")));
        let made_up = status(&[("grpc-status", "99")]).unwrap();
        assert_eq!((made_up.code, made_up.code.name()), (Code(99), None));
        for broken in ["", "x", "-1", "+1", "4294967296"] {
            let status = status(&[("grpc-status", broken)]).unwrap();
            assert_eq!(status.code, Code::UNKNOWN, "{broken}");
            assert!(status.message.contains(broken), "{broken}");
        }
        let twice = status(&[("grpc-status", "0"), ("grpc-status", "0")]);
        assert_eq!(twice, Some(Status::new(Code::OK, "")));
        let torn = status(&[("grpc-status", "0"), ("grpc-status", "13")]).unwrap();
        assert_eq!(torn.code, Code::UNKNOWN);
        assert!(torn.message.contains("`0` and `13`"), "{torn:?}");
    }

    #[test]
    fn every_code_has_its_name() {
        assert!((0..=16).all(|code| Code(code).name().is_some()));
        assert_eq!(Code(17).name(), None);
        assert_eq!(Code::NOT_FOUND.to_string(), "NOT_FOUND");
        assert_eq!(Code(17).to_string(), "17");
    }
}
