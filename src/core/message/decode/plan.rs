//! What a message type's bytes mean, worked out once a type: the plan its walk follows.
//!
//! Descriptors answer one question at a time through reference counts and trees; a plan is a flat
//! table. Plans of one pool live together in [`Plans`], refer to each other by slot, and are made
//! when first met, so recursive types and large schemas cost nothing until they are used.
//! Invariant: a slot never changes once filled; fields stand in the order they are printed: by
//! number, extensions after fields.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind,
    MessageDescriptor, Value,
};

use super::{
    super::{has_presence, is_message_set},
    ordered::Pause,
    wire::WireType,
};
use crate::schema::Schema;

/// Slots of the first chunk; every further chunk is twice as long as the one before it.
const FIRST_CHUNK: usize = 64;
/// Field numbers below this are looked up in a table, the rest by bisection.
const DENSE: usize = 512;

/// The slot of a message type in its [`Plans`].
pub(super) type Slot = u32;

/// The plans of a pool. Grows without moving, so that walkers may hold on to a plan.
pub(super) struct Plans {
    pool: DescriptorPool,
    /// Where types that are not in the pool are found.
    schema: Option<Schema>,
    known: Mutex<Known>,
    chunks: [OnceLock<Box<[OnceLock<Plan>]>>; 26],
}

#[derive(Default)]
struct Known {
    slots: HashMap<String, Slot>,
    messages: Vec<MessageDescriptor>,
    enums: HashMap<String, Arc<EnumPlan>>,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{ … }` by its fields.
    Plain,
    Any,
    Timestamp,
    Duration,
    FieldMask,
    /// The value of its only field: Struct, ListValue and the wrappers.
    Transparent,
    /// The arm that is set; `null` when none is.
    Value,
}

/// A message type.
pub(super) struct Plan {
    pub(super) name: Box<str>,
    pub(super) shape: Shape,
    pub(super) fields: Box<[FieldPlan]>,
    /// How many oneofs people wrote; each field says which is its own.
    pub(super) oneofs: usize,
    /// Its extensions stand on the wire as items of a message set.
    pub(super) message_set: bool,
    /// Whether its messages may be printed as they are read.
    pub(super) pause: Pause,
    dense: Box<[u32]>,
    /// Number and position, by number, for those above the table.
    sparse: Box<[(u32, u32)]>,
}

/// A field or extension.
pub(super) struct FieldPlan {
    /// As it stands in an object: quoted, with its colon.
    pub(super) key: Box<str>,
    /// As it stands in a path.
    pub(super) name: Box<str>,
    /// As the file has it, where the JSON name is not made of it.
    pub(super) own_name: Option<Box<str>>,
    /// A default that the file declares (proto2, editions).
    pub(super) declared: Option<Box<Declared>>,
    pub(super) kind: Scalar,
    pub(super) label: Label,
    /// Whether a default value that was sent is shown.
    pub(super) presence: bool,
    pub(super) oneof: Option<u32>,
    pub(super) extension: bool,
}

/// A default value.
pub(super) enum Declared {
    /// As the wire has it.
    Bits(u64),
    /// A text's or bytes'.
    Bytes(Box<[u8]>),
}

/// How often a field stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Single,
    List,
    /// The entries' plan has the key in position 0 and the value in position 1.
    Map,
}

/// What a value is.
#[derive(Clone)]
pub(super) enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(Arc<EnumPlan>),
    /// `google.protobuf.NullValue`
    Null,
    Message(Slot),
    Group(Slot),
}

/// An enum's names.
pub(super) struct EnumPlan {
    /// The first value of the file.
    pub(super) default: i32,
    /// Quoted names by number; of aliases the one that stands first in the file.
    names: Box<[(i32, Box<str>)]>,
}

impl EnumPlan {
    fn new(descriptor: &EnumDescriptor) -> Self {
        let values = &descriptor.enum_descriptor_proto().value;
        let mut names: Vec<(i32, Box<str>)> = values
            .iter()
            .map(|value| (value.number(), quoted(value.name()).into()))
            .collect();
        // Stable, so the first of several names for a number stays first.
        names.sort_by_key(|(number, _)| *number);
        names.dedup_by_key(|(number, _)| *number);
        Self {
            default: values.first().map_or(0, |value| value.number()),
            names: names.into(),
        }
    }

    /// The quoted name of a number.
    pub(super) fn name(&self, number: i32) -> Option<&str> {
        let direct = usize::try_from(number).ok().and_then(|i| self.names.get(i));
        if let Some((found, name)) = direct
            && *found == number
        {
            return Some(name);
        }
        let at = self
            .names
            .binary_search_by_key(&number, |(number, _)| *number);
        at.ok().map(|at| &*self.names[at].1)
    }
}

impl Scalar {
    /// The wire type of one value.
    pub(super) fn wire(&self) -> WireType {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => WireType::Fixed64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => WireType::Fixed32,
            Self::String | Self::Bytes | Self::Message(_) => WireType::Length,
            Self::Group(_) => WireType::Group,
            Self::Int32
            | Self::Int64
            | Self::Uint32
            | Self::Uint64
            | Self::Sint32
            | Self::Sint64
            | Self::Bool
            | Self::Enum(_)
            | Self::Null => WireType::Varint,
        }
    }
}

impl FieldPlan {
    /// Whether a value of this wire type belongs to the field.
    #[inline]
    pub(super) fn takes(&self, wire: WireType) -> bool {
        let own = self.kind.wire();
        wire == own || self.label == Label::List && wire == WireType::Length && packable(own)
    }
}

/// A default value as the wire has it.
fn declared(kind: &Kind, value: &Value) -> Option<Box<Declared>> {
    let zigzag = |value: i64| ((value << 1) ^ (value >> 63)).cast_unsigned();
    let bits = match value {
        Value::Bool(flag) => u64::from(*flag),
        Value::I32(number) if *kind == Kind::Sint32 => zigzag(i64::from(*number)),
        Value::I64(number) if *kind == Kind::Sint64 => zigzag(*number),
        Value::I32(number) | Value::EnumNumber(number) => u64::from(number.cast_unsigned()),
        Value::I64(number) => number.cast_unsigned(),
        Value::U32(number) => u64::from(*number),
        Value::U64(number) => *number,
        Value::F32(number) => u64::from(number.to_bits()),
        Value::F64(number) => number.to_bits(),
        Value::String(text) => return Some(Box::new(Declared::Bytes(text.as_bytes().into()))),
        Value::Bytes(bytes) => return Some(Box::new(Declared::Bytes(bytes.to_vec().into()))),
        Value::Message(_) | Value::List(_) | Value::Map(_) => return None,
    };
    Some(Box::new(Declared::Bits(bits)))
}

/// Whether a list of values of this wire type may be packed.
pub(super) fn packable(wire: WireType) -> bool {
    matches!(
        wire,
        WireType::Varint | WireType::Fixed32 | WireType::Fixed64
    )
}

impl Plan {
    /// The position of the field with this number.
    #[inline]
    pub(super) fn position(&self, number: u32) -> Option<usize> {
        if let Some(&position) = self.dense.get(number as usize) {
            return (position != u32::MAX).then_some(position as usize);
        }
        let at = self
            .sparse
            .binary_search_by_key(&number, |(number, _)| *number);
        at.ok().map(|at| self.sparse[at].1 as usize)
    }
}

impl Plan {
    /// The position of the field with this name: its JSON name, or its own.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let json = super::diff::json_name(name);
        let is = |field: &FieldPlan| {
            let own = field.own_name.as_deref();
            *field.name == *name || *field.name == *json || own == Some(name)
        };
        self.fields.iter().position(is)
    }

    /// Every field's number and position.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (u32, u32)> {
        let dense = (0..).zip(&self.dense).map(|(number, at)| (number, *at));
        dense
            .filter(|(_, at)| *at != u32::MAX)
            .chain(self.sparse.iter().copied())
    }
}

impl Plans {
    pub(super) fn new(pool: DescriptorPool, schema: Option<Schema>) -> Self {
        Self {
            pool,
            schema,
            known: Mutex::default(),
            chunks: [const { OnceLock::new() }; 26],
        }
    }

    pub(super) fn are_of(&self, pool: &DescriptorPool, schema: Option<&Schema>) -> bool {
        let same = match (&self.schema, schema) {
            (Some(own), Some(other)) => own.is_same(other),
            (own, other) => own.is_none() && other.is_none(),
        };
        same && self.pool == *pool
    }

    /// The slot of a message type of this pool, or of the schema: a name means one type in both.
    pub(super) fn slot(&self, message: &MessageDescriptor) -> Slot {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&slot) = known.slots.get(message.full_name()) {
            return slot;
        }
        // A pool has far fewer than 2^32 messages: its own indices are as wide.
        let slot = known.messages.len() as Slot;
        known.messages.push(message.clone());
        known.slots.insert(message.full_name().to_owned(), slot);
        slot
    }

    /// The slot of a type by its full name, as in an Any.
    pub(super) fn slot_of(&self, name: &str) -> Option<Slot> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&slot) = known.slots.get(name) {
            return Some(slot);
        }
        drop(known);
        let elsewhere = || self.schema.as_ref()?.message(name);
        let message = self.pool.get_message_by_name(name).or_else(elsewhere)?;
        Some(self.slot(&message))
    }

    /// The number of a field of the type in a slot, by its JSON name or its own.
    pub(super) fn number(&self, slot: Slot, name: &str) -> Option<u32> {
        super::super::find_field(&self.message(slot), name).map(|field| field.number())
    }

    /// The type in a slot that [`Plans::slot`] gave.
    pub(super) fn message(&self, slot: Slot) -> MessageDescriptor {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.messages[slot as usize].clone()
    }

    /// Where types that are not in the pool are found.
    pub(super) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// The plan in a slot that [`Plans::slot`] gave.
    pub(super) fn get(&self, slot: Slot) -> &Plan {
        let index = slot as usize;
        let chunk = (index / FIRST_CHUNK + 1).ilog2() as usize;
        let offset = index - FIRST_CHUNK * ((1 << chunk) - 1);
        let len = FIRST_CHUNK << chunk;
        let slots = self.chunks[chunk].get_or_init(|| (0..len).map(|_| OnceLock::new()).collect());
        slots[offset].get_or_init(|| {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let message = known.messages[index].clone();
            drop(known);
            self.plan(&message)
        })
    }

    fn plan(&self, message: &MessageDescriptor) -> Plan {
        let written: Vec<_> = message.oneofs().filter(|o| !o.is_synthetic()).collect();
        let oneof = |field: &FieldDescriptor| {
            let own = field.containing_oneof()?;
            let at = written.iter().position(|o| o.name() == own.name())?;
            u32::try_from(at).ok()
        };
        let mut numbered: Vec<(u32, FieldPlan)> = message
            .fields()
            .map(|field| (field.number(), self.field(&field, oneof(&field))))
            .collect();
        let mut extensions: Vec<ExtensionDescriptor> = message.extensions().collect();
        extensions.sort_by_key(ExtensionDescriptor::number);
        extensions.dedup_by_key(|extension| extension.number());
        numbered.extend(
            extensions
                .iter()
                .map(|extension| (extension.number(), self.extension(extension))),
        );

        let top = numbered
            .iter()
            .map(|(number, _)| *number as usize)
            .filter(|n| *n < DENSE)
            .max();
        let mut dense = vec![u32::MAX; top.map_or(0, |top| top + 1)];
        let mut sparse = Vec::new();
        for (position, (number, _)) in (0..).zip(&numbered) {
            match dense.get_mut(*number as usize) {
                Some(entry) => *entry = position,
                None => sparse.push((*number, position)),
            }
        }
        sparse.sort_unstable();
        Plan {
            name: message.full_name().into(),
            shape: shape(message),
            fields: numbered.into_iter().map(|(_, field)| field).collect(),
            oneofs: written.len(),
            message_set: is_message_set(message),
            pause: Pause::default(),
            dense: dense.into(),
            sparse: sparse.into(),
        }
    }

    fn field(&self, field: &FieldDescriptor, oneof: Option<u32>) -> FieldPlan {
        FieldPlan {
            key: format!("{}:", quoted(field.json_name())).into(),
            name: field.json_name().into(),
            own_name: (super::diff::json_name(field.name()) != field.json_name())
                .then(|| field.name().into()),
            declared: (field.field_descriptor_proto().default_value.as_ref())
                .and_then(|_| declared(&field.kind(), &field.default_value())),
            kind: self.kind(&field.kind(), field.is_group()),
            label: label(field.cardinality(), &field.kind()),
            presence: has_presence(field),
            oneof,
            extension: false,
        }
    }

    fn extension(&self, extension: &ExtensionDescriptor) -> FieldPlan {
        FieldPlan {
            key: format!("{}:", quoted(extension.json_name())).into(),
            name: extension.json_name().into(),
            own_name: None,
            declared: (extension.field_descriptor_proto().default_value.as_ref())
                .and_then(|_| declared(&extension.kind(), &extension.default_value())),
            kind: self.kind(&extension.kind(), extension.is_group()),
            label: label(extension.cardinality(), &extension.kind()),
            presence: extension.supports_presence(),
            oneof: None,
            extension: true,
        }
    }

    fn kind(&self, kind: &Kind, group: bool) -> Scalar {
        match kind {
            Kind::Double => Scalar::Double,
            Kind::Float => Scalar::Float,
            Kind::Int32 => Scalar::Int32,
            Kind::Int64 => Scalar::Int64,
            Kind::Uint32 => Scalar::Uint32,
            Kind::Uint64 => Scalar::Uint64,
            Kind::Sint32 => Scalar::Sint32,
            Kind::Sint64 => Scalar::Sint64,
            Kind::Fixed32 => Scalar::Fixed32,
            Kind::Fixed64 => Scalar::Fixed64,
            Kind::Sfixed32 => Scalar::Sfixed32,
            Kind::Sfixed64 => Scalar::Sfixed64,
            Kind::Bool => Scalar::Bool,
            Kind::String => Scalar::String,
            Kind::Bytes => Scalar::Bytes,
            Kind::Message(message) if group => Scalar::Group(self.slot(message)),
            Kind::Message(message) => Scalar::Message(self.slot(message)),
            Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => {
                Scalar::Null
            }
            Kind::Enum(descriptor) => {
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                let plan = known
                    .enums
                    .entry(descriptor.full_name().to_owned())
                    .or_insert_with(|| Arc::new(EnumPlan::new(descriptor)));
                Scalar::Enum(Arc::clone(plan))
            }
        }
    }
}

fn label(cardinality: Cardinality, kind: &Kind) -> Label {
    match (cardinality, kind) {
        (Cardinality::Repeated, Kind::Message(message)) if is_map_entry(message) => Label::Map,
        (Cardinality::Repeated, _) => Label::List,
        _ => Label::Single,
    }
}

/// Whether a type is a map's entry as the specification has it. A server's own descriptors may
/// carry the mark on anything; such a field is shown as the list it is on the wire.
fn is_map_entry(message: &MessageDescriptor) -> bool {
    let key = |field: FieldDescriptor| {
        !field.is_list()
            && !matches!(
                field.kind(),
                Kind::Double | Kind::Float | Kind::Bytes | Kind::Message(_) | Kind::Enum(_)
            )
    };
    message.is_map_entry()
        && message.fields().len() == 2
        && message.extensions().len() == 0
        && message.get_field(1).is_some_and(key)
        && message
            .get_field(2)
            .is_some_and(|value| !value.is_list() && !value.is_map())
}

/// A well-known type is known by its name, and only when its fields are the specification's.
fn shape(message: &MessageDescriptor) -> Shape {
    let Some(name) = message.full_name().strip_prefix("google.protobuf.") else {
        return Shape::Plain;
    };
    let is = |number, list, kind: &Kind| {
        message.get_field(number).is_some_and(|field| {
            field.kind() == *kind && (field.cardinality() == Cardinality::Repeated) == list
        })
    };
    let one = |kind: &Kind| is(1, false, kind) && message.fields().len() == 1;
    let messages = |wanted| {
        message.fields().len() == 1
            && message.get_field(1).is_some_and(|field| match field.kind() {
                Kind::Message(item) if field.is_map() => {
                    is_map_entry(&item) && item.get_field(2).is_some_and(|f| is_value(&f))
                }
                Kind::Message(_) => field.is_list() && is_value(&field),
                _ => false,
            } && field.is_map() == wanted)
    };
    let (shape, fits) = match name {
        "Any" => (
            Shape::Any,
            is(1, false, &Kind::String) && is(2, false, &Kind::Bytes),
        ),
        "Timestamp" => (
            Shape::Timestamp,
            is(1, false, &Kind::Int64) && is(2, false, &Kind::Int32),
        ),
        "Duration" => (
            Shape::Duration,
            is(1, false, &Kind::Int64) && is(2, false, &Kind::Int32),
        ),
        "FieldMask" => (Shape::FieldMask, is(1, true, &Kind::String)),
        "Struct" => (Shape::Transparent, messages(true)),
        "ListValue" => (Shape::Transparent, messages(false)),
        "Value" => {
            let own = message.oneofs().next().is_some_and(|o| o.name() == "kind");
            let all = message
                .fields()
                .all(|field| field.containing_oneof().is_some());
            (Shape::Value, own && all && message.fields().len() == 6)
        }
        "DoubleValue" => (Shape::Transparent, one(&Kind::Double)),
        "FloatValue" => (Shape::Transparent, one(&Kind::Float)),
        "Int64Value" => (Shape::Transparent, one(&Kind::Int64)),
        "UInt64Value" => (Shape::Transparent, one(&Kind::Uint64)),
        "Int32Value" => (Shape::Transparent, one(&Kind::Int32)),
        "UInt32Value" => (Shape::Transparent, one(&Kind::Uint32)),
        "BoolValue" => (Shape::Transparent, one(&Kind::Bool)),
        "StringValue" => (Shape::Transparent, one(&Kind::String)),
        "BytesValue" => (Shape::Transparent, one(&Kind::Bytes)),
        _ => return Shape::Plain,
    };
    if fits { shape } else { Shape::Plain }
}

fn is_value(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(m) if m.full_name() == "google.protobuf.Value")
}

fn quoted(name: &str) -> String {
    // A name is an identifier in all but hostile descriptors.
    serde_json::Value::from(name).to_string()
}
