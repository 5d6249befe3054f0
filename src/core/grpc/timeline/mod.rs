//! A call as bars in lanes on one axis of time, and the same told in sentences.
//!
//! Pure: made of a [`Trace`] and of what the call knows of itself ([`CallFacts`]). Nothing is invented:
//! every bar stands for steps, frames or waits that were seen, every frame of the call's stream lies in
//! exactly one bar, and what was not seen is said to be so. Times are exact to the microsecond, which is
//! what the tap writes down. The number of bars is bounded whatever the number of frames: what lies
//! closer together than a four hundredth of the whole is one bar with a count.
//! Spec: RFC 9113; `PROTOCOL-HTTP2.md` of gRPC.

mod build;
mod connection;
mod facts;
mod figures;
mod lesson;
mod phases;
mod tell;
#[cfg(test)]
pub(super) mod tests;
mod words;

pub use connection::{ConnectionTimeline, Overlap, StreamLane};
pub use facts::{CallFacts, MessageCount, PastAttempt};
pub use figures::{bytes as exact_bytes, span as exact_span};
pub use phases::{CallPhase, PhaseKind};
pub use words::{Sentence, Weight};

use super::trace::{FrameDirection, Moment, StepEnd, StepKind, Trace, WaitKind};

/// A row of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// The steps of making the connection.
    Connection,
    /// What we sent on the stream.
    Request,
    /// What the server sent on it.
    Response,
    /// Windows: updates, and when they were used up.
    Flow,
    /// SETTINGS, PING, GOAWAY and others of the connection.
    Control,
}

impl Lane {
    /// From the top to the bottom.
    pub const ALL: [Self; 5] = [
        Self::Connection,
        Self::Request,
        Self::Response,
        Self::Flow,
        Self::Control,
    ];

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "Connection",
            Self::Request => "Request",
            Self::Response => "Response",
            Self::Flow => "Flow control",
            Self::Control => "HTTP/2",
        }
    }
}

/// What a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BarKind {
    /// A step of making the connection, and how it ended.
    Step(StepKind, StepEnd),
    /// An attempt that failed before this one, by its number from 0.
    Attempt(usize),
    /// HEADERS that open the call.
    RequestHead,
    /// DATA that was sent.
    RequestData,
    /// An empty DATA frame with END_STREAM: the half-close alone.
    HalfClose,
    /// From the last frame that was sent before the answer to the answer's first.
    ServerTime,
    /// HEADERS before the head (1xx).
    Informational,
    /// HEADERS that begin the answer.
    ResponseHead,
    /// DATA that came.
    ResponseData,
    /// HEADERS that end the answer.
    Trailers,
    /// HEADERS that are the whole answer.
    TrailersOnly,
    /// RST_STREAM.
    Reset(FrameDirection),
    /// A window was used up.
    Wait(WaitKind),
    /// WINDOW_UPDATE.
    WindowUpdate(FrameDirection),
    /// SETTINGS, or its ACK.
    Settings(FrameDirection),
    /// PING, or its ACK.
    Ping(FrameDirection),
    /// GOAWAY.
    GoAway(FrameDirection),
    /// Any other frame.
    Other(FrameDirection),
}

/// Something that happened, or some of a kind that lie close together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Its row.
    pub lane: Lane,
    /// What it is.
    pub kind: BarKind,
    /// When it began.
    pub begin: Moment,
    /// When it ended; as `begin` for a single frame.
    pub end: Moment,
    /// How many frames; 0 for what is no frame.
    pub frames: u64,
    /// Length of their payloads.
    pub bytes: u64,
    /// How many waits or records it stands for.
    pub parts: u64,
    /// What a single frame says, in the words of the specification.
    pub note: String,
    /// A frame of it had END_STREAM.
    pub end_stream: bool,
    /// It goes on.
    pub open: bool,
    /// Its frames were counted by slices of time: begin and end are those of the slices.
    pub counted: bool,
    /// Frames of the call's own stream, as opposed to the connection's.
    pub own: bool,
}

impl Bar {
    /// What it is, in a few words.
    pub fn title(&self) -> String {
        let verb = |direction| match direction {
            FrameDirection::Sent => "sent",
            FrameDirection::Received => "received",
        };
        match self.kind {
            BarKind::Step(kind, StepEnd::Done) => kind.name().to_owned(),
            BarKind::Step(kind, StepEnd::Failed) => format!("{} failed", kind.name()),
            BarKind::Step(kind, StepEnd::TimedOut) => format!("{} timed out", kind.name()),
            BarKind::Step(kind, StepEnd::Unfinished) => format!("{} not done", kind.name()),
            BarKind::Attempt(number) => format!("Attempt {}, failed", number + 1),
            BarKind::RequestHead => "Request HEADERS".to_owned(),
            BarKind::RequestData => "Messages sent".to_owned(),
            BarKind::HalfClose => "Half-close (END_STREAM)".to_owned(),
            BarKind::ServerTime => "Wait for the server".to_owned(),
            BarKind::Informational => "Response HEADERS (1xx)".to_owned(),
            BarKind::ResponseHead => "Response HEADERS".to_owned(),
            BarKind::ResponseData => "Messages received".to_owned(),
            BarKind::Trailers => "Trailers".to_owned(),
            BarKind::TrailersOnly => "Trailers-only response".to_owned(),
            BarKind::Reset(direction) => format!("RST_STREAM {}", verb(direction)),
            BarKind::Wait(kind) => match kind {
                WaitKind::SendStream => "The server's window of the stream is used up",
                WaitKind::SendConnection => "The server's window of the connection is used up",
                WaitKind::ReadStream => "Our window of the stream is used up",
                WaitKind::ReadConnection => "Our window of the connection is used up",
            }
            .to_owned(),
            BarKind::WindowUpdate(direction) => format!("WINDOW_UPDATE {}", verb(direction)),
            BarKind::Settings(direction) => format!("SETTINGS {}", verb(direction)),
            BarKind::Ping(direction) => format!("PING {}", verb(direction)),
            BarKind::GoAway(direction) => format!("GOAWAY {}", verb(direction)),
            BarKind::Other(direction) => format!("Other frames {}", verb(direction)),
        }
    }

    /// When it was and how long, exactly.
    pub fn when(&self) -> String {
        if self.begin == self.end && !self.open {
            return format!("at {}", figures::moment(self.begin));
        }
        let took = figures::between(self.begin, self.end);
        let (begin, end) = (figures::moment(self.begin), figures::moment(self.end));
        match self.open {
            true => format!("since {begin}, for {took} until now"),
            false => format!("from {begin} to {end}, {took}"),
        }
    }

    /// How much it was; empty for what is no frame.
    pub fn size(&self) -> String {
        match (self.frames, self.parts) {
            (0, 0 | 1) => String::new(),
            (0, parts) => figures::counted(parts, "time"),
            (frames, _) => {
                let frames = figures::counted(frames, "frame");
                format!("{frames}, {}", figures::bytes(self.bytes))
            }
        }
    }

    /// All of it, for those who cannot see the picture.
    pub fn words(&self) -> String {
        let parts = [self.title(), self.when(), self.size(), self.note.clone()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }
}

/// A record inside a bar, for looking closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The bar it belongs to.
    pub bar: usize,
    /// When.
    pub at: Moment,
    /// How many frames came together.
    pub frames: u32,
    /// Length of their payloads.
    pub bytes: u64,
}

/// A call in time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// Where the axis begins: 0, or the first step of a connection that was being made already.
    pub begin: Moment,
    /// Where the axis ends: with the call or the look at it, or a moment later, when a reset has left.
    pub end: Moment,
    /// The end of the call, or the moment of the look.
    pub total: Moment,
    /// The call is over.
    pub ended: bool,
    /// In order of their beginning.
    pub bars: Vec<Bar>,
    /// The single records, in order of time.
    pub marks: Vec<Mark>,
    /// How long each part of the call took, as far as it was seen.
    pub phases: Vec<CallPhase>,
    /// The call in words, in order of time.
    pub sentences: Vec<Sentence>,
}

impl Timeline {
    /// Makes it.
    pub fn new(trace: &Trace, facts: &CallFacts<'_>) -> Self {
        let mut timeline = build::build(trace, facts);
        timeline.phases = phases::phases(&timeline);
        timeline.sentences = words::sentences(&timeline, trace, facts);
        timeline
    }

    /// The whole axis, in microseconds; at least one.
    pub fn span_micros(&self) -> i64 {
        self.end.micros().saturating_sub(self.begin.micros()).max(1)
    }

    /// The sentence that tells of a bar.
    pub fn sentence_of(&self, bar: usize) -> Option<usize> {
        self.sentences
            .iter()
            .position(|sentence| sentence.bars.contains(&bar))
    }

    /// Everything as plain text: phases, then the call in words with its times.
    pub fn to_text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for phase in &self.phases {
            let _ = writeln!(text, "{}: {}", phase.kind.name(), phase.figure());
        }
        text.push('\n');
        for sentence in &self.sentences {
            let at = figures::moment(sentence.at);
            let _ = writeln!(text, "{at:>16}  {}", sentence.text);
            if !sentence.lesson.is_empty() {
                let _ = writeln!(text, "{:>16}  {}", "", sentence.lesson);
            }
        }
        text
    }
}
