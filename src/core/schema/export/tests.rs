//! What leaves a schema comes back as the same schema.

use std::{fs, path::Path};

use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_types::{
    DescriptorProto, FileDescriptorProto, FileDescriptorSet, field_descriptor_proto::Type,
};

use super::*;
use crate::schema::{compile, load_descriptor_set};

/// Compiled files of the repository's own.
fn compiled(folder: &str, root: &str) -> Schema {
    let whole = |path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let loaded = compile(&[whole(folder)], &[whole(root)]);
    assert_eq!(loaded.problems, [], "{folder}");
    loaded.schema
}

fn of_set(set: &[u8]) -> Schema {
    let loaded = load_descriptor_set("set", set);
    assert_eq!(loaded.problems, []);
    loaded.schema
}

/// The well-known files, which a schema has only with those that import them.
fn bundled() -> Schema {
    let files = DescriptorPool::global();
    let mut all = FileDescriptorProto {
        name: Some("all.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    };
    all.dependency = files.files().map(|file| file.name().to_owned()).collect();
    assert!(all.dependency.len() >= 11);
    of_set(&FileDescriptorSet { file: vec![all] }.encode_to_vec())
}

/// Names that hide each other, groups in every place, public and weak imports, comments.
fn knotted() -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("base.proto", BASE),
        ("knot.proto", KNOT),
        ("other/plain.proto", PLAIN),
    ];
    fs::create_dir(folder.path().join("other")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let loaded = compile(&[folder.path().to_owned()], &[folder.path().to_owned()]);
    assert_eq!(loaded.problems, []);
    loaded.schema
}

const BASE: &str = r#"
syntax = "proto2";
package zoo;
import "google/protobuf/descriptor.proto";
option java_package = "org.zoo";
option optimize_for = CODE_SIZE;
option (about) = { text: "all \"of\" it" nested { text: "x" } };
message About { optional string text = 1; optional About nested = 2; }
extend google.protobuf.FileOptions { optional About about = 50001; }
extend google.protobuf.ExtensionRangeOptions { optional string purpose = 50002; }
extend google.protobuf.OneofOptions { optional bool strict = 50003; }
message Box {
  option message_set_wire_format = true;
  extensions 4 to max;
}
message Open {
  extensions 100 to 199 [(purpose) = "tests", verification = UNVERIFIED];
  extensions 1000 to max;
}
"#;

const KNOT: &str = r#"
// About the syntax.
syntax = "proto2";
// About the package.
package a.zoo;
import public "base.proto";
import weak "other/plain.proto";
// A message with the name of a package.
message zoo {
  // Inner.
  message a {
    optional .zoo.Open open = 1;
    optional .a.zoo.zoo self = 2 [deprecated = true];
  }
  optional a inner = 1;
  optional group Hole = 2 { optional int32 depth = 1 [default = -5]; }
  oneof either {
    option (.zoo.strict) = true;
    group Left = 3 { optional float f = 1 [default = -inf]; }
    double right = 4;
  }
  map<string, .zoo.About> notes = 5;
  repeated sint64 numbers = 6 [packed = true];
  required bytes raw = 7 [default = "\000\377\"'\\"];
  extend .zoo.Open {
    repeated group Extra = 101 { optional string s = 1 [default = "a\tb\u00e9"]; }
    optional zoo inside = 102;
  }
  reserved 8, 10 to 12;
  reserved "old";
}
extend .zoo.Open { optional group Outer = 103 { optional int32 i = 1; } }
enum Level { option allow_alias = true; LOW = -1; NONE = 0; ZERO = 0; reserved 5 to max; reserved "HIGH"; }
service Zoo {
  // Does.
  rpc Do(stream zoo) returns (stream .zoo.Open) { option idempotency_level = NO_SIDE_EFFECTS; }
}
"#;

const PLAIN: &str = r#"
syntax = "proto3";
package other;
import "google/protobuf/timestamp.proto";
message Plain {
  optional string maybe = 1;
  oneof one { google.protobuf.Timestamp at = 2; Kind kind = 3; }
  repeated Kind kinds = 4 [packed = false, json_name = "kindsOfAll"];
}
enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1 [deprecated = true]; }
"#;

fn all() -> Vec<(&'static str, Schema)> {
    let editions = |set: &[u8]| of_set(set);
    vec![
        ("the well-known files", bundled()),
        (
            "the demo",
            compiled("../../assets/protos/demo", "../../assets/protos"),
        ),
        ("the fixtures", compiled("testdata", "testdata")),
        ("knots", knotted()),
        (
            "editions",
            editions(include_bytes!("../editions/tests/editions.binpb")),
        ),
        (
            "closed enums",
            editions(include_bytes!("../editions/tests/closed.binpb")),
        ),
    ]
}

/// Nested types are printed after the fields, so those that fields make may come in another order.
fn sort_nested(message: &mut DescriptorProto) {
    message.nested_type.sort_by(|a, b| a.name().cmp(b.name()));
    message.nested_type.iter_mut().for_each(sort_nested);
    drop_empty(&mut message.options);
    let fields = message.field.iter_mut().chain(&mut message.extension);
    fields.for_each(|field| drop_empty(&mut field.options));
}

/// Where features of editions were all there was, their taking leaves options that say nothing.
fn drop_empty<T: Default + PartialEq>(options: &mut Option<T>) {
    options.take_if(|options| *options == T::default());
}

/// Every file as it can be compared: what has no meaning in order is sorted.
fn files(schema: &Schema) -> Vec<FileDescriptorProto> {
    let names = schema.file_names().into_iter();
    names
        .map(|name| {
            let file = schema.whole_pool().get_file_by_name(&name).unwrap();
            let mut proto = file.file_descriptor_proto().clone();
            proto.dependency.sort();
            proto.message_type.sort_by(|a, b| a.name().cmp(b.name()));
            proto.message_type.iter_mut().for_each(sort_nested);
            drop_empty(&mut proto.options);
            if name == "editions.proto" {
                // A parser does not know yet that a field's type is a message, whose presence needs no mark.
                let fields = proto.message_type.iter_mut().flat_map(|m| &mut m.field);
                let messages = fields.filter(|field| field.r#type() == Type::Message);
                messages.for_each(|field| field.proto3_optional = None);
            }
            let extensions = proto.extension.iter_mut();
            extensions.for_each(|field| drop_empty(&mut field.options));
            proto
        })
        .collect()
}

#[test]
fn a_descriptor_set_holds_the_schema_with_imports_first_and_comments() {
    for (name, schema) in all() {
        let set = descriptor_set(&schema);
        assert_eq!(set, descriptor_set(&schema), "{name}");
        let decoded = FileDescriptorSet::decode(&*set).unwrap();
        let mut before: HashSet<&str> = HashSet::new();
        for file in &decoded.file {
            for import in &file.dependency {
                assert!(before.contains(import.as_str()), "{name}: {import}");
            }
            before.insert(file.name());
        }
        let again = of_set(&set);
        assert_eq!(files(&again), files(&schema), "{name}");
        let comments = |schema: &Schema| proto_files(schema);
        assert_eq!(comments(&again), comments(&schema), "{name}");
    }
}

#[test]
fn sources_compile_again_to_the_same_descriptors() {
    for (name, schema) in all() {
        let folder = tempfile::tempdir().unwrap();
        let sources = proto_files(&schema);
        for (file, text) in &sources {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = folder.path().to_owned();
        let again = compile(std::slice::from_ref(&root), std::slice::from_ref(&root));
        assert_eq!(again.problems, [], "{name}: {sources:#?}");
        let again = again.schema;
        let printed: HashMap<_, _> = proto_files(&again).into_iter().collect();
        for file in files(&schema) {
            // Of the well-known files, our own are taken always: their text is compared below.
            let found = files(&again)
                .into_iter()
                .find(|it| it.name() == file.name());
            if let Some(found) = found {
                assert_eq!(found, file, "{name}: {}", printed[file.name()]);
            } else {
                assert!(
                    file.name().starts_with("google/protobuf/"),
                    "{}",
                    file.name()
                );
            }
        }
        for (file, text) in &sources {
            let again = printed.get(file).unwrap_or(text);
            assert_eq!(again, text, "{name}: {file}");
        }
    }
}

#[test]
fn well_known_files_compile_under_another_name_to_the_same() {
    // Our own copy wins over any other, so they are compiled as if they were somebody's.
    let folder = tempfile::tempdir().unwrap();
    let rename = |text: &str| {
        text.replace("google/protobuf/", "own/")
            .replace("google.protobuf", "own.protobuf")
    };
    let mut count = 0;
    fs::create_dir(folder.path().join("own")).unwrap();
    let schema = bundled();
    for (name, text) in proto_files(&schema) {
        // A compiler of options looks for these in its own descriptor.proto.
        if name.starts_with("google/protobuf/") && !name.ends_with("descriptor.proto") {
            let text =
                rename(&text).replace("own/descriptor.proto", "google/protobuf/descriptor.proto");
            let text = text
                .replace(
                    "own.protobuf.FileDescriptorProto",
                    "google.protobuf.FileDescriptorProto",
                )
                .replace(
                    "own.protobuf.GeneratedCodeInfo",
                    "google.protobuf.GeneratedCodeInfo",
                );
            fs::create_dir_all(folder.path().join(rename(&name)).parent().unwrap()).unwrap();
            fs::write(folder.path().join(rename(&name)), text).unwrap();
            count += 1;
        }
    }
    assert!(count >= 10, "{count}");
    let root = folder.path().to_owned();
    let again = compile(std::slice::from_ref(&root), std::slice::from_ref(&root));
    assert_eq!(again.problems, []);
    for message in schema.whole_pool().all_messages() {
        let name = rename(message.full_name());
        let Some(found) = again.schema.message(&name) else {
            assert!(
                message.parent_file().name().ends_with("descriptor.proto"),
                "{name}"
            );
            continue;
        };
        let (found, message) = (found.descriptor_proto(), message.descriptor_proto());
        let numbers = |proto: &DescriptorProto| {
            let fields = proto.field.iter();
            fields
                .map(|f| (f.name().to_owned(), f.number(), f.label(), f.r#type()))
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(found), numbers(message), "{name}");
    }
}

#[test]
fn a_source_reads_as_a_person_wrote_it() {
    let (_, plain) = proto_files(&knotted())
        .into_iter()
        .find(|(name, _)| name == "other/plain.proto")
        .unwrap();
    let expected = "syntax = \"proto3\";\n\npackage other;\n\n\
        import \"google/protobuf/timestamp.proto\";\n\n\
        message Plain {\n  optional string maybe = 1;\n  oneof one {\n    \
        google.protobuf.Timestamp at = 2;\n    other.Kind kind = 3;\n  }\n  \
        repeated other.Kind kinds = 4 [json_name = \"kindsOfAll\", packed = false];\n}\n\n\
        enum Kind {\n  KIND_UNSPECIFIED = 0;\n  KIND_ONE = 1 [deprecated = true];\n}\n";
    assert_eq!(plain, expected);
}

#[test]
fn a_file_of_an_edition_says_so() {
    let schema = of_set(include_bytes!("../editions/tests/editions.binpb"));
    let (_, text) = &proto_files(&schema)[0];
    assert!(
        text.contains("This file is of a protobuf edition"),
        "{text}"
    );
    for line in [
        "edition = \"2023\";",
        "string note = 2 [features.field_presence = IMPLICIT];",
        "int64 number = 3 [features.field_presence = LEGACY_REQUIRED];",
        "int32 pieces = 4 [default = 1];",
        "repeated int32 expanded = 5 [features.repeated_field_encoding = EXPANDED];",
        "shop.v1.Line delimited = 8 [features.message_encoding = DELIMITED];",
        "option features.enum_type = CLOSED;",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn files_that_import_each_other_come_in_one_order() {
    let file = |name: &str, imports: &[&str]| FileDescriptorProto {
        name: Some(name.to_owned()),
        syntax: Some("proto3".to_owned()),
        dependency: imports.iter().map(|&i| i.to_owned()).collect(),
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet {
        file: vec![
            file("c.proto", &["a.proto"]),
            file("b.proto", &["c.proto"]),
            file("a.proto", &["b.proto"]),
        ],
    };
    let schema = of_set(&set.encode_to_vec());
    let names: Vec<String> = proto_files(&schema).into_iter().map(|(n, _)| n).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(
        proto_files(&schema),
        proto_files(&of_set(&descriptor_set(&schema)))
    );
}
