//! Comparisons: calls in two environments, what is held and let go of, answers that come too late.

use std::time::Duration;

use stubless_core::{
    call::{Finished, StreamDiff, Timings},
    engine::{CallEnd, DiffId, DiffResult, JobId},
    grpc::{Code, Metadata, Origin, Outcome, Status},
    workspace::CompareSettings,
};

use super::*;

fn end() -> Box<CallEnd> {
    Box::new(CallEnd {
        finished: Finished {
            attempts: Vec::new(),
            outcome: Outcome {
                status: Status {
                    code: Code::OK,
                    message: String::new(),
                },
                origin: Origin::Trailers,
                trailers: Metadata::default(),
                cause: None,
                waiting: None,
                accepts: None,
            },
            timings: Timings {
                connected: None,
                head: None,
                first_message: None,
                total: Duration::from_millis(3),
            },
            trace: None,
        },
        failure: None,
        details: Vec::new(),
    })
}

/// Makes the call of the front tab, to its end.
fn send(state: &mut AppState) -> CallId {
    let id = front(state).id;
    let commands = update(state, Action::Send(id));
    let call = started(&commands).unwrap();
    on_event(state, Event::CallStarted(call, MessageLog::default()));
    on_event(state, Event::CallFinished(call, end()));
    call
}

fn compared(commands: &[Command]) -> Option<(DiffId, CallId, CallId)> {
    commands.iter().find_map(|command| match command {
        Command::Diff(id, spec) => Some((*id, spec.left.call, spec.right.call)),
        _ => None,
    })
}

fn forgotten(commands: &[Command]) -> Vec<CallId> {
    let forgotten = commands.iter().filter_map(|command| match command {
        Command::Forget(id) => Some(*id),
        _ => None,
    });
    forgotten.collect()
}

fn run(state: &mut AppState, command: UiCommand) -> Vec<Command> {
    update(state, Action::Run(command))
}

fn diff(state: &mut AppState, action: DiffAction) -> Vec<Command> {
    update(state, Action::Diff(action))
}

#[test]
fn a_pinned_response_outlives_its_tab_and_is_let_go_of_at_last() {
    let mut state = ready();
    let first = send(&mut state);
    run(&mut state, UiCommand::PinResponse);
    let id = front(&state).id;
    let again = update(&mut state, Action::Send(id));
    assert_eq!(forgotten(&again), [], "it is pinned");
    let second = started(&again).unwrap();
    on_event(
        &mut state,
        Event::CallStarted(second, MessageLog::default()),
    );
    on_event(&mut state, Event::CallFinished(second, end()));

    let commands = run(&mut state, UiCommand::CompareResponses);
    let (_, left, right) = compared(&commands).unwrap();
    assert_eq!((left, right), (first, second));
    assert_eq!(state.active, None, "the page is in front");
    assert!(!UiCommand::Send.info().is_enabled(&state));

    let commands = update(&mut state, Action::CloseTab(id));
    assert_eq!(forgotten(&commands), [], "both are compared");
    let commands = diff(&mut state, DiffAction::Unpin(first));
    assert_eq!(forgotten(&commands), []);
    let mut gone = forgotten(&run(&mut state, UiCommand::CloseComparison));
    gone.sort();
    assert_eq!(gone, [first, second]);
    assert!(state.diffs.held.is_empty());
}

#[test]
fn an_answer_to_another_question_is_dropped() {
    let mut state = ready();
    let call = send(&mut state);
    run(&mut state, UiCommand::CompareResponses);
    let commands = diff(&mut state, DiffAction::Choose(DiffPlace::Left, call));
    let (old, ..) = compared(&commands).unwrap();
    let commands = diff(&mut state, DiffAction::Swap);
    let (new, ..) = compared(&commands).unwrap();
    let result = || {
        Box::new(DiffResult {
            facts: Vec::new(),
            stream: StreamDiff::default(),
            only: None,
            errors: Vec::new(),
            rules: Vec::new(),
        })
    };
    on_event(&mut state, Event::DiffDone(old, Ok(result())));
    assert!(state.diffs.page.as_ref().unwrap().result().is_none());
    on_event(&mut state, Event::DiffDone(new, Ok(result())));
    let page = state.diffs.page.as_ref().unwrap();
    assert_eq!(page.verdict(), "Equal");
}

/// A request whose target depends on the environment, in front.
fn with_host() -> (AppState, TabId) {
    let mut state = ready();
    let id = front(&state).id;
    state.tab_mut(id).unwrap().draft.target = Some("{{ host }}".to_owned());
    let mut workspace = workspace();
    workspace.environments[1].variables = vec![variable("host", "localhost:3", false)];
    state.workspace = WorkspaceState::Open(Box::new(workspace));
    (state, id)
}

fn pair(tab: TabId) -> EnvironmentPair {
    EnvironmentPair {
        tab,
        left: Some("dev".to_owned()),
        right: Some("live".to_owned()),
    }
}

#[test]
fn production_is_asked_for_before_both_calls() {
    let (mut state, tab) = with_host();
    let commands = diff(&mut state, DiffAction::RunIn(pair(tab)));
    assert!(commands.is_empty(), "{commands:?}");
    let Some(Dialog::ConfirmDiff { production, .. }) = &state.dialog else {
        panic!("{:?}", state.dialog);
    };
    assert_eq!(*production, ["live"]);
    assert!(state.diffs.page.is_none());
    let dev = EnvironmentPair {
        right: None,
        ..pair(tab)
    };
    diff(&mut state, DiffAction::RunIn(dev));
    assert!(state.dialog.is_none() && state.diffs.page.is_some());
}

#[test]
fn each_environment_has_its_own_target_and_schema_and_both_ends_are_compared() {
    let (mut state, tab) = with_host();
    let commands = diff(&mut state, DiffAction::RunConfirmed(pair(tab)));
    let asked: Vec<(SchemaId, &str)> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Reflect(id, spec) => Some((*id, spec.target.as_str())),
            _ => None,
        })
        .collect();
    let targets: Vec<&str> = asked.iter().map(|(_, target)| *target).collect();
    assert_eq!(targets, ["localhost:2", "localhost:3"]);
    let ids: Vec<SchemaId> = asked.iter().map(|(id, _)| *id).collect();
    assert_eq!(started(&commands), None, "their schemas are read first");
    assert_eq!(state.environment, None, "the chosen one stays");

    // What is typed meanwhile is not sent.
    state.tab_mut(tab).unwrap().draft.target = Some("localhost:9".to_owned());
    let mut calls = Vec::new();
    for id in ids {
        let commands = on_event(&mut state, Event::SchemaLoaded(id, loaded(), None));
        for command in commands {
            if let Command::StartCall(id, spec) = command {
                let host = spec.scope.variables.get("host").cloned();
                calls.push((id, spec.target, host));
            }
        }
    }
    let [(left, a, host_a), (right, b, host_b)] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!((a.as_str(), b.as_str()), ("{{ host }}", "{{ host }}"));
    assert_eq!(host_a.as_deref(), Some("localhost:2"));
    assert_eq!(host_b.as_deref(), Some("localhost:3"));

    on_event(&mut state, Event::CallStarted(*left, MessageLog::default()));
    let commands = on_event(&mut state, Event::CallFinished(*left, end()));
    assert_eq!(compared(&commands), None, "one is still under way");
    on_event(
        &mut state,
        Event::CallStarted(*right, MessageLog::default()),
    );
    let commands = diff(&mut state, DiffAction::Stop);
    assert!(matches!(commands[..], [Command::Cancel(id)] if id == *right));
    let commands = on_event(&mut state, Event::CallFinished(*right, end()));
    let (_, a, b) = compared(&commands).unwrap();
    assert_eq!((a, b), (*left, *right));
}

#[test]
fn a_target_that_cannot_be_asked_fails_its_side_alone() {
    let (mut state, tab) = with_host();
    let commands = diff(&mut state, DiffAction::RunConfirmed(pair(tab)));
    let ids: Vec<SchemaId> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Reflect(id, _) => Some(*id),
            _ => None,
        })
        .collect();
    // As for Send: another target's schema has the method, and the call itself says what is wrong.
    let commands = on_event(&mut state, Event::SchemaFailed(ids[0], failure("down")));
    let first = started(&commands).unwrap();
    on_event(
        &mut state,
        Event::CallFailed(first, failure("no such name")),
    );
    let page = state.diffs.page.as_ref().unwrap();
    let stage = |call: Option<CallId>| &state.diffs.response(call.unwrap()).unwrap().stage;
    assert!(matches!(stage(page.left), HeldStage::Failed(_)));
    assert!(matches!(stage(page.right), HeldStage::Waiting(_)));
}

#[test]
fn a_call_that_the_engine_did_not_take_fails_its_side() {
    let (mut state, tab) = with_host();
    let commands = diff(&mut state, DiffAction::RunConfirmed(pair(tab)));
    let ids = commands.iter().filter_map(|command| match command {
        Command::Reflect(id, _) => Some(*id),
        _ => None,
    });
    let ids: Vec<SchemaId> = ids.collect();
    let commands = on_event(&mut state, Event::SchemaFailed(ids[0], failure("down")));
    let first = started(&commands).unwrap();
    refused(&mut state, Refusal::Start(first));
    let stage = &state.diffs.response(first).unwrap().stage;
    assert!(matches!(stage, HeldStage::Failed(_)), "{stage:?}");
}

#[test]
fn rules_are_those_of_a_request_that_is_compared() {
    let mut state = ready();
    let tab = front(&state).id;
    send(&mut state);
    run(&mut state, UiCommand::PinResponse);
    let pinned = send(&mut state);
    run(&mut state, UiCommand::CompareResponses);
    let rules = CompareSettings {
        ignore: vec!["a".to_owned()],
        ..CompareSettings::default()
    };
    diff(&mut state, DiffAction::SetRules(Box::new(rules.clone())));
    let page = |state: &AppState| {
        let page = state.diffs.page.as_ref().unwrap();
        (page.tab, page.rules.clone())
    };
    // Its tab closed, they stay with the page.
    update(&mut state, Action::CloseTab(tab));
    update(&mut state, Action::DiscardAndGoOn);
    assert!(state.tab(tab).is_none());
    diff(&mut state, DiffAction::Choose(DiffPlace::Left, pinned));
    assert_eq!(page(&state), (Some(tab), rules));

    // Those of a request that is no side any more do not count for others.
    state.diffs.page.as_mut().unwrap().tab = Some(TabId(9_999));
    diff(&mut state, DiffAction::Choose(DiffPlace::Left, pinned));
    assert_eq!(page(&state), (None, CompareSettings::default()));
}

#[test]
fn bytes_that_are_gone_are_asked_for_again_only_by_hand() {
    let mut state = ready();
    let call = send(&mut state);
    let tab = front(&state).id;
    let asks = |state: &mut AppState| update(state, Action::WantBytes(tab, 0)).len();
    assert_eq!((asks(&mut state), asks(&mut state)), (1, 0));
    on_event(
        &mut state,
        Event::BytesOpened {
            call,
            index: 0,
            tree: None,
        },
    );
    let trees = &front(&state).call.exchange().unwrap().trees;
    assert!(trees.is_gone(0) && !trees.wants(0));
    assert_eq!(asks(&mut state), 1);
}

#[test]
fn a_window_that_writes_a_file_asks_before_it_closes() {
    let mut state = ready();
    let closes = |state: &mut AppState| {
        let asked = state.platform.drain(..);
        let closing = asked.into_iter().filter(|it| matches!(it, Platform::Close));
        closing.count()
    };
    let job = state
        .jobs
        .start_saving(JobId(1), Path::new("/tmp/watch.stublesslog"));
    update(&mut state, Action::CloseWindow);
    assert_eq!(closes(&mut state), 0);
    assert!(matches!(&state.dialog, Some(Dialog::Unsaved { tabs, .. }) if tabs.is_empty()));
    update(&mut state, Action::CloseDialog);

    drop(job.begin(&tokio_util::sync::CancellationToken::new()));
    update(&mut state, Action::CloseWindow);
    assert_eq!((closes(&mut state), &state.dialog), (1, &None));
}
