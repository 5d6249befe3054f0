//! The editors of bytes and of the well-known types, by accessible name: set, change, clear, undo.

#![allow(clippy::unwrap_used, reason = "a test's own set-up")]

use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable as _};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use stubless::{
    app::BodyView,
    ui::request::{BodyEditor, BodyState, BodyWish},
};
use stubless_core::{
    demo::DESCRIPTOR_SET,
    message::{Document, Path, Scope, check},
    schema::Schema,
};

use crate::ui_widgets::window;

struct Body {
    document: Document,
    state: BodyState,
    message: MessageDescriptor,
    output: Option<MessageDescriptor>,
    schema: Schema,
    view: BodyView,
    wishes: Vec<BodyWish>,
}

type Form = Harness<'static, Body>;

fn demo() -> DescriptorPool {
    DescriptorPool::decode(DESCRIPTOR_SET).unwrap()
}

fn form(message: &str, text: &str) -> Form {
    form_of(demo(), message, None, text)
}

/// The form of a message of a pool over a text.
fn form_of(pool: DescriptorPool, message: &str, output: Option<&str>, text: &str) -> Form {
    let body = Body {
        document: Document::new(text),
        state: BodyState::default(),
        message: pool.get_message_by_name(message).unwrap(),
        output: output.map(|name| pool.get_message_by_name(name).unwrap()),
        schema: Schema::from_pool(pool),
        view: BodyView::Form,
        wishes: Vec::new(),
    };
    let mut harness = window(body, |ui, body: &mut Body| {
        let wrong = check(&body.document, &body.message, &Scope::default());
        BodyEditor::new(&mut body.document, &mut body.state)
            .message(Some(&body.message))
            .diagnostics(&wrong)
            .schema(Some(&body.schema))
            .output(body.output.as_ref())
            .show(ui, &mut body.view);
        body.wishes.extend(body.state.take_wishes());
    });
    harness.set_size(egui::vec2(560.0, 1400.0));
    harness.run();
    harness
}

fn press(form: &mut Form, name: &str) {
    form.get_by_label(name).click();
    form.run();
}

fn pick(form: &mut Form, name: &str, item: &str) {
    press(form, name);
    press(form, item);
}

/// Finds a type of the schema.
fn choose_type(form: &mut Form, name: &str, typed: &str, found: &str) {
    press(form, name);
    form.get_by_label(&format!("Filter: {name}"))
        .type_text(typed);
    form.run();
    press(form, found);
}

/// Types over what is in a field.
fn type_over(form: &mut Form, name: &str, text: &str) {
    form.get_by_label(name).focus();
    form.run();
    form.key_press_modifiers(Modifiers::COMMAND, Key::A);
    form.run();
    for key in text.chars() {
        form.get_by_label(name).type_text(&key.to_string());
        form.run();
    }
}

fn key(form: &mut Form, key: Key) {
    form.key_press(key);
    form.run();
}

fn undo(form: &mut Form) {
    form.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    form.run();
}

/// The text without its spaces, to compare what it says.
fn text(form: &Form) -> String {
    let text = form.state().document.text();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn value(form: &Form, name: &str) -> String {
    form.get_by_label(name).value().unwrap_or_default()
}

const TIME: &str = r#"{"timestamp":"2026-01-31T12:30:00.50Z"}"#;

#[test]
fn a_day_is_chosen_in_the_calendar_and_the_clock_stays_to_the_digit() {
    let mut form = form("demo.v1.WellKnown", TIME);
    press(&mut form, "Pick time for timestamp");
    press(&mut form, "15 January 2026");
    assert_eq!(text(&form), r#"{"timestamp":"2026-01-15T12:30:00.50Z"}"#);
    press(&mut form, "Next month");
    press(&mut form, "28 February 2026");
    assert_eq!(text(&form), r#"{"timestamp":"2026-02-28T12:30:00.50Z"}"#);
    press(&mut form, "One day later");
    press(&mut form, "One hour earlier");
    assert_eq!(text(&form), r#"{"timestamp":"2026-03-01T11:30:00.50Z"}"#);
    press(&mut form, "Start of the day");
    assert_eq!(text(&form), r#"{"timestamp":"2026-03-01T00:00:00Z"}"#);
    key(&mut form, Key::Escape);
    assert!(form.query_by_label("Year").is_none(), "Escape closes it");
    form.get_by_label("timestamp").focus();
    form.run();
    undo(&mut form);
    assert_eq!(text(&form), r#"{"timestamp":"2026-03-01T11:30:00.50Z"}"#);
}

#[test]
fn the_clock_takes_what_is_typed_and_says_what_it_does_not() {
    let mut form = form("demo.v1.WellKnown", TIME);
    press(&mut form, "Pick time for timestamp");
    assert_eq!(value(&form, "Time of day"), "12:30:00.50");
    type_over(&mut form, "Time of day", "9:05:00.000000001");
    assert_eq!(
        text(&form),
        r#"{"timestamp":"2026-01-31T09:05:00.000000001Z"}"#
    );
    assert_eq!(value(&form, "Time of day"), "9:05:00.000000001");
    type_over(&mut form, "Time of day", "23:59:60");
    form.get_by_label_contains("no leap seconds");
    assert_eq!(
        text(&form),
        r#"{"timestamp":"2026-01-31T23:59:06Z"}"#,
        "as far as it was a time"
    );
}

#[test]
fn the_years_go_from_1_to_9999() {
    for (year, day, written) in [
        ("1", "31 January 0001", "0001-01-31T12:30:00.50Z"),
        ("9999", "31 January 9999", "9999-01-31T12:30:00.50Z"),
    ] {
        let mut form = form("demo.v1.WellKnown", TIME);
        press(&mut form, "Pick time for timestamp");
        type_over(&mut form, "Year", year);
        press(&mut form, day);
        assert_eq!(text(&form), format!(r#"{{"timestamp":"{written}"}}"#));
    }
    let last = r#"{"timestamp":"9999-12-31T23:59:59.999999999Z"}"#;
    let mut form = form("demo.v1.WellKnown", last);
    press(&mut form, "Pick time for timestamp");
    press(&mut form, "Next month");
    press(&mut form, "One hour later");
    assert_eq!(text(&form), last, "there is no later");
    press(&mut form, "1 December 9999");
    assert_eq!(
        text(&form),
        r#"{"timestamp":"9999-12-01T23:59:59.999999999Z"}"#
    );
}

#[test]
fn the_calendar_is_walked_with_the_keyboard() {
    let mut form = form("demo.v1.WellKnown", TIME);
    press(&mut form, "Pick time for timestamp");
    form.get_by_label("31 January 2026").focus();
    form.run();
    for (pressed, day) in [
        (Key::ArrowRight, "1 February 2026"),
        (Key::ArrowDown, "8 February 2026"),
        (Key::PageDown, "8 March 2026"),
        (Key::ArrowLeft, "7 March 2026"),
    ] {
        key(&mut form, pressed);
        assert!(form.get_by_label(day).is_focused(), "{day}");
    }
    assert_eq!(text(&form), TIME, "nothing is chosen yet");
    key(&mut form, Key::Enter);
    assert_eq!(text(&form), r#"{"timestamp":"2026-03-07T12:30:00.50Z"}"#);
}

#[test]
fn a_template_stays_until_something_is_chosen() {
    let template = r#"{"timestamp":"{{at}}","duration":"{{d}}"}"#;
    let mut form = form("demo.v1.WellKnown", template);
    press(&mut form, "Pick time for timestamp");
    form.get_by_label_contains("A template stands here");
    type_over(&mut form, "Year", "1999");
    key(&mut form, Key::Escape);
    press(&mut form, "Edit duration of duration");
    form.get_by_label_contains("A template stands here");
    key(&mut form, Key::Escape);
    assert_eq!(text(&form), template);
    press(&mut form, "Now for timestamp");
    assert!(text(&form).starts_with(r#"{"timestamp":"2"#));
    form.get_by_label("timestamp").focus();
    form.run();
    undo(&mut form);
    assert_eq!(text(&form), template);
}

#[test]
fn durations_are_typed_in_the_units_people_use() {
    let mut form = form("demo.v1.WellKnown", "{}");
    type_over(&mut form, "duration", "1h30m");
    assert_eq!(text(&form), r#"{"duration":"5400s"}"#, "at once");
    assert_eq!(value(&form, "duration"), "1h30m", "as typed");
    key(&mut form, Key::Tab);
    assert_eq!(value(&form, "duration"), "5400s", "once it is left");
    form.get_by_label("duration").focus();
    form.run();
    undo(&mut form);
    assert_eq!(text(&form), "{}", "one step");
    for (typed, json) in [
        ("250ms", r#"{"duration":"0.250s"}"#),
        ("-0.5s", r#"{"duration":"-0.5s"}"#),
        ("{{ wait }}", r#"{"duration":"{{wait}}"}"#),
        ("soon", r#"{"duration":"soon"}"#),
    ] {
        type_over(&mut form, "duration", typed);
        assert_eq!(text(&form), json);
    }
    form.get_by_label_contains("Problem: ");
}

#[test]
fn a_duration_is_put_together_from_its_units() {
    let mut form = form("demo.v1.WellKnown", r#"{"duration":"5400.25s"}"#);
    press(&mut form, "Edit duration of duration");
    let parts = ["Days", "Hours", "Minutes", "Seconds"].map(|part| value(&form, part));
    assert_eq!(parts, ["", "1", "30", "0.25"]);
    type_over(&mut form, "Minutes", "90");
    assert_eq!(text(&form), r#"{"duration":"9000.250s"}"#);
    assert_eq!(value(&form, "Minutes"), "90", "as typed while it is open");
    press(&mut form, "Negative");
    assert_eq!(text(&form), r#"{"duration":"-9000.250s"}"#);
    type_over(&mut form, "Days", "3652501");
    form.get_by_label_contains("10,000 years");
    assert_eq!(
        text(&form),
        r#"{"duration":"-31557609000.250s"}"#,
        "as far as it fits"
    );
    press(&mut form, "30s");
    assert_eq!(text(&form), r#"{"duration":"30s"}"#);
}

#[test]
fn bytes_are_a_message_when_the_person_says_which() {
    // An Ingredient with a name, and field 15 that it does not have.
    let mut form = form("demo.v1.Scalars", r#"{"bytes": "CgRzYWx0"}"#);
    pick(&mut form, "Show bytes as", "message");
    press(&mut form, "Type of bytes");
    form.get_by_label("Filter: Type of bytes")
        .type_text("ingred");
    form.run();
    press(&mut form, "Ingredient");
    let json = value(&form, "bytes as a message");
    assert!(json.contains(r#""name": "salt""#), "{json}");
    type_over(&mut form, "bytes as a message", r#"{"name":"#);
    form.get_by_label_contains("Not in the message yet");
    assert_eq!(text(&form), r#"{"bytes":"CgRzYWx0"}"#, "half-typed");
    type_over(&mut form, "bytes as a message", r#"{"name":"oil"}"#);
    assert_eq!(text(&form), r#"{"bytes":"CgNvaWw="}"#);
    assert_eq!(value(&form, "bytes as a message"), r#"{"name":"oil"}"#);
    undo(&mut form);
    assert!(form.query_by_label_contains("as a message").is_some());
    pick(&mut form, "Show bytes as", "hex");
    assert!(form.query_by_label_contains("as a message").is_none());
}

#[test]
fn bytes_that_are_no_such_message_say_so() {
    for (base64, said) in [
        ("CgRzYQ==", "These bytes are no"),
        ("{{ b }}", "not base64"),
        ("egJoaQoEc2FsdA==", "Editing drops"),
    ] {
        let mut form = form("demo.v1.Scalars", &format!(r#"{{"bytes": "{base64}"}}"#));
        let before = text(&form);
        pick(&mut form, "Show bytes as", "message");
        press(&mut form, "Type of bytes");
        form.get_by_label("Filter: Type of bytes")
            .type_text("v1 ingredient");
        form.run();
        press(&mut form, "Ingredient");
        assert!(form.query_by_label_contains(said).is_some(), "{base64}");
        assert_eq!(text(&form), before);
    }
}

#[test]
fn a_file_is_asked_for_and_what_came_is_shown() {
    let mut form = form("demo.v1.Scalars", "{}");
    pick(&mut form, "Show bytes as", "file");
    press(&mut form, "Browse for the file of bytes");
    let path = Path::root().key("bytes");
    type_over(&mut form, "File of bytes", "/tmp/x.bin");
    key(&mut form, Key::Enter);
    assert_eq!(
        form.state().wishes,
        [
            BodyWish::BrowseBytes(path.clone()),
            BodyWish::ReadBytes(path.clone(), "/tmp/x.bin".into())
        ]
    );
    // The answer comes from the platform.
    form.state_mut().document.set(&path, "\"AQID\"");
    form.run();
    assert_eq!(value(&form, "bytes"), "AQID");
    let shown = form.get_by_role_and_label(Role::ComboBox, "Show bytes as");
    assert_eq!(shown.value().as_deref(), Some("base64 · 3 B"));
}

#[test]
fn a_large_value_is_not_laid_out_in_a_field() {
    let base64 = "AAEC".repeat(30_000);
    let mut form = form("demo.v1.Scalars", &format!(r#"{{"bytes": "{base64}"}}"#));
    form.get_by_label_contains("00 01 02 00 01 02");
    let shown = form.get_by_role_and_label(Role::ComboBox, "Show bytes as");
    assert_eq!(shown.value().as_deref(), Some("base64 · 90 KB"));
    press(&mut form, "Set bytes");
    assert_eq!(text(&form), "{}");
}

/// A schema of its own, compiled.
fn pool(source: &str) -> DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("library.proto");
    std::fs::write(&file, source).unwrap();
    let loaded = stubless_core::schema::compile(&[file], &[folder.path().to_owned()]);
    assert_eq!(loaded.problems, []);
    loaded.schema.whole_pool().clone()
}

const LIBRARY: &str = r#"
    syntax = "proto3";
    package lib;
    import "google/protobuf/field_mask.proto";
    message Author { string full_name = 1; int32 born = 2; }
    message Book { string name = 1; Author main_author = 2; repeated string tags = 3; }
    message Shelf { string theme = 1; }
    message UpdateBookRequest { Book book = 1; google.protobuf.FieldMask update_mask = 2; }
    message ListBooksRequest { google.protobuf.FieldMask read_mask = 1; }
    message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; }
"#;

#[test]
fn a_mask_is_chosen_in_the_tree_of_the_fields_beside_it() {
    let mut form = form_of(pool(LIBRARY), "lib.UpdateBookRequest", None, "{}");
    press(&mut form, "Choose fields for update_mask");
    press(&mut form, "name");
    press(&mut form, "Open mainAuthor");
    press(&mut form, "mainAuthor.fullName");
    assert_eq!(text(&form), r#"{"updateMask":"name,mainAuthor.fullName"}"#);
    press(&mut form, "mainAuthor");
    assert_eq!(text(&form), r#"{"updateMask":"name,mainAuthor"}"#);
    press(&mut form, "mainAuthor.born");
    assert_eq!(text(&form), r#"{"updateMask":"name,mainAuthor.fullName"}"#);
    form.get_by_label("Filter fields").focus();
    form.run();
    form.get_by_label("Filter fields").type_text("born");
    form.run();
    assert!(form.query_by_label("tags").is_none());
    press(&mut form, "mainAuthor.born");
    press(&mut form, "None");
    assert_eq!(text(&form), r#"{"updateMask":""}"#);
    press(&mut form, "All");
    assert_eq!(text(&form), r#"{"updateMask":"name,mainAuthor,tags"}"#);
    key(&mut form, Key::Escape);
    form.get_by_label("update_mask").focus();
    form.run();
    undo(&mut form);
    assert_eq!(text(&form), r#"{"updateMask":""}"#);
}

#[test]
fn paths_that_are_no_fields_are_marked_but_stay() {
    let mask = r#"{"updateMask":"name,nope"}"#;
    let mut form = form_of(pool(LIBRARY), "lib.UpdateBookRequest", None, mask);
    form.get_by_label_contains("`nope`: no field of `lib.Book`");
    press(&mut form, "Choose fields for update_mask");
    press(&mut form, "tags");
    assert_eq!(text(&form), r#"{"updateMask":"name,nope,tags"}"#);
    press(&mut form, "Remove these");
    assert_eq!(text(&form), r#"{"updateMask":"name,tags"}"#);
    // Another message of the schema.
    press(&mut form, "another type…");
    assert!(form.get_by_label("Find a type").is_focused());
    form.get_by_label("Find a type").type_text("shelf");
    form.run();
    press(&mut form, "lib.Shelf");
    press(&mut form, "theme");
    assert_eq!(text(&form), r#"{"updateMask":"name,tags,theme"}"#);
}

#[test]
fn a_mask_of_what_is_read_is_about_the_response() {
    let mut form = form_of(
        pool(LIBRARY),
        "lib.ListBooksRequest",
        Some("lib.ListBooksResponse"),
        "{}",
    );
    press(&mut form, "Choose fields for read_mask");
    press(&mut form, "tags");
    press(&mut form, "response");
    press(&mut form, "nextPageToken");
    assert_eq!(text(&form), r#"{"readMask":"tags,nextPageToken"}"#);
}

#[test]
fn the_type_of_an_any_is_found_in_the_schema() {
    let mut form = form("demo.v1.WellKnown", "{}");
    press(&mut form, "Type of any");
    form.get_by_label("Filter: Type of any").type_text("dura");
    form.run();
    press(&mut form, "Duration");
    assert_eq!(
        text(&form),
        r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"0s"}}"#
    );
    press(&mut form, "Type of any");
    form.get_by_label("Filter: Type of any")
        .type_text("v1 ingred");
    form.run();
    key(&mut form, Key::Enter);
    assert_eq!(
        text(&form),
        r#"{"any":{"@type":"type.googleapis.com/demo.v1.Ingredient"}}"#
    );
    let shown = form.get_by_role_and_label(Role::ComboBox, "Type of any");
    assert_eq!(shown.value().as_deref(), Some("Ingredient"));
}

#[test]
fn an_any_of_an_unknown_type_stays_json() {
    let any = r#"{"any":{"@type":"x.com/no.Such","a":[1]}}"#;
    let form = form("demo.v1.WellKnown", any);
    assert!(value(&form, "any").contains(r#""a":[1]"#));
    form.get_by_label_contains("Problem: ");
}

#[test]
fn the_kind_of_a_value_is_switched_and_its_value_edited() {
    let mut form = form("demo.v1.WellKnown", r#"{"value": 1.50}"#);
    type_over(&mut form, "value", "-2e");
    assert_eq!(text(&form), r#"{"value":-2}"#, "as far as it was a number");
    assert_eq!(value(&form, "value"), "-2e", "as typed");
    type_over(&mut form, "value", "-2e9");
    pick(&mut form, "Kind of value", "string");
    assert_eq!(text(&form), r#"{"value":"-2e9"}"#);
    type_over(&mut form, "value", "true");
    pick(&mut form, "Kind of value", "bool");
    press(&mut form, "value");
    assert_eq!(text(&form), r#"{"value":false}"#);
    pick(&mut form, "Kind of value", "list");
    assert_eq!(text(&form), r#"{"value":[false]}"#);
    pick(&mut form, "Kind of value", "null");
    assert_eq!(text(&form), r#"{"value":null}"#);
    pick(&mut form, "Kind of value", "number");
    type_over(&mut form, "value", "{{ n }}");
    assert_eq!(
        text(&form),
        r#"{"value":"{{n}}"}"#,
        "resolved when it is sent"
    );
    undo(&mut form);
    assert!(!text(&form).contains("{{n}}"));
}

#[test]
fn the_fields_of_an_any_are_rows() {
    let any = r#"{"any":{"@type":"type.googleapis.com/demo.v1.Ingredient"}}"#;
    let mut form = form("demo.v1.WellKnown", any);
    type_over(&mut form, "any.name", "salt");
    assert_eq!(
        text(&form),
        r#"{"any":{"@type":"type.googleapis.com/demo.v1.Ingredient","name":"salt"}}"#
    );
    choose_type(&mut form, "Type of any", "duration", "Duration");
    type_over(&mut form, "any.value", "2m");
    assert_eq!(
        text(&form),
        r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"120s"}}"#
    );
    press(&mut form, "Set any");
    assert_eq!(text(&form), "{}");
    choose_type(&mut form, "Type of any", "duration", "Duration");
    form.get_by_label("any.value");
}

#[test]
fn members_of_a_struct_are_added_renamed_switched_and_removed() {
    let mut form = form("demo.v1.WellKnown", "{}");
    press(&mut form, "Set struct");
    press(&mut form, "Add to struct");
    assert_eq!(text(&form), r#"{"struct":{"key":null}}"#);
    type_over(&mut form, "Key of struct.key", "port");
    key(&mut form, Key::Enter);
    pick(&mut form, "Kind of struct.port", "number");
    type_over(&mut form, "struct.port", "8080");
    assert_eq!(text(&form), r#"{"struct":{"port":8080}}"#);
    pick(&mut form, "Kind of struct.port", "list");
    press(&mut form, "Add to struct.port");
    pick(&mut form, "Kind of struct.port[1]", "object");
    press(&mut form, "Add to struct.port[1]");
    assert_eq!(text(&form), r#"{"struct":{"port":[8080,{"key":null}]}}"#);
    press(&mut form, "Remove struct.port[0]");
    press(&mut form, "Edit struct.port as text");
    assert!(form.query_by_label("Kind of struct.port[0]").is_none());
    type_over(&mut form, "struct.port", "[1,");
    form.get_by_label("Not valid JSON yet: not in the message");
    assert_eq!(text(&form), r#"{"struct":{"port":[{"key":null}]}}"#);
    type_over(&mut form, "struct.port", "[1,2]");
    assert_eq!(text(&form), r#"{"struct":{"port":[1,2]}}"#);
    press(&mut form, "Edit struct.port as text");
    press(&mut form, "Remove struct.port");
    assert_eq!(text(&form), r#"{"struct":{}}"#);
    press(&mut form, "Set struct");
    assert_eq!(text(&form), "{}");
}

#[test]
fn a_wrapper_is_null_default_or_a_value() {
    let mut form = form("demo.v1.WellKnown", r#"{"stringValue": null}"#);
    press(&mut form, "Set string_value");
    assert_eq!(text(&form), "{}", "what means nothing is taken out");
    press(&mut form, "Set string_value");
    assert_eq!(text(&form), r#"{"stringValue":""}"#);
    type_over(&mut form, "string_value", "x");
    assert_eq!(text(&form), r#"{"stringValue":"x"}"#);
    press(&mut form, "Set bool_value");
    assert_eq!(text(&form), r#"{"stringValue":"x","boolValue":false}"#);
    type_over(&mut form, "bytes_value", "AQ==");
    let shown = form.get_by_role_and_label(Role::ComboBox, "Show bytes_value as");
    assert_eq!(shown.value().as_deref(), Some("base64 · 1 B"));
}
