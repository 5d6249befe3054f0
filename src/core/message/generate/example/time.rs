//! Times and spans by what their fields are about.
//!
//! They do not follow the clock: the same seed gives the same body on any day.

use super::{Draw, words::Words};

/// 2026-03-02T09:00:00Z, a Monday.
const MONDAY: i64 = 1_772_442_000;
const DAY: i128 = 86_400;

/// Seconds since 1970: what begins lies before what ends.
pub(super) fn moment(words: &Words, draw: &mut Draw) -> i64 {
    let (first, last) = if words.has(&["birth", "birthday", "birthdate", "dob"]) {
        (-60 * 365, -20 * 365)
    } else if words.has(&[
        "expire",
        "expiry",
        "expiration",
        "valid",
        "deadline",
        "until",
    ]) {
        (365, 2 * 365)
    } else if words.has(&[
        "end", "to", "due", "finish", "close", "delivery", "arrival", "checkout", "before",
    ]) {
        (7, 13)
    } else if words.has(&[
        "create",
        "created",
        "register",
        "registered",
        "signup",
        "issued",
    ]) {
        (-90, -30)
    } else {
        (0, 6)
    };
    let days = draw.within(first, last);
    // In a working day, to five minutes.
    let minutes = draw.within(0, 95) * 5;
    MONDAY + (days * DAY + minutes * 60) as i64
}

/// Nanoseconds.
pub(super) fn span(words: &Words, draw: &mut Draw) -> i128 {
    let seconds = if words.has(&["timeout", "deadline", "latency"]) {
        [5, 10, 30][draw.below(3)]
    } else if words.has(&["ttl", "retention", "age", "validity"]) {
        [3_600, 86_400, 604_800][draw.below(3)]
    } else {
        [30, 90, 300, 3_600][draw.below(4)]
    };
    seconds * 1_000_000_000
}
