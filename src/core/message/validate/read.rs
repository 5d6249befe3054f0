//! Reads standard rules from the options' messages.

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, Value};

use super::{
    options::{self, RawRules},
    rules::{
        BytesFormat, BytesRules, EnumRules, FieldRules, KindRules, Limit, ListRules, MapRules,
        MaskRules, Number, NumberRules, OrderRules, RepeatedRules, StringFormat, StringRules,
        TimestampRules, nanos,
    },
};
use crate::{message::form::kind::wrapped, schema::scalar_name};

/// What protovalidate demands of a field; `None` where it has no rules.
pub fn field_rules(field: &FieldDescriptor) -> Option<FieldRules> {
    let raw = options::of_field(field)?;
    let pool = field.parent_pool();
    Some(FieldRules::read(&raw, pool))
}

impl FieldRules {
    pub(super) fn read(raw: &RawRules, pool: &DescriptorPool) -> Self {
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
    pub(super) fn read(name: &str, rules: &DynamicMessage, pool: &DescriptorPool) -> Option<Self> {
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
    match field.kind() {
        Kind::Enum(_) => Some("enum"),
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Any" => Some("any"),
            "google.protobuf.Duration" => Some("duration"),
            "google.protobuf.Timestamp" => Some("timestamp"),
            "google.protobuf.FieldMask" => Some("field_mask"),
            _ => scalar_name(&wrapped(&message)?),
        },
        scalar => scalar_name(&scalar),
    }
}
