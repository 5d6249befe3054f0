//! The work of a grouping: one thread counts, and shows the groups sorted a few times a second.

use std::{
    cmp::Ordering,
    collections::HashMap,
    ops::{ControlFlow, Range},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    FilterError, FilterPart, Group, GroupOrder, GroupSpec, Grouping, Groups, LogTypes,
    group::Shared,
    matcher::{Matcher, Paths, Scratch, Verdict},
    run::{NOT_READ, lead, part_of, stack_of},
};
use crate::call::{LogEntry, MessageLog};

/// Groups that are told apart.
const MAX_GROUPS: usize = 100_000;

/// Bytes of their texts together.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Bytes of one text; longer ones are cut, and those that begin alike are one.
const MAX_VALUE_BYTES: usize = 1024;

/// How often groups are shown while there is more to count.
const SHOW_EVERY: Duration = Duration::from_millis(200);

impl Grouping {
    /// Begins to count, from the first message on, on a thread of its own. `wake` is called from it when there
    /// is something new to see.
    ///
    /// # Errors
    /// Which part of the filter, or of the path, is wrong.
    pub fn start(
        log: MessageLog,
        types: &LogTypes,
        spec: &GroupSpec,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, FilterError> {
        let paths = types.path(&spec.path).map_err(|error| FilterError {
            part: FilterPart::Path,
            range: error.range,
            message: error.message,
            hint: error.hint,
        })?;
        let matcher = Matcher::compile(&spec.filter, types)?;
        let shared = Shared::new(log, Box::new(wake));
        let grouping = Self::new(shared.clone());
        let counter = Counter {
            paths,
            types: types.clone(),
            matcher,
            scratch: Scratch::default(),
            tally: Tally::default(),
        };
        lead(
            &shared.signal.clone(),
            stack_of(&counter.matcher),
            move || {
                counter.run(&shared);
            },
        );
        Ok(grouping)
    }
}

struct Counter {
    paths: Paths,
    types: LogTypes,
    matcher: Matcher,
    scratch: Scratch,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    /// Where each text's group stands.
    places: HashMap<Arc<str>, usize>,
    /// Where the group of messages without a value stands.
    without: Option<usize>,
    groups: Vec<Group>,
    text_bytes: usize,
    others: usize,
    /// Messages counted, and those that could not be.
    counted: usize,
    undecided: usize,
    reason: Option<String>,
}

impl Counter {
    fn run(mut self, shared: &Shared) {
        let mut looked = 0;
        let mut shown: Option<(Instant, GroupOrder, usize)> = None;
        while !shared.signal.is_stopped() {
            let told = shared.signal.changes();
            let left = looked..shared.log.len();
            let (order, idle) = (shared.order(), left.is_empty());
            let due = shown.is_none_or(|(when, shown_order, counted)| {
                order != shown_order
                    || counted != self.tally.counted && (idle || when.elapsed() >= SHOW_EVERY)
            });
            if due {
                shared.show(self.tally.sorted(order));
                shown = Some((Instant::now(), order, self.tally.counted));
            }
            if idle {
                // What was changed while it was sorted is seen first.
                shared.signal.wait(told);
                continue;
            }
            let part = part_of(&shared.log, left);
            looked = part.end;
            self.count(shared, part);
            let tally = &self.tally;
            shared.advance(|progress| {
                progress.looked = looked;
                progress.matched = tally.counted;
                progress.undecided = tally.undecided;
                if progress.undecided_reason.is_empty() {
                    progress.undecided_reason = tally.reason.clone().unwrap_or_default();
                }
            });
        }
    }

    fn count(&mut self, shared: &Shared, part: Range<usize>) {
        let wanted = part.len();
        let mut seen = 0;
        shared.log.walk(part, |index, entry, wire| {
            seen += 1;
            self.look(index, entry, wire);
            if shared.signal.is_stopped() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        if seen < wanted && !shared.signal.is_stopped() {
            self.tally.undecided += wanted - seen;
            self.tally.reason.get_or_insert_with(|| NOT_READ.to_owned());
        }
    }

    fn look(&mut self, index: usize, entry: LogEntry, wire: &[u8]) {
        let Some(path) = self.paths.side(entry.direction) else {
            return;
        };
        match self.matcher.verdict(&mut self.scratch, index, entry, wire) {
            Verdict::No => {}
            Verdict::Undecided(reason) => {
                self.tally.undecided += 1;
                self.tally.reason.get_or_insert(reason);
            }
            Verdict::Yes => {
                let printer = &self.types.side(entry.direction).printer;
                let value = path.cell(printer, wire, MAX_VALUE_BYTES);
                self.tally.add(value, index, entry.at);
            }
        }
    }
}

impl Tally {
    fn add(&mut self, value: Option<String>, index: usize, at: Duration) {
        self.counted += 1;
        let place = match &value {
            Some(value) => self.places.get(&**value).copied(),
            None => self.without,
        };
        if let Some(group) = place.and_then(|place| self.groups.get_mut(place)) {
            group.count += 1;
            group.last = index;
            group.last_at = at;
            return;
        }
        let bytes = value.as_ref().map_or(0, String::len);
        if self.groups.len() >= MAX_GROUPS || self.text_bytes + bytes > MAX_TEXT_BYTES {
            self.others += 1;
            return;
        }
        self.text_bytes += bytes;
        let value: Option<Arc<str>> = value.map(Into::into);
        match &value {
            Some(value) => {
                self.places.insert(value.clone(), self.groups.len());
            }
            None => self.without = Some(self.groups.len()),
        }
        self.groups.push(Group {
            value,
            count: 1,
            first: index,
            last: index,
            last_at: at,
        });
    }

    fn sorted(&self, order: GroupOrder) -> Groups {
        let mut rows = self.groups.clone();
        match order {
            GroupOrder::First => {}
            GroupOrder::Count => rows.sort_by_key(|row| std::cmp::Reverse(row.count)),
            GroupOrder::Last => rows.sort_by_key(|row| std::cmp::Reverse(row.last)),
            GroupOrder::Value => {
                let number = |group: &Group| group.value.as_deref().and_then(|v| v.parse().ok());
                rows.sort_by_cached_key(|group| Key(number(group), group.value.clone()));
            }
        }
        Groups {
            rows,
            others: self.others,
            order,
        }
    }
}

/// A value as it is sorted: numbers by size and before texts, none at all first.
struct Key(Option<f64>, Option<Arc<str>>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = match (self.0, other.0) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) if other.1.is_some() => Ordering::Less,
            (None, Some(_)) if self.1.is_some() => Ordering::Greater,
            _ => Ordering::Equal,
        };
        by_number.then_with(|| self.1.cmp(&other.1))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}
