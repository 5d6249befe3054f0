//! One message of a call in a list: direction, number, preview, size, time.

use egui::{
    Align2, CornerRadius, Rect, Response, Sense, Stroke, Ui, Vec2, Widget, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::call::Direction;

use super::{elided, focus_ring, hover_fade, json_syntax, line_text};
use crate::ui::theme::{Tokens, fade, font, icon, radius};

/// Height of a row in points, for lists that draw only what is visible.
pub const MESSAGE_ROW_HEIGHT: f32 = 32.0;

/// A row. `preview` is one line of JSON; empty while it is not there yet.
#[derive(Debug, Clone)]
pub struct MessageRow<'a> {
    direction: Direction,
    number: usize,
    preview: &'a str,
    size: &'a str,
    time: &'a str,
    selected: bool,
}

impl<'a> MessageRow<'a> {
    /// The `number`-th message of its direction, from 1.
    pub fn new(direction: Direction, number: usize) -> Self {
        Self {
            direction,
            number,
            preview: "",
            size: "",
            time: "",
            selected: false,
        }
    }

    /// Its JSON in one line.
    #[must_use]
    pub fn preview(mut self, preview: &'a str) -> Self {
        self.preview = preview;
        self
    }

    /// Size and time as words.
    #[must_use]
    pub fn facts(mut self, size: &'a str, time: &'a str) -> Self {
        self.size = size;
        self.time = time;
        self
    }

    /// Is selected or open.
    #[must_use]
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }
}

impl Widget for MessageRow<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let (word, glyph, tone) = match self.direction {
            Direction::Sent => ("Sent", icon::ARROW_UP, tokens.info),
            Direction::Received => ("Received", icon::ARROW_DOWN, tokens.good),
        };
        let size = vec2(ui.available_width(), MESSAGE_ROW_HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| {
            let name = format!("{word} message {}, {}", self.number, self.size);
            WidgetInfo::selected(Role::ListItem, ui.is_enabled(), self.selected, name)
        });
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let t = hover_fade(ui, &response);
        if self.selected {
            let square = CornerRadius::ZERO;
            ui.painter()
                .rect_filled(rect, square, tokens.surface.selected);
            let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
            ui.painter().rect_filled(bar, square, tokens.accent.text);
        } else {
            let over = fade(tokens.surface.raised, t);
            ui.painter().rect_filled(rect, CornerRadius::ZERO, over);
        }
        let line = Stroke::new(1.0, tokens.line.weak);
        ui.painter()
            .hline(rect.x_range(), rect.bottom().round() - 0.5, line);

        let y = rect.center().y;
        let mark = Rect::from_center_size(pos2(rect.left() + 21.0, y), Vec2::splat(18.0));
        ui.painter()
            .rect_filled(mark, CornerRadius::same(radius::S), tone.soft);
        ui.painter().text(
            mark.center(),
            Align2::CENTER_CENTER,
            glyph.text(),
            glyph.font(12.0),
            tone.text,
        );
        let number = format!("#{}", self.number);
        let number = elided(ui, number, font::small_code(), tokens.text.weak, 72.0);
        let x = line_text(ui, rect.left() + 38.0, y, number);

        let mut right = rect.right() - 10.0;
        for (text, width, color) in [
            (self.time, 66.0, tokens.text.faint),
            (self.size, 62.0, tokens.text.weak),
        ] {
            let galley = elided(ui, text, font::small_code(), color, width);
            line_text(ui, right - galley.size().x, y, galley);
            right -= width;
        }
        let left = x.max(rect.left() + 80.0) + 10.0;
        let room = right - 6.0 - left;
        if self.preview.is_empty() {
            let wait = elided(ui, "…", font::small_code(), tokens.text.faint, room);
            line_text(ui, left, y, wait);
        } else if room > 24.0 {
            let job = json_syntax::line_job(self.preview, &font::small_code(), tokens);
            let galley = json_syntax::elided_job(ui, job, room);
            line_text(ui, left, y, galley);
        }
        focus_ring(ui, &response, rect.shrink(1.0), radius::S);
        response
    }
}
