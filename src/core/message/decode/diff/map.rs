//! Maps of both messages, key by key.

use super::{
    super::{plan::Slot, problem::Step, wire::Span},
    pair::{Both, Fields, PREVIEW_BYTES, Pair, VALUE_BYTES},
    path::PathStep,
    report::{DiffKind, Label, RowState},
    side::{Key, Side},
    value::slot,
};

/// Equal entries that get rows of their own; the others become one row.
const SHOWN_EQUAL: usize = 3;

impl<'a> Pair<'a, '_> {
    /// Maps are compared key by key.
    pub(super) fn map(&mut self, label: Label<'_>, fields: Fields<'a>, depth: usize) {
        let Fields { left, right } = fields;
        let (Some(own), Some(other)) = (slot(left.0), slot(right.0)) else {
            return;
        };
        let bytes = (self.left.run_bytes(left.1), self.right.run_bytes(right.1));
        if self.same_plans && own == other && bytes.0.is_some() && bytes.0 == bytes.1 {
            return self.equal_field(label, fields);
        }
        let entries = self.left.entries(own, left.1);
        let others = self.right.entries(other, right.1);
        match (entries.len(), others.len()) {
            (0, 0) => {}
            (_, 0) => self.only_left(label, left.0, left.1, None),
            (0, _) => self.only_right(label, right.0, right.1, None),
            (count, other_count) => {
                let counts = (entries_counted(count), entries_counted(other_count));
                let mark = self.report.begin(label, Some(&counts.0), Some(&counts.1));
                self.entries((own, entries), (other, others), depth);
                if !self.report.end(mark) {
                    self.equal_field(label, fields);
                }
            }
        }
    }

    fn entries(
        &mut self,
        (own, left): (Slot, Vec<(Key<'a>, Span)>),
        (other, right): (Slot, Vec<(Key<'a>, Span)>),
        depth: usize,
    ) {
        let mut equal = 0_usize;
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some((own, _)), Some((other, _))) => own.cmp(other),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            let (a, b) = match order {
                std::cmp::Ordering::Less => (left.next(), None),
                std::cmp::Ordering::Greater => (None, right.next()),
                std::cmp::Ordering::Equal => (left.next(), right.next()),
            };
            if let (Some((_, a)), Some((_, b))) = (a, b)
                && self.same_plans
                && own == other
                && self.left.bytes(a) == self.right.bytes(b)
                && equal >= SHOWN_EQUAL
            {
                equal += 1;
                continue;
            }
            let Some(key) = a.or(b).map(|(key, _)| key.text()) else {
                break;
            };
            let found = self.report.found();
            let step = PathStep::Key(&key);
            // The walker's own steps want what outlives the entry.
            self.enter(step, (Step::Name("[…]"), Step::Name("[…]")));
            self.entry(Label::Step(step), (own, a), (other, b), depth);
            self.leave();
            if found == self.report.found() {
                equal += 1;
            }
        }
        if let Some(more) = equal.checked_sub(SHOWN_EQUAL).filter(|more| *more > 0) {
            let text = format!("{more} more equal entries");
            self.report
                .push(Label::Entries, RowState::Equal, Some(&text), Some(&text));
        }
    }

    fn entry(
        &mut self,
        label: Label<'_>,
        (own, left): (Slot, Option<(Key<'a>, Span)>),
        (other, right): (Slot, Option<(Key<'a>, Span)>),
        depth: usize,
    ) {
        let value = |side: &mut Side<'a>, slot: Slot, span: Span| {
            let level = side.open(slot, &[span]);
            let text = level.plan.fields.get(1).map(|field| {
                let places = side.occurrences(&level, 1);
                side.field_text(field, places, VALUE_BYTES)
            });
            side.close(&level);
            text
        };
        match (left, right) {
            (Some((_, a)), Some((_, b))) => {
                let before = (self.report.len(), self.report.found());
                let left = self.left.open(own, &[a]);
                let right = self.right.open(other, &[b]);
                let both = Both {
                    left: Some(1),
                    right: Some(1),
                };
                self.field(label, both, (&left, &right), depth, true);
                if before == (self.report.len(), self.report.found()) && self.report.keeps() {
                    // Both have the default value.
                    let text = left.plan.fields.get(1).map(|field| {
                        let places = self.left.occurrences(&left, 1);
                        self.left.field_text(field, places, PREVIEW_BYTES)
                    });
                    self.report
                        .push(label, RowState::Equal, text.as_deref(), text.as_deref());
                }
                self.left.close(&left);
                self.right.close(&right);
            }
            (Some((_, a)), None) => self.differ(label, DiffKind::OnlyLeft, None, |this| {
                (value(&mut this.left, own, a), None)
            }),
            (None, Some((_, b))) => self.differ(label, DiffKind::OnlyRight, None, |this| {
                (None, value(&mut this.right, other, b))
            }),
            (None, None) => {}
        }
    }
}

fn entries_counted(entries: usize) -> String {
    let word = if entries == 1 { "entry" } else { "entries" };
    format!("{entries} {word}")
}
