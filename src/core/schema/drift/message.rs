//! Two messages: which field of the one is which of the other, and what differs in them and between them.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{ChangeKind, Side, Verdict, field, oneof, rule};
use crate::schema::type_name;

/// What differs in a pair of messages themselves, and where to go on.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) changes: Vec<Local>,
    /// Numbers of fields, here and on the server, whose types are messages both.
    pub(super) below: Vec<(u32, u32)>,
}

/// A change of one field, wherever its message is used.
#[derive(Debug)]
pub(super) struct Local {
    /// The field's name.
    pub(super) field: String,
    pub(super) kind: ChangeKind,
    request: (Verdict, String),
    /// The same as in a request where `None`.
    response: Option<(Verdict, String)>,
}

impl Local {
    /// A change that means the same whichever way the message goes.
    pub(super) fn new(
        field: &FieldDescriptor,
        kind: ChangeKind,
        verdict: Verdict,
        text: impl Into<String>,
    ) -> Self {
        Self {
            field: field.name().to_owned(),
            kind,
            request: (verdict, text.into()),
            response: None,
        }
    }

    /// What it means in a response, where that is something else.
    pub(super) fn in_response(mut self, verdict: Verdict, text: impl Into<String>) -> Self {
        self.response = Some((verdict, text.into()));
        self
    }

    /// What it means on one side.
    pub(super) fn on(&self, side: Side) -> (Verdict, &str) {
        let (verdict, text) = match side {
            Side::Response => self.response.as_ref().unwrap_or(&self.request),
            Side::Method | Side::Request => &self.request,
        };
        (*verdict, text)
    }
}

/// A field here and the same one on the server.
pub(super) struct FieldPair {
    pub(super) here: FieldDescriptor,
    pub(super) server: FieldDescriptor,
}

/// Compares two messages, without what is below their fields.
pub(super) fn differences(here: &MessageDescriptor, server: &MessageDescriptor) -> Difference {
    let mut found = Difference::default();
    if here.full_name() == server.full_name() && is_bundled(here) {
        return found;
    }
    let paired = pair(here, server);
    for pair in &paired.pairs {
        field::compare(pair, &mut found.changes);
        let (ours, theirs) = (pair.here.kind(), pair.server.kind());
        if let (Kind::Message(_), Kind::Message(_)) = (ours, theirs) {
            let numbers = (pair.here.number(), pair.server.number());
            found.below.push(numbers);
        }
    }
    oneof::compare(&paired.pairs, &mut found.changes);
    for field in &paired.only_here {
        found.changes.push(removed(field));
    }
    for field in &paired.only_server {
        found.changes.push(added(field));
    }
    found
}

/// The types that come with protobuf do not change.
fn is_bundled(message: &MessageDescriptor) -> bool {
    message.package_name() == "google.protobuf"
}

struct Paired {
    pairs: Vec<FieldPair>,
    only_here: Vec<FieldDescriptor>,
    only_server: Vec<FieldDescriptor>,
}

/// Fields of one name are the same, whatever their numbers; of the rest, those of one number.
fn pair(here: &MessageDescriptor, server: &MessageDescriptor) -> Paired {
    let mut names: HashMap<String, FieldDescriptor> = server
        .fields()
        .map(|field| (field.name().to_owned(), field))
        .collect();
    let mut pairs = Vec::new();
    let mut unnamed = Vec::new();
    for here in here.fields() {
        match names.remove(here.name()) {
            Some(server) => pairs.push(FieldPair { here, server }),
            None => unnamed.push(here),
        }
    }
    let mut numbers: BTreeMap<u32, FieldDescriptor> = names
        .into_values()
        .map(|field| (field.number(), field))
        .collect();
    let mut only_here = Vec::new();
    for here in unnamed {
        match numbers.remove(&here.number()) {
            Some(server) => pairs.push(FieldPair { here, server }),
            None => only_here.push(here),
        }
    }
    pairs.sort_by_key(|pair| pair.here.number());
    Paired {
        pairs,
        only_here,
        only_server: numbers.into_values().collect(),
    }
}

/// A field that the server does not have. ProtoJSON has no unknown fields: a parser refuses the name.
fn removed(field: &FieldDescriptor) -> Local {
    if is_required(field) {
        let text = "Required here, and the server does not have it: it never sends it, and a response \
                    without it is refused";
        let request = "Required here; the server does not have it and ignores it";
        return Local::new(field, ChangeKind::Removed, Verdict::BreaksJson, request)
            .in_response(Verdict::BreaksWire, text);
    }
    let text = "The server does not have it: it ignores it in bytes, and refuses the name in JSON";
    Local::new(field, ChangeKind::Removed, Verdict::BreaksJson, text).in_response(
        Verdict::Compatible,
        "The server does not have it and never sends it",
    )
}

/// A field that only the server has.
fn added(field: &FieldDescriptor) -> Local {
    let what = format!(
        "`{} {} = {}`",
        type_name(field),
        field.name(),
        field.number()
    );
    if is_required(field) {
        let text = format!("{what} is required on the server: it refuses requests without it");
        return Local::new(field, ChangeKind::Added, Verdict::BreaksWire, text).in_response(
            Verdict::Compatible,
            format!("{what} is on the server alone; here it is an unknown field"),
        );
    }
    let text = format!("{what} is on the server alone; what is sent from here is without it");
    Local::new(field, ChangeKind::Added, Verdict::Compatible, text).in_response(
        Verdict::Compatible,
        format!("{what} is on the server alone; here it is an unknown field"),
    )
}

pub(super) fn is_required(field: &FieldDescriptor) -> bool {
    field.cardinality() == prost_reflect::Cardinality::Required
}

/// What two types mean to each other, both single values; `None` when they are the same, or enums.
pub(super) fn type_change(here: &Kind, server: &Kind) -> Option<(Verdict, String)> {
    rule::judge(here, false, server, false)
}
