//! An edit of the form, as data: drawing finds it, the document takes it afterwards.

use stubless_core::message::{Document, Path, Step};

use super::value::fresh_key;

/// One thing the person did to the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Puts a JSON text at a path.
    Set(Path, String),
    /// The same, as a part of the edit before it: both are undone together.
    SetOn(Path, String),
    /// Takes a value away.
    Remove(Path),
    /// Adds an item to a list, which may be absent.
    Append(Path, String),
    /// Adds an entry to a map of a type, which may be absent.
    AddEntry(Path, String, String),
    /// Copies an item or entry.
    Duplicate(Path),
    /// Moves an item up (-1) or down (1).
    Shift(Path, i8),
    /// Gives a map's entry another key.
    Rename(Path, String),
    /// Chooses an arm of a oneof: the old one goes.
    Choose(Option<Path>, Option<(Path, String)>),
}

/// Applies an edit; gives the path to show next, if it made one.
pub(super) fn apply(document: &mut Document, edit: Edit) -> Option<Path> {
    match edit {
        Edit::Set(path, json) => {
            document.set(&path, &json);
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
            document.remove(&path);
            None
        }
        Edit::Append(path, json) => {
            let item = path.index(document.len(&path));
            let done = if document.node(&path).is_some() {
                document.set(&item, &json)
            } else {
                document.set(&path, &format!("[{json}]"))
            };
            done.then_some(item)
        }
        Edit::AddEntry(path, map_type, json) => {
            let entry = path.key(fresh_key(&map_type, &document.keys(&path)));
            document.set(&entry, &json).then_some(entry)
        }
        Edit::Duplicate(path) => duplicate(document, &path),
        Edit::Shift(path, by) => shift(document, &path, by),
        Edit::Rename(path, to) => {
            let (parent, last) = split(&path)?;
            let Step::Key(from) = last else {
                return None;
            };
            document
                .rename_key(&parent, from, &to)
                .then(|| parent.key(to))
        }
        Edit::Choose(old, new) => {
            if let Some(old) = old {
                document.remove(&old);
            }
            let (path, json) = new?;
            document.set(&path, &json).then_some(path)
        }
    }
}

fn duplicate(document: &mut Document, path: &Path) -> Option<Path> {
    let (parent, last) = split(path)?;
    let text = document.value_text(path)?.to_owned();
    match last {
        Step::Index(index) => document
            .insert(&parent, index + 1, &text)
            .then(|| parent.index(index + 1)),
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

fn shift(document: &mut Document, path: &Path, by: i8) -> Option<Path> {
    let (parent, last) = split(path)?;
    let Step::Index(from) = *last else {
        return None;
    };
    let to = from.checked_add_signed(isize::from(by))?;
    if to >= document.len(&parent) {
        return None;
    }
    document
        .move_item(&parent, from, to)
        .then(|| parent.index(to))
}

/// The path above, and the last step.
pub(super) fn split(path: &Path) -> Option<(Path, &Step)> {
    let (last, above) = path.0.split_last()?;
    Some((Path(above.to_vec()), last))
}
