//! The order of a folder's entries and its name, both in `folder.json`.
//!
//! A folder without one is shown by name, and gets none just because something in it changes.

use std::{io, path::Path};

use super::{
    FolderFile, Workspace, WorkspaceError,
    change::{EMPTY, Format},
    disk::{self, ReadError},
    folder::{FOLDER_FILE, REQUESTS, name_of, stem_of},
};

impl Workspace {
    /// Writes a folder's name into its `folder.json` where the folder could not be called so.
    pub(super) fn name_folder(&self, path: &Path, name: &str) -> Result<(), WorkspaceError> {
        let said = (name_of(path) != name).then(|| name.to_owned());
        let file = path.join(FOLDER_FILE);
        if said.is_none() && !self.root.join(&file).exists() {
            return Ok(());
        }
        self.edit_folder_file(&file, |folder| folder.name = said)
    }

    pub(super) fn append_order(&self, folder: &Path, stem: &str) -> Result<(), WorkspaceError> {
        self.edit_order(folder, |order| {
            if !order.is_empty() && !order.iter().any(|entry| entry == stem) {
                order.push(stem.to_owned());
            }
        })
    }

    /// Takes an entry out of its folder's order; gives the place it had.
    pub(super) fn take_from_order(&self, path: &Path) -> Result<Option<usize>, WorkspaceError> {
        let parent = path.parent().unwrap_or(Path::new(REQUESTS));
        let stem = stem_of(path);
        let mut position = None;
        self.edit_order(parent, |order| {
            position = order.iter().position(|entry| *entry == stem);
            order.retain(|entry| *entry != stem);
        })?;
        Ok(position)
    }

    /// Changes a folder's order, where it has one.
    pub(super) fn edit_order(
        &self,
        folder: &Path,
        change: impl FnOnce(&mut Vec<String>),
    ) -> Result<(), WorkspaceError> {
        let path = folder.join(FOLDER_FILE);
        if !self.root.join(&path).exists() {
            return Ok(());
        }
        self.edit_folder_file(&path, |file| change(&mut file.order))
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
