//! The well-known types that are written as strings: Timestamp, Duration, FieldMask.
//!
//! Spec: the comments of `google/protobuf/{timestamp,duration,field_mask}.proto`, and ProtoJSON.

use super::scalar::Problem;
use crate::message::document::shown;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds since 1970.
pub(in crate::message) const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> =
    -62_135_596_800..=253_402_300_799;
/// ±10,000 years, to which nanoseconds may be added.
pub(in crate::message) const DURATION_SECONDS: u64 = 315_576_000_000;

/// Seconds and nanoseconds as both messages hold them.
pub(in crate::message) type SecondsNanos = (i64, i32);

/// Reads an RFC 3339 time with any offset and up to nine decimals.
///
/// # Errors
/// Which part is wrong.
pub(in crate::message) fn parse_timestamp(text: &str) -> Result<SecondsNanos, Problem> {
    let fail = |why: &str| {
        Problem::of(text, format!(" is no time: {why}"))
            .hint("times are written like \"2024-02-29T12:30:00.5Z\" or with an offset, \"+02:00\"")
    };
    let mut reader = Digits {
        bytes: text.as_bytes(),
    };
    let date = (|| {
        let year = reader.number(4)?;
        let month = reader.after(b'-', 2)?;
        let day = reader.after(b'-', 2)?;
        Some((year, month, day))
    })();
    let Some((year, month, day)) = date else {
        return Err(fail("it does not begin with a date"));
    };
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return Err(fail("there is no such day"));
    }
    if !reader.skip(b'T') {
        let problem = fail("a `T` must stand between date and time");
        return Err(match reader.bytes {
            [] => problem.fix_text(&format!("{text}T00:00:00Z")),
            [b' ', ..] => problem.fix_text(&text.replacen(' ', "T", 1)),
            _ => problem,
        });
    }
    let clock = (|| {
        let hour = reader.number(2)?;
        let minute = reader.after(b':', 2)?;
        let second = reader.after(b':', 2)?;
        Some((hour, minute, second))
    })();
    let Some((hour, minute, second)) = clock else {
        return Err(fail("hours, minutes and seconds are due"));
    };
    if hour > 23 || minute > 59 || second > 59 {
        return Err(fail("there is no such time of day"));
    }
    let nanos = if reader.skip(b'.') {
        match reader.fraction() {
            Some(nanos) => nanos,
            None => return Err(fail("one to nine decimals are due")),
        }
    } else {
        0
    };
    let ends = reader.bytes.is_empty();
    let Some(offset) = reader.offset() else {
        let problem = fail("it ends without `Z` or an offset");
        return Err(if ends {
            problem.fix_text(&format!("{text}Z"))
        } else {
            problem
        });
    };
    if !reader.bytes.is_empty() {
        return Err(fail("something follows it"));
    }
    let seconds = days_from_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        - offset * 60;
    if !TIMESTAMP_SECONDS.contains(&seconds) {
        return Err(Problem::of(text, " is out of range")
            .hint("Timestamp goes from year 1 to 9999, in UTC"));
    }
    Ok((seconds, nanos))
}

/// Reads a duration: seconds with up to nine decimals and an `s`.
///
/// # Errors
/// What is wrong.
pub(in crate::message) fn parse_duration(text: &str) -> Result<SecondsNanos, Problem> {
    let fail = || {
        let problem = Problem::of(text, " is no duration");
        match in_seconds(text) {
            Some(seconds) => problem
                .own_hint(format!("write \"{seconds}\""))
                .fix_text(&seconds),
            None => problem.hint("durations are written in seconds, like \"1.5s\""),
        }
    };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let sign = if unsigned.len() < text.len() { -1 } else { 1 };
    let number = unsigned.strip_suffix('s').ok_or_else(fail)?;
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return Err(fail());
    }
    let nanos = match fraction {
        Some(fraction) => {
            let mut reader = Digits {
                bytes: fraction.as_bytes(),
            };
            reader
                .fraction()
                .ok_or_else(|| fail().hint("no more than nine decimals fit"))?
        }
        None => 0,
    };
    // Leading zeros say nothing; anything longer than the limit has overflowed it.
    let seconds = whole
        .trim_start_matches('0')
        .bytes()
        .fold(0u64, |value, digit| {
            value
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
    if seconds > DURATION_SECONDS {
        return Err(Problem::of(text, " is out of range")
            .hint("Duration goes to 315576000000 seconds, about 10,000 years"));
    }
    Ok((sign * seconds as i64, sign as i32 * nanos))
}

/// A number with a unit that people write, in seconds: `250ms`, `5m`, `2h`, and one without.
fn in_seconds(text: &str) -> Option<String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let value: f64 = digits
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())?;
    let seconds = match text[digits.len()..].trim() {
        "ms" => value / 1000.0,
        "" | "sec" | "seconds" => value,
        "m" | "min" => value * 60.0,
        "h" => value * 3600.0,
        _ => return None,
    };
    Some(format!("{seconds}s"))
}

/// Reads a field mask: `a.fooBar,b` gives `a.foo_bar` and `b`.
///
/// # Errors
/// The first path that is none.
pub(super) fn parse_field_mask(text: &str) -> Result<Vec<String>, Problem> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(snake_path).collect()
}

pub(in crate::message) fn snake_path(path: &str) -> Result<String, Problem> {
    if path.is_empty() {
        return Err(Problem::new("a path of the mask is empty")
            .hint("paths are separated by single commas, like \"name,address.city\""));
    }
    let mut out = String::with_capacity(path.len() + 4);
    for character in path.chars() {
        match character {
            '_' => {
                return Err(
                    // The mask may have other paths: the fix would have to name them all.
                    Problem::of(path, " is not in camel case")
                        .own_hint(format!("write \"{}\"", camel(path))),
                );
            }
            'A'..='Z' => {
                out.push('_');
                out.push(character.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' | '.' => out.push(character),
            _ => {
                let why = format!(
                    ": {} stands in no field name",
                    shown(&character.to_string())
                );
                return Err(Problem::of(path, " is no path").detail(why));
            }
        }
    }
    Ok(out)
}

pub(in crate::message) fn camel(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut upper = false;
    for character in path.chars() {
        if character == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            out.push(character.to_ascii_uppercase());
        } else {
            out.push(character);
        }
    }
    out
}

/// Reads fixed-width numbers off the front.
struct Digits<'a> {
    bytes: &'a [u8],
}

impl Digits<'_> {
    fn skip(&mut self, byte: u8) -> bool {
        match self.bytes.strip_prefix(&[byte]) {
            Some(rest) => {
                self.bytes = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self, width: usize) -> Option<i64> {
        let (digits, rest) = self.bytes.split_at_checked(width)?;
        let mut value = 0;
        for digit in digits {
            value = value * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.bytes = rest;
        Some(value)
    }

    fn after(&mut self, separator: u8, width: usize) -> Option<i64> {
        if !self.skip(separator) {
            return None;
        }
        self.number(width)
    }

    /// One to nine decimals, in nanoseconds.
    fn fraction(&mut self) -> Option<i32> {
        let len = self.bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=9).contains(&len) {
            return None;
        }
        let value = i32::try_from(self.number(len)?).ok()?;
        Some(value * 10i32.pow(9 - len as u32))
    }

    /// `Z` or `±hh:mm`, in minutes.
    fn offset(&mut self) -> Option<i64> {
        if self.skip(b'Z') {
            return Some(0);
        }
        let sign = if self.skip(b'+') {
            1
        } else if self.skip(b'-') {
            -1
        } else {
            return None;
        };
        let hours = self.number(2)?;
        let minutes = self.after(b':', 2)?;
        (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is last.
fn days_from_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_nanosecond() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", Some((0, 0))),
            ("1969-12-31T23:59:59.999999999Z", Some((-1, 999_999_999))),
            ("2024-02-29T12:00:00+02:00", Some((1_709_200_800, 0))),
            (
                "2000-01-01T00:00:00.5-00:30",
                Some((946_686_600, 500_000_000)),
            ),
            ("0001-01-01T00:00:00Z", Some((-62_135_596_800, 0))),
            (
                "9999-12-31T23:59:59.999999999Z",
                Some((253_402_300_799, 999_999_999)),
            ),
            ("0001-01-01T00:00:00+00:01", None),
            ("9999-12-31T23:59:59-00:01", None),
            ("0000-01-01T00:00:00Z", None),
            ("2023-02-29T00:00:00Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-00-01T00:00:00Z", None),
            ("2024-01-00T00:00:00Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T23:59:60Z", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01T00:00:00z", None),
            ("2024-01-01t00:00:00Z", None),
            ("2024-01-01 00:00:00Z", None),
            ("2024-01-01T00:00:00.Z", None),
            ("2024-01-01T00:00:00.1234567890Z", None),
            ("2024-01-01T00:00:00+24:00", None),
            ("2024-01-01T00:00:00+0200", None),
            ("2024-01-01T00:00:00Zx", None),
            ("20240101T000000Z", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(parse_timestamp(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn days_agree_with_another_calendar() {
        for days in (-719_162..2_932_896).step_by(97) {
            let date = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(days);
            let ours = days_from_1970(date.year().into(), date.month().into(), date.day().into());
            assert_eq!(ours, days, "{date}");
        }
    }

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        for (text, want) in [
            ("0s", Some((0, 0))),
            ("1.5s", Some((1, 500_000_000))),
            ("-1.5s", Some((-1, -500_000_000))),
            ("-0.000000001s", Some((0, -1))),
            ("315576000000s", Some((315_576_000_000, 0))),
            ("-315576000000s", Some((-315_576_000_000, 0))),
            (
                "315576000000.999999999s",
                Some((315_576_000_000, 999_999_999)),
            ),
            (
                "-315576000000.999999999s",
                Some((-315_576_000_000, -999_999_999)),
            ),
            ("315576000001s", None),
            ("99999999999999999999999999s", None),
            ("1.s", None),
            (".5s", None),
            ("1", None),
            ("s", None),
            ("-s", None),
            ("1ms", None),
            ("1.0000000001s", None),
            ("+1s", None),
            (" 1s", None),
            ("1e3s", None),
        ] {
            assert_eq!(parse_duration(text).ok(), want, "{text}");
        }
        assert_eq!(
            parse_duration("250ms")
                .unwrap_err()
                .into_words()
                .1
                .as_deref(),
            Some("write \"0.25s\"")
        );
    }

    #[test]
    fn masks_turn_to_snake_case() {
        for (text, want) in [
            ("", Some(vec![])),
            ("a", Some(vec!["a"])),
            ("fooBar,a.bC1", Some(vec!["foo_bar", "a.b_c1"])),
            ("foo_bar", None),
            ("a,,b", None),
            ("a,", None),
            ("a b", None),
        ] {
            let want = want.map(|paths| paths.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(parse_field_mask(text).ok(), want, "{text}");
        }
        assert_eq!(
            parse_field_mask("a.foo_bar")
                .unwrap_err()
                .into_words()
                .1
                .as_deref(),
            Some("write \"a.fooBar\"")
        );
    }
}
