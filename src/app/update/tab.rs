//! Tabs: opening, choosing, saving and closing requests.

use std::path::{Path, PathBuf};

use stubless_core::{
    engine::{Command, PageId, Ticket, WorkspaceEdit},
    message::{Document, starting_body},
    workspace::{MessageText, Recent, RequestFile},
};

use super::{Pending, reflect_if_needed};
use crate::app::{
    AfterUnsaved, AppState, CallState, Dialog, DocsPlace, DocsTrail, Draft, RequestPane, SaveAs,
    SchemaGroup, Tab, TabId, TabView, sidebar::find_request,
};

/// Puts a draft into a new tab in front; a tab that was only looked at makes room.
pub(super) fn add(state: &mut AppState, draft: Draft) -> TabId {
    let id = TabId(state.fresh());
    let tab = Tab {
        id,
        draft,
        call: CallState::Idle,
        view: TabView::default(),
        outside: None,
        deleted: None,
        removed: Vec::new(),
    };
    let passing = state.tabs.iter().position(Tab::is_passing);
    match passing.and_then(|at| state.tabs.get_mut(at)) {
        Some(place) => {
            let gone = std::mem::replace(place, tab);
            state.notices.forget_tab(gone.id);
        }
        None => state.tabs.push(tab),
    }
    state.active = Some(id);
    id
}

/// Opens a saved request, or brings its tab to the front.
pub(crate) fn open_request(state: &mut AppState, path: &Path) -> Vec<Command> {
    state.sidebar.selected = Some(path.to_owned());
    if let Some(tab) = state.tab_of_path(path) {
        let id = tab.id;
        return activate(state, id);
    }
    if !place_request(state, path) {
        return Vec::new();
    }
    after_change(state)
}

/// Puts a saved request into a tab in front and asks nothing of the engine. `false` when there is none.
pub(super) fn place_request(state: &mut AppState, path: &Path) -> bool {
    let file = state
        .open_workspace()
        .and_then(|workspace| find_request(&workspace.entries, path));
    let Some(file) = file else {
        return false;
    };
    let draft = Draft::of_file(path.to_owned(), file);
    add(state, draft);
    state.sidebar.selected = Some(path.to_owned());
    true
}

/// Opens a method as an unsaved draft with a generated body.
pub(super) fn open_method(state: &mut AppState, method: &str, group: SchemaGroup) -> Vec<Command> {
    let same = |tab: &&Tab| tab.is_passing() && tab.draft.method == method;
    if let Some(id) = state.tabs.iter().find(same).map(|tab| tab.id) {
        return activate(state, id);
    }
    let key = state.current_key();
    let schema = state.schemas.schema_of(method, key.as_ref());
    let built = schema.filter(|schema| schema.is_ready(method));
    let awaits_body = schema.is_some() && built.is_none();
    let messages = built
        .and_then(|schema| schema.method(method))
        .map(|m| vec![MessageText(starting_body(&m.input()))])
        .unwrap_or_default();
    let file = request_for(state, method, group, messages);
    let id = add(state, Draft::unsaved(&file));
    if let Some(tab) = state.tab_mut(id) {
        tab.view.awaits_body = awaits_body;
    }
    state.sidebar.selected = None;
    after_change(state)
}

/// A request for a method, as it is found: one found on a server is called on that server; one from files
/// goes where the workspace says, or else where the request in front goes.
pub(super) fn request_for(
    state: &AppState,
    method: &str,
    group: SchemaGroup,
    messages: Vec<MessageText>,
) -> RequestFile {
    let by_front = group == SchemaGroup::Target || state.above(None).target.is_none();
    let front = state.active_tab().filter(|_| by_front);
    RequestFile {
        method: method.to_owned(),
        target: front.and_then(|tab| tab.draft.target.clone()),
        settings: front
            .map(|tab| tab.draft.settings.clone())
            .unwrap_or_default(),
        messages,
        ..RequestFile::default()
    }
}

/// Shows a symbol in the Docs pane of a tab; it is of the schema that the pane shows now.
pub(super) fn show_symbol(state: &mut AppState, id: TabId, symbol: String) -> Vec<Command> {
    if let Some(tab) = state.tab_mut(id) {
        let group = tab.view.docs.shown().and_then(|place| place.group);
        tab.view.docs.go_to(DocsPlace { symbol, group });
        tab.view.request = RequestPane::Docs;
    }
    Vec::new()
}

/// Shows a symbol found in the sidebar or the palette: beside the request in front, else beside a new one.
pub(super) fn browse(state: &mut AppState, symbol: String, group: SchemaGroup) -> Vec<Command> {
    let commands = match state.active {
        Some(_) => Vec::new(),
        None => open_new(state),
    };
    let Some(tab) = state.active.and_then(|id| state.tab_mut(id)) else {
        return commands;
    };
    let group = Some(group);
    tab.view.docs.go_to(DocsPlace { symbol, group });
    tab.view.request = RequestPane::Docs;
    commands
}

/// Asks for the page that Docs of a tab shows, unless it is asked for.
pub(super) fn want_page(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(key) = state.tab(id).map(|tab| state.page_key(tab)) else {
        return Vec::new();
    };
    let Some(schema) = state.docs_schema(id).cloned() else {
        return Vec::new();
    };
    let symbol = key.symbol.clone();
    let id = PageId(state.fresh());
    if !state.pages.ask(id, key) {
        return Vec::new();
    }
    vec![Command::ReadPage { id, schema, symbol }]
}

/// An empty request.
pub(super) fn open_new(state: &mut AppState) -> Vec<Command> {
    add(state, Draft::unsaved(&RequestFile::default()));
    state.sidebar.selected = None;
    after_change(state)
}

/// Brings a tab to the front.
pub(super) fn activate(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    let path = tab.draft.path.clone();
    state.active = Some(id);
    state.sidebar.selected = path;
    after_change(state)
}

/// Another request is in front: its target may have to be asked, and it is remembered.
pub(super) fn after_change(state: &mut AppState) -> Vec<Command> {
    let mut commands = reflect_if_needed(state);
    commands.extend(remember(state));
    commands
}

/// The tab `steps` to the right, going round.
pub(super) fn step(state: &mut AppState, steps: isize) -> Vec<Command> {
    let Some(at) = state.tabs.iter().position(|t| Some(t.id) == state.active) else {
        return Vec::new();
    };
    let count = state.tabs.len() as isize;
    let next = (at as isize + steps).rem_euclid(count);
    let id = usize::try_from(next)
        .ok()
        .and_then(|next| state.tabs.get(next))
        .map(|tab| tab.id);
    id.map(|id| activate(state, id)).unwrap_or_default()
}

/// Closes a tab, or asks when something in it is unsaved.
pub(super) fn close(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    if tab.draft.is_dirty() || tab.deleted.is_some() {
        state.active = Some(id);
        state.dialog = Some(Dialog::Unsaved {
            tabs: vec![id],
            then: AfterUnsaved::CloseTab(id),
        });
        return Vec::new();
    }
    drop_tab(state, id)
}

/// Closes a tab without asking; its call is cancelled and forgotten.
pub(crate) fn drop_tab(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(at) = state.tabs.iter().position(|tab| tab.id == id) else {
        return Vec::new();
    };
    let tab = state.tabs.remove(at);
    state.notices.forget_tab(id);
    let mut commands = Vec::new();
    if let Some(call) = tab.call.id() {
        if tab.call.is_active() {
            commands.push(Command::Cancel(call));
        }
        commands.push(Command::Forget(call));
    }
    if state.active == Some(id) {
        let next = at.min(state.tabs.len().saturating_sub(1));
        state.active = state.tabs.get(next).map(|tab| tab.id);
        state.sidebar.selected = state.active_tab().and_then(|t| t.draft.path.clone());
    }
    commands.extend(after_change(state));
    commands
}

/// Chooses the method. A body that is empty or still as generated is generated for the new method.
pub(super) fn set_method(state: &mut AppState, id: TabId, method: &str) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    if tab.draft.method == method {
        return Vec::new();
    }
    let key = state.reflect_key(Some(&tab.draft));
    let generated = |method: &str| {
        let schema = state.schemas.schema_of(method, key.as_ref());
        let built = schema.filter(|schema| schema.is_ready(method))?;
        Some(starting_body(&built.method(method)?.input()))
    };
    let schema = state.schemas.schema_of(method, key.as_ref());
    let waits = schema.is_some_and(|schema| !schema.is_ready(method));
    let untouched = match tab.draft.messages.as_slice() {
        [only] => only.is_empty() || Some(only.text()) == generated(&tab.draft.method).as_deref(),
        _ => false,
    };
    // Empty until the types are built, not what was generated for the method before.
    let body = if waits {
        Some(String::new())
    } else {
        generated(method)
    };
    let body = body.filter(|_| untouched);
    if let Some(tab) = state.tab_mut(id) {
        method.clone_into(&mut tab.draft.method);
        if let Some(body) = body {
            tab.draft.messages = vec![Document::new(body)];
            tab.view.message = 0;
        }
        tab.view.awaits_body = waits && untouched;
        tab.view.docs = DocsTrail::default();
    }
    Vec::new()
}

/// Saves a draft over its file; one that has none asks for a name and a folder.
pub(super) fn save(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    let Some(path) = tab.draft.path.clone() else {
        return ask_save_as(state, id, None);
    };
    if !tab.draft.is_dirty() {
        return Vec::new();
    }
    let saved = Box::new(tab.draft.to_file());
    let edit = WorkspaceEdit::SaveRequest {
        path,
        base: Box::new(tab.draft.base().clone()),
        new: saved.clone(),
    };
    let pending = Pending::Save { tab: id, saved };
    tell_unread(state, id);
    vec![begin(state, pending, edit)]
}

/// Asks for the name and folder of a draft.
pub(super) fn ask_save_as(
    state: &mut AppState,
    id: TabId,
    then: Option<AfterUnsaved>,
) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    let beside = tab
        .draft
        .path
        .as_ref()
        .or(tab.deleted.as_ref())
        .and_then(|p| p.parent());
    state.dialog = Some(Dialog::SaveAs(SaveAs {
        tab: id,
        name: tab.draft.title().to_owned(),
        folder: beside.map_or_else(|| PathBuf::from("requests"), Path::to_owned),
        then,
    }));
    Vec::new()
}

/// Saves a draft as a new file.
pub(super) fn save_as(
    state: &mut AppState,
    id: TabId,
    name: &str,
    folder: PathBuf,
) -> Vec<Command> {
    if let Some(Dialog::SaveAs(dialog)) = state.dialog.take() {
        state.after_saves = dialog.then;
    }
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    tab.draft.name = name.trim().to_owned();
    create_from(state, id, folder).into_iter().collect()
}

/// The command that makes a file of a draft.
pub(super) fn create_from(state: &mut AppState, id: TabId, folder: PathBuf) -> Option<Command> {
    let tab = state.tab_mut(id)?;
    if tab.draft.name.is_empty() {
        tab.draft.name = tab.draft.title().to_owned();
    }
    let saved = Box::new(tab.draft.to_file());
    let edit = WorkspaceEdit::CreateRequest {
        folder,
        request: saved.clone(),
    };
    let pending = Pending::Create {
        tab: Some(id),
        saved,
        rename: false,
    };
    tell_unread(state, id);
    Some(begin(state, pending, edit))
}

/// What cannot be read is in no file: its tab keeps it, and the dot.
fn tell_unread(state: &mut AppState, id: TabId) {
    let unread = state.tab(id).map(|tab| &tab.draft.unread);
    if let Some(unread) = unread.filter(|unread| !unread.is_empty()) {
        let names = unread.names();
        let text =
            format!("Not saved, because it cannot be used: {names}. The value before it stays");
        state.notices.info(text);
    }
}

/// Notes what an edit is about and makes it a command.
pub(super) fn begin(state: &mut AppState, pending: Pending, edit: WorkspaceEdit) -> Command {
    let ticket = Ticket(state.fresh());
    state.pending.insert(ticket, pending);
    Command::Edit(ticket, edit)
}

/// Takes what the file holds now.
pub(super) fn take_from_disk(state: &mut AppState, id: TabId) -> Vec<Command> {
    if let Some(tab) = state.tab_mut(id)
        && let Some(file) = tab.outside.take()
    {
        tab.draft.take(&file);
        tab.view.message = 0;
    }
    Vec::new()
}

/// Keeps what was typed: the next save replaces what the file holds now.
pub(super) fn keep_typed(state: &mut AppState, id: TabId) -> Vec<Command> {
    if let Some(tab) = state.tab_mut(id)
        && let Some(file) = tab.outside.take()
    {
        tab.draft.set_base(*file);
    }
    Vec::new()
}

/// Remembers which saved requests are open and the environment.
pub(crate) fn remember(state: &AppState) -> Option<Command> {
    let workspace = state.open_workspace()?;
    let saved = |tab: &&Tab| tab.draft.path.is_some();
    let open: Vec<PathBuf> = state
        .tabs
        .iter()
        .filter(saved)
        .filter_map(|tab| tab.draft.path.clone())
        .collect();
    let active = state
        .tabs
        .iter()
        .filter(saved)
        .position(|tab| Some(tab.id) == state.active)
        .unwrap_or(0);
    Some(Command::Remember(Recent {
        path: workspace.root.clone(),
        open,
        active,
        environment: state.environment.clone(),
    }))
}
