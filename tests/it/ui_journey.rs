//! The main job on screen, by accessible names: choose, fill in, send, read, save, reopen.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use egui::{Key, Modifiers};
use stubless::app::{AnswerPane, CallState};
use stubless_core::{call::Direction, grpc::Code};

use crate::ui_support::Screen;

#[test]
fn a_method_is_called_saved_and_there_again_after_reopening() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();

    // The first request of the sample is open; a method of the tree becomes a draft beside it.
    screen.click("GetPlace");
    assert_eq!(screen.tab().draft.method, "demo.v1.Atlas/GetPlace");
    assert!(screen.tab().draft.path.is_none());

    // Back to the greeter, by its row in the tree of services.
    screen.click("SayHello");
    screen.until("the form", |state| {
        state
            .active_tab()
            .is_some_and(|tab| tab.draft.method == "demo.v1.Greeter/SayHello")
    });
    screen.type_into("name", "Grace");
    assert!(screen.tab().draft.is_dirty());
    assert!(screen.tab().draft.messages[0].text().contains("Grace"));

    screen.press(Modifiers::COMMAND, Key::Enter);
    screen.until_call_is_over();
    screen.until_screen("the response's JSON", |screen| {
        screen.value_of("Response message").contains("Hello, Grace")
    });
    assert!(screen.has("0 OK"));

    // Saved under a name, and there when the window opens again.
    screen.press(Modifiers::COMMAND, Key::S);
    assert!(screen.has("Save request"));
    screen.type_into("Request name", "Greet Grace");
    screen.click("Save");
    screen.until("the saved file", |state| {
        state
            .active_tab()
            .is_some_and(|tab| tab.draft.path.is_some())
    });
    let path = screen.tab().draft.path.clone().unwrap();
    assert!(!screen.tab().draft.is_dirty());
    drop(screen);

    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    assert_eq!(screen.tab().draft.path, Some(path));
    assert_eq!(screen.tab().draft.name, "Greet Grace");
    assert!(screen.tab().draft.messages[0].text().contains("Grace"));
}

#[test]
fn a_server_that_is_not_there_gives_a_card_and_keeps_what_was_typed() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    // Given a port where nobody listens any more
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = gone.local_addr().unwrap().to_string();
    drop(gone);
    screen.type_into("name", "typed and kept");
    screen.type_into("Target", &target);
    screen.press(Modifiers::NONE, Key::Enter);

    // When the call is made
    screen.click("Send");
    screen.until_call_is_over();

    // Then there is a card with a button, and everything typed is still there
    let failure = screen.tab().call.failure().expect("a card");
    assert!(failure.summary.contains(&target), "{failure:?}");
    assert!(screen.has("Try again"));
    let draft = &screen.tab().draft;
    assert!(draft.messages[0].text().contains("typed and kept"));
    assert_eq!(draft.target.as_deref(), Some(target.as_str()));
}

#[test]
fn an_error_of_the_server_shows_its_words_and_details() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    open_saved(&mut screen, "requests/trouble/fail-with-details.json");
    screen.click("Send");
    screen.until_call_is_over();
    let CallState::Ended(_, end) = &screen.tab().call else {
        panic!("{:?}", screen.tab().call);
    };
    assert_ne!(end.finished.outcome.status.code, Code::OK);
    assert!(!end.details.is_empty());
    let message = end.finished.outcome.status.message.clone();
    screen.until_screen("the status message", |screen| screen.shows(&message));
}

#[test]
fn a_mistake_in_the_body_is_marked_and_the_call_is_not_made() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.type_json("{\"name\": 5}");
    assert_eq!(screen.tab().draft.messages[0].text(), "{\"name\": 5}");
    screen.click("Send");
    screen.until_call_is_over();
    let CallState::Rejected(failure) = &screen.tab().call else {
        panic!("{:?}", screen.tab().call);
    };
    assert!(failure.place.is_some(), "{failure:?}");
    assert_eq!(screen.tab().draft.messages[0].text(), "{\"name\": 5}");
}

#[test]
fn a_stream_of_100000_messages_is_listed_and_one_is_read() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    open_saved(&mut screen, "requests/ticker/100000-ticks.json");
    screen.click("Send");
    screen.until_call_is_over();
    let exchange = screen.tab().call.exchange().expect("the call was made");
    assert_eq!(exchange.log.count(Direction::Received), 100_000);

    // The list stands at its end; the newest rows have their text.
    let last = exchange.log.len() - 1;
    screen.until("the preview of the last message", move |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        let style = stubless_core::engine::RenderStyle::Preview;
        exchange.is_some_and(|e| e.texts.get(last, style).is_some())
    });
    // Only what was in view was ever made into text.
    let kept = screen.tab().call.exchange().unwrap().texts.len();
    assert!(kept < 1_000, "{kept} texts");

    // One is picked, and the keys go from there; the picked row is always in view.
    screen.click_part("Received message 99990, ");
    assert_eq!(screen.tab().view.picked, Some(99_989));
    for (key, number) in [
        (Key::ArrowDown, 99_991),
        (Key::End, 100_001),
        (Key::Home, 1),
    ] {
        screen.press(Modifiers::NONE, key);
        assert_eq!(screen.tab().view.picked, Some(number - 1), "{key:?}");
        let direction = if number == 1 { "Sent" } else { "Received" };
        let row = format!("{direction} message {number}, ");
        screen.until_screen(&row, |screen| screen.shows(&row));
    }

    // Following takes the list to its end again.
    screen.click("Stay at the newest message");
    assert!(screen.tab().view.follow);
    screen.until_screen("the last row", |screen| {
        screen.shows("Received message 100001, ")
    });
}

#[test]
fn a_running_stream_is_cancelled_with_escape() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    open_saved(&mut screen, "requests/ticker/a-tick-every-second.json");
    screen.click("Send");
    screen.until("a running call", |state| {
        let call = state.active_tab().map(|tab| &tab.call);
        matches!(call, Some(CallState::Running(_)))
    });
    assert!(screen.has("Cancel"));
    screen.press(Modifiers::NONE, Key::Escape);
    screen.until_call_is_over();
    let CallState::Ended(_, end) = &screen.tab().call else {
        panic!("{:?}", screen.tab().call);
    };
    assert_eq!(end.finished.outcome.status.code, Code::CANCELLED);
}

/// A port that takes connections and never says a word, and its address.
fn silent_server() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    (listener, target)
}

#[test]
fn a_cancelled_call_is_not_called_ended_by_the_server() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let (_silent, target) = silent_server();
    screen.type_into("Target", &target);
    screen.press(Modifiers::COMMAND, Key::Enter);
    screen.until("a running call", |state| {
        let call = state.active_tab().map(|tab| &tab.call);
        matches!(call, Some(CallState::Running(_)))
    });
    screen.click("Cancel");
    screen.until_call_is_over();
    screen.until_screen("what was cancelled", |screen| {
        screen.has("You cancelled the call") && screen.has("It waited for a connection.")
    });
    assert!(!screen.shows("The server ended the call"));
}

#[test]
fn a_target_that_was_not_asked_is_not_called_empty() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let (_silent, target) = silent_server();
    screen.type_into("Target", &target);
    let wanted = format!("Press Enter to read the services of `{target}`.");
    screen.until_screen("what to do", |screen| screen.has(&wanted));
    assert!(!screen.has("No services"));

    // Sending asks for them, too.
    screen.press(Modifiers::COMMAND, Key::Enter);
    screen.until_screen("that it is asked", |screen| {
        screen.has("Reading the schema…")
    });
}

#[test]
fn a_call_that_waits_for_a_schema_shows_its_time_and_can_be_cancelled() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let (_silent, target) = silent_server();
    screen.type_into("Target", &target);
    screen.press(Modifiers::NONE, Key::Enter);
    screen.click("Send");
    screen.until_screen("that the schema is read", |screen| {
        screen.has("Reading the schema")
    });
    screen.until_screen("the time since Send", |screen| screen.shows(" ms"));
    screen.click("Cancel");
    assert!(screen.has("Send"));
    assert!(matches!(screen.tab().call, CallState::Idle));
}

#[test]
fn the_pane_of_the_response_stays_over_calls_unless_one_has_nothing_to_show_there() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.click("Send");
    screen.until_call_is_over();
    screen.click("Wire");
    assert_eq!(screen.tab().view.answer, AnswerPane::Wire);
    screen.click("Send");
    screen.until_call_is_over();
    assert_eq!(screen.tab().view.answer, AnswerPane::Wire);

    // Nobody listens there: the card is shown.
    let (gone, target) = silent_server();
    drop(gone);
    screen.type_into("Target", &target);
    screen.press(Modifiers::COMMAND, Key::Enter);
    screen.until("the end of the call", |state| {
        let tab = state.active_tab();
        tab.is_some_and(|tab| tab.call.failure().is_some())
    });
    assert!(screen.has("Try again"));
    assert_eq!(screen.tab().view.answer, AnswerPane::Response);
}

#[test]
fn a_deleted_request_comes_back_with_undo() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let path = screen.tab().draft.path.clone().expect("a saved request");
    let file = screen.state().open_workspace().unwrap().root.join(&path);
    let before = std::fs::read(&file).unwrap();
    screen.press(Modifiers::NONE, Key::Delete);
    screen.until("the deletion", |state| state.notices.can_undo());
    assert!(!file.exists());
    screen.click("Undo");
    screen.until("the file again", |state| {
        state
            .active_tab()
            .is_some_and(|tab| tab.draft.path.is_some())
    });
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn nothing_is_cut_off_in_the_smallest_window() {
    let home = tempfile::tempdir().unwrap();
    let size = egui::vec2(1024.0, 640.0);
    let mut screen = Screen::sized(home.path(), None, size);
    screen.until_ready();
    screen.click("Send");
    screen.until_call_is_over();
    screen.frames(3);
    let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size);
    for label in [
        "Workspace menu",
        "Environment",
        "Main menu",
        "Target",
        "Method",
        "Send",
        "More about this request",
        "Message",
        "Docs",
        "Form",
        "JSON",
        "Response",
        "Details",
        "0 OK",
        "Copy message",
        "New environment…",
    ] {
        let rect = screen.rect_of(label);
        assert!(window.contains_rect(rect), "{label} at {rect:?}");
    }
}

/// Opens a saved request as a click on its row would; the row may have to be scrolled to.
fn open_saved(screen: &mut Screen, path: &str) {
    screen.act(stubless::app::Action::OpenRequest(path.into()));
    screen.frames(3);
    assert_eq!(screen.tab().draft.path.as_deref(), Some(path.as_ref()));
}

#[test]
fn the_palette_opens_a_method_without_the_mouse() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.press(Modifiers::COMMAND, Key::K);
    screen.type_into("Search methods, types, requests, commands", "getpl");
    screen.frames(2);
    screen.press(Modifiers::NONE, Key::Enter);
    assert_eq!(screen.tab().draft.method, "demo.v1.Atlas/GetPlace");
    assert!(screen.state().palette.is_none());
}

#[test]
fn closing_a_tab_asks_about_what_is_not_saved() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let path = screen.tab().draft.path.clone();
    screen.type_into("name", "not saved");
    screen.press(Modifiers::COMMAND, Key::W);
    assert!(screen.has("Save changes?"));
    // Escape goes back, nothing lost.
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(!screen.has("Save changes?"));
    assert!(screen.tab().draft.messages[0].text().contains("not saved"));

    screen.press(Modifiers::COMMAND, Key::W);
    screen.click("Save");
    screen.until("the closed tab", |state| state.tabs.is_empty());
    let root = &screen.state().open_workspace().unwrap().root;
    let saved = std::fs::read_to_string(root.join(path.unwrap())).unwrap();
    assert!(saved.contains("not saved"), "{saved}");
}

#[test]
fn a_workspace_that_is_none_gives_a_card_and_the_one_before_stays() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let before = screen.state().open_workspace().unwrap().root.clone();
    let empty = home.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    screen.press(Modifiers::COMMAND, Key::O);
    screen.type_into("Folder", empty.to_str().unwrap());
    screen.click("Open");
    screen.until("a notice", |state| state.notices.iter().len() > 0);
    assert_eq!(screen.state().open_workspace().unwrap().root, before);
}

#[test]
fn an_environment_is_made_chosen_and_its_variable_used() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.click("New environment…");
    screen.type_into("Environment name", "mine");
    screen.click("Add variable");
    screen.type_into("Variable 1 name", "who");
    screen.type_into("Variable 1 value", "Mary");
    screen.click("Save environment");
    screen.until("the environment", |state| {
        state.environment.as_deref() == Some("mine")
    });
    screen.type_into("name", "{{ who }}");
    screen.click("Send");
    screen.until_call_is_over();
    screen.until_screen("the greeting", |screen| {
        screen.value_of("Response message").contains("Mary")
    });
}

#[test]
fn proto_files_become_services_and_a_broken_one_is_listed_with_its_reason() {
    let home = tempfile::tempdir().unwrap();
    let protos = home.path().join("protos");
    std::fs::create_dir(&protos).unwrap();
    let shop = "syntax = \"proto3\"; package shop; message M { string id = 1; } \
                service Shop { rpc Buy(M) returns (M); }";
    std::fs::write(protos.join("shop.proto"), shop).unwrap();
    std::fs::write(
        protos.join("broken.proto"),
        "syntax = \"proto3\"; message {",
    )
    .unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();

    screen.click("Schema sources…");
    screen.click("Type a proto path");
    screen.type_into("Files or folders", protos.to_str().unwrap());
    screen.click("Save sources");
    screen.until("the schema of the files", |state| {
        state
            .schemas
            .files
            .schema()
            .is_some_and(|s| s.method("shop.Shop/Buy").is_some())
    });
    assert!(!screen.state().schemas.files.problems().is_empty());
    screen.click("Buy");
    assert_eq!(screen.tab().draft.method, "shop.Shop/Buy");
    assert!(screen.tab().draft.messages[0].text().contains("id"));

    screen.act(stubless::app::Action::Run(
        stubless::app::UiCommand::ShowProblems,
    ));
    screen.frames(3);
    assert!(screen.shows("broken.proto"), "{:?}", screen.words());
}

#[test]
fn the_problems_of_protos_are_mended_by_their_buttons() {
    let home = tempfile::tempdir().unwrap();
    let protos = home.path().join("protos");
    let put = |name: &str, text: &str| {
        let path = protos.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("syntax = \"proto3\";\n{text}")).unwrap();
    };
    put("shop.proto", "import \"a.proto\"; message S { A a = 1; }");
    put("again.proto", "message S { string text = 1; }");
    put("deps/a.proto", "message A {}");
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();

    screen.click("Schema sources…");
    screen.click("Type a proto path");
    let shown = protos.to_str().unwrap();
    screen.type_into(
        "Files or folders",
        &format!("{shown}/shop.proto\n{shown}/again.proto"),
    );
    screen.until_screen("the roots found", |screen| screen.has("Edit found roots"));
    screen.type_into("Import roots", shown);
    screen.click("Save sources");
    screen.until("both problems", |state| {
        state.schemas.files.problems().len() == 2
    });
    screen.act(stubless::app::Action::Run(
        stubless::app::UiCommand::ShowProblems,
    ));
    screen.frames(3);
    assert!(
        screen.shows("import \"a.proto\"; message S"),
        "{:?}",
        screen.words()
    );
    screen.click_part("Add import root");
    screen.until("the import", |state| {
        state.schemas.files.problems().len() == 1
    });
    screen.frames(3);
    screen.click("Use shop.proto");
    screen.until("everything", |state| {
        let files = &state.schemas.files;
        !files.is_loading() && files.problems().is_empty()
    });
    screen.until_screen("the good news", |screen| {
        screen.shows("Everything was read")
    });
    let schema = screen.state().schemas.files.schema().unwrap();
    let message = schema.message("S").unwrap();
    assert!(message.get_field_by_name("a").is_some());
}

#[test]
fn the_lock_shows_what_the_call_would_be() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::sized(home.path(), None, egui::vec2(1440.0, 1500.0));
    screen.until_ready();
    assert!(screen.has("Transport: plaintext"), "the demo server");

    // The scheme decides, whatever the settings say.
    screen.type_into("Target", "https://127.0.0.1:1");
    screen.click("Settings");
    screen.click("Plaintext");
    assert_eq!(screen.tab().draft.settings.tls, Some(false));
    assert!(screen.has("Transport: TLS"), "{:?}", screen.words());
    assert!(screen.shows("says https://"));
    assert!(screen.has("CERTIFICATES"));
    screen.click("Do not check certificates");
    assert!(screen.has("Transport: TLS, certificate not checked"));
    assert!(screen.has("Unverified"));

    screen.type_into("Target", "http://127.0.0.1:1");
    assert!(screen.has("Transport: plaintext"), "{:?}", screen.words());
    assert!(!screen.has("Unverified") && !screen.has("CERTIFICATES"));

    // Without a scheme and without a choice, the rule for this machine does.
    screen.click("Automatic");
    screen.type_into("Target", "far.example:443");
    assert!(screen.has("Transport: TLS, certificate not checked"));
    screen.type_into("Target", "127.0.0.1:1");
    assert!(screen.has("Transport: plaintext"));
}

#[test]
fn docs_tell_of_a_method_and_lead_from_type_to_type() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let method = stubless::app::Action::OpenMethod {
        method: "demo.v1.Atlas/GetPlace".to_owned(),
        group: stubless::app::SchemaGroup::Target,
    };
    screen.act(method);
    screen.click("Docs");
    screen.until_screen("the method's page", |screen| {
        screen.has("demo.v1.Atlas/GetPlace")
            && screen.value_of("Definition").contains("rpc GetPlace")
    });
    assert!(!screen.has("Back"), "it is where the way begins");

    screen.click("Place");
    screen.until_screen("the message's page", |screen| {
        let definition = screen.value_of("Definition");
        definition.contains("message Place {") && !definition.contains("rpc GetPlace")
    });
    screen.click_part("Used by");
    screen.until_screen("who uses it", |screen| screen.has("Atlas/GetPlace"));
    screen.click("Atlas/GetPlace");
    screen.until_screen("the method again", |screen| {
        screen.value_of("Definition").contains("rpc GetPlace")
    });
    screen.click("Back");
    screen.until_screen("the message again", |screen| screen.has("Atlas/GetPlace"));
    screen.click("Forward");
    screen.until_screen("the method once more", |screen| {
        screen.value_of("Definition").contains("rpc GetPlace")
    });
}

#[test]
fn messages_are_listed_on_demand_and_open_in_docs() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let filter = "Filter services, methods, requests";
    screen.type_into(filter, "hellorequest");
    screen.frames(2);
    assert!(!screen.has("HelloRequest"));
    screen.click("Messages and enums");
    screen.frames(2);
    screen.click("HelloRequest");
    screen.until_screen("the message's page", |screen| {
        screen
            .value_of("Definition")
            .contains("message HelloRequest")
    });
}
