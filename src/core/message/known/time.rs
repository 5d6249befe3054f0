//! A moment as `Timestamp` holds it, moved about by calendar and clock.
//!
//! jiff's own timestamps end 22 hours before year 9999 does, so moments are kept as seconds and
//! nanoseconds and reckoned with its civil times, which reach from before year 1 to the last
//! nanosecond of 9999.
//! Spec: the comments of `google/protobuf/timestamp.proto`.

use std::fmt;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use crate::message::encode::{TIMESTAMP_SECONDS, parse_timestamp};

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// A moment of the years 1 to 9999 in UTC, and how many decimals its text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    seconds: i64,
    nanos: i32,
    digits: usize,
}

/// Where a clock hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Coordinated Universal Time.
    Utc,
    /// Somewhere with rules of its own.
    In(TimeZone),
}

/// A step in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// So many seconds, whatever the clocks show.
    Seconds(i64),
    /// So many days of the calendar: the clock shows the same.
    Days(i64),
}

/// A time of day with the decimals that were typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    time: Time,
    digits: usize,
}

impl Zone {
    /// The zone this computer is set to.
    pub fn local() -> Self {
        Self::In(TimeZone::system())
    }

    /// Its offset from UTC at a moment, as `+02:00`; empty for UTC.
    pub fn offset_at(&self, moment: &Moment) -> String {
        let Self::In(zone) = self else {
            return String::new();
        };
        let seconds = zone.to_offset(moment.clamped()).seconds();
        let minutes = seconds.abs() / 60;
        let sign = if seconds < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Moment {
    /// Reads an RFC 3339 time as ProtoJSON takes it; `None` when it is none, or a template.
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, nanos) = parse_timestamp(text).ok()?;
        let digits = text.split_once('.').map_or(0, |(_, rest)| {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        });
        Some(Self {
            seconds,
            nanos,
            digits,
        })
    }

    /// This second.
    pub fn now() -> Self {
        Self {
            seconds: Timestamp::now().as_second(),
            nanos: 0,
            digits: 0,
        }
    }

    /// The moment at which a zone's calendar and clock show this. A time that a clock skips is taken
    /// as far after the jump, one that it shows twice as the first; `None` outside of years 1 to 9999.
    pub fn at(date: Date, clock: Clock, zone: &Zone) -> Option<Self> {
        let shown = date.to_datetime(clock.time);
        let utc = match zone {
            Zone::Utc => shown,
            Zone::In(zone) => {
                let offset = match zone.to_ambiguous_timestamp(shown).offset() {
                    AmbiguousOffset::Unambiguous { offset } => offset,
                    AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
                        before
                    }
                };
                let back = SignedDuration::from_secs(-i64::from(offset.seconds()));
                shown.checked_add(back).ok()?
            }
        };
        Self::of_utc(utc, clock.digits)
    }

    /// What a zone's calendar and clock show. At the borders of the range, where the zone is in
    /// another year, that of UTC.
    pub fn shown(&self, zone: &Zone) -> (Date, Clock) {
        let utc = self.utc();
        let shown = match zone {
            Zone::Utc => utc,
            Zone::In(zone) => {
                let offset = zone.to_offset(self.clamped()).seconds();
                let offset = SignedDuration::from_secs(i64::from(offset));
                let there = utc.checked_add(offset).ok();
                there.filter(|there| there.year() >= 1).unwrap_or(utc)
            }
        };
        let clock = Clock {
            time: shown.time(),
            digits: self.digits,
        };
        (shown.date(), clock)
    }

    /// The moment a step away; `None` outside of the range.
    pub fn shifted(&self, shift: Shift, zone: &Zone) -> Option<Self> {
        match shift {
            Shift::Seconds(by) => {
                let seconds = self.seconds.checked_add(by)?;
                TIMESTAMP_SECONDS
                    .contains(&seconds)
                    .then_some(Self { seconds, ..*self })
            }
            Shift::Days(by) => {
                let (date, clock) = self.shown(zone);
                let days = jiff::Span::new().try_days(by).ok()?;
                Self::at(date.checked_add(days).ok()?, clock, zone)
            }
        }
    }

    /// How far it is from another moment, in words: `in 2 hours 5 minutes`, `3 days ago`.
    pub fn relative(&self, now: &Self) -> String {
        let nanos = |it: &Self| i128::from(it.seconds) * 1_000_000_000 + i128::from(it.nanos);
        let apart = nanos(self) - nanos(now);
        let seconds = u64::try_from(apart.abs() / 1_000_000_000).unwrap_or(u64::MAX);
        if seconds == 0 {
            return "now".to_owned();
        }
        let words = about(seconds);
        if apart > 0 {
            format!("in {words}")
        } else {
            format!("{words} ago")
        }
    }

    fn of_utc(utc: DateTime, digits: usize) -> Option<Self> {
        let since = utc.duration_since(EPOCH);
        // Nanoseconds count forward, also before 1970.
        let (mut seconds, mut nanos) = (since.as_secs(), since.subsec_nanos());
        if nanos < 0 {
            seconds -= 1;
            nanos += 1_000_000_000;
        }
        TIMESTAMP_SECONDS.contains(&seconds).then_some(Self {
            seconds,
            nanos,
            digits: digits.max(needed_digits(nanos)),
        })
    }

    fn utc(&self) -> DateTime {
        let since = SignedDuration::new(self.seconds, self.nanos);
        // The range of moments is within that of civil times.
        EPOCH.checked_add(since).unwrap_or(EPOCH)
    }

    /// For the rules of zones, which do not change in the first and the last day of the range.
    fn clamped(&self) -> Timestamp {
        let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let seconds = self.seconds.clamp(first, last);
        Timestamp::from_second(seconds).unwrap_or_default()
    }
}

impl fmt::Display for Moment {
    /// As ProtoJSON writes it, in UTC, with the decimals it was typed with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, clock) = self.shown(&Zone::Utc);
        write!(
            f,
            "{:04}-{:02}-{:02}T{clock}Z",
            date.year(),
            date.month(),
            date.day()
        )
    }
}

impl Clock {
    /// Midnight.
    pub const MIDNIGHT: Self = Self {
        time: Time::midnight(),
        digits: 0,
    };

    /// Reads `9:30`, `09:30:05` or `09:30:05.123456789`.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let parted = text.split_once('.');
        let (whole, fraction) = parted.map_or((text, None), |(a, b)| (a, Some(b)));
        let mut parts = [0_i8; 3];
        let mut count = 0;
        for part in whole.split(':') {
            let is_number = (1..=2).contains(&part.len()) && is_digits(part);
            match (parts.get_mut(count), part.parse()) {
                (Some(slot), Ok(number)) if is_number => *slot = number,
                _ => return Err("A time of day is written like 09:30:05.25"),
            }
            count += 1;
        }
        let [hour, minute, second] = parts;
        if count < 2 || (fraction.is_some() && count < 3) {
            return Err("A time of day is written like 09:30:05.25");
        }
        if hour > 23 {
            return Err("Hours go from 0 to 23");
        }
        if minute > 59 {
            return Err("Minutes go from 0 to 59");
        }
        if second > 59 {
            // Leap seconds have no place in protobuf's reckoning.
            return Err("Seconds go from 0 to 59: Timestamp has no leap seconds");
        }
        let fraction = fraction.unwrap_or_default();
        if count == 3 && text.ends_with('.') || (!fraction.is_empty() && !is_digits(fraction)) {
            return Err("Digits are due after the point");
        }
        if fraction.len() > 9 {
            return Err("No more than nine decimals: nanoseconds");
        }
        let nanos = format!("{fraction:0<9}").parse().unwrap_or(0);
        let time = Time::new(hour, minute, second, nanos).map_err(|_| "There is no such time")?;
        let digits = fraction.len();
        Ok(Self { time, digits })
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time;
        write!(
            f,
            "{:02}:{:02}:{:02}",
            time.hour(),
            time.minute(),
            time.second()
        )?;
        let nanos = time.subsec_nanosecond();
        let digits = self.digits.max(needed_digits(nanos)).min(9);
        if digits > 0 {
            let all = format!("{nanos:09}");
            write!(f, ".{}", all.get(..digits).unwrap_or(&all))?;
        }
        Ok(())
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Decimals without which nanoseconds would lose something.
fn needed_digits(nanos: i32) -> usize {
    let all = format!("{nanos:09}");
    if nanos == 0 {
        0
    } else {
        all.trim_end_matches('0').len()
    }
}

/// A length of time in its one or two largest units.
fn about(seconds: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (31_556_952, "year"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (length, unit) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            words.push(format!("{count} {unit}{plural}"));
        }
        // The next unit only, and none beside many of a larger one.
        if words.len() == 2 || (!words.is_empty() && (count == 0 || count >= 10)) {
            break;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    fn clock(text: &str) -> Clock {
        Clock::parse(text).unwrap()
    }

    #[test]
    fn texts_are_kept_to_the_digit_and_written_in_utc() {
        for (text, written) in [
            ("2026-01-31T12:30:00Z", "2026-01-31T12:30:00Z"),
            ("2026-01-31T12:30:00.5Z", "2026-01-31T12:30:00.5Z"),
            ("2026-01-31T12:30:00.50Z", "2026-01-31T12:30:00.50Z"),
            (
                "2026-01-31T12:30:00.000000001Z",
                "2026-01-31T12:30:00.000000001Z",
            ),
            ("2026-01-31T00:30:00.25+02:00", "2026-01-30T22:30:00.25Z"),
            (
                "1969-12-31T23:59:59.999999999Z",
                "1969-12-31T23:59:59.999999999Z",
            ),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            (
                "9999-12-31T23:59:59.999999999Z",
                "9999-12-31T23:59:59.999999999Z",
            ),
        ] {
            assert_eq!(moment(text).to_string(), written, "{text}");
        }
        for text in ["{{ at }}", "", "2026-01-31", "2016-12-31T23:59:60Z"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_zone_shows_and_takes_its_own_clock() {
        let berlin = Zone::In(TimeZone::get("Europe/Berlin").unwrap());
        let tokyo = Zone::In(TimeZone::get("Asia/Tokyo").unwrap());
        for (zone, text, date, shown) in [
            (
                &Zone::Utc,
                "2026-07-01T22:30:00.5Z",
                "2026-07-01",
                "22:30:00.5",
            ),
            (
                &berlin,
                "2026-07-01T22:30:00.5Z",
                "2026-07-02",
                "00:30:00.5",
            ),
            (&berlin, "2026-01-01T00:00:00Z", "2026-01-01", "01:00:00"),
            // Its clock is in year 10000, which no text can say.
            (&tokyo, "9999-12-31T23:59:59Z", "9999-12-31", "23:59:59"),
        ] {
            let (on, at) = moment(text).shown(zone);
            assert_eq!(
                (on.to_string().as_str(), at.to_string().as_str()),
                (date, shown)
            );
            let outside = date == "9999-12-31";
            let back = Moment::at(on, at, zone);
            assert_eq!(back == Some(moment(text)), !outside, "{text}");
        }
        assert_eq!(berlin.offset_at(&moment("2026-07-01T00:00:00Z")), "+02:00");
        assert_eq!(berlin.offset_at(&moment("9999-12-31T23:00:00Z")), "+01:00");
    }

    #[test]
    fn skipped_and_repeated_times_and_borders() {
        let berlin = Zone::In(TimeZone::get("Europe/Berlin").unwrap());
        let newyork = Zone::In(TimeZone::get("America/New_York").unwrap());
        for (zone, date, time, utc) in [
            (&berlin, "2026-03-29", "02:30", Some("2026-03-29T01:30:00Z")),
            (&berlin, "2026-10-25", "02:30", Some("2026-10-25T00:30:00Z")),
            (
                &Zone::Utc,
                "0001-01-01",
                "0:00",
                Some("0001-01-01T00:00:00Z"),
            ),
            (&berlin, "0001-01-01", "00:00", None),
            (&newyork, "9999-12-31", "23:59:59.5", None),
            (
                &Zone::Utc,
                "9999-12-31",
                "23:59:59.5",
                Some("9999-12-31T23:59:59.5Z"),
            ),
        ] {
            let made = Moment::at(date.parse().unwrap(), clock(time), zone);
            assert_eq!(made.map(|m| m.to_string()).as_deref(), utc, "{date} {time}");
        }
    }

    #[test]
    fn steps_of_days_keep_the_clock_and_steps_of_seconds_do_not() {
        let berlin = Zone::In(TimeZone::get("Europe/Berlin").unwrap());
        let before = moment("2026-03-28T11:00:00.75Z");
        for (shift, after) in [
            (Shift::Seconds(86_400), "2026-03-29T11:00:00.75Z"),
            (Shift::Days(1), "2026-03-29T10:00:00.75Z"),
            (Shift::Seconds(-3_600), "2026-03-28T10:00:00.75Z"),
        ] {
            assert_eq!(
                before.shifted(shift, &berlin),
                Some(moment(after)),
                "{shift:?}"
            );
        }
        let last = moment("9999-12-31T23:59:59.9Z");
        let first = moment("0001-01-01T00:00:00Z");
        for shift in [Shift::Seconds(1), Shift::Days(1), Shift::Days(i64::MAX)] {
            assert_eq!(last.shifted(shift, &Zone::Utc), None, "{shift:?}");
        }
        for shift in [
            Shift::Seconds(-1),
            Shift::Days(-1),
            Shift::Seconds(i64::MIN),
        ] {
            assert_eq!(first.shifted(shift, &Zone::Utc), None, "{shift:?}");
        }
    }

    #[test]
    fn clocks_are_read_with_their_reasons() {
        for (text, read) in [
            ("9:30", Ok("09:30:00")),
            ("23:59:59.123456789", Ok("23:59:59.123456789")),
            ("00:00:00.10", Ok("00:00:00.10")),
            (" 1:2:3 ", Ok("01:02:03")),
            ("24:00", Err("Hours go from 0 to 23")),
            ("1:60", Err("Minutes go from 0 to 59")),
            (
                "23:59:60",
                Err("Seconds go from 0 to 59: Timestamp has no leap seconds"),
            ),
            ("9", Err("A time of day is written like 09:30:05.25")),
            ("9:30.5", Err("A time of day is written like 09:30:05.25")),
            ("+9:30", Err("A time of day is written like 09:30:05.25")),
            ("1:2:3:4", Err("A time of day is written like 09:30:05.25")),
            ("", Err("A time of day is written like 09:30:05.25")),
            ("1:2:3.", Err("Digits are due after the point")),
            ("1:2:3.x", Err("Digits are due after the point")),
            (
                "1:2:3.1234567890",
                Err("No more than nine decimals: nanoseconds"),
            ),
        ] {
            let shown = Clock::parse(text).map(|clock| clock.to_string());
            assert_eq!(shown, read.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn distances_are_told_in_two_units() {
        let now = moment("2026-01-31T12:00:00.5Z");
        for (text, words) in [
            ("2026-01-31T12:00:00.4Z", "now"),
            ("2026-01-31T12:00:01.5Z", "in 1 second"),
            ("2026-01-31T14:05:00.5Z", "in 2 hours 5 minutes"),
            ("2026-01-31T14:00:09.5Z", "in 2 hours"),
            ("2026-01-28T12:00:00.5Z", "3 days ago"),
            ("2025-12-31T11:00:00.5Z", "31 days ago"),
            ("2024-01-31T12:00:00.5Z", "2 years ago"),
            ("0001-01-01T00:00:00Z", "2025 years ago"),
        ] {
            assert_eq!(moment(text).relative(&now), words, "{text}");
        }
    }
}
