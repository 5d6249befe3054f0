//! Everything that is wrong in a message, from its first byte to its last.

use std::{collections::HashMap, ops::Range};

use super::{
    Level, LevelKey, MAX_DEPTH, Reading, WireTree,
    level::Layout,
    problem::{Finding, Problem, Weight},
    record,
    shape::Show,
};

/// Problems that are listed.
const MAX_FINDINGS: usize = 1000;
/// Records that are looked at, so that a hostile message ends, too.
const MAX_RECORDS: usize = 8_000_000;
/// Records between two looks whether anybody still waits.
const BETWEEN_ASKING: usize = 4096;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The first thousand, in the order of the bytes.
    pub findings: Vec<Finding>,
    /// There are more, or not all of the message was looked at.
    pub more: bool,
}

impl Survey {
    /// The gravest of what was found.
    pub fn worst(&self) -> Option<Weight> {
        self.findings.iter().map(|it| it.problem.weight()).max()
    }

    /// The first problem that begins behind a byte, else the first of all.
    pub fn after(&self, offset: Option<usize>) -> Option<&Finding> {
        let next = self
            .findings
            .iter()
            .find(|it| offset.is_none_or(|offset| it.range.start > offset));
        next.or_else(|| self.findings.first())
    }

    /// The last problem that begins before a byte, else the last of all.
    pub fn before(&self, offset: Option<usize>) -> Option<&Finding> {
        let mut before = self.findings.iter().rev();
        let last = before.clone().next();
        let found = before.find(|it| offset.is_none_or(|offset| it.range.start < offset));
        found.or(last)
    }
}

/// What a look may cost, and whether anybody still waits for it.
struct Allowance<'g> {
    left: usize,
    goes_on: &'g dyn Fn() -> bool,
    stopped: bool,
}

impl Allowance<'_> {
    /// Pays for a record, one that is passed over, too; `false` when there is nothing left to pay with.
    fn pay(&mut self) -> bool {
        if (MAX_RECORDS - self.left).is_multiple_of(BETWEEN_ASKING) && !(self.goes_on)() {
            self.stopped = true;
            self.left = 0;
        }
        let some = self.left > 0;
        self.left = self.left.saturating_sub(1);
        some
    }
}

/// Looks through all levels, as long as `goes_on` says so; else `None`. Guessed messages are left out: what looks
/// odd there is the guess.
pub(super) fn survey(tree: &WireTree, goes_on: &dyn Fn() -> bool) -> Option<Survey> {
    let mut found = Survey::default();
    let mut left = Allowance {
        left: MAX_RECORDS,
        goes_on,
        stopped: false,
    };
    look(tree, tree.root(), 0, &mut left, &mut found);
    if left.stopped {
        return None;
    }
    if found.findings.len() > MAX_FINDINGS {
        found.findings.truncate(MAX_FINDINGS);
        found.more = true;
    }
    // What a record is said to lack stands before what is found inside it.
    found.findings.sort_by_key(|it| it.range.start);
    Some(found)
}

fn look(
    tree: &WireTree,
    key: LevelKey,
    depth: usize,
    left: &mut Allowance<'_>,
    found: &mut Survey,
) {
    if depth > MAX_DEPTH {
        found
            .findings
            .push(Finding::new(key.range(), Problem::Depth));
        return;
    }
    let bytes = tree.bytes();
    let body = key.range();
    // The index is for those who look at a part of a level; here each record is read once.
    let level = Level::unread(body.clone(), Layout::Records);
    let mut at = body.start;
    while at < body.end {
        if found.findings.len() > MAX_FINDINGS || !left.pay() {
            found.more = true;
            return;
        }
        let mut group = None;
        if let Some((number, content)) = record::opens_group(bytes, at, body.end) {
            // Each level goes through all that is below it once more.
            group = record::group_end_while(bytes, number, content, body.end, || left.pay());
            if group.is_none() {
                found.more = true;
                return;
            }
        }
        let record = match record::read(bytes, at, body.end, group) {
            Ok(record) => record,
            Err(problem) => {
                found.findings.push(Finding::new(at..body.end, problem));
                return;
            }
        };
        at = record.range().end;
        let shape = tree.shape(key, &level, &record, &HashMap::new());
        found.findings.extend(record.findings.iter().cloned());
        let all = record.payload.len();
        tree.schema_findings(key, &shape, &record, all, &mut found.findings);
        if let Show::Below(reading) = shape.show
            && !shape.guessed
        {
            let below = LevelKey {
                start: record.payload.start,
                end: record.payload.end,
                reading,
            };
            match reading {
                Reading::Message(_) => look(tree, below, depth + 1, left, found),
                Reading::Packed(..) => look_packed(bytes, below, left, found),
            }
        }
    }
}

/// Packed values: only whether they end where they should.
fn look_packed(bytes: &[u8], key: LevelKey, left: &mut Allowance<'_>, found: &mut Survey) {
    let Range { start, end } = key.range();
    let Reading::Packed(number, _) = key.reading else {
        return;
    };
    let width = match number {
        super::Number::Fixed32(_) => 4,
        super::Number::Fixed64(_) => 8,
        super::Number::Varint(_) => {
            let mut at = start;
            while at < end && left.pay() {
                let Some(varint) = record::Varint::read(bytes, at, end) else {
                    let rest = Finding::new(at..end, Problem::PackedRest);
                    found.findings.push(rest);
                    return;
                };
                found.findings.extend(varint.finding(at));
                if found.findings.len() > MAX_FINDINGS {
                    return;
                }
                at = varint.next;
            }
            return;
        }
    };
    let over = (end - start) % width;
    if over > 0 {
        let rest = Finding::new(end - over..end, Problem::PackedRest);
        found.findings.push(rest);
    }
}
