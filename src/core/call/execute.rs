//! Sends a resolved call and records what happens.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::grpc::{ConnectInfo, Outcome, Pool, ResponseHead};

use super::{MessageLog, ResolvedCall};

/// What the person does to a call that runs.
#[derive(Debug)]
pub enum CallControl {
    /// Send one more message (encoded).
    Push(Bytes),
    /// No more messages follow.
    HalfClose,
}

/// A change in a call's life.
#[derive(Debug, Clone)]
pub enum CallEvent {
    /// The connection is there; `reused` when it was open before.
    Connected {
        /// What is known of it.
        info: ConnectInfo,
        /// Whether it was already open.
        reused: bool,
    },
    /// Initial metadata came.
    Head(ResponseHead),
    /// The sending side was closed.
    HalfClosed,
    /// The log's budget is used: reading has stopped until the call is cancelled.
    LogFull,
}

/// When things happened, since the call began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// The connection was there.
    pub connected: Option<Duration>,
    /// Initial metadata came.
    pub head: Option<Duration>,
    /// The first message came.
    pub first_message: Option<Duration>,
    /// The end.
    pub total: Duration,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Status, trailers, and where they came from.
    pub outcome: Outcome,
    /// When things happened.
    pub timings: Timings,
}

/// Runs a call to its end. Messages go to `log`, changes to `on_event`; `control` and `cancel` may be
/// used at any moment. Cancelling before the connection is there ends the call at once.
pub async fn execute(
    pool: &Pool,
    call: ResolvedCall,
    log: MessageLog,
    control: mpsc::Receiver<CallControl>,
    cancel: CancellationToken,
    on_event: impl FnMut(CallEvent),
) -> Finished {
    let _ = (pool, call, log, control, cancel, on_event);
    unimplemented!()
}
