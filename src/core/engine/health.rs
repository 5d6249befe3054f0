//! A standing `grpc.health.v1.Health/Watch` at a target, from when a person switches it on until they
//! switch it off: nothing is asked before, and the switch lasts no longer than the program.
//!
//! ```text
//! connecting ─ Watch ─► answers, each change told ─► the stream ends ─ pause ─► connecting
//!      │                                                 │
//!      └── UNIMPLEMENTED: told, and over                 └ UNIMPLEMENTED: told, and over
//! ```
//! The watch uses the connection that calls to the same target use. After an end it is begun again with
//! the pauses of `connection-backoff.md`; an answer sets them back. Looking now ends a pause, or asks
//! `Check` beside a watch that stands.
//! Spec: `health-checking.md` of gRPC.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use prost::Message as _;
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{sleep, sleep_until},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
};

use super::{Event, defect, outbox::Outbox};
use crate::{
    call::{Failure, Pauses, connect_failure, outcome_failure, resolve_endpoint, resolve_metadata},
    grpc::{CallHead, CallReceiver, Chunk, Code, Deadline, Endpoint, Metadata, Outcome, Pool},
    message::Scope,
    workspace::{MetadataRow, TargetSettings},
};

const WATCH: &str = "/grpc.health.v1.Health/Watch";
const CHECK: &str = "/grpc.health.v1.Health/Check";

/// A server answers at once with the status as it stands; one that says nothing for so long is told.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Between two changes that are told.
const BETWEEN_NEWS: Duration = Duration::from_millis(200);

/// An answer of health is two bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// A health watch, unique in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HealthId(pub u64);

/// What is watched.
#[derive(Debug, Clone)]
pub struct HealthSpec {
    /// Target as written.
    pub target: String,
    /// How it is reached.
    pub settings: TargetSettings,
    /// Metadata of the watch.
    pub metadata: Vec<MetadataRow>,
    /// Variables.
    pub scope: Scope,
    /// What relative paths start from.
    pub base: PathBuf,
    /// `pkg.Service`; empty for the server as a whole.
    pub service: String,
}

/// What a server says of itself or of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// `SERVING`.
    Serving,
    /// `NOT_SERVING`.
    NotServing,
    /// `SERVICE_UNKNOWN`: the server does not know the service. It may come to know it.
    ServiceUnknown,
    /// `UNKNOWN`, which is also what an answer without a status says.
    Unknown,
    /// A number that `health.proto` does not have.
    Other(i32),
}

impl Serving {
    fn of(number: i32) -> Self {
        match ServingStatus::try_from(number) {
            Ok(ServingStatus::Serving) => Self::Serving,
            Ok(ServingStatus::NotServing) => Self::NotServing,
            Ok(ServingStatus::ServiceUnknown) => Self::ServiceUnknown,
            Ok(ServingStatus::Unknown) => Self::Unknown,
            Err(_) => Self::Other(number),
        }
    }

    /// Its name in `health.proto`.
    pub fn name(self) -> String {
        match self {
            Self::Serving => "SERVING".to_owned(),
            Self::NotServing => "NOT_SERVING".to_owned(),
            Self::ServiceUnknown => "SERVICE_UNKNOWN".to_owned(),
            Self::Unknown => "UNKNOWN".to_owned(),
            Self::Other(number) => format!("status {number}"),
        }
    }
}

/// How a watch stands.
#[derive(Debug, Clone, PartialEq)]
pub enum HealthState {
    /// It is begun, and nothing has come yet.
    Asking,
    /// What the server said last.
    Said(Serving),
    /// The server has no health service. The watch is over.
    Unsupported,
    /// The target cannot be asked: its settings or metadata are wrong. The watch is over.
    Refused(Box<Failure>),
    /// There is no connection, or the stream ended; another attempt follows.
    Lost {
        /// Why.
        why: Box<Failure>,
        /// The pause before it.
        pause: Duration,
    },
}

/// A change of a watch.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthChange {
    /// How it stands now.
    pub state: HealthState,
    /// Since when, by the clock on the wall: `14:03:07`.
    pub clock: String,
    /// When the next attempt is made, where one is.
    pub next: Option<String>,
}

/// The answer to looking now.
#[derive(Debug, Clone)]
pub struct HealthCheck {
    /// What the server said, or why it did not.
    pub said: Result<Serving, Box<Failure>>,
    /// How long it took.
    pub took: Duration,
    /// When, by the clock on the wall.
    pub clock: String,
}

/// All watches that stand.
pub(super) struct Healths {
    pool: Arc<Pool>,
    tasks: TaskTracker,
    stop: CancellationToken,
    outbox: Outbox,
    running: HashMap<HealthId, Running>,
}

#[derive(Debug)]
struct Running {
    look: Arc<Notify>,
    _stop: DropGuard,
}

impl Healths {
    pub(super) fn new(
        pool: Arc<Pool>,
        tasks: TaskTracker,
        stop: CancellationToken,
        outbox: Outbox,
    ) -> Self {
        Self {
            pool,
            tasks,
            stop,
            outbox,
            running: HashMap::new(),
        }
    }

    pub(super) fn start(&mut self, id: HealthId, spec: HealthSpec, demo: Option<SocketAddr>) {
        let stop = self.stop.child_token();
        let look = Arc::new(Notify::new());
        let watch = Watching {
            id,
            pool: self.pool.clone(),
            outbox: self.outbox.clone(),
            look: look.clone(),
        };
        let running = Running {
            look,
            _stop: stop.clone().drop_guard(),
        };
        self.running.insert(id, running);
        // Dropping what it waits for resets its stream.
        self.tasks.spawn(async move {
            let _ = stop.run_until_cancelled(watch.run(spec, demo)).await;
        });
    }

    pub(super) fn look(&self, id: HealthId) {
        if let Some(running) = self.running.get(&id) {
            running.look.notify_one();
        }
    }

    pub(super) fn stop(&mut self, id: HealthId) {
        self.running.remove(&id);
    }
}

/// One watch on its way.
struct Watching {
    id: HealthId,
    pool: Arc<Pool>,
    outbox: Outbox,
    look: Arc<Notify>,
}

/// What is asked, ready to be sent.
struct Asked {
    target: String,
    endpoint: Endpoint,
    metadata: Metadata,
    request: Bytes,
}

/// Why a watch ended.
enum End {
    Unsupported,
    /// The service is not known. The specification wants a watch to say so by a status and to stand; some
    /// servers (tonic-health 0.14) end it with NOT_FOUND, as they would a check.
    Unknown,
    Lost(Box<Failure>),
}

impl Watching {
    fn tell(&self, state: HealthState) {
        self.tell_with(state, None);
    }

    /// With the pause before the next attempt.
    fn tell_with(&self, state: HealthState, pause: Option<Duration>) {
        let now = SystemTime::now();
        let next = pause.and_then(|pause| now.checked_add(pause)).map(clock);
        let change = HealthChange {
            state,
            clock: clock(now),
            next,
        };
        self.outbox.push(Event::HealthChanged(self.id, change));
    }

    async fn run(self, spec: HealthSpec, demo: Option<SocketAddr>) {
        let asked = match prepared(spec, demo).await {
            Ok(asked) => asked,
            Err(failure) => return self.tell(HealthState::Refused(failure)),
        };
        let mut pauses = Pauses::default();
        let mut check = None;
        loop {
            self.tell(HealthState::Asking);
            let mut answered = false;
            let end = self.watch(&asked, &mut answered, &mut check).await;
            if answered {
                pauses = Pauses::default();
            }
            let pause = pauses.next();
            let state = match end {
                End::Unsupported => return self.tell(HealthState::Unsupported),
                End::Unknown => HealthState::Said(Serving::ServiceUnknown),
                End::Lost(why) => HealthState::Lost { why, pause },
            };
            self.tell_with(state, Some(pause));
            let over = sleep(pause);
            tokio::pin!(over);
            loop {
                tokio::select! {
                    () = &mut over => break,
                    () = self.look.notified() => break,
                    () = done(&mut check) => {}
                }
            }
        }
    }

    /// One stream, from its connection to its end. A check goes on beside it, and after it.
    async fn watch<'c>(
        &'c self,
        asked: &'c Asked,
        answered: &mut bool,
        check: &mut Option<Checking<'c>>,
    ) -> End {
        let mut receiver = match self.open(asked, WATCH, None).await {
            Ok(receiver) => receiver,
            Err(failure) => return End::Lost(failure),
        };
        let mut news = News::default();
        let silence = sleep(ANSWER_LIMIT);
        tokio::pin!(silence);
        loop {
            // Every arm is cancel-safe: `next` by contract.
            tokio::select! {
                biased;
                said = news.due() => self.tell(HealthState::Said(said)),
                chunk = receiver.next() => match chunk {
                    Chunk::Head(_) => {}
                    Chunk::Messages(messages) => {
                        for message in messages {
                            match read(&message) {
                                Ok(said) => news.take(said),
                                Err(failure) => return End::Lost(failure),
                            }
                            *answered = true;
                        }
                    }
                    Chunk::End(outcome) => return ended(&asked.target, &outcome),
                },
                () = &mut silence, if !*answered => return End::Lost(Box::new(silent())),
                () = done(check) => {}
                () = self.look.notified(), if check.is_none() => {
                    *check = Some(Box::pin(self.check(asked)));
                }
            }
        }
    }

    async fn open(
        &self,
        asked: &Asked,
        path: &str,
        deadline: Option<Deadline>,
    ) -> Result<CallReceiver, Box<Failure>> {
        let connected = self.pool.channel(&asked.endpoint).await;
        let (channel, _) =
            connected.map_err(|error| Box::new(connect_failure(&asked.target, &error)))?;
        let head = CallHead {
            metadata: asked.metadata.clone(),
            deadline,
            max_receive_bytes: MAX_ANSWER_BYTES,
            ..CallHead::new(path)
        };
        let failed = |outcome: &Outcome| Box::new(words(&asked.target, outcome));
        let (mut sender, receiver) = channel.open(&head).map_err(|outcome| failed(&outcome))?;
        // An error here is told by the receiver, with its reason.
        let _ = sender.send_last(asked.request.clone()).await;
        Ok(receiver)
    }

    /// Asks once, beside the watch.
    async fn check(&self, asked: &Asked) {
        let began = Instant::now();
        let said = self.checked(asked).await;
        let check = HealthCheck {
            said,
            took: began.elapsed(),
            clock: clock(SystemTime::now()),
        };
        self.outbox.push(Event::HealthChecked(self.id, check));
    }

    async fn checked(&self, asked: &Asked) -> Result<Serving, Box<Failure>> {
        let deadline = Deadline::after(ANSWER_LIMIT);
        let mut receiver = self.open(asked, CHECK, Some(deadline)).await?;
        let mut said = None;
        loop {
            match receiver.next().await {
                Chunk::Head(_) => {}
                Chunk::Messages(messages) => {
                    for message in messages {
                        said = Some(read(&message)?);
                    }
                }
                Chunk::End(outcome) => {
                    // A service that is not known is a status of `Watch`, and an error of `Check`.
                    return match (outcome.status.code, said) {
                        (Code::OK, Some(said)) => Ok(said),
                        (Code::NOT_FOUND, _) => Ok(Serving::ServiceUnknown),
                        _ => Err(Box::new(words(&asked.target, &outcome))),
                    };
                }
            }
        }
    }
}

/// A check on its way.
type Checking<'c> = Pin<Box<dyn Future<Output = ()> + Send + 'c>>;

/// Works on a check until it is done, and forgets it then; without one it never ends. Cancel-safe: the check
/// stays.
async fn done(check: &mut Option<Checking<'_>>) {
    match check {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
    *check = None;
}

/// What a server said and was not told yet. However often it changes its mind, the window hears the newest some
/// times a second.
#[derive(Debug, Default)]
struct News {
    told: Option<Serving>,
    newest: Option<Serving>,
    last: Option<tokio::time::Instant>,
}

impl News {
    fn take(&mut self, said: Serving) {
        self.newest = Some(said);
    }

    /// What is to be told, when it is time. Cancel-safe.
    async fn due(&mut self) -> Serving {
        let Some(said) = self.newest.filter(|said| Some(*said) != self.told) else {
            return std::future::pending().await;
        };
        if let Some(last) = self.last {
            sleep_until(last + BETWEEN_NEWS).await;
        }
        self.last = Some(tokio::time::Instant::now());
        self.told = Some(said);
        said
    }
}

async fn prepared(spec: HealthSpec, demo: Option<SocketAddr>) -> Result<Asked, Box<Failure>> {
    // It looks at files.
    let prepared = spawn_blocking(move || {
        let target = spec.target.trim().to_owned();
        let settings = &spec.settings;
        let endpoint = resolve_endpoint(&target, settings, &spec.scope, &spec.base, demo)?;
        let service = spec.service;
        Ok(Asked {
            metadata: resolve_metadata(&spec.metadata, &spec.scope)?,
            request: HealthCheckRequest { service }.encode_to_vec().into(),
            endpoint,
            target,
        })
    });
    prepared
        .await
        .unwrap_or_else(|_| Err(Box::new(defect("Preparing the health watch"))))
}

/// The local time of day.
fn clock(at: SystemTime) -> String {
    let zoned = Timestamp::try_from(at).map(|at| at.to_zoned(TimeZone::system()));
    zoned.map_or_else(|_| String::new(), |at| at.strftime("%H:%M:%S").to_string())
}

fn read(message: &Bytes) -> Result<Serving, Box<Failure>> {
    match HealthCheckResponse::decode(message.clone()) {
        Ok(answer) => Ok(Serving::of(answer.status)),
        Err(error) => Err(Box::new(Failure {
            summary: "The answer about health cannot be read".to_owned(),
            reason: error.to_string(),
            hint: "What answers as grpc.health.v1.Health says something else".to_owned(),
            ..Failure::default()
        })),
    }
}

fn ended(target: &str, outcome: &Outcome) -> End {
    match outcome.status.code {
        Code::UNIMPLEMENTED => End::Unsupported,
        Code::NOT_FOUND => End::Unknown,
        Code::OK => End::Lost(Box::new(Failure {
            summary: "The server ended the watch".to_owned(),
            reason: "It said OK, where a watch has no end".to_owned(),
            ..Failure::default()
        })),
        _ => End::Lost(Box::new(words(target, outcome))),
    }
}

/// The words for an end that is not OK.
fn words(target: &str, outcome: &Outcome) -> Failure {
    outcome_failure(target, outcome).unwrap_or_else(|| {
        let code = outcome.status.code;
        let name = code
            .name()
            .map_or_else(|| code.0.to_string(), str::to_owned);
        Failure {
            summary: format!("The server ended the watch with {name}"),
            reason: outcome.status.message.clone(),
            ..Failure::default()
        }
    })
}

fn silent() -> Failure {
    Failure {
        summary: "The server does not answer the health watch".to_owned(),
        reason: format!("Nothing came within {} s", ANSWER_LIMIT.as_secs()),
        hint: "A server that has the service answers at once".to_owned(),
        ..Failure::default()
    }
}
