//! What looks through a call's log for its tab: the filter, the groups, the cells of columns.
//!
//! Each remembers what it was asked for, so that the same is not asked twice and an answer that was
//! overtaken is dropped.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use stubless_core::{
    call::scan::{Filter, GroupSpec, Grouping, Scan},
    engine::{CellRow, CellsRead, ScanId, ScanRefusal},
};

/// Rows of cells that are kept.
const KEPT_CELLS: usize = 4096;

/// Something that looks through the log: asked for, at work, or refused.
#[derive(Debug)]
pub struct Look<Q, H> {
    asked: Option<(ScanId, Q)>,
    /// Whose handle is there.
    started: Option<ScanId>,
    /// The handle of what is at work, or was until it was stopped.
    pub handle: Option<H>,
    /// Why the last was not begun.
    pub refusal: Option<Box<ScanRefusal>>,
}

impl<Q, H> Default for Look<Q, H> {
    fn default() -> Self {
        Self {
            asked: None,
            started: None,
            handle: None,
            refusal: None,
        }
    }
}

impl<Q: PartialEq, H> Look<Q, H> {
    /// Whether this is what was asked for last.
    pub fn is_asked(&self, question: &Q) -> bool {
        self.asked.as_ref().is_some_and(|(_, it)| it == question)
    }

    /// What was asked for last.
    pub fn question(&self) -> Option<&Q> {
        self.asked.as_ref().map(|(_, question)| question)
    }

    /// The handle of what was asked for last, once it is there.
    pub fn current(&self) -> Option<&H> {
        let ours = self.started.is_some() && self.started == self.id();
        self.handle.as_ref().filter(|_| ours)
    }

    /// The id of what was asked for last.
    pub fn id(&self) -> Option<ScanId> {
        self.asked.as_ref().map(|(id, _)| *id)
    }

    /// Asks; the rows of what was there before stay until the answer comes.
    pub fn ask(&mut self, id: ScanId, question: Q) {
        self.asked = Some((id, question));
        self.refusal = None;
    }

    /// It is at work.
    pub fn started(&mut self, id: ScanId, handle: H) {
        if self.id() == Some(id) {
            self.started = Some(id);
            self.handle = Some(handle);
        }
    }

    /// It was not begun; gives whether it was this one.
    pub fn refused(&mut self, id: ScanId, refusal: Box<ScanRefusal>) -> bool {
        let ours = self.id() == Some(id);
        if ours {
            self.handle = None;
            self.refusal = Some(refusal);
        }
        ours
    }

    /// Nothing is looked for any more; gives what is to be stopped.
    pub fn end(&mut self) -> Option<ScanId> {
        let id = self.id();
        *self = Self::default();
        id
    }

    /// The engine did not take the question: it can be asked again.
    pub fn not_asked(&mut self, id: ScanId) {
        if self.id() == Some(id) {
            self.asked = None;
        }
    }
}

/// All that looks through the log of a call.
#[derive(Debug, Default)]
pub struct StreamScan {
    /// The filter of the table.
    pub filter: Look<Filter, Scan>,
    /// The groups beside it.
    pub groups: Look<GroupSpec, Grouping>,
    /// Cells of columns.
    pub cells: CellMemo,
}

/// Cells of rows that were shown lately. Bounded; the oldest are forgotten and asked for again.
#[derive(Debug)]
pub struct CellMemo {
    columns: Arc<[String]>,
    rows: HashMap<usize, CellRow>,
    order: VecDeque<usize>,
    asked: HashSet<usize>,
}

impl Default for CellMemo {
    fn default() -> Self {
        Self {
            columns: Arc::from([]),
            rows: HashMap::new(),
            order: VecDeque::new(),
            asked: HashSet::new(),
        }
    }
}

impl CellMemo {
    /// The cell of a column: `None` while it is not there, `Some(None)` where the message has no value.
    pub fn get(&self, index: usize, path: &str) -> Option<Option<&str>> {
        let column = self.columns.iter().position(|it| it == path)?;
        let cell = self.rows.get(&index)?.get(column)?;
        Some(cell.as_deref())
    }

    /// Whether a row of these columns is neither there nor asked for.
    pub fn wants<'a>(&self, columns: impl Iterator<Item = &'a str>, index: usize) -> bool {
        let same = columns.eq(self.columns.iter().map(String::as_str));
        !same || !(self.rows.contains_key(&index) || self.asked.contains(&index))
    }

    /// Of what a view wants, what is neither there nor asked for, and the columns to ask for.
    pub fn ask<'a>(
        &mut self,
        columns: impl Iterator<Item = &'a str>,
        wanted: Vec<usize>,
    ) -> Option<(Arc<[String]>, Vec<usize>)> {
        let columns: Vec<String> = columns.map(str::to_owned).collect();
        if *self.columns != *columns {
            *self = Self {
                columns: columns.into(),
                ..Self::default()
            };
        }
        if self.columns.is_empty() {
            return None;
        }
        let wanted: Vec<usize> = wanted
            .into_iter()
            .filter(|index| !self.rows.contains_key(index) && self.asked.insert(*index))
            .collect();
        (!wanted.is_empty()).then(|| (Arc::clone(&self.columns), wanted))
    }

    /// The engine did not take the question.
    pub fn forget_asked(&mut self, wanted: &[usize]) {
        for index in wanted {
            self.asked.remove(index);
        }
    }

    /// Keeps an answer, unless other columns are shown by now.
    pub fn put(&mut self, read: CellsRead) {
        if *read.columns != *self.columns {
            return;
        }
        for (index, row) in read.rows {
            self.asked.remove(&index);
            if self.rows.insert(index, row).is_none() {
                self.order.push_back(index);
            }
        }
        while self.order.len() > KEPT_CELLS {
            if let Some(old) = self.order.pop_front() {
                self.rows.remove(&old);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_asked_for_once_and_forgotten_with_their_columns() {
        let mut memo = CellMemo::default();
        assert_eq!(memo.ask(std::iter::empty(), vec![1]), None, "no columns");
        let (columns, wanted) = memo.ask(["a", "b"].into_iter(), vec![1, 2]).unwrap();
        assert_eq!(wanted, [1, 2]);
        assert_eq!(memo.ask(["a", "b"].into_iter(), vec![2]), None);
        let row: CellRow = Arc::from([Some(Box::from("x")), None]);
        let read = |columns: &Arc<[String]>, index| CellsRead {
            call: stubless_core::engine::CallId(1),
            columns: Arc::clone(columns),
            rows: vec![(index, Arc::clone(&row))],
        };
        memo.put(read(&columns, 1));
        assert_eq!(memo.get(1, "a"), Some(Some("x")));
        assert_eq!(memo.get(1, "b"), Some(None));
        assert_eq!(memo.get(2, "a"), None);
        assert_eq!(memo.get(1, "c"), None);
        // Other columns: what was asked for before does not count any more.
        assert!(memo.ask(["b"].into_iter(), vec![1]).is_some());
        memo.put(read(&columns, 1));
        assert_eq!(memo.get(1, "b"), None, "an answer for the columns before");
    }

    #[test]
    fn an_answer_that_was_overtaken_is_dropped() {
        let mut look: Look<u8, &str> = Look::default();
        look.ask(ScanId(1), 7);
        look.ask(ScanId(2), 8);
        look.started(ScanId(1), "old");
        assert_eq!(look.handle, None);
        assert_eq!(look.current(), None);
        look.started(ScanId(2), "new");
        look.ask(ScanId(3), 8);
        assert_eq!((look.handle, look.current()), (Some("new"), None));
        look.started(ScanId(3), "newest");
        assert_eq!(look.current(), Some(&"newest"));
        assert!(look.is_asked(&8) && !look.is_asked(&7));
        assert_eq!(look.end(), Some(ScanId(3)));
        assert_eq!(look.handle, None);
    }
}
