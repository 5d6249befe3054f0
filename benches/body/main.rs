//! What editing a large request body costs: time a key, a paste, an undo, and memory.
//!
//! ```text
//! cargo run --release --example body            # three bodies of 16 MiB, each in a process of its own
//! cargo run --release --example body objects 4  # one of them, in MiB
//! ```
//! Times are of the document alone: the edit and what every frame then asks of it. Memory is what the
//! process holds more than before it had the body (Linux).

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints figures and stops where something is wrong"
)]

use std::{
    fmt::Write as _,
    hint::black_box,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use prost_reflect::MessageDescriptor;
use stubless_core::{
    message::{Document, Path as BodyPath, Scope, encode},
    schema::compile,
};

const PROTO: &str = r#"syntax = "proto3";
package bench;
message Body {
  string name = 1;
  repeated Order orders = 2;
  repeated double values = 3;
}
message Order {
  int64 id = 1;
  string customer = 2;
  State state = 3;
  repeated Line lines = 4;
  Address address = 5;
  map<string, string> labels = 6;
  bool paid = 7;
}
message Line { string sku = 1; uint32 count = 2; double price = 3; }
message Address { string street = 1; string city = 2; string country = 3; }
enum State { STATE_UNKNOWN = 0; STATE_OPEN = 1; STATE_SHIPPED = 2; }
"#;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => ["objects", "numbers", "minified"]
            .into_iter()
            .for_each(|name| measure_apart(name, 16)),
        [name] => measure_apart(name, 16),
        [name, mib] => measure_apart(name, mib.parse().unwrap()),
        [name, _, file] => measure(name, Path::new(file)),
        _ => panic!("arguments: [objects|numbers|minified [MIB]]"),
    }
}

/// Measures a body in a process that did nothing else.
fn measure_apart(name: &str, mib: usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    std::fs::write(&file, body(name, mib << 20)).unwrap();
    let this = std::env::current_exe().unwrap();
    let status = Command::new(this).args([name, "of"]).arg(&file).status();
    assert!(status.unwrap().success());
}

fn body(name: &str, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    if name == "numbers" {
        text.push_str("{\"name\": \"large\", \"values\": [0");
        let mut number = 1_u64;
        while text.len() < bytes {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            write!(text, ", {}.{}", number >> 50, number >> 54 & 0xFF).unwrap();
        }
        text.push_str("]}");
        return text;
    }
    text.push_str("{\n  \"name\": \"large\",\n  \"orders\": [");
    for number in 0.. {
        let order = order(number);
        text.push_str(&if name == "minified" {
            minified(&order)
        } else {
            order
        });
        if text.len() >= bytes {
            break;
        }
        text.push(',');
    }
    text.push_str("\n  ]\n}\n");
    if name == "minified" {
        text = minified(&text);
    }
    text
}

fn minified(text: &str) -> String {
    let lines: String = text.lines().map(str::trim_start).collect();
    lines.replace("\": ", "\":")
}

/// What is typed and pasted: a digit behind `number` changes a number, `items` may stand before
/// `before`.
struct Edits {
    number: &'static str,
    items: String,
    before: &'static str,
}

impl Edits {
    fn of(name: &str) -> Self {
        let mib = |item: String| item.repeat((1 << 20) / item.len());
        match name {
            "numbers" => Self {
                number: ", ",
                items: mib("12345.5, ".to_owned()),
                before: " ",
            },
            "minified" => Self {
                number: "\"id\":",
                items: mib(minified(&order(1)) + ","),
                before: "{\"id\":",
            },
            "objects" => Self {
                number: "\"id\": ",
                items: mib(order(1) + ","),
                before: "\n    {\n      \"id\": ",
            },
            other => panic!("no body is named {other}: objects, numbers, minified"),
        }
    }
}

fn order(number: usize) -> String {
    format!(
        r#"
    {{
      "id": {number},
      "customer": "Customer {number} of “Größe & Söhne”",
      "state": "STATE_SHIPPED",
      "lines": [
        {{ "sku": "A-{number}", "count": 3, "price": 12.75 }},
        {{ "sku": "B-{number}", "count": 1, "price": 7.5 }}
      ],
      "address": {{
        "street": "1 Long Street",
        "city": "Reykjavík",
        "country": "IS"
      }},
      "labels": {{ "source": "web", "campaign": "spring" }},
      "paid": true
    }}"#
    )
}

fn message() -> MessageDescriptor {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.proto");
    std::fs::write(&file, PROTO).unwrap();
    let loaded = compile(&[file], &[folder.path().to_owned()]);
    loaded.schema.message("bench.Body").unwrap()
}

fn measure(name: &str, file: &Path) {
    let message = message();
    let Edits {
        number: needle,
        items,
        before,
    } = Edits::of(name);
    let held = resident();
    let mut document = Document::new(std::fs::read_to_string(file).unwrap());
    let size = document.text().len();
    let memory = |what: &str, now: Option<usize>| {
        if let (Some(now), Some(held)) = (now, held) {
            let more = now.saturating_sub(held);
            println!(
                "  memory, {what:<14}{:>9.2} × the text",
                more as f64 / size as f64
            );
        }
    };
    assert_eq!(document.syntax_error(), None);
    let lines = document.line_count();
    println!("\n{name}: {:.1} MiB, {lines} lines", mib_of(size));
    memory("read", resident());

    for (place, from) in [
        ("start", 0),
        ("middle", size / 2),
        ("end", size - size / 200),
    ] {
        let at = from + document.text()[from..].find(needle).unwrap() + needle.len();
        let mut keys = Vec::new();
        for _ in 0..50 {
            for key in ["7", "\"", "{", "[", "/*", "}"] {
                keys.push(key_time(&mut document, at..at, key));
                keys.push(key_time(&mut document, at..at + key.len(), ""));
            }
        }
        assert_eq!(document.syntax_error(), None);
        println!("  key at the {place:<11}{}", spread(keys));
    }
    memory("edited", resident());
    let mut encoded = 0;
    let mut check = || {
        let snapshot = document.snapshot();
        encoded = encode(&snapshot, &message, &Scope::default())
            .unwrap()
            .len();
    };
    check();
    memory("checked, peak", peak());
    println!("  encode                {}", rate(size, &times(5, check)));
    let whole = times(5, || {
        let document = Document::new(document.text());
        assert_eq!(black_box(document.syntax_error()), None);
    });
    println!("  read whole            {}", rate(size, &whole));

    let at = size / 2 + document.text()[size / 2..].find(before).unwrap();
    let (mut pastes, mut undos) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        pastes.push(key_time(&mut document, at..at, &items));
        assert_eq!(document.syntax_error(), None);
        undos.push(timed(|| {
            assert!(document.undo() && document.syntax_error().is_none());
        }));
    }
    println!(
        "  paste of {:.1} MiB      {}",
        mib_of(items.len()),
        spread(pastes)
    );
    println!("  undo of it            {}", spread(undos));

    let format = timed(|| assert!(document.format()));
    println!("  format                {:>9.2} ms", millis(format));
    let undo = timed(|| assert!(document.undo()));
    println!("  undo of it            {:>9.2} ms", millis(undo));
    println!("  encoded to {encoded} bytes");
}

/// A key as the window has it: the edit, then what a frame asks.
fn key_time(document: &mut Document, range: std::ops::Range<usize>, with: &str) -> Duration {
    timed(|| {
        let at = range.start;
        document.replace(range, with);
        black_box(document.syntax_error());
        black_box(document.root().map(|root| root.len()));
        black_box(document.path_at(at));
        black_box(document.line_column(at));
        black_box(document.node(&BodyPath::root()));
    })
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn times(count: usize, mut work: impl FnMut()) -> Vec<Duration> {
    (0..count).map(|_| timed(&mut work)).collect()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mib_of(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn rate(bytes: usize, times: &[Duration]) -> String {
    let median = median(times);
    let rate = mib_of(bytes) / median.as_secs_f64();
    format!("{:>9.2} ms {rate:>7.0} MiB/s", millis(median))
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let high = times[(times.len() * 99 / 100).min(times.len() - 1)];
    format!(
        "{:>9.2} ms median {:>7.2} p99 {:>7.2} most",
        millis(median(&times)),
        millis(high),
        millis(times[times.len() - 1])
    )
}

/// Bytes the process holds.
fn resident() -> Option<usize> {
    status("VmRSS:")
}

/// The most it held.
fn peak() -> Option<usize> {
    status("VmHWM:")
}

fn status(name: &str) -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
