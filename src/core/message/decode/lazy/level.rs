//! What is open of a message, as a tree of levels that knows how many rows each part takes.
//!
//! A level keeps the sums of the rows of 32 children each in a Fenwick tree, and by itself only those
//! children that differ from the rest: levels opened one by one, or, where everything is open, levels
//! above a few kilobytes and those that were closed. Everything else is worked out from the bytes when
//! it comes into view. A level of a million items with all of them open takes about 0.6 MB.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use super::{
    container::Container,
    look::Look,
    value::{BIG, Node, Raw},
};

/// Children whose rows are summed up together.
const BLOCK: usize = 32;

/// Where all is open, a child of at least this many bytes keeps its level.
const KEPT: usize = 4 << 10;

/// What is open, apart from any layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folds {
    /// All below is open, but for `closed`.
    pub(super) all: bool,
    pub(super) open: BTreeMap<u32, Folds>,
    pub(super) closed: BTreeSet<u32>,
}

impl Folds {
    pub(super) fn all() -> Self {
        Self {
            all: true,
            ..Self::default()
        }
    }
}

/// Something that is open.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) inner: Container,
    all: bool,
    open: BTreeMap<u32, Level>,
    closed: BTreeSet<u32>,
    sums: Vec<u64>,
    /// Of all children.
    rows: u64,
    /// Large children that are closed, once they were looked at.
    known: BTreeMap<u32, Node>,
}

/// How a child stands.
pub(super) enum State<'l> {
    /// One row, whether it could open or not.
    Closed,
    Open(&'l Level),
    /// Open with all below it.
    All,
}

impl Level {
    pub(super) fn new(look: &Look<'_>, inner: Container, folds: &Folds) -> Self {
        let blocks = inner.len().div_ceil(BLOCK);
        let mut level = Self {
            all: folds.all,
            open: BTreeMap::new(),
            closed: BTreeSet::new(),
            sums: vec![0; blocks],
            rows: 0,
            known: BTreeMap::new(),
            inner,
        };
        let ordinal = |stable: &u32| {
            let at = level.inner.ordinal(*stable)?;
            u32::try_from(at).ok()
        };
        let closed: BTreeSet<u32> = folds.closed.iter().filter_map(ordinal).collect();
        let wanted: BTreeMap<u32, &Folds> = folds
            .open
            .iter()
            .filter_map(|(stable, folds)| Some((ordinal(stable)?, folds)))
            .collect();
        level.closed = closed;
        let mut rows = vec![0_u64; blocks];
        if level.all {
            level.count_all(look, &wanted, &mut rows);
        } else {
            for (block, rows) in rows.iter_mut().enumerate() {
                *rows = (level.inner.len() - block * BLOCK).min(BLOCK) as u64;
            }
            for (at, folds) in wanted {
                if let Some(child) = level.made(look, at as usize, folds)
                    && let Some(rows) = rows.get_mut(at as usize / BLOCK)
                {
                    *rows = *rows - 1 + child.height(look);
                    level.open.insert(at, child);
                }
            }
        }
        level.rows = rows.iter().sum();
        for (block, rows) in rows.into_iter().enumerate() {
            level.add(block, rows.cast_signed());
        }
        level
    }

    fn count_all(&mut self, look: &Look<'_>, wanted: &BTreeMap<u32, &Folds>, rows: &mut [u64]) {
        let (mut open, closed) = (BTreeMap::new(), &self.closed);
        self.inner.each(look, |at, raw| {
            let number = super::scan::offset(at);
            let height = if closed.contains(&number) {
                1
            } else if let Some(folds) = wanted.get(&number) {
                level_of(look, raw, folds).map_or(1, |level| {
                    let height = level.height(look);
                    open.insert(number, level);
                    height
                })
            } else if raw.size() >= KEPT {
                level_of(look, raw, &Folds::all()).map_or(1, |level| {
                    let height = level.height(look);
                    open.insert(number, level);
                    height
                })
            } else {
                height_of_all(look, raw)
            };
            if let Some(rows) = rows.get_mut(at / BLOCK) {
                *rows += height;
            }
            ControlFlow::Continue(())
        });
        self.open = open;
    }

    fn made(&self, look: &Look<'_>, at: usize, folds: &Folds) -> Option<Self> {
        level_of(look, self.inner.child(look, at)?, folds)
    }

    /// Rows of it with its own brackets.
    pub(super) fn height(&self, look: &Look<'_>) -> u64 {
        height(look, self.rows)
    }

    /// Everything in it was opened at once.
    pub(super) fn is_all(&self) -> bool {
        self.all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inner.len() == 0
    }

    pub(super) fn state(&self, at: usize) -> State<'_> {
        let number = super::scan::offset(at);
        match self.open.get(&number) {
            Some(level) => State::Open(level),
            None if self.all && !self.closed.contains(&number) => State::All,
            None => State::Closed,
        }
    }

    /// The node of a closed child. What is large is looked at once.
    pub(super) fn closed_node(&self, look: &Look<'_>, at: usize) -> Option<Node> {
        if let Some(known) = self.known.get(&super::scan::offset(at)) {
            return Some(known.clone());
        }
        Some(look.node(self.inner.child(look, at)?, true))
    }

    /// Looks at the closed large children of a stretch, so that the next frames need not.
    pub(super) fn know(&mut self, look: &Look<'_>, at: usize) {
        let number = super::scan::offset(at);
        if self.known.contains_key(&number) {
            return;
        }
        if let Some(raw) = self.inner.child(look, at)
            && raw.size() >= BIG
        {
            self.known.insert(number, look.node(raw, true));
        }
    }

    pub(super) fn rows_of(&self, look: &Look<'_>, at: usize) -> u64 {
        match self.state(at) {
            State::Closed => 1,
            State::Open(level) => level.height(look),
            State::All => {
                let raw = self.inner.child(look, at);
                raw.map_or(1, |raw| height_of_all(look, raw))
            }
        }
    }

    /// The child that has a row of the level (its opening row is not counted), and how far in it the row is.
    pub(super) fn find(&self, look: &Look<'_>, row: u64) -> Option<(usize, u64)> {
        if row >= self.rows {
            return None;
        }
        let (block, mut left) = self.block_of(row);
        for at in block * BLOCK..self.inner.len() {
            let height = self.rows_of(look, at);
            if left < height {
                return Some((at, left));
            }
            left -= height;
        }
        None
    }

    /// Rows of the level before a child.
    pub(super) fn rows_before(&self, look: &Look<'_>, at: usize) -> u64 {
        let block = at / BLOCK;
        let before = (block * BLOCK..at).map(|at| self.rows_of(look, at));
        self.sum_before(block) + before.sum::<u64>()
    }

    /// Makes a child a level of its own, open as it is now, and gives it; `None` if it is closed.
    pub(super) fn child_mut(&mut self, look: &Look<'_>, at: usize) -> Option<&mut Self> {
        let number = super::scan::offset(at);
        if matches!(self.state(at), State::All) {
            let made = self.made(look, at, &Folds::all())?;
            self.open.insert(number, made);
        }
        self.open.get_mut(&number)
    }

    /// Opens what a path leads to, and all on the way, or closes it. Gives by how many rows it grew.
    pub(super) fn set(&mut self, look: &Look<'_>, path: &[u32], folds: Option<&Folds>) -> i64 {
        let Some((&first, rest)) = path.split_first() else {
            return 0;
        };
        let at = first as usize;
        if at >= self.inner.len() {
            return 0;
        }
        let before = self.rows_of(look, at);
        let grown = if rest.is_empty() {
            match folds {
                Some(folds) => {
                    if let Some(level) = self.made(look, at, folds) {
                        self.closed.remove(&first);
                        self.open.insert(first, level);
                    }
                }
                None => {
                    self.open.remove(&first);
                    if self.all {
                        self.closed.insert(first);
                    }
                }
            }
            self.rows_of(look, at).cast_signed() - before.cast_signed()
        } else {
            let mut grown = 0;
            if matches!(self.state(at), State::Closed) {
                let all = Folds {
                    all: self.all,
                    ..Folds::default()
                };
                grown += self.set(look, &[first], Some(&all));
            }
            let inner = self.child_mut(look, at);
            let more = inner.map_or(0, |level| level.set(look, rest, folds));
            self.grow(at, more);
            return grown + more;
        };
        self.grow(at, grown);
        grown
    }

    fn grow(&mut self, at: usize, by: i64) {
        self.rows = self.rows.saturating_add_signed(by);
        self.add(at / BLOCK, by);
    }

    /// What is open, apart from this layout.
    pub(super) fn folds(&self) -> Folds {
        let stable = |at: &u32| self.inner.stable(*at as usize);
        Folds {
            all: self.all,
            open: self
                .open
                .iter()
                // Where all is open, such a level is kept only for its size.
                .map(|(at, level)| (stable(at), level.folds()))
                .filter(|(_, folds)| !(self.all && *folds == Folds::all()))
                .collect(),
            closed: self.closed.iter().map(stable).collect(),
        }
    }

    /// Adds to the rows of a block.
    fn add(&mut self, block: usize, by: i64) {
        let mut at = block + 1;
        while let Some(sum) = self.sums.get_mut(at - 1) {
            *sum = sum.saturating_add_signed(by);
            at += at & at.wrapping_neg();
        }
    }

    fn sum_before(&self, block: usize) -> u64 {
        let (mut at, mut sum) = (block, 0);
        while at > 0 {
            sum += self.sums.get(at - 1).copied().unwrap_or(0);
            at &= at - 1;
        }
        sum
    }

    /// The block that holds a row, and how far in it the row is.
    fn block_of(&self, row: u64) -> (usize, u64) {
        let (mut at, mut left) = (0, row);
        let mut step = self.sums.len().next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.sums.get(at + step - 1)
                && *sum <= left
            {
                left -= sum;
                at += step;
            }
            step /= 2;
        }
        (at, left)
    }
}

/// Opens a value; `None` if it does not open.
pub(super) fn level_of(look: &Look<'_>, raw: Raw, folds: &Folds) -> Option<Level> {
    let container = Container::of(look, look.node(raw, false))?;
    Some(Level::new(look, container, folds))
}

/// Rows of an open level whose children take `rows`.
fn height(look: &Look<'_>, rows: u64) -> u64 {
    match rows {
        // `{}` stands on one row.
        0 => 1,
        rows if look.is_json() => rows + 2,
        rows => rows + 1,
    }
}

/// Rows of a value with everything in it open.
fn height_of_all(look: &Look<'_>, raw: Raw) -> u64 {
    let node = look.node(raw, false);
    // Items that are numbers or texts need no looking at one by one twice.
    let Some(container) = Container::of(look, node) else {
        return 1;
    };
    let mut rows = 0;
    container.each(look, |_, raw| {
        rows += match raw {
            Raw::Message { .. } | Raw::List { .. } | Raw::Map { .. } | Raw::Strays { .. } => {
                height_of_all(look, raw)
            }
            _ => 1,
        };
        ControlFlow::Continue(())
    });
    height(look, rows)
}
