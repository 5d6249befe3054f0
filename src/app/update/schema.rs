//! Asking for schemas: the workspace's files, and the target at hand.

use std::path::{Path, PathBuf};

use stubless_core::{
    call::address_of,
    engine::{Command, ReflectSpec, SchemaId},
    message::{Document, starting_body},
    schema::{Existing, Problem, SaveForm, Schema, Source},
    workspace::{MessageText, SourceSpec},
};

use crate::app::{AppState, Draft, ReflectKey, SchemaGroup, SchemaSlot, Tab, TabId};

/// Loads the file sources again; without any there is no schema of files.
pub(crate) fn load_files(state: &mut AppState) -> Vec<Command> {
    let Some(workspace) = state.open_workspace() else {
        return Vec::new();
    };
    let sources = file_sources(&workspace.root, &workspace.file.sources);
    state.schemas.touch();
    let watched = std::mem::replace(&mut state.schemas.watched, !sources.is_empty());
    if sources.is_empty() {
        state.schemas.files = SchemaSlot::Empty;
        state.comparison = None;
        return watched
            .then_some(Command::UnloadSchema)
            .into_iter()
            .collect();
    }
    let id = SchemaId(state.fresh());
    state.schemas.files.begin(id);
    vec![Command::LoadSchema(id, sources)]
}

/// Files of the schema changed on disk. What is being loaded already saw it: the engine tells no change
/// between a question and its answer.
pub(crate) fn files_changed(state: &mut AppState) -> Vec<Command> {
    if state.schemas.files.is_loading() || !state.schemas.watched {
        return Vec::new();
    }
    load_files(state)
}

/// The sources the engine loads; it knows no workspace, so paths are made whole here.
fn file_sources(root: &Path, sources: &[SourceSpec]) -> Vec<Source> {
    let whole = |paths: &[std::path::PathBuf]| paths.iter().map(|p| root.join(p)).collect();
    sources
        .iter()
        .filter_map(|source| match source {
            SourceSpec::Protos {
                files,
                roots,
                exclude,
            } => Some(Source::Protos {
                files: whole(files),
                roots: whole(roots),
                exclude: whole(exclude),
            }),
            SourceSpec::DescriptorSet(path) => Some(Source::DescriptorSet(root.join(path))),
            SourceSpec::Reflection => None,
        })
        .collect()
}

/// Has a symbol built that a view waits for; once, however often the view asks.
pub(super) fn prepare(state: &mut AppState, schema: Schema, symbol: String) -> Vec<Command> {
    if !state.schemas.preparing(&schema, &symbol) {
        return Vec::new();
    }
    vec![Command::PrepareSymbol(schema, symbol)]
}

/// A symbol is built: what was wrong with it is told, and bodies that waited for it are generated.
pub(crate) fn prepared(
    state: &mut AppState,
    schema: &Schema,
    symbol: &str,
    problems: &[Problem],
) -> Vec<Command> {
    state.schemas.prepared(schema, symbol, problems);
    let Some(method) = schema.method(symbol) else {
        return Vec::new();
    };
    let waiting = |tab: &&mut Tab| tab.view.awaits_body && tab.draft.method == symbol;
    for tab in state.tabs.iter_mut().filter(waiting) {
        tab.view.awaits_body = false;
        if tab.is_passing() {
            let mut file = tab.draft.to_file();
            file.messages = vec![MessageText(starting_body(&method.input()))];
            tab.draft = Draft::unsaved(&file);
        } else if let [only] = tab.draft.messages.as_mut_slice()
            && only.is_empty()
        {
            *only = Document::new(starting_body(&method.input()));
        }
    }
    Vec::new()
}

/// Asks the target at hand if it was never asked.
pub(crate) fn reflect_if_needed(state: &mut AppState) -> Vec<Command> {
    let Some(key) = state.current_key() else {
        return Vec::new();
    };
    if state.schemas.target(&key).is_some() {
        return Vec::new();
    }
    let draft = state.active_tab().map(|tab| tab.id);
    reflect(state, draft, &key)
}

/// A call goes to the target of a tab: asks it too if it was never asked, for the list of services.
pub(super) fn reflect_for_call(state: &mut AppState, id: TabId) -> Vec<Command> {
    let key = state
        .tab(id)
        .and_then(|tab| state.reflect_key(Some(&tab.draft)));
    match key {
        Some(key) if state.schemas.was_not_asked(&key) => reflect(state, Some(id), &key),
        _ => Vec::new(),
    }
}

/// Asks a target, whatever is known of it, with the metadata of a tab's draft.
pub(super) fn reflect(state: &mut AppState, tab: Option<TabId>, key: &ReflectKey) -> Vec<Command> {
    if !state.reflects() || !can_dial(state, &key.target) {
        return Vec::new();
    }
    let Some(spec) = reflect_spec(state, tab, key) else {
        return Vec::new();
    };
    let id = SchemaId(state.fresh());
    state.schemas.target_mut(key).begin(id);
    vec![Command::Reflect(id, Box::new(spec))]
}

/// What asks a target, with the metadata of a tab's draft.
pub(super) fn reflect_spec(
    state: &AppState,
    tab: Option<TabId>,
    key: &ReflectKey,
) -> Option<ReflectSpec> {
    let workspace = state.open_workspace()?;
    let empty = Draft::default();
    let draft = tab
        .and_then(|id| state.tab(id))
        .map_or(&empty, |tab| &tab.draft);
    Some(ReflectSpec {
        target: key.target.clone(),
        settings: key.settings.clone(),
        metadata: draft.effective(&state.above(Some(draft))).metadata,
        scope: state.scope(),
        base: workspace.root.clone(),
        filling: state.schemas.files.schema().cloned(),
    })
}

/// The embedded server is asked once it listens; a variable without a value is the call's to report.
pub(super) fn can_dial(state: &AppState, target: &str) -> bool {
    !target.contains("{{") && (state.demo.is_some() || !is_demo(target))
}

/// `demo:` is the embedded server.
pub(super) fn is_demo(target: &str) -> bool {
    target.trim().starts_with("demo:")
}

/// The person is done typing a target: asks it, also when it failed before.
pub(super) fn commit_target(state: &mut AppState, id: TabId) -> Vec<Command> {
    drop_mended(state, id);
    let mut commands = ask_committed(state, id);
    commands.extend(super::resume_waiting(state));
    commands
}

/// What a button set about one server's certificate is not carried over to another server.
pub(super) fn drop_mended(state: &mut AppState, id: TabId) {
    let Some(tab) = state.tab(id).filter(|tab| tab.draft.mended.is_some()) else {
        return;
    };
    let key = state.reflect_key(Some(&tab.draft));
    // While the target cannot be read, it is not another one yet.
    let address = key.and_then(|key| address_of(&key.target, &state.scope()));
    let Some(address) = address else { return };
    let dropped = state
        .tab_mut(id)
        .and_then(|tab| tab.draft.drop_mended(&address));
    if let Some(old) = dropped {
        let text = format!(
            "What was set for the certificate of `{old}` does not count for another server and was removed"
        );
        state.notices.info(text);
    }
}

fn ask_committed(state: &mut AppState, id: TabId) -> Vec<Command> {
    // Another target may have the same names for something else.
    state.schemas.touch();
    let draft = state.tab(id).map(|tab| &tab.draft);
    let inherited = state.above(draft).target.unwrap_or_default();
    if let Some(tab) = state.tab_mut(id) {
        let typed = tab.draft.target.as_deref().map(str::trim);
        // A target typed to be the inherited one follows what it inherits.
        tab.draft.target = match typed {
            None | Some("") => None,
            Some(own) if own == inherited => None,
            Some(own) => Some(own.to_owned()),
        };
    }
    let Some(key) = state
        .tab(id)
        .and_then(|t| state.reflect_key(Some(&t.draft)))
    else {
        return Vec::new();
    };
    match state.schemas.target(&key) {
        None | Some(SchemaSlot::Empty | SchemaSlot::Failed { .. }) => {
            reflect(state, Some(id), &key)
        }
        Some(SchemaSlot::Loading { .. } | SchemaSlot::Ready { .. }) => Vec::new(),
    }
}

/// A call reached its target: if asking it for its schema failed before, it is asked again.
pub(crate) fn reached(state: &mut AppState, id: TabId) -> Vec<Command> {
    let key = state
        .tab(id)
        .and_then(|tab| state.reflect_key(Some(&tab.draft)));
    let failed = key
        .as_ref()
        .and_then(|key| state.schemas.target(key))
        .is_some_and(|slot| slot.failure().is_some());
    match key {
        Some(key) if failed => reflect(state, Some(id), &key),
        _ => Vec::new(),
    }
}

/// Saves the schema of the files, or of the target at hand.
pub(super) fn save(
    state: &mut AppState,
    group: SchemaGroup,
    form: SaveForm,
    path: PathBuf,
    existing: Existing,
) -> Vec<Command> {
    state.dialog = None;
    let slot = match group {
        SchemaGroup::Files => Some(&state.schemas.files),
        SchemaGroup::Target => state.current_slot(),
    };
    let schema = slot.and_then(SchemaSlot::schema).cloned();
    let command = schema.map(|schema| Command::SaveSchema {
        schema,
        form,
        path,
        existing,
    });
    command.into_iter().collect()
}

/// The workspace's files are there: a target whose answer has gaps is asked again, since they may fill them.
pub(crate) fn fill_gaps(state: &mut AppState) -> Vec<Command> {
    let Some(key) = state.current_key() else {
        return Vec::new();
    };
    let gaps = match state.schemas.target(&key) {
        Some(SchemaSlot::Ready { loaded }) => !loaded.problems.is_empty(),
        _ => false,
    };
    if !gaps || state.schemas.files.schema().is_none() {
        return Vec::new();
    }
    reflect(state, state.active, &key)
}

/// Loads the files again and asks the target at hand again.
pub(super) fn refresh(state: &mut AppState) -> Vec<Command> {
    let mut commands = load_files(state);
    if let Some(key) = state.current_key() {
        let tab = state.active;
        commands.extend(reflect(state, tab, &key));
    }
    commands
}
