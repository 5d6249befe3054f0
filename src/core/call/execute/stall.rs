//! Notices that a call stands still, and that it goes on again.
//!
//! Pure but for the timer that says when to look. Messages that arrive and bytes that leave are
//! progress; waiting for the next message of a stream, or for the person, is not standing still.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep};

use crate::grpc::Waiting;

/// After this time without anything happening, it is said what the call waits for.
pub(super) const STALL: Duration = Duration::from_secs(5);

/// A call's standstill, told once until it goes on.
#[derive(Debug)]
pub(super) struct Stall {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    moved: Instant,
    sent_bytes: u64,
    told: bool,
}

/// What a look at the call has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It stands still, and waits for this.
    Standstill(Waiting),
    /// It goes on again.
    GoesOn,
}

impl Stall {
    pub(super) fn after(limit: Duration) -> Self {
        Self {
            limit,
            timer: Box::pin(sleep(limit)),
            moved: Instant::now(),
            sent_bytes: 0,
            told: false,
        }
    }

    /// Waits until it is time to look. Cancel-safe.
    pub(super) async fn time_to_look(&mut self) {
        self.timer.as_mut().await;
    }

    /// Something happened.
    pub(super) fn moved(&mut self) -> Option<Found> {
        self.moved = Instant::now();
        std::mem::take(&mut self.told).then_some(Found::GoesOn)
    }

    /// Looks at a call of which so many bytes have left and which waits for something; `by_hand` when
    /// it is the person who sends.
    pub(super) fn look(
        &mut self,
        sent_bytes: u64,
        waiting: Waiting,
        by_hand: bool,
    ) -> Option<Found> {
        let found = if sent_bytes > self.sent_bytes {
            self.sent_bytes = sent_bytes;
            self.moved()
        } else {
            let patient =
                waiting == Waiting::Messages || (by_hand && matches!(waiting, Waiting::Head));
            let still = self.moved.elapsed() >= self.limit && !patient && !self.told;
            self.told |= still;
            still.then_some(Found::Standstill(waiting))
        };
        let quiet = self.moved.elapsed();
        let next = self.limit.saturating_sub(quiet).max(self.limit / 5);
        self.timer.as_mut().reset(Instant::now() + next);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_standstill_is_told_once_until_the_call_goes_on() {
        let mut stall = Stall::after(Duration::ZERO);
        stall.time_to_look().await;
        let window = Waiting::SendWindow;
        assert_eq!(
            stall.look(0, window, false),
            Some(Found::Standstill(window))
        );
        assert_eq!(stall.look(0, window, false), None, "told");
        assert_eq!(stall.look(10, window, false), Some(Found::GoesOn));
        assert_eq!(
            stall.look(10, window, false),
            Some(Found::Standstill(window))
        );
        assert_eq!(stall.moved(), Some(Found::GoesOn));
        assert_eq!(stall.moved(), None);
    }

    #[tokio::test]
    async fn bytes_that_leave_slowly_are_no_standstill() {
        let mut stall = Stall::after(Duration::from_secs(3600));
        for sent in 1..10 {
            assert_eq!(stall.look(sent, Waiting::Network, false), None);
        }
    }

    #[tokio::test]
    async fn a_stream_and_a_person_may_take_their_time() {
        let mut stall = Stall::after(Duration::ZERO);
        assert_eq!(stall.look(0, Waiting::Messages, false), None);
        assert_eq!(stall.look(0, Waiting::Head, true), None);
        let head = Some(Found::Standstill(Waiting::Head));
        assert_eq!(stall.look(0, Waiting::Head, false), head);
    }
}
