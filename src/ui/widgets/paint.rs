//! What several widgets paint the same way.

use std::sync::Arc;

use egui::{
    Color32, CornerRadius, FontId, Galley, Pos2, Rect, Response, Stroke, StrokeKind, Ui,
    text::{LayoutJob, TextFormat, TextWrapping},
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
