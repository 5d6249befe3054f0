//! One record of the wire format as it stands, whatever stands there: nothing is refused that still has an end.
//!
//! Where a strict parser stops at the first fault, this one takes a record with its faults as long as it can
//! be told where the next one begins. Only what has no end that could be found is left as a rest.
//! Invariant: a record lies inside `at..end` and is at least one byte long.

use std::ops::Range;

use super::problem::{Finding, Problem};

/// Deepest nesting of groups whose end is looked for.
const MAX_GROUPS: usize = 100;
/// Varints of more bytes have no end for us; ten hold 64 bits.
const MAX_VARINT: usize = 64;
/// The greatest field number.
const MAX_NUMBER: u64 = (1 << 29) - 1;
/// Numbers that protobuf keeps for itself.
const RESERVED: std::ops::RangeInclusive<u64> = 19_000..=19_999;

/// A record: its tag, what lies between tag and value, its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes of the tag; the record begins with them.
    pub tag: Range<usize>,
    /// The field number in the tag, valid or not.
    pub number: u64,
    /// The wire type in the tag, 0 to 5.
    pub wire: u8,
    /// The bytes of the length of a length-delimited value; else empty.
    pub length: Range<usize>,
    /// The bytes of the value: what follows the length, what stands in the group, or the number itself.
    pub payload: Range<usize>,
    /// The bytes of the tag that ends a group; else empty.
    pub end_tag: Range<usize>,
    /// The number of a varint or fixed value, the length of a length-delimited one.
    pub bits: u64,
    /// What is wrong with its form. What the schema says of it is not looked at here.
    pub findings: Vec<Finding>,
}

impl Record {
    /// All of its bytes.
    pub fn range(&self) -> Range<usize> {
        self.tag.start..self.payload.end.max(self.end_tag.end)
    }
}

/// A varint that may be longer than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Varint {
    /// Its low 64 bits.
    pub(super) value: u64,
    /// Where the next byte stands.
    pub(super) next: usize,
    /// It holds more than 64 bits.
    pub(super) overflow: bool,
}

impl Varint {
    /// Reads the one at `at`; `None` when it has no end below `end`.
    #[inline]
    pub(super) fn read(bytes: &[u8], at: usize, end: usize) -> Option<Self> {
        let rest = bytes.get(at..end)?;
        let mut value = 0_u64;
        let mut overflow = false;
        for (count, &byte) in rest.iter().take(MAX_VARINT).enumerate() {
            let bits = u64::from(byte & 0x7f);
            match count {
                0..9 => value |= bits << (count * 7),
                9 => {
                    value |= bits << 63;
                    overflow |= bits > 1;
                }
                _ => overflow |= bits != 0,
            }
            if byte < 0x80 {
                overflow |= count > 9;
                return Some(Self {
                    value,
                    next: at + count + 1,
                    overflow,
                });
            }
        }
        None
    }

    /// What is odd about one that stands at `at`.
    pub(super) fn finding(self, at: usize) -> Option<Finding> {
        let bytes = self.next - at;
        let needed = needed_bytes(self.value);
        let problem = if self.overflow {
            Problem::VarintOverflow
        } else if bytes > needed {
            Problem::LongVarint { bytes, needed }
        } else {
            return None;
        };
        Some(Finding::new(at..self.next, problem))
    }
}

/// How many bytes a varint of this value needs.
pub(super) fn needed_bytes(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    bits.max(1).div_ceil(7) as usize
}

/// Where a group's content ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupEnd {
    /// The end of its content; the end tag begins here.
    pub(super) body: usize,
    /// Where the next record begins.
    pub(super) next: usize,
    pub(super) fault: Option<GroupFault>,
}

/// What is wrong with the end of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupFault {
    /// There is none.
    Open,
    /// It ends another one.
    Mismatch(u64),
    /// Too deep to look.
    Deep,
}

/// Reads the record at `at`. A `known` end of a group saves looking for it again.
///
/// # Errors
/// Why the bytes from `at` to `end` are no record and must stay a rest.
pub(super) fn read(
    bytes: &[u8],
    at: usize,
    end: usize,
    known: Option<GroupEnd>,
) -> Result<Record, Problem> {
    let tag = Varint::read(bytes, at, end).ok_or(Problem::CutTag)?;
    let (number, wire) = (tag.value >> 3, (tag.value & 7) as u8);
    let value = tag.next;
    let nothing = value..value;
    let mut record = Record {
        tag: at..value,
        number,
        wire,
        length: nothing.clone(),
        payload: nothing.clone(),
        end_tag: nothing,
        bits: 0,
        findings: Vec::new(),
    };
    let cut = || Problem::CutValue { number, wire };
    match wire {
        0 => {
            let varint = Varint::read(bytes, value, end).ok_or_else(cut)?;
            record.payload = value..varint.next;
            record.bits = varint.value;
            record.findings.extend(varint.finding(value));
        }
        1 => {
            let fixed = bytes
                .get(value..end)
                .and_then(|rest| rest.first_chunk::<8>());
            record.bits = u64::from_le_bytes(*fixed.ok_or_else(cut)?);
            record.payload = value..value + 8;
        }
        5 => {
            let fixed = bytes
                .get(value..end)
                .and_then(|rest| rest.first_chunk::<4>());
            record.bits = u64::from(u32::from_le_bytes(*fixed.ok_or_else(cut)?));
            record.payload = value..value + 4;
        }
        2 => {
            let len = Varint::read(bytes, value, end).ok_or_else(cut)?;
            record.length = value..len.next;
            record.bits = len.value;
            record.findings.extend(len.finding(value));
            let there = end - len.next;
            let stop = usize::try_from(len.value).map_or(there, |len| len.min(there));
            record.payload = len.next..len.next + stop;
            if len.value > stop as u64 {
                let missing = len.value - stop as u64;
                let what = Problem::Missing {
                    missing,
                    there: stop,
                };
                record.findings.push(Finding::new(at..end, what));
            }
        }
        3 => {
            let group = known.unwrap_or_else(|| group_end(bytes, number, value, end));
            record.payload = value..group.body;
            record.end_tag = group.body..group.next;
            let problem = group.fault.map(|fault| match fault {
                GroupFault::Open => Problem::GroupOpen(number),
                GroupFault::Mismatch(closed) => Problem::GroupMismatch {
                    opened: number,
                    closed,
                },
                GroupFault::Deep => Problem::GroupDepth,
            });
            let marked = if group.body < group.next {
                group.body..group.next
            } else {
                at..value
            };
            let finding = problem.map(|problem| Finding::new(marked, problem));
            record.findings.extend(finding);
        }
        4 => {
            let what = Problem::StrayEnd(number);
            record.findings.push(Finding::new(at..value, what));
        }
        other => return Err(Problem::WireType(other)),
    }
    tag_findings(&mut record, tag);
    Ok(record)
}

/// What is wrong with a tag whose wire type exists.
fn tag_findings(record: &mut Record, tag: Varint) {
    let range = record.tag.clone();
    let mut found = |problem| record.findings.push(Finding::new(range.clone(), problem));
    let (bytes, needed) = (range.len(), needed_bytes(tag.value));
    if tag.overflow {
        found(Problem::VarintOverflow);
    } else if bytes > needed {
        found(Problem::LongTag { bytes, needed });
    }
    match record.number {
        0 => found(Problem::NumberZero),
        number if number > MAX_NUMBER => found(Problem::NumberTooLarge(number)),
        number if RESERVED.contains(&number) => found(Problem::NumberReserved(number)),
        _ => {}
    }
}

/// The number of the group that the record at `at` begins, and where its content does; `None` of another record.
pub(super) fn opens_group(bytes: &[u8], at: usize, end: usize) -> Option<(u64, usize)> {
    let tag = Varint::read(bytes, at, end)?;
    (tag.value & 7 == 3).then_some((tag.value >> 3, tag.next))
}

/// Finds the end of a group whose content begins at `start`; the groups inside it stand on a bounded stack.
pub(super) fn group_end(bytes: &[u8], number: u64, start: usize, end: usize) -> GroupEnd {
    let open = GroupEnd {
        body: end,
        next: end,
        fault: Some(GroupFault::Open),
    };
    group_end_while(bytes, number, start, end, || true).unwrap_or(open)
}

/// As [`group_end`]; `goes_on` is asked before each record of the content, and with `false` there is no answer.
pub(super) fn group_end_while(
    bytes: &[u8],
    number: u64,
    start: usize,
    end: usize,
    mut goes_on: impl FnMut() -> bool,
) -> Option<GroupEnd> {
    let open_end = |fault| GroupEnd {
        body: end,
        next: end,
        fault: Some(fault),
    };
    let mut open = vec![number];
    let mut at = start;
    while at < end {
        if !goes_on() {
            return None;
        }
        let Some(tag) = Varint::read(bytes, at, end) else {
            break;
        };
        let (inner, value) = (tag.value >> 3, tag.next);
        let next = match tag.value & 7 {
            0 => Varint::read(bytes, value, end).map(|it| it.next),
            1 => value.checked_add(8),
            5 => value.checked_add(4),
            2 => Varint::read(bytes, value, end)
                .and_then(|len| len.next.checked_add(usize::try_from(len.value).ok()?)),
            3 if open.len() > MAX_GROUPS => return Some(open_end(GroupFault::Deep)),
            3 => {
                open.push(inner);
                Some(value)
            }
            4 => {
                let opened = open.pop();
                if open.is_empty() {
                    return Some(GroupEnd {
                        body: at,
                        next: value,
                        fault: (opened != Some(inner)).then_some(GroupFault::Mismatch(inner)),
                    });
                }
                Some(value)
            }
            _ => None,
        };
        match next {
            Some(next) if next <= end => at = next,
            _ => break,
        }
    }
    Some(open_end(GroupFault::Open))
}
