//! The sending half of a call: prepared messages first, then what the person pushes.

use std::time::Instant;

use bytes::Bytes;
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

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

/// The log, as this half waits for it; what it waits for is seen from the other half.
struct Room<'a, L> {
    log: &'a L,
    short: &'a watch::Sender<bool>,
}

impl<L: Record> Room<'_, L> {
    /// Waits until a message would be taken.
    async fn wait(&self, len: usize) {
        while !self.log.has_room(len) {
            self.set_short(true);
            sleep(LOOK_FOR_ROOM).await;
        }
        self.set_short(false);
    }

    /// Logs a message that left. There was room before; what came meanwhile may have taken it, or the disk
    /// may give less than it promised.
    async fn append(&self, started: Instant, message: &Bytes) {
        let at = started.elapsed();
        let message = std::slice::from_ref(message);
        while !self.log.append(Direction::Sent, at, message) {
            self.set_short(true);
            sleep(LOOK_FOR_ROOM).await;
        }
        self.set_short(false);
    }

    fn set_short(&self, short: bool) {
        let changes = |was: &mut bool| std::mem::replace(was, short) != short;
        self.short.send_if_modified(changes);
    }
}

/// Sends the prepared messages and, where the sending side stays open, what is pushed. A message is
/// logged once it is handed over to HTTP/2, so the log shows what went out and in which order. `short` is
/// true while the log has no room for the next.
pub(super) async fn send_all(
    mut sender: CallSender,
    call: &ResolvedCall,
    log: &impl Record,
    sent: &mut Sent,
    started: Instant,
    short: &watch::Sender<bool>,
) -> SendEnd {
    let room = Room { log, short };
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
            room.wait(message.len()).await;
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
            room.append(started, &message).await;
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
