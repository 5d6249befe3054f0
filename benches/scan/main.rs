//! What finding and taking out costs: filters, groups and exports of a million messages in memory.
//!
//! ```text
//! cargo run --release --example scan            # 1,000,000 messages of about 100 bytes, median of 5
//! cargo run --release --example scan 200000 3   # so many, and so many times
//! ```
//! Times are from the start of the work until all messages were looked at; of a cancel, until the handle says
//! so and until the threads have ended.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints figures and stops where something is wrong"
)]

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use stubless_core::{
    call::{
        Direction, LogBudget, LogLimits, MessageLog,
        scan::{
            Condition, Filter, GroupSpec, Grouping, LogTypes, Op, Scan, ScanState, TextSearch,
            find_text,
        },
    },
    engine::{CsvColumn, Job, JobId, MessageForm, SaveSpec, SaveWhat, save_messages},
    schema::compile,
};
use tokio_util::sync::CancellationToken;

const PROTO: &str = r#"syntax = "proto3";
package bench;
message Tick {
  uint64 number = 1;
  string symbol = 2;
  double price = 3;
  int64 volume = 4;
  Side side = 5;
  Venue venue = 6;
  repeated uint32 levels = 7;
  string note = 8;
}
message Venue { string name = 1; uint32 zone = 2; }
enum Side { SIDE_NONE = 0; SIDE_BUY = 1; SIDE_SELL = 2; }
"#;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| {
        let argument = arguments.next();
        argument.map_or(default, |argument| argument.parse().unwrap())
    };
    let (count, times) = (number(1_000_000), number(5));
    let folder = tempfile::tempdir().unwrap();
    let types = types(folder.path());
    let log = log(count);
    let bytes = log.bytes(Direction::Received) / count as u64;
    println!("{count} messages of {bytes} bytes on average, median of {times}");
    filters(&log, &types, times);
    groups(&log, &types, times);
    exports(&log, &types, times, folder.path());
    cancels(&log, &types, times);
}

fn types(folder: &Path) -> LogTypes {
    let file = folder.join("bench.proto");
    std::fs::write(&file, PROTO).unwrap();
    let schema = compile(&[file], &[]).schema;
    let message = schema.message("bench.Tick").unwrap();
    LogTypes::of_messages(&message, &message)
}

fn log(count: usize) -> MessageLog {
    let limits = LogLimits {
        memory_bytes: 4 << 30,
        ..LogLimits::default()
    };
    let log = MessageLog::watched(&LogBudget::new(limits), || {});
    for number in 0..count as u64 {
        let at = Duration::from_micros(number);
        assert!(log.append(Direction::Received, at, &[tick(number)]));
    }
    log
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

fn length(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    varint(out, number << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn tick(number: u64) -> Bytes {
    const SYMBOLS: [&str; 5] = ["AAPL", "MSFT", "GOOG", "AMZN", "NVDA"];
    let mut out = Vec::with_capacity(112);
    out.push(0x08);
    varint(&mut out, number + 1);
    let symbol = SYMBOLS[usize::try_from(number % 5).unwrap()];
    length(&mut out, 2, symbol.as_bytes());
    out.push(0x19);
    #[allow(clippy::cast_precision_loss, reason = "a price")]
    out.extend_from_slice(&(100.0 + (number % 10_000) as f64 / 64.0).to_le_bytes());
    out.push(0x20);
    varint(&mut out, number * 7 % 1_000_003);
    out.push(0x28);
    varint(&mut out, number % 3);
    let mut venue = Vec::new();
    length(
        &mut venue,
        1,
        format!("venue-{:04}", number % 1000).as_bytes(),
    );
    venue.push(0x10);
    varint(&mut venue, number % 24 + 1);
    length(&mut out, 6, &venue);
    length(&mut out, 7, &[1, 2, 3, 4, 5]);
    length(
        &mut out,
        8,
        format!("order {number:08} was filled in part").as_bytes(),
    );
    out.into()
}

/// The median of some runs.
fn median(times: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..times).map(|_| run()).collect();
    all.sort();
    all[times / 2]
}

fn line(name: &str, took: Duration, more: &str) {
    println!("{name:<44} {:>9.1} ms  {more}", took.as_secs_f64() * 1000.0);
}

fn of(condition: Condition) -> Filter {
    Filter {
        direction: None,
        condition: Some(condition),
    }
}

fn text(text: &str, match_case: bool) -> Filter {
    of(Condition::Text {
        text: text.to_owned(),
        match_case,
    })
}

fn field(path: &str, op: Op, value: &str) -> Filter {
    of(Condition::Field {
        path: path.to_owned(),
        op,
        value: value.to_owned(),
    })
}

fn cel(source: &str) -> Filter {
    of(Condition::Cel(source.to_owned()))
}

/// Starts a scan and waits for its end, told by its own wakes.
fn scanned(log: &MessageLog, types: &LogTypes, filter: &Filter) -> (Duration, usize) {
    let (sender, woken) = mpsc::sync_channel(1);
    let begun = Instant::now();
    let scan = Scan::start(log.clone(), types, filter, move || {
        // One that waits is enough.
        let _ = sender.try_send(());
    });
    let scan = scan.unwrap();
    while scan.progress().state == ScanState::Running {
        let _ = woken.recv_timeout(Duration::from_millis(100));
    }
    let took = begun.elapsed();
    let progress = scan.progress();
    assert_eq!(
        (progress.state, progress.undecided),
        (ScanState::UpToDate, 0)
    );
    (took, progress.matched)
}

fn filters(log: &MessageLog, types: &LogTypes, times: usize) {
    let filters = [
        ("text, rare", text("order 00777777 was", true)),
        ("text, rare, either case", text("ORDER 00777777 WAS", false)),
        ("text, common", text("NVDA", true)),
        ("field: number is", field("number", Op::Is, "777777")),
        (
            "field: venue.name is",
            field("venue.name", Op::Is, "venue-0777"),
        ),
        ("field: levels[4] >", field("levels[4]", Op::Greater, "5")),
        (
            "field: note contains",
            field("note", Op::Contains, "777777"),
        ),
        ("CEL: number % 1000u == 7u", cel("number % 1000u == 7u")),
        (
            "CEL: message.venue.name == … && price > …",
            cel("message.venue.name == 'venue-0777' && message.price > 110.0"),
        ),
        (
            "CEL: levels.exists(…)",
            cel("levels.exists(l, l > 5u) || symbol == 'NVDA'"),
        ),
        ("CEL: size > 1000", cel("size > 1000")),
        (
            "direction",
            Filter {
                direction: Some(Direction::Received),
                condition: None,
            },
        ),
    ];
    for (name, filter) in filters {
        let mut matched = 0;
        let took = median(times, || {
            let (took, found) = scanned(log, types, &filter);
            matched = found;
            took
        });
        line(name, took, &format!("{matched} match"));
    }
    let search = TextSearch {
        text: "order 00000001 was".to_owned(),
        match_case: true,
        from: 2,
        forward: true,
    };
    let took = median(times, || {
        let begun = Instant::now();
        let found = find_text(log, types, &search, &CancellationToken::new()).unwrap();
        assert!(found.is_some_and(|found| found.index == 1 && found.wrapped));
        begun.elapsed()
    });
    line("next match of a text, once around", took, "one thread");
}

fn groups(log: &MessageLog, types: &LogTypes, times: usize) {
    for path in ["symbol", "venue.name"] {
        let spec = GroupSpec {
            path: path.to_owned(),
            filter: Filter::default(),
        };
        let took = median(times, || {
            let (sender, woken) = mpsc::sync_channel(1);
            let begun = Instant::now();
            let groups = Grouping::start(log.clone(), types, &spec, move || {
                let _ = sender.try_send(());
            });
            let groups = groups.unwrap();
            while groups.progress().state == ScanState::Running {
                let _ = woken.recv_timeout(Duration::from_millis(100));
            }
            begun.elapsed()
        });
        line(&format!("group by {path}"), took, "one thread");
    }
}

fn exports(log: &MessageLog, types: &LogTypes, times: usize, folder: &Path) {
    let field = |path: &str| CsvColumn::Field(path.to_owned());
    let columns = [
        CsvColumn::Number,
        CsvColumn::Time,
        field("symbol"),
        field("price"),
        field("venue.name"),
    ];
    let forms = [
        ("JSON Lines", MessageForm::JsonLines { facts: false }),
        (
            "JSON Lines with facts",
            MessageForm::JsonLines { facts: true },
        ),
        ("JSON", MessageForm::Json),
        ("CSV of 5 columns", MessageForm::Csv(Arc::new(columns))),
        ("text format", MessageForm::Text),
        ("binary, length-delimited", MessageForm::Delimited),
    ];
    for (name, form) in forms {
        let path = folder.join("out");
        let spec = SaveSpec {
            what: SaveWhat::All,
            direction: None,
            form,
        };
        let mut written = 0;
        let took = median(times, || {
            let begun = Instant::now();
            let job = Job::new(JobId(1));
            let saved = save_messages(log, types, &spec, &path, &job)
                .unwrap()
                .unwrap();
            written = saved.bytes;
            begun.elapsed()
        });
        #[allow(clippy::cast_precision_loss, reason = "a rate")]
        let rate = written as f64 / 1e6 / took.as_secs_f64();
        line(
            name,
            took,
            &format!("{} MB, {rate:.0} MB/s", written / 1_000_000),
        );
    }
}

/// From the wish to stop until the handle says so, and until the threads let go of the log.
fn cancels(log: &MessageLog, types: &LogTypes, times: usize) {
    let filters = [
        ("text", text("order 00777777 was", true)),
        ("CEL", cel("levels.all(a, levels.all(b, a + b > 0u))")),
    ];
    for (name, filter) in filters {
        let mut ended = Vec::new();
        let seen = median(times.max(9), || {
            let held = Arc::new(());
            let kept = held.clone();
            let scan = Scan::start(log.clone(), types, &filter, move || {
                let _ = &kept;
            });
            let scan = scan.unwrap();
            while scan.progress().looked == 0 {
                thread::yield_now();
            }
            let begun = Instant::now();
            scan.stop();
            assert_eq!(scan.progress().state, ScanState::Stopped);
            let seen = begun.elapsed();
            drop(scan);
            while Arc::strong_count(&held) > 1 {
                thread::yield_now();
            }
            ended.push(begun.elapsed());
            seen
        });
        let worst = ended.iter().max().copied().unwrap_or_default();
        let more = format!(
            "threads ended after {:.1} ms at most",
            worst.as_secs_f64() * 1000.0
        );
        line(&format!("cancel: {name}"), seen, &more);
    }
}
