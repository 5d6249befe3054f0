//! One prepared message in a list: its number, its name and JSON in one line, and what is to be known of it.

use egui::{
    Align2, CornerRadius, Rect, Response, Sense, Stroke, Ui, Vec2, Widget, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{elided, focus_ring, hover_fade, json_syntax, line_text};
use crate::ui::theme::{Tokens, fade, font, icon, radius};

/// Height of a row in points, for lists that draw only what is visible.
pub const PREPARED_ROW_HEIGHT: f32 = 28.0;

/// Room at the right for buttons that the list puts over the row.
const BUTTONS: f32 = 54.0;

/// A row; it can be pressed and dragged.
#[derive(Debug, Clone)]
pub struct PreparedRow<'a> {
    number: usize,
    name: &'a str,
    preview: &'a str,
    selected: bool,
    unfit: bool,
    next: bool,
    repeating: bool,
    buttons: bool,
}

impl<'a> PreparedRow<'a> {
    /// The `number`-th message, from 1, with its name and its JSON in one line; either may be empty.
    pub fn new(number: usize, name: &'a str, preview: &'a str) -> Self {
        Self {
            number,
            name,
            preview,
            selected: false,
            unfit: false,
            next: false,
            repeating: false,
            buttons: false,
        }
    }

    /// Is shown in the editor.
    #[must_use]
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Does not fit its schema.
    #[must_use]
    pub fn unfit(mut self, unfit: bool) -> Self {
        self.unfit = unfit;
        self
    }

    /// Is the one that stepping through the list sends next.
    #[must_use]
    pub fn next(mut self, next: bool) -> Self {
        self.next = next;
        self
    }

    /// Is being sent again and again.
    #[must_use]
    pub fn repeating(mut self, repeating: bool) -> Self {
        self.repeating = repeating;
        self
    }

    /// Leaves room for buttons at the right.
    #[must_use]
    pub fn buttons(mut self, buttons: bool) -> Self {
        self.buttons = buttons;
        self
    }

    fn words(&self) -> String {
        let mut words = format!("Message {}", self.number);
        for (holds, word) in [
            (self.unfit, "does not fit"),
            (self.repeating, "repeating"),
            (self.next, "sent next"),
        ] {
            if holds {
                words.push_str(", ");
                words.push_str(word);
            }
        }
        for part in [self.name, self.preview] {
            if !part.is_empty() {
                words.push_str(", ");
                words.push_str(part);
            }
        }
        words
    }

    /// What marks it at the left; gives nothing when nothing does.
    fn mark(&self, tokens: &Tokens) -> Option<(icon::Icon, egui::Color32)> {
        if self.repeating {
            Some((icon::REPEAT, tokens.accent.text))
        } else if self.next {
            Some((icon::PLAY_FILL, tokens.accent.text))
        } else {
            None
        }
    }
}

impl Widget for PreparedRow<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let size = vec2(ui.available_width(), PREPARED_ROW_HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        response.widget_info(|| {
            WidgetInfo::selected(Role::ListItem, ui.is_enabled(), self.selected, self.words())
        });
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let t = hover_fade(ui, &response);
        let square = CornerRadius::ZERO;
        if self.selected {
            ui.painter()
                .rect_filled(rect, square, tokens.surface.selected);
            let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
            ui.painter().rect_filled(bar, square, tokens.accent.text);
        } else {
            ui.painter()
                .rect_filled(rect, square, fade(tokens.surface.raised, t));
        }
        let line = Stroke::new(1.0, tokens.line.weak);
        ui.painter()
            .hline(rect.x_range(), rect.bottom().round() - 0.5, line);

        let y = rect.center().y;
        let glyph_at = |glyph: icon::Icon, x: f32, side: f32, color| {
            ui.painter().text(
                pos2(x, y),
                Align2::CENTER_CENTER,
                glyph.text(),
                glyph.font(side),
                color,
            );
        };
        if let Some((glyph, color)) = self.mark(tokens) {
            glyph_at(glyph, rect.left() + 13.0, 12.0, color);
        } else {
            let grip = fade(tokens.text.faint, t);
            glyph_at(icon::DOTS_SIX_VERTICAL, rect.left() + 13.0, 14.0, grip);
        }
        let number = elided(
            ui,
            self.number.to_string(),
            font::small_code(),
            tokens.text.weak,
            60.0,
        );
        let number_right = rect.left() + 24.0 + number.size().x.max(14.0);
        line_text(ui, number_right - number.size().x, y, number);
        let mut x = number_right + 10.0;
        let mut right = rect.right() - 10.0;
        if self.buttons {
            right -= BUTTONS;
        }
        if self.unfit {
            glyph_at(
                icon::WARNING_CIRCLE_FILL,
                right - 6.0,
                15.0,
                tokens.bad.text,
            );
            right -= 20.0;
        }
        if !self.name.is_empty() {
            let room = (right - x).max(0.0);
            let name = elided(ui, self.name, font::body(), tokens.text.strong, room);
            x = line_text(ui, x, y, name) + 10.0;
        }
        let room = right - x;
        if self.preview.is_empty() && self.name.is_empty() {
            let empty = elided(ui, "Empty", font::small(), tokens.text.faint, room);
            line_text(ui, x, y, empty);
        } else if room > 24.0 {
            let job = json_syntax::line_job(self.preview, &font::small_code(), tokens);
            let galley = json_syntax::elided_job(ui, job, room);
            line_text(ui, x, y, galley);
        }
        let inner = Rect::from_min_size(rect.min, rect.size() - Vec2::splat(1.0));
        focus_ring(ui, &response, inner, radius::S);
        response
    }
}
