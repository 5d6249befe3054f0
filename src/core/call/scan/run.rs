//! The work of a scan: parts of the log looked at by several threads, and joined in order.
//!
//! One thread leads: it waits for the log to grow, and takes others to help while there is much to do. A
//! part has at most 4096 messages and about 4 MiB, so that progress shows and little is done twice.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use super::{
    Filter, FilterError, LogTypes, Scan,
    handle::{Shared, Signal},
    matcher::{Matcher, Scratch, Verdict},
};
use crate::{call::MessageLog, message::validate::CEL_STACK};

/// Messages of a part.
const PART: usize = 4096;

/// Bytes of a part, unless one message has more.
const PART_BYTES: u64 = 4 << 20;

/// Threads of one scan.
const MAX_THREADS: usize = 4;

/// Stack of a thread that runs no expressions.
const STACK: usize = 4 << 20;

/// Why a message that is not there could not be decided.
pub(super) const NOT_READ: &str = "the disk no longer gives the message";

/// What looking at a part gave.
#[derive(Default)]
struct Part {
    end: usize,
    found: Vec<u32>,
    undecided: usize,
    reason: Option<String>,
}

impl Scan {
    /// Begins to look through a log, from its first message on, on threads of its own. `wake` is called from
    /// them when there is something new to see.
    ///
    /// Takes some milliseconds for an expression.
    ///
    /// # Errors
    /// Which part of the filter is wrong, and why.
    pub fn start(
        log: MessageLog,
        types: &LogTypes,
        filter: &Filter,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, FilterError> {
        let matcher = Matcher::compile(filter, types)?;
        let shared = Shared::new(log, Box::new(wake));
        let scan = Self::new(shared.clone());
        lead(&shared.signal.clone(), stack_of(&matcher), move || {
            run(&shared, &matcher);
        });
        Ok(scan)
    }
}

pub(super) fn stack_of(matcher: &Matcher) -> usize {
    if matcher.needs_stack() {
        CEL_STACK
    } else {
        STACK
    }
}

/// Starts a leading thread. If it cannot be started, or panics, the work has failed.
pub(super) fn lead(signal: &Arc<Signal>, stack: usize, work: impl FnOnce() + Send + 'static) {
    let own = signal.clone();
    let thread = thread::Builder::new()
        .name("stubless-scan".to_owned())
        .stack_size(stack);
    let started = thread.spawn(move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            own.fail();
        }
    });
    if started.is_err() {
        signal.fail();
    }
}

fn run(shared: &Shared, matcher: &Matcher) {
    let mut scratch = Scratch::default();
    while !shared.signal.is_stopped() {
        let told = shared.signal.changes();
        let range = shared.looked()..shared.log.len();
        if range.is_empty() {
            shared.signal.wait(told);
        } else {
            catch_up(shared, matcher, &mut scratch, range);
        }
    }
}

/// Parts that are to be looked at, and those that were and wait for one before them.
struct Work<'a> {
    shared: &'a Shared,
    matcher: &'a Matcher,
    left: Mutex<Range<usize>>,
    done: Mutex<BTreeMap<usize, Part>>,
}

fn catch_up(shared: &Shared, matcher: &Matcher, scratch: &mut Scratch, range: Range<usize>) {
    let parts = range.len() / PART + 1;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let helpers = cores.min(MAX_THREADS).min(parts).saturating_sub(1);
    let work = Work {
        shared,
        matcher,
        left: Mutex::new(range),
        done: Mutex::default(),
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            let help = || work.help(&mut Scratch::default());
            let thread = thread::Builder::new().stack_size(stack_of(matcher));
            // With fewer threads it takes longer.
            let _ = thread
                .name("stubless-scan".to_owned())
                .spawn_scoped(scope, help);
        }
        work.help(scratch);
    });
}

impl Work<'_> {
    fn help(&self, scratch: &mut Scratch) {
        while let Some(range) = self.next() {
            let start = range.start;
            let part = self.look(scratch, range);
            if self.shared.signal.is_stopped() {
                return;
            }
            self.join(start, part);
        }
    }

    fn next(&self) -> Option<Range<usize>> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.is_empty() || self.shared.signal.is_stopped() {
            return None;
        }
        let part = part_of(&self.shared.log, left.clone());
        left.start = part.end;
        Some(part)
    }

    fn look(&self, scratch: &mut Scratch, range: Range<usize>) -> Part {
        let mut part = Part {
            end: range.end,
            ..Part::default()
        };
        let mut take = |index: usize, verdict: Verdict| match verdict {
            Verdict::Yes => part.found.extend(u32::try_from(index)),
            Verdict::No => {}
            Verdict::Undecided(reason) => {
                part.undecided += 1;
                part.reason.get_or_insert(reason);
            }
        };
        if !self.matcher.reads_bytes() {
            let entries = self.shared.log.entries(range.clone());
            for (index, entry) in range.zip(entries) {
                take(
                    index,
                    match entry {
                        Some(entry) => self.matcher.takes(entry.direction).into(),
                        None => Verdict::Undecided(NOT_READ.to_owned()),
                    },
                );
            }
            return part;
        }
        let wanted = range.len();
        let mut seen = 0;
        self.shared.log.walk(range, |index, entry, wire| {
            seen += 1;
            take(index, self.matcher.verdict(scratch, index, entry, wire));
            if self.shared.signal.is_stopped() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        if seen < wanted {
            part.undecided += wanted - seen;
            part.reason.get_or_insert_with(|| NOT_READ.to_owned());
        }
        part
    }

    /// Shows a part when all before it are shown.
    fn join(&self, start: usize, part: Part) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.insert(start, part);
        while let Some(part) = done.remove(&self.shared.looked()) {
            self.shared
                .add(&part.found, part.undecided, part.reason, part.end);
        }
    }
}

/// The first messages of a range that are looked at together.
pub(super) fn part_of(log: &MessageLog, range: Range<usize>) -> Range<usize> {
    let end = range.end.min(range.start.saturating_add(PART));
    let mut bytes = 0_u64;
    let entries = log.entries(range.start..end);
    let count = entries.iter().take_while(|entry| {
        // A line that the disk does not give has no size.
        bytes += entry.map_or(0, |entry| u64::from(entry.len));
        bytes <= PART_BYTES
    });
    let count = count.count().max(1);
    range.start..range.start + count
}
