//! What in the bytes is not as the schema says, with the path that leads to it.

use std::fmt;

use super::{
    collection::MapKey,
    plan::{FieldPlan, Plan},
    walk::Walker,
    wire::{Fault, Field, WireType},
};

/// Problems listed one by one; the rest is counted.
const MAX_PROBLEMS: usize = 100;
/// Bytes of an unknown field shown in its problem.
const SHOWN_BYTES: usize = 16;

/// How grave a problem is: what other programs make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A field that the type does not have, or has with another wire type. Parsers keep it as unknown.
    Unknown,
    /// A value that ProtoJSON has no form for, as a time out of range or an `Any` of a type that is not
    /// in the schema. Parsers take the bytes; who prints JSON refuses.
    NoJson,
    /// Bytes that parsers refuse: cut short, nested too deep, text that is not UTF-8 (in proto2 some let it
    /// pass). What is wrong in a value that a later one replaces is not seen.
    Malformed,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Problems {
    lines: Vec<String>,
    /// The gravest, of those beyond the lines too.
    pub(super) worst: Option<Severity>,
    /// Those beyond the lines.
    more: usize,
    /// While set nothing is added: the same bytes are read again.
    pub(super) quiet: bool,
    /// Inside an `Any`, whose value is bytes to a parser: nothing there is malformed for it.
    pub(super) in_any: bool,
}

/// What was found up to a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    lines: usize,
    more: usize,
    worst: Option<Severity>,
    quiet: bool,
    in_any: bool,
}

impl Problems {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            lines: self.lines.len(),
            more: self.more,
            worst: self.worst,
            quiet: self.quiet,
            in_any: self.in_any,
        }
    }

    /// Forgets what was found since.
    pub(super) fn reset(&mut self, mark: Mark) {
        self.lines.truncate(mark.lines);
        self.more = mark.more;
        self.worst = mark.worst;
        self.quiet = mark.quiet;
        self.in_any = mark.in_any;
    }

    pub(super) fn finish(self) -> Vec<String> {
        let mut lines = self.lines;
        if self.more > 0 {
            lines.push(format!("… and {} more", self.more));
        }
        lines
    }
}

/// One step of a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index(usize),
    Key(MapKey),
}

impl<'a> Walker<'a> {
    /// A field that the type does not have, or has with another wire type.
    #[cold]
    pub(super) fn misfit(
        &mut self,
        plan: &'a Plan,
        known: Option<usize>,
        start: usize,
        field: &Field,
    ) {
        if self.problems.quiet {
            return;
        }
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
                self.problem(Severity::Unknown, start, what);
            }
            Some(known) => {
                let wanted = known.kind.wire().name();
                self.path.push(Step::Name(&known.name));
                let what = format!("the wire type should be {wanted} and is {wire}: {value}");
                self.problem(Severity::Unknown, start, what);
                self.path.pop();
            }
        }
        if field.missing > 0 {
            self.missing(start, field);
        }
    }

    #[cold]
    pub(super) fn clipped(&mut self, known: &'a FieldPlan, start: usize, field: &Field) {
        self.path.push(Step::Name(&known.name));
        self.missing(start, field);
        self.path.pop();
    }

    pub(super) fn missing(&mut self, start: usize, field: &Field) {
        let what = if field.wire == WireType::Group {
            "the group has no end".to_owned()
        } else {
            let (missing, there) = (field.missing, field.span.len());
            format!("{missing} bytes are missing after the first {there}")
        };
        self.problem(Severity::Malformed, start, what);
    }

    #[cold]
    pub(super) fn fault(&mut self, at: usize, fault: Fault) {
        self.problem(Severity::Malformed, at, fault);
    }

    /// Lists a problem of the value the path leads to.
    #[cold]
    pub(super) fn problem(&mut self, severity: Severity, at: usize, what: impl fmt::Display) {
        if self.problems.quiet {
            return;
        }
        let severity = match severity {
            Severity::Malformed if self.problems.in_any => Severity::NoJson,
            other => other,
        };
        self.problems.worst = self.problems.worst.max(Some(severity));
        if self.problems.lines.len() >= MAX_PROBLEMS {
            self.problems.more += 1;
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
        self.problems.lines.push(line);
    }
}
