//! Finds a text in the keys and values of a message, all of it, whatever is open.
//!
//! What cannot hold the text is not written out: digits are only made when digits are looked for, and
//! texts are searched where they stand on the wire.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use regex::bytes::{Regex, RegexBuilder};

use super::{
    super::{
        collection::MapKey,
        plan::{Scalar, Shape, Slot},
        wire::Span,
    },
    container::{Container, Key},
    look::{FieldAt, Look},
    row::{At, Scribe},
    rows::MessageRows,
    sieve::{self, Sieve, Walk, Wanted},
    value::Raw,
};

/// Hits that are kept; a search ends there.
const MAX_HITS: usize = 100_000;
/// Longest text that is looked for.
const MAX_QUERY_BYTES: usize = 10_000;

/// What is looked for: in a text itself, not in the escapes that JSON writes for some of its signs, unless
/// there are quotes or backslashes in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The text, as it stands.
    pub text: String,
    /// Large and small letters differ.
    pub match_case: bool,
}

/// Where a text was found, in the order of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    steps: Vec<u32>,
    ends: Vec<u32>,
    /// There are more than are kept.
    pub more: bool,
}

impl Found {
    /// Number of rows that have the text: at most 100,000, see [`more`](Self::more).
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The path of one.
    pub fn path(&self, at: usize) -> Option<&[u32]> {
        let end = *self.ends.get(at)? as usize;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.steps.get(start..end)
    }
}

impl Query {
    /// What finds the text in a line; `None` for an empty or very long one.
    pub fn matcher(&self) -> Option<Regex> {
        if self.text.is_empty() || self.text.len() > MAX_QUERY_BYTES {
            return None;
        }
        RegexBuilder::new(&regex::escape(&self.text))
            .case_insensitive(!self.match_case)
            .build()
            .ok()
    }
}

impl MessageRows {
    /// Looks through the whole message. `done` counts the bytes that were looked at; a search that is told
    /// to stop gives what it had. Blocking: about 400 ms for 100 MB.
    pub fn search(&self, query: &Query, done: &AtomicU64, stop: &AtomicBool) -> Found {
        let mut found = Found::default();
        let Some(matcher) = query.matcher() else {
            return found;
        };
        let look = self.look();
        let mut search = Search {
            look,
            scribe: Scribe {
                look,
                types: self.message().types(),
            },
            wanted: Wanted::new(query, matcher),
            keys: HashMap::new(),
            sieve: Sieve::default(),
            path: Vec::new(),
            found: &mut found,
            done,
            stop,
        };
        let _ = search.value(Key::Root, self.message().root());
        found
    }
}

struct Search<'s> {
    look: Look<'s>,
    scribe: Scribe<'s>,
    wanted: Wanted,
    /// Whether a field's name has the text.
    keys: HashMap<(Slot, u32), bool>,
    sieve: Sieve,
    path: Vec<u32>,
    found: &'s mut Found,
    done: &'s AtomicU64,
    stop: &'s AtomicBool,
}

impl Search<'_> {
    fn value(&mut self, key: Key, raw: Raw) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        let named = self.is_key(key);
        if let (false, Key::Index(_) | Key::Map(_), Raw::Message { slot, body, depth }) =
            (named, key, &raw)
            && let [span] = body.spans()
        {
            self.done.store(span.end as u64, Ordering::Relaxed);
            if !self.may_have(*slot, *span, *depth) {
                return ControlFlow::Continue(());
            }
        }
        // What is a message may turn out to be a text.
        let node = match &raw {
            Raw::Message { .. } | Raw::List { .. } | Raw::Map { .. } | Raw::Strays { .. } => {
                self.look.node(raw, false)
            }
            _ => {
                let here = named || self.is_leaf(&raw);
                return self.note(here);
            }
        };
        if let super::value::Node::Leaf(raw) = &node {
            let here = named || self.is_leaf(raw);
            return self.note(here);
        }
        self.note(named)?;
        let Some(inner) = Container::of(&self.look, node) else {
            return ControlFlow::Continue(());
        };
        let mut flow = ControlFlow::Continue(());
        let look = self.look;
        inner.each(&look, |at, raw| {
            self.path.push(super::scan::offset(at));
            flow = self.value(inner.key(&look, at), raw);
            self.path.pop();
            flow
        });
        flow
    }

    fn note(&mut self, here: bool) -> ControlFlow<()> {
        if !here {
            return ControlFlow::Continue(());
        }
        if self.found.ends.len() >= MAX_HITS {
            self.found.more = true;
            return ControlFlow::Break(());
        }
        self.found.steps.extend_from_slice(&self.path);
        let end = super::scan::offset(self.found.steps.len());
        self.found.ends.push(end);
        ControlFlow::Continue(())
    }

    fn is_key(&mut self, key: Key) -> bool {
        match key {
            Key::Root | Key::Stray => false,
            Key::Index(_) if self.look.is_json() => false,
            Key::Field(FieldAt { slot, position }) => {
                let (scribe, wanted) = (&self.scribe, &self.wanted);
                *self
                    .keys
                    .entry((slot, position))
                    .or_insert_with(|| wanted.is_in(scribe.key(key).as_bytes()))
            }
            Key::Index(index) => {
                let brackets = self.wanted.text_has_brackets();
                brackets && self.wanted.is_in(self.scribe.key(key).as_bytes())
                    || self.wanted.integer && self.wanted.is_in_integer(index as u64, false, false)
            }
            Key::Map(MapKey::Text(span)) if !self.wanted.escapes => {
                self.wanted.is_in(self.look.bytes(span))
            }
            Key::Map(_) | Key::Type | Key::Value | Key::Strays => {
                self.wanted.is_in(self.scribe.key(key).as_bytes())
            }
        }
    }

    fn may_have(&mut self, slot: Slot, span: Span, depth: usize) -> bool {
        let (scribe, wanted) = (&self.scribe, &self.wanted);
        let key = |slot, position| {
            let key = scribe.key(Key::Field(FieldAt { slot, position }));
            wanted.is_in(key.as_bytes())
        };
        let mut walk = Walk {
            look: &self.look,
            wanted,
            sieve: &mut self.sieve,
            key: &key,
        };
        walk.may_have(slot, span, depth)
    }

    fn is_leaf(&mut self, raw: &Raw) -> bool {
        let end = raw.span().end as u64;
        if end > 0 {
            self.done.store(end, Ordering::Relaxed);
        }
        match raw {
            Raw::Scalar {
                field, bits, span, ..
            } => {
                let Some(plan) = self.look.field(*field) else {
                    return false;
                };
                match &plan.kind {
                    Scalar::String if !self.wanted.escapes => {
                        self.wanted.is_in(self.look.bytes(*span))
                    }
                    Scalar::Double | Scalar::Float if !self.wanted.float => false,
                    Scalar::Bool if *bits == 0 => self.wanted.is_in(b"false"),
                    Scalar::Bool => self.wanted.is_in(b"true"),
                    Scalar::String
                    | Scalar::Double
                    | Scalar::Float
                    | Scalar::Bytes
                    | Scalar::Enum(_)
                    | Scalar::Null
                    | Scalar::Message(_)
                    | Scalar::Group(_) => self.is_written(raw),
                    integer => {
                        sieve::is_in_integer(&self.wanted, integer, *bits, self.look.is_json())
                    }
                }
            }
            Raw::Message { slot, .. }
                if self.look.plan(*slot).shape == Shape::Timestamp && !self.wanted.moment =>
            {
                false
            }
            Raw::Url(span) if !self.wanted.escapes => self.wanted.is_in(self.look.bytes(*span)),
            _ => self.is_written(raw),
        }
    }

    /// Whether a value has the text as it is written on its row.
    fn is_written(&self, raw: &Raw) -> bool {
        let at = At {
            depth: 0,
            comma: false,
            path: &[],
            limit: 0,
        };
        let node = super::value::Node::Leaf(raw.clone());
        let row = self.scribe.closed(Key::Root, &node, &at);
        self.wanted.is_in(row.value.as_bytes())
            || matches!(raw, Raw::Stray { .. }) && self.wanted.is_in(row.key.as_bytes())
    }
}
