//! What rows say of presence, defaults, enums, keys and extensions; folds, filters and pasted texts.

use prost_reflect::DescriptorPool;

use super::*;
use crate::message::fixture::{compile, pool};

const KINDS: &str = r#"
    syntax = "proto2";
    message All {
      optional bool on = 1 [default = true];
      optional int32 small = 2 [default = 42];
      optional uint64 big = 3;
      optional double real = 4 [default = -inf];
      optional string text = 5 [default = "hi"];
      optional bytes raw = 6 [default = "\001\002"];
      optional Color color = 7 [default = BLUE];
      required string name = 8;
      repeated int32 numbers = 9;
      map<int32, string> names = 10;
      optional All inner = 11;
      extensions 100 to 200;
    }
    enum Color { option allow_alias = true; RED = 0; BLUE = 1; AZURE = 1; OLD = 2 [deprecated = true]; }
    extend All { optional All more = 100; repeated string tags = 101; optional Color tint = 102; }
"#;

fn all() -> MessageDescriptor {
    compile(KINDS).get_message_by_name("All").unwrap()
}

fn rows(text: &str) -> Vec<FormRow> {
    form_rows(&Document::new(text), &all(), &Folds::default())
}

fn row<'a>(rows: &'a [FormRow], label: &str) -> &'a FormRow {
    let found = rows.iter().find(|row| row.label == label);
    found.unwrap_or_else(|| panic!("{label} is a row"))
}

#[test]
fn absent_null_default_and_set_are_told_apart() {
    for (label, default, other, shown) in [
        ("on", "true", "false", "true"),
        ("small", "42", "0", "42"),
        ("big", "\"0\"", "7", ""),
        ("real", "\"-Infinity\"", "0", "-Infinity"),
        ("text", "\"hi\"", "\"\"", "hi"),
        ("raw", "\"AQI=\"", "\"\"", "AQI="),
        ("color", "\"BLUE\"", "\"RED\"", "BLUE"),
        ("numbers", "[]", "[1]", ""),
        ("names", "{}", "{\"1\": \"a\"}", ""),
    ] {
        for (json, presence) in [
            (None, Presence::Absent),
            (Some("null"), Presence::Null),
            (Some(default), Presence::Default),
            (Some(other), Presence::Set),
        ] {
            let text = json.map_or_else(String::new, |json| format!("{{\"{label}\": {json}}}"));
            let rows = rows(&text);
            let row = row(&rows, label);
            assert_eq!(row.presence, presence, "{label}: {json:?}");
            assert_eq!(row.default.as_deref().unwrap_or_default(), shown, "{label}");
        }
    }
    let rows = rows("{}");
    assert!(row(&rows, "name").required);
    assert_eq!(row(&rows, "raw").new_value, "\"AQI=\"");
    // A message that is there is never a default: it is sent.
    let rows = form_rows(
        &Document::new(r#"{"inner": {}}"#),
        &all(),
        &Folds::default(),
    );
    assert_eq!(row(&rows, "inner").presence, Presence::Set);
}

#[test]
fn enums_know_aliases_and_what_is_deprecated() {
    let rows = rows("{}");
    let RowKind::Value(FieldKind::Enum(info)) = &row(&rows, "color").kind else {
        panic!("color is an enum")
    };
    assert!(info.closed, "proto2");
    assert_eq!(info.names_of(1).collect::<Vec<_>>(), ["BLUE", "AZURE"]);
    assert_eq!(info.names_of(9).count(), 0);
    let old: Vec<&str> = info
        .values
        .iter()
        .filter(|value| value.deprecated)
        .map(|value| value.name.as_str())
        .collect();
    assert_eq!(old, ["OLD"]);
}

#[test]
fn keys_of_maps_know_their_type() {
    let text = r#"{"names": {"1": "a", "2": "b", "1": "c"}}"#;
    let rows = rows(text);
    let entries: Vec<_> = rows
        .iter()
        .filter(|row| row.path.0.len() > 1 && row.path.to_string().starts_with("names"))
        .map(|row| (row.label.as_str(), row.value.as_str(), &row.kind))
        .collect();
    let values: Vec<_> = entries
        .iter()
        .map(|(key, value, _)| (*key, *value))
        .collect();
    assert_eq!(values, [("1", "a"), ("2", "b"), ("1", "c")], "none is lost");
    assert!(matches!(entries[0].2, RowKind::Duplicate { key } if text[key.clone()] == *"\"1\""));
    assert!(matches!(entries[2].2, RowKind::Value(FieldKind::String)));
    let key = row(&rows, "2").key.clone().unwrap();
    for (text, fits) in [
        ("7", true),
        ("-7", true),
        ("2147483648", false),
        ("x", false),
    ] {
        assert_eq!(key_problem(&key, text).is_none(), fits, "{text}");
    }
    assert_eq!(key_problem(&FieldKind::Bool, "true"), None);
    assert!(key_problem(&FieldKind::Bool, "yes").is_some());
    assert_eq!(key_problem(&FieldKind::String, ""), None);
    let paths: std::collections::HashSet<&Path> = rows.iter().map(|row| &row.path).collect();
    assert_eq!(paths.len(), rows.len(), "every row has a path of its own");
}

#[test]
fn extensions_have_rows_as_other_fields_and_the_rest_can_be_added() {
    let text = r#"{"[more]": {"small": 1}, "[tags]": ["a", "b"], "[gone]": 1}"#;
    let rows = rows(text);
    let more = row(&rows, "[more]");
    assert!(more.extension);
    assert_eq!(
        (more.open, more.number),
        (Some(false), 100),
        "it recurs: closed"
    );
    assert!(matches!(
        row(&rows, "[tags]").kind,
        RowKind::List { len: 2, .. }
    ));
    assert_eq!(row(&rows, "[1]").value, "b");
    assert_eq!(row(&rows, "[gone]").kind, RowKind::Unknown);
    let RowKind::Extend(choices) = &rows.last().unwrap().kind else {
        panic!("the message can be extended")
    };
    let choices: Vec<_> = choices
        .iter()
        .map(|c| (c.name.as_str(), c.path.to_string(), c.new_value.as_str()))
        .collect();
    assert_eq!(choices, [("[tint]", "[tint]".to_owned(), "\"RED\"")]);
    let mut folds = Folds::default();
    folds.toggle(&Path::root().key("[more]"));
    let rows = form_rows(&Document::new(text), &all(), &folds);
    let small = rows
        .iter()
        .find(|row| row.path.to_string() == "[more].small");
    assert_eq!(small.map(|row| row.value.as_str()), Some("1"));
}

#[test]
fn all_below_a_row_opens_and_closes() {
    let pool = deep();
    let tree = pool.get_message_by_name("Tree").unwrap();
    let text = r#"{"kids": [{"kids": [{"name": "a"}, {}]}, {"one": {"one": {}}}]}"#;
    let document = Document::new(text);
    let open = |folds: &Folds| {
        let rows = form_rows(&document, &tree, folds);
        rows.iter()
            .filter(|row| row.open == Some(true))
            .map(|row| row.path.to_string())
            .collect::<Vec<_>>()
    };
    let mut folds = Folds::default();
    assert_eq!(open(&folds), ["kids"], "recursion opens on demand");
    folds.set_all(&Path::root(), true);
    let all = [
        "kids",
        "kids[0]",
        "kids[0].kids",
        "kids[0].kids[0]",
        "kids[0].kids[1]",
        "kids[1]",
        "kids[1].one",
        "kids[1].one.one",
    ];
    assert_eq!(
        open(&folds),
        all,
        "what the text has, and no endless recursion"
    );
    folds.set_all(&Path::root().key("kids").index(0), false);
    assert_eq!(
        open(&folds),
        ["kids", "kids[1]", "kids[1].one", "kids[1].one.one"]
    );
    // An item that moves takes along what was open.
    folds.moved(&Path::root().key("kids"), 0, 1);
    folds.toggle(&Path::root().key("kids").index(0));
    assert_eq!(
        open(&folds),
        ["kids"],
        "the second item is now the closed one"
    );
}

fn deep() -> DescriptorPool {
    compile(
        r#"syntax = "proto3";
        message Tree { string name = 1; repeated Tree kids = 2; Tree one = 3; map<string, Tree> named = 4; }"#,
    )
}

#[test]
fn a_filter_leaves_what_has_its_words_and_what_leads_there() {
    let tree = deep().get_message_by_name("Tree").unwrap();
    let text = r#"{"kids": [{"name": "a"}, {"one": {}}], "named": {"left": {"name": "l"}}}"#;
    let document = Document::new(text);
    let shown = |filter: Filter| {
        let mut outline = Outline::default();
        let comment = |_: &str, path: &[i32]| match path {
            [4, 0, 2, 2] => "the only child".to_owned(),
            _ => String::new(),
        };
        outline.update(
            &document,
            &tree,
            &Folds::default(),
            &filter,
            &comment,
            &|_| None,
        );
        let rows = outline.rows(&document, 0..outline.len());
        assert!(outline.len() == rows.len());
        rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(Filter::new("left", false))
            .first()
            .map(String::as_str),
        Some("named")
    );
    let only = shown(Filter::new("child ONLY", false));
    assert!(only.contains(&"one".to_owned()), "by its comment: {only:?}");
    assert!(!only.contains(&"name".to_owned()), "{only:?}");
    let names = shown(Filter::new("name", true));
    assert!(names.contains(&"kids[0].name".to_owned()), "{names:?}");
    assert!(!names.contains(&"name".to_owned()), "not set: {names:?}");
    assert!(shown(Filter::new("zebra", false)).is_empty());
    let set = shown(Filter::new("", true));
    assert!(
        !set.contains(&"one".to_owned()) && set.contains(&"named.left".to_owned()),
        "{set:?}"
    );
}

#[test]
fn rows_are_found_by_path_and_made_one_by_one_as_all_at_once() {
    let old = pool().get_message_by_name("wire2.Old").unwrap();
    let text = r#"{"loose": [1, 2, 3], "item": [{"y": "a"}, {"deep": [{"z": 1}]}],
        "levels": {"a": "LOW", "b": "HIGH"}, "second": {"id": 1}, "nope": 1}"#;
    let document = Document::new(text);
    let mut folds = Folds::default();
    folds.set_all(&Path::root(), true);
    let mut outline = Outline::default();
    let no_comment = |_: &str, _: &[i32]| String::new();
    outline.update(
        &document,
        &old,
        &folds,
        &Filter::default(),
        &no_comment,
        &|_| None,
    );
    let all = outline.rows(&document, 0..outline.len());
    assert_eq!(all, form_rows(&document, &old, &folds));
    for (index, row) in all.iter().enumerate() {
        let alone = outline.rows(&document, index..index + 1);
        assert_eq!(alone.first(), Some(row), "{}", row.name);
        if !matches!(row.kind, RowKind::Extend(_)) {
            assert_eq!(
                outline.find(&document, &row.path),
                Some(index),
                "{}",
                row.name
            );
        }
    }
    let rows: usize = outline.runs().map(|run| run.rows.len()).sum();
    assert_eq!(rows, all.len());
    let missing = Path::root().key("loose").index(7);
    assert_eq!(outline.find(&document, &missing), None);
    let (near, steps) = outline.nearest(&document, &missing).unwrap();
    assert_eq!((all[near].label.as_str(), steps), ("loose", 1));
}

#[test]
fn an_edit_of_a_scalar_leaves_the_outline_right() {
    let (mut document, message) = (Document::new(r#"{"numbers": [1, 2], "small": 3}"#), all());
    let mut outline = Outline::default();
    let no_comment = |_: &str, _: &[i32]| String::new();
    let folds = Folds::default();
    outline.update(
        &document,
        &message,
        &folds,
        &Filter::default(),
        &no_comment,
        &|_| None,
    );
    document.set(&Path::root().key("numbers").index(1), "12345");
    let rows = outline.rows(&document, 0..outline.len());
    assert_eq!(rows, form_rows(&document, &message, &folds));
}

#[test]
fn pasted_items_are_read_by_their_kind() {
    let int = FieldKind::Integer {
        bits: 32,
        unsigned: false,
    };
    let rows = rows("{}");
    let RowKind::Value(color) = row(&rows, "color").kind.clone() else {
        panic!("color is an enum")
    };
    for (text, kind, want, problems) in [
        ("[1, \"2\", 3]", &int, vec!["1", "\"2\"", "3"], vec![]),
        ("1\n\n2,\n x\n3", &int, vec!["1", "2", "3"], vec![4]),
        ("1, 2,3", &int, vec!["1", "2", "3"], vec![]),
        (
            "a,b\nc",
            &FieldKind::String,
            vec!["\"a,b\"", "\"c\""],
            vec![],
        ),
        (
            "a, \"b, \"\"c\"\"\"",
            &FieldKind::String,
            vec!["\"a\"", "\"b, \\\"c\\\"\""],
            vec![],
        ),
        ("x\ty", &FieldKind::String, vec!["\"x\"", "\"y\""], vec![]),
        ("{{ n }}", &int, vec!["\"{{ n }}\""], vec![]),
        (
            "blue\nNOPE\n2\n7",
            &color,
            vec!["\"BLUE\"", "2"],
            vec![2, 4],
        ),
        ("yes\n0", &FieldKind::Bool, vec!["true", "false"], vec![]),
        (
            "1.5\nNaN\nx",
            &FieldKind::Float,
            vec!["1.5", "\"NaN\""],
            vec![3],
        ),
        (
            "{\"a\": 1}\n{\"a\": 2}",
            &FieldKind::Message,
            vec!["{\"a\": 1}", "{\"a\": 2}"],
            vec![],
        ),
        (
            "[{\"a\":\n1}]",
            &FieldKind::Message,
            vec!["{\"a\":\n1}"],
            vec![],
        ),
        ("5\n{}", &FieldKind::Message, vec!["{}"], vec![1]),
        ("", &int, vec![], vec![]),
        ("2147483648", &int, vec![], vec![1]),
        (
            "\"a\" // one\n\"b\" /* two */",
            &FieldKind::String,
            vec!["\"a\"", "\"b\""],
            vec![],
        ),
        ("1.50 // x\n2", &FieldKind::Float, vec!["1.50", "2"], vec![]),
        ("1 // x\n2", &int, vec!["1", "2"], vec![]),
        (
            "{\"a\": 1} // one",
            &FieldKind::Message,
            vec!["{\"a\": 1}"],
            vec![],
        ),
    ] {
        let bulk = bulk_items(text, kind);
        let items: Vec<&str> = bulk.values.iter().map(|(_, json)| json.as_str()).collect();
        let lines: Vec<usize> = bulk.problems.iter().map(|(line, _)| *line).collect();
        assert_eq!((items, lines), (want, problems), "{text:?}");
    }
}

#[test]
fn pasted_entries_have_keys_that_fit_and_the_last_of_equal_ones_stays() {
    let int = FieldKind::Integer {
        bits: 64,
        unsigned: true,
    };
    for (text, key, want, problems) in [
        (
            "{\"a\": \"x\", \"b\": \"y\"}",
            &FieldKind::String,
            vec![("a", "\"x\""), ("b", "\"y\"")],
            vec![],
        ),
        (
            "a: x\nb = y\n\"c:d\": z\ne\tf",
            &FieldKind::String,
            vec![
                ("a", "\"x\""),
                ("b", "\"y\""),
                ("c:d", "\"z\""),
                ("e", "\"f\""),
            ],
            vec![],
        ),
        (
            "a: x\na: y",
            &FieldKind::String,
            vec![("a", "\"y\"")],
            vec![2],
        ),
        ("1: x\n-1: y\nz", &int, vec![("1", "\"x\"")], vec![2, 3]),
    ] {
        let bulk = bulk_entries(text, key, &FieldKind::String);
        let values: Vec<(&str, &str)> = bulk
            .values
            .iter()
            .map(|(key, json)| (key.as_str(), json.as_str()))
            .collect();
        let lines: Vec<usize> = bulk.problems.iter().map(|(line, _)| *line).collect();
        assert_eq!((values, lines), (want, problems), "{text:?}");
    }
}
