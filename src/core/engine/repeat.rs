//! Sending again and again at an even pace: what is asked for, how far it is, and when the next is due.
//!
//! The pace is a grid: a message that leaves late does not move those after it. What could not leave in
//! its turn, because flow control held the one before, is skipped and counted; nothing is queued.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::call::Failure;

/// Time between two messages of a repetition.
pub const REPEAT_EVERY: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(3600);

/// A message to send by hand, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Its place among the prepared messages, from 0, for words about it; `None` where it is the only one.
    pub number: Option<usize>,
    /// Its text; `{{ … }}` is filled in when it is sent.
    pub text: Arc<str>,
}

/// A repetition, unique in this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepeatId(pub u64);

/// What is sent again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatSpec {
    /// Names it in events.
    pub id: RepeatId,
    /// One is sent at a time, in turn; none ends the repetition.
    pub messages: Vec<Prepared>,
    /// From the start of one to the start of the next; held to [`REPEAT_EVERY`].
    pub every: Duration,
    /// Ends after so many were sent; `None` goes on until it is stopped.
    pub count: Option<u64>,
}

/// How far a repetition is; clones share it. Read by the window, once a frame.
#[derive(Debug, Clone, Default)]
pub struct RepeatProgress(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    sent: AtomicU64,
    skipped: AtomicU64,
    held: AtomicBool,
}

impl RepeatProgress {
    /// Messages handed over to the call.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Turns that passed while an earlier message could not leave.
    pub fn skipped(&self) -> u64 {
        self.0.skipped.load(Ordering::Relaxed)
    }

    /// Whether the next message waits because those before it have not left.
    pub fn is_held(&self) -> bool {
        self.0.held.load(Ordering::Relaxed)
    }

    pub(super) fn hold(&self) {
        self.0.held.store(true, Ordering::Relaxed);
    }

    /// Gives how many were sent.
    pub(super) fn add(&self, skipped: u64) -> u64 {
        self.0.held.store(false, Ordering::Relaxed);
        self.0.skipped.fetch_add(skipped, Ordering::Relaxed);
        self.0.sent.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Why a repetition ended.
#[derive(Debug, Clone, PartialEq)]
pub enum RepeatEnd {
    /// The person stopped it, or began another.
    Stopped,
    /// As many were sent as was asked for.
    Counted,
    /// The sending side was closed.
    HalfClosed,
    /// The call ended or was cancelled.
    CallEnded,
    /// A message cannot be sent as it stands.
    Failed(Box<Failure>),
}

/// The turn after one that was `late` after it was due: how many turns passed meanwhile, and how long
/// after `due` the next one is.
pub(super) fn next_turn(late: Duration, every: Duration) -> (u64, Duration) {
    let every = every.clamp(*REPEAT_EVERY.start(), *REPEAT_EVERY.end());
    let passed = late.as_nanos() / every.as_nanos();
    // `passed` turns fit into `late`, so that their sum is at most that.
    let whole = Duration::from_nanos_u128(passed * every.as_nanos());
    (u64::try_from(passed).unwrap_or(u64::MAX), whole + every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_turn_does_not_move_the_grid() {
        let ms = Duration::from_millis;
        for (name, late, every, skipped, next) in [
            ("on time", ms(0), ms(10), 0, ms(10)),
            ("a little late", ms(9), ms(10), 0, ms(10)),
            ("a turn late", ms(10), ms(10), 1, ms(20)),
            ("three and a half", ms(35), ms(10), 3, ms(40)),
            ("no pause is one of 1 ms", ms(2), ms(0), 2, ms(3)),
            (
                "no longer than an hour",
                ms(0),
                ms(7_200_000),
                0,
                ms(3_600_000),
            ),
        ] {
            assert_eq!(next_turn(late, every), (skipped, next), "{name}");
        }
    }
}
