//! From an endpoint to a socket that is ready for HTTP/2: name lookup, connect, proxy, TLS.
//!
//! ```text
//! connect_to, else address ─┬─ proxy? ── look up, connect to the proxy, tunnel ─┬─ TLS?
//!                           ├─ host ──── look up, race the addresses ───────────┤
//!                           └─ socket or pipe of this machine ──────────────────┘
//! ```
//! Every step has a limit of its own, so that a failure names the step. Addresses race as RFC 8305
//! says ("happy eyeballs"): families take turns, and the next starts when the one before has failed or
//! has been silent for [`HEAD_START`].

#[cfg_attr(unix, path = "dial/unix.rs")]
#[cfg_attr(windows, path = "dial/windows.rs")]
mod platform;

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Address, ConnectError, ConnectTimings, Endpoint, Phase, Proxy, ProxyChoice, ProxyKind,
    ProxyProblem, Transport,
    proxy::{ProxyEnvironment, tunnel},
    tls::{TlsInfo, start_tls},
};

/// How long an address may be silent before the next one starts beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Lookups that may block a thread at once; a name server that is down must not stop other work.
const MAX_LOOKUPS: usize = 16;

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

impl ConnectLimits {
    /// The same limit for every step.
    pub fn all(limit: Duration) -> Self {
        Self {
            resolve: limit,
            connect: limit,
            tls: limit,
            settings: limit,
        }
    }
}

impl Default for ConnectLimits {
    fn default() -> Self {
        Self::all(Duration::from_secs(20))
    }
}

/// Anything HTTP/2 can run over.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A socket, encrypted where that was asked for.
pub(crate) struct Dialled {
    pub(crate) io: Box<dyn Io>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) proxy: Option<String>,
    pub(crate) tls: Option<TlsInfo>,
    pub(crate) timings: ConnectTimings,
}

/// Dials an endpoint.
pub(crate) async fn dial(
    endpoint: &Endpoint,
    limits: &ConnectLimits,
    environment: &ProxyEnvironment,
) -> Result<Dialled, ConnectError> {
    let mut timings = ConnectTimings::default();
    let address = endpoint.connect_to.as_ref().unwrap_or(&endpoint.address);
    let (io, peer, proxy) = match address {
        Address::Tcp { host, port } => match proxy_for(endpoint, host, *port, environment)? {
            Some(proxy) => {
                let io = through(proxy, host, *port, limits, &mut timings).await?;
                (io, None, Some(proxy.name()))
            }
            None => {
                let (stream, peer) = open(host, *port, limits, &mut timings).await?;
                (Box::new(stream) as Box<dyn Io>, Some(peer), None)
            }
        },
        Address::Literals(addresses) => {
            let name = addresses
                .first()
                .map_or_else(String::new, SocketAddr::to_string);
            let started = Instant::now();
            let (stream, peer) = connect_tcp(&name, addresses.clone(), limits).await?;
            timings.connect = started.elapsed();
            (Box::new(stream) as Box<dyn Io>, Some(peer), None)
        }
        Address::Unix(_) | Address::UnixAbstract(_) | Address::Pipe(_) => {
            let started = Instant::now();
            let connecting = async {
                platform::connect(address)
                    .await
                    .map_err(|source| ConnectError::Refused {
                        address: name_of(address),
                        source,
                    })
            };
            let io = within(limits.connect, Phase::Connect, connecting).await?;
            timings.connect = started.elapsed();
            (io, None, None)
        }
    };
    let (io, tls) = match endpoint.transport {
        Transport::Plaintext => (io, None),
        Transport::Tls => {
            let started = Instant::now();
            let (io, info) = within(limits.tls, Phase::Tls, start_tls(endpoint, io)).await?;
            timings.tls = started.elapsed();
            (io, Some(info))
        }
    };
    Ok(Dialled {
        io,
        peer,
        proxy,
        tls,
        timings,
    })
}

fn name_of(address: &Address) -> String {
    match address {
        Address::Tcp { host, port } => format!("{host}:{port}"),
        Address::Literals(addresses) => addresses
            .first()
            .map_or_else(String::new, SocketAddr::to_string),
        Address::Unix(path) => path.display().to_string(),
        Address::UnixAbstract(name) => format!("@{name}"),
        Address::Pipe(name) => name.clone(),
    }
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

fn proxy_for<'a>(
    endpoint: &'a Endpoint,
    host: &str,
    port: u16,
    environment: &'a ProxyEnvironment,
) -> Result<Option<&'a Proxy>, ConnectError> {
    match &endpoint.proxy {
        ProxyChoice::Direct => Ok(None),
        ProxyChoice::Via(proxy) => Ok(Some(proxy)),
        ProxyChoice::Environment => {
            environment
                .choose(host, port, endpoint.transport)
                .map_err(|error| ConnectError::Proxy {
                    proxy: "of the environment".to_owned(),
                    problem: ProxyProblem::Unusable(error.to_string()),
                })
        }
    }
}

/// A tunnel to a host through a proxy.
async fn through(
    proxy: &Proxy,
    host: &str,
    port: u16,
    limits: &ConnectLimits,
    timings: &mut ConnectTimings,
) -> Result<Box<dyn Io>, ConnectError> {
    let failed = |problem| ConnectError::Proxy {
        proxy: proxy.name(),
        problem,
    };
    let (stream, _) = open(&proxy.host, proxy.port, limits, timings)
        .await
        .map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            failed(ProxyProblem::Unreachable(
                cause.unwrap_or_else(|| error.to_string()),
            ))
        })?;
    let started = Instant::now();
    let opening = tunnel(Box::new(stream), proxy, host, port);
    let opened = timeout(limits.connect, opening).await.unwrap_or_else(|_| {
        Err(ProxyProblem::Silent {
            protocol: match proxy.kind {
                ProxyKind::Http => "HTTP",
                ProxyKind::Socks5 => "SOCKS5",
            },
            limit: limits.connect,
        })
    });
    timings.proxy = started.elapsed();
    opened.map_err(failed)
}

/// Looks a host up and connects to it.
async fn open(
    host: &str,
    port: u16,
    limits: &ConnectLimits,
    timings: &mut ConnectTimings,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let started = Instant::now();
    let addresses = resolve(host, port, limits).await?;
    timings.resolve = started.elapsed();
    let started = Instant::now();
    let name = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    let connected = connect_tcp(&name, addresses, limits).await?;
    timings.connect = started.elapsed();
    Ok(connected)
}

async fn resolve(
    host: &str,
    port: u16,
    limits: &ConnectLimits,
) -> Result<Vec<SocketAddr>, ConnectError> {
    static LOOKUPS: Semaphore = Semaphore::const_new(MAX_LOOKUPS);
    let failed = |source| ConnectError::Resolve {
        host: host.to_owned(),
        source,
    };
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let addresses: Vec<_> = within(limits.resolve, Phase::Resolve, async {
        let permit = LOOKUPS.acquire().await;
        let (sender, found) = oneshot::channel();
        let name = host.to_owned();
        // A thread of its own: the system's resolver cannot be cancelled, and the runtime's few
        // threads for blocking work have other things to do.
        std::thread::Builder::new()
            .name("stubless-lookup".to_owned())
            .spawn(move || {
                let found = (name.as_str(), port).to_socket_addrs();
                let _ = sender.send(found.map(Iterator::collect));
                drop(permit);
            })
            .map_err(failed)?;
        match found.await {
            Ok(found) => found.map_err(failed),
            Err(_) => Err(failed(io::Error::other(
                "the lookup ended without an answer",
            ))),
        }
    })
    .await?;
    if addresses.is_empty() {
        return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(by_turns(addresses))
}

/// Families in turn, beginning with that of the first address (RFC 8305, section 4).
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return turns;
        }
        turns.extend(pair.into_iter().flatten());
    }
}

async fn connect_tcp(
    name: &str,
    addresses: Vec<SocketAddr>,
    limits: &ConnectLimits,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    within(limits.connect, Phase::Connect, async {
        let (stream, peer) = race(addresses, HEAD_START, TcpStream::connect::<SocketAddr>)
            .await
            .map_err(|source| ConnectError::Refused {
                address: name.to_owned(),
                source,
            })?;
        // Without this a small call waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        Ok((stream, peer))
    })
    .await
}

/// The first address that connects; the error of the last when none does.
async fn race<T, F>(
    addresses: Vec<SocketAddr>,
    head_start: Duration,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<(T, SocketAddr)>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut waiting = addresses.into_iter();
    let mut running = JoinSet::new();
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    loop {
        let more = match waiting.next() {
            Some(address) => {
                let connecting = connect(address);
                running.spawn(async move { (connecting.await, address) });
                true
            }
            None if running.is_empty() => return Err(failed),
            None => false,
        };
        loop {
            tokio::select! {
                ended = running.join_next() => match ended {
                    Some(Ok((Ok(stream), address))) => return Ok((stream, address)),
                    Some(Ok((Err(error), _))) => failed = error,
                    Some(Err(error)) => failed = io::Error::other(error),
                    None => {}
                },
                () = sleep(head_start), if more => {}
            }
            if more || running.is_empty() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let mixed = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let turns = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(by_turns(mixed), turns);
        let one = addresses(&["1.1.1.1:1", "2.2.2.2:1"]);
        assert_eq!(by_turns(one.clone()), one);
        assert_eq!(by_turns(Vec::new()), []);
    }

    /// What an address does, by its last octet: refuse, say nothing, or answer.
    async fn pretend(address: SocketAddr) -> io::Result<u16> {
        match address.ip() {
            std::net::IpAddr::V4(ip) => match ip.octets()[3] {
                0 => Err(io::ErrorKind::ConnectionRefused.into()),
                255 => std::future::pending().await,
                _ => Ok(address.port()),
            },
            std::net::IpAddr::V6(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    #[tokio::test]
    async fn a_silent_or_refusing_address_holds_nobody_up() {
        for (name, list, winner) in [
            ("the first answers", vec!["9.9.9.1:7", "9.9.9.1:8"], 7),
            ("after a silent one", vec!["9.9.9.255:1", "9.9.9.1:8"], 8),
            (
                "after refusals",
                vec!["9.9.9.0:1", "[::1]:1", "9.9.9.1:9"],
                9,
            ),
            (
                "after both",
                vec!["9.9.9.255:1", "9.9.9.0:1", "9.9.9.255:2", "9.9.9.1:9"],
                9,
            ),
        ] {
            let raced = race(addresses(&list), Duration::from_millis(1), pretend).await;
            let (port, peer) = raced.unwrap();
            assert_eq!((port, peer.port()), (winner, winner), "{name}");
        }
    }

    #[tokio::test]
    async fn a_refusal_does_not_wait_for_the_head_start() {
        let all = addresses(&["9.9.9.0:1", "9.9.9.1:2"]);
        // With an hour's head start this test would not end.
        let (port, _) = race(all, Duration::from_secs(3600), pretend).await.unwrap();
        assert_eq!(port, 2);
    }

    #[tokio::test]
    async fn when_all_refuse_the_error_is_told() {
        let all = addresses(&["9.9.9.0:1", "9.9.9.0:2"]);
        let error = race(all, HEAD_START, pretend).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
