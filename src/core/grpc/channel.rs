//! One HTTP/2 connection: its handshake, the task that drives it, and the calls it opens.
//!
//! Life: dial → preface sent → the server's SETTINGS seen → usable → broken or going away.
//! The driver task owns the connection and ends with it; when the last [`Channel`] and the last
//! call are dropped it says GOAWAY and closes, within [`CLOSE_LIMIT`].
//! Windows are fixed and large (h2 has no automatic ones), and the budget for small DATA frames is
//! lifted: with h2's own an ordinary stream of small messages ends with ENHANCE_YOUR_CALM.
//! Memory of a connection: what nobody has read yet is at most the connection's window (32 MiB, and 16 MiB
//! more a call whose reading is held, so that held calls do not hold up the others; small
//! DATA frames cost about 3.3 times their bytes in h2, so 106 MiB at worst while none is held), one frame under way
//! (256 KiB), a head of 4 MiB a call, h2's send buffer of 400 KiB a call, and the tap's records
//! (144 KiB a call at most, in long calls only).

use std::{
    future::{pending, poll_fn},
    net::SocketAddr,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::client::{self, SendRequest};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header,
    uri::{self, Authority, PathAndQuery, Scheme},
};
use tokio::{sync::oneshot, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    CallHead, CallReceiver, CallSender, Compression, ConnectError, ConnectSteps, Endpoint,
    Keepalive, Outcome, Phase, Transport, Verification,
    broken::{describe, excess, in_words, is_end_of_stream},
    call::Stream,
    compress::ACCEPTED,
    dial::{ConnectLimits, Dialled, Io, dial},
    holds::{Hold, Holds},
    keepalive,
    outcome::GRPC_ENCODING,
    proxy::ProxyEnvironment,
    sniff::{Beginning, Layer, Sniffed, Sniffer},
    tap::Tap,
    timeout::encode_timeout,
    tls::{TlsInfo, after_handshake, closed_early, rustls_error},
    trace::{FrameDirection, StepKind, Trace, request_bytes},
};

/// A stream over a 20 ms round trip reaches 415 MB/s with this window, 3 MB/s with the default.
const STREAM_WINDOW_BYTES: u32 = 16 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 32 * 1024 * 1024;
/// Held calls for which there is room; a window has no more than 31 bits.
const MAX_HELD: u32 = 100;
const MAX_FRAME_BYTES: u32 = 256 * 1024;
/// h2 takes as many CONTINUATION frames as this makes of our largest frames, and a quarter more. Most
/// servers cut their metadata at 16 KiB whatever we allow, so that of them 336 KiB are taken.
const MAX_HEADER_LIST_BYTES: u32 = 4 * 1024 * 1024;

/// A call that we broke off goes on arriving for a round trip or more. h2 remembers 50 such streams for a
/// second, and gives the connection up after a thousand frames of streams that it has forgotten.
const RESET_STREAMS: usize = 10_000;
const RESET_MEMORY: Duration = Duration::from_secs(60);

/// How long a connection nobody needs may take to say goodbye.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

static GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
static GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

const USER_AGENT: &str = concat!("grpc-rust-stubless/", env!("CARGO_PKG_VERSION"));

/// What is known of a connection that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectInfo {
    /// The address that took the connection; `None` for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// The proxy in between, host and port.
    pub proxy: Option<String>,
    /// What is known of TLS; `None` for plaintext.
    pub tls: Option<TlsInfo>,
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
    /// The tunnel through a proxy.
    pub proxy: Duration,
    /// TLS handshake.
    pub tls: Duration,
    /// From the preface to the server's SETTINGS.
    pub settings: Duration,
}

impl ConnectTimings {
    /// All steps together.
    pub fn total(&self) -> Duration {
        self.resolve + self.connect + self.proxy + self.tls + self.settings
    }
}

/// One HTTP/2 connection; clones share it.
#[derive(Debug, Clone)]
pub struct Channel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    requests: SendRequest<Bytes>,
    info: ConnectInfo,
    scheme: Scheme,
    authority: Authority,
    path_prefix: String,
    ended: Ended,
    tap: Arc<Tap>,
    keepalive: Option<Keepalive>,
    holds: Arc<Holds>,
    /// Tells the driver that nobody needs the connection any more.
    _driver: DropGuard,
}

/// Why the connection ended, once it has.
type Ended = Arc<OnceLock<String>>;

impl ConnectInfo {
    /// Whether the certificate was not checked.
    pub fn is_unverified(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.verification == Verification::Skip)
    }
}

/// Whether a text can be sent as `:authority`.
///
/// # Errors
/// As making a connection with it.
pub fn check_authority(text: &str) -> Result<(), ConnectError> {
    parse_authority(text.to_owned()).map(drop)
}

fn parse_authority(authority: String) -> Result<Authority, ConnectError> {
    if authority.contains('@') {
        return Err(ConnectError::AuthorityUserinfo);
    }
    Authority::from_maybe_shared(authority.clone())
        .map_err(|_| ConnectError::Authority { authority })
}

impl Channel {
    /// Makes a connection, up to and including the server's SETTINGS frame. Every step has a limit.
    /// Cancel-safe: dropping the future closes what was opened.
    ///
    /// # Errors
    /// [`ConnectError`] names the step and, where the first bytes tell, what the peer speaks.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self, ConnectError> {
        let environment = ProxyEnvironment::from_env();
        let least = keepalive::LEAST_INTERVAL;
        let keepalive = endpoint
            .keepalive
            .map(|keepalive| keepalive::allowed(keepalive, least));
        let endpoint = Endpoint {
            keepalive,
            ..endpoint.clone()
        };
        Self::connect_with(&endpoint, &ConnectLimits::default(), &environment).await
    }

    /// Takes the pings as they are asked for: the caller keeps them within what is allowed.
    pub(crate) async fn connect_with(
        endpoint: &Endpoint,
        limits: &ConnectLimits,
        environment: &ProxyEnvironment,
    ) -> Result<Self, ConnectError> {
        Self::connect_watched(endpoint, limits, environment, &ConnectSteps::default()).await
    }

    /// As [`connect_with`](Self::connect_with); `steps` tells meanwhile, and afterwards, how far it came.
    pub(crate) async fn connect_watched(
        endpoint: &Endpoint,
        limits: &ConnectLimits,
        environment: &ProxyEnvironment,
        steps: &ConnectSteps,
    ) -> Result<Self, ConnectError> {
        let authority = parse_authority(endpoint.authority())?;
        let tap = Tap::new();
        let limits = &endpoint.connect_timeout.map_or(*limits, ConnectLimits::all);
        let dialled = dial(endpoint, limits, environment, steps).await?;
        Self::start(dialled, endpoint, authority, limits, tap, steps).await
    }

    /// Speaks HTTP/2 over a socket that is there already.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) async fn over(
        io: Box<dyn Io>,
        endpoint: &Endpoint,
        limits: ConnectLimits,
    ) -> Result<Self, ConnectError> {
        let dialled = Dialled {
            io,
            peer: None,
            proxy: None,
            tls: None,
        };
        let authority = Authority::from_static("localhost");
        let steps = ConnectSteps::default();
        Self::start(dialled, endpoint, authority, &limits, Tap::new(), &steps).await
    }

    async fn start(
        dialled: Dialled,
        endpoint: &Endpoint,
        authority: Authority,
        limits: &ConnectLimits,
        tap: Arc<Tap>,
        steps: &ConnectSteps,
    ) -> Result<Self, ConnectError> {
        let Dialled {
            io,
            peer,
            proxy,
            tls,
        } = dialled;
        let greeting = greet(io, endpoint, tls.as_ref(), limits.settings, &tap);
        let Greeted {
            requests,
            ended,
            holds,
            driver,
        } = steps.take(StepKind::Settings, greeting).await?;
        tap.connected(steps.clone());

        Ok(Self {
            shared: Arc::new(Shared {
                requests,
                info: ConnectInfo {
                    peer,
                    proxy,
                    tls,
                    timings: steps.timings(),
                },
                scheme: match endpoint.transport {
                    Transport::Plaintext => Scheme::HTTP,
                    Transport::Tls => Scheme::HTTPS,
                },
                authority,
                path_prefix: endpoint.path_prefix.clone(),
                ended,
                holds,
                tap,
                keepalive: endpoint.keepalive,
                _driver: driver,
            }),
        })
    }

    /// What is known of the connection.
    pub fn info(&self) -> &ConnectInfo {
        &self.shared.info
    }

    /// Whether a new call can be opened: not broken, not going away.
    pub fn usable(&self) -> bool {
        let mut requests = self.shared.requests.clone();
        let ready = requests.poll_ready(&mut Context::from_waker(Waker::noop()));
        self.shared.ended.get().is_none() && !matches!(ready, Poll::Ready(Err(_)))
    }

    /// What was seen of the connection until now, for a call that got no stream; times are told from
    /// `call_began`.
    pub fn trace(&self, call_began: Instant) -> Trace {
        self.shared.tap.trace(call_began, 0)
    }

    /// Opens a call. Its head is queued: it leaves, with a small first message in the same write, when
    /// the connection is polled next and the server allows one more stream.
    ///
    /// # Errors
    /// The [`Outcome`] the call ended with before it began (connection lost, GOAWAY …).
    pub fn open(&self, head: &CallHead) -> Result<(CallSender, CallReceiver), Box<Outcome>> {
        let request = self.request(head)?;
        let header_bytes = request_bytes(&request);
        let mut requests = self.shared.requests.clone();
        let (response, stream) = requests
            .send_request(request, false)
            // Nothing of the call has left, whatever became of the connection.
            .map_err(|error| Box::new(Outcome::never_sent(&error, self)))?;
        let tap = self
            .shared
            .tap
            .call(stream.stream_id().as_u32(), &head.path);
        tap.note_headers(FrameDirection::Sent, header_bytes, false);
        let stream = Arc::new(Stream::new(stream));
        Ok((
            CallSender::new(stream.clone(), head),
            CallReceiver::new(response, stream, self.clone(), tap, head),
        ))
    }

    /// How many streams the server allows at once.
    pub(crate) fn stream_limit(&self) -> usize {
        self.shared.requests.current_max_send_streams()
    }

    /// Makes room for a call whose reading is held, until that is dropped.
    pub(super) fn hold(&self) -> Hold {
        self.shared.holds.hold()
    }

    pub(crate) fn tap(&self) -> &Arc<Tap> {
        &self.shared.tap
    }

    /// How the connection should have been pinged, if the server said that it was too often.
    pub(crate) fn calmer_keepalive(&self) -> Option<Keepalive> {
        let go_away = self.shared.tap.go_away()?;
        let keepalive = self.shared.keepalive?;
        keepalive::is_too_many_pings(&go_away).then(|| keepalive::calmer(keepalive))
    }

    /// Why the connection ended, once it has; else what an error of h2 says. A call may hear of the end
    /// before the driver has told it, on another thread.
    pub(crate) fn why(&self, error: &h2::Error) -> String {
        match self.shared.ended.get() {
            Some(reason) => reason.clone(),
            None if is_end_of_stream(error) => closed_by_server(&self.shared.tap),
            None => describe(error, self.shared.tap.go_away().as_ref()),
        }
    }

    fn request(&self, head: &CallHead) -> Result<Request<()>, Box<Outcome>> {
        let path = [self.shared.path_prefix.as_str(), &head.path].concat();
        let mut uri = uri::Parts::default();
        uri.scheme = Some(self.shared.scheme.clone());
        uri.authority = Some(self.shared.authority.clone());
        uri.path_and_query = PathAndQuery::try_from(path).ok();
        let uri = Uri::from_parts(uri).map_err(|_| {
            let path = [self.shared.path_prefix.as_str(), &head.path].concat();
            Box::new(Outcome::unsendable(&path))
        })?;
        let mut headers = HeaderMap::with_capacity(head.metadata.len() + 6);
        if let Some(value) = head
            .deadline
            .and_then(|deadline| HeaderValue::try_from(encode_timeout(deadline.left())).ok())
        {
            headers.insert(&GRPC_TIMEOUT, value);
        }
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc"),
        );
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(&GRPC_ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        if head.compression != Compression::Identity {
            let name = HeaderValue::from_static(head.compression.name());
            headers.insert(&GRPC_ENCODING, name);
        }
        head.metadata.append_to(&mut headers);
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// A connection whose server has said SETTINGS.
struct Greeted {
    requests: SendRequest<Bytes>,
    ended: Ended,
    holds: Arc<Holds>,
    driver: DropGuard,
}

/// Speaks first, and waits until the server has said what it allows.
async fn greet(
    io: Box<dyn Io>,
    endpoint: &Endpoint,
    tls: Option<&TlsInfo>,
    settings_limit: Duration,
    tap: &Arc<Tap>,
) -> Result<Greeted, ConnectError> {
    let started = Instant::now();
    let (io, sniffer) = Sniffed::new(io, Layer::Http2(tap.clone()));
    let timed_out = || match sniffer.beginning() {
        // What came is known not to be HTTP/2: say so rather than how long we waited.
        Beginning::Nothing | Beginning::Http2 => ConnectError::TimedOut {
            phase: Phase::Settings,
            limit: settings_limit,
        },
        _ => beginning_error(&sniffer, tls, String::new()),
    };
    let handshake = client::Builder::new()
        .initial_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .data_frame_budget(usize::MAX)
        .max_concurrent_reset_streams(RESET_STREAMS)
        .reset_stream_duration(RESET_MEMORY)
        .enable_push(false)
        .handshake::<_, Bytes>(io);
    let (requests, connection) = timeout(settings_limit, handshake)
        .await
        .map_err(|_| timed_out())?
        .map_err(|error| {
            let reason = describe(&error, tap.go_away().as_ref());
            beginning_error(&sniffer, tls, reason)
        })?;

    let closing = CancellationToken::new();
    let driver = closing.clone().drop_guard();
    let ended = Ended::default();
    let holds = Arc::<Holds>::default();
    let (ready, settings) = oneshot::channel();
    tokio::spawn(drive(
        connection,
        (tap.clone(), holds.clone()),
        endpoint.keepalive,
        ready,
        ended.clone(),
        closing,
    ));
    timeout(settings_limit.saturating_sub(started.elapsed()), settings)
        .await
        .map_err(|_| timed_out())?
        .map_err(|_| {
            let reason = ended.get().cloned().unwrap_or_default();
            match tap.go_away() {
                // No call was sent, so it is as if there were no connection yet.
                Some(said) => ConnectError::GoingAway {
                    reason: format!("the server said {}", in_words(&said)),
                },
                None => beginning_error(&sniffer, tls, reason),
            }
        })?;
    Ok(Greeted {
        requests,
        ended,
        holds,
        driver,
    })
}

/// Polls the connection until it ends. `ready` fires when the server's SETTINGS have been applied,
/// and is dropped if the connection ends before.
async fn drive(
    mut connection: client::Connection<Sniffed<Box<dyn Io>>, Bytes>,
    (tap, holds): (Arc<Tap>, Arc<Holds>),
    keepalive: Option<Keepalive>,
    ready: oneshot::Sender<()>,
    ended: Ended,
    closing: CancellationToken,
) {
    let mut ready = Some(ready);
    let pings = keepalive.zip(connection.ping_pong());
    let dead = async {
        match pings {
            Some((keepalive, pings)) => keepalive::watch(pings, keepalive, &tap).await,
            None => pending().await,
        }
    };
    let mut held = 0;
    let connection = poll_fn(|cx| {
        let calls = holds.calls(cx).min(MAX_HELD);
        if calls != held {
            held = calls;
            connection
                .set_target_window_size(CONNECTION_WINDOW_BYTES + calls * STREAM_WINDOW_BYTES);
        }
        let result = std::pin::Pin::new(&mut connection).poll(cx);
        if ready.is_some()
            && result.is_pending()
            && tap.settings_seen()
            && let Some(ready) = ready.take()
        {
            let _ = ready.send(());
        }
        result
    });
    tokio::pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = closing.cancelled() => match timeout(CLOSE_LIMIT, &mut connection).await {
            Ok(result) => result,
            Err(_) => Ok(()),
        },
        reason = dead => {
            // Dropping the connection ends its calls; they find the reason here.
            let _ = ended.set(reason);
            return;
        }
    };
    let reason = match result {
        Ok(()) => closed_by_server(&tap),
        Err(error) if error.is_io() => match tap.go_away() {
            Some(said) => {
                let said = in_words(&said);
                format!("{} after the server said {said}", describe(&error, None))
            }
            None => describe(&error, None),
        },
        // h2 forgets here what it told the server.
        Err(error) => tap
            .our_go_away()
            .and_then(|said| excess(&said.debug))
            .map_or_else(|| describe(&error, tap.go_away().as_ref()), str::to_owned),
    };
    let _ = ended.set(reason);
}

fn closed_by_server(tap: &Tap) -> String {
    match tap.go_away() {
        Some(said) => {
            let said = in_words(&said);
            format!("the server said {said} and closed the connection")
        }
        None => "the server closed the connection".to_owned(),
    }
}

/// Explains a connection that ended before SETTINGS by what the peer sent.
fn beginning_error(sniffer: &Sniffer, tls: Option<&TlsInfo>, reason: String) -> ConnectError {
    if let Some(failure) = sniffer.take_failure()
        && let Some(error) = rustls_error(&failure)
    {
        return after_handshake(error, tls);
    }
    match sniffer.beginning() {
        Beginning::Nothing => closed_early(tls),
        Beginning::Http1 if tls.is_none() && sniffer.says_https() => ConnectError::WantsHttps,
        Beginning::Http1 => ConnectError::Http1 {
            transport: match tls {
                Some(_) => Transport::Tls,
                None => Transport::Plaintext,
            },
            status: sniffer.http_status(),
        },
        Beginning::Tls => ConnectError::WantsTls,
        Beginning::Http2 => ConnectError::BrokenEarly { reason },
        Beginning::Other => ConnectError::NotHttp2 {
            reason: format!("it began with `{}`", sniffer.excerpt()),
        },
    }
}
