//! What a log did not keep one by one, counted by time: so that a long stream still shows its course.
//!
//! Pure. Memory is bounded: [`SLICES`] slices of one width, which doubles when they no longer reach.
//! Sums are exact.

use super::{
    frame_log::Entry,
    frames::DATA,
    trace::{Count, FrameDirection, Moment, Slice},
};

/// Slices of time that are told apart at most.
const SLICES: usize = 256;

/// The width to begin with, in microseconds.
const FIRST_WIDTH: u64 = 64;

/// Data and other frames, sent and received.
type Counts = [Count; 4];

/// Frames by time.
#[derive(Debug, Default)]
pub(super) struct Activity {
    origin: u64,
    /// The last moment that was counted.
    last: u64,
    width: u64,
    slices: Vec<Counts>,
}

fn slot(direction: FrameDirection, data: bool) -> usize {
    match (direction, data) {
        (FrameDirection::Sent, true) => 0,
        (FrameDirection::Received, true) => 1,
        (FrameDirection::Sent, false) => 2,
        (FrameDirection::Received, false) => 3,
    }
}

impl Activity {
    /// Counts a record; records come in order of time.
    pub(super) fn add(&mut self, entry: &Entry) {
        if self.slices.is_empty() {
            self.origin = entry.micros;
            self.width = FIRST_WIDTH;
            self.slices = vec![Counts::default(); SLICES];
        }
        self.last = self.last.max(entry.micros);
        let since = entry.micros.saturating_sub(self.origin);
        let mut index = usize::try_from(since / self.width).unwrap_or(usize::MAX);
        while index >= SLICES {
            self.halve();
            index = usize::try_from(since / self.width).unwrap_or(usize::MAX);
        }
        let counts = self.slices.get_mut(index);
        let count = counts.and_then(|it| it.get_mut(slot(entry.direction, entry.kind == DATA)));
        if let Some(count) = count {
            count.add(entry.frames, entry.bytes);
        }
    }

    /// Two slices become one of twice the width.
    fn halve(&mut self) {
        self.width = self.width.saturating_mul(2);
        for index in 0..SLICES {
            let mut sum = Counts::default();
            for from in [2 * index, 2 * index + 1] {
                let Some(counts) = self.slices.get(from) else {
                    continue;
                };
                for (sum, count) in sum.iter_mut().zip(counts) {
                    sum.frames = sum.frames.saturating_add(count.frames);
                    sum.bytes = sum.bytes.saturating_add(count.bytes);
                }
            }
            if let Some(to) = self.slices.get_mut(index) {
                *to = sum;
            }
        }
    }

    /// The slices that hold something, in order of time.
    pub(super) fn told(&self, moment: &impl Fn(u64) -> Moment) -> Vec<Slice> {
        let mut told = Vec::new();
        for (begin, counts) in (self.origin..).step_by(self.step()).zip(&self.slices) {
            let end = begin.saturating_add(self.width).min(self.last).max(begin);
            for direction in [FrameDirection::Sent, FrameDirection::Received] {
                for data in [true, false] {
                    let count = counts.get(slot(direction, data)).copied();
                    let count = count.unwrap_or_default();
                    if count.frames > 0 {
                        told.push(Slice {
                            begin: moment(begin),
                            end: moment(end),
                            direction,
                            data,
                            count,
                        });
                    }
                }
            }
        }
        told
    }

    fn step(&self) -> usize {
        usize::try_from(self.width.max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_any_span_and_their_sums_are_exact() {
        let moment = |micros: u64| Moment::from_micros(micros as i64);
        for apart in [0, 1, 63, 1_000, 3_600_000_000] {
            let mut activity = Activity::default();
            let count = 5_000;
            for number in 0..count {
                activity.add(&Entry {
                    micros: 17 + number * apart,
                    bytes: number,
                    frames: 2,
                    detail: 0,
                    kind: if number % 5 == 0 { 8 } else { DATA },
                    flags: 0,
                    direction: match number % 3 {
                        0 => FrameDirection::Sent,
                        _ => FrameDirection::Received,
                    },
                });
            }
            let told = activity.told(&moment);
            let sum = |of: fn(&Slice) -> u64| told.iter().map(of).sum::<u64>();
            assert_eq!(sum(|it| it.count.frames), 2 * count, "{apart}");
            assert_eq!(sum(|it| it.count.bytes), (0..count).sum::<u64>(), "{apart}");
            assert!(told.len() <= 4 * SLICES, "{apart}: {}", told.len());
            assert!(told.iter().all(|it| it.begin <= it.end), "{apart}");
            let end = told.iter().map(|it| it.end).max();
            let last = 17 + (count - 1) * apart;
            assert!(end <= Some(moment(last)), "{apart}: {end:?}");
            assert!(told.is_sorted_by_key(|it| it.begin), "{apart}");
        }
        assert!(Activity::default().told(&moment).is_empty());
    }
}
