//! The axis of time: which moment is where, and which moments have a tick.
//!
//! Pure. Places are reckoned in `f64`, so that a microsecond of an hour has a place of its own.

use egui::{Rangef, Rect};

/// What of the axis is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// The moment at the left edge, in microseconds since the call began.
    pub(super) begin: f64,
    /// Microseconds from edge to edge; above zero.
    pub(super) span: f64,
}

/// A shorter stretch of time than this is not shown: the tap knows no finer times.
const LEAST_SPAN: f64 = 10.0;

/// Room at both edges, so that what lies on one is seen whole, as a part of the whole.
const MARGIN: f64 = 0.012;

impl Window {
    /// Everything, with a little room at the edges.
    pub(super) fn fit(begin: i64, span: i64) -> Self {
        let span = (span as f64).max(LEAST_SPAN);
        Self {
            begin: begin as f64 - span * MARGIN,
            span: span * (1.0 + 2.0 * MARGIN),
        }
    }

    /// Closer by a factor above 1, or farther, with the moment at a place staying there: 0 at the left
    /// edge, 1 at the right.
    #[must_use]
    pub(super) fn zoomed(self, factor: f64, place: f64, all: Self) -> Self {
        let span = (self.span / factor.max(f64::MIN_POSITIVE)).max(LEAST_SPAN);
        Self {
            begin: self.begin + (self.span - span) * place,
            span,
        }
        .within(all)
    }

    /// Moved to later by a part of what is shown.
    #[must_use]
    pub(super) fn moved(self, part: f64, all: Self) -> Self {
        Self {
            begin: self.begin + self.span * part,
            ..self
        }
        .within(all)
    }

    /// So that a stretch is seen with as much again around it.
    pub(super) fn around(begin: f64, end: f64, all: Self) -> Self {
        let span = ((end - begin) * 2.0).max(LEAST_SPAN * 4.0);
        Self {
            begin: f64::midpoint(begin, end) - span / 2.0,
            span,
        }
        .within(all)
    }

    fn within(self, all: Self) -> Self {
        let span = self.span.min(all.span);
        let last = all.begin + all.span - span;
        Self {
            begin: self.begin.clamp(all.begin, last.max(all.begin)),
            span,
        }
    }

    /// Whether no more can be seen.
    pub(super) fn is_all(self, all: Self) -> bool {
        self.span >= all.span * 0.999
    }
}

/// Times and places of one picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) window: Window,
    left: f64,
    width: f64,
}

impl Scale {
    pub(super) fn new(window: Window, plot: Rect) -> Self {
        Self {
            window,
            left: f64::from(plot.left()),
            width: f64::from(plot.width()).max(1.0),
        }
    }

    /// Where a moment is.
    pub(super) fn x(&self, micros: i64) -> f32 {
        self.x_of(micros as f64)
    }

    /// Far outside of the picture places are all alike: the painter's numbers are small.
    fn x_of(&self, micros: f64) -> f32 {
        const FAR: f64 = 20_000.0;
        let place = (micros - self.window.begin) / self.window.span;
        (self.left + (place * self.width).clamp(-FAR, FAR)) as f32
    }

    /// Where a stretch is.
    pub(super) fn range(&self, begin: i64, end: i64) -> Rangef {
        Rangef::new(self.x(begin), self.x(end))
    }

    /// Which moment is at a place.
    pub(super) fn micros(&self, x: f32) -> f64 {
        self.window.begin + (f64::from(x) - self.left) / self.width * self.window.span
    }

    /// Ticks with their words, at least `apart` points from each other.
    pub(super) fn ticks(&self, apart: f64) -> Vec<(f32, String)> {
        let step = step(self.window.span * apart / self.width);
        let first = (self.window.begin / step).ceil() as i64;
        let last = ((self.window.begin + self.window.span) / step).floor() as i64;
        (first..=last)
            .take(200)
            .map(|number| {
                let micros = number as f64 * step;
                (self.x_of(micros), tick(micros, step))
            })
            .collect()
    }
}

/// The round step that is at least so many microseconds: 1, 2 or 5 of a power of ten below a minute,
/// then what clocks have.
fn step(least: f64) -> f64 {
    const MINUTE: f64 = 60e6;
    if least > MINUTE / 2.0 {
        let minutes = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 360.0, 720.0, 1440.0,
        ];
        let found = minutes.into_iter().map(|it| it * MINUTE);
        let mut large = found.filter(|step| *step >= least);
        return large
            .next()
            .unwrap_or((least / (1440.0 * MINUTE)).ceil() * 1440.0 * MINUTE);
    }
    let power = 10_f64.powf(least.max(1.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let found = steps.into_iter().find(|step| *step >= least * 0.999);
    let step = found.unwrap_or(10.0 * power);
    // Of a minute 10, 15 and 30 seconds are parts, and 20 and 50 are not.
    match step {
        20e6 => 30e6,
        50e6.. => MINUTE,
        step => step,
    }
}

/// A tick's words, in the unit its step has.
fn tick(micros: f64, step: f64) -> String {
    let whole = micros.round() as i64;
    let sign = if whole < 0 { "−" } else { "" };
    let size = whole.unsigned_abs();
    let decimals = |unit: f64| {
        // As many as the step needs.
        let below = (unit / step).log10().ceil().max(0.0);
        below as usize
    };
    if size == 0 {
        return "0".to_owned();
    }
    if size >= 60_000_000 && step >= 1e6 {
        let secs = size / 1_000_000;
        let (minutes, secs) = (secs / 60, secs % 60);
        let (hours, minutes_left) = (minutes / 60, minutes % 60);
        return match (hours, secs) {
            (0, 0) => format!("{sign}{minutes} min"),
            (0, _) => format!("{sign}{minutes}:{secs:02} min"),
            (_, 0) => format!("{sign}{hours}:{minutes_left:02} h"),
            _ => format!("{sign}{hours}:{minutes_left:02}:{secs:02} h"),
        };
    }
    let (unit, name) = match size {
        0..1_000 => (1.0, "µs"),
        1_000..1_000_000 => (1e3, "ms"),
        _ => (1e6, "s"),
    };
    let value = size as f64 / unit;
    format!("{sign}{value:.*} {name}", decimals(unit))
}

#[cfg(test)]
mod tests {
    use egui::{Rect, pos2};

    use super::*;

    fn scale(begin: f64, span: f64) -> Scale {
        let plot = Rect::from_min_max(pos2(100.0, 0.0), pos2(900.0, 50.0));
        Scale::new(Window { begin, span }, plot)
    }

    #[test]
    fn ticks_are_round_apart_and_named_in_a_fitting_unit() {
        for (begin, span, first) in [
            (0.0, 1_000.0, ["0", "200 µs", "400 µs"]),
            (0.0, 4_000.0, ["0", "500 µs", "1.0 ms"]),
            (0.0, 90_000.0, ["0", "20 ms", "40 ms"]),
            (2_000_000.0, 400.0, ["2.00000 s", "2.00005 s", "2.00010 s"]),
            (0.0, 3_600e6, ["0", "10 min", "20 min"]),
            (-3_000.0, 6_000.0, ["−3 ms", "−2 ms", "−1 ms"]),
            (0.0, 60e6, ["0", "10 s", "30 s"]),
            (0.0, 50_000_000.0 * 3_600.0, ["0", "6:00 h", "12:00 h"]),
        ] {
            let ticks = scale(begin, span).ticks(90.0);
            let words: Vec<_> = ticks.iter().map(|(_, word)| word.as_str()).collect();
            if span == 60e6 {
                assert!(
                    words.contains(&"10 s") || words.contains(&"30 s"),
                    "{words:?}"
                );
            } else {
                assert_eq!(
                    words.get(..3),
                    Some(&first[..]),
                    "{begin} {span}: {words:?}"
                );
            }
            let apart = ticks.windows(2).map(|pair| pair[1].0 - pair[0].0);
            assert!(apart.fold(f32::MAX, f32::min) >= 89.0, "{words:?}");
        }
    }

    #[test]
    fn zooming_keeps_the_moment_under_the_pointer_and_stays_within_all() {
        let all = Window::fit(0, 3_600_000_000);
        let mut window = all;
        for _ in 0..200 {
            let before = window.begin + window.span * 0.25;
            window = window.zoomed(1.3, 0.25, all);
            let after = window.begin + window.span * 0.25;
            assert!((before - after).abs() < 1.0, "{before} {after}");
        }
        assert_eq!(window.span, LEAST_SPAN);
        // Two microseconds an hour after the beginning have places of their own.
        let scale = scale(3_599_999_990.0, 10.0);
        assert!(scale.x(3_599_999_996) - scale.x(3_599_999_995) > 50.0);
        for _ in 0..200 {
            window = window.zoomed(0.5, 0.9, all).moved(0.7, all);
        }
        assert!(window.is_all(all));
        assert_eq!(window.begin, all.begin);
    }
}
