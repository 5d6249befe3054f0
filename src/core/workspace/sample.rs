//! The sample workspace, embedded in the program and copied to the person's data folder.

use std::path::PathBuf;

use super::{AppDirs, WorkspaceError};

/// Copies the sample workspace to the data folder if it is not there yet; gives its path.
/// What the person changed in it stays.
///
/// # Errors
/// [`WorkspaceError::Io`].
pub fn install_sample(dirs: &AppDirs) -> Result<PathBuf, WorkspaceError> {
    let _ = dirs;
    unimplemented!()
}
