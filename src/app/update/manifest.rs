//! Environments, schema sources and `workspace.json`.

use std::path::{Path, PathBuf};

use stubless_core::{
    engine::{Command, WorkspaceEdit},
    schema::Fix as SourceFix,
    workspace::{EnvironmentFile, SourceSpec, TargetSettings, WorkspaceFile},
};

use super::{
    Pending, reflect_if_needed,
    tab::{begin, remember},
};
use crate::app::AppState;

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

fn short(root: Option<&Path>, path: PathBuf) -> PathBuf {
    match root.and_then(|root| path.strip_prefix(root).ok()) {
        Some(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path,
    }
}

/// Paths inside the workspace are kept relative to it, so that it can be moved and shared.
fn below(root: Option<&Path>, source: SourceSpec) -> SourceSpec {
    let short = |path: PathBuf| short(root, path);
    match source {
        SourceSpec::Protos {
            files,
            roots,
            exclude,
        } => SourceSpec::Protos {
            files: files.into_iter().map(short).collect(),
            roots: roots.into_iter().map(short).collect(),
            exclude: exclude.into_iter().map(short).collect(),
        },
        SourceSpec::DescriptorSet(path) => SourceSpec::DescriptorSet(short(path)),
        SourceSpec::Reflection => SourceSpec::Reflection,
    }
}

/// Mends a problem by a change of the source it came from; saving it loads the sources again.
pub(super) fn mend_source(state: &mut AppState, source: usize, fix: SourceFix) -> Vec<Command> {
    let Some(file) = state.workspace_file() else {
        return Vec::new();
    };
    let root = state.open_workspace().map(|w| w.root.clone());
    let mut file = file.clone();
    // The engine was given the sources that are files.
    let mut sources = file
        .sources
        .iter_mut()
        .filter(|s| **s != SourceSpec::Reflection);
    let Some(SourceSpec::Protos { roots, exclude, .. }) = sources.nth(source) else {
        return Vec::new();
    };
    let (list, path, done) = match fix {
        SourceFix::AddRoot(path) => (roots, path, "Added as an import root"),
        SourceFix::Prefer { drop, .. } => (exclude, drop, "Left out"),
    };
    let path = short(root.as_deref(), path);
    if list.contains(&path) {
        return Vec::new();
    }
    let text = format!("{done}: `{}`", path.display());
    list.push(path);
    state.notices.info(text);
    save_file(state, file)
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
