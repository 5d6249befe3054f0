//! Wire bytes to JSON beside prost-reflect: its `DynamicMessage::decode` and serializer on the same bytes in the
//! same run.
//!
//! ```text
//! cargo run --release --example json          # every message
//! cargo run --release --example json nested   # one of them
//! ```
//! A round times both, one after the other, for a few milliseconds each; the ratio is taken in the round, and
//! printed is the median of all rounds with the least and the greatest. Both texts are compared as JSON first.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints figures and stops where something is wrong"
)]

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use prost_reflect::{DynamicMessage, MessageDescriptor};
use stubless_core::{
    message::{Document, JsonOptions, Printer, Scope, encode},
    schema::{Schema, compile},
};

/// How often both are timed.
const ROUNDS: usize = 41;
/// How long one of them runs in a round.
const ROUND: Duration = Duration::from_millis(8);

const PROTO: &str = r#"syntax = "proto3";
package bench;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/any.proto";
message Tick {
  int64 sequence = 1;
  string symbol = 2;
  double bid = 3;
  double ask = 4;
  uint32 volume = 5;
  bool final = 6;
  State state = 7;
  bytes digest = 8;
  string venue = 9;
  sint32 change = 10;
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
message Event {
  google.protobuf.Timestamp at = 1;
  google.protobuf.Duration took = 2;
  google.protobuf.StringValue note = 3;
  google.protobuf.Int64Value size = 4;
  google.protobuf.Struct extra = 5;
  google.protobuf.Any detail = 6;
}
message Orders { repeated Order orders = 1; }
message Lines { repeated Line lines = 1; }
message Samples { repeated double values = 1; repeated int32 counts = 2; }
"#;

struct Case {
    name: &'static str,
    message: MessageDescriptor,
    wire: Vec<u8>,
    /// What issue 6 asks for, if it does.
    goal: Option<f64>,
}

fn main() {
    let schema = schema();
    let wanted = std::env::args().nth(1);
    println!(
        "{:<14}{:>10}{:>12}{:>14}{:>8}{:>16}{:>7}",
        "message", "bytes", "ours, µs", "reflect, µs", "ratio", "least–greatest", "goal"
    );
    for case in cases(&schema) {
        if wanted.as_deref().is_none_or(|wanted| wanted == case.name) {
            measure(&case, &schema);
        }
    }
}

fn schema() -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("json.proto");
    std::fs::write(&file, PROTO).unwrap();
    let loaded = compile(&[file], &[folder.path().to_owned()]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    loaded.schema
}

fn cases(schema: &Schema) -> Vec<Case> {
    let case = |name, message: &str, json: &str, goal| {
        let message = schema.message(&format!("bench.{message}")).unwrap();
        let wire = encode(&Document::new(json), &message, &Scope::default()).unwrap();
        Case {
            name,
            message,
            wire: wire.to_vec(),
            goal,
        }
    };
    let list = |field: &str, item: fn(usize) -> String, bytes: usize| {
        let mut text = format!("{{\"{field}\": [");
        let mut number = 0;
        while text.len() < bytes {
            let comma = if number > 0 { "," } else { "" };
            write!(text, "{comma}{}", item(number)).unwrap();
            number += 1;
        }
        text + "]}"
    };
    let mut numbers = String::from("{\"values\": [0");
    (1..60_000).for_each(|n| write!(numbers, ", {}.{}", n * 7919, n % 97).unwrap());
    numbers.push_str("], \"counts\": [0");
    (1..120_000).for_each(|n| write!(numbers, ", {}", n * 37).unwrap());
    numbers.push_str("]}");
    vec![
        case("flat", "Tick", TICK, Some(4.0)),
        case("nested", "Order", &order(41), Some(4.0)),
        case("known", "Event", EVENT, Some(4.0)),
        case(
            "orders",
            "Orders",
            &list("orders", order, 1 << 21),
            Some(8.0),
        ),
        case("lines", "Lines", &list("lines", line, 1_900_000), Some(8.0)),
        case("numbers", "Samples", &numbers, None),
    ]
}

const TICK: &str = r#"{"sequence": "9007199254740993", "symbol": "ATLAS/EUR", "bid": 1204.75, "ask": 1205.125,
  "volume": 48210, "final": true, "state": "STATE_OPEN", "digest": "3q2+796tvu/erb7v3q2+7w==",
  "venue": "Reykjavík main exchange", "change": -125}"#;

const EVENT: &str = r#"{"at": "2026-11-28T09:41:07.123456Z", "took": "3.250s", "note": "second attempt", "size": "1048576",
  "extra": {"source": "web", "tries": 2, "tags": ["a", "b"], "ok": true},
  "detail": {"@type": "type.googleapis.com/bench.Address", "street": "1 Long Street", "city": "Reykjavík", "country": "IS"}}"#;

fn line(number: usize) -> String {
    let price = (number % 900) as f64 + 0.25;
    format!(
        r#"{{"sku": "A-{number}", "count": {}, "price": {price}}}"#,
        number % 12 + 1
    )
}

fn order(number: usize) -> String {
    format!(
        r#"{{"id": {number}, "customer": "Customer {number} of “Größe & Söhne”", "state": "STATE_SHIPPED",
        "lines": [{}, {}], "address": {{"street": "1 Long Street", "city": "Reykjavík", "country": "IS"}},
        "labels": {{"source": "web", "campaign": "spring"}}, "paid": true}}"#,
        line(number),
        line(number + 1)
    )
}

fn ours(printer: &Printer, wire: &[u8]) -> String {
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    printer.to_json(wire, options).text
}

fn theirs(message: &MessageDescriptor, wire: &[u8]) -> Vec<u8> {
    let decoded = DynamicMessage::decode(message.clone(), wire).unwrap();
    serde_json::to_vec(&decoded).unwrap()
}

fn measure(case: &Case, schema: &Schema) {
    let printer = Printer::within(&case.message, schema);
    let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
    assert_eq!(
        json(ours(&printer, &case.wire).as_bytes()),
        json(&theirs(&case.message, &case.wire)),
        "{}",
        case.name
    );
    let mut rounds: Vec<(f64, f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let own = micros_of(|| drop(black_box(ours(&printer, black_box(&case.wire)))));
            let other = micros_of(|| drop(black_box(theirs(&case.message, black_box(&case.wire)))));
            (other / own, own, other)
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, own, other) = rounds[ROUNDS / 2];
    let spread = format!("{:.1}–{:.1}", rounds[0].0, rounds[ROUNDS - 1].0);
    let goal = case
        .goal
        .map_or_else(String::new, |goal| format!("{goal} ×"));
    println!(
        "{:<14}{:>10}{own:>12.2}{other:>14.2}{ratio:>6.1} ×{spread:>16}{goal:>7}",
        case.name,
        case.wire.len()
    );
}

/// Microseconds that one run takes.
fn micros_of(mut run: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut count = 0_u32;
    loop {
        run();
        count += 1;
        let took = begin.elapsed();
        if took >= ROUND && count >= 2 {
            return took.as_secs_f64() * 1e6 / f64::from(count);
        }
    }
}
