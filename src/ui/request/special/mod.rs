//! The editors of what is not typed as it stands: bytes, and the well-known types in their human form.
//!
//! Each writes ProtoJSON into the document as one edit. What is typed is kept as typed: a picker that
//! is opened over a template or over something half-typed changes nothing until something is chosen.

mod any;
mod bytes;
mod duration;
mod json;
mod mask;
mod nested;
mod popup;
mod time;
mod types;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use egui::{Id, Label, Rect, Response, RichText, Ui, vec2};
use prost_reflect::MessageDescriptor;
use stubless_core::{
    message::{Document, FieldKind, FormRow, Path, RowKind, WellKnown},
    schema::{Schema, Symbol},
};

pub use self::bytes::MAX_FILE_BYTES;
pub(super) use self::bytes::bytes_ui;
use self::{bytes::View, nested::Nested, types::TypeSearch};
use super::{
    edit::Edit,
    editors::{Cell, MAX_TYPED, field, long_ui, part, summary},
    follow::rekey,
    state::BodyState,
    value,
};
use crate::ui::theme::{Tokens, font};

/// What the editors may look up: the schema, and the messages around the field.
pub(super) struct Around<'a> {
    /// The type of the body.
    pub(super) root: &'a MessageDescriptor,
    pub(super) schema: Option<&'a Schema>,
    /// The type of the response, where the method is known.
    pub(super) output: Option<&'a MessageDescriptor>,
}

/// What is known of a type by its name.
pub(super) enum Found {
    /// It can be used.
    Ready(MessageDescriptor),
    /// The schema has it, but it is not built yet; that was asked for.
    Waiting,
    /// There is none.
    Missing,
}

impl Around<'_> {
    /// Looks up a message without building anything.
    pub(super) fn message(&self, name: &str, state: &mut SpecialState) -> Found {
        if let Some(message) = self.root.parent_pool().get_message_by_name(name) {
            return Found::Ready(message);
        }
        let Some(schema) = self.schema else {
            return Found::Missing;
        };
        if schema.is_ready(name) {
            return schema.message(name).map_or(Found::Missing, Found::Ready);
        }
        if !matches!(schema.find(name), Some(Symbol::Message(_))) {
            return Found::Missing;
        }
        state.wish(BodyWish::Prepare(name.to_owned()));
        Found::Waiting
    }
}

/// What an editor cannot do itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyWish {
    /// A message of the schema is wanted that is not built yet.
    Prepare(String),
    /// A file is to be chosen; its bytes go to this place.
    BrowseBytes(Path),
    /// The bytes of a file go to this place.
    ReadBytes(Path, PathBuf),
}

/// What these editors keep between frames.
#[derive(Debug, Clone, Default)]
pub(super) struct SpecialState {
    /// How bytes are looked at, where not as base64.
    views: HashMap<Path, View>,
    /// Bytes that are looked at as messages.
    nested: HashMap<Path, Nested>,
    /// Paths of files that are being typed.
    files: HashMap<Path, String>,
    /// JSON of any shape that is edited as text.
    as_text: HashSet<Path>,
    /// What masks are about, where the person said.
    masks: HashMap<Path, mask::Target>,
    /// Clocks show local time.
    local_time: bool,
    types: TypeSearch,
    wishes: Vec<BodyWish>,
}

impl SpecialState {
    pub(super) fn take_wishes(&mut self) -> Vec<BodyWish> {
        std::mem::take(&mut self.wishes)
    }

    /// The places that something is kept of.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let bytes = self.views.keys().chain(self.nested.keys());
        let bytes = bytes.chain(self.files.keys());
        bytes.chain(&self.as_text).chain(self.masks.keys())
    }

    /// Follows places that were moved.
    pub(super) fn rekey(&mut self, place: &dyn Fn(&Path) -> Option<Path>) {
        rekey(&mut self.views, place);
        rekey(&mut self.nested, place);
        rekey(&mut self.files, place);
        rekey(&mut self.masks, place);
        let as_text = self.as_text.drain();
        self.as_text = as_text.filter_map(|path| place(&path)).collect();
    }

    fn wish(&mut self, wish: BodyWish) {
        if !self.wishes.contains(&wish) {
            self.wishes.push(wish);
        }
    }
}

pub(super) fn well_known_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    kind: WellKnown,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let typed = matches!(
        kind,
        WellKnown::Timestamp | WellKnown::Duration | WellKnown::FieldMask
    );
    if typed && cell.row.value.len() > MAX_TYPED {
        long_ui(ui, cell, state);
        return None;
    }
    match kind {
        WellKnown::Timestamp => time::timestamp_ui(ui, cell, state),
        WellKnown::Duration => duration::duration_ui(ui, cell, state),
        WellKnown::FieldMask => mask::mask_ui(ui, cell, state),
        WellKnown::Any => any::any_ui(ui, cell, document, state),
        WellKnown::Empty => {
            summary(ui, cell.row);
            None
        }
        WellKnown::Struct | WellKnown::Value | WellKnown::ListValue => {
            json::json_ui(ui, cell, kind, state)
        }
    }
}

/// Whether rows of a kind may need more than one line now: those of others need not be looked at.
pub(super) fn may_be_tall(kind: &FieldKind, state: &BodyState) -> bool {
    match kind {
        FieldKind::Bytes => !state.special.views.is_empty(),
        FieldKind::WellKnown(known) => matches!(
            known,
            WellKnown::Struct | WellKnown::Value | WellKnown::ListValue | WellKnown::Any
        ),
        _ => false,
    }
}

/// What a row needs below its first line, in points.
pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    match &row.kind {
        RowKind::Value(FieldKind::Bytes) => bytes::extra_height(row, state),
        RowKind::Value(FieldKind::WellKnown(
            WellKnown::Struct | WellKnown::Value | WellKnown::ListValue,
        )) => json::extra_height(row, state),
        RowKind::Value(FieldKind::WellKnown(WellKnown::Any)) => any::extra_height(row, state),
        _ => 0.0,
    }
}

/// A field of one line whose text is the string in the document; emptied it is taken out when it
/// is left, but for items.
fn string_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    hint: &str,
    state: &mut BodyState,
) -> (Response, Option<Edit>) {
    let row = cell.row;
    let mut text = row.value.clone();
    let response = field(ui, cell, &mut text, hint, state);
    let edit = response.changed().then(|| {
        if text.is_empty() && !row.in_collection {
            Edit::Empty(row.path.clone())
        } else {
            Edit::Type(row.path.clone(), value::json_string(&text))
        }
    });
    (response, edit)
}

/// Whether something else than a value stands in a field: it is resolved when the call is made.
fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// A quiet word in a row.
fn note(ui: &mut Ui, text: &str, color: egui::Color32) -> Response {
    let text = RichText::new(text).font(font::small()).color(color);
    ui.add(Label::new(text).truncate())
}

/// A quiet word that nothing is wrong with.
fn faint_note(ui: &mut Ui, text: &str) -> Response {
    let color = Tokens::of(ui).text.faint;
    note(ui, text, color)
}

/// What is left of the row but for some points at its end, which `ui` then has left.
fn leaving(ui: &mut Ui, id: Id, points: f32) -> Ui {
    let rest = ui.available_rect_before_wrap();
    let (left, _) = rest.split_left_right_at_x((rest.right() - points).max(rest.left()));
    let left_part = part(ui, left, id);
    ui.advance_cursor_after_rect(left);
    left_part
}

/// A part of what is below the first line.
fn below(cell: &Cell<'_>, top: f32, height: f32) -> Rect {
    let corner = cell.below.min + vec2(0.0, top);
    Rect::from_min_size(corner, vec2(cell.below.width(), height))
}
