//! The editor of one message: its form or its text, and what is wrong with it.

use egui::{
    Align, Label, Layout, Response, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};
use prost_reflect::MessageDescriptor;
use stubless_core::message::{Assist, Diagnostic, Document, Scope};
use stubless_core::schema::Schema;

use super::{broken, form, rows::Source, special::Around};
use crate::{
    app::BodyView,
    ui::{
        theme::{Tokens, font, icon},
        widgets::{ButtonStyle, CodeEditor, EmptyPane, PushButton, elided_prose, line_text, prose},
    },
};

pub use super::{rows::Comments, state::BodyState};

/// The editor of one message.
pub struct BodyEditor<'a> {
    document: &'a mut Document,
    state: &'a mut BodyState,
    message: Option<&'a MessageDescriptor>,
    diagnostics: &'a [Diagnostic],
    checked: bool,
    comments: Option<Comments<'a>>,
    schema: Option<&'a Schema>,
    scope: Option<&'a Scope>,
    output: Option<&'a MessageDescriptor>,
}

impl<'a> BodyEditor<'a> {
    /// An editor over a document, with the state kept for it.
    pub fn new(document: &'a mut Document, state: &'a mut BodyState) -> Self {
        Self {
            document,
            state,
            message: None,
            diagnostics: &[],
            checked: false,
            comments: None,
            schema: None,
            scope: None,
            output: None,
        }
    }

    /// The schema that has the message: where types for Any and the comments of fields are found.
    #[must_use]
    pub fn schema(mut self, schema: Option<&'a Schema>) -> Self {
        self.schema = schema;
        self
    }

    /// The variables that may stand in the text.
    #[must_use]
    pub fn scope(mut self, scope: &'a Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The type of the response: what a mask of fields to read may be about.
    #[must_use]
    pub fn output(mut self, output: Option<&'a MessageDescriptor>) -> Self {
        self.output = output;
        self
    }

    /// The message's type, when a schema knows it; without it there is only the text.
    #[must_use]
    pub fn message(mut self, message: Option<&'a MessageDescriptor>) -> Self {
        self.message = message;
        self
    }

    /// What does not fit, from [`check`](stubless_core::message::check).
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: &'a [Diagnostic]) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// Whether the diagnostics are all there are: the body fits only if it was looked at. Else, and by
    /// default, the check is said to go on.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// Grows when the type may be another under the same name: its file was changed and read again.
    #[must_use]
    pub fn schema_revision(self, revision: u64) -> Self {
        self.state.schema_revision = revision;
        self
    }

    /// Where the comments of fields come from; shown on hover.
    #[must_use]
    pub fn comments(mut self, comments: Comments<'a>) -> Self {
        self.comments = Some(comments);
        self
    }

    /// Draws it over all the space there is; gives whether the text changed. `view` changes when the
    /// person goes from the form to a mistake that only the text can show.
    pub fn show(mut self, ui: &mut Ui, view: &mut BodyView) -> bool {
        let before = self.document.revision();
        let strip = 30.0;
        let area = ui.available_rect_before_wrap();
        let (top, bottom) = area.split_top_bottom_at_y((area.bottom() - strip).max(area.top()));
        let mut body = ui.new_child(egui::UiBuilder::new().max_rect(top));
        match view {
            BodyView::Json => {
                let go_to = self.state.go_to.take();
                let assist = self.message.zip(self.scope).map(|(message, scope)| Assist {
                    message,
                    schema: self.schema,
                    scope,
                });
                CodeEditor::new(self.document, &mut self.state.editor, "Message JSON")
                    .diagnostics(self.diagnostics)
                    .assist(assist)
                    .go_to(go_to)
                    .show(&mut body);
            }
            BodyView::Form => self.form(&mut body, view),
        }
        let mut foot = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(bottom)
                .layout(Layout::right_to_left(Align::Center)),
        );
        self.foot(&mut foot, *view);
        ui.advance_cursor_after_rect(area);
        self.document.revision() != before
    }

    fn form(&mut self, ui: &mut Ui, view: &mut BodyView) {
        let Some(message) = self.message else {
            let pane = EmptyPane::new(
                icon::TEXTBOX,
                "No form yet",
                "The form appears once the method's schema is known. The JSON can be edited now.",
            );
            let actions = [(icon::BRACKETS_CURLY, "Edit as JSON")];
            if pane.actions(&actions).show(ui).is_some() {
                *view = BodyView::Json;
            }
            return;
        };
        self.state.begin_frame();
        if self.state.has_focus() {
            form::undo_keys(ui, self.document);
        }
        if self.document.syntax_error().is_some() {
            if let Some(byte) = broken::show(ui, self.document, self.state) {
                *view = BodyView::Json;
                self.state.go_to = Some(byte);
            }
            return;
        }
        let of_schema = |file: &str, path: &[i32]| {
            let schema = self.schema;
            schema.map_or_else(String::new, |schema| schema.comment(file, path))
        };
        let comments = self.comments.unwrap_or(&of_schema);
        let types = |name: &str| {
            let own = message.parent_pool().get_message_by_name(name);
            let ready = self.schema.filter(|schema| schema.is_ready(name));
            own.or_else(|| ready?.message(name))
        };
        let schema_revision = self.state.schema_revision;
        self.state.refresh(Source {
            document: self.document,
            message,
            comments,
            types: &types,
            schema_revision,
        });
        if self.state.rows.len() == 0 && !self.state.view.is_filtered() {
            let name = message.full_name();
            let text = format!("{name} is sent as it is.");
            EmptyPane::new(icon::CHECK_CIRCLE, "This message has no fields", &text).show(ui);
            return;
        }
        let around = Around {
            root: message,
            schema: self.schema,
            output: self.output,
        };
        form::show(ui, self.document, self.state, self.diagnostics, &around);
        if let Some(path) = self.state.json_wanted.take() {
            let place = self.document.value(&path);
            let above = (0..path.0.len()).rev().find_map(|len| {
                let above = path.0.iter().take(len).cloned().collect();
                self.document.value(&stubless_core::message::Path(above))
            });
            *view = BodyView::Json;
            self.state.go_to = place.or(above).map(|value| value.range().start);
        }
    }

    /// What is wrong, and where; a button that lays the text out.
    fn foot(&mut self, ui: &mut Ui, view: BodyView) {
        let tokens = Tokens::of(ui);
        if view == BodyView::Json {
            let valid = self.document.syntax_error().is_none();
            let button = PushButton::new("Format")
                .icon(icon::TEXT_ALIGN_LEFT)
                .style(ButtonStyle::Quiet)
                .height(24.0)
                .tooltip("Lay the text out again: one member a line, comments kept");
            if ui.add_enabled(valid, button).clicked() {
                self.document.format();
            }
            let (line, column) = self.state.editor.position();
            let place = RichText::new(format!("Ln {line}, Col {column}")).font(font::small());
            ui.add(Label::new(place.color(tokens.text.faint)));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let first = self
                .document
                .syntax_error()
                .or_else(|| self.diagnostics.first());
            let Some(first) = first else {
                let (glyph, word, color) = match (self.message.is_some(), self.checked) {
                    (true, true) => (icon::CHECK_CIRCLE, "Fits the schema", tokens.good.text),
                    (true, false) => (icon::CLOCK, "Checking…", tokens.text.weak),
                    (false, _) => (icon::CHECK_CIRCLE, "Valid JSON", tokens.text.weak),
                };
                ui.label(glyph.rich(15.0, color));
                ui.add(Label::new(
                    RichText::new(word).font(font::small()).color(color),
                ));
                return;
            };
            let (path, byte) = (first.path.clone(), first.range.start);
            let more = match self.diagnostics.len() {
                0 | 1 => String::new(),
                n => format!("  (1 of {n})"),
            };
            let place = path.to_string();
            let text = if place.is_empty() {
                format!("{}{more}", first.message)
            } else {
                format!("{place}: {}{more}", first.message)
            };
            let hint = first.hint.clone();
            let color = match first.rule {
                Some(_) => tokens.warn.text,
                None => tokens.bad.text,
            };
            if problem_ui(ui, &text, hint.as_deref(), color).clicked() {
                self.state.reveal(&path, byte);
            }
        });
    }
}

/// A mistake in one line; pressing it goes there.
fn problem_ui(ui: &mut Ui, text: &str, hint: Option<&str>, color: egui::Color32) -> Response {
    let room = ui.available_width();
    let galley = elided_prose(ui, text, &font::small(), color, room - 26.0);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + 26.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Problem: {text}")));
    let glyph = icon::WARNING_CIRCLE;
    ui.painter().text(
        egui::pos2(rect.left() + 10.0, rect.center().y),
        egui::Align2::CENTER_CENTER,
        glyph.text(),
        glyph.font(15.0),
        color,
    );
    line_text(ui, rect.left() + 22.0, rect.center().y, galley);
    crate::ui::widgets::focus_ring(ui, &response, rect, 4);
    response.on_hover_ui(|ui| {
        prose(ui, text);
        if let Some(hint) = hint {
            prose(ui, hint);
        }
    })
}
