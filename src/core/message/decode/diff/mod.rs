//! The differences of two messages, field by field, from their wire bytes.
//!
//! Both are walked at once by the plans of their types, which may be of two schemas: fields find each
//! other by name, then by number. Parts with equal bytes of one type are passed over without a look inside,
//! so the cost is that of a comparison of bytes and of a walk through what differs. Presence counts (unset
//! is not the default), times count by value, maps by key, an Any by what it holds; lists are aligned as
//! [`ListMode`] says, never by looking at all pairs of items.
//! Invariants: total, any bytes give a result; `diff(a, a)` is empty; depth is bounded by 100 messages.

mod align;
#[cfg(any(test, feature = "fuzzing"))]
pub(in super::super) mod fuzz;
mod known;
mod list;
mod map;
mod pair;
mod pairing;
mod path;
mod report;
mod rules;
mod side;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use path::json_name;
pub use path::{PathPattern, PatternError};
pub use report::{DiffKind, DiffRow, MessageDiff, RowState};
pub use rules::{DiffRules, IgnoreKind, IgnoreRule, ListMode};

use super::{Printer, wire::Span};
use pair::Pair;
use side::Side;

/// Compares messages of two types; cheap to clone and to send to other threads.
#[derive(Debug, Clone)]
pub struct Differ {
    left: Printer,
    right: Printer,
    rules: Arc<DiffRules>,
}

/// How many differences two messages have, without their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiffCount {
    /// Those that count.
    pub differences: usize,
    /// Those that rules hid.
    pub hidden: usize,
}

impl Differ {
    /// Compares messages of the left printer's type with those of the right one's.
    pub fn new(left: Printer, right: Printer, rules: DiffRules) -> Self {
        Self {
            left,
            right,
            rules: Arc::new(rules),
        }
    }

    /// Whether equal bytes are equal messages: both have the same type of the same schema.
    pub fn same_type(&self) -> bool {
        Arc::ptr_eq(&self.left.plans, &self.right.plans) && self.left.root == self.right.root
    }

    /// The differences. Total: any bytes give a result.
    pub fn diff(&self, left: &[u8], right: &[u8]) -> MessageDiff {
        let names = (self.left.type_name(), self.right.type_name());
        let pair = self.walked(left, right, true);
        let mut diff = pair.report.finish();
        diff.left_problems = pair.left.finish();
        diff.right_problems = pair.right.finish();
        if names.0 != names.1 {
            diff.types = Some((names.0.to_owned(), names.1.to_owned()));
        }
        diff
    }

    /// Counts the differences; adds to `hidden`, which has a place for each rule, what each of them hid.
    pub fn count(&self, left: &[u8], right: &[u8], hidden: &mut [usize]) -> DiffCount {
        if self.same_type() && left == right {
            return DiffCount::default();
        }
        let found = self.walked(left, right, false).report.finish();
        for (total, own) in hidden.iter_mut().zip(&found.hidden) {
            *total += own;
        }
        DiffCount {
            differences: found.differences,
            hidden: found.hidden_total(),
        }
    }

    fn walked<'a>(&'a self, left: &'a [u8], right: &'a [u8], rows: bool) -> Pair<'a, 'a> {
        let mut pair = Pair::new(
            Side::new(left, &self.left.plans),
            Side::new(right, &self.right.plans),
            &self.rules,
            rows,
        );
        pair.root(self.left.root, self.right.root);
        pair
    }
}

impl Printer {
    /// Full name of the message type.
    pub fn type_name(&self) -> &str {
        &self.plans.get(self.root).name
    }

    /// The value at a path of field names with dots between (`meta.id`), as JSON; `None` when it is not set,
    /// or there is no such field.
    pub fn key(&self, wire: &[u8], path: &KeyPath) -> Option<String> {
        let mut side = Side::new(wire, &self.plans);
        let all = Span {
            start: 0,
            end: wire.len(),
        };
        let text = side.key_text(self.root, &[all], &path.0);
        (!text.is_empty()).then_some(text)
    }
}

/// Names of fields that lead to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// Reads `meta.id`.
    pub fn parse(text: &str) -> Self {
        Self(rules::key_path(text))
    }
}
