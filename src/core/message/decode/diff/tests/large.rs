//! Large and hostile messages.

use super::*;

#[test]
fn nesting_without_end_is_compared_as_bytes_at_the_limit() {
    let nested = |last: u8| {
        let mut bytes = vec![0x18, last];
        for _ in 0..300 {
            let mut outer = vec![0xb2, 0x01];
            let mut len = bytes.len();
            while len >= 0x80 {
                outer.push(u8::try_from(len & 0x7f).unwrap() | 0x80);
                len >>= 7;
            }
            outer.push(u8::try_from(len).unwrap());
            outer.extend(bytes);
            bytes = outer;
        }
        bytes
    };
    let found = differ(DiffRules::default()).diff(&nested(1), &nested(2));
    assert_eq!(found.differences, 1);
    assert_eq!(found.left_problems.len(), 1, "{:?}", found.left_problems);
    assert!(
        differ(DiffRules::default())
            .diff(&nested(1), &nested(1))
            .is_equal()
    );
}

/// Field 7 with an id, and a name in every `named`-th.
fn items(count: u32, named: u32, name: &[u8], skip: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for id in (0..count).filter(|id| *id != skip) {
        let mut item = vec![0x08];
        let mut rest = id;
        while rest >= 0x80 {
            item.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        item.push(u8::try_from(rest).unwrap());
        if id % named == 0 {
            item.extend([0x12, u8::try_from(name.len()).unwrap()]);
            item.extend(name);
        }
        bytes.extend([0x3a, u8::try_from(item.len()).unwrap()]);
        bytes.extend(item);
    }
    bytes
}

#[test]
fn many_items_are_aligned_however_the_rules_say() {
    let left = items(200_000, 20_000, b"left", u32::MAX);
    // One item is missing, ten are changed.
    let right = items(200_000, 20_000, b"right", 50_001);
    for (mode, differences) in [("id", 11), ("", 11)] {
        let found = differ(rules(&[], &[("items", mode)])).diff(&left, &right);
        assert_eq!(
            found.differences,
            differences,
            "{mode}: {:?}",
            &told(&found)[..20.min(found.len())]
        );
        assert!(found.len() < 100, "{}", found.len());
    }
    let counted = differ(rules(&["items[*].name"], &[])).count(&left, &right, &mut [0]);
    assert_eq!(
        counted,
        DiffCount {
            differences: 1,
            hidden: 10
        }
    );
}

#[test]
fn rows_have_a_limit_and_differences_do_not() {
    let left = items(250_000, 1, b"left", u32::MAX);
    let right = items(250_000, 1, b"right", u32::MAX);
    let found = differ(rules(&[], &[("items", "@position")])).diff(&left, &right);
    assert_eq!(found.differences, 250_000);
    assert!(found.len() <= 400_000 && found.left_out > 0);
    let shown = found
        .rows()
        .filter(|row| matches!(row.state, RowState::Differs(_)))
        .count();
    assert_eq!(shown + found.left_out, found.differences);
}

#[test]
fn a_message_of_nothing_but_unknown_fields_takes_no_square() {
    // Every field has a number of its own, none of which the schema has.
    let unknown = |value: u8, count: u32| {
        let mut bytes = Vec::new();
        for number in 1000..1000 + count {
            let mut key = number << 3;
            while key >= 0x80 {
                bytes.push(u8::try_from(key & 0x7f).unwrap() | 0x80);
                key >>= 7;
            }
            bytes.extend([u8::try_from(key).unwrap(), value]);
        }
        bytes
    };
    let found = differ(DiffRules::default()).diff(&unknown(1, 150_000), &unknown(2, 150_001));
    assert_eq!(found.differences, 150_001);
    let found = differ(rules(&["@unknown"], &[])).diff(&unknown(1, 10), &unknown(2, 10));
    assert_eq!((found.differences, found.hidden_total()), (0, 10));
}
