//! From an endpoint to a socket that is ready for HTTP/2: name lookup, connect, TLS.
//!
//! Every step has a limit of its own, so that a failure names the step.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, rustls::ProtocolVersion};

use super::{
    Address, ConnectError, ConnectTimings, Endpoint, Phase, Transport,
    sniff::{Beginning, Layer, Sniffed},
    tls,
};

/// How long each step of making a connection may take; 20 s each by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectLimits {
    /// Looking the host name up.
    pub resolve: Duration,
    /// Opening the socket, all addresses together, and the tunnel of a proxy.
    pub connect: Duration,
    /// TLS handshake.
    pub tls: Duration,
    /// From the preface to the server's SETTINGS.
    pub settings: Duration,
}

impl Default for ConnectLimits {
    fn default() -> Self {
        let limit = Duration::from_secs(20);
        Self {
            resolve: limit,
            connect: limit,
            tls: limit,
            settings: limit,
        }
    }
}

/// Anything HTTP/2 can run over.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A socket, encrypted where that was asked for.
pub(crate) struct Dialled {
    pub(crate) io: Box<dyn Io>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) tls: Option<String>,
    pub(crate) timings: ConnectTimings,
}

/// Dials an endpoint.
pub(crate) async fn dial(
    endpoint: &Endpoint,
    limits: &ConnectLimits,
) -> Result<Dialled, ConnectError> {
    let mut timings = ConnectTimings::default();
    let (io, peer): (Box<dyn Io>, _) = match &endpoint.address {
        Address::Tcp { host, port } => {
            let started = Instant::now();
            let addresses = resolve(host, *port, limits).await?;
            timings.resolve = started.elapsed();
            let started = Instant::now();
            let (stream, peer) = connect_tcp(host, *port, &addresses, limits).await?;
            timings.connect = started.elapsed();
            (Box::new(stream), Some(peer))
        }
        Address::Literals(_) | Address::UnixAbstract(_) | Address::Pipe(_) => {
            return Err(ConnectError::Refused {
                address: endpoint.authority(),
                source: io::Error::from(io::ErrorKind::Unsupported),
            });
        }
        Address::Unix(path) => {
            let started = Instant::now();
            let stream = connect_unix(path, limits).await?;
            timings.connect = started.elapsed();
            (stream, None)
        }
    };
    let (io, tls) = match endpoint.transport {
        Transport::Plaintext => (io, None),
        Transport::Tls => {
            let started = Instant::now();
            let (io, description) = within(limits.tls, Phase::Tls, start_tls(endpoint, io)).await?;
            timings.tls = started.elapsed();
            (io, Some(description))
        }
    };
    Ok(Dialled {
        io,
        peer,
        tls,
        timings,
    })
}

async fn within<T>(
    limit: Duration,
    phase: Phase,
    step: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    timeout(limit, step)
        .await
        .unwrap_or(Err(ConnectError::TimedOut { phase, limit }))
}

async fn resolve(
    host: &str,
    port: u16,
    limits: &ConnectLimits,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |source| ConnectError::Resolve {
        host: host.to_owned(),
        source,
    };
    let addresses: Vec<_> = within(limits.resolve, Phase::Resolve, async {
        let found = tokio::net::lookup_host((host, port)).await;
        Ok(found.map_err(failed)?.collect())
    })
    .await?;
    if addresses.is_empty() {
        return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(addresses)
}

/// Tries each address in turn. One that does not answer gets its share of the limit only, so that
/// the next has its chance.
async fn connect_tcp(
    host: &str,
    port: u16,
    addresses: &[SocketAddr],
    limits: &ConnectLimits,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let started = Instant::now();
    let mut refused = None;
    for (index, address) in addresses.iter().enumerate() {
        let waiting = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = limits.connect.saturating_sub(started.elapsed()) / waiting;
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without this a small call waits for the acknowledgement of the one before.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Ok(Err(source)) => refused = Some(source),
            Err(_) => tracing::debug!(%address, "no answer"),
        }
    }
    Err(match refused {
        Some(source) => ConnectError::Refused {
            address: if host.contains(':') {
                format!("[{host}]:{port}")
            } else {
                format!("{host}:{port}")
            },
            source,
        },
        None => ConnectError::TimedOut {
            phase: Phase::Connect,
            limit: limits.connect,
        },
    })
}

#[cfg(unix)]
async fn connect_unix(
    path: &std::path::Path,
    limits: &ConnectLimits,
) -> Result<Box<dyn Io>, ConnectError> {
    within(limits.connect, Phase::Connect, async {
        match tokio::net::UnixStream::connect(path).await {
            Ok(stream) => Ok(Box::new(stream) as Box<dyn Io>),
            Err(source) => Err(ConnectError::Refused {
                address: path.display().to_string(),
                source,
            }),
        }
    })
    .await
}

#[cfg(not(unix))]
async fn connect_unix(
    path: &std::path::Path,
    _limits: &ConnectLimits,
) -> Result<Box<dyn Io>, ConnectError> {
    Err(ConnectError::Refused {
        address: path.display().to_string(),
        source: io::Error::from(io::ErrorKind::Unsupported),
    })
}

async fn start_tls(
    endpoint: &Endpoint,
    io: Box<dyn Io>,
) -> Result<(Box<dyn Io>, String), ConnectError> {
    let name = tls::server_name(&endpoint.certificate_name())?;
    let settings = endpoint.tls.clone();
    let config = tokio::task::spawn_blocking(move || tls::client_config(&settings))
        .await
        .map_err(|error| ConnectError::Tls {
            reason: error.to_string(),
        })??;
    let (io, sniffer) = Sniffed::new(io, Layer::Tls);
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, io)
        .await
        .map_err(
            |error| match (sniffer.beginning(), tls::rustls_error(&error)) {
                (Beginning::Http1 | Beginning::Http2 | Beginning::Other, _) => ConnectError::NotTls,
                (_, Some(error)) => tls::connect_error(error),
                (Beginning::Nothing, None) => ConnectError::Tls {
                    reason: "the server closed the connection during the handshake".to_owned(),
                },
                (Beginning::Tls, None) => ConnectError::Tls {
                    reason: error.to_string(),
                },
            },
        )?;
    let (_, session) = stream.get_ref();
    if session.alpn_protocol() != Some(b"h2") {
        return Err(ConnectError::NoAlpn);
    }
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "TLS",
    };
    let description = match session.negotiated_cipher_suite() {
        Some(suite) => format!("{version} {:?}", suite.suite()),
        None => version.to_owned(),
    };
    Ok((Box::new(stream), description))
}
