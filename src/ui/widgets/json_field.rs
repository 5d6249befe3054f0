//! A few lines of JSON inside a form.

use egui::{
    CornerRadius, Frame, Id, Margin, Response, ScrollArea, Sense, Stroke, StrokeKind, TextBuffer,
    TextEdit, Ui, UiBuilder, vec2,
};

use super::json_syntax;
use crate::ui::theme::{Tokens, font, radius};

/// A framed field of several lines with colours; longer text scrolls inside it.
pub struct JsonField<'a> {
    text: &'a mut dyn TextBuffer,
    name: &'a str,
    height: f32,
    error: bool,
    id: Option<Id>,
}

impl<'a> JsonField<'a> {
    /// A field with a name for screen readers.
    pub fn new(text: &'a mut dyn TextBuffer, name: &'a str) -> Self {
        Self {
            text,
            name,
            height: 76.0,
            error: false,
            id: None,
        }
    }

    /// Height in points.
    #[must_use]
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// The text does not fit.
    #[must_use]
    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    /// An id of its own, to give it the keyboard from elsewhere.
    #[must_use]
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Draws it over the whole width; the response is the text's own.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let size = vec2(ui.available_width(), self.height);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let id = self
            .id
            .unwrap_or_else(|| ui.make_persistent_id(("json-field", self.name)));
        let line = if ui.memory(|memory| memory.has_focus(id)) {
            Stroke::new(1.5, tokens.line.focus)
        } else if self.error {
            Stroke::new(1.0, tokens.bad.text)
        } else {
            Stroke::new(1.0, tokens.line.strong)
        };
        ui.painter().rect(
            rect,
            CornerRadius::same(radius::M),
            tokens.surface.well,
            line,
            StrokeKind::Inside,
        );
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink(1.5)));
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, width: f32| {
            json_syntax::text_galley(ui, text.as_str(), width)
        };
        ScrollArea::vertical()
            .id_salt(id)
            .auto_shrink(false)
            .show(&mut child, |ui| {
                TextEdit::multiline(self.text)
                    .id(id)
                    .font(font::code())
                    .frame(Frame::NONE.inner_margin(Margin::symmetric(9, 6)))
                    .desired_width(f32::INFINITY)
                    .desired_rows(1)
                    .min_size(ui.available_size())
                    .layouter(&mut layouter)
                    .show(ui)
                    .response
                    .response
                    .accessible_name(self.name)
            })
            .inner
    }
}
