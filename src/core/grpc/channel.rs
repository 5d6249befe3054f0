//! Connections: dialling, TLS, the HTTP/2 handshake, and their reuse.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use super::{CallHead, CallReceiver, CallSender, ConnectError, Endpoint, Outcome};

/// What is known of a connection that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectInfo {
    /// The address that took the connection; `None` for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// `TLSv1.3`, … and the cipher suite; `None` for plaintext.
    pub tls: Option<String>,
    /// The certificate was not checked.
    pub unverified: bool,
    /// How long each step took.
    pub timings: ConnectTimings,
}

/// How long each step of making a connection took; zero for a step that was not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectTimings {
    /// Name lookup.
    pub resolve: Duration,
    /// TCP or Unix connect.
    pub connect: Duration,
    /// TLS handshake.
    pub tls: Duration,
    /// From the preface to the server's SETTINGS.
    pub settings: Duration,
}

/// One HTTP/2 connection; clones share it.
#[derive(Debug, Clone)]
pub struct Channel {
    _inner: Arc<()>,
}

impl Channel {
    /// Makes a connection, up to and including the server's SETTINGS frame. Every step has a limit.
    /// Cancel-safe: dropping the future closes what was opened.
    ///
    /// # Errors
    /// [`ConnectError`] names the step and, where the first bytes tell, what the peer speaks.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self, ConnectError> {
        let _ = endpoint;
        unimplemented!()
    }

    /// What is known of the connection.
    pub fn info(&self) -> &ConnectInfo {
        unimplemented!()
    }

    /// Opens a call: waits until the server allows a stream, then sends the head.
    /// A deadline in the head covers this wait.
    ///
    /// # Errors
    /// The [`Outcome`] the call ended with before it began (deadline, connection lost, GOAWAY …).
    pub async fn open(&self, head: CallHead) -> Result<(CallSender, CallReceiver), Box<Outcome>> {
        let _ = head;
        unimplemented!()
    }
}

/// Connections by endpoint. A connection that is broken or going away is replaced on the next call;
/// two calls that need the same new connection share one dial.
#[derive(Debug, Default)]
pub struct Pool {
    _inner: (),
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// The endpoint's connection, and whether it was already open.
    ///
    /// # Errors
    /// As [`Channel::connect`].
    pub async fn channel(&self, endpoint: &Endpoint) -> Result<(Channel, bool), Arc<ConnectError>> {
        let _ = endpoint;
        unimplemented!()
    }
}
