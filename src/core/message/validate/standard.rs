//! The standard rules, checked without an interpreter. Pure.
//!
//! Ids and sentences are protovalidate's own, word for word, so that what is told here is what the
//! server will tell. Each rule is an expression of CEL beside its field in `validate.proto`.

use std::{cmp::Ordering, sync::Arc};

use prost_reflect::{DynamicMessage, EnumDescriptor, Value};
use regex::Regex;

use super::{
    form::{has_form, named},
    pattern,
    rules::{
        BytesFormat, BytesRules, EnumRules, KindRules, ListRules, MapRules, MaskRules, Number,
        NumberRules, OrderRules, RepeatedRules, StringFormat, StringRules, TimestampRules, nanos,
    },
    unique::is_unique,
    words::{duration, float, hex, is_outside, timestamp},
};

/// The time one check is made at, in nanoseconds since 1970.
pub(super) type Now = i128;

/// A rule that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// The rule's name within its kind: `min_len`.
    pub(super) rule: &'static str,
    /// Its id: `string.min_len`.
    pub(super) id: String,
    /// protovalidate's sentence.
    pub(super) message: String,
}

/// Standard rules, compiled.
#[derive(Debug)]
pub(super) struct Standard {
    pub(super) rules: KindRules,
    /// How the rules are named in their ids.
    pub(super) kind: String,
    pattern: Option<Arc<Regex>>,
    /// The enum whose numbers are checked.
    defined: Option<EnumDescriptor>,
}

impl Standard {
    /// # Errors
    /// The pattern is none.
    pub(super) fn new(
        kind: String,
        rules: KindRules,
        defined: Option<EnumDescriptor>,
    ) -> Result<Self, String> {
        let pattern = match &rules {
            KindRules::String(rules) => rules.pattern.as_deref(),
            KindRules::Bytes(rules) => rules.pattern.as_deref(),
            _ => None,
        };
        let compile = |written| pattern::compiled(written).map_err(|error| error.to_string());
        Ok(Self {
            pattern: pattern.map(compile).transpose()?,
            rules,
            kind,
            defined,
        })
    }

    /// What a value breaks. What is no value of the kind breaks nothing.
    ///
    /// # Errors
    /// A rule cannot be applied to the value.
    pub(super) fn check(&self, value: &Value, now: Now) -> Result<Vec<Broken>, String> {
        let mut report = Report {
            kind: &self.kind,
            broken: Vec::new(),
        };
        match (&self.rules, value) {
            (KindRules::Number(rules), value) => report.number(rules, value),
            (KindRules::Bool(Some(constant)), Value::Bool(flag)) if constant != flag => {
                report.add("const", format!("must equal {constant}"));
            }
            (KindRules::String(rules), Value::String(text)) => {
                report.string(rules, self.pattern.as_deref(), text);
            }
            (KindRules::Bytes(rules), Value::Bytes(bytes)) => {
                report.bytes(rules, self.pattern.as_deref(), bytes)?;
            }
            (KindRules::Enum(rules), Value::EnumNumber(number)) => {
                report.enumeration(rules, self.defined.as_ref(), *number);
            }
            (KindRules::Repeated(rules), Value::List(items)) => report.repeated(rules, items),
            (KindRules::Map(rules), Value::Map(entries)) => report.map(rules, entries.len()),
            (KindRules::Any(rules), Value::Message(any)) => report.any(rules, any),
            (KindRules::Duration(rules), value) => {
                let show = |nanos: &i128| duration(*nanos);
                if let Some(value) = nanos(value) {
                    report.order(rules, &value, &show);
                }
            }
            (KindRules::Timestamp(rules), value) => {
                if let Some(value) = nanos(value) {
                    report.timestamp(rules, value, now);
                }
            }
            (KindRules::FieldMask(rules), Value::Message(mask)) => report.mask(rules, mask),
            _ => {}
        }
        Ok(report.broken)
    }
}

struct Report<'a> {
    kind: &'a str,
    broken: Vec<Broken>,
}

impl Report<'_> {
    fn add(&mut self, rule: &'static str, message: impl Into<String>) {
        self.add_as(rule, rule, message);
    }

    /// A rule whose id is not its name.
    fn add_as(&mut self, rule: &'static str, id: &str, message: impl Into<String>) {
        self.broken.push(Broken {
            rule,
            id: format!("{}.{id}", self.kind),
            message: message.into(),
        });
    }

    fn number(&mut self, rules: &NumberRules, value: &Value) {
        let Some(number) = Number::of(value) else {
            return;
        };
        self.order(&rules.order, &number, &shown);
        if rules.finite && !number.is_finite() {
            self.add("finite", "must be finite");
        }
    }

    fn order<T: PartialOrd>(
        &mut self,
        rules: &OrderRules<T>,
        value: &T,
        show: &dyn Fn(&T) -> String,
    ) {
        if let Some(constant) = &rules.constant
            && constant != value
        {
            self.add("const", format!("must equal {}", show(constant)));
        }
        self.limits(rules, value, show);
        self.lists(&rules.lists, value, show);
    }

    /// A value without an order, NaN, is outside of every limit.
    fn limits<T: PartialOrd>(
        &mut self,
        rules: &OrderRules<T>,
        value: &T,
        show: &dyn Fn(&T) -> String,
    ) {
        let lower = rules.lower.as_ref().map(|limit| {
            let order = value.partial_cmp(&limit.value);
            let is_kept = order == Some(Ordering::Greater)
                || (limit.inclusive && order == Some(Ordering::Equal));
            let (rule, words) = match limit.inclusive {
                true => ("gte", "greater than or equal to"),
                false => ("gt", "greater than"),
            };
            (is_kept, rule, format!("{words} {}", show(&limit.value)))
        });
        let upper = rules.upper.as_ref().map(|limit| {
            let order = value.partial_cmp(&limit.value);
            let is_kept = order == Some(Ordering::Less)
                || (limit.inclusive && order == Some(Ordering::Equal));
            let (rule, words) = match limit.inclusive {
                true => ("lte", "less than or equal to"),
                false => ("lt", "less than"),
            };
            (is_kept, rule, format!("{words} {}", show(&limit.value)))
        });
        match (lower, upper) {
            (Some((kept, rule, words)), None) | (None, Some((kept, rule, words))) => {
                if !kept {
                    self.add(rule, format!("must be {words}"));
                }
            }
            (Some((above, rule, low)), Some((below, other, high))) => {
                if is_outside(rules) {
                    if !above && !below {
                        let id = format!("{rule}_{other}_exclusive");
                        self.add_as(rule, &id, format!("must be {low} or {high}"));
                    }
                } else if !above || !below {
                    let id = format!("{rule}_{other}");
                    self.add_as(rule, &id, format!("must be {low} and {high}"));
                }
            }
            (None, None) => {}
        }
    }

    fn lists<T: PartialEq>(
        &mut self,
        rules: &ListRules<T>,
        value: &T,
        show: &dyn Fn(&T) -> String,
    ) {
        if !rules.any_of.is_empty() && !rules.any_of.contains(value) {
            self.add(
                "in",
                format!("must be in list {}", list(&rules.any_of, show)),
            );
        }
        if rules.none_of.contains(value) {
            self.add(
                "not_in",
                format!("must not be in list {}", list(&rules.none_of, show)),
            );
        }
    }

    fn string(&mut self, rules: &StringRules, pattern: Option<&Regex>, text: &str) {
        if let Some(constant) = rules.constant.as_ref().filter(|constant| *constant != text) {
            self.add("const", format!("must equal `{constant}`"));
        }
        let (exact, least, most) = (rules.len, rules.min_len, rules.max_len);
        if exact.or(least).or(most).is_some() {
            let length = text.chars().count();
            self.size(
                ["len", "min_len", "max_len"],
                [exact, least, most],
                length,
                "characters",
            );
        }
        let limits = [rules.len_bytes, rules.min_bytes, rules.max_bytes];
        self.size(
            ["len_bytes", "min_bytes", "max_bytes"],
            limits,
            text.len(),
            "bytes",
        );
        if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
            let pattern = rules.pattern.as_deref().unwrap_or_default();
            self.add(
                "pattern",
                format!("does not match regex pattern `{pattern}`"),
            );
        }
        if let Some(part) = rules
            .prefix
            .as_ref()
            .filter(|part| !text.starts_with(*part))
        {
            self.add("prefix", format!("does not have prefix `{part}`"));
        }
        if let Some(part) = rules.suffix.as_ref().filter(|part| !text.ends_with(*part)) {
            self.add("suffix", format!("does not have suffix `{part}`"));
        }
        if let Some(part) = rules.contains.as_ref().filter(|part| !text.contains(*part)) {
            self.add("contains", format!("does not contain substring `{part}`"));
        }
        if let Some(part) = rules
            .not_contains
            .as_ref()
            .filter(|part| text.contains(*part))
        {
            self.add("not_contains", format!("contains substring `{part}`"));
        }
        if !rules.lists.any_of.is_empty() && !rules.lists.any_of.iter().any(|it| it == text) {
            self.add(
                "in",
                format!("must be in list [{}]", rules.lists.any_of.join(", ")),
            );
        }
        if rules.lists.none_of.iter().any(|it| it == text) {
            self.add(
                "not_in",
                format!("must not be in list [{}]", rules.lists.none_of.join(", ")),
            );
        }
        if let Some(format) = rules.format {
            self.string_format(format, text);
        }
    }

    fn string_format(&mut self, format: StringFormat, text: &str) {
        let (rule, id, noun) = named(format);
        if text.is_empty() {
            // A reference and a header's value may be empty.
            if !matches!(
                format,
                StringFormat::UriRef | StringFormat::HeaderValue { .. }
            ) {
                let noun = match format {
                    StringFormat::HostAndPort => "host and port pair",
                    _ => noun,
                };
                let message = format!("value is empty, which is not a valid {noun}");
                self.add_as(rule, &format!("{id}_empty"), message);
            }
        } else if !has_form(format, text) {
            self.add_as(rule, id, format!("must be a valid {noun}"));
        }
    }

    fn size(
        &mut self,
        rules: [&'static str; 3],
        limits: [Option<u64>; 3],
        size: usize,
        unit: &str,
    ) {
        let size = size as u64;
        let [exact, least, most] = limits;
        if let Some(exact) = exact.filter(|exact| size != *exact) {
            self.add(rules[0], format!("must be {exact} {unit}"));
        }
        if let Some(least) = least.filter(|least| size < *least) {
            self.add(rules[1], format!("must be at least {least} {unit}"));
        }
        if let Some(most) = most.filter(|most| size > *most) {
            self.add(rules[2], format!("must be at most {most} {unit}"));
        }
    }

    fn bytes(
        &mut self,
        rules: &BytesRules,
        pattern: Option<&Regex>,
        bytes: &[u8],
    ) -> Result<(), String> {
        if let Some(constant) = rules
            .constant
            .as_ref()
            .filter(|constant| *constant != bytes)
        {
            self.add("const", format!("must be {}", hex(constant)));
        }
        let limits = [rules.len, rules.min_len, rules.max_len];
        self.size(["len", "min_len", "max_len"], limits, bytes.len(), "bytes");
        if let Some(pattern) = pattern {
            let text = std::str::from_utf8(bytes)
                .map_err(|_| "a pattern is for bytes that are UTF-8".to_owned())?;
            if !pattern.is_match(text) {
                let pattern = rules.pattern.as_deref().unwrap_or_default();
                self.add("pattern", format!("must match regex pattern `{pattern}`"));
            }
        }
        if let Some(part) = rules
            .prefix
            .as_ref()
            .filter(|part| !bytes.starts_with(part))
        {
            self.add("prefix", format!("does not have prefix {}", hex(part)));
        }
        if let Some(part) = rules.suffix.as_ref().filter(|part| !bytes.ends_with(part)) {
            self.add("suffix", format!("does not have suffix {}", hex(part)));
        }
        if let Some(part) = rules.contains.as_ref().filter(|part| !holds(bytes, part)) {
            self.add("contains", format!("does not contain {}", hex(part)));
        }
        let value = bytes.to_vec();
        let show = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        self.lists(&rules.lists, &value, &show);
        if let Some(format) = rules.format {
            self.bytes_format(format, bytes.len());
        }
        Ok(())
    }

    fn bytes_format(&mut self, format: BytesFormat, length: usize) {
        let (rule, noun, lengths): (_, _, &[usize]) = match format {
            BytesFormat::Ip => ("ip", "IP address", &[4, 16]),
            BytesFormat::Ipv4 => ("ipv4", "IPv4 address", &[4]),
            BytesFormat::Ipv6 => ("ipv6", "IPv6 address", &[16]),
            BytesFormat::Uuid => ("uuid", "UUID", &[16]),
        };
        if length == 0 {
            let message = format!("value is empty, which is not a valid {noun}");
            self.add_as(rule, &format!("{rule}_empty"), message);
        } else if !lengths.contains(&length) {
            self.add(rule, format!("must be a valid {noun}"));
        }
    }

    fn enumeration(&mut self, rules: &EnumRules, defined: Option<&EnumDescriptor>, number: i32) {
        if let Some(constant) = rules.constant.filter(|constant| *constant != number) {
            self.add("const", format!("must equal {constant}"));
        }
        if rules.defined_only && defined.is_some_and(|kind| kind.get_value(number).is_none()) {
            self.add(
                "defined_only",
                "value must be one of the defined enum values",
            );
        }
        self.lists(&rules.lists, &number, &i32::to_string);
    }

    fn repeated(&mut self, rules: &RepeatedRules, items: &[Value]) {
        let count = items.len() as u64;
        if let Some(least) = rules.min_items.filter(|least| count < *least) {
            self.add(
                "min_items",
                format!("must contain at least {least} item(s)"),
            );
        }
        if let Some(most) = rules.max_items.filter(|most| count > *most) {
            self.add(
                "max_items",
                format!("must contain no more than {most} item(s)"),
            );
        }
        if rules.unique && !is_unique(items) {
            self.add("unique", "repeated value must contain unique items");
        }
    }

    fn map(&mut self, rules: &MapRules, entries: usize) {
        let count = entries as u64;
        if let Some(least) = rules.min_pairs.filter(|least| count < *least) {
            self.add("min_pairs", format!("map must be at least {least} entries"));
        }
        if let Some(most) = rules.max_pairs.filter(|most| count > *most) {
            self.add("max_pairs", format!("map must be at most {most} entries"));
        }
    }

    fn any(&mut self, rules: &ListRules<String>, any: &DynamicMessage) {
        let url = any.get_field_by_name("type_url");
        let url = url
            .as_ref()
            .and_then(|url| url.as_str())
            .unwrap_or_default();
        if !rules.any_of.is_empty() && !rules.any_of.iter().any(|it| it == url) {
            self.add("in", "type URL must be in the allow list");
        }
        if rules.none_of.iter().any(|it| it == url) {
            self.add("not_in", "type URL must not be in the block list");
        }
    }

    fn timestamp(&mut self, rules: &TimestampRules, value: i128, now: Now) {
        let show = |nanos: &i128| timestamp(*nanos);
        self.order(&rules.order, &value, &show);
        if rules.before_now && value > now {
            self.add("lt_now", "must be less than now");
        }
        if rules.after_now && value < now {
            self.add("gt_now", "must be greater than now");
        }
        if let Some(within) = rules.within
            && (value < now - within || value > now + within)
        {
            self.add(
                "within",
                format!("must be within {} of now", duration(within)),
            );
        }
    }

    fn mask(&mut self, rules: &MaskRules, mask: &DynamicMessage) {
        let paths = super::options::texts(mask, "paths");
        if let Some(constant) = rules
            .constant
            .as_ref()
            .filter(|constant| **constant != paths)
        {
            self.add(
                "const",
                format!("must equal paths [{}]", constant.join(", ")),
            );
        }
        let covers = |list: &[String], path: &str| {
            list.iter().any(|it| {
                let rest = path.strip_prefix(it.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let (any_of, none_of) = (&rules.lists.any_of, &rules.lists.none_of);
        if !any_of.is_empty() && !paths.iter().all(|path| covers(any_of, path)) {
            self.add(
                "in",
                format!("must only contain paths in [{}]", any_of.join(", ")),
            );
        }
        if paths.iter().any(|path| covers(none_of, path)) {
            let list = none_of.join(", ");
            self.add("not_in", format!("must not contain any paths in [{list}]"));
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// A number as CEL writes it: a `float` with the digits of the double it becomes.
fn shown(number: &Number) -> String {
    match number {
        Number::Float(number) => float(f64::from(*number), &f64::from(*number)),
        other => super::words::number(other),
    }
}

fn list<T>(items: &[T], show: &dyn Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(show).collect();
    format!("[{}]", items.join(", "))
}
