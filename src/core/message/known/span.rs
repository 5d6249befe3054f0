//! A span of time as `Duration` holds it: typed in the units people use, written in seconds.
//!
//! Spec: the comments of `google/protobuf/duration.proto`, and ProtoJSON.

use std::fmt;

use crate::message::encode::{DURATION_SECONDS, parse_duration};

const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;
/// The longest span either way, in nanoseconds.
const MAX: i128 = DURATION_SECONDS as i128 * SECOND + 999_999_999;

/// Seconds of the longest span, either way; nanoseconds may be added.
pub const MAX_SPAN_SECONDS: u64 = DURATION_SECONDS;

/// Units as they are typed, each with its nanoseconds.
const UNITS: [(&str, i128); 21] = [
    ("w", 7 * DAY),
    ("week", 7 * DAY),
    ("d", DAY),
    ("day", DAY),
    ("h", HOUR),
    ("hr", HOUR),
    ("hour", HOUR),
    ("m", MINUTE),
    ("min", MINUTE),
    ("minute", MINUTE),
    ("s", SECOND),
    ("sec", SECOND),
    ("second", SECOND),
    ("ms", 1_000_000),
    ("milli", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("micro", 1_000),
    ("ns", 1),
    ("nano", 1),
];

/// A span of time, exact to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    nanos: i128,
}

/// A span in the fields of a small form, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpanParts {
    /// Before now, or backwards.
    pub negative: bool,
    /// Whole days.
    pub days: String,
    /// Whole hours.
    pub hours: String,
    /// Whole minutes.
    pub minutes: String,
    /// Seconds, with up to nine decimals.
    pub seconds: String,
}

impl Span {
    /// Reads a text of ProtoJSON: `1.5s`. `None` when it is none, or a template.
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, nanos) = parse_duration(text).ok()?;
        Some(Self {
            nanos: i128::from(seconds) * SECOND + i128::from(nanos),
        })
    }

    /// Reads what people type: `1h30m`, `1 h 30 min`, `250ms`, `-1.5 days`, `1.5s`.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "A duration is written like 1h30m, 250ms or 1.5s";
        let text = text.trim();
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        if rest.is_empty() {
            return Err(SHAPE);
        }
        let mut nanos: i128 = 0;
        while !rest.is_empty() {
            let number_len = run(rest, |c| c.is_ascii_digit() || c == '.');
            let (number, after) = rest.split_at(number_len);
            let after = after.trim_start();
            let unit_len = run(after, char::is_alphabetic);
            let (unit, after) = after.split_at(unit_len);
            if unit.is_empty() && !number.is_empty() {
                return Err("A unit is due: h, m, s, ms, us, ns, d or w");
            }
            let length = unit_of(unit).ok_or(SHAPE)?;
            nanos = nanos.saturating_add(times(number, length).ok_or(SHAPE)??);
            rest = after.trim_start();
        }
        Self::of(if negative { -nanos } else { nanos })
    }

    /// Its length in nanoseconds; negative for a span backwards.
    pub fn nanos(&self) -> i128 {
        self.nanos
    }

    fn of(nanos: i128) -> Result<Self, &'static str> {
        if nanos.abs() > MAX {
            return Err("Duration goes to 315576000000 seconds, about 10,000 years");
        }
        Ok(Self { nanos })
    }

    /// Its fields; those that are zero are empty but for the seconds of no time at all.
    pub fn parts(&self) -> SpanParts {
        let rest = self.nanos.abs();
        let part = |value: i128| match value {
            0 => String::new(),
            value => value.to_string(),
        };
        let seconds = rest % MINUTE;
        let seconds_text = plain_seconds(seconds);
        SpanParts {
            negative: self.nanos < 0,
            days: part(rest / DAY),
            hours: part(rest % DAY / HOUR),
            minutes: part(rest % HOUR / MINUTE),
            seconds: if seconds == 0 && rest > 0 {
                String::new()
            } else {
                seconds_text
            },
        }
    }

    /// In words: `1 hour 30 minutes`, `minus 250 milliseconds`.
    pub fn words(&self) -> String {
        const NAMES: [(i128, &str); 7] = [
            (DAY, "day"),
            (HOUR, "hour"),
            (MINUTE, "minute"),
            (SECOND, "second"),
            (1_000_000, "millisecond"),
            (1_000, "microsecond"),
            (1, "nanosecond"),
        ];
        if self.nanos == 0 {
            return "no time".to_owned();
        }
        let mut rest = self.nanos.abs();
        let mut words = Vec::new();
        if self.nanos < 0 {
            words.push("minus".to_owned());
        }
        for (length, name) in NAMES {
            let count = rest / length;
            rest %= length;
            if count > 0 {
                let plural = if count == 1 { "" } else { "s" };
                words.push(format!("{count} {name}{plural}"));
            }
        }
        words.join(" ")
    }
}

impl fmt::Display for Span {
    /// As ProtoJSON writes it: seconds with 0, 3, 6 or 9 decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let (seconds, nanos) = (self.nanos.abs() / SECOND, self.nanos.abs() % SECOND);
        write!(f, "{sign}{seconds}")?;
        if nanos != 0 {
            let all = format!("{nanos:09}");
            let digits = all.trim_end_matches('0').len().next_multiple_of(3);
            write!(f, ".{}", all.get(..digits).unwrap_or(&all))?;
        }
        f.write_str("s")
    }
}

impl SpanParts {
    /// The span they add up to; empty fields count as zero, and sixty-one minutes as an hour and one.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn span(&self) -> Result<Span, &'static str> {
        let mut nanos: i128 = 0;
        for (text, length) in [
            (&self.days, DAY),
            (&self.hours, HOUR),
            (&self.minutes, MINUTE),
            (&self.seconds, SECOND),
        ] {
            let text = text.trim();
            if !text.is_empty() {
                let part = times(text, length).ok_or("Only digits and one point")??;
                nanos = nanos.saturating_add(part);
            }
        }
        Span::of(if self.negative { -nanos } else { nanos })
    }
}

/// Bytes of the characters at the front that are of a kind.
fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

fn unit_of(text: &str) -> Option<i128> {
    let lower = text.to_lowercase();
    let find = |name: &str| UNITS.iter().find(|(unit, _)| *unit == name);
    // Plurals and long names: `hours`, `milliseconds`.
    let singular = lower.strip_suffix('s').unwrap_or(&lower);
    let stem = singular.strip_suffix("second").unwrap_or(singular);
    let (_, length) = find(&lower)
        .or_else(|| find(singular))
        .or_else(|| find(stem).filter(|_| stem.len() > 3))?;
    Some(*length)
}

/// A decimal number of units in nanoseconds. `None` when it is no number.
fn times(number: &str, unit: i128) -> Option<Result<i128, &'static str>> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let too_long = "Duration goes to 315576000000 seconds, about 10,000 years";
    let whole = whole.trim_start_matches('0');
    if whole.len() > 22 {
        return Some(Err(too_long));
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let fraction = fraction.trim_end_matches('0');
    let mut nanos = whole.checked_mul(unit)?;
    if !fraction.is_empty() {
        let finer = "That is finer than a nanosecond";
        if fraction.len() > 18 {
            return Some(Err(finer));
        }
        let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        let part = fraction.parse::<i128>().ok()? * unit;
        if part % scale != 0 {
            return Some(Err(finer));
        }
        nanos += part / scale;
    }
    Some(Ok(nanos))
}

/// Seconds of less than a minute with no more decimals than they need.
fn plain_seconds(nanos: i128) -> String {
    let (whole, fraction) = (nanos / SECOND, nanos % SECOND);
    if fraction == 0 {
        return whole.to_string();
    }
    let all = format!("{fraction:09}");
    format!("{whole}.{}", all.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_seconds() {
        for (typed, json) in [
            ("1h30m", "5400s"),
            ("1 h 30 min", "5400s"),
            ("250ms", "0.250s"),
            ("1.5s", "1.500s"),
            ("-0.5s", "-0.500s"),
            ("- 1.5 days", "-129600s"),
            ("1.5h", "5400s"),
            ("2 weeks 1 day", "1296000s"),
            ("3 milliseconds", "0.003s"),
            ("7 micros", "0.000007s"),
            ("1ns", "0.000000001s"),
            ("5µs", "0.000005s"),
            ("0.000000001s", "0.000000001s"),
            ("0.1ms", "0.000100s"),
            ("00001s", "1s"),
            ("0s", "0s"),
            ("-0s", "0s"),
            ("10 Seconds", "10s"),
            ("315576000000s", "315576000000s"),
            ("315576000000.999999999s", "315576000000.999999999s"),
            ("-315576000000.999999999s", "-315576000000.999999999s"),
        ] {
            assert_eq!(Span::read(typed).unwrap().to_string(), json, "{typed}");
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        for (typed, reason) in [
            ("", "written like"),
            ("-", "written like"),
            ("{{ t }}", "written like"),
            ("1x", "written like"),
            ("h", "written like"),
            (".s", "written like"),
            ("1..5s", "written like"),
            ("1e3s", "written like"),
            ("90", "unit is due"),
            ("1h30", "unit is due"),
            ("0.5ns", "finer"),
            ("0.0000000001s", "finer"),
            ("315576000001s", "10,000 years"),
            ("3652501d", "10,000 years"),
            ("99999999999999999999999999999s", "10,000 years"),
            ("99999999999999999999w", "10,000 years"),
        ] {
            let error = Span::read(typed).unwrap_err();
            assert!(error.contains(reason), "{typed}: {error}");
        }
    }

    #[test]
    fn parts_add_up_and_come_apart() {
        let parts = |negative, days: &str, hours: &str, minutes: &str, seconds: &str| SpanParts {
            negative,
            days: days.into(),
            hours: hours.into(),
            minutes: minutes.into(),
            seconds: seconds.into(),
        };
        for (text, expected) in [
            ("0s", parts(false, "", "", "", "0")),
            ("-0.5s", parts(true, "", "", "", "0.5")),
            ("5400s", parts(false, "", "1", "30", "")),
            (
                "90061.000000001s",
                parts(false, "1", "1", "1", "1.000000001"),
            ),
            ("315576000000s", parts(false, "3652500", "", "", "")),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.parts(), expected, "{text}");
            assert_eq!(span.parts().span(), Ok(span), "{text}");
        }
        let many = parts(false, "", "", "61", "0.25");
        assert_eq!(many.span().unwrap().to_string(), "3660.250s");
        for bad in [
            parts(false, "x", "", "", ""),
            parts(false, "", "-1", "", ""),
        ] {
            assert!(bad.span().is_err());
        }
        assert!(parts(false, "3652501", "", "", "").span().is_err());
    }

    #[test]
    fn spans_are_told_in_words() {
        for (text, words) in [
            ("0s", "no time"),
            ("5400s", "1 hour 30 minutes"),
            ("-0.25s", "minus 250 milliseconds"),
            (
                "86401.000001001s",
                "1 day 1 second 1 microsecond 1 nanosecond",
            ),
        ] {
            assert_eq!(Span::parse(text).unwrap().words(), words, "{text}");
        }
    }
}
