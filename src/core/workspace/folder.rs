//! A workspace folder, read whole.
//!
//! Everything that can be read is usable; a file that cannot is listed where it stands and among the
//! problems, with its reason. Symbolic links are not followed: a folder from someone else's git must
//! not make us read, or later write, elsewhere.
//! Limits: 64 MiB a file (a body of 16 MiB with room to spare), 16 folders deep, 20,000 entries.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    CallSettings, EnvironmentFile, FolderFile, MetadataRow, RequestFile, TargetSettings,
    WorkspaceFile,
    disk::{self, ReadError},
};

/// Folders below `requests/`.
pub(super) const MAX_DEPTH: usize = 16;

/// Files and folders below `requests/`.
const MAX_ENTRIES: usize = 20_000;

/// Name of the file that makes a folder a workspace.
pub(super) const WORKSPACE_FILE: &str = "workspace.json";
/// Name of the file that describes a folder of requests.
pub(super) const FOLDER_FILE: &str = "folder.json";
/// Folder of the requests.
pub(super) const REQUESTS: &str = "requests";
/// Folder of the environments.
pub(super) const ENVIRONMENTS: &str = "environments";

/// A file that could not be used; it is never overwritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// Path relative to the workspace.
    pub path: PathBuf,
    /// Why, with line and column where known.
    pub reason: String,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// A folder, with its entries in order.
    Folder(Vec<Entry>),
    /// A request that was read.
    Request(Box<RequestFile>),
    /// A file that could not be.
    Broken(String),
}

/// An entry below `requests/`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Path relative to the workspace, with `/`: `requests/greeter/say-hello.json`.
    pub path: PathBuf,
    /// Name shown.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// A workspace as read. Plain data: changes go through the functions and are then read again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workspace {
    /// Absolute path of the folder.
    pub root: PathBuf,
    /// `workspace.json`.
    pub file: WorkspaceFile,
    /// `requests/`, in order.
    pub entries: Vec<Entry>,
    /// The `folder.json`s, by the folder's path; `requests` is the outermost.
    pub folders: BTreeMap<PathBuf, FolderFile>,
    /// `environments/`, by name.
    pub environments: Vec<EnvironmentFile>,
    /// Files that could not be read.
    pub problems: Vec<FileProblem>,
}

/// What a deletion needs to be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The deleted path.
    pub path: PathBuf,
    /// Where its bytes are kept until the workspace is closed.
    pub kept: PathBuf,
    /// Its place in the folder's order, if it had one.
    pub position: Option<usize>,
}

/// Why a workspace could not be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The folder or file could not be read or written.
    #[error("{action} `{path}`")]
    Io {
        /// What was being done: `reading`, `saving` …
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no `workspace.json` in the folder.
    #[error("`{0}` is not a Stubless workspace: it has no workspace.json")]
    NotAWorkspace(PathBuf),
    /// `workspace.json` could not be understood.
    #[error("`{path}` cannot be used: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file changed on disk since it was read, or is broken: it is not overwritten.
    #[error("`{0}` was changed outside Stubless and is not overwritten")]
    Conflict(PathBuf),
    /// The path does not lie in the workspace's own folders.
    #[error("`{0}` is not a place in this workspace")]
    Outside(PathBuf),
    /// Writing would follow a symbolic link.
    #[error("`{0}` is a symbolic link, and Stubless does not write through one")]
    Link(PathBuf),
    /// The new name is taken.
    #[error("`{0}` already exists")]
    Exists(PathBuf),
}

/// What a request gets from its folders and the workspace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inherited {
    /// How the call is made.
    pub call: CallSettings,
    /// Target.
    pub target: Option<String>,
    /// How it is reached.
    pub settings: TargetSettings,
    /// Metadata.
    pub metadata: Vec<MetadataRow>,
}

impl Inherited {
    /// What is in force for something that has its own target, settings and metadata. A row that is
    /// sent takes the place of inherited ones with its key.
    #[must_use]
    pub fn with(
        &self,
        target: Option<&str>,
        settings: &TargetSettings,
        call: &CallSettings,
        metadata: &[MetadataRow],
    ) -> Self {
        let own = |row: &MetadataRow| {
            let same = |own: &&MetadataRow| own.enabled && own.key.eq_ignore_ascii_case(&row.key);
            metadata.iter().any(|row| same(&row))
        };
        let above = self.metadata.iter().filter(|row| !own(row));
        let other_target = target.is_some() && target != self.target.as_deref();
        Self {
            target: target.map(str::to_owned).or_else(|| self.target.clone()),
            settings: settings.over(&self.settings, other_target),
            call: call.over(&self.call),
            metadata: above.chain(metadata).cloned().collect(),
        }
    }
}

impl Workspace {
    /// Reads a folder. Broken files are listed, the rest is usable.
    ///
    /// # Errors
    /// [`WorkspaceError`] when the folder itself cannot be used.
    pub fn open(root: &Path) -> Result<Self, WorkspaceError> {
        let io_error = |source| WorkspaceError::Io {
            action: "opening",
            path: root.to_owned(),
            source,
        };
        let root = std::path::absolute(root).map_err(io_error)?;
        if !fs::metadata(&root).map_err(io_error)?.is_dir() {
            return Err(io_error(io::ErrorKind::NotADirectory.into()));
        }
        let path = root.join(WORKSPACE_FILE);
        let text = match disk::read(&path) {
            Ok(file) => file.text,
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(WorkspaceError::NotAWorkspace(root));
            }
            Err(error) => return Err(error.at("reading", path)),
        };
        let file = WorkspaceFile::parse(&text, &name_of(&root))
            .map_err(|reason| WorkspaceError::Broken { path, reason })?;
        let mut reader = Reader {
            root: &root,
            folders: BTreeMap::new(),
            problems: Vec::new(),
            left: MAX_ENTRIES,
        };
        let entries = reader.folder(REQUESTS, 0);
        let environments = reader.environments();
        let (folders, problems) = (reader.folders, reader.problems);
        Ok(Self {
            file,
            entries,
            folders,
            environments,
            problems,
            root,
        })
    }

    /// Reads the folder again.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reload(&mut self) -> Result<(), WorkspaceError> {
        *self = Self::open(&self.root)?;
        Ok(())
    }

    /// The entry at a path.
    pub fn entry(&self, path: &Path) -> Option<&Entry> {
        let mut entries = &self.entries;
        loop {
            let entry = entries.iter().find(|entry| path.starts_with(&entry.path))?;
            if entry.path == path {
                return Some(entry);
            }
            match &entry.kind {
                EntryKind::Folder(below) => entries = below,
                EntryKind::Request(_) | EntryKind::Broken(_) => return None,
            }
        }
    }

    /// The request at a path.
    pub fn request(&self, path: &Path) -> Option<&RequestFile> {
        match &self.entry(path)?.kind {
            EntryKind::Request(request) => Some(request),
            EntryKind::Folder(_) | EntryKind::Broken(_) => None,
        }
    }

    /// What the request at a path gets from the workspace and the folders it lies in, the nearest
    /// last. Its own fields are not looked at: [`Inherited::with`] adds them.
    pub fn inherited(&self, path: &Path) -> Inherited {
        let mut inherited = Inherited {
            target: self.file.target.clone(),
            settings: self.file.settings.clone(),
            call: self.file.call.clone(),
            metadata: self.file.metadata.clone(),
        };
        let mut folders: Vec<&Path> = path.ancestors().skip(1).collect();
        folders.reverse();
        for folder in folders.iter().filter_map(|path| self.folders.get(*path)) {
            inherited = inherited.with(
                folder.target.as_deref(),
                &folder.settings,
                &folder.call,
                &folder.metadata,
            );
        }
        inherited
    }
}

/// Reads what lies below the workspace's folder.
struct Reader<'a> {
    root: &'a Path,
    folders: BTreeMap<PathBuf, FolderFile>,
    problems: Vec<FileProblem>,
    left: usize,
}

impl Reader<'_> {
    /// The entries of a folder; `at` is relative, with `/`.
    fn folder(&mut self, at: &str, depth: usize) -> Vec<Entry> {
        let folder = self.read_folder_file(at);
        let mut entries = Vec::new();
        for (name, kind) in self.list(at) {
            if self.left == 0 {
                self.problem(at, "more than 20,000 entries: the rest is not shown");
                break;
            }
            self.left -= 1;
            let path = format!("{at}/{name}");
            if kind.is_dir() {
                if depth == MAX_DEPTH {
                    self.problem(&path, "the folders are nested too deeply");
                    continue;
                }
                let below = self.folder(&path, depth + 1);
                let file = self.folders.get(Path::new(&path));
                let shown = file.and_then(|file| file.name.clone()).unwrap_or(name);
                entries.push(Entry {
                    path: path.into(),
                    name: shown,
                    kind: EntryKind::Folder(below),
                });
            } else if name != FOLDER_FILE
                && let Some(stem) = name.strip_suffix(".json")
            {
                entries.push(self.request(path, stem, kind));
            }
        }
        sort(&mut entries, &folder.order);
        entries
    }

    fn read_folder_file(&mut self, at: &str) -> FolderFile {
        let path = format!("{at}/{FOLDER_FILE}");
        let read = match disk::read(&self.root.join(&path)) {
            Ok(file) => FolderFile::parse(&file.text),
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                return FolderFile::default();
            }
            Err(error) => Err(error.reason()),
        };
        match read {
            Ok(file) => {
                self.folders.insert(at.into(), file.clone());
                file
            }
            Err(reason) => {
                self.problem(&path, &reason);
                FolderFile::default()
            }
        }
    }

    fn request(&mut self, path: String, stem: &str, kind: fs::FileType) -> Entry {
        let read = if kind.is_symlink() {
            Err("it is a symbolic link, which is not followed".to_owned())
        } else {
            disk::read(&self.root.join(&path))
                .map_err(|error| error.reason())
                .and_then(|file| RequestFile::parse(&file.text, stem))
        };
        let (name, kind) = match read {
            Ok(request) => (request.name.clone(), EntryKind::Request(Box::new(request))),
            Err(reason) => {
                self.problem(&path, &reason);
                (stem.to_owned(), EntryKind::Broken(reason))
            }
        };
        Entry {
            path: path.into(),
            name,
            kind,
        }
    }

    fn environments(&mut self) -> Vec<EnvironmentFile> {
        let mut environments: Vec<EnvironmentFile> = Vec::new();
        for (name, kind) in self.list(ENVIRONMENTS) {
            let Some(stem) = name.strip_suffix(".json") else {
                continue;
            };
            let path = format!("{ENVIRONMENTS}/{name}");
            if !kind.is_file() {
                self.problem(&path, "it is not a plain file");
                continue;
            }
            let read = disk::read(&self.root.join(&path))
                .map_err(|error| error.reason())
                .and_then(|file| EnvironmentFile::parse(&file.text, stem));
            match read {
                Ok(environment) if environments.iter().any(|e| e.name == environment.name) => {
                    let reason = format!("another environment is called `{}`", environment.name);
                    self.problem(&path, &reason);
                }
                Ok(environment) => environments.push(environment),
                Err(reason) => self.problem(&path, &reason),
            }
        }
        environments.sort_by_cached_key(|environment| environment.name.to_lowercase());
        environments
    }

    /// Names and kinds in a folder, by name; hidden ones left out. A missing folder is an empty one.
    fn list(&mut self, at: &str) -> Vec<(String, fs::FileType)> {
        let folder = self.root.join(at);
        if fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_symlink()) {
            self.problem(at, "it is a symbolic link, which is not followed");
            return Vec::new();
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.problem(at, &error.to_string());
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries.flatten().take(MAX_ENTRIES * 2) {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            match entry.file_name().into_string() {
                Ok(name) if disk::hidden(name.as_ref()) => {}
                Ok(name) => names.push((name, kind)),
                Err(name) => {
                    let path = format!("{at}/{}", name.to_string_lossy());
                    self.problem(&path, "its name is not UTF-8");
                }
            }
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names
    }

    fn problem(&mut self, path: &str, reason: &str) {
        self.problems.push(FileProblem {
            path: path.into(),
            reason: reason.to_owned(),
        });
    }
}

/// First what `order` names, then folders, then requests, by name.
fn sort(entries: &mut [Entry], order: &[String]) {
    let numbered = order.iter().enumerate().rev();
    let places: HashMap<&str, usize> = numbered.map(|(i, name)| (name.as_str(), i)).collect();
    entries.sort_by_cached_key(|entry| {
        let stem = stem_of(&entry.path);
        let place = places.get(stem.as_str()).copied();
        let is_folder = matches!(entry.kind, EntryKind::Folder(_));
        (
            place.unwrap_or(usize::MAX),
            !is_folder,
            stem.to_lowercase(),
            stem,
        )
    });
}

/// A file's stem as it stands in `order`; a folder's whole name.
pub(super) fn stem_of(path: &Path) -> String {
    let name = name_of(path);
    match name.strip_suffix(".json") {
        Some(stem) => stem.to_owned(),
        None => name,
    }
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
