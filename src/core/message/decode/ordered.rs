//! The short way: a message whose fields stand as encoders write them, by number and each in one place, is
//! printed while it is read, without notes.
//!
//! Whatever else stands there (another order, a single field twice, two arms of a oneof, unknown fields, cut
//! data) is found on the way: what was printed is taken back, and the message is scanned. The type then goes the
//! long way for a while, so that of messages in messages only a few are printed twice.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{
    collection::List,
    plan::{FieldPlan, Label, Plan, Scalar},
    problem::Step,
    value::is_default,
    walk::{Place, Walker},
    wire::{self, Field, Span},
};

/// Messages of a type that are scanned after one that was not in order.
const PAUSE: u32 = 64;

/// How many messages of a type go the long way yet.
#[derive(Debug, Default)]
pub(super) struct Pause(AtomicU32);

impl Pause {
    fn is_over(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        if left > 0 {
            // Between threads one may be lost: it is only about speed.
            self.0.store(left - 1, Ordering::Relaxed);
        }
        left == 0
    }

    fn begin(&self) {
        self.0.store(PAUSE, Ordering::Relaxed);
    }
}

impl<'a> Walker<'a> {
    /// Writes the members of a message into an object that is open; `false` when it must be scanned, and then
    /// nothing was written.
    pub(super) fn ordered(
        &mut self,
        plan: &'a Plan,
        body: Span,
        first: &mut bool,
        depth: usize,
    ) -> bool {
        // A preview that ends before the message does cannot know what stands out of order behind it.
        let usable = !self.defaults && self.scan_limit == usize::MAX && !plan.message_set;
        if !usable || !plan.pause.is_over() {
            return false;
        }
        let (out, path, began) = (self.out.mark(), self.path.len(), *first);
        let problems = self.problems.mark();
        if self.ordered_members(plan, body, first, depth).is_some() {
            return true;
        }
        plan.pause.begin();
        self.out.reset(out);
        self.problems.reset(problems);
        self.path.truncate(path);
        *first = began;
        false
    }

    /// `None` at the first field that is out of order.
    fn ordered_members(
        &mut self,
        plan: &'a Plan,
        body: Span,
        first: &mut bool,
        depth: usize,
    ) -> Option<()> {
        let mut at = body.start;
        let mut floor = 0;
        let mut arms = 0_u64;
        let mut ahead = None;
        while at < body.end {
            let item = match ahead.take() {
                Some(item) => item,
                None => wire::field(self.wire, at, body.end).ok()?,
            };
            let (position, field) = fitting(plan, &item)?;
            if position < floor {
                return None;
            }
            floor = position + 1;
            if let Some(oneof) = field.oneof {
                let arm = 1_u64.checked_shl(oneof)?;
                if arms & arm != 0 {
                    return None;
                }
                arms |= arm;
            }
            at = item.next;
            match (field.label, &field.kind) {
                (Label::Single, Scalar::Message(slot) | Scalar::Group(slot)) => {
                    self.path.push(Step::Name(&field.name));
                    self.begin(field, &mut Place::Member(first));
                    self.message(*slot, &[item.span], depth + 1);
                    self.path.pop();
                }
                (Label::Single, kind) => {
                    if field.presence || !is_default(kind, &item) {
                        self.begin(field, &mut Place::Member(first));
                        self.path.push(Step::Name(&field.name));
                        self.scalar(kind, item.bits, item.span);
                        self.path.pop();
                    }
                }
                (Label::Map, Scalar::Message(entry)) => {
                    let entry = self.plans.get(*entry);
                    let mut entries = Vec::new();
                    let quiet = std::mem::replace(&mut self.problems.quiet, true);
                    self.each(&mut at, item, body.end, &mut ahead, |walker, item| {
                        entries.extend(walker.entry(entry, item.span));
                    });
                    self.problems.quiet = quiet;
                    self.path.push(Step::Name(&field.name));
                    let mut place = Place::Member(first);
                    self.entries(field, entry, entries, &mut place, depth);
                    self.path.pop();
                }
                (Label::List | Label::Map, _) => {
                    let mut list = List::default();
                    self.path.push(Step::Name(&field.name));
                    let mut place = Place::Member(first);
                    self.each(&mut at, item, body.end, &mut ahead, |walker, item| {
                        walker.list_part(field, &mut list, item, &mut place, depth);
                    });
                    self.list_end(field, list, &mut place);
                    self.path.pop();
                }
            }
        }
        Some(())
    }

    /// Takes an occurrence and those of the same field that follow it at once; what is read beyond them is
    /// `ahead`.
    #[inline]
    fn each(
        &mut self,
        at: &mut usize,
        first: Field,
        end: usize,
        ahead: &mut Option<Field>,
        mut take: impl FnMut(&mut Self, Field),
    ) {
        let mut item = first;
        loop {
            take(self, item);
            *at = item.next;
            if *at >= end {
                return;
            }
            let Ok(next) = wire::field(self.wire, *at, end) else {
                return;
            };
            if next.number != first.number || next.wire != first.wire || next.missing > 0 {
                *ahead = Some(next);
                return;
            }
            item = next;
        }
    }
}

/// The field that a record is, if it is a whole one.
#[inline]
fn fitting<'a>(plan: &'a Plan, item: &Field) -> Option<(usize, &'a FieldPlan)> {
    let position = plan.position(item.number)?;
    let field = plan.fields.get(position)?;
    (field.takes(item.wire) && item.missing == 0).then_some((position, field))
}
