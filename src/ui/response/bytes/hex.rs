//! Bytes in hex: offset, columns, letters. Rows are counted in `f64`, for a message of gigabytes, too.

use std::ops::Range;

use egui::{
    Color32, CornerRadius, CursorIcon, Event, EventFilter, FocusDirection, Key, Modifiers, Pos2,
    Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit::Role as AccessRole,
    pos2,
    text::{LayoutJob, TextFormat},
};
use stubless_core::message::wire_tree::{BytesForm, Role, RoleSpan};

use super::{Panes, state::BytesState};
use crate::ui::{
    theme::{Tokens, fade, font, radius},
    widgets::{focus_ring, line_text},
};

const ROW: f32 = 20.0;
const PAD: f32 = 10.0;
/// Points that sixteen columns must leave to the fields.
const LEAST_TREE: f32 = 280.0;
/// Bytes that a screen reader gets, and that one copy by the keyboard gives.
const SPOKEN: usize = 64;
const COPIED: usize = 1 << 20;

/// Where the columns of a row begin, in points from its left edge.
struct Columns {
    glyph: f32,
    count: usize,
    digits: usize,
    hex: f32,
    letters: f32,
}

impl Columns {
    fn of(ui: &Ui, width: f32, len: usize) -> Self {
        let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&font::small_code(), '0'));
        let digits = if len > 0xffff { 8 } else { 4 };
        let hex = PAD + glyph * (digits as f32 + 2.0);
        let room = |count: usize| hex + glyph * Self::cells(count) + PAD + 12.0;
        let count = if room(16) <= width { 16 } else { 8 };
        let letters = hex + glyph * (Self::cells(count) - count as f32);
        Self {
            glyph,
            count,
            digits,
            hex,
            letters,
        }
    }

    /// Width of hex and letters in glyphs.
    fn cells(count: usize) -> f32 {
        let groups = count / 8;
        (count * 3 + (groups - 1) + 1 + count) as f32
    }

    /// Where a byte's two digits begin.
    fn digits_at(&self, column: usize) -> f32 {
        self.hex + self.glyph * (column * 3 + column / 8) as f32
    }

    fn letter_at(&self, column: usize) -> f32 {
        self.letters + self.glyph * column as f32
    }

    /// The column under a place, in hex or letters.
    fn column(&self, x: f32) -> usize {
        if x >= self.letters - self.glyph * 0.5 {
            let column = ((x - self.letters) / self.glyph).floor().max(0.0) as usize;
            return column.min(self.count - 1);
        }
        let nearest = (0..self.count).rev();
        nearest
            .into_iter()
            .find(|column| x >= self.digits_at(*column) - self.glyph * 0.5)
            .unwrap_or(0)
    }
}

/// The least width that shows eight columns.
pub(super) fn least_width(ui: &Ui) -> f32 {
    width_of(ui, 8)
}

/// The width that shows sixteen columns where that leaves room for the fields, else eight.
pub(super) fn usual_width(ui: &Ui, all: f32) -> f32 {
    let wide = width_of(ui, 16);
    if wide + LEAST_TREE <= all {
        wide
    } else {
        width_of(ui, 8)
    }
}

fn width_of(ui: &Ui, columns: usize) -> f32 {
    let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&font::small_code(), '0'));
    // Offsets of eight digits, and a little more, so that rounding takes no column away.
    PAD * 2.0 + 16.0 + glyph * (10.0 + Columns::cells(columns))
}

/// Draws the bytes over all there is.
pub(super) fn hex_ui(
    ui: &mut Ui,
    panes: Panes,
    state: &mut BytesState,
    hovered: &mut Option<Range<usize>>,
) {
    let rect = ui.available_rect_before_wrap();
    let columns = Columns::of(ui, rect.width(), state.bytes().len());
    let rows = state.bytes().len().div_ceil(columns.count);
    state.scroll.view = [f64::from(rect.width()), f64::from(rect.height())];
    state.scroll.content = [0.0, rows as f64 * f64::from(ROW) + f64::from(PAD)];
    let response = ui
        .interact(rect, panes.hex, Sense::click_and_drag())
        .on_hover_cursor(CursorIcon::Text);
    say(state, &response);
    pointer(ui, &response, &columns, rect, state, hovered);
    if response.has_focus() {
        keys(ui, panes, &columns, rect, state);
    }
    if std::mem::take(&mut state.reveals_bytes)
        && let Some(caret) = state.caret()
    {
        let top = (caret / columns.count) as f64 * f64::from(ROW);
        state
            .scroll
            .reveal(1, top, top + f64::from(ROW), f64::from(ROW) * 2.0);
    }
    state.scroll.wheel(ui, rect);
    state.scroll.clamp();

    let first = (state.scroll.offset[1] / f64::from(ROW)).floor().max(0.0) as usize;
    let count = (rect.height() / ROW).ceil() as usize + 1;
    let last = (first + count).min(rows);
    let seen = first * columns.count..(last * columns.count).min(state.bytes().len());
    let spans = state.view.roles(seen);
    let painter = ui.painter_at(rect);
    let mut below = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    below.set_clip_rect(rect.intersect(ui.clip_rect()));
    for row in first..last {
        let top = (row as f64 * f64::from(ROW) - state.scroll.offset[1]) as f32;
        let top = rect.top() + top + PAD / 2.0;
        let bytes = row * columns.count..((row + 1) * columns.count).min(state.bytes().len());
        let line = Line {
            columns: &columns,
            left: rect.left(),
            top,
            bytes,
        };
        line.backs(&painter, Tokens::of(ui), state);
        line.texts(&below, state, &spans);
    }
    let content = Rect::from_min_max(rect.min, rect.max);
    state.scroll.bars(ui, panes.hex, content);
    focus_ring(ui, &response, rect, radius::L);
}

fn say(state: &BytesState, response: &Response) {
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(AccessRole::Document, true, "Message bytes");
        let selected = state.selection();
        let spoken = if selected.is_empty() {
            0..SPOKEN.min(state.bytes().len())
        } else {
            selected.start..selected.end.min(selected.start + SPOKEN)
        };
        let bytes = state.bytes().get(spoken).unwrap_or_default();
        info.current_text_value = Some(BytesForm::Hex.write(bytes));
        info
    });
}

fn pointer(
    ui: &Ui,
    response: &Response,
    columns: &Columns,
    rect: Rect,
    state: &mut BytesState,
    hovered: &mut Option<Range<usize>>,
) {
    let byte_at = |state: &BytesState, pos: Pos2| {
        let y = f64::from(pos.y - rect.top() - PAD / 2.0) + state.scroll.offset[1];
        let row = (y / f64::from(ROW)).floor().max(0.0) as usize;
        let byte = row * columns.count + columns.column(pos.x - rect.left());
        (byte < state.bytes().len()).then_some(byte)
    };
    if let Some(byte) = response.hover_pos().and_then(|pos| byte_at(state, pos)) {
        let node = state.view.fields_at(byte).last().copied();
        *hovered = node.and_then(|node| state.view.range_of(node));
    }
    let Some(pos) = response.interact_pointer_pos() else {
        return;
    };
    let (pressed, shift) = ui.input(|i| (i.pointer.primary_pressed(), i.modifiers.shift));
    if pressed {
        response.request_focus();
    }
    let Some(byte) = byte_at(state, pos) else {
        return;
    };
    if pressed && rect.contains(pos) {
        state.go_to(byte, shift);
    } else if response.dragged() && state.caret() != Some(byte) {
        state.go_to(byte, true);
    }
}

fn keys(ui: &Ui, panes: Panes, columns: &Columns, rect: Rect, state: &mut BytesState) {
    ui.memory_mut(|memory| {
        memory.set_focus_lock_filter(
            panes.hex,
            EventFilter {
                tab: true,
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: false,
            },
        );
    });
    let last = state.bytes().len().saturating_sub(1);
    let caret = state.caret().unwrap_or(0);
    let page = ((rect.height() / ROW) as usize).saturating_sub(1).max(1) * columns.count;
    let in_row = caret % columns.count;
    let (shift, command) = ui.input(|i| (i.modifiers.shift, i.modifiers.command));
    let moves = [
        (Key::ArrowLeft, caret.saturating_sub(1)),
        (Key::ArrowRight, caret + 1),
        (
            Key::ArrowUp,
            caret.checked_sub(columns.count).unwrap_or(caret),
        ),
        (
            Key::ArrowDown,
            if caret + columns.count <= last {
                caret + columns.count
            } else {
                caret
            },
        ),
        (Key::PageUp, caret.saturating_sub(page)),
        (Key::PageDown, caret + page),
        (Key::Home, if command { 0 } else { caret - in_row }),
        (
            Key::End,
            if command {
                last
            } else {
                caret - in_row + columns.count - 1
            },
        ),
    ];
    for (key, to) in moves {
        if ui.input(|i| i.key_pressed(key)) {
            state.go_to(to.min(last), shift);
        }
    }
    if command && ui.input(|i| i.key_pressed(Key::A)) {
        state.select(0..last + 1);
    }
    if ui.input(|i| i.events.iter().any(|event| matches!(event, Event::Copy))) {
        let selected = state.selection();
        let bytes = state.bytes().get(selected).unwrap_or_default();
        let bytes = bytes.get(..COPIED).unwrap_or(bytes);
        if !bytes.is_empty() {
            ui.ctx().copy_text(BytesForm::Hex.write(bytes));
        }
    }
    // Taken, so that the tree does not see the same key in this frame.
    if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Tab)) {
        ui.memory_mut(|memory| memory.request_focus(panes.tree));
    } else if ui.input_mut(|i| i.consume_key(Modifiers::SHIFT, Key::Tab)) {
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::Previous));
    }
}

/// One row of bytes.
struct Line<'a> {
    columns: &'a Columns,
    left: f32,
    top: f32,
    bytes: Range<usize>,
}

impl Line<'_> {
    /// The part of a range that is in this row, as columns.
    fn part(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let start = range.start.max(self.bytes.start);
        let end = range.end.min(self.bytes.end);
        (start < end).then(|| start - self.bytes.start..end - self.bytes.start)
    }

    /// The places of columns, in hex and letters.
    fn places(&self, columns: &Range<usize>) -> [Rect; 2] {
        let (top, bottom) = (self.top, self.top + ROW);
        let glyph = self.columns.glyph;
        let hex = self.left + self.columns.digits_at(columns.start) - glyph * 0.4;
        let hex_end = self.left + self.columns.digits_at(columns.end - 1) + glyph * 2.4;
        let letters = self.left + self.columns.letter_at(columns.start);
        let letters_end = self.left + self.columns.letter_at(columns.end);
        [
            Rect::from_min_max(pos2(hex, top), pos2(hex_end, bottom)),
            Rect::from_min_max(pos2(letters, top), pos2(letters_end, bottom)),
        ]
    }

    /// Fills behind the bytes: the nodes around the marked byte, each a little stronger, then the selection.
    fn backs(&self, painter: &egui::Painter, tokens: &Tokens, state: &BytesState) {
        let fill = |range: &Range<usize>, color: Color32| {
            if let Some(columns) = self.part(range) {
                for place in self.places(&columns) {
                    painter.rect_filled(place, CornerRadius::same(2), color);
                }
            }
        };
        let deep = state.around().len().max(1) as f32;
        for (depth, range) in state.around().iter().enumerate() {
            let strength = 0.35 + 0.5 * (depth as f32 + 1.0) / deep;
            fill(range, fade(tokens.accent.soft, strength));
        }
        if let Some(range) = &state.hovered {
            fill(range, fade(tokens.surface.hover, 0.8));
        }
        let selected = state.selection();
        fill(&selected, tokens.text_selection);
        let caret = state.caret().filter(|_| selected.len() == 1);
        if let Some(columns) = caret.and_then(|caret| self.part(&(caret..caret + 1))) {
            for place in self.places(&columns) {
                let stroke = Stroke::new(1.0, tokens.line.focus);
                painter.rect_stroke(place, CornerRadius::same(2), stroke, StrokeKind::Inside);
            }
        }
    }

    fn texts(&self, ui: &Ui, state: &BytesState, spans: &[RoleSpan]) {
        let tokens = Tokens::of(ui);
        let code = font::small_code;
        let y = self.top + ROW / 2.0;
        let offset = format!("{:0width$X}", self.bytes.start, width = self.columns.digits);
        let format = TextFormat::simple(code(), tokens.text.faint);
        let mut job = LayoutJob::single_section(offset, format);
        job.break_on_newline = false;
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        line_text(ui, self.left + PAD, y, galley);

        let mut hex = LayoutJob::default();
        let mut letters = LayoutJob::default();
        let bytes = state.bytes().get(self.bytes.clone()).unwrap_or_default();
        let mut span = spans.partition_point(|span| span.range.end <= self.bytes.start);
        for (column, (offset, byte)) in self.bytes.clone().zip(bytes).enumerate() {
            while spans.get(span).is_some_and(|it| it.range.end <= offset) {
                span += 1;
            }
            let color = spans
                .get(span)
                .map_or(tokens.text.normal, |it| color(tokens, it));
            let gap = if column == 0 {
                0.0
            } else {
                self.columns.digits_at(column)
                    - self.columns.digits_at(column - 1)
                    - self.columns.glyph * 2.0
            };
            let format = TextFormat::simple(code(), color);
            hex.append(&format!("{byte:02X}"), gap, format.clone());
            let letter = match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '·',
            };
            let shade = if letter == '·' {
                tokens.text.faint
            } else {
                color
            };
            let format = TextFormat::simple(code(), shade);
            letters.append(letter.encode_utf8(&mut [0; 4]), 0.0, format);
        }
        for (x, mut job) in [
            (self.columns.digits_at(0), hex),
            (self.columns.letter_at(0), letters),
        ] {
            job.break_on_newline = false;
            let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            line_text(ui, self.left + x, y, galley);
        }
    }
}

/// The colour of bytes by what they are for.
fn color(tokens: &Tokens, span: &RoleSpan) -> Color32 {
    match span.role {
        Role::Tag | Role::EndTag => tokens.accent.text,
        Role::Length => tokens.purple.text,
        Role::Rest => tokens.bad.text,
        Role::Value if span.is_text => tokens.syntax.string,
        Role::Value if span.is_closed => tokens.text.weak,
        Role::Value => tokens.syntax.number,
    }
}
