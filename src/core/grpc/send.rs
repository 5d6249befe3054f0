//! The sending half of a call: messages out under the peer's flow control.
//!
//! Invariant: what h2 holds for a call is bounded by its send buffer (400 KiB) and the peer's
//! window, because nothing is queued before there is room for it. A small first message is the
//! exception: it is queued with the head, so that both leave in one write.

use std::{future::poll_fn, io, sync::Arc};

use bytes::{BufMut, Bytes, BytesMut};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{
    CallHead, Compression, Deadline,
    call::{LocalEnd, Stream},
    frame::{self, PREFIX_BYTES},
    inflate::AT_ONCE_INPUT_BYTES,
};

/// Up to here prefix and message are copied into one DATA frame; above, a frame of 5 bytes costs
/// less than the copy.
const COPY_BYTES: usize = 16 * 1024;

/// The sending half. Dropping it without [`half_close`](Self::half_close) leaves the stream open
/// until the receiver ends or is dropped.
#[derive(Debug)]
pub struct CallSender {
    stream: Arc<Stream>,
    deadline: Option<Deadline>,
    /// What `grpc-encoding` said.
    compression: Compression,
    /// Whether the next message is compressed so.
    compressed: bool,
    max_bytes: usize,
    /// A dropped `send` left half a message on the wire.
    torn: bool,
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
    /// A gRPC message has a length of 32 bits.
    #[error("a message of {0} bytes is longer than 4 GiB")]
    TooLong(usize),
    /// The message is larger than the call allows; nothing of it was sent.
    #[error("a message of {length} bytes is larger than the limit of {limit} bytes for sending")]
    TooLarge {
        /// Its length in bytes, before compression.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// The message could not be compressed; nothing of it was sent.
    #[error("compressing a message: {0}")]
    Compress(String),
}

impl CallSender {
    pub(crate) fn new(stream: Arc<Stream>, head: &CallHead) -> Self {
        Self {
            stream,
            deadline: head.deadline,
            compression: head.compression,
            compressed: head.compression != Compression::Identity,
            max_bytes: head.max_send_bytes,
            torn: false,
        }
    }

    /// Whether the messages that follow are compressed as the call's head said; they are at first.
    /// Without meaning for a call that said `identity`.
    pub fn set_compressed(&mut self, compressed: bool) {
        self.compressed = compressed && self.compression != Compression::Identity;
    }

    /// Sends one message, waiting for flow control; never buffers more than the peer's window.
    ///
    /// Not cancel-safe: a dropped future may leave half a message on the wire. The call can then
    /// only be cancelled; further sends say [`SendError::Ended`].
    ///
    /// # Errors
    /// [`SendError`]; after one that says that nothing was sent the next message may be tried.
    pub async fn send(&mut self, message: Bytes) -> Result<(), SendError> {
        self.write(message, false).await
    }

    /// Sends the last message and half-closes with it, in one frame where it fits.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_last(&mut self, message: Bytes) -> Result<(), SendError> {
        self.write(message, true).await
    }

    /// Says that no more messages follow.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn half_close(&mut self) -> Result<(), SendError> {
        self.stream.check_open()?;
        if self.torn {
            return Err(SendError::Ended);
        }
        self.stream.send_data(Bytes::new(), true)
    }

    async fn write(&mut self, message: Bytes, last: bool) -> Result<(), SendError> {
        self.stream.check_open()?;
        if self.torn {
            return Err(SendError::Ended);
        }
        if message.len() > self.max_bytes {
            return Err(SendError::TooLarge {
                length: message.len(),
                limit: self.max_bytes,
            });
        }
        // Nothing is gained by compressing nothing; other clients do not either.
        let compressed = self.compressed && !message.is_empty();
        let message = if compressed {
            self.compress(message).await?
        } else {
            message
        };
        let prefix =
            frame::prefix(compressed, message.len()).ok_or(SendError::TooLong(message.len()))?;
        self.torn = true;
        if message.len() <= COPY_BYTES {
            let mut framed = BytesMut::with_capacity(PREFIX_BYTES + message.len());
            framed.put_slice(&prefix);
            framed.put(message);
            if self.stream.is_fresh() {
                self.stream.send_data(framed.freeze(), last)?;
            } else {
                self.write_bytes(framed.freeze(), last).await?;
            }
        } else {
            self.write_bytes(Bytes::copy_from_slice(&prefix), false)
                .await?;
            self.write_bytes(message, last).await?;
        }
        self.torn = false;
        Ok(())
    }

    async fn write_bytes(&mut self, mut bytes: Bytes, last: bool) -> Result<(), SendError> {
        while !bytes.is_empty() {
            let capacity = self.capacity(bytes.len()).await?;
            let piece = bytes.split_to(capacity.min(bytes.len()));
            self.stream.send_data(piece, last && bytes.is_empty())?;
        }
        Ok(())
    }

    /// Compresses a message; a large one on a thread that may take its time.
    async fn compress(&self, message: Bytes) -> Result<Bytes, SendError> {
        let compression = self.compression;
        let given_up = CancellationToken::new();
        let compressed = if message.len() <= AT_ONCE_INPUT_BYTES {
            compression.compress(&message, &given_up)
        } else {
            let _unwanted = given_up.clone().drop_guard();
            let work = spawn_blocking(move || compression.compress(&message, &given_up));
            let done = self.while_it_runs(work).await?;
            done.unwrap_or_else(|error| Err(io::Error::other(error)))
        };
        compressed.map_err(|error| SendError::Compress(error.to_string()))
    }

    async fn capacity(&self, wanted: usize) -> Result<usize, SendError> {
        self.while_it_runs(poll_fn(|cx| self.stream.poll_capacity(cx, wanted)))
            .await?
    }

    /// Waits for something as long as the call runs.
    async fn while_it_runs<T>(&self, work: impl Future<Output = T>) -> Result<T, SendError> {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.at().into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.stream.ended().cancelled() => Err(SendError::Ended),
            () = deadline => {
                // The receiver may not be polled while its caller waits here.
                self.stream.end_locally(LocalEnd::Deadline);
                Err(SendError::Ended)
            }
        }
    }
}
