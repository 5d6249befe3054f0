//! What a pasted text is taken for.

use prost_reflect::DescriptorPool;

use crate::{
    interop::{Candidate, CandidateKind, Encoding, Expected, detect},
    schema::Schema,
};

const SCHEMA: &str = r#"
    syntax = "proto3";
    package shop;
    message Item { int64 id = 1; string name = 2; repeated string tags = 3; Inner inner = 4; map<string, int32> counts = 5; }
    message Inner { double x = 1; }
    service Shop { rpc Buy(Item) returns (Item); }
"#;

fn expected() -> Expected {
    let pool: DescriptorPool = crate::message::compile_for_tests(SCHEMA);
    Expected {
        message: pool.get_message_by_name("shop.Item"),
        schema: Some(Schema::from_pool(pool)),
    }
}

fn best(text: &str) -> Candidate {
    let mut found = detect(text, &expected());
    assert!(!found.is_empty(), "{text}");
    found.remove(0)
}

fn compact(candidate: &Candidate) -> Vec<String> {
    let parse =
        |text: &String| serde_json::from_str::<serde_json::Value>(text).map(|v| v.to_string());
    candidate
        .messages
        .iter()
        .map(|m| parse(m).unwrap_or_else(|_| m.clone()))
        .collect()
}

#[test]
fn every_form_of_one_message_is_read() {
    let wire = |encoding, framed| CandidateKind::Wire { encoding, framed };
    for (kind, text) in [
        (CandidateKind::Json, r#"{"id": "7", "name": "a"}"#),
        (
            CandidateKind::Json,
            r#"INFO req {"id": "7", "name": "a"} done"#,
        ),
        (CandidateKind::Json, r#""{\"id\": \"7\", \"name\": \"a\"}""#),
        (
            CandidateKind::Json,
            r#"{"level": "info", "req": {"id": "7", "name": "a"}}"#,
        ),
        (CandidateKind::Json, "{'id': '7', 'name': 'a'}"),
        (CandidateKind::TextFormat, "id: 7 name: \"a\""),
        (CandidateKind::TextFormat, "id: 7\nname: 'a'\n"),
        (CandidateKind::TextFormat, "{id:7  name:\"a\"}"),
        (
            CandidateKind::TextFormat,
            "2026/01/02 got request: id:7 name:\"a\"",
        ),
        (wire(Encoding::Hex, false), "0807120161"),
        (wire(Encoding::Hex, false), "08 07 12 01 61"),
        (wire(Encoding::Base64, false), "CAcSAWE="),
        (
            wire(Encoding::Dump, false),
            "00000000: 0807 1201 61                             ....a",
        ),
        (wire(Encoding::Hex, true), "00000000050807120161"),
        (wire(Encoding::Base64, true), "AAAAAAUIBxIBYQ=="),
        (wire(Encoding::Escaped, false), "b'\\x08\\x07\\x12\\x01a'"),
        (wire(Encoding::Decimal, false), "[8 7 18 1 97]"),
    ] {
        let candidate = best(text);
        assert_eq!(candidate.kind, kind, "{text}: {}", candidate.title);
        assert_eq!(compact(&candidate), [r#"{"id":"7","name":"a"}"#], "{text}");
        assert_eq!(candidate.problem, None, "{text}");
        assert!(candidate.score > 70, "{text}: {}", candidate.score);
    }
}

#[test]
fn several_messages_are_several() {
    for text in [
        "{\"id\":\"1\"}\n{\"id\":\"2\"}",
        "[{\"id\":\"1\"},{\"id\":\"2\"}]",
        "00000000020801 0000000002 0802",
    ] {
        assert_eq!(
            compact(&best(text)),
            [r#"{"id":"1"}"#, r#"{"id":"2"}"#],
            "{text}"
        );
    }
}

#[test]
fn unknown_fields_and_doubt_are_told() {
    let candidate = best("0807 7a03616263");
    assert!(candidate.score < 70, "{}", candidate.score);
    assert!(
        candidate.notes[0].text.contains("15"),
        "{:?}",
        candidate.notes
    );
    // Both ways a message: both are offered.
    let kinds: Vec<_> = detect("0a00", &expected())
        .into_iter()
        .map(|c| (c.kind, c.problem.is_some()))
        .collect();
    assert!(kinds.len() > 1, "{kinds:?}");
    let cut = best("id: 7 nmae: \"a\"");
    assert!(cut.problem.unwrap().contains("line 1, column 7"));
    assert!(detect("", &expected()).is_empty());
    assert!(detect("hello world", &expected()).is_empty());
}

#[test]
fn a_command_brings_its_body_in_text_format() {
    let candidate = best("grpcurl -format text -d 'id: 7 name: \"a\"' h:1 shop.Shop/Buy");
    assert_eq!(compact(&candidate), [r#"{"id":"7","name":"a"}"#]);
    assert_eq!(candidate.import.unwrap().request.method, "shop.Shop/Buy");
    let unknown = best("grpcurl -format text -d 'id: 7' h:1 other.Shop/Buy");
    assert_eq!(unknown.messages, ["id: 7"]);
    assert!(
        unknown.notes[0]
            .text
            .contains("no schema has `other.Shop/Buy`")
    );
}

#[test]
fn braces_of_other_programs_are_no_template() {
    let candidate = best("id: 7 name: \"{{x}}\"");
    assert!(
        candidate.messages[0].contains("{{ \\\"{{\\\" }}x}}"),
        "{:?}",
        candidate.messages
    );
    // JSON as it stands may be ours.
    assert!(best(r#"{"name": "{{ x }}"}"#).messages[0].contains("\"{{ x }}\""));
}

#[test]
fn without_a_method_json_is_read_and_bytes_say_what_they_need() {
    let nothing = Expected::default();
    assert_eq!(detect("{\"a\": 1}", &nothing)[0].messages, ["{\"a\": 1}"]);
    let bytes = &detect("0807120161", &nothing)[0];
    assert!(bytes.problem.as_ref().unwrap().contains("choose a method"));
}

#[test]
fn long_and_hostile_texts_end_soon() {
    let mut wire = vec![0x12];
    let name = "x".repeat(5 << 20);
    prost::encoding::encode_varint(name.len() as u64, &mut wire);
    wire.extend_from_slice(name.as_bytes());
    use base64::Engine as _;
    let started = std::time::Instant::now();
    for (fits, text) in [
        (true, format!("{{\"name\": \"{}\"}}", "y".repeat(10 << 20))),
        (
            true,
            base64::engine::general_purpose::STANDARD.encode(&wire),
        ),
        (
            true,
            wire.iter().map(|byte| format!("{byte:02x}")).collect(),
        ),
        (false, "inner {".repeat(100_000)),
        (false, "{\"inner\":".repeat(100_000)),
        (false, "inner<".repeat(1 << 20)),
        (false, "\u{fffd}".repeat(1 << 20)),
        (false, "name: \"".repeat(1 << 20)),
        (false, "id:".repeat(1 << 20)),
    ] {
        let found = detect(&text, &expected());
        let usable = found.iter().any(|c| c.problem.is_none() && c.score > 70);
        assert_eq!(usable, fits, "{}", &text[..20]);
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}
