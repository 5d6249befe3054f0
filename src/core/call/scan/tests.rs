//! Filters against a naive reading of every message, live logs, cancelling, groups.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use proptest::prelude::*;
use prost_reflect::{DynamicMessage, MessageDescriptor, prost::Message as _};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    call::{Direction, MessageLog},
    message::compile_for_tests,
};

const PROTO: &str = r#"syntax = "proto3";
package tick;
import "google/protobuf/timestamp.proto";
message Ask { string symbol = 1; uint32 every = 2; }
message Tick {
  uint64 number = 1;
  string symbol = 2;
  double price = 3;
  Side side = 4;
  google.protobuf.Timestamp at_time = 5;
  repeated string tags = 6;
  Venue venue = 7;
  optional bool last = 8;
}
message Venue { string name = 1; }
enum Side { SIDE_NONE = 0; SIDE_BUY = 1; SIDE_SELL = 2; }
"#;

fn message(name: &str) -> MessageDescriptor {
    static POOL: std::sync::LazyLock<prost_reflect::DescriptorPool> =
        std::sync::LazyLock::new(|| compile_for_tests(PROTO));
    POOL.get_message_by_name(name).unwrap()
}

fn types() -> LogTypes {
    LogTypes::of_messages(&message("tick.Ask"), &message("tick.Tick"))
}

fn encoded(name: &str, json: &str) -> Bytes {
    let mut reader = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(message(name), &mut reader).unwrap();
    message.encode_to_vec().into()
}

fn tick(number: usize) -> Bytes {
    let side = ["SIDE_NONE", "SIDE_BUY", "SIDE_SELL"][number % 3];
    let symbol = ["AAPL", "MSFT", "Öl", "AAPL"][number % 4];
    encoded(
        "tick.Tick",
        &format!(
            r#"{{"number": "{number}", "symbol": "{symbol}", "price": {}, "side": "{side}",
                "tags": ["t{}", "x"], "venue": {{"name": "v{}"}}}}"#,
            number as f64 / 2.0,
            number % 7,
            number % 5,
        ),
    )
}

/// One question, then so many ticks, a millisecond apart.
fn log(ticks: usize) -> MessageLog {
    let log = MessageLog::default();
    let ask = encoded("tick.Ask", r#"{"symbol": "AAPL"}"#);
    assert!(log.append(Direction::Sent, Duration::ZERO, &[ask]));
    append(&log, 0..ticks);
    log
}

fn append(log: &MessageLog, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let at = Duration::from_millis(number as u64 + 1);
        assert!(log.append(Direction::Received, at, &[tick(number)]));
    }
}

fn start(log: &MessageLog, filter: &Filter) -> Scan {
    Scan::start(log.clone(), &types(), filter, || {}).unwrap()
}

/// Waits, by looking, until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        thread::yield_now();
    }
}

fn finish(scan: &Scan) -> Progress {
    until("the scan is done", || {
        scan.progress().state != ScanState::Running
    });
    scan.progress()
}

fn found(log: &MessageLog, filter: &Filter) -> Vec<usize> {
    let scan = start(log, filter);
    assert_eq!(finish(&scan).state, ScanState::UpToDate);
    scan.rows(0..usize::MAX)
}

fn text(text: &str, match_case: bool) -> Filter {
    Filter {
        direction: None,
        condition: Some(Condition::Text {
            text: text.to_owned(),
            match_case,
        }),
    }
}

fn field(path: &str, op: Op, value: &str) -> Filter {
    Filter {
        direction: None,
        condition: Some(Condition::Field {
            path: path.to_owned(),
            op,
            value: value.to_owned(),
        }),
    }
}

fn cel(source: &str) -> Filter {
    Filter {
        direction: None,
        condition: Some(Condition::Cel(source.to_owned())),
    }
}

#[test]
fn a_filter_finds_what_it_says() {
    let log = log(12);
    let cases = [
        (Filter::default(), (0..13).collect::<Vec<_>>()),
        (
            Filter {
                direction: Some(Direction::Sent),
                condition: None,
            },
            vec![0],
        ),
        (
            Filter {
                direction: Some(Direction::Received),
                condition: None,
            },
            (1..13).collect(),
        ),
        (text("", true), (0..13).collect()),
        (
            text("\"symbol\":\"AAPL\"", true),
            vec![0, 1, 4, 5, 8, 9, 12],
        ),
        (text("aapl", true), vec![]),
        (text("aapl", false), vec![0, 1, 4, 5, 8, 9, 12]),
        (text("öL", false), vec![3, 7, 11]),
        (text("SIDE_SELL", true), vec![3, 6, 9, 12]),
        (field("symbol", Op::Is, "AAPL"), vec![0, 1, 4, 5, 8, 9, 12]),
        (field("symbol", Op::IsNot, "AAPL"), vec![2, 3, 6, 7, 10, 11]),
        (field("symbol", Op::Contains, "SF"), vec![2, 6, 10]),
        (field("number", Op::Is, "7"), vec![8]),
        (field("number", Op::Less, "2"), vec![1, 2]),
        (field("number", Op::AtMost, "2"), vec![1, 2, 3]),
        (field("number", Op::Greater, "10"), vec![12]),
        (field("number", Op::AtLeast, "10"), vec![11, 12]),
        (field("number", Op::Contains, "1"), vec![2, 11, 12]),
        (field("number", Op::Less, "-1"), vec![]),
        (field("side", Op::Is, "SIDE_BUY"), vec![2, 5, 8, 11]),
        (
            field("side", Op::AtLeast, "1"),
            vec![2, 3, 5, 6, 8, 9, 11, 12],
        ),
        (field("side", Op::IsSet, ""), vec![2, 3, 5, 6, 8, 9, 11, 12]),
        (field("side", Op::IsNotSet, ""), vec![1, 4, 7, 10]),
        (field("last", Op::IsNotSet, ""), (1..13).collect()),
        (field("tags", Op::Is, "t3"), vec![4, 11]),
        (field("tags[*]", Op::IsNot, "x"), vec![]),
        (field("tags[1]", Op::Is, "x"), (1..13).collect()),
        (field("venue.name", Op::Is, "v4"), vec![5, 10]),
        (field("every", Op::IsNotSet, ""), vec![0]),
        (cel("number == 7u"), vec![8]),
        (cel("message.price > 5.0 && symbol == 'AAPL'"), vec![12]),
        (cel("message.venue.name == 'v4'"), vec![5, 10]),
        (cel("tags.exists(t, t == 't3')"), vec![4, 11]),
        (cel("direction == 'sent'"), vec![0]),
        (cel("index >= 11"), vec![11, 12]),
        (cel("at > duration('10ms')"), vec![11, 12]),
        (cel("size < 10"), vec![0]),
        (cel("every == 0u"), vec![0]),
        (cel("has(message.last)"), vec![]),
        (cel("message == message && size < 10"), vec![0]),
        (
            cel("[1].exists(message, message == 1) && index < 2"),
            vec![0, 1],
        ),
    ];
    for (filter, want) in cases {
        assert_eq!(found(&log, &filter), want, "{filter:?}");
    }
    // A direction and a condition both have to hold.
    let both = Filter {
        direction: Some(Direction::Received),
        ..field("symbol", Op::Is, "AAPL")
    };
    assert_eq!(found(&log, &both), [1, 4, 5, 8, 9, 12]);
}

#[test]
fn a_filter_that_cannot_be_used_says_which_part_and_where() {
    let cases = [
        (
            field("symbl", Op::Is, "x"),
            FilterPart::Path,
            0..5,
            "not a field of `tick.Tick`",
            "`symbol`",
        ),
        (
            field("number", Op::Is, "x"),
            FilterPart::Value,
            0..1,
            "not an integer",
            "digits",
        ),
        (
            field("side", Op::Is, "SIDE_BY"),
            FilterPart::Value,
            0..7,
            "not a value of",
            "`SIDE_BUY`",
        ),
        (cel("number =="), FilterPart::Expression, 9..9, "", ""),
        (
            cel("nuber > 1u"),
            FilterPart::Expression,
            0..5,
            "`nuber` is not a field",
            "`number`",
        ),
        (
            cel("message.venue.nam == ''"),
            FilterPart::Expression,
            14..17,
            "not a field of `tick.Venue`",
            "`name`",
        ),
        (
            cel("atTime == at"),
            FilterPart::Expression,
            0..6,
            "not a field",
            "`at_time`",
        ),
        (
            cel("number + 1u"),
            FilterPart::Expression,
            0..11,
            "not a bool",
            "Compare",
        ),
        (
            cel(" "),
            FilterPart::Expression,
            0..1,
            "there is no expression",
            "size",
        ),
    ];
    for (filter, part, range, message, hint) in cases {
        let error = Scan::start(MessageLog::default(), &types(), &filter, || {}).unwrap_err();
        assert_eq!(error.part, part, "{error:?}");
        if !message.is_empty() {
            assert_eq!(error.range, range, "{error:?}");
        }
        assert!(error.message.contains(message), "{error:?}");
        assert!(error.hint.contains(hint), "{error:?}");
    }
    // Of one direction alone the type of that one must have the field.
    let sent = Filter {
        direction: Some(Direction::Sent),
        ..field("price", Op::IsSet, "")
    };
    let error = Scan::start(MessageLog::default(), &types(), &sent, || {}).unwrap_err();
    assert!(error.message.contains("tick.Ask"), "{error:?}");
}

#[test]
fn what_cannot_be_decided_is_counted_with_its_reason() {
    let log = log(3);
    let broken = Bytes::from_static(b"\x12\xff\x01a");
    assert!(log.append(Direction::Received, Duration::ZERO, &[broken]));
    let scan = start(&log, &cel("10u / number > 0u"));
    let progress = finish(&scan);
    // 10 / 0, and bytes that do not decode.
    assert_eq!(
        (progress.matched, progress.undecided),
        (2, 2),
        "{progress:?}"
    );
    assert!(!progress.undecided_reason.is_empty());

    let many = format!("[{}]", vec!["1"; 200].join(","));
    let loops = format!("{many}.all(a, {many}.all(b, {many}.all(c, a + b + c > 0)))");
    let scan = start(&log, &cel(&loops));
    let progress = finish(&scan);
    assert_eq!((progress.matched, progress.undecided), (0, 5));
    assert!(
        progress.undecided_reason.contains("costs more"),
        "{progress:?}"
    );
}

#[test]
fn a_message_that_does_not_decode_is_still_looked_through() {
    let log = MessageLog::default();
    let cut = encoded("tick.Tick", r#"{"number": "5", "symbol": "LONG NAME"}"#);
    let cut = cut.slice(..cut.len() - 3);
    assert!(log.append(Direction::Received, Duration::ZERO, &[cut]));
    assert_eq!(found(&log, &text("LONG", true)), [0]);
    assert_eq!(found(&log, &field("number", Op::Is, "5")), [0]);
}

#[test]
fn rows_are_found_by_message_and_messages_by_row() {
    let log = log(60_000);
    let scan = start(&log, &field("side", Op::Is, "SIDE_BUY"));
    assert_eq!(scan.position_at_or_after(usize::MAX), None);
    finish(&scan);
    assert_eq!(scan.len(), 20_000);
    for row in [0, 1, 16_383, 16_384, 16_385, 19_999] {
        let index = scan.get(row).unwrap();
        // The first message was sent, and every third is bought.
        assert_eq!(index, 3 * row + 2, "{row}");
        assert_eq!(scan.row_of(index), Some(row));
        assert_eq!(scan.row_of(index + 1), None);
        assert_eq!(scan.position_at_or_after(index), Some(row));
        assert_eq!(scan.position_at_or_after(index - 1), Some(row));
    }
    assert_eq!(scan.get(20_000), None);
    assert_eq!(scan.position_at_or_after(60_001), None);
    assert_eq!(scan.rows(19_998..30_000).len(), 2);
}

#[test]
fn a_scan_goes_on_while_the_log_grows() {
    let log = log(10);
    let woken = Arc::new(AtomicUsize::new(0));
    let counter = woken.clone();
    let wake = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let filter = field("number", Op::AtLeast, "5");
    let scan = Scan::start(log.clone(), &types(), &filter, wake).unwrap();
    assert_eq!(finish(&scan).matched, 5);
    let writer = thread::spawn(move || append(&log, 10..20_010));
    let mut rows = 0;
    until("all are found", || scan.progress().matched == 20_005);
    while let Some(index) = scan.get(rows) {
        assert_eq!(index, rows + 6);
        rows += 1;
    }
    assert_eq!(rows, 20_005);
    writer.join().unwrap();
    let progress = finish(&scan);
    assert_eq!((progress.looked, progress.of), (20_011, 20_011));
    assert!(woken.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_scan_ends_when_it_is_stopped_or_let_go_of() {
    let log = log(30_000);
    let slow = cel("tags.all(a, tags.all(b, a != 'y' && b != 'y')) && price > 0.0");
    let scan = start(&log, &slow);
    scan.stop();
    append(&log, 30_000..30_010);
    // While another scan, begun later, looks through all of it, this one stays where it was.
    let other = start(&log, &slow);
    assert_eq!(finish(&other).looked, 30_011);
    assert_eq!(scan.progress().state, ScanState::Stopped);
    let looked = scan.progress().looked;
    assert!(looked < 30_000, "{looked}: it did not go on");

    let woken = Arc::new(());
    let held = woken.clone();
    let scan = Scan::start(log, &types(), &slow, move || {
        let _ = &held;
    });
    let (first, stopper) = (scan.unwrap(), ());
    let second = first.clone();
    drop(first);
    assert_ne!(
        second.progress().state,
        ScanState::Stopped,
        "a clone is left: {stopper:?}"
    );
    drop(second);
    // The worker lets go of all it holds.
    until("the worker ends", || Arc::strong_count(&woken) == 1);
}

#[test]
fn a_text_is_found_forward_and_back_and_around_the_end() {
    let log = log(5000);
    let search = |from, forward| TextSearch {
        text: "\"T3\"".to_owned(),
        match_case: false,
        from,
        forward,
    };
    let stop = CancellationToken::new();
    let find = |from, forward| {
        let found = find_text(&log, &types(), &search(from, forward), &stop).unwrap();
        found.map(|found| (found.index, found.wrapped))
    };
    // Ticks 3, 10, 17, …: messages 4, 11, …, 4995.
    assert_eq!(find(0, true), Some((4, false)));
    assert_eq!(find(4, true), Some((4, false)));
    assert_eq!(find(5, true), Some((11, false)));
    assert_eq!(find(3, false), Some((4995, true)));
    assert_eq!(find(4, false), Some((4, false)));
    assert_eq!(find(4996, true), Some((4, true)));
    assert_eq!(find(usize::MAX, true), Some((4, true)));
    assert_eq!(find(2600, false), Some((2594, false)));
    let nothing = TextSearch {
        text: "nowhere".to_owned(),
        ..search(0, true)
    };
    assert_eq!(find_text(&log, &types(), &nothing, &stop).unwrap(), None);
    stop.cancel();
    assert_eq!(find(0, true), None);
}

fn grouped(log: &MessageLog, path: &str) -> Grouping {
    let spec = GroupSpec {
        path: path.to_owned(),
        filter: Filter::default(),
    };
    Grouping::start(log.clone(), &types(), &spec, || {}).unwrap()
}

#[test]
fn messages_are_grouped_by_a_value() {
    let log = log(8);
    let groups = grouped(&log, "symbol");
    let settled = |groups: &Grouping, counted: usize| {
        until("all are counted", || {
            let shown = groups.groups();
            let sum: usize = shown.rows.iter().map(|row| row.count).sum();
            sum + shown.others == counted
        });
        groups.groups()
    };
    let shown = settled(&groups, 9);
    let row = |value: &str, count, first, last, at| Group {
        value: Some(value.into()),
        count,
        first,
        last,
        last_at: Duration::from_millis(at),
    };
    let want = [
        row("AAPL", 5, 0, 8, 8),
        row("MSFT", 2, 2, 6, 6),
        row("Öl", 2, 3, 7, 7),
    ];
    assert_eq!(shown.rows, want);
    groups.sort(GroupOrder::Last);
    until("sorted", || groups.groups().order == GroupOrder::Last);
    assert_eq!(groups.groups().rows[1].value.as_deref(), Some("Öl"));
    append(&log, 8..9);
    settled(&groups, 10);

    // Numbers by size, and what has no value by itself.
    let groups = grouped(&log, "number");
    groups.sort(GroupOrder::Value);
    append(&log, 9..12);
    settled(&groups, 12);
    until("sorted", || groups.groups().order == GroupOrder::Value);
    let values: Vec<_> = groups
        .groups()
        .rows
        .iter()
        .map(|row| row.value.clone())
        .collect();
    assert_eq!(
        values[9..],
        ["9", "10", "11"].map(|value| Some(value.into()))
    );
    let groups = grouped(&log, "last");
    let shown = settled(&groups, 12);
    assert_eq!((shown.rows.len(), shown.rows[0].value.clone()), (1, None));
}

#[test]
fn more_values_than_are_kept_are_counted_together() {
    let log = MessageLog::default();
    for number in 0..100_020_u64 {
        let mut wire = vec![0x08];
        prost_reflect::prost::encoding::encode_varint(number + 1, &mut wire);
        assert!(log.append(Direction::Received, Duration::ZERO, &[wire.into()]));
    }
    let groups = grouped(&log, "number");
    until("all are counted", || groups.groups().others == 20);
    assert_eq!(groups.groups().rows.len(), 100_000);
    assert_eq!(groups.progress().matched, 100_020);
}

/// A condition on the JSON that prost-reflect writes: the oracle.
fn naive(json: &serde_json::Value, path: &str, op: Op, value: &str) -> bool {
    let text = |json: &serde_json::Value| match json {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let values: Vec<String> = match &json[path] {
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::Array(items) => items.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let order = |own: &String| match path {
        "number" => Some(
            own.parse::<u64>()
                .unwrap()
                .cmp(&value.parse::<u64>().unwrap()),
        ),
        "price" => own
            .parse::<f64>()
            .unwrap()
            .partial_cmp(&value.parse::<f64>().unwrap()),
        _ => Some(own.as_str().cmp(value)),
    };
    let any = |holds: &dyn Fn(std::cmp::Ordering) -> bool| {
        values.iter().any(|own| order(own).is_some_and(holds))
    };
    match op {
        Op::Is => any(&std::cmp::Ordering::is_eq),
        Op::IsNot => !any(&std::cmp::Ordering::is_eq),
        Op::Contains => values.iter().any(|own| own.contains(value)),
        Op::Less => any(&std::cmp::Ordering::is_lt),
        Op::AtMost => any(&std::cmp::Ordering::is_le),
        Op::Greater => any(&std::cmp::Ordering::is_gt),
        Op::AtLeast => any(&std::cmp::Ordering::is_ge),
        Op::IsSet => values
            .iter()
            .any(|own| path == "tags" || own != "0" && !own.is_empty() && own != "0.0"),
        Op::IsNotSet => !naive(json, path, Op::IsSet, value),
    }
}

fn ticks() -> impl Strategy<Value = Vec<serde_json::Value>> {
    let tick = (
        0..6_u64,
        "[a-c]{0,2}",
        0..5_u32,
        prop::collection::vec("[a-c]{0,1}", 0..3),
    );
    let tick = tick.prop_map(|(number, symbol, halves, tags)| {
        serde_json::json!({
            "number": number.to_string(), "symbol": symbol,
            "price": f64::from(halves) / 2.0, "tags": tags,
        })
    });
    prop::collection::vec(tick, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn filters_equal_a_naive_reading(
        ticks in ticks(),
        (path, value) in prop_oneof![
            (Just("number"), "[0-6]"),
            (Just("symbol"), "[a-c]{0,2}"),
            (Just("price"), prop_oneof![Just("0".to_owned()), Just("0.5".to_owned()), Just("1.5".to_owned())]),
            (Just("tags"), "[a-c]"),
        ],
        op in prop::sample::select(&Op::ALL[..]),
    ) {
        let log = MessageLog::default();
        for tick in &ticks {
            let wire = encoded("tick.Tick", &tick.to_string());
            prop_assert!(log.append(Direction::Received, Duration::ZERO, &[wire]));
        }
        let shown: Vec<serde_json::Value> = (0..log.len())
            .map(|index| {
                let wire = log.message(index).unwrap();
                let message = DynamicMessage::decode(message("tick.Tick"), wire).unwrap();
                let all = prost_reflect::SerializeOptions::new().skip_default_fields(false);
                message.serialize_with_options(serde_json::value::Serializer, &all).unwrap()
            })
            .collect();
        // Contains looks at the text, in which a whole double has `.0`.
        let want: Vec<usize> = (0..log.len())
            .filter(|index| naive(&shown[*index], path, op, &value))
            .collect();
        prop_assert_eq!(found(&log, &field(path, op, &value)), want);
    }
}
