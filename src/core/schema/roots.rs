//! Where imports are looked for: import roots given, inferred, or proposed.
//!
//! Only looks; reads nothing but the heads of files. Symbolic links are followed, rings are not.

use std::{
    collections::HashSet,
    fs,
    path::{Component, Path, PathBuf},
};

use super::scan;

/// Files and folders looked at below one place.
const MAX_WALK: usize = 20_000;

/// Depth of folders below one place.
const MAX_WALK_DEPTH: usize = 24;

/// Folders looked at above a file.
const MAX_ANCESTORS: usize = 32;

/// Where projects keep the protos of others, seen from a folder above the importing file.
const USUAL_FOLDERS: [&str; 7] = [
    "proto",
    "protos",
    "third_party",
    "third_party/googleapis",
    "vendor",
    "include",
    "googleapis",
];

/// The import roots that make a file's own imports resolve, nearest first; never empty.
///
/// A root is a folder above the file from which one of its imports resolves, or the folder above
/// the one that spells its package. Without either it is the file's own folder.
pub fn infer_roots(file: &Path) -> Vec<PathBuf> {
    let header = read_head(file)
        .map(|source| scan::read_header(&source))
        .unwrap_or_default();
    infer_from_head(file, &header)
}

pub(super) fn infer_from_head(file: &Path, header: &scan::Header) -> Vec<PathBuf> {
    let folder = folder_of(file);
    let mut roots = Vec::new();
    if let Some(root) = package_root(&folder, &header.package) {
        roots.push(root);
    }
    for import in &header.imports {
        if !super::bundled::contains(import)
            && let Some(root) = root_above(&folder, import)
            && !roots.contains(&root)
        {
            roots.push(root);
        }
    }
    if roots.is_empty() {
        roots.push(folder);
    }
    roots.sort_by_key(|root| std::cmp::Reverse(root.components().count()));
    roots
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

/// The nearest folder at or above `folder`, or a usual one beside it, from which an import resolves.
pub(super) fn root_above(folder: &Path, import: &str) -> Option<PathBuf> {
    let import = relative(import)?;
    let folder = fs::canonicalize(folder).ok()?;
    let ancestors = || folder.ancestors().take(MAX_ANCESTORS);
    ancestors()
        .find(|root| root.join(&import).is_file())
        .map(Path::to_owned)
        .or_else(|| {
            ancestors()
                .flat_map(|above| USUAL_FOLDERS.map(|usual| above.join(usual)))
                .find(|root| root.join(&import).is_file())
        })
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
    let below = walk_below(folder);
    (below.files, below.complete)
}

/// What is below a folder; hidden folders are left out.
pub(super) struct Below {
    /// The `.proto` files, in order of their paths.
    pub(super) files: Vec<PathBuf>,
    /// The folder and all below it that were walked.
    pub(super) folders: Vec<PathBuf>,
    /// Whether there was not more than is looked at.
    pub(super) complete: bool,
}

pub(super) fn walk_below(folder: &Path) -> Below {
    let mut files = Vec::new();
    let mut folders = Vec::new();
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
        folders.push(folder);
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
    Below {
        files,
        folders,
        complete,
    }
}

/// A folder below one of `places` from which an import would resolve.
pub(super) fn propose_root<'a>(
    import: &str,
    files_nearby: impl Iterator<Item = &'a Path>,
) -> Option<PathBuf> {
    let import = relative(import)?;
    let parts = import.components().count();
    files_nearby
        .filter(|file| file.ends_with(&import))
        .filter_map(|file| file.ancestors().nth(parts))
        .min_by_key(|root| root.components().count())
        .map(Path::to_owned)
}

/// The text of a file, if it can be read within the limits.
fn read_head(file: &Path) -> Option<String> {
    super::read::regular_file(file, super::read::MAX_SOURCE_BYTES)
        .ok()
        .map(|bytes| scan::decode_source(&bytes))
}
