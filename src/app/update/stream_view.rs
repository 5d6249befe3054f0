//! What is done to a stream that is looked at: reading is held, the view goes to a place.

use std::time::Instant;

use stubless_core::{
    call::scan::{GroupSpec, ScanState},
    engine::{Command, Prepared, RenderStyle, ScanId},
};

use crate::app::{
    AnswerPane, AppState, CallState, Exchange, Place, Refusal, TabId, UiCommand, find_place,
};

/// Stops reading, or goes on with it; nothing of a call that is over.
pub(super) fn hold(state: &mut AppState, id: TabId, hold: bool) -> Vec<Command> {
    let Some(CallState::Running(exchange)) = state.tab_mut(id).map(|tab| &mut tab.call) else {
        return Vec::new();
    };
    exchange.hold.asked = hold;
    vec![Command::HoldReading(exchange.id, hold)]
}

/// A command that is about the stream in front.
pub(super) fn run(state: &mut AppState, id: TabId, command: UiCommand) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let Some(exchange) = tab.call.exchange() else {
        return Vec::new();
    };
    let (len, held) = (exchange.log.len(), exchange.hold.asked);
    let view = &mut tab.view.stream;
    tab.view.answer = AnswerPane::Response;
    match command {
        UiCommand::JumpInStream => {
            view.jump.get_or_insert_default();
        }
        UiCommand::PlotStream => view.plots = !view.plots,
        UiCommand::PauseView => view.toggle_pause(len),
        UiCommand::HoldReading => return hold(state, id, !held),
        _ => {}
    }
    Vec::new()
}

/// Has the new messages counted, unless somebody is at it.
pub(super) fn count(state: &AppState, id: TabId) -> Vec<Command> {
    let exchange = state.tab(id).and_then(|tab| tab.call.exchange());
    let Some(exchange) = exchange.filter(|it| it.stats.begin(it.log.len())) else {
        return Vec::new();
    };
    vec![Command::CountMessages(
        exchange.log.clone(),
        exchange.stats.clone(),
    )]
}

/// Picks the message at a place and brings it into view.
pub(super) fn jump(state: &mut AppState, id: TabId, place: Place) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let Some(exchange) = tab.call.exchange_mut() else {
        return Vec::new();
    };
    if let Some(index) = find_place(&exchange.log, place) {
        let view = &mut tab.view;
        view.picked = Some(index);
        view.follow = false;
        view.stream.reveal = Some(index);
        // What a paused view does not show cannot be gone to.
        if view.stream.paused_at.is_some_and(|at| index >= at) {
            view.stream.paused_at = None;
        }
        replay_to(exchange, index, Instant::now());
        // The disk is asked for the lines there: which of them it is shows once they are here.
        let waits = matches!(place, Place::Time(_)) && exchange.log.entry_ready(index).is_none();
        view.stream.going = waits.then_some((index, place));
    }
    Vec::new()
}

/// Of a log that happens again, what it does not show yet cannot be gone to: it goes on from there, or ends
/// where the moment of the message is not known.
fn replay_to(exchange: &mut Exchange, index: usize, now: Instant) {
    if index < exchange.shown_len(now) {
        return;
    }
    let at = exchange.log.entry_ready(index).map(|entry| entry.at);
    if let (Some(replay), Some(at)) = (&mut exchange.replay, at) {
        replay.seek(at, now);
    }
    if index >= exchange.shown_len(now) {
        exchange.replay = None;
    }
}

/// Sends a message that was sent before once more, as its text says it; what is no template is none.
pub(super) fn send_again(state: &AppState, id: TabId, index: usize) -> Vec<Command> {
    let call = state.tab(id).map(|tab| &tab.call);
    let Some(exchange) = call
        .filter(|it| it.takes_messages())
        .and_then(CallState::exchange)
    else {
        return Vec::new();
    };
    let text = exchange.texts.get(index, RenderStyle::Full);
    let message = text.map(|text| Prepared {
        number: None,
        text: text.text.replace("{{", "{\\u007b").into(),
    });
    let push = |message| Command::Push(exchange.id, vec![message]);
    message.map(push).into_iter().collect()
}

/// Looks for what the filter bar says, unless that is looked for already; groups are of the same messages.
pub(super) fn filter(state: &mut AppState, id: TabId) -> Vec<Command> {
    let scan_id = ScanId(state.fresh());
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let wanted = tab.view.stream.filter.filter();
    let picked = tab.view.picked;
    let Some(exchange) = tab.call.exchange_mut() else {
        return Vec::new();
    };
    let look = &mut exchange.scan.filter;
    let mut commands = Vec::new();
    if wanted.is_all() {
        commands.extend(look.end().map(Command::StopScan));
        if !commands.is_empty() {
            // Where one was, the others are around it again.
            tab.view.stream.reveal = picked;
        }
    } else if !look.is_asked(&wanted)
        || look
            .current()
            .is_some_and(|it| has_halted(it.progress().state))
    {
        commands.extend(look.id().map(Command::StopScan));
        look.ask(scan_id, wanted.clone());
        commands.push(Command::Scan(scan_id, exchange.id, Box::new(wanted)));
        tab.view.stream.selection.clear();
    }
    commands.extend(group(state, id));
    commands
}

/// It looks no further by itself: asked for again, it begins anew.
fn has_halted(state: ScanState) -> bool {
    matches!(state, ScanState::Stopped | ScanState::Failed)
}

/// Stops looking; what was found stays.
pub(super) fn stop_filter(state: &AppState, id: TabId) -> Vec<Command> {
    let exchange = state.tab(id).and_then(|tab| tab.call.exchange());
    let scan = exchange.and_then(|it| it.scan.filter.id());
    scan.map(Command::StopScan).into_iter().collect()
}

/// Groups by the field that is typed, over what the filter lets through; nothing while the groups are
/// closed.
pub(super) fn group(state: &mut AppState, id: TabId) -> Vec<Command> {
    let scan_id = ScanId(state.fresh());
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let form = tab.view.stream.group.clone();
    let Some(exchange) = tab.call.exchange_mut() else {
        return Vec::new();
    };
    let look = &mut exchange.scan.groups;
    let path = form.path.trim().to_owned();
    if !form.open || path.is_empty() {
        return look.end().map(Command::StopScan).into_iter().collect();
    }
    // Not those of a filter by this very field: a press on a group must leave the others there.
    let spec = GroupSpec {
        path,
        filter: stubless_core::call::scan::Filter {
            direction: tab.view.stream.filter.direction,
            condition: None,
        },
    };
    let mut commands = Vec::new();
    if !look.is_asked(&spec)
        || look
            .current()
            .is_some_and(|it| has_halted(it.progress().state))
    {
        commands.extend(look.id().map(Command::StopScan));
        look.ask(scan_id, spec.clone());
        commands.push(Command::Group(scan_id, exchange.id, Box::new(spec)));
    }
    if let Some(grouping) = &look.handle {
        grouping.sort(form.order);
    }
    commands
}

/// Asks for cells that are neither there nor asked for.
pub(super) fn want_cells(state: &mut AppState, id: TabId, wanted: Vec<usize>) -> Vec<Command> {
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let columns = tab.view.stream.columns.clone();
    let Some(exchange) = tab.call.exchange_mut() else {
        return Vec::new();
    };
    let asked = exchange.scan.cells.ask(columns.fields(), wanted);
    let command = asked.map(|(columns, wanted)| Command::ReadCells {
        call: exchange.id,
        columns,
        wanted,
    });
    command.into_iter().collect()
}

/// The engine had no room for it: the next frame asks again.
pub(super) fn refused(state: &mut AppState, refusal: &Refusal) {
    match refusal {
        Refusal::Cells(call, wanted) => {
            let tab = state.tab_of_call(*call);
            if let Some(exchange) = tab.and_then(|tab| tab.call.exchange_mut()) {
                exchange.scan.cells.forget_asked(wanted);
            }
        }
        Refusal::Scan(call, id) => {
            let tab = state.tab_of_call(*call);
            if let Some(exchange) = tab.and_then(|tab| tab.call.exchange_mut()) {
                exchange.scan.filter.not_asked(*id);
                exchange.scan.groups.not_asked(*id);
            }
        }
        _ => {}
    }
}
