//! An edit of the form, as data: drawing finds it, the document takes it afterwards.

use std::ops::Range;

use stubless_core::message::{Document, NodeKind, Path, Step, TextFix};

use super::{state::BodyState, value, value::fresh_key};

/// One thing the person did to the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Puts a JSON text at a path.
    Set(Path, String),
    /// The same, as a part of the edit before it: both are undone together.
    SetOn(Path, String),
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
    match edit {
        Edit::Set(path, json) => {
            let before = scalar_at(document, &path);
            document.set(&path, &json);
            if before && scalar_at(document, &path) {
                state.rows.keep(document.revision());
            }
            None
        }
        Edit::SetOn(path, json) => {
            if let Some(node) = document.node(&path) {
                document.replace_joined(node.range, &json);
            } else {
                document.set(&path, &json);
            }
            None
        }
        Edit::Remove(path) => {
            if document.remove(&path) {
                state.folds(|folds| folds.removed(&path));
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
            done.then(|| inserted(state, &path, index))
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
            let (_, Step::Index(from)) = split(&path)? else {
                return None;
            };
            let to = from.checked_add_signed(isize::from(by))?;
            move_to(document, state, &path, to)
        }
        Edit::MoveTo(path, to) => move_to(document, state, &path, to),
        Edit::Rename(path, to) => {
            let (parent, last) = split(&path)?;
            let Step::Key(from) = last else {
                return None;
            };
            document
                .rename_key(&parent, from, &to)
                .then(|| parent.key(to))
        }
        Edit::RenameAt(range, to) => {
            document.replace(range, &value::json_string(&to));
            None
        }
        Edit::Choose(old, new) => choose(document, state, &old, new),
        Edit::Mend(fix) => {
            document.replace(fix.range, &fix.with);
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

fn inserted(state: &mut BodyState, list: &Path, index: usize) -> Path {
    state.folds(|folds| folds.inserted(list, index));
    list.index(index)
}

fn duplicate(document: &mut Document, state: &mut BodyState, path: &Path) -> Option<Path> {
    let (parent, last) = split(path)?;
    let text = document.value_text(path)?.to_owned();
    match last {
        Step::Index(index) => {
            let done = document.insert(&parent, index + 1, &text);
            done.then(|| inserted(state, &parent, index + 1))
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
    let Step::Index(from) = *last else {
        return None;
    };
    if to >= document.len(&parent) || !document.move_item(&parent, from, to) {
        return None;
    }
    state.folds(|folds| folds.moved(&parent, from, to));
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
