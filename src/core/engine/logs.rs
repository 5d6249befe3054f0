//! Logs as files, the messages that were sent as texts again, and how much all logs may hold.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::{CallEnd, CallId, Event, Job, texts::Messages};
use crate::{
    call::{
        Direction, Finished, LogBudget, LogFacts, LogFileError, MessageLog, descriptors_of,
        log_open_failure, log_save_failure, open_log, save_log, status_details,
    },
    grpc::is_credential,
    interop::literal_json,
    message::JsonOptions,
    schema::load_descriptor_set,
};

/// Messages that are taken into a new request at most: each is a document of its own there.
const MAX_TAKEN: usize = 1000;

/// And their text, in bytes.
const MAX_TAKEN_BYTES: usize = 16 << 20;

/// A log that was opened from a file. The engine knows it by the id that was asked with, as a call.
#[derive(Debug, Clone)]
pub struct OpenedLog {
    /// The file.
    pub path: PathBuf,
    /// What is known of the call.
    pub facts: LogFacts,
    /// How the call ended, its details decoded; `None` for one that was under way when it was saved.
    pub end: Option<Box<CallEnd>>,
    /// Its messages.
    pub log: MessageLog,
    /// What of the file is missing, in one sentence.
    pub missing: Option<String>,
    /// Whether the descriptors of its method were in it: without them, messages have no text.
    pub has_schema: bool,
}

/// The messages of a call that were sent, as texts for a new request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTexts {
    /// JSON in the order sent; `{{` in it is no template.
    pub texts: Vec<String>,
    /// Messages beyond those.
    pub left_out: usize,
    /// Of the texts, those that lack something of their message: fields that the schema does not have, values
    /// without a JSON form, or what stands behind bytes that do not decode.
    pub incomplete: usize,
}

/// Saves a log; gives what is told of it. Blocking.
pub(super) fn save(
    messages: &Messages,
    facts: &LogFacts,
    path: &Path,
    job: &Job,
    stop: &CancellationToken,
) -> Event {
    let work = job.begin(stop);
    let log = &messages.log;
    work.set_all(log.bytes(Direction::Sent) + log.bytes(Direction::Received));
    let descriptors = messages.method().map(descriptors_of).unwrap_or_default();
    let saved = save_log(log, facts, &descriptors, path, &mut |done| {
        work.reached(done)
    });
    match saved {
        Ok(saved) => Event::LogSaved {
            path: path.to_owned(),
            saved,
            hidden: hidden(facts),
        },
        Err(error) => Event::Notice(Box::new(log_save_failure(path, &error))),
    }
}

/// The keys of metadata whose values were not written, each once.
fn hidden(facts: &LogFacts) -> Vec<String> {
    let head = facts.head.iter().map(|head| &head.metadata);
    let trailers = facts.end.iter().map(|end| &end.outcome.trailers);
    let keys = head.chain(trailers).flat_map(|metadata| metadata.iter());
    let mut keys: Vec<String> = keys
        .filter(|(key, _)| is_credential(key))
        .map(|(key, _)| key.to_owned())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Opens a log into `messages`, whose method it sets; gives what is told of it. Blocking.
pub(super) fn open(
    id: CallId,
    messages: &Messages,
    path: &Path,
    job: &Job,
    stop: &CancellationToken,
) -> Event {
    let work = job.begin(stop);
    let read = open_log(
        path,
        &messages.log,
        &mut |size| work.set_all(size),
        &mut |done| work.reached(done),
    );
    let read = match read {
        Ok(read) => read,
        Err(LogFileError::Stopped) => return Event::LogNotOpened(id, None),
        Err(error) => {
            let failure = Box::new(log_open_failure(path, &error));
            return Event::LogNotOpened(id, Some(failure));
        }
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let schema = load_descriptor_set(&name, &read.descriptors).schema;
    let method = schema.method(&read.facts.method);
    if let Some(method) = &method {
        messages.set_method(method, &schema);
    }
    let end = read.facts.end.as_ref().map(|end| {
        let finished = Finished {
            attempts: Vec::new(),
            outcome: end.outcome.clone(),
            timings: end.timings,
            trace: None,
        };
        Box::new(CallEnd {
            details: status_details(&finished.outcome.trailers, &schema),
            finished,
            failure: end.failure.clone(),
        })
    });
    Event::LogOpened(
        id,
        Box::new(OpenedLog {
            path: path.to_owned(),
            facts: read.facts,
            end,
            log: messages.log.clone(),
            missing: read.missing,
            has_schema: method.is_some(),
        }),
    )
}

/// The texts of what was sent. Blocking.
pub(super) fn take_sent(id: CallId, messages: &Messages, stop: &CancellationToken) -> Event {
    let log = &messages.log;
    let options = JsonOptions {
        pretty: true,
        defaults: false,
        max_bytes: 0,
    };
    let (mut texts, mut bytes, mut incomplete) = (Vec::new(), 0, 0);
    for at in 0..log.len() {
        if stop.is_cancelled() || texts.len() >= MAX_TAKEN || bytes >= MAX_TAKEN_BYTES {
            break;
        }
        let entry = log.entry(at);
        if entry.is_none_or(|entry| entry.direction != Direction::Sent) {
            continue;
        }
        let Some(text) = messages.text(at, options) else {
            break;
        };
        bytes += text.text.len();
        incomplete += usize::from(text.worst.is_some());
        texts.push(literal_json(&text.text));
    }
    let left_out = log.count(Direction::Sent).saturating_sub(texts.len());
    let sent = SentTexts {
        texts,
        left_out,
        incomplete,
    };
    Event::SentTaken(id, sent)
}

/// Changes what all logs may hold. Blocking where a lower limit moves something to disk.
pub(super) fn set_limits(budget: &LogBudget, memory_bytes: u64, disk_bytes: u64) {
    let memory = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
    budget.set_limits(memory, disk_bytes);
}
