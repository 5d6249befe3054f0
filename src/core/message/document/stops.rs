//! Where some children of long lists stand, so that the others are found without a walk from the first.
//!
//! Made when it is first asked for; forgotten when an edit nests something differently.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::index::{Entry, Index};

/// Every so many-th child is kept.
pub(super) const EVERY: usize = 64;
/// Containers with fewer children are walked.
const LONG: u32 = 256;

/// Ids of every 64th child, by container.
#[derive(Debug, Default)]
pub(super) struct Stops(Mutex<BTreeMap<usize, Arc<[u32]>>>);

impl Stops {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl Clone for Stops {
    /// Made anew where they are asked for.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Index {
    /// Every 64th child of a container; `None` where they are few, or each takes one entry.
    pub(super) fn stops_of(&self, id: usize, entry: Entry) -> Option<Arc<[u32]>> {
        if entry.is_flat() || entry.len < LONG {
            return None;
        }
        let mut stops = self.stops.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let ids = self.children(id).enumerate();
            ids.filter(|(position, _)| position % EVERY == 0)
                .map(|(_, child)| child as u32)
                .collect()
        };
        Some(Arc::clone(stops.entry(id).or_insert_with(made)))
    }

    /// What is nested differently now is looked for again.
    pub(super) fn forget_stops(&mut self) {
        self.stops
            .0
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
