//! Our JSON beside prost-reflect's, for every message that the suite sends: equal, or a line that says what
//! differs.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
};

use prost_reflect::{DynamicMessage, MessageDescriptor};
use stubless_core::message::{JsonOptions, Severity, to_json};

/// Where the lines go; `STUBLESS_BESIDE` names the file.
pub struct Beside(Option<File>);

impl Beside {
    pub fn from_env() -> io::Result<Self> {
        let Some(path) = std::env::var_os("STUBLESS_BESIDE") else {
            return Ok(Self(None));
        };
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Some(file)))
    }

    /// Compares one message.
    pub fn compare(&mut self, message: &MessageDescriptor, wire: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.0 else {
            return Ok(());
        };
        let line = compared(message, wire);
        writeln!(file, "{line}")
    }
}

/// As a text, so that a float has the digits of its own width.
fn theirs(decoded: &DynamicMessage) -> serde_json::Result<serde_json::Value> {
    serde_json::from_str(&serde_json::to_string(decoded)?)
}

/// `equal`, `refused …` where one or both give no JSON, `differs …` with both texts.
fn compared(message: &MessageDescriptor, wire: &[u8]) -> String {
    let options = JsonOptions {
        pretty: false,
        defaults: false,
        max_bytes: 0,
    };
    let ours = to_json(message, wire, options);
    let refused = matches!(ours.worst, Some(Severity::Malformed | Severity::NoJson));
    let theirs = match DynamicMessage::decode(message.clone(), wire) {
        Ok(decoded) => theirs(&decoded).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let hex: String = wire
        .iter()
        .take(64)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = message.name();
    match (refused, theirs) {
        (true, Err(_)) => "refused by both".to_owned(),
        (true, Ok(_)) => format!("refused by us {name} {hex}: {}", ours.problems.join("; ")),
        (false, Err(error)) => format!("refused by prost-reflect {name} {hex}: {error}"),
        (false, Ok(theirs)) => match serde_json::from_str::<serde_json::Value>(&ours.text) {
            Ok(own) if own == theirs => "equal".to_owned(),
            Ok(_) => format!("differs {name} {hex}: {} and {theirs}", ours.text),
            Err(error) => format!("differs {name} {hex}: our text does not parse, {error}"),
        },
    }
}
