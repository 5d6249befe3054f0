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
mod file;
mod index;
mod read_back;
mod shared;
mod spare;
mod spill;
mod store;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    ops::{ControlFlow, Range},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use bytes::Bytes;

use self::{
    index::{INDEX_BYTES, Index},
    read_back::Lines,
    shared::{Growth, Shared},
    store::{BLOCK_ENTRIES, Found, Line, OWN_SEGMENT_BYTES, Store, cost_of},
};

use crate::grpc::Messages;

pub(crate) use self::file::descriptors_of;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::file::{framed_for_fuzzing, read_log, write_log};
pub use self::{
    budget::{LogBudget, LogFull, LogLimits},
    file::{
        LOG_FILE_EXTENSION, LogEnd, LogFacts, LogFileError, LogRead, LogSaved, open_log, save_log,
    },
};

/// Lines looked up under one lock while a log is walked.
const LINES_AT_ONCE: usize = 1024;

/// A segment by its number, and its bytes unless the disk no longer gives them.
type ReadSegment = (u32, Option<Bytes>);

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

/// A message on its way into a log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogMessage<'a> {
    pub(crate) direction: Direction,
    pub(crate) at: Duration,
    pub(crate) bytes: &'a [u8],
}

/// An append-only log; clones share it. Cheap to read while it is written.
#[derive(Clone)]
pub struct MessageLog {
    inner: Arc<Shared>,
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
            store: RwLock::new(Store::new(budget.spare())),
            read_back: Mutex::default(),
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
        let cost = cost_of(messages.iter().map(Bytes::len));
        let taken = self.inner.try_append(cost, |store| {
            for message in messages {
                store.push(direction, at, message, Some(message));
            }
        });
        let taken = match (taken, messages) {
            (Ok(false), [message]) => self.inner.append_to_file(direction, at, message),
            (taken, _) => self.inner.whether(taken),
        };
        self.note(&taken, !messages.is_empty())
    }

    /// As [`append`](Self::append), of messages as they lie in the buffers they came in.
    #[must_use]
    pub fn append_batch(&self, direction: Direction, at: Duration, messages: &Messages) -> bool {
        let cost = cost_of(messages.iter().map(<[u8]>::len));
        let taken = self.inner.try_append(cost, |store| {
            for (number, message) in messages.iter().enumerate() {
                let large = message.len() >= OWN_SEGMENT_BYTES;
                let owned = large.then(|| messages.bytes(number)).flatten();
                store.push(direction, at, message, owned.as_ref());
            }
        });
        let taken = match (taken, messages.single()) {
            (Ok(false), Some(message)) => self.inner.append_to_file(direction, at, &message),
            (taken, _) => self.inner.whether(taken),
        };
        self.note(&taken, !messages.is_empty())
    }

    /// Appends messages of which each has its own direction and time. `false` when there is no room for one:
    /// those before it were appended.
    #[must_use]
    pub(crate) fn append_each(&self, messages: &[LogMessage<'_>]) -> bool {
        let each = |messages: &[LogMessage<'_>]| {
            let cost = cost_of(messages.iter().map(|message| message.bytes.len()));
            self.inner.try_append(cost, |store| {
                for message in messages {
                    store.push(message.direction, message.at, message.bytes, None);
                }
            })
        };
        let one = |message: &LogMessage<'_>| match each(std::slice::from_ref(message)) {
            Ok(false) => self
                .inner
                .append_to_file(message.direction, message.at, message.bytes),
            taken => self.inner.whether(taken),
        };
        let taken = match each(messages) {
            Ok(true) => Ok(()),
            _ => messages.iter().try_for_each(one),
        };
        self.note(&taken, !messages.is_empty())
    }

    /// Keeps why an append was not taken, or tells of the growth.
    fn note(&self, taken: &Result<(), LogFull>, some: bool) -> bool {
        let full = taken.as_ref().err().cloned();
        *self
            .inner
            .full
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = full;
        if taken.is_ok() && some {
            self.inner.tell_growth();
        }
        taken.is_ok()
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

    /// Why a message of this size would not be taken; `None` when it would.
    fn refuses(&self, len: usize) -> Option<LogFull> {
        if u32::try_from(len).is_err() {
            return Some(LogFull::Message);
        }
        (!self.has_room(len)).then(|| self.inner.budget.full())
    }

    /// Bytes of one more message that would still be taken after `before`, which are to be sent; `None`
    /// when not even those are.
    pub(super) fn room_after(&self, before: &[Bytes]) -> Option<usize> {
        let used = cost_of(before.iter().map(Bytes::len))? as u64;
        let left = self.inner.budget.room().checked_sub(used)?;
        let left = left.saturating_sub(INDEX_BYTES as u64);
        Some(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Bytes of it that lie on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.read().disk_bytes
    }

    /// Bytes of it that lie in memory, index included.
    pub fn memory_bytes(&self) -> usize {
        self.read().memory_bytes
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

    /// A message's line; `None` when there is none, or the disk no longer gives it. May read the disk: a
    /// frame asks [`entries_ready`](Self::entries_ready).
    pub fn entry(&self, index: usize) -> Option<LogEntry> {
        self.line(index).map(Index::entry)
    }

    /// The lines of a range, as far as there are messages: `None` for those that the disk no longer gives. Read
    /// from the disk without keeping what is read: those on the screen stay.
    pub fn entries(&self, range: Range<usize>) -> Vec<Option<LogEntry>> {
        let end = range.end.min(self.len());
        let mut found = Vec::with_capacity(end.saturating_sub(range.start));
        let mut block = None;
        let mut at = range.start;
        while at < end {
            let next = end.min(at + LINES_AT_ONCE);
            let lines = self.lines(at..next, &mut block);
            found.extend(lines.into_iter().map(|line| line.map(Index::entry)));
            at = next;
        }
        found
    }

    /// The lines of messages, without waiting for the disk: `None` for those that lie there, or are none. They
    /// are read meanwhile, and who watches the log is told when they are here. As many as a screen shows are
    /// kept from then on, also where each comes from another place.
    pub fn entries_ready(
        &self,
        messages: impl IntoIterator<Item = usize>,
    ) -> Vec<Option<LogEntry>> {
        let looked: Vec<Option<Line>> = {
            let store = self.read();
            messages.into_iter().map(|at| store.line(at)).collect()
        };
        let mut last: Option<(usize, Option<Lines>)> = None;
        let entry = |line| match line? {
            Line::Here(index) => Some(index.entry()),
            Line::InFile(block, line) => {
                if last.as_ref().is_none_or(|(number, _)| *number != block) {
                    last = Some((block, self.block_ready(block)));
                }
                let lines = last.as_ref().and_then(|(_, lines)| lines.as_ref());
                lines.and_then(|lines| lines.get(line).copied().map(Index::entry))
            }
        };
        looked.into_iter().map(entry).collect()
    }

    /// Whether the disk no longer gives a message's line, as far as it was asked: then no reading makes it
    /// [ready](Self::entries_ready). Never waits.
    pub fn is_lost(&self, index: usize) -> bool {
        let Some(Line::InFile(block, line)) = self.read().line(index) else {
            return false;
        };
        let lines = self.inner.read_back().get(block);
        lines.is_some_and(|lines| lines.len() <= line)
    }

    /// One message's line, without waiting for the disk, as [`entries_ready`](Self::entries_ready) has it.
    pub fn entry_ready(&self, index: usize) -> Option<LogEntry> {
        self.entries_ready([index]).pop().flatten()
    }

    /// How many messages had come by a time since the call began, without waiting for the disk: where the
    /// lines lie there, a few thousand less, until they are read. Messages are taken to be in the order of
    /// their times.
    pub fn len_at(&self, at: Duration) -> usize {
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let found = self.read().block_at(micros);
        let Some(block) = found else { return 0 };
        let first = block * BLOCK_ENTRIES;
        let lines = self.entries_ready(first..first + BLOCK_ENTRIES);
        first + lines.partition_point(|line| line.is_some_and(|line| line.at <= at))
    }

    /// When the last message came, since the call began; `None` without one. Never reads the disk.
    pub fn last_at(&self) -> Option<Duration> {
        let store = self.read();
        (store.len > 0).then(|| Duration::from_micros(store.last_micros))
    }

    /// A message's bytes; `None` when there is none, or the disk no longer gives it. Cheap but for the
    /// newest segment, of which the message is copied, and for what is on disk.
    pub fn message(&self, index: usize) -> Option<Bytes> {
        let line = self.line(index)?;
        let found = self.read().find(line)?;
        found.read()
    }

    fn line(&self, index: usize) -> Option<Index> {
        let looked = self.read().line(index)?;
        match looked {
            Line::Here(line) => Some(line),
            Line::InFile(block, line) => self.inner.block(block, true)?.get(line).copied(),
        }
    }

    /// A block that was read back; asks for it when it was not.
    fn block_ready(&self, block: usize) -> Option<Lines> {
        let mut read_back = self.inner.read_back();
        let known = read_back.get(block);
        let asks = known.is_none() && read_back.ask(block);
        drop(read_back);
        if asks {
            self.inner.budget.reader().fetch(&self.inner, block);
        }
        known
    }

    /// Walks the messages of a range in order, each segment read once, until `look` breaks off; one that is
    /// filled at present, again when more came into it. Gives the
    /// number of the message after the last that was looked at. Those that the disk no longer gives are
    /// passed over.
    ///
    /// The log may grow meanwhile; no lock is held while `look` runs.
    pub fn walk(
        &self,
        range: Range<usize>,
        mut look: impl FnMut(usize, LogEntry, &[u8]) -> ControlFlow<()>,
    ) -> usize {
        // The one that small messages share, and that of a large one between them.
        let (mut shared, mut own) = (None, None);
        let mut block: Option<(usize, Option<Lines>)> = None;
        let mut at = range.start;
        while at < range.end {
            let lines = self.lines(
                at..range.end.min(at.saturating_add(LINES_AT_ONCE)),
                &mut block,
            );
            if lines.is_empty() {
                break;
            }
            for line in lines {
                at += 1;
                let Some(line) = line else { continue };
                let segment = match line.is_alone() {
                    true => &mut own,
                    false => &mut shared,
                };
                let bytes = self.segment_of(line, segment);
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

    /// The segment of a message, read unless it is the one that was read last.
    fn segment_of<'s>(&self, line: Index, last: &'s mut Option<ReadSegment>) -> Option<&'s Bytes> {
        let known = last.as_ref().is_some_and(|(number, bytes)| {
            let enough = |bytes: &Bytes| bytes.len() >= line.end();
            *number == line.segment && bytes.as_ref().is_none_or(enough)
        });
        if !known {
            let found = self.read().segment(line.segment);
            *last = Some((line.segment, found.and_then(Found::read)));
        }
        last.as_ref().and_then(|(_, bytes)| bytes.as_ref())
    }

    /// Lines for a walk. It reads each block once and keeps it to itself, so that those on the screen stay.
    fn lines(
        &self,
        range: Range<usize>,
        block: &mut Option<(usize, Option<Lines>)>,
    ) -> Vec<Option<Index>> {
        let looked: Vec<Line> = {
            let store = self.read();
            let range = range.start..range.end.min(store.len);
            range.filter_map(|at| store.line(at)).collect()
        };
        let find = |line| match line {
            Line::Here(index) => Some(index),
            Line::InFile(number, line) => {
                if block.as_ref().is_none_or(|(known, _)| *known != number) {
                    *block = Some((number, self.inner.block(number, false)));
                }
                let lines = block.as_ref().and_then(|(_, lines)| lines.as_ref());
                lines.and_then(|lines| lines.get(line).copied())
            }
        };
        looked.into_iter().map(find).collect()
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
        Self::new(LogBudget::new(LogLimits::default()), None)
    }
}

impl fmt::Debug for MessageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageLog")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
