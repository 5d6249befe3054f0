//! An edit of the form, as data: drawing finds it, the document takes it afterwards.

use std::ops::Range;

use stubless_core::message::{Document, NodeKind, Path, Step, TextFix};

use super::{follow::Moved, state::BodyState, value, value::fresh_key};

/// One thing the person did to the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Puts a JSON text at a path.
    Set(Path, String),
    /// The same for a keystroke in a field: those of one visit are undone together, a word at a time.
    Type(Path, String),
    /// Takes a value away.
    Remove(Path),
    /// Empties a field that is being typed into: it says `null`, which is as good as absent, so that
    /// what is typed next comes to its place and its comment.
    Empty(Path),
    /// Takes what was emptied away, as one step with it.
    TakeEmptied(Path),
    /// Adds an item to a list, which may be absent.
    Append(Path, String),
    /// Puts an item before another one of a list.
    Insert(Path, usize, String),
    /// Adds an entry to a map of a type, which may be absent.
    AddEntry(Path, String, String),
    /// Adds items to a list.
    AddItems(Path, Vec<String>),
    /// Adds entries to a map; those that are there take the new value.
    AddEntries(Path, Vec<(String, String)>),
    /// Copies an item or entry.
    Duplicate(Path),
    /// Moves an item up (-1) or down (1).
    Shift(Path, i8),
    /// Moves an item to another place in its list.
    MoveTo(Path, usize),
    /// Gives a map's entry another key.
    Rename(Path, String),
    /// Gives a key that stands twice another name where it stands first.
    RenameAt(Range<usize>, String),
    /// Chooses an arm of a oneof: those set go, their texts are kept.
    Choose(Vec<Path>, Option<(Path, String)>),
    /// Mends a mistake.
    Mend(TextFix),
}

/// Applies an edit; gives the path to show next, if it made one.
pub(super) fn apply(document: &mut Document, state: &mut BodyState, edit: Edit) -> Option<Path> {
    if document.syntax_error().is_none() {
        state.follow(document);
    }
    match edit {
        Edit::Set(path, json) => {
            set(document, state, &path, |document| {
                document.set(&path, &json)
            });
            None
        }
        Edit::Type(path, json) => {
            set(document, state, &path, |document| {
                document.type_at(&path, &json)
            });
            None
        }
        Edit::Remove(path) => {
            if document.remove(&path) {
                state.moved(document, Moved::Removed(&path));
            }
            None
        }
        Edit::Empty(path) => {
            if document.set(&path, "null") {
                state.emptied = Some((path, document.revision()));
            }
            None
        }
        Edit::TakeEmptied(path) => {
            document.undo();
            document.remove(&path);
            None
        }
        Edit::Append(path, json) => {
            let item = path.index(document.len(&path));
            let is_list = document
                .node(&path)
                .is_some_and(|node| node.kind == NodeKind::Array);
            let done = if is_list {
                document.set(&item, &json)
            } else {
                document.set(&path, &format!("[{json}]"))
            };
            done.then_some(item)
        }
        Edit::Insert(path, index, json) => {
            let done = document.insert(&path, index, &json);
            done.then(|| inserted(document, state, &path, index))
        }
        Edit::AddEntry(path, map_type, json) => {
            let entry = path.key(fresh_key(&map_type, &document.keys(&path)));
            document.set(&entry, &json).then_some(entry)
        }
        Edit::AddItems(path, items) => {
            let len = document.len(&path);
            let done = document.insert_all(&path, len, &items);
            done.then(|| path.index(len))
        }
        Edit::AddEntries(path, entries) => {
            let first = entries.first().map(|(key, _)| path.key(key));
            first.filter(|_| document.put_members(&path, &entries))
        }
        Edit::Duplicate(path) => duplicate(document, state, &path),
        Edit::Shift(path, by) => {
            let to = position(document, &path)?.checked_add_signed(isize::from(by))?;
            move_to(document, state, &path, to)
        }
        Edit::MoveTo(path, to) => move_to(document, state, &path, to),
        Edit::Rename(path, to) => {
            let (parent, last) = split(&path)?;
            let Step::Key(from) = last else {
                return None;
            };
            let done = document.rename_key(&parent, from, &to);
            done.then(|| {
                state.moved(document, Moved::Renamed(&parent, from, &to));
                parent.key(to)
            })
        }
        Edit::RenameAt(range, to) => {
            document.grouped(|document| document.replace(range, &value::json_string(&to)));
            None
        }
        Edit::Choose(old, new) => choose(document, state, &old, new),
        Edit::Mend(fix) => {
            document.grouped(|document| document.replace(fix.range, &fix.with));
            None
        }
    }
}

/// What becomes of a field that was emptied, once the keyboard has left it.
pub(super) fn emptied(document: &Document, state: &mut BodyState) -> Option<Edit> {
    let (path, revision) = state.emptied.take()?;
    if document.node(&path)?.kind != NodeKind::Null {
        return None;
    }
    if state.focus_in(&path) {
        state.emptied = Some((path, revision));
        return None;
    }
    Some(if document.revision() == revision {
        Edit::TakeEmptied(path)
    } else {
        Edit::Remove(path)
    })
}

/// Whether a scalar that counts stands at a path: with another one there all rows are the same.
/// The type of an Any says which rows it has.
fn scalar_at(document: &Document, path: &Path) -> bool {
    if matches!(path.0.last(), Some(Step::Key(key)) if key == "@type") {
        return false;
    }
    document.node(path).is_some_and(|node| match node.kind {
        NodeKind::String | NodeKind::Number | NodeKind::Bool => true,
        NodeKind::Object | NodeKind::Array | NodeKind::Null => false,
    })
}

/// Sets a value. Rows stay as they are while one scalar takes the place of another.
fn set(
    document: &mut Document,
    state: &mut BodyState,
    path: &Path,
    set: impl FnOnce(&mut Document) -> bool,
) {
    let before = scalar_at(document, path);
    set(document);
    if before && scalar_at(document, path) {
        state.rows.keep(document.revision());
    }
}

fn inserted(document: &Document, state: &mut BodyState, list: &Path, index: usize) -> Path {
    state.moved(document, Moved::Inserted(list, index));
    list.index(index)
}

/// Which item or member a value is of what it stands in, in the order of the text.
pub(super) fn position(document: &Document, path: &Path) -> Option<usize> {
    match split(path)? {
        (_, Step::Index(index)) => Some(*index),
        (parent, Step::Key(key)) => {
            let members = document.value(&parent)?;
            // Of a key that stands twice the last one counts.
            let at = members.member(key)?.range().start;
            members
                .children()
                .position(|member| member.range().start == at)
        }
    }
}

fn duplicate(document: &mut Document, state: &mut BodyState, path: &Path) -> Option<Path> {
    let (parent, last) = split(path)?;
    let text = document.value_text(path)?.to_owned();
    match last {
        Step::Index(index) => {
            let done = document.insert(&parent, index + 1, &text);
            done.then(|| inserted(document, state, &parent, index + 1))
        }
        Step::Key(key) => {
            let taken = document.keys(&parent);
            let copy = (2..taken.len() + 3)
                .map(|n| format!("{key}{n}"))
                .find(|candidate| !taken.contains(candidate))?;
            let path = parent.key(copy);
            document.set(&path, &text).then_some(path)
        }
    }
}

fn move_to(document: &mut Document, state: &mut BodyState, path: &Path, to: usize) -> Option<Path> {
    let (parent, last) = split(path)?;
    let from = position(document, path)?;
    if !document.move_item(&parent, from, to) {
        return None;
    }
    if matches!(last, Step::Key(_)) {
        // An entry has its key wherever it stands.
        return Some(path.clone());
    }
    state.moved(document, Moved::Item(&parent, from, to));
    Some(parent.index(to))
}

/// The new arm comes where the old one stood, so that the text keeps its order.
fn choose(
    document: &mut Document,
    state: &mut BodyState,
    old: &[Path],
    new: Option<(Path, String)>,
) -> Option<Path> {
    let mut there = Vec::new();
    for arm in old {
        if let Some(text) = document.value_text(arm) {
            state.arms.insert(arm.clone(), text.to_owned());
            there.push(arm);
        }
    }
    let new = new.map(|(path, json)| {
        let kept = state.arms.get(&path).cloned();
        (path, kept.unwrap_or(json))
    });
    document.grouped(|document| {
        let mut old = there.into_iter();
        if let Some((path, json)) = &new
            && let Some(first) = old.next()
        {
            let renamed = match (split(first), split(path)) {
                (Some((parent, Step::Key(from))), Some((_, Step::Key(to)))) => {
                    document.rename_key(&parent, from, to)
                }
                _ => false,
            };
            if !renamed {
                document.remove(first);
            }
            document.set(path, json);
        } else if let Some((path, json)) = &new {
            document.set(path, json);
        }
        for arm in old {
            document.remove(arm);
        }
    });
    new.map(|(path, _)| path)
}

/// The path above, and the last step.
pub(super) fn split(path: &Path) -> Option<(Path, &Step)> {
    let (last, above) = path.0.split_last()?;
    Some((Path(above.to_vec()), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = r#"{"items": [{"card": "one"}, {"card": "two"}, {"cash": "three"}]}"#;

    fn item(index: usize) -> Path {
        Path::root().key("items").index(index)
    }

    fn texts(document: &Document) -> Vec<&str> {
        let items = document.value(&Path::root().key("items")).unwrap();
        items.children().map(|item| item.text()).collect()
    }

    /// The first item's card was changed to cash.
    fn changed() -> (Document, BodyState) {
        let (mut document, mut state) = (Document::new(ORDERS), BodyState::default());
        let cash = (item(0).key("cash"), "\"\"".to_owned());
        let edit = Edit::Choose(vec![item(0).key("card")], Some(cash));
        apply(&mut document, &mut state, edit);
        assert_eq!(texts(&document)[0], r#"{"cash": ""}"#);
        // As at the end of a frame.
        state.follow(&document);
        (document, state)
    }

    /// Goes back to card there.
    fn choose_card(document: &mut Document, state: &mut BodyState, index: usize) -> String {
        state.follow(document);
        let card = (item(index).key("card"), "\"new\"".to_owned());
        let edit = Edit::Choose(vec![item(index).key("cash")], Some(card));
        apply(document, state, edit);
        document.string_at(&item(index).key("card")).unwrap()
    }

    #[test]
    fn the_text_of_an_arm_stays_with_its_item() {
        type Change = fn(&mut Document, &mut BodyState);
        let (mut document, mut state) = changed();
        apply(&mut document, &mut state, Edit::Remove(item(0)));
        assert_eq!(
            texts(&document),
            [r#"{"card": "two"}"#, r#"{"cash": "three"}"#]
        );
        assert!(state.arms.is_empty(), "it went with its item");

        let follows: [(&str, Change, usize); 6] = [
            (
                "inserted above",
                |d, s| {
                    apply(
                        d,
                        s,
                        Edit::Insert(Path::root().key("items"), 0, "{}".to_owned()),
                    );
                },
                1,
            ),
            (
                "moved down",
                |d, s| {
                    apply(d, s, Edit::MoveTo(item(0), 2));
                },
                2,
            ),
            (
                "its neighbour moved up",
                |d, s| {
                    apply(d, s, Edit::Shift(item(1), -1));
                },
                1,
            ),
            (
                "its neighbour removed",
                |d, s| {
                    apply(d, s, Edit::Remove(item(1)));
                },
                0,
            ),
            (
                "one more in the text",
                |d, _| {
                    let at = d.node(&item(0)).unwrap().range.start;
                    d.replace(at..at, "{}, ");
                },
                1,
            ),
            (
                "one more, and taken back",
                |d, s| {
                    apply(
                        d,
                        s,
                        Edit::Insert(Path::root().key("items"), 0, "{}".to_owned()),
                    );
                    d.undo();
                },
                0,
            ),
        ];
        for (name, change, index) in follows {
            let (mut document, mut state) = changed();
            change(&mut document, &mut state);
            assert_eq!(
                choose_card(&mut document, &mut state, index),
                "one",
                "{name}"
            );
        }
    }

    #[test]
    fn entries_are_moved_and_renamed_with_what_is_kept_of_them() {
        let text = "{\"by\": {\"a\": 1, // one\n  \"b\": 2\n}}";
        let (mut document, mut state) = (Document::new(text), BodyState::default());
        let by = Path::root().key("by");
        state.arms.insert(by.key("a").key("card"), "1".to_owned());
        let shown = apply(&mut document, &mut state, Edit::Shift(by.key("a"), 1));
        assert_eq!(shown, Some(by.key("a")));
        assert_eq!(document.keys(&by), ["b", "a"]);
        for (edit, why) in [
            (Edit::Shift(by.key("a"), 1), "the last"),
            (Edit::Shift(by.key("b"), -1), "the first"),
            (Edit::Shift(by.key("c"), 1), "not there"),
        ] {
            assert_eq!(apply(&mut document, &mut state, edit), None, "{why}");
        }
        apply(
            &mut document,
            &mut state,
            Edit::Rename(by.key("a"), "z".to_owned()),
        );
        assert!(state.arms.contains_key(&by.key("z").key("card")));
        assert!(document.undo());
        assert_eq!(document.keys(&by), ["b", "a"]);
    }
}
