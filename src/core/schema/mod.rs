//! Schemas: what services and messages there are, from files, descriptor sets or a server.
//!
//! Whatever the source, the result is a [`Schema`] (cheap to clone, never changes) and a list of
//! [`Problem`]s: what could be read is usable, what could not is listed with its place and a hint.

mod assemble;
mod buf;
mod build;
mod bundled;
mod burden;
mod cache;
mod candidate;
mod catalogue;
mod comments;
mod compile;
mod describe;
mod descriptor_set;
mod doctor;
pub mod drift;
mod editions;
mod export;
mod filling;
mod footprint;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
#[cfg(test)]
mod hostile;
mod json_names;
mod library;
mod load;
mod matching;
mod option_text;
mod outline;
mod packages;
mod page;
mod problem;
mod proto_text;
mod protoc;
mod read;
mod reflect;
mod repair;
mod resolve;
mod roots;
mod scan;
mod search;
mod source;
mod survey;
mod unit;
mod uses;
mod wire;

pub(crate) use bundled::schema_of as bundled_schema;
pub(crate) use catalogue::scalar_name;
pub use catalogue::{
    CallKind, Catalogue, MethodEntry, ServiceEntry, TypeEntry, fields_in_order, kind_name,
    type_name,
};
pub use compile::{compile, compile_with, find_roots};
pub use describe::describe;
pub use descriptor_set::load_descriptor_set;
pub(crate) use editions::is_closed;
pub use export::{Existing, SaveError, SaveForm, Saved, descriptor_set, proto_files, save};
pub(crate) use footprint::{Footprint, footprint};
pub use load::{load, merge};
pub use matching::{Query, Score};
pub use packages::{Package, Packages};
pub use page::{SourceText, SymbolPage};
pub use problem::{Excerpt, Fix, Problem};
pub use proto_text::{ProtoSpan, ProtoText, ProtoToken};
pub use read::MAX_SET_BYTES;
pub use reflect::{Inquiry, ReflectError, Reflected, Reflector};
pub use roots::infer_roots;
pub use search::{Kept, Searched, Symbol, SymbolId, SymbolKind, SymbolSearch};
pub use uses::{Use, UseRole, Uses};

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

use candidate::Candidate;
use library::Library;
use unit::Unit;

/// Descriptors that belong together, with their browsable list. Built as far as they are asked for:
/// a lookup by name may cost the building of what the symbol needs (milliseconds; see
/// [`Schema::is_ready`]), and what it gives keeps what it needs alive.
#[derive(Debug, Clone)]
pub struct Schema {
    inner: Arc<Library>,
}

/// Where a file of a schema comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// From what the schema was made of: one server, one set.
    Given,
    /// From one of several sources, by its place in the list, from 0.
    Source(usize),
    /// It came with the program, to fill an import.
    Bundled,
}

/// What a source gave.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What is usable; may be empty.
    pub schema: Schema,
    /// What is not.
    pub problems: Vec<Problem>,
}

/// Where a schema comes from. Paths are as the person wrote them, resolved against the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// `.proto` files (or folders of them) and import roots.
    Protos {
        /// Files or folders.
        files: Vec<PathBuf>,
        /// Import roots; when empty they are inferred from the files.
        roots: Vec<PathBuf>,
        /// Files that are left out, whoever imports them.
        exclude: Vec<PathBuf>,
    },
    /// A serialized `FileDescriptorSet`.
    DescriptorSet(PathBuf),
    /// The server's reflection service.
    Reflection,
}

impl Schema {
    /// A schema without any symbols.
    pub fn empty() -> Self {
        Self::of(Library::new(Vec::new(), None))
    }

    /// Wraps a complete pool, with the comments it holds.
    pub fn from_pool(pool: DescriptorPool) -> Self {
        let files = pool.files();
        let units = files.filter_map(|file| Candidate::decode(&file.encode_to_vec()).ok());
        let units = units.map(|candidate| Arc::new(Unit::seal(candidate)));
        Self::of(Library::new(units.collect(), Some(pool)))
    }

    fn of(library: Library) -> Self {
        Self {
            inner: Arc::new(library),
        }
    }

    /// Whether both are one schema, and not only alike.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The browsable list of services and types.
    pub fn catalogue(&self) -> &Catalogue {
        self.inner.catalogue()
    }

    /// Its packages as a tree: those with services, or all.
    pub fn packages(&self, searched: Searched) -> &Packages {
        self.inner.packages(searched)
    }

    /// Makes ready what a person browses and searches; else the first look does. CPU work: some 50 ms and
    /// 9 MB for seventy thousand symbols.
    pub fn prepare(&self) {
        self.symbols();
        self.packages(Searched::Calls);
        self.packages(Searched::All);
    }

    fn symbols(&self) -> &search::SymbolIndex {
        self.inner.symbols()
    }

    /// The names of its files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.inner.units().iter().map(|unit| unit.name.as_str())
    }

    /// Whether [`Schema::method`], [`Schema::message`] and [`describe()`] answer for a symbol
    /// without building anything.
    pub fn is_ready(&self, symbol: &str) -> bool {
        self.inner.is_built(symbol.trim_start_matches('/'))
    }

    /// Finds a method by `pkg.Service/Method` or `pkg.Service.Method`.
    pub fn method(&self, name: &str) -> Option<MethodDescriptor> {
        let (service, method) = name.trim_start_matches('/').rsplit_once(['/', '.'])?;
        let pool = self.inner.pool_of(service)?;
        let service = pool.get_service_by_name(service)?;
        service.methods().find(|m| m.name() == method)
    }

    /// Finds a message by its full name.
    pub fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.inner.pool_of(name)?.get_message_by_name(name)
    }

    /// A pool that holds a symbol and all it needs.
    pub fn pool_of(&self, symbol: &str) -> Option<DescriptorPool> {
        self.inner.pool_of(symbol)
    }

    /// One pool of everything that can be built. For a large schema this takes seconds and hundreds
    /// of megabytes: it is for tools that walk the whole.
    pub fn whole_pool(&self) -> &DescriptorPool {
        &self.inner.whole().0
    }

    /// Builds everything and tells what is wrong with it that was not told before: that of a schema of
    /// ordinary size was told by whoever loaded it. The cost is that of [`Self::whole_pool`].
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = self.inner.whole().1.clone();
        doctor::examine(&mut problems, &self.inner.paths());
        problems
    }

    /// What is wrong with a file or with what it imports. Of a schema of ordinary size everything was
    /// told by whoever loaded it; the files of a large one are looked at here first. CPU work.
    pub fn problems_of(&self, file: &str) -> Vec<Problem> {
        let built = self.inner.closure_of(file);
        let mut problems = built.map(|(_, problems)| problems).unwrap_or_default();
        doctor::examine(&mut problems, &self.inner.paths());
        problems
    }

    /// The comment of something in a file, by the file's name and the descriptor's `path()`; empty
    /// where there is none. (Pools made here hold no source locations: they cost half the memory.)
    /// The first one of a file may cost reading that file again.
    pub fn comment(&self, file: &str, path: &[i32]) -> String {
        let comments = self.inner.comments(file);
        comments.map_or_else(String::new, |comments| comments.get(path).to_owned())
    }

    /// The comment of a service, method, message or enum.
    pub fn comment_of(&self, symbol: &str) -> String {
        let Some(unit) = self.inner.unit_of(symbol) else {
            return String::new();
        };
        match unit.outline.path_of(symbol) {
            Some(path) => self.comment(&unit.name, &path),
            None => String::new(),
        }
    }

    /// The file that defines a symbol.
    pub fn file_of(&self, symbol: &str) -> Option<&str> {
        Some(&self.inner.unit_of(symbol)?.name)
    }

    /// Where the file that defines a symbol comes from, and where it is on disk, if it is a source there.
    pub fn origin_of(&self, symbol: &str) -> Option<(Origin, Option<&Path>)> {
        let unit = self.inner.unit_of(symbol)?;
        Some((unit.origin, unit.path.as_deref()))
    }

    /// Notes which of several sources a schema that was just made is of.
    fn set_source(&mut self, number: usize) {
        if let Some(library) = Arc::get_mut(&mut self.inner) {
            library.set_source(number);
        }
    }
}
