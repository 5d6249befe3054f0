//! Many calls of our client to one server that serves `demo.v1`: none may be lost, and nothing kept.
//!
//! `soak TARGET [--calls N] [--at-once N] [--streams N] [--rounds N] [--ca FILE]`: makes N unary calls,
//! so many of them at the same time, and then N bidirectional ones that are all open at once; that is a
//! round. Before the first comes a warm-up: a fifth of the calls, and half as many streams again. Prints
//! one line of JSON and fails when a call does not end with OK and the answer it is owed:
//! `connections` of all calls; `repeated`: attempts the server provably did not look at; `open`: the
//! streams that were open at once; `resident` memory of this process in KiB and `heap`, the bytes that
//! are allocated, each after the warm-up and after each round. The heap is what a leak shows in, exactly:
//! resident memory also holds what the allocator keeps for later.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    collections::HashSet,
    convert::Infallible,
    env,
    error::Error,
    fs,
    future::pending,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use stubless_core::{
    call::{
        CallControl, CallEvent, CallSpec, Direction, Finished, LogBudget, LogLimits, MessageLog,
        ResolvedCall, execute, resolve,
    },
    demo::DESCRIPTOR_SET,
    grpc::{Code, Pool},
    message::Scope,
    schema::load_descriptor_set,
    workspace::{CallSettings, TargetSettings},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str =
    "usage: soak TARGET [--calls N] [--at-once N] [--streams N] [--rounds N] [--ca FILE]";

/// For everything, however many calls: a call that hangs has its own deadline.
const LIMIT: Duration = Duration::from_secs(600);

/// What a call's messages may take in its log.
const LOG_BYTES: usize = 1 << 20;

/// The system's allocator, counting the bytes that are in use.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every request is handed to the system's allocator as it came; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(at, layout) }
    }
}

/// What was seen of all calls.
#[derive(Default)]
struct Seen {
    /// One entry a connection: no two took the same nanoseconds for every step.
    connections: HashSet<[Duration; 5]>,
    repeated: usize,
}

struct Soak {
    pool: Pool,
    spec: CallSpec,
    seen: Mutex<Seen>,
}

impl Soak {
    fn resolved(
        &self,
        method: &str,
        message: &str,
        keep_open: bool,
    ) -> Result<ResolvedCall, Failure> {
        let spec = CallSpec {
            method: format!("demo.v1.{method}"),
            messages: vec![message.to_owned()],
            keep_open,
            ..self.spec.clone()
        };
        resolve(&spec).map_err(|failure| format!("{failure:?}").into())
    }

    /// Makes a call, and fails unless it ends with OK and one answer.
    async fn call(
        &self,
        call: ResolvedCall,
        log: MessageLog,
        controls: mpsc::Receiver<CallControl>,
    ) -> Result<(), Failure> {
        let on_event = |event| {
            if let CallEvent::Connected { info, .. } = event {
                let took = info.timings;
                let steps = [
                    took.resolve,
                    took.connect,
                    took.proxy,
                    took.tls,
                    took.settings,
                ];
                self.seen().connections.insert(steps);
            }
        };
        let cancel = CancellationToken::new();
        let finished = execute(&self.pool, call, log.clone(), controls, cancel, on_event).await;
        self.seen().repeated += finished.attempts.len();
        ended(&finished)?;
        match log.count(Direction::Received) {
            1 => Ok(()),
            other => Err(format!("a call with {other} answers").into()),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn unary(&self) -> Result<(), Failure> {
        let call = self.resolved("Greeter/SayHello", r#"{"name": "Ada"}"#, false)?;
        let (_control, controls) = mpsc::channel(1);
        self.call(call, MessageLog::with_budget(LOG_BYTES), controls)
            .await
    }

    /// A stream that is closed once it has had its answer and `close` says so; tells both.
    async fn stream(
        &self,
        answered: mpsc::Sender<()>,
        mut close: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let call = self.resolved("Kitchen/EchoMany", "{}", true)?;
        let (told, mut news) = mpsc::channel(1);
        let budget = LogBudget::new(LogLimits {
            memory_bytes: LOG_BYTES,
            ..LogLimits::default()
        });
        let log = MessageLog::watched(&budget, move || {
            let _ = told.try_send(());
        });
        let (control, controls) = mpsc::channel(1);
        let watched = log.clone();
        let lead = async move {
            while watched.count(Direction::Received) == 0 {
                let _ = news.recv().await;
            }
            let _ = answered.send(()).await;
            let _ = close.wait_for(|close| *close).await;
            let _ = control.send(CallControl::HalfClose).await;
            // The control stays alive until the call has ended.
            pending::<Infallible>().await
        };
        tokio::select! {
            ended = self.call(call, log, controls) => ended,
            never = lead => match never {},
        }
    }
}

/// Makes the unary calls, `at_once` of them at the same time.
async fn calls(soak: &Arc<Soak>, calls: usize, at_once: usize) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for worker in 0..at_once {
        let share = calls / at_once + usize::from(worker < calls % at_once);
        let soak = soak.clone();
        tasks.spawn(async move {
            for _ in 0..share {
                soak.unary().await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// All are open at once: each has had its answer before the first is closed. Gives their number.
async fn streams(soak: &Arc<Soak>, streams: usize) -> Result<usize, Failure> {
    let (close, closing) = watch::channel(false);
    let (answered, mut answers) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    for _ in 0..streams {
        let (soak, answered, closing) = (soak.clone(), answered.clone(), closing.clone());
        tasks.spawn(async move { soak.stream(answered, closing).await });
    }
    drop(answered);
    let mut open = 0;
    while open < streams {
        tokio::select! {
            answer = answers.recv() => answer.ok_or("the streams ended early")?,
            // None may end before it was told to.
            Some(done) = tasks.join_next() => {
                done??;
                return Err("a stream ended early".into());
            }
        }
        open += 1;
    }
    close.send_replace(true);
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(open)
}

fn ended(finished: &Finished) -> Result<(), Failure> {
    match finished.outcome.status.code {
        Code::OK => Ok(()),
        code => Err(format!("{} {}", code.0, finished.outcome.status.message).into()),
    }
}

/// Memory in use: resident KiB, allocated bytes.
fn memory() -> Result<(usize, usize), Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    let resident = number.ok_or("no VmRSS")?.parse()?;
    Ok((resident, ALLOCATED.load(Ordering::Relaxed)))
}

struct Arguments {
    target: String,
    calls: usize,
    at_once: usize,
    streams: usize,
    rounds: usize,
    ca: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, Failure> {
    let mut arguments = env::args().skip(1);
    let mut read = Arguments {
        target: arguments.next().ok_or(USAGE)?,
        calls: 0,
        at_once: 1,
        streams: 0,
        rounds: 1,
        ca: None,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--calls" => read.calls = value.parse()?,
            "--at-once" => read.at_once = value.parse::<usize>()?.max(1),
            "--streams" => read.streams = value.parse()?,
            "--rounds" => read.rounds = value.parse()?,
            "--ca" => read.ca = Some(value.into()),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(read)
}

async fn run() -> Result<(), Failure> {
    let asked = arguments()?;
    let soak = Arc::new(Soak {
        pool: Pool::new(),
        spec: CallSpec {
            method: String::new(),
            target: asked.target,
            settings: TargetSettings {
                tls: Some(asked.ca.is_some()),
                ca_cert: asked.ca,
                ..TargetSettings::default()
            },
            metadata: Vec::new(),
            deadline: Some(Duration::from_secs(60)),
            call: CallSettings::default(),
            messages: Vec::new(),
            keep_open: false,
            scope: Scope::default(),
            schema: load_descriptor_set("demo", DESCRIPTOR_SET).schema,
            base: PathBuf::new(),
            demo: None,
        },
        seen: Mutex::default(),
    });
    calls(&soak, asked.calls / 5, asked.at_once).await?;
    streams(&soak, asked.streams + asked.streams / 2).await?;
    let mut open = 0;
    let mut memories = vec![memory()?];
    for _ in 0..asked.rounds {
        calls(&soak, asked.calls, asked.at_once).await?;
        open = streams(&soak, asked.streams).await?;
        memories.push(memory()?);
    }
    let (resident, heap): (Vec<_>, Vec<_>) = memories.into_iter().unzip();
    let seen = soak.seen();
    println!(
        r#"{{"calls": {}, "connections": {}, "repeated": {}, "open": {open}, "resident": {resident:?}, "heap": {heap:?}}}"#,
        asked.calls / 5 + asked.calls * asked.rounds,
        seen.connections.len(),
        seen.repeated,
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async { tokio::time::timeout(LIMIT, run()).await? })
}
