//! Fuzzy search over every service, method, message and enum of a schema, fast enough for each keystroke
//! over tens of thousands.
//!
//! One contiguous folded text, a mask of letters that tells most candidates apart without looking at them,
//! and a search that keeps what fitted: while a person types on, only that is looked at again.

use std::{
    collections::BinaryHeap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Schema,
    catalogue::{CallKind, Catalogue, MethodEntry, ServiceEntry, TypeEntry},
    matching::{Query, Score, Traits, fold_into},
};

/// A symbol of one schema, by its place in that schema's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(u32);

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SymbolKind {
    Service,
    Method(CallKind),
    Message,
    Enum,
}

impl SymbolKind {
    /// As a sentence says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Method(_) => "method",
            Self::Message => "message",
            Self::Enum => "enum",
        }
    }
}

/// A symbol with its entry in the catalogue.
#[derive(Debug, Clone, Copy)]
pub enum Symbol<'a> {
    /// A service.
    Service(&'a Arc<ServiceEntry>),
    /// A method of a service.
    Method(&'a Arc<ServiceEntry>, &'a MethodEntry),
    /// A message.
    Message(&'a Arc<TypeEntry>),
    /// An enum.
    Enum(&'a Arc<TypeEntry>),
}

impl<'a> Symbol<'a> {
    /// Full name; of a method `pkg.Service/Method`.
    pub fn path(self) -> &'a str {
        match self {
            Self::Service(entry) => &entry.full_name,
            Self::Method(_, entry) => &entry.path,
            Self::Message(entry) | Self::Enum(entry) => &entry.full_name,
        }
    }

    /// What stands before the name: a package, or what a nested type is in; of a method its service's
    /// package.
    pub fn scope(self) -> &'a str {
        match self {
            Self::Service(entry) | Self::Method(entry, _) => &entry.package,
            Self::Message(entry) | Self::Enum(entry) => entry
                .full_name
                .rsplit_once('.')
                .map_or("", |(scope, _)| scope),
        }
    }

    /// The rest of the path: `Book`, `Library`, `Library/GetBook`.
    pub fn label(self) -> &'a str {
        let scope = self.scope();
        let rest = self.path().get(scope.len()..).unwrap_or_default();
        rest.strip_prefix('.').unwrap_or(rest)
    }

    /// What it is.
    pub fn kind(self) -> SymbolKind {
        match self {
            Self::Service(_) => SymbolKind::Service,
            Self::Method(_, entry) => SymbolKind::Method(entry.kind),
            Self::Message(_) => SymbolKind::Message,
            Self::Enum(_) => SymbolKind::Enum,
        }
    }

    /// Marked deprecated.
    pub fn deprecated(self) -> bool {
        match self {
            Self::Service(entry) => entry.deprecated,
            Self::Method(_, entry) => entry.deprecated,
            Self::Message(entry) | Self::Enum(entry) => entry.deprecated,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Service(u32),
    Method(u32, u32),
    Message(u32),
    Enum(u32),
}

#[derive(Debug)]
struct Entry {
    /// Byte in `text`; it ends where the next one begins.
    start: u32,
    traits: Traits,
    place: Place,
}

/// The symbols of a schema, ready to be searched. Services come first, each with its methods, then
/// messages, then enums, each sorted as in the catalogue.
#[derive(Debug)]
pub(super) struct SymbolIndex {
    /// Unlike that of any other index in this run.
    id: u64,
    text: String,
    entries: Vec<Entry>,
    /// The entry of each service.
    services: Vec<u32>,
    messages_from: u32,
    enums_from: u32,
}

impl SymbolIndex {
    /// Lists a catalogue. Some 0.5 µs a symbol.
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut index = Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            text: String::new(),
            entries: Vec::new(),
            services: Vec::new(),
            messages_from: 0,
            enums_from: 0,
        };
        for (service, at) in catalogue.services.iter().zip(0..) {
            index.services.push(index.len());
            index.add(&service.full_name, service.name.len(), Place::Service(at));
            for (method, nth) in service.methods.iter().zip(0..) {
                let place = Place::Method(at, nth);
                index.add(&method.path, method.name.len(), place);
            }
        }
        index.messages_from = index.len();
        for (entry, at) in catalogue.messages.iter().zip(0..) {
            let name = entry.full_name.rsplit('.').next().map_or(0, str::len);
            index.add(&entry.full_name, name, Place::Message(at));
        }
        index.enums_from = index.len();
        for (entry, at) in catalogue.enums.iter().zip(0..) {
            let name = entry.full_name.rsplit('.').next().map_or(0, str::len);
            index.add(&entry.full_name, name, Place::Enum(at));
        }
        index
    }

    fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    fn add(&mut self, path: &str, name_len: usize, place: Place) {
        let start = self.text.len();
        fold_into(path, &mut self.text);
        let (Ok(start), Some(name)) = (
            u32::try_from(start),
            path.get(path.len().saturating_sub(name_len)..),
        ) else {
            // 4 GiB of names: what is beyond is not found by search.
            self.text.truncate(start);
            return;
        };
        let folded = self.text.get(start as usize..).unwrap_or_default();
        self.entries.push(Entry {
            start,
            traits: Traits::of(folded, name),
            place,
        });
    }

    fn folded(&self, at: usize) -> &[u8] {
        let start = self.entries.get(at).map_or(0, |entry| entry.start as usize);
        let next = self.entries.get(at + 1);
        let end = next.map_or(self.text.len(), |entry| entry.start as usize);
        self.text.as_bytes().get(start..end).unwrap_or_default()
    }

    fn score(&self, query: &Query, id: u32) -> Option<Score> {
        let entry = self.entries.get(id as usize)?;
        query.rank(self.folded(id as usize), &entry.traits)
    }
}

/// Which symbols are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Searched {
    /// Services and methods.
    Calls,
    /// Types too.
    #[default]
    All,
}

/// A search as a person types it; keep it between keystrokes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolSearch {
    index: u64,
    query: Query,
    searched: Searched,
    /// What fits, in the order of the index.
    found: Vec<(SymbolId, Score)>,
    spare: Vec<(SymbolId, Score)>,
}

impl SymbolSearch {
    /// Looks for a query; an empty one finds nothing.
    pub fn run(&mut self, schema: &Schema, query: &Query, searched: Searched) {
        let index = schema.symbols();
        let same = self.index == index.id && self.searched == searched;
        if same && self.query == *query {
            return;
        }
        let mut found = std::mem::take(&mut self.spare);
        found.clear();
        let score = |id: u32| Some((SymbolId(id), index.score(query, id)?));
        let end = match searched {
            _ if query.is_empty() => 0,
            Searched::Calls => index.messages_from,
            Searched::All => index.len(),
        };
        if same && !self.query.is_empty() && query.narrows(&self.query) {
            found.extend(self.found.iter().filter_map(|(id, _)| score(id.0)));
        } else {
            found.extend((0..end).filter_map(score));
        }
        self.spare = std::mem::replace(&mut self.found, found);
        self.index = index.id;
        self.query.clone_from(query);
        self.searched = searched;
    }

    /// The best, at most `limit` of them, the best first; of equals the one that stands first.
    pub fn best(&self, limit: usize) -> Vec<(SymbolId, Score)> {
        best_of(&self.found, limit)
    }

    /// As [`Self::best`], of messages alone. `schema` is the one that was searched.
    pub fn best_messages(&self, schema: &Schema, limit: usize) -> Vec<(SymbolId, Score)> {
        let index = schema.symbols();
        // What was found stands in the order of the index, kind by kind.
        let before = |border: u32| self.found.partition_point(|(id, _)| id.0 < border);
        let messages = before(index.messages_from)..before(index.enums_from);
        best_of(self.found.get(messages).unwrap_or_default(), limit)
    }

    /// What has the words as they were typed (or at least the beginnings of its own words), in the order of
    /// the index; only where there is nothing of the kind, what has the letters.
    pub fn plain(&self) -> impl Iterator<Item = SymbolId> + '_ {
        let all_loose = self.found.iter().all(|(_, score)| score.is_loose());
        let found = self.found.iter();
        found
            .filter(move |(_, score)| all_loose || !score.is_loose())
            .map(|(id, _)| *id)
    }
}

/// The best of what was found, the best first.
fn best_of(found: &[(SymbolId, Score)], limit: usize) -> Vec<(SymbolId, Score)> {
    let mut heap = BinaryHeap::with_capacity(limit + 1);
    for &(id, score) in found {
        if heap.len() < limit {
            heap.push((score, id));
        } else if heap.peek().is_some_and(|worst| (score, id) < *worst) {
            heap.pop();
            heap.push((score, id));
        }
    }
    let sorted = heap.into_sorted_vec().into_iter();
    sorted.map(|(score, id)| (id, score)).collect()
}

impl Schema {
    /// Something that a search in this schema found.
    pub fn symbol(&self, id: SymbolId) -> Option<Symbol<'_>> {
        let catalogue = self.catalogue();
        let service = |at: u32| catalogue.services.get(at as usize);
        Some(match self.symbols().entries.get(id.0 as usize)?.place {
            Place::Service(at) => Symbol::Service(service(at)?),
            Place::Method(at, nth) => {
                let service = service(at)?;
                Symbol::Method(service, service.methods.get(nth as usize)?)
            }
            Place::Message(at) => Symbol::Message(catalogue.messages.get(at as usize)?),
            Place::Enum(at) => Symbol::Enum(catalogue.enums.get(at as usize)?),
        })
    }

    /// A symbol by its full name (of a method also `pkg.Service.Method`).
    pub fn find(&self, name: &str) -> Option<Symbol<'_>> {
        let catalogue = self.catalogue();
        let of = |list: &'_ [Arc<TypeEntry>]| super::catalogue::type_at(list, name);
        if let Some(at) = of(&catalogue.messages) {
            return catalogue.messages.get(at).map(Symbol::Message);
        }
        if let Some(at) = of(&catalogue.enums) {
            return catalogue.enums.get(at).map(Symbol::Enum);
        }
        let service = |name: &str| catalogue.services.get(catalogue.service_at(name)?);
        if let Some(entry) = service(name) {
            return Some(Symbol::Service(entry));
        }
        let (owner, method) = name.trim_start_matches('/').rsplit_once(['/', '.'])?;
        let entry = service(owner)?;
        let method = entry.methods.iter().find(|it| it.name == method)?;
        Some(Symbol::Method(entry, method))
    }
}

/// What of a schema a search keeps, by places in the catalogue.
#[derive(Debug)]
pub struct Kept<'a> {
    index: &'a SymbolIndex,
    kept: Vec<bool>,
}

impl SymbolSearch {
    /// What [`Self::plain`] gives, to be asked for each symbol. `schema` is the one that was searched.
    pub fn kept<'a>(&self, schema: &'a Schema) -> Kept<'a> {
        let index = schema.symbols();
        let mut kept = vec![false; index.entries.len()];
        for id in self.plain() {
            if let Some(slot) = kept.get_mut(id.0 as usize) {
                *slot = true;
            }
        }
        Kept { index, kept }
    }
}

impl Kept<'_> {
    fn has(&self, at: usize) -> bool {
        self.kept.get(at).copied().unwrap_or(false)
    }

    /// Whether a service of [`Catalogue::services`] is.
    pub fn service(&self, at: usize) -> bool {
        let entry = self.index.services.get(at);
        entry.is_some_and(|entry| self.has(*entry as usize))
    }

    /// Whether one of its methods is.
    pub fn method(&self, service: usize, nth: usize) -> bool {
        let entry = self.index.services.get(service);
        entry.is_some_and(|entry| self.has(*entry as usize + 1 + nth))
    }

    /// Whether a message of [`Catalogue::messages`] is.
    pub fn message(&self, at: usize) -> bool {
        self.has(self.index.messages_from as usize + at)
    }

    /// Whether an enum of [`Catalogue::enums`] is.
    pub fn enumeration(&self, at: usize) -> bool {
        self.has(self.index.enums_from as usize + at)
    }
}

#[cfg(test)]
mod tests;
