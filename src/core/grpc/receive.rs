//! The receiving half of a call: head, messages, and the one end every call comes to.
//!
//! ```text
//! Head ─ gRPC ────→ Messages ─→ Trailers ─→ Done
//!   │ ─ not gRPC ─→ Foreign (body kept for display) ─→ Done
//!   └ ends the stream at once (trailers-only) ─→ Done
//! ```
//! All state lies in the struct and is advanced by polling, so a dropped `next` loses nothing.
//! Invariants: messages not yet handed over are bounded by the stream's window, because capacity
//! is given back only when the next chunk is asked for; of what is inflated, one batch and one message
//! more are in memory.
//! How a call ended is decided here and nowhere else, so that every caller tells the same.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use h2::{RecvStream, client::ResponseFuture};
use http::Response;
use tokio::time::{Sleep, sleep_until};

use super::{
    CallHead, CallTap, Channel, Chunk, Code, Compression, Deadline, Messages, Metadata, Origin,
    Outcome, ResponseHead, Waiting,
    call::{LocalEnd, Stream},
    foreign::Foreign,
    frame::{FrameError, Splitter},
    holds::Hold,
    inflate::{Inflated, Inflating, inflate},
    outcome::{Answer, read_head, read_trailers, second_answer, without_answer},
    trace::{FrameDirection, Trace, headers_bytes, response_bytes},
    window::Room,
};

/// A batch ends here even when more has arrived, so that the caller can store and show it.
const BATCH_BYTES: usize = 1024 * 1024;
const BATCH_MESSAGES: usize = 8 * 1024;

/// A server that is always ahead of us would otherwise keep other tasks of the thread waiting.
const BURST_BYTES: usize = 4 * 1024 * 1024;

/// The receiving half. Dropping it resets the stream with CANCEL.
#[derive(Debug)]
pub struct CallReceiver {
    stage: Stage,
    body: Option<RecvStream>,
    stream: Arc<Stream>,
    /// Keeps the connection alive.
    channel: Channel,
    tap: CallTap,
    deadline: Option<(Deadline, Pin<Box<Sleep>>)>,
    splitter: Splitter,
    /// A message that is inflated on another thread; those behind it wait.
    inflating: Option<Inflating>,
    max_bytes: usize,
    received: Received,
    /// Bytes received for which capacity was not given back yet.
    unreleased_bytes: usize,
    /// Bytes received since the stream last had nothing for us.
    burst_bytes: usize,
    /// Messages of the batch before: a guess at the next.
    last_batch: usize,
    /// An end that waits until the chunk before it was handed over.
    pending_end: Option<Box<Outcome>>,
    /// Of what is sent.
    compression: Compression,
    /// The method has one answer.
    one_answer: bool,
    /// There while reading is held.
    hold: Option<Hold>,
}

/// What came so far, in messages and in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// Messages.
    pub messages: u64,
    /// Those of them that came compressed.
    pub compressed: u64,
    /// Bytes of the messages as they came, without their prefixes.
    pub wire_bytes: u64,
    /// Bytes of the messages after inflating.
    pub bytes: u64,
}

/// Messages that are handed over together.
#[derive(Default)]
struct Batch {
    messages: Messages,
    /// What was read and what it inflated to.
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES || self.messages.len() >= BATCH_MESSAGES
    }
}

#[derive(Debug)]
enum Stage {
    Head(ResponseFuture),
    Messages,
    Trailers,
    Foreign(Box<Foreign>),
    Done(Box<Outcome>),
}

enum Step {
    Chunk(Chunk),
    End(Box<Outcome>),
}

impl Step {
    fn end(outcome: Outcome) -> Self {
        Self::End(Box::new(outcome))
    }
}

impl CallReceiver {
    pub(crate) fn new(
        response: ResponseFuture,
        stream: Arc<Stream>,
        channel: Channel,
        tap: CallTap,
        head: &CallHead,
    ) -> Self {
        let timer = |deadline: Deadline| (deadline, Box::pin(sleep_until(deadline.at().into())));
        Self {
            stage: Stage::Head(response),
            body: None,
            stream,
            channel,
            tap,
            deadline: head.deadline.map(timer),
            splitter: Splitter::new(head.max_receive_bytes),
            inflating: None,
            max_bytes: head.max_receive_bytes,
            received: Received::default(),
            unreleased_bytes: 0,
            burst_bytes: 0,
            last_batch: 0,
            pending_end: None,
            compression: head.compression,
            one_answer: head.one_answer,
            hold: None,
        }
    }

    /// Says whether reading is held: whether [`next`](Self::next) will not be asked for a while. What is left
    /// unread then takes no room from the other calls of the connection.
    pub fn set_held(&mut self, held: bool) {
        if held != self.hold.is_some() {
            self.hold = held.then(|| self.channel.hold());
        }
    }

    /// Waits for what comes next. Cancel-safe. Ends with `DEADLINE_EXCEEDED` when the deadline passes.
    /// After the end, says the end again.
    pub async fn next(&mut self) -> Chunk {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Resets the stream with CANCEL; the next [`next`](Self::next) returns the end.
    pub fn cancel(&mut self) {
        if !matches!(self.stage, Stage::Done(_)) {
            self.stream.end_locally(LocalEnd::Cancelled);
            self.pending_end = Some(Box::new(Outcome::cancelled()));
        }
    }

    /// What the call waits for, as far as this side can tell.
    pub fn waiting(&self) -> Waiting {
        let sending = self.tap.sending();
        match &self.stage {
            Stage::Head(_) if !sending.head => Waiting::StreamSlot {
                limit: self.channel.stream_limit(),
            },
            _ if self.stream.is_blocked(sending.bytes) => match sending.room {
                Room::NoneInStream => Waiting::SendWindow,
                Room::NoneInConnection => Waiting::ConnectionWindow,
                Room::Some => Waiting::Network,
            },
            Stage::Head(_) => Waiting::Head,
            Stage::Messages | Stage::Trailers | Stage::Foreign(_) | Stage::Done(_) => {
                Waiting::Messages
            }
        }
    }

    /// Bytes of messages that have left for the server until now, prefixes included.
    pub fn sent_bytes(&self) -> u64 {
        self.tap.sending().bytes
    }

    /// What came so far.
    pub fn received(&self) -> Received {
        self.received
    }

    /// What the call looked like on the wire until now; times are told from `call_began`.
    pub fn trace(&self, call_began: Instant) -> Trace {
        self.tap.trace(call_began)
    }

    /// A handle to the same, for a look while the call runs.
    pub fn tap(&self) -> &CallTap {
        &self.tap
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Chunk> {
        if let Some(outcome) = self.pending_end.take() {
            return Poll::Ready(self.finish(outcome));
        }
        // What arrived in time is still handed over when the caller comes late, but a server
        // that sends for ever gets no more capacity after the deadline.
        if !self.overdue() {
            self.release();
        }
        match self.poll_stage(cx) {
            Poll::Ready(Step::Chunk(chunk)) => Poll::Ready(chunk),
            Poll::Ready(Step::End(outcome)) => Poll::Ready(self.finish(outcome)),
            Poll::Pending => {
                if let Some((deadline, timer)) = &mut self.deadline {
                    ready!(timer.as_mut().poll(cx));
                    let deadline = *deadline;
                    let outcome = match &mut self.stage {
                        // What answered is known, and tells more than that its page has no end.
                        Stage::Foreign(foreign) => foreign.outcome(),
                        _ => Outcome::deadline(deadline, self.waiting()),
                    };
                    self.stream.end_locally(LocalEnd::Deadline);
                    return Poll::Ready(self.finish(Box::new(outcome)));
                }
                Poll::Pending
            }
        }
    }

    fn overdue(&self) -> bool {
        self.deadline
            .as_ref()
            .is_some_and(|(deadline, _)| deadline.passed())
    }

    fn release(&mut self) {
        if let Some(body) = &mut self.body
            && self.unreleased_bytes > 0
        {
            // Fails only when the stream is gone, and its capacity with it.
            let _ = body.flow_control().release_capacity(self.unreleased_bytes);
            self.unreleased_bytes = 0;
        }
    }

    /// Ends the call: tells the sender, resets what is left of the stream, frees its buffers.
    fn finish(&mut self, mut outcome: Box<Outcome>) -> Chunk {
        if let Stage::Done(outcome) = &self.stage {
            return Chunk::End(outcome.clone());
        }
        if self.compression == Compression::Identity {
            // The server's list is the reason only where something was compressed.
            outcome.accepts = None;
        }
        if self.one_answer && self.received.messages == 0 && outcome.status.code == Code::OK {
            without_answer(&mut outcome);
        }
        match outcome.origin {
            Origin::Trailers | Origin::TrailersOnly | Origin::Reset(_) | Origin::Connection => {
                self.stream.end_by_server();
            }
            Origin::Http { .. }
            | Origin::NoStatus
            | Origin::Protocol
            | Origin::TooLarge { .. }
            | Origin::NoMemory
            | Origin::Deadline
            | Origin::Cancelled
            | Origin::Local => {
                self.stream.end_locally(LocalEnd::Cancelled);
            }
        }
        // A server that keeps the deadline itself may be ahead of our timer by a moment, and calls
        // the end CANCELLED, by a status (tonic) or by a reset; proxies reset with any code (Envoy,
        // HAProxy). It is one event: grpc-go and grpc-java, too, tell it as the deadline's.
        let gave_up = match outcome.origin {
            Origin::Reset(_) => true,
            Origin::Cancelled => false,
            _ => outcome.status.code == Code::CANCELLED,
        };
        if let Some((deadline, _)) = &self.deadline
            && gave_up
            && deadline.passed()
        {
            *outcome = Outcome {
                trailers: std::mem::take(&mut outcome.trailers),
                ..Outcome::deadline(*deadline, self.waiting())
            };
        }
        self.tap.end(outcome.status.code.0);
        self.stage = Stage::Done(outcome.clone());
        self.body = None;
        self.inflating = None;
        Chunk::End(outcome)
    }

    fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            match &mut self.stage {
                Stage::Head(response) => {
                    return Poll::Ready(match ready!(Pin::new(response).poll(cx)) {
                        Ok(response) => self.on_head(response),
                        Err(error) => Step::End(self.failed(&error)),
                    });
                }
                Stage::Messages => match ready!(self.poll_messages(cx)) {
                    Some(step) => return Poll::Ready(step),
                    None => self.stage = Stage::Trailers,
                },
                Stage::Trailers => {
                    let trailers = match &mut self.body {
                        Some(body) => ready!(body.poll_trailers(cx)),
                        None => Ok(None),
                    };
                    return Poll::Ready(match trailers {
                        Ok(trailers) => {
                            if let Some(trailers) = &trailers {
                                let bytes = headers_bytes(trailers);
                                self.tap.note_headers(FrameDirection::Received, bytes, true);
                            }
                            let whole = self.splitter.at_boundary();
                            Step::end(read_trailers(trailers.as_ref(), whole))
                        }
                        Err(error) => Step::End(self.failed(&error)),
                    });
                }
                Stage::Foreign(foreign) => {
                    let outcome = match &mut self.body {
                        Some(body) => ready!(foreign.poll(body, cx)),
                        None => foreign.outcome(),
                    };
                    return Poll::Ready(Step::end(outcome));
                }
                Stage::Done(outcome) => return Poll::Ready(Step::End(outcome.clone())),
            }
        }
    }

    fn on_head(&mut self, response: Response<RecvStream>) -> Step {
        let (head, body) = response.into_parts();
        let bytes = response_bytes(&head.headers);
        self.tap
            .note_headers(FrameDirection::Received, bytes, body.is_end_stream());
        match read_head(head.status, &head.headers, body.is_end_stream()) {
            Answer::Ended(outcome) => return Step::end(outcome),
            Answer::Messages(encoding) => {
                self.splitter.set_encoding(encoding);
                self.stage = Stage::Messages;
            }
            Answer::Foreign(foreign) => self.stage = Stage::Foreign(Box::new(foreign)),
            Answer::Refused(outcome) => self.pending_end = Some(Box::new(outcome)),
        }
        self.body = Some(body);
        Step::Chunk(Chunk::Head(ResponseHead {
            http_status: head.status.as_u16(),
            metadata: Metadata::from_headers(&head.headers),
        }))
    }

    /// Takes what has arrived; `None` when the stream has no more data.
    fn poll_messages(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        if self.burst_bytes >= BURST_BYTES && !self.overdue() {
            self.burst_bytes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut batch = Batch::default();
        let arrived_all = loop {
            if batch.is_full() {
                break false;
            }
            match self.poll_message(cx, &mut batch) {
                Ok(Poll::Ready(true)) => {}
                Ok(Poll::Ready(false)) => break true,
                Ok(Poll::Pending) => break false,
                Err(outcome) => {
                    self.pending_end = Some(outcome);
                    break true;
                }
            }
        };
        let messages = batch.messages;
        if !messages.is_empty() {
            self.last_batch = messages.len();
            if self.one_answer && self.received.messages > 1 {
                // Nothing that follows can make this a good answer.
                self.pending_end = Some(Box::new(second_answer()));
            }
            return Poll::Ready(Some(Step::Chunk(Chunk::Messages(messages))));
        }
        if let Some(outcome) = self.pending_end.take() {
            return Poll::Ready(Some(Step::End(outcome)));
        }
        if arrived_all {
            return Poll::Ready(None);
        }
        // Part of a message larger than a batch, or even than the window: the splitter holds a
        // copy under its limit, and the rest needs room to come.
        if !self.overdue() {
            self.release();
        }
        if batch.bytes >= BATCH_BYTES {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Goes one step on: a message into the batch, or more bytes to find one in. `false` when the
    /// stream has no more data.
    fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Result<Poll<bool>, Box<Outcome>> {
        if let Some(inflating) = &mut self.inflating {
            let Poll::Ready(message) = inflating.poll(cx) else {
                return Ok(Poll::Pending);
            };
            let wire_bytes = inflating.wire_bytes();
            self.inflating = None;
            self.take(
                wire_bytes,
                message.map_err(|error| broken(&error))?,
                true,
                batch,
            );
            return Ok(Poll::Ready(true));
        }
        if batch.messages.is_empty() {
            batch.messages.reserve(self.last_batch);
        }
        let before = batch.messages.len();
        let most = BATCH_MESSAGES.saturating_sub(before);
        let bytes = self.splitter.take_plain(&mut batch.messages, most);
        let taken = batch.messages.len() - before;
        if taken > 0 {
            self.received.messages += taken as u64;
            self.received.wire_bytes += bytes as u64;
            self.received.bytes += bytes as u64;
            return Ok(Poll::Ready(true));
        }
        if let Some(framed) = self
            .splitter
            .next_message()
            .map_err(|error| broken(&error))?
        {
            let compressed = framed.compression != Compression::Identity;
            let wire_bytes = framed.bytes.len();
            match inflate(framed, self.max_bytes).map_err(|error| broken(&error))? {
                Inflated::Now(message) => self.take(wire_bytes, message, compressed, batch),
                Inflated::Later(inflating) => self.inflating = Some(inflating),
            }
            return Ok(Poll::Ready(true));
        }
        let data = match self.body.as_mut().map(|body| body.poll_data(cx)) {
            Some(Poll::Ready(Some(Ok(data)))) => data,
            Some(Poll::Ready(Some(Err(error)))) => return Err(self.failed(&error)),
            None | Some(Poll::Ready(None)) => return Ok(Poll::Ready(false)),
            Some(Poll::Pending) => {
                self.burst_bytes = 0;
                return Ok(Poll::Pending);
            }
        };
        self.unreleased_bytes += data.len();
        self.burst_bytes += data.len();
        batch.bytes += data.len();
        self.splitter.feed(data);
        Ok(Poll::Ready(true))
    }

    /// Adds a whole message to the batch.
    fn take(&mut self, wire_bytes: usize, message: Bytes, compressed: bool, batch: &mut Batch) {
        self.received.messages += 1;
        self.received.wire_bytes += wire_bytes as u64;
        self.received.bytes += message.len() as u64;
        if compressed {
            self.received.compressed += 1;
            self.burst_bytes += message.len();
            batch.bytes += message.len();
        }
        batch.messages.push(message);
    }

    fn failed(&self, error: &h2::Error) -> Box<Outcome> {
        Box::new(match (self.stream.local_end(), &self.deadline) {
            // The sender resets the stream when the deadline passes while it waits for room.
            (Some(LocalEnd::Deadline), Some((deadline, _))) => {
                Outcome::deadline(*deadline, self.waiting())
            }
            (Some(_), _) => Outcome::cancelled(),
            (None, _) if !error.is_reset() && !self.tap.sending().head => {
                Outcome::never_sent(error, &self.channel)
            }
            (None, _) => Outcome::from_h2(error, &self.channel),
        })
    }
}

/// The end of a call whose server broke the framing.
fn broken(error: &FrameError) -> Box<Outcome> {
    Box::new(Outcome::new(error.to_status(), error.origin()))
}

impl Drop for CallReceiver {
    fn drop(&mut self) {
        if !matches!(self.stage, Stage::Done(_)) {
            self.stream.end_locally(LocalEnd::Cancelled);
        }
    }
}
