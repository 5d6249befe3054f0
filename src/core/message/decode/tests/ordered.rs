//! Fields that stand in order are printed as they are read; what stands otherwise gives the same text.

use super::*;

#[test]
fn what_is_out_of_order_is_printed_as_if_it_were_not() {
    let w = Wire::new;
    let small = |id| w().int(1, id).len(2, "a");
    let bad = |text: &'static [u8]| w().len(14, text);
    for (case, wire, want, problems) in [
        (
            "in order",
            w().int(1, 1).len(14, "x").len(17, small(2)),
            r#"{"int32":1,"string":"x","small":{"id":2,"name":"a"}}"#,
            0,
        ),
        (
            "the last first",
            w().len(17, small(2)).len(14, "x").int(1, 1),
            r#"{"int32":1,"string":"x","small":{"id":2,"name":"a"}}"#,
            0,
        ),
        (
            "a single field twice",
            w().int(1, 1).int(1, 2).len(14, "x"),
            r#"{"int32":2,"string":"x"}"#,
            0,
        ),
        (
            "a message in two pieces",
            w().len(17, w().int(1, 1)).len(17, w().len(2, "b")),
            r#"{"small":{"id":1,"name":"b"}}"#,
            0,
        ),
        (
            "a list in two places",
            w().len(25, "a").len(26, "").len(25, "b"),
            r#"{"strings":["a","b"],"blobs":[""]}"#,
            0,
        ),
        (
            "packed, then not",
            w().len(20, [1, 2]).int(20, 3).len(25, "a"),
            r#"{"int32s":[1,2,3],"strings":["a"]}"#,
            0,
        ),
        (
            "two arms of a oneof",
            w().int(60, 1).len(61, "x"),
            r#"{"text":"x"}"#,
            0,
        ),
        (
            "a map in two places",
            w().len(40, w().len(1, "b").int(2, 1))
                .len(41, w().int(1, 7).len(2, "x"))
                .len(40, w().len(1, "a").int(2, 2)),
            r#"{"counts":{"a":2,"b":1},"names":{"7":"x"}}"#,
            0,
        ),
        (
            "a problem before what is out of order is told once",
            bad(b"\xff").len(17, small(1)).int(1, 1),
            "{\"int32\":1,\"string\":\"\u{fffd}\",\"small\":{\"id\":1,\"name\":\"a\"}}",
            1,
        ),
        (
            "an unknown field in between",
            w().int(1, 1).int(999, 1).len(14, "x"),
            r#"{"int32":1,"string":"x"}"#,
            1,
        ),
        (
            "cut in the last field",
            w().int(1, 1).key(14, 2).varint(5).raw("x"),
            r#"{"int32":1,"string":"x"}"#,
            1,
        ),
        (
            "out of order inside an Any",
            w().len(
                76,
                w().len(1, "x/wire.Small").len(2, w().len(2, "a").int(1, 3)),
            ),
            r#"{"any":{"@type":"x/wire.Small","id":3,"name":"a"}}"#,
            0,
        ),
    ] {
        // Often: a type whose messages are out of order is scanned for a while, then tried again.
        for turn in 0..70 {
            let text = to_json(&message("wire.All"), wire.as_ref(), COMPACT);
            assert_eq!(text.text, want, "{case}, turn {turn}");
            assert_eq!(text.problems.len(), problems, "{case}: {:?}", text.problems);
        }
    }
}

#[test]
fn messages_out_of_order_in_each_other_come_to_an_end() {
    // Each is out of order behind its child: printing twice at every level would not end.
    let mut wire = Wire::new();
    for _ in 0..90 {
        wire = Wire::new().len(18, wire).int(1, 1);
    }
    let text = to_json(&message("wire.All"), wire.as_ref(), COMPACT).text;
    assert_eq!(text.matches("\"int32\":1").count(), 90);
}
