//! The segments and the index of one log, in memory or in its file.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};

use super::{
    Direction,
    budget::LogBudget,
    index::{INDEX_BYTES, Index, MAX_MICROS},
    spare::Spare,
    spill::{Place, SpillFile},
};

/// Bytes of a segment.
pub(super) const SEGMENT_BYTES: usize = 1 << 20;

/// A message from this size on is kept in the memory it came in.
pub(super) const OWN_SEGMENT_BYTES: usize = 256 << 10;

/// Index entries of a block: 64 KiB.
pub(super) const BLOCK_ENTRIES: usize = 4096;

enum Segment {
    /// Still filled.
    Open(BytesMut),
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
    /// When the first message of each block came: time is looked up without the lines.
    began: Vec<u64>,
    /// When the last message came.
    pub(super) last_micros: u64,
    spare: Spare,
}

/// Where a message's line is.
pub(super) enum Line {
    Here(Index),
    /// In a block that is in the file, at this place in it.
    InFile(usize, usize),
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

/// What messages of these lengths and their lines take; `None` when one is too long.
pub(super) fn cost_of(lens: impl IntoIterator<Item = usize>) -> Option<usize> {
    lens.into_iter().try_fold(0_usize, |sum, len| {
        u32::try_from(len).ok()?;
        sum.checked_add(len)?.checked_add(INDEX_BYTES)
    })
}

impl Store {
    pub(super) fn new(spare: &Spare) -> Self {
        Self {
            spare: spare.clone(),
            ..Self::default()
        }
    }

    /// Adds a message; `owned` is the same where somebody holds it in memory of its own.
    pub(super) fn push(
        &mut self,
        direction: Direction,
        at: Duration,
        message: &[u8],
        owned: Option<&Bytes>,
    ) {
        let (segment, offset) = self.put(message, owned);
        self.push_line(direction, at, (segment, offset, message.len()));
        self.memory_bytes += message.len();
    }

    /// Adds a message whose bytes are in the file already. Its line is charged by the caller.
    pub(super) fn push_from_file(&mut self, direction: Direction, at: Duration, place: Place) {
        self.segments.push(Segment::Spilled(place));
        self.push_line(direction, at, (self.segments.len() - 1, 0, place.len));
        self.spill.end = place.offset + place.len as u64;
        self.disk_bytes += place.len as u64;
    }

    /// Adds the line of a message that lies in this segment, at this offset, and is so long.
    fn push_line(&mut self, direction: Direction, at: Duration, place: (usize, usize, usize)) {
        let (segment, offset, len) = place;
        let micros = u64::try_from(at.as_micros()).unwrap_or(MAX_MICROS);
        let index = Index::new(segment, offset, len, direction, micros);
        match self.blocks.last_mut() {
            Some(Block::Memory(block)) if block.len() < BLOCK_ENTRIES => block.push(index),
            last => {
                // The first block grows as it needs, for the many calls of a single message.
                let mut block = match last {
                    None => Vec::new(),
                    Some(_) => Vec::with_capacity(BLOCK_ENTRIES),
                };
                block.push(index);
                self.blocks.push(Block::Memory(block));
                self.began.push(micros);
            }
        }
        self.len += 1;
        self.last_micros = micros.min(MAX_MICROS);
        self.memory_bytes += INDEX_BYTES;
        let totals = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        totals.count += 1;
        totals.bytes += len as u64;
    }

    /// Puts the bytes away; gives their segment and offset.
    fn put(&mut self, message: &[u8], owned: Option<&Bytes>) -> (usize, usize) {
        if message.len() >= OWN_SEGMENT_BYTES {
            let bytes = owned.map_or_else(|| Bytes::copy_from_slice(message), Bytes::clone);
            self.segments.push(Segment::Sealed(bytes));
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
            self.seal(at);
        }
        // After the first, a segment is known to be needed whole.
        let mut bytes = match self.open {
            Some(_) => self.spare.take(),
            None => BytesMut::new(),
        };
        bytes.extend_from_slice(message);
        self.segments.push(Segment::Open(bytes));
        self.open = Some(self.segments.len() - 1);
        (self.segments.len() - 1, 0)
    }

    /// Ends the segment that is filled at present before it is full: it can move to the file then.
    pub(super) fn seal_open(&mut self) {
        if let Some(at) = self.open
            && let Some(Segment::Open(bytes)) = self.segments.get(at)
            && !bytes.is_empty()
        {
            self.seal(at);
            self.open = None;
        }
    }

    fn seal(&mut self, at: usize) {
        let Some(segment) = self.segments.get_mut(at) else {
            return;
        };
        if let Segment::Open(bytes) = segment {
            let full = std::mem::take(bytes).freeze();
            self.spill.sealed_bytes += full.len();
            *segment = Segment::Sealed(full);
            // The walk over segments may have passed it while it was open.
            self.spill.segments = self.spill.segments.min(at);
        }
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

    /// The file, once there is one, and where the next write to it goes.
    pub(super) fn file(&self) -> (Option<Arc<SpillFile>>, u64) {
        (self.spill.file.clone(), self.spill.end)
    }

    pub(super) fn set_file(&mut self, file: Arc<SpillFile>) {
        self.spill.file = Some(file);
    }

    /// Notes that something is in the file now, and gives its memory back: of a segment the bytes, for who
    /// lets go of them last.
    pub(super) fn moved(&mut self, what: Moved, place: Place, budget: &LogBudget) -> Option<Bytes> {
        let mut left = None;
        match what {
            Moved::Segment(at) => {
                if let Some(segment) = self.segments.get_mut(at)
                    && let Segment::Sealed(bytes) =
                        std::mem::replace(segment, Segment::Spilled(place))
                {
                    left = Some(bytes);
                }
                self.spill.sealed_bytes = self.spill.sealed_bytes.saturating_sub(place.len);
                // One before it that was sealed meanwhile has its turn yet.
                if self.spill.segments == at {
                    self.spill.segments += 1;
                }
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
        left
    }

    /// Hands the buffers on, of a log that goes.
    pub(super) fn give_buffers(&mut self) {
        for segment in self.segments.drain(..) {
            match segment {
                Segment::Open(bytes) => self.spare.give(bytes.freeze()),
                Segment::Sealed(bytes) => self.spare.give(bytes),
                Segment::Spilled(_) => {}
            }
        }
    }

    /// Where a message's line is; `None` when there is none.
    pub(super) fn line(&self, index: usize) -> Option<Line> {
        let (block, line) = (index / BLOCK_ENTRIES, index % BLOCK_ENTRIES);
        match self.blocks.get(block)? {
            Block::Memory(lines) => lines.get(line).copied().map(Line::Here),
            Block::Spilled(_) => (index < self.len).then_some(Line::InFile(block, line)),
        }
    }

    /// Where a block of the index is in the file; `None` while it is in memory.
    pub(super) fn block_in_file(&self, block: usize) -> Option<Found> {
        match self.blocks.get(block)? {
            Block::Memory(_) => None,
            Block::Spilled(place) => {
                let file = Arc::clone(self.spill.file.as_ref()?);
                Some(Found::InFile(file, *place))
            }
        }
    }

    /// The block in which the last message lies that had come by a time; `None` when none had.
    pub(super) fn block_at(&self, micros: u64) -> Option<usize> {
        let blocks = self.began.partition_point(|began| *began <= micros);
        blocks.checked_sub(1)
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
