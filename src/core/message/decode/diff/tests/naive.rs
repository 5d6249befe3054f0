//! Random pairs against a comparison of `DynamicMessage`s that is as simple as can be, and what holds for
//! any two texts of bytes.

use std::collections::BTreeSet;

use proptest::{prelude::*, test_runner::RngSeed};
use prost_reflect::{FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use super::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    }
}

/// Choices that proptest can shrink.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % end.max(1)
    }
}

fn value(kind: &Kind, choices: &mut Choices<'_>, depth: usize) -> Value {
    let n = choices.below(4);
    match kind {
        Kind::Double => Value::F64([0.0, -0.0, 1.5, f64::NAN][n]),
        Kind::Float => Value::F32([0.0, 2.5, -1.0, f32::INFINITY][n]),
        Kind::Int32 | Kind::Sint32 => Value::I32([0, 1, -1, i32::MIN][n]),
        Kind::Int64 => Value::I64([0, 1, -1, i64::MIN][n]),
        Kind::Bool => Value::Bool(n > 1),
        Kind::String => Value::String(["", "a", "b", "\"]."][n].to_owned()),
        Kind::Bytes => Value::Bytes(vec![7; n].into()),
        Kind::Enum(_) => Value::EnumNumber([0, 1, 2, 9][n]),
        Kind::Message(inner) => Value::Message(message(inner, choices, depth + 1)),
        other => panic!("{other:?}"),
    }
}

fn message(of: &MessageDescriptor, choices: &mut Choices<'_>, depth: usize) -> DynamicMessage {
    let mut made = DynamicMessage::new(of.clone());
    let plain = |field: &FieldDescriptor| match field.kind() {
        Kind::Message(inner) => field.is_map() || !inner.full_name().starts_with("google."),
        _ => true,
    };
    let fields: Vec<_> = of.fields().filter(plain).collect();
    let count = if depth > 3 { 0 } else { choices.below(6) };
    for _ in 0..count {
        let field = &fields[choices.below(fields.len())];
        let kind = field.kind();
        let made_value = match &kind {
            Kind::Message(entry) if field.is_map() => {
                let inner = entry.map_entry_value_field().kind();
                let key = |n: usize| match entry.map_entry_key_field().kind() {
                    Kind::String => MapKey::String(["k", "", "l"][n].to_owned()),
                    _ => MapKey::I32([0, -1, 5][n]),
                };
                let entries =
                    (0..choices.below(3)).map(|n| (key(n), value(&inner, choices, depth + 1)));
                Value::Map(entries.collect())
            }
            _ if field.is_list() => {
                let items = (0..choices.below(4)).map(|_| value(&kind, choices, depth));
                Value::List(items.collect())
            }
            _ => value(&kind, choices, depth),
        };
        made.set_field(field, made_value);
    }
    made
}

/// Paths that differ, lists by position.
fn naive(left: &DynamicMessage, right: &DynamicMessage, path: &str, found: &mut BTreeSet<String>) {
    for field in left.descriptor().fields() {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", field.json_name());
        match (left.has_field(&field), right.has_field(&field)) {
            (false, false) => {}
            (true, true) => values(
                &left.get_field(&field),
                &right.get_field(&field),
                &path,
                found,
            ),
            _ => {
                found.insert(path);
            }
        }
    }
}

fn values(left: &Value, right: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (left, right) {
        (Value::Message(left), Value::Message(right)) => naive(left, right, path, found),
        (Value::List(left), Value::List(right)) => {
            for at in 0..left.len().max(right.len()) {
                let path = format!("{path}[{at}]");
                match (left.get(at), right.get(at)) {
                    (Some(left), Some(right)) => values(left, right, &path, found),
                    _ => {
                        found.insert(path);
                    }
                }
            }
        }
        (Value::Map(left), Value::Map(right)) => {
            for key in left.keys().chain(right.keys()) {
                let text = match key {
                    MapKey::String(key) => serde_json::to_string(key).unwrap(),
                    MapKey::I32(key) => key.to_string(),
                    other => panic!("{other:?}"),
                };
                let path = format!("{path}[{text}]");
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => values(left, right, &path, found),
                    _ => {
                        found.insert(path);
                    }
                }
            }
        }
        (Value::F64(left), Value::F64(right)) => {
            if left.to_bits() != right.to_bits() && !(left.is_nan() && right.is_nan()) {
                found.insert(path.to_owned());
            }
        }
        _ => {
            if left != right {
                found.insert(path.to_owned());
            }
        }
    }
}

fn paths(diff: &MessageDiff) -> BTreeSet<String> {
    let differs = |(at, row): (usize, DiffRow<'_>)| {
        matches!(row.state, RowState::Differs(_)).then(|| diff.path(at))
    };
    diff.rows().enumerate().filter_map(differs).collect()
}

fn by_position() -> DiffRules {
    rules(&[], &[("**", "@position")])
}

/// One of a few ways to spoil bytes.
fn spoiled(mut bytes: Vec<u8>, at: usize, how: u8) -> Vec<u8> {
    if bytes.is_empty() {
        return vec![how];
    }
    let at = at % bytes.len();
    match how % 4 {
        0 => bytes.truncate(at),
        1 => bytes[at] = how,
        2 => bytes.insert(at, how),
        _ => {
            bytes.remove(at);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_paths_are_those_of_a_naive_comparison(a in prop::collection::vec(any::<u8>(), 0..60), b in prop::collection::vec(any::<u8>(), 0..60), near: bool) {
        let left = message(&order(), &mut Choices(a.iter()), 0);
        // Either of its own, or the same but for its end.
        let mut b = b;
        if near {
            let keep = a.len() - a.len() / 4;
            b = [&a[..keep], &b[..b.len() / 4]].concat();
        }
        let right = message(&order(), &mut Choices(b.iter()), 0);
        let mut wanted = BTreeSet::new();
        naive(&left, &right, "", &mut wanted);
        let (left, right) = (left.encode_to_vec(), right.encode_to_vec());
        let found = differ(by_position()).diff(&left, &right);
        prop_assert_eq!(paths(&found), wanted);
    }

    #[test]
    fn any_bytes_hold_the_laws(a in prop::collection::vec(any::<u8>(), 0..60), b in prop::collection::vec(any::<u8>(), 0..60), at: usize, how: u8, mode in 0..3_usize) {
        let left = message(&order(), &mut Choices(a.iter()), 0).encode_to_vec();
        let right = match how % 3 {
            0 => spoiled(left.clone(), at, how / 3),
            1 => message(&order(), &mut Choices(b.iter()), 0).encode_to_vec(),
            _ => b,
        };
        let keys = [&[("**", "@position")][..], &[("items", "id")], &[]][mode];
        let there = differ(rules(&[], keys)).diff(&left, &right);

        // Nothing differs from itself.
        for own in [&left, &right] {
            let own = differ(rules(&[], keys)).diff(own, own);
            prop_assert!(own.is_equal(), "{:?}", told(&own));
        }
        // The other way round the same differs.
        let back = differ(rules(&[], keys)).diff(&right, &left);
        prop_assert_eq!(there.is_equal(), back.is_equal());
        if mode == 0 {
            let turned: Vec<DiffKind> = kinds(&back).into_iter().map(turned).collect();
            prop_assert_eq!(kinds(&there), turned);
            prop_assert_eq!(paths(&there), paths(&back));
        }
        // What is ignored differs no more.
        let paths: Vec<String> = paths(&there).into_iter().collect();
        let ignore: Vec<&str> = paths.iter().map(String::as_str).collect();
        let rules = rules(&ignore, keys);
        let ignored = differ(rules.clone()).diff(&left, &right);
        prop_assert_eq!(ignored.differences, 0, "{:?}", told(&ignored));
        prop_assert_eq!(ignored.hidden_total(), there.differences);
        let mut hidden = vec![0; ignore.len()];
        let counted = differ(rules).count(&left, &right, &mut hidden);
        prop_assert_eq!(counted, DiffCount { differences: 0, hidden: there.differences });
        prop_assert_eq!(hidden, ignored.hidden);
    }
}

fn kinds(diff: &MessageDiff) -> Vec<DiffKind> {
    let kind = |row: DiffRow<'_>| match row.state {
        RowState::Differs(kind) => Some(kind),
        _ => None,
    };
    diff.rows().filter_map(kind).collect()
}

fn turned(kind: DiffKind) -> DiffKind {
    match kind {
        DiffKind::OnlyLeft => DiffKind::OnlyRight,
        DiffKind::OnlyRight => DiffKind::OnlyLeft,
        other => other,
    }
}
