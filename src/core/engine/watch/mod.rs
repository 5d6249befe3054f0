//! Watches the files of the workspace's schema and tells when they changed.
//!
//! ```text
//! LoadSchema ─┬─ load ───────────────┐
//!             └─ look: what is there ─┴─▶ open the system's watch ─▶ look again: changed meanwhile?
//!                                          │ it cannot be had                │
//!                                          ▼                                 ▼
//!                                         look every second     wait for news, until they settle,
//!                                                               then look: did a file that counts change?
//! ```
//! What the system tells is only a reason to look: whether a file changed is read from the disk, so that
//! no editor's way of saving, no missed event and no touched neighbour matters.
//! Without file sources there is no watch, no thread and no timer.

mod mount;
mod place;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use notify::{ErrorKind, EventKind, Watcher};
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Event, outbox::Outbox};
use crate::{
    call::Failure,
    schema::{Footprint, Source},
};
use place::{View, open};

/// News come in bursts (a save is three events, a checkout thousands): they are over when none came
/// for this long.
const QUIET: Duration = Duration::from_millis(150);

/// A burst is not awaited longer than this.
const LONGEST: Duration = Duration::from_secs(1);

/// Between two looks where the system cannot watch.
const PAUSE: Duration = Duration::from_secs(1);

/// Looking may take this part of the time at most.
const PAUSES_A_LOOK: u32 = 20;

/// Makes the system's watch over some places.
type Open = fn(&Arc<Footprint>, &Arc<News>) -> notify::Result<Box<dyn Watcher + Send>>;

/// The one watch of the engine.
#[derive(Default)]
pub(super) struct Watch {
    sources: Vec<Source>,
    stop: CancellationToken,
    told: Arc<AtomicBool>,
}

impl Watch {
    /// Ends the watch before, and gives the one that comes after loading. What changes between now and
    /// its start is not lost.
    pub(super) fn begin(&mut self, sources: &[Source], outbox: Outbox) -> Lookout {
        self.stop.cancel();
        self.stop = CancellationToken::new();
        if self.sources != sources {
            self.sources = sources.to_vec();
            self.told = Arc::default();
        }
        Lookout {
            sources: sources.into(),
            stop: self.stop.clone(),
            told: self.told.clone(),
            since: SystemTime::now(),
            news: Arc::default(),
            open,
            outbox,
        }
    }

    /// Ends the watch; nothing is watched any more.
    pub(super) fn end(&mut self) {
        self.stop.cancel();
        self.sources.clear();
    }
}

/// A watch that is about to begin or under way.
pub(super) struct Lookout {
    sources: Arc<[Source]>,
    stop: CancellationToken,
    /// That the system cannot watch these sources was said before.
    told: Arc<AtomicBool>,
    /// When loading began.
    since: SystemTime,
    news: Arc<News>,
    open: Open,
    outbox: Outbox,
}

/// How the files are watched now.
enum Eye {
    /// By the system; dropping it ends that.
    System(#[allow(dead_code, reason = "held for its end")] Box<dyn Watcher + Send>),
    /// By looking again after a pause.
    Pause(Duration),
}

/// What is watched, how, and what it was like at the last look.
struct Post {
    eye: Eye,
    view: View,
}

impl Lookout {
    /// Runs until the next watch takes its place, `load` first.
    pub(super) async fn run(self, load: impl Future<Output = ()>) {
        let sources = self.sources.clone();
        let looking = spawn_blocking(move || View::of(&sources));
        load.await;
        let stop = self.stop.clone();
        if stop.is_cancelled() {
            return;
        }
        if let Ok(view) = looking.await {
            stop.run_until_cancelled(self.watch(view)).await;
        }
    }

    async fn watch(self, before: View) {
        let this = Arc::new(self);
        let starting = this.clone();
        let Ok((mut post, mut changed)) = spawn_blocking(move || starting.start(&before)).await
        else {
            return;
        };
        loop {
            if changed {
                this.outbox.push(Event::SchemaFilesChanged);
            }
            match post.eye {
                Eye::System(_) => this.news.settled().await,
                Eye::Pause(pause) => sleep(pause).await,
            }
            let looking = this.clone();
            let looked = spawn_blocking(move || looking.look(post)).await;
            let Ok(next) = looked else { return };
            (post, changed) = next;
        }
    }

    /// Opens the first watch; gives whether something changed since loading began.
    fn start(&self, before: &View) -> (Post, bool) {
        let eye = self.eye(before);
        let view = View::of(&self.sources);
        let changed = view.differs(before) || view.is_newer_than(self.since);
        self.follow(Post { eye, view }, before, changed)
    }

    /// Looks once; gives whether something changed since the last time.
    fn look(&self, post: Post) -> (Post, bool) {
        let Post { mut eye, view } = post;
        if let Some(error) = self.news.take_failure() {
            eye = self.pause(&words(&error));
        }
        let began = Instant::now();
        let now = View::of(&self.sources);
        if let Eye::Pause(pause) = &mut eye {
            *pause = PAUSE.max(began.elapsed() * PAUSES_A_LOOK);
        }
        let changed = now.differs(&view);
        self.follow(Post { eye, view: now }, &view, changed)
    }

    /// Widens the system's watch while there are folders it does not know. The one before stays until
    /// the next one is there, and then the files are looked at again: no moment is unwatched.
    fn follow(&self, mut post: Post, before: &View, mut changed: bool) -> (Post, bool) {
        let mut known = before.footprint.clone();
        while matches!(post.eye, Eye::System(_)) && post.view.footprint.folders != known.folders {
            known = post.view.footprint.clone();
            post.eye = self.eye(&post.view);
            let view = View::of(&self.sources);
            changed |= view.differs(&post.view);
            post.view = view;
        }
        (post, changed)
    }

    /// The system's watch where it can be had, else pauses.
    fn eye(&self, view: &View) -> Eye {
        if let Some(kind) = mount::foreign(view.footprint.folders.iter()) {
            tracing::info!(
                kind,
                "schema files on a network are looked at again and again"
            );
            return Eye::Pause(PAUSE);
        }
        match (self.open)(&view.footprint, &self.news) {
            Ok(watcher) => Eye::System(watcher),
            Err(error) => self.pause(&words(&error)),
        }
    }

    /// Looks again and again from now on, and says so once.
    fn pause(&self, (reason, hint): &(String, &'static str)) -> Eye {
        tracing::warn!(reason, "watching the schema's files");
        if !self.told.swap(true, Ordering::SeqCst) {
            self.outbox.push(Event::Notice(Box::new(Failure {
                summary: "Changes of schema files are seen a little later".to_owned(),
                reason: format!("The system cannot watch them: {reason}"),
                hint: (*hint).to_owned(),
                ..Failure::default()
            })));
        }
        Eye::Pause(PAUSE)
    }
}

fn words(error: &notify::Error) -> (String, &'static str) {
    let hint = match &error.kind {
        ErrorKind::MaxFilesWatch => {
            "Raise fs.inotify.max_user_watches, or name folders with fewer folders in them"
        }
        _ => "They are looked at every second or two instead",
    };
    (error.to_string(), hint)
}

/// News of the system, on their way from its thread.
#[derive(Default)]
struct News {
    came: Notify,
    failure: Mutex<Option<notify::Error>>,
}

impl News {
    /// Takes what the system tells. Called from a thread of its own; cheap.
    fn take(&self, news: notify::Result<notify::Event>, places: &Footprint) {
        match news {
            Ok(event) if !is_reason_to_look(&event, places) => return,
            Ok(_) => {}
            Err(error) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(error);
            }
        }
        self.came.notify_one();
    }

    fn take_failure(&self) -> Option<notify::Error> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }

    /// Waits for news, and then until they settle.
    async fn settled(&self) {
        self.came.notified().await;
        let first = Instant::now();
        loop {
            let left = LONGEST.saturating_sub(first.elapsed());
            if left.is_zero()
                || timeout(QUIET.min(left), self.came.notified())
                    .await
                    .is_err()
            {
                return;
            }
        }
    }
}

/// Whether an event can be about something that counts. Reading a file is none: we do it ourselves.
fn is_reason_to_look(event: &notify::Event, places: &Footprint) -> bool {
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    // Without a path something was missed.
    event.paths.is_empty()
        || event.paths.iter().any(|path| {
            path.extension()
                .is_some_and(|extension| extension == "proto")
                || is_named(places, path)
                || places.folders.contains(path)
                || path.is_dir()
        })
}

/// Whether a file that counts has this name. The folders may be spelled otherwise: systems tell where a
/// file really is.
fn is_named(places: &Footprint, path: &Path) -> bool {
    let mut files = places.files.iter();
    files.any(|file| file.file_name() == path.file_name())
}
