//! Accepted connections that can be dropped at once: when the server stops, and when a method hangs up.
//!
//! tonic serves each connection in a task of its own and, on shutdown, waits for its calls to end;
//! a call that never answers would keep it for ever. So the socket itself fails once it is told to.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// Accepts connections until the server stops.
#[derive(Debug)]
pub(super) struct Incoming {
    listener: TcpListener,
    stop: CancellationToken,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Incoming {
    pub(super) fn new(listener: TcpListener, stop: CancellationToken) -> Self {
        let stopped = Box::pin(stop.clone().cancelled_owned());
        Self {
            listener,
            stop,
            stopped,
        }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let accepted = ready!(self.listener.poll_accept(cx));
        Poll::Ready(Some(accepted.map(|(socket, _)| {
            // Only latency is lost if the system refuses.
            let _ = socket.set_nodelay(true);
            Connection::new(socket, self.stop.child_token())
        })))
    }
}

/// A TCP connection that fails once its token is cancelled.
#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    closer: Closer,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Closes the connection a request came by. Found in the request's extensions.
#[derive(Debug, Clone)]
pub(super) struct Closer(CancellationToken);

impl Closer {
    pub(super) fn close(&self) {
        self.0.cancel();
    }
}

impl Connection {
    fn new(socket: TcpStream, token: CancellationToken) -> Self {
        Self {
            socket,
            closed: Box::pin(token.clone().cancelled_owned()),
            closer: Closer(token),
        }
    }

    /// Whoever reads is woken by the cancellation: an HTTP/2 connection is always reading.
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.closed.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }

    fn check_open(&self) -> io::Result<()> {
        if self.closer.0.is_cancelled() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl Connected for Connection {
    type ConnectInfo = Closer;

    fn connect_info(&self) -> Closer {
        self.closer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_closed(cx)?;
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_open()?;
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_open()?;
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
