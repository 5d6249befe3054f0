//! What showing one large message costs: time to the first screen, a stretch of rows anywhere, a search,
//! and memory, beside prost-reflect's way to JSON.
//!
//! ```text
//! cargo run --release --example message        # 100 MB in a million items, each measure in a process
//! cargo run --release --example message rows 10   # one measure, in MB
//! ```
//! Memory is what the process holds at most beyond the message itself (Linux).

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints figures and stops where something is wrong"
)]

use std::{
    hint::black_box,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64},
    time::{Duration, Instant},
};

use bytes::Bytes;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use stubless_core::{
    message::{
        Printer,
        lazy::{Drawing, MessageRows, Query, RowLayout},
    },
    schema::compile,
};

const PROTO: &str = r#"syntax = "proto3";
package bench;
message Orders { repeated Order orders = 1; string next_page = 2; }
message Order {
  int64 id = 1;
  string customer = 2;
  State state = 3;
  double total = 4;
  repeated string tags = 5;
  Place place = 6;
  bool paid = 7;
}
message Place { string street = 1; string city = 2; sint32 floor = 3; }
enum State { STATE_UNKNOWN = 0; STATE_OPEN = 1; STATE_SHIPPED = 2; }
"#;

/// Rows of a screen, and how many screens are looked at.
const SCREEN: u64 = 60;
const SCREENS: u64 = 2000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let megabytes = |text: &str| text.parse::<usize>().unwrap() * 1_000_000;
    match arguments.as_slice() {
        [] => {
            for measure in ["rows", "all", "reflect"] {
                let this = std::env::current_exe().unwrap();
                let status = Command::new(this).args([measure, "100"]).status();
                assert!(status.unwrap().success());
            }
        }
        ["rows", size] => rows(&orders(megabytes(size)), false),
        ["all", size] => rows(&orders(megabytes(size)), true),
        ["reflect", size] => reflect(&orders(megabytes(size))),
        _ => panic!("arguments: [rows|all|reflect MEGABYTES]"),
    }
}

fn descriptor() -> MessageDescriptor {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.proto");
    std::fs::write(&file, PROTO).unwrap();
    let root: &Path = folder.path();
    let loaded = compile(&[file], &[root.to_owned()]);
    loaded.schema.message("bench.Orders").unwrap()
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn text(bytes: &mut Vec<u8>, number: u8, text: &[u8]) {
    bytes.push(number << 3 | 2);
    varint(bytes, text.len() as u64);
    bytes.extend_from_slice(text);
}

/// Orders of about a hundred bytes each.
fn orders(size: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(size + 256);
    let mut id = 0_u64;
    while bytes.len() < size {
        id += 1;
        let mut order = vec![1 << 3];
        varint(&mut order, id);
        text(&mut order, 2, format!("Customer number {id}").as_bytes());
        order.extend([3 << 3, (id % 3) as u8, 4 << 3 | 1]);
        order.extend((id as f64 / 4.0).to_le_bytes());
        text(&mut order, 5, b"express");
        let mut place = Vec::new();
        text(&mut place, 1, format!("{id} Long Road").as_bytes());
        text(&mut place, 2, b"Springfield");
        place.extend([3 << 3, 5]);
        text(&mut order, 6, &place);
        order.extend([7 << 3, 1]);
        text(&mut bytes, 1, &order);
    }
    println!("\n{id} items, {} bytes", bytes.len());
    bytes.into()
}

fn rows(wire: &Bytes, all: bool) {
    let printer = Printer::new(&descriptor());
    // The plans are made once a schema.
    printer
        .lazy(Bytes::from_static(&[1 << 3 | 2, 0]))
        .rows(RowLayout::default())
        .run();
    let memory = Memory::begin();

    let begun = Instant::now();
    let mut rows = printer.lazy(wire.clone()).rows(RowLayout::default()).run();
    black_box(rows.rows(0..SCREEN));
    said("first screen", begun.elapsed());
    if all {
        let begun = Instant::now();
        rows = rows.set_open(&[], true, true).unwrap().run();
        said("all of it opened", begun.elapsed());
    }
    println!("{:<40} {:>10}", "rows", rows.len());
    screens("a screen of rows", &mut rows);
    let begun = Instant::now();
    let path = rows.path_of(rows.len() / 2).unwrap();
    let way = path.get(..2).unwrap().to_vec();
    assert!(rows.set_open(&way, !all, false).is_none());
    said("opened or closed one in the middle", begun.elapsed());
    for (what, text) in [
        ("search for digits", "999999"),
        ("search for a word", "customer number 99999"),
        ("search for what is nowhere", "zzz"),
    ] {
        let query = Query {
            text: text.to_owned(),
            match_case: false,
        };
        let begun = Instant::now();
        let found = rows.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
        said(&format!("{what}: {} hits", found.len()), begun.elapsed());
    }
    memory.tell(wire.len());
    let begun = Instant::now();
    let tree = rows.laid_out(RowLayout {
        drawing: Drawing::Tree,
        ..RowLayout::default()
    });
    let mut tree = tree.run();
    said("the same as a tree", begun.elapsed());
    screens("a screen of the tree", &mut tree);
}

fn screens(what: &str, rows: &mut MessageRows) {
    let step = rows.len() / SCREENS;
    let mut times: Vec<Duration> = (0..SCREENS)
        .map(|n| {
            let begun = Instant::now();
            let range = n * step..n * step + SCREEN;
            rows.prepare(range.clone());
            black_box(rows.rows(range));
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    said(&format!("{what}, median"), times[times.len() / 2]);
    said(
        &format!("{what}, 99th percentile"),
        times[times.len() * 99 / 100],
    );
}

fn reflect(wire: &Bytes) {
    let descriptor = descriptor();
    let memory = Memory::begin();
    let begun = Instant::now();
    let message = DynamicMessage::decode(descriptor, wire.clone()).unwrap();
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::pretty(&mut text);
    let options = prost_reflect::SerializeOptions::new();
    message
        .serialize_with_options(&mut serializer, &options)
        .unwrap();
    black_box(&text);
    said("prost-reflect to pretty JSON", begun.elapsed());
    memory.tell(wire.len());
}

fn said(what: &str, time: Duration) {
    println!("{what:<40} {:>10.2} ms", time.as_secs_f64() * 1000.0);
}

/// What the process held before.
struct Memory(usize);

impl Memory {
    fn begin() -> Self {
        // Forgets the peak so far; where the system does not let us, making the message counts, too.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self(status("VmRSS:"))
    }

    fn tell(&self, message: usize) {
        let more = status("VmHWM:").saturating_sub(self.0);
        let part = more as f64 * 100.0 / message as f64;
        println!(
            "{:<40} {:>10.1} MB, {part:.1} % of the message",
            "memory beyond it, at most",
            more as f64 / 1e6
        );
    }
}

fn status(name: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.unwrap_or(0) * 1024
}
