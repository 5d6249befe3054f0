//! What each form holds, read back; which messages are taken; limits, losses and stopping.

use std::time::Duration;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, MessageDescriptor, prost::Message as _};

use super::*;
use crate::{
    call::{
        MessageLog,
        scan::{Condition, Filter, LogTypes, Op, Scan},
    },
    engine::JobId,
    message::compile_for_tests,
};

const PROTO: &str = r#"syntax = "proto3";
package shop;
message Ask { string query = 1; }
message Item { int64 id = 1; string name = 2; repeated string tags = 3; bytes raw = 4; }
"#;

fn message(name: &str) -> MessageDescriptor {
    static POOL: std::sync::LazyLock<prost_reflect::DescriptorPool> =
        std::sync::LazyLock::new(|| compile_for_tests(PROTO));
    POOL.get_message_by_name(name).unwrap()
}

fn encoded(name: &str, json: &str) -> Bytes {
    let mut reader = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(message(name), &mut reader).unwrap();
    message.encode_to_vec().into()
}

fn messages(log: &MessageLog) -> Messages {
    let types = LogTypes::of_messages(&message("shop.Ask"), &message("shop.Item"));
    Messages::with_types(log.clone(), types)
}

/// One sent, three received; names that are hard to write.
fn log() -> MessageLog {
    let log = MessageLog::default();
    let add = |direction, at, bytes: Bytes| {
        assert!(log.append(direction, Duration::from_micros(at), &[bytes]));
    };
    add(
        Direction::Sent,
        5,
        encoded("shop.Ask", r#"{"query": "all"}"#),
    );
    let items = [
        r#"{"id": "9007199254740993", "name": "a, \"b\"\r\nc", "tags": ["x", "y"]}"#,
        r#"{"id": "2", "raw": "AAEC"}"#,
        r#"{"id": "3", "name": " é ", "tags": [""]}"#,
    ];
    for (at, item) in items.iter().enumerate() {
        let micros = 1_000_000 + at as u64;
        add(Direction::Received, micros, encoded("shop.Item", item));
    }
    log
}

fn all(form: MessageForm) -> SaveSpec {
    SaveSpec {
        what: SaveWhat::All,
        direction: None,
        form,
    }
}

/// Saves, and gives what is in the file.
fn saved(log: &MessageLog, spec: &SaveSpec) -> (Vec<u8>, Written) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let job = Job::new(JobId(1));
    let event = save(&messages(log), spec, &path, &job, &CancellationToken::new());
    assert!(job.is_over());
    let Some(Event::MessagesSaved { written, .. }) = event else {
        panic!("{event:?}");
    };
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len() as u64, written.bytes);
    (bytes, written)
}

fn text(log: &MessageLog, spec: &SaveSpec) -> String {
    let (bytes, written) = saved(log, spec);
    assert_eq!(written.losses(), None);
    String::from_utf8(bytes).unwrap()
}

fn failure(log: &MessageLog, spec: &SaveSpec) -> Failure {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let job = Job::new(JobId(1));
    let event = save(&messages(log), spec, &path, &job, &CancellationToken::new());
    let Some(Event::Notice(failure)) = event else {
        panic!("{event:?}");
    };
    assert!(!path.exists());
    *failure
}

#[test]
fn json_is_an_array_or_one_document() {
    let want = r#"[
  {
    "query": "all"
  },
  {
    "id": "9007199254740993",
    "name": "a, \"b\"\r\nc",
    "tags": [
      "x",
      "y"
    ]
  },
  {
    "id": "2",
    "raw": "AAEC"
  },
  {
    "id": "3",
    "name": " é ",
    "tags": [
      ""
    ]
  }
]
"#;
    assert_eq!(text(&log(), &all(MessageForm::Json)), want);
    let one = SaveSpec {
        what: SaveWhat::One(2),
        ..all(MessageForm::Json)
    };
    assert_eq!(
        text(&log(), &one),
        "{\n  \"id\": \"2\",\n  \"raw\": \"AAEC\"\n}\n"
    );
    assert_eq!(
        text(&MessageLog::default(), &all(MessageForm::Json)),
        "[]\n"
    );
}

#[test]
fn json_lines_tell_of_each_message_where_that_is_asked_for() {
    let lines = text(&log(), &all(MessageForm::JsonLines { facts: false }));
    let want = "{\"query\":\"all\"}\n\
        {\"id\":\"9007199254740993\",\"name\":\"a, \\\"b\\\"\\r\\nc\",\"tags\":[\"x\",\"y\"]}\n\
        {\"id\":\"2\",\"raw\":\"AAEC\"}\n\
        {\"id\":\"3\",\"name\":\" é \",\"tags\":[\"\"]}\n";
    assert_eq!(lines, want);
    let lines = text(&log(), &all(MessageForm::JsonLines { facts: true }));
    let second = lines.lines().nth(2).unwrap();
    assert_eq!(
        second,
        r#"{"number":3,"direction":"received","time":"1.000001s","size":7,"message":{"id":"2","raw":"AAEC"}}"#
    );
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn text_format_can_be_read_back() {
    let written = text(&log(), &all(MessageForm::Text));
    let third =
        "# message 3, received, 1.000001 s, 7 bytes: shop.Item\nid: 2\nraw: \"\\000\\001\\002\"\n";
    assert!(written.contains(&format!("\n\n{third}\n")), "{written}");
    let one = SaveSpec {
        what: SaveWhat::One(1),
        ..all(MessageForm::Text)
    };
    let written = text(&log(), &one);
    assert!(
        written.starts_with("# proto-message: shop.Item\n"),
        "{written}"
    );
    let read = crate::interop::text_format::parse(&written, &message("shop.Item"), None).unwrap();
    let back = DynamicMessage::decode(message("shop.Item"), &*read).unwrap();
    let own = DynamicMessage::decode(message("shop.Item"), log().message(1).unwrap()).unwrap();
    assert_eq!(back, own);
}

#[test]
fn binary_forms_hold_every_byte() {
    let log = log();
    let long = encoded(
        "shop.Item",
        &format!(r#"{{"name": "{}"}}"#, "n".repeat(300)),
    );
    assert!(log.append(Direction::Received, Duration::ZERO, &[long]));
    let want: Vec<Bytes> = (0..log.len())
        .map(|index| log.message(index).unwrap())
        .collect();

    let (bytes, _) = saved(&log, &all(MessageForm::Delimited));
    let mut rest = &bytes[..];
    let mut read = Vec::new();
    while !rest.is_empty() {
        let length = prost_reflect::prost::encoding::decode_varint(&mut rest).unwrap();
        let (message, after) = rest.split_at(usize::try_from(length).unwrap());
        read.push(Bytes::copy_from_slice(message));
        rest = after;
    }
    assert_eq!(read, want);

    let (bytes, _) = saved(&log, &all(MessageForm::Framed));
    let mut rest = &bytes[..];
    let mut read = Vec::new();
    while let Some((prefix, after)) = rest.split_at_checked(5) {
        assert_eq!(prefix[0], 0, "not compressed");
        let length = u32::from_be_bytes(prefix[1..].try_into().unwrap());
        let (message, after) = after.split_at(usize::try_from(length).unwrap());
        read.push(Bytes::copy_from_slice(message));
        rest = after;
    }
    assert_eq!(read, want);

    let one = SaveSpec {
        what: SaveWhat::One(3),
        ..all(MessageForm::Raw)
    };
    assert_eq!(saved(&log, &one).0, want[3]);
    let failure = failure(&log, &all(MessageForm::Raw));
    assert!(failure.summary.contains("Only one message"), "{failure:?}");
}

/// Reads comma-separated values as RFC 4180 has them; `None` is a value that is not there at all.
fn read_csv(text: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = vec![vec![]];
    let mut letters = text.chars().peekable();
    while letters.peek().is_some() {
        let mut value = String::new();
        let quoted = letters.next_if_eq(&'"').is_some();
        let mut some = quoted;
        while let Some(letter) = letters.peek().copied() {
            if quoted && letter == '"' {
                letters.next();
                if letters.next_if_eq(&'"').is_none() {
                    break;
                }
                value.push('"');
                continue;
            }
            if !quoted && matches!(letter, ',' | '\r') {
                break;
            }
            assert!(quoted || letter != '"' && letter != '\n', "{text}");
            some = true;
            value.push(letter);
            letters.next();
        }
        rows.last_mut().unwrap().push(some.then_some(value));
        match letters.next() {
            Some(',') => {}
            Some('\r') => {
                assert_eq!(letters.next(), Some('\n'));
                rows.push(vec![]);
            }
            other => panic!("{other:?} after a value: {text}"),
        }
    }
    assert_eq!(rows.pop(), Some(vec![]), "the last line ends, too");
    rows
}

fn columns(paths: &[&str]) -> MessageForm {
    let mut columns = vec![
        CsvColumn::Number,
        CsvColumn::Direction,
        CsvColumn::Time,
        CsvColumn::Size,
    ];
    columns.extend(
        paths
            .iter()
            .map(|path| CsvColumn::Field((*path).to_owned())),
    );
    MessageForm::Csv(columns.into())
}

#[test]
fn a_table_reads_back_as_it_was() {
    let rows = read_csv(&text(
        &log(),
        &all(columns(&["id", "name", "tags", "query"])),
    ));
    let row = |cells: [Option<&str>; 8]| cells.map(|cell| cell.map(str::to_owned)).to_vec();
    let head = [
        "number",
        "direction",
        "time",
        "size",
        "id",
        "name",
        "tags",
        "query",
    ];
    let want = [
        row(head.map(Some)),
        row([
            Some("1"),
            Some("sent"),
            Some("0.000005"),
            Some("5"),
            None,
            None,
            None,
            Some("all"),
        ]),
        row([
            Some("2"),
            Some("received"),
            Some("1.000000"),
            Some("26"),
            Some("9007199254740993"),
            Some("a, \"b\"\r\nc"),
            Some("x, y"),
            None,
        ]),
        row([
            Some("3"),
            Some("received"),
            Some("1.000001"),
            Some("7"),
            Some("2"),
            Some(""),
            None,
            None,
        ]),
        row([
            Some("4"),
            Some("received"),
            Some("1.000002"),
            Some("10"),
            Some("3"),
            Some(" é "),
            Some(""),
            None,
        ]),
    ];
    assert_eq!(rows, want);

    let failure = failure(&log(), &all(columns(&["nme"])));
    assert!(failure.summary.contains("`nme`"), "{failure:?}");
    assert!(failure.hint.contains("`name`"), "{failure:?}");
}

proptest::proptest! {
    #[test]
    fn any_value_reads_back(values in proptest::collection::vec("[a\",\r\n \u{e4}=]{0,6}", 1..5)) {
        let mut out = Vec::new();
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            csv::value(&mut out, value).unwrap();
        }
        out.extend(csv::LINE_END);
        let row = read_csv(&String::from_utf8(out).unwrap());
        proptest::prop_assert_eq!(row, vec![values.into_iter().map(Some).collect::<Vec<_>>()]);
    }
}

/// The numbers of the messages that are written.
fn numbers(log: &MessageLog, what: SaveWhat, direction: Option<Direction>) -> Vec<usize> {
    let spec = SaveSpec {
        what,
        direction,
        form: MessageForm::JsonLines { facts: true },
    };
    let written = text(log, &spec);
    let number = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        usize::try_from(line["number"].as_u64().unwrap()).unwrap()
    };
    written.lines().map(number).collect()
}

#[test]
fn messages_are_chosen_one_by_one_by_filter_and_by_direction() {
    let log = log();
    for number in 4..5000_usize {
        let item = encoded("shop.Item", &format!(r#"{{"id": "{number}"}}"#));
        assert!(log.append(Direction::Received, Duration::ZERO, &[item]));
    }
    assert_eq!(numbers(&log, SaveWhat::All, Some(Direction::Sent)), [1]);
    assert_eq!(
        numbers(&log, SaveWhat::All, None),
        (1..=5000).collect::<Vec<_>>()
    );
    let some =
        SaveWhat::Some([9..10, 3..4, 2..4, 3..4, 4000..4000, 70..71, 99_999..100_000].into());
    let spec = SaveSpec {
        what: some,
        ..all(MessageForm::JsonLines { facts: true })
    };
    let (bytes, written) = saved(&log, &spec);
    assert_eq!((written.count, written.missing), (4, 1));
    assert_eq!(String::from_utf8(bytes).unwrap().lines().count(), 4);
    // Close together, which are walked.
    let close: Vec<usize> = (1000..3000).filter(|at| at % 3 == 0).collect();
    let want: Vec<usize> = close.iter().map(|at| at + 1).collect();
    let close: Vec<_> = close.into_iter().map(|at| at..at + 1).collect();
    assert_eq!(numbers(&log, SaveWhat::Some(close.into()), None), want);
    let want: Vec<usize> = (501..=4500).collect();
    let whole = SaveWhat::Some(std::iter::once(500..4500).collect());
    assert_eq!(numbers(&log, whole, None), want);

    let filter = Filter {
        direction: None,
        condition: Some(Condition::Field {
            path: "id".to_owned(),
            op: Op::Less,
            value: "100".to_owned(),
        }),
    };
    let types = LogTypes::of_messages(&message("shop.Ask"), &message("shop.Item"));
    let scan = Scan::start(log.clone(), &types, &filter, || {}).unwrap();
    // Ids from 3 to 99, and 2; the first one is large.
    let want: Vec<usize> = (3..=100).collect();
    assert_eq!(numbers(&log, SaveWhat::Matches(scan.clone()), None), want);
    assert!(numbers(&log, SaveWhat::Matches(scan), Some(Direction::Sent)).is_empty());
}

#[test]
fn matches_are_saved_when_the_filter_has_looked_at_all_messages_and_not_before() {
    let log = log();
    let types = LogTypes::of_messages(&message("shop.Ask"), &message("shop.Item"));
    let start = |condition| {
        let filter = Filter {
            direction: Some(Direction::Received),
            condition: Some(condition),
        };
        Scan::start(log.clone(), &types, &filter, || {}).unwrap()
    };
    let spec = |scan: &Scan| SaveSpec {
        what: SaveWhat::Matches(scan.clone()),
        direction: None,
        form: MessageForm::JsonLines { facts: false },
    };
    // One of the three has no tag to compare.
    let scan = start(Condition::Cel("tags[0] == \"x\"".to_owned()));
    let (_, written) = saved(&log, &spec(&scan));
    assert_eq!((written.count, written.undecided), (1, 1));
    let losses = written.losses().unwrap();
    assert!(losses.contains("decided by the filter"), "{losses}");

    let scan = start(Condition::Field {
        path: "id".to_owned(),
        op: Op::Less,
        value: "100".to_owned(),
    });
    assert!(scan.wait(Duration::from_secs(30), |it| it.looked == 4));
    scan.stop();
    assert_eq!(
        saved(&log, &spec(&scan)).1.count,
        2,
        "it had looked at all of them"
    );
    let later = encoded("shop.Item", r#"{"id": "4"}"#);
    assert!(log.append(Direction::Received, Duration::from_secs(2), &[later]));
    let failure = failure(&log, &spec(&scan));
    assert!(failure.reason.contains("at 4 of 5"), "{failure:?}");
}

#[test]
fn large_messages_are_told_of_one_by_one() {
    let log = MessageLog::default();
    let large = vec![Bytes::from(vec![0; 100_000]); 10];
    assert!(log.append(Direction::Received, Duration::ZERO, &large));
    let job = Job::new(JobId(1));
    let work = job.begin(&CancellationToken::new());
    let mut taken = 0;
    let broken = each(&log, &all(MessageForm::Framed), &work, &mut |_| {
        taken += 1;
        if taken == 5 {
            job.cancel();
        }
        Ok(())
    });
    assert!(matches!(broken, Err(Broken::Stopped)));
    assert_eq!((taken, job.done()), (5, 5));
}

#[test]
fn what_a_form_cannot_hold_is_marked_and_told() {
    let log = MessageLog::default();
    // Cut short after its id; with a field that the type does not have.
    let cut = Bytes::from_static(b"\x08\x05\x12\x09abc");
    let unknown = Bytes::from_static(b"\x08\x06\x78\x01");
    assert!(log.append(Direction::Received, Duration::ZERO, &[cut, unknown]));
    let (bytes, written) = saved(&log, &all(MessageForm::JsonLines { facts: false }));
    assert_eq!(
        (written.count, written.undecodable, written.unknown),
        (2, 1, 1)
    );
    let losses = written.losses().unwrap();
    assert!(losses.contains("1 message does not decode"), "{losses}");
    assert!(losses.contains("1 message has fields"), "{losses}");
    let lines = String::from_utf8(bytes).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["@undecodable"], "CAUSCWFiYw==");
    assert_eq!(first["@read"]["id"], "5");
    assert!(
        first["@problem"]
            .as_str()
            .unwrap()
            .contains("6 bytes are missing"),
        "{first}"
    );

    let (bytes, _) = saved(&log, &all(MessageForm::Json));
    let array: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(array[0]["@undecodable"], "CAUSCWFiYw==");
    assert_eq!(array[1]["id"], "6");

    let (bytes, written) = saved(&log, &all(MessageForm::Text));
    assert_eq!((written.undecodable, written.unknown), (1, 0));
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.contains("# the bytes end") && text.contains("15: 1"),
        "{text}"
    );

    let (_, written) = saved(&log, &all(MessageForm::Delimited));
    assert_eq!(written.losses(), None, "bytes are bytes");
}

#[test]
fn copies_are_text_and_have_a_limit() {
    let log = log();
    let copied = |log: &MessageLog, spec: &SaveSpec| {
        let job = Job::new(JobId(1));
        copy(&messages(log), spec, &job, &CancellationToken::new())
    };
    let one = SaveSpec {
        what: SaveWhat::One(2),
        ..all(MessageForm::Raw)
    };
    let Some(Event::MessagesCopied(answer)) = copied(&log, &one) else {
        panic!("nothing was copied");
    };
    assert_eq!(answer.text, "CAIiAwABAg==");
    assert_eq!(answer.written.count, 1);

    let large = encoded(
        "shop.Item",
        &format!(r#"{{"name": "{}"}}"#, "n".repeat(9 << 20)),
    );
    assert!(log.append(Direction::Received, Duration::ZERO, &[large.clone(), large]));
    let event = copied(&log, &all(MessageForm::Json));
    let Some(Event::Notice(failure)) = event else {
        panic!("more was copied than may be");
    };
    assert!(failure.reason.contains("16 MiB"), "{failure:?}");
    assert!(failure.hint.contains("Save"), "{failure:?}");
}

#[test]
fn a_save_that_is_stopped_or_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    std::fs::write(&path, "before").unwrap();
    let job = Job::new(JobId(1));
    job.cancel();
    let lines = all(MessageForm::JsonLines { facts: false });
    let stop = CancellationToken::new();
    assert!(save(&messages(&log()), &lines, &path, &job, &stop).is_none());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left behind: {left:?}");

    let nowhere = folder.path().join("missing").join("out");
    let event = save(
        &messages(&log()),
        &lines,
        &nowhere,
        &Job::new(JobId(2)),
        &stop,
    );
    let Some(Event::Notice(failure)) = event else {
        panic!("{event:?}");
    };
    assert!(failure.summary.contains("Cannot save"), "{failure:?}");
    let gone = SaveSpec {
        what: SaveWhat::One(99),
        ..lines
    };
    assert!(
        super::tests::failure(&log(), &gone)
            .reason
            .contains("not there any more")
    );
}
