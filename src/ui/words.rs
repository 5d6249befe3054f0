//! Numbers as words on screen: sizes, times, counts, metadata.

use std::time::Duration;

use stubless_core::grpc::{Code, Value};

/// A size in bytes, three digits at most: `318 KB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or("TB");
    if value < 9.95 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// A span of time, three digits at most: `4.82 s`, `18 ms`, `640 µs`.
pub(super) fn span(span: Duration) -> String {
    let micros = span.as_micros();
    let secs = span.as_secs_f64();
    if micros < 1000 {
        format!("{micros} µs")
    } else if secs < 0.01 {
        format!("{:.1} ms", secs * 1e3)
    } else if secs < 1.0 {
        format!("{:.0} ms", secs * 1e3)
    } else if secs < 100.0 {
        format!("{secs:.2} s")
    } else {
        let whole = span.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// A time since the call began, in seconds for a column of them: `4.820113`.
pub(super) fn seconds(at: Duration) -> String {
    let secs = at.as_secs_f64();
    match secs {
        0.0..1e3 => format!("{secs:.6}"),
        1e3..1e6 => format!("{secs:.3}"),
        _ => format!("{secs:.0}"),
    }
}

/// So many a second, three digits at most: `1.2 M`, `830 k`, `0.5`.
pub(super) fn rate(rate: f64) -> String {
    let (value, unit) = match rate {
        ..999.5 => (rate, ""),
        ..999.5e3 => (rate / 1e3, " k"),
        ..999.5e6 => (rate / 1e6, " M"),
        _ => (rate / 1e9, " G"),
    };
    if value >= 9.95 || value == 0.0 {
        format!("{value:.0}{unit}")
    } else {
        format!("{value:.1}{unit}")
    }
}

/// A time since the call began: `+4.82 s`.
pub(super) fn since(at: Duration) -> String {
    format!("+{}", span(at))
}

/// A moment by the clock here: `2026-11-28 01:02:03`.
pub(super) fn moment(at: std::time::SystemTime) -> String {
    let Ok(at) = jiff::Timestamp::try_from(at) else {
        return "an unknown time".to_owned();
    };
    let here = at.to_zoned(jiff::tz::TimeZone::system());
    here.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A count with thin spaces between thousands: `1 042`.
pub(super) fn count(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A count and its word: `1 message`, `1 042 messages`.
pub(super) fn counted(number: usize, word: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {word}{end}", count(number))
}

/// A status code: `5 NOT_FOUND`, or the number alone when the specification does not know it.
pub(super) fn code(code: Code) -> String {
    match code.name() {
        Some(name) => format!("{} {name}", code.0),
        None => format!("{} (not a gRPC code)", code.0),
    }
}

/// A metadata value as a person would write it, and a note on what it is.
pub(super) fn metadata_value(value: &Value) -> (String, Option<String>) {
    match value {
        Value::Text(text) => (text.clone(), None),
        Value::Binary(raw) => (base64(raw), Some(format!("base64, {} bytes", raw.len()))),
        Value::Raw(raw) => (
            raw.escape_ascii().to_string(),
            Some("not valid metadata, shown with escapes".to_owned()),
        ),
    }
}

fn base64(raw: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(raw.len().div_ceil(3) * 4);
    for group in raw.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=group.len() {
            let six = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(
                LETTERS.get(six as usize).copied().unwrap_or(b'='),
            ));
        }
        for _ in group.len()..3 {
            text.push('=');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_at_most_three_digits() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 KB"),
            (9_949, "9.9 KB"),
            (9_950, "10 KB"),
            (318_400, "318 KB"),
            (999_600, "1.0 MB"),
            (u64::MAX, "18446744 TB"),
        ];
        for (given, expected) in cases {
            assert_eq!(bytes(given), expected, "{given}");
        }
    }

    #[test]
    fn spans_choose_their_unit() {
        let cases = [
            (Duration::from_micros(640), "640 µs"),
            (Duration::from_micros(1_500), "1.5 ms"),
            (Duration::from_millis(18), "18 ms"),
            (Duration::from_millis(4_820), "4.82 s"),
            (Duration::from_secs(125), "2 min 05 s"),
        ];
        for (given, expected) in cases {
            assert_eq!(span(given), expected, "{given:?}");
        }
    }

    #[test]
    fn seconds_stand_below_each_other() {
        let cases = [
            (0, "0.000000"),
            (4_820_113, "4.820113"),
            (999_999_999, "999.999999"),
            (3_600_500_000, "3600.500"),
        ];
        for (micros, expected) in cases {
            assert_eq!(seconds(Duration::from_micros(micros)), expected);
        }
    }

    #[test]
    fn rates_have_at_most_three_digits() {
        let cases = [
            (0.0, "0"),
            (0.04, "0.0"),
            (0.5, "0.5"),
            (12.3, "12"),
            (999.4, "999"),
            (999.6, "1.0 k"),
            (830_400.0, "830 k"),
            (1_240_000.0, "1.2 M"),
            (9.96e9, "10 G"),
        ];
        for (given, expected) in cases {
            assert_eq!(rate(given), expected, "{given}");
        }
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(1), "1");
        assert_eq!(count(1042), "1\u{202f}042");
        assert_eq!(counted(1, "message"), "1 message");
        assert_eq!(
            counted(1_000_000, "message"),
            "1\u{202f}000\u{202f}000 messages"
        );
    }

    #[test]
    fn binary_metadata_is_base64_at_every_length() {
        let cases: [(&[u8], &str); 5] = [
            (b"", ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"\xff\xfe\xfd\xfc", "//79/A=="),
        ];
        for (given, expected) in cases {
            assert_eq!(base64(given), expected);
        }
    }
}
