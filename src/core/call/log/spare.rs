//! Buffers of segments that went to disk, for the segments that come next.
//!
//! An allocator keeps much of what one thread gave back from the next thread that asks: where a log moves
//! out for another, both would take memory. Handed on, a buffer is taken once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

use super::store::SEGMENT_BYTES;

/// Buffers that are kept: what is made room for at once, a few times.
const KEPT: usize = 32;

/// The buffers of a budget; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Spare {
    inner: Arc<Mutex<Buffers>>,
}

#[derive(Debug, Default)]
struct Buffers {
    kept: Vec<BytesMut>,
    /// Buffers that had to be made.
    made: usize,
}

impl Spare {
    /// An empty buffer with room for a segment.
    pub(super) fn take(&self) -> BytesMut {
        let mut buffers = self.lock();
        if let Some(buffer) = buffers.kept.pop() {
            return buffer;
        }
        buffers.made += 1;
        drop(buffers);
        BytesMut::with_capacity(SEGMENT_BYTES)
    }

    /// Takes the buffer of a segment that nobody reads any more.
    pub(super) fn give(&self, segment: Bytes) {
        if let Ok(mut buffer) = segment.try_into_mut() {
            let usable = SEGMENT_BYTES..=2 * SEGMENT_BYTES;
            let mut buffers = self.lock();
            if usable.contains(&buffer.capacity()) && buffers.kept.len() < KEPT {
                buffer.clear();
                buffers.kept.push(buffer);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buffers> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many were made until now.
    #[cfg(test)]
    pub(super) fn made(&self) -> usize {
        self.lock().made
    }
}
