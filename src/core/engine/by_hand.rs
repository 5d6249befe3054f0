//! What a person does to a stream that runs: messages, one or all of the list, a repetition, half-close.
//!
//! ```text
//! inputs (in order) ─┐
//!                    ├─► encode ─► room for one ─► the call's sending half
//! the repetition ────┘      each time anew, from the text as it is then
//! ```
//! At most one message waits for flow control. While it does, a repetition skips its turns and says so,
//! and what is done by hand waits in a bounded channel. The texts of a repetition are no input: the newest
//! replace those before them, so that typing never fills the channel.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::{
    sync::mpsc::{self, OwnedPermit},
    task::spawn_blocking,
    time::{Duration, Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    CallId, Event, Prepared, RepeatEnd, RepeatId, RepeatProgress, RepeatSpec, defect,
    outbox::Outbox, repeat::next_turn,
};
use crate::{
    call::{CallControl, CallSpec, Failure, ResolvedCall, encode_kept},
    message::Scope,
};

/// A repetition that waits this long for room is told to be held; shorter waits are the pace of the wire.
const HELD_AFTER: Duration = Duration::from_millis(200);

/// What is done to a call by hand, in order.
pub(super) enum Input {
    /// All of them or, when one does not fit, none.
    Push(Vec<Prepared>),
    /// From here on messages are sent whatever rules of their schema they break.
    WaiveRules,
    Repeat(RepeatSpec, Repetition),
    HalfClose,
}

/// The engine's end of a repetition.
#[derive(Clone)]
pub(super) struct Repetition {
    pub(super) id: RepeatId,
    messages: Arc<Mutex<Vec<Prepared>>>,
    stop: CancellationToken,
}

impl Repetition {
    pub(super) fn new(spec: &RepeatSpec) -> Self {
        Self {
            id: spec.id,
            messages: Arc::new(Mutex::new(spec.messages.clone())),
            stop: CancellationToken::new(),
        }
    }

    /// Other messages from the next turn on.
    pub(super) fn replace(&self, messages: Vec<Prepared>) {
        *self.lock() = messages;
    }

    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// The message of a turn, counted from 0.
    fn of_turn(&self, turn: usize) -> Option<Prepared> {
        let messages = self.lock();
        let at = turn.checked_rem(messages.len())?;
        messages.get(at).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Prepared>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A repetition under way.
struct Running {
    of: Repetition,
    every: Duration,
    count: Option<u64>,
    progress: RepeatProgress,
    turn: usize,
    due: Instant,
}

/// What a repetition waits for came.
enum Due {
    Stopped,
    /// There is room for one message.
    Room(OwnedPermit<CallControl>),
    /// Nothing can be sent any more.
    Closed,
}

/// The hand that feeds one call.
pub(super) struct Hand {
    id: CallId,
    call: ResolvedCall,
    scope: Scope,
    check_rules: bool,
    control: mpsc::Sender<CallControl>,
    cancel: CancellationToken,
    outbox: Outbox,
    running: Option<Running>,
}

impl Hand {
    pub(super) fn new(
        id: CallId,
        spec: &CallSpec,
        call: &ResolvedCall,
        control: mpsc::Sender<CallControl>,
        cancel: CancellationToken,
        outbox: Outbox,
    ) -> Self {
        let call = ResolvedCall {
            messages: Vec::new(),
            ..call.clone()
        };
        Self {
            id,
            call,
            scope: spec.scope.clone(),
            check_rules: spec.call.checks_rules(),
            control,
            cancel,
            outbox,
            running: None,
        }
    }

    /// Does what is asked for until the call is cancelled or nobody can ask any more. May be dropped at
    /// any moment; [`call_ended`](Self::call_ended) then tells what is left to tell.
    pub(super) async fn run(&mut self, inputs: &mut mpsc::Receiver<Input>) {
        loop {
            // Every arm is cancel-safe.
            tokio::select! {
                biased;
                // The end of the call tells the rest.
                () = self.cancel.cancelled() => return,
                input = inputs.recv() => match input {
                    Some(input) => self.take(input).await,
                    None => return,
                },
                due = due(self.running.as_ref(), &self.control, &self.outbox) => match due {
                    Due::Room(room) => self.send_repeated(room).await,
                    Due::Stopped => self.end_repeat(RepeatEnd::Stopped),
                    Due::Closed => self.end_repeat(RepeatEnd::CallEnded),
                },
            }
        }
    }

    /// Nothing can be sent any more.
    pub(super) fn call_ended(&mut self) {
        self.end_repeat(RepeatEnd::CallEnded);
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Push(messages) => self.push(messages).await,
            Input::WaiveRules => self.check_rules = false,
            Input::HalfClose => {
                self.end_repeat(RepeatEnd::HalfClosed);
                // An error only says that it was closed before.
                let _ = self.control.send(CallControl::HalfClose).await;
            }
            Input::Repeat(spec, of) => {
                self.end_repeat(RepeatEnd::Stopped);
                let progress = RepeatProgress::default();
                self.tell(Event::RepeatStarted(self.id, spec.id, progress.clone()));
                self.running = Some(Running {
                    of,
                    every: spec.every,
                    count: spec.count,
                    progress,
                    turn: 0,
                    due: Instant::now(),
                });
            }
        }
    }

    /// Sends messages in order; when one does not fit, none, so that a list is never sent by half.
    async fn push(&self, messages: Vec<Prepared>) {
        let mut encoded = Vec::with_capacity(messages.len());
        for message in messages {
            match self.encode(message).await {
                Ok(bytes) => encoded.push(bytes),
                Err(failure) => return self.tell(Event::PushFailed(self.id, failure)),
            }
        }
        let of = encoded.len();
        for (sent, message) in encoded.into_iter().enumerate() {
            if self.control.send(CallControl::Push(message)).await.is_err() {
                let summary = side_closed(sent, of);
                return self.tell(push_failed(self.id, &summary, CALL_AGAIN));
            }
        }
    }

    async fn send_repeated(&mut self, room: OwnedPermit<CallControl>) {
        let Some(running) = &self.running else {
            return;
        };
        let Some(message) = running.of.of_turn(running.turn) else {
            return self.end_repeat(RepeatEnd::Stopped);
        };
        let encoded = self.encode(message).await;
        // A large message takes a while, and Stop is heard until it leaves.
        if running.of.stop.is_cancelled() {
            return self.end_repeat(RepeatEnd::Stopped);
        }
        match encoded {
            Ok(message) => {
                room.send(CallControl::Push(message));
            }
            Err(failure) => return self.end_repeat(RepeatEnd::Failed(failure)),
        }
        let Some(running) = &mut self.running else {
            return;
        };
        running.turn = running.turn.wrapping_add(1);
        let (skipped, next) = next_turn(running.due.elapsed(), running.every);
        running.due += next;
        let sent = running.progress.add(skipped);
        if running.count.is_some_and(|count| sent >= count) {
            self.end_repeat(RepeatEnd::Counted);
        }
    }

    fn end_repeat(&mut self, end: RepeatEnd) {
        if let Some(running) = self.running.take() {
            self.tell(Event::RepeatEnded(self.id, running.of.id, end));
        }
    }

    /// Encodes a message away from the network's thread. One that is too large is refused here: the
    /// call would end at it.
    async fn encode(&self, message: Prepared) -> Result<Bytes, Box<Failure>> {
        let (method, schema) = (self.call.method.clone(), self.call.schema.clone());
        let (scope, check_rules) = (self.scope.clone(), self.check_rules);
        let Prepared { number, text } = message;
        let encoded = spawn_blocking(move || {
            let of = (&method, &schema);
            let (at, numbered) = (number.unwrap_or(0), number.is_some());
            encode_kept(&text, at, of, &scope, numbered, check_rules)
        });
        let encoded = match encoded.await {
            Ok(encoded) => encoded?,
            Err(_) => return Err(Box::new(defect("Encoding the message"))),
        };
        let limit = self.call.options.max_send_bytes;
        if encoded.len() > limit {
            return Err(Box::new(too_large(number, encoded.len(), limit)));
        }
        Ok(encoded)
    }

    fn tell(&self, event: Event) {
        self.outbox.push(event);
    }
}

/// Waits until a repetition is due and there is room for its message; for ever without one.
async fn due(
    running: Option<&Running>,
    control: &mpsc::Sender<CallControl>,
    outbox: &Outbox,
) -> Due {
    let Some(running) = running else {
        return std::future::pending().await;
    };
    let room = async {
        sleep_until(running.due).await;
        let reserved = control.clone().reserve_owned();
        tokio::pin!(reserved);
        tokio::select! {
            biased;
            room = &mut reserved => return room,
            () = sleep(HELD_AFTER) => {}
        }
        running.progress.hold();
        outbox.wake();
        reserved.await
    };
    tokio::select! {
        biased;
        () = running.of.stop.cancelled() => Due::Stopped,
        room = room => match room {
            Ok(room) => Due::Room(room),
            Err(_) => Due::Closed,
        },
    }
}

pub(super) const CALL_ENDED: &str = "The message was not sent: the call has ended";
pub(super) const CALL_AGAIN: &str = "Make the call again";

/// The sending side was closed after `sent` of `of` messages.
fn side_closed(sent: usize, of: usize) -> String {
    match (sent, of) {
        (_, 1) => "The message was not sent: the sending side is closed".to_owned(),
        (0, _) => "The messages were not sent: the sending side is closed".to_owned(),
        _ => format!("Only {sent} of {of} messages were sent: the sending side is closed"),
    }
}

pub(super) fn push_failed(id: CallId, summary: &str, hint: &str) -> Event {
    Event::PushFailed(id, Box::new(words(summary, hint)))
}

/// A repetition that never began.
pub(super) fn repeat_failed(id: CallId, repeat: RepeatId, summary: &str, hint: &str) -> Event {
    let failure = Box::new(words(summary, hint));
    Event::RepeatEnded(id, repeat, RepeatEnd::Failed(failure))
}

fn words(summary: &str, hint: &str) -> Failure {
    Failure {
        summary: summary.to_owned(),
        hint: hint.to_owned(),
        ..Failure::default()
    }
}

fn too_large(number: Option<usize>, length: usize, limit: usize) -> Failure {
    let which = match number {
        Some(number) => format!("Message {}", number + 1),
        None => "The message".to_owned(),
    };
    Failure {
        summary: format!("{which} is too large to send"),
        reason: format!("it has {length} bytes, and the limit for sending is {limit}"),
        hint: "Send a smaller one, or raise the limit in Settings and make the call again"
            .to_owned(),
        ..Failure::default()
    }
}
