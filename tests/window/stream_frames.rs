//! Frames of the whole window while a stream of 1,000,000 messages of 100 bytes arrives as fast as the
//! server beside it sends, and while its table is gone through afterwards, without a screen:
//! `cargo run --release --example stream_frames`. Prints the median and the 99th percentile of the time a
//! frame takes to be drawn and tessellated. A screen of 60 Hz has 16.6 ms. Engine and server share the
//! machine's cores with the window, as they do for a person.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that measures"
)]

// The wheel, keys and size of the others are not this program's.
#[allow(dead_code, reason = "shared by all programs that measure frames")]
mod frames;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use eframe::App as _;
use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use stubless::{
    app::{Action, AppState, CallState, Exchange, Place, TabId, UiCommand},
    ui::{Boot, Window},
};
use stubless_core::{
    call::Direction,
    workspace::{AppDirs, WindowState},
};

use frames::{head, report};

const MESSAGES: usize = 1_000_000;
const WORKSPACE: &str =
    r#"{"name": "Bench", "version": 1, "sources": [{"reflection": true}], "target": "demo:"}"#;
/// With its number and time, a tick of this payload has a hundred bytes.
const REQUEST: &str = r#"{"name": "Ticks", "method": "demo.v1.Ticker/Watch",
    "messages": [{"count": 1000000, "payloadBytes": 80}]}"#;
const SIZE: egui::Vec2 = vec2(1440.0, 900.0);
const FRAMES: usize = 600;
/// One takes half a second: too few frames for a percentile.
const RUNS: usize = 10;
const FRAME: Duration = Duration::from_micros(16_667);
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let home = tempfile::tempdir().expect("a folder");
    let workspace = home.path().join("bench");
    fs::create_dir_all(workspace.join("requests")).expect("a workspace");
    fs::write(workspace.join("workspace.json"), WORKSPACE).expect("its file");
    fs::write(workspace.join("requests/ticks.json"), REQUEST).expect("a request");
    let mut desk = Desk::open(home.path(), workspace);
    desk.until("the server's schema", |state| {
        state
            .current_slot()
            .is_some_and(|slot| slot.schema().is_some())
    });
    desk.window
        .act(Action::OpenRequest("requests/ticks.json".into()));
    let ready = |state: &AppState| {
        let tab = state.active_tab();
        tab.is_some_and(|tab| tab.draft.title() == "Ticks")
    };
    desk.until("the request", ready);
    head();
    desk.stream("a table");
    desk.window.act(Action::Run(UiCommand::PlotStream));
    desk.stream("a table and plots");
}

/// The window, without a screen.
struct Desk {
    context: egui::Context,
    window: Window,
    frame: eframe::Frame,
    began: Instant,
}

impl Desk {
    fn open(home: &Path, workspace: PathBuf) -> Self {
        let context = egui::Context::default();
        let boot = Boot {
            dirs: AppDirs::below(home),
            workspace: Some(workspace),
            on_wake: None,
        };
        let window = Window::start(&context, boot, WindowState::default()).expect("a window");
        Self {
            context,
            window,
            frame: eframe::Frame::_new_kittest(),
            began: Instant::now(),
        }
    }

    /// Takes what happened, draws and tessellates a frame; gives how long that took. What is left of a
    /// sixtieth of a second is slept, as a window that waits for its screen does.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.began.elapsed().as_secs_f64()),
            events,
            focused: true,
            ..RawInput::default()
        };
        let begun = Instant::now();
        let (window, frame) = (&mut self.window, &mut self.frame);
        window.logic(&self.context, frame);
        let mut output = self.context.run_ui(input, |ui| window.ui(ui, frame));
        output.textures_delta.clear();
        let scale = output.pixels_per_point;
        std::hint::black_box(self.context.tessellate(output.shapes, scale));
        let took = begun.elapsed();
        thread::park_timeout(FRAME.saturating_sub(took));
        took
    }

    fn until(&mut self, what: &str, holds: impl Fn(&AppState) -> bool) {
        let end = Instant::now() + LIMIT;
        while !holds(self.window.state()) {
            assert!(Instant::now() < end, "never came: {what}");
            self.frame(Vec::new());
        }
    }

    fn exchange(&self) -> Option<&Exchange> {
        self.window.state().active_tab()?.call.exchange()
    }

    fn received(&self) -> usize {
        self.exchange()
            .map_or(0, |it| it.log.count(Direction::Received))
    }

    fn tab(&self) -> TabId {
        self.window.state().active.expect("a tab")
    }

    /// A stream arrives, again and again, then the last is gone through.
    fn stream(&mut self, name: &str) {
        let tab = self.tab();
        let mut times = Vec::new();
        let mut secs = 0.0;
        for _ in 0..RUNS {
            secs += self.arrive(tab, &mut times);
        }
        let exchange = self.exchange().expect("a call");
        let bytes = exchange.log.bytes(Direction::Received) as f64 / MESSAGES as f64;
        println!(
            "{name}: {RUNS} times {MESSAGES} messages of {bytes:.0} bytes, {:.2} million a second, {} frames",
            (RUNS * MESSAGES) as f64 / secs / 1e6,
            times.len()
        );
        report(name, "while it arrives", times);
        report(name, "wheel", self.times(|_| wheel(2.0)));
        self.window
            .act(Action::JumpTo(tab, Place::Number(MESSAGES / 2)));
        report(name, "arrow keys", self.times(|_| down()));
        let bar = pos2(SIZE.x - 22.0, 500.0);
        self.frame(press(bar, true));
        let dragged = self.times(|n| {
            let y = 460.0 + 300.0 * ((n as f32 * 0.05).sin());
            vec![Event::PointerMoved(pos2(bar.x, y))]
        });
        report(name, "drag of the bar", dragged);
        self.frame(press(bar, false));
    }

    /// Makes the call, to its end; gives how many seconds its messages took.
    fn arrive(&mut self, tab: TabId, times: &mut Vec<Duration>) -> f64 {
        self.window.act(Action::SendConfirmed(tab));
        let mut first = None;
        let end = Instant::now() + LIMIT;
        loop {
            let took = self.frame(Vec::new());
            if self.received() > 0 {
                first.get_or_insert_with(Instant::now);
                times.push(took);
            }
            let over = matches!(
                self.window.state().active_tab().map(|tab| &tab.call),
                Some(CallState::Ended(..) | CallState::Rejected(_))
            );
            if over && self.received() >= MESSAGES {
                return first.expect("it began").elapsed().as_secs_f64();
            }
            assert!(!over && Instant::now() < end, "{} came", self.received());
        }
    }

    fn times(&mut self, events: impl Fn(usize) -> Vec<Event>) -> Vec<Duration> {
        (0..FRAMES).map(|n| self.frame(events(n))).collect()
    }
}

fn wheel(notches: f32) -> Vec<Event> {
    vec![
        Event::PointerMoved(pos2(SIZE.x - 300.0, 500.0)),
        Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, notches),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        },
    ]
}

fn down() -> Vec<Event> {
    vec![frames::key(egui::Key::ArrowDown)]
}

fn press(at: Pos2, pressed: bool) -> Vec<Event> {
    vec![
        Event::PointerMoved(at),
        Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        },
    ]
}
