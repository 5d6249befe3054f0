//! Wire bytes to text format.
//!
//! Total: any bytes give a text. What is no field of the type is printed by its number; where the bytes
//! stop making sense, a comment says so.

use std::collections::BTreeMap;

use prost_reflect::{Kind, MessageDescriptor};

use super::{
    MAX_DEPTH,
    number::{double_text, float_text},
};
use crate::{
    message::raw::{
        Field, is_message_set,
        read::{Fault, Field as Raw, Span, WireType, field, fixed32, fixed64, varint},
    },
    schema::{Schema, is_closed},
};

/// Nested fields of unknown ones that are shown as such; what is deeper is shown as bytes.
const UNKNOWN_DEPTH: usize = 10;

/// Prints a message; what an `Any` holds is written out where its type is known.
pub fn print(message: &MessageDescriptor, wire: &[u8], schema: Option<&Schema>) -> String {
    run(message, wire, schema, true)
}

/// The same as `protoc --decode` has it: an `Any` is its two fields.
pub fn print_as_protoc(message: &MessageDescriptor, wire: &[u8]) -> String {
    run(message, wire, None, false)
}

fn run(message: &MessageDescriptor, wire: &[u8], schema: Option<&Schema>, expand: bool) -> String {
    let mut printer = Printer {
        wire,
        schema,
        expand,
        out: String::with_capacity(wire.len() * 2),
        indent: 0,
    };
    let all = Span {
        start: 0,
        end: wire.len(),
    };
    printer.message(message, &[all], 0);
    printer.out
}

struct Printer<'a> {
    wire: &'a [u8],
    schema: Option<&'a Schema>,
    expand: bool,
    out: String,
    indent: usize,
}

/// One message, taken apart.
#[derive(Default)]
struct Parts {
    /// By number, each with its values in order.
    fields: BTreeMap<u32, (Option<Field>, Vec<Raw>)>,
    unknown: Vec<Raw>,
    fault: Option<Fault>,
}

impl Printer<'_> {
    fn message(&mut self, message: &MessageDescriptor, spans: &[Span], depth: usize) {
        if depth > MAX_DEPTH {
            self.line(&format!("# nested deeper than {MAX_DEPTH}"));
            return;
        }
        let parts = self.parts(message, spans);
        if self.expand && self.any(message, &parts, depth) {
            return;
        }
        for (field, values) in parts.fields.into_values() {
            if let Some(field) = field {
                self.field(message, &field, &values, depth);
            }
        }
        for raw in &parts.unknown {
            self.unknown(raw, 0);
        }
        if let Some(fault) = parts.fault {
            self.line(&format!("# {fault}"));
        }
    }

    /// Sorts the fields of a message that may stand in several pieces.
    fn parts(&self, message: &MessageDescriptor, spans: &[Span]) -> Parts {
        let mut parts = Parts::default();
        let set = is_message_set(message);
        let mut arms: BTreeMap<String, u32> = BTreeMap::new();
        for span in spans {
            let mut at = span.start;
            while at < span.end {
                let raw = match field(self.wire, at, span.end) {
                    Ok(raw) => raw,
                    Err(fault) => {
                        parts.fault = Some(fault);
                        break;
                    }
                };
                at = raw.next;
                if raw.missing > 0 {
                    parts.fault = Some(Fault::Truncated);
                }
                let raw = if set { self.item(raw) } else { raw };
                let known = parts
                    .fields
                    .entry(raw.number)
                    .or_insert_with(|| (known(message, raw.number), Vec::new()));
                let Some(field) = known.0.as_ref().filter(|f| self.belongs(f, &raw)) else {
                    parts.unknown.push(raw);
                    continue;
                };
                // Of a oneof the last one counts.
                if let Some(oneof) = field.oneof() {
                    let before = arms.insert(oneof, raw.number);
                    known.1.push(raw);
                    if let Some(before) = before.filter(|before| *before != raw.number)
                        && let Some((_, values)) = parts.fields.get_mut(&before)
                    {
                        values.clear();
                    }
                    continue;
                }
                known.1.push(raw);
            }
        }
        parts
    }

    /// An item of a message set as the extension it holds.
    fn item(&self, raw: Raw) -> Raw {
        if raw.number != 1 || raw.wire != WireType::Group {
            return raw;
        }
        let (mut number, mut content) = (None, None);
        let mut at = raw.span.start;
        while at < raw.span.end {
            let Ok(inner) = field(self.wire, at, raw.span.end) else {
                return raw;
            };
            at = inner.next;
            match (inner.number, inner.wire) {
                (2, WireType::Varint) => number = u32::try_from(inner.bits).ok(),
                (3, WireType::Length) => content = Some(inner.span),
                _ => {}
            }
        }
        match (number, content) {
            (Some(number), Some(span)) => Raw {
                number,
                wire: WireType::Length,
                span,
                ..raw
            },
            _ => raw,
        }
    }

    /// Whether a value is one of the field's type; else parsers keep it as unknown.
    fn belongs(&self, field: &Field, raw: &Raw) -> bool {
        let kind = field.kind();
        let own = wire_of(&kind, field.is_group());
        if raw.wire != own {
            let packable = matches!(
                own,
                WireType::Varint | WireType::Fixed32 | WireType::Fixed64
            );
            return field.is_repeated() && packable && raw.wire == WireType::Length;
        }
        match kind {
            Kind::Enum(descriptor) if is_closed(&descriptor) => {
                descriptor.get_value(raw.bits as i32).is_some()
            }
            _ => true,
        }
    }

    fn field(&mut self, message: &MessageDescriptor, field: &Field, values: &[Raw], depth: usize) {
        let name = name(message, field);
        let Kind::Message(inner) = field.kind() else {
            let mut texts = Vec::new();
            for raw in values {
                self.scalars(field, raw, &mut texts);
            }
            if !field.is_repeated() {
                texts.drain(..texts.len().saturating_sub(1));
            }
            for text in texts {
                self.line(&format!("{name}: {text}"));
            }
            return;
        };
        let spans: Vec<Span> = values.iter().map(|raw| raw.span).collect();
        if spans.is_empty() {
            return;
        }
        if field.is_map() {
            self.map(&name, &inner, &spans, depth);
        } else if field.is_repeated() {
            for span in spans {
                self.block(&name, |p| p.message(&inner, &[span], depth + 1));
            }
        } else {
            self.block(&name, |p| p.message(&inner, &spans, depth + 1));
        }
    }

    /// Entries in the order of their keys, each key once; key and value always stand there.
    fn map(&mut self, name: &str, entry: &MessageDescriptor, spans: &[Span], depth: usize) {
        let (Some(key), Some(value)) = (entry.get_field(1), entry.get_field(2)) else {
            return;
        };
        let (key, value) = (Field::Own(key), Field::Own(value));
        let mut entries: BTreeMap<MapKey, (String, Vec<Raw>)> = BTreeMap::new();
        for span in spans {
            let mut parts = self.parts(entry, &[*span]);
            let mut take = |number| {
                let (_, values) = parts.fields.remove(&number).unwrap_or_default();
                values
            };
            let (keys, values) = (take(1), take(2));
            let raw = keys.last().copied();
            let text = self.scalar_or_default(&key, raw.as_ref());
            entries.insert(self.map_key(&key, raw.as_ref()), (text, values));
        }
        for (key_text, values) in entries.into_values() {
            self.block(name, |p| {
                p.line(&format!("key: {key_text}"));
                if let Kind::Message(inner) = value.kind() {
                    let spans: Vec<Span> = values.iter().map(|raw| raw.span).collect();
                    p.block("value", |p| p.message(&inner, &spans, depth + 2));
                } else {
                    let text = p.scalar_or_default(&value, values.last());
                    p.line(&format!("value: {text}"));
                }
            });
        }
    }

    fn map_key(&self, field: &Field, raw: Option<&Raw>) -> MapKey {
        let bits = raw.map_or(0, |raw| raw.bits);
        match field.kind() {
            Kind::String => {
                let span = raw.map(|raw| raw.span).unwrap_or_default();
                MapKey::Text(self.bytes(span).to_vec())
            }
            Kind::Int32 => MapKey::Signed(i64::from(bits as i32)),
            Kind::Int64 | Kind::Sfixed64 => MapKey::Signed(bits as i64),
            Kind::Sfixed32 => MapKey::Signed(i64::from(bits as u32 as i32)),
            Kind::Sint32 | Kind::Sint64 => MapKey::Signed(zigzag(bits)),
            _ => MapKey::Unsigned(bits),
        }
    }

    fn scalar_or_default(&self, field: &Field, raw: Option<&Raw>) -> String {
        let zero = Raw {
            number: 0,
            wire: WireType::Varint,
            bits: 0,
            span: Span::default(),
            next: 0,
            missing: 0,
        };
        // The default of an enum is its first value, which is not always 0.
        if let (Kind::Enum(descriptor), None) = (field.kind(), raw) {
            let first = descriptor.values().next();
            return first.map_or_else(|| "0".to_owned(), |value| value.name().to_owned());
        }
        self.scalar(&field.kind(), raw.unwrap_or(&zero))
    }

    /// One value, or the values of a packed field.
    fn scalars(&self, field: &Field, raw: &Raw, out: &mut Vec<String>) {
        let kind = field.kind();
        let own = wire_of(&kind, false);
        if raw.wire == own {
            out.push(self.scalar(&kind, raw));
            return;
        }
        let Span { mut start, end } = raw.span;
        while start < end {
            let read = match own {
                WireType::Fixed32 => fixed32(self.wire, start, end),
                WireType::Fixed64 => fixed64(self.wire, start, end),
                _ => varint(self.wire, start, end),
            };
            let Ok((bits, next)) = read else { return };
            out.push(self.scalar(&kind, &Raw { bits, ..*raw }));
            start = next;
        }
    }

    fn scalar(&self, kind: &Kind, raw: &Raw) -> String {
        let bits = raw.bits;
        // The casts keep the bits that the type has.
        match kind {
            Kind::Double => double_text(f64::from_bits(bits)),
            Kind::Float => float_text(f32::from_bits(bits as u32)),
            Kind::Int32 | Kind::Sfixed32 => (bits as i32).to_string(),
            Kind::Int64 | Kind::Sfixed64 => (bits as i64).to_string(),
            Kind::Uint32 | Kind::Fixed32 => (bits as u32).to_string(),
            Kind::Uint64 | Kind::Fixed64 => bits.to_string(),
            Kind::Sint32 => zigzag(u64::from(bits as u32)).to_string(),
            Kind::Sint64 => zigzag(bits).to_string(),
            Kind::Bool => (bits != 0).to_string(),
            Kind::Enum(descriptor) => {
                let value = descriptor.get_value(bits as i32);
                value.map_or_else(|| (bits as i32).to_string(), |v| v.name().to_owned())
            }
            Kind::String | Kind::Bytes | Kind::Message(_) => quoted(self.bytes(raw.span)),
        }
    }

    fn bytes(&self, span: Span) -> &[u8] {
        self.wire.get(span.start..span.end).unwrap_or_default()
    }

    /// An `Any` by its type, if that is known and nothing else stands in it.
    fn any(&mut self, message: &MessageDescriptor, parts: &Parts, depth: usize) -> bool {
        if message.full_name() != "google.protobuf.Any" || !parts.unknown.is_empty() {
            return false;
        }
        let last = |number| {
            parts
                .fields
                .get(&number)
                .and_then(|(_, values)| values.last())
        };
        let Some(url) = last(1).and_then(|raw| std::str::from_utf8(self.bytes(raw.span)).ok())
        else {
            return false;
        };
        let Some((_, name)) = url.rsplit_once('/') else {
            return false;
        };
        let letters = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let pool = message.parent_pool();
        let known = pool
            .get_message_by_name(name)
            .or_else(|| self.schema?.message(name));
        let Some(inner) = known.filter(|_| url.chars().all(letters)) else {
            return false;
        };
        let span = last(2).map(|raw| raw.span).unwrap_or_default();
        let name = format!("[{url}]");
        self.block(&name, |p| p.message(&inner, &[span], depth + 1));
        true
    }

    fn unknown(&mut self, raw: &Raw, depth: usize) {
        let number = raw.number;
        match raw.wire {
            WireType::Varint => self.line(&format!("{number}: {}", raw.bits)),
            WireType::Fixed32 => self.line(&format!("{number}: 0x{:08x}", raw.bits)),
            WireType::Fixed64 => self.line(&format!("{number}: 0x{:016x}", raw.bits)),
            WireType::Group => {
                let fields = self.unknown_fields(raw.span).unwrap_or_default();
                self.block(&number.to_string(), |p| {
                    for inner in &fields {
                        p.unknown(inner, depth + 1);
                    }
                });
            }
            WireType::Length => {
                let nested = (depth < UNKNOWN_DEPTH)
                    .then(|| self.unknown_fields(raw.span))
                    .flatten()
                    .filter(|fields| !fields.is_empty());
                match nested {
                    Some(fields) => self.block(&number.to_string(), |p| {
                        for inner in &fields {
                            p.unknown(inner, depth + 1);
                        }
                    }),
                    None => {
                        let text = quoted(self.bytes(raw.span));
                        self.line(&format!("{number}: {text}"));
                    }
                }
            }
        }
    }

    /// The fields of a span, if it is nothing but fields.
    fn unknown_fields(&self, span: Span) -> Option<Vec<Raw>> {
        let mut fields = Vec::new();
        let mut at = span.start;
        while at < span.end {
            let raw = field(self.wire, at, span.end).ok()?;
            if raw.missing > 0 {
                return None;
            }
            at = raw.next;
            fields.push(raw);
        }
        Some(fields)
    }

    fn line(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n("  ", self.indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn block(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.line(&format!("{name} {{"));
        self.indent += 1;
        content(self);
        self.indent -= 1;
        self.line("}");
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum MapKey {
    Signed(i64),
    Unsigned(u64),
    Text(Vec<u8>),
}

fn known(message: &MessageDescriptor, number: u32) -> Option<Field> {
    let own = message.get_field(number).map(Field::Own);
    own.or_else(|| message.get_extension(number).map(Field::Extension))
}

/// As the field is written. A group goes by the name of its type.
fn name(message: &MessageDescriptor, field: &Field) -> String {
    match field {
        Field::Extension(extension) => format!("[{}]", extension.full_name()),
        Field::Own(own) => match own.kind() {
            Kind::Message(inner)
                if own.is_group() && is_group_like(message, &inner, own.name()) =>
            {
                inner.name().to_owned()
            }
            _ => own.name().to_owned(),
        },
    }
}

/// A group as it was written before editions: its type stands beside it and has its name.
fn is_group_like(message: &MessageDescriptor, inner: &MessageDescriptor, field: &str) -> bool {
    let beside = inner
        .parent_message()
        .is_some_and(|parent| parent.full_name() == message.full_name());
    beside && inner.name().to_ascii_lowercase() == field
}

fn wire_of(kind: &Kind, group: bool) -> WireType {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::Fixed64,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::Fixed32,
        Kind::Message(_) if group => WireType::Group,
        Kind::String | Kind::Bytes | Kind::Message(_) => WireType::Length,
        _ => WireType::Varint,
    }
}

fn zigzag(bits: u64) -> i64 {
    (bits >> 1) as i64 ^ -((bits & 1) as i64)
}

/// In quotes, with everything but printable ASCII escaped.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'"' | b'\'' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..0x7f => out.push(char::from(byte)),
            other => out.push_str(&format!("\\{other:03o}")),
        }
    }
    out.push('"');
    out
}
