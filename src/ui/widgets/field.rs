//! A text field of one line: framed, named, with an icon, a clear button and an error state if wanted.

use egui::{
    Align2, CornerRadius, Frame, Id, Margin, Rect, Response, RichText, Sense, Stroke, StrokeKind,
    TextBuffer, TextEdit, Ui, UiBuilder, pos2, text::CCursorRange, vec2,
};

use super::{IconButton, escape::keep_escape_from, json_syntax};
use crate::ui::theme::{Icon, Tokens, font, icon, radius, size};

/// A field. Nothing is parsed here: the text is the value.
pub struct TextField<'a> {
    text: &'a mut dyn TextBuffer,
    name: &'a str,
    hint: &'a str,
    icon: Option<Icon>,
    code: bool,
    error: bool,
    framed: bool,
    clearable: bool,
    secret: bool,
    select_all: bool,
    width: Option<f32>,
    height: f32,
    id: Option<Id>,
}

impl<'a> TextField<'a> {
    /// A field with a name for screen readers.
    pub fn new(text: &'a mut dyn TextBuffer, name: &'a str) -> Self {
        Self {
            text,
            name,
            hint: "",
            icon: None,
            code: false,
            error: false,
            framed: true,
            clearable: false,
            secret: false,
            select_all: false,
            width: None,
            height: size::CONTROL,
            id: None,
        }
    }

    /// A field that filters a list: its name is its hint, Escape and a button clear it.
    pub fn search(text: &'a mut dyn TextBuffer, name: &'a str) -> Self {
        Self {
            hint: name,
            icon: Some(icon::MAGNIFYING_GLASS),
            clearable: true,
            ..Self::new(text, name)
        }
    }

    /// Shown while it is empty.
    #[must_use]
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// An icon inside, at the left.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Monospace, for values.
    #[must_use]
    pub fn code(mut self) -> Self {
        self.code = true;
        self
    }

    /// The value does not fit.
    #[must_use]
    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    /// Without fill and line, for cells of a table.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.framed = false;
        self
    }

    /// Shown as dots.
    #[must_use]
    pub fn secret(mut self, secret: bool) -> Self {
        self.secret = secret;
        self
    }

    /// Selects the text when the keyboard comes, so that typing replaces it: for numbers.
    #[must_use]
    pub fn select_all(mut self, select_all: bool) -> Self {
        self.select_all = select_all;
        self
    }

    /// Width in points; else all there is.
    #[must_use]
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Height in points.
    #[must_use]
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// An id of its own, to give it the keyboard from elsewhere.
    #[must_use]
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Draws it; the response is the text's own.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let width = self.width.unwrap_or_else(|| ui.available_width()).max(24.0);
        let (rect, _) = ui.allocate_exact_size(vec2(width, self.height), Sense::hover());
        let id = self
            .id
            .unwrap_or_else(|| ui.make_persistent_id(("field", self.name, ui.next_auto_id())));
        ui.skip_ahead_auto_ids(1);
        let focused = ui.memory(|memory| memory.has_focus(id));
        self.paint_frame(ui, rect, focused);

        let clear = self.clearable && !self.text.as_str().is_empty();
        let font_id = if self.code {
            font::code()
        } else {
            font::body()
        };
        let row = ui.fonts_mut(|fonts| fonts.row_height(&font_id));
        let top = ((self.height - row) / 2.0).floor().max(0.0) as i8;
        let left = if self.icon.is_some() { 30 } else { 9 };
        let right = if clear { 26 } else { 8 };
        if let Some(icon) = self.icon {
            ui.painter().text(
                pos2(rect.left() + 16.0, rect.center().y),
                Align2::CENTER_CENTER,
                icon.text(),
                icon.font(15.0),
                tokens.text.faint,
            );
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
        child.set_clip_rect(rect.intersect(ui.clip_rect()));
        let margin = Margin {
            left,
            right,
            top,
            bottom: top,
        };
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _width: f32| {
            let job = json_syntax::value_job(text.as_str(), &font::code(), tokens);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let mut edit = TextEdit::singleline(self.text)
            .id(id)
            .font(font_id.clone())
            .frame(Frame::NONE.inner_margin(margin))
            .desired_width(f32::INFINITY)
            .password(self.secret)
            .text_color(tokens.text.strong)
            .hint_text(
                RichText::new(self.hint)
                    .font(font_id)
                    .color(tokens.text.faint),
            );
        if self.code && !self.secret {
            edit = edit.layouter(&mut layouter);
        }
        let (mut output, text) = edit.show_returning_text(&mut child);
        let mut response = output.response.response.accessible_name(self.name);
        if self.select_all && response.gained_focus() {
            let all = CCursorRange::select_all(&output.galley);
            output.state.cursor.set_char_range(Some(all));
            output.state.store(ui.ctx(), id);
        }
        // Escape leaves it, and clears it.
        if self.clearable && response.has_focus() {
            keep_escape_from(ui.ctx());
        }
        if clear {
            let place = Rect::from_center_size(
                pos2(rect.right() - 14.0, rect.center().y),
                vec2(20.0, 20.0),
            );
            let name = format!("Clear: {}", self.name);
            let button = child.place(place, IconButton::new(icon::X, &name).side(20.0));
            // egui takes the keyboard away on Escape before the field is drawn.
            let escape = response.lost_focus() && child.input(|i| i.key_pressed(egui::Key::Escape));
            if button.clicked() || escape {
                text.clear();
                response.mark_changed();
            }
        }
        response
    }

    fn paint_frame(&self, ui: &Ui, rect: Rect, focused: bool) {
        let tokens = Tokens::of(ui);
        let (width, color) = if focused {
            (1.5, tokens.line.focus)
        } else if self.error {
            (1.0, tokens.bad.text)
        } else {
            (1.0, tokens.line.strong)
        };
        if self.framed {
            ui.painter().rect(
                rect,
                CornerRadius::same(radius::M),
                tokens.surface.well,
                Stroke::new(width, color),
                StrokeKind::Inside,
            );
        } else if focused || self.error {
            ui.painter().rect_stroke(
                rect.shrink(1.0),
                CornerRadius::same(radius::S),
                Stroke::new(width, color),
                StrokeKind::Inside,
            );
        }
    }
}
