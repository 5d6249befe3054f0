//! Lists and maps.

use super::{
    plan::{FieldPlan, Plan, Scalar, Slot},
    problem::{Severity, Step},
    scan::Occurrences,
    walk::{Place, Walker},
    wire::{self, Fault, Field, Span, WireType},
};

/// A map key: its bits, or where its text stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum MapKey {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(Span),
}

/// An entry of a map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    key: MapKey,
    span: Span,
    /// Its value, where it is no more than a key and a value.
    value: Option<Field>,
}

/// A list that is opened by its first item.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct List {
    len: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn list(
        &mut self,
        field: &'a FieldPlan,
        mut occurrences: Occurrences,
        place: &mut Place<'_>,
        depth: usize,
    ) {
        let mut list = List::default();
        while let Some(item) = self.next(&mut occurrences) {
            if !self.list_part(field, &mut list, item, place, depth) {
                break;
            }
        }
        self.list_end(field, list, place);
    }

    /// Writes the item, or the packed items, of one occurrence; `false` when the text is full.
    pub(super) fn list_part(
        &mut self,
        field: &'a FieldPlan,
        list: &mut List,
        item: Field,
        place: &mut Place<'_>,
        depth: usize,
    ) -> bool {
        let own = field.kind.wire();
        if item.wire == own {
            if !self.next_item(field, list, place) {
                return false;
            }
            self.value(&field.kind, item.bits, item.span, depth);
            self.path.pop();
            return true;
        }
        let Span { start: mut at, end } = item.span;
        while at < end {
            let read = match own {
                WireType::Fixed32 => wire::fixed32(self.wire, at, end),
                WireType::Fixed64 => wire::fixed64(self.wire, at, end),
                _ => wire::varint(self.wire, at, end),
            };
            let (bits, next) = match read {
                Ok(read) => read,
                Err(Fault::LongVarint) => {
                    self.fault(at, Fault::LongVarint);
                    break;
                }
                Err(_) => {
                    self.problem(
                        Severity::Malformed,
                        at,
                        "the packed values end in the middle of one",
                    );
                    break;
                }
            };
            if !self.next_item(field, list, place) {
                return false;
            }
            self.scalar(&field.kind, bits, Span::default());
            self.path.pop();
            at = next;
        }
        true
    }

    /// Closes the list, or writes the empty one where it is shown.
    pub(super) fn list_end(&mut self, field: &FieldPlan, list: List, place: &mut Place<'_>) {
        if list.len > 0 {
            self.out.close(b']', false);
        } else if self.shows_default(field, place) {
            self.begin(field, place);
            self.out.raw("[]");
        }
    }

    /// Opens the list at its first item and begins the item; `false` when the text is full.
    fn next_item(&mut self, field: &FieldPlan, list: &mut List, place: &mut Place<'_>) -> bool {
        if list.len == 0 {
            self.begin(field, place);
            self.out.open(b'[');
        } else if self.out.full() {
            return false;
        }
        let mut first = list.len == 0;
        self.out.item(&mut first);
        self.path.push(Step::Index(list.len));
        list.len += 1;
        true
    }

    /// Writes a map sorted by key, so that equal maps are equal texts; the last of equal keys wins.
    pub(super) fn map(
        &mut self,
        field: &'a FieldPlan,
        slot: Slot,
        mut occurrences: Occurrences,
        place: &mut Place<'_>,
        depth: usize,
    ) {
        let plan = self.plans.get(slot);
        let quiet = std::mem::replace(&mut self.problems.quiet, true);
        let mut entries = Vec::new();
        while let Some(entry) = self.next(&mut occurrences) {
            entries.extend(self.entry(plan, entry.span));
        }
        self.problems.quiet = quiet;
        self.entries(field, plan, entries, place, depth);
    }

    /// Reads the key of an entry.
    pub(super) fn entry(&mut self, plan: &'a Plan, span: Span) -> Option<Entry> {
        let [key_plan, value_plan] = &*plan.fields else {
            return None;
        };
        let (key, value) = match self.usual_entry(key_plan, value_plan, span) {
            Some((key, value)) => (Some(key), Some(value)),
            None => {
                let scan = self.scan(plan, &[span]);
                let key = self.last(self.of_number(plan, scan, 1));
                self.end(scan);
                (key, None)
            }
        };
        let key = map_key(&key_plan.kind, key);
        Some(Entry { key, span, value })
    }

    /// Writes a map.
    pub(super) fn entries(
        &mut self,
        field: &'a FieldPlan,
        plan: &'a Plan,
        mut entries: Vec<Entry>,
        place: &mut Place<'_>,
        depth: usize,
    ) {
        let [_, value_plan] = &*plan.fields else {
            return;
        };
        // Stable: of equal keys the last on the wire stays last.
        entries.sort_by(|a, b| self.compare(a.key, b.key));
        if entries.is_empty() {
            if self.shows_default(field, place) {
                self.begin(field, place);
                self.out.raw("{}");
            }
            return;
        }

        self.begin(field, place);
        self.out.open(b'{');
        let mut first = true;
        for (i, &Entry { key, span, value }) in entries.iter().enumerate() {
            if let Some(next) = entries.get(i + 1)
                && self.compare(key, next.key).is_eq()
            {
                continue;
            }
            if !first && self.out.full() {
                break;
            }
            self.path.push(Step::Key(key));
            if let Some(value) = value {
                self.out.item(&mut first);
                self.map_key(key);
                self.out.colon();
                self.value(&value_plan.kind, value.bits, value.span, depth);
                self.path.pop();
                continue;
            }
            let scan = self.scan(plan, &[span]);
            self.out.item(&mut first);
            self.map_key(key);
            self.out.colon();
            let values = self.of_number(plan, scan, 2);
            self.map_value(&value_plan.kind, values, depth);
            self.end(scan);
            self.path.pop();
        }
        self.out.close(b'}', false);
    }

    /// Key and value of an entry that is as every encoder writes it: one of each, in this order.
    fn usual_entry(
        &self,
        key: &FieldPlan,
        value: &FieldPlan,
        entry: Span,
    ) -> Option<(Field, Field)> {
        let first = wire::field(self.wire, entry.start, entry.end).ok()?;
        let second = wire::field(self.wire, first.next, entry.end).ok()?;
        let fits = first.number == 1
            && key.takes(first.wire)
            && second.number == 2
            && value.takes(second.wire)
            && second.next == entry.end
            && second.missing == 0;
        fits.then_some((first, second))
    }

    pub(super) fn map_key(&mut self, key: MapKey) {
        match key {
            MapKey::Bool(true) => self.out.raw("\"true\""),
            MapKey::Bool(false) => self.out.raw("\"false\""),
            MapKey::Signed(value) => self.out.quoted_signed(value),
            MapKey::Unsigned(value) => self.out.quoted_unsigned(value),
            MapKey::Text(span) => self.text(span),
        }
    }

    fn map_value(&mut self, kind: &'a Scalar, mut values: Occurrences, depth: usize) {
        if let Scalar::Message(slot) | Scalar::Group(slot) = kind {
            let mut pieces = Vec::new();
            while let Some(piece) = self.next(&mut values) {
                pieces.push(piece.span);
            }
            self.message(*slot, &pieces, depth + 1);
            return;
        }
        match self.last(values) {
            Some(value) => self.scalar(kind, value.bits, value.span),
            None => self.default_value(kind),
        }
    }

    pub(super) fn compare(&self, a: MapKey, b: MapKey) -> std::cmp::Ordering {
        match (a, b) {
            (MapKey::Bool(a), MapKey::Bool(b)) => a.cmp(&b),
            (MapKey::Signed(a), MapKey::Signed(b)) => a.cmp(&b),
            (MapKey::Unsigned(a), MapKey::Unsigned(b)) => a.cmp(&b),
            (MapKey::Text(a), MapKey::Text(b)) => self.bytes(a).cmp(self.bytes(b)),
            // The keys of one map are of one kind.
            _ => std::cmp::Ordering::Equal,
        }
    }
}

pub(super) fn map_key(kind: &Scalar, field: Option<Field>) -> MapKey {
    let (bits, span) = field.map_or((0, Span::default()), |field| (field.bits, field.span));
    match kind {
        Scalar::Bool => MapKey::Bool(bits != 0),
        Scalar::Int32 | Scalar::Sfixed32 => MapKey::Signed(i64::from(bits as i32)),
        Scalar::Sint32 => {
            let value = bits as u32;
            MapKey::Signed(i64::from((value >> 1) as i32 ^ -((value & 1) as i32)))
        }
        Scalar::Int64 | Scalar::Sfixed64 => MapKey::Signed(bits as i64),
        Scalar::Sint64 => MapKey::Signed((bits >> 1) as i64 ^ -((bits & 1) as i64)),
        Scalar::Uint32 | Scalar::Fixed32 => MapKey::Unsigned(u64::from(bits as u32)),
        Scalar::String => MapKey::Text(span),
        _ => MapKey::Unsigned(bits),
    }
}
