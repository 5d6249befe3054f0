//! Two methods of one name: their streams, and everything that can be reached from their messages.

use std::collections::HashMap;

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};

use super::{
    Change, ChangeKind, MAX_CHANGES_A_METHOD, MethodDrift, Presence, Side, Verdict,
    message::{Local, differences, type_change},
};
use crate::schema::CallKind;

/// Full names of a type here and one on the server.
type Pair = (String, String);

/// What is known of type pairs, kept over the methods of one comparison. It holds names alone: schemas
/// may make the descriptors of each service anew.
pub(super) struct Comparison {
    places: HashMap<Pair, usize>,
    nodes: Vec<Node>,
    /// The walk that came by last, for each node.
    seen: Vec<usize>,
    walks: usize,
    /// Changes that may still be kept.
    room: usize,
}

/// A type pair: what differs in it, and the pairs below it.
#[derive(Default)]
struct Node {
    /// Full name of the type here.
    message: String,
    changes: Vec<Local>,
    /// Names of fields, and where their pairs are.
    below: Vec<(String, usize)>,
    /// Nothing that differs can be reached from here.
    same: bool,
}

/// A stop of a walk: a node, and how it was reached.
struct Stop<'a> {
    node: usize,
    /// Where the walk came from, by position, and by which field.
    from: Option<(usize, &'a str)>,
}

/// The changes of one method while they are gathered.
struct Gathered {
    changes: Vec<Change>,
    omitted: usize,
    verdict: Verdict,
    room: usize,
}

impl Gathered {
    /// Counts a change, and makes it when there is room for it.
    fn add(&mut self, verdict: Verdict, make: impl FnOnce() -> Change) {
        self.verdict = self.verdict.max(verdict);
        if self.changes.len() < self.room {
            self.changes.push(make());
        } else {
            self.omitted += 1;
        }
    }
}

impl Comparison {
    /// A comparison that keeps no more than so many changes.
    pub(super) fn new(room: usize) -> Self {
        Self {
            places: HashMap::new(),
            nodes: Vec::new(),
            seen: Vec::new(),
            walks: 0,
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
        let whole = type_change(&Kind::Message(here.clone()), &Kind::Message(server.clone()));
        if let Some((verdict, text)) = whole {
            gathered.add(verdict, || Change {
                side,
                path: String::new(),
                message: here.full_name().to_owned(),
                kind: ChangeKind::Type,
                verdict,
                text,
            });
        }
        let root = self.learn(here, server);
        self.walks += 1;
        if let Some(seen) = self.seen.get_mut(root) {
            *seen = self.walks;
        }
        let mut stops = vec![Stop {
            node: root,
            from: None,
        }];
        let mut found = false;
        let mut next = 0;
        while let Some(stop) = stops.get(next) {
            let Some(node) = self.nodes.get(stop.node).filter(|node| !node.same) else {
                next += 1;
                continue;
            };
            for change in &node.changes {
                found = true;
                let (verdict, text) = change.on(side);
                gathered.add(verdict, || Change {
                    side,
                    path: path(&stops, next, &change.field),
                    message: node.message.clone(),
                    kind: change.kind,
                    verdict,
                    text: text.to_owned(),
                });
            }
            for (field, below) in &node.below {
                if let Some(seen) = self.seen.get_mut(*below)
                    && std::mem::replace(seen, self.walks) != self.walks
                {
                    stops.push(Stop {
                        node: *below,
                        from: Some((next, field)),
                    });
                }
            }
            next += 1;
        }
        if !found {
            let visited: Vec<usize> = stops.iter().map(|stop| stop.node).collect();
            for node in visited {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.same = true;
                }
            }
        }
    }

    /// Compares a pair and all below it that is not known yet; gives where it is.
    fn learn(&mut self, here: MessageDescriptor, server: MessageDescriptor) -> usize {
        let (root, new) = self.place(&here, &server);
        let mut unknown = Vec::new();
        if new {
            unknown.push((root, here, server));
        }
        while let Some((at, here, server)) = unknown.pop() {
            let difference = differences(&here, &server);
            let mut below = Vec::new();
            for (ours, theirs) in difference.below {
                let (Some(our), Some(their)) = (here.get_field(ours), server.get_field(theirs))
                else {
                    continue;
                };
                if let (Kind::Message(a), Kind::Message(b)) = (our.kind(), their.kind()) {
                    let (place, new) = self.place(&a, &b);
                    below.push((our.name().to_owned(), place));
                    if new {
                        unknown.push((place, a, b));
                    }
                }
            }
            if let Some(node) = self.nodes.get_mut(at) {
                node.changes = difference.changes;
                node.below = below;
            }
        }
        root
    }

    /// Where a pair is, and whether it was put there just now.
    fn place(&mut self, here: &MessageDescriptor, server: &MessageDescriptor) -> (usize, bool) {
        let pair = (here.full_name().to_owned(), server.full_name().to_owned());
        let next = self.nodes.len();
        let place = *self.places.entry(pair).or_insert(next);
        if place == next {
            self.seen.push(0);
            self.nodes.push(Node {
                message: here.full_name().to_owned(),
                ..Node::default()
            });
        }
        (place, place == next)
    }
}

/// The names that lead to a field of the type at a stop.
fn path(stops: &[Stop<'_>], at: usize, field: &str) -> String {
    let mut names = vec![field];
    let mut at = stops.get(at);
    while let Some((from, name)) = at.and_then(|stop| stop.from) {
        names.push(name);
        at = stops.get(from);
    }
    names.reverse();
    names.join(".")
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
            "Here {}, on the server {}: one side sends more messages than the other takes",
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
