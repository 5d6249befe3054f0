//! One value that is no message.

use super::{
    plan::{FieldPlan, Scalar},
    problem::Severity,
    scan::Occurrences,
    walk::{Place, Walker},
    wire::{Field, Span},
};

impl<'a> Walker<'a> {
    pub(super) fn single(
        &mut self,
        field: &'a FieldPlan,
        occurrences: Occurrences,
        place: &mut Place<'_>,
    ) {
        let shown = self.shows_default(field, place);
        match self.last(occurrences) {
            Some(last) if field.presence || shown || !is_default(&field.kind, &last) => {
                self.begin(field, place);
                self.scalar(&field.kind, last.bits, last.span);
            }
            None if shown && !field.presence => {
                self.begin(field, place);
                self.default_value(&field.kind);
            }
            Some(_) | None => {}
        }
    }

    pub(super) fn value(&mut self, kind: &'a Scalar, bits: u64, span: Span, depth: usize) {
        match kind {
            Scalar::Message(slot) | Scalar::Group(slot) => self.message(*slot, &[span], depth + 1),
            _ => self.scalar(kind, bits, span),
        }
    }

    pub(super) fn default_value(&mut self, kind: &Scalar) {
        let bits = match kind {
            // Sign-extended, as on the wire.
            Scalar::Enum(names) => i64::from(names.default) as u64,
            _ => 0,
        };
        self.scalar(kind, bits, Span::default());
    }

    /// Writes a value that is no message. Integers keep the low bits of what the wire holds, as
    /// protobuf says.
    pub(super) fn scalar(&mut self, kind: &Scalar, bits: u64, span: Span) {
        match kind {
            Scalar::Double => self.out.double(f64::from_bits(bits)),
            Scalar::Float => self.out.float(f32::from_bits(bits as u32)),
            Scalar::Int32 | Scalar::Sfixed32 => self.out.signed(i64::from(bits as i32)),
            Scalar::Sint32 => {
                let value = bits as u32;
                self.out
                    .signed(i64::from((value >> 1) as i32 ^ -((value & 1) as i32)));
            }
            Scalar::Uint32 | Scalar::Fixed32 => self.out.unsigned(u64::from(bits as u32)),
            Scalar::Int64 | Scalar::Sfixed64 => self.out.quoted_signed(bits as i64),
            Scalar::Sint64 => {
                self.out
                    .quoted_signed((bits >> 1) as i64 ^ -((bits & 1) as i64));
            }
            Scalar::Uint64 | Scalar::Fixed64 => self.out.quoted_unsigned(bits),
            Scalar::Bool => self.out.raw(if bits == 0 { "false" } else { "true" }),
            Scalar::String => self.text(span),
            Scalar::Bytes => self.out.base64(self.bytes(span)),
            Scalar::Enum(names) => match names.name(bits as i32) {
                Some(name) => self.out.raw(name),
                None => self.out.signed(i64::from(bits as i32)),
            },
            Scalar::Null | Scalar::Message(_) | Scalar::Group(_) => self.out.raw("null"),
        }
    }

    pub(super) fn text(&mut self, span: Span) {
        if !self.out.string(self.bytes(span)) {
            self.problem(
                Severity::Malformed,
                span.start,
                "the text is not UTF-8; bad bytes are shown as \u{fffd}",
            );
        }
    }

    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        self.wire.get(span.start..span.end).unwrap_or_default()
    }
}

/// Whether a value is its field's default, by its bits: -0.0 is none.
pub(super) fn is_default(kind: &Scalar, field: &Field) -> bool {
    match kind {
        Scalar::String | Scalar::Bytes => field.span.len() == 0,
        Scalar::Enum(names) => field.bits as i32 == names.default,
        Scalar::Double
        | Scalar::Int64
        | Scalar::Uint64
        | Scalar::Sint64
        | Scalar::Fixed64
        | Scalar::Sfixed64
        | Scalar::Bool => field.bits == 0,
        Scalar::Float
        | Scalar::Int32
        | Scalar::Uint32
        | Scalar::Sint32
        | Scalar::Fixed32
        | Scalar::Sfixed32
        | Scalar::Null => field.bits as u32 == 0,
        Scalar::Message(_) | Scalar::Group(_) => false,
    }
}
