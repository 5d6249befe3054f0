//! Lines of the index that were moved to disk, read back: those looked at last are kept, and a thread reads
//! what a frame asks for, so that no frame waits for the disk.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        mpsc::{self, TrySendError},
    },
    thread,
};

use super::{index::Index, shared::Shared};

/// The lines of one block.
pub(super) type Lines = Arc<Vec<Index>>;

/// Blocks that are kept: 64 KiB each. Of what is filtered, each row of a screen may lie in another.
const KEPT_BLOCKS: usize = 128;

/// Blocks that wait to be read at most: more than the screens of all tabs show.
const WISHES: usize = 1024;

/// Blocks read back, those used last at the end.
#[derive(Default)]
pub(super) struct ReadBack {
    kept: Vec<(usize, Lines)>,
    /// Asked for by a frame, and not read yet.
    asked: Vec<usize>,
}

impl ReadBack {
    pub(super) fn get(&mut self, block: usize) -> Option<Lines> {
        let at = self.kept.iter().position(|(number, _)| *number == block)?;
        let found = self.kept.remove(at);
        let lines = Arc::clone(&found.1);
        self.kept.push(found);
        Some(lines)
    }

    pub(super) fn put(&mut self, block: usize, lines: &Lines) {
        self.forget_asked(block);
        self.kept.retain(|(number, _)| *number != block);
        if self.kept.len() >= KEPT_BLOCKS {
            self.kept.remove(0);
        }
        self.kept.push((block, Arc::clone(lines)));
    }

    /// Whether nobody asked for it yet; from now on somebody has.
    pub(super) fn ask(&mut self, block: usize) -> bool {
        let new = !self.asked.contains(&block);
        if new {
            self.asked.push(block);
        }
        new
    }

    /// The numbers of those that are kept.
    #[cfg(test)]
    pub(super) fn blocks(&self) -> Vec<usize> {
        self.kept.iter().map(|(number, _)| *number).collect()
    }

    /// A block that was asked for will not come.
    pub(super) fn forget_asked(&mut self, block: usize) {
        self.asked.retain(|asked| *asked != block);
    }

    #[cfg(test)]
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}

type Wish = (Weak<Shared>, usize);

/// The thread that reads blocks; it begins with the first wish and ends with the budget.
#[derive(Debug, Default)]
pub(super) struct Reader {
    wishes: Mutex<Option<mpsc::SyncSender<Wish>>>,
}

impl Reader {
    /// Has a block read; the log's owner is told when it is there. Where there is nobody to read it, or too much
    /// to read already, it may be asked for again.
    pub(super) fn fetch(&self, log: &Arc<Shared>, block: usize) {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        if wishes.is_none() {
            let (sender, waiting) = mpsc::sync_channel(WISHES);
            let work = move || read_all(&waiting);
            let thread = thread::Builder::new().name("stubless-log".to_owned());
            *wishes = thread.spawn(work).ok().map(|_| sender);
        }
        let wish = (Arc::downgrade(log), block);
        let sent = wishes.as_ref().map(|wishes| wishes.try_send(wish));
        if let Some(Err(TrySendError::Disconnected(_))) = sent {
            *wishes = None;
        }
        if !matches!(sent, Some(Ok(()))) {
            log.read_back().forget_asked(block);
        }
    }
}

fn read_all(waiting: &mpsc::Receiver<Wish>) {
    while let Ok((log, block)) = waiting.recv() {
        // A log that is gone meanwhile needs nothing.
        if let Some(log) = log.upgrade() {
            log.block(block, true);
            log.tell_growth();
        }
    }
}
