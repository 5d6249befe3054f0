//! Two responses side by side on screen: pinned, in two environments, two streams by a key; differences are
//! gone through, ignored and copied.

use std::path::Path;

use egui::{Key, Modifiers};
use stubless::app::{Action, DiffAction, DiffPlace, EnvironmentPair, HeldStage, UiCommand};
use stubless_core::{
    demo::{Demo, DemoOptions},
    workspace::CompareSettings,
};

use crate::ui_support::Screen;

fn hello(home: &Path) -> Screen {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    let path = "requests/greeter/say-hello.json";
    screen.act(Action::OpenRequest(path.into()));
    send(&mut screen);
    screen
}

fn send(screen: &mut Screen) {
    let id = screen.tab().id;
    let before = screen.tab().call.id();
    screen.act(Action::Send(id));
    screen.until("another call", move |state| {
        state
            .active_tab()
            .is_some_and(|tab| tab.call.id() != before)
    });
    screen.until_call_is_over();
}

fn until_verdict(screen: &mut Screen, verdict: &'static str) {
    screen.until_screen(verdict, |screen| screen.has(verdict));
}

#[test]
fn a_pinned_response_is_compared_with_the_next_and_fields_are_ignored() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = hello(home.path());
    screen.click("More about this response");
    screen.click_part("Pin response for a comparison");
    send(&mut screen);
    screen.click("More about this response");
    screen.click_part("Compare responses");
    // The server counts, and its clock goes on; what differs by its nature is ignored.
    screen.until_screen("the result", |screen| screen.shows("differences"));
    assert!(screen.shows("Left response"), "{:?}", screen.words());
    assert!(
        screen.shows("greeted, changed, left \"1\", right \"2\""),
        "{:?}",
        screen.words()
    );
    assert!(screen.shows("greeting, \"Hello, Ada!\""));
    assert!(screen.shows("saidAt, changed"));

    // Only what differs; by keys from one to the next, and around.
    screen.click("Only differences");
    assert!(!screen.shows("greeting, "), "{:?}", screen.words());
    let at = |screen: &Screen| screen.state().diffs.page.as_ref().unwrap().at;
    screen.press(Modifiers::NONE, Key::F7);
    let first = at(&screen);
    screen.press(Modifiers::NONE, Key::F7);
    assert_ne!(at(&screen), first);
    screen.press(Modifiers::SHIFT, Key::F7);
    assert_eq!(at(&screen), first);

    screen.click("Copy differences");
    let copied = screen.copied().unwrap();
    assert!(
        copied.contains("greeted\n  - \"1\"\n  + \"2\"\n") && copied.contains("saidAt\n"),
        "{copied}"
    );

    // Ignored from the menu, and kept with the request.
    let said = screen
        .words()
        .into_iter()
        .find(|it| it.starts_with("saidAt, changed"));
    screen.open_menu_of(&said.unwrap());
    screen.click_part("Ignore this field everywhere");
    screen.until_screen("that it is gone", |screen| !screen.shows("saidAt, changed"));
    screen.open_menu_of("greeted, changed, left \"1\", right \"2\"");
    screen.click_part("Ignore this field");
    screen.until_screen("that nothing counts any more", |screen| {
        screen.shows("Equal but for")
    });
    let page = screen.state().diffs.page.as_ref().unwrap();
    assert_eq!(page.rules.ignore, ["**.saidAt", "greeted"]);
    screen.click("Only differences");
    assert!(
        screen.shows("greeted, ignored, left"),
        "{:?}",
        screen.words()
    );

    screen.click("Rules of the comparison");
    screen.until_screen("how much a rule hid", |screen| screen.shows("hides 1"));
    screen.click("Remove rule greeted");
    screen.until_screen("that it counts again", |screen| {
        screen.shows("1 difference, ")
    });
    screen.type_into("New ignore rule", "greeted");
    screen.click("Add ignore rule");
    screen.until_screen("that it does not", |screen| screen.shows("Equal but for"));

    screen.press(Modifiers::COMMAND, Key::W);
    assert!(screen.state().diffs.page.is_none());
    let tab = screen.tab();
    assert!(tab.draft.is_dirty(), "the rules are the request's");
    assert_eq!(tab.draft.compare.ignore, ["**.saidAt", "greeted"]);
    screen.press(Modifiers::COMMAND, Key::S);
    screen.until("the save", |state| {
        state.active_tab().is_some_and(|tab| !tab.draft.is_dirty())
    });
    let root = screen.state().open_workspace().unwrap().root.clone();
    let file = std::fs::read_to_string(root.join("requests/greeter/say-hello.json")).unwrap();
    assert!(
        file.contains("\"compare\"") && file.contains("**.saidAt"),
        "{file}"
    );
}

#[test]
fn what_was_compared_stays_when_its_tab_sends_again_and_goes_with_the_page() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = hello(home.path());
    screen.act(Action::Run(UiCommand::CompareResponses));
    screen.until_screen("that one is missing", |screen| {
        screen.shows("Two responses are needed")
    });
    let first = screen.state().diffs.page.as_ref().unwrap().right.unwrap();
    screen.act(Action::Diff(DiffAction::Choose(DiffPlace::Left, first)));
    // With itself.
    until_verdict(&mut screen, "Equal");

    let tab = screen.state().tabs.last().unwrap().id;
    screen.act(Action::Activate(tab));
    send(&mut screen);
    screen.act(Action::Run(UiCommand::CompareResponses));
    screen.until_screen("the old and the new", |screen| {
        screen.shows("greeted, changed, left \"1\", right \"2\"")
    });
    screen.act(Action::Diff(DiffAction::Swap));
    screen.until_screen("the other way round", |screen| {
        screen.shows("greeted, changed, left \"2\", right \"1\"")
    });
    screen.click("Close Comparison");
    assert!(screen.state().diffs.held.is_empty(), "nothing was pinned");
    assert_eq!(screen.tab().id, tab);
}

/// A workspace with a request to whatever server the environment names.
fn workspace(folder: &Path, servers: &[(&str, String, bool)]) {
    std::fs::create_dir_all(folder.join("requests")).unwrap();
    std::fs::create_dir_all(folder.join("environments")).unwrap();
    let file = r#"{"name": "Two", "version": 1, "sources": [{"reflection": true}], "target": "{{ server }}"}"#;
    std::fs::write(folder.join("workspace.json"), file).unwrap();
    for (name, address, production) in servers {
        let file = format!(
            r#"{{"name": "{name}", "production": {production}, "variables": [{{"name": "server", "value": "{address}"}}]}}"#
        );
        std::fs::write(folder.join(format!("environments/{name}.json")), file).unwrap();
    }
    for (name, method, body) in [
        ("hello", "demo.v1.Greeter/SayHello", r#"{"name": "Ada"}"#),
        (
            "ticks",
            "demo.v1.Ticker/Watch",
            r#"{"count": 50, "intervalMs": 0}"#,
        ),
    ] {
        let file = format!(r#"{{"name": "{name}", "method": "{method}", "messages": [{body}]}}"#);
        std::fs::write(folder.join(format!("requests/{name}.json")), file).unwrap();
    }
}

/// Two servers of which the second has greeted someone before.
struct Servers {
    _runtime: tokio::runtime::Runtime,
    _demos: [Demo; 2],
    addresses: [String; 2],
}

fn servers() -> Servers {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let start = || {
        runtime
            .block_on(Demo::start(DemoOptions::default()))
            .unwrap()
    };
    let demos = [start(), start()];
    let addresses = [&demos[0], &demos[1]].map(|demo| demo.address().to_string());
    let greeted = crate::cli::stubless(&[
        "call",
        &addresses[1],
        "demo.v1.Greeter/SayHello",
        "-d",
        "{}",
    ]);
    greeted.ended(0);
    Servers {
        _runtime: runtime,
        _demos: demos,
        addresses,
    }
}

#[test]
fn a_request_is_made_in_two_environments_and_production_is_asked_for() {
    let servers = servers();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("two");
    let [staging, live] = servers.addresses;
    workspace(
        &folder,
        &[("staging", staging, false), ("live", live, true)],
    );
    let mut screen = Screen::open(&home.path().join("home"), Some(folder));
    screen.until("the workspace", |state| state.open_workspace().is_some());
    screen.act(Action::SelectEnvironment(Some("staging".to_owned())));
    screen.act(Action::OpenRequest("requests/hello.json".into()));
    screen.act(Action::Run(UiCommand::CompareEnvironments));
    assert!(screen.shows("Left environment"), "{:?}", screen.words());
    screen.click("Make both calls");
    assert!(
        screen.has("live is a production environment."),
        "{:?}",
        screen.words()
    );
    assert!(screen.state().diffs.page.is_none(), "nothing was sent");
    screen.click("Make both calls");
    // The first server greets for the first time, the second one for the second.
    screen.until_screen("both answers", |screen| {
        screen.shows("greeted, changed, left \"1\", right \"2\"")
    });
    assert!(screen.shows("hello · staging · OK"), "{:?}", screen.words());
    assert_eq!(
        screen.state().environment.as_deref(),
        Some("staging"),
        "the chosen one stays"
    );
}

#[test]
fn an_environment_that_cannot_be_reached_says_so_and_the_other_is_not_harmed() {
    let servers = servers();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("two");
    // Nobody listens where a listener was.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let [up, _] = servers.addresses;
    workspace(
        &folder,
        &[("up", up, false), ("down", gone.to_string(), false)],
    );
    let mut screen = Screen::open(&home.path().join("home"), Some(folder));
    screen.until("the workspace", |state| state.open_workspace().is_some());
    screen.act(Action::OpenRequest("requests/hello.json".into()));
    let tab = screen.tab().id;
    let pair = EnvironmentPair {
        tab,
        left: Some("up".to_owned()),
        right: Some("down".to_owned()),
    };
    screen.act(Action::Diff(DiffAction::RunIn(pair)));
    screen.until("both ends", |state| {
        state.diffs.held.iter().all(|held| !held.is_active())
    });
    screen.until_screen("how they differ", |screen| {
        screen.shows("Status, changed, left OK, right UNAVAILABLE")
            || screen.shows("Cannot connect")
    });
    let left = screen.state().diffs.held.first().unwrap();
    assert!(
        matches!(left.stage, HeldStage::Ended(_)),
        "{:?}",
        left.stage
    );
}

#[test]
fn two_streams_are_aligned_by_a_key_and_gone_through_pair_by_pair() {
    let servers = servers();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("two");
    let [a, b] = servers.addresses;
    workspace(&folder, &[("a", a, false), ("b", b, false)]);
    let mut screen = Screen::open(&home.path().join("home"), Some(folder));
    screen.until("the workspace", |state| state.open_workspace().is_some());
    screen.act(Action::OpenRequest("requests/ticks.json".into()));
    let tab = screen.tab().id;
    let pair = EnvironmentPair {
        tab,
        left: Some("a".to_owned()),
        right: Some("b".to_owned()),
    };
    screen.act(Action::Diff(DiffAction::RunIn(pair)));
    screen.until_screen("the pairs", |screen| {
        screen.shows("Pair 1, left 2, right 2, 1 difference")
    });
    assert!(screen.shows("time, changed"), "{:?}", screen.words());
    let picked = |screen: &Screen| screen.state().diffs.page.as_ref().unwrap().pair;
    assert_eq!(picked(&screen), Some(0));
    // The difference of the first pair, then the next pair.
    screen.press(Modifiers::NONE, Key::F7);
    screen.press(Modifiers::NONE, Key::F7);
    screen.until("the next pair", |state| {
        state
            .diffs
            .page
            .as_ref()
            .is_some_and(|page| page.pair == Some(1))
    });

    // The times are no difference, and the key is the tick's number.
    let rules = CompareSettings {
        ignore: vec!["time".to_owned()],
        stream_key: Some("sequence".to_owned()),
        ..CompareSettings::default()
    };
    screen.act(Action::Diff(DiffAction::SetRules(Box::new(rules))));
    screen.until_screen("that they are equal", |screen| {
        screen.shows("Equal but for 5")
    });
    assert!(screen.shows("50 equal"), "{:?}", screen.words());
    screen.click("Call");
    assert!(screen.shows("Status, OK"), "{:?}", screen.words());
}

#[test]
fn the_page_fits_a_small_window() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::sized(home.path(), None, egui::vec2(1024.0, 640.0));
    screen.until_ready();
    screen.act(Action::OpenRequest(
        "requests/greeter/say-hello.json".into(),
    ));
    send(&mut screen);
    screen.click("More about this response");
    screen.click_part("Pin response for a comparison");
    send(&mut screen);
    screen.click("More about this response");
    screen.click_part("Compare responses");
    screen.until_screen("the result", |screen| screen.shows("greeted, changed"));
    screen.click("Rules of the comparison");
    let whole = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1024.0, 640.0));
    for name in [
        "Left response",
        "Right response",
        "Swap left and right",
        "Copy differences",
        "Rules of the comparison",
        "Next difference",
        "Only differences",
        "New ignore rule",
    ] {
        let rect = screen.rect_of_part(name);
        assert!(whole.contains_rect(rect), "{name} at {rect:?}");
    }
}

#[test]
fn a_long_value_is_copied_as_its_beginning_and_whole_with_its_message() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = hello(home.path());
    let name = "x".repeat(5_000);
    screen.type_json(&format!(r#"{{"name": "{name}"}}"#));
    send(&mut screen);
    screen.click("More about this response");
    screen.click_part("Pin response for a comparison");
    send(&mut screen);
    screen.click("More about this response");
    screen.click_part("Compare responses");
    screen.until_screen("the result", |screen| screen.shows("greeting, "));
    let words = screen.words();
    let line = words.iter().find(|it| it.starts_with("greeting, "));
    screen.open_menu_of(line.unwrap());
    screen.click_part("Copy left value (its beginning)");
    screen.frames(2);
    assert!(!screen.copied().unwrap().contains(&name));
    screen.open_menu_of(line.unwrap());
    screen.click_part("Copy right message");
    screen.until_screen("the whole message", |screen| {
        screen.copied().is_some_and(|text| text.contains(&name))
    });
}

#[test]
fn the_lines_are_gone_through_by_keys_and_their_menu_opens_by_one() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = hello(home.path());
    screen.click("More about this response");
    screen.click_part("Pin response for a comparison");
    send(&mut screen);
    screen.click("More about this response");
    screen.click_part("Compare responses");
    screen.until_screen("the result", |screen| screen.shows("greeted, changed"));
    let page = |screen: &Screen| {
        let page = screen.state().diffs.page.as_ref().unwrap();
        (page.at, page.lines.len())
    };
    let (_, count) = page(&screen);
    screen.press(Modifiers::NONE, Key::End);
    assert_eq!(page(&screen).0, Some(count - 1));
    screen.press(Modifiers::NONE, Key::Home);
    screen.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(page(&screen).0, Some(1));

    // The keyboard somewhere else: the lines stay where they are.
    screen.focus("Only differences");
    screen.press(Modifiers::NONE, Key::End);
    assert_eq!(page(&screen).0, Some(1));

    screen.focus("Compared fields");
    screen.press(Modifiers::NONE, Key::End);
    screen.press(Modifiers::SHIFT, Key::F10);
    screen.frames(3);
    assert!(screen.shows("Copy left value"), "{:?}", screen.words());
    // Its first entry has the keyboard.
    screen.press(Modifiers::NONE, Key::Enter);
    screen.frames(3);
    assert!(!screen.shows("Copy left value"), "{:?}", screen.words());
    assert!(screen.shows("Value copied"), "{:?}", screen.words());
}
