//! Which rows a person opened and closed.

use std::collections::{BTreeMap, HashMap};

use crate::message::{Path, Step};

/// What a person turned the other way than the schema's rule has it, and below which rows all is open
/// or closed. Kept beside a document for as long as it is in view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folds {
    root: Fold,
}

/// One row that was touched, or that leads to one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Fold {
    toggled: bool,
    /// All that is here and below is open (what the text has) or closed.
    all: Option<bool>,
    keys: HashMap<String, Fold>,
    items: BTreeMap<usize, Fold>,
}

impl Folds {
    /// Opens a closed row, closes an open one.
    pub fn toggle(&mut self, path: &Path) {
        let fold = self.root.at(path);
        fold.toggled = !fold.toggled;
    }

    /// Opens a row and all below it that stands in the text, or closes them.
    pub fn set_all(&mut self, path: &Path, open: bool) {
        *self.root.at(path) = Fold {
            all: Some(open),
            ..Fold::default()
        };
    }

    /// Follows an item that was put into a list: those behind it have moved.
    pub fn inserted(&mut self, list: &Path, index: usize) {
        let items = &mut self.root.at(list).items;
        let behind = items.split_off(&index);
        items.extend(behind.into_iter().map(|(at, fold)| (at + 1, fold)));
    }

    /// Follows an item or an entry that was taken out.
    pub fn removed(&mut self, path: &Path) {
        let Some((last, above)) = path.0.split_last() else {
            return;
        };
        let parent = self.root.at(&Path(above.to_vec()));
        match last {
            Step::Key(key) => {
                parent.keys.remove(key);
            }
            Step::Index(index) => {
                let behind = parent.items.split_off(index);
                let moved = behind.into_iter().filter(|(at, _)| at > index);
                parent.items.extend(moved.map(|(at, fold)| (at - 1, fold)));
            }
        }
    }

    /// Follows an item that was moved within its list.
    pub fn moved(&mut self, list: &Path, from: usize, to: usize) {
        let fold = self.root.at(list).items.remove(&from);
        self.removed(&list.index(from));
        self.inserted(list, to);
        if let Some(fold) = fold {
            self.root.at(list).items.insert(to, fold);
        }
    }

    /// Follows an entry, or a field, that was given another key.
    pub fn renamed(&mut self, parent: &Path, from: &str, to: &str) {
        let keys = &mut self.root.at(parent).keys;
        if let Some(fold) = keys.remove(from) {
            keys.insert(to.to_owned(), fold);
        }
    }

    /// The items of lists that something is said of, or of something below: all paths that end in an index.
    pub fn items(&self) -> Vec<Path> {
        let mut items = Vec::new();
        self.root.gather(&Path::root(), &mut items);
        items
    }

    /// Follows items that were moved in the text: `place` gives the index that an item of
    /// [`items`](Self::items) has now, `None` when it is gone.
    pub fn follow(&mut self, place: &dyn Fn(&Path) -> Option<usize>) {
        self.root.follow(&Path::root(), place);
    }

    pub(super) fn root(&self) -> FoldAt<'_> {
        FoldAt {
            fold: Some(&self.root),
            all: self.root.all,
        }
    }
}

impl Fold {
    fn at(&mut self, path: &Path) -> &mut Self {
        path.0.iter().fold(self, |fold, step| match step {
            Step::Key(key) => fold.keys.entry(key.clone()).or_default(),
            Step::Index(index) => fold.items.entry(*index).or_default(),
        })
    }

    fn gather(&self, path: &Path, into: &mut Vec<Path>) {
        for (key, fold) in &self.keys {
            fold.gather(&path.key(key), into);
        }
        for (index, fold) in &self.items {
            let item = path.index(*index);
            fold.gather(&item, into);
            into.push(item);
        }
    }

    fn follow(&mut self, path: &Path, place: &dyn Fn(&Path) -> Option<usize>) {
        for (key, fold) in &mut self.keys {
            fold.follow(&path.key(key), place);
        }
        let mut there = BTreeMap::new();
        for (index, mut fold) in std::mem::take(&mut self.items) {
            let item = path.index(index);
            if let Some(index) = place(&item) {
                fold.follow(&item, place);
                there.insert(index, fold);
            }
        }
        self.items = there;
    }
}

/// A place on the walk: what is said of it and of all around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoldAt<'a> {
    fold: Option<&'a Fold>,
    all: Option<bool>,
}

impl<'a> FoldAt<'a> {
    pub(super) fn key(self, key: &str) -> Self {
        self.step(self.fold.and_then(|fold| fold.keys.get(key)))
    }

    pub(super) fn item(self, index: usize) -> Self {
        self.step(self.fold.and_then(|fold| fold.items.get(&index)))
    }

    fn step(self, fold: Option<&'a Fold>) -> Self {
        Self {
            fold,
            all: fold.and_then(|fold| fold.all).or(self.all),
        }
    }

    /// Whether the row here is open. `in_text`: it stands in the text.
    pub(super) fn is_open(self, by_rule: bool, in_text: bool) -> bool {
        let open = match self.all {
            Some(true) => by_rule || in_text,
            Some(false) => false,
            None => by_rule,
        };
        self.fold.is_some_and(|fold| fold.toggled) != open
    }

    /// Whether nothing was said of single children.
    pub(super) fn is_plain(self) -> bool {
        self.fold
            .is_none_or(|fold| fold.keys.is_empty() && fold.items.is_empty())
    }
}
