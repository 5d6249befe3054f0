//! The walk that makes the stubs: message type and text side by side, each value looked at once.
//! What has rows below beside messages is in [`super::inside`].

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{Kind, MessageDescriptor};

use super::{
    Filter, WellKnown,
    folds::FoldAt,
    inside::{Inside, Types, has_inside},
    kind::{well_known, wrapped},
    outline::{NONE, RootPlan, Stub, What},
    plan::{Comments, EntryPlan, FieldPlan, Label, MessagePlan, Plans, ValuePlan},
};
use crate::message::{NodeKind, ValueRef};

/// Rows nest no deeper: as deep as a text may.
const MAX_DEPTH: u16 = 100;
/// Items of longer lists are closed from the start.
pub(super) const MANY_ITEMS: usize = 100;
/// How many levels of absent messages a filter looks into.
const ABSENT_LEVELS: u16 = 3;

/// Makes the stubs of one document.
pub(super) struct Walk<'a> {
    pub(super) plans: &'a mut Plans,
    stubs: &'a mut Vec<Stub>,
    filter: &'a Filter,
    pub(super) comments: Comments<'a>,
    pub(super) types: Types<'a>,
    /// Numbers of the plans of the messages the walk is in.
    above: Vec<u32>,
    /// Number of the innermost of them that are absent.
    absent: u16,
    /// Something above has the words of the filter: all below it is shown.
    admitted: bool,
}

/// Where rows go.
#[derive(Clone, Copy)]
pub(super) struct At<'f> {
    holder: u32,
    depth: u16,
    pub(super) fold: FoldAt<'f>,
}

/// A value to make a row of.
#[derive(Clone, Copy)]
struct Place<'d> {
    position: u32,
    value: Option<ValueRef<'d>>,
}

const ABSENT: Place<'static> = Place {
    position: NONE,
    value: None,
};

impl<'a> Walk<'a> {
    pub(super) fn new(
        plans: &'a mut Plans,
        stubs: &'a mut Vec<Stub>,
        filter: &'a Filter,
        comments: Comments<'a>,
        types: Types<'a>,
    ) -> Self {
        Self {
            plans,
            stubs,
            filter,
            comments,
            types,
            above: Vec::new(),
            absent: 0,
            admitted: !filter.has_words(),
        }
    }

    /// All stubs; of a request that is one row, what is known of it.
    pub(super) fn root(
        &mut self,
        message: &MessageDescriptor,
        value: Option<ValueRef<'_>>,
        fold: FoldAt<'_>,
    ) -> Option<RootPlan> {
        let known = well_known(message);
        if known == Some(WellKnown::Empty) && value.is_none_or(|value| value.is_empty()) {
            return None;
        }
        let at = At {
            holder: NONE,
            depth: 0,
            fold,
        };
        let position = if value.is_some() { 0 } else { NONE };
        let single = known.is_some() || wrapped(message).is_some();
        let odd = value.is_some_and(|value| value.kind() != NodeKind::Object);
        if single || odd {
            self.push(What::Root, position, at, None);
        }
        if !single {
            let (number, plan) = self.plans.get(message, self.comments);
            let any = false;
            self.message(&Inside { number, plan, any }, value, at);
            if !odd {
                return None;
            }
        }
        let kind = Kind::Message(message.clone());
        Some(RootPlan {
            name: message.name().to_owned(),
            plan: Arc::new(ValuePlan::new(&kind, self.comments)),
        })
    }

    /// The rows of a message's fields; `value` is its object, if it is there.
    fn message(&mut self, inside: &Inside, value: Option<ValueRef<'_>>, at: At<'_>) {
        let (number, plan) = (inside.number, &*inside.plan);
        let value = value.filter(|value| value.kind() == NodeKind::Object);
        let (places, beside) = places_of(plan, value);
        let place = |slot: u32| places.get(slot as usize).copied().unwrap_or(ABSENT);
        let absent = self.absent;
        self.absent = if value.is_some() { 0 } else { absent + 1 };
        self.above.push(number);
        for (index, entry) in plan.entries.iter().enumerate() {
            match entry {
                EntryPlan::Field(slot) => {
                    self.field(number, plan, *slot, place(*slot), at, false);
                }
                EntryPlan::Oneof(oneof) => {
                    let before = self.stubs.len();
                    let what = What::Oneof {
                        plan: number,
                        entry: index as u32,
                    };
                    let head = self.push(what, NONE, at, None);
                    let taken = self.filter.takes_all(&[&oneof.name, &oneof.comment]);
                    let admitted = self.admit(taken);
                    // More than one is a mistake that must be seen to be mended.
                    let below = At {
                        depth: at.depth + 1,
                        ..at
                    };
                    for slot in &oneof.arms {
                        if is_set(place(*slot), plan, *slot) {
                            self.field(number, plan, *slot, place(*slot), below, true);
                        }
                    }
                    let any_arm = self.filter.has_words()
                        && !self.filter.set_only()
                        && (oneof.arms.iter())
                            .filter_map(|slot| plan.fields.get(*slot as usize))
                            .any(|field| self.filter.takes(field));
                    let alone = self.stubs.len() == before + 1;
                    let kept = (self.admitted || any_arm) && !self.filter.set_only();
                    self.admitted = admitted;
                    self.close(head, alone && !kept);
                }
            }
        }
        for slot in plan.own..plan.fields.len() {
            let slot = slot as u32;
            if place(slot).value.is_some() {
                self.field(number, plan, slot, place(slot), at, false);
            }
        }
        if self.admitted || self.filter.set_only() {
            let type_at = value.filter(|_| inside.any).and_then(type_position);
            for (position, what) in beside {
                if Some(position) != type_at {
                    self.push(what, position, at, None);
                }
            }
        }
        if plan.own < plan.fields.len() && self.filter.is_empty() {
            self.push(What::Extend { plan: number }, NONE, at, None);
        }
        self.above.pop();
        self.absent = absent;
    }

    fn field(
        &mut self,
        number: u32,
        message: &MessagePlan,
        slot: u32,
        place: Place<'_>,
        at: At<'_>,
        arm: bool,
    ) {
        let Some(plan) = message.fields.get(slot as usize) else {
            return;
        };
        if self.filter.set_only() && !is_set(place, message, slot) {
            return;
        }
        let what = What::Field { plan: number, slot };
        let head = self.push(what, place.position, at, None);
        let taken = self.filter.takes(plan);
        let admitted = self.admit(taken);
        let shown = self.admitted;
        let key = place.value.and_then(|value| value.key());
        let fold = at.fold.key(key.as_deref().unwrap_or(&plan.json_name));
        let below = At {
            holder: head,
            depth: at.depth + 1,
            fold,
        };
        // What stands under a oneof's arm is as near as the oneof itself.
        let level = if arm {
            at.depth.saturating_sub(1)
        } else {
            at.depth
        };
        match plan.label {
            Label::Single => self.value(head, &plan.value, place.value, below, level == 0),
            Label::List | Label::Map => self.collection(head, plan, place.value, below, level <= 1),
        }
        self.admitted = admitted;
        let alone = self.stubs.len() == head as usize + 1;
        self.close(head, alone && !shown);
    }

    /// The items of a list or the entries of a map, where it is open.
    fn collection(
        &mut self,
        head: u32,
        plan: &FieldPlan,
        value: Option<ValueRef<'_>>,
        at: At<'_>,
        near: bool,
    ) {
        let wanted = match plan.label {
            Label::Map => NodeKind::Object,
            Label::Single | Label::List => NodeKind::Array,
        };
        let Some(value) = value.filter(|value| value.kind() == wanted && !value.is_empty()) else {
            return;
        };
        let open = at.fold.is_open(near, true) || self.searching();
        self.set_open(head, open);
        let what = self.stubs.get(head as usize).map(|stub| stub.what);
        if let (true, Some(What::Field { plan: number, slot })) = (open, what) {
            self.items(What::Item { plan: number, slot }, plan, value, at);
        }
    }

    /// The items or entries of an open collection.
    pub(super) fn items(
        &mut self,
        what: What,
        plan: &FieldPlan,
        collection: ValueRef<'_>,
        at: At<'_>,
    ) {
        let is_map = plan.label == Label::Map;
        let again = if is_map {
            duplicates(collection)
        } else {
            Vec::new()
        };
        let small = self.are_small(plan, collection);
        let near = small && at.depth <= 2;
        let nested = plan.value.message.is_some() || has_inside(&plan.value.kind);
        let by_rule = nested && at.fold.is_open(near, true);
        if !self.searching() && again.is_empty() && (!nested || !by_rule && at.fold.is_plain()) {
            let count = u32::try_from(collection.len()).unwrap_or(NONE);
            self.push_run(what, 0, count, at, nested.then_some(false));
            return;
        }
        for (position, child) in collection.children().enumerate() {
            let position = position as u32;
            if again.contains(&position) {
                self.push(What::Duplicate, position, at, None);
                continue;
            }
            let key = child.key();
            let fold = match &key {
                Some(key) => at.fold.key(key),
                None => at.fold.item(position as usize),
            };
            let item = self.push(what, position, at, None);
            let taken = key.is_some_and(|key| self.filter.takes_all(&[&key.into_owned()]));
            let admitted = self.admit(self.filter.has_words() && taken);
            let shown = self.admitted;
            if nested {
                let below = At {
                    holder: item,
                    depth: at.depth + 1,
                    fold,
                };
                self.value(item, &plan.value, Some(child), below, near);
            }
            self.admitted = admitted;
            let alone = self.stubs.len() == item as usize + 1;
            self.close(item, alone && !shown);
        }
    }

    /// The rows below a value: its fields when it is a message and open.
    fn value(
        &mut self,
        head: u32,
        plan: &ValuePlan,
        value: Option<ValueRef<'_>>,
        at: At<'_>,
        near: bool,
    ) {
        if self.json(head, plan, value, at, near) {
            return;
        }
        let Some(inside) = self.inside(plan, value) else {
            return;
        };
        let fields = &inside.plan;
        // A present object may have unknown keys even when its type has no fields.
        let below = !fields.entries.is_empty()
            || fields.own < fields.fields.len()
            || value.is_some_and(|value| !value.is_empty());
        if !below || at.depth > MAX_DEPTH {
            return;
        }
        let recursive = self.above.contains(&inside.number);
        let in_text = value.is_some_and(|value| value.kind() == NodeKind::Object);
        let mut open = at.fold.is_open(near && !recursive, in_text);
        if self.searching() {
            open = in_text || (!recursive && self.absent < ABSENT_LEVELS);
        }
        self.set_open(head, open);
        if open {
            let before = self.stubs.len();
            self.message(&inside, value, at);
            if self.searching() && self.stubs.len() == before {
                self.set_open(head, false);
            }
        }
    }

    /// A filter's words have not been found yet on the way down.
    pub(super) fn searching(&self) -> bool {
        !self.admitted
    }

    /// Notes whether a row has the filter's words; gives what was before.
    fn admit(&mut self, taken: bool) -> bool {
        let before = self.admitted;
        self.admitted |= taken;
        before
    }

    fn push(&mut self, what: What, position: u32, at: At<'_>, open: Option<bool>) -> u32 {
        self.push_run(what, position, 1, at, open)
    }

    fn push_run(
        &mut self,
        what: What,
        position: u32,
        count: u32,
        at: At<'_>,
        open: Option<bool>,
    ) -> u32 {
        let id = self.stubs.len() as u32;
        self.stubs.push(Stub {
            what,
            holder: at.holder,
            position,
            row: 0,
            count,
            size: 1,
            depth: at.depth,
            open,
        });
        id
    }

    pub(super) fn set_open(&mut self, stub: u32, open: bool) {
        if let Some(stub) = self.stubs.get_mut(stub as usize) {
            stub.open = Some(open);
        }
    }

    /// Ends a subtree; `drop` takes its head back.
    fn close(&mut self, head: u32, drop: bool) {
        if drop {
            self.stubs.truncate(head as usize);
            return;
        }
        let size = self.stubs.len() as u32 - head;
        if let Some(stub) = self.stubs.get_mut(head as usize) {
            stub.size = size;
        }
    }
}

/// Where an Any says its type.
fn type_position(any: ValueRef<'_>) -> Option<u32> {
    let mut keys = any.children().map(|child| child.key());
    let at = keys.position(|key| key.as_deref() == Some("@type"))?;
    u32::try_from(at).ok()
}

/// Whether a value counts: `null` is how ProtoJSON says that a field is absent.
fn is_set(place: Place<'_>, message: &MessagePlan, slot: u32) -> bool {
    let Some(value) = place.value else {
        return false;
    };
    value.kind() != NodeKind::Null
        || (message.fields.get(slot as usize))
            .is_some_and(|field| field.label == Label::Single && field.value.null_is_value)
}

/// The value of each slot, and what is beside them in the order of the text: keys that no field has,
/// a field under its second name, keys that stand again further on.
fn places_of<'d>(
    plan: &MessagePlan,
    value: Option<ValueRef<'d>>,
) -> (Vec<Place<'d>>, Vec<(u32, What)>) {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return (Vec::new(), Vec::new());
    };
    let mut places = vec![ABSENT; plan.fields.len()];
    let mut beside: Vec<(u32, What)> = Vec::new();
    let mut unknown: HashMap<String, usize> = HashMap::new();
    for (position, child) in value.children().enumerate() {
        let position = position as u32;
        let Some(key) = child.key() else { continue };
        let here = Place {
            position,
            value: Some(child),
        };
        let slot = plan.slot(&key);
        let Some((field, place)) = slot.and_then(|slot| {
            let slot = slot as usize;
            plan.fields.get(slot).zip(places.get_mut(slot))
        }) else {
            // Of equal keys the last counts, as for every path into the document.
            if let Some(earlier) = unknown.insert(key.into_owned(), beside.len())
                && let Some(earlier) = beside.get_mut(earlier)
            {
                earlier.1 = What::Duplicate;
            }
            beside.push((position, What::Unknown));
            continue;
        };
        let known = place.value.and_then(|value| value.key());
        match known {
            None => *place = here,
            Some(known) if known == key => {
                beside.push((place.position, What::Duplicate));
                *place = here;
            }
            // The JSON name comes before the other.
            Some(_) if key == field.json_name.as_str() => {
                beside.push((place.position, What::Unknown));
                *place = here;
            }
            Some(_) => beside.push((position, What::Unknown)),
        }
    }
    beside.sort_by_key(|(position, _)| *position);
    (places, beside)
}

/// Positions of entries whose key stands again further on.
fn duplicates(object: ValueRef<'_>) -> Vec<u32> {
    let mut last = HashMap::with_capacity(object.len());
    let mut again = Vec::new();
    for (position, child) in object.children().enumerate() {
        if let Some(key) = child.key()
            && let Some(earlier) = last.insert(key, position as u32)
        {
            again.push(earlier);
        }
    }
    again
}
