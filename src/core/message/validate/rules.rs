//! The standard rules of a field, ready to be looked at: for checking a value, for words about it, and
//! for making a value that keeps them.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use super::options::{self, CelRule, Ignore, RawRules};

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

/// What protovalidate demands of a field; `None` where it has no rules.
pub fn field_rules(field: &FieldDescriptor) -> Option<FieldRules> {
    let raw = options::of_field(field)?;
    let pool = field.parent_pool();
    Some(FieldRules::read(&raw, pool))
}

impl FieldRules {
    pub(super) fn read(raw: &RawRules, pool: &prost_reflect::DescriptorPool) -> Self {
        let kind = raw.kind();
        let predefined = kind.as_ref().and_then(|(_, rules)| {
            let (_, rules) = options::predefined(rules, pool).ok()??;
            let words = rules.into_iter().map(|rule| {
                let name = rule.extension.full_name().to_owned();
                (name, rule.value.to_string())
            });
            Some(words.collect())
        });
        Self {
            required: raw.required,
            ignore: raw.ignore,
            kind: kind.and_then(|(name, rules)| KindRules::read(&name, &rules, pool)),
            cel: raw.cel.clone(),
            predefined: predefined.unwrap_or_default(),
        }
    }
}

impl KindRules {
    /// Reads rules by the name of their kind.
    pub(super) fn read(
        name: &str,
        rules: &DynamicMessage,
        pool: &prost_reflect::DescriptorPool,
    ) -> Option<Self> {
        let nested = |name| {
            let raw = options::nested(rules, name)?;
            Some(Box::new(FieldRules::read(&raw, pool)))
        };
        let size = |name| options::number(rules, name);
        Some(match name {
            "bool" => Self::Bool(options::get(rules, "const").and_then(|v| v.as_bool())),
            "string" => Self::String(Box::new(StringRules::read(rules))),
            "bytes" => Self::Bytes(Box::new(BytesRules::read(rules))),
            "enum" => Self::Enum(EnumRules {
                constant: options::get(rules, "const").and_then(|v| v.as_i32()),
                defined_only: options::flag(rules, "defined_only"),
                lists: lists(rules, &|v| v.as_i32()),
            }),
            "repeated" => Self::Repeated(RepeatedRules {
                min_items: size("min_items"),
                max_items: size("max_items"),
                unique: options::flag(rules, "unique"),
                items: nested("items"),
            }),
            "map" => Self::Map(MapRules {
                min_pairs: size("min_pairs"),
                max_pairs: size("max_pairs"),
                keys: nested("keys"),
                values: nested("values"),
            }),
            "any" => Self::Any(lists(rules, &|v| v.as_str().map(str::to_owned))),
            "duration" => Self::Duration(order(rules, &nanos)),
            "timestamp" => Self::Timestamp(TimestampRules {
                order: order(rules, &nanos),
                before_now: options::flag(rules, "lt_now"),
                after_now: options::flag(rules, "gt_now"),
                within: options::get(rules, "within").as_ref().and_then(nanos),
            }),
            "field_mask" => Self::FieldMask(MaskRules {
                constant: options::get(rules, "const")
                    .and_then(|mask| Some(options::texts(mask.as_message()?, "paths"))),
                lists: lists(rules, &|v| v.as_str().map(str::to_owned)),
            }),
            kind => Self::Number(NumberRules {
                kind: kind.to_owned(),
                order: order(rules, &Number::of),
                finite: options::flag(rules, "finite"),
            }),
        })
    }
}

impl StringRules {
    fn read(rules: &DynamicMessage) -> Self {
        let text = |name| options::text(rules, name);
        let size = |name| options::number(rules, name);
        Self {
            constant: text("const"),
            len: size("len"),
            min_len: size("min_len"),
            max_len: size("max_len"),
            len_bytes: size("len_bytes"),
            min_bytes: size("min_bytes"),
            max_bytes: size("max_bytes"),
            pattern: text("pattern"),
            prefix: text("prefix"),
            suffix: text("suffix"),
            contains: text("contains"),
            not_contains: text("not_contains"),
            lists: lists(rules, &|v| v.as_str().map(str::to_owned)),
            format: StringFormat::read(rules),
        }
    }
}

impl StringFormat {
    /// Names of rules, each with its form.
    pub(super) const NAMED: [(&'static str, Self); 20] = [
        ("email", Self::Email),
        ("hostname", Self::Hostname),
        ("ip", Self::Ip),
        ("ipv4", Self::Ipv4),
        ("ipv6", Self::Ipv6),
        ("uri", Self::Uri),
        ("uri_ref", Self::UriRef),
        ("address", Self::Address),
        ("uuid", Self::Uuid),
        ("tuuid", Self::Tuuid),
        ("ip_with_prefixlen", Self::IpWithPrefixlen),
        ("ipv4_with_prefixlen", Self::Ipv4WithPrefixlen),
        ("ipv6_with_prefixlen", Self::Ipv6WithPrefixlen),
        ("ip_prefix", Self::IpPrefix),
        ("ipv4_prefix", Self::Ipv4Prefix),
        ("ipv6_prefix", Self::Ipv6Prefix),
        ("host_and_port", Self::HostAndPort),
        ("ulid", Self::Ulid),
        ("protobuf_fqn", Self::ProtobufFqn),
        ("protobuf_dot_fqn", Self::ProtobufDotFqn),
    ];

    fn read(rules: &DynamicMessage) -> Option<Self> {
        let strict = !rules.has_field_by_name("strict") || options::flag(rules, "strict");
        match options::number(rules, "well_known_regex") {
            Some(1) => return Some(Self::HeaderName { strict }),
            Some(2) => return Some(Self::HeaderValue { strict }),
            _ => {}
        }
        let mut named = Self::NAMED.into_iter();
        named
            .find(|(name, _)| options::flag(rules, name))
            .map(|(_, format)| format)
    }
}

impl BytesRules {
    fn read(rules: &DynamicMessage) -> Self {
        let bytes = |name| options::get(rules, name).and_then(|v| Some(v.as_bytes()?.to_vec()));
        let size = |name| options::number(rules, name);
        let formats = [
            ("ip", BytesFormat::Ip),
            ("ipv4", BytesFormat::Ipv4),
            ("ipv6", BytesFormat::Ipv6),
            ("uuid", BytesFormat::Uuid),
        ];
        let format = formats.iter().find(|(name, _)| options::flag(rules, name));
        Self {
            constant: bytes("const"),
            len: size("len"),
            min_len: size("min_len"),
            max_len: size("max_len"),
            pattern: options::text(rules, "pattern"),
            prefix: bytes("prefix"),
            suffix: bytes("suffix"),
            contains: bytes("contains"),
            lists: lists(rules, &|v| v.as_bytes().map(|bytes| bytes.to_vec())),
            format: format.map(|(_, format)| *format),
        }
    }
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

    pub(super) fn is_nan(self) -> bool {
        matches!(self, Self::Float(_) | Self::Double(_)) && self.as_f64().is_nan()
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

fn lists<T>(rules: &DynamicMessage, read: &dyn Fn(&Value) -> Option<T>) -> ListRules<T> {
    let all = |name| {
        let items = options::list(rules, name);
        items.iter().filter_map(read).collect()
    };
    ListRules {
        any_of: all("in"),
        none_of: all("not_in"),
    }
}

fn order<T>(rules: &DynamicMessage, read: &dyn Fn(&Value) -> Option<T>) -> OrderRules<T> {
    let value = |name| options::get(rules, name).as_ref().and_then(read);
    let limit = |exclusive, inclusive| {
        let at = |value, inclusive| Limit { value, inclusive };
        let open = value(exclusive).map(|value| at(value, false));
        open.or_else(|| value(inclusive).map(|value| at(value, true)))
    };
    OrderRules {
        constant: value("const"),
        lower: limit("gt", "gte"),
        upper: limit("lt", "lte"),
        lists: lists(rules, read),
    }
}

/// The kind of rules that belongs to a field: of its items, when it is looked at as one of them.
/// `None` for messages that have no rules of their own.
pub(super) fn expected(field: &FieldDescriptor, is_item: bool) -> Option<&'static str> {
    if !is_item && field.is_map() {
        return Some("map");
    }
    if !is_item && field.is_list() {
        return Some("repeated");
    }
    Some(match field.kind() {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Enum(_) => "enum",
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Any" => "any",
            "google.protobuf.Duration" => "duration",
            "google.protobuf.Timestamp" => "timestamp",
            "google.protobuf.FieldMask" => "field_mask",
            "google.protobuf.DoubleValue" => "double",
            "google.protobuf.FloatValue" => "float",
            "google.protobuf.Int64Value" => "int64",
            "google.protobuf.UInt64Value" => "uint64",
            "google.protobuf.Int32Value" => "int32",
            "google.protobuf.UInt32Value" => "uint32",
            "google.protobuf.BoolValue" => "bool",
            "google.protobuf.StringValue" => "string",
            "google.protobuf.BytesValue" => "bytes",
            _ => return None,
        },
    })
}
