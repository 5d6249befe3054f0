//! What of a body is in view, kept between frames.

use std::collections::{HashMap, HashSet};

use egui::Response;
use stubless_core::message::{Document, Filter, Folds, Path};

use super::{
    collection::{Drag, TypedKey},
    find::nearest,
    follow::{Anchors, Moved, rekey},
    paste::Paste,
    rows::{FormRows, Source},
    special::{BodyWish, SpecialState},
};
use crate::{app::BodyView, ui::widgets::CodeEditorState};

/// What of a body is in view: what is open, how bytes are shown, what is half-typed, the texts of the
/// arms of a oneof that are not chosen. Keep one for each message that is open; it may be dropped at
/// any time.
#[derive(Debug, Clone, Default)]
pub struct BodyState {
    folds: Folds,
    /// Grows with every change of `folds`.
    fold_revision: u64,
    /// What leads to it, and its own row, are opened before the next rows are drawn.
    unfold: Option<Path>,
    /// The field of this name, or what of its place there is, is shown in the next frame.
    wanted: Option<String>,
    pub(super) special: SpecialState,
    pub(super) typed: HashMap<Path, Typed>,
    /// Shown and given the keyboard in the next frame.
    pub(super) reveal: Option<Path>,
    /// Gets the keyboard once it is drawn, within so many frames.
    pub(super) awaited: Option<(Path, u8)>,
    /// Byte the text view goes to in the next frame.
    pub(super) go_to: Option<usize>,
    /// Cursor, folds and the like of the text view.
    pub(super) editor: CodeEditorState,
    /// Place that the person wants to see in the text.
    pub(super) json_wanted: Option<Path>,
    pub(super) rows: FormRows,
    pub(super) view: FormView,
    /// Texts of arms that were left for another one.
    pub(super) arms: HashMap<Path, String>,
    /// The dialog for many items at once.
    pub(super) paste: Option<Paste>,
    /// The key of an entry that is being typed, where it could be one.
    pub(super) typed_key: Option<TypedKey>,
    /// An item on its way.
    pub(super) drag: Option<Drag>,
    /// The field that was emptied and still has the keyboard, and the document's revision then.
    pub(super) emptied: Option<(Path, u64)>,
    /// The clipboard was asked for; what comes is put here, within so many frames.
    pub(super) pasting: Option<(Path, u8)>,
    /// The row that has the keyboard, as of this frame and of the last one.
    focus: [Option<Path>; 2],
    /// The view of the last frame.
    shown: Option<BodyView>,
    /// Where the items are that something is kept of.
    anchors: Anchors,
    /// What was kept when those were noted.
    anchored: [u64; 2],
    /// The schema's revision in this frame.
    pub(super) schema_revision: u64,
}

/// How the form is looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct FormView {
    /// Words that fields must have.
    pub(super) filter: String,
    /// Only what the text has.
    pub(super) set_only: bool,
    /// Comments are shown below the names.
    pub(super) comments: bool,
    /// Rows whose comment is shown whole.
    pub(super) expanded: HashSet<Path>,
    /// The bar is shown however short the form is.
    pub(super) bar: bool,
    /// The filter gets the keyboard in the next frame.
    pub(super) focus_filter: bool,
}

impl FormView {
    pub(super) fn is_filtered(&self) -> bool {
        self.set_only || !self.filter.trim().is_empty()
    }

    pub(super) fn clear_filter(&mut self) {
        self.filter.clear();
        self.set_only = false;
    }
}

/// A text that does not fit its field yet, and the value it was typed over.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) over: String,
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

    /// Opens a row and all below it that the text has, or closes them.
    pub fn open_all(&mut self, path: &Path, open: bool) {
        self.folds(|folds| folds.set_all(path, open));
    }

    /// As [`reveal`](Self::reveal), in the form alone.
    pub(super) fn show(&mut self, path: &Path) {
        self.unfold = Some(path.clone());
        self.reveal = Some(path.clone());
    }

    /// What the editor could not do itself since this was asked last.
    pub fn take_wishes(&mut self) -> Vec<BodyWish> {
        self.special.take_wishes()
    }

    /// Begins a frame of either view. What is typed in one is undone apart from what is typed in the
    /// other.
    pub(super) fn begin_view(&mut self, document: &mut Document, view: BodyView) {
        if self.shown.replace(view) != Some(view) {
            document.seal();
        }
        self.anchors.advance(document);
    }

    /// Begins a frame of the form. What is typed in one visit of a field is undone together.
    pub(super) fn begin_frame(&mut self, document: &mut Document) {
        let now = self.focus[0].take();
        if now != self.focus[1] {
            document.seal();
        }
        self.focus = [None, now];
    }

    /// What is kept of items follows them to where the text has them now. The text must parse.
    pub(super) fn follow(&mut self, document: &Document) {
        self.anchors.advance(document);
        if self.anchors.changed() {
            let places = self.anchors.places(document);
            self.folds(|folds| folds.follow(&|item| places.index(item)));
            self.rekey(&|path| places.place(path));
            self.anchor(document);
        } else if self.kept() != self.anchored {
            self.anchor(document);
        }
    }

    /// What is kept follows an edit of the form that was just made.
    pub(super) fn moved(&mut self, document: &Document, moved: Moved<'_>) {
        self.folds(|folds| match moved {
            Moved::Inserted(list, index) => folds.inserted(list, index),
            Moved::Removed(path) => folds.removed(path),
            Moved::Item(list, from, to) => folds.moved(list, from, to),
            Moved::Renamed(parent, from, to) => folds.renamed(parent, from, to),
        });
        self.rekey(&|path| moved.place(path));
        self.anchor(document);
    }

    fn rekey(&mut self, place: &dyn Fn(&Path) -> Option<Path>) {
        rekey(&mut self.typed, place);
        rekey(&mut self.arms, place);
        let expanded = self.view.expanded.drain();
        self.view.expanded = expanded.filter_map(|path| place(&path)).collect();
        self.special.rekey(place);
    }

    fn anchor(&mut self, document: &Document) {
        let kept = self.typed.keys().chain(self.arms.keys());
        let kept = kept.chain(&self.view.expanded).chain(self.special.paths());
        let places = kept.cloned().chain(self.folds.items());
        self.anchors.note(document, places);
        self.anchored = self.kept();
    }

    /// Tells whether places were added since the anchors were noted.
    fn kept(&self) -> [u64; 2] {
        let kept = self.typed.len() + self.arms.len() + self.view.expanded.len();
        let kept = kept + self.special.paths().count();
        [kept as u64, self.fold_revision]
    }

    /// Whether the form had the keyboard in the last frame.
    pub(super) fn has_focus(&self) -> bool {
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
        self.folds(|folds| folds.toggle(path));
    }

    /// Changes what is open.
    pub(super) fn folds(&mut self, change: impl FnOnce(&mut Folds)) {
        change(&mut self.folds);
        self.fold_revision += 1;
    }

    pub(super) fn unfold(&mut self, path: &Path) {
        self.unfold = Some(path.clone());
    }

    /// Finds out which rows there are, and opens what is to be shown.
    pub(super) fn refresh(&mut self, source: Source<'_>) {
        if self.unfold.is_some() && self.reveal.is_some() || self.wanted.is_some() {
            // What is to be shown must not be left out.
            self.view.clear_filter();
        }
        self.look(source);
        if let Some(path) = self.unfold.take() {
            // Opening one head can show the next closed one, so at most once a step.
            for _ in 0..=path.0.len() {
                let outline = self.rows.outline();
                let Some((row, _)) = outline.nearest(source.document, &path) else {
                    break;
                };
                let head = outline.rows(source.document, row..row + 1).pop();
                let Some(head) = head.filter(|row| row.open == Some(false)) else {
                    break;
                };
                self.toggle(&head.path);
                self.look(source);
            }
        }
        if let Some(name) = self.wanted.take() {
            // Each turn opens one head on the way: a field's, or an item's.
            for _ in 0..=2 * name.split('.').count() {
                let outline = self.rows.outline();
                let rows = outline.rows(source.document, 0..outline.len());
                let Some((row, found)) = nearest(&rows, &name) else {
                    break;
                };
                let path = row.path.clone();
                if row.open == Some(false) && !found {
                    self.toggle(&path);
                    self.look(source);
                } else {
                    self.reveal = Some(path);
                    break;
                }
            }
        }
    }

    fn look(&mut self, source: Source<'_>) {
        let filter = Filter::new(&self.view.filter, self.view.set_only);
        self.rows
            .refresh(source, &self.folds, self.fold_revision, &filter);
    }
}
