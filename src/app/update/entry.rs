//! Saved requests and folders: making, copying, renaming, moving, deleting and taking that back.

use std::path::{Path, PathBuf};

use stubless_core::{
    engine::{Command, WorkspaceEdit},
    workspace::RequestFile,
};

use super::{Pending, stream, tab::begin};
use crate::app::{
    AppState, NoticeId, TakeBack,
    sidebar::{find_entry, find_request},
};

/// Makes a folder.
pub(super) fn create_folder(state: &mut AppState, parent: PathBuf, name: &str) -> Vec<Command> {
    state.dialog = None;
    let edit = WorkspaceEdit::CreateFolder {
        parent,
        name: name.trim().to_owned(),
    };
    vec![begin(state, Pending::CreateFolder, edit)]
}

/// The names of a folder's entries.
fn names_in(state: &AppState, folder: &Path) -> Vec<String> {
    let Some(workspace) = state.open_workspace() else {
        return Vec::new();
    };
    crate::app::request_rows(&workspace.entries, "", &std::collections::HashSet::new())
        .into_iter()
        .filter(|row| row.path.parent() == Some(folder))
        .map(|row| row.label)
        .collect()
}

/// `wanted`, or `wanted 2`, `wanted 3` … when the folder has it.
fn free_name(state: &AppState, folder: &Path, wanted: &str) -> String {
    let taken = names_in(state, folder);
    let is_taken = |name: &str| taken.iter().any(|t| t.eq_ignore_ascii_case(name));
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    (2..=taken.len() + 2)
        .map(|n| format!("{wanted} {n}"))
        .find(|name| !is_taken(name))
        .unwrap_or_else(|| wanted.to_owned())
}

/// Makes a request in a folder and opens it; its name is typed next.
pub(super) fn create_request(state: &mut AppState, folder: PathBuf) -> Vec<Command> {
    let request = Box::new(RequestFile {
        name: free_name(state, &folder, "New request"),
        ..RequestFile::default()
    });
    let pending = Pending::Create {
        tab: None,
        saved: request.clone(),
        rename: true,
    };
    let edit = WorkspaceEdit::CreateRequest { folder, request };
    vec![begin(state, pending, edit)]
}

/// Copies a request beside itself.
pub(super) fn duplicate(state: &mut AppState, path: &Path) -> Vec<Command> {
    let Some(workspace) = state.open_workspace() else {
        return Vec::new();
    };
    let Some(file) = find_request(&workspace.entries, path) else {
        return Vec::new();
    };
    let folder = path.parent().unwrap_or(Path::new("requests")).to_owned();
    let request = Box::new(RequestFile {
        name: free_name(state, &folder, &format!("{} copy", file.name)),
        ..file.clone()
    });
    let pending = Pending::Create {
        tab: None,
        saved: request.clone(),
        rename: false,
    };
    let edit = WorkspaceEdit::CreateRequest { folder, request };
    vec![begin(state, pending, edit)]
}

/// Begins typing a new name in the tree.
pub(super) fn begin_rename(state: &mut AppState, path: PathBuf) -> Vec<Command> {
    let name = state
        .open_workspace()
        .and_then(|w| find_entry(&w.entries, &path))
        .map(|entry| entry.name.clone());
    if let Some(name) = name {
        state.sidebar.selected = Some(path.clone());
        state.sidebar.renaming = Some((path, name));
    }
    Vec::new()
}

/// Renames a request or folder.
pub(super) fn rename(state: &mut AppState, path: PathBuf, name: &str) -> Vec<Command> {
    state.sidebar.renaming = None;
    let name = name.trim();
    let same = state
        .open_workspace()
        .and_then(|w| find_entry(&w.entries, &path))
        .is_none_or(|entry| entry.name == name);
    if name.is_empty() || same {
        return Vec::new();
    }
    let edit = WorkspaceEdit::Rename {
        path: path.clone(),
        name: name.to_owned(),
    };
    vec![begin(state, Pending::Relocate { from: path }, edit)]
}

/// Moves a request or folder.
pub(super) fn move_to(state: &mut AppState, path: PathBuf, folder: PathBuf) -> Vec<Command> {
    state.dialog = None;
    // Into itself or where it is already: nothing to do.
    if folder.starts_with(&path) || path.parent() == Some(folder.as_path()) {
        return Vec::new();
    }
    let edit = WorkspaceEdit::Move {
        path: path.clone(),
        folder,
    };
    vec![begin(state, Pending::Relocate { from: path }, edit)]
}

/// Deletes a request or folder; a notice takes it back.
pub(super) fn delete(state: &mut AppState, path: PathBuf) -> Vec<Command> {
    let name = state
        .open_workspace()
        .and_then(|w| find_entry(&w.entries, &path))
        .map(|entry| entry.name.clone());
    let Some(name) = name else {
        return Vec::new();
    };
    let pending = Pending::Delete {
        path: path.clone(),
        name,
    };
    vec![begin(state, pending, WorkspaceEdit::Delete { path })]
}

/// Takes the newest deletion or removal back, or the one of a notice.
pub(super) fn undo(state: &mut AppState, id: Option<NoticeId>) -> Vec<Command> {
    let undo = match state.notices.take_undo(id) {
        None => return Vec::new(),
        Some(TakeBack::Message(tab, message)) => {
            stream::put_back(state, tab, message);
            return Vec::new();
        }
        Some(TakeBack::Deletion(undo)) => undo,
    };
    let pending = Pending::Restore {
        path: undo.path.clone(),
    };
    vec![begin(state, pending, WorkspaceEdit::Restore { undo })]
}
