//! The sample workspace, embedded in the program and copied to the person's data folder.

use std::{fs, path::PathBuf};

use super::{AppDirs, WorkspaceError, disk};

/// Its files: path below the workspace, and content. `workspace.json` comes last, so that a copy cut
/// short is no workspace yet and is completed on the next start.
const FILES: &[(&str, &str)] = &[("workspace.json", SAMPLE)];

const SAMPLE: &str = "{\n  \"name\": \"Sample\",\n  \"version\": 1\n}\n";

/// Copies the sample workspace to the data folder if it is not there yet; gives its path.
/// What the person changed in it stays.
///
/// # Errors
/// [`WorkspaceError::Io`].
pub fn install_sample(dirs: &AppDirs) -> Result<PathBuf, WorkspaceError> {
    let root = dirs.data.join("sample");
    let io_error = |path: PathBuf| {
        |source| WorkspaceError::Io {
            action: "installing the sample workspace at",
            path,
            source,
        }
    };
    if root.join("workspace.json").exists() {
        return Ok(root);
    }
    for (name, content) in FILES {
        let path = root.join(name);
        if path.exists() {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error(folder.to_owned()))?;
        }
        disk::replace(&path, content.as_bytes()).map_err(io_error(path))?;
    }
    Ok(root)
}
