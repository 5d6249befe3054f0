//! Streams that are long, full, cancelled at any moment, or not looked at: nothing is lost and nothing leaks.

use bytes::Bytes;

use super::*;
use crate::{
    call::{CallEvent, LogBudget},
    engine::{Job, JobId},
    workspace::{LogSettings, WorkspaceFile},
};

impl Session {
    fn spilling(memory_bytes: usize, disk_bytes: u64) -> (Self, LogBudget) {
        let folder = tempfile::tempdir().unwrap();
        let session = Self::start_with(folder, memory_bytes, Some(disk_bytes));
        let budget = session.wait("the budget", |event| match event {
            Event::LogBudget(budget) => Some(budget),
            _ => None,
        });
        (session, budget)
    }

    fn ticks(&self, schema: &Schema, count: usize, payload: usize) -> (CallId, CallSpec) {
        let body =
            format!("{{\"count\": {count}, \"intervalMs\": 0, \"payloadBytes\": {payload}}}");
        self.call(schema, "Ticker/Watch", &[&body])
    }

    /// Has the engine answer something, so that there is a wake to look after.
    fn nudge(&self) {
        self.send(Command::FindRoots(Vec::new()));
    }
}

/// The number of a tick, its first field.
fn sequence(message: &Bytes) -> u64 {
    let mut rest = &message[..];
    let key = prost::encoding::decode_varint(&mut rest).unwrap();
    assert_eq!(key, 8, "field 1, varint");
    prost::encoding::decode_varint(&mut rest).unwrap()
}

/// Every tick is there, in order, and nothing else but the request.
fn assert_ticks(log: &MessageLog, count: usize) {
    let mut next = 1;
    log.walk(0..log.len(), |_, entry, message| {
        if entry.direction == Direction::Received {
            assert_eq!(sequence(&Bytes::copy_from_slice(message)), next);
            next += 1;
        }
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(next - 1, count as u64);
}

#[test]
fn a_stream_goes_on_while_nobody_looks_and_everything_else_happens() {
    const COUNT: usize = 150_000;
    let (session, _) = Session::spilling(2 << 20, 1 << 30);
    let schema = session.schema_of("demo:");
    let (workspace, _) = session.opened(None);
    let (main, spec) = session.ticks(&schema, COUNT, 40);
    let log = session.started(main, spec);

    // The window is minimised: it draws nothing, so that nobody takes an event from here on.
    let mut others = Vec::new();
    let mut tickets = Vec::new();
    let mut schemas = Vec::new();
    for number in 0..10 {
        let (id, spec) = session.call(&schema, "Greeter/SayHello", &["{\"name\": \"Ada\"}"]);
        session.send(Command::StartCall(id, Box::new(spec)));
        others.push(id);
        let id = SchemaId(session.number());
        session.send(Command::Reflect(id, Box::new(reflect_spec("demo:"))));
        schemas.push(id);
        let ticket = Ticket(session.number());
        let file = WorkspaceFile {
            name: format!("saved {number}"),
            ..workspace.file.clone()
        };
        let file = Box::new(file);
        session.send(Command::Edit(ticket, WorkspaceEdit::SaveFile { file }));
        tickets.push(ticket);
    }
    let copy = session.folder.path().join("meanwhile.stublesslog");
    session.send(Command::SaveLog {
        call: main,
        facts: logs::facts_of_ticks(),
        path: copy.clone(),
        existing: Existing::Keep,
        job: Job::new(JobId(session.number())),
    });

    let (mut ended, mut saved) = (false, false);
    session.until("all of it", || {
        while let Some(event) = session.engine.try_event() {
            match event {
                Event::CallFinished(id, end) => {
                    assert_eq!(end.finished.outcome.status.code, Code::OK);
                    ended |= id == main;
                    others.retain(|other| *other != id);
                }
                Event::SchemaLoaded(id, ..) => schemas.retain(|other| *other != id),
                Event::WorkspaceChanged { ticket, .. } => tickets.retain(|it| *it != ticket),
                Event::LogSaved { saved: told, .. } => {
                    assert_eq!(told.lost, 0);
                    saved = true;
                }
                Event::CallFailed(_, failure)
                | Event::SchemaFailed(_, failure)
                | Event::EditFailed(_, failure)
                | Event::Notice(failure) => panic!("{failure:?}"),
                _ => {}
            }
        }
        let all = others.is_empty() && schemas.is_empty() && tickets.is_empty();
        (ended && saved && all).then_some(())
    });
    assert_ticks(&log, COUNT);
    assert!(log.disk_bytes() > 0, "it spilled");
    // What was saved meanwhile is the beginning of it.
    let (_, opened) = session.open_log(&copy);
    let opened = opened.unwrap();
    assert_eq!(opened.missing, None);
    assert_ticks(&opened.log, opened.log.count(Direction::Received));
}

#[test]
fn cancelled_at_any_moment_nothing_is_left() {
    let (session, budget) = Session::spilling(1 << 20, 1 << 30);
    let schema = session.schema_of("demo:");
    // A sequence that looks like chance and is the same each time.
    let mut chance = 7_usize;
    for round in 0..40 {
        chance = chance * 75 % 65_537;
        let (id, spec) = session.ticks(&schema, 1_000_000, chance % 300);
        if round % 5 == 0 {
            session.send(Command::StartCall(id, Box::new(spec)));
        } else {
            let log = session.started(id, spec);
            let seen = chance % 20_000;
            session.until("so many messages", || {
                while session.engine.try_event().is_some() {}
                (log.len() >= seen).then_some(())
            });
        }
        if round % 3 == 0 {
            // Closing the tab cancels, too.
            session.send(Command::Forget(id));
            continue;
        }
        session.send(Command::Cancel(id));
        let end = session.finished(id);
        assert_eq!(end.finished.outcome.status.code, Code::CANCELLED);
        session.send(Command::Forget(id));
    }
    session.until("the budget to be free", || {
        while session.engine.try_event().is_some() {}
        session.nudge();
        (budget.memory_bytes() == 0 && budget.disk_bytes() == 0).then_some(())
    });
}

#[test]
fn a_stream_without_an_end_stays_within_its_limits_and_goes_on_with_higher_ones() {
    const MEMORY: usize = 1 << 20;
    let (session, budget) = Session::spilling(MEMORY, 4 << 20);
    let schema = session.schema_of("demo:");
    let (id, spec) = session.ticks(&schema, 1_000_000, 60);
    let log = session.started(id, spec);
    for round in 1..=4_u64 {
        session.wait("the log to be full", |event| match event {
            Event::CallChanged(of, CallEvent::LogFull) if of == id => Some(()),
            Event::CallFinished(..) => panic!("it ended"),
            _ => None,
        });
        let limits = budget.limits();
        assert!(log.why_full().is_some());
        assert!(budget.memory_bytes() <= MEMORY && budget.disk_bytes() <= limits.disk_bytes);
        let len = log.len();
        let disk = (4 + 4 * round) << 20;
        session.send(Command::SetLogLimits(LogSettings {
            memory_bytes: None,
            disk_bytes: Some(disk),
        }));
        session.until("more messages", || {
            while session.engine.try_event().is_some() {}
            session.nudge();
            (log.len() > len).then_some(())
        });
    }
    session.send(Command::Cancel(id));
    let end = session.finished(id);
    assert_eq!(end.finished.outcome.status.code, Code::CANCELLED);
    assert!(log.len() > 100_000, "{}", log.len());
    assert_ticks(&log, log.count(Direction::Received));
}

#[test]
fn messages_that_do_not_decode_are_saved_opened_and_shown_as_they_are() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let (id, spec) = session.ticks(&schema, 1, 0);
    let log = session.started(id, spec);
    session.finished(id);
    // A length that reaches beyond the end, a field of another wire type, noise.
    let broken: [&[u8]; 3] = [&[0x1a, 0x7f, 1], &[0x0a, 1, 65], &[0xff; 12]];
    let messages: Vec<Bytes> = broken.iter().map(|it| Bytes::from_static(it)).collect();
    assert!(log.append(Direction::Received, Duration::ZERO, &messages));
    let path = session.folder.path().join("broken.stublesslog");
    session.save_log(id, logs::facts_of_ticks(), &path);
    let (opened_id, opened) = session.open_log(&path);
    let opened = opened.unwrap();
    for (at, expected) in broken.iter().enumerate() {
        let index = opened.log.len() - broken.len() + at;
        assert_eq!(opened.log.message(index).unwrap(), *expected);
        let text = session.text(opened_id, index, RenderStyle::Preview);
        assert_eq!(
            text.text,
            session.text(id, index, RenderStyle::Preview).text
        );
        assert!(!text.problems.is_empty(), "{text:?}");
    }
}
