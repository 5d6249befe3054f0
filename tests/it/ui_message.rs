//! The message of a response by accessible name: folds, tree, search, copies, what is shown.

use egui::{Key, Modifiers, PointerButton, Pos2, vec2};
use stubless::app::{Action, MessageMode};

use crate::ui_support::Screen;

/// What screen readers are told of the message.
const MESSAGE: &str = "Response message";

/// Two by one pixels of red.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGP4z8AARAAI/gH/xp559wAAAABJRU5ErkJggg==";

fn opened(home: &std::path::Path) -> Screen {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    let path = "requests/kitchen/every-kind-of-field.json";
    screen.act(Action::OpenRequest(path.into()));
    screen.until("the request", |state| {
        let tab = state.active_tab();
        tab.is_some_and(|tab| tab.draft.name == "Every kind of field")
    });
    screen
}

fn sent(screen: &mut Screen) {
    screen.press(Modifiers::COMMAND, Key::Enter);
    screen.until_call_is_over();
    screen.until_screen("the message", |screen| has(screen, "{\n"));
}

fn has(screen: &Screen, part: &str) -> bool {
    screen.value_of(MESSAGE).contains(part)
}

/// The middle of a row, counted from 0, while the first row is in view.
fn row(screen: &Screen, row: usize) -> Pos2 {
    let area = screen.rect_of(MESSAGE);
    area.left_top() + vec2(150.0, 8.0 + 20.0 * row as f32 + 10.0)
}

/// The row whose line has a part.
fn row_with(screen: &Screen, part: &str) -> Pos2 {
    let text = screen.value_of(MESSAGE);
    let at = text.lines().position(|line| line.contains(part));
    row(
        screen,
        at.unwrap_or_else(|| panic!("no `{part}` in {text}")),
    )
}

#[test]
fn levels_fold_one_by_one_and_all_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    sent(&mut screen);
    assert!(has(&screen, "  \"scalars\": {\n    \"double\": 0.1,"));

    screen.click("Fold scalars");
    assert!(has(&screen, "  \"scalars\": {…},\n  \"optionals\": {\n"));
    assert!(!has(&screen, "0.1"));
    screen.click("Unfold scalars");
    assert!(has(&screen, "\"double\": 0.1"));

    screen.click("Close all levels");
    assert!(has(
        &screen,
        "{\n  \"scalars\": {…},\n  \"optionals\": {…},"
    ));
    screen.click("Open all levels");
    assert!(has(&screen, "\"double\": 0.1"));

    // The same by keys: down to the first member, and shut.
    screen.focus(MESSAGE);
    screen.press(Modifiers::NONE, Key::Home);
    screen.press(Modifiers::NONE, Key::ArrowDown);
    screen.press(Modifiers::NONE, Key::ArrowLeft);
    assert!(has(&screen, "  \"scalars\": {…},"));
    screen.press(Modifiers::NONE, Key::ArrowRight);
    assert!(has(&screen, "\"double\": 0.1"));
}

#[test]
fn the_tree_has_types_and_numbers_and_keeps_what_is_open() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    sent(&mut screen);
    screen.click("Fold scalars");
    screen.click("Tree");
    assert_eq!(screen.tab().view.message_mode, MessageMode::Tree);
    assert!(has(&screen, "scalars:  (demo.v1.Scalars, 1)\n  optionals"));
    screen.click("Unfold scalars");
    assert!(has(&screen, "    double: 0.1 (double, 1)"));
    assert!(has(&screen, "int64: -9223372036854775808 (int64, 4)"));
}

#[test]
fn values_and_paths_are_copied_by_keys_and_menu() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    sent(&mut screen);
    let place = row_with(&screen, "\"int64\"");
    screen.press_at(place, PointerButton::Primary);
    screen.copy();
    assert_eq!(screen.copied().as_deref(), Some("-9223372036854775808"));
    screen.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::C);
    assert_eq!(
        screen.copied().as_deref(),
        Some("scalars.int64"),
        "{:?}",
        screen.words()
    );

    let place = row_with(&screen, "\"optionals\"");
    screen.press_at(place, PointerButton::Secondary);
    screen.click_part("Copy as JSON");
    let want = "{\n  \"int32\": 0,\n  \"string\": \"\"\n}";
    assert_eq!(screen.copied().as_deref(), Some(want));

    // Text over several lines.
    let from = row_with(&screen, "\"optionals\"") - vec2(1000.0, 0.0);
    let area = screen.rect_of(MESSAGE);
    let from = Pos2::new(area.left() + 60.0, from.y);
    screen.drag(from, from + vec2(area.width() - 90.0, 60.0));
    screen.copy();
    let copied = screen.copied().unwrap_or_default();
    assert_eq!(
        copied,
        "  \"optionals\": {\n    \"int32\": 0,\n    \"string\": \"\"\n  },"
    );
}

#[test]
fn a_larger_message_folds_and_is_searched_in_the_background() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    let items: Vec<String> = (0..2_000)
        .map(|n| format!("\"item {n} {}\"", "x".repeat(40)))
        .collect();
    screen.type_json(&format!(
        r#"{{"lists": {{"strings": [{}]}}}}"#,
        items.join(",")
    ));
    sent(&mut screen);
    screen.click("Close all levels");
    screen.until_screen("closed", |screen| has(screen, "{\n  \"lists\": {…}\n}"));
    screen.click("Open all levels");
    screen.until_screen("the items", |screen| {
        has(screen, "    \"strings\": [\n      \"item 0 x")
    });

    screen.click("Search in message (Ctrl+F)");
    screen.type_into("Search in message", "item 1999 ");
    screen.until_screen("the match", |screen| {
        screen.has("No matches") || screen.shows("1 of ")
    });
    assert!(screen.has("1 of 1"));
    screen.click("Copy message");
    screen.until_screen("the copy", |screen| {
        screen
            .copied()
            .is_some_and(|text| text.contains("\"item 1999 x"))
    });
}

#[test]
fn a_search_goes_from_match_to_match_and_opens_what_is_closed() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    sent(&mut screen);
    screen.click("Close all levels");
    screen.focus(MESSAGE);
    screen.press(Modifiers::COMMAND, Key::F);
    screen.type_into("Search in message", "ONE");
    screen.until_screen("matches", |screen| screen.shows("1 of "));
    assert!(screen.has("1 of 2"));
    assert!(has(&screen, "\"strings\": [\n      \"one\",") && !has(&screen, "minus"));
    screen.press(Modifiers::NONE, Key::Enter);
    assert!(screen.has("2 of 2"));
    assert!(has(&screen, "\"-1\": \"minus one\""));
    screen.press(Modifiers::SHIFT, Key::Enter);
    assert!(screen.has("1 of 2"));
    screen.press(Modifiers::SHIFT, Key::Enter);
    assert!(screen.has("2 of 2"));

    screen.click("Match case");
    screen.until_screen("none", |screen| screen.has("No matches"));
    screen.focus("Search in message");
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(!screen.has("Search in message"));
}

#[test]
fn what_is_shown_is_chosen() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    sent(&mut screen);
    assert!(has(&screen, "\"SPICE_GINGER\""));
    screen.click("What is shown");
    screen.click("Enums as numbers in JSON");
    assert!(!has(&screen, "SPICE_GINGER"));
    assert!(!has(&screen, "\"bools\": []"));
    screen.click("Show default values");
    assert!(
        has(&screen, "\"bools\": []"),
        "{}",
        screen.value_of(MESSAGE)
    );
    screen.press(Modifiers::NONE, Key::Escape);

    let place = row_with(&screen, "\"bytes\": \"AAEC/w==\"");
    screen.press_at(place, PointerButton::Secondary);
    screen.click("Bytes as hex");
    assert!(has(&screen, "\"bytes\": 00 01 02 ff"));
}

#[test]
fn bytes_are_decoded_as_a_message_of_a_chosen_type() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    // An Ingredient with a name, as bytes.
    screen.type_json(r#"{"scalars": {"bytes": "CgRtaWxr"}}"#);
    sent(&mut screen);
    let place = row_with(&screen, "\"bytes\"");
    screen.press_at(place, PointerButton::Secondary);
    screen.click("Decode as message…");
    screen.click("Type of the bytes");
    screen.type_into("Filter: Type of the bytes", "Ingredient");
    screen.press(Modifiers::NONE, Key::Enter);
    screen.until_screen("the decoded bytes", |screen| {
        has(screen, "\"name\": \"milk\"")
    });
}

#[test]
fn an_image_in_bytes_is_drawn() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    screen.type_json(&format!(r#"{{"wellKnown": {{"bytesValue": "{PNG}"}}}}"#));
    sent(&mut screen);
    let place = row_with(&screen, "\"bytesValue\"");
    screen.press_at(place, PointerButton::Secondary);
    screen.click_part("Show image");
    screen.until_screen("the image", |screen| screen.shows("2 × 1"));
    screen.click("Close image");
    assert!(!screen.shows("2 × 1"));
}

#[test]
fn an_any_is_opened_through_the_schema() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = opened(home.path());
    let any = r#"{"@type": "type.googleapis.com/demo.v1.Ingredient", "name": "salt"}"#;
    screen.type_json(&format!(r#"{{"wellKnown": {{"any": {any}}}}}"#));
    sent(&mut screen);
    let lines =
        "      \"@type\": \"type.googleapis.com/demo.v1.Ingredient\",\n      \"name\": \"salt\"\n";
    assert!(has(&screen, lines), "{}", screen.value_of(MESSAGE));
}
