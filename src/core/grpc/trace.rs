//! What a call looked like on the wire: the steps of its connection and the frames of its stream.
//!
//! A [`Trace`] is a snapshot of what the tap wrote down. Plain data; taken at the end of a call, or
//! at any moment before for a live view. Of a long call the first and the last records are kept and
//! what lies between is counted; the totals are exact.
//! Spec: RFC 9113, section 6.

use std::{net::IpAddr, time::Duration};

use http::{HeaderMap, Request};

/// A moment, as seen from the beginning of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment {
    micros: i64,
}

impl Moment {
    /// Microseconds since the call began; negative for what happened before, on a connection that
    /// was open already.
    pub fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// Microseconds since the call began; negative before.
    pub fn micros(self) -> i64 {
        self.micros
    }

    /// Whether it was before the call.
    pub fn is_before(self) -> bool {
        self.micros < 0
    }

    /// How far from the beginning of the call, before or after.
    pub fn distance(self) -> Duration {
        Duration::from_micros(self.micros.unsigned_abs())
    }
}

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameDirection {
    /// From us.
    Sent,
    /// From the server.
    Received,
}

/// The type of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameType {
    /// A piece of the messages.
    Data,
    /// Metadata or trailers, with the CONTINUATION frames after it.
    Headers,
    /// Without meaning today.
    Priority,
    /// The end of a stream before its time.
    RstStream,
    /// What a side allows.
    Settings,
    /// A call the server begins; never allowed by us.
    PushPromise,
    /// Is anybody there?
    Ping,
    /// The end of the connection is near.
    GoAway,
    /// Room for more data.
    WindowUpdate,
    /// More of HEADERS, where it did not follow at once.
    Continuation,
    /// One that RFC 9113 does not know.
    Other(u8),
}

impl FrameType {
    pub(crate) fn from_wire(kind: u8) -> Self {
        match kind {
            0 => Self::Data,
            1 => Self::Headers,
            2 => Self::Priority,
            3 => Self::RstStream,
            4 => Self::Settings,
            5 => Self::PushPromise,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            other => Self::Other(other),
        }
    }

    fn to_wire(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Headers => 1,
            Self::Priority => 2,
            Self::RstStream => 3,
            Self::Settings => 4,
            Self::PushPromise => 5,
            Self::Ping => 6,
            Self::GoAway => 7,
            Self::WindowUpdate => 8,
            Self::Continuation => 9,
            Self::Other(kind) => kind,
        }
    }

    /// Its name in RFC 9113; `UNKNOWN` for others.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "DATA",
            Self::Headers => "HEADERS",
            Self::Priority => "PRIORITY",
            Self::RstStream => "RST_STREAM",
            Self::Settings => "SETTINGS",
            Self::PushPromise => "PUSH_PROMISE",
            Self::Ping => "PING",
            Self::GoAway => "GOAWAY",
            Self::WindowUpdate => "WINDOW_UPDATE",
            Self::Continuation => "CONTINUATION",
            Self::Other(_) => "UNKNOWN",
        }
    }
}

/// What a frame said, beside its head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Detail {
    /// Nothing that was kept.
    #[default]
    None,
    /// HEADERS: names and values together, in bytes, before HPACK made them smaller.
    HeaderBytes(u32),
    /// WINDOW_UPDATE: bytes of new room.
    Increment(u32),
    /// RST_STREAM: the HTTP/2 error code.
    Reset(u32),
    /// SETTINGS: pairs of identifier and value, the first 85.
    Settings(Vec<(u16, u32)>),
    /// GOAWAY.
    GoAway(GoAway),
}

/// What GOAWAY says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoAway {
    /// The HTTP/2 error code; 0 for an end in peace.
    pub code: u32,
    /// The last stream the sender may have looked at.
    pub last_stream: u32,
    /// Debug data, escaped; its first 504 bytes.
    pub debug: String,
}

/// One frame, or DATA frames of one stream that came (or went) together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Moment,
    /// Which way.
    pub direction: FrameDirection,
    /// Its type.
    pub frame: FrameType,
    /// Its flags; of several frames, all of them together.
    pub flags: u8,
    /// The stream; 0 for the connection.
    pub stream: u32,
    /// How many frames.
    pub frames: u32,
    /// Length of the payloads, without the heads of 9 bytes.
    pub bytes: u64,
    /// What it said.
    pub detail: Detail,
}

/// The steps of making a connection, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Name lookup.
    Resolve,
    /// The socket.
    Connect,
    /// The tunnel through a proxy.
    Proxy,
    /// TLS handshake.
    Tls,
    /// From the preface to the server's SETTINGS.
    Settings,
}

/// A step of making the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// When it began.
    pub at: Moment,
    /// How long it took, or has taken.
    pub took: Duration,
    /// How it ended.
    pub end: StepEnd,
}

/// How a step of making a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepEnd {
    /// As it should.
    Done,
    /// With the error that the call ended with, or where addresses are tried one after the other, with
    /// that of one.
    Failed,
    /// At its limit.
    TimedOut,
    /// It was under way when it was looked at: the call was cancelled, or its deadline passed.
    Unfinished,
}

/// Frames and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Frames.
    pub frames: u64,
    /// Length of their payloads.
    pub bytes: u64,
}

impl Count {
    pub(crate) fn add(&mut self, frames: u32, bytes: u64) {
        self.frames = self.frames.saturating_add(frames.into());
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// One more than the types of RFC 9113, for all others.
const COUNTED_TYPES: usize = 11;

/// Everything that went one way, by type of frame. Exact, whatever records were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    by_type: [Count; COUNTED_TYPES],
    /// Names and values of metadata and trailers before HPACK, in bytes.
    pub header_bytes: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, kind: u8, frames: u32, bytes: u64) {
        let slot = usize::from(kind).min(COUNTED_TYPES - 1);
        if let Some(count) = self.by_type.get_mut(slot) {
            count.add(frames, bytes);
        }
    }

    /// Of one type; [`FrameType::Other`] gives all unknown types together.
    pub fn of(&self, frame: FrameType) -> Count {
        let slot = usize::from(frame.to_wire()).min(COUNTED_TYPES - 1);
        self.by_type.get(slot).copied().unwrap_or_default()
    }

    /// Metadata and trailers as HPACK made them: HEADERS and CONTINUATION together, in bytes.
    pub fn compressed_header_bytes(&self) -> u64 {
        let [headers, more] = [FrameType::Headers, FrameType::Continuation].map(|one| self.of(one));
        headers.bytes.saturating_add(more.bytes)
    }

    /// Of all types.
    pub fn all(&self) -> Count {
        self.by_type
            .iter()
            .fold(Count::default(), |all, one| Count {
                frames: all.frames.saturating_add(one.frames),
                bytes: all.bytes.saturating_add(one.bytes),
            })
    }
}

/// Records between the first and the last ones, which were not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Omitted {
    /// How many records.
    pub records: u64,
    /// Their frames and bytes.
    pub count: Count,
    /// They follow on this moment.
    pub after: Moment,
}

/// Records that were left out, of one slice of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// When the slice begins.
    pub begin: Moment,
    /// When it ends, or with the last record that was left out.
    pub end: Moment,
    /// Which way they went.
    pub direction: FrameDirection,
    /// DATA, or all other types.
    pub data: bool,
    /// Frames and bytes.
    pub count: Count,
}

/// Which flow-control window was used up. Spec: RFC 9113, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitKind {
    /// The server's for this stream: it has not read what was sent.
    SendStream,
    /// The server's for the connection, which all calls on it share.
    SendConnection,
    /// Ours for this stream: nobody here read.
    ReadStream,
    /// Ours for the connection.
    ReadConnection,
}

/// A span of time in which a window was used up: nothing could be sent that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Which window.
    pub kind: WaitKind,
    /// When the last byte of it was used.
    pub begin: Moment,
    /// When there was room again, or the stream was over; `None` while it lasts.
    pub end: Option<Moment>,
}

/// The times at which windows were used up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waits {
    /// In order of time, those of a kind.
    pub kept: Vec<Wait>,
    /// How many more there were, between the first and the last.
    pub more: u64,
    /// How long those took together, in microseconds.
    pub more_micros: u64,
}

/// The course of one stream in short.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamCourse {
    /// Its number.
    pub stream: u32,
    /// `/pkg.Service/Method`; empty for one that nobody named.
    pub path: String,
    /// Its head was written.
    pub opened: Moment,
    /// Our END_STREAM: nothing more was sent.
    pub half_closed: Option<Moment>,
    /// The first HEADERS of the server.
    pub head: Option<Moment>,
    /// The server's END_STREAM.
    pub answered: Option<Moment>,
    /// RST_STREAM: when, whose, its code.
    pub reset: Option<(Moment, FrameDirection, u32)>,
    /// The last frame of it.
    pub last: Moment,
    /// When the call was over for us; `None` while it runs.
    pub ended: Option<Moment>,
    /// The status it ended with.
    pub code: Option<u32>,
    /// What was sent on it.
    pub sent: Count,
    /// What came on it.
    pub received: Count,
    /// When its windows were used up.
    pub waits: Waits,
}

/// All streams of a connection, as far as they are remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionTrace {
    /// How it was made.
    pub steps: Vec<Step>,
    /// Frames of the connection itself.
    pub records: Vec<Record>,
    /// What was left out of them.
    pub omitted: Option<Omitted>,
    /// In order of their numbers; the last that ended, and all that run.
    pub streams: Vec<StreamCourse>,
    /// Streams that ended before and are not remembered.
    pub forgotten: u64,
    /// When the windows of the connection were used up.
    pub waits: Waits,
    /// The moment of the snapshot.
    pub now: Moment,
    /// The stream of the call that asks.
    pub own: u32,
}

/// What a call looked like on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// How the connection was made, or how far its making came; before the call where it was open
    /// already.
    pub steps: Vec<Step>,
    /// Frames of the call's stream, and those of the connection from its making and since the call
    /// began, in order of time.
    pub records: Vec<Record>,
    /// What was left out of `records`, of the call's stream.
    pub omitted: Option<Omitted>,
    /// The same by time; the sums are those of `omitted`.
    pub left_out: Vec<Slice>,
    /// What was left out of `records`, of the connection.
    pub connection_omitted: Option<Omitted>,
    /// When windows were used up, from the beginning of the call.
    pub waits: Waits,
    /// The addresses a name was looked up to.
    pub addresses: Vec<IpAddr>,
    /// Calls that had been made on the connection before this one.
    pub calls_before: u64,
    /// The stream; 0 for a call that got none.
    pub stream: u32,
    /// What we sent on the stream.
    pub sent: Totals,
    /// What the server sent on the stream.
    pub received: Totals,
}

/// Names and values of a request's head in bytes, pseudo-headers included.
pub(crate) fn request_bytes(request: &Request<()>) -> usize {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let pseudo = [
        (":method", request.method().as_str()),
        (":scheme", uri.scheme_str().unwrap_or_default()),
        (":authority", authority),
        (":path", path),
    ];
    let pseudo: usize = pseudo
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    pseudo + headers_bytes(request.headers())
}

/// Names and values of a response's head in bytes, `:status` included.
pub(crate) fn response_bytes(headers: &HeaderMap) -> usize {
    ":status200".len() + headers_bytes(headers)
}

/// Names and values in bytes.
pub(crate) fn headers_bytes(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

impl GoAway {
    /// Reads a payload, of which the end may be missing.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let (last, rest) = payload.split_first_chunk()?;
        let (code, debug) = rest.split_first_chunk()?;
        Some(Self {
            code: u32::from_be_bytes(*code),
            last_stream: u32::from_be_bytes(*last) & 0x7fff_ffff,
            debug: debug.escape_ascii().to_string(),
        })
    }
}

/// The pairs of a SETTINGS payload.
pub(crate) fn settings_pairs(payload: &[u8]) -> Vec<(u16, u32)> {
    let pair = |bytes: &[u8]| match *bytes {
        [a, b, c, d, e, f] => Some((u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]))),
        _ => None,
    };
    payload.chunks(6).filter_map(pair).collect()
}
