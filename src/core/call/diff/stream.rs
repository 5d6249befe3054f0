//! Two streams aligned by a key, or by position.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::{
    call::{Direction, MessageLog},
    message::{Differ, KeyPath, Printer},
};

/// Messages between two looks at whether it is still wanted.
const BETWEEN_LOOKS: usize = 64;
/// No such message.
const NONE: u32 = u32::MAX;

/// A log and what its received messages are.
#[derive(Debug, Clone)]
pub struct StreamSide {
    /// The messages.
    pub log: MessageLog,
    /// The type of those that were received.
    pub printer: Printer,
}

/// How two messages that belong together differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairState {
    /// Not at all.
    Equal,
    /// By what rules ignore alone.
    Ignored,
    /// By this many differences.
    Changed(u32),
    /// The right stream has none with this key.
    OnlyLeft,
    /// The left stream has none.
    OnlyRight,
    /// The log no longer gives one of them.
    Lost,
}

/// Two messages that belong together, as indices into the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPair {
    left: u32,
    right: u32,
    /// How they differ.
    pub state: PairState,
}

impl StreamPair {
    /// The message at the left.
    pub fn left(&self) -> Option<usize> {
        (self.left != NONE).then_some(self.left as usize)
    }

    /// The message at the right.
    pub fn right(&self) -> Option<usize> {
        (self.right != NONE).then_some(self.right as usize)
    }
}

/// The pairs of two streams, in the order of the left one; what only the right one has stands behind what
/// it follows there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamDiff {
    /// All pairs.
    pub pairs: Vec<StreamPair>,
    /// Pairs that are equal.
    pub equal: usize,
    /// Pairs that differ by what is ignored alone.
    pub ignored: usize,
    /// Pairs that differ.
    pub changed: usize,
    /// Messages that only the left stream has.
    pub only_left: usize,
    /// Messages that only the right stream has.
    pub only_right: usize,
    /// Messages that have no value at the key's path; they were aligned in their order.
    pub without_key: usize,
    /// Differences that each rule hid.
    pub hidden: Vec<usize>,
}

impl StreamDiff {
    /// Whether nothing differs but what is ignored.
    pub fn is_equal(&self) -> bool {
        self.changed + self.only_left + self.only_right == 0
    }
}

/// How far a comparison is, and whether it is still wanted; clones share it.
#[derive(Debug, Clone, Default)]
pub struct DiffProgress {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    done: AtomicUsize,
    total: AtomicUsize,
    stopped: AtomicBool,
}

impl DiffProgress {
    /// Messages that were looked at, and that there are to look at; a message may be looked at twice.
    pub fn done(&self) -> (usize, usize) {
        let done = self.inner.done.load(Ordering::Relaxed);
        (done, self.inner.total.load(Ordering::Relaxed))
    }

    /// The result is not wanted any more.
    pub fn stop(&self) {
        self.inner.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.inner.stopped.load(Ordering::Relaxed)
    }

    fn begin(&self, total: usize) {
        self.inner.total.store(total, Ordering::Relaxed);
    }

    /// Counts a message; whether to go on.
    fn goes_on(&self) -> bool {
        let done = self.inner.done.fetch_add(1, Ordering::Relaxed);
        !done.is_multiple_of(BETWEEN_LOOKS) || !self.is_stopped()
    }
}

/// Aligns the received messages of two logs and compares each pair. `rules` is the number of rules that
/// `differ` has. `None` when it was stopped.
///
/// Several messages of one key are taken in order; messages without a key are aligned among themselves.
pub fn diff_streams(
    left: &StreamSide,
    right: &StreamSide,
    key: Option<&KeyPath>,
    (differ, rules): (&Differ, usize),
    progress: &DiffProgress,
) -> Option<StreamDiff> {
    let own = received(&left.log);
    let others = received(&right.log);
    let looks = if key.is_some() { 2 } else { 1 };
    progress.begin((own.len() + others.len()) * (looks - 1) + own.len().max(others.len()));
    let mut diff = StreamDiff {
        hidden: vec![0; rules],
        ..StreamDiff::default()
    };
    let pairs = match key {
        None => by_position(&own, &others),
        Some(key) => {
            let hasher = (RandomState::new(), RandomState::new());
            let own = keys(left, key, &hasher, progress)?;
            let others = keys(right, key, &hasher, progress)?;
            let without = |keys: &[Keyed]| keys.iter().filter(|it| it.key == 0).count();
            diff.without_key = without(&own) + without(&others);
            by_key(&own, &others)
        }
    };
    progress.begin((own.len() + others.len()) * (looks - 1) + pairs.len());
    diff.pairs = pairs;
    for pair in &mut diff.pairs {
        if !progress.goes_on() {
            return None;
        }
        pair.state = match (pair.left(), pair.right()) {
            (Some(at), Some(to)) => match (left.log.message(at), right.log.message(to)) {
                (Some(own), Some(other)) => {
                    let found = differ.count(&own, &other, &mut diff.hidden);
                    match (found.differences, found.hidden) {
                        (0, 0) => PairState::Equal,
                        (0, _) => PairState::Ignored,
                        (count, _) => PairState::Changed(u32::try_from(count).unwrap_or(u32::MAX)),
                    }
                }
                _ => PairState::Lost,
            },
            (Some(_), None) => PairState::OnlyLeft,
            _ => PairState::OnlyRight,
        };
        match pair.state {
            PairState::Equal => diff.equal += 1,
            PairState::Ignored => diff.ignored += 1,
            PairState::Changed(_) | PairState::Lost => diff.changed += 1,
            PairState::OnlyLeft => diff.only_left += 1,
            PairState::OnlyRight => diff.only_right += 1,
        }
    }
    Some(diff)
}

/// Indices of received messages; of those whose lines the disk no longer gives nobody knows which way they went.
fn received(log: &MessageLog) -> Vec<u32> {
    const AT_ONCE: usize = 1 << 14;
    let mut found = Vec::with_capacity(log.count(Direction::Received));
    let mut at = 0_u32;
    loop {
        let from = at as usize;
        let entries = log.entries(from..from.saturating_add(AT_ONCE));
        if entries.is_empty() {
            return found;
        }
        for entry in entries {
            if entry.is_some_and(|entry| entry.direction == Direction::Received) {
                found.push(at);
            }
            let Some(next) = at.checked_add(1) else {
                return found;
            };
            at = next;
        }
    }
}

fn pair(left: u32, right: u32) -> StreamPair {
    StreamPair {
        left,
        right,
        state: PairState::Equal,
    }
}

fn by_position(left: &[u32], right: &[u32]) -> Vec<StreamPair> {
    let index = |side: &[u32], at: usize| side.get(at).copied().unwrap_or(NONE);
    let all = 0..left.len().max(right.len());
    all.map(|at| pair(index(left, at), index(right, at)))
        .collect()
}

/// A message and what stands for its key; 0 for a message that has none.
struct Keyed {
    key: u128,
    index: u32,
}

/// Two hashes of 64 bits with keys of this run stand for a key: equal ones for different keys do not occur.
fn keys(
    side: &StreamSide,
    path: &KeyPath,
    hasher: &(RandomState, RandomState),
    progress: &DiffProgress,
) -> Option<Vec<Keyed>> {
    let mut found = Vec::with_capacity(side.log.count(Direction::Received));
    let mut stopped = false;
    side.log.walk(0..side.log.len(), |index, entry, bytes| {
        if entry.direction != Direction::Received {
            return ControlFlow::Continue(());
        }
        if !progress.goes_on() {
            stopped = true;
            return ControlFlow::Break(());
        }
        let key = side.printer.key(bytes, path).map_or(0, |key| {
            let (high, low) = (hasher.0.hash_one(&key), hasher.1.hash_one(&key));
            (u128::from(high) << 64 | u128::from(low)).max(1)
        });
        let Ok(index) = u32::try_from(index) else {
            return ControlFlow::Break(());
        };
        found.push(Keyed { key, index });
        ControlFlow::Continue(())
    });
    (!stopped).then_some(found)
}

fn by_key(left: &[Keyed], right: &[Keyed]) -> Vec<StreamPair> {
    // The first free message of each key, and the next one of the same key behind each.
    let mut first: HashMap<u128, u32> = HashMap::with_capacity(right.len());
    let mut next = vec![NONE; right.len()];
    let count = u32::try_from(right.len()).unwrap_or(u32::MAX);
    for (at, keyed) in (0..count).zip(right).rev() {
        let behind = first.insert(keyed.key, at);
        if let (Some(slot), Some(behind)) = (next.get_mut(at as usize), behind) {
            *slot = behind;
        }
    }
    let mut taken = vec![NONE; right.len()];
    let mut partner = Vec::with_capacity(left.len());
    for (at, keyed) in (0_u32..).zip(left) {
        let free = first.get_mut(&keyed.key);
        let found = free.filter(|free| **free != NONE).map(|free| {
            let found = *free;
            *free = next.get(found as usize).copied().unwrap_or(NONE);
            found
        });
        if let Some(taken) = found.and_then(|found| taken.get_mut(found as usize)) {
            *taken = at;
        }
        partner.push(found.unwrap_or(NONE));
    }
    // What only the right has, by the left message that its neighbour before it belongs to.
    let mut strays: Vec<(u32, u32)> = Vec::new();
    let mut behind = NONE;
    for (at, own) in (0_u32..).zip(&taken) {
        match *own {
            // Before all of the left: `NONE` plus one is 0.
            NONE => strays.push((behind.wrapping_add(1), at)),
            own => behind = own,
        }
    }
    strays.sort_unstable();
    let index = |side: &[Keyed], at: u32| side.get(at as usize).map_or(NONE, |it| it.index);
    let mut strays = strays.into_iter().peekable();
    let mut pairs = Vec::with_capacity(left.len() + strays.len());
    for (at, found) in (0_u32..).zip(partner) {
        while let Some((_, stray)) = strays.next_if(|(behind, _)| *behind <= at) {
            pairs.push(pair(NONE, index(right, stray)));
        }
        pairs.push(pair(index(left, at), index(right, found)));
    }
    pairs.extend(strays.map(|(_, stray)| pair(NONE, index(right, stray))));
    pairs
}
