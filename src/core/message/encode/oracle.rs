//! Random bodies: what we write must mean what prost-reflect reads from the same JSON.

use base64::Engine as _;
use proptest::{prelude::*, test_runner::RngSeed};
use prost_reflect::{
    Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, prost::Message as _,
};
use serde_json::{Map, Value, json};

use super::tests::{encoded, message};

/// Choices that proptest can shrink: bytes, then zeros.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn byte(&mut self) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0))
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.byte() % all.len()].clone()
    }
}

fn body(message: &MessageDescriptor, choices: &mut Choices<'_>, depth: usize) -> Value {
    let texts = ["", "a", "é😀\n\0\"\\", "{% x %}"];
    match message.full_name().strip_prefix("google.protobuf.") {
        Some("Timestamp") => {
            return json!(choices.of(&[
                "1970-01-01T00:00:00Z",
                "2024-02-29T23:59:59.123456789Z",
                "0001-01-01T00:00:00Z",
                "1999-12-31T23:00:00.5-05:30",
                "9999-12-31T23:59:59.999999999Z"
            ]));
        }
        Some("Duration") => {
            return json!(choices.of(&["0s", "1.5s", "-0.000000001s", "315576000000s", "-3.000s"]));
        }
        Some("FieldMask") => return json!(choices.of(&["", "a", "fooBar,b.cD"])),
        Some("Empty") => return json!({}),
        Some("Struct") => return json!({"a": free(choices, depth), "": free(choices, depth)}),
        Some("ListValue") => return json!([free(choices, depth), free(choices, depth)]),
        Some("Value") => return free(choices, depth),
        Some("Any") => {
            let url = |name: &str| format!("type.googleapis.com/{name}");
            return choices.of(&[
                json!({"@type": url("wire.Small"), "id": 7, "name": "x", "tags": ["a", ""]}),
                json!({"@type": url("wire.Small")}),
                json!({"@type": url("google.protobuf.Duration"), "value": "1.5s"}),
                json!({"@type": url("google.protobuf.Value"), "value": {"a": [1]}}),
                json!({"@type": url("google.protobuf.Any"), "value": {"@type": url("wire.Small"), "id": 1}}),
            ]);
        }
        Some("StringValue") => return json!(choices.of(&texts)),
        Some(name) if name.ends_with("Value") => {
            let field = message.get_field(1).unwrap();
            return scalar(&field.kind(), choices, depth);
        }
        _ => {}
    }
    let mut members = Map::new();
    let mut oneofs = Vec::new();
    let fields: Vec<FieldDescriptor> = message.fields().collect();
    for field in &fields {
        if field.is_required() {
            members.insert(
                field.json_name().to_owned(),
                scalar(&field.kind(), choices, depth),
            );
        }
    }
    let count = if depth == 0 { 12 } else { 3 };
    for _ in 0..choices.byte() % count {
        let field = choices.of(&fields);
        if field.is_required() || (depth >= 3 && matches!(field.kind(), Kind::Message(_))) {
            continue;
        }
        let value = member(&field, choices, depth);
        if let Some(oneof) = field.containing_oneof() {
            if oneofs.contains(&oneof.name().to_owned()) {
                continue;
            }
            oneofs.push(oneof.name().to_owned());
        }
        let names = [field.json_name().to_owned(), field.name().to_owned()];
        if names.iter().all(|name| !members.contains_key(name)) {
            members.insert(choices.of(&names), value);
        }
    }
    for extension in message.extensions() {
        if depth < 2 && choices.byte().is_multiple_of(4) {
            let value = match (extension.cardinality(), extension.kind()) {
                (Cardinality::Repeated, kind) => json!([scalar(&kind, choices, depth + 1)]),
                (_, kind) => scalar(&kind, choices, depth + 1),
            };
            members.insert(extension.json_name().to_owned(), value);
        }
    }
    Value::Object(members)
}

fn member(field: &FieldDescriptor, choices: &mut Choices<'_>, depth: usize) -> Value {
    if field.is_map() {
        let entry = field.kind();
        let entry = entry.as_message().unwrap();
        let mut map = Map::new();
        for _ in 0..choices.byte() % 4 {
            let key = match entry.map_entry_key_field().kind() {
                Kind::Bool => choices.of(&["true", "false"]),
                Kind::String => choices.of(&["", "a", "é\n", "0"]),
                Kind::Uint32 => choices.of(&["0", "7", "4294967295"]),
                _ => choices.of(&["0", "-1", "2147483647"]),
            };
            map.insert(
                key.to_owned(),
                scalar(&entry.map_entry_value_field().kind(), choices, depth + 1),
            );
        }
        return Value::Object(map);
    }
    // `null` for a list is an empty list; prost-reflect makes a list of one null of some.
    if !field.is_list() && choices.byte().is_multiple_of(16) {
        return Value::Null;
    }
    if field.is_list() {
        let len = choices.byte() % 4;
        return (0..len)
            .map(|_| scalar(&field.kind(), choices, depth + 1))
            .collect();
    }
    scalar(&field.kind(), choices, depth + 1)
}

fn scalar(kind: &Kind, choices: &mut Choices<'_>, depth: usize) -> Value {
    let bytes = (choices.byte() as u64).wrapping_mul(0x0123_4567_89ab_cdef);
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => choices.of(&[
            json!(0),
            json!(bytes as i32),
            json!(i32::MIN),
            json!(i32::MAX),
            json!("-12"),
            json!(3.0),
            json!(-0),
        ]),
        Kind::Uint32 | Kind::Fixed32 => choices.of(&[
            json!(0),
            json!(bytes as u32),
            json!(u32::MAX),
            json!("12"),
            json!(1e5),
        ]),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => choices.of(&[
            json!(0),
            json!(bytes as i64),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(i64::MIN.to_string()),
            json!(7.0),
        ]),
        Kind::Uint64 | Kind::Fixed64 => choices.of(&[
            json!(0),
            json!(bytes),
            json!(u64::MAX),
            json!(u64::MAX.to_string()),
            json!(2e3),
        ]),
        Kind::Float => choices.of(&[
            json!(0),
            json!(1.5),
            json!(f32::from_bits(bytes as u32 & 0x7eff_ffff)),
            json!("-2.5e3"),
            json!("Infinity"),
            json!(-7),
        ]),
        Kind::Double => choices.of(&[
            json!(0),
            json!(-1.5),
            json!(f64::from_bits(bytes & 0x7fdf_ffff_ffff_ffff)),
            json!("1e-9"),
            json!("-Infinity"),
            json!(u64::MAX),
        ]),
        Kind::Bool => json!(choices.of(&[true, false])),
        Kind::String => json!(choices.of(&["", "text", "é😀\n\0\"\\/", "// no comment", "null"])),
        Kind::Bytes => {
            let engine = base64::engine::general_purpose::STANDARD;
            let padded = engine.encode(&bytes.to_le_bytes()[..choices.byte() % 9]);
            let url = padded.replace('+', "-").replace('/', "_");
            json!(choices.of(&[
                padded.clone(),
                padded.trim_end_matches('=').to_owned(),
                url.clone(),
                url.trim_end_matches('=').to_owned()
            ]))
        }
        Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => {
            choices.of(&[Value::Null, json!("NULL_VALUE")])
        }
        Kind::Enum(descriptor) => {
            let values: Vec<_> = descriptor.values().collect();
            let value = choices.of(&values);
            choices.of(&[json!(value.name()), json!(value.number())])
        }
        Kind::Message(message) => body(message, choices, depth),
    }
}

fn free(choices: &mut Choices<'_>, depth: usize) -> Value {
    match choices.byte() % if depth > 3 { 5 } else { 7 } {
        0 => Value::Null,
        1 => json!(choices.of(&[true, false])),
        2 => json!(choices.of(&[0.0, -1.5, 1e300])),
        3 => json!(choices.byte()),
        4 => json!(choices.of(&["", "x", "é"])),
        5 => json!([free(choices, depth + 1), free(choices, depth + 1)]),
        _ => json!({"k": free(choices, depth + 1)}),
    }
}

/// The JSON as a person might have typed it.
fn typed(value: &Value, choices: &mut Choices<'_>, out: &mut String) {
    let gap =
        |choices: &mut Choices<'_>| choices.of(&["", " ", "\n  ", " // c\n", "/* } */", "\r\n"]);
    out.push_str(gap(choices));
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                typed(item, choices, out);
                if i + 1 < items.len() || choices.byte() % 2 == 1 {
                    out.push(',');
                }
            }
            out.push_str(gap(choices));
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (i, (key, item)) in members.iter().enumerate() {
                out.push_str(gap(choices));
                out.push_str(&json!(key).to_string());
                out.push_str(gap(choices));
                out.push(':');
                typed(item, choices, out);
                if i + 1 < members.len() || choices.byte() % 2 == 1 {
                    out.push(',');
                }
            }
            out.push_str(gap(choices));
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
    out.push_str(gap(choices));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_500,
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_bodies_mean_the_same_to_prost_reflect(
        old in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let message = message(if old { "wire2.Old" } else { "wire.All" });
        let mut choices = Choices(bytes.iter());
        let value = body(&message, &mut choices, 0);
        let mut text = String::new();
        typed(&value, &mut choices, &mut text);
        let oracle = DynamicMessage::deserialize(message.clone(), &value)
            .map_err(|e| TestCaseError::fail(format!("{value}: {e}")))?;
        // Through the wire, so that both have passed it.
        let oracle = DynamicMessage::decode(message.clone(), oracle.encode_to_vec().as_slice()).unwrap();
        let ours = encoded(&message, &text).map_err(|e| TestCaseError::fail(format!("{text}: {e:#?}")))?;
        // Not `prop_assert_eq`: prost-reflect's Debug never ends on a recursive message.
        if ours != oracle {
            let (ours, oracle) = (serde_json::to_value(&ours).unwrap(), serde_json::to_value(&oracle).unwrap());
            return Err(TestCaseError::fail(format!("{text}\nours {ours}\nprost-reflect {oracle}")));
        }
    }
}
