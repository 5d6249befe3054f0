//! How long each part of a call took.

use super::super::trace::Moment;
use super::{
    BarKind, Timeline,
    figures::{between, micros_between},
};

/// A part of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhaseKind {
    /// Making the connection.
    Connect,
    /// From the connection (or the beginning, on one that was open) to the call's HEADERS.
    Queue,
    /// From the call's HEADERS to our END_STREAM.
    Send,
    /// From what was sent last before the answer to the answer's first frame.
    Server,
    /// From the answer's first frame to its last.
    Receive,
    /// All of it.
    Total,
}

impl PhaseKind {
    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "Connect",
            Self::Queue => "Before sending",
            Self::Send => "Send",
            Self::Server => "Wait for the server",
            Self::Receive => "Receive",
            Self::Total => "Total",
        }
    }

    /// What it is measured from and to.
    pub fn explained(self) -> &'static str {
        match self {
            Self::Connect => {
                "From the first step of making the connection to the server's SETTINGS"
            }
            Self::Queue => {
                "From the connection, or from Send where it was open, until the call's HEADERS were \
                 written"
            }
            Self::Send => "From the call's HEADERS to END_STREAM: the request is on its way",
            Self::Server => {
                "From what was sent last before the answer until its first frame: the network's round \
                 trip, and what the server takes"
            }
            Self::Receive => "From the answer's first frame to its last",
            Self::Total => "From Send until the status was there",
        }
    }
}

/// A part of a call in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPhase {
    /// Which.
    pub kind: PhaseKind,
    /// When it began.
    pub begin: Moment,
    /// When it ended; the moment of the look while it lasts.
    pub end: Moment,
    /// It lasts, or the call ended before it did.
    pub open: bool,
    /// The call is over.
    pub over: bool,
}

impl CallPhase {
    /// How long, in microseconds.
    pub fn micros(&self) -> u64 {
        micros_between(self.begin, self.end)
    }

    /// How long in words.
    pub fn figure(&self) -> String {
        let took = between(self.begin, self.end);
        match (self.open, self.over, self.micros()) {
            (true, true, _) => format!("{took}, cut off"),
            (true, false, _) => format!("{took}, not over"),
            // What is written or read together has one time.
            (false, _, 0) => "at once".to_owned(),
            (false, ..) => took,
        }
    }
}

/// The parts that were seen, in order; the whole last.
pub(super) fn phases(timeline: &Timeline) -> Vec<CallPhase> {
    let bars = || timeline.bars.iter();
    let first = |wanted: fn(&BarKind) -> bool| bars().find(move |bar| wanted(&bar.kind));
    let phase = |kind, begin, end: Option<Moment>| CallPhase {
        kind,
        begin,
        // A peer that breaks the rules may end what it has not begun.
        end: end.unwrap_or(timeline.total).max(begin),
        open: end.is_none(),
        over: timeline.ended,
    };
    let mut phases = Vec::new();
    let steps = || bars().filter(|bar| matches!(bar.kind, BarKind::Step(..)));
    let connected = steps().map(|bar| bar.end).max();
    if let (Some(begin), Some(end)) = (steps().map(|bar| bar.begin).min(), connected) {
        phases.push(phase(PhaseKind::Connect, begin, Some(end)));
    }
    let head = first(|kind| *kind == BarKind::RequestHead).map(|bar| bar.begin);
    let tried = bars().filter(|bar| matches!(bar.kind, BarKind::Attempt(_)));
    let before = tried.map(|bar| bar.end).chain(connected).max();
    let idle = before.unwrap_or_default().max(Moment::default());
    if let Some(head) = head.filter(|head| *head > idle) {
        phases.push(phase(PhaseKind::Queue, idle, Some(head)));
    }
    if let Some(begin) = head {
        let closed = bars()
            .filter(|bar| is_request(bar.kind) && bar.end_stream)
            .map(|bar| bar.end)
            .next_back();
        phases.push(phase(PhaseKind::Send, begin, closed));
    }
    if let Some(bar) = first(|kind| *kind == BarKind::ServerTime) {
        let answered = bars().any(|it| is_answer(it.kind));
        phases.push(phase(
            PhaseKind::Server,
            bar.begin,
            answered.then_some(bar.end),
        ));
    }
    if let Some(begin) = bars().find(|bar| is_answer(bar.kind)).map(|bar| bar.begin) {
        let mut ends = bars().filter(|bar| {
            let reset = matches!(bar.kind, BarKind::Reset(_));
            reset || (is_answer(bar.kind) && bar.end_stream)
        });
        let end = ends.next_back().map(|bar| bar.end);
        phases.push(phase(PhaseKind::Receive, begin, end));
    }
    phases.push(CallPhase {
        kind: PhaseKind::Total,
        begin: Moment::default(),
        end: timeline.total,
        open: !timeline.ended,
        over: timeline.ended,
    });
    phases
}

fn is_request(kind: BarKind) -> bool {
    matches!(
        kind,
        BarKind::RequestHead | BarKind::RequestData | BarKind::HalfClose
    )
}

pub(super) fn is_answer(kind: BarKind) -> bool {
    matches!(
        kind,
        BarKind::Informational
            | BarKind::ResponseHead
            | BarKind::ResponseData
            | BarKind::Trailers
            | BarKind::TrailersOnly
    )
}
