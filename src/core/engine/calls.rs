//! The calls of this run: one task each, from the spec to the end, and what is done to it by hand.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::MethodDescriptor;
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    task::spawn_blocking,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    CallEnd, CallId, Event, RenderStyle, defect,
    outbox::Outbox,
    texts::{Messages, Texts, save},
};
use crate::{
    call::{
        CallControl, CallSpec, Failure, Finished, LogBudget, MessageLog, ResolvedCall,
        encode_message, execute, outcome_failure, resolve, status_details,
    },
    grpc::Pool,
    message::Scope,
    schema::Schema,
};

/// Messages a person may have typed ahead of the network.
const MAX_WAITING_INPUTS: usize = 256;

/// All calls that were not forgotten.
pub(super) struct Calls {
    running: HashMap<CallId, Handle>,
    pool: Arc<Pool>,
    tasks: TaskTracker,
    stop: CancellationToken,
    outbox: Outbox,
    texts: Texts,
    log_budget: LogBudget,
}

/// The engine's end of a call.
struct Handle {
    messages: Messages,
    inputs: mpsc::Sender<Input>,
    cancel: CancellationToken,
}

/// What is done to a call by hand, in order.
enum Input {
    Push(String),
    HalfClose,
}

impl Calls {
    pub(super) fn new(
        pool: Arc<Pool>,
        tasks: TaskTracker,
        stop: CancellationToken,
        outbox: Outbox,
        log_budget: LogBudget,
    ) -> Self {
        Self {
            running: HashMap::new(),
            texts: Texts::new(outbox.clone()),
            pool,
            tasks,
            stop,
            outbox,
            log_budget,
        }
    }

    pub(super) fn start(&mut self, id: CallId, spec: CallSpec) {
        let outbox = self.outbox.clone();
        let log = MessageLog::watched(&self.log_budget, move || outbox.wake());
        let (inputs, waiting) = mpsc::channel(MAX_WAITING_INPUTS);
        let handle = Handle {
            messages: Messages::new(log),
            inputs,
            cancel: self.stop.child_token(),
        };
        let task = Task {
            id,
            pool: self.pool.clone(),
            messages: handle.messages.clone(),
            cancel: handle.cancel.clone(),
            outbox: self.outbox.clone(),
        };
        if let Some(old) = self.running.insert(id, handle) {
            old.cancel.cancel();
        }
        self.tasks.spawn(task.run(spec, waiting));
    }

    pub(super) fn push(&self, id: CallId, text: String) {
        self.input(id, Input::Push(text));
    }

    pub(super) fn half_close(&self, id: CallId) {
        self.input(id, Input::HalfClose);
    }

    fn input(&self, id: CallId, input: Input) {
        let sent = self
            .running
            .get(&id)
            .map(|handle| handle.inputs.try_send(input));
        let lost = match sent {
            Some(Ok(())) => return,
            Some(Err(TrySendError::Full(input))) => (
                input,
                "Too many messages wait to be sent",
                "Wait until some are sent",
            ),
            Some(Err(TrySendError::Closed(input))) => (input, CALL_ENDED, CALL_AGAIN),
            None => return,
        };
        if let (Input::Push(_), summary, hint) = lost {
            self.outbox.push(push_failed(id, summary, hint));
        }
    }

    pub(super) fn cancel(&self, id: CallId) {
        if let Some(handle) = self.running.get(&id) {
            handle.cancel.cancel();
        }
    }

    /// A call that still runs is cancelled: nobody would see its end.
    pub(super) fn forget(&mut self, id: CallId) {
        if let Some(handle) = self.running.remove(&id) {
            handle.cancel.cancel();
        }
    }

    pub(super) fn render(&self, id: CallId, wanted: Vec<(usize, RenderStyle)>) {
        if let Some(handle) = self.running.get(&id) {
            self.texts.ask(id, handle.messages.clone(), wanted);
        }
    }

    pub(super) fn save(&self, id: CallId, only: Option<usize>, path: std::path::PathBuf) {
        let Some(handle) = self.running.get(&id) else {
            return;
        };
        let (messages, outbox) = (handle.messages.clone(), self.outbox.clone());
        let stop = self.stop.clone();
        self.tasks.spawn_blocking(move || {
            outbox.push(save(&messages, only, &path, &stop));
        });
    }
}

/// One call on its way.
struct Task {
    id: CallId,
    pool: Arc<Pool>,
    messages: Messages,
    cancel: CancellationToken,
    outbox: Outbox,
}

impl Task {
    async fn run(self, spec: CallSpec, mut inputs: mpsc::Receiver<Input>) {
        let spec = Arc::new(spec);
        let (resolving, messages) = (spec.clone(), self.messages.clone());
        // Encoding a large message takes a while: not on the network's thread.
        let resolved = spawn_blocking(move || {
            let call = resolve(&resolving)?;
            messages.set_method(&call.method, &call.schema);
            Ok(call)
        });
        let call = match resolved.await {
            Ok(Ok(call)) => call,
            Ok(Err(failure)) => return self.tell(Event::CallFailed(self.id, failure)),
            Err(_) => {
                let failure = Box::new(defect("Preparing the call"));
                return self.tell(Event::CallFailed(self.id, failure));
            }
        };
        let log = self.messages.log.clone();
        self.tell(Event::CallStarted(self.id, log.clone()));
        let (control, controls) = mpsc::channel(1);
        let target = target_words(&spec, &call);
        let finished = {
            let pump = pump(
                self.id,
                (&call.method, &call.schema),
                &spec.scope,
                &mut inputs,
                control,
                &self.outbox,
            );
            let tell = |change| self.tell(Event::CallChanged(self.id, change));
            let cancel = self.cancel.clone();
            let running = execute(&self.pool, call.clone(), log, controls, cancel, tell);
            tokio::pin!(pump, running);
            let mut pumping = true;
            loop {
                tokio::select! {
                    biased;
                    finished = &mut running => break finished,
                    () = &mut pump, if pumping => pumping = false,
                }
            }
        };
        inputs.close();
        while let Ok(input) = inputs.try_recv() {
            if let Input::Push(_) = input {
                self.tell(push_failed(self.id, CALL_ENDED, CALL_AGAIN));
            }
        }
        self.tell_end(&spec, &target, finished).await;
    }

    async fn tell_end(&self, spec: &Arc<CallSpec>, target: &str, finished: Finished) {
        let failure = outcome_failure(target, &finished.outcome);
        let trailers = finished.outcome.trailers.clone();
        let details = if trailers.is_empty() {
            Vec::new()
        } else {
            let spec = spec.clone();
            let decoded = spawn_blocking(move || status_details(&trailers, &spec.schema));
            decoded.await.unwrap_or_default()
        };
        let end = CallEnd {
            finished,
            failure,
            details,
        };
        self.tell(Event::CallFinished(self.id, Box::new(end)));
    }

    fn tell(&self, event: Event) {
        self.outbox.push(event);
    }
}

impl Drop for Task {
    /// A panic of ours must not leave the window waiting for an end.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let failure = Box::new(defect("The call"));
            self.tell(Event::CallFailed(self.id, failure));
        }
    }
}

/// Encodes what is pushed by hand and passes it on, in order.
async fn pump(
    id: CallId,
    (method, schema): (&MethodDescriptor, &Schema),
    scope: &Scope,
    inputs: &mut mpsc::Receiver<Input>,
    control: mpsc::Sender<CallControl>,
    outbox: &Outbox,
) {
    while let Some(input) = inputs.recv().await {
        let text = match input {
            Input::Push(text) => text,
            Input::HalfClose => {
                // An error only says that it was closed before.
                let _ = control.send(CallControl::HalfClose).await;
                continue;
            }
        };
        let (method, schema, scope) = (method.clone(), schema.clone(), scope.clone());
        let encoded =
            spawn_blocking(move || encode_message(&text, 0, (&method, &schema), &scope, false));
        let failed = match encoded.await {
            Ok(Ok(message)) => match control.send(CallControl::Push(message)).await {
                Ok(()) => continue,
                Err(_) => push_failed(id, SIDE_CLOSED, CALL_AGAIN),
            },
            Ok(Err(failure)) => Event::PushFailed(id, failure),
            Err(_) => Event::PushFailed(id, Box::new(defect("Encoding the message"))),
        };
        outbox.push(failed);
    }
}

/// The target as the person knows it, its variables filled in.
fn target_words(spec: &CallSpec, call: &ResolvedCall) -> String {
    if spec.target.contains("{{") {
        call.endpoint.authority()
    } else {
        spec.target.trim().to_owned()
    }
}

const CALL_ENDED: &str = "The message was not sent: the call has ended";
const SIDE_CLOSED: &str = "The message was not sent: the sending side is closed";
const CALL_AGAIN: &str = "Make the call again";

fn push_failed(id: CallId, summary: &str, hint: &str) -> Event {
    let failure = Failure {
        summary: summary.to_owned(),
        hint: hint.to_owned(),
        ..Failure::default()
    };
    Event::PushFailed(id, Box::new(failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_panics_is_told_as_a_defect() {
        let outbox = Outbox::new(Arc::new(|| {}));
        let task = || Task {
            id: CallId(7),
            pool: Arc::new(Pool::new()),
            messages: Messages::new(MessageLog::default()),
            cancel: CancellationToken::new(),
            outbox: outbox.clone(),
        };
        drop(task());
        assert!(outbox.pop().is_none(), "an end in order says nothing more");

        let held = task();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _held = held;
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        let event = outbox.pop();
        let Some(Event::CallFailed(CallId(7), failure)) = event else {
            panic!("{event:?}");
        };
        assert!(failure.summary.contains("defect"), "{failure:?}");
    }
}
