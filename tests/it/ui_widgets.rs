//! Every widget by its accessible name: what it does for the mouse, and for the keyboard alone.

use egui::{Key, Modifiers, Ui, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};
use stubless::ui::{
    theme::{self, Preference, Tokens, icon},
    widgets::{
        Axis, Check, Chip, DocumentTab, EmptyPane, FailureCard, IconButton, JsonField, Pair,
        PairParts, PairTable, Picker, PickerItem, PushButton, RenameEnd, Segmented, Splitter,
        Switch, Tab, Tabs, TextField, TextLines, TextViewer, Toast, ToastEvent, TreeRow,
        call_badge, count_badge, loading_pane, toasts_ui,
    },
};
use stubless_core::{
    call::{Failure, Fix},
    schema::CallKind,
};

/// A window of 640×480 points that draws one thing over and over.
pub(crate) fn window<S>(
    state: S,
    draw: impl FnMut(&mut Ui, &mut S) + 'static,
) -> Harness<'static, S>
where
    S: 'static,
{
    let mut harness = Harness::builder()
        .with_size(vec2(640.0, 480.0))
        .with_max_steps(12)
        .with_context_setup(theme::apply)
        .build_ui_state(draw, state);
    harness.run();
    harness.check_accessibility();
    harness
}

#[test]
fn buttons_are_pressed_by_mouse_and_by_keyboard() {
    let mut window = window(0, |ui, presses: &mut i32| {
        let icon = ui.add(IconButton::new(icon::PLUS, "Add request"));
        let send = ui.add(PushButton::primary("Send").icon(icon::PAPER_PLANE_RIGHT_FILL));
        let off = ui.add_enabled(false, PushButton::new("Not now"));
        for response in [icon, send, off] {
            *presses += i32::from(response.clicked());
        }
    });
    window.get_by_label("Add request").click();
    window.run();
    window.get_by_label("Send").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("Not now").click();
    window.run();
    assert_eq!(*window.state(), 2);
}

#[test]
fn checks_and_switches_change_their_value() {
    let mut window = window((false, false), |ui, (a, b)| {
        ui.add(Check::new(a, "Enabled").with_word());
        ui.add(Switch::new(b, "include_pending"));
    });
    window.get_by_label("Enabled").click();
    window.get_by_label("include_pending").focus();
    window.run();
    window.key_press(Key::Space);
    window.run();
    assert_eq!(*window.state(), (true, true));
}

#[test]
fn tabs_and_segments_choose_one() {
    let mut window = window((0, 'f'), |ui, (pane, view)| {
        let tabs = [(0, "Message", 0), (1, "Metadata", 2)];
        let tabs = tabs.map(|(value, text, count)| Tab { value, text, count });
        Tabs::new(&tabs).show(ui, pane);
        Segmented::new("View", &[('f', None, "Form"), ('j', None, "JSON")]).show(ui, view);
    });
    window.get_by_label("Metadata").click();
    window.get_by_label("JSON").click();
    window.run();
    assert_eq!(*window.state(), (1, 'j'));
}

#[test]
fn a_document_tab_is_chosen_and_closed() {
    let mut window = window(Vec::new(), |ui, log: &mut Vec<&str>| {
        ui.horizontal(|ui| {
            for (title, dirty) in [("GetBook", false), ("Chat", true)] {
                let tab = DocumentTab::new(title)
                    .kind(Some(CallKind::Bidi))
                    .dirty(dirty);
                let output = tab.active(title == "GetBook").show(ui);
                if output.selected {
                    log.push("selected");
                }
                if output.closed {
                    log.push("closed");
                }
            }
        });
    });
    window.get_by_label("Chat (unsaved)").click();
    window.run();
    window.get_by_label("Close GetBook").click();
    window.run();
    window
        .get_by_label("Chat (unsaved)")
        .click_button(egui::PointerButton::Middle);
    window.run();
    assert_eq!(*window.state(), ["selected", "closed", "closed"]);
}

#[test]
fn a_tree_row_opens_acts_and_is_renamed() {
    #[derive(Default)]
    struct Tree {
        open: bool,
        added: usize,
        clicked: usize,
        renaming: Option<String>,
        ends: Vec<(RenameEnd, String)>,
    }
    let mut window = window(Tree::default(), |ui, tree: &mut Tree| {
        let actions = [(icon::PLUS, "New request")];
        let row = TreeRow::new("Smoke tests")
            .open(tree.open)
            .actions(&actions);
        let output = row.rename(tree.renaming.as_mut()).show(ui);
        tree.open ^= output.toggled;
        tree.added += usize::from(output.action == Some(0));
        tree.clicked += usize::from(output.response.clicked());
        if let Some(end) = output.rename {
            tree.ends
                .push((end, tree.renaming.take().unwrap_or_default()));
        }
    });
    window.get_by_label("Open Smoke tests").click();
    window.run();
    assert!(window.state().open, "the caret opens it");
    window.get_by_label("Smoke tests").focus();
    window.run();
    window.key_press(Key::ArrowLeft);
    window.run();
    assert!(!window.state().open, "the left arrow closes it");
    window.get_by_label("New request: Smoke tests").click();
    window.run();
    assert_eq!((window.state().added, window.state().clicked), (1, 0));
    for (key, end) in [
        (Key::Enter, RenameEnd::Kept),
        (Key::Escape, RenameEnd::Dropped),
    ] {
        window.state_mut().renaming = Some("Smoke".to_owned());
        window.run();
        window.get_by_label("New name").type_text("!");
        window.run();
        window.key_press(key);
        window.run();
        assert_eq!(
            window.state_mut().ends.pop(),
            Some((end, "Smoke!".to_owned()))
        );
    }
}

#[test]
fn a_search_field_is_cleared_by_button_and_by_escape() {
    let mut window = window(String::new(), |ui, text| {
        TextField::search(text, "Filter services").show(ui);
    });
    for way in ["button", "escape"] {
        window.get_by_label("Filter services").focus();
        window.run();
        window.get_by_label("Filter services").type_text("book");
        window.run();
        assert_eq!(window.state(), "book");
        if way == "button" {
            window.get_by_label("Clear: Filter services").click();
        } else {
            window.key_press(Key::Escape);
        }
        window.run();
        assert_eq!(window.state(), "", "{way}");
    }
}

#[test]
fn a_picker_is_filtered_and_answered_by_keyboard() {
    let mut window = window(None, |ui, chosen: &mut Option<usize>| {
        let items = || {
            ["RED", "GREEN", "DARK_GREEN"]
                .map(|t| PickerItem::new(t, "1"))
                .into()
        };
        if let Some(index) = Picker::new("colour", "RED").width(200.0).show(ui, items) {
            *chosen = Some(index);
        }
    });
    window.get_by_label("colour").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("Filter: colour").type_text("green");
    window.run();
    assert!(window.query_by_label("RED").is_none(), "it is filtered out");
    window.key_press(Key::ArrowDown);
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(*window.state(), Some(2));
    assert!(
        window.query_by_label("Filter: colour").is_none(),
        "it is closed"
    );
    assert!(window.get_by_label("colour").is_focused());
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row(String, String, bool);

impl Pair for Row {
    fn empty() -> Self {
        Self(String::new(), String::new(), true)
    }

    fn parts(&mut self) -> PairParts<'_> {
        PairParts {
            key: &mut self.0,
            value: &mut self.1,
            enabled: Some(&mut self.2),
            secret: false,
        }
    }
}

#[test]
fn the_last_row_of_a_pair_table_becomes_a_row_while_typing() {
    let mut window = window(Vec::<Row>::new(), |ui, rows| {
        PairTable::new("Metadata").show(ui, rows);
    });
    window.get_by_label("Metadata new key").focus();
    window.run();
    window.get_by_label("Metadata new key").type_text("x-id");
    window.run();
    assert!(
        window.get_by_label("Metadata key 1").is_focused(),
        "typing goes on"
    );
    window.key_press(Key::Tab);
    window.run();
    window.get_by_label("Metadata value 1").type_text("7");
    window.run();
    assert_eq!(*window.state(), [Row("x-id".into(), "7".into(), true)]);
    window.get_by_label("Metadata 1 enabled").click();
    window.run();
    assert!(!window.state()[0].2);
    window.get_by_label("Delete metadata 1").click();
    window.run();
    assert!(window.state().is_empty());
}

#[test]
fn sixteen_mebibytes_are_shown_and_copied() {
    let line = "{\"id\": 1, \"name\": \"a book\"}\n";
    let text = line.repeat((16 << 20) / line.len());
    let bytes = text.len();
    let mut window = window(TextLines::new(text), |ui, lines| {
        TextViewer::new(lines, "Message 3").show(ui);
    });
    window.get_by_label("Message 3").click();
    window.run();
    window.key_press(Key::End);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.event(egui::Event::Copy);
    window.step();
    let copied = window
        .output()
        .platform_output
        .commands
        .iter()
        .find_map(|c| match c {
            egui::OutputCommand::CopyText(text) => Some(text.len()),
            _ => None,
        });
    assert_eq!(copied, Some(bytes));
}

#[test]
fn a_json_field_edits_its_text() {
    let mut window = window(String::from("[1"), |ui, text| {
        JsonField::new(text, "labels").show(ui);
    });
    window.get_by_label("labels").focus();
    window.run();
    window.get_by_label("labels").type_text("]");
    window.run();
    assert_eq!(window.state(), "[1]");
}

#[test]
fn panes_and_cards_offer_what_to_do() {
    let mut window = window((None, None), |ui, (fix, action)| {
        let failure = Failure {
            summary: "Cannot connect to `localhost:1`".to_owned(),
            reason: "connection refused".to_owned(),
            hint: "Start the server".to_owned(),
            fixes: vec![Fix::Retry, Fix::UseTls, Fix::RaiseReceiveLimit(1 << 20)],
            place: None,
            unconnected: false,
        };
        *fix = FailureCard::new(&failure).show(ui).or_else(|| fix.take());
        let pane = EmptyPane::new(icon::TRAY, "No response yet", "Press Send.");
        *action = pane
            .actions(&[(icon::PLAY, "Send now")])
            .show(ui)
            .or(*action);
    });
    window.get_by_label("Cannot connect to localhost:1");
    window.get_by_label("Accept up to 1 MiB");
    window.get_by_label("Use TLS").click();
    window.get_by_label("Send now").click();
    window.run();
    assert_eq!(*window.state(), (Some(Fix::UseTls), Some(0)));
}

#[test]
fn marks_have_names() {
    let window = window((), |ui, (): &mut ()| {
        let tokens = Tokens::of(ui);
        call_badge(ui, CallKind::ServerStream);
        count_badge(ui, 42);
        ui.add(Chip::new("0 OK", tokens.good));
        loading_pane(ui, "Asking the server…");
    });
    for name in ["Server stream", "42", "0 OK"] {
        window.get_by_value(name);
    }
    window
        .get_all_by_label("Asking the server…")
        .next()
        .unwrap();
}

#[test]
fn a_toast_is_answered() {
    let mut window = window(None, |ui, event| {
        let toast = Toast {
            id: 9,
            text: "Deleted `a.json`".to_owned(),
            tone: Tokens::of(ui).good,
            icon: icon::CHECK_CIRCLE,
            action: Some("Undo".to_owned()),
        };
        *event = toasts_ui(ui, &[toast]).or(*event);
    });
    window.get_by_label("Undo").click();
    window.run();
    assert_eq!(*window.state(), Some(ToastEvent::Action(9)));
    window.get_by_label("Dismiss notice").click();
    window.run();
    assert_eq!(*window.state(), Some(ToastEvent::Dismissed(9)));
}

#[test]
fn a_splitter_moves_with_the_arrow_keys_and_stops_at_its_limits() {
    let mut window = window(0.5_f32, |ui, fraction| {
        Splitter::new(Axis::Horizontal, "Panes")
            .min(200.0, 200.0)
            .show(
                ui,
                fraction,
                |ui| {
                    ui.label("left");
                },
                |ui| {
                    ui.label("right");
                },
            );
    });
    window.get_by_label("Panes").focus();
    window.run();
    window.key_press(Key::ArrowRight);
    window.run();
    assert!(*window.state() > 0.5);
    for _ in 0..30 {
        window.key_press(Key::ArrowLeft);
        window.step();
    }
    window.run();
    let left = window.get_by_value("right").rect().left();
    assert!(
        (200.0..280.0).contains(&left),
        "the left pane keeps its 200 points: {left}"
    );
}

#[test]
fn the_theme_follows_the_preference() {
    let mut window = window(Preference::Light, |ui, preference| {
        theme::set_preference(ui.ctx(), *preference);
        let word = if Tokens::of(ui).dark { "dark" } else { "light" };
        ui.label(word);
    });
    window.run();
    window.get_by_value("light");
    *window.state_mut() = Preference::Dark;
    window.run();
    window.run();
    window.get_by_value("dark");
    for preference in [Preference::System, Preference::Dark, Preference::Light] {
        assert_eq!(Preference::from_name(preference.name()), preference);
    }
}
