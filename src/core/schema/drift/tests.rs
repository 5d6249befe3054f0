//! Two sources, and what of it is drift.

use std::fs;

use super::*;
use crate::schema::compile;

/// A schema of one source; it must be without a problem.
fn schema(source: &str) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.proto");
    fs::write(&path, source).unwrap();
    let loaded = compile(&[path], &[]);
    assert_eq!(loaded.problems, [], "{source}");
    loaded.schema
}

/// A source with one method; `types` has the messages `Q` and `A`.
fn source(syntax: &str, types: &str) -> String {
    let imports = ["timestamp", "duration", "wrappers"]
        .map(|name| format!("import \"google/protobuf/{name}.proto\";"))
        .concat();
    format!("{syntax} package p; {imports} service S {{ rpc M(Q) returns (A); }} {types}")
}

const PROTO3: &str = "syntax = \"proto3\";";
const PROTO2: &str = "syntax = \"proto2\";";

/// The changes of the only method, as `place kind verdict`.
fn changes(syntax: &str, here: &str, server: &str) -> Vec<String> {
    let (here, server) = (source(syntax, here), source(syntax, server));
    lines(&compare(&schema(&here), &schema(&server), Part::All))
}

fn lines(drift: &Drift) -> Vec<String> {
    let changes = drift.methods.iter().flat_map(|method| &method.changes);
    changes.map(line).collect()
}

fn line(change: &Change) -> String {
    let verdict = match change.verdict {
        Verdict::Compatible => "ok",
        Verdict::BreaksJson => "json",
        Verdict::BreaksWire => "wire",
    };
    format!("{} {} {verdict}", change.place(), change.kind.word())
}

#[test]
fn types_of_a_field_are_judged_by_their_bytes_and_their_json() {
    // Both ways round the verdict is the same.
    for (a, b, verdict) in [
        ("int32", "uint32", "ok"),
        ("int64", "uint64", "ok"),
        ("int32", "int64", "json"),
        ("uint32", "uint64", "json"),
        ("int32", "bool", "json"),
        ("uint64", "bool", "json"),
        ("E", "int32", "json"),
        ("E", "uint64", "json"),
        ("E", "bool", "json"),
        ("int32", "sint32", "wire"),
        ("int64", "sint64", "wire"),
        ("E", "sint32", "wire"),
        ("sint32", "sint64", "json"),
        ("fixed32", "sfixed32", "ok"),
        ("fixed64", "sfixed64", "ok"),
        ("fixed32", "fixed64", "wire"),
        ("fixed32", "uint32", "wire"),
        ("fixed32", "float", "wire"),
        ("fixed64", "double", "wire"),
        ("float", "double", "wire"),
        ("float", "int32", "wire"),
        ("string", "bytes", "json"),
        ("string", "int32", "wire"),
        ("string", "N", "wire"),
        ("bytes", "N", "json"),
        ("bytes", "int64", "wire"),
        ("N", "int32", "wire"),
        ("string", "google.protobuf.StringValue", "wire"),
        (
            "google.protobuf.Timestamp",
            "google.protobuf.Duration",
            "json",
        ),
        ("N", "google.protobuf.Timestamp", "json"),
    ] {
        for (here, server) in [(a, b), (b, a)] {
            let types = |name: &str| {
                format!(
                    "message Q {{ {name} f = 1; }} message A {{}}\n\
                     message N {{ int64 seconds = 1; int32 nanos = 2; }} enum E {{ ZERO = 0; }}"
                )
            };
            let found = changes(PROTO3, &types(here), &types(server));
            assert_eq!(
                found,
                [format!("request.f type {verdict}")],
                "{here} to {server}"
            );
        }
    }
}

#[test]
fn fields_that_come_go_and_change_their_names() {
    let q = |fields: &str| format!("message Q {{ {fields} }} message A {{}}");
    let a = |fields: &str| format!("message A {{ {fields} }} message Q {{}}");
    for (case, here, server, expected) in [
        ("the same", q("string s = 1;"), q("string s = 1;"), vec![]),
        (
            "another order and comments",
            q("string s = 1; int32 n = 2;"),
            q("/* n */ int32 n = 2; string s = 1;"),
            vec![],
        ),
        (
            "added to a request",
            q(""),
            q("string s = 1;"),
            vec!["request.s added ok"],
        ),
        (
            "removed from a request",
            q("string s = 1;"),
            q(""),
            vec!["request.s removed json"],
        ),
        (
            "added to a response",
            a(""),
            a("string s = 1;"),
            vec!["response.s added ok"],
        ),
        (
            "removed from a response",
            a("string s = 1;"),
            a(""),
            vec!["response.s removed ok"],
        ),
        (
            "renamed",
            q("string s = 1;"),
            q("string t = 1;"),
            vec!["request.s renamed json"],
        ),
        (
            "renamed, with the key of old",
            q("string s = 1;"),
            q("string t = 1 [json_name = \"s\"];"),
            vec!["request.s renamed ok"],
        ),
        (
            "another key alone",
            q("string s = 1;"),
            q("string s = 1 [json_name = \"S\"];"),
            vec!["request.s JSON name json"],
        ),
        (
            "renumbered",
            q("string s = 1;"),
            q("string s = 2;"),
            vec!["request.s number wire"],
        ),
        (
            "two numbers swapped",
            q("string s = 1; string t = 2;"),
            q("string s = 2; string t = 1;"),
            vec!["request.s number wire", "request.t number wire"],
        ),
        (
            "a number used again for something else",
            q("string s = 1;"),
            q("int32 n = 1;"),
            vec!["request.s type wire", "request.s renamed json"],
        ),
        (
            "a number used again by a field that moved",
            q("string s = 1; string t = 2;"),
            q("string t = 1;"),
            vec!["request.t number wire", "request.s removed json"],
        ),
    ] {
        assert_eq!(changes(PROTO3, &here, &server), expected, "{case}");
    }
}

#[test]
fn how_many_values_and_how_their_presence_is_told() {
    let q = |fields: &str| {
        format!(
            "message Q {{ {fields} }} message A {{}} message N {{ string key = 1; int32 value = 2; }}"
        )
    };
    for (case, here, server, expected) in [
        (
            "strings",
            "string f = 1;",
            "repeated string f = 1;",
            vec!["cardinality json"],
        ),
        (
            "messages",
            "N f = 1;",
            "repeated N f = 1;",
            vec!["cardinality json"],
        ),
        (
            "packed numbers",
            "int32 f = 1;",
            "repeated int32 f = 1;",
            vec!["cardinality wire"],
        ),
        (
            "numbers not packed",
            "int32 f = 1;",
            "repeated int32 f = 1 [packed = false];",
            vec!["cardinality json"],
        ),
        (
            "packed or not",
            "repeated int32 f = 1;",
            "repeated int32 f = 1 [packed = false];",
            vec!["packing ok"],
        ),
        (
            "a map for its entries",
            "map<string, int32> f = 1;",
            "repeated N f = 1;",
            vec!["cardinality json"],
        ),
        (
            "a map for bytes",
            "map<string, int32> f = 1;",
            "bytes f = 1;",
            vec!["type json", "cardinality json"],
        ),
        (
            "a map of other keys",
            "map<string, int32> f = 1;",
            "map<int32, int32> f = 1;",
            vec![".key type wire"],
        ),
        (
            "optional",
            "int32 f = 1;",
            "optional int32 f = 1;",
            vec!["presence ok"],
        ),
        (
            "optional, of a message",
            "N f = 1;",
            "optional N f = 1;",
            vec![],
        ),
    ] {
        for (here, server) in [(here, server), (server, here)] {
            let expected: Vec<_> = expected
                .iter()
                .map(|text| match text.strip_prefix('.') {
                    Some(below) => format!("request.f.{below}"),
                    None => format!("request.f {text}"),
                })
                .collect();
            let found = changes(PROTO3, &q(here), &q(server));
            assert_eq!(found, expected, "{case}: {here} to {server}");
        }
    }
}

#[test]
fn what_is_required_breaks_who_waits_for_it() {
    let both = |field: &str| format!("message Q {{ {field} }} message A {{ {field} }}");
    for (case, here, server, expected) in [
        (
            "on the server alone",
            "optional int32 f = 1;",
            "required int32 f = 1;",
            vec!["request.f presence wire", "response.f presence ok"],
        ),
        (
            "here alone",
            "required int32 f = 1;",
            "optional int32 f = 1;",
            vec!["response.f presence wire", "request.f presence ok"],
        ),
        (
            "and added",
            "",
            "required int32 f = 1;",
            vec!["request.f added wire", "response.f added ok"],
        ),
        (
            "and removed",
            "required int32 f = 1;",
            "",
            vec!["response.f removed wire", "request.f removed json"],
        ),
        (
            "another default",
            "optional int32 f = 1 [default = 3];",
            "optional int32 f = 1 [default = 4];",
            vec!["request.f default ok", "response.f default ok"],
        ),
        (
            "a group for a message",
            "optional group F = 1 { optional int32 n = 1; }",
            "optional F f = 1; message F { optional int32 n = 1; }",
            vec!["request.f type wire", "response.f type wire"],
        ),
    ] {
        assert_eq!(
            changes(PROTO2, &both(here), &both(server)),
            expected,
            "{case}"
        );
    }
}

#[test]
fn a_oneof_breaks_where_fields_push_each_other_out() {
    for (case, here, server, expected) in [
        (
            "one field into a new one",
            "optional string a = 1; string b = 2;",
            "oneof o { string a = 1; } string b = 2;",
            vec!["a ok"],
        ),
        (
            "two fields into a new one",
            "string a = 1; string b = 2;",
            "oneof o { string a = 1; string b = 2; }",
            vec!["a wire", "b wire"],
        ),
        (
            "one more into one that is there",
            "oneof o { string a = 1; } string b = 2;",
            "oneof o { string a = 1; string b = 2; }",
            vec!["a wire", "b wire"],
        ),
        (
            "another name",
            "oneof o { string a = 1; string b = 2; }",
            "oneof other { string a = 1; string b = 2; }",
            vec![],
        ),
        (
            "a new field in it",
            "oneof o { string a = 1; }",
            "oneof o { string a = 1; string c = 3; }",
            vec!["c added ok"],
        ),
        (
            "split",
            "oneof o { string a = 1; string b = 2; }",
            "oneof o { string a = 1; } oneof p { string b = 2; }",
            vec!["a wire", "b wire"],
        ),
    ] {
        let q = |fields: &str| format!("message Q {{ {fields} }} message A {{}}");
        let expected: Vec<_> = expected
            .iter()
            .map(
                |text| match text.split(' ').collect::<Vec<_>>().as_slice() {
                    [field, verdict] => format!("request.{field} oneof {verdict}"),
                    _ => format!("request.{text}"),
                },
            )
            .collect();
        assert_eq!(changes(PROTO3, &q(here), &q(server)), expected, "{case}");
    }
}

#[test]
fn enums_are_compared_by_their_values() {
    for (case, syntax, here, server, expected) in [
        (
            "the same",
            PROTO3,
            "Z = 0; ONE = 1;",
            "Z = 0; ONE = 1;",
            vec![],
        ),
        (
            "removed from an open one",
            PROTO3,
            "Z = 0; ONE = 1;",
            "Z = 0;",
            vec!["request.e enum values json", "response.e enum values ok"],
        ),
        (
            "added to an open one",
            PROTO3,
            "Z = 0;",
            "Z = 0; ONE = 1;",
            vec!["request.e enum values ok", "response.e enum values ok"],
        ),
        (
            "removed from a closed one",
            PROTO2,
            "Z = 0; ONE = 1;",
            "Z = 0;",
            vec!["request.e enum values wire", "response.e enum values ok"],
        ),
        (
            "added to a closed one",
            PROTO2,
            "Z = 0;",
            "Z = 0; ONE = 1;",
            vec!["response.e enum values wire", "request.e enum values ok"],
        ),
        (
            "renamed",
            PROTO3,
            "Z = 0; ONE = 1;",
            "Z = 0; UNO = 1;",
            vec!["request.e enum values json", "response.e enum values json"],
        ),
        (
            "renumbered",
            PROTO3,
            "Z = 0; ONE = 1;",
            "Z = 0; ONE = 2;",
            vec!["request.e enum values wire", "response.e enum values wire"],
        ),
        (
            "an alias more",
            PROTO3,
            "Z = 0; ONE = 1;",
            "option allow_alias = true; Z = 0; ONE = 1; UNO = 1;",
            vec![],
        ),
    ] {
        let field = if syntax == PROTO2 {
            "optional E e = 1;"
        } else {
            "E e = 1;"
        };
        let types = |values: &str| {
            format!("message Q {{ {field} }} message A {{ {field} }} enum E {{ {values} }}")
        };
        let found = changes(syntax, &types(here), &types(server));
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn an_enum_that_is_closed_on_one_side_alone_is_told_and_judged_by_its_values() {
    let here = schema(
        "edition = \"2023\"; package p; service S { rpc M(Q) returns (Q); } message Q { E e = 1; }\n\
         enum E { option features.enum_type = CLOSED; Z = 0; }",
    );
    let server = schema(
        "edition = \"2023\"; package p; service S { rpc M(Q) returns (Q); } message Q { E e = 1; }\n\
         enum E { Z = 0; A = 1; }",
    );
    assert_eq!(
        lines(&compare(&here, &server, Part::All)),
        [
            "response.e enum values wire",
            "request.e enum values ok",
            "request.e enum type ok",
            "response.e enum type ok",
        ]
    );
}

#[test]
fn paths_lead_through_messages_and_recursion_ends() {
    let here = "message Q { User user = 1; Tree tree = 2; } message A { User user = 1; }\n\
                message User { string name = 1; repeated Address homes = 2; User boss = 3; }\n\
                message Address { string zip = 1; User tenant = 2; }\n\
                message Tree { Tree left = 1; map<string, Tree> more = 2; int32 n = 3; }";
    let server = here
        .replace("string zip = 1;", "int32 zip = 1;")
        .replace("int32 n = 3;", "string n = 3;");
    assert_eq!(
        changes(PROTO3, here, &server),
        [
            "request.tree.n type wire",
            "request.user.homes.zip type wire",
            "response.user.homes.zip type wire",
        ]
    );
    let drift = compare(
        &schema(&source(PROTO3, here)),
        &schema(&source(PROTO3, &server)),
        Part::All,
    );
    let method = drift.method("p.S/M").unwrap();
    assert_eq!(method.changes[1].message, "p.Address");
    assert_eq!(method.changes[1].path, "user.homes.zip");
    assert_eq!(method.request_verdict(), Some(Verdict::BreaksWire));
    assert_eq!(
        method.changes[1].text,
        "`string` here, `int32` on the server: each takes the other's value for an unknown field"
    );
}

#[test]
fn a_message_under_another_name_is_compared_by_its_fields() {
    let here = "message Q { N n = 1; } message A {} message N { string s = 1; }";
    let server = "message Q { M n = 1; } message A {} message M { bytes s = 1; }";
    assert_eq!(
        changes(PROTO3, here, server),
        ["request.n.s type json", "request.n type ok"]
    );
}

const TWO: &str = "syntax = \"proto3\"; package p; message Q { string a = 1; } message A {}\n\
    service One { rpc Get(Q) returns (A); rpc Watch(Q) returns (stream A); rpc Old(Q) returns (A); }\n\
    service Two { rpc Get(Q) returns (A); }";

#[test]
fn services_and_methods_that_one_side_alone_has() {
    let server = "syntax = \"proto3\"; package p; message Q { string a = 1; } message A {}\n\
        message B { string s = 1; }\n\
        service One { rpc Get(B) returns (A); rpc Watch(Q) returns (A); rpc New(Q) returns (A); }\n\
        service Three { rpc Get(Q) returns (A); }";
    let drift = compare(&schema(TWO), &schema(server), Part::All);
    assert_eq!(drift.only_here, ["p.Two"]);
    assert_eq!(drift.only_server, ["p.Three"]);
    assert_eq!(drift.compared, 2);
    let methods: Vec<_> = drift
        .methods
        .iter()
        .map(|m| (m.path.as_str(), m.presence, m.verdict))
        .collect();
    assert_eq!(
        methods,
        [
            ("p.One/Get", Presence::Both, Verdict::BreaksJson),
            ("p.One/New", Presence::Server, Verdict::Compatible),
            ("p.One/Old", Presence::Here, Verdict::BreaksWire),
            ("p.One/Watch", Presence::Both, Verdict::BreaksWire),
        ]
    );
    assert_eq!(
        lines(&drift),
        [
            "request.a renamed json",
            "request type ok",
            "method streaming wire",
        ]
    );
    assert_eq!(drift.verdict(), Some(Verdict::BreaksWire));
}

#[test]
fn a_part_can_be_compared_alone() {
    let server = TWO.replace("string a = 1;", "int32 a = 1;");
    let (here, server) = (schema(TWO), schema(&server));
    for (part, expected) in [
        (
            Part::All,
            vec!["p.One/Get", "p.One/Old", "p.One/Watch", "p.Two/Get"],
        ),
        (Part::Service("p.Two"), vec!["p.Two/Get"]),
        (Part::Method("p.One/Watch"), vec!["p.One/Watch"]),
        (Part::Service("p.None"), vec![]),
    ] {
        let drift = compare(&here, &server, part);
        let paths: Vec<_> = drift.methods.iter().map(|m| m.path.as_str()).collect();
        assert_eq!(paths, expected, "{part:?}");
    }
    assert_eq!(compare(&here, &here, Part::All).verdict(), None);
}

#[test]
fn what_is_kept_is_bounded_and_the_rest_is_counted() {
    let fields = |kind: &str| -> String {
        (1..=MAX_CHANGES_A_METHOD + 50)
            .map(|n| format!("{kind} f{n} = {n};"))
            .collect()
    };
    let types = |kind: &str| format!("message Q {{ {} }} message A {{}}", fields(kind));
    let (here, server) = (types("string"), types("int32"));
    let (here, server) = (source(PROTO3, &here), source(PROTO3, &server));
    let drift = compare(&schema(&here), &schema(&server), Part::All);
    let method = &drift.methods[0];
    assert_eq!(method.changes.len(), MAX_CHANGES_A_METHOD);
    assert_eq!(method.omitted, 50);
    // And in one order, always.
    assert_eq!(compare(&schema(&here), &schema(&server), Part::All), drift);
}

#[test]
fn a_message_that_holds_itself_is_told_once() {
    let q = |kind: &str| format!("message Q {{ Q again = 1; {kind} n = 2; }} message A {{}}");
    let found = changes(PROTO3, &q("int32"), &q("string"));
    assert_eq!(found, ["request.n type wire"]);
}

#[test]
fn a_type_that_many_methods_share_is_told_in_each_of_them() {
    let methods: String = (0..50)
        .map(|n| format!("rpc M{n}(Q) returns (A);"))
        .collect();
    let source = |field: &str| {
        format!(
            "syntax = \"proto3\"; package p; service S {{ {methods} }}\n\
             message Q {{ N n = 1; }} message A {{ N n = 1; Same s = 2; }}\n\
             message N {{ {field} }} message Same {{ Same s = 1; }}"
        )
    };
    let (here, server) = (
        schema(&source("string a = 1;")),
        schema(&source("string b = 1;")),
    );
    let drift = compare(&here, &server, Part::All);
    assert_eq!(drift.methods.len(), 50);
    for method in &drift.methods {
        let found: Vec<_> = method.changes.iter().map(line).collect();
        let expected = ["request.n.a renamed json", "response.n.a renamed json"];
        assert_eq!(found, expected, "{}", method.path);
    }
}
