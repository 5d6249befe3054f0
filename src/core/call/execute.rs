//! Sends a resolved call and records what happens.
//!
//! ```text
//! connecting ── open ──┬─ sender:   prepared messages, then pushes, until half-close
//!                      └─ receiver: head, messages → log, end
//! ```
//! Both halves are polled by one task, so a peer that answers before it reads never blocks us: while
//! one half waits for flow control the other goes on. Cancel and deadline are heard in every phase.
//! When the log is full, reading stops: flow control holds the server until the call is cancelled or
//! its deadline passes.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{sync::mpsc, time::sleep_until};
use tokio_util::sync::CancellationToken;

use crate::grpc::{
    CallHead, CallReceiver, CallSender, Channel, Chunk, Code, ConnectError, ConnectInfo, Deadline,
    Origin, Outcome, Pool, ResponseHead, SendError, Status,
};

use super::{Direction, MessageLog, ResolvedCall};

/// Largest message that is accepted.
const MAX_RECEIVE_BYTES: usize = 1 << 30;

/// Messages sent before the receiver has its turn.
const MESSAGES_A_TURN: usize = 64;

/// What the person does to a call that runs.
#[derive(Debug)]
pub enum CallControl {
    /// Send one more message (encoded).
    Push(Bytes),
    /// No more messages follow.
    HalfClose,
}

/// A change in a call's life.
#[derive(Debug, Clone)]
pub enum CallEvent {
    /// The connection is there; `reused` when it was open before.
    Connected {
        /// What is known of it.
        info: ConnectInfo,
        /// Whether it was already open.
        reused: bool,
    },
    /// Initial metadata came.
    Head(ResponseHead),
    /// The sending side was closed.
    HalfClosed,
    /// The log's budget is used: reading has stopped until the call is cancelled.
    LogFull,
}

/// When things happened, since the call began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// The connection was there.
    pub connected: Option<Duration>,
    /// Initial metadata came.
    pub head: Option<Duration>,
    /// The first message came.
    pub first_message: Option<Duration>,
    /// The end.
    pub total: Duration,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Status, trailers, and where they came from.
    pub outcome: Outcome,
    /// When things happened.
    pub timings: Timings,
}

/// Runs a call to its end. Messages go to `log`, changes to `on_event`; `control` and `cancel` may be
/// used at any moment. Cancelling before the connection is there ends the call at once. `control` is
/// closed as soon as the sending side is.
pub async fn execute(
    pool: &Pool,
    call: ResolvedCall,
    log: MessageLog,
    control: mpsc::Receiver<CallControl>,
    cancel: CancellationToken,
    on_event: impl FnMut(CallEvent),
) -> Finished {
    let mut run = Run {
        started: Instant::now(),
        deadline: call.deadline.map(Deadline::after),
        cancel,
        timings: Timings::default(),
        on_event,
    };
    let outcome = run.all(pool, call, &log, control).await;
    run.timings.total = run.started.elapsed();
    Finished {
        outcome,
        timings: run.timings,
    }
}

/// What a call that runs carries through its phases.
struct Run<F> {
    started: Instant,
    deadline: Option<Deadline>,
    cancel: CancellationToken,
    timings: Timings,
    on_event: F,
}

impl<F: FnMut(CallEvent)> Run<F> {
    async fn all(
        &mut self,
        pool: &Pool,
        call: ResolvedCall,
        log: &MessageLog,
        control: mpsc::Receiver<CallControl>,
    ) -> Outcome {
        let opened = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Outcome::cancelled(),
            late = passed(self.deadline) => return late,
            opened = open(pool, &call, max_receive_bytes(&call, log), self.deadline, self.started) => opened,
        };
        let (channel, reused, opened, connected) = match opened {
            Ok(opened) => opened,
            Err(error) => return not_connected(&error),
        };
        self.timings.connected = Some(connected);
        (self.on_event)(CallEvent::Connected {
            info: channel.info().clone(),
            reused,
        });
        let (sender, receiver) = match opened {
            Ok(halves) => halves,
            Err(outcome) => return *outcome,
        };
        let sending = send_all(sender, call, log, control, self.started);
        self.both_ways(sending, receiver, log).await
    }

    /// Drives both halves until the receiver's end.
    async fn both_ways(
        &mut self,
        sending: impl Future<Output = SendEnd>,
        mut receiver: CallReceiver,
        log: &MessageLog,
    ) -> Outcome {
        tokio::pin!(sending);
        let mut sending_done = false;
        let mut full = false;
        let mut cancelled = false;
        let started = self.started;
        let deadline = self.deadline;
        loop {
            // Every arm is cancel-safe: `next` by contract, and the sender is pinned, not restarted.
            tokio::select! {
                biased;
                () = self.cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    receiver.cancel();
                }
                end = &mut sending, if !sending_done => {
                    sending_done = true;
                    match end {
                        SendEnd::HalfClosed => (self.on_event)(CallEvent::HalfClosed),
                        SendEnd::LogFull => self.log_is_full(&mut full),
                        SendEnd::CallEnded => {}
                    }
                }
                // The receiver keeps the deadline itself, but is not asked while the log is full.
                late = passed(deadline), if full && !cancelled => return late,
                chunk = receiver.next(), if !full || cancelled => match chunk {
                    Chunk::Head(head) => {
                        self.timings.head.get_or_insert(started.elapsed());
                        (self.on_event)(CallEvent::Head(head));
                    }
                    Chunk::Messages(messages) => {
                        let now = started.elapsed();
                        self.timings.first_message.get_or_insert(now);
                        if !keep(log, now, &messages) && !cancelled {
                            self.log_is_full(&mut full);
                        }
                    }
                    Chunk::End(outcome) => return *outcome,
                },
            }
        }
    }

    fn log_is_full(&mut self, full: &mut bool) {
        if !*full {
            *full = true;
            (self.on_event)(CallEvent::LogFull);
        }
    }
}

type Halves = (CallSender, CallReceiver);
type Opened = (Channel, bool, Result<Halves, Box<Outcome>>, Duration);

/// A message that the log could never take is refused before it is read, in words that name the
/// limit; of a stream, what fits is kept first.
fn max_receive_bytes(call: &ResolvedCall, log: &MessageLog) -> usize {
    MAX_RECEIVE_BYTES.min(log.room_after(&call.messages))
}

/// Connects and opens the stream. A connection that turns out to be going away, without having looked
/// at the call, is replaced once.
async fn open(
    pool: &Pool,
    call: &ResolvedCall,
    max_receive_bytes: usize,
    deadline: Option<Deadline>,
    started: Instant,
) -> Result<Opened, Arc<ConnectError>> {
    let mut again = true;
    loop {
        let (channel, reused) = pool.channel(&call.endpoint).await?;
        let connected = started.elapsed();
        let service = call.method.parent_service();
        let path = format!("/{}/{}", service.full_name(), call.method.name());
        let head = CallHead {
            metadata: call.metadata.clone(),
            deadline,
            max_receive_bytes,
            one_answer: !call.kind.server_streams(),
            ..CallHead::new(path)
        };
        let opened = channel.open(head).await;
        match &opened {
            Err(outcome) if again && reused && outcome.is_unprocessed() => again = false,
            _ => return Ok((channel, reused, opened, connected)),
        }
    }
}

/// Logs what arrived together; when it does not all fit, the first of it. `false` when something is
/// missing from the log.
fn keep(log: &MessageLog, now: Duration, messages: &[Bytes]) -> bool {
    let mut one_by_one = messages.chunks(1);
    log.append(Direction::Received, now, messages)
        || one_by_one.all(|message| log.append(Direction::Received, now, message))
}

/// Why nothing more is sent.
enum SendEnd {
    HalfClosed,
    CallEnded,
    LogFull,
}

/// Sends the prepared messages and, where the sending side stays open, what is pushed. A message is
/// logged once it is handed over to HTTP/2, so the log shows what went out and in which order.
async fn send_all(
    mut sender: CallSender,
    call: ResolvedCall,
    log: &MessageLog,
    mut control: mpsc::Receiver<CallControl>,
    started: Instant,
) -> SendEnd {
    let mut prepared = call.messages.into_iter();
    let mut sent: usize = 0;
    loop {
        let message = match prepared.next() {
            Some(message) => message,
            None if !call.keep_open => break,
            None => match control.recv().await {
                Some(CallControl::Push(message)) => message,
                // Whoever could push is gone: nothing more can follow.
                Some(CallControl::HalfClose) | None => break,
            },
        };
        if !log.has_room(message.len()) {
            return SendEnd::LogFull;
        }
        match sender.send(message.clone()).await {
            Ok(()) => {}
            // Too long is ruled out by the log, whose lengths have 32 bits too.
            Err(SendError::Ended | SendError::HalfClosed | SendError::TooLong(_)) => {
                return SendEnd::CallEnded;
            }
        }
        // There was room above; what came meanwhile may have taken it, and then reading stops too.
        if !log.append(Direction::Sent, started.elapsed(), &[message]) {
            return SendEnd::LogFull;
        }
        sent = sent.wrapping_add(1);
        if sent.is_multiple_of(MESSAGES_A_TURN) {
            // A wide window takes a million small messages without a pause: let the others run.
            tokio::task::yield_now().await;
        }
    }
    match sender.half_close() {
        Ok(()) => SendEnd::HalfClosed,
        Err(SendError::Ended | SendError::HalfClosed | SendError::TooLong(_)) => SendEnd::CallEnded,
    }
}

/// The end when the deadline passes; never comes without one.
async fn passed(deadline: Option<Deadline>) -> Outcome {
    match deadline {
        Some(deadline) => {
            sleep_until(deadline.at().into()).await;
            Outcome::deadline(deadline)
        }
        None => pending().await,
    }
}

fn not_connected(error: &Arc<ConnectError>) -> Outcome {
    let status = Status::new(Code::UNAVAILABLE, error.to_string());
    Outcome {
        cause: Some(error.clone()),
        ..Outcome::new(status, Origin::Connection)
    }
}
