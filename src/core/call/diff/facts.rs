//! What two calls were besides their messages: status, time, headers and trailers.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::grpc::{Metadata, Outcome, Value, printable_lines};

/// Metadata that differs from call to call by its nature. Ignored unless a request says otherwise.
pub const VOLATILE_METADATA: [&str; 14] = [
    "age",
    "date",
    "server-timing",
    "traceparent",
    "tracestate",
    "x-amzn-trace-id",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-envoy-upstream-service-time",
    "x-request-id",
    "x-runtime",
    "x-trace-id",
];

/// Characters of a value that are shown.
const SHOWN: usize = 2_000;

/// How a call ended.
#[derive(Debug, Clone)]
pub struct CallFacts {
    /// Initial metadata, where some came.
    pub head: Metadata,
    /// Status and trailers.
    pub outcome: Outcome,
    /// From Send to the end.
    pub total: Duration,
}

/// What a row tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactPlace {
    /// The status code.
    Status,
    /// The status message.
    Message,
    /// How long the call took.
    Duration,
    /// Initial metadata.
    Header,
    /// Trailing metadata.
    Trailer,
}

/// Whether the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactState {
    /// They do not.
    Equal,
    /// They do.
    Differs,
    /// They do, and it does not matter.
    Ignored,
    /// A measure, which is another one in every call.
    Told,
}

/// One of the facts of both calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// What it tells of.
    pub place: FactPlace,
    /// The key of metadata; empty for others.
    pub key: String,
    /// At the left; `None` when it has none.
    pub left: Option<String>,
    /// At the right.
    pub right: Option<String>,
    /// Whether they differ.
    pub state: FactState,
}

/// Holds two calls against each other. `ignore` names keys of metadata in lower case. Times are told and
/// never count as a difference.
pub fn compare_facts(left: &CallFacts, right: &CallFacts, ignore: &[String]) -> Vec<FactRow> {
    let status = |facts: &CallFacts| facts.outcome.status.code.to_string();
    let message = |facts: &CallFacts| {
        let message = &facts.outcome.status.message;
        (!message.is_empty()).then(|| printable_lines(message, SHOWN))
    };
    let mut rows = vec![row(
        FactPlace::Status,
        "",
        Some(status(left)),
        Some(status(right)),
    )];
    let messages = (message(left), message(right));
    if messages != (None, None) {
        rows.push(row(FactPlace::Message, "", messages.0, messages.1));
    }
    let total = |facts: &CallFacts| Some(format!("{:.1} ms", facts.total.as_secs_f64() * 1e3));
    rows.push(FactRow {
        state: FactState::Told,
        ..row(FactPlace::Duration, "", total(left), total(right))
    });
    metadata(
        FactPlace::Header,
        &left.head,
        &right.head,
        ignore,
        &mut rows,
    );
    let trailers = (&left.outcome.trailers, &right.outcome.trailers);
    metadata(
        FactPlace::Trailer,
        trailers.0,
        trailers.1,
        ignore,
        &mut rows,
    );
    rows
}

fn row(place: FactPlace, key: &str, left: Option<String>, right: Option<String>) -> FactRow {
    FactRow {
        place,
        key: key.to_owned(),
        state: if left == right {
            FactState::Equal
        } else {
            FactState::Differs
        },
        left,
        right,
    }
}

/// Metadata by key; several values of one key are one text, for their order has a meaning.
fn metadata(
    place: FactPlace,
    left: &Metadata,
    right: &Metadata,
    ignore: &[String],
    rows: &mut Vec<FactRow>,
) {
    let mut keys: BTreeMap<&str, [Option<String>; 2]> = BTreeMap::new();
    for (side, metadata) in [left, right].into_iter().enumerate() {
        for (key, value) in metadata.iter() {
            let text = match value {
                Value::Text(text) => printable_lines(text, SHOWN),
                Value::Binary(bytes) => BASE64_STANDARD.encode(bytes),
                Value::Raw(bytes) => bytes.escape_ascii().to_string(),
            };
            let Some(known) = keys.entry(key).or_default().get_mut(side) else {
                continue;
            };
            match known {
                Some(known) => {
                    known.push_str(", ");
                    known.push_str(&text);
                }
                None => *known = Some(text),
            }
        }
    }
    for (key, [left, right]) in keys {
        let mut row = row(place, key, left, right);
        if row.state == FactState::Differs && ignore.iter().any(|it| it == key) {
            row.state = FactState::Ignored;
        }
        rows.push(row);
    }
}
