//! What opens: the members of an object, the items of a list, the entries of a map.
//!
//! A list keeps a mark for every 32nd item, twelve bytes each, and finds the others from there, so that
//! a million items cost less than half a megabyte. A map has to be sorted: eight bytes an entry.

use std::ops::ControlFlow;

use super::{
    super::{
        collection::{MapKey, map_key},
        plan::{Plan, Scalar, Slot},
        wire::{self, Span},
    },
    look::{FieldAt, Look},
    object::{Member, Object},
    scan::{Cursor, Occurrences, Scan, offset},
    value::{Body, Node, Raw, default_value},
};

/// Items from one mark to the next.
const STRIDE: usize = 32;

/// Fields without a place in their message that are listed; more are only counted.
const MAX_STRAYS: usize = 10_000;

/// What a node has inside.
#[derive(Debug, Clone)]
pub(super) enum Container {
    Object(Object),
    List(List),
    Map(Map),
    Strays(Strays),
}

#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) field: FieldAt,
    items: Occurrences,
    depth: usize,
    len: usize,
    marks: Box<[Cursor]>,
}

#[derive(Debug, Clone)]
pub(super) struct Map {
    entry: Slot,
    depth: usize,
    /// Start and end of each, sorted by key; of equal keys the last on the wire.
    entries: Box<[(u32, u32)]>,
}

#[derive(Debug, Clone)]
pub(super) struct Strays {
    slot: Slot,
    /// Where each begins and ends.
    places: Box<[(u32, u32)]>,
}

/// What a child is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Root,
    Field(FieldAt),
    Type,
    Value,
    Index(usize),
    Map(MapKey),
    Strays,
    Stray,
}

impl Container {
    /// Looks into a node; `None` for one that does not open.
    pub(super) fn of(look: &Look<'_>, node: Node) -> Option<Self> {
        Some(match node {
            Node::Leaf(_) => return None,
            Node::Object(object) => Self::Object(object),
            Node::Big(big) => Self::Object(look.object(big)),
            Node::List {
                field,
                items,
                depth,
            } => Self::List(List::new(look, field, items, depth)),
            Node::Map {
                entry,
                items,
                depth,
            } => Self::Map(Map::new(look, entry, &items, depth)),
            Node::Strays { slot, body, .. } => Self::Strays(Strays::new(look, slot, &body)),
        })
    }

    /// Number of children.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Object(object) => object.members.len(),
            Self::List(list) => list.len,
            Self::Map(map) => map.entries.len(),
            Self::Strays(strays) => strays.places.len(),
        }
    }

    pub(super) fn brackets(&self) -> (&'static str, &'static str) {
        match self {
            Self::Object(_) | Self::Map(_) => ("{", "}"),
            Self::List(_) | Self::Strays(_) => ("[", "]"),
        }
    }

    /// A child's value.
    pub(super) fn child(&self, look: &Look<'_>, at: usize) -> Option<Raw> {
        match self {
            Self::Object(object) => Some(look.member(object, object.members.get(at)?)),
            Self::List(list) => list.item(look, at),
            Self::Map(map) => map.value(look, at),
            Self::Strays(strays) => strays.item(at),
        }
    }

    /// A child's name.
    pub(super) fn key(&self, look: &Look<'_>, at: usize) -> Key {
        match self {
            Self::Object(object) => match object.members.get(at) {
                Some(Member::Field(position, _)) => Key::Field(FieldAt {
                    slot: object.slot,
                    position: *position,
                }),
                Some(Member::Type) => Key::Type,
                Some(Member::Value(..)) => Key::Value,
                Some(Member::Strays) | None => Key::Strays,
            },
            Self::List(_) => Key::Index(at),
            Self::Map(map) => map.key(look, at).map_or(Key::Index(at), Key::Map),
            Self::Strays(_) => Key::Stray,
        }
    }

    /// Looks at all children in order, faster than one by one, until `look_at` breaks off.
    pub(super) fn each(
        &self,
        look: &Look<'_>,
        mut look_at: impl FnMut(usize, Raw) -> ControlFlow<()>,
    ) {
        if let Self::List(list) = self {
            list.each(look, look_at);
            return;
        }
        for at in 0..self.len() {
            if let Some(raw) = self.child(look, at)
                && look_at(at, raw).is_break()
            {
                return;
            }
        }
    }

    /// What a child is kept under while the layout changes.
    pub(super) fn stable(&self, at: usize) -> u32 {
        match self {
            Self::Object(object) => match object.members.get(at) {
                Some(Member::Field(position, _)) => *position,
                Some(Member::Type) => u32::MAX - 2,
                Some(Member::Value(..)) => u32::MAX - 1,
                Some(Member::Strays) | None => u32::MAX,
            },
            _ => offset(at),
        }
    }

    /// The child that is kept under a number.
    pub(super) fn ordinal(&self, stable: u32) -> Option<usize> {
        match self {
            Self::Object(object) => (0..object.members.len()).find(|at| self.stable(*at) == stable),
            _ => Some(stable as usize).filter(|at| *at < self.len()),
        }
    }
}

impl List {
    fn new(look: &Look<'_>, field: FieldAt, items: Occurrences, depth: usize) -> Self {
        let mut list = Self {
            field,
            items,
            depth,
            len: 0,
            marks: Box::default(),
        };
        let Some(plan) = look.field(field) else {
            return list;
        };
        let own = plan.kind.wire();
        let (mut marks, mut cursor) = (Vec::new(), Cursor::default());
        loop {
            let mark = cursor;
            if look.next_item(&list.items, own, &mut cursor).is_none() {
                break;
            }
            if list.len.is_multiple_of(STRIDE) {
                marks.push(mark);
            }
            list.len += 1;
        }
        list.marks = marks.into();
        list
    }

    fn item(&self, look: &Look<'_>, at: usize) -> Option<Raw> {
        let plan = look.field(self.field)?;
        let mut cursor = *self.marks.get(at / STRIDE)?;
        let own = plan.kind.wire();
        for _ in 0..at % STRIDE {
            look.next_item(&self.items, own, &mut cursor)?;
        }
        let (bits, span) = look.next_item(&self.items, own, &mut cursor)?;
        Some(look.scalar(self.field, &plan.kind, bits, span, self.depth))
    }

    fn each(&self, look: &Look<'_>, mut look_at: impl FnMut(usize, Raw) -> ControlFlow<()>) {
        let Some(plan) = look.field(self.field) else {
            return;
        };
        let mut cursor = Cursor::default();
        let mut at = 0;
        while let Some((bits, span)) = look.next_item(&self.items, plan.kind.wire(), &mut cursor) {
            let raw = look.scalar(self.field, &plan.kind, bits, span, self.depth);
            if look_at(at, raw).is_break() {
                return;
            }
            at += 1;
        }
    }
}

impl Map {
    fn new(look: &Look<'_>, entry: Slot, items: &Occurrences, depth: usize) -> Self {
        let plan = look.plan(entry);
        let mut keyed = Vec::new();
        let mut cursor = Cursor::default();
        while let Some(item) = look.next_field(items, &mut cursor) {
            if let Some(key) = key_of(look, plan, &look.scan(plan, &[item.span])) {
                keyed.push((key, (offset(item.span.start), offset(item.span.end))));
            }
        }
        let order = |a: MapKey, b: MapKey| compare(look, a, b);
        // Stable: of equal keys the last on the wire stays last.
        keyed.sort_by(|(a, _), (b, _)| order(*a, *b));
        let last_of_its_key = |at: usize| {
            keyed
                .get(at + 1)
                .is_none_or(|(next, _)| order(keyed[at].0, *next).is_ne())
        };
        let entries = (0..keyed.len())
            .filter(|at| last_of_its_key(*at))
            .map(|at| keyed[at].1);
        Self {
            entry,
            depth,
            entries: entries.collect(),
        }
    }

    fn span(&self, at: usize) -> Option<Span> {
        let (start, end) = *self.entries.get(at)?;
        Some(Span {
            start: start as usize,
            end: end as usize,
        })
    }

    fn key(&self, look: &Look<'_>, at: usize) -> Option<MapKey> {
        let plan = look.plan(self.entry);
        key_of(look, plan, &look.scan(plan, &[self.span(at)?]))
    }

    fn value(&self, look: &Look<'_>, at: usize) -> Option<Raw> {
        let plan = look.plan(self.entry);
        let scan = look.scan(plan, &[self.span(at)?]);
        let field = plan.fields.get(1)?;
        let items = scan.of(1, field);
        let at = FieldAt {
            slot: self.entry,
            position: 1,
        };
        Some(match &field.kind {
            Scalar::Message(slot) | Scalar::Group(slot) => Raw::Message {
                slot: *slot,
                body: look.pieces(&items),
                depth: self.depth + 1,
            },
            kind => match look.last(&items) {
                Some(last) => look.scalar(at, kind, last.bits, last.span, self.depth),
                None => default_value(at, kind),
            },
        })
    }
}

fn key_of(look: &Look<'_>, plan: &Plan, scan: &Scan) -> Option<MapKey> {
    let field = plan.fields.first()?;
    Some(map_key(&field.kind, look.last(&scan.of(0, field))))
}

fn compare(look: &Look<'_>, a: MapKey, b: MapKey) -> std::cmp::Ordering {
    match (a, b) {
        (MapKey::Bool(a), MapKey::Bool(b)) => a.cmp(&b),
        (MapKey::Signed(a), MapKey::Signed(b)) => a.cmp(&b),
        (MapKey::Unsigned(a), MapKey::Unsigned(b)) => a.cmp(&b),
        (MapKey::Text(a), MapKey::Text(b)) => look.bytes(a).cmp(look.bytes(b)),
        // The keys of one map are of one kind.
        _ => std::cmp::Ordering::Equal,
    }
}

impl Strays {
    fn new(look: &Look<'_>, slot: Slot, body: &Body) -> Self {
        let plan = look.plan(slot);
        let mut places = Vec::new();
        for span in body.spans() {
            let mut at = span.start;
            while at < span.end && places.len() < MAX_STRAYS {
                let Ok(field) = wire::field(look.wire, at, span.end) else {
                    places.push((offset(at), offset(span.end)));
                    break;
                };
                let position = plan.position(field.number);
                let fits = position
                    .and_then(|at| plan.fields.get(at))
                    .is_some_and(|it| it.takes(field.wire));
                let item = plan.message_set && field.number == 1 && position.is_none();
                if !fits && !item {
                    places.push((offset(at), offset(field.next)));
                }
                at = field.next;
            }
        }
        Self {
            slot,
            places: places.into(),
        }
    }

    fn item(&self, at: usize) -> Option<Raw> {
        let (start, end) = *self.places.get(at)?;
        Some(Raw::Stray {
            slot: self.slot,
            at: start as usize,
            end: end as usize,
        })
    }
}
