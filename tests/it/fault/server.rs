//! The scripted server: a socket on loopback, and for each connection a script that says what is sent
//! and when. It knows nothing of HTTP/2 but how frames are cut, so that it can break every rule.
//!
//! A connection is read all the time, whatever its script does, and what came is kept in [`Seen`]. A
//! script that returns closes its sending side. Everything ends when the [`Server`] is dropped.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use stubless_core::grpc::{Endpoint, Transport};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, WriteHalf},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::{Notify, mpsc},
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::AbortOnDropHandle,
};

use super::wire::{self, ACK, DATA, END_STREAM, HEADERS, SETTINGS};

const PREFACE_BYTES: usize = 24;
const HEAD_BYTES: usize = 9;

/// Of a frame's payload, what is kept to look at.
const KEPT_BYTES: usize = 64;

/// What a script comes to: `None` when the client left first, which is not the script's to judge.
pub(super) type Played = Option<()>;

/// A script, run for each connection.
pub(super) type Script =
    Arc<dyn Fn(Peer) -> Pin<Box<dyn Future<Output = Played> + Send>> + Send + Sync>;

pub(super) fn script<F, R>(play: F) -> Script
where
    F: Fn(Peer) -> R + Send + Sync + 'static,
    R: Future<Output = Played> + Send + 'static,
{
    Arc::new(move |peer| Box::pin(play(peer)))
}

/// A frame of the client.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) length: usize,
    /// Its first bytes.
    pub(super) payload: Vec<u8>,
}

impl Frame {
    pub(super) fn ends_stream(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }

    pub(super) fn is_ack(&self) -> bool {
        self.flags & ACK != 0
    }

    /// The four bytes from here on, as a number.
    pub(super) fn number_at(&self, at: usize) -> Option<u32> {
        let bytes = self.payload.get(at..)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    }
}

/// What a server saw over all its connections.
#[derive(Debug, Default)]
pub(super) struct Seen {
    connections: AtomicUsize,
    calls: AtomicUsize,
    written_bytes: AtomicUsize,
    frames: Mutex<Vec<Frame>>,
    changed: Notify,
}

impl Seen {
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// What was written to the sockets, in bytes.
    pub(super) fn written_bytes(&self) -> usize {
        self.written_bytes.load(Relaxed)
    }

    pub(super) fn frames(&self) -> Vec<Frame> {
        self.frames.lock().unwrap().clone()
    }

    pub(super) fn count(&self, wanted: impl Fn(&Frame) -> bool) -> usize {
        let frames = self.frames.lock().unwrap();
        frames.iter().filter(|frame| wanted(frame)).count()
    }

    /// Waits for a frame like this, or for as many.
    pub(super) async fn until(&self, count: usize, wanted: impl Fn(&Frame) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.count(&wanted) >= count {
                return;
            }
            changed.await;
        }
    }

    /// The number of this call over all connections, from 0.
    fn call(&self) -> usize {
        self.calls.fetch_add(1, Relaxed)
    }

    fn frame(&self, frame: Frame) {
        self.frames.lock().unwrap().push(frame);
        self.changed.notify_waiters();
    }
}

/// A server that listens until it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    _accepting: AbortOnDropHandle<()>,
}

impl Server {
    pub(super) async fn start(script: Script) -> Self {
        Self::start_with(script, None).await
    }

    /// With an acceptor, scripts begin once the TLS handshake is done.
    pub(super) async fn start_with(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let accepting = tokio::spawn(accept(listener, script, tls, seen.clone()));
        Self {
            address,
            seen,
            _accepting: AbortOnDropHandle::new(accepting),
        }
    }

    pub(super) fn endpoint(&self, transport: Transport) -> Endpoint {
        Endpoint::parse(&self.address.to_string(), Some(transport)).unwrap()
    }
}

async fn accept(listener: TcpListener, script: Script, tls: Option<TlsAcceptor>, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).unwrap();
        let number = seen.connections.fetch_add(1, Relaxed);
        let (script, tls, seen) = (script.clone(), tls.clone(), seen.clone());
        connections.spawn(async move {
            let Some(tls) = tls else {
                let (reader, writer) = socket.into_split();
                return connection(reader, Writer::Tcp(writer), number, script, seen).await;
            };
            // A client that does not take the handshake is what some scenarios are about.
            if let Ok(socket) = tls.accept(socket).await {
                let (reader, writer) = tokio::io::split(socket);
                connection(reader, Writer::Tls(writer), number, script, seen).await;
            }
        });
    }
}

async fn connection(
    reader: impl AsyncRead + Unpin,
    writer: Writer,
    number: usize,
    script: Script,
    seen: Arc<Seen>,
) {
    let (sender, frames) = mpsc::unbounded_channel();
    let begun = Arc::new(Notify::new());
    let deaf = CancellationToken::new();
    // The two halves of a TLS stream close only together.
    let closing = match &writer {
        Writer::Tcp(_) => None,
        Writer::Tls(_) => Some(deaf.clone().drop_guard()),
    };
    let peer = Peer {
        number,
        seen: seen.clone(),
        writer,
        frames,
        begun: begun.clone(),
        deaf: deaf.clone(),
        _closing: closing,
    };
    let reading = async {
        tokio::select! {
            () = read(reader, &seen, &sender, &begun) => {}
            () = deaf.cancelled() => {}
        }
        drop(sender);
    };
    tokio::join!(script(peer), reading);
}

/// Cuts what the client sends into frames, to the end.
async fn read(
    mut reader: impl AsyncRead + Unpin,
    seen: &Seen,
    frames: &mpsc::UnboundedSender<Frame>,
    begun: &Notify,
) {
    let mut bytes = Vec::new();
    let mut preface = PREFACE_BYTES;
    while let Ok(1..) = reader.read_buf(&mut bytes).await {
        begun.notify_one();
        let skipped = preface.min(bytes.len());
        bytes.drain(..skipped);
        preface -= skipped;
        while let Some((frame, length)) = first_frame(&bytes) {
            bytes.drain(..length);
            seen.frame(frame.clone());
            // The script may be over.
            let _ = frames.send(frame);
        }
    }
}

fn first_frame(bytes: &[u8]) -> Option<(Frame, usize)> {
    let [a, b, c, kind, flags, stream @ ..] = bytes.first_chunk::<HEAD_BYTES>()?;
    let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
    let payload = bytes.get(HEAD_BYTES..HEAD_BYTES + length)?;
    let frame = Frame {
        kind: *kind,
        flags: *flags,
        stream: u32::from_be_bytes(*stream),
        length,
        payload: payload[..length.min(KEPT_BYTES)].to_vec(),
    };
    Some((frame, HEAD_BYTES + length))
}

/// What is written to. A script that ends closes it: with FIN, and under TLS without a farewell.
enum Writer {
    Tcp(OwnedWriteHalf),
    Tls(WriteHalf<TlsStream<TcpStream>>),
}

/// One connection, as its script sees it.
pub(super) struct Peer {
    /// Which connection to this server it is, from 0.
    pub(super) number: usize,
    pub(super) seen: Arc<Seen>,
    writer: Writer,
    frames: mpsc::UnboundedReceiver<Frame>,
    begun: Arc<Notify>,
    deaf: CancellationToken,
    _closing: Option<DropGuard>,
}

impl Peer {
    /// Waits for the client's first bytes.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// The client's next frame.
    pub(super) async fn next(&mut self) -> Option<Frame> {
        self.frames.recv().await
    }

    /// The next frame like this; those before it are passed over.
    pub(super) async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if wanted(&frame) {
                return Some(frame);
            }
        }
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Played {
        match &mut self.writer {
            Writer::Tcp(writer) => writer.write_all(bytes.as_ref()).await.ok()?,
            Writer::Tls(writer) => {
                writer.write_all(bytes.as_ref()).await.ok()?;
                writer.flush().await.ok()?;
            }
        }
        let length = bytes.as_ref().len();
        self.seen.written_bytes.fetch_add(length, Relaxed);
        Some(())
    }

    /// Sends the same again and again, this often or until the client has closed.
    pub(super) async fn flood(&mut self, bytes: &[u8], times: usize) -> Played {
        for _ in 0..times {
            self.send(bytes).await?;
        }
        Some(())
    }

    /// Takes the client's SETTINGS, and sends these.
    pub(super) async fn greet(&mut self, settings: &[(u16, u32)]) -> Played {
        self.until(|frame| frame.kind == SETTINGS).await?;
        self.send([wire::settings(settings), wire::settings_ack()].concat())
            .await
    }

    /// The stream of the next request's head.
    pub(super) async fn head(&mut self) -> Option<u32> {
        let head = self.until(|frame| frame.kind == HEADERS).await?;
        Some(head.stream)
    }

    /// The stream of the next request that has come whole.
    pub(super) async fn request(&mut self) -> Option<u32> {
        let last = self.until(Frame::ends_stream).await?;
        Some(last.stream)
    }

    /// As [`request`](Self::request), where it has come already.
    pub(super) fn request_now(&mut self) -> Option<u32> {
        while let Ok(frame) = self.frames.try_recv() {
            if frame.ends_stream() {
                return Some(frame.stream);
            }
        }
        None
    }

    /// The next request that has come whole, and the number of its call, from 0.
    pub(super) async fn call(&mut self) -> Option<(u32, usize)> {
        let stream = self.request().await?;
        Some((stream, self.seen.call()))
    }

    /// Answers everything well until the client closes.
    pub(super) async fn serve(&mut self) -> Played {
        loop {
            let stream = self.request().await?;
            self.send(wire::good(stream)).await?;
        }
    }

    /// Greets and answers everything well.
    pub(super) async fn be_good(&mut self) -> Played {
        self.greet(&[]).await?;
        self.serve().await
    }

    /// Waits until the client closes.
    pub(super) async fn gone(&mut self) -> Played {
        while self.next().await.is_some() {}
        None
    }

    /// Reads nothing more from the socket.
    pub(super) fn stop_reading(&self) {
        self.deaf.cancel();
    }

    /// Reads nothing more from the socket, and keeps it open until the server ends.
    pub(super) async fn deaf(self) -> Played {
        self.stop_reading();
        let _open = self.writer;
        std::future::pending().await
    }

    /// Says goodbye as TLS wants it, and closes the sending side.
    pub(super) async fn farewell(mut self) -> Played {
        match &mut self.writer {
            Writer::Tcp(writer) => writer.shutdown().await.ok()?,
            Writer::Tls(writer) => writer.shutdown().await.ok()?,
        }
        self.gone().await
    }

    /// Breaks the connection off with a TCP reset. Of plaintext only.
    pub(super) fn abort(self) -> Played {
        let Writer::Tcp(writer) = self.writer else {
            return None;
        };
        let socket: &TcpStream = writer.as_ref();
        socket.set_zero_linger().unwrap();
        writer.forget();
        self.deaf.cancel();
        None
    }
}
