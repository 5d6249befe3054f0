//! A workspace folder: reading it whole, and every change to it.

use std::path::{Path, PathBuf};

use super::{EnvironmentFile, MetadataRow, RequestFile, SourceSpec, TargetSettings};

/// `workspace.json`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkspaceFile {
    /// Name shown.
    pub name: String,
    /// Schema sources in order.
    pub sources: Vec<SourceSpec>,
    /// Default target.
    pub target: Option<String>,
    /// How the default target is reached.
    pub settings: TargetSettings,
    /// Metadata every call carries.
    pub metadata: Vec<MetadataRow>,
}

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
    /// The new name is taken.
    #[error("`{0}` already exists")]
    Exists(PathBuf),
}

impl Workspace {
    /// Reads a folder. Broken files are listed, the rest is usable.
    ///
    /// # Errors
    /// [`WorkspaceError`] when the folder itself cannot be used.
    pub fn open(root: &Path) -> Result<Self, WorkspaceError> {
        let _ = root;
        unimplemented!()
    }

    /// Makes a new workspace in a folder that has none.
    ///
    /// # Errors
    /// [`WorkspaceError::Exists`] when one is there.
    pub fn create(root: &Path, name: &str) -> Result<Self, WorkspaceError> {
        let _ = (root, name);
        unimplemented!()
    }

    /// Reads the folder again.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reload(&mut self) -> Result<(), WorkspaceError> {
        *self = Self::open(&self.root)?;
        Ok(())
    }

    /// The request at a path.
    pub fn request(&self, path: &Path) -> Option<&RequestFile> {
        let _ = path;
        unimplemented!()
    }

    /// Saves a request over the file it was read from. `base` is the request as last read or saved:
    /// only what differs from it is written, the rest of the file's text stays as it is.
    ///
    /// # Errors
    /// [`WorkspaceError`]; the file then holds its old content.
    pub fn save_request(
        &self,
        path: &Path,
        base: &RequestFile,
        new: &RequestFile,
    ) -> Result<(), WorkspaceError> {
        let _ = (path, base, new);
        unimplemented!()
    }

    /// Makes a request in a folder (`requests` or below), its file named after it; gives the path.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn create_request(
        &self,
        folder: &Path,
        request: &RequestFile,
    ) -> Result<PathBuf, WorkspaceError> {
        let _ = (folder, request);
        unimplemented!()
    }

    /// Makes a folder; gives its path.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn create_folder(&self, parent: &Path, name: &str) -> Result<PathBuf, WorkspaceError> {
        let _ = (parent, name);
        unimplemented!()
    }

    /// Renames a request or folder; gives the new path.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn rename(&self, path: &Path, name: &str) -> Result<PathBuf, WorkspaceError> {
        let _ = (path, name);
        unimplemented!()
    }

    /// Moves a request or folder into another folder; gives the new path.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn move_to(&self, path: &Path, folder: &Path) -> Result<PathBuf, WorkspaceError> {
        let _ = (path, folder);
        unimplemented!()
    }

    /// Deletes a request or folder so that it can be taken back.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn delete(&self, path: &Path) -> Result<Undo, WorkspaceError> {
        let _ = path;
        unimplemented!()
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn restore(&self, undo: &Undo) -> Result<(), WorkspaceError> {
        let _ = undo;
        unimplemented!()
    }

    /// Saves `workspace.json`, changing only what differs.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn save_file(&self, new: &WorkspaceFile) -> Result<(), WorkspaceError> {
        let _ = new;
        unimplemented!()
    }

    /// Saves an environment (by its name), changing only what differs; secrets' values are left out.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn save_environment(&self, new: &EnvironmentFile) -> Result<(), WorkspaceError> {
        let _ = new;
        unimplemented!()
    }

    /// Deletes an environment.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn delete_environment(&self, name: &str) -> Result<(), WorkspaceError> {
        let _ = name;
        unimplemented!()
    }
}
