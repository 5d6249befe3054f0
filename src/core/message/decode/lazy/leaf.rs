//! The text of a value on one row.

use super::{
    super::{
        JsonText,
        plan::{Scalar, Shape},
        wire,
    },
    look::{FieldAt, Shown},
    row::{Row, RowNote, Scribe, range},
    value::Raw,
};

impl Scribe<'_> {
    pub(super) fn leaf(&self, raw: &Raw, row: &mut Row, limit: usize) {
        row.span = range(raw.span());
        match raw {
            Raw::Scalar {
                field,
                bits,
                span,
                absent,
            } => {
                self.field_of(*field, row);
                self.scalar(*field, *bits, *span, row, limit);
                if *absent {
                    row.note = Some(RowNote::Absent);
                }
            }
            Raw::Message { slot, body, depth } => {
                self.message_type(*slot, row);
                let spans = body.spans();
                let text = self
                    .look
                    .written(limit, |walker| walker.message(*slot, spans, *depth));
                let time = self.look.plan(*slot).shape == Shape::Timestamp;
                if time && text.text.starts_with('"') {
                    row.note = Some(RowNote::Time);
                }
                self.told(text, row, body.len());
            }
            Raw::Url(span) => {
                let text = self.look.written(limit, |walker| walker.text(*span));
                self.told(text, row, span.len());
            }
            Raw::Opaque(span) => {
                let bytes = self.look.bytes(*span);
                let text = self.look.written(limit, |walker| walker.out.base64(bytes));
                self.told(text, row, span.len());
                row.type_name = "bytes".to_owned();
                row.problem = Some("its type is not in the schema: shown as bytes".to_owned());
                row.note = image_kind(bytes).map(RowNote::Image);
            }
            Raw::Stray { slot, at, end } => self.stray(*slot, *at, *end, row),
            _ => row.value = "null".to_owned(),
        }
    }

    fn scalar(&self, field: FieldAt, bits: u64, span: wire::Span, row: &mut Row, limit: usize) {
        let Some(plan) = self.look.field(field) else {
            return;
        };
        let json = self.look.is_json();
        let bytes = self.look.bytes(span);
        match &plan.kind {
            Scalar::Bytes => {
                row.is_bytes = true;
                row.note = image_kind(bytes).map(RowNote::Image);
                let text = match self.look.settled.bytes(field) {
                    Shown::Hex => {
                        let room = if limit == 0 { bytes.len() } else { limit / 3 };
                        row.value = hex(bytes.get(..room).unwrap_or(bytes));
                        row.hidden_bytes = bytes.len().saturating_sub(room);
                        return;
                    }
                    Shown::Text => self.look.written(limit, |walker| {
                        walker.out.string(bytes);
                    }),
                    Shown::Base64 | Shown::Message(_) => {
                        self.look.written(limit, |walker| walker.out.base64(bytes))
                    }
                };
                self.told(text, row, span.len());
            }
            #[allow(clippy::cast_possible_truncation, reason = "as protobuf reads an enum")]
            Scalar::Enum(names) => {
                let number = bits as i32;
                row.value = match names.name(number) {
                    Some(name) if json && !self.look.layout().enum_numbers => name.to_owned(),
                    Some(name) if !json => format!("{} = {number}", name.trim_matches('"')),
                    Some(_) => number.to_string(),
                    None if json => number.to_string(),
                    None => format!("{number}, which has no name"),
                };
                if names.name(number).is_none() {
                    row.problem = Some("the schema has no name for this number".to_owned());
                }
            }
            kind => {
                let text = self
                    .look
                    .written(limit, |walker| walker.scalar(kind, bits, span));
                self.told(text, row, span.len());
                if !json && !matches!(kind, Scalar::String) {
                    row.value = row.value.trim_matches('"').to_owned();
                }
            }
        }
    }

    /// Takes a text; what it leaves out of a value of `len` bytes is counted.
    fn told(&self, text: JsonText, row: &mut Row, len: usize) {
        if text.cut {
            row.hidden_bytes = len.saturating_sub(text.text.len()).max(1);
        }
        row.value = text.text;
        row.problem = text.problems.into_iter().next();
    }

    fn stray(&self, slot: u32, at: usize, end: usize, row: &mut Row) {
        row.span = at..end;
        let field = match wire::field(self.look.wire, at, end) {
            Ok(field) => field,
            Err(fault) => {
                row.key = format!("byte {at}");
                row.value = hex(self.look.wire.get(at..end.min(at + 32)).unwrap_or_default());
                row.hidden_bytes = (end - at).saturating_sub(32);
                row.problem = Some(fault.to_string());
                return;
            }
        };
        row.number = Some(field.number);
        row.type_name = field.wire.name().to_owned();
        let plan = self.look.plan(slot);
        let known = plan
            .position(field.number)
            .and_then(|at| plan.fields.get(at));
        row.key = known.map_or_else(|| "?".to_owned(), |it| it.name.to_string());
        row.problem = known.map(|it| {
            let wanted = it.kind.wire().name();
            format!("the wire type should be {wanted}")
        });
        if field.missing > 0 {
            row.problem = Some("the bytes end before it does".to_owned());
        }
        row.value = match field.wire {
            wire::WireType::Length | wire::WireType::Group => {
                let bytes = self.look.bytes(field.span);
                let shown = bytes.get(..64).unwrap_or(bytes);
                row.hidden_bytes = bytes.len() - shown.len();
                match std::str::from_utf8(shown) {
                    Ok(text) if !text.is_empty() && !text.contains(char::is_control) => {
                        format!("\"{text}\"")
                    }
                    _ => hex(shown),
                }
            }
            _ => field.bits.to_string(),
        };
    }
}

/// Two digits a byte, a space between bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (i, byte) in bytes.iter().enumerate() {
        use std::fmt::Write as _;
        // Writing to a String does not fail.
        let _ = write!(text, "{}{byte:02x}", if i == 0 { "" } else { " " });
    }
    text
}

/// The kind of image that bytes begin as.
pub(super) fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("PNG"),
        [0xff, 0xd8, 0xff, ..] => Some("JPEG"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("GIF"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("WebP"),
        _ => None,
    }
}
