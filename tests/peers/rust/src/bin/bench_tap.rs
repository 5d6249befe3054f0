//! What the frame tap costs, in nanoseconds of CPU a call or message: `bench_tap UNARY PACKED SINGLE`, the
//! ports of three servers. Prints one line of JSON, `{"unary": …, "packed": …, "single": …}`.
//!
//! A connection is made with our settings and each read and write of its socket is written down; then
//! the same turns are shown to a tap again and again, and nothing else is done.

use std::{
    env,
    error::Error,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use cpu_time::ProcessTime;
use stubless_core::grpc::{FrameDirection, LooseTap};
use stubless_peers::{framed, proto::Ask, record};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

type Failure = Box<dyn Error + Send + Sync>;

/// Few enough that the bytes stay in the processor's cache, as they are there when the socket has just
/// given them.
const CALLS: u32 = 1_000;
const MESSAGES: u32 = 4_000;
/// Each replay is of all the turns; the fastest counts, for it was disturbed least.
const REPLAYS: usize = 200;

/// What a tap is told, in order.
enum Turn {
    Opened(u32),
    Bytes(FrameDirection, Vec<u8>),
    Ended(u32),
}

#[derive(Clone, Default)]
struct Turns(Arc<Mutex<Vec<Turn>>>);

impl Turns {
    fn push(&self, turn: Turn) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.push(turn);
    }
}

/// A socket that writes down what goes through it.
struct Recorded {
    socket: TcpStream,
    turns: Turns,
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if let Some(new) = buffer.filled().get(before..).filter(|new| !new.is_empty()) {
            self.turns
                .push(Turn::Bytes(FrameDirection::Received, new.to_vec()));
        }
        result
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = result {
            let sent = bytes.get(..count).unwrap_or(bytes).to_vec();
            self.turns.push(Turn::Bytes(FrameDirection::Sent, sent));
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// Makes calls one after the other, each with one message, and reads their answers to the end.
async fn recorded(
    port: &str,
    path: &str,
    message: &[u8],
    calls: u32,
) -> Result<Vec<Turn>, Failure> {
    let socket = TcpStream::connect(format!("127.0.0.1:{port}")).await?;
    socket.set_nodelay(true)?;
    let turns = Turns::default();
    let recorded = Recorded {
        socket,
        turns: turns.clone(),
    };
    let (mut requests, connection) = h2::client::Builder::new()
        .initial_window_size(16 << 20)
        .initial_connection_window_size(32 << 20)
        .max_frame_size(256 << 10)
        .data_frame_budget(usize::MAX)
        .handshake::<_, Bytes>(recorded)
        .await?;
    let driver = tokio::spawn(connection);
    for _ in 0..calls {
        let request = http::Request::post(format!("http://127.0.0.1:{port}{path}"))
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .body(())?;
        let (response, mut sender) = requests.send_request(request, false)?;
        let stream = sender.stream_id().as_u32();
        turns.push(Turn::Opened(stream));
        sender.send_data(Bytes::copy_from_slice(message), true)?;
        let mut body = response.await?.into_body();
        while let Some(data) = body.data().await {
            body.flow_control().release_capacity(data?.len())?;
        }
        body.trailers().await?;
        turns.push(Turn::Ended(stream));
    }
    driver.abort();
    let mut turns = turns.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *turns))
}

/// Nanoseconds of the fastest replay for each of `count` calls or messages.
fn cost(turns: &[Turn], count: u32) -> f64 {
    let replay = || {
        let tap = LooseTap::new();
        let mut calls = Vec::new();
        let begin = ProcessTime::now();
        for turn in turns {
            match turn {
                Turn::Opened(stream) => calls.push((*stream, tap.call(*stream))),
                Turn::Bytes(direction, bytes) => tap.note(*direction, bytes),
                Turn::Ended(stream) => calls.retain(|(open, call)| {
                    // As a call tells them, from metadata that it has read in any case.
                    call.note_headers(FrameDirection::Sent, 200, false);
                    call.note_headers(FrameDirection::Received, 100, false);
                    call.note_headers(FrameDirection::Received, 20, true);
                    open != stream
                }),
            }
        }
        begin.elapsed()
    };
    let fastest = (0..REPLAYS).map(|_| replay()).min().unwrap_or_default();
    fastest.as_secs_f64() * 1e9 / f64::from(count)
}

async fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [unary, packed, single] = arguments.as_slice() else {
        return Err("usage: bench_tap UNARY PACKED SINGLE".into());
    };
    let ask = framed(&Ask {
        count: MESSAGES,
        size: 0,
    });
    let watch = "/bench.v1.Bench/Watch";
    let calls = recorded(unary, "/bench.v1.Bench/Echo", &framed(&record()), CALLS).await?;
    let packed = recorded(packed, watch, &ask, 1).await?;
    let single = recorded(single, watch, &ask, 1).await?;
    println!(
        r#"{{"unary": {:.1}, "packed": {:.2}, "single": {:.2}}}"#,
        cost(&calls, CALLS),
        cost(&packed, MESSAGES),
        cost(&single, MESSAGES),
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), run()).await? })
}
