//! A log outlives its call: saved, opened, sent again, through the engine's border.

use super::*;
use crate::{
    call::{LogFacts, LogFull},
    engine::{Job, JobId, OpenedLog},
    schema::CallKind,
    workspace::LogSettings,
};

fn facts_of(end: &CallEnd, kind: CallKind, method: &str) -> Box<LogFacts> {
    Box::new(LogFacts {
        method: format!("demo.v1.{method}"),
        kind,
        target: "demo:".to_owned(),
        began: None,
        head: None,
        end: Some(crate::call::LogEnd {
            outcome: end.finished.outcome.clone(),
            timings: end.finished.timings,
            failure: end.failure.clone(),
        }),
    })
}

impl Session {
    fn job(&self) -> Job {
        Job::new(JobId(self.number()))
    }

    pub(super) fn save_log(
        &self,
        call: CallId,
        facts: Box<LogFacts>,
        path: &std::path::Path,
    ) -> usize {
        let job = self.job();
        self.send(Command::SaveLog {
            call,
            facts,
            path: path.to_owned(),
            existing: Existing::Keep,
            job: job.clone(),
        });
        let saved = self.wait("the log to be saved", |event| match event {
            Event::LogSaved { saved, .. } => Some(saved),
            Event::Notice(failure) => panic!("{failure:?}"),
            _ => None,
        });
        assert!(job.is_over());
        assert_eq!(saved.lost, 0);
        saved.messages
    }

    pub(super) fn open_log(&self, path: &std::path::Path) -> (CallId, Result<OpenedLog, Failure>) {
        let call = CallId(self.number());
        let job = self.job();
        self.send(Command::OpenLog {
            call,
            path: path.to_owned(),
            job: job.clone(),
        });
        let opened = self.wait("the log to be opened", |event| match event {
            Event::LogOpened(id, opened) if id == call => Some(Ok(*opened)),
            Event::LogNotOpened(id, Some(failure)) if id == call => Some(Err(*failure)),
            _ => None,
        });
        assert!(job.is_over());
        (call, opened)
    }
}

#[test]
fn a_log_is_saved_opened_without_its_schema_and_sent_again() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let names = ["Ada", "{{ not a variable }}"];
    let texts: Vec<String> = names
        .iter()
        .map(|n| format!("{{\"text\": \"{}\"}}", n.replace("{{", "{{ \\\"{{\\\" }}")))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (id, spec) = session.call(&schema, "Atlas/Converse", &texts);
    let log = session.started(id, spec);
    let end = session.finished(id);
    let path = session.folder.path().join("chat.stublesslog");
    let facts = facts_of(&end, CallKind::Bidi, "Atlas/Converse");
    assert_eq!(session.save_log(id, facts, &path), log.len());
    let before: Vec<_> = (0..log.len())
        .map(|at| (log.entry(at), log.message(at)))
        .collect();
    let first = session.text(id, 0, RenderStyle::Full);
    session.send(Command::Forget(id));

    let other = Session::start();
    let (id, opened) = other.open_log(&path);
    let opened = opened.unwrap();
    assert!(opened.has_schema && opened.missing.is_none(), "{opened:?}");
    assert_eq!(opened.facts.method, "demo.v1.Atlas/Converse");
    assert!(opened.facts.began.is_some());
    let after: Vec<_> = (0..opened.log.len())
        .map(|at| (opened.log.entry(at), opened.log.message(at)))
        .collect();
    assert_eq!(after, before);
    let ended = opened.end.unwrap().finished;
    assert_eq!(ended.outcome.status, end.finished.outcome.status);
    assert_eq!(other.text(id, 0, RenderStyle::Full).text, first.text);
    other.send(Command::TakeSent(id));
    let taken = other.wait("what was sent", |event| match event {
        Event::SentTaken(of, taken) if of == id => Some(taken),
        _ => None,
    });
    assert_eq!((taken.texts.len(), taken.left_out), (2, 0));
    // As texts of a request they mean the same again.
    let schema = other.schema_of("demo:");
    let messages: Vec<&str> = taken.texts.iter().map(String::as_str).collect();
    let (again, spec) = other.call(&schema, "Atlas/Converse", &messages);
    let log = other.started(again, spec);
    other.finished(again);
    let sent = |log: &MessageLog| -> Vec<_> {
        let all = 0..log.len();
        all.filter(|at| log.entry(*at).unwrap().direction == Direction::Sent)
            .map(|at| log.message(at).unwrap())
            .collect()
    };
    assert_eq!(sent(&log), sent(&opened.log));
}

#[test]
fn what_is_no_log_is_told_and_a_damaged_one_is_shown_as_far_as_it_goes() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let (id, spec) = session.call(
        &schema,
        "Ticker/Watch",
        &["{\"count\": 50, \"intervalMs\": 0}"],
    );
    let log = session.started(id, spec);
    let end = session.finished(id);
    let path = session.folder.path().join("ticks.stublesslog");
    session.save_log(
        id,
        facts_of(&end, CallKind::ServerStream, "Ticker/Watch"),
        &path,
    );
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    let opened = session.open_log(&path).1.unwrap();
    let missing = opened.missing.unwrap();
    assert!(missing.contains("in the middle of message"), "{missing}");
    assert!(opened.log.len() < log.len() && !opened.log.is_empty());

    for (name, bytes, words) in [
        ("text.stublesslog", &b"hello"[..], "not a log"),
        (
            "later.stublesslog",
            b"stubless-log 7 00000000 00000000\n",
            "version 7",
        ),
    ] {
        let path = session.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let failure = session.open_log(&path).1.unwrap_err();
        assert!(failure.reason.contains(words), "{failure:?}");
        assert!(failure.summary.contains(name), "{failure:?}");
    }
    let failure = session
        .open_log(&session.folder.path().join("none"))
        .1
        .unwrap_err();
    assert!(!failure.reason.is_empty() && !failure.hint.is_empty());
}

#[test]
fn a_lower_limit_holds_at_once_and_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::start_in(folder, 64 << 20);
    let budget = session.wait("the budget", |event| match event {
        Event::LogBudget(budget) => Some(budget),
        _ => None,
    });
    assert_eq!(budget.limits().memory_bytes, 64 << 20);
    let settings = LogSettings {
        memory_bytes: Some(1000),
        disk_bytes: None,
    };
    session.send(Command::SetLogLimits(settings));
    session.until("the new limit", || {
        // A command of no effect, so that there is a wake to look after.
        session.send(Command::FindRoots(Vec::new()));
        (budget.limits().memory_bytes == 1000).then_some(())
    });
    let log = MessageLog::watched(&budget, || ());
    let message = bytes::Bytes::from(vec![0; 2000]);
    assert!(!log.append(Direction::Sent, Duration::ZERO, &[message]));
    assert_eq!(log.why_full(), Some(LogFull::Memory { bytes: 1000 }));
    let folder = session.end();
    assert_eq!(AppDirs::below(folder.path()).logs(), settings);
}

/// Of a stream of ticks that is under way.
pub(super) fn facts_of_ticks() -> Box<LogFacts> {
    Box::new(LogFacts {
        method: "demo.v1.Ticker/Watch".to_owned(),
        kind: CallKind::ServerStream,
        target: "demo:".to_owned(),
        began: None,
        head: None,
        end: None,
    })
}
