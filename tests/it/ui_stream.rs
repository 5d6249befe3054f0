//! A stream fed by hand on screen: the list of messages, open, send, repeat, half-close.

use egui::{Key, Modifiers};
use stubless::app::{Action, CallState, Repeat};
use stubless_core::{
    call::Direction,
    engine::{RenderStyle, RepeatEnd},
    grpc::Code,
};

use crate::ui_support::Screen;

/// The sample's conversation in front.
fn conversation(home: &std::path::Path) -> Screen {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    let path = "requests/atlas/converse.json";
    screen.act(Action::OpenRequest(path.into()));
    screen.until_screen("its messages", |screen| screen.shows("Message 3"));
    screen
}

/// The same with the stream open and nothing sent.
fn open(home: &std::path::Path) -> Screen {
    let mut screen = conversation(home);
    screen.click("How the stream begins");
    screen.click("Open");
    screen.click("Send");
    screen.until_screen("the live box", |screen| screen.has("Send message"));
    screen
}

fn sent(screen: &Screen) -> usize {
    let exchange = screen.tab().call.exchange();
    exchange.map_or(0, |exchange| exchange.log.count(Direction::Sent))
}

fn until_sent(screen: &mut Screen, count: usize) {
    screen.until(&format!("{count} messages sent"), |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        exchange.is_some_and(|it| it.log.count(Direction::Sent) >= count)
    });
}

/// The preview of what was sent last.
fn until_last_sent_shows(screen: &mut Screen, text: &'static str) {
    screen.until(&format!("`{text}` sent"), move |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        exchange.is_some_and(|exchange| {
            let sent = |index: &usize| {
                let entry = exchange.log.entry(*index);
                entry.is_some_and(|entry| entry.direction == Direction::Sent)
            };
            let last = (0..exchange.log.len()).rev().find(sent);
            let shown = last.and_then(|last| exchange.texts.get(last, RenderStyle::Preview));
            shown.is_some_and(|shown| shown.text.contains(text))
        })
    });
}

fn repeat(screen: &Screen) -> &Repeat {
    let exchange = screen.tab().call.exchange().unwrap();
    exchange.repeat.as_ref().unwrap()
}

#[test]
fn a_chat_is_opened_fed_repeated_and_half_closed_by_hand() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = open(home.path());
    assert_eq!(sent(&screen), 0, "nothing leaves by itself");

    // The message shown, as it stands.
    screen.press(Modifiers::COMMAND, Key::Enter);
    until_sent(&mut screen, 1);
    until_last_sent_shows(&mut screen, "What should I know?");
    screen.until_screen("the row of the log", |screen| {
        screen.shows("Sent message 1, ")
    });

    // Step by step: the marker goes on.
    assert!(screen.shows("Message 1, sent next"));
    screen.click("Send next message");
    until_sent(&mut screen, 2);
    assert!(screen.shows("Message 2, sent next"), "{:?}", screen.words());
    screen.press(Modifiers::ALT, Key::Enter);
    until_sent(&mut screen, 3);
    until_last_sent_shows(&mut screen, "And here?");
    assert!(screen.shows("Message 3, sent next"));

    // All, and the marker is at the first again.
    screen.click("Send all messages");
    until_sent(&mut screen, 6);
    assert!(screen.shows("Message 1, sent next"));

    // Again and again; edited meanwhile. The server answers each note with all before it, and not without
    // end: a pace for people.
    screen.type_into("Milliseconds between messages", "40");
    screen.click("Start repeating");
    until_sent(&mut screen, 9);
    assert!(screen.shows("Message 1, repeating"));
    screen.type_into("text", "edited while it runs");
    until_last_sent_shows(&mut screen, "edited while it runs");
    screen.click("Stop repeating");
    screen.until("the end of it", |state| {
        state.active_tab().is_some_and(|tab| !tab.call.repeats())
    });
    assert_eq!(repeat(&screen).end, Some(RepeatEnd::Stopped));
    let stopped = sent(&screen);

    screen.click("Half-close");
    screen.until_call_is_over();
    let CallState::Ended(exchange, end) = &screen.tab().call else {
        panic!("{:?}", screen.tab().call);
    };
    assert_eq!(end.finished.outcome.status.code, Code::OK);
    assert_eq!(
        exchange.log.count(Direction::Sent),
        stopped,
        "nothing came later"
    );
    assert!(!screen.has("Send message"), "the box goes with the stream");
    assert!(screen.has("Send"));
}

#[test]
fn a_repetition_with_a_count_ends_by_itself_and_a_mistake_ends_it_with_words() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = open(home.path());
    screen.click("What is repeated");
    screen.click("All messages in turn");
    screen.type_into("Milliseconds between messages", "1");
    screen.type_into("Number of messages to repeat", "4");
    screen.click("Start repeating");
    screen.until_screen("that it is done", |screen| {
        screen.shows("Repeated: 4 messages sent")
    });
    assert_eq!(sent(&screen), 4);
    screen.click("Put this note away");
    assert!(!screen.shows("Repeated: "));

    // The second message has a variable that nobody defined.
    screen.press(Modifiers::COMMAND, Key::PageDown);
    assert_eq!(screen.tab().view.message, 1);
    screen.type_into("text", "{{ nowhere }}");
    screen.click("Start repeating");
    screen.until_screen("why it stopped", |screen| {
        screen.shows("Repeating stopped after 1 message: Message 2 does not fit")
    });
    screen.press(Modifiers::COMMAND, Key::PageUp);
    screen.click("Show the message");
    assert_eq!(screen.tab().view.message, 1);
    // And the stream goes on.
    screen.press(Modifiers::COMMAND, Key::PageDown);
    screen.press(Modifiers::COMMAND, Key::Enter);
    until_sent(&mut screen, 6);

    // A mistake in one of a list: nothing of it leaves.
    screen.click("Send all messages");
    screen.until_screen("the mistake", |screen| {
        screen.shows("Message 2 does not fit")
    });
    assert_eq!(sent(&screen), 6);
    screen.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
    screen.until_call_is_over();
}

#[test]
fn the_list_of_messages_is_edited_by_buttons_and_keys_and_a_removal_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = conversation(home.path());
    let texts = |screen: &Screen| -> Vec<String> {
        let messages = screen.tab().draft.messages.iter();
        messages.map(|message| message.text().to_owned()).collect()
    };
    let before = texts(&screen);
    let ctrl = Modifiers::COMMAND;
    screen.click_part("Message 3");
    assert_eq!(screen.tab().view.message, 2);
    screen.press(ctrl | Modifiers::SHIFT, Key::PageUp);
    assert_eq!(texts(&screen)[1], before[2]);
    assert_eq!(screen.tab().view.message, 1);
    screen.press(ctrl, Key::PageUp);
    assert_eq!(screen.tab().view.message, 0);
    screen.click("Add message");
    assert_eq!(texts(&screen).len(), 4);
    assert_eq!(screen.tab().view.message, 1);

    // The form shows the message whose row is chosen, also after others moved.
    screen.type_into("text", "the new one");
    screen.press(ctrl | Modifiers::SHIFT, Key::PageUp);
    assert!(texts(&screen)[0].contains("the new one"));
    assert_eq!(screen.value_of("text"), "the new one");

    let gone = texts(&screen);
    screen.hover_part("Message 2");
    screen.click("Remove message 2");
    assert_eq!(texts(&screen).len(), 3);
    screen.click("Undo");
    assert_eq!(texts(&screen), gone);
}

#[test]
fn a_message_is_dragged_to_another_place() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = conversation(home.path());
    let first = screen.tab().draft.messages[0].text().to_owned();
    let from = screen.rect_of_part("Message 1").center();
    let to = screen.rect_of_part("Message 3").center() + egui::vec2(0.0, 10.0);
    screen.drag(from, to);
    let messages = &screen.tab().draft.messages;
    assert_eq!(messages[2].text(), first);
    assert_eq!(screen.tab().view.message, 2, "it is still shown");
}

#[test]
fn hundreds_of_messages_are_listed_and_the_shown_one_is_in_view() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = conversation(home.path());
    let id = screen.tab().id;
    for _ in 0..400 {
        screen.act(Action::DuplicateMessage(id, 0));
    }
    assert_eq!(screen.tab().draft.messages.len(), 403);
    screen.frames(3);
    let rows = screen
        .words()
        .into_iter()
        .filter(|word| word.starts_with("Message "));
    assert!(rows.count() < 60, "only what is in view is drawn");
    for _ in 0..30 {
        screen.press(Modifiers::COMMAND, Key::PageDown);
    }
    assert_eq!(screen.tab().view.message, 31);
    screen.until_screen("its row", |screen| screen.shows("Message 32"));
}
