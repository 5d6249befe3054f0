//! Where a path leads: through levels that are open, and on through what is closed.

use super::{
    container::Key,
    level::{Folds, Level, State, level_of},
    look::Look,
    value::Raw,
};

/// Something a path leads to.
pub(super) struct Place {
    pub(super) raw: Raw,
    /// What it is in was opened with everything in it.
    pub(super) in_all: bool,
    pub(super) closed: bool,
    /// Names on the way, its own the last.
    pub(super) keys: Vec<Key>,
}

pub(super) fn place_in(
    look: &Look<'_>,
    level: &Level,
    path: &[u32],
    keys: &mut Vec<Key>,
) -> Option<Place> {
    let (step, rest) = path.split_first()?;
    let at = *step as usize;
    let raw = level.inner.child(look, at)?;
    keys.push(level.inner.key(look, at));
    let state = level.state(at);
    if rest.is_empty() {
        return Some(Place {
            raw,
            in_all: level.is_all(),
            closed: matches!(state, State::Closed),
            keys: std::mem::take(keys),
        });
    }
    match state {
        State::Open(inner) => place_in(look, inner, rest, keys),
        State::All => place_in(look, &level_of(look, raw, &Folds::all())?, rest, keys),
        State::Closed => place_in(look, &level_of(look, raw, &Folds::default())?, rest, keys),
    }
}

/// Rows from the opening row of a level to the first of what a path leads to.
pub(super) fn row_in(look: &Look<'_>, level: &Level, path: &[u32]) -> u64 {
    let Some((step, rest)) = path.split_first() else {
        return 0;
    };
    let at = *step as usize;
    if at >= level.inner.len() {
        return 0;
    }
    let row = 1 + level.rows_before(look, at);
    row + match level.state(at) {
        State::Closed => 0,
        State::Open(inner) => row_in(look, inner, rest),
        State::All => level
            .inner
            .child(look, at)
            .and_then(|raw| level_of(look, raw, &Folds::all()))
            .map_or(0, |inner| row_in(look, &inner, rest)),
    }
}
