//! Where imports are looked for: import roots given, inferred, or proposed.
//!
//! Only looks; reads nothing but the heads of files. Symbolic links are followed, rings are not.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use super::{buf, scan};

/// Files and folders looked at below one place.
const MAX_WALK: usize = 20_000;

/// Depth of folders below one place.
const MAX_WALK_DEPTH: usize = 24;

/// Folders looked at above a file.
const MAX_ANCESTORS: usize = 32;

/// Where projects keep protos, their own and those of others, seen from a folder above the importing file.
const USUAL_FOLDERS: [&str; 12] = [
    "proto",
    "protos",
    "src/main/proto",
    "src/proto",
    "api",
    "idl",
    "third_party",
    "third_party/googleapis",
    "third_party/proto",
    "vendor",
    "include",
    "googleapis",
];

/// The import roots that make a file's own imports resolve, nearest first; never empty.
///
/// A root is a module of buf's, a folder above the file from which one of its imports resolves, or the
/// folder above the one that spells its package. Without any it is the file's own folder.
pub fn infer_roots(file: &Path) -> Vec<PathBuf> {
    let roots = Layout::default().infer(file).roots;
    if roots.is_empty() {
        return vec![folder_of(file)];
    }
    roots
}

/// What a file and the folders above it tell of its import roots.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inferred {
    /// Nearest first; empty when nothing tells.
    pub(super) roots: Vec<PathBuf>,
    /// Whether a file of buf's names them, so that they need no second opinion.
    pub(super) named: bool,
}

/// What is known of folders, so that a tree of thousands of files asks for each once.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The modules that files of buf's name in a folder or above it.
    modules: HashMap<PathBuf, Arc<[PathBuf]>>,
    /// The usual folders that are there beside a folder or above it.
    usual: HashMap<PathBuf, Arc<[PathBuf]>>,
}

impl Layout {
    /// The import roots of a file.
    pub(super) fn infer(&mut self, file: &Path) -> Inferred {
        let header = read_header(file);
        let folder = folder_of(file);
        let mut found = Vec::new();
        found.extend(package_root(&folder, &header.package));
        for import in &header.imports {
            if !super::bundled::contains(import)
                && let Some(root) = self.root_above(&folder, import)
                && !found.contains(&root)
            {
                found.push(root);
            }
        }
        found.sort_by_key(|root| std::cmp::Reverse(root.components().count()));
        let modules = fs::canonicalize(&folder).map(|folder| self.modules_above(&folder));
        let mut roots = modules.map_or_else(|_| Vec::new(), |modules| modules.to_vec());
        // The module that the file is in gives it its name.
        roots.sort_by_key(|root| !folder.starts_with(root));
        let named = roots.first().is_some_and(|root| folder.starts_with(root));
        for root in found {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Inferred { roots, named }
    }

    /// The nearest folder at or above `folder`, or a usual one beside it, from which an import resolves.
    pub(super) fn root_above(&mut self, folder: &Path, import: &str) -> Option<PathBuf> {
        let import = relative(import)?;
        let folder = fs::canonicalize(folder).ok()?;
        let resolves = |root: &Path| root.join(&import).is_file();
        let mut ancestors = folder.ancestors().take(MAX_ANCESTORS);
        ancestors
            .find(|root| resolves(root))
            .map(Path::to_owned)
            .or_else(|| {
                let usual = self.usual_above(&folder);
                usual.iter().find(|root| resolves(root)).cloned()
            })
    }

    fn modules_above(&mut self, folder: &Path) -> Arc<[PathBuf]> {
        gather(&mut self.modules, folder, &buf::modules_in)
    }

    fn usual_above(&mut self, folder: &Path) -> Arc<[PathBuf]> {
        gather(&mut self.usual, folder, &|folder| {
            let usual = USUAL_FOLDERS.map(|usual| folder.join(usual));
            usual.into_iter().filter(|path| path.is_dir()).collect()
        })
    }
}

/// What is found in a folder and those above it, nearest first; each folder is looked at once.
fn gather(
    known: &mut HashMap<PathBuf, Arc<[PathBuf]>>,
    folder: &Path,
    look: &dyn Fn(&Path) -> Vec<PathBuf>,
) -> Arc<[PathBuf]> {
    let mut list: Arc<[PathBuf]> = Arc::default();
    let unknown: Vec<&Path> = folder
        .ancestors()
        .take(MAX_ANCESTORS)
        .take_while(|folder| match known.get(*folder) {
            Some(found) => {
                list = Arc::clone(found);
                false
            }
            None => true,
        })
        .collect();
    for folder in unknown.into_iter().rev() {
        let mut found = look(folder);
        found.retain(|path| !list.contains(path));
        if !found.is_empty() {
            list = found.into_iter().chain(list.iter().cloned()).collect();
        }
        known.insert(folder.to_owned(), Arc::clone(&list));
    }
    list
}

/// The folder a file is in; `.` for a bare name.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The folder above `a/b` for a file of package `a.b` in a folder that ends so.
fn package_root(folder: &Path, package: &str) -> Option<PathBuf> {
    if package.is_empty() {
        return None;
    }
    let mut root = fs::canonicalize(folder).ok()?;
    for part in package.rsplit('.') {
        if root.file_name()? != part {
            return None;
        }
        root.pop();
    }
    Some(root)
}

/// An import as a path, if it is one that stays below its root.
pub(super) fn relative(import: &str) -> Option<PathBuf> {
    let path = Path::new(import);
    let plain = !import.is_empty()
        && !import.contains(['\\', '\0'])
        && path
            .components()
            .all(|component| matches!(component, Component::Normal(_)));
    plain.then(|| path.to_owned())
}

/// The name of a file seen from a root, with `/` between its parts.
pub(super) fn name_below(root: &Path, file: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = file
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|component| match component {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    parts.filter(|p| !p.is_empty()).map(|parts| parts.join("/"))
}

/// The `.proto` files below a folder, in order of their paths, and whether there were too many.
/// Hidden folders are left out.
pub(super) fn proto_files_below(folder: &Path) -> (Vec<PathBuf>, bool) {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut visited = 0_usize;
    let mut complete = true;
    let mut stack = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = stack.pop() {
        // A link to a folder above would otherwise be followed for ever.
        let Ok(canonical) = fs::canonicalize(&folder) else {
            continue;
        };
        if !seen.insert(canonical) {
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            visited += 1;
            if visited > MAX_WALK {
                complete = false;
                break;
            }
            let path = entry.path();
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if path.is_dir() {
                if !hidden && depth < MAX_WALK_DEPTH {
                    stack.push((path, depth + 1));
                }
            } else if path.extension().is_some_and(|ext| ext == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    (files, complete)
}

/// `.proto` files near the sources, found by their names.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    by_name: HashMap<OsString, Vec<PathBuf>>,
}

impl Nearby {
    /// Looks below folders, and beside files.
    pub(super) fn below(places: impl Iterator<Item = PathBuf>) -> Self {
        let mut folders: Vec<PathBuf> = places
            .map(|place| {
                if place.is_dir() {
                    place
                } else {
                    folder_of(&place)
                }
            })
            .filter_map(|folder| fs::canonicalize(folder).ok())
            .collect();
        // What is below another one is seen from there.
        folders.sort();
        folders.dedup_by(|folder, above| folder.starts_with(above));
        let mut by_name: HashMap<OsString, Vec<PathBuf>> = HashMap::new();
        for file in folders
            .iter()
            .flat_map(|folder| proto_files_below(folder).0)
        {
            if let Some(name) = file.file_name() {
                by_name.entry(name.to_owned()).or_default().push(file);
            }
        }
        Self { by_name }
    }

    /// The folders from which an import would resolve: those that share most with the importer's own
    /// first, of these the highest.
    pub(super) fn roots_for(&self, import: &str, importer: &Path) -> Vec<PathBuf> {
        let Some(import) = relative(import) else {
            return Vec::new();
        };
        let named = import.file_name().and_then(|name| self.by_name.get(name));
        let parts = import.components().count();
        let mut roots: Vec<PathBuf> = named
            .into_iter()
            .flatten()
            .filter(|file| file.ends_with(&import))
            .filter_map(|file| file.ancestors().nth(parts))
            .map(Path::to_owned)
            .collect();
        let shared = |root: &Path| {
            let parts = root.components().zip(importer.components());
            parts.take_while(|(a, b)| a == b).count()
        };
        roots.sort_by_cached_key(|root| {
            (
                std::cmp::Reverse(shared(root)),
                root.components().count(),
                root.clone(),
            )
        });
        roots
    }
}

/// The names a file imports, as far as it can be read, without those that are always bundled.
pub(super) fn imports_of(file: &Path) -> Vec<String> {
    let mut imports = read_header(file).imports;
    imports.retain(|import| !super::bundled::contains(import));
    imports
}

/// What the head of a file says, as far as it can be read.
fn read_header(file: &Path) -> scan::Header {
    super::read::regular_file(file, super::read::MAX_SOURCE_BYTES)
        .map(|bytes| scan::read_header(&scan::decode_source(&bytes)))
        .unwrap_or_default()
}
