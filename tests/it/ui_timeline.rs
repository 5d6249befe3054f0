//! A call in time on screen: bars and words tied to each other, the whole connection, live and after; and
//! the health of the target in the status bar.

use egui::{Key, Modifiers};
use stubless::app::{Action, AnswerPane};
use stubless_core::call::Direction;

use crate::ui_support::Screen;

/// A unary call of the sample, over, with its timeline in front.
fn said_hello(home: &std::path::Path) -> Screen {
    let mut screen = Screen::open(home, None);
    screen.until_ready();
    screen.act(Action::OpenRequest(
        "requests/greeter/say-hello.json".into(),
    ));
    screen.click("Send");
    screen.until_call_is_over();
    screen.click("Timeline");
    assert_eq!(screen.tab().view.answer, AnswerPane::Timeline);
    screen
}

/// The sentence that is picked.
fn picked(screen: &Screen, part: &str) -> bool {
    screen.is_on(part)
}

#[test]
fn bars_and_sentences_of_a_call_mark_each_other() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = said_hello(home.path());
    for bar in [
        "Request HEADERS, at ",
        "Messages sent, at ",
        "Wait for the server, from ",
        "Response HEADERS, at ",
        "Messages received, at ",
        "Trailers, at ",
    ] {
        assert!(screen.shows(bar), "{bar}: {:#?}", screen.words());
    }
    // The schema was asked for on the same connection before.
    for sentence in [
        "was open already: it was made ",
        "Sent HEADERS on stream ",
        "POST /demo.v1.Greeter/SayHello",
        "END_STREAM: the client will send nothing more",
        "Received HEADERS: :status 200",
        "grpc-status 0 (OK)",
        "The call ended with OK after ",
    ] {
        assert!(screen.shows(sentence), "{sentence}: {:#?}", screen.words());
    }

    screen.click_part("Wait for the server, from ");
    assert!(picked(
        &screen,
        "Until the first frame of the server passed "
    ));
    screen.click_part("Sent the message, ");
    assert!(picked(&screen, "Messages sent, at "));
    assert!(!picked(&screen, "Wait for the server, from "));

    // By the keyboard, from event to event.
    screen.click_part("Wait for the server, from ");
    screen.press(Modifiers::NONE, Key::Home);
    assert!(picked(&screen, "Request HEADERS, at "));
    screen.press(Modifiers::NONE, Key::ArrowRight);
    assert!(picked(&screen, "Messages sent, at "));
    screen.press(Modifiers::NONE, Key::End);
    assert!(picked(&screen, "Trailers, at "));
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(!picked(&screen, "Trailers, at "));
}

#[test]
fn it_is_zoomed_explained_and_copied() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = said_hello(home.path());
    let bar = "Wait for the server, from ";
    let before = screen.rect_of_part(bar).width();
    assert!(!screen.is_enabled("Show all of it"));
    for zoom in ["Zoom in", "Zoom to what is picked"] {
        screen.click_part("Request HEADERS, at ");
        screen.click(zoom);
        assert!(screen.is_enabled("Show all of it"), "{zoom}");
        screen.click("Show all of it");
        assert!(!screen.is_enabled("Show all of it"), "{zoom}");
    }
    assert!((screen.rect_of_part(bar).width() - before).abs() < 1.0);

    let lesson = "5 bytes before it";
    assert!(screen.shows(lesson));
    screen.click("Explain");
    assert!(!screen.shows(lesson));
    screen.click("Explain");

    screen.click("Copy the timeline as text");
    let text = screen.copied().unwrap();
    for part in [
        "Total: ",
        "Wait for the server: ",
        "POST /demo.v1.Greeter/SayHello",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn all_calls_of_the_connection_are_seen_together() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = said_hello(home.path());
    screen.click("Whole connection");
    for part in [
        "Stream 1: grpc.reflection.",
        "demo.v1.Greeter/SayHello (this call), OK after ",
        " on this connection, ",
        "HTTP/2 settings, ",
    ] {
        assert!(screen.shows(part), "{part}: {:#?}", screen.words());
    }
    screen.click_part("Stream 1: grpc.reflection.");
    assert!(picked(&screen, "Stream 1: grpc.reflection."));
    screen.click("This call");
    assert!(screen.shows("Request HEADERS, at "));
}

#[test]
fn a_call_that_runs_is_drawn_live_and_its_cancellation_is_explained() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    screen.act(Action::OpenRequest(
        "requests/ticker/a-tick-every-second.json".into(),
    ));
    screen.click("Send");
    screen.until("a tick", |state| {
        let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
        exchange.is_some_and(|it| it.log.count(Direction::Received) > 0)
    });
    screen.click("Timeline");
    screen.until_screen("the tick as a bar", |screen| {
        screen.shows("Messages received, at ")
    });
    assert!(!screen.shows("The call ended with "));
    assert!(screen.shows("Total"), "{:#?}", screen.words());
    // Escape lets go of what is picked, then of the keyboard; only after that it is the call's.
    screen.click_part("Request HEADERS, at ");
    screen.press(Modifiers::NONE, Key::Escape);
    screen.press(Modifiers::NONE, Key::Escape);
    assert!(screen.tab().call.is_active());
    screen.click("Cancel");
    screen.until_call_is_over();
    screen.until_screen("the end in words", |screen| {
        screen.shows("The call ended with CANCELLED after ")
    });
    // It leaves a moment after the end.
    screen.until_screen("the reset", |screen| {
        screen.shows("Sent RST_STREAM with CANCEL: we broke the call off")
    });
    assert!(
        screen.shows("whether it stops depends"),
        "what a cancellation means"
    );
}

#[test]
fn health_is_watched_only_when_asked_for_and_until_it_is_switched_off() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    assert!(screen.state().health.all().is_empty());
    screen.click("Health: not watched");
    assert!(screen.shows("Nothing is asked before."));
    screen.click("Watch health");
    screen.until_screen("the answer", |screen| {
        screen.shows("Health: Serving since ")
    });
    assert!(screen.shows("The server says SERVING"));
    screen.click("Check now");
    screen.until_screen("the answer to looking now", |screen| {
        screen.shows(": SERVING in ")
    });
    screen.click("Service whose health is watched");
    screen.click("demo.v1.Greeter");
    screen.until_screen("the service's health", |screen| {
        screen.shows("Health: Greeter: Serving since ")
    });
    assert_eq!(
        screen.state().health.all().len(),
        1,
        "in place of the other"
    );
    screen.act(Action::StopHealth(screen.state().health.all()[0].id));
    assert!(screen.has("Health: not watched"));
}
