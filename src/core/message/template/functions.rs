//! The functions and filters of expressions, each bounded in what it may make.

use std::sync::LazyLock;

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{FUEL, MAX_TEXT};

/// Functions every expression may call.
pub(in crate::message) const FUNCTIONS: [&str; 5] =
    ["uuid", "now", "now_ms", "timestamp", "random_int"];

/// How a function is called, and what it gives, in few words.
pub(in crate::message) fn about(function: &str) -> (&'static str, &'static str) {
    match function {
        "uuid" => ("uuid()", "A random UUID, version 4"),
        "now" => ("now()", "The time of sending in UTC, as RFC 3339"),
        "now_ms" => ("now_ms()", "Milliseconds since 1970"),
        "timestamp" => ("timestamp()", "Seconds since 1970"),
        "random_int" => (
            "random_int(low, high)",
            "A whole number, both limits included",
        ),
        _ => ("", ""),
    }
}

pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // Each can fill the memory at the cost of one step; the two useful ones come back bounded.
    for name in ["indent", "format", "replace", "join"] {
        environment.remove_filter(name);
    }
    // It writes all variables, secrets among them.
    environment.remove_global("debug");
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    environment.add_function("uuid", || uuid::Uuid::new_v4().to_string());
    environment.add_function("now", || format!("{:.3}", jiff::Timestamp::now()));
    environment.add_function("now_ms", || jiff::Timestamp::now().as_millisecond());
    environment.add_function("timestamp", || jiff::Timestamp::now().as_second());
    environment.add_function("random_int", random_int);
    environment
});

#[allow(
    clippy::needless_pass_by_value,
    reason = "minijinja's filters take owned strings"
)]
fn replace(text: String, from: String, to: String) -> Result<String, Error> {
    let count = text.matches(from.as_str()).count();
    limited(text.len().saturating_add(count.saturating_mul(to.len())))?;
    Ok(text.replace(&from, &to))
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "minijinja's filters take owned values"
)]
fn join(items: Vec<Value>, separator: Option<String>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut out = String::new();
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push_str(&separator);
        }
        out.push_str(&item.to_string());
        limited(out.len())?;
    }
    Ok(out)
}

fn limited(len: usize) -> Result<(), Error> {
    if len <= MAX_TEXT {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidOperation,
        "the result is longer than 1 MiB",
    ))
}

fn random_int(low: i64, high: i64) -> Result<i64, Error> {
    if low > high {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("random_int: {low} is more than {high}"),
        ));
    }
    // Two random identifiers have 64 bits between them that carry neither version nor variant.
    let half = || (uuid::Uuid::new_v4().as_u128() & 0xffff_ffff) as u64;
    let random = (half() << 32) | half();
    let width = (i128::from(high) - i128::from(low) + 1) as u128;
    let offset = (u128::from(random) * width) >> 64;
    Ok((i128::from(low) + offset as i128) as i64)
}
