//! Counts the calls that clients gave up.
//!
//! When a client resets a stream, hyper drops the call's future or response stream; a guard inside
//! that was not told of a proper end counts then.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::Status;

/// The counter; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Abandoned(watch::Sender<u64>);

impl Abandoned {
    pub(super) fn new() -> (Self, watch::Receiver<u64>) {
        let (sender, receiver) = watch::channel(0);
        (Self(sender), receiver)
    }

    /// A guard for a call that began now.
    pub(super) fn watch(&self) -> CallGuard {
        CallGuard {
            counter: self.clone(),
            ended: false,
        }
    }

    /// Watches a response stream: it has ended properly once it gave its last item or an error.
    pub(super) fn watch_stream<S>(&self, stream: S) -> WatchedStream<S> {
        WatchedStream {
            stream,
            guard: self.watch(),
        }
    }
}

/// Counts when dropped before [`end`](Self::end).
#[derive(Debug)]
pub(super) struct CallGuard {
    counter: Abandoned,
    ended: bool,
}

impl CallGuard {
    pub(super) fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if !self.ended {
            self.counter.0.send_modify(|count| *count += 1);
        }
    }
}

/// See [`Abandoned::watch_stream`].
#[derive(Debug)]
pub(super) struct WatchedStream<S> {
    stream: S,
    guard: CallGuard,
}

impl<T, S> Stream for WatchedStream<S>
where
    S: Stream<Item = Result<T, Status>> + Unpin,
{
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.stream).poll_next(cx));
        if !matches!(item, Some(Ok(_))) {
            self.guard.end();
        }
        Poll::Ready(item)
    }
}
