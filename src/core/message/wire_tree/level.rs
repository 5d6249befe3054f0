//! The records of one message, or the values of one packed field: counted once, read again when they are
//! looked at.
//!
//! What is kept is small whatever the message is: a mark every [`STRIDE`] items, runs of one field, and the
//! ends of groups that are long to look through. Reading it goes once through the bytes of this level and
//! not into the levels below.

use std::ops::Range;

use super::{
    problem::Problem,
    record::{self, GroupEnd, Record, Varint},
};

/// Items between two marks.
const STRIDE: usize = 64;
/// Neighbours of one field that are shown as one node.
const LONG_RUN: usize = 16;
/// Groups of more bytes have their end kept.
const LONG_GROUP: usize = 1024;

/// What the items of a level are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Layout {
    Records,
    Varints,
    /// Values of this many bytes.
    Fixed(usize),
}

/// Neighbouring records of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The first record.
    pub(super) first: usize,
    pub(super) count: usize,
    /// Which child of the level it is.
    pub(super) child: usize,
}

/// A child of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    Item(usize),
    Run(Run),
    Rest,
}

/// An index of one level.
#[derive(Debug)]
pub struct Level {
    body: Range<usize>,
    layout: Layout,
    /// Where every [`STRIDE`]th item begins.
    marks: Vec<usize>,
    items: usize,
    runs: Vec<Run>,
    groups: Vec<(usize, GroupEnd)>,
    /// Where what could not be read begins, and why.
    rest: Option<(usize, Problem)>,
}

impl Level {
    /// Goes through a level. Takes time in proportion to its items.
    pub(super) fn read(bytes: &[u8], body: Range<usize>, layout: Layout) -> Self {
        let mut level = Self::unread(body, layout);
        match layout {
            Layout::Records => level.read_records(bytes),
            Layout::Varints => level.read_varints(bytes),
            Layout::Fixed(width) => {
                level.items = level.body.len() / width;
                let end = level.body.start + level.items * width;
                if end < level.body.end {
                    level.rest = Some((end, Problem::PackedRest));
                }
            }
        }
        level
    }

    /// A level that was not gone through: its records can be read, but not found by their number.
    pub(super) fn unread(body: Range<usize>, layout: Layout) -> Self {
        Self {
            body,
            layout,
            marks: Vec::new(),
            items: 0,
            runs: Vec::new(),
            groups: Vec::new(),
            rest: None,
        }
    }

    fn mark(&mut self, at: usize) {
        if self.items.is_multiple_of(STRIDE) {
            self.marks.push(at);
        }
        self.items += 1;
    }

    fn read_records(&mut self, bytes: &[u8]) {
        let mut at = self.body.start;
        let mut run = (0, 0);
        let mut key = None;
        while at < self.body.end {
            let record = match record::read(bytes, at, self.body.end, None) {
                Ok(record) => record,
                Err(problem) => {
                    self.rest = Some((at, problem));
                    break;
                }
            };
            let range = record.range();
            if record.wire == 3 && range.len() > LONG_GROUP {
                let fault = record::group_end(bytes, record.number, record.tag.end, self.body.end);
                self.groups.push((at, fault));
            }
            let own = Some((record.number, record.wire));
            if own != key {
                self.close_run(run);
                (run, key) = ((self.items, 0), own);
            }
            run.1 += 1;
            self.mark(at);
            at = range.end;
        }
        self.close_run(run);
        let mut before = 0;
        for run in &mut self.runs {
            run.child = run.first - before;
            before += run.count - 1;
        }
    }

    fn close_run(&mut self, (first, count): (usize, usize)) {
        if count >= LONG_RUN {
            self.runs.push(Run {
                first,
                count,
                child: 0,
            });
        }
    }

    fn read_varints(&mut self, bytes: &[u8]) {
        let mut at = self.body.start;
        while at < self.body.end {
            let Some(varint) = Varint::read(bytes, at, self.body.end) else {
                self.rest = Some((at, Problem::PackedRest));
                break;
            };
            self.mark(at);
            at = varint.next;
        }
    }

    /// Records or values.
    pub fn items(&self) -> usize {
        self.items
    }

    /// Nodes directly below the level: single items, runs, and the rest.
    pub fn children(&self) -> usize {
        let in_runs: usize = self.runs.iter().map(|run| run.count - 1).sum();
        self.items - in_runs + usize::from(self.rest.is_some())
    }

    /// What could not be read, and why.
    pub fn rest(&self) -> Option<(Range<usize>, &Problem)> {
        let (start, problem) = self.rest.as_ref()?;
        Some((*start..self.body.end, problem))
    }

    pub(super) fn body(&self) -> Range<usize> {
        self.body.clone()
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    pub(super) fn child(&self, index: usize) -> Option<Child> {
        let after = self.runs.partition_point(|run| run.child <= index);
        let item = match after.checked_sub(1).and_then(|at| self.runs.get(at)) {
            None => index,
            Some(run) if run.child == index => return Some(Child::Run(*run)),
            Some(run) => run.first + run.count + (index - run.child - 1),
        };
        if item < self.items {
            return Some(Child::Item(item));
        }
        (item == self.items && self.rest.is_some()).then_some(Child::Rest)
    }

    /// Which child an item is, or stands in.
    pub(super) fn child_of_item(&self, item: usize) -> usize {
        let after = self.runs.partition_point(|run| run.first <= item);
        match after.checked_sub(1).and_then(|at| self.runs.get(at)) {
            None => item,
            Some(run) if item < run.first + run.count => run.child,
            Some(run) => run.child + 1 + (item - run.first - run.count),
        }
    }

    /// The run that begins with, or holds, a child.
    pub(super) fn run_of_item(&self, item: usize) -> Option<Run> {
        let after = self.runs.partition_point(|run| run.first <= item);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at))?;
        (item < run.first + run.count).then_some(*run)
    }

    /// Where the items end: the rest begins here, if there is one.
    pub(super) fn items_end(&self) -> usize {
        self.rest
            .as_ref()
            .map_or(self.body.end, |(start, _)| *start)
    }

    /// The item that begins at `at`.
    pub(super) fn record(&self, bytes: &[u8], at: usize) -> Option<Record> {
        let known = self.groups.binary_search_by_key(&at, |(start, _)| *start);
        let known = known.ok().and_then(|at| self.groups.get(at));
        record::read(bytes, at, self.body.end, known.map(|(_, end)| *end)).ok()
    }

    /// The end of the item that begins at `at`.
    fn item_end(&self, bytes: &[u8], at: usize) -> usize {
        let end = match self.layout {
            Layout::Records => self.record(bytes, at).map(|record| record.range().end),
            Layout::Varints => Varint::read(bytes, at, self.body.end).map(|varint| varint.next),
            Layout::Fixed(width) => Some(at + width),
        };
        // It was read before, so there is one.
        end.unwrap_or(self.body.end)
    }

    /// Where an item begins; the end of the items for one beyond the last.
    pub(super) fn item_start(&self, bytes: &[u8], item: usize) -> usize {
        if item >= self.items {
            return self.items_end();
        }
        if let Layout::Fixed(width) = self.layout {
            return self.body.start + item * width;
        }
        let mark = item / STRIDE;
        let mut at = self.marks.get(mark).copied().unwrap_or(self.body.start);
        for _ in mark * STRIDE..item {
            at = self.item_end(bytes, at);
        }
        at
    }

    /// The bytes of items.
    pub(super) fn items_range(&self, bytes: &[u8], items: Range<usize>) -> Range<usize> {
        let start = self.item_start(bytes, items.start);
        let end = if items.len() == 1 && items.start < self.items {
            self.item_end(bytes, start)
        } else {
            self.item_start(bytes, items.end)
        };
        start..end
    }

    /// The item that holds a byte, and where it begins; `None` in the rest and outside.
    pub(super) fn item_at(&self, bytes: &[u8], offset: usize) -> Option<(usize, usize)> {
        if !(self.body.start..self.items_end()).contains(&offset) {
            return None;
        }
        if let Layout::Fixed(width) = self.layout {
            let item = (offset - self.body.start) / width;
            return Some((item, self.body.start + item * width));
        }
        let mark = self.marks.partition_point(|start| *start <= offset);
        let mark = mark.saturating_sub(1);
        let mut at = self.marks.get(mark).copied()?;
        let mut item = mark * STRIDE;
        loop {
            let end = self.item_end(bytes, at);
            if offset < end {
                return Some((item, at));
            }
            at = end;
            item += 1;
            if item >= self.items {
                return None;
            }
        }
    }
}
