//! Canonical JSON case by case; `oracle` compares with prost-reflect on random messages.

mod conformance;
mod oracle;
mod ordered;
mod rows;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use super::*;
use crate::message::fixture::pool;

const COMPACT: JsonOptions = JsonOptions {
    pretty: false,
    defaults: false,
    max_bytes: 0,
};

fn message(name: &str) -> MessageDescriptor {
    pool().get_message_by_name(name).unwrap()
}

/// Wire bytes as a person would write them: numbers and texts with their keys.
#[derive(Default, Clone)]
struct Wire(Vec<u8>);

impl Wire {
    fn new() -> Self {
        Self::default()
    }
    fn varint(mut self, mut value: u64) -> Self {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }
    fn key(self, number: u32, wire: u32) -> Self {
        self.varint(u64::from(number << 3 | wire))
    }
    fn int(self, number: u32, value: u64) -> Self {
        self.key(number, 0).varint(value)
    }
    fn len(self, number: u32, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.key(number, 2)
            .varint(content.len() as u64)
            .raw(content)
    }
    fn double(self, number: u32, value: f64) -> Self {
        self.key(number, 1).raw(value.to_le_bytes())
    }
    fn float(self, number: u32, value: f32) -> Self {
        self.key(number, 5).raw(value.to_le_bytes())
    }
    fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend_from_slice(bytes.as_ref());
        self
    }
}

impl AsRef<[u8]> for Wire {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[test]
fn messages_are_written_as_canonical_json() {
    let w = Wire::new;
    let small = |id: u64| Wire::new().int(1, id);
    let stamp = |seconds: i64, nanos: u64| Wire::new().int(1, seconds as u64).int(2, nanos);
    let all = "wire.All";
    let old = "wire2.Old";
    for (case, name, wire, want) in [
        ("nothing", all, w(), "{}"),
        (
            "32-bit integers as numbers",
            all,
            w().int(1, -5_i64 as u64),
            r#"{"int32":-5}"#,
        ),
        (
            "64-bit integers as text",
            all,
            w().int(4, u64::MAX),
            r#"{"uint64":"18446744073709551615"}"#,
        ),
        (
            "zig-zag",
            all,
            w().int(5, 1).int(6, 3),
            r#"{"sint32":-1,"sint64":"-2"}"#,
        ),
        (
            "high bits of a 32-bit field are dropped",
            all,
            w().int(3, 1 << 32 | 7),
            r#"{"uint32":7}"#,
        ),
        (
            "zero of a field without presence",
            all,
            w().int(1, 0).len(14, "").int(13, 0),
            "{}",
        ),
        (
            "zero of a field with presence",
            all,
            w().int(50, 0).len(51, ""),
            r#"{"maybeInt":0,"maybeText":""}"#,
        ),
        (
            "floats that are not finite",
            all,
            w().float(11, f32::NAN).double(12, f64::NEG_INFINITY),
            r#"{"float":"NaN","double":"-Infinity"}"#,
        ),
        (
            "the shortest digits of each width",
            all,
            w().float(11, 0.1).double(12, 0.1),
            r#"{"float":0.1,"double":0.1}"#,
        ),
        (
            "negative zero is no default",
            all,
            w().double(12, -0.0),
            r#"{"double":-0.0}"#,
        ),
        (
            "bytes",
            all,
            w().len(15, [0xfb, 0xff]),
            r#"{"bytes":"+/8="}"#,
        ),
        (
            "text escapes",
            all,
            w().len(14, "a\"\\\n\u{1}é"),
            r#"{"string":"a\"\\\n\u0001é"}"#,
        ),
        (
            "enum names, the first of aliases",
            all,
            w().int(16, 1),
            r#"{"color":"COLOR_RED"}"#,
        ),
        (
            "negative enum",
            all,
            w().int(16, -5_i64 as u64),
            r#"{"color":"COLOR_DARK"}"#,
        ),
        ("enum without a name", all, w().int(16, 9), r#"{"color":9}"#),
        (
            "order of the wire does not matter",
            all,
            w().len(14, "x").int(1, 1),
            r#"{"int32":1,"string":"x"}"#,
        ),
        (
            "the last of a singular field",
            all,
            w().int(1, 1).int(1, 2).len(14, "x").int(1, 0),
            r#"{"string":"x"}"#,
        ),
        (
            "a message in pieces",
            all,
            w().len(17, small(1))
                .int(1, 4)
                .len(17, w().len(2, "n").len(3, "a"))
                .len(17, w().len(3, "b")),
            r#"{"int32":4,"small":{"id":1,"name":"n","tags":["a","b"]}}"#,
        ),
        (
            "packed",
            all,
            w().len(20, [1, 2, 3]),
            r#"{"int32s":[1,2,3]}"#,
        ),
        (
            "unpacked, packed and apart",
            all,
            w().int(20, 1).len(20, [2, 3]).int(1, 9).int(20, 4),
            r#"{"int32":9,"int32s":[1,2,3,4]}"#,
        ),
        ("packed but empty", all, w().len(20, []), "{}"),
        (
            "zeros in a list",
            all,
            w().len(20, [0, 0]).len(25, ""),
            r#"{"int32s":[0,0],"strings":[""]}"#,
        ),
        (
            "a map is sorted, the last of equal keys wins",
            all,
            w().len(40, w().len(1, "b").int(2, 1))
                .len(40, w().len(1, "a").int(2, 2))
                .len(40, w().len(1, "b").int(2, 3)),
            r#"{"counts":{"a":2,"b":3}}"#,
        ),
        (
            "a map entry without key and value",
            all,
            w().len(41, []).len(42, w().int(1, 1)),
            r#"{"names":{"0":""},"flags":{"true":{}}}"#,
        ),
        (
            "map keys as numbers sort",
            all,
            w().len(41, w().int(1, 10))
                .len(41, w().int(1, 9))
                .len(41, w().int(1, -1_i64 as u64)),
            r#"{"names":{"-1":"","9":"","10":""}}"#,
        ),
        (
            "the last arm of a oneof",
            all,
            w().int(60, 1).len(61, "t").int(60, 2),
            r#"{"number":2}"#,
        ),
        (
            "an arm set again starts afresh",
            all,
            w().len(62, small(1)).int(60, 1).len(62, w().len(2, "n")),
            r#"{"message":{"name":"n"}}"#,
        ),
        (
            "an arm in pieces",
            all,
            w().len(62, small(1)).len(62, w().len(2, "n")),
            r#"{"message":{"id":1,"name":"n"}}"#,
        ),
        (
            "a oneof's default is shown",
            all,
            w().int(60, 0),
            r#"{"number":0}"#,
        ),
        ("null as an arm", all, w().int(64, 0), r#"{"nothing":null}"#),
        (
            "timestamp",
            all,
            w().len(70, stamp(1_700_000_000, 0)),
            r#"{"time":"2023-11-14T22:13:20Z"}"#,
        ),
        (
            "timestamp with a fraction",
            all,
            w().len(70, stamp(-1, 500_000_000)),
            r#"{"time":"1969-12-31T23:59:59.500Z"}"#,
        ),
        (
            "first and last second",
            all,
            w().len(90, stamp(-62_135_596_800, 0))
                .len(90, stamp(253_402_300_799, 999_999_999)),
            r#"{"times":["0001-01-01T00:00:00Z","9999-12-31T23:59:59.999999999Z"]}"#,
        ),
        (
            "duration",
            all,
            w().len(71, stamp(-3, -1_000_i64 as u64)),
            r#"{"span":"-3.000001s"}"#,
        ),
        (
            "duration of nothing",
            all,
            w().len(71, []),
            r#"{"span":"0s"}"#,
        ),
        (
            "field mask",
            all,
            w().len(72, w().len(1, "a.b_c").len(1, "d")),
            r#"{"mask":"a.bC,d"}"#,
        ),
        (
            "struct",
            all,
            w().len(73, w().len(1, w().len(1, "k").len(2, w().double(2, 1.5)))),
            r#"{"struct":{"k":1.5}}"#,
        ),
        (
            "value",
            all,
            w().len(74, w().int(4, 0)),
            r#"{"value":false}"#,
        ),
        (
            "value of nothing",
            all,
            w().len(74, []),
            r#"{"value":null}"#,
        ),
        (
            "value's last arm",
            all,
            w().len(74, w().int(1, 0).len(3, "t")),
            r#"{"value":"t"}"#,
        ),
        (
            "list value",
            all,
            w().len(75, w().len(1, w().int(1, 0)).len(1, w().len(6, []))),
            r#"{"list":[null,[]]}"#,
        ),
        ("empty", all, w().len(77, []), r#"{"empty":{}}"#),
        (
            "wrappers show their default",
            all,
            w().len(82, []).len(87, []),
            r#"{"int64Value":"0","stringValue":""}"#,
        ),
        (
            "any",
            all,
            w().len(
                76,
                w().len(1, "type.googleapis.com/wire.Small")
                    .len(2, small(3)),
            ),
            r#"{"any":{"@type":"type.googleapis.com/wire.Small","id":3}}"#,
        ),
        (
            "any of a well-known type",
            all,
            w().len(
                76,
                w().len(1, "x/google.protobuf.Duration").len(2, stamp(1, 0)),
            ),
            r#"{"any":{"@type":"x/google.protobuf.Duration","value":"1s"}}"#,
        ),
        (
            "any of empty",
            all,
            w().len(76, w().len(1, "x/google.protobuf.Empty")),
            r#"{"any":{"@type":"x/google.protobuf.Empty","value":{}}}"#,
        ),
        (
            "any without anything",
            all,
            w().len(76, []),
            r#"{"any":{}}"#,
        ),
        (
            "a given JSON name",
            all,
            w().len(100, "x"),
            r#"{"the \"name\"":"x"}"#,
        ),
        (
            "the largest field number",
            all,
            w().int((1 << 29) - 1, 1),
            r#"{"far":1}"#,
        ),
        (
            "proto2 shows defaults that were sent",
            old,
            w().int(1, 0).len(2, "anonymous").int(3, 7),
            r#"{"id":0,"name":"anonymous","level":"HIGH"}"#,
        ),
        (
            "a group",
            old,
            w().key(6, 3).int(1, 5).key(6, 4),
            r#"{"part":{"x":5}}"#,
        ),
        (
            "a group in pieces",
            old,
            w().key(6, 3)
                .int(1, 5)
                .key(6, 4)
                .int(1, 1)
                .key(6, 3)
                .int(1, 6)
                .key(6, 4),
            r#"{"id":1,"part":{"x":6}}"#,
        ),
        (
            "groups in groups",
            old,
            w().key(7, 3)
                .key(2, 3)
                .int(1, 1)
                .key(2, 4)
                .len(1, "y")
                .key(7, 4),
            r#"{"item":[{"y":"y","deep":[{"z":1}]}]}"#,
        ),
        (
            "a proto2 enum's default in a map",
            old,
            w().len(8, []),
            r#"{"levels":{"":"LOW"}}"#,
        ),
        (
            "extensions",
            old,
            w().int(100, 1).len(101, "a").len(150, [1, 2]),
            r#"{"[wire2.number]":"1","[wire2.words]":["a"],"[wire2.Scope.numbers]":[-1,1]}"#,
        ),
    ] {
        rows::same_as_text(&message(name), wire.as_ref(), false);
        let text = to_json(&message(name), wire.as_ref(), COMPACT);
        assert_eq!(text.text, want, "{case}");
        assert_eq!(text.problems, Vec::<String>::new(), "{case}");
        assert!(!text.cut, "{case}");
    }
}

#[test]
fn what_does_not_decode_is_listed_and_the_rest_stays() {
    let w = Wire::new;
    for (case, wire, want, problem) in [
        (
            "unknown number",
            w().int(1, 1).int(999, 5),
            r#"{"int32":1}"#,
            "field 999 is not in `wire.All`: varint 5 (byte 2)",
        ),
        (
            "unknown bytes",
            w().len(999, "hi"),
            "{}",
            "field 999 is not in `wire.All`: length-delimited of 2 bytes 6869 (byte 0)",
        ),
        (
            "unknown group",
            w().key(999, 3).int(1, 2).key(999, 4).int(1, 1),
            r#"{"int32":1}"#,
            "field 999 is not in `wire.All`: group of 2 bytes 0802 (byte 0)",
        ),
        (
            "nested unknown",
            w().len(28, w().int(1, 3)).len(28, w().int(9, 1)),
            r#"{"smalls":[{"id":3},{}]}"#,
            "smalls[1]: field 9 is not in `wire.Small`: varint 1 (byte 8)",
        ),
        (
            "wrong wire type",
            w().len(1, "x").int(2, 1),
            r#"{"int64":"1"}"#,
            "int32: the wire type should be varint and is length-delimited: of 1 bytes 78 (byte 0)",
        ),
        (
            "wrong wire type after a value",
            w().int(1, 7).len(1, "x"),
            r#"{"int32":7}"#,
            "int32: the wire type should be varint and is length-delimited: of 1 bytes 78 (byte 2)",
        ),
        (
            "not UTF-8",
            w().len(14, b"a\xffb"),
            "{\"string\":\"a\u{fffd}b\"}",
            "string: the text is not UTF-8; bad bytes are shown as \u{fffd} (byte 2)",
        ),
        (
            "cut in a text",
            w().int(1, 1).key(14, 2).varint(5).raw("abc"),
            r#"{"int32":1,"string":"abc"}"#,
            "string: 2 bytes are missing after the first 3 (byte 2)",
        ),
        (
            "cut in a varint",
            w().int(1, 1).raw([0x10, 0x80]),
            r#"{"int32":1}"#,
            "the bytes end in the middle of a field (byte 2)",
        ),
        (
            "cut in a packed list",
            w().len(22, [1, 0, 0, 0, 2, 0]),
            r#"{"fixed32s":[1]}"#,
            "fixed32s: the packed values end in the middle of one (byte 7)",
        ),
        (
            "varint too long",
            w().int(1, 1).raw([0x10]).raw([0xff; 10]),
            r#"{"int32":1}"#,
            "a varint is longer than 64 bits (byte 2)",
        ),
        (
            "wire type 7",
            w().int(1, 1).raw([0x0f]),
            r#"{"int32":1}"#,
            "wire type 7 does not exist (byte 2)",
        ),
        (
            "field number 0",
            w().raw([0x00, 0x01]),
            "{}",
            "a field number is out of range (byte 0)",
        ),
        (
            "group end alone",
            w().key(5, 4),
            "{}",
            "group 5 ends but was not opened (byte 0)",
        ),
        (
            "time out of range",
            w().len(70, w().int(1, 1 << 50).int(2, 5)),
            r#"{"time":{"seconds":"1125899906842624","nanos":5}}"#,
            "time: not a time of the years 1 to 9999 (byte 3)",
        ),
        (
            "nanos out of range",
            w().len(71, w().int(2, 1_000_000_000)),
            r#"{"span":{"nanos":1000000000}}"#,
            "span: not a valid duration (byte 3)",
        ),
        (
            "mixed signs",
            w().len(71, w().int(1, 1).int(2, u64::MAX)),
            r#"{"span":{"seconds":"1","nanos":-1}}"#,
            "span: not a valid duration (byte 3)",
        ),
        (
            "mask without JSON form",
            w().len(72, w().len(1, "fooBar")),
            r#"{"mask":{"paths":["fooBar"]}}"#,
            "mask: a path that is not snake_case has no JSON form (byte 3)",
        ),
        (
            "mask with a comma in a path",
            w().len(72, w().len(1, "a,b")),
            r#"{"mask":{"paths":["a,b"]}}"#,
            "mask: a path that is not snake_case has no JSON form (byte 3)",
        ),
        (
            "mask with an empty path",
            w().len(72, w().len(1, "").len(1, "a")),
            r#"{"mask":{"paths":["","a"]}}"#,
            "mask: a path that is not snake_case has no JSON form (byte 3)",
        ),
        (
            "unknown Any",
            w().len(76, w().len(1, "x/no.Such").len(2, [1, 2])),
            r#"{"any":{"@type":"x/no.Such","value":"AQI="}}"#,
            "any: type `x/no.Such` is not in the schema (byte 3)",
        ),
        (
            "Any of a type that is not UTF-8",
            w().len(76, w().len(1, b"\xff/wire.Small").len(2, w().int(1, 7))),
            "{\"any\":{\"@type\":\"\u{fffd}/wire.Small\",\"id\":7}}",
            "any: the text is not UTF-8; bad bytes are shown as \u{fffd} (byte 5)",
        ),
        (
            "NaN in a value",
            w().len(74, w().double(2, f64::NAN)),
            r#"{"value":"NaN"}"#,
            "value: a Value cannot hold a number that is not finite (byte 3)",
        ),
    ] {
        rows::same_as_text(&message("wire.All"), wire.as_ref(), true);
        let text = to_json(&message("wire.All"), wire.as_ref(), COMPACT);
        assert_eq!(text.text, want, "{case}");
        assert_eq!(text.problems, [problem], "{case}");
    }
}

#[test]
fn a_hundred_messages_may_stand_in_one_another() {
    let nested = |levels| (0..levels).fold(Wire::new(), |inner, _| Wire::new().len(18, inner));
    for levels in 99..=102 {
        rows::same_as_text(&message("wire.All"), nested(levels).as_ref(), false);
    }
    let text = to_json(&message("wire.All"), nested(100).as_ref(), COMPACT);
    assert_eq!(text.problems, Vec::<String>::new());
    assert_eq!(text.text.matches("child").count(), 100);
    let text = to_json(&message("wire.All"), nested(102).as_ref(), COMPACT);
    assert_eq!(text.problems.len(), 1);
    assert!(text.problems[0].contains("messages are nested deeper than 100"));
    assert!(
        text.text.contains(r#"{"child":"kgEA"}"#),
        "the rest as base64: {}",
        text.text
    );
}

#[test]
fn problems_beyond_a_hundred_are_counted() {
    let wire = (0..150).fold(Wire::new(), |wire, _| wire.int(999, 1));
    let text = to_json(&message("wire.All"), wire.as_ref(), COMPACT);
    assert_eq!(text.problems.len(), 101);
    assert_eq!(text.problems[100], "… and 50 more");
}

#[test]
fn pretty_text_has_two_spaces_a_level() {
    let wire = Wire::new()
        .len(17, Wire::new().int(1, 1))
        .len(20, [1, 2])
        .len(77, []);
    let options = JsonOptions {
        pretty: true,
        ..COMPACT
    };
    let text = to_json(&message("wire.All"), wire.as_ref(), options).text;
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn defaults_are_written_for_fields_without_presence() {
    let options = JsonOptions {
        defaults: true,
        ..COMPACT
    };
    let text = to_json(&message("wire.Small"), &[0x12, 1, b'x'], options).text;
    assert_eq!(text, r#"{"id":0,"name":"x","tags":[]}"#);
    let dynamic = DynamicMessage::new(message("wire.All"));
    let text = to_json(&message("wire.All"), &[], options).text;
    let ours: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(ours, oracle::json(&dynamic, true).unwrap());
}

#[test]
fn a_preview_stops_early_and_between_characters() {
    let many = (0..100_000).fold(Wire::new(), |wire, _| wire.len(28, Wire::new().int(1, 7)));
    let options = JsonOptions {
        max_bytes: 40,
        ..COMPACT
    };
    for (case, wire) in [
        ("a long list", many),
        ("a long text", Wire::new().len(14, "é".repeat(10_000))),
        ("long bytes", Wire::new().len(15, vec![7; 10_000])),
        ("a long packed list", Wire::new().len(20, vec![7; 10_000])),
        (
            "fields that print nothing",
            Wire::new().raw([8, 0].repeat(10_000)),
        ),
    ] {
        let text = to_json(&message("wire.All"), wire.as_ref(), options);
        assert!(text.cut, "{case}");
        assert!(text.text.len() <= 40, "{case}");
        assert!(text.problems.is_empty(), "{case}: {:?}", text.problems);
    }
    let whole = to_json(&message("wire.All"), &[8, 1], options);
    assert_eq!((whole.text.as_str(), whole.cut), (r#"{"int32":1}"#, false));
}

#[test]
fn plans_of_schemas_no_longer_used_are_dropped() {
    for _ in 0..2 * CACHED_POOLS {
        let other = DescriptorPool::decode(pool().encode_to_vec().as_slice()).unwrap();
        let small = other.get_message_by_name("wire.Small").unwrap();
        assert_eq!(to_json(&small, &[8, 1], COMPACT).text, r#"{"id":1}"#);
    }
    assert!(CACHE.lock().unwrap().len() <= CACHED_POOLS);
}
