//! Numbers of the text format: read exactly, and printed as C++ prints them.

use std::str::FromStr;

/// A whole number in base 10, 16 (`0x`) or 8 (`0`). `None` when it is written otherwise or beyond a u64.
pub(super) fn integer(text: &str) -> Option<i128> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let value = match (hex, text.strip_prefix('0')) {
        (Some(digits), _) => u64::from_str_radix(digits, 16),
        (None, Some(digits)) if !digits.is_empty() => u64::from_str_radix(digits, 8),
        (None, _) => text.parse::<u64>(),
    };
    let plain = !text.contains(['+', '_']);
    value.ok().filter(|_| plain).map(i128::from)
}

/// What both floats share here.
pub(super) trait Float: FromStr {
    const INFINITY: Self;
    const NAN: Self;
    fn negated(self) -> Self;
}

impl Float for f32 {
    const INFINITY: Self = Self::INFINITY;
    const NAN: Self = Self::NAN;
    fn negated(self) -> Self {
        -self
    }
}

impl Float for f64 {
    const INFINITY: Self = Self::INFINITY;
    const NAN: Self = Self::NAN;
    fn negated(self) -> Self {
        -self
    }
}

/// A number with or without a point; too large is infinite, as in C.
pub(super) fn float<T: Float>(text: &str) -> Option<T> {
    let number = text.strip_suffix(['f', 'F']).unwrap_or(text);
    let hex = text.starts_with("0x") || text.starts_with("0X");
    let bytes = number.as_bytes();
    let octal = bytes.len() > 1 && bytes[0] == b'0' && bytes.iter().all(u8::is_ascii_digit);
    if hex
        || octal
        || number.contains('_')
        || !number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
    {
        return None;
    }
    // Rust takes `1.` and `.5` as C does.
    number.parse().ok()
}

/// The shorter of `%.15g` and `%.17g` that reads back.
pub(super) fn double_text(value: f64) -> String {
    special(value).unwrap_or_else(|| {
        let short = general(value, 15);
        if short.parse() == Ok(value) {
            short
        } else {
            general(value, 17)
        }
    })
}

/// The shorter of `%.6g` and `%.9g` that reads back.
pub(super) fn float_text(value: f32) -> String {
    let wide = f64::from(value);
    special(wide).unwrap_or_else(|| {
        let short = general(wide, 6);
        if short.parse() == Ok(value) {
            short
        } else {
            general(wide, 9)
        }
    })
}

fn special(value: f64) -> Option<String> {
    let text = match value {
        _ if value.is_nan() => "nan",
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => return None,
    };
    Some(text.to_owned())
}

/// C's `%.{digits}g`.
fn general(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| -> String {
        if !text.contains('.') {
            return text.to_owned();
        }
        let text = text.trim_end_matches('0');
        text.trim_end_matches('.').to_owned()
    };
    let fits = usize::try_from(exponent + 4).is_ok() && exponent < digits as i32;
    if !fits {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs());
    }
    // -4 at least, and below the digits.
    let places = (digits as i32 - 1 - exponent).max(0) as usize;
    trimmed(&format!("{value:.places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_three_bases() {
        for (text, value) in [
            ("0", Some(0)),
            ("17", Some(17)),
            ("0x1F", Some(31)),
            ("0X1f", Some(31)),
            ("017", Some(15)),
            ("18446744073709551615", Some(u64::MAX.into())),
            ("18446744073709551616", None),
            ("08", None),
            ("0x", None),
            ("1.0", None),
            ("1e3", None),
            ("+1", None),
        ] {
            assert_eq!(integer(text), value, "{text}");
        }
    }

    #[test]
    fn floats_are_written_in_cs_ways() {
        for (text, value) in [
            ("1", Some(1.0)),
            ("1.", Some(1.0)),
            (".5", Some(0.5)),
            ("1.5f", Some(1.5)),
            ("1e3", Some(1000.0)),
            ("1E-3F", Some(0.001)),
            ("1e999", Some(f64::INFINITY)),
            ("0", Some(0.0)),
            ("0x10", None),
            ("010", None),
            ("1_0", None),
        ] {
            assert_eq!(float::<f64>(text), value, "{text}");
        }
    }

    #[test]
    fn floats_are_printed_as_c_prints_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1.5e10, "15000000000"),
            (1e15, "1e+15"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.0 / 3.0, "0.33333333333333331"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(double_text(value), text);
        }
        for (value, text) in [
            (0.1_f32, "0.1"),
            (16777216.0, "16777216"),
            (f32::MAX, "3.40282347e+38"),
            (1.0 / 3.0, "0.333333343"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
