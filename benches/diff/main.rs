//! What comparing costs: two messages of 10 MB and two streams of a million messages, time and memory.
//!
//! ```text
//! cargo run --release --example diff              # every case in a process of its own
//! cargo run --release --example diff items-key    # one of them
//! ```
//! Time is of the comparison alone, with all rows; memory is what the process holds at most beyond the
//! inputs (Linux).

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints figures and stops where something is wrong"
)]

use std::{
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value, prost::Message as _};
use stubless_core::{
    call::{DiffProgress, Direction, MessageLog, StreamSide, diff_streams},
    message::{DiffRules, Differ, KeyPath, Printer},
    schema::compile,
    workspace::CompareSettings,
};

const PROTO: &str = r#"syntax = "proto3";
package bench;
message Page { repeated Item items = 1; repeated sint64 numbers = 2; }
message Item { int64 id = 1; string name = 2; int64 seen_at = 3; bytes payload = 4; }
"#;

/// Messages of a stream, and items of the messages.
const MESSAGES: u64 = 1_000_000;
const ITEMS: u64 = 100_000;

const CASES: [&str; 10] = [
    "equal",
    "items-aligned",
    "items-key",
    "items-position",
    "items-all-changed",
    "numbers-aligned",
    "stream-equal",
    "stream-position",
    "stream-key",
    "stream-key-all-changed",
];

fn main() {
    match std::env::args().nth(1).as_deref() {
        None => {
            let this = std::env::current_exe().unwrap();
            for case in CASES {
                assert!(Command::new(&this).arg(case).status().unwrap().success());
            }
        }
        Some(case) => measure(case),
    }
}

fn measure(case: &str) {
    let pool = pool();
    if case.starts_with("stream") {
        streams(case, &pool.get_message_by_name("bench.Item").unwrap());
    } else {
        messages(case, &pool.get_message_by_name("bench.Page").unwrap());
    }
}

fn pool() -> prost_reflect::DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.proto");
    std::fs::write(&file, PROTO).unwrap();
    let compiled = compile(&[file], &[folder.path().to_owned()]);
    compiled.schema.whole_pool().clone()
}

fn item(of: &MessageDescriptor, id: u64, seen: u64) -> DynamicMessage {
    let mut item = DynamicMessage::new(of.clone());
    let id = i64::try_from(id).unwrap();
    item.set_field_by_name("id", Value::I64(id));
    item.set_field_by_name("name", Value::String(format!("item number {id}")));
    item.set_field_by_name("seen_at", Value::I64(i64::try_from(seen).unwrap()));
    let payload = vec![id.to_le_bytes()[0]; 70];
    item.set_field_by_name("payload", Value::Bytes(payload.into()));
    item
}

/// A message of about 10 MB.
fn page(of: &MessageDescriptor, ids: impl Iterator<Item = u64>, seen: fn(u64) -> u64) -> Vec<u8> {
    let items = of.get_field_by_name("items").unwrap();
    let prost_reflect::Kind::Message(inner) = items.kind() else {
        panic!("items are messages")
    };
    let list = ids.map(|id| Value::Message(item(&inner, id, seen(id))));
    let mut page = DynamicMessage::new(of.clone());
    page.set_field(&items, Value::List(list.collect()));
    page.encode_to_vec()
}

fn numbers(of: &MessageDescriptor, skip: i64) -> Vec<u8> {
    let mut page = DynamicMessage::new(of.clone());
    let list = (0..3_000_000_i64).filter(|it| *it != skip);
    let list = list.map(|it| Value::I64(it * 7));
    page.set_field_by_name("numbers", Value::List(list.collect()));
    page.encode_to_vec()
}

fn rules(keys: &[(&str, &str)]) -> DiffRules {
    let keys = keys
        .iter()
        .map(|&(path, key)| (path.to_owned(), key.to_owned()));
    let settings = CompareSettings {
        keys: keys.collect(),
        ..CompareSettings::default()
    };
    DiffRules::of(&settings).0
}

fn messages(case: &str, of: &MessageDescriptor) {
    let all = || 0..ITEMS;
    let changed = |id| u64::from(id % 100 == 0);
    let (left, right, keys): (_, _, &[(&str, &str)]) = match case {
        "equal" => (page(of, all(), |_| 0), page(of, all(), |_| 0), &[]),
        "items-aligned" => (
            page(of, all(), |_| 0),
            page(of, all().filter(|id| id % 1000 != 7), changed),
            &[],
        ),
        "items-key" => (
            page(of, all(), |_| 0),
            page(of, all().rev(), changed),
            &[("items", "id")],
        ),
        "items-position" => (
            page(of, all(), |_| 0),
            page(of, all(), changed),
            &[("items", "@position")],
        ),
        "items-all-changed" => (page(of, all(), |_| 0), page(of, all(), |_| 1), &[]),
        "numbers-aligned" => (numbers(of, -1), numbers(of, 1_500_000), &[]),
        other => panic!("no case {other}"),
    };
    let printer = Printer::new(of);
    let differ = Differ::new(printer.clone(), printer, rules(keys));
    let mib = (left.len() + right.len()) as f64 / 1e6;
    let memory = resident();
    let began = Instant::now();
    let diff = differ.diff(&left, &right);
    let took = began.elapsed();
    println!(
        "{case:24} {mib:6.1} MB  {:>9} differences  {:>7} rows  {}  at most {} MiB more",
        diff.differences,
        diff.len(),
        shown(took),
        peak().saturating_sub(memory) >> 20,
    );
}

fn streams(case: &str, of: &MessageDescriptor) {
    let log = |seen: fn(u64) -> u64, turned: bool| {
        let log = MessageLog::with_budget(1 << 30);
        let ids: Box<dyn Iterator<Item = u64>> = match turned {
            true => Box::new((0..MESSAGES).rev()),
            false => Box::new(0..MESSAGES),
        };
        let mut batch: Vec<Bytes> = Vec::new();
        for id in ids {
            batch.push(item(of, id, seen(id)).encode_to_vec().into());
            if batch.len() == 1000 {
                assert!(log.append(Direction::Received, Duration::ZERO, &batch));
                batch.clear();
            }
        }
        log
    };
    let (right, turned, key): (fn(u64) -> u64, _, _) = match case {
        "stream-equal" => (|_| 0, false, None),
        "stream-position" => (|id| u64::from(id % 100 == 0), false, None),
        "stream-key" => (|id| u64::from(id % 100 == 0), true, Some("id")),
        "stream-key-all-changed" => (|_| 1, true, Some("id")),
        other => panic!("no case {other}"),
    };
    let printer = Printer::new(of);
    let side = |log| StreamSide {
        log,
        printer: printer.clone(),
    };
    let (left, right) = (side(log(|_| 0, false)), side(log(right, turned)));
    let differ = Differ::new(printer.clone(), printer.clone(), DiffRules::default());
    let key = key.map(KeyPath::parse);
    let progress = DiffProgress::default();
    let memory = resident();
    let began = Instant::now();
    let diff = diff_streams(&left, &right, key.as_ref(), (&differ, 0), &progress).unwrap();
    let took = began.elapsed();
    println!(
        "{case:24} {MESSAGES} messages each  {:>9} changed  {}  at most {} MiB more",
        diff.changed,
        shown(took),
        peak().saturating_sub(memory) >> 20,
    );
}

fn shown(took: Duration) -> String {
    format!("{:8.1} ms", took.as_secs_f64() * 1e3)
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// What is held now; the most that was held begins anew.
fn resident() -> u64 {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status("VmRSS:")
}

/// The most the process held since.
fn peak() -> u64 {
    status("VmHWM:")
}
