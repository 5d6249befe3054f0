//! A log as a file: saved whole, opened again without the schema at hand.
//!
//! ```text
//! stubless-log 1 HHHHHHHH CCCCCCCC\n      version; length and CRC-32 of the next line, in hex
//! { … }\n                                 facts of the call, JSON
//! block*                                  kind (1 byte), length and CRC-32 of the payload, CRC-32 of these nine
//!                                         bytes (4 bytes each, little-endian), payload
//!   D  a piece of the serialized FileDescriptorSet of the method
//!   M  a piece of the messages, which follow each other over the borders of blocks:
//!      varint microseconds × 2 + (1 if received), varint length, bytes
//!   E  the end: how many messages there are, JSON
//! ```
//! Blocks of other kinds are passed over. Both ways stream: of the file no more is in memory than a block and a
//! message. A file that was cut short or damaged
//! gives the messages before that place, and says so. A save replaces the file in one step.
//! See `docs/logs.md`.

mod block;
mod descriptors;
mod facts;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::io;

use super::LogFull;

pub(crate) use self::descriptors::descriptors_of;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::{block::framed_for_fuzzing, read::read_log, write::write_log};
pub use self::{
    facts::{LogEnd, LogFacts},
    read::{LogRead, open_log},
    write::{LogSaved, save_log},
};

/// What names of these files end in, without the dot.
pub const LOG_FILE_EXTENSION: &str = "stublesslog";

/// The version that is written, and the latest that is read.
const VERSION: u32 = 1;

/// What every file begins with.
const MAGIC: &str = "stubless-log ";

/// Bytes of the facts at most: trailers of 64 KiB fit many times.
const MAX_FACTS_BYTES: usize = 16 << 20;

/// Bytes of descriptors at most; those of one method are a few MB where there are many.
const MAX_DESCRIPTOR_BYTES: usize = 256 << 20;

/// Bytes of a block's payload, as written and at most.
const BLOCK_BYTES: usize = 1 << 20;

/// Why a log was not saved or opened.
#[derive(Debug, thiserror::Error)]
pub enum LogFileError {
    /// It begins as something else.
    #[error("this is not a log of Stubless")]
    NotALog,
    /// A later Stubless wrote it.
    #[error("the file has version {0} of the format, and this Stubless reads up to {VERSION}")]
    Future(u32),
    /// What it says of the call cannot be read.
    #[error("what the file says of the call cannot be read: {0}")]
    Facts(String),
    /// The system's error.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// There is no room for the messages.
    #[error("{0}")]
    Full(LogFull),
    /// It was stopped.
    #[error("stopped")]
    Stopped,
}

impl LogFileError {
    fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
