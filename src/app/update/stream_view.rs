//! What is done to a stream that is looked at: reading is held, the view goes to a place.

use stubless_core::engine::{Command, Prepared, RenderStyle};

use crate::app::{AnswerPane, AppState, CallState, Place, TabId, UiCommand, find_place};

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
    let found = tab
        .call
        .exchange()
        .and_then(|it| find_place(&it.log, place));
    if let Some(index) = found {
        let view = &mut tab.view;
        view.picked = Some(index);
        view.follow = false;
        view.stream.reveal = Some(index);
        // What a paused view does not show cannot be gone to.
        if view.stream.paused_at.is_some_and(|at| index >= at) {
            view.stream.paused_at = None;
        }
    }
    Vec::new()
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
