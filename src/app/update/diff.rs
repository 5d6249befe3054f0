//! Comparing responses: holding them, choosing two, making a request in two environments, and going
//! through what differs.

use stubless_core::{
    call::{CallEvent, DiffProgress, Failure},
    engine::{
        CallId, Command, DiffId, DiffPair, DiffResult, DiffSide, DiffSpec, Event, RenderStyle,
    },
    message::MessageDiff,
    workspace::CompareSettings,
};

use super::diff_run::{run, run_in, start_waiting, stop};
use crate::app::{
    AppState, CallState, DiffAction, DiffPlace, DiffSlot, HeldResponse, HeldStage, PairSlot,
    Platform, TabId, TextMemo, Towards, facts_of,
};

/// Does what the person asked for.
pub(super) fn act(state: &mut AppState, action: DiffAction) -> Vec<Command> {
    match action {
        DiffAction::Pin(tab) => pin(state, tab),
        DiffAction::Unpin(call) => {
            if let Some(held) = state.diffs.response_mut(call) {
                held.pinned = false;
            }
            let_go(state)
        }
        DiffAction::Open => open(state),
        DiffAction::Front => {
            if state.active.is_some()
                && let Some(page) = &mut state.diffs.page
            {
                page.before = state.active.take();
            }
            Vec::new()
        }
        DiffAction::Close => close(state),
        DiffAction::Choose(place, call) => choose(state, place, call),
        DiffAction::Swap => {
            if let Some(page) = &mut state.diffs.page {
                std::mem::swap(&mut page.left, &mut page.right);
            }
            begin(state)
        }
        DiffAction::SetRules(rules) => set_rules(state, *rules),
        DiffAction::ShowOnly(only) => {
            if let Some(page) = &mut state.diffs.page {
                page.only = only;
                page.at = None;
                page.lay_out_all();
            }
            Vec::new()
        }
        DiffAction::ShowCall(shown) => {
            if let Some(page) = &mut state.diffs.page {
                page.call_shown = shown;
                page.at = None;
                page.lay_out();
            }
            Vec::new()
        }
        DiffAction::Step(towards) => step(state, towards),
        DiffAction::Pick(at) => {
            if let Some(page) = &mut state.diffs.page {
                page.at = Some(at);
            }
            Vec::new()
        }
        DiffAction::PickPair(at) => pick_pair(state, at),
        DiffAction::WantPreviews(call, wanted) => previews(state, call, wanted),
        DiffAction::RunIn(pair) => run_in(state, pair),
        DiffAction::RunConfirmed(pair) => {
            state.dialog = None;
            run(state, &pair)
        }
        DiffAction::Stop => stop(state),
        DiffAction::Copy => {
            if let Some(page) = &state.diffs.page {
                let words = match page.has_cut_values() {
                    true => "Differences copied; of long values their beginning",
                    false => "Differences copied",
                };
                state.platform.push(Platform::Copy(page.text()));
                state.notices.info(words.to_owned());
            }
            Vec::new()
        }
    }
}

/// Takes what the engine said of calls that are held.
pub(crate) fn heard(state: &mut AppState, event: &Event) {
    match event {
        Event::CallStarted(id, log) => {
            if let Some(held) = running(state, *id) {
                held.log = log.clone();
            }
        }
        Event::CallChanged(id, CallEvent::Head(head)) => {
            if let Some(held) = running(state, *id) {
                held.head = Some(head.clone());
            }
        }
        Event::CallFinished(id, end) => {
            if let Some(held) = running(state, *id) {
                let facts = facts_of(held.head.as_ref(), end);
                held.stage = HeldStage::Ended(Box::new(facts));
            }
        }
        Event::CallFailed(id, failure) => {
            if let Some(held) = running(state, *id) {
                held.stage = HeldStage::Failed(failure.clone());
            }
        }
        Event::Rendered { call, texts } => {
            if let Some(held) = state.diffs.response_mut(*call) {
                for (index, style, text) in texts {
                    held.texts.put(*index, *style, text.clone());
                }
            }
        }
        _ => {}
    }
}

/// Asks for previews that are neither there nor asked for.
fn previews(state: &mut AppState, call: CallId, wanted: Vec<usize>) -> Vec<Command> {
    let Some(held) = state.diffs.response_mut(call) else {
        return Vec::new();
    };
    let wanted = wanted.into_iter().map(|at| (at, RenderStyle::Preview));
    let wanted = held.texts.ask(wanted.collect());
    if wanted.is_empty() {
        return Vec::new();
    }
    vec![Command::Render { call, wanted }]
}

fn running(state: &mut AppState, call: CallId) -> Option<&mut HeldResponse> {
    let held = state.diffs.response_mut(call)?;
    matches!(held.stage, HeldStage::Running).then_some(held)
}

/// What follows from what the engine said: calls that waited for a schema are made, and once both sides
/// are over they are compared.
pub(crate) fn go_on(state: &mut AppState, event_is_end: bool) -> Vec<Command> {
    let mut commands = start_waiting(state);
    if event_is_end {
        commands.extend(begin(state));
    }
    commands
}

/// Keeps the engine from forgetting calls that are held.
pub(crate) fn keep_held(state: &AppState, commands: &mut Vec<Command>) {
    commands.retain(
        |command| !matches!(command, Command::Forget(id) if state.diffs.response(*id).is_some()),
    );
}

/// Another workspace is open.
pub(crate) fn clear(state: &mut AppState) -> Vec<Command> {
    let mut commands = stop(state);
    state.diffs.page = None;
    for held in &mut state.diffs.held {
        held.pinned = false;
    }
    commands.extend(let_go(state));
    commands
}

/// A response is held from now on. `false` when the tab has none that is over.
fn hold(state: &mut AppState, call: CallId) -> bool {
    if state.diffs.response(call).is_some() {
        return true;
    }
    let of_call = |tab: &&crate::app::Tab| tab.call.id() == Some(call);
    let Some(tab) = state.tabs.iter().find(of_call) else {
        return false;
    };
    let CallState::Ended(exchange, end) = &tab.call else {
        return false;
    };
    state.diffs.held.push(HeldResponse {
        call,
        tab: tab.id,
        title: tab.draft.title().to_owned(),
        about: exchange.about.clone(),
        // The one that is chosen now need not be the one of the call.
        environment: None,
        log: exchange.log.clone(),
        head: exchange.head.clone(),
        stage: HeldStage::Ended(Box::new(facts_of(exchange.head.as_ref(), end))),
        pinned: false,
        texts: TextMemo::default(),
    });
    true
}

fn pin(state: &mut AppState, tab: TabId) -> Vec<Command> {
    let Some(call) = state.tab(tab).and_then(|tab| tab.call.id()) else {
        return Vec::new();
    };
    if !hold(state, call) {
        return Vec::new();
    }
    if let Some(held) = state.diffs.response_mut(call) {
        held.pinned = true;
        let text = format!("Pinned the response of “{}” for a comparison", held.title);
        state.notices.info(text);
    }
    Vec::new()
}

/// Forgets responses that nobody needs any more.
pub(super) fn let_go(state: &mut AppState) -> Vec<Command> {
    let page = state.diffs.page.as_ref();
    let shown = page.map_or([None, None], |page| [page.left, page.right]);
    let mut commands = Vec::new();
    state.diffs.held.retain(|held| {
        let keep = held.pinned || shown.contains(&Some(held.call));
        let of_tab = state
            .tabs
            .iter()
            .any(|tab| tab.call.id() == Some(held.call));
        if !keep && !of_tab {
            commands.push(Command::Forget(held.call));
        }
        keep
    });
    commands
}

/// The page comes to the front, with the response in front at the right and the one pinned last at the
/// left, where nothing else was chosen.
fn open(state: &mut AppState) -> Vec<Command> {
    let front = state.active_tab().map(|tab| (tab.id, tab.call.id()));
    let pinned = state.diffs.pinned().next_back().map(|held| held.call);
    let mut page = state.diffs.page.take().unwrap_or_default();
    if let Some((tab, call)) = front {
        page.before = Some(tab);
        if let Some(call) = call.filter(|call| Some(*call) != page.left && hold(state, *call)) {
            page.right = Some(call);
        }
    }
    if page.left.is_none() {
        page.left = pinned.filter(|pinned| Some(*pinned) != page.right);
    }
    state.diffs.page = Some(page);
    state.active = None;
    take_rules(state);
    let mut commands = let_go(state);
    commands.extend(begin(state));
    commands
}

fn close(state: &mut AppState) -> Vec<Command> {
    let mut commands = stop(state);
    if let Some(page) = state.diffs.page.take()
        && state.active.is_none()
    {
        let before = page.before.filter(|tab| state.tab(*tab).is_some());
        state.active = before.or_else(|| state.tabs.last().map(|tab| tab.id));
    }
    commands.extend(let_go(state));
    commands
}

fn choose(state: &mut AppState, place: DiffPlace, call: CallId) -> Vec<Command> {
    if !hold(state, call) {
        return Vec::new();
    }
    if let Some(page) = &mut state.diffs.page {
        match place {
            DiffPlace::Left => page.left = Some(call),
            DiffPlace::Right => page.right = Some(call),
        }
    }
    take_rules(state);
    let mut commands = let_go(state);
    commands.extend(begin(state));
    commands
}

/// The rules are those of the request at the right, else of the one at the left. Where neither is open they
/// are what they were for one of the two, and none for two others.
fn take_rules(state: &mut AppState) {
    let Some(page) = &state.diffs.page else {
        return;
    };
    let sides = [page.right, page.left].into_iter().flatten();
    let tabs = sides.filter_map(|call| Some(state.diffs.response(call)?.tab));
    let tabs: Vec<TabId> = tabs.collect();
    let mut open = tabs.iter().filter_map(|tab| state.tab(*tab));
    let found = open.next().map(|tab| (tab.id, tab.draft.compare.clone()));
    let foreign = page.tab.is_some_and(|tab| !tabs.contains(&tab));
    let Some(page) = &mut state.diffs.page else {
        return;
    };
    if let Some((tab, rules)) = found {
        page.tab = Some(tab);
        page.rules = rules;
    } else if foreign {
        page.tab = None;
        page.rules = CompareSettings::default();
    }
}

fn set_rules(state: &mut AppState, rules: CompareSettings) -> Vec<Command> {
    let Some(page) = &mut state.diffs.page else {
        return Vec::new();
    };
    page.rules = rules.clone();
    let tab = page.tab;
    if let Some(tab) = tab.and_then(|tab| state.tab_mut(tab)) {
        tab.draft.compare = rules;
    }
    begin(state)
}

/// Compares the two sides, if both are over.
fn begin(state: &mut AppState) -> Vec<Command> {
    let id = DiffId(state.fresh());
    let Some(page) = &mut state.diffs.page else {
        return Vec::new();
    };
    if let DiffSlot::Running(_, progress) = &page.slot {
        progress.stop();
    }
    page.rows = None;
    let side = |call: Option<CallId>, held: &[HeldResponse]| {
        let held = held.iter().find(|held| Some(held.call) == call)?;
        Some(DiffSide {
            call: held.call,
            facts: Box::new(held.facts()?.clone()),
        })
    };
    let sides = (
        side(page.left, &state.diffs.held),
        side(page.right, &state.diffs.held),
    );
    let (Some(left), Some(right)) = sides else {
        page.slot = DiffSlot::Empty;
        page.lay_out_all();
        return Vec::new();
    };
    let progress = DiffProgress::default();
    let spec = DiffSpec {
        left,
        right,
        settings: page.rules.clone(),
        progress: progress.clone(),
    };
    page.slot = DiffSlot::Running(id, progress);
    page.lay_out_all();
    vec![Command::Diff(id, Box::new(spec))]
}

/// The result of a comparison, unless it is not waited for any more.
pub(crate) fn done(
    state: &mut AppState,
    id: DiffId,
    result: Result<Box<DiffResult>, Box<Failure>>,
) -> Vec<Command> {
    let Some(page) = &mut state.diffs.page else {
        return Vec::new();
    };
    if !matches!(&page.slot, DiffSlot::Running(own, _) if *own == id) {
        return Vec::new();
    }
    page.slot = match result {
        Ok(result) => DiffSlot::Ready(id, result),
        Err(failure) => DiffSlot::Failed(failure),
    };
    let pairs = page.result().map_or(0, |it| it.stream.pairs.len());
    page.pair = page.pair.filter(|at| *at < pairs);
    page.lay_out_all();
    if !page.is_stream() {
        page.pair = None;
        return Vec::new();
    }
    let first = page.pair.or_else(|| page.pairs.first().copied());
    first.map_or_else(Vec::new, |at| pick_pair(state, at))
}

/// The rows of a pair.
pub(crate) fn rows_made(
    state: &mut AppState,
    id: DiffId,
    pair: DiffPair,
    rows: Result<std::sync::Arc<MessageDiff>, Box<Failure>>,
) {
    let Some(page) = &mut state.diffs.page else {
        return;
    };
    let own = matches!(&page.slot, DiffSlot::Ready(own, _) if *own == id);
    if !own || page.picked() != Some(pair) {
        return;
    }
    page.rows = Some(match rows {
        Ok(rows) => PairSlot::Ready(rows),
        Err(failure) => PairSlot::Failed(failure),
    });
    page.lay_out();
    if page.reveal && !page.call_shown {
        page.at = page.differing.first().copied();
    }
}

fn pick_pair(state: &mut AppState, at: usize) -> Vec<Command> {
    let Some(page) = &mut state.diffs.page else {
        return Vec::new();
    };
    page.pair = Some(at);
    page.at = None;
    page.rows = Some(PairSlot::Asked);
    let (Some(pair), Some(left), Some(right)) = (page.picked(), page.left, page.right) else {
        return Vec::new();
    };
    page.lay_out();
    let DiffSlot::Ready(id, _) = &page.slot else {
        return Vec::new();
    };
    vec![Command::DiffPair {
        id: *id,
        calls: (left, right),
        pair,
        settings: Box::new(page.rules.clone()),
    }]
}

/// The next difference of what is shown; of streams, behind the last one of a pair comes the next pair.
fn step(state: &mut AppState, towards: Towards) -> Vec<Command> {
    let Some(page) = &mut state.diffs.page else {
        return Vec::new();
    };
    let differing = &page.differing;
    let found = match towards {
        Towards::Next => {
            let behind = page
                .at
                .map_or(0, |at| differing.partition_point(|it| *it <= at));
            differing.get(behind)
        }
        Towards::Previous => {
            let before = page.at.map_or(differing.len(), |at| {
                differing.partition_point(|it| *it < at)
            });
            before
                .checked_sub(1)
                .and_then(|before| differing.get(before))
        }
    };
    page.reveal = true;
    if let Some(found) = found {
        page.at = Some(*found);
        return Vec::new();
    }
    if page.is_stream() && !page.call_shown {
        return step_pair(state, towards);
    }
    // Around the end.
    let again = match towards {
        Towards::Next => differing.first(),
        Towards::Previous => differing.last(),
    };
    page.at = again.copied().or(page.at);
    Vec::new()
}

fn step_pair(state: &mut AppState, towards: Towards) -> Vec<Command> {
    use stubless_core::call::PairState;
    let Some(page) = &state.diffs.page else {
        return Vec::new();
    };
    let pairs = page.result().map_or(&[][..], |it| &it.stream.pairs);
    let differs = |at: &usize| {
        let state = pairs.get(*at).map(|pair| pair.state);
        !matches!(state, None | Some(PairState::Equal | PairState::Ignored))
    };
    let (count, at) = (pairs.len(), page.pair.unwrap_or(0));
    let found = match towards {
        Towards::Next => (at + 1..count).chain(0..at.min(count)).find(differs),
        Towards::Previous => (0..at).rev().chain((at + 1..count).rev()).find(differs),
    };
    let Some(at) = found else {
        return Vec::new();
    };
    let commands = pick_pair(state, at);
    if let Some(page) = &mut state.diffs.page {
        page.pair_stepped = true;
    }
    commands
}

/// Of a response that its tab shows.
const NOW: &str = " · now in the tab";

/// Responses to choose from: what the tabs have, then what is kept, each with its words.
pub fn choices(state: &AppState) -> Vec<(CallId, String)> {
    let mut choices = Vec::new();
    for held in &state.diffs.held {
        let facts = held.facts();
        let end = facts.map(|it| (it.outcome.status.code, it.total));
        let mut words = words(&held.title, held.environment.as_deref(), end);
        // Of one request they are else alike but for a few milliseconds.
        if state
            .tabs
            .iter()
            .any(|tab| tab.call.id() == Some(held.call))
        {
            words += NOW;
        }
        if held.pinned {
            words += " · pinned";
        }
        choices.push((held.call, words));
    }
    for tab in &state.tabs {
        if let CallState::Ended(exchange, end) = &tab.call
            && state.diffs.response(exchange.id).is_none()
        {
            let outcome = &end.finished.outcome;
            let end = (outcome.status.code, end.finished.timings.total);
            let words = words(tab.draft.title(), None, Some(end)) + NOW;
            choices.push((exchange.id, words));
        }
    }
    choices
}

fn words(
    title: &str,
    environment: Option<&str>,
    end: Option<(stubless_core::grpc::Code, std::time::Duration)>,
) -> String {
    let mut words = title.to_owned();
    if let Some(environment) = environment {
        words += &format!(" · {environment}");
    }
    if let Some((code, total)) = end {
        words += &format!(" · {code} · {:.1} ms", total.as_secs_f64() * 1e3);
    }
    words
}
