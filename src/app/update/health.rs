//! Health watches: switched on and off by hand, a target each.

use stubless_core::engine::{Command, HealthId, HealthSpec};

use super::schema::{can_dial, reflect_spec};
use crate::app::AppState;

/// Watches the target at hand, or another service of it.
pub(super) fn watch(state: &mut AppState, service: String) -> Vec<Command> {
    let Some(key) = state.current_key() else {
        return Vec::new();
    };
    if !can_dial(state, &key.target) {
        return Vec::new();
    }
    let Some(spec) = reflect_spec(state, state.active, &key) else {
        return Vec::new();
    };
    let id = HealthId(state.fresh());
    let before = state.health.begin(id, key, service.clone());
    let spec = HealthSpec {
        target: spec.target,
        settings: spec.settings,
        metadata: spec.metadata,
        scope: spec.scope,
        base: spec.base,
        service,
    };
    let stop = before.map(Command::StopHealth);
    let start = Command::WatchHealth(id, Box::new(spec));
    stop.into_iter().chain([start]).collect()
}

/// Ends a watch.
pub(super) fn stop(state: &mut AppState, id: HealthId) -> Vec<Command> {
    state.health.end(id);
    vec![Command::StopHealth(id)]
}

/// Looks now.
pub(super) fn check(state: &mut AppState, id: HealthId) -> Vec<Command> {
    state.health.look(id);
    vec![Command::CheckHealth(id)]
}

/// The targets are those of another workspace now.
pub(super) fn stop_all(state: &mut AppState) -> Vec<Command> {
    let ended = state.health.end_all();
    ended.into_iter().map(Command::StopHealth).collect()
}
