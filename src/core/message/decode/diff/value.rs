//! Fields that are no list and no map: values, submessages, and what is set in one message alone.

use std::sync::Arc;

use super::{
    super::{
        plan::{Declared, EnumPlan, FieldPlan, Label as FieldLabel, Scalar, Slot},
        scan::Occurrences,
        value::is_default,
        wire::{MAX_DEPTH, Span},
    },
    pair::{Bodies, Fields, PREVIEW_BYTES, Pair, VALUE_BYTES},
    report::{DiffKind, Label, RowState},
    rules::IgnoreKind,
    side::{Atom, Side, low, normal},
};

impl<'a> Pair<'a, '_> {
    pub(super) fn of_two_types(&mut self, label: Label<'_>, fields: Fields<'a>) {
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
    pub(super) fn single(&mut self, label: Label<'_>, fields: Fields<'a>, bare: bool) {
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
                let rule = self.unset_rule(self.left.is_default_atom(left.0, own));
                self.only_left(label, left.0, left.1, rule);
            }
            (None, Some(other)) => {
                let rule = self.unset_rule(self.right.is_default_atom(right.0, other));
                self.only_right(label, right.0, right.1, rule);
            }
            (None, None) => {}
        }
    }

    pub(super) fn unset_rule(&self, is_default: bool) -> Option<usize> {
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
                let named =
                    |names: &EnumPlan, bits| names.name(low(bits).cast_signed()).map(str::to_owned);
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

    pub(super) fn near(&self, own: f64, other: f64) -> bool {
        let tolerance = self.rules.float_tolerance;
        tolerance > 0.0 && (own - other).abs() <= tolerance
    }

    pub(super) fn submessage(
        &mut self,
        label: Label<'_>,
        fields: Fields<'a>,
        depth: usize,
        bare: bool,
    ) {
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
    /// Whether a field has a value that is worth telling.
    pub(super) fn is_set(&self, field: &FieldPlan, mut places: Occurrences) -> bool {
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

    /// Whether a value is what an absent field has.
    fn is_default_atom(&self, field: &FieldPlan, value: Atom) -> bool {
        match field.declared.as_deref() {
            Some(Declared::Bits(bits)) => value.bits == normal(&field.kind, *bits),
            Some(Declared::Bytes(bytes)) => *self.bytes(value.span) == **bytes,
            None => value.bits == default_atom(&field.kind).bits && value.span.len() == 0,
        }
    }

    /// Whether nothing in a message differs from one that is empty, presence aside.
    pub(super) fn is_default_message(&mut self, slot: Slot, body: &[Span], depth: usize) -> bool {
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
                (FieldLabel::Single, kind) => match self.walker.last(places) {
                    Some(last) if field.declared.is_some() => {
                        let bits = normal(kind, last.bits);
                        let span = last.span;
                        self.is_default_atom(field, Atom { bits, span })
                    }
                    last => last.is_none_or(|last| is_default(kind, &last)),
                },
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
