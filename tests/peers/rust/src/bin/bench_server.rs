//! The servers every client of the benchmarks calls. Prints `tonic=PORT direct=PORT single=PORT
//! tcp=PORT delay=PORT` and serves until its standard input ends.
//!
//! - tonic: an ordinary server, typed.
//! - direct: HTTP/2 on h2 alone, answers made beforehand, many messages a DATA frame; as cheap as a
//!   server can be, so that clients are what is measured.
//! - single: the same, one message a DATA frame, as most servers send.
//! - tcp: writes zeroes as fast as they are read: the floor for blobs.
//! - delay: passes bytes on to `tonic` with 10 ms each way.

use std::{collections::VecDeque, error::Error, io::Read, pin::Pin, time::Duration};

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use prost::Message;
use stubless_peers::{
    DESCRIPTOR_SET, framed,
    proto::{
        Ask, Blob, Record,
        bench_server::{Bench, BenchServer},
    },
    record,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Instant,
};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

type Failure = Box<dyn Error + Send + Sync>;

struct Typed;

type Records = Pin<Box<dyn Stream<Item = Result<Record, Status>> + Send>>;
type Blobs = Pin<Box<dyn Stream<Item = Result<Blob, Status>> + Send>>;

#[tonic::async_trait]
impl Bench for Typed {
    async fn echo(&self, request: Request<Record>) -> Result<Response<Record>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    type WatchStream = Records;

    async fn watch(&self, request: Request<Ask>) -> Result<Response<Records>, Status> {
        let records = (0..request.into_inner().count).map(|_| Ok(record()));
        Ok(Response::new(Box::pin(tokio_stream::iter(records))))
    }

    type BlobsStream = Blobs;

    async fn blobs(&self, request: Request<Ask>) -> Result<Response<Blobs>, Status> {
        let ask = request.into_inner();
        let data = vec![7; ask.size as usize];
        let blobs = (0..ask.count).map(move |_| Ok(Blob { data: data.clone() }));
        Ok(Response::new(Box::pin(tokio_stream::iter(blobs))))
    }
}

/// How a direct server cuts what it sends.
#[derive(Clone, Copy)]
enum Cut {
    Packed,
    Single,
}

async fn serve_direct(socket: TcpStream, cut: Cut) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    let mut connection = h2::server::Builder::new()
        .initial_window_size(8 << 20)
        .initial_connection_window_size(16 << 20)
        .max_frame_size(1 << 20)
        .max_send_buffer_size(4 << 20)
        .handshake::<_, Bytes>(socket)
        .await?;
    while let Some(call) = connection.accept().await {
        let (request, respond) = call?;
        tokio::spawn(async move {
            let _ = answer(request, respond, cut).await;
        });
    }
    Ok(())
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    cut: Cut,
) -> Result<(), Failure> {
    let path = request.uri().path().to_owned();
    let mut body = request.into_body();
    let mut sent = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        sent.extend_from_slice(&data);
    }
    let head = http::Response::builder().header("content-type", "application/grpc");
    let mut stream = respond.send_response(head.body(())?, false)?;
    if path.ends_with("/Echo") {
        write(&mut stream, sent.freeze(), Cut::Packed).await?;
    } else {
        let ask = Ask::decode(sent.get(5..).unwrap_or_default())?;
        let one = if path.ends_with("/Watch") {
            Bytes::from(framed(&record()))
        } else {
            let data = vec![7; ask.size as usize];
            Bytes::from(framed(&Blob { data }))
        };
        let a_piece = match cut {
            Cut::Packed => (64 * 1024 / one.len()).max(1),
            Cut::Single => 1,
        };
        let packed = Bytes::from(one.repeat(a_piece));
        let mut left = ask.count as usize;
        while left > 0 {
            let now = left.min(a_piece);
            write(&mut stream, packed.slice(..one.len() * now), cut).await?;
            left -= now;
        }
    }
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    stream.send_trailers(trailers)?;
    Ok(())
}

async fn write(
    stream: &mut h2::SendStream<Bytes>,
    mut bytes: Bytes,
    cut: Cut,
) -> Result<(), Failure> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let room = stream.capacity();
        let room = if room > 0 {
            room
        } else {
            match std::future::poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(room) => room?,
                None => return Ok(()),
            }
        };
        // A whole message or nothing: `single` promises one message a frame. (Waiting so takes a core, of
        // which `packed` has no need.)
        if matches!(cut, Cut::Single) && room < bytes.len() && room < 16 * 1024 {
            tokio::task::yield_now().await;
            continue;
        }
        stream.send_data(bytes.split_to(room.min(bytes.len())), false)?;
    }
    Ok(())
}

async fn serve_tcp(mut socket: TcpStream) -> Result<(), Failure> {
    let zeroes = vec![0; 1 << 20];
    loop {
        socket.write_all(&zeroes).await?;
    }
}

/// Passes bytes on, each chunk 10 ms after it came.
async fn delay(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
) -> Result<(), Failure> {
    const ONE_WAY: Duration = Duration::from_millis(10);
    let (chunks, mut coming) = mpsc::unbounded_channel::<(Instant, Bytes)>();
    let reader = tokio::spawn(async move {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(256 * 1024);
            if from.read_buf(&mut buffer).await? == 0 {
                return Ok::<_, Failure>(());
            }
            if chunks
                .send((Instant::now() + ONE_WAY, buffer.split().freeze()))
                .is_err()
            {
                return Ok(());
            }
        }
    });
    let mut waiting = VecDeque::new();
    while let Some(chunk) = match waiting.pop_front() {
        Some(chunk) => Some(chunk),
        None => coming.recv().await,
    } {
        let (due, bytes) = chunk;
        tokio::time::sleep_until(due).await;
        to.write_all(&bytes).await?;
        while let Ok(chunk) = coming.try_recv() {
            waiting.push_back(chunk);
        }
    }
    reader.await?
}

async fn listen() -> Result<(TcpListener, u16), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

async fn serve() -> Result<(), Failure> {
    let (typed, tonic_port) = listen().await?;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
    };
    let server = tonic::transport::Server::builder()
        .add_service(BenchServer::new(Typed))
        .add_service(reflection().build_v1()?)
        // For clients that do not know v1.
        .add_service(reflection().build_v1alpha()?)
        .serve_with_incoming(TcpIncoming::from(typed).with_nodelay(Some(true)));
    tokio::spawn(server);

    let mut ports = Vec::new();
    for cut in [Cut::Packed, Cut::Single] {
        let (listener, port) = listen().await?;
        ports.push(port);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve_direct(socket, cut));
            }
        });
    }
    let (listener, tcp_port) = listen().await?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve_tcp(socket));
        }
    });
    let (listener, delay_port) = listen().await?;
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(("127.0.0.1", tonic_port)).await else {
                continue;
            };
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            let ((near_read, near_write), (far_read, far_write)) =
                (near.into_split(), far.into_split());
            tokio::spawn(delay(near_read, far_write));
            tokio::spawn(delay(far_read, near_write));
        }
    });
    println!(
        "tonic={tonic_port} direct={} single={} tcp={tcp_port} delay={delay_port}",
        ports[0], ports[1]
    );
    // The end of standard input: whoever started us is gone.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(serve())?;
    runtime.shutdown_background();
    Ok(())
}
