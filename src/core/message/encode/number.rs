//! Decimal numbers, exact to the digit and of any length.

/// Why a text gives no integer of the wanted width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntegerFault {
    /// Not written as JSON writes numbers.
    NotANumber,
    /// `1.5`, `1e-3`.
    NotWhole,
    /// Beyond 128 bits, which is beyond any field.
    TooLarge,
}

/// Reads a JSON number whose value is whole: `12`, `-0`, `1e5`, `1.50e1`. Never rounds.
///
/// # Errors
/// Why not.
pub(super) fn parse_integer(text: &str) -> Result<i128, IntegerFault> {
    if let Some(value) = plain(text) {
        return Ok(value);
    }
    if crate::message::document::number_len(text.as_bytes()) != Some(text.len()) {
        return Err(IntegerFault::NotANumber);
    }
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, saturating_exponent(exponent)),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
    let total = whole.len() + fraction.len();
    let leading = digits().take_while(|d| *d == 0).count();
    if leading == total {
        return Ok(0);
    }
    let trailing = digits().rev().take_while(|d| *d == 0).count();
    // The value is the digits between, times ten to this power.
    let power = exponent
        .saturating_sub(fraction.len() as i64)
        .saturating_add(trailing as i64);
    if power < 0 {
        return Err(IntegerFault::NotWhole);
    }
    let significant = total - leading - trailing;
    // 38 digits fit 128 bits.
    if significant as i64 + power.min(100) > 38 {
        return Err(IntegerFault::TooLarge);
    }
    let mut value: i128 = 0;
    for digit in digits().skip(leading).take(significant) {
        value = value * 10 + i128::from(digit);
    }
    for _ in 0..power {
        value *= 10;
    }
    Ok(if negative { -value } else { value })
}

/// What nearly every number is: up to eighteen digits.
fn plain(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0'] | [b'1'..=b'9', ..] if digits.len() <= 18 => {}
        _ => return None,
    }
    let mut value: i64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    let value = i128::from(value);
    Some(if text.starts_with('-') { -value } else { value })
}

/// An exponent, held at a size that no length of text can bring back into range.
fn saturating_exponent(text: &str) -> i64 {
    const HUGE: i64 = 1 << 40;
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = digits.bytes().fold(0i64, |value, digit| {
        (value * 10 + i64::from(digit - b'0')).min(HUGE)
    });
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_however_they_are_written() {
        let zeros = format!("1{}e-9999", "0".repeat(9_999));
        for (text, want) in [
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("0.000e99999999999999999999", Ok(0)),
            ("9223372036854775807", Ok(i128::from(i64::MAX))),
            ("18446744073709551615", Ok(i128::from(u64::MAX))),
            ("1e5", Ok(100_000)),
            ("1E+5", Ok(100_000)),
            ("1.0", Ok(1)),
            ("12.50e1", Ok(125)),
            ("120e-1", Ok(12)),
            ("-1.5e1", Ok(-15)),
            (zeros.as_str(), Ok(1)),
            ("1.5", Err(IntegerFault::NotWhole)),
            ("1e-1", Err(IntegerFault::NotWhole)),
            ("1e-99999999999999999999999", Err(IntegerFault::NotWhole)),
            ("1e99999999999999999999999", Err(IntegerFault::TooLarge)),
            ("1e38", Err(IntegerFault::TooLarge)),
            ("", Err(IntegerFault::NotANumber)),
            ("007", Err(IntegerFault::NotANumber)),
            ("+1", Err(IntegerFault::NotANumber)),
            (" 1", Err(IntegerFault::NotANumber)),
            ("1 ", Err(IntegerFault::NotANumber)),
            ("0x10", Err(IntegerFault::NotANumber)),
            ("1e", Err(IntegerFault::NotANumber)),
            ("-", Err(IntegerFault::NotANumber)),
            (".5", Err(IntegerFault::NotANumber)),
            ("5.", Err(IntegerFault::NotANumber)),
        ] {
            assert_eq!(parse_integer(text), want, "{text:.40}");
        }
        let long = "9".repeat(10_000);
        assert_eq!(parse_integer(&long), Err(IntegerFault::TooLarge));
    }
}
