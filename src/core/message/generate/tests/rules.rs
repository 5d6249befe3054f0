//! Bodies keep the rules of protovalidate.

use super::*;
use crate::message::validate::validate;

/// Message `M` with these members.
fn message(members: &str) -> MessageDescriptor {
    let pool = compile(&format!(
        r#"syntax = "proto3";
        package t;
        import "buf/validate/validate.proto";
        import "google/protobuf/any.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";
        enum Level {{ LEVEL_UNSPECIFIED = 0; LOW = 1; HIGH = 2; }}
        message Line {{ string sku = 1 [(buf.validate.field).string.pattern = "^[A-Z]{{3}}-[0-9]{{4}}$"]; }}
        message M {{ {members} }}"#
    ));
    pool.get_message_by_name("t.M").unwrap()
}

/// The rules a body breaks, in words.
fn broken(message: &MessageDescriptor, text: &str) -> Vec<String> {
    let document = Document::new(text);
    let wire =
        encode(&document, message, &Scope::default()).unwrap_or_else(|it| panic!("{it:?}\n{text}"));
    let validation = validate(&document, message, &wire);
    assert_eq!(
        validation.notes,
        [],
        "every rule of the test can be checked"
    );
    let broken = validation.broken.into_iter();
    broken
        .map(|it| format!("{}: {}", it.path, it.message))
        .collect()
}

/// A field's type, and its rules below `(buf.validate.field)`.
const FIELDS: &[(&str, &str)] = &[
    ("int32", "int32 = {gte: 10, lte: 20}"),
    ("int32", "int32 = {gt: 100, lt: -100}"),
    ("int32", "int32.const = 7"),
    ("int32", "int32 = {in: [3, 5], not_in: [3]}"),
    ("int32", "int32.not_in = 0"),
    ("sint64", "sint64.lt = -9223372036854775807"),
    ("uint64", "uint64.gt = 18446744073709551614"),
    ("fixed32", "fixed32 = {gte: 4294967295}"),
    ("int32", "required = true"),
    ("float", "float = {gt: 0, lt: 0.001}"),
    ("float", "float = {finite: true, gte: 1e30}"),
    ("double", "double = {gt: 1, lte: 1.0000000000000002}"),
    ("double", "double = {const: -0.5}"),
    ("bool", "bool.const = true"),
    ("bool", "required = true"),
    ("string", "required = true"),
    ("string", "string.min_len = 1"),
    ("string", "string = {min_len: 30, max_len: 40}"),
    ("string", "string.len = 3"),
    ("string", "string = {min_bytes: 200, max_bytes: 201}"),
    (
        "string",
        "string = {prefix: \"ord_\", suffix: \"_x\", contains: \"-mid-\", len: 30}",
    ),
    ("string", "string.not_contains = \"f\""),
    ("string", "string = {in: [\"a\", \"b\"]}"),
    ("string", "string.const = \"only\""),
    ("string", "string.pattern = \"^[a-z]{2}[0-9]+$\""),
    (
        "string",
        "string = {pattern: \"^[a-z0-9-]+$\", min_len: 36, max_len: 63}",
    ),
    (
        "string",
        "string = {pattern: \"^(?:[A-Z]{2})?\\\\d{4,}\\\\.(?i:txt|csv)$\"}",
    ),
    ("string", "string.email = true"),
    ("string", "string.hostname = true"),
    ("string", "string.ip = true"),
    ("string", "string.ipv4 = true"),
    ("string", "string.ipv6 = true"),
    ("string", "string.uri = true"),
    ("string", "string.uri_ref = true"),
    ("string", "string.address = true"),
    ("string", "string.uuid = true"),
    ("string", "string.tuuid = true"),
    ("string", "string.ip_with_prefixlen = true"),
    ("string", "string.ipv4_with_prefixlen = true"),
    ("string", "string.ipv6_with_prefixlen = true"),
    ("string", "string.ip_prefix = true"),
    ("string", "string.ipv4_prefix = true"),
    ("string", "string.ipv6_prefix = true"),
    ("string", "string.host_and_port = true"),
    ("string", "string.ulid = true"),
    ("string", "string.protobuf_fqn = true"),
    ("string", "string.protobuf_dot_fqn = true"),
    (
        "string",
        "string.well_known_regex = KNOWN_REGEX_HTTP_HEADER_NAME",
    ),
    (
        "string",
        "string.well_known_regex = KNOWN_REGEX_HTTP_HEADER_VALUE",
    ),
    (
        "bytes",
        "bytes = {min_len: 5, max_len: 6, prefix: \"\\x01\", suffix: \"\\x02\"}",
    ),
    ("bytes", "bytes.ip = true"),
    ("bytes", "bytes.ipv6 = true"),
    ("bytes", "bytes.uuid = true"),
    ("bytes", "bytes.pattern = \"^[a-c]{3}$\""),
    ("Level", "enum.defined_only = true"),
    ("Level", "enum = {defined_only: true, not_in: [0, 1]}"),
    ("Level", "enum.in = 2"),
    ("Level", "enum.const = 1"),
    ("Level", "required = true"),
    (
        "repeated string",
        "repeated = {min_items: 3, max_items: 4, unique: true, items: {string: {min_len: 2}}}",
    ),
    (
        "repeated Level",
        "repeated = {min_items: 2, unique: true, items: {enum: {defined_only: true}}}",
    ),
    ("repeated Line", "repeated.min_items = 1"),
    (
        "repeated int32",
        "repeated = {max_items: 1, items: {int32: {gte: 5}}}",
    ),
    ("repeated int32", "required = true"),
    (
        "map<string, int32>",
        "map = {min_pairs: 2, max_pairs: 3, keys: {string: {pattern: \"^[a-z]{4}$\"}}, values: {int32: {gt: 7}}}",
    ),
    (
        "map<int32, string>",
        "map = {min_pairs: 1, keys: {int32: {gte: 100}}, values: {string: {email: true}}}",
    ),
    ("Line", "required = true"),
    ("google.protobuf.Timestamp", "required = true"),
    ("google.protobuf.Timestamp", "timestamp.lt_now = true"),
    ("google.protobuf.Timestamp", "timestamp.gt_now = true"),
    (
        "google.protobuf.Timestamp",
        "timestamp.within = {seconds: 3600}",
    ),
    (
        "google.protobuf.Timestamp",
        "timestamp = {gt_now: true, within: {seconds: 7200}}",
    ),
    (
        "google.protobuf.Timestamp",
        "timestamp = {gte: {seconds: 100}, lt: {seconds: 200}}",
    ),
    (
        "google.protobuf.Duration",
        "duration = {gte: {seconds: 1}, lte: {seconds: 2}}",
    ),
    (
        "google.protobuf.Duration",
        "duration = {lt: {nanos: 5}, gt: {}}",
    ),
    ("google.protobuf.Duration", "duration.in = {seconds: 9}"),
    (
        "google.protobuf.FieldMask",
        "field_mask = {in: [\"a\", \"b.c_d\"]}",
    ),
    (
        "google.protobuf.Any",
        "any = {in: [\"type.googleapis.com/t.Line\"]}",
    ),
    (
        "google.protobuf.StringValue",
        "string = {min_len: 4, max_len: 4}",
    ),
    ("google.protobuf.UInt32Value", "uint32.gt = 8"),
    ("optional string", "string.min_len = 5"),
    (
        "string",
        "ignore = IGNORE_IF_ZERO_VALUE, (buf.validate.field).string.min_len = 5",
    ),
    (
        "string",
        "ignore = IGNORE_ALWAYS, (buf.validate.field).string.min_len = 5",
    ),
];

#[test]
fn every_rule_is_kept_in_every_style() {
    for (kind, rules) in FIELDS {
        let message = message(&format!("{kind} f = 1 [(buf.validate.field).{rules}];"));
        for style in [Style::Minimal, Style::Full, Style::Example] {
            for seed in 0..8 {
                let text = generate(&message, style, seed);
                let broken = broken(&message, &text);
                assert!(
                    broken.is_empty(),
                    "{kind} {rules}, {style:?} {seed}: {broken:?}\n{text}"
                );
            }
        }
    }
}

#[test]
fn a_minimal_body_has_what_rules_ask_for_and_nothing_else() {
    for (kind, rules, is_there) in [
        ("string", "required = true", true),
        ("string", "string.min_len = 1", true),
        ("optional string", "string.min_len = 1", false),
        ("optional string", "required = true", true),
        ("string", "string.max_len = 5", false),
        (
            "string",
            "ignore = IGNORE_IF_ZERO_VALUE, (buf.validate.field).string.min_len = 1",
            false,
        ),
        (
            "string",
            "ignore = IGNORE_ALWAYS, (buf.validate.field).required = true",
            false,
        ),
        ("repeated string", "repeated.min_items = 2", true),
        ("repeated string", "repeated.max_items = 2", false),
        ("map<string, string>", "map.min_pairs = 1", true),
        ("Line", "required = true", true),
        ("int32", "int32.gt = 0", true),
        ("int32", "int32.lt = 5", false),
    ] {
        let message = message(&format!(
            "{kind} f = 1 [(buf.validate.field).{rules}]; string other = 2;"
        ));
        let text = generate(&message, Style::Minimal, 0);
        assert_eq!(text.contains("\"f\""), is_there, "{kind} {rules}: {text}");
        assert!(!text.contains("other"), "{text}");
    }
}

#[test]
fn groups_of_fields_have_one_at_most_and_one_where_it_is_required() {
    for (members, minimal) in [
        (
            "oneof o { option (buf.validate.oneof).required = true; string a = 1; Line b = 2; }",
            true,
        ),
        ("oneof o { string a = 1; Line b = 2; }", false),
        (
            r#"option (buf.validate.message).oneof = {fields: ["a", "b"], required: true};
            string a = 1; int32 b = 2;"#,
            true,
        ),
        (
            r#"option (buf.validate.message).oneof = {fields: ["a", "b"]};
            string a = 1; int32 b = 2; string c = 3;"#,
            false,
        ),
    ] {
        let message = message(members);
        for style in [Style::Minimal, Style::Full, Style::Example] {
            for seed in 0..8 {
                let text = generate(&message, style, seed);
                let broken = broken(&message, &text);
                assert!(
                    broken.is_empty(),
                    "{members}, {style:?} {seed}: {broken:?}\n{text}"
                );
                let arms = ["\"a\"", "\"b\""]
                    .iter()
                    .filter(|arm| text.contains(**arm))
                    .count();
                let want = usize::from(minimal || style != Style::Minimal);
                assert_eq!(arms, want, "{members}, {style:?}: {text}");
            }
        }
    }
}

/// Rules that contradict each other have no value: what is suggested stands, and the editor tells.
#[test]
fn what_cannot_be_kept_is_still_a_body() {
    for (kind, rules) in [
        ("string", "string = {min_len: 5, max_len: 2}"),
        ("int32", "int32 = {in: [1], not_in: [1]}"),
        (
            "string",
            "string.pattern = \"^a$\", (buf.validate.field).string.len = 4",
        ),
        ("repeated bool", "repeated = {min_items: 5, unique: true}"),
    ] {
        let message = message(&format!("{kind} f = 1 [(buf.validate.field).{rules}];"));
        let text = generate(&message, Style::Example, 0);
        let wire = encode(&Document::new(text.as_str()), &message, &Scope::default());
        assert!(wire.is_ok(), "{kind} {rules}: {text}");
    }
}
