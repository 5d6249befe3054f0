//! The engine's thread.
//!
//! Life: start → demo listens → commands, until the handle is dropped → calls cancelled, edits
//! finished, sockets closed → end. Blocking work runs on at most [`MAX_WORKERS`] threads with a deep
//! stack, because parsers descend.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, mpsc as sync},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{runtime, sync::mpsc, task::spawn_blocking, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Command, EngineOptions, Event,
    calls::Calls,
    checks::Checks,
    diffs::Diffs,
    files::{Files, Job},
    health::Healths,
    interop,
    outbox::Outbox,
    scans::Scans,
    schemas::{self, Asker},
    trees,
    watch::Watch,
};
use crate::{
    call::{Failure, LogBudget, LogLimits},
    demo::{Demo, DemoOptions},
    grpc::Pool,
};

/// Commands and file operations that may wait.
const MAX_WAITING: usize = 256;

/// Threads for work that blocks or computes.
const MAX_WORKERS: usize = 8;

/// Stack of every thread, in bytes: address space, not memory, until it is used.
pub(super) const STACK_BYTES: usize = 16 << 20;

/// How long a dropped engine waits for its thread.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Within it, for the calls to end.
const CALLS_LIMIT: Duration = Duration::from_millis(500);

/// Within it, for the edits that were handed over to be done.
const FILES_LIMIT: Duration = Duration::from_millis(1300);

/// The command channel is full: the window says so, and nothing is lost silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine is busy")]
pub struct EngineFull;

/// A handle on the background runtime; dropping it cancels everything and waits, with a limit.
pub struct Engine {
    commands: Option<mpsc::Sender<Command>>,
    outbox: Outbox,
    thread: Option<JoinHandle<()>>,
    ended: sync::Receiver<()>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the network thread and, where asked for, the embedded server.
    ///
    /// # Errors
    /// The system's, when a thread cannot be made.
    pub fn start(options: EngineOptions) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MAX_WORKERS)
            .thread_stack_size(STACK_BYTES)
            .thread_name("stubless-worker")
            .build()?;
        let outbox = Outbox::new(options.wake.clone());
        let (commands, waiting) = mpsc::channel(MAX_WAITING);
        let (end, ended) = sync::sync_channel(1);
        let events = outbox.clone();
        let thread = thread::Builder::new()
            .name("stubless-engine".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                runtime.block_on(run(options, waiting, events));
                // What still blocks is left to itself: it holds nothing that must be closed.
                runtime.shutdown_background();
                let _ = end.send(());
            })?;
        Ok(Self {
            commands: Some(commands),
            outbox,
            thread: Some(thread),
            ended,
        })
    }

    /// Hands a command over without waiting. The channel holds 256.
    ///
    /// # Errors
    /// [`EngineFull`]; the command was not taken.
    pub fn send(&self, command: Command) -> Result<(), EngineFull> {
        let commands = self.commands.as_ref().ok_or(EngineFull)?;
        commands.try_send(command).map_err(|_| EngineFull)
    }

    /// Takes the next event, if there is one. Looking also allows the next wake.
    pub fn try_event(&self) -> Option<Event> {
        self.outbox.pop()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The thread takes what was sent before, then sees the end of the channel.
        self.commands = None;
        let in_time = self.ended.recv_timeout(STOP_LIMIT) != Err(sync::RecvTimeoutError::Timeout);
        if let Some(thread) = self.thread.take().filter(|_| in_time) {
            let _ = thread.join();
        }
    }
}

async fn run(options: EngineOptions, mut commands: mpsc::Receiver<Command>, outbox: Outbox) {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let pool = Arc::new(Pool::new());
    let demo = if options.demo {
        start_demo(&outbox).await
    } else {
        None
    };
    let (jobs, waiting) = mpsc::channel(MAX_WAITING);
    let cache = options.dirs.schemas();
    let mut log_limits = if options.log_spills {
        LogLimits::spilling(options.log_memory_bytes, options.dirs.streams())
    } else {
        LogLimits {
            memory_bytes: options.log_memory_bytes,
            ..LogLimits::default()
        }
    };
    if let Some(bytes) = options.log_disk_bytes.filter(|_| options.log_spills) {
        log_limits.disk_bytes = bytes;
    }
    let log_budget = LogBudget::new(log_limits);
    outbox.push(Event::LogBudget(log_budget.clone()));
    let files = Files::new(options.dirs, outbox.clone());
    let files = spawn_blocking(move || files.run(waiting));
    let scans = Scans::new(tasks.clone(), outbox.clone());
    let mut dispatch = Dispatch {
        scans: scans.clone(),
        calls: Calls::new(
            pool.clone(),
            tasks.clone(),
            stop.clone(),
            outbox.clone(),
            log_budget,
        ),
        healths: Healths::new(pool.clone(), tasks.clone(), stop.clone(), outbox.clone()),
        demo: demo.as_ref().map(Demo::address),
        jobs,
        asker: Asker {
            pool,
            reflector: Arc::default(),
        },
        tasks: tasks.clone(),
        stop: stop.clone(),
        cache,
        watch: Watch::default(),
        checks: Checks::default(),
        diffs: Diffs::default(),
        surveys: trees::Surveys::default(),
        outbox,
    };
    while let Some(command) = commands.recv().await {
        dispatch.take(command);
    }
    // Dropping it closes the file worker's queue, behind what was handed over.
    drop(dispatch);
    scans.stop_all();
    stop.cancel();
    tasks.close();
    let _ = timeout(CALLS_LIMIT, tasks.wait()).await;
    drop(demo);
    let _ = timeout(FILES_LIMIT, files).await;
}

async fn start_demo(outbox: &Outbox) -> Option<Demo> {
    match Demo::start(DemoOptions::default()).await {
        Ok(demo) => {
            outbox.push(Event::DemoStarted(demo.address()));
            Some(demo)
        }
        Err(error) => {
            outbox.push(Event::Notice(Box::new(Failure {
                summary: "The demo server could not be started".to_owned(),
                reason: error.to_string(),
                hint: "Servers of your own are not concerned".to_owned(),
                ..Failure::default()
            })));
            None
        }
    }
}

/// Hands each command to whoever does it; never waits.
struct Dispatch {
    calls: Calls,
    healths: Healths,
    scans: Scans,
    demo: Option<SocketAddr>,
    jobs: mpsc::Sender<Job>,
    asker: Asker,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Where what is made of large schemas is kept.
    cache: PathBuf,
    watch: Watch,
    checks: Checks,
    diffs: Diffs,
    surveys: trees::Surveys,
    outbox: Outbox,
}

impl Dispatch {
    fn take(&mut self, command: Command) {
        match command {
            Command::StartCall(id, mut spec) => {
                // The window may not have heard of the server's address yet.
                spec.demo = spec.demo.or(self.demo);
                self.calls.start(id, *spec);
            }
            Command::Push(id, messages) => self.calls.push(id, messages),
            Command::WaiveRules(id) => self.calls.waive_rules(id),
            Command::Repeat(id, spec) => self.calls.repeat(id, spec),
            Command::ReplaceRepeated(id, repeat, with) => {
                self.calls.replace_repeated(id, repeat, with);
            }
            Command::StopRepeat(id, repeat) => self.calls.stop_repeat(id, repeat),
            Command::HalfClose(id) => self.calls.half_close(id),
            Command::HoldReading(id, hold) => self.calls.hold_reading(id, hold),
            Command::CountMessages(log, stats) => {
                let outbox = self.outbox.clone();
                self.tasks.spawn_blocking(move || {
                    stats.count(&log);
                    outbox.wake();
                });
            }
            Command::Cancel(id) => self.calls.cancel(id),
            Command::Forget(id) => {
                self.scans.forget(id);
                self.calls.forget(id);
            }
            Command::Render { call, wanted } => self.calls.render(call, wanted),
            Command::Scan(id, call, filter) => {
                let messages = self.calls.messages(call);
                self.scans.scan(id, call, messages, *filter);
            }
            Command::Group(id, call, spec) => {
                let messages = self.calls.messages(call);
                self.scans.group(id, call, messages, *spec);
            }
            Command::StopScan(id) => self.scans.stop(id),
            Command::FindText(id, call, search) => {
                let messages = self.calls.messages(call);
                self.scans.find(id, call, messages, *search);
            }
            Command::ReadCells {
                call,
                columns,
                wanted,
            } => {
                let messages = self.calls.messages(call);
                self.scans.read_cells(call, messages, columns, wanted);
            }
            Command::OpenBytes { call, index } => {
                self.calls.open_bytes(call, index, self.surveys.clone());
            }
            Command::ExplainBytes {
                text,
                message,
                schema,
            } => {
                let (surveys, outbox) = (self.surveys.clone(), self.outbox.clone());
                self.spawn(trees::explain(text, message, schema, surveys, outbox));
            }
            Command::ReadLevels(tree, levels) => {
                let outbox = self.outbox.clone();
                self.tasks
                    .spawn_blocking(move || trees::read(&tree, &levels, &outbox));
            }
            Command::Message(task) => self.calls.message(*task),
            Command::SaveLog {
                call,
                facts,
                path,
                existing,
                job,
            } => self.calls.save_log(call, *facts, (path, existing), job),
            Command::OpenLog { call, path, job } => self.calls.open_log(call, path, job),
            Command::TakeSent(id) => self.calls.take_sent(id),
            Command::SetLogLimits(settings) => {
                self.calls.set_log_limits(&settings);
                self.job(Job::RememberLogs(settings));
            }
            Command::SaveMessages {
                call,
                spec,
                path,
                existing,
                job,
            } => self.calls.save(call, *spec, (path, existing), job),
            Command::CopyMessages { call, spec, job } => self.calls.copy(call, *spec, job),
            Command::SaveSchema {
                schema,
                form,
                path,
                existing,
            } => {
                let outbox = self.outbox.clone();
                self.spawn(schemas::save_to(schema, form, path, existing, outbox));
            }
            Command::LoadSchema(id, sources) => {
                let lookout = self.watch.begin(&sources, self.outbox.clone());
                let cache = self.cache.clone();
                let load = schemas::load_files(id, sources, cache, self.outbox.clone());
                self.spawn(lookout.run(load));
            }
            Command::PrepareSymbol(schema, symbol) => {
                let task = schemas::prepare(schema, symbol, self.outbox.clone());
                self.spawn(task);
            }
            Command::Compare(id, here, with) => {
                let asker = self.asker.clone();
                let outbox = self.outbox.clone();
                let task = schemas::compare(id, here, with, asker, self.demo, outbox);
                self.spawn(task);
            }
            Command::Diff(id, spec) => {
                let sides = self.calls.messages_of(spec.left.call, spec.right.call);
                let outbox = self.outbox.clone();
                self.diffs.begin(id, spec, sides, &self.tasks, outbox);
            }
            Command::DiffPair {
                id,
                calls: (left, right),
                pair,
                settings,
            } => {
                let sides = self.calls.messages_of(left, right);
                let outbox = self.outbox.clone();
                self.spawn(self.diffs.pair(id, pair, *settings, sides, outbox));
            }
            Command::UnloadSchema => self.watch.end(),
            Command::WatchHealth(id, spec) => self.healths.start(id, *spec, self.demo),
            Command::CheckHealth(id) => self.healths.look(id),
            Command::StopHealth(id) => self.healths.stop(id),
            Command::FindRoots(files) => {
                let task = schemas::find(files, self.outbox.clone());
                self.spawn(task);
            }
            Command::Reflect(id, spec) => {
                let asker = self.asker.clone();
                let task = schemas::ask(id, spec, asker, self.demo, self.outbox.clone());
                self.spawn(task);
            }
            Command::ReadPage { id, schema, symbol } => {
                self.spawn(schemas::read_page(id, schema, symbol, self.outbox.clone()));
            }
            Command::ReadPaste {
                id,
                text,
                method,
                schema,
            } => {
                let outbox = self.outbox.clone();
                self.spawn(interop::read_paste(id, text, method, schema, outbox));
            }
            Command::CopyAs {
                outgoing,
                form,
                credentials,
            } => {
                let outbox = self.outbox.clone();
                self.spawn(interop::copy_as(outgoing, form, credentials, outbox));
            }
            Command::Check(id, check) => {
                let outbox = self.outbox.clone();
                self.checks.begin(id, check, &self.tasks, outbox);
            }
            Command::StopCheck => self.checks.stop(),
            Command::OpenWorkspace(path) => self.job(Job::Open(path)),
            Command::CreateWorkspace { path, name } => self.job(Job::Create { path, name }),
            Command::Edit(ticket, edit) => self.job(Job::Edit(ticket, edit)),
            Command::Remember(recent) => self.job(Job::Remember(recent)),
            Command::RememberWindow(state) => self.job(Job::RememberWindow(state)),
        }
    }

    /// A task that ends with the engine.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _ = stop.run_until_cancelled(task).await;
        });
    }

    fn job(&self, job: Job) {
        let Err(error) = self.jobs.try_send(job) else {
            return;
        };
        let failure = Box::new(Failure {
            summary: "Too many file operations wait".to_owned(),
            reason: "The disk does not keep up".to_owned(),
            hint: "Nothing that was typed is lost: try again in a moment".to_owned(),
            ..Failure::default()
        });
        self.outbox.push(match error.into_inner() {
            Job::Edit(ticket, _) => Event::EditFailed(ticket, failure),
            Job::Open(_)
            | Job::Create { .. }
            | Job::Remember(_)
            | Job::RememberLogs(_)
            | Job::RememberWindow(_) => Event::Notice(failure),
        });
    }
}
