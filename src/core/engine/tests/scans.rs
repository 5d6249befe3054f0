//! Filters, groups, columns and texts by command, over calls of the demo server.

use super::*;
use crate::call::scan::{Condition, FilterPart, Op, ScanState};

fn field(path: &str, op: Op, value: &str) -> Box<Filter> {
    Box::new(Filter {
        direction: None,
        condition: Some(Condition::Field {
            path: path.to_owned(),
            op,
            value: value.to_owned(),
        }),
    })
}

/// A stream of so many ticks that is over.
fn ticks(session: &Session, count: usize) -> CallId {
    let schema = session.schema_of("demo:");
    let body = format!("{{\"count\": {count}}}");
    let (id, spec) = session.call(&schema, "Ticker/Watch", &[&body]);
    session.started(id, spec);
    session.finished(id);
    id
}

fn scan_started(session: &Session, id: ScanId) -> Scan {
    session.wait("the scan", |event| match event {
        Event::ScanStarted(started, _, scan) if started == id => Some(scan),
        Event::ScanRefused(_, refusal) => panic!("{refusal:?}"),
        _ => None,
    })
}

/// Looks as a window does: takes what events there are, which lets it be woken again, then reads the handle.
fn until<T>(session: &Session, what: &str, look: impl Fn() -> Option<T>) -> T {
    session.until(what, || {
        while session.engine.try_event().is_some() {}
        look()
    })
}

fn until_done(session: &Session, scan: &Scan) {
    until(session, "its end", || {
        (scan.progress().state != ScanState::Running).then_some(())
    });
}

fn refusal(session: &Session) -> Box<ScanRefusal> {
    session.wait("the refusal", |event| match event {
        Event::ScanRefused(_, refusal) => Some(refusal),
        Event::ScanStarted(..) => panic!("it was started"),
        _ => None,
    })
}

#[test]
fn a_filter_runs_over_a_call_until_it_is_stopped_or_the_call_forgotten() {
    let session = Session::start();
    let call = ticks(&session, 5000);
    let id = ScanId(1);
    session.send(Command::Scan(id, call, field("sequence", Op::AtMost, "10")));
    let scan = scan_started(&session, id);
    until_done(&session, &scan);
    assert_eq!(scan.rows(0..100), (1..=10).collect::<Vec<_>>());

    // The same id again stops what it stood for.
    session.send(Command::Scan(id, call, field("sequence", Op::Is, "7")));
    let again = scan_started(&session, id);
    assert_eq!(scan.progress().state, ScanState::Stopped);
    until_done(&session, &again);
    assert_eq!(again.rows(0..100), [7]);
    session.send(Command::StopScan(id));
    until(&session, "the stop", || {
        (again.progress().state == ScanState::Stopped).then_some(())
    });

    session.send(Command::Scan(ScanId(2), call, Box::default()));
    let all = scan_started(&session, ScanId(2));
    session.send(Command::Forget(call));
    until(&session, "the stop", || {
        (all.progress().state == ScanState::Stopped).then_some(())
    });
    session.send(Command::Scan(ScanId(3), call, Box::default()));
    assert!(refusal(&session).failure.reason.contains("forgotten"));
}

#[test]
fn what_is_wrong_with_a_filter_is_told_with_its_place() {
    let session = Session::start();
    let call = ticks(&session, 1);
    session.send(Command::Scan(
        ScanId(1),
        call,
        field("sequenze", Op::Is, "1"),
    ));
    let answer = refusal(&session);
    assert_eq!(answer.place, Some((FilterPart::Path, 0..8)));
    assert!(answer.failure.hint.contains("`sequence`"), "{answer:?}");
    let cel = Filter {
        direction: None,
        condition: Some(Condition::Cel("sequence > ".to_owned())),
    };
    session.send(Command::Scan(ScanId(2), call, Box::new(cel)));
    let answer = refusal(&session);
    assert!(
        matches!(answer.place, Some((FilterPart::Expression, _))),
        "{answer:?}"
    );
    let spec = GroupSpec {
        path: "nothing".to_owned(),
        filter: Filter::default(),
    };
    session.send(Command::Group(ScanId(3), call, Box::new(spec)));
    assert!(refusal(&session).failure.summary.contains("leads nowhere"));
}

#[test]
fn groups_columns_and_texts_are_answered() {
    let session = Session::start();
    let call = ticks(&session, 200);
    let spec = GroupSpec {
        path: "payload".to_owned(),
        filter: Filter::default(),
    };
    session.send(Command::Group(ScanId(1), call, Box::new(spec)));
    let groups = session.wait("the groups", |event| match event {
        Event::GroupStarted(ScanId(1), _, groups) => Some(groups),
        Event::ScanRefused(_, refusal) => panic!("{refusal:?}"),
        _ => None,
    });
    let counted = until(&session, "all ticks", || {
        let groups = groups.groups();
        (groups.rows.first()?.count == 200).then_some(groups)
    });
    assert_eq!((counted.rows.len(), counted.rows[0].first), (1, 1));

    let columns: Arc<[String]> = ["sequence", "count", "nothing"].map(str::to_owned).into();
    session.send(Command::ReadCells {
        call,
        columns: columns.clone(),
        wanted: (0..=200).chain([9999]).collect(),
    });
    let mut rows = Vec::new();
    session.until("all rows", || {
        while let Some(event) = session.engine.try_event() {
            if let Event::CellsRead(read) = event {
                assert_eq!((read.call, &read.columns), (call, &columns));
                rows.extend(read.rows);
            }
        }
        (rows.len() == 201).then_some(())
    });
    rows.sort_by_key(|(index, _)| *index);
    let cells = |index: usize| {
        rows[index]
            .1
            .iter()
            .map(Option::as_deref)
            .collect::<Vec<_>>()
    };
    assert_eq!(cells(0), [None, Some("200"), None]);
    assert_eq!(cells(200), [Some("200"), None, None]);

    let search = crate::call::scan::TextSearch {
        text: "\"sequence\":\"150\"".to_owned(),
        match_case: true,
        from: 0,
        forward: true,
    };
    session.send(Command::FindText(ScanId(2), call, Box::new(search)));
    let found = session.wait("the text", |event| match event {
        Event::TextFound(ScanId(2), found) => Some(found),
        _ => None,
    });
    assert_eq!(
        found.map(|found| (found.index, found.wrapped)),
        Some((150, false))
    );
}
