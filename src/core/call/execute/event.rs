//! What goes into a call that runs and what comes out of it: plain data, and where its messages go.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::super::{Direction, MessageLog};
use crate::grpc::{CallTap, Code, ConnectInfo, Messages, Outcome, ResponseHead, Trace, Waiting};

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
    /// The call is open: its frames can be looked at. Times are told from the moment given.
    Opened(CallTap, Instant),
    /// Initial metadata came.
    Head(ResponseHead),
    /// The sending side was closed.
    HalfClosed,
    /// An attempt failed, and another follows after the pause.
    Retrying {
        /// What failed.
        attempt: Attempt,
        /// How long it waits before.
        pause: Duration,
    },
    /// Nothing has happened for some seconds: this is what the call waits for. Told once until
    /// [`Resumed`](Self::Resumed).
    Stalled(Waiting),
    /// A call of which it was said that it stood still goes on.
    Resumed,
    /// The log takes no more. Until there is room, reading pauses, and flow control holds the server; or
    /// sending does.
    LogFull,
    /// There is room again, and the call goes on.
    LogHasRoom,
    /// The person holds reading, and flow control the server once the stream's window is full; or no
    /// longer.
    Held(bool),
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

/// One attempt of a call that was made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began, since the call began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// How.
    pub code: Code,
    /// Why, in words.
    pub reason: String,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The attempts before the one that counted; empty for most calls.
    pub attempts: Vec<Attempt>,
    /// Status, trailers, and where they came from.
    pub outcome: Outcome,
    /// When things happened.
    pub timings: Timings,
    /// The steps of connecting and the frames of the last attempt: without a connection, how far its
    /// making came. `None` when nothing was begun.
    pub trace: Option<Trace>,
}

/// Where the messages of a call go.
pub trait Record {
    /// Takes messages that were sent, or that arrived together. `false` when none was taken: then reading
    /// pauses, and they are brought again until there is room.
    fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool;

    /// As [`append`](Self::append), of messages as they lie in the buffers they came in. Whoever keeps
    /// millions takes them from there.
    fn append_batch(&self, direction: Direction, at: Duration, messages: &Messages) -> bool {
        let each: Vec<Bytes> = messages.clone().into_iter().collect();
        self.append(direction, at, &each)
    }

    /// Bytes of one more message that would still be taken after `before`, which are to be sent; `None`
    /// when not even those are.
    fn room_after(&self, before: &[Bytes]) -> Option<usize>;

    /// Whether a message of this many bytes would still be taken.
    fn has_room(&self, bytes: usize) -> bool;
}

impl Record for MessageLog {
    fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool {
        self.append(direction, at, messages)
    }

    fn append_batch(&self, direction: Direction, at: Duration, messages: &Messages) -> bool {
        self.append_batch(direction, at, messages)
    }

    fn room_after(&self, before: &[Bytes]) -> Option<usize> {
        self.room_after(before)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.has_room(bytes)
    }
}
