//! The body a new request starts with.
//!
//! It shows what can be filled in and sends nothing: a person who presses Send at once sends an empty
//! message, not a set of made-up defaults. So every field whose absence and default differ stands as
//! `null`, which ProtoJSON reads as absent: messages, times, optional scalars, arms of a oneof. Plain
//! proto3 scalars stand with their default, which is not sent either, and shows the type. Values come on
//! demand: by completion, by the form, or from [`generate`](super::generate).
//! Invariant: encodes to the bytes that the required fields of proto2 alone have.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::known;
use crate::{
    message::{
        form::kind::{new_field, new_value, quoted, well_known, wrapped},
        has_presence,
    },
    schema::fields_in_order,
};

/// Of larger messages the first fields are shown, and the required ones.
const MAX_FIELDS: usize = 200;
/// Levels of required messages: a type may require itself.
const MAX_DEPTH: usize = 60;
/// Bytes of text, about, whatever is required.
const MAX_BYTES: usize = 256 << 10;

/// A pretty JSON text with the fields of a message in the order of the file, one arm a oneof; see the
/// module's words on what stands there. Deprecated fields and extensions are left out.
pub fn starting_body(message: &MessageDescriptor) -> String {
    let mut text = String::new();
    write(&mut text, message, 0);
    text
}

fn write(text: &mut String, message: &MessageDescriptor, depth: usize) {
    if let Some(known) = well_known(message) {
        return text.push_str(&known::neutral(known));
    }
    if wrapped(message).is_some() || depth > MAX_DEPTH || text.len() > MAX_BYTES {
        return text.push_str(&new_value(&Kind::Message(message.clone())));
    }
    let mut fields = fields_in_order(message).enumerate();
    let mut is_first = true;
    let shown = fields.by_ref().filter(|(index, field)| {
        // What is required in a required message is all that can be shown of it without sending more.
        field.is_required() || (*index < MAX_FIELDS && is_shown(field))
    });
    for (_, field) in shown {
        text.push_str(if is_first { "{" } else { "," });
        is_first = false;
        line(text, depth + 1);
        text.push_str(&quoted(field.json_name()));
        text.push_str(": ");
        match field.kind() {
            Kind::Message(inner) if field.is_required() => write(text, &inner, depth + 1),
            _ if field.is_required() || !has_presence(&field) => {
                text.push_str(&new_field(&field));
            }
            _ => text.push_str("null"),
        }
    }
    if is_first {
        return text.push_str("{}");
    }
    line(text, depth);
    text.push('}');
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

fn is_shown(field: &FieldDescriptor) -> bool {
    let options = field.field_descriptor_proto().options.as_ref();
    let deprecated = options.is_some_and(|options| options.deprecated());
    // Its `null` would be sent.
    let sends_null = match field.kind() {
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        Kind::Enum(descriptor) => descriptor.full_name() == "google.protobuf.NullValue",
        _ => false,
    };
    if sends_null && !field.is_list() && has_presence(field) {
        return false;
    }
    arm_of(field).is_none_or(|chosen| chosen == field.number()) && !deprecated
}

/// For a field of a oneof, the number of the arm that is shown: the first that is no message, else
/// the first.
fn arm_of(field: &FieldDescriptor) -> Option<u32> {
    let oneof = field
        .containing_oneof()
        .filter(|oneof| !oneof.is_synthetic())?;
    let simple = |arm: &FieldDescriptor| match arm.kind() {
        Kind::Message(_) => false,
        Kind::Enum(descriptor) => descriptor.full_name() != "google.protobuf.NullValue",
        _ => true,
    };
    let arm = oneof
        .fields()
        .find(simple)
        .or_else(|| oneof.fields().next())?;
    Some(arm.number())
}
