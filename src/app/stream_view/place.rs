//! Places in a stream as people write them: `#1204`, `12.5s`, `250 ms`, `1:30`, `00:01:30.25`.

use std::time::Duration;

/// A place in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A message by its number, from 1.
    Number(usize),
    /// The first message at this time since the call began, or after it.
    Time(Duration),
}

/// Seconds that a `Duration` could not hold are no time of a call, anyway.
const MOST_SECS: f64 = 1e9;

/// Reads a place. A number alone, with `#` or without, is a message's; with a unit (`us`, `ms`, `s`, `m`,
/// `h`) or colons it is a time since the call began. Spaces, and separators of thousands in a message's
/// number, are left out.
///
/// # Errors
/// What can be written, in one sentence.
pub fn parse_place(text: &str) -> Result<Place, &'static str> {
    const WRONG: &str = "Write a number as #1204, or a time as 12.5s or 00:01:30";
    let text = text.trim();
    let number = text.strip_prefix('#').unwrap_or(text);
    let digits: String = number
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\'' | '_' | '\u{202f}'))
        .collect();
    if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
        // A number beyond all messages is the last one.
        return Ok(Place::Number(digits.parse().unwrap_or(usize::MAX)));
    }
    let seconds = if text.contains(':') {
        clock(text)
    } else {
        with_unit(text.strip_prefix('+').unwrap_or(text))
    };
    match seconds {
        Some(seconds) if (0.0..MOST_SECS).contains(&seconds) => {
            Ok(Place::Time(Duration::from_secs_f64(seconds)))
        }
        _ => Err(WRONG),
    }
}

/// `1:30`, `00:01:30.25`.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let mut seconds = 0.0;
    for (place, part) in parts.iter().enumerate() {
        let value = decimal(part)?;
        let whole = place + 1 < parts.len();
        if (whole && part.contains('.')) || (place > 0 && value >= 60.0) {
            return None;
        }
        seconds = seconds * 60.0 + value;
    }
    Some(seconds)
}

/// `12.5s`, `1h 2m 3s`.
fn with_unit(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = decimal(rest.get(..end)?)?;
        let after = rest.get(end..)?.trim_start();
        let unit = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        seconds += value
            * match after.get(..unit)? {
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" | "sec" => 1.0,
                "m" | "min" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = after.get(unit..)?.trim_start();
    }
    (!text.trim().is_empty()).then_some(seconds)
}

/// Digits with a point or none: what else Rust reads as a number is none here.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| plain)
}
