//! The messages that are written, in the order of the log, read in parts.

use std::{ops::ControlFlow, thread, time::Duration};

use super::{Broken, SaveSpec, SaveWhat};
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

/// How often a filter that is still at work is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A message, or `None` for one that the disk no longer gives.
type Read<'m> = Option<(usize, LogEntry, &'m [u8])>;

type Take<'t> = &'t mut dyn FnMut(Read<'_>) -> Result<(), Broken>;

/// Calls `take` with each message that is wanted. Gives how many those were.
pub(super) fn each(
    log: &MessageLog,
    spec: &SaveSpec,
    work: &Work,
    take: Take<'_>,
) -> Result<u64, Broken> {
    match &spec.what {
        SaveWhat::One(index) => {
            work.set_all(1);
            picked(log, spec, &[*index], take)?;
            Ok(1)
        }
        SaveWhat::Some(indices) => {
            let mut indices = indices.to_vec();
            indices.sort_unstable();
            indices.dedup();
            work.set_all(indices.len() as u64);
            for part in indices.chunks(PART) {
                goes_on(work)?;
                picked(log, spec, part, take)?;
            }
            Ok(indices.len() as u64)
        }
        SaveWhat::Matches(scan) => {
            let all = matches(log, scan, work)?;
            work.set_all(all as u64);
            let mut row = 0;
            while row < all {
                goes_on(work)?;
                let part = scan.rows(row..all.min(row + PART));
                if part.is_empty() {
                    break;
                }
                picked(log, spec, &part, take)?;
                row += part.len();
            }
            Ok(row as u64)
        }
        SaveWhat::All => {
            let all = log.len();
            work.set_all(all as u64);
            walked(log, spec, 0..all, |_| true, take)?;
            Ok(all as u64)
        }
    }
}

fn goes_on(work: &Work) -> Result<(), Broken> {
    if work.goes_on() {
        Ok(())
    } else {
        Err(Broken::Stopped)
    }
}

/// How many matches there are among the messages of now; waits until the filter has looked at them.
fn matches(log: &MessageLog, scan: &Scan, work: &Work) -> Result<usize, Broken> {
    let len = log.len();
    loop {
        goes_on(work)?;
        let progress = scan.progress();
        if progress.looked >= len || progress.state != ScanState::Running {
            // Matches of messages that came later are not asked for.
            return Ok(scan.position_at_or_after(len).unwrap_or_else(|| scan.len()));
        }
        work.set_all(0);
        thread::sleep(LOOK_EVERY);
    }
}

/// Reads messages by their indices, which rise.
fn picked(
    log: &MessageLog,
    spec: &SaveSpec,
    indices: &[usize],
    take: Take<'_>,
) -> Result<(), Broken> {
    let (Some(first), Some(last)) = (indices.first(), indices.last()) else {
        return Ok(());
    };
    let range = *first..last.saturating_add(1);
    if indices.len() > 1 && range.len() <= indices.len().saturating_mul(DENSE) {
        let mut left = indices.iter().peekable();
        let wanted = |index: usize| {
            while left.next_if(|next| **next < index).is_some() {}
            left.next_if(|next| **next == index).is_some()
        };
        return walked(log, spec, range, wanted, take);
    }
    for index in indices {
        let entry = log.entry(*index);
        if entry.is_some_and(|entry| !fits(spec, entry)) {
            continue;
        }
        match entry.zip(log.message(*index)) {
            Some((entry, wire)) => take(Some((*index, entry, &wire)))?,
            None => take(None)?,
        }
    }
    Ok(())
}

fn fits(spec: &SaveSpec, entry: LogEntry) -> bool {
    spec.direction
        .is_none_or(|wanted| wanted == entry.direction)
}

/// Walks a range; what the disk no longer gives is noticed by the gaps.
fn walked(
    log: &MessageLog,
    spec: &SaveSpec,
    range: std::ops::Range<usize>,
    mut wanted: impl FnMut(usize) -> bool,
    take: Take<'_>,
) -> Result<(), Broken> {
    let mut result = Ok(());
    let mut next = range.start;
    let end = range.end;
    log.walk(range, |index, entry, wire| {
        let missed = (next..index).filter(|index| wanted(*index)).count();
        next = index + 1;
        let looked = (0..missed).try_for_each(|_| take(None)).and_then(|()| {
            if wanted(index) && fits(spec, entry) {
                take(Some((index, entry, wire)))
            } else {
                Ok(())
            }
        });
        match looked {
            Ok(()) => ControlFlow::Continue(()),
            Err(broken) => {
                result = Err(broken);
                ControlFlow::Break(())
            }
        }
    });
    result?;
    let missed = (next..end).filter(|index| wanted(*index)).count();
    (0..missed).try_for_each(|_| take(None))
}
