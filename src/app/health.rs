//! The health watches of this run: one a target, from when a person switches it on.
//!
//! They live as long as the window and are not kept: a program that is started asks no server anything
//! it was not told to.

use std::collections::VecDeque;

use stubless_core::engine::{HealthChange, HealthCheck, HealthId, HealthState};

use super::ReflectKey;

/// Changes kept of a watch; the oldest are forgotten.
const KEPT_CHANGES: usize = 200;

/// The watch of a target.
#[derive(Debug, Clone)]
pub struct HealthWatch {
    /// Which one, in the engine.
    pub id: HealthId,
    /// The target, and how it is reached.
    pub key: ReflectKey,
    /// `pkg.Service`; empty for the server as a whole.
    pub service: String,
    /// How it stands; [`HealthState::Asking`] only until the first answer.
    pub state: HealthState,
    /// Since when it stands so, as a time of day; empty before the first answer.
    pub since: String,
    /// When the next attempt is made, where one is.
    pub next: Option<String>,
    /// An attempt is under way.
    pub asking: bool,
    /// What changed, the newest first, each with its time of day.
    pub history: VecDeque<(String, HealthState)>,
    /// The answer to looking now, and whether one is awaited.
    pub check: Option<HealthCheck>,
    /// Whether an answer to looking now is awaited.
    pub checking: bool,
}

impl HealthWatch {
    /// Whether it goes on by itself.
    pub fn is_running(&self) -> bool {
        match self.state {
            HealthState::Asking | HealthState::Said(_) | HealthState::Lost { .. } => true,
            HealthState::Unsupported | HealthState::Refused(_) => false,
        }
    }

    fn take(&mut self, change: HealthChange) {
        let HealthChange { state, clock, next } = change;
        self.asking = state == HealthState::Asking;
        self.next = next;
        if self.asking {
            // What was known stays in view until there is something new.
            return;
        }
        self.checking = false;
        let alike = std::mem::discriminant(&state) == std::mem::discriminant(&self.state)
            && !matches!(state, HealthState::Said(_));
        if !alike && state != self.state {
            self.since.clone_from(&clock);
            self.history.push_front((clock, state.clone()));
            self.history.truncate(KEPT_CHANGES);
        }
        self.state = state;
    }
}

/// All watches.
#[derive(Debug, Default)]
pub struct HealthBook {
    watches: Vec<HealthWatch>,
}

impl HealthBook {
    /// In the order they were switched on.
    pub fn all(&self) -> &[HealthWatch] {
        &self.watches
    }

    /// The watch of a target.
    pub fn of(&self, key: &ReflectKey) -> Option<&HealthWatch> {
        self.watches.iter().find(|watch| watch.key == *key)
    }

    /// Begins one, in place of one of the same target; gives the id of that.
    pub(super) fn begin(
        &mut self,
        id: HealthId,
        key: ReflectKey,
        service: String,
    ) -> Option<HealthId> {
        let before = self.watches.iter().position(|watch| watch.key == key);
        let watch = HealthWatch {
            id,
            key,
            service,
            state: HealthState::Asking,
            since: String::new(),
            next: None,
            asking: true,
            history: VecDeque::new(),
            check: None,
            checking: false,
        };
        match before.and_then(|index| self.watches.get_mut(index)) {
            Some(place) => Some(std::mem::replace(place, watch).id),
            None => {
                self.watches.push(watch);
                None
            }
        }
    }

    pub(super) fn end(&mut self, id: HealthId) {
        self.watches.retain(|watch| watch.id != id);
    }

    /// Ends all; gives their ids.
    pub(super) fn end_all(&mut self) -> Vec<HealthId> {
        self.watches.drain(..).map(|watch| watch.id).collect()
    }

    fn get(&mut self, id: HealthId) -> Option<&mut HealthWatch> {
        self.watches.iter_mut().find(|watch| watch.id == id)
    }

    pub(super) fn look(&mut self, id: HealthId) {
        if let Some(watch) = self.get(id) {
            watch.checking = true;
        }
    }

    pub(super) fn not_looked(&mut self, id: HealthId) {
        if let Some(watch) = self.get(id) {
            watch.checking = false;
        }
    }

    /// News of one that was ended meanwhile are dropped.
    pub(super) fn changed(&mut self, id: HealthId, change: HealthChange) {
        if let Some(watch) = self.get(id) {
            watch.take(change);
        }
    }

    pub(super) fn checked(&mut self, id: HealthId, check: HealthCheck) {
        if let Some(watch) = self.get(id) {
            watch.checking = false;
            watch.check = Some(check);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stubless_core::{call::Failure, engine::Serving, workspace::TargetSettings};

    use super::*;

    fn change(state: HealthState, clock: &str) -> HealthChange {
        HealthChange {
            state,
            clock: clock.to_owned(),
            next: None,
        }
    }

    fn lost() -> HealthState {
        HealthState::Lost {
            why: Box::new(Failure::default()),
            pause: Duration::from_secs(1),
        }
    }

    #[test]
    fn history_holds_changes_and_not_every_attempt() {
        let key = ReflectKey {
            target: "here:1".to_owned(),
            settings: TargetSettings::default(),
        };
        let mut book = HealthBook::default();
        assert_eq!(book.begin(HealthId(1), key.clone(), String::new()), None);
        let serving = HealthState::Said(Serving::Serving);
        for (state, clock) in [
            (serving.clone(), "10:00:00"),
            (lost(), "10:00:05"),
            (HealthState::Asking, "10:00:06"),
            (lost(), "10:00:07"),
            (HealthState::Asking, "10:00:09"),
            (serving.clone(), "10:00:10"),
            (HealthState::Said(Serving::NotServing), "10:00:11"),
        ] {
            book.changed(HealthId(1), change(state, clock));
        }
        let watch = book.of(&key).unwrap();
        let clocks: Vec<_> = watch
            .history
            .iter()
            .map(|(clock, _)| clock.as_str())
            .collect();
        assert_eq!(clocks, ["10:00:11", "10:00:10", "10:00:05", "10:00:00"]);
        assert_eq!(watch.since, "10:00:11");

        // Another service takes the place; news of the one before are dropped.
        let before = book.begin(HealthId(2), key.clone(), "a.B".to_owned());
        assert_eq!(before, Some(HealthId(1)));
        book.changed(HealthId(1), change(serving, "10:00:12"));
        assert_eq!(book.of(&key).unwrap().state, HealthState::Asking);
        assert_eq!(book.all().len(), 1);
    }
}
