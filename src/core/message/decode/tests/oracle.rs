//! prost-reflect decodes and serializes the same bytes: the texts must be equal as JSON.
//!
//! Messages are random, and then written anew as other encoders may: fields in any order, messages in pieces,
//! packed values alone and single ones packed, entries of maps with the value first, without key or value, or
//! with both twice. What is left out is where prost-reflect 0.16 is not canonical: it omits -0.0 where there is no
//! presence, writes NaN in a wrapper as null and refuses it in a Value, and of aliases of an enum may take another
//! than the first.

use proptest::{prelude::*, test_runner::RngSeed};
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Syntax, Value,
    prost::Message as _,
};

use super::*;
use crate::message::{Document, Scope, encode};

/// What prost-reflect writes, or `None` where it refuses (an Any of an unknown type …).
pub(super) fn json(message: &DynamicMessage, defaults: bool) -> Option<serde_json::Value> {
    let options = prost_reflect::SerializeOptions::new().skip_default_fields(!defaults);
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    message
        .serialize_with_options(&mut serializer, &options)
        .ok()?;
    Some(serde_json::from_slice(&text).unwrap())
}

/// A source of choices that proptest can shrink: bytes, then zeros.
pub(super) struct Choices<'a>(pub(super) std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) * 256 / 256 % end.max(1)
    }
    fn number(&mut self) -> u64 {
        match self.byte() % 6 {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => u64::from(self.byte()),
            4 => 1 << (self.byte() % 64),
            _ => (0..8).fold(0, |n, _| n << 8 | u64::from(self.byte())),
        }
    }
    fn text(&mut self) -> String {
        let len = self.below(5);
        (0..len)
            .map(|_| ["a", "é", "\"", "\n", "😀", "\u{7f}"][self.below(6)])
            .collect()
    }
}

/// A random message that ProtoJSON can express.
pub(super) fn random(
    message: &MessageDescriptor,
    choices: &mut Choices<'_>,
    depth: usize,
) -> DynamicMessage {
    let mut made = DynamicMessage::new(message.clone());
    let name = message.full_name();
    if let "google.protobuf.Timestamp" | "google.protobuf.Duration" = name {
        made.set_field_by_name(
            "seconds",
            Value::I64((choices.number() % 100_000_000_000) as i64),
        );
        let nanos = [0, 1, 5_000_000, 7_000][choices.below(4)];
        made.set_field_by_name("nanos", Value::I32(nanos));
        return made;
    }
    if name == "google.protobuf.FieldMask" {
        let paths = (0..choices.below(3))
            .map(|_| Value::String("a_b.c".into()))
            .collect();
        made.set_field_by_name("paths", Value::List(paths));
        return made;
    }
    if name == "google.protobuf.Any" {
        let pool = message.parent_pool();
        let types = [
            "wire.Small",
            "wire.All",
            "google.protobuf.Duration",
            "wire2.Old",
        ];
        let inner = pool.get_message_by_name(types[choices.below(4)]).unwrap();
        let url = format!("type.googleapis.com/{}", inner.full_name());
        made.set_field_by_name("type_url", Value::String(url));
        let value = random(&inner, choices, depth + 2).encode_to_vec();
        made.set_field_by_name("value", Value::Bytes(value.into()));
        return made;
    }
    let fields: Vec<FieldDescriptor> = message.fields().collect();
    let wanted = if depth > 4 { 0 } else { choices.below(5) };
    for _ in 0..wanted.min(fields.len() * 2) {
        let field = &fields[choices.below(fields.len())];
        let value = if field.is_map() {
            let Kind::Message(entry) = field.kind() else {
                unreachable!()
            };
            let entries = (0..choices.below(4)).map(|_| {
                let key = random_key(&entry.map_entry_key_field().kind(), choices);
                (
                    key,
                    random_value(&entry.map_entry_value_field().kind(), choices, depth, false),
                )
            });
            Value::Map(entries.collect())
        } else if field.is_list() {
            let len = choices.below(4);
            let items = (0..len).map(|_| random_value(&field.kind(), choices, depth, false));
            Value::List(items.collect())
        } else {
            // prost-reflect writes a wrapper's NaN as null, and a Value's not at all.
            let finite = name.starts_with("google.protobuf.");
            random_value(&field.kind(), choices, depth, finite)
        };
        made.set_field(field, value);
    }
    if name == "wire2.Old" {
        // Required: without it the text has no encoding.
        made.set_field_by_name("id", Value::I32(choices.number() as i32));
    }
    if name == "wire2.Old" && depth < 4 && choices.below(3) == 1 {
        for extension in message.extensions() {
            let kind = extension.kind();
            let value = match extension.is_list() {
                true => Value::List(vec![random_value(&kind, choices, depth, false)]),
                false => random_value(&kind, choices, depth, false),
            };
            made.set_extension(&extension, value);
        }
    }
    made
}

fn random_key(kind: &Kind, choices: &mut Choices<'_>) -> MapKey {
    match random_value(kind, choices, 0, true) {
        Value::Bool(key) => MapKey::Bool(key),
        Value::I32(key) => MapKey::I32(key),
        Value::I64(key) => MapKey::I64(key),
        Value::U32(key) => MapKey::U32(key),
        Value::U64(key) => MapKey::U64(key),
        Value::String(key) => MapKey::String(key),
        _ => unreachable!(),
    }
}

fn random_value(kind: &Kind, choices: &mut Choices<'_>, depth: usize, finite: bool) -> Value {
    // prost-reflect takes -0.0 for the default; protobuf does not.
    let fix = |value: f64| {
        if value == 0.0 || finite && !value.is_finite() {
            1.5
        } else {
            value
        }
    };
    match kind {
        Kind::Double => Value::F64(fix(f64::from_bits(choices.number()))),
        Kind::Float => Value::F32(fix(f64::from(f32::from_bits(choices.number() as u32))) as f32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(choices.number() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(choices.number() as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(choices.number() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(choices.number()),
        Kind::Bool => Value::Bool(choices.below(2) == 1),
        Kind::String => Value::String(choices.text()),
        Kind::Bytes => Value::Bytes((0..choices.below(6)).map(|_| choices.byte()).collect()),
        Kind::Message(message) => Value::Message(random(message, choices, depth + 1)),
        Kind::Enum(kind) => {
            let values: Vec<i32> = kind.values().map(|value| value.number()).collect();
            // An alias has no name of its own on the wire: its first name is ours, any is theirs.
            let known = values[choices.below(values.len())];
            // A closed enum's text does not encode, and every NullValue is written as null.
            let open = kind.parent_file().syntax() == Syntax::Proto3
                && kind.full_name() != "google.protobuf.NullValue";
            let number = if open && choices.below(4) == 0 {
                choices.number() as i32
            } else {
                known
            };
            Value::EnumNumber(if number == 1 { 0 } else { number })
        }
    }
}

/// Cuts a valid encoding into its fields and deals them out again: fields in another order (each
/// keeping its own), length-delimited submessages split in two.
pub(super) fn shuffled(
    message: &MessageDescriptor,
    bytes: &[u8],
    choices: &mut Choices<'_>,
) -> Vec<u8> {
    let mut queues: Vec<(u32, std::collections::VecDeque<Vec<u8>>)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let field = wire::field(bytes, at, bytes.len()).unwrap();
        let mut pieces = vec![bytes[at..field.next].to_vec()];
        if let Some(known) = message.get_field(field.number)
            && let Kind::Message(inner) = known.kind()
            && !known.is_list()
            && !known.is_map()
            && field.wire == wire::WireType::Length
        {
            let content = shuffled(&inner, &bytes[field.span.start..field.span.end], choices);
            let mut cut = 0;
            if choices.below(2) == 0 && !content.is_empty() {
                cut = wire::field(&content, 0, content.len()).unwrap().next;
            }
            let wrap = |part: &[u8]| Wire::new().len(field.number, part).0;
            pieces = vec![wrap(&content[..cut]), wrap(&content[cut..])];
        }
        if let Some(known) = message.get_field(field.number) {
            if known.is_map() {
                pieces = vec![entry_anew(&field, bytes, choices)];
            } else if known.is_list() {
                pieces = repacked(&known, &field, bytes, choices).unwrap_or(pieces);
            }
        }
        // Arms of a oneof depend on each other's order.
        let queue = message
            .get_field(field.number)
            .and_then(|f| f.containing_oneof());
        let queue = queue.map_or(field.number, |o| {
            o.fields().map(|f| f.number()).min().unwrap()
        });
        match queues.iter_mut().find(|(number, _)| *number == queue) {
            Some((_, queue)) => queue.extend(pieces),
            None => queues.push((queue, pieces.into())),
        }
        at = field.next;
    }
    let mut made = Vec::new();
    while !queues.is_empty() {
        let i = choices.below(queues.len());
        made.extend(queues[i].1.pop_front().unwrap());
        queues.retain(|(_, queue)| !queue.is_empty());
    }
    made
}

/// An entry of a map as other encoders may write it: the value first, without its key, without its value, both
/// twice.
fn entry_anew(entry: &wire::Field, bytes: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let content = &bytes[entry.span.start..entry.span.end];
    let mut parts = Vec::new();
    let mut at = 0;
    while at < content.len() {
        let part = wire::field(content, at, content.len()).unwrap();
        parts.push(&content[at..part.next]);
        at = part.next;
    }
    match choices.below(6) {
        1 => parts.reverse(),
        2 => drop(parts.pop()),
        3 if !parts.is_empty() => drop(parts.remove(0)),
        4 => parts = [parts.as_slice(), parts.as_slice()].concat(),
        _ => {}
    }
    Wire::new().len(entry.number, parts.concat()).0
}

/// Packed values as records of their own, and a value of its own packed; `None` for what is neither.
fn repacked(
    known: &FieldDescriptor,
    field: &wire::Field,
    bytes: &[u8],
    choices: &mut Choices<'_>,
) -> Option<Vec<Vec<u8>>> {
    let width = match known.kind() {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 8,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 4,
        Kind::String | Kind::Bytes | Kind::Message(_) => return None,
        _ => 0,
    };
    let is_packed = field.wire == wire::WireType::Length;
    if choices.below(2) == 0 || is_packed && field.span.len() == 0 {
        return None;
    }
    let content = &bytes[field.span.start..field.span.end];
    let wire_type = match width {
        0 => 0,
        4 => 5,
        _ => 1,
    };
    if !is_packed {
        let size = match width {
            0 => Wire::new().varint(field.bits).0.len(),
            width => width,
        };
        let value = &bytes[field.next - size..field.next];
        return Some(vec![Wire::new().len(field.number, value).0]);
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < content.len() {
        let next = match width {
            0 => wire::varint(content, at, content.len()).unwrap().1,
            width => at + width,
        };
        let value = &content[at..next];
        pieces.push(Wire::new().key(field.number, wire_type).raw(value).0);
        at = next;
    }
    Some(pieces)
}

fn same_as_oracle(message: &MessageDescriptor, wire: &[u8], defaults: bool) {
    let decoded = DynamicMessage::decode(message.clone(), wire).unwrap();
    let Some(want) = json(&decoded, defaults) else {
        return;
    };
    for pretty in [false, true] {
        let options = JsonOptions {
            pretty,
            defaults,
            max_bytes: 0,
        };
        let text = to_json(message, wire, options);
        let ours: serde_json::Value = serde_json::from_str(&text.text).unwrap();
        assert_eq!(ours, want, "{}", text.text);
        assert_eq!(text.problems, Vec::<String>::new());
        if pretty {
            let same = serde_json::to_string_pretty(&ours).unwrap();
            // serde_json keeps the order of the text, and writes floats as we do.
            assert_eq!(text.text, same);
        }
    }
}

pub(super) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn random_messages_equal_the_oracle(bytes in prop::collection::vec(any::<u8>(), 0..400), defaults: bool) {
        for name in ["wire.All", "wire2.Old"] {
            let message = message(name);
            let mut choices = Choices(bytes.iter());
            let made = random(&message, &mut choices, 0).encode_to_vec();
            same_as_oracle(&message, &made, defaults);
            let dealt = shuffled(&message, &made, &mut choices);
            same_as_oracle(&message, &dealt, defaults);
        }
    }

    #[test]
    fn a_message_after_a_message_merges(a in prop::collection::vec(any::<u8>(), 0..200), b in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["wire.All", "wire2.Old"] {
            let message = message(name);
            let mut wire = random(&message, &mut Choices(a.iter()), 0).encode_to_vec();
            wire.extend(random(&message, &mut Choices(b.iter()), 0).encode_to_vec());
            same_as_oracle(&message, &wire, false);
        }
    }

    #[test]
    fn the_text_encodes_back_to_the_same_message(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for name in ["wire.All", "wire2.Old"] {
            let message = message(name);
            let wire = random(&message, &mut Choices(bytes.iter()), 0).encode_to_vec();
            let options = JsonOptions { pretty: true, ..COMPACT };
            let text = to_json(&message, &wire, options).text;
            let again = encode(&Document::new(text.as_str()), &message, &Scope::default());
            let again = match again {
                Ok(wire) => to_json(&message, &wire, options).text,
                Err(diagnostics) => return Err(TestCaseError::fail(format!("{diagnostics:?}\n{text}"))),
            };
            prop_assert_eq!(text, again);
        }
    }

    #[test]
    fn random_bytes_give_json(bytes in prop::collection::vec(any::<u8>(), 0..300), seed in prop::collection::vec(any::<u8>(), 0..100), limit in 0_usize..200) {
        let message = message("wire.All");
        // Bytes that are nearly a message reach further than noise.
        let mut wire = random(&message, &mut Choices(seed.iter()), 0).encode_to_vec();
        for (i, pair) in bytes.chunks(2).enumerate().take(4) {
            if let [at, byte] = *pair && i < wire.len() {
                let at = usize::from(at) % wire.len();
                wire[at] = byte;
            }
        }
        for wire in [bytes.as_slice(), wire.as_slice()] {
            for (pretty, defaults) in [(false, false), (true, true)] {
                let whole = to_json(&message, wire, JsonOptions { pretty, defaults, max_bytes: 0 });
                let parsed: Result<serde_json::Value, _> = serde_json::from_str(&whole.text);
                prop_assert!(parsed.is_ok(), "{:?} in {}", parsed, whole.text);
                prop_assert!(!whole.cut);
                if whole.worst == Some(Severity::Malformed) {
                    prop_assert!(DynamicMessage::decode(message.clone(), wire).is_err(), "{:?}", whole.problems);
                }
                let options = JsonOptions { pretty, defaults, max_bytes: limit.max(1) };
                let some = to_json(&message, wire, options);
                prop_assert!(some.text.len() <= limit.max(1));
                if !some.cut {
                    prop_assert_eq!(&some.text, &whole.text);
                }
            }
        }
    }
}
