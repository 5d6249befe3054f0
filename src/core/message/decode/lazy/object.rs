//! The members of a message: what is shown of its fields, and of what an `Any` holds.

use super::{
    super::{
        plan::{FieldPlan, Label, Plan, Scalar, Shape, Slot},
        value::is_default,
        well_known::EMPTY,
        wire::{MAX_DEPTH, Span},
    },
    look::{FieldAt, Look},
    scan::{Cursor, Occurrences, Scan, offset},
    value::{BIG, Big, Body, Node, Raw},
};

/// A message that was looked into.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) slot: Slot,
    pub(super) body: Body,
    pub(super) depth: usize,
    url: Span,
    pub(super) members: Vec<Member>,
    strays: u32,
}

/// What an object shows, in order.
#[derive(Debug, Clone)]
pub(super) enum Member {
    Field(u32, Occurrences),
    /// `@type`
    Type,
    /// `value` of an `Any` whose type has a form of its own, or is not known.
    Value(Option<Slot>, Span),
    Strays,
}

impl Look<'_> {
    pub(super) fn any(
        &self,
        slot: Slot,
        plan: &Plan,
        body: &Body,
        depth: usize,
        quick: bool,
    ) -> Node {
        let scan = self.scan(plan, body.spans());
        let span = |number| {
            let position = plan.position(number)?;
            let field = plan.fields.get(position)?;
            Some(self.last(&scan.of(position, field))?.span)
        };
        let url = span(1).unwrap_or_default();
        let value = span(2).unwrap_or_default();
        let made = |slot, members| {
            Node::Object(Object {
                slot,
                body: body.clone(),
                depth,
                url,
                members,
                strays: scan.strays,
            })
        };
        if url.len() == 0 && value.len() == 0 {
            return made(slot, Vec::new());
        }
        let type_url = String::from_utf8_lossy(self.bytes(url));
        let name = type_url.rsplit_once('/').map_or("", |(_, name)| name);
        let inner = self.plans.slot_of(name);
        match inner.map(|slot| (slot, self.plan(slot))) {
            Some((inner, plan)) if plan.shape == Shape::Plain && *plan.name != *EMPTY => {
                if depth >= MAX_DEPTH {
                    return made(slot, vec![Member::Type]);
                }
                let big = Big {
                    slot: inner,
                    body: Body::One(value),
                    depth: depth + 1,
                    url: Some(url),
                };
                if quick && value.len() >= BIG {
                    Node::Big(big)
                } else {
                    Node::Object(self.object(big))
                }
            }
            _ => made(slot, vec![Member::Type, Member::Value(inner, value)]),
        }
    }

    /// Looks into a message.
    pub(super) fn object(&self, of: Big) -> Object {
        let plan = self.plan(of.slot);
        let scan = self.scan(plan, of.body.spans());
        let mut members = Vec::new();
        if of.url.is_some() {
            members.push(Member::Type);
        }
        self.members(plan, &scan, &mut members);
        if scan.strays > 0 && !self.is_json() {
            members.push(Member::Strays);
        }
        Object {
            slot: of.slot,
            body: of.body,
            depth: of.depth,
            url: of.url.unwrap_or_default(),
            members,
            strays: scan.strays,
        }
    }

    fn members(&self, plan: &Plan, scan: &Scan, members: &mut Vec<Member>) {
        let defaults = self.layout().defaults;
        let runs = &scan.runs;
        let (mut run, mut position) = (0, 0);
        while run < runs.len() || defaults && position < plan.fields.len() {
            if !defaults {
                position = runs[run].position as usize;
            }
            let start = run;
            while run < runs.len() && runs[run].position as usize == position {
                run += 1;
            }
            let Some(field) = plan.fields.get(position) else {
                return;
            };
            if start < run || !field.extension && !field.presence {
                let at = offset(position);
                let items = scan.occurrences(offset(start)..offset(run), at, field);
                if self.is_shown(field, &items) {
                    members.push(Member::Field(at, items));
                }
            }
            position += 1;
        }
    }

    fn is_shown(&self, field: &FieldPlan, items: &Occurrences) -> bool {
        let default = self.layout().defaults && !field.presence && !field.extension;
        match (field.label, &field.kind) {
            (Label::Map, Scalar::Message(_)) => default || self.first(items).is_some(),
            (Label::Single, Scalar::Message(_) | Scalar::Group(_)) => self.first(items).is_some(),
            (Label::Single, kind) => match self.last(items) {
                Some(last) => field.presence || default || !is_default(kind, &last),
                None => default && !field.presence,
            },
            (Label::List | Label::Map, kind) => {
                default || {
                    let mut cursor = Cursor::default();
                    self.next_item(items, kind.wire(), &mut cursor).is_some()
                }
            }
        }
    }

    /// The value of a member.
    pub(super) fn member(&self, of: &Object, member: &Member) -> Raw {
        match member {
            Member::Field(position, items) => {
                let at = FieldAt {
                    slot: of.slot,
                    position: *position,
                };
                match self.field(at) {
                    Some(field) => self.field_value(at, field, items, of.depth),
                    None => Raw::Null,
                }
            }
            Member::Type => Raw::Url(of.url),
            Member::Value(Some(slot), span) => Raw::Message {
                slot: *slot,
                body: Body::One(*span),
                depth: of.depth + 1,
            },
            Member::Value(None, span) => Raw::Opaque(*span),
            Member::Strays => Raw::Strays {
                slot: of.slot,
                body: of.body.clone(),
                count: of.strays,
            },
        }
    }
}

impl Object {
    /// Fields that have no place in the type.
    pub(super) fn strays(&self) -> u32 {
        self.strays
    }
}
