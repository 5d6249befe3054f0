//! What a field is to a person: how its value is edited, named and begun. Shared by the form and
//! what is generated.

use std::sync::Arc;

use base64::Engine as _;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{EnumInfo, EnumValue, FieldKind, WellKnown, plan::Comments};
use crate::schema::is_closed;

/// A time that shows the format; the form begins with it.
const SAMPLE_TIME: &str = "\"2026-01-01T00:00:00Z\"";

/// How one value of a field is edited: of a list its items, of a map its values.
pub(super) fn kind_of(kind: &Kind, comments: Comments<'_>) -> FieldKind {
    let integer = |bits, unsigned| FieldKind::Integer { bits, unsigned };
    match kind {
        Kind::Bool => FieldKind::Bool,
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => integer(32, false),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => integer(64, false),
        Kind::Uint32 | Kind::Fixed32 => integer(32, true),
        Kind::Uint64 | Kind::Fixed64 => integer(64, true),
        Kind::Float | Kind::Double => FieldKind::Float,
        Kind::String => FieldKind::String,
        Kind::Bytes => FieldKind::Bytes,
        Kind::Enum(descriptor) => FieldKind::Enum(Arc::new(enum_info(descriptor, comments))),
        Kind::Message(message) => match wrapped(message) {
            Some(inner) => kind_of(&inner, comments),
            None => well_known(message).map_or(FieldKind::Message, FieldKind::WellKnown),
        },
    }
}

fn enum_info(descriptor: &EnumDescriptor, comments: Comments<'_>) -> EnumInfo {
    let file = descriptor.parent_file();
    let proto = descriptor.enum_descriptor_proto();
    let values = proto.value.iter().enumerate().map(|(index, value)| {
        let mut path = descriptor.path().to_vec();
        // `EnumDescriptorProto.value` is field 2.
        path.extend([2, i32::try_from(index).unwrap_or(i32::MAX)]);
        let options = value.options.as_ref();
        EnumValue {
            name: value.name().to_owned(),
            number: value.number(),
            comment: comments(file.name(), &path),
            deprecated: options.is_some_and(|options| options.deprecated()),
        }
    });
    EnumInfo {
        name: descriptor.full_name().to_owned(),
        values: values.collect(),
        closed: is_closed(descriptor),
    }
}

/// The well-known type a message is, wrappers left out.
pub(in crate::message) fn well_known(message: &MessageDescriptor) -> Option<WellKnown> {
    Some(
        match message.full_name().strip_prefix("google.protobuf.")? {
            "Timestamp" => WellKnown::Timestamp,
            "Duration" => WellKnown::Duration,
            "FieldMask" => WellKnown::FieldMask,
            "Struct" => WellKnown::Struct,
            "Value" => WellKnown::Value,
            "ListValue" => WellKnown::ListValue,
            "Any" => WellKnown::Any,
            "Empty" => WellKnown::Empty,
            _ => return None,
        },
    )
}

/// What a wrapper wraps.
pub(in crate::message) fn wrapped(message: &MessageDescriptor) -> Option<Kind> {
    Some(
        match message.full_name().strip_prefix("google.protobuf.")? {
            "DoubleValue" => Kind::Double,
            "FloatValue" => Kind::Float,
            "Int64Value" => Kind::Int64,
            "UInt64Value" => Kind::Uint64,
            "Int32Value" => Kind::Int32,
            "UInt32Value" => Kind::Uint32,
            "BoolValue" => Kind::Bool,
            "StringValue" => Kind::String,
            "BytesValue" => Kind::Bytes,
            _ => return None,
        },
    )
}

/// The JSON a value of this kind begins with.
pub(in crate::message) fn new_value(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "false".to_owned(),
        Kind::String | Kind::Bytes => "\"\"".to_owned(),
        Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => {
            "null".to_owned()
        }
        Kind::Enum(descriptor) => {
            let first = descriptor.enum_descriptor_proto().value.first();
            first.map_or_else(|| "0".to_owned(), |value| quoted(value.name()))
        }
        Kind::Message(message) => match (wrapped(message), well_known(message)) {
            (Some(inner), _) => return new_value(&inner),
            (None, Some(WellKnown::Timestamp)) => SAMPLE_TIME,
            (None, Some(WellKnown::Duration)) => "\"0s\"",
            (None, Some(WellKnown::FieldMask)) => "\"\"",
            (None, Some(WellKnown::ListValue)) => "[]",
            (None, Some(WellKnown::Value)) => "null",
            (None, Some(WellKnown::Struct | WellKnown::Any | WellKnown::Empty) | None) => "{}",
        }
        .to_owned(),
        // 64-bit numbers as well: the encoder reads digits, not doubles.
        _ => "0".to_owned(),
    }
}

/// The JSON a field begins with: its own default in proto2, else that of its kind.
pub(in crate::message) fn new_field(field: &FieldDescriptor) -> String {
    if field.is_list() {
        return "[]".to_owned();
    }
    if field.is_map() {
        return "{}".to_owned();
    }
    let kind = field.kind();
    if field.field_descriptor_proto().default_value.is_none() {
        return new_value(&kind);
    }
    default_json(&field.default_value(), &kind)
}

/// A default of proto2 as JSON.
pub(super) fn default_json(default: &Value, kind: &Kind) -> String {
    match default {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => float(&value.to_string()),
        Value::F64(value) => float(&value.to_string()),
        Value::String(value) => quoted(value),
        Value::Bytes(value) => quoted(&base64::engine::general_purpose::STANDARD.encode(value)),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(descriptor) => descriptor
                .get_value(*number)
                .map_or_else(|| number.to_string(), |value| quoted(value.name())),
            _ => number.to_string(),
        },
        Value::Message(_) | Value::List(_) | Value::Map(_) => new_value(kind),
    }
}

fn float(shown: &str) -> String {
    match shown {
        "inf" => "\"Infinity\"".to_owned(),
        "-inf" => "\"-Infinity\"".to_owned(),
        "NaN" => "\"NaN\"".to_owned(),
        digits => digits.to_owned(),
    }
}

pub(in crate::message) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
