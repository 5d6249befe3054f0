//! Any bytes as a tree of fields, with or without a schema, each byte explained.
//!
//! A [`WireTree`] is the message and what was read of it. Nothing is read before it is opened: a level (the
//! records of one message, the values of one packed field) is gone through once, by a worker, and leaves
//! an index; what is in view is read again from the bytes when it is drawn. A [`WireView`] is what a person has
//! opened, as rows; it maps a byte to the nodes around it and a node to its bytes.
//! Invariants: total on any bytes; the nodes below a node cover its content without gap or overlap; no more than
//! [`MAX_DEPTH`] levels. Where bytes cannot be read, what follows in the same message is one rest, and the
//! message around it goes on by its length.
//! Spec: protobuf "Encoding", <https://protobuf.dev/programming-guides/encoding>.

mod describe;
mod dump;
mod explain;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzz;
mod kind;
mod level;
mod problem;
mod raw;
mod record;
mod roles;
mod shape;
mod survey;
#[cfg(test)]
mod tests;
mod view;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use prost_reflect::MessageDescriptor;

pub use describe::{Described, Role};
pub(crate) use dump::{dump_bytes, is_dump};
pub use form::{BytesForm, find_in, parse_dump, parse_pattern};
pub use kind::{Meaning, Number};
pub use level::Level;
pub use problem::{Finding, Problem, Weight, wire_name};
pub use raw::raw_line;
pub use record::Record;
pub use roles::RoleSpan;
pub use survey::Survey;
pub use view::{Choice, Row, WireView};

use crate::schema::Schema;
use level::Layout;

/// Deepest nesting that is opened, as in protobuf's own parsers.
pub const MAX_DEPTH: usize = 100;

/// A message type in a [`WireTree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeId(u32);

/// How the content of a node is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reading {
    /// As records, of a type if it is known.
    Message(Option<TypeId>),
    /// As values one after another, of a field if it is known.
    Packed(Number, Option<(TypeId, u32)>),
}

/// A level: its bytes and how they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LevelKey {
    start: usize,
    end: usize,
    reading: Reading,
}

impl LevelKey {
    /// Its bytes.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A part of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A record, or a packed value.
    Item(usize),
    /// Neighbouring records of one field.
    Run {
        /// The first record.
        first: usize,
        /// How many.
        count: usize,
    },
    /// Some of very many records or values, so that no node has more than a thousand below it.
    Items {
        /// The first.
        first: usize,
        /// How many.
        count: usize,
    },
    /// Some of very many children of a level.
    Children {
        /// The first.
        first: usize,
        /// How many.
        count: usize,
    },
    /// What could not be read.
    Rest,
}

/// A node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeKey {
    /// Where it stands.
    pub level: LevelKey,
    /// What of it.
    pub part: Part,
}

/// A message and what was read of it; clones share it, and any thread may read.
#[derive(Clone)]
pub struct WireTree(Arc<Shared>);

struct Shared {
    bytes: Bytes,
    schema: Option<Schema>,
    root: LevelKey,
    types: Mutex<Vec<MessageDescriptor>>,
    levels: Mutex<HashMap<LevelKey, Arc<Level>>>,
    /// Levels that somebody was asked to read.
    asked: Mutex<HashSet<LevelKey>>,
    survey: OnceLock<Survey>,
}

impl fmt::Debug for WireTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireTree")
            .field("bytes", &self.0.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Two are equal when they are the same message opened once.
impl PartialEq for WireTree {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other)
    }
}

impl Eq for WireTree {}

impl WireTree {
    /// The tree of a message; without a type its fields have numbers alone. What an `Any` holds is looked up
    /// in the schema. Nothing is read yet.
    pub fn new(bytes: Bytes, message: Option<MessageDescriptor>, schema: Option<Schema>) -> Self {
        let root = LevelKey {
            start: 0,
            end: bytes.len(),
            reading: Reading::Message(message.as_ref().map(|_| TypeId(0))),
        };
        Self(Arc::new(Shared {
            bytes,
            schema,
            root,
            types: Mutex::new(message.into_iter().collect()),
            levels: Mutex::default(),
            asked: Mutex::default(),
            survey: OnceLock::new(),
        }))
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The outermost level.
    pub fn root(&self) -> LevelKey {
        self.0.root
    }

    /// The type of the whole message, if it is known.
    pub fn message(&self) -> Option<MessageDescriptor> {
        let Reading::Message(Some(id)) = self.0.root.reading else {
            return None;
        };
        self.descriptor(id)
    }

    /// Whether two are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn types(&self) -> MutexGuard<'_, Vec<MessageDescriptor>> {
        self.0.types.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn levels(&self) -> MutexGuard<'_, HashMap<LevelKey, Arc<Level>>> {
        self.0.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn descriptor(&self, id: TypeId) -> Option<MessageDescriptor> {
        self.types().get(id.0 as usize).cloned()
    }

    /// The id of a type in this tree.
    pub fn type_id(&self, message: &MessageDescriptor) -> TypeId {
        let mut types = self.types();
        let known = types.iter().position(|known| known == message);
        let at = known.unwrap_or_else(|| {
            types.push(message.clone());
            types.len() - 1
        });
        // Far fewer types than 2^32 are ever opened.
        TypeId(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// A level, if it was read.
    pub fn level(&self, key: LevelKey) -> Option<Arc<Level>> {
        self.levels().get(&key).cloned()
    }

    /// Reads a level, unless it was. Takes time in proportion to its items: about 15 ms a million.
    pub fn read(&self, key: LevelKey) -> Arc<Level> {
        if let Some(level) = self.level(key) {
            return level;
        }
        let layout = match key.reading {
            Reading::Message(_) => Layout::Records,
            Reading::Packed(Number::Varint(_), _) => Layout::Varints,
            Reading::Packed(Number::Fixed32(_), _) => Layout::Fixed(4),
            Reading::Packed(Number::Fixed64(_), _) => Layout::Fixed(8),
        };
        let level = Arc::new(Level::read(&self.0.bytes, key.range(), layout));
        Arc::clone(self.levels().entry(key).or_insert(level))
    }

    /// Of the levels that are wanted, those nobody was asked for yet; they count as asked for from now on.
    pub fn ask(&self, wanted: &[LevelKey]) -> Vec<LevelKey> {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        wanted
            .iter()
            .copied()
            .filter(|key| asked.insert(*key))
            .collect()
    }

    /// Nobody took the question.
    pub fn forget_asked(&self, wanted: &[LevelKey]) {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        for key in wanted {
            asked.remove(key);
        }
    }

    /// What is wrong anywhere in the message, if that was looked for.
    pub fn survey(&self) -> Option<&Survey> {
        self.0.survey.get()
    }

    /// Looks for everything that is wrong, in all levels. Takes time in proportion to the message; `goes_on` is
    /// asked every some thousand records, and with `false` there is no survey.
    pub fn look_through(&self, goes_on: &dyn Fn() -> bool) -> Option<&Survey> {
        if self.survey().is_none() {
            let found = survey::survey(self, goes_on)?;
            // Who looked at the same time found the same.
            let _ = self.0.survey.set(found);
        }
        self.survey()
    }

    /// Whether anybody holds it but the one who asks.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}
