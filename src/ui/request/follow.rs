//! What is kept of a place in a body follows it when items move.
//!
//! An edit of the form says what it moved ([`Moved`]). Whatever else changes the text (the text view,
//! undo, a paste) says nothing: there each item that something is kept of has an anchor, the byte where
//! it begins, which follows the changes of the text. An item whose beginning was replaced is gone: better
//! nothing kept than what was kept of its neighbour.

use std::collections::HashMap;

use stubless_core::message::{Document, DocumentId, Path, Step};

/// What an edit of the form did to the places of a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moved<'a> {
    /// An item came before the one at this index of a list.
    Inserted(&'a Path, usize),
    /// A value was taken out.
    Removed(&'a Path),
    /// An item of a list was moved from an index to another.
    Item(&'a Path, usize, usize),
    /// A member of an object got another key.
    Renamed(&'a Path, &'a str, &'a str),
}

impl Moved<'_> {
    /// Where what was at a path is now; `None` when it is gone.
    pub(super) fn place(self, path: &Path) -> Option<Path> {
        match self {
            Self::Inserted(list, index) => {
                Some(in_list(path, list, |at| at + usize::from(at >= index)))
            }
            Self::Removed(removed) => after_removal(path, removed),
            Self::Item(list, from, to) => Some(in_list(path, list, |at| {
                if at == from {
                    to
                } else {
                    let without = at - usize::from(at > from);
                    without + usize::from(without >= to)
                }
            })),
            Self::Renamed(parent, from, to) => match step_below(path, parent) {
                Some(Step::Key(key)) if key == from => {
                    Some(with_step(path, parent.0.len(), Step::Key(to.to_owned())))
                }
                _ => Some(path.clone()),
            },
        }
    }
}

/// A field that was cleared keeps how it is looked at, what was below it is gone; of an item all is.
fn after_removal(path: &Path, removed: &Path) -> Option<Path> {
    let (last, list) = removed.0.split_last()?;
    match last {
        Step::Key(_) => (step_below(path, removed).is_none()).then(|| path.clone()),
        Step::Index(index) => {
            let list = Path(list.to_vec());
            let own = step_below(path, &list) == Some(last);
            (!own).then(|| in_list(path, &list, |at| at - usize::from(at > *index)))
        }
    }
}

/// A path whose item of a list has another index.
fn in_list(path: &Path, list: &Path, place: impl Fn(usize) -> usize) -> Path {
    match step_below(path, list) {
        Some(Step::Index(at)) => with_step(path, list.0.len(), Step::Index(place(*at))),
        _ => path.clone(),
    }
}

/// The step that leads from a place down to another one, if it is below.
fn step_below<'a>(path: &'a Path, above: &Path) -> Option<&'a Step> {
    path.0.strip_prefix(above.0.as_slice())?.first()
}

fn with_step(path: &Path, depth: usize, step: Step) -> Path {
    let mut path = path.clone();
    if let Some(there) = path.0.get_mut(depth) {
        *there = step;
    }
    path
}

/// Where the items begin that something is kept of.
#[derive(Debug, Clone, Default)]
pub(super) struct Anchors {
    /// The text that the bytes are of.
    of: Option<(DocumentId, u64)>,
    /// The first byte of each item; `None` when that was replaced.
    items: HashMap<Path, Option<usize>>,
    /// The text changed since the items were noted.
    changed: bool,
}

impl Anchors {
    /// Takes note of all items on the way to places.
    pub(super) fn note(&mut self, document: &Document, places: impl Iterator<Item = Path>) {
        self.of = Some((document.id(), document.revision()));
        self.changed = false;
        self.items.clear();
        for place in places {
            for depth in 1..=place.0.len() {
                let item = Path(place.0.iter().take(depth).cloned().collect());
                if matches!(item.0.last(), Some(Step::Index(_))) && !self.items.contains_key(&item)
                {
                    let begin = document.value(&item).map(|value| value.range().start);
                    self.items.insert(item, begin);
                }
            }
        }
    }

    /// Follows what was changed in the text, whether or not it parses.
    pub(super) fn advance(&mut self, document: &Document) {
        let now = (document.id(), document.revision());
        let Some((id, revision)) = self.of.filter(|of| *of != now) else {
            self.of = Some(now);
            return;
        };
        (self.of, self.changed) = (Some(now), true);
        let changes = (id == now.0).then(|| document.changes_since(revision));
        let changes: Option<Vec<_>> = changes.flatten().map(Iterator::collect);
        for begin in self.items.values_mut() {
            *begin = changes.as_ref().and_then(|changes| {
                changes.iter().try_fold((*begin)?, |at, change| {
                    let replaced = change.at <= at && at < change.at + change.removed;
                    (!replaced).then(|| change.moved(at))
                })
            });
        }
    }

    /// Whether items may have moved since they were noted.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// The index of each item in the text as it is now, which must parse.
    pub(super) fn places(&self, document: &Document) -> Places {
        let place = |item: &Path, begin: usize| {
            let path = document.path_at(begin)?;
            let there = document.value(&path)?.range().start == begin;
            match path.0.last() {
                Some(Step::Index(index)) if there && path.0.len() == item.0.len() => Some(*index),
                _ => None,
            }
        };
        let items = self.items.iter();
        Places(
            items
                .map(|(item, begin)| (item.clone(), begin.and_then(|begin| place(item, begin))))
                .collect(),
        )
    }
}

/// Where items are now.
#[derive(Debug)]
pub(super) struct Places(HashMap<Path, Option<usize>>);

impl Places {
    /// The index of an item; `None` when it is gone. One that was not noted stays.
    pub(super) fn index(&self, item: &Path) -> Option<usize> {
        match (self.0.get(item), item.0.last()) {
            (Some(index), _) => *index,
            (None, Some(Step::Index(index))) => Some(*index),
            (None, _) => None,
        }
    }

    /// Where what was at a path is now.
    pub(super) fn place(&self, path: &Path) -> Option<Path> {
        let mut steps = Vec::with_capacity(path.0.len());
        for (depth, step) in path.0.iter().enumerate() {
            steps.push(match step {
                Step::Key(_) => step.clone(),
                Step::Index(_) => Step::Index(self.index(&Path(path.0[..=depth].to_vec()))?),
            });
        }
        Some(Path(steps))
    }
}

/// Gives what is kept by places new places.
pub(super) fn rekey<V>(kept: &mut HashMap<Path, V>, place: &dyn Fn(&Path) -> Option<Path>) {
    if !kept.is_empty() {
        let moved = std::mem::take(kept).into_iter();
        *kept = moved
            .filter_map(|(path, value)| Some((place(&path)?, value)))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `items[2].kind`.
    fn kind(index: usize) -> Path {
        Path::root().key("items").index(index).key("kind")
    }

    #[test]
    fn places_follow_what_an_edit_says() {
        let list = Path::root().key("items");
        let item = list.index(1);
        let cases = [
            (
                "before an inserted one",
                Moved::Inserted(&list, 1),
                kind(0),
                Some(kind(0)),
            ),
            (
                "behind an inserted one",
                Moved::Inserted(&list, 1),
                kind(1),
                Some(kind(2)),
            ),
            (
                "another list",
                Moved::Inserted(&list, 0),
                Path::root().key("more").index(0),
                Some(Path::root().key("more").index(0)),
            ),
            ("the removed one", Moved::Removed(&item), kind(1), None),
            (
                "behind a removed one",
                Moved::Removed(&item),
                kind(2),
                Some(kind(1)),
            ),
            (
                "before a removed one",
                Moved::Removed(&item),
                kind(0),
                Some(kind(0)),
            ),
            (
                "a field that was cleared",
                Moved::Removed(&list),
                list.clone(),
                Some(list.clone()),
            ),
            (
                "below a field that was cleared",
                Moved::Removed(&list),
                kind(0),
                None,
            ),
            (
                "the moved one",
                Moved::Item(&list, 0, 2),
                kind(0),
                Some(kind(2)),
            ),
            (
                "passed on the way down",
                Moved::Item(&list, 0, 2),
                kind(2),
                Some(kind(1)),
            ),
            (
                "passed on the way up",
                Moved::Item(&list, 2, 0),
                kind(0),
                Some(kind(1)),
            ),
            (
                "behind both",
                Moved::Item(&list, 0, 2),
                kind(3),
                Some(kind(3)),
            ),
            (
                "of a renamed entry",
                Moved::Renamed(&Path::root(), "items", "all"),
                list.index(1),
                Some(Path::root().key("all").index(1)),
            ),
        ];
        for (name, moved, path, want) in cases {
            assert_eq!(moved.place(&path), want, "{name}");
        }
    }

    #[test]
    fn places_follow_the_text() {
        type Case = (&'static str, fn(&mut Document), [Option<usize>; 3]);
        let text = "{\"items\": [{\"kind\": 1}, {\"kind\": 2}, {\"kind\": 3}]}";
        let list = Path::root().key("items");
        let cases: [Case; 6] = [
            (
                "taken out as text",
                |d| d.replace(11..24, ""),
                [None, Some(0), Some(1)],
            ),
            (
                "one more as text",
                |d| d.replace(11..11, "{}, "),
                [Some(1), Some(2), Some(3)],
            ),
            (
                "edited inside",
                |d| d.replace(20..21, "17"),
                [Some(0), Some(1), Some(2)],
            ),
            ("another list", |d| d.set_text("[0]"), [None, None, None]),
            (
                "taken out and back",
                |d| {
                    assert!(d.remove(&Path::root().key("items").index(0)) && d.undo());
                },
                [None, Some(1), Some(2)],
            ),
            (
                "half-typed in between",
                |d| {
                    d.replace(11..11, "{");
                    d.replace(12..12, "}, ");
                },
                [Some(1), Some(2), Some(3)],
            ),
        ];
        for (name, change, want) in cases {
            let mut document = Document::new(text);
            let mut anchors = Anchors::default();
            anchors.note(&document, (0..3).map(kind));
            change(&mut document);
            anchors.advance(&document);
            assert!(anchors.changed(), "{name}");
            let places = anchors.places(&document);
            let now = [0, 1, 2].map(|index| places.index(&list.index(index)));
            assert_eq!(now, want, "{name}");
            assert_eq!(places.place(&kind(1)), want[1].map(kind), "{name}");
        }
    }
}
