//! The segments and the index of one log, in memory or in its file.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;

use super::{
    Direction,
    budget::LogBudget,
    index::{INDEX_BYTES, Index, MAX_MICROS},
    spill::{Place, SpillFile},
};

/// Bytes of a segment.
pub(super) const SEGMENT_BYTES: usize = 1 << 20;

/// A message from this size on is kept in the memory it came in.
pub(super) const OWN_SEGMENT_BYTES: usize = 256 << 10;

/// Index entries of a block: 64 KiB.
const BLOCK_ENTRIES: usize = 4096;

/// Blocks read from the file that are kept.
const KEPT_BLOCKS: usize = 4;

enum Segment {
    /// Still filled.
    Open(Vec<u8>),
    /// Never changes again.
    Sealed(Bytes),
    /// In the file.
    Spilled(Place),
}

enum Block {
    Memory(Vec<Index>),
    Spilled(Place),
}

#[derive(Default)]
pub(super) struct Totals {
    pub(super) count: usize,
    pub(super) bytes: u64,
}

#[derive(Default)]
struct Spill {
    file: Option<Arc<SpillFile>>,
    /// Where the next write goes.
    end: u64,
    /// Segments before this one are in the file, or are still open.
    segments: usize,
    /// Blocks before this one are in the file.
    blocks: usize,
    /// Bytes in memory that could go there.
    sealed_bytes: usize,
}

#[derive(Default)]
pub(super) struct Store {
    segments: Vec<Segment>,
    /// The segment that is filled at present.
    open: Option<usize>,
    blocks: Vec<Block>,
    pub(super) len: usize,
    sent: Totals,
    received: Totals,
    /// What of the budget's memory is this log's.
    pub(super) memory_bytes: usize,
    /// What of its disk is.
    pub(super) disk_bytes: u64,
    spill: Spill,
    /// Blocks read back: number and lines.
    read_back: Mutex<Vec<(usize, Arc<Vec<Index>>)>>,
}

/// What moves to the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moved {
    Segment(usize),
    Block(usize),
}

/// Where the bytes of a message are.
pub(super) enum Found {
    Here(Bytes),
    InFile(Arc<SpillFile>, Place),
}

/// What messages and their lines take.
pub(super) fn cost_of(messages: &[Bytes]) -> Option<usize> {
    messages.iter().try_fold(0_usize, |sum, message| {
        u32::try_from(message.len()).ok()?;
        sum.checked_add(message.len())?.checked_add(INDEX_BYTES)
    })
}

impl Store {
    pub(super) fn push(&mut self, direction: Direction, at: Duration, message: &Bytes) {
        let (segment, offset) = self.put(message);
        let micros = u64::try_from(at.as_micros()).unwrap_or(MAX_MICROS);
        let index = Index::new(segment, offset, message.len(), direction, micros);
        match self.blocks.last_mut() {
            Some(Block::Memory(block)) if block.len() < BLOCK_ENTRIES => block.push(index),
            // The first block grows as it needs, for the many calls of a single message.
            None => self.blocks.push(Block::Memory(vec![index])),
            Some(_) => {
                let mut block = Vec::with_capacity(BLOCK_ENTRIES);
                block.push(index);
                self.blocks.push(Block::Memory(block));
            }
        }
        self.len += 1;
        self.memory_bytes += message.len() + INDEX_BYTES;
        let totals = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        totals.count += 1;
        totals.bytes += message.len() as u64;
    }

    /// Adds a message whose bytes are in the file already. Its line is charged by the caller.
    pub(super) fn push_from_file(
        &mut self,
        direction: Direction,
        at: Duration,
        message: &Bytes,
        place: Place,
    ) {
        self.push(direction, at, message);
        // It was pushed as the newest sealed segment.
        if let Some(last) = self.segments.last_mut() {
            *last = Segment::Spilled(place);
        }
        self.spill.sealed_bytes = self.spill.sealed_bytes.saturating_sub(message.len());
        self.memory_bytes -= message.len();
        self.spill.end = place.offset + place.len as u64;
        self.disk_bytes += place.len as u64;
    }

    /// Puts the bytes away; gives their segment and offset.
    fn put(&mut self, message: &Bytes) -> (usize, usize) {
        if message.len() >= OWN_SEGMENT_BYTES {
            self.segments.push(Segment::Sealed(message.clone()));
            self.spill.sealed_bytes += message.len();
            return (self.segments.len() - 1, 0);
        }
        if let Some(at) = self.open
            && let Some(Segment::Open(bytes)) = self.segments.get_mut(at)
        {
            // An offset has 20 bits: what is empty has none behind a segment that is filled to the byte.
            if bytes.len() < SEGMENT_BYTES && bytes.len() + message.len() <= SEGMENT_BYTES {
                let offset = bytes.len();
                bytes.extend_from_slice(message);
                return (at, offset);
            }
            let full = std::mem::take(bytes);
            self.spill.sealed_bytes += full.len();
            self.segments[at] = Segment::Sealed(full.into_boxed_slice().into());
            // The walk over segments may have passed it while it was open.
            self.spill.segments = self.spill.segments.min(at);
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

    /// The oldest of what is in memory and never changes again; `None` when nothing is left to move.
    pub(super) fn oldest(&mut self) -> Option<(Moved, Bytes)> {
        while self.spill.sealed_bytes > 0 {
            let at = self.spill.segments;
            match self.segments.get(at)? {
                Segment::Sealed(bytes) => return Some((Moved::Segment(at), bytes.clone())),
                Segment::Open(_) | Segment::Spilled(_) => self.spill.segments += 1,
            }
        }
        let at = self.spill.blocks;
        // The last one is still written.
        if at + 1 >= self.blocks.len() {
            return None;
        }
        match self.blocks.get(at)? {
            Block::Memory(lines) => {
                let bytes: Vec<u8> = lines.iter().flat_map(|line| line.to_bytes()).collect();
                Some((Moved::Block(at), bytes.into()))
            }
            Block::Spilled(_) => None,
        }
    }

    /// Where the next write to the file goes; the file is made when there is none.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn file(&mut self, budget: &LogBudget) -> io::Result<(Arc<SpillFile>, u64)> {
        let file = match &self.spill.file {
            Some(file) => Arc::clone(file),
            None => {
                let file = Arc::new(budget.file()?);
                Arc::clone(self.spill.file.insert(file))
            }
        };
        Ok((file, self.spill.end))
    }

    /// Notes that something is in the file now, and gives its memory back.
    pub(super) fn moved(&mut self, what: Moved, place: Place, budget: &LogBudget) {
        match what {
            Moved::Segment(at) => {
                if let Some(segment) = self.segments.get_mut(at) {
                    *segment = Segment::Spilled(place);
                }
                self.spill.sealed_bytes = self.spill.sealed_bytes.saturating_sub(place.len);
                self.spill.segments = at + 1;
            }
            Moved::Block(at) => {
                if let Some(block) = self.blocks.get_mut(at) {
                    *block = Block::Spilled(place);
                }
                self.spill.blocks = at + 1;
            }
        }
        self.spill.end = place.offset + place.len as u64;
        self.disk_bytes += place.len as u64;
        self.memory_bytes = self.memory_bytes.saturating_sub(place.len);
        budget.give_back(place.len);
    }

    /// A message's line; `None` when there is none, and when the file cannot be read.
    pub(super) fn index(&self, index: usize) -> Option<Index> {
        let (block, line) = (index / BLOCK_ENTRIES, index % BLOCK_ENTRIES);
        match self.blocks.get(block)? {
            Block::Memory(lines) => lines.get(line).copied(),
            Block::Spilled(place) => self.read_block(block, *place)?.get(line).copied(),
        }
    }

    fn read_block(&self, number: usize, place: Place) -> Option<Arc<Vec<Index>>> {
        let mut known = self
            .read_back
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lines)) = known.iter().find(|(at, _)| *at == number) {
            return Some(Arc::clone(lines));
        }
        let bytes = self.spill.file.as_ref()?.read(place).ok()?;
        let lines = bytes.chunks_exact(INDEX_BYTES);
        let lines = lines.filter_map(|line| Some(Index::from_bytes(line.try_into().ok()?)));
        let lines = Arc::new(lines.collect::<Vec<_>>());
        if known.len() >= KEPT_BLOCKS {
            known.remove(0);
        }
        known.push((number, Arc::clone(&lines)));
        Some(lines)
    }

    /// Where a message's bytes are.
    pub(super) fn find(&self, line: Index) -> Option<Found> {
        let start = line.offset();
        let len = usize::try_from(line.len).ok()?;
        let end = start.checked_add(len)?;
        match self.segments.get(usize::try_from(line.segment).ok()?)? {
            Segment::Open(bytes) => {
                let bytes = bytes.get(start..end)?;
                Some(Found::Here(Bytes::copy_from_slice(bytes)))
            }
            Segment::Sealed(bytes) => {
                (end <= bytes.len()).then(|| Found::Here(bytes.slice(start..end)))
            }
            Segment::Spilled(place) => {
                let offset = place.offset.checked_add(start as u64)?;
                let file = Arc::clone(self.spill.file.as_ref()?);
                (end <= place.len).then_some(Found::InFile(file, Place { offset, len }))
            }
        }
    }

    /// A whole segment, as far as it is filled.
    pub(super) fn segment(&self, number: u32) -> Option<Found> {
        match self.segments.get(usize::try_from(number).ok()?)? {
            Segment::Open(bytes) => Some(Found::Here(Bytes::copy_from_slice(bytes))),
            Segment::Sealed(bytes) => Some(Found::Here(bytes.clone())),
            Segment::Spilled(place) => {
                let file = Arc::clone(self.spill.file.as_ref()?);
                Some(Found::InFile(file, *place))
            }
        }
    }

    pub(super) fn totals(&self, direction: Direction) -> &Totals {
        match direction {
            Direction::Sent => &self.sent,
            Direction::Received => &self.received,
        }
    }

    /// Bytes of all segments and the index in memory, as allocated.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Open(bytes) => bytes.capacity(),
            Segment::Sealed(bytes) => bytes.len(),
            Segment::Spilled(_) => 0,
        });
        let blocks = self.blocks.iter().map(|block| match block {
            Block::Memory(lines) => lines.capacity() * INDEX_BYTES,
            Block::Spilled(_) => 0,
        });
        segments.chain(blocks).sum()
    }

    /// Loses the end of the file, as a failing disk would.
    #[cfg(test)]
    pub(super) fn cut_file(&self, len: u64) {
        self.spill.file.as_ref().unwrap().cut(len);
        self.read_back.lock().unwrap().clear();
    }
}

impl Found {
    /// The bytes.
    pub(super) fn read(self) -> Option<Bytes> {
        match self {
            Self::Here(bytes) => Some(bytes),
            Self::InFile(file, place) => file.read(place).ok().map(Bytes::from),
        }
    }
}
