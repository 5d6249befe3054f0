//! What stands around a field's type and number, and which fields define their type in their place.

use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, FileDescriptor, Kind,
    MessageDescriptor, Syntax, Value,
};
use prost_types::{
    DescriptorProto, FieldDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use crate::schema::option_text::quote;

/// One past the largest field number, which files write as `max`.
const END_OF_FIELD_NUMBERS: u32 = 536_870_912;

pub(super) fn label(field: &FieldDescriptorProto, syntax: Syntax, edition: bool) -> &'static str {
    match (field.label(), syntax) {
        (Label::Repeated, _) => "repeated ",
        _ if edition => "",
        (Label::Required, _) => "required ",
        (Label::Optional, Syntax::Proto2) => "optional ",
        (Label::Optional, Syntax::Proto3) if field.proto3_optional() => "optional ",
        (Label::Optional, Syntax::Proto3) => "",
    }
}

/// What stands in brackets after a field's number.
pub(super) fn details(field: &FieldDescriptorProto, options: Vec<String>) -> String {
    let mut entries = Vec::new();
    if let Some(default) = &field.default_value {
        entries.push(match field.r#type() {
            Type::String => format!("default = {}", quote(default)),
            // The descriptor holds bytes already escaped.
            Type::Bytes => format!("default = \"{default}\""),
            _ => format!("default = {default}"),
        });
    }
    if let Some(json_name) = &field.json_name
        && *json_name != usual_json_name(field.name())
        // An extension's is its full name in brackets, and cannot be written.
        && field.extendee.is_none()
    {
        entries.push(format!("json_name = {}", quote(json_name)));
    }
    entries.extend(options);
    match entries.len() {
        0 => String::new(),
        _ => format!(" [{}]", entries.join(", ")),
    }
}

/// The JSON name protoc gives a field: underscores dropped, the letter after each in upper case.
fn usual_json_name(name: &str) -> String {
    let mut json_name = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            json_name.push(c.to_ascii_uppercase());
        } else {
            json_name.push(c);
        }
    }
    json_name
}

pub(super) fn range_text(range: std::ops::Range<u32>) -> String {
    let last = range.end.saturating_sub(1);
    match range.start {
        start if start == last => start.to_string(),
        start if range.end >= END_OF_FIELD_NUMBERS => format!("{start} to max"),
        start => format!("{start} to {last}"),
    }
}

/// Types that groups of this message define; they are printed with their field.
pub(super) fn group_types(message: &MessageDescriptor) -> Vec<MessageDescriptor> {
    let of_fields = message.fields().filter_map(|field| match field.kind() {
        Kind::Message(body) if is_written_as_group(&field, &body) => Some(body),
        _ => None,
    });
    let of_extensions = message
        .child_extensions()
        .filter_map(|extension| match extension.kind() {
            Kind::Message(body) if is_extension_written_as_group(&extension, &body) => Some(body),
            _ => None,
        });
    of_fields.chain(of_extensions).collect()
}

/// Whether a field defines its type in its place, as groups do. A field of an edition may be delimited and
/// have any message as its type, also the one it stands in.
pub(super) fn is_written_as_group(field: &FieldDescriptor, body: &MessageDescriptor) -> bool {
    field.is_group()
        && body.parent_message().as_ref() == Some(field.parent_message())
        && field.name() == body.name().to_lowercase()
}

pub(super) fn is_extension_written_as_group(
    extension: &ExtensionDescriptor,
    body: &MessageDescriptor,
) -> bool {
    extension.is_group()
        && body.parent_message() == extension.parent_message()
        && extension.name() == body.name().to_lowercase()
}

/// The features of edition 2023 that differ from its defaults.
pub(super) fn edition_details(
    field: &FieldDescriptorProto,
    packed: bool,
    implicit: bool,
) -> Vec<String> {
    let mut features = Vec::new();
    let packable = !matches!(
        field.r#type(),
        Type::String | Type::Bytes | Type::Message | Type::Group
    );
    match field.label() {
        Label::Required => features.push("field_presence = LEGACY_REQUIRED"),
        Label::Repeated if packable && !packed => {
            features.push("repeated_field_encoding = EXPANDED");
        }
        Label::Optional if implicit => features.push("field_presence = IMPLICIT"),
        Label::Repeated | Label::Optional => {}
    }
    if field.r#type() == Type::Group {
        features.push("message_encoding = DELIMITED");
    }
    let features = features.into_iter();
    features
        .map(|feature| format!("features.{feature}"))
        .collect()
}

/// Whether a file holds what neither syntax can write, so that it came of an edition: its enums say
/// themselves whether they are closed, fields that proto3 has not, groups of any type.
pub(in crate::schema) fn is_unsayable(file: &FileDescriptor) -> bool {
    let proto3 = file.syntax() == Syntax::Proto3;
    let field = |field: &FieldDescriptorProto| {
        proto3
            && (field.label() == Label::Required
                || field.r#type() == Type::Group
                || field.default_value.is_some())
    };
    // At most 100 levels deep, the limit of the decoder.
    fn any_message(messages: &[DescriptorProto], test: &dyn Fn(&DescriptorProto) -> bool) -> bool {
        let mut messages = messages.iter();
        messages.any(|message| test(message) || any_message(&message.nested_type, test))
    }
    let proto = file.file_descriptor_proto();
    let message = |message: &DescriptorProto| {
        (proto3 && !message.extension_range.is_empty())
            || message.field.iter().any(field)
            || message.extension.iter().any(field)
    };
    if proto.extension.iter().any(field) || any_message(&proto.message_type, &message) {
        return true;
    }
    let pool = file.parent_pool();
    let of_file = |other: &FileDescriptor| other.name() == file.name();
    let enums = pool.all_enums().filter(|it| of_file(&it.parent_file()));
    let mut features = enums.map(|it| it.options().has_field_by_name("features"));
    let loose_group = |message: MessageDescriptor| {
        message.fields().any(|field| match field.kind() {
            Kind::Message(body) => field.is_group() && !is_written_as_group(&field, &body),
            _ => false,
        })
    };
    let mut messages = pool.all_messages().filter(|it| of_file(&it.parent_file()));
    let mut extensions = pool
        .all_extensions()
        .filter(|it| of_file(&it.parent_file()));
    features.any(|has| has)
        || messages.any(loose_group)
        || extensions.any(|extension| match extension.kind() {
            Kind::Message(body) => {
                extension.is_group() && !is_extension_written_as_group(&extension, &body)
            }
            _ => false,
        })
}

/// Types that groups among a file's extensions define.
pub(in crate::schema) fn extension_groups(file: &FileDescriptor) -> Vec<MessageDescriptor> {
    let types = file
        .extensions()
        .filter_map(|extension| match extension.kind() {
            Kind::Message(body) if is_extension_written_as_group(&extension, &body) => Some(body),
            _ => None,
        });
    types.collect()
}

/// The options of a message's extension ranges, in order; prost's types leave them out.
pub(super) fn range_options(message: &MessageDescriptor) -> Vec<DynamicMessage> {
    let read = || -> Option<Vec<DynamicMessage>> {
        let file = message.parent_file().encode_to_vec();
        let types =
            DescriptorPool::global().get_message_by_name("google.protobuf.FileDescriptorProto");
        let mut at = DynamicMessage::decode(types?, file.as_slice()).ok()?;
        for step in message.path().chunks(2) {
            let &[tag, index] = step else { return None };
            let list = at.get_field_by_number(tag.unsigned_abs())?;
            let next = list.as_list()?.get(usize::try_from(index).ok()?)?;
            at = next.as_message()?.clone();
        }
        let ranges = at.get_field_by_name("extension_range")?;
        let options = ranges.as_list()?.iter().map(|range| {
            let options = range.as_message()?.get_field_by_name("options")?;
            match options.as_ref() {
                Value::Message(options) => Some(options.clone()),
                _ => None,
            }
        });
        options.collect()
    };
    read().unwrap_or_default()
}
