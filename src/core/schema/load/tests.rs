//! Sources in order, merged.

use std::fs;

use super::*;
use crate::schema::{Origin, compile};

const ONE: &str = "syntax = \"proto3\"; package one;\n// First.\nmessage M { string a = 1; }";
const TWO: &str = "syntax = \"proto3\"; package two; message M { int32 b = 1; }";

fn loaded(file: &str, text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), text).unwrap();
    compile(&[folder.path().join(file)], &[])
}

fn messages(loaded: &Loaded) -> Vec<&str> {
    let catalogue = loaded.schema.catalogue();
    catalogue
        .messages
        .iter()
        .map(|m| m.full_name.as_str())
        .collect()
}

#[test]
fn schemas_are_merged_in_order() {
    let clash = "syntax = \"proto3\"; package one; message M {}";
    struct Row {
        name: &'static str,
        sources: Vec<Loaded>,
        messages: &'static [&'static str],
        reason: Option<&'static str>,
    }
    let rows = [
        Row {
            name: "none",
            sources: vec![],
            messages: &[],
            reason: None,
        },
        Row {
            name: "apart",
            sources: vec![loaded("1.proto", ONE), loaded("2.proto", TWO)],
            messages: &["one.M", "two.M"],
            reason: None,
        },
        Row {
            name: "the same file twice",
            sources: vec![loaded("1.proto", ONE), loaded("1.proto", ONE)],
            messages: &["one.M"],
            reason: None,
        },
        Row {
            name: "another file of the same name",
            sources: vec![loaded("1.proto", ONE), loaded("1.proto", TWO)],
            messages: &["one.M"],
            reason: Some("an earlier source has another file of this name, without `two.M`"),
        },
        Row {
            name: "the same symbol in another file",
            sources: vec![loaded("1.proto", ONE), loaded("2.proto", clash)],
            messages: &["one.M"],
            reason: Some("`one.M` is already defined in `1.proto`"),
        },
    ];
    for row in rows {
        let merged = merge(row.sources);
        assert_eq!(messages(&merged), row.messages, "{}", row.name);
        let reasons: Vec<_> = merged.problems.iter().map(|p| p.reason.as_str()).collect();
        assert_eq!(
            reasons,
            row.reason.into_iter().collect::<Vec<_>>(),
            "{}",
            row.name
        );
    }
}

#[test]
fn a_bundled_file_gives_way_to_one_of_a_later_source() {
    let user = "syntax = \"proto3\"; import \"google/type/money.proto\";\
                message M { google.type.Money price = 1; }";
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("google/type")).unwrap();
    let own = "syntax = \"proto3\"; package google.type; message Money { string text = 1; }\
               message More {}";
    fs::write(folder.path().join("google/type/money.proto"), own).unwrap();
    let later = compile(&[folder.path().to_owned()], &[folder.path().to_owned()]);
    let merged = merge(vec![loaded("m.proto", user), later]);
    assert_eq!(merged.problems, []);
    let money = merged.schema.message("google.type.Money").unwrap();
    assert_eq!(money.get_field(1).unwrap().name(), "text");
}

#[test]
fn merging_keeps_comments_options_and_problems() {
    let options = "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";\
                   extend google.protobuf.FieldOptions { string rule = 50001; }\
                   message O { string a = 1 [(rule) = \"x\"]; }";
    let broken = loaded("3.proto", "syntax = \"proto3\"; message {");
    let merged = merge(vec![
        loaded("1.proto", ONE),
        loaded("2.proto", options),
        broken,
    ]);
    assert_eq!(merged.problems.len(), 1);
    let catalogue = merged.schema.catalogue();
    let one = catalogue
        .messages
        .iter()
        .find(|m| m.full_name == "one.M")
        .unwrap();
    assert_eq!(merged.schema.comment_of(&one.full_name), "First.");
    let text = crate::schema::describe(&merged.schema, "O").unwrap();
    assert!(text.contains("string a = 1 [(rule) = \"x\"];"), "{text}");
}

#[test]
fn sources_are_loaded_from_their_base() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    fs::create_dir(base.join("p")).unwrap();
    fs::write(base.join("p/1.proto"), ONE).unwrap();
    let set = {
        use prost::Message;
        let two = loaded("2.proto", TWO);
        let file = two
            .schema
            .whole_pool()
            .file_descriptor_protos()
            .cloned()
            .collect();
        prost_types::FileDescriptorSet { file }.encode_to_vec()
    };
    fs::write(base.join("2.binpb"), set).unwrap();
    let sources = [
        Source::Protos {
            files: vec!["p/1.proto".into()],
            roots: vec!["p".into()],
            exclude: vec![],
        },
        Source::DescriptorSet("2.binpb".into()),
        Source::DescriptorSet("nothing.binpb".into()),
        Source::Reflection,
    ];
    let loaded = load(&sources, base, None);
    assert_eq!(messages(&loaded), ["one.M", "two.M"]);
    let (origin, path) = loaded.schema.origin_of("one.M").unwrap();
    assert_eq!(origin, Origin::Source(0));
    assert!(path.unwrap().ends_with("p/1.proto"));
    let set = loaded.schema.origin_of("two.M").unwrap();
    assert_eq!(set, (Origin::Source(1), None));
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.problems[0].file, "nothing.binpb");
    assert_eq!(loaded.problems[0].reason, "there is no such file");
    assert_eq!(loaded.problems[0].source, Some(2));
}
