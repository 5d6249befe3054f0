//! A peer that says what it was told to say, in pieces, and then closes.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    fuzz::pieces,
    grpc::frames::{FrameReader, HEADERS},
};

/// The peer's end of a connection.
#[derive(Debug)]
pub(crate) struct Peer {
    says: VecDeque<Vec<u8>>,
    /// What it says once it was asked.
    answers: VecDeque<Vec<u8>>,
    asked: FrameReader,
    waiting: Option<Waker>,
}

impl Peer {
    /// Says this, and closes.
    pub(crate) fn saying(bytes: &[u8], seed: u8) -> Self {
        let owned = pieces(bytes, seed).into_iter().map(<[u8]>::to_vec);
        Self {
            says: owned.collect(),
            answers: VecDeque::new(),
            asked: FrameReader::of_client(),
            waiting: None,
        }
    }

    /// Says this, and the rest after the head of a request has come.
    pub(crate) fn answering(greeting: &[u8], answer: &[u8], seed: u8) -> Self {
        Self {
            answers: Self::saying(answer, seed).says,
            ..Self::saying(greeting, 1)
        }
    }
}

impl AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.says.pop_front() else {
            if self.answers.is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let rest = piece.split_off(buffer.remaining().min(piece.len()));
        if !rest.is_empty() {
            self.says.push_front(rest);
        }
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut asked = false;
        self.asked
            .feed(bytes, |head, _| asked |= head.kind == HEADERS);
        if asked {
            let mut answers = std::mem::take(&mut self.answers);
            self.says.append(&mut answers);
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs what never waits for anything but a [`Peer`].
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    // A sniffed socket gives others their turn now and then.
    for _ in 0..100_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
    panic!("it waits for something that never comes");
}
