//! Draws that repeat: the same seed and the same place give the same value.
//!
//! SplitMix64 (Steele, Lea, Flood 2014). Each place of a message draws from a stream of its own, made
//! of the seed and its name, so that a field that is added to a schema changes no other field's value.

/// A stream of numbers.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of a place below this one. Draw nothing from a stream that others are taken of: theirs
    /// would depend on it.
    pub(super) fn at(&self, place: &str, index: usize) -> Self {
        // FNV-1a, then mixed once: neighbouring names and seeds shall have nothing in common.
        let bytes = place.bytes().chain(index.to_le_bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut draw = Self(self.0 ^ hash);
        Self(draw.bits())
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 where `count` is.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let bits = u128::from(self.bits());
        // Scaled, not a remainder: no bias worth the name, and the high bits are used.
        ((bits * count as u128) >> 64) as usize
    }

    /// A number of a range, both ends included; the low end where the range is empty.
    pub(super) fn within(&mut self, low: i128, high: i128) -> i128 {
        let span = high.saturating_sub(low).saturating_add(1);
        let (Ok(span), true) = (u128::try_from(span), high >= low) else {
            return low;
        };
        let bits = (u128::from(self.bits()) << 64) | u128::from(self.bits());
        low + (bits % span) as i128
    }

    /// Whether an event of one in `count` happens.
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of a list that is not empty.
    pub(super) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        all.get(self.below(all.len())).copied()
    }

    /// One of the words of a list, empty where there is none.
    pub(super) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.of(words).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_draws_the_same_whatever_is_drawn_beside_it() {
        let root = Draw::new(7);
        let mut first = root.at("name", 0);
        root.at("other", 0).bits();
        assert_eq!(first.bits(), root.at("name", 0).bits());
        let others = [
            root.at("name", 1),
            root.at("names", 0),
            Draw::new(8).at("name", 0),
        ];
        for mut other in others {
            assert_ne!(other.bits(), root.at("name", 0).bits());
        }
    }

    #[test]
    fn ranges_are_met_to_both_ends_and_no_further() {
        let mut draw = Draw::new(1);
        let mut seen = [0; 6];
        for _ in 0..600 {
            let value = draw.within(-2, 3);
            seen[usize::try_from(value + 2).unwrap()] += 1;
        }
        assert!(
            seen.iter().all(|count| (60..140).contains(count)),
            "{seen:?}"
        );
        assert_eq!(draw.within(5, 5), 5);
        assert_eq!(draw.within(5, 4), 5);
        assert_eq!(draw.below(0), 0);
        let extremes = draw.within(i128::from(i64::MIN), i128::from(u64::MAX));
        assert!((i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&extremes));
    }
}
