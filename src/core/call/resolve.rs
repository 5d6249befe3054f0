//! What a person wrote to what can be sent.
//!
//! Pure but for nothing: no file is read and no socket opened here. Every mistake ends as a
//! [`Failure`] that names its place, in the order a person would look: method, target, metadata,
//! messages.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use bytes::Bytes;
use prost_reflect::MethodDescriptor;

use crate::{
    grpc::{Endpoint, Metadata},
    message::{
        self, Diagnostic, Document, Scope, TemplateError, encode_within, expand, validate::validate,
    },
    schema::{CallKind, Schema},
    workspace::{CallSettings, MetadataRow, TargetSettings},
};

use super::{
    CallOptions, Failure, Fix,
    target::{resolve_endpoint, resolve_options},
};

/// Broken rules that a card tells one by one.
const MAX_BROKEN: usize = 5;

/// A call as asked for: everything it needs, nothing looked up later.
#[derive(Debug, Clone)]
pub struct CallSpec {
    /// `pkg.Service/Method`.
    pub method: String,
    /// Target as written; may hold `{{ … }}`. `demo:` is the embedded server.
    pub target: String,
    /// How it is reached.
    pub settings: TargetSettings,
    /// Metadata rows; disabled ones are skipped.
    pub metadata: Vec<MetadataRow>,
    /// Deadline.
    pub deadline: Option<Duration>,
    /// Compression, limits and waiting, as inherited.
    pub call: CallSettings,
    /// Texts of the prepared messages, sent in order when the call opens.
    pub messages: Vec<String>,
    /// Leave the sending side open after the prepared messages, for sending by hand.
    pub keep_open: bool,
    /// Variables.
    pub scope: Scope,
    /// The schema the method is in.
    pub schema: Schema,
    /// What relative certificate paths start from.
    pub base: PathBuf,
    /// Address of the embedded server, when it runs.
    pub demo: Option<SocketAddr>,
}

/// A call that can be sent: no variable unexpanded, every message encoded.
#[derive(Debug, Clone)]
pub struct ResolvedCall {
    /// What to dial.
    pub endpoint: Endpoint,
    /// The method.
    pub method: MethodDescriptor,
    /// The schema it belongs to, where the types of Anys are found.
    pub schema: Schema,
    /// Which sides stream.
    pub kind: CallKind,
    /// Metadata.
    pub metadata: Metadata,
    /// Deadline.
    pub deadline: Option<Duration>,
    /// Compression, limits and waiting.
    pub options: CallOptions,
    /// Messages on the wire.
    pub messages: Vec<Bytes>,
    /// Leave the sending side open.
    pub keep_open: bool,
}

/// Resolves a call.
///
/// # Errors
/// A [`Failure`] that names the place: the message's number, the field's path and text range.
pub fn resolve(spec: &CallSpec) -> Result<ResolvedCall, Box<Failure>> {
    let method = spec.schema.method(&spec.method);
    let method = method.ok_or_else(|| Box::new(no_method(&spec.schema, &spec.method)))?;
    let endpoint = resolve_endpoint(
        &spec.target,
        &spec.settings,
        &spec.scope,
        &spec.base,
        spec.demo,
    )?;
    let metadata = resolve_metadata(&spec.metadata, &spec.scope)?;
    let kind = CallKind::of(&method);
    if !kind.client_streams() && spec.messages.len() != 1 {
        return Err(one_message(&method, spec.messages.len()));
    }
    let messages = spec.messages.iter().enumerate().map(|(number, text)| {
        let numbered = spec.messages.len() > 1;
        let check = spec.call.checks_rules();
        encode_kept(
            text,
            number,
            (&method, &spec.schema),
            &spec.scope,
            numbered,
            check,
        )
    });
    Ok(ResolvedCall {
        endpoint,
        kind,
        metadata,
        deadline: spec.deadline,
        options: resolve_options(&spec.call)?,
        messages: messages.collect::<Result<_, _>>()?,
        keep_open: spec.keep_open && kind.client_streams(),
        method,
        schema: spec.schema.clone(),
    })
}

/// Why a method cannot be had: it is not there, or its file or one that it needs cannot be used.
fn no_method(schema: &Schema, name: &str) -> Failure {
    let file = schema.file_of(name.trim_start_matches('/'));
    let problems = file.map(|file| schema.problems_of(file));
    let problem = problems.and_then(|list| list.into_iter().next());
    let Some(problem) = problem else {
        return Failure {
            summary: format!("The schema has no method `{name}`"),
            hint: "Choose a method of the list, or add the proto files that hold it".to_owned(),
            fixes: vec![Fix::AddProtos],
            ..Failure::default()
        };
    };
    Failure {
        summary: format!("The files of `{name}` cannot be used"),
        reason: format!("{}: {}", problem.file, problem.reason),
        hint: problem
            .hint
            .unwrap_or_else(|| "Mend the file, or take another copy of it".to_owned()),
        ..Failure::default()
    }
}

/// Encodes one message of a method, for the prepared ones and those pushed by hand. `number` is from
/// 0; `numbered` says whether the card names it.
pub fn encode_message(
    text: &str,
    number: usize,
    (method, schema): (&MethodDescriptor, &Schema),
    scope: &Scope,
    numbered: bool,
) -> Result<Bytes, Box<Failure>> {
    let document = Document::new(text);
    encode_within(&document, &method.input(), scope, schema)
        .map_err(|diagnostics| misfit(number, numbered, &document, &diagnostics))
}

/// The same; with `check_rules`, only where it breaks no rule of its schema.
///
/// # Errors
/// As [`encode_message`], and which rules it breaks.
pub(crate) fn encode_kept(
    text: &str,
    number: usize,
    of: (&MethodDescriptor, &Schema),
    scope: &Scope,
    numbered: bool,
    check_rules: bool,
) -> Result<Bytes, Box<Failure>> {
    if !check_rules {
        return encode_message(text, number, of, scope, numbered);
    }
    let (message, broken) = check_message(text, number, of, scope, numbered)?;
    broken.map_or(Ok(message), Err)
}

/// The same, and how it breaks the rules of its schema, if it does.
///
/// # Errors
/// As [`encode_message`].
pub fn check_message(
    text: &str,
    number: usize,
    (method, schema): (&MethodDescriptor, &Schema),
    scope: &Scope,
    numbered: bool,
) -> Result<(Bytes, Option<Box<Failure>>), Box<Failure>> {
    let document = Document::new(text);
    let input = method.input();
    let message = encode_within(&document, &input, scope, schema)
        .map_err(|diagnostics| misfit(number, numbered, &document, &diagnostics))?;
    let broken = validate(&document, &input, &message).broken;
    let failure = (!broken.is_empty()).then(|| breaks(number, numbered, &document, &broken));
    Ok((message, failure))
}

/// The metadata alone, for reflection.
///
/// # Errors
/// A [`Failure`] about a row.
pub fn resolve_metadata(rows: &[MetadataRow], scope: &Scope) -> Result<Metadata, Box<Failure>> {
    let mut metadata = Metadata::new();
    for row in rows.iter().filter(|row| row.enabled) {
        // A row just begun: nothing was said yet.
        if row.key.trim().is_empty() && row.value.is_empty() {
            continue;
        }
        let what = format!("Metadata `{}`", row.key);
        let key = expand(&row.key, scope).map_err(|error| template(&what, &error))?;
        let value = expand(&row.value, scope).map_err(|error| template(&what, &error))?;
        metadata.push(&key, &value).map_err(|error| {
            Box::new(Failure {
                summary: format!("{what} cannot be sent"),
                reason: error.to_string(),
                hint: "Change the row, or switch it off".to_owned(),
                ..Failure::default()
            })
        })?;
    }
    Ok(metadata)
}

fn one_message(method: &MethodDescriptor, count: usize) -> Box<Failure> {
    let name = method.name();
    Box::new(Failure {
        summary: format!("`{name}` takes exactly one message"),
        reason: match count {
            0 => "There is none".to_owned(),
            count => format!("There are {count}"),
        },
        hint: match count {
            0 => "Add a message; `{}` is an empty one",
            _ => "Remove all but one message",
        }
        .to_owned(),
        ..Failure::default()
    })
}

/// A message that breaks rules of its schema: it can be sent, and a server that has the rules will
/// refuse it.
fn breaks(
    number: usize,
    numbered: bool,
    document: &Document,
    broken: &[Diagnostic],
) -> Box<Failure> {
    let rules = match broken.len() {
        1 => "a rule".to_owned(),
        more => format!("{more} rules"),
    };
    let summary = format!("{} breaks {rules} of its schema", subject(number, numbered));
    let told = broken.iter().take(MAX_BROKEN);
    let mut reasons: Vec<String> = told.map(|it| place_words(document, it)).collect();
    if broken.len() > MAX_BROKEN {
        reasons.push(format!("and {} more", broken.len() - MAX_BROKEN));
    }
    let first = broken.first();
    Box::new(Failure {
        summary,
        reason: reasons.join("\n"),
        hint: "A server that has the same rules will refuse it".to_owned(),
        fixes: vec![Fix::SendAnyway],
        place: first.map(|it| (number, it.path.clone(), it.range.clone())),
        unconnected: false,
    })
}

fn misfit(
    number: usize,
    numbered: bool,
    document: &Document,
    diagnostics: &[Diagnostic],
) -> Box<Failure> {
    let summary = format!("{} does not fit", subject(number, numbered));
    let Some(first) = diagnostics.first() else {
        return Box::new(Failure {
            summary,
            ..Failure::default()
        });
    };
    let mut reason = place_words(document, first);
    match diagnostics.len() - 1 {
        0 => {}
        1 => reason.push_str(" (and one more place)"),
        more => reason.push_str(&format!(" (and {more} more places)")),
    }
    Box::new(Failure {
        summary,
        reason,
        hint: first.hint.clone().unwrap_or_default(),
        fixes: Vec::new(),
        place: Some((number, first.path.clone(), first.range.clone())),
        unconnected: false,
    })
}

/// A place in the text, and what is wrong there.
fn place_words(document: &Document, diagnostic: &Diagnostic) -> String {
    let (line, column) = document.line_column(diagnostic.range.start);
    let words = format!("line {line}, column {column}: {}", diagnostic.message);
    match diagnostic.path == message::Path::root() {
        true => words,
        false => format!("`{}`, {words}", diagnostic.path),
    }
}

fn subject(number: usize, numbered: bool) -> String {
    if numbered {
        format!("Message {}", number + 1)
    } else {
        "The message".to_owned()
    }
}

pub(super) fn template(what: &str, error: &TemplateError) -> Box<Failure> {
    Box::new(Failure {
        summary: format!("{what} has a variable that cannot be filled in"),
        reason: error.message.clone(),
        hint: error
            .hint
            .clone()
            .unwrap_or_else(|| "Choose an environment that has it, or define it".to_owned()),
        ..Failure::default()
    })
}
