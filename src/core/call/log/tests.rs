//! What is appended is read back, from memory and from disk; what has no room is told.

use super::{
    store::{OWN_SEGMENT_BYTES, SEGMENT_BYTES},
    *,
};

fn message(number: usize, len: usize) -> Bytes {
    let byte = u8::try_from(number % 251).unwrap();
    Bytes::from(vec![byte; len])
}

#[test]
fn what_was_appended_is_read_back() {
    let log = MessageLog::default();
    let sizes = [
        0,
        1,
        100,
        SEGMENT_BYTES - 1,
        OWN_SEGMENT_BYTES - 1,
        OWN_SEGMENT_BYTES,
        SEGMENT_BYTES,
        SEGMENT_BYTES + 1,
        3 * SEGMENT_BYTES,
        7,
    ];
    for round in 0..3 {
        for (number, size) in sizes.iter().enumerate() {
            let direction = if number % 3 == 0 {
                Direction::Sent
            } else {
                Direction::Received
            };
            let at = Duration::from_micros((round as u64) << 40 | number as u64);
            assert!(log.append(direction, at, &[message(number, *size)]));
        }
    }
    assert_eq!(log.len(), 3 * sizes.len());
    for index in 0..log.len() {
        let (round, number) = (index / sizes.len(), index % sizes.len());
        assert_eq!(log.message(index).unwrap(), message(number, sizes[number]));
        let entry = log.entry(index).unwrap();
        assert_eq!(entry.len as usize, sizes[number]);
        assert_eq!(entry.at.as_micros() as usize, round << 40 | number);
        assert_eq!(entry.direction == Direction::Sent, number % 3 == 0);
    }
    assert_eq!(log.message(log.len()), None);
    assert_eq!(log.entries(5..1000).len(), log.len() - 5);
    assert!(log.entries(1000..2000).is_empty());
    assert_eq!(log.count(Direction::Sent), 12);
    let all = sizes.iter().sum::<usize>() as u64 * 3;
    assert_eq!(
        log.bytes(Direction::Sent) + log.bytes(Direction::Received),
        all
    );
}

#[test]
fn a_full_log_takes_nothing_rather_than_a_part() {
    let log = MessageLog::with_budget(3 * 116);
    let two = [message(1, 100), message(2, 100)];
    assert!(log.append(Direction::Received, Duration::ZERO, &two));
    assert!(!log.append(Direction::Received, Duration::ZERO, &two));
    assert_eq!(log.len(), 2);
    assert!(log.has_room(100));
    assert!(!log.has_room(101));
    assert!(!log.has_room(usize::MAX));
    assert!(log.append(Direction::Received, Duration::ZERO, &two[..1]));
    assert!(!log.has_room(0));
}

#[test]
fn a_message_of_100_bytes_takes_at_most_130() {
    let log = MessageLog::default();
    let batch: Vec<Bytes> = (0..50).map(|number| message(number, 100)).collect();
    for _ in 0..2000 {
        assert!(log.append(Direction::Received, Duration::ZERO, &batch));
    }
    let store = log.read();
    let total = store.allocated();
    assert!(total <= 130 * store.len, "{total} for {}", store.len);
    assert!(total >= 116 * store.len);
}

#[test]
fn growth_is_told_and_readers_see_whole_batches() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let told = Arc::new(AtomicUsize::new(0));
    let counter = told.clone();
    let budget = LogBudget::new(LogLimits {
        memory_bytes: 1 << 30,
        ..LogLimits::default()
    });
    let log = MessageLog::watched(&budget, move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let reader = log.clone();
    let check = std::thread::spawn(move || {
        loop {
            let len = reader.len();
            assert_eq!(len % 10, 0);
            if let Some(last) = len.checked_sub(1) {
                assert_eq!(reader.message(last).unwrap(), message(9, 1000));
            }
            if len == 10_000 {
                break;
            }
        }
    });
    let batch: Vec<Bytes> = (0..10).map(|number| message(number, 1000)).collect();
    for _ in 0..1000 {
        assert!(log.append(Direction::Received, Duration::ZERO, &batch));
    }
    check.join().unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 1000);
}

/// A budget of some MiB in memory and on disk, and the folder that holds the files.
fn spilling(memory_bytes: usize, disk_bytes: u64) -> (LogBudget, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let budget = LogBudget::new(LogLimits {
        memory_bytes,
        disk_bytes,
        folder: Some(folder.path().join("streams")),
    });
    (budget, folder)
}

fn numbered(number: usize, len: usize) -> Bytes {
    let mut bytes = vec![b'.'; len];
    let digits = number.to_string();
    bytes[..digits.len()].copy_from_slice(digits.as_bytes());
    bytes.into()
}

#[test]
fn what_has_no_room_in_memory_is_read_back_from_the_file() {
    const MEMORY: usize = 4 << 20;
    let (budget, folder) = spilling(MEMORY, 1 << 30);
    let log = MessageLog::watched(&budget, || ());
    let count = 300_000;
    for first in (0..count).step_by(100) {
        let batch: Vec<Bytes> = (first..first + 100).map(|n| numbered(n, 100)).collect();
        let at = Duration::from_micros(first as u64);
        assert!(log.append(Direction::Received, at, &batch));
        assert!(budget.memory_bytes() <= MEMORY);
    }
    assert_eq!(log.len(), count);
    assert!(log.read().allocated() <= MEMORY + 2 * SEGMENT_BYTES);
    assert!(log.disk_bytes() > 25 << 20, "{}", log.disk_bytes());
    for index in (0..count).step_by(997).chain([count - 1]) {
        assert_eq!(log.message(index).unwrap(), numbered(index, 100));
        let at = log.entry(index).unwrap().at.as_micros() as usize;
        assert_eq!(at, index / 100 * 100);
    }
    let mut next = 0;
    let end = log.walk(0..usize::MAX, |index, entry, bytes| {
        assert_eq!((index, entry.len), (next, 100));
        assert_eq!(bytes, &numbered(index, 100)[..]);
        next += 1;
        ControlFlow::Continue(())
    });
    assert_eq!((end, next), (count, count));

    let names = std::fs::read_dir(folder.path().join("streams")).unwrap();
    assert_eq!(names.count(), 0, "the file has no name");
    drop(log);
    assert_eq!((budget.memory_bytes(), budget.disk_bytes()), (0, 0));
}

#[test]
fn the_log_that_was_made_first_gives_its_room_to_the_newest() {
    let (budget, _folder) = spilling(8 << 20, 1 << 30);
    let logs: Vec<MessageLog> = (0..3)
        .map(|_| MessageLog::watched(&budget, || ()))
        .collect();
    let batch: Vec<Bytes> = (0..1000).map(|n| numbered(n, 1000)).collect();
    for log in &logs {
        for _ in 0..5 {
            assert!(log.append(Direction::Received, Duration::ZERO, &batch));
        }
    }
    let disk: Vec<u64> = logs.iter().map(MessageLog::disk_bytes).collect();
    assert!(disk[0] > 0 && disk[0] >= disk[2], "{disk:?}");
    for log in &logs {
        for index in 0..5000 {
            assert_eq!(log.message(index).unwrap(), numbered(index % 1000, 1000));
        }
    }
}

#[test]
fn a_message_larger_than_the_memory_goes_to_the_file_at_once() {
    let (budget, _folder) = spilling(1 << 20, 64 << 20);
    let log = MessageLog::watched(&budget, || ());
    let large = numbered(7, 5 << 20);
    assert!(log.append(Direction::Received, Duration::ZERO, &[message(1, 10)]));
    assert!(log.append(
        Direction::Received,
        Duration::ZERO,
        std::slice::from_ref(&large)
    ));
    assert!(log.append(Direction::Sent, Duration::ZERO, &[message(2, 10)]));
    assert_eq!(log.message(1).unwrap(), large);
    assert_eq!(log.message(2).unwrap(), message(2, 10));
    assert!(budget.memory_bytes() < 1 << 20);
}

#[test]
fn a_full_log_says_why_and_goes_on_once_there_is_room() {
    let batch: Vec<Bytes> = (0..100).map(|n| numbered(n, 10_000)).collect();
    let fill = |log: &MessageLog| {
        for round in 0..1000 {
            if !log.append(Direction::Received, Duration::ZERO, &batch) {
                return round * batch.len();
            }
        }
        panic!("never full");
    };
    let (budget, folder) = spilling(4 << 20, 8 << 20);
    let old = MessageLog::watched(&budget, || ());
    let taken = fill(&old);
    assert_eq!(old.len(), taken);
    assert_eq!(old.why_full(), Some(LogFull::DiskBudget { bytes: 8 << 20 }));
    let log = MessageLog::watched(&budget, || ());
    assert!(!log.append(Direction::Received, Duration::ZERO, &batch));
    drop(old);
    assert!(log.append(Direction::Received, Duration::ZERO, &batch));
    assert_eq!(log.why_full(), None);
    assert_eq!(log.message(99).unwrap(), batch[99]);

    // A file stands where the folder should be.
    drop(log);
    std::fs::remove_dir(folder.path().join("streams")).unwrap();
    std::fs::write(folder.path().join("streams"), "").unwrap();
    let log = MessageLog::watched(&budget, || ());
    let taken = fill(&log);
    assert!(taken > 0, "memory is there all the same");
    assert!(matches!(log.why_full(), Some(LogFull::Disk { .. })));
    assert_eq!(log.message(0).unwrap(), batch[0]);
}

#[test]
fn a_file_that_lost_its_end_gives_what_is_left() {
    let (budget, _folder) = spilling(2 << 20, 1 << 30);
    let log = MessageLog::watched(&budget, || ());
    let batch: Vec<Bytes> = (0..1000).map(|n| numbered(n, 1000)).collect();
    for _ in 0..10 {
        assert!(log.append(Direction::Received, Duration::ZERO, &batch));
    }
    log.read().cut_file(1 << 20);
    log.inner.read_back().clear();
    assert!(log.message(0).is_some());
    assert_eq!(log.message(3000), None);
    assert!(log.message(9999).is_some(), "still in memory");
    let mut seen = 0;
    log.walk(0..10_000, |_, _, _| {
        seen += 1;
        ControlFlow::Continue(())
    });
    assert!(seen > 1000 && seen < 9000, "{seen}");
}

#[test]
fn lines_that_the_disk_lost_keep_their_places() {
    use crate::call::scan::{Filter, LogTypes, Scan};
    let (budget, _folder) = spilling(1 << 20, 1 << 30);
    let log = MessageLog::watched(&budget, || ());
    let direction = |at: usize| match at % 3 {
        0 => Direction::Sent,
        _ => Direction::Received,
    };
    for at in 0..200_000 {
        let taken = log.append(direction(at), Duration::ZERO, &[numbered(at, 20)]);
        assert!(taken);
    }
    log.read().cut_file(3 << 20);
    let entries = log.entries(0..log.len());
    assert_eq!(entries.len(), log.len());
    let lost = entries.iter().filter(|entry| entry.is_none()).count();
    assert!(lost > 0 && lost < log.len(), "{lost}");
    let mut sent = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(entry) = entry {
            assert_eq!(entry.direction, direction(at), "{at}");
            sent.extend((entry.direction == Direction::Sent).then_some(at));
        }
    }

    // A frame is told so once it was asked for.
    let (kept, gone) = (0, entries.iter().position(Option::is_none).unwrap());
    assert!(!log.is_lost(gone), "nobody knows yet");
    assert_eq!(log.entry(gone), None);
    assert!(log.is_lost(gone) && log.entry(kept).is_some() && !log.is_lost(kept));

    // A filter by direction reads lines alone.
    let pool = crate::message::compile_for_tests("syntax = \"proto3\"; message M {}");
    let message = pool.get_message_by_name("M").unwrap();
    let filter = Filter {
        direction: Some(Direction::Sent),
        condition: None,
    };
    let types = LogTypes::of_messages(&message, &message);
    let scan = Scan::start(log, &types, &filter, || {}).unwrap();
    assert!(scan.wait(Duration::from_secs(60), |it| it.looked == it.of));
    assert_eq!(scan.rows(0..scan.len()), sent);
    assert_eq!(scan.progress().undecided, lost);
}

#[test]
fn two_that_make_room_in_each_others_way_both_get_it() {
    let (budget, _folder) = spilling(2 << 20, 1 << 30);
    let logs: [MessageLog; 2] = std::array::from_fn(|_| MessageLog::watched(&budget, || ()));
    let small = [numbered(1, 100)];
    let large = vec![numbered(2, 100_000); 5];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..400 {
                let taken = logs[0].append(Direction::Received, Duration::ZERO, &large);
                assert!(taken, "{round}: {:?}", logs[0].why_full());
            }
        });
        for round in 0..100_000 {
            let taken = logs[1].append(Direction::Received, Duration::ZERO, &small);
            assert!(taken, "{round}: {:?}", logs[1].why_full());
        }
    });
    assert!(budget.memory_bytes() <= 2 << 20);
    let bytes = |log: &MessageLog| log.memory_bytes() as u64 + log.disk_bytes();
    assert!(bytes(&logs[0]) >= 400 * 5 * 100_016);
    assert_eq!(logs[1].message(99_999).unwrap(), small[0]);
}

#[test]
fn an_empty_message_behind_a_segment_that_is_full_to_the_byte_keeps_its_direction() {
    let log = MessageLog::default();
    let kib = vec![message(1, 1024); SEGMENT_BYTES / 1024];
    assert!(log.append(Direction::Sent, Duration::ZERO, &kib));
    assert!(log.append(Direction::Sent, Duration::ZERO, &[Bytes::new()]));
    let last = log.entry(log.len() - 1).unwrap();
    assert_eq!((last.direction, last.len), (Direction::Sent, 0));
    assert_eq!(log.message(log.len() - 1).unwrap(), Bytes::new());
}

#[test]
fn a_frame_gets_lines_from_disk_a_moment_later_and_waits_for_none() {
    use std::sync::mpsc;
    let (budget, _folder) = spilling(1 << 20, 1 << 30);
    let (told, news) = mpsc::channel();
    let log = MessageLog::watched(&budget, move || {
        let _ = told.send(());
    });
    let count = 200_000;
    for first in (0..count).step_by(1000) {
        let batch: Vec<Bytes> = (first..first + 1000).map(|n| numbered(n, 20)).collect();
        let at = Duration::from_micros(first as u64);
        assert!(log.append(Direction::Received, at, &batch));
    }
    while news.try_recv().is_ok() {}
    let screen = 4090..4140;
    let first = log.entries_ready(screen.clone());
    assert_eq!(first.len(), 50);
    assert!(first.iter().all(Option::is_none), "they are on disk");
    let mut ready = first;
    while ready.iter().any(Option::is_none) {
        news.recv_timeout(Duration::from_secs(30))
            .expect("two blocks are read");
        ready = log.entries_ready(screen.clone());
    }
    for (at, entry) in screen.clone().zip(ready) {
        assert_eq!(entry, log.entry(at));
    }
    // A walk over everything, or all lines, leave what is on the screen where it is.
    log.walk(0..count, |_, _, _| ControlFlow::Continue(()));
    let blocks = log.inner.read_back().blocks();
    assert_eq!(log.entries(0..count).len(), count);
    assert_eq!(log.inner.read_back().blocks(), blocks);
    assert!(log.entries_ready(screen).iter().all(Option::is_some));
    let last = log.entries_ready([count - 1, count]);
    assert!(last[0].is_some() && last[1].is_none());

    // Time is looked up alike: at first to the block, then to the message.
    let at = Duration::from_micros(100_500);
    let rough = log.len_at(at);
    let exact = 101_000;
    assert!(
        rough <= exact && exact - rough < 2 * store::BLOCK_ENTRIES,
        "{rough}"
    );
    while log.len_at(at) != exact {
        news.recv_timeout(Duration::from_secs(30))
            .expect("the block is read");
    }
    assert_eq!(log.len_at(Duration::MAX), count);
    assert_eq!(MessageLog::default().len_at(Duration::MAX), 0);
    assert_eq!(log.last_at(), Some(Duration::from_micros(199_000)));
}

#[test]
fn lower_limits_move_what_lies_in_memory_to_disk_at_once() {
    let (budget, _folder) = spilling(16 << 20, 1 << 30);
    let log = MessageLog::watched(&budget, || ());
    let batch: Vec<Bytes> = (0..1000).map(|n| numbered(n, 1000)).collect();
    for _ in 0..10 {
        assert!(log.append(Direction::Received, Duration::ZERO, &batch));
    }
    assert_eq!(log.disk_bytes(), 0);
    budget.set_limits(4 << 20, 1 << 30);
    assert!(
        budget.memory_bytes() <= 4 << 20,
        "{}",
        budget.memory_bytes()
    );
    assert_eq!(log.memory_bytes(), budget.memory_bytes());
    for index in 0..log.len() {
        assert_eq!(log.message(index).unwrap(), numbered(index % 1000, 1000));
    }
    // Without room anywhere it is full, and with more it goes on.
    budget.set_limits(1000, 0);
    assert!(!log.append(Direction::Received, Duration::ZERO, &batch));
    budget.set_limits(16 << 20, 0);
    assert!(log.append(Direction::Received, Duration::ZERO, &batch));
    assert_eq!(budget.limits().memory_bytes, 16 << 20);
}

#[test]
fn memory_of_what_went_to_disk_is_used_again_by_whoever_comes_next() {
    const MIB: usize = 16;
    let (budget, _folder) = spilling(MIB << 20, 1 << 30);
    let batch: Vec<Bytes> = (0..1000).map(|n| numbered(n, 1000)).collect();
    let fill = |log: &MessageLog| {
        for _ in 0..60 {
            assert!(log.append(Direction::Received, Duration::ZERO, &batch));
        }
    };
    let logs: Vec<MessageLog> = (0..3)
        .map(|_| {
            let log = MessageLog::watched(&budget, || ());
            fill(&log);
            log
        })
        .collect();
    // 180 MiB went through the room for 16.
    assert!(
        budget.spare().made() <= MIB + 4,
        "{}",
        budget.spare().made()
    );
    let made = budget.spare().made();
    drop(logs);
    fill(&MessageLog::watched(&budget, || ()));
    assert_eq!(budget.spare().made(), made, "nor once they are gone");
}
