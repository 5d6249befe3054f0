//! Shapes that both pictures use: the axis, bars, hatched stretches.

use egui::{Color32, CornerRadius, Painter, Rangef, Rect, Stroke, StrokeKind, Ui, pos2};

use super::axis::Scale;
use crate::ui::{
    theme::{Tokens, Tone, fade, font},
    widgets::{elided, line_text},
};

/// Height of the row with the ticks' words.
pub(super) const AXIS: f32 = 22.0;

/// Width of the lanes' names.
pub(super) const GUTTER: f32 = 92.0;

/// The narrowest that a bar is drawn.
pub(super) const LEAST_WIDTH: f32 = 3.0;

/// Points between ticks.
const TICKS_APART: f64 = 84.0;

/// Paints ticks, their words, and lines down through the lanes.
pub(super) fn axis(ui: &Ui, scale: &Scale, row: Rect, plot: Rect) {
    let tokens = Tokens::of(ui);
    let painter = ui
        .painter()
        .with_clip_rect(Rect::from_min_max(row.min, plot.max));
    let line = Stroke::new(1.0, fade(tokens.line.weak, 0.7));
    let mut right = f32::NEG_INFINITY;
    for (x, word) in scale.ticks(TICKS_APART) {
        painter.vline(x, plot.y_range(), line);
        let word = elided(ui, word, font::small_code(), tokens.text.faint, 120.0);
        let left = (x - word.size().x / 2.0).clamp(row.left(), row.right() - word.size().x);
        if left > right + 6.0 {
            right = left + word.size().x;
            line_text(ui, left, row.center().y, word);
        }
    }
    painter.hline(row.x_range(), row.bottom() - 0.5, line);
}

/// The line under the pointer, and the moment there.
pub(super) fn cursor(ui: &Ui, at: egui::Pos2, word: String, row: Rect, plot: Rect) {
    let tokens = Tokens::of(ui);
    let stroke = Stroke::new(1.0, fade(tokens.text.weak, 0.6));
    ui.painter().vline(at.x, plot.y_range(), stroke);
    let word = elided(ui, word, font::small_code(), tokens.text.strong, 160.0);
    let width = word.size().x + 8.0;
    let left = (at.x - width / 2.0).clamp(row.left(), (row.right() - width).max(row.left()));
    let back = Rect::from_min_size(pos2(left, row.top() + 2.0), egui::vec2(width, AXIS - 5.0));
    ui.painter()
        .rect_filled(back, CornerRadius::same(3), tokens.surface.raised);
    line_text(ui, left + 4.0, back.center().y, word);
}

/// Makes a stretch wide enough to be seen and to be hit.
pub(super) fn widened(range: Rangef) -> Rangef {
    let lacking = (LEAST_WIDTH - range.span()).max(0.0) / 2.0;
    Rangef::new(range.min - lacking, range.max + lacking)
}

/// A full bar.
pub(super) fn solid(painter: &Painter, rect: Rect, tone: Tone) {
    painter.rect_filled(rect, CornerRadius::same(2), tone.text);
}

/// A bar that is only a stretch between two things.
pub(super) fn hollow(painter: &Painter, rect: Rect, tone: Tone) {
    painter.rect(
        rect,
        CornerRadius::same(2),
        tone.soft,
        Stroke::new(1.0, tone.line),
        StrokeKind::Inside,
    );
}

/// A stretch in which nothing could go on.
pub(super) fn hatched(painter: &Painter, rect: Rect, tone: Tone, line: Color32) {
    painter.rect(
        rect,
        CornerRadius::same(2),
        tone.soft,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    let seen = rect.intersect(painter.clip_rect());
    if !seen.is_positive() {
        return;
    }
    let clipped = painter.with_clip_rect(seen.shrink(1.0));
    let step = 6.0;
    // Lines begin at places of the picture, not of the bar: they stay where they are while it grows.
    let first = ((seen.left() - rect.height()) / step).floor() * step;
    let count = ((seen.right() - first) / step).ceil().clamp(0.0, 2_000.0) as usize;
    for number in 0..count {
        let x = first + number as f32 * step;
        let ends = [pos2(x, seen.bottom()), pos2(x + rect.height(), seen.top())];
        clipped.line_segment(ends, Stroke::new(1.0, line));
    }
}

/// The ring around what is picked.
pub(super) fn ring(ui: &Ui, painter: &Painter, rect: Rect) {
    let stroke = Stroke::new(2.0, Tokens::of(ui).line.focus);
    painter.rect_stroke(
        rect.expand(2.0),
        CornerRadius::same(4),
        stroke,
        StrokeKind::Middle,
    );
}
