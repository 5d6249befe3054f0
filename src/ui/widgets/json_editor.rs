//! Edits the text of a [`Document`]: colours, line numbers, marks under what does not fit.
//!
//! The document owns the text and its history: every key press is a span replaced in it, and undo is
//! the document's. egui's text field costs more with every byte, so texts over
//! [`MAX_EDITABLE_BYTES`] are shown in the read-only viewer, which says so and, up to a size, offers to
//! edit them all the same.

use std::{ops::Range, sync::Arc};

use egui::{
    Align2, CornerRadius, Frame, Galley, Id, Key, KeyboardShortcut, Label, Margin, Modifiers,
    Response, RichText, ScrollArea, Stroke, StrokeKind, TextBuffer, TextEdit, Ui, UiBuilder,
    accesskit::Role,
    pos2,
    text::{ByteIndex, CCursor, CCursorRange, CharIndex, LayoutJob, TextFormat},
    text_edit::TextEditState,
};
use stubless_core::message::{Diagnostic, Document};

use super::{PushButton, TextLines, TextViewer, json_syntax};
use crate::ui::theme::{Tokens, font, radius, size, space};

/// Texts up to this are edited; larger ones are only shown.
pub const MAX_EDITABLE_BYTES: usize = 256 * 1024;

/// Texts up to this are edited where the person insists; a key then takes up to a tenth of a second.
const MAX_SLOW_BYTES: usize = 2 * 1024 * 1024;

/// Texts up to this have colours while they are edited.
const MAX_COLOURED_BYTES: usize = 100 * 1024;

/// Marks that are drawn: a text of another type has a mistake in every line.
const MAX_MARKS: usize = 100;

const UNDO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Z);
const REDO: KeyboardShortcut =
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
const REDO_Y: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Y);

/// An editor over a document.
#[derive(Debug)]
pub struct JsonEditor<'a> {
    document: &'a mut Document,
    diagnostics: &'a [Diagnostic],
    name: &'a str,
    go_to: Option<usize>,
}

impl<'a> JsonEditor<'a> {
    /// An editor with a name for screen readers.
    pub fn new(document: &'a mut Document, name: &'a str) -> Self {
        Self {
            document,
            diagnostics: &[],
            name,
            go_to: None,
        }
    }

    /// What does not fit.
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: &'a [Diagnostic]) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// Puts the cursor at a byte of the text and gives it the keyboard.
    #[must_use]
    pub fn go_to(mut self, byte: Option<usize>) -> Self {
        self.go_to = byte;
        self
    }

    /// Draws it over all the space there is; gives whether the text changed.
    pub fn show(mut self, ui: &mut Ui) -> bool {
        let large = self.document.text().len() > MAX_EDITABLE_BYTES;
        if large && !self.edited_anyway(ui) {
            self.too_large(ui);
            return false;
        }
        let tokens = Tokens::of(ui);
        let id = ui.make_persistent_id(("json-editor", self.name));
        let before = self.document.revision();
        let focused = ui.memory(|memory| memory.has_focus(id));
        if focused {
            self.undo_keys(ui, id);
        }
        if let Some(byte) = self.go_to {
            put_cursor(ui, id, self.document.text(), byte..byte);
            ui.memory_mut(|memory| memory.request_focus(id));
        }

        let outer = ui.available_rect_before_wrap();
        let line = if focused {
            Stroke::new(1.0, tokens.line.focus)
        } else {
            Stroke::new(1.0, tokens.line.weak)
        };
        ui.painter().rect(
            outer,
            CornerRadius::same(radius::L),
            tokens.surface.well,
            line,
            StrokeKind::Inside,
        );
        let mut child = ui.new_child(UiBuilder::new().max_rect(outer.shrink(1.0)));
        ScrollArea::vertical()
            .id_salt(id)
            .auto_shrink(false)
            .show(&mut child, |ui| self.edit_ui(ui, id));
        ui.advance_cursor_after_rect(outer);
        self.document.revision() != before
    }

    fn edit_ui(&mut self, ui: &mut Ui, id: Id) {
        let tokens = Tokens::of(ui);
        let lines = self.document.text().bytes().filter(|b| *b == b'\n').count() + 1;
        let digits = lines.checked_ilog10().unwrap_or(0) + 1;
        let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&font::code(), '0'));
        let gutter = glyph * digits.max(2) as f32 + 28.0;
        let marks: Vec<Range<usize>> = self
            .document
            .syntax_error()
            .into_iter()
            .chain(self.diagnostics)
            .take(MAX_MARKS)
            .map(|d| widened(&d.range, self.document.text()))
            .collect();
        let mut layouter =
            |ui: &Ui, text: &dyn TextBuffer, width: f32| layout(ui, text.as_str(), &marks, width);
        let mut buffer = Buffer {
            document: self.document,
            deleted: None,
        };
        let margin = Margin {
            left: gutter as i8,
            right: 12,
            top: 8,
            bottom: 8,
        };
        let edit = TextEdit::multiline(&mut buffer)
            .id(id)
            .font(font::code())
            .frame(Frame::NONE.inner_margin(margin))
            .desired_width(f32::INFINITY)
            .min_size(ui.available_size())
            .lock_focus(true)
            .layouter(&mut layouter);
        let mut output = edit.show(ui);
        // The document keeps the history; egui would keep up to a hundred copies of the text.
        output.state.clear_undoer();
        output.state.store(ui.ctx(), id);
        let response = output.response.response.accessible_name(self.name);
        ui.ctx()
            .accesskit_node_builder(id, |node| node.set_role(Role::MultilineTextInput));
        numbers(ui, &output.galley, output.galley_pos, gutter, tokens);
        self.hover(&response, &output.galley, output.galley_pos);
    }

    fn undo_keys(&mut self, ui: &Ui, id: Id) {
        let redo = ui.input_mut(|i| i.consume_shortcut(&REDO) || i.consume_shortcut(&REDO_Y));
        let undo = !redo && ui.input_mut(|i| i.consume_shortcut(&UNDO));
        let old = self.document.text().to_owned();
        let changed = (redo && self.document.redo()) || (undo && self.document.undo());
        if changed {
            let place = difference(&old, self.document.text());
            put_cursor(ui, id, self.document.text(), place);
        }
    }

    fn hover(&self, response: &Response, galley: &Galley, galley_pos: egui::Pos2) {
        let Some(pos) = response.hover_pos() else {
            return;
        };
        let text = self.document.text();
        let cursor = galley.cursor_from_pos(pos - galley_pos);
        let byte = byte_of(text, cursor.index.0);
        let found = self
            .document
            .syntax_error()
            .into_iter()
            .chain(self.diagnostics)
            .find(|d| {
                let range = widened(&d.range, text);
                range.start <= byte && byte <= range.end
            });
        if let Some(diagnostic) = found {
            response
                .clone()
                .on_hover_ui_at_pointer(|ui| diagnostic_ui(ui, diagnostic));
        }
    }

    /// Whether the person chose to edit a large text all the same.
    fn edited_anyway(&self, ui: &Ui) -> bool {
        let id = ui.make_persistent_id(("json-editor-anyway", self.name));
        self.document.text().len() <= MAX_SLOW_BYTES
            && ui.data(|data| data.get_temp(id)).unwrap_or(false)
    }

    fn too_large(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let size = self.document.text().len();
        let mut text = format!(
            "This message is {} KiB of text, shown read-only.",
            size / 1024
        );
        if let Some(error) = self.document.syntax_error() {
            let (line, column) = self.document.line_column(error.range.start);
            let place = format!(" Line {line}, column {column}: {}.", error.message);
            text.push_str(&place);
        }
        if size <= MAX_SLOW_BYTES {
            let id = ui.make_persistent_id(("json-editor-anyway", self.name));
            ui.horizontal_wrapped(|ui| {
                ui.add(Label::new(RichText::new(text).color(tokens.warn.text)).wrap());
                if ui.add(PushButton::new("Edit anyway, slowly")).clicked() {
                    ui.data_mut(|data| data.insert_temp(id, true));
                }
            });
        } else {
            text.push_str(" Edit it in its file, or in the form.");
            ui.add(Label::new(RichText::new(text).color(tokens.warn.text)).wrap());
        }
        ui.add_space(space::XS);
        let key = Id::unique(("json-editor-lines", self.name));
        let revision = self.document.revision();
        let known: Option<(u64, TextLines)> = ui.data(|data| data.get_temp(key));
        let lines = match known {
            Some((at, lines)) if at == revision => lines,
            _ => {
                let lines = TextLines::new(self.document.text());
                ui.data_mut(|data| data.insert_temp(key, (revision, lines.clone())));
                lines
            }
        };
        TextViewer::new(&lines, self.name).show(ui);
    }
}

/// What is wrong and what to try, for tooltips and lists.
fn diagnostic_ui(ui: &mut Ui, diagnostic: &Diagnostic) {
    let tokens = Tokens::of(ui);
    let path = diagnostic.path.to_string();
    if !path.is_empty() {
        ui.label(
            RichText::new(path)
                .font(font::small_code())
                .color(tokens.text.weak),
        );
    }
    ui.label(RichText::new(&diagnostic.message).color(tokens.bad.text));
    if let Some(hint) = &diagnostic.hint {
        ui.label(RichText::new(hint).color(tokens.text.normal));
    }
}

/// An empty range would not show: it takes the character at its place, or the one before the end.
fn widened(range: &Range<usize>, text: &str) -> Range<usize> {
    if range.start < range.end {
        return range.clone();
    }
    let after = text
        .get(range.start..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| *c != '\n');
    match after {
        Some(c) => range.start..range.start + c.len_utf8(),
        None => range.start.saturating_sub(1)..range.start,
    }
}

pub(super) fn layout(ui: &Ui, text: &str, marks: &[Range<usize>], width: f32) -> Arc<Galley> {
    let tokens = Tokens::of(ui);
    let mut job = LayoutJob {
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    job.wrap.max_width = width;
    let plain = TextFormat {
        line_height: Some(size::CODE_LINE),
        ..TextFormat::simple(font::code(), tokens.text.normal)
    };
    if text.len() > MAX_COLOURED_BYTES {
        job.append(text, 0.0, plain);
        return ui.fonts_mut(|fonts| fonts.layout_job(job));
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let inside: Vec<Range<usize>> = marks
            .iter()
            .filter(|m| m.start < at + line.len() && m.end > at)
            .map(|m| m.start.saturating_sub(at)..m.end.saturating_sub(at).min(content.len()))
            .collect();
        json_syntax::append_line(
            &mut job,
            content,
            &font::code(),
            Some(size::CODE_LINE),
            tokens,
            &inside,
        );
        if content.len() < line.len() {
            job.append("\n", 0.0, plain.clone());
        }
        at += line.len();
    }
    if job.sections.is_empty() {
        job.append("", 0.0, plain);
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Line numbers at the rows that begin a line; wrapped rows have none.
fn numbers(ui: &Ui, galley: &Galley, galley_pos: egui::Pos2, gutter: f32, tokens: &Tokens) {
    let clip = ui.clip_rect();
    let mut number = 1;
    let mut begins = true;
    for row in &galley.rows {
        let top = galley_pos.y + row.pos.y;
        let middle = top + size::CODE_LINE / 2.0;
        if begins && clip.y_range().contains(middle) {
            let x = galley_pos.x - gutter + (gutter - 16.0);
            ui.painter().text(
                pos2(x, middle),
                Align2::RIGHT_CENTER,
                number,
                font::small_code(),
                tokens.text.faint,
            );
        }
        begins = row.ends_with_newline;
        if begins {
            number += 1;
        }
    }
}

fn byte_of(text: &str, char_index: usize) -> usize {
    text.char_indices()
        .nth(char_index)
        .map_or(text.len(), |(at, _)| at)
}

fn char_of(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count()
}

/// Selects a range of bytes.
fn put_cursor(ui: &Ui, id: Id, text: &str, range: Range<usize>) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let cursor = |byte| CCursor::new(char_of(text, byte));
    state.cursor.set_char_range(Some(CCursorRange::two(
        cursor(range.start),
        cursor(range.end),
    )));
    state.store(ui.ctx(), id);
}

/// The place in the new text where it begins to differ from the old one.
fn difference(old: &str, new: &str) -> Range<usize> {
    let from = old
        .char_indices()
        .zip(new.chars())
        .find(|((_, a), b)| a != b)
        .map_or(old.len().min(new.len()), |((at, _), _)| at);
    let tail: usize = old
        .get(from..)
        .unwrap_or_default()
        .chars()
        .rev()
        .zip(new.get(from..).unwrap_or_default().chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let end = new.len().saturating_sub(tail).max(from);
    end..end
}

/// The document as egui's text field wants it.
struct Buffer<'d> {
    document: &'d mut Document,
    /// Where a selection was taken out in this frame: what comes in its place belongs to that edit.
    deleted: Option<usize>,
}

impl Buffer<'_> {
    fn byte(&self, index: CharIndex) -> usize {
        byte_of(self.document.text(), index.0)
    }

    /// What a new line begins with: the indent of this one, and one step more after a bracket.
    fn indent_at(&self, byte: usize) -> String {
        let before = self.document.text().get(..byte).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let space: usize = line.bytes().take_while(|b| *b == b' ').count();
        let deeper = before.trim_end_matches(' ').ends_with(['{', '[']);
        " ".repeat(space + if deeper { 2 } else { 0 })
    }
}

impl TextBuffer for Buffer<'_> {
    fn is_mutable(&self) -> bool {
        true
    }

    fn as_str(&self) -> &str {
        self.document.text()
    }

    fn insert_text(&mut self, text: &str, char_index: CharIndex) -> usize {
        let at = self.byte(char_index);
        let text = match text {
            "\n" => format!("\n{}", self.indent_at(at)),
            "\t" => "  ".to_owned(),
            other => other.replace("\r\n", "\n"),
        };
        if self.deleted.take() == Some(at) {
            self.document.replace_joined(at..at, &text);
        } else {
            self.document.replace(at..at, &text);
        }
        text.chars().count()
    }

    fn delete_char_range(&mut self, char_range: Range<CharIndex>) {
        let range = self.byte(char_range.start)..self.byte(char_range.end);
        self.deleted = (!range.is_empty()).then_some(range.start);
        self.document.replace(range, "");
    }

    fn replace_with(&mut self, text: &str) {
        self.document.set_text(text);
    }

    fn decrease_indentation(&mut self, ccursor: &mut CCursor) {
        let byte = self.byte(ccursor.index);
        let before = self.document.text().get(..byte).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.document.text().get(start..).unwrap_or_default();
        let spaces = rest.bytes().take(2).take_while(|b| *b == b' ').count();
        self.document.replace(start..start + spaces, "");
        let back = spaces.min(byte - start);
        *ccursor -= back;
    }

    fn byte_index_from_char_index(&self, char_index: CharIndex) -> ByteIndex {
        ByteIndex(self.byte(char_index))
    }

    fn type_id(&self) -> std::any::TypeId {
        std::any::TypeId::of::<Buffer<'static>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_puts_the_cursor_where_the_text_changed() {
        for (name, old, new, at) in [
            ("insert", "ab", "axb", 2),
            ("delete", "axb", "ab", 1),
            ("same", "ab", "ab", 2),
            ("accents", "äb", "äöb", 4),
            ("repeat", "aa", "aaa", 3),
        ] {
            assert_eq!(difference(old, new).start, at, "{name}");
        }
    }

    #[test]
    fn an_empty_mark_takes_a_character() {
        for (name, text, range, expected) in [
            ("inside", "abc", 1..1, 1..2),
            ("at the end", "abc", 3..3, 2..3),
            ("before a line's end", "a\nb", 1..1, 0..1),
            ("nothing there", "", 0..0, 0..0),
            ("a real range stays", "abc", 0..2, 0..2),
        ] {
            assert_eq!(widened(&range, text), expected, "{name}");
        }
    }
}
