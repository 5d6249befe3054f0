//! A message of any size as rows that are made when they are looked at: pretty JSON that folds, or a tree
//! with types. Nothing is decoded beforehand but what has to be known of a level that is opened.
//!
//! ```text
//! LazyMessage ── bytes, plans                         shared, never changes
//!   MessageRows ── what is open, in one layout        of one view
//!     Level ── Container (members, items, entries)    a table of places, sums of rows
//!       Row ── made for the screen, then forgotten
//! ```
//! The rows of a message that is open to its last value are the lines of the pretty text that
//! [`to_json`](super::to_json) writes, and go by the same rules: the last value wins, pieces of a message
//! are merged, packed values are items, maps are sorted, an `Any` is opened where its type is known.
//! Invariants: never fails, whatever the bytes; never descends deeper than 100 messages; a list of a
//! million items costs less than a byte an item, whatever is open of it.

mod container;
mod leaf;
mod level;
mod look;
mod object;
mod place;
mod row;
mod rows;
mod scan;
mod search;
mod sieve;
mod sink;
mod types;
mod value;

use std::sync::Arc;

use bytes::Bytes;

use super::{
    JsonOptions, JsonText, Printer,
    plan::{Plans, Slot},
};
use look::{Look, Settled};
use types::Types;

pub use look::{BytesAs, Drawing, FieldRef, RowLayout};
pub use row::{Row, RowKind, RowNote};
pub use rows::{MessageRows, RowsJob};
pub use search::{Found, Query};
pub use types::FieldDoc;

/// The bytes of a message and what they mean. Cloning shares them.
#[derive(Clone)]
pub struct LazyMessage {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Bytes,
    printer: Printer,
    types: Types,
}

impl Printer {
    /// A message of the printer's type, to be looked at row by row. Of bytes beyond 4 GiB, which no gRPC
    /// message has, only those are looked at.
    pub fn lazy(&self, wire: Bytes) -> LazyMessage {
        let mut wire = wire;
        wire.truncate(u32::MAX as usize - 1);
        LazyMessage {
            shared: Arc::new(Shared {
                wire,
                printer: self.clone(),
                types: Types::default(),
            }),
        }
    }
}

impl LazyMessage {
    /// Its bytes.
    pub fn wire(&self) -> &Bytes {
        &self.shared.wire
    }

    /// Full name of its type.
    pub fn type_name(&self) -> String {
        self.plans().get(self.slot()).name.to_string()
    }

    /// All of it as JSON.
    pub fn to_json(&self, options: JsonOptions) -> JsonText {
        self.shared.printer.to_json(&self.shared.wire, options)
    }

    /// What the schema says of a field. Cheap, but for the first of a file, which may have to be read again.
    pub fn describe(&self, field: &FieldRef) -> Option<FieldDoc> {
        let slot = self.plans().slot_of(&field.message)?;
        let message = self.plans().message(slot);
        types::doc(&message, self.plans().schema(), field)
    }

    /// Full names of message types with all words of a filter in them, at most `most`: what bytes may be
    /// decoded as.
    pub fn types_like(&self, filter: &str, most: usize) -> Vec<String> {
        let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |name: &str| {
            let name = name.to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        if let Some(schema) = self.plans().schema() {
            let names = schema.catalogue().messages.iter();
            let names = names.map(|entry| entry.full_name.as_str());
            return names
                .filter(|name| fits(name))
                .take(most)
                .map(str::to_owned)
                .collect();
        }
        let pool = self.plans().message(self.slot()).parent_pool().clone();
        let mut names: Vec<String> = pool
            .all_messages()
            .filter(|it| !it.is_map_entry() && fits(it.full_name()))
            .map(|it| it.full_name().to_owned())
            .collect();
        names.sort();
        names.truncate(most);
        names
    }

    fn plans(&self) -> &Plans {
        &self.shared.printer.plans
    }

    fn slot(&self) -> Slot {
        self.shared.printer.root
    }

    fn types(&self) -> &Types {
        &self.shared.types
    }

    fn look<'a>(&'a self, settled: &'a Settled) -> Look<'a> {
        Look {
            wire: &self.shared.wire,
            plans: self.plans(),
            settled,
        }
    }
}

impl std::fmt::Debug for LazyMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LazyMessage")
            .field("message", &self.shared.printer)
            .field("bytes", &self.shared.wire.len())
            .finish_non_exhaustive()
    }
}
