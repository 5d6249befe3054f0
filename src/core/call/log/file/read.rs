//! Reading a log file into a log.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use prost::encoding::decode_varint;

use super::{
    super::{Direction, LogFull, LogMessage, MessageLog},
    LogFacts, LogFileError, MAGIC, MAX_DESCRIPTOR_BYTES, MAX_FACTS_BYTES, VERSION,
    block::{DESCRIPTORS, END, Found, MESSAGES, crc_of, read_block},
};

/// Bytes of a first line at most.
const FIRST_LINE_BYTES: usize = 64;

/// Bytes of a message's head at most: two varints.
const MAX_HEAD_BYTES: usize = 20;

/// What a file gave beside the messages.
#[derive(Debug, Clone)]
pub struct LogRead {
    /// What is known of the call.
    pub facts: LogFacts,
    /// The descriptors of its method, a serialized `FileDescriptorSet`.
    pub descriptors: Vec<u8>,
    /// Messages in the log now.
    pub messages: usize,
    /// What is missing, in one sentence without a full stop: the file is not whole.
    pub missing: Option<String>,
}

/// Reads a file into an empty log. `size` is told how many bytes it has, `reached` how many are read; that
/// stops it with `false`. Blocking.
///
/// # Errors
/// It is no log that can be read here, there is no room for it, or it was stopped. A file that was cut short
/// or damaged behind its facts is no error: see [`LogRead::missing`].
pub fn open_log(
    path: &Path,
    log: &MessageLog,
    size: &mut dyn FnMut(u64),
    reached: &mut dyn FnMut(u64) -> bool,
) -> Result<LogRead, LogFileError> {
    let opening = || LogFileError::io("opening the file");
    let file = File::open(path).map_err(opening())?;
    let meta = file.metadata().map_err(opening())?;
    // A pipe or a device might never end.
    if !meta.is_file() {
        return Err(LogFileError::NotALog);
    }
    size(meta.len());
    read_log(BufReader::with_capacity(1 << 16, file), log, reached)
}

/// As [`open_log`], from anything that gives bytes.
///
/// # Errors
/// As there.
pub(crate) fn read_log(
    mut from: impl Read,
    log: &MessageLog,
    reached: &mut dyn FnMut(u64) -> bool,
) -> Result<LogRead, LogFileError> {
    let reading = || LogFileError::io("reading the file");
    let line = facts_line(&mut from)?;
    let mut done = line.len() as u64;
    let (facts, promised) = LogFacts::from_line(&line)?;
    drop(line);
    let mut descriptors = Vec::new();
    let mut messages = Messages::new(log);
    let mut payload = Vec::new();
    let missing = loop {
        let found = read_block(&mut from, &mut payload).map_err(reading())?;
        done += payload.len() as u64;
        match found {
            Found::Block(DESCRIPTORS) => {
                if descriptors.len() + payload.len() > MAX_DESCRIPTOR_BYTES {
                    break Some(messages.words(Fault::Damaged, promised));
                }
                descriptors.extend_from_slice(&payload);
            }
            Found::Block(MESSAGES) => {
                if !messages.take(&payload)? {
                    break Some(messages.words(Fault::Damaged, promised));
                }
            }
            Found::Block(END) => break messages.at_end(&payload, promised),
            // Of a later version that this one can read.
            Found::Block(_) => {}
            Found::Cut(kind) => {
                let good = kind != Some(MESSAGES) || messages.take(&payload)?;
                let fault = if good { Fault::Cut } else { Fault::Damaged };
                break Some(messages.words(fault, promised));
            }
            Found::Damaged => break Some(messages.words(Fault::Damaged, promised)),
        }
        if !reached(done) {
            return Err(LogFileError::Stopped);
        }
    };
    Ok(LogRead {
        facts,
        descriptors,
        messages: messages.count,
        missing,
    })
}

/// The second line, once the first says that it is a log of a version that is known.
fn facts_line(from: &mut impl Read) -> Result<Vec<u8>, LogFileError> {
    let reading = || LogFileError::io("reading the file");
    let cut = || LogFileError::Facts("the file ends there".to_owned());
    let mut first = Vec::new();
    loop {
        let mut byte = [0];
        let read = from.read(&mut byte).map_err(reading())?;
        if read == 0 || byte == *b"\n" {
            break;
        }
        first.extend_from_slice(&byte);
        if first.len() > FIRST_LINE_BYTES
            || !MAGIC
                .as_bytes()
                .starts_with(&first[..first.len().min(MAGIC.len())])
        {
            return Err(LogFileError::NotALog);
        }
    }
    let first = String::from_utf8_lossy(&first);
    let rest = first.strip_prefix(MAGIC).ok_or(LogFileError::NotALog)?;
    let mut words = rest.split(' ');
    let version = words.next().and_then(|version| version.parse().ok());
    let version: u32 = version.ok_or(LogFileError::NotALog)?;
    if version > VERSION {
        return Err(LogFileError::Future(version));
    }
    let mut hex = || {
        let word = words.next()?;
        u32::from_str_radix(word, 16).ok()
    };
    let (len, crc) = hex().zip(hex()).ok_or_else(cut)?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len > MAX_FACTS_BYTES {
        return Err(LogFileError::Facts("they are too long".to_owned()));
    }
    let mut line = Vec::new();
    from.take(len as u64 + 1)
        .read_to_end(&mut line)
        .map_err(reading())?;
    if line.len() <= len {
        return Err(cut());
    }
    let ends = line.pop() == Some(b'\n');
    if !ends || crc_of(&line) != crc {
        return Err(LogFileError::Facts("they are damaged".to_owned()));
    }
    Ok(line)
}

/// Why a file gives no more messages.
#[derive(Clone, Copy)]
enum Fault {
    Cut,
    Damaged,
}

/// The messages of a file on their way into the log, over the borders of blocks.
struct Messages<'a> {
    log: &'a MessageLog,
    /// The beginning of a message whose end has not come.
    pending: Vec<u8>,
    count: usize,
}

impl<'a> Messages<'a> {
    fn new(log: &'a MessageLog) -> Self {
        Self {
            log,
            pending: Vec::new(),
            count: 0,
        }
    }

    /// Whether the last message is whole.
    fn between(&self) -> bool {
        self.pending.is_empty()
    }

    /// Takes the next piece. `false` when what stands there is no message.
    ///
    /// # Errors
    /// There is no room in the log.
    fn take(&mut self, mut piece: &[u8]) -> Result<bool, LogFileError> {
        while !self.between() {
            let wanted = match Head::read(&self.pending) {
                Some(Ok(head)) => head.end(),
                // A few bytes of the piece at most, one by one: what follows a head belongs elsewhere.
                Some(Err(Incomplete)) => self.pending.len() + 1,
                None => return Ok(false),
            };
            let lacks = wanted.saturating_sub(self.pending.len());
            let (own, rest) = piece.split_at(lacks.min(piece.len()));
            self.hold(own, wanted)?;
            piece = rest;
            if self.pending.len() < wanted {
                return Ok(true);
            }
            self.take_held()?;
        }
        let mut found = Vec::new();
        let good = loop {
            let head = match Head::read(piece) {
                Some(Ok(head)) => head,
                Some(Err(Incomplete)) => break true,
                None => break false,
            };
            let Some(bytes) = piece.get(head.len..head.end()) else {
                break true;
            };
            found.push(LogMessage {
                direction: head.direction,
                at: head.at,
                bytes,
            });
            piece = piece.get(head.end()..).unwrap_or_default();
        };
        if !found.is_empty() {
            let taken = self.log.append_each(&found);
            self.note(taken, found.len())?;
        }
        if good {
            self.hold(piece, 0)?;
        }
        Ok(good)
    }

    /// Keeps more of a message that is to have so many bytes, in memory that is not much more than what came.
    ///
    /// # Errors
    /// There is no room for what came of it until now.
    fn hold(&mut self, more: &[u8], wanted: usize) -> Result<(), LogFileError> {
        let held = self.pending.len();
        if let Some(why) = self.log.refuses(held) {
            return Err(LogFileError::Full(why));
        }
        if self.pending.capacity() < held + more.len() {
            let room = wanted.saturating_sub(held).min(held);
            self.pending.reserve_exact(room.max(more.len()));
        }
        self.pending.extend_from_slice(more);
        Ok(())
    }

    /// Hands the held message over, if it is whole, in the memory it lies in.
    fn take_held(&mut self) -> Result<(), LogFileError> {
        let Some(Ok(head)) = Head::read(&self.pending) else {
            return Ok(());
        };
        if self.pending.len() < head.end() {
            return Ok(());
        }
        let bytes = Bytes::from(std::mem::take(&mut self.pending)).slice(head.len..);
        let taken = self.log.append(head.direction, head.at, &[bytes]);
        self.note(taken, 1)
    }

    fn note(&mut self, taken: bool, count: usize) -> Result<(), LogFileError> {
        if !taken {
            let why = self.log.why_full().unwrap_or(LogFull::Message);
            return Err(LogFileError::Full(why));
        }
        self.count += count;
        Ok(())
    }

    /// What is missing of a file whose end says how many messages were written, and its facts how many there were.
    fn at_end(&self, end: &[u8], promised: Option<usize>) -> Option<String> {
        let end: Option<serde_json::Value> = serde_json::from_slice(end).ok();
        let written = end.and_then(|end| end.get("messages")?.as_u64());
        let written = written.and_then(|count| usize::try_from(count).ok());
        let count = self.count;
        match (written, promised) {
            (Some(written), Some(promised)) if written == count && self.between() => {
                let lost = promised.checked_sub(count).filter(|lost| *lost > 0)?;
                Some(format!(
                    "{lost} of {promised} messages could not be read any more when the log was saved"
                ))
            }
            (Some(written), None) if written == count && self.between() => None,
            (Some(written), _) if written > count && self.between() => Some(format!(
                "{} messages are missing in the middle of the file: {count} of {written} are shown",
                written - count
            )),
            _ => Some(self.words(Fault::Damaged, promised)),
        }
    }

    /// What is missing.
    fn words(&self, fault: Fault, promised: Option<usize>) -> String {
        let shown = match promised {
            Some(promised) => format!("{} of {promised} are shown", self.count),
            None => format!("{} are shown", self.count),
        };
        let next = self.count + 1;
        match fault {
            Fault::Cut if self.between() => {
                format!("The file ends before message {next}: {shown}")
            }
            Fault::Cut => format!("The file ends in the middle of message {next}: {shown}"),
            Fault::Damaged => format!("The file is damaged at message {next}: {shown}"),
        }
    }
}

/// What stands before a message's bytes.
#[derive(Clone, Copy)]
struct Head {
    direction: Direction,
    at: Duration,
    /// Bytes of the head.
    len: usize,
    /// Bytes of the message.
    message: usize,
}

/// More bytes are needed.
struct Incomplete;

impl Head {
    /// Reads the one that `bytes` begin with; `None` where that is none.
    fn read(bytes: &[u8]) -> Option<Result<Self, Incomplete>> {
        let mut rest = bytes;
        let mut varint = || decode_varint(&mut rest).ok();
        let Some((time, message)) = varint().and_then(|time| Some((time, varint()?))) else {
            // A varint that is cut differs from one that is none by what follows.
            return (bytes.len() < MAX_HEAD_BYTES).then_some(Err(Incomplete));
        };
        let message = u32::try_from(message).ok()?;
        Some(Ok(Self {
            direction: match time & 1 {
                1 => Direction::Received,
                _ => Direction::Sent,
            },
            at: Duration::from_micros(time >> 1),
            len: bytes.len() - rest.len(),
            message: usize::try_from(message).ok()?,
        }))
    }

    /// Where the message ends, counted from its head.
    fn end(self) -> usize {
        self.len.saturating_add(self.message)
    }
}
