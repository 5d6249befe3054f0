//! Messages of a log to a file or the clipboard: one, some, what a filter found, or all; in six forms.
//!
//! ```text
//! which ─ in parts, in the order of the log ─► form, a message at a time ─► buffer ─► temporary file ─► name
//! ```
//! Memory does not grow with the log. A file is replaced when all is written, and not before. What a form
//! cannot hold is counted and told: nothing is left out silently.

mod csv;
mod form;
#[cfg(test)]
mod tests;
mod which;

use std::{
    io::{self, BufWriter, Write},
    ops::Range,
    path::Path,
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio_util::sync::CancellationToken;

use self::{form::Writer, which::each};
use super::{Event, Job, job::Work, texts::Messages};
use crate::{
    call::{
        Direction, Failure, MessageLog,
        scan::{LogTypes, Scan},
    },
    message::Severity,
    schema::Existing,
};

/// The most that is copied, in bytes of text.
pub const MAX_COPIED: usize = 16 << 20;

/// Which messages are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveWhat {
    /// One message, by its index in the log. As JSON it stands alone, not in an array.
    One(usize),
    /// Some, by ranges of their indices; written in the order of the log, each once.
    Some(Arc<[Range<usize>]>),
    /// What a filter finds among the messages there are when saving begins; it is waited for.
    Matches(Scan),
    /// All there are when saving begins.
    All,
}

/// How messages are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageForm {
    /// A JSON array, laid out over lines.
    Json,
    /// A JSON document a line.
    JsonLines {
        /// Each in an object with its number, direction, time and size.
        facts: bool,
    },
    /// Protobuf's text format, with a comment before each message that tells of it.
    Text,
    /// The bytes, each message after its length as a varint, as protobuf's `writeDelimitedTo` has it.
    Delimited,
    /// The bytes, each message after the five bytes that gRPC puts before it, uncompressed.
    Framed,
    /// The bytes of one message and nothing else; of several they would run into each other.
    Raw,
    /// Comma-separated values with a header, as RFC 4180 has it.
    Csv(Arc<[CsvColumn]>),
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvColumn {
    /// The message's number, from 1.
    Number,
    /// `sent` or `received`
    Direction,
    /// Seconds since the call began, with six decimals.
    Time,
    /// Bytes on the wire, without the prefix.
    Size,
    /// A field, as [`FieldPath`](crate::message::FieldPath) reads it.
    Field(String),
}

/// What is written, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveSpec {
    /// Which messages.
    pub what: SaveWhat,
    /// Of these only those that went this way.
    pub direction: Option<Direction>,
    /// How.
    pub form: MessageForm,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Messages.
    pub count: usize,
    /// Bytes of the file or text.
    pub bytes: u64,
    /// Messages whose bytes do not decode to their end. In JSON each stands as an object with `@undecodable`
    /// (all its bytes, in base64), `@problem` and `@read` (what was read of it); in text format a comment says
    /// where reading ended; in a table the cells are what stands before that.
    pub undecodable: usize,
    /// Messages with fields that their type does not have, or values that JSON has no form for. In JSON and in
    /// a table those are not there; in text format they are, by number.
    pub unknown: usize,
    /// Messages that the disk no longer gives; they are not there.
    pub missing: usize,
    /// Messages that the filter could neither take nor leave, its expression having failed on them for one;
    /// they are not there.
    pub undecided: usize,
}

impl Written {
    /// What the form could not hold, in a sentence; `None` when it holds everything.
    pub fn losses(&self) -> Option<String> {
        let mut parts = Vec::new();
        let mut part = |count: usize, one: &str, many: &str| match count {
            0 => {}
            1 => parts.push(format!("1 message {one}")),
            count => parts.push(format!("{count} messages {many}")),
        };
        part(
            self.undecodable,
            "does not decode and is marked as such",
            "do not decode and are marked as such",
        );
        part(
            self.unknown,
            "has fields that the schema cannot tell, which are left out",
            "have fields that the schema cannot tell, which are left out",
        );
        part(
            self.missing,
            "could not be read from disk",
            "could not be read from disk",
        );
        part(
            self.undecided,
            "could not be decided by the filter and is left out",
            "could not be decided by the filter and are left out",
        );
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn note(&mut self, worst: Option<Severity>, keeps_unknown: bool) {
        match worst {
            Some(Severity::Malformed) => self.undecodable += 1,
            Some(Severity::Unknown | Severity::NoJson) if !keeps_unknown => self.unknown += 1,
            Some(Severity::Unknown | Severity::NoJson) | None => {}
        }
    }
}

/// Messages as text, for the clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedMessages {
    /// The text; bytes are in base64.
    pub text: String,
    /// What it holds.
    pub written: Written,
}

/// Why nothing was written.
#[derive(Debug)]
enum Broken {
    /// Somebody asked to stop.
    Stopped,
    Io(io::Error),
    /// What was asked for cannot be done.
    Refused(Box<Failure>),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes messages of a log to a file without an engine, for the command line and for measuring. Blocking.
/// `None` when the job was cancelled.
///
/// # Errors
/// What stood in the way; the file is as it was.
pub fn save_messages(
    log: &MessageLog,
    types: &LogTypes,
    spec: &SaveSpec,
    path: &Path,
    job: &Job,
) -> Result<Option<Written>, Box<Failure>> {
    let work = job.begin(&CancellationToken::new());
    match to_file(log, types, spec, path, &work) {
        Ok(written) => Ok(Some(written)),
        Err(Broken::Stopped) => Ok(None),
        Err(broken) => Err(not_saved(broken, path)),
    }
}

/// What is told where a file is there already and is to stay: then nothing is written, and the job is over.
pub(super) fn in_the_way(
    path: &Path,
    existing: Existing,
    job: &Job,
    stop: &CancellationToken,
) -> Option<Event> {
    // What is no file, such as /dev/stdout, is written to.
    let is_file = || std::fs::metadata(path).is_ok_and(|it| it.is_file());
    if existing == Existing::Replace || !is_file() {
        return None;
    }
    drop(job.begin(stop));
    Some(Event::Notice(Box::new(Failure {
        summary: "Nothing was saved".to_owned(),
        reason: format!("`{}` exists", path.display()),
        hint: "Choose another name, or “Overwrite what is there”".to_owned(),
        ..Failure::default()
    })))
}

/// Writes messages to a file. Blocking. `None` when it was stopped: the file is as it was.
pub(super) fn save(
    messages: &Messages,
    spec: &SaveSpec,
    path: &Path,
    job: &Job,
    stop: &CancellationToken,
) -> Option<Event> {
    let work = job.begin(stop);
    let types = messages.types().ok_or_else(nothing_yet);
    match types.and_then(|types| to_file(&messages.log, types, spec, path, &work)) {
        Ok(written) => Some(Event::MessagesSaved {
            path: path.to_owned(),
            written,
        }),
        Err(Broken::Stopped) => None,
        Err(broken) => Some(Event::Notice(not_saved(broken, path))),
    }
}

fn not_saved(broken: Broken, path: &Path) -> Box<Failure> {
    let error = match broken {
        Broken::Refused(failure) => return failure,
        Broken::Io(error) => error,
        Broken::Stopped => io::ErrorKind::Interrupted.into(),
    };
    Box::new(Failure {
        summary: format!("Cannot save to `{}`", path.display()),
        reason: error.to_string(),
        hint: "Choose another file or folder".to_owned(),
        ..Failure::default()
    })
}

fn nothing_yet() -> Broken {
    refused(
        "There is nothing to write",
        "The call has not begun, or was forgotten",
        "Make the call first",
    )
}

/// Writes messages as text. Blocking. `None` when it was stopped.
pub(super) fn copy(
    messages: &Messages,
    spec: &SaveSpec,
    job: &Job,
    stop: &CancellationToken,
) -> Option<Event> {
    let work = job.begin(stop);
    let mut out = Bounded::default();
    let types = messages.types().ok_or_else(nothing_yet);
    let written = types.and_then(|types| write(&messages.log, types, spec, &mut out, &work));
    let failure = match written {
        Ok(written) => {
            let text = match spec.form {
                MessageForm::Delimited | MessageForm::Framed | MessageForm::Raw => {
                    BASE64_STANDARD.encode(&out.bytes)
                }
                _ => String::from_utf8_lossy(&out.bytes).into_owned(),
            };
            return Some(Event::MessagesCopied(Box::new(CopiedMessages {
                text,
                written,
            })));
        }
        Err(Broken::Stopped) => return None,
        Err(Broken::Refused(failure)) => failure,
        Err(Broken::Io(_)) => Box::new(Failure {
            summary: "That is too much to copy".to_owned(),
            reason: format!("The text has more than {} MiB", MAX_COPIED >> 20),
            hint: "Save it to a file".to_owned(),
            ..Failure::default()
        }),
    };
    Some(Event::Notice(failure))
}

/// Text for the clipboard, up to the limit.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_COPIED {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_file(
    log: &MessageLog,
    types: &LogTypes,
    spec: &SaveSpec,
    path: &Path,
    work: &Work,
) -> Result<Written, Broken> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stubless-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temp = builder.tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(1 << 18, temp);
    let written = write(log, types, spec, &mut out, work)?;
    let temp = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    temp.as_file().sync_all()?;
    if !work.goes_on() {
        return Err(Broken::Stopped);
    }
    temp.persist(path).map_err(|error| error.error)?;
    Ok(written)
}

/// Writes what is asked for, message by message.
fn write(
    log: &MessageLog,
    types: &LogTypes,
    spec: &SaveSpec,
    out: &mut dyn Write,
    work: &Work,
) -> Result<Written, Broken> {
    let mut writer = Writer::new(spec, types).map_err(|problem| {
        Broken::Refused(Box::new(Failure {
            summary: format!("There is no column `{}`", problem.column),
            reason: problem.error.message,
            hint: problem.error.hint,
            ..Failure::default()
        }))
    })?;
    let mut written = Written::default();
    let mut counter = Counted { out, bytes: 0 };
    writer.begin(&mut counter)?;
    let undecided = each(log, spec, work, &mut |message| {
        match message {
            None => written.missing += 1,
            Some((index, entry, wire)) => {
                if spec.form == MessageForm::Raw && written.count == 1 {
                    return Err(refused(
                        "Only one message can be saved as its bytes alone",
                        "Several would run into each other",
                        "Choose a form with a length before each",
                    ));
                }
                writer.message(&mut counter, index, entry, wire, &mut written)?;
                written.count += 1;
            }
        }
        Ok(())
    })?;
    written.undecided = undecided;
    if written.count == 0 && matches!(spec.what, SaveWhat::One(_)) {
        return Err(refused(
            "The message was not saved",
            "It is not there any more",
            "Make the call again",
        ));
    }
    writer.end(&mut counter)?;
    counter.flush()?;
    written.bytes = counter.bytes;
    Ok(written)
}

fn refused(summary: &str, reason: &str, hint: &str) -> Broken {
    Broken::Refused(Box::new(Failure {
        summary: summary.to_owned(),
        reason: reason.to_owned(),
        hint: hint.to_owned(),
        ..Failure::default()
    }))
}

/// Counts what goes through.
struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// As it stands in what is written.
fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    }
}

/// Seconds with six decimals.
fn seconds(at: Duration) -> String {
    format!("{}.{:06}", at.as_secs(), at.subsec_micros())
}
