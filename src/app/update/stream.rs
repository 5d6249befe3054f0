//! Streams fed by hand: the list of prepared messages, and what is sent of it while a call runs.

use stubless_core::{
    engine::{Command, Prepared, RepeatId},
    message::{Document, DocumentId, starting_body},
};

use crate::app::{
    AppState, Draft, NoticeId, RemovedMessage, Repeat, RequestPane, Tab, TabId,
    notice::TakeBack,
    stream::{ListChange, keep_removed, prepared},
};

/// Sends the message that is shown.
pub(super) fn push(state: &mut AppState, id: TabId) -> Vec<Command> {
    let shown = state.tab(id).map(|tab| tab.view.message);
    push_these(state, id, |_| shown.into_iter().collect())
}

/// Sends the message at the marker, and moves the marker to the one after it; after the last comes the
/// first.
pub(super) fn push_next(state: &mut AppState, id: TabId) -> Vec<Command> {
    let next = state.tab(id).map_or(0, Tab::next_message);
    let commands = push_these(state, id, |_| vec![next]);
    if !commands.is_empty()
        && let Some(tab) = state.tab_mut(id)
    {
        tab.view.next = (next + 1) % tab.draft.messages.len().max(1);
    }
    commands
}

/// Sends all messages in order; the next one is the first again.
pub(super) fn push_all(state: &mut AppState, id: TabId) -> Vec<Command> {
    let commands = push_these(state, id, |draft| (0..draft.messages.len()).collect());
    if !commands.is_empty()
        && let Some(tab) = state.tab_mut(id)
    {
        tab.view.next = 0;
    }
    commands
}

fn push_these(
    state: &mut AppState,
    id: TabId,
    these: impl FnOnce(&Draft) -> Vec<usize>,
) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id).filter(|tab| tab.call.takes_messages()) else {
        return Vec::new();
    };
    let these = these(&tab.draft).into_iter();
    let (pushed, messages): (Vec<DocumentId>, Vec<Prepared>) = these
        .filter_map(|at| Some((tab.draft.messages.get(at)?.id(), prepared(&tab.draft, at)?)))
        .unzip();
    match tab.call.exchange_mut() {
        Some(exchange) if !messages.is_empty() => {
            exchange.push_failure = None;
            exchange.pushed = pushed;
            vec![Command::Push(exchange.id, messages)]
        }
        Some(_) | None => Vec::new(),
    }
}

/// Sends once more what broke rules of its schema, or begins its repetition again; this call is not asked
/// about again.
pub(super) fn push_anyway(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(exchange) = state.tab(id).and_then(|tab| tab.call.exchange()) else {
        return Vec::new();
    };
    let mut commands = vec![Command::WaiveRules(exchange.id)];
    if exchange.push_failure.is_some() {
        let pushed = exchange.pushed.clone();
        commands.extend(push_these(state, id, |draft| {
            let documents = draft.messages.iter().enumerate();
            let again = documents.filter(|(_, document)| pushed.contains(&document.id()));
            again.map(|(at, _)| at).collect()
        }));
    } else {
        commands.extend(start_repeat(state, id));
    }
    commands
}

/// Closes the sending side.
pub(super) fn half_close(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id).filter(|tab| tab.call.takes_messages()) else {
        return Vec::new();
    };
    tab.call.id().map(Command::HalfClose).into_iter().collect()
}

/// Sends the message shown, or all in turn, again and again, as typed in the form.
pub(super) fn start_repeat(state: &mut AppState, id: TabId) -> Vec<Command> {
    let repeat = RepeatId(state.fresh());
    let Some(tab) = state.tab_mut(id).filter(|tab| tab.call.takes_messages()) else {
        return Vec::new();
    };
    let form = &tab.view.repeat;
    let (Ok(every), Ok(count)) = (form.every(), form.count()) else {
        return Vec::new();
    };
    let shown = tab.draft.messages.get(tab.view.message).map(Document::id);
    let only = shown.filter(|_| !form.all);
    let (repeat, spec) = Repeat::begin(repeat, &tab.draft, only, every, count);
    let Some(exchange) = tab.call.exchange_mut() else {
        return Vec::new();
    };
    exchange.push_failure = None;
    exchange.repeat = Some(repeat);
    vec![Command::Repeat(exchange.id, spec)]
}

/// Ends a repetition; the stream stays open.
pub(super) fn stop_repeat(state: &mut AppState, id: TabId) -> Vec<Command> {
    let exchange = state.tab(id).and_then(|tab| tab.call.exchange());
    let command = exchange.and_then(|exchange| {
        let repeat = exchange.repeat.as_ref().filter(|it| it.is_running())?;
        Some(Command::StopRepeat(exchange.id, repeat.id))
    });
    command.into_iter().collect()
}

/// Starts a repetition, or ends the one that runs.
pub(super) fn toggle_repeat(state: &mut AppState, id: TabId) -> Vec<Command> {
    match state.tab(id) {
        Some(tab) if tab.call.repeats() => stop_repeat(state, id),
        _ => start_repeat(state, id),
    }
}

/// Messages of a repetition were edited: the engine sends them as they stand from the next turn on. One
/// whose message is gone ends.
pub(super) fn refresh_repeat(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let Tab { draft, call, .. } = tab;
    let Some(exchange) = call.exchange_mut() else {
        return Vec::new();
    };
    let call = exchange.id;
    match &mut exchange.repeat {
        Some(repeat) if repeat.is_stale(draft) => {
            let messages = repeat.tell(draft);
            vec![match messages.is_empty() {
                true => Command::StopRepeat(call, repeat.id),
                false => Command::ReplaceRepeated(call, repeat.id, messages),
            }]
        }
        Some(_) | None => Vec::new(),
    }
}

/// Puts away the words about a message that was not sent; `show` brings that message to the front.
pub(super) fn leave_push_failure(state: &mut AppState, id: TabId, show: bool) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let failure = tab.call.exchange_mut().and_then(|exchange| {
        let of_repeat = exchange.repeat.take_if(|repeat| !repeat.is_running());
        let of_repeat = of_repeat.and_then(|repeat| repeat.failure().cloned());
        exchange.push_failure.take().map(|it| *it).or(of_repeat)
    });
    if show && let Some((message, ..)) = failure.and_then(|failure| failure.place) {
        tab.view.request = RequestPane::Message;
        tab.view.message = message.min(tab.draft.messages.len().saturating_sub(1));
    }
    Vec::new()
}

/// Shows the message `steps` after the one shown, as far as there are any.
pub(super) fn step(state: &mut AppState, id: TabId, steps: isize) -> Vec<Command> {
    if let Some(tab) = state.tab_mut(id) {
        let last = tab.draft.messages.len().saturating_sub(1);
        tab.view.message = tab.view.message.saturating_add_signed(steps).min(last);
        tab.view.request = RequestPane::Message;
    }
    Vec::new()
}

/// Adds a prepared message after the one shown: a generated one, or an empty one without a schema.
pub(super) fn add_message(state: &mut AppState, id: TabId) -> Vec<Command> {
    let Some(tab) = state.tab(id) else {
        return Vec::new();
    };
    let key = state.reflect_key(Some(&tab.draft));
    let text = state
        .schemas
        .schema_of(&tab.draft.method, key.as_ref())
        .and_then(|schema| schema.method(&tab.draft.method))
        .map(|method| starting_body(&method.input()))
        .unwrap_or_default();
    let after = tab.view.message;
    insert(state, id, after + 1, Document::new(text));
    Vec::new()
}

/// Adds a copy of a prepared message after it.
pub(super) fn duplicate_message(state: &mut AppState, id: TabId, index: usize) -> Vec<Command> {
    let message = state.tab(id).and_then(|tab| tab.draft.messages.get(index));
    if let Some(copy) = message.map(|message| Document::new(message.text())) {
        insert(state, id, index + 1, copy);
    }
    Vec::new()
}

fn insert(state: &mut AppState, id: TabId, at: usize, document: Document) {
    if let Some(tab) = state.tab_mut(id) {
        let at = at.min(tab.draft.messages.len());
        tab.draft.messages.insert(at, document);
        follow(tab, ListChange::Inserted(at));
        tab.view.message = at;
        tab.view.request = RequestPane::Message;
    }
}

/// Moves a prepared message to another place; what is shown stays shown.
pub(super) fn move_message(
    state: &mut AppState,
    id: TabId,
    from: usize,
    to: usize,
) -> Vec<Command> {
    if let Some(tab) = state.tab_mut(id) {
        let messages = &mut tab.draft.messages;
        if from != to && from < messages.len() && to < messages.len() {
            let message = messages.remove(from);
            messages.insert(to, message);
            follow(tab, ListChange::Moved { from, to });
        }
    }
    Vec::new()
}

/// Moves the message that is shown by one place.
pub(super) fn move_shown(state: &mut AppState, id: TabId, steps: isize) -> Vec<Command> {
    let shown = state.tab(id).map_or(0, |tab| tab.view.message);
    let to = shown.checked_add_signed(steps).unwrap_or(shown);
    move_message(state, id, shown, to)
}

/// Removes a prepared message; the last one stays. One that has something in it can be put back.
pub(super) fn remove_message(state: &mut AppState, id: TabId, index: usize) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    if tab.draft.messages.len() < 2 || index >= tab.draft.messages.len() {
        return Vec::new();
    }
    let document = tab.draft.messages.remove(index);
    follow(tab, ListChange::Removed(index));
    if document.is_empty() {
        return Vec::new();
    }
    let back = TakeBack::Message(id, document.id());
    let text = format!("Removed message {}", index + 1);
    let notice = state.notices.can_take_back(text, back);
    if let Some(tab) = state.tab_mut(id) {
        let removed = RemovedMessage {
            notice,
            index,
            document,
        };
        keep_removed(&mut tab.removed, removed);
    }
    Vec::new()
}

/// Puts a removed message back where it stood.
pub(super) fn put_back(state: &mut AppState, id: TabId, message: DocumentId) {
    let removed = state.tab_mut(id).and_then(|tab| {
        let kept = &mut tab.removed;
        let at = kept.iter().position(|it| it.document.id() == message)?;
        Some(kept.remove(at))
    });
    if let Some(removed) = removed {
        insert(state, id, removed.index, removed.document);
    }
}

/// The notice of a removed message is gone, and with it the way back.
pub(super) fn forget_removed(state: &mut AppState, notice: NoticeId) {
    for tab in &mut state.tabs {
        tab.removed.retain(|removed| removed.notice != notice);
    }
}

fn follow(tab: &mut Tab, change: ListChange) {
    let last = tab.draft.messages.len().saturating_sub(1);
    let view = &mut tab.view;
    view.message = change.follow(view.message).min(last);
    view.next = change.follow(view.next);
    if view.next > last {
        view.next = 0;
    }
}
