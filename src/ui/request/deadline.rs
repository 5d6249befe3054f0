//! A deadline as typed: `250ms`, `5s`, `2m`, `1h`; empty for none. Pure.

/// Milliseconds of a typed deadline: `Ok(None)` for an empty text.
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
        return Err("A deadline is at least 1ms; leave it empty to wait for ever");
    }
    // 99 999 999 hours is the most that `grpc-timeout` can say.
    if millis > 99_999_999.0 * 3_600_000.0 {
        return Err("A deadline is at most 99999999h");
    }
    // Within range, checked above.
    Ok(Some(millis as u64))
}

/// The shortest text for a deadline.
pub(super) fn format(millis: Option<u64>) -> String {
    match millis {
        None => String::new(),
        Some(ms) if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        Some(ms) if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        Some(ms) if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        Some(ms) => format!("{ms}ms"),
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
}
