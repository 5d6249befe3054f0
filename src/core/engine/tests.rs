//! The engine as the window sees it: commands in, events out.

mod by_hand;
mod endurance;
mod logs;
mod scans;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use super::*;
use crate::{
    call::{Direction, Fix},
    grpc::Code,
    schema::{Existing, Schema},
    workspace::{MessageText, WorkspaceFile},
};

/// Nothing here takes this long.
const LIMIT: Duration = Duration::from_secs(30);

/// An engine with its events, and what the window would keep of them.
struct Session {
    engine: Engine,
    woken: Arc<(Mutex<bool>, Condvar)>,
    folder: tempfile::TempDir,
    next: std::cell::Cell<u64>,
}

impl Session {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), 256 << 20)
    }

    fn start_in(folder: tempfile::TempDir, log_memory_bytes: usize) -> Self {
        Self::start_with(folder, log_memory_bytes, None)
    }

    /// With so many bytes for messages in memory, and on disk.
    fn start_with(
        folder: tempfile::TempDir,
        log_memory_bytes: usize,
        log_disk_bytes: Option<u64>,
    ) -> Self {
        let woken = Arc::new((Mutex::new(false), Condvar::new()));
        let wake = woken.clone();
        let engine = Engine::start(EngineOptions {
            dirs: AppDirs::below(folder.path()),
            demo: true,
            log_memory_bytes,
            log_spills: log_disk_bytes.is_some(),
            log_disk_bytes,
            wake: Arc::new(move || {
                *wake.0.lock().unwrap() = true;
                wake.1.notify_all();
            }),
        });
        Self {
            engine: engine.unwrap(),
            woken,
            folder,
            next: std::cell::Cell::new(1),
        }
    }

    fn number(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    fn send(&self, command: Command) {
        self.engine.send(command).unwrap();
    }

    /// The first event that is wanted; others before it are dropped.
    fn wait<T>(&self, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        self.until(what, || {
            std::iter::from_fn(|| self.engine.try_event()).find_map(&mut wanted)
        })
    }

    /// Looks after each wake until there is something.
    fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(found) = look() {
                return found;
            }
            let mut woken = self.woken.0.lock().unwrap();
            while !*woken {
                let left = end.saturating_duration_since(Instant::now());
                assert!(!left.is_zero(), "waited for {what}");
                woken = self.woken.1.wait_timeout(woken, left).unwrap().0;
            }
            *woken = false;
        }
    }

    fn schema_of(&self, target: &str) -> Schema {
        let id = SchemaId(self.number());
        self.send(Command::Reflect(id, Box::new(reflect_spec(target))));
        self.wait("the schema", |event| match event {
            Event::SchemaLoaded(answered, loaded, info) => {
                assert_eq!(answered, id);
                assert!(info.is_some());
                Some(loaded.schema)
            }
            Event::SchemaFailed(_, failure) => panic!("{failure:?}"),
            _ => None,
        })
    }

    fn call(&self, schema: &Schema, method: &str, messages: &[&str]) -> (CallId, CallSpec) {
        let spec = CallSpec {
            method: format!("demo.v1.{method}"),
            target: "demo:".to_owned(),
            settings: TargetSettings::default(),
            metadata: Vec::new(),
            deadline: None,
            call: crate::workspace::CallSettings::default(),
            messages: messages.iter().map(|&text| text.to_owned()).collect(),
            keep_open: false,
            scope: Scope::default(),
            schema: schema.clone(),
            base: PathBuf::new(),
            demo: None,
        };
        (CallId(self.number()), spec)
    }

    fn started(&self, id: CallId, spec: CallSpec) -> MessageLog {
        self.send(Command::StartCall(id, Box::new(spec)));
        self.wait("the call to start", |event| match event {
            Event::CallStarted(started, log) if started == id => Some(log),
            Event::CallFailed(_, failure) => panic!("{failure:?}"),
            _ => None,
        })
    }

    fn finished(&self, id: CallId) -> CallEnd {
        self.wait("the call to end", |event| match event {
            Event::CallFinished(ended, end) if ended == id => Some(*end),
            _ => None,
        })
    }

    fn text(&self, call: CallId, index: usize, style: RenderStyle) -> Arc<JsonText> {
        let wanted = vec![(index, style)];
        self.send(Command::Render { call, wanted });
        self.wait("a text", |event| match event {
            Event::Rendered { texts, .. } => texts.into_iter().next().map(|(_, _, text)| text),
            _ => None,
        })
    }

    fn opened(&self, path: Option<PathBuf>) -> (Workspace, Recent) {
        self.send(Command::OpenWorkspace(path));
        self.wait("the workspace", |event| match event {
            Event::WorkspaceOpened(workspace, recent) => Some((*workspace, recent)),
            Event::WorkspaceFailed(failure) => panic!("{failure:?}"),
            _ => None,
        })
    }

    fn edit(&self, edit: WorkspaceEdit) -> Result<Changed, Box<Failure>> {
        let ticket = Ticket(self.number());
        self.send(Command::Edit(ticket, edit));
        self.wait("the edit", |event| match event {
            Event::WorkspaceChanged {
                ticket: done,
                workspace,
                path,
                undo,
            } if done == ticket => Some(Ok((*workspace, path, undo))),
            Event::EditFailed(done, failure) if done == ticket => Some(Err(failure)),
            _ => None,
        })
    }
}

type Changed = (Workspace, Option<PathBuf>, Option<Undo>);

fn reflect_spec(target: &str) -> ReflectSpec {
    ReflectSpec {
        target: target.to_owned(),
        settings: TargetSettings::default(),
        metadata: Vec::new(),
        scope: Scope::default(),
        base: PathBuf::new(),
        filling: None,
    }
}

#[test]
fn the_main_job_from_the_sample_to_a_saved_answer() {
    let session = Session::start();
    let (workspace, _) = session.opened(None);
    assert_eq!(workspace.problems, []);
    let path = Path::new("requests/greeter/say-hello.json");
    let request = workspace.request(path).unwrap();
    let schema = session.schema_of(workspace.file.target.as_deref().unwrap());
    let texts: Vec<&str> = request.messages.iter().map(|m| m.0.as_str()).collect();
    let method = request.method.strip_prefix("demo.v1.").unwrap();
    let (id, spec) = session.call(&schema, method, &texts);
    let log = session.started(id, spec);
    let end = session.finished(id);
    assert_eq!(end.finished.outcome.status.code, Code::OK);
    assert_eq!(end.failure, None);
    assert_eq!(log.count(Direction::Received), 1);
    let full = session.text(id, 1, RenderStyle::Full);
    assert!(full.text.contains("\"greeting\""), "{full:?}");
    let preview = session.text(id, 1, RenderStyle::Preview);
    assert!(!preview.text.contains('\n'));

    let file = session.folder.path().join("answer.json");
    session.send(Command::SaveMessages {
        call: id,
        spec: Box::new(SaveSpec {
            what: SaveWhat::One(1),
            direction: None,
            form: MessageForm::Json,
        }),
        path: file.clone(),
        existing: Existing::Keep,
        job: Job::new(JobId(1)),
    });
    session.wait("the file", |event| match event {
        Event::MessagesSaved { written, .. } => {
            assert_eq!(written.count, 1);
            Some(())
        }
        Event::Notice(failure) => panic!("{failure:?}"),
        _ => None,
    });
    assert_eq!(
        fs::read_to_string(file).unwrap(),
        format!("{}\n", full.text)
    );

    let mut new = request.clone();
    new.messages = vec![MessageText("{\n  \"name\": \"Grace\"\n}".to_owned())];
    let edit = WorkspaceEdit::SaveRequest {
        path: path.to_owned(),
        base: Box::new(request.clone()),
        new: Box::new(new.clone()),
    };
    let (changed, at, _) = session.edit(edit).unwrap();
    assert_eq!(changed.request(path), Some(&new));
    assert_eq!(at.as_deref(), Some(path));
    session.send(Command::Forget(id));

    // The next start opens it again, with what was remembered.
    let recent = Recent {
        path: workspace.root.clone(),
        open: vec![path.to_owned()],
        active: 0,
        environment: Some("demo".to_owned()),
    };
    session.send(Command::Remember(recent.clone()));
    let folder = session.end();
    let session = Session::start_in(folder, 1 << 20);
    let (again, remembered) = session.opened(None);
    assert_eq!(again.request(path), Some(&new));
    assert_eq!(remembered, recent);
}

impl Session {
    /// Ends the engine as closing the window does.
    fn end(self) -> tempfile::TempDir {
        drop(self.engine);
        self.folder
    }
}

#[test]
fn a_hundred_thousand_messages_need_no_event_each() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let (id, spec) = session.call(&schema, "Ticker/Watch", &["{\"count\": 100000}"]);
    session.send(Command::StartCall(id, Box::new(spec)));
    let mut events = 0;
    let mut log = None;
    let end = session.wait("the end", |event| {
        events += 1;
        match event {
            Event::CallStarted(_, started) => {
                log = Some(started);
                None
            }
            Event::CallFinished(_, end) => Some(end),
            _ => None,
        }
    });
    assert_eq!(end.finished.outcome.status.code, Code::OK);
    assert_eq!(log.unwrap().count(Direction::Received), 100_000);
    assert!(events < 20, "{events}");
    let last = session.text(id, 100_000, RenderStyle::Preview);
    assert!(last.text.contains("100000"));
    let path = session.folder.path().join("ticks.jsonl");
    let job = Job::new(JobId(1));
    session.send(Command::SaveMessages {
        call: id,
        spec: Box::new(SaveSpec {
            what: SaveWhat::All,
            direction: Some(Direction::Received),
            form: MessageForm::JsonLines { facts: false },
        }),
        path: path.clone(),
        existing: Existing::Keep,
        job: job.clone(),
    });
    session.wait("the file", |event| match event {
        Event::MessagesSaved { written, .. } => {
            assert_eq!(written.count, 100_000);
            Some(())
        }
        _ => None,
    });
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 100_000);
    assert!(job.is_over());
    assert_eq!(job.fraction(), Some(1.0));
}

#[test]
fn a_stream_wakes_the_window_as_it_grows() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let (id, spec) = session.call(&schema, "Ticker/Watch", &["{\"intervalMs\": 1}"]);
    let log = session.started(id, spec);
    for seen in [1, 5, 20] {
        session.until("more messages", || {
            // As a frame does: take what is there, then look at the log.
            while session.engine.try_event().is_some() {}
            (log.count(Direction::Received) >= seen).then_some(())
        });
    }
    session.send(Command::Cancel(id));
    let end = session.finished(id);
    assert_eq!(end.finished.outcome.status.code, Code::CANCELLED);
    assert_eq!(end.failure, None);
}

#[test]
fn what_goes_wrong_before_a_call_is_a_card() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let (id, spec) = session.call(&schema, "Greeter/SayHello", &["{\"name\": 7}"]);
    session.send(Command::StartCall(id, Box::new(spec)));
    let failure = session.wait("the card", |event| match event {
        Event::CallFailed(_, failure) => Some(failure),
        _ => None,
    });
    assert!(failure.place.is_some());

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let (id, mut spec) = session.call(&schema, "Greeter/SayHello", &["{}"]);
    spec.target = nobody.clone();
    session.started(id, spec);
    let end = session.finished(id);
    assert!(end.failure.unwrap().summary.contains(&nobody));

    let schema_id = SchemaId(session.number());
    session.send(Command::Reflect(schema_id, Box::new(reflect_spec(&nobody))));
    let failure = session.wait("the card", |event| match event {
        Event::SchemaFailed(id, failure) => {
            assert_eq!(id, schema_id);
            Some(failure)
        }
        _ => None,
    });
    assert_eq!(failure.fixes, [Fix::Retry]);
}

#[test]
fn a_rich_status_comes_decoded() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let message = "{\"code\": \"NOT_FOUND\", \"withDetails\": true}";
    let (id, spec) = session.call(&schema, "Trouble/Fail", &[message]);
    session.started(id, spec);
    let end = session.finished(id);
    assert_eq!(end.finished.outcome.status.code, Code::NOT_FOUND);
    assert!(!end.details.is_empty());
    assert!(end.details.iter().all(|detail| detail.decoded));
}

#[test]
fn the_newest_body_alone_is_checked() {
    let session = Session::start();
    let schema = session.schema_of("demo:");
    let check = |text: String| {
        Box::new(BodyCheck {
            document: crate::message::Document::new(text),
            message: schema.method("demo.v1.Greeter/SayHello").unwrap().input(),
            scope: Scope::default(),
            schema: schema.clone(),
        })
    };
    let answer = |id| {
        session.wait("the check", |event| match event {
            Event::Checked(answered, fit) if answered == id => Some(fit),
            _ => None,
        })
    };
    session.send(Command::Check(
        CheckId(1),
        check("{\"name\": \"x\"}".to_owned()),
    ));
    assert_eq!(answer(CheckId(1)).unwrap().fit, Ok(3));
    // A body of which every member is wrong is read to its end, unless another one is more wanted.
    let large = format!("{{{}}}", "\"unknown\": 1,".repeat(300_000));
    session.send(Command::Check(CheckId(2), check(large.clone())));
    session.send(Command::Check(CheckId(3), check(large)));
    session.send(Command::StopCheck);
    session.send(Command::Check(
        CheckId(4),
        check("{\"nam\": \"x\"}".to_owned()),
    ));
    assert_eq!(answer(CheckId(2)), None);
    assert_eq!(answer(CheckId(3)), None);
    let found = answer(CheckId(4)).unwrap().fit.unwrap_err();
    assert_eq!(found[0].range, 1..6);
}

#[test]
fn file_schemas_are_loaded_with_their_problems() {
    let session = Session::start();
    let path = session.folder.path();
    fs::write(
        path.join("a.proto"),
        "syntax = \"proto3\"; package p; message M {} service S { rpc Go(M) returns (M); }",
    )
    .unwrap();
    fs::write(path.join("bad.proto"), "syntax = \"proto3\"; nonsense").unwrap();
    let id = SchemaId(session.number());
    let source = Source::Protos {
        files: vec![path.join("a.proto"), path.join("bad.proto")],
        roots: Vec::new(),
        exclude: Vec::new(),
    };
    session.send(Command::LoadSchema(id, vec![source]));
    let loaded = session.wait("the schema", |event| match event {
        Event::SchemaLoaded(_, loaded, None) => Some(loaded),
        _ => None,
    });
    assert!(loaded.schema.method("p.S/Go").is_some());
    assert!(!loaded.problems.is_empty());
}

#[test]
fn a_schema_is_compared_with_what_a_server_says_of_itself() {
    let session = Session::start();
    let here = session.schema_of("demo:");
    let compared = |with: Compared| {
        let id = CompareId(session.number());
        session.send(Command::Compare(id, here.clone(), with));
        session.wait("the comparison", |event| match event {
            Event::Compared(answered, drift, server) if answered == id => {
                Some(Ok((*drift, server)))
            }
            Event::CompareFailed(answered, failure) if answered == id => Some(Err(failure)),
            _ => None,
        })
    };
    let asked = compared(Compared::Asked(Box::new(reflect_spec("demo:"))));
    let (drift, server) = asked.unwrap();
    assert_eq!(drift.verdict(), None);
    assert!(drift.compared > 5, "{drift:?}");
    assert_eq!(server.catalogue(), here.catalogue());

    let (drift, _) = compared(Compared::Known(Schema::empty())).unwrap();
    assert!(drift.only_here.contains(&"demo.v1.Greeter".to_owned()));

    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = gone.local_addr().unwrap().to_string();
    drop(gone);
    let failed = compared(Compared::Asked(Box::new(reflect_spec(&target))));
    assert!(failed.unwrap_err().summary.contains(&target));
}

#[test]
fn files_that_were_loaded_are_watched_from_then_on() {
    let session = Session::start();
    let path = session.folder.path().join("a.proto");
    fs::write(&path, "syntax = \"proto3\"; message A {}").unwrap();
    let source = Source::Protos {
        files: vec![path.clone()],
        roots: Vec::new(),
        exclude: Vec::new(),
    };
    let id = SchemaId(session.number());
    session.send(Command::LoadSchema(id, vec![source]));
    session.wait("the schema", |event| match event {
        Event::SchemaLoaded(loaded, ..) if loaded == id => Some(()),
        _ => None,
    });
    fs::write(&path, "syntax = \"proto3\"; message B {}").unwrap();
    session.wait("the change", |event| {
        matches!(event, Event::SchemaFilesChanged).then_some(())
    });
}

#[test]
fn edits_are_done_in_order_and_a_deletion_can_be_taken_back() {
    let session = Session::start();
    let root = session.folder.path().join("mine");
    session.send(Command::CreateWorkspace {
        path: root.clone(),
        name: "Mine".to_owned(),
    });
    session.wait("the workspace", |event| match event {
        Event::WorkspaceOpened(workspace, _) => {
            assert_eq!(workspace.file.name, "Mine");
            Some(())
        }
        _ => None,
    });
    let requests = PathBuf::from("requests");
    for number in 0..20 {
        let request = RequestFile {
            name: "Same".to_owned(),
            docs: number.to_string(),
            ..RequestFile::default()
        };
        session.send(Command::Edit(
            Ticket(1000 + number),
            WorkspaceEdit::CreateRequest {
                folder: requests.clone(),
                request: Box::new(request),
            },
        ));
    }
    let last = session.wait("the edits", |event| match event {
        Event::WorkspaceChanged {
            ticket: Ticket(1019),
            workspace,
            path,
            ..
        } => Some((workspace, path.unwrap())),
        _ => None,
    });
    assert_eq!(last.0.request(&last.1).unwrap().docs, "19");
    assert_eq!(last.0.entries.len(), 20);
    let delete = WorkspaceEdit::Delete {
        path: last.1.clone(),
    };
    let (workspace, _, undo) = session.edit(delete).unwrap();
    assert_eq!(workspace.entries.len(), 19);
    let undo = undo.unwrap();
    let (workspace, _, _) = session.edit(WorkspaceEdit::Restore { undo }).unwrap();
    assert_eq!(workspace.entries, last.0.entries);

    // Someone else writes: it is told, and both versions live on.
    fs::write(root.join(&last.1), "{\"docs\": \"theirs\"}").unwrap();
    let base = last.0.request(&last.1).unwrap().clone();
    let edit = WorkspaceEdit::SaveRequest {
        path: last.1.clone(),
        new: Box::new(RequestFile {
            docs: "mine".to_owned(),
            ..base.clone()
        }),
        base: Box::new(base),
    };
    let failure = session.edit(edit).unwrap_err();
    assert!(failure.summary.contains("changed outside"), "{failure:?}");
    let (workspace, _, _) = session.edit(WorkspaceEdit::Reload).unwrap();
    assert_eq!(workspace.request(&last.1).unwrap().docs, "theirs");
}

#[test]
fn a_deletion_keeps_its_way_back_when_the_workspace_breaks_meanwhile() {
    let session = Session::start();
    let (workspace, _) = session.opened(None);
    let manifest = workspace.root.join("workspace.json");
    let request = find_request(&workspace.entries).expect("the sample has a request");
    fs::write(manifest, "{ half a merge").unwrap();

    let delete = WorkspaceEdit::Delete {
        path: request.clone(),
    };
    let (_, _, undo) = session.edit(delete).unwrap();
    assert!(!workspace.root.join(&request).exists());

    let restore = WorkspaceEdit::Restore {
        undo: undo.unwrap(),
    };
    session.edit(restore).unwrap();
    assert!(workspace.root.join(&request).exists());
    session.edit(WorkspaceEdit::Reload).unwrap_err();
}

fn find_request(entries: &[crate::workspace::Entry]) -> Option<PathBuf> {
    entries.iter().find_map(|entry| match &entry.kind {
        crate::workspace::EntryKind::Folder(below) => find_request(below),
        crate::workspace::EntryKind::Request(_) => Some(entry.path.clone()),
        crate::workspace::EntryKind::Broken(_) => None,
    })
}

#[test]
fn a_workspace_that_does_not_open_leaves_the_one_before() {
    let session = Session::start();
    session.opened(None);
    let nowhere = session.folder.path().join("nowhere");
    session.send(Command::OpenWorkspace(Some(nowhere)));
    let failure = session.wait("the card", |event| match event {
        Event::WorkspaceFailed(failure) => Some(failure),
        _ => None,
    });
    assert!(!failure.summary.is_empty());
    let file = WorkspaceFile {
        name: "Still here".to_owned(),
        ..WorkspaceFile::default()
    };
    let edit = WorkspaceEdit::SaveFile {
        file: Box::new(file),
    };
    let (workspace, _, _) = session.edit(edit).unwrap();
    assert_eq!(workspace.file.name, "Still here");
}

#[test]
fn closing_finishes_edits_and_does_not_wait_for_calls() {
    let session = Session::start();
    session.opened(None);
    let schema = session.schema_of("demo:");
    let (id, spec) = session.call(&schema, "Trouble/Hang", &["{}"]);
    session.started(id, spec);
    for number in 0..10 {
        session.send(Command::Edit(
            Ticket(number),
            WorkspaceEdit::CreateFolder {
                parent: "requests".into(),
                name: format!("Folder {number}"),
            },
        ));
    }
    let sample = AppDirs::below(session.folder.path()).data.join("sample");
    let before = Instant::now();
    let _folder = session.end();
    assert!(before.elapsed() < Duration::from_millis(2500));
    assert!(sample.join("requests/Folder 9").is_dir());
}

#[test]
fn a_window_that_does_not_look_costs_no_memory_and_blocks_nobody() {
    let session = Session::start_in(tempfile::tempdir().unwrap(), 4 << 20);
    let schema = session.schema_of("demo:");
    let (id, spec) = session.call(
        &schema,
        "Ticker/Watch",
        &["{\"count\": 1000000, \"payloadBytes\": 100}"],
    );
    let log = session.started(id, spec);
    // Nobody takes events, and so nobody is woken, until the log is full.
    let end = Instant::now() + LIMIT;
    while log.bytes(Direction::Received) < 3 << 20 {
        assert!(Instant::now() < end, "waited for a full log");
        std::thread::yield_now();
    }
    session.wait("word of it", |event| {
        matches!(event, Event::CallChanged(_, CallEvent::LogFull)).then_some(())
    });
    assert!(log.bytes(Direction::Received) <= 4 << 20);
    session.send(Command::Cancel(id));
    let end = session.finished(id);
    assert_eq!(end.finished.outcome.status.code, Code::CANCELLED);
}
