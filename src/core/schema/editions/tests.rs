//! Descriptors that protoc made of editions, as they are used afterwards.

use prost_reflect::{Cardinality, DescriptorPool, DynamicMessage, Kind, MessageDescriptor};

use crate::{
    message::{Document, JsonOptions, Scope, encode, to_json},
    schema::{Loaded, Schema, compile, describe, kind_name, load_descriptor_set},
};

use super::*;

const EDITIONS: &[u8] = include_bytes!("tests/editions.binpb");
const CLOSED: &[u8] = include_bytes!("tests/closed.binpb");

fn message(set: &[u8], name: &str) -> MessageDescriptor {
    let Loaded { schema, problems } = load_descriptor_set("set", set);
    assert_eq!(problems, []);
    schema.message(name).unwrap()
}

fn order() -> MessageDescriptor {
    message(EDITIONS, "shop.v1.Order")
}

#[test]
fn presence_packing_and_groups_are_each_fields_own() {
    let order = order();
    // Presence, cardinality, packed, group.
    let rows = [
        ("id", true, Cardinality::Optional, false, false),
        ("note", false, Cardinality::Optional, false, false),
        ("number", true, Cardinality::Required, false, false),
        ("pieces", true, Cardinality::Optional, false, false),
        ("expanded", false, Cardinality::Repeated, false, false),
        ("packed", false, Cardinality::Repeated, true, false),
        ("line", true, Cardinality::Optional, false, false),
        ("delimited", true, Cardinality::Optional, false, true),
        ("lines", false, Cardinality::Repeated, false, true),
        ("by_name", false, Cardinality::Repeated, false, false),
        ("state", true, Cardinality::Optional, false, false),
        ("card", true, Cardinality::Optional, false, false),
        ("cash", true, Cardinality::Optional, false, true),
        ("states", false, Cardinality::Repeated, false, false),
    ];
    for (name, presence, cardinality, packed, group) in rows {
        let field = order.get_field_by_name(name).unwrap();
        // prost-reflect says of a required field of proto3 form what it says of any number.
        let required = cardinality == Cardinality::Required;
        assert_eq!(field.supports_presence() || required, presence, "{name}");
        assert_eq!(field.cardinality(), cardinality, "{name}");
        assert_eq!(field.is_packed(), packed, "{name}");
        assert_eq!(field.is_group(), group, "{name}");
    }
    assert!(order.get_field_by_name("by_name").unwrap().is_map());
    let tags = order.get_extension(101).unwrap();
    assert!(tags.is_packed());
    assert_eq!(
        order
            .get_field_by_name("pieces")
            .unwrap()
            .default_value()
            .as_i32(),
        Some(1)
    );
}

#[test]
fn enums_are_open_unless_they_say_otherwise() {
    let of =
        |message: &MessageDescriptor, field| match message.get_field_by_name(field).unwrap().kind()
        {
            Kind::Enum(enumeration) => is_closed(&enumeration),
            other => panic!("{other:?}"),
        };
    assert!(!of(&order(), "state"));
    assert!(of(&order(), "strict"));
    assert!(of(&message(CLOSED, "shop.v1.Parcel"), "size"));
}

#[test]
fn what_proto3_cannot_say_becomes_proto2() {
    let parcel = message(CLOSED, "shop.v1.Parcel");
    assert_eq!(parcel.parent_file().syntax(), Syntax::Proto2);
    let field = |name| parcel.get_field_by_name(name).unwrap();
    assert!(field("outside").is_group());
    assert!(field("inside").is_map() && !field("inside").is_group());
    assert!(field("marks").is_packed());
}

#[test]
fn a_body_goes_out_and_comes_back_as_the_features_say() {
    let order = order();
    let body = r#"{"note": "", "number": "7", "expanded": [1, 2], "packed": [1, 2], "delimited": {"name": "a"},
                   "byName": {"k": {"name": "b"}}, "state": 5, "[shop.v1.remark]": "r"}"#;
    let wire = encode(&Document::new(body), &order, &Scope::default()).unwrap();
    let expected: &[&[u8]] = &[
        // No `note`: an implicit field with its default is not sent.
        &[3 << 3, 7],
        &[5 << 3, 1, 5 << 3, 2],
        &[6 << 3 | 2, 2, 1, 2],
        &[8 << 3 | 3, 1 << 3 | 2, 1, b'a', 8 << 3 | 4],
        &[
            10 << 3 | 2,
            8,
            1 << 3 | 2,
            1,
            b'k',
            2 << 3 | 2,
            3,
            1 << 3 | 2,
            1,
            b'b',
        ],
        &[11 << 3, 5],
        &[0xa2, 0x06, 1, b'r'],
    ];
    assert_eq!(wire, expected.concat());
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    let json = to_json(&order, &wire, options).text;
    let again = encode(&Document::new(&json), &order, &Scope::default()).unwrap();
    assert_eq!(again, wire, "{json}");
    assert!(DynamicMessage::decode(order.clone(), wire).is_ok());

    for (body, words) in [
        (r#"{"id": "1"}"#, "number"),
        (r#"{"number": 1, "strict": 9}"#, "no value 9"),
    ] {
        let mistakes = encode(&Document::new(body), &order, &Scope::default()).unwrap_err();
        assert!(format!("{mistakes:?}").contains(words), "{mistakes:?}");
    }
}

/// What a field is, as far as it goes over the wire or is shown.
fn facts(field: &prost_reflect::FieldDescriptor) -> String {
    let closed = match field.kind() {
        Kind::Enum(enumeration) => is_closed(&enumeration),
        _ => false,
    };
    // prost-reflect prints messages without end.
    let default = match field.kind() {
        Kind::Message(_) => None,
        _ => Some(field.default_value()),
    };
    format!(
        "{} {} {} presence {} {:?} packed {} group {} map {} default {:?} closed {closed}",
        field.full_name(),
        field.number(),
        kind_name(&field.kind()),
        field.supports_presence(),
        field.cardinality(),
        field.is_packed(),
        field.is_group(),
        field.is_map(),
        default,
    )
}

#[test]
fn sources_mean_what_protoc_makes_of_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/editions/tests");
    for (set, file, names) in [
        (
            EDITIONS,
            "editions.proto",
            ["shop.v1.Order", "shop.v1.Line"].as_slice(),
        ),
        (CLOSED, "closed.proto", &["shop.v1.Parcel"]),
    ] {
        let compiled = compile(&[folder.join(file)], &[]);
        assert_eq!(compiled.problems, [], "{file}");
        for name in names {
            let (ours, protocs) = (compiled.schema.message(name).unwrap(), message(set, name));
            assert!(ours.fields().len() > 0, "{name}");
            let all = |message: &MessageDescriptor| -> Vec<String> {
                message.fields().map(|field| facts(&field)).collect()
            };
            assert_eq!(all(&ours), all(&protocs), "{name}");
            let extensions = |message: &MessageDescriptor| -> Vec<(String, bool)> {
                let all = message.extensions();
                all.map(|it| (it.full_name().to_owned(), it.is_packed()))
                    .collect()
            };
            assert_eq!(extensions(&ours), extensions(&protocs), "{name}");
        }
        let first_comment = |schema: &Schema| {
            let first = schema.catalogue().messages.first();
            first.map(|it| schema.comment_of(&it.full_name))
        };
        assert_eq!(
            first_comment(&compiled.schema),
            first_comment(&load_descriptor_set("set", set).schema),
            "{file}"
        );
    }
}

/// Compiles one source that must give no problem.
fn compiled(source: &str) -> crate::schema::Schema {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.proto");
    std::fs::write(&file, source).unwrap();
    let Loaded { schema, problems } = compile(&[file], &[]);
    assert_eq!(problems, [], "{source}");
    schema
}

#[test]
fn a_file_of_delimited_messages_keeps_its_enums() {
    let schema = compiled(
        r#"edition = "2023"; package a.b;
        option features.message_encoding = DELIMITED;
        option features.repeated_field_encoding = EXPANDED;
        message M {
          enum Inner { ZERO = 0; }
          Inner inner = 1;  Outer outer = 2;  a.b.Outer full = 3;  repeated Outer many = 4;
          N message = 5;  map<string, N> map = 6;
        }
        message N { M.Inner inner = 1; .a.b.M.Inner dotted = 2; b.Outer half = 3; }
        enum Outer { NONE = 0; }"#,
    );
    let rows = [
        ("a.b.M", "inner", false),
        ("a.b.M", "outer", false),
        ("a.b.M", "full", false),
        ("a.b.M", "many", false),
        ("a.b.M", "message", true),
        ("a.b.M", "map", false),
        ("a.b.N", "inner", false),
        ("a.b.N", "dotted", false),
        ("a.b.N", "half", false),
    ];
    for (message, name, group) in rows {
        let message = schema.message(message).unwrap();
        let field = message.get_field_by_name(name).unwrap();
        assert_eq!(field.is_group(), group, "{name}");
        let enumeration = matches!(field.kind(), Kind::Enum(_));
        assert_eq!(enumeration, !group && name != "map", "{name}");
        assert!(!field.is_packed(), "{name}");
    }
}

#[test]
fn features_of_one_language_are_no_problem_anywhere() {
    let schema = compiled(
        r#"edition = "2024"; package a;
        option features.(pb.go).api_level = API_OPEN;
        enum E {
          option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_KEEP;
          ZERO = 0 [features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_KEEP, deprecated = true];
        }
        message M {
          option features.(pb.go) = { api_level: API_OPEN };
          oneof choice { option features.(pb.cpp).string_type = VIEW; E e = 1; }
          string s = 2 [features.(pb.cpp).string_type = VIEW];
          extensions 5 to 9 [features.(pb.cpp).string_type = VIEW, verification = UNVERIFIED];
        }
        service S {
          option features.(pb.java).nest_in_file_class = YES;
          rpc Do(M) returns (M) { option features.(pb.java).nest_in_file_class = YES; }
        }"#,
    );
    assert!(schema.method("a.S/Do").is_some());
    let message = schema.message("a.M").unwrap();
    let Kind::Enum(enumeration) = message.get_field_by_name("e").unwrap().kind() else {
        panic!("no enum");
    };
    let zero = enumeration.get_value(0).unwrap();
    let deprecated = zero
        .options()
        .get_field_by_name("deprecated")
        .unwrap()
        .as_bool();
    assert_eq!(deprecated, Some(true), "the other options stay");
}

#[test]
fn defaults_of_bytes_are_escaped() {
    let schema = compiled(
        "edition = \"2023\"; message M { bytes raw = 1 [default = \"a\\\"\\n\\xfe\\\\\"]; \
         bytes text = 2 [default = \"\\n\"]; string plain = 3 [default = \"\\n\"]; }",
    );
    let message = schema.message("M").unwrap();
    let default = |name| message.get_field_by_name(name).unwrap().default_value();
    assert_eq!(default("raw").as_bytes().unwrap().as_ref(), b"a\"\n\xfe\\");
    assert_eq!(default("text").as_bytes().unwrap().as_ref(), b"\n");
    assert_eq!(default("plain").as_str(), Some("\n"));
    let proto = message.descriptor_proto();
    assert_eq!(proto.field[0].default_value(), "a\\\"\\n\\376\\\\");
}

#[test]
fn delimited_messages_are_described_as_fields() {
    let schema = load_descriptor_set("set", CLOSED).schema;
    let text = describe(&schema, "shop.v1.Parcel").unwrap();
    // The message stands in itself: as a group it would have no end.
    assert!(text.contains("shop.v1.Parcel outside = 4"), "{text}");
    let schema = load_descriptor_set("set", EDITIONS).schema;
    let text = describe(&schema, "shop.v1.Order").unwrap();
    assert!(text.contains("shop.v1.Line delimited = 8"), "{text}");
}

#[test]
fn what_is_of_no_edition_is_left_as_it_is() {
    let mut file = Vec::new();
    put_bytes(tag::file::SYNTAX, b"proto3", &mut file);
    assert_eq!(lower(&file), Ok(None));
    assert_eq!(lower(b""), Ok(None));
}

#[test]
fn unknown_editions_are_left_and_broken_bytes_end() {
    let of = |edition: u64| {
        let mut file = Vec::new();
        put_bytes(tag::file::SYNTAX, b"editions", &mut file);
        if edition > 0 {
            put_varint(tag::file::EDITION, edition, &mut file);
        }
        file
    };
    assert!(lower(&of(1000)).unwrap().is_some());
    assert!(lower(&of(1001)).unwrap().is_some());
    assert!(lower(&of(1002)).unwrap().is_some());
    assert_eq!(lower(&of(0)), Ok(None));
    assert_eq!(lower(&of(9999)), Ok(None));
    for cut in 1..EDITIONS.len() {
        // Of a whole set, but any bytes will do: they end with an answer.
        let _ = lower(EDITIONS.get(cut..).unwrap_or_default());
        let _ = lower(EDITIONS.get(..cut).unwrap_or_default());
    }
}

#[test]
fn a_pool_takes_every_lowered_file() {
    for set in [EDITIONS, CLOSED] {
        let file = Fields::new(set).next().unwrap().unwrap();
        let Value::Bytes(file) = file.value else {
            panic!("no file");
        };
        let mut lowered = Vec::new();
        put_bytes(1, &lower(file).unwrap().unwrap(), &mut lowered);
        DescriptorPool::decode(lowered.as_slice()).unwrap();
    }
}
