//! What the pace of a stream was: messages and bytes over time, and the gaps between messages.
//!
//! Counted from a log, incrementally: each entry is looked at once, and what is kept is bounded however
//! long the stream is. Time is cut into at most 600 slots; when they are used up, two become
//! one. Gaps are counted in slots that grow with them, eight an octave. The handle is shared: a worker
//! counts, a view takes the finished [`StreamPicture`].

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{Direction, LogEntry, MessageLog};

/// Slots of time that are kept at most.
const MAX_SLOTS: usize = 600;

/// Width of a slot of a short stream.
const FIRST_WIDTH: Duration = Duration::from_millis(1);

/// Entries taken from the log under one lock.
const AT_ONCE: usize = 4096;

/// Slots of gaps for each doubling.
const AN_OCTAVE: usize = 8;

/// Doublings of a microsecond that are told apart: up to 12 days.
const OCTAVES: usize = 40;

/// Messages and bytes of one slot of time, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrafficSlot {
    /// Messages received.
    pub received: u64,
    /// Their bytes, without prefixes.
    pub received_bytes: u64,
    /// Messages sent.
    pub sent: u64,
    /// Their bytes, without prefixes.
    pub sent_bytes: u64,
}

impl TrafficSlot {
    fn add(&mut self, other: Self) {
        self.received += other.received;
        self.received_bytes += other.received_bytes;
        self.sent += other.sent;
        self.sent_bytes += other.sent_bytes;
    }

    fn of(entry: &LogEntry) -> Self {
        let bytes = u64::from(entry.len);
        match entry.direction {
            Direction::Received => Self {
                received: 1,
                received_bytes: bytes,
                ..Self::default()
            },
            Direction::Sent => Self {
                sent: 1,
                sent_bytes: bytes,
                ..Self::default()
            },
        }
    }
}

/// A bar of the histogram of gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapBar {
    /// The shortest gap in it.
    pub from: Duration,
    /// Gaps shorter than this.
    pub to: Duration,
    /// How many.
    pub count: u64,
}

/// The gaps between a received message and the one received before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    together: u64,
    total: u64,
    slots: Vec<u64>,
}

impl Default for Gaps {
    fn default() -> Self {
        Self {
            together: 0,
            total: 0,
            slots: vec![0; OCTAVES * AN_OCTAVE],
        }
    }
}

impl Gaps {
    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Of them, those shorter than a microsecond: the messages were read from the connection together.
    pub fn together(&self) -> u64 {
        self.together
    }

    fn add(&mut self, gap: Duration) {
        self.total += 1;
        let micros = u64::try_from(gap.as_micros()).unwrap_or(u64::MAX);
        if micros == 0 {
            self.together += 1;
        } else if let Some(slot) = self.slots.get_mut(slot_of(micros)) {
            *slot += 1;
        }
    }

    /// A quantile, 0 to 1: so many of all gaps are at most this long. `None` when there are none. True
    /// to a sixteenth of its length; zero is exact.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        if self.total == 0 {
            return None;
        }
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank of so many messages needs no last digit"
        )]
        let rank = ((part.clamp(0.0, 1.0) * self.total as f64).ceil() as u64).max(1);
        let mut below = self.together;
        if rank <= below {
            return Some(Duration::ZERO);
        }
        for (slot, count) in self.slots.iter().enumerate() {
            below += count;
            if rank <= below {
                let (from, to) = bounds_of(slot);
                return Some(Duration::from_micros(from + (to - 1 - from) / 2));
            }
        }
        None
    }

    /// The bars from the shortest gap to the longest, four an octave; without [`together`](Self::together).
    pub fn bars(&self) -> Vec<GapBar> {
        let Some(first) = self.slots.iter().position(|&count| count > 0) else {
            return Vec::new();
        };
        let last = self.slots.iter().rposition(|&count| count > 0);
        let pairs = first / 2..=last.unwrap_or(first) / 2;
        let bar = |pair: usize| {
            let (from, _) = bounds_of(pair * 2);
            let (_, to) = bounds_of(pair * 2 + 1);
            let count = self.slots.iter().skip(pair * 2).take(2).sum();
            GapBar {
                from: Duration::from_micros(from),
                to: Duration::from_micros(to),
                count,
            }
        };
        // Below eight microseconds, slots are finer than the clock: some hold nothing and have no width.
        pairs.map(bar).filter(|bar| bar.to > bar.from).collect()
    }
}

/// The slot of a gap that is not zero.
fn slot_of(micros: u64) -> usize {
    let octave = micros.ilog2();
    let part = ((u128::from(micros) * AN_OCTAVE as u128) >> octave) as usize - AN_OCTAVE;
    (octave as usize * AN_OCTAVE + part).min(OCTAVES * AN_OCTAVE - 1)
}

/// The shortest gap of a slot in microseconds, and the shortest that is longer than all of it.
fn bounds_of(slot: usize) -> (u64, u64) {
    let edge = |slot: usize| {
        let (octave, part) = (slot / AN_OCTAVE, slot % AN_OCTAVE);
        let eighths = (AN_OCTAVE + part) as u128 * (1_u128 << octave);
        u64::try_from(eighths.div_ceil(AN_OCTAVE as u128)).unwrap_or(u64::MAX)
    };
    (edge(slot), edge(slot + 1))
}

/// What was counted until some moment. Never changes.
#[derive(Debug, Clone, Default)]
pub struct StreamPicture {
    /// Width of a slot of time.
    pub width: Duration,
    /// The slots, from the begin of the call to its last message.
    pub slots: Vec<TrafficSlot>,
    /// Gaps between received messages.
    pub gaps: Gaps,
    /// Messages that were looked at.
    pub seen: usize,
    /// When the last of them came or left.
    pub last: Duration,
}

impl StreamPicture {
    /// The slot of a moment; past the end it is the one after the last.
    pub fn slot_at(&self, at: Duration) -> usize {
        let width = self.width.max(FIRST_WIDTH).as_nanos();
        usize::try_from(at.as_nanos() / width).unwrap_or(usize::MAX)
    }

    fn add(&mut self, entry: &LogEntry, last_received: &mut Option<Duration>) {
        self.width = self.width.max(FIRST_WIDTH);
        while self.slot_at(entry.at) >= MAX_SLOTS {
            self.halve();
        }
        let slot = self.slot_at(entry.at);
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, TrafficSlot::default());
        }
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.add(TrafficSlot::of(entry));
        }
        if entry.direction == Direction::Received
            && let Some(before) = last_received.replace(entry.at)
        {
            self.gaps.add(entry.at.saturating_sub(before));
        }
        self.last = self.last.max(entry.at);
        self.seen += 1;
    }

    /// Makes two slots one.
    fn halve(&mut self) {
        let merged = self.slots.chunks(2).map(|pair| {
            let mut sum = TrafficSlot::default();
            pair.iter().for_each(|slot| sum.add(*slot));
            sum
        });
        self.slots = merged.collect();
        self.width *= 2;
    }
}

/// Counts a log; clones share it.
#[derive(Debug, Clone, Default)]
pub struct StreamStats(Arc<Shared>);

impl PartialEq for StreamStats {
    /// Whether they are the same statistics, not whether they count the same.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for StreamStats {}

#[derive(Debug, Default)]
struct Shared {
    counting: AtomicBool,
    /// Messages that the picture holds.
    seen: AtomicUsize,
    work: Mutex<Work>,
    picture: Mutex<Arc<StreamPicture>>,
}

#[derive(Debug, Default)]
struct Work {
    picture: StreamPicture,
    last_received: Option<Duration>,
}

impl StreamStats {
    /// What is counted so far.
    pub fn picture(&self) -> Arc<StreamPicture> {
        let picture = self.0.picture.lock();
        Arc::clone(&picture.unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the log has grown since, and nobody counts. Cheap.
    pub fn is_behind(&self, log_len: usize) -> bool {
        self.0.seen.load(Ordering::Acquire) < log_len && !self.0.counting.load(Ordering::Acquire)
    }

    /// As [`is_behind`](Self::is_behind); then the caller is to have it
    /// [`count`](Self::count)ed. Cheap.
    pub fn begin(&self, log_len: usize) -> bool {
        self.is_behind(log_len) && !self.0.counting.swap(true, Ordering::AcqRel)
    }

    /// It is not counted after all.
    pub fn give_up(&self) {
        self.0.counting.store(false, Ordering::Release);
    }

    /// Counts what the log has and was not counted yet. Blocking: about 10 ms a million messages in
    /// memory.
    pub fn count(&self, log: &MessageLog) {
        // Also where a defect of ours ends it.
        let _counting = Counting(&self.0.counting);
        let mut work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner);
        let until = log.len();
        while work.picture.seen < until {
            let from = work.picture.seen;
            let entries = log.entries(from..until.min(from + AT_ONCE));
            let Work {
                picture,
                last_received,
            } = &mut *work;
            for entry in entries.iter().flatten() {
                picture.add(entry, last_received);
            }
            // What the disk no longer gives is passed over, so that the same is not asked for again.
            let passed = until.min(from + AT_ONCE);
            picture.seen = picture.seen.max(passed);
        }
        let finished = Arc::new(work.picture.clone());
        let seen = finished.seen;
        *self
            .0
            .picture
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = finished;
        self.0.seen.store(seen, Ordering::Release);
    }
}

/// Counting; over when it is dropped.
struct Counting<'a>(&'a AtomicBool);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
