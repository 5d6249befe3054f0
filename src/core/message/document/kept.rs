//! What is known of a text from before an edit: where reading begins again, and what behind the edit
//! needs no reading.
//!
//! What a value means depends on its text alone, and what follows a comma on its text and the kind of
//! its container. So where the reader stands at the start of a value, or behind a comma of a container
//! of the same kind, and the bytes from there on are those from before, the entries are those from
//! before as well: a container is gone over in one step. A bracket too many or too few is met after as
//! many steps as brackets are open.

use std::ops::Range;

use super::{
    NodeKind,
    index::{Entry, Extent, Index},
    parse::{Expect, Frame, MAX_DEPTH, Resume, Slot},
};

/// A span of the text that was replaced since the index was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    /// In the text the index is of.
    pub(super) old: Range<usize>,
    /// In the text as it is.
    pub(super) new: Range<usize>,
}

/// Neighbouring entries of the index before that stand in the text as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) ids: Range<usize>,
    /// How far they moved, modulo 2^32.
    pub(super) moved: u32,
    /// How many of the entries that were read come before them.
    pub(super) after: usize,
}

/// Entries to go over at once.
#[derive(Debug, Clone)]
pub(super) struct Step {
    ids: Range<usize>,
    /// Direct children of the container they stand in.
    pub(super) count: u32,
    /// Where they end, in the text before.
    end: usize,
    /// Not less than the most brackets that are open within.
    pub(super) depth: usize,
}

/// A container to go over at once.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) kind: NodeKind,
    pub(super) extent: Extent,
    /// The entries below it, and its end.
    pub(super) inside: Step,
}

/// A container around the place in the index before.
#[derive(Debug, Clone, Copy)]
struct Around {
    kind: NodeKind,
    end_id: usize,
    end: usize,
    /// Children from the place on.
    left: u32,
    /// Each child takes one entry.
    flat: bool,
}

impl Around {
    fn new(id: usize, entry: Entry) -> Self {
        Self {
            kind: entry.kind,
            end_id: id + entry.size as usize,
            end: entry.end as usize,
            left: entry.len,
            flat: entry.is_flat(),
        }
    }
}

/// The index before, and how far it was followed.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    old: &'a Index,
    stale: &'a [Region],
    /// The first region that does not end before the place.
    next: usize,
    /// The entry at the place.
    id: usize,
    around: Vec<Around>,
    runs: Vec<Run>,
    taken: usize,
}

/// Whether a value ends before an offset, whatever stands there: a number may go on.
fn is_whole(entry: Entry, offset: usize) -> bool {
    let end = entry.end as usize;
    end < offset || end == offset && matches!(entry.kind, NodeKind::Object | NodeKind::Array)
}

impl<'a> Kept<'a> {
    /// Where reading begins for a text that differs from the index's in some regions: behind the last
    /// value before the first of them, in the deepest container around it.
    pub(super) fn new(old: &'a Index, stale: &'a [Region]) -> (Self, Resume) {
        let edit = stale.first().map_or(0, |region| region.old.start);
        let mut kept = Self {
            old,
            stale,
            next: 0,
            id: 0,
            around: Vec::new(),
            runs: Vec::new(),
            taken: 0,
        };
        let mut resume = Resume {
            at: 0,
            expect: Expect::Value,
            open: Vec::new(),
            before: 0,
        };
        let root = old.get(0).filter(|root| (root.start as usize) < edit);
        match root {
            Some(root) if is_whole(root, edit) => {
                resume.at = root.end as usize;
                resume.expect = Expect::Next;
                resume.before = root.size as usize;
                kept.id = resume.before;
            }
            Some(root) => kept.descend(root, edit, &mut resume),
            None => {}
        }
        (kept, resume)
    }

    fn descend(&mut self, root: Entry, edit: usize, resume: &mut Resume) {
        let (mut id, mut entry) = (0, root);
        while matches!(entry.kind, NodeKind::Object | NodeKind::Array)
            && (entry.start as usize) < edit
        {
            let whole = |child: usize| self.old.get(child).is_some_and(|e| is_whole(e, edit));
            let split = self.old.split_children(id, |child| !whole(child));
            let mut around = Around::new(id, entry);
            around.left -= split.before as u32;
            self.around.push(around);
            let Some(slot) = self.old.entries.get(id).map(|packed| packed.extent) else {
                return;
            };
            resume.open.push(Frame {
                kind: entry.kind,
                start: entry.start as usize,
                key_start: entry.key_start as usize,
                id,
                len: split.before as u32,
                slot: Slot::Kept(slot),
            });
            let last = split
                .last
                .and_then(|last| Some((last, self.old.get(last)?)));
            (resume.at, resume.expect, resume.before) = match last {
                Some((last, entry)) => (
                    entry.end as usize,
                    Expect::Next,
                    last + entry.size.max(1) as usize,
                ),
                None => (entry.start as usize + 1, Expect::inside(entry.kind), id + 1),
            };
            self.id = resume.before;
            let Some(next) = split.next.and_then(|next| self.old.get(next)) else {
                break;
            };
            if !matches!(next.kind, NodeKind::Object | NodeKind::Array)
                || next.start as usize >= edit
            {
                break;
            }
            // The edit is within this one.
            if let Some(frame) = resume.open.last_mut() {
                frame.len += 1;
            }
            if let Some(around) = self.around.last_mut() {
                around.left -= 1;
            }
            (id, entry) = (self.id, next);
        }
        self.leave_finished();
    }

    /// Where an offset of the text stood before; `None` within what was replaced. Offsets grow from
    /// call to call.
    pub(super) fn place(&mut self, at: usize) -> Option<usize> {
        while let Some(region) = self.stale.get(self.next)
            && region.new.end <= at
        {
            self.next += 1;
        }
        if let Some(region) = self.stale.get(self.next)
            && region.new.start <= at
        {
            return None;
        }
        let (old, new) = self.passed();
        Some(at - new + old)
    }

    /// Where the region before the place ends, in the text before and as it is.
    fn passed(&self) -> (usize, usize) {
        let region = self.next.checked_sub(1).and_then(|i| self.stale.get(i));
        region.map_or((0, 0), |region| (region.old.end, region.new.end))
    }

    /// The rest of the children of the container around an old place, up to the next region, when one of
    /// them begins there and the container is of this kind. `depth` brackets are open.
    pub(super) fn children(&mut self, place: usize, kind: NodeKind, depth: usize) -> Option<Step> {
        self.advance(place);
        let around = *self.around.last()?;
        let entry = self.old.get(self.id)?;
        if around.kind != kind || entry.member_start() != place {
            return None;
        }
        let depth = self.depth_at(depth)?;
        let limit = self.stale.get(self.next).map(|region| region.old.start);
        let limit = match limit {
            Some(limit) if limit < around.end => limit,
            _ => {
                // Its closing bracket is read: it may be that of another container now.
                return Some(Step {
                    ids: self.id..around.end_id,
                    count: around.left,
                    end: around.end - 1,
                    depth,
                });
            }
        };
        let (mut id, mut count, mut end) = (self.id, 0, place);
        if around.flat {
            // All but the last of those that begin before the region are whole.
            let begun = self.begun_before(limit, around.left as usize);
            let whole = begun.saturating_sub(1);
            count = whole as u32;
            id += whole;
            let last = whole.checked_sub(1).and_then(|i| self.old.get(self.id + i));
            end = last.map_or(end, |last| last.end as usize);
        }
        while count < around.left
            && let Some(child) = self.old.get(id)
            && is_whole(child, limit)
        {
            id += child.size.max(1) as usize;
            count += 1;
            end = child.end as usize;
        }
        (count > 0).then_some(Step {
            ids: self.id..id,
            count,
            end,
            depth,
        })
    }

    /// The container whose text begins at an old place, when it ends before the next region.
    pub(super) fn container(&mut self, place: usize, depth: usize) -> Option<Whole> {
        self.advance(place);
        let entry = self.old.get(self.id)?;
        let limit = self.stale.get(self.next).map(|region| region.old.start);
        if entry.start as usize != place
            || entry.size < 2
            || limit.is_some_and(|limit| !is_whole(entry, limit))
        {
            return None;
        }
        let depth = self.depth_at(depth)?;
        let id = self.id;
        Some(Whole {
            kind: entry.kind,
            extent: Extent {
                bytes: entry.end - entry.start,
                size: entry.size,
                len: entry.len,
            },
            inside: Step {
                ids: id + 1..id + entry.size as usize,
                count: 1,
                end: entry.end as usize,
                depth,
            },
        })
    }

    /// The most brackets open within what is at the place when `depth` are open around it; `None` when
    /// that may be too many.
    fn depth_at(&self, depth: usize) -> Option<usize> {
        let before = self.around.len();
        let most = (self.old.depth + depth).saturating_sub(before);
        if depth <= before {
            return Some(most.max(depth));
        }
        (most <= MAX_DEPTH).then_some(most)
    }

    /// Takes entries over behind `after` entries that were read; where they end in the text as it is.
    pub(super) fn take(&mut self, step: &Step, after: usize) -> usize {
        let (old, new) = self.passed();
        let moved = (new as u32).wrapping_sub(old as u32);
        self.taken += step.ids.len();
        match self.runs.last_mut() {
            Some(run)
                if run.moved == moved && run.after == after && run.ids.end == step.ids.start =>
            {
                run.ids.end = step.ids.end;
            }
            _ => self.runs.push(Run {
                ids: step.ids.clone(),
                moved,
                after,
            }),
        }
        if let Some(around) = self.around.last_mut() {
            around.left = around.left.saturating_sub(step.count);
        }
        self.id = step.ids.end;
        self.leave_finished();
        step.end - old + new
    }

    /// How many entries were taken over.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    pub(super) fn into_runs(self) -> Vec<Run> {
        self.runs
    }

    /// Bytes of the old text behind the place of an offset.
    pub(super) fn known_after(&self, at: usize) -> usize {
        let end = self.old.get(0).map_or(0, |root| root.end as usize);
        let next = self.stale.partition_point(|region| region.new.end <= at);
        let before = next.checked_sub(1).and_then(|i| self.stale.get(i));
        let (old, new) = before.map_or((0, 0), |region| (region.old.end, region.new.end));
        let mut place = at.saturating_sub(new) + old;
        if let Some(region) = self.stale.get(next) {
            place = place.min(region.old.start);
        }
        end.saturating_sub(place)
    }

    /// Goes on to the first entry whose value does not begin before an old offset.
    fn advance(&mut self, place: usize) {
        while let Some(entry) = self.old.get(self.id)
            && (entry.start as usize) < place
        {
            let is_around = entry.len > 0 && entry.end as usize > place;
            let passed = match self.around.last() {
                Some(around) if around.flat => self.begun_before(place, around.left as usize),
                _ => 1,
            };
            if let Some(around) = self.around.last_mut() {
                around.left -= passed as u32;
            }
            if is_around {
                self.around.push(Around::new(self.id, entry));
                self.id += 1;
            } else if passed > 1 {
                self.id += passed;
            } else {
                self.id += entry.size.max(1) as usize;
            }
            self.leave_finished();
        }
    }

    /// How many of the next `left` entries begin before an old offset.
    fn begun_before(&self, place: usize, left: usize) -> usize {
        let (mut low, mut high) = (0, left);
        while low < high {
            let middle = low.midpoint(high);
            let start = self.old.start(self.id + middle);
            if start.is_some_and(|start| (start as usize) < place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Leaves the containers of which no child is left.
    fn leave_finished(&mut self) {
        while self.around.last().is_some_and(|around| around.left == 0) {
            self.around.pop();
        }
    }
}
