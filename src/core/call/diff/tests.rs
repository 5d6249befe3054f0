//! Two logs against a model that is as simple as can be; two ends against a table.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::{
    call::{Direction, MessageLog},
    grpc::{Code, Metadata, Origin, Outcome, Status},
    message::{DiffRules, Differ, KeyPath, Printer, compile_for_tests},
    workspace::CompareSettings,
};

const PROTO: &str = r#"syntax = "proto3";
package t;
message Tick { optional int32 id = 1; int32 value = 2; int32 seen = 3; }
"#;

fn printer() -> Printer {
    static POOL: std::sync::LazyLock<prost_reflect::DescriptorPool> =
        std::sync::LazyLock::new(|| compile_for_tests(PROTO));
    Printer::new(&POOL.get_message_by_name("t.Tick").unwrap())
}

/// Key, value and a field that does not matter.
type Tick = (Option<u8>, u8, u8);

fn side(ticks: &[Tick]) -> StreamSide {
    let log = MessageLog::default();
    for (id, value, seen) in ticks {
        let mut bytes = Vec::new();
        if let Some(id) = id {
            bytes.extend([0x08, *id]);
        }
        bytes.extend([0x10, *value, 0x18, *seen]);
        // What was sent is no part of it.
        assert!(log.append(Direction::Sent, Duration::ZERO, &[Bytes::from_static(b"x")]));
        assert!(log.append(Direction::Received, Duration::ZERO, &[bytes.into()]));
    }
    StreamSide {
        log,
        printer: printer(),
    }
}

fn found(left: &[Tick], right: &[Tick], key: Option<&str>) -> StreamDiff {
    let settings = CompareSettings {
        ignore: vec!["seen".to_owned()],
        ..CompareSettings::default()
    };
    let differ = Differ::new(printer(), printer(), DiffRules::of(&settings).0);
    let key = key.map(KeyPath::parse);
    let (left, right) = (side(left), side(right));
    let progress = DiffProgress::default();
    let diff = diff_streams(&left, &right, key.as_ref(), (&differ, 1), &progress).unwrap();
    let (done, total) = progress.done();
    assert_eq!(done, total);
    diff
}

/// `left/right state`, positions among the received messages.
fn told(diff: &StreamDiff) -> Vec<String> {
    let at = |index: Option<usize>| index.map_or("-".to_owned(), |it| (it / 2).to_string());
    let pairs = diff.pairs.iter();
    pairs
        .map(|pair| format!("{}/{} {:?}", at(pair.left()), at(pair.right()), pair.state))
        .collect()
}

#[test]
fn messages_find_each_other_by_key_in_order_and_by_position() {
    let left = [
        (Some(1), 1, 0),
        (Some(2), 1, 0),
        (Some(2), 2, 0),
        (None, 5, 0),
        (Some(9), 0, 0),
    ];
    let right = [
        (Some(7), 0, 0),
        (Some(2), 1, 3),
        (Some(1), 4, 0),
        (Some(2), 2, 0),
        (Some(2), 3, 0),
        (None, 5, 0),
    ];
    let diff = found(&left, &right, Some("id"));
    assert_eq!(
        told(&diff),
        [
            "-/0 OnlyRight",
            "0/2 Changed(1)",
            "1/1 Ignored",
            "2/3 Equal",
            "-/4 OnlyRight",
            "3/5 Equal",
            "4/- OnlyLeft"
        ]
    );
    assert_eq!(
        (
            diff.equal,
            diff.ignored,
            diff.changed,
            diff.only_left,
            diff.only_right
        ),
        (2, 1, 1, 1, 2)
    );
    assert_eq!((diff.without_key, diff.hidden), (2, vec![1]));

    let diff = found(&left, &right[..2], None);
    assert_eq!(
        told(&diff),
        [
            "0/0 Changed(2)",
            "1/1 Ignored",
            "2/- OnlyLeft",
            "3/- OnlyLeft",
            "4/- OnlyLeft"
        ]
    );
    assert!(found(&[], &[], Some("id")).is_equal());
}

#[test]
fn a_comparison_that_is_not_wanted_any_more_ends() {
    let ticks: Vec<Tick> = (0..200).map(|n| (Some(n / 2), n, 0)).collect();
    let side = side(&ticks);
    let differ = Differ::new(printer(), printer(), DiffRules::default());
    let progress = DiffProgress::default();
    progress.stop();
    for key in [None, Some(KeyPath::parse("id"))] {
        let diff = diff_streams(&side, &side, key.as_ref(), (&differ, 0), &progress);
        assert_eq!(diff, None);
    }
}

fn ticks() -> impl Strategy<Value = Vec<Tick>> {
    prop::collection::vec((prop::option::of(0..5_u8), 0..2_u8, 0..2_u8), 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(3),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_pairs_are_those_of_a_naive_model(left in ticks(), right in ticks()) {
        // The nth of a key belongs to the nth of that key.
        let mut places: BTreeMap<(Option<u8>, usize), usize> = BTreeMap::new();
        let nth = |ticks: &[Tick], at: usize| {
            (ticks[at].0, ticks[..at].iter().filter(|it| it.0 == ticks[at].0).count())
        };
        for at in 0..right.len() {
            places.insert(nth(&right, at), at);
        }
        let mut wanted: Vec<(Option<usize>, Option<usize>)> = Vec::new();
        for at in 0..left.len() {
            wanted.push((Some(at), places.remove(&nth(&left, at))));
        }
        for only in places.into_values() {
            // Behind the nearest one before it that has a partner.
            let before = (0..only).rev().find_map(|it| wanted.iter().position(|pair| pair.0.is_some() && pair.1 == Some(it)));
            let mut at = before.map_or(0, |at| at + 1);
            while wanted.get(at).is_some_and(|pair| pair.0.is_none() && pair.1 < Some(only)) {
                at += 1;
            }
            wanted.insert(at, (None, Some(only)));
        }
        let diff = found(&left, &right, Some("id"));
        let pairs: Vec<_> = diff.pairs.iter().map(|it| (it.left().map(|at| at / 2), it.right().map(|at| at / 2))).collect();
        prop_assert_eq!(pairs, wanted.clone());
        for (pair, (at, to)) in diff.pairs.iter().zip(wanted) {
            let state = match (at.map(|at| left[at]), to.map(|to| right[to])) {
                (Some(own), Some(other)) if own.1 != other.1 => PairState::Changed(1),
                (Some(own), Some(other)) if own.2 != other.2 => PairState::Ignored,
                (Some(_), Some(_)) => PairState::Equal,
                (Some(_), None) => PairState::OnlyLeft,
                _ => PairState::OnlyRight,
            };
            prop_assert_eq!(pair.state, state);
        }
    }
}

fn facts(code: Code, message: &str, head: &[(&str, &str)], trailers: &[(&str, &str)]) -> CallFacts {
    let metadata = |rows: &[(&str, &str)]| {
        let mut made = Metadata::new();
        for (key, value) in rows {
            made.push(key, value).unwrap();
        }
        made
    };
    CallFacts {
        head: metadata(head),
        outcome: Outcome {
            status: Status {
                code,
                message: message.to_owned(),
            },
            origin: Origin::Trailers,
            trailers: metadata(trailers),
            cause: None,
            waiting: None,
            accepts: None,
        },
        total: Duration::from_micros(1500),
    }
}

#[test]
fn two_ends_are_told_side_by_side() {
    let left = facts(
        Code::OK,
        "",
        &[
            ("date", "mon"),
            ("server", "a"),
            ("x-one", "1"),
            ("x-two", "1"),
            ("x-two", "2"),
        ],
        &[("cost-bin", "AAE=")],
    );
    let right = facts(
        Code::NOT_FOUND,
        "no\u{1b}such",
        &[("date", "tue"), ("server", "a"), ("x-two", "1")],
        &[("cost-bin", "AAE="), ("extra", "y")],
    );
    let ignore: Vec<String> = VOLATILE_METADATA.map(str::to_owned).to_vec();
    let rows: Vec<String> = compare_facts(&left, &right, &ignore)
        .iter()
        .map(|row| {
            let side = |side: &Option<String>| side.clone().unwrap_or("-".to_owned());
            format!(
                "{:?} {} {} {} {:?}",
                row.place,
                row.key,
                side(&row.left),
                side(&row.right),
                row.state
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "Status  OK NOT_FOUND Differs",
            "Message  - no\\u{1b}such Differs",
            "Duration  1.5 ms 1.5 ms Told",
            "Header date mon tue Ignored",
            "Header server a a Equal",
            "Header x-one 1 - Differs",
            "Header x-two 1, 2 1 Differs",
            "Trailer cost-bin AAE= AAE= Equal",
            "Trailer extra - y Differs",
        ]
    );
    assert!(VOLATILE_METADATA.is_sorted());
}
