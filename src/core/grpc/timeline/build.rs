//! Bars of a trace.

use std::{collections::HashMap, time::Duration};

use super::super::{
    frames::FLAG_END_STREAM,
    trace::{FrameDirection, FrameType, Moment, Record, Slice, Step, Trace, Wait, WaitKind},
};
use super::{Bar, BarKind, CallFacts, Lane, Mark, PastAttempt, Timeline, figures::micros_between};

/// What lies closer together than this part of the whole is one bar.
const PARTS: i64 = 400;

pub(super) fn build(trace: &Trace, facts: &CallFacts<'_>) -> Timeline {
    let begin = beginning(trace);
    let total = i64::try_from(facts.total.as_micros()).unwrap_or(i64::MAX);
    let of_call = |record: &&Record| !is_of_later(record, trace.stream, facts);
    let last = trace.records.iter().rfind(of_call).map(|record| record.at);
    let last = last.into_iter().chain(trace.steps.iter().map(step_end));
    let end = last.fold(Moment::from_micros(total), Moment::max);
    let span = end.micros().saturating_sub(begin.micros());
    let mut bars = Bars {
        begin,
        end,
        grain: u64::try_from(span / PARTS).unwrap_or(0),
        heads: Heads::of(trace),
        out: Vec::new(),
        newest: HashMap::new(),
        marks: Vec::new(),
    };
    for (number, attempt) in facts.attempts.iter().enumerate() {
        bars.attempt(number, attempt);
    }
    for step in &trace.steps {
        bars.step(step);
    }
    for (number, record) in trace.records.iter().enumerate() {
        if record.at >= begin && !is_of_later(record, trace.stream, facts) {
            bars.record(number, record, trace.stream);
        }
    }
    for slice in &trace.left_out {
        bars.slice(slice);
    }
    for wait in &trace.waits.kept {
        bars.wait(wait, facts.outcome.is_some());
    }
    bars.server_time(trace, facts.outcome.is_some());
    let timeline = bars.finish(facts.outcome.is_some());
    Timeline {
        total: Moment::from_micros(total),
        ..timeline
    }
}

/// What the connection says after the call was over is not about the call; what the call's own stream says
/// is: a reset leaves a moment after the end.
fn is_of_later(record: &Record, own: u32, facts: &CallFacts<'_>) -> bool {
    let total = i64::try_from(facts.total.as_micros()).unwrap_or(i64::MAX);
    facts.outcome.is_some() && record.stream != own && record.at.micros() > total
}

/// A connection that was open before has no bars; one that was being made, perhaps for another call,
/// begins the axis.
fn beginning(trace: &Trace) -> Moment {
    let mut steps = trace.steps.iter();
    let under_way = steps.any(|step| step_end(step) > Moment::default());
    let first = trace.steps.first().filter(|_| under_way);
    first.map_or(Moment::default(), |step| step.at.min(Moment::default()))
}

pub(super) fn step_end(step: &Step) -> Moment {
    let took = i64::try_from(step.took.as_micros()).unwrap_or(i64::MAX);
    Moment::from_micros(step.at.micros().saturating_add(took))
}

/// Which HEADERS of the server are what: frames alone do not tell 1xx from the head.
struct Heads {
    /// The record of the head that counts.
    head: Option<usize>,
}

impl Heads {
    fn of(trace: &Trace) -> Self {
        let mut head = None;
        for (number, record) in trace.records.iter().enumerate() {
            let own = record.stream == trace.stream && record.stream > 0;
            if !own || record.direction == FrameDirection::Sent {
                continue;
            }
            match record.frame {
                FrameType::Headers if record.flags & FLAG_END_STREAM == 0 => head = Some(number),
                FrameType::Data | FrameType::Headers => break,
                _ => {}
            }
        }
        Self { head }
    }

    fn kind(&self, number: usize, ends: bool) -> BarKind {
        match self.head {
            _ if ends && self.head.is_none() => BarKind::TrailersOnly,
            _ if ends => BarKind::Trailers,
            Some(head) if number < head => BarKind::Informational,
            _ => BarKind::ResponseHead,
        }
    }
}

struct Bars {
    begin: Moment,
    end: Moment,
    /// In microseconds.
    grain: u64,
    heads: Heads,
    out: Vec<Bar>,
    /// The last bar of each kind: of the call's own frames or not, counted or not.
    newest: HashMap<(BarKind, bool, bool), usize>,
    marks: Vec<Mark>,
}

/// A bar of nothing yet.
fn bar(lane: Lane, kind: BarKind, begin: Moment, end: Moment) -> Bar {
    Bar {
        lane,
        kind,
        begin,
        end,
        frames: 0,
        bytes: 0,
        parts: 1,
        note: String::new(),
        end_stream: false,
        open: false,
        counted: false,
        own: false,
    }
}

impl Bars {
    fn attempt(&mut self, number: usize, attempt: &PastAttempt) {
        let moment = |span: Duration| {
            let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
            Moment::from_micros(micros).min(self.end)
        };
        let (begin, end) = (moment(attempt.began), moment(attempt.ended));
        let kind = BarKind::Attempt(number);
        let new = bar(Lane::Connection, kind, begin, end.max(begin));
        self.out.push(new);
    }

    fn step(&mut self, step: &Step) {
        let end = step_end(step);
        if end < self.begin {
            return;
        }
        // A step that another call began is told from where the axis does.
        let kind = BarKind::Step(step.kind, step.end);
        let begin = step.at.max(self.begin);
        self.out.push(Bar {
            note: step.note(),
            ..bar(Lane::Connection, kind, begin, end)
        });
    }

    fn record(&mut self, number: usize, record: &Record, own: u32) {
        let ends = record.flags & FLAG_END_STREAM != 0;
        let is_own = own > 0 && record.stream == own;
        let (lane, kind) = self.place(number, record);
        let carries = matches!(record.frame, FrameType::Data | FrameType::Headers);
        let new = Bar {
            frames: record.frames.into(),
            bytes: record.bytes,
            note: record.note(),
            end_stream: ends && carries,
            own: is_own,
            ..bar(lane, kind, record.at, record.at)
        };
        let index = self.add(new);
        self.marks.push(Mark {
            bar: index,
            at: record.at,
            frames: record.frames,
            bytes: record.bytes,
        });
    }

    fn place(&self, number: usize, record: &Record) -> (Lane, BarKind) {
        let ends = record.flags & FLAG_END_STREAM != 0;
        let direction = record.direction;
        let lane = match direction {
            FrameDirection::Sent => Lane::Request,
            FrameDirection::Received => Lane::Response,
        };
        let sent = direction == FrameDirection::Sent;
        match record.frame {
            FrameType::Headers if sent => (lane, BarKind::RequestHead),
            FrameType::Headers => (lane, self.heads.kind(number, ends)),
            FrameType::Data if sent && ends && record.bytes == 0 => (lane, BarKind::HalfClose),
            FrameType::Data if sent => (lane, BarKind::RequestData),
            FrameType::Data => (lane, BarKind::ResponseData),
            FrameType::RstStream => (lane, BarKind::Reset(direction)),
            FrameType::WindowUpdate => (Lane::Flow, BarKind::WindowUpdate(direction)),
            FrameType::Settings => (Lane::Control, BarKind::Settings(direction)),
            FrameType::Ping => (Lane::Control, BarKind::Ping(direction)),
            FrameType::GoAway => (Lane::Control, BarKind::GoAway(direction)),
            FrameType::Priority
            | FrameType::PushPromise
            | FrameType::Continuation
            | FrameType::Other(_) => (Lane::Control, BarKind::Other(direction)),
        }
    }

    /// Adds a bar, or makes the last of its kind longer; gives its index.
    fn add(&mut self, new: Bar) -> usize {
        let merges = matches!(
            new.kind,
            BarKind::RequestData
                | BarKind::ResponseData
                | BarKind::WindowUpdate(_)
                | BarKind::Ping(_)
                | BarKind::Informational
                | BarKind::Settings(_)
                | BarKind::Other(_)
                | BarKind::Wait(_)
        );
        let key = (new.kind, new.own, new.counted);
        let grain = self.grain;
        let index = self.newest.get(&key).copied().filter(|_| merges);
        let last = index.and_then(|index| Some((index, self.out.get_mut(index)?)));
        let near = last.filter(|(_, bar)| micros_between(bar.end, new.begin) <= grain);
        match near {
            Some((index, bar)) => {
                bar.end = bar.end.max(new.end);
                bar.frames = bar.frames.saturating_add(new.frames);
                bar.bytes = bar.bytes.saturating_add(new.bytes);
                bar.parts = bar.parts.saturating_add(new.parts);
                bar.end_stream |= new.end_stream;
                bar.open |= new.open;
                if bar.note != new.note {
                    bar.note.clear();
                }
                index
            }
            None => {
                let index = self.out.len();
                self.newest.insert(key, index);
                self.out.push(new);
                index
            }
        }
    }

    fn slice(&mut self, slice: &Slice) {
        let (lane, kind) = match (slice.data, slice.direction) {
            (true, FrameDirection::Sent) => (Lane::Request, BarKind::RequestData),
            (true, FrameDirection::Received) => (Lane::Response, BarKind::ResponseData),
            (false, direction) => (Lane::Flow, BarKind::Other(direction)),
        };
        self.add(Bar {
            frames: slice.count.frames,
            bytes: slice.count.bytes,
            counted: true,
            own: true,
            ..bar(lane, kind, slice.begin, slice.end)
        });
    }

    fn wait(&mut self, wait: &Wait, over: bool) {
        let end = wait.end.unwrap_or(self.end).min(self.end);
        let begin = wait.begin.max(self.begin);
        if end < begin {
            return;
        }
        let of_call = matches!(wait.kind, WaitKind::SendStream | WaitKind::ReadStream);
        self.add(Bar {
            open: wait.end.is_none() && !over,
            own: of_call,
            ..bar(Lane::Flow, BarKind::Wait(wait.kind), begin, end)
        });
    }

    /// Between what was sent last before the answer, and the answer.
    fn server_time(&mut self, trace: &Trace, over: bool) {
        let own = trace
            .records
            .iter()
            .filter(|it| it.stream == trace.stream && it.stream > 0);
        let speaks = |it: &&Record| {
            it.direction == FrameDirection::Received
                && matches!(
                    it.frame,
                    FrameType::Headers | FrameType::Data | FrameType::RstStream
                )
        };
        let answer = own.clone().find(speaks).map(|record| record.at);
        let until = answer.unwrap_or(self.end);
        let asked = own
            .filter(|it| it.direction == FrameDirection::Sent && it.at <= until)
            .filter(|it| matches!(it.frame, FrameType::Headers | FrameType::Data))
            .map(|it| it.at)
            .next_back();
        // Of a long stream that has no answer yet the last frame may be one that was counted.
        let counted = trace
            .left_out
            .iter()
            .filter(|it| answer.is_none() && it.data);
        let asked = asked.into_iter().chain(counted.map(|it| it.end)).max();
        if let Some(asked) = asked.filter(|asked| *asked < until) {
            self.out.push(Bar {
                open: answer.is_none() && !over,
                ..bar(Lane::Response, BarKind::ServerTime, asked, until)
            });
        }
    }

    fn finish(self, ended: bool) -> Timeline {
        let Self {
            begin,
            end,
            out,
            mut marks,
            ..
        } = self;
        let mut order: Vec<usize> = (0..out.len()).collect();
        let key = |index: &usize| out.get(*index).map(|bar| (bar.begin, bar.lane));
        order.sort_by_key(key);
        let mut places = vec![0; out.len()];
        for (place, index) in order.iter().enumerate() {
            if let Some(slot) = places.get_mut(*index) {
                *slot = place;
            }
        }
        for mark in &mut marks {
            mark.bar = places.get(mark.bar).copied().unwrap_or_default();
        }
        let mut bars: Vec<Option<Bar>> = out.into_iter().map(Some).collect();
        let mut take = |index: usize| bars.get_mut(index).and_then(Option::take);
        Timeline {
            begin,
            end,
            ended,
            bars: order.into_iter().filter_map(&mut take).collect(),
            marks,
            ..Timeline::default()
        }
    }
}
