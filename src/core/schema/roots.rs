//! Where imports are looked for: import roots given, inferred, or proposed.
//!
//! Only looks; reads nothing but the heads of files. Symbolic links are followed, rings are not.

use std::{
    cell::RefCell,
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
    let roots = match fs::canonicalize(file) {
        Ok(file) => Layout::default().infer(&file, &read_header(&file)).roots,
        Err(_) => Vec::new(),
    };
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
    /// Canonical paths of files that were seen.
    files: HashSet<PathBuf>,
    /// Whether there is such a folder.
    folders: RefCell<HashMap<PathBuf, bool>>,
}

impl Layout {
    /// Remembers files by their canonical paths.
    pub(super) fn know(&mut self, files: &[PathBuf]) {
        self.files.extend(files.iter().cloned());
    }

    /// Whether an import is a file seen from a root, which is canonical.
    pub(super) fn resolves(&self, root: &Path, import: &Path) -> bool {
        let mut parts = import.iter();
        if let (Some(first), Some(_)) = (parts.next(), parts.next()) {
            let folder = root.join(first);
            let mut folders = self.folders.borrow_mut();
            let known = match folders.get(&folder) {
                Some(&known) => known,
                None => {
                    let there = folder.is_dir();
                    folders.insert(folder, there);
                    there
                }
            };
            if !known {
                return false;
            }
        }
        let path = root.join(import);
        self.files.contains(&path) || path.is_file()
    }

    /// The canonical path of a file that is there.
    pub(super) fn canonical(&self, path: PathBuf) -> Option<PathBuf> {
        match self.files.contains(&path) {
            true => Some(path),
            false => fs::canonicalize(path).ok(),
        }
    }

    /// The import roots of a file, which is canonical.
    pub(super) fn infer(&mut self, file: &Path, header: &scan::Header) -> Inferred {
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
        let mut roots = self.modules_above(&folder).to_vec();
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

    /// The nearest folder at or above `folder` (which is canonical), or a usual one beside it, from which an import resolves.
    pub(super) fn root_above(&mut self, folder: &Path, import: &str) -> Option<PathBuf> {
        let import = relative(import)?;
        let mut ancestors = folder.ancestors().take(MAX_ANCESTORS);
        let above = ancestors.find(|root| self.resolves(root, &import));
        if let Some(root) = above {
            return Some(root.to_owned());
        }
        let usual = self.usual_above(folder);
        let mut usual = usual.iter();
        usual.find(|root| self.resolves(root, &import)).cloned()
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
    let mut root = folder.to_owned();
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

/// The canonical paths of the `.proto` files below a folder, in order, and whether there were too many.
/// Hidden folders are left out.
pub(super) fn proto_files_below(folder: &Path) -> (Vec<PathBuf>, bool) {
    let below = walk_below(folder);
    let mut files = below.files;
    let links = below.links.into_iter();
    files.extend(links.filter_map(|link| fs::canonicalize(link).ok()));
    files.sort();
    files.dedup();
    (files, below.complete)
}

/// What is below a folder; hidden folders are left out.
pub(super) struct Below {
    /// The `.proto` files, by their canonical paths.
    pub(super) files: Vec<PathBuf>,
    /// Links to such files.
    pub(super) links: Vec<PathBuf>,
    /// The folder and all below it that were walked.
    pub(super) folders: Vec<PathBuf>,
    /// Whether there was not more than is looked at.
    pub(super) complete: bool,
}

pub(super) fn walk_below(folder: &Path) -> Below {
    let mut files = Vec::new();
    let mut links = Vec::new();
    let mut folders = Vec::new();
    let mut seen = HashSet::new();
    let mut visited = 0_usize;
    let mut complete = true;
    let top = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mut stack = vec![(top, 0)];
    while let Some((folder, depth)) = stack.pop() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        folders.push(folder);
        for entry in entries.flatten() {
            visited += 1;
            if visited > MAX_WALK {
                complete = false;
                break;
            }
            let name = entry.file_name();
            let hidden = name.as_encoded_bytes().starts_with(b".");
            let is_proto = name.as_encoded_bytes().ends_with(b".proto");
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let mut path = entry.path();
            let mut is_folder = kind.is_dir();
            if kind.is_symlink() {
                // A link to a folder above would otherwise be followed for ever.
                let Ok(canonical) = fs::canonicalize(&path) else {
                    continue;
                };
                is_folder = canonical.is_dir();
                if is_folder {
                    path = canonical;
                } else if is_proto {
                    links.push(path);
                    continue;
                }
            }
            if is_folder {
                if !hidden && depth < MAX_WALK_DEPTH {
                    stack.push((path, depth + 1));
                }
            } else if is_proto {
                files.push(path);
            }
        }
    }
    Below {
        files,
        links,
        folders,
        complete,
    }
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
