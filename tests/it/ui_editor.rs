//! The code editor as a person meets it: keys, mouse, clipboard, input methods, lists that open over it.

use egui::{Event, ImeEvent, Key, Modifiers, PointerButton, Pos2, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable as _};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use stubless::{
    app::BodyView,
    ui::{
        request::{BodyEditor, BodyState},
        theme,
        widgets::{CodeEditor, CodeEditorState},
    },
};
use stubless_core::{
    demo::DESCRIPTOR_SET,
    message::{Diagnostic, Document, Path, Scope, TextFix, check},
};

use crate::ui_widgets::window;

const SHIFT_COMMAND: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

#[derive(Default)]
struct Desk {
    document: Document,
    state: CodeEditorState,
    diagnostics: Vec<Diagnostic>,
    go_to: Option<usize>,
}

type Editor = Harness<'static, Desk>;

/// An editor over a text, with the keyboard and the cursor at the start.
fn editor(text: impl Into<String>) -> Editor {
    let desk = Desk {
        document: Document::new(text),
        ..Desk::default()
    };
    // Frames as on a screen, so that two clicks are a double click.
    let mut editor = Harness::builder()
        .with_size(egui::vec2(640.0, 480.0))
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60)
        .with_context_setup(theme::apply)
        .allow_missing_glyphs()
        .build_ui_state(
            |ui, desk: &mut Desk| {
                CodeEditor::new(&mut desk.document, &mut desk.state, "Body")
                    .diagnostics(&desk.diagnostics)
                    .go_to(desk.go_to.take())
                    .show(ui);
            },
            desk,
        );
    editor.run();
    editor.check_accessibility();
    editor
        .get_by_role_and_label(Role::MultilineTextInput, "Body")
        .focus();
    editor.run();
    editor
}

fn text(editor: &Editor) -> &str {
    editor.state().document.text()
}

fn press(editor: &mut Editor, modifiers: Modifiers, key: Key) {
    editor.key_press_modifiers(modifiers, key);
    editor.run();
}

fn type_keys(editor: &mut Editor, keys: &str) {
    for key in keys.chars() {
        editor.event(Event::Text(key.to_string()));
        editor.run();
    }
}

/// The row and column of a place on the screen, as the code font has it.
fn place(editor: &Editor, row: usize, column: usize) -> Pos2 {
    let rect = editor.get_by_label("Body").rect();
    let glyph = editor
        .ctx
        .fonts_mut(|fonts| fonts.glyph_width(&egui::FontId::monospace(13.0), '0'));
    let gutter = glyph * 2.0 + 34.0;
    rect.min + egui::vec2(gutter + column as f32 * glyph, 18.0 + row as f32 * 20.0)
}

fn button(editor: &mut Editor, pos: Pos2, pressed: bool, modifiers: Modifiers) {
    editor.event(Event::PointerMoved(pos));
    editor.event(Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers,
    });
    editor.step();
}

fn click(editor: &mut Editor, pos: Pos2) {
    button(editor, pos, true, Modifiers::NONE);
    button(editor, pos, false, Modifiers::NONE);
}

fn copied(editor: &mut Editor, event: Event) -> Option<String> {
    editor.event(event);
    editor.step();
    let commands = &editor.output().platform_output.commands;
    commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn typing_goes_into_the_document_and_undo_is_the_documents() {
    let mut editor = editor("");
    type_keys(&mut editor, "{");
    press(&mut editor, Modifiers::NONE, Key::Enter);
    type_keys(&mut editor, "\"a\": [1]");
    assert_eq!(
        text(&editor),
        "{\n  \"a\": [1]\n}",
        "closers come by themselves"
    );
    while !text(&editor).is_empty() {
        let before = text(&editor).to_owned();
        press(&mut editor, Modifiers::COMMAND, Key::Z);
        assert_ne!(text(&editor), before, "undo stopped");
    }
    for _ in 0..20 {
        press(&mut editor, Modifiers::COMMAND, Key::Y);
    }
    assert_eq!(text(&editor), "{\n  \"a\": [1]\n}");
}

#[test]
fn typing_over_a_selection_is_one_undo_step() {
    let mut editor = editor("{\"a\": 1}");
    press(&mut editor, Modifiers::COMMAND, Key::A);
    editor.event(Event::Text("{}".to_owned()));
    editor.run();
    assert_eq!(text(&editor), "{}");
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&editor), "{\"a\": 1}");
}

#[test]
fn a_text_of_megabytes_is_edited_like_any_other() {
    // Given a large text that does not parse, so that the form cannot help
    let item = format!("\"{}\",\n", "x".repeat(1000));
    let mut editor = editor(format!("[{}0", item.repeat(2000)));
    assert!(text(&editor).len() > 2_000_000);
    press(&mut editor, Modifiers::COMMAND, Key::End);
    type_keys(&mut editor, "]");
    assert!(editor.state().document.syntax_error().is_none());
    assert_eq!(editor.state().state.position(), (2001, 3));
    // What is told to screen readers is what is seen.
    let told = editor.get_by_label("Body").value().unwrap();
    assert!(
        told.len() < 100_000 && told.ends_with("0]"),
        "{}",
        told.len()
    );
}

#[test]
fn a_line_of_megabytes_is_edited_like_any_other() {
    let mut editor = editor(format!("[{}0", "12345,".repeat(400_000)));
    press(&mut editor, Modifiers::NONE, Key::End);
    type_keys(&mut editor, "]");
    assert!(editor.state().document.syntax_error().is_none());
    press(&mut editor, Modifiers::NONE, Key::ArrowLeft);
    type_keys(&mut editor, "1");
    assert!(text(&editor).ends_with("12345,01]"));
    let told = editor.get_by_label("Body").value().unwrap();
    assert!(told.len() < 20_000 && told.ends_with("12345,01]"));
    press(&mut editor, Modifiers::NONE, Key::Home);
    type_keys(&mut editor, " ");
    assert!(text(&editor).starts_with(" [12345"));
}

#[test]
fn the_mouse_puts_the_cursor_and_selects() {
    let mut editor = editor("{\n  \"first\": 1,\n  \"second\": 2\n}");
    let selected = |editor: &Editor| {
        let range = editor.state().state.selected();
        text(editor)[range].to_owned()
    };
    let pos = place(&editor, 1, 4);
    click(&mut editor, pos);
    assert_eq!(editor.state().state.position(), (2, 5));
    click(&mut editor, pos);
    assert_eq!(selected(&editor), "first", "a double click");
    click(&mut editor, pos);
    assert_eq!(selected(&editor), "  \"first\": 1,\n", "a triple click");

    let (from, to) = (place(&editor, 1, 2), place(&editor, 2, 10));
    for _ in 0..40 {
        editor.step();
    }
    button(&mut editor, from, true, Modifiers::NONE);
    editor.event(Event::PointerMoved(to));
    editor.step();
    button(&mut editor, to, false, Modifiers::NONE);
    assert_eq!(selected(&editor), "\"first\": 1,\n  \"second\"", "a drag");

    let pos = place(&editor, 1, 9);
    for _ in 0..40 {
        editor.step();
    }
    button(&mut editor, pos, true, Modifiers::SHIFT);
    button(&mut editor, pos, false, Modifiers::SHIFT);
    assert_eq!(selected(&editor), "\"first\"", "a click with Shift");
}

#[test]
fn a_click_within_one_frame_gives_the_keyboard() {
    let mut editor = editor("abc");
    press(&mut editor, Modifiers::NONE, Key::Escape);
    assert!(!editor.get_by_label("Body").is_focused());
    let pos = place(&editor, 0, 1);
    editor.event(Event::PointerMoved(pos));
    editor.run();
    let both = [true, false].map(|pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    });
    editor.input_mut().events.extend(both);
    editor.step();
    editor.run();
    assert!(editor.get_by_label("Body").is_focused());
    assert_eq!(editor.state().state.selected(), 1..1);
}

#[test]
fn cut_copy_and_paste() {
    let mut editor = editor("a\nbc\n");
    assert_eq!(
        copied(&mut editor, Event::Copy).as_deref(),
        Some("a\n"),
        "a line"
    );
    press(&mut editor, Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(copied(&mut editor, Event::Cut).as_deref(), Some("a"));
    assert_eq!(text(&editor), "\nbc\n");
    editor.event(Event::Paste("x\r\ny".to_owned()));
    editor.run();
    assert_eq!(text(&editor), "x\ny\nbc\n");
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&editor), "\nbc\n");
}

#[test]
fn what_an_input_method_composes_is_text_once_it_is_committed() {
    let mut editor = editor("\"\"");
    press(&mut editor, Modifiers::NONE, Key::ArrowRight);
    for step in ["に", "にほ", "日本"] {
        editor.event(Event::Ime(ImeEvent::Preedit {
            text: step.to_owned(),
            active_range_chars: None,
        }));
        editor.run();
        assert_eq!(text(&editor), "\"\"");
    }
    editor.event(Event::Ime(ImeEvent::Commit("日本".to_owned())));
    editor.run();
    assert_eq!(text(&editor), "\"日本\"");
    assert!(editor.output().platform_output.ime.is_some());
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&editor), "\"\"");
}

#[test]
fn objects_fold_and_unfold_and_what_is_gone_to_is_shown() {
    let mut editor = editor("{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": 2\n}");
    editor.get_by_label("Fold line 2").click();
    editor.run();
    editor.get_by_label("Unfold line 2");
    // Down from the folded line goes past it.
    press(&mut editor, Modifiers::COMMAND, Key::Home);
    press(&mut editor, Modifiers::NONE, Key::ArrowDown);
    press(&mut editor, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(editor.state().state.position(), (5, 1));

    let byte = text(&editor).find('1').unwrap();
    editor.state_mut().go_to = Some(byte);
    editor.run();
    editor.get_by_label("Fold line 2");
    assert_eq!(editor.state().state.selected(), byte..byte);

    press(&mut editor, SHIFT_COMMAND, Key::OpenBracket);
    editor.get_by_label("Unfold line 2");
    press(&mut editor, SHIFT_COMMAND, Key::CloseBracket);
    editor.get_by_label("Fold line 2");

    // The `…` in the place of what is folded opens it, too.
    press(&mut editor, SHIFT_COMMAND, Key::OpenBracket);
    let pos = place(&editor, 1, 9);
    click(&mut editor, pos + egui::vec2(6.0, 0.0));
    editor.run();
    editor.get_by_label("Fold line 2");
}

#[test]
fn find_goes_from_match_to_match_and_escape_goes_back() {
    let mut editor = editor("one two\nOne two\nones");
    press(&mut editor, Modifiers::COMMAND, Key::F);
    editor.get_by_label("Find").type_text("one");
    editor.run();
    editor.get_by_label("1 of 3");
    press(&mut editor, Modifiers::NONE, Key::Enter);
    press(&mut editor, Modifiers::NONE, Key::Enter);
    editor.get_by_label("3 of 3");
    press(&mut editor, Modifiers::SHIFT, Key::Enter);
    editor.get_by_label("2 of 3");
    editor.get_by_label("Match case").click();
    editor.run();
    editor.get_by_label("Whole words").click();
    editor.run();
    editor.get_by_label("1 of 1");
    press(&mut editor, Modifiers::NONE, Key::Escape);
    assert!(editor.query_by_label("Find").is_none());
    assert!(editor.get_by_label("Body").is_focused());
    let range = editor.state().state.selected();
    assert_eq!(range, 0..3, "the match stays selected");
}

#[test]
fn replace_all_is_one_undo_step() {
    let mut editor = editor("a b a b a");
    press(&mut editor, Modifiers::COMMAND, Key::H);
    editor.get_by_label("Find").type_text("a");
    editor.run();
    editor.get_by_label("Replace with").focus();
    editor.run();
    editor.get_by_label("Replace with").type_text("xyz");
    editor.run();
    press(&mut editor, Modifiers::NONE, Key::Enter);
    assert_eq!(text(&editor), "xyz b a b a", "one");
    editor.get_by_label("Replace all").click();
    editor.run();
    assert_eq!(text(&editor), "xyz b xyz b xyz");
    editor.get_by_label("2 matches replaced");
    editor.get_by_label("Body").focus();
    editor.run();
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&editor), "xyz b a b a");
}

#[test]
fn problems_are_gone_to_and_mended() {
    let mut editor = editor("{\"state\": \"OPN\", \"n\": 1}");
    let range = 10..15;
    editor.state_mut().diagnostics = vec![Diagnostic {
        path: Path::root().key("state"),
        range: range.clone(),
        message: "`OPN` is no value of the enum".to_owned(),
        hint: None,
        rule: None,
        fix: Some(TextFix {
            title: "Change to `OPEN`".to_owned(),
            range,
            with: "\"OPEN\"".to_owned(),
        }),
    }];
    press(&mut editor, Modifiers::NONE, Key::F8);
    assert_eq!(editor.state().state.selected(), 10..10);
    editor.get_by_label("OPN is no value of the enum");
    press(&mut editor, Modifiers::NONE, Key::ArrowRight);
    assert!(
        editor
            .query_by_label("OPN is no value of the enum")
            .is_none()
    );

    // The card over it offers the same.
    let pos = place(&editor, 0, 12);
    editor.event(Event::PointerMoved(pos));
    for _ in 0..60 {
        editor.step();
    }
    editor.get_by_label("Change to OPEN");

    press(&mut editor, Modifiers::COMMAND, Key::Period);
    assert_eq!(text(&editor), "{\"state\": \"OPEN\", \"n\": 1}");
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&editor), "{\"state\": \"OPN\", \"n\": 1}");
}

#[test]
fn a_screen_reader_sets_value_and_selection() {
    let mut editor = editor("abc\ndef");
    let node = editor.get_by_label("Body");
    assert_eq!(node.value().as_deref(), Some("abc\ndef"));
    let (target_node, target_tree) = {
        use egui_kittest::kittest::NodeT as _;
        node.accesskit_node().locate()
    };
    let ask = |action, data| {
        Event::AccessKitActionRequest(egui::accesskit::ActionRequest {
            action,
            target_node,
            target_tree,
            data: Some(data),
        })
    };
    let value = |text: &str| egui::accesskit::ActionData::Value(text.into());
    editor.event(ask(egui::accesskit::Action::SetValue, value("[1]")));
    editor.run();
    assert_eq!(text(&editor), "[1]");
    press(&mut editor, Modifiers::COMMAND, Key::A);
    editor.event(ask(
        egui::accesskit::Action::ReplaceSelectedText,
        value("[2]"),
    ));
    editor.run();
    assert_eq!(text(&editor), "[2]");
}

#[test]
fn a_screen_reader_cannot_set_a_value_it_was_told_in_part() {
    use egui::accesskit::{Action, ActionData, ActionRequest};
    use egui_kittest::kittest::NodeT as _;

    let offers = |editor: &Editor| {
        let node = editor.get_by_label("Body");
        node.accesskit_node()
            .data()
            .supports_action(Action::SetValue)
    };
    assert!(offers(&editor("[1]")));

    let whole = "[1]\n".repeat(20 * 1024);
    let mut editor = editor(whole.as_str());
    let node = editor.get_by_label("Body");
    let told = node.value().unwrap();
    assert!(!told.is_empty() && told.len() < whole.len());
    assert!(!offers(&editor));

    let (target_node, target_tree) = node.accesskit_node().locate();
    editor.event(Event::AccessKitActionRequest(ActionRequest {
        action: Action::SetValue,
        target_node,
        target_tree,
        data: Some(ActionData::Value(told.into())),
    }));
    editor.run();
    assert!(
        text(&editor) == whole,
        "{} bytes are left",
        text(&editor).len()
    );
}

struct Body {
    document: Document,
    state: BodyState,
    message: MessageDescriptor,
    view: BodyView,
    checked: bool,
}

/// The JSON of a message of the demo, with the cursor at the end.
fn json(message: &str, text: &str) -> Harness<'static, Body> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let body = Body {
        document: Document::new(text),
        state: BodyState::default(),
        message: pool.get_message_by_name(message).unwrap(),
        view: BodyView::Json,
        checked: true,
    };
    let scope = Scope::default();
    let mut harness = window(body, move |ui, body: &mut Body| {
        let wrong = check(&body.document, &body.message, &scope);
        BodyEditor::new(&mut body.document, &mut body.state)
            .message(Some(&body.message))
            .variables(&scope, &std::collections::BTreeSet::new())
            .diagnostics(&wrong)
            .checked(body.checked)
            .show(ui, &mut body.view);
    });
    harness.get_by_label("Message JSON").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run();
    harness
}

fn type_into(json: &mut Harness<'_, Body>, keys: &str) {
    for key in keys.chars() {
        json.event(Event::Text(key.to_string()));
        json.run();
    }
}

#[test]
fn keys_and_values_are_completed_from_the_schema() {
    let mut json = json("demo.v1.Scalars", "");
    type_into(&mut json, "{\"int6");
    json.get_by_label("int64");
    json.key_press(Key::Enter);
    json.run();
    assert!(json.query_by_label("int64").is_none(), "the list is closed");
    let text = json.state().document.text().to_owned();
    assert!(text.starts_with("{\"int64\":"), "{text}");

    // Escape closes the list and leaves the text.
    json.key_press_modifiers(Modifiers::COMMAND, Key::A);
    json.run();
    json.key_press(Key::Delete);
    json.run();
    type_into(&mut json, "{\"int6");
    json.get_by_label("int64");
    json.key_press(Key::Escape);
    json.run();
    assert!(json.query_by_label("int64").is_none());
    assert_eq!(json.state().document.text(), "{\"int6\"}");
    assert!(json.get_by_label("Message JSON").is_focused());
}

#[test]
fn undo_goes_back_over_edits_of_both_views() {
    let mut json = json("demo.v1.Scalars", "{}");
    json.key_press(Key::ArrowLeft);
    json.run();
    json.event(Event::Text("\"int32\": 1".to_owned()));
    json.run();
    json.state_mut().view = BodyView::Form;
    json.run();
    json.get_by_label("string").focus();
    json.run();
    json.get_by_label("string").type_text("from the form");
    json.run();
    assert!(json.state().document.text().contains("from the form"));
    json.state_mut().view = BodyView::Json;
    json.run();
    json.get_by_label("Message JSON").focus();
    json.run();
    for expected in ["{\"int32\": 1}", "{}"] {
        json.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        json.run();
        assert_eq!(json.state().document.text(), expected);
    }
}

/// A key that comes in the same frame as what is put beside it.
fn key_event(key: Key, modifiers: Modifiers) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers,
    }
}

#[test]
fn what_is_typed_and_accepted_in_one_frame_is_one_word() {
    let mut json = json("demo.v1.Scalars", "");
    type_into(&mut json, "{\"int");
    json.get_by_label("int64");
    let both = [
        Event::Text("6".to_owned()),
        key_event(Key::Enter, Modifiers::NONE),
    ];
    json.input_mut().events.extend(both);
    json.run();
    let text = json.state().document.text().to_owned();
    assert_eq!(text, "{\"int64\": }");

    // What makes the list go makes Enter a new line.
    json.key_press_modifiers(Modifiers::COMMAND, Key::A);
    json.run();
    type_into(&mut json, "{\"int");
    let both = [
        Event::Text("x".to_owned()),
        key_event(Key::Enter, Modifiers::NONE),
    ];
    json.input_mut().events.extend(both);
    json.run();
    assert_eq!(json.state().document.text(), "{\"intx\n\"}");
}

#[test]
fn a_fix_after_typing_in_the_same_frame_mends_what_it_was_made_for() {
    let mut editor = editor("{\"state\": \"OPN\", \"n\": 1}");
    editor.state_mut().diagnostics = vec![Diagnostic {
        path: Path::root().key("state"),
        range: 10..15,
        message: "`OPN` is no value of the enum".to_owned(),
        hint: None,
        rule: None,
        fix: Some(TextFix {
            title: "Change to `OPEN`".to_owned(),
            range: 10..15,
            with: "\"OPEN\"".to_owned(),
        }),
    }];
    let mend = key_event(Key::Period, Modifiers::COMMAND);
    let events = [Event::Text("  ".to_owned()), mend.clone()];
    editor.input_mut().events.extend(events);
    editor.step();
    assert_eq!(text(&editor), "  {\"state\": \"OPEN\", \"n\": 1}");

    // What was typed into since is left alone.
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(text(&editor), "{\"state\": \"OPN\", \"n\": 1}");
    let pos = place(&editor, 0, 12);
    click(&mut editor, pos);
    let events = [Event::Text("x".to_owned()), mend];
    editor.input_mut().events.extend(events);
    editor.step();
    assert_eq!(text(&editor), "{\"state\": \"OxPN\", \"n\": 1}");
}

#[test]
fn a_list_of_completions_is_as_high_as_its_entries() {
    let mut json = json("demo.v1.Scalars", "");
    let rows = |json: &Harness<'_, Body>| json.query_all_by_role(Role::ListBoxOption).count();
    type_into(&mut json, "{\"int6");
    let few = rows(&json);
    assert!((1..=3).contains(&few), "{few}");
    for _ in 0.."int6".len() {
        json.key_press(Key::Backspace);
        json.run();
    }
    assert!(rows(&json) >= 8, "{}", rows(&json));
    let told = json.query_all_by_role(Role::ListBoxOption);
    let rects: Vec<_> = told.map(|row| row.rect()).collect();
    let clipped = rects.iter().filter(|rect| rect.height() < 26.0).count();
    assert_eq!(clipped, 0, "{rects:?}");
}

#[test]
fn a_body_is_said_to_fit_once_it_was_checked() {
    let mut json = json("demo.v1.Scalars", "{}");
    json.get_by_label("Fits the schema");
    json.state_mut().checked = false;
    json.run();
    json.get_by_label("Checking…");
    assert!(json.query_by_label("Fits the schema").is_none());
}
