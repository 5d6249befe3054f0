//! One of the two messages: its levels, values and their texts.
//!
//! A level is scanned once, its notes stay on the walker's stack while it is open, and levels close in
//! the opposite order. What the schema does not know is gathered apart, as it stands on the wire.

use super::super::{
    JsonOptions,
    collection::{MapKey, map_key},
    output::Output,
    plan::{FieldPlan, Label, Plan, Plans, Scalar, Slot},
    problem::{Severity, Step},
    scan::{Occurrences, Scan},
    value::is_default,
    walk::Walker,
    wire::{self, Span, WireType},
};

/// Bytes of an unknown field that are shown.
const SHOWN_BYTES: usize = 32;

/// Reads one message.
pub(super) struct Side<'a> {
    pub(super) walker: Walker<'a>,
}

/// A message that was scanned.
pub(super) struct Level<'a> {
    pub(super) slot: Slot,
    pub(super) plan: &'a Plan,
    scan: Scan,
    /// Sorted by number; those of one number in wire order, keys included.
    pub(super) unknown: Vec<Unknown>,
}

impl Level<'_> {
    /// What stands under a number and is not known.
    pub(super) fn unknown_of(&self, number: u32) -> Option<&Unknown> {
        let at = self.unknown.binary_search_by_key(&number, |it| it.number);
        self.unknown.get(at.ok()?)
    }
}

/// The occurrences of a field that the type does not have, or has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    /// 0 for bytes that are no field.
    pub(super) number: u32,
    pub(super) spans: Vec<Span>,
}

/// The items of a list.
#[derive(Debug)]
pub(super) enum Items {
    /// As [`normal`] gives them.
    Bits(Vec<u64>),
    /// Texts, bytes or messages.
    Spans(Vec<Span>),
}

impl Items {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bits(items) => items.len(),
            Self::Spans(items) => items.len(),
        }
    }
}

/// A map's key, comparable with one of another message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(&'a [u8]),
}

impl Key<'_> {
    /// As it stands between brackets: JSON.
    pub(super) fn text(self) -> String {
        match self {
            Key::Bool(key) => key.to_string(),
            Key::Signed(key) => key.to_string(),
            Key::Unsigned(key) => key.to_string(),
            Key::Text(key) => serde_json::Value::from(String::from_utf8_lossy(key)).to_string(),
        }
    }
}

/// A value that is not a message: its bits, or where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Atom {
    pub(super) bits: u64,
    pub(super) span: Span,
}

impl<'a> Side<'a> {
    pub(super) fn new(wire: &'a [u8], plans: &'a Plans) -> Self {
        let options = JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: 0,
        };
        let mut walker = Walker::new(wire, plans, Output::new(false, 0, 0), options);
        walker.problems.quiet = true;
        Self { walker }
    }

    /// What in the bytes could not be read.
    pub(super) fn finish(self) -> Vec<String> {
        self.walker.finish().problems
    }

    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        self.walker.bytes(span)
    }

    /// Scans a message that stands in one or more pieces.
    pub(super) fn open(&mut self, slot: Slot, body: &[Span]) -> Level<'a> {
        let plan = self.walker.plans.get(slot);
        let worst = self.walker.problems.worst.take();
        self.walker.problems.quiet = false;
        let scan = self.walker.scan(plan, body);
        self.walker.problems.quiet = true;
        let found = self.walker.problems.worst.is_some();
        self.walker.problems.worst = self.walker.problems.worst.max(worst);
        let unknown = if found {
            self.unknown(plan, body)
        } else {
            Vec::new()
        };
        Level {
            slot,
            plan,
            scan,
            unknown,
        }
    }

    /// Forgets the level that was opened last.
    pub(super) fn close(&mut self, level: &Level<'_>) {
        self.walker.end(level.scan);
    }

    /// What has no place in the plan; the rest of a piece that cannot be read counts as number 0.
    fn unknown(&self, plan: &Plan, body: &[Span]) -> Vec<Unknown> {
        let mut found: Vec<(u32, Span)> = Vec::new();
        for span in body {
            let mut at = span.start;
            while at < span.end {
                let Ok(field) = wire::field(self.walker.wire, at, span.end) else {
                    found.push((
                        0,
                        Span {
                            start: at,
                            end: span.end,
                        },
                    ));
                    break;
                };
                let known = plan.position(field.number);
                let fits = known.is_some_and(|at| plan.fields[at].takes(field.wire));
                let item = plan.message_set && field.number == 1 && field.wire == WireType::Group;
                if !fits && !item {
                    found.push((
                        field.number,
                        Span {
                            start: at,
                            end: field.next,
                        },
                    ));
                }
                at = field.next;
            }
        }
        found.sort_by_key(|(number, _)| *number);
        let mut unknown: Vec<Unknown> = Vec::new();
        for (number, span) in found {
            match unknown.last_mut() {
                Some(last) if last.number == number => last.spans.push(span),
                _ => unknown.push(Unknown {
                    number,
                    spans: vec![span],
                }),
            }
        }
        unknown
    }

    /// The bytes of an unknown field, in hexadecimal.
    pub(super) fn unknown_text(&self, unknown: &Unknown) -> String {
        let total: usize = unknown.spans.iter().map(|span| span.len()).sum();
        let bytes = unknown.spans.iter().flat_map(|span| self.bytes(*span));
        let hex: String = bytes
            .take(SHOWN_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let more = if total > SHOWN_BYTES { "…" } else { "" };
        format!("{total} bytes {hex}{more}")
    }

    pub(super) fn same_unknown(&self, own: &Unknown, other: &Side<'_>, theirs: &Unknown) -> bool {
        let own = own.spans.iter().flat_map(|span| self.bytes(*span));
        own.eq(theirs.spans.iter().flat_map(|span| other.bytes(*span)))
    }

    /// Positions of the fields that stand in a level, in order.
    pub(super) fn positions(&self, level: &Level<'_>) -> Vec<u32> {
        let runs = self.walker.runs.get(level.scan.runs..).unwrap_or_default();
        let mut positions: Vec<u32> = runs.iter().map(|run| run.position).collect();
        positions.dedup();
        positions
    }

    /// Where a field of the level that was opened last stands.
    pub(super) fn occurrences(&self, level: &Level<'_>, position: usize) -> Occurrences {
        let runs = self.walker.runs.get(level.scan.runs..).unwrap_or_default();
        let start = runs.partition_point(|run| (run.position as usize) < position);
        let end = runs.partition_point(|run| (run.position as usize) <= position);
        let field = level.plan.fields.get(position);
        let at = field.map_or(0, |field| {
            self.walker.arm_start(field, position, level.scan)
        });
        Occurrences {
            run: level.scan.runs + start,
            end: level.scan.runs + end,
            at,
        }
    }

    /// The bytes all occurrences stand in, if they stand in one run.
    pub(super) fn run_bytes(&self, occurrences: Occurrences) -> Option<&'a [u8]> {
        let [run] = self.walker.runs.get(occurrences.run..occurrences.end)? else {
            return None;
        };
        let start = run.start.max(occurrences.at);
        self.walker.wire.get(start..run.last.next)
    }

    /// The value of a field that is no list and no message; `None` when it is not set. A default value of a
    /// field without presence is not set.
    pub(super) fn atom(&self, field: &FieldPlan, occurrences: Occurrences) -> Option<Atom> {
        let last = self.walker.last(occurrences)?;
        if !field.presence && is_default(&field.kind, &last) {
            return None;
        }
        Some(Atom {
            bits: normal(&field.kind, last.bits),
            span: last.span,
        })
    }

    /// The pieces of a submessage; none when it is not set.
    pub(super) fn pieces(&self, mut occurrences: Occurrences) -> Vec<Span> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.walker.next(&mut occurrences) {
            pieces.push(piece.span);
        }
        pieces
    }

    /// The items of a list.
    pub(super) fn items(&self, field: &FieldPlan, mut occurrences: Occurrences) -> Items {
        let own = field.kind.wire();
        if matches!(own, WireType::Length | WireType::Group) {
            let mut spans = Vec::new();
            while let Some(item) = self.walker.next(&mut occurrences) {
                spans.push(item.span);
            }
            return Items::Spans(spans);
        }
        let mut items = Vec::new();
        while let Some(item) = self.walker.next(&mut occurrences) {
            if item.wire == own {
                items.push(normal(&field.kind, item.bits));
                continue;
            }
            let Span { start: mut at, end } = item.span;
            while at < end {
                let read = match own {
                    WireType::Fixed32 => wire::fixed32(self.walker.wire, at, end),
                    WireType::Fixed64 => wire::fixed64(self.walker.wire, at, end),
                    _ => wire::varint(self.walker.wire, at, end),
                };
                let Ok((bits, next)) = read else { break };
                items.push(normal(&field.kind, bits));
                at = next;
            }
        }
        Items::Bits(items)
    }

    /// The entries of a map by key; of equal keys the last on the wire.
    pub(super) fn entries(
        &mut self,
        slot: Slot,
        mut occurrences: Occurrences,
    ) -> Vec<(Key<'a>, Span)> {
        let plan = self.walker.plans.get(slot);
        let mut entries = Vec::new();
        while let Some(entry) = self.walker.next(&mut occurrences) {
            let scan = self.walker.scan(plan, &[entry.span]);
            let found = self.walker.last(self.walker.of_number(plan, scan, 1));
            if let Some(field) = plan.fields.first() {
                let key = match map_key(&field.kind, found) {
                    MapKey::Bool(key) => Key::Bool(key),
                    MapKey::Signed(key) => Key::Signed(key),
                    MapKey::Unsigned(key) => Key::Unsigned(key),
                    MapKey::Text(span) => Key::Text(self.walker.bytes(span)),
                };
                entries.push((key, entry.span));
            }
            self.walker.end(scan);
        }
        // Stable, and read backwards: the last of equal keys comes first.
        entries.reverse();
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        entries
    }

    /// The text of a field's whole value, at most about `limit` bytes.
    pub(super) fn field_text(
        &mut self,
        field: &'a FieldPlan,
        occurrences: Occurrences,
        limit: usize,
    ) -> String {
        let mut text = self.text(limit, |walker| match (field.label, &field.kind) {
            (Label::Single, Scalar::Message(slot) | Scalar::Group(slot)) => {
                let mut places = occurrences;
                let mut pieces = Vec::new();
                while let Some(piece) = walker.next(&mut places) {
                    pieces.push(piece.span);
                }
                walker.message(*slot, &pieces, 1);
            }
            _ => walker.field(field, occurrences, super::super::walk::Place::Bare, 0),
        });
        if text.is_empty() {
            text.push_str("null");
        }
        text
    }

    /// The text of a message.
    pub(super) fn message_text(&mut self, slot: Slot, body: &[Span], limit: usize) -> String {
        self.text(limit, |walker| walker.message(slot, body, 0))
    }

    /// The text of a value that is no message.
    pub(super) fn atom_text(&mut self, kind: &Scalar, atom: Atom, limit: usize) -> String {
        self.text(limit, |walker| walker.scalar(kind, atom.bits, atom.span))
    }

    fn text(&mut self, limit: usize, write: impl FnOnce(&mut Walker<'a>)) -> String {
        let out = Output::new(false, limit, limit.min(64));
        let before = std::mem::replace(&mut self.walker.out, out);
        let scans = std::mem::replace(&mut self.walker.scan_limit, limit.saturating_add(64));
        write(&mut self.walker);
        self.walker.scan_limit = scans;
        let out = std::mem::replace(&mut self.walker.out, before);
        let (mut text, cut) = out.finish();
        if cut {
            text.push('…');
        }
        text
    }

    /// A text as long as it is, for keys and hashes.
    pub(super) fn whole_text(&mut self, write: impl FnOnce(&mut Walker<'a>)) -> String {
        let before = std::mem::replace(&mut self.walker.out, Output::new(false, 0, 32));
        write(&mut self.walker);
        let out = std::mem::replace(&mut self.walker.out, before);
        out.finish().0
    }

    pub(super) fn enter(&mut self, step: Step<'a>) {
        self.walker.path.push(step);
    }

    pub(super) fn leave(&mut self) {
        self.walker.path.pop();
    }

    /// Says that something is left out, which a parser would refuse.
    pub(super) fn too_deep(&mut self, at: usize) {
        self.walker.problems.quiet = false;
        self.walker.problem(
            Severity::Malformed,
            at,
            "messages are nested too deep; compared as bytes",
        );
        self.walker.problems.quiet = true;
    }
}

/// The bits of a value such that equal values of one kind have equal bits: 32-bit kinds keep their low
/// half, every NaN is one, every true is 1.
pub(super) fn normal(kind: &Scalar, bits: u64) -> u64 {
    match kind {
        Scalar::Double if f64::from_bits(bits).is_nan() => f64::NAN.to_bits(),
        Scalar::Double
        | Scalar::Int64
        | Scalar::Uint64
        | Scalar::Sint64
        | Scalar::Fixed64
        | Scalar::Sfixed64 => bits,
        Scalar::Float if f32::from_bits(low(bits)).is_nan() => u64::from(f32::NAN.to_bits()),
        Scalar::Float
        | Scalar::Int32
        | Scalar::Uint32
        | Scalar::Sint32
        | Scalar::Fixed32
        | Scalar::Sfixed32
        | Scalar::Enum(_) => u64::from(low(bits)),
        Scalar::Bool => u64::from(bits != 0),
        Scalar::Null | Scalar::String | Scalar::Bytes | Scalar::Message(_) | Scalar::Group(_) => 0,
    }
}

/// The low half, which is what a 32-bit value keeps.
#[allow(
    clippy::cast_possible_truncation,
    reason = "protobuf keeps the low bits of a value that is too large"
)]
pub(super) fn low(bits: u64) -> u32 {
    bits as u32
}
