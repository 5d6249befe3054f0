//! Wire bytes to ProtoJSON text, guided by descriptors, without a `DynamicMessage` between.
//!
//! A message whose fields stand in order is printed as it is read (`ordered`). For all others
//! a walk has two steps a message: a shallow scan that notes where each field stands (merging runs
//! of one field, so a list of a million items is one note), then printing in the order of field
//! numbers. Nothing is copied: a message that arrives in pieces is a list of spans of the input, so
//! every problem names its byte. The text equals protobuf's canonical JSON for every valid message;
//! for any other bytes it holds what did decode, and the rest is listed.
//! Invariants: never fails, never recurses deeper than 100 messages, and with `max_bytes` does work
//! in proportion to it and not to the message.
//! Spec: ProtoJSON, <https://protobuf.dev/programming-guides/json>.

mod collection;
pub(super) mod diff;
mod found;
pub mod lazy;
mod ordered;
mod output;
mod plan;
mod problem;
mod reader;
mod scan;
mod value;
mod walk;
mod well_known;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use prost_reflect::MessageDescriptor;

pub use diff::{
    DiffCount, DiffKind, DiffRow, DiffRules, Differ, IgnoreKind, IgnoreRule, KeyPath, ListMode,
    MessageDiff, PathPattern, PatternError, RowState,
};
pub use found::{Found, Value};
pub use problem::Severity;
pub(crate) use reader::{Hop, HopKey};

use crate::schema::Schema;
use output::Output;
use plan::{Plans, Slot};
use walk::Walker;

/// How many schemas keep their plans between calls of [`to_json`].
const CACHED_POOLS: usize = 4;

/// Plans by pool, the one used last at the end.
static CACHE: Mutex<Vec<Arc<Plans>>> = Mutex::new(Vec::new());

/// How the text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonOptions {
    /// One member a line with two spaces; else one line.
    pub pretty: bool,
    /// Fields without presence are written with their default value when absent.
    pub defaults: bool,
    /// Stop after about this many bytes of text (for previews); 0 for no limit.
    pub max_bytes: usize,
}

/// The text, and what in the bytes could not be shown as the schema says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText {
    /// The JSON; it parses unless it was cut.
    pub text: String,
    /// Unknown fields with their value, invalid UTF-8, truncated data …: field path, reason and
    /// byte. After the first hundred only their number.
    pub problems: Vec<String>,
    /// The gravest of them.
    pub worst: Option<Severity>,
    /// `max_bytes` was reached.
    pub cut: bool,
}

/// Writes a message as JSON. Total: any bytes give a text.
///
/// Looks up the plan of the type; who writes many messages of one type holds a [`Printer`].
pub fn to_json(message: &MessageDescriptor, wire: &[u8], options: JsonOptions) -> JsonText {
    Printer::new(message).to_json(wire, options)
}

/// The plan of one message type, ready to write any number of messages. Cheap to clone and to send
/// to other threads.
#[derive(Clone)]
pub struct Printer {
    plans: Arc<Plans>,
    root: Slot,
}

impl Printer {
    /// The printer of a message type; what an Any holds is looked up in the type's own pool. Plans are
    /// kept for the schemas used last.
    pub fn new(message: &MessageDescriptor) -> Self {
        Self::of(message, None)
    }

    /// The same; what an Any holds may be any type of a schema.
    pub fn within(message: &MessageDescriptor, schema: &Schema) -> Self {
        Self::of(message, Some(schema))
    }

    fn of(message: &MessageDescriptor, schema: Option<&Schema>) -> Self {
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let plans = match cache
            .iter()
            .rposition(|plans| plans.are_of(message.parent_pool(), schema))
        {
            Some(at) => cache.remove(at),
            None => Arc::new(Plans::new(message.parent_pool().clone(), schema.cloned())),
        };
        if cache.len() >= CACHED_POOLS {
            cache.remove(0);
        }
        cache.push(Arc::clone(&plans));
        drop(cache);
        let root = plans.slot(message);
        Self { plans, root }
    }

    /// Writes a message as JSON on one line, without defaults, in place of what a buffer holds. Total: any
    /// bytes give a text; the problems are not listed. For who writes millions.
    pub fn line_into(&self, wire: &[u8], buffer: &mut Vec<u8>) {
        buffer.clear();
        let options = JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: 0,
        };
        let out = Output::over(std::mem::take(buffer));
        let mut walker = Walker::new(wire, &self.plans, out, options);
        walker.problems.quiet = true;
        walker.root(self.root);
        *buffer = walker.out.into_buffer();
    }

    /// Writes a message as JSON. Total: any bytes give a text.
    pub fn to_json(&self, wire: &[u8], options: JsonOptions) -> JsonText {
        let expected = wire.len().saturating_mul(2).saturating_add(16);
        let capacity = match options.max_bytes {
            0 => expected,
            limit => expected.min(limit.saturating_add(64)),
        };
        let out = Output::new(options.pretty, options.max_bytes, capacity);
        let mut walker = Walker::new(wire, &self.plans, out, options);
        walker.root(self.root);
        walker.finish()
    }
}

impl std::fmt::Debug for Printer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer")
            .field("message", &self.plans.get(self.root).name)
            .finish_non_exhaustive()
    }
}
