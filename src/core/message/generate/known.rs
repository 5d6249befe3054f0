//! What well-known types and map keys look like where no value is meant in particular.

use crate::message::{WellKnown, form::kind::quoted};

/// The value that says the least.
pub(super) fn neutral(known: WellKnown) -> String {
    match known {
        WellKnown::Timestamp => "\"1970-01-01T00:00:00Z\"",
        WellKnown::Duration => "\"0s\"",
        WellKnown::FieldMask => "\"\"",
        WellKnown::ListValue => "[]",
        WellKnown::Value => "null",
        WellKnown::Struct | WellKnown::Any | WellKnown::Empty => "{}",
    }
    .to_owned()
}

/// A scalar as a key of a JSON object.
pub(super) fn map_key(json: String) -> String {
    match json.starts_with('"') {
        true => json,
        false => quoted(&json),
    }
}

/// A time as Timestamp is written: seconds since 1970, and nanoseconds.
pub(super) fn timestamp(seconds: i64, nanos: u32) -> String {
    let time = jiff::Timestamp::new(seconds, nanos.min(999_999_999) as i32);
    time.map_or_else(
        |_| neutral(WellKnown::Timestamp),
        |time| quoted(&time.to_string()),
    )
}

/// A span as Duration is written, in nanoseconds.
pub(super) fn duration(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (seconds, rest) = (
        nanos.unsigned_abs() / 1_000_000_000,
        nanos.unsigned_abs() % 1_000_000_000,
    );
    if rest == 0 {
        return format!("\"{sign}{seconds}s\"");
    }
    let decimals = format!("{rest:09}");
    format!("\"{sign}{seconds}.{}s\"", decimals.trim_end_matches('0'))
}

/// A path of a field mask as ProtoJSON writes it.
pub(super) fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        out.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}
