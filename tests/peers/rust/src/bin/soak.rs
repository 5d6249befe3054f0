//! Many calls of our client to one server that serves `demo.v1`: `soak TARGET CALLS STREAMS [CA]`.
//!
//! Makes CALLS unary calls one after the other and STREAMS bidirectional ones that are all open at the
//! same time, twice: once to warm up (a fifth of the calls), once to be measured. Prints one line of
//! JSON: `{"calls": …, "connections": …, "retried": …, "streams": …, "before": …, "after": …}`, memory
//! as resident KiB of this process. Fails when any call does not end with OK.

use std::{env, error::Error, fs, path::PathBuf, time::Duration};

use stubless_core::{
    call::{
        CallControl, CallEvent, CallSpec, Direction, Finished, MessageLog, execute, resolve,
    },
    demo::DESCRIPTOR_SET,
    grpc::{Code, Pool},
    message::Scope,
    schema::{Schema, load_descriptor_set},
    workspace::{CallSettings, TargetSettings},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Default)]
struct Count {
    connections: usize,
    retried: usize,
}

struct Soak {
    pool: Pool,
    spec: CallSpec,
}

impl Soak {
    fn spec(&self, method: &str, messages: &[&str]) -> CallSpec {
        CallSpec {
            method: format!("demo.v1.{method}"),
            messages: messages.iter().map(|text| (*text).to_owned()).collect(),
            ..self.spec.clone()
        }
    }

    async fn unary(&self, count: &mut Count) -> Result<(), Failure> {
        let spec = self.spec("Greeter/SayHello", &[r#"{"name": "Ada"}"#]);
        let call = resolve(&spec).map_err(|failure| format!("{failure:?}"))?;
        let log = MessageLog::with_budget(1 << 20);
        let (_control, controls) = mpsc::channel(1);
        let mut made = false;
        let on_event = |event| {
            if let CallEvent::Connected { reused: false, .. } = event {
                made = true;
            }
        };
        let cancel = CancellationToken::new();
        let finished = execute(&self.pool, call, log.clone(), controls, cancel, on_event).await;
        ended(&finished)?;
        if log.count(Direction::Received) != 1 {
            return Err("a call without its answer".into());
        }
        count.connections += usize::from(made);
        count.retried += finished.attempts.len();
        Ok(())
    }

    /// All are open at once: each has had an answer before the first is closed.
    async fn streams(&self, streams: usize) -> Result<(), Failure> {
        let (close, closing) = watch::channel(false);
        let (answered, mut answers) = mpsc::channel(streams.max(1));
        let mut tasks = JoinSet::new();
        for _ in 0..streams {
            let mut spec = self.spec("Kitchen/EchoMany", &["{}"]);
            spec.keep_open = true;
            let call = resolve(&spec).map_err(|failure| format!("{failure:?}"))?;
            let (pool, answered) = (self.pool.clone(), answered.clone());
            let mut closing = closing.clone();
            tasks.spawn(async move {
                let (told, mut first) = mpsc::channel(1);
                let log = MessageLog::watched(1 << 20, move || {
                    let _ = told.try_send(());
                });
                let (control, controls) = mpsc::channel(1);
                let watching = log.clone();
                let talk = execute(
                    &pool,
                    call,
                    log.clone(),
                    controls,
                    CancellationToken::new(),
                    |_| {},
                );
                let lead = async move {
                    while watching.count(Direction::Received) == 0 {
                        if first.recv().await.is_none() {
                            return;
                        }
                    }
                    let _ = answered.send(()).await;
                    let _ = closing.wait_for(|closing| *closing).await;
                    let _ = control.send(CallControl::HalfClose).await;
                };
                let (finished, ()) = tokio::join!(talk, lead);
                ended(&finished)
            });
        }
        drop(answered);
        for _ in 0..streams {
            answers.recv().await.ok_or("a stream ended early")?;
        }
        close.send(true)?;
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    async fn round(&self, calls: usize, streams: usize) -> Result<Count, Failure> {
        let mut count = Count::default();
        for _ in 0..calls {
            self.unary(&mut count).await?;
        }
        self.streams(streams).await?;
        Ok(count)
    }
}

fn ended(finished: &Finished) -> Result<(), Failure> {
    match finished.outcome.status.code {
        Code::OK => Ok(()),
        code => Err(format!("{} {}", code.0, finished.outcome.status.message).into()),
    }
}

/// Resident memory in KiB.
fn resident() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no VmRSS")?.parse()?)
}

async fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (target, calls, streams, ca) = match arguments.as_slice() {
        [target, calls, streams] => (target, calls, streams, None),
        [target, calls, streams, ca] => (target, calls, streams, Some(PathBuf::from(ca))),
        _ => return Err("usage: soak TARGET CALLS STREAMS [CA]".into()),
    };
    let (calls, streams): (usize, usize) = (calls.parse()?, streams.parse()?);
    let schema: Schema = load_descriptor_set("demo", DESCRIPTOR_SET).schema;
    let soak = Soak {
        pool: Pool::new(),
        spec: CallSpec {
            method: String::new(),
            target: target.clone(),
            settings: TargetSettings {
                ca_cert: ca,
                ..TargetSettings::default()
            },
            metadata: Vec::new(),
            deadline: Some(Duration::from_secs(60)),
            call: CallSettings::default(),
            messages: Vec::new(),
            keep_open: false,
            scope: Scope::default(),
            schema,
            base: PathBuf::new(),
            demo: None,
        },
    };
    let warm = soak.round(calls / 5, streams).await?;
    let before = resident()?;
    let count = soak.round(calls, streams).await?;
    let after = resident()?;
    println!(
        r#"{{"calls": {calls}, "connections": {}, "retried": {}, "streams": {streams}, "before": {before}, "after": {after}}}"#,
        warm.connections + count.connections,
        warm.retried + count.retried,
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async { tokio::time::timeout(Duration::from_secs(600), run()).await? })
}
