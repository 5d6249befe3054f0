//! Files change on disk, and the engine tells.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
};

use super::*;

/// Nothing here takes this long.
const LIMIT: Duration = Duration::from_secs(30);

/// A lookout over a new folder, on a runtime of its own.
struct Guard {
    root: PathBuf,
    outbox: Outbox,
    woken: mpsc::Receiver<()>,
    watch: Watch,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Guard {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (wake, woken) = mpsc::channel();
        let wake = Mutex::new(wake);
        Self {
            root: fs::canonicalize(folder.path()).unwrap(),
            outbox: Outbox::new(Arc::new(move || {
                let _ = wake.lock().unwrap().send(());
            })),
            woken,
            watch: Watch::default(),
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            _folder: folder,
        }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Begins to watch; `load` is what is done meanwhile.
    fn begin(&mut self, sources: &[Source], open: Open, load: impl FnOnce() + Send + 'static) {
        let mut lookout = self.watch.begin(sources, self.outbox.clone());
        lookout.open = open;
        self.runtime.spawn(lookout.run(async move { load() }));
    }

    /// Watches the whole folder, and waits until the watch is there.
    fn over_folder(open: Open) -> Self {
        let mut guard = Self::new();
        guard.write("a.proto", "// 1");
        guard.settle();
        guard.begin(&guard.folder(), open, || ());
        guard
    }

    fn folder(&self) -> Vec<Source> {
        vec![Source::Protos {
            files: vec![self.root.clone()],
            roots: Vec::new(),
            exclude: Vec::new(),
        }]
    }

    /// Waits until what was written is older than the step of the clock that stamps files.
    fn settle(&self) {
        let path = self.root.join("a.proto");
        let written = path.metadata().unwrap().modified().unwrap();
        while written.elapsed().unwrap_or_default() < Duration::from_millis(80) {
            std::thread::yield_now();
        }
    }

    /// The next event; fails after a limit.
    fn next(&self, what: &str) -> Event {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(event) = self.outbox.pop() {
                return event;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(self.woken.recv_timeout(left).is_ok(), "waited for {what}");
        }
    }

    fn told(&self, what: &str) {
        let event = self.next(what);
        assert!(
            matches!(event, Event::SchemaFilesChanged),
            "{what}: {event:?}"
        );
    }

    /// Does something of no concern; nothing is told for longer than news need to settle.
    fn not_told(&self, what: &str, act: impl FnOnce(&Path)) {
        act(&self.root);
        let end = Instant::now() + QUIET * 4;
        let left = || end.saturating_duration_since(Instant::now());
        while self.woken.recv_timeout(left()).is_ok() {
            let event = self.outbox.pop();
            assert!(event.is_none(), "{what}: {event:?}");
        }
    }
}

/// What is done to a folder, and its name.
type Way = (&'static str, fn(&Path));

fn cannot(_: &Arc<Footprint>, _: &Arc<News>) -> notify::Result<Box<dyn Watcher + Send>> {
    Err(notify::Error::new(ErrorKind::MaxFilesWatch))
}

#[test]
fn every_way_a_file_changes_is_told() {
    let guard = Guard::over_folder(open);
    let ways: [Way; 9] = [
        ("written in place", |root| {
            fs::write(root.join("a.proto"), "// 22").unwrap();
        }),
        ("added", |root| fs::write(root.join("b.proto"), "").unwrap()),
        ("replaced as editors do", |root| {
            fs::write(root.join(".a.proto.swp"), "// 33").unwrap();
            fs::rename(root.join(".a.proto.swp"), root.join("a.proto")).unwrap();
        }),
        ("renamed", |root| {
            fs::rename(root.join("b.proto"), root.join("c.proto")).unwrap();
        }),
        ("removed", |root| {
            fs::remove_file(root.join("c.proto")).unwrap();
        }),
        ("added in a new folder", |root| {
            fs::create_dir_all(root.join("new/er")).unwrap();
            fs::write(root.join("new/er/d.proto"), "").unwrap();
        }),
        ("written in the new folder", |root| {
            fs::write(root.join("new/er/d.proto"), "// 4").unwrap();
        }),
        ("a folder moved away", |root| {
            fs::rename(root.join("new"), root.join(".gone")).unwrap();
        }),
        ("and back", |root| {
            fs::rename(root.join(".gone"), root.join("back")).unwrap();
        }),
    ];
    for (way, change) in ways {
        // The watch may still begin: what changes before it is there is told as well.
        change(&guard.root);
        guard.told(way);
    }
}

#[test]
fn what_changes_while_it_is_loaded_is_told() {
    let mut guard = Guard::new();
    guard.write("a.proto", "// 1");
    guard.settle();
    let path = guard.root.join("a.proto");
    let sources = guard.folder();
    guard.begin(&sources, open, move || fs::write(path, "// 2").unwrap());
    guard.told("the change during the load");
}

#[test]
fn neighbours_and_readers_are_of_no_concern() {
    let guard = Guard::over_folder(open);
    fs::write(guard.root.join("a.proto"), "// 2").unwrap();
    guard.told("the watch is there");
    guard.not_told("files of other kinds", |root| {
        fs::write(root.join("notes.txt"), "").unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join(".git/index.lock"), "").unwrap();
        fs::create_dir_all(root.join("empty")).unwrap();
    });
    guard.not_told("reading", |root| {
        fs::read(root.join("a.proto")).unwrap();
    });
    fs::write(guard.root.join("a.proto"), "// 3").unwrap();
    guard.told("a change after that");
}

#[test]
fn a_checkout_of_many_files_is_told_in_bursts_not_in_files() {
    let guard = Guard::over_folder(open);
    fs::write(guard.root.join("a.proto"), "// 2").unwrap();
    guard.told("the watch is there");
    let began = Instant::now();
    for number in 0..1_000 {
        fs::write(guard.root.join(format!("f{number}.proto")), "").unwrap();
    }
    fs::write(guard.root.join("last.proto"), "").unwrap();
    let wrote = began.elapsed();
    guard.told("the checkout");
    let mut bursts = 1;
    while guard.woken.recv_timeout(LONGEST * 2).is_ok() {
        bursts += usize::from(guard.outbox.pop().is_some());
    }
    // A burst is at least this long: a machine that writes slowly may make more than one.
    let most = 1 + wrote.as_millis() / QUIET.as_millis();
    assert!(
        bursts <= usize::try_from(most).unwrap(),
        "{bursts} bursts in {wrote:?}"
    );
}

#[test]
fn a_descriptor_set_that_is_not_there_yet_is_awaited() {
    let mut guard = Guard::new();
    let set = guard.root.join("build/out/set.binpb");
    let sources = [Source::DescriptorSet(set.clone())];
    guard.begin(&sources, open, || ());
    fs::create_dir_all(set.parent().unwrap()).unwrap();
    fs::write(&set, "").unwrap();
    guard.told("the set");
    fs::write(&set, "more").unwrap();
    guard.told("the set written again");
}

#[test]
fn where_the_system_cannot_watch_it_is_said_once_and_changes_are_told_all_the_same() {
    let mut guard = Guard::over_folder(cannot);
    let Event::Notice(failure) = guard.next("the notice") else {
        panic!("no notice");
    };
    assert!(
        failure.reason.contains("OS file watch limit"),
        "{failure:?}"
    );
    assert!(failure.hint.contains("max_user_watches"), "{failure:?}");
    fs::write(guard.root.join("a.proto"), "// 22").unwrap();
    guard.told("the change");

    // Loaded again, it is the same that cannot be watched.
    guard.settle();
    let sources = guard.folder();
    guard.begin(&sources, cannot, || ());
    fs::write(guard.root.join("b.proto"), "").unwrap();
    guard.told("the change, with no second notice");
}

#[test]
fn a_watch_ends_when_another_begins_or_nothing_is_left_to_watch() {
    let mut guard = Guard::over_folder(open);
    fs::write(guard.root.join("a.proto"), "// 2").unwrap();
    guard.told("the watch is there");
    guard.watch.end();
    guard.not_told("nothing is watched", |root| {
        fs::write(root.join("a.proto"), "// 3").unwrap();
    });
}
