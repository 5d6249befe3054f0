//! Frames of the code editor at the sizes it is made for, without a window:
//! `cargo run --release --example editor_frames`. Prints the median and the 99th percentile of the time
//! from a key press, or a turn of the wheel, to a frame that is drawn and tessellated, and beside it what
//! of a key press is the document's: the edit and the search for a syntax error. A screen of 60 Hz has
//! 16.6 ms.

#![allow(clippy::print_stdout, reason = "a program that measures")]

mod frames;

use std::time::{Duration, Instant};

use egui::{Event, Key, vec2};
use stubless::ui::widgets::{CodeEditor, CodeEditorState};
use stubless_core::message::Document;

use frames::{Screen, head, key, report, wheel};

const FRAMES: usize = 200;
const MIB: usize = 1 << 20;
const MEMBER: &str = "  { \"name\": \"salt, https://x/y\", \"amount\": 1234, \"unit\": null },\n";
const WIDE: &str = "  { \"name\": \"塩 / Salz, żółć\", \"amount\": 1234, \"unit\": null },\n";

fn main() {
    head();
    let lines =
        |member: &str, bytes: usize| format!("[\n{}  null\n]", member.repeat(bytes / member.len()));
    let line = |member: &str| lines(member, 16 * MIB).replace('\n', "");
    for (name, text) in [
        ("100 KiB", lines(MEMBER, MIB / 10)),
        ("1 MiB", lines(MEMBER, MIB)),
        ("16 MiB", lines(MEMBER, 16 * MIB)),
        ("16 MiB in one line", line(MEMBER)),
        ("16 MiB in one line, not ASCII", line(WIDE)),
    ] {
        measure(name, text);
    }
}

fn measure(name: &str, text: String) {
    let middle = text.floor_char_boundary(text.len() / 2);
    let place = text.get(middle..).and_then(|rest| rest.find("name"));
    let place = middle + place.unwrap_or_default();
    let mut desk = Desk::new(text);
    desk.go_to = Some(place);
    let first = desk.frame(Vec::new());
    report(name, "first frame", vec![first]);
    for _ in 0..30 {
        desk.frame(Vec::new());
    }
    report(name, "idle", desk.times(|_| Vec::new()));
    let before = desk.document.revision();
    let typed = desk.times(|n| match n % 4 {
        0 | 1 => vec![Event::Text("x".to_owned())],
        2 => vec![key(Key::Backspace)],
        _ => vec![key(Key::ArrowLeft)],
    });
    assert!(
        desk.document.revision() - before >= 3 * FRAMES as u64 / 4,
        "keys were typed"
    );
    report(name, "keys", typed);
    let own = (0..20).map(|_| {
        let begun = Instant::now();
        desk.document.replace(place..place, "x");
        std::hint::black_box(desk.document.syntax_error());
        begun.elapsed()
    });
    let own = own.collect();
    report(name, "of it the document's", own);
    let scrolled = desk.times(|_| wheel(vec2(-120.0, -360.0)));
    report(name, "scroll", scrolled);
}

/// An editor without a window.
struct Desk {
    screen: Screen,
    document: Document,
    state: CodeEditorState,
    go_to: Option<usize>,
}

impl Desk {
    fn new(text: String) -> Self {
        Self {
            screen: Screen::new(),
            document: Document::new(text),
            state: CodeEditorState::default(),
            go_to: None,
        }
    }

    fn times(&mut self, events: impl Fn(usize) -> Vec<Event>) -> Vec<Duration> {
        (0..FRAMES).map(|n| self.frame(events(n))).collect()
    }

    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let (document, state) = (&mut self.document, &mut self.state);
        let go_to = self.go_to.take();
        self.screen.frame(events, |ui| {
            CodeEditor::new(document, state, "Body")
                .go_to(go_to)
                .show(ui);
        })
    }
}
