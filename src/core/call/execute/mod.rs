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
//! When the log is full, reading pauses: flow control holds the server until there is room again, the
//! call is cancelled or its deadline passes. Sending pauses likewise. What had arrived is brought to the
//! log once more before such an end; from the first that it does not take on, nothing is kept, so that a
//! log has no gap. A person can hold reading in the same way ([`Switches`]): nothing is lost by it.

mod arrived;
mod end;
mod event;
mod pause;
mod send;
mod stall;
mod switches;

use std::{
    future::pending,
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, watch},
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::grpc::{
    CallHead, CallReceiver, CallSender, Chunk, ConnectError, ConnectSteps, Deadline, Origin,
    Outcome, Pool, Trace, Waiting,
};

pub use event::{Attempt, CallControl, CallEvent, Finished, Record, Timings};
pub use switches::Switches;

use super::ResolvedCall;
use arrived::Arrived;
use end::{cancelled_while, late, no_memory, not_connected, not_kept, not_sent};
pub(crate) use pause::Pauses;
use send::{SendEnd, Sent, send_all};
use stall::{Found, STALL, Stall};

/// How often a full log is asked for room.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(250);

/// How often a call that never left is made again at once. gRFC A6 sets no limit here; a person wants
/// to see a server that closes every connection.
const MAX_REPEATS: usize = 4;

/// How often one is that left and was not looked at: it was a load for the server (gRFC A6).
const MAX_REFUSED_REPEATS: usize = 1;

/// Runs a call to its end. Messages go to `log`, changes to `on_event`; `control` and `switches` may be
/// used at any moment; a cancellation token alone will do for the latter. Cancelling before the connection is there ends the call at once. `control` is
/// closed as soon as the sending side is. The call's deadline runs from now on.
pub async fn execute(
    pool: &Pool,
    call: ResolvedCall,
    log: impl Record,
    control: mpsc::Receiver<CallControl>,
    switches: impl Into<Switches>,
    on_event: impl FnMut(CallEvent),
) -> Finished {
    let deadline = call.deadline.map(Deadline::after);
    execute_until(deadline, pool, call, log, control, switches, on_event).await
}

/// As [`execute`], with a deadline that began to run before.
pub async fn execute_until(
    deadline: Option<Deadline>,
    pool: &Pool,
    call: ResolvedCall,
    log: impl Record,
    control: mpsc::Receiver<CallControl>,
    switches: impl Into<Switches>,
    on_event: impl FnMut(CallEvent),
) -> Finished {
    let Switches { cancel, hold } = switches.into();
    let mut run = Run {
        started: Instant::now(),
        deadline,
        cancel,
        hold,
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
    hold: watch::Receiver<bool>,
    timings: Timings,
    attempts: Vec<Attempt>,
    trace: Option<Trace>,
    /// The attempt under way got a connection.
    connected: bool,
    sent: Sent,
    on_event: F,
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
                () = self.cancel.cancelled() => return cancelled_while(Waiting::Connection),
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
                    () = self.cancel.cancelled() => {
                        break Err(cancelled_while(Waiting::Connection));
                    }
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
        let (short, mut shortage) = watch::channel(false);
        let sending = send_all(sender, call, log, &mut self.sent, started, &short);
        tokio::pin!(sending);
        let mut sending_done = false;
        let mut arrived = Arrived::default();
        let mut told_full = false;
        let mut cancelled = false;
        let mut waited = None;
        let mut unsendable = None;
        let mut stall = Stall::after(STALL);
        let mut told_held = false;
        loop {
            // The end of a call that is given up must be read.
            let held = *self.hold.borrow_and_update() && !cancelled && unsendable.is_none();
            if held != told_held {
                told_held = held;
                tell(stall.moved(), &mut self.on_event);
                (self.on_event)(CallEvent::Held(held));
            }
            receiver.set_held(held || arrived.waits());
            // Every arm is cancel-safe: `next` by contract, and the sender is pinned, not restarted.
            tokio::select! {
                biased;
                () = self.cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    waited = Some(match (told_full, held) {
                        (true, _) => Waiting::Log,
                        (false, true) => Waiting::Hold,
                        (false, false) => receiver.waiting(),
                    });
                    arrived.last_try(log);
                    receiver.cancel();
                }
                end = &mut sending, if !sending_done => {
                    sending_done = true;
                    tell(stall.moved(), &mut self.on_event);
                    match end {
                        SendEnd::HalfClosed => (self.on_event)(CallEvent::HalfClosed),
                        SendEnd::CallEnded => {}
                        SendEnd::Unsendable(error) => {
                            unsendable = Some(error);
                            receiver.cancel();
                        }
                    }
                }
                // The receiver keeps the deadline itself, but is not asked while the log is full or reading
                // is held.
                () = passed(deadline), if arrived.waits() || held => {
                    let waiting = if arrived.waits() { Waiting::Log } else { Waiting::Hold };
                    arrived.last_try(log);
                    self.trace = Some(receiver.trace(started));
                    return late(deadline, waiting);
                }
                chunk = receiver.next(), if !arrived.waits() && !held => {
                    tell(stall.moved(), &mut self.on_event);
                    match chunk {
                        Chunk::Head(head) => {
                            self.timings.head.get_or_insert(started.elapsed());
                            (self.on_event)(CallEvent::Head(head));
                        }
                        Chunk::Messages(messages) => {
                            let now = started.elapsed();
                            self.timings.first_message.get_or_insert(now);
                            arrived.bring(log, now, messages);
                            if cancelled {
                                arrived.last_try(log);
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
                                _ if outcome.origin == Origin::Cancelled => Outcome {
                                    waiting: waited,
                                    ..*outcome
                                },
                                _ => *outcome,
                            };
                        }
                    }
                }
                () = sleep(LOOK_FOR_ROOM), if arrived.waits() => arrived.try_again(log),
                // The sender of it lives as long as this.
                Ok(()) = shortage.changed() => {}
                // Without a sender it never changes again.
                Ok(()) = self.hold.changed() => {}
                () = stall.time_to_look(), if !arrived.waits() && !held => {
                    let waiting = if *shortage.borrow() {
                        Waiting::Log
                    } else {
                        receiver.waiting()
                    };
                    let found = stall.look(receiver.sent_bytes(), waiting, !sending_done);
                    tell(found, &mut self.on_event);
                }
            }
            let full = arrived.waits() || (*shortage.borrow_and_update() && !cancelled);
            if full != told_full {
                told_full = full;
                (self.on_event)(if full {
                    CallEvent::LogFull
                } else {
                    CallEvent::LogHasRoom
                });
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

/// Waits for the deadline; for ever without one.
async fn passed(deadline: Option<Deadline>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.at().into()).await,
        None => pending().await,
    }
}
