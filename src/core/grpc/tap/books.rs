//! What is written down of a connection: its own frames, its calls, and the windows of both sides.
//!
//! Pure but for the clock that says when the connection was used last.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::super::{
    frame_log::{CallLog, Course, Entry, Log},
    frames::{DATA, FLAG_ACK, FrameHead, GO_AWAY, HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE},
    spans::{Mark, Spans},
    trace::{
        Count, Detail, FrameDirection, FrameType, GoAway, Moment, Record, StreamCourse, WaitKind,
        Waits, settings_pairs,
    },
    window::Windows,
};

/// SETTINGS and GOAWAY frames whose contents are kept; ordinary connections have three or four.
pub(super) const KEPT_CONTENTS: usize = 32;

/// Calls that ended whose course is remembered.
const PAST_CALLS: usize = 256;

/// Stream ids are our own odd numbers, one after the other: no peer chooses them.
#[derive(Debug, Default)]
pub(super) struct StreamHasher(u64);

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
pub(super) struct Run {
    pub(super) stream: u32,
    pub(super) frames: u32,
    pub(super) bytes: u64,
    pub(super) flags: u8,
}

/// Everything that is written down.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) connection: Log,
    pub(super) contents: Vec<Detail>,
    pub(super) calls: HashMap<u32, Box<CallLog>, BuildHasherDefault<StreamHasher>>,
    /// The highest stream whose head was written. Heads are written in the order of their streams.
    pub(super) newest_head: u32,
    /// Calls that were dropped before their head was written: it leaves all the same.
    pub(super) dropped: Vec<u32>,
    /// The server's, and ours.
    pub(super) windows: Windows,
    pub(super) own_windows: Windows,
    /// When the connection's windows were used up: the server's, and ours.
    pub(super) send_waits: Spans,
    pub(super) read_waits: Spans,
    /// Calls nobody looks at any more, the newest last.
    pub(super) past: VecDeque<Arc<Past>>,
    /// Calls whose head was written.
    pub(super) calls_made: u64,
    /// Calls that have not ended.
    pub(super) running: usize,
    /// When the first call was sent: what came before made the connection.
    pub(super) first_call: Option<u64>,
    /// When something last came from the server.
    pub(super) last_received: Instant,
    /// When a call last ended, by a clock that may stand still while the machine sleeps and by one
    /// that does not.
    pub(super) last_used: (Instant, SystemTime),
    /// The server's first SETTINGS frame has come.
    pub(super) settings_seen: bool,
    pub(super) go_away: Option<GoAway>,
    pub(super) our_go_away: Option<GoAway>,
}

/// A call nobody looks at any more.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) stream: u32,
    pub(super) course: Course,
    pub(super) sent: Count,
    pub(super) received: Count,
    pub(super) ended: u64,
}

impl Books {
    pub(super) fn new(began: Instant) -> Self {
        Self {
            connection: Log::new(super::CONNECTION_RECORDS),
            contents: Vec::new(),
            calls: HashMap::default(),
            newest_head: 0,
            dropped: Vec::new(),
            windows: Windows::default(),
            own_windows: Windows::default(),
            send_waits: Spans::default(),
            read_waits: Spans::default(),
            past: VecDeque::new(),
            calls_made: 0,
            running: 0,
            first_call: None,
            last_received: began,
            last_used: (began, SystemTime::now()),
            settings_seen: false,
            go_away: None,
            our_go_away: None,
        }
    }

    pub(super) fn frame(
        &mut self,
        direction: FrameDirection,
        micros: u64,
        head: FrameHead,
        payload: &[u8],
    ) {
        let first = |bytes: &[u8]| {
            bytes
                .first_chunk()
                .map_or(0, |bytes| u32::from_be_bytes(*bytes))
        };
        let detail = match head.kind {
            WINDOW_UPDATE | RST_STREAM => first(payload),
            SETTINGS if head.flags & FLAG_ACK == 0 => {
                let pairs = settings_pairs(payload);
                match direction {
                    FrameDirection::Received => {
                        self.settings_seen = true;
                        self.windows.on_settings(&pairs);
                    }
                    FrameDirection::Sent => self.own_windows.on_settings(&pairs),
                }
                for call in self.calls.values_mut() {
                    call.look_at_windows(micros, &self.windows, &self.own_windows);
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

    pub(super) fn run(&mut self, direction: FrameDirection, micros: u64, run: Run) {
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
        let micros = entry.micros;
        match (entry.kind, entry.direction) {
            (WINDOW_UPDATE, direction) if stream == 0 => {
                self.windows_of(direction).on_update(entry.detail);
                self.look_at_windows(micros);
            }
            (DATA, FrameDirection::Sent) => {
                self.windows.on_sent(entry.bytes);
                self.look_at_windows(micros);
            }
            (DATA, FrameDirection::Received) => {
                self.own_windows.on_sent(entry.bytes);
                self.look_at_windows(micros);
            }
            (HEADERS, FrameDirection::Sent) => {
                self.first_call.get_or_insert(micros);
                self.head_written(stream);
            }
            _ => {}
        }
        if stream == 0 {
            return self.connection.push(entry);
        }
        if let Some(call) = self.calls.get_mut(&stream) {
            call.push(entry);
            call.look_at_windows(micros, &self.windows, &self.own_windows);
        }
    }

    /// The windows that an update which goes this way makes larger.
    fn windows_of(&mut self, direction: FrameDirection) -> &mut Windows {
        match direction {
            FrameDirection::Received => &mut self.windows,
            FrameDirection::Sent => &mut self.own_windows,
        }
    }

    fn look_at_windows(&mut self, micros: u64) {
        let Self {
            windows,
            own_windows,
            ..
        } = self;
        self.send_waits.set(micros, windows.connection_is_full());
        self.read_waits
            .set(micros, own_windows.connection_is_full());
    }

    /// The log of a stream, begun if there is none.
    pub(super) fn log_of(&mut self, stream: u32) -> &mut CallLog {
        let marks = self.marks();
        self.calls.entry(stream).or_insert_with(|| {
            let mut log = Box::<CallLog>::default();
            log.marks = marks;
            log
        })
    }

    /// What has ended of the connection's waits.
    pub(super) fn marks(&self) -> [Mark; 2] {
        [self.send_waits.mark(), self.read_waits.mark()]
    }

    /// h2 may write the head before its call could ask for a log.
    fn head_written(&mut self, stream: u32) {
        if stream > self.newest_head {
            self.newest_head = stream;
            self.calls_made = self.calls_made.saturating_add(1);
            if !self.dropped.contains(&stream) {
                self.log_of(stream);
            }
            self.dropped.retain(|dropped| *dropped > stream);
        }
    }

    pub(super) fn record(
        &self,
        stream: u32,
        entry: &Entry,
        moment: &impl Fn(u64) -> Moment,
    ) -> Record {
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

/// A stream's course, with the frames and bytes sent and received.
pub(super) fn told(
    stream: u32,
    course: &Course,
    (sent, received): (Count, Count),
    ended: Option<u64>,
    moment: &impl Fn(u64) -> Moment,
) -> StreamCourse {
    let mut waits = Waits::default();
    course.tell_waits(0, moment, &mut waits);
    StreamCourse {
        stream,
        path: course.path.as_deref().unwrap_or_default().to_owned(),
        opened: moment(course.opened.unwrap_or_default()),
        half_closed: course.half_closed.map(moment),
        head: course.head.map(moment),
        answered: course.answered.map(moment),
        reset: course
            .reset
            .map(|(at, whose, code)| (moment(at), whose, code)),
        last: moment(course.last),
        ended: ended.map(moment),
        code: course.code,
        sent,
        received,
        waits,
    }
}

impl Books {
    pub(super) fn end(&mut self, stream: u32, micros: u64, code: Option<u32>) {
        if let Some(call) = self.calls.get_mut(&stream)
            && call.ended.is_none()
        {
            call.ended = Some(micros);
            call.course.code = code;
            call.look_at_windows(micros, &self.windows, &self.own_windows);
            self.running = self.running.saturating_sub(1);
            self.last_used = (Instant::now(), SystemTime::now());
        }
    }

    /// Forgets the frames of a call; its course is remembered for a while.
    pub(super) fn forget(&mut self, stream: u32) {
        let Some(call) = self.calls.remove(&stream) else {
            return;
        };
        if let (Some(_), Some(ended)) = (call.course.opened, call.ended) {
            if self.past.len() >= PAST_CALLS {
                self.past.pop_front();
            }
            self.past.push_back(Arc::new(Past {
                stream,
                sent: call.sent.all(),
                received: call.received.all(),
                course: call.course,
                ended,
            }));
        }
    }

    /// When the connection's windows were used up, of what ended after `from`, and the marks of that moment.
    pub(super) fn waits(
        &self,
        from: u64,
        [send, read]: [Mark; 2],
        moment: &impl Fn(u64) -> Moment,
    ) -> Waits {
        let mut waits = Waits::default();
        let of = [
            (&self.send_waits, WaitKind::SendConnection, send),
            (&self.read_waits, WaitKind::ReadConnection, read),
        ];
        for (spans, kind, mark) in of {
            spans.tell(kind, (from, mark), moment, &mut waits);
        }
        waits
    }
}

impl Course {
    pub(super) fn tell_waits(&self, from: u64, moment: &impl Fn(u64) -> Moment, waits: &mut Waits) {
        let of = [
            (&self.send_waits, WaitKind::SendStream),
            (&self.read_waits, WaitKind::ReadStream),
        ];
        for (spans, kind) in of {
            spans.tell(kind, (from, Mark::default()), moment, waits);
        }
    }
}
