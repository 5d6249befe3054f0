//! What of the disk a list of sources depends on: the folders to watch, and the files that count.
//!
//! Only looks. Of source files no more than the head is read, where imports stand; what an import may
//! resolve to is guessed as [`compile`](super::compile) does it when no roots are given.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::{Source, bundled, roots, scan};

/// Of a source file, what is read for its imports. Those behind it are missed; nobody writes them there.
const HEAD_BYTES: u64 = 64 * 1024;

/// Files looked at for their imports, as many as are compiled at once.
const MAX_FILES: usize = 20_000;

/// The places of some sources. All paths begin as the sources' own do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// Folders in which something that counts is or may appear; those below them are listed too.
    pub(crate) folders: BTreeSet<PathBuf>,
    /// The uppermost folders that count with all that is below, for systems that watch whole trees.
    pub(crate) trees: BTreeSet<PathBuf>,
    /// Every file that counts. One that was given counts although it is not there (yet).
    pub(crate) files: BTreeSet<PathBuf>,
}

/// Finds the places of sources; their paths are whole. Blocking: it walks folders and reads the heads
/// of source files.
pub(crate) fn footprint(sources: &[Source]) -> Footprint {
    let mut walk = Walk::default();
    for source in sources {
        match source {
            Source::Protos { files, roots, .. } => {
                for root in roots {
                    walk.tree(root);
                }
                let inferred = roots.is_empty();
                for given in files {
                    // As `compile` does: a name that is not there may be meant from a root.
                    let at = roots.iter().map(|root| root.join(given));
                    let place = std::iter::once(given.clone())
                        .chain(at)
                        .find(|p| p.exists());
                    match place {
                        Some(folder) if folder.is_dir() => walk.tree(&folder),
                        Some(file) => walk.file(&file),
                        None => walk.absent(given),
                    }
                }
                if inferred {
                    walk.follow_imports();
                }
                walk.unread.clear();
            }
            Source::DescriptorSet(path) if path.exists() => walk.file(path),
            Source::DescriptorSet(path) => walk.absent(path),
            Source::Reflection => {}
        }
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Footprint,
    /// Source files whose imports were not followed yet.
    unread: VecDeque<PathBuf>,
    read: HashSet<PathBuf>,
    /// What an import resolved to, seen from a folder.
    resolved: HashMap<(PathBuf, String), Option<PathBuf>>,
    layout: roots::Layout,
}

impl Walk {
    fn tree(&mut self, folder: &Path) {
        let below = roots::walk_below(folder);
        self.found.trees.insert(folder.to_owned());
        self.found.folders.insert(folder.to_owned());
        self.found.folders.extend(below.folders);
        for file in below.files.into_iter().chain(below.links) {
            self.take(file);
        }
    }

    fn file(&mut self, file: &Path) {
        self.found.folders.insert(roots::folder_of(file));
        self.take(file.to_owned());
    }

    /// Something that was given and is not there: the folder it will show in is the nearest that is.
    fn absent(&mut self, path: &Path) {
        self.found.files.insert(path.to_owned());
        let folder = path.ancestors().skip(1).find(|above| above.is_dir());
        self.found.folders.extend(folder.map(Path::to_owned));
    }

    fn take(&mut self, file: PathBuf) {
        // Behind a link the text changes where it really is.
        if file.is_symlink()
            && let Ok(real) = std::fs::canonicalize(&file)
        {
            self.found.folders.insert(roots::folder_of(&real));
            self.found.files.insert(real);
        }
        self.unread.push_back(file.clone());
        self.found.files.insert(file);
    }

    fn follow_imports(&mut self) {
        while let Some(file) = self.unread.pop_front() {
            if self.read.len() >= MAX_FILES || !self.read.insert(file.clone()) {
                continue;
            }
            let folder = roots::folder_of(&file);
            for import in head(&file).imports {
                if bundled::contains(&import) {
                    continue;
                }
                let key = (folder.clone(), import);
                if self.resolved.contains_key(&key) {
                    continue;
                }
                let root = self.layout.root_above(&folder, &key.1);
                let path = root.map(|root| root.join(&key.1));
                if let Some(path) = &path
                    && !self.found.files.contains(path)
                {
                    self.file(path);
                }
                self.resolved.insert(key, path);
            }
        }
    }
}

/// The statements at the head of a file; none of one that cannot be read.
fn head(file: &Path) -> scan::Header {
    let mut bytes = Vec::new();
    // Asked before opening: opening a pipe would wait for its other end.
    let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    let read = regular
        .then(|| File::open(file).ok())
        .flatten()
        .map(|file| file.take(HEAD_BYTES).read_to_end(&mut bytes));
    match read {
        Some(Ok(_)) => scan::read_header(&scan::decode_source(&bytes)),
        Some(Err(_)) | None => scan::Header::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const EMPTY: &str = "syntax = \"proto3\";";

    /// Makes files below a new folder and gives its canonical path.
    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, root)
    }

    fn below(root: &Path, paths: &BTreeSet<PathBuf>) -> Vec<String> {
        let names = paths.iter().map(|path| {
            let path = path.strip_prefix(root).unwrap();
            path.display().to_string().replace('\\', "/")
        });
        names.collect()
    }

    fn protos(files: Vec<PathBuf>, roots: Vec<PathBuf>) -> Vec<Source> {
        vec![Source::Protos {
            files,
            roots,
            exclude: Vec::new(),
        }]
    }

    #[test]
    fn a_folder_counts_with_all_that_is_below_it_but_what_is_hidden() {
        let (_keep, root) = tree(&[
            ("api/a.proto", EMPTY),
            ("api/deep/er/b.proto", EMPTY),
            ("api/deep/notes.txt", ""),
            ("api/.git/c.proto", EMPTY),
            ("other/d.proto", EMPTY),
        ]);
        let found = footprint(&protos(vec![root.join("api")], Vec::new()));
        assert_eq!(below(&root, &found.trees), ["api"]);
        assert_eq!(
            below(&root, &found.folders),
            ["api", "api/deep", "api/deep/er"]
        );
        assert_eq!(
            below(&root, &found.files),
            ["api/a.proto", "api/deep/er/b.proto"]
        );
    }

    #[test]
    fn what_a_file_imports_counts_where_roots_are_inferred() {
        let (_keep, root) = tree(&[
            (
                "svc/a.proto",
                "import \"lib/b.proto\"; import \"not/there.proto\";",
            ),
            (
                "lib/b.proto",
                "import \"lib/more/c.proto\"; import \"google/protobuf/any.proto\";",
            ),
            ("lib/more/c.proto", "import \"svc/a.proto\";"),
            ("lib/d.proto", EMPTY),
        ]);
        let found = footprint(&protos(vec![root.join("svc/a.proto")], Vec::new()));
        assert_eq!(
            below(&root, &found.files),
            ["lib/b.proto", "lib/more/c.proto", "svc/a.proto"]
        );
        assert_eq!(below(&root, &found.folders), ["lib", "lib/more", "svc"]);
        assert!(found.trees.is_empty());
    }

    #[test]
    fn given_roots_count_whole() {
        let (_keep, root) = tree(&[("in/a.proto", EMPTY), ("in/sub/b.proto", EMPTY)]);
        let found = footprint(&protos(vec!["a.proto".into()], vec![root.join("in")]));
        assert_eq!(below(&root, &found.trees), ["in"]);
        assert_eq!(below(&root, &found.files), ["in/a.proto", "in/sub/b.proto"]);
    }

    #[test]
    fn what_is_not_there_is_awaited_in_the_nearest_folder() {
        let (_keep, root) = tree(&[("here/a.proto", EMPTY)]);
        let set = root.join("here/not/yet/set.binpb");
        let found = footprint(&[Source::DescriptorSet(set), Source::Reflection]);
        assert_eq!(below(&root, &found.files), ["here/not/yet/set.binpb"]);
        assert_eq!(below(&root, &found.folders), ["here"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_counts_at_both_ends() {
        let (_keep, root) = tree(&[("real/a.proto", EMPTY), ("api/keep.txt", "")]);
        std::os::unix::fs::symlink(root.join("real/a.proto"), root.join("api/a.proto")).unwrap();
        let found = footprint(&protos(vec![root.join("api")], Vec::new()));
        assert_eq!(below(&root, &found.files), ["api/a.proto", "real/a.proto"]);
        assert_eq!(below(&root, &found.folders), ["api", "real"]);
    }
}
