//! Schemas: what services and messages there are, from files, descriptor sets or a server.
//!
//! Whatever the source, the result is a [`Schema`] (cheap to clone, never changes) and a list of
//! [`Problem`]s: what could be read is usable, what could not is listed with its place and a hint.

mod assemble;
mod bundled;
mod candidate;
mod catalogue;
mod comments;
mod compile;
mod describe;
mod descriptor_set;
mod editions;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod json_names;
mod load;
mod option_text;
#[expect(dead_code, reason = "the loader does not ask it yet")]
mod protoc;
mod read;
mod reflect;
mod repair;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the builder does not ask it yet")
)]
mod resolve;
mod roots;
mod scan;
mod survey;
mod wire;

pub use catalogue::{
    CallKind, Catalogue, EnumEntry, FieldEntry, MessageEntry, MethodEntry, ServiceEntry,
    fields_in_order, kind_name, type_name,
};
pub use compile::compile;
pub use describe::describe;
pub use descriptor_set::load_descriptor_set;
pub(crate) use editions::is_closed;
pub use load::{load, merge};
pub use reflect::{ReflectError, reflect};
pub use roots::infer_roots;

use std::{path::PathBuf, sync::Arc};

use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

use comments::Comments;

/// A set of descriptors that belong together, with its browsable list.
#[derive(Debug, Clone)]
pub struct Schema {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: DescriptorPool,
    comments: Comments,
    catalogue: Catalogue,
}

/// Something in a source that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as named by the importer or the server.
    pub file: String,
    /// Line and column, from 1, where known.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
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
    },
    /// A serialized `FileDescriptorSet`.
    DescriptorSet(PathBuf),
    /// The server's reflection service.
    Reflection,
}

impl Schema {
    /// A schema without any symbols.
    pub fn empty() -> Self {
        Self::from_pool(DescriptorPool::new())
    }

    /// Wraps a complete pool, with the comments it holds.
    pub fn from_pool(pool: DescriptorPool) -> Self {
        let mut comments = Comments::default();
        for file in pool.file_descriptor_protos() {
            if let Some(info) = &file.source_code_info {
                comments.add(file.name(), info);
            }
        }
        Self::new(pool, comments)
    }

    fn new(pool: DescriptorPool, comments: Comments) -> Self {
        let catalogue = Catalogue::of(&pool, &comments);
        Self {
            inner: Arc::new(Inner {
                pool,
                comments,
                catalogue,
            }),
        }
    }

    /// The descriptors.
    pub fn pool(&self) -> &DescriptorPool {
        &self.inner.pool
    }

    /// The browsable list of services and types.
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// Finds a method by `pkg.Service/Method` or `pkg.Service.Method`.
    pub fn method(&self, name: &str) -> Option<MethodDescriptor> {
        let (service, method) = name.rsplit_once(['/', '.'])?;
        let service = self
            .inner
            .pool
            .get_service_by_name(service.trim_start_matches('/'))?;
        service.methods().find(|m| m.name() == method)
    }

    /// The comment of something in a file, by the file's name and the descriptor's `path()`; empty
    /// where there is none. (Pools made here hold no source locations: they cost half the memory.)
    pub fn comment(&self, file: &str, path: &[i32]) -> &str {
        self.inner.comments.get(file, path)
    }

    /// Finds a message by its full name.
    pub fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.inner.pool.get_message_by_name(name)
    }
}
