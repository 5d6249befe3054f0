//! Passes over messages that cannot have a text that is looked for, without looking into them.
//!
//! The bytes are walked once as they stand on the wire, with nothing noted. What is passed over is
//! certain not to have the text; what is kept may have it, for a value that another replaced counts too.
//! Texts are not looked at one by one: the text is sought once in the bytes of the whole message, and where
//! no block of a part has it, the part has not. So the order of the parts does not matter: the entries of a
//! map are visited by key, not as they stand on the wire.

use std::collections::{HashMap, HashSet};

use prost_reflect::MessageDescriptor;
use regex::bytes::Regex;

use super::{
    super::{
        plan::{Label, Plan, Scalar, Shape, Slot, packable},
        wire::{self, Field, Span, WireType},
    },
    look::Look,
    scan::offset,
    search::Query,
};

/// Bytes of a block, of which it is known whether the text begins in it.
const BLOCK: usize = 4096;

/// A text, and what kinds of value may have it.
pub(super) struct Wanted {
    pub(super) matcher: Regex,
    text: Vec<u8>,
    /// Bytes of the longest match: another case may take more than the text itself.
    longest: usize,
    /// No integer whose magnitude is below has it.
    least: u64,
    pub(super) integer: bool,
    pub(super) float: bool,
    pub(super) moment: bool,
    base64: bool,
    /// The text has what JSON writes as an escape, or the quotes around it.
    pub(super) escapes: bool,
}

impl Wanted {
    pub(super) fn new(query: &Query, matcher: Regex) -> Self {
        let of = |letters: &str| query.text.chars().all(|c| letters.contains(c));
        let in_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=\"".contains(c);
        let digits = query.text.bytes().filter(u8::is_ascii_digit).count();
        let power = u32::try_from(digits.saturating_sub(1)).unwrap_or(u32::MAX);
        Self {
            least: match digits {
                0 | 1 => 0,
                _ => 10_u64.checked_pow(power).unwrap_or(u64::MAX),
            },
            matcher,
            longest: 4 * query.text.chars().count(),
            text: query.text.clone().into_bytes(),
            integer: of("0123456789-\""),
            float: of("0123456789-+.eEINFTYAinftya\""),
            moment: of("0123456789-:.TZStzs\""),
            base64: query.text.chars().all(in_base64),
            escapes: query.text.contains(['"', '\\']),
        }
    }

    /// Which blocks it begins in.
    fn blocks(&self, wire: &[u8]) -> Box<[bool]> {
        let mut blocks = vec![false; wire.len().div_ceil(BLOCK)];
        let mut at = 0;
        while let Some(found) = self.matcher.find_at(wire, at) {
            let block = found.start() / BLOCK;
            if let Some(begins) = blocks.get_mut(block) {
                *begins = true;
            }
            at = (block + 1) * BLOCK;
            if at > wire.len() {
                break;
            }
        }
        blocks.into()
    }

    /// Whether it may stand in `[3]`.
    pub(super) fn text_has_brackets(&self) -> bool {
        self.text.contains(&b'[') || self.text.contains(&b']')
    }

    fn may_be_index(&self) -> bool {
        self.integer || self.text_has_brackets()
    }

    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        self.matcher.is_match(text)
    }

    /// Whether an integer has it; its digits are made in place.
    pub(super) fn is_in_integer(&self, magnitude: u64, negative: bool, quotes: bool) -> bool {
        if magnitude < self.least {
            return false;
        }
        let mut digits = [0_u8; 24];
        let mut at = digits.len();
        let mut put = |byte: u8| {
            at -= 1;
            digits[at] = byte;
        };
        let mut left = magnitude;
        if quotes {
            put(b'"');
        }
        loop {
            put(b'0' + (left % 10) as u8);
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if negative {
            put(b'-');
        }
        if quotes {
            put(b'"');
        }
        let shown = digits.get(at..).unwrap_or_default();
        shown.len() >= self.text.len()
            && shown.windows(self.text.len()).any(|part| part == self.text)
    }

    pub(super) fn is_in_signed(&self, value: i64, quotes: bool) -> bool {
        self.is_in_integer(value.unsigned_abs(), value < 0, quotes)
    }
}

/// What was found out of the types and the bytes so far.
#[derive(Default)]
pub(super) struct Sieve {
    /// Which blocks of the bytes the text begins in; none before it was sought.
    blocks: Option<Box<[bool]>>,
    keys: HashMap<Slot, Box<[bool]>>,
    names: HashMap<(Slot, u32, i32), bool>,
    /// By type, whether it can have the text elsewhere than in texts.
    others: HashMap<Slot, bool>,
    scratch: Vec<u8>,
}

/// Numbers that JSON writes with their shortest digits.
trait Shortest {
    fn write(&self, out: &mut Vec<u8>);
}

impl Shortest for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail; a number that is not finite is written `null`.
        let _ = serde_json::to_writer(out, self);
    }
}

impl Shortest for f32 {
    fn write(&self, out: &mut Vec<u8>) {
        let _ = serde_json::to_writer(out, self);
    }
}

/// One walk.
pub(super) struct Walk<'w, 'a> {
    pub(super) look: &'w Look<'a>,
    pub(super) wanted: &'w Wanted,
    pub(super) sieve: &'w mut Sieve,
    /// Whether a field's name has the text.
    pub(super) key: &'w dyn Fn(Slot, u32) -> bool,
}

impl Walk<'_, '_> {
    /// Whether a message may have the text, in its own keys and values or below.
    pub(super) fn may_have(&mut self, slot: Slot, span: Span, depth: usize) -> bool {
        let layout = self.look.layout();
        if layout.defaults || self.wanted.escapes || !layout.bytes.is_empty() {
            return true;
        }
        self.has_text(span) || self.has_others(slot) && self.below(slot, span, depth)
    }

    /// Whether a type can have the text elsewhere than in the texts of its messages.
    fn has_others(&mut self, slot: Slot) -> bool {
        if let Some(known) = self.sieve.others.get(&slot) {
            return *known;
        }
        let (mut seen, mut left) = (HashSet::from([slot]), vec![slot]);
        let mut has = !self.look.is_json();
        while let Some(slot) = left.pop().filter(|_| !has) {
            let plan = self.look.plan(slot);
            has |= match plan.shape {
                Shape::Plain => plan.message_set,
                // They show what is not on the wire.
                Shape::Transparent | Shape::Value | Shape::FieldMask | Shape::Any => true,
                Shape::Timestamp | Shape::Duration => self.wanted.moment,
            };
            let descriptor = self.look.plans.message(slot);
            for (at, field) in (0..).zip(&plan.fields) {
                has |= (self.key)(slot, at) || field.label == Label::Map;
                has |= match &field.kind {
                    Scalar::String => false,
                    Scalar::Bytes => self.wanted.base64,
                    Scalar::Double | Scalar::Float => self.wanted.float,
                    Scalar::Bool => self.wanted.is_in(b"true") || self.wanted.is_in(b"false"),
                    Scalar::Null => self.wanted.is_in(b"null"),
                    Scalar::Enum(_) => self.wanted.integer || self.has_name(&descriptor),
                    Scalar::Message(inner) | Scalar::Group(inner) => {
                        if seen.insert(*inner) {
                            left.push(*inner);
                        }
                        false
                    }
                    _ => self.wanted.integer,
                };
            }
        }
        self.sieve.others.insert(slot, has);
        has
    }

    /// Whether an enum of a field of a type has a name with the text.
    fn has_name(&self, message: &MessageDescriptor) -> bool {
        let of_fields = message.fields().map(|field| field.kind());
        let kinds = of_fields.chain(message.extensions().map(|it| it.kind()));
        let mut enums = kinds.filter_map(|kind| kind.as_enum().cloned());
        enums.any(|it| {
            it.values()
                .any(|value| self.wanted.is_in(value.name().as_bytes()))
        })
    }

    fn has_text(&mut self, span: Span) -> bool {
        let wire = self.look.wire;
        let blocks = self
            .sieve
            .blocks
            .get_or_insert_with(|| self.wanted.blocks(wire));
        let of_span = span.start / BLOCK..span.end.div_ceil(BLOCK).min(blocks.len());
        let marked = blocks.get(of_span.clone()).unwrap_or_default();
        let mut begins = of_span.zip(marked).filter(|(_, begins)| **begins);
        begins.any(|(block, _)| {
            let start = span.start.max(block * BLOCK);
            // A match may end in a later block.
            let end = ((block + 1) * BLOCK).saturating_add(self.wanted.longest);
            let part = wire.get(start..end.min(span.end));
            part.is_some_and(|part| self.wanted.is_in(part))
        })
    }

    fn below(&mut self, slot: Slot, span: Span, depth: usize) -> bool {
        let plan = self.look.plan(slot);
        match plan.shape {
            // Without its value it shows a default.
            Shape::Transparent if span.len() == 0 => return true,
            Shape::Plain | Shape::Transparent => {}
            Shape::Timestamp | Shape::Duration => return self.wanted.moment,
            Shape::FieldMask | Shape::Value | Shape::Any => return true,
        }
        if plan.message_set || depth > wire::MAX_DEPTH {
            return true;
        }
        if !self.sieve.keys.contains_key(&slot) {
            let keys = (0..plan.fields.len()).map(|at| (self.key)(slot, offset(at)));
            let keys = keys.collect();
            self.sieve.keys.insert(slot, keys);
        }
        let mut at = span.start;
        while at < span.end {
            let Ok(field) = wire::field(self.look.wire, at, span.end) else {
                return !self.look.is_json();
            };
            at = field.next;
            match plan.position(field.number) {
                Some(position) if self.field(slot, plan, position, &field, depth) => return true,
                Some(_) => {}
                // A row of its own in the tree.
                None if !self.look.is_json() => return true,
                None => {}
            }
        }
        false
    }

    fn field(
        &mut self,
        slot: Slot,
        plan: &Plan,
        position: usize,
        field: &Field,
        depth: usize,
    ) -> bool {
        let keys = self.sieve.keys.get(&slot);
        if keys.is_some_and(|keys| keys.get(position).copied().unwrap_or(true)) {
            return true;
        }
        let Some(known) = plan.fields.get(position) else {
            return true;
        };
        if known.label == Label::List && !self.look.is_json() && self.wanted.may_be_index() {
            return true;
        }
        let own = known.kind.wire();
        if known.label == Label::Map && !self.is_whole_entry(field.span) {
            // A default that is not on the wire.
            return true;
        }
        if let Scalar::Message(inner) | Scalar::Group(inner) = known.kind {
            return match field.wire == own {
                true => self.below(inner, field.span, depth + 1),
                false => !self.look.is_json(),
            };
        }
        let place = (slot, offset(position));
        if field.wire == own {
            return self.scalar(place, &known.kind, field.bits, field.span);
        }
        if known.label != Label::List || field.wire != WireType::Length || !packable(own) {
            return !self.look.is_json();
        }
        let mut at = field.span.start;
        while at < field.span.end {
            let read = match own {
                WireType::Fixed32 => wire::fixed32(self.look.wire, at, field.span.end),
                WireType::Fixed64 => wire::fixed64(self.look.wire, at, field.span.end),
                _ => wire::varint(self.look.wire, at, field.span.end),
            };
            let Ok((bits, next)) = read else {
                return true;
            };
            if self.scalar(place, &known.kind, bits, Span::default()) {
                return true;
            }
            at = next;
        }
        false
    }

    /// Whether an entry of a map has both its parts.
    fn is_whole_entry(&self, span: Span) -> bool {
        let (mut at, mut parts) = (span.start, [false; 2]);
        while at < span.end {
            let Ok(field) = wire::field(self.look.wire, at, span.end) else {
                break;
            };
            match field.number {
                1 => parts[0] = true,
                2 => parts[1] = true,
                _ => {}
            }
            at = field.next;
        }
        parts == [true; 2]
    }

    fn scalar(&mut self, place: (Slot, u32), kind: &Scalar, bits: u64, span: Span) -> bool {
        match kind {
            // Those were looked through together.
            Scalar::String => false,
            Scalar::Bytes => self.wanted.base64 && span.len() > 0,
            Scalar::Double | Scalar::Float if !self.wanted.float => false,
            Scalar::Double => self.float(&f64::from_bits(bits)),
            #[allow(clippy::cast_possible_truncation, reason = "a float has 32 bits")]
            Scalar::Float => self.float(&f32::from_bits(bits as u32)),
            Scalar::Bool | Scalar::Null | Scalar::Enum(_) => self.name(place, kind, bits),
            Scalar::Message(_) | Scalar::Group(_) => true,
            integer => is_in_integer(self.wanted, integer, bits, self.look.is_json()),
        }
    }

    fn float(&mut self, value: &impl Shortest) -> bool {
        self.sieve.scratch.clear();
        value.write(&mut self.sieve.scratch);
        self.sieve.scratch == b"null" || self.wanted.is_in(&self.sieve.scratch)
    }

    /// Values that are words; there are few of them.
    #[allow(clippy::cast_possible_truncation, reason = "as protobuf reads an enum")]
    fn name(&mut self, (slot, position): (Slot, u32), kind: &Scalar, bits: u64) -> bool {
        let number = match kind {
            Scalar::Bool => i32::from(bits != 0),
            _ => bits as i32,
        };
        if let Some(known) = self.sieve.names.get(&(slot, position, number)) {
            return *known;
        }
        let has = match kind {
            Scalar::Bool if number == 0 => self.wanted.is_in(b"false"),
            Scalar::Bool => self.wanted.is_in(b"true"),
            Scalar::Enum(names) => {
                let name = names.name(number).unwrap_or_default();
                // The tree has the number beside the name, and says so when there is none.
                let plain = self.look.is_json() && !name.is_empty();
                !plain || self.look.layout().enum_numbers || self.wanted.is_in(name.as_bytes())
            }
            _ => self.wanted.is_in(b"null"),
        };
        self.sieve.names.insert((slot, position, number), has);
        has
    }
}

/// Whether an integer of a kind has the text.
#[allow(
    clippy::cast_possible_truncation,
    reason = "integers keep the low bits of what the wire holds, as protobuf says"
)]
pub(super) fn is_in_integer(wanted: &Wanted, kind: &Scalar, bits: u64, json: bool) -> bool {
    if !wanted.integer {
        return false;
    }
    let low = bits as u32;
    match kind {
        Scalar::Int32 | Scalar::Sfixed32 => {
            wanted.is_in_signed(i64::from(low.cast_signed()), false)
        }
        Scalar::Sint32 => {
            let value = (low >> 1).cast_signed() ^ -((low & 1).cast_signed());
            wanted.is_in_signed(i64::from(value), false)
        }
        Scalar::Uint32 | Scalar::Fixed32 => wanted.is_in_integer(u64::from(low), false, false),
        Scalar::Int64 | Scalar::Sfixed64 => wanted.is_in_signed(bits.cast_signed(), json),
        Scalar::Sint64 => {
            let value = (bits >> 1).cast_signed() ^ -((bits & 1).cast_signed());
            wanted.is_in_signed(value, json)
        }
        _ => wanted.is_in_integer(bits, false, json),
    }
}
