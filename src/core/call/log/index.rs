//! One message's line in 16 bytes.

use std::time::Duration;

use super::{Direction, LogEntry, store::OWN_SEGMENT_BYTES};

/// Bytes of a packed line.
pub(super) const INDEX_BYTES: usize = size_of::<Index>();

/// Where a message is and when it came, in 16 bytes: segment, length, and two words that hold the
/// offset (20 bits), the direction (1) and the microseconds since the call began (43: 101 days).
#[derive(Clone, Copy)]
pub(super) struct Index {
    pub(super) segment: u32,
    pub(super) len: u32,
    offset_and_direction: u32,
    micros_low: u32,
}

const OFFSET_BITS: u32 = 20;
const RECEIVED_BIT: u32 = 1 << OFFSET_BITS;
const MICROS_SHIFT: u32 = OFFSET_BITS + 1;
pub(super) const MAX_MICROS: u64 = (1 << (32 + 32 - MICROS_SHIFT)) - 1;

impl Index {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "offsets stay below 2^20, lengths were checked, segments are at least 1 byte of budget each"
    )]
    pub(super) fn new(
        segment: usize,
        offset: usize,
        len: usize,
        direction: Direction,
        micros: u64,
    ) -> Self {
        let micros = micros.min(MAX_MICROS);
        let received = match direction {
            Direction::Sent => 0,
            Direction::Received => RECEIVED_BIT,
        };
        let micros_high = ((micros >> 32) as u32) << MICROS_SHIFT;
        Self {
            segment: segment as u32,
            len: len as u32,
            offset_and_direction: offset as u32 | received | micros_high,
            micros_low: micros as u32,
        }
    }

    pub(super) fn offset(self) -> usize {
        (self.offset_and_direction & (RECEIVED_BIT - 1)) as usize
    }

    /// Where its bytes end in their segment.
    pub(super) fn end(self) -> usize {
        self.offset().saturating_add(self.len as usize)
    }

    /// Whether the message has a segment to itself.
    pub(super) fn is_alone(self) -> bool {
        self.len as usize >= OWN_SEGMENT_BYTES
    }

    pub(super) fn entry(self) -> LogEntry {
        let high = u64::from(self.offset_and_direction >> MICROS_SHIFT) << 32;
        LogEntry {
            direction: if self.offset_and_direction & RECEIVED_BIT == 0 {
                Direction::Sent
            } else {
                Direction::Received
            },
            at: Duration::from_micros(high | u64::from(self.micros_low)),
            len: self.len,
        }
    }

    /// As it stands in a file.
    pub(super) fn to_bytes(self) -> [u8; INDEX_BYTES] {
        let words = [
            self.segment,
            self.len,
            self.offset_and_direction,
            self.micros_low,
        ];
        let mut bytes = [0; INDEX_BYTES];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; INDEX_BYTES]) -> Self {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self {
            segment: word(0),
            len: word(4),
            offset_and_direction: word(8),
            micros_low: word(12),
        }
    }
}
