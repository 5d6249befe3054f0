//! Messages grouped by the value of a field: how many there are of each, and where.
//!
//! Bounded: 100,000 values, and 64 MiB of their texts; what comes beyond is counted together.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Filter, Progress,
    handle::{Signal, Stopper, Wake},
};
use crate::call::MessageLog;

/// What is grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpec {
    /// The field, as [`FieldPath`](crate::message::FieldPath) reads it.
    pub path: String,
    /// Which messages count.
    pub filter: Filter,
}

/// Messages with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The value's text, as in a cell; `None` for messages without a value.
    pub value: Option<Arc<str>>,
    /// How many.
    pub count: usize,
    /// The first message, by its index in the log.
    pub first: usize,
    /// The last one.
    pub last: usize,
    /// When the last came, since the call began.
    pub last_at: Duration,
}

/// How groups are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupOrder {
    /// The most frequent first.
    #[default]
    Count,
    /// By value: numbers by size, texts by their letters.
    Value,
    /// As they came.
    First,
    /// The one seen last first.
    Last,
}

/// Groups as they were a moment ago.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    /// Sorted.
    pub rows: Vec<Group>,
    /// Messages whose value found no place among the 100,000.
    pub others: usize,
    /// The order of the rows.
    pub order: GroupOrder,
}

/// A grouping at work over a log; clones share it. It goes on while the log grows, until it is stopped or
/// the last clone is dropped. Reading it is cheap and never waits for the work.
#[derive(Clone)]
pub struct Grouping {
    shared: Arc<Shared>,
    /// Stops it with the last clone.
    _owner: Arc<Owner>,
}

struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.signal.stop();
    }
}

/// What the worker and all handles see.
pub(super) struct Shared {
    pub(super) log: MessageLog,
    pub(super) signal: Arc<Signal>,
    counters: Mutex<Progress>,
    groups: Mutex<Arc<Groups>>,
    order: Mutex<GroupOrder>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(log: MessageLog, wake: Wake) -> Arc<Self> {
        Arc::new(Self {
            log,
            signal: Signal::new(wake),
            counters: Mutex::default(),
            groups: Mutex::default(),
            order: Mutex::default(),
        })
    }

    pub(super) fn order(&self) -> GroupOrder {
        *lock(&self.order)
    }

    /// Says how far it is.
    pub(super) fn advance(&self, tell: impl FnOnce(&mut Progress)) {
        tell(&mut lock(&self.counters));
        self.signal.show();
    }

    /// Shows groups.
    pub(super) fn show(&self, groups: Groups) {
        *lock(&self.groups) = Arc::new(groups);
        self.signal.show();
    }
}

impl Grouping {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            _owner: Arc::new(Owner(shared.clone())),
            shared,
        }
    }

    /// The groups, at most a fifth of a second old while it works.
    pub fn groups(&self) -> Arc<Groups> {
        self.progress();
        lock(&self.shared.groups).clone()
    }

    /// Sorts otherwise; [`groups`](Self::groups) gives the rows in that order a moment later.
    pub fn sort(&self, order: GroupOrder) {
        let before = std::mem::replace(&mut *lock(&self.shared.order), order);
        if before != order {
            self.shared.signal.wake_worker();
        }
    }

    /// How far it is; `matched` counts the messages that stand in a group or among the others.
    pub fn progress(&self) -> Progress {
        let mut progress = lock(&self.shared.counters).clone();
        progress.of = self.shared.log.len().max(progress.looked);
        progress.state = self.shared.signal.state(progress.looked, progress.of);
        progress
    }

    /// Ends it, for all clones; what was counted stays.
    pub fn stop(&self) {
        self.shared.signal.stop();
    }

    /// What stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper::of(&self.shared.signal)
    }
}

impl fmt::Debug for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grouping")
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}
