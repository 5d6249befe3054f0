//! From an endpoint to a socket that is ready for HTTP/2: name lookup, connect, proxy, TLS.
//!
//! ```text
//! connect_to, else address ─┬─ proxy? ── look up, connect to the proxy, tunnel ─┬─ TLS?
//!                           ├─ host ──── look up, race the addresses ───────────┤
//!                           └─ socket or pipe of this machine ──────────────────┘
//! ```
//! Invariant: a proxy that was asked for is never gone round. A socket of this machine, which no proxy
//! reaches, is refused then.
//! Every step has a limit of its own, so that a failure names the step. Addresses race as RFC 8305
//! says ("happy eyeballs"): families take turns, and the next starts when the one before has failed or
//! has been silent for [`HEAD_START`].

#[cfg_attr(unix, path = "dial/unix.rs")]
#[cfg_attr(windows, path = "dial/windows.rs")]
mod platform;

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, ToSocketAddrs},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Address, ConnectError, ConnectSteps, Endpoint, Phase, Proxy, ProxyChoice, ProxyKind,
    ProxyProblem, Transport,
    endpoint::host_port,
    proxy::{ProxyEnvironment, tunnel},
    target::is_below_localhost,
    tls::{TlsInfo, start_tls},
    trace::StepKind,
};

/// How long an address may be silent before the next one starts beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Lookups that may block a thread at once; a name server that is down must not stop other work.
pub(crate) const MAX_LOOKUPS: usize = 16;

/// Room for them.
pub(crate) static LOOKUPS: Semaphore = Semaphore::const_new(MAX_LOOKUPS);

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
}

/// Dials an endpoint, and notes the steps it takes.
pub(crate) async fn dial(
    endpoint: &Endpoint,
    limits: &ConnectLimits,
    environment: &ProxyEnvironment,
    steps: &ConnectSteps,
) -> Result<Dialled, ConnectError> {
    let address = endpoint.connect_to.as_ref().unwrap_or(&endpoint.address);
    let (io, peer, proxy) = match address {
        Address::Tcp { host, port } => match proxy_for(endpoint, host, *port, environment)? {
            Some(proxy) => {
                let io = through(proxy, host, *port, limits, steps).await?;
                (io, None, Some(proxy.name()))
            }
            None => {
                let (stream, peer) = open(host, *port, limits, steps).await?;
                (Box::new(stream) as Box<dyn Io>, Some(peer), None)
            }
        },
        Address::Literals(addresses) => {
            literals(endpoint, addresses, limits, environment, steps).await?
        }
        Address::Unix(_) | Address::UnixAbstract(_) | Address::Pipe(_) => {
            if let ProxyChoice::Via(proxy) = &endpoint.proxy {
                return Err(ConnectError::Proxy {
                    proxy: proxy.name(),
                    problem: ProxyProblem::OutOfReach,
                });
            }
            let connecting = async {
                platform::connect(address)
                    .await
                    .map_err(|source| ConnectError::Refused {
                        address: name_of(address),
                        source,
                    })
            };
            let connecting = within(limits.connect, Phase::Connect, connecting);
            let io = steps.take(StepKind::Connect, connecting).await?;
            (io, None, None)
        }
    };
    let (io, tls) = match endpoint.transport {
        Transport::Plaintext => (io, None),
        Transport::Tls => {
            let securing = within(limits.tls, Phase::Tls, start_tls(endpoint, io));
            let (io, info) = steps.take(StepKind::Tls, securing).await?;
            (io, Some(info))
        }
    };
    Ok(Dialled {
        io,
        peer,
        proxy,
        tls,
    })
}

fn name_of(address: &Address) -> String {
    match address {
        Address::Tcp { host, port } => host_port(host, *port),
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
        ProxyChoice::Environment => environment
            .choose(host, port, endpoint.transport)
            .map_err(|variable| ConnectError::ProxyVariable(variable.clone())),
    }
}

/// A socket, the address at its other end, and the proxy in between.
type Opened = (Box<dyn Io>, Option<SocketAddr>, Option<String>);

/// Connects to the first of some addresses that answers. Directly they race; where a proxy stands
/// before one, they are tried one after the other, and only while the proxy itself works.
async fn literals(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    limits: &ConnectLimits,
    environment: &ProxyEnvironment,
    steps: &ConnectSteps,
) -> Result<Opened, ConnectError> {
    let mut ways = Vec::with_capacity(addresses.len());
    for address in addresses {
        let host = address.ip().to_string();
        let proxy = proxy_for(endpoint, &host, address.port(), environment)?;
        ways.push((address, host, proxy));
    }
    if ways.iter().all(|(_, _, proxy)| proxy.is_none()) {
        return directly(addresses.to_vec(), limits, steps).await;
    }
    let mut failed = None;
    for (&address, host, proxy) in ways {
        let opened = match proxy {
            None => directly(vec![address], limits, steps).await,
            Some(proxy) => through(proxy, &host, address.port(), limits, steps)
                .await
                .map(|io| (io, None, Some(proxy.name()))),
        };
        let error = match opened {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        if matches!(&error, ConnectError::Proxy { problem, .. } if !problem.is_about_the_target()) {
            return Err(error);
        }
        failed.get_or_insert(error);
    }
    Err(failed.unwrap_or(ConnectError::Resolve {
        host: String::new(),
        source: io::ErrorKind::NotFound.into(),
    }))
}

/// Connects to addresses that need no look-up.
async fn directly(
    addresses: Vec<SocketAddr>,
    limits: &ConnectLimits,
    steps: &ConnectSteps,
) -> Result<Opened, ConnectError> {
    let connecting = connect_tcp(None, addresses, limits);
    let (stream, peer) = steps.take(StepKind::Connect, connecting).await?;
    Ok((Box::new(stream), Some(peer), None))
}

/// A tunnel to a host through a proxy.
async fn through(
    proxy: &Proxy,
    host: &str,
    port: u16,
    limits: &ConnectLimits,
    steps: &ConnectSteps,
) -> Result<Box<dyn Io>, ConnectError> {
    let failed = |problem| ConnectError::Proxy {
        proxy: proxy.name(),
        problem,
    };
    let (stream, _) = open(&proxy.host, proxy.port, limits, steps)
        .await
        .map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            failed(ProxyProblem::Unreachable(
                cause.unwrap_or_else(|| error.to_string()),
            ))
        })?;
    let opening = async {
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
        opened.map_err(failed)
    };
    steps.take(StepKind::Proxy, opening).await
}

/// Looks a host up and connects to it.
async fn open(
    host: &str,
    port: u16,
    limits: &ConnectLimits,
    steps: &ConnectSteps,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let addresses = match host.parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            let looking_up = resolve(host, port, limits);
            let found = steps.take(StepKind::Resolve, looking_up).await?;
            steps.looked_up(&found);
            found
        }
    };
    let name = host_port(host, port);
    let connecting = connect_tcp(Some(&name), addresses, limits);
    steps.take(StepKind::Connect, connecting).await
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
        let permit = LOOKUPS.acquire().await;
        let (sender, found) = oneshot::channel();
        // Names below localhost are looked up as itself: no name server may answer for them (RFC 6761).
        let name = if is_below_localhost(host) {
            "localhost".to_owned()
        } else {
            host.to_owned()
        };
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

/// Connects to the first address that answers. An error tells the address whose it is, beside the
/// name that was looked up.
async fn connect_tcp(
    name: Option<&str>,
    addresses: Vec<SocketAddr>,
    limits: &ConnectLimits,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let limit = limits.connect;
    let connect = TcpStream::connect::<SocketAddr>;
    match race(addresses, HEAD_START, limit, connect).await {
        Ok((stream, peer)) => {
            // Without this a small call waits for the acknowledgement of the one before.
            let _ = stream.set_nodelay(true);
            Ok((stream, peer))
        }
        Err(Lost::Refused(address, source)) => {
            let address = address.to_string();
            Err(ConnectError::Refused {
                address: match name {
                    Some(name) if name != address => format!("{name} ({address})"),
                    _ => address,
                },
                source,
            })
        }
        Err(Lost::TimedOut) => Err(ConnectError::TimedOut {
            phase: Phase::Connect,
            limit,
        }),
    }
}

/// No address took the connection.
#[derive(Debug)]
enum Lost {
    /// The error that says most, and whose it is.
    Refused(SocketAddr, io::Error),
    /// Some said nothing until the limit, and no other says more than that.
    TimedOut,
}

/// How much an error says of the server, from 0: a machine that refuses is there; a network that
/// cannot be reached is often just the family of addresses that this machine does not have.
fn rank(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::ConnectionRefused => 0,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => 1,
        ErrorKind::PermissionDenied => 2,
        ErrorKind::TimedOut => 3,
        ErrorKind::HostUnreachable => 4,
        ErrorKind::NetworkUnreachable => 5,
        _ => 6,
    }
}

/// The first address that connects; of the errors the one that says most, and of two alike the first.
async fn race<T, F>(
    addresses: Vec<SocketAddr>,
    head_start: Duration,
    limit: Duration,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<(T, SocketAddr), Lost>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut waiting = addresses.into_iter();
    let mut running = JoinSet::new();
    let mut told: Option<(SocketAddr, io::Error)> = None;
    let late = sleep(limit);
    tokio::pin!(late);
    loop {
        let more = match waiting.next() {
            Some(address) => {
                let connecting = connect(address);
                running.spawn(async move { (connecting.await, address) });
                true
            }
            None if running.is_empty() => {
                return Err(told.map_or(Lost::TimedOut, |(address, error)| {
                    Lost::Refused(address, error)
                }));
            }
            None => false,
        };
        loop {
            tokio::select! {
                biased;
                ended = running.join_next() => match ended {
                    Some(Ok((Ok(stream), address))) => return Ok((stream, address)),
                    Some(Ok((Err(error), address))) => {
                        let better = |(_, known): &(_, io::Error)| rank(error.kind()) < rank(known.kind());
                        if told.as_ref().is_none_or(better) {
                            told = Some((address, error));
                        }
                    }
                    // Nothing here panics, and nothing else ends a task.
                    Some(Err(_)) | None => {}
                },
                () = &mut late => {
                    let silence = rank(ErrorKind::TimedOut);
                    return Err(match told {
                        Some((address, error)) if rank(error.kind()) < silence => {
                            Lost::Refused(address, error)
                        }
                        _ => Lost::TimedOut,
                    });
                }
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

    /// Nothing here takes this long.
    const LONG: Duration = Duration::from_secs(3600);

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
            std::net::IpAddr::V6(_) => Err(ErrorKind::NetworkUnreachable.into()),
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
            let raced = race(addresses(&list), Duration::from_millis(1), LONG, pretend).await;
            let (port, peer) = raced.unwrap();
            assert_eq!((port, peer.port()), (winner, winner), "{name}");
        }
    }

    #[tokio::test]
    async fn a_refusal_does_not_wait_for_the_head_start() {
        let all = addresses(&["9.9.9.0:1", "9.9.9.1:2"]);
        // With an hour's head start this test would not end.
        let (port, _) = race(all, LONG, LONG, pretend).await.unwrap();
        assert_eq!(port, 2);
    }

    #[tokio::test]
    async fn the_error_that_says_most_is_told_with_its_address() {
        let soon = Duration::from_millis(100);
        for (name, list, limit, expected) in [
            ("all refuse", vec!["9.9.9.0:1", "9.9.9.0:2"], LONG, Some(1)),
            (
                "a family this machine lacks",
                vec!["9.9.9.0:1", "[::1]:2"],
                LONG,
                Some(1),
            ),
            (
                "the other way round",
                vec!["[::1]:1", "9.9.9.0:2"],
                LONG,
                Some(2),
            ),
            ("only that family", vec!["[::1]:1"], LONG, Some(1)),
            (
                "one refuses, one is silent",
                vec!["9.9.9.0:1", "9.9.9.255:2"],
                soon,
                Some(1),
            ),
            ("one is silent", vec!["[::1]:1", "9.9.9.255:2"], soon, None),
        ] {
            let lost = race(addresses(&list), Duration::from_millis(1), limit, pretend)
                .await
                .unwrap_err();
            let told = match lost {
                Lost::Refused(address, _) => Some(address.port()),
                Lost::TimedOut => None,
            };
            assert_eq!(told, expected, "{name}");
        }
    }

    #[tokio::test]
    async fn a_refusal_names_what_was_looked_up_and_the_address_that_refused() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let limits = ConnectLimits::default();
        for (name, expected) in [
            (Some("name:1"), format!("name:1 ({address})")),
            (Some(address.to_string().as_str()), address.to_string()),
            (None, address.to_string()),
        ] {
            match connect_tcp(name, vec![address], &limits).await {
                Err(ConnectError::Refused { address: told, .. }) => assert_eq!(told, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
