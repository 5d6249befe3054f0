//! Fuzz target of comparisons: what holds for any two messages.

use super::{super::Printer, DiffCount, DiffRules, Differ, MessageDiff, RowState};
use crate::{fuzz::Input, message::fuzz::message, workspace::CompareSettings};

/// Two messages of one type or of two: nothing differs from itself, the other way round the same differs,
/// what is ignored differs no more, and counting finds what rows show.
pub fn message_diff(data: &[u8]) {
    let mut input = Input::new(data);
    let (choice, mode, at) = (input.byte(), input.byte(), usize::from(input.byte()));
    let wire = input.rest();
    let (left, right) = wire.split_at(at.min(wire.len()));
    let printer = Printer::new(&message(choice & 3));
    let other = Printer::new(&message(choice >> 2 & 3));
    let settings = CompareSettings {
        keys: match mode % 3 {
            0 => vec![("**".to_owned(), "@position".to_owned())],
            1 => vec![("**".to_owned(), "@set".to_owned())],
            _ => Vec::new(),
        },
        ..CompareSettings::default()
    };
    let rules = |ignore: Vec<String>| {
        let settings = CompareSettings {
            ignore,
            ..settings.clone()
        };
        DiffRules::of(&settings)
    };
    let (none, errors) = rules(Vec::new());
    assert!(errors.is_empty(), "{errors:?}");
    for (own, bytes) in [(&printer, left), (&other, right)] {
        let itself = Differ::new(own.clone(), own.clone(), none.clone());
        assert!(itself.diff(bytes, bytes).is_equal());
    }
    let there = Differ::new(printer.clone(), other.clone(), none.clone());
    let found = there.diff(left, right);
    let back = Differ::new(other.clone(), printer.clone(), none);
    assert_eq!(found.is_equal(), back.diff(right, left).is_equal());
    let counted = there.count(left, right, &mut []);
    let all = DiffCount {
        differences: found.differences,
        hidden: 0,
    };
    assert_eq!(counted, all);
    let (ignoring, errors) = rules(paths(&found));
    if !errors.is_empty() {
        // A path of more steps than a rule may have.
        return;
    }
    let ignored = Differ::new(printer, other, ignoring);
    let hidden = ignored.diff(left, right);
    assert_eq!(
        (hidden.differences, hidden.hidden_total()),
        (0, found.differences)
    );
}

fn paths(diff: &MessageDiff) -> Vec<String> {
    let differs = diff
        .rows()
        .enumerate()
        .filter(|(_, row)| matches!(row.state, RowState::Differs(_)));
    // The message as a whole has no path.
    let paths = differs.map(|(at, _)| diff.path(at));
    paths
        .map(|path| {
            if path.is_empty() {
                "**".to_owned()
            } else {
                path
            }
        })
        .collect()
}
