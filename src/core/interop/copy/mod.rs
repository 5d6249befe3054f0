//! A request as a text for another program: what is copied is what a call would send.
//!
//! Variables are expanded first, by the rules of a call. Secrets are left out of commands unless the
//! person asks for them: the values of secret variables, and of metadata that is known to be a
//! credential, become variables of the shell.

mod body;
mod resolve;

use std::collections::BTreeSet;

use super::{
    grpcurl,
    import::Note,
    shell::{Shell, Writer},
    stubless,
};
use crate::{
    message::Scope,
    schema::Schema,
    workspace::{RequestFile, SourceSpec},
};

pub(super) use self::resolve::Resolved;

/// What a request is copied as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CopyForm {
    /// A command of grpcurl.
    Grpcurl(Shell),
    /// A command of ours, for the shell of this system.
    Stubless,
    /// The message as JSON on one line.
    JsonLine,
    /// The message as JSON, laid out.
    JsonPretty,
    /// The message in protobuf's text format.
    TextFormat,
    /// The wire format in base64.
    Base64,
    /// The wire format in hexadecimal.
    Hex,
    /// Every message of the request with the five bytes that gRPC puts before it, in hexadecimal.
    FramedHex,
}

impl CopyForm {
    /// All, in the order they are offered.
    pub const ALL: [Self; 10] = [
        Self::Grpcurl(Shell::Bash),
        Self::Grpcurl(Shell::PowerShell),
        Self::Grpcurl(Shell::Cmd),
        Self::Stubless,
        Self::JsonPretty,
        Self::JsonLine,
        Self::TextFormat,
        Self::Base64,
        Self::Hex,
        Self::FramedHex,
    ];

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpcurl(Shell::Bash) => "grpcurl (bash)",
            Self::Grpcurl(Shell::PowerShell) => "grpcurl (PowerShell)",
            Self::Grpcurl(Shell::Cmd) => "grpcurl (cmd)",
            Self::Stubless => "stubless call",
            Self::JsonPretty => "JSON",
            Self::JsonLine => "JSON on one line",
            Self::TextFormat => "Protobuf text format",
            Self::Base64 => "Base64 of the wire format",
            Self::Hex => "Hex of the wire format",
            Self::FramedHex => "Hex with gRPC framing",
        }
    }

    /// Whether it is a command, which leaves credentials out unless told otherwise.
    pub fn is_command(self) -> bool {
        matches!(self, Self::Grpcurl(_) | Self::Stubless)
    }
}

/// A request with all that a copy of it is made from.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The request as a call would be made: with the target, settings and metadata it inherits.
    pub request: RequestFile,
    /// The message that is shown, for forms of one message.
    pub shown: usize,
    /// Variables.
    pub scope: Scope,
    /// Names of those that are secret.
    pub secrets: BTreeSet<String>,
    /// The schema that has the method, if one is known.
    pub schema: Option<Schema>,
    /// Where that came from; empty when the server was asked.
    pub sources: Vec<SourceSpec>,
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The text.
    pub text: String,
    /// What it leaves out or stands for.
    pub notes: Vec<Note>,
}

/// Why a request cannot be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyProblem {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl CopyProblem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            message,
            hint: None,
        }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Writes a request in another form. Takes time in proportion to the messages.
///
/// With `credentials`, secrets stand in a command in clear; forms of the message alone always hold
/// them, and say so.
///
/// # Errors
/// What cannot be resolved or encoded, or has no such form.
pub fn copy(outgoing: &Outgoing, form: CopyForm, credentials: bool) -> Result<Copied, CopyProblem> {
    match form {
        CopyForm::Grpcurl(shell) => command(outgoing, shell, credentials, grpcurl::write),
        CopyForm::Stubless => command(outgoing, here(), credentials, stubless::write),
        _ => body::write(outgoing, form),
    }
}

type Write = fn(&Resolved, &Writer<'_>, &mut Vec<Note>) -> Result<String, CopyProblem>;

fn command(
    outgoing: &Outgoing,
    shell: Shell,
    credentials: bool,
    write: Write,
) -> Result<Copied, CopyProblem> {
    let resolved = resolve::resolve(outgoing, credentials)?;
    let writer = Writer {
        shell,
        placeholders: &resolved.placeholders,
    };
    let mut notes = Vec::new();
    let text = write(&resolved, &writer, &mut notes)?;
    resolved.note_withheld(shell, &text, &mut notes);
    if !credentials {
        note_escapes(outgoing, &mut notes);
    }
    Ok(Copied { text, notes })
}

/// A variable of the shell stands within a string of JSON as it is: what JSON escapes would end the string.
fn note_escapes(outgoing: &Outgoing, notes: &mut Vec<Note>) {
    let is_escaped = |c: char| matches!(c, '"' | '\\') || c.is_ascii_control();
    for name in body::used_secrets(outgoing, &outgoing.request.messages) {
        let value = outgoing.scope.variables.get(&name);
        if value.is_some_and(|value| value.contains(is_escaped)) {
            notes.push(Note::lost(format!(
                "The value of the secret `{name}` must be escaped for JSON in the variable that stands for it"
            )));
        }
    }
}

/// The shell people use on this system.
fn here() -> Shell {
    if cfg!(windows) {
        Shell::PowerShell
    } else {
        Shell::Bash
    }
}
