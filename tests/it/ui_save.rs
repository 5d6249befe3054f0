//! Messages saved and copied from the window: the dialog, its forms, and what it says.

use std::{fs, path::Path};

use stubless::app::{Action, SaveDraft, UiCommand};
use stubless_core::call::scan::{Condition, Filter, LogTypes, Op, Scan};

use crate::ui_support::Screen;

/// Twelve ticks that have come.
fn ticks(home: &Path) -> Screen {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    let path = "requests/ticker/as-many-ticks-as-you-say.json";
    screen.act(Action::OpenRequest(path.into()));
    screen.type_json(r#"{"count": 12, "payloadBytes": 3}"#);
    screen.click("Send");
    screen.until_call_is_over();
    screen.until_screen("that it can be saved", |screen| {
        screen.has("Save or copy messages…")
    });
    screen
}

fn until_notice(screen: &mut Screen, words: &'static str) {
    screen.until(words, move |state| {
        state
            .notices
            .iter()
            .any(|notice| notice.text.contains(words))
    });
}

#[test]
fn all_messages_are_saved_as_a_table_of_chosen_columns() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = ticks(home.path());
    screen.click("Save or copy messages…");
    let file = home.path().join("ticks.csv");
    screen.type_into("File", &file.display().to_string());
    assert!(
        screen.has("Received (12)") && screen.has("Sent (1)"),
        "{:?}",
        screen.words()
    );
    screen.click("File format");
    screen.click("CSV");
    screen.click("Received (12)");

    // The fields are suggested.
    let suggested = screen.value_of("Table columns");
    assert_eq!(
        suggested,
        "number, direction, time, size, sequence, $.time, payload"
    );

    // A column that leads nowhere is told while it is typed, and nothing can be saved.
    screen.type_into("Table columns", "number, sequenc");
    assert!(screen.shows("`sequenc` is not a field of `demo.v1.Tick`. Did you mean `sequence`?"));
    screen.click("Save");
    assert!(screen.has("Table columns") && !file.exists());

    screen.type_into("Table columns", "number, direction, sequence, payload");
    assert!(!screen.shows("is not a field"));
    screen.click("Save");
    until_notice(&mut screen, "12 messages saved to");
    let table = fs::read_to_string(&file).unwrap();
    let mut lines = table.split("\r\n");
    assert_eq!(lines.next(), Some("number,direction,sequence,payload"));
    assert_eq!(lines.next(), Some("2,received,1,AAEC"));
    assert_eq!(lines.last(), Some(""));
    assert!(!screen.has("Table columns"), "the dialog is gone");
}

#[test]
fn one_message_is_saved_in_each_form_and_the_ending_follows() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = ticks(home.path());
    let tab = screen.tab().id;
    screen.act(Action::AskSave(Box::new(SaveDraft::new(tab).message(3))));
    assert!(
        screen.has("This message") && screen.has("All (13)"),
        "{:?}",
        screen.words()
    );
    let file = home.path().join("third.json");
    screen.type_into("File", &file.display().to_string());
    screen.click("File format");
    screen.click("Protobuf text format");
    screen.click("Save");
    until_notice(&mut screen, "1 message saved to");
    let text = fs::read_to_string(home.path().join("third.txtpb")).unwrap();
    assert!(
        text.starts_with("# proto-message: demo.v1.Tick\nsequence: 3\n"),
        "{text}"
    );

    // The bytes of one message are offered; not of several.
    screen.act(Action::AskSave(Box::new(SaveDraft::new(tab).message(3))));
    screen.click("File format");
    assert!(screen.has("Binary, one message"));
    screen.click("Binary, one message");
    screen.click("All (13)");
    screen.click("File format");
    assert!(!screen.has("Binary, one message"), "{:?}", screen.words());
}

#[test]
fn what_a_filter_finds_is_copied() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = ticks(home.path());
    let tab = screen.tab().id;
    let exchange = screen.tab().call.exchange().unwrap();
    let (log, method) = (exchange.log.clone(), exchange.about.method.clone());
    let schema = screen
        .state()
        .schemas
        .schema_of(&method, None)
        .unwrap()
        .clone();
    let types = LogTypes::new(&schema.method(&method).unwrap(), &schema);
    let filter = Filter {
        direction: None,
        condition: Some(Condition::Field {
            path: "sequence".to_owned(),
            op: Op::AtLeast,
            value: "11".to_owned(),
        }),
    };
    let scan = Scan::start(log, &types, &filter, || {}).unwrap();
    screen.act(Action::AskSave(Box::new(SaveDraft::new(tab).matches(scan))));
    screen.until_screen("what was found", |screen| screen.has("Filtered (2)"));
    screen.click("With number, direction, time and size");
    screen.click("Copy");
    until_notice(&mut screen, "2 messages copied");
    screen.until_screen("the copy", |screen| screen.copied().is_some());
    let copied = screen.copied().unwrap();
    let numbers: Vec<_> = copied
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| (line["number"].as_u64(), line["message"]["sequence"].clone()))
        .collect();
    assert_eq!(numbers, [(Some(12), "11".into()), (Some(13), "12".into())]);
}

#[test]
fn a_file_that_is_there_stays_unless_it_is_to_be_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = ticks(home.path());
    let log = home.path().join("mine.stublesslog");
    let table = home.path().join("mine.jsonl");
    for (command, file) in [
        (UiCommand::SaveMessages, &table),
        (UiCommand::SaveLog, &log),
    ] {
        fs::write(file, "mine").unwrap();
        let save = |screen: &mut Screen, overwrite: bool| {
            screen.act(Action::Run(command));
            screen.type_into("File", &file.display().to_string());
            if overwrite {
                screen.click("Overwrite what is there");
            }
            screen.click("Save");
        };
        save(&mut screen, false);
        until_failure(&mut screen, &format!("`{}` exists", file.display()));
        assert_eq!(fs::read_to_string(file).unwrap(), "mine");
        save(&mut screen, true);
        screen.until("that it is replaced", |_| {
            fs::read(file).unwrap() != b"mine"
        });
    }
}

fn until_failure(screen: &mut Screen, words: &str) {
    screen.until_screen(words, |screen| screen.shows(words));
}
