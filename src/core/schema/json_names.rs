//! Fields of one message whose JSON names are the same.
//!
//! protoc takes them in proto2 (with a warning), prost-reflect takes them nowhere. Of two, the later one
//! goes by its own name in JSON. Works on wire bytes, where the last value of a field counts.

use std::collections::HashSet;

use prost_types::{DescriptorProto, FileDescriptorProto};

use super::wire::{Fields, Value, put_bytes};

/// `FileDescriptorProto.message_type`, `DescriptorProto.nested_type` and `.field`.
const MESSAGE: u32 = 4;
const NESTED: u32 = 3;
const FIELD: u32 = 2;
const JSON_NAME: u32 = 10;

/// The serialized file with JSON names that differ; `None` where they do, and where they have to.
pub(super) fn told_apart(file: &FileDescriptorProto, bytes: &[u8]) -> Option<Vec<u8>> {
    let proto2 = matches!(file.syntax(), "" | "proto2");
    if !proto2 || !file.message_type.iter().any(clashes) {
        return None;
    }
    rewrite(bytes, MESSAGE, &mut file.message_type.iter())
}

/// Recurses once a nesting level, at most 100 (the limit of the decoder).
fn clashes(message: &DescriptorProto) -> bool {
    let mut names = HashSet::new();
    let mut fields = message.field.iter();
    !fields.all(|field| names.insert(json_name(field.name(), field.json_name.as_deref())))
        || message.nested_type.iter().any(clashes)
}

/// Copies a file or message and gives the messages in `tag` what they need.
fn rewrite(
    bytes: &[u8],
    tag: u32,
    messages: &mut dyn Iterator<Item = &DescriptorProto>,
) -> Option<Vec<u8>> {
    let mut copy = Vec::with_capacity(bytes.len() + 16);
    for field in Fields::new(bytes) {
        let field = field.ok()?;
        match field.value {
            Value::Bytes(inner) if field.tag == tag => {
                put_bytes(tag, &rewrite_message(inner, messages.next()?)?, &mut copy);
            }
            _ => copy.extend_from_slice(field.raw),
        }
    }
    Some(copy)
}

fn rewrite_message(bytes: &[u8], message: &DescriptorProto) -> Option<Vec<u8>> {
    let bytes = rewrite(bytes, NESTED, &mut message.nested_type.iter())?;
    let mut names = HashSet::new();
    let mut fields = message.field.iter();
    let mut copy = Vec::with_capacity(bytes.len() + 16);
    for field in Fields::new(&bytes) {
        let field = field.ok()?;
        let Value::Bytes(inner) = field.value else {
            copy.extend_from_slice(field.raw);
            continue;
        };
        if field.tag != FIELD {
            copy.extend_from_slice(field.raw);
            continue;
        }
        let descriptor = fields.next()?;
        let mut name = json_name(descriptor.name(), descriptor.json_name.as_deref());
        let mut inner = inner.to_vec();
        if names.contains(&name) {
            descriptor.name().clone_into(&mut name);
            while names.contains(&name) {
                name.push('_');
            }
            put_bytes(JSON_NAME, name.as_bytes(), &mut inner);
        }
        names.insert(name);
        put_bytes(FIELD, &inner, &mut copy);
    }
    Some(copy)
}

/// The name a field has in JSON: its own without underscores, and what follows one in upper case.
fn json_name(name: &str, given: Option<&str>) -> String {
    if let Some(given) = given {
        return given.to_owned();
    }
    let mut json = String::with_capacity(name.len());
    let mut upper = false;
    for char in name.chars() {
        if char == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            json.push(char.to_ascii_uppercase());
        } else {
            json.push(char);
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    /// JSON names of the fields of the only message, once they are told apart.
    fn names_in(source: &str) -> Option<Vec<String>> {
        let file: FileDescriptorProto = protox::file::File::from_source("a.proto", source)
            .unwrap()
            .into();
        let bytes = told_apart(&file, &file.encode_to_vec())?;
        let file = FileDescriptorProto::decode(bytes.as_slice()).unwrap();
        let mut message = &file.message_type[0];
        while let Some(nested) = message.nested_type.first() {
            message = nested;
        }
        let fields = message.field.iter();
        Some(fields.map(|f| f.json_name().to_owned()).collect())
    }

    #[test]
    fn the_later_field_goes_by_its_own_name() {
        let of = |fields: &str| format!("syntax = \"proto2\"; message M {{ {fields} }}");
        let clash = "optional int32 a_b = 1; optional int32 aB = 2; optional int32 a_b_ = 3;";
        let rows = [
            (of(clash), Some(vec!["", "aB_", "a_b_"])),
            (
                of(&format!("message N {{ {clash} }}")),
                Some(vec!["", "aB_", "a_b_"]),
            ),
            (
                of("optional int32 a = 1; optional int32 b = 2 [json_name = \"a\"];"),
                Some(vec!["", "b"]),
            ),
            (
                of("optional int32 _ = 1; optional int32 __ = 2;"),
                Some(vec!["", "__"]),
            ),
            (of("optional int32 a_b = 1; optional int32 ab = 2;"), None),
            // There the parser's word counts: it is an error.
            (
                "syntax = \"proto3\"; message M { int32 a_b = 1; int32 aB = 2; }".to_owned(),
                None,
            ),
        ];
        for (source, names) in rows {
            let names = names.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(names_in(&source), names, "{source}");
        }
    }
}
