//! One call on the wire: its head, what comes back, how it ended, and what its halves share.
//!
//! Life: opened → head sent → (messages out, half-close) beside (head, messages in) → ended.
//! The halves share a [`Stream`]; whichever ends the call first (trailers, reset, deadline,
//! cancel) wakes the other.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::{Reason, SendStream};
use tokio_util::sync::CancellationToken;

use super::{
    Channel, Code, Compression, ConnectError, Messages, Metadata, SendError, Status,
    broken::describe,
};

/// A gRPC message may have 4 GiB; one above this is a mistake more often than not.
const DEFAULT_MAX_BYTES: usize = 1 << 30;

/// What opens a call.
#[derive(Debug, Clone)]
pub struct CallHead {
    /// `/pkg.Service/Method`; the endpoint's prefix is put before it.
    pub path: String,
    /// Metadata to send.
    pub metadata: Metadata,
    /// When the call has to be over; what is left of it is sent as `grpc-timeout`.
    pub deadline: Option<Deadline>,
    /// Largest message to accept, in bytes; checked before a message is buffered.
    pub max_receive_bytes: usize,
    /// The method's server does not stream: a call that is OK has exactly one answer, and any other
    /// number breaks a rule of gRPC.
    pub one_answer: bool,
    /// How our messages are compressed.
    pub compression: Compression,
    /// Largest message to send, in bytes before compression.
    pub max_send_bytes: usize,
}

impl CallHead {
    /// A call without metadata or deadline, uncompressed, of messages up to 1 GiB either way.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            metadata: Metadata::new(),
            deadline: None,
            max_receive_bytes: DEFAULT_MAX_BYTES,
            one_answer: false,
            compression: Compression::Identity,
            max_send_bytes: DEFAULT_MAX_BYTES,
        }
    }
}

/// The server's initial metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// HTTP status, 200 for gRPC.
    pub http_status: u16,
    /// Initial metadata, as received, without pseudo-headers.
    pub metadata: Metadata,
}

/// Where a status came from. Only the first two are the server's own word. What a peer wrote is kept
/// as it came; sentences made of it hold it printable.
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
        /// The body, or its first 64 KiB.
        body: Bytes,
        /// There was more of it, or its end did not come.
        cut: bool,
    },
    /// RST_STREAM, with the HTTP/2 error code.
    Reset(u32),
    /// The connection broke or could not be used.
    Connection,
    /// The deadline passed here.
    Deadline,
    /// Cancelled here.
    Cancelled,
    /// Given up here, because a message cannot be sent.
    Local,
    /// The stream ended as if all were well, without a status.
    NoStatus,
    /// The server broke a rule of gRPC; the status message says which.
    Protocol,
    /// Given up here, because there is no memory left to keep a message of the call.
    NoMemory,
    /// Given up here, because a message is larger than this side accepts.
    TooLarge {
        /// Its length in bytes; `None` for a compressed one, of which only the limit is known.
        length: Option<u64>,
    },
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
    /// What the call was waiting for when its deadline passed, or when it was cancelled.
    pub waiting: Option<Waiting>,
    /// The compressions the server takes (`grpc-accept-encoding`), where it said UNIMPLEMENTED.
    pub accepts: Option<String>,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Waiting {
    /// A connection.
    #[error("a connection")]
    Connection,
    /// The server allows only so many streams at once on a connection, and they are taken.
    #[error("a free stream: the server allows {limit} at once")]
    StreamSlot {
        /// Its limit (`SETTINGS_MAX_CONCURRENT_STREAMS`).
        limit: usize,
    },
    /// Room to send: the call's own flow-control window is used up.
    #[error("room to send: the server does not read, and its flow-control window is used up")]
    SendWindow,
    /// Room to send: the flow-control window that all calls of the connection share is used up.
    #[error(
        "room to send: the server does not read, and the flow-control window that all calls on this \
         connection share is used up"
    )]
    ConnectionWindow,
    /// The socket: the windows have room, and yet nothing leaves.
    #[error("the network: the server has room, but what is sent leaves no faster")]
    Network,
    /// The response's head.
    #[error("the server's answer: nothing has come yet")]
    Head,
    /// The next message, or the end.
    #[error("the next message or the end")]
    Messages,
    /// Memory for more messages: reading has stopped.
    #[error("memory: what its messages may take is used up, so that reading has stopped")]
    Log,
    /// The person: reading was paused by hand.
    #[error("you: reading is paused, and flow control holds the server")]
    Hold,
}

/// What a receiver found next.
#[derive(Debug)]
pub enum Chunk {
    /// Initial metadata. Comes first unless the call ends without it.
    Head(ResponseHead),
    /// One or more whole messages that arrived together, without their 5-byte prefixes.
    /// Flow-control capacity is given back when the next chunk is asked for.
    Messages(Messages),
    /// The end; nothing follows.
    End(Box<Outcome>),
}

impl Outcome {
    /// Whether the server provably did not look at the call, so that repeating it is safe.
    pub fn is_unprocessed(&self) -> bool {
        self.origin == Origin::Reset(Reason::REFUSED_STREAM.into())
            || matches!(self.cause.as_deref(), Some(ConnectError::GoingAway { .. }))
    }

    pub(crate) fn new(status: Status, origin: Origin) -> Self {
        Self {
            status,
            origin,
            trailers: Metadata::new(),
            cause: None,
            waiting: None,
            accepts: None,
        }
    }

    pub(crate) fn deadline(deadline: Deadline, waiting: Waiting) -> Self {
        let span = deadline.span;
        let status = Status::new(
            Code::DEADLINE_EXCEEDED,
            format!("the deadline of {span:?} passed while the call waited for {waiting}"),
        );
        Self {
            waiting: Some(waiting),
            ..Self::new(status, Origin::Deadline)
        }
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(
            Status::new(Code::CANCELLED, "cancelled by the caller"),
            Origin::Cancelled,
        )
    }

    pub(crate) fn protocol(code: Code, message: impl Into<String>) -> Self {
        Self::new(Status::new(code, message), Origin::Protocol)
    }

    pub(crate) fn unsendable(path: &str) -> Self {
        let status = Status::new(
            Code::INTERNAL,
            format!("`{path}` cannot be sent as a method's path"),
        );
        Self::new(status, Origin::Connection)
    }

    /// A connection that ended before anything of the call had left.
    pub(crate) fn never_sent(error: &h2::Error, channel: &Channel) -> Self {
        let reason = channel.why(error);
        Self::lost(Code::UNAVAILABLE, ConnectError::GoingAway { reason })
    }

    fn lost(code: Code, cause: ConnectError) -> Self {
        let status = Status::new(code, cause.to_string());
        Self {
            cause: Some(Arc::new(cause)),
            ..Self::new(status, Origin::Connection)
        }
    }

    /// What an error of the stream means for the call.
    pub(crate) fn from_h2(error: &h2::Error, channel: &Channel) -> Self {
        let reason = error.reason().unwrap_or(Reason::INTERNAL_ERROR);
        if error.is_reset() {
            return if error.is_remote() {
                Self::new(
                    Status::new(Code::from_reset(reason), describe(error, None)),
                    Origin::Reset(reason.into()),
                )
            } else {
                Self::protocol(Code::INTERNAL, describe(error, None))
            };
        }
        let (code, cause) = if error.is_go_away() && error.is_remote() {
            let reason = describe(error, channel.tap().go_away().as_ref());
            (Code::UNAVAILABLE, ConnectError::GoingAway { reason })
        } else {
            let code = if error.is_io() {
                Code::UNAVAILABLE
            } else {
                Code::INTERNAL
            };
            let reason = channel.why(error);
            (code, ConnectError::Broken { reason })
        };
        Self::lost(code, cause)
    }
}

/// When a call has to be over. It runs from the moment it is made, so that connecting counts, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    at: Instant,
    span: Duration,
}

impl Deadline {
    /// From now on, for this long.
    pub fn after(span: Duration) -> Self {
        /// An `Instant` cannot hold every duration; nobody waits this long.
        const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
        Self {
            at: Instant::now() + span.min(LONGEST),
            span,
        }
    }

    /// The moment.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// How long it was from the beginning.
    pub fn span(&self) -> Duration {
        self.span
    }

    pub(crate) fn passed(&self) -> bool {
        Instant::now() >= self.at
    }

    /// What is left; never zero, which a peer could read as no deadline at all.
    pub(crate) fn left(&self) -> Duration {
        const LEAST: Duration = Duration::from_millis(1);
        self.at.saturating_duration_since(Instant::now()).max(LEAST)
    }
}

/// Why this side ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalEnd {
    Cancelled,
    Deadline,
}

/// The sending side of the HTTP/2 stream, which both halves of a call need: one to send, the
/// other to reset.
#[derive(Debug)]
pub(crate) struct Stream {
    side: Mutex<Side>,
    ended: CancellationToken,
}

#[derive(Debug)]
struct Side {
    stream: SendStream<Bytes>,
    half_closed: bool,
    /// The sender waits for room.
    blocked: bool,
    /// Bytes of DATA that h2 was handed.
    queued_bytes: u64,
    local_end: Option<LocalEnd>,
}

impl Stream {
    pub(crate) fn new(stream: SendStream<Bytes>) -> Self {
        Self {
            side: Mutex::new(Side {
                stream,
                half_closed: false,
                blocked: false,
                queued_bytes: 0,
                local_end: None,
            }),
            ended: CancellationToken::new(),
        }
    }

    fn side(&self) -> MutexGuard<'_, Side> {
        self.side.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fires when the call has ended.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Whether a message may be sent now.
    pub(crate) fn check_open(&self) -> Result<(), SendError> {
        if self.side().half_closed {
            return Err(SendError::HalfClosed);
        }
        if self.ended.is_cancelled() {
            return Err(SendError::Ended);
        }
        Ok(())
    }

    /// Waits for room for at least one of `wanted` bytes.
    pub(crate) fn poll_capacity(
        &self,
        cx: &mut Context<'_>,
        wanted: usize,
    ) -> Poll<Result<usize, SendError>> {
        let mut side = self.side();
        side.stream.reserve_capacity(wanted);
        loop {
            // `poll_capacity` only reports a change; room that was there before is found here.
            let capacity = side.stream.capacity();
            if capacity > 0 {
                side.blocked = false;
                return Poll::Ready(Ok(capacity));
            }
            side.blocked = true;
            if ready!(side.stream.poll_capacity(cx)).is_none_or(|room| room.is_err()) {
                return Poll::Ready(Err(SendError::Ended));
            }
        }
    }

    /// Whether there is something to send that has not left, when this many bytes have.
    pub(crate) fn is_blocked(&self, sent_bytes: u64) -> bool {
        let side = self.side();
        side.blocked || side.queued_bytes > sent_bytes
    }

    /// Whether nothing was sent yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.side().queued_bytes == 0
    }

    /// Queues bytes for which [`poll_capacity`](Self::poll_capacity) found room, or a small first
    /// message, which h2 holds until there is.
    pub(crate) fn send_data(&self, bytes: Bytes, last: bool) -> Result<(), SendError> {
        let mut side = self.side();
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        side.stream
            .send_data(bytes, last)
            .map_err(|_| SendError::Ended)?;
        side.queued_bytes = side.queued_bytes.saturating_add(length);
        side.half_closed |= last;
        Ok(())
    }

    /// Resets the stream because this side wants no more of it.
    pub(crate) fn end_locally(&self, end: LocalEnd) {
        let mut side = self.side();
        side.local_end.get_or_insert(end);
        side.stream.send_reset(Reason::CANCEL);
        drop(side);
        self.ended.cancel();
    }

    pub(crate) fn local_end(&self) -> Option<LocalEnd> {
        self.side().local_end
    }

    /// The server has said all it will. A sending side still open is closed with NO_ERROR, which
    /// the specification asks for when trailers come early.
    pub(crate) fn end_by_server(&self) {
        let mut side = self.side();
        if !side.half_closed {
            side.stream.send_reset(Reason::NO_ERROR);
        }
        drop(side);
        self.ended.cancel();
    }
}
