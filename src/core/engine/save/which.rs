//! The messages that are written, in the order of the log, read in parts.

use std::{
    ops::{ControlFlow, Range},
    time::Duration,
};

use super::{Broken, SaveSpec, SaveWhat, refused};
use crate::{
    call::{
        LogEntry, MessageLog,
        scan::{Scan, ScanState},
    },
    engine::job::Work,
};

/// Messages whose numbers are held at once.
const PART: usize = 1024;

/// A part is walked when it has at least one message in so many; else each is read by itself.
const DENSE: usize = 16;

/// How often, while a filter is still at work, it is asked whether to go on.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A message, or `None` for one that the disk no longer gives.
type Read<'m> = Option<(usize, LogEntry, &'m [u8])>;

type Take<'t> = &'t mut dyn FnMut(Read<'_>) -> Result<(), Broken>;

/// How often it is told how far a save is, and looked whether to go on: after so many messages,
const TELL_EVERY: usize = 64;

/// or so many bytes of them, whichever is first.
const TELL_BYTES: usize = 64 << 10;

/// Calls `take` with each message that is wanted. Gives how many of them a filter could neither take nor leave.
///
/// # Errors
/// What `take` says, or that it was asked to stop.
pub(super) fn each(
    log: &MessageLog,
    spec: &SaveSpec,
    work: &Work,
    take: Take<'_>,
) -> Result<usize, Broken> {
    let mut reader = Reader {
        log,
        spec,
        work,
        take,
        done: 0,
        untold: 0,
        untold_bytes: 0,
    };
    let mut undecided = 0;
    match &spec.what {
        SaveWhat::One(index) => {
            work.set_all(1);
            reader.picked(&[*index])?;
        }
        SaveWhat::Some(ranges) => {
            let ranges = in_order(ranges);
            let all: usize = ranges.iter().map(ExactSizeIterator::len).sum();
            work.set_all(all as u64);
            let mut left = ranges.into_iter().flatten();
            loop {
                let part: Vec<usize> = left.by_ref().take(PART).collect();
                if part.is_empty() {
                    break;
                }
                reader.picked(&part)?;
            }
        }
        SaveWhat::Matches(scan) => {
            let all;
            (all, undecided) = matches(log, scan, work)?;
            work.set_all(all as u64);
            let mut row = 0;
            while row < all {
                let part = scan.rows(row..all.min(row + PART));
                if part.is_empty() {
                    break;
                }
                reader.picked(&part)?;
                row += part.len();
            }
        }
        SaveWhat::All => {
            let all = log.len();
            work.set_all(all as u64);
            reader.walked(0..all, |_| true)?;
        }
    }
    if work.reached(reader.done) {
        Ok(undecided)
    } else {
        Err(Broken::Stopped)
    }
}

/// Ranges that rise and do not overlap.
fn in_order(ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ranges = ranges.to_vec();
    ranges.sort_by_key(|range| range.start);
    let mut reached = 0;
    for range in &mut ranges {
        range.start = range.start.max(reached);
        reached = reached.max(range.end);
    }
    ranges.retain(|range| !range.is_empty());
    ranges
}

/// How many matches there are among the messages of now, and how many messages the filter could not decide;
/// waits until it has looked at them.
///
/// # Errors
/// It was stopped before, or failed: what it had found until then is not what was asked for.
fn matches(log: &MessageLog, scan: &Scan, work: &Work) -> Result<(usize, usize), Broken> {
    let len = log.len();
    loop {
        if !work.goes_on() {
            return Err(Broken::Stopped);
        }
        scan.wait(LOOK_EVERY, |progress| {
            progress.looked >= len || progress.state != ScanState::Running
        });
        let progress = scan.progress();
        if progress.looked >= len {
            // Matches of messages that came later are not asked for.
            let all = scan.position_at_or_after(len).unwrap_or_else(|| scan.len());
            return Ok((all, progress.undecided));
        }
        if matches!(progress.state, ScanState::Stopped | ScanState::Failed) {
            let reason = format!(
                "The filter ended when it had looked at {} of {len} messages",
                progress.looked
            );
            let hint = "Set the filter again, and save while it stands";
            return Err(refused("The matches were not saved", &reason, hint));
        }
    }
}

struct Reader<'a> {
    log: &'a MessageLog,
    spec: &'a SaveSpec,
    work: &'a Work,
    take: Take<'a>,
    /// Messages that were looked at, those of the other direction too.
    done: u64,
    /// Of these, those since it was last told how many.
    untold: usize,
    /// And their bytes.
    untold_bytes: usize,
}

impl Reader<'_> {
    fn fits(&self, entry: LogEntry) -> bool {
        let wanted = self.spec.direction;
        wanted.is_none_or(|wanted| wanted == entry.direction)
    }

    fn give(&mut self, message: Read<'_>) -> Result<(), Broken> {
        self.done += 1;
        self.untold += 1;
        self.untold_bytes += message.map_or(0, |(_, _, wire)| wire.len());
        if self.untold >= TELL_EVERY || self.untold_bytes >= TELL_BYTES {
            (self.untold, self.untold_bytes) = (0, 0);
            // What is begun now is not done yet.
            if !self.work.reached(self.done - 1) {
                return Err(Broken::Stopped);
            }
        }
        if message.is_some_and(|(_, entry, _)| !self.fits(entry)) {
            return Ok(());
        }
        (self.take)(message)
    }

    /// Reads messages by their indices, which rise.
    fn picked(&mut self, indices: &[usize]) -> Result<(), Broken> {
        let (Some(first), Some(last)) = (indices.first(), indices.last()) else {
            return Ok(());
        };
        let range = *first..last.saturating_add(1);
        if indices.len() > 1 && range.len() <= indices.len().saturating_mul(DENSE) {
            let mut left = indices.iter().peekable();
            return self.walked(range, |index| {
                while left.next_if(|next| **next < index).is_some() {}
                left.next_if(|next| **next == index).is_some()
            });
        }
        for index in indices {
            match self.log.entry(*index).zip(self.log.message(*index)) {
                Some((entry, wire)) => self.give(Some((*index, entry, &wire)))?,
                None => self.give(None)?,
            }
        }
        Ok(())
    }

    /// Walks a range; what the disk no longer gives is noticed by the gaps.
    fn walked(
        &mut self,
        range: Range<usize>,
        mut wanted: impl FnMut(usize) -> bool,
    ) -> Result<(), Broken> {
        let mut result = Ok(());
        let mut next = range.start;
        let (end, log) = (range.end, self.log);
        log.walk(range, |index, entry, wire| {
            let missed = (next..index).filter(|index| wanted(*index)).count();
            next = index + 1;
            result = (0..missed)
                .try_for_each(|_| self.give(None))
                .and_then(|()| match wanted(index) {
                    true => self.give(Some((index, entry, wire))),
                    false => Ok(()),
                });
            match result {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        result?;
        let missed = (next..end).filter(|index| wanted(*index)).count();
        (0..missed).try_for_each(|_| self.give(None))
    }
}
