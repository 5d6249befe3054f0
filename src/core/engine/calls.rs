//! The calls of this run: one task each, from the spec to the end, and what is done to it by hand.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::SystemTime};

use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    task::spawn_blocking,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    CallEnd, CallId, Event, Job, MessageTask, Prepared, RenderStyle, RepeatId, RepeatSpec, apart,
    by_hand::{CALL_AGAIN, CALL_ENDED, Hand, Input, Repetition, push_failed, repeat_failed},
    defect, logs,
    outbox::Outbox,
    save::{self, SaveSpec},
    texts::{Messages, Texts},
    trees::{self, Surveys},
};
use crate::{
    call::{
        CallSpec, Finished, LogBudget, LogFacts, MessageLog, ResolvedCall, Switches, execute,
        outcome_failure, resolve, status_details,
    },
    grpc::Pool,
    schema::Existing,
    workspace::LogSettings,
};

/// What a person may have done ahead of the network. One more place is for half-close alone, so that it is
/// never refused: when no place at all is left, one waits already.
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
    /// Whether reading is held.
    hold: watch::Sender<bool>,
    /// The repetition that was begun last.
    repeat: Option<Repetition>,
    began: SystemTime,
}

impl Handle {
    fn new(messages: Messages, cancel: CancellationToken) -> (Self, mpsc::Receiver<Input>) {
        let (inputs, waiting) = mpsc::channel(MAX_WAITING_INPUTS + 1);
        let handle = Self {
            messages,
            inputs,
            cancel,
            hold: watch::Sender::new(false),
            repeat: None,
            began: SystemTime::now(),
        };
        (handle, waiting)
    }

    fn take(&self, input: Input) -> Result<(), TrySendError<Input>> {
        // Nobody else sends: places only become more meanwhile.
        let only_half_close = self.inputs.capacity() <= 1 && !self.inputs.is_closed();
        match input {
            Input::HalfClose => self.inputs.try_send(input),
            input if only_half_close => Err(TrySendError::Full(input)),
            input => self.inputs.try_send(input),
        }
    }
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
        let (handle, waiting) = Handle::new(Messages::new(log), self.stop.child_token());
        let task = Task {
            id,
            pool: self.pool.clone(),
            messages: handle.messages.clone(),
            switches: Switches::new(handle.cancel.clone(), handle.hold.subscribe()),
            cancel: handle.cancel.clone(),
            outbox: self.outbox.clone(),
        };
        if let Some(old) = self.running.insert(id, handle) {
            old.cancel.cancel();
        }
        self.tasks.spawn(task.run(spec, waiting));
    }

    pub(super) fn push(&self, id: CallId, messages: Vec<Prepared>) {
        self.input(id, Input::Push(messages));
    }

    pub(super) fn waive_rules(&self, id: CallId) {
        self.input(id, Input::WaiveRules);
    }

    pub(super) fn half_close(&self, id: CallId) {
        self.input(id, Input::HalfClose);
    }

    /// Takes the place of a repetition that runs.
    pub(super) fn repeat(&mut self, id: CallId, spec: RepeatSpec) {
        let repetition = Repetition::new(&spec);
        if let Some(handle) = self.running.get_mut(&id)
            && let Some(old) = handle.repeat.replace(repetition.clone())
        {
            old.stop();
        }
        self.input(id, Input::Repeat(spec, repetition));
    }

    pub(super) fn replace_repeated(&self, id: CallId, repeat: RepeatId, with: Vec<Prepared>) {
        if let Some(repetition) = self.repetition(id, repeat) {
            repetition.replace(with);
        }
    }

    pub(super) fn stop_repeat(&self, id: CallId, repeat: RepeatId) {
        if let Some(repetition) = self.repetition(id, repeat) {
            repetition.stop();
        }
    }

    fn repetition(&self, id: CallId, repeat: RepeatId) -> Option<&Repetition> {
        let repetition = self.running.get(&id)?.repeat.as_ref();
        repetition.filter(|repetition| repetition.id == repeat)
    }

    fn input(&self, id: CallId, input: Input) {
        let sent = self.running.get(&id).map(|handle| handle.take(input));
        match sent {
            Some(Ok(())) | None => {}
            Some(Err(TrySendError::Full(input))) => {
                let summary = "Too many messages wait to be sent";
                self.lost(id, &input, summary, "Wait until some are sent");
            }
            Some(Err(TrySendError::Closed(input))) => {
                self.lost(id, &input, CALL_ENDED, CALL_AGAIN);
            }
        }
    }

    fn lost(&self, id: CallId, input: &Input, summary: &str, hint: &str) {
        if let Some(event) = lost(id, input, summary, hint) {
            self.outbox.push(event);
        }
    }

    pub(super) fn cancel(&self, id: CallId) {
        if let Some(handle) = self.running.get(&id) {
            handle.cancel.cancel();
        }
    }

    /// Stops reading, or goes on with it.
    pub(super) fn hold_reading(&self, id: CallId, hold: bool) {
        if let Some(handle) = self.running.get(&id) {
            handle.hold.send_replace(hold);
        }
    }

    /// A call that still runs is cancelled: nobody would see its end.
    pub(super) fn forget(&mut self, id: CallId) {
        if let Some(handle) = self.running.remove(&id) {
            handle.cancel.cancel();
        }
    }

    /// The messages of a call; `None` of one that was forgotten.
    pub(super) fn messages(&self, id: CallId) -> Option<Messages> {
        self.running.get(&id).map(|handle| handle.messages.clone())
    }

    pub(super) fn render(&self, id: CallId, wanted: Vec<(usize, RenderStyle)>) {
        if let Some(handle) = self.running.get(&id) {
            self.texts.ask(id, handle.messages.clone(), wanted);
        }
    }

    /// The messages of two calls, unless one was forgotten.
    pub(super) fn messages_of(&self, left: CallId, right: CallId) -> Option<[Messages; 2]> {
        let messages = |id| Some(self.running.get(&id)?.messages.clone());
        Some([messages(left)?, messages(right)?])
    }

    /// Opens a message as a tree of its fields.
    pub(super) fn open_bytes(&self, id: CallId, index: usize, surveys: Surveys) {
        let Some(handle) = self.running.get(&id) else {
            self.outbox.push(Event::BytesOpened {
                call: id,
                index,
                tree: None,
            });
            return;
        };
        let (log, types) = (handle.messages.log.clone(), handle.messages.method.clone());
        let open = trees::open(id, index, log, types, surveys, self.outbox.clone());
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _ = stop.run_until_cancelled(open).await;
        });
    }

    /// Begins a task for one message; where its call is not known any more, it ends without an answer.
    pub(super) fn message(&self, task: MessageTask) {
        let handle = task.call().and_then(|id| self.running.get(&id));
        let messages = handle.map(|handle| handle.messages.clone());
        task.begin(messages, &self.tasks, self.outbox.clone());
    }

    /// Writes messages to a file.
    pub(super) fn save(&self, id: CallId, spec: SaveSpec, file: (PathBuf, Existing), job: Job) {
        let (path, existing) = file;
        self.write(
            "Saving the messages",
            id,
            job,
            move |messages, job, stop| {
                save::in_the_way(&path, existing, job, stop)
                    .or_else(|| save::save(messages, &spec, &path, job, stop))
            },
        );
    }

    /// Writes messages as text for the clipboard.
    pub(super) fn copy(&self, id: CallId, spec: SaveSpec, job: Job) {
        self.write(
            "Copying the messages",
            id,
            job,
            move |messages, job, stop| save::copy(messages, &spec, job, stop),
        );
    }

    fn write(
        &self,
        what: &'static str,
        id: CallId,
        job: Job,
        write: impl FnOnce(&Messages, &Job, &CancellationToken) -> Option<Event> + Send + 'static,
    ) {
        let Some(messages) = self.messages(id) else {
            // Of a call that was forgotten nothing is asked; the job is over at once.
            drop(job.begin(&self.stop));
            return;
        };
        let stop = self.stop.clone();
        self.apart(what, move || write(&messages, &job, &stop));
    }

    /// What may take minutes.
    fn apart(&self, what: &'static str, work: impl FnOnce() -> Option<Event> + Send + 'static) {
        self.tasks
            .spawn(apart::run(what, self.outbox.clone(), work));
    }
}

impl Calls {
    pub(super) fn save_log(
        &self,
        id: CallId,
        mut facts: LogFacts,
        (path, existing): (PathBuf, Existing),
        job: Job,
    ) {
        let Some(handle) = self.running.get(&id) else {
            // Over before it began.
            drop(job.begin(&self.stop));
            return;
        };
        facts.began.get_or_insert(handle.began);
        let (messages, stop) = (handle.messages.clone(), self.stop.clone());
        self.apart("Saving the log", move || {
            save::in_the_way(&path, existing, &job, &stop)
                .or_else(|| Some(logs::save(&messages, &facts, &path, &job, &stop)))
        });
    }

    /// The log becomes one of the calls: what can be done with that of a call can be done with it.
    pub(super) fn open_log(&mut self, id: CallId, path: PathBuf, job: Job) {
        let outbox = self.outbox.clone();
        let log = MessageLog::watched(&self.log_budget, move || outbox.wake());
        let (handle, _) = Handle::new(Messages::new(log), self.stop.child_token());
        let (messages, stop) = (handle.messages.clone(), handle.cancel.clone());
        self.running.insert(id, handle);
        self.apart("Opening the log", move || {
            Some(logs::open(id, &messages, &path, &job, &stop))
        });
    }

    pub(super) fn take_sent(&self, id: CallId) {
        let Some(handle) = self.running.get(&id) else {
            return;
        };
        let (messages, stop) = (handle.messages.clone(), self.stop.clone());
        self.apart("Reading what was sent", move || {
            Some(logs::take_sent(id, &messages, &stop))
        });
    }

    pub(super) fn set_log_limits(&self, settings: &LogSettings) {
        let (budget, settings) = (self.log_budget.clone(), *settings);
        self.apart("Changing the limits of logs", move || {
            let limits = budget.limits();
            let memory = settings.memory_bytes.unwrap_or(limits.memory_bytes as u64);
            let disk = settings.disk_bytes.unwrap_or(limits.disk_bytes);
            logs::set_limits(&budget, memory, disk);
            None
        });
    }
}

/// One call on its way.
struct Task {
    id: CallId,
    pool: Arc<Pool>,
    messages: Messages,
    switches: Switches,
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
        let mut hand = Hand::new(
            self.id,
            &spec,
            &call,
            control,
            self.cancel.clone(),
            self.outbox.clone(),
        );
        let finished = {
            let feeding = hand.run(&mut inputs);
            let tell = |change| self.tell(Event::CallChanged(self.id, change));
            let switches = self.switches.clone();
            let running = execute(&self.pool, call, log, controls, switches, tell);
            tokio::pin!(feeding, running);
            let mut feeds = true;
            loop {
                tokio::select! {
                    biased;
                    finished = &mut running => break finished,
                    () = &mut feeding, if feeds => feeds = false,
                }
            }
        };
        hand.call_ended();
        inputs.close();
        while let Ok(input) = inputs.try_recv() {
            if let Some(event) = lost(self.id, &input, CALL_ENDED, CALL_AGAIN) {
                self.tell(event);
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

/// What is told of something done by hand that came to nothing.
fn lost(id: CallId, input: &Input, summary: &str, hint: &str) -> Option<Event> {
    match input {
        Input::Push(_) => Some(push_failed(id, summary, hint)),
        Input::Repeat(spec, _) => Some(repeat_failed(id, spec.id, summary, hint)),
        // Of a call that ended there is nothing to close; before that one waits already.
        // What is sent after it asks again.
        Input::HalfClose | Input::WaiveRules => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_close_has_its_turn_after_as_many_messages_as_can_wait() {
        let outbox = Outbox::new(Arc::new(|| {}));
        let mut calls = Calls::new(
            Arc::new(Pool::new()),
            TaskTracker::new(),
            CancellationToken::new(),
            outbox.clone(),
            LogBudget::new(crate::call::LogLimits::default()),
        );
        let id = CallId(7);
        let messages = Messages::new(MessageLog::default());
        let (handle, mut waiting) = Handle::new(messages, CancellationToken::new());
        calls.running.insert(id, handle);
        let push = || {
            let text = "{}".into();
            calls.push(id, vec![Prepared { number: None, text }]);
        };
        (0..MAX_WAITING_INPUTS).for_each(|_| push());
        assert!(outbox.pop().is_none(), "all of them wait");
        push();
        let refused = outbox.pop();
        let Some(Event::PushFailed(_, failure)) = refused else {
            panic!("{refused:?}");
        };
        assert!(failure.summary.contains("wait to be sent"), "{failure:?}");

        // Twice is as once.
        calls.half_close(id);
        calls.half_close(id);
        assert!(outbox.pop().is_none());
        for _ in 0..MAX_WAITING_INPUTS {
            assert!(matches!(waiting.try_recv(), Ok(Input::Push(_))));
        }
        assert!(matches!(waiting.try_recv(), Ok(Input::HalfClose)));
        assert!(waiting.try_recv().is_err());

        waiting.close();
        calls.push(id, Vec::new());
        let refused = outbox.pop();
        let Some(Event::PushFailed(_, failure)) = refused else {
            panic!("{refused:?}");
        };
        assert!(failure.summary.contains("ended"), "{failure:?}");
    }

    #[test]
    fn a_call_that_panics_is_told_as_a_defect() {
        let outbox = Outbox::new(Arc::new(|| {}));
        let task = || Task {
            id: CallId(7),
            pool: Arc::new(Pool::new()),
            messages: Messages::new(MessageLog::default()),
            switches: CancellationToken::new().into(),
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
