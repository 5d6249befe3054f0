//! Reads what a path leads to, straight from the bytes, and nothing else of the message.
//!
//! The same scan and the same rules as the text: of a single value the last one counts, a message in pieces
//! is one, of a oneof the arm that was set last, packed and unpacked lists are alike, an Any is opened
//! through the schema. What is absent and has no presence is its default.
//! Invariant: never fails and never recurses deeper than 100 messages.

use std::{borrow::Cow, ops::ControlFlow};

use super::{
    JsonOptions, Printer,
    collection::{MapKey, map_key},
    found::{Found, NANOS, Value},
    output::Output,
    plan::{FieldPlan, Label, Plan, Scalar, Shape, Slot},
    scan::{Occurrences, Scan},
    value::is_default,
    walk::{Place, Walker},
    well_known::{duration, timestamp},
    wire::{self, MAX_DEPTH, Span},
};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hop {
    /// A field of the message, by its number.
    Field(u32),
    /// A name that is looked up where it leads to: in an `Any`, a `Struct` or a `Value`.
    Name(Box<str>),
    /// An item of a list, from 0.
    Index(usize),
    /// All items of a list, or values of a map.
    All,
    /// A value of a map.
    Key(HopKey),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HopKey {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(Box<str>),
}

impl Printer {
    /// Calls `visit` with each value that a path leads to, until it breaks off. Messages and maps are
    /// written as JSON of up to `json` bytes (0 for no limit), or not at all.
    pub(crate) fn read(
        &self,
        hops: &[Hop],
        wire: &[u8],
        json: Option<usize>,
        visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>,
    ) {
        let options = JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: 0,
        };
        let mut walker = Walker::new(wire, &self.plans, Output::new(false, 0, 0), options);
        walker.problems.quiet = true;
        let mut reader = Reader {
            walker,
            json,
            visit,
        };
        let all = Span {
            start: 0,
            end: wire.len(),
        };
        // Whether it was broken off makes no difference.
        let _ = reader.message(self.root, &[all], hops, 0);
    }
}

struct Reader<'a, 'v> {
    walker: Walker<'a>,
    json: Option<usize>,
    visit: &'v mut dyn FnMut(Found<'_>) -> ControlFlow<()>,
}

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

impl<'a> Reader<'a, '_> {
    fn message(
        &mut self,
        slot: Slot,
        body: &[Span],
        hops: &[Hop],
        depth: usize,
    ) -> ControlFlow<()> {
        if depth > MAX_DEPTH {
            return GO_ON;
        }
        let plan = self.walker.plans.get(slot);
        let scan = self.walker.scan(plan, body);
        let flow = match hops.split_first() {
            None => self.whole(slot, scan, body, depth),
            Some((hop, rest)) => self.step(slot, scan, (hop, rest, hops), depth),
        };
        self.walker.end(scan);
        flow
    }

    fn step(
        &mut self,
        slot: Slot,
        scan: Scan,
        (hop, rest, hops): (&Hop, &[Hop], &[Hop]),
        depth: usize,
    ) -> ControlFlow<()> {
        let plan = self.walker.plans.get(slot);
        match (plan.shape, hop) {
            (_, Hop::Field(number)) => self.numbered(plan, scan, *number, rest, depth),
            (Shape::Any, Hop::Name(name)) => self.any(plan, scan, name, (rest, hops), depth),
            // What the message holds is where the step leads to.
            (Shape::Value, Hop::Name(_) | Hop::Key(_)) => self.numbered(plan, scan, 5, hops, depth),
            (Shape::Value, Hop::Index(_) | Hop::All) => self.numbered(plan, scan, 6, hops, depth),
            (Shape::Transparent, _) => self.numbered(plan, scan, 1, hops, depth),
            (_, Hop::Name(name)) => match self.walker.plans.number(slot, name) {
                Some(number) => self.numbered(plan, scan, number, rest, depth),
                None => GO_ON,
            },
            (_, Hop::Index(_) | Hop::All | Hop::Key(_)) => GO_ON,
        }
    }

    fn numbered(
        &mut self,
        plan: &'a Plan,
        scan: Scan,
        number: u32,
        hops: &[Hop],
        depth: usize,
    ) -> ControlFlow<()> {
        let position = plan.position(number);
        let Some(field) = position.and_then(|position| plan.fields.get(position)) else {
            return GO_ON;
        };
        let occurrences = self.walker.of_number(plan, scan, number);
        match (field.label, &field.kind) {
            (Label::Map, Scalar::Message(entry)) => {
                self.map(field, *entry, occurrences, hops, depth)
            }
            (Label::Single, Scalar::Message(slot) | Scalar::Group(slot)) => {
                let pieces = self.pieces(occurrences);
                if pieces.is_empty() {
                    return GO_ON;
                }
                self.message(*slot, &pieces, hops, depth + 1)
            }
            (Label::Single, _) => self.single(field, occurrences, hops),
            (Label::List | Label::Map, _) => self.list(field, occurrences, hops, depth),
        }
    }

    fn pieces(&self, mut occurrences: Occurrences) -> Vec<Span> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.walker.next(&mut occurrences) {
            pieces.push(piece.span);
        }
        pieces
    }

    fn single(
        &mut self,
        field: &'a FieldPlan,
        occurrences: Occurrences,
        hops: &[Hop],
    ) -> ControlFlow<()> {
        if !hops.is_empty() {
            return GO_ON;
        }
        match self.walker.last(occurrences) {
            Some(last) => {
                let set = field.presence || !is_default(&field.kind, &last);
                self.scalar(&field.kind, last.bits, last.span, set)
            }
            None if field.presence || field.extension => GO_ON,
            None => self.absent(&field.kind, false),
        }
    }

    fn absent(&mut self, kind: &'a Scalar, set: bool) -> ControlFlow<()> {
        let bits = match kind {
            // Sign-extended, as on the wire.
            Scalar::Enum(names) => i64::from(names.default) as u64,
            _ => 0,
        };
        self.scalar(kind, bits, Span::default(), set)
    }

    /// Goes through the items of a list. A step that is none of a list's own is taken in every item.
    fn list(
        &mut self,
        field: &'a FieldPlan,
        mut occurrences: Occurrences,
        hops: &[Hop],
        depth: usize,
    ) -> ControlFlow<()> {
        let (wanted, hops) = match hops.split_first() {
            Some((Hop::Index(index), rest)) => (Some(*index), rest),
            Some((Hop::All, rest)) => (None, rest),
            _ => (None, hops),
        };
        let own = field.kind.wire();
        let mut index = 0;
        let looks = |index: &mut usize| {
            let is = wanted.is_none_or(|wanted| wanted == *index);
            *index += 1;
            is
        };
        while let Some(item) = self.walker.next(&mut occurrences) {
            if item.wire == own {
                if looks(&mut index) {
                    self.item(&field.kind, item.bits, item.span, hops, depth)?;
                }
            } else {
                let Span { start: mut at, end } = item.span;
                while at < end {
                    let read = match own {
                        wire::WireType::Fixed32 => wire::fixed32(self.walker.wire, at, end),
                        wire::WireType::Fixed64 => wire::fixed64(self.walker.wire, at, end),
                        _ => wire::varint(self.walker.wire, at, end),
                    };
                    let Ok((bits, next)) = read else { break };
                    if looks(&mut index) {
                        self.item(&field.kind, bits, Span::default(), hops, depth)?;
                    }
                    at = next;
                }
            }
            if wanted.is_some_and(|wanted| wanted < index) {
                break;
            }
        }
        GO_ON
    }

    fn item(
        &mut self,
        kind: &'a Scalar,
        bits: u64,
        span: Span,
        hops: &[Hop],
        depth: usize,
    ) -> ControlFlow<()> {
        match kind {
            Scalar::Message(slot) | Scalar::Group(slot) => {
                self.message(*slot, &[span], hops, depth + 1)
            }
            _ if hops.is_empty() => self.scalar(kind, bits, span, true),
            _ => GO_ON,
        }
    }

    fn map(
        &mut self,
        field: &'a FieldPlan,
        slot: Slot,
        mut occurrences: Occurrences,
        hops: &[Hop],
        depth: usize,
    ) -> ControlFlow<()> {
        let plan = self.walker.plans.get(slot);
        let [key_plan, value_plan] = &*plan.fields else {
            return GO_ON;
        };
        let Some((hop, rest)) = hops.split_first() else {
            return self.whole_map(field, occurrences, depth);
        };
        let mut entries = Vec::new();
        while let Some(entry) = self.walker.next(&mut occurrences) {
            let scan = self.walker.scan(plan, &[entry.span]);
            let key = self.walker.last(self.walker.of_number(plan, scan, 1));
            let key = map_key(&key_plan.kind, key);
            if self.fits(key, hop) {
                entries.push((key, entry.span));
            }
            self.walker.end(scan);
        }
        // Stable: of equal keys the last on the wire stays last, and counts.
        entries.sort_by(|(a, _), (b, _)| self.walker.compare(*a, *b));
        for (i, &(key, span)) in entries.iter().enumerate() {
            let again = |next: &(MapKey, Span)| self.walker.compare(key, next.0).is_eq();
            if entries.get(i + 1).is_some_and(again) {
                continue;
            }
            let scan = self.walker.scan(plan, &[span]);
            let values = self.walker.of_number(plan, scan, 2);
            let flow = match &value_plan.kind {
                Scalar::Message(slot) | Scalar::Group(slot) => {
                    let pieces = self.pieces(values);
                    self.message(*slot, &pieces, rest, depth + 1)
                }
                _ if !rest.is_empty() => GO_ON,
                kind => match self.walker.last(values) {
                    Some(value) => self.scalar(kind, value.bits, value.span, true),
                    None => self.absent(kind, true),
                },
            };
            self.walker.end(scan);
            flow?;
        }
        GO_ON
    }

    fn fits(&self, key: MapKey, hop: &Hop) -> bool {
        match (hop, key) {
            (Hop::All, _) => true,
            (Hop::Key(HopKey::Bool(wanted)), MapKey::Bool(key)) => *wanted == key,
            (Hop::Key(HopKey::Signed(wanted)), MapKey::Signed(key)) => *wanted == key,
            (Hop::Key(HopKey::Unsigned(wanted)), MapKey::Unsigned(key)) => *wanted == key,
            (Hop::Key(HopKey::Text(wanted)) | Hop::Name(wanted), MapKey::Text(key)) => {
                self.walker.bytes(key) == wanted.as_bytes()
            }
            // Inside of an Any the kind of the key was not known.
            (Hop::Name(wanted), MapKey::Bool(key)) => **wanted == *key.to_string(),
            (Hop::Name(wanted), MapKey::Signed(key)) => **wanted == *key.to_string(),
            (Hop::Name(wanted), MapKey::Unsigned(key)) => **wanted == *key.to_string(),
            (Hop::Key(HopKey::Text(wanted)), key) => self.fits(key, &Hop::Name(wanted.clone())),
            (Hop::Index(wanted), MapKey::Signed(key)) => usize::try_from(key) == Ok(*wanted),
            (Hop::Index(wanted), MapKey::Unsigned(key)) => usize::try_from(key) == Ok(*wanted),
            _ => false,
        }
    }

    /// Opens an Any: its type's name, a field of what it holds, or `value` of what has a form of its own.
    fn any(
        &mut self,
        plan: &'a Plan,
        scan: Scan,
        name: &str,
        (rest, hops): (&[Hop], &[Hop]),
        depth: usize,
    ) -> ControlFlow<()> {
        let span = |number| {
            let values = self.walker.of_number(plan, scan, number);
            self.walker.last(values).map(|field| field.span)
        };
        let (url, value) = (span(1), span(2).unwrap_or_default());
        let Some(url) = url else { return GO_ON };
        let type_url = String::from_utf8_lossy(self.walker.bytes(url));
        if name == "@type" {
            let value = Value::Text(type_url);
            return self.emit(value, true);
        }
        let inner = type_url.rsplit_once('/').map_or("", |(_, name)| name);
        let Some(slot) = self.walker.plans.slot_of(inner) else {
            return GO_ON;
        };
        let plain = self.walker.plans.get(slot).shape == Shape::Plain;
        if plain {
            self.message(slot, &[value], hops, depth + 1)
        } else if name == "value" {
            self.message(slot, &[value], rest, depth + 1)
        } else {
            GO_ON
        }
    }

    /// The message itself.
    fn whole(&mut self, slot: Slot, scan: Scan, body: &[Span], depth: usize) -> ControlFlow<()> {
        let plan = self.walker.plans.get(slot);
        match plan.shape {
            Shape::Timestamp | Shape::Duration => {
                let (seconds, nanos) = self.walker.seconds(plan, scan);
                let total = i128::from(seconds) * NANOS + i128::from(nanos);
                if plan.shape == Shape::Timestamp && timestamp(seconds, nanos).is_some() {
                    return self.emit(Value::Time(total), true);
                }
                if plan.shape == Shape::Duration && duration(seconds, nanos).is_some() {
                    return self.emit(Value::Span(total), true);
                }
            }
            Shape::Transparent => {
                // A wrapper; Struct and ListValue have a list there.
                if let Some(field) = plan.fields.first()
                    && field.label == Label::Single
                {
                    return match self.walker.last(self.walker.of_number(plan, scan, 1)) {
                        Some(last) => self.scalar(&field.kind, last.bits, last.span, true),
                        None => self.absent(&field.kind, true),
                    };
                }
            }
            Shape::Value => return self.dynamic(plan, scan, depth),
            Shape::Plain | Shape::Any | Shape::FieldMask => {}
        }
        self.text_of(|walker| walker.message(slot, body, depth))
    }

    fn dynamic(&mut self, plan: &'a Plan, scan: Scan, depth: usize) -> ControlFlow<()> {
        for number in 1..=6 {
            if self
                .walker
                .last(self.walker.of_number(plan, scan, number))
                .is_some()
            {
                return self.numbered(plan, scan, number, &[], depth);
            }
        }
        self.emit(Value::Null, true)
    }

    fn whole_map(
        &mut self,
        field: &'a FieldPlan,
        occurrences: Occurrences,
        depth: usize,
    ) -> ControlFlow<()> {
        let mut first = occurrences;
        if self.walker.next(&mut first).is_none() {
            return GO_ON;
        }
        self.text_of(|walker| walker.field(field, occurrences, Place::Bare, depth))
    }

    /// What is written as JSON; a text without its quotes.
    fn text_of(&mut self, write: impl FnOnce(&mut Walker<'a>)) -> ControlFlow<()> {
        let Some(max_bytes) = self.json else {
            return self.emit(Value::Json(String::new()), true);
        };
        let out = Output::new(false, max_bytes, 128);
        let around = std::mem::replace(&mut self.walker.out, out);
        let limit = std::mem::replace(
            &mut self.walker.scan_limit,
            match max_bytes {
                0 => usize::MAX,
                limit => limit.saturating_add(64),
            },
        );
        write(&mut self.walker);
        self.walker.scan_limit = limit;
        let (text, cut) = std::mem::replace(&mut self.walker.out, around).finish();
        if text.starts_with('"')
            && !cut
            && let Ok(text) = serde_json::from_str::<String>(&text)
        {
            return self.emit(Value::Text(Cow::Owned(text)), true);
        }
        self.emit(Value::Json(text), true)
    }

    fn emit(&mut self, value: Value<'_>, set: bool) -> ControlFlow<()> {
        (self.visit)(Found { value, set })
    }

    /// A value that is no message. Integers keep the low bits of what the wire holds, as protobuf says.
    fn scalar(&mut self, kind: &'a Scalar, bits: u64, span: Span, set: bool) -> ControlFlow<()> {
        let value = match kind {
            Scalar::Double => Value::Double(f64::from_bits(bits)),
            Scalar::Float => Value::Float(f32::from_bits(bits as u32)),
            Scalar::Int32 | Scalar::Sfixed32 => Value::Signed(i64::from(bits as i32)),
            Scalar::Sint32 => {
                let value = bits as u32;
                Value::Signed(i64::from((value >> 1) as i32 ^ -((value & 1) as i32)))
            }
            Scalar::Uint32 | Scalar::Fixed32 => Value::Unsigned(u64::from(bits as u32)),
            Scalar::Int64 | Scalar::Sfixed64 => Value::Signed(bits as i64),
            Scalar::Sint64 => Value::Signed((bits >> 1) as i64 ^ -((bits & 1) as i64)),
            Scalar::Uint64 | Scalar::Fixed64 => Value::Unsigned(bits),
            Scalar::Bool => Value::Bool(bits != 0),
            Scalar::String => Value::Text(String::from_utf8_lossy(self.walker.bytes(span))),
            Scalar::Bytes => Value::Bytes(self.walker.bytes(span)),
            Scalar::Enum(names) => {
                let number = bits as i32;
                let name = names.name(number).map(|name| name.trim_matches('"'));
                Value::Enum(number, name)
            }
            Scalar::Null | Scalar::Message(_) | Scalar::Group(_) => Value::Null,
        };
        self.emit(value, set)
    }
}
