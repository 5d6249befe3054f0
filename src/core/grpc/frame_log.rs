//! The records of one stream, or of the connection: the first, the last, and totals of all.
//!
//! Pure. Memory is bounded by the room a log is made with; once it is used, a record is pushed without
//! allocating.

use std::{collections::VecDeque, sync::Arc};

use super::{
    activity::Activity,
    frames::{
        CONTINUATION, DATA, FLAG_END_HEADERS, FLAG_END_STREAM, HEADERS, RST_STREAM, WINDOW_UPDATE,
    },
    spans::{Mark, Spans},
    trace::{Count, FrameDirection, FrameType, Moment, Omitted, Slice, Totals},
    window::{Room, Windows},
};

/// Records kept of a call: this many of its beginning, and as many of its end.
pub(super) const CALL_RECORDS: usize = 2_048;

/// A record as it is kept: 32 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Since the connection began.
    pub(super) micros: u64,
    pub(super) bytes: u64,
    pub(super) frames: u32,
    /// By type: bytes before HPACK, an increment, a code, or an index into the kept contents.
    pub(super) detail: u32,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) direction: FrameDirection,
}

/// The first and the last records of something.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// How many each of the first and the last there may be.
    room: usize,
    first: Vec<Entry>,
    last: VecDeque<Entry>,
    omitted_records: u64,
    omitted: Count,
    /// The same by time.
    activity: Activity,
}

impl Log {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        if let Some(before) = self.last.back_mut().or(self.first.last_mut())
            && before.goes_on_with(&entry)
        {
            before.frames = before.frames.saturating_add(entry.frames);
            before.bytes = before.bytes.saturating_add(entry.bytes);
            before.flags |= entry.flags;
            return;
        }
        if self.first.len() < self.room {
            self.first.push(entry);
            return;
        }
        if self.last.len() >= self.room
            && let Some(left_out) = self.last.pop_front()
        {
            self.omitted_records = self.omitted_records.saturating_add(1);
            self.omitted.add(left_out.frames, left_out.bytes);
            self.activity.add(&left_out);
        }
        self.last.push_back(entry);
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.first.iter().chain(&self.last)
    }

    pub(super) fn omitted(&self, moment: impl Fn(u64) -> Moment) -> Option<Omitted> {
        let after = self.first.last().filter(|_| self.omitted_records > 0)?;
        Some(Omitted {
            records: self.omitted_records,
            count: self.omitted,
            after: moment(after.micros),
        })
    }
}

impl Log {
    /// What was left out, by time.
    pub(super) fn left_out(&self, moment: &impl Fn(u64) -> Moment) -> Vec<Slice> {
        self.activity.told(moment)
    }
}

impl Entry {
    /// Whether a frame is told together with the one before it in the log.
    fn goes_on_with(&self, next: &Self) -> bool {
        self.direction == next.direction
            && match next.kind {
                DATA => self.kind == DATA && self.micros == next.micros,
                CONTINUATION => self.kind == HEADERS && self.flags & FLAG_END_HEADERS == 0,
                _ => false,
            }
    }
}

/// What is known of one stream.
#[derive(Debug)]
pub(super) struct CallLog {
    pub(super) log: Log,
    pub(super) sent: Totals,
    pub(super) received: Totals,
    /// Header bytes that were told before the frame was seen.
    noted: [u32; 2],
    /// Room that the server gave by WINDOW_UPDATE, in bytes.
    pub(super) increments: u64,
    /// Room that we gave.
    pub(super) own_increments: u64,
    /// When the call ended, though somebody still looks at it.
    pub(super) ended: Option<u64>,
    /// Its course in short.
    pub(super) course: Course,
    /// What had ended of the connection's waits, to send and to read, when the call began.
    pub(super) marks: [Mark; 2],
}

/// The course of a stream in short, in microseconds since the connection began; kept longer than its
/// frames.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// `/pkg.Service/Method`, once the call has said it.
    pub(super) path: Option<Arc<str>>,
    /// Its head was written.
    pub(super) opened: Option<u64>,
    /// Our END_STREAM.
    pub(super) half_closed: Option<u64>,
    /// The first HEADERS of the server.
    pub(super) head: Option<u64>,
    /// The server's END_STREAM.
    pub(super) answered: Option<u64>,
    /// RST_STREAM: when, whose, its code.
    pub(super) reset: Option<(u64, FrameDirection, u32)>,
    /// Anything of the stream.
    pub(super) last: u64,
    /// The status the call ended with.
    pub(super) code: Option<u32>,
    /// The server's window for the stream was used up.
    pub(super) send_waits: Spans,
    /// Ours was.
    pub(super) read_waits: Spans,
}

impl Course {
    fn note(&mut self, entry: &Entry) {
        let at = entry.micros;
        self.last = self.last.max(at);
        let ends = entry.flags & FLAG_END_STREAM != 0;
        match (entry.kind, entry.direction) {
            (HEADERS, FrameDirection::Sent) => {
                self.opened.get_or_insert(at);
            }
            (HEADERS, FrameDirection::Received) => {
                self.head.get_or_insert(at);
            }
            (RST_STREAM, direction) => {
                self.reset.get_or_insert((at, direction, entry.detail));
            }
            _ => {}
        }
        if ends && matches!(entry.kind, DATA | HEADERS) {
            let ended = match entry.direction {
                FrameDirection::Sent => &mut self.half_closed,
                FrameDirection::Received => &mut self.answered,
            };
            ended.get_or_insert(at);
        }
    }
}

impl Default for CallLog {
    fn default() -> Self {
        Self {
            log: Log {
                // A unary call has five records and some WINDOW_UPDATEs.
                first: Vec::with_capacity(8),
                ..Log::new(CALL_RECORDS)
            },
            sent: Totals::default(),
            received: Totals::default(),
            noted: [0; 2],
            increments: 0,
            own_increments: 0,
            ended: None,
            course: Course::default(),
            marks: [Mark::default(); 2],
        }
    }
}

impl CallLog {
    fn totals(&mut self, direction: FrameDirection) -> &mut Totals {
        match direction {
            FrameDirection::Sent => &mut self.sent,
            FrameDirection::Received => &mut self.received,
        }
    }

    fn noted(&mut self, direction: FrameDirection) -> &mut u32 {
        let [sent, received] = &mut self.noted;
        match direction {
            FrameDirection::Sent => sent,
            FrameDirection::Received => received,
        }
    }

    pub(super) fn push(&mut self, mut entry: Entry) {
        self.totals(entry.direction)
            .add(entry.kind, entry.frames, entry.bytes);
        if entry.kind == HEADERS {
            entry.detail = std::mem::take(self.noted(entry.direction));
        }
        if entry.kind == WINDOW_UPDATE {
            let increments = match entry.direction {
                FrameDirection::Received => &mut self.increments,
                FrameDirection::Sent => &mut self.own_increments,
            };
            *increments = increments.saturating_add(entry.detail.into());
        }
        self.course.note(&entry);
        self.log.push(entry);
    }

    /// Looks which of the stream's windows are used up: the server's, and ours.
    pub(super) fn look_at_windows(&mut self, micros: u64, theirs: &Windows, ours: &Windows) {
        let over = self.ended.is_some() || self.course.reset.is_some();
        let sent = self.sent.of(FrameType::Data).bytes;
        let waits = theirs.room(sent, self.increments) == Room::NoneInStream;
        let closed = over || self.course.half_closed.is_some();
        self.course.send_waits.set(micros, waits && !closed);
        let received = self.received.of(FrameType::Data).bytes;
        let waits = ours.room(received, self.own_increments) == Room::NoneInStream;
        let closed = over || self.course.answered.is_some();
        self.course.read_waits.set(micros, waits && !closed);
    }

    /// Notes the size of a head, or of trailers and a head that ended the stream (`ended`). The frames
    /// themselves do not tell an informational head (1xx), which nobody asks about, from the head:
    /// that is the last before the end.
    pub(super) fn note_headers(&mut self, direction: FrameDirection, bytes: usize, ended: bool) {
        let totals = self.totals(direction);
        totals.header_bytes = totals
            .header_bytes
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Log { first, last, .. } = &mut self.log;
        let untold = first.iter_mut().chain(last).rfind(|entry| {
            entry.kind == HEADERS
                && entry.direction == direction
                && entry.detail == 0
                && (entry.flags & FLAG_END_STREAM != 0) == ended
        });
        match untold {
            Some(entry) => entry.detail = bytes,
            None => *self.noted(direction) = bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_head_is_not_told_of_the_early_hints_before_it() {
        let frame = |flags| Entry {
            micros: 0,
            bytes: 9,
            frames: 1,
            detail: 0,
            kind: HEADERS,
            flags: flags | FLAG_END_HEADERS,
            direction: FrameDirection::Received,
        };
        let cases = [
            ("a head and trailers", vec![0, 0, FLAG_END_STREAM], false),
            ("trailers alone", vec![0, FLAG_END_STREAM], true),
        ];
        for (name, flags, ended) in cases {
            let mut call = CallLog::default();
            for flags in &flags {
                call.push(frame(*flags));
            }
            call.note_headers(FrameDirection::Received, 40, ended);
            if !ended {
                call.note_headers(FrameDirection::Received, 12, true);
            }
            let told: Vec<_> = call.log.entries().map(|entry| entry.detail).collect();
            let expected = if ended { vec![0, 40] } else { vec![0, 40, 12] };
            assert_eq!(told, expected, "{name}");
        }
    }
}
