//! The encoder's rules in tables; `oracle.rs` compares with prost-reflect on random bodies.

use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::{Value, json};

use super::*;
use crate::message::fixture::{compile, pool};

pub(super) fn message(name: &str) -> MessageDescriptor {
    pool().get_message_by_name(name).unwrap()
}

pub(super) fn encoded(
    message: &MessageDescriptor,
    text: &str,
) -> Result<DynamicMessage, Vec<Diagnostic>> {
    let bytes = encode(&Document::new(text), message, &scope())?;
    Ok(DynamicMessage::decode(message.clone(), bytes).expect("what we write can be read"))
}

fn scope() -> Scope {
    Scope {
        variables: [
            ("port", "8080"),
            ("flag", "true"),
            ("color", "COLOR_RED"),
            ("name", "wörld"),
            ("when", "2024-02-29T12:00:00Z"),
            ("half", "0.5"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    }
}

/// The body as a message, as JSON again.
fn canonical(name: &str, text: &str) -> Value {
    let decoded = encoded(&message(name), text).unwrap_or_else(|e| panic!("{text}: {e:#?}"));
    serde_json::to_value(decoded).unwrap()
}

#[test]
fn bodies_mean_what_protobuf_says() {
    for (name, text, want) in [
        ("an empty text", "", json!({})),
        ("only a comment", "// later", json!({})),
        (
            "the name in the file",
            r#"{"maybe_int": 1}"#,
            json!({"maybeInt": 1}),
        ),
        (
            "the JSON name",
            r#"{"maybeInt": 1}"#,
            json!({"maybeInt": 1}),
        ),
        (
            "an odd JSON name",
            r#"{"the \"name\"": "x"}"#,
            json!({"the \"name\"": "x"}),
        ),
        (
            "null says absent",
            r#"{"int32": null, "int32s": null, "counts": null, "small": null, "maybeInt": null, "time": null}"#,
            json!({}),
        ),
        (
            "zero without presence is left out",
            r#"{"int32": 0, "string": "", "bool": false, "color": 0, "bytes": "", "double": 0.0}"#,
            json!({}),
        ),
        (
            "zero with presence stays",
            r#"{"maybeInt": 0, "maybeText": "", "number": 0}"#,
            json!({"maybeInt": 0, "maybeText": "", "number": 0}),
        ),
        (
            "an empty message stays",
            r#"{"small": {}, "empty": {}}"#,
            json!({"small": {}, "empty": {}}),
        ),
        (
            "64-bit numbers keep their digits",
            r#"{"int64": 9223372036854775807, "uint64": 18446744073709551615, "sint64": -9223372036854775808, "fixed64": "18446744073709551615", "sfixed64": "-9223372036854775808"}"#,
            json!({"int64": "9223372036854775807", "uint64": "18446744073709551615", "sint64": "-9223372036854775808", "fixed64": "18446744073709551615", "sfixed64": "-9223372036854775808"}),
        ),
        (
            "whole numbers with point or exponent",
            r#"{"int32": 1e5, "uint32": 4.294967295e9, "int64": 1.0, "sint32": "-2.1e1", "fixed32": 120e-1}"#,
            json!({"int32": 100_000, "uint32": 4_294_967_295u32, "int64": "1", "sint32": -21, "fixed32": 12}),
        ),
        (
            "32-bit borders",
            r#"{"int32": -2147483648, "sint32": 2147483647, "sfixed32": -2147483648}"#,
            json!({"int32": -2_147_483_648, "sint32": 2_147_483_647, "sfixed32": -2_147_483_648}),
        ),
        (
            "floats",
            r#"{"float": "NaN", "double": "-Infinity", "doubles": [1.5, "Infinity", "2.5e-3", -0.0]}"#,
            json!({"float": "NaN", "double": "-Infinity", "doubles": [1.5, "Infinity", 0.0025, -0.0]}),
        ),
        (
            "the largest float",
            r#"{"float": 3.4028235e38}"#,
            json!({"float": f64::from(f32::MAX)}),
        ),
        (
            "escapes",
            r#"{"string": "\u00e9\n\ud83d\ude00\u0000"}"#,
            json!({"string": "é\n😀\0"}),
        ),
        (
            "base64 of all kinds",
            r#"{"blobs": ["+/8=", "+/8", "-_8=", "-_8", ""]}"#,
            json!({"blobs": ["+/8=", "+/8=", "+/8=", "+/8=", ""]}),
        ),
        (
            "enums",
            r#"{"color": "COLOR_ROT", "colors": ["COLOR_DARK", 2000000000, 99, 1.0]}"#,
            json!({"color": "COLOR_RED", "colors": ["COLOR_DARK", "COLOR_FAR", 99, "COLOR_RED"]}),
        ),
        (
            "lists",
            r#"{"int32s": [1, "2", 0], "loose": [7, 0], "smalls": [{}, {"id": 1}], "bools": [true, false]}"#,
            json!({"int32s": [1, 2, 0], "loose": ["7", "0"], "smalls": [{}, {"id": 1}], "bools": [true, false]}),
        ),
        (
            "empty lists and maps",
            r#"{"int32s": [], "smalls": [], "counts": {}}"#,
            json!({}),
        ),
        (
            "maps",
            r#"{"counts": {"": 0, "a": 1}, "names": {"-5": "x"}, "flags": {"true": {}}, "palette": {"7": "COLOR_RED"}, "weights": {"1": 0.5}}"#,
            json!({"counts": {"": 0, "a": 1}, "names": {"-5": "x"}, "flags": {"true": {}}, "palette": {"7": "COLOR_RED"}, "weights": {"1": 0.5}}),
        ),
        (
            "one arm",
            r#"{"text": "x", "number": null}"#,
            json!({"text": "x"}),
        ),
        (
            "a null arm",
            r#"{"nothing": null}"#,
            json!({"nothing": null}),
        ),
        (
            "times",
            r#"{"time": "2024-02-29T12:00:00.5+02:00", "span": "-1.500s"}"#,
            json!({"time": "2024-02-29T10:00:00.500Z", "span": "-1.500s"}),
        ),
        (
            "a mask",
            r#"{"mask": "fooBar,a.bC"}"#,
            json!({"mask": "fooBar,a.bC"}),
        ),
        (
            "free JSON",
            r#"{"struct": {"a": [1, null, {"b": "x"}]}, "value": null, "list": [true, {}], "values": [null, 1, []]}"#,
            json!({"struct": {"a": [1.0, null, {"b": "x"}]}, "value": null, "list": [true, {}], "values": [null, 1.0, []]}),
        ),
        (
            "wrappers",
            r#"{"int64Value": "5", "boolValue": false, "stringValue": "", "bytesValue": "AA", "floatValue": 0, "doubleValue": null}"#,
            json!({"int64Value": "5", "boolValue": false, "stringValue": "", "bytesValue": "AA==", "floatValue": 0.0}),
        ),
        (
            "an Any",
            r#"{"any": {"id": 5, "@type": "type.googleapis.com/wire.Small", "tags": ["a"]}}"#,
            json!({"any": {"@type": "type.googleapis.com/wire.Small", "id": 5, "tags": ["a"]}}),
        ),
        (
            "an Any of a well-known type",
            r#"{"any": {"value": "1.5s", "@type": "x.org/google.protobuf.Duration"}}"#,
            json!({"any": {"@type": "x.org/google.protobuf.Duration", "value": "1.500s"}}),
        ),
        (
            "an Any in an Any",
            r#"{"any": {"@type": "t/google.protobuf.Any", "value": {"@type": "t/wire.Small", "id": 1}}}"#,
            json!({"any": {"@type": "t/google.protobuf.Any", "value": {"@type": "t/wire.Small", "id": 1}}}),
        ),
        (
            "an empty Any of nothing",
            r#"{"anys": [{"@type": "t/wire.Small"}]}"#,
            json!({"anys": [{"@type": "t/wire.Small"}]}),
        ),
        (
            "comments and trailing commas",
            "{ // a\n \"int32\": /* b */ 1, \"int32s\": [1,],}",
            json!({"int32": 1, "int32s": [1]}),
        ),
        (
            "the largest field number",
            r#"{"far": 1}"#,
            json!({"far": 1}),
        ),
    ] {
        assert_eq!(canonical("wire.All", text), want, "{name}");
    }
}

#[test]
fn proto2_bodies_mean_what_protobuf_says() {
    for (name, text, want) in [
        (
            "a default is sent when given",
            r#"{"id": 0, "level": "HIGH"}"#,
            json!({"id": 0, "level": "HIGH"}),
        ),
        (
            "groups",
            r#"{"id": 1, "part": {"x": 5, "inner": {"id": 2}}, "item": [{"y": "a", "deep": [{"z": 1}, {}]}, {}]}"#,
            json!({"id": 1, "part": {"x": 5, "inner": {"id": 2}}, "item": [{"y": "a", "deep": [{"z": 1}, {}]}, {}]}),
        ),
        (
            "packed and not",
            r#"{"id": 1, "loose": [1, 0], "packed": [1, 0]}"#,
            json!({"id": 1, "loose": [1, 0], "packed": [1, 0]}),
        ),
        (
            "extensions",
            r#"{"id": 1, "[wire2.number]": "5", "[wire2.words]": ["a"], "[wire2.nested]": {"id": 3}, "[wire2.Scope.numbers]": [-1]}"#,
            json!({"id": 1, "[wire2.number]": "5", "[wire2.words]": ["a"], "[wire2.nested]": {"id": 3}, "[wire2.Scope.numbers]": [-1]}),
        ),
        (
            "a group in a oneof",
            r#"{"id": 1, "third": {"x": 1}}"#,
            json!({"id": 1, "third": {"x": 1}}),
        ),
    ] {
        assert_eq!(canonical("wire2.Old", text), want, "{name}");
    }
}

#[test]
fn well_known_types_may_be_the_whole_body() {
    for (name, text, want) in [
        ("google.protobuf.Empty", "{}", json!({})),
        ("google.protobuf.Empty", "", json!({})),
        ("google.protobuf.StringValue", "\"x\"", json!("x")),
        ("google.protobuf.Int64Value", "\"-5\"", json!("-5")),
        (
            "google.protobuf.Timestamp",
            "\"1970-01-01T00:00:01Z\"",
            json!("1970-01-01T00:00:01Z"),
        ),
        ("google.protobuf.Value", "null", json!(null)),
        ("google.protobuf.Value", "[1]", json!([1.0])),
        ("google.protobuf.ListValue", "[]", json!([])),
        ("google.protobuf.Struct", "{\"a\": 1}", json!({"a": 1.0})),
        (
            "google.protobuf.Any",
            "{\"@type\": \"t/google.protobuf.Empty\", \"value\": {}}",
            json!({"@type": "t/google.protobuf.Empty", "value": {}}),
        ),
        (
            "google.protobuf.Any",
            "{\"@type\": \"t/google.protobuf.Empty\"}",
            json!({"@type": "t/google.protobuf.Empty", "value": {}}),
        ),
    ] {
        assert_eq!(canonical(name, text), want, "{name} {text}");
    }
    let any = message("google.protobuf.Any");
    assert!(
        encode(&Document::new("{}"), &any, &scope())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_expression_of_every_kind_of_field_is_as_good_as_its_value() {
    for (templated, literal) in [
        (
            r#"{"int64": "{{ 9223372036854775807 }}"}"#,
            r#"{"int64": "9223372036854775807"}"#,
        ),
        (
            r#"{"sint64": "{{ -9223372036854775808 }}"}"#,
            r#"{"sint64": "-9223372036854775808"}"#,
        ),
        (
            r#"{"uint64": "{{ 18446744073709551615 }}"}"#,
            r#"{"uint64": "18446744073709551615"}"#,
        ),
        (
            r#"{"fixed64": "{{ '18446744073709551615' }}"}"#,
            r#"{"fixed64": "18446744073709551615"}"#,
        ),
        (
            r#"{"uint32": "{{ port|int * 2 }}"}"#,
            r#"{"uint32": 16160}"#,
        ),
        (r#"{"sint32": "{{ 0 - 5 }}"}"#, r#"{"sint32": -5}"#),
        (r#"{"float": "{{ 1 / 4 }}"}"#, r#"{"float": 0.25}"#),
        (
            r#"{"double": "{{ 'Infinity' }}"}"#,
            r#"{"double": "Infinity"}"#,
        ),
        (r#"{"bool": "{{ not false }}"}"#, r#"{"bool": true}"#),
        (r#"{"bool": "{{ flag }}"}"#, r#"{"bool": true}"#),
        (r#"{"bytes": "{{ 'AQ' ~ 'ID' }}"}"#, r#"{"bytes": "AQID"}"#),
        (r#"{"bytes": "AQ{{ 'ID' }}"}"#, r#"{"bytes": "AQID"}"#),
        (
            r#"{"color": "{{ 'COLOR_' ~ 'RED' }}"}"#,
            r#"{"color": "COLOR_RED"}"#,
        ),
        (r#"{"color": "{{ 2 - 1 }}"}"#, r#"{"color": 1}"#),
        (r#"{"span": "{{ 3 / 2 }}s"}"#, r#"{"span": "1.5s"}"#),
        (r#"{"span": "{{ '1.5s' }}"}"#, r#"{"span": "1.5s"}"#),
        (
            r#"{"time": "{{ when }}"}"#,
            r#"{"time": "2024-02-29T12:00:00Z"}"#,
        ),
        (
            r#"{"time": "2024-02-29T12:00:0{{ 4 }}Z"}"#,
            r#"{"time": "2024-02-29T12:00:04Z"}"#,
        ),
        (
            r#"{"names": {"{{ 2 * 3 }}": "{{ name }}"}}"#,
            r#"{"names": {"6": "wörld"}}"#,
        ),
        (
            r#"{"flags": {"{{ 1 < 2 }}": {"id": "{{ 7 }}"}}}"#,
            r#"{"flags": {"true": {"id": 7}}}"#,
        ),
        (
            r#"{"palette": {"{{ port }}": "{{ color }}"}}"#,
            r#"{"palette": {"8080": "COLOR_RED"}}"#,
        ),
        (
            r#"{"int64Value": "{{ 9007199254740993 }}"}"#,
            r#"{"int64Value": "9007199254740993"}"#,
        ),
        (
            r#"{"mask": "{{ 'a' }},b.{{ 'c' }}"}"#,
            r#"{"mask": "a,b.c"}"#,
        ),
        (r#"{"string": "{{ port|int }}"}"#, r#"{"string": "8080"}"#),
    ] {
        assert_eq!(
            canonical("wire.All", templated),
            canonical("wire.All", literal),
            "{templated}"
        );
    }
}

#[test]
fn expressions_take_the_type_of_their_field() {
    let text = r#"{
        "int32": "{{ port }}", "uint64": "{{ port|int + 1 }}", "bool": "{{ flag }}", "double": "{{ half }}",
        "color": "{{ color }}", "colors": ["{{ 1 }}"], "string": "hello {{ name }}", "bytes": "{{ 'AA' }}",
        "maybeText": "{{ none }}", "time": "{{ when }}", "int32s": ["{{ port }}", 2],
        "counts": {"{{ name }}": "{{ port }}"}, "boolValue": "{{ 1 < 2 }}", "int64Value": "{{ port }}",
        "value": "{{ port|int }}", "struct": {"a {{ name }}": "{{ true }}", "b": "{{ port }}", "c": "{{ none }}"},
        "strings": ["{{ port }}", "{{ \"{{\" }}", "{% raw %}"],
        "any": {"@type": "t/wire.{{ 'Small' }}", "id": "{{ port }}"}
    }"#;
    let want = json!({
        "int32": 8080, "uint64": "8081", "bool": true, "double": 0.5,
        "color": "COLOR_RED", "colors": ["COLOR_RED"], "string": "hello wörld", "bytes": "AA==",
        "time": "2024-02-29T12:00:00Z", "int32s": [8080, 2],
        "counts": {"wörld": 8080}, "boolValue": true, "int64Value": "8080",
        "value": 8080.0, "struct": {"a wörld": true, "b": "8080", "c": null},
        "strings": ["8080", "{{", "{% raw %}"],
        "any": {"@type": "t/wire.Small", "id": 8080}
    });
    assert_eq!(canonical("wire.All", text), want);
    // Numbers given where text is due are text, when an expression gave them.
    assert_eq!(
        canonical("wire.All", r#"{"string": "{{ 1 + 1 }}"}"#),
        json!({"string": "2"})
    );
    let uuid = canonical(
        "wire.All",
        r#"{"string": "{{ uuid() }}", "time": "{{ now() }}", "int64": "{{ now_ms() }}"}"#,
    );
    assert_eq!(uuid["string"].as_str().unwrap().len(), 36);
}

/// A mistake: name, text, path, marked text, words of the message, words of the hint.
type Mistake = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

fn check_mistakes(message: &MessageDescriptor, cases: &[Mistake]) {
    for (name, text, path, marked, words, hint) in cases {
        let found = encoded(message, text).expect_err(name);
        let [one] = found.as_slice() else {
            panic!("{name}: {found:#?}");
        };
        assert_eq!(one.path.to_string(), *path, "{name}");
        assert_eq!(&text[one.range.clone()], *marked, "{name}");
        assert!(one.message.contains(words), "{name}: {}", one.message);
        assert!(
            !one.message.ends_with('.') && one.message.len() < 200,
            "{name}"
        );
        let given = one.hint.clone().unwrap_or_default();
        assert!(given.contains(hint), "{name}: {given}");
        assert_eq!(
            check(&Document::new(*text), message, &scope()),
            found,
            "{name}"
        );
    }
}

#[test]
fn every_mistake_is_named_with_path_place_and_hint() {
    check_mistakes(
        &message("wire.All"),
        &[
            (
                "a syntax error",
                "{\"int32\": 1 \"x\"",
                "",
                "\"x\"",
                "expected `,` or `}`",
                "comma",
            ),
            (
                "an unknown key",
                r#"{"smal": {}}"#,
                "smal",
                "\"smal\"",
                "`wire.All` has no field `smal`",
                "did you mean `small`?",
            ),
            (
                "an unknown key of a small message",
                r#"{"small": {"zzzzzz": 1}}"#,
                "small.zzzzzz",
                "\"zzzzzz\"",
                "`wire.Small` has no field",
                "it has id, name, tags",
            ),
            (
                "an unknown extension",
                r#"{"[a.b]": 1}"#,
                "[a.b]",
                "\"[a.b]\"",
                "has no extension `[a.b]`",
                "[package.name]",
            ),
            (
                "a number too large",
                r#"{"smalls": [{}, {"id": 3000000000}]}"#,
                "smalls[1].id",
                "3000000000",
                "`3000000000` does not fit int32",
                "-2147483648 to 2147483647",
            ),
            (
                "a negative for unsigned",
                r#"{"uint64": -1}"#,
                "uint64",
                "-1",
                "does not fit uint64",
                "from 0 to 18446744073709551615",
            ),
            (
                "one beyond int64",
                r#"{"int64": "9223372036854775808"}"#,
                "int64",
                "\"9223372036854775808\"",
                "does not fit int64",
                "",
            ),
            (
                "an exponent from another world",
                r#"{"int32": 1e999999999999}"#,
                "int32",
                "1e999999999999",
                "does not fit int32",
                "",
            ),
            (
                "a fraction",
                r#"{"int32": 1.5}"#,
                "int32",
                "1.5",
                "`1.5` is no whole number",
                "",
            ),
            (
                "text for a number",
                r#"{"int32": "abc"}"#,
                "int32",
                "\"abc\"",
                "expected a number (int32), found the string `abc`",
                "",
            ),
            (
                "a boolean for a number",
                r#"{"int32": true}"#,
                "int32",
                "true",
                "expected a number (int32), found `true`",
                "",
            ),
            (
                "an object for a number",
                r#"{"int32": {"a": 1}}"#,
                "int32",
                "{",
                "expected int32, found an object",
                "",
            ),
            (
                "a float too large",
                r#"{"float": 1e39}"#,
                "float",
                "1e39",
                "does not fit float",
                "Infinity",
            ),
            (
                "a double too large",
                r#"{"double": -1e309}"#,
                "double",
                "-1e309",
                "does not fit double",
                "",
            ),
            (
                "a word for a float",
                r#"{"double": "nan"}"#,
                "double",
                "\"nan\"",
                "expected a number (double)",
                "\"NaN\"",
            ),
            (
                "a number for a string",
                r#"{"string": 5}"#,
                "string",
                "5",
                "expected a string, found the number `5`",
                "\"5\"",
            ),
            (
                "a quoted boolean",
                r#"{"bool": "true"}"#,
                "bool",
                "\"true\"",
                "expected true or false",
                "remove the quotes",
            ),
            (
                "a number for a boolean",
                r#"{"bool": 1}"#,
                "bool",
                "1",
                "expected true or false",
                "",
            ),
            (
                "no base64",
                r#"{"bytes": "a b"}"#,
                "bytes",
                "\"a b\"",
                "`a b` is no base64: character 2",
                "\"YSBi\"",
            ),
            (
                "base64 of a wrong length",
                r#"{"bytes": "A"}"#,
                "bytes",
                "\"A\"",
                "its length is wrong",
                "",
            ),
            (
                "half a surrogate pair",
                r#"{"string": "ab\ud83d"}"#,
                "string",
                r"\ud83d",
                "half of a surrogate pair",
                "",
            ),
            (
                "half a pair in a map's key",
                r#"{"counts": {"\ude00": 1}}"#,
                "counts.\u{fffd}",
                r"\ude00",
                "half of a surrogate pair",
                "",
            ),
            (
                "an enum's name",
                r#"{"color": "color_rde"}"#,
                "color",
                "\"color_rde\"",
                "`wire.Color` has no value `color_rde`",
                "did you mean `COLOR_RED`?",
            ),
            (
                "another enum's name",
                r#"{"color": "xyzzy"}"#,
                "color",
                "\"xyzzy\"",
                "has no value",
                "it has COLOR_",
            ),
            (
                "an enum's number in quotes",
                r#"{"color": "1"}"#,
                "color",
                "\"1\"",
                "has no value",
                "remove the quotes",
            ),
            (
                "an enum's number too large",
                r#"{"color": 2147483648}"#,
                "color",
                "2147483648",
                "is no number of an enum",
                "int32",
            ),
            (
                "one value for a list",
                r#"{"int32s": 5}"#,
                "int32s",
                "5",
                "expected a list of int32, found the number `5`",
                "[5]",
            ),
            (
                "null in a list",
                r#"{"strings": ["a", null]}"#,
                "strings[1]",
                "null",
                "a list cannot hold null",
                "remove the item",
            ),
            (
                "null in a map",
                r#"{"counts": {"a": null}}"#,
                "counts.a",
                "null",
                "a map cannot hold null",
                "remove the entry",
            ),
            (
                "a list for a map",
                r#"{"counts": []}"#,
                "counts",
                "[",
                "expected an object (map<string, int32>), found a list",
                "",
            ),
            (
                "a map's key",
                r#"{"names": {"x": "y"}}"#,
                "names.x",
                "\"x\"",
                "expected a number (int64)",
                "",
            ),
            (
                "a map's boolean key",
                r#"{"flags": {"yes": {}}}"#,
                "flags.yes",
                "\"yes\"",
                "expected true or false",
                "",
            ),
            (
                "a map's key twice",
                r#"{"names": {"1": "a", "1.0": "b"}}"#,
                "names.1.0",
                "\"1.0\"",
                "key `1.0` stands twice",
                "remove",
            ),
            (
                "a key twice",
                r#"{"int32": 1, "int32": 2}"#,
                "int32",
                "\"int32\"",
                "`int32` stands twice",
                "remove",
            ),
            (
                "a field under both names",
                r#"{"maybeInt": 1, "maybe_int": 2}"#,
                "maybe_int",
                "\"maybe_int\"",
                "`maybeInt` and `maybe_int` name the same field",
                "remove",
            ),
            (
                "two arms",
                r#"{"number": 1, "text": "x"}"#,
                "text",
                "\"text\"",
                "`number` and `text` are both set, but oneof `choice` holds one",
                "remove",
            ),
            (
                "a list for a message",
                r#"{"small": []}"#,
                "small",
                "[",
                "expected an object (wire.Small), found a list",
                "",
            ),
            (
                "an expression for a message",
                r#"{"small": "{{ name }}"}"#,
                "small",
                "\"{{ name }}\"",
                "expected an object (wire.Small)",
                "",
            ),
            (
                "the root",
                "[]",
                "",
                "[",
                "expected an object (wire.All), found a list",
                "",
            ),
            (
                "null as the root",
                "null",
                "",
                "null",
                "expected an object (wire.All), found null",
                "",
            ),
            (
                "no time",
                r#"{"time": "yesterday"}"#,
                "time",
                "\"yesterday\"",
                "`yesterday` is no time: it does not begin with a date",
                "2024",
            ),
            (
                "a number for a time",
                r#"{"time": 5}"#,
                "time",
                "5",
                "expected an RFC 3339 time, found the number `5`",
                "",
            ),
            (
                "no duration",
                r#"{"span": "5"}"#,
                "span",
                "\"5\"",
                "`5` is no duration",
                "write \"5s\"",
            ),
            (
                "words in place of a duration",
                r#"{"span": "soon"}"#,
                "span",
                "\"soon\"",
                "`soon` is no duration",
                "1.5s",
            ),
            (
                "a mask in snake case",
                r#"{"mask": "foo_bar"}"#,
                "mask",
                "\"foo_bar\"",
                "not in camel case",
                "fooBar",
            ),
            (
                "a list for a struct",
                r#"{"struct": []}"#,
                "struct",
                "[",
                "expected an object, found a list",
                "",
            ),
            (
                "an object for a list value",
                r#"{"list": {}}"#,
                "list",
                "{",
                "expected a list, found an object",
                "",
            ),
            (
                "a struct's key twice",
                r#"{"struct": {"a": 1, "a": 2}}"#,
                "struct.a",
                "\"a\"",
                "key `a` stands twice",
                "",
            ),
            (
                "a number beyond double in free JSON",
                r#"{"value": 1e999}"#,
                "value",
                "1e999",
                "does not fit double",
                "",
            ),
            (
                "an Any without type",
                r#"{"any": {"id": 1}}"#,
                "any",
                "{",
                "an Any needs to say its type",
                "@type",
            ),
            (
                "an Any of a type that is not there",
                r#"{"any": {"@type": "t/wire.Smal"}}"#,
                "any.@type",
                "\"t/wire.Smal\"",
                "the schema has no message `wire.Smal`",
                "did you mean `wire.Small`?",
            ),
            (
                "an Any without slash",
                r#"{"any": {"@type": "wire.Small"}}"#,
                "any.@type",
                "\"wire.Small\"",
                "is no type's URL",
                "type.googleapis.com/wire.Small",
            ),
            (
                "an Any's type as a number",
                r#"{"any": {"@type": 1}}"#,
                "any.@type",
                "1",
                "expected the URL of a type",
                "",
            ),
            (
                "an Any's unknown member",
                r#"{"any": {"@type": "t/wire.Small", "idd": 1}}"#,
                "any.idd",
                "\"idd\"",
                "`wire.Small` has no field `idd`",
                "did you mean `id`?",
            ),
            (
                "a well-known type in an Any without value",
                r#"{"any": {"@type": "t/google.protobuf.Duration"}}"#,
                "any",
                "{",
                "needs a \"value\"",
                "",
            ),
            (
                "a member beside value",
                r#"{"any": {"@type": "t/google.protobuf.Duration", "value": "1s", "x": 1}}"#,
                "any.x",
                "\"x\"",
                "under \"value\" alone",
                "remove",
            ),
            (
                "an Empty with members",
                r#"{"empty": {"a": 1}}"#,
                "empty.a",
                "\"a\"",
                "has no field `a`",
                "it has no fields",
            ),
            (
                "a wrapper's range",
                r#"{"int32Value": 3000000000}"#,
                "int32Value",
                "3000000000",
                "does not fit int32",
                "",
            ),
            (
                "an undefined variable",
                r#"{"string": "a\n{{ prot }} b"}"#,
                "string",
                "{{ prot }}",
                "`prot` is not defined",
                "did you mean `port`?",
            ),
            (
                "a variable of the wrong type",
                r#"{"int32": "{{ name }}"}"#,
                "int32",
                "\"{{ name }}\"",
                "expected a number (int32), found the string `wörld`",
                "",
            ),
            (
                "text around an expression is text",
                r#"{"bool": "{{ flag }} "}"#,
                "bool",
                "\"{{ flag }} \"",
                "expected true or false",
                "",
            ),
            (
                "an expression in a map's key",
                r#"{"counts": {"{{ x }}": 1}}"#,
                "counts.{{ x }}",
                "{{ x }}",
                "`x` is not defined",
                "",
            ),
        ],
    );
}

#[test]
fn proto2_mistakes_are_named() {
    check_mistakes(
        &message("wire2.Old"),
        &[
            (
                "a required field",
                r#"{"name": "x"}"#,
                "id",
                "{",
                "required field `id` is missing",
                "`wire2.Old` needs it",
            ),
            (
                "a required field of an empty text",
                "",
                "id",
                "",
                "required field `id` is missing",
                "",
            ),
            (
                "a required field that is null",
                r#"{"id": null}"#,
                "id",
                "{",
                "required field `id` is missing",
                "",
            ),
            (
                "a required field further in",
                r#"{"id": 1, "part": {"inner": {}}}"#,
                "part.inner.id",
                "{",
                "required",
                "",
            ),
            (
                "a closed enum's number",
                r#"{"id": 1, "level": 4}"#,
                "level",
                "4",
                "`wire2.Level` has no value 4",
                "closed enum",
            ),
            (
                "an extension near another",
                r#"{"id": 1, "[wire2.word]": 4}"#,
                "[wire2.word]",
                "\"[wire2.word]\"",
                "has no extension",
                "[wire2.words]",
            ),
        ],
    );
}

#[test]
fn all_mistakes_are_given_in_the_order_of_the_text() {
    let text = r#"{"int32": "x", "small": {"id": "y", "nope": 1}, "int32s": [1, "z", {}], "number": 1, "text": 2}"#;
    let found = encoded(&message("wire.All"), text).unwrap_err();
    let paths: Vec<String> = found.iter().map(|d| d.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "int32",
            "small.id",
            "small.nope",
            "int32s[1]",
            "int32s[2]",
            "text",
            "text"
        ]
    );
    let many = format!("{{\"int32s\": [{}1]}}", "true,".repeat(5_000));
    assert_eq!(encoded(&message("wire.All"), &many).unwrap_err().len(), 200);
}

#[test]
fn the_bytes_are_canonical() {
    for (name, text, want) in [
        (
            "packed",
            r#"{"int32s": [1, 300]}"#,
            &[0xa2, 1, 3, 1, 0xac, 2][..],
        ),
        (
            "not packed",
            r#"{"loose": [1, 2]}"#,
            &[0xf0, 1, 1, 0xf0, 1, 2],
        ),
        (
            "negative int32 in ten bytes",
            r#"{"int32": -1}"#,
            &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ),
        ("zigzag", r#"{"sint32": -1}"#, &[0x28, 1]),
        ("fixed", r#"{"fixed32": 1}"#, &[0x3d, 1, 0, 0, 0]),
        (
            "minus zero is no default",
            r#"{"float": -0.0}"#,
            &[0x5d, 0, 0, 0, 0x80],
        ),
        (
            "a map's entry has both",
            r#"{"counts": {"": 0}}"#,
            &[0xc2, 2, 4, 0x0a, 0, 0x10, 0],
        ),
        (
            "the order of the text",
            r#"{"bool": true, "int32": 1}"#,
            &[0x68, 1, 8, 1],
        ),
    ] {
        let bytes = encode(&Document::new(text), &message("wire.All"), &scope()).unwrap();
        assert_eq!(&bytes[..], want, "{name}");
    }
}

#[test]
fn lists_are_packed_as_the_source_says() {
    for (name, source, packed) in [
        (
            "proto2",
            r#"syntax = "proto2"; message M { repeated int32 a = 1; }"#,
            false,
        ),
        (
            "proto3",
            r#"syntax = "proto3"; message M { repeated int32 a = 1; }"#,
            true,
        ),
        (
            "proto2, packed",
            r#"syntax = "proto2"; message M { repeated int32 a = 1 [packed = true]; }"#,
            true,
        ),
        (
            "proto3, not packed",
            r#"syntax = "proto3"; message M { repeated int32 a = 1 [packed = false]; }"#,
            false,
        ),
        (
            "an extension, packed",
            r#"syntax = "proto2"; message M { extensions 1; } extend M { repeated int32 a = 1 [packed = true]; }"#,
            true,
        ),
        (
            "an enum",
            r#"syntax = "proto2"; enum E { Z = 0; } message M { repeated E a = 1 [packed = true]; }"#,
            true,
        ),
    ] {
        let message = compile(source).get_message_by_name("M").unwrap();
        let key = if source.contains("extend ") {
            "[a]"
        } else {
            "a"
        };
        let body = format!("{{\"{key}\": [0, 0]}}");
        let bytes = encode(&Document::new(body), &message, &scope()).unwrap();
        let want: &[u8] = if packed {
            &[0x0a, 2, 0, 0]
        } else {
            &[8, 0, 8, 0]
        };
        assert_eq!(&bytes[..], want, "{name}");
    }
}

#[test]
fn deep_and_large_bodies_end() {
    let all = message("wire.All");
    let nested = |depth: usize| format!("{}{{}}{}", "{\"child\":".repeat(depth), "}".repeat(depth));
    assert!(encode(&Document::new(nested(99)), &all, &scope()).is_ok());
    let error = encoded(&all, &nested(100_000)).unwrap_err();
    assert!(error[0].message.contains("more than 100 brackets"));
    let free = format!("{{\"value\": {}1{}}}", "[".repeat(99), "]".repeat(99));
    assert!(encode(&Document::new(free), &all, &scope()).is_ok());
    let anys = format!(
        "{{\"any\": {}{{}}{}}}",
        "{\"@type\":\"t/google.protobuf.Any\",\"value\":".repeat(98),
        "}".repeat(98)
    );
    assert!(encode(&Document::new(anys), &all, &scope()).is_ok());
    let digits = format!("{{\"int32\": {}}}", "9".repeat(10_000));
    assert!(encoded(&all, &digits).unwrap_err()[0].message.len() < 100);
    let exact = format!("{{\"double\": 0.{}1}}", "0".repeat(10_000));
    assert!(
        encode(&Document::new(exact), &all, &scope())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn numbers_of_ten_thousand_digits_fit_no_field() {
    let all = message("wire.All");
    let digits = "9".repeat(10_000);
    for field in [
        "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
        "sfixed64", "float", "double", "bool", "color",
    ] {
        for value in [
            digits.clone(),
            format!("-{digits}"),
            format!("\"{digits}\""),
        ] {
            let text = format!("{{\"{field}\": {value}}}");
            let errors = encoded(&all, &text).unwrap_err();
            assert_eq!(errors.len(), 1, "{field}");
            assert_eq!(errors[0].path.to_string(), field);
            assert_eq!(&text[errors[0].range.clone()], value, "{field}");
            let message = &errors[0].message;
            assert!(
                !message.is_empty() && message.len() < 150,
                "{field}: {message}"
            );
        }
    }
}

#[test]
fn a_schema_that_imitates_a_well_known_type_does_no_harm() {
    let pool = compile(
        "syntax = \"proto3\"; package t; message Value { string kind = 1; } message M { Value value = 1; }",
    );
    let message = pool.get_message_by_name("t.M").unwrap();
    let decoded = encoded(&message, r#"{"value": {"kind": "x"}}"#).unwrap();
    assert_eq!(
        serde_json::to_value(decoded).unwrap(),
        json!({"value": {"kind": "x"}})
    );
}

#[test]
fn a_body_cut_anywhere_never_panics() {
    let text = r#"{"int32s": [1, -2.5e3], "struct": {"a\ud83d\ude00": "{{ port }}"}, /* c */ "any": {"@type": "t/wire.Small", "id": 1}} // x"#;
    let all = message("wire.All");
    for end in 0..=text.len() {
        let found = check(&Document::new(&text[..end]), &all, &scope());
        assert!(
            end == text.len() || found.len() <= 2,
            "{}: {found:?}",
            &text[..end]
        );
    }
}

#[test]
fn a_fix_mends_what_it_is_offered_for() {
    let message = compile(
        r#"syntax = "proto3";
        import "google/protobuf/any.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/timestamp.proto";
        message M {
          string name = 1;
          bool flag = 2;
          Kind kind = 3;
          repeated int32 list = 4;
          google.protobuf.Any any = 5;
          google.protobuf.Duration wait = 6;
          google.protobuf.Timestamp at = 7;
          bytes raw = 8;
        }
        message Small {}
        enum Kind { KIND_NONE = 0; KIND_OPEN = 1; }"#,
    )
    .get_message_by_name("M")
    .unwrap();
    for (text, mended) in [
        (r#"{"nmae": ""}"#, r#"{"name": ""}"#),
        (r#"{"name": 1.50}"#, r#"{"name": "1.50"}"#),
        (r#"{"name": true}"#, r#"{"name": "true"}"#),
        (r#"{"flag": "true"}"#, r#"{"flag": true}"#),
        (r#"{"kind": "OPEN"}"#, ""),
        (r#"{"kind": "KIND_OPN"}"#, r#"{"kind": "KIND_OPEN"}"#),
        (r#"{"kind": "1"}"#, r#"{"kind": 1}"#),
        (r#"{"kind": "{{ color }}"}"#, ""),
        (r#"{"list": 1}"#, r#"{"list": [1]}"#),
        (r#"{"list": {"a": 1}}"#, ""),
        (
            r#"{"any": {"@type": "M"}}"#,
            r#"{"any": {"@type": "type.googleapis.com/M"}}"#,
        ),
        // The host has the letters of the type.
        (
            r#"{"any": {"@type": "Smal.io/Smal"}}"#,
            r#"{"any": {"@type": "Smal.io/Small"}}"#,
        ),
        (r#"{"wait": "250ms"}"#, r#"{"wait": "0.25s"}"#),
        (r#"{"wait": "2h"}"#, r#"{"wait": "7200s"}"#),
        (r#"{"wait": "soon"}"#, ""),
        (
            r#"{"at": "2024-02-29"}"#,
            r#"{"at": "2024-02-29T00:00:00Z"}"#,
        ),
        (
            r#"{"at": "2024-02-29 10:00:00Z"}"#,
            r#"{"at": "2024-02-29T10:00:00Z"}"#,
        ),
        (
            r#"{"at": "2024-02-29T10:00:00"}"#,
            r#"{"at": "2024-02-29T10:00:00Z"}"#,
        ),
        (r#"{"raw": "it's me"}"#, r#"{"raw": "aXQncyBtZQ=="}"#),
    ] {
        let mut document = Document::new(text);
        let found = encode(&document, &message, &scope()).unwrap_err();
        let Some(fix) = found[0].fix.clone() else {
            assert_eq!(mended, "", "no fix for {text}: {found:?}");
            continue;
        };
        document.replace(fix.range, &fix.with);
        assert_eq!(document.text(), mended, "{text}");
        assert_eq!(check(&document, &message, &scope()), [], "{text}");
    }
}

#[test]
fn a_required_field_is_sent_with_its_default_also_where_its_edition_is_lowered_to_proto3() {
    use prost_reflect::prost_types::{
        DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
        field_descriptor_proto::{Label, Type},
    };
    let field = FieldDescriptorProto {
        name: Some("id".to_owned()),
        number: Some(1),
        label: Some(Label::Required.into()),
        r#type: Some(Type::Int32.into()),
        ..FieldDescriptorProto::default()
    };
    let message = DescriptorProto {
        name: Some("M".to_owned()),
        field: vec![field],
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("m.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![message],
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    let pool = prost_reflect::DescriptorPool::from_file_descriptor_set(set).unwrap();
    let message = pool.get_message_by_name("M").unwrap();
    let wire = encode(&Document::new("{\"id\": 0}"), &message, &Scope::default()).unwrap();
    assert_eq!(wire, [8, 0].as_slice());
    let shown = crate::message::Printer::new(&message).to_json(
        &wire,
        crate::message::JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: 0,
        },
    );
    assert_eq!(shown.text, "{\"id\":0}");
}
