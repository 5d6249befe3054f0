//! What a field's value is compared with, read as the field's type has it.

use std::cmp::Ordering;

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};

use super::PathKind;
use crate::message::{Value, encode::parse_timestamp, known::Span, raw::closest};

const NANOS: i128 = 1_000_000_000;

/// Why a text is no value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try; may be empty.
    pub hint: String,
}

/// A value as a person typed it, in every reading that it has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Operand {
    text: String,
    flag: Option<bool>,
    integer: Option<i128>,
    float: Option<f32>,
    double: Option<f64>,
    /// A number of the field's enum.
    number: Option<i32>,
    bytes: Option<Vec<u8>>,
    time: Option<i128>,
    span: Option<i128>,
}

impl Operand {
    /// Reads a value for a field of this kind. A text is taken as it stands, with its white space; others
    /// without that around them. Bytes are base64, or hex after `0x`; of a time the clock, or its zone (then
    /// UTC), may be left out.
    ///
    /// # Errors
    /// It is no such value.
    pub fn parse(text: &str, kind: &PathKind) -> Result<Self, ValueError> {
        let mut operand = Self::of(text);
        let fits = match kind {
            PathKind::Bool => operand.flag.is_some(),
            PathKind::Signed | PathKind::Unsigned => operand.integer.is_some(),
            PathKind::Float | PathKind::Double => operand.double.is_some(),
            PathKind::Bytes => operand.bytes.is_some(),
            PathKind::Time => operand.time.is_some(),
            PathKind::Span => operand.span.is_some(),
            PathKind::Enum(descriptor) => {
                operand.number = enum_number(text.trim(), descriptor);
                operand.number.is_some()
            }
            PathKind::Text | PathKind::Dynamic | PathKind::Message => true,
        };
        if fits {
            return Ok(operand);
        }
        Err(ValueError {
            message: format!("`{}` is not {}", text.trim(), kind.words()),
            hint: hint(text.trim(), kind),
        })
    }

    /// A text that need not be a whole value of the field, as what its text is to contain.
    pub fn of(text: &str) -> Self {
        let plain = text.trim();
        Self {
            text: text.to_owned(),
            flag: plain.parse().ok(),
            integer: plain.parse().ok(),
            float: plain.parse().ok(),
            double: plain.parse().ok(),
            number: None,
            bytes: bytes(plain),
            time: time(plain),
            span: Span::read(plain).ok().map(|span| span.nanos()),
        }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How a value of a message stands to this one; `None` when the two cannot be compared. Integers of any
    /// width are exact; NaN equals itself and nothing else.
    pub fn order(&self, value: &Value<'_>) -> Option<Ordering> {
        match value {
            Value::Bool(value) => self.flag.map(|flag| value.cmp(&flag)),
            Value::Signed(value) => self.whole(i128::from(*value)),
            Value::Unsigned(value) => self.whole(i128::from(*value)),
            Value::Float(value) => self.float.and_then(|own| {
                let both = value.is_nan() && own.is_nan();
                if both {
                    Some(Ordering::Equal)
                } else {
                    value.partial_cmp(&own)
                }
            }),
            Value::Double(value) => self.double.and_then(|own| {
                let both = value.is_nan() && own.is_nan();
                if both {
                    Some(Ordering::Equal)
                } else {
                    value.partial_cmp(&own)
                }
            }),
            Value::Enum(number, name) => match self.number {
                Some(own) => Some(number.cmp(&own)),
                // Inside of an Any the enum was not known.
                None if *name == Some(self.text.trim()) => Some(Ordering::Equal),
                None => self.whole(i128::from(*number)),
            },
            Value::Text(value) => Some((**value).cmp(&*self.text)),
            Value::Bytes(value) => self.bytes.as_deref().map(|own| (*value).cmp(own)),
            Value::Time(value) => self.time.map(|own| value.cmp(&own)),
            Value::Span(value) => self.span.map(|own| value.cmp(&own)),
            Value::Null => (self.text.trim() == "null").then_some(Ordering::Equal),
            Value::Json(value) => (*value == self.text.trim()).then_some(Ordering::Equal),
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "only where what was typed is no integer, which no integer equals"
    )]
    fn whole(&self, value: i128) -> Option<Ordering> {
        match (self.integer, self.double) {
            (Some(own), _) => Some(value.cmp(&own)),
            (None, Some(own)) => (value as f64).partial_cmp(&own),
            (None, None) => None,
        }
    }

    /// Whether a value's text contains what was typed; bytes contain bytes.
    pub fn is_in(&self, value: &Value<'_>) -> bool {
        match (value, &self.bytes) {
            (Value::Bytes(value), Some(own)) => {
                own.is_empty() || value.windows(own.len()).any(|part| part == own)
            }
            _ => value.text().contains(&*self.text),
        }
    }
}

fn enum_number(text: &str, descriptor: &prost_reflect::EnumDescriptor) -> Option<i32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let named = descriptor.get_value_by_name(text);
    let alike = || {
        descriptor
            .values()
            .find(|value| value.name().eq_ignore_ascii_case(text))
    };
    named.or_else(alike).map(|value| value.number())
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("0x") {
        let pairs = hex.as_bytes().chunks(2);
        return pairs
            .map(|pair| {
                let digits = std::str::from_utf8(pair).ok()?;
                // A number would take a sign, too.
                let is_byte = digits.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
                u8::from_str_radix(digits, 16).ok().filter(|_| is_byte)
            })
            .collect();
    }
    [
        BASE64_STANDARD,
        BASE64_STANDARD_NO_PAD,
        BASE64_URL_SAFE,
        BASE64_URL_SAFE_NO_PAD,
    ]
    .iter()
    .find_map(|form| form.decode(text).ok())
}

fn time(text: &str) -> Option<i128> {
    let joined = text.replacen(' ', "T", 1);
    let forms = [
        joined.clone(),
        format!("{joined}Z"),
        format!("{joined}:00Z"),
        format!("{joined}T00:00:00Z"),
    ];
    let parsed = forms.iter().find_map(|form| parse_timestamp(form).ok());
    parsed.map(|(seconds, nanos)| i128::from(seconds) * NANOS + i128::from(nanos))
}

fn hint(text: &str, kind: &PathKind) -> String {
    let fixed = match kind {
        PathKind::Bool => "Write true or false",
        PathKind::Signed | PathKind::Unsigned => "Write digits alone, as 42",
        PathKind::Float | PathKind::Double => "Write a number, as 1.5 or 1e9",
        PathKind::Bytes => "Write base64, or hex after 0x",
        PathKind::Time => "Write it as 2026-01-31T08:30:00Z, or a date alone",
        PathKind::Span => "Write it as 1.5s, 250ms or 1h30m",
        PathKind::Enum(descriptor) => {
            let values: Vec<_> = descriptor.values().collect();
            let names = || values.iter().map(|value| value.name());
            return match closest(text, names()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => {
                    let listed: Vec<_> = names().take(5).map(|name| format!("`{name}`")).collect();
                    format!("It has {}", listed.join(", "))
                }
            };
        }
        PathKind::Text | PathKind::Dynamic | PathKind::Message => "",
    };
    fixed.to_owned()
}
