//! Undo and redo: edits, never copies of the text.
//!
//! Neighbouring keystrokes merge into one step, a word at a time; so does what is typed into one field.
//! Bounded by [`most_bytes`]: past it the
//! oldest steps are forgotten (the newest one always stays).

use std::collections::VecDeque;

use crate::message::Path;

/// Text that undo and redo may keep whatever the size of the document.
const LEAST_BYTES: usize = 8 << 20;
/// What a step costs beside its text.
const STEP_OVERHEAD: usize = 96;
/// Longest insertion or removal that still counts as typing: a character or a few composed ones.
const TYPED_BYTES: usize = 16;

/// One span replaced by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: usize,
    pub(super) removed: String,
    pub(super) inserted: String,
}

impl Edit {
    fn is_typing(&self) -> bool {
        self.inserted.len() <= TYPED_BYTES && !self.inserted.contains('\n')
    }

    /// Whether the next one begins a word right behind what this one put there.
    fn begins_word(&self, next: &Self) -> bool {
        next.at == self.at + self.inserted.len()
            && self.inserted.ends_with(char::is_whitespace)
            && next.inserted.starts_with(|c: char| !c.is_whitespace())
    }
}

/// Edits that are undone together, in the order they were made.
pub(super) type Step = Vec<Edit>;

/// What was done and what was undone.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    bytes: usize,
    /// The newest step takes no more keystrokes.
    sealed: bool,
    /// Steps are parts of one: whether its first is made.
    group: Option<bool>,
    /// The field that the newest step was typed into.
    field: Option<Path>,
}

impl History {
    /// Keeps a step that left a text of `text_len` bytes; what was undone before it is forgotten.
    pub(super) fn record(&mut self, step: Step, text_len: usize) {
        if step.is_empty() {
            return;
        }
        self.field = None;
        match self.group {
            Some(true) => return self.record_joined(step, text_len),
            Some(false) => self.group = Some(true),
            None => {}
        }
        for step in self.undone.drain(..) {
            self.bytes -= cost(&step);
        }
        if !self.sealed
            && let [edit] = step.as_slice()
            && let Some([last]) = self.done.back_mut().map(Vec::as_mut_slice)
            && merge(last, edit)
        {
            self.bytes += edit.removed.len() + edit.inserted.len();
        } else {
            self.bytes += cost(&step);
            self.sealed = !step.iter().all(Edit::is_typing);
            self.done.push_back(step);
        }
        self.forget(text_len);
    }

    /// Forgets the oldest steps past the bound.
    fn forget(&mut self, text_len: usize) {
        while self.bytes > most_bytes(text_len) && self.done.len() > 1 {
            if let Some(oldest) = self.done.pop_front() {
                self.bytes -= cost(&oldest);
            }
        }
    }

    /// Keeps a step as a part of the one before it: they are undone together.
    pub(super) fn record_joined(&mut self, step: Step, text_len: usize) {
        self.field = None;
        match self.done.back_mut().filter(|_| self.undone.is_empty()) {
            Some(last) => {
                self.bytes += cost(&step);
                last.extend(step);
                self.forget(text_len);
            }
            None => self.record(step, text_len),
        }
    }

    /// The newest step takes no more keystrokes.
    pub(super) fn seal(&mut self) {
        self.sealed = true;
        self.field = None;
    }

    /// The field that the newest step was typed into, if it takes more. Asked before a keystroke.
    pub(super) fn field(&self) -> Option<&Path> {
        self.field.as_ref()
    }

    /// The newest step was a keystroke in a field. It becomes a part of the one before it where that was
    /// one in the same field (`going_on`), too, and no new word begins.
    pub(super) fn typed(&mut self, field: Path, going_on: bool) {
        if self.group.is_some() {
            return;
        }
        if going_on
            && let Some(step) = self.done.pop_back()
            && let Some(last) = self.done.back_mut()
        {
            match (last.last_mut(), step.as_slice()) {
                (Some(before), [edit]) if continues(before, edit) => {
                    if merge(before, edit) {
                        self.bytes -= STEP_OVERHEAD;
                    } else {
                        last.extend(step);
                    }
                }
                _ => self.done.push_back(step),
            }
        }
        self.sealed = true;
        self.field = Some(field);
    }

    /// What is recorded from here to [`end_group`](Self::end_group) is one step. `false` within
    /// another group, which then ends it.
    pub(super) fn begin_group(&mut self) -> bool {
        let first = self.group.is_none();
        if first {
            self.group = Some(false);
            self.seal();
        }
        first
    }

    /// Ends the step that [`begin_group`](Self::begin_group) began.
    pub(super) fn end_group(&mut self) {
        self.group = None;
        self.seal();
    }

    /// The step to take back; to be put where it can be made again.
    pub(super) fn take_done(&mut self) -> Option<Step> {
        self.done.pop_back()
    }

    /// A step was taken back.
    pub(super) fn put_undone(&mut self, step: Step) {
        self.undone.push(step);
        self.seal();
    }

    /// The step to make again; to be put where it can be taken back.
    pub(super) fn take_undone(&mut self) -> Option<Step> {
        self.undone.pop()
    }

    /// A step was made again.
    pub(super) fn put_done(&mut self, step: Step) {
        self.done.push_back(step);
        self.seal();
    }

    /// Whether there is a step to take back, and one to make again.
    pub(super) fn available(&self) -> (bool, bool) {
        (!self.done.is_empty(), !self.undone.is_empty())
    }
}

/// What undo and redo may keep beside a text: two of its size, so that a text laid out anew can be had
/// back.
fn most_bytes(text_len: usize) -> usize {
    LEAST_BYTES.max(text_len.saturating_mul(2))
}

fn cost(step: &Step) -> usize {
    step.iter()
        .map(|edit| STEP_OVERHEAD + edit.removed.len() + edit.inserted.len())
        .sum()
}

/// Whether an edit of a field is a keystroke that goes on from the edit before it.
fn continues(last: &Edit, next: &Edit) -> bool {
    next.is_typing() && next.removed.len() <= TYPED_BYTES && !last.begins_word(next)
}

/// Adds a keystroke to the edit before it, where it goes on from it. `false` when it does not.
fn merge(last: &mut Edit, next: &Edit) -> bool {
    if !next.is_typing() || next.removed.len() > TYPED_BYTES {
        return false;
    }
    let typed_on = next.removed.is_empty()
        && !last.inserted.is_empty()
        && next.at == last.at + last.inserted.len();
    if typed_on {
        if last.begins_word(next) {
            return false;
        }
        last.inserted.push_str(&next.inserted);
        return true;
    }
    if !next.inserted.is_empty() || !last.inserted.is_empty() {
        return false;
    }
    if next.at + next.removed.len() == last.at {
        last.removed.insert_str(0, &next.removed);
        last.at = next.at;
        return true;
    }
    if next.at == last.at {
        last.removed.push_str(&next.removed);
        return true;
    }
    false
}
