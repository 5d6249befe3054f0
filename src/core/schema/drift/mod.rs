//! Drift: what the workspace's schema and the server's say differently, and whom it hurts.
//!
//! ```text
//! compare ─ services and methods by name ─ method ─ request and response, each type pair once
//!                                                     └─ message: fields paired, then rule, oneof, enumeration
//! ```
//! Both schemas are in use at once, and neither is the older one: a change counts as what it does to
//! messages on their way, the request from here to the server, the response back.
//! Recursive types are walked once; what is kept is bounded, and what was left out is counted.
//! Spec: <https://protobuf.dev/programming-guides/proto3/#updating>,
//! <https://protobuf.dev/programming-guides/json/>; the verdicts follow the categories WIRE and
//! WIRE_JSON of `buf breaking`.

mod enumeration;
mod field;
mod message;
mod method;
mod oneof;
mod rule;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt};

use super::{MethodEntry, Schema};
use method::Comparison;

/// Changes kept of one method.
const MAX_CHANGES_A_METHOD: usize = 200;

/// Changes kept in all.
const MAX_CHANGES: usize = 10_000;

/// Whom a change hurts, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Nobody: both sides understand each other, in bytes and in JSON.
    Compatible,
    /// Who reads or writes the messages as JSON. The bytes are understood.
    BreaksJson,
    /// Everybody: values are lost or read as others, or the call fails.
    BreaksWire,
}

/// The part of a method that a change is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The method itself.
    Method,
    /// What goes to the server.
    Request,
    /// What comes back.
    Response,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ChangeKind {
    Added,
    Removed,
    Renamed,
    JsonName,
    Number,
    Type,
    Cardinality,
    Packing,
    Presence,
    Default,
    Oneof,
    EnumValues,
    EnumType,
    Streaming,
}

impl ChangeKind {
    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::JsonName => "JSON name",
            Self::Number => "number",
            Self::Type => "type",
            Self::Cardinality => "cardinality",
            Self::Packing => "packing",
            Self::Presence => "presence",
            Self::Default => "default",
            Self::Oneof => "oneof",
            Self::EnumValues => "enum values",
            Self::EnumType => "enum type",
            Self::Streaming => "streaming",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub side: Side,
    /// Names of fields from the message of that side on, with points between them: `user.address.zip`.
    /// They are the workspace's; of a field that only the server has, the server's. Entries of maps have
    /// `key` and `value`. Empty for the message itself.
    pub path: String,
    /// Full name of the workspace's message that has the field; empty for the method itself.
    pub message: String,
    /// What.
    pub kind: ChangeKind,
    /// Whom it hurts.
    pub verdict: Verdict,
    /// What is here, what is on the server, and what follows. One sentence without a full stop.
    pub text: String,
}

impl Change {
    /// The path with its side before it: `request.user.address.zip`.
    pub fn place(&self) -> String {
        let side = match self.side {
            Side::Method => "method",
            Side::Request => "request",
            Side::Response => "response",
        };
        if self.path.is_empty() {
            side.to_owned()
        } else {
            format!("{side}.{}", self.path)
        }
    }
}

/// Who has a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Both.
    Both,
    /// The workspace alone: a call ends with UNIMPLEMENTED.
    Here,
    /// The server alone.
    Server,
    /// Both, but the types of one of them cannot be resolved: nothing was compared.
    Unresolved,
}

/// What differs in a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodDrift {
    /// `pkg.Service/Method`.
    pub path: String,
    /// Who has it.
    pub presence: Presence,
    /// The differences, the worst first.
    pub changes: Vec<Change>,
    /// Differences that were not kept.
    pub omitted: usize,
    /// The worst of all, also of those that were not kept.
    pub verdict: Verdict,
}

impl MethodDrift {
    /// Whether what is sent may not be understood as it is meant.
    pub fn request_verdict(&self) -> Option<Verdict> {
        let request = self.changes.iter().filter(|c| c.side == Side::Request);
        request.map(|change| change.verdict).max()
    }
}

/// All that differs. Sorted by name; what is the same is not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Methods that differ, those of services that only one side has left out.
    pub methods: Vec<MethodDrift>,
    /// Services that the server does not have.
    pub only_here: Vec<String>,
    /// Services that only the server has; those it has for tools (`grpc.…`) left out.
    pub only_server: Vec<String>,
    /// Number of methods that both have.
    pub compared: usize,
}

impl Drift {
    /// The worst of all; `None` when nothing differs.
    pub fn verdict(&self) -> Option<Verdict> {
        let missing = self.only_here.iter().map(|_| Verdict::BreaksWire);
        let added = self.only_server.iter().map(|_| Verdict::Compatible);
        let methods = self.methods.iter().map(|method| method.verdict);
        methods.chain(missing).chain(added).max()
    }

    /// What differs in one method.
    pub fn method(&self, path: &str) -> Option<&MethodDrift> {
        let at = self.methods.binary_search_by(|m| m.path.as_str().cmp(path));
        at.ok().and_then(|at| self.methods.get(at))
    }
}

/// A part of a schema to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Everything.
    All,
    /// A service, by its full name.
    Service(&'a str),
    /// A method, as `pkg.Service/Method`.
    Method(&'a str),
}

impl Part<'_> {
    fn has_service(self, service: &str) -> bool {
        match self {
            Self::All => true,
            Self::Service(name) => name == service,
            Self::Method(path) => path.rsplit_once('/').is_some_and(|(of, _)| of == service),
        }
    }

    fn has_method(self, path: &str) -> bool {
        match self {
            Self::All | Self::Service(_) => true,
            Self::Method(name) => name == path,
        }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("everything"),
            Self::Service(name) | Self::Method(name) => f.write_str(name),
        }
    }
}

/// Compares a part of the workspace's schema (`here`) with what a server says of it. Computes: call it on
/// a worker thread.
pub fn compare(here: &Schema, server: &Schema, part: Part<'_>) -> Drift {
    let mut comparison = Comparison::new(MAX_CHANGES);
    let mut drift = Drift::default();
    let (theirs, ours) = (server.catalogue(), here.catalogue());
    let names: BTreeSet<&str> = ours
        .services
        .iter()
        .chain(&theirs.services)
        .map(|service| service.full_name.as_str())
        .filter(|name| part.has_service(name))
        .collect();
    for name in names {
        match (ours.service(name), theirs.service(name)) {
            (Some(our), Some(their)) => {
                let both = (our.methods.as_slice(), their.methods.as_slice());
                methods(&mut comparison, (here, server), both, part, &mut drift);
            }
            (Some(_), None) => drift.only_here.push(name.to_owned()),
            (None, Some(_)) if name.starts_with("grpc.") => {}
            (None, Some(_)) => drift.only_server.push(name.to_owned()),
            (None, None) => {}
        }
    }
    drift.methods.sort_by(|a, b| a.path.cmp(&b.path));
    drift
}

/// Compares the methods of a service that both have.
fn methods(
    comparison: &mut Comparison,
    (here, server): (&Schema, &Schema),
    (ours, theirs): (&[MethodEntry], &[MethodEntry]),
    part: Part<'_>,
    drift: &mut Drift,
) {
    let alone = |path: &str, presence, verdict| MethodDrift {
        path: path.to_owned(),
        presence,
        changes: Vec::new(),
        omitted: 0,
        verdict,
    };
    for our in ours.iter().filter(|method| part.has_method(&method.path)) {
        let path = our.path.as_str();
        if !theirs.iter().any(|their| their.name == our.name) {
            let missing = alone(path, Presence::Here, Verdict::BreaksWire);
            drift.methods.push(missing);
            continue;
        }
        drift.compared += 1;
        match (here.method(path), server.method(path)) {
            (Some(our), Some(their)) => {
                let found = comparison.method(path, &our, &their);
                drift.methods.extend(found);
            }
            _ => {
                let unknown = alone(path, Presence::Unresolved, Verdict::Compatible);
                drift.methods.push(unknown);
            }
        }
    }
    for their in theirs.iter().filter(|their| part.has_method(&their.path)) {
        if !ours.iter().any(|our| our.name == their.name) {
            let added = alone(&their.path, Presence::Server, Verdict::Compatible);
            drift.methods.push(added);
        }
    }
}
