//! `{{ … }}` on screen: completed while typed, shown with what it gives, defined where it is missing, and
//! the whole request as it would be sent.

use egui::{Key, Modifiers};
use stubless::app::{Action, Dialog, RequestPane};
use stubless_core::workspace::{EnvironmentFile, Variable};

use crate::ui_support::Screen;

/// The sample with an environment of two variables, one of them secret.
fn with_environment(home: &std::path::Path) -> Screen {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    let variable = |name: &str, value: &str, secret| Variable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
    };
    let environment = EnvironmentFile {
        name: "mine".to_owned(),
        variables: vec![
            variable("user", "Ada", false),
            variable("token", "s3cret-value", true),
        ],
        ..EnvironmentFile::default()
    };
    let old = None;
    screen.act(Action::SaveEnvironment { old, environment });
    screen.act(Action::SelectEnvironment(Some("mine".to_owned())));
    screen.until("the environment", |state| {
        state.environment().is_some_and(|it| it.name == "mine")
    });
    screen
}

#[test]
fn names_and_functions_are_completed_in_metadata_and_target() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = with_environment(home.path());
    screen.click("Metadata");
    screen.type_into("Metadata new key", "x-user");
    screen.type_into("Metadata value 1", "id {{ us");
    screen.until_screen("the list", |screen| screen.has("user"));
    screen.press(Modifiers::NONE, Key::Enter);
    assert_eq!(screen.tab().draft.metadata[0].value, "id {{ user }}");
    screen.until_screen("what it gives", |screen| screen.shows("id Ada"));

    // A function, by the arrows; the list has no secret in it.
    screen.type_into("Metadata value 1", "{{ ");
    screen.until_screen("the list", |screen| screen.has("uuid()"));
    assert!(screen.has("token") && !screen.shows("s3cret"));
    screen.press(Modifiers::NONE, Key::ArrowDown);
    screen.press(Modifiers::NONE, Key::Tab);
    let value = screen.tab().draft.metadata[0].value.clone();
    assert!(
        value.starts_with("{{ ") && value.ends_with(" }}"),
        "{value}"
    );

    // Escape closes the list and leaves the text.
    screen.type_into("Target", "{{ us");
    screen.until_screen("the list", |screen| screen.has("user"));
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(!screen.has("user"));
    assert_eq!(screen.tab().draft.target.as_deref(), Some("{{ us"));
}

#[test]
fn a_name_that_is_missing_is_told_and_added_to_the_environment() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = with_environment(home.path());
    screen.click("Metadata");
    screen.type_into("Metadata new key", "x-user");
    screen.type_into("Metadata value 1", "{{ nobody }}");
    screen.until_screen("the mistake", |screen| {
        screen.shows("`nobody` is not defined")
    });
    screen.click("Add `nobody` to environment mine…");
    let Some(Dialog::Environment(editor)) = &screen.state().dialog else {
        panic!("{:?}", screen.state().dialog);
    };
    assert_eq!(editor.old.as_deref(), Some("mine"));
    let names: Vec<&str> = editor.file.variables.iter().map(|v| &*v.name).collect();
    assert_eq!(names, ["user", "token", "nobody"]);
    screen.click("What expressions can do");
    screen.until_screen("help", |screen| screen.shows("random_int(low, high)"));
}

#[test]
fn the_preview_shows_the_request_as_it_would_be_sent_without_secrets() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = with_environment(home.path());
    screen.type_into("name", "{{ user|upper }} {{ token }}");
    screen.click("Metadata");
    screen.type_into("Metadata new key", "authorization");
    screen.type_into("Metadata value 1", "Bearer {{ token }}");
    screen.click("Preview");
    assert_eq!(screen.tab().view.request, RequestPane::Preview);
    screen.until_screen("the message", |screen| {
        screen.value_of("Message as sent").contains("ADA ••••••")
    });
    assert!(screen.shows("Bearer ••••••"), "{:?}", screen.words());
    assert!(screen.shows("/demo.v1.Greeter/SayHello"));
    let all = format!(
        "{:?} {}",
        screen.words(),
        screen.value_of("Message as sent")
    );
    assert!(!all.contains("s3cret"), "{all}");

    // What is wrong is told with its place, beside what is right.
    screen.click("Message");
    screen.type_into("name", "{{ nobody }}");
    screen.click("Preview");
    screen.until_screen("the mistake", |screen| {
        screen.shows("`nobody` is not defined")
    });
}
