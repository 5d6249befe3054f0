//! What every part of the lazy walk looks through: the bytes, the plans and the choices of the layout.

use std::collections::{BTreeMap, HashMap};

use super::super::{
    JsonOptions, JsonText,
    output::Output,
    plan::{FieldPlan, Plan, Plans, Slot},
    walk::Walker,
    wire::Span,
};

/// Which of the two drawings rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Drawing {
    /// Lines of pretty ProtoJSON, closing brackets with a row of their own.
    #[default]
    Json,
    /// A row a value; fields that the type does not have are rows, too.
    Tree,
}

/// A field of a message type, whichever message it is met in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// Full name of the type that has the field.
    pub message: String,
    /// Its number.
    pub number: u32,
}

/// How a value of type `bytes` is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub enum BytesAs {
    /// As ProtoJSON has it.
    #[default]
    Base64,
    /// As text; what is not UTF-8 is replaced.
    Text,
    /// Two digits a byte.
    Hex,
    /// Decoded as a message of this type (its full name).
    Message(String),
}

/// What of a message is shown, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowLayout {
    /// The drawing.
    pub drawing: Drawing,
    /// Fields without presence are shown with their default value when absent.
    pub defaults: bool,
    /// Enum values as numbers in JSON; the tree shows both always.
    pub enum_numbers: bool,
    /// Fields of type `bytes` that are not shown as base64.
    pub bytes: BTreeMap<FieldRef, BytesAs>,
}

/// A [`RowLayout`] for the plans of one schema.
#[derive(Debug, Clone, Default)]
pub(super) struct Settled {
    pub(super) layout: RowLayout,
    /// By slot and position.
    bytes: HashMap<(Slot, u32), Shown>,
}

/// A [`BytesAs`] whose type was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Base64,
    Text,
    Hex,
    Message(Slot),
}

impl Settled {
    pub(super) fn new(layout: RowLayout, plans: &Plans) -> Self {
        let mut bytes = HashMap::new();
        for (field, shown) in &layout.bytes {
            let Some(slot) = plans.slot_of(&field.message) else {
                continue;
            };
            let Some(position) = plans.get(slot).position(field.number) else {
                continue;
            };
            let shown = match shown {
                BytesAs::Base64 => Shown::Base64,
                BytesAs::Text => Shown::Text,
                BytesAs::Hex => Shown::Hex,
                BytesAs::Message(name) => match plans.slot_of(name) {
                    Some(slot) => Shown::Message(slot),
                    None => Shown::Base64,
                },
            };
            bytes.insert((slot, super::scan::offset(position)), shown);
        }
        Self { layout, bytes }
    }

    pub(super) fn bytes(&self, field: FieldAt) -> Shown {
        if self.bytes.is_empty() {
            return Shown::Base64;
        }
        let found = self.bytes.get(&(field.slot, field.position));
        found.copied().unwrap_or(Shown::Base64)
    }
}

/// A field by its place in the plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldAt {
    pub(super) slot: Slot,
    pub(super) position: u32,
}

/// The bytes, what they mean, and what of it is wanted.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) wire: &'a [u8],
    pub(super) plans: &'a Plans,
    pub(super) settled: &'a Settled,
}

impl<'a> Look<'a> {
    pub(super) fn layout(&self) -> &'a RowLayout {
        &self.settled.layout
    }

    pub(super) fn is_json(&self) -> bool {
        self.settled.layout.drawing == Drawing::Json
    }

    pub(super) fn plan(&self, slot: Slot) -> &'a Plan {
        self.plans.get(slot)
    }

    pub(super) fn field(&self, at: FieldAt) -> Option<&'a FieldPlan> {
        self.plan(at.slot).fields.get(at.position as usize)
    }

    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        self.wire.get(span.start..span.end).unwrap_or_default()
    }

    /// What the walk to JSON writes, compact, in at most about `limit` bytes (0 for no limit).
    pub(super) fn written(&self, limit: usize, write: impl FnOnce(&mut Walker<'a>)) -> JsonText {
        self.printed(false, limit, write)
    }

    pub(super) fn printed(
        &self,
        pretty: bool,
        limit: usize,
        write: impl FnOnce(&mut Walker<'a>),
    ) -> JsonText {
        let options = JsonOptions {
            pretty,
            defaults: self.layout().defaults,
            max_bytes: limit,
        };
        let out = Output::new(pretty, limit, 64);
        let mut walker = Walker::new(self.wire, self.plans, out, options);
        write(&mut walker);
        walker.finish()
    }
}
