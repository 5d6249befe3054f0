//! Several requests made at once: all of them, or none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{RequestFile, Workspace, WorkspaceError};

impl Workspace {
    /// Makes requests in a folder, or in a new one of this name below it; gives the folder's path.
    /// What is there already is neither changed nor replaced: a file whose name is taken gets another.
    ///
    /// # Errors
    /// [`WorkspaceError`]; what was made until then is taken away again.
    pub fn create_requests(
        &self,
        folder: &Path,
        new_folder: Option<&str>,
        requests: &[RequestFile],
    ) -> Result<PathBuf, WorkspaceError> {
        let folder = match new_folder {
            Some(name) => self.create_folder(folder, name)?,
            None => folder.to_owned(),
        };
        let mut made = Vec::new();
        for request in requests {
            match self.create_request(&folder, request) {
                Ok(path) => made.push(path),
                Err(error) => {
                    self.take_away(&made, new_folder.map(|_| folder.as_path()));
                    return Err(error);
                }
            }
        }
        Ok(folder)
    }

    /// Removes files that were made a moment ago, as far as that can be done: the error that led here is
    /// the one to tell.
    fn take_away(&self, made: &[PathBuf], folder: Option<&Path>) {
        for path in made {
            let _ = fs::remove_file(self.root.join(path));
            self.take_from_order(path);
        }
        if let Some(folder) = folder {
            // It holds what gives it its name, and nothing else.
            let full = self.root.join(folder);
            let _ = fs::remove_file(full.join(super::folder::FOLDER_FILE));
            let _ = fs::remove_dir(full);
            self.take_from_order(folder);
        }
    }
}
