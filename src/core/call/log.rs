//! The messages of a call: raw bytes in segments, with time and direction. One writer, many readers.
//!
//! Bytes go into segments of 1 MiB, a message never across two; a large one gets a segment of its
//! own, which shares the memory it arrived in. Each message has 16 bytes of index, in blocks, so that
//! growing never copies: a message of 100 bytes takes about 116.
//! Invariants: messages and index together stay within the budget; what was appended never changes;
//! an append is visible whole or not at all.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use bytes::Bytes;

/// Bytes of a segment.
const SEGMENT_BYTES: usize = 1 << 20;

/// A message from this size on is kept in the memory it came in.
const OWN_SEGMENT_BYTES: usize = 256 << 10;

/// Index entries of a block: 64 KiB.
const BLOCK_ENTRIES: usize = 4096;

/// Bytes of one message's index entry.
const INDEX_BYTES: usize = size_of::<Index>();

/// What a log may hold when nobody says otherwise.
const DEFAULT_BUDGET_BYTES: usize = 256 << 20;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From here to the server.
    Sent,
    /// From the server to here.
    Received,
}

/// One message's line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// Which way it went.
    pub direction: Direction,
    /// Since the call began, in whole microseconds.
    pub at: Duration,
    /// Bytes on the wire, without the 5-byte prefix.
    pub len: u32,
}

/// An append-only log; clones share it. Cheap to read while it is written.
#[derive(Clone)]
pub struct MessageLog {
    inner: Arc<Shared>,
}

type Growth = Box<dyn Fn() + Send + Sync>;

struct Shared {
    store: RwLock<Store>,
    on_growth: Option<Growth>,
}

/// Where a message is and when it came, in 16 bytes: segment, length, and two words that hold the
/// offset (20 bits), the direction (1) and the microseconds since the call began (43: 101 days).
#[derive(Clone, Copy)]
struct Index {
    segment: u32,
    len: u32,
    offset_and_direction: u32,
    micros_low: u32,
}

const OFFSET_BITS: u32 = 20;
const RECEIVED_BIT: u32 = 1 << OFFSET_BITS;
const MICROS_SHIFT: u32 = OFFSET_BITS + 1;
const MAX_MICROS: u64 = (1 << (32 + 32 - MICROS_SHIFT)) - 1;

enum Segment {
    /// Still filled.
    Open(Vec<u8>),
    /// Never changes again.
    Sealed(Bytes),
}

#[derive(Default)]
struct Totals {
    count: usize,
    bytes: u64,
}

struct Store {
    segments: Vec<Segment>,
    /// The segment that is filled at present.
    open: Option<usize>,
    blocks: Vec<Vec<Index>>,
    len: usize,
    sent: Totals,
    received: Totals,
    used_bytes: usize,
    budget_bytes: usize,
}

impl MessageLog {
    /// An empty log that takes at most `budget_bytes` of messages and index.
    pub fn with_budget(budget_bytes: usize) -> Self {
        Self::new(budget_bytes, None)
    }

    /// As [`with_budget`](Self::with_budget); `on_growth` is called after each append, from the
    /// writer's thread.
    pub fn watched(budget_bytes: usize, on_growth: impl Fn() + Send + Sync + 'static) -> Self {
        Self::new(budget_bytes, Some(Box::new(on_growth)))
    }

    fn new(budget_bytes: usize, on_growth: Option<Growth>) -> Self {
        let store = Store {
            segments: Vec::new(),
            open: None,
            blocks: Vec::new(),
            len: 0,
            sent: Totals::default(),
            received: Totals::default(),
            used_bytes: 0,
            budget_bytes,
        };
        Self {
            inner: Arc::new(Shared {
                store: RwLock::new(store),
                on_growth,
            }),
        }
    }

    /// Appends messages that arrived together. `false` when the budget is used: nothing was appended
    /// and the caller must stop reading.
    #[must_use]
    pub fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool {
        {
            let mut store = self
                .inner
                .store
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            if !store.fits(messages) {
                return false;
            }
            for message in messages {
                store.push(direction, at, message);
            }
        }
        if let Some(on_growth) = self
            .inner
            .on_growth
            .as_deref()
            .filter(|_| !messages.is_empty())
        {
            on_growth();
        }
        true
    }

    /// Whether a message of this size would still be taken.
    pub fn has_room(&self, len: usize) -> bool {
        let store = self.read();
        store.cost_fits(len.saturating_add(INDEX_BYTES)) && u32::try_from(len).is_ok()
    }

    /// Bytes of one more message that would still be taken after `before`, which are to be sent; `None`
    /// when not even those are.
    pub(super) fn room_after(&self, before: &[Bytes]) -> Option<usize> {
        let store = self.read();
        let used = before.iter().fold(store.used_bytes, |used, message| {
            used.saturating_add(message.len())
                .saturating_add(INDEX_BYTES)
        });
        let left = store.budget_bytes.checked_sub(used)?;
        Some(left.saturating_sub(INDEX_BYTES))
    }

    /// Number of messages.
    pub fn len(&self) -> usize {
        self.read().len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all messages of one direction.
    pub fn bytes(&self, direction: Direction) -> u64 {
        self.read().totals(direction).bytes
    }

    /// Number of messages of one direction.
    pub fn count(&self, direction: Direction) -> usize {
        self.read().totals(direction).count
    }

    /// A message's line.
    pub fn entry(&self, index: usize) -> Option<LogEntry> {
        self.read().index(index).map(Index::entry)
    }

    /// The lines of a range that exist, under one lock.
    pub fn entries(&self, range: Range<usize>) -> Vec<LogEntry> {
        let store = self.read();
        let range = range.start..range.end.min(store.len);
        range
            .filter_map(|at| store.index(at).map(Index::entry))
            .collect()
    }

    /// A message's bytes. Cheap but for the newest segment, of which the message is copied.
    pub fn message(&self, index: usize) -> Option<Bytes> {
        let store = self.read();
        let index = store.index(index)?;
        let start = index.offset();
        let end = start.checked_add(usize::try_from(index.len).ok()?)?;
        match store.segments.get(usize::try_from(index.segment).ok()?)? {
            Segment::Open(bytes) => bytes.get(start..end).map(Bytes::copy_from_slice),
            Segment::Sealed(bytes) => (end <= bytes.len()).then(|| bytes.slice(start..end)),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.inner
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MessageLog {
    fn default() -> Self {
        Self::with_budget(DEFAULT_BUDGET_BYTES)
    }
}

impl fmt::Debug for MessageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageLog")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl Store {
    fn fits(&self, messages: &[Bytes]) -> bool {
        let cost = messages.iter().try_fold(0_usize, |sum, message| {
            u32::try_from(message.len()).ok()?;
            sum.checked_add(message.len())?.checked_add(INDEX_BYTES)
        });
        cost.is_some_and(|cost| self.cost_fits(cost))
    }

    fn cost_fits(&self, cost: usize) -> bool {
        let used = self.used_bytes.checked_add(cost);
        used.is_some_and(|used| used <= self.budget_bytes)
    }

    fn push(&mut self, direction: Direction, at: Duration, message: &Bytes) {
        let (segment, offset) = self.store(message);
        let micros = u64::try_from(at.as_micros()).unwrap_or(MAX_MICROS);
        let index = Index::new(segment, offset, message.len(), direction, micros);
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK_ENTRIES => block.push(index),
            // The first block grows as it needs, for the many calls of a single message.
            None => self.blocks.push(vec![index]),
            Some(_) => {
                let mut block = Vec::with_capacity(BLOCK_ENTRIES);
                block.push(index);
                self.blocks.push(block);
            }
        }
        self.len += 1;
        self.used_bytes += message.len() + INDEX_BYTES;
        let totals = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        totals.count += 1;
        totals.bytes += message.len() as u64;
    }

    /// Puts the bytes away; gives their segment and offset.
    fn store(&mut self, message: &Bytes) -> (usize, usize) {
        if message.len() >= OWN_SEGMENT_BYTES {
            self.segments.push(Segment::Sealed(message.clone()));
            return (self.segments.len() - 1, 0);
        }
        if let Some(at) = self.open
            && let Some(Segment::Open(bytes)) = self.segments.get_mut(at)
        {
            if bytes.len() + message.len() <= SEGMENT_BYTES {
                let offset = bytes.len();
                bytes.extend_from_slice(message);
                return (at, offset);
            }
            let full = std::mem::take(bytes);
            self.segments[at] = Segment::Sealed(full.into_boxed_slice().into());
        }
        // After the first, a segment is known to be needed whole.
        let mut bytes = match self.open {
            Some(_) => Vec::with_capacity(SEGMENT_BYTES),
            None => Vec::new(),
        };
        bytes.extend_from_slice(message);
        self.segments.push(Segment::Open(bytes));
        self.open = Some(self.segments.len() - 1);
        (self.segments.len() - 1, 0)
    }

    fn index(&self, index: usize) -> Option<Index> {
        let block = self.blocks.get(index / BLOCK_ENTRIES)?;
        block.get(index % BLOCK_ENTRIES).copied()
    }

    fn totals(&self, direction: Direction) -> &Totals {
        match direction {
            Direction::Sent => &self.sent,
            Direction::Received => &self.received,
        }
    }
}

impl Index {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "offsets stay below 2^20, lengths were checked, segments are at least 1 byte of budget each"
    )]
    fn new(segment: usize, offset: usize, len: usize, direction: Direction, micros: u64) -> Self {
        let micros = micros.min(MAX_MICROS);
        let received = match direction {
            Direction::Sent => 0,
            Direction::Received => RECEIVED_BIT,
        };
        let micros_high = ((micros >> 32) as u32) << MICROS_SHIFT;
        Self {
            segment: segment as u32,
            len: len as u32,
            offset_and_direction: offset as u32 | received | micros_high,
            micros_low: micros as u32,
        }
    }

    fn offset(self) -> usize {
        (self.offset_and_direction & (RECEIVED_BIT - 1)) as usize
    }

    fn entry(self) -> LogEntry {
        let high = u64::from(self.offset_and_direction >> MICROS_SHIFT) << 32;
        LogEntry {
            direction: if self.offset_and_direction & RECEIVED_BIT == 0 {
                Direction::Sent
            } else {
                Direction::Received
            },
            at: Duration::from_micros(high | u64::from(self.micros_low)),
            len: self.len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: usize, len: usize) -> Bytes {
        let byte = u8::try_from(number % 251).unwrap();
        Bytes::from(vec![byte; len])
    }

    #[test]
    fn what_was_appended_is_read_back() {
        let log = MessageLog::default();
        let sizes = [
            0,
            1,
            100,
            SEGMENT_BYTES - 1,
            OWN_SEGMENT_BYTES - 1,
            OWN_SEGMENT_BYTES,
            SEGMENT_BYTES,
            SEGMENT_BYTES + 1,
            3 * SEGMENT_BYTES,
            7,
        ];
        for round in 0..3 {
            for (number, size) in sizes.iter().enumerate() {
                let direction = if number % 3 == 0 {
                    Direction::Sent
                } else {
                    Direction::Received
                };
                let at = Duration::from_micros((round as u64) << 40 | number as u64);
                assert!(log.append(direction, at, &[message(number, *size)]));
            }
        }
        assert_eq!(log.len(), 3 * sizes.len());
        for index in 0..log.len() {
            let (round, number) = (index / sizes.len(), index % sizes.len());
            assert_eq!(log.message(index).unwrap(), message(number, sizes[number]));
            let entry = log.entry(index).unwrap();
            assert_eq!(entry.len as usize, sizes[number]);
            assert_eq!(entry.at.as_micros() as usize, round << 40 | number);
            assert_eq!(entry.direction == Direction::Sent, number % 3 == 0);
        }
        assert_eq!(log.message(log.len()), None);
        assert_eq!(log.entries(5..1000).len(), log.len() - 5);
        assert_eq!(log.count(Direction::Sent), 12);
        let all = sizes.iter().sum::<usize>() as u64 * 3;
        assert_eq!(
            log.bytes(Direction::Sent) + log.bytes(Direction::Received),
            all
        );
    }

    #[test]
    fn a_full_log_takes_nothing_rather_than_a_part() {
        let log = MessageLog::with_budget(3 * 116);
        let two = [message(1, 100), message(2, 100)];
        assert!(log.append(Direction::Received, Duration::ZERO, &two));
        assert!(!log.append(Direction::Received, Duration::ZERO, &two));
        assert_eq!(log.len(), 2);
        assert!(log.has_room(100));
        assert!(!log.has_room(101));
        assert!(!log.has_room(usize::MAX));
        assert!(log.append(Direction::Received, Duration::ZERO, &two[..1]));
        assert!(!log.has_room(0));
    }

    #[test]
    fn a_message_of_100_bytes_takes_at_most_130() {
        let log = MessageLog::default();
        let batch: Vec<Bytes> = (0..50).map(|number| message(number, 100)).collect();
        for _ in 0..2000 {
            assert!(log.append(Direction::Received, Duration::ZERO, &batch));
        }
        let store = log.read();
        let segments = store.segments.iter().map(|segment| match segment {
            Segment::Open(bytes) => bytes.capacity(),
            Segment::Sealed(bytes) => bytes.len(),
        });
        let index = store
            .blocks
            .iter()
            .map(|block| block.capacity() * INDEX_BYTES);
        let total: usize = segments.chain(index).sum();
        assert!(total <= 130 * store.len, "{total} for {}", store.len);
        assert!(total >= 116 * store.len);
    }

    #[test]
    fn growth_is_told_and_readers_see_whole_batches() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let told = Arc::new(AtomicUsize::new(0));
        let counter = told.clone();
        let log = MessageLog::watched(1 << 30, move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let reader = log.clone();
        let check = std::thread::spawn(move || {
            loop {
                let len = reader.len();
                assert_eq!(len % 10, 0);
                if let Some(last) = len.checked_sub(1) {
                    assert_eq!(reader.message(last).unwrap(), message(9, 1000));
                }
                if len == 10_000 {
                    break;
                }
            }
        });
        let batch: Vec<Bytes> = (0..10).map(|number| message(number, 1000)).collect();
        for _ in 0..1000 {
            assert!(log.append(Direction::Received, Duration::ZERO, &batch));
        }
        check.join().unwrap();
        assert_eq!(told.load(Ordering::Relaxed), 1000);
    }
}
