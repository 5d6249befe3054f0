//! Shows a text of any size, read-only: line numbers, colours of JSON, selection and copy.
//!
//! Only visible lines are laid out, so a frame costs the same at 1 KiB and at 16 MiB. Lines over
//! 4 KiB are cut in the display; copying gives the whole.

use std::{ops::Range, sync::Arc};

use egui::{
    Align2, CornerRadius, CursorIcon, Event, Galley, Id, Key, Pos2, Rect, Response, ScrollArea,
    Sense, Ui, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{CCursor, CharIndex, LayoutJob, TextFormat},
    vec2,
};

use stubless_core::schema::{ProtoSpan, ProtoToken};

use super::{TextLines, focus_ring, json_syntax, text_lines::SHOWN_LINE_BYTES};
use crate::ui::theme::{Tokens, font, radius, size};

/// Characters of the text that a screen reader gets; it would otherwise be handed 16 MiB a frame.
const SPOKEN_CHARS: usize = 4000;

/// A viewer over lines that were indexed before.
#[derive(Debug)]
pub struct TextViewer<'a> {
    lines: &'a TextLines,
    name: &'a str,
    json: bool,
    numbers: bool,
    height: Option<f32>,
    id_salt: Id,
    spans: Option<&'a [ProtoSpan]>,
    marked_line: Option<usize>,
    reveal: bool,
}

/// Bytes of the text: where the selection began and where it is now.
#[derive(Debug, Clone, Copy, Default)]
struct Selection {
    anchor: usize,
    head: usize,
}

impl Selection {
    fn range(self) -> Range<usize> {
        self.anchor.min(self.head)..self.anchor.max(self.head)
    }
}

impl<'a> TextViewer<'a> {
    /// A viewer with a name for screen readers.
    pub fn new(lines: &'a TextLines, name: &'a str) -> Self {
        Self {
            lines,
            name,
            json: true,
            numbers: true,
            height: None,
            id_salt: Id::unique(name),
            spans: None,
            marked_line: None,
            reveal: false,
        }
    }

    /// In the colours of a proto file, names of types as links; see [`Self::show_linked`].
    #[must_use]
    pub fn proto(mut self, spans: &'a [ProtoSpan]) -> Self {
        self.spans = Some(spans);
        self
    }

    /// Marks a line (from 0), and scrolls to it in this frame if `reveal`.
    #[must_use]
    pub fn line(mut self, line: Option<usize>, reveal: bool) -> Self {
        self.marked_line = line;
        self.reveal = reveal;
        self
    }

    /// Without colours.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.json = false;
        self
    }

    /// Without line numbers.
    #[must_use]
    pub fn without_numbers(mut self) -> Self {
        self.numbers = false;
        self
    }

    /// Height in points; else all there is.
    #[must_use]
    pub fn height(mut self, height: f32) -> Self {
        self.height = Some(height);
        self
    }

    /// Tells viewers of one name apart: scroll and selection are kept for each.
    #[must_use]
    pub fn id_salt(mut self, salt: impl std::hash::Hash + std::fmt::Debug) -> Self {
        self.id_salt = Id::unique(salt);
        self
    }

    /// Height that shows `lines` lines whole, in points.
    pub fn height_of(lines: usize) -> f32 {
        lines as f32 * size::CODE_LINE + 16.0
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        self.draw(ui).0
    }

    /// Draws it; gives the full name of the type whose name was pressed.
    pub fn show_linked(self, ui: &mut Ui) -> Option<String> {
        let (response, under) = self.draw(ui);
        under.filter(|_| response.clicked())
    }

    /// Gives the type under the pointer, too.
    fn draw(&self, ui: &mut Ui) -> (Response, Option<String>) {
        let id = ui.make_persistent_id(("text-viewer", self.id_salt));
        let height = self.height.unwrap_or_else(|| ui.available_height());
        let outer = ui.available_rect_before_wrap();
        let outer = Rect::from_min_size(outer.min, vec2(outer.width(), height.max(24.0)));
        let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&font::code(), '0'));
        let gutter = self.gutter(glyph);
        let content = vec2(
            gutter + glyph * self.lines.longest().min(SHOWN_LINE_BYTES + 40) as f32 + 24.0,
            Self::height_of(self.lines.len()),
        );
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(outer));
        let mut scroll = ScrollArea::both()
            .id_salt(id)
            .max_height(outer.height())
            .auto_shrink(false);
        if let Some(line) = self.marked_line.filter(|_| self.reveal) {
            // A few lines before it: its comment.
            let top = Self::height_of(line.saturating_sub(4)) - 8.0;
            scroll = scroll.vertical_scroll_offset(top.max(0.0));
        }
        let (response, under) = scroll
            .show_viewport(&mut child, |ui, viewport| {
                self.content(ui, viewport, content, gutter, id)
            })
            .inner;
        ui.advance_cursor_after_rect(outer);
        focus_ring(ui, &response, outer, radius::M);
        (response, under)
    }

    fn gutter(&self, glyph: f32) -> f32 {
        if !self.numbers {
            return 12.0;
        }
        let digits = self.lines.len().checked_ilog10().unwrap_or(0) + 1;
        glyph * digits.max(2) as f32 + 28.0
    }

    fn content(
        &self,
        ui: &mut Ui,
        viewport: Rect,
        content: egui::Vec2,
        gutter: f32,
        id: Id,
    ) -> (Response, Option<String>) {
        let tokens = Tokens::of(ui);
        ui.set_min_size(content.max(viewport.size()));
        let origin = ui.min_rect().min;
        let visible = viewport.translate(origin.to_vec2());
        let response = ui
            .interact(visible, id, Sense::click_and_drag())
            .on_hover_cursor(CursorIcon::Text);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Document, true, self.name);
            info.current_text_value = Some(self.lines.text().chars().take(SPOKEN_CHARS).collect());
            info
        });

        let first = ((viewport.top() - 8.0) / size::CODE_LINE).floor().max(0.0) as usize;
        let count = (viewport.height() / size::CODE_LINE).ceil() as usize + 2;
        let last = first.saturating_add(count).min(self.lines.len());
        let galleys: Vec<Arc<Galley>> = (first..last).map(|n| self.galley(ui, n)).collect();

        // 0 is a stable place, so a text that grows keeps its selection.
        let mut selection: Selection = ui.data(|data| data.get_temp(id).unwrap_or_default());
        self.select(ui, &response, &mut selection, |pos| {
            let row = ((pos.y - origin.y - 8.0) / size::CODE_LINE).floor();
            let line = (row.max(0.0) as usize).min(self.lines.len().saturating_sub(1));
            let galley = match line.checked_sub(first).and_then(|i| galleys.get(i)) {
                Some(galley) => Arc::clone(galley),
                None => self.galley(ui, line),
            };
            let x = pos.x - origin.x - gutter;
            let cursor = galley.cursor_from_pos(vec2(x.max(0.0), 1.0));
            let (shown, _) = self.lines.shown(line);
            let byte = shown
                .char_indices()
                .nth(cursor.index.0)
                .map_or(shown.len(), |(at, _)| at);
            self.lines.start(line) + byte
        });
        ui.data_mut(|data| data.insert_temp(id, selection));

        let under = response.hover_pos().and_then(|pos| {
            let row = ((pos.y - origin.y - 8.0) / size::CODE_LINE).floor();
            let line = (row >= 0.0).then_some(row as usize)?;
            let galley = galleys.get(line.checked_sub(first)?)?;
            self.type_at(line, galley, pos.x - origin.x - gutter)
        });
        let under = under.map(str::to_owned);
        let response = match &under {
            Some(full) => response
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text_at_pointer(full),
            None => response,
        };

        let selected = selection.range();
        for (line, galley) in (first..last).zip(galleys) {
            let top = origin.y + 8.0 + line as f32 * size::CODE_LINE;
            let y = top + size::CODE_LINE / 2.0;
            if self.marked_line == Some(line) {
                let left = origin.x + gutter - 6.0;
                let band = Rect::from_min_max(
                    pos2(left, top),
                    pos2(visible.right().max(left), top + size::CODE_LINE),
                );
                let corner = CornerRadius::same(radius::S);
                ui.painter().rect_filled(band, corner, tokens.accent.soft);
            }
            self.paint_selection(ui, line, &galley, pos2(origin.x + gutter, top), &selected);
            if self.numbers {
                ui.painter().text(
                    pos2(origin.x + gutter - 14.0, y),
                    Align2::RIGHT_CENTER,
                    line + 1,
                    font::small_code(),
                    tokens.text.faint,
                );
            }
            super::line_text(ui, origin.x + gutter, y, galley);
        }
        (response, under)
    }

    /// The type whose name stands in a line at `x`.
    fn type_at(&self, line: usize, galley: &Galley, x: f32) -> Option<&'a str> {
        if x < 0.0 || x > galley.size().x {
            return None;
        }
        let cursor = galley.cursor_from_pos(vec2(x, 1.0));
        let (shown, _) = self.lines.shown(line);
        let (byte, _) = shown.char_indices().nth(cursor.index.0)?;
        let byte = self.lines.start(line) + byte;
        let spans = self.spans?;
        let span = spans.get(spans.partition_point(|span| span.range.end <= byte))?;
        match &span.token {
            ProtoToken::Type(full) if span.range.contains(&byte) => Some(full),
            _ => None,
        }
    }

    /// A line of proto source, a section for each span.
    fn proto_job(
        &self,
        line: usize,
        shown: &str,
        spans: &[ProtoSpan],
        tokens: &Tokens,
    ) -> LayoutJob {
        let format = |color| TextFormat::simple(font::code(), color);
        let from = self.lines.start(line);
        let mut job = LayoutJob::default();
        let mut at = 0;
        let next = spans.partition_point(|span| span.range.end <= from);
        for span in spans.get(next..).unwrap_or_default() {
            let start = span.range.start.saturating_sub(from).max(at);
            let end = (span.range.end - from).min(shown.len());
            if start >= shown.len() {
                break;
            }
            let (Some(before), Some(part)) = (shown.get(at..start), shown.get(start..end)) else {
                break;
            };
            job.append(before, 0.0, format(tokens.text.normal));
            let color = match &span.token {
                ProtoToken::Comment => tokens.syntax.comment,
                ProtoToken::String => tokens.syntax.string,
                ProtoToken::Keyword => tokens.syntax.keyword,
                ProtoToken::Number => tokens.syntax.number,
                ProtoToken::Type(_) => tokens.accent.text,
            };
            job.append(part, 0.0, format(color));
            at = end;
        }
        let rest = shown.get(at..).unwrap_or_default();
        job.append(rest, 0.0, format(tokens.text.normal));
        job
    }

    fn galley(&self, ui: &Ui, line: usize) -> Arc<Galley> {
        let tokens = Tokens::of(ui);
        let (shown, rest) = self.lines.shown(line);
        let mut job = if let Some(spans) = self.spans {
            self.proto_job(line, shown, spans, tokens)
        } else if self.json {
            json_syntax::line_job(shown, &font::code(), tokens)
        } else {
            let format = TextFormat::simple(font::code(), tokens.text.normal);
            LayoutJob::single_section(shown.to_owned(), format)
        };
        job.break_on_newline = false;
        if rest > 0 {
            let format = TextFormat::simple(font::small_code(), tokens.text.faint);
            job.append(&format!("  … {rest} more bytes in this line"), 0.0, format);
        }
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    }

    /// Mouse and keyboard.
    fn select(
        &self,
        ui: &Ui,
        response: &Response,
        selection: &mut Selection,
        byte_at: impl Fn(Pos2) -> usize,
    ) {
        let shift = ui.input(|i| i.modifiers.shift);
        if let Some(pos) = response.interact_pointer_pos() {
            let pressed = ui.input(|i| i.pointer.primary_pressed());
            if response.double_clicked() {
                *selection = word_around(self.lines.text(), byte_at(pos));
            } else if response.triple_clicked() {
                let line = self.lines.line_at(byte_at(pos));
                selection.anchor = self.lines.start(line);
                selection.head = self.lines.start(line + 1);
            } else if pressed || response.dragged() {
                selection.head = byte_at(pos);
                if pressed && !shift {
                    selection.anchor = selection.head;
                }
            }
            if pressed {
                response.request_focus();
            }
        }
        if !response.has_focus() {
            return;
        }
        let all = ui.input(|i| i.modifiers.command && i.key_pressed(Key::A));
        if all {
            selection.anchor = 0;
            selection.head = self.lines.text().len();
        }
        let copy = ui.input(|i| i.events.iter().any(|e| matches!(e, Event::Copy)));
        if copy
            && let Some(text) = self.lines.text().get(selection.range())
            && !text.is_empty()
        {
            ui.ctx().copy_text(text.to_owned());
        }
        ui.memory_mut(|memory| {
            memory.set_focus_lock_filter(
                response.id,
                egui::EventFilter {
                    vertical_arrows: true,
                    horizontal_arrows: true,
                    ..egui::EventFilter::default()
                },
            );
        });
        let rows = |n: f32| vec2(0.0, n * size::CODE_LINE);
        let page = (response.rect.height() / size::CODE_LINE - 1.0).max(1.0);
        for (key, delta) in [
            (Key::ArrowUp, rows(1.0)),
            (Key::ArrowDown, rows(-1.0)),
            (Key::PageUp, rows(page)),
            (Key::PageDown, rows(-page)),
            (Key::ArrowLeft, vec2(40.0, 0.0)),
            (Key::ArrowRight, vec2(-40.0, 0.0)),
            (Key::Home, rows(self.lines.len() as f32)),
            (Key::End, rows(-(self.lines.len() as f32))),
        ] {
            if ui.input(|i| i.key_pressed(key)) {
                ui.scroll_with_delta(delta);
            }
        }
    }

    fn paint_selection(
        &self,
        ui: &Ui,
        line: usize,
        galley: &Galley,
        min: Pos2,
        selected: &Range<usize>,
    ) {
        let from = self.lines.start(line);
        let (shown, _) = self.lines.shown(line);
        let to = from + shown.len();
        if selected.is_empty() || selected.end <= from || selected.start > to {
            return;
        }
        let x = |byte: usize| {
            let before = shown.get(..byte).unwrap_or(shown);
            let cursor = CCursor {
                index: CharIndex(before.chars().count()),
                prefer_next_row: false,
            };
            galley.pos_from_cursor(cursor).left()
        };
        let left = x(selected.start.saturating_sub(from));
        let right = if selected.end > to {
            // The end of the line is part of it.
            galley.size().x + 6.0
        } else {
            x(selected.end - from)
        };
        let rect = Rect::from_min_max(
            pos2(min.x + left, min.y),
            pos2(min.x + right, min.y + size::CODE_LINE),
        );
        ui.painter()
            .rect_filled(rect, CornerRadius::ZERO, Tokens::of(ui).text_selection);
    }
}

/// The word, number or run of signs at a byte.
fn word_around(text: &str, byte: usize) -> Selection {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    let before = text.get(..byte).unwrap_or_default();
    let after = text.get(byte..).unwrap_or_default();
    let back: usize = before
        .chars()
        .rev()
        .take_while(|c| inside(*c))
        .map(char::len_utf8)
        .sum();
    let on: usize = after
        .chars()
        .take_while(|c| inside(*c))
        .map(char::len_utf8)
        .sum();
    Selection {
        anchor: byte - back.min(byte),
        head: byte + on,
    }
}
