//! Rows of documents, written as lines a person can read.

use std::collections::HashSet;

use prost_reflect::DescriptorPool;

use super::*;
use crate::message::fixture::{compile, pool};

const SHOP: &str = r#"
    syntax = "proto3";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/struct.proto";
    import "google/protobuf/wrappers.proto";
    message Order {
      string id = 1;
      optional int64 total = 2;
      Kind kind = 3;
      Customer customer = 4;
      repeated Line lines = 5;
      repeated string tags = 6;
      map<string, Line> by_name = 7;
      oneof pay { string card = 8; Line cash = 9; }
      google.protobuf.Timestamp at = 10;
      google.protobuf.Value extra = 11;
      google.protobuf.UInt32Value limit = 12;
      int32 old = 13 [deprecated = true];
    }
    enum Kind { KIND_NONE = 0; KIND_ONE = 1; }
    message Customer { string full_name = 1; Customer parent = 2; Line line = 3; }
    message Line { int32 count = 1; string name = 2; }
"#;

fn shop() -> DescriptorPool {
    compile(SHOP)
}

fn toggled(paths: &[&Path]) -> Folds {
    let mut folds = Folds::default();
    for path in paths {
        folds.toggle(path);
    }
    folds
}

/// `  label: type = value` with `-`/`+` for closed and open heads, and what is special behind it.
fn lines(rows: &[FormRow]) -> Vec<String> {
    let line = |row: &FormRow| {
        let head = match row.open {
            Some(true) => "+",
            Some(false) => "-",
            None => "",
        };
        let mut line = format!(
            "{}{head}{}: {}",
            "  ".repeat(row.depth),
            row.label,
            row.type_name
        );
        if let Some(kind) = row.present {
            line += &format!(" = {:?} {}", kind, row.value);
        }
        match &row.kind {
            RowKind::List { len, .. } => line += &format!(" [{len}]"),
            RowKind::Map { len, .. } => line += &format!(" {{{len}}}"),
            RowKind::Oneof { chosen, .. } => line += &format!(" chosen {chosen:?}"),
            RowKind::Unknown => line += " unknown",
            RowKind::Duplicate { .. } => line += " again",
            RowKind::Extend(choices) => line += &format!(" extend {}", choices.len()),
            RowKind::Value(_) => {}
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn rows_of(text: &str, name: &str, folds: &Folds) -> Vec<FormRow> {
    let message = shop().get_message_by_name(name).unwrap();
    form_rows(&Document::new(text), &message, folds)
}

#[test]
fn an_empty_text_has_a_row_for_every_field() {
    let want = [
        "id: string",
        "total: int64",
        "kind: Kind",
        "+customer: Customer",
        "  full_name: string",
        "  -parent: Customer",
        "  -line: Line",
        "lines: repeated Line [0]",
        "tags: repeated string [0]",
        "by_name: map<string, Line> {0}",
        "pay: oneof chosen None",
        "at: google.protobuf.Timestamp",
        "extra: google.protobuf.Value",
        "limit: google.protobuf.UInt32Value",
        "old: int32",
    ];
    for text in ["", "{}", "// nothing yet"] {
        assert_eq!(
            lines(&rows_of(text, "Order", &Folds::default())),
            want,
            "{text:?}"
        );
    }
}

#[test]
fn values_lists_maps_and_arms_stand_where_the_schema_has_them() {
    let text = r#"{
        "kind": "KIND_ONE",
        "id": "a\n\"b\"",
        "total": null, // unset
        "lines": [{"count": 2}, null],
        "tags": ["x", 5],
        "by_name": {"k.1": {"name": "n"}},
        "cash": {"count": 1},
        "extra": null,
        "limit": 7,
        "at": "2026-01-01T00:00:00Z",
        "customer": {"full_name": "proto name", "parent": {"fullName": "p"}}
    }"#;
    let want = [
        "id: string = String a\n\"b\"",
        "total: int64",
        "kind: Kind = String KIND_ONE",
        "+customer: Customer = Object",
        "  full_name: string = String proto name",
        "  -parent: Customer = Object",
        "  -line: Line",
        "+lines: repeated Line = Array  [2]",
        "  +[0]: Line = Object",
        "    count: int32 = Number 2",
        "    name: string",
        "  +[1]: Line = Null null",
        "    count: int32",
        "    name: string",
        "+tags: repeated string = Array  [2]",
        "  [0]: string = String x",
        "  [1]: string = Number 5",
        "+by_name: map<string, Line> = Object  {1}",
        "  +k.1: Line = Object",
        "    count: int32",
        "    name: string = String n",
        "pay: oneof chosen Some(1)",
        "  +cash: Line = Object",
        "    count: int32 = Number 1",
        "    name: string",
        "at: google.protobuf.Timestamp = String 2026-01-01T00:00:00Z",
        "extra: google.protobuf.Value = Null null",
        "limit: google.protobuf.UInt32Value = Number 7",
        "old: int32",
    ];
    assert_eq!(lines(&rows_of(text, "Order", &Folds::default())), want);
}

#[test]
fn paths_use_the_key_of_the_text_else_the_json_name() {
    let rows = rows_of(r#"{"by_name": {"k": {}}}"#, "Order", &Folds::default());
    let path = |label: &str| {
        let row = rows.iter().find(|row| row.label == label).unwrap();
        row.path.to_string()
    };
    assert_eq!(path("by_name"), "by_name");
    assert_eq!(path("k"), "by_name.k");
    assert_eq!(path("full_name"), "customer.fullName");
    assert_eq!(path("name"), "by_name.k.name");
    let paths: HashSet<&Path> = rows.iter().map(|row| &row.path).collect();
    assert_eq!(paths.len(), rows.len(), "every row has a path of its own");
}

#[test]
fn a_row_that_is_toggled_turns_the_other_way_and_recursion_opens_on_demand() {
    let customer = Path::root().key("customer");
    let parent = customer.key("parent");
    let grandparent = parent.key("parent");
    let closed = rows_of("", "Order", &toggled(&[&customer]));
    assert_eq!(closed[3].open, Some(false));
    assert_eq!(closed[4].label, "lines");
    let open = lines(&rows_of("", "Order", &toggled(&[&parent, &grandparent])));
    assert_eq!(
        open[4..9],
        [
            "  full_name: string",
            "  +parent: Customer",
            "    full_name: string",
            "    +parent: Customer",
            "      full_name: string",
        ]
    );
}

#[test]
fn nothing_in_the_text_is_hidden() {
    for (case, text, want) in [
        (
            "a key that is no field",
            r#"{"nope": [1], "x": 2}"#,
            vec!["nope:  = Array  unknown", "x:  = Number 2 unknown"],
        ),
        (
            "a field under both its names",
            r#"{"byName": {}, "by_name": 1}"#,
            vec!["by_name:  = Number 1 unknown"],
        ),
        (
            "two arms of a oneof",
            r#"{"card": "c", "cash": {}}"#,
            vec![
                "pay: oneof chosen Some(0)",
                "  card: string = String c",
                "  +cash: Line = Object",
            ],
        ),
        (
            "a text where an object is due",
            r#"{"customer": "x"}"#,
            vec!["+customer: Customer = String x"],
        ),
        (
            "a number where a list is due",
            r#"{"tags": 1}"#,
            vec!["tags: repeated string = Number 1 [0]"],
        ),
        (
            "a text that is no object",
            "[1]",
            vec!["Order:  = Array  unknown"],
        ),
        (
            "a key twice",
            r#"{"x": 1, "x": 2}"#,
            vec!["x:  = Number 2 unknown"],
        ),
    ] {
        let rows = lines(&rows_of(text, "Order", &Folds::default()));
        for line in want {
            assert!(
                rows.iter().any(|row| row == line),
                "{case}: {line} in {rows:#?}"
            );
        }
    }
    assert!(
        rows_of("{", "Order", &Folds::default()).is_empty(),
        "a text that does not parse"
    );
}

#[test]
fn requests_that_are_well_known_types_have_one_row() {
    for (name, text, value) in [
        (
            "google.protobuf.Timestamp",
            "\"2026-01-01T00:00:00Z\"",
            "2026-01-01T00:00:00Z",
        ),
        ("google.protobuf.Struct", "{\"a\": 1}", "{\"a\": 1}"),
        ("google.protobuf.UInt32Value", "7", "7"),
        ("google.protobuf.Value", "\"t\"", "\"t\""),
    ] {
        let rows = rows_of(text, name, &Folds::default());
        assert_eq!(rows.len(), 1, "{name}");
        assert_eq!(
            (rows[0].path.clone(), rows[0].value.as_str()),
            (Path::root(), value),
            "{name}"
        );
    }
    let empty = pool().get_message_by_name("google.protobuf.Empty").unwrap();
    assert!(form_rows(&Document::new("{}"), &empty, &Folds::default()).is_empty());
}

#[test]
fn proto2_rows_know_required_fields_defaults_groups_and_extensions() {
    let old = pool().get_message_by_name("wire2.Old").unwrap();
    let document = Document::new(r#"{"[wire2.number]": "5", "[wire2.gone]": 1, "part": {"x": 1}}"#);
    let rows = form_rows(&document, &old, &Folds::default());
    let row = |label: &str| rows.iter().find(|row| row.label == label).unwrap();
    assert!(row("id").required);
    assert_eq!(row("name").new_value, "\"anonymous\"");
    assert_eq!(row("level").new_value, "\"HIGH\"");
    assert_eq!(row("part").open, Some(true));
    assert_eq!(row("x").value, "1");
    assert_eq!(
        row("[wire2.number]").kind,
        RowKind::Value(FieldKind::Integer {
            bits: 64,
            unsigned: false
        })
    );
    assert_eq!(row("[wire2.gone]").kind, RowKind::Unknown);
}

#[test]
fn comments_and_marks_of_the_schema_are_on_the_rows() {
    let order = shop().get_message_by_name("Order").unwrap();
    let comment = |file: &str, path: &[i32]| format!("{file} {path:?}");
    let (mut outline, document) = (Outline::default(), Document::new(""));
    let (folds, filter) = (Folds::default(), Filter::default());
    outline.update(&document, &order, &folds, &filter, &comment, &|_| None);
    let rows = outline.rows(&document, 0..outline.len());
    let row = |label: &str| rows.iter().find(|row| row.label == label).unwrap();
    assert_eq!(row("id").comment, "test.proto [4, 0, 2, 0]");
    assert_eq!(row("pay").comment, "test.proto [4, 0, 8, 0]");
    assert!(row("old").deprecated);
    assert!(row("total").has_presence && !row("id").has_presence);
    let RowKind::Oneof { arms, .. } = &row("pay").kind else {
        panic!("pay is a oneof")
    };
    let arms: Vec<_> = arms
        .iter()
        .map(|a| (a.name.as_str(), a.new_value.as_str()))
        .collect();
    assert_eq!(arms, [("card", "\"\""), ("cash", "{}")]);
    let kinds = [
        ("kind", "\"KIND_NONE\""),
        ("lines", "[]"),
        ("limit", "0"),
        ("customer", "{}"),
    ];
    for (label, new_value) in kinds {
        assert_eq!(row(label).new_value, new_value, "{label}");
    }
}

#[test]
fn wide_messages_and_long_lists_have_all_their_rows() {
    let fields: String = (1..=1_000)
        .map(|i| format!("string f{i} = {i};\n"))
        .collect();
    let wide = compile(&format!("syntax = \"proto3\"; message Wide {{ {fields} }}"));
    let wide = wide.get_message_by_name("Wide").unwrap();
    let members: Vec<String> = (1..=1_000).map(|i| format!("\"f{i}\": \"v\"")).collect();
    let document = Document::new(format!("{{{}}}", members.join(",")));
    let rows = form_rows(&document, &wide, &Folds::default());
    assert_eq!(
        rows.iter().filter(|row| row.present.is_some()).count(),
        1_000
    );

    let items = |count: usize| vec!["{\"count\": 1}"; count].join(",");
    // Small items are open while there are few of them.
    for (count, below) in [(100, 300), (10_000, 10_000)] {
        let text = format!("{{\"lines\": [{}]}}", items(count));
        let rows = rows_of(&text, "Order", &Folds::default());
        assert_eq!(rows.len(), 15 + below, "{count} items");
    }
}

#[test]
fn an_arm_that_is_null_is_set_under_the_key_it_has() {
    let pool = compile(
        r#"syntax = "proto3"; message M { oneof o { int32 first_arm = 1; string other_arm = 2; } }"#,
    );
    let message = pool.get_message_by_name("M").unwrap();
    for (text, want) in [
        ("{\"first_arm\": null}", "{\"first_arm\": 0}"),
        ("{\"firstArm\": null}", "{\"firstArm\": 0}"),
        ("{}", "{\"firstArm\": 0}"),
    ] {
        let mut document = Document::new(text);
        let rows = form_rows(&document, &message, &Folds::default());
        let RowKind::Oneof { arms, chosen } = &rows[0].kind else {
            panic!("{rows:?}");
        };
        assert_eq!(*chosen, None, "{text}");
        assert!(document.set(&arms[0].path, &arms[0].new_value));
        let set: String = document.text().split_whitespace().collect();
        assert_eq!(set, want.replace(' ', ""), "{text}");
    }
}
