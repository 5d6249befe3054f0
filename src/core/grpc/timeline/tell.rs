//! Sentences of bars, of the connection's beginning, and of the end.

mod course;
mod end;
mod start;

pub(super) use end::ending;
pub(super) use start::reused;

use super::super::trace::{FrameDirection, Trace};
use super::{
    Bar, BarKind, CallFacts, Sentence, Timeline, Weight,
    figures::{between, bytes, counted, moment},
    lesson,
};

/// Goes through the bars and tells them.
pub(super) struct Tale<'a> {
    timeline: &'a Timeline,
    trace: &'a Trace,
    facts: &'a CallFacts<'a>,
    out: Vec<Sentence>,
    /// Bars of data that follow on others without anything of note between them: told together.
    runs: [Vec<usize>; 2],
    /// Whether the first data of a direction was told.
    told: [bool; 2],
    /// Frames of a kind that were told already: their lesson is not repeated.
    taught: Vec<BarKind>,
}

/// A run of bars shorter than this is told one by one.
const FEW: usize = 3;

fn side(direction: FrameDirection) -> usize {
    match direction {
        FrameDirection::Sent => 0,
        FrameDirection::Received => 1,
    }
}

impl<'a> Tale<'a> {
    pub(super) fn new(timeline: &'a Timeline, trace: &'a Trace, facts: &'a CallFacts<'a>) -> Self {
        Self {
            timeline,
            trace,
            facts,
            out: Vec::new(),
            runs: [Vec::new(), Vec::new()],
            told: [false; 2],
            taught: Vec::new(),
        }
    }

    pub(super) fn told(mut self) -> Vec<Sentence> {
        let timeline = self.timeline;
        for (index, bar) in timeline.bars.iter().enumerate() {
            self.bar(index, bar);
        }
        self.flush();
        self.more_waits();
        self.out
    }

    fn bar(&mut self, index: usize, bar: &Bar) {
        match bar.kind {
            BarKind::Step(kind, end) => {
                let sentence = start::step(kind, end, bar, self.trace, self.facts);
                self.say(index, sentence);
            }
            BarKind::Attempt(number) => {
                let sentence = start::attempt(number, bar, self.facts);
                self.say(index, sentence);
            }
            BarKind::RequestHead => {
                let sentence = start::request_head(bar, self.trace, self.facts);
                self.say(index, sentence);
            }
            BarKind::RequestData => self.data(index, bar, FrameDirection::Sent),
            BarKind::ResponseData => self.data(index, bar, FrameDirection::Received),
            BarKind::HalfClose => {
                self.flush();
                self.half_close(index, bar);
            }
            BarKind::ServerTime => {
                let sentence = course::server_time(bar);
                self.say(index, sentence);
            }
            BarKind::Informational
            | BarKind::ResponseHead
            | BarKind::Trailers
            | BarKind::TrailersOnly
            | BarKind::Reset(_)
            | BarKind::GoAway(_) => {
                self.flush();
                let sentence = course::answer(bar, self.trace, self.facts);
                self.say(index, sentence);
            }
            BarKind::Wait(kind) => {
                let sentence = course::wait(kind, bar);
                self.say_once_taught(index, bar.kind, sentence);
            }
            BarKind::WindowUpdate(_)
            | BarKind::Settings(_)
            | BarKind::Ping(_)
            | BarKind::Other(_) => self.control(index, bar),
        }
    }

    fn say(&mut self, bar: usize, sentence: Sentence) {
        self.out.push(sentence.of(bar));
    }

    fn say_once_taught(&mut self, bar: usize, kind: BarKind, mut sentence: Sentence) {
        if self.taught.contains(&kind) {
            sentence.lesson.clear();
        } else {
            self.taught.push(kind);
        }
        self.say(bar, sentence);
    }

    /// Frames about the connection: those of a kind are told in one sentence.
    fn control(&mut self, index: usize, bar: &Bar) {
        if self.taught.contains(&bar.kind) {
            return;
        }
        self.taught.push(bar.kind);
        let bars = || self.timeline.bars.iter().enumerate();
        let alike: Vec<_> = bars().filter(|(_, it)| it.kind == bar.kind).collect();
        let sentence = course::control(bar, alike.iter().map(|(_, bar)| *bar));
        let mut sentence = sentence.of(index);
        sentence.bars = alike.into_iter().map(|(index, _)| index).collect();
        self.out.push(sentence);
    }

    fn data(&mut self, index: usize, bar: &Bar, direction: FrameDirection) {
        let side = side(direction);
        if !self.told.get(side).copied().unwrap_or_default() {
            if let Some(told) = self.told.get_mut(side) {
                *told = true;
            }
            let sentence = course::first_data(bar, direction, self.trace, self.facts);
            self.say(index, sentence);
        } else if let Some(run) = self.runs.get_mut(side) {
            run.push(index);
        }
        if bar.end_stream {
            self.flush();
            match direction {
                FrameDirection::Sent => self.half_close(index, bar),
                FrameDirection::Received => {
                    let text = "The last DATA of the server had END_STREAM".to_owned();
                    let sentence = Sentence::new(bar.end, text, lesson::ANSWER_ENDS);
                    self.say(index, sentence.weighing(Weight::Slow));
                }
            }
        }
    }

    fn half_close(&mut self, index: usize, bar: &Bar) {
        let text = "END_STREAM: the client will send nothing more (half-close)".to_owned();
        self.say(index, Sentence::new(bar.end, text, lesson::HALF_CLOSE));
    }

    /// Tells the data that was held back.
    fn flush(&mut self) {
        for direction in [FrameDirection::Sent, FrameDirection::Received] {
            let run = self.runs.get_mut(side(direction));
            let run = run.map(std::mem::take).unwrap_or_default();
            if run.len() <= FEW {
                for index in run {
                    if let Some(bar) = self.timeline.bars.get(index) {
                        self.say(index, more_data(&[bar], direction));
                    }
                }
                continue;
            }
            let bars: Vec<_> = run
                .iter()
                .filter_map(|index| self.timeline.bars.get(*index))
                .collect();
            let mut sentence = more_data(&bars, direction);
            sentence.bars = run;
            self.out.push(sentence);
        }
    }

    fn more_waits(&mut self) {
        let waits = &self.trace.waits;
        if waits.more == 0 {
            return;
        }
        let at = waits.kept.last().map(|wait| wait.begin);
        let text = format!(
            "Windows were used up {} more between, {} in all",
            counted(waits.more, "time"),
            super::figures::span(waits.more_micros)
        );
        let sentence = Sentence::new(at.unwrap_or_default(), text, "");
        self.out.push(sentence.weighing(Weight::Slow));
    }
}

/// Data that follows on the first.
fn more_data(bars: &[&Bar], direction: FrameDirection) -> Sentence {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
        return Sentence::new(super::super::Moment::default(), String::new(), "");
    };
    let frames = bars.iter().map(|bar| bar.frames).sum();
    let sum = bars.iter().map(|bar| bar.bytes).sum();
    let verb = match direction {
        FrameDirection::Sent => "Sent",
        FrameDirection::Received => "Received",
    };
    let mut text = format!(
        "{verb} {} of DATA, {}",
        counted(frames, "more frame"),
        bytes(sum)
    );
    if last.end > first.begin {
        text.push_str(&format!(
            ", from {} to {} ({})",
            moment(first.begin),
            moment(last.end),
            between(first.begin, last.end)
        ));
    }
    let counted_only = bars.iter().any(|bar| bar.counted);
    Sentence::new(
        first.begin,
        text,
        if counted_only { lesson::COUNTED } else { "" },
    )
}
