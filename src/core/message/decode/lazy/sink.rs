//! Gives the rows of levels one after another, from any of them on.

use super::{
    container::{Container, Key},
    level::{Folds, Level, State},
    row::{At, Row, Scribe},
    value::{Node, Raw},
};

/// Takes rows one after another.
pub(super) struct Sink<'s> {
    pub(super) scribe: Scribe<'s>,
    pub(super) left: u64,
    pub(super) limit: usize,
    pub(super) path: Vec<u32>,
    pub(super) take: &'s mut dyn FnMut(Row),
}

impl Sink<'_> {
    fn give(&mut self, make: impl FnOnce(&Scribe<'_>, &At<'_>) -> Row, comma: bool) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let at = At {
            depth: self.path.len(),
            comma,
            path: &self.path,
            limit: self.limit,
        };
        (self.take)(make(&self.scribe, &at));
    }

    pub(super) fn closed(&mut self, key: Key, node: &Node, comma: bool) {
        self.give(|scribe, at| scribe.closed(key, node, at), comma);
    }

    /// The rows of something open, from one of them on.
    pub(super) fn open(&mut self, key: Key, level: &Level, from: u64, comma: bool) {
        if from == 0 {
            self.give(|scribe, at| scribe.open(key, &level.inner, at), comma);
        }
        if level.is_empty() {
            return;
        }
        self.children(level, from.saturating_sub(1));
        if self.scribe.look.is_json() {
            self.give(|scribe, at| scribe.end(&level.inner, at), comma);
        }
    }

    fn children(&mut self, level: &Level, from: u64) {
        let look = self.scribe.look;
        let Some((first, mut inside)) = level.find(&look, from) else {
            return;
        };
        let len = level.inner.len();
        for at in first..len {
            if self.left == 0 {
                return;
            }
            let comma = at + 1 < len;
            let key = level.inner.key(&look, at);
            self.path.push(super::scan::offset(at));
            match level.state(at) {
                State::Open(inner) => self.open(key, inner, inside, comma),
                State::Closed => {
                    if let Some(node) = level.closed_node(&look, at) {
                        self.closed(key, &node, comma);
                    }
                }
                State::All => {
                    if let Some(raw) = level.inner.child(&look, at) {
                        self.all(key, raw, inside, comma);
                    }
                }
            }
            self.path.pop();
            inside = 0;
        }
    }

    pub(super) fn all(&mut self, key: Key, raw: Raw, inside: u64, comma: bool) {
        let look = self.scribe.look;
        let node = look.node(raw, false);
        if !node.opens() {
            return self.closed(key, &node, comma);
        }
        if let Some(inner) = Container::of(&look, node) {
            let level = Level::new(&look, inner, &Folds::all());
            self.open(key, &level, inside, comma);
        }
    }
}
