//! Spans of time, written down as they begin and end: when a window was used up.
//!
//! Pure. Memory is bounded: the first [`KEPT_SPANS`] are kept, of the others how many and how long.

use super::trace::{Moment, Wait, WaitKind, Waits};

/// A stream whose server reads slowly waits once a round trip; nobody looks at more than this.
pub(super) const KEPT_SPANS: usize = 256;

/// Spans in order of time, in microseconds since the connection began.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans {
    kept: Vec<(u64, u64)>,
    open: Option<u64>,
    /// Spans that were not kept, and how long they took together.
    more: u64,
    more_micros: u64,
}

impl Spans {
    /// Says how it stands from now on.
    pub(super) fn set(&mut self, micros: u64, holds: bool) {
        match (self.open, holds) {
            (None, true) => self.open = Some(micros),
            (Some(began), false) => {
                self.open = None;
                if self.kept.len() < KEPT_SPANS {
                    self.kept.push((began, micros));
                } else {
                    self.more = self.more.saturating_add(1);
                    let took = micros.saturating_sub(began);
                    self.more_micros = self.more_micros.saturating_add(took);
                }
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// Adds them to what is told; those that ended before `from` are not.
    pub(super) fn tell(
        &self,
        kind: WaitKind,
        from: u64,
        moment: &impl Fn(u64) -> Moment,
        waits: &mut Waits,
    ) {
        let kept = self.kept.iter().filter(|(_, ended)| *ended >= from);
        waits.kept.extend(kept.map(|(began, ended)| Wait {
            kind,
            begin: moment(*began),
            end: Some(moment(*ended)),
        }));
        waits.kept.extend(self.open.map(|began| Wait {
            kind,
            begin: moment(began),
            end: None,
        }));
        waits.more = waits.more.saturating_add(self.more);
        waits.more_micros = waits.more_micros.saturating_add(self.more_micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_kept_up_to_a_bound_and_counted_beyond() {
        let mut spans = Spans::default();
        let many = KEPT_SPANS as u64 + 7;
        for at in 0..many {
            spans.set(10 * at, true);
            // Twice is as once.
            spans.set(10 * at + 1, true);
            spans.set(10 * at + 3, false);
            spans.set(10 * at + 4, false);
        }
        spans.set(10 * many, true);
        let moment = |micros: u64| Moment::from_micros(micros as i64);
        let mut waits = Waits::default();
        spans.tell(WaitKind::SendStream, 0, &moment, &mut waits);
        assert_eq!(waits.kept.len(), KEPT_SPANS + 1);
        assert_eq!(waits.kept[1].begin.micros(), 10);
        assert_eq!(waits.kept[1].end.map(Moment::micros), Some(13));
        assert_eq!(waits.kept.last().and_then(|wait| wait.end), None);
        assert_eq!((waits.more, waits.more_micros), (7, 21));

        let mut later = Waits::default();
        spans.tell(WaitKind::SendStream, 2_500, &moment, &mut later);
        assert!(later.kept.iter().all(|wait| wait.begin.micros() >= 2_500));
    }
}
