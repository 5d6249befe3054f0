//! `demo.v1.Ticker`: a stream as slow as a clock or as fast as the connection.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{
    abandoned::{Abandoned, WatchedStream},
    proto::{
        Tick, WatchRequest,
        ticker_server::{Ticker, TickerServer},
    },
    rich::at_most,
};

const MAX_TICKS: u32 = 1_000_000;
const MAX_INTERVAL_MS: u32 = 60_000;
const MAX_PAYLOAD_BYTES: u32 = 1 << 20;

/// An endless stream does not come faster than this, or an empty request would flood the client.
const ENDLESS_INTERVAL_MS: u32 = 100;

/// After so many ticks without a pause other tasks get their turn: the window's engine may run this
/// server on the thread that also reads the stream.
const TICKS_A_TURN: u32 = 1024;

pub(super) fn service(abandoned: Abandoned) -> TickerServer<impl Ticker> {
    TickerServer::new(Service { abandoned })
}

#[derive(Debug)]
struct Service {
    abandoned: Abandoned,
}

#[tonic::async_trait]
impl Ticker for Service {
    type WatchStream = WatchedStream<Ticks>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let ticks = Ticks::new(&request.into_inner())?;
        Ok(Response::new(self.abandoned.watch_stream(ticks)))
    }
}

/// The ticks of one call.
#[derive(Debug)]
pub(super) struct Ticks {
    sent: u64,
    /// `u64::MAX` for ever.
    count: u64,
    interval: Option<Interval>,
    /// Shared by all ticks: cloning it copies nothing.
    payload: Bytes,
    left_in_turn: u32,
}

impl Ticks {
    fn new(request: &WatchRequest) -> Result<Self, Status> {
        let count = at_most("count", request.count, MAX_TICKS)?;
        let mut interval_ms = at_most("interval_ms", request.interval_ms, MAX_INTERVAL_MS)?;
        let payload_bytes = at_most("payload_bytes", request.payload_bytes, MAX_PAYLOAD_BYTES)?;
        if count == 0 {
            interval_ms = interval_ms.max(ENDLESS_INTERVAL_MS);
        }
        let interval = (interval_ms > 0).then(|| {
            let mut interval = tokio::time::interval(Duration::from_millis(interval_ms.into()));
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Ok(Self {
            sent: 0,
            count: if count == 0 { u64::MAX } else { count.into() },
            interval,
            payload: (0..=u8::MAX).cycle().take(payload_bytes as usize).collect(),
            left_in_turn: TICKS_A_TURN,
        })
    }
}

impl Stream for Ticks {
    type Item = Result<Tick, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.sent >= self.count {
            return Poll::Ready(None);
        }
        if let Some(interval) = &mut self.interval {
            ready!(interval.poll_tick(cx));
        } else if self.left_in_turn == 0 {
            self.left_in_turn = TICKS_A_TURN;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        } else {
            self.left_in_turn -= 1;
        }
        self.sent += 1;
        Poll::Ready(Some(Ok(Tick {
            sequence: self.sent,
            time: Some(SystemTime::now().into()),
            payload: self.payload.clone(),
        })))
    }
}
