//! Well-known types, which ProtoJSON writes in their own way.
//!
//! Their messages are written by field number, as the specification fixes them.

use prost_reflect::{Kind, MessageDescriptor};

use super::{
    Encoder, NodeKind, Problem,
    scalar::{Leaf, convert},
    time::{SecondsNanos, parse_duration, parse_field_mask, parse_timestamp},
    wire::WireType,
};
use crate::{
    message::{ValueRef, document::shown},
    schema::kind_name,
};

impl<'a> Encoder<'a> {
    /// Writes a message of a well-known type; `false` when it is none.
    pub(super) fn known_message(
        &mut self,
        message: &MessageDescriptor,
        value: ValueRef<'a>,
    ) -> bool {
        let Some(name) = message.full_name().strip_prefix("google.protobuf.") else {
            return false;
        };
        match name {
            "Timestamp" => self.time(value, "an RFC 3339 time", parse_timestamp),
            "Duration" => self.time(value, "a duration like \"1.5s\"", parse_duration),
            "FieldMask" => self.field_mask(value),
            "Struct" => self.structure(value),
            "Value" => self.any_json(value),
            "ListValue" => self.list_value(value),
            "Any" => self.any(message, value),
            "DoubleValue" => self.wrapper(&Kind::Double, value),
            "FloatValue" => self.wrapper(&Kind::Float, value),
            "Int64Value" => self.wrapper(&Kind::Int64, value),
            "UInt64Value" => self.wrapper(&Kind::Uint64, value),
            "Int32Value" => self.wrapper(&Kind::Int32, value),
            "UInt32Value" => self.wrapper(&Kind::Uint32, value),
            "BoolValue" => self.wrapper(&Kind::Bool, value),
            "StringValue" => self.wrapper(&Kind::String, value),
            "BytesValue" => self.wrapper(&Kind::Bytes, value),
            _ => return false,
        }
        true
    }

    fn time(
        &mut self,
        value: ValueRef<'a>,
        what: &str,
        parse: fn(&str) -> Result<SecondsNanos, Problem>,
    ) {
        let Some(text) = self.text_of(value, what) else {
            return;
        };
        match parse(&text) {
            Ok((seconds, nanos)) => {
                for (number, part) in [(1, seconds), (2, i64::from(nanos))] {
                    if part != 0 {
                        self.out.tag(number, WireType::Varint);
                        self.out.varint(part as u64);
                    }
                }
            }
            Err(problem) => self.at(value, problem),
        }
    }

    fn field_mask(&mut self, value: ValueRef<'a>) {
        let Some(text) = self.text_of(value, "paths in one string, like \"name,address.city\"")
        else {
            return;
        };
        match parse_field_mask(&text) {
            Ok(paths) => {
                for path in paths {
                    self.out.tag(1, WireType::Length);
                    self.out.length_prefixed(path.as_bytes());
                }
            }
            Err(problem) => self.at(value, problem),
        }
    }

    fn wrapper(&mut self, kind: &Kind, value: ValueRef<'a>) {
        if value.kind() == NodeKind::Null {
            return self.mismatch(value, &kind_name(kind));
        }
        if let Some(scalar) = self.scalar(kind, value)
            && !scalar.is_default()
        {
            self.out.tag(1, scalar.wire_type());
            scalar.write(&mut self.out);
        }
    }

    /// `Struct`: `map<string, Value> fields = 1`.
    fn structure(&mut self, value: ValueRef<'a>) {
        if value.kind() != NodeKind::Object {
            return self.mismatch(value, "an object");
        }
        let mut keys = std::collections::HashSet::with_capacity(value.len());
        for member in self.children(value) {
            let Some(key) = self.key_text(member) else {
                continue;
            };
            self.out.tag(1, WireType::Length);
            let entry = self.out.begin();
            self.out.tag(1, WireType::Length);
            self.out.length_prefixed(key.as_bytes());
            self.out.tag(2, WireType::Length);
            let body = self.out.begin();
            self.any_json(member);
            self.out.end(body);
            self.out.end(entry);
            if !keys.insert(key.clone()) {
                let problem = Problem::new(format!("key {} stands twice", shown(&key)))
                    .hint("remove one of the members");
                let range = member.key_range().unwrap_or(member.range());
                self.report_with(|| member.path(), range, problem);
            }
        }
    }

    /// `ListValue`: `repeated Value values = 1`.
    fn list_value(&mut self, value: ValueRef<'a>) {
        if value.kind() != NodeKind::Array {
            return self.mismatch(value, "a list");
        }
        for item in self.children(value) {
            self.out.tag(1, WireType::Length);
            let mark = self.out.begin();
            self.any_json(item);
            self.out.end(mark);
        }
    }

    /// `Value`: one field of `oneof kind`, by what the JSON is.
    fn any_json(&mut self, value: ValueRef<'a>) {
        match value.kind() {
            NodeKind::Object => {
                self.out.tag(5, WireType::Length);
                let mark = self.out.begin();
                self.structure(value);
                self.out.end(mark);
            }
            NodeKind::Array => {
                self.out.tag(6, WireType::Length);
                let mark = self.out.begin();
                self.list_value(value);
                self.out.end(mark);
            }
            _ => {
                let Some(leaf) = self.leaf(value) else {
                    return;
                };
                self.json_leaf(value, leaf);
            }
        }
    }

    fn json_leaf(&mut self, value: ValueRef<'a>, leaf: Leaf<'a>) {
        let (number, kind) = match &leaf {
            Leaf::Null => {
                self.out.tag(1, WireType::Varint);
                return self.out.varint(0);
            }
            Leaf::Number(_) => (2, Kind::Double),
            Leaf::Text { .. } => (3, Kind::String),
            Leaf::Bool(_) => (4, Kind::Bool),
        };
        match convert(&kind, leaf) {
            Ok(scalar) => {
                self.out.tag(number, scalar.wire_type());
                scalar.write(&mut self.out);
            }
            Err(problem) => self.at(value, problem),
        }
    }

    /// `Any`: `string type_url = 1; bytes value = 2`. The type is looked up in the schema.
    fn any(&mut self, message: &MessageDescriptor, value: ValueRef<'a>) {
        if value.kind() != NodeKind::Object {
            return self.mismatch(value, "an object with an \"@type\"");
        }
        // Both protoc and Go take `{}` for an empty Any.
        if value.is_empty() {
            return;
        }
        let Some(type_member) = value.member("@type") else {
            let problem = Problem::new("an Any needs to say its type")
                .hint("add \"@type\": \"type.googleapis.com/package.Message\" to the object");
            return self.at(value, problem);
        };
        let Some(type_url) = self.text_of(type_member, "the URL of a type") else {
            return;
        };
        let Some(name) = type_url.rsplit_once('/').map(|(_, name)| name) else {
            let problem = Problem::new(format!("{} is no type's URL", shown(&type_url)))
                .hint(format!("write \"type.googleapis.com/{type_url}\""))
                .fix_text(&format!("type.googleapis.com/{type_url}"));
            return self.at(type_member, problem);
        };
        let pool = message.parent_pool();
        let elsewhere = || self.schema?.message(name);
        let Some(inner) = pool.get_message_by_name(name).or_else(elsewhere) else {
            let names: Vec<_> = pool.all_messages().collect();
            let known = names.iter().map(MessageDescriptor::full_name);
            let listed = self
                .schema
                .into_iter()
                .flat_map(|it| &it.catalogue().messages);
            let known = known.chain(listed.map(|entry| entry.full_name.as_str()));
            let problem = Problem::new(format!("the schema has no message {}", shown(name)));
            let problem = match super::closest(name, known) {
                Some(near) => {
                    let host = type_url.strip_suffix(name).unwrap_or_default();
                    problem
                        .hint(format!("did you mean `{near}`?"))
                        .fix_text(&format!("{host}{near}"))
                }
                None => problem.hint("add the file that defines it"),
            };
            return self.at(type_member, problem);
        };
        self.out.tag(1, WireType::Length);
        self.out.length_prefixed(type_url.as_bytes());
        let start = self.out.len();
        self.out.tag(2, WireType::Length);
        let mark = self.out.begin();
        let body = self.out.len();
        self.any_body(&inner, value);
        let is_empty = self.out.len() == body;
        self.out.end(mark);
        if is_empty {
            self.out.truncate(start);
        }
    }

    /// The message in an Any: its members beside `@type`, or `value` for well-known types.
    fn any_body(&mut self, inner: &MessageDescriptor, value: ValueRef<'a>) {
        let is_empty = inner.full_name() == "google.protobuf.Empty";
        let in_value = is_known(inner) || (is_empty && value.member("value").is_some());
        if !in_value {
            return self.members(inner, value, Some("@type"));
        }
        let mut found = false;
        for member in self.children(value) {
            match member.key().as_deref() {
                Some("@type") => {}
                Some("value") => {
                    found = true;
                    self.message(inner, member);
                }
                _ => {
                    let problem = Problem::new(format!(
                        "`{}` stands in an Any under \"value\" alone",
                        inner.full_name()
                    ))
                    .hint("remove this member");
                    let range = member.key_range().unwrap_or(member.range());
                    self.report_with(|| member.path(), range, problem);
                }
            }
        }
        if !found {
            let problem = Problem::new(format!("`{}` needs a \"value\"", inner.full_name()))
                .hint("well-known types stand in an Any as {\"@type\": …, \"value\": …}");
            self.at(value, problem);
        }
    }
}

/// Whether ProtoJSON writes the type in its own way, so that an Any holds it under `value`.
fn is_known(message: &MessageDescriptor) -> bool {
    let name = message.full_name().strip_prefix("google.protobuf.");
    matches!(
        name,
        Some(
            "Timestamp"
                | "Duration"
                | "FieldMask"
                | "Struct"
                | "Value"
                | "ListValue"
                | "Any"
                | "DoubleValue"
                | "FloatValue"
                | "Int64Value"
                | "UInt64Value"
                | "Int32Value"
                | "UInt32Value"
                | "BoolValue"
                | "StringValue"
                | "BytesValue"
        )
    )
}
