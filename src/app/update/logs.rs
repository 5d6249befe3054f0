//! Logs that outlive their calls: saved, opened as a tab of their own, replayed, sent again.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use stubless_core::{
    call::{Failure, LOG_FILE_EXTENSION, LogEnd, LogFacts, LogSaved},
    engine::{CallEnd, CallId, Command, JobId, OpenedLog, SentTexts},
    grpc::{Code, Origin, Outcome, Status},
    schema::Existing,
    workspace::{LogSettings, MessageText, RequestFile},
};

use super::tab;
use crate::app::{
    AnswerPane, AppState, AskedHead, CallAbout, CallState, Dialog, Draft, Exchange, LogFile,
    MemoryEditor, Replay, ReplayStep, Tab, TabId, diff::grouped,
};

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What is known of an exchange, for the file.
fn facts(exchange: &Exchange, end: Option<&CallEnd>) -> LogFacts {
    let file = exchange.file.as_ref();
    let end = end.filter(|_| file.is_none_or(|file| !file.unfinished));
    LogFacts {
        method: exchange.about.method.clone(),
        kind: exchange.about.kind,
        target: exchange.about.target.clone(),
        began: file.and_then(|file| file.began),
        head: exchange.head.clone(),
        end: end.map(|end| LogEnd {
            outcome: end.finished.outcome.clone(),
            timings: end.finished.timings,
            failure: end.failure.clone(),
        }),
    }
}

/// Saves the log of a tab's call to a file the person chose.
pub(super) fn save(
    state: &mut AppState,
    id: TabId,
    path: PathBuf,
    existing: Existing,
) -> Vec<Command> {
    state.dialog = None;
    let known = state.tab(id).and_then(|tab| match &tab.call {
        CallState::Running(exchange) => Some((exchange.id, facts(exchange, None))),
        CallState::Ended(exchange, end) => Some((exchange.id, facts(exchange, Some(end)))),
        _ => None,
    });
    let Some((call, facts)) = known else {
        return Vec::new();
    };
    let path = with_extension(path);
    let job = JobId(state.fresh());
    let job = state.jobs.start_saving(job, &path);
    vec![Command::SaveLog {
        call,
        facts: Box::new(facts),
        path,
        existing,
        job,
    }]
}

/// The platform's dialog gave a file, and asked where there is one; of another name it did not.
pub(super) fn picked(state: &mut AppState, id: TabId, file: PathBuf) -> Vec<Command> {
    let existing = match file.extension() {
        Some(_) => Existing::Replace,
        None => Existing::Keep,
    };
    save(state, id, file, existing)
}

/// A name without one gets ours: by it the file is found again.
fn with_extension(path: PathBuf) -> PathBuf {
    match path.extension() {
        Some(_) => path,
        None => path.with_extension(LOG_FILE_EXTENSION),
    }
}

/// Opens a log; the tab comes with its messages.
pub(super) fn open(state: &mut AppState, path: PathBuf) -> Vec<Command> {
    state.dialog = None;
    let (call, job) = (CallId(state.fresh()), JobId(state.fresh()));
    let job = state.jobs.start(job, format!("Opening {}", name_of(&path)));
    vec![Command::OpenLog { call, path, job }]
}

/// A log was saved.
pub(crate) fn saved(state: &mut AppState, path: &Path, saved: LogSaved, hidden: &[String]) {
    let word = if saved.messages == 1 {
        "message"
    } else {
        "messages"
    };
    let mut text = format!(
        "{} {word} saved to {}",
        grouped(saved.messages),
        path.display()
    );
    if !hidden.is_empty() {
        text.push_str(&format!(
            "\nNot in it, as they may be secrets: the values of {}",
            hidden.join(", ")
        ));
    }
    if saved.lost > 0 {
        let text = format!("{} messages could not be read back from disk", saved.lost);
        state.notices.failure(Box::new(Failure {
            summary: text,
            reason: format!("The others were saved to {}", path.display()),
            ..Failure::default()
        }));
    }
    state.notices.info(text);
}

/// A log was opened: it becomes a tab.
pub(crate) fn opened(state: &mut AppState, id: CallId, opened: OpenedLog) -> Vec<Command> {
    let OpenedLog {
        path,
        facts,
        end,
        log,
        missing,
        has_schema,
    } = opened;
    let file = RequestFile {
        name: name_of(&path),
        method: facts.method.clone(),
        target: (!facts.target.is_empty()).then(|| facts.target.clone()),
        ..RequestFile::default()
    };
    let about = CallAbout {
        method: facts.method,
        target: facts.target,
        kind: facts.kind,
        keep_open: false,
        // The file does not say.
        head: AskedHead::default(),
    };
    let mut exchange = crate::app::event::exchange(id, about, log);
    exchange.head = facts.head;
    exchange.half_closed = true;
    exchange.file = Some(LogFile {
        path,
        began: facts.began,
        missing,
        unfinished: end.is_none(),
        has_schema,
    });
    let end = end.unwrap_or_else(|| Box::new(unfinished(&exchange)));
    let tab = tab::add(state, Draft::unsaved(&file));
    if let Some(tab) = state.tab_mut(tab) {
        tab.call = CallState::Ended(exchange, end);
        tab.view.answer = AnswerPane::Response;
        tab.view.follow = false;
    }
    tab::after_change(state)
}

/// In place of an end that nobody saw.
fn unfinished(exchange: &Exchange) -> CallEnd {
    let outcome = Outcome {
        status: Status {
            code: Code::UNKNOWN,
            message: "The call was still under way when its log was saved".to_owned(),
        },
        origin: Origin::Cancelled,
        trailers: stubless_core::grpc::Metadata::new(),
        cause: None,
        waiting: None,
        accepts: None,
    };
    CallEnd {
        finished: stubless_core::call::Finished {
            attempts: Vec::new(),
            outcome,
            timings: stubless_core::call::Timings {
                total: exchange.log.last_at().unwrap_or_default(),
                ..stubless_core::call::Timings::default()
            },
            trace: None,
        },
        failure: None,
        details: Vec::new(),
    }
}

/// A log was not opened.
pub(crate) fn not_opened(
    state: &mut AppState,
    id: CallId,
    failure: Option<Box<Failure>>,
) -> Vec<Command> {
    match failure {
        Some(failure) => state.notices.failure(failure),
        None => state.notices.info("Stopped: the log was not opened"),
    };
    vec![Command::Forget(id)]
}

/// Lets the log of a tab happen again.
pub(super) fn replay(state: &mut AppState, id: TabId, step: ReplayStep) -> Vec<Command> {
    let now = Instant::now();
    let Some(tab) = state.tab_mut(id) else {
        return Vec::new();
    };
    let Tab { call, view, .. } = tab;
    // While messages still come, there is nothing to replay.
    let CallState::Ended(exchange, _) = call else {
        return Vec::new();
    };
    match (step, &mut exchange.replay) {
        (ReplayStep::Toggle, Some(_)) => exchange.replay = None,
        (ReplayStep::Toggle, None) => {
            let end = exchange.log.last_at();
            exchange.replay = end.map(|end| Replay::begin(end, now));
            view.answer = AnswerPane::Response;
            view.picked = None;
            view.follow = true;
        }
        (ReplayStep::PlayOrPause, Some(replay)) => replay.play_or_pause(now),
        (ReplayStep::Seek(at), Some(replay)) => replay.seek(at, now),
        (ReplayStep::Pace(pace), Some(replay)) => replay.set_pace(pace, now),
        (_, None) => {}
    }
    Vec::new()
}

/// Asks for what a call sent, for a new request.
pub(super) fn send_again(state: &AppState, id: TabId) -> Vec<Command> {
    let exchange = state.tab(id).and_then(|tab| tab.call.exchange());
    exchange
        .map(|exchange| Command::TakeSent(exchange.id))
        .into_iter()
        .collect()
}

/// What was sent becomes the messages of a new request.
pub(crate) fn sent_taken(state: &mut AppState, id: CallId, sent: SentTexts) -> Vec<Command> {
    let Some(tab) = state.tab_of_call(id) else {
        return Vec::new();
    };
    let Some(exchange) = tab.call.exchange() else {
        return Vec::new();
    };
    if sent.texts.is_empty() {
        let reason = match &exchange.file {
            Some(file) if !file.has_schema => "the file has no descriptors of the method",
            _ => "nothing was sent in this call",
        };
        state.notices.failure(Box::new(Failure {
            summary: "There is nothing to send again".to_owned(),
            reason: reason.to_owned(),
            ..Failure::default()
        }));
        return Vec::new();
    }
    // As the tab has it, so that a request of the workspace goes where that goes.
    let mut file = RequestFile {
        method: exchange.about.method.clone(),
        ..tab.draft.to_file()
    };
    file.name = format!("{} again", file.name.trim()).trim().to_owned();
    file.messages = sent.texts.into_iter().map(MessageText).collect();
    if sent.left_out > 0 {
        state.notices.info(format!(
            "{} more messages were sent; they are left out",
            sent.left_out
        ));
    }
    if sent.incomplete > 0 {
        state.notices.failure(Box::new(Failure {
            summary: format!(
                "{} of {} messages are not as they were sent",
                sent.incomplete,
                file.messages.len()
            ),
            reason:
                "They have bytes or fields that the schema cannot tell, which JSON has no form for"
                    .to_owned(),
            hint: "Look at the call's messages as bytes before you send them again".to_owned(),
            ..Failure::default()
        }));
    }
    tab::add(state, Draft::unsaved(&file));
    tab::after_change(state)
}

/// Shows the limits of all logs.
pub(super) fn show_memory(state: &mut AppState) -> Vec<Command> {
    if let Some(budget) = &state.log_budget {
        let editor = MemoryEditor::of(&budget.limits());
        state.dialog = Some(Dialog::MessageMemory(editor));
    }
    Vec::new()
}

/// Changes them.
pub(super) fn set_limits(state: &mut AppState, settings: LogSettings) -> Vec<Command> {
    state.dialog = None;
    vec![Command::SetLogLimits(settings)]
}
