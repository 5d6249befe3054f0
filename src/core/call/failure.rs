//! The one place where an error becomes words: what happened, why, what to try.

use std::ops::Range;

use crate::{
    grpc::{ConnectError, Outcome},
    message::Path,
    schema::ReflectError,
    workspace::WorkspaceError,
};

/// A change of settings that would mend a failure, offered as a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// Use TLS for this target.
    UseTls,
    /// Use plaintext for this target.
    UsePlaintext,
    /// Choose a CA file.
    ChooseCa,
    /// Make the call again.
    Retry,
    /// Add proto files.
    AddProtos,
}

/// A card: what happened, why, what to try.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// What happened, in one sentence without a full stop.
    pub summary: String,
    /// Why: the cause's own words, may be empty.
    pub reason: String,
    /// What to try, may be empty.
    pub hint: String,
    /// Buttons.
    pub fixes: Vec<Fix>,
    /// The message (from 0), path and text range it is about.
    pub place: Option<(usize, Path, Range<usize>)>,
}

/// A connection that could not be made to `target`.
pub fn connect_failure(target: &str, error: &ConnectError) -> Failure {
    let _ = (target, error);
    unimplemented!()
}

/// A card for an outcome that needs explaining; `None` for OK and for a status that is the server's own word.
pub fn outcome_failure(target: &str, outcome: &Outcome) -> Option<Failure> {
    let _ = (target, outcome);
    unimplemented!()
}

/// A schema that could not be had from `target`.
pub fn reflect_failure(target: &str, error: &ReflectError) -> Failure {
    let _ = (target, error);
    unimplemented!()
}

/// A workspace that could not be opened or changed.
pub fn workspace_failure(error: &WorkspaceError) -> Failure {
    let _ = error;
    unimplemented!()
}
