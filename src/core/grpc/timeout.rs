//! A deadline as `grpc-timeout` carries it. Pure.
//!
//! Spec: gRPC over HTTP/2, "Timeout": at most 8 digits and a unit.

use std::time::Duration;

/// The largest number that 8 digits hold.
const MAX_VALUE: u128 = 99_999_999;

/// Units from the finest, with their length in nanoseconds.
const UNITS: [(char, u128); 6] = [
    ('n', 1),
    ('u', 1_000),
    ('m', 1_000_000),
    ('S', 1_000_000_000),
    ('M', 60_000_000_000),
    ('H', 3_600_000_000_000),
];

/// Encodes a deadline as a `grpc-timeout` value.
///
/// The value is rounded *up* in the finest unit that fits: a peer may get slightly longer, never
/// less. Range: 1 ns ..= 99,999,999 h; what lies outside is clamped.
pub(crate) fn encode_timeout(timeout: Duration) -> String {
    let nanos = timeout.as_nanos().max(1);
    for (unit, unit_nanos) in UNITS {
        let value = nanos.div_ceil(unit_nanos);
        if value <= MAX_VALUE {
            return format!("{value}{unit}");
        }
    }
    format!("{MAX_VALUE}H")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_deadline_is_shortened_or_has_more_than_8_digits(
            secs in prop_oneof![any::<u64>(), 0..400_000_000_000_u64],
            nanos in 0..1_000_000_000_u32,
        ) {
            let asked = Duration::new(secs, nanos).as_nanos().max(1);
            let sent = encode_timeout(Duration::new(secs, nanos));
            let (digits, unit) = sent.split_at(sent.len() - 1);
            prop_assert!((1..=8).contains(&digits.len()));
            let unit = UNITS.iter().find(|(name, _)| unit.starts_with(*name)).unwrap().1;
            let told = digits.parse::<u128>().unwrap() * unit;
            let most = MAX_VALUE * 3_600_000_000_000;
            prop_assert!(told >= asked.min(most) && told - asked.min(most) < unit);
        }
    }

    #[test]
    fn the_finest_unit_that_fits_is_rounded_up() {
        let cases = [
            (Duration::ZERO, "1n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_000), "100000u"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(1), "1000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(99_999_999), "99999999S"),
            (Duration::from_secs(100_000_000), "1666667M"),
            (Duration::MAX, "99999999H"),
        ];
        for (timeout, expected) in cases {
            assert_eq!(encode_timeout(timeout), expected, "{timeout:?}");
        }
    }
}
