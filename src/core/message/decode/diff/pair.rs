//! Two messages side by side: levels are opened together, fields find each other, values are compared.

use std::{collections::HashMap, rc::Rc, sync::Arc};

use super::{
    super::{
        plan::{FieldPlan, Label as FieldLabel, Plan, Scalar, Shape, Slot},
        problem::Step,
        scan::Occurrences,
        wire::{MAX_DEPTH, Span},
    },
    path::PathStep,
    report::{DiffKind, Label, Report, RowState},
    rules::{DiffRules, IgnoreKind, Trail},
    side::{Atom, Level, Side, low, normal},
};

/// Bytes of a value's text that are kept where it differs.
const VALUE_BYTES: usize = 4096;
/// And where it is equal.
const PREVIEW_BYTES: usize = 160;
/// Nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

/// Positions at the right of the fields at the left, and the other way round.
pub(super) struct Pairing {
    right_of: Box<[Option<u32>]>,
    left_of: Box<[Option<u32>]>,
}

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
    fn levels(
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

    fn equal_message(&mut self, label: Label<'_>, bodies: Bodies<'_>) {
        if self.report.keeps() {
            let (slot, body) = bodies.left;
            let left = self.left.message_text(slot, body, PREVIEW_BYTES);
            let (slot, body) = bodies.right;
            let right = self.right.message_text(slot, body, PREVIEW_BYTES);
            self.report
                .push(label, RowState::Equal, Some(&left), Some(&right));
        }
    }

    fn differ_as_messages(&mut self, label: Label<'_>, kind: DiffKind, bodies: Bodies<'_>) {
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

    /// Timestamps and Durations are compared by value.
    fn time(&mut self, label: Label<'_>, bodies: Bodies<'_>) {
        let tolerance = i128::try_from(self.rules.time_tolerance.as_nanos()).unwrap_or(i128::MAX);
        let left = self.left.nanos(bodies.left);
        let right = self.right.nanos(bodies.right);
        if (left - right).abs() <= tolerance {
            self.equal_message(label, bodies);
        } else {
            self.differ_as_messages(label, DiffKind::Changed, bodies);
        }
    }

    fn mask(&mut self, label: Label<'_>, bodies: Bodies<'_>) {
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
    fn any(&mut self, label: Label<'_>, bodies: Bodies<'_>, depth: usize) {
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

    /// All fields of an open level, then what the schema does not know.
    fn members(&mut self, left: &Level<'a>, right: &Level<'a>, depth: usize) {
        for both in self.shared(left, right) {
            let own = both.left.and_then(|at| left.plan.fields.get(at));
            let other = both.right.and_then(|at| right.plan.fields.get(at));
            let Some(name) = own.or(other).map(|field| &*field.name) else {
                continue;
            };
            let step = PathStep::Name(name);
            self.enter(step, (Step::Name(name), Step::Name(name)));
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

    fn of_two_types(&mut self, label: Label<'_>, fields: Fields<'a>) {
        let Fields { left, right } = fields;
        let set = (
            self.left.is_set(left.0, left.1),
            self.right.is_set(right.0, right.1),
        );
        match set {
            (true, true) => self.differ(label, DiffKind::TypeChanged, None, |this| {
                (
                    Some(this.left.field_text(left.0, left.1, VALUE_BYTES)),
                    Some(this.right.field_text(right.0, right.1, VALUE_BYTES)),
                )
            }),
            (true, false) => self.only_left(label, left.0, left.1, None),
            (false, true) => self.only_right(label, right.0, right.1, None),
            (false, false) => {}
        }
    }

    pub(super) fn only_left(
        &mut self,
        label: Label<'_>,
        field: &'a FieldPlan,
        places: Occurrences,
        rule: Option<usize>,
    ) {
        self.differ(label, DiffKind::OnlyLeft, rule, |this| {
            (Some(this.left.field_text(field, places, VALUE_BYTES)), None)
        });
    }

    pub(super) fn only_right(
        &mut self,
        label: Label<'_>,
        field: &'a FieldPlan,
        places: Occurrences,
        rule: Option<usize>,
    ) {
        self.differ(label, DiffKind::OnlyRight, rule, |this| {
            (
                None,
                Some(this.right.field_text(field, places, VALUE_BYTES)),
            )
        });
    }

    /// A value that is no list and no message.
    fn single(&mut self, label: Label<'_>, fields: Fields<'a>, bare: bool) {
        let Fields { left, right } = fields;
        let sent = (
            self.left.atom(left.0, left.1),
            self.right.atom(right.0, right.1),
        );
        if sent == (None, None) {
            return;
        }
        let value = |sent: Option<Atom>, field: &FieldPlan| {
            sent.or_else(|| (bare || !field.presence).then(|| default_atom(&field.kind)))
        };
        match (value(sent.0, left.0), value(sent.1, right.0)) {
            (Some(own), Some(other)) => self.atoms(label, (left.0, own), (right.0, other)),
            (Some(own), None) => {
                let rule = self
                    .unset_rule(own.bits == default_atom(&left.0.kind).bits && own.span.len() == 0);
                self.only_left(label, left.0, left.1, rule);
            }
            (None, Some(other)) => {
                let rule = self.unset_rule(
                    other.bits == default_atom(&right.0.kind).bits && other.span.len() == 0,
                );
                self.only_right(label, right.0, right.1, rule);
            }
            (None, None) => {}
        }
    }

    fn unset_rule(&self, is_default: bool) -> Option<usize> {
        self.rules.kind(IgnoreKind::Unset).filter(|_| is_default)
    }

    /// Two values of comparable kinds.
    pub(super) fn atoms(
        &mut self,
        label: Label<'_>,
        (own_field, own): (&'a FieldPlan, Atom),
        (other_field, other): (&'a FieldPlan, Atom),
    ) {
        let equal = self.same_atoms((&own_field.kind, own), (&other_field.kind, other));
        let limit = if equal { PREVIEW_BYTES } else { VALUE_BYTES };
        let texts = move |this: &mut Self| {
            (
                Some(this.left.atom_text(&own_field.kind, own, limit)),
                Some(this.right.atom_text(&other_field.kind, other, limit)),
            )
        };
        if !equal {
            return self.differ(label, DiffKind::Changed, None, texts);
        }
        if self.report.keeps() {
            let (left, right) = texts(self);
            self.report
                .push(label, RowState::Equal, left.as_deref(), right.as_deref());
        }
    }

    pub(super) fn same_atoms(&self, own: (&Scalar, Atom), other: (&Scalar, Atom)) -> bool {
        let (left, right) = (own.1, other.1);
        match (own.0, other.0) {
            (Scalar::String | Scalar::Bytes, _) => {
                self.left.bytes(left.span) == self.right.bytes(right.span)
            }
            (Scalar::Enum(names), Scalar::Enum(others)) => {
                let named = |names: &super::super::plan::EnumPlan, bits| {
                    names.name(low(bits).cast_signed()).map(str::to_owned)
                };
                left.bits == right.bits
                    && (Arc::ptr_eq(names, others)
                        || named(names, left.bits) == named(others, right.bits))
            }
            (Scalar::Double, _) => {
                left.bits == right.bits
                    || self.near(f64::from_bits(left.bits), f64::from_bits(right.bits))
            }
            (Scalar::Float, _) => {
                let value = |bits| f64::from(f32::from_bits(low(bits)));
                left.bits == right.bits || self.near(value(left.bits), value(right.bits))
            }
            _ => left.bits == right.bits,
        }
    }

    fn near(&self, own: f64, other: f64) -> bool {
        let tolerance = self.rules.float_tolerance;
        tolerance > 0.0 && (own - other).abs() <= tolerance
    }

    fn submessage(&mut self, label: Label<'_>, fields: Fields<'a>, depth: usize, bare: bool) {
        let (Some(own), Some(other)) = (slot(fields.left.0), slot(fields.right.0)) else {
            return;
        };
        let left = self.left.pieces(fields.left.1);
        let right = self.right.pieces(fields.right.1);
        match (left.is_empty(), right.is_empty()) {
            (true, true) => {}
            (false, true) if !bare => {
                let rule = self.rules.kind(IgnoreKind::Unset);
                let rule = rule.filter(|_| self.left.is_default_message(own, &left, depth));
                self.only_left(label, fields.left.0, fields.left.1, rule);
            }
            (true, false) if !bare => {
                let rule = self.rules.kind(IgnoreKind::Unset);
                let rule = rule.filter(|_| self.right.is_default_message(other, &right, depth));
                self.only_right(label, fields.right.0, fields.right.1, rule);
            }
            _ => {
                let bodies = Bodies {
                    left: (own, &left),
                    right: (other, &right),
                };
                self.message(label, bodies, depth + 1);
            }
        }
    }

    fn unknown(&mut self, left: &Level<'a>, right: &Level<'a>) {
        let rule = self.rules.kind(IgnoreKind::Unknown);
        let mut numbers: Vec<u32> = left.unknown.iter().map(|it| it.number).collect();
        numbers.extend(right.unknown.iter().map(|it| it.number));
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let find = |level: &Level<'a>| {
                let found = level.unknown.iter().find(|it| it.number == number);
                found.cloned()
            };
            let (own, other) = (find(left), find(right));
            let label = Label::Unknown(number);
            let name = label.to_string();
            self.trail.enter(PathStep::Name(&name));
            let kind = match (&own, &other) {
                (Some(own), Some(other)) => {
                    let same = self.left.same_unknown(own, &self.right, other);
                    (!same).then_some(DiffKind::Changed)
                }
                (Some(_), None) => Some(DiffKind::OnlyLeft),
                _ => Some(DiffKind::OnlyRight),
            };
            let texts = |this: &mut Self| {
                (
                    own.as_ref().map(|it| this.left.unknown_text(it)),
                    other.as_ref().map(|it| this.right.unknown_text(it)),
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

impl Pairing {
    fn of(left: &Plan, right: &Plan) -> Self {
        let mut right_of: Vec<Option<u32>> = vec![None; left.fields.len()];
        let mut left_of: Vec<Option<u32>> = vec![None; right.fields.len()];
        let names: HashMap<&str, u32> = (0..)
            .zip(&right.fields)
            .map(|(at, field): (u32, _)| (&*field.name, at))
            .collect();
        let mut tie = |own: u32, other: u32| {
            let (Some(to), Some(back)) = (
                right_of.get_mut(own as usize),
                left_of.get_mut(other as usize),
            ) else {
                return;
            };
            if to.is_none() && back.is_none() {
                *to = Some(other);
                *back = Some(own);
            }
        };
        for (at, field) in (0..).zip(&left.fields) {
            if let Some(other) = names.get(&*field.name) {
                tie(at, *other);
            }
        }
        for (number, at) in left.numbers() {
            let other = right.position(number).and_then(|at| u32::try_from(at).ok());
            if let Some(other) = other {
                tie(at, other);
            }
        }
        Self {
            right_of: right_of.into(),
            left_of: left_of.into(),
        }
    }
}

/// Whether values of two fields can be held against each other.
fn comparable(left: &FieldPlan, right: &FieldPlan) -> bool {
    let message = |kind: &Scalar| matches!(kind, Scalar::Message(_) | Scalar::Group(_));
    std::ptr::eq(left, right)
        || left.label == right.label
            && (std::mem::discriminant(&left.kind) == std::mem::discriminant(&right.kind)
                || message(&left.kind) && message(&right.kind))
}

/// The type of a field that is a message.
pub(super) fn slot(field: &FieldPlan) -> Option<Slot> {
    match field.kind {
        Scalar::Message(slot) | Scalar::Group(slot) => Some(slot),
        _ => None,
    }
}

fn default_atom(kind: &Scalar) -> Atom {
    let bits = match kind {
        Scalar::Enum(names) => normal(kind, u64::from(names.default.cast_unsigned())),
        _ => 0,
    };
    Atom {
        bits,
        span: Span::default(),
    }
}

impl<'a> Side<'a> {
    /// The arm of a Value that is set.
    fn arm(&self, level: &Level<'a>) -> Option<usize> {
        let set = |at: &u32| {
            let places = self.occurrences(level, *at as usize);
            self.walker.last(places).is_some()
        };
        let found = self.positions(level).into_iter().find(set);
        found.map(|at| at as usize)
    }

    /// Seconds and nanoseconds of a Timestamp or Duration as one number.
    fn nanos(&mut self, (slot, body): (Slot, &[Span])) -> i128 {
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
    fn any(&mut self, (slot, body): (Slot, &[Span])) -> (Span, Span) {
        let level = self.open(slot, body);
        let span = |number| {
            let at = level.plan.position(number)?;
            Some(self.walker.last(self.occurrences(&level, at))?.span)
        };
        let found = (span(1).unwrap_or_default(), span(2).unwrap_or_default());
        self.close(&level);
        found
    }

    /// Whether a field has a value that is worth telling.
    fn is_set(&self, field: &FieldPlan, mut places: Occurrences) -> bool {
        match (field.label, &field.kind) {
            (FieldLabel::Single, Scalar::Message(_) | Scalar::Group(_)) => {
                self.walker.last(places).is_some()
            }
            (FieldLabel::Single, _) => self.atom(field, places).is_some(),
            _ => {
                let own = field.kind.wire();
                while let Some(item) = self.walker.next(&mut places) {
                    if item.wire == own || item.span.len() > 0 {
                        return true;
                    }
                }
                false
            }
        }
    }

    /// Whether nothing in a message differs from one that is empty, presence aside.
    fn is_default_message(&mut self, slot: Slot, body: &[Span], depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let level = self.open(slot, body);
        let mut default = level.unknown.is_empty();
        for at in self.positions(&level) {
            let Some(field) = level.plan.fields.get(at as usize) else {
                continue;
            };
            let places = self.occurrences(&level, at as usize);
            default &= match (field.label, &field.kind) {
                (FieldLabel::Single, Scalar::Message(slot) | Scalar::Group(slot)) => {
                    let pieces = self.pieces(places);
                    pieces.is_empty() || self.is_default_message(*slot, &pieces, depth + 1)
                }
                (FieldLabel::Single, kind) => self
                    .walker
                    .last(places)
                    .is_none_or(|last| super::super::value::is_default(kind, &last)),
                _ => !self.is_set(field, places),
            };
            if !default {
                break;
            }
        }
        self.close(&level);
        default
    }
}
