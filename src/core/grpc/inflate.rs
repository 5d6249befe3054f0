//! Inflates messages: what is small at once, what is large on a thread that may take its time.
//!
//! A few bytes may inflate to the whole limit, so that nobody knows beforehand how long it takes: it is
//! tried up to [`AT_ONCE_BYTES`], and what is larger is begun anew elsewhere. The network's thread is
//! never held up for more than about a millisecond. Dropping an [`Inflating`] ends its work soon.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Compression,
    frame::{FrameError, Framed},
};

/// Up to here a message is compressed where it is sent, or tried to be inflated where it arrives.
pub(crate) const AT_ONCE_INPUT_BYTES: usize = 32 * 1024;

/// And up to here what it inflates to.
const AT_ONCE_BYTES: usize = 256 * 1024;

/// A message, or the work that will give it.
#[derive(Debug)]
pub(crate) enum Inflated {
    Now(Bytes),
    Later(Inflating),
}

/// A message that is inflated on another thread.
#[derive(Debug)]
pub(crate) struct Inflating {
    compression: Compression,
    limit: usize,
    wire_bytes: usize,
    task: JoinHandle<io::Result<Option<Bytes>>>,
    _unwanted: DropGuard,
}

/// Inflates a message to at most `limit` bytes.
///
/// # Errors
/// The message does not inflate, or not within the limit.
pub(crate) fn inflate(message: Framed, limit: usize) -> Result<Inflated, FrameError> {
    let Framed { compression, bytes } = message;
    if compression == Compression::Identity {
        return Ok(Inflated::Now(bytes));
    }
    if bytes.len() <= AT_ONCE_INPUT_BYTES {
        let never = CancellationToken::new();
        let tried = compression.inflate(&bytes, limit.min(AT_ONCE_BYTES), &never);
        if limit <= AT_ONCE_BYTES {
            return settled(compression, limit, tried).map(Inflated::Now);
        }
        // An error may only mean that the window of a large message was too large for a small one.
        if let Ok(Some(inflated)) = tried {
            return Ok(Inflated::Now(inflated));
        }
    }
    let given_up = CancellationToken::new();
    let unwanted = given_up.clone().drop_guard();
    Ok(Inflated::Later(Inflating {
        compression,
        limit,
        wire_bytes: bytes.len(),
        task: spawn_blocking(move || compression.inflate(&bytes, limit, &given_up)),
        _unwanted: unwanted,
    }))
}

impl Inflating {
    /// Bytes of the message as it came.
    pub(crate) fn wire_bytes(&self) -> usize {
        self.wire_bytes
    }

    /// Waits for the message.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, FrameError>> {
        let done = ready!(Pin::new(&mut self.task).poll(cx));
        let inflated = done.unwrap_or_else(|error| Err(io::Error::other(error)));
        Poll::Ready(settled(self.compression, self.limit, inflated))
    }
}

fn settled(
    compression: Compression,
    limit: usize,
    inflated: io::Result<Option<Bytes>>,
) -> Result<Bytes, FrameError> {
    inflated
        .map_err(|source| FrameError::Inflate {
            compression,
            source,
        })?
        .ok_or(FrameError::InflatedTooLarge { limit })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::{super::Code, *};

    async fn inflated(text: &[u8], limit: usize) -> (bool, Result<Bytes, FrameError>) {
        let never = CancellationToken::new();
        let message = Framed {
            compression: Compression::Zstd,
            bytes: Compression::Zstd.compress(text, &never).unwrap(),
        };
        match inflate(message, limit) {
            Ok(Inflated::Now(message)) => (false, Ok(message)),
            Ok(Inflated::Later(mut later)) => (true, poll_fn(|cx| later.poll(cx)).await),
            Err(error) => (false, Err(error)),
        }
    }

    #[tokio::test]
    async fn what_is_large_is_inflated_elsewhere_and_within_the_limit() {
        let large = vec![7; 3_000_000];
        // Of these three million bytes some hundred are sent.
        for (name, length, limit, elsewhere) in [
            ("small", 100, 1 << 30, false),
            ("small, at its limit", 100, 100, false),
            ("large", 3_000_000, 1 << 30, true),
            ("large, at its limit", 3_000_000, 3_000_000, true),
        ] {
            let (later, message) = inflated(&large[..length], limit).await;
            assert_eq!(later, elsewhere, "{name}");
            assert_eq!(message.unwrap(), large[..length], "{name}");
        }
        for limit in [1000, 1_000_000] {
            let (_, error) = inflated(&large, limit).await;
            let status = error.unwrap_err().to_status();
            assert_eq!(status.code, Code::RESOURCE_EXHAUSTED, "{limit}");
        }
    }

    #[tokio::test]
    async fn what_does_not_inflate_is_an_error_of_the_server() {
        for limit in [1000, 1 << 30] {
            let garbage = Framed {
                compression: Compression::Gzip,
                bytes: Bytes::from_static(b"garbage"),
            };
            let error = match inflate(garbage, limit) {
                Ok(Inflated::Later(mut later)) => poll_fn(|cx| later.poll(cx)).await.unwrap_err(),
                other => other.unwrap_err(),
            };
            assert_eq!(error.to_status().code, Code::INTERNAL, "{limit}");
        }
    }
}
