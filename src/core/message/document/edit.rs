//! Edits by path: what the form does to the text.
//!
//! Each makes at most two small replacements, as an undo step of its own, and follows the neighbours: one line
//! or many, their indentation, their space after colons and commas, their trailing comma. Each takes
//! only texts that parse and leaves a text that parses.

use std::ops::Range;

use super::{
    Document, NodeKind,
    index::Entry,
    layout::{After, Slot, after_bracket, after_value, lead, reindent},
    parse::{MAX_DEPTH, parse},
    scan::{has_comment, line_indent, newline_of, skip_trivia, starts_line},
    string::quote,
};
use crate::message::{Path, Step};

/// Indentation where the text shows none.
const INDENT: &str = "  ";

impl Document {
    /// Sets the value at a path to a JSON text, making the objects above it where they are absent.
    /// An index equal to the array's length appends. `false` when the text does not parse or a value
    /// on the way is of another kind.
    pub fn set(&mut self, path: &Path, json: &str) -> bool {
        self.grouped(|document| document.set_at(path, json))
    }

    /// As [`set`](Self::set), for a field that is typed into: keystrokes in the same field are undone
    /// together, a word at a time, until something else is edited or [`seal`](Self::seal) is called.
    pub fn type_at(&mut self, path: &Path, json: &str) -> bool {
        let going_on = self.history.field() == Some(path);
        self.history.seal();
        let before = self.revision;
        let done = self.set_at(path, json);
        if self.revision != before {
            self.history.typed(path.clone(), going_on);
        }
        done
    }

    fn set_at(&mut self, path: &Path, json: &str) -> bool {
        let Some(json) = value_of(json, path.0.len()) else {
            return false;
        };
        if self.syntax_error().is_some() {
            return false;
        }
        if self.index().is_empty() {
            return self.set_root(path, json);
        }
        let mut id = 0;
        for (depth, step) in path.0.iter().enumerate() {
            let next = self.index().step(&self.text, id, step);
            if let Some(next) = next {
                id = next;
                continue;
            }
            return self.add(id, &path.0[depth..], json);
        }
        let Some(range) = self.index().get(id).map(Entry::range) else {
            return false;
        };
        let value = self.fit(json, range.start);
        self.replace_differing(range, &value);
        true
    }

    /// Removes the member or item at a path with its comma and its own comments; comments of others
    /// stay.
    pub fn remove(&mut self, path: &Path) -> bool {
        self.grouped(|document| document.remove_at(path))
    }

    fn remove_at(&mut self, path: &Path) -> bool {
        let Some((last, above)) = path.0.split_last() else {
            return false;
        };
        let Some(container) = self.find(&Path(above.to_vec())) else {
            return false;
        };
        let Some(id) = self.index().step(&self.text, container, last) else {
            return false;
        };
        let children: Vec<usize> = self.index().children(container).collect();
        let Some(position) = children.iter().position(|child| *child == id) else {
            return false;
        };
        let Some(slot) = self.slot(container, &children, position) else {
            return false;
        };
        let inside = self.inside(container);
        if children.len() == 1 {
            let rest = [
                &self.text[inside.start..slot.lead],
                &self.text[slot.after.tail..inside.end],
            ];
            if rest.iter().all(|rest| rest.trim().is_empty()) {
                self.apply([(inside, String::new())]);
                return true;
            }
        }
        let cut = slot.cut(&self.text, position == 0);
        let is_last = position + 1 == children.len();
        match slot.before.comma {
            // The sibling before becomes the last one: as before, the last has no comma.
            Some(comma) if is_last && slot.after.comma.is_none() && comma < cut.start => {
                self.apply([(comma..comma + 1, String::new()), (cut, String::new())]);
            }
            _ => self.apply([(cut, String::new())]),
        }
        true
    }

    /// Puts an item before `index` of the array at `path`; an index equal to its length appends.
    pub fn insert(&mut self, path: &Path, index: usize, json: &str) -> bool {
        self.grouped(|document| document.insert_at(path, index, json))
    }

    fn insert_at(&mut self, path: &Path, index: usize, json: &str) -> bool {
        let Some(json) = value_of(json, path.0.len() + 1) else {
            return false;
        };
        let Some(id) = self.find(path) else {
            return false;
        };
        let is_place = self
            .index()
            .get(id)
            .is_some_and(|entry| entry.kind == NodeKind::Array && index <= entry.len as usize);
        is_place && self.insert_element(id, index, None, json)
    }

    /// Moves an item of the array, or a member of the object, at `path`; `to` is its place afterwards. Its
    /// comments go with it.
    pub fn move_item(&mut self, path: &Path, from: usize, to: usize) -> bool {
        self.grouped(|document| document.move_at(path, from, to))
    }

    fn move_at(&mut self, path: &Path, from: usize, to: usize) -> bool {
        let Some(id) = self.find(path) else {
            return false;
        };
        let children: Vec<usize> = self.index().children(id).collect();
        if from >= children.len() || to >= children.len() {
            return false;
        }
        if from == to {
            return true;
        }
        let (low, high) = (from.min(to), from.max(to));
        let slots: Option<Vec<Slot>> = (low..=high)
            .map(|position| self.slot(id, &children, position))
            .collect();
        let Some(slots) = slots else {
            return false;
        };
        // The item that comes to stand in each slot.
        let mut order: Vec<usize> = (0..slots.len()).collect();
        if from < to {
            order.rotate_left(1);
        } else {
            order.rotate_right(1);
        }
        let (range, text) = permuted(&self.text, &slots, &order);
        self.apply([(range, text)]);
        true
    }

    /// Renames a key of the object at `path` (a map's entry). `false` when there is no such key, and
    /// when the new one is taken.
    pub fn rename_key(&mut self, path: &Path, from: &str, to: &str) -> bool {
        self.grouped(|document| document.rename_at(path, from, to))
    }

    fn rename_at(&mut self, path: &Path, from: &str, to: &str) -> bool {
        let Some(id) = self.find(path) else {
            return false;
        };
        let Some(member) = self.index().member(&self.text, id, from) else {
            return false;
        };
        if from == to {
            return true;
        }
        if self.index().member(&self.text, id, to).is_some() {
            return false;
        }
        let Some(range) = self
            .index()
            .get(member)
            .and_then(|entry| entry.key_range(&self.text))
        else {
            return false;
        };
        self.replace_differing(range, &quote(to));
        true
    }

    pub(super) fn find(&self, path: &Path) -> Option<usize> {
        self.index().find(&self.text, path)
    }

    /// What stands between a container's brackets.
    fn inside(&self, container: usize) -> Range<usize> {
        self.index().get(container).map_or(0..0, |entry| {
            let range = entry.range();
            range.start + 1..range.end - 1
        })
    }

    /// The child at a position with what belongs to it.
    fn slot(&self, container: usize, children: &[usize], position: usize) -> Option<Slot> {
        let child = self.index().get(*children.get(position)?)?;
        let before = self.before(container, children, position);
        Some(Slot::new(
            &self.text,
            before,
            child.member_start(),
            child.end as usize,
        ))
    }

    /// What the bracket or the child before a position leaves behind.
    fn before(&self, container: usize, children: &[usize], position: usize) -> After {
        let sibling = position
            .checked_sub(1)
            .and_then(|i| self.index().get(*children.get(i)?));
        match sibling {
            Some(sibling) => after_value(&self.text, sibling.end as usize),
            None => after_bracket(&self.text, self.inside(container).start),
        }
    }

    /// A value for an empty text.
    fn set_root(&mut self, path: &Path, json: &str) -> bool {
        let Some(mut value) = nest(&path.0, json, true) else {
            return false;
        };
        // What is there is space and comments; a line comment must end first.
        let kept = self.text.trim_end().len();
        if kept > 0 {
            value.insert_str(0, newline_of(&self.text));
        }
        self.apply([(kept..self.text.len(), value)]);
        true
    }

    /// Adds what is missing below a value: `steps` lead on from it, the first of them to nothing.
    fn add(&mut self, id: usize, steps: &[Step], json: &str) -> bool {
        let (Some((step, below)), Some(entry)) = (steps.split_first(), self.index().get(id)) else {
            return false;
        };
        let many_lines = self.prefers_lines(id);
        match (entry.kind, step) {
            // `null` says absent.
            (NodeKind::Null, _) => {
                let Some(value) = nest(steps, json, many_lines) else {
                    return false;
                };
                let value = self.fit(&value, entry.start as usize);
                self.apply([(entry.range(), value)]);
                true
            }
            (NodeKind::Object, Step::Key(key)) => {
                nest(below, json, many_lines).is_some_and(|value| {
                    self.insert_element(id, entry.len as usize, Some(key), &value)
                })
            }
            (NodeKind::Array, Step::Index(index)) if *index == entry.len as usize => {
                nest(below, json, many_lines)
                    .is_some_and(|value| self.insert_element(id, *index, None, &value))
            }
            _ => false,
        }
    }

    /// Puts a member or an item before the child at `position`, or last.
    pub(super) fn insert_element(
        &mut self,
        id: usize,
        position: usize,
        key: Option<&str>,
        json: &str,
    ) -> bool {
        let children: Vec<usize> = self.index().children(id).collect();
        let newline = newline_of(&self.text);
        let prefix = key.map_or(String::new(), |key| {
            format!("{}:{}", quote(key), self.colon_space(&children))
        });
        let element = |indent: &str| prefix.clone() + &reindent(json, indent, newline);
        if children.is_empty() {
            return self.insert_first(id, json, element);
        }
        if position < children.len() {
            let Some(child) = self.index().get(children[position]) else {
                return false;
            };
            let before = self.before(id, &children, position);
            let at = lead(&self.text, before.tail, child.member_start());
            let indent = line_indent(&self.text, at).to_owned();
            let text = if starts_line(&self.text, at) {
                format!("{},{newline}{indent}", element(&indent))
            } else {
                format!("{},{}", element(&indent), self.comma_space(&children))
            };
            self.apply([(at..at, text)]);
            return true;
        }
        let Some(last) = self.slot(id, &children, children.len() - 1) else {
            return false;
        };
        let indent = line_indent(&self.text, last.lead).to_owned();
        let (range, text) = match (last.starts_line, last.after.comma) {
            (true, Some(_)) => (
                last.after.tail..last.after.tail,
                format!("{newline}{indent}{},", element(&indent)),
            ),
            (true, None) => (
                last.end..last.after.tail,
                format!(
                    ",{}{newline}{indent}{}",
                    &self.text[last.end..last.after.tail],
                    element(&indent)
                ),
            ),
            (false, Some(comma)) => (
                comma + 1..comma + 1,
                format!("{}{},", self.comma_space(&children), element(&indent)),
            ),
            (false, None) => (
                last.end..last.end,
                format!(",{}{}", self.comma_space(&children), element(&indent)),
            ),
        };
        self.apply([(range, text)]);
        true
    }

    /// Puts a member or an item into an empty container.
    fn insert_first(&mut self, id: usize, json: &str, element: impl Fn(&str) -> String) -> bool {
        let Some(entry) = self.index().get(id) else {
            return false;
        };
        let newline = newline_of(&self.text);
        let inside = self.inside(id);
        let comments = self.text[inside.clone()].trim_end().len();
        let kept = inside.start + comments;
        let on_lines = if has_comment(&self.text[inside.clone()]) {
            let comments = &self.text[inside.clone()];
            comments.contains("//") || comments.contains('\n')
        } else {
            let list_of_scalars = entry.kind == NodeKind::Array && !json.starts_with(['{', '[']);
            self.prefers_lines(id) && !list_of_scalars
        };
        let outer = line_indent(&self.text, entry.member_start()).to_owned();
        let text = if on_lines {
            let inner = format!("{outer}{}", self.indent_unit(id));
            format!("{newline}{inner}{}{newline}{outer}", element(&inner))
        } else if comments > 0 {
            format!(" {} ", element(&outer))
        } else {
            element(&outer)
        };
        self.apply([(kept..inside.end, text)]);
        true
    }

    /// Whether a container's children stand, or should stand, on lines of their own.
    pub(super) fn prefers_lines(&self, id: usize) -> bool {
        let mut id = id;
        loop {
            if let Some(child) = self.index().children(id).next()
                && let Some(child) = self.index().get(child)
            {
                let inside = self.inside(id);
                return self.text[inside.start..child.member_start()].contains('\n');
            }
            // An empty one does as the one around it does; an empty root is free.
            match self.parent(id) {
                Some(parent) => id = parent,
                None => return true,
            }
        }
    }

    fn parent(&self, id: usize) -> Option<usize> {
        let mut at = 0;
        let mut parent = None;
        while at < id {
            parent = Some(at);
            at = self
                .index()
                .children(at)
                .take_while(|child| *child <= id)
                .last()?;
        }
        parent
    }

    /// One level of indentation, as the containers around show it.
    fn indent_unit(&self, id: usize) -> String {
        let mut ancestor = self.parent(id);
        while let Some(container) = ancestor {
            if let Some(entry) = self.index().get(container)
                && let Some(child) = self.index().children(container).next()
                && let Some(child) = self.index().get(child)
                && starts_line(&self.text, child.member_start())
            {
                let outer = line_indent(&self.text, entry.member_start());
                let inner = line_indent(&self.text, child.member_start());
                if let Some(unit) = inner.strip_prefix(outer).filter(|unit| !unit.is_empty()) {
                    return unit.to_owned();
                }
            }
            ancestor = self.parent(container);
        }
        INDENT.to_owned()
    }

    /// What stands after the colons of an object.
    fn colon_space(&self, children: &[usize]) -> &str {
        let found = children.first().and_then(|child| {
            let entry = self.index().get(*child)?;
            let colon = skip_trivia(&self.text, entry.key_range(&self.text)?.end) + 1;
            self.text.get(colon..entry.start as usize)
        });
        match found {
            Some(space) if space.chars().all(|c| c == ' ' || c == '\t') => space,
            _ => " ",
        }
    }

    /// What stands after the commas of a container on one line.
    fn comma_space(&self, children: &[usize]) -> &'static str {
        let [first, second, ..] = children else {
            // No comma yet: an object without space after its colon has none after commas either.
            let tight = children
                .first()
                .and_then(|child| self.index().get(*child))
                .is_some_and(|entry| entry.has_key() && self.colon_space(children).is_empty());
            return if tight { "" } else { " " };
        };
        let gap = self.index().get(*first).zip(self.index().get(*second));
        match gap.and_then(|(a, b)| self.text.get(a.end as usize..b.member_start())) {
            Some(",") => "",
            _ => " ",
        }
    }

    /// A value's text, indented for the line at `at`.
    fn fit(&self, json: &str, at: usize) -> String {
        reindent(json, line_indent(&self.text, at), newline_of(&self.text))
    }
}

/// The value in a JSON text without what stands around it; `None` when there is not exactly one, or
/// when it would nest too deep at `depth`.
pub(super) fn value_of(json: &str, depth: usize) -> Option<&str> {
    let parsed = parse(json);
    if parsed.error.is_some() || depth + parsed.depth > MAX_DEPTH {
        return None;
    }
    json.get(parsed.index.get(0)?.range())
}

/// Wraps a value so that `steps` lead to it. `None` when a step asks for an item beyond the first.
fn nest(steps: &[Step], json: &str, many_lines: bool) -> Option<String> {
    let mut value = json.to_owned();
    for step in steps.iter().rev() {
        let (open, close, inner) = match step {
            Step::Key(key) => ('{', '}', format!("{}: {value}", quote(key))),
            Step::Index(0) => ('[', ']', value),
            Step::Index(_) => return None,
        };
        let on_lines = many_lines && (open == '{' || inner.starts_with(['{', '[']));
        value = if on_lines {
            let inner = inner.replace('\n', "\n  ");
            format!("{open}\n{INDENT}{inner}\n{close}")
        } else {
            format!("{open}{inner}{close}")
        };
    }
    Some(value)
}

/// The text of neighbouring slots with their items in another order, and the range it replaces.
/// Items take their comments along; commas stay with the slots.
fn permuted(text: &str, slots: &[Slot], order: &[usize]) -> (Range<usize>, String) {
    // A line comment after an item would swallow what follows in a slot within a line.
    let movable = slots.iter().all(|slot| {
        let trail_start = slot.after.comma.map_or(slot.end, |comma| comma + 1);
        slot.after.ends_line || !text[trail_start..slot.after.tail].contains("//")
    }) && (slots.iter().all(|slot| slot.after.ends_line)
        || slots
            .iter()
            .all(|slot| !text[slot.end..slot.after.tail].contains("//")));
    let start = slots.first().map_or(0, |slot| slot.lead);
    let end = slots.last().map_or(0, |slot| slot.after.tail);
    let mut out = String::with_capacity(end - start);
    let mut written = start;
    for (place, item) in order.iter().enumerate() {
        let (slot, moved) = (&slots[place], &slots[*item]);
        out.push_str(&text[written..slot.lead]);
        out.push_str(&text[moved.lead..moved.end]);
        let trail = if movable { moved } else { slot };
        match trail.after.comma {
            Some(comma) => {
                out.push_str(&text[trail.end..comma]);
                if slot.after.comma.is_some() {
                    out.push(',');
                }
                out.push_str(&text[comma + 1..trail.after.tail]);
            }
            None => {
                if slot.after.comma.is_some() {
                    out.push(',');
                }
                out.push_str(&text[trail.end..trail.after.tail]);
            }
        }
        written = slot.after.tail;
    }
    (start..end, out)
}
