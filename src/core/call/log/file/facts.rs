//! What a log file says of its call, as one line of JSON. Values of metadata that let in whoever has them
//! are not written.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{super::super::Timings, LogFileError};
use crate::{
    call::Failure,
    grpc::{Code, Metadata, Origin, Outcome, ResponseHead, Status, Value, is_credential},
    schema::CallKind,
};

/// In place of a value that was not written.
const NOT_SAVED: &str = "(not saved: it may be a secret)";

/// What is known of a call beside its messages.
#[derive(Debug, Clone)]
pub struct LogFacts {
    /// `pkg.Service/Method`
    pub method: String,
    /// Which sides stream.
    pub kind: CallKind,
    /// Target as written.
    pub target: String,
    /// When it began.
    pub began: Option<SystemTime>,
    /// Initial metadata.
    pub head: Option<ResponseHead>,
    /// How it ended; `None` for one that was still under way.
    pub end: Option<LogEnd>,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct LogEnd {
    /// Status and trailers. Of a cause that was no status, the words are in the failure.
    pub outcome: Outcome,
    /// When things happened.
    pub timings: Timings,
    /// The card, where the end needs explaining; a saved one has no buttons.
    pub failure: Option<Failure>,
}

impl LogFacts {
    /// One line, without its end. `messages` and `bytes` say how much follows.
    pub(super) fn to_line(&self, messages: usize, bytes: u64) -> Vec<u8> {
        let began = self.began.and_then(|began| Timestamp::try_from(began).ok());
        let facts = json!({
            "method": self.method,
            "kind": kind_name(self.kind),
            "target": self.target,
            "began": began.map(|began| began.to_string()),
            "messages": messages,
            "bytes": bytes,
            "head": self.head.as_ref().map(|head| json!({
                "httpStatus": head.http_status,
                "metadata": metadata_to_json(&head.metadata),
            })),
            "end": self.end.as_ref().map(LogEnd::to_json),
        });
        facts.to_string().into_bytes()
    }

    /// Reads the line; gives how many messages follow, too, if it says so.
    pub(super) fn from_line(line: &[u8]) -> Result<(Self, Option<usize>), LogFileError> {
        let facts: Json =
            serde_json::from_slice(line).map_err(|error| LogFileError::Facts(error.to_string()))?;
        let lacks = |what: &str| LogFileError::Facts(format!("`{what}` is not there"));
        let began = text(&facts, "began").and_then(|began| began.parse::<Timestamp>().ok());
        let head = facts.get("head").filter(|head| head.is_object());
        let end = facts.get("end").filter(|end| end.is_object());
        let this = Self {
            method: text(&facts, "method").ok_or_else(|| lacks("method"))?,
            kind: facts
                .get("kind")
                .and_then(Json::as_str)
                .and_then(kind_of)
                .ok_or_else(|| lacks("kind"))?,
            target: text(&facts, "target").unwrap_or_default(),
            began: began.map(SystemTime::from),
            head: head.map(|head| ResponseHead {
                http_status: number(head, "httpStatus")
                    .and_then(|status| u16::try_from(status).ok())
                    .unwrap_or_default(),
                metadata: metadata_from_json(head.get("metadata")),
            }),
            end: end.map(LogEnd::from_json),
        };
        let messages = number(&facts, "messages").and_then(|count| usize::try_from(count).ok());
        Ok((this, messages))
    }
}

impl LogEnd {
    fn to_json(&self) -> Json {
        let micros = |at: Option<Duration>| at.map(micros);
        let Self {
            outcome,
            timings,
            failure,
        } = self;
        json!({
            "code": outcome.status.code.0,
            "message": outcome.status.message,
            "origin": origin_to_json(&outcome.origin),
            "trailers": metadata_to_json(&outcome.trailers),
            "connectedMicros": micros(timings.connected),
            "headMicros": micros(timings.head),
            "firstMessageMicros": micros(timings.first_message),
            "totalMicros": micros(Some(timings.total)),
            "failure": failure.as_ref().map(|failure| json!({
                "summary": failure.summary,
                "reason": failure.reason,
                "hint": failure.hint,
            })),
        })
    }

    fn from_json(end: &Json) -> Self {
        let code = number(end, "code").and_then(|code| u32::try_from(code).ok());
        let status = Status::new(
            code.map_or(Code::UNKNOWN, Code),
            text(end, "message").unwrap_or_default(),
        );
        let at = |key| number(end, key).map(Duration::from_micros);
        let failure = end.get("failure").filter(|failure| failure.is_object());
        Self {
            outcome: Outcome {
                trailers: metadata_from_json(end.get("trailers")),
                ..Outcome::new(status, origin_from_json(end.get("origin")))
            },
            timings: Timings {
                connected: at("connectedMicros"),
                head: at("headMicros"),
                first_message: at("firstMessageMicros"),
                total: at("totalMicros").unwrap_or_default(),
            },
            failure: failure.map(|failure| Failure {
                summary: text(failure, "summary").unwrap_or_default(),
                reason: text(failure, "reason").unwrap_or_default(),
                hint: text(failure, "hint").unwrap_or_default(),
                ..Failure::default()
            }),
        }
    }
}

fn micros(at: Duration) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
}

fn text(json: &Json, key: &str) -> Option<String> {
    json.get(key)?.as_str().map(str::to_owned)
}

fn number(json: &Json, key: &str) -> Option<u64> {
    json.get(key)?.as_u64()
}

const KINDS: [(CallKind, &str); 4] = [
    (CallKind::Unary, "unary"),
    (CallKind::ServerStream, "serverStream"),
    (CallKind::ClientStream, "clientStream"),
    (CallKind::Bidi, "bidi"),
];

fn kind_name(kind: CallKind) -> &'static str {
    let found = KINDS.iter().find(|(known, _)| *known == kind);
    found.map_or("bidi", |(_, name)| name)
}

fn kind_of(name: &str) -> Option<CallKind> {
    let found = KINDS.iter().find(|(_, known)| *known == name);
    found.map(|(kind, _)| *kind)
}

/// Pairs in their order: a text, an object with bytes in base64, or `null` for what may be a secret.
fn metadata_to_json(metadata: &Metadata) -> Json {
    let pair = |(key, value): (&str, &Value)| {
        let value = match value {
            _ if is_credential(key) => Json::Null,
            Value::Text(text) => json!(text),
            Value::Binary(bytes) => json!({ "binary": BASE64.encode(bytes) }),
            Value::Raw(bytes) => json!({ "raw": BASE64.encode(bytes) }),
        };
        json!([key, value])
    };
    metadata.iter().map(pair).collect()
}

fn metadata_from_json(pairs: Option<&Json>) -> Metadata {
    let bytes = |value: &Map<String, Json>, key: &str| {
        let text = value.get(key)?.as_str()?;
        BASE64.decode(text).ok().map(Bytes::from)
    };
    let entry = |pair: &Json| {
        let [key, value] = pair.as_array()?.as_slice() else {
            return None;
        };
        let value = match value {
            Json::Null => Value::Text(NOT_SAVED.to_owned()),
            Json::String(text) => Value::Text(text.clone()),
            Json::Object(value) => match bytes(value, "binary") {
                Some(bytes) => Value::Binary(bytes),
                None => Value::Raw(bytes(value, "raw")?),
            },
            _ => return None,
        };
        Some((key.as_str()?.to_owned(), value))
    };
    let pairs = pairs.and_then(Json::as_array).into_iter().flatten();
    Metadata::from_entries(pairs.filter_map(entry).collect())
}

fn origin_to_json(origin: &Origin) -> Json {
    match origin {
        Origin::Trailers => json!("trailers"),
        Origin::TrailersOnly => json!("trailersOnly"),
        Origin::Http {
            status,
            content_type,
            body,
            cut,
        } => json!({
            "http": status,
            "contentType": content_type,
            "body": BASE64.encode(body),
            "cut": cut,
        }),
        Origin::Reset(code) => json!({ "reset": code }),
        Origin::Connection => json!("connection"),
        Origin::Deadline => json!("deadline"),
        Origin::Cancelled => json!("cancelled"),
        Origin::Local => json!("local"),
        Origin::NoStatus => json!("noStatus"),
        Origin::Protocol => json!("protocol"),
        Origin::NoMemory => json!("noMemory"),
        Origin::TooLarge { length } => json!({ "tooLarge": length }),
    }
}

fn origin_from_json(origin: Option<&Json>) -> Origin {
    let Some(origin) = origin else {
        return Origin::NoStatus;
    };
    if let Some(status) = number(origin, "http") {
        let body = text(origin, "body").and_then(|body| BASE64.decode(body).ok());
        return Origin::Http {
            status: u16::try_from(status).unwrap_or_default(),
            content_type: text(origin, "contentType"),
            body: body.unwrap_or_default().into(),
            cut: origin.get("cut").and_then(Json::as_bool).unwrap_or(false),
        };
    }
    if let Some(code) = number(origin, "reset") {
        return Origin::Reset(u32::try_from(code).unwrap_or(u32::MAX));
    }
    if origin.get("tooLarge").is_some() {
        return Origin::TooLarge {
            length: number(origin, "tooLarge"),
        };
    }
    match origin.as_str() {
        Some("trailers") => Origin::Trailers,
        Some("trailersOnly") => Origin::TrailersOnly,
        Some("connection") => Origin::Connection,
        Some("deadline") => Origin::Deadline,
        Some("cancelled") => Origin::Cancelled,
        Some("local") => Origin::Local,
        Some("protocol") => Origin::Protocol,
        Some("noMemory") => Origin::NoMemory,
        _ => Origin::NoStatus,
    }
}
