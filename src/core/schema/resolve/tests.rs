//! Sources parsed by protox, and the symbols that other files would bring.

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorProto, field_descriptor_proto::Type};

use super::*;

/// What is in sight of `shop.v1`'s file.
const SYMBOLS: [(&str, Symbol); 17] = [
    ("shop", Symbol::Package),
    ("shop.v1", Symbol::Package),
    ("shop.v1.Order", Symbol::Message),
    ("shop.v1.Order.Line", Symbol::Message),
    ("shop.v1.Order.State", Symbol::Enum),
    ("shop.v1.mark", Symbol::Leaf),
    ("shop.v1.Order.inside", Symbol::Leaf),
    ("shop.v1.State", Symbol::Leaf),
    ("shop.v1.Orders", Symbol::Service),
    ("common", Symbol::Package),
    ("common.Money", Symbol::Message),
    ("common.Unit", Symbol::Enum),
    ("shop.common", Symbol::Package),
    ("shop.common.Money", Symbol::Message),
    ("State", Symbol::Message),
    ("v1", Symbol::Package),
    ("v1.Order", Symbol::Message),
];

fn resolved_with(source: &str, symbols: &[(&str, Symbol)]) -> Option<FileDescriptorProto> {
    let file = protox::file::File::from_source("a.proto", source).unwrap();
    let bytes = FileDescriptorProto::from(file).encode_to_vec();
    let lookup = |name: &str| {
        symbols
            .iter()
            .find(|(known, _)| *known == name)
            .map(|it| it.1)
    };
    let resolved = resolve(&bytes, &lookup).unwrap()?;
    Some(FileDescriptorProto::decode(resolved.as_slice()).unwrap())
}

fn resolved(source: &str) -> Option<FileDescriptorProto> {
    resolved_with(source, &SYMBOLS)
}

/// The only field of the innermost first message.
fn field(file: &FileDescriptorProto) -> (String, i32) {
    let mut message: &DescriptorProto = &file.message_type[0];
    while let Some(nested) = message.nested_type.first() {
        message = nested;
    }
    let field = &message.field[0];
    (field.type_name().to_owned(), field.r#type.unwrap_or(0))
}

#[test]
fn names_are_looked_up_from_the_inside_out() {
    const MESSAGE: i32 = Type::Message as i32;
    const ENUM: i32 = Type::Enum as i32;
    let rows = [
        ("Line", ".shop.v1.Order.Line", MESSAGE),
        ("State", ".shop.v1.Order.State", ENUM),
        ("Order", ".shop.v1.Order", MESSAGE),
        ("Order.Line", ".shop.v1.Order.Line", MESSAGE),
        ("v1.Order", ".shop.v1.Order", MESSAGE),
        (".v1.Order", ".v1.Order", MESSAGE),
        (".common.Unit", ".common.Unit", ENUM),
        // The nearer package counts, and the rest has to be in it.
        ("common.Money", ".shop.common.Money", MESSAGE),
        ("common.Unit", "common.Unit", 0),
        ("Nothing", "Nothing", 0),
        ("shop.v1.Orders", "shop.v1.Orders", 0),
    ];
    for (written, expected, kind) in rows {
        let source = format!(
            "syntax = \"proto3\"; package shop.v1; message Order {{ message Line {{ {written} f = 1; }} }}"
        );
        let found = resolved(&source).map(|file| field(&file));
        let found = found.unwrap_or((written.to_owned(), 0));
        assert_eq!(found, (expected.to_owned(), kind), "{written}");
    }
}

#[test]
fn what_is_no_type_does_not_hide_one() {
    let source = "syntax = \"proto3\"; package shop.v1; message Other { State f = 1; }";
    let file = resolved(source).unwrap();
    assert_eq!(field(&file).0, ".State");
}

#[test]
fn what_a_file_defines_itself_needs_no_lookup() {
    let source = r#"syntax = "proto2"; package a.b; message M {
        message Inner { map<string, E> map = 1; }
        extend M { optional Inner ext = 100; }
        extensions 100; option (x) = { [M.ext]: {} };
        optional b.M.Inner inner = 1; }
        enum E { ZERO = 0; }"#;
    let file = resolved_with(source, &[]).unwrap();
    let message = &file.message_type[0];
    assert_eq!(message.field[0].type_name(), ".a.b.M.Inner");
    assert_eq!(message.extension[0].extendee(), ".a.b.M");
    let inner = &message.nested_type[0];
    assert_eq!(inner.field[0].type_name(), ".a.b.M.Inner.MapEntry");
    let option = &message.options.as_ref().unwrap().uninterpreted_option[0];
    assert!(option.aggregate_value().contains("[a.b.M.ext]"));
    assert_eq!(option.name[0].name_part, "x");
}

#[test]
fn a_package_out_of_sight_hides_nothing() {
    let source = "syntax = \"proto3\"; package shop.v1; message M { common.Unit f = 1; }";
    let in_sight: Vec<_> = SYMBOLS
        .into_iter()
        .filter(|(name, _)| !name.starts_with("shop.common"))
        .collect();
    let file = resolved_with(source, &in_sight).unwrap();
    assert_eq!(field(&file), (".common.Unit".to_owned(), Type::Enum as i32));
}

#[test]
fn a_delimited_enum_is_no_group() {
    let bytes = |kind: Type| {
        let field = prost_types::FieldDescriptorProto {
            name: Some("f".to_owned()),
            r#type: Some(kind.into()),
            type_name: Some("common.Unit".to_owned()),
            ..Default::default()
        };
        let message = DescriptorProto {
            field: vec![field],
            ..Default::default()
        };
        let file = FileDescriptorProto {
            message_type: vec![message],
            ..Default::default()
        };
        file.encode_to_vec()
    };
    let kind_of = |symbol: Symbol, kind: Type| {
        let lookup = |name: &str| match name {
            "common" => Some(Symbol::Package),
            "common.Unit" => Some(symbol),
            _ => None,
        };
        let resolved = resolve(&bytes(kind), &lookup).unwrap().unwrap();
        field(&FileDescriptorProto::decode(resolved.as_slice()).unwrap()).1
    };
    assert_eq!(kind_of(Symbol::Enum, Type::Group), Type::Enum as i32);
    assert_eq!(kind_of(Symbol::Message, Type::Group), Type::Group as i32);
    assert_eq!(
        kind_of(Symbol::Message, Type::Message),
        Type::Message as i32
    );
}

#[test]
fn methods_extendees_and_options_get_full_names() {
    let file = resolved(
        r#"syntax = "proto2"; package shop.v1;
        option (mark) = { a: 1 [Order.inside]: 2, [x.y/shop.v1.Order] { b: 3 } list: [mark] };
        extend Order { optional common.Money m = 100 [(Order.inside).(mark) = 1, deprecated = true]; }
        message Order { option (mark) = {[inside]: 1}; oneof o { option (mark) = 1; int32 a = 1; }
                        extensions 100 to max [(mark) = 1]; }
        enum E { option (mark) = 1; V = 0 [(mark) = 1]; }
        service Orders { option (mark) = 1; rpc Get(Order) returns (Order.Line) { option (mark) = 1; } }"#,
    )
    .unwrap();
    let extension = &file.extension[0];
    assert_eq!(extension.extendee(), ".shop.v1.Order");
    assert_eq!(extension.type_name(), ".shop.common.Money");
    let method = &file.service[0].method[0];
    assert_eq!(method.input_type(), ".shop.v1.Order");
    assert_eq!(method.output_type(), ".shop.v1.Order.Line");

    let options = &file.options.as_ref().unwrap().uninterpreted_option[0];
    let text = options.aggregate_value();
    for part in ["[shop.v1.Order.inside]", "[x.y/shop.v1.Order]", ": [mark]"] {
        let spaceless = |text: &str| text.replace([' ', '\n'], "");
        assert!(spaceless(text).contains(&spaceless(part)), "{text}: {part}");
    }
    let names = |options: &[UninterpretedOption]| -> Vec<String> {
        let parts = options.iter().flat_map(|option| &option.name);
        parts.map(|part| part.name_part.clone()).collect()
    };
    let field_options = &extension.options.as_ref().unwrap().uninterpreted_option;
    assert_eq!(
        names(field_options)[..2],
        [".shop.v1.Order.inside", ".shop.v1.mark"]
    );
    let message = &file.message_type[0];
    let enumeration = &file.enum_type[0];
    for options in [
        &file.options.as_ref().unwrap().uninterpreted_option,
        &message.options.as_ref().unwrap().uninterpreted_option,
        &message.oneof_decl[0]
            .options
            .as_ref()
            .unwrap()
            .uninterpreted_option,
        &message.extension_range[0]
            .options
            .as_ref()
            .unwrap()
            .uninterpreted_option,
        &enumeration.options.as_ref().unwrap().uninterpreted_option,
        &enumeration.value[0]
            .options
            .as_ref()
            .unwrap()
            .uninterpreted_option,
        &file.service[0]
            .options
            .as_ref()
            .unwrap()
            .uninterpreted_option,
        &method.options.as_ref().unwrap().uninterpreted_option,
    ] {
        assert_eq!(names(options), [".shop.v1.mark"]);
    }
    let message_options = &message.options.as_ref().unwrap().uninterpreted_option[0];
    assert!(
        message_options
            .aggregate_value()
            .contains("[shop.v1.Order.inside]")
    );
}

#[test]
fn full_names_are_left_alone_and_broken_bytes_end() {
    let source =
        "syntax = \"proto3\"; package shop.v1; message M { .shop.v1.Order f = 1; int32 n = 2; }";
    let once = resolved(source).unwrap();
    let lookup = |_: &str| Some(Symbol::Message);
    assert_eq!(resolve(&once.encode_to_vec(), &lookup), Ok(None));
    let bytes = once.encode_to_vec();
    for cut in 1..bytes.len() {
        let _ = resolve(&bytes[..cut], &lookup);
        let _ = resolve(&bytes[cut..], &lookup);
    }
    let deep = (0..10_000).fold(Vec::new(), |inner: Vec<u8>, _| {
        let mut outer = Vec::new();
        put_bytes(4, &inner, &mut outer);
        outer
    });
    // Files hold messages in 4, messages enums: no depth there.
    assert!(resolve(&deep, &lookup).is_ok());
}
