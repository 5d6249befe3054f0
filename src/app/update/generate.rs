//! Bodies that are generated, and requests for the methods of a service that have none.

use std::path::{Path, PathBuf};

use prost_reflect::MethodDescriptor;
use stubless_core::{
    engine::{Command, WorkspaceEdit},
    message::{Style, generate},
    schema::{Schema, ServiceEntry},
    workspace::{Entry, EntryKind, MessageText, RequestFile},
};

use super::{Pending, tab::begin};
use crate::app::{
    AppState, Dialog, MissingMethod, MissingRequests, RequestPane, SchemaGroup, TabId,
    folder_choices,
};

/// Replaces the message that is shown by a generated one, as one step to undo. `again` draws other values
/// than the last time.
pub(super) fn body(state: &mut AppState, id: TabId, style: Style, again: bool) -> Vec<Command> {
    let Some(method) = method_of(state, id) else {
        return Vec::new();
    };
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    if again {
        tab.view.seed = tab.view.seed.wrapping_add(1);
    }
    // Each of the prepared messages of a stream is another one.
    let seed = tab.view.seed.wrapping_add((tab.view.message as u64) << 32);
    let text = generate(&method.input(), style, seed);
    tab.view.request = RequestPane::Message;
    tab.view.awaits_body = false;
    if let Some(document) = tab.draft.messages.get_mut(tab.view.message) {
        document.set_text(&text);
    }
    Vec::new()
}

/// The method of a tab, where its schema is built.
fn method_of(state: &AppState, id: TabId) -> Option<MethodDescriptor> {
    let draft = &state.tab(id)?.draft;
    let key = state.reflect_key(Some(draft));
    let schema = state.schemas.schema_of(&draft.method, key.as_ref())?;
    schema
        .is_ready(&draft.method)
        .then(|| schema.method(&draft.method))?
}

/// Shows which methods of a service have no saved request.
pub(super) fn ask_missing(state: &mut AppState, service: &str, group: SchemaGroup) -> Vec<Command> {
    let Some(schema) = schema_of(state, group).cloned() else {
        return Vec::new();
    };
    let Some(missing) = missing(state, &schema, service, group) else {
        return Vec::new();
    };
    // The types are built while the person looks at the list.
    let first = missing.methods.first().map(|method| method.path.clone());
    state.dialog = Some(Dialog::Missing(missing));
    match first.filter(|method| !schema.is_ready(method)) {
        Some(method) => super::schema::prepare(state, schema, method),
        None => Vec::new(),
    }
}

/// The same for the service of the request in front.
pub(super) fn ask_missing_of(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    let Some((service, _)) = tab.draft.method.rsplit_once('/') else {
        return Vec::new();
    };
    let service = service.to_owned();
    let in_files = schema_of(state, SchemaGroup::Files).is_some_and(|it| has_service(it, &service));
    let group = match in_files {
        true => SchemaGroup::Files,
        false => SchemaGroup::Target,
    };
    ask_missing(state, &service, group)
}

fn schema_of(state: &AppState, group: SchemaGroup) -> Option<&Schema> {
    match group {
        SchemaGroup::Files => state.schemas.files.schema(),
        SchemaGroup::Target => state.current_slot()?.schema(),
    }
}

fn has_service(schema: &Schema, service: &str) -> bool {
    entry_of(schema, service).is_some()
}

fn entry_of<'a>(schema: &'a Schema, service: &str) -> Option<&'a ServiceEntry> {
    let mut services = schema.catalogue().services.iter();
    services
        .find(|entry| entry.full_name == service)
        .map(|entry| &**entry)
}

/// What is missing for a service; `None` where there is no such service, or no workspace.
fn missing(
    state: &AppState,
    schema: &Schema,
    service: &str,
    group: SchemaGroup,
) -> Option<MissingRequests> {
    let workspace = state.open_workspace()?;
    let service = entry_of(schema, service)?;
    let mut saved = Vec::new();
    saved_methods(&workspace.entries, &mut saved);
    let methods = service
        .methods
        .iter()
        .filter(|method| !saved.contains(&method.path));
    let methods = methods.map(|method| MissingMethod {
        path: method.path.clone(),
        name: method.name.clone(),
        kind: method.kind,
        // What should not be called any more has to be asked for.
        chosen: !method.deprecated,
    });
    let named = folder_choices(&workspace.entries);
    let folder = named
        .into_iter()
        .skip(1)
        .find(|(_, name, _)| *name == service.name);
    Some(MissingRequests {
        group,
        service: service.full_name.clone(),
        folder_name: service.name.clone(),
        folder: folder.map(|(path, _, _)| path),
        all: service.methods.len(),
        methods: methods.collect(),
    })
}

/// The methods that requests are saved for, as the catalogue writes them.
fn saved_methods(entries: &[Entry], found: &mut Vec<String>) {
    for entry in entries {
        match &entry.kind {
            EntryKind::Folder(below) => saved_methods(below, found),
            EntryKind::Request(request) => {
                let method = request.method.trim_start_matches('/');
                found.push(match method.contains('/') {
                    true => method.to_owned(),
                    false => match method.rsplit_once('.') {
                        Some((service, name)) => format!("{service}/{name}"),
                        None => method.to_owned(),
                    },
                });
            }
            EntryKind::Broken(_) => {}
        }
    }
}

/// Whether the types of what is missing are built, so that bodies can be made.
pub(crate) fn missing_is_ready(state: &AppState, missing: &MissingRequests) -> bool {
    let schema = schema_of(state, missing.group);
    let chosen = missing.methods.iter().find(|method| method.chosen);
    schema
        .zip(chosen)
        .is_some_and(|(schema, method)| schema.is_ready(&method.path))
}

/// Makes the requests that were chosen, each with an example.
pub(super) fn create_missing(state: &mut AppState, missing: &MissingRequests) -> Vec<Command> {
    state.dialog = None;
    let Some(schema) = schema_of(state, missing.group).cloned() else {
        return Vec::new();
    };
    let chosen = missing.methods.iter().filter(|method| method.chosen);
    let requests: Vec<RequestFile> = chosen
        .filter_map(|chosen| {
            let method = schema.method(&chosen.path)?;
            let body = generate(&method.input(), Style::Example, 0);
            let messages = vec![MessageText(body)];
            Some(RequestFile {
                name: chosen.name.clone(),
                ..super::tab::request_for(state, &chosen.path, missing.group, messages)
            })
        })
        .collect();
    if requests.is_empty() {
        return Vec::new();
    }
    let pending = Pending::CreateMissing {
        folder: missing.folder_name.clone(),
        count: requests.len(),
    };
    let (folder, new_folder): (&Path, _) = match &missing.folder {
        Some(folder) => (folder, None),
        None => (Path::new("requests"), Some(missing.folder_name.clone())),
    };
    let edit = WorkspaceEdit::CreateRequests {
        folder: PathBuf::from(folder),
        new_folder,
        requests,
    };
    vec![begin(state, pending, edit)]
}
