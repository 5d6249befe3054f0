//! The form view of a document: one row a field, flattened for a virtualised list.
//!
//! Rows follow the message type in the order of its file, whether or not the text has the field;
//! keys of the text that the type does not have come after, so that nothing is hidden. A `null`
//! counts as absent, as ProtoJSON says, except where it is a value. One pass over the text: the
//! cost is that of the rows that are shown.

pub(in crate::message) mod kind;
mod plan;
mod rows;

#[cfg(test)]
mod tests;

use std::{collections::HashSet, sync::Arc};

use prost_reflect::MessageDescriptor;

use super::{Document, NodeKind, Path};

/// How a field's value is edited.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// `bool`
    Bool,
    /// Any integer; `unsigned` and width for the hint.
    Integer {
        /// 32 or 64.
        bits: u8,
        /// Whether negatives are out of range.
        unsigned: bool,
    },
    /// `float` or `double`
    Float,
    /// `string`
    String,
    /// `bytes`: base64 in the document.
    Bytes,
    /// An enum: names and numbers in the order of the file.
    Enum(Arc<[(String, i32)]>),
    /// A message with its own rows.
    Message,
    /// A well-known type with a human form.
    WellKnown(WellKnown),
}

/// Well-known types that ProtoJSON writes in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum WellKnown {
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    Any,
    Empty,
}

/// What a row is.
#[derive(Debug, Clone, PartialEq)]
pub enum RowKind {
    /// A singular field (or a list item's or map entry's value) edited in place.
    Value(FieldKind),
    /// The head of a list; `len` items below it when open.
    List {
        /// Number of items.
        len: usize,
        /// How an item is edited.
        item: FieldKind,
        /// The text of a new item.
        new_item: String,
    },
    /// The head of a map.
    Map {
        /// Number of entries.
        len: usize,
        /// How a value is edited.
        value: FieldKind,
        /// The text of a new value.
        new_value: String,
    },
    /// A choice; its chosen arm follows as a row of its own, one level deeper (and any other arm
    /// that the text sets by mistake).
    Oneof {
        /// Arms in the order of the file.
        arms: Vec<OneofArm>,
        /// Index of the arm that is set.
        chosen: Option<usize>,
    },
    /// A key in the text that the message does not have.
    Unknown,
}

/// One arm of a oneof.
#[derive(Debug, Clone, PartialEq)]
pub struct OneofArm {
    /// Name as in the file.
    pub name: String,
    /// Path of the arm's value.
    pub path: Path,
    /// The text it starts with.
    pub new_value: String,
}

/// One row of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormRow {
    /// Place of the value in the document (whether or not it is there). A [`RowKind::Oneof`] has
    /// no value of its own; its path tells it from other rows.
    pub path: Path,
    /// Depth, 0 for fields of the request message.
    pub depth: usize,
    /// Field name as in the file, `[3]` for an item, the key for a map entry.
    pub label: String,
    /// Type as written in a proto file.
    pub type_name: String,
    /// Field number; 0 for items, entries and oneofs.
    pub number: u32,
    /// The field's comment.
    pub comment: String,
    /// What the row is.
    pub kind: RowKind,
    /// What stands in the text; `None` when absent, or a `null` that means absent.
    pub present: Option<NodeKind>,
    /// The value's text: unescaped for strings, as it stands for others, empty for objects and
    /// arrays. Of a Struct, Value, ListValue, Any or Empty always the JSON as it stands.
    pub value: String,
    /// Whether absent and default differ for this field (true for items and entries).
    pub has_presence: bool,
    /// `required` in proto2.
    pub required: bool,
    /// Text that adds the field: its default, `{}`, `[]` …
    pub new_value: String,
    /// Whether it has rows below it, and whether they are shown.
    pub open: Option<bool>,
    /// Item or entry: can be removed, duplicated, moved.
    pub in_collection: bool,
    /// Marked deprecated.
    pub deprecated: bool,
}

/// The rows of a document, those below closed heads left out. Without comments: see
/// [`form_rows_with`].
///
/// Rows are open or closed by a rule of the schema: what stands in the request message itself is
/// open, small items too; what nests deeper or recurs is closed. `toggled` holds the paths of rows
/// that the person turned the other way ([`toggle_row`]).
/// A document that does not parse has no rows; the view shows its syntax error.
pub fn form_rows(
    document: &Document,
    message: &MessageDescriptor,
    toggled: &HashSet<Path>,
) -> Vec<FormRow> {
    form_rows_with(document, message, toggled, &|_, _| String::new())
}

/// As [`form_rows`], with comments: `comment` gives the one for a file's name and a descriptor's
/// path in it, empty when there is none. Asked once a field of every message type shown.
pub fn form_rows_with(
    document: &Document,
    message: &MessageDescriptor,
    toggled: &HashSet<Path>,
    comment: &dyn Fn(&str, &[i32]) -> String,
) -> Vec<FormRow> {
    if document.syntax_error().is_some() {
        return Vec::new();
    }
    let mut rows = rows::Rows::new(toggled, comment);
    rows.root(message, document.root());
    rows.rows
}

/// Opens a closed row, closes an open one.
pub fn toggle_row(toggled: &mut HashSet<Path>, path: &Path) {
    if !toggled.remove(path) {
        toggled.insert(path.clone());
    }
}
