//! The sending half of a call: prepared messages first, then what the person pushes.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use tokio::{sync::mpsc, time::sleep};

use super::{
    super::{Direction, ResolvedCall},
    CallControl, LOOK_FOR_ROOM, Record,
};
use crate::grpc::{CallSender, SendError};

/// Messages sent before the receiver has its turn.
const MESSAGES_A_TURN: usize = 64;

/// What was sent, over all attempts.
pub(super) struct Sent {
    pub(super) control: mpsc::Receiver<CallControl>,
    /// Messages in the log: a repeated attempt sends them again and does not log them twice.
    pub(super) logged: usize,
    /// The person did something by hand, which cannot be done again.
    pub(super) by_hand: bool,
}

/// Why nothing more is sent.
pub(super) enum SendEnd {
    HalfClosed,
    CallEnded,
    /// A message cannot be sent at all.
    Unsendable(SendError),
}

/// Waits until the log would take a message; `short` says so meanwhile.
async fn wait_for_room(log: &impl Record, len: usize, short: &AtomicBool) {
    while !log.has_room(len) {
        short.store(true, Ordering::Relaxed);
        sleep(LOOK_FOR_ROOM).await;
    }
    short.store(false, Ordering::Relaxed);
}

/// Sends the prepared messages and, where the sending side stays open, what is pushed. A message is
/// logged once it is handed over to HTTP/2, so the log shows what went out and in which order.
pub(super) async fn send_all(
    mut sender: CallSender,
    call: &ResolvedCall,
    log: &impl Record,
    sent: &mut Sent,
    started: Instant,
    short: &AtomicBool,
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
        if !logged {
            wait_for_room(log, message.len(), short).await;
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
            let at = started.elapsed();
            // There was room above; what came meanwhile may have taken it.
            while !log.append(Direction::Sent, at, std::slice::from_ref(&message)) {
                wait_for_room(log, message.len(), short).await;
                sleep(LOOK_FOR_ROOM).await;
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
