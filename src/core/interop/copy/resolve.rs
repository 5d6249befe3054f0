//! A request with its variables expanded, secrets held back.

use std::collections::BTreeMap;

use super::{CopyProblem, Outgoing, body};
use crate::{
    grpc::is_credential,
    interop::{import::Note, placeholder::Placeholders, shell::Shell},
    message::{Document, Scope, StandIns, expand},
    workspace::{CallSettings, MetadataRow, SourceSpec, TargetSettings},
};

/// What a command is written from: no text of it holds a template.
#[derive(Debug)]
pub(in crate::interop) struct Resolved {
    pub(in crate::interop) method: String,
    pub(in crate::interop) target: String,
    pub(in crate::interop) settings: TargetSettings,
    pub(in crate::interop) call: CallSettings,
    pub(in crate::interop) metadata: Vec<(String, String)>,
    /// What the server is asked for its schema with, where that is something else.
    pub(in crate::interop) reflection: Option<Vec<(String, String)>>,
    pub(in crate::interop) deadline_ms: Option<u64>,
    /// Messages as JSON on one line, without comments.
    pub(in crate::interop) messages: Vec<String>,
    pub(in crate::interop) sources: Vec<SourceSpec>,
    /// The file that defines the method, as it is imported.
    pub(in crate::interop) file: Option<String>,
    pub(in crate::interop) placeholders: Placeholders,
    /// What is held back: the mark, and what it is in words.
    withheld: Vec<(char, String)>,
}

/// Expands everything.
pub(super) fn resolve(outgoing: &Outgoing, credentials: bool) -> Result<Resolved, CopyProblem> {
    let request = &outgoing.request;
    let mut held = Held {
        placeholders: avoided(outgoing),
        plain: &outgoing.scope,
        scope: outgoing.scope.clone(),
        marks: BTreeMap::new(),
        withheld: Vec::new(),
        credentials,
    };
    if !credentials {
        held.hide(&outgoing.secrets)?;
    }
    let target = held.expand("The target", request.target.as_deref().unwrap_or_default())?;
    if target.trim().is_empty() {
        return Err(CopyProblem::new("No target is set")
            .hint("Type the server's host and port into the address bar"));
    }
    if request.method.is_empty() {
        return Err(CopyProblem::new("No method is chosen"));
    }
    let settings = held.settings(&request.settings)?;
    let metadata = held.rows(&request.metadata)?;
    let reflection = match &request.settings.reflection_metadata {
        Some(rows) => Some(held.rows(rows)?),
        None => None,
    };
    held.check_messages(outgoing)?;
    let messages = messages(outgoing, &held.scope, credentials)?;
    let schema = outgoing.schema.as_ref();
    let file = schema.and_then(|schema| schema.file_of(service_of(&request.method)));
    Ok(Resolved {
        method: request.method.clone(),
        target: target.trim().to_owned(),
        settings,
        call: request.call.clone(),
        metadata,
        reflection,
        deadline_ms: request.deadline_ms.filter(|ms| *ms > 0),
        messages,
        sources: outgoing.sources.clone(),
        file: file.map(str::to_owned),
        placeholders: held.placeholders,
        withheld: held.withheld,
    })
}

fn service_of(method: &str) -> &str {
    method
        .rsplit_once('/')
        .map_or(method, |(service, _)| service)
}

/// The JSON of every message.
fn messages(
    outgoing: &Outgoing,
    scope: &Scope,
    credentials: bool,
) -> Result<Vec<String>, CopyProblem> {
    let texts = outgoing.request.messages.iter();
    let found: Result<Vec<_>, _> = texts
        .map(|m| body::json(outgoing, &m.0, scope, false))
        .collect();
    match found {
        Err(problem) if !credentials => {
            let whole = |text: &crate::workspace::MessageText| {
                body::json(outgoing, &text.0, &outgoing.scope, false).is_ok()
            };
            if outgoing.request.messages.iter().all(whole) {
                return Err(CopyProblem::new(
                    "A secret stands where a shell's variable cannot: in a field that is no text",
                )
                .hint("Copy with credentials"));
            }
            Err(problem)
        }
        found => found,
    }
}

/// Marks that no text has.
fn avoided(outgoing: &Outgoing) -> Placeholders {
    let mut placeholders = Placeholders::default();
    let request = &outgoing.request;
    let rows = request.metadata.iter();
    let asked = request.settings.reflection_metadata.iter().flatten();
    for row in rows.chain(asked) {
        placeholders.avoid(&row.value);
    }
    for message in &request.messages {
        placeholders.avoid(&message.0);
    }
    for value in outgoing.scope.variables.values() {
        placeholders.avoid(value);
    }
    placeholders
}

/// Expands texts and holds secrets back.
struct Held<'a> {
    placeholders: Placeholders,
    /// Variables as they are.
    plain: &'a Scope,
    /// Variables with marks for what is secret.
    scope: Scope,
    /// The secret variables that have marks.
    marks: BTreeMap<char, String>,
    withheld: Vec<(char, String)>,
    credentials: bool,
}

impl Held<'_> {
    fn mark(&mut self, name: &str, words: String) -> Result<char, CopyProblem> {
        let none = || CopyProblem::new("The texts hold every letter of Unicode's private planes");
        let mark = self.placeholders.mark(name).ok_or_else(none)?;
        self.withheld.push((mark, words));
        Ok(mark)
    }

    /// Secret variables have marks for values.
    fn hide(&mut self, secrets: &std::collections::BTreeSet<String>) -> Result<(), CopyProblem> {
        for name in secrets {
            if !self.scope.variables.contains_key(name) {
                continue;
            }
            let mark = self.mark(name, format!("the secret variable `{name}`"))?;
            self.scope.variables.insert(name.clone(), mark.to_string());
            self.marks.insert(mark, name.clone());
        }
        Ok(())
    }

    /// What the marks are compared with. An expression that does more with a secret than to hand it on gives
    /// another text for a mark, and that text need not hold the mark.
    fn stand_ins(&self) -> StandIns<'_> {
        StandIns::new(self.plain, &self.scope, &self.marks)
    }

    fn expand(&self, what: &str, text: &str) -> Result<String, CopyProblem> {
        if !self.stand_ins().come_through(text) {
            return Err(changed(what));
        }
        expanded(what, text, &self.scope)
    }

    /// Looks for secrets in the messages that are not handed on as they are.
    fn check_messages(&self, outgoing: &Outgoing) -> Result<(), CopyProblem> {
        if self.marks.is_empty() {
            return Ok(());
        }
        let stand_ins = self.stand_ins();
        let mut texts = outgoing.request.messages.iter();
        if texts.all(|text| stand_ins.come_through_body(&Document::new(text.0.as_str()))) {
            return Ok(());
        }
        Err(changed("The message"))
    }

    fn rows(&mut self, rows: &[MetadataRow]) -> Result<Vec<(String, String)>, CopyProblem> {
        let mut out = Vec::new();
        for row in rows.iter().filter(|row| row.enabled && !row.key.is_empty()) {
            let what = format!("The metadata `{}`", row.key);
            // A credential is held back as a whole, whatever it is made of.
            let whole = is_credential(&row.key) && !self.stand_ins().come_through(&row.value);
            let value = if whole {
                expanded(&what, &row.value, self.plain)?
            } else {
                self.expand(&what, &row.value)?
            };
            let value = self.without_credential(&row.key, value)?;
            out.push((row.key.clone(), value));
        }
        Ok(out)
    }

    /// The value of a credential that stands in clear becomes a mark; its scheme stays.
    fn without_credential(&mut self, key: &str, value: String) -> Result<String, CopyProblem> {
        let clear = !value.is_empty() && !self.placeholders.stand_in(&value);
        if self.credentials || !clear || !is_credential(key) {
            return Ok(value);
        }
        let mark = self.mark(key, format!("the value of `{key}`"))?;
        let scheme = ["Bearer ", "Basic ", "bearer ", "basic "]
            .into_iter()
            .find(|scheme| value.starts_with(scheme));
        Ok(format!("{}{mark}", scheme.unwrap_or_default()))
    }

    fn settings(&mut self, settings: &TargetSettings) -> Result<TargetSettings, CopyProblem> {
        let mut out = settings.clone();
        for (what, text) in [
            ("The authority", &mut out.authority),
            ("The server name", &mut out.server_name),
            ("The pinned certificate", &mut out.pinned_certificate),
            ("The address to connect to", &mut out.connect_to),
            ("The proxy", &mut out.proxy),
        ] {
            if let Some(written) = text {
                *written = self.expand(what, written)?;
            }
            text.take_if(|text| text.trim().is_empty());
        }
        // In an environment variable, never on a command line.
        out.client_p12_password = None;
        if let Some(proxy) = &mut out.proxy
            && let Some((before, host)) = proxy.rsplit_once('@')
            && !self.credentials
            && !self.placeholders.stand_in(before)
        {
            let host = host.to_owned();
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let scheme = scheme.to_owned();
            let mark = self.mark("proxy_login", "the proxy's login".to_owned())?;
            *proxy = format!("{scheme}://{mark}@{host}");
        }
        Ok(out)
    }
}

fn expanded(what: &str, text: &str, scope: &Scope) -> Result<String, CopyProblem> {
    expand(text, scope).map_err(|error| {
        let problem = CopyProblem::new(format!("{what} cannot be resolved: {}", error.message));
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

/// A variable of the shell would stand for something else than a call sends.
fn changed(what: &str) -> CopyProblem {
    CopyProblem::new(format!(
        "{what} holds what a filter or a calculation makes of a secret, for which no variable of the shell can stand"
    ))
    .hint("Copy with credentials")
}

impl Resolved {
    /// Says what variables of the shell stand for.
    pub(super) fn note_withheld(&self, shell: Shell, text: &str, notes: &mut Vec<Note>) {
        for (mark, what) in &self.withheld {
            let Some(name) = self.placeholders.variable(*mark) else {
                continue;
            };
            let written = match shell {
                Shell::Bash => format!("${name}"),
                Shell::PowerShell => format!("${{env:{name}}}"),
                Shell::Cmd => format!("%{name}%"),
            };
            if text.contains(&written) {
                notes.push(Note::secret(format!("`{written}` stands for {what}")));
            }
        }
    }
}
