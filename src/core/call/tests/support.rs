//! A running demo server, a pool, and calls to it.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    call::*,
    demo::{DESCRIPTOR_SET, Demo, DemoOptions},
    grpc::{Outcome, Pool, StepEnd, StepKind, Trace},
    message::{JsonOptions, Scope, to_json},
    schema::{Schema, load_descriptor_set},
    workspace::TargetSettings,
};

/// Nothing here takes this long.
const LIMIT: Duration = Duration::from_secs(30);

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| load_descriptor_set("demo", DESCRIPTOR_SET).schema);

pub(super) async fn demo() -> Demo {
    Demo::start(DemoOptions::default()).await.unwrap()
}

/// A call of a method of `demo.v1` at the embedded server.
pub(super) fn spec(demo: &Demo, method: &str, messages: &[&str]) -> CallSpec {
    CallSpec {
        target: "demo:".to_owned(),
        demo: Some(demo.address()),
        ..spec_to("", method, messages)
    }
}

/// A call of a method of `demo.v1` at a target.
pub(super) fn spec_to(target: &str, method: &str, messages: &[&str]) -> CallSpec {
    CallSpec {
        method: format!("demo.v1.{method}"),
        target: target.to_owned(),
        settings: TargetSettings::default(),
        metadata: Vec::new(),
        deadline: None,
        call: crate::workspace::CallSettings::default(),
        messages: messages.iter().map(|&text| text.to_owned()).collect(),
        keep_open: false,
        scope: Scope::default(),
        schema: SCHEMA.clone(),
        base: PathBuf::new(),
        demo: None,
    }
}

/// A call that runs in its own task.
pub(super) struct Running {
    pub(super) log: MessageLog,
    pub(super) control: mpsc::Sender<CallControl>,
    pub(super) cancel: CancellationToken,
    events: Arc<Mutex<Vec<CallEvent>>>,
    changed: Arc<Notify>,
    task: tokio::task::JoinHandle<Finished>,
}

/// What it left behind.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) timings: Timings,
    pub(super) attempts: Vec<Attempt>,
    pub(super) trace: Option<Trace>,
    pub(super) events: Vec<CallEvent>,
    pub(super) log: MessageLog,
    method: prost_reflect::MethodDescriptor,
}

pub(super) fn start(spec: &CallSpec) -> (Running, ResolvedCall) {
    start_with(spec, 256 << 20)
}

pub(super) fn start_with(spec: &CallSpec, budget_bytes: usize) -> (Running, ResolvedCall) {
    let budget = LogBudget::new(LogLimits {
        memory_bytes: budget_bytes,
        ..LogLimits::default()
    });
    start_within(spec, &budget)
}

pub(super) fn start_within(spec: &CallSpec, budget: &LogBudget) -> (Running, ResolvedCall) {
    start_recorded(spec, budget, |log| log)
}

/// A call whose messages go through `record` to its log.
pub(super) fn start_recorded<R: Record + Send + Sync + 'static>(
    spec: &CallSpec,
    budget: &LogBudget,
    record: impl FnOnce(MessageLog) -> R,
) -> (Running, ResolvedCall) {
    start_all(spec, budget, record, watch::channel(false).1)
}

/// A call whose reading is held and released by `hold`.
pub(super) fn start_switched(
    spec: &CallSpec,
    hold: &watch::Sender<bool>,
) -> (Running, ResolvedCall) {
    let budget = LogBudget::new(LogLimits::default());
    start_all(spec, &budget, |log| log, hold.subscribe())
}

fn start_all<R: Record + Send + Sync + 'static>(
    spec: &CallSpec,
    budget: &LogBudget,
    record: impl FnOnce(MessageLog) -> R,
    hold: watch::Receiver<bool>,
) -> (Running, ResolvedCall) {
    let call = resolve(spec).unwrap_or_else(|failure| panic!("{failure:?}"));
    let (events, changed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
    let grown = changed.clone();
    let log = MessageLog::watched(budget, move || grown.notify_one());
    let (control, controls) = mpsc::channel(16);
    let cancel = CancellationToken::new();
    let task = tokio::spawn({
        let (call, log, cancel) = (call.clone(), record(log.clone()), cancel.clone());
        let (events, changed) = (events.clone(), changed.clone());
        async move {
            let on_event = |event| {
                events.lock().unwrap().push(event);
                changed.notify_one();
            };
            let switches = Switches::new(cancel, hold);
            execute(&Pool::new(), call, log, controls, switches, on_event).await
        }
    });
    let running = Running {
        log,
        control,
        cancel,
        events,
        changed,
        task,
    };
    (running, call)
}

impl Running {
    /// Waits until something holds; it is looked at after each message and each change.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let wait = async {
            while !holds(self) {
                self.changed.notified().await;
            }
        };
        let waited = tokio::time::timeout(LIMIT, wait).await;
        waited.unwrap_or_else(|_| panic!("waited for {what}"));
    }

    pub(super) async fn received(&self, count: usize) {
        self.until("messages", |call| {
            call.log.count(Direction::Received) >= count
        })
        .await;
    }

    pub(super) fn has(&self, event: impl Fn(&CallEvent) -> bool) -> bool {
        self.events.lock().unwrap().iter().any(event)
    }

    pub(super) async fn end(self, call: &ResolvedCall) -> Ended {
        let finished = tokio::time::timeout(LIMIT, self.task)
            .await
            .unwrap()
            .unwrap();
        let events = std::mem::take(&mut *self.events.lock().unwrap());
        Ended {
            outcome: finished.outcome,
            timings: finished.timings,
            attempts: finished.attempts,
            trace: finished.trace,
            events,
            log: self.log,
            method: call.method.clone(),
        }
    }
}

pub(super) async fn run(spec: &CallSpec) -> Ended {
    let (running, call) = start(spec);
    running.end(&call).await
}

impl Ended {
    /// The steps of connecting, and how each ended.
    pub(super) fn steps(&self) -> Vec<(StepKind, StepEnd)> {
        let trace = self.trace.as_ref().expect("there is a trace");
        trace
            .steps
            .iter()
            .map(|step| (step.kind, step.end))
            .collect()
    }

    pub(super) fn json(&self, index: usize) -> String {
        let entry = self.log.entry(index).unwrap();
        let message = match entry.direction {
            Direction::Sent => self.method.input(),
            Direction::Received => self.method.output(),
        };
        let options = JsonOptions {
            pretty: false,
            defaults: false,
            max_bytes: 0,
        };
        to_json(&message, &self.log.message(index).unwrap(), options).text
    }

    pub(super) fn card(&self, target: &str) -> Failure {
        outcome_failure(target, &self.outcome).unwrap()
    }
}
