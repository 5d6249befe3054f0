//! Spans of time, written down as they begin and end: when a window was used up.
//!
//! Pure. Memory is bounded: the first and the last [`KEPT_SPANS`] are kept, of those between how many and how
//! long. A connection outlives its calls: a [`Mark`] taken when a call begins tells those apart that are
//! not its own.

use std::collections::VecDeque;

use super::trace::{Moment, Wait, WaitKind, Waits};

/// A stream whose server reads slowly waits once a round trip; nobody looks at more than this.
pub(super) const KEPT_SPANS: usize = 256;

/// Spans in order of time, in microseconds since the connection began.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans {
    first: Vec<(u64, u64)>,
    last: VecDeque<(u64, u64)>,
    open: Option<u64>,
    ended: Mark,
}

/// Spans that have ended, and how long they took together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    spans: u64,
    micros: u64,
}

impl Mark {
    fn add(&mut self, (began, ended): (u64, u64)) {
        self.spans = self.spans.saturating_add(1);
        self.micros = self.micros.saturating_add(ended.saturating_sub(began));
    }
}

impl Spans {
    /// Says how it stands from now on.
    pub(super) fn set(&mut self, micros: u64, holds: bool) {
        match (self.open, holds) {
            (None, true) => self.open = Some(micros),
            (Some(began), false) => {
                self.open = None;
                self.ended.add((began, micros));
                if self.first.len() < KEPT_SPANS {
                    self.first.push((began, micros));
                } else {
                    if self.last.len() >= KEPT_SPANS {
                        self.last.pop_front();
                    }
                    self.last.push_back((began, micros));
                }
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// What has ended until now.
    pub(super) fn mark(&self) -> Mark {
        self.ended
    }

    /// Adds them to what is told; those that ended before `from` are not, nor are those counted that ended before
    /// the mark.
    pub(super) fn tell(
        &self,
        kind: WaitKind,
        (from, mark): (u64, Mark),
        moment: &impl Fn(u64) -> Moment,
        waits: &mut Waits,
    ) {
        let first = (0..).zip(&self.first);
        let last = u64::try_from(self.last.len()).unwrap_or(u64::MAX);
        let last = (self.ended.spans.saturating_sub(last)..).zip(&self.last);
        let mut own = Mark::default();
        for (number, (began, ended)) in first.chain(last) {
            if number >= mark.spans {
                own.add((*began, *ended));
            }
            if *ended >= from {
                waits.kept.push(Wait {
                    kind,
                    begin: moment(*began),
                    end: Some(moment(*ended)),
                });
            }
        }
        waits.kept.extend(self.open.map(|began| Wait {
            kind,
            begin: moment(began),
            end: None,
        }));
        let more =
            |all: u64, before: u64, told: u64| all.saturating_sub(before).saturating_sub(told);
        let spans = more(self.ended.spans, mark.spans, own.spans);
        let micros = more(self.ended.micros, mark.micros, own.micros);
        waits.more = waits.more.saturating_add(spans);
        waits.more_micros = waits.more_micros.saturating_add(micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_kept_up_to_a_bound_and_counted_beyond() {
        let mut spans = Spans::default();
        let many = 2 * KEPT_SPANS as u64 + 7;
        let mut mark = Mark::default();
        for at in 0..many {
            spans.set(10 * at, true);
            if at == KEPT_SPANS as u64 + 4 {
                mark = spans.mark();
            }
            // Twice is as once.
            spans.set(10 * at + 1, true);
            spans.set(10 * at + 3, false);
            spans.set(10 * at + 4, false);
        }
        spans.set(10 * many, true);
        let moment = |micros: u64| Moment::from_micros(micros as i64);
        let mut waits = Waits::default();
        let all = (0, Mark::default());
        spans.tell(WaitKind::SendStream, all, &moment, &mut waits);
        assert_eq!(waits.kept.len(), 2 * KEPT_SPANS + 1);
        assert_eq!(waits.kept[1].begin.micros(), 10);
        assert_eq!(waits.kept[1].end.map(Moment::micros), Some(13));
        assert_eq!(waits.kept.last().and_then(|wait| wait.end), None);
        assert_eq!((waits.more, waits.more_micros), (7, 21));

        // A call that began after the first and four more.
        let from = 10 * (KEPT_SPANS as u64 + 4);
        let mut later = Waits::default();
        spans.tell(WaitKind::SendStream, (from, mark), &moment, &mut later);
        assert_eq!(later.kept.len(), KEPT_SPANS + 1);
        assert_eq!((later.more, later.more_micros), (3, 9));
        // And one that began when all of them were over has none but the one that lasts.
        let mut last = Waits::default();
        let from = (10 * many, spans.mark());
        spans.tell(WaitKind::SendStream, from, &moment, &mut last);
        assert_eq!((last.kept.len(), last.more, last.more_micros), (1, 0, 0));
    }
}
