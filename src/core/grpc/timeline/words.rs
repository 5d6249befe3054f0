//! The call in words: sentences in order of time, each tied to its bars.

use super::super::trace::{Moment, Trace};
use super::{CallFacts, Timeline, tell};

/// How much a sentence matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// In the ordinary course of a call.
    Plain,
    /// All went well.
    Good,
    /// It cost time, or is unusual.
    Slow,
    /// It is why the call failed.
    Bad,
}

/// Something that happened, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// When it began.
    pub at: Moment,
    /// The bars it tells of, as indices into [`Timeline::bars`]; may be empty.
    pub bars: Vec<usize>,
    /// What happened, exactly.
    pub text: String,
    /// What that means in general, for somebody who learns; may be empty.
    pub lesson: String,
    /// How much it matters.
    pub weight: Weight,
}

impl Sentence {
    pub(super) fn new(at: Moment, text: String, lesson: &str) -> Self {
        Self {
            at,
            bars: Vec::new(),
            text,
            lesson: lesson.to_owned(),
            weight: Weight::Plain,
        }
    }

    pub(super) fn of(mut self, bar: usize) -> Self {
        self.bars.push(bar);
        self
    }

    pub(super) fn weighing(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }
}

/// All sentences of a call. What is said of a reused connection comes first; the
/// rest follows in order of time.
pub(super) fn sentences(
    timeline: &Timeline,
    trace: &Trace,
    facts: &CallFacts<'_>,
) -> Vec<Sentence> {
    let mut told = tell::Tale::new(timeline, trace, facts).told();
    // Stable: what happened at one moment stays in the order it was told.
    told.sort_by_key(|sentence| sentence.at);
    let mut all: Vec<_> = tell::reused(trace, facts).into_iter().collect();
    all.append(&mut told);
    all.extend(tell::ending(timeline, trace, facts));
    all
}
