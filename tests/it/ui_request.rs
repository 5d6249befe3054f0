//! The request editor by accessible name: every edit of the form changes the document, and only it.

#![allow(clippy::unwrap_used, reason = "a test's own set-up")]

use egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable as _};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use stubless::{
    app::{BodyView, Unread},
    ui::request::{BodyEditor, BodyState, SettingsOutput, SettingsView, metadata_ui},
};
use stubless_core::{
    demo::DESCRIPTOR_SET,
    message::{Document, Scope, check},
    workspace::{CallSettings, MetadataRow, TargetSettings},
};

use crate::ui_widgets::window;

pub(crate) struct Body {
    pub(crate) document: Document,
    pub(crate) state: BodyState,
    message: MessageDescriptor,
    pub(crate) view: BodyView,
}

/// The form of a message of the demo over a text.
pub(crate) fn form(message: &str, text: &str) -> Harness<'static, Body> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    form_of(pool.get_message_by_name(message).unwrap(), text)
}

/// The form of a message over a text.
pub(crate) fn form_of(message: MessageDescriptor, text: &str) -> Harness<'static, Body> {
    let body = Body {
        document: Document::new(text),
        state: BodyState::default(),
        message,
        view: BodyView::Form,
    };
    let mut harness = window(body, |ui, body: &mut Body| {
        let wrong = check(&body.document, &body.message, &Scope::default());
        BodyEditor::new(&mut body.document, &mut body.state)
            .message(Some(&body.message))
            .diagnostics(&wrong)
            .show(ui, &mut body.view);
    });
    harness.set_size(egui::vec2(520.0, 900.0));
    harness.run();
    harness
}

pub(crate) fn type_into(form: &mut Harness<'_, Body>, name: &str, text: &str) {
    form.get_by_label(name).focus();
    form.run();
    form.get_by_label(name).type_text(text);
    form.run();
}

pub(crate) fn press(form: &mut Harness<'_, Body>, name: &str) {
    form.get_by_label(name).click();
    form.run();
}

pub(crate) fn pick(form: &mut Harness<'_, Body>, name: &str, item: &str) {
    press(form, name);
    press(form, item);
}

/// The text without its spaces, to compare what it says.
pub(crate) fn text(form: &Harness<'_, Body>) -> String {
    let text = form.state().document.text();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn scalars_are_typed_into_the_document() {
    for (field, typed, expected) in [
        ("int32", "42", r#"{"int32":42}"#),
        (
            "int64",
            "9007199254740993",
            r#"{"int64":"9007199254740993"}"#,
        ),
        ("double", "1.5e3", r#"{"double":1.5e3}"#),
        ("float", "NaN", r#"{"float":"NaN"}"#),
        ("uint32", "{{ n }}", r#"{"uint32":"{{n}}"}"#),
        ("string", "a \"b\"", r#"{"string":"a\"b\""}"#),
        ("bytes", "AQI=", r#"{"bytes":"AQI="}"#),
    ] {
        let mut form = form("demo.v1.Scalars", "{}");
        type_into(&mut form, field, typed);
        assert_eq!(text(&form), expected, "{field}");
    }
}

#[test]
fn a_switch_sets_a_boolean_and_an_emptied_number_goes() {
    let mut form = form("demo.v1.Scalars", r#"{"int32": 1 /* kept */}"#);
    press(&mut form, "bool");
    assert!(text(&form).contains(r#""bool":true"#));
    form.get_by_label("int32").focus();
    form.run();
    form.key_press(Key::Backspace);
    form.run();
    let empty = form.state().document.text();
    assert!(empty.contains(r#""int32": null"#), "{empty}");
    form.key_press(Key::Tab);
    form.run();
    assert!(!text(&form).contains("int32"), "{}", text(&form));
    form.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    form.run();
    let back = text(&form);
    assert!(
        back.contains(r#""int32":1"#) && back.contains("/*kept*/"),
        "undo: {back}"
    );
}

#[test]
fn a_number_typed_anew_keeps_its_place_and_comment() {
    for (message, field, before, typed, after) in [
        ("demo.v1.Scalars", "int32", "10", "5", "5"),
        ("demo.v1.WellKnown", "duration", "\"10s\"", "5m", "\"300s\""),
        (
            "demo.v1.WellKnown",
            "timestamp",
            "\"2020-01-01T00:00:00Z\"",
            "{{ t }}",
            "\"{{ t }}\"",
        ),
    ] {
        let body =
            |value: &str| format!("{{\n  \"{field}\": {value}, // per day\n  \"unknown\": 1\n}}");
        let mut form = form(message, &body(before));
        form.get_by_label(field).focus();
        form.run();
        form.key_press_modifiers(Modifiers::COMMAND, Key::A);
        form.key_press(Key::Backspace);
        form.run();
        assert_eq!(form.state().document.text(), body("null"), "{field}");
        form.get_by_label(field).type_text(typed);
        form.run();
        form.key_press(Key::Tab);
        form.run();
        assert_eq!(form.state().document.text(), body(after), "{field}");
    }
}

#[test]
fn tab_goes_from_field_to_field_past_the_end_of_the_view() {
    let mut form = form("demo.v1.Scalars", "{}");
    form.set_size(egui::vec2(520.0, 180.0));
    form.run();
    form.get_by_label("double").focus();
    form.run();
    for field in ["float", "int32", "int64", "uint32", "uint64", "sint32"] {
        form.key_press(Key::Tab);
        form.run();
        assert!(form.get_by_label(field).is_focused(), "{field}");
    }
    let bottom = form.get_by_label("sint32").rect().bottom();
    assert!(bottom <= 180.0, "scrolled into view: {bottom}");
}

#[test]
fn presence_is_a_check_box() {
    let mut form = form("demo.v1.OptionalScalars", "{}");
    press(&mut form, "Set int32");
    assert_eq!(text(&form), r#"{"int32":0}"#);
    press(&mut form, "Set int32");
    assert_eq!(text(&form), "{}");
    press(&mut form, "Set message");
    type_into(&mut form, "message.name", "salt");
    assert!(text(&form).contains(r#""name":"salt""#), "{}", text(&form));
}

#[test]
fn an_enum_is_picked_and_a_mistake_is_marked_with_its_reason() {
    let mut form = form("demo.v1.OptionalScalars", r#"{"spice": "NOPE"}"#);
    form.get_by_label_contains("Problem: ");
    press(&mut form, "spice");
    let first = form
        .get_all_by_role(egui::accesskit::Role::ListBoxOption)
        .next()
        .unwrap();
    first.click();
    form.run();
    assert!(form.query_by_label_contains("Problem: ").is_none());
    assert!(text(&form).contains("SPICE"), "{}", text(&form));
}

#[test]
fn a_oneof_holds_one_arm() {
    let mut form = form("demo.v1.Choice", r#"{"number": 3}"#);
    pick(&mut form, "lunch", "text");
    type_into(&mut form, "text", "soup");
    assert_eq!(text(&form), r#"{"text":"soup"}"#);
    pick(&mut form, "lunch", "none of them");
    assert_eq!(text(&form), "{}");
}

#[test]
fn a_field_is_found_by_its_name_through_closed_heads_and_lists() {
    let text = r#"{"tree": {"favourite": {"children": [{"label": "a"}, {"label": "b"}]}}}"#;
    for (case, wanted, found) in [
        (
            "nested",
            "tree.favourite.children.label",
            "tree.favourite.children[0].label",
        ),
        ("of its own", "tree.label", "tree.label"),
        ("at the top", "identifier", "identifier"),
    ] {
        let mut form = form("demo.v1.Everything", text);
        form.state_mut().state.reveal_field(wanted.to_owned());
        form.run();
        form.run();
        assert!(form.get_by_label(found).is_focused(), "{case}");
    }
    // Where the text has no such place, the nearest above it is shown, and nothing is changed.
    let mut form = form("demo.v1.Everything", text);
    form.state_mut()
        .state
        .reveal_field("tree.favourite.favourite.label".to_owned());
    form.run();
    let above = "tree.favourite.favourite";
    assert!(form.query_all_by_label_contains(above).next().is_some());
    assert_eq!(form.state().document.text(), text);
}

#[test]
fn items_are_added_moved_copied_and_removed() {
    let mut form = form("demo.v1.Lists", "{}");
    for word in ["a", "b"] {
        press(&mut form, "Add to strings");
        let index = form
            .state()
            .document
            .len(&stubless_core::message::Path::root().key("strings"));
        let name = format!("strings[{}]", index - 1);
        assert!(
            form.get_by_label(&name).is_focused(),
            "a new item has the keyboard"
        );
        form.get_by_label(&name).type_text(word);
        form.run();
    }
    assert_eq!(text(&form), r#"{"strings":["a","b"]}"#);
    press(&mut form, "More for strings[1]");
    press(&mut form, "Move up");
    assert_eq!(text(&form), r#"{"strings":["b","a"]}"#);
    press(&mut form, "More for strings[0]");
    press(&mut form, "Duplicate");
    assert_eq!(text(&form), r#"{"strings":["b","b","a"]}"#);
    press(&mut form, "Remove strings[2]");
    assert_eq!(text(&form), r#"{"strings":["b","b"]}"#);
}

#[test]
fn entries_are_added_and_their_keys_renamed() {
    let mut form = form("demo.v1.Maps", "{}");
    press(&mut form, "Add to string_string");
    type_into(&mut form, "string_string.key", "v");
    type_into(&mut form, "Key of string_string.key", "s");
    form.key_press(Key::Enter);
    form.run();
    assert_eq!(text(&form), r#"{"stringString":{"keys":"v"}}"#);
    press(&mut form, "Add to int32_string");
    assert!(
        text(&form).contains(r#""int32String":{"0":"#),
        "{}",
        text(&form)
    );
}

#[test]
fn bytes_are_typed_as_text_or_hex() {
    let mut form = form("demo.v1.Scalars", "{}");
    pick(&mut form, "Show bytes as", "hex");
    type_into(&mut form, "bytes", "0a f");
    assert_eq!(text(&form), "{}", "half a byte waits");
    type_into(&mut form, "bytes", "f");
    assert_eq!(text(&form), r#"{"bytes":"Cv8="}"#);
    assert_eq!(form.get_by_label("bytes").value().as_deref(), Some("0a ff"));
    pick(&mut form, "Show bytes as", "text");
    let shown = form.get_by_label("bytes").value();
    assert_eq!(
        shown.as_deref(),
        Some("Cv8="),
        "no UTF-8: shown as it stands"
    );
}

#[test]
fn well_known_types_have_their_human_form() {
    let mut form = form("demo.v1.WellKnown", r#"{"struct": {}}"#);
    press(&mut form, "Now for timestamp");
    assert!(text(&form).contains(r#""timestamp":"2"#), "{}", text(&form));
    type_into(&mut form, "duration", "1.5s");
    assert!(text(&form).contains(r#""duration":"1.5s""#));
    press(&mut form, "Edit struct as text");
    form.get_by_label("struct").focus();
    form.run();
    form.key_press_modifiers(Modifiers::COMMAND, Key::A);
    form.get_by_label("struct").type_text("{\"a\":");
    form.run();
    assert!(
        text(&form).contains(r#""struct":{}"#),
        "half-typed JSON waits"
    );
    form.get_by_label("struct").type_text("[1]}");
    form.run();
    assert!(
        text(&form).contains(r#""struct":{"a":[1]}"#),
        "{}",
        text(&form)
    );
}

#[test]
fn text_that_does_not_parse_sends_the_person_to_the_json() {
    let mut form = form("demo.v1.Scalars", "{\"int32\": ");
    press(&mut form, "Show it in the JSON");
    assert_eq!(form.state().view, BodyView::Json);
    form.get_by_label("Message JSON");
    form.get_by_label_contains("Problem: ");
}

#[test]
fn a_hundred_thousand_items_are_drawn_in_part_and_nothing_is_cut_off() {
    let items = "1,".repeat(99_999);
    let text = format!("{{\"packed\": [{items}1]}}");
    let mut form = form("demo.v1.Lists", &text);
    if form.query_by_label("packed[0]").is_none() {
        press(&mut form, "Open packed");
    }
    let drawn = form.get_all_by_label_contains("Remove packed").count();
    assert!((1..100).contains(&drawn), "{drawn} rows drawn");
    for node in form.get_all_by_label_contains("packed") {
        let rect = node.rect();
        assert!(rect.left() >= 0.0 && rect.right() <= 520.0, "{node:?}");
    }
}

#[test]
fn metadata_that_grpc_would_refuse_is_marked() {
    let mut window = window(Vec::<MetadataRow>::new(), |ui, rows| {
        metadata_ui(ui, rows, &[]);
    });
    window.get_by_label("Metadata new key").focus();
    window.run();
    window.get_by_label("Metadata new key").type_text("bad key");
    window.run();
    window.get_by_label_contains("is not a metadata key");
    assert!(window.state()[0].enabled);
}

#[test]
fn settings_are_chosen_and_half_typed_deadlines_wait() {
    type State = (
        TargetSettings,
        Option<u64>,
        SettingsOutput,
        (CallSettings, Unread),
    );
    let state: State = (
        TargetSettings::default(),
        Some(5_000),
        SettingsOutput::default(),
        Default::default(),
    );
    let mut window = window(state, |ui, (settings, deadline, last, (call, unread))| {
        let output = SettingsView::new(settings, call, unread)
            .deadline(deadline)
            .show(ui);
        last.changed |= output.changed;
        last.browse = output.browse.or(last.browse);
    });
    // Tall enough to see all of it at once.
    window.set_size(egui::vec2(640.0, 1400.0));
    window.get_by_label("TLS").click();
    window.get_by_label("Choose CA file…").click();
    window.get_by_label("Do not check certificates").click();
    window.run();
    window.get_by_label_contains("pose as the server");
    window.get_by_label("Deadline").focus();
    window.run();
    window.key_press(Key::Backspace);
    window.run();
    window.get_by_label_contains("number and a unit");
    assert_eq!(window.state().1, Some(5_000), "half-typed");
    window.get_by_label("Deadline").type_text("m");
    window.run();
    let (settings, deadline, last, _) = window.state();
    assert_eq!(
        (settings.tls, settings.insecure_skip_verify),
        (Some(true), Some(true))
    );
    assert_eq!(*deadline, Some(300_000));
    assert_eq!(last.browse, Some(stubless::app::SettingsFile::CaCert));
}

#[test]
fn a_text_that_is_no_amount_leaves_the_value_from_before() {
    type State = (TargetSettings, CallSettings, Option<u64>, Unread);
    let call = CallSettings {
        max_receive_bytes: Some(4096),
        ..CallSettings::default()
    };
    let state: State = (Default::default(), call, None, Unread::default());
    let mut window = window(state, |ui, (settings, call, deadline, unread)| {
        SettingsView::new(settings, call, unread)
            .deadline(deadline)
            .show(ui);
    });
    window.set_size(egui::vec2(640.0, 1400.0));
    window.run();
    for (name, text) in [
        ("Receive at most", "12parsecs"),
        ("Deadline", "5sfoo"),
        ("Connect within", "7sxx"),
    ] {
        window.get_by_label(name).focus();
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.run();
        // Key by key: what it begins with is a value, for a moment.
        for key in text.chars() {
            window.get_by_label(name).type_text(&key.to_string());
            window.run();
        }
        assert_eq!(window.state().3.text(name), Some(text));
    }
    let (settings, call, deadline, unread) = window.state();
    assert_eq!(call.max_receive_bytes, Some(4096));
    assert_eq!((*deadline, settings.connect_timeout_ms), (None, None));
    let refusal = unread.refusal().unwrap();
    assert!(refusal.summary.contains("`Connect within` cannot be used"));

    // Once each is a value it holds, and the marks are gone.
    for name in ["Receive at most", "Deadline", "Connect within"] {
        window.get_by_label(name).focus();
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.run();
        window.get_by_label(name).type_text("2m");
        window.run();
    }
    let (settings, call, deadline, unread) = window.state();
    assert!(unread.is_empty());
    assert_eq!(call.max_receive_bytes, Some(2 << 20));
    assert_eq!(*deadline, Some(120_000));
    assert_eq!(settings.connect_timeout_ms, Some(120_000));
}

#[test]
fn settings_that_a_call_would_refuse_are_marked_while_they_are_typed() {
    type State = (TargetSettings, Unread);
    let mut window = window(State::default(), |ui, (settings, unread)| {
        let mut call = CallSettings::default();
        SettingsView::new(settings, &mut call, unread).show(ui);
    });
    window.set_size(egui::vec2(640.0, 1400.0));
    window.run();
    for (name, text, reason) in [
        (
            "Authority",
            "me@api",
            "user name or password cannot be sent",
        ),
        ("Connect to", "10.0.0.7", "has no valid port"),
        ("Proxy", "ftp://p:1", "is not a kind of proxy"),
        ("Keepalive", "3s", "At least 10s"),
        ("Pinned certificate", "abc", "fingerprint"),
    ] {
        window.get_by_label(name).focus();
        window.run();
        window.get_by_label(name).type_text(text);
        window.run();
        window.get_by_label_contains(reason);
    }
    assert_eq!(window.state().1.text("Keepalive"), Some("3s"));
}

#[test]
fn limits_compression_and_names_are_typed_and_inherited() {
    type State = (TargetSettings, CallSettings);
    let above = (
        TargetSettings {
            proxy: Some("socks5://gate:1080".to_owned()),
            ..TargetSettings::default()
        },
        CallSettings {
            compression: Some("gzip".to_owned()),
            max_receive_bytes: Some(4 << 20),
            ..CallSettings::default()
        },
    );
    let mut window = window(State::default(), move |ui, (settings, call)| {
        SettingsView::new(settings, call, &mut Unread::default())
            .inherited(&above.0, &above.1)
            .show(ui);
    });
    window.set_size(egui::vec2(640.0, 1400.0));
    window.run();
    window.get_by_label("Inherit: gzip");
    window.get_by_label("zstd").click();
    window.run();
    for (name, text) in [
        ("Receive at most", "64MiB"),
        ("Connect to", "10.0.0.7:443"),
        ("Keepalive", "30s"),
        ("Pinned certificate", "abc"),
    ] {
        window.get_by_label(name).focus();
        window.run();
        window.get_by_label(name).type_text(text);
        window.run();
    }
    // A ping is answered in some time; that is asked only where there are pings.
    window.get_by_label("Ping answered in");
    window.get_by_label_contains("fingerprint");
    let (settings, call) = window.state();
    assert_eq!(call.compression.as_deref(), Some("zstd"));
    assert_eq!(call.max_receive_bytes, Some(64 << 20));
    assert_eq!(settings.connect_to.as_deref(), Some("10.0.0.7:443"));
    assert_eq!(settings.keepalive_ms, Some(30_000));
    assert_eq!(settings.proxy, None, "inherited, not copied");
}

#[test]
fn an_inherited_identity_and_an_inherited_skip_can_be_switched_off() {
    let above = (
        TargetSettings {
            insecure_skip_verify: Some(true),
            client_p12: Some("me.p12".into()),
            ..TargetSettings::default()
        },
        CallSettings::default(),
    );
    let mut window = window(TargetSettings::default(), move |ui, settings| {
        let mut call = CallSettings::default();
        SettingsView::new(settings, &mut call, &mut Unread::default())
            .inherited(&above.0, &above.1)
            .show(ui);
    });
    window.set_size(egui::vec2(640.0, 1400.0));
    window.run();
    window.get_by_label_contains("pose as the server");
    window.get_by_label("Do not check certificates").click();
    window.get_by_label("Send no client certificate").click();
    window.run();
    assert!(window.query_by_label_contains("pose as").is_none());
    let settings = window.state();
    assert_eq!(settings.insecure_skip_verify, Some(false));
    assert!(settings.names_client());
    assert_eq!(settings.client_p12, None);
    window.get_by_label("Do not check certificates").click();
    window.get_by_label("Send no client certificate").click();
    window.run();
    assert_eq!(
        *window.state(),
        TargetSettings::default(),
        "inherited again"
    );
}
