//! The standard rules of a field as values, ready to be looked at: for checking a value, for words about it, and
//! for making a value that keeps them.

use prost_reflect::Value;

use super::options::{CelRule, Ignore};

/// Nanoseconds of a second.
pub(super) const NANOS: i128 = 1_000_000_000;

/// What protovalidate demands of a field, an item, a key or a value.
#[derive(Debug, Clone, Default)]
pub struct FieldRules {
    /// It has to be set; without presence: to something else than its zero.
    pub required: bool,
    /// When the rules are not looked at.
    pub ignore: Ignore,
    /// The standard rules.
    pub kind: Option<KindRules>,
    /// Rules in CEL.
    pub cel: Vec<CelRule>,
    /// Predefined rules in use, with what they were given.
    pub predefined: Vec<(String, String)>,
}

/// Standard rules of one kind of value.
#[derive(Debug, Clone)]
pub enum KindRules {
    /// Of integers and floating point numbers, and of their wrappers.
    Number(NumberRules),
    /// Of a bool: what it has to be.
    Bool(Option<bool>),
    /// Of a string.
    String(Box<StringRules>),
    /// Of bytes.
    Bytes(Box<BytesRules>),
    /// Of an enum's numbers.
    Enum(EnumRules),
    /// Of a list.
    Repeated(RepeatedRules),
    /// Of a map.
    Map(MapRules),
    /// Of the type an Any holds.
    Any(ListRules<String>),
    /// Of a duration, in nanoseconds.
    Duration(OrderRules<i128>),
    /// Of a point in time, in nanoseconds since 1970.
    Timestamp(TimestampRules),
    /// Of the paths of a field mask.
    FieldMask(MaskRules),
}

/// A value among others, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRules<T> {
    /// It has to be one of these; empty: no such rule.
    pub any_of: Vec<T>,
    /// It must not be one of these.
    pub none_of: Vec<T>,
}

impl<T> Default for ListRules<T> {
    fn default() -> Self {
        Self {
            any_of: Vec::new(),
            none_of: Vec::new(),
        }
    }
}

/// One end of what is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit<T> {
    /// The value.
    pub value: T,
    /// Whether it is allowed itself.
    pub inclusive: bool,
}

/// Rules of values with an order. A lower limit above the upper one means outside of the two.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRules<T> {
    /// The only value.
    pub constant: Option<T>,
    /// The lower limit.
    pub lower: Option<Limit<T>>,
    /// The upper limit.
    pub upper: Option<Limit<T>>,
    /// Lists.
    pub lists: ListRules<T>,
}

impl<T> Default for OrderRules<T> {
    fn default() -> Self {
        Self {
            constant: None,
            lower: None,
            upper: None,
            lists: ListRules::default(),
        }
    }
}

/// A number of any of protobuf's kinds.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// Signed.
    Int(i64),
    /// Unsigned.
    Uint(u64),
    /// `float`.
    Float(f32),
    /// `double`.
    Double(f64),
}

/// Rules of numbers.
#[derive(Debug, Clone)]
pub struct NumberRules {
    /// The kind as the rules name it: `sint32`, `double`.
    pub kind: String,
    /// Limits and lists.
    pub order: OrderRules<Number>,
    /// Neither NaN nor infinite.
    pub finite: bool,
}

/// A form a string has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the rules")]
pub enum StringFormat {
    Email,
    Hostname,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    UriRef,
    Address,
    Uuid,
    Tuuid,
    IpWithPrefixlen,
    Ipv4WithPrefixlen,
    Ipv6WithPrefixlen,
    IpPrefix,
    Ipv4Prefix,
    Ipv6Prefix,
    HostAndPort,
    Ulid,
    ProtobufFqn,
    ProtobufDotFqn,
    HeaderName { strict: bool },
    HeaderValue { strict: bool },
}

/// Rules of strings. Lengths are in characters unless they say bytes.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names are those of the rules")]
pub struct StringRules {
    pub constant: Option<String>,
    pub len: Option<u64>,
    pub min_len: Option<u64>,
    pub max_len: Option<u64>,
    pub len_bytes: Option<u64>,
    pub min_bytes: Option<u64>,
    pub max_bytes: Option<u64>,
    /// A regular expression in RE2's syntax, found anywhere.
    pub pattern: Option<String>,
    pub prefix: Option<String>,
    pub suffix: Option<String>,
    pub contains: Option<String>,
    pub not_contains: Option<String>,
    pub lists: ListRules<String>,
    pub format: Option<StringFormat>,
}

/// A form bytes have to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the rules")]
pub enum BytesFormat {
    Ip,
    Ipv4,
    Ipv6,
    Uuid,
}

/// Rules of bytes.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names are those of the rules")]
pub struct BytesRules {
    pub constant: Option<Vec<u8>>,
    pub len: Option<u64>,
    pub min_len: Option<u64>,
    pub max_len: Option<u64>,
    /// A regular expression in RE2's syntax; the bytes have to be UTF-8.
    pub pattern: Option<String>,
    pub prefix: Option<Vec<u8>>,
    pub suffix: Option<Vec<u8>>,
    pub contains: Option<Vec<u8>>,
    pub lists: ListRules<Vec<u8>>,
    pub format: Option<BytesFormat>,
}

/// Rules of an enum's numbers.
#[derive(Debug, Clone, Default)]
pub struct EnumRules {
    /// The only number.
    pub constant: Option<i32>,
    /// Only numbers the enum defines.
    pub defined_only: bool,
    /// Lists.
    pub lists: ListRules<i32>,
}

/// Rules of a list.
#[derive(Debug, Clone, Default)]
pub struct RepeatedRules {
    /// The least number of items.
    pub min_items: Option<u64>,
    /// The greatest.
    pub max_items: Option<u64>,
    /// No item twice.
    pub unique: bool,
    /// Rules of each item.
    pub items: Option<Box<FieldRules>>,
}

/// Rules of a map.
#[derive(Debug, Clone, Default)]
pub struct MapRules {
    /// The least number of entries.
    pub min_pairs: Option<u64>,
    /// The greatest.
    pub max_pairs: Option<u64>,
    /// Rules of each key.
    pub keys: Option<Box<FieldRules>>,
    /// Rules of each value.
    pub values: Option<Box<FieldRules>>,
}

/// Rules of a point in time, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub struct TimestampRules {
    /// Limits.
    pub order: OrderRules<i128>,
    /// It has passed.
    pub before_now: bool,
    /// It is still to come.
    pub after_now: bool,
    /// The greatest distance from now.
    pub within: Option<i128>,
}

/// Rules of the paths of a field mask.
#[derive(Debug, Clone, Default)]
pub struct MaskRules {
    /// The only paths.
    pub constant: Option<Vec<String>>,
    /// Paths, or what stands below them.
    pub lists: ListRules<String>,
}

impl Number {
    /// A value that is a number.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::I32(number) => Self::Int((*number).into()),
            Value::I64(number) => Self::Int(*number),
            Value::U32(number) => Self::Uint((*number).into()),
            Value::U64(number) => Self::Uint(*number),
            Value::F32(number) => Self::Float(*number),
            Value::F64(number) => Self::Double(*number),
            _ => return None,
        })
    }

    /// As a floating point number, rounded where it has to be.
    #[expect(clippy::cast_precision_loss, reason = "said so")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Uint(number) => number as f64,
            Self::Float(number) => number.into(),
            Self::Double(number) => number,
        }
    }

    pub(super) fn is_finite(self) -> bool {
        match self {
            Self::Int(_) | Self::Uint(_) => true,
            Self::Float(_) | Self::Double(_) => self.as_f64().is_finite(),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(std::cmp::Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Uint(a), Self::Uint(b)) => Some(a.cmp(b)),
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()),
        }
    }
}

/// Nanoseconds of a `Timestamp` or `Duration`.
pub(super) fn nanos(value: &Value) -> Option<i128> {
    let message = value.as_message()?;
    let seconds = message.get_field_by_name("seconds")?.as_i64()?;
    let nanos = message.get_field_by_name("nanos")?.as_i32()?;
    Some(i128::from(seconds) * NANOS + i128::from(nanos))
}
