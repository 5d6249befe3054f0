//! What a pasted text is: every reading that makes sense, the likeliest first.
//!
//! A reading ends in messages as ProtoJSON. How well they fit the method's type tells readings apart
//! that look alike: a text of hexadecimal digits is base64, too, but rarely a message both ways.

use prost_reflect::MessageDescriptor;

use super::{
    command::{Command, read_command},
    frames,
    import::{Import, Note, Program, literal_json},
    json_text,
    letters::{self, Encoding},
    shell::Shell,
    text_format,
};
use crate::{
    message::{Document, JsonOptions, NodeKind, Printer, Scope, Severity, check, raw::find_field},
    schema::Schema,
};

/// Readings that are offered.
const MAX_CANDIDATES: usize = 8;
/// A line of JSON longer than this is laid out.
const ONE_LINE: usize = 60;
/// Notes about bytes that a candidate carries.
const MAX_NOTES: usize = 6;

/// What a text was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    /// A command line.
    Command(Program, Shell),
    /// JSON, as it is or taken out of something.
    Json,
    /// Protobuf's text format.
    TextFormat,
    /// The wire format in letters.
    Wire {
        /// How the bytes are written.
        encoding: Encoding,
        /// With gRPC's prefix before each message.
        framed: bool,
    },
}

/// One reading of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What it was taken for.
    pub kind: CandidateKind,
    /// The same in words.
    pub title: String,
    /// How likely it is, from 0 to 100.
    pub score: u8,
    /// The messages as ProtoJSON; empty when the text has none or cannot be read so.
    pub messages: Vec<String>,
    /// The whole request, of a command.
    pub import: Option<Box<Import>>,
    /// Why it cannot be used.
    pub problem: Option<String>,
    /// What to know.
    pub notes: Vec<Note>,
}

/// What the readings are measured by.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The type of the method's request.
    pub message: Option<MessageDescriptor>,
    /// Where other types are found: of a command's method, of what an Any holds.
    pub schema: Option<Schema>,
}

/// Reads a text in every way that makes sense; the likeliest first, at most 8.
///
/// Takes time in proportion to the text, and blocks while a schema builds a type.
pub fn detect(text: &str, expected: &Expected) -> Vec<Candidate> {
    let text = text.trim();
    let mut found = Vec::new();
    if text.is_empty() {
        return found;
    }
    if let Some(command) = read_command(text) {
        found.push(of_command(command, expected));
    }
    // What a command holds is found in the command.
    if found.iter().all(|candidate| candidate.problem.is_some()) {
        json(text, expected, &mut found);
        text_formats(text, expected, &mut found);
        wire(text, expected, &mut found);
    }
    found.retain(|candidate| candidate.score > 0);
    // Stable: of equal ones the more distinct form came first.
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    found.truncate(MAX_CANDIDATES);
    found
}

fn candidate(kind: CandidateKind, title: impl Into<String>, score: u8) -> Candidate {
    Candidate {
        kind,
        title: title.into(),
        score,
        messages: Vec::new(),
        import: None,
        problem: None,
        notes: Vec::new(),
    }
}

fn of_command(command: Command, expected: &Expected) -> Candidate {
    let kind = CandidateKind::Command(command.program, command.shell);
    let title = format!(
        "{} command ({})",
        command.program.name(),
        command.shell.name()
    );
    match command.result {
        Err(problem) => {
            let words = match problem.hint {
                Some(hint) => format!("{}. {hint}", problem.message),
                None => problem.message,
            };
            Candidate {
                problem: Some(words),
                ..candidate(kind, title, 40)
            }
        }
        Ok(mut import) => {
            read_text_format(&mut import, expected);
            for message in &mut import.request.messages {
                message.0 = laid_out(std::mem::take(&mut message.0));
            }
            let texts = import.request.messages.iter();
            Candidate {
                messages: texts.map(|message| message.0.clone()).collect(),
                notes: import.notes.clone(),
                import: Some(Box::new(import)),
                ..candidate(kind, title, 100)
            }
        }
    }
}

/// Reads the body of `-format text`, which takes the type of the command's own method.
fn read_text_format(import: &mut Import, expected: &Expected) {
    let Some(text) = import.text_format.take() else {
        return;
    };
    let schema = expected.schema.as_ref();
    let method = schema.and_then(|schema| schema.method(&import.request.method));
    let mut texts = Vec::new();
    // grpcurl separates messages with a record separator.
    for part in text.split('\u{1e}') {
        let read = match &method {
            Some(method) => from_text_format(part, &method.input(), schema),
            None => Err(format!("no schema has `{}`", import.request.method)),
        };
        match read {
            Ok((json, notes)) => {
                texts.push(crate::workspace::MessageText(json));
                import.notes.extend(notes);
            }
            Err(words) => {
                import.notes.push(Note::lost(format!(
                    "The body is in text format and stays so: {words}"
                )));
                texts.push(crate::workspace::MessageText(part.to_owned()));
            }
        }
    }
    import.request.messages = texts;
}

fn from_text_format(
    text: &str,
    message: &MessageDescriptor,
    schema: Option<&Schema>,
) -> Result<(String, Vec<Note>), String> {
    let wire = text_format::parse(text, message, schema).map_err(|error| {
        let hint = error
            .hint
            .map(|hint| format!(" ({hint})"))
            .unwrap_or_default();
        format!(
            "line {}, column {}: {}{hint}",
            error.line, error.column, error.message
        )
    })?;
    let (json, notes, _) = to_json(&wire, message, schema);
    Ok((json, notes))
}

/// Wire bytes as a body, what to know about them, and how grave that is.
fn to_json(
    wire: &[u8],
    message: &MessageDescriptor,
    schema: Option<&Schema>,
) -> (String, Vec<Note>, Option<Severity>) {
    let printer = match schema {
        Some(schema) => Printer::within(message, schema),
        None => Printer::new(message),
    };
    let options = JsonOptions {
        pretty: true,
        defaults: false,
        max_bytes: 0,
    };
    let json = printer.to_json(wire, options);
    let mut notes: Vec<Note> = json.problems.iter().map(Note::lost).collect();
    if notes.len() > MAX_NOTES {
        let more = notes.len() - MAX_NOTES;
        notes.truncate(MAX_NOTES);
        notes.push(Note::lost(format!("… and {more} more")));
    }
    (literal_json(&json.text), notes, json.worst)
}

/// One long line of JSON is laid out; anything else stays as it is.
fn laid_out(text: String) -> String {
    if text.len() <= ONE_LINE || text.contains('\n') {
        return text;
    }
    let mut document = Document::new(text);
    if document.syntax_error().is_none() {
        document.format();
    }
    document.text().trim_end().to_owned()
}

fn json(text: &str, expected: &Expected, found: &mut Vec<Candidate>) {
    for one in json_text::find(text) {
        let fits = one
            .values
            .iter()
            .map(|value| fit(value, expected.message.as_ref()));
        let score = fits.min().unwrap_or(0).saturating_sub(one.steps * 3);
        // A part of a text that fits nothing is only noise.
        if score == 0 || one.steps > 0 && score < 30 {
            continue;
        }
        let from_elsewhere = one.steps > 0;
        let messages = one.values.into_iter().map(|value| {
            let value = laid_out(value);
            if from_elsewhere {
                literal_json(&value)
            } else {
                value
            }
        });
        let messages = messages.collect();
        found.push(Candidate {
            messages,
            ..candidate(CandidateKind::Json, one.title, score)
        });
    }
}

/// How well a JSON text fits a type, from 0 to 100.
fn fit(text: &str, message: Option<&MessageDescriptor>) -> u8 {
    let document = Document::new(text);
    let Some(root) = document.root() else {
        return 0;
    };
    let object = root.kind() == NodeKind::Object;
    let Some(message) = message else {
        return if object { 70 } else { 30 };
    };
    let wrong = check(&document, message, &Scope::default());
    // Variables of an environment are not known here.
    let wrong = wrong
        .iter()
        .filter(|d| !d.message.contains("is not defined"))
        .count();
    if wrong == 0 {
        return if object && root.is_empty() { 80 } else { 100 };
    }
    if !object || root.is_empty() {
        return 5;
    }
    let known = root.children().filter(|child| {
        child
            .key()
            .is_some_and(|key| find_field(message, &key).is_some())
    });
    let share = known.count() * 75 / root.len().max(1);
    // At most 75.
    let share = share as u8;
    share.saturating_sub(wrong.min(5) as u8 * 3).max(10)
}

fn text_formats(text: &str, expected: &Expected, found: &mut Vec<Candidate>) {
    let Some(message) = &expected.message else {
        return;
    };
    let schema = expected.schema.as_ref();
    let title = "Protobuf text format";
    let first = match from_text_format(text, message, schema) {
        Ok((json, notes)) => {
            found.push(Candidate {
                messages: vec![json],
                notes,
                ..candidate(CandidateKind::TextFormat, title, 95)
            });
            return;
        }
        Err(words) => words,
    };
    // In braces, or behind what a log puts before it.
    let inside = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let after = begin_of_fields(text, message).and_then(|at| text.get(at..));
    for (part, score) in [(inside, 90), (after, 80)] {
        let Some(part) = part else { continue };
        let part = part.trim().trim_end_matches(['}', ')']);
        let parts = [Some(part), part.rsplit_once('\n').map(|(before, _)| before)];
        for part in parts.into_iter().flatten() {
            if let Ok((json, notes)) = from_text_format(part, message, schema) {
                found.push(Candidate {
                    messages: vec![json],
                    notes,
                    ..candidate(CandidateKind::TextFormat, title, score)
                });
                return;
            }
        }
    }
    if after.is_some() && !text.starts_with(['{', '[']) {
        found.push(Candidate {
            problem: Some(first),
            ..candidate(CandidateKind::TextFormat, title, 25)
        });
    }
}

/// Where the name of a field stands with what follows a name in text format.
fn begin_of_fields(text: &str, message: &MessageDescriptor) -> Option<usize> {
    let names = message.fields().map(|field| field.name().to_owned());
    let places = names.filter_map(|name| {
        let found = text.match_indices(&name).take(64).map(|(at, _)| at);
        let mut fits = found.filter(|at| {
            let before = text[..*at].chars().next_back();
            let after = text[at + name.len()..].trim_start();
            let begins = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_' && c != '"');
            begins && after.starts_with([':', '{', '<'])
        });
        fits.next()
    });
    places.min()
}

fn wire(text: &str, expected: &Expected, found: &mut Vec<Candidate>) {
    for (encoding, bytes) in letters::readings(text) {
        if let Some(frames) = frames::split(&bytes) {
            let parts: Vec<_> = frames.iter().map(|frame| frame.bytes).collect();
            let packed = frames.iter().any(|frame| frame.compressed);
            found.push(of_bytes(encoding, true, &parts, packed, expected));
        }
        found.push(of_bytes(encoding, false, &[&bytes], false, expected));
    }
}

fn of_bytes(
    encoding: Encoding,
    framed: bool,
    messages: &[&[u8]],
    compressed: bool,
    expected: &Expected,
) -> Candidate {
    let kind = CandidateKind::Wire { encoding, framed };
    let what = match (framed, messages.len()) {
        (false, _) => "Wire format".to_owned(),
        (true, 1) => "One gRPC message".to_owned(),
        (true, count) => format!("{count} gRPC messages"),
    };
    let title = format!("{what} in {}", encoding.name());
    let distinct = match encoding {
        Encoding::Dump | Encoding::Escaped => 4,
        Encoding::Hex => 2,
        Encoding::Base64 | Encoding::Decimal => 0,
    };
    if compressed {
        return Candidate {
            problem: Some("The messages are compressed, and the text does not say how".to_owned()),
            ..candidate(kind, title, 35)
        };
    }
    let Some(message) = &expected.message else {
        return Candidate {
            problem: Some(
                "It takes the method's type to read it: choose a method first".to_owned(),
            ),
            ..candidate(kind, title, 20 + distinct + u8::from(framed) * 10)
        };
    };
    let mut texts = Vec::new();
    let mut notes = Vec::new();
    let mut score = 93;
    for bytes in messages {
        let (json, more, worst) = to_json(bytes, message, expected.schema.as_ref());
        let one = match worst {
            // Nothing of it has a name: it may be anything.
            Some(Severity::Unknown) if json == "{}" => 25,
            None => 93,
            Some(Severity::NoJson) => 60,
            Some(Severity::Unknown) => 55,
            Some(Severity::Malformed) => 0,
        };
        score = score.min(one);
        texts.push(json);
        notes.extend(more);
    }
    if score == 0 {
        let problem = notes.first().map(|note| note.text.clone());
        let words = problem.unwrap_or_default();
        return Candidate {
            problem: Some(format!(
                "The bytes are no `{}`: {words}",
                message.full_name()
            )),
            ..candidate(kind, title, 4 + distinct)
        };
    }
    notes.truncate(MAX_NOTES + 1);
    Candidate {
        messages: texts,
        notes,
        ..candidate(kind, title, score + distinct)
    }
}
