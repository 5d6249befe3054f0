//! The connection's beginning and the call's head in words.

use std::net::IpAddr;

use super::super::super::{
    ConnectInfo,
    trace::{Detail, FrameDirection, FrameType, Moment, StepEnd, StepKind, Trace},
};
use super::super::{
    Bar, CallFacts, Sentence, Weight,
    build::step_end,
    figures::{between, bytes, counted, quoted},
    lesson,
};

/// Of a connection that was open before: since when, and how many calls it had.
pub(in super::super) fn reused(trace: &Trace, facts: &CallFacts<'_>) -> Option<Sentence> {
    let (info, reused) = facts.connection?;
    let made = trace.steps.last().map(step_end);
    let was_open = reused || made.is_some_and(Moment::is_before);
    let made = made.filter(|made| made.is_before());
    if !was_open {
        return None;
    }
    let mut text = format!("The connection to {} was open already", peer(info, facts));
    if let Some(made) = made {
        let age = between(made, Moment::default());
        text.push_str(&format!(": it was made {age} before"));
    }
    match trace.calls_before {
        0 => {}
        1 => text.push_str("; one call had used it"),
        more => text.push_str(&format!("; {} had used it", counted(more, "call"))),
    }
    text.push_str(&security(info));
    Some(Sentence::new(Moment::default(), text, lesson::REUSED))
}

fn peer(info: &ConnectInfo, facts: &CallFacts<'_>) -> String {
    match info.peer {
        Some(peer) => peer.to_string(),
        None => facts.target.to_owned(),
    }
}

fn security(info: &ConnectInfo) -> String {
    match &info.tls {
        Some(tls) => format!(" ({tls})"),
        None => " (plaintext)".to_owned(),
    }
}

/// An attempt that failed before this one.
pub(super) fn attempt(number: usize, bar: &Bar, facts: &CallFacts<'_>) -> Sentence {
    let took = between(bar.begin, bar.end);
    let mut text = format!("Attempt {} ended after {took}", number + 1);
    if let Some(attempt) = facts.attempts.get(number) {
        let code = attempt.code.name().unwrap_or("an unknown status");
        text.push_str(&format!(" with {code}: {}", quoted(&attempt.reason)));
    }
    Sentence::new(bar.begin, text, lesson::RETRIED).weighing(Weight::Slow)
}

/// A step of making the connection.
pub(super) fn step(
    kind: StepKind,
    end: StepEnd,
    bar: &Bar,
    trace: &Trace,
    facts: &CallFacts<'_>,
) -> Sentence {
    let took = between(bar.begin, bar.end);
    let info = facts.connection.map(|(info, _)| info);
    let done = || match kind {
        StepKind::Resolve => match addresses(&trace.addresses) {
            found if found.is_empty() => format!("Looked the name up in {took}"),
            found => format!("Looked the name up: {found}, in {took}"),
        },
        StepKind::Connect => {
            let to = info.and_then(|info| info.peer);
            let to = to.map_or_else(String::new, |peer| format!(" to {peer}"));
            let to = match info.and_then(|info| info.proxy.as_ref()) {
                Some(proxy) => format!(" to the proxy {proxy}"),
                None => to,
            };
            format!("Opened a connection{to} in {took}")
        }
        StepKind::Proxy => format!("The proxy opened a tunnel in {took}"),
        StepKind::Tls => {
            let tls = info.and_then(|info| info.tls.as_ref());
            let tls = tls.map_or_else(String::new, |tls| format!(": {tls}"));
            format!("TLS handshake in {took}{tls}")
        }
        StepKind::Settings => {
            format!("Exchanged HTTP/2 SETTINGS in {took}{}", allowed(trace))
        }
    };
    let name = kind.name();
    let (text, weight) = match end {
        StepEnd::Done => (done(), Weight::Plain),
        StepEnd::Failed => (format!("{name} failed after {took}"), Weight::Bad),
        StepEnd::TimedOut => (format!("{name} timed out after {took}"), Weight::Bad),
        StepEnd::Unfinished => (format!("{name} was not done after {took}"), Weight::Bad),
    };
    let mut sentence = Sentence::new(bar.begin, text, lesson::step(kind)).weighing(weight);
    if kind == StepKind::Settings && end == StepEnd::Done {
        sentence.lesson = format!("{}. {}", sentence.lesson, lesson::NEW_CONNECTION);
    }
    sentence
}

fn addresses(found: &[IpAddr]) -> String {
    const SHOWN: usize = 4;
    let mut unique: Vec<&IpAddr> = Vec::new();
    for address in found {
        if !unique.contains(&address) {
            unique.push(address);
        }
    }
    let shown: Vec<_> = unique.iter().take(SHOWN).map(|it| it.to_string()).collect();
    let mut text = shown.join(", ");
    if unique.len() > SHOWN {
        text.push_str(&format!(" and {} more", unique.len() - SHOWN));
    }
    text
}

/// What the server's SETTINGS allow, where they say so.
fn allowed(trace: &Trace) -> String {
    let mut records = trace.records.iter();
    let pairs = records.find_map(|record| match &record.detail {
        Detail::Settings(pairs) if record.direction == FrameDirection::Received => Some(pairs),
        _ => None,
    });
    let value = |wanted: u16| {
        let pairs = pairs?.iter();
        let mut of_it = pairs.filter(|(id, _)| *id == wanted);
        of_it.next_back().map(|(_, value)| *value)
    };
    let mut parts = Vec::new();
    if let Some(streams) = value(3).filter(|streams| *streams < u32::MAX) {
        parts.push(format!("{} at once", counted(streams.into(), "call")));
    }
    if let Some(window) = value(4) {
        parts.push(format!(
            "{} on their way on each stream",
            bytes(window.into())
        ));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("; the server allows {}", parts.join(" and ")),
    }
}

/// The head of the call.
pub(super) fn request_head(bar: &Bar, trace: &Trace, facts: &CallFacts<'_>) -> Sentence {
    let mut text = format!(
        "Sent HEADERS on stream {}: POST /{}",
        trace.stream, facts.method
    );
    let mut headers = vec![
        "te: trailers".to_owned(),
        "content-type: application/grpc".to_owned(),
    ];
    if let Some(deadline) = facts.deadline {
        headers.push(format!("grpc-timeout: what is left of {deadline:?}"));
    }
    if !facts.compression.is_empty() {
        headers.push(format!("grpc-encoding: {}", facts.compression));
    }
    text.push_str(&format!("; {}", headers.join("; ")));
    if !facts.metadata.is_empty() {
        text.push_str(&format!(
            "; and your metadata {}",
            facts.metadata.join(", ")
        ));
    }
    text.push_str(&compressed(bar, trace, FrameDirection::Sent));
    let lesson = match facts.deadline {
        Some(_) => format!("{}. {}", lesson::REQUEST_HEAD, lesson::DEADLINE),
        None => lesson::REQUEST_HEAD.to_owned(),
    };
    Sentence::new(bar.begin, text, &lesson)
}

/// How small HPACK made the headers of a bar.
pub(super) fn compressed(bar: &Bar, trace: &Trace, direction: FrameDirection) -> String {
    let mut records = trace.records.iter();
    let before = records.find_map(|record| match record.detail {
        Detail::HeaderBytes(before)
            if record.at == bar.begin
                && record.direction == direction
                && record.frame == FrameType::Headers =>
        {
            Some(before)
        }
        _ => None,
    });
    match before {
        Some(before) => format!(
            ". {}, which HPACK made {}",
            bytes(before.into()),
            bytes(bar.bytes)
        ),
        None => format!(". {} on the wire", bytes(bar.bytes)),
    }
}
