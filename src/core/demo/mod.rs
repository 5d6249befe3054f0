//! The embedded server: first run, tests, and `stubless demo`. Server side only, on tonic.
//!
//! The services are described in `assets/protos/demo/v1`; their comments teach. One file here a
//! service. Everything a client may ask for has a limit, because the server may be given an address
//! that others reach; nothing here reads files or remembers more than counters between calls.

mod abandoned;
mod atlas;
mod connection;
mod geo;
mod greeter;
mod kitchen;
mod place;
mod proto;
mod rich;
mod ticker;
mod trouble;

use std::{io, net::SocketAddr};

use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic_health::server::HealthReporter;

use abandoned::Abandoned;

/// The demo services' descriptors, as a serialized `FileDescriptorSet` with comments.
pub const DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/demo_descriptor_set.binpb"));

/// How much of a client's stream is taken before it is read; as for the client's side, HTTP/2's own
/// 64 KiB would make long client streams wait for the round trip.
const STREAM_WINDOW_BYTES: u32 = 4 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;

/// Resets a client may send for calls that were not yet looked at. hyper's own limit (20) ends the
/// connection of someone who cancels a batch of calls.
const MAX_PENDING_RESETS: usize = 1024;

/// A running demo server; dropping it stops it and closes its connections.
#[derive(Debug)]
pub struct Demo {
    address: SocketAddr,
    abandoned: watch::Receiver<u64>,
    health: HealthReporter,
    _stop: tokio_util::sync::DropGuard,
}

/// TLS of the demo server.
#[derive(Clone)]
pub struct DemoTls {
    /// PEM chain.
    pub cert: String,
    /// PEM key.
    pub key: String,
    /// PEM of the CA that client certificates must be signed by; `None` asks for none.
    pub client_ca: Option<String>,
}

/// Shows no key.
impl std::fmt::Debug for DemoTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoTls")
            .field("client_ca", &self.client_ca.is_some())
            .finish_non_exhaustive()
    }
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
    /// The system's, when the address cannot be bound; `InvalidInput` when certificate and key
    /// cannot be used.
    pub async fn start(options: DemoOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let (abandoned, seen) = Abandoned::new();

        let mut server = Server::builder()
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_max_pending_accept_reset_streams(Some(MAX_PENDING_RESETS));
        if let Some(tls) = &options.tls {
            server = server.tls_config(tls_config(tls)).map_err(invalid_input)?;
        }

        let (v1, v1alpha) = if options.reflection {
            let (v1, v1alpha) = (reflection(), reflection());
            (
                Some(v1.build_v1().map_err(invalid_input)?),
                Some(v1alpha.build_v1alpha().map_err(invalid_input)?),
            )
        } else {
            (None, None)
        };
        let (health, health_service) = tonic_health::server::health_reporter();
        for service in SERVICES {
            let serving = tonic_health::ServingStatus::Serving;
            health.set_service_status(service, serving).await;
        }

        let router = server
            .add_service(atlas::service())
            .add_service(greeter::service())
            .add_service(kitchen::service())
            .add_service(ticker::service(abandoned.clone()))
            .add_service(trouble::service(abandoned))
            .add_service(health_service)
            .add_optional_service(v1)
            .add_optional_service(v1alpha);
        let incoming = connection::Incoming::new(listener, stop.clone());
        tokio::spawn(async move {
            // Ends with `incoming`, when the server is dropped. A single connection's error is its
            // own, so there is nothing to report here.
            let _ = router.serve_with_incoming(incoming).await;
        });

        Ok(Self {
            address,
            abandoned: seen,
            health,
            _stop: stop.drop_guard(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says by `grpc.health.v1` from now on that a service serves, or that it does not; the empty name is
    /// the whole server.
    pub async fn set_serving(&self, service: &str, serving: bool) {
        let status = match serving {
            true => tonic_health::ServingStatus::Serving,
            false => tonic_health::ServingStatus::NotServing,
        };
        self.health.set_service_status(service, status).await;
    }

    /// How many calls of `Ticker` and `Trouble` their clients gave up before the end: cancelled, past
    /// their deadline, or disconnected. Grows as it happens, so that a test can wait for it.
    pub fn abandoned_calls(&self) -> watch::Receiver<u64> {
        self.abandoned.clone()
    }
}

/// What `grpc.health.v1` says it serves, beside the empty name.
const SERVICES: [&str; 5] = [
    "demo.v1.Atlas",
    "demo.v1.Greeter",
    "demo.v1.Kitchen",
    "demo.v1.Ticker",
    "demo.v1.Trouble",
];

fn tls_config(tls: &DemoTls) -> ServerTlsConfig {
    let config = ServerTlsConfig::new().identity(Identity::from_pem(&tls.cert, &tls.key));
    match &tls.client_ca {
        Some(ca) => config.client_ca_root(Certificate::from_pem(ca)),
        None => config,
    }
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

fn invalid_input(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

#[cfg(test)]
mod tests;
