//! What a schema says of a field, and what its bytes look like where no schema does.

use prost_reflect::{
    Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Syntax,
};

use super::record::{Record, Varint};
use crate::schema::scalar_name;

/// Bytes of a payload that are looked at to guess what it is.
const GUESSED_BYTES: usize = 4096;

/// What a field is by the schema.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_group: bool,
    pub(super) is_list: bool,
    pub(super) is_map: bool,
    /// The text must be UTF-8.
    pub(super) checks_utf8: bool,
}

impl Known {
    /// The field or extension of a number.
    pub(super) fn of(message: &MessageDescriptor, number: u64) -> Option<Self> {
        let number = u32::try_from(number).ok()?;
        if let Some(field) = message.get_field(number) {
            return Some(Self::field(&field));
        }
        let extension = message.get_extension(number)?;
        Some(Self {
            name: format!("[{}]", extension.full_name()),
            kind: extension.kind(),
            is_group: extension.is_group(),
            is_list: extension.cardinality() == Cardinality::Repeated,
            is_map: false,
            checks_utf8: false,
        })
    }

    fn field(field: &FieldDescriptor) -> Self {
        Self {
            name: field.name().to_owned(),
            kind: field.kind(),
            is_group: field.is_group(),
            is_list: field.cardinality() == Cardinality::Repeated,
            is_map: field.is_map(),
            checks_utf8: field.parent_file().syntax() != Syntax::Proto2,
        }
    }

    /// The wire type that the schema has for it, values unpacked.
    pub(super) fn wire(&self) -> u8 {
        match &self.kind {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
            Kind::Message(_) if self.is_group => 3,
            Kind::String | Kind::Bytes | Kind::Message(_) => 2,
            _ => 0,
        }
    }

    /// Whether a value of this wire type belongs to it.
    pub(super) fn takes(&self, wire: u8) -> bool {
        wire == self.wire() || self.is_list && wire == 2 && matches!(self.wire(), 0 | 1 | 5)
    }

    /// The type as a schema writes it.
    pub(super) fn type_name(&self) -> String {
        let own = match &self.kind {
            Kind::Message(message) if self.is_map => {
                let name = |field: FieldDescriptor| kind_name(&field.kind());
                let (key, value) = (message.get_field(1), message.get_field(2));
                let name = |field: Option<FieldDescriptor>| field.map(name).unwrap_or_default();
                return format!("map<{}, {}>", name(key), name(value));
            }
            kind => kind_name(kind),
        };
        if self.is_list {
            format!("repeated {own}")
        } else {
            own
        }
    }
}

/// A type's name; of messages and enums the short one.
pub(super) fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(it) => it.name().to_owned(),
        scalar => scalar_name(scalar).unwrap_or_default().to_owned(),
    }
}

/// How a packed field's values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// Varints.
    Varint(Meaning),
    /// Four bytes.
    Fixed32(Meaning),
    /// Eight bytes.
    Fixed64(Meaning),
}

/// What the bits of a number mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "protobuf's own names")]
pub enum Meaning {
    /// Nobody says.
    Unknown,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Bool,
    /// The names are in the field's descriptor.
    Enum,
    Float,
    Double,
}

impl Number {
    /// The number that a kind is; `None` for what is none.
    pub(super) fn of(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Int32 => Self::Varint(Meaning::Int32),
            Kind::Int64 => Self::Varint(Meaning::Int64),
            Kind::Uint32 => Self::Varint(Meaning::Uint32),
            Kind::Uint64 => Self::Varint(Meaning::Uint64),
            Kind::Sint32 => Self::Varint(Meaning::Sint32),
            Kind::Sint64 => Self::Varint(Meaning::Sint64),
            Kind::Bool => Self::Varint(Meaning::Bool),
            Kind::Enum(_) => Self::Varint(Meaning::Enum),
            Kind::Fixed32 => Self::Fixed32(Meaning::Uint32),
            Kind::Sfixed32 => Self::Fixed32(Meaning::Int32),
            Kind::Float => Self::Fixed32(Meaning::Float),
            Kind::Fixed64 => Self::Fixed64(Meaning::Uint64),
            Kind::Sfixed64 => Self::Fixed64(Meaning::Int64),
            Kind::Double => Self::Fixed64(Meaning::Double),
            Kind::String | Kind::Bytes | Kind::Message(_) => return None,
        })
    }

    /// A value, as text.
    pub(super) fn text(self, bits: u64, names: Option<&EnumDescriptor>) -> String {
        let low = bits as u32;
        let meaning = match self {
            Self::Varint(meaning) | Self::Fixed32(meaning) | Self::Fixed64(meaning) => meaning,
        };
        match meaning {
            Meaning::Unknown => self.unknown(bits),
            Meaning::Int32 => (low as i32).to_string(),
            Meaning::Int64 => (bits as i64).to_string(),
            Meaning::Uint32 => low.to_string(),
            Meaning::Uint64 => bits.to_string(),
            Meaning::Sint32 => zigzag(u64::from(low)).to_string(),
            Meaning::Sint64 => zigzag(bits).to_string(),
            Meaning::Bool => (bits != 0).to_string(),
            Meaning::Float => float(f64::from(f32::from_bits(low)), f32::from_bits(low)),
            Meaning::Double => float(f64::from_bits(bits), f64::from_bits(bits)),
            Meaning::Enum => {
                let number = low as i32;
                match names.and_then(|names| names.get_value(number)) {
                    Some(value) => format!("{} ({number})", value.name()),
                    None => number.to_string(),
                }
            }
        }
    }

    /// A value of which nobody says what it means: what is likeliest.
    fn unknown(self, bits: u64) -> String {
        match self {
            Self::Varint(_) => match bits as i64 {
                small @ ..0 => format!("{small} or {bits}"),
                _ => bits.to_string(),
            },
            Self::Fixed32(_) => {
                let real = f32::from_bits(bits as u32);
                likely(f64::from(real), &format!("{real:?}"), bits as u32)
            }
            Self::Fixed64(_) => {
                let real = f64::from_bits(bits);
                likely(real, &format!("{real:?}"), bits)
            }
        }
    }

    /// Everything that the bits may mean, by name.
    pub(super) fn meanings(self, bits: u64) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let low = bits as u32;
        match self {
            Self::Varint(_) => {
                all.push(("unsigned", bits.to_string()));
                if (bits as i64) < 0 {
                    all.push(("signed", (bits as i64).to_string()));
                }
                all.push(("zigzag", zigzag(bits).to_string()));
                if bits < 2 {
                    all.push(("bool", (bits == 1).to_string()));
                }
                all.push(("hex", format!("0x{bits:X}")));
            }
            Self::Fixed32(_) => {
                all.push(("unsigned", low.to_string()));
                if (low as i32) < 0 {
                    all.push(("signed", (low as i32).to_string()));
                }
                all.push(("float", format!("{:?}", f32::from_bits(low))));
                all.push(("hex", format!("0x{low:08X}")));
            }
            Self::Fixed64(_) => {
                all.push(("unsigned", bits.to_string()));
                if (bits as i64) < 0 {
                    all.push(("signed", (bits as i64).to_string()));
                }
                all.push(("double", format!("{:?}", f64::from_bits(bits))));
                all.push(("hex", format!("0x{bits:016X}")));
            }
        }
        all
    }
}

/// A float beside its integer; the likelier first.
fn likely(real: f64, text: &str, bits: impl std::fmt::Display) -> String {
    let plain = real == 0.0 || (1e-6..1e12).contains(&real.abs());
    if plain {
        format!("{text} or {bits}")
    } else {
        format!("{bits} or {text}")
    }
}

fn float(value: f64, shown: impl std::fmt::Debug) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}Infinity")
    } else {
        format!("{shown:?}")
    }
}

/// The number that a zigzag varint holds.
pub(super) fn zigzag(bits: u64) -> i64 {
    (bits >> 1) as i64 ^ -((bits & 1) as i64)
}

/// What a payload of which no schema speaks looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    Empty,
    Message,
    Text,
    Bytes,
}

/// Guesses, by the beginning of a payload.
///
/// Text is what has no control characters but those of lines; a message is what reads as records to its
/// end without an odd one. Where both would do it is text, unless it begins with a line's end: that is the tag
/// of a first field, and few texts begin like this.
pub(super) fn guess(payload: &[u8]) -> Guess {
    if payload.is_empty() {
        return Guess::Empty;
    }
    let looked = payload.get(..GUESSED_BYTES).unwrap_or(payload);
    let whole = looked.len() == payload.len();
    let text = is_text(looked, whole);
    let tagged = matches!(payload.first(), Some(b'\n'));
    if (!text || tagged) && is_message(looked, payload.len()) {
        Guess::Message
    } else if text {
        Guess::Text
    } else {
        Guess::Bytes
    }
}

fn is_text(looked: &[u8], whole: bool) -> bool {
    let text = match std::str::from_utf8(looked) {
        Ok(text) => text,
        // Cut in a character.
        Err(error) if !whole && error.error_len().is_none() => {
            match std::str::from_utf8(looked.get(..error.valid_up_to()).unwrap_or_default()) {
                Ok(text) => text,
                Err(_) => return false,
            }
        }
        Err(_) => return false,
    };
    !text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether the beginning of `all` bytes reads as records.
fn is_message(looked: &[u8], all: usize) -> bool {
    let mut at = 0;
    while at < looked.len() {
        let Some(next) = record_end(looked, at) else {
            // What is cut by looking only at the beginning is no fault.
            return at > 0 && looked.len() < all;
        };
        if next > all {
            return false;
        }
        at = next;
    }
    true
}

/// Where a record without any oddity ends; `None` for others. Groups, which nobody writes any more, are odd.
fn record_end(looked: &[u8], at: usize) -> Option<usize> {
    let tag = Varint::read(looked, at, looked.len())?;
    let number = tag.value >> 3;
    if tag.finding(at).is_some() || !(1..1 << 29).contains(&number) {
        return None;
    }
    match tag.value & 7 {
        0 => Varint::read(looked, tag.next, looked.len()).map(|it| it.next),
        1 => tag.next.checked_add(8),
        5 => tag.next.checked_add(4),
        2 => {
            let len = Varint::read(looked, tag.next, looked.len())?;
            len.next.checked_add(usize::try_from(len.value).ok()?)
        }
        _ => None,
    }
}

/// The wire type of a record, whose value is a number; `None` for other values.
pub(super) fn number_of(record: &Record) -> Option<Number> {
    match record.wire {
        0 => Some(Number::Varint(Meaning::Unknown)),
        1 => Some(Number::Fixed64(Meaning::Unknown)),
        5 => Some(Number::Fixed32(Meaning::Unknown)),
        _ => None,
    }
}
