//! Times and sizes as words, exact: a figure that was measured is not rounded.

use super::super::{printable, trace::Moment};

/// A span in microseconds, to the microsecond: `640 µs`, `1.204 ms`, `3.000204 s`, `2 min 03.000204 s`.
pub fn span(micros: u64) -> String {
    const SECOND: u64 = 1_000_000;
    let (secs, rest) = (micros / SECOND, micros % SECOND);
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..SECOND => format!("{}.{:03} ms", micros / 1_000, micros % 1_000),
        _ if secs < 120 => format!("{secs}.{rest:06} s"),
        _ if secs < 3_600 => format!("{} min {:02}.{rest:06} s", secs / 60, secs % 60),
        _ => {
            let minutes = secs / 60;
            let (hours, minutes) = (minutes / 60, minutes % 60);
            format!("{hours} h {minutes:02} min {:02}.{rest:06} s", secs % 60)
        }
    }
}

/// Characters of what a peer wrote that a sentence quotes.
const QUOTED: usize = 300;

/// What a peer wrote, in one line.
pub(super) fn quoted(text: &str) -> String {
    printable(text, QUOTED)
}

/// Between two moments.
pub(super) fn between(begin: Moment, end: Moment) -> String {
    span(micros_between(begin, end))
}

/// Microseconds between two moments; 0 when they are not in order.
pub(super) fn micros_between(begin: Moment, end: Moment) -> u64 {
    u64::try_from(end.micros().saturating_sub(begin.micros())).unwrap_or(0)
}

/// A moment since the call began; with a minus before it.
pub(super) fn moment(at: Moment) -> String {
    let sign = if at.is_before() { "−" } else { "" };
    format!("{sign}{}", span(at.micros().unsigned_abs()))
}

/// A size, exact: `1 byte`, `12 345 bytes`.
pub fn bytes(bytes: u64) -> String {
    counted(bytes, "byte")
}

/// A count and its word, thousands apart by a thin space.
pub(super) fn counted(number: u64, word: &str) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + word.len() + 4);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text.push(' ');
    text.push_str(word);
    if number != 1 {
        text.push('s');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        for (micros, words) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.000 ms"),
            (1_204, "1.204 ms"),
            (999_999, "999.999 ms"),
            (3_000_204, "3.000204 s"),
            (119_999_999, "119.999999 s"),
            (123_000_204, "2 min 03.000204 s"),
            (7_323_000_001, "2 h 02 min 03.000001 s"),
        ] {
            assert_eq!(span(micros), words);
        }
        assert_eq!(moment(Moment::from_micros(-1_500)), "−1.500 ms");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1_234_567), "1\u{202f}234\u{202f}567 bytes");
    }
}
