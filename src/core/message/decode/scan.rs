//! Notes where each field of a message stands, and finds the occurrences again.

use super::{
    plan::{FieldPlan, Plan},
    walk::Walker,
    wire::{self, Field, Span, WireType},
};

/// Neighbouring occurrences of one field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) position: u32,
    /// Whether there is but one, which then need not be read again.
    pub(super) single: bool,
    pub(super) start: usize,
    /// The last of them; the run ends where it does.
    pub(super) last: Field,
}

/// Which arm of a oneof stands last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arm {
    pub(super) position: u32,
    /// Where it was set after another arm; what it held before that is gone.
    pub(super) from: usize,
}

/// A message that was scanned: where its notes begin on the walker's stacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan {
    pub(super) runs: usize,
    pub(super) arms: usize,
}

/// The occurrences of one field, in wire order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrences {
    pub(super) run: usize,
    pub(super) end: usize,
    pub(super) at: usize,
}

impl<'a> Walker<'a> {
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
                    None if plan.message_set && is_item(&field) => {
                        self.message_set_item(plan, start, &field, &mut left);
                        (joined, sorted) = (false, false);
                        continue;
                    }
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

    /// Notes the extension in an item of a message set. Its two fields stand in any order.
    #[cold]
    fn message_set_item(&mut self, plan: &'a Plan, start: usize, item: &Field, left: &mut usize) {
        if item.missing > 0 {
            self.missing(start, item);
        }
        let (mut type_id, mut messages) = (0, Vec::new());
        let mut at = item.span.start;
        while at < item.span.end {
            if *left == 0 {
                // Without its type, which may follow, there is nothing to show.
                return self.out.set_cut();
            }
            *left -= 1;
            let part = match wire::field(self.wire, at, item.span.end) {
                Ok(part) => part,
                Err(fault) => {
                    self.fault(at, fault);
                    break;
                }
            };
            match (part.number, part.wire) {
                (2, WireType::Varint) => type_id = part.bits as u32,
                (3, WireType::Length) => messages.push((at, part)),
                _ => self.misfit(plan, None, at, &part),
            }
            at = part.next;
        }
        let position = plan.position(type_id);
        for (start, mut message) in messages {
            message.number = type_id;
            match position {
                Some(position) if plan.fields[position].takes(message.wire) => {
                    self.runs.push(Run {
                        position: position as u32,
                        single: true,
                        start,
                        last: message,
                    });
                }
                known => self.misfit(plan, known, start, &message),
            }
        }
    }

    /// Forgets a scan and those after it.
    pub(super) fn end(&mut self, scan: Scan) {
        self.runs.truncate(scan.runs);
        self.arms.truncate(scan.arms);
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

    /// From where occurrences of a field count: beyond the end when another arm was set later.
    pub(super) fn arm_start(&self, field: &FieldPlan, position: usize, scan: Scan) -> usize {
        match field.oneof {
            None => 0,
            Some(oneof) => match self.arms.get(scan.arms + oneof as usize) {
                Some(arm) if arm.position as usize == position => arm.from,
                _ => usize::MAX,
            },
        }
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
}

/// Whether a field of a message set is an item of it.
fn is_item(field: &Field) -> bool {
    field.number == 1 && field.wire == WireType::Group
}
