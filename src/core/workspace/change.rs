//! Changes to a workspace on disk: each is one file replaced, made, moved, or kept for undo.
//!
//! Invariants: a file is written only when its content was what the caller last read, or is not there;
//! what is written reads back as what was asked for; a broken file is moved or deleted at most, never
//! written. The [`Workspace`] at hand is not updated: read it again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    EnvironmentFile, RequestFile, Undo, Workspace, WorkspaceError, WorkspaceFile,
    disk::{self, FileText, ReadError},
    folder::{ENVIRONMENTS, FOLDER_FILE, REQUESTS, WORKSPACE_FILE, name_of, stem_of},
    name,
};

/// What a new file is edited from.
pub(super) const EMPTY: &str = "{}\n";

/// How a kind of file is read and written.
pub(super) struct Format<'a, T> {
    pub(super) parse: &'a dyn Fn(&str) -> Result<T, String>,
    pub(super) edit: fn(String, &T, &T) -> Result<String, String>,
}

impl<T: PartialEq> Format<'_, T> {
    /// The text with `old` changed to `new`, proven to read back as `new`.
    fn compose(&self, text: &str, old: &T, new: &T) -> Result<String, String> {
        let text = (self.edit)(text.to_owned(), old, new)?;
        let read = (self.parse)(&text)?;
        if read == *new {
            Ok(text)
        } else {
            Err("what would be written does not read back; nothing was changed".to_owned())
        }
    }

    /// Changes a file that was read as `base`. `shown` is its path in errors.
    pub(super) fn save(
        &self,
        path: &Path,
        shown: &Path,
        base: &T,
        new: &T,
    ) -> Result<(), WorkspaceError> {
        let broken = |reason| WorkspaceError::Broken {
            path: shown.to_owned(),
            reason,
        };
        let file = match disk::read(path) {
            Ok(file) => file,
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                // Removed by someone else: nothing can be overwritten, and what was typed is kept.
                return self.create(path, shown, EMPTY, new);
            }
            Err(error) => return Err(error.at("reading", shown.to_owned())),
        };
        let current = (self.parse)(&file.text).map_err(broken)?;
        if current == *new {
            return Ok(());
        }
        if current != *base {
            return Err(WorkspaceError::Conflict(shown.to_owned()));
        }
        let text = self.compose(&file.text, &current, new).map_err(broken)?;
        write(path, shown, &file, &text)
    }

    /// Makes a file, and the folder it lies in.
    pub(super) fn create(
        &self,
        path: &Path,
        shown: &Path,
        start: &str,
        new: &T,
    ) -> Result<(), WorkspaceError> {
        let broken = |reason| WorkspaceError::Broken {
            path: shown.to_owned(),
            reason,
        };
        let old = (self.parse)(start).map_err(broken)?;
        let text = self.compose(start, &old, new).map_err(broken)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error("making the folder of", shown))?;
        }
        disk::create(path, text.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => WorkspaceError::Exists(shown.to_owned()),
            _ => io_error("saving", shown)(error),
        })
    }
}

impl Workspace {
    /// Makes a new workspace in a folder that has none.
    ///
    /// # Errors
    /// [`WorkspaceError::Exists`] when one is there.
    pub fn create(root: &Path, name: &str) -> Result<Self, WorkspaceError> {
        let path = root.join(WORKSPACE_FILE);
        let new = WorkspaceFile {
            name: name.to_owned(),
            // Whoever types an address sees what is there.
            sources: vec![super::SourceSpec::Reflection],
            ..WorkspaceFile::default()
        };
        let parse = |text: &str| WorkspaceFile::parse(text, "");
        let format = Format {
            parse: &parse,
            edit: WorkspaceFile::edit,
        };
        format.create(&path, &path, "{\n  \"version\": 1\n}\n", &new)?;
        Self::open(root)
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
        let full = self.entry_path(path)?;
        let stem = stem_of(path);
        let parse = |text: &str| Ok(RequestFile::parse(text, &stem)?.normalized());
        let format = Format {
            parse: &parse,
            edit: RequestFile::edit,
        };
        format.save(&full, path, &base.normalized(), &new.normalized())
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
        let full = self.folder_path(folder)?;
        let mut new = request.normalized();
        if new.name.is_empty() {
            let method = new.method.rsplit('/').next().unwrap_or_default();
            new.name = if method.is_empty() { "Request" } else { method }.to_owned();
        }
        let stem = free_stem(&full, folder, &name::slug(&new.name), None)?;
        let path = folder.join(format!("{stem}.json"));
        let parse = |text: &str| Ok(RequestFile::parse(text, "")?.normalized());
        let format = Format {
            parse: &parse,
            edit: RequestFile::edit,
        };
        format.create(&self.root.join(&path), &path, EMPTY, &new)?;
        self.append_order(folder, &stem);
        Ok(path)
    }

    /// Makes a folder; gives its path.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn create_folder(&self, parent: &Path, name: &str) -> Result<PathBuf, WorkspaceError> {
        let full = self.folder_path(parent)?;
        let stem = free_stem(&full, parent, &name::sanitized(name), None)?;
        let path = parent.join(&stem);
        fs::create_dir_all(self.root.join(&path)).map_err(io_error("making", &path))?;
        self.name_folder(&path, &stem, name)?;
        self.append_order(parent, &stem);
        Ok(path)
    }

    /// Renames a request or folder; gives the new path. Its place in the folder's order stays.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn rename(&self, path: &Path, name: &str) -> Result<PathBuf, WorkspaceError> {
        let full = self.entry_path(path)?;
        let parent = path.parent().unwrap_or(Path::new(REQUESTS));
        let old_stem = stem_of(path);
        let is_folder = full.is_dir();
        let wanted = if is_folder {
            name::sanitized(name)
        } else {
            name::slug(name)
        };
        let stem = if wanted.to_lowercase() == old_stem.to_lowercase() {
            old_stem.clone()
        } else {
            free_stem(&self.root.join(parent), parent, &wanted, Some(&old_stem))?
        };
        let new_path = if is_folder {
            parent.join(&stem)
        } else {
            parent.join(format!("{stem}.json"))
        };
        if is_folder {
            // First, for it may fail: then nothing was moved.
            self.name_folder(path, &stem, name)?;
            if new_path != path {
                disk::relocate(&full, &self.root.join(&new_path))
                    .map_err(io_error("renaming", path))?;
            }
        } else {
            self.rename_request(path, &new_path, name)?;
        }
        self.edit_order(parent, |order| {
            for entry in order.iter_mut().filter(|entry| **entry == old_stem) {
                entry.clone_from(&stem);
            }
        });
        Ok(new_path)
    }

    fn rename_request(
        &self,
        path: &Path,
        new_path: &Path,
        name: &str,
    ) -> Result<(), WorkspaceError> {
        let broken = |reason| WorkspaceError::Broken {
            path: path.to_owned(),
            reason,
        };
        let full = self.entry_path(path)?;
        let file = disk::read(&full).map_err(|error| error.at("reading", path.to_owned()))?;
        let (old_stem, new_stem) = (stem_of(path), stem_of(new_path));
        let old = RequestFile::parse(&file.text, &old_stem).map_err(broken)?;
        let new = RequestFile {
            name: name.to_owned(),
            ..old.clone()
        };
        let parse = |text: &str| RequestFile::parse(text, &new_stem);
        let format = Format {
            parse: &parse,
            edit: RequestFile::edit,
        };
        let text = format.compose(&file.text, &old, &new).map_err(broken)?;
        if path == new_path {
            return write(&full, path, &file, &text);
        }
        // The new file first: at no moment is there none.
        let bytes = file.bytes_of(&text);
        disk::create(&self.root.join(new_path), &bytes).map_err(io_error("renaming", path))?;
        fs::remove_file(&full).map_err(io_error("removing", path))
    }

    /// Moves a request or folder into another folder; gives the new path.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn move_to(&self, path: &Path, folder: &Path) -> Result<PathBuf, WorkspaceError> {
        let full = self.entry_path(path)?;
        let target = self.folder_path(folder)?;
        if folder.starts_with(path) {
            return Err(WorkspaceError::Outside(folder.to_owned()));
        }
        if path.parent() == Some(folder) {
            return Ok(path.to_owned());
        }
        let old_stem = stem_of(path);
        let stem = free_stem(&target, folder, &old_stem, None)?;
        let name = if full.is_dir() {
            stem.clone()
        } else {
            format!("{stem}.json")
        };
        let new_path = folder.join(name);
        disk::relocate(&full, &self.root.join(&new_path)).map_err(io_error("moving", path))?;
        self.take_from_order(path);
        self.append_order(folder, &stem);
        Ok(new_path)
    }

    /// Deletes a request or folder. Its bytes are kept below `trash`, so that it can be taken back.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn delete(&self, path: &Path, trash: &Path) -> Result<Undo, WorkspaceError> {
        let full = self.entry_path(path)?;
        let kept = keep(&full, path, trash)?;
        let position = self.take_from_order(path);
        Ok(Undo {
            path: path.to_owned(),
            kept,
            position,
        })
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn restore(&self, undo: &Undo) -> Result<(), WorkspaceError> {
        let full = disk::inside(&self.root, &undo.path)?;
        let parent = undo.path.parent().unwrap_or(Path::new(REQUESTS));
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder).map_err(io_error("making", parent))?;
        }
        disk::relocate(&undo.kept, &full).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => WorkspaceError::Exists(undo.path.clone()),
            _ => io_error("restoring", &undo.path)(error),
        })?;
        if let Some(position) = undo.position {
            self.edit_order(parent, |order| {
                order.insert(position.min(order.len()), stem_of(&undo.path));
            });
        }
        Ok(())
    }

    /// Saves `workspace.json`, changing only what differs.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn save_file(&self, new: &WorkspaceFile) -> Result<(), WorkspaceError> {
        let shown = Path::new(WORKSPACE_FILE);
        let full = disk::inside(&self.root, shown)?;
        let folder = name_of(&self.root);
        let parse = |text: &str| WorkspaceFile::parse(text, &folder);
        let format = Format {
            parse: &parse,
            edit: WorkspaceFile::edit,
        };
        format.save(&full, shown, &self.file, new)
    }

    /// Saves an environment (by its name), changing only what differs; secrets' values are left out.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn save_environment(&self, new: &EnvironmentFile) -> Result<(), WorkspaceError> {
        let new = new.without_secrets();
        if let Some(path) = self.environment_path(&new.name)? {
            let full = disk::inside(&self.root, &path)?;
            let stem = stem_of(&path);
            let parse = |text: &str| EnvironmentFile::parse(text, &stem);
            let format = Format {
                parse: &parse,
                edit: EnvironmentFile::edit,
            };
            let base = self.environments.iter().find(|e| e.name == new.name);
            let base = base.map(EnvironmentFile::without_secrets);
            return format.save(&full, &path, &base.unwrap_or_default(), &new);
        }
        let folder = Path::new(ENVIRONMENTS);
        let full = disk::inside(&self.root, folder)?;
        let stem = free_stem(&full, folder, &name::sanitized(&new.name), None)?;
        let path = folder.join(format!("{stem}.json"));
        let parse = |text: &str| EnvironmentFile::parse(text, &stem);
        let format = Format {
            parse: &parse,
            edit: EnvironmentFile::edit,
        };
        format.create(&self.root.join(&path), &path, EMPTY, &new)
    }

    /// Deletes an environment, so that it can be taken back.
    ///
    /// # Errors
    /// [`WorkspaceError`].
    pub fn delete_environment(&self, name: &str, trash: &Path) -> Result<Undo, WorkspaceError> {
        let path = self.environment_path(name)?;
        let path = path.unwrap_or_else(|| Path::new(ENVIRONMENTS).join(format!("{name}.json")));
        let full = disk::inside(&self.root, &path)?;
        let kept = keep(&full, &path, trash)?;
        Ok(Undo {
            path,
            kept,
            position: None,
        })
    }

    /// The file of an environment, by the name it was read with.
    fn environment_path(&self, name: &str) -> Result<Option<PathBuf>, WorkspaceError> {
        let folder = Path::new(ENVIRONMENTS);
        let entries = match fs::read_dir(disk::inside(&self.root, folder)?) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("reading", folder)(error)),
        };
        for entry in entries.flatten() {
            let file_name = entry.file_name();
            let path = folder.join(&file_name);
            if disk::hidden(&file_name) || path.extension() != Some("json".as_ref()) {
                continue;
            }
            let read = disk::read(&entry.path()).ok();
            let read = read.and_then(|f| EnvironmentFile::parse(&f.text, &stem_of(&path)).ok());
            if read.is_some_and(|environment| environment.name == name) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The absolute path of something below `requests/`.
    fn entry_path(&self, path: &Path) -> Result<PathBuf, WorkspaceError> {
        let below = path.strip_prefix(REQUESTS).ok();
        if below.is_none_or(|rest| rest.as_os_str().is_empty()) {
            return Err(WorkspaceError::Outside(path.to_owned()));
        }
        disk::inside(&self.root, path)
    }

    /// The absolute path of `requests` or a folder below; made where it is missing.
    fn folder_path(&self, path: &Path) -> Result<PathBuf, WorkspaceError> {
        if !path.starts_with(REQUESTS) {
            return Err(WorkspaceError::Outside(path.to_owned()));
        }
        let full = disk::inside(&self.root, path)?;
        fs::create_dir_all(&full).map_err(io_error("making", path))?;
        Ok(full)
    }
}

/// Moves what is deleted to a place of its own below `trash`.
fn keep(full: &Path, shown: &Path, trash: &Path) -> Result<PathBuf, WorkspaceError> {
    let place = trash.join(uuid::Uuid::new_v4().to_string());
    fs::create_dir_all(&place).map_err(io_error("making", &place))?;
    let kept = place.join(name_of(shown));
    disk::relocate(full, &kept).map_err(io_error("deleting", shown))?;
    Ok(kept)
}

fn write(path: &Path, shown: &Path, old: &FileText, text: &str) -> Result<(), WorkspaceError> {
    disk::replace(path, &old.bytes_of(text)).map_err(io_error("saving", shown))
}

/// A stem no entry of the folder has, in any case of letters. `own` is not in the way.
fn free_stem(
    full: &Path,
    shown: &Path,
    wanted: &str,
    own: Option<&str>,
) -> Result<String, WorkspaceError> {
    let names = match disk::names_in(full) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io_error("reading", shown)(error)),
    };
    let own = own.map(str::to_lowercase);
    Ok(name::unique(wanted, |stem| {
        let stem = stem.to_lowercase();
        let file = format!("{stem}.json");
        let taken = names.iter().any(|name| *name == stem || *name == file);
        file == FOLDER_FILE || (taken && own.as_ref() != Some(&stem))
    }))
}

fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl Fn(io::Error) -> WorkspaceError + use<'a> {
    move |source| WorkspaceError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
