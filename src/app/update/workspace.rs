//! The workspace: opening one, its files, environments and schema sources.

use std::path::{Path, PathBuf};

use stubless_core::{
    engine::{Command, WorkspaceEdit},
    workspace::{
        EnvironmentFile, Recent, RequestFile, SourceSpec, TargetSettings, Workspace, WorkspaceFile,
    },
};

use super::{
    Pending, load_files, reflect_if_needed,
    tab::{ask_save_as, begin, create_from, drop_tab, place_request, remember, save},
};
use crate::app::{
    AfterUnsaved, AppState, Dialog, NoticeId, Platform, TabId, WorkspaceState,
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

/// The window was asked to close.
pub(super) fn close_window(state: &mut AppState) -> Vec<Command> {
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
    state.active = None;
    state.dialog = None;
    state.pending.clear();
    state.after_saves = None;
    state.notices.forget_undo();
    state.secrets.clear();
    state.sidebar.toggled.clear();
    state.sidebar.filter.clear();
    state.sidebar.renaming = None;
    state.sidebar.revision += 1;
    state.schemas.clear();
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
            Some(file) if file.normalized() == tab.draft.base.normalized() => tab.outside = None,
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

/// Takes the newest deletion back, or the one of a notice.
pub(super) fn undo(state: &mut AppState, id: Option<NoticeId>) -> Vec<Command> {
    let Some(undo) = state.notices.take_undo(id) else {
        return Vec::new();
    };
    let pending = Pending::Restore {
        path: undo.path.clone(),
    };
    vec![begin(state, pending, WorkspaceEdit::Restore { undo })]
}

/// Chooses the environment.
pub(super) fn select_environment(state: &mut AppState, name: Option<String>) -> Vec<Command> {
    state.environment = name;
    let mut commands = reflect_if_needed(state);
    commands.extend(remember(state));
    commands
}

/// Saves an environment. Secrets' values stay in memory and are not handed on.
pub(super) fn save_environment(
    state: &mut AppState,
    old: Option<String>,
    mut environment: EnvironmentFile,
) -> Vec<Command> {
    state.dialog = None;
    environment.name = environment.name.trim().to_owned();
    environment.variables.retain(|v| !v.name.trim().is_empty());
    for variable in &mut environment.variables {
        variable.name = variable.name.trim().to_owned();
        let key = (environment.name.clone(), variable.name.clone());
        if variable.secret {
            state
                .secrets
                .insert(key, std::mem::take(&mut variable.value));
        } else {
            state.secrets.remove(&key);
        }
    }
    let name = environment.name.clone();
    let renamed = old.filter(|old| *old != name);
    let pending = Pending::Environment {
        name,
        old: renamed.clone(),
    };
    let edit = WorkspaceEdit::SaveEnvironment { environment };
    let mut commands = vec![begin(state, pending, edit)];
    if let Some(name) = renamed {
        let edit = WorkspaceEdit::DeleteEnvironment { name };
        commands.push(begin(state, Pending::DeleteEnvironment(None), edit));
    }
    commands
}

/// Deletes an environment.
pub(super) fn delete_environment(state: &mut AppState, name: String) -> Vec<Command> {
    state.dialog = None;
    let pending = Pending::DeleteEnvironment(Some(name.clone()));
    let edit = WorkspaceEdit::DeleteEnvironment { name };
    vec![begin(state, pending, edit)]
}

/// Replaces the schema sources.
pub(super) fn set_sources(state: &mut AppState, sources: Vec<SourceSpec>) -> Vec<Command> {
    state.dialog = None;
    let Some(file) = state.workspace_file() else {
        return Vec::new();
    };
    let root = state.open_workspace().map(|w| w.root.clone());
    let sources = sources
        .into_iter()
        .map(|source| below(root.as_deref(), source))
        .collect();
    let file = WorkspaceFile {
        sources,
        ..file.clone()
    };
    save_file(state, file)
}

/// Paths inside the workspace are kept relative to it, so that it can be moved and shared.
fn below(root: Option<&Path>, source: SourceSpec) -> SourceSpec {
    let short = |path: PathBuf| match root.and_then(|root| path.strip_prefix(root).ok()) {
        Some(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path,
    };
    match source {
        SourceSpec::Protos { files, roots } => SourceSpec::Protos {
            files: files.into_iter().map(short).collect(),
            roots: roots.into_iter().map(short).collect(),
        },
        SourceSpec::DescriptorSet(path) => SourceSpec::DescriptorSet(short(path)),
        SourceSpec::Reflection => SourceSpec::Reflection,
    }
}

/// Adds schema sources; those that are there already are left out.
pub(super) fn add_sources(state: &mut AppState, added: Vec<SourceSpec>) -> Vec<Command> {
    let Some(file) = state.workspace_file() else {
        return Vec::new();
    };
    let root = state.open_workspace().map(|w| w.root.clone());
    let mut file = file.clone();
    for source in added {
        let source = below(root.as_deref(), source);
        if !file.sources.contains(&source) {
            file.sources.push(source);
        }
    }
    save_file(state, file)
}

/// Saves `workspace.json`.
pub(super) fn save_file(state: &mut AppState, mut file: WorkspaceFile) -> Vec<Command> {
    if file.target.is_none() {
        // Settings are the target's: without one they would apply to whatever is typed next.
        file.settings = TargetSettings::default();
    }
    let edit = WorkspaceEdit::SaveFile {
        file: Box::new(file),
    };
    vec![begin(state, Pending::File, edit)]
}

/// Reads the folder again.
pub(super) fn reload(state: &mut AppState) -> Vec<Command> {
    vec![begin(state, Pending::Reload, WorkspaceEdit::Reload)]
}
