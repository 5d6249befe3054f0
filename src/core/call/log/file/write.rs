//! Writing a log to a file.

use std::{
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::Path,
};

use prost::encoding::encode_varint;

use super::{
    super::{Direction, MessageLog},
    LogFacts, LogFileError, MAGIC, VERSION,
    block::{BlockWriter, DESCRIPTORS, END, MESSAGES, crc_of, write_block},
};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSaved {
    /// Messages in the file.
    pub messages: usize,
    /// Messages that the disk no longer gave.
    pub lost: usize,
}

/// Saves the messages a log has now, with what is known of the call and the descriptors of its method (a
/// serialized `FileDescriptorSet`). The file is replaced when all is written. `reached` is told how many
/// bytes of messages are written, often, and stops it with `false`. Blocking.
///
/// # Errors
/// The disk's, or [`LogFileError::Stopped`]; the file is as it was.
pub fn save_log(
    log: &MessageLog,
    facts: &LogFacts,
    descriptors: &[u8],
    path: &Path,
    reached: &mut dyn FnMut(u64) -> bool,
) -> Result<LogSaved, LogFileError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stubless-").suffix(".tmp");
    let temp = builder
        .tempfile_in(folder)
        .map_err(LogFileError::io("making the file"))?;
    let mut out = BufWriter::with_capacity(1 << 16, temp);
    let saved = write_log(log, facts, descriptors, &mut out, reached)?;
    let finish = || {
        let temp = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        temp.as_file().sync_all()?;
        temp.persist(path).map_err(|error| error.error)
    };
    finish().map_err(LogFileError::io("writing the file"))?;
    Ok(saved)
}

/// As [`save_log`], to anything that takes bytes.
///
/// # Errors
/// As there.
pub(crate) fn write_log(
    log: &MessageLog,
    facts: &LogFacts,
    descriptors: &[u8],
    mut out: impl Write,
    reached: &mut dyn FnMut(u64) -> bool,
) -> Result<LogSaved, LogFileError> {
    let failed = || LogFileError::io("writing the file");
    // The log may grow meanwhile.
    let len = log.len();
    let bytes = log.bytes(Direction::Sent) + log.bytes(Direction::Received);
    let line = facts.to_line(len, bytes);
    let first = format!(
        "{MAGIC}{VERSION} {:08x} {:08x}\n",
        line.len(),
        crc_of(&line)
    );
    let head = [first.as_bytes(), &line, b"\n"].concat();
    out.write_all(&head).map_err(failed())?;
    let mut blocks = BlockWriter::new(out, DESCRIPTORS);
    blocks.put(descriptors).map_err(failed())?;
    let out = blocks.finish().map_err(failed())?;

    let mut blocks = BlockWriter::new(out, MESSAGES);
    let (mut messages, mut done, mut told) = (0, 0_u64, 0_u64);
    let mut broke: Option<LogFileError> = None;
    let mut head = Vec::with_capacity(20);
    log.walk(0..len, |_, entry, message| {
        head.clear();
        let micros = u64::try_from(entry.at.as_micros()).unwrap_or(u64::MAX >> 1);
        let received = u64::from(entry.direction == Direction::Received);
        encode_varint(micros << 1 | received, &mut head);
        encode_varint(message.len() as u64, &mut head);
        let put = blocks.put(&head).and_then(|()| blocks.put(message));
        if let Err(error) = put {
            broke = Some(failed()(error));
            return ControlFlow::Break(());
        }
        messages += 1;
        done += message.len() as u64 + 8;
        // Asking costs something; a message of its own size is asked about each time.
        if done - told >= 1 << 16 {
            told = done;
            if !reached(done) {
                broke = Some(LogFileError::Stopped);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    if let Some(error) = broke {
        return Err(error);
    }
    let mut out = blocks.finish().map_err(failed())?;
    let end = format!("{{\"messages\":{messages}}}");
    write_block(&mut out, END, end.as_bytes()).map_err(failed())?;
    out.flush().map_err(failed())?;
    Ok(LogSaved {
        messages,
        lost: len - messages,
    })
}
