//! What is said beside a value: another clock, what an image is, how much is not shown.

use stubless_core::message::{
    known::{Moment, Zone},
    lazy::{Row, RowNote},
};

use crate::{
    app::{MessageOptions, TimeNotes},
    ui::words,
};

/// The note of a row.
pub(super) fn words(row: &Row, options: &MessageOptions) -> Option<String> {
    match row.note? {
        RowNote::Time => time(row.value.trim_matches('"'), options.times),
        RowNote::Image(kind) => Some(format!("{kind} image")),
        RowNote::Absent => Some("default".to_owned()),
    }
}

fn time(text: &str, notes: TimeNotes) -> Option<String> {
    let moment = Moment::parse(text)?;
    let relative = moment.relative(&Moment::now());
    match notes {
        TimeNotes::Off => None,
        TimeNotes::Relative => Some(relative),
        TimeNotes::Local => {
            let zone = Zone::local();
            let (date, clock) = moment.shown(&zone);
            let offset = zone.offset_at(&moment);
            Some(format!("{date} {clock} {offset} · {relative}"))
        }
    }
}

/// How much of a text is left out.
pub(super) fn hidden(bytes: usize) -> String {
    format!("… {} more", words::bytes(bytes as u64))
}

/// How many there are in something.
pub(super) fn count(count: usize, row: &Row) -> String {
    let map = row.type_name.starts_with("map<");
    let word = match (map, count) {
        (true, 1) => "entry",
        (true, _) => "entries",
        (false, 1) => "item",
        (false, _) => "items",
    };
    format!("{} {word}", words::count(count))
}
