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

/// What was found so far.
#[derive(Default)]
pub(super) struct Problems {
    lines: Vec<String>,
    /// Those beyond the lines.
    more: usize,
    /// While set nothing is added: the same bytes are read again.
    pub(super) quiet: bool,
}

impl Problems {
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
    pub(super) fn clipped(&mut self, known: &'a FieldPlan, start: usize, field: &Field) {
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
    pub(super) fn fault(&mut self, at: usize, fault: Fault) {
        self.problem(at, fault);
    }

    /// Lists a problem of the value the path leads to.
    #[cold]
    pub(super) fn problem(&mut self, at: usize, what: impl fmt::Display) {
        if self.problems.quiet {
            return;
        }
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
