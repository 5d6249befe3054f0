//! What a plot is drawn with: a frame with its title, steps that are filled, labels at its edges.

use egui::{Color32, CornerRadius, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::ui::{
    theme::{Tokens, fade, font, radius},
    widgets::{elided, line_text},
};

/// Height of the line with the title.
const TITLE: f32 = 20.0;

/// The room of the highest label is a multiple of this, in points.
const LABEL_STEP: f32 = 12.0;

/// Height of the line with the labels of the axis.
const AXIS: f32 = 15.0;

/// Draws the frame, title and facts beside it; gives the room of the plot itself.
pub(super) fn frame(ui: &Ui, rect: Rect, title: &str, facts: &str) -> Rect {
    let tokens = Tokens::of(ui);
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::M),
        tokens.surface.well,
        Stroke::new(1.0, tokens.line.weak),
        StrokeKind::Inside,
    );
    let y = rect.top() + 3.0 + TITLE / 2.0;
    let left = rect.left() + 9.0;
    let room = (rect.width() - 18.0).max(0.0);
    let title = elided(ui, title, font::small_strong(), tokens.text.weak, room);
    let used = line_text(ui, left, y, title) - left;
    let room = room - used - 10.0;
    if room > 30.0 {
        let facts = elided(ui, facts, font::small(), tokens.text.faint, room);
        line_text(ui, rect.right() - 9.0 - facts.size().x, y, facts);
    }
    Rect::from_min_max(
        pos2(rect.left() + 9.0, rect.top() + TITLE + 5.0),
        pos2(rect.right() - 9.0, rect.bottom() - AXIS - 2.0),
    )
}

/// The lines below and half way up, and the label of the highest at the left; gives the room that is left
/// beside it.
pub(super) fn grid(ui: &Ui, plot: Rect, top: &str) -> Rect {
    let tokens = Tokens::of(ui);
    let galley = elided(
        ui,
        top,
        font::small(),
        tokens.text.faint,
        plot.width() / 2.0,
    );
    // In steps, so that a number that grows does not make the picture tremble.
    let width = ((galley.size().x + 5.0) / LABEL_STEP).ceil() * LABEL_STEP;
    let height = galley.size().y;
    line_text(ui, plot.left(), plot.top() + height / 2.0, galley);
    let (_, plot) = plot.split_left_right_at_x(plot.left() + width);
    let line = Stroke::new(1.0, tokens.line.weak);
    for y in [plot.top(), plot.center().y, plot.bottom()] {
        ui.painter().hline(plot.x_range(), y.round() + 0.5, line);
    }
    plot
}

/// Labels below the plot, each centred on its place and kept inside; one that would touch the one before
/// is left out.
pub(super) fn axis(ui: &Ui, plot: Rect, labels: &[(f32, String)]) {
    let tokens = Tokens::of(ui);
    let mut free_from = plot.left() - 1.0;
    for (x, text) in labels {
        let galley = elided(ui, text.as_str(), font::small(), tokens.text.faint, 90.0);
        let width = galley.size().x;
        let most = (plot.right() - width).max(plot.left());
        let left = (x - width / 2.0).clamp(plot.left(), most);
        if left <= free_from {
            continue;
        }
        free_from = left + width + 10.0;
        line_text(ui, left, plot.bottom() + 1.0 + AXIS / 2.0, galley);
    }
}

/// Steps from left to right, each from its `x` to the next one's; `heights` from 0 to 1.
pub(super) fn steps(ui: &Ui, plot: Rect, edges: &[f32], heights: &[f32], color: Color32) {
    let soft = fade(color, 0.22);
    let at = |height: f32| plot.bottom() - height.clamp(0.0, 1.0) * plot.height();
    let mut outline: Vec<Pos2> = Vec::with_capacity(heights.len() * 2);
    for (pair, height) in edges.windows(2).zip(heights) {
        let [from, to] = pair else { continue };
        let y = at(*height);
        if *height > 0.0 {
            let bar = Rect::from_min_max(pos2(*from, y), pos2(*to, plot.bottom()));
            ui.painter().rect_filled(bar, CornerRadius::ZERO, soft);
        }
        outline.push(pos2(*from, y));
        outline.push(pos2(*to, y));
    }
    ui.painter()
        .add(Shape::line(outline, Stroke::new(1.3, color)));
}

/// A box with words near a place, within the plot.
pub(super) fn hint(ui: &Ui, plot: Rect, x: f32, words: &str) {
    let tokens = Tokens::of(ui);
    let galley = elided(ui, words, font::small(), tokens.text.strong, plot.width());
    let size = galley.size() + vec2(14.0, 6.0);
    let most = (plot.right() - size.x).max(plot.left());
    let left = match x + 8.0 + size.x <= plot.right() {
        true => x + 8.0,
        false => (x - 8.0 - size.x).clamp(plot.left(), most),
    };
    let rect = Rect::from_min_size(pos2(left, plot.top()), size);
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::S),
        tokens.surface.popup,
        Stroke::new(1.0, tokens.line.strong),
        StrokeKind::Inside,
    );
    line_text(ui, rect.left() + 7.0, rect.center().y, galley);
}

/// Round moments of a span of time in seconds: from its begin, two to nine of them.
pub(super) fn ticks(end: f64) -> impl Iterator<Item = f64> {
    let step = nice(end / 5.0);
    (0..)
        .map(move |number| f64::from(number) * step)
        .take_while(move |at| *at <= end * 1.000_001)
}

/// A round moment in words: `0`, `200 ms`, `1.5 s`, `2 min`.
pub(super) fn time(secs: f64) -> String {
    let shortest = |value: f64, unit: &str| {
        let text = format!("{value:.2}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{text} {unit}")
    };
    match secs {
        0.0 => "0".to_owned(),
        ..1e-3 => shortest(secs * 1e6, "µs"),
        ..1.0 => shortest(secs * 1e3, "ms"),
        ..120.0 => shortest(secs, "s"),
        ..7200.0 => shortest(secs / 60.0, "min"),
        _ => shortest(secs / 3600.0, "h"),
    }
}

/// The least of 1, 2, 5, 10, 20, … that is no less.
pub(super) fn nice(most: f64) -> f64 {
    if most.is_nan() || most <= 0.0 {
        return 1.0;
    }
    let unit = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = steps.iter().find(|step| **step * unit >= most * 0.999);
    step.copied().unwrap_or(10.0) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_on_the_axis_are_round() {
        let words = |end| -> Vec<String> { ticks(end).map(time).collect() };
        assert_eq!(words(0.655), ["0", "200 ms", "400 ms", "600 ms"]);
        assert_eq!(words(10.0), ["0", "2 s", "4 s", "6 s", "8 s", "10 s"]);
        assert_eq!(words(0.000_5)[1], "100 µs");
        assert_eq!(words(2.6), ["0", "1 s", "2 s"]);
        assert_eq!(time(1.5), "1.5 s");
        assert_eq!(time(5000.0), "83.33 min");
        for end in [1e-6, 0.3, 7.0, 86_400.0] {
            assert!((2..=9).contains(&ticks(end).count()), "{end}");
        }
    }

    #[test]
    fn the_top_of_a_plot_is_a_round_number_above_all() {
        for (most, want) in [
            (0.0, 1.0),
            (f64::NAN, 1.0),
            (0.03, 0.05),
            (1.0, 1.0),
            (1.1, 2.0),
            (830_000.0, 1_000_000.0),
            (1_240_000.0, 2_000_000.0),
        ] {
            let found = nice(most);
            assert!((found - want).abs() < want * 1e-9, "{most}: {found}");
        }
    }
}
