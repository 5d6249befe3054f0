//! Notes where each field of one message stands, as the walk to JSON does, in notes that may be kept:
//! twenty bytes a run of neighbouring occurrences.

use std::{ops::Range, sync::Arc};

use super::{
    super::{
        plan::{FieldPlan, Plan},
        wire::{self, Field, Span, WireType},
    },
    look::Look,
};

/// Neighbouring occurrences of one field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) position: u32,
    start: u32,
    /// Where the last of them starts.
    last: u32,
    end: u32,
    count: u32,
}

/// What a shallow scan found.
pub(super) struct Scan {
    /// Sorted by position; those of one field in the order of the wire.
    pub(super) runs: Arc<[Run]>,
    /// Which arm of each oneof stands last, and from where on it counts.
    arms: Vec<(u32, u32)>,
    /// Fields that have no place in the type, and places where the bytes could not be read.
    pub(super) strays: u32,
}

/// The occurrences of one field.
#[derive(Debug, Clone)]
pub(super) struct Occurrences {
    runs: Arc<[Run]>,
    range: Range<u32>,
    /// What stands before was replaced by another arm of the oneof.
    from: u32,
}

/// A place among occurrences.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    run: u32,
    at: u32,
    /// The next value of packed ones; 0 before the first.
    inner: u32,
}

/// Offsets of a message fit: the wire has 32 bits for its length, and [`super::LazyMessage`] cuts there.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl<'a> Look<'a> {
    /// Scans a message that stands in one or more pieces.
    pub(super) fn scan(&self, plan: &Plan, body: &[Span]) -> Scan {
        let mut runs = Vec::new();
        let mut arms = vec![(u32::MAX, 0); plan.oneofs];
        let mut strays = 0_u32;
        let mut sorted = true;
        for span in body {
            let mut at = span.start;
            let mut joined = false;
            while at < span.end {
                let Ok(field) = wire::field(self.wire, at, span.end) else {
                    strays = strays.saturating_add(1);
                    break;
                };
                let start = std::mem::replace(&mut at, field.next);
                let position = match plan.position(field.number) {
                    Some(position) if takes(plan, position, field.wire) => offset(position),
                    None if plan.message_set && is_item(&field) => {
                        self.message_set_item(plan, &field, &mut runs, &mut strays);
                        (joined, sorted) = (false, false);
                        continue;
                    }
                    _ => {
                        strays = strays.saturating_add(1);
                        joined = false;
                        continue;
                    }
                };
                let oneof = plan.fields.get(position as usize).and_then(|it| it.oneof);
                if let Some(arm) = oneof.and_then(|oneof| arms.get_mut(oneof as usize))
                    && arm.0 != position
                {
                    *arm = (position, offset(start));
                }
                sorted &= note(&mut runs, joined, position, start, &field);
                joined = true;
            }
        }
        if !sorted {
            // Stable: occurrences of one field stay in wire order.
            runs.sort_by_key(|run| run.position);
        }
        Scan {
            runs: runs.into(),
            arms,
            strays,
        }
    }

    #[cold]
    fn message_set_item(&self, plan: &Plan, item: &Field, runs: &mut Vec<Run>, strays: &mut u32) {
        let (mut type_id, mut messages) = (0, Vec::new());
        let mut at = item.span.start;
        while at < item.span.end {
            let Ok(part) = wire::field(self.wire, at, item.span.end) else {
                *strays = strays.saturating_add(1);
                break;
            };
            match (part.number, part.wire) {
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "as protobuf reads a 32-bit field"
                )]
                (2, WireType::Varint) => type_id = part.bits as u32,
                (3, WireType::Length) => messages.push((at, part)),
                _ => *strays = strays.saturating_add(1),
            }
            at = part.next;
        }
        let position = plan.position(type_id);
        for (start, message) in messages {
            match position {
                Some(position) if takes(plan, position, message.wire) => {
                    note(runs, false, offset(position), start, &message);
                }
                _ => *strays = strays.saturating_add(1),
            }
        }
    }

    /// The field of an occurrence; the scan has seen that it reads.
    fn field_at(&self, at: u32, end: u32) -> Option<Field> {
        wire::field(self.wire, at as usize, end as usize).ok()
    }

    /// The first occurrence.
    pub(super) fn first(&self, of: &Occurrences) -> Option<Field> {
        self.next_field(of, &mut Cursor::default())
    }

    /// The last occurrence, which counts for a single value.
    pub(super) fn last(&self, of: &Occurrences) -> Option<Field> {
        let run = of.runs().last()?;
        if of.from >= run.end {
            return None;
        }
        self.field_at(run.last, run.end)
    }

    /// The occurrence after a cursor.
    pub(super) fn next_field(&self, of: &Occurrences, cursor: &mut Cursor) -> Option<Field> {
        let runs = of.runs();
        while let Some(run) = runs.get(cursor.run as usize) {
            let at = cursor.at.max(run.start).max(of.from);
            if at < run.end
                && let Some(field) = self.field_at(at, run.end)
            {
                cursor.at = offset(field.next);
                return Some(field);
            }
            cursor.run += 1;
        }
        None
    }

    /// The next value of a list: its bits and the span of its content.
    pub(super) fn next_item(
        &self,
        of: &Occurrences,
        own: WireType,
        cursor: &mut Cursor,
    ) -> Option<(u64, Span)> {
        let runs = of.runs();
        loop {
            let run = runs.get(cursor.run as usize)?;
            let at = cursor.at.max(run.start);
            let field = if at < run.end {
                self.field_at(at, run.end)
            } else {
                None
            };
            let Some(field) = field else {
                *cursor = Cursor {
                    run: cursor.run + 1,
                    ..Cursor::default()
                };
                continue;
            };
            if field.wire == own {
                cursor.at = offset(field.next);
                return Some((field.bits, field.span));
            }
            let from = match cursor.inner {
                0 => field.span.start,
                inner => inner as usize,
            };
            cursor.at = at;
            let read = if from < field.span.end {
                self.packed(own, from, field.span.end)
            } else {
                None
            };
            let Some((bits, next)) = read else {
                (cursor.at, cursor.inner) = (offset(field.next), 0);
                continue;
            };
            cursor.inner = offset(next);
            return Some((
                bits,
                Span {
                    start: from,
                    end: next,
                },
            ));
        }
    }

    fn packed(&self, own: WireType, at: usize, end: usize) -> Option<(u64, usize)> {
        let read = match own {
            WireType::Fixed32 => wire::fixed32(self.wire, at, end),
            WireType::Fixed64 => wire::fixed64(self.wire, at, end),
            _ => wire::varint(self.wire, at, end),
        };
        read.ok()
    }
}

fn takes(plan: &Plan, position: usize, wire: WireType) -> bool {
    plan.fields.get(position).is_some_and(|it| it.takes(wire))
}

/// Whether a field of a message set is an item of it.
fn is_item(field: &Field) -> bool {
    field.number == 1 && field.wire == WireType::Group
}

/// Notes an occurrence; `false` when it stands before what was noted.
fn note(runs: &mut Vec<Run>, joined: bool, position: u32, start: usize, field: &Field) -> bool {
    let (start, end) = (offset(start), offset(field.next));
    match runs.last_mut() {
        Some(run) if joined && run.position == position => {
            run.last = start;
            run.end = end;
            run.count += 1;
            true
        }
        last => {
            let sorted = last.is_none_or(|run| run.position <= position);
            runs.push(Run {
                position,
                start,
                last: start,
                end,
                count: 1,
            });
            sorted
        }
    }
}

impl Scan {
    /// The occurrences of the field in a position.
    pub(super) fn of(&self, position: usize, field: &FieldPlan) -> Occurrences {
        let position = offset(position);
        let start = self.runs.partition_point(|run| run.position < position);
        let end = self.runs.partition_point(|run| run.position <= position);
        self.occurrences(offset(start)..offset(end), position, field)
    }

    pub(super) fn occurrences(
        &self,
        range: Range<u32>,
        position: u32,
        field: &FieldPlan,
    ) -> Occurrences {
        let from = match field.oneof {
            None => 0,
            Some(oneof) => match self.arms.get(oneof as usize) {
                Some((arm, from)) if *arm == position => *from,
                _ => u32::MAX,
            },
        };
        Occurrences {
            runs: Arc::clone(&self.runs),
            range,
            from,
        }
    }
}

impl Occurrences {
    fn runs(&self) -> &[Run] {
        let range = self.range.start as usize..self.range.end as usize;
        self.runs.get(range).unwrap_or_default()
    }

    /// How often the field stands on the wire; packed values count as one.
    pub(super) fn count(&self) -> usize {
        self.runs().iter().map(|run| run.count as usize).sum()
    }

    /// Bytes from key to end, all together.
    pub(super) fn bytes(&self) -> usize {
        let len = |run: &Run| (run.end - run.start) as usize;
        self.runs().iter().map(len).sum()
    }

    /// From the first byte to the last; what stands between may be others'.
    pub(super) fn span(&self) -> Span {
        let runs = self.runs();
        Span {
            start: runs.first().map_or(0, |run| run.start as usize),
            end: runs.last().map_or(0, |run| run.end as usize),
        }
    }
}
