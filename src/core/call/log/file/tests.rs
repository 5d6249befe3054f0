//! What was saved is opened again, whole or cut at any byte; bytes that nobody wrote are refused in words.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use proptest::prelude::*;

use super::{super::LogBudget, super::LogLimits, block::HEAD_BYTES, *};
use crate::{
    call::{Direction, Failure, MessageLog, Timings},
    grpc::{Code, Metadata, Origin, Outcome, ResponseHead, Status, Value},
    schema::{CallKind, load_descriptor_set},
};

fn metadata(pairs: &[(&str, Value)]) -> Metadata {
    let entries = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()));
    Metadata::from_entries(entries.collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn facts() -> LogFacts {
    let status = Status::new(Code::NOT_FOUND, "no such station");
    LogFacts {
        method: "demo.v1.Ticker/Watch".to_owned(),
        kind: CallKind::ServerStream,
        target: "localhost:50051".to_owned(),
        began: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_295_323_456)),
        head: Some(ResponseHead {
            http_status: 200,
            metadata: metadata(&[("x-build", text("7")), ("set-cookie", text("id=hunter2"))]),
        }),
        end: Some(LogEnd {
            outcome: Outcome {
                trailers: metadata(&[
                    ("trace-bin", Value::Binary(Bytes::from_static(&[0, 255]))),
                    ("odd", Value::Raw(Bytes::from_static(b"\xff"))),
                    (
                        "x-auth-token-bin",
                        Value::Binary(Bytes::from_static(b"hunter2")),
                    ),
                ]),
                ..Outcome::new(status, Origin::Trailers)
            },
            timings: Timings {
                head: Some(Duration::from_millis(3)),
                total: Duration::from_secs(2),
                ..Timings::default()
            },
            failure: Some(Failure {
                summary: "It failed".to_owned(),
                ..Failure::default()
            }),
        }),
    }
}

fn saved(log: &MessageLog, descriptors: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let saved = write_log(log, &facts(), descriptors, &mut file, &mut |_| true).unwrap();
    assert_eq!(saved.messages, log.len());
    file
}

fn read(file: &[u8]) -> Result<(LogRead, MessageLog), LogFileError> {
    let log = MessageLog::default();
    let read = read_log(file, &log, &mut |_| true)?;
    assert_eq!(read.messages, log.len());
    Ok((read, log))
}

type Plain = (Direction, Duration, Vec<u8>);

fn plain(log: &MessageLog) -> Vec<Plain> {
    let message = |at| {
        let entry = log.entry(at).unwrap();
        (entry.direction, entry.at, log.message(at).unwrap().to_vec())
    };
    (0..log.len()).map(message).collect()
}

fn log_of(messages: &[Plain]) -> MessageLog {
    let log = MessageLog::default();
    for (direction, at, bytes) in messages {
        assert!(log.append(*direction, *at, &[Bytes::from(bytes.clone())]));
    }
    log
}

fn some_messages() -> Vec<Plain> {
    let sizes = [0, 1, 100, 127, 128, 300, 5];
    let message = |(n, len): (usize, &usize)| {
        let direction = if n % 3 == 0 {
            Direction::Sent
        } else {
            Direction::Received
        };
        let byte = u8::try_from(n).unwrap();
        (
            direction,
            Duration::from_micros(n as u64 * 777),
            vec![byte; *len],
        )
    };
    sizes.iter().enumerate().map(message).collect()
}

#[test]
fn a_log_comes_back_as_it_was_without_its_secrets() {
    let messages = some_messages();
    let file = saved(&log_of(&messages), b"descriptors");
    let (read, log) = read(&file).unwrap();
    assert_eq!(read.missing, None);
    assert_eq!(plain(&log), messages);
    assert_eq!(read.descriptors, b"descriptors");
    let (given, got) = (facts(), read.facts);
    assert_eq!((&got.method, got.kind), (&given.method, given.kind));
    assert_eq!((&got.target, got.began), (&given.target, given.began));
    let head = got.head.unwrap();
    assert_eq!(head.http_status, 200);
    assert_eq!(head.metadata.get("x-build"), Some(&text("7")));
    let (end, given) = (got.end.unwrap(), given.end.unwrap());
    assert_eq!(end.timings, given.timings);
    assert_eq!(end.failure, given.failure);
    let (outcome, before) = (end.outcome, given.outcome);
    assert_eq!(outcome.status, before.status);
    assert_eq!(outcome.origin, before.origin);
    for key in ["trace-bin", "odd"] {
        assert_eq!(outcome.trailers.get(key), before.trailers.get(key), "{key}");
    }
    for (metadata, key) in [
        (&head.metadata, "set-cookie"),
        (&outcome.trailers, "x-auth-token-bin"),
    ] {
        let Some(Value::Text(shown)) = metadata.get(key) else {
            panic!("{key}");
        };
        assert!(shown.contains("not saved"), "{key}: {shown}");
    }
    let written = String::from_utf8_lossy(&file);
    assert!(!written.contains("hunter2") && !written.contains("aHVudGVyMg"));
}

#[test]
fn every_origin_comes_back() {
    let http = Origin::Http {
        status: 502,
        content_type: Some("text/html".to_owned()),
        body: Bytes::from_static(b"<p>"),
        cut: true,
    };
    for origin in [
        http,
        Origin::Trailers,
        Origin::TrailersOnly,
        Origin::Reset(8),
        Origin::Connection,
        Origin::Deadline,
        Origin::Cancelled,
        Origin::Local,
        Origin::NoStatus,
        Origin::Protocol,
        Origin::NoMemory,
        Origin::TooLarge { length: None },
        Origin::TooLarge { length: Some(9) },
    ] {
        let mut facts = facts();
        if let Some(end) = &mut facts.end {
            end.outcome.origin = origin.clone();
        }
        let line = facts.to_line(0, 0);
        let (read, count) = LogFacts::from_line(&line).unwrap();
        assert_eq!(count, Some(0));
        assert_eq!(read.end.unwrap().outcome.origin, origin);
    }
}

#[test]
fn a_file_cut_at_any_byte_gives_the_messages_before() {
    let messages = some_messages();
    let file = saved(&log_of(&messages), b"descriptors");
    let body = file.len() - HEAD_BYTES - br#"{"messages":7}"#.len();
    // Where each message ends, counted from the back.
    let heads = |len: usize, n: usize| {
        let micros = (n as u64 * 777) << 1;
        prost::length_delimiter_len(len) + prost::encoding::encoded_len_varint(micros | 1)
    };
    let lens: Vec<usize> = (0..messages.len())
        .map(|n| messages[n].2.len() + heads(messages[n].2.len(), n))
        .collect();
    let ends: Vec<usize> = (0..=messages.len())
        .map(|n| body - lens[n..].iter().sum::<usize>())
        .collect();
    for cut in 0..file.len() {
        let result = read(&file[..cut]);
        let whole = ends[1..].iter().filter(|end| **end <= cut).count();
        match result {
            Ok((read, log)) => {
                assert_eq!(plain(&log), messages[..whole], "cut at {cut}");
                let words = read.missing.expect("it is not whole");
                if cut < body {
                    let inside = !ends.contains(&cut) && cut > ends[0];
                    assert_eq!(words.contains("in the middle of"), inside, "{cut}: {words}");
                }
                let shown = format!("{whole} of 7 are shown");
                assert!(words.ends_with(&shown), "{cut}: {words}");
            }
            Err(LogFileError::NotALog | LogFileError::Facts(_)) => {
                assert!(cut < ends[0], "cut at {cut}");
            }
            Err(error) => panic!("{cut}: {error}"),
        }
    }
}

#[test]
fn a_changed_byte_is_noticed() {
    let messages = some_messages();
    let file = saved(&log_of(&messages), b"descriptors");
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 0x40;
        if let Ok((read, log)) = read(&changed) {
            let all = plain(&log);
            let begins = messages.starts_with(&all);
            // The kind of a block may become one that is passed over; the end tells nothing else.
            assert!(
                begins && (read.missing.is_some() || all == messages),
                "byte {at}"
            );
            assert!(read.missing.is_some(), "byte {at} goes unnoticed");
        }
    }
}

#[test]
fn what_is_no_log_is_refused_in_words() {
    let long = format!("{MAGIC}1 ffffffff 00000000\n{{");
    let cases: [(&str, &[u8], &str); 7] = [
        ("nothing", b"", "not a log"),
        ("a text", b"hello, world\n", "not a log"),
        ("zeros", &[0; 1000], "not a log"),
        ("a line without an end", &[b's'; 1000], "not a log"),
        (
            "a later version",
            b"stubless-log 2 something\n",
            "version 2",
        ),
        ("a length of 4 GiB", long.as_bytes(), "too long"),
        (
            "only the first line",
            b"stubless-log 1 00000010 00000000\n",
            "ends there",
        ),
    ];
    for (name, bytes, words) in cases {
        let error = read(bytes).expect_err(name);
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
}

#[test]
fn a_length_of_4_gib_takes_no_memory() {
    let mut file = saved(&MessageLog::default(), b"");
    let end = HEAD_BYTES + br#"{"messages":0}"#.len();
    file.truncate(file.len() - end);
    // A received message at 0 whose length is 2^32 - 1, and ten bytes of it; then one that is longer.
    let mut message = vec![1, 0xff, 0xff, 0xff, 0xff, 0x0f];
    message.extend([7; 10]);
    block::write_block(&mut file, block::MESSAGES, &message).unwrap();
    let (cut, log) = read(&file).unwrap();
    assert!(log.is_empty());
    assert!(cut.missing.unwrap().contains("in the middle of message 1"));

    block::write_block(&mut file, block::MESSAGES, &[0; 0]).unwrap();
    file.extend(block::head(block::MESSAGES, u32::MAX, 0));
    let (damaged, _) = read(&file).unwrap();
    assert!(damaged.missing.unwrap().contains("damaged"));
}

#[test]
fn a_large_log_goes_through_a_small_budget() {
    let folder = tempfile::tempdir().unwrap();
    let budget = LogBudget::new(LogLimits {
        memory_bytes: 4 << 20,
        disk_bytes: 1 << 30,
        folder: Some(folder.path().join("streams")),
    });
    let log = MessageLog::watched(&budget, || ());
    let message = |n: usize| Bytes::from(format!("{n:0>200}"));
    let count = 100_000;
    for first in (0..count).step_by(1000) {
        let batch: Vec<Bytes> = (first..first + 1000).map(message).collect();
        assert!(log.append(
            Direction::Received,
            Duration::from_micros(first as u64),
            &batch
        ));
    }
    // One that has a segment, and in the file several blocks, of its own.
    let large = Bytes::from(vec![9; 3 << 20]);
    assert!(log.append(
        Direction::Sent,
        Duration::from_secs(1),
        std::slice::from_ref(&large)
    ));
    let path = folder.path().join("large.stublesslog");
    let mut asked = 0;
    let result = save_log(&log, &facts(), b"", &path, &mut |_| {
        asked += 1;
        true
    });
    assert_eq!(
        result.unwrap(),
        LogSaved {
            messages: count + 1,
            lost: 0
        }
    );
    assert!(asked > 100, "{asked}");
    drop(log);

    let log = MessageLog::watched(&budget, || ());
    let (mut size, mut highest) = (0, 0);
    let read = open_log(&path, &log, &mut |bytes| size = bytes, &mut |done| {
        assert!(budget.memory_bytes() <= 4 << 20);
        highest = done;
        true
    });
    assert_eq!(read.unwrap().missing, None);
    assert!(highest <= size && highest > size / 2, "{highest} of {size}");
    assert_eq!(log.len(), count + 1);
    assert!(log.disk_bytes() > 10 << 20);
    for n in (0..count).step_by(1009) {
        assert_eq!(log.message(n).unwrap(), message(n));
    }
    assert_eq!(log.message(count).unwrap(), large);

    // Stopped in the middle, nothing is left: neither in the budget nor beside the file.
    drop(log);
    let log = MessageLog::watched(&budget, || ());
    let stopped = open_log(&path, &log, &mut |_| (), &mut |done| done < 5 << 20);
    assert!(matches!(stopped, Err(LogFileError::Stopped)));
    let before = std::fs::read(&path).unwrap().len();
    let stopped = save_log(&log, &facts(), b"", &path, &mut |_| false);
    assert!(matches!(stopped, Err(LogFileError::Stopped)));
    assert_eq!(std::fs::read(&path).unwrap().len(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    drop(log);
    assert_eq!((budget.memory_bytes(), budget.disk_bytes()), (0, 0));
}

#[test]
fn a_file_that_does_not_fit_says_so() {
    let log = log_of(&[(Direction::Sent, Duration::ZERO, vec![1; 100_000])]);
    let file = saved(&log, b"");
    let small = MessageLog::with_budget(50_000);
    let full = read_log(&file[..], &small, &mut |_| true);
    assert!(matches!(
        full,
        Err(LogFileError::Full(LogFull::Memory { .. }))
    ));
}

#[test]
fn a_message_without_room_is_refused_before_all_of_it_is_held() {
    let log = log_of(&[(Direction::Sent, Duration::ZERO, vec![1; 20 << 20])]);
    let file = saved(&log, b"");
    let small = MessageLog::with_budget(3 << 20);
    let mut read = 0;
    let full = read_log(&file[..], &small, &mut |done| {
        read = done;
        true
    });
    assert!(matches!(
        full,
        Err(LogFileError::Full(LogFull::Memory { .. }))
    ));
    assert!(read < 6 << 20, "{read}");
}

#[test]
fn what_lacks_messages_between_its_blocks_is_not_whole() {
    let messages = some_messages();
    let with_end = |end: usize| {
        let mut file = saved(&log_of(&messages), b"");
        file.truncate(file.len() - HEAD_BYTES - br#"{"messages":7}"#.len());
        let end = format!("{{\"messages\":{end}}}");
        block::write_block(&mut file, block::END, end.as_bytes()).unwrap();
        read(&file).unwrap().0.missing
    };
    assert_eq!(with_end(7), None);
    let missing = with_end(9).unwrap();
    assert!(missing.starts_with("2 messages are missing"), "{missing}");
    assert!(with_end(3).unwrap().contains("damaged"));

    // Lost before it was saved: fewer were written than there were.
    let mut file = Vec::new();
    let log = log_of(&messages);
    write_log(&log, &facts(), b"", &mut file, &mut |_| true).unwrap();
    let line = facts().to_line(10, 0);
    let first = format!(
        "{MAGIC}{VERSION} {:08x} {:08x}\n",
        line.len(),
        block::crc_of(&line)
    );
    let body = file
        .split(|byte| *byte == b'\n')
        .take(2)
        .map(|it| it.len() + 1)
        .sum();
    let changed = [first.as_bytes(), &line, b"\n", &file[body..]].concat();
    let missing = read(&changed).unwrap().0.missing.unwrap();
    assert!(
        missing.starts_with("3 of 10 messages could not be read"),
        "{missing}"
    );
}

#[test]
fn the_schema_of_the_method_goes_along() {
    let schema = load_descriptor_set("demo", crate::demo::DESCRIPTOR_SET).schema;
    let method = schema.method("demo.v1.Ticker/Watch").unwrap();
    let set = descriptors_of(&method);
    let loaded = load_descriptor_set("log", &set);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let again = loaded.schema.method("demo.v1.Ticker/Watch").unwrap();
    let names = |message: prost_reflect::MessageDescriptor| -> Vec<String> {
        message
            .fields()
            .map(|field| field.full_name().to_owned())
            .collect()
    };
    assert_eq!(names(again.output()), names(method.output()));
}

fn any_message() -> impl Strategy<Value = Plain> {
    let len = prop_oneof![8 => 0..300_usize, 1 => 200_000..600_000_usize];
    (any::<bool>(), 0..1_u64 << 42, len, any::<u8>()).prop_map(|(sent, micros, len, byte)| {
        let direction = if sent {
            Direction::Sent
        } else {
            Direction::Received
        };
        (direction, Duration::from_micros(micros), vec![byte; len])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_log_comes_back(messages in proptest::collection::vec(any_message(), 0..40)) {
        let file = saved(&log_of(&messages), b"");
        let (read, log) = read(&file).unwrap();
        prop_assert_eq!(read.missing, None);
        prop_assert_eq!(plain(&log), messages);
    }

    #[test]
    fn any_bytes_are_refused_or_read(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        kind in prop_oneof![Just(b'D'), Just(b'M'), Just(b'E'), any::<u8>()],
        framed in any::<bool>(),
    ) {
        let mut file = saved(&MessageLog::default(), b"");
        file.truncate(file.len() - HEAD_BYTES - br#"{"messages":0}"#.len());
        if framed {
            block::write_block(&mut file, kind, &bytes).unwrap();
        } else {
            file.extend(&bytes);
        }
        let (read, log) = read(&file).unwrap();
        let all = log.bytes(Direction::Sent) + log.bytes(Direction::Received);
        prop_assert!(all <= bytes.len() as u64);
        prop_assert!(read.missing.is_some() || kind == b'E');
    }
}
