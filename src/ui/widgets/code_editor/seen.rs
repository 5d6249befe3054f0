//! What is seen: where the text is on the screen, and the rows there, laid out.

use std::{ops::Range, sync::Arc};

use egui::{
    Galley, Rect, Stroke, Ui, pos2,
    text::{LayoutJob, TextFormat},
};
use stubless_core::message::Document;

use super::{
    CodeEditorState, bracket,
    layout::Piece,
    lex::{Lexed, State, state_after},
    measure::Measure,
    rows::Row,
    syntax,
};
use crate::ui::theme::{Tokens, font, size};

/// Space above the first row and below the last.
pub(super) const PAD: f32 = 8.0;

/// Right of the numbers: the carets of folds.
pub(super) const CARETS: f32 = 20.0;

/// Where the text is on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// All of it, numbers included.
    pub(super) rect: Rect,
    pub(super) gutter: f32,
    pub(super) offset: [f64; 2],
}

impl View {
    pub(super) fn text_left(&self) -> f32 {
        self.rect.left() + self.gutter
    }

    /// Top of a row.
    pub(super) fn top(&self, row: usize) -> f32 {
        let y = row as f64 * f64::from(size::CODE_LINE) - self.offset[1];
        self.rect.top() + PAD + y as f32
    }

    /// The row at a height, as if there were rows everywhere.
    pub(super) fn row_at(&self, y: f32) -> usize {
        let y = f64::from(y - self.rect.top() - PAD) + self.offset[1];
        (y / f64::from(size::CODE_LINE)).floor().max(0.0) as usize
    }

    /// A distance from the left edge of the text, on the screen; far outside is cut.
    pub(super) fn x(&self, x: f64) -> f32 {
        let left = f64::from(self.text_left());
        let shown = left + x - self.offset[0];
        let (min, max) = (f64::from(self.rect.left()), f64::from(self.rect.right()));
        shown.clamp(min - 50.0, max + 50.0) as f32
    }

    /// The distance from the left edge of the text at a place of the screen.
    pub(super) fn text_x(&self, x: f32) -> f64 {
        f64::from(x - self.text_left()) + self.offset[0]
    }

    /// The rows that are seen, at most `count` of them there are.
    pub(super) fn rows(&self, count: usize) -> Range<usize> {
        let first = self.row_at(self.rect.top()).min(count);
        let last = self.row_at(self.rect.bottom()) + 1;
        first..last.min(count)
    }
}

/// A row that is seen.
#[derive(Debug, Clone)]
pub(super) struct Painted {
    pub(super) row: Row,
    pub(super) piece: Piece,
    pub(super) top: f32,
    pub(super) galley: Arc<Galley>,
    /// The bracket of its line that a later line closes.
    pub(super) open: Option<usize>,
}

impl Painted {
    pub(super) fn middle(&self) -> f32 {
        self.top + size::CODE_LINE / 2.0
    }

    pub(super) fn band(&self, left: f32, right: f32) -> Rect {
        Rect::from_min_max(
            pos2(left, self.top),
            pos2(right, self.top + size::CODE_LINE),
        )
    }
}

/// Walks through the states of places that come one after another.
struct States<'a> {
    text: &'a str,
    lexed: &'a Lexed,
    at: usize,
    state: State,
}

impl States<'_> {
    fn at(&mut self, place: usize) -> State {
        let near = place >= self.at && place - self.at < 4096;
        self.state = match self.text.as_bytes().get(self.at..place) {
            Some(bytes) if near => state_after(self.state, bytes),
            _ => self.lexed.state_at(self.text, place),
        };
        self.at = place;
        self.state
    }
}

/// Lays out the rows that are seen.
pub(super) fn rows(
    ui: &Ui,
    document: &Document,
    state: &mut CodeEditorState,
    view: &View,
    measure: &Measure<'_>,
) -> Vec<Painted> {
    let tokens = Tokens::of(ui);
    let text = document.text();
    let mut states = States {
        text,
        lexed: &state.core.lexed,
        at: usize::MAX,
        state: State::Code,
    };
    let range = view.rows(state.layout.rows.count());
    let seen = (
        view.offset[0],
        view.offset[0] + f64::from(view.rect.width()),
    );
    let mut painted = Vec::with_capacity(range.len());
    for index in range {
        let row = state.layout.rows.row(document, index);
        let piece = state.layout.piece(document, &row, seen, measure);
        let line_end = document.line_range(row.line).end;
        let mut job = syntax::piece_job(
            text,
            &piece.range,
            line_end,
            states.at(piece.range.start),
            tokens,
        );
        let head = state.core.selection.head;
        let here = state.layout.rows.row_of(document, head) == index;
        if here && !state.composed.is_empty() {
            compose(
                &mut job,
                head.saturating_sub(piece.range.start),
                &state.composed,
                tokens,
            );
        }
        let whole = row.first && piece.range == row.range;
        let open = whole
            .then(|| bracket::open_of_line(text, states.lexed, row.range.start, line_end))
            .flatten();
        painted.push(Painted {
            top: view.top(index),
            galley: ui.fonts_mut(|fonts| fonts.layout_job(job)),
            row,
            piece,
            open,
        });
    }
    painted
}

/// Puts text that is being composed into the picture of a row, underlined.
fn compose(job: &mut LayoutJob, at: usize, composed: &str, tokens: &Tokens) {
    let text = std::mem::take(&mut job.text);
    let sections = std::mem::take(&mut job.sections);
    let format = TextFormat {
        underline: Stroke::new(1.0, tokens.text.normal),
        ..TextFormat::simple(font::code(), tokens.text.strong)
    };
    let mut done = false;
    for section in sections {
        let range = section.byte_range.start.0..section.byte_range.end.0;
        let cut = at.clamp(range.start, range.end);
        let before = text.get(range.start..cut).unwrap_or_default();
        let after = text.get(cut..range.end).unwrap_or_default();
        job.append(before, 0.0, section.format.clone());
        if !done && at <= range.end {
            job.append(composed, 0.0, format.clone());
            done = true;
        }
        job.append(after, 0.0, section.format);
    }
}
