//! Words for what goes wrong with a workspace's files.

use std::io::ErrorKind;

use super::{Failure, capitalized, card, chain};
use crate::workspace::WorkspaceError;

/// A workspace that could not be opened or changed.
pub fn workspace_failure(error: &WorkspaceError) -> Failure {
    match error {
        WorkspaceError::Io {
            action,
            path,
            source,
        } => {
            let hint = match source.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    "Check the permissions of the folder; nothing that was typed is lost"
                }
                ErrorKind::NotFound => "Check that the folder is still there",
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    "Make room on the disk; nothing that was typed is lost"
                }
                _ => "Nothing that was typed is lost: try again",
            };
            let summary = format!("Failed {action} `{}`", path.display());
            card(summary, chain(source), hint, &[])
        }
        WorkspaceError::NotAWorkspace(path) => card(
            "This folder is not a Stubless workspace",
            format!("There is no workspace.json in {}", path.display()),
            "Open another folder, or make a new workspace in this one",
            &[],
        ),
        WorkspaceError::Broken { path, reason } => card(
            format!("`{}` cannot be used", path.display()),
            capitalized(reason),
            "Correct it in a text editor and open it again; Stubless does not overwrite it",
            &[],
        ),
        WorkspaceError::Conflict(path) => card(
            format!("`{}` was changed outside Stubless", path.display()),
            "It is not overwritten, and nothing that was typed is lost",
            "Reload the workspace to see the other version, or save under another name",
            &[],
        ),
        WorkspaceError::Outside(path) => card(
            format!("`{}` is not a place for requests", path.display()),
            "It does not lie below the workspace's requests",
            "Choose a folder of this workspace, and not one inside of what is moved",
            &[],
        ),
        WorkspaceError::Link(path) => card(
            format!("`{}` is a symbolic link", path.display()),
            "Stubless does not write through one",
            "Put the file itself into the workspace",
            &[],
        ),
        WorkspaceError::Exists(path) => card(
            format!("`{}` already exists", path.display()),
            "It is not overwritten",
            "Choose another name or folder",
            &[],
        ),
    }
}
