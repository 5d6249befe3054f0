//! Well-known types: compared by what they mean.

use super::{
    super::{plan::Slot, wire::Span},
    pair::{Bodies, Pair},
    report::{DiffKind, Label},
    side::{Level, Side, low},
};

/// Nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

impl<'a> Pair<'a, '_> {
    /// Timestamps and Durations are compared by value.
    pub(super) fn time(&mut self, label: Label<'_>, bodies: Bodies<'_>) {
        let tolerance = i128::try_from(self.rules.time_tolerance.as_nanos()).unwrap_or(i128::MAX);
        let left = self.left.nanos(bodies.left);
        let right = self.right.nanos(bodies.right);
        if (left - right).abs() <= tolerance {
            self.equal_message(label, bodies);
        } else {
            self.differ_as_messages(label, DiffKind::Changed, bodies);
        }
    }

    pub(super) fn mask(&mut self, label: Label<'_>, bodies: Bodies<'_>) {
        let (slot, body) = bodies.left;
        let left = self.left.whole_text(|walker| walker.message(slot, body, 0));
        let (slot, body) = bodies.right;
        let right = self
            .right
            .whole_text(|walker| walker.message(slot, body, 0));
        if left == right {
            self.equal_message(label, bodies);
        } else {
            self.differ_as_messages(label, DiffKind::Changed, bodies);
        }
    }

    /// An Any is opened where both hold the same type and both schemas know it.
    pub(super) fn any(&mut self, label: Label<'_>, bodies: Bodies<'_>, depth: usize) {
        let (left_url, left_value) = self.left.any(bodies.left);
        let (right_url, right_value) = self.right.any(bodies.right);
        let own = String::from_utf8_lossy(self.left.bytes(left_url));
        let other = String::from_utf8_lossy(self.right.bytes(right_url));
        let name = |url: &str| url.rsplit_once('/').map_or("", |(_, name)| name).to_owned();
        let (own_name, other_name) = (name(&own), name(&other));
        if own != other {
            let kind = if own_name == other_name {
                DiffKind::Changed
            } else {
                DiffKind::TypeChanged
            };
            return self.differ_as_messages(label, kind, bodies);
        }
        let slots = (
            self.left.walker.plans.slot_of(&own_name),
            self.right.walker.plans.slot_of(&other_name),
        );
        match slots {
            (Some(left), Some(right)) => {
                let inner = Bodies {
                    left: (left, &[left_value]),
                    right: (right, &[right_value]),
                };
                self.message(label, inner, depth + 1);
            }
            _ if self.left.bytes(left_value) == self.right.bytes(right_value) => {
                self.equal_message(label, bodies);
            }
            _ => self.differ_as_messages(label, DiffKind::Changed, bodies),
        }
    }
}

impl<'a> Side<'a> {
    /// The arm of a Value that is set.
    pub(super) fn arm(&self, level: &Level<'a>) -> Option<usize> {
        let set = |at: &u32| {
            let places = self.occurrences(level, *at as usize);
            self.walker.last(places).is_some()
        };
        let found = self.positions(level).into_iter().find(set);
        found.map(|at| at as usize)
    }

    /// Seconds and nanoseconds of a Timestamp or Duration as one number.
    pub(super) fn nanos(&mut self, (slot, body): (Slot, &[Span])) -> i128 {
        let level = self.open(slot, body);
        let bits = |number| {
            let at = level.plan.position(number)?;
            Some(self.walker.last(self.occurrences(&level, at))?.bits)
        };
        let seconds = i128::from(bits(1).unwrap_or_default().cast_signed());
        let nanos = i128::from(low(bits(2).unwrap_or_default()).cast_signed());
        self.close(&level);
        seconds * SECOND + nanos
    }

    /// Where an Any's type URL and value stand.
    pub(super) fn any(&mut self, (slot, body): (Slot, &[Span])) -> (Span, Span) {
        let level = self.open(slot, body);
        let span = |number| {
            let at = level.plan.position(number)?;
            Some(self.walker.last(self.occurrences(&level, at))?.span)
        };
        let found = (span(1).unwrap_or_default(), span(2).unwrap_or_default());
        self.close(&level);
        found
    }
}
