//! How a table that follows a fast stream moves on: in steps a person can see, each shown when its texts
//! are there.
//!
//! A stream brings tens of thousands of messages a frame. A table that went to the newest in each would
//! show rows nobody can read, and never their texts, which come a frame later. So the end that is shown
//! moves on at most [`EVERY`], and waits for the texts of its rows, though not longer than [`PATIENCE`].

/// Seconds between two steps.
const EVERY: f64 = 0.08;

/// Seconds after which rows are shown without their texts.
const PATIENCE: f64 = 0.3;

/// The end that is shown, and the one that is next.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pacing {
    shown: usize,
    since: f64,
    next: Option<(usize, f64)>,
}

impl Pacing {
    /// The rows to show of `len`, at a time in seconds; `is_ready` says whether the texts of the last rows
    /// before an end are there.
    pub(super) fn step(&mut self, len: usize, now: f64, is_ready: impl Fn(usize) -> bool) -> usize {
        if self.shown == 0 || len < self.shown {
            self.jump(len, now);
        }
        if let Some((end, asked)) = self.next
            && (end > len || is_ready(end) || now - asked >= PATIENCE)
        {
            self.jump(end.min(len), now);
        }
        if self.next.is_none() && len > self.shown && now - self.since >= EVERY {
            self.next = Some((len, now));
        }
        self.shown
    }

    /// Shows so many at once.
    pub(super) fn jump(&mut self, len: usize, now: f64) {
        *self = Self {
            shown: len,
            since: now,
            next: None,
        };
    }

    /// The end whose texts are wanted.
    pub(super) fn wanted(&self) -> Option<usize> {
        self.next.map(|(end, _)| end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_moves_on_in_steps_and_with_its_texts() {
        let mut pacing = Pacing::default();
        assert_eq!(
            pacing.step(5, 0.0, |_| false),
            5,
            "the first are shown at once"
        );
        assert_eq!(pacing.step(900, 0.01, |_| true), 5, "not in each frame");
        assert_eq!(pacing.step(1_000, 0.09, |_| false), 5);
        assert_eq!(pacing.wanted(), Some(1_000));
        assert_eq!(pacing.step(2_000, 0.10, |_| false), 5, "no texts yet");
        assert_eq!(pacing.step(3_000, 0.11, |end| end == 1_000), 1_000);
        assert_eq!(pacing.wanted(), None);
        // Texts that never come do not keep rows away.
        pacing.step(4_000, 0.2, |_| false);
        assert_eq!(pacing.wanted(), Some(4_000));
        assert_eq!(pacing.step(4_000, 0.3, |_| false), 1_000);
        assert_eq!(pacing.step(4_000, 0.51, |_| false), 4_000);
    }

    #[test]
    fn fewer_rows_are_shown_at_once() {
        let mut pacing = Pacing::default();
        pacing.step(1_000, 0.0, |_| true);
        assert_eq!(pacing.step(30, 0.01, |_| false), 30);
        pacing.step(40, 0.2, |_| false);
        assert_eq!(pacing.step(10, 0.21, |_| false), 10);
        assert_eq!(pacing.step(0, 0.22, |_| false), 0);
    }
}
