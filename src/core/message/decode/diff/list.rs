//! Lists of both messages.

use std::hash::{BuildHasher, RandomState};

use super::{
    super::{
        plan::{FieldPlan, Scalar, Slot},
        problem::Step,
        wire::{Span, WireType},
    },
    align::{self, Tie},
    pair::{Bodies, Fields, PREVIEW_BYTES, Pair, VALUE_BYTES},
    path::PathStep,
    report::{DiffKind, Label, RowState},
    rules::ListMode,
    side::{Atom, Items, Side},
    value::slot,
};

/// Equal neighbours that get rows of their own; more become one row.
const SHOWN_EQUAL: usize = 3;

/// Equal neighbours that have no row yet.
#[derive(Default)]
struct EqualRun {
    first: usize,
    len: usize,
}

/// The items of a list in both messages.
struct Lists<'a> {
    fields: Fields<'a>,
    left: Items,
    right: Items,
    depth: usize,
}

impl<'a> Pair<'a, '_> {
    pub(super) fn list(&mut self, label: Label<'_>, fields: Fields<'a>, depth: usize) {
        let Fields { left, right } = fields;
        let bytes = (self.left.run_bytes(left.1), self.right.run_bytes(right.1));
        if self.same_plans
            && std::ptr::eq(left.0, right.0)
            && bytes.0.is_some()
            && bytes.0 == bytes.1
        {
            return self.equal_field(label, fields);
        }
        let lists = Lists {
            left: self.left.items(left.0, left.1),
            right: self.right.items(right.0, right.1),
            fields,
            depth,
        };
        match (lists.left.len(), lists.right.len()) {
            (0, 0) => {}
            (_, 0) => self.only_left(label, left.0, left.1, None),
            (0, _) => self.only_right(label, right.0, right.1, None),
            (own, other) => {
                let ties = self.tie(&lists);
                let mark = self
                    .report
                    .begin(label, Some(&counted(own)), Some(&counted(other)));
                self.ties(&lists, ties);
                if !self.report.end(mark) {
                    self.equal_field(label, fields);
                }
            }
        }
    }

    pub(super) fn equal_field(&mut self, label: Label<'_>, fields: Fields<'a>) {
        if self.report.keeps() {
            let Fields { left, right } = fields;
            let own = self.left.field_text(left.0, left.1, PREVIEW_BYTES);
            let other = self.right.field_text(right.0, right.1, PREVIEW_BYTES);
            self.report
                .push(label, RowState::Equal, Some(&own), Some(&other));
        }
    }

    /// Which items belong together.
    fn tie(&mut self, lists: &Lists<'a>) -> Vec<Tie> {
        let (own, other) = (lists.left.len(), lists.right.len());
        let mode = self.trail.list_mode();
        let hasher = RandomState::new();
        match mode {
            ListMode::Position => align::by_position(own, other),
            ListMode::Set | ListMode::Aligned => {
                let set = *mode == ListMode::Set;
                let left = identities(
                    &mut self.left,
                    lists.fields.left.0,
                    &lists.left,
                    &hasher,
                    set,
                );
                let right = identities(
                    &mut self.right,
                    lists.fields.right.0,
                    &lists.right,
                    &hasher,
                    set,
                );
                if set {
                    align::by_identity(&left, &right, false)
                } else {
                    let (left, right) = self.canonical(lists, left, right, &hasher);
                    align::aligned(&left, &right)
                }
            }
            ListMode::Key(path) => {
                let left = keys(&mut self.left, lists.fields.left.0, &lists.left, path);
                let right = keys(&mut self.right, lists.fields.right.0, &lists.right, path);
                let hash = |keys: Vec<String>| -> Vec<u64> {
                    keys.iter().map(|key| hasher.hash_one(key)).collect()
                };
                align::by_identity(&hash(left), &hash(right), true)
            }
        }
    }

    /// Messages may be equal although their bytes are not: fields in another order, maps shuffled. What
    /// found no equal by its bytes is looked at by its text.
    fn canonical(
        &mut self,
        lists: &Lists<'a>,
        mut left: Vec<u64>,
        mut right: Vec<u64>,
        hasher: &RandomState,
    ) -> (Vec<u64>, Vec<u64>) {
        let (Some(own), Some(other)) = (slot(lists.fields.left.0), slot(lists.fields.right.0))
        else {
            return (left, right);
        };
        let known: std::collections::HashSet<u64> = left.iter().copied().collect();
        let missing: Vec<usize> = (0..right.len())
            .filter(|at| right.get(*at).is_some_and(|it| !known.contains(it)))
            .collect();
        if missing.is_empty() {
            return (left, right);
        }
        let known: std::collections::HashSet<u64> = right.iter().copied().collect();
        let lonely: Vec<usize> = (0..left.len())
            .filter(|at| left.get(*at).is_some_and(|it| !known.contains(it)))
            .collect();
        rehash(&mut self.left, own, &lists.left, &lonely, &mut left, hasher);
        rehash(
            &mut self.right,
            other,
            &lists.right,
            &missing,
            &mut right,
            hasher,
        );
        (left, right)
    }

    fn ties(&mut self, lists: &Lists<'a>, ties: Vec<Tie>) {
        let mode = self.trail.list_mode();
        let key = match mode {
            ListMode::Key(path) => Some(path),
            _ => None,
        };
        let mut equal = EqualRun::default();
        for tie in ties {
            if let Tie::Both(at, to) = tie
                && self.same_item(lists, at, to)
            {
                if equal.len == 0 {
                    equal.first = at;
                }
                equal.len += 1;
                if equal.len <= SHOWN_EQUAL {
                    continue;
                }
                if at == equal.first + equal.len - 1 {
                    continue;
                }
                equal.len -= 1;
                self.flush(lists, &mut equal);
                equal = EqualRun { first: at, len: 1 };
                continue;
            }
            self.flush(lists, &mut equal);
            self.one(lists, tie, key);
        }
        self.flush(lists, &mut equal);
    }

    /// Writes the rows of equal neighbours.
    fn flush(&mut self, lists: &Lists<'a>, equal: &mut EqualRun) {
        let EqualRun { first, len } = std::mem::take(equal);
        if len == 0 || !self.report.keeps() {
            return;
        }
        if len > SHOWN_EQUAL {
            let text = format!("{len} equal items");
            let label = Label::Run(first, first + len - 1);
            self.report
                .push(label, RowState::Equal, Some(&text), Some(&text));
            return;
        }
        for at in first..first + len {
            let text = item_text(
                &mut self.left,
                lists.fields.left.0,
                &lists.left,
                at,
                PREVIEW_BYTES,
            );
            let label = Label::Step(PathStep::Index(at));
            self.report
                .push(label, RowState::Equal, Some(&text), Some(&text));
        }
    }

    fn one(&mut self, lists: &Lists<'a>, tie: Tie, key: Option<&Vec<String>>) {
        let (own, other) = (lists.fields.left.0, lists.fields.right.0);
        let key = key.and_then(|path| {
            let text = match tie {
                Tie::Both(at, _) | Tie::Moved(at, _) | Tie::Left(at) => {
                    key_of(&mut self.left, own, &lists.left, at, path)
                }
                Tie::Right(at) => key_of(&mut self.right, other, &lists.right, at, path),
            };
            (!text.is_empty()).then(|| format!("{}={text}", path.join(".")))
        });
        let step = match (&key, tie) {
            (Some(key), _) => PathStep::Key(key),
            (None, Tie::Both(at, to) | Tie::Moved(at, to)) => PathStep::Pair(at, to),
            (None, Tie::Left(at) | Tie::Right(at)) => PathStep::Index(at),
        };
        let place = match tie {
            Tie::Both(at, _) | Tie::Moved(at, _) | Tie::Left(at) | Tie::Right(at) => at,
        };
        self.enter(step, (Step::Index(place), Step::Index(place)));
        let label = Label::Step(step);
        match tie {
            Tie::Both(at, to) => self.item(label, lists, at, to),
            Tie::Moved(at, to) => {
                self.differ(label, DiffKind::Moved, None, |this| {
                    let left = item_text(&mut this.left, own, &lists.left, at, PREVIEW_BYTES);
                    let right = item_text(&mut this.right, other, &lists.right, to, PREVIEW_BYTES);
                    (
                        Some(format!("at {at}: {left}")),
                        Some(format!("at {to}: {right}")),
                    )
                });
                if !self.same_item(lists, at, to) {
                    self.item(label, lists, at, to);
                }
            }
            Tie::Left(at) => self.differ(label, DiffKind::OnlyLeft, None, |this| {
                let text = item_text(&mut this.left, own, &lists.left, at, VALUE_BYTES);
                (Some(text), None)
            }),
            Tie::Right(at) => self.differ(label, DiffKind::OnlyRight, None, |this| {
                let text = item_text(&mut this.right, other, &lists.right, at, VALUE_BYTES);
                (None, Some(text))
            }),
        }
        self.leave();
    }

    /// Whether two items are equal at a glance: by value, or by bytes.
    fn same_item(&self, lists: &Lists<'a>, at: usize, to: usize) -> bool {
        let (own, other) = (lists.fields.left.0, lists.fields.right.0);
        let (left, right) = (atom(&lists.left, at), atom(&lists.right, to));
        if slot(own).is_none() {
            return self.same_atoms((&own.kind, left), (&other.kind, right));
        }
        self.same_plans
            && slot(own) == slot(other)
            && self.left.bytes(left.span) == self.right.bytes(right.span)
    }

    fn item(&mut self, label: Label<'_>, lists: &Lists<'a>, at: usize, to: usize) {
        let (own, other) = (lists.fields.left.0, lists.fields.right.0);
        let (left, right) = (atom(&lists.left, at), atom(&lists.right, to));
        match (slot(own), slot(other)) {
            (Some(own), Some(other)) => {
                let bodies = Bodies {
                    left: (own, &[left.span]),
                    right: (other, &[right.span]),
                };
                self.message(label, bodies, lists.depth + 1);
            }
            _ => self.atoms(label, (own, left), (other, right)),
        }
    }
}

fn counted(items: usize) -> String {
    let word = if items == 1 { "item" } else { "items" };
    format!("{items} {word}")
}

fn atom(items: &Items, at: usize) -> Atom {
    match items {
        Items::Bits(items) => Atom {
            bits: items.get(at).copied().unwrap_or_default(),
            span: Span::default(),
        },
        Items::Spans(items) => Atom {
            bits: 0,
            span: items.get(at).copied().unwrap_or_default(),
        },
    }
}

fn item_text<'a>(
    side: &mut Side<'a>,
    field: &'a FieldPlan,
    items: &Items,
    at: usize,
    limit: usize,
) -> String {
    let atom = atom(items, at);
    match slot(field) {
        Some(slot) => side.message_text(slot, &[atom.span], limit),
        None => side.atom_text(&field.kind, atom, limit),
    }
}

/// What makes items equal at a glance: bits, or a hash of the bytes; `canonical`: of messages the text.
fn identities<'a>(
    side: &mut Side<'a>,
    field: &'a FieldPlan,
    items: &Items,
    hasher: &RandomState,
    canonical: bool,
) -> Vec<u64> {
    match (items, slot(field)) {
        (Items::Bits(items), _) => match &field.kind {
            // A name means the same in both schemas, a number may not.
            Scalar::Enum(names) => items
                .iter()
                .map(
                    |bits| match names.name(super::side::low(*bits).cast_signed()) {
                        Some(name) => hasher.hash_one(name),
                        None => *bits,
                    },
                )
                .collect(),
            _ => items.clone(),
        },
        (Items::Spans(spans), Some(slot)) if canonical => {
            let all: Vec<usize> = (0..spans.len()).collect();
            let mut made = vec![0; spans.len()];
            rehash(side, slot, items, &all, &mut made, hasher);
            made
        }
        (Items::Spans(spans), _) => {
            let bytes = spans.iter().map(|span| side.bytes(*span));
            bytes.map(|bytes| hasher.hash_one(bytes)).collect()
        }
    }
}

/// Replaces the identities of some messages by hashes of their texts.
fn rehash(
    side: &mut Side<'_>,
    slot: Slot,
    items: &Items,
    which: &[usize],
    identities: &mut [u64],
    hasher: &RandomState,
) {
    for at in which {
        let span = atom(items, *at).span;
        let text = side.whole_text(|walker| walker.message(slot, &[span], 0));
        if let Some(identity) = identities.get_mut(*at) {
            *identity = hasher.hash_one(text);
        }
    }
}

fn keys<'a>(
    side: &mut Side<'a>,
    field: &'a FieldPlan,
    items: &Items,
    path: &[String],
) -> Vec<String> {
    let all = 0..items.len();
    all.map(|at| key_of(side, field, items, at, path)).collect()
}

/// The key of an item as JSON; empty when it has none.
fn key_of<'a>(
    side: &mut Side<'a>,
    field: &'a FieldPlan,
    items: &Items,
    at: usize,
    path: &[String],
) -> String {
    let Some(slot) = slot(field) else {
        return item_text(side, field, items, at, VALUE_BYTES);
    };
    side.key_text(slot, &[atom(items, at).span], path)
}

impl<'a> Side<'a> {
    /// The value at a path of names, as JSON; empty when there is no such field or it is not set.
    pub(super) fn key_text(&mut self, slot: Slot, body: &[Span], path: &[String]) -> String {
        let Some((name, rest)) = path.split_first() else {
            return self.whole_text(|walker| walker.message(slot, body, 0));
        };
        let level = self.open(slot, body);
        let mut text = String::new();
        if let Some(at) = level.plan.named(name)
            && let Some(field) = level.plan.fields.get(at)
        {
            let places = self.occurrences(&level, at);
            let inner = super::value::slot(field).filter(|_| !rest.is_empty());
            text = match inner {
                Some(inner) => {
                    let pieces = self.pieces(places);
                    if pieces.is_empty() {
                        String::new()
                    } else {
                        self.key_text(inner, &pieces, rest)
                    }
                }
                None if rest.is_empty() && self.walker.last(places).is_some() => {
                    self.field_text(field, places, VALUE_BYTES)
                }
                None if rest.is_empty()
                    && !field.presence
                    && field.kind.wire() != WireType::Length =>
                {
                    // Not sent, and as good as sent: the default is a key as any other.
                    self.field_text(field, places, VALUE_BYTES)
                }
                None => String::new(),
            };
        }
        self.close(&level);
        text
    }
}
