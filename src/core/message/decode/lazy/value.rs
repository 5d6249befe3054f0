//! What stands at a place of a message: a value on one row, or something that opens.
//!
//! [`Raw`] is cheap: it says where the bytes are. [`Node`] is what they turn out to be, by the same
//! rules as the walk to JSON: well-known types in the form ProtoJSON gives them, an `Any` opened.

use super::{
    super::{
        plan::{FieldPlan, Label, Plan, Scalar, Shape, Slot},
        wire::{MAX_DEPTH, Span},
    },
    look::{FieldAt, Look, Shown},
    object::Object,
    scan::{Cursor, Occurrences, Scan, offset},
};

/// A message of at least this many bytes is not scanned only to see whether it is empty.
pub(super) const BIG: usize = 64 << 10;

/// The pieces of a message.
#[derive(Debug, Clone)]
pub(super) enum Body {
    One(Span),
    Many(Box<[Span]>),
}

impl Body {
    pub(super) fn spans(&self) -> &[Span] {
        match self {
            Self::One(span) => std::slice::from_ref(span),
            Self::Many(spans) => spans,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.spans().iter().map(|span| span.len()).sum()
    }

    pub(super) fn span(&self) -> Span {
        let spans = self.spans();
        Span {
            start: spans.first().map_or(0, |span| span.start),
            end: spans.last().map_or(0, |span| span.end),
        }
    }
}

/// A value by where it stands. `depth` is that of the message, 0 for the outermost; of a list or map
/// that of the message it is a field of.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    Scalar {
        field: FieldAt,
        bits: u64,
        span: Span,
        absent: bool,
    },
    Message {
        slot: Slot,
        body: Body,
        depth: usize,
    },
    List {
        field: FieldAt,
        items: Occurrences,
        depth: usize,
    },
    Map {
        entry: Slot,
        items: Occurrences,
        depth: usize,
    },
    /// The type of an `Any`.
    Url(Span),
    /// What an `Any` of an unknown type holds.
    Opaque(Span),
    /// A `Value` of which no arm is set.
    Null,
    /// Fields that have no place in their message, together.
    Strays { slot: Slot, body: Body, count: u32 },
    /// One of them, or bytes that could not be read.
    Stray { slot: Slot, at: usize, end: usize },
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One row.
    Leaf(Raw),
    Object(Object),
    /// An object that was not looked into.
    Big(Big),
    List {
        field: FieldAt,
        items: Occurrences,
        depth: usize,
    },
    Map {
        entry: Slot,
        items: Occurrences,
        depth: usize,
    },
    Strays {
        slot: Slot,
        body: Body,
        count: u32,
    },
}

/// A message whose fields are members.
#[derive(Debug, Clone)]
pub(super) struct Big {
    pub(super) slot: Slot,
    pub(super) body: Body,
    pub(super) depth: usize,
    /// It is what an `Any` with this type URL holds.
    pub(super) url: Option<Span>,
}

impl<'a> Look<'a> {
    /// What a value is. With `quick`, a large message is not looked into.
    pub(super) fn node(&self, raw: Raw, quick: bool) -> Node {
        match raw {
            Raw::Message { slot, body, depth } => self.message(slot, body, depth, quick),
            Raw::List {
                field,
                items,
                depth,
            } => Node::List {
                field,
                items,
                depth,
            },
            Raw::Map {
                entry,
                items,
                depth,
            } => Node::Map {
                entry,
                items,
                depth,
            },
            Raw::Strays { slot, body, count } => Node::Strays { slot, body, count },
            leaf => Node::Leaf(leaf),
        }
    }

    fn message(&self, slot: Slot, body: Body, depth: usize, quick: bool) -> Node {
        if depth > MAX_DEPTH {
            return Node::Leaf(Raw::Message { slot, body, depth });
        }
        let plan = self.plan(slot);
        match plan.shape {
            Shape::Plain => self.plain(slot, body, depth, quick),
            Shape::Any => self.any(slot, plan, &body, depth, quick),
            Shape::Timestamp | Shape::Duration | Shape::FieldMask => {
                let text = self.written(0, |walker| walker.message(slot, body.spans(), depth));
                if text.text.starts_with('"') {
                    Node::Leaf(Raw::Message { slot, body, depth })
                } else {
                    self.plain(slot, body, depth, quick)
                }
            }
            Shape::Transparent => {
                let scan = self.scan(plan, body.spans());
                self.bare(slot, plan, 0, &scan, depth, quick)
            }
            Shape::Value => {
                let scan = self.scan(plan, body.spans());
                for number in 1..=6 {
                    let Some(position) = plan.position(number) else {
                        continue;
                    };
                    let Some(field) = plan.fields.get(position) else {
                        continue;
                    };
                    if self.last(&scan.of(position, field)).is_some() {
                        return self.bare(slot, plan, position, &scan, depth, quick);
                    }
                }
                Node::Leaf(Raw::Null)
            }
        }
    }

    fn plain(&self, slot: Slot, body: Body, depth: usize, quick: bool) -> Node {
        let big = Big {
            slot,
            body,
            depth,
            url: None,
        };
        if quick && big.body.len() >= BIG {
            Node::Big(big)
        } else {
            Node::Object(self.object(big))
        }
    }

    /// A field in place of its message.
    fn bare(
        &self,
        slot: Slot,
        plan: &Plan,
        position: usize,
        scan: &Scan,
        depth: usize,
        quick: bool,
    ) -> Node {
        let Some(field) = plan.fields.get(position) else {
            return Node::Leaf(Raw::Null);
        };
        let at = FieldAt {
            slot,
            position: offset(position),
        };
        let raw = self.field_value(at, field, &scan.of(position, field), depth);
        self.node(raw, quick)
    }

    /// The value of a field of a message at `depth`.
    pub(super) fn field_value(
        &self,
        at: FieldAt,
        field: &FieldPlan,
        items: &Occurrences,
        depth: usize,
    ) -> Raw {
        match (field.label, &field.kind) {
            (Label::Map, Scalar::Message(entry)) => Raw::Map {
                entry: *entry,
                items: items.clone(),
                depth,
            },
            (Label::Single, Scalar::Message(slot) | Scalar::Group(slot)) => Raw::Message {
                slot: *slot,
                body: self.pieces(items),
                depth: depth + 1,
            },
            (Label::Single, kind) => match self.last(items) {
                Some(last) => self.scalar(at, kind, last.bits, last.span, depth),
                None => default_value(at, kind),
            },
            (Label::List | Label::Map, _) => Raw::List {
                field: at,
                items: items.clone(),
                depth,
            },
        }
    }

    /// A value of a field: of a list an item, of a map's entry the value.
    pub(super) fn scalar(
        &self,
        at: FieldAt,
        kind: &Scalar,
        bits: u64,
        span: Span,
        depth: usize,
    ) -> Raw {
        if let Scalar::Bytes = kind
            && let Shown::Message(slot) = self.settled.bytes(at)
        {
            return Raw::Message {
                slot,
                body: Body::One(span),
                depth: depth + 1,
            };
        }
        match kind {
            Scalar::Message(slot) | Scalar::Group(slot) => Raw::Message {
                slot: *slot,
                body: Body::One(span),
                depth: depth + 1,
            },
            _ => Raw::Scalar {
                field: at,
                bits,
                span,
                absent: false,
            },
        }
    }

    /// The pieces of a message that may stand in several.
    pub(super) fn pieces(&self, items: &Occurrences) -> Body {
        let mut cursor = Cursor::default();
        let Some(first) = self.next_field(items, &mut cursor) else {
            return Body::Many(Box::default());
        };
        let Some(second) = self.next_field(items, &mut cursor) else {
            return Body::One(first.span);
        };
        let mut pieces = vec![first.span, second.span];
        while let Some(piece) = self.next_field(items, &mut cursor) {
            pieces.push(piece.span);
        }
        Body::Many(pieces.into())
    }
}

/// The value of a field that is not there.
pub(super) fn default_value(field: FieldAt, kind: &Scalar) -> Raw {
    let bits = match kind {
        // Sign-extended, as on the wire.
        Scalar::Enum(names) => i64::from(names.default).cast_unsigned(),
        _ => 0,
    };
    Raw::Scalar {
        field,
        bits,
        span: Span::default(),
        absent: true,
    }
}

impl Raw {
    /// Bytes that it may take to look at it.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Message { body, .. } | Self::Strays { body, .. } => body.len(),
            Self::List { items, .. } | Self::Map { items, .. } => items.bytes(),
            _ => 0,
        }
    }

    /// Where it stands on the wire.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Scalar { span, .. } | Self::Url(span) | Self::Opaque(span) => *span,
            Self::Message { body, .. } | Self::Strays { body, .. } => body.span(),
            Self::List { items, .. } | Self::Map { items, .. } => items.span(),
            Self::Stray { at, end, .. } => Span {
                start: *at,
                end: *end,
            },
            Self::Null => Span::default(),
        }
    }
}

impl Node {
    /// Whether members or items may be behind it.
    pub(super) fn opens(&self) -> bool {
        !matches!(self, Self::Leaf(_))
    }
}
