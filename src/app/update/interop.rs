//! Pasting a text as a request, and copying a request as a text for other programs.

use std::collections::BTreeSet;

use stubless_core::{
    call::Failure,
    engine::{Command, PasteId},
    interop::{Candidate, Copied, CopyForm, Import, Outgoing, looks_like_command},
    message::Document,
    schema::Schema,
    workspace::{MessageText, RequestFile, SourceSpec},
};

use super::{schema, tab};
use crate::app::{AppState, BodyView, Dialog, Draft, PasteEditor, RequestPane, Tab, TabId};

/// Bytes of a preview; what is longer is cut in the dialog alone.
const PREVIEW_BYTES: usize = 12_000;

/// A command was pasted where it is of no use.
pub(super) fn offer(state: &mut AppState, text: String) {
    if let Some(program) = looks_like_command(&text) {
        let words = format!("This looks like a {} command", program.name());
        state.notices.offer(words, text);
    }
}

/// Opens the dialog for a text.
pub(super) fn open(state: &mut AppState, text: String) -> Vec<Command> {
    state.dialog = Some(Dialog::Paste(Box::new(PasteEditor {
        tab: state.active,
        text,
        ..PasteEditor::default()
    })));
    read(state)
}

/// Asks what the text in the dialog is: one question at a time, however fast it is typed.
pub(super) fn read(state: &mut AppState) -> Vec<Command> {
    let id = PasteId(state.fresh());
    let Some(Dialog::Paste(editor)) = &mut state.dialog else {
        return Vec::new();
    };
    if editor.text.trim().is_empty() {
        editor.asked = None;
        editor.readings.clear();
        return Vec::new();
    }
    editor.stale = editor.asked.is_some();
    if editor.stale {
        return Vec::new();
    }
    editor.asked = Some(id);
    let (text, tab) = (editor.text.clone(), editor.tab);
    let draft = tab.and_then(|id| state.tab(id)).map(|tab| &tab.draft);
    let method = draft.map(|draft| draft.method.clone()).unwrap_or_default();
    let schema = schema_for(state, draft).cloned();
    vec![Command::ReadPaste {
        id,
        text,
        method,
        schema,
    }]
}

/// Asks for the tree of the bytes in the dialog.
pub(super) fn explain(state: &mut AppState) -> Vec<Command> {
    let draft = state.active_tab().map(|tab| &tab.draft);
    let schema = schema_for(state, draft).cloned();
    let Some(Dialog::Bytes(editor)) = &mut state.dialog else {
        return Vec::new();
    };
    editor.read = None;
    if editor.text.trim().is_empty() {
        return Vec::new();
    }
    vec![Command::ExplainBytes {
        text: editor.text.clone(),
        message: editor.message.clone(),
        schema,
    }]
}

/// The schema that has a draft's method, else one that may have that of a command.
fn schema_for<'a>(state: &'a AppState, draft: Option<&Draft>) -> Option<&'a Schema> {
    let key = state.reflect_key(draft);
    let own = draft.and_then(|draft| state.schemas.schema_of(&draft.method, key.as_ref()));
    own.or_else(|| state.schemas.files.schema())
        .or_else(|| state.current_slot()?.schema())
}

/// The answer; of a text that changed meanwhile another one is asked for.
pub(crate) fn paste_read(
    state: &mut AppState,
    id: PasteId,
    candidates: Vec<Candidate>,
) -> Vec<Command> {
    let Some(Dialog::Paste(editor)) = &mut state.dialog else {
        return Vec::new();
    };
    if editor.asked.take_if(|asked| *asked == id).is_none() {
        return Vec::new();
    }
    if std::mem::take(&mut editor.stale) {
        return read(state);
    }
    let with_preview = candidates.into_iter().map(|candidate| {
        let text = preview(&candidate);
        (candidate, text)
    });
    editor.readings = with_preview.collect();
    editor.chosen = 0;
    Vec::new()
}

/// What a reading would give, as a text to look at.
fn preview(candidate: &Candidate) -> String {
    let mut out = String::new();
    if let Some(import) = &candidate.import {
        let request = &import.request;
        let target = request.target.as_deref().unwrap_or("no target");
        out.push_str(&format!("{}\n{target}", request.method));
        match request.settings.tls {
            Some(true) => out.push_str(", TLS"),
            Some(false) => out.push_str(", plaintext"),
            None => {}
        }
        if let Some(millis) = request.deadline_ms {
            out.push_str(&format!(", deadline {millis} ms"));
        }
        out.push('\n');
        for row in &request.metadata {
            out.push_str(&format!("{}: {}\n", row.key, row.value));
        }
        out.push('\n');
    }
    let count = candidate.messages.len();
    for (position, message) in candidate.messages.iter().enumerate() {
        if count > 1 {
            out.push_str(&format!("// Message {} of {count}\n", position + 1));
        }
        out.push_str(message);
        out.push('\n');
        if out.len() > PREVIEW_BYTES {
            out.truncate(out.floor_char_boundary(PREVIEW_BYTES));
            out.push_str("\n…");
            break;
        }
    }
    out.trim_end().to_owned()
}

/// Takes the reading that is shown.
pub(super) fn take(state: &mut AppState, anew: bool) -> Vec<Command> {
    let Some(Dialog::Paste(editor)) = &mut state.dialog else {
        return Vec::new();
    };
    let usable = editor.shown().is_some_and(|(it, _)| it.problem.is_none());
    if !usable {
        return Vec::new();
    }
    let (candidate, _) = editor.readings.swap_remove(editor.chosen);
    let tab = editor.tab;
    state.dialog = None;
    match (candidate.import, tab.filter(|_| !anew)) {
        (Some(import), Some(id)) if has_more(state, id) => {
            let text = "Opened as a new request: the other one has prepared messages of its own";
            state.notices.info(text.to_owned());
            open_request(state, &import.request)
        }
        (Some(import), Some(id)) => replace_request(state, id, *import),
        (Some(import), None) => {
            let import = *import;
            open_request(state, &import.request)
        }
        (None, Some(id)) => {
            replace_messages(state, id, candidate.messages);
            Vec::new()
        }
        (None, None) => {
            let from = tab.and_then(|id| state.tab(id));
            let mut file = from.map(|tab| tab.draft.to_file()).unwrap_or_default();
            file.name = String::new();
            file.docs = String::new();
            file.messages = candidate.messages.into_iter().map(MessageText).collect();
            open_request(state, &file)
        }
    }
}

/// Whether a tab has prepared messages that an edit of the one shown could not bring back.
fn has_more(state: &AppState, id: TabId) -> bool {
    let messages = state.tab(id).map(|tab| tab.draft.messages.as_slice());
    let others = messages.into_iter().flatten().skip(1);
    others.into_iter().any(|message| !message.is_empty())
}

/// A new request, unsaved and marked so.
fn open_request(state: &mut AppState, file: &RequestFile) -> Vec<Command> {
    let mut draft = Draft::unsaved(file);
    draft.set_base(RequestFile::default());
    tab::add(state, draft);
    state.sidebar.selected = None;
    tab::after_change(state)
}

/// What a command says takes the place of what is in a tab; its name, notes and file stay.
fn replace_request(state: &mut AppState, id: TabId, import: Import) -> Vec<Command> {
    let request = import.request;
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let draft = &mut tab.draft;
    draft.method = request.method;
    draft.target = request.target.or(draft.target.take());
    draft.settings = request.settings;
    draft.call = request.call;
    draft.metadata = request.metadata;
    draft.deadline_ms = request.deadline_ms;
    draft.unread.clear();
    draft.mended = None;
    tab.view.awaits_body = false;
    let messages = request.messages.into_iter().map(|message| message.0);
    put_messages(tab, messages.collect(), true);
    schema::commit_target(state, id)
}

/// Messages take the place of the one that is shown.
fn replace_messages(state: &mut AppState, id: TabId, messages: Vec<String>) {
    if let Some(tab) = state.tab_mut(id) {
        put_messages(tab, messages, false);
    }
}

/// The first message is an edit of the one that is shown, so that it can be taken back.
fn put_messages(tab: &mut Tab, messages: Vec<String>, all: bool) {
    if all {
        tab.draft.messages.truncate(1);
        tab.view.message = 0;
    }
    let mut messages = messages.into_iter();
    let first = messages.next().unwrap_or_default();
    let at = tab
        .view
        .message
        .min(tab.draft.messages.len().saturating_sub(1));
    if let Some(document) = tab.draft.messages.get_mut(at) {
        document.set_text(&first);
    }
    let rest = messages.map(Document::new);
    let place = (at + 1).min(tab.draft.messages.len());
    tab.draft.messages.splice(place..place, rest);
    tab.view.request = RequestPane::Message;
    if tab
        .draft
        .messages
        .get(at)
        .is_some_and(|it| it.syntax_error().is_some())
    {
        tab.view.body = BodyView::Json;
    }
}

/// Asks for a request in another form.
pub(super) fn copy_as(
    state: &mut AppState,
    id: TabId,
    form: CopyForm,
    credentials: bool,
) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    vec![Command::CopyAs {
        outgoing: Box::new(outgoing(state, tab, form)),
        form,
        credentials,
    }]
}

/// A tab's request as its call would be made now.
fn outgoing(state: &AppState, tab: &Tab, form: CopyForm) -> Outgoing {
    let draft = &tab.draft;
    let effective = draft.effective(&state.above(Some(draft)));
    let key = state.reflect_key(Some(draft));
    let schema = state
        .schemas
        .schema_of(&draft.method, key.as_ref())
        .cloned();
    let mut request = draft.to_file();
    if request.messages.is_empty() {
        request.messages.push(MessageText::default());
    }
    // Of a call that sends one message the others are not sent.
    let streams = state.kind_of(tab).is_none_or(|kind| kind.client_streams());
    if !streams && (form.is_command() || form == CopyForm::FramedHex) {
        request.messages.truncate(1);
    }
    request.target = effective.target;
    request.settings = effective.settings;
    request.deadline_ms = effective.call.deadline_for(draft.deadline_ms);
    request.call = effective.call;
    request.metadata = effective.metadata;
    let secrets: BTreeSet<String> = state
        .environment()
        .into_iter()
        .flat_map(|environment| &environment.variables)
        .filter(|variable| variable.secret)
        .map(|variable| variable.name.clone())
        .collect();
    let of_files = match (&schema, state.schemas.files.schema()) {
        (Some(schema), Some(files)) => schema.is_same(files),
        _ => false,
    };
    let mut sources = Vec::new();
    if let Some(file) = state.workspace_file().filter(|_| of_files) {
        let is_file = |source: &&SourceSpec| **source != SourceSpec::Reflection;
        sources.extend(file.sources.iter().filter(is_file).cloned());
    }
    Outgoing {
        request,
        shown: tab.view.message,
        scope: state.scope(),
        secrets,
        schema,
        sources,
    }
}

/// The copy is there: it goes to the clipboard, and what it leaves out is told.
pub(crate) fn copied(
    state: &mut AppState,
    form: CopyForm,
    written: Result<Box<Copied>, Box<Failure>>,
) {
    match written {
        Err(failure) => {
            state.notices.failure(failure);
        }
        Ok(copied) => {
            let mut words = format!("Copied as {}", form.name());
            for note in &copied.notes {
                words.push('\n');
                words.push_str(&note.text);
            }
            state.platform.push(crate::app::Platform::Copy(copied.text));
            state.notices.info(words);
        }
    }
}
