//! The receiving half of a call: head, messages, and the one end every call comes to.
//!
//! ```text
//! Head ─ gRPC ────→ Messages ─→ Trailers ─→ Done
//!   │ ─ not gRPC ─→ Foreign (body kept for display) ─→ Done
//!   └ ends the stream at once (trailers-only) ─→ Done
//! ```
//! All state lies in the struct and is advanced by polling, so a dropped `next` loses nothing.
//! Invariant: messages not yet handed over are bounded by the stream's window, because capacity
//! is given back only when the next chunk is asked for.
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
    CallHead, CallTap, Channel, Chunk, Code, Compression, Deadline, Metadata, Origin, Outcome,
    Received, ResponseHead, Waiting,
    call::{LocalEnd, Stream},
    foreign::Foreign,
    frame::Splitter,
    outcome::{Answer, read_head, read_trailers, second_answer, without_answer},
    trace::{FrameDirection, Trace, headers_bytes, response_bytes},
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
    /// Messages that came.
    answers: usize,
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
            unreleased_bytes: 0,
            burst_bytes: 0,
            last_batch: 0,
            pending_end: None,
            compression: head.compression,
            one_answer: head.one_answer,
            answers: 0,
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
        let (heads, bytes) = self.tap.sent();
        match &self.stage {
            Stage::Head(_) if heads == 0 => Waiting::StreamSlot {
                limit: self.channel.stream_limit(),
            },
            _ if self.stream.is_blocked(bytes) => Waiting::SendWindow,
            Stage::Head(_) => Waiting::Head,
            Stage::Messages | Stage::Trailers | Stage::Foreign(_) | Stage::Done(_) => {
                Waiting::Messages
            }
        }
    }

    /// What came so far.
    pub fn received(&self) -> Received {
        self.splitter.received()
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
        if self.one_answer && self.answers == 0 && outcome.status.code == Code::OK {
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
            | Origin::Deadline
            | Origin::Cancelled
            | Origin::Local => {
                self.stream.end_locally(LocalEnd::Cancelled);
            }
        }
        // A server that keeps the deadline itself may be ahead of our timer by a moment, and calls
        // the end CANCELLED, by a status (tonic) or by a reset. It is one event: grpc-java, too,
        // tells it as the deadline's.
        if let Some((deadline, _)) = &self.deadline
            && outcome.status.code == Code::CANCELLED
            && outcome.origin != Origin::Cancelled
            && deadline.passed()
        {
            *outcome = Outcome {
                trailers: std::mem::take(&mut outcome.trailers),
                ..Outcome::deadline(*deadline, self.waiting())
            };
        }
        self.stage = Stage::Done(outcome.clone());
        self.body = None;
        self.tap.end();
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
                                self.tap.note_headers(FrameDirection::Received, bytes);
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
        self.tap.note_headers(FrameDirection::Received, bytes);
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
        let mut messages = Vec::new();
        let mut batch_bytes = 0;
        let arrived_all = loop {
            let Some(body) = &mut self.body else {
                break true;
            };
            let data = match body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => data,
                Poll::Ready(Some(Err(error))) => {
                    self.pending_end = Some(self.failed(&error));
                    break true;
                }
                Poll::Ready(None) => break true,
                Poll::Pending => {
                    self.burst_bytes = 0;
                    break false;
                }
            };
            if messages.is_empty() {
                messages.reserve(self.last_batch);
            }
            self.unreleased_bytes += data.len();
            self.burst_bytes += data.len();
            let (wire_bytes, before) = (data.len(), messages.len());
            if let Err(error) = self.splitter.push(data, &mut messages) {
                let outcome = Outcome::new(error.to_status(), error.origin());
                self.pending_end = Some(Box::new(outcome));
                break true;
            }
            // What was inflated counts as it lies in memory now.
            let whole = messages.iter().skip(before).map(Bytes::len).sum();
            batch_bytes += wire_bytes.max(whole);
            if batch_bytes >= BATCH_BYTES || messages.len() >= BATCH_MESSAGES {
                break false;
            }
        };
        if !messages.is_empty() {
            self.last_batch = messages.len().min(BATCH_MESSAGES);
            self.answers += messages.len();
            if self.one_answer && self.answers > 1 {
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
        if batch_bytes >= BATCH_BYTES {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn failed(&self, error: &h2::Error) -> Box<Outcome> {
        Box::new(match (self.stream.local_end(), &self.deadline) {
            // The sender resets the stream when the deadline passes while it waits for room.
            (Some(LocalEnd::Deadline), Some((deadline, _))) => {
                Outcome::deadline(*deadline, self.waiting())
            }
            (Some(_), _) => Outcome::cancelled(),
            (None, _) if !error.is_reset() && self.tap.sent().0 == 0 => {
                Outcome::never_sent(error, &self.channel)
            }
            (None, _) => Outcome::from_h2(error, &self.channel),
        })
    }
}

impl Drop for CallReceiver {
    fn drop(&mut self) {
        if !matches!(self.stage, Stage::Done(_)) {
            self.stream.end_locally(LocalEnd::Cancelled);
        }
    }
}
