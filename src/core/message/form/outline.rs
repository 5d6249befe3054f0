//! Which rows a form has, without what stands in them.
//!
//! A stub stands for one row, or for a run of neighbouring items that are closed or have nothing below
//! them: a list of a million numbers is one stub. Stubs are in the order of the rows and hold places in
//! the text as positions among siblings, not as bytes; so they stay right while only a value's text
//! changes, and rows are made when they are looked at ([`Outline::rows`]).
//! Invariant: a stub's subtree follows it; `size` counts its stubs, the stub included.

use std::ops::Range;

use prost_reflect::MessageDescriptor;

use super::{
    FieldKind, Filter, Folds, FormRow,
    plan::{Comments, Label, Plans, ValuePlan},
    show::Shown,
    walk::Walk,
};
use crate::message::{Document, Path, Step};

/// No stub, or no place in the text.
pub(super) const NONE: u32 = u32::MAX;

/// What a stub stands for. `plan` is the number of a message's plan, `slot` a field's in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The request message itself, where it is edited in one row.
    Root,
    /// A field, an arm of a oneof, or an extension.
    Field { plan: u32, slot: u32 },
    /// A choice; `entry` is an index of the plan's entries.
    Oneof { plan: u32, entry: u32 },
    /// Items or entries of the field.
    Item { plan: u32, slot: u32 },
    /// A key that no field has.
    Unknown,
    /// A key that stands again further on.
    Duplicate,
    /// The end of a message that can be extended.
    Extend { plan: u32 },
}

/// One row, or a run of items.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stub {
    pub(super) what: What,
    /// The stub whose value holds this one's: never a oneof. [`NONE`] for what is in the root.
    pub(super) holder: u32,
    /// Place among the holder's children; [`NONE`] when absent.
    pub(super) position: u32,
    pub(super) row: u32,
    /// Rows it stands for itself.
    pub(super) count: u32,
    pub(super) size: u32,
    pub(super) depth: u16,
    /// Of a row that has, or of items that may have, rows below.
    pub(super) open: Option<bool>,
}

/// The rows of a document's form, made on demand.
///
/// [`update`](Self::update) after every change of the document, of what is open, or of the filter;
/// after an edit that only gave a scalar another text it may be left out.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    pub(super) plans: Plans,
    pub(super) root: Option<RootPlan>,
    pub(super) stubs: Vec<Stub>,
    len: u32,
}

/// Of a request that is one row: a well-known type.
#[derive(Debug, Clone)]
pub(super) struct RootPlan {
    pub(super) name: String,
    pub(super) plan: std::sync::Arc<ValuePlan>,
}

/// Rows that are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Run<'a> {
    /// Their numbers.
    pub rows: Range<usize>,
    /// How each is edited; `None` for lists, maps and oneofs.
    pub kind: Option<&'a FieldKind>,
    /// Items or entries.
    pub item: bool,
    /// Something stands in the text, a `null` perhaps.
    pub in_text: bool,
    /// The comment of the field or oneof; empty for items.
    pub comment: &'a str,
    /// Depth of each.
    pub depth: usize,
}

impl Outline {
    /// Looks at the whole document again. `comment` gives the comment for a file's name and a
    /// descriptor's path in it, empty when there is none; asked once a field of every type shown. `types`
    /// gives a message by its full name where it can be had at once: what is in an Any has rows then.
    /// A document that does not parse has no rows.
    pub fn update(
        &mut self,
        document: &Document,
        message: &MessageDescriptor,
        folds: &Folds,
        filter: &Filter,
        comment: &dyn Fn(&str, &[i32]) -> String,
        types: &dyn Fn(&str) -> Option<MessageDescriptor>,
    ) {
        self.stubs.clear();
        self.len = 0;
        if document.syntax_error().is_some() {
            return;
        }
        let comments: Comments<'_> = comment;
        let mut walk = Walk::new(&mut self.plans, &mut self.stubs, filter, comments, types);
        self.root = walk.root(message, document.root(), folds.root());
        for stub in &mut self.stubs {
            stub.row = self.len;
            self.len = self.len.saturating_add(stub.count);
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Rows by their numbers; fewer where there are fewer. `document` is the one of the last update,
    /// but for texts of scalars.
    pub fn rows(&self, document: &Document, rows: Range<usize>) -> Vec<FormRow> {
        let mut shown = Shown::new(self, document);
        let end = rows.end.min(self.len());
        let mut found = Vec::with_capacity(end.saturating_sub(rows.start));
        let mut at = self.stub_of(rows.start);
        let mut row = rows.start;
        while row < end
            && let Some(stub) = self.stubs.get(at)
        {
            while row < end && row < (stub.row + stub.count) as usize {
                found.extend(shown.row(at as u32, row as u32 - stub.row));
                row += 1;
            }
            at += 1;
        }
        found
    }

    /// The row of a path. A oneof's is its message's and the oneof's name.
    pub fn find(&self, document: &Document, path: &Path) -> Option<usize> {
        let (row, matched) = self.nearest(document, path)?;
        (matched == path.0.len()).then_some(row)
    }

    /// The row that leads furthest to a path, and how many of its steps it has.
    pub fn nearest(&self, document: &Document, path: &Path) -> Option<(usize, usize)> {
        let mut best = match self.stubs.first() {
            Some(stub) if stub.what == What::Root => Some((0, 0)),
            _ => None,
        };
        let mut holder = NONE;
        let mut value = document.root();
        for (depth, step) in path.0.iter().enumerate() {
            let Some((stub, row, inner)) = self.child(holder, value, step) else {
                break;
            };
            best = Some((row, depth + 1));
            holder = stub;
            value = inner;
        }
        best
    }

    /// All rows in runs of what is alike, without looking at the text: for their heights.
    pub fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        self.stubs.iter().map(|stub| {
            let mut run = Run {
                rows: stub.row as usize..(stub.row + stub.count) as usize,
                kind: None,
                item: false,
                in_text: stub.position != NONE,
                comment: "",
                depth: usize::from(stub.depth),
            };
            match stub.what {
                What::Root => run.kind = self.root.as_ref().map(|root| &root.plan.kind),
                What::Field { plan, slot } => {
                    if let Some(field) = self.plans.field(plan, slot) {
                        run.comment = &field.comment;
                        run.kind = (field.label == Label::Single).then_some(&field.value.kind);
                    }
                }
                What::Item { plan, slot } => {
                    run.item = true;
                    run.kind = self.plans.field(plan, slot).map(|field| &field.value.kind);
                }
                What::Oneof { plan, entry } => {
                    run.comment = self.oneof(plan, entry).map_or("", |oneof| &oneof.comment);
                }
                What::Unknown | What::Duplicate | What::Extend { .. } => {}
            }
            run
        })
    }

    pub(super) fn oneof(&self, plan: u32, entry: u32) -> Option<&super::plan::OneofPlan> {
        match self.plans.at(plan)?.entries.get(entry as usize)? {
            super::plan::EntryPlan::Oneof(oneof) => Some(oneof),
            super::plan::EntryPlan::Field(_) => None,
        }
    }

    /// The stub that a row is of.
    fn stub_of(&self, row: usize) -> usize {
        let after = self.stubs.partition_point(|stub| stub.row as usize <= row);
        after.saturating_sub(1)
    }

    /// Stubs held by one, in order.
    pub(super) fn held(&self, holder: u32) -> impl Iterator<Item = (u32, &Stub)> {
        let (mut at, end) = match self.stubs.get(holder as usize) {
            Some(stub) => (holder + 1, holder + stub.size),
            None => (0, self.stubs.len() as u32),
        };
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let stub = self.stubs.get(at as usize)?;
            let here = at;
            // A oneof holds nothing: its arms are the message's.
            at += match stub.what {
                What::Oneof { .. } => 1,
                _ => stub.size,
            };
            Some((here, stub))
        })
    }
}

type Value<'d> = Option<crate::message::ValueRef<'d>>;

impl Outline {
    /// The stub and row one step below a holder, and the value there.
    fn child<'d>(
        &self,
        holder: u32,
        value: Value<'d>,
        step: &Step,
    ) -> Option<(u32, usize, Value<'d>)> {
        let at = |position: u32| value.and_then(|v| v.children().nth(position as usize));
        match step {
            Step::Index(index) => {
                let index = u32::try_from(*index).ok()?;
                let (id, stub) = self.held(holder).find(|(_, stub)| {
                    matches!(stub.what, What::Item { .. })
                        && (stub.position..stub.position + stub.count).contains(&index)
                })?;
                let row = stub.row + (index - stub.position);
                Some((id, row as usize, at(index)))
            }
            Step::Key(key) => {
                // Of equal keys the last counts.
                let position = value.and_then(|value| {
                    let keys = value.children().map(|child| child.key());
                    let same = keys.enumerate().filter(|(_, k)| k.as_deref() == Some(key));
                    u32::try_from(same.last()?.0).ok()
                });
                let is_it = |stub: &Stub| match stub.what {
                    What::Field { plan, slot } => match position {
                        Some(position) => stub.position == position,
                        None => {
                            stub.position == NONE
                                && (self.plans.field(plan, slot)).is_some_and(|field| {
                                    field.json_name == *key || field.name == *key
                                })
                        }
                    },
                    What::Item { .. } => position
                        .is_some_and(|p| (stub.position..stub.position + stub.count).contains(&p)),
                    What::Oneof { plan, entry } => {
                        position.is_none()
                            && (self.oneof(plan, entry)).is_some_and(|oneof| oneof.name == *key)
                    }
                    What::Unknown => position == Some(stub.position),
                    What::Root | What::Duplicate | What::Extend { .. } => false,
                };
                let (id, stub) = self.held(holder).find(|(_, stub)| is_it(stub))?;
                let row = match (stub.what, position) {
                    (What::Item { .. }, Some(position)) => stub.row + (position - stub.position),
                    _ => stub.row,
                };
                Some((id, row as usize, position.and_then(at)))
            }
        }
    }
}
