//! The course of a call in words: messages, the answer, windows, frames of the connection.

use super::super::super::{
    Origin, Outcome, Value, error_code_name,
    trace::{FrameDirection, Trace, WaitKind},
};
use super::super::{
    Bar, BarKind, CallFacts, MessageCount, Sentence, Weight,
    figures::{between, bytes, counted, quoted},
    lesson,
};
use super::start::compressed;

/// Bytes before each message.
const PREFIX_BYTES: u64 = 5;

/// The first data of a direction, with what is known of all messages that way.
pub(super) fn first_data(
    bar: &Bar,
    direction: FrameDirection,
    trace: &Trace,
    facts: &CallFacts<'_>,
) -> Sentence {
    let (verb, messages, totals) = match direction {
        FrameDirection::Sent => ("Sent", facts.sent, &trace.sent),
        FrameDirection::Received => ("Received", facts.received, &trace.received),
    };
    let wire = totals.of(super::super::super::FrameType::Data);
    let encoding = match direction {
        FrameDirection::Sent => facts.compression.to_owned(),
        FrameDirection::Received => facts
            .head
            .and_then(|head| head.metadata.text("grpc-encoding"))
            .filter(|it| it != "identity")
            .map(|it| quoted(&it))
            .unwrap_or_default(),
    };
    let frames = format!(
        "{} of DATA, {}",
        counted(bar.frames, "frame"),
        bytes(bar.bytes)
    );
    let whole = bar.bytes == wire.bytes;
    let text = match (messages.count, whole) {
        (0, _) => format!("{verb} {frames}"),
        (1, true) => format!(
            "{verb} the message, {}: {frames}{}",
            bytes(messages.bytes),
            coded(messages, wire.bytes, &encoding)
        ),
        (_, true) => format!(
            "{verb} {}, {} together: {frames}{}",
            counted(messages.count, "message"),
            bytes(messages.bytes),
            coded(messages, wire.bytes, &encoding)
        ),
        (_, false) => format!(
            "{verb} the first DATA: {frames}; in all {}, {} of DATA",
            counted(messages.count, "message"),
            bytes(wire.bytes)
        ),
    };
    let took = match bar.end > bar.begin {
        true => format!(", within {}", between(bar.begin, bar.end)),
        false => String::new(),
    };
    Sentence::new(bar.begin, text + &took, lesson::PREFIX)
}

/// What became of the bytes on the wire, where the sums tell it.
fn coded(messages: MessageCount, wire: u64, encoding: &str) -> String {
    let prefixes = messages.count.saturating_mul(PREFIX_BYTES);
    let body = wire.saturating_sub(prefixes);
    if body == messages.bytes && wire >= prefixes {
        return match messages.count {
            1 => " (a prefix of 5 bytes and the message, not compressed)".to_owned(),
            _ => " (prefixes of 5 bytes and the messages, not compressed)".to_owned(),
        };
    }
    match encoding {
        "" => String::new(),
        _ => format!(" (compressed with {encoding} to {})", bytes(body)),
    }
}

pub(super) fn server_time(bar: &Bar) -> Sentence {
    let took = between(bar.begin, bar.end);
    let text = match bar.open {
        true => format!("The server has not answered for {took}"),
        false => format!("Until the first frame of the server passed {took}"),
    };
    Sentence::new(bar.begin, text, lesson::SERVER_TIME)
}

/// Frames of the server that begin or end the answer, and what ends the stream or the connection.
pub(super) fn answer(bar: &Bar, trace: &Trace, facts: &CallFacts<'_>) -> Sentence {
    let size = || compressed(bar, trace, FrameDirection::Received);
    let say = |text: String, lesson: &str| Sentence::new(bar.begin, text, lesson);
    match bar.kind {
        BarKind::Informational => say(
            "Received a head with a status of 1xx".to_owned(),
            lesson::INFORMATIONAL,
        ),
        BarKind::ResponseHead => {
            let said = foreign(facts);
            let head = said
                .as_ref()
                .map_or_else(|| head(facts), |it| format!(": {it}"));
            let text = format!("Received HEADERS{head}{}", size());
            match said {
                Some(_) => say(text, lesson::NOT_GRPC).weighing(Weight::Bad),
                None => say(text, lesson::RESPONSE_HEAD),
            }
        }
        BarKind::Trailers => {
            let text = format!("Received trailers{}{}", status(facts), size());
            say(text, lesson::TRAILERS).weighing(weight(facts))
        }
        BarKind::TrailersOnly => match foreign(facts) {
            Some(said) => {
                let text = format!("Received HEADERS with END_STREAM: {said}{}", size());
                say(text, lesson::NOT_GRPC).weighing(Weight::Bad)
            }
            None => {
                let text = format!(
                    "Received HEADERS with END_STREAM (trailers-only){}{}",
                    status(facts),
                    size()
                );
                say(text, lesson::TRAILERS_ONLY).weighing(weight(facts))
            }
        },
        BarKind::Reset(direction) => reset(bar, direction),
        BarKind::GoAway(direction) => {
            let who = match direction {
                FrameDirection::Sent => "We said",
                FrameDirection::Received => "The server said",
            };
            let text = format!("{who} GOAWAY: {}", bar.note);
            say(text, lesson::GO_AWAY).weighing(Weight::Slow)
        }
        _ => say(bar.note.clone(), ""),
    }
}

fn weight(facts: &CallFacts<'_>) -> Weight {
    match facts.outcome {
        Some(outcome) if outcome.status.code.0 == 0 => Weight::Good,
        Some(_) => Weight::Bad,
        None => Weight::Plain,
    }
}

fn reset(bar: &Bar, direction: FrameDirection) -> Sentence {
    let code = bar.note.as_str();
    let (text, lesson, weight) = match direction {
        // Early trailers: what the specification asks for.
        FrameDirection::Sent if code == error_code_name(0) => (
            format!("Sent RST_STREAM with {code}: the server has said all, the rest is not needed"),
            lesson::RESET_BY_US,
            Weight::Plain,
        ),
        FrameDirection::Sent => (
            format!("Sent RST_STREAM with {code}: we broke the call off"),
            lesson::RESET_BY_US,
            Weight::Slow,
        ),
        FrameDirection::Received if code == error_code_name(0) => (
            format!("Received RST_STREAM with {code}: the server needs no more of the request"),
            lesson::RESET_BY_SERVER,
            Weight::Plain,
        ),
        FrameDirection::Received => (
            format!("Received RST_STREAM with {code}"),
            lesson::RESET_BY_SERVER,
            Weight::Bad,
        ),
    };
    Sentence::new(bar.begin, text, lesson).weighing(weight)
}

/// The head of the answer: its status, its type, and the names of the rest.
fn head(facts: &CallFacts<'_>) -> String {
    let Some(head) = facts.head else {
        return String::new();
    };
    let mut text = format!(": :status {}", head.http_status);
    for key in ["content-type", "grpc-encoding"] {
        if let Some(Value::Text(value)) = head.metadata.get(key) {
            text.push_str(&format!("; {key}: {}", quoted(value)));
        }
    }
    let known = ["content-type", "grpc-encoding"];
    let rest: Vec<_> = head
        .metadata
        .iter()
        .map(|(key, _)| key)
        .filter(|key| !known.contains(key))
        .collect();
    if !rest.is_empty() {
        text.push_str(&format!("; and {}", rest.join(", ")));
    }
    text
}

/// What answered where that was not gRPC.
fn foreign(facts: &CallFacts<'_>) -> Option<String> {
    match &facts.outcome?.origin {
        Origin::Http {
            status,
            content_type,
            ..
        } => {
            let kind = content_type.as_deref().unwrap_or("no content-type");
            Some(format!(
                ":status {status}, {}; no answer of gRPC",
                quoted(kind)
            ))
        }
        _ => None,
    }
}

/// The status as the server's trailers had it; nothing where the call's status is not theirs.
fn status(facts: &CallFacts<'_>) -> String {
    let servers_own =
        |outcome: &&Outcome| matches!(outcome.origin, Origin::Trailers | Origin::TrailersOnly);
    let Some(outcome) = facts.outcome.filter(servers_own) else {
        return String::new();
    };
    let code = outcome.status.code;
    let name = code.name().unwrap_or("not a code of gRPC");
    let mut text = format!(": grpc-status {} ({name})", code.0);
    if !outcome.status.message.is_empty() {
        text.push_str("; grpc-message");
    }
    let rest: Vec<_> = outcome
        .trailers
        .iter()
        .map(|(key, _)| key)
        .filter(|key| !matches!(*key, "grpc-status" | "grpc-message"))
        .collect();
    if !rest.is_empty() {
        text.push_str(&format!("; {}", rest.join(", ")));
    }
    text
}

pub(super) fn wait(kind: WaitKind, bar: &Bar) -> Sentence {
    let what = match kind {
        WaitKind::SendStream => "The server's window for this stream was used up",
        WaitKind::SendConnection => {
            "The server's window for the connection, which all its calls share, was used up"
        }
        WaitKind::ReadStream => "Our window for this stream was used up: the server had to wait",
        WaitKind::ReadConnection => {
            "Our window for the connection was used up: the server had to wait with all its calls"
        }
    };
    let took = between(bar.begin, bar.end);
    let text = match (bar.parts, bar.open) {
        (1, true) => format!("{what}, and still is after {took}"),
        (1, false) => format!("{what} for {took}"),
        (many, _) => format!("{what} {} within {took}", counted(many, "time")),
    };
    Sentence::new(bar.begin, text, lesson::wait(kind)).weighing(Weight::Slow)
}

/// Frames of one kind about the connection or its windows.
pub(super) fn control<'a>(first: &Bar, alike: impl Iterator<Item = &'a Bar>) -> Sentence {
    let (mut frames, mut sum) = (0_u64, 0_u64);
    for bar in alike {
        frames = frames.saturating_add(bar.frames);
        sum = sum.saturating_add(bar.bytes);
    }
    let (verb, name) = match first.kind {
        BarKind::WindowUpdate(direction) => (verb(direction), "WINDOW_UPDATE"),
        BarKind::Settings(direction) => (verb(direction), "SETTINGS"),
        BarKind::Ping(direction) => (verb(direction), "PING"),
        BarKind::Other(direction) => (verb(direction), "other frames"),
        _ => ("Saw", "frames"),
    };
    let mut text = match frames {
        1 => format!("{verb} {name}"),
        many => format!("{verb} {name}, {}", counted(many, "frame")),
    };
    if !first.note.is_empty() && frames == 1 {
        text.push_str(&format!(": {}", first.note));
    }
    if matches!(first.kind, BarKind::Other(_)) {
        text.push_str(&format!(", {}", bytes(sum)));
    }
    Sentence::new(first.begin, text, lesson::frame(first.kind))
}

fn verb(direction: FrameDirection) -> &'static str {
    match direction {
        FrameDirection::Sent => "Sent",
        FrameDirection::Received => "Received",
    }
}
