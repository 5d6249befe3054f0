//! What a frame sees of a scan: how far it is, and which messages matched.
//!
//! Invariant: matches are in the order of the log, and only grow; a row never changes its message.

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::call::MessageLog;

/// Matches of one chunk: 64 KiB.
const CHUNK: usize = 16 << 10;

/// How far a scan is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Messages looked at, from the first on.
    pub looked: usize,
    /// Messages of the log.
    pub of: usize,
    /// Messages that passed.
    pub matched: usize,
    /// Messages that could be neither taken nor left: the expression failed on them or cost too much, or the
    /// disk no longer gives them. They are not among the matches.
    pub undecided: usize,
    /// Why the first of them could not be decided; empty when all could.
    pub undecided_reason: String,
    /// Whether it still works.
    pub state: ScanState,
}

impl Progress {
    /// Part done, 0 to 1; 1 of an empty log.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a share that is drawn as a bar needs no more digits"
    )]
    pub fn fraction(&self) -> f32 {
        if self.of == 0 {
            return 1.0;
        }
        (self.looked as f32 / self.of as f32).min(1.0)
    }
}

/// The life of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScanState {
    /// Messages wait to be looked at.
    #[default]
    Running,
    /// All there are were looked at; it goes on when the log grows.
    UpToDate,
    /// It was stopped, and does not go on.
    Stopped,
    /// It ended by a defect of ours, and does not go on.
    Failed,
}

/// A filter at work over a log; clones share it. It goes on while the log grows, until it is stopped or the
/// last clone is dropped. Reading it is cheap and never waits for the work.
///
/// Who draws it calls [`progress`](Self::progress) or [`len`](Self::len) each frame: that also tells the
/// worker that the log has grown.
#[derive(Clone)]
pub struct Scan {
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
    matches: RwLock<Matches>,
    looked: AtomicUsize,
    undecided: AtomicUsize,
    reason: Mutex<String>,
    pub(super) signal: Arc<Signal>,
}

/// Called when there is something new to see; must be cheap.
pub(super) type Wake = Box<dyn Fn() + Send + Sync>;

/// What makes a worker go on, stop, and what it came to.
pub(super) struct Signal {
    stopped: AtomicBool,
    failed: AtomicBool,
    /// Counts what a worker that waits has to wake for.
    changes: Mutex<u64>,
    changed: Condvar,
    /// The length of the log that the worker was told last.
    told: AtomicU64,
    /// Held for a moment by who shows something, so that who waits for it misses nothing.
    showing: Mutex<()>,
    shown: Condvar,
    wake: Wake,
}

/// Stops a scan or grouping without keeping it alive.
#[derive(Clone)]
pub struct Stopper(Weak<Signal>);

impl Stopper {
    pub(super) fn of(signal: &Arc<Signal>) -> Self {
        Self(Arc::downgrade(signal))
    }

    /// Ends it, if it is still there.
    pub fn stop(&self) {
        if let Some(signal) = self.0.upgrade() {
            signal.stop();
        }
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper").finish_non_exhaustive()
    }
}

/// A worker that nobody tells anything looks by itself this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Signal {
    pub(super) fn new(wake: Wake) -> Arc<Self> {
        Arc::new(Self {
            stopped: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            changes: Mutex::new(0),
            changed: Condvar::new(),
            told: AtomicU64::new(0),
            showing: Mutex::new(()),
            shown: Condvar::new(),
            wake,
        })
    }

    /// Wakes the window, and who waits for a change.
    pub(super) fn show(&self) {
        drop(self.showing.lock().unwrap_or_else(PoisonError::into_inner));
        self.shown.notify_all();
        (self.wake)();
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake_worker();
        self.show();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
        self.show();
    }

    pub(super) fn wake_worker(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        *changes += 1;
        drop(changes);
        self.changed.notify_all();
    }

    /// Tells a worker that is at `looked` of a log of `len`; only once a length.
    fn grown(&self, looked: usize, len: usize) {
        if len > looked && self.told.swap(len as u64, Ordering::Relaxed) != len as u64 {
            self.wake_worker();
        }
    }

    /// What was told so far, for [`wait`](Self::wait).
    pub(super) fn changes(&self) -> u64 {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something was told after `seen`, or a second is over.
    pub(super) fn wait(&self, seen: u64) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self
            .changed
            .wait_timeout_while(changes, LOOK_EVERY, |changes| *changes == seen)
            .unwrap_or_else(PoisonError::into_inner);
    }

    pub(super) fn state(&self, looked: usize, len: usize) -> ScanState {
        if self.failed.load(Ordering::Acquire) {
            ScanState::Failed
        } else if self.is_stopped() {
            ScanState::Stopped
        } else if looked < len {
            self.grown(looked, len);
            ScanState::Running
        } else {
            ScanState::UpToDate
        }
    }
}

#[derive(Default)]
struct Matches {
    chunks: Vec<Vec<u32>>,
    len: usize,
}

impl Matches {
    fn get(&self, row: usize) -> Option<usize> {
        let index = *self.chunks.get(row / CHUNK)?.get(row % CHUNK)?;
        usize::try_from(index).ok()
    }

    fn push(&mut self, index: u32) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(index),
            _ => {
                let mut chunk = Vec::with_capacity(if self.len == 0 { 16 } else { CHUNK });
                chunk.push(index);
                self.chunks.push(chunk);
            }
        }
        self.len += 1;
    }

    /// The first row whose message is at `index` or after it.
    fn row_from(&self, index: usize) -> usize {
        let before = |chunk: &Vec<u32>| chunk.last().is_some_and(|last| (*last as usize) < index);
        let chunk = self.chunks.partition_point(before);
        let inside = self.chunks.get(chunk).map_or(0, |chunk| {
            chunk.partition_point(|found| (*found as usize) < index)
        });
        chunk * CHUNK + inside
    }
}

impl Shared {
    pub(super) fn new(log: MessageLog, wake: Wake) -> Arc<Self> {
        Arc::new(Self {
            log,
            matches: RwLock::default(),
            looked: AtomicUsize::new(0),
            undecided: AtomicUsize::new(0),
            reason: Mutex::default(),
            signal: Signal::new(wake),
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, Matches> {
        self.matches.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Matches> {
        self.matches.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn looked(&self) -> usize {
        self.looked.load(Ordering::Acquire)
    }

    /// Adds what a part of the log gave; parts come in order.
    pub(super) fn add(
        &self,
        found: &[u32],
        undecided: usize,
        reason: Option<String>,
        looked: usize,
    ) {
        if !found.is_empty() {
            let mut matches = self.write();
            found.iter().for_each(|index| matches.push(*index));
        }
        if undecided > 0 {
            self.undecided.fetch_add(undecided, Ordering::Relaxed);
            let mut first = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
            if first.is_empty() {
                *first = reason.unwrap_or_default();
            }
        }
        self.looked.store(looked, Ordering::Release);
        self.signal.show();
    }
}

impl Scan {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            _owner: Arc::new(Owner(shared.clone())),
            shared,
        }
    }

    /// Messages that passed so far.
    pub fn len(&self) -> usize {
        self.shared
            .signal
            .state(self.shared.looked(), self.shared.log.len());
        self.shared.read().len
    }

    /// Whether none has passed so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The index in the log of the message of a row, from 0.
    pub fn get(&self, row: usize) -> Option<usize> {
        self.shared.read().get(row)
    }

    /// The indices of some rows, under one lock; fewer when there are not so many.
    pub fn rows(&self, rows: std::ops::Range<usize>) -> Vec<usize> {
        let matches = self.shared.read();
        rows.map_while(|row| matches.get(row)).collect()
    }

    /// The first row whose message is at this index of the log or after it; `None` when there is none yet.
    pub fn position_at_or_after(&self, index: usize) -> Option<usize> {
        let matches = self.shared.read();
        let row = matches.row_from(index);
        (row < matches.len).then_some(row)
    }

    /// The row of a message; `None` when it is not among the matches.
    pub fn row_of(&self, index: usize) -> Option<usize> {
        let matches = self.shared.read();
        let row = matches.row_from(index);
        (matches.get(row) == Some(index)).then_some(row)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let shared = &self.shared;
        // In this order: what was looked at is never more than what there is.
        let looked = shared.looked();
        let of = shared.log.len();
        Progress {
            looked,
            of,
            matched: shared.read().len,
            undecided: shared.undecided.load(Ordering::Relaxed),
            undecided_reason: shared
                .reason
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            state: shared.signal.state(looked, of),
        }
    }

    /// Waits until something holds of the progress. Blocking; `false` when the limit passed first.
    pub fn wait(&self, limit: Duration, holds: impl Fn(&Progress) -> bool) -> bool {
        let signal = &self.shared.signal;
        let showing = signal.showing.lock();
        let showing = showing.unwrap_or_else(PoisonError::into_inner);
        let (_showing, waited) = signal
            .shown
            .wait_timeout_while(showing, limit, |()| !holds(&self.progress()))
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out()
    }

    /// Ends it, for all clones; what was found stays. Seen at once, and no message is begun after it.
    pub fn stop(&self) {
        self.shared.signal.stop();
    }

    /// What stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper::of(&self.shared.signal)
    }
}

impl PartialEq for Scan {
    /// Whether both are the same work.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for Scan {}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}
