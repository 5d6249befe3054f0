//! A trace as lines to read: names of what HTTP/2 frames hold, as RFC 9113 has them. Pure.

use std::fmt::Write as _;

use super::trace::{
    Detail, FrameDirection, FrameType, Moment, Omitted, Record, Step, StepEnd, StepKind, Trace,
};

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireLine {
    /// When it was, or began.
    pub at: Moment,
    /// Which way a frame went; `None` for a step of connecting, or for what was left out.
    pub direction: Option<FrameDirection>,
    /// The frame's type, or the step.
    pub name: String,
    /// The stream; `None` for what is no frame.
    pub stream: Option<u32>,
    /// Length of the payload.
    pub bytes: Option<u64>,
    /// What it says; how long a step took.
    pub note: String,
}

impl WireLine {
    /// The time in milliseconds since the call began, with three decimals.
    pub fn millis(&self) -> String {
        let micros = self.at.micros();
        let sign = if micros < 0 { "-" } else { "" };
        let micros = micros.unsigned_abs();
        format!("{sign}{}.{:03}", micros / 1000, micros % 1000)
    }
}

/// HTTP/2 error codes by number, section 7.
const ERROR_CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// The name of an HTTP/2 error code; its number where there is none.
pub fn error_code_name(code: u32) -> String {
    let name = usize::try_from(code)
        .ok()
        .and_then(|code| ERROR_CODES.get(code));
    name.map_or_else(|| format!("code {code}"), |name| (*name).to_owned())
}

/// A setting's name, section 6.5.2 and its extensions.
fn setting_name(id: u16) -> String {
    match id {
        1 => "HEADER_TABLE_SIZE",
        2 => "ENABLE_PUSH",
        3 => "MAX_CONCURRENT_STREAMS",
        4 => "INITIAL_WINDOW_SIZE",
        5 => "MAX_FRAME_SIZE",
        6 => "MAX_HEADER_LIST_SIZE",
        8 => "ENABLE_CONNECT_PROTOCOL",
        9 => "NO_RFC7540_PRIORITIES",
        // A boolean between gRPC's own clients and servers.
        0xfe03 => "GRPC_ALLOW_TRUE_BINARY_METADATA",
        other => return format!("setting {other:#x}"),
    }
    .to_owned()
}

impl Trace {
    /// All of it in order: steps of connecting, frames, and what was left out between them.
    pub fn lines(&self) -> Vec<WireLine> {
        let steps = self.steps.iter().map(|step| WireLine {
            at: step.at,
            direction: None,
            name: step.kind.name().to_owned(),
            stream: None,
            bytes: None,
            note: step.note(),
        });
        let frames = self.records.iter().map(|record| WireLine {
            at: record.at,
            direction: Some(record.direction),
            name: record.name(),
            stream: Some(record.stream),
            bytes: Some(record.bytes),
            note: record.note(),
        });
        let mut lines: Vec<_> = steps.chain(frames).collect();
        lines.extend(left_out(self.omitted, "frames of the call"));
        lines.extend(left_out(
            self.connection_omitted,
            "frames of the connection",
        ));
        // Stable: what was left out follows on what it came after.
        lines.sort_by_key(|line| line.at);
        lines
    }

    /// As a table of plain text: milliseconds since the call began, direction, frame, stream, bytes,
    /// contents.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{:>12}   {:<20} {:>6} {:>10}  {}\n",
            "ms", "frame", "stream", "bytes", "contents"
        );
        let number = |number: Option<u64>| number.map_or_else(String::new, |it| it.to_string());
        for line in self.lines() {
            let arrow = match line.direction {
                Some(FrameDirection::Sent) => '>',
                Some(FrameDirection::Received) => '<',
                None => ' ',
            };
            let row = format!(
                "{:>12} {arrow} {:<20} {:>6} {:>10}  {}",
                line.millis(),
                line.name,
                number(line.stream.map(u64::from)),
                number(line.bytes),
                line.note
            );
            let _ = writeln!(text, "{}", row.trim_end());
        }
        text
    }
}

fn left_out(omitted: Option<Omitted>, what: &str) -> Option<WireLine> {
    let omitted = omitted?;
    Some(WireLine {
        at: omitted.after,
        direction: None,
        name: "…".to_owned(),
        stream: None,
        bytes: Some(omitted.count.bytes),
        note: format!("{} {what} were counted and not kept", omitted.count.frames),
    })
}

impl StepKind {
    /// What the step is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "Name lookup",
            Self::Connect => "Connect",
            Self::Proxy => "Proxy tunnel",
            Self::Tls => "TLS handshake",
            Self::Settings => "HTTP/2 settings",
        }
    }
}

impl Step {
    /// How long it took, and how it ended where not as it should.
    pub fn note(&self) -> String {
        let how = match self.end {
            StepEnd::Done => "took",
            StepEnd::Failed => "failed after",
            StepEnd::TimedOut => "timed out after",
            StepEnd::Unfinished => "not done after",
        };
        format!("{how} {:.1?}", self.took)
    }
}

impl Record {
    /// The name of its type, and how many frames it stands for.
    pub fn name(&self) -> String {
        let name = match self.frame {
            FrameType::Other(kind) => format!("type {kind:#04x}"),
            known => known.name().to_owned(),
        };
        match self.frames {
            0 | 1 => name,
            many => format!("{name} × {many}"),
        }
    }

    /// Flags and contents, in the words of the specification; may be empty.
    pub fn note(&self) -> String {
        let mut parts = Vec::new();
        let flag = |bit: u8| self.flags & bit != 0;
        let ends = matches!(self.frame, FrameType::Data | FrameType::Headers);
        if ends && flag(0x1) {
            parts.push("END_STREAM".to_owned());
        }
        if matches!(self.frame, FrameType::Settings | FrameType::Ping) && flag(0x1) {
            parts.push("ACK".to_owned());
        }
        if ends && flag(0x8) {
            parts.push("PADDED".to_owned());
        }
        match &self.detail {
            Detail::None => {}
            Detail::HeaderBytes(bytes) => {
                parts.push(format!("HPACK {bytes} → {}", self.bytes));
            }
            Detail::Increment(bytes) => parts.push(format!("+{bytes} bytes")),
            Detail::Reset(code) => parts.push(error_code_name(*code)),
            Detail::Settings(pairs) => {
                parts.extend(
                    pairs
                        .iter()
                        .map(|(id, value)| format!("{} {value}", setting_name(*id))),
                );
            }
            Detail::GoAway(go_away) => {
                parts.push(error_code_name(go_away.code));
                // The largest id there can be is how a server says that it will go away soon.
                if go_away.last_stream < 0x7fff_ffff {
                    parts.push(format!("last stream {}", go_away.last_stream));
                }
                if !go_away.debug.is_empty() {
                    parts.push(format!("\"{}\"", go_away.debug));
                }
            }
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::trace::{Count, GoAway};
    use super::*;

    #[test]
    fn frames_are_told_in_the_words_of_the_specification() {
        let record = |frame, flags, frames, detail| Record {
            at: Moment::default(),
            direction: FrameDirection::Received,
            frame,
            flags,
            stream: 1,
            frames,
            bytes: 0,
            detail,
        };
        let go_away = |last_stream| {
            Detail::GoAway(GoAway {
                code: 11,
                last_stream,
                debug: "too_many_pings".to_owned(),
            })
        };
        for (record, name, note) in [
            (
                record(FrameType::Data, 1, 3, Detail::None),
                "DATA × 3",
                "END_STREAM",
            ),
            (
                record(FrameType::Headers, 5, 1, Detail::HeaderBytes(120)),
                "HEADERS",
                "END_STREAM, HPACK 120 → 0",
            ),
            (
                record(FrameType::Settings, 1, 1, Detail::None),
                "SETTINGS",
                "ACK",
            ),
            (
                record(
                    FrameType::Settings,
                    0,
                    1,
                    Detail::Settings(vec![(3, 100), (0x99, 1)]),
                ),
                "SETTINGS",
                "MAX_CONCURRENT_STREAMS 100, setting 0x99 1",
            ),
            (
                record(FrameType::RstStream, 0, 1, Detail::Reset(8)),
                "RST_STREAM",
                "CANCEL",
            ),
            (
                record(FrameType::RstStream, 0, 1, Detail::Reset(99)),
                "RST_STREAM",
                "code 99",
            ),
            (
                record(FrameType::WindowUpdate, 0, 1, Detail::Increment(65_535)),
                "WINDOW_UPDATE",
                "+65535 bytes",
            ),
            (
                record(FrameType::GoAway, 0, 1, go_away(7)),
                "GOAWAY",
                "ENHANCE_YOUR_CALM, last stream 7, \"too_many_pings\"",
            ),
            (
                record(FrameType::GoAway, 0, 1, go_away(0x7fff_ffff)),
                "GOAWAY",
                "ENHANCE_YOUR_CALM, \"too_many_pings\"",
            ),
            (
                record(FrameType::Other(0xfa), 0, 1, Detail::None),
                "type 0xfa",
                "",
            ),
        ] {
            assert_eq!(
                (record.name().as_str(), record.note().as_str()),
                (name, note)
            );
        }
    }

    #[test]
    fn a_step_that_did_not_end_well_says_how() {
        for (end, note) in [
            (StepEnd::Done, "took 20.0s"),
            (StepEnd::Failed, "failed after 20.0s"),
            (StepEnd::TimedOut, "timed out after 20.0s"),
            (StepEnd::Unfinished, "not done after 20.0s"),
        ] {
            let step = Step {
                kind: StepKind::Connect,
                at: Moment::default(),
                took: Duration::from_secs(20),
                end,
            };
            assert_eq!(step.note(), note);
        }
    }

    #[test]
    fn a_trace_reads_as_a_table() {
        let data = |micros, direction| Record {
            at: Moment::from_micros(micros),
            direction,
            frame: FrameType::Data,
            flags: 0,
            stream: 1,
            frames: 1,
            bytes: 12,
            detail: Detail::None,
        };
        let trace = Trace {
            steps: vec![Step {
                kind: StepKind::Connect,
                at: Moment::from_micros(-1500),
                took: Duration::from_micros(250),
                end: StepEnd::Done,
            }],
            records: vec![
                data(1_234, FrameDirection::Sent),
                data(70_000, FrameDirection::Received),
            ],
            omitted: Some(Omitted {
                records: 5,
                count: Count {
                    frames: 7,
                    bytes: 84,
                },
                after: Moment::from_micros(1_234),
            }),
            stream: 1,
            ..Trace::default()
        };
        assert_eq!(
            trace.to_text(),
            "          ms   frame                stream      bytes  contents
      -1.500   Connect                                 took 250.0µs
       1.234 > DATA                      1         12
       1.234   …                                   84  7 frames of the call were counted and not kept
      70.000 < DATA                      1         12
"
        );
    }
}
