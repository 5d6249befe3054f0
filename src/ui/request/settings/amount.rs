//! Amounts as typed: spans of time (`250ms`, `5s`, `2m`, `1h`) and sizes (`4k`, `64MiB`); empty for
//! none. Pure.

/// Milliseconds of a typed span: `Ok(None)` for an empty text.
///
/// # Errors
/// What is wrong, in one sentence.
pub(super) fn parse(text: &str) -> Result<Option<u64>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit.trim() {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return Err("Write a number and a unit: 250ms, 5s, 2m"),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "Write a number and a unit: 250ms, 5s, 2m")?;
    let millis = (number * factor).round();
    if millis < 1.0 {
        return Err("At least 1ms; leave it empty for no limit");
    }
    // 99 999 999 hours is the most that `grpc-timeout` can say.
    if millis > 99_999_999.0 * 3_600_000.0 {
        return Err("At most 99999999h");
    }
    // Within range, checked above.
    Ok(Some(millis as u64))
}

/// The shortest text for a span.
pub(super) fn format(millis: Option<u64>) -> String {
    match millis {
        None => String::new(),
        Some(0) => "0s".to_owned(),
        Some(ms) if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        Some(ms) if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        Some(ms) if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        Some(ms) => format!("{ms}ms"),
    }
}

/// Bytes of a typed size: `Ok(None)` for an empty text. Units are powers of 1024.
///
/// # Errors
/// What is wrong, in one sentence.
pub(super) fn parse_size(text: &str) -> Result<Option<u64>, &'static str> {
    const WRONG: &str = "Write a number of bytes, with k, M or G: 64MiB, 4k";
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.trim().to_ascii_lowercase();
    let shift = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(WRONG),
    };
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    let bytes = number.checked_mul(1 << shift);
    bytes.map(Some).ok_or("That is more than 64 bits can count")
}

/// The shortest text for a size.
pub(super) fn format_size(bytes: Option<u64>) -> String {
    match bytes {
        None => String::new(),
        Some(bytes) if bytes > 0 && bytes % (1 << 30) == 0 => format!("{}GiB", bytes >> 30),
        Some(bytes) if bytes > 0 && bytes % (1 << 20) == 0 => format!("{}MiB", bytes >> 20),
        Some(bytes) if bytes > 0 && bytes % (1 << 10) == 0 => format!("{}KiB", bytes >> 10),
        Some(bytes) => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_with_their_unit() {
        for (typed, expected) in [
            ("", Ok(None)),
            ("250ms", Ok(Some(250))),
            ("5s", Ok(Some(5_000))),
            (" 1.5 s ", Ok(Some(1_500))),
            ("2m", Ok(Some(120_000))),
            ("1h", Ok(Some(3_600_000))),
        ] {
            assert_eq!(parse(typed), expected, "{typed}");
        }
        for typed in ["5", "s", "-1s", "0s", "1x", "1e99h", "999999999h", "1..2s"] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for millis in [1, 250, 1_000, 1_500, 60_000, 90_000, 3_600_000] {
            assert_eq!(parse(&format(Some(millis))), Ok(Some(millis)));
        }
        assert_eq!(format(None), "");
    }

    #[test]
    fn sizes_are_read_with_their_unit_and_written_back() {
        for (typed, expected, written) in [
            ("", Ok(None), ""),
            ("0", Ok(Some(0)), "0"),
            ("1000", Ok(Some(1000)), "1000"),
            ("4k", Ok(Some(4096)), "4KiB"),
            (" 64 MiB ", Ok(Some(64 << 20)), "64MiB"),
            ("1GB", Ok(Some(1 << 30)), "1GiB"),
        ] {
            assert_eq!(parse_size(typed), expected, "{typed}");
            assert_eq!(format_size(expected.unwrap_or_default()), written);
        }
        for typed in ["k", "-1", "1.5M", "4 miles", "99999999999G"] {
            assert!(parse_size(typed).is_err(), "{typed}");
        }
    }
}
