//! What protobuf's own conformance suite asks for, case by case: what parsers refuse, message sets.

use super::*;
use crate::message::{Document, Scope, encode, fixture::compile};

#[test]
fn the_gravest_problem_says_what_other_programs_would_do() {
    use Severity::{Malformed, NoJson, Unknown};
    let w = Wire::new;
    for (case, wire, worst) in [
        ("nothing wrong", w().int(1, 1), None),
        ("an unknown field", w().int(999, 1), Some(Unknown)),
        ("another wire type", w().len(1, "x"), Some(Unknown)),
        (
            "an unknown field that is cut",
            w().key(999, 2).varint(5).raw("abc"),
            Some(Malformed),
        ),
        (
            "an unknown group without its end",
            w().key(999, 3).int(1, 1),
            Some(Malformed),
        ),
        (
            "a time out of range",
            w().len(70, w().int(1, 1 << 50)),
            Some(NoJson),
        ),
        (
            "an Any of a type that is not here",
            w().len(76, w().len(1, "x/no.Such")),
            Some(NoJson),
        ),
        (
            "an Any with a value that is cut",
            w().len(
                76,
                w().len(1, "x/wire.Small").len(2, w().key(2, 2).varint(5)),
            ),
            Some(NoJson),
        ),
        (
            "an Any whose type is not UTF-8",
            w().len(76, w().len(1, b"\xff/wire.Small")),
            Some(Malformed),
        ),
        (
            "cut after an Any",
            w().len(76, w().len(1, "x/wire.Small")).key(14, 2).varint(5),
            Some(Malformed),
        ),
        (
            "grave, then not",
            w().len(14, b"\xff").int(999, 1),
            Some(Malformed),
        ),
        (
            "beyond the hundred that are listed",
            (0..200).fold(w(), |w, _| w.int(999, 1)).raw([0x0f]),
            Some(Malformed),
        ),
    ] {
        rows::same_as_text(&message("wire.All"), wire.as_ref(), false);
        let text = to_json(&message("wire.All"), wire.as_ref(), COMPACT);
        assert_eq!(text.worst, worst, "{case}: {:?}", text.problems);
    }
}

const SETS: &str = r#"syntax = "proto2";
package sets;
message Set {
  option message_set_wire_format = true;
  extensions 4 to max;
}
message One {
  extend Set { optional One one = 1000; }
  optional string text = 1;
  repeated int32 numbers = 2;
}
message Two {
  extend Set { optional Two two = 200000000; }
  optional Set set = 1;
}
"#;

#[test]
fn a_message_set_holds_its_extensions_in_items() {
    let pool = compile(SETS);
    let set = pool.get_message_by_name("sets.Set").unwrap();
    let w = Wire::new;
    let item = |content: Wire| Wire::new().key(1, 3).raw(content).key(1, 4);
    let one = |text: &str| Wire::new().len(1, text);
    for (case, wire, want, problems) in [
        (
            "two items",
            w().raw(item(w().int(2, 200_000_000).len(3, w())))
                .raw(item(w().int(2, 1000).len(3, one("a")))),
            r#"{"[sets.One.one]":{"text":"a"},"[sets.Two.two]":{}}"#,
            vec![],
        ),
        (
            "the message before its type",
            item(w().len(3, one("a")).int(2, 1000)),
            r#"{"[sets.One.one]":{"text":"a"}}"#,
            vec![],
        ),
        (
            "in pieces, in one item and in two",
            w().raw(item(
                w().int(2, 1000).len(3, one("a")).len(3, w().len(2, [1, 2])),
            ))
            .raw(item(w().int(2, 1000).len(3, one("b").int(2, 3)))),
            r#"{"[sets.One.one]":{"text":"b","numbers":[1,2,3]}}"#,
            vec![],
        ),
        (
            "a set in a set",
            item(
                w().int(2, 200_000_000)
                    .len(3, w().len(1, item(w().int(2, 1000).len(3, one("a"))))),
            ),
            r#"{"[sets.Two.two]":{"set":{"[sets.One.one]":{"text":"a"}}}}"#,
            vec![],
        ),
        (
            "as any other extension",
            w().len(1000, one("a")),
            r#"{"[sets.One.one]":{"text":"a"}}"#,
            vec![],
        ),
        (
            "a type that nobody knows",
            item(w().int(2, 7).len(3, "ab")),
            "{}",
            vec!["field 7 is not in `sets.Set`: length-delimited of 2 bytes 6162 (byte 3)"],
        ),
        (
            "something else in an item",
            item(w().int(2, 1000).int(9, 1).len(3, one("a"))),
            r#"{"[sets.One.one]":{"text":"a"}}"#,
            vec!["field 9 is not in `sets.Set`: varint 1 (byte 4)"],
        ),
        (
            "an item without its end",
            w().key(1, 3).int(2, 1000).len(3, one("a")),
            r#"{"[sets.One.one]":{"text":"a"}}"#,
            vec!["the group has no end (byte 0)"],
        ),
    ] {
        rows::same_as_text(&set, wire.as_ref(), false);
        let text = to_json(&set, wire.as_ref(), COMPACT);
        assert_eq!(text.text, want, "{case}");
        assert_eq!(text.problems, problems, "{case}");
    }
}

#[test]
fn a_preview_of_a_message_set_stops_early() {
    let set = compile(SETS).get_message_by_name("sets.Set").unwrap();
    let parts = (0..100_000).fold(Wire::new().key(1, 3), |wire, _| wire.len(3, ""));
    let wire = parts.int(2, 1000).key(1, 4);
    let preview = JsonOptions {
        max_bytes: 40,
        ..COMPACT
    };
    let text = to_json(&set, wire.as_ref(), preview);
    assert!(text.cut && text.problems.is_empty(), "{text:?}");
    let whole = to_json(&set, wire.as_ref(), COMPACT);
    assert_eq!(whole.text, r#"{"[sets.One.one]":{}}"#);
}

#[test]
fn an_extension_of_a_message_set_is_sent_as_an_item() {
    let pool = compile(SETS);
    let two = pool.get_message_by_name("sets.Two").unwrap();
    let text = r#"{"set":{"[sets.One.one]":{"text":"a"},"[sets.Two.two]":{}}}"#;
    let wire = encode(&Document::new(text), &two, &Scope::default()).unwrap();
    let item = |id, content| Wire::new().key(1, 3).int(2, id).len(3, content).key(1, 4);
    let set = Wire::new()
        .raw(item(1000, Wire::new().len(1, "a")))
        .raw(item(200_000_000, Wire::new()));
    assert_eq!(*wire, *Wire::new().len(1, set).as_ref());
    assert_eq!(to_json(&two, &wire, COMPACT).text, text);
}
