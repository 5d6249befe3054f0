//! The order of a folder's entries and its name, both in `folder.json`.
//!
//! A folder without one is shown by name, and gets none just because something in it changes.
//! An order follows what was already done to the entry itself. One that cannot be changed is left as
//! it is: a name it holds too much is passed over, and the edit counts as done.

use std::{io, path::Path};

use super::{
    FolderFile, Workspace, WorkspaceError,
    change::{EMPTY, Format},
    disk::{self, ReadError},
    folder::{FOLDER_FILE, REQUESTS, stem_of},
};

impl Workspace {
    /// Writes the name of the folder at `path` into its `folder.json`, unless the folder itself is
    /// or will be called so: `stem` is what it is called on disk.
    pub(super) fn name_folder(
        &self,
        path: &Path,
        stem: &str,
        name: &str,
    ) -> Result<(), WorkspaceError> {
        let said = (stem != name).then(|| name.to_owned());
        let file = path.join(FOLDER_FILE);
        if said.is_none() && !self.root.join(&file).exists() {
            return Ok(());
        }
        self.edit_folder_file(&file, |folder| folder.name = said)
    }

    /// Puts an entry last in a folder's order, where it has one.
    pub(super) fn append_order(&self, folder: &Path, stem: &str) {
        self.edit_order(folder, |order| {
            if !order.is_empty() && !order.iter().any(|entry| entry == stem) {
                order.push(stem.to_owned());
            }
        });
    }

    /// Takes an entry out of its folder's order; gives the place it had.
    pub(super) fn take_from_order(&self, path: &Path) -> Option<usize> {
        let parent = path.parent().unwrap_or(Path::new(REQUESTS));
        let stem = stem_of(path);
        let mut position = None;
        self.edit_order(parent, |order| {
            position = order.iter().position(|entry| *entry == stem);
            order.retain(|entry| *entry != stem);
        });
        position
    }

    /// Changes a folder's order, where it has one that can be changed.
    pub(super) fn edit_order(&self, folder: &Path, change: impl FnOnce(&mut Vec<String>)) {
        let path = folder.join(FOLDER_FILE);
        if !self.root.join(&path).exists() {
            return;
        }
        if let Err(error) = self.edit_folder_file(&path, |file| change(&mut file.order)) {
            tracing::warn!(%error, "the order of a folder stays as it was");
        }
    }

    fn edit_folder_file(
        &self,
        path: &Path,
        change: impl FnOnce(&mut FolderFile),
    ) -> Result<(), WorkspaceError> {
        let full = disk::inside(&self.root, path)?;
        let parse = |text: &str| FolderFile::parse(text);
        let format = Format {
            parse: &parse,
            edit: FolderFile::edit,
        };
        let read = disk::read(&full).map(|file| FolderFile::parse(&file.text));
        match read {
            Ok(Ok(old)) => {
                let mut new = old.clone();
                change(&mut new);
                format.save(&full, path, &old, &new)
            }
            // A broken one is left alone: the folder is shown by name until a person mends it.
            Ok(Err(_)) => Ok(()),
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                let mut new = FolderFile::default();
                change(&mut new);
                format.create(&full, path, EMPTY, &new)
            }
            Err(error) => Err(error.at("reading", path.to_owned())),
        }
    }
}
