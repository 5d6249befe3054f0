//! The messages of a call: raw bytes in segments, with time and direction. One writer, many readers.
//!
//! ```text
//! append ─► open segment (1 MiB) ─ full ─► sealed ─ no room in the budget ─► file
//! ```
//!
//! Bytes go into segments of 1 MiB, a message never across two; a large one gets a segment of its
//! own, which shares the memory it arrived in. Each message has 16 bytes of index, in blocks, so that
//! growing never copies: a message of 100 bytes takes about 116. All logs share a [`LogBudget`]; what
//! has no room in memory goes to a file without a name, index included.
//! Invariants: messages and index together stay within the budget; what was appended never changes;
//! an append is visible whole or not at all.

mod budget;
mod index;
mod spill;
mod store;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    ops::{ControlFlow, Range},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use bytes::Bytes;

use self::{
    index::{INDEX_BYTES, Index},
    spill::Place,
    store::{OWN_SEGMENT_BYTES, Store, cost_of},
};

pub use self::budget::{LogBudget, LogFull, LogLimits};

/// Lines looked up under one lock while a log is walked.
const LINES_AT_ONCE: usize = 1024;

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
    budget: LogBudget,
    /// Held by who writes to the file.
    spilling: Mutex<()>,
    /// Why the last append was not taken.
    full: Mutex<Option<LogFull>>,
    on_growth: Option<Growth>,
}

impl MessageLog {
    /// An empty log with a budget of its own, all of it in memory.
    pub fn with_budget(memory_bytes: usize) -> Self {
        Self::new(
            LogBudget::new(LogLimits {
                memory_bytes,
                ..LogLimits::default()
            }),
            None,
        )
    }

    /// An empty log of a budget that it shares with others; `on_growth` is called after each append, from
    /// the writer's thread.
    pub fn watched(budget: &LogBudget, on_growth: impl Fn() + Send + Sync + 'static) -> Self {
        Self::new(budget.clone(), Some(Box::new(on_growth)))
    }

    fn new(budget: LogBudget, on_growth: Option<Growth>) -> Self {
        let inner = Arc::new(Shared {
            store: RwLock::default(),
            budget,
            spilling: Mutex::default(),
            full: Mutex::default(),
            on_growth,
        });
        inner.budget.add(&inner);
        Self { inner }
    }

    /// Appends messages that arrived together. `false` when there is no room: nothing was appended, and
    /// the caller must stop reading. [`why_full`](Self::why_full) tells more.
    ///
    /// Takes time when others' messages or its own must go to disk first: about 1 ms a MiB.
    #[must_use]
    pub fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool {
        let taken = self.try_append(direction, at, messages);
        let full = taken.as_ref().err().cloned();
        *self
            .inner
            .full
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = full;
        let on_growth = self.inner.on_growth.as_deref();
        if taken.is_ok()
            && let Some(on_growth) = on_growth.filter(|_| !messages.is_empty())
        {
            on_growth();
        }
        taken.is_ok()
    }

    fn try_append(
        &self,
        direction: Direction,
        at: Duration,
        messages: &[Bytes],
    ) -> Result<(), LogFull> {
        let budget = &self.inner.budget;
        let cost = cost_of(messages).ok_or(LogFull::Message)?;
        if !budget.take(cost) {
            let wanted = budget.wanted(cost);
            budget.relieve(&self.inner, wanted)?;
            self.inner.spill(wanted)?;
            if !budget.take(cost) {
                return self.inner.append_to_file(direction, at, messages);
            }
        }
        let mut store = self.inner.write();
        for message in messages {
            store.push(direction, at, message);
        }
        Ok(())
    }

    /// Why the last append was not taken; `None` when it was.
    pub fn why_full(&self) -> Option<LogFull> {
        self.inner
            .full
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a message of this size would still be taken.
    pub fn has_room(&self, len: usize) -> bool {
        let cost = len.saturating_add(INDEX_BYTES);
        u32::try_from(len).is_ok() && self.inner.budget.room() >= cost as u64
    }

    /// Bytes of one more message that would still be taken after `before`, which are to be sent; `None`
    /// when not even those are.
    pub(super) fn room_after(&self, before: &[Bytes]) -> Option<usize> {
        let used = cost_of(before)? as u64;
        let left = self.inner.budget.room().checked_sub(used)?;
        let left = left.saturating_sub(INDEX_BYTES as u64);
        Some(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Bytes of it that lie on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.read().disk_bytes
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

    /// A message's line; `None` when there is none, or the disk no longer gives it.
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

    /// A message's bytes; `None` when there is none, or the disk no longer gives it. Cheap but for the
    /// newest segment, of which the message is copied, and for what is on disk.
    pub fn message(&self, index: usize) -> Option<Bytes> {
        let found = {
            let store = self.read();
            store.find(store.index(index)?)?
        };
        found.read()
    }

    /// Walks the messages of a range in order, each segment read once, until `look` breaks off. Gives the
    /// number of the message after the last that was looked at. Those that the disk no longer gives are
    /// passed over.
    ///
    /// The log may grow meanwhile; no lock is held while `look` runs.
    pub fn walk(
        &self,
        range: Range<usize>,
        mut look: impl FnMut(usize, LogEntry, &[u8]) -> ControlFlow<()>,
    ) -> usize {
        let mut segment: Option<(u32, Option<Bytes>)> = None;
        let mut at = range.start;
        while at < range.end {
            let lines = self.lines(at..range.end.min(at.saturating_add(LINES_AT_ONCE)));
            if lines.is_empty() {
                break;
            }
            for line in lines {
                at += 1;
                let Some(line) = line else { continue };
                let known = segment.as_ref().is_some_and(|(number, bytes)| {
                    let enough = |bytes: &Bytes| bytes.len() >= line.end();
                    *number == line.segment && bytes.as_ref().is_none_or(enough)
                });
                if !known {
                    let found = self.read().segment(line.segment);
                    segment = Some((line.segment, found.and_then(store::Found::read)));
                }
                let bytes = segment.as_ref().and_then(|(_, bytes)| bytes.as_ref());
                let message = bytes.and_then(|bytes| bytes.get(line.offset()..line.end()));
                if let Some(message) = message
                    && look(at - 1, line.entry(), message).is_break()
                {
                    return at;
                }
            }
        }
        at
    }

    fn lines(&self, range: Range<usize>) -> Vec<Option<Index>> {
        let store = self.read();
        let range = range.start..range.end.min(store.len);
        range.map(|at| store.index(at)).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.inner
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the oldest of what is in memory to the file until `wanted` bytes of the budget are free, or
    /// nothing is left to move. Readers wait for none of the writes.
    ///
    /// # Errors
    /// The disk, or what may lie there, is full.
    fn spill(&self, wanted: usize) -> Result<(), LogFull> {
        // Who finds another at it has its room made by that one.
        let Ok(_turn) = self.spilling.try_lock() else {
            return Ok(());
        };
        while self.budget.left() < wanted {
            let Some((what, bytes)) = self.write().oldest() else {
                break;
            };
            let place = self.write_to_file(&bytes)?;
            self.write().moved(what, place, &self.budget);
        }
        Ok(())
    }

    /// Writes to the end of the file; `spilling` is held by the caller. What a write that failed left is
    /// written over by the next.
    fn write_to_file(&self, bytes: &[u8]) -> Result<Place, LogFull> {
        let len = bytes.len() as u64;
        self.budget.take_disk(len)?;
        let written = || {
            let (file, offset) = self.write().file(&self.budget)?;
            file.write_at(bytes, offset)?;
            Ok(Place {
                offset,
                len: bytes.len(),
            })
        };
        written().map_err(|error: std::io::Error| {
            self.budget.give_disk_back(len);
            LogFull::Disk {
                reason: error.to_string(),
            }
        })
    }

    /// Puts a message that is larger than what memory may hold into the file at once.
    ///
    /// # Errors
    /// There is no file to go to, or no room in it. Of several messages the caller brings each by itself.
    fn append_to_file(
        &self,
        direction: Direction,
        at: Duration,
        messages: &[Bytes],
    ) -> Result<(), LogFull> {
        let bytes = self.budget.limits().memory_bytes;
        let full = LogFull::Memory { bytes };
        let [message] = messages else {
            return Err(full);
        };
        if message.len() < OWN_SEGMENT_BYTES || !self.budget.take(INDEX_BYTES) {
            return Err(full);
        }
        let _turn = self.spilling.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.write_to_file(message).inspect_err(|_| {
            self.budget.give_back(INDEX_BYTES);
        })?;
        self.write().push_from_file(direction, at, message, place);
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let store = self.store.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.budget.give_back(store.memory_bytes);
        self.budget.give_disk_back(store.disk_bytes);
    }
}

impl Default for MessageLog {
    fn default() -> Self {
        Self::new(LogBudget::new(LogLimits::default()), None)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl fmt::Debug for MessageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageLog")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
