//! Messages saved to a file or copied, from the dialog to the engine and back.

use std::path::PathBuf;

use stubless_core::{
    call::scan::LogTypes,
    engine::{Command, CopiedMessages, JobId, SaveSpec, Written},
    schema::Existing,
};

use crate::app::{AppState, Dialog, Platform, SaveDraft, TabId, Which, diff::grouped};

/// Opens the dialog.
pub(super) fn ask(state: &mut AppState, draft: SaveDraft) -> Vec<Command> {
    let mut draft = with_view(state, draft);
    if let Some(types) = types_of(state, draft.tab) {
        draft.suggest_columns(&types);
    }
    state.dialog = Some(Dialog::SaveMessages(Box::new(draft)));
    check(state)
}

/// With what is selected and filtered in the tab, and the columns of its table. One message that was asked for
/// stays chosen.
fn with_view(state: &AppState, draft: SaveDraft) -> SaveDraft {
    let Some(tab) = state.tab(draft.tab) else {
        return draft;
    };
    let (which, form) = (draft.which, draft.form);
    let mut draft = draft;
    let scan = tab.call.exchange().map(|exchange| &exchange.scan.filter);
    if let Some(scan) = scan.and_then(|filter| filter.handle.clone())
        && draft.matches.is_none()
    {
        draft = draft.matches(scan);
    }
    if draft.selection.is_none() {
        draft = draft.selection(tab.view.stream.selection.clone());
    }
    if which != Which::All {
        (draft.which, draft.form) = (which, form);
    }
    let columns: Vec<String> = tab
        .view
        .stream
        .columns
        .fields()
        .map(str::to_owned)
        .collect();
    draft.columns(&columns)
}

/// Looks at the columns that were typed.
pub(super) fn check(state: &mut AppState) -> Vec<Command> {
    let Some(Dialog::SaveMessages(draft)) = &state.dialog else {
        return Vec::new();
    };
    let types = types_of(state, draft.tab);
    if let Some(Dialog::SaveMessages(draft)) = &mut state.dialog {
        draft.check(types.as_ref());
    }
    Vec::new()
}

/// The types of a tab's call, where its schema is built. The engine knows them in any case, and refuses what
/// was not seen here.
fn types_of(state: &AppState, id: TabId) -> Option<LogTypes> {
    let tab = state.tab(id)?;
    let method = &tab.call.exchange()?.about.method;
    let key = state.reflect_key(Some(&tab.draft));
    let schema = state.schemas.schema_of(method, key.as_ref())?;
    let built = schema.is_ready(method).then(|| schema.method(method))??;
    Some(LogTypes::new(&built, schema))
}

/// Writes messages to a file the person chose.
pub(super) fn save(
    state: &mut AppState,
    id: TabId,
    spec: SaveSpec,
    (path, existing): (PathBuf, Existing),
) -> Vec<Command> {
    state.dialog = None;
    let job = JobId(state.fresh());
    let Some(call) = state.tab(id).and_then(|tab| tab.call.exchange()) else {
        return Vec::new();
    };
    let call = call.id;
    let job = state.jobs.start_saving(job, &path);
    vec![Command::SaveMessages {
        call,
        spec: Box::new(spec),
        path,
        existing,
        job,
    }]
}

/// Writes messages as text for the clipboard.
pub(super) fn copy(state: &mut AppState, id: TabId, spec: SaveSpec) -> Vec<Command> {
    state.dialog = None;
    let job = JobId(state.fresh());
    let Some(call) = state.tab(id).and_then(|tab| tab.call.exchange()) else {
        return Vec::new();
    };
    let call = call.id;
    let job = state.jobs.start(job, "Copying messages");
    vec![Command::CopyMessages {
        call,
        spec: Box::new(spec),
        job,
    }]
}

/// The platform's dialog gave a file: that is the answer, unless the columns are not right yet.
pub(super) fn picked(state: &mut AppState, file: PathBuf) -> Vec<Command> {
    check(state);
    let Some(Dialog::SaveMessages(draft)) = &mut state.dialog else {
        return Vec::new();
    };
    if !draft.is_ready() {
        draft.path = file.display().to_string();
        return Vec::new();
    }
    let (tab, spec) = (draft.tab, draft.spec());
    // It asked where there is one.
    save(state, tab, spec, (file, Existing::Replace))
}

/// Messages were written to a file.
pub(in crate::app) fn messages_saved(
    state: &mut AppState,
    path: &std::path::Path,
    written: &Written,
) {
    let words = format!("{} saved to {}", counted(written), path.display());
    tell(state, words, written);
}

/// Messages go to the clipboard.
pub(in crate::app) fn messages_copied(state: &mut AppState, copied: CopiedMessages) {
    let words = format!("{} copied", counted(&copied.written));
    state.platform.push(Platform::Copy(copied.text));
    tell(state, words, &copied.written);
}

fn counted(written: &Written) -> String {
    let word = if written.count == 1 {
        "message"
    } else {
        "messages"
    };
    format!("{} {word}", grouped(written.count))
}

fn tell(state: &mut AppState, mut words: String, written: &Written) {
    if let Some(losses) = written.losses() {
        words.push('\n');
        words.push_str(&losses);
    }
    state.notices.info(words);
}
