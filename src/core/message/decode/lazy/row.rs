//! One row of a message, in words: of pretty JSON a line, of the tree a value with its type.

use std::ops::Range;

use super::{
    super::{collection::MapKey, wire},
    container::{Container, Key},
    look::{FieldAt, FieldRef, Look},
    types::Types,
    value::Node,
};

/// Bytes of a value's text on a row; the rest is counted.
pub(super) const SHOWN_BYTES: usize = 4096;
/// Bytes of what is shown of something closed.
const PREVIEW_BYTES: usize = 160;
/// Closed lists above this many bytes are not counted item by item.
const COUNTED_BYTES: usize = 64 << 10;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A value that does not open.
    Leaf,
    /// Something that is closed.
    Closed,
    /// Something that is open: what is in it follows.
    Open,
    /// The closing bracket of what is open; in JSON only.
    End,
}

/// More that is known of a value than its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowNote {
    /// A `google.protobuf.Timestamp`, whose value is its RFC 3339 form in quotes.
    Time,
    /// Bytes that begin as an image of this kind does.
    Image(&'static str),
    /// The field is not in the message; its default is shown.
    Absent,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How deep it is nested.
    pub depth: usize,
    /// What it is.
    pub kind: RowKind,
    /// In JSON the key in quotes, in the tree a name, `[3]` or a map's key; empty for items of JSON and
    /// for the outermost.
    pub key: String,
    /// The value's text; of something that opens its bracket in JSON, and nothing in the tree.
    pub value: String,
    /// Bytes of the value that the text leaves out.
    pub hidden_bytes: usize,
    /// In JSON: another follows in the same object or list.
    pub comma: bool,
    /// Of something closed: what is in it, on one line, cut after about 160 bytes.
    pub preview: String,
    /// Number of items or entries of a list or map, where it is known.
    pub count: Option<usize>,
    /// Type as a proto file has it.
    pub type_name: String,
    /// Number of the field.
    pub number: Option<u32>,
    /// The field, for its description and for how its bytes are shown.
    pub field: Option<FieldRef>,
    /// It is of type `bytes`.
    pub is_bytes: bool,
    /// More that is known.
    pub note: Option<RowNote>,
    /// What in its bytes is not as it should be.
    pub problem: Option<String>,
    /// Where it stands on the wire: of values behind a length their content, of numbers nothing.
    pub span: Range<usize>,
    /// Leads to it from the outermost, by positions among siblings.
    pub path: Vec<u32>,
}

impl Row {
    /// The line as it stands in pretty JSON, closed ones with `…` in their brackets.
    pub fn json_line(&self) -> String {
        let mut line = "  ".repeat(self.depth);
        line.push_str(&self.key);
        if !self.key.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&self.value);
        if self.comma && self.kind != RowKind::Open {
            line.push(',');
        }
        line
    }

    /// Whether it opens or is open.
    pub fn opens(&self) -> bool {
        matches!(self.kind, RowKind::Closed | RowKind::Open)
    }
}

/// Where a row is.
pub(super) struct At<'p> {
    pub(super) depth: usize,
    pub(super) comma: bool,
    pub(super) path: &'p [u32],
    /// Bytes of a value's text; 0 for all.
    pub(super) limit: usize,
}

/// Makes rows.
#[derive(Clone, Copy)]
pub(super) struct Scribe<'a> {
    pub(super) look: Look<'a>,
    pub(super) types: &'a Types,
}

impl Scribe<'_> {
    fn row(&self, kind: RowKind, key: Key, at: &At<'_>) -> Row {
        let json = self.look.is_json();
        let mut row = Row {
            depth: at.depth,
            kind,
            key: String::new(),
            value: String::new(),
            hidden_bytes: 0,
            comma: at.comma && json,
            preview: String::new(),
            count: None,
            type_name: String::new(),
            number: None,
            field: None,
            is_bytes: false,
            note: None,
            problem: None,
            span: 0..0,
            path: at.path.to_vec(),
        };
        if kind != RowKind::End {
            row.key = self.key(key);
            self.type_of(key, &mut row);
        }
        row
    }

    /// A key as its row has it.
    pub(super) fn key(&self, key: Key) -> String {
        let json = self.look.is_json();
        match key {
            Key::Root | Key::Stray => String::new(),
            Key::Field(at) => match self.look.field(at) {
                Some(field) if json => field.key.trim_end_matches(':').to_owned(),
                Some(field) => {
                    let known = self.types.field(&self.look, at);
                    known.map_or_else(|| field.name.to_string(), |it| it.name)
                }
                None => String::new(),
            },
            Key::Type if json => "\"@type\"".to_owned(),
            Key::Type => "@type".to_owned(),
            Key::Value if json => "\"value\"".to_owned(),
            Key::Value => "value".to_owned(),
            Key::Index(_) if json => String::new(),
            Key::Index(index) => format!("[{index}]"),
            Key::Map(key) => {
                let text = self
                    .look
                    .written(SHOWN_BYTES, |walker| walker.map_key(key))
                    .text;
                match key {
                    MapKey::Text(_) => text,
                    _ if json => text,
                    _ => text.trim_matches('"').to_owned(),
                }
            }
            Key::Strays => "unknown fields".to_owned(),
        }
    }

    fn type_of(&self, key: Key, row: &mut Row) {
        if let Key::Field(at) = key
            && let Some(known) = self.types.field(&self.look, at)
        {
            row.type_name = known.type_name;
            row.number = Some(known.number);
            row.field = Some(FieldRef {
                message: self.look.plan(at.slot).name.to_string(),
                number: known.number,
            });
        }
    }

    /// The field that a value belongs to, for items and entries of what they are part of.
    pub(super) fn field_of(&self, at: FieldAt, row: &mut Row) {
        if let Some(known) = self.types.field(&self.look, at) {
            row.field = Some(FieldRef {
                message: self.look.plan(at.slot).name.to_string(),
                number: known.number,
            });
            if row.type_name.is_empty() {
                row.type_name = known.item_type;
            }
        }
    }

    /// The row of a node that is not open.
    pub(super) fn closed(&self, key: Key, node: &Node, at: &At<'_>) -> Row {
        let kind = match node {
            Node::Leaf(_) => RowKind::Leaf,
            Node::Object(object) if object.members.is_empty() => RowKind::Leaf,
            Node::List { items, field, .. } if self.is_empty(*field, items) => RowKind::Leaf,
            Node::Map { items, .. } if self.look.first(items).is_none() => RowKind::Leaf,
            _ => RowKind::Closed,
        };
        let mut row = self.row(kind, key, at);
        let brackets = |row: &mut Row, open: &str, close: &str| {
            row.value = match (kind, self.look.is_json()) {
                (RowKind::Leaf, true) => format!("{open}{close}"),
                (_, true) => format!("{open}…{close}"),
                (RowKind::Leaf, false) => "empty".to_owned(),
                (_, false) => String::new(),
            };
        };
        match node {
            Node::Leaf(raw) => self.leaf(raw, &mut row, at.limit),
            Node::Object(object) => {
                brackets(&mut row, "{", "}");
                self.message_type(object.slot, &mut row);
                if kind == RowKind::Closed {
                    let (slot, depth) = (object.slot, object.depth);
                    row.preview = self.preview(slot, object.body.spans(), depth);
                }
                row.span = range(object.body.span());
                if object.strays() > 0 && self.look.is_json() {
                    row.problem = Some(strays_words(object.strays()));
                }
            }
            Node::Big(big) => {
                brackets(&mut row, "{", "}");
                self.message_type(big.slot, &mut row);
                row.preview = self.preview(big.slot, big.body.spans(), big.depth);
                row.span = range(big.body.span());
            }
            Node::List { field, items, .. } => {
                brackets(&mut row, "[", "]");
                row.count = self.count(*field, items);
                row.span = range(items.span());
            }
            Node::Map { items, .. } => {
                brackets(&mut row, "{", "}");
                row.count = Some(items.count()).filter(|count| *count > 0);
                row.span = range(items.span());
            }
            Node::Strays { count, body, .. } => {
                row.count = Some(*count as usize);
                row.span = range(body.span());
            }
        }
        row
    }

    fn is_empty(&self, field: FieldAt, items: &super::scan::Occurrences) -> bool {
        let mut cursor = super::scan::Cursor::default();
        let own = self.look.field(field).map(|it| it.kind.wire());
        own.is_none_or(|own| self.look.next_item(items, own, &mut cursor).is_none())
    }

    fn count(&self, field: FieldAt, items: &super::scan::Occurrences) -> Option<usize> {
        let kind = &self.look.field(field)?.kind;
        if !super::super::plan::packable(kind.wire()) {
            return Some(items.count());
        }
        if items.bytes() > COUNTED_BYTES {
            return None;
        }
        let (mut count, mut cursor) = (0, super::scan::Cursor::default());
        while self
            .look
            .next_item(items, kind.wire(), &mut cursor)
            .is_some()
        {
            count += 1;
        }
        Some(count)
    }

    fn preview(&self, slot: u32, body: &[wire::Span], depth: usize) -> String {
        let write = |walker: &mut super::super::walk::Walker<'_>| {
            walker.message(slot, body, depth);
        };
        let text = self.look.written(PREVIEW_BYTES, write);
        let mut shown = text.text;
        if text.cut {
            shown.push('…');
        }
        shown
    }

    /// The opening row of something open, or its only row if nothing is in it.
    pub(super) fn open(&self, key: Key, inner: &Container, at: &At<'_>) -> Row {
        let empty = inner.len() == 0;
        let kind = if empty { RowKind::Leaf } else { RowKind::Open };
        let mut row = self.row(kind, key, at);
        let (open, close) = inner.brackets();
        if self.look.is_json() {
            row.value = if empty {
                format!("{open}{close}")
            } else {
                open.to_owned()
            };
        } else if empty {
            row.value = "empty".to_owned();
        }
        match inner {
            Container::Object(object) => {
                self.message_type(object.slot, &mut row);
                row.span = range(object.body.span());
                if object.strays() > 0 && self.look.is_json() {
                    row.problem = Some(strays_words(object.strays()));
                }
            }
            Container::List(_) | Container::Map(_) | Container::Strays(_) => {
                row.count = Some(inner.len());
            }
        }
        row
    }

    /// The closing row.
    pub(super) fn end(&self, inner: &Container, at: &At<'_>) -> Row {
        let mut row = self.row(RowKind::End, Key::Root, at);
        row.value = inner.brackets().1.to_owned();
        row
    }

    pub(super) fn message_type(&self, slot: u32, row: &mut Row) {
        if row.type_name.is_empty() {
            row.type_name = self.look.plan(slot).name.to_string();
        }
    }
}

fn strays_words(count: u32) -> String {
    if count == 1 {
        "1 field or piece of it is not in the schema: the tree shows it".to_owned()
    } else {
        format!("{count} fields or pieces of it are not in the schema: the tree shows them")
    }
}

pub(super) fn range(span: wire::Span) -> Range<usize> {
    span.start..span.end
}
