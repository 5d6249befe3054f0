//! What arrived, on its way to a log that may have no room: in order, and without a gap.

use std::time::Duration;

use super::{super::Direction, Record};
use crate::grpc::Messages;

/// Messages that arrived together and are not in the log yet, and whether one was ever given up.
#[derive(Default)]
pub(super) struct Arrived {
    back: Option<(Duration, Messages)>,
    gave_up: bool,
}

impl Arrived {
    /// Whether something waits for room.
    pub(super) fn waits(&self) -> bool {
        self.back.is_some()
    }

    /// Logs messages that arrived together, or as many of the first as there is room for; the others wait.
    pub(super) fn bring(&mut self, log: &impl Record, at: Duration, messages: Messages) {
        if !self.gave_up {
            let left = keep(log, at, messages);
            self.back = (!left.is_empty()).then_some((at, left));
        }
    }

    /// Brings what waits again.
    pub(super) fn try_again(&mut self, log: &impl Record) {
        if let Some((at, messages)) = self.back.take() {
            self.bring(log, at, messages);
        }
    }

    /// Brings what waits for the last time. When it does not fit, neither it nor what arrives later is kept.
    pub(super) fn last_try(&mut self, log: &impl Record) {
        self.try_again(log);
        self.gave_up |= self.back.take().is_some();
    }
}

/// Logs what arrived together; when it does not all fit, the first of it. Gives the rest.
fn keep(log: &impl Record, at: Duration, mut messages: Messages) -> Messages {
    if log.append_batch(Direction::Received, at, &messages) {
        return Messages::new();
    }
    let one_by_one = (0..messages.len()).map_while(|index| messages.bytes(index));
    let kept = one_by_one
        .take_while(|message| log.append(Direction::Received, at, std::slice::from_ref(message)))
        .count();
    messages.split_off(kept)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use bytes::Bytes;

    use super::*;

    /// A log with room for so many more.
    #[derive(Default)]
    struct Shelf {
        room: Cell<usize>,
        kept: RefCell<Vec<u8>>,
    }

    impl Record for Shelf {
        fn append(&self, _: Direction, _: Duration, messages: &[Bytes]) -> bool {
            let left = self.room.get().checked_sub(messages.len());
            if let Some(left) = left {
                self.room.set(left);
                let firsts = messages.iter().map(|message| message[0]);
                self.kept.borrow_mut().extend(firsts);
            }
            left.is_some()
        }

        fn room_after(&self, _: &[Bytes]) -> Option<usize> {
            None
        }

        fn has_room(&self, _: usize) -> bool {
            self.room.get() > 0
        }
    }

    fn messages(numbers: &[u8]) -> Messages {
        let each = numbers.iter();
        each.map(|&number| Bytes::copy_from_slice(&[number]))
            .collect()
    }

    #[test]
    fn what_waits_comes_before_what_arrives_later_or_neither_comes() {
        let bring = |arrived: &mut Arrived, log: &Shelf, numbers: &[u8]| {
            arrived.bring(log, Duration::ZERO, messages(numbers));
        };
        for (name, room_at_the_end, want) in [
            ("all fits at last", 9, vec![1, 2, 3, 4, 5]),
            ("a part of it", 1, vec![1, 2, 3]),
            ("nothing more", 0, vec![1, 2]),
        ] {
            let (mut arrived, log) = (Arrived::default(), Shelf::default());
            log.room.set(2);
            bring(&mut arrived, &log, &[1, 2, 3, 4]);
            assert!(arrived.waits(), "{name}");
            arrived.try_again(&log);
            assert!(arrived.waits(), "{name}");
            log.room.set(room_at_the_end);
            arrived.last_try(&log);
            assert!(!arrived.waits(), "{name}");
            // There may be room for what is smaller or later, but not before what is missing.
            log.room.set(9);
            bring(&mut arrived, &log, &[5]);
            assert_eq!(*log.kept.borrow(), want, "{name}");
        }
    }
}
