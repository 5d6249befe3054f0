//! What a call knows of itself beside its frames: the frames' contents are not in the tap.

use std::time::Duration;

use super::super::{Code, ConnectInfo, Outcome, ResponseHead};

/// Messages that went one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageCount {
    /// How many.
    pub count: u64,
    /// Their bytes, before compression and without prefixes.
    pub bytes: u64,
}

/// An attempt that failed before the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastAttempt {
    /// When it began, since the call began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// How.
    pub code: Code,
    /// Why.
    pub reason: String,
}

/// What is known of a call. Values of metadata are not among it: some are credentials.
#[derive(Debug, Clone, Default)]
pub struct CallFacts<'a> {
    /// `pkg.Service/Method`.
    pub method: &'a str,
    /// The target as written.
    pub target: &'a str,
    /// The connection, and whether it was open before.
    pub connection: Option<(&'a ConnectInfo, bool)>,
    /// The deadline that was set.
    pub deadline: Option<Duration>,
    /// Names of the metadata that was sent.
    pub metadata: &'a [String],
    /// How our messages are compressed; empty for not at all.
    pub compression: &'a str,
    /// The server's initial metadata.
    pub head: Option<&'a ResponseHead>,
    /// How the call ended; `None` while it runs.
    pub outcome: Option<&'a Outcome>,
    /// Messages sent.
    pub sent: MessageCount,
    /// Messages received.
    pub received: MessageCount,
    /// Attempts before this one.
    pub attempts: &'a [PastAttempt],
    /// From the beginning to the end, or to the moment of the look.
    pub total: Duration,
}
