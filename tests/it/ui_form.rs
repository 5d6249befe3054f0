//! The rows of the form by accessible name: what is set and cleared, chosen, moved, pasted, filtered.

#![allow(clippy::unwrap_used, reason = "a test's own set-up")]

use std::fs;

use egui::{Event, Key, Modifiers, accesskit::Toggled};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use stubless::app::BodyView;
use stubless_core::{message::Path, schema::compile};

use crate::ui_request::{Body, form, form_of, pick, press, text, type_into};

type Form = Harness<'static, Body>;

fn keys(form: &mut Form, modifiers: Modifiers, key: Key) {
    form.key_press_modifiers(modifiers, key);
    form.run();
}

/// Gives a widget the keyboard.
fn focus(form: &mut Form, name: &str) {
    form.get_by_label(name).focus();
    form.run();
    form.run();
}

/// Chooses from the menu of a row.
fn choose(form: &mut Form, row: &str, entry: &str) {
    focus(form, row);
    press(form, &format!("More for {row}"));
    press(form, entry);
}

#[test]
fn every_kind_of_field_is_set_and_cleared_by_its_mark() {
    for (message, field, set) in [
        ("demo.v1.Scalars", "int32", r#"{"int32":0}"#),
        ("demo.v1.Scalars", "string", r#"{"string":""}"#),
        ("demo.v1.Scalars", "bool", r#"{"bool":false}"#),
        ("demo.v1.Scalars", "bytes", r#"{"bytes":""}"#),
        ("demo.v1.OptionalScalars", "double", r#"{"double":0}"#),
        (
            "demo.v1.OptionalScalars",
            "spice",
            r#"{"spice":"SPICE_UNSPECIFIED"}"#,
        ),
        ("demo.v1.OptionalScalars", "message", r#"{"message":{}}"#),
        ("demo.v1.Lists", "packed", r#"{"packed":[]}"#),
        ("demo.v1.Maps", "string_string", r#"{"stringString":{}}"#),
        ("demo.v1.WellKnown", "duration", r#"{"duration":"0s"}"#),
        ("demo.v1.WellKnown", "struct", r#"{"struct":{}}"#),
        ("demo.v1.Legacy", "method", r#"{"method":"byhand"}"#),
        ("demo.v1.Legacy", "stove", r#"{"stove":"STOVE_GAS"}"#),
    ] {
        let mut form = form(message, "{}");
        let mark = format!("Set {field}");
        assert_eq!(
            form.get_by_label(&mark).accesskit_node().toggled(),
            Some(Toggled::False),
            "{field}"
        );
        press(&mut form, &mark);
        assert_eq!(text(&form), set, "{field}");
        assert_eq!(
            form.get_by_label(&mark).accesskit_node().toggled(),
            Some(Toggled::True),
            "{field}"
        );
        press(&mut form, &mark);
        assert_eq!(text(&form), "{}", "{field}");
        form.state_mut().document.undo();
        form.run();
        assert_eq!(text(&form), set, "{field}: undone in either view");
    }
}

#[test]
fn the_keyboard_sets_clears_and_undoes() {
    let mut form = form("demo.v1.OptionalScalars", "{}");
    focus(&mut form, "int32");
    keys(&mut form, Modifiers::COMMAND, Key::Space);
    assert_eq!(text(&form), r#"{"int32":0}"#);
    keys(&mut form, Modifiers::COMMAND, Key::Space);
    assert_eq!(text(&form), "{}");
    keys(&mut form, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&form), r#"{"int32":0}"#);
    assert!(form.get_by_label("int32").is_focused(), "it stays");
    press(&mut form, "Set message");
    focus(&mut form, "Close message");
    keys(&mut form, Modifiers::NONE, Key::Delete);
    assert_eq!(text(&form), r#"{"int32":0}"#);
}

#[test]
fn the_menu_of_a_row_sets_null_and_defaults_and_shows_the_text() {
    let mut form = form("demo.v1.Legacy", r#"{"title": "t", "servings": 2}"#);
    choose(&mut form, "servings", "Set to its default");
    assert_eq!(text(&form), r#"{"title":"t","servings":4}"#);
    choose(&mut form, "servings", "Set to null");
    assert_eq!(text(&form), r#"{"title":"t","servings":null}"#);
    choose(&mut form, "servings", "Clear");
    assert_eq!(text(&form), r#"{"title":"t"}"#);
    choose(&mut form, "title", "Show in the JSON");
    assert_eq!(form.state().view, BodyView::Json);
}

#[test]
fn a_value_too_long_to_type_into_is_shown_by_its_beginning_and_edited_in_the_json() {
    let long = "x".repeat(200_000);
    for (message, field, json) in [
        ("demo.v1.Scalars", "string", format!("\"{long}\"")),
        ("demo.v1.Scalars", "int32", "1".repeat(200_000)),
        ("demo.v1.WellKnown", "duration", format!("\"{long}\"")),
        ("demo.v1.WellKnown", "value", format!("\"{long}\"")),
        ("demo.v1.WellKnown", "struct", format!("[\"{long}\"]")),
    ] {
        let body = format!("{{\"{field}\": {json}}}");
        let mut form = form(message, &body);
        // Nothing that is told to a screen reader, and so nothing that is laid out, is that long.
        let nodes = form.root().children_recursive();
        let longest = nodes.map(|node| node.value().unwrap_or_default().len());
        assert!(longest.max().unwrap_or_default() < 1_000, "{field}");
        press(&mut form, &format!("Edit {field} in the JSON"));
        assert_eq!(form.state().view, BodyView::Json, "{field}");
        assert_eq!(form.state().document.text(), body, "{field}");
    }
}

#[test]
fn a_message_is_created_looked_into_and_cleared() {
    let mut form = form("demo.v1.Tree", "{}");
    press(&mut form, "Create favourite");
    assert_eq!(text(&form), r#"{"favourite":{}}"#);
    type_into(&mut form, "favourite.label", "oak");
    assert_eq!(text(&form), r#"{"favourite":{"label":"oak"}}"#);
    // Opened on demand: what is open and absent is made by what is typed in it.
    press(&mut form, "Open favourite.favourite");
    type_into(&mut form, "favourite.favourite.label", "elm");
    assert!(
        text(&form).contains(r#""favourite":{"label":"elm"}"#),
        "{}",
        text(&form)
    );
    press(&mut form, "Set favourite");
    assert_eq!(text(&form), "{}");
}

#[test]
fn an_enum_has_its_aliases_and_keeps_numbers() {
    let mut form = form("demo.v1.OptionalScalars", r#"{"spice": 3}"#);
    let shown = form.get_by_label("spice").value();
    assert_eq!(shown.as_deref(), Some("3  SPICE_CHILI"));
    press(&mut form, "spice");
    form.get_by_label("Filter: spice").type_text("chilli");
    form.run();
    press(&mut form, "SPICE_CHILLI");
    assert_eq!(text(&form), r#"{"spice":"SPICE_CHILLI"}"#);
    press(&mut form, "spice");
    form.get_by_label("Filter: spice").type_text("77");
    form.run();
    press(&mut form, "Use number 77");
    assert_eq!(text(&form), r#"{"spice":77}"#);
    assert!(
        form.query_by_label_contains("Problem: ").is_none(),
        "an open enum"
    );
}

#[test]
fn a_closed_enum_takes_no_other_number() {
    let mut form = form("demo.v1.Legacy", r#"{"title": "t"}"#);
    assert_eq!(
        form.get_by_label("stove").value().as_deref(),
        Some("default STOVE_GAS")
    );
    press(&mut form, "stove");
    form.get_by_label("Filter: stove").type_text("77");
    form.run();
    assert!(form.query_by_label("Use number 77").is_none());
    keys(&mut form, Modifiers::NONE, Key::Escape);
}

#[test]
fn the_arms_of_a_oneof_keep_their_texts() {
    let start = r#"{"text": "soup", "dish": "d"}"#;
    let mut form = form("demo.v1.Choice", start);
    pick(&mut form, "lunch", "number");
    type_into(&mut form, "number", "7");
    assert_eq!(
        text(&form),
        r#"{"number":7,"dish":"d"}"#,
        "in the place of the other"
    );
    pick(&mut form, "lunch", "ingredient");
    type_into(&mut form, "ingredient.name", "salt");
    pick(&mut form, "lunch", "text");
    assert_eq!(text(&form), r#"{"text":"soup","dish":"d"}"#);
    pick(&mut form, "lunch", "none of them");
    assert_eq!(text(&form), r#"{"dish":"d"}"#);
    pick(&mut form, "lunch", "ingredient");
    assert!(
        text(&form).contains(r#""ingredient":{"name":"salt"}"#),
        "{}",
        text(&form)
    );
    // One step back is one choice back.
    form.state_mut().document.undo();
    form.run();
    assert_eq!(text(&form), r#"{"dish":"d"}"#);
}

#[test]
fn items_move_by_keys_and_go_on_by_enter() {
    let mut form = form("demo.v1.Lists", r#"{"strings": ["a", "b", "c"]}"#);
    focus(&mut form, "strings[0]");
    keys(&mut form, Modifiers::ALT, Key::ArrowDown);
    assert_eq!(text(&form), r#"{"strings":["b","a","c"]}"#);
    form.run();
    assert!(
        form.get_by_label("strings[1]").is_focused(),
        "the keyboard goes with it"
    );
    keys(&mut form, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(text(&form), r#"{"strings":["a","b","c"]}"#);
    keys(&mut form, Modifiers::ALT, Key::D);
    assert_eq!(text(&form), r#"{"strings":["a","a","b","c"]}"#);
    focus(&mut form, "strings[3]");
    keys(&mut form, Modifiers::NONE, Key::Enter);
    form.run();
    assert!(form.get_by_label("strings[4]").is_focused());
    form.get_by_label("strings[4]").type_text("d");
    form.run();
    assert_eq!(text(&form), r#"{"strings":["a","a","b","c","d"]}"#);
    press(&mut form, "More for strings[0]");
    press(&mut form, "Insert above");
    assert_eq!(text(&form), r#"{"strings":["","a","a","b","c","d"]}"#);
}

#[test]
fn an_item_is_dragged_by_its_handle() {
    let mut form = form("demo.v1.Lists", r#"{"strings": ["a", "b", "c"]}"#);
    let place = form.get_by_label("strings[0]").rect();
    form.hover_at(egui::pos2(place.left() - 150.0, place.center().y));
    form.run();
    let handle = form.get_by_label("Move strings[0]").rect().center();
    let last = form.get_by_label("strings[2]").rect();
    form.drag_at(handle);
    form.run();
    form.hover_at(egui::pos2(handle.x, last.center().y - 30.0));
    form.run_steps(2);
    form.hover_at(egui::pos2(handle.x, last.bottom()));
    form.run_steps(2);
    form.drop_at(egui::pos2(handle.x, last.bottom()));
    form.run();
    assert_eq!(text(&form), r#"{"strings":["b","c","a"]}"#);
}

#[test]
fn an_item_that_is_let_go_where_its_list_is_not_in_view_stays() {
    let list = vec![r#""a""#; 200].join(",");
    let body = format!(r#"{{"packed": [1, 2], "strings": [{list}]}}"#);
    let mut form = form("demo.v1.Lists", &body);
    form.set_size(egui::vec2(520.0, 400.0));
    form.run();
    let before = text(&form);
    let place = form.get_by_label("packed[0]").rect();
    form.hover_at(egui::pos2(place.left() - 150.0, place.center().y));
    form.run();
    let handle = form.get_by_label("Move packed[0]").rect().center();
    form.drag_at(handle);
    form.run();
    let middle = egui::pos2(handle.x, 200.0);
    form.hover_at(middle);
    form.run_steps(2);
    let wheel = |by: f32| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, by),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Trackpad,
        modifiers: Modifiers::NONE,
    };
    form.event(wheel(-4_000.0));
    form.run_steps(60);
    assert!(form.query_by_label("packed[0]").is_none(), "out of view");
    form.drop_at(middle);
    form.run();
    form.hover_at(middle);
    form.event(wheel(9_000.0));
    form.run_steps(60);
    let last = form.get_by_label("packed[1]").rect();
    let below = egui::pos2(handle.x, last.bottom() - 2.0);
    form.hover_at(below);
    form.run();
    form.drag_at(below);
    form.drop_at(below);
    form.run();
    assert_eq!(text(&form), before, "a later click moves nothing");
}

#[test]
fn many_items_are_pasted_counted_and_undone_at_once() {
    let mut form = form("demo.v1.Lists", r#"{"packed": [1]}"#);
    press(&mut form, "More for packed[0]");
    keys(&mut form, Modifiers::NONE, Key::Escape);
    focus(&mut form, "Add to packed");
    press(&mut form, "Paste many into packed");
    form.run();
    form.get_by_label("Items to add").type_text("2\n3\nx\n4");
    form.run();
    form.get_by_label_contains("Line 3:");
    press(&mut form, "Add 3 items");
    assert_eq!(text(&form), r#"{"packed":[1,2,3,4]}"#);
    form.state_mut().document.undo();
    form.run();
    assert_eq!(text(&form), r#"{"packed":[1]}"#);
}

#[test]
fn many_entries_are_pasted_and_keys_are_checked() {
    let mut form = form("demo.v1.Maps", r#"{"int32String": {"1": "a", "2": "b"}}"#);
    focus(&mut form, "Add to int32_string");
    press(&mut form, "Paste many into int32_string");
    form.run();
    form.get_by_label("Items to add")
        .type_text("2: c\n3=d\nx: e");
    form.run();
    form.get_by_label_contains("is no key of this map");
    press(&mut form, "Add 2 entries");
    assert_eq!(text(&form), r#"{"int32String":{"1":"a","2":"c","3":"d"}}"#);

    // A key that is taken, or none of its type, stays in its field.
    for (typed, reason) in [
        ("2", "another entry's key"),
        ("zz", "is no key of this map"),
    ] {
        focus(&mut form, "Key of int32_string.1");
        keys(&mut form, Modifiers::COMMAND, Key::A);
        form.get_by_label("Key of int32_string.1").type_text(typed);
        form.run();
        keys(&mut form, Modifiers::NONE, Key::Enter);
        form.get_by_label_contains(reason);
        assert!(text(&form).contains(r#""1":"a""#), "{}", text(&form));
    }
}

#[test]
fn a_key_that_is_typed_is_there_when_the_call_is_sent_or_its_row_leaves() {
    let body = r#"{"stringString": {"a": "1"}}"#;
    let typed = || {
        let mut form = form("demo.v1.Maps", body);
        focus(&mut form, "Key of string_string.a");
        keys(&mut form, Modifiers::COMMAND, Key::A);
        form.get_by_label("Key of string_string.a").type_text("b");
        form.run();
        assert!(text(&form).contains(r#""a":"1""#), "not while it is typed");
        form
    };
    let mut sent = typed();
    sent.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    // The command that sends runs at the end of this frame.
    sent.step();
    assert_eq!(text(&sent), r#"{"stringString":{"b":"1"}}"#);

    let mut left = typed();
    keys(&mut left, Modifiers::COMMAND, Key::F);
    left.run();
    assert_eq!(text(&left), r#"{"stringString":{"b":"1"}}"#);
}

#[test]
fn a_key_that_stands_twice_is_seen_and_renamed() {
    let mut form = form("demo.v1.Maps", r#"{"stringString": {"a": "1", "a": "2"}}"#);
    form.get_by_label_contains("Stands again below");
    press(&mut form, "Rename string_string.a (again)");
    assert_eq!(text(&form), r#"{"stringString":{"a2":"1","a":"2"}}"#);
}

#[test]
fn a_filter_shows_fields_by_name_and_comment_and_what_is_set() {
    let mut form = form("demo.v1.Everything", r#"{"tree": {"label": "x"}}"#);
    form.set_size(egui::vec2(520.0, 3_000.0));
    form.run();
    keys(&mut form, Modifiers::COMMAND, Key::F);
    assert!(form.get_by_label("Filter fields").is_focused());
    form.get_by_label("Filter fields")
        .type_text("@id identifier");
    form.run();
    form.get_by_label("identifier");
    assert!(form.query_by_label("old_name").is_none());
    keys(&mut form, Modifiers::COMMAND, Key::A);
    form.get_by_label("Filter fields")
        .type_text("no such field");
    form.run();
    press(&mut form, "Clear the filter");
    form.get_by_label("old_name");
    press(&mut form, "Show only what is set");
    form.get_by_label("tree.label");
    assert!(form.query_by_label("old_name").is_none());
}

#[test]
fn all_rows_open_and_close() {
    let text = r#"{"tree": {"children": [{"children": [{"label": "x"}]}]}}"#;
    let mut form = form("demo.v1.Everything", text);
    form.set_size(egui::vec2(520.0, 2_000.0));
    keys(&mut form, Modifiers::COMMAND, Key::F);
    press(&mut form, "Open all rows");
    form.get_by_label("tree.children[0].children[0].label");
    press(&mut form, "Close all rows");
    assert!(form.query_by_label("tree.label").is_none());
}

#[test]
fn a_value_is_pasted_into_the_row_that_asked() {
    let mut form = form("demo.v1.Scalars", "{}");
    focus(&mut form, "int32");
    press(&mut form, "More for int32");
    form.get_by_label("Paste value").click();
    form.run_steps(2);
    form.event(Event::Paste(" 42 ".to_owned()));
    form.run();
    assert_eq!(text(&form), r#"{"int32":42}"#);
}

#[test]
fn text_that_does_not_parse_says_where_and_keeps_what_was_there_in_sight() {
    let mut form = form("demo.v1.Scalars", "{\n  \"int32\": 1\n}");
    let len = form.state().document.text().len();
    form.state_mut().document.replace(len - 1..len, "\"x\" 2}");
    form.run();
    form.get_by_label_contains("Line 3, column");
    press(&mut form, "Undo the last edit");
    form.get_by_label("int32");
    assert_eq!(text(&form), r#"{"int32":1}"#);
}

#[test]
fn a_narrow_form_cuts_nothing() {
    let text = r#"{"tree": {"children": [{"label": 7}]}, "spice": "NOPE"}"#;
    let mut form = form("demo.v1.Everything", text);
    form.set_size(egui::vec2(340.0, 5_000.0));
    form.run();
    form.run();
    for node in form.get_all_by_label_contains("e") {
        let rect = node.rect();
        assert!(
            rect.left() >= 0.0 && rect.right() <= 340.0,
            "{:?} at {rect:?}",
            node.accesskit_node().label()
        );
    }
    let width = form.get_by_label("identifier").rect().width();
    assert!(width > 200.0, "the editor has the whole line: {width}");
}

const EXTENDED: &str = r#"
    syntax = "proto2";
    package old;
    message Card {
      required string title = 1;
      extensions 100 to 200;
    }
    extend Card {
      // How often it was cooked.
      optional int32 times = 100;
      repeated string tags = 101;
      optional Card side = 102;
    }
"#;

#[test]
fn extensions_are_added_from_the_end_of_their_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.proto");
    fs::write(&file, EXTENDED).unwrap();
    let loaded = compile(&[file], &[folder.path().to_owned()]);
    assert_eq!(loaded.problems, []);
    let card = loaded.schema.message("old.Card").unwrap();
    let mut form = form_of(card, r#"{"title": "t"}"#);
    let add = "Add to extensions";
    pick(&mut form, add, "[old.times]");
    form.run();
    type_into(&mut form, "[old.times]", "3");
    assert_eq!(text(&form), r#"{"title":"t","[old.times]":3}"#);
    pick(&mut form, add, "[old.tags]");
    press(&mut form, "Add to [old.tags]");
    form.get_by_label("[old.tags][0]").type_text("x");
    form.run();
    pick(&mut form, add, "[old.side]");
    type_into(&mut form, "[old.side].title", "salad");
    let want = r#"{"title":"t","[old.times]":3,"[old.tags]":["x"],"[old.side]":{"title":"salad"}}"#;
    assert_eq!(text(&form), want);
    assert!(form.query_by_label_contains("Problem: ").is_none());
}

#[test]
fn what_is_required_and_missing_is_said_at_its_row() {
    let mut form = form("demo.v1.Legacy", r#"{"step": [{}]}"#);
    form.get_by_label_contains("Problem: ");
    let mark = form.get_by_label("Set title");
    assert_eq!(mark.accesskit_node().toggled(), Some(Toggled::False));
    type_into(&mut form, "title", "Bread");
    type_into(&mut form, "step[0].text", "knead");
    assert!(form.query_by_label_contains("Problem: ").is_none());
}

#[test]
fn folds_follow_items_that_move() {
    let text = r#"{"children": [{"children": [{}]}, {"label": "b"}]}"#;
    let mut form = form("demo.v1.Tree", text);
    let path = Path::root().key("children").index(0);
    form.state_mut().state.open_all(&path, true);
    form.run();
    form.get_by_label("Close children[0]");
    focus(&mut form, "Close children[0]");
    keys(&mut form, Modifiers::ALT, Key::ArrowDown);
    form.get_by_label("Close children[1]");
}
