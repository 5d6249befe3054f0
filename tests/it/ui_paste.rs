//! Pasting and copying on screen, by accessible names.

use egui::{Key, Modifiers};
use stubless_core::interop::{CopyForm, Shell};

use crate::ui_support::Screen;
use stubless::app::{Action, AppState, Dialog, UiCommand};

const HELLO: &str = "demo.v1.Greeter/SayHello";

fn has_reading(state: &AppState) -> bool {
    matches!(&state.dialog, Some(Dialog::Paste(editor)) if editor.shown().is_some())
}

fn open_hello(screen: &mut Screen) {
    screen.click("SayHello");
    screen.until("the form", |state| {
        state
            .active_tab()
            .is_some_and(|tab| tab.draft.method == HELLO)
    });
}

#[test]
fn a_pasted_command_becomes_a_request() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let tabs = screen.state().tabs.len();

    // Given the dialog, opened by its shortcut
    screen.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::V);
    assert!(screen.has("Paste as request"));
    assert!(screen.has("Paste a text to see what it is"));

    // When a command is pasted
    let command = format!(
        "grpcurl -plaintext -H 'authorization: Bearer x' \\\n  -d '{{\"name\": \"it'\\''s me\"}}' 127.0.0.1:7777 {HELLO}"
    );
    screen.paste(&command);
    screen.until("what it is", has_reading);

    // Then it says what it is, what it gives and what to look at
    assert!(
        screen.shows("grpcurl command (bash)"),
        "{:#?}",
        screen.words()
    );
    assert!(screen.shows("127.0.0.1:7777, plaintext"));
    assert!(screen.shows("holds a credential"));
    screen.click("Open as new request");
    let tab = screen.tab();
    assert_eq!(screen.state().tabs.len(), tabs + 1);
    assert_eq!(tab.draft.method, HELLO);
    assert_eq!(tab.draft.target.as_deref(), Some("127.0.0.1:7777"));
    assert_eq!(tab.draft.settings.tls, Some(false));
    assert_eq!(tab.draft.metadata[0].value, "Bearer x");
    assert_eq!(tab.draft.messages[0].text(), "{\"name\": \"it's me\"}");
    assert!(tab.draft.is_dirty());
    assert!(screen.state().dialog.is_none());
}

#[test]
fn a_pasted_body_takes_the_place_of_the_message_and_can_be_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    open_hello(&mut screen);
    let before = screen.tab().draft.messages[0].text().to_owned();
    for (text, title) in [
        ("name: \"Ada\" # text format", "Protobuf text format"),
        ("0a03416461", "Wire format in hex"),
        ("00 00 00 00 05 0a 03 41 64 61", "One gRPC message in hex"),
        ("CgNBZGE=", "Wire format in base64"),
        (
            "12:00 INFO got {\"name\": \"Ada\"} from peer",
            "JSON in a line of a log",
        ),
    ] {
        screen.act(Action::Paste(text.to_owned()));
        screen.until("what it is", has_reading);
        assert!(screen.shows(title), "{text}: {:#?}", screen.words());
        screen.click("Use here");
        let document = &screen.tab().draft.messages[0];
        let value: serde_json::Value = serde_json::from_str(document.text()).unwrap();
        assert_eq!(value, serde_json::json!({"name": "Ada"}), "{text}");
        screen.act(Action::Run(UiCommand::Undo));
        assert_eq!(screen.tab().draft.messages[0].text(), before, "{text}");
    }
    // What is nothing says so, and cannot be used.
    screen.act(Action::Paste("hello there".to_owned()));
    screen.until(
        "the answer",
        |state| matches!(&state.dialog, Some(Dialog::Paste(editor)) if editor.asked.is_none()),
    );
    assert!(screen.has("Nothing that Stubless knows"));
}

#[test]
fn a_command_pasted_into_a_field_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    open_hello(&mut screen);
    let command = format!("grpcurl -plaintext localhost:1 {HELLO}");

    // Into the target, where it could not be meant: the dialog opens and the target stays
    let target = screen.value_of("Target");
    screen.act(Action::Run(UiCommand::FocusTarget));
    screen.frames(2);
    screen.paste(&command);
    screen.until("what it is", has_reading);
    assert_eq!(screen.value_of("Target"), target);
    screen.act(Action::CloseDialog);

    // Elsewhere it is offered
    screen.click("name");
    screen.paste(&command);
    assert!(screen.shows("This looks like a grpcurl command"));
    screen.click("Open it…");
    screen.until("what it is", has_reading);
}

#[test]
fn a_request_is_copied_and_read_back() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    open_hello(&mut screen);
    screen.type_into("name", "Grace");
    let id = screen.tab().id;
    for form in CopyForm::ALL {
        screen.act(Action::CopyAs {
            tab: id,
            form,
            credentials: false,
        });
        let words = format!("Copied as {}", form.name());
        screen.until("the copy", |state| {
            state
                .notices
                .iter()
                .any(|notice| notice.text.starts_with(&words) || notice.failure.is_some())
        });
        let failed = screen
            .state()
            .notices
            .iter()
            .find_map(|n| n.failure.clone());
        // The demo server of the window has no address outside of it.
        let demo = matches!(form, CopyForm::Grpcurl(_));
        assert_eq!(failed.is_some(), demo, "{form:?} {failed:?}");
        let ids: Vec<_> = screen.state().notices.iter().map(|n| n.id).collect();
        for id in ids {
            screen.act(Action::Dismiss(id));
        }
    }

    // From the menu, for a server of its own
    screen.type_into("Target", "localhost:7777");
    screen.click("More about this request");
    screen.click_part("Copy as");
    screen.click(CopyForm::Grpcurl(Shell::Bash).name());
    screen.until("the copy", |state| {
        state
            .notices
            .iter()
            .any(|notice| notice.text.starts_with("Copied as grpcurl (bash)"))
    });
    let copied = screen.copied().unwrap();
    screen.act(Action::Paste(copied.clone()));
    screen.until("what it is", has_reading);
    let Some(Dialog::Paste(editor)) = &screen.state().dialog else {
        unreachable!()
    };
    let (candidate, _) = editor.shown().unwrap();
    let import = candidate.import.as_ref().unwrap();
    assert_eq!(
        import.request.target.as_deref(),
        Some("localhost:7777"),
        "{copied}"
    );
    assert!(
        import.request.messages[0].0.contains("\"Grace\""),
        "{copied}"
    );
}
