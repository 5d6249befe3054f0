//! The body a new request starts with.
//!
//! What sending it means comes first: a field whose absence and default differ stands as `null`,
//! which ProtoJSON reads as absent, so that the names are there to fill in and an untouched body
//! changes nothing on the server by accident. Invariant: encodes without diagnostics.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::WellKnown;
use super::form::kind::{new_field, new_value, quoted, well_known, wrapped};
use crate::schema::fields_in_order;

/// Longer texts are made shallower, and cut when even that is not enough.
const MAX_LINES: usize = 200;
/// Levels of messages opened below the request itself, where they fit.
const MAX_DEPTH: usize = 2;
/// A list of messages shows one item when the item has at most this many fields.
const SMALL_ITEM: usize = 6;

/// A pretty JSON text that shows the message's fields with default values, in the order of the
/// file: one arm of a oneof, no items in lists and maps but one where the item is small, nested
/// messages opened two levels. Optional scalars, wrappers, Any and what would recurse or nest
/// deeper are `null`: there to see, not sent. Deprecated fields and extensions are left out.
/// Of very large messages the first 200 fields are shown.
pub fn skeleton(message: &MessageDescriptor) -> String {
    for max_depth in (0..=MAX_DEPTH).rev() {
        let mut builder = Builder {
            text: String::new(),
            lines: 1,
            max_depth,
            cut: max_depth == 0,
        };
        builder.root(message);
        if max_depth == 0 || builder.lines <= MAX_LINES {
            return builder.text;
        }
    }
    "{}".to_owned()
}

struct Builder {
    text: String,
    lines: usize,
    max_depth: usize,
    /// Fields beyond the last line are left out, where otherwise a shallower attempt follows.
    cut: bool,
}

impl Builder {
    fn root(&mut self, message: &MessageDescriptor) {
        let kind = Kind::Message(message.clone());
        if well_known(message).is_some() || wrapped(message).is_some() {
            self.text = new_value(&kind);
        } else {
            self.object(message, &mut Vec::new());
        }
    }

    /// Writes `{ … }`; `above` names the messages it stands in.
    fn object(&mut self, message: &MessageDescriptor, above: &mut Vec<String>) {
        above.push(message.full_name().to_owned());
        let mut first = true;
        for field in fields_in_order(message) {
            // Without a cut the attempt has failed already and only ends quickly.
            if self.lines >= MAX_LINES && (self.cut || self.lines > MAX_LINES) {
                break;
            }
            if !is_shown(&field) {
                continue;
            }
            self.text.push_str(if first { "{" } else { "," });
            first = false;
            self.line(above.len());
            self.text.push_str(&quoted(field.json_name()));
            self.text.push_str(": ");
            self.field(&field, above);
        }
        above.pop();
        if first {
            self.text.push_str("{}");
        } else {
            self.line(above.len());
            self.text.push('}');
        }
    }

    fn line(&mut self, depth: usize) {
        self.lines += 1;
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", depth));
    }

    fn field(&mut self, field: &FieldDescriptor, above: &mut Vec<String>) {
        let kind = field.kind();
        match &kind {
            Kind::Message(item) if field.is_list() && above.len() == 1 && is_small(item) => {
                self.text.push('[');
                // The item is one level further in than the bracket.
                above.push(String::new());
                self.line(above.len());
                self.object(item, above);
                above.pop();
                self.line(above.len());
                self.text.push(']');
            }
            _ if field.is_list() || field.is_map() => self.text.push_str(&new_field(field)),
            Kind::Message(message) => self.message(message, above),
            // An arm of a oneof stands for the others and is meant to be seen.
            _ if field.supports_presence() && !field.is_required() && arm_of(field).is_none() => {
                self.text.push_str("null");
            }
            _ => self.text.push_str(&new_field(field)),
        }
    }

    fn message(&mut self, message: &MessageDescriptor, above: &mut Vec<String>) {
        if wrapped(message).is_some() {
            self.text.push_str("null");
        } else if let Some(known) = well_known(message) {
            self.text.push_str(&match known {
                WellKnown::Any | WellKnown::Value => "null".to_owned(),
                _ => new_value(&Kind::Message(message.clone())),
            });
        } else if above.len() > self.max_depth || above.iter().any(|n| n == message.full_name()) {
            self.text.push_str("null");
        } else {
            self.object(message, above);
        }
    }
}

fn is_shown(field: &FieldDescriptor) -> bool {
    let deprecated = field
        .field_descriptor_proto()
        .options
        .as_ref()
        .is_some_and(|options| options.deprecated());
    let chosen = arm_of(field).is_none_or(|chosen| chosen == field.number());
    chosen && (!deprecated || field.is_required())
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

/// Whether one item of a list helps more than it is in the way.
fn is_small(item: &MessageDescriptor) -> bool {
    let simple = |field: FieldDescriptor| match field.kind() {
        Kind::Message(message) => wrapped(&message).is_some() || well_known(&message).is_some(),
        _ => true,
    };
    well_known(item).is_none()
        && wrapped(item).is_none()
        && item.fields().len() <= SMALL_ITEM
        && item.fields().all(simple)
}

#[cfg(test)]
mod tests {
    use prost_reflect::DynamicMessage;

    use super::*;
    use crate::message::{
        Document, Scope, check,
        fixture::{compile, pool},
    };

    #[test]
    fn a_skeleton_shows_every_field_that_can_be_filled_in() {
        let pool = compile(
            r#"syntax = "proto3";
            import "google/protobuf/timestamp.proto";
            import "google/protobuf/wrappers.proto";
            message Order {
              string id = 5;
              int64 total = 1;
              Kind kind = 2;
              optional string note = 3;
              Customer customer = 4;
              repeated Line lines = 6;
              map<string, Line> extra = 7;
              repeated string tags = 8;
              oneof pay { Line line = 9; string card = 10; bool cash = 11; }
              google.protobuf.Timestamp at = 12;
              google.protobuf.StringValue alias = 13;
              bool gone = 14 [deprecated = true];
            }
            enum Kind { KIND_NONE = 0; KIND_ONE = 1; }
            message Customer { string name = 1; Customer parent = 2; Address address = 3; }
            message Address { string city = 1; Country country = 2; }
            message Country { string code = 1; }
            message Line { int32 count = 1; string name = 2; }"#,
        );
        let order = pool.get_message_by_name("Order").unwrap();
        let want = r#"{
  "id": "",
  "total": 0,
  "kind": "KIND_NONE",
  "note": null,
  "customer": {
    "name": "",
    "parent": null,
    "address": {
      "city": "",
      "country": null
    }
  },
  "lines": [
    {
      "count": 0,
      "name": ""
    }
  ],
  "extra": {},
  "tags": [],
  "card": "",
  "at": "2026-01-01T00:00:00Z",
  "alias": null
}"#;
        assert_eq!(skeleton(&order), want);
    }

    #[test]
    fn every_skeleton_is_valid_proto_json() {
        for message in pool()
            .all_messages()
            .filter(|message| !message.is_map_entry())
        {
            // These are ProtoJSON only with something in them.
            if matches!(message.full_name(), "google.protobuf.Any") {
                continue;
            }
            let text = skeleton(&message);
            assert!(
                text.lines().count() <= MAX_LINES + 10,
                "{}",
                message.full_name()
            );
            let mut json = serde_json::Deserializer::from_str(&text);
            let read = DynamicMessage::deserialize(message.clone(), &mut json);
            let name = message.full_name();
            assert!(read.is_ok(), "{name}: {:?}\n{text}", read.err());
            let diagnostics = check(&Document::new(text), &message, &Scope::default());
            assert_eq!(diagnostics, [], "{name}");
        }
    }

    #[test]
    fn large_messages_are_shown_shallow_or_cut() {
        let fields = |kind: &str, count: usize| -> String {
            (1..=count)
                .map(|i| format!("{kind} f{i} = {i};\n"))
                .collect()
        };
        let pool = compile(&format!(
            "syntax = \"proto3\"; message Wide {{ {} }} message Many {{ {} }} message Leaf {{ {} }}",
            fields("int32", 1_000),
            fields("Leaf", 50),
            fields("int32", 50),
        ));
        let lines = |name| {
            skeleton(&pool.get_message_by_name(name).unwrap())
                .lines()
                .count()
        };
        assert_eq!(lines("Wide"), MAX_LINES + 1);
        assert_eq!(lines("Many"), 52, "fifty fields, each null");
    }
}
