//! When bodies are checked: small ones at once, large ones and rules by the engine once typing pauses.

use std::{sync::atomic::AtomicBool, time::Duration};

use prost_reflect::DescriptorPool;
use stubless_core::{
    engine::{CheckId, Command, Event},
    message::BodyCheck,
    schema::{Loaded, Schema, compile},
    workspace::{
        Entry, EntryKind, MessageText, Recent, RequestFile, SourceSpec, WindowState, Workspace,
        WorkspaceFile,
    },
};

use super::fit::{Again, Fits, SMALL_BYTES};
use crate::app::{Action, AppState, TabId, on_event};

/// A body with one member that does not fit, behind a string of some length.
fn body(len: usize) -> String {
    format!("{{\"name\": \"{}\", \"nam\": 1}}", "x".repeat(len))
}

/// A request with a body in front, and the schema of its server there.
fn ready(body: &str) -> AppState {
    let pool = DescriptorPool::decode(stubless_core::demo::DESCRIPTOR_SET).unwrap();
    with_schema(body, Schema::from_pool(pool))
}

/// The same, where a name has a rule.
fn ruled(body: &str) -> AppState {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("greeter.proto");
    let source = r#"syntax = "proto3";
package demo.v1;
import "buf/validate/validate.proto";
service Greeter { rpc SayHello(SayHelloRequest) returns (SayHelloRequest); }
message SayHelloRequest { string name = 1 [(buf.validate.field).string.min_len = 3]; }
"#;
    std::fs::write(&path, source).unwrap();
    let loaded = compile(&[path], &[folder.path().to_owned()]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    // The first look builds it.
    loaded.schema.method("demo.v1.Greeter/SayHello").unwrap();
    with_schema(body, loaded.schema)
}

fn with_schema(body: &str, schema: Schema) -> AppState {
    let request = RequestFile {
        name: "Hello".to_owned(),
        method: "demo.v1.Greeter/SayHello".to_owned(),
        messages: vec![MessageText(body.to_owned())],
        ..RequestFile::default()
    };
    let workspace = Workspace {
        root: "/ws".into(),
        file: WorkspaceFile {
            target: Some("localhost:1".to_owned()),
            sources: vec![SourceSpec::Reflection],
            ..WorkspaceFile::default()
        },
        entries: vec![Entry {
            path: "requests/hello.json".into(),
            name: "Hello".to_owned(),
            kind: EntryKind::Request(Box::new(request)),
        }],
        ..Workspace::default()
    };
    let mut state = AppState::new(WindowState::default());
    let opened = Event::WorkspaceOpened(Box::new(workspace), Recent::default());
    let asked = on_event(&mut state, opened);
    let id = asked.iter().find_map(|command| match command {
        Command::Reflect(id, _) => Some(*id),
        _ => None,
    });
    let loaded = Loaded {
        schema,
        problems: Vec::new(),
    };
    let event = Event::SchemaLoaded(id.unwrap(), Box::new(loaded), None);
    on_event(&mut state, event);
    state
}

fn tab(state: &AppState) -> TabId {
    state.active.unwrap()
}

fn edit(state: &mut AppState, range: std::ops::Range<usize>, with: &str) {
    let id = tab(state);
    state.tab_mut(id).unwrap().draft.messages[0].replace(range, with);
}

/// The check that was asked for, if one was, and whether one was stopped.
fn asked(actions: Vec<Action>) -> (Option<(CheckId, Box<BodyCheck>)>, bool) {
    let (mut check, mut stopped) = (None, false);
    for action in actions {
        match action {
            Action::Check(id, it) => check = Some((id, it)),
            Action::StopCheck => stopped = true,
            other => panic!("{other:?}"),
        }
    }
    (check, stopped)
}

/// The engine checks.
fn answer(state: &mut AppState, (id, check): (CheckId, Box<BodyCheck>)) {
    let report = check.run(&AtomicBool::new(false)).unwrap();
    on_event(state, Event::Checked(id, Some(Box::new(report))));
}

/// What is marked in the text.
fn marked(fits: &Fits, state: &AppState) -> Vec<String> {
    let text = state.active_tab().unwrap().draft.messages[0].text();
    let found = fits.diagnostics(tab(state), 0).iter();
    found.map(|it| text[it.range.clone()].to_owned()).collect()
}

#[test]
fn a_small_body_is_checked_in_the_frame() {
    let mut state = ready(&body(10));
    let (mut fits, mut out) = (Fits::default(), Vec::new());
    assert_eq!(fits.refresh(&state, 0.0, &mut out), None);
    assert_eq!(marked(&fits, &state), ["\"nam\""]);
    assert!(fits.is_unfit(tab(&state), 0));
    edit(&mut state, 0..0, " ");
    assert_eq!(fits.refresh(&state, 0.01, &mut out), None);
    assert_eq!(marked(&fits, &state), ["\"nam\""]);
    assert!(out.is_empty());
}

#[test]
fn a_large_body_is_checked_by_the_engine_once_typing_pauses() {
    let mut state = ready(&body(SMALL_BYTES));
    let mut fits = Fits::default();
    let mut refresh = |state: &AppState, now: f64| {
        let mut out = Vec::new();
        let again = fits.refresh(state, now, &mut out);
        let marks = marked(&fits, state);
        (again, asked(out), marks)
    };
    let (again, (check, _), marks) = refresh(&state, 1.0);
    assert!(again.is_none() && marks.is_empty());
    let (_, (second, _), _) = refresh(&state, 1.1);
    assert!(second.is_none(), "one at a time");
    answer(
        &mut state,
        check.expect("what was opened is checked at once"),
    );
    let (_, (check, _), marks) = refresh(&state, 1.2);
    assert!(check.is_none() && marks == ["\"nam\""]);

    // Typing before the mark moves it; the check waits.
    edit(&mut state, 0..0, "  ");
    let (again, (check, _), marks) = refresh(&state, 2.0);
    assert!(check.is_none() && marks == ["\"nam\""]);
    let Some(Again::After(pause)) = again else {
        panic!("{again:?}");
    };
    assert!(pause <= Duration::from_millis(200));
    edit(&mut state, 0..0, " ");
    let (_, (check, _), _) = refresh(&state, 2.19);
    assert!(check.is_none(), "typing went on");
    let (_, (check, _), _) = refresh(&state, 2.38);
    assert!(check.is_none());
    let (_, (check, _), _) = refresh(&state, 2.40);
    let check = check.expect("typing pauses");

    // A key while it is checked stops it, and its answer is not taken.
    let name = state.active_tab().unwrap().draft.messages[0]
        .text()
        .find("\"nam\"")
        .unwrap();
    edit(&mut state, name + 4..name + 4, "x");
    let (_, (_, stopped), marks) = refresh(&state, 2.5);
    assert!(
        stopped && marks.is_empty(),
        "what was touched is not known: {marks:?}"
    );
    answer(&mut state, check);
    let (_, _, marks) = refresh(&state, 2.6);
    assert!(marks.is_empty());
    let (_, (check, _), _) = refresh(&state, 2.8);
    answer(&mut state, check.unwrap());
    let (again, _, marks) = refresh(&state, 2.9);
    assert!(again.is_none() && marks == ["\"namx\""]);

    // A check that was stopped by others is asked for again.
    edit(&mut state, 0..1, "");
    refresh(&state, 3.0);
    let (_, (check, _), _) = refresh(&state, 3.3);
    on_event(&mut state, Event::Checked(check.unwrap().0, None));
    let (_, (check, _), _) = refresh(&state, 3.4);
    assert!(check.is_some());
}

#[test]
fn a_syntax_error_of_a_large_body_is_told_in_the_frame() {
    let mut state = ready(&body(SMALL_BYTES));
    let (mut fits, mut out) = (Fits::default(), Vec::new());
    edit(&mut state, 0..0, "]");
    assert_eq!(fits.refresh(&state, 0.0, &mut out), None);
    assert!(out.is_empty());
    assert_eq!(marked(&fits, &state), ["]"]);
    edit(&mut state, 0..1, "");
    fits.refresh(&state, 0.1, &mut out);
    assert!(marked(&fits, &state).is_empty());
}

#[test]
fn rules_are_checked_by_the_engine_however_small_the_body() {
    let mut state = ruled("{\"name\": \"al\"}");
    let mut fits = Fits::default();
    let mut refresh = |state: &AppState, now: f64| {
        let mut out = Vec::new();
        let again = fits.refresh(state, now, &mut out);
        let is_checked = fits.is_checked(state.active_tab().unwrap(), 0);
        (again, asked(out).0, marked(&fits, state), is_checked)
    };
    let (again, check, marks, is_checked) = refresh(&state, 1.0);
    assert!(again.is_none() && marks.is_empty() && !is_checked);
    answer(
        &mut state,
        check.expect("what was opened is checked at once"),
    );
    let (_, check, marks, is_checked) = refresh(&state, 1.1);
    assert!(check.is_none() && is_checked);
    assert_eq!(marks, ["\"al\""]);

    // What does not fit the type is told in the frame: its rules are not looked at.
    edit(&mut state, 13..13, ", \"nam\": 1");
    let (again, check, marks, is_checked) = refresh(&state, 2.0);
    assert!(again.is_none() && check.is_none() && is_checked);
    assert_eq!(marks, ["\"nam\""]);

    // Rules wait until typing pauses.
    edit(&mut state, 13..23, "");
    let (again, check, _, is_checked) = refresh(&state, 3.0);
    assert!(matches!(again, Some(Again::After(_))), "{again:?}");
    assert!(check.is_none() && !is_checked);
    let (_, check, _, _) = refresh(&state, 3.3);
    answer(&mut state, check.expect("typing paused"));
    let (_, _, marks, is_checked) = refresh(&state, 3.4);
    assert!(is_checked && marks == ["\"al\""]);

    // A broken rule moves along with the text.
    edit(&mut state, 0..0, " ");
    let (_, _, marks, is_checked) = refresh(&state, 4.0);
    assert!(!is_checked && marks == ["\"al\""]);
}

#[test]
fn nobody_says_that_what_was_not_checked_is() {
    let mut state = ready(&body(SMALL_BYTES));
    let mut fits = Fits::default();
    let is_checked =
        |fits: &Fits, state: &AppState| fits.is_checked(state.active_tab().unwrap(), 0);
    let mut out = Vec::new();
    fits.refresh(&state, 0.0, &mut out);
    assert!(!is_checked(&fits, &state), "the engine was asked");
    answer(&mut state, asked(out).0.unwrap());
    fits.refresh(&state, 0.1, &mut Vec::new());
    assert!(is_checked(&fits, &state));
    edit(&mut state, 0..0, " ");
    assert!(!is_checked(&fits, &state));
    fits.refresh(&state, 0.2, &mut Vec::new());
    assert!(!is_checked(&fits, &state), "typing goes on");

    let small = ready(&body(1));
    let mut fits = Fits::default();
    fits.refresh(&small, 0.0, &mut Vec::new());
    assert!(is_checked(&fits, &small));
}
