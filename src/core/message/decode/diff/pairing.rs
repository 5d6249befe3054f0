//! Which fields of two types are the same: by name, then by number.

use std::collections::HashMap;

use super::super::plan::{FieldPlan, Plan, Scalar};

/// Positions at the right of the fields at the left, and the other way round.
pub(super) struct Pairing {
    pub(super) right_of: Box<[Option<u32>]>,
    pub(super) left_of: Box<[Option<u32>]>,
}

impl Pairing {
    pub(super) fn of(left: &Plan, right: &Plan) -> Self {
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
pub(super) fn comparable(left: &FieldPlan, right: &FieldPlan) -> bool {
    let message = |kind: &Scalar| matches!(kind, Scalar::Message(_) | Scalar::Group(_));
    std::ptr::eq(left, right)
        || left.label == right.label
            && (std::mem::discriminant(&left.kind) == std::mem::discriminant(&right.kind)
                || message(&left.kind) && message(&right.kind))
}
