//! Counting a log: nothing twice, nothing lost, whatever its length and however it grew.

use bytes::Bytes;

use super::*;

fn log() -> MessageLog {
    MessageLog::with_budget(64 << 20)
}

fn put(log: &MessageLog, direction: Direction, micros: u64, bytes: usize) {
    let message = [Bytes::from(vec![0; bytes])];
    assert!(log.append(direction, Duration::from_micros(micros), &message));
}

fn total(picture: &StreamPicture) -> TrafficSlot {
    let mut sum = TrafficSlot::default();
    picture.slots.iter().for_each(|slot| sum.add(*slot));
    sum
}

#[test]
fn each_direction_is_counted_in_the_slot_of_its_time() {
    let log = log();
    put(&log, Direction::Sent, 0, 7);
    put(&log, Direction::Received, 900, 10);
    put(&log, Direction::Received, 1_000, 20);
    put(&log, Direction::Received, 5_500, 30);
    let stats = StreamStats::default();
    stats.count(&log);
    let picture = stats.picture();
    assert_eq!(picture.width, Duration::from_millis(1));
    assert_eq!(picture.slots.len(), 6);
    let slot = |received, received_bytes, sent, sent_bytes| TrafficSlot {
        received,
        received_bytes,
        sent,
        sent_bytes,
    };
    assert_eq!(picture.slots[0], slot(1, 10, 1, 7));
    assert_eq!(picture.slots[1], slot(1, 20, 0, 0));
    assert_eq!(picture.slots[5], slot(1, 30, 0, 0));
    assert_eq!(picture.last, Duration::from_micros(5_500));
}

#[test]
fn counting_as_it_grows_gives_what_counting_at_once_gives() {
    let log = log();
    let (steps, once) = (StreamStats::default(), StreamStats::default());
    let mut at = 0;
    for number in 0_u64..20_000 {
        at += number * 7919 % 1000;
        let direction = match number % 10 {
            0 => Direction::Sent,
            _ => Direction::Received,
        };
        put(&log, direction, at, (number % 50) as usize);
        if number % 777 == 0 {
            assert!(steps.begin(log.len()), "it has grown");
            assert!(!steps.begin(log.len()), "somebody is at it");
            steps.count(&log);
            assert!(!steps.begin(log.len()), "nothing is new");
        }
    }
    steps.count(&log);
    once.count(&log);
    let (steps, once) = (steps.picture(), once.picture());
    assert_eq!(steps.seen, 20_000);
    assert_eq!(steps.slots, once.slots);
    assert_eq!(steps.gaps, once.gaps);
    assert_eq!(steps.width, once.width);
    let sum = total(&steps);
    assert_eq!((sum.received, sum.sent), (18_000, 2_000));
    assert_eq!(sum.received_bytes, log.bytes(Direction::Received));
    assert_eq!(steps.gaps.total(), 17_999);
}

#[test]
fn a_stream_of_days_stays_within_its_slots() {
    let log = log();
    let hour = 3_600_000_000;
    for number in 0..72 {
        put(&log, Direction::Received, number * hour, 1);
    }
    let stats = StreamStats::default();
    stats.count(&log);
    let picture = stats.picture();
    assert!(picture.slots.len() <= MAX_SLOTS);
    assert!(picture.slots.len() > MAX_SLOTS / 3, "and uses them");
    assert_eq!(total(&picture).received, 72);
    let last = picture.slot_at(picture.last);
    assert_eq!(last, picture.slots.len() - 1);
    assert!(picture.slots[last].received > 0);
}

#[test]
fn quantiles_and_bars_tell_the_gaps() {
    let log = log();
    let mut at = 0;
    // Of a hundred gaps: 50 of none, 40 of 1 ms, 9 of 20 ms, one of 3 s.
    let gaps = [(50, 0), (40, 1_000), (9, 20_000), (1, 3_000_000)];
    put(&log, Direction::Received, at, 1);
    for (count, gap) in gaps {
        for _ in 0..count {
            at += gap;
            put(&log, Direction::Received, at, 1);
        }
    }
    let stats = StreamStats::default();
    stats.count(&log);
    let picture = stats.picture();
    let gaps = &picture.gaps;
    assert_eq!((gaps.total(), gaps.together()), (100, 50));
    for (part, micros) in [
        (0.0, 0.0),
        (0.5, 0.0),
        (0.51, 1_000.0),
        (0.9, 1_000.0),
        (0.99, 20_000.0),
        (1.0, 3_000_000.0),
    ] {
        let found = gaps.quantile(part).unwrap().as_secs_f64() * 1e6;
        let off = (found - micros).abs();
        assert!(off <= micros / 16.0, "{part}: {found} for {micros}");
    }
    let bars = gaps.bars();
    assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), 50);
    assert!(bars.first().unwrap().count == 40 && bars.last().unwrap().count == 1);
    for pair in bars.windows(2) {
        assert_eq!(pair[0].to, pair[1].from, "without a hole");
    }
    assert_eq!(Gaps::default().quantile(0.5), None);
    assert!(Gaps::default().bars().is_empty());
}

#[test]
fn every_gap_has_the_slot_whose_bounds_hold_it() {
    let mut micros = 1_u64;
    while micros < 1 << 39 {
        for gap in [micros, micros + 1, micros * 3 / 2, micros * 2 - 1] {
            let (from, to) = bounds_of(slot_of(gap));
            assert!((from..to).contains(&gap), "{gap} in {from}..{to}");
        }
        micros *= 2;
    }
    assert_eq!(slot_of(u64::MAX), OCTAVES * AN_OCTAVE - 1);
}

#[test]
fn an_entry_that_comes_late_into_the_log_does_not_go_wrong() {
    let log = log();
    put(&log, Direction::Received, 5_000, 1);
    put(&log, Direction::Received, 3_000, 1);
    put(&log, Direction::Received, 6_000, 1);
    let stats = StreamStats::default();
    stats.count(&log);
    let picture = stats.picture();
    assert_eq!(picture.last, Duration::from_millis(6));
    assert_eq!(picture.gaps.together(), 1, "a step back is no gap");
}
