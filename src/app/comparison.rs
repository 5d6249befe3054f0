//! What the workspace's files and a server say differently: asked for once, kept up to date while files
//! change, forgotten with the workspace.

use stubless_core::{
    call::Failure,
    engine::CompareId,
    schema::{Schema, drift::Drift},
};

use super::ReflectKey;

/// A comparison that was asked for.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The server.
    pub key: ReflectKey,
    /// What came of it.
    pub slot: ComparisonSlot,
    /// Another one for each result, unique in this run: lists made from it know when they are stale.
    pub revision: u64,
}

/// The states of a comparison. While it is made again, the result before stays in view.
#[derive(Debug, Clone)]
pub enum ComparisonSlot {
    /// The engine is at it.
    Running {
        /// The question; an answer to another one is dropped.
        id: CompareId,
        /// The result until then.
        before: Option<Box<Differences>>,
    },
    /// It is there.
    Ready(Box<Differences>),
    /// The server could not be asked.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// The result before.
        before: Option<Box<Differences>>,
    },
}

/// A result.
#[derive(Debug, Clone)]
pub struct Differences {
    /// What differs.
    pub drift: Drift,
    /// What the server said, for the next comparison.
    pub server: Schema,
}

impl Comparison {
    /// The result in view.
    pub fn differences(&self) -> Option<&Differences> {
        match &self.slot {
            ComparisonSlot::Ready(differences) => Some(differences),
            ComparisonSlot::Running { before, .. } | ComparisonSlot::Failed { before, .. } => {
                before.as_deref()
            }
        }
    }

    /// What differs, as last known.
    pub fn drift(&self) -> Option<&Drift> {
        self.differences().map(|differences| &differences.drift)
    }

    /// Why the server could not be asked.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.slot {
            ComparisonSlot::Failed { failure, .. } => Some(failure),
            ComparisonSlot::Running { .. } | ComparisonSlot::Ready(_) => None,
        }
    }

    /// Whether a result is awaited.
    pub fn is_running(&self) -> bool {
        matches!(self.slot, ComparisonSlot::Running { .. })
    }

    /// Takes the result in view out.
    pub(super) fn into_before(self) -> Option<Box<Differences>> {
        match self.slot {
            ComparisonSlot::Ready(differences) => Some(differences),
            ComparisonSlot::Running { before, .. } | ComparisonSlot::Failed { before, .. } => {
                before
            }
        }
    }
}
