//! One call on the wire: its head, its two halves, and how it ended.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{ConnectError, Metadata, Status};

/// What opens a call.
#[derive(Debug, Clone)]
pub struct CallHead {
    /// `/pkg.Service/Method`; the endpoint's prefix is put before it.
    pub path: String,
    /// Metadata to send.
    pub metadata: Metadata,
    /// Time the whole call may take, from the moment it is opened; sent as `grpc-timeout`.
    pub deadline: Option<Duration>,
    /// Largest message to accept, in bytes; checked before a message is buffered.
    pub max_receive_bytes: usize,
}

/// The server's initial metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// HTTP status, 200 for gRPC.
    pub http_status: u16,
    /// Initial metadata, as received, without pseudo-headers.
    pub metadata: Metadata,
}

/// Where a status came from. Only the first two are the server's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Trailers after the messages.
    Trailers,
    /// One HEADERS frame that ended the stream.
    TrailersOnly,
    /// The answer was not gRPC; the code is mapped from the HTTP status.
    Http {
        /// HTTP status.
        status: u16,
        /// Its content type, if any.
        content_type: Option<String>,
        /// The first 64 KiB of the body.
        body: Bytes,
    },
    /// RST_STREAM, with the HTTP/2 error code.
    Reset(u32),
    /// The connection broke or could not be used.
    Connection,
    /// The deadline passed here.
    Deadline,
    /// Cancelled here.
    Cancelled,
    /// The server broke a rule of gRPC; the status message says which.
    Protocol,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The status.
    pub status: Status,
    /// Where it came from.
    pub origin: Origin,
    /// Trailing metadata, empty where none came.
    pub trailers: Metadata,
    /// The connection's error, where that ended the call.
    pub cause: Option<Arc<ConnectError>>,
}

/// What a receiver found next.
#[derive(Debug)]
pub enum Chunk {
    /// Initial metadata. Comes first unless the call ends without it.
    Head(ResponseHead),
    /// One or more whole messages that arrived together, without their 5-byte prefixes.
    /// Flow-control capacity is given back when the next chunk is asked for.
    Messages(Vec<Bytes>),
    /// The end; nothing follows.
    End(Box<Outcome>),
}

/// The sending half. Dropping it without [`half_close`](Self::half_close) leaves the stream open
/// until the receiver ends or is dropped.
#[derive(Debug)]
pub struct CallSender {
    _inner: (),
}

/// Why a message could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The call has ended; its outcome is the receiver's to tell.
    #[error("the call has ended")]
    Ended,
    /// The sending side was already closed.
    #[error("the sending side is already closed")]
    HalfClosed,
}

impl CallSender {
    /// Sends one message, waiting for flow control; never buffers more than the peer's window.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&mut self, message: Bytes) -> Result<(), SendError> {
        let _ = message;
        unimplemented!()
    }

    /// Says that no more messages follow.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn half_close(&mut self) -> Result<(), SendError> {
        unimplemented!()
    }
}

/// The receiving half. Dropping it resets the stream with CANCEL.
#[derive(Debug)]
pub struct CallReceiver {
    _inner: (),
}

impl CallReceiver {
    /// Waits for what comes next. Cancel-safe. Ends with `DEADLINE_EXCEEDED` when the deadline passes.
    pub async fn next(&mut self) -> Chunk {
        unimplemented!()
    }

    /// Resets the stream with CANCEL; the next [`next`](Self::next) returns the end.
    pub fn cancel(&mut self) {
        unimplemented!()
    }

    /// When the head was sent.
    pub fn started(&self) -> Instant {
        unimplemented!()
    }
}
