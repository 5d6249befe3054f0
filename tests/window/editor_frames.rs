//! Frames of the code editor at the sizes it is made for, without a window:
//! `cargo run --release --example editor_frames`. Prints the median and the 99th percentile of the time
//! from a key press, or a turn of the wheel, to a frame that is drawn and tessellated, and beside it what
//! of a key press is the document's: the edit and the search for a syntax error. A screen of 60 Hz has
//! 16.6 ms.

#![allow(clippy::print_stdout, reason = "a program that measures")]

use std::time::{Duration, Instant};

use egui::{Context, Event, Key, Modifiers, MouseWheelUnit, Pos2, RawInput, Rect, pos2, vec2};
use stubless::ui::{
    theme,
    widgets::{CodeEditor, CodeEditorState},
};
use stubless_core::message::Document;

const FRAMES: usize = 200;
const MIB: usize = 1 << 20;
const SIZE: egui::Vec2 = vec2(640.0, 900.0);
const MEMBER: &str = "  { \"name\": \"salt, https://x/y\", \"amount\": 1234, \"unit\": null },\n";
const WIDE: &str = "  { \"name\": \"塩 / Salz, żółć\", \"amount\": 1234, \"unit\": null },\n";

fn main() {
    println!(
        "{:<36} {:>9} {:>9} {:>9} {:>12}",
        "", "p50 ms", "p99 ms", "most ms", "resident MiB"
    );
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
    let key = |key| Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
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
    let scrolled = desk.times(|_| {
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(-120.0, -360.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Trackpad,
            modifiers: Modifiers::NONE,
        };
        vec![Event::PointerMoved(pos2(300.0, 400.0)), wheel]
    });
    report(name, "scroll", scrolled);
}

/// An editor without a window.
struct Desk {
    context: Context,
    document: Document,
    state: CodeEditorState,
    go_to: Option<usize>,
    time: f64,
}

impl Desk {
    fn new(text: String) -> Self {
        let context = Context::default();
        theme::apply(&context);
        Self {
            context,
            document: Document::new(text),
            state: CodeEditorState::default(),
            go_to: None,
            time: 0.0,
        }
    }

    fn times(&mut self, events: impl Fn(usize) -> Vec<Event>) -> Vec<Duration> {
        (0..FRAMES).map(|n| self.frame(events(n))).collect()
    }

    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time),
            events,
            focused: true,
            ..RawInput::default()
        };
        let begun = Instant::now();
        let (document, state) = (&mut self.document, &mut self.state);
        let go_to = self.go_to.take();
        let output = self.context.run_ui(input, |ui| {
            CodeEditor::new(document, state, "Body")
                .go_to(go_to)
                .show(ui);
        });
        let shapes = self
            .context
            .tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(shapes);
        begun.elapsed()
    }
}

fn report(case: &str, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| {
        let index = (times.len() * part / 100).min(times.len() - 1);
        times.get(index).map_or(0.0, |t| t.as_secs_f64() * 1e3)
    };
    println!(
        "{:<36} {:>9.2} {:>9.2} {:>9.2} {:>12}",
        format!("{case}: {what}"),
        at(50),
        at(99),
        at(100),
        resident_mib()
    );
}

/// What the process has in memory; 0 where the system does not say it in `/proc`.
fn resident_mib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kib.unwrap_or(0_usize) / 1024
}
