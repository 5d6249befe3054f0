//! Fuzz target of rules: the options of a schema are bytes of others, an expression in them a program.

use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use super::{check, field_rules, rules_of, rules_of_message, rules_of_oneof};
use crate::message::Document;

/// Any bytes as the rules of a message, its oneof and its fields: they can be told, and a message can be
/// checked against them in bounded time, with findings that are in it.
pub fn message_rules(data: &[u8]) {
    let mut pool = DescriptorPool::new();
    if pool
        .decode_file_descriptor_proto(file(data).as_slice())
        .is_err()
    {
        return;
    }
    let Some(message) = pool.get_message_by_name("t.M") else {
        return;
    };
    rules_of_message(&message);
    message.oneofs().for_each(|oneof| {
        rules_of_oneof(&oneof);
    });
    let mut body = DynamicMessage::new(message.clone());
    for field in message.fields() {
        field_rules(&field);
        for words in rules_of(&field) {
            assert!(!words.is_empty());
        }
        let value = match field.name() {
            "text" => Value::String("text".to_owned()),
            "number" => Value::I32(7),
            "many" => Value::List(vec![Value::String("a".to_owned()); 3]),
            _ => continue,
        };
        body.set_field(&field, value);
    }
    let findings = check(&body);
    let document = Document::new(r#"{"text": "text", "number": 7, "many": ["a", "a", "a"]}"#);
    let told = super::place::diagnostics(&findings, &document);
    assert_eq!(told.broken.len(), findings.violations.len());
    for it in told.broken.iter().chain(&told.notes) {
        assert!(document.text().get(it.range.clone()).is_some(), "{it:?}");
    }
}

/// `message M { string text = 1; int32 number = 2; repeated string many = 3; oneof choice { string one = 4; } }`
/// with the same rules everywhere.
fn file(rules: &[u8]) -> Vec<u8> {
    let mut options = Vec::new();
    put(1159, rules, &mut options);
    let mut message = Vec::new();
    put(1, b"M", &mut message);
    for (name, number, kind, label) in [
        ("text", 1_u64, 9_u64, 1_u64),
        ("number", 2, 5, 1),
        ("many", 3, 9, 3),
        ("one", 4, 9, 1),
    ] {
        let mut field = Vec::new();
        put(1, name.as_bytes(), &mut field);
        put_number(3, number, &mut field);
        put_number(4, label, &mut field);
        put_number(5, kind, &mut field);
        put(8, &options, &mut field);
        if name == "one" {
            put_number(9, 0, &mut field);
        }
        put(2, &field, &mut message);
    }
    put(7, &options, &mut message);
    let mut oneof = Vec::new();
    put(1, b"choice", &mut oneof);
    put(2, &options, &mut oneof);
    put(8, &oneof, &mut message);
    let mut file = Vec::new();
    put(1, b"m.proto", &mut file);
    put(2, b"t", &mut file);
    put(4, &message, &mut file);
    put(12, b"proto3", &mut file);
    file
}

fn put(tag: u32, bytes: &[u8], to: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, to);
    encode_varint(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

fn put_number(tag: u32, number: u64, to: &mut Vec<u8>) {
    encode_key(tag, WireType::Varint, to);
    encode_varint(number, to);
}
