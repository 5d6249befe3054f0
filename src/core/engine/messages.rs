//! One message under the eyes of a person: its rows, a search in it, parts of it for the clipboard.

use bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::{
    CallId, Event, answer::Answer, apart::OnPanic, defect, outbox::Outbox, texts::Messages,
};
use crate::{
    call::Failure,
    message::{
        JsonOptions, Picture, PictureError, decode_picture,
        lazy::{Found, LazyMessage, MessageRows, Query, RowLayout, RowsJob},
    },
};

/// A message above this is not read whole for what is wrong in it.
const CHECKED_BYTES: usize = 1 << 20;
/// Rows whose fields' comments are read when a message is opened.
const READ_ROWS: u64 = 300;
/// Bytes of a message that are put on the clipboard at most.
const COPIED_BYTES: usize = 32 << 20;

/// What is asked of one message. Done by a worker; answered in the [`Answer`], or by an event where there
/// is none.
#[derive(Debug, Clone)]
pub enum MessageTask {
    /// Reads a message of a call's log.
    Open {
        /// The call.
        call: CallId,
        /// Its place in the log.
        index: usize,
        /// How it is laid out.
        layout: RowLayout,
        /// The answer.
        answer: Answer<OpenedMessage>,
    },
    /// Makes rows anew.
    Lay(Box<RowsJob>, Answer<MessageRows>),
    /// Looks for a text in all of it.
    Search(Box<MessageRows>, Query, Answer<Found>),
    /// Decodes an image.
    Picture(Bytes, Answer<Result<Picture, PictureError>>),
    /// Writes a value or a part for the clipboard. Answered by `PartCopied` or a `Notice`.
    Copy {
        /// The message.
        rows: Box<MessageRows>,
        /// The part.
        path: Vec<u32>,
        /// Its text is JSON whatever it is; else a text is without its quotes.
        json: bool,
    },
    /// Writes a whole message of a call's log for the clipboard. Answered by `PartCopied` or a `Notice`.
    CopyAll(CallId, usize),
}

/// A message that was opened.
#[derive(Debug, Clone)]
pub struct OpenedMessage {
    /// Its rows.
    pub rows: MessageRows,
    /// What in its bytes could not be shown as the schema says; of a message above 1 MiB in its beginning.
    pub problems: Vec<String>,
}

impl MessageTask {
    /// Does it. `messages` are those of its call, where it has one.
    pub(super) fn begin(self, messages: Option<Messages>, tasks: &TaskTracker, outbox: Outbox) {
        tasks.spawn_blocking(move || {
            let copies = matches!(self, Self::Copy { .. } | Self::CopyAll(..));
            let _guard = OnPanic(|| {
                if copies {
                    outbox.push(Event::Notice(Box::new(defect("Copying"))));
                }
            });
            self.run(messages.as_ref(), &outbox);
            outbox.wake();
        });
    }

    /// It will not be done: whoever waits for an answer is told.
    pub fn give_up(&self) {
        match self {
            Self::Open { answer, .. } => answer.finish(None),
            Self::Lay(_, answer) => answer.finish(None),
            Self::Search(_, _, answer) => answer.finish(None),
            Self::Picture(_, answer) => answer.finish(None),
            Self::Copy { .. } | Self::CopyAll(..) => {}
        }
    }

    /// The call whose log it reads.
    pub(super) fn call(&self) -> Option<CallId> {
        match self {
            Self::Open { call, .. } | Self::CopyAll(call, _) => Some(*call),
            Self::Lay(..) | Self::Search(..) | Self::Picture(..) | Self::Copy { .. } => None,
        }
    }

    fn run(self, messages: Option<&Messages>, outbox: &Outbox) {
        let message = |index| messages.and_then(|it: &Messages| it.lazy(index));
        match self {
            Self::Open {
                index,
                layout,
                answer,
                ..
            } => work(&answer, || Some(open(&message(index)?, layout))),
            Self::Lay(job, answer) => work(&answer, || Some(job.run())),
            Self::Search(rows, query, answer) => {
                let (done, stop) = answer.progress();
                work(&answer, || Some(rows.search(&query, done, stop)));
            }
            Self::Picture(bytes, answer) => work(&answer, || Some(decode_picture(&bytes))),
            Self::Copy { rows, path, json } => {
                let size = rows.rows(rows.row_of(&path)..rows.row_of(&path) + 1);
                let size = size.first().map_or(0, |row| row.span.len());
                let write = || match json {
                    true => rows.json_text(&path),
                    false => rows.value_text(&path),
                };
                outbox.push(copied("Value", size, write));
            }
            Self::CopyAll(_, index) => {
                let message = message(index);
                let size = message.as_ref().map_or(0, |it| it.wire().len());
                let write = || messages?.whole(index);
                outbox.push(copied("Message", size, write));
            }
        }
    }
}

/// Works, unless nobody waits any more. Whatever happens, the work is over then.
fn work<T>(answer: &Answer<T>, make: impl FnOnce() -> Option<T>) {
    struct Over<'w, T>(&'w Answer<T>);
    impl<T> Drop for Over<'_, T> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                self.0.finish(None);
            }
        }
    }
    let over = Over(answer);
    let made = if answer.is_stopped() { None } else { make() };
    answer.finish(made);
    drop(over);
}

fn open(message: &LazyMessage, layout: RowLayout) -> OpenedMessage {
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: match message.wire().len() {
            0..=CHECKED_BYTES => 0,
            _ => CHECKED_BYTES,
        },
    };
    let problems = message.to_json(options).problems;
    let rows = message.rows(layout).run();
    // The files whose comments may be asked for while a frame is drawn are read here.
    for row in rows.rows(0..READ_ROWS) {
        let _ = row.field.map(|field| message.describe(&field));
    }
    OpenedMessage { rows, problems }
}

fn copied(what: &'static str, size: usize, write: impl FnOnce() -> Option<String>) -> Event {
    let failure = |reason: &str, hint: &str| {
        Event::Notice(Box::new(Failure {
            summary: format!("{what} was not copied"),
            reason: reason.to_owned(),
            hint: hint.to_owned(),
            ..Failure::default()
        }))
    };
    if size > COPIED_BYTES {
        let reason = "It is larger than 32 MiB, more than a clipboard takes well";
        return failure(reason, "Save the message to a file, or copy a part of it");
    }
    match write() {
        Some(text) => Event::PartCopied { what, text },
        None => failure("It is not there any more", "Make the call again"),
    }
}
