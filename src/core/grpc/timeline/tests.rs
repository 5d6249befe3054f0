//! Timelines of traces that are written by hand, and what holds of every timeline.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{
    Outcome,
    trace::{
        Count, Detail, FrameDirection, FrameType, Moment, Record, Slice, Totals, Trace, Wait,
        WaitKind, Waits,
    },
};
use super::*;

/// What holds of every timeline.
pub(in super::super) fn check(trace: &Trace, timeline: &Timeline) {
    let own = timeline.bars.iter().filter(|bar| bar.own);
    let frames: u64 = own.clone().map(|bar| bar.frames).sum();
    let bytes: u64 = own.map(|bar| bar.bytes).sum();
    let (sent, received) = (trace.sent.all(), trace.received.all());
    assert_eq!(frames, sent.frames + received.frames, "{timeline:#?}");
    assert_eq!(bytes, sent.bytes + received.bytes);
    for bar in &timeline.bars {
        let within = timeline.begin <= bar.begin && bar.begin <= bar.end && bar.end <= timeline.end;
        assert!(
            within,
            "{bar:?} in {:?}..{:?}",
            timeline.begin, timeline.end
        );
    }
    assert!(timeline.bars.is_sorted_by_key(|bar| bar.begin));
    assert!(timeline.bars.len() < 20_000, "{}", timeline.bars.len());
    for mark in &timeline.marks {
        let bar = &timeline.bars[mark.bar];
        assert!(
            bar.begin <= mark.at && mark.at <= bar.end,
            "{mark:?} {bar:?}"
        );
    }
    for sentence in &timeline.sentences {
        assert!(!sentence.text.is_empty());
        assert!(sentence.bars.iter().all(|bar| *bar < timeline.bars.len()));
    }
    // Every bar is told of.
    for bar in 0..timeline.bars.len() {
        assert!(
            timeline.sentence_of(bar).is_some(),
            "{:?}",
            timeline.bars[bar]
        );
    }
    for phase in &timeline.phases {
        assert!(timeline.begin <= phase.begin && phase.begin <= phase.end);
        assert!(phase.end <= timeline.end, "{phase:?}");
    }
    let total = timeline.phases.last().unwrap();
    assert_eq!(total.kind, PhaseKind::Total);
}

fn record(at: i64, direction: FrameDirection, frame: FrameType, flags: u8, bytes: u64) -> Record {
    Record {
        at: Moment::from_micros(at),
        direction,
        frame,
        flags,
        stream: 1,
        frames: 1,
        bytes,
        detail: Detail::None,
    }
}

fn facts<'a>(total_micros: u64) -> CallFacts<'a> {
    CallFacts {
        method: "demo.v1.Greeter/SayHello",
        total: Duration::from_micros(total_micros),
        ..CallFacts::default()
    }
}

#[test]
fn a_million_frames_are_a_bounded_number_of_bars_with_exact_sums() {
    use super::super::{
        frames::{DATA, HEADERS},
        tap::Tap,
    };
    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let mut bytes = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        bytes.resize(9 + usize::from(length), 0);
        bytes
    }
    let tap = Tap::new();
    let began = std::time::Instant::now();
    let call = tap.call(1, "/test.Service/Method");
    tap.note(FrameDirection::Sent, &[0; 24]);
    tap.note(FrameDirection::Sent, &frame(HEADERS, 4, 50));
    tap.note(FrameDirection::Received, &frame(HEADERS, 4, 20));
    let turn = frame(DATA, 0, 10).repeat(100);
    for _ in 0..10_000 {
        tap.note(FrameDirection::Received, &turn);
    }
    tap.note(FrameDirection::Received, &frame(HEADERS, 5, 8));
    let trace = call.trace(began);
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap();
    let timeline = Timeline::new(&trace, &facts(micros));
    check(&trace, &timeline);
    let data = timeline
        .bars
        .iter()
        .filter(|bar| bar.kind == BarKind::ResponseData);
    assert_eq!(data.clone().map(|bar| bar.frames).sum::<u64>(), 1_000_000);
    assert_eq!(data.map(|bar| bar.bytes).sum::<u64>(), 10_000_000);
    assert!(timeline.bars.len() < 2_000, "{}", timeline.bars.len());
    assert!(
        timeline.sentences.len() < 200,
        "{}",
        timeline.sentences.len()
    );
}

#[test]
fn an_hour_with_a_message_a_second_and_a_call_of_a_millisecond_are_both_told() {
    use FrameDirection::{Received, Sent};
    let mut trace = Trace {
        stream: 1,
        ..Trace::default()
    };
    trace
        .records
        .push(record(10, Sent, FrameType::Headers, 4, 60));
    trace.sent.add(1, 1, 60);
    trace
        .records
        .push(record(900, Received, FrameType::Headers, 4, 20));
    trace.received.add(1, 1, 20);
    for second in 1..=3_600 {
        trace
            .records
            .push(record(second * 1_000_000, Received, FrameType::Data, 0, 40));
        trace.received.add(0, 1, 40);
    }
    let timeline = Timeline::new(&trace, &facts(3_600_000_500));
    check(&trace, &timeline);
    assert!(timeline.bars.len() < 500, "{}", timeline.bars.len());
    let text = timeline.to_text();
    assert!(text.contains("1 h 00 min 00.000500 s"), "{text}");

    let end = trace.records.split_off(2);
    drop(end);
    trace.received = Totals::default();
    trace.received.add(1, 1, 20);
    let timeline = Timeline::new(&trace, &facts(1_000));
    check(&trace, &timeline);
    let server = timeline
        .phases
        .iter()
        .find(|phase| phase.kind == PhaseKind::Server);
    assert_eq!(server.unwrap().figure(), "890 µs");
}

#[test]
fn heads_before_the_head_are_told_apart() {
    use FrameDirection::{Received, Sent};
    let trace = Trace {
        stream: 1,
        records: vec![
            record(1, Sent, FrameType::Headers, 5, 60),
            record(2, Received, FrameType::Headers, 4, 5),
            record(3, Received, FrameType::Headers, 4, 20),
            record(4, Received, FrameType::Headers, 5, 9),
        ],
        ..Trace::default()
    };
    let timeline = Timeline::new(&trace, &facts(10));
    let kinds: Vec<_> = timeline.bars.iter().map(|bar| bar.kind).collect();
    let expected = [
        BarKind::RequestHead,
        BarKind::ServerTime,
        BarKind::Informational,
        BarKind::ResponseHead,
        BarKind::Trailers,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_reset_that_leaves_after_the_end_belongs_to_the_call_and_later_pings_do_not() {
    use FrameDirection::{Received, Sent};
    let ping = Record {
        stream: 0,
        ..record(900, Received, FrameType::Ping, 0, 8)
    };
    let mut trace = Trace {
        stream: 1,
        records: vec![
            record(1, Sent, FrameType::Headers, 5, 60),
            record(110, Sent, FrameType::RstStream, 0, 4),
            ping,
        ],
        ..Trace::default()
    };
    trace.sent.add(1, 1, 60);
    trace.sent.add(3, 1, 4);
    let outcome = Outcome::cancelled();
    let facts = CallFacts {
        outcome: Some(&outcome),
        ..facts(100)
    };
    let timeline = Timeline::new(&trace, &facts);
    check(&trace, &timeline);
    assert_eq!(timeline.end.micros(), 110);
    let kinds: Vec<_> = timeline.bars.iter().map(|bar| bar.kind).collect();
    let reset = BarKind::Reset(Sent);
    assert_eq!(kinds, [BarKind::RequestHead, BarKind::ServerTime, reset]);
    let last = timeline.sentences.last().unwrap();
    assert!(
        last.text.contains("CANCELLED after 100 µs"),
        "{}",
        last.text
    );
    assert_eq!(timeline.phases.last().unwrap().figure(), "100 µs");
}

fn records() -> impl Strategy<Value = Vec<(u16, bool, u8, u8, u16)>> {
    prop::collection::vec(
        (0_u16..5_000, any::<bool>(), 0_u8..12, 0_u8..6, any::<u16>()),
        0..300,
    )
}

proptest! {
    #[test]
    fn every_trace_has_a_timeline_in_which_nothing_is_lost(
        frames in records(),
        waits in prop::collection::vec((0_i64..100_000, 0_i64..100_000, 0_usize..4), 0..20),
        total in 0_u64..2_000_000,
    ) {
        let mut trace = Trace { stream: 1, ..Trace::default() };
        let mut at = 0;
        for (after, sent, kind, flags, bytes) in frames {
            at += i64::from(after);
            let direction = if sent { FrameDirection::Sent } else { FrameDirection::Received };
            let frame = FrameType::from_wire(kind);
            trace.records.push(record(at, direction, frame, flags, bytes.into()));
            let totals = if sent { &mut trace.sent } else { &mut trace.received };
            totals.add(kind, 1, bytes.into());
        }
        let slice = Slice {
            begin: Moment::from_micros(at / 2),
            end: Moment::from_micros(at),
            direction: FrameDirection::Received,
            data: true,
            count: Count { frames: 3, bytes: 30 },
        };
        trace.left_out.push(slice);
        trace.received.add(0, 3, 30);
        let kinds = [
            WaitKind::SendStream,
            WaitKind::SendConnection,
            WaitKind::ReadStream,
            WaitKind::ReadConnection,
        ];
        let mut kept: Vec<_> = waits
            .into_iter()
            .map(|(begin, took, kind)| Wait {
                kind: kinds[kind],
                begin: Moment::from_micros(begin),
                end: (took % 7 > 0).then(|| Moment::from_micros(begin + took)),
            })
            .collect();
        kept.sort_by_key(|wait| wait.begin);
        trace.waits = Waits { kept, more: 2, more_micros: 40 };
        let timeline = Timeline::new(&trace, &facts(total));
        check(&trace, &timeline);
    }
}
