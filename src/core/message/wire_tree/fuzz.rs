//! Fuzz target of the field tree.

use bytes::Bytes;

use super::{Level, NodeKey, Part, WireTree, WireView, view::below};
use crate::{fuzz::Input, message::fuzz::message};

/// Nodes that one input opens.
const MAX_OPENED: usize = 4096;

/// Any bytes as a tree: the nodes of a level cover it without gap or overlap, every byte leads to the nodes
/// around it, and what is in view can be described.
pub fn wire_tree(data: &[u8]) {
    let mut input = Input::new(data);
    let choice = input.byte();
    let message = (choice & 4 == 0).then(|| message(choice & 3));
    let bytes = Bytes::copy_from_slice(input.rest());
    let mut view = WireView::new(WireTree::new(bytes.clone(), message, None));
    open_all(&mut view);
    tiles(&mut view);
    for offset in (0..bytes.len()).take(512) {
        let (path, missing) = view.path_at(offset);
        assert_eq!(missing, None, "{offset}");
        let mut around = 0..bytes.len();
        for node in &path {
            let range = view.range_of(*node);
            let Some(range) = range else {
                panic!("{offset}: {node:?} is not there");
            };
            assert!(range.contains(&offset), "{offset}: {node:?} {range:?}");
            assert!(around.start <= range.start && range.end <= around.end);
            around = range;
        }
        assert!(!path.is_empty(), "{offset}");
        assert!(view.explain(offset).starts_with("Byte"), "{offset}");
    }
    let survey = view.tree().look_through(&|| true);
    for finding in survey.iter().flat_map(|it| &it.findings) {
        assert!(finding.range.end <= bytes.len(), "{finding:?}");
        assert!(!finding.problem.to_string().is_empty());
    }
}

/// Opens what can be opened, until there is nothing more or very much.
pub(super) fn open_all(view: &mut WireView) {
    loop {
        for key in view.wanted().to_vec() {
            view.tree().read(key);
        }
        let rows = view.rows().to_vec();
        if rows.len() > MAX_OPENED {
            return;
        }
        let closed: Vec<NodeKey> = rows
            .into_iter()
            .filter(|row| !view.is_open(row.node) && view.can_open(*row))
            .map(|row| row.node)
            .collect();
        if closed.is_empty() && view.wanted().is_empty() {
            return;
        }
        for node in closed {
            view.set_open(node, true);
        }
    }
}

/// Holds that the parts of every level that is read cover what they are parts of.
pub(super) fn tiles(view: &mut WireView) {
    let rows = view.rows().to_vec();
    let mut keys: Vec<_> = rows.iter().map(|row| row.node.level).collect();
    keys.push(view.tree().root());
    keys.dedup();
    for key in keys {
        let Some(level) = view.tree().level(key) else {
            continue;
        };
        let all = Part::Children {
            first: 0,
            count: level.children(),
        };
        covers(view, key, &level, all, key.range());
    }
    for row in rows {
        let Some(described) = view.describe(row.node) else {
            panic!("{row:?} has nothing to show");
        };
        let mut at = described.range.start;
        for (_, part) in &described.parts {
            assert_eq!(part.start, at, "{row:?}: {described:?}");
            at = part.end;
        }
        assert!(described.parts.is_empty() || at == described.range.end);
        if let Some(below) = described.opens {
            let inside = below.range();
            assert!(described.range.start <= inside.start && inside.end <= described.range.end);
        }
    }
}

fn covers(
    view: &WireView,
    key: super::LevelKey,
    level: &Level,
    part: Part,
    range: std::ops::Range<usize>,
) {
    let mut at = range.start;
    let parts = below(level, part);
    assert!(parts.len() <= 1000, "{part:?} has {} below it", parts.len());
    for part in parts {
        let own = view.range_of(NodeKey { level: key, part });
        let Some(own) = own else {
            panic!("{part:?} of {key:?} is not there");
        };
        assert_eq!(own.start, at, "{part:?} of {key:?}");
        assert!(!own.is_empty(), "{part:?} of {key:?}");
        at = own.end;
        if !matches!(part, Part::Item(_) | Part::Rest) {
            covers(view, key, level, part, own);
        }
    }
    assert_eq!(at, range.end, "{part:?} of {key:?}");
}
