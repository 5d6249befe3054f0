//! A schema that is built as far as it is asked for gives what one that is built whole gives.

use std::collections::HashSet;

use prost_types::FileDescriptorProto;

use super::super::{Loaded, Schema, assemble::assemble_up_to, candidate::Candidate, describe};
use super::*;
use crate::{
    message::{Document, JsonOptions, Printer, Scope, encode_within},
    schema::merge,
};

const FILES: [(&str, &str); 5] = [
    (
        "shop/api.proto",
        "syntax = \"proto3\"; package shop; import \"shop/order.proto\"; import \"google/protobuf/any.proto\";\n\
         // Sells.\nservice Shop { rpc Buy(Order) returns (Reply); rpc Open(Reply) returns (stream Reply); }\n\
         message Reply { google.protobuf.Any extra = 1; message Line { int32 n = 1; } repeated Line lines = 2; }",
    ),
    (
        "shop/order.proto",
        "syntax = \"proto2\"; package shop;\n// An order.\nmessage Order { optional string id = 1; \
         extensions 100 to 199; enum Kind { NEW = 0; } optional Kind kind = 2; }",
    ),
    (
        "shop/gift.proto",
        "syntax = \"proto2\"; package shop; import \"shop/order.proto\"; extend Order { optional string card = 100; }",
    ),
    (
        "other.proto",
        "syntax = \"proto3\"; package other; message Note { string text = 1; } enum Mood { GOOD = 0; }\n\
         service Shop { rpc Buy(.other.Note) returns (Note) { option deprecated = true; } }",
    ),
    (
        "broken.proto",
        "syntax = \"proto3\"; package broken; message A { Missing b = 1; } service S { rpc M(A) returns (A); }",
    ),
];

fn loaded(files: &[(&str, &str)], max_whole_bytes: usize) -> Loaded {
    let units = files.iter().map(|(name, source)| {
        let file = protox::file::File::from_source(name, source).unwrap();
        Unit::seal(Candidate::from_proto(FileDescriptorProto::from(file)))
    });
    assemble_up_to(max_whole_bytes, units.collect(), HashSet::new(), Vec::new())
}

/// Built on demand, and built whole.
fn both() -> (Schema, Schema) {
    let lazy = loaded(&FILES, 0);
    assert_eq!(lazy.problems, [], "nothing was built yet");
    (lazy.schema, loaded(&FILES, usize::MAX).schema)
}

#[test]
fn what_is_built_on_demand_is_what_is_built_whole() {
    let (lazy, whole) = both();
    for symbol in [
        "shop.Shop",
        "shop.Shop/Buy",
        "shop.Shop.Open",
        "shop.Reply",
        "shop.Reply.Line",
        "shop.Reply.lines",
        "shop.Order",
        "shop.Order.Kind",
        "shop.Order.NEW",
        "shop.card",
        "other.Shop/Buy",
        "other.GOOD",
        "other.Mood.GOOD",
        "google.protobuf.Any",
    ] {
        let text = describe(&lazy, symbol);
        assert!(text.is_some(), "{symbol}");
        assert_eq!(text, describe(&whole, symbol), "{symbol}");
    }
    for symbol in ["shop.Nothing", "shop.Shop/Nothing", "Shop", ""] {
        assert_eq!(describe(&lazy, symbol), None, "{symbol}");
    }
    assert_eq!(lazy.comment_of("shop.Shop"), "Sells.");
    assert_eq!(lazy.comment_of("shop.Order"), "An order.");
}

#[test]
fn the_list_is_that_of_the_whole() {
    let (lazy, whole) = both();
    let without_broken = |schema: &Schema| {
        let mut list = schema.catalogue().clone();
        list.services.retain(|it| it.package != "broken");
        list.messages.retain(|it| it.full_name != "broken.A");
        list
    };
    assert_eq!(without_broken(&lazy), without_broken(&whole));
    let method = lazy.catalogue().method("shop.Shop.Buy").unwrap();
    assert_eq!(
        (method.input.as_str(), method.output.as_str()),
        ("shop.Order", "shop.Reply")
    );
    let method = lazy.catalogue().method("/other.Shop/Buy").unwrap();
    assert_eq!(
        (method.input.as_str(), method.output.as_str()),
        ("other.Note", "other.Note")
    );
    assert!(method.deprecated);
}

#[test]
fn a_lookup_builds_what_the_symbol_needs_and_no_more() {
    let (lazy, _) = both();
    assert!(!lazy.is_ready("shop.Shop/Buy"));
    let method = lazy.method("shop.Shop/Buy").unwrap();
    assert!(lazy.is_ready("shop.Shop/Buy"));
    assert!(!lazy.is_ready("other.Shop/Buy"));
    let files = method.parent_pool();
    let mut files: Vec<_> = files.files().map(|file| file.name().to_owned()).collect();
    files.sort();
    // With what extends its messages, though nothing imports that.
    assert_eq!(
        files,
        [
            "google/protobuf/any.proto",
            "shop/api.proto",
            "shop/gift.proto",
            "shop/order.proto",
        ]
    );
    let order = method.input();
    assert!(order.get_extension(100).is_some());
}

#[test]
fn a_broken_file_hides_what_is_in_it_and_says_why() {
    let (lazy, whole) = both();
    assert!(lazy.catalogue().service("broken.S").is_some());
    assert!(lazy.method("broken.S/M").is_none());
    let problems = lazy.problems_of("broken.proto");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].place, Some((1, 48)));
    assert!(lazy.problems_of("shop/api.proto").is_empty());
    assert!(whole.catalogue().service("broken.S").is_none());
}

#[test]
fn an_any_holds_types_of_files_that_nothing_imports() {
    let (lazy, _) = both();
    let reply = lazy.message("shop.Reply").unwrap();
    assert!(
        reply
            .parent_pool()
            .get_message_by_name("other.Note")
            .is_none()
    );
    let text = "{\"extra\":{\"@type\":\"type.googleapis.com/other.Note\",\"text\":\"hi\"}}";
    let wire = encode_within(&Document::new(text), &reply, &Scope::default(), &lazy).unwrap();
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    let json = Printer::within(&reply, &lazy).to_json(&wire, options);
    assert_eq!(json.text, text);
    assert_eq!(json.problems, Vec::<String>::new());
    assert_ne!(Printer::new(&reply).to_json(&wire, options).text, text);
}

#[test]
fn schemas_built_on_demand_merge_as_others_do() {
    let one = loaded(&FILES[..3], 0);
    let two = loaded(&[FILES[1], FILES[3]], 0);
    let merged = merge(vec![one, two]);
    assert_eq!(merged.problems, []);
    assert!(merged.schema.method("other.Shop/Buy").is_some());
    let method = merged.schema.method("shop.Shop/Buy").unwrap();
    assert_eq!(method.output().full_name(), "shop.Reply");
}

#[test]
fn closures_make_room_for_others() {
    let names: Vec<_> = (0..KEPT_CLOSURES + 5)
        .map(|i| format!("f{i}.proto"))
        .collect();
    let sources: Vec<_> = (0..names.len())
        .map(|i| format!("syntax = \"proto3\"; package p{i}; message M {{}} service S {{ rpc R(M) returns (M); }}"))
        .collect();
    let files = names.iter().zip(&sources);
    let files: Vec<_> = files.map(|(n, s)| (n.as_str(), s.as_str())).collect();
    let schema = loaded(&files, 0).schema;
    let first = schema.method("p0.S/R").unwrap();
    for i in 0..names.len() {
        assert!(schema.method(&format!("p{i}.S/R")).is_some());
    }
    assert!(!schema.is_ready("p0.S/R"));
    assert_eq!(first.full_name(), "p0.S.R");
    assert!(schema.method("p0.S/R").is_some());
}
