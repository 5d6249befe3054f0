//! What a node is: its bytes and what each of them is for, name, type, value, and what is wrong with it.

use std::ops::Range;

use prost_reflect::{EnumDescriptor, Kind, MessageDescriptor};

use super::{
    Level, LevelKey, NodeKey, Number, Part, Reading, Record, WireTree,
    kind::{self, Known},
    level::{Child, Layout},
    problem::{Finding, Problem},
    record::Varint,
    shape::{Choices, Shape, Show, enum_of},
};
use crate::message::{JsonOptions, Printer};

/// Bytes of a value shown as hex.
const SHOWN_BYTES: usize = 16;
/// Packed values that are shown in one line.
const SHOWN_VALUES: usize = 8;
/// Bytes of a text or of a message's JSON that are shown.
const SHOWN_TEXT: usize = 120;
/// Text up to this length is looked through for bad UTF-8 when it is shown; [`WireTree::look_through`] looks
/// at all of it.
const CHECKED_TEXT: usize = 64 << 10;

/// What bytes of a record are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Field number and wire type.
    Tag,
    /// How many bytes follow.
    Length,
    /// The value.
    Value,
    /// The tag that ends a group.
    EndTag,
    /// Nobody knows.
    Rest,
}

/// A node in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// All of its bytes.
    pub range: Range<usize>,
    /// What they are for, in order; none is empty.
    pub parts: Vec<(Role, Range<usize>)>,
    /// The field number; `None` for what is no record.
    pub number: Option<u64>,
    /// The wire type.
    pub wire: Option<u8>,
    /// The field's name, or what stands for one; empty when the schema has none.
    pub name: String,
    /// The type that it is shown as.
    pub kind: String,
    /// The type is a guess by the look of the bytes.
    pub guessed: bool,
    /// The person may choose how the bytes are read.
    pub choosable: bool,
    /// The value on one line, cut where it is long.
    pub value: String,
    /// Everything that a number may mean, by name.
    pub meanings: Vec<(&'static str, String)>,
    /// What is wrong with it, not counting what is below it.
    pub findings: Vec<Finding>,
    /// The level below it.
    pub opens: Option<LevelKey>,
}

impl WireTree {
    /// Describes a node; `None` while its level is not read.
    pub(super) fn describe(&self, node: NodeKey, choices: &Choices) -> Option<Described> {
        let level = self.level(node.level)?;
        let bytes = self.bytes();
        match node.part {
            Part::Item(item) => {
                let at = level.item_start(bytes, item);
                match level.layout() {
                    Layout::Records => {
                        let record = level.record(bytes, at)?;
                        let run = level.run_of_item(item).map(|run| item - run.first);
                        Some(self.describe_record(node.level, &level, &record, run, choices))
                    }
                    _ => self.describe_value(node.level, &level, item, at),
                }
            }
            Part::Run { first, count } => {
                let record = level.record(bytes, level.item_start(bytes, first))?;
                let shape = self.shape(node.level, &level, &record, choices);
                let mut described = block(level.items_range(bytes, first..first + count));
                described.name = shape
                    .known
                    .as_ref()
                    .map(|k| k.name.clone())
                    .unwrap_or_default();
                described.kind = self.kind_text(&shape);
                described.number = Some(record.number);
                described.wire = Some(record.wire);
                described.guessed = shape.guessed;
                described.value = format!("{} records", grouped(count));
                Some(described)
            }
            Part::Items { first, count } => {
                let mut described = block(level.items_range(bytes, first..first + count));
                // Items of a run are counted from its first.
                let run = match level.layout() {
                    Layout::Records => level.run_of_item(first).map_or(0, |run| run.first),
                    Layout::Varints | Layout::Fixed(_) => 0,
                };
                described.name = format!("[{} … {}]", first - run, first - run + count - 1);
                described.value = format!("{} values", grouped(count));
                Some(described)
            }
            Part::Children { first, count } => {
                let start = self.child_start(&level, first);
                let mut described = block(start..self.child_start(&level, first + count));
                described.name = format!("{} to {}", grouped(first + 1), grouped(first + count));
                described.value = format!("{} nodes", grouped(count));
                Some(described)
            }
            Part::Rest => {
                let (range, problem) = level.rest()?;
                let mut described = block(range.clone());
                "rest".clone_into(&mut described.name);
                "bytes".clone_into(&mut described.kind);
                described.parts = vec![(Role::Rest, range.clone())];
                described.value = hex(&bytes[range.clone()]);
                described.findings = vec![Finding::new(range, problem.clone())];
                Some(described)
            }
        }
    }

    fn child_start(&self, level: &Level, child: usize) -> usize {
        match level.child(child) {
            Some(Child::Item(item)) => level.item_start(self.bytes(), item),
            Some(Child::Run(run)) => level.item_start(self.bytes(), run.first),
            Some(Child::Rest) => level.items_end(),
            None => level.body().end,
        }
    }

    fn describe_record(
        &self,
        key: LevelKey,
        level: &Level,
        record: &Record,
        run: Option<usize>,
        choices: &Choices,
    ) -> Described {
        let shape = self.shape(key, level, record, choices);
        let mut described = block(record.range());
        described.parts = parts(record);
        described.number = Some(record.number);
        described.wire = Some(record.wire);
        described.name = shape
            .known
            .as_ref()
            .map(|k| k.name.clone())
            .unwrap_or_default();
        if let Some(run) = run {
            described.name.push_str(&format!("[{run}]"));
        }
        described.kind = self.kind_text(&shape);
        described.guessed = shape.guessed;
        described.choosable = record.wire == 2 && !record.payload.is_empty();
        described.value = self.value_text(&shape, record);
        if let Show::Number(number) = shape.show {
            described.meanings = number.meanings(record.bits);
        }
        if let Show::Below(reading) = shape.show
            && !record.payload.is_empty()
        {
            described.opens = Some(LevelKey {
                start: record.payload.start,
                end: record.payload.end,
                reading,
            });
        }
        described.findings.clone_from(&record.findings);
        let length = CHECKED_TEXT;
        self.schema_findings(key, &shape, record, length, &mut described.findings);
        if self.any_unresolved(key, level, record) {
            let name = self.any_name(level).unwrap_or_default();
            let finding = Finding::new(record.payload.clone(), Problem::AnyType(name));
            described.findings.push(finding);
        }
        described
    }

    fn describe_value(
        &self,
        key: LevelKey,
        level: &Level,
        item: usize,
        at: usize,
    ) -> Option<Described> {
        let Reading::Packed(number, field) = key.reading else {
            return None;
        };
        let bytes = self.bytes();
        let range = level.items_range(bytes, item..item + 1);
        let value = bytes.get(range.clone())?;
        let bits = match number {
            Number::Varint(_) => Varint::read(bytes, at, range.end)?.value,
            Number::Fixed32(_) => u64::from(u32::from_le_bytes(*value.first_chunk::<4>()?)),
            Number::Fixed64(_) => u64::from_le_bytes(*value.first_chunk::<8>()?),
        };
        let known =
            field.and_then(|(id, number)| Known::of(&self.descriptor(id)?, u64::from(number)));
        let names = known.as_ref().and_then(|known| enum_of(&known.kind));
        let mut described = block(range.clone());
        described.parts = vec![(Role::Value, range.clone())];
        described.name = format!("[{item}]");
        described.kind = match &known {
            Some(known) => kind::kind_name(&known.kind),
            None => plain_name(number).to_owned(),
        };
        described.guessed = known.is_none();
        described.value = number.text(bits, names);
        described.meanings = number.meanings(bits);
        if let Number::Varint(_) = number {
            let varint = Varint::read(bytes, at, range.end)?;
            described.findings.extend(varint.finding(at));
        }
        Some(described)
    }

    fn kind_text(&self, shape: &Shape) -> String {
        let by_schema = |known: &Known| known.type_name();
        match (&shape.show, &shape.known) {
            (Show::Below(Reading::Message(Some(id))), known) => {
                let fits = known.as_ref().is_some_and(|known| {
                    matches!(&known.kind, Kind::Message(own) if self.descriptor(*id).as_ref() == Some(own))
                });
                match (fits, known) {
                    (true, Some(known)) => by_schema(known),
                    _ => self
                        .descriptor(*id)
                        .map_or_else(String::new, |it| it.name().to_owned()),
                }
            }
            (_, Some(known)) if !shape.guessed && shape_is_own(shape, known) => by_schema(known),
            (Show::Number(number), _) => plain_name(*number).to_owned(),
            (Show::Text, _) => "string".to_owned(),
            (Show::Bytes, _) => "bytes".to_owned(),
            (Show::Below(Reading::Message(None)), _) => "message".to_owned(),
            (Show::Below(Reading::Packed(number, _)), _) => {
                format!("packed {}", plain_name(*number))
            }
            (Show::Nothing, _) => String::new(),
        }
    }

    fn value_text(&self, shape: &Shape, record: &Record) -> String {
        let payload = self.bytes().get(record.payload.clone()).unwrap_or_default();
        match &shape.show {
            Show::Number(number) => {
                let names = shape.known.as_ref().and_then(|known| enum_of(&known.kind));
                number.text(record.bits, names)
            }
            Show::Text => text(payload),
            Show::Bytes => hex(payload),
            Show::Below(Reading::Message(Some(id))) => match self.descriptor(*id) {
                Some(message) if shape.known.as_ref().is_none_or(|known| !known.is_group) => {
                    self.json(&message, payload)
                }
                _ => size(payload.len()),
            },
            Show::Below(_) if payload.is_empty() => "empty".to_owned(),
            Show::Below(Reading::Packed(number, _)) => {
                let names = shape.known.as_ref().and_then(|known| enum_of(&known.kind));
                packed_text(*number, names, payload)
            }
            Show::Below(_) => size(payload.len()),
            Show::Nothing if record.wire == 2 => "empty".to_owned(),
            Show::Nothing => String::new(),
        }
    }

    /// The beginning of a message's JSON on one line.
    fn json(&self, message: &MessageDescriptor, payload: &[u8]) -> String {
        let printer = match &self.0.schema {
            Some(schema) => Printer::within(message, schema),
            None => Printer::new(message),
        };
        let options = JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: SHOWN_TEXT,
        };
        let json = printer.to_json(payload, options);
        if json.cut {
            format!("{}…", json.text)
        } else {
            json.text
        }
    }
}

/// Whether a record is shown as its field's own type.
fn shape_is_own(shape: &Shape, known: &Known) -> bool {
    match (&shape.show, &known.kind) {
        (Show::Text, kind) => *kind == Kind::String,
        (Show::Bytes, kind) => *kind == Kind::Bytes,
        (Show::Below(Reading::Message(None)), _) => false,
        (Show::Below(Reading::Packed(_, field)), _) => field.is_some(),
        (Show::Number(number), kind) => Number::of(kind) == Some(*number),
        (Show::Nothing, _) => true,
        (Show::Below(Reading::Message(Some(_))), _) => true,
    }
}

fn block(range: Range<usize>) -> Described {
    Described {
        range,
        parts: Vec::new(),
        number: None,
        wire: None,
        name: String::new(),
        kind: String::new(),
        guessed: false,
        choosable: false,
        value: String::new(),
        meanings: Vec::new(),
        findings: Vec::new(),
        opens: None,
    }
}

pub(super) fn parts(record: &Record) -> Vec<(Role, Range<usize>)> {
    [
        (Role::Tag, &record.tag),
        (Role::Length, &record.length),
        (Role::Value, &record.payload),
        (Role::EndTag, &record.end_tag),
    ]
    .into_iter()
    .filter(|(_, range)| !range.is_empty())
    .map(|(role, range)| (role, range.clone()))
    .collect()
}

/// What a number is called of which only the form is known.
pub(super) fn plain_name(number: Number) -> &'static str {
    match number {
        Number::Varint(_) => "varint",
        Number::Fixed32(_) => "32-bit",
        Number::Fixed64(_) => "64-bit",
    }
}

/// The first of packed values.
fn packed_text(number: Number, names: Option<&EnumDescriptor>, payload: &[u8]) -> String {
    let mut values = Vec::new();
    let mut at = 0;
    while at < payload.len() && values.len() < SHOWN_VALUES {
        let rest = payload.get(at..).unwrap_or_default();
        let (bits, len) = match number {
            Number::Varint(_) => match Varint::read(payload, at, payload.len()) {
                Some(varint) => (varint.value, varint.next - at),
                None => break,
            },
            Number::Fixed32(_) => match rest.first_chunk::<4>() {
                Some(bytes) => (u64::from(u32::from_le_bytes(*bytes)), 4),
                None => break,
            },
            Number::Fixed64(_) => match rest.first_chunk::<8>() {
                Some(bytes) => (u64::from_le_bytes(*bytes), 8),
                None => break,
            },
        };
        values.push(number.text(bits, names));
        at += len;
    }
    if values.is_empty() {
        return hex(payload);
    }
    let more = if at < payload.len() { ", …" } else { "" };
    format!("{}{more}", values.join(", "))
}

/// The beginning of a text, quoted, what disturbs written as escapes.
fn text(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN_TEXT).unwrap_or(bytes);
    let cut = shown.len() < bytes.len();
    let words = match std::str::from_utf8(shown) {
        Ok(words) => words.to_owned(),
        // A character cut by the limit is no fault.
        Err(error) if cut && error.error_len().is_none() => {
            String::from_utf8_lossy(shown.get(..error.valid_up_to()).unwrap_or_default())
                .into_owned()
        }
        Err(_) => String::from_utf8_lossy(shown).into_owned(),
    };
    let mut quoted = String::from("\"");
    for c in words.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(c.escape_default()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    if cut {
        quoted.push('…');
    }
    quoted
}

/// The beginning of bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
    let mut text = String::new();
    for (i, byte) in shown.iter().enumerate() {
        let space = if i > 0 { " " } else { "" };
        text.push_str(&format!("{space}{byte:02X}"));
    }
    if shown.len() < bytes.len() {
        text.push_str(" …");
    }
    text
}

/// A number of bytes in words.
fn size(bytes: usize) -> String {
    let s = if bytes == 1 { "byte" } else { "bytes" };
    format!("{} {s}", grouped(bytes))
}

/// A count with commas between thousands.
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
