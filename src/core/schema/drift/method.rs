//! Two methods of one name: their streams, and everything that can be reached from their messages.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    rc::Rc,
};

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};

use super::{
    Change, ChangeKind, MAX_CHANGES_A_METHOD, MethodDrift, Presence, Side, Verdict,
    message::{Difference, differences, type_change},
};
use crate::schema::CallKind;

/// Full names of a type here and one on the server.
type Pair = (String, String);

/// What is known of type pairs, kept over the methods of one comparison. It holds names alone: schemas
/// may make the descriptors of each service anew.
pub(super) struct Comparison {
    known: HashMap<Pair, Rc<Difference>>,
    /// Pairs from which nothing that differs can be reached.
    same: HashSet<Pair>,
    /// Changes that may still be kept.
    room: usize,
}

/// The changes of one method while they are gathered.
struct Gathered {
    changes: Vec<Change>,
    omitted: usize,
    verdict: Verdict,
    room: usize,
}

impl Gathered {
    fn push(&mut self, change: Change) {
        self.verdict = self.verdict.max(change.verdict);
        if self.changes.len() < self.room {
            self.changes.push(change);
        } else {
            self.omitted += 1;
        }
    }
}

impl Comparison {
    /// A comparison that keeps no more than so many changes.
    pub(super) fn new(room: usize) -> Self {
        Self {
            known: HashMap::new(),
            same: HashSet::new(),
            room,
        }
    }

    /// Compares two methods; `None` when they are the same.
    pub(super) fn method(
        &mut self,
        path: &str,
        here: &MethodDescriptor,
        server: &MethodDescriptor,
    ) -> Option<MethodDrift> {
        let mut gathered = Gathered {
            changes: Vec::new(),
            omitted: 0,
            verdict: Verdict::Compatible,
            room: self.room.min(MAX_CHANGES_A_METHOD),
        };
        gathered.changes.extend(streams(here, server));
        if !gathered.changes.is_empty() {
            gathered.verdict = Verdict::BreaksWire;
        }
        self.side(Side::Request, (here.input(), server.input()), &mut gathered);
        let output = (here.output(), server.output());
        self.side(Side::Response, output, &mut gathered);
        if gathered.changes.is_empty() && gathered.omitted == 0 {
            return None;
        }
        self.room = self.room.saturating_sub(gathered.changes.len());
        let mut changes = gathered.changes;
        changes.sort_by_key(|change| std::cmp::Reverse(change.verdict));
        Some(MethodDrift {
            path: path.to_owned(),
            presence: Presence::Both,
            changes,
            omitted: gathered.omitted,
            verdict: gathered.verdict,
        })
    }

    /// Walks both messages level by level, so that a type is told where it is nearest.
    fn side(
        &mut self,
        side: Side,
        (here, server): (MessageDescriptor, MessageDescriptor),
        gathered: &mut Gathered,
    ) {
        let mut found = false;
        let whole = type_change(&Kind::Message(here.clone()), &Kind::Message(server.clone()));
        if let Some((verdict, text)) = whole {
            found = true;
            gathered.push(Change {
                side,
                path: String::new(),
                message: here.full_name().to_owned(),
                kind: ChangeKind::Type,
                verdict,
                text,
            });
        }
        let mut seen: HashSet<Pair> = HashSet::new();
        let mut queue = VecDeque::from([(here, server, String::new())]);
        while let Some((here, server, path)) = queue.pop_front() {
            let pair = (here.full_name().to_owned(), server.full_name().to_owned());
            if self.same.contains(&pair) || !seen.insert(pair.clone()) {
                continue;
            }
            let known = self.known.entry(pair);
            let difference = known.or_insert_with(|| Rc::new(differences(&here, &server)));
            let difference = Rc::clone(difference);
            for change in &difference.changes {
                found = true;
                let (verdict, text) = change.on(side);
                gathered.push(Change {
                    side,
                    path: below(&path, &change.field),
                    message: here.full_name().to_owned(),
                    kind: change.kind,
                    verdict,
                    text: text.to_owned(),
                });
            }
            for (ours, theirs) in &difference.below {
                let field = here.get_field(*ours);
                let (Some(field), Some(their)) = (field, server.get_field(*theirs)) else {
                    continue;
                };
                if let (Kind::Message(a), Kind::Message(b)) = (field.kind(), their.kind()) {
                    queue.push_back((a, b, below(&path, field.name())));
                }
            }
        }
        if !found {
            self.same.extend(seen);
        }
    }
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

fn streams(here: &MethodDescriptor, server: &MethodDescriptor) -> Option<Change> {
    let (ours, theirs) = (CallKind::of(here), CallKind::of(server));
    (ours != theirs).then(|| Change {
        side: Side::Method,
        path: String::new(),
        message: String::new(),
        kind: ChangeKind::Streaming,
        verdict: Verdict::BreaksWire,
        text: format!(
            "{} here, {} on the server: one side sends more messages than the other takes",
            words(ours),
            words(theirs)
        ),
    })
}

fn words(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Unary => "unary",
        CallKind::ServerStream => "the server streams",
        CallKind::ClientStream => "the client streams",
        CallKind::Bidi => "both stream",
    }
}
