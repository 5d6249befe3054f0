//! Paths against hostile texts, and what they read against prost-reflect.

use std::ops::ControlFlow;

use proptest::prelude::*;
use prost_reflect::{DynamicMessage, MessageDescriptor, prost::Message as _};
use serde_json::Value as Json;

use super::*;
use crate::message::{compile_for_tests, decode::Printer};

const PROTO: &str = r#"syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
message Order {
  string order_id = 1;
  int64 total = 2;
  repeated Line lines = 3;
  map<string, string> labels = 4;
  map<int32, Line> by_number = 5;
  State state = 6;
  google.protobuf.Timestamp made_at = 7;
  google.protobuf.Duration took = 8;
  google.protobuf.Any detail = 9;
  google.protobuf.Struct extra = 10;
  google.protobuf.Value free = 11;
  google.protobuf.Int64Value maybe = 12;
  optional int32 chosen = 13;
  oneof pay { string card = 14; Line gift = 15; }
  repeated uint64 ids = 16;
  bytes raw = 17;
  double rate = 18;
  float rate32 = 19;
  bool paid = 20;
  Order parent = 21;
  repeated State states = 22;
  map<bool, sint64> flags = 23;
}
message Line { string sku = 1; uint32 count = 2; repeated string tags = 3; }
enum State { STATE_UNKNOWN = 0; STATE_OPEN = 1; STATE_SHIPPED = 2; }
"#;

fn order() -> MessageDescriptor {
    static POOL: std::sync::LazyLock<prost_reflect::DescriptorPool> =
        std::sync::LazyLock::new(|| compile_for_tests(PROTO));
    POOL.get_message_by_name("shop.Order").unwrap()
}

fn encoded(json: &str) -> Vec<u8> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(order(), &mut reader).unwrap();
    message.encode_to_vec()
}

fn cell(path: &str, wire: &[u8]) -> Option<String> {
    let path = FieldPath::parse(path, &order()).unwrap();
    path.cell(&Printer::new(&order()), wire, 0)
}

const SAMPLE: &str = r#"{
  "orderId": "a \"b\"", "total": "9007199254740993",
  "lines": [{"sku": "x", "count": 2, "tags": ["p", "q"]}, {"sku": "y", "tags": ["r"]}],
  "labels": {"k": "v", "a.b": "dots", "": "empty"},
  "byNumber": {"-7": {"sku": "seven"}, "8": {}},
  "state": "STATE_SHIPPED", "madeAt": "2026-01-31T08:30:00.250Z", "took": "-1.500s",
  "detail": {"@type": "type.googleapis.com/shop.Line", "sku": "inside", "tags": ["t", "u"]},
  "extra": {"user": {"name": "Ann", "langs": ["de", "en"], "age": 41.5, "none": null}},
  "free": [1, {"a": true}], "maybe": "0", "chosen": 0, "gift": {"sku": "g"},
  "ids": ["18446744073709551615", "0"], "raw": "AQID", "rate": 0.1, "rate32": 0.1, "paid": true,
  "parent": {"parent": {"orderId": "grandparent"}},
  "states": ["STATE_OPEN", 7], "flags": {"true": "-5", "false": "6"}
}"#;

#[test]
fn a_path_reads_what_stands_there() {
    let wire = encoded(SAMPLE);
    let cases = [
        ("orderId", Some("a \"b\"")),
        ("order_id", Some("a \"b\"")),
        ("$.orderId", Some("a \"b\"")),
        (" total ", Some("9007199254740993")),
        ("lines[0].sku", Some("x")),
        ("lines[1].count", Some("0")),
        ("lines[2].sku", None),
        ("lines[18446744073709551615].sku", None),
        ("lines[*].sku", Some("x, y")),
        ("lines.sku", Some("x, y")),
        ("lines.tags", Some("p, q, r")),
        ("lines[0].tags[1]", Some("q")),
        ("lines[*].tags[0]", Some("p, r")),
        ("lines[1]", Some(r#"{"sku":"y","tags":["r"]}"#)),
        ("labels[\"k\"]", Some("v")),
        ("labels['a.b']", Some("dots")),
        ("labels[\"\"]", Some("empty")),
        ("labels.k", Some("v")),
        ("labels.none", None),
        ("labels[*]", Some("empty, dots, v")),
        ("byNumber[-7].sku", Some("seven")),
        ("by_number[8]", Some("{}")),
        ("flags[true]", Some("-5")),
        ("flags[*]", Some("6, -5")),
        ("state", Some("STATE_SHIPPED")),
        ("states", Some("STATE_OPEN, 7")),
        ("madeAt", Some("2026-01-31T08:30:00.250Z")),
        ("madeAt.nanos", Some("250000000")),
        ("took", Some("-1.500s")),
        ("detail.@type", Some("type.googleapis.com/shop.Line")),
        ("detail.sku", Some("inside")),
        ("detail.tags[1]", Some("u")),
        ("detail.nothing", None),
        ("extra.user.name", Some("Ann")),
        ("extra[\"user\"].langs[1]", Some("en")),
        ("extra.user.langs", Some(r#"["de","en"]"#)),
        ("extra.user.langs[*]", Some("de, en")),
        ("extra.user.age", Some("41.5")),
        ("extra.user.none", Some("null")),
        ("extra.nobody.name", None),
        ("free[0]", Some("1.0")),
        ("free[1].a", Some("true")),
        ("maybe", Some("0")),
        ("chosen", Some("0")),
        ("card", None),
        ("gift.sku", Some("g")),
        ("ids", Some("18446744073709551615, 0")),
        ("ids[1]", Some("0")),
        ("raw", Some("AQID")),
        ("rate", Some("0.1")),
        ("rate32", Some("0.1")),
        ("paid", Some("true")),
        ("parent.parent.orderId", Some("grandparent")),
        ("parent.parent.parent.orderId", None),
        ("parent.total", Some("0")),
    ];
    for (path, want) in cases {
        assert_eq!(cell(path, &wire).as_deref(), want, "{path}");
    }
    assert!(
        cell("$", &wire)
            .unwrap()
            .starts_with(r#"{"orderId":"a \"b\"","#)
    );
    assert_eq!(cell("", &wire), cell("$", &wire));
    // What is absent and has no presence is its default.
    assert_eq!(cell("orderId", &[]).as_deref(), Some(""));
    assert_eq!(cell("state", &[]).as_deref(), Some("STATE_UNKNOWN"));
    assert_eq!(cell("chosen", &[]), None);
    assert_eq!(cell("maybe", &[]), None);
}

#[test]
fn a_long_cell_is_cut_between_letters() {
    let wire = encoded(&format!(r#"{{"orderId": "{}"}}"#, "ä".repeat(300)));
    let path = FieldPath::parse("orderId", &order()).unwrap();
    let cell = path.cell(&Printer::new(&order()), &wire, 101).unwrap();
    assert_eq!(cell, format!("{}…", "ä".repeat(50)));
}

#[test]
fn a_path_that_leads_nowhere_says_where_and_what_is_near() {
    let cases = [
        (
            "ordr_id",
            0..7,
            "not a field of `shop.Order`",
            "Did you mean `orderId`?",
        ),
        (
            "lines[0].skuu",
            9..13,
            "not a field of `shop.Line`",
            "Did you mean `sku`?",
        ),
        (
            "parent.zzzzzzzzzz",
            7..17,
            "not a field",
            "It has `orderId`, `total`",
        ),
        ("orderId.x", 8..9, "this is a text", "End the path"),
        ("orderId[0]", 7..10, "for lists and maps", "End the path"),
        ("lines[x]", 5..8, "`x` is no index", "[0]"),
        ("lines[-1]", 5..9, "is no index", "[0]"),
        ("lines[0", 5..7, "`]` is missing", "[0]"),
        ("lines[]", 5..7, "an index is missing", "[0]"),
        ("labels[\"k]", 6..10, "the quote is not closed", ""),
        ("labels[\"k\"", 6..10, "`]` is missing", ""),
        ("byNumber[x]", 8..11, "no key of this map", "numbers"),
        ("a..b", 0..1, "not a field", ""),
        (".", 0..1, "a name is missing", ""),
        ("parent.", 6..7, "a name is missing", ""),
        ("parent..total", 6..7, "a name is missing", ""),
        ("$total", 1..6, "a dot is missing", ""),
        ("lines[0]sku", 8..11, "a dot is missing", ""),
        ("order\"Id", 5..6, "no brackets and quotes", ""),
        ("straße", 0..7, "not a field", ""),
        ("[shop.nothing]", 0..14, "for lists and maps", ""),
    ];
    for (path, range, message, hint) in cases {
        let error = FieldPath::parse(path, &order()).unwrap_err();
        assert_eq!(error.range, range, "{path}: {error:?}");
        assert!(error.message.contains(message), "{path}: {error:?}");
        assert!(error.hint.contains(hint), "{path}: {error:?}");
    }
}

#[test]
fn hostile_paths_end() {
    let deep = vec!["parent"; 10_000].join(".");
    let error = FieldPath::parse(&deep, &order()).unwrap_err();
    assert!(error.message.contains("longer than 4096"), "{error:?}");
    let steps = format!("lines{}", "[0]".repeat(1000));
    assert!(FieldPath::parse(&steps, &order()).is_err());
    let many = format!("free{}", "[0]".repeat(300));
    let error = FieldPath::parse(&many, &order()).unwrap_err();
    assert!(error.message.contains("256 steps"), "{error:?}");
    // As deep as may be, over bytes that are deeper.
    let path = format!("{}orderId", "parent.".repeat(200));
    let path = FieldPath::parse(&path, &order()).unwrap();
    let mut wire = encoded(r#"{"orderId": "x"}"#);
    for _ in 0..300 {
        let mut around = vec![0xaa, 0x01];
        prost_reflect::prost::encoding::encode_varint(wire.len() as u64, &mut around);
        around.extend(wire);
        wire = around;
    }
    assert_eq!(path.cell(&Printer::new(&order()), &wire, 0), None);
}

#[test]
fn names_are_offered_while_a_path_is_typed() {
    let names = |text: &str| -> Vec<String> {
        let offered = FieldPath::complete(text, &order());
        offered.into_iter().map(|offer| offer.path).collect()
    };
    assert_eq!(names("li"), ["lines"]);
    assert_eq!(names("order_"), ["order_id"]);
    assert_eq!(
        names("lines."),
        [
            "lines[*]",
            "lines[0]",
            "lines.sku",
            "lines.count",
            "lines.tags"
        ]
    );
    assert_eq!(names("lines[0].sk"), ["lines[0].sku"]);
    assert_eq!(
        names("lines[0]"),
        ["lines[0].sku", "lines[0].count", "lines[0].tags"]
    );
    assert_eq!(names("parent.parent.mad"), ["parent.parent.madeAt"]);
    assert!(names("nothing.x").is_empty());
    assert!(names("orderId.").is_empty());
    assert_eq!(names("").len(), 23);
    // What begins with it stands before what contains it.
    assert_eq!(names("tot"), ["total"]);
    assert_eq!(names("rate"), ["rate", "rate32"]);
    assert_eq!(names("at")[..2], ["state".to_owned(), "madeAt".to_owned()]);
    for offer in FieldPath::complete("", &order()) {
        assert!(FieldPath::parse(&offer.path, &order()).is_ok(), "{offer:?}");
    }
}

#[test]
fn values_are_compared_as_what_they_are() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let wire = encoded(SAMPLE);
    let cases = [
        ("total", "9007199254740992", Some(Greater)),
        ("total", "9007199254740993", Some(Equal)),
        ("total", "99999999999999999999999", Some(Less)),
        ("ids[0]", "18446744073709551615", Some(Equal)),
        ("state", "STATE_SHIPPED", Some(Equal)),
        ("state", "state_open", Some(Greater)),
        ("state", "2", Some(Equal)),
        ("madeAt", "2026-01-31T09:30:00.25+01:00", Some(Equal)),
        ("madeAt", "2026-01-31", Some(Greater)),
        ("madeAt", "2026-01-31 08:31", Some(Less)),
        ("took", "-1500ms", Some(Equal)),
        ("took", "1h", Some(Less)),
        ("rate", "0.1", Some(Equal)),
        ("rate32", "0.1", Some(Equal)),
        ("paid", "true", Some(Equal)),
        ("raw", "0x010203", Some(Equal)),
        ("raw", "AQID", Some(Equal)),
        ("orderId", "b", Some(Less)),
        ("extra.user.age", "41.5", Some(Equal)),
        ("extra.user.age", "many", None),
        ("extra.user.name", "Ann", Some(Equal)),
        ("maybe", "0", Some(Equal)),
    ];
    for (path, value, want) in cases {
        let path = FieldPath::parse(path, &order()).unwrap();
        let operand = Operand::parse(value, path.kind()).unwrap();
        let mut order_of = None;
        path.read(&Printer::new(&order()), &wire, Some(0), &mut |found| {
            order_of = operand.order(&found.value);
            ControlFlow::Break(())
        });
        assert_eq!(order_of, want, "{} {value}", path.text());
    }
    let refused = [
        ("total", "1.5", "not an integer", "digits"),
        (
            "state",
            "STATE_SHIPED",
            "not a value of `shop.State`",
            "Did you mean `STATE_SHIPPED`?",
        ),
        ("madeAt", "yesterday", "not a time", "2026-01-31"),
        ("took", "5", "not a duration", "250ms"),
        ("paid", "yes", "not true or false", "true or false"),
        ("rate", "x", "not a number", "1.5"),
        ("raw", "0x1", "not bytes", "base64"),
        ("raw", "0x+f", "not bytes", "base64"),
    ];
    for (path, value, message, hint) in refused {
        let path = FieldPath::parse(path, &order()).unwrap();
        let error = Operand::parse(value, path.kind()).unwrap_err();
        assert!(error.message.contains(message), "{value}: {error:?}");
        assert!(error.hint.contains(hint), "{value}: {error:?}");
    }
}

/// What a path leads to in JSON: the oracle, over prost-reflect's own text.
fn in_json<'a>(json: &'a Json, steps: &[Step]) -> Vec<&'a Json> {
    let Some((step, rest)) = steps.split_first() else {
        return vec![json];
    };
    let next: Vec<&Json> = match step {
        Step::Name(name) => json.get(name).into_iter().collect(),
        Step::Index(index) => json.get(index).into_iter().collect(),
        Step::All => match json {
            Json::Array(items) => items.iter().collect(),
            Json::Object(members) => members.values().collect(),
            _ => Vec::new(),
        },
    };
    next.into_iter()
        .flat_map(|json| in_json(json, rest))
        .collect()
}

#[derive(Debug, Clone)]
enum Step {
    Name(&'static str),
    Index(usize),
    All,
}

fn spelled(steps: &[Step]) -> String {
    let mut text = "$".to_owned();
    for step in steps {
        text += &match step {
            Step::Name(name) => format!(".{name}"),
            Step::Index(index) => format!("[{index}]"),
            Step::All => "[*]".to_owned(),
        };
    }
    text
}

/// Paths that end in a scalar, with those steps.
fn paths() -> impl Strategy<Value = Vec<Step>> {
    use Step::{All, Index, Name};
    let item = prop_oneof![Just(All), (0_usize..3).prop_map(Index)];
    let line = prop_oneof![
        Just(vec![Name("sku")]),
        Just(vec![Name("count")]),
        item.clone().prop_map(|item| vec![Name("tags"), item]),
    ];
    let tail = prop_oneof![
        Just(vec![Name("orderId")]),
        Just(vec![Name("total")]),
        Just(vec![Name("state")]),
        Just(vec![Name("madeAt")]),
        Just(vec![Name("took")]),
        Just(vec![Name("rate")]),
        Just(vec![Name("raw")]),
        Just(vec![Name("maybe")]),
        Just(vec![Name("card")]),
        Just(vec![Name("labels"), Name("k")]),
        Just(vec![Name("labels"), All]),
        item.clone().prop_map(|item| vec![Name("ids"), item]),
        (item, line.clone()).prop_map(|(item, line)| {
            let mut steps = vec![Name("lines"), item];
            steps.extend(line);
            steps
        }),
        line.prop_map(|line| {
            let mut steps = vec![Name("gift")];
            steps.extend(line);
            steps
        }),
    ];
    (0_usize..3, tail).prop_map(|(parents, tail)| {
        let mut steps = vec![Name("parent"); parents];
        steps.extend(tail);
        steps
    })
}

fn lines() -> impl Strategy<Value = Json> {
    (
        "[a-c\u{e4}\"\\\\]{0,3}",
        0_u32..3,
        prop::collection::vec("[a-b]{0,2}", 0..3),
    )
        .prop_map(
            |(sku, count, tags)| serde_json::json!({"sku": sku, "count": count, "tags": tags}),
        )
}

/// Messages as JSON; of a oneof one arm.
fn orders() -> impl Strategy<Value = Json> {
    let flat = (
        "[a-z]{0,4}",
        any::<i64>(),
        prop::collection::vec(lines(), 0..3),
        prop::collection::btree_map("[k-l]{1}", "[a-z]{0,3}", 0..3),
        0..4_i32,
        prop::option::of(0..2_000_000_000_i64),
        prop::option::of(-5_000..5_000_i64),
        prop::collection::vec(any::<u64>(), 0..4),
        prop::num::f64::NORMAL | prop::num::f64::ZERO,
        prop::option::of(any::<i64>()),
        prop::option::of(any::<bool>()),
    );
    let flat = flat.prop_map(
        |(id, total, lines, labels, state, made, took, ids, rate, maybe, arm)| {
            let mut json = serde_json::json!({
                "orderId": id, "total": total.to_string(), "lines": lines, "labels": labels,
                "state": state, "rate": rate, "raw": "AQID",
                "ids": ids.iter().map(u64::to_string).collect::<Vec<_>>(),
            });
            let mut set = |name: &str, value: Json| json[name] = value;
            if let Some(seconds) = made {
                let time = prost_types::Timestamp {
                    seconds,
                    nanos: 5_000_000,
                };
                set("madeAt", time.to_string().into());
            }
            if let Some(seconds) = took {
                set("took", format!("{seconds}s").into());
            }
            if let Some(maybe) = maybe {
                set("maybe", maybe.to_string().into());
            }
            match arm {
                Some(true) => set("card", "c".into()),
                Some(false) => set("gift", serde_json::json!({"sku": "g", "tags": ["t"]})),
                None => {}
            }
            json
        },
    );
    flat.prop_recursive(2, 4, 1, |inner| {
        (inner.clone(), inner).prop_map(|(mut json, parent)| {
            json["parent"] = parent;
            json
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reading_equals_prost_reflect(json in orders(), steps in paths(), pieces in any::<bool>()) {
        let wire = encoded(&json.to_string());
        // A message in two pieces is one: fields of the second count, lists go on.
        let wire = if pieces { [&wire[..], &wire[..]].concat() } else { wire };
        let decoded = DynamicMessage::decode(order(), &*wire).unwrap();
        let options = prost_reflect::SerializeOptions::new().skip_default_fields(false);
        let json: Json = decoded
            .serialize_with_options(serde_json::value::Serializer, &options)
            .unwrap();
        let mut want: Vec<String> = in_json(&json, &steps)
            .into_iter()
            .filter(|value| !value.is_null())
            .map(|value| match value {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect();
        let path = FieldPath::parse(&spelled(&steps), &order()).unwrap();
        let mut read = Vec::new();
        path.read(&Printer::new(&order()), &wire, Some(0), &mut |found| {
            read.push(found.value.text().into_owned());
            ControlFlow::Continue(())
        });
        // There maps have no order.
        if matches!(steps.iter().rev().nth(1), Some(Step::Name("labels"))) {
            read.sort();
            want.sort();
        }
        prop_assert_eq!(read, want, "{}", path.text());
    }

    #[test]
    fn any_text_is_a_path_or_an_error_with_a_place(text in "[a-z.\\[\\]*0-9\"'$ \u{e4}]{0,24}") {
        match FieldPath::parse(&text, &order()) {
            Ok(path) => { path.cell(&Printer::new(&order()), text.as_bytes(), 64); }
            Err(error) => {
                prop_assert!(error.range.start <= error.range.end && error.range.end <= text.len());
                prop_assert!(text.get(error.range).is_some());
            }
        }
        FieldPath::complete(&text, &order());
    }

    #[test]
    fn any_bytes_give_values(bytes in prop::collection::vec(any::<u8>(), 0..200), steps in paths()) {
        let path = FieldPath::parse(&spelled(&steps), &order()).unwrap();
        path.cell(&Printer::new(&order()), &bytes, 0);
    }
}
