//! Two messages in, differences out: a table for each kind, and what must hold for any bytes.

mod cases;
mod large;
mod naive;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, prost::Message as _};

use super::*;
use crate::{message::compile_for_tests as compile, workspace::CompareSettings};

const PROTO: &str = r#"syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/field_mask.proto";
message Order {
  string order_id = 1;
  optional int32 priority = 2;
  int64 total = 3;
  double weight = 4;
  State state = 5;
  Meta meta = 6;
  repeated Item items = 7;
  repeated string tags = 8;
  repeated sint32 points = 9;
  map<string, Item> by_name = 10;
  map<int32, string> codes = 11;
  oneof pay { string card = 12; int64 cash = 13; }
  google.protobuf.Any detail = 14;
  google.protobuf.Timestamp at = 15;
  google.protobuf.Duration took = 16;
  google.protobuf.Struct free = 17;
  google.protobuf.StringValue note = 18;
  google.protobuf.FieldMask mask = 19;
  bytes raw = 20;
  float ratio = 21;
  Order inner = 22;
  google.protobuf.Value any_json = 23;
}
message Meta { string request_id = 1; string etag = 2; Meta next = 3; }
message Item { int32 id = 1; string name = 2; google.protobuf.Timestamp updated_at = 3; Meta meta = 4; repeated int32 sizes = 5; }
enum State { UNKNOWN = 0; OPEN = 1; SHUT = 2; }
"#;

/// The same service, a year later: fields renamed, retyped, gone and new.
const LATER: &str = r#"syntax = "proto3";
package t;
message Order {
  string order_id = 1;
  optional int64 priority = 2;
  int64 sum_total = 3;
  double weight = 4;
  State state = 5;
  repeated string tags = 30;
  string fresh = 31;
}
enum State { UNKNOWN = 0; CLOSED = 1; OPEN = 2; }
"#;

fn order() -> MessageDescriptor {
    static POOL: std::sync::LazyLock<DescriptorPool> = std::sync::LazyLock::new(|| compile(PROTO));
    POOL.get_message_by_name("t.Order").unwrap()
}

fn wire(message: &MessageDescriptor, json: &str) -> Vec<u8> {
    let mut read = serde_json::Deserializer::from_str(json);
    DynamicMessage::deserialize(message.clone(), &mut read)
        .unwrap_or_else(|error| panic!("{json}: {error}"))
        .encode_to_vec()
}

fn rules(ignore: &[&str], keys: &[(&str, &str)]) -> DiffRules {
    let settings = CompareSettings {
        ignore: ignore.iter().map(|&it| it.to_owned()).collect(),
        keys: keys
            .iter()
            .map(|&(path, key)| (path.to_owned(), key.to_owned()))
            .collect(),
        ..CompareSettings::default()
    };
    let (rules, errors) = DiffRules::of(&settings);
    assert_eq!(errors, []);
    rules
}

fn differ(rules: DiffRules) -> Differ {
    let printer = Printer::new(&order());
    Differ::new(printer.clone(), printer, rules)
}

fn diff(left: &str, right: &str, rules: DiffRules) -> MessageDiff {
    differ(rules).diff(&wire(&order(), left), &wire(&order(), right))
}

/// `path kind left → right` of what differs; ignored ones in brackets.
fn told(diff: &MessageDiff) -> Vec<String> {
    let mut told = Vec::new();
    for (at, row) in diff.rows().enumerate() {
        let path = diff.path(at);
        let values = || {
            let side = |text: Option<&str>| text.unwrap_or("-").to_owned();
            format!("{} → {}", side(row.left), side(row.right))
        };
        match row.state {
            RowState::Differs(kind) => told.push(format!("{path} {kind:?} {}", values())),
            RowState::Ignored(kind, _) => told.push(format!("({path} {kind:?} {})", values())),
            RowState::Equal | RowState::Inner => {}
        }
    }
    told
}
