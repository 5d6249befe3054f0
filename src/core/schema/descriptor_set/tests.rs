//! Whole, cut short and damaged descriptor sets.

use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, FileOptions,
    MessageOptions, SourceCodeInfo, UninterpretedOption, source_code_info::Location,
    uninterpreted_option::NamePart,
};

use super::*;

fn file(
    name: &str,
    imports: &[&str],
    message: &str,
    field_type: Option<&str>,
) -> FileDescriptorProto {
    let field = field_type.map(|type_name| FieldDescriptorProto {
        name: Some("f".to_owned()),
        number: Some(1),
        label: Some(1),
        r#type: Some(11),
        type_name: Some(type_name.to_owned()),
        ..FieldDescriptorProto::default()
    });
    FileDescriptorProto {
        name: Some(name.to_owned()),
        syntax: Some("proto3".to_owned()),
        dependency: imports.iter().map(|&i| i.to_owned()).collect(),
        message_type: vec![DescriptorProto {
            name: Some(message.to_owned()),
            field: field.into_iter().collect(),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}

fn load(files: Vec<FileDescriptorProto>) -> Loaded {
    load_descriptor_set(
        "set.binpb",
        &FileDescriptorSet { file: files }.encode_to_vec(),
    )
}

fn messages(loaded: &Loaded) -> Vec<&str> {
    let catalogue = loaded.schema.catalogue();
    catalogue
        .messages
        .iter()
        .map(|m| m.full_name.as_str())
        .filter(|name| !name.starts_with("google.protobuf."))
        .collect()
}

#[test]
fn one_bad_file_does_not_hide_the_rest() {
    let mut editions = file("bad.proto", &[], "Bad", None);
    editions.syntax = Some("editions".to_owned());
    let mut unknown_syntax = file("bad.proto", &[], "Bad", None);
    unknown_syntax.syntax = Some("proto9".to_owned());
    let mut nameless = file("", &[], "Bad", None);
    nameless.name = None;
    let mut negative_oneof = file("bad.proto", &[], "Bad", Some(".Good"));
    negative_oneof.message_type[0].field[0].oneof_index = Some(-5);
    let mut bad_index = file("bad.proto", &[], "Bad", None);
    bad_index.public_dependency = vec![7, -1];
    let mut deep_option = file("bad.proto", &[], "Bad", None);
    deep_option.options = Some(FileOptions {
        uninterpreted_option: vec![UninterpretedOption {
            name: vec![NamePart {
                name_part: "o".to_owned(),
                is_extension: true,
            }],
            aggregate_value: Some("o {".repeat(100_000)),
            ..UninterpretedOption::default()
        }],
        ..FileOptions::default()
    });
    let mut map_entry = file("bad.proto", &[], "Bad", None);
    map_entry.message_type[0].nested_type = vec![DescriptorProto {
        name: Some("FEntry".to_owned()),
        options: Some(MessageOptions {
            map_entry: Some(true),
            ..MessageOptions::default()
        }),
        ..DescriptorProto::default()
    }];
    let rows = [
        ("editions", editions, "bad.proto", "editions"),
        ("unknown syntax", unknown_syntax, "bad.proto", "`proto9`"),
        ("no name", nameless, "", "without a name"),
        (
            "a missing import whose type is used",
            file("bad.proto", &["x.proto"], "Bad", Some(".X")),
            "bad.proto",
            "import `x.proto` was not found",
        ),
        (
            "an unknown type",
            file("bad.proto", &[], "Bad", Some(".X")),
            "bad.proto",
            "`.X` is not defined",
        ),
        (
            "a type not imported",
            file("bad.proto", &[], "Bad", Some(".Good")),
            "bad.proto",
            "`.Good` is not defined",
        ),
        (
            "a map without a key",
            map_entry,
            "bad.proto",
            "`FEntry` lacks a proper key",
        ),
        ("a oneof that is not there", negative_oneof, "bad.proto", ""),
        (
            "an option too deep",
            deep_option,
            "set.binpb, file 1",
            "an option is nested",
        ),
        (
            "a symbol of a well-known file",
            {
                let mut file = file("bad.proto", &[], "MessageOptions", None);
                file.package = Some("google".to_owned());
                file.message_type[0].name = Some("protobuf.MessageOptions".to_owned());
                file
            },
            "bad.proto",
            "already defined in `google/protobuf/descriptor.proto`",
        ),
    ];
    for (name, bad, file_name, reason) in rows {
        let loaded = load(vec![bad, file("good.proto", &[], "Good", None)]);
        assert_eq!(messages(&loaded), ["Good"], "{name}: {:?}", loaded.problems);
        let [problem] = loaded.problems.as_slice() else {
            panic!("{name}: {:?}", loaded.problems);
        };
        assert_eq!(problem.file, file_name, "{name}");
        assert!(problem.reason.contains(reason), "{name}: {problem:?}");
    }
    // Odd, but nothing breaks.
    let loaded = load(vec![bad_index, file("good.proto", &[], "Good", None)]);
    assert_eq!(messages(&loaded), ["Bad", "Good"]);
}

#[test]
fn sets_that_are_no_sets_are_told() {
    let good = FileDescriptorSet {
        file: vec![file("good.proto", &[], "Good", None)],
    }
    .encode_to_vec();
    let mut cut = good.clone();
    cut.extend_from_slice(&good[..good.len() - 3]);
    let mut broken_file = good.clone();
    broken_file.extend_from_slice(&[0x0a, 2, 0x0a, 9]);
    let rows: [(&str, &[u8], &str, usize); 5] = [
        ("empty", b"", "the file is empty", 0),
        (
            "text",
            b"syntax = \"proto3\";",
            "this is not a descriptor set (at byte 0)",
            0,
        ),
        ("cut short", &cut, "the descriptor set is cut short", 1),
        (
            "a file of it is broken",
            &broken_file,
            "the bytes are no file descriptor",
            1,
        ),
        (
            "a length beyond all memory",
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            "cut short",
            0,
        ),
    ];
    for (name, bytes, reason, usable) in rows {
        let loaded = load_descriptor_set("set.binpb", bytes);
        assert_eq!(messages(&loaded).len(), usable, "{name}");
        assert_eq!(loaded.problems.len(), 1, "{name}: {:?}", loaded.problems);
        assert!(
            loaded.problems[0].reason.contains(reason),
            "{name}: {:?}",
            loaded.problems
        );
    }
}

#[test]
fn every_cut_of_a_set_is_survived() {
    let set = FileDescriptorSet {
        file: vec![
            file(
                "a.proto",
                &["google/protobuf/any.proto"],
                "A",
                Some(".google.protobuf.Any"),
            ),
            file("b.proto", &["a.proto"], "B", Some(".A")),
        ],
    }
    .encode_to_vec();
    for end in 0..set.len() {
        let loaded = load_descriptor_set("set.binpb", &set[..end]);
        assert!(!messages(&loaded).contains(&"B"), "{end}");
    }
    assert_eq!(
        messages(&load_descriptor_set("set.binpb", &set)),
        ["A", "B"]
    );
}

#[test]
fn well_known_imports_are_filled_in() {
    let loaded = load(vec![file(
        "a.proto",
        &["google/protobuf/type.proto"],
        "A",
        Some(".google.protobuf.Type"),
    )]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["A"]);
}

#[test]
fn common_imports_are_filled_in_unless_their_symbols_are_there() {
    let user = |import: &str| file("a.proto", &[import], "A", Some(".google.rpc.Status"));
    let mut own = file("own/status.proto", &[], "Status", None);
    own.package = Some("google.rpc".to_owned());
    let rows = [
        ("of this name", vec![user("google/rpc/status.proto")], 3),
        (
            "of another name",
            vec![user("src/proto/grpc/status/status.proto")],
            3,
        ),
        (
            "defined by the set",
            vec![user("google/rpc/status.proto"), own],
            0,
        ),
    ];
    for (name, files, fields) in rows {
        let loaded = load(files);
        assert_eq!(loaded.problems, [], "{name}");
        let status = loaded.schema.message("google.rpc.Status").unwrap();
        assert_eq!(status.fields().len(), fields, "{name}");
    }
}

#[test]
fn public_imports_in_a_ring_end() {
    let mut a = file("a.proto", &["b.proto", "a.proto"], "A", Some(".B"));
    a.public_dependency = vec![0, 1];
    let mut b = file("b.proto", &["a.proto"], "B", Some(".A"));
    b.public_dependency = vec![0];
    let loaded = load(vec![a, b, file("c.proto", &["b.proto"], "C", Some(".A"))]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["A", "B", "C"]);
}

#[test]
fn comments_in_another_encoding_cost_only_the_comments() {
    let mut commented = file("a.proto", &[], "A", None);
    commented.source_code_info = Some(SourceCodeInfo {
        location: vec![Location {
            path: vec![4, 0],
            span: vec![0, 0, 1],
            leading_comments: Some(" XXXX".to_owned()),
            ..Location::default()
        }],
    });
    let bytes = FileDescriptorSet {
        file: vec![commented],
    }
    .encode_to_vec();
    let comment = |bytes: &[u8]| {
        let loaded = load_descriptor_set("set.binpb", bytes);
        assert_eq!(loaded.problems, []);
        let schema = &loaded.schema;
        schema.comment_of(&schema.catalogue().messages[0].full_name)
    };
    assert_eq!(comment(&bytes), "XXXX");
    let at = bytes.windows(4).position(|w| w == b"XXXX").unwrap();
    let mut latin = bytes;
    latin[at..at + 4].copy_from_slice(b"caf\xE9");
    assert_eq!(comment(&latin), "");
}

#[test]
fn hostile_webs_of_imports_end_soon() {
    // Each file imports all before it, publicly: naive walks take 2^n or n^3 steps.
    let names: Vec<String> = (0..200).map(|i| format!("{i}.proto")).collect();
    let files = (0..names.len())
        .map(|i| {
            let imports: Vec<&str> = names[..i].iter().map(String::as_str).collect();
            let mut file = file(&names[i], &imports, &format!("M{i}"), None);
            file.public_dependency = (0..i32::try_from(i).unwrap()).collect();
            file
        })
        .collect();
    let loaded = load(files);
    assert_eq!(messages(&loaded).len(), 200);
}

#[test]
fn damaged_sets_neither_panic_nor_hang() {
    let folder = tempfile::tempdir().unwrap();
    let source = "syntax = \"proto2\"; package p; import \"google/protobuf/descriptor.proto\";\
        extend google.protobuf.FieldOptions { optional M rule = 50001; }\
        message M { map<string, M> map = 1; optional group G = 2 { optional E e = 1; }\
        oneof o { string s = 3 [(rule) = { s: \"x\" }]; } extensions 100 to max; reserved 50;\
        optional string name = 4 [default = \"d\"]; repeated int32 n = 5 [packed = true]; }\
        enum E { A = 0; B = 1; } service S { rpc Do(M) returns (stream M); }";
    std::fs::write(folder.path().join("a.proto"), source).unwrap();
    let loaded = crate::schema::compile(&[folder.path().to_owned()], &[]);
    assert_eq!(loaded.problems, []);
    let a = loaded
        .schema
        .whole_pool()
        .get_file_by_name("a.proto")
        .unwrap()
        .encode_to_vec();
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..300 {
        let mut damaged = a.clone();
        for _ in 0..=random(3) {
            let at = random(damaged.len());
            damaged[at] = u8::try_from(random(256)).unwrap();
        }
        let mut set = Vec::new();
        prost::encoding::bytes::encode(1, &damaged, &mut set);
        let loaded = load_descriptor_set("set.binpb", &set);
        let catalogue = loaded.schema.catalogue();
        let types = catalogue.messages.iter().map(|m| &m.full_name);
        let types = types.chain(catalogue.services.iter().map(|s| &s.full_name));
        for name in types.chain(catalogue.enums.iter().map(|e| &e.full_name)) {
            assert!(
                crate::schema::describe(&loaded.schema, name).is_some(),
                "{name}"
            );
        }
    }
}

#[test]
fn an_extension_with_a_number_beyond_tags_costs_only_itself() {
    use prost_types::{FieldDescriptorProto, MessageOptions, descriptor_proto::ExtensionRange};
    let extension = |name: &str, number: i32| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(1),
        r#type: Some(11),
        type_name: Some(".p.Item".to_owned()),
        extendee: Some(".p.Set".to_owned()),
        ..FieldDescriptorProto::default()
    };
    let set = DescriptorProto {
        name: Some("Set".to_owned()),
        options: Some(MessageOptions {
            message_set_wire_format: Some(true),
            ..MessageOptions::default()
        }),
        extension_range: vec![ExtensionRange {
            start: Some(4),
            end: Some(i32::MAX),
            options: None,
        }],
        ..DescriptorProto::default()
    };
    let item = DescriptorProto {
        name: Some("Item".to_owned()),
        extension: vec![extension("near", 1000), extension("far", 1 << 29)],
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("sets.proto".to_owned()),
        package: Some("p".to_owned()),
        message_type: vec![set, item],
        ..FileDescriptorProto::default()
    };
    let bytes = FileDescriptorSet { file: vec![file] }.encode_to_vec();
    let loaded = load_descriptor_set("set.binpb", &bytes);
    let reasons: Vec<_> = loaded
        .problems
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        ["the extension `far` has a number beyond 536870911: left out"]
    );
    let set = loaded.schema.message("p.Set").unwrap();
    assert!(set.get_extension(1000).is_some());
}
