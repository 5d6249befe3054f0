//! Where the messages come from: `-d JSON`, `-d @file`, `-d @-`.

use std::{
    fs,
    io::{self, Read},
};

use stubless_core::message::Splitter;
use tokio::sync::mpsc;

use super::{Exit, Stop};

/// Longest text of one message from standard input.
const MAX_TEXT_BYTES: usize = 256 << 20;
const READ_BYTES: usize = 64 << 10;
/// Messages read ahead of those that were sent.
const READ_AHEAD: usize = 16;

/// The texts of the messages.
#[derive(Debug)]
pub(super) struct Body {
    /// Known before the call begins.
    pub(super) ready: Vec<String>,
    /// What follows from standard input while the call runs.
    pub(super) coming: Option<mpsc::Receiver<Result<String, Stop>>>,
}

impl Body {
    /// Reads what `-d` names. With `live`, standard input is read while the call runs, each value
    /// taken as soon as it ends; else to its end now.
    pub(super) fn read(data: &[String], live: bool) -> Result<Self, Stop> {
        let mut ready = Vec::new();
        let mut coming = None;
        for item in data {
            if coming.is_some() {
                return Err(Stop::new(
                    Exit::Usage,
                    "Standard input is read to its end: -d @- comes last, and once",
                ));
            }
            match item.strip_prefix('@') {
                Some("-") if live => coming = Some(read_live(io::stdin())),
                Some("-") => ready.extend(values(&read_all(&mut io::stdin().lock())?)),
                Some(path) => ready.extend(values(&read_file(path)?)),
                None => ready.extend(values(item)),
            }
        }
        Ok(Self { ready, coming })
    }
}

fn values(text: &str) -> Vec<String> {
    let mut splitter = Splitter::default();
    splitter.push(text);
    let mut values: Vec<_> = std::iter::from_fn(|| splitter.next_value()).collect();
    values.extend(splitter.finish());
    values
}

fn read_file(path: &str) -> Result<String, Stop> {
    fs::read_to_string(path).map_err(|error| {
        Stop::new(
            Exit::Invalid,
            format!("Cannot read the message from `{path}`"),
        )
        .reason(error)
    })
}

fn read_all(input: &mut impl Read) -> Result<String, Stop> {
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|error| cannot_read(&error))?;
    Ok(text)
}

fn cannot_read(error: &io::Error) -> Stop {
    Stop::new(
        Exit::Invalid,
        "Cannot read the messages from standard input",
    )
    .reason(error)
}

/// Reads on a thread of its own: a read of a terminal cannot be taken back, so the thread ends with
/// the program if not before.
fn read_live(mut input: impl Read + Send + 'static) -> mpsc::Receiver<Result<String, Stop>> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || {
        if let Err(stop) = read_values(&mut input, |value| sender.blocking_send(Ok(value)).is_ok())
        {
            // Nobody waits for it once the call has ended.
            let _ = sender.blocking_send(Err(stop));
        }
    });
    receiver
}

/// Gives each value to `take` until the input ends or `take` wants no more.
fn read_values(input: &mut impl Read, mut take: impl FnMut(String) -> bool) -> Result<(), Stop> {
    let mut splitter = Splitter::default();
    let mut undecoded = Vec::new();
    let mut chunk = vec![0; READ_BYTES];
    loop {
        let read = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(cannot_read(&error)),
        };
        undecoded.extend_from_slice(chunk.get(..read).unwrap_or_default());
        push_decoded(&mut splitter, &mut undecoded)?;
        while let Some(value) = splitter.next_value() {
            if !take(value) {
                return Ok(());
            }
        }
        if splitter.pending_bytes() > MAX_TEXT_BYTES {
            return Err(Stop::new(
                Exit::Invalid,
                format!("A message on standard input is longer than {MAX_TEXT_BYTES} bytes"),
            ));
        }
    }
    if !undecoded.is_empty() {
        return Err(not_utf8());
    }
    if let Some(value) = splitter.finish() {
        take(value);
    }
    Ok(())
}

/// Moves whole characters on; the beginning of one that was cut by a read stays.
fn push_decoded(splitter: &mut Splitter, undecoded: &mut Vec<u8>) -> Result<(), Stop> {
    let valid = match std::str::from_utf8(undecoded) {
        Ok(text) => text,
        Err(error) if error.error_len().is_some() => return Err(not_utf8()),
        Err(error) => {
            let whole = undecoded.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
    };
    splitter.push(valid);
    let len = valid.len();
    undecoded.drain(..len);
    Ok(())
}

fn not_utf8() -> Stop {
    Stop::new(Exit::Invalid, "Standard input is not UTF-8 text")
        .hint("bytes are written as base64 in a JSON string")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a read, as the worst of pipes.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            buf[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn read(input: &[u8]) -> Result<Vec<String>, Stop> {
        let mut values = Vec::new();
        read_values(&mut Dribble(input), |value| {
            values.push(value.trim().to_owned());
            true
        })?;
        Ok(values)
    }

    #[test]
    fn values_are_read_byte_by_byte() {
        let values = read("{\"é\": \"🦀\"}\n2 3".as_bytes()).unwrap();
        assert_eq!(values, ["{\"é\": \"🦀\"}", "2", "3"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for (case, input) in [
            ("in the middle", &b"{\xff}"[..]),
            ("cut at the end", b"{}\xf0\x9f"),
        ] {
            assert!(read(input).is_err(), "{case}");
        }
    }

    #[test]
    fn standard_input_comes_last() {
        let data = ["@-".to_owned(), "{}".to_owned()];
        assert!(Body::read(&data, true).is_err());
    }
}
