//! A message as rows: open to the last value they are the lines of the text, and whatever is opened and
//! closed they stay a part of them.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64},
};

use proptest::prelude::*;
use prost_reflect::prost::Message as _;

use super::{
    oracle::{Choices, config, random, shuffled},
    *,
};
use crate::message::lazy::{
    BytesAs, Drawing, FieldRef, LazyMessage, MessageRows, Query, Row, RowKind, RowLayout,
};

fn lazy(message: &MessageDescriptor, wire: &[u8]) -> LazyMessage {
    Printer::new(message).lazy(wire.to_vec().into())
}

fn layout(drawing: Drawing, defaults: bool) -> RowLayout {
    RowLayout {
        drawing,
        defaults,
        ..RowLayout::default()
    }
}

fn opened(message: &MessageDescriptor, wire: &[u8], layout: RowLayout) -> MessageRows {
    lazy(message, wire).rows(layout).run()
}

fn lines(rows: &MessageRows) -> Vec<String> {
    rows.rows(0..u64::MAX).iter().map(Row::json_line).collect()
}

/// All rows are the text, and every stretch of them is a part of it.
pub(super) fn same_as_text(message: &MessageDescriptor, wire: &[u8], defaults: bool) {
    let options = JsonOptions {
        pretty: true,
        defaults,
        max_bytes: 0,
    };
    let want = to_json(message, wire, options).text;
    let rows = opened(message, wire, layout(Drawing::Json, defaults));
    let all = lines(&rows);
    assert_eq!(all.join("\n"), want);
    assert_eq!(rows.len(), all.len() as u64);
    assert_eq!(
        rows.text(0..u64::MAX, usize::MAX).as_deref(),
        Some(want.as_str())
    );
    for start in (0..all.len()).step_by(1 + all.len() / 8) {
        let end = (start + 7).min(all.len());
        let part = rows.rows(start as u64..end as u64);
        let part: Vec<String> = part.iter().map(Row::json_line).collect();
        assert_eq!(part, all[start..end], "rows {start} to {end}");
    }
}

/// The rows, as they should be: those of all that is open, without what is in something closed.
struct Model {
    all: Vec<(Vec<u32>, RowKind)>,
    closed: BTreeSet<Vec<u32>>,
}

impl Model {
    fn new(rows: &MessageRows) -> Self {
        let all = rows.rows(0..u64::MAX).into_iter();
        Self {
            all: all.map(|row| (row.path, row.kind)).collect(),
            closed: BTreeSet::new(),
        }
    }

    fn rows(&self) -> Vec<(Vec<u32>, RowKind)> {
        let hidden = |path: &[u32], kind: RowKind| {
            let above = (0..path.len()).any(|end| self.closed.contains(&path[..end]));
            above || kind == RowKind::End && self.closed.contains(path)
        };
        let shown = self.all.iter().filter(|(path, kind)| !hidden(path, *kind));
        let kinds = shown.map(|(path, kind)| match self.closed.contains(path) {
            true => (path.clone(), RowKind::Closed),
            false => (path.clone(), *kind),
        });
        kinds.collect()
    }

    fn set(&mut self, path: &[u32], open: bool) {
        self.closed.retain(|it| !it.starts_with(path));
        if !open {
            self.closed.insert(path.to_vec());
        }
    }
}

fn opens_and_closes_as_the_model(mut rows: MessageRows, choices: &mut Choices<'_>) {
    let mut model = Model::new(&rows);
    for _ in 0..12 {
        let shown = model.rows();
        let doors: Vec<_> = shown
            .iter()
            .filter(|(_, kind)| matches!(kind, RowKind::Open | RowKind::Closed))
            .collect();
        if doors.is_empty() {
            return;
        }
        let (path, kind) = doors[choices.below(doors.len())].clone();
        let open = kind == RowKind::Closed;
        assert!(
            rows.set_open(&path, open, true).is_none(),
            "a small message needs no job"
        );
        model.set(&path, open);
        let want = model.rows();
        let made = rows.rows(0..u64::MAX);
        let have: Vec<_> = made
            .iter()
            .map(|row| (row.path.clone(), row.kind))
            .collect();
        assert_eq!(have, want);
        assert_eq!(rows.len(), want.len() as u64);
        for (at, row) in made.iter().enumerate() {
            let first = made.iter().position(|it| it.path == row.path).unwrap();
            assert_eq!(rows.row_of(&row.path), first as u64, "row {at}");
            let one = rows.rows(at as u64..at as u64 + 1);
            assert_eq!(one, made[at..=at], "row {at} alone");
        }
        // What is open stays open in the other drawing and back.
        let other = rows.laid_out(layout(Drawing::Tree, false)).run();
        let back = other.laid_out(rows.layout().clone()).run();
        assert_eq!(back.rows(0..u64::MAX), made);
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn all_rows_are_the_pretty_text(bytes in prop::collection::vec(any::<u8>(), 0..400), defaults: bool) {
        for name in ["wire.All", "wire2.Old"] {
            let message = message(name);
            let mut choices = Choices(bytes.iter());
            let mut wire = random(&message, &mut choices, 0).encode_to_vec();
            same_as_text(&message, &wire, defaults);
            let dealt = shuffled(&message, &wire, &mut choices);
            same_as_text(&message, &dealt, defaults);
            wire.extend(dealt);
            same_as_text(&message, &wire, defaults);
        }
    }

    #[test]
    fn rows_of_any_bytes_are_the_pretty_text(bytes in prop::collection::vec(any::<u8>(), 0..300), seed in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["wire.All", "wire2.Old", "google.protobuf.Any", "google.protobuf.Struct"] {
            let message = message(name);
            let mut wire = random(&message, &mut Choices(seed.iter()), 0).encode_to_vec();
            for pair in bytes.chunks(2).take(4) {
                if let [at, byte] = *pair && !wire.is_empty() {
                    let at = usize::from(at) % wire.len();
                    wire[at] = byte;
                }
            }
            for wire in [bytes.as_slice(), wire.as_slice()] {
                same_as_text(&message, wire, false);
                let tree = opened(&message, wire, layout(Drawing::Tree, true));
                let all = tree.rows(0..u64::MAX);
                prop_assert_eq!(tree.len(), all.len() as u64);
                for row in all {
                    prop_assert_eq!(tree.row_of(&row.path), tree.row_of(&row.path));
                    let _ = (tree.value_text(&row.path), tree.key_path(&row.path));
                }
            }
        }
    }

    #[test]
    fn opening_and_closing_agrees_with_a_model(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for drawing in [Drawing::Json, Drawing::Tree] {
            let message = message("wire.All");
            let mut choices = Choices(bytes.iter());
            let wire = random(&message, &mut choices, 0).encode_to_vec();
            opens_and_closes_as_the_model(opened(&message, &wire, layout(drawing, false)), &mut choices);
        }
    }

    #[test]
    fn every_hit_of_a_search_has_the_text(bytes in prop::collection::vec(any::<u8>(), 0..300), pick in 0_usize..8) {
        let text = ["1", "\"", "a", "é", "name", "true", "0", "COLOR"][pick];
        let message = message("wire.All");
        let one = random(&message, &mut Choices(bytes.iter()), 0).encode_to_vec();
        // In a list, too, where items that cannot have the text are passed over.
        let wire = Wire::new().len(29, &one).len(29, "").len(29, &one).raw(&one);
        let wire = wire.as_ref();
        for drawing in [Drawing::Json, Drawing::Tree] {
            let rows = opened(&message, wire, layout(drawing, false));
            let query = Query { text: text.to_owned(), match_case: true };
            let found = rows.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
            let hits: Vec<&[u32]> = (0..found.len()).map(|at| found.path(at).unwrap()).collect();
            let all = rows.rows(0..u64::MAX);
            let want = all.iter().filter(|row| {
                let brackets = row.kind != RowKind::Leaf && drawing == Drawing::Json;
                row.kind != RowKind::End && (row.key.contains(text) || !brackets && row.value.contains(text))
            });
            let want: Vec<&[u32]> = want.map(|row| row.path.as_slice()).collect();
            prop_assert_eq!(hits, want);
        }
    }
}

#[test]
fn a_row_says_name_type_number_and_value() {
    let small = Wire::new().int(1, 7).len(2, "Ann");
    let wire = Wire::new()
        .int(16, 1)
        .len(17, &small)
        .len(20, [1, 2, 3])
        .len(40, Wire::new().len(1, "x").int(2, 5))
        .len(70, Wire::new().int(1, 0))
        .int(999, 4);
    let tree = opened(
        &message("wire.All"),
        wire.as_ref(),
        layout(Drawing::Tree, false),
    );
    let rows: Vec<String> = tree
        .rows(0..u64::MAX)
        .iter()
        .map(|row| {
            let number = row.number.map_or_else(String::new, |n| n.to_string());
            let indent = " ".repeat(row.depth);
            format!(
                "{indent}{}|{}|{number}|{}",
                row.key, row.type_name, row.value
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "|wire.All||",
            " color|wire.Color|16|COLOR_RED = 1",
            " small|wire.Small|17|",
            "  id|int32|1|7",
            "  name|string|2|\"Ann\"",
            " int32s|repeated int32|20|",
            "  [0]|int32||1",
            "  [1]|int32||2",
            "  [2]|int32||3",
            " counts|map<string, int32>|40|",
            "  \"x\"|int32||5",
            " time|google.protobuf.Timestamp|70|\"1970-01-01T00:00:00Z\"",
            " unknown fields|||",
            "  ?|varint|999|4",
        ]
    );
}

#[test]
fn a_field_is_described_with_its_comment() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let loaded = crate::schema::compile(&[folder.join("wire.proto")], &[folder]);
    let message = loaded.schema.message("wire.All").unwrap();
    let lazy = Printer::within(&message, &loaded.schema).lazy(Vec::new().into());
    let field = |number| FieldRef {
        message: "wire.All".to_owned(),
        number,
    };
    let doc = lazy.describe(&field(1)).unwrap();
    assert_eq!(
        (doc.name.as_str(), doc.comment.as_str()),
        ("wire.All.int32", "A plain number.")
    );
    assert!(!doc.presence);
    let doc = lazy.describe(&field(62)).unwrap();
    assert_eq!((doc.oneof.as_deref(), doc.presence), (Some("choice"), true));
    assert!(lazy.describe(&field(101)).unwrap().deprecated);
    assert_eq!(lazy.describe(&field(999)), None);
}

#[test]
fn values_paths_and_parts_are_given_for_the_clipboard() {
    let wire = Wire::new()
        .len(28, Wire::new().int(1, 1))
        .len(28, Wire::new().int(1, 2).len(2, "a \"b\"\n"))
        .len(45, Wire::new().len(1, "k.1").len(2, Wire::new().int(2, 9)))
        .int(2, u64::MAX);
    let rows = opened(
        &message("wire.All"),
        wire.as_ref(),
        layout(Drawing::Json, false),
    );
    let by_line = |part: &str| {
        let rows = rows.rows(0..u64::MAX);
        let row = rows.iter().find(|row| row.json_line().contains(part));
        row.unwrap().path.clone()
    };
    for (part, path, value) in [
        ("\"int64\"", "int64", "-1"),
        ("\"name\"", "smalls[1].name", "a \"b\"\n"),
        ("\"9\"", "tree[\"k.1\"].int64", "9"),
        (
            "\"smalls\"",
            "smalls",
            "[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2,\n    \"name\": \"a \\\"b\\\"\\n\"\n  }\n]",
        ),
        ("\"k.1\"", "tree[\"k.1\"]", "{\n  \"int64\": \"9\"\n}"),
    ] {
        assert_eq!(rows.key_path(&by_line(part)), path, "{part}");
        assert_eq!(rows.value_text(&by_line(part)).unwrap(), value, "{part}");
    }
}

#[test]
fn bytes_are_shown_as_chosen_and_enums_as_numbers() {
    let inner = Wire::new().int(1, 3).len(2, "in");
    let wire = Wire::new().len(15, &inner).int(16, 1);
    let field = FieldRef {
        message: "wire.All".to_owned(),
        number: 15,
    };
    for (shown, want) in [
        (BytesAs::Base64, "  \"bytes\": \"CAMSAmlu\","),
        (BytesAs::Hex, "  \"bytes\": 08 03 12 02 69 6e,"),
        (
            BytesAs::Text,
            "  \"bytes\": \"\\b\\u0003\\u0012\\u0002in\",",
        ),
        (
            BytesAs::Message("no.Such".to_owned()),
            "  \"bytes\": \"CAMSAmlu\",",
        ),
        (BytesAs::Message("wire.Small".to_owned()), "  \"bytes\": {"),
    ] {
        let layout = RowLayout {
            bytes: [(field.clone(), shown)].into(),
            enum_numbers: true,
            ..RowLayout::default()
        };
        let rows = opened(&message("wire.All"), wire.as_ref(), layout);
        let lines = lines(&rows);
        assert_eq!(lines[1], want);
        assert_eq!(lines[lines.len() - 2], "  \"color\": 1");
        // What is copied as JSON is ProtoJSON all the same.
        let copied = rows.json_text(&[]).unwrap();
        assert!(
            copied.contains("\"CAMSAmlu\"") && copied.contains("COLOR_RED"),
            "{copied}"
        );
    }
}

#[test]
fn a_large_message_opens_one_level_and_the_rest_when_asked() {
    let mut wire = Wire::new();
    for id in 0..40_000 {
        wire = wire.len(28, Wire::new().int(1, id + 1).len(2, "x".repeat(40)));
    }
    let message = message("wire.All");
    let mut rows = opened(&message, wire.as_ref(), RowLayout::default());
    assert_eq!(rows.len(), 40_000 + 4);
    let line = |rows: &MessageRows, at: u64| rows.rows(at..at + 1)[0].json_line();
    assert_eq!(line(&rows, 20_002), "    {…},");
    assert!(
        rows.rows(2..3)[0]
            .preview
            .starts_with("{\"id\":1,\"name\":\"xxx")
    );

    assert!(rows.set_open(&[0, 20_000], true, false).is_none());
    assert_eq!(rows.len(), 40_000 + 4 + 3);
    assert_eq!(line(&rows, 20_003), "      \"id\": 20001,");
    assert_eq!(line(&rows, 20_006), "    {…},");
    assert_eq!(rows.row_of(&[0, 30_000]), 30_005);

    let job = rows.set_open(&[], true, true).unwrap();
    let all = job.run();
    let options = JsonOptions {
        pretty: true,
        ..COMPACT
    };
    let text = to_json(&message, wire.as_ref(), options).text;
    assert_eq!(all.len(), text.lines().count() as u64);
    let from = 2 + 4 * 25_000;
    let want: Vec<&str> = text.lines().skip(from as usize).take(9).collect();
    let have = all.text(from..from + 9, usize::MAX).unwrap();
    assert_eq!(have.lines().collect::<Vec<_>>(), want);

    let query = Query {
        text: "\"ID\": 4000".to_owned(),
        match_case: false,
    };
    let none = all.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
    assert!(none.is_empty(), "a text across key and value is no hit");
    let query = Query {
        text: "39999".to_owned(),
        ..query
    };
    let found = rows.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
    assert_eq!(
        (found.len(), found.path(0)),
        (1, Some([0, 39_998, 0].as_slice()))
    );
    assert!(rows.reveal(&[0, 39_998, 0]).is_none());
    let row = rows.row_of(&[0, 39_998, 0]);
    assert_eq!(line(&rows, row), "      \"id\": 39999,");
}

#[test]
fn the_entries_of_a_map_are_searched_in_whatever_order_they_come() {
    let pool = crate::message::compile_for_tests(
        r#"syntax = "proto3"; package t;
        message M { map<int32, V> at = 1; }
        message V { string text = 1; double share = 2; }"#,
    );
    let message = pool.get_message_by_name("t.M").unwrap();
    const ENTRIES: u64 = 60_000;
    let wire = |key_of: &dyn Fn(u64) -> u64| {
        let mut wire = Wire::new();
        for at in 0..ENTRIES {
            let key = key_of(at);
            let text = match key {
                30_000 => format!("{:90}Needle", ""),
                _ => format!("{:96}", ""),
            };
            let value = Wire::new().len(1, &text);
            wire = wire.len(1, Wire::new().int(1, key).len(2, &value));
        }
        wire
    };
    let falling = wire(&|at| ENTRIES - 1 - at);
    // 7 and 60,000 have no common divisor.
    let mixed = wire(&|at| at * 7 % ENTRIES);
    for (order, wire) in [("falling", falling), ("mixed", mixed)] {
        let rows = lazy(&message, wire.as_ref())
            .rows(layout(Drawing::Json, false))
            .run();
        for (text, match_case, hits) in [
            ("Needle", true, 1),
            ("needle", false, 1),
            ("needle", true, 0),
            ("nowhere", false, 0),
        ] {
            let query = Query {
                text: text.to_owned(),
                match_case,
            };
            let found = rows.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
            assert_eq!(found.len(), hits, "{order}: {text}");
            if hits == 1 {
                assert_eq!(found.path(0), Some([0, 30_000, 0].as_slice()), "{order}");
            }
        }
    }
    let nan = Wire::new()
        .int(1, 1)
        .len(2, Wire::new().key(2, 1).raw(f64::NAN.to_le_bytes()));
    let rows = opened(
        &message,
        Wire::new().len(1, &nan).as_ref(),
        layout(Drawing::Json, false),
    );
    for text in ["NaN", "NAN", "nan"] {
        let query = Query {
            text: text.to_owned(),
            match_case: false,
        };
        let found = rows.search(&query, &AtomicU64::new(0), &AtomicBool::new(false));
        assert_eq!(found.len(), 1, "{text}");
    }
}
