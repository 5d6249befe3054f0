//! The form view of a document: one row a field, flattened for a virtualised list.
//!
//! Rows follow the message type in the order of its file, whether or not the text has the field;
//! keys of the text that the type does not have come after, so that nothing is hidden. A `null`
//! counts as absent, as ProtoJSON says, except where it is a value. One pass over the text finds out
//! which rows there are ([`Outline`]); a row itself is made when it is looked at.

mod bulk;
mod filter;
mod folds;
mod inside;
pub(in crate::message) mod kind;
mod outline;
mod plan;
mod show;
mod walk;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

use prost_reflect::MessageDescriptor;

pub use self::{
    bulk::{Bulk, bulk_entries, bulk_items, key_problem, pasted_value},
    filter::Filter,
    folds::Folds,
    outline::{Outline, Run},
};
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
    /// An enum.
    Enum(Arc<EnumInfo>),
    /// A message with its own rows.
    Message,
    /// A well-known type with a human form.
    WellKnown(WellKnown),
}

/// What an enum may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumInfo {
    /// Full name.
    pub name: String,
    /// Its values in the order of the file; with `allow_alias` several have one number.
    pub values: Vec<EnumValue>,
    /// Whether it has no other numbers than these: of proto2, and of editions that say so.
    pub closed: bool,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// Name as in the file.
    pub name: String,
    /// Number on the wire.
    pub number: i32,
    /// Its comment.
    pub comment: String,
    /// Marked deprecated.
    pub deprecated: bool,
}

impl EnumInfo {
    /// Names of a number, the first of the file first; none for one that the enum does not have.
    pub fn names_of(&self, number: i32) -> impl Iterator<Item = &str> {
        let same = self.values.iter().filter(move |v| v.number == number);
        same.map(|value| value.name.as_str())
    }
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
        /// How a key is typed: a string, an integer or a boolean.
        key: FieldKind,
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
    /// A key of the text that stands again further on: only the last one counts.
    Duplicate {
        /// The bytes of the key, quotes included.
        key: Range<usize>,
    },
    /// The end of a message that can be extended: what can be added.
    Extend(Vec<ExtensionChoice>),
}

/// What stands in the text for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing: not set where the field has presence, else its default.
    Absent,
    /// A `null`, which ProtoJSON reads as absent.
    Null,
    /// A value that is the field's default, written out.
    Default,
    /// Another value.
    Set,
}

/// An extension that a message may have and does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionChoice {
    /// Its key in the text: `[pkg.name]`.
    pub name: String,
    /// Type as written in a proto file.
    pub type_name: String,
    /// Field number.
    pub number: u32,
    /// Its comment.
    pub comment: String,
    /// Path of its value.
    pub path: Path,
    /// The text it starts with.
    pub new_value: String,
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
    /// Type as written in a proto file.
    pub type_name: String,
    /// Field number.
    pub number: u32,
    /// Marked deprecated.
    pub deprecated: bool,
}

/// One row of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormRow {
    /// Place of the value in the document (whether or not it is there). A [`RowKind::Oneof`], a
    /// [`RowKind::Duplicate`] and a [`RowKind::Extend`] have none; theirs tells them from other rows.
    pub path: Path,
    /// Depth, 0 for fields of the request message.
    pub depth: usize,
    /// Field name as in the file, `[3]` for an item, the key for a map entry.
    pub label: String,
    /// Name from the root, in the names of the proto file: `order.items[2].price`. A oneof is no
    /// level of it: its arm is named as if it stood beside it.
    pub name: String,
    /// Type as written in a proto file.
    pub type_name: String,
    /// Field number; 0 for items, entries and oneofs.
    pub number: u32,
    /// The field's comment.
    pub comment: String,
    /// What the row is.
    pub kind: RowKind,
    /// How the value differs from an absent one.
    pub presence: Presence,
    /// What stands in the text; `None` when absent, or a `null` that means absent.
    pub present: Option<NodeKind>,
    /// The value's text: unescaped for strings, as it stands for others, empty for objects and
    /// arrays. Of a Struct, Value, ListValue, Any or Empty always the JSON as it stands. Of a scalar
    /// of more than 128 KiB the beginning, bytes left out.
    pub value: String,
    /// The default that a field of proto2 was given, unquoted.
    pub default: Option<String>,
    /// Whether `null` is a value here rather than absence.
    pub null_is_value: bool,
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
    /// Of an item or entry: how many there are.
    pub siblings: usize,
    /// Of an entry: how its key is typed.
    pub key: Option<FieldKind>,
    /// An extension.
    pub extension: bool,
    /// Marked deprecated.
    pub deprecated: bool,
    /// The rules of protovalidate for the field, a few words each.
    pub rules: Arc<[String]>,
}

/// All rows of a document, those below closed heads left out, without comments.
///
/// Rows are open or closed by a rule of the schema: what stands in the request message itself is
/// open, small items too; what nests deeper or recurs is closed. `folds` is what the person turned.
/// A document that does not parse has no rows; the view shows its syntax error.
pub fn form_rows(document: &Document, message: &MessageDescriptor, folds: &Folds) -> Vec<FormRow> {
    let mut outline = Outline::default();
    let comment = |_: &str, _: &[i32]| String::new();
    let pool = message.parent_pool();
    let types = |name: &str| pool.get_message_by_name(name);
    let filter = Filter::default();
    outline.update(document, message, folds, &filter, &comment, &types);
    outline.rows(document, 0..outline.len())
}
