//! The editor of one message: its form or its text, and what is wrong with it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use egui::{
    Align, Label, Layout, Response, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};
use prost_reflect::MessageDescriptor;
use stubless_core::message::{
    Assist, Diagnostic, Document, FormRow, Path, RowKind, Scope, Step, form_rows, form_rows_with,
    toggle_row,
};
use stubless_core::schema::Schema;

use super::{find::nearest, form, value::BytesMode};
use crate::{
    app::BodyView,
    ui::{
        theme::{Tokens, font, icon},
        widgets::{
            ButtonStyle, CodeEditor, CodeEditorState, EmptyPane, PushButton, elided_prose,
            line_text, prose,
        },
    },
};

/// What of a body is in view: what is open, how bytes are shown, what is half-typed. Keep one for
/// each message that is open; it may be dropped at any time.
#[derive(Debug, Clone, Default)]
pub struct BodyState {
    /// Rows turned the other way than the schema's rule has them.
    toggled: HashSet<Path>,
    /// Grows with every change of `toggled`.
    fold_revision: u64,
    /// What leads to it, and its own row, are opened before the next rows are drawn.
    unfold: Option<Path>,
    /// The field of this name, or what of its place there is, is shown in the next frame.
    wanted: Option<String>,
    pub(super) bytes: HashMap<Path, BytesMode>,
    pub(super) typed: HashMap<Path, Typed>,
    /// Shown and given the keyboard in the next frame.
    pub(super) reveal: Option<Path>,
    /// Gets the keyboard once it is drawn, within so many frames.
    pub(super) awaited: Option<(Path, u8)>,
    /// Byte the text view goes to in the next frame.
    go_to: Option<usize>,
    /// Cursor, folds and the like of the text view.
    editor: CodeEditorState,
    memo: Option<Memo>,
    /// The row that has the keyboard, as of this frame and of the last one.
    focus: [Option<Path>; 2],
    /// The schema's revision in this frame.
    schema_revision: u64,
}

/// A text that does not fit its field yet, and the value it was typed over.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) over: String,
}

/// Rows, each with its name from the root.
type NamedRows = Arc<Vec<(FormRow, String)>>;

/// Gives the comment for a file's name and a descriptor's path in it, empty when there is none.
pub type Comments<'a> = &'a dyn Fn(&str, &[i32]) -> String;

/// Rows as of a revision of the document.
#[derive(Debug, Clone)]
struct Memo {
    key: (u64, u64, u64, String),
    rows: NamedRows,
}

impl BodyState {
    /// Opens what leads to a place and shows it in both views.
    pub fn reveal(&mut self, path: &Path, byte: usize) {
        self.show(path);
        self.go_to = Some(byte);
    }

    /// Opens what leads to a field and shows it in the form; `name` has the names of the proto file with
    /// points between them. Where the text has no such place, what is nearest above it is shown.
    pub fn reveal_field(&mut self, name: String) {
        self.wanted = Some(name);
    }

    /// As [`reveal`](Self::reveal), in the form alone.
    pub(super) fn show(&mut self, path: &Path) {
        self.unfold = Some(path.clone());
        self.reveal = Some(path.clone());
    }

    /// Begins a frame; gives whether the form had the keyboard in the last one.
    pub(super) fn begin_frame(&mut self) -> bool {
        self.focus = [None, self.focus[0].take()];
        self.focus[1].is_some()
    }

    /// Takes note of a widget of a row that has the keyboard.
    pub(super) fn note_focus(&mut self, response: &Response, path: &Path) {
        if response.has_focus() {
            self.focus[0] = Some(path.clone());
        }
    }

    /// Whether a row had the keyboard in the last frame.
    pub(super) fn focus_in(&self, path: &Path) -> bool {
        self.focus[1].as_ref() == Some(path)
    }

    pub(super) fn toggle(&mut self, path: &Path) {
        toggle_row(&mut self.toggled, path);
        self.fold_revision += 1;
    }

    pub(super) fn unfold(&mut self, path: &Path) {
        self.unfold = Some(path.clone());
    }

    /// The rows, made anew only when the text, what is open or the type changed.
    fn rows(
        &mut self,
        document: &Document,
        message: &MessageDescriptor,
        comments: Option<Comments<'_>>,
    ) -> NamedRows {
        if let Some(path) = self.unfold.take() {
            // Opening one head can show the next closed one, so at most once a step.
            for _ in 0..=path.0.len() {
                let rows = self.memoised(document, message, comments);
                let closed = rows
                    .iter()
                    .find(|(row, _)| row.open == Some(false) && path.0.starts_with(&row.path.0));
                let Some((row, _)) = closed else {
                    break;
                };
                let head = row.path.clone();
                self.toggle(&head);
            }
        }
        if let Some(name) = self.wanted.take() {
            // Each turn opens one head on the way: a field's, or an item's.
            for _ in 0..=2 * name.split('.').count() {
                let rows = self.memoised(document, message, comments);
                let Some((row, found)) = nearest(&rows, &name) else {
                    break;
                };
                let path = row.path.clone();
                if row.open == Some(false) && !found {
                    self.toggle(&path);
                } else {
                    self.reveal = Some(path);
                    break;
                }
            }
        }
        self.memoised(document, message, comments)
    }

    fn memoised(
        &mut self,
        document: &Document,
        message: &MessageDescriptor,
        comments: Option<Comments<'_>>,
    ) -> NamedRows {
        let name = message.full_name().to_owned();
        let schema = self.schema_revision;
        let key = (document.revision(), self.fold_revision, schema, name);
        if let Some(memo) = &self.memo
            && memo.key == key
        {
            return Arc::clone(&memo.rows);
        }
        let rows = match comments {
            Some(comments) => form_rows_with(document, message, &self.toggled, comments),
            None => form_rows(document, message, &self.toggled),
        };
        let rows = Arc::new(named(rows));
        self.memo = Some(Memo {
            key,
            rows: Arc::clone(&rows),
        });
        rows
    }
}

/// Adds to each row its name from the root, in the names of the proto file: `order.items[2].price`.
fn named(rows: Vec<FormRow>) -> Vec<(FormRow, String)> {
    let mut above: Vec<String> = Vec::new();
    rows.into_iter()
        .map(|row| {
            above.truncate(row.depth);
            let parent = above.last().map_or("", String::as_str);
            let item = matches!(row.path.0.last(), Some(Step::Index(_)));
            let name = if parent.is_empty() || item {
                format!("{parent}{}", row.label)
            } else {
                format!("{parent}.{}", row.label)
            };
            // A oneof is no level of the message: its arm is named as if it stood beside it.
            let level = match row.kind {
                RowKind::Oneof { .. } => parent.to_owned(),
                _ => name.clone(),
            };
            above.resize(row.depth, String::new());
            above.push(level);
            (row, name)
        })
        .collect()
}

/// The editor of one message.
pub struct BodyEditor<'a> {
    document: &'a mut Document,
    state: &'a mut BodyState,
    message: Option<&'a MessageDescriptor>,
    diagnostics: &'a [Diagnostic],
    comments: Option<Comments<'a>>,
    schema: Option<&'a Schema>,
    scope: Option<&'a Scope>,
}

impl<'a> BodyEditor<'a> {
    /// An editor over a document, with the state kept for it.
    pub fn new(document: &'a mut Document, state: &'a mut BodyState) -> Self {
        Self {
            document,
            state,
            message: None,
            diagnostics: &[],
            comments: None,
            schema: None,
            scope: None,
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
        if let Some(error) = self.document.syntax_error() {
            let at = error.range.start;
            let text = format!(
                "{}. The form comes back once the text is valid.",
                error.message
            );
            let pane = EmptyPane::new(icon::WARNING, "The JSON does not parse", &text);
            let actions = [(icon::BRACKETS_CURLY, "Show it in the JSON")];
            if pane.actions(&actions).show(ui).is_some() {
                *view = BodyView::Json;
                self.state.go_to = Some(at);
            }
            return;
        }
        let rows = self.state.rows(self.document, message, self.comments);
        if rows.is_empty() {
            let name = message.full_name();
            let text = format!("{name} is sent as it is.");
            EmptyPane::new(icon::CHECK_CIRCLE, "This message has no fields", &text).show(ui);
            return;
        }
        form::show(ui, self.document, self.state, &rows, self.diagnostics);
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
                let glyph = icon::CHECK_CIRCLE;
                let (word, color) = if self.message.is_some() {
                    ("Fits the schema", tokens.good.text)
                } else {
                    ("Valid JSON", tokens.text.weak)
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
            if problem_ui(ui, &text, hint.as_deref()).clicked() {
                self.state.reveal(&path, byte);
            }
        });
    }
}

/// A mistake in one line; pressing it goes there.
fn problem_ui(ui: &mut Ui, text: &str, hint: Option<&str>) -> Response {
    let tokens = Tokens::of(ui);
    let room = ui.available_width();
    let galley = elided_prose(ui, text, &font::small(), tokens.bad.text, room - 26.0);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + 26.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Problem: {text}")));
    let glyph = icon::WARNING_CIRCLE;
    ui.painter().text(
        egui::pos2(rect.left() + 10.0, rect.center().y),
        egui::Align2::CENTER_CENTER,
        glyph.text(),
        glyph.font(15.0),
        tokens.bad.text,
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

#[cfg(test)]
mod tests {
    use super::*;
    use stubless_core::message::FieldKind;

    fn row(depth: usize, label: &str, kind: RowKind) -> FormRow {
        FormRow {
            path: if label.starts_with('[') {
                Path::root().index(0)
            } else {
                Path::root().key(label)
            },
            depth,
            label: label.to_owned(),
            type_name: String::new(),
            number: 1,
            comment: String::new(),
            kind,
            present: None,
            value: String::new(),
            has_presence: false,
            required: false,
            new_value: String::new(),
            open: None,
            in_collection: false,
            deprecated: false,
        }
    }

    #[test]
    fn a_row_is_named_from_the_root() {
        let value = || RowKind::Value(FieldKind::String);
        let oneof = RowKind::Oneof {
            arms: Vec::new(),
            chosen: None,
        };
        let rows = vec![
            row(0, "order", value()),
            row(1, "items", value()),
            row(2, "[0]", value()),
            row(3, "price", value()),
            row(1, "payment", oneof),
            row(2, "card", value()),
            row(0, "note", value()),
        ];
        let names: Vec<String> = named(rows).into_iter().map(|(_, name)| name).collect();
        assert_eq!(
            names,
            [
                "order",
                "order.items",
                "order.items[0]",
                "order.items[0].price",
                "order.payment",
                "order.card",
                "note",
            ]
        );
    }
}
