//! A check box and a switch.

use egui::{
    Align2, CornerRadius, Response, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{focus_ring, hover_fade};
use crate::ui::theme::{Tokens, font, icon, mix, radius, space};

/// A check box, its word beside it or only for screen readers.
#[derive(Debug)]
pub struct Check<'a> {
    on: &'a mut bool,
    name: &'a str,
    word: bool,
}

impl<'a> Check<'a> {
    /// The box alone.
    pub fn new(on: &'a mut bool, name: &'a str) -> Self {
        Self {
            on,
            name,
            word: false,
        }
    }

    /// The name is shown beside it.
    #[must_use]
    pub fn with_word(mut self) -> Self {
        self.word = true;
        self
    }
}

impl Widget for Check<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let galley = self.word.then(|| {
            let room = (ui.available_width() - 26.0).max(16.0);
            super::elided(ui, self.name, font::body(), tokens.text.normal, room)
        });
        let width = galley
            .as_ref()
            .map_or(24.0, |g| 24.0 + space::XS + g.size().x);
        let (rect, mut response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
        if response.clicked() {
            *self.on = !*self.on;
            response.mark_changed();
        }
        response.widget_info(|| {
            WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), *self.on, self.name)
        });
        let t = hover_fade(ui, &response);
        let square = egui::Rect::from_center_size(
            pos2(rect.left() + 12.0, rect.center().y),
            Vec2::splat(16.0),
        );
        let corner = CornerRadius::same(radius::S);
        if *self.on {
            let fill = mix(tokens.accent_fill.rest, tokens.accent_fill.hover, t);
            ui.painter().rect_filled(square, corner, fill);
            ui.painter().text(
                square.center(),
                Align2::CENTER_CENTER,
                icon::CHECK.text(),
                icon::CHECK.font(12.0),
                tokens.text.on_fill,
            );
        } else {
            ui.painter().rect(
                square,
                corner,
                mix(tokens.surface.well, tokens.surface.hover, t),
                Stroke::new(1.0, mix(tokens.line.strong, tokens.text.faint, t)),
                StrokeKind::Inside,
            );
        }
        if let Some(galley) = galley {
            super::line_text(ui, rect.left() + 24.0 + space::XS, rect.center().y, galley);
        }
        focus_ring(ui, &response, square.expand(2.5), radius::M);
        response
    }
}

/// An on-off switch for a value.
#[derive(Debug)]
pub struct Switch<'a> {
    on: &'a mut bool,
    name: &'a str,
}

impl<'a> Switch<'a> {
    /// A switch with a name for screen readers.
    pub fn new(on: &'a mut bool, name: &'a str) -> Self {
        Self { on, name }
    }
}

impl Widget for Switch<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let (rect, mut response) = ui.allocate_exact_size(vec2(32.0, 24.0), Sense::click());
        if response.clicked() {
            *self.on = !*self.on;
            response.mark_changed();
        }
        response.widget_info(|| {
            WidgetInfo::selected(Role::Switch, ui.is_enabled(), *self.on, self.name)
        });
        let slide = ui
            .ctx()
            .animate_bool_responsive(response.id.with("on"), *self.on);
        let t = hover_fade(ui, &response);
        let track = egui::Rect::from_center_size(rect.center(), vec2(30.0, 17.0));
        let off = mix(tokens.line.strong, tokens.text.faint, 0.4 * t);
        let corner = CornerRadius::same(radius::PILL);
        ui.painter()
            .rect_filled(track, corner, mix(off, tokens.accent_fill.rest, slide));
        let x = egui::lerp(track.left() + 8.5..=track.right() - 8.5, slide);
        ui.painter()
            .circle_filled(pos2(x, track.center().y), 6.0, tokens.text.on_fill);
        focus_ring(ui, &response, track.expand(2.5), 11);
        response
    }
}
