//! The bytes of a message beside its fields, as a person meets them: each marks the other.

use egui::{Key, Modifiers, pos2, vec2};
use stubless::app::{Action, UiCommand};

use crate::ui_support::Screen;

/// The answer of a sample's request as bytes.
fn answer_in_bytes(home: &std::path::Path, path: &str, size: egui::Vec2) -> Screen {
    let mut screen = Screen::sized(home, None, size);
    screen.until_ready();
    screen.act(Action::OpenRequest(path.into()));
    screen.frames(3);
    screen.click("Send");
    screen.until_call_is_over();
    screen.click("Bytes");
    screen.until_screen("the first row", |screen| {
        screen.has("Fields of the message") && screen.shows("Field 1 ")
    });
    screen
}

fn place(home: &std::path::Path) -> Screen {
    let path = "requests/atlas/get-a-place.json";
    answer_in_bytes(home, path, vec2(1440.0, 900.0))
}

#[test]
fn a_field_marks_its_bytes_and_a_byte_its_field() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = place(home.path());
    // The field `name`: its bytes are marked and said.
    screen.click_part("Field 1 ");
    assert!(screen.shows("Bytes 0 to "), "{:?}", screen.words());
    assert!(screen.value_of("Message bytes").starts_with("0a "));

    // The first byte of the hex: the tag of that field.
    let hex = screen.rect_of("Message bytes");
    let first = hex.min + vec2(58.0, 15.0);
    screen.drag(first, first);
    assert!(
        screen.shows("Byte 0 (0x0) is 0x0A: the tag: field 1 "),
        "{:?}",
        screen.words()
    );
    assert_eq!(screen.value_of("Message bytes"), "0a");

    // Arrow keys go on byte by byte, and with Shift they mark more.
    screen.press(Modifiers::NONE, Key::ArrowRight);
    assert!(screen.shows("Byte 1 (0x1)"));
    assert!(screen.shows("the length of field 1 "));
    screen.press(Modifiers::SHIFT, Key::ArrowRight);
    screen.press(Modifiers::SHIFT, Key::ArrowRight);
    assert!(screen.shows("3 bytes marked, 1 to 3"));

    // Tab changes the side; there the arrows go from field to field.
    screen.press(Modifiers::NONE, Key::Tab);
    screen.press(Modifiers::NONE, Key::Home);
    screen.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(screen.value_of("Message bytes"), "10 02");
    for _ in 0..3 {
        screen.press(Modifiers::NONE, Key::ArrowDown);
    }
    assert!(screen.value_of("Message bytes").starts_with("22 "));
    screen.press(Modifiers::NONE, Key::ArrowRight);
    screen.until_screen("the field is opened", |screen| {
        screen.shows("Field 1 latitude, double, ")
    });
}

#[test]
fn bytes_are_found_gone_to_and_copied() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = place(home.path());
    let bytes = {
        let exchange = screen.tab().call.exchange().unwrap();
        exchange.trees.get(1).unwrap().bytes().clone()
    };
    screen.type_into("Go to byte", "0x3");
    screen.press(Modifiers::NONE, Key::Enter);
    assert!(screen.shows("Byte 3 (0x3)"), "{:?}", screen.words());
    let text = std::str::from_utf8(&bytes[2..6]).unwrap().to_owned();
    screen.type_into("Find bytes", &format!("\"{text}\""));
    screen.press(Modifiers::NONE, Key::Enter);
    screen.frames(3);
    assert!(
        screen.shows("4 bytes marked, 2 to 5"),
        "{:?}",
        screen.words()
    );
    screen.click("Copy bytes as");
    screen.click("Escaped string");
    screen.frames(2);
    assert_eq!(screen.copied(), Some(format!("\"{text}\"")));
    screen.type_into("Find bytes", "de ad be ef");
    screen.press(Modifiers::NONE, Key::Enter);
    screen.frames(3);
    assert!(
        screen.shows("4 bytes marked, 2 to 5"),
        "what was marked stays"
    );
}

#[test]
fn a_payload_is_read_another_way_and_back() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = place(home.path());
    screen.click_part("Field 1 ");
    screen.click("Read as");
    screen.click("Read as bytes");
    screen.frames(3);
    assert!(screen.shows(", bytes, "), "{:?}", screen.words());
    screen.click("Read as");
    screen.click("As the schema or its look says");
    screen.frames(3);
    assert!(!screen.shows(", bytes, "), "{:?}", screen.words());
}

#[test]
fn in_a_narrow_window_fields_stand_below_the_bytes_and_in_a_low_one_beside_them() {
    let home = tempfile::tempdir().unwrap();
    let path = "requests/atlas/get-a-place.json";
    for (size, beside) in [(vec2(860.0, 1080.0), false), (vec2(860.0, 640.0), true)] {
        let home = home.path().join(size.y.to_string());
        let screen = answer_in_bytes(&home, path, size);
        let hex = screen.rect_of("Message bytes");
        let tree = screen.rect_of("Fields of the message");
        let found = match beside {
            true => hex.right() <= tree.left() + 2.0,
            false => hex.bottom() <= tree.top() + 2.0,
        };
        assert!(found, "{size} {hex:?} {tree:?}");
        // Each shows some rows.
        assert!(
            hex.height() > 80.0 && tree.height() > 80.0,
            "{size} {hex:?}"
        );
        let window = egui::Rect::from_min_size(pos2(0.0, 0.0), size);
        assert!(window.contains_rect(hex) && window.contains_rect(tree));
    }
}

#[test]
fn pasted_bytes_are_explained_without_a_call() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.act(Action::Run(UiCommand::PasteBytes));
    screen.frames(3);
    screen.type_into("Pasted bytes", "00 00 00 00 04 0a 02 68 69");
    screen.until_screen("the guess", |screen| {
        screen.shows("Field 1, guessed string, \"hi\"")
    });
    assert!(screen.shows("after the prefix 00 00 00 00 04"));
    screen.type_into("Type of the message", "demo.v1.Place");
    screen.until_screen("the field by its name", |screen| {
        screen.shows("Field 1 name, string, \"hi\"")
    });
    screen.type_into("Type of the message", "no.Such");
    screen.until_screen("what is wrong", |screen| {
        screen.shows("`no.Such` is no message of the schema")
    });
}
