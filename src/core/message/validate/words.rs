//! Rules in a few words each, for a tooltip: "length 3–64", "matches ^[a-z]+$", "required".

use std::fmt::Display;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use super::{
    options::{self, CelRule, Ignore},
    read::field_rules,
    rules::{
        BytesFormat, BytesRules, EnumRules, FieldRules, KindRules, Limit, ListRules, MapRules,
        MaskRules, NANOS, Number, NumberRules, OrderRules, RepeatedRules, StringFormat,
        StringRules, TimestampRules,
    },
};

/// Entries of a list that are named; the rest is counted.
const MAX_LISTED: usize = 8;

/// The rules of a field, a few words each; empty where it has none. Custom rules are shown by their
/// message, or, where it is the expression that says it, by that.
pub fn rules_of(field: &FieldDescriptor) -> Vec<String> {
    field_rules(field).map_or_else(Vec::new, |rules| of_rules(&rules, field))
}

/// The rules of a message type as a whole.
pub fn rules_of_message(message: &MessageDescriptor) -> Vec<String> {
    let Some(rules) = options::of_message(message) else {
        return Vec::new();
    };
    let oneofs = rules.oneofs.iter().map(|rule| {
        let fields = rule.fields.join(", ");
        match rule.required {
            true => format!("exactly one of {fields}"),
            false => format!("at most one of {fields}"),
        }
    });
    rules.cel.iter().map(custom).chain(oneofs).collect()
}

/// The rules of a oneof.
pub fn rules_of_oneof(oneof: &OneofDescriptor) -> Vec<String> {
    let required = options::is_required(oneof);
    required
        .then(|| "required".to_owned())
        .into_iter()
        .collect()
}

fn of_rules(rules: &FieldRules, field: &FieldDescriptor) -> Vec<String> {
    if rules.ignore == Ignore::Always {
        return vec!["rules are ignored".to_owned()];
    }
    let mut words = Vec::new();
    if rules.required {
        words.push("required".to_owned());
    }
    if let Some(kind) = &rules.kind {
        of_kind(kind, field, &mut words);
    }
    let predefined = rules.predefined.iter();
    words.extend(predefined.map(|(name, value)| {
        let short = name.rsplit('.').next().unwrap_or(name);
        format!("{short} {value}")
    }));
    words.extend(rules.cel.iter().map(custom));
    if rules.ignore == Ignore::Zero && !words.is_empty() {
        words.push("or left at its zero".to_owned());
    }
    words
}

fn custom(rule: &CelRule) -> String {
    match rule.message.is_empty() {
        true => rule.expression.clone(),
        false => rule.message.clone(),
    }
}

fn of_kind(kind: &KindRules, field: &FieldDescriptor, words: &mut Vec<String>) {
    match kind {
        KindRules::Number(rules) => of_number(rules, words),
        KindRules::Bool(constant) => words.extend(constant.map(|value| format!("must be {value}"))),
        KindRules::String(rules) => of_string(rules, words),
        KindRules::Bytes(rules) => of_bytes(rules, words),
        KindRules::Enum(rules) => of_enum(rules, field, words),
        KindRules::Repeated(rules) => of_repeated(rules, field, words),
        KindRules::Map(rules) => of_map(rules, field, words),
        KindRules::Any(rules) => lists(rules, words, &|url| url.clone()),
        KindRules::Duration(rules) => order(rules, words, &|nanos| duration(*nanos)),
        KindRules::Timestamp(rules) => of_timestamp(rules, words),
        KindRules::FieldMask(rules) => of_mask(rules, words),
    }
}

fn of_number(rules: &NumberRules, words: &mut Vec<String>) {
    order(&rules.order, words, &number);
    if rules.finite {
        words.push("finite".to_owned());
    }
}

fn of_string(rules: &StringRules, words: &mut Vec<String>) {
    words.extend(
        rules
            .constant
            .as_ref()
            .map(|text| format!("must be {text:?}")),
    );
    words.extend(size("length", rules.len, rules.min_len, rules.max_len));
    let bytes = size("bytes", rules.len_bytes, rules.min_bytes, rules.max_bytes);
    words.extend(bytes);
    let parts = [
        ("matches", &rules.pattern),
        ("begins with", &rules.prefix),
        ("ends with", &rules.suffix),
        ("contains", &rules.contains),
        ("does not contain", &rules.not_contains),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(what, text)| Some((what, text.as_ref()?)));
    words.extend(parts.map(|(what, text)| format!("{what} {text}")));
    lists(&rules.lists, words, &|text| format!("{text:?}"));
    words.extend(rules.format.map(|format| string_format(format).to_owned()));
}

pub(super) fn string_format(format: StringFormat) -> &'static str {
    match format {
        StringFormat::Email => "email address",
        StringFormat::Hostname => "hostname",
        StringFormat::Ip => "IP address",
        StringFormat::Ipv4 => "IPv4 address",
        StringFormat::Ipv6 => "IPv6 address",
        StringFormat::Uri => "URI",
        StringFormat::UriRef => "URI or relative reference",
        StringFormat::Address => "hostname or IP address",
        StringFormat::Uuid => "UUID",
        StringFormat::Tuuid => "UUID without dashes",
        StringFormat::IpWithPrefixlen => "IP address with prefix length",
        StringFormat::Ipv4WithPrefixlen => "IPv4 address with prefix length",
        StringFormat::Ipv6WithPrefixlen => "IPv6 address with prefix length",
        StringFormat::IpPrefix => "IP network",
        StringFormat::Ipv4Prefix => "IPv4 network",
        StringFormat::Ipv6Prefix => "IPv6 network",
        StringFormat::HostAndPort => "host and port",
        StringFormat::Ulid => "ULID",
        StringFormat::ProtobufFqn => "full name of protobuf",
        StringFormat::ProtobufDotFqn => "full name of protobuf with a leading dot",
        StringFormat::HeaderName { .. } => "HTTP header name",
        StringFormat::HeaderValue { .. } => "HTTP header value",
    }
}

fn of_bytes(rules: &BytesRules, words: &mut Vec<String>) {
    let text = |bytes: &Vec<u8>| format!("0x{}", hex(bytes));
    words.extend(
        rules
            .constant
            .as_ref()
            .map(|bytes| format!("must be {}", text(bytes))),
    );
    words.extend(size("bytes", rules.len, rules.min_len, rules.max_len));
    words.extend(
        rules
            .pattern
            .as_ref()
            .map(|pattern| format!("matches {pattern}")),
    );
    let parts = [
        ("begins with", &rules.prefix),
        ("ends with", &rules.suffix),
        ("contains", &rules.contains),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(what, bytes)| Some((what, bytes.as_ref()?)));
    words.extend(parts.map(|(what, bytes)| format!("{what} {}", text(bytes))));
    lists(&rules.lists, words, &text);
    let format = rules.format.map(|format| match format {
        BytesFormat::Ip => "IP address, 4 or 16 bytes",
        BytesFormat::Ipv4 => "IPv4 address, 4 bytes",
        BytesFormat::Ipv6 => "IPv6 address, 16 bytes",
        BytesFormat::Uuid => "UUID, 16 bytes",
    });
    words.extend(format.map(str::to_owned));
}

fn of_enum(rules: &EnumRules, field: &FieldDescriptor, words: &mut Vec<String>) {
    let kind = match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    };
    let name = |number: &i32| {
        let value = kind.as_enum().and_then(|kind| kind.get_value(*number));
        value.map_or_else(|| number.to_string(), |value| value.name().to_owned())
    };
    words.extend(
        rules
            .constant
            .map(|number| format!("must be {}", name(&number))),
    );
    if rules.defined_only {
        words.push("a defined value".to_owned());
    }
    lists(&rules.lists, words, &name);
}

fn of_repeated(rules: &RepeatedRules, field: &FieldDescriptor, words: &mut Vec<String>) {
    words.extend(size("items", None, rules.min_items, rules.max_items));
    if rules.unique {
        words.push("no item twice".to_owned());
    }
    if let Some(items) = &rules.items {
        let items = of_rules(items, field);
        words.extend(items.iter().map(|rule| format!("each item: {rule}")));
    }
}

fn of_map(rules: &MapRules, field: &FieldDescriptor, words: &mut Vec<String>) {
    words.extend(size("entries", None, rules.min_pairs, rules.max_pairs));
    for (what, rules) in [("key", &rules.keys), ("value", &rules.values)] {
        if let Some(rules) = rules {
            let rules = of_rules(rules, field);
            words.extend(rules.iter().map(|rule| format!("each {what}: {rule}")));
        }
    }
}

fn of_timestamp(rules: &TimestampRules, words: &mut Vec<String>) {
    order(&rules.order, words, &|nanos| timestamp(*nanos));
    if rules.before_now {
        words.push("in the past".to_owned());
    }
    if rules.after_now {
        words.push("in the future".to_owned());
    }
    let within = rules
        .within
        .map(|nanos| format!("within {} of now", duration(nanos)));
    words.extend(within);
}

fn of_mask(rules: &MaskRules, words: &mut Vec<String>) {
    let constant = rules.constant.as_ref();
    words.extend(constant.map(|paths| format!("must be {}", paths.join(","))));
    lists(&rules.lists, words, &|path| path.clone());
}

fn size(what: &str, exact: Option<u64>, min: Option<u64>, max: Option<u64>) -> Option<String> {
    if let Some(exact) = exact {
        return Some(format!("{what} {exact}"));
    }
    match (min, max) {
        (Some(min), Some(max)) if min == max => Some(format!("{what} {min}")),
        (Some(min), Some(max)) => Some(format!("{what} {min}–{max}")),
        (Some(min), None) => Some(format!("{what} at least {min}")),
        (None, Some(max)) => Some(format!("{what} at most {max}")),
        (None, None) => None,
    }
}

fn order<T: PartialOrd>(
    rules: &OrderRules<T>,
    words: &mut Vec<String>,
    show: &dyn Fn(&T) -> String,
) {
    words.extend(
        rules
            .constant
            .as_ref()
            .map(|value| format!("must be {}", show(value))),
    );
    let lower = rules.lower.as_ref().map(|limit| {
        let sign = if limit.inclusive { "≥" } else { ">" };
        format!("{sign} {}", show(&limit.value))
    });
    let upper = rules.upper.as_ref().map(|limit| {
        let sign = if limit.inclusive { "≤" } else { "<" };
        format!("{sign} {}", show(&limit.value))
    });
    words.extend(match (lower, upper) {
        (Some(lower), Some(upper)) if is_outside(rules) => Some(format!("{upper} or {lower}")),
        (Some(lower), Some(upper)) => Some(format!("{lower} and {upper}")),
        (lower, upper) => lower.or(upper),
    });
    lists(&rules.lists, words, show);
}

/// Whether the limits name what is between them as not allowed.
pub(super) fn is_outside<T: PartialOrd>(rules: &OrderRules<T>) -> bool {
    let ends = |limit: &Option<Limit<T>>| limit.is_some();
    ends(&rules.lower)
        && ends(&rules.upper)
        && rules.upper.as_ref().map(|limit| &limit.value)
            < rules.lower.as_ref().map(|limit| &limit.value)
}

fn lists<T>(rules: &ListRules<T>, words: &mut Vec<String>, show: &dyn Fn(&T) -> String) {
    for (what, list) in [("in", &rules.any_of), ("not in", &rules.none_of)] {
        if list.is_empty() {
            continue;
        }
        let mut shown: Vec<String> = list.iter().take(MAX_LISTED).map(show).collect();
        if list.len() > MAX_LISTED {
            shown.push(format!("{} more", list.len() - MAX_LISTED));
        }
        words.push(format!("{what} [{}]", shown.join(", ")));
    }
}

/// A number as CEL's `%s` writes it.
pub(super) fn number(number: &Number) -> String {
    match number {
        Number::Int(number) => number.to_string(),
        Number::Uint(number) => number.to_string(),
        Number::Float(number) => float(f64::from(*number), number),
        Number::Double(number) => float(*number, number),
    }
}

pub(super) fn float(value: f64, digits: &impl Display) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        digits.to_string()
    }
}

/// A duration as CEL's `%s` writes it: seconds.
pub(super) fn duration(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let second = NANOS.unsigned_abs();
    let (whole, part) = (nanos / second, nanos % second);
    let part = format!("{part:09}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}s"),
        part => format!("{sign}{whole}.{part}s"),
    }
}

/// A point in time as CEL's `%s` writes it: RFC 3339.
pub(super) fn timestamp(nanos: i128) -> String {
    jiff::Timestamp::from_nanosecond(nanos).map_or_else(
        |_| format!("{} since 1970", duration(nanos)),
        |at| at.to_string(),
    )
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
