//! The workspace as a whole: opening one, reading it again, and what is unsaved before that.

use std::path::PathBuf;

use stubless_core::{
    engine::{Command, WorkspaceEdit},
    workspace::{Recent, Workspace},
};

use super::{
    Pending, load_files, reflect_if_needed,
    tab::{ask_save_as, begin, create_from, drop_tab, place_request, remember, save},
};
use crate::app::{
    AfterUnsaved, AppState, Dialog, Platform, TabId, WorkspaceState,
    sidebar::{find_entry, find_request, first_request},
};

/// Tabs with something unsaved.
fn unsaved(state: &AppState) -> Vec<TabId> {
    state
        .tabs
        .iter()
        .filter(|tab| tab.draft.is_dirty())
        .map(|tab| tab.id)
        .collect()
}

/// Asks about unsaved changes, or goes on at once when there are none.
fn ask_or(state: &mut AppState, then: AfterUnsaved) -> Vec<Command> {
    let tabs = unsaved(state);
    if tabs.is_empty() {
        return go_on(state, then);
    }
    state.dialog = Some(Dialog::Unsaved { tabs, then });
    Vec::new()
}

/// Opens a workspace.
pub(super) fn open(state: &mut AppState, path: PathBuf) -> Vec<Command> {
    state.dialog = None;
    ask_or(state, AfterUnsaved::OpenWorkspace(path))
}

/// Makes a workspace and opens it.
pub(super) fn create(state: &mut AppState, path: PathBuf, name: String) -> Vec<Command> {
    state.dialog = None;
    ask_or(state, AfterUnsaved::CreateWorkspace(path, name))
}

/// The window was asked to close. Files that are being written would not be there.
pub(super) fn close_window(state: &mut AppState) -> Vec<Command> {
    if state.jobs.saving().next().is_some() {
        let tabs = unsaved(state);
        let then = AfterUnsaved::CloseWindow;
        state.dialog = Some(Dialog::Unsaved { tabs, then });
        return Vec::new();
    }
    ask_or(state, AfterUnsaved::CloseWindow)
}

/// What follows when nothing is unsaved any more.
pub(crate) fn go_on(state: &mut AppState, then: AfterUnsaved) -> Vec<Command> {
    match then {
        AfterUnsaved::CloseTab(id) => drop_tab(state, id),
        AfterUnsaved::CloseWindow => {
            state.platform.push(Platform::Close);
            let mut commands: Vec<_> = remember(state).into_iter().collect();
            commands.push(Command::RememberWindow(state.window.clone()));
            commands
        }
        AfterUnsaved::OpenWorkspace(path) => {
            let mut commands: Vec<_> = remember(state).into_iter().collect();
            commands.push(Command::OpenWorkspace(Some(path)));
            commands
        }
        AfterUnsaved::CreateWorkspace(path, name) => {
            vec![Command::CreateWorkspace { path, name }]
        }
    }
}

/// Saves what the question was about; what follows waits until all of it is on disk.
pub(super) fn save_and_go_on(state: &mut AppState) -> Vec<Command> {
    let Some(Dialog::Unsaved { tabs, then }) = state.dialog.take() else {
        return Vec::new();
    };
    if let (AfterUnsaved::CloseTab(id), [_]) = (&then, tabs.as_slice()) {
        let in_file = state.tab(*id).is_some_and(|t| t.draft.path.is_some());
        if !in_file {
            let id = *id;
            return ask_save_as(state, id, Some(then));
        }
    }
    let mut commands = Vec::new();
    for id in tabs {
        if state.tab(id).is_some_and(|t| t.draft.path.is_some()) {
            commands.extend(save(state, id));
        } else {
            commands.extend(create_from(state, id, PathBuf::from("requests")));
        }
    }
    if commands.is_empty() {
        return go_on(state, then);
    }
    state.after_saves = Some(then);
    commands
}

/// Goes on without saving.
pub(super) fn discard_and_go_on(state: &mut AppState) -> Vec<Command> {
    match state.dialog.take() {
        Some(Dialog::Unsaved { then, .. }) => go_on(state, then),
        other => {
            state.dialog = other;
            Vec::new()
        }
    }
}

/// Takes a workspace that was just opened: its tabs, its environment, its schemas.
pub(crate) fn adopt(state: &mut AppState, workspace: Workspace, recent: &Recent) -> Vec<Command> {
    let mut commands = Vec::new();
    for tab in state.tabs.drain(..) {
        if let Some(call) = tab.call.id() {
            if tab.call.is_active() {
                commands.push(Command::Cancel(call));
            }
            commands.push(Command::Forget(call));
        }
    }
    commands.extend(super::diff::clear(state));
    state.active = None;
    state.dialog = None;
    state.pending.clear();
    state.committing.clear();
    state.after_saves = None;
    state.notices.forget_undo();
    state.secrets.clear();
    state.sidebar.toggled.clear();
    state.sidebar.filter.clear();
    state.sidebar.renaming = None;
    state.sidebar.revision += 1;
    state.schemas.clear();
    commands.extend(super::health::stop_all(state));
    state.comparison = None;
    let known = |name: &&String| workspace.environments.iter().any(|e| e.name == **name);
    state.environment = recent.environment.as_ref().filter(known).cloned();
    state.workspace = WorkspaceState::Open(Box::new(workspace));
    state.workspace_revision += 1;
    commands.extend(load_files(state));
    reopen(state, recent);
    commands.extend(reflect_if_needed(state));
    commands.extend(remember(state));
    commands
}

/// Opens the requests that were open, or the first one: a window never starts empty beside a full tree.
fn reopen(state: &mut AppState, recent: &Recent) {
    for path in &recent.open {
        if state.tab_of_path(path).is_none() {
            place_request(state, path);
        }
    }
    if state.tabs.is_empty() {
        let first = state
            .open_workspace()
            .and_then(|w| first_request(&w.entries));
        if let Some(path) = first {
            place_request(state, &path);
        }
    }
    let front = recent
        .open
        .get(recent.active)
        .and_then(|path| state.tab_of_path(path))
        .map(|tab| tab.id);
    if let Some(id) = front {
        state.active = Some(id);
        state.sidebar.selected = recent.open.get(recent.active).cloned();
    }
}

/// Takes the workspace as it is after an edit. What was typed stays; a file that changed under an
/// unsaved draft is offered, not taken.
pub(crate) fn reread(state: &mut AppState, workspace: Workspace) -> Vec<Command> {
    let sources_changed = state
        .workspace_file()
        .is_none_or(|file| file.sources != workspace.file.sources);
    for tab in &mut state.tabs {
        let Some(path) = tab.draft.path.clone() else {
            continue;
        };
        match find_request(&workspace.entries, &path) {
            // White space around a message carries no meaning: what was saved reads back normalized.
            Some(file) if file.normalized() == tab.draft.base().normalized() => tab.outside = None,
            Some(file) if tab.draft.is_dirty() => tab.outside = Some(Box::new(file.clone())),
            Some(file) => tab.draft.take(file),
            None if find_entry(&workspace.entries, &path).is_none() => {
                // Deleted outside: the text stays, and saving makes a file again.
                tab.deleted = tab.draft.path.take();
            }
            // Broken on disk: saving it is refused with the reason, the text stays.
            None => {}
        }
    }
    if let Some(name) = &state.environment
        && !workspace.environments.iter().any(|e| e.name == *name)
    {
        state.environment = None;
    }
    if let Some(path) = &state.sidebar.selected
        && find_entry(&workspace.entries, path).is_none()
    {
        state.sidebar.selected = None;
    }
    state.workspace = WorkspaceState::Open(Box::new(workspace));
    state.workspace_revision += 1;
    let mut commands = Vec::new();
    if sources_changed {
        commands.extend(load_files(state));
    }
    commands.extend(reflect_if_needed(state));
    commands
}

/// Reads the folder again.
pub(super) fn reload(state: &mut AppState) -> Vec<Command> {
    vec![begin(state, Pending::Reload, WorkspaceEdit::Reload)]
}
