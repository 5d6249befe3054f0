//! The embedded server: first run, tests, and `stubless demo`. Server side only, on tonic.

use std::net::SocketAddr;

/// A running demo server; dropping it stops it.
#[derive(Debug)]
pub struct Demo {
    address: SocketAddr,
    _stop: tokio_util::sync::DropGuard,
}

/// TLS of the demo server.
#[derive(Debug, Clone)]
pub struct DemoTls {
    /// PEM chain.
    pub cert: String,
    /// PEM key.
    pub key: String,
    /// PEM of the CA that client certificates must be signed by; `None` asks for none.
    pub client_ca: Option<String>,
}

/// How the demo server is started.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS, or plaintext.
    pub tls: Option<DemoTls>,
    /// Serve reflection (v1 and v1alpha).
    pub reflection: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            reflection: true,
        }
    }
}

impl Demo {
    /// Binds and serves on the current tokio runtime; returns once connections are accepted.
    ///
    /// # Errors
    /// The system's, when the address cannot be bound.
    pub async fn start(options: DemoOptions) -> std::io::Result<Self> {
        let _ = options;
        unimplemented!()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The demo services' descriptors, as a serialized `FileDescriptorSet` with comments.
pub const DESCRIPTOR_SET: &[u8] = &[];
