//! The walk itself: scan a message's fields, then print them in order.

use std::fmt;

use super::{
    JsonOptions, JsonText,
    output::Output,
    plan::{FieldPlan, Label, Plan, Plans, Scalar, Shape, Slot},
    wire::{self, Fault, Field, MAX_DEPTH, Span, WireType},
};

/// Problems listed one by one; the rest is counted.
const MAX_PROBLEMS: usize = 100;
/// Bytes of an unknown field shown in its problem.
const SHOWN_BYTES: usize = 16;

/// Walks one message.
pub(super) struct Walker<'a> {
    pub(super) wire: &'a [u8],
    pub(super) plans: &'a Plans,
    pub(super) out: Output,
    defaults: bool,
    /// Fields looked at in one scan before it stops and the text counts as cut.
    scan_limit: usize,
    /// The runs of every message that is open, the innermost last.
    runs: Vec<Run>,
    /// The state of every oneof of every message that is open.
    arms: Vec<Arm>,
    path: Vec<Step<'a>>,
    problems: Vec<String>,
    /// Problems beyond those listed.
    more: usize,
    /// While set, problems are not reported: the same bytes are read again.
    quiet: bool,
}

/// Neighbouring occurrences of one field.
#[derive(Debug, Clone, Copy)]
struct Run {
    position: u32,
    /// Whether there is but one, which then need not be read again.
    single: bool,
    start: usize,
    /// The last of them; the run ends where it does.
    last: Field,
}

/// Which arm of a oneof stands last.
#[derive(Debug, Clone, Copy)]
struct Arm {
    position: u32,
    /// Where it was set after another arm; what it held before that is gone.
    from: usize,
}

/// A message that was scanned: where its notes begin on the walker's stacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan {
    runs: usize,
    arms: usize,
}

/// One step of a path.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
    Key(MapKey),
}

/// A map key: its bits, or where its text stands.
#[derive(Debug, Clone, Copy)]
enum MapKey {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(Span),
}

/// The occurrences of one field, in wire order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrences {
    run: usize,
    end: usize,
    at: usize,
}

/// Where a field's value goes.
pub(super) enum Place<'p> {
    /// After its key, as a member of an object.
    Member(&'p mut bool),
    /// In place of its message.
    Bare,
}

/// A list that is opened by its first item.
#[derive(Debug, Clone, Copy)]
struct List {
    len: usize,
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
            problems: Vec::new(),
            more: 0,
            quiet: false,
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
        let mut problems = self.problems;
        if self.more > 0 {
            problems.push(format!("… and {} more", self.more));
        }
        JsonText {
            text,
            problems,
            cut,
        }
    }

    /// Writes a message that stands in one or more pieces; `depth` is 0 for the outermost.
    pub(super) fn message(&mut self, slot: Slot, body: &[Span], depth: usize) {
        if depth > MAX_DEPTH {
            let span = body.first().copied().unwrap_or_default();
            let what = format!("messages are nested deeper than {MAX_DEPTH}; shown as base64");
            self.problem(span.start, what);
            self.out.base64(self.bytes(span));
            return;
        }
        let plan = self.plans.get(slot);
        let scan = self.scan(plan, body);
        if plan.shape == Shape::Plain {
            self.plain(plan, scan, depth);
        } else {
            self.well_known(plan, scan, body, depth);
        }
        self.end(scan);
    }

    /// Forgets a scan and those after it.
    pub(super) fn end(&mut self, scan: Scan) {
        self.runs.truncate(scan.runs);
        self.arms.truncate(scan.arms);
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

    /// From where occurrences of a field count: beyond the end when another arm was set later.
    fn arm_start(&self, field: &FieldPlan, position: usize, scan: Scan) -> usize {
        match field.oneof {
            None => 0,
            Some(oneof) => match self.arms.get(scan.arms + oneof as usize) {
                Some(arm) if arm.position as usize == position => arm.from,
                _ => usize::MAX,
            },
        }
    }

    /// The occurrences of the field with this number.
    pub(super) fn of_number(&self, plan: &Plan, scan: Scan, number: u32) -> Occurrences {
        let position = plan.position(number).unwrap_or(usize::MAX);
        let runs = &self.runs[scan.runs..];
        let start = runs.partition_point(|run| (run.position as usize) < position);
        let end = runs.partition_point(|run| (run.position as usize) <= position);
        let at = plan
            .fields
            .get(position)
            .map_or(0, |f| self.arm_start(f, position, scan));
        Occurrences {
            run: scan.runs + start,
            end: scan.runs + end,
            at,
        }
    }

    /// Notes where each field stands, sorted by position; reports what has no place.
    pub(super) fn scan(&mut self, plan: &'a Plan, body: &[Span]) -> Scan {
        let scan = Scan {
            runs: self.runs.len(),
            arms: self.arms.len(),
        };
        let unset = Arm {
            position: u32::MAX,
            from: 0,
        };
        self.arms.resize(scan.arms + plan.oneofs, unset);
        let mut left = self.scan_limit;
        let mut sorted = true;
        let mut before = 0;
        for span in body {
            let mut at = span.start;
            // Whether the last run ends right here.
            let mut joined = false;
            while at < span.end {
                if left == 0 {
                    self.out.set_cut();
                    break;
                }
                left -= 1;
                let field = match wire::field(self.wire, at, span.end) {
                    Ok(field) => field,
                    Err(fault) => {
                        self.fault(at, fault);
                        break;
                    }
                };
                let start = std::mem::replace(&mut at, field.next);
                let position = match plan.position(field.number) {
                    Some(position) if plan.fields[position].takes(field.wire) => position,
                    known => {
                        self.misfit(plan, known, start, &field);
                        joined = false;
                        continue;
                    }
                };
                if field.missing > 0 {
                    self.clipped(&plan.fields[position], start, &field);
                }
                // Fits: a plan has fewer fields than field numbers.
                let position = position as u32;
                if let Some(oneof) = plan.fields[position as usize].oneof {
                    let arm = &mut self.arms[scan.arms + oneof as usize];
                    if arm.position != position {
                        *arm = Arm {
                            position,
                            from: start,
                        };
                    }
                }
                match self.runs.last_mut() {
                    Some(run) if joined && run.position == position => {
                        run.single = false;
                        run.last = field;
                    }
                    _ => {
                        sorted &= before <= position;
                        before = position;
                        self.runs.push(Run {
                            position,
                            single: true,
                            start,
                            last: field,
                        });
                        joined = true;
                    }
                }
            }
        }
        if !sorted {
            // Stable: occurrences of one field stay in wire order.
            self.runs[scan.runs..].sort_by_key(|run| run.position);
        }
        scan
    }

    /// The next occurrence; the scan has seen that it reads and fits.
    pub(super) fn next(&self, occurrences: &mut Occurrences) -> Option<Field> {
        while occurrences.run < occurrences.end {
            let run = &self.runs[occurrences.run];
            let at = occurrences.at.max(run.start);
            if at < run.last.next {
                let field = if run.single {
                    Ok(run.last)
                } else {
                    wire::field(self.wire, at, run.last.next)
                };
                if let Ok(field) = field {
                    occurrences.at = field.next;
                    return Some(field);
                }
            }
            occurrences.run += 1;
        }
        None
    }

    /// The last occurrence, which is the one that counts for a single value.
    pub(super) fn last(&self, occurrences: Occurrences) -> Option<Field> {
        let run = self.runs.get(occurrences.run..occurrences.end)?.last()?;
        (occurrences.at < run.last.next).then_some(run.last)
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
    fn shows_default(&self, field: &FieldPlan, place: &Place<'_>) -> bool {
        match place {
            Place::Bare => true,
            Place::Member(_) => self.defaults && !field.presence && !field.extension,
        }
    }

    fn begin(&mut self, field: &FieldPlan, place: &mut Place<'_>) {
        if let Place::Member(first) = place {
            self.out.item(first);
            self.out.key(&field.key);
        }
    }

    fn single(&mut self, field: &'a FieldPlan, occurrences: Occurrences, place: &mut Place<'_>) {
        let shown = self.shows_default(field, place);
        match self.last(occurrences) {
            Some(last) if field.presence || shown || !is_default(&field.kind, &last) => {
                self.begin(field, place);
                self.scalar(&field.kind, last.bits, last.span);
            }
            None if shown && !field.presence => {
                self.begin(field, place);
                self.default_value(&field.kind);
            }
            Some(_) | None => {}
        }
    }

    fn submessage(
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

    fn list(
        &mut self,
        field: &'a FieldPlan,
        mut occurrences: Occurrences,
        place: &mut Place<'_>,
        depth: usize,
    ) {
        let mut list = List { len: 0 };
        let own = field.kind.wire();
        'all: while let Some(item) = self.next(&mut occurrences) {
            if item.wire == own {
                if !self.next_item(field, &mut list, place) {
                    break;
                }
                self.value(&field.kind, item.bits, item.span, depth);
                self.path.pop();
                continue;
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
                        self.problem(at, "the packed values end in the middle of one");
                        break;
                    }
                };
                if !self.next_item(field, &mut list, place) {
                    break 'all;
                }
                self.scalar(&field.kind, bits, Span::default());
                self.path.pop();
                at = next;
            }
        }
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
    fn map(
        &mut self,
        field: &'a FieldPlan,
        slot: Slot,
        mut occurrences: Occurrences,
        place: &mut Place<'_>,
        depth: usize,
    ) {
        let plan = self.plans.get(slot);
        let [key_plan, value_plan] = &*plan.fields else {
            return;
        };
        let quiet = std::mem::replace(&mut self.quiet, true);
        let mut entries = Vec::new();
        while let Some(entry) = self.next(&mut occurrences) {
            let scan = self.scan(plan, &[entry.span]);
            let key = self.last(self.of_number(plan, scan, 1));
            entries.push((map_key(&key_plan.kind, key), entry.span));
            self.end(scan);
        }
        self.quiet = quiet;
        // Stable: of equal keys the last on the wire stays last.
        entries.sort_by(|(a, _), (b, _)| self.compare(*a, *b));
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
        for (i, &(key, span)) in entries.iter().enumerate() {
            if let Some((next, _)) = entries.get(i + 1)
                && self.compare(key, *next).is_eq()
            {
                continue;
            }
            if !first && self.out.full() {
                break;
            }
            self.path.push(Step::Key(key));
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

    fn map_key(&mut self, key: MapKey) {
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

    fn compare(&self, a: MapKey, b: MapKey) -> std::cmp::Ordering {
        match (a, b) {
            (MapKey::Bool(a), MapKey::Bool(b)) => a.cmp(&b),
            (MapKey::Signed(a), MapKey::Signed(b)) => a.cmp(&b),
            (MapKey::Unsigned(a), MapKey::Unsigned(b)) => a.cmp(&b),
            (MapKey::Text(a), MapKey::Text(b)) => self.bytes(a).cmp(self.bytes(b)),
            // The keys of one map are of one kind.
            _ => std::cmp::Ordering::Equal,
        }
    }

    fn value(&mut self, kind: &'a Scalar, bits: u64, span: Span, depth: usize) {
        match kind {
            Scalar::Message(slot) | Scalar::Group(slot) => self.message(*slot, &[span], depth + 1),
            _ => self.scalar(kind, bits, span),
        }
    }

    pub(super) fn default_value(&mut self, kind: &Scalar) {
        let bits = match kind {
            // Sign-extended, as on the wire.
            Scalar::Enum(names) => i64::from(names.default) as u64,
            _ => 0,
        };
        self.scalar(kind, bits, Span::default());
    }

    /// Writes a value that is no message. Integers keep the low bits of what the wire holds, as
    /// protobuf says.
    pub(super) fn scalar(&mut self, kind: &Scalar, bits: u64, span: Span) {
        match kind {
            Scalar::Double => self.out.double(f64::from_bits(bits)),
            Scalar::Float => self.out.float(f32::from_bits(bits as u32)),
            Scalar::Int32 | Scalar::Sfixed32 => self.out.signed(i64::from(bits as i32)),
            Scalar::Sint32 => {
                let value = bits as u32;
                self.out
                    .signed(i64::from((value >> 1) as i32 ^ -((value & 1) as i32)));
            }
            Scalar::Uint32 | Scalar::Fixed32 => self.out.unsigned(u64::from(bits as u32)),
            Scalar::Int64 | Scalar::Sfixed64 => self.out.quoted_signed(bits as i64),
            Scalar::Sint64 => {
                self.out
                    .quoted_signed((bits >> 1) as i64 ^ -((bits & 1) as i64));
            }
            Scalar::Uint64 | Scalar::Fixed64 => self.out.quoted_unsigned(bits),
            Scalar::Bool => self.out.raw(if bits == 0 { "false" } else { "true" }),
            Scalar::String => self.text(span),
            Scalar::Bytes => self.out.base64(self.bytes(span)),
            Scalar::Enum(names) => match names.name(bits as i32) {
                Some(name) => self.out.raw(name),
                None => self.out.signed(i64::from(bits as i32)),
            },
            Scalar::Null | Scalar::Message(_) | Scalar::Group(_) => self.out.raw("null"),
        }
    }

    fn text(&mut self, span: Span) {
        if !self.out.string(self.bytes(span)) {
            self.problem(
                span.start,
                "the text is not UTF-8; bad bytes are shown as \u{fffd}",
            );
        }
    }

    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        self.wire.get(span.start..span.end).unwrap_or_default()
    }

    /// A field that the type does not have, or has with another wire type.
    #[cold]
    fn misfit(&mut self, plan: &'a Plan, known: Option<usize>, start: usize, field: &Field) {
        let (number, wire) = (field.number, field.wire.name());
        let value = match field.wire {
            WireType::Varint | WireType::Fixed32 | WireType::Fixed64 => field.bits.to_string(),
            WireType::Length | WireType::Group => {
                let all = self.bytes(field.span);
                let shown = all.get(..SHOWN_BYTES).unwrap_or(all);
                let hex: String = shown.iter().map(|byte| format!("{byte:02x}")).collect();
                let more = if shown.len() < all.len() { "…" } else { "" };
                format!("of {} bytes {hex}{more}", all.len())
            }
        };
        match known.map(|position| &plan.fields[position]) {
            None => {
                let what = format!("field {number} is not in `{}`: {wire} {value}", plan.name);
                self.problem(start, what);
            }
            Some(known) => {
                let wanted = known.kind.wire().name();
                self.path.push(Step::Name(&known.name));
                let what = format!("the wire type should be {wanted} and is {wire}: {value}");
                self.problem(start, what);
                self.path.pop();
            }
        }
    }

    #[cold]
    fn clipped(&mut self, known: &'a FieldPlan, start: usize, field: &Field) {
        self.path.push(Step::Name(&known.name));
        if field.wire == WireType::Group {
            self.problem(start, "the group has no end");
        } else {
            let (missing, there) = (field.missing, field.span.len());
            self.problem(
                start,
                format!("{missing} bytes are missing after the first {there}"),
            );
        }
        self.path.pop();
    }

    #[cold]
    fn fault(&mut self, at: usize, fault: Fault) {
        self.problem(at, fault);
    }

    /// Lists a problem of the value the path leads to.
    #[cold]
    pub(super) fn problem(&mut self, at: usize, what: impl fmt::Display) {
        if self.quiet {
            return;
        }
        if self.problems.len() >= MAX_PROBLEMS {
            self.more += 1;
            return;
        }
        let mut line = String::new();
        for step in &self.path {
            let dot = if line.is_empty() { "" } else { "." };
            line += &match step {
                Step::Name(name) => format!("{dot}{name}"),
                Step::Index(index) => format!("[{index}]"),
                Step::Key(MapKey::Bool(key)) => format!("{dot}{key}"),
                Step::Key(MapKey::Signed(key)) => format!("{dot}{key}"),
                Step::Key(MapKey::Unsigned(key)) => format!("{dot}{key}"),
                Step::Key(MapKey::Text(span)) => {
                    format!("{dot}{}", String::from_utf8_lossy(self.bytes(*span)))
                }
            };
        }
        if !line.is_empty() {
            line += ": ";
        }
        line += &format!("{what} (byte {at})");
        self.problems.push(line);
    }
}

/// Whether a value is its field's default, by its bits: -0.0 is none.
fn is_default(kind: &Scalar, field: &Field) -> bool {
    match kind {
        Scalar::String | Scalar::Bytes => field.span.len() == 0,
        Scalar::Enum(names) => field.bits as i32 == names.default,
        Scalar::Double
        | Scalar::Int64
        | Scalar::Uint64
        | Scalar::Sint64
        | Scalar::Fixed64
        | Scalar::Sfixed64
        | Scalar::Bool => field.bits == 0,
        Scalar::Float
        | Scalar::Int32
        | Scalar::Uint32
        | Scalar::Sint32
        | Scalar::Fixed32
        | Scalar::Sfixed32
        | Scalar::Null => field.bits as u32 == 0,
        Scalar::Message(_) | Scalar::Group(_) => false,
    }
}

fn map_key(kind: &Scalar, field: Option<Field>) -> MapKey {
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
