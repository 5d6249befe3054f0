//! The field tree: what each byte is, what is wrong with it, and that nothing is left out.

use bytes::Bytes;
use proptest::{prelude::*, test_runner::RngSeed};
use prost_reflect::{DynamicMessage, MessageDescriptor, Value, prost::Message as _};

use super::{
    fuzz::{open_all, tiles},
    *,
};
use crate::message::{compile_for_tests, fixture::pool};

fn message(name: &str) -> MessageDescriptor {
    pool().get_message_by_name(name).unwrap()
}

/// A view with everything open.
fn opened(bytes: impl Into<Bytes>, message: Option<MessageDescriptor>) -> WireView {
    let mut view = WireView::new(WireTree::new(bytes.into(), message, None));
    open_all(&mut view);
    tiles(&mut view);
    view
}

/// Every row as `depth number name: kind = value`.
fn lines(view: &mut WireView) -> Vec<String> {
    let rows = view.rows().to_vec();
    let line = |row: Row| {
        let it = view.describe(row.node).unwrap();
        let number = it.number.map_or_else(String::new, |n| format!("{n} "));
        let guess = if it.guessed { "?" } else { "" };
        let line = format!(
            "{}{number}{}: {}{guess} = {}",
            "  ".repeat(row.depth),
            it.name,
            it.kind,
            it.value
        );
        line
    };
    rows.into_iter().map(line).collect()
}

fn problems(bytes: &[u8], message: Option<MessageDescriptor>) -> Vec<String> {
    let view = opened(bytes.to_vec(), message);
    let survey = view.tree().look_through(&|| true).unwrap();
    let said = |it: &Finding| format!("{}..{} {}", it.range.start, it.range.end, it.problem);
    survey.findings.iter().map(said).collect()
}

#[test]
fn a_message_of_a_known_type_has_names_types_and_values() {
    let bytes = b"\x08\x96\x01\x72\x02hi\x80\x01\x01\x8a\x01\x06\x08\x07\x12\x02ab\xa2\x01\x03\x01\x02\x03\x0d\x00\x00\x00\x00";
    let mut view = opened(bytes.to_vec(), Some(message("wire.All")));
    assert_eq!(
        lines(&mut view),
        [
            "1 int32: int32 = 150",
            "14 string: string = \"hi\"",
            "16 color: Color = COLOR_RED (1)",
            "17 small: Small = {\"id\":7,\"name\":\"ab\"}",
            "  1 id: int32 = 7",
            "  2 name: string = \"ab\"",
            "20 int32s: repeated int32 = 1, 2, 3",
            "  [0]: int32 = 1",
            "  [1]: int32 = 2",
            "  [2]: int32 = 3",
            "1 int32: 32-bit? = 0.0 or 0",
        ]
    );
}

#[test]
fn without_a_schema_payloads_are_guessed() {
    for (case, bytes, want) in [
        (
            "a varint",
            b"\x08\x96\x01".as_slice(),
            vec!["1 : varint? = 150"],
        ),
        (
            "a negative one",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            vec!["1 : varint? = -1 or 18446744073709551615"],
        ),
        ("text", b"\x12\x05hello", vec!["2 : string? = \"hello\""]),
        (
            "a message",
            b"\x1a\x03\x08\x96\x01",
            vec!["3 : message? = 3 bytes", "  1 : varint? = 150"],
        ),
        (
            "a message that is text, too",
            b"\x1a\x07\n\x05hello",
            vec!["3 : message? = 7 bytes", "  1 : string? = \"hello\""],
        ),
        (
            "bytes",
            b"\x22\x03\xff\xfe\x00",
            vec!["4 : bytes? = FF FE 00"],
        ),
        ("nothing", b"\x22\x00", vec!["4 : ? = empty"]),
        (
            "a float",
            b"\x2d\x00\x00\xc0\x3f",
            vec!["5 : 32-bit? = 1.5 or 1069547520"],
        ),
        (
            "an integer of 64 bits",
            b"\x31\x07\0\0\0\0\0\0\0",
            vec!["6 : 64-bit? = 7 or 3.5e-323"],
        ),
        (
            "a group",
            b"\x3b\x08\x01\x3c",
            vec!["7 : message = 2 bytes", "  1 : varint? = 1"],
        ),
    ] {
        let mut view = opened(bytes.to_vec(), None);
        assert_eq!(lines(&mut view), want, "{case}");
    }
}

#[test]
fn a_guess_can_be_changed_and_taken_back() {
    let mut view = opened(b"\x12\x04\x08\x01\x10\x02".to_vec(), None);
    let first = view.rows()[0];
    for (choice, want) in [
        (
            Some(Choice::Text),
            vec!["2 : string = \"\\u{8}\\u{1}\\u{10}\\u{2}\""],
        ),
        (Some(Choice::Bytes), vec!["2 : bytes = 08 01 10 02"]),
        (
            Some(Choice::Varints),
            vec![
                "2 : packed varint = 8, 1, 16, 2",
                "  [0]: varint? = 8",
                "  [1]: varint? = 1",
                "  [2]: varint? = 16",
                "  [3]: varint? = 2",
            ],
        ),
        (
            Some(Choice::Fixed32),
            // What follows are digits of a float.
            vec![
                "2 : packed 32-bit = 34603272 or ",
                "  [0]: 32-bit? = 34603272 or ",
            ],
        ),
        (
            Some(Choice::Fixed64),
            vec![
                "2 : packed 64-bit = 08 01 10 02",
                "  rest: bytes = 08 01 10 02",
            ],
        ),
        (
            None,
            vec![
                "2 : message? = 4 bytes",
                "  1 : varint? = 1",
                "  2 : varint? = 2",
            ],
        ),
    ] {
        assert!(view.describe(first.node).unwrap().choosable);
        view.choose(2, choice);
        assert_eq!(view.chosen(2), choice);
        view.set_open(first.node, true);
        open_all(&mut view);
        let got = lines(&mut view);
        if choice == Some(Choice::Fixed32) {
            assert_eq!(got.len(), want.len());
            for (got, want) in got.iter().zip(want) {
                assert!(got.starts_with(want), "{got}");
            }
            continue;
        }
        assert_eq!(got, want, "{choice:?}");
    }
    let small = view.tree().type_id(&message("wire.Small"));
    view.choose(2, Some(Choice::Type(small)));
    open_all(&mut view);
    assert_eq!(
        lines(&mut view)[1..],
        ["  1 id: int32 = 1", "  2 name: varint? = 2"]
    );
}

#[test]
fn every_fault_has_its_bytes_and_words() {
    let deep = {
        let mut bytes = Vec::new();
        for _ in 0..150 {
            let mut outer = vec![0x92, 0x01];
            let mut len = bytes.len();
            while len >= 0x80 {
                outer.push(len as u8 | 0x80);
                len >>= 7;
            }
            outer.push(len as u8);
            outer.extend(bytes);
            bytes = outer;
        }
        bytes
    };
    let all = || Some(message("wire.All"));
    for (case, bytes, message, want) in [
        (
            "an unknown field",
            b"\xb8\x3e\x01".as_slice(),
            all(),
            vec!["0..3 Field 999 is not in `wire.All`"],
        ),
        (
            "another wire type",
            b"\x0a\x01x",
            all(),
            vec![
                "0..1 The schema has this field as varint, and it stands here as length-delimited",
            ],
        ),
        (
            "a long varint",
            b"\x08\x81\x00",
            all(),
            vec!["1..3 A varint of 2 bytes where 1 would do"],
        ),
        (
            "a long tag",
            b"\x88\x00\x01",
            all(),
            vec!["0..2 A tag of 2 bytes where 1 would do"],
        ),
        (
            "a varint of 70 bits",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
            all(),
            vec!["1..11 A varint of more than 64 bits"],
        ),
        (
            "a varint without end",
            b"\x08\xff\xff",
            all(),
            vec!["0..3 The bytes end in the middle of field 1, a varint value"],
        ),
        (
            "a tag without end",
            b"\x08\x01\xff",
            all(),
            vec!["2..3 The bytes end in the middle of a tag"],
        ),
        (
            "a length beyond the end",
            b"\x72\x05hi",
            all(),
            vec!["0..4 3 bytes are missing: the length says 5, 2 are there"],
        ),
        (
            "a fixed value cut short",
            b"\x3d\x01\x02",
            all(),
            vec!["0..3 The bytes end in the middle of field 7, a 32-bit value"],
        ),
        (
            "field number 0",
            b"\x00\x01\x08\x02",
            None,
            vec!["0..1 There is no field number 0"],
        ),
        (
            "a reserved number",
            b"\xc0\xa3\x09\x01",
            None,
            vec!["0..3 Field number 19000 is one that protobuf keeps for itself (19000 to 19999)"],
        ),
        (
            "a number too great",
            b"\x80\x80\x80\x80\x10\x01",
            None,
            vec!["0..5 Field number 536870912 is beyond the greatest, 536870911"],
        ),
        (
            "wire type 6",
            b"\x08\x01\x0e\x01\x02",
            None,
            vec!["2..5 Wire type 6 does not exist, so nobody knows where this field ends"],
        ),
        (
            "a group without end",
            b"\x0b\x08\x01",
            None,
            vec!["0..1 Group 1 has no end that could be found"],
        ),
        (
            "a group that ends as another",
            b"\x0b\x08\x01\x14\x08\x01",
            None,
            vec!["3..4 Group 1 ends as group 2"],
        ),
        (
            "an end without a group",
            b"\x0c\x08\x01",
            None,
            vec!["0..1 Group 1 ends here but was not opened"],
        ),
        (
            "text that is none",
            b"\x72\x03a\xffb",
            all(),
            vec!["3..4 The text is not UTF-8"],
        ),
        (
            "packed values cut short",
            b"\xa2\x01\x02\x01\x80",
            all(),
            vec!["4..5 The packed values end in the middle of one"],
        ),
        (
            "packed fixed values cut short",
            b"\xb2\x01\x06\x01\0\0\0\x02\0",
            all(),
            vec!["7..9 The packed values end in the middle of one"],
        ),
        (
            "a number that an enum has not",
            b"\x80\x01\x07",
            all(),
            vec!["2..3 `Color` has no value 7"],
        ),
        (
            "messages nested too deep",
            &deep,
            all(),
            vec!["298..503 Messages are nested deeper than 100"],
        ),
        ("nothing wrong", b"\x08\x01", all(), vec![]),
    ] {
        let mut got = problems(bytes, message);
        if case == "messages nested too deep" {
            // Where exactly follows from the lengths.
            assert_eq!(got.len(), 1, "{got:?}");
            got[0] = want[0].to_owned();
        }
        assert_eq!(got, want, "{case}");
    }
}

#[test]
fn a_fault_inside_a_message_leaves_what_follows_it_readable() {
    // small { a record, wire type 7 … } and then a field of the outer message.
    let bytes = b"\x8a\x01\x04\x08\x01\x0f\xff\x08\x05";
    let mut view = opened(bytes.to_vec(), Some(message("wire.All")));
    assert_eq!(
        lines(&mut view),
        [
            "17 small: Small = {\"id\":1}",
            "  1 id: int32 = 1",
            "  rest: bytes = 0F FF",
            "1 int32: int32 = 5",
        ]
    );
}

#[test]
fn a_byte_is_said_in_words() {
    let bytes = b"\x20\x96\x81\x01\x72\x02hi\xa2\x01\x03\x01\xac\x02\x3d\0\0\0\0\x0f\x0f";
    let view = opened(bytes.to_vec(), Some(message("wire.All")));
    for (offset, want) in [
        (
            0,
            "Byte 0 (0x0) is 0x20: the tag: field 4 `uint64`, wire type 0 (varint)",
        ),
        (
            2,
            "Byte 2 (0x2) is 0x81: the second of three of a varint: field 4 `uint64`, wire type 0, value 16534",
        ),
        (
            5,
            "Byte 5 (0x5) is 0x02: the length of field 14 `string`: 2 bytes follow",
        ),
        (
            7,
            "Byte 7 (0x7) is 0x69: byte 2 of 2 of field 14 `string`, string \"hi\"",
        ),
        (
            9,
            "Byte 9 (0x9) is 0x01: the second of two of the tag: field 20 `int32s`, wire type 2 (length-delimited)",
        ),
        (
            11,
            "Byte 11 (0xB) is 0x01: a varint of one byte: value [0] of field 20 `int32s`, value 1",
        ),
        (
            13,
            "Byte 13 (0xD) is 0x02: the second of two of a varint: value [1] of field 20 `int32s`, value 300",
        ),
        (
            16,
            "Byte 16 (0x10) is 0x00: the second of four of a fixed value: field 7 `fixed32`, wire type 5, value 0",
        ),
        (
            20,
            "Byte 20 (0x14) is 0x0F: part of 2 bytes that cannot be read: wire type 7 does not exist, so nobody knows where this field ends",
        ),
        (21, ""),
    ] {
        assert_eq!(view.explain(offset), want);
    }
}

#[test]
fn a_byte_opens_its_nodes_level_by_level() {
    let inner = b"\x08\x07\x12\x02ab";
    let mut bytes = vec![0x92, 0x01, 9, 0x8a, 0x01, 6];
    bytes.extend(inner);
    let mut view = WireView::new(WireTree::new(bytes.into(), Some(message("wire.All")), None));
    // Reading what is missing until there is nothing more is what the window does from frame to frame.
    let mut levels = 0;
    let node = loop {
        let (node, missing) = view.reveal(10);
        match missing {
            Some(key) => view.tree().read(key),
            None => break node.unwrap(),
        };
        levels += 1;
    };
    assert_eq!(levels, 3);
    let named = view.describe(node).unwrap();
    assert_eq!((named.name.as_str(), named.range), ("name", 8..12));
    assert!(
        view.rows()
            .iter()
            .any(|row| row.node == node && row.depth == 2)
    );
    let (path, _) = view.path_at(10);
    assert_eq!(view.path_text(&path), "child › small › name");
}

#[test]
fn a_field_that_repeats_a_million_times_is_one_node_of_thousands() {
    const ITEMS: usize = 1_234_567;
    let mut bytes = vec![0x08, 0x01];
    for _ in 0..ITEMS {
        bytes.extend(b"\xe2\x01\x02\x08\x05");
    }
    bytes.extend(b"\x72\x02hi");
    let tree = WireTree::new(bytes.into(), Some(message("wire.All")), None);
    let mut view = WireView::new(tree);
    view.tree().read(view.tree().root());
    let rows = lines(&mut view);
    assert_eq!(
        rows,
        [
            "1 int32: int32 = 1",
            "28 smalls: repeated Small = 1,234,567 records",
            "14 string: string = \"hi\"",
        ]
    );
    let offset = 2 + 1_000_500 * 5 + 4;
    let node = loop {
        let (node, missing) = view.reveal(offset);
        match missing {
            Some(key) => view.tree().read(key),
            None => break node.unwrap(),
        };
    };
    let (path, _) = view.path_at(offset);
    assert_eq!(view.path_text(&path), "smalls[1000500] › id");
    assert_eq!(view.range_of(node), Some(offset - 1..offset + 1));
    let rows = lines(&mut view);
    assert!(
        rows.contains(&"  [1000000 … 1234566]:  = 234,567 values".to_owned()),
        "{:?}",
        &rows[..5]
    );
    assert!(rows.len() < 2500);
}

#[test]
fn an_any_is_opened_by_its_type() {
    let pool = pool();
    let any = pool.get_message_by_name("google.protobuf.Any").unwrap();
    let bytes = b"\x0a\x0cx/wire.Small\x12\x02\x08\x07";
    let mut view = opened(bytes.to_vec(), Some(any.clone()));
    assert_eq!(
        lines(&mut view),
        [
            "1 type_url: string = \"x/wire.Small\"",
            "2 value: Small = {\"id\":7}",
            "  1 id: int32 = 7",
        ]
    );
    let bytes = b"\x0a\x09x/no.Such\x12\x02\x08\x07";
    let mut view = opened(bytes.to_vec(), Some(any));
    let row = view.rows()[1];
    let finding = view.describe(row.node).unwrap().findings.remove(0);
    assert_eq!(finding.problem, Problem::AnyType("no.Such".to_owned()));
}

#[test]
fn of_two_urls_the_last_is_the_type_and_one_without_a_slash_is_none() {
    let pool = pool();
    let any = pool.get_message_by_name("google.protobuf.Any").unwrap();
    for (bytes, second, opens) in [
        (
            &b"\x0a\x09x/no.Such\x12\x02\x08\x07\x0a\x0cx/wire.Small"[..],
            1,
            true,
        ),
        (
            b"\x0a\x0cx/wire.Small\x0a\x09x/no.Such\x12\x02\x08\x07",
            2,
            false,
        ),
        (b"\x0a\x0awire.Small\x12\x02\x08\x07", 1, false),
    ] {
        let mut view = opened(bytes.to_vec(), Some(any.clone()));
        let line = lines(&mut view).remove(second);
        assert_eq!(line.starts_with("2 value: Small"), opens, "{line}");
    }
}

#[test]
fn groups_and_extensions_have_their_names() {
    let pool = compile_for_tests(
        r#"syntax = "proto2"; package p;
        message Old { optional group Pair = 3 { optional int32 left = 1; } extensions 100 to 200; }
        extend Old { optional string more = 100; }"#,
    );
    let old = pool.get_message_by_name("p.Old").unwrap();
    let mut view = opened(b"\x1b\x08\x01\x1c\xa2\x06\x01x".to_vec(), Some(old));
    assert_eq!(
        lines(&mut view),
        [
            "3 pair: Pair = 2 bytes",
            "  1 left: int32 = 1",
            "100 [p.more]: string = \"x\"",
        ]
    );
}

#[test]
fn a_look_asks_whether_to_go_on_also_inside_of_groups_and_ends_when_nobody_waits() {
    // The content of the innermost group is passed over once for each of those around it.
    let mut bytes = [0x0b].repeat(90);
    bytes.extend([0x10, 0x01].repeat(10_000));
    let view = opened(bytes, None);
    let left = std::cell::Cell::new(3);
    let survey = view.tree().look_through(&|| {
        left.set(left.get() - 1);
        left.get() > 0
    });
    assert_eq!((survey, left.get()), (None, 0));
    assert!(view.tree().survey().is_none());

    let asked = std::cell::Cell::new(0);
    let survey = view.tree().look_through(&|| {
        asked.set(asked.get() + 1);
        true
    });
    assert!(survey.is_some_and(|survey| !survey.more));
    let records = 90 * 10_000;
    assert!(
        (records / 5000..records / 3000).contains(&asked.get()),
        "{asked:?}"
    );
}

#[test]
fn problems_are_visited_in_turn() {
    let view = opened(
        b"\xb8\x3e\x01\x08\x01\xb8\x3e\x02".to_vec(),
        Some(message("wire.All")),
    );
    let survey = view.tree().look_through(&|| true).unwrap();
    let start = |finding: Option<&Finding>| finding.unwrap().range.start;
    assert_eq!(start(survey.after(None)), 0);
    assert_eq!(start(survey.after(Some(0))), 5);
    assert_eq!(start(survey.after(Some(5))), 0);
    assert_eq!(start(survey.before(Some(5))), 0);
    assert_eq!(start(survey.before(Some(0))), 5);
    assert_eq!(survey.worst(), Some(Weight::Warning));
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_nodes_of_any_bytes_cover_them(bytes in prop::collection::vec(any::<u8>(), 0..200), choice: u8) {
        let data = [&[choice], bytes.as_slice()].concat();
        super::fuzz::wire_tree(&data);
    }

    #[test]
    fn known_fields_are_read_as_prost_reflect_reads_them(
        (int32, int64, uint32, uint64, sint32, sint64) in any::<(i32, i64, u32, u64, i32, i64)>(),
        (fixed32, fixed64, sfixed32, sfixed64) in any::<(u32, u64, i32, i64)>(),
        (float, double, flag) in any::<(f32, f64, bool)>(),
        text in "[a-z é]{0,12}",
    ) {
        let all = message("wire.All");
        let mut made = DynamicMessage::new(all.clone());
        for (name, value) in [
            ("int32", Value::I32(int32)), ("int64", Value::I64(int64)), ("uint32", Value::U32(uint32)),
            ("uint64", Value::U64(uint64)), ("sint32", Value::I32(sint32)), ("sint64", Value::I64(sint64)),
            ("fixed32", Value::U32(fixed32)), ("fixed64", Value::U64(fixed64)), ("sfixed32", Value::I32(sfixed32)),
            ("sfixed64", Value::I64(sfixed64)), ("float", Value::F32(float)), ("double", Value::F64(double)),
            ("bool", Value::Bool(flag)), ("string", Value::String(text)),
        ] {
            made.set_field_by_name(name, value);
        }
        let mut view = opened(made.encode_to_vec(), Some(all));
        let mut seen = 0;
        for row in view.rows().to_vec() {
            let it = view.describe(row.node).unwrap();
            let want = match made.get_field_by_name(&it.name).unwrap().into_owned() {
                Value::I32(value) => value.to_string(),
                Value::I64(value) => value.to_string(),
                Value::U32(value) => value.to_string(),
                Value::U64(value) => value.to_string(),
                Value::F32(value) => format!("{value:?}"),
                Value::F64(value) => format!("{value:?}"),
                Value::Bool(value) => value.to_string(),
                Value::String(value) => format!("{value:?}"),
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert_eq!(it.value, want, "{}", it.name);
            prop_assert!(it.findings.is_empty());
            seen += 1;
        }
        prop_assert_eq!(seen, made.fields().count());
    }
}
