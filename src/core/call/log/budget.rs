//! What all logs together may hold, in memory and on disk.
//!
//! A log that needs room first has others give theirs, the one made first before: a call that ended
//! long ago is looked at least. Invariant: what is charged is what logs hold, so that a log that is
//! dropped gives everything back.

use std::{
    fmt, io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{
    read_back::Reader,
    shared::{Depth, Shared},
    spare::Spare,
    spill::SpillFile,
};

/// What logs may hold in memory when nobody says otherwise.
const DEFAULT_MEMORY_BYTES: usize = 256 << 20;

/// What spilled logs may hold on disk when nobody says otherwise, and when so much is free.
const DEFAULT_DISK_BYTES: u64 = 10 << 30;

/// When there is no room, at least this much is made at once: looking for it costs something too.
const MADE_AT_ONCE: usize = 8 << 20;

/// Limits of a [`LogBudget`].
#[derive(Debug, Clone)]
pub struct LogLimits {
    /// Bytes of messages and index in memory, of all logs together.
    pub memory_bytes: usize,
    /// Bytes of messages and index on disk, of all logs together.
    pub disk_bytes: u64,
    /// Where spilled messages go; `None` keeps all in memory.
    pub folder: Option<PathBuf>,
}

impl Default for LogLimits {
    /// 256 MiB in memory, nothing on disk.
    fn default() -> Self {
        Self {
            memory_bytes: DEFAULT_MEMORY_BYTES,
            disk_bytes: 0,
            folder: None,
        }
    }
}

impl LogLimits {
    /// As the default, and on disk in `folder` up to 10 GiB or a tenth of what is free there now,
    /// whichever is less.
    pub fn spilling(memory_bytes: usize, folder: PathBuf) -> Self {
        let made = std::fs::create_dir_all(&folder);
        let free = made.and_then(|()| fs4::available_space(&folder));
        let disk_bytes = free.map_or(DEFAULT_DISK_BYTES, |free| {
            (free / 10).min(DEFAULT_DISK_BYTES)
        });
        Self {
            memory_bytes,
            disk_bytes,
            folder: Some(folder),
        }
    }
}

/// Why a log takes no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFull {
    /// Memory is used up, and there is no disk to go to.
    Memory {
        /// The limit.
        bytes: usize,
    },
    /// What may lie on disk lies there.
    DiskBudget {
        /// The limit.
        bytes: u64,
    },
    /// The disk took nothing more.
    Disk {
        /// The system's words.
        reason: String,
    },
    /// One message is longer than 4 GiB.
    Message,
}

impl fmt::Display for LogFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes >> 20;
        match self {
            Self::Memory { bytes } => write!(
                f,
                "{} MiB of messages are kept in memory, which is the limit",
                mib(*bytes as u64)
            ),
            Self::DiskBudget { bytes } => write!(
                f,
                "{} MiB of messages are kept on disk, which is the limit",
                mib(*bytes)
            ),
            Self::Disk { reason } => write!(f, "messages cannot be written to disk: {reason}"),
            Self::Message => f.write_str("a message is longer than 4 GiB"),
        }
    }
}

/// What all logs that share it may hold; clones are the same budget.
#[derive(Debug, Clone)]
pub struct LogBudget {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    memory_limit: AtomicUsize,
    disk_limit: AtomicU64,
    folder: Option<PathBuf>,
    memory: AtomicUsize,
    disk: AtomicU64,
    /// How many took memory and have not put their messages there yet.
    pushing: AtomicUsize,
    /// Reads what a frame has no time for.
    reader: Reader,
    spare: Spare,
    /// In the order they were made.
    logs: Mutex<Vec<Weak<Shared>>>,
}

/// Memory that was taken, until the messages are there.
pub(super) struct Pushing<'b>(&'b Inner);

impl Drop for Pushing<'_> {
    fn drop(&mut self) {
        self.0.pushing.fetch_sub(1, Ordering::SeqCst);
    }
}

impl LogBudget {
    /// A budget with these limits.
    pub fn new(limits: LogLimits) -> Self {
        Self {
            inner: Arc::new(Inner {
                memory_limit: AtomicUsize::new(limits.memory_bytes),
                disk_limit: AtomicU64::new(limits.disk_bytes),
                folder: limits.folder,
                memory: AtomicUsize::new(0),
                disk: AtomicU64::new(0),
                pushing: AtomicUsize::new(0),
                reader: Reader::default(),
                spare: Spare::default(),
                logs: Mutex::default(),
            }),
        }
    }

    /// Bytes in memory now.
    pub fn memory_bytes(&self) -> usize {
        self.inner.memory.load(Ordering::Relaxed)
    }

    /// Bytes on disk now.
    pub fn disk_bytes(&self) -> u64 {
        self.inner.disk.load(Ordering::Relaxed)
    }

    /// The limits as they are now.
    pub fn limits(&self) -> LogLimits {
        LogLimits {
            memory_bytes: self.memory_limit(),
            disk_bytes: self.disk_limit(),
            folder: self.inner.folder.clone(),
        }
    }

    /// Changes the limits; logs that wait for room find it at once. Blocking: what lies in memory beyond a
    /// lower limit goes to disk now, as far as that takes it.
    pub fn set_limits(&self, memory_bytes: usize, disk_bytes: u64) {
        self.inner
            .memory_limit
            .store(memory_bytes, Ordering::Relaxed);
        self.inner.disk_limit.store(disk_bytes, Ordering::Relaxed);
        let logs: Vec<Arc<Shared>> = self.logs().iter().filter_map(Weak::upgrade).collect();
        for log in logs {
            if self.memory_bytes() <= memory_bytes || log.spill(1, Depth::Open).is_err() {
                break;
            }
        }
    }

    /// Whether both are one budget.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(super) fn spare(&self) -> &Spare {
        &self.inner.spare
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.inner.reader
    }

    pub(super) fn memory_limit(&self) -> usize {
        self.inner.memory_limit.load(Ordering::Relaxed)
    }

    fn disk_limit(&self) -> u64 {
        self.inner.disk_limit.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, log: &Arc<Shared>) {
        let mut logs = self.logs();
        logs.retain(|log| log.strong_count() > 0);
        logs.push(Arc::downgrade(log));
    }

    fn logs(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Shared>>> {
        self.inner
            .logs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of memory that are left.
    pub(super) fn left(&self) -> usize {
        self.memory_limit().saturating_sub(self.memory_bytes())
    }

    /// Bytes that would still be taken, in memory or on disk.
    pub(super) fn room(&self) -> u64 {
        let disk = if self.spills() {
            self.disk_limit().saturating_sub(self.disk_bytes())
        } else {
            0
        };
        (self.left() as u64).saturating_add(disk)
    }

    /// Takes memory, if there is so much, for messages that are there once what is given is dropped.
    pub(super) fn take(&self, bytes: usize) -> Option<Pushing<'_>> {
        let limit = self.memory_limit();
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= limit);
        self.inner.pushing.fetch_add(1, Ordering::SeqCst);
        let pushing = Pushing(&self.inner);
        let memory = &self.inner.memory;
        let taken = memory.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        taken.is_ok().then_some(pushing)
    }

    /// Whether somebody has taken memory in which there is nothing to move out yet.
    pub(super) fn is_pushed_to(&self) -> bool {
        self.inner.pushing.load(Ordering::SeqCst) > 0
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.inner.memory.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn give_disk_back(&self, bytes: u64) {
        self.inner.disk.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether anything can go to disk.
    pub(super) fn spills(&self) -> bool {
        self.inner.folder.is_some() && self.disk_limit() > 0
    }

    /// Takes room on disk.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn take_disk(&self, bytes: u64) -> Result<(), LogFull> {
        let limit = self.disk_limit();
        let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= limit);
        let taken = self
            .inner
            .disk
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.map(drop).map_err(|_| self.full())
    }

    /// What is told where there is no room.
    pub(super) fn full(&self) -> LogFull {
        match self.spills() {
            true => LogFull::DiskBudget {
                bytes: self.disk_limit(),
            },
            false => LogFull::Memory {
                bytes: self.memory_limit(),
            },
        }
    }

    /// A file for what has no room in memory.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn file(&self) -> io::Result<SpillFile> {
        match &self.inner.folder {
            Some(folder) => SpillFile::create(folder),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Has other logs spill until `wanted` bytes fit; the one that asks is left out. `false` when they have
    /// nothing left to move.
    ///
    /// # Errors
    /// What stood in the way.
    pub(super) fn relieve(
        &self,
        asking: &Shared,
        wanted: usize,
        depth: Depth,
    ) -> Result<bool, LogFull> {
        let logs: Vec<Arc<Shared>> = self.logs().iter().filter_map(Weak::upgrade).collect();
        let others = logs
            .iter()
            .filter(|log| !std::ptr::eq(Arc::as_ptr(log), asking));
        for log in others {
            if log.spill(wanted, depth)? {
                return Ok(true);
            }
        }
        Ok(self.left() >= wanted)
    }

    /// How much is made room for when `bytes` are needed.
    pub(super) fn wanted(&self, bytes: usize) -> usize {
        bytes.max(MADE_AT_ONCE.min(self.memory_limit() / 16))
    }
}
