//! Pauses between attempts to connect. Spec: `connection-backoff.md`.

use std::time::Duration;

use uuid::Uuid;

/// The first, the factor, the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const PAUSE_FACTOR: f64 = 1.6;
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// The pauses of `connection-backoff.md`, with its jitter of a fifth either way.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    taken: i32,
}

impl Pauses {
    pub(crate) fn next(&mut self) -> Duration {
        let factor = PAUSE_FACTOR.powi(self.taken.min(20));
        self.taken += 1;
        let pause = FIRST_PAUSE.mul_f64(factor).min(LONGEST_PAUSE);
        // Any source of chance will do: clients that failed together must not come back together.
        let chance = f64::from(Uuid::new_v4().as_u128() as u16) / f64::from(u16::MAX);
        pause.mul_f64(0.8 + 0.4 * chance)
    }
}
