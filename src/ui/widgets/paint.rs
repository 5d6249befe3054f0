//! What several widgets paint the same way.

use std::{f32::consts::FRAC_PI_2, sync::Arc};

use egui::{
    Color32, CornerRadius, FontId, Galley, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    Vec2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};

use crate::ui::theme::Tokens;

/// How far the hover of a widget has faded in, 0 to 1. The keyboard's focus counts as hover.
pub fn hover_fade(ui: &Ui, response: &Response) -> f32 {
    ui.ctx().animate_bool_responsive(
        response.id.with("hover"),
        ui.is_enabled() && (response.hovered() || response.has_focus()),
    )
}

/// The ring around a widget that has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect,
            CornerRadius::same(radius),
            Stroke::new(1.5, Tokens::of(ui).line.focus),
            StrokeKind::Inside,
        );
    }
}

/// One line of text, cut with `…` at a width.
pub fn elided(
    ui: &Ui,
    text: impl Into<String>,
    font: FontId,
    color: Color32,
    max_width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(text.into(), TextFormat::simple(font, color));
    job.wrap = TextWrapping {
        max_rows: 1,
        break_anywhere: true,
        ..TextWrapping::wrap_at_width(max_width.max(0.0))
    };
    job.break_on_newline = false;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Paints a galley with its left edge at `x`, centred on `y`; gives its right edge.
pub fn line_text(ui: &Ui, x: f32, y: f32, galley: Arc<Galley>) -> f32 {
    let size = galley.size();
    // The galley's own colour is in its sections; the fallback is never seen.
    let fallback = Tokens::of(ui).text.normal;
    let pos = Pos2::new(x, (y - size.y / 2.0).round());
    ui.painter().galley(pos, galley, fallback);
    x + size.x
}

/// The mark of the program, as in `assets/icons/stubless.svg`.
pub fn app_mark(ui: &mut Ui, side: f32) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    let corner = CornerRadius::same((side * 0.24) as u8);
    ui.painter()
        .rect_filled(rect, corner, tokens.accent_fill.rest);
    // In the 256 units of the drawing.
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * (side / 256.0);
    let arc = |centre: Pos2, from: f32, to: f32| {
        (0..=8).map(move |step| {
            let angle = egui::lerp(from..=to, step as f32 / 8.0);
            centre + 26.0 * (side / 256.0) * Vec2::angled(angle)
        })
    };
    let mut s = vec![at(190.0, 76.0)];
    s.extend(arc(at(100.0, 102.0), -FRAC_PI_2, -3.0 * FRAC_PI_2));
    s.extend(arc(at(156.0, 154.0), -FRAC_PI_2, FRAC_PI_2));
    s.push(at(66.0, 180.0));
    let there = vec![at(168.0, 52.0), at(192.0, 76.0), at(168.0, 100.0)];
    let back = vec![at(88.0, 156.0), at(64.0, 180.0), at(88.0, 204.0)];
    for line in [s, there, back] {
        let stroke = Stroke::new(side * 20.0 / 256.0, tokens.text.on_fill);
        ui.painter().line(line, stroke);
    }
    response
}
