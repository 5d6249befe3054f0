//! Which items of two lists belong together. Pure: identities in, pairs out; linear but for a sort.
//!
//! What is equal at the beginning and the end is tied first. Between, items that occur once in both are
//! tied in the longest order they share; those out of that order have moved. What stands between tied
//! items is tied by position: it changed. No step looks at all pairs, so a million items take seconds.

use std::collections::HashMap;
use std::ops::Range;

/// What becomes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// In both lists, at these places.
    Both(usize, usize),
    /// The same, out of order.
    Moved(usize, usize),
    Left(usize),
    Right(usize),
}

/// Ties by position.
pub(super) fn by_position(left: usize, right: usize) -> Vec<Tie> {
    let both = left.min(right);
    let mut ties: Vec<Tie> = (0..both).map(|at| Tie::Both(at, at)).collect();
    ties.extend((both..left).map(Tie::Left));
    ties.extend((both..right).map(Tie::Right));
    ties
}

/// Ties equal identities in order of their occurrence; `ordered`: those out of order have moved.
pub(super) fn by_identity(left: &[u64], right: &[u64], ordered: bool) -> Vec<Tie> {
    let mut places: HashMap<u64, (usize, Vec<usize>)> = HashMap::new();
    for (at, identity) in right.iter().enumerate() {
        places.entry(*identity).or_default().1.push(at);
    }
    let mut pairs = Vec::new();
    let mut only = Vec::new();
    for (at, identity) in left.iter().enumerate() {
        let next = places.get_mut(identity).and_then(|(taken, places)| {
            let found = places.get(*taken).copied();
            *taken += 1;
            found
        });
        match next {
            Some(other) => pairs.push((at, other)),
            None => only.push(at),
        }
    }
    let kept = if ordered {
        longest_in_order(&pairs)
    } else {
        vec![true; pairs.len()]
    };
    let mut ties: Vec<Tie> = pairs
        .iter()
        .zip(kept)
        .map(|(&(at, other), kept)| {
            if kept {
                Tie::Both(at, other)
            } else {
                Tie::Moved(at, other)
            }
        })
        .collect();
    ties.extend(only.into_iter().map(Tie::Left));
    let mut free = vec![true; right.len()];
    for (_, other) in &pairs {
        if let Some(free) = free.get_mut(*other) {
            *free = false;
        }
    }
    let free = free.iter().enumerate().filter(|(_, free)| **free);
    ties.extend(free.map(|(at, _)| Tie::Right(at)));
    in_order(ties)
}

/// Ties what is equal, in order, then what is left by position.
pub(super) fn aligned(left: &[u64], right: &[u64]) -> Vec<Tie> {
    let mut ties = Vec::with_capacity(left.len().max(right.len()));
    gap(left, right, 0..left.len(), 0..right.len(), 0, &mut ties);
    let moved = moved(left, right, &mut ties);
    ties.extend(moved);
    in_order(ties)
}

/// Times a gap is looked at for items that occur once in it.
const MAX_LEVELS: usize = 4;

fn gap(
    left: &[u64],
    right: &[u64],
    mut own: Range<usize>,
    mut other: Range<usize>,
    level: usize,
    ties: &mut Vec<Tie>,
) {
    while own.start < own.end
        && other.start < other.end
        && left.get(own.start) == right.get(other.start)
    {
        ties.push(Tie::Both(own.start, other.start));
        own.start += 1;
        other.start += 1;
    }
    while own.start < own.end
        && other.start < other.end
        && left.get(own.end - 1) == right.get(other.end - 1)
    {
        own.end -= 1;
        other.end -= 1;
        ties.push(Tie::Both(own.end, other.end));
    }
    if own.is_empty() || other.is_empty() || level >= MAX_LEVELS {
        return rest(own, other, ties);
    }
    let pairs = once_in_both(left, right, &own, &other);
    let kept = longest_in_order(&pairs);
    let anchors: Vec<(usize, usize)> = pairs
        .iter()
        .zip(kept)
        .filter_map(|(pair, kept)| kept.then_some(*pair))
        .collect();
    if anchors.is_empty() {
        return rest(own, other, ties);
    }
    let (mut at, mut to) = (own.start, other.start);
    for (next, next_to) in anchors {
        gap(left, right, at..next, to..next_to, level + 1, ties);
        ties.push(Tie::Both(next, next_to));
        (at, to) = (next + 1, next_to + 1);
    }
    gap(left, right, at..own.end, to..other.end, level + 1, ties);
}

/// What is left of a gap: each side for itself; `moved` ties what it can.
fn rest(own: Range<usize>, other: Range<usize>, ties: &mut Vec<Tie>) {
    ties.extend(own.map(Tie::Left));
    ties.extend(other.map(Tie::Right));
}

/// Items that occur once at both sides of a gap.
fn once_in_both(
    left: &[u64],
    right: &[u64],
    own: &Range<usize>,
    other: &Range<usize>,
) -> Vec<(usize, usize)> {
    #[derive(Default)]
    struct Seen {
        left: usize,
        right: usize,
        at: usize,
    }
    let mut seen: HashMap<u64, Seen> = HashMap::new();
    for identity in left.get(own.clone()).unwrap_or_default() {
        seen.entry(*identity).or_default().left += 1;
    }
    for (at, identity) in other
        .clone()
        .zip(right.get(other.clone()).unwrap_or_default())
    {
        if let Some(seen) = seen.get_mut(identity) {
            seen.right += 1;
            seen.at = at;
        }
    }
    let own = own.clone().zip(left.get(own.clone()).unwrap_or_default());
    own.filter_map(|(at, identity)| {
        let seen = seen.get(identity)?;
        (seen.left == 1 && seen.right == 1).then_some((at, seen.at))
    })
    .collect()
}

/// Of what has no partner yet: equal items have moved, the others are tied by position within their gap.
fn moved(left: &[u64], right: &[u64], ties: &mut Vec<Tie>) -> Vec<Tie> {
    let mut own = Vec::new();
    let mut other = Vec::new();
    ties.retain(|tie| match tie {
        Tie::Left(at) => {
            own.push(*at);
            false
        }
        Tie::Right(at) => {
            other.push(*at);
            false
        }
        Tie::Both(..) | Tie::Moved(..) => true,
    });
    let mut made = Vec::new();
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for at in other.iter().rev() {
        if let Some(identity) = right.get(*at) {
            places.entry(*identity).or_default().push(*at);
        }
    }
    let mut taken = vec![false; right.len()];
    own.retain(|at| {
        let found = left.get(*at).and_then(|it| places.get_mut(it)?.pop());
        if let Some(to) = found {
            made.push(Tie::Moved(*at, to));
            if let Some(taken) = taken.get_mut(to) {
                *taken = true;
            }
        }
        found.is_none()
    });
    other.retain(|at| taken.get(*at) == Some(&false));
    // Those between the same two ties belong together.
    let mut anchors: Vec<(usize, usize)> = ties
        .iter()
        .filter_map(|tie| match tie {
            Tie::Both(at, to) => Some((*at, *to)),
            _ => None,
        })
        .collect();
    anchors.sort_unstable();
    anchors.push((usize::MAX, usize::MAX));
    let (mut own, mut other) = (own.into_iter().peekable(), other.into_iter().peekable());
    for (at, to) in anchors {
        loop {
            let next = own.next_if(|own| *own < at);
            let next_to = other.next_if(|other| *other < to);
            made.push(match (next, next_to) {
                (Some(at), Some(to)) => Tie::Both(at, to),
                (Some(at), None) => Tie::Left(at),
                (None, Some(to)) => Tie::Right(to),
                (None, None) => break,
            });
        }
    }
    made
}

/// In the order of the left list; what only the right one has stands behind what it follows there.
fn in_order(ties: Vec<Tie>) -> Vec<Tie> {
    let mut ties = ties;
    ties.sort_by_key(|tie| match tie {
        Tie::Both(at, _) | Tie::Moved(at, _) | Tie::Left(at) => *at,
        Tie::Right(_) => usize::MAX,
    });
    let first = ties.partition_point(|tie| !matches!(tie, Tie::Right(_)));
    let mut rights: Vec<usize> = ties
        .drain(first..)
        .filter_map(|tie| match tie {
            Tie::Right(at) => Some(at),
            _ => None,
        })
        .collect();
    rights.sort_unstable();
    if rights.is_empty() {
        return ties;
    }
    let mut rights = rights.into_iter().peekable();
    let mut made = Vec::with_capacity(ties.len());
    for tie in ties {
        if let Tie::Both(_, to) = tie {
            while let Some(at) = rights.next_if(|at| *at < to) {
                made.push(Tie::Right(at));
            }
        }
        made.push(tie);
    }
    made.extend(rights.map(Tie::Right));
    made
}

/// Which pairs, sorted by their first place, are of a longest run whose second places grow.
fn longest_in_order(pairs: &[(usize, usize)]) -> Vec<bool> {
    // The pair that ends the best run of each length, and what stands before each pair.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<usize> = Vec::with_capacity(pairs.len());
    for (index, (_, to)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs.get(*end).is_some_and(|(_, end)| end < to));
        before.push(match length.checked_sub(1) {
            Some(shorter) => ends.get(shorter).copied().unwrap_or(usize::MAX),
            None => usize::MAX,
        });
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut kept = vec![false; pairs.len()];
    let mut at = ends.last().copied().unwrap_or(usize::MAX);
    while let Some(kept) = kept.get_mut(at) {
        *kept = true;
        at = before.get(at).copied().unwrap_or(usize::MAX);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(ties: &[Tie]) -> String {
        let words: Vec<String> = ties
            .iter()
            .map(|tie| match tie {
                Tie::Both(a, b) => format!("{a}={b}"),
                Tie::Moved(a, b) => format!("{a}~{b}"),
                Tie::Left(a) => format!("{a}-"),
                Tie::Right(b) => format!("+{b}"),
            })
            .collect();
        words.join(" ")
    }

    #[test]
    fn items_find_their_counterparts() {
        for (left, right, wanted) in [
            (&[1, 2, 3][..], &[1, 2, 3][..], "0=0 1=1 2=2"),
            (&[1, 2, 3], &[9, 1, 2, 3], "+0 0=1 1=2 2=3"),
            (&[1, 2, 3], &[1, 3], "0=0 1- 2=1"),
            (&[1, 2, 3], &[1, 7, 3], "0=0 1=1 2=2"),
            (&[1, 2, 3, 4], &[4, 1, 2, 3], "0=1 1=2 2=3 3~0"),
            (&[5, 5, 5], &[5, 5], "0=0 1=1 2-"),
            (&[], &[1], "+0"),
            (&[1], &[], "0-"),
            (
                &[1, 2, 3, 4, 5, 6],
                &[1, 9, 3, 8, 8, 5, 6],
                "0=0 1=1 2=2 3=3 +4 4=5 5=6",
            ),
        ] {
            assert_eq!(short(&aligned(left, right)), wanted, "{left:?} {right:?}");
        }
        for (left, right, ordered, wanted) in [
            (
                &[1, 2, 2, 3][..],
                &[2, 1, 2, 4][..],
                true,
                "0~1 1=0 2=2 3- +3",
            ),
            (&[1, 2, 2, 3], &[2, 1, 2, 4], false, "0=1 1=0 2=2 3- +3"),
        ] {
            let ties = by_identity(left, right, ordered);
            assert_eq!(short(&ties), wanted, "{left:?} {right:?}");
        }
        assert_eq!(short(&by_position(1, 3)), "0=0 +1 +2");
    }

    #[test]
    fn every_item_is_tied_once_and_a_million_take_no_square() {
        let left: Vec<u64> = (0..1_000_000).collect();
        let right: Vec<u64> = (0..1_000_000).map(|n| n * 7_919 % 1_000_003).collect();
        for ties in [aligned(&left, &right), by_identity(&left, &right, true)] {
            let (mut own, mut other) = (vec![0; left.len()], vec![0; right.len()]);
            for tie in ties {
                match tie {
                    Tie::Both(a, b) | Tie::Moved(a, b) => {
                        own[a] += 1;
                        other[b] += 1;
                    }
                    Tie::Left(a) => own[a] += 1,
                    Tie::Right(b) => other[b] += 1,
                }
            }
            assert!(own.iter().chain(&other).all(|count| *count == 1));
        }
    }
}
