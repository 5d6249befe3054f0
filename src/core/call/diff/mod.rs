//! Two calls held against each other: how they ended, their metadata, and their messages one by one.
//!
//! The messages of two logs are aligned by position or by a key; of each pair equal bytes are passed over,
//! the others compared by [`Differ`](crate::message::Differ). Memory grows with the number of messages by
//! some 80 bytes each, whatever their size.

mod facts;
mod stream;
#[cfg(test)]
mod tests;

pub use facts::{CallFacts, FactPlace, FactRow, FactState, VOLATILE_METADATA, compare_facts};
pub use stream::{DiffProgress, PairState, StreamDiff, StreamPair, StreamSide, diff_streams};
