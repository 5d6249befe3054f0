//! What the engine did, taken into the state.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use stubless_core::{
    call::{CallEvent, Failure, MessageLog, StreamStats},
    engine::{CallEnd, CallId, Command, Event, RepeatId, ScanId, ScanRefusal, Ticket},
    schema::Saved,
    workspace::{Undo, Workspace},
};

use super::{
    AnswerPane, AppState, CallAbout, CallState, Exchange, Hold, Repeat, RequestPane, StreamScan,
    TextMemo, TreeMemo, WaitingFor, WorkspaceState,
    notice::TakeBack,
    sidebar::find_request,
    update::{
        Pending, adopt, compare_again, compare_failed, compared, copied, diff_done, diff_goes_on,
        diff_heard, diff_rows, files_changed, fill_gaps, go_on, keep_held, log_not_opened,
        log_opened, log_saved, messages_copied, messages_saved, open_request, paste_read, prepared,
        reached, reflect_if_needed, remember, reread, resume_after_failure, resume_waiting,
        roots_found, sent_taken,
    },
};

/// Takes an event; gives what the engine shall do next, in order.
pub fn on_event(state: &mut AppState, event: Event) -> Vec<Command> {
    diff_heard(state, &event);
    let ends = match &event {
        Event::CallFinished(id, _) | Event::CallFailed(id, _) => {
            state.diffs.response(*id).is_some()
        }
        _ => false,
    };
    let mut commands = taken(state, event);
    commands.extend(diff_goes_on(state, ends));
    keep_held(state, &mut commands);
    commands
}

fn taken(state: &mut AppState, event: Event) -> Vec<Command> {
    match event {
        Event::DemoStarted(address) => {
            state.demo = Some(address);
            let mut commands = reflect_if_needed(state);
            commands.extend(resume_waiting(state));
            commands
        }
        Event::CallStarted(id, log) => {
            call_started(state, id, log);
            Vec::new()
        }
        Event::CallFailed(id, failure) => {
            call_failed(state, id, failure);
            Vec::new()
        }
        Event::CallChanged(id, change) => call_changed(state, id, change),
        Event::CallFinished(id, end) => {
            call_finished(state, id, end);
            Vec::new()
        }
        Event::PushFailed(id, failure) => {
            if let Some(exchange) = state.tab_of_call(id).and_then(|t| t.call.exchange_mut()) {
                exchange.push_failure = Some(failure);
            }
            Vec::new()
        }
        Event::RepeatStarted(id, repeat, progress) => {
            if let Some(repeat) = repeat_of(state, id, repeat) {
                repeat.progress = progress;
            }
            Vec::new()
        }
        Event::RepeatEnded(id, repeat, end) => {
            if let Some(repeat) = repeat_of(state, id, repeat) {
                repeat.end = Some(end);
            }
            Vec::new()
        }
        Event::Rendered { call, texts } => {
            let exchange = state
                .tab_of_call(call)
                .and_then(|tab| tab.call.exchange_mut());
            if let Some(exchange) = exchange {
                for (index, style, text) in texts {
                    exchange.texts.put(index, style, text);
                }
            }
            Vec::new()
        }
        Event::ScanStarted(id, call, scan) => {
            if let Some(exchange) = exchange_of(state, call) {
                exchange.scan.filter.started(id, scan);
            }
            Vec::new()
        }
        Event::GroupStarted(id, call, grouping) => {
            if let Some(exchange) = exchange_of(state, call) {
                exchange.scan.groups.started(id, grouping);
            }
            Vec::new()
        }
        Event::ScanRefused(id, refusal) => {
            scan_refused(state, id, refusal);
            Vec::new()
        }
        Event::TextFound(..) => Vec::new(),
        Event::CellsRead(read) => {
            if let Some(exchange) = exchange_of(state, read.call) {
                exchange.scan.cells.put(*read);
            }
            Vec::new()
        }
        Event::BytesOpened { call, index, tree } => {
            let exchange = state
                .tab_of_call(call)
                .and_then(|tab| tab.call.exchange_mut());
            if let Some(exchange) = exchange {
                exchange.trees.put(index, tree);
            }
            Vec::new()
        }
        Event::BytesExplained {
            text,
            message,
            read,
        } => {
            if let Some(super::Dialog::Bytes(editor)) = &mut state.dialog
                && (&editor.text, &editor.message) == (&text, &message)
            {
                editor.read = Some(read);
            }
            Vec::new()
        }
        Event::MessagesSaved { path, written } => {
            messages_saved(state, &path, &written);
            Vec::new()
        }
        Event::MessagesCopied(copied) => {
            messages_copied(state, *copied);
            Vec::new()
        }
        Event::LogBudget(budget) => {
            state.log_budget = Some(budget);
            Vec::new()
        }
        Event::LogSaved {
            path,
            saved,
            hidden,
        } => {
            log_saved(state, &path, saved, &hidden);
            Vec::new()
        }
        Event::LogOpened(id, opened) => log_opened(state, id, *opened),
        Event::LogNotOpened(id, failure) => log_not_opened(state, id, failure),
        Event::SentTaken(id, sent) => sent_taken(state, id, sent),
        Event::SchemaSaved { path, saved } => {
            schema_saved(state, &path, &saved);
            Vec::new()
        }
        Event::Notice(failure) => {
            state.notices.failure(failure);
            Vec::new()
        }
        Event::SchemaLoaded(id, loaded, _) => {
            let of_files = state.schemas.files.awaits(id);
            let compared = state.comparison.as_ref().map(|it| &it.key);
            let of_compared = compared.is_some() && state.schemas.asked_as(id) == compared;
            if !state.schemas.loaded(id, loaded) {
                return Vec::new();
            }
            let mut commands = resume_waiting(state);
            if of_files {
                commands.extend(fill_gaps(state));
            }
            if of_files || of_compared {
                commands.extend(compare_again(state));
            }
            commands
        }
        Event::SymbolPrepared(schema, symbol, problems) => {
            prepared(state, &schema, &symbol, &problems)
        }
        Event::Checked(id, fit) => {
            state.checked = Some((id, fit));
            Vec::new()
        }
        Event::HealthChanged(id, change) => {
            state.health.changed(id, change);
            Vec::new()
        }
        Event::HealthChecked(id, check) => {
            state.health.checked(id, check);
            Vec::new()
        }
        Event::Compared(id, drift, server) => {
            compared(state, id, *drift, server);
            Vec::new()
        }
        Event::CompareFailed(id, failure) => {
            compare_failed(state, id, failure);
            Vec::new()
        }
        Event::DiffDone(id, result) => diff_done(state, id, result),
        Event::DiffRows(id, pair, rows) => {
            diff_rows(state, id, pair, rows);
            Vec::new()
        }
        Event::SchemaFilesChanged => files_changed(state),
        Event::SchemaFailed(id, failure) => {
            let target = state.schemas.asked_as(id).cloned();
            if !state.schemas.failed(id, failure) {
                return Vec::new();
            }
            resume_after_failure(state, target.as_ref())
        }
        Event::RootsFound { files, roots } => {
            roots_found(state, &files, roots);
            Vec::new()
        }
        Event::PageRead(id, page) => {
            state.pages.put(id, page);
            Vec::new()
        }
        Event::PasteRead(id, candidates) => paste_read(state, id, candidates),
        Event::PartCopied { what, text } => {
            state.platform.push(super::Platform::Copy(text));
            state.notices.info(format!("{what} copied"));
            Vec::new()
        }
        Event::CopyWritten(form, written) => {
            copied(state, form, written);
            Vec::new()
        }
        Event::WorkspaceOpened(workspace, recent) => adopt(state, *workspace, &recent),
        Event::WorkspaceFailed(failure) => {
            if matches!(state.workspace, WorkspaceState::Open(_)) {
                state.notices.failure(failure);
            } else {
                state.workspace = WorkspaceState::Failed(failure);
            }
            Vec::new()
        }
        Event::WorkspaceChanged {
            ticket,
            workspace,
            path,
            undo,
        } => workspace_changed(state, ticket, *workspace, path, undo),
        Event::EditFailed(ticket, failure) => {
            edit_failed(state, ticket, failure);
            Vec::new()
        }
        Event::Recents(recents) => {
            state.recents = recents;
            Vec::new()
        }
    }
}

fn exchange_of(state: &mut AppState, call: CallId) -> Option<&mut Exchange> {
    state.tab_of_call(call)?.call.exchange_mut()
}

fn scan_refused(state: &mut AppState, id: ScanId, refusal: Box<ScanRefusal>) {
    let mut exchanges = state
        .tabs
        .iter_mut()
        .filter_map(|tab| tab.call.exchange_mut());
    let asked =
        |it: &&mut Exchange| it.scan.filter.id() == Some(id) || it.scan.groups.id() == Some(id);
    if let Some(exchange) = exchanges.find(asked) {
        let scan = &mut exchange.scan;
        match scan.filter.id() == Some(id) {
            true => scan.filter.refused(id, refusal),
            false => scan.groups.refused(id, refusal),
        };
    }
}

fn schema_saved(state: &mut AppState, path: &Path, saved: &Saved) {
    let count = saved.count();
    let word = if count == 1 { "file" } else { "files" };
    let path = path.display();
    state
        .notices
        .info(format!("{count} {word} saved to {path}"));
    if !saved.refused.is_empty() {
        let names: Vec<_> = saved
            .refused
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        state.notices.failure(Box::new(Failure {
            summary: "Some files of the schema were not saved".to_owned(),
            reason: format!("Their names lead out of the folder: {}", names.join(", ")),
            hint: "Save a descriptor set: it holds them too".to_owned(),
            ..Failure::default()
        }));
    }
}

pub(super) fn exchange(id: CallId, about: CallAbout, log: MessageLog) -> Box<Exchange> {
    Box::new(Exchange {
        id,
        half_closed: !about.keep_open,
        about,
        since: Instant::now(),
        log,
        stats: StreamStats::default(),
        scan: StreamScan::default(),
        hold: Hold::default(),
        connection: None,
        tap: None,
        head: None,
        file: None,
        replay: None,
        log_full: false,
        attempts: Vec::new(),
        waiting: None,
        push_failure: None,
        pushed: Vec::new(),
        repeat: None,
        texts: TextMemo::default(),
        trees: TreeMemo::default(),
    })
}

/// A repetition, unless another took its place.
fn repeat_of(state: &mut AppState, call: CallId, id: RepeatId) -> Option<&mut Repeat> {
    let exchange = state.tab_of_call(call)?.call.exchange_mut()?;
    exchange.repeat.as_mut().filter(|repeat| repeat.id == id)
}

fn call_started(state: &mut AppState, id: CallId, log: MessageLog) {
    let Some(tab) = state.tab_of_call(id) else {
        return;
    };
    tab.call = match std::mem::take(&mut tab.call) {
        CallState::Starting(id, about) => CallState::Running(exchange(id, about, log)),
        other => other,
    };
}

/// A mistake in the draft: the card says where, and the pane with the place comes to the front.
fn call_failed(state: &mut AppState, id: CallId, failure: Box<Failure>) {
    let Some(tab) = state.tab_of_call(id) else {
        return;
    };
    if let Some((message, _, _)) = &failure.place {
        tab.view.request = RequestPane::Message;
        tab.view.message = (*message).min(tab.draft.messages.len().saturating_sub(1));
    }
    tab.call = CallState::Rejected(failure);
}

fn call_changed(state: &mut AppState, id: CallId, change: CallEvent) -> Vec<Command> {
    let Some(tab) = state.tab_of_call(id) else {
        return Vec::new();
    };
    let at = tab.id;
    let Some(exchange) = tab.call.exchange_mut() else {
        return Vec::new();
    };
    if !matches!(change, CallEvent::HalfClosed) {
        exchange.waiting = None;
    }
    match change {
        CallEvent::Connected { info, reused } => {
            exchange.connection = Some((info, reused));
            return reached(state, at);
        }
        CallEvent::Opened(tap, began) => exchange.tap = Some((tap, began)),
        CallEvent::Head(head) => exchange.head = Some(head),
        CallEvent::HalfClosed => exchange.half_closed = true,
        CallEvent::Held(held) => exchange.hold.holds = held,
        CallEvent::LogFull => exchange.log_full = true,
        CallEvent::LogHasRoom => exchange.log_full = false,
        CallEvent::Retrying { attempt, pause } => {
            exchange.attempts.push(attempt);
            exchange.waiting = Some(WaitingFor::NextAttempt {
                pause,
                since: Instant::now(),
            });
        }
        // Above, what it waited for was taken back.
        CallEvent::Resumed => {}
        CallEvent::Stalled(waiting) => exchange.waiting = Some(WaitingFor::Peer(waiting)),
    }
    Vec::new()
}

fn call_finished(state: &mut AppState, id: CallId, end: Box<CallEnd>) {
    let Some(tab) = state.tab_of_call(id) else {
        return;
    };
    tab.call = match std::mem::take(&mut tab.call) {
        CallState::Running(mut exchange) => {
            exchange.hold = Hold::default();
            CallState::Ended(exchange, end)
        }
        // Cancelled before it was under way.
        CallState::Starting(id, about) => {
            CallState::Ended(exchange(id, about, MessageLog::default()), end)
        }
        other => other,
    };
    // Of a call that failed before it had frames, the other panes have nothing to show.
    if let CallState::Ended(_, end) = &tab.call
        && end.failure.is_some()
        && !had_frames(end)
    {
        tab.view.answer = AnswerPane::Response;
    }
}

fn had_frames(end: &CallEnd) -> bool {
    let trace = end.finished.trace.as_ref();
    trace.is_some_and(|trace| trace.sent.all().frames + trace.received.all().frames > 0)
}

fn workspace_changed(
    state: &mut AppState,
    ticket: Ticket,
    workspace: Workspace,
    path: Option<PathBuf>,
    undo: Option<Undo>,
) -> Vec<Command> {
    let pending = state.pending.remove(&ticket);
    state.committing.remove(&ticket);
    let mut commands = Vec::new();
    let mut open = None;
    match pending {
        Some(Pending::Save { tab, saved }) => {
            if let Some(tab) = state.tab_mut(tab) {
                tab.draft.set_base(*saved);
                tab.outside = None;
            }
        }
        Some(Pending::Create {
            tab: Some(id),
            saved,
            ..
        }) => {
            if let Some(tab) = state.tab_mut(id) {
                tab.draft.set_base(*saved);
                tab.draft.path.clone_from(&path);
                tab.deleted = None;
                tab.outside = None;
            }
            if state.active == Some(id) {
                state.sidebar.selected = path;
            }
        }
        Some(Pending::Create {
            tab: None, rename, ..
        }) => open = path.map(|path| (path, rename)),
        Some(Pending::Relocate { from }) => relocate(state, &workspace, &from, path),
        Some(Pending::Delete { path, name }) => {
            for tab in &mut state.tabs {
                let inside = tab
                    .draft
                    .path
                    .as_ref()
                    .is_some_and(|p| p.starts_with(&path));
                if inside {
                    tab.deleted = tab.draft.path.take();
                }
            }
            match undo {
                Some(undo) => {
                    let text = format!("Deleted “{name}”");
                    state.notices.can_take_back(text, TakeBack::Deletion(undo))
                }
                None => state.notices.info(format!("Deleted “{name}”")),
            };
        }
        Some(Pending::Restore { path }) => {
            for tab in &mut state.tabs {
                if tab.deleted.as_ref().is_some_and(|p| p.starts_with(&path)) {
                    tab.draft.path = tab.deleted.take();
                }
            }
        }
        Some(Pending::Environment { name, old }) => {
            if state.environment.is_none() || state.environment == old {
                state.environment = Some(name);
            }
        }
        Some(Pending::DeleteEnvironment(Some(name))) => {
            let text = format!("Deleted environment “{name}”");
            match undo {
                Some(undo) => state.notices.can_take_back(text, TakeBack::Deletion(undo)),
                None => state.notices.info(text),
            };
        }
        Some(Pending::CreateMissing { folder, count }) => {
            let word = if count == 1 { "request" } else { "requests" };
            state
                .notices
                .info(format!("{count} {word} made in “{folder}”"));
        }
        Some(
            Pending::CreateFolder
            | Pending::DeleteEnvironment(None)
            | Pending::File
            | Pending::Reload,
        )
        | None => {}
    }
    commands.extend(reread(state, workspace));
    if let Some((path, rename)) = open {
        commands.extend(open_request(state, &path));
        if rename {
            let name = state.active_tab().map(|t| t.draft.name.clone());
            state.sidebar.renaming = name.map(|name| (path, name));
        }
    } else {
        commands.extend(remember(state));
    }
    let saving = state
        .pending
        .values()
        .any(|p| matches!(p, Pending::Save { .. } | Pending::Create { .. }));
    if !saving && let Some(then) = state.after_saves.take() {
        commands.extend(go_on(state, then));
    }
    commands
}

/// An entry is somewhere else now: open tabs follow it, with the name the file has.
fn relocate(
    state: &mut AppState,
    workspace: &Workspace,
    from: &std::path::Path,
    to: Option<PathBuf>,
) {
    let Some(to) = to else {
        return;
    };
    let moved = |path: &PathBuf| -> Option<PathBuf> {
        let rest = path.strip_prefix(from).ok()?;
        // Joining an empty rest would leave a trailing slash.
        Some(if rest.as_os_str().is_empty() {
            to.clone()
        } else {
            to.join(rest)
        })
    };
    for tab in &mut state.tabs {
        let Some(path) = tab.draft.path.as_ref().and_then(moved) else {
            continue;
        };
        if let Some(file) = find_request(&workspace.entries, &path) {
            if tab.draft.name == tab.draft.base().name {
                tab.draft.name.clone_from(&file.name);
            }
            tab.draft.rename_base(&file.name);
        }
        tab.draft.path = Some(path);
    }
    if let Some(path) = state.sidebar.selected.as_ref().and_then(moved) {
        state.sidebar.selected = Some(path);
    }
}

fn edit_failed(state: &mut AppState, ticket: Ticket, failure: Box<Failure>) {
    state.pending.remove(&ticket);
    let typed = state.committing.remove(&ticket);
    if state.dialog.is_none() {
        state.dialog = typed;
    }
    // Something is still unsaved: whatever was to follow does not.
    state.after_saves = None;
    state.notices.failure(failure);
}
