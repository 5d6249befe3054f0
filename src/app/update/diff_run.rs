//! A request made in two environments, to compare what comes back.

use stubless_core::{
    call::{Failure, MessageLog},
    engine::{CallId, Command},
};

use super::{call, diff::let_go};
use crate::app::{
    AppState, Dialog, DiffPage, DiffSlot, EnvironmentPair, HeldResponse, HeldStage, TabId, TextMemo,
};

/// Asks for the environments: the chosen one, and the next.
pub(super) fn ask_environments(state: &mut AppState, tab: TabId) -> Vec<Command> {
    let names: Vec<String> = state
        .open_workspace()
        .map(|workspace| workspace.environments.iter().map(|it| it.name.clone()))
        .into_iter()
        .flatten()
        .collect();
    let left = state.environment.clone().or_else(|| names.first().cloned());
    let right = names.into_iter().find(|name| Some(name) != left.as_ref());
    state.dialog = Some(Dialog::DiffEnvironments(EnvironmentPair {
        tab,
        left,
        right,
    }));
    Vec::new()
}

/// Makes the request in two environments, or asks first where one of them says so.
pub(super) fn run_in(state: &mut AppState, pair: EnvironmentPair) -> Vec<Command> {
    let refused = state
        .tab(pair.tab)
        .and_then(|tab| tab.draft.unread.refusal());
    if let Some(failure) = refused {
        state.dialog = None;
        state.notices.failure(Box::new(failure));
        return Vec::new();
    }
    let workspace = state.open_workspace();
    let environments = workspace.map_or(&[][..], |it| &it.environments);
    let asks = |name: &Option<String>| {
        let own = environments.iter();
        let mut own = own.filter(|it| it.production && Some(&it.name) == name.as_ref());
        own.next().is_some()
    };
    if asks(&pair.left) || asks(&pair.right) {
        let sides = [&pair.left, &pair.right];
        let production = sides.into_iter().filter(|name| asks(name)).flatten();
        let production = production.cloned().collect();
        state.dialog = Some(Dialog::ConfirmDiff { pair, production });
        return Vec::new();
    }
    state.dialog = None;
    run(state, &pair)
}

pub(super) fn run(state: &mut AppState, pair: &EnvironmentPair) -> Vec<Command> {
    let Some(tab) = state.tab(pair.tab) else {
        return Vec::new();
    };
    let (draft, title) = (tab.draft.clone(), tab.draft.title().to_owned());
    let mut commands = stop(state);
    let mut calls = Vec::new();
    for environment in [&pair.left, &pair.right] {
        let call = CallId(state.fresh());
        calls.push(call);
        let about = within(state, environment.clone(), |state| {
            call::about_of(state, &draft)
        });
        state.diffs.held.push(HeldResponse {
            call,
            tab: pair.tab,
            title: title.clone(),
            about,
            environment: environment.clone(),
            log: MessageLog::default(),
            head: None,
            stage: HeldStage::Waiting(Box::new(draft.clone())),
            pinned: false,
            texts: TextMemo::default(),
        });
    }
    let only = state.diffs.page.as_ref().is_some_and(|page| page.only);
    state.diffs.page = Some(DiffPage {
        left: calls.first().copied(),
        right: calls.last().copied(),
        rules: draft.compare.clone(),
        tab: Some(pair.tab),
        before: Some(pair.tab),
        only,
        ..DiffPage::default()
    });
    state.active = None;
    commands.extend(let_go(state));
    commands.extend(start_waiting(state));
    commands
}

/// Does something as if an environment were chosen.
pub(super) fn within<T>(
    state: &mut AppState,
    environment: Option<String>,
    what: impl FnOnce(&mut AppState) -> T,
) -> T {
    let chosen = std::mem::replace(&mut state.environment, environment);
    let done = what(state);
    state.environment = chosen;
    done
}

/// Makes the calls whose schema is there; asks for those that are not.
pub(super) fn start_waiting(state: &mut AppState) -> Vec<Command> {
    let waits = |held: &&HeldResponse| matches!(held.stage, HeldStage::Waiting(_));
    let waiting: Vec<(CallId, Option<String>)> = state
        .diffs
        .held
        .iter()
        .filter(waits)
        .map(|held| (held.call, held.environment.clone()))
        .collect();
    let mut commands = Vec::new();
    for (id, environment) in waiting {
        let Some(held) = state.diffs.response_mut(id) else {
            continue;
        };
        let HeldStage::Waiting(draft) = std::mem::replace(&mut held.stage, HeldStage::Running)
        else {
            continue;
        };
        let tab = held.tab;
        let made = within(state, environment, |state| {
            call::prepare(state, tab, &draft, &mut commands)
        });
        let Some(held) = state.diffs.response_mut(id) else {
            continue;
        };
        match made {
            Ok(Some((about, spec))) => {
                held.about = about;
                commands.push(Command::StartCall(id, Box::new(spec)));
            }
            Ok(None) => held.stage = HeldStage::Waiting(draft),
            Err(failure) => held.stage = HeldStage::Failed(failure),
        }
    }
    commands
}

/// Cancels what runs for the page.
pub(super) fn stop(state: &mut AppState) -> Vec<Command> {
    let mut commands = Vec::new();
    if let Some(page) = &mut state.diffs.page
        && let DiffSlot::Running(_, progress) = &page.slot
    {
        progress.stop();
        page.slot = DiffSlot::Empty;
        page.lay_out_all();
    }
    for held in &mut state.diffs.held {
        match held.stage {
            HeldStage::Waiting(_) => {
                held.stage = HeldStage::Failed(Box::new(Failure {
                    summary: "The call was not made".to_owned(),
                    reason: "it was cancelled while the schema of its target was read".to_owned(),
                    ..Failure::default()
                }));
            }
            HeldStage::Running => commands.push(Command::Cancel(held.call)),
            HeldStage::Ended(_) | HeldStage::Failed(_) => {}
        }
    }
    commands
}
