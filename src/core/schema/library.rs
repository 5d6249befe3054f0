//! The files of a schema, what they define, and the pools made of them on demand.
//!
//! A pool of everything costs seconds and half a gigabyte for a large tree; the closure of one file
//! a few milliseconds. So a lookup finds the file of a symbol, and the file's closure is built when it is
//! first asked for: the file, what it imports, and whatever extends a message of those.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use prost_reflect::DescriptorPool;

use super::{
    Origin, Problem,
    build::build,
    burden::Burden,
    catalogue::{Catalogue, ServiceEntry, type_at},
    comments::Comments,
    packages::Packages,
    search::{Searched, SymbolIndex},
    unit::Unit,
};

/// Closures kept for the next lookup; descriptors that are held keep theirs alive.
const KEPT_CLOSURES: usize = 16;

/// Elements in one closure, each up to a thousand bytes while it is built.
const MAX_CLOSURE_ELEMENTS: usize = 750_000;

/// Bytes of the full names in one closure.
const MAX_CLOSURE_NAMES: usize = 128 * 1024 * 1024;

/// Bytes of descriptors in the closures kept, but for the newest; a pool takes some 24 times as many.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Closures kept whatever their size: what is in view at one time needs no more.
const KEPT_ANYWAY: usize = 4;

/// Files whose comments are kept for the next lookup.
const KEPT_COMMENTS: usize = 64;

/// The bundled file that everything with an option extends.
const OPTIONS_FILE: &str = "google/protobuf/descriptor.proto";

/// The index of a file.
type FileId = u32;

/// What [`super::Schema`] is.
#[derive(Debug)]
pub(super) struct Library {
    units: Vec<Arc<Unit>>,
    by_name: HashMap<String, FileId>,
    catalogue: Catalogue,
    /// The file of each entry of the catalogue.
    service_files: Vec<FileId>,
    message_files: Vec<FileId>,
    enum_files: Vec<FileId>,
    /// Extensions and enum values, and their files; made when one is asked for.
    others: OnceLock<HashMap<String, FileId>>,
    /// Files that extend messages of a file.
    extenders: HashMap<FileId, Vec<FileId>>,
    /// The pool of everything, where it was made, and what was wrong then.
    whole: OnceLock<(DescriptorPool, Vec<Problem>)>,
    closures: Mutex<Vec<(FileId, Arc<Closure>)>>,
    comments: Mutex<Vec<(FileId, Arc<Comments>)>>,
    /// What a person browses and searches.
    symbols: OnceLock<SymbolIndex>,
    packages: [OnceLock<Packages>; 2],
}

/// A file with what it needs.
#[derive(Debug)]
struct Closure {
    units: Vec<Arc<Unit>>,
    built: OnceLock<(DescriptorPool, Vec<Problem>)>,
    bytes: usize,
}

impl Library {
    /// Takes files that hold each other's imports; `whole` is the pool of all of them, if it is made.
    pub(super) fn new(mut units: Vec<Arc<Unit>>, whole: Option<DescriptorPool>) -> Self {
        let names = units.iter().zip(0..);
        let by_name = names.map(|(unit, id)| (unit.name.clone(), id)).collect();
        let mut services = Vec::new();
        let mut messages = Vec::new();
        let mut enums = Vec::new();
        for (unit, id) in units.iter().zip(0..) {
            let outline = &unit.outline;
            messages.extend(outline.messages.iter().map(|it| (Arc::clone(it), id)));
            enums.extend(outline.enums.iter().map(|it| (Arc::clone(it), id)));
        }
        messages.sort_by(|(a, _), (b, _)| a.full_name.cmp(&b.full_name));
        enums.sort_by(|(a, _), (b, _)| a.full_name.cmp(&b.full_name));
        let (messages, message_files): (_, Vec<_>) = messages.into_iter().unzip();
        let (enums, enum_files): (_, Vec<_>) = enums.into_iter().unzip();
        let mut catalogue = Catalogue {
            services: Vec::new(),
            messages,
            enums,
        };
        for (unit, id) in units.iter_mut().zip(0..) {
            resolve_methods(unit, &catalogue);
            let entries = unit.outline.services.iter();
            services.extend(entries.map(|it| (Arc::clone(it), id)));
        }
        services.sort_by(|(a, _), (b, _)| a.full_name.cmp(&b.full_name));
        let (services, service_files): (_, Vec<_>) = services.into_iter().unzip();
        catalogue.services = services;
        Self {
            extenders: extenders(&units, &catalogue, &message_files),
            units,
            by_name,
            catalogue,
            service_files,
            message_files,
            enum_files,
            others: OnceLock::new(),
            // Whoever built it told the problems.
            whole: whole.map_or_else(OnceLock::new, |pool| OnceLock::from((pool, Vec::new()))),
            closures: Mutex::default(),
            comments: Mutex::default(),
            symbols: OnceLock::new(),
            packages: [OnceLock::new(), OnceLock::new()],
        }
    }

    pub(super) fn symbols(&self) -> &SymbolIndex {
        self.symbols
            .get_or_init(|| SymbolIndex::of(&self.catalogue))
    }

    pub(super) fn packages(&self, searched: Searched) -> &Packages {
        let [calls, all] = &self.packages;
        let package = |file: &FileId| self.units[*file as usize].outline.package.as_str();
        match searched {
            Searched::Calls => calls.get_or_init(|| {
                Packages::of(&self.catalogue, std::iter::empty(), std::iter::empty())
            }),
            Searched::All => all.get_or_init(|| {
                let messages = self.message_files.iter().map(package);
                let enums = self.enum_files.iter().map(package);
                Packages::of(&self.catalogue, messages, enums)
            }),
        }
    }

    /// Notes which of several sources its files are of.
    pub(super) fn set_source(&mut self, number: usize) {
        for unit in &mut self.units {
            if unit.origin == Origin::Given {
                Arc::make_mut(unit).origin = Origin::Source(number);
            }
        }
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    pub(super) fn units(&self) -> &[Arc<Unit>] {
        &self.units
    }

    /// Where its sources are on disk, by their names.
    pub(super) fn paths(&self) -> HashMap<&str, &Path> {
        let units = self.units.iter();
        units
            .filter_map(|unit| Some((unit.name.as_str(), unit.path.as_deref()?)))
            .collect()
    }

    fn id(&self, file: &str) -> Option<FileId> {
        self.by_name.get(file).copied()
    }

    /// The file that defines a symbol: a type, service, method, extension or enum value, or a member of
    /// a message (which need not exist).
    fn file_of(&self, symbol: &str) -> Option<FileId> {
        let parent = symbol.rsplit_once(['.', '/']).map(|(parent, _)| parent);
        let names = || std::iter::once(symbol).chain(parent);
        let listed = names().find_map(|name| self.file_of_definition(name));
        listed.or_else(|| names().find_map(|name| self.others().get(name).copied()))
    }

    fn file_of_definition(&self, name: &str) -> Option<FileId> {
        let Catalogue {
            messages, enums, ..
        } = &self.catalogue;
        let of = |at: Option<usize>, files: &[FileId]| files.get(at?).copied();
        of(type_at(messages, name), &self.message_files)
            .or_else(|| of(type_at(enums, name), &self.enum_files))
            .or_else(|| of(self.catalogue.service_at(name), &self.service_files))
    }

    fn others(&self) -> &HashMap<String, FileId> {
        self.others.get_or_init(|| {
            let files = self.units.iter().zip(0..);
            files
                .flat_map(|(unit, id)| {
                    let names = unit.outline.others.iter();
                    names.map(move |(name, _)| (name.clone(), id))
                })
                .collect()
        })
    }

    /// The file that defines a symbol.
    pub(super) fn unit_of(&self, symbol: &str) -> Option<&Arc<Unit>> {
        self.units.get(self.file_of(symbol)? as usize)
    }

    /// A pool with a symbol and all it needs. Builds it where it is not there: CPU work.
    pub(super) fn pool_of(&self, symbol: &str) -> Option<DescriptorPool> {
        let file = self.file_of(symbol)?;
        match self.whole.get() {
            Some((pool, _)) => Some(pool.clone()),
            None => Some(self.closure(file).0),
        }
    }

    /// Whether [`Self::pool_of`] has nothing to build.
    pub(super) fn is_built(&self, symbol: &str) -> bool {
        let Some(file) = self.file_of(symbol) else {
            return true;
        };
        let closures = self.closures.lock().unwrap_or_else(PoisonError::into_inner);
        self.whole.get().is_some()
            || closures
                .iter()
                .any(|(id, closure)| *id == file && closure.built.get().is_some())
    }

    /// The pool of a file, and what is wrong with it or its imports.
    pub(super) fn closure_of(&self, file: &str) -> Option<(DescriptorPool, Vec<Problem>)> {
        let id = self.id(file)?;
        Some(match self.whole.get() {
            Some((pool, _)) => (pool.clone(), Vec::new()),
            None => self.closure(id),
        })
    }

    fn closure(&self, file: FileId) -> (DescriptorPool, Vec<Problem>) {
        let slot = self.kept(file, None).unwrap_or_else(|| {
            let members = self.members(file).into_iter();
            let units: Vec<_> = members
                .map(|id| Arc::clone(&self.units[id as usize]))
                .collect();
            let new = Arc::new(Closure {
                bytes: units.iter().map(|unit| unit.body.len()).sum(),
                units,
                built: OnceLock::new(),
            });
            self.kept(file, Some(Arc::clone(&new))).unwrap_or(new)
        });
        // Without the lock: others may look up what is built meanwhile.
        slot.built
            .get_or_init(|| {
                if let Some(problem) = self.too_much(file, &slot.units) {
                    return (DescriptorPool::new(), vec![problem]);
                }
                let built = build(&slot.units);
                (built.pool, built.problems)
            })
            .clone()
    }

    /// The closure of a file that is kept, now the one used last; else `new` is kept in its place.
    fn kept(&self, file: FileId, new: Option<Arc<Closure>>) -> Option<Arc<Closure>> {
        let mut closures = self.closures.lock().unwrap_or_else(PoisonError::into_inner);
        let known = closures.iter().position(|(id, _)| *id == file);
        let closure = known.map(|at| closures.remove(at).1).or(new)?;
        make_room(&mut closures);
        closures.push((file, Arc::clone(&closure)));
        Some(closure)
    }

    /// Why a file is not built with what it needs, where that is more than memory is for.
    fn too_much(&self, file: FileId, units: &[Arc<Unit>]) -> Option<Problem> {
        let mut burden = Burden::default();
        for unit in units {
            burden.add(Burden::of(&unit.body));
        }
        let fits =
            burden.elements <= MAX_CLOSURE_ELEMENTS && burden.name_bytes <= MAX_CLOSURE_NAMES;
        let file = self.units.get(file as usize).filter(|_| !fits)?;
        let reason = format!(
            "the file and the {} files it needs define too much to be built",
            units.len() - 1
        );
        Some(Problem::new(&file.name, reason).hint("Remove files that are not needed"))
    }

    /// A file, what it imports, and what extends a message of those.
    fn members(&self, file: FileId) -> BTreeSet<FileId> {
        let mut members = BTreeSet::from([file]);
        let mut stack = vec![file];
        while let Some(id) = stack.pop() {
            let imports = self.units[id as usize].imports.iter();
            let imports = imports.filter_map(|import| self.id(&import.name));
            let extenders = self.extenders.get(&id).into_iter().flatten().copied();
            for next in imports.chain(extenders) {
                if members.insert(next) {
                    stack.push(next);
                }
            }
        }
        members
    }

    /// The pool of everything. CPU work, and much memory for a large schema, unless it was built whole.
    pub(super) fn whole(&self) -> &(DescriptorPool, Vec<Problem>) {
        self.whole.get_or_init(|| {
            let built = build(&self.units);
            (built.pool, built.problems)
        })
    }

    /// The comments of a file.
    pub(super) fn comments(&self, file: &str) -> Option<Arc<Comments>> {
        let id = self.id(file)?;
        let lock = || self.comments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().iter().find(|(known, _)| *known == id) {
            return Some(Arc::clone(known));
        }
        let unit = self.units.get(id as usize)?;
        let made = Arc::new(Comments::of(&unit.info.load(&unit.name)));
        let mut kept = lock();
        if kept.len() >= KEPT_COMMENTS {
            kept.remove(0);
        }
        kept.push((id, Arc::clone(&made)));
        Some(made)
    }
}

impl Library {
    /// Whether there is a message or an enum of a full name.
    pub(super) fn has_type(&self, full: &str) -> bool {
        type_at(&self.catalogue.messages, full).is_some()
            || type_at(&self.catalogue.enums, full).is_some()
    }

    /// The full name of a message or enum that is named from inside a scope, innermost first.
    pub(super) fn type_in_scope(&self, name: &str, scope: &str) -> Option<String> {
        scoped_names(name, scope).find(|full| self.has_type(full))
    }
}

/// Lets go of the closures used longest ago.
fn make_room(closures: &mut Vec<(FileId, Arc<Closure>)>) {
    let mut bytes: usize = closures.iter().map(|(_, closure)| closure.bytes).sum();
    while closures.len() >= KEPT_CLOSURES || (bytes > KEPT_BYTES && closures.len() >= KEPT_ANYWAY) {
        bytes -= closures.remove(0).1.bytes;
    }
}

/// Gives the methods of a file the full names of their types.
fn resolve_methods(unit: &mut Arc<Unit>, catalogue: &Catalogue) {
    // Resolved by an earlier schema of the same files.
    if unit.outline.resolved {
        return;
    }
    Arc::make_mut(unit).outline.resolved = true;
    for service in &mut Arc::make_mut(unit).outline.services {
        let ServiceEntry {
            full_name, methods, ..
        } = Arc::make_mut(service);
        for method in methods {
            let scope = format!("{full_name}.{}", method.name);
            for name in [&mut method.input, &mut method.output] {
                *name = full_type_name(name, &scope, catalogue);
            }
        }
    }
}

/// The full name of a message that is named from inside a scope, innermost first; as it is, where
/// there is none.
fn full_type_name(name: &str, scope: &str, catalogue: &Catalogue) -> String {
    if let Some(full) = name.strip_prefix('.') {
        return full.to_owned();
    }
    scoped_names(name, scope)
        .find(|full| type_at(&catalogue.messages, full).is_some())
        .unwrap_or_else(|| name.to_owned())
}

/// The full names that a name may stand for inside a scope, innermost first.
fn scoped_names(name: &str, scope: &str) -> impl Iterator<Item = String> {
    let scopes = std::iter::successors(Some(scope), |scope| {
        Some(match scope.rsplit_once('.') {
            Some((outer, _)) => outer,
            None if scope.is_empty() => return None,
            None => "",
        })
    });
    scopes.map(move |scope| match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    })
}

/// For each file those that extend its messages. Options are extended by everybody; who uses one
/// imports its definition.
fn extenders(
    units: &[Arc<Unit>],
    catalogue: &Catalogue,
    message_files: &[FileId],
) -> HashMap<FileId, Vec<FileId>> {
    let mut extenders: HashMap<FileId, Vec<FileId>> = HashMap::new();
    for (unit, id) in units.iter().zip(0..) {
        for extendee in &unit.outline.extends {
            let scope = &unit.outline.package;
            let extendee = full_type_name(extendee, scope, catalogue);
            let file = type_at(&catalogue.messages, &extendee);
            let file = file.and_then(|at| message_files.get(at).copied());
            let Some(file) = file.filter(|&file| file != id) else {
                continue;
            };
            if units[file as usize].name != OPTIONS_FILE {
                extenders.entry(file).or_default().push(id);
            }
        }
    }
    extenders
}

#[cfg(test)]
mod tests;
