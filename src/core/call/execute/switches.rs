//! What a person holds in the hand while a call runs: the end of it, and a pause of reading.
//!
//! While reading is held, nothing is taken from the connection for this call and no room is given back
//! to the server: HTTP/2 flow control stops it once the stream's window is full. Spec: RFC 9113, 5.2.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Ends a call, and makes it stop reading for a while.
#[derive(Debug, Clone)]
pub struct Switches {
    pub(super) cancel: CancellationToken,
    pub(super) hold: watch::Receiver<bool>,
}

impl Switches {
    /// `hold` is whether reading is held; it may change at any moment. When its sender is gone, it stays
    /// as it was last.
    pub fn new(cancel: CancellationToken, hold: watch::Receiver<bool>) -> Self {
        Self { cancel, hold }
    }
}

impl From<CancellationToken> for Switches {
    /// Reading is never held.
    fn from(cancel: CancellationToken) -> Self {
        Self::new(cancel, watch::channel(false).1)
    }
}
