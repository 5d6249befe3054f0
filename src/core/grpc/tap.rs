//! Writes down every frame of a connection, always on: when, which way, what, how large.
//!
//! The socket below h2 hands over the bytes it read or wrote; the clock is read once for each such
//! turn, not for each frame. DATA frames of one stream that come together become one record.
//! Each call has a log of its own, dropped with the last [`CallTap`] of the call; frames of the
//! connection itself have theirs. Logs keep their first and their last records, so memory is bounded
//! by [`CALL_RECORDS`](super::frame_log::CALL_RECORDS) a call and [`CONNECTION_RECORDS`]; totals are exact.
//! In a steady state nothing is allocated for a frame, and one uncontended lock is taken for a turn.

mod books;

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{
    ConnectSteps,
    frames::{DATA, FrameReader},
    trace::{ConnectionTrace, FrameDirection, FrameType, GoAway, Moment, Trace},
    window::Room,
};
use books::{Books, Run, told};

/// Records kept of the connection itself: this many of its beginning, and as many of its end.
pub(super) const CONNECTION_RECORDS: usize = 256;

#[derive(Debug)]
struct State {
    sent: FrameReader,
    received: FrameReader,
    books: Books,
}

/// What is written down of one connection.
#[derive(Debug)]
pub(crate) struct Tap {
    began: Instant,
    state: Mutex<State>,
    steps: OnceLock<ConnectSteps>,
    /// Told when a call begins while none ran.
    busy: Notify,
}

impl Tap {
    /// For a connection that begins to be made now.
    pub(crate) fn new() -> Arc<Self> {
        let began = Instant::now();
        Arc::new(Self {
            began,
            state: Mutex::new(State {
                sent: FrameReader::of_client(),
                received: FrameReader::of_server(),
                books: Books::new(began),
            }),
            steps: OnceLock::new(),
            busy: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes bytes that went one way together.
    pub(crate) fn note(&self, direction: FrameDirection, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let now = Instant::now();
        let micros = since(self.began, now);
        let mut state = self.state();
        let State {
            sent,
            received,
            books,
        } = &mut *state;
        let reader = match direction {
            FrameDirection::Sent => sent,
            FrameDirection::Received => {
                books.last_received = now;
                received
            }
        };
        let mut run = Run::default();
        reader.feed(bytes, |head, payload| {
            if head.kind == DATA {
                if head.stream != run.stream {
                    books.run(direction, micros, run);
                    run = Run {
                        stream: head.stream,
                        ..Run::default()
                    };
                }
                run.frames = run.frames.saturating_add(1);
                run.bytes = run.bytes.saturating_add(head.length.into());
                run.flags |= head.flags;
            } else {
                books.run(direction, micros, std::mem::take(&mut run));
                books.frame(direction, micros, head, payload);
            }
        });
        books.run(direction, micros, run);
    }

    /// Whether the server's first SETTINGS frame has come.
    pub(crate) fn settings_seen(&self) -> bool {
        self.state().books.settings_seen
    }

    /// The server's last GOAWAY.
    pub(crate) fn go_away(&self) -> Option<GoAway> {
        self.state().books.go_away.clone()
    }

    /// Our last GOAWAY.
    pub(crate) fn our_go_away(&self) -> Option<GoAway> {
        self.state().books.our_go_away.clone()
    }

    /// When something last came from the server.
    pub(crate) fn last_received(&self) -> Instant {
        self.state().books.last_received
    }

    /// How long no call has run; zero while one runs.
    pub(crate) fn idle(&self) -> Duration {
        let books = &self.state().books;
        match books.running {
            0 => {
                let (steady, wall) = books.last_used;
                steady.elapsed().max(wall.elapsed().unwrap_or_default())
            }
            _ => Duration::ZERO,
        }
    }

    /// Waits until a call runs. Cancel-safe.
    pub(crate) async fn busy(&self) {
        loop {
            let busy = self.busy.notified();
            if self.state().books.running > 0 {
                return;
            }
            busy.await;
        }
    }

    /// Says how long making the connection took.
    pub(crate) fn connected(&self, steps: ConnectSteps) {
        let _ = self.steps.set(steps);
    }

    /// Begins the log of a call of `/pkg.Service/Method`.
    pub(crate) fn call(self: &Arc<Self>, stream: u32, path: &str) -> CallTap {
        let mut state = self.state();
        let books = &mut state.books;
        let call = books.log_of(stream);
        call.course.path = Some(path.into());
        books.running = books.running.saturating_add(1);
        if books.running == 1 {
            self.busy.notify_waiters();
        }
        drop(state);
        CallTap(Arc::new(Registration {
            tap: self.clone(),
            stream,
        }))
    }

    /// What happened on the connection, and on one stream where there is one.
    pub(crate) fn trace(&self, call_began: Instant, stream: u32) -> Trace {
        let moment = self.moment(call_began);
        let since_call = since(self.began, call_began);
        let state = self.state();
        let books = &state.books;
        let call = books.calls.get(&stream);
        let marks = call.map_or_else(|| books.marks(), |call| call.marks);
        let first_call = books.first_call.unwrap_or(u64::MAX);
        let connection = books
            .connection
            .entries()
            .filter(|entry| entry.micros <= first_call || !moment(entry.micros).is_before());
        let mut trace = Trace {
            steps: self
                .steps
                .get()
                .map(|steps| steps.told(call_began))
                .unwrap_or_default(),
            records: connection
                .map(|entry| books.record(0, entry, &moment))
                .collect(),
            addresses: self
                .steps
                .get()
                .map(ConnectSteps::addresses)
                .unwrap_or_default(),
            connection_omitted: books.connection.omitted(&moment),
            waits: books.waits(since_call, marks, &moment),
            calls_before: books.calls_made,
            stream,
            ..Trace::default()
        };
        if let Some(call) = call {
            let entries = call.log.entries();
            trace
                .records
                .extend(entries.map(|entry| books.record(stream, entry, &moment)));
            trace.omitted = call.log.omitted(&moment);
            trace.left_out = call.log.left_out(&moment);
            let course = &call.course;
            course.tell_waits(since_call, &moment, &mut trace.waits);
            trace.calls_before = u64::from(stream / 2);
            trace.sent = call.sent;
            trace.received = call.received;
        }
        drop(state);
        // Stable: at one moment the connection's frames come first.
        trace.records.sort_by_key(|record| record.at);
        trace
    }

    /// Tells when something was, from the beginning of a call.
    fn moment(&self, call_began: Instant) -> impl Fn(u64) -> Moment + use<> {
        let offset = signed(since(self.began, call_began))
            .saturating_sub(signed(since(call_began, self.began)));
        move |micros| Moment::from_micros(signed(micros).saturating_sub(offset))
    }

    /// All calls on the connection; times are told from `call_began`, of the call on stream `own`.
    fn connection(&self, call_began: Instant, own: u32) -> ConnectionTrace {
        let moment = self.moment(call_began);
        let steps = self.steps.get().map(|steps| steps.told(call_began));
        let now = since(self.began, Instant::now());
        let state = self.state();
        let books = &state.books;
        let calls = books.calls.iter();
        let running = calls.filter(|(_, call)| call.course.opened.is_some());
        let running = running.map(|(stream, call)| {
            let counts = (call.sent.all(), call.received.all());
            told(*stream, &call.course, counts, call.ended, &moment)
        });
        let mut streams: Vec<_> = running.collect();
        // The network's thread takes the lock for all it reads and writes: what does not change any more is
        // told without it.
        let past: Vec<_> = books.past.iter().map(Arc::clone).collect();
        let remembered = u64::try_from(streams.len() + past.len()).unwrap_or(u64::MAX);
        let records = books.connection.entries();
        let mut trace = ConnectionTrace {
            steps: steps.unwrap_or_default(),
            records: records
                .map(|entry| books.record(0, entry, &moment))
                .collect(),
            omitted: books.connection.omitted(&moment),
            forgotten: books.calls_made.saturating_sub(remembered),
            streams: Vec::new(),
            waits: books.waits(0, Default::default(), &moment),
            now: moment(now),
            own,
        };
        drop(state);
        streams.extend(past.iter().map(|past| {
            let counts = (past.sent, past.received);
            told(past.stream, &past.course, counts, Some(past.ended), &moment)
        }));
        streams.sort_by_key(|course| course.stream);
        trace.streams = streams;
        trace
    }

    #[cfg(test)]
    pub(crate) fn logs(&self) -> (usize, usize) {
        let books = &self.state().books;
        (books.calls.len(), books.running)
    }
}

/// Microseconds between two moments; zero when `end` is earlier.
fn since(start: Instant, end: Instant) -> u64 {
    let span = end.saturating_duration_since(start);
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// The log of one call's frames, to look at while the call runs and after. Clones share it; the log
/// is dropped with the last of them.
#[derive(Debug, Clone)]
pub struct CallTap(Arc<Registration>);

/// How far a call has come with sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sending {
    /// Its head has left.
    pub(crate) head: bool,
    /// Bytes of DATA that left, prefixes included.
    pub(crate) bytes: u64,
    /// What the server's windows allow.
    pub(crate) room: Room,
}

#[derive(Debug)]
struct Registration {
    tap: Arc<Tap>,
    stream: u32,
}

impl CallTap {
    /// What was written down until now; times are told from `call_began`.
    pub fn trace(&self, call_began: Instant) -> Trace {
        self.0.tap.trace(call_began, self.0.stream)
    }

    /// All calls on the same connection; times are told from `call_began`.
    pub fn connection(&self, call_began: Instant) -> ConnectionTrace {
        self.0.tap.connection(call_began, self.0.stream)
    }

    /// Says how large metadata or trailers were before HPACK: names and values together, in bytes,
    /// with pseudo-headers; and whether they ended the stream.
    pub fn note_headers(&self, direction: FrameDirection, uncompressed_bytes: usize, ended: bool) {
        let mut state = self.0.tap.state();
        if let Some(call) = state.books.calls.get_mut(&self.0.stream) {
            call.note_headers(direction, uncompressed_bytes, ended);
        }
    }

    /// What left for the server until now, and what keeps the rest.
    pub(crate) fn sending(&self) -> Sending {
        let state = self.0.tap.state();
        let books = &state.books;
        let call = books.calls.get(&self.0.stream);
        let bytes = call.map_or(0, |call| call.sent.of(FrameType::Data).bytes);
        Sending {
            head: self.0.stream <= books.newest_head,
            bytes,
            room: books
                .windows
                .room(bytes, call.map_or(0, |call| call.increments)),
        }
    }

    /// The call has ended, with a status; its log stays.
    pub(crate) fn end(&self, code: u32) {
        self.0.end(Some(code));
    }
}

/// A tap on no connection, for benchmarks: what looking at frames costs, apart from all else.
#[doc(hidden)]
#[derive(Debug)]
pub struct LooseTap(Arc<Tap>);

#[doc(hidden)]
#[allow(missing_docs, clippy::new_without_default, reason = "not for callers")]
impl LooseTap {
    pub fn new() -> Self {
        Self(Tap::new())
    }

    pub fn call(&self, stream: u32) -> CallTap {
        self.0.call(stream, "")
    }

    pub fn note(&self, direction: FrameDirection, bytes: &[u8]) {
        self.0.note(direction, bytes);
    }
}

impl Registration {
    fn end(&self, code: Option<u32>) {
        let micros = since(self.tap.began, Instant::now());
        self.tap.state().books.end(self.stream, micros, code);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.end(None);
        let mut state = self.tap.state();
        let books = &mut state.books;
        books.forget(self.stream);
        if self.stream > books.newest_head {
            books.dropped.push(self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        frames::{CONTINUATION, FLAG_END_HEADERS, HEADERS, RST_STREAM, SETTINGS},
        trace::Detail,
    };
    use super::{books::KEPT_CONTENTS, *};

    fn frame(kind: u8, stream: u32, length: usize) -> Vec<u8> {
        let [_, a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
        let mut bytes = vec![a, b, c, kind, FLAG_END_HEADERS];
        bytes.extend(stream.to_be_bytes());
        bytes.resize(9 + length, 0);
        bytes
    }

    fn received(tap: &Tap, frames: &[Vec<u8>]) {
        tap.note(FrameDirection::Received, &frames.concat());
    }

    fn told(trace: &Trace) -> Vec<(u32, FrameType, u32, u64)> {
        trace
            .records
            .iter()
            .map(|record| (record.stream, record.frame, record.frames, record.bytes))
            .collect()
    }

    #[test]
    fn data_that_comes_together_is_one_record_a_stream() {
        let tap = Tap::new();
        let (one, two) = (
            tap.call(1, "/test.Service/Method"),
            tap.call(3, "/test.Service/Method"),
        );
        received(
            &tap,
            &[
                frame(DATA, 1, 10),
                frame(DATA, 1, 20),
                frame(DATA, 3, 5),
                frame(DATA, 1, 0),
            ],
        );
        let began = tap.began;
        let together = vec![(1, FrameType::Data, 3, 30)];
        assert_eq!(told(&one.trace(began)), together);
        assert_eq!(told(&two.trace(began)), [(3, FrameType::Data, 1, 5)]);
        while since(tap.began, Instant::now()) == since(tap.began, one_record_at(&one, began)) {}
        received(&tap, &[frame(DATA, 1, 7)]);
        assert_eq!(told(&one.trace(began)).len(), 2, "another turn");
    }

    fn one_record_at(call: &CallTap, began: Instant) -> Instant {
        began + call.trace(began).records.first().unwrap().at.distance()
    }

    #[test]
    fn continuation_belongs_to_its_headers() {
        let tap = Tap::new();
        let call = tap.call(1, "/test.Service/Method");
        let mut begin = frame(HEADERS, 1, 100);
        begin[4] = 0;
        let mut more = frame(CONTINUATION, 1, 50);
        more[4] = 0;
        received(&tap, &[begin, more, frame(CONTINUATION, 1, 25)]);
        received(&tap, &[frame(HEADERS, 1, 3)]);
        let trace = call.trace(tap.began);
        let expected = [
            (1, FrameType::Headers, 3, 175),
            (1, FrameType::Headers, 1, 3),
        ];
        assert_eq!(told(&trace), expected);
        assert_eq!(trace.received.compressed_header_bytes(), 178);
    }

    #[test]
    fn a_flood_on_the_connection_stays_bounded() {
        let tap = Tap::new();
        for _ in 0..100 {
            received(&tap, &vec![frame(SETTINGS, 0, 6); 100]);
        }
        let trace = tap.trace(tap.began, 0);
        assert_eq!(trace.records.len(), 2 * CONNECTION_RECORDS);
        let omitted = trace.connection_omitted.unwrap();
        assert_eq!(omitted.records, 10_000 - 2 * CONNECTION_RECORDS as u64);
        let kept = trace
            .records
            .iter()
            .filter(|record| record.detail != Detail::None);
        assert_eq!(kept.count(), KEPT_CONTENTS);
    }

    #[test]
    fn frames_of_a_dropped_call_leave_nothing() {
        let tap = Tap::new();
        let preface = [0; 24];
        tap.note(FrameDirection::Sent, &preface);
        // The head was on the wire before its call asked for a log.
        tap.note(FrameDirection::Sent, &frame(HEADERS, 1, 5));
        let call = tap.call(1, "/test.Service/Method");
        assert_eq!(told(&call.trace(tap.began)).len(), 1);
        drop(call);
        tap.note(FrameDirection::Sent, &frame(HEADERS, 1, 5));
        tap.note(FrameDirection::Sent, &frame(RST_STREAM, 1, 4));
        received(&tap, &[frame(DATA, 1, 9), frame(HEADERS, 1, 9)]);
        assert_eq!(tap.logs(), (0, 0));
        // The head of a call that was dropped at once leaves nevertheless.
        drop(tap.call(3, "/test.Service/Method"));
        tap.note(FrameDirection::Sent, &frame(HEADERS, 3, 5));
        assert_eq!(tap.logs(), (0, 0));
    }

    #[test]
    fn calls_that_open_side_by_side_are_known_in_any_order() {
        let tap = Tap::new();
        tap.note(FrameDirection::Sent, &[0; 24]);
        let second = tap.call(3, "/test.Service/Method");
        // The first has its stream, and has not yet asked for its log.
        tap.note(FrameDirection::Sent, &frame(HEADERS, 1, 5));
        let first = tap.call(1, "/test.Service/Method");
        assert!(first.sending().head, "its head was written");
        assert_eq!(told(&first.trace(tap.began)).len(), 1);
        assert!(!second.sending().head);
        tap.note(FrameDirection::Sent, &frame(HEADERS, 3, 5));
        assert!(second.sending().head);
    }
}
