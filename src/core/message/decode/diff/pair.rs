//! Two messages side by side: levels are opened together, fields find each other, values are compared.

use std::{collections::HashMap, rc::Rc};

use super::{
    super::{
        plan::{FieldPlan, Label as FieldLabel, Plan, Scalar, Shape, Slot},
        problem::Step,
        scan::Occurrences,
        wire::{MAX_DEPTH, Span},
    },
    pairing::{Pairing, comparable},
    path::PathStep,
    report::{DiffKind, Label, Report, RowState},
    rules::{DiffRules, IgnoreKind, Trail},
    side::{Level, Side},
};

/// Bytes of a value's text that are kept where it differs.
pub(super) const VALUE_BYTES: usize = 4096;
/// And where it is equal.
pub(super) const PREVIEW_BYTES: usize = 160;

/// The positions of one field in both plans.
#[derive(Debug, Clone, Copy)]
pub(super) struct Both {
    pub(super) left: Option<usize>,
    pub(super) right: Option<usize>,
}

/// A message in its pieces, in both.
#[derive(Clone, Copy)]
pub(super) struct Bodies<'b> {
    pub(super) left: (Slot, &'b [Span]),
    pub(super) right: (Slot, &'b [Span]),
}

/// A field of both messages and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) left: (&'a FieldPlan, Occurrences),
    pub(super) right: (&'a FieldPlan, Occurrences),
}

/// Walks two messages.
pub(super) struct Pair<'a, 'r> {
    pub(super) left: Side<'a>,
    pub(super) right: Side<'a>,
    pub(super) trail: Trail<'r>,
    pub(super) rules: &'r DiffRules,
    pub(super) report: Report,
    /// Slots mean the same on both sides.
    pub(super) same_plans: bool,
    pairings: HashMap<(Slot, Slot), Rc<Pairing>>,
}

impl<'a, 'r> Pair<'a, 'r> {
    pub(super) fn new(left: Side<'a>, right: Side<'a>, rules: &'r DiffRules, rows: bool) -> Self {
        Self {
            same_plans: std::ptr::eq(left.walker.plans, right.walker.plans),
            left,
            right,
            trail: Trail::new(rules),
            rules,
            report: Report::new(rows, rules.ignore.len()),
            pairings: HashMap::new(),
        }
    }

    /// Compares the outermost messages.
    pub(super) fn root(&mut self, left: Slot, right: Slot) {
        let all = |side: &Side<'_>| Span {
            start: 0,
            end: side.walker.wire.len(),
        };
        let (left_all, right_all) = (all(&self.left), all(&self.right));
        let bodies = Bodies {
            left: (left, &[left_all]),
            right: (right, &[right_all]),
        };
        let plain = |side: &Side<'_>, slot| side.walker.plans.get(slot).shape == Shape::Plain;
        if plain(&self.left, left) && plain(&self.right, right) {
            self.levels(bodies, 0, Self::members);
        } else {
            self.message(Label::Root, bodies, 0);
        }
    }

    pub(super) fn enter(&mut self, step: PathStep<'_>, names: (Step<'a>, Step<'a>)) {
        self.trail.enter(step);
        self.left.enter(names.0);
        self.right.enter(names.1);
    }

    pub(super) fn leave(&mut self) {
        self.trail.leave();
        self.left.leave();
        self.right.leave();
    }

    /// Opens a level of both, and closes it afterwards.
    pub(super) fn levels(
        &mut self,
        bodies: Bodies<'_>,
        depth: usize,
        inside: impl FnOnce(&mut Self, &Level<'a>, &Level<'a>, usize),
    ) {
        let left = self.left.open(bodies.left.0, bodies.left.1);
        let right = self.right.open(bodies.right.0, bodies.right.1);
        inside(self, &left, &right, depth);
        self.left.close(&left);
        self.right.close(&right);
    }

    /// Whether two messages have the same type and bytes: then nothing in them differs.
    pub(super) fn same_bytes(&self, bodies: Bodies<'_>) -> bool {
        match (bodies.left, bodies.right) {
            ((left, [own]), (right, [other])) => {
                self.same_plans
                    && left == right
                    && self.left.bytes(*own) == self.right.bytes(*other)
            }
            _ => false,
        }
    }

    /// Compares two messages that stand at the path that was entered.
    pub(super) fn message(&mut self, label: Label<'_>, bodies: Bodies<'_>, depth: usize) {
        if self.same_bytes(bodies) {
            return self.equal_message(label, bodies);
        }
        if depth > MAX_DEPTH {
            let at = |body: &[Span]| body.first().map_or(0, |span| span.start);
            self.left.too_deep(at(bodies.left.1));
            self.right.too_deep(at(bodies.right.1));
            return self.differ_as_messages(label, DiffKind::Changed, bodies);
        }
        let shape = |plan: &Plan| (plan.shape, plan.shape == Shape::Transparent);
        let left = shape(self.left.walker.plans.get(bodies.left.0));
        let right = shape(self.right.walker.plans.get(bodies.right.0));
        match (left.0, right.0) {
            (Shape::Timestamp, Shape::Timestamp) | (Shape::Duration, Shape::Duration) => {
                self.time(label, bodies);
            }
            (Shape::FieldMask, Shape::FieldMask) => self.mask(label, bodies),
            (Shape::Any, Shape::Any) => self.any(label, bodies, depth),
            (Shape::Transparent, Shape::Transparent) if self.same_names(bodies) => {
                self.levels(bodies, depth, |this, left, right, depth| {
                    this.bare(label, bodies, (left, right), (0, 0), depth);
                });
            }
            (Shape::Value, Shape::Value) => {
                self.levels(bodies, depth, |this, left, right, depth| {
                    let arms = (this.left.arm(left), this.right.arm(right));
                    match arms {
                        (None, None) => this.equal_message(label, bodies),
                        (Some(own), Some(other)) if own == other => {
                            this.bare(label, bodies, (left, right), (own, other), depth);
                        }
                        _ => this.differ_as_messages(label, DiffKind::Changed, bodies),
                    }
                });
            }
            _ => {
                let mark = self.report.begin(label, None, None);
                self.levels(bodies, depth, Self::members);
                if !self.report.end(mark) {
                    self.equal_message(label, bodies);
                }
            }
        }
    }

    fn same_names(&self, bodies: Bodies<'_>) -> bool {
        let left = self.left.walker.plans.get(bodies.left.0);
        let right = self.right.walker.plans.get(bodies.right.0);
        left.name == right.name
    }

    /// The value that a message is written as: a wrapper's, a Struct's fields, an arm of a Value.
    fn bare(
        &mut self,
        label: Label<'_>,
        bodies: Bodies<'_>,
        (left, right): (&Level<'a>, &Level<'a>),
        (own, other): (usize, usize),
        depth: usize,
    ) {
        let before = (self.report.len(), self.report.found());
        let both = Both {
            left: Some(own),
            right: Some(other),
        };
        self.field(label, both, (left, right), depth, true);
        if before == (self.report.len(), self.report.found()) {
            self.equal_message(label, bodies);
        }
    }

    pub(super) fn equal_message(&mut self, label: Label<'_>, bodies: Bodies<'_>) {
        if self.report.keeps() {
            let (slot, body) = bodies.left;
            let left = self.left.message_text(slot, body, PREVIEW_BYTES);
            let (slot, body) = bodies.right;
            let right = self.right.message_text(slot, body, PREVIEW_BYTES);
            self.report
                .push(label, RowState::Equal, Some(&left), Some(&right));
        }
    }

    pub(super) fn differ_as_messages(
        &mut self,
        label: Label<'_>,
        kind: DiffKind,
        bodies: Bodies<'_>,
    ) {
        self.differ(label, kind, None, |this| {
            let (slot, body) = bodies.left;
            let left = this.left.message_text(slot, body, VALUE_BYTES);
            let (slot, body) = bodies.right;
            let right = this.right.message_text(slot, body, VALUE_BYTES);
            (Some(left), Some(right))
        });
    }

    /// Counts a difference and writes its row.
    pub(super) fn differ(
        &mut self,
        label: Label<'_>,
        kind: DiffKind,
        rule: Option<usize>,
        texts: impl FnOnce(&mut Self) -> (Option<String>, Option<String>),
    ) {
        let own = match kind {
            DiffKind::TypeChanged => self.rules.kind(IgnoreKind::Types),
            DiffKind::Moved => self.rules.kind(IgnoreKind::Order),
            _ => None,
        };
        let rule = self.trail.hides().or(rule).or(own);
        self.report.count(rule);
        if self.report.keeps() {
            let (left, right) = texts(self);
            let state = rule.map_or(RowState::Differs(kind), |rule| {
                RowState::Ignored(kind, rule)
            });
            self.report
                .push(label, state, left.as_deref(), right.as_deref());
        }
    }

    /// All fields of an open level, then what the schema does not know.
    fn members(&mut self, left: &Level<'a>, right: &Level<'a>, depth: usize) {
        for both in self.shared(left, right) {
            let own = both.left.and_then(|at| left.plan.fields.get(at));
            let other = both.right.and_then(|at| right.plan.fields.get(at));
            let Some(shown) = own.or(other) else {
                continue;
            };
            let name = &*shown.name;
            let step = PathStep::Name(name);
            let entered = match &shown.own_name {
                Some(own_name) => PathStep::Renamed(name, own_name),
                None => step,
            };
            self.enter(entered, (Step::Name(name), Step::Name(name)));
            self.field(Label::Step(step), both, (left, right), depth, false);
            self.leave();
        }
        if !left.unknown.is_empty() || !right.unknown.is_empty() {
            self.unknown(left, right);
        }
    }

    /// The fields that stand in either, each with its positions in both plans.
    fn shared(&mut self, left: &Level<'a>, right: &Level<'a>) -> Vec<Both> {
        let own = self.left.positions(left);
        let others = self.right.positions(right);
        if self.same_plans && left.slot == right.slot {
            let mut all = own;
            all.extend(others);
            all.sort_unstable();
            all.dedup();
            let both = |at: u32| Both {
                left: Some(at as usize),
                right: Some(at as usize),
            };
            return all.into_iter().map(both).collect();
        }
        let pairing = self.pairing(left, right);
        let partner = |of: &[Option<u32>], at: u32| of.get(at as usize).copied().flatten();
        let mut all: Vec<Both> = own
            .iter()
            .map(|at| Both {
                left: Some(*at as usize),
                right: partner(&pairing.right_of, *at).map(|at| at as usize),
            })
            .collect();
        for at in others {
            let left_at = partner(&pairing.left_of, at);
            if left_at.is_none_or(|left_at| own.binary_search(&left_at).is_err()) {
                all.push(Both {
                    left: left_at.map(|at| at as usize),
                    right: Some(at as usize),
                });
            }
        }
        all
    }

    /// Which fields of two types are the same: by name, then by number.
    fn pairing(&mut self, left: &Level<'a>, right: &Level<'a>) -> Rc<Pairing> {
        let key = (left.slot, right.slot);
        if let Some(pairing) = self.pairings.get(&key) {
            return Rc::clone(pairing);
        }
        let pairing = Rc::new(Pairing::of(left.plan, right.plan));
        self.pairings.insert(key, Rc::clone(&pairing));
        pairing
    }

    /// Compares a field; nothing is written when neither message has it. `bare`: in place of its message,
    /// where an absent value is the default one.
    pub(super) fn field(
        &mut self,
        label: Label<'_>,
        both: Both,
        (left, right): (&Level<'a>, &Level<'a>),
        depth: usize,
        bare: bool,
    ) {
        let own = both
            .left
            .and_then(|at| Some((left.plan.fields.get(at)?, at)));
        let other = both
            .right
            .and_then(|at| Some((right.plan.fields.get(at)?, at)));
        let own = own.map(|(field, at)| (field, self.left.occurrences(left, at)));
        let other = other.map(|(field, at)| (field, self.right.occurrences(right, at)));
        match (own, other) {
            (Some(own), Some(other)) => {
                let fields = Fields {
                    left: own,
                    right: other,
                };
                if !comparable(own.0, other.0) {
                    return self.of_two_types(label, fields);
                }
                match (own.0.label, &own.0.kind) {
                    (FieldLabel::Map, Scalar::Message(_)) => self.map(label, fields, depth),
                    (FieldLabel::List | FieldLabel::Map, _) => self.list(label, fields, depth),
                    (FieldLabel::Single, Scalar::Message(_) | Scalar::Group(_)) => {
                        self.submessage(label, fields, depth, bare);
                    }
                    (FieldLabel::Single, _) => self.single(label, fields, bare),
                }
            }
            (Some((field, places)), None) if self.left.is_set(field, places) => {
                self.only_left(label, field, places, None);
            }
            (None, Some((field, places))) if self.right.is_set(field, places) => {
                self.only_right(label, field, places, None);
            }
            _ => {}
        }
    }

    fn unknown(&mut self, left: &Level<'a>, right: &Level<'a>) {
        let rule = self.rules.kind(IgnoreKind::Unknown);
        let mut numbers: Vec<u32> = left.unknown.iter().map(|it| it.number).collect();
        numbers.extend(right.unknown.iter().map(|it| it.number));
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let (own, other) = (left.unknown_of(number), right.unknown_of(number));
            let label = Label::Unknown(number);
            let name = label.to_string();
            self.trail.enter(PathStep::Name(&name));
            let kind = match (own, other) {
                (Some(own), Some(other)) => {
                    let same = self.left.same_unknown(own, &self.right, other);
                    (!same).then_some(DiffKind::Changed)
                }
                (Some(_), None) => Some(DiffKind::OnlyLeft),
                _ => Some(DiffKind::OnlyRight),
            };
            let texts = |this: &mut Self| {
                (
                    own.map(|it| this.left.unknown_text(it)),
                    other.map(|it| this.right.unknown_text(it)),
                )
            };
            match kind {
                Some(kind) => self.differ(label, kind, rule, texts),
                None if self.report.keeps() => {
                    let (left, right) = texts(self);
                    self.report
                        .push(label, RowState::Equal, left.as_deref(), right.as_deref());
                }
                None => {}
            }
            self.trail.leave();
        }
    }
}
