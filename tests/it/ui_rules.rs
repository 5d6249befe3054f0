//! Broken rules in the window: told at the field, asked about before the call, sent when the person says so.

use std::{fs, path::PathBuf};

use stubless::app::{Action, CallState};

use crate::{rules::greeter, ui_support::Screen};

fn open(settings: &str) -> (tempfile::TempDir, Screen) {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("rules");
    greeter(&root.join("api"));
    fs::create_dir_all(root.join("requests")).unwrap();
    fs::write(
        root.join("workspace.json"),
        format!(
            r#"{{"name": "Rules", "version": 1, "target": "demo:", "settings": {settings}, "sources": [{{"protos": ["api"]}}]}}"#
        ),
    )
    .unwrap();
    fs::write(
        root.join("requests/hello.json"),
        r#"{"name": "Hello", "method": "demo.v1.Greeter/SayHello", "messages": [{"name": "al"}]}"#,
    )
    .unwrap();
    let mut screen = Screen::open(home.path(), Some(root));
    screen.until("the workspace", |state| state.open_workspace().is_some());
    screen.act(Action::OpenRequest(PathBuf::from("requests/hello.json")));
    screen.until("the schema", |state| {
        let files = &state.schemas.files;
        files
            .schema()
            .is_some_and(|it| it.is_ready("demo.v1.Greeter/SayHello"))
    });
    (home, screen)
}

#[test]
fn a_broken_rule_is_told_at_its_field_and_send_asks_first() {
    let (_home, mut screen) = open("{}");
    screen.until_screen("the rule", |screen| {
        screen.shows("must be at least 3 characters")
    });

    screen.click("Send");
    screen.until_call_is_over();
    assert!(matches!(screen.tab().call, CallState::Rejected(_)));
    assert!(screen.shows("The message breaks 2 rules of its schema"));

    screen.click("Send anyway");
    screen.until_call_is_over();
    assert!(
        matches!(screen.tab().call, CallState::Ended(..)),
        "{:?}",
        screen.tab().call
    );

    // That was for one call.
    screen.click("Send");
    screen.until_call_is_over();
    assert!(matches!(screen.tab().call, CallState::Rejected(_)));
}

#[test]
fn a_workspace_may_say_that_rules_are_no_reason_to_ask() {
    let (_home, mut screen) = open(r#"{"check_rules": false}"#);
    screen.until_screen("the rule", |screen| {
        screen.shows("must be at least 3 characters")
    });
    screen.click("Send");
    screen.until_call_is_over();
    assert!(
        matches!(screen.tab().call, CallState::Ended(..)),
        "{:?}",
        screen.tab().call
    );
}
