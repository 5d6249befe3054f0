//! The messages of a call: raw bytes in segments, with time and direction. One writer, many readers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

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
    /// Since the call began.
    pub at: Duration,
    /// Bytes on the wire, without the 5-byte prefix.
    pub len: u32,
}

/// An append-only log; clones share it. Cheap to read while it is written.
#[derive(Debug, Clone, Default)]
pub struct MessageLog {
    _inner: Arc<()>,
}

impl MessageLog {
    /// An empty log that takes at most `budget_bytes` of messages and index.
    pub fn with_budget(budget_bytes: usize) -> Self {
        let _ = budget_bytes;
        unimplemented!()
    }

    /// Appends messages that arrived together. `false` when the budget is used: nothing was appended
    /// and the caller must stop reading.
    #[must_use]
    pub fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool {
        let _ = (direction, at, messages);
        unimplemented!()
    }

    /// Number of messages.
    pub fn len(&self) -> usize {
        unimplemented!()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all messages, sent and received.
    pub fn bytes(&self, direction: Direction) -> u64 {
        let _ = direction;
        unimplemented!()
    }

    /// Number of messages of one direction.
    pub fn count(&self, direction: Direction) -> usize {
        let _ = direction;
        unimplemented!()
    }

    /// A message's line.
    pub fn entry(&self, index: usize) -> Option<LogEntry> {
        let _ = index;
        unimplemented!()
    }

    /// The lines of a range that exist, under one lock.
    pub fn entries(&self, range: std::ops::Range<usize>) -> Vec<LogEntry> {
        let _ = range;
        unimplemented!()
    }

    /// A message's bytes.
    pub fn message(&self, index: usize) -> Option<Bytes> {
        let _ = index;
        unimplemented!()
    }
}
