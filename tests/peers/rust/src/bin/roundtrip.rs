//! Bodies of every type of a descriptor set, and what we make of them, for others to compare.
//!
//! `roundtrip SET SEEDS SHARD SHARDS`. For every message type: minimal, full and example bodies, random
//! ones, and bodies that the form edited step by step. Standard output gets a record a body: type, what it
//! is, JSON, its wire bytes, the JSON we show of these, and the wire bytes of that; each with its length
//! in four little-endian bytes before it. A body that does not encode has the reason as its wire bytes and
//! `!` before what it is; a type that requires itself, of which there is no message, has one record, `?`.

use std::{
    error::Error,
    io::{self, BufWriter, Write},
};

use prost_reflect::MessageDescriptor;
use stubless_core::{
    message::{
        Document, FieldKind, Folds, FormRow, JsonOptions, Printer, RowKind, Scope, Style,
        WellKnown, encode, form_rows, generate, starting_body,
    },
    schema::load_descriptor_set,
};

/// What a body that was edited is edited by.
const STEPS: usize = 14;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("roundtrip SET SEEDS SHARD SHARDS");
    let path = next()?;
    let seeds: u64 = next()?.parse()?;
    let (shard, shards): (usize, usize) = (next()?.parse()?, next()?.parse()?);
    let loaded = load_descriptor_set(&path, &std::fs::read(&path)?);
    for problem in &loaded.problems {
        eprintln!("{problem:?}");
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let pool = loaded.schema.whole_pool();
    let types = pool.all_messages().filter(|it| !it.is_map_entry());
    for (_, message) in types.enumerate().filter(|(at, _)| at % shards == shard) {
        if requires_itself(&message, &mut Vec::new()) {
            write_all(
                &mut out,
                &[message.full_name(), "?", ""].map(str::as_bytes),
                &[b"", b"", b""],
            )?;
            continue;
        }
        for (what, text) in bodies(&message, seeds) {
            record(&mut out, &message, &what, &text)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Whether no message of a type ends.
fn requires_itself(message: &MessageDescriptor, above: &mut Vec<String>) -> bool {
    if above.iter().any(|name| name == message.full_name()) {
        return true;
    }
    above.push(message.full_name().to_owned());
    let mut required = message.fields().filter(|field| field.is_required());
    let found = required.any(|field| {
        field
            .kind()
            .as_message()
            .is_some_and(|it| requires_itself(it, above))
    });
    above.pop();
    found
}

fn bodies(message: &MessageDescriptor, seeds: u64) -> Vec<(String, String)> {
    let of = |style, seed| (format!("{style:?} {seed}"), generate(message, style, seed));
    let mut all = vec![("Start 0".to_owned(), starting_body(message))];
    all.extend([Style::Minimal, Style::Full].map(|style| of(style, 0)));
    all.extend((0..2).map(|seed| of(Style::Example, seed)));
    all.extend((0..seeds).map(|seed| of(Style::Random, seed)));
    all.extend((0..seeds).map(|seed| (format!("Form {seed}"), edited(message, seed))));
    all
}

fn record(
    out: &mut impl Write,
    message: &MessageDescriptor,
    what: &str,
    text: &str,
) -> Result<(), Box<dyn Error>> {
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    let wire_of = |text: &str| encode(&Document::new(text), message, &Scope::default());
    let name = message.full_name();
    let wire = match wire_of(text) {
        Ok(wire) => wire,
        Err(faults) => {
            let faults: Vec<String> = faults
                .iter()
                .map(|it| format!("{}: {}", it.path, it.message))
                .collect();
            let faults = faults.join("; ");
            let what = format!("!{what}");
            return write_all(
                out,
                &[name, &what, text].map(str::as_bytes),
                &[faults.as_bytes(), b"", b""],
            );
        }
    };
    let shown = Printer::new(message).to_json(&wire, options);
    let again =
        wire_of(&shown.text).map_err(|it| format!("{name}: {it:?}\n{}\n{text}", shown.text))?;
    write_all(
        out,
        &[name, what, text].map(str::as_bytes),
        &[&wire, shown.text.as_bytes(), &again],
    )
}

fn write_all(out: &mut impl Write, first: &[&[u8]], then: &[&[u8]]) -> Result<(), Box<dyn Error>> {
    for part in first.iter().chain(then) {
        out.write_all(&u32::try_from(part.len())?.to_le_bytes())?;
        out.write_all(part)?;
    }
    Ok(())
}

/// A body as the form leaves it after some steps at rows of its own.
fn edited(message: &MessageDescriptor, seed: u64) -> String {
    let mut document = Document::new(match seed % 3 {
        0 => starting_body(message),
        1 => generate(message, Style::Random, seed),
        _ => generate(message, Style::Full, seed),
    });
    let mut folds = Folds::default();
    let mut draw = Draw(seed ^ message.full_name().len() as u64);
    for _ in 0..STEPS {
        let rows = form_rows(&document, message, &folds);
        let Some(row) = rows.get(draw.below(rows.len())) else {
            break;
        };
        if row.open == Some(false) {
            folds.toggle(&row.path);
        }
        step(&mut document, row, &mut draw);
    }
    document.text().to_owned()
}

/// One thing that a person does at a row.
fn step(document: &mut Document, row: &FormRow, draw: &mut Draw) {
    let path = &row.path;
    let choice = draw.below(8);
    if choice == 0 && row.present.is_some() && !row.required {
        document.remove(path);
        return;
    }
    match &row.kind {
        RowKind::Value(kind) => {
            let value = match value(kind, draw) {
                Some(value) if choice > 1 => value,
                _ => row.new_value.clone(),
            };
            document.set(path, &value);
        }
        RowKind::List { len, new_item, .. } if row.present.is_none() => {
            let _ = (len, document.set(path, &format!("[{new_item}]")));
        }
        RowKind::List { len, new_item, .. } => match choice {
            1 if *len > 1 => drop(document.move_item(path, 0, len - 1)),
            2 if *len > 0 => drop(document.remove(&path.index(len - 1))),
            3 => drop(document.insert(path, 0, new_item)),
            _ => drop(document.insert(path, *len, new_item)),
        },
        RowKind::Map { key, new_value, .. } => {
            let key = key_of(key, draw);
            document.set(&path.key(key), new_value);
        }
        RowKind::Oneof { arms, chosen } => {
            let Some(arm) = arms.get(draw.below(arms.len())) else {
                return;
            };
            if let Some(before) = chosen.and_then(|at| arms.get(at)) {
                document.remove(&before.path);
            }
            document.set(&arm.path, &arm.new_value);
        }
        RowKind::Extend(choices) => {
            if let Some(choice) = choices.get(draw.below(choices.len())) {
                document.set(&choice.path, &choice.new_value);
            }
        }
        RowKind::Unknown | RowKind::Duplicate { .. } => {}
    }
}

/// A key for a map.
fn key_of(kind: &FieldKind, draw: &mut Draw) -> String {
    let key = match kind {
        FieldKind::Bool => draw.of(&["true", "false"]),
        FieldKind::Integer { unsigned: true, .. } => draw.of(&["0", "4294967295"]),
        FieldKind::Integer { .. } => draw.of(&["0", "-1", "2147483647"]),
        _ => draw.of(&["", "k", "é\"\\", "a.b"]),
    };
    key.to_owned()
}

/// A value as the form writes it; `None` for what has rows of its own.
fn value(kind: &FieldKind, draw: &mut Draw) -> Option<String> {
    let text = match kind {
        FieldKind::Bool => draw.of(&["true", "false"]),
        FieldKind::Integer { bits, unsigned } => match (bits, unsigned) {
            (32, false) => draw.of(&["0", "-2147483648", "2147483647", "-1"]),
            (32, true) => draw.of(&["0", "4294967295", "7"]),
            (_, false) => draw.of(&["0", "-9223372036854775808", "9223372036854775807"]),
            (_, true) => draw.of(&["0", "18446744073709551615", "9007199254740993"]),
        },
        FieldKind::Float => draw.of(&["0", "-0.0", "1.5", "\"NaN\"", "\"-Infinity\"", "3.4e38"]),
        FieldKind::String => draw.of(&["\"\"", "\"é😀\\u0000\\n\"", "\"plain\""]),
        FieldKind::Bytes => draw.of(&["\"\"", "\"AP/+\"", "\"AP_-\"", "\"AA==\""]),
        FieldKind::Enum(info) => {
            let value = info.values.get(draw.below(info.values.len()))?;
            return Some(match value.name.as_str() {
                "NULL_VALUE" => "null".to_owned(),
                name => format!("\"{name}\""),
            });
        }
        FieldKind::WellKnown(known) => match known {
            WellKnown::Timestamp => draw.of(&[
                "\"0001-01-01T00:00:00Z\"",
                "\"2024-02-29T23:59:59.000000001+05:30\"",
            ]),
            WellKnown::Duration => draw.of(&["\"-0.000000001s\"", "\"315576000000s\""]),
            WellKnown::FieldMask => draw.of(&["\"\"", "\"a.fooBar,b\""]),
            WellKnown::Struct => draw.of(&["{}", "{\"\": [null, {\"a\": -0.0}]}"]),
            WellKnown::Value => draw.of(&["null", "[1, \"x\", {}]", "1e300", "\"\""]),
            WellKnown::ListValue => draw.of(&["[]", "[null, [], true]"]),
            WellKnown::Any | WellKnown::Empty => "{}",
        },
        FieldKind::Message => return None,
    };
    Some(text.to_owned())
}

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * count as u128) >> 64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}
