//! Sends a resolved call and records what happens.
//!
//! ```text
//! connecting ── open ──┬─ sender:   prepared messages, then pushes, until half-close
//!                      └─ receiver: head, messages → log, end
//! ```
//! Both halves are polled by one task, so a peer that answers before it reads never blocks us: while
//! one half waits for flow control the other goes on. Cancel and deadline are heard in every phase.
//! A call that the server provably did not look at (REFUSED_STREAM, above the id of GOAWAY) is made
//! again by itself: at most [`MAX_REPEATS`] times where none of it had left, and
//! [`MAX_REFUSED_REPEATS`] where some had; with wait-for-ready a connection that cannot be made, or that
//! ends before the call leaves, is tried again until the deadline. All are told as [`Attempt`]s. Nothing
//! else is ever repeated: what a person debugs must be what happened. Spec: gRFC A6 ("transparent retries"),
//! `connection-backoff.md`, `wait-for-ready.md`.
//! When the log is full, reading stops: flow control holds the server until the call is cancelled or
//! its deadline passes.

use std::{
    error::Error as _,
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::grpc::{
    CallHead, CallReceiver, CallSender, CallTap, Chunk, Code, ConnectError, ConnectInfo,
    ConnectSteps, Deadline, Origin, Outcome, Pool, ResponseHead, SendError, Status, Trace, Waiting,
};

use super::{
    Direction, MessageLog, ResolvedCall,
    stall::{Found, STALL, Stall},
};

/// How often a call that never left is made again at once. gRFC A6 sets no limit here; a person wants
/// to see a server that closes every connection.
const MAX_REPEATS: usize = 4;

/// How often one is that left and was not looked at: it was a load for the server (gRFC A6).
const MAX_REFUSED_REPEATS: usize = 1;

/// Pauses between attempts to connect: the first, the factor, the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const PAUSE_FACTOR: f64 = 1.6;
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

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
    /// The call is open: its frames can be looked at. Times are told from the moment given.
    Opened(CallTap, Instant),
    /// Initial metadata came.
    Head(ResponseHead),
    /// The sending side was closed.
    HalfClosed,
    /// An attempt failed, and another follows after the pause.
    Retrying {
        /// What failed.
        attempt: Attempt,
        /// How long it waits before.
        pause: Duration,
    },
    /// Nothing has happened for some seconds: this is what the call waits for. Told once until
    /// [`Resumed`](Self::Resumed).
    Stalled(Waiting),
    /// A call of which it was said that it stood still goes on.
    Resumed,
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

/// One attempt of a call that was made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began, since the call began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// How.
    pub code: Code,
    /// Why, in words.
    pub reason: String,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The attempts before the one that counted; empty for most calls.
    pub attempts: Vec<Attempt>,
    /// Status, trailers, and where they came from.
    pub outcome: Outcome,
    /// When things happened.
    pub timings: Timings,
    /// The steps of connecting and the frames of the last attempt: without a connection, how far its
    /// making came. `None` when nothing was begun.
    pub trace: Option<Trace>,
}

/// Where the messages of a call go.
pub trait Record {
    /// Takes messages that were sent, or that arrived together. `false` when they were not taken: then
    /// reading stops until the call is cancelled.
    fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool;

    /// Bytes of one more message that would still be taken after `before`, which are to be sent; `None`
    /// when not even those are.
    fn room_after(&self, before: &[Bytes]) -> Option<usize>;

    /// Whether a message of this many bytes would still be taken.
    fn has_room(&self, bytes: usize) -> bool;
}

impl Record for MessageLog {
    fn append(&self, direction: Direction, at: Duration, messages: &[Bytes]) -> bool {
        self.append(direction, at, messages)
    }

    fn room_after(&self, before: &[Bytes]) -> Option<usize> {
        self.room_after(before)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.has_room(bytes)
    }
}

/// Runs a call to its end. Messages go to `log`, changes to `on_event`; `control` and `cancel` may be
/// used at any moment. Cancelling before the connection is there ends the call at once. `control` is
/// closed as soon as the sending side is. The call's deadline runs from now on.
pub async fn execute(
    pool: &Pool,
    call: ResolvedCall,
    log: impl Record,
    control: mpsc::Receiver<CallControl>,
    cancel: CancellationToken,
    on_event: impl FnMut(CallEvent),
) -> Finished {
    let deadline = call.deadline.map(Deadline::after);
    execute_until(deadline, pool, call, log, control, cancel, on_event).await
}

/// As [`execute`], with a deadline that began to run before.
pub async fn execute_until(
    deadline: Option<Deadline>,
    pool: &Pool,
    call: ResolvedCall,
    log: impl Record,
    control: mpsc::Receiver<CallControl>,
    cancel: CancellationToken,
    on_event: impl FnMut(CallEvent),
) -> Finished {
    let mut run = Run {
        started: Instant::now(),
        deadline,
        cancel,
        timings: Timings::default(),
        attempts: Vec::new(),
        trace: None,
        connected: false,
        sent: Sent {
            control,
            logged: 0,
            by_hand: false,
        },
        on_event,
    };
    let outcome = run.all(pool, &call, &log).await;
    run.timings.total = run.started.elapsed();
    Finished {
        outcome,
        timings: run.timings,
        attempts: run.attempts,
        trace: run.trace,
    }
}

/// What a call that runs carries through its phases.
struct Run<F> {
    started: Instant,
    deadline: Option<Deadline>,
    cancel: CancellationToken,
    timings: Timings,
    attempts: Vec<Attempt>,
    trace: Option<Trace>,
    /// The attempt under way got a connection.
    connected: bool,
    sent: Sent,
    on_event: F,
}

/// What was sent, over all attempts.
struct Sent {
    control: mpsc::Receiver<CallControl>,
    /// Messages in the log: a repeated attempt sends them again and does not log them twice.
    logged: usize,
    /// The person did something by hand, which cannot be done again.
    by_hand: bool,
}

impl<F: FnMut(CallEvent)> Run<F> {
    async fn all(&mut self, pool: &Pool, call: &ResolvedCall, log: &impl Record) -> Outcome {
        let mut pauses = Pauses::default();
        let (mut repeats, mut refused) = (0, 0);
        loop {
            let began = self.started.elapsed();
            let outcome = self.attempt(pool, call, log).await;
            let waits = call.options.wait_for_ready;
            let left = self
                .trace
                .as_ref()
                .is_some_and(|trace| trace.sent.all().frames > 0);
            let safe =
                outcome.is_unprocessed() && self.timings.head.is_none() && !self.sent.by_hand;
            let (count, most) = match left {
                true => (&mut refused, MAX_REFUSED_REPEATS),
                false => (&mut repeats, MAX_REPEATS),
            };
            let pause = if waits && !self.connected && may_pass(&outcome) {
                pauses.next()
            } else if safe && *count < most {
                *count += 1;
                Duration::ZERO
            } else if waits && safe && !left {
                pauses.next()
            } else {
                return outcome;
            };
            let attempt = Attempt {
                began,
                ended: self.started.elapsed(),
                code: outcome.status.code,
                reason: outcome.status.message.clone(),
            };
            self.attempts.push(attempt.clone());
            (self.on_event)(CallEvent::Retrying { attempt, pause });
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Outcome::cancelled(),
                () = passed(self.deadline) => return late(self.deadline, Waiting::Connection),
                () = sleep(pause) => {}
            }
        }
    }

    async fn attempt(&mut self, pool: &Pool, call: &ResolvedCall, log: &impl Record) -> Outcome {
        self.trace = None;
        self.connected = false;
        let mut steps = None;
        let unlogged = call.messages.get(self.sent.logged..).unwrap_or_default();
        let Some(room) = log.room_after(unlogged) else {
            return not_kept(unlogged);
        };
        let channel = {
            let connecting = pool.channel_watched(&call.endpoint, &mut steps);
            tokio::pin!(connecting);
            let mut told = false;
            loop {
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => break Err(Outcome::cancelled()),
                    () = passed(self.deadline) => {
                        break Err(late(self.deadline, Waiting::Connection));
                    }
                    connected = &mut connecting => {
                        break connected.map_err(|error| not_connected(&error));
                    }
                    () = sleep(STALL), if !told => {
                        told = true;
                        (self.on_event)(CallEvent::Stalled(Waiting::Connection));
                    }
                }
            }
        };
        let (channel, reused) = match channel {
            Ok(channel) => channel,
            Err(outcome) => {
                self.trace = steps.and_then(|steps: ConnectSteps| steps.trace(self.started));
                return outcome;
            }
        };
        self.connected = true;
        self.timings.connected = Some(self.started.elapsed());
        (self.on_event)(CallEvent::Connected {
            info: channel.info().clone(),
            reused,
        });
        // A message that the log could never take is refused before it is read; of a stream, what fits
        // is kept first.
        let limit = call.options.max_receive_bytes.min(room);
        let (sender, receiver) = match channel.open(&head(call, limit, self.deadline)) {
            Ok(halves) => halves,
            Err(outcome) => {
                self.trace = Some(channel.trace(self.started));
                return *outcome;
            }
        };
        (self.on_event)(CallEvent::Opened(receiver.tap().clone(), self.started));
        let outcome = self.both_ways(call, sender, receiver, log).await;
        match outcome.origin {
            Origin::TooLarge { length } if limit < call.options.max_receive_bytes => {
                no_memory(length, limit)
            }
            _ => outcome,
        }
    }

    /// Drives both halves until the receiver's end.
    async fn both_ways(
        &mut self,
        call: &ResolvedCall,
        sender: CallSender,
        mut receiver: CallReceiver,
        log: &impl Record,
    ) -> Outcome {
        let started = self.started;
        let deadline = self.deadline;
        let sending = send_all(sender, call, log, &mut self.sent, started);
        tokio::pin!(sending);
        let mut sending_done = false;
        let mut full = false;
        let mut cancelled = false;
        let mut unsendable = None;
        let mut stall = Stall::after(STALL);
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
                    tell(stall.moved(), &mut self.on_event);
                    match end {
                        SendEnd::HalfClosed => (self.on_event)(CallEvent::HalfClosed),
                        SendEnd::LogFull => log_is_full(&mut full, &mut self.on_event),
                        SendEnd::CallEnded => {}
                        SendEnd::Unsendable(error) => {
                            unsendable = Some(error);
                            receiver.cancel();
                        }
                    }
                }
                // The receiver keeps the deadline itself, but is not asked while the log is full.
                () = passed(deadline), if full && !cancelled => {
                    self.trace = Some(receiver.trace(started));
                    return late(deadline, Waiting::Log);
                }
                chunk = receiver.next(), if !full || cancelled => {
                    tell(stall.moved(), &mut self.on_event);
                    match chunk {
                        Chunk::Head(head) => {
                            self.timings.head.get_or_insert(started.elapsed());
                            (self.on_event)(CallEvent::Head(head));
                        }
                        Chunk::Messages(messages) => {
                            let now = started.elapsed();
                            self.timings.first_message.get_or_insert(now);
                            if !keep(log, now, &messages) && !cancelled {
                                log_is_full(&mut full, &mut self.on_event);
                            }
                        }
                        Chunk::End(outcome) => {
                            if outcome.origin != Origin::Trailers {
                                // A reset of ours has yet to leave.
                                tokio::task::yield_now().await;
                            }
                            self.trace = Some(receiver.trace(started));
                            return match unsendable {
                                Some(error) if !cancelled => not_sent(&error),
                                _ => *outcome,
                            };
                        }
                    }
                }
                () = stall.time_to_look(), if !full => {
                    let found =
                        stall.look(receiver.sent_bytes(), receiver.waiting(), !sending_done);
                    tell(found, &mut self.on_event);
                }
            }
        }
    }
}

fn tell(found: Option<Found>, on_event: &mut impl FnMut(CallEvent)) {
    match found {
        Some(Found::Standstill(waiting)) => on_event(CallEvent::Stalled(waiting)),
        Some(Found::GoesOn) => on_event(CallEvent::Resumed),
        None => {}
    }
}

fn log_is_full(full: &mut bool, on_event: &mut impl FnMut(CallEvent)) {
    if !*full {
        *full = true;
        on_event(CallEvent::LogFull);
    }
}

fn head(call: &ResolvedCall, max_receive_bytes: usize, deadline: Option<Deadline>) -> CallHead {
    let service = call.method.parent_service();
    let path = format!("/{}/{}", service.full_name(), call.method.name());
    CallHead {
        metadata: call.metadata.clone(),
        deadline,
        max_receive_bytes,
        max_send_bytes: call.options.max_send_bytes,
        compression: call.options.compression,
        one_answer: !call.kind.server_streams(),
        ..CallHead::new(path)
    }
}

/// Whether a call failed for want of a connection that may be there later.
fn may_pass(outcome: &Outcome) -> bool {
    outcome.cause.as_deref().is_some_and(ConnectError::may_pass)
}

/// The pauses of `connection-backoff.md`, with its jitter of a fifth either way.
#[derive(Default)]
struct Pauses {
    taken: i32,
}

impl Pauses {
    fn next(&mut self) -> Duration {
        let factor = PAUSE_FACTOR.powi(self.taken.min(20));
        self.taken += 1;
        let pause = FIRST_PAUSE.mul_f64(factor).min(LONGEST_PAUSE);
        // Any source of chance will do: clients that failed together must not come back together.
        let chance = f64::from(Uuid::new_v4().as_u128() as u16) / f64::from(u16::MAX);
        pause.mul_f64(0.8 + 0.4 * chance)
    }
}

/// Logs what arrived together; when it does not all fit, the first of it. `false` when something is
/// missing from the log.
fn keep(log: &impl Record, now: Duration, messages: &[Bytes]) -> bool {
    let mut one_by_one = messages.chunks(1);
    log.append(Direction::Received, now, messages)
        || one_by_one.all(|message| log.append(Direction::Received, now, message))
}

/// Why nothing more is sent.
enum SendEnd {
    HalfClosed,
    CallEnded,
    LogFull,
    /// A message cannot be sent at all.
    Unsendable(SendError),
}

/// Sends the prepared messages and, where the sending side stays open, what is pushed. A message is
/// logged once it is handed over to HTTP/2, so the log shows what went out and in which order.
async fn send_all(
    mut sender: CallSender,
    call: &ResolvedCall,
    log: &impl Record,
    sent: &mut Sent,
    started: Instant,
) -> SendEnd {
    let mut prepared = call.messages.iter().cloned();
    let mut count: usize = 0;
    loop {
        let message = match prepared.next() {
            Some(message) => message,
            None if !call.keep_open => break,
            None => match sent.control.recv().await {
                Some(CallControl::Push(message)) => {
                    sent.by_hand = true;
                    message
                }
                // Whoever could push is gone: nothing more can follow.
                Some(CallControl::HalfClose) | None => {
                    sent.by_hand = true;
                    break;
                }
            },
        };
        let logged = count < sent.logged;
        if !logged && !log.has_room(message.len()) {
            return SendEnd::LogFull;
        }
        let last = !call.keep_open && prepared.len() == 0;
        let handed_over = if last {
            sender.send_last(message.clone()).await
        } else {
            sender.send(message.clone()).await
        };
        match handed_over {
            Ok(()) => {}
            Err(SendError::Ended | SendError::HalfClosed) => return SendEnd::CallEnded,
            Err(
                error @ (SendError::TooLong(_)
                | SendError::TooLarge { .. }
                | SendError::Compress(_)),
            ) => return SendEnd::Unsendable(error),
        }
        count = count.saturating_add(1);
        if !logged {
            // There was room above; what came meanwhile may have taken it, and then reading stops too.
            if !log.append(Direction::Sent, started.elapsed(), &[message]) {
                return SendEnd::LogFull;
            }
            sent.logged = count;
        }
        if count.is_multiple_of(MESSAGES_A_TURN) {
            // A wide window takes a million small messages without a pause: let the others run.
            tokio::task::yield_now().await;
        }
    }
    sent.control.close();
    match sender.half_close() {
        Ok(()) | Err(SendError::HalfClosed) => SendEnd::HalfClosed,
        Err(_) => SendEnd::CallEnded,
    }
}

/// Waits for the deadline; for ever without one.
async fn passed(deadline: Option<Deadline>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.at().into()).await,
        None => pending().await,
    }
}

fn late(deadline: Option<Deadline>, waiting: Waiting) -> Outcome {
    // Without a deadline `passed` never comes back.
    deadline.map_or_else(Outcome::cancelled, |deadline| {
        Outcome::deadline(deadline, waiting)
    })
}

fn not_connected(error: &Arc<ConnectError>) -> Outcome {
    let mut words = error.to_string();
    if let Some(source) = error.source() {
        let source = source.to_string().to_lowercase();
        words.push_str(": ");
        words.push_str(source.split(" (os error").next().unwrap_or_default());
    }
    let status = Status::new(Code::UNAVAILABLE, words);
    Outcome {
        cause: Some(error.clone()),
        ..Outcome::new(status, Origin::Connection)
    }
}

/// The end of a call whose messages to send are more than the log takes: nothing of it was sent.
fn not_kept(messages: &[Bytes]) -> Outcome {
    let bytes: usize = messages.iter().map(Bytes::len).sum();
    let status = Status::new(
        Code::RESOURCE_EXHAUSTED,
        format!("{bytes} bytes to send are more than the memory for this call's messages takes"),
    );
    Outcome::new(status, Origin::NoMemory)
}

/// The end of a call whose answer is larger than what the log still takes.
fn no_memory(length: Option<u64>, room: usize) -> Outcome {
    let what = match length {
        Some(length) => format!("a message of {length} bytes"),
        None => "a message that was compressed".to_owned(),
    };
    let status = Status::new(
        Code::RESOURCE_EXHAUSTED,
        format!(
            "{what} does not fit into the {room} bytes of memory that are left for this call's messages"
        ),
    );
    Outcome::new(status, Origin::NoMemory)
}

/// The end of a call that this side gave up because a message of it cannot be sent.
fn not_sent(error: &SendError) -> Outcome {
    let code = match error {
        SendError::TooLarge { .. } | SendError::TooLong(_) => Code::RESOURCE_EXHAUSTED,
        SendError::Compress(_) | SendError::Ended | SendError::HalfClosed => Code::INTERNAL,
    };
    Outcome::new(Status::new(code, error.to_string()), Origin::Local)
}
