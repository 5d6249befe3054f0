//! Text format, read and printed.

use prost_reflect::MessageDescriptor;

use super::{parse, print, print_as_protoc};
use crate::message::{JsonOptions, to_json};

const SCHEMA: &str = r#"
    syntax = "proto2";
    package t;
    import "google/protobuf/any.proto";
    enum Color { RED = 0; GREEN = 1; NEGATIVE = -2; }
    message All {
      optional double d = 1; optional float f = 2; optional int32 i32 = 3; optional int64 i64 = 4;
      optional uint32 u32 = 5; optional uint64 u64 = 6; optional sint32 s32 = 7; optional sint64 s64 = 8;
      optional fixed32 f32 = 9; optional fixed64 f64 = 10; optional sfixed32 sf32 = 11; optional sfixed64 sf64 = 12;
      optional bool b = 13; optional string s = 14; optional bytes y = 15; optional Color c = 16;
      optional All child = 17; repeated int32 many = 18; repeated int32 packed = 19 [packed = true];
      repeated All children = 20; map<string, int32> counts = 21; map<int32, All> by_number = 22;
      optional group Box = 23 { optional int32 side = 1; }
      oneof pick { string left = 24; int32 right = 25; }
      optional google.protobuf.Any any = 26; repeated string names = 27; repeated Color colors = 28;
      optional string camelCase = 29;
      reserved "gone"; reserved 30;
      extensions 100 to 200;
    }
    extend All { optional int32 ext = 100; repeated All nested_ext = 101; }
    message Set { option message_set_wire_format = true; extensions 4 to max; }
    message Item { extend Set { optional Item item = 1000; } optional string name = 1; }
"#;

fn message(name: &str) -> MessageDescriptor {
    let pool = crate::message::compile_for_tests(SCHEMA);
    pool.get_message_by_name(name).unwrap()
}

fn json(text: &str) -> String {
    let all = message("t.All");
    let wire = parse(text, &all, None).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    to_json(&all, &wire, options).text
}

#[test]
fn literals_of_every_kind() {
    for (text, expected) in [
        ("", "{}"),
        ("# only a comment", "{}"),
        ("i32: -7", r#"{"i32":-7}"#),
        ("i32: - 7 # a space between", r#"{"i32":-7}"#),
        (
            "i64: -9223372036854775808",
            r#"{"i64":"-9223372036854775808"}"#,
        ),
        (
            "u64: 18446744073709551615",
            r#"{"u64":"18446744073709551615"}"#,
        ),
        ("u32: 0xFFFFFFFF", r#"{"u32":4294967295}"#),
        ("u32: 017", r#"{"u32":15}"#),
        ("i32: -0x80000000", r#"{"i32":-2147483648}"#),
        ("s32: -1 s64: -2", r#"{"s32":-1,"s64":"-2"}"#),
        (
            "f32: 1 f64: 2 sf32: -3 sf64: -4",
            r#"{"f32":1,"f64":"2","sf32":-3,"sf64":"-4"}"#,
        ),
        ("d: 1.5 f: .5", r#"{"d":1.5,"f":0.5}"#),
        ("d: 1e10f f: 3", r#"{"d":10000000000.0,"f":3.0}"#),
        ("d: -inf f: nan", r#"{"d":"-Infinity","f":"NaN"}"#),
        ("d: Infinity", r#"{"d":"Infinity"}"#),
        ("d: -0", r#"{"d":-0.0}"#),
        ("b: true", r#"{"b":true}"#),
        ("b: f", r#"{"b":false}"#),
        ("b: 1", r#"{"b":true}"#),
        ("c: GREEN", r#"{"c":"GREEN"}"#),
        ("c: -2", r#"{"c":"NEGATIVE"}"#),
        (
            r#"s: "a" 'b' "\x63\144\u0065\U0001F980\n\"""#,
            r#"{"s":"abcde🦀\n\""}"#,
        ),
        (r#"y: "\377\0\x0""#, r#"{"y":"/wAA"}"#),
        ("child { i32: 1 } ", r#"{"child":{"i32":1}}"#),
        ("child: < i32: 1 >;", r#"{"child":{"i32":1}}"#),
        ("many: 1, many: 2; many: [3, 4]", r#"{"many":[1,2,3,4]}"#),
        ("packed: [1, 2] many: []", r#"{"packed":[1,2]}"#),
        (
            "children [{ i32: 1 }, < >]",
            r#"{"children":[{"i32":1},{}]}"#,
        ),
        ("colors: [RED, 1]", r#"{"colors":["RED","GREEN"]}"#),
        ("names: ['a', 'b' 'c']", r#"{"names":["a","bc"]}"#),
        (
            "counts { key: 'a' value: 1 } counts { key: 'b' }",
            r#"{"counts":{"a":1,"b":0}}"#,
        ),
        (
            "by_number { key: 7 value { i32: 1 } }",
            r#"{"byNumber":{"7":{"i32":1}}}"#,
        ),
        ("Box { side: 2 }", r#"{"box":{"side":2}}"#),
        ("box { side: 2 }", r#"{"box":{"side":2}}"#),
        ("right: 3", r#"{"right":3}"#),
        ("[t.ext]: 5", r#"{"[t.ext]":5}"#),
        ("[ t . ext ]: 5", r#"{"[t.ext]":5}"#),
        (
            "[t.nested_ext] { i32: 1 }",
            r#"{"[t.nested_ext]":[{"i32":1}]}"#,
        ),
        ("gone: [1, {a: 'x'}] i32: 1", r#"{"i32":1}"#),
        ("gone { a: 1 b { c: 2 } } i32: 1", r#"{"i32":1}"#),
        (
            "any { [type.googleapis.com/t.Item] { name: 'x' } }",
            r#"{"any":{"@type":"type.googleapis.com/t.Item","name":"x"}}"#,
        ),
        (
            "any { type_url: 'type.googleapis.com/t.Item' value: '\\n\\001x' }",
            r#"{"any":{"@type":"type.googleapis.com/t.Item","name":"x"}}"#,
        ),
    ] {
        assert_eq!(json(text), expected, "{text}");
    }
}

#[test]
fn mistakes_have_a_place_and_a_hint() {
    let all = message("t.All");
    let deep = "child {".repeat(101);
    for (text, place, words, hint) in [
        ("i32: 1\n nme: 2", (2, 2), "has no field `nme`", ""),
        (
            "nams: 'x'",
            (1, 1),
            "has no field `nams`",
            "did you mean `names`?",
        ),
        (
            "byNumber { }",
            (1, 1),
            "has no field `byNumber`",
            "it is `by_number`",
        ),
        ("i32: 2147483648", (1, 6), "does not fit int32", "goes from"),
        ("u32: -1", (1, 7), "`-1` does not fit uint32", ""),
        ("i32: 1.5", (1, 6), "expected a whole number", ""),
        (
            "i32: 'x'",
            (1, 6),
            "expected a whole number (int32), found a string",
            "",
        ),
        ("i32 1", (1, 5), "expected `:`", ""),
        ("d: 0x10", (1, 4), "expected a number", ""),
        ("b: yes", (1, 4), "expected true or false", ""),
        (
            "c: GREAN",
            (1, 4),
            "has no value `GREAN`",
            "did you mean `GREEN`?",
        ),
        ("c: 9", (1, 4), "has no value 9", "closed enum"),
        ("s: abc", (1, 4), "expected a string in quotes", ""),
        ("s: 'abc", (1, 4), "never closed", ""),
        ("s: 'a\nb'", (1, 4), "ends at the end of its line", "\\n"),
        ("s: '\\q'", (1, 5), "`\\q` is no escape", "\\\\"),
        ("s: '\\377'", (1, 4), "no UTF-8", ""),
        ("s: '\\ud83e\\udd80'", (1, 5), "no character", "\\UXXXXXXXX"),
        ("i32: 1 i32: 2", (1, 8), "`i32` is given twice", "repeated"),
        ("left: 'a' right: 1", (1, 11), "oneof `pick`", ""),
        ("child: 1", (1, 8), "expected `{`", "t.All"),
        ("child { i32: 1", (1, 15), "`}` is missing", ""),
        ("child { i32: 1 >", (1, 16), "expected a field's name", ""),
        ("i32: [1]", (1, 6), "a list is given", ""),
        ("many: [1 2]", (1, 10), "expected `,` or `]`", ""),
        ("{\"i32\": 1}", (1, 1), "found `{`", ""),
        ("\"i32\": 1", (1, 1), "found a string", "without quotes"),
        (
            "[t.nothing]: 1",
            (1, 2),
            "no extension `t.nothing`",
            "files",
        ),
        ("[a.b/t.Item] { }", (1, 2), "in an Any alone", ""),
        (
            "any { [x/t.Nobody] { } }",
            (1, 8),
            "`t.Nobody` is not known",
            "",
        ),
        ("3: 4", (1, 1), "by its name, `i32`", ""),
        ("é: 1", (1, 1), "no meaning", ""),
        ("s: \"é\" é", (1, 8), "no meaning", ""),
        (deep.as_str(), (1, 707), "nested deeper than 100", ""),
    ] {
        let error = parse(text, &all, None).expect_err(text);
        assert_eq!((error.line, error.column), place, "{text}: {error:?}");
        assert!(error.message.contains(words), "{text}: {error:?}");
        assert!(error.hint.unwrap_or_default().contains(hint), "{text}");
    }
}

#[test]
fn what_is_printed_reads_back() {
    let all = message("t.All");
    for text in [
        "i32: -7\nu64: 18446744073709551615\n",
        "d: 0.1\nf: 3.40282347e+38\n",
        "s: \"\\303\\251\\n\\\"\\'\\\\\"\ny: \"\\000\\001\\377\"\n",
        "c: GREEN\nchild {\n  child {\n    i32: 1\n  }\n}\n",
        "many: 1\nmany: 2\npacked: 3\npacked: 4\n",
        "counts {\n  key: \"a\"\n  value: 1\n}\ncounts {\n  key: \"b\"\n  value: 0\n}\n",
        "by_number {\n  key: -1\n  value {\n  }\n}\n",
        "Box {\n  side: 2\n}\nright: 3\n",
        "any {\n  [type.googleapis.com/t.Item] {\n    name: \"x\"\n  }\n}\n",
        "names: \"a\"\nnames: \"b\"\n[t.ext]: 5\n[t.nested_ext] {\n  i32: 1\n}\n",
        "30: 1\n31: 0x0000000a\n32: 0x000000000000000a\n33: \"\\377\"\n34 {\n  1: 2\n}\n",
    ] {
        let wire = parse(text, &all, None).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert_eq!(print(&all, &wire, None), text);
    }
    let set = message("t.Set");
    let text = "[t.Item.item] {\n  name: \"x\"\n}\n";
    let wire = parse(text, &set, None).unwrap();
    assert_eq!(wire, b"\x0b\x10\xe8\x07\x1a\x03\n\x01x\x0c");
    assert_eq!(print(&set, &wire, None), text);
}

#[test]
fn printing_follows_the_rules_of_merging() {
    let all = message("t.All");
    for (name, wire, text) in [
        (
            "the last scalar counts",
            &b"\x18\x01\x18\x02"[..],
            "i32: 2\n",
        ),
        (
            "messages merge",
            b"\x8a\x01\x02\x18\x01\x8a\x01\x02\x20\x02",
            "child {\n  i32: 1\n  i64: 2\n}\n",
        ),
        (
            "of a oneof the last counts",
            b"\xc2\x01\x01a\xc8\x01\x07",
            "right: 7\n",
        ),
        (
            "packed where it need not be",
            b"\x92\x01\x02\x01\x02",
            "many: 1\nmany: 2\n",
        ),
        (
            "an unknown value of a closed enum",
            b"\x80\x01\x09",
            "16: 9\n",
        ),
        (
            "a later entry of a map",
            b"\xaa\x01\x05\n\x01a\x10\x01\xaa\x01\x05\n\x01a\x10\x02",
            "counts {\n  key: \"a\"\n  value: 2\n}\n",
        ),
        ("another wire type", b"\x1a\x01x", "3: \"x\"\n"),
        (
            "cut short",
            b"\x18\x01\x18",
            "i32: 1\n# the bytes end in the middle of a field\n",
        ),
        (
            "an Any of an unknown type",
            b"\xd2\x01\x05\n\x03x/y",
            "any {\n  type_url: \"x/y\"\n}\n",
        ),
    ] {
        assert_eq!(print(&all, wire, None), text, "{name}");
    }
    let any = parse("any { [x.y/t.Item] { name: 'x' } }", &all, None).unwrap();
    assert_eq!(
        print_as_protoc(&all, &any),
        "any {\n  type_url: \"x.y/t.Item\"\n  value: \"\\n\\001x\"\n}\n"
    );
}

#[test]
fn hostile_bytes_and_texts_end() {
    let all = message("t.All");
    let mut random = crate::interop::tests::Random::new(3);
    for _ in 0..3_000 {
        let length = random.below(40);
        let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        let _ = print(&all, &bytes, None);
    }
    // 100,000 messages inside one another.
    let mut deep: Vec<u8> = Vec::new();
    for _ in 0..2_000 {
        let mut outer = vec![0x8a, 0x01];
        prost::encoding::encode_varint(deep.len() as u64, &mut outer);
        outer.extend_from_slice(&deep);
        deep = outer;
    }
    assert!(print(&all, &deep, None).contains("# nested deeper than 100"));
    for text in [
        "child {".repeat(100_000),
        "gone {".repeat(1 << 20),
        "any{[a/t.All]{".repeat(100_000),
        "999 {".repeat(100_000),
        "[".repeat(1 << 20),
        "many: [".repeat(1 << 20),
        "s: \"\\".to_owned(),
    ] {
        assert!(parse(&text, &all, None).is_err());
    }
}
