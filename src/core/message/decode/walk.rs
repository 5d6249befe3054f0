//! The walk itself: scan a message's fields, then print them in order.

use super::{
    JsonOptions, JsonText,
    output::Output,
    plan::{FieldPlan, Label, Plan, Plans, Scalar, Shape, Slot},
    problem::{Problems, Severity, Step},
    scan::{Arm, Occurrences, Run, Scan},
    wire::{MAX_DEPTH, Span},
};

/// Walks one message.
pub(super) struct Walker<'a> {
    pub(super) wire: &'a [u8],
    pub(super) plans: &'a Plans,
    pub(super) out: Output,
    pub(super) defaults: bool,
    /// Fields looked at in one scan before it stops and the text counts as cut.
    pub(super) scan_limit: usize,
    /// The runs of every message that is open, the innermost last.
    pub(super) runs: Vec<Run>,
    /// The state of every oneof of every message that is open.
    pub(super) arms: Vec<Arm>,
    pub(super) path: Vec<Step<'a>>,
    pub(super) problems: Problems,
}

/// Where a field's value goes.
pub(super) enum Place<'p> {
    /// After its key, as a member of an object.
    Member(&'p mut bool),
    /// In place of its message.
    Bare,
}

impl<'a> Walker<'a> {
    pub(super) fn new(wire: &'a [u8], plans: &'a Plans, out: Output, options: JsonOptions) -> Self {
        let scan_limit = match options.max_bytes {
            0 => usize::MAX,
            limit => limit.saturating_add(64),
        };
        Self {
            wire,
            plans,
            out,
            defaults: options.defaults,
            scan_limit,
            // Room for a usual message, so that its notes are made without growing.
            runs: Vec::with_capacity(24),
            arms: Vec::new(),
            path: Vec::with_capacity(8),
            problems: Problems::default(),
        }
    }

    pub(super) fn root(&mut self, slot: Slot) {
        let all = Span {
            start: 0,
            end: self.wire.len(),
        };
        self.message(slot, &[all], 0);
    }

    pub(super) fn finish(self) -> JsonText {
        let (text, cut) = self.out.finish();
        JsonText {
            text,
            worst: self.problems.worst,
            problems: self.problems.finish(),
            cut,
        }
    }

    /// Writes a message that stands in one or more pieces; `depth` is 0 for the outermost.
    pub(super) fn message(&mut self, slot: Slot, body: &[Span], depth: usize) {
        if depth > MAX_DEPTH {
            let span = body.first().copied().unwrap_or_default();
            let what = format!("messages are nested deeper than {MAX_DEPTH}; shown as base64");
            self.problem(Severity::Malformed, span.start, what);
            self.out.base64(self.bytes(span));
            return;
        }
        let plan = self.plans.get(slot);
        if plan.shape == Shape::Plain
            && let [body] = body
            && self.ordered_object(plan, *body, depth)
        {
            return;
        }
        let scan = self.scan(plan, body);
        if plan.shape == Shape::Plain {
            self.plain(plan, scan, depth);
        } else {
            self.well_known(plan, scan, body, depth);
        }
        self.end(scan);
    }

    /// Writes `{ … }` while it is read; `false` when it must be scanned.
    fn ordered_object(&mut self, plan: &'a Plan, body: Span, depth: usize) -> bool {
        let before = self.out.mark();
        let mut first = true;
        self.out.open(b'{');
        if self.ordered(plan, body, &mut first, depth) {
            self.out.close(b'}', first);
            return true;
        }
        self.out.reset(before);
        false
    }

    /// Writes `{ … }` of a scanned message.
    pub(super) fn plain(&mut self, plan: &'a Plan, scan: Scan, depth: usize) {
        let mut first = true;
        self.out.open(b'{');
        self.members(plan, scan, &mut first, depth);
        self.out.close(b'}', first);
    }

    /// Writes the members of a scanned message into an object that is open.
    pub(super) fn members(&mut self, plan: &'a Plan, scan: Scan, first: &mut bool, depth: usize) {
        let end = self.runs.len();
        let mut run = scan.runs;
        let mut position = 0;
        while run < end || self.defaults && position < plan.fields.len() {
            if self.out.full() {
                return;
            }
            if !self.defaults {
                position = self.runs[run].position as usize;
            }
            let start = run;
            while run < end && self.runs[run].position as usize == position {
                run += 1;
            }
            let Some(field) = plan.fields.get(position) else {
                return;
            };
            let at = self.arm_start(field, position, scan);
            let occurrences = Occurrences {
                run: start,
                end: run,
                at,
            };
            if start < run || !field.extension && !field.presence {
                self.field(field, occurrences, Place::Member(first), depth);
            }
            position += 1;
        }
    }

    /// Writes a field, unless it is a default that is not shown.
    pub(super) fn field(
        &mut self,
        field: &'a FieldPlan,
        occurrences: Occurrences,
        mut place: Place<'_>,
        depth: usize,
    ) {
        self.path.push(Step::Name(&field.name));
        match (field.label, &field.kind) {
            (Label::Map, Scalar::Message(entry)) => {
                self.map(field, *entry, occurrences, &mut place, depth);
            }
            (Label::Single, Scalar::Message(slot) | Scalar::Group(slot)) => {
                self.submessage(field, *slot, occurrences, &mut place, depth);
            }
            (Label::Single, _) => self.single(field, occurrences, &mut place),
            (Label::List | Label::Map, _) => self.list(field, occurrences, &mut place, depth),
        }
        self.path.pop();
    }

    /// Whether an absent value is written all the same.
    pub(super) fn shows_default(&self, field: &FieldPlan, place: &Place<'_>) -> bool {
        match place {
            Place::Bare => true,
            Place::Member(_) => self.defaults && !field.presence && !field.extension,
        }
    }

    pub(super) fn begin(&mut self, field: &FieldPlan, place: &mut Place<'_>) {
        if let Place::Member(first) = place {
            self.out.item(first);
            self.out.key(&field.key);
        }
    }

    pub(super) fn submessage(
        &mut self,
        field: &'a FieldPlan,
        slot: Slot,
        mut occurrences: Occurrences,
        place: &mut Place<'_>,
        depth: usize,
    ) {
        let Some(first) = self.next(&mut occurrences) else {
            return;
        };
        self.begin(field, place);
        match self.next(&mut occurrences) {
            None => self.message(slot, &[first.span], depth + 1),
            Some(second) => {
                let mut pieces = vec![first.span, second.span];
                while let Some(piece) = self.next(&mut occurrences) {
                    pieces.push(piece.span);
                }
                self.message(slot, &pieces, depth + 1);
            }
        }
    }
}
