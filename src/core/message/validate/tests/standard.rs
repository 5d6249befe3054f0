//! Every standard rule with values that keep it and values that break it; the official suite in
//! tests/peers has many more.

use super::{super::validate, field};
use crate::message::{Document, Scope, encode};

/// A field's type, its rules, JSON values that keep them, and ones that break them with the rule's id
/// and sentence.
type Case<'a> = (
    &'a str,
    &'a str,
    &'a [&'a str],
    &'a [(&'a str, &'a str, &'a str)],
);

const BEFORE: &str = "enum Color { COLOR_UNSPECIFIED = 0; RED = 1; GREEN = 2; }";

fn check(cases: &[Case<'_>]) {
    for (kind, rules, kept, broken) in cases {
        let field = field(BEFORE, kind, rules);
        let message = field.parent_message();
        let run = |value: &str| {
            let document = Document::new(format!("{{\"f\": {value}}}"));
            let wire = encode(&document, message, &Scope::default()).unwrap();
            let found = validate(&document, message, &wire);
            assert!(found.notes.is_empty(), "{rules}: {:?}", found.notes);
            found.broken
        };
        for value in *kept {
            let found = run(value);
            assert!(found.is_empty(), "{kind}, {rules}, {value}: {found:?}");
        }
        for (value, id, sentence) in *broken {
            let found = run(value);
            let found: Vec<_> = found
                .iter()
                .map(|it| (it.rule.as_deref().unwrap_or_default(), it.message.as_str()))
                .collect();
            assert_eq!(found, [(*id, *sentence)], "{kind}, {rules}, {value}");
        }
    }
}

#[test]
fn numbers() {
    check(&[
        (
            "int32",
            "int32.const = 3",
            &["3"],
            &[("4", "int32.const", "must equal 3")],
        ),
        (
            "int64",
            "int64.gt = 3",
            &["4"],
            &[("3", "int64.gt", "must be greater than 3")],
        ),
        (
            "uint64",
            "uint64.gte = 18446744073709551615",
            &["\"18446744073709551615\""],
            &[(
                "\"18446744073709551614\"",
                "uint64.gte",
                "must be greater than or equal to 18446744073709551615",
            )],
        ),
        (
            "sint32",
            "sint32.lt = -3",
            &["-4"],
            &[("-3", "sint32.lt", "must be less than -3")],
        ),
        (
            "sfixed64",
            "sfixed64.lte = 3",
            &["3"],
            &[("4", "sfixed64.lte", "must be less than or equal to 3")],
        ),
        (
            "int32",
            "int32.gt = 0; int32.lte = 9",
            &["1", "9"],
            &[(
                "10",
                "int32.gt_lte",
                "must be greater than 0 and less than or equal to 9",
            )],
        ),
        (
            "int32",
            "int32.gte = 9; int32.lt = 0",
            &["-1", "9"],
            &[(
                "5",
                "int32.gte_lt_exclusive",
                "must be greater than or equal to 9 or less than 0",
            )],
        ),
        (
            "fixed32",
            "fixed32.in = 1; fixed32.in = 2",
            &["1"],
            &[("3", "fixed32.in", "must be in list [1, 2]")],
        ),
        (
            "uint32",
            "uint32.not_in = 7",
            &["1"],
            &[("7", "uint32.not_in", "must not be in list [7]")],
        ),
        (
            "float",
            "float.lt = 1.5",
            &["1", "\"-Infinity\""],
            &[("\"NaN\"", "float.lt", "must be less than 1.5")],
        ),
        (
            "double",
            "double.finite = true",
            &["1"],
            &[
                ("\"NaN\"", "double.finite", "must be finite"),
                ("\"Infinity\"", "double.finite", "must be finite"),
            ],
        ),
        (
            "google.protobuf.Int32Value",
            "int32.gt = 3",
            &["4", "null"],
            &[("0", "int32.gt", "must be greater than 3")],
        ),
        (
            "bool",
            "bool.const = true",
            &["true"],
            &[("false", "bool.const", "must equal true")],
        ),
        (
            "Color",
            "enum.defined_only = true",
            &["\"RED\""],
            &[(
                "5",
                "enum.defined_only",
                "value must be one of the defined enum values",
            )],
        ),
        (
            "Color",
            "enum.in = 1",
            &["1"],
            &[("2", "enum.in", "must be in list [1]")],
        ),
    ]);
}

#[test]
fn strings() {
    check(&[
        (
            "string",
            "string.const = 'a'",
            &["\"a\""],
            &[("\"b\"", "string.const", "must equal `a`")],
        ),
        (
            "string",
            "string.min_len = 3",
            &["\"äöü\""],
            &[("\"äö\"", "string.min_len", "must be at least 3 characters")],
        ),
        (
            "string",
            "string.max_len = 2",
            &["\"äö\""],
            &[("\"äöü\"", "string.max_len", "must be at most 2 characters")],
        ),
        (
            "string",
            "string.len = 1",
            &["\"ä\""],
            &[("\"\"", "string.len", "must be 1 characters")],
        ),
        (
            "string",
            "string.len_bytes = 2",
            &["\"ä\""],
            &[("\"a\"", "string.len_bytes", "must be 2 bytes")],
        ),
        (
            "string",
            "string.min_bytes = 2; string.max_bytes = 3",
            &["\"ä\""],
            &[("\"ää\"", "string.max_bytes", "must be at most 3 bytes")],
        ),
        (
            "string",
            "string.pattern = '^[a-z]+$'",
            &["\"ab\""],
            &[(
                "\"aB\"",
                "string.pattern",
                "does not match regex pattern `^[a-z]+$`",
            )],
        ),
        (
            "string",
            "string.prefix = 'a'",
            &["\"ab\""],
            &[("\"b\"", "string.prefix", "does not have prefix `a`")],
        ),
        (
            "string",
            "string.suffix = 'b'",
            &["\"ab\""],
            &[("\"a\"", "string.suffix", "does not have suffix `b`")],
        ),
        (
            "string",
            "string.contains = 'b'",
            &["\"abc\""],
            &[("\"a\"", "string.contains", "does not contain substring `b`")],
        ),
        (
            "string",
            "string.not_contains = 'b'",
            &["\"a\""],
            &[("\"abc\"", "string.not_contains", "contains substring `b`")],
        ),
        (
            "string",
            "string.in = 'a'; string.in = 'b'",
            &["\"a\""],
            &[("\"c\"", "string.in", "must be in list [a, b]")],
        ),
        (
            "string",
            "string.email = true",
            &["\"a@b.c\""],
            &[
                ("\"a\"", "string.email", "must be a valid email address"),
                (
                    "\"\"",
                    "string.email_empty",
                    "value is empty, which is not a valid email address",
                ),
            ],
        ),
        (
            "string",
            "string.host_and_port = true",
            &["\"[::1]:80\""],
            &[
                (
                    "\"a\"",
                    "string.host_and_port",
                    "must be a valid host (hostname or IP address) and port pair",
                ),
                (
                    "\"\"",
                    "string.host_and_port_empty",
                    "value is empty, which is not a valid host and port pair",
                ),
            ],
        ),
        (
            "string",
            "string.uri_ref = true",
            &["\"\"", "\"a/b?c\""],
            &[("\"a b\"", "string.uri_ref", "must be a valid URI Reference")],
        ),
        (
            "string",
            "string.well_known_regex = KNOWN_REGEX_HTTP_HEADER_NAME",
            &["\":path\""],
            &[(
                "\"a b\"",
                "string.well_known_regex.header_name",
                "must be a valid HTTP header name",
            )],
        ),
        (
            "string",
            "string.uuid = true",
            &["\"00000000-0000-0000-0000-000000000000\""],
            &[("\"0\"", "string.uuid", "must be a valid UUID")],
        ),
        (
            "google.protobuf.StringValue",
            "string.min_len = 1",
            &["\"a\""],
            &[("\"\"", "string.min_len", "must be at least 1 characters")],
        ),
        (
            "bytes",
            "bytes.min_len = 2",
            &["\"AAAA\""],
            &[("\"AA==\"", "bytes.min_len", "must be at least 2 bytes")],
        ),
        (
            "bytes",
            "bytes.prefix = '\\x00'",
            &["\"AAAA\""],
            &[("\"/w==\"", "bytes.prefix", "does not have prefix 00")],
        ),
        (
            "bytes",
            "bytes.ipv4 = true",
            &["\"fwAAAQ==\""],
            &[("\"AA==\"", "bytes.ipv4", "must be a valid IPv4 address")],
        ),
    ]);
}

#[test]
fn collections() {
    check(&[
        (
            "repeated int32",
            "repeated.min_items = 2",
            &["[1, 2]"],
            &[(
                "[]",
                "repeated.min_items",
                "must contain at least 2 item(s)",
            )],
        ),
        (
            "repeated int32",
            "repeated.max_items = 1",
            &["[1]"],
            &[(
                "[1, 2]",
                "repeated.max_items",
                "must contain no more than 1 item(s)",
            )],
        ),
        (
            "repeated double",
            "repeated.unique = true",
            &["[1, 2, \"NaN\", \"NaN\"]"],
            &[(
                "[0, -0.0]",
                "repeated.unique",
                "repeated value must contain unique items",
            )],
        ),
        (
            "repeated string",
            "repeated.items.string.min_len = 2",
            &["[\"ab\"]"],
            &[(
                "[\"ab\", \"a\"]",
                "string.min_len",
                "must be at least 2 characters",
            )],
        ),
        (
            "repeated string",
            "repeated.items = {ignore: IGNORE_IF_ZERO_VALUE, string: {min_len: 2}}",
            &["[\"\"]"],
            &[("[\"a\"]", "string.min_len", "must be at least 2 characters")],
        ),
        (
            "map<string, int32>",
            "map.min_pairs = 1",
            &["{\"a\": 1}"],
            &[("{}", "map.min_pairs", "map must be at least 1 entries")],
        ),
        (
            "map<string, int32>",
            "map.keys.string.min_len = 2",
            &["{\"ab\": 1}"],
            &[(
                "{\"a\": 1}",
                "string.min_len",
                "must be at least 2 characters",
            )],
        ),
        (
            "map<int32, int32>",
            "map.values.int32.gt = 0",
            &["{\"1\": 1}"],
            &[("{\"1\": 0}", "int32.gt", "must be greater than 0")],
        ),
    ]);
}

#[test]
fn well_known_types() {
    check(&[
        (
            "google.protobuf.Duration",
            "duration.lt = {seconds: 1, nanos: 500000000}",
            &["\"1s\""],
            &[("\"1.5s\"", "duration.lt", "must be less than 1.5s")],
        ),
        (
            "google.protobuf.Timestamp",
            "timestamp.lt_now = true",
            &["\"2020-01-01T00:00:00Z\""],
            &[(
                "\"9000-01-01T00:00:00Z\"",
                "timestamp.lt_now",
                "must be less than now",
            )],
        ),
        (
            "google.protobuf.Timestamp",
            "timestamp.gt_now = true",
            &["\"9000-01-01T00:00:00Z\""],
            &[(
                "\"2020-01-01T00:00:00Z\"",
                "timestamp.gt_now",
                "must be greater than now",
            )],
        ),
        (
            "google.protobuf.Timestamp",
            "timestamp.within = {seconds: 60}",
            &[],
            &[(
                "\"2020-01-01T00:00:00Z\"",
                "timestamp.within",
                "must be within 60s of now",
            )],
        ),
        (
            "google.protobuf.Timestamp",
            "timestamp.gte = {seconds: 1}",
            &["\"1970-01-01T00:00:01Z\""],
            &[(
                "\"1970-01-01T00:00:00Z\"",
                "timestamp.gte",
                "must be greater than or equal to 1970-01-01T00:00:01Z",
            )],
        ),
        (
            "google.protobuf.FieldMask",
            "field_mask.in = 'a'",
            &["\"a.b\""],
            &[("\"ab\"", "field_mask.in", "must only contain paths in [a]")],
        ),
        (
            "google.protobuf.Any",
            "any.not_in = 'type.googleapis.com/google.protobuf.Duration'",
            &[
                "{\"@type\": \"type.googleapis.com/google.protobuf.Timestamp\", \"value\": \"2020-01-01T00:00:00Z\"}",
            ],
            &[(
                "{\"@type\": \"type.googleapis.com/google.protobuf.Duration\", \"value\": \"1s\"}",
                "any.not_in",
                "type URL must not be in the block list",
            )],
        ),
    ]);
}

#[test]
fn presence_and_what_is_ignored() {
    check(&[
        (
            "string",
            "required = true",
            &["\"a\""],
            &[("\"\"", "required", "value is required")],
        ),
        (
            "optional string",
            "required = true",
            &["\"\""],
            &[("null", "required", "value is required")],
        ),
        (
            "optional int32",
            "int32.gt = 3",
            &["null"],
            &[("0", "int32.gt", "must be greater than 3")],
        ),
        (
            "int32",
            "int32.gt = 3; ignore = IGNORE_IF_ZERO_VALUE",
            &["0"],
            &[("1", "int32.gt", "must be greater than 3")],
        ),
        (
            "int32",
            "int32.gt = 3; ignore = IGNORE_ALWAYS; required = true",
            &["0", "1"],
            &[],
        ),
    ]);
}
