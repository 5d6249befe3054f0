//! Our own editor of code, for JSON of any size.
//!
//! Only the rows that are seen are laid out, only the part of a long line that is seen; what else the
//! editor knows of its text follows the edits. A key press costs the splice of the text and little more,
//! at 1 KiB as at 16 MiB. The document owns the text and its history.
//!
//! | file | what |
//! |---|---|
//! | `frame` | one frame, from the keys to the picture |
//! | `core`, `edit`, `block`, `motion` | selection and what keys do to the text; nothing draws |
//! | `lex`, `bracket`, `fold`, `search`, `text` | what stands in the text |
//! | `measure`, `rows`, `layout`, `scroll` | from the text to the picture and back |
//! | `syntax`, `seen`, `paint`, `access` | the picture, and what screen readers are told |
//! | `input`, `keys`, `pointer` | what the person does |
//! | `find_bar`, `popup`, `card` | what opens over it |

mod access;
mod block;
mod bracket;
mod card;
mod core;
mod edit;
mod find_bar;
mod fold;
mod frame;
mod input;
mod keys;
mod layout;
mod lex;
mod measure;
mod motion;
mod paint;
mod pointer;
mod popup;
mod rows;
mod scroll;
mod search;
mod seen;
mod syntax;
#[cfg(test)]
mod tests;
mod text;

use std::{borrow::Cow, cell::RefCell, collections::HashMap, ops::Range};

use egui::{Context, Rect, Ui, UiBuilder};
use stubless_core::message::{Assist, Diagnostic, Document};

use self::{
    bracket::Pair,
    card::Card,
    core::{Core, Stamp},
    find_bar::FindBar,
    frame::Frame,
    input::Work,
    layout::TextLayout,
    measure::Measure,
    pointer::Press,
    popup::Popup,
};
use crate::ui::theme::font;

pub(in crate::ui) use self::scroll::Scroll;

/// A tab stands for so many columns, as egui lays it out.
const TAB_COLUMNS: f64 = 4.0;

/// What an editor keeps between frames: one for each document.
#[derive(Debug, Clone, Default)]
pub struct CodeEditorState {
    core: Core,
    layout: TextLayout,
    scroll: Scroll,
    press: Press,
    /// The selection the system was told of.
    told: Range<usize>,
    find: FindBar,
    popup: Popup,
    card: Card,
    /// Text an input method composes at the cursor.
    composed: String,
    /// When the person last did something; the cursor blinks from then on.
    active_at: f64,
    /// The brackets beside the cursor, as of a text and a place.
    pair: Option<Pair>,
    pair_of: Option<(Stamp, usize)>,
    /// Line and column of the cursor, as of a text and a place.
    position: Option<((Stamp, usize), (usize, usize))>,
    /// Where `…` stands for what is folded, and the bracket it is folded from.
    chips: Vec<(Rect, usize)>,
    /// The pieces of text that were seen in the last frame.
    seen: Vec<Range<usize>>,
}

impl CodeEditorState {
    /// Line and column of the cursor as of the last frame, both from 1, the column in characters.
    pub fn position(&self) -> (usize, usize) {
        self.position.map_or((1, 1), |(_, place)| place)
    }

    /// Counts the column anew where the cursor or the text is another.
    fn update_position(&mut self, document: &Document, measure: &Measure<'_>) {
        let head = self.core.selection.head;
        let asked = (Stamp::of(document), head);
        if self.position.is_some_and(|(of, _)| of == asked) {
            return;
        }
        let line = document.line_of(head);
        let column = self.layout.column_of(document, head, measure);
        self.position = Some((asked, (line + 1, column + 1)));
    }

    /// Bytes that are selected.
    pub fn selected(&self) -> Range<usize> {
        self.core.selection.range()
    }
}

/// An editor over a document.
#[derive(Debug)]
pub struct CodeEditor<'a> {
    document: &'a mut Document,
    state: &'a mut CodeEditorState,
    name: &'a str,
    diagnostics: &'a [Diagnostic],
    assist: Option<Assist<'a>>,
    go_to: Option<usize>,
}

impl<'a> CodeEditor<'a> {
    /// An editor with a name for screen readers.
    pub fn new(document: &'a mut Document, state: &'a mut CodeEditorState, name: &'a str) -> Self {
        Self {
            document,
            state,
            name,
            diagnostics: &[],
            assist: None,
            go_to: None,
        }
    }

    /// What does not fit, in the places of the document's text as it is.
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: &'a [Diagnostic]) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// What may stand at the cursor, and what is under the pointer.
    #[must_use]
    pub fn assist(mut self, assist: Option<Assist<'a>>) -> Self {
        self.assist = assist;
        self
    }

    /// Puts the cursor at a byte of the text, opens what hides it and gives the editor the keyboard.
    #[must_use]
    pub fn go_to(mut self, byte: Option<usize>) -> Self {
        self.go_to = byte;
        self
    }

    /// Draws it over all the space there is; gives whether the text changed.
    pub fn show(self, ui: &mut Ui) -> bool {
        let before = self.document.revision();
        let outer = ui.available_rect_before_wrap();
        let id = ui.make_persistent_id(("code-editor", self.name));
        let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&font::code(), '0'));
        let context: Context = ui.ctx().clone();
        // Asking the fonts takes a lock; a text has few characters, many times.
        let widths: RefCell<HashMap<char, f64>> = RefCell::default();
        let other = |c: char| match c {
            '\t' => TAB_COLUMNS * f64::from(glyph),
            _ => *widths.borrow_mut().entry(c).or_insert_with(|| {
                let width = context.fonts_mut(|fonts| fonts.glyph_width(&font::code(), c));
                f64::from(width)
            }),
        };
        let measure = Measure::new(f64::from(glyph), &other);
        let mut work = Work {
            document: self.document,
            state: self.state,
            diagnostics: Cow::Borrowed(self.diagnostics),
            diagnosed: before,
            assist: self.assist,
            measure: &measure,
            page: 1,
            reveal: false,
        };
        let mut child = ui.new_child(UiBuilder::new().max_rect(outer));
        child.set_clip_rect(outer.intersect(ui.clip_rect()));
        Frame {
            id,
            outer,
            name: self.name,
            go_to: self.go_to,
        }
        .show(&mut work, &mut child);
        ui.advance_cursor_after_rect(outer);
        work.document.revision() != before
    }
}
