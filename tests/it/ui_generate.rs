//! Generated bodies and missing requests on screen, by accessible names.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use stubless::app::{Action, AppState, Dialog, UiCommand};
use stubless_core::workspace::{Entry, EntryKind};

use crate::ui_support::Screen;

fn text(screen: &Screen) -> String {
    screen.tab().draft.messages[0].text().to_owned()
}

#[test]
fn a_body_is_generated_from_the_menu_in_both_views_and_taken_back() {
    let home = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.click("SayHello");
    screen.until("the form", |state| {
        state
            .active_tab()
            .is_some_and(|tab| tab.draft.method == "demo.v1.Greeter/SayHello")
    });
    for view in ["Form", "JSON"] {
        screen.click(view);
        let before = text(&screen);
        for item in ["Example", "Another example", "Minimal", "Full"] {
            let old = text(&screen);
            screen.click("Generate body");
            screen.click(item);
            assert_ne!(text(&screen), old, "{view}, {item}");
        }
        assert!(text(&screen).contains("name"), "{}", text(&screen));
        for _ in 0..4 {
            screen.act(Action::Run(UiCommand::Undo));
        }
        assert_eq!(text(&screen), before, "{view}");
    }
}

#[test]
fn a_service_gets_the_requests_it_lacks() {
    let home = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let below = |state: &AppState| {
        let workspace = state.open_workspace();
        workspace.map_or(0, |it| requests_below(&it.entries, "Kitchen"))
    };
    let before = below(screen.state());
    for file in ["echo-many.json", "nothing-for-nothing.json"] {
        screen.act(Action::Delete(Path::new("requests/kitchen").join(file)));
    }
    screen.until("the deletions", |state| below(state) == before - 2);
    screen.open_menu_of("Kitchen");
    screen.click_part("Create missing requests…");
    let missing = match &screen.state().dialog {
        Some(Dialog::Missing(missing)) => missing.clone(),
        other => panic!("{other:?}"),
    };
    let methods = missing
        .methods
        .iter()
        .map(|it| (it.name.as_str(), it.chosen));
    let methods: Vec<_> = methods.collect();
    // What is deprecated has to be chosen.
    assert_eq!(
        methods,
        [("EchoMany", true), ("Rest", true), ("EchoOnce", false)]
    );
    screen.click("Create 2 requests");
    screen.until("the requests", |state| below(state) == before);
    assert!(screen.state().dialog.is_none());
    assert!(
        screen.shows("2 requests made in “Kitchen”"),
        "{:?}",
        screen.words()
    );

    // Those that were made are not missing any more.
    screen.open_menu_of("Kitchen");
    screen.click_part("Create missing requests…");
    let left = match &screen.state().dialog {
        Some(Dialog::Missing(left)) => left.methods.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(left, 1);
}

/// How many requests a folder of this name holds, wherever it is.
fn requests_below(entries: &[Entry], name: &str) -> usize {
    let count = |entry: &Entry| match &entry.kind {
        EntryKind::Folder(below) if entry.name == name => below.len(),
        EntryKind::Folder(below) => requests_below(below, name),
        EntryKind::Request(_) | EntryKind::Broken(_) => 0,
    };
    entries.iter().map(count).sum()
}
