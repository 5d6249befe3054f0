//! Numbers by what their fields are about.

use prost_reflect::Kind;

use super::{Draw, time, words::Words};

/// An integer, as JSON.
pub(super) fn integer(kind: &Kind, words: &Words, draw: &mut Draw) -> String {
    let is_wide = matches!(
        kind,
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64
    );
    let fits = |value: i128| is_wide || i32::try_from(value).is_ok();
    let value = whole(words, draw);
    let value = if fits(value) {
        value
    } else {
        draw.within(1, 1_000)
    };
    value.to_string()
}

fn whole(words: &Words, draw: &mut Draw) -> i128 {
    let (low, high) = if words.ends_in(&["page", "size"]) || words.ends(&["limit"]) {
        return [10, 20, 25, 50, 100][draw.below(5)];
    } else if words.has(&["latitude", "lat"]) {
        // Degrees in units of 1e-7, as maps and the RouteGuide example have them.
        (-600_000_000, 700_000_000)
    } else if words.has(&["longitude", "lon", "lng"]) {
        (-1_600_000_000, 1_700_000_000)
    } else if words.ends(&["offset", "index", "position", "skip"]) {
        (0, 20)
    } else if words.ends(&["page"]) {
        (1, 3)
    } else if words.has(&["year"]) {
        (1990, 2030)
    } else if words.has(&["month"]) {
        (1, 12)
    } else if words.is(&["day"]) || words.ends_in(&["day", "of", "month"]) {
        (1, 28)
    } else if words.is(&["hour"]) {
        (0, 23)
    } else if words.is(&["minute", "second"]) {
        (0, 59)
    } else if words.has(&["age"]) {
        (18, 80)
    } else if words.has(&["port"]) {
        return [80, 443, 8080, 8443, 50_051][draw.below(5)];
    } else if words.has(&["percent", "percentage", "progress", "score", "rating"]) {
        (1, 100)
    } else if words.ends(&["millis", "ms", "milliseconds"]) && !is_moment(words) {
        return [100, 250, 500, 1_000, 5_000][draw.below(5)];
    } else if is_moment(words) {
        return moment(words, draw);
    } else if words.has(&["timeout", "ttl", "interval", "duration"]) {
        return [5, 10, 30, 60, 300][draw.below(5)];
    } else if words.has(&["byte", "bytes", "size", "capacity"]) {
        return 1 << (8 + draw.below(12));
    } else if words.ends(&["width", "height"]) {
        return [320, 480, 640, 800, 1_024][draw.below(5)];
    } else if words.has(&[
        "count", "quantity", "qty", "number", "num", "copy", "seat", "retry", "attempt",
    ]) {
        (1, 12)
    } else if words.has(&["nano", "nanos"]) {
        (0, 999_999_999)
    } else if words.has(&[
        "price", "amount", "cost", "total", "cent", "balance", "fee", "salary", "unit",
    ]) {
        (100, 20_000)
    } else if words.ends(&["id"]) {
        (1, 9_999)
    } else {
        (1, 100)
    };
    draw.within(low, high)
}

/// Whether a number is a time since 1970.
fn is_moment(words: &Words) -> bool {
    words.ends(&["at", "timestamp", "epoch", "unixtime"])
        || words.has(&["timestamp", "unix", "epoch"])
        || words.ends_in(&["create", "time"])
        || words.ends_in(&["update", "time"])
        || words.ends_in(&["start", "time"])
        || words.ends_in(&["end", "time"])
}

fn moment(words: &Words, draw: &mut Draw) -> i128 {
    let seconds = i128::from(time::moment(words, draw));
    if words.has(&["ms", "millis"]) {
        seconds * 1_000
    } else if words.has(&["us", "micros"]) {
        seconds * 1_000_000
    } else if words.has(&["ns", "nano", "nanos"]) {
        seconds * 1_000_000_000
    } else {
        seconds
    }
}

/// A float or double, as JSON.
pub(super) fn float(words: &Words, draw: &mut Draw) -> String {
    // Two decimals, which a float holds as they are read.
    let (low, high) = if words.has(&["latitude", "lat"]) {
        (-6_000, 7_000)
    } else if words.has(&["longitude", "lon", "lng"]) {
        (-16_000, 17_000)
    } else if words.has(&[
        "ratio",
        "probability",
        "confidence",
        "fraction",
        "alpha",
        "opacity",
        "rate",
        "weight",
    ]) {
        (5, 95)
    } else if words.has(&["percent", "percentage", "score", "humidity"]) {
        (100, 10_000)
    } else if words.has(&["temperature", "celsius"]) {
        (-500, 3_000)
    } else if words.has(&["price", "amount", "cost", "total"]) {
        (100, 20_000)
    } else {
        (100, 10_000)
    };
    let hundredths = draw.within(low, high);
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    match rest {
        0 => format!("{sign}{whole}"),
        _ => format!(
            "{sign}{whole}.{}",
            format!("{rest:02}").trim_end_matches('0')
        ),
    }
}
