//! What a foreign text gives: a request, and what of the text is not in it.

use super::shell::Word;
use crate::{
    grpc::is_credential,
    message::{Document, Splitter},
    workspace::{MetadataRow, RequestFile, SourceSpec},
};

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// Something to know.
    Info,
    /// Something was not taken, so that the request may do something else.
    Lost,
    /// A credential came with the text.
    Secret,
}

/// What a person should know about a text that was read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub kind: NoteKind,
    /// One sentence without a full stop.
    pub text: String,
}

impl Note {
    /// Something to know.
    pub(super) fn info(text: impl Into<String>) -> Self {
        let (kind, text) = (NoteKind::Info, text.into());
        Self { kind, text }
    }

    /// Something that was not taken.
    pub(super) fn lost(text: impl Into<String>) -> Self {
        let (kind, text) = (NoteKind::Lost, text.into());
        Self { kind, text }
    }

    /// A credential.
    pub(super) fn secret(text: impl Into<String>) -> Self {
        let (kind, text) = (NoteKind::Secret, text.into());
        Self { kind, text }
    }
}

/// A program whose command lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// `grpcurl`
    Grpcurl,
    /// `stubless call`
    Stubless,
    /// `buf curl`
    BufCurl,
}

impl Program {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpcurl => "grpcurl",
            Self::Stubless => "stubless call",
            Self::BufCurl => "buf curl",
        }
    }
}

/// A request read from a command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The command.
    pub program: Program,
    /// The request. Its messages are JSON, unless [`text_format`](Self::text_format) is there.
    pub request: RequestFile,
    /// Where the command takes its schema from; paths as written.
    pub sources: Vec<SourceSpec>,
    /// The body as it stands in the command, where that is in protobuf's text format: it takes the
    /// method's type to read it.
    pub text_format: Option<String>,
    /// What is not in the request, and what to look at.
    pub notes: Vec<Note>,
}

/// Why a command line gives no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandProblem {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl CommandProblem {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into());
        let message = message.into();
        Self { message, hint }
    }
}

/// Gathers a request from the options of a command.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    pub(super) request: RequestFile,
    pub(super) protos: Vec<std::path::PathBuf>,
    pub(super) roots: Vec<std::path::PathBuf>,
    pub(super) sets: Vec<std::path::PathBuf>,
    pub(super) reflect: bool,
    pub(super) notes: Vec<Note>,
    /// Options that concern what the program prints.
    pub(super) output: Vec<String>,
    /// Braces in the texts are templates already.
    pub(super) templates: bool,
}

impl Gathering {
    /// A value, with a note where a shell would have put something else into it.
    pub(super) fn take(&mut self, what: &str, word: &Word) -> String {
        for variable in &word.variables {
            self.notes.push(Note::lost(format!(
                "`{variable}` in {what} is kept as written: put its value there, or a variable of the environment"
            )));
        }
        if word.open {
            self.notes.push(Note::lost(format!(
                "A quote in {what} is never closed: the text may be cut"
            )));
        }
        word.text.clone()
    }

    /// The same for a setting that may hold templates.
    pub(super) fn setting(&mut self, what: &str, word: &Word) -> String {
        let text = self.take(what, word);
        self.literal(&text)
    }

    /// Braces that are no template here.
    pub(super) fn literal(&self, text: &str) -> String {
        if self.templates {
            text.to_owned()
        } else {
            literal(text)
        }
    }

    /// `name: value`
    pub(super) fn header(&mut self, word: &Word) -> MetadataRow {
        let (key, value) = word.text.split_once(':').unwrap_or((&word.text, ""));
        let key = key.trim().to_ascii_lowercase();
        let what = format!("the value of `{key}`");
        let value = value.trim().to_owned();
        let named = Word {
            text: value,
            ..word.clone()
        };
        let value = self.setting(&what, &named);
        if is_credential(&key) {
            self.notes.push(Note::secret(format!(
                "`{key}` holds a credential in clear: make it a secret variable before you save the request"
            )));
        }
        MetadataRow {
            key,
            value,
            enabled: true,
        }
    }

    /// The messages of a body: one, or several values one after the other.
    pub(super) fn body(&mut self, text: &str) {
        let text = match unescaped_quotes(text) {
            Some(mended) => {
                self.notes.push(Note::info(
                    "Its quotes carry backslashes for another shell: they are left out",
                ));
                mended
            }
            None => text.to_owned(),
        };
        let values = values(&text);
        for value in &values {
            if let Some(error) = Document::new(value.as_str()).syntax_error() {
                self.notes.push(Note::lost(format!(
                    "The message is no JSON: {}",
                    error.message
                )));
            }
        }
        let texts = values.iter().map(|value| {
            crate::workspace::MessageText(if self.templates {
                value.clone()
            } else {
                literal_json(value)
            })
        });
        self.request.messages = texts.collect();
    }

    /// Where the schema comes from, in the order of Stubless.
    pub(super) fn sources(&mut self) -> Vec<SourceSpec> {
        let mut sources = Vec::new();
        if !self.protos.is_empty() {
            sources.push(SourceSpec::Protos {
                files: std::mem::take(&mut self.protos),
                roots: std::mem::take(&mut self.roots),
                exclude: Vec::new(),
            });
        }
        let sets = std::mem::take(&mut self.sets);
        sources.extend(sets.into_iter().map(SourceSpec::DescriptorSet));
        if self.reflect || sources.is_empty() {
            sources.push(SourceSpec::Reflection);
        }
        sources
    }

    /// One note for all that only concerns what a program prints.
    pub(super) fn note_output(&mut self, program: &str) {
        if self.output.is_empty() {
            return;
        }
        let mut names: Vec<_> = self.output.iter().map(|name| format!("`{name}`")).collect();
        names.dedup();
        self.notes.push(Note::info(format!(
            "{} only changes what {program} prints",
            names.join(", ")
        )));
    }
}

/// JSON values, one after the other; white space around them carries no meaning.
pub(super) fn values(text: &str) -> Vec<String> {
    let mut splitter = Splitter::default();
    splitter.push(text);
    let mut values: Vec<_> = std::iter::from_fn(|| splitter.next_value()).collect();
    values.extend(splitter.finish());
    for value in &mut values {
        *value = value.trim().to_owned();
    }
    values.retain(|value| !value.is_empty());
    values
}

/// `{\"a\": 1}`: quotes escaped once more, as older PowerShells need it. `None` when the text is JSON
/// as it stands, or is none either way.
fn unescaped_quotes(text: &str) -> Option<String> {
    let doubtful = text.contains("\\\"");
    if !doubtful || Document::new(text).syntax_error().is_none() {
        return None;
    }
    let all_fit = |text: &str| {
        let values = values(text);
        let fits = |value: &String| Document::new(value.as_str()).syntax_error().is_none();
        !values.is_empty() && values.iter().all(fits)
    };
    if all_fit(text) {
        return None;
    }
    let mended = text.replace("\\\\\"", "\u{1}").replace("\\\"", "\"");
    let mended = mended.replace('\u{1}', "\\\"");
    all_fit(&mended).then_some(mended)
}

/// A text in which `{{` is no template.
pub(super) fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// The same inside a JSON text: `{{` stands in strings alone.
pub(crate) fn literal_json(text: &str) -> String {
    text.replace("{{", "{{ \\\"{{\\\" }}")
}
