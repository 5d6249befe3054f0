//! How a call ended, in words.

use super::super::super::{Origin, Outcome, error_code_name, trace::Trace};
use super::super::{
    BarKind, CallFacts, Sentence, Timeline, Weight,
    figures::{between, quoted},
    lesson,
};

/// The end: the status, where it came from and when.
pub(in super::super) fn ending(
    timeline: &Timeline,
    trace: &Trace,
    facts: &CallFacts<'_>,
) -> Option<Sentence> {
    let outcome = facts.outcome?;
    let took = between(super::super::super::Moment::default(), timeline.total);
    let code = outcome.status.code;
    let name = code
        .name()
        .map_or_else(|| format!("status {}", code.0), str::to_owned);
    let (how, lesson) = why(outcome, trace);
    let text = match how.is_empty() {
        true => format!("The call ended with {name} after {took}"),
        false => format!("The call ended with {name} after {took}: {how}"),
    };
    let weight = match code.0 {
        0 => Weight::Good,
        _ => Weight::Bad,
    };
    let mut sentence = Sentence::new(timeline.total, text, lesson).weighing(weight);
    // Where the server's status stands, it is the same thing.
    let last = timeline
        .bars
        .iter()
        .rposition(|bar| matches!(bar.kind, BarKind::Trailers | BarKind::TrailersOnly));
    if outcome.origin == Origin::Trailers || outcome.origin == Origin::TrailersOnly {
        sentence.bars.extend(last);
    }
    Some(sentence)
}

/// Where a status came from, and what that means.
fn why(outcome: &Outcome, trace: &Trace) -> (String, &'static str) {
    let message = quoted(&outcome.status.message);
    let waited = outcome.waiting.map(|waiting| waiting.to_string());
    let message = || message.clone();
    match &outcome.origin {
        Origin::Trailers | Origin::TrailersOnly => match outcome.status.code.0 {
            0 => (String::new(), ""),
            _ => (
                message(),
                "The server's own word: its handler chose this status, or its library did",
            ),
        },
        Origin::Http {
            status,
            content_type,
            ..
        } => {
            let kind = content_type.as_deref().unwrap_or("no content type");
            (
                format!("HTTP status {status}, {}", quoted(kind)),
                lesson::NOT_GRPC,
            )
        }
        Origin::Reset(code) => (
            format!(
                "the server reset the stream with {}",
                error_code_name(*code)
            ),
            lesson::RESET_BY_SERVER,
        ),
        Origin::Connection if trace.stream == 0 => (
            message(),
            "Nothing of the call has left: there was no connection to send it on",
        ),
        Origin::Connection => (
            message(),
            "The connection ended under the call. What the server has done with it is not known",
        ),
        Origin::Deadline => match waited {
            Some(waited) => (
                format!("the deadline passed while it waited for {waited}"),
                lesson::DEADLINE_PASSED,
            ),
            None => (message(), lesson::DEADLINE_PASSED),
        },
        Origin::Cancelled => match waited {
            Some(waited) => (
                format!("cancelled here while it waited for {waited}"),
                lesson::CANCELLED,
            ),
            None => ("cancelled here".to_owned(), lesson::CANCELLED),
        },
        Origin::NoStatus => (
            message(),
            "The stream ended in order, but without grpc-status: a gRPC server must send it",
        ),
        Origin::Protocol => (
            message(),
            "The status was made here: what the server sent is not what gRPC allows",
        ),
        Origin::Local | Origin::NoMemory | Origin::TooLarge { .. } => (
            message(),
            "The status was made here: this side gave the call up",
        ),
    }
}
