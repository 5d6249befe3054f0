//! Well-known types in the form ProtoJSON gives them. A value that has no such form is written by
//! its fields, and listed.

use super::{
    plan::{Plan, Shape},
    problem::Severity,
    scan::Scan,
    walk::{Place, Walker},
    wire::Span,
};

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years.
const DURATION_SECONDS: std::ops::RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;
const NANOS_PER_SECOND: i32 = 1_000_000_000;

impl<'a> Walker<'a> {
    /// Writes a message that is not [`Shape::Plain`] and was scanned.
    pub(super) fn well_known(&mut self, plan: &'a Plan, scan: Scan, body: &[Span], depth: usize) {
        let at = body.first().map_or(0, |span| span.start);
        match plan.shape {
            Shape::Plain => self.plain(plan, scan, depth),
            Shape::Any => self.any(plan, scan, at, depth),
            Shape::Timestamp | Shape::Duration => {
                let (seconds, nanos) = self.seconds(plan, scan);
                let (text, what) = if plan.shape == Shape::Timestamp {
                    (
                        timestamp(seconds, nanos),
                        "not a time of the years 1 to 9999",
                    )
                } else {
                    (duration(seconds, nanos), "not a valid duration")
                };
                let text = text.as_ref().map(Text::as_str);
                self.text_or_fields(plan, scan, text, what, at, depth);
            }
            Shape::FieldMask => {
                let text = self.field_mask(plan, scan);
                let what = "a path that is not snake_case has no JSON form";
                self.text_or_fields(plan, scan, text.as_deref(), what, at, depth);
            }
            Shape::Transparent => {
                if let Some(field) = plan.fields.first() {
                    let values = self.of_number(plan, scan, 1);
                    self.field(field, values, Place::Bare, depth);
                }
            }
            Shape::Value => self.dynamic_value(plan, scan, at, depth),
        }
    }

    /// Writes a quoted text, or the fields when there is none.
    fn text_or_fields(
        &mut self,
        plan: &'a Plan,
        scan: Scan,
        text: Option<&str>,
        what: &str,
        at: usize,
        depth: usize,
    ) {
        if let Some(text) = text {
            self.out.raw("\"");
            self.out.escaped(text);
            self.out.raw("\"");
        } else {
            self.problem(Severity::NoJson, at, what);
            self.plain(plan, scan, depth);
        }
    }

    pub(super) fn seconds(&self, plan: &Plan, scan: Scan) -> (i64, i32) {
        let bits = |number| {
            self.last(self.of_number(plan, scan, number))
                .map_or(0, |f| f.bits)
        };
        (bits(1) as i64, bits(2) as i32)
    }

    fn field_mask(&self, plan: &Plan, scan: Scan) -> Option<String> {
        let mut paths = self.of_number(plan, scan, 1);
        let mut text = String::new();
        while let Some(path) = self.next(&mut paths) {
            if !text.is_empty() {
                text.push(',');
            }
            camel_case(&mut text, std::str::from_utf8(self.bytes(path.span)).ok()?)?;
        }
        Some(text)
    }

    fn dynamic_value(&mut self, plan: &'a Plan, scan: Scan, at: usize, depth: usize) {
        for number in 1..=6 {
            let values = self.of_number(plan, scan, number);
            let Some(field) = plan.position(number).and_then(|at| plan.fields.get(at)) else {
                continue;
            };
            let Some(last) = self.last(values) else {
                continue;
            };
            // The specification has no text for these; they are shown as a double's.
            if number == 2 && !f64::from_bits(last.bits).is_finite() {
                self.problem(
                    Severity::NoJson,
                    at,
                    "a Value cannot hold a number that is not finite",
                );
            }
            self.field(field, values, Place::Bare, depth);
            return;
        }
        self.out.raw("null");
    }

    fn any(&mut self, plan: &'a Plan, scan: Scan, at: usize, depth: usize) {
        let span = |number| {
            self.last(self.of_number(plan, scan, number))
                .map_or(Span::default(), |f| f.span)
        };
        let (url, value) = (span(1), span(2));
        if url.len() == 0 && value.len() == 0 {
            self.out.raw("{}");
            return;
        }
        let type_url = String::from_utf8_lossy(self.bytes(url));
        let name = type_url.rsplit_once('/').map_or("", |(_, name)| name);
        let inner = self.plans.slot_of(name);

        let mut first = true;
        self.out.open(b'{');
        self.out.item(&mut first);
        self.out.key("\"@type\":");
        self.text(url);
        let around = std::mem::replace(&mut self.problems.in_any, true);
        match inner.map(|slot| (slot, self.plans.get(slot))) {
            Some((_, inner)) if inner.shape == Shape::Plain && *inner.name != *EMPTY => {
                // One level deeper, as a parser that opens it would count.
                if depth >= super::wire::MAX_DEPTH {
                    self.problem(
                        Severity::Malformed,
                        value.start,
                        "messages are nested too deep; the rest is left out",
                    );
                } else if !self.ordered(inner, value, &mut first, depth + 1) {
                    let scan = self.scan(inner, &[value]);
                    self.members(inner, scan, &mut first, depth + 1);
                    self.end(scan);
                }
            }
            Some((slot, _)) => {
                self.out.item(&mut first);
                self.out.key("\"value\":");
                self.message(slot, &[value], depth + 1);
            }
            None => {
                self.problem(
                    Severity::NoJson,
                    at,
                    format!("type `{type_url}` is not in the schema"),
                );
                self.out.item(&mut first);
                self.out.key("\"value\":");
                self.out.base64(self.bytes(value));
            }
        }
        self.problems.in_any = around;
        self.out.close(b'}', false);
    }
}

/// Has no fields, and is a well-known type all the same.
pub(super) const EMPTY: &str = "google.protobuf.Empty";

/// RFC 3339 in UTC with 0, 3, 6 or 9 digits of a second.
pub(super) fn timestamp(seconds: i64, nanos: i32) -> Option<Text> {
    if !TIMESTAMP_SECONDS.contains(&seconds) || !(0..NANOS_PER_SECOND).contains(&nanos) {
        return None;
    }
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = Text::default();
    for (before, number, digits) in [
        ("", year, 4),
        ("-", month, 2),
        ("-", day, 2),
        ("T", hour, 2),
        (":", minute, 2),
        (":", second, 2),
    ] {
        text.push(before);
        text.digits(number.unsigned_abs(), digits);
    }
    text.fraction(nanos.unsigned_abs());
    text.push("Z");
    Some(text)
}

/// Seconds with 0, 3, 6 or 9 digits and an `s`.
pub(super) fn duration(seconds: i64, nanos: i32) -> Option<Text> {
    let mixed = seconds < 0 && nanos > 0 || seconds > 0 && nanos < 0;
    if !DURATION_SECONDS.contains(&seconds)
        || nanos.unsigned_abs() >= NANOS_PER_SECOND.unsigned_abs()
        || mixed
    {
        return None;
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let digits = seconds.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut text = Text::default();
    text.push(sign);
    text.digits(seconds, digits);
    text.fraction(nanos.unsigned_abs());
    text.push("s");
    Some(text)
}

/// A short ASCII text, made without an allocation.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The longest has a sign, twelve digits of seconds, nine of nanoseconds and two marks; a time has 30.
    bytes: [u8; 32],
    len: usize,
}

impl Text {
    fn push(&mut self, text: &str) {
        let end = self.len + text.len();
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(text.as_bytes());
            self.len = end;
        }
    }

    /// A number with leading zeros.
    fn digits(&mut self, mut number: u64, digits: usize) {
        let end = self.len + digits;
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            for digit in place.iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
            self.len = end;
        }
    }

    fn fraction(&mut self, nanos: u32) {
        let (value, digits) = match nanos {
            0 => return,
            _ if nanos.is_multiple_of(1_000_000) => (nanos / 1_000_000, 3),
            _ if nanos.is_multiple_of(1_000) => (nanos / 1_000, 6),
            _ => (nanos, 9),
        };
        self.push(".");
        self.digits(u64::from(value), digits);
    }

    pub(super) fn as_str(&self) -> &str {
        // Nothing but ASCII is ever written.
        let text = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

/// Days from 1970-01-01 to year, month and day: years begin in March, so that the leap day is the
/// last, and repeat every 400 (146,097 days).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (
        year + era * 400,
        if month < 10 { month + 3 } else { month - 9 },
    );
    (
        if month <= 2 { year + 1 } else { year },
        month,
        day_of_month,
    )
}

/// Appends a path in lowerCamelCase; `None` when it could not be turned back.
fn camel_case(text: &mut String, path: &str) -> Option<()> {
    let mut upper = false;
    for c in path.chars() {
        match c {
            'a'..='z' if upper => text.push(c.to_ascii_uppercase()),
            _ if upper => return None,
            '_' => {}
            'a'..='z' | '0'..='9' | '.' => text.push(c),
            // A comma would begin another path; nothing else stands in a field's name.
            _ => return None,
        }
        upper = c == '_';
    }
    (!upper && !path.is_empty()).then_some(())
}
