//! Writes down every frame of a connection, always on: when, which way, what, how large.
//!
//! The socket below h2 hands over the bytes it read or wrote; the clock is read once for each such
//! turn, not for each frame. DATA frames of one stream that come together become one record.
//! Each call has a log of its own, dropped with the last [`CallTap`] of the call; frames of the
//! connection itself have theirs. Logs keep their first and their last records, so memory is bounded
//! by [`CALL_RECORDS`](super::frame_log::CALL_RECORDS) a call and [`CONNECTION_RECORDS`]; totals are exact.
//! In a steady state nothing is allocated for a frame, and one uncontended lock is taken for a turn.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::Notify;

use super::{
    ConnectSteps,
    frame_log::{CallLog, Entry, Log},
    frames::{
        DATA, FLAG_ACK, FrameHead, FrameReader, GO_AWAY, HEADERS, RST_STREAM, SETTINGS,
        WINDOW_UPDATE,
    },
    trace::{Detail, FrameDirection, FrameType, GoAway, Moment, Record, Trace, settings_pairs},
    window::{Room, SendWindows},
};

/// Records kept of the connection itself: this many of its beginning, and as many of its end.
pub(super) const CONNECTION_RECORDS: usize = 256;

/// SETTINGS and GOAWAY frames whose contents are kept; ordinary connections have three or four.
const KEPT_CONTENTS: usize = 32;

/// Stream ids are our own odd numbers, one after the other: no peer chooses them.
#[derive(Debug, Default)]
struct StreamHasher(u64);

impl Hasher for StreamHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32((*byte).into());
        }
    }

    fn write_u32(&mut self, stream: u32) {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0.rotate_left(5) ^ u64::from(stream)).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// DATA frames of one stream that follow on each other.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    stream: u32,
    frames: u32,
    bytes: u64,
    flags: u8,
}

#[derive(Debug)]
struct State {
    sent: FrameReader,
    received: FrameReader,
    books: Books,
}

/// Everything that is written down.
#[derive(Debug)]
struct Books {
    connection: Log,
    contents: Vec<Detail>,
    calls: HashMap<u32, Box<CallLog>, BuildHasherDefault<StreamHasher>>,
    /// The highest stream whose head was written. Heads are written in the order of their streams.
    newest_head: u32,
    /// Calls that were dropped before their head was written: it leaves all the same.
    dropped: Vec<u32>,
    windows: SendWindows,
    /// Calls that have not ended.
    running: usize,
    /// When the first call was sent: what came before made the connection.
    first_call: Option<u64>,
    /// When something last came from the server.
    last_received: Instant,
    /// When a call last ended, by a clock that may stand still while the machine sleeps and by one
    /// that does not.
    last_used: (Instant, SystemTime),
    /// The server's first SETTINGS frame has come.
    settings_seen: bool,
    go_away: Option<GoAway>,
    our_go_away: Option<GoAway>,
}

impl Books {
    fn frame(&mut self, direction: FrameDirection, micros: u64, head: FrameHead, payload: &[u8]) {
        let first = |bytes: &[u8]| {
            bytes
                .first_chunk()
                .map_or(0, |bytes| u32::from_be_bytes(*bytes))
        };
        let detail = match head.kind {
            WINDOW_UPDATE | RST_STREAM => first(payload),
            SETTINGS if head.flags & FLAG_ACK == 0 => {
                let pairs = settings_pairs(payload);
                if direction == FrameDirection::Received {
                    self.settings_seen = true;
                    self.windows.on_settings(&pairs);
                }
                self.keep(|| Detail::Settings(pairs))
            }
            GO_AWAY => {
                let go_away = GoAway::parse(payload);
                match direction {
                    FrameDirection::Sent => self.our_go_away.clone_from(&go_away),
                    FrameDirection::Received => self.go_away.clone_from(&go_away),
                }
                self.keep(|| go_away.map_or(Detail::None, Detail::GoAway))
            }
            _ => 0,
        };
        let entry = Entry {
            micros,
            bytes: head.length.into(),
            frames: 1,
            detail,
            kind: head.kind,
            flags: head.flags,
            direction,
        };
        self.push(head.stream, entry);
    }

    /// Keeps what a frame says; the index is beyond the end when there is no room.
    fn keep(&mut self, detail: impl FnOnce() -> Detail) -> u32 {
        let index = self.contents.len();
        if index < KEPT_CONTENTS {
            self.contents.push(detail());
        }
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn run(&mut self, direction: FrameDirection, micros: u64, run: Run) {
        let Run {
            stream,
            frames,
            bytes,
            flags,
        } = run;
        if frames > 0 {
            let entry = Entry {
                micros,
                bytes,
                frames,
                detail: 0,
                kind: DATA,
                flags,
                direction,
            };
            self.push(stream, entry);
        }
    }

    fn push(&mut self, stream: u32, entry: Entry) {
        match (entry.kind, entry.direction) {
            (WINDOW_UPDATE, FrameDirection::Received) if stream == 0 => {
                self.windows.on_update(entry.detail);
            }
            (DATA, FrameDirection::Sent) => self.windows.on_sent(entry.bytes),
            (HEADERS, FrameDirection::Sent) => {
                self.first_call.get_or_insert(entry.micros);
                self.head_written(stream);
            }
            _ => {}
        }
        if stream == 0 {
            return self.connection.push(entry);
        }
        if let Some(call) = self.calls.get_mut(&stream) {
            call.push(entry);
        }
    }

    /// h2 may write the head before its call could ask for a log.
    fn head_written(&mut self, stream: u32) {
        if stream > self.newest_head {
            self.newest_head = stream;
            if !self.dropped.contains(&stream) {
                self.calls.entry(stream).or_default();
            }
            self.dropped.retain(|dropped| *dropped > stream);
        }
    }

    fn record(&self, stream: u32, entry: &Entry, moment: &impl Fn(u64) -> Moment) -> Record {
        let content = || {
            let kept = usize::try_from(entry.detail).ok();
            kept.and_then(|index| self.contents.get(index)).cloned()
        };
        let detail = match entry.kind {
            HEADERS if entry.detail > 0 => Detail::HeaderBytes(entry.detail),
            WINDOW_UPDATE => Detail::Increment(entry.detail),
            RST_STREAM => Detail::Reset(entry.detail),
            SETTINGS if entry.flags & FLAG_ACK == 0 => content().unwrap_or_default(),
            GO_AWAY => content().unwrap_or_default(),
            _ => Detail::None,
        };
        Record {
            at: moment(entry.micros),
            direction: entry.direction,
            frame: FrameType::from_wire(entry.kind),
            flags: entry.flags,
            stream,
            frames: entry.frames,
            bytes: entry.bytes,
            detail,
        }
    }
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
                books: Books {
                    connection: Log::new(CONNECTION_RECORDS),
                    contents: Vec::new(),
                    calls: HashMap::default(),
                    newest_head: 0,
                    dropped: Vec::new(),
                    windows: SendWindows::default(),
                    running: 0,
                    first_call: None,
                    last_received: began,
                    last_used: (began, SystemTime::now()),
                    settings_seen: false,
                    go_away: None,
                    our_go_away: None,
                },
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

    /// Begins the log of a call.
    pub(crate) fn call(self: &Arc<Self>, stream: u32) -> CallTap {
        let mut state = self.state();
        let books = &mut state.books;
        books.calls.entry(stream).or_default();
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
        let offset = signed(since(self.began, call_began))
            .saturating_sub(signed(since(call_began, self.began)));
        let moment = |micros: u64| Moment::from_micros(signed(micros).saturating_sub(offset));
        let state = self.state();
        let books = &state.books;
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
            connection_omitted: books.connection.omitted(moment),
            stream,
            ..Trace::default()
        };
        if let Some(call) = books.calls.get(&stream) {
            let entries = call.log.entries();
            trace
                .records
                .extend(entries.map(|entry| books.record(stream, entry, &moment)));
            trace.omitted = call.log.omitted(moment);
            trace.sent = call.sent;
            trace.received = call.received;
        }
        drop(state);
        // Stable: at one moment the connection's frames come first.
        trace.records.sort_by_key(|record| record.at);
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

    /// The call has ended; its log stays.
    pub(crate) fn end(&self) {
        self.0.tap.state().books.end(self.0.stream);
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
        self.0.call(stream)
    }

    pub fn note(&self, direction: FrameDirection, bytes: &[u8]) {
        self.0.note(direction, bytes);
    }
}

impl Books {
    fn end(&mut self, stream: u32) {
        if let Some(call) = self.calls.get_mut(&stream)
            && !call.ended
        {
            call.ended = true;
            self.running = self.running.saturating_sub(1);
            self.last_used = (Instant::now(), SystemTime::now());
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.tap.state();
        let books = &mut state.books;
        books.end(self.stream);
        books.calls.remove(&self.stream);
        if self.stream > books.newest_head {
            books.dropped.push(self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::{CONTINUATION, FLAG_END_HEADERS};
    use super::*;

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
        let (one, two) = (tap.call(1), tap.call(3));
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
        let call = tap.call(1);
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
        let call = tap.call(1);
        assert_eq!(told(&call.trace(tap.began)).len(), 1);
        drop(call);
        tap.note(FrameDirection::Sent, &frame(HEADERS, 1, 5));
        tap.note(FrameDirection::Sent, &frame(RST_STREAM, 1, 4));
        received(&tap, &[frame(DATA, 1, 9), frame(HEADERS, 1, 9)]);
        assert_eq!(tap.logs(), (0, 0));
        // The head of a call that was dropped at once leaves nevertheless.
        drop(tap.call(3));
        tap.note(FrameDirection::Sent, &frame(HEADERS, 3, 5));
        assert_eq!(tap.logs(), (0, 0));
    }

    #[test]
    fn calls_that_open_side_by_side_are_known_in_any_order() {
        let tap = Tap::new();
        tap.note(FrameDirection::Sent, &[0; 24]);
        let second = tap.call(3);
        // The first has its stream, and has not yet asked for its log.
        tap.note(FrameDirection::Sent, &frame(HEADERS, 1, 5));
        let first = tap.call(1);
        assert!(first.sending().head, "its head was written");
        assert_eq!(told(&first.trace(tap.began)).len(), 1);
        assert!(!second.sending().head);
        tap.note(FrameDirection::Sent, &frame(HEADERS, 3, 5));
        assert!(second.sending().head);
    }
}
