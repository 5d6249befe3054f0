//! A screen without a window, and what its frames cost: shared by the programs that measure frames.

use std::time::{Duration, Instant};

use egui::{Context, Event, Modifiers, MouseWheelUnit, Pos2, RawInput, Rect, Ui, Vec2, pos2, vec2};
use stubless::ui::theme;

const SIZE: Vec2 = vec2(640.0, 900.0);

/// The screen; time goes on by a sixtieth of a second a frame.
pub(crate) struct Screen {
    pub(crate) context: Context,
    time: f64,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let context = Context::default();
        theme::apply(&context);
        Self { context, time: 0.0 }
    }

    /// Takes what happened, draws and tessellates a frame; gives how long that took.
    pub(crate) fn frame(&mut self, events: Vec<Event>, draw: impl FnMut(&mut Ui)) -> Duration {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time),
            events,
            focused: true,
            ..RawInput::default()
        };
        let begun = Instant::now();
        let mut output = self.context.run_ui(input, draw);
        // There is no screen that would take them.
        output.textures_delta.clear();
        let scale = output.pixels_per_point;
        std::hint::black_box(self.context.tessellate(output.shapes, scale));
        begun.elapsed()
    }
}

/// A turn of the wheel over the middle of the screen.
pub(crate) fn wheel(delta: Vec2) -> Vec<Event> {
    vec![
        Event::PointerMoved(pos2(300.0, 400.0)),
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Trackpad,
            modifiers: Modifiers::NONE,
        },
    ]
}

/// A key goes down.
pub(crate) fn key(key: egui::Key) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    }
}

/// The head of the table that [`report`] fills.
pub(crate) fn head() {
    println!(
        "{:<48} {:>9} {:>9} {:>9} {:>12}",
        "", "p50 ms", "p99 ms", "most ms", "resident MiB"
    );
}

/// A line: median, 99th percentile, the longest, and what the process has in memory (Linux).
pub(crate) fn report(case: &str, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| {
        let index = (times.len() * part / 100).min(times.len() - 1);
        times.get(index).map_or(0.0, |t| t.as_secs_f64() * 1e3)
    };
    println!(
        "{:<48} {:>9.2} {:>9.2} {:>9.2} {:>12}",
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
