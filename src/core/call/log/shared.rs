//! What clones of a log share: its store, its part of the budget, and how room is made in memory.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard},
    time::Duration,
};

use super::{
    Direction, LogBudget, LogFull,
    budget::Pushing,
    index::{INDEX_BYTES, Index},
    read_back::{Lines, ReadBack},
    spill::{Place, SpillFile},
    store::{OWN_SEGMENT_BYTES, Store},
};

/// What is moved to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Segments that are full.
    Full,
    /// The one that is being filled, too.
    Open,
}

pub(super) type Growth = Box<dyn Fn() + Send + Sync>;

pub(super) struct Shared {
    pub(super) store: RwLock<Store>,
    /// Lines that are in the file and were looked at.
    pub(super) read_back: Mutex<ReadBack>,
    pub(super) budget: LogBudget,
    /// Held by who writes to the file.
    pub(super) spilling: Mutex<()>,
    /// Why the last append was not taken.
    pub(super) full: Mutex<Option<LogFull>>,
    pub(super) on_growth: Option<Growth>,
}

impl Shared {
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read_back(&self) -> MutexGuard<'_, ReadBack> {
        self.read_back
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell_growth(&self) {
        if let Some(on_growth) = &self.on_growth {
            on_growth();
        }
    }

    /// Has messages pushed that cost so much, once there is room in memory. `false` when they do not fit
    /// there even with all else moved out.
    ///
    /// # Errors
    /// Why no room can be made.
    pub(super) fn try_append(
        self: &Arc<Self>,
        cost: Option<usize>,
        push: impl FnOnce(&mut Store),
    ) -> Result<bool, LogFull> {
        let cost = cost.ok_or(LogFull::Message)?;
        let Some(pushing) = self.take(cost)? else {
            return Ok(false);
        };
        push(&mut self.write());
        drop(pushing);
        Ok(true)
    }

    /// Takes memory of the budget, and makes room where there is none. `None` when there is none even with all
    /// else moved out.
    ///
    /// # Errors
    /// Why no room can be made.
    fn take(&self, cost: usize) -> Result<Option<Pushing<'_>>, LogFull> {
        let budget = &self.budget;
        if let Some(pushing) = budget.take(cost) {
            return Ok(Some(pushing));
        }
        // Where many calls run and little is allowed, what they are filling is most of it.
        for (wanted, depth) in [(budget.wanted(cost), Depth::Full), (cost, Depth::Open)] {
            loop {
                let made = budget.relieve(self, wanted, depth)? || self.spill(wanted, depth)?;
                if let Some(pushing) = budget.take(cost) {
                    return Ok(Some(pushing));
                }
                // Room that was there is another's by now, and he has something to move in its place, at the
                // latest when it is there.
                if !made && !budget.is_pushed_to() {
                    break;
                }
                std::thread::yield_now();
            }
        }
        Ok(None)
    }

    /// What does not fit into memory is refused.
    pub(super) fn whether(&self, taken: Result<bool, LogFull>) -> Result<(), LogFull> {
        match taken? {
            true => Ok(()),
            false => Err(LogFull::Memory {
                bytes: self.budget.memory_limit(),
            }),
        }
    }

    /// A block of the index that is in the file, read without a lock; `kept` for who looks at it again.
    pub(super) fn block(&self, block: usize, kept: bool) -> Option<Lines> {
        if let Some(lines) = self.read_back().get(block) {
            return Some(lines);
        }
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let found = store.block_in_file(block)?;
        drop(store);
        // A disk that fails is not asked again in every frame.
        let bytes = found.read().unwrap_or_default();
        let lines = bytes.chunks_exact(INDEX_BYTES);
        let lines = lines.filter_map(|line| Some(Index::from_bytes(line.try_into().ok()?)));
        let lines = Lines::new(lines.collect());
        if kept {
            self.read_back().put(block, &lines);
        }
        Some(lines)
    }

    /// Moves the oldest of what is in memory to the file until `wanted` bytes of the budget are free, or
    /// nothing is left to move: then `false`. Readers wait for none of the writes; who wants to write here, too,
    /// waits for one of them.
    ///
    /// # Errors
    /// The disk, or what may lie there, is full.
    pub(super) fn spill(&self, wanted: usize, depth: Depth) -> Result<bool, LogFull> {
        let seals = depth == Depth::Open && self.budget.spills();
        if seals && self.budget.left() < wanted {
            self.write().seal_open();
        }
        while self.budget.left() < wanted {
            // Nobody asks for a second turn while he has one.
            let _turn = self.spilling.lock().unwrap_or_else(PoisonError::into_inner);
            if self.budget.left() >= wanted {
                break;
            }
            let Some((what, bytes)) = self.write().oldest() else {
                return Ok(false);
            };
            let place = self.write_to_file(&bytes)?;
            let left = self.write().moved(what, place, &self.budget);
            // Else this would hold it, too.
            drop(bytes);
            if let Some(left) = left {
                self.budget.spare().give(left);
            }
        }
        Ok(true)
    }

    /// Writes to the end of the file; `spilling` is held by the caller. What a write that failed left is
    /// written over by the next.
    pub(super) fn write_to_file(&self, bytes: &[u8]) -> Result<Place, LogFull> {
        let len = bytes.len() as u64;
        self.budget.take_disk(len)?;
        let written = || {
            let (file, offset) = self.file()?;
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

    /// The file and where the next write goes. It is made where nobody waits for it: `spilling` is held, the
    /// store is not.
    pub(super) fn file(&self) -> std::io::Result<(Arc<SpillFile>, u64)> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = store.file();
        drop(store);
        let file = match file {
            Some(file) => file,
            None => {
                let file = Arc::new(self.budget.file()?);
                self.write().set_file(Arc::clone(&file));
                file
            }
        };
        Ok((file, end))
    }

    /// Puts a message that is larger than what memory may hold into the file at once.
    ///
    /// # Errors
    /// It is not that large, there is no file to go to, or no room in it.
    pub(super) fn append_to_file(
        &self,
        direction: Direction,
        at: Duration,
        message: &[u8],
    ) -> Result<(), LogFull> {
        if message.len() < OWN_SEGMENT_BYTES || self.take(INDEX_BYTES)?.is_none() {
            return self.whether(Ok(false));
        }
        let _turn = self.spilling.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.write_to_file(message).inspect_err(|_| {
            self.budget.give_back(INDEX_BYTES);
        })?;
        self.write().push_from_file(direction, at, place);
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let store = self.store.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.budget.give_back(store.memory_bytes);
        self.budget.give_disk_back(store.disk_bytes);
        store.give_buffers();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
