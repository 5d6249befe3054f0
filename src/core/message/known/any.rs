//! What stands in an `Any`: the URL of a type, and its fields beside it or its own JSON under `value`.
//!
//! Spec: the comments of `google/protobuf/any.proto`, and ProtoJSON.

use crate::message::form::kind::quoted;

/// What most programs write before a type's name.
const HOST: &str = "type.googleapis.com";

/// The JSON with which an Any of a type begins: its URL, and the default of what has a JSON of its own.
pub fn new_any(type_name: &str) -> String {
    let url = quoted(&format!("{HOST}/{type_name}"));
    match own_json(type_name) {
        Some(value) => format!("{{\"@type\": {url}, \"value\": {value}}}"),
        None => format!("{{\"@type\": {url}}}"),
    }
}

/// The name of the type that a URL is of; `None` when it is none, or a template.
pub fn type_of_url(url: &str) -> Option<&str> {
    let (_, name) = url.rsplit_once('/')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// The default of a type that ProtoJSON writes in its own way.
fn own_json(type_name: &str) -> Option<&'static str> {
    Some(match type_name.strip_prefix("google.protobuf.")? {
        "Timestamp" => "\"1970-01-01T00:00:00Z\"",
        "Duration" => "\"0s\"",
        "FieldMask" | "StringValue" | "BytesValue" => "\"\"",
        "Struct" | "Any" => "{}",
        "ListValue" => "[]",
        "Value" => "null",
        "BoolValue" => "false",
        "Int64Value" | "UInt64Value" => "\"0\"",
        "DoubleValue" | "FloatValue" | "Int32Value" | "UInt32Value" => "0",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Document, Scope, check, fixture::compile};

    #[test]
    fn every_new_any_encodes() {
        let pool = compile(
            r#"syntax = "proto3";
            import "google/protobuf/any.proto";
            import "google/protobuf/duration.proto";
            import "google/protobuf/empty.proto";
            import "google/protobuf/field_mask.proto";
            import "google/protobuf/struct.proto";
            import "google/protobuf/timestamp.proto";
            import "google/protobuf/wrappers.proto";
            message Holder { google.protobuf.Any any = 1; }"#,
        );
        let any = pool.get_message_by_name("google.protobuf.Any").unwrap();
        for message in pool.all_messages().filter(|m| !m.is_map_entry()) {
            let text = new_any(message.full_name());
            let wrong = check(&Document::new(text.as_str()), &any, &Scope::default());
            assert_eq!(wrong, [], "{text}");
        }
    }

    #[test]
    fn the_type_is_what_follows_the_last_slash() {
        for (url, name) in [
            ("type.googleapis.com/a.b.C", Some("a.b.C")),
            ("example.com/v1/a.C_1", Some("a.C_1")),
            ("/C", Some("C")),
            ("a.b.C", None),
            ("type.googleapis.com/", None),
            ("type.googleapis.com/{{ t }}", None),
            ("", None),
        ] {
            assert_eq!(type_of_url(url), name, "{url}");
        }
    }
}
