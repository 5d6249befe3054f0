//! Each kind of difference, and each rule.

use super::*;

#[test]
fn every_kind_of_difference_is_told_with_its_path_and_values() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("{}", "{}", &[]),
        // Without presence absent is the default.
        (r#"{"total": "5"}"#, "{}", &[r#"total Changed "5" → "0""#]),
        (
            r#"{"orderId": "a"}"#,
            r#"{"orderId": "b"}"#,
            &[r#"orderId Changed "a" → "b""#],
        ),
        (
            r#"{"state": "OPEN"}"#,
            r#"{"state": "SHUT"}"#,
            &[r#"state Changed "OPEN" → "SHUT""#],
        ),
        (
            r#"{"state": "OPEN"}"#,
            r#"{}"#,
            &[r#"state Changed "OPEN" → "UNKNOWN""#],
        ),
        // With presence it is not.
        (r#"{"priority": 0}"#, "{}", &["priority OnlyLeft 0 → -"]),
        ("{}", r#"{"priority": 0}"#, &["priority OnlyRight - → 0"]),
        (r#"{"meta": {}}"#, "{}", &["meta OnlyLeft {} → -"]),
        (
            "{}",
            r#"{"meta": {"etag": "x"}}"#,
            &[r#"meta OnlyRight - → {"etag":"x"}"#],
        ),
        (
            r#"{"meta": {"etag": "x"}}"#,
            r#"{"meta": {"etag": "y"}}"#,
            &[r#"meta.etag Changed "x" → "y""#],
        ),
        (
            r#"{"card": "4"}"#,
            r#"{"cash": "4"}"#,
            &[r#"card OnlyLeft "4" → -"#, r#"cash OnlyRight - → "4""#],
        ),
        (r#"{"note": ""}"#, "{}", &[r#"note OnlyLeft "" → -"#]),
        (
            r#"{"note": ""}"#,
            r#"{"note": "a"}"#,
            &[r#"note Changed "" → "a""#],
        ),
        (
            r#"{"raw": "AAE="}"#,
            r#"{"raw": "AAI="}"#,
            &[r#"raw Changed "AAE=" → "AAI=""#],
        ),
        (
            r#"{"weight": 0.1}"#,
            r#"{"weight": 0.10000000000000002}"#,
            &["weight Changed 0.1 → 0.10000000000000002"],
        ),
        (r#"{"weight": "NaN"}"#, r#"{"weight": "NaN"}"#, &[]),
        (
            r#"{"at": "2026-01-01T00:00:00Z"}"#,
            r#"{"at": "2026-01-01T00:00:00.5Z"}"#,
            &[r#"at Changed "2026-01-01T00:00:00Z" → "2026-01-01T00:00:00.500Z""#],
        ),
        (
            r#"{"took": "1s"}"#,
            r#"{"took": "1.5s"}"#,
            &[r#"took Changed "1s" → "1.500s""#],
        ),
        (
            r#"{"mask": "a,b"}"#,
            r#"{"mask": "a"}"#,
            &[r#"mask Changed "a,b" → "a""#],
        ),
        (
            r#"{"free": {"a": 1, "b": [1, 2]}}"#,
            r#"{"free": {"a": 1, "b": [1, 3], "c": null}}"#,
            &[
                r#"free["b"][1] Changed 2.0 → 3.0"#,
                r#"free["c"] OnlyRight - → null"#,
            ],
        ),
        (
            r#"{"anyJson": 1}"#,
            r#"{"anyJson": "1"}"#,
            &[r#"anyJson Changed 1.0 → "1""#],
        ),
        (
            r#"{"codes": {"1": "a", "-2": "b"}}"#,
            r#"{"codes": {"1": "c", "3": "d"}}"#,
            &[
                r#"codes[-2] OnlyLeft "b" → -"#,
                r#"codes[1] Changed "a" → "c""#,
                r#"codes[3] OnlyRight - → "d""#,
            ],
        ),
        (
            r#"{"byName": {"x]": {"id": 1}}}"#,
            r#"{"byName": {"x]": {"id": 2}}}"#,
            &[r#"byName["x]"].id Changed 1 → 2"#],
        ),
        (
            r#"{"tags": ["a", "b"]}"#,
            "{}",
            &[r#"tags OnlyLeft ["a","b"] → -"#],
        ),
        (
            r#"{"tags": ["a", "b", "c"]}"#,
            r#"{"tags": ["a", "c"]}"#,
            &[r#"tags[1] OnlyLeft "b" → -"#],
        ),
        (
            r#"{"points": [1, 2, 3]}"#,
            r#"{"points": [0, 1, 2, 3]}"#,
            &["points[0] OnlyRight - → 0"],
        ),
        (
            r#"{"tags": ["a", "b", "c", "d"]}"#,
            r#"{"tags": ["d", "a", "b", "c"]}"#,
            &[r#"tags[3→0] Moved at 3: "d" → at 0: "d""#],
        ),
        (
            r#"{"items": [{"id": 1, "name": "a"}, {"id": 2}]}"#,
            r#"{"items": [{"id": 1, "name": "b"}, {"id": 2}]}"#,
            &[r#"items[0].name Changed "a" → "b""#],
        ),
        (
            r#"{"detail": {"@type": "x.y/t.Meta", "etag": "a"}}"#,
            r#"{"detail": {"@type": "x.y/t.Meta", "etag": "b"}}"#,
            &[r#"detail.etag Changed "a" → "b""#],
        ),
        (
            r#"{"detail": {"@type": "x.y/t.Meta"}}"#,
            r#"{"detail": {"@type": "x.y/t.Item"}}"#,
            &[r#"detail TypeChanged {"@type":"x.y/t.Meta"} → {"@type":"x.y/t.Item"}"#],
        ),
    ];
    for (left, right, wanted) in cases {
        let found = diff(left, right, DiffRules::default());
        assert_eq!(told(&found), *wanted, "{left} {right}");
        assert_eq!(found.differences, wanted.len());
    }
}

/// Left, right, what is ignored, keys of lists, what is left, and how much each rule hid.
type Case<'a> = (
    &'a str,
    &'a str,
    &'a [&'a str],
    &'a [(&'a str, &'a str)],
    &'a [&'a str],
    &'a [usize],
);

#[test]
fn rules_hide_what_they_name_and_say_how_much() {
    let cases: &[Case<'_>] = &[
        (
            r#"{"meta": {"requestId": "a", "etag": "x"}}"#,
            r#"{"meta": {"requestId": "b", "etag": "y"}}"#,
            &["meta.request_id"],
            &[],
            &[
                r#"(meta.requestId Changed "a" → "b")"#,
                r#"meta.etag Changed "x" → "y""#,
            ],
            &[1],
        ),
        (
            r#"{"meta": {"requestId": "a", "next": {"etag": "1"}}}"#,
            r#"{"meta": {"requestId": "b", "next": {"etag": "2"}}}"#,
            &["**.etag", "meta"],
            &[],
            &[
                r#"(meta.requestId Changed "a" → "b")"#,
                r#"(meta.next.etag Changed "1" → "2")"#,
            ],
            &[0, 2],
        ),
        (
            r#"{"items": [{"name": "a"}, {"name": "b"}]}"#,
            r#"{"items": [{"name": "c"}, {"name": "d"}]}"#,
            &["items[*].name"],
            &[("items", "@position")],
            &[
                r#"(items[0].name Changed "a" → "c")"#,
                r#"(items[1].name Changed "b" → "d")"#,
            ],
            &[2],
        ),
        (
            r#"{"priority": 0, "meta": {"next": {}}, "total": "1"}"#,
            r#"{"total": "2"}"#,
            &["@unset"],
            &[],
            &[
                "(priority OnlyLeft 0 → -)",
                r#"total Changed "1" → "2""#,
                r#"(meta OnlyLeft {"next":{}} → -)"#,
            ],
            &[2],
        ),
        (
            r#"{"meta": {"etag": "x"}}"#,
            "{}",
            &["@unset"],
            &[],
            &[r#"meta OnlyLeft {"etag":"x"} → -"#],
            &[0],
        ),
        (
            r#"{"items": [{"id": 1}, {"id": 2, "name": "a"}]}"#,
            r#"{"items": [{"id": 2, "name": "b"}, {"id": 1}, {"id": 3}]}"#,
            &["@order"],
            &[("items", "id")],
            &[
                r#"(items[id=1] Moved at 0: {"id":1} → at 1: {"id":1})"#,
                r#"items[id=2].name Changed "a" → "b""#,
                r#"items[id=3] OnlyRight - → {"id":3}"#,
            ],
            &[1],
        ),
        (
            r#"{"items": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}"#,
            r#"{"items": [{"id": 1, "name": "a"}, {"id": 1, "name": "c"}]}"#,
            &[],
            &[("items", "id")],
            &[r#"items[id=1].name Changed "b" → "c""#],
            &[],
        ),
        (
            r#"{"items": [{"meta": {"etag": "k"}, "id": 1}]}"#,
            r#"{"items": [{"id": 9}, {"meta": {"etag": "k"}, "id": 2}]}"#,
            &[],
            &[("items", "meta.etag")],
            &[
                r#"items[0] OnlyRight - → {"id":9}"#,
                r#"items[meta.etag="k"].id Changed 1 → 2"#,
            ],
            &[],
        ),
        (
            r#"{"tags": ["a", "b", "b"]}"#,
            r#"{"tags": ["b", "a", "c"]}"#,
            &[],
            &[("tags", "@set")],
            &[
                r#"tags[2] OnlyLeft "b" → -"#,
                r#"tags[2] OnlyRight - → "c""#,
            ],
            &[],
        ),
        (
            r#"{"tags": ["a", "b"]}"#,
            r#"{"tags": ["b"]}"#,
            &[],
            &[("tags", "@position")],
            &[
                r#"tags[0] Changed "a" → "b""#,
                r#"tags[1] OnlyLeft "b" → -"#,
            ],
            &[],
        ),
    ];
    for (left, right, ignore, keys, wanted, hidden) in cases {
        let found = diff(left, right, rules(ignore, keys));
        assert_eq!(told(&found), *wanted, "{left} {right} {ignore:?} {keys:?}");
        assert_eq!(found.hidden, *hidden, "{left} {right} {ignore:?}");
        let counted = wanted.iter().filter(|it| !it.starts_with('(')).count();
        assert_eq!(found.differences, counted, "{left} {right}");
    }
}

#[test]
fn tolerances_are_of_value() {
    let tolerant = DiffRules {
        float_tolerance: 0.01,
        time_tolerance: std::time::Duration::from_millis(500),
        ..DiffRules::default()
    };
    for (left, right, differences) in [
        (
            r#"{"weight": 1.0, "ratio": 1.0}"#,
            r#"{"weight": 1.009, "ratio": 0.995}"#,
            0,
        ),
        (r#"{"weight": 1.0}"#, r#"{"weight": 1.02}"#, 1),
        (r#"{"weight": "Infinity"}"#, r#"{"weight": "-Infinity"}"#, 1),
        (
            r#"{"at": "2026-01-01T00:00:00.9Z"}"#,
            r#"{"at": "2026-01-01T00:00:01.3Z"}"#,
            0,
        ),
        (
            r#"{"at": "1969-12-31T23:59:59.9Z"}"#,
            r#"{"at": "1970-01-01T00:00:00.5Z"}"#,
            1,
        ),
        (r#"{"took": "-0.2s"}"#, r#"{"took": "0.2s"}"#, 0),
        (r#"{"took": "1s"}"#, "{}", 1),
    ] {
        let found = diff(left, right, tolerant.clone());
        assert_eq!(found.differences, differences, "{left} {right}");
    }
}

#[test]
fn two_schemas_are_matched_by_name_then_number() {
    let later = compile(LATER).get_message_by_name("t.Order").unwrap();
    let differ = Differ::new(
        Printer::new(&order()),
        Printer::new(&later),
        DiffRules::default(),
    );
    for (left, right, wanted) in [
        (r#"{"orderId": "a"}"#, r#"{"orderId": "a"}"#, &[][..]),
        // Renamed: the number is the same.
        (
            r#"{"total": "1"}"#,
            r#"{"sumTotal": "2"}"#,
            &[r#"total Changed "1" → "2""#][..],
        ),
        // Moved to another number: the name is the same.
        (
            r#"{"tags": ["a"]}"#,
            r#"{"tags": ["b"]}"#,
            &[r#"tags[0] Changed "a" → "b""#],
        ),
        (
            r#"{"priority": 1}"#,
            r#"{"priority": "1"}"#,
            &[r#"priority TypeChanged 1 → "1""#],
        ),
        (r#"{"priority": 1}"#, "{}", &["priority OnlyLeft 1 → -"]),
        // The same number has another name.
        (
            r#"{"state": "OPEN"}"#,
            r#"{"state": "CLOSED"}"#,
            &[r#"state Changed "OPEN" → "CLOSED""#],
        ),
        (
            r#"{"meta": {}}"#,
            r#"{"fresh": "x"}"#,
            &["meta OnlyLeft {} → -", r#"fresh OnlyRight - → "x""#],
        ),
    ] {
        let found = differ.diff(&wire(&order(), left), &wire(&later, right));
        assert_eq!(told(&found), wanted, "{left} {right}");
    }
    let meta = order().parent_pool().get_message_by_name("t.Meta").unwrap();
    let other = Differ::new(
        Printer::new(&order()),
        Printer::new(&meta),
        DiffRules::default(),
    );
    let types = other.diff(b"", b"").types;
    assert_eq!(types, Some(("t.Order".to_owned(), "t.Meta".to_owned())));
}

#[test]
fn unknown_fields_and_broken_bytes_are_compared_as_they_stand() {
    let known = wire(&order(), r#"{"orderId": "a"}"#);
    let with = |tail: &[u8]| [&known[..], tail].concat();
    // Field 100, varints 1 and 2; then a length that runs over the end, inside a known field.
    let cases: [(&[u8], &[u8], &[&str]); 6] = [
        (&[0xa0, 0x06, 1], &[0xa0, 0x06, 1], &[]),
        (
            &[0xa0, 0x06, 1],
            &[0xa0, 0x06, 2],
            &["#100 Changed 3 bytes a00601 → 3 bytes a00602"],
        ),
        (&[0xa0, 0x06, 1], &[], &["#100 OnlyLeft 3 bytes a00601 → -"]),
        // A known field with another wire type.
        (
            &[0x0d, 1, 2, 3, 4],
            &[],
            &["#1 OnlyLeft 5 bytes 0d01020304 → -"],
        ),
        (
            &[0x07],
            &[0x07, 0x08],
            &["#bytes Changed 1 bytes 07 → 2 bytes 0708"],
        ),
        (&[0xff], &[], &["#bytes OnlyLeft 1 bytes ff → -"]),
    ];
    for (left, right, wanted) in cases {
        let (left, right) = (with(left), with(right));
        let found = differ(DiffRules::default()).diff(&left, &right);
        assert_eq!(told(&found), wanted, "{left:x?} {right:x?}");
        let hidden = differ(rules(&["@unknown"], &[])).diff(&left, &right);
        assert_eq!(hidden.differences, 0);
        assert_eq!(hidden.hidden, [wanted.len()]);
    }
    let minus_zero = with(&[0x21, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    let found = differ(DiffRules::default()).diff(&minus_zero, &known);
    assert_eq!(told(&found), ["weight Changed -0.0 → 0.0"]);
    let found = differ(DiffRules::default()).diff(&with(&[0xff]), &known);
    assert_eq!(
        (found.left_problems.len(), found.right_problems.len()),
        (1, 0)
    );
}

#[test]
fn the_same_value_in_other_bytes_is_the_same() {
    // Unpacked and packed, split submessages, map entries in another order, fields backwards.
    let cases: [(&[u8], &[u8]); 4] = [
        (&[0x4a, 2, 2, 4], &[0x48, 2, 0x48, 4]),
        (
            &[0x32, 3, 0x0a, 1, b'a', 0x32, 3, 0x12, 1, b'b'],
            &[0x32, 6, 0x12, 1, b'b', 0x0a, 1, b'a'],
        ),
        (
            &[0x5a, 5, 8, 1, 0x12, 1, b'a', 0x5a, 5, 8, 2, 0x12, 1, b'b'],
            &[0x5a, 5, 8, 2, 0x12, 1, b'b', 0x5a, 5, 8, 1, 0x12, 1, b'a'],
        ),
        // The last value of a field wins.
        (&[0x18, 1, 0x18, 2], &[0x18, 2]),
    ];
    for (left, right) in cases {
        let found = differ(DiffRules::default()).diff(left, right);
        assert!(found.is_equal(), "{:?}", told(&found));
        assert!(!found.is_empty(), "equal fields are shown");
    }
}

#[test]
fn equal_parts_are_one_row_each() {
    let items = |name: &str| {
        let items: Vec<String> = (0..40)
            .map(|id| {
                format!(
                    r#"{{"id": {id}, "name": "{}"}}"#,
                    if id == 20 { name } else { "n" }
                )
            })
            .collect();
        format!(
            r#"{{"orderId": "o", "meta": {{"etag": "e"}}, "items": [{}]}}"#,
            items.join(",")
        )
    };
    let found = diff(&items("x"), &items("y"), DiffRules::default());
    let rows: Vec<String> = found
        .rows()
        .map(|row| {
            format!(
                "{}{} {:?} {}",
                "  ".repeat(row.depth),
                row.label,
                row.state,
                row.left.unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            r#"orderId Equal "o""#,
            r#"meta Equal {"etag":"e"}"#,
            "items Inner 40 items",
            "  [0…19] Equal 20 equal items",
            "  [20] Inner -",
            "    id Equal 20",
            r#"    name Differs(Changed) "x""#,
            "  [21…39] Equal 19 equal items",
        ]
    );
    assert_eq!(found.path(6), "items[20].name");
    assert_eq!(found.general_path(6), "items[*].name");
    assert_eq!(found.parent(6), Some(4));
}

#[test]
fn keys_of_messages_are_found_by_path() {
    let printer = Printer::new(&order());
    let message = wire(
        &order(),
        r#"{"orderId": "a", "meta": {"next": {"etag": "e"}}, "total": "7"}"#,
    );
    for (path, wanted) in [
        ("order_id", Some(r#""a""#)),
        ("orderId", Some(r#""a""#)),
        ("meta.next.etag", Some(r#""e""#)),
        ("total", Some(r#""7""#)),
        ("state", Some(r#""UNKNOWN""#)),
        ("meta.next.request_id", None),
        ("nowhere", None),
        ("order_id.x", None),
    ] {
        let key = printer.key(&message, &KeyPath::parse(path));
        assert_eq!(key.as_deref(), wanted, "{path}");
    }
}

/// Names that are not made as protoc makes them, and defaults that are not zero.
const OLD: &str = r#"syntax = "proto2";
package t;
message Span {
  optional string trace_id = 1 [json_name = "trace"];
  optional int32 tries = 2 [default = 5];
  optional sint64 shift = 3 [default = -7];
  optional string kind = 4 [default = "x"];
  optional bool fast = 5 [default = true];
  optional Level level = 6 [default = HIGH];
  optional double share = 7;
  repeated Span links = 8;
  enum Level { LOW = 0; HIGH = 1; }
}
"#;

fn old(left: &str, right: &str, rules: DiffRules) -> MessageDiff {
    let span = compile(OLD).get_message_by_name("t.Span").unwrap();
    let printer = Printer::new(&span);
    let differ = Differ::new(printer.clone(), printer, rules);
    differ.diff(&wire(&span, left), &wire(&span, right))
}

#[test]
fn a_rule_names_a_field_by_either_of_its_names() {
    let (left, right) = (
        r#"{"trace": "a", "links": [{"trace": "b", "tries": 1}, {"trace": "c"}]}"#,
        r#"{"trace": "z", "links": [{"trace": "c"}, {"trace": "b", "tries": 2}]}"#,
    );
    for name in ["trace_id", "trace"] {
        let found = old(left, right, rules(&[name], &[("links", name)]));
        let told = told(&found);
        let changed = format!("links[{name}=\"b\"].tries Changed 1 → 2");
        assert!(told.contains(&changed), "{name}: {told:?}");
        assert!(
            told.contains(&"(trace Changed \"a\" → \"z\")".to_owned()),
            "{told:?}"
        );
    }
}

#[test]
fn a_declared_default_is_what_an_absent_field_has() {
    for (field, default, zero) in [
        ("tries", "5", "0"),
        ("shift", r#""-7""#, r#""0""#),
        ("kind", r#""x""#, r#""""#),
        ("fast", "true", "false"),
        ("level", r#""HIGH""#, r#""LOW""#),
        ("share", "0", "5"),
    ] {
        for (value, differences) in [(default, 0), (zero, 1)] {
            let set = format!(r#"{{"{field}": {value}}}"#);
            let link = format!(r#"{{"links": [{set}]}}"#);
            for (left, right) in [(set.as_str(), "{}"), (&link, r#"{"links": [{}]}"#)] {
                let found = old(left, right, rules(&["@unset"], &[]));
                assert_eq!(found.differences, differences, "{left}: {:?}", told(&found));
            }
        }
    }
}

#[test]
fn keys_that_are_no_paths_are_told() {
    let settings = CompareSettings {
        keys: [("items", "@sorted"), ("tags", "a..b"), ("codes", "id")]
            .map(|(path, key)| (path.to_owned(), key.to_owned()))
            .into_iter()
            .collect(),
        stream_key: Some("items[0].id".to_owned()),
        ..CompareSettings::default()
    };
    let (rules, errors) = DiffRules::of(&settings);
    let texts: Vec<_> = errors.iter().map(|error| error.text.as_str()).collect();
    assert_eq!(texts, ["@sorted", "a..b", "items[0].id"]);
    assert_eq!(rules.lists.len(), 1, "what can be read is used");
}
