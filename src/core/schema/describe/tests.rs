//! Descriptions read back by the compiler give the same descriptors.

use std::fs;

use prost_types::{DescriptorProto, FileDescriptorProto};

use super::*;
use crate::schema::compile;

const HEAD: &str = "syntax = \"proto2\";\npackage zoo.v1;\n\
    import \"google/protobuf/descriptor.proto\";\nimport \"google/protobuf/timestamp.proto\";\n";

const PROTO2: &str = r#"
// Rules for fields.
message Rule {
  optional string pattern = 1;
  repeated int32 allowed = 2;
  map<string, Rule> nested = 3;
  optional Kind kind = 4;
  optional double limit = 5;
}
extend google.protobuf.FieldOptions {
  // The rule.
  optional Rule rule = 50001;
  repeated string tag = 50002;
}
extend google.protobuf.MethodOptions { optional bytes raw = 50001; }
enum Kind {
  option allow_alias = true;
  reserved 5, 7 to 9, 100 to max;
  reserved "OLD", "OLDER";
  // Nothing known.
  KIND_NONE = 0;
  KIND_SAME = 0 [deprecated = true];
  KIND_MINUS = -1;
}
// An animal.
//
//   indented
message Animal {
  option deprecated = true;
  reserved 2, 5 to 7, 900 to max;
  reserved "old_name";
  extensions 100 to 199;
  extensions 300;
  // Its name.
  required string name = 1 [default = "a \"b\" \n\\ \303\251", json_name = "NAME"];
  optional bytes raw = 3 [default = "\001\"x", ctype = CORD];
  optional Kind kind = 4 [default = KIND_MINUS];
  repeated int32 numbers = 8 [packed = true];
  optional double limit = 9 [default = inf];
  map<string, .zoo.v1.Animal.Leg> legs = 10;
  optional group Tail = 11 { optional int32 length = 1; }
  // One of these.
  oneof where {
    string cage = 12;
    group Field = 13 { optional string side = 1; }
    .google.protobuf.Timestamp since = 14 [deprecated = true];
  }
  optional string ruled = 15 [(rule) = {
    pattern: "^a\"$" allowed: [1, 2] nested { key: "k" value { limit: 1.5 } } kind: KIND_MINUS
  }, (tag) = "x", (tag) = "y"];
  optional string snake_case_2 = 16;
  message Leg {
    enum Side { LEFT = 0; RIGHT = 1; }
    optional Side side = 1 [default = RIGHT];
    extend Animal { optional Leg extra = 100; }
  }
  message Empty {}
}
extend Animal { repeated string names = 101; }
service Keeper {
  option deprecated = true;
  // Feeds.
  rpc Feed(Animal) returns (Animal.Leg);
  rpc Watch(stream Animal) returns (stream Animal) { option (raw) = "\001"; }
}
"#;

const PROTO3: &str = r#"
message Form {
  string plain = 1;
  optional string present = 2;
  repeated int32 numbers = 3;
  repeated int32 loose = 4 [packed = false];
  oneof either { Form form = 5; string text = 6; }
  map<int32, bytes> blobs = 7;
}
"#;

fn compile_text(text: &str) -> (Schema, FileDescriptorProto) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zoo.proto"), text).unwrap();
    let loaded = compile(
        &[folder.path().join("zoo.proto")],
        &[folder.path().to_owned()],
    );
    assert_eq!(loaded.problems, [], "{text}");
    let file = loaded
        .schema
        .whole_pool()
        .get_file_by_name("zoo.proto")
        .unwrap();
    // Decoded anew: prost's types leave custom options out, which are compared as text.
    let mut proto = file.file_descriptor_proto().clone();
    proto.message_type.iter_mut().for_each(sort_nested);
    (loaded.schema, proto)
}

/// Nested types are printed after the fields, so those that fields make may come in another order.
fn sort_nested(message: &mut DescriptorProto) {
    message.nested_type.sort_by(|a, b| a.name().cmp(b.name()));
    message.nested_type.iter_mut().for_each(sort_nested);
}

fn describe_all(schema: &Schema, proto: &FileDescriptorProto) -> String {
    let mut text = String::new();
    let names = proto
        .message_type
        .iter()
        .map(|m| m.name())
        .chain(proto.enum_type.iter().map(|e| e.name()))
        .chain(proto.extension.iter().map(|e| e.name()))
        .chain(proto.service.iter().map(|s| s.name()));
    for name in names {
        text += &describe(schema, &format!("zoo.v1.{name}")).unwrap();
    }
    text
}

#[test]
fn what_is_described_compiles_to_the_same_again() {
    let head3 = HEAD.replace("proto2", "proto3");
    for (name, head, body) in [("proto2", HEAD, PROTO2), ("proto3", head3.as_str(), PROTO3)] {
        let (schema, first) = compile_text(&format!("{head}{body}"));
        let text = describe_all(&schema, &first);
        let (again, second) = compile_text(&format!("{head}{text}"));
        assert_eq!(first, second, "{name}:\n{text}");
        assert_eq!(text, describe_all(&again, &second), "{name}");
    }
}

#[test]
fn every_kind_of_symbol_is_described() {
    let (schema, _) = compile_text(&format!("{HEAD}{PROTO2}"));
    let rows = [
        (
            "method by path",
            "zoo.v1.Keeper/Feed",
            "// Feeds.\nrpc Feed(zoo.v1.Animal) returns (zoo.v1.Animal.Leg);\n",
        ),
        (
            "method by name",
            ".zoo.v1.Keeper.Feed",
            "// Feeds.\nrpc Feed(zoo.v1.Animal) returns (zoo.v1.Animal.Leg);\n",
        ),
        (
            "method with an option",
            "zoo.v1.Keeper/Watch",
            "rpc Watch(stream zoo.v1.Animal) returns (stream zoo.v1.Animal) {\n  option (zoo.v1.raw) = \"\\x01\";\n}\n",
        ),
        (
            "field",
            "zoo.v1.Animal.legs",
            "map<string, zoo.v1.Animal.Leg> legs = 10;\n",
        ),
        (
            "field by JSON name",
            "zoo.v1.Animal.NAME",
            "// Its name.\nrequired string name = 1 [default = \"a \\\"b\\\" \\n\\\\ é\", json_name = \"NAME\"];\n",
        ),
        (
            "field in a oneof",
            "zoo.v1.Animal.cage",
            "string cage = 12;\n",
        ),
        (
            "group",
            "zoo.v1.Animal.tail",
            "optional group Tail = 11 {\n  optional int32 length = 1;\n}\n",
        ),
        (
            "enum value",
            "zoo.v1.Kind.KIND_SAME",
            "KIND_SAME = 0 [deprecated = true];\n",
        ),
        (
            "enum value by its full name",
            "zoo.v1.KIND_NONE",
            "// Nothing known.\nKIND_NONE = 0;\n",
        ),
        (
            "nested enum",
            "zoo.v1.Animal.Leg.Side",
            "enum Side {\n  LEFT = 0;\n  RIGHT = 1;\n}\n",
        ),
        ("empty message", "zoo.v1.Animal.Empty", "message Empty {}\n"),
        (
            "extension",
            "zoo.v1.names",
            "extend zoo.v1.Animal {\n  repeated string names = 101;\n}\n",
        ),
    ];
    for (name, symbol, text) in rows {
        assert_eq!(describe(&schema, symbol).as_deref(), Some(text), "{name}");
    }
    let animal = describe(&schema, "zoo.v1.Animal").unwrap();
    assert!(
        animal.starts_with("// An animal.\n//\n//   indented\nmessage Animal {\n"),
        "{animal}"
    );
    assert!(
        animal.contains("  // One of these.\n  oneof where {\n    string cage = 12;\n"),
        "{animal}"
    );
    for unknown in [
        "",
        ".",
        "/",
        "zoo.v1",
        "zoo.v1.Nothing",
        "zoo.v1.Keeper/Nothing",
    ] {
        assert_eq!(describe(&schema, unknown), None, "{unknown}");
    }
}
