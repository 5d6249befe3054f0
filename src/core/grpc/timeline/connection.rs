//! All calls of one connection on one axis: which ran at the same time, and who waited for the window
//! that they share.

use super::super::{
    Code, error_code_name,
    trace::{
        ConnectionTrace, Count, FrameDirection, FrameType, Moment, Record, StreamCourse, Wait,
        WaitKind,
    },
};
use super::{
    Sentence, Weight,
    build::step_end,
    figures::{between, bytes, counted, micros_between, moment},
    lesson,
};

/// Waits that lie closer together than this part of the whole are one.
const PARTS: i64 = 400;

/// Calls named in one sentence.
const NAMED: usize = 4;

/// One call of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLane {
    /// The stream.
    pub stream: u32,
    /// `/pkg.Service/Method`; empty where it is not known.
    pub path: String,
    /// The call that is being looked at.
    pub own: bool,
    /// From its HEADERS to its end, or to the moment of the look.
    pub begin: Moment,
    /// See `begin`.
    pub end: Moment,
    /// It runs.
    pub open: bool,
    /// From its HEADERS to our END_STREAM, or to its end without one.
    pub request_end: Moment,
    /// From the answer's first HEADERS to its last frame.
    pub response: Option<(Moment, Moment)>,
    /// How it ended: `OK`, `RST_STREAM CANCEL`; empty while it runs.
    pub ended_with: String,
    /// Whether that is well.
    pub weight: Weight,
    /// What was sent.
    pub sent: Count,
    /// What came.
    pub received: Count,
    /// When its own windows were used up.
    pub waits: Vec<Overlap>,
    /// All of it in words.
    pub text: String,
}

/// A span in which a window was used up, and the calls it concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// Which window.
    pub kind: WaitKind,
    /// When it began.
    pub begin: Moment,
    /// When it ended, or the moment of the look.
    pub end: Moment,
    /// It lasts.
    pub open: bool,
    /// How many times it was used up within.
    pub times: u64,
}

/// A connection in time. Times are told from the beginning of the call that is being looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionTimeline {
    /// When its making began.
    pub begin: Moment,
    /// The moment of the look.
    pub end: Moment,
    /// The steps of its making: from, to, name.
    pub steps: Vec<(Moment, Moment, &'static str)>,
    /// Its calls, by stream.
    pub lanes: Vec<StreamLane>,
    /// When its windows were used up.
    pub waits: Vec<Overlap>,
    /// GOAWAY and other frames of the connection that end it: when, and what they say.
    pub events: Vec<(Moment, String)>,
    /// The most calls that were open at one moment, of those remembered.
    pub most_at_once: usize,
    /// Calls before, of which nothing is remembered.
    pub forgotten: u64,
    /// What can be said of it, in order of time. `Sentence::bars` are indices into `lanes`.
    pub sentences: Vec<Sentence>,
}

impl ConnectionTimeline {
    /// Makes it.
    pub fn new(trace: &ConnectionTrace) -> Self {
        let end = trace.now;
        let steps: Vec<_> = trace
            .steps
            .iter()
            .map(|step| (step.at, step_end(step), step.kind.name()))
            .collect();
        let begins = steps.iter().map(|(at, ..)| *at);
        let opened = trace.streams.iter().map(|course| course.opened);
        let begin = begins.chain(opened).min().unwrap_or_default().min(end);
        let span = end.micros().saturating_sub(begin.micros());
        let grain = u64::try_from(span / PARTS).unwrap_or(0);
        let lanes: Vec<_> = trace
            .streams
            .iter()
            .map(|course| lane(course, trace.own, end, grain))
            .collect();
        let waits = merged(&trace.waits.kept, end, grain);
        let mut timeline = Self {
            begin,
            end,
            steps,
            most_at_once: most_at_once(&lanes),
            lanes,
            waits,
            events: trace.records.iter().filter_map(event).collect(),
            forgotten: trace.forgotten,
            sentences: Vec::new(),
        };
        timeline.sentences = timeline.told();
        timeline
    }

    /// The whole axis, in microseconds; at least one.
    pub fn span_micros(&self) -> i64 {
        self.end.micros().saturating_sub(self.begin.micros()).max(1)
    }

    /// Calls that were open for sending (or, of our windows, for answering) during a wait.
    pub fn held(&self, wait: &Overlap) -> Vec<usize> {
        let concerned = |lane: &StreamLane| match wait.kind {
            WaitKind::SendStream | WaitKind::SendConnection => {
                lane.begin < wait.end && lane.request_end > wait.begin
            }
            WaitKind::ReadStream | WaitKind::ReadConnection => {
                lane.begin < wait.end && lane.end > wait.begin
            }
        };
        let lanes = self.lanes.iter().enumerate();
        lanes
            .filter(|(_, lane)| concerned(lane))
            .map(|(index, _)| index)
            .collect()
    }

    fn names(&self, lanes: &[usize]) -> String {
        let shown = lanes.iter().take(NAMED);
        let names = shown.filter_map(|index| self.lanes.get(*index));
        let names: Vec<_> = names.map(StreamLane::name).collect();
        match lanes.len().saturating_sub(NAMED) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }

    fn told(&self) -> Vec<Sentence> {
        let mut told = Vec::new();
        if let (Some((begin, ..)), Some((_, end, _))) = (self.steps.first(), self.steps.last()) {
            let took = between(*begin, *end);
            let text = format!("The connection was made in {took}");
            told.push(Sentence::new(*begin, text, lesson::NEW_CONNECTION));
        }
        if self.forgotten > 0 {
            let calls = counted(self.forgotten, "call");
            let text = format!("{calls} before are not remembered any more");
            told.push(Sentence::new(self.begin, text, ""));
        }
        for (index, lane) in self.lanes.iter().enumerate() {
            let sentence = Sentence::new(lane.begin, lane.text.clone(), "");
            told.push(sentence.of(index).weighing(lane.weight));
        }
        let mut taught = false;
        for wait in &self.waits {
            told.push(self.wait(wait, &mut taught));
        }
        for (at, text) in &self.events {
            let sentence = Sentence::new(*at, text.clone(), lesson::GO_AWAY);
            told.push(sentence.weighing(Weight::Slow));
        }
        told.sort_by_key(|sentence| sentence.at);
        let summary = Sentence::new(self.begin, self.summary(), lesson::REUSED);
        told.insert(0, summary);
        told
    }

    fn summary(&self) -> String {
        let calls = counted(u64::try_from(self.lanes.len()).unwrap_or(u64::MAX), "call");
        match self.most_at_once {
            0 | 1 => format!("{calls} on this connection, one after the other"),
            most => format!("{calls} on this connection, at most {most} at the same time"),
        }
    }

    fn wait(&self, wait: &Overlap, taught: &mut bool) -> Sentence {
        let held = self.held(wait);
        let took = between(wait.begin, wait.end);
        let whose = match wait.kind {
            WaitKind::SendStream | WaitKind::SendConnection => "The server's window",
            WaitKind::ReadStream | WaitKind::ReadConnection => "Our window",
        };
        let times = match wait.times {
            1 => format!("for {took}"),
            many => format!("{} within {took}", counted(many, "time")),
        };
        let mut text = format!("{whose} for the connection was used up {times}");
        if !held.is_empty() {
            let could = match wait.kind {
                WaitKind::SendStream | WaitKind::SendConnection => "could send nothing",
                WaitKind::ReadStream | WaitKind::ReadConnection => "could get nothing",
            };
            text.push_str(&format!(": {} {could}", self.names(&held)));
        }
        let lesson = match std::mem::replace(taught, true) {
            true => "",
            false => lesson::wait(wait.kind),
        };
        let mut sentence = Sentence::new(wait.begin, text, lesson).weighing(Weight::Slow);
        sentence.bars = held;
        sentence
    }

    /// Everything as plain text.
    pub fn to_text(&self) -> String {
        let lines = self.sentences.iter().map(|sentence| {
            let at = moment(sentence.at);
            format!("{at:>20}  {}\n", sentence.text)
        });
        lines.collect()
    }
}

impl StreamLane {
    /// `Service/Method` without the package; the stream where it has no name.
    pub fn name(&self) -> String {
        let Some((service, method)) = self.path.rsplit_once('/') else {
            return format!("stream {}", self.stream);
        };
        let service = service.rsplit(['.', '/']).next().unwrap_or_default();
        format!("{service}/{method}")
    }
}

fn lane(course: &StreamCourse, own: u32, now: Moment, grain: u64) -> StreamLane {
    let over = course.ended.or(course.reset.map(|(at, ..)| at));
    let over = over.or(course.answered.filter(|_| course.half_closed.is_some()));
    let end = over.unwrap_or(now);
    let (ended_with, weight) = ended_with(course);
    let request_end = course.half_closed.unwrap_or(end).min(end);
    let response = course
        .head
        .map(|head| (head, course.answered.unwrap_or(end).min(end).max(head)));
    let mut lane = StreamLane {
        stream: course.stream,
        path: course.path.clone(),
        own: course.stream == own,
        begin: course.opened,
        end: end.max(course.opened),
        open: over.is_none(),
        request_end: request_end.max(course.opened),
        response,
        ended_with,
        weight,
        sent: course.sent,
        received: course.received,
        waits: merged(&course.waits.kept, end, grain),
        text: String::new(),
    };
    lane.text = words(&lane);
    lane
}

fn ended_with(course: &StreamCourse) -> (String, Weight) {
    match (course.code, course.reset) {
        (Some(0), _) => ("OK".to_owned(), Weight::Good),
        (Some(code), _) => {
            let name = Code(code).name().map(str::to_owned);
            let name = name.unwrap_or_else(|| format!("status {code}"));
            (name, Weight::Bad)
        }
        (None, Some((_, _, code))) => {
            let name = format!("RST_STREAM {}", error_code_name(code));
            (name, Weight::Slow)
        }
        (None, None) if course.ended.is_some() => ("given up".to_owned(), Weight::Slow),
        (None, None) => (String::new(), Weight::Plain),
    }
}

fn words(lane: &StreamLane) -> String {
    let name = match lane.path.trim_start_matches('/') {
        "" => "a call without a name",
        path => path,
    };
    let mut text = format!("Stream {}: {name}", lane.stream);
    if lane.own {
        text.push_str(" (this call)");
    }
    let took = between(lane.begin, lane.end);
    match lane.open {
        true => text.push_str(&format!(", runs for {took}")),
        false if lane.ended_with.is_empty() => text.push_str(&format!(", {took}")),
        false => text.push_str(&format!(", {} after {took}", lane.ended_with)),
    }
    text.push_str(&format!(
        "; {} sent, {} received",
        bytes(lane.sent.bytes),
        bytes(lane.received.bytes)
    ));
    let waited: u64 = lane.waits.iter().map(|it| it.times).sum();
    if waited > 0 {
        let times = counted(waited, "time");
        text.push_str(&format!("; its own window was used up {times}"));
    }
    text
}

fn merged(waits: &[Wait], now: Moment, grain: u64) -> Vec<Overlap> {
    let mut merged: Vec<Overlap> = Vec::new();
    for wait in waits {
        let end = wait.end.unwrap_or(now).max(wait.begin);
        let mut alike = merged.iter_mut().filter(|it| it.kind == wait.kind);
        match alike.next_back() {
            Some(last) if micros_between(last.end, wait.begin) <= grain => {
                last.end = last.end.max(end);
                last.open |= wait.end.is_none();
                last.times = last.times.saturating_add(1);
            }
            _ => merged.push(Overlap {
                kind: wait.kind,
                begin: wait.begin,
                end,
                open: wait.end.is_none(),
                times: 1,
            }),
        }
    }
    merged
}

fn event(record: &Record) -> Option<(Moment, String)> {
    let who = match record.direction {
        FrameDirection::Sent => "We said",
        FrameDirection::Received => "The server said",
    };
    let is_end = record.frame == FrameType::GoAway;
    is_end.then(|| (record.at, format!("{who} GOAWAY: {}", record.note())))
}

/// The most lanes that were open at one moment.
fn most_at_once(lanes: &[StreamLane]) -> usize {
    let mut changes: Vec<(Moment, bool)> = lanes
        .iter()
        .flat_map(|lane| [(lane.begin, true), (lane.end, false)])
        .collect();
    // Of two at one moment the end comes first.
    changes.sort_by_key(|(at, begins)| (*at, *begins));
    let (mut open, mut most) = (0_usize, 0_usize);
    for (_, begins) in changes {
        open = match begins {
            true => open + 1,
            false => open.saturating_sub(1),
        };
        most = most.max(open);
    }
    most
}
