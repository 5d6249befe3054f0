//! What a person has opened of a tree, as rows, and the way from a byte to its nodes and back.
//!
//! Never reads a level by itself: what is wanted and not there is in [`WireView::wanted`], and the rows are there
//! once somebody has read it.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    Described, Level, LevelKey, MAX_DEPTH, NodeKey, Part, Record, TypeId, WireTree,
    level::{Child, Layout},
    shape::Shape,
};

/// Most nodes directly below another.
const FANOUT: usize = 1000;

/// How a length-delimited payload is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// As a message of no known type.
    Message,
    /// As a message of a type.
    Type(TypeId),
    /// As UTF-8.
    Text,
    /// As nothing but bytes.
    Bytes,
    /// As packed varints.
    Varints,
    /// As packed values of four bytes.
    Fixed32,
    /// As packed values of eight bytes.
    Fixed64,
}

/// A row of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The node.
    pub node: NodeKey,
    /// Nodes above it.
    pub depth: usize,
}

/// A tree as it is looked at.
#[derive(Debug)]
pub struct WireView {
    tree: WireTree,
    open: HashSet<NodeKey>,
    choices: HashMap<usize, Choice>,
    rows: Vec<Row>,
    wanted: Vec<LevelKey>,
    /// The rows are not what is opened.
    stale: bool,
    revision: u64,
}

impl WireView {
    /// A tree of which nothing is opened but its outermost level.
    pub fn new(tree: WireTree) -> Self {
        Self {
            tree,
            open: HashSet::new(),
            choices: HashMap::new(),
            rows: Vec::new(),
            wanted: Vec::new(),
            stale: true,
            revision: 0,
        }
    }

    /// The tree.
    pub fn tree(&self) -> &WireTree {
        &self.tree
    }

    /// Grows whenever the rows may have changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Levels that are opened and not read yet.
    pub fn wanted(&mut self) -> &[LevelKey] {
        self.refresh();
        &self.wanted
    }

    /// The rows, as opened and as far as levels are read.
    pub fn rows(&mut self) -> &[Row] {
        self.refresh();
        &self.rows
    }

    /// Describes a node whose level is read.
    pub fn describe(&self, node: NodeKey) -> Option<Described> {
        self.tree.describe(node, &self.choices)
    }

    pub(super) fn shape_of(&self, key: LevelKey, level: &Level, record: &Record) -> Shape {
        self.tree.shape(key, level, record, &self.choices)
    }

    /// Whether a node is open.
    pub fn is_open(&self, node: NodeKey) -> bool {
        self.open.contains(&node)
    }

    /// Opens a node or closes it.
    pub fn set_open(&mut self, node: NodeKey, open: bool) {
        let changed = if open {
            self.open.insert(node)
        } else {
            self.open.remove(&node)
        };
        self.stale |= changed;
    }

    /// Whether there is something below a node.
    pub fn can_open(&self, row: Row) -> bool {
        match row.node.part {
            Part::Item(_) => {
                row.depth < MAX_DEPTH
                    && self.describe(row.node).is_some_and(|it| it.opens.is_some())
            }
            Part::Run { .. } | Part::Items { .. } | Part::Children { .. } => true,
            Part::Rest => false,
        }
    }

    /// How the payload that begins at a byte is read; `None` goes back to the schema or the guess.
    pub fn choose(&mut self, payload: usize, choice: Option<Choice>) {
        match choice {
            Some(choice) => self.choices.insert(payload, choice),
            None => self.choices.remove(&payload),
        };
        self.stale = true;
    }

    /// What was chosen for the payload that begins at a byte.
    pub fn chosen(&self, payload: usize) -> Option<Choice> {
        self.choices.get(&payload).copied()
    }

    /// The nodes around a byte, from the outermost, as far as levels are read; and the level that would have to
    /// be read to go on.
    pub fn path_at(&self, offset: usize) -> (Vec<NodeKey>, Option<LevelKey>) {
        let mut path = Vec::new();
        let mut key = self.tree.root();
        for _ in 0..=MAX_DEPTH {
            let Some(level) = self.tree.level(key) else {
                return (path, Some(key));
            };
            if !self.descend(key, &level, offset, &mut path) {
                return (path, None);
            }
            let below = path.last().and_then(|node| self.describe(*node));
            let Some(below) = below.and_then(|described| described.opens) else {
                return (path, None);
            };
            if !below.range().contains(&offset) {
                return (path, None);
            }
            key = below;
        }
        (path, None)
    }

    /// Adds the nodes of one level that are around a byte; `false` when there is no record among them.
    fn descend(
        &self,
        key: LevelKey,
        level: &Level,
        offset: usize,
        path: &mut Vec<NodeKey>,
    ) -> bool {
        let mut push = |part| path.push(NodeKey { level: key, part });
        let buckets =
            |first: usize, count: usize, at: usize, push: &mut dyn FnMut(usize, usize)| {
                let (mut first, mut count) = (first, count);
                while count > FANOUT {
                    let step = step(count);
                    let begin = first + (at - first) / step * step;
                    count = step.min(first + count - begin);
                    first = begin;
                    push(first, count);
                }
            };
        let Some((item, _)) = level.item_at(self.tree.bytes(), offset) else {
            if level.rest().is_some_and(|(rest, _)| rest.contains(&offset)) {
                let last = level.children() - 1;
                buckets(0, level.children(), last, &mut |first, count| {
                    push(Part::Children { first, count });
                });
                push(Part::Rest);
            }
            return false;
        };
        if level.layout() == Layout::Records {
            let child = level.child_of_item(item);
            buckets(0, level.children(), child, &mut |first, count| {
                push(Part::Children { first, count });
            });
            if let Some(run) = level.run_of_item(item) {
                push(Part::Run {
                    first: run.first,
                    count: run.count,
                });
                buckets(run.first, run.count, item, &mut |first, count| {
                    push(Part::Items { first, count });
                });
            }
        } else {
            buckets(0, level.children(), item, &mut |first, count| {
                push(Part::Children { first, count });
            });
        }
        push(Part::Item(item));
        true
    }

    /// Opens the nodes around a byte, but the innermost, and gives that; and the level that must be read before
    /// it is sure to be the innermost.
    pub fn reveal(&mut self, offset: usize) -> (Option<NodeKey>, Option<LevelKey>) {
        let (path, missing) = self.path_at(offset);
        let opened = match missing {
            // What is going to be read is opened, too.
            Some(_) => path.len(),
            None => path.len().saturating_sub(1),
        };
        for node in path.iter().take(opened) {
            self.set_open(*node, true);
        }
        if missing.is_some() {
            self.stale = true;
        }
        (path.last().copied(), missing)
    }

    /// The bytes of a node.
    pub fn range_of(&self, node: NodeKey) -> Option<Range<usize>> {
        self.describe(node).map(|described| described.range)
    }

    fn refresh(&mut self) {
        let came = self
            .wanted
            .iter()
            .any(|key| self.tree.level(*key).is_some());
        if !std::mem::take(&mut self.stale) && !came {
            return;
        }
        self.revision += 1;
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        self.wanted.clear();
        self.add_level(self.tree.root(), 0, 0, &mut rows);
        self.rows = rows;
    }

    fn add_level(&mut self, key: LevelKey, depth: usize, levels: usize, rows: &mut Vec<Row>) {
        let Some(level) = self.tree.level(key) else {
            self.wanted.push(key);
            return;
        };
        let all = Part::Children {
            first: 0,
            count: level.children(),
        };
        self.add_below(key, &level, all, (depth, levels), rows);
    }

    /// Adds the rows below a part of a level; `at` is the depth of the rows and how many levels are around them.
    fn add_below(
        &mut self,
        key: LevelKey,
        level: &Level,
        part: Part,
        at: (usize, usize),
        rows: &mut Vec<Row>,
    ) {
        for part in below(level, part) {
            let node = NodeKey { level: key, part };
            rows.push(Row { node, depth: at.0 });
            if !self.open.contains(&node) {
                continue;
            }
            match part {
                Part::Item(_) if at.1 < MAX_DEPTH => {
                    if let Some(opens) = self.describe(node).and_then(|it| it.opens) {
                        self.add_level(opens, at.0 + 1, at.1 + 1, rows);
                    }
                }
                Part::Item(_) | Part::Rest => {}
                _ => self.add_below(key, level, part, (at.0 + 1, at.1), rows),
            }
        }
    }
}

/// How many nodes one of the nodes below `count` others stands for.
fn step(count: usize) -> usize {
    let mut step = 1;
    while count.div_ceil(step) > FANOUT {
        step *= FANOUT;
    }
    step
}

/// The parts below a part that is no item.
pub(super) fn below(level: &Level, part: Part) -> Vec<Part> {
    let (first, count, items) = match part {
        Part::Children { first, count } => (first, count, level.layout() != Layout::Records),
        Part::Run { first, count } | Part::Items { first, count } => (first, count, true),
        Part::Item(_) | Part::Rest => return Vec::new(),
    };
    let of_items = matches!(part, Part::Run { .. } | Part::Items { .. });
    if count <= FANOUT {
        let one = |index: usize| {
            if items && index < level.items() {
                return Some(Part::Item(index));
            }
            Some(match level.child(index)? {
                Child::Item(item) => Part::Item(item),
                Child::Run(run) => Part::Run {
                    first: run.first,
                    count: run.count,
                },
                Child::Rest => Part::Rest,
            })
        };
        return (first..first + count).filter_map(one).collect();
    }
    let step = step(count);
    (0..count.div_ceil(step))
        .map(|i| {
            let begin = first + i * step;
            let count = step.min(first + count - begin);
            if of_items {
                Part::Items {
                    first: begin,
                    count,
                }
            } else {
                Part::Children {
                    first: begin,
                    count,
                }
            }
        })
        .collect()
}
