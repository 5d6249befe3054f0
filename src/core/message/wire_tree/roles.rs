//! What the bytes in view are for, as far as levels are read.

use std::ops::Range;

use super::{
    LevelKey, MAX_DEPTH, Part, Role, WireView,
    level::{Layout, Level},
    shape::Show,
};

/// Bytes of one use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSpan {
    /// Which.
    pub range: Range<usize>,
    /// What they are for.
    pub role: Role,
    /// They are a text.
    pub is_text: bool,
    /// They are a message or values that are not looked into.
    pub is_closed: bool,
}

impl WireView {
    /// The uses of the bytes of a range, in order. Takes time in proportion to the range.
    pub fn roles(&self, range: Range<usize>) -> Vec<RoleSpan> {
        let mut spans = Vec::new();
        self.add_roles(self.tree().root(), &range, 0, &mut spans);
        spans
    }

    fn add_roles(
        &self,
        key: LevelKey,
        wanted: &Range<usize>,
        depth: usize,
        out: &mut Vec<RoleSpan>,
    ) {
        let span = |range, role| RoleSpan {
            range,
            role,
            is_text: false,
            is_closed: false,
        };
        let level = match self.tree().level(key) {
            Some(level) if depth <= MAX_DEPTH => level,
            _ => {
                out.push(RoleSpan {
                    is_closed: true,
                    ..span(key.range(), Role::Value)
                });
                return;
            }
        };
        let bytes = self.tree().bytes();
        let from = wanted.start.max(key.range().start);
        let mut at = level.item_at(bytes, from).map(|(_, at)| at);
        while let Some(start) = at.filter(|at| *at < wanted.end.min(level.items_end())) {
            let end = match level.layout() {
                Layout::Records => self.record_roles(key, &level, start, wanted, depth, out),
                Layout::Varints | Layout::Fixed(_) => {
                    let item = level.item_at(bytes, start).map(|(item, _)| item);
                    let range = item.map(|item| level.items_range(bytes, item..item + 1));
                    let end = range.map_or(key.range().end, |range| range.end);
                    out.push(span(start..end, Role::Value));
                    Some(end)
                }
            };
            at = end;
        }
        if let Some((rest, _)) = level.rest()
            && rest.start < wanted.end
            && rest.end > wanted.start
        {
            out.push(span(rest, Role::Rest));
        }
    }

    /// Adds the uses of a record's bytes; gives where it ends.
    fn record_roles(
        &self,
        key: LevelKey,
        level: &Level,
        at: usize,
        wanted: &Range<usize>,
        depth: usize,
        out: &mut Vec<RoleSpan>,
    ) -> Option<usize> {
        let record = level.record(self.tree().bytes(), at)?;
        let end = record.range().end;
        let shape = self.shape_of(key, level, &record);
        for (role, range) in super::describe::parts(&record) {
            match (&shape.show, role) {
                (Show::Below(reading), Role::Value) => {
                    let below = LevelKey {
                        start: range.start,
                        end: range.end,
                        reading: *reading,
                    };
                    if range.start < wanted.end && range.end > wanted.start {
                        self.add_roles(below, wanted, depth + 1, out);
                    }
                }
                (show, role) => out.push(RoleSpan {
                    is_text: matches!(show, Show::Text) && role == Role::Value,
                    range,
                    role,
                    is_closed: false,
                }),
            }
        }
        Some(end)
    }

    /// The nodes around a byte that are fields, values or rests, without the groups of many in between.
    pub fn fields_at(&self, offset: usize) -> Vec<super::NodeKey> {
        let (mut path, _) = self.path_at(offset);
        path.retain(|node| matches!(node.part, Part::Item(_) | Part::Rest));
        path
    }
}
