//! The engine's thread.

use super::{Command, EngineOptions, Event};

/// The command channel is full: the window says so, and nothing is lost silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine is busy")]
pub struct EngineFull;

/// A handle on the background runtime; dropping it cancels everything and waits, with a limit.
#[derive(Debug)]
pub struct Engine {
    _inner: (),
}

impl Engine {
    /// Starts the network thread and, where asked for, the embedded server.
    ///
    /// # Errors
    /// The system's, when a thread cannot be made.
    pub fn start(options: EngineOptions) -> std::io::Result<Self> {
        let _ = options;
        unimplemented!()
    }

    /// Hands a command over without waiting. The channel holds 256.
    ///
    /// # Errors
    /// [`EngineFull`]; the command was not taken.
    pub fn send(&self, command: Command) -> Result<(), EngineFull> {
        let _ = command;
        unimplemented!()
    }

    /// Takes the next event, if there is one.
    pub fn try_event(&self) -> Option<Event> {
        unimplemented!()
    }
}
