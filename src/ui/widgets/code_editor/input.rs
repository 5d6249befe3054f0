//! From events to commands, and what the commands do.

use std::{borrow::Cow, ops::Range};

use egui::{Event, EventFilter, Id, ImeEvent, Ui};
use stubless_core::message::{Assist, Diagnostic, Document, follow};

use super::{
    CodeEditorState, bracket,
    core::Selection,
    keys::{Command, command},
    measure::Measure,
    motion::{self, Motion},
    popup,
};

/// What an editor works on in a frame.
pub(super) struct Work<'a, 'm> {
    pub(super) document: &'a mut Document,
    pub(super) state: &'a mut CodeEditorState,
    /// What does not fit, in the places of the text as it is now.
    pub(super) diagnostics: Cow<'a, [Diagnostic]>,
    /// The revision that those places are of.
    pub(super) diagnosed: u64,
    pub(super) assist: Option<Assist<'a>>,
    pub(super) measure: &'a Measure<'m>,
    /// Rows of a page.
    pub(super) page: usize,
    /// The cursor is to be seen after this frame.
    pub(super) reveal: bool,
}

impl Work<'_, '_> {
    /// What follows the text after it changed.
    pub(super) fn update(&mut self) {
        let state = &mut *self.state;
        state.core.follow(self.document);
        let folds = &state.core.folds;
        state.layout.update(self.document, folds, self.measure);
        let revision = self.document.revision();
        let before = std::mem::replace(&mut self.diagnosed, revision);
        if before != revision && !self.diagnostics.is_empty() {
            follow(self.diagnostics.to_mut(), self.document, Some(before));
        }
    }

    /// Handles what was typed since the last frame. The editor has the keyboard.
    pub(super) fn events(&mut self, ui: &Ui, id: Id, filter: &EventFilter) {
        let events = ui.input(|input| input.filtered_events(filter));
        let mac = ui.ctx().os() == egui::os::OperatingSystem::Mac;
        for event in events {
            let handled = self.event(ui, id, &event, mac);
            if handled {
                self.reveal = true;
                self.state.active_at = ui.input(|input| input.time);
            }
        }
    }

    fn event(&mut self, ui: &Ui, id: Id, event: &Event, mac: bool) -> bool {
        self.update();
        match event {
            Event::Copy | Event::Cut => {
                let range = self.state.core.selected_or_line(self.document);
                let text = self.document.text().get(range.clone());
                let Some(text) = text.filter(|text| !text.is_empty()) else {
                    return false;
                };
                ui.ctx().copy_text(text.to_owned());
                if matches!(event, Event::Cut) {
                    let cursor = Selection::at(range.start);
                    self.state.core.replace(self.document, range, "", cursor);
                    self.state.popup.close();
                }
            }
            Event::Paste(text) => {
                if text.is_empty() {
                    return false;
                }
                self.state.core.insert(self.document, text);
                self.state.popup.close();
            }
            // New lines come as keys.
            Event::Text(text) if !text.is_empty() && text != "\n" && text != "\r" => {
                self.state.core.typed(self.document, text);
                self.state.popup.typed(text);
            }
            Event::Ime(event) => return self.ime(event),
            Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } => {
                if popup::key(self, *key, *modifiers) {
                    return true;
                }
                let Some(command) = command(*key, *modifiers, mac, self.page) else {
                    return false;
                };
                self.run(command);
            }
            Event::AccessKitActionRequest(request) => {
                return super::access::request(self, id, request);
            }
            _ => return false,
        }
        true
    }

    /// Composed text stands in the picture alone until it is there for good.
    fn ime(&mut self, event: &ImeEvent) -> bool {
        match event {
            ImeEvent::Preedit { text, .. } if text != "\n" && text != "\r" => {
                if text.is_empty() && self.state.composed.is_empty() {
                    return false;
                }
                self.state.composed.clone_from(text);
            }
            ImeEvent::Commit(text) if text != "\n" && text != "\r" => {
                self.state.composed.clear();
                if text.is_empty() {
                    return false;
                }
                self.state.core.insert(self.document, text);
                self.state.popup.typed(text);
            }
            ImeEvent::DeleteSurrounding {
                before_chars,
                after_chars,
            } => {
                let text = self.document.text();
                let range = self.state.core.selection.range();
                let before = text.get(..range.start).unwrap_or_default();
                let after = text.get(range.end..).unwrap_or_default();
                let back: usize = before
                    .chars()
                    .rev()
                    .take(*before_chars)
                    .map(char::len_utf8)
                    .sum();
                let on: usize = after.chars().take(*after_chars).map(char::len_utf8).sum();
                let range = range.start - back..range.end + on;
                let cursor = Selection::at(range.start);
                self.state.core.replace(self.document, range, "", cursor);
            }
            _ => return false,
        }
        true
    }

    /// Does what a key or a menu asks.
    pub(super) fn run(&mut self, command: Command) {
        let before = self.document.revision();
        let backspace = command == Command::Delete(Motion::Left);
        self.do_command(command);
        // A list that is open follows single characters that are taken back, and nothing else.
        if backspace && self.document.revision() != before {
            self.state.popup.erased();
        } else if command != Command::Complete {
            self.state.popup.close();
        }
        self.update();
    }

    fn do_command(&mut self, command: Command) {
        let document = &mut *self.document;
        let state = &mut *self.state;
        let core = &mut state.core;
        match command {
            Command::Go(motion, extend) => {
                motion::go(
                    core,
                    &mut state.layout,
                    document,
                    self.measure,
                    motion,
                    extend,
                );
            }
            Command::Delete(motion) => self.delete(motion),
            Command::Newline => core.newline(document),
            Command::LineBelow => {
                let line = document.line_range(document.line_of(core.selection.head));
                core.select(document, Selection::at(line.end));
                core.newline(document);
            }
            Command::Indent => core.indent(document),
            Command::Outdent => core.outdent(document),
            Command::Comment => core.toggle_comment(document),
            Command::MoveLines(up) => core.move_lines(document, up),
            Command::Duplicate(up) => core.duplicate_lines(document, up),
            Command::DeleteLines => core.delete_lines(document),
            Command::SelectAll => {
                let head = document.text().len();
                core.select(document, Selection { anchor: 0, head });
                self.reveal = false;
            }
            Command::SelectLine => {
                let range = core.selection.range();
                let anchor = document.line_range(document.line_of(range.start)).start;
                // Pressed again, it takes the next line, too.
                let next = document.line_of(range.end) + 1;
                let head = document.line_range(next).start;
                core.select(document, Selection { anchor, head });
            }
            Command::Undo => core.undo(document, false),
            Command::Redo => core.undo(document, true),
            Command::Fold => self.fold_here(),
            Command::Unfold => {
                let line = document.line_of(core.selection.head);
                if let Some(pair) = core.folds.of_line(document, line) {
                    core.folds.unfold(pair.open);
                }
            }
            Command::UnfoldAll => core.folds.clear(),
            Command::OtherBracket => {
                let pair = bracket::pair_at(document.text(), &core.lexed, core.selection.head);
                if let Some(pair) = pair {
                    let head = core.selection.head;
                    let at_open = head == pair.open || head == pair.open + 1;
                    let to = if at_open { pair.close } else { pair.open };
                    core.select(document, Selection::at(to));
                    core.folds.reveal(document, to);
                }
            }
            Command::Find | Command::Replace => {
                let selected = document.text().get(core.selection.range());
                state.find.open(selected, command == Command::Replace);
                self.reveal = false;
            }
            Command::NextMatch(back) => self.next_match(back),
            Command::NextProblem(back) => self.next_problem(back),
            Command::Fix => self.fix_here(),
            Command::Complete => state.popup.ask(),
        }
    }

    fn delete(&mut self, motion: Motion) {
        let state = &mut *self.state;
        let pair = state.core.empty_pair();
        if let Some(pair) = pair.filter(|_| motion == Motion::Left) {
            let cursor = Selection::at(pair.start);
            state.core.replace(self.document, pair, "", cursor);
            return;
        }
        let head = state.core.selection.head;
        let layout = &mut state.layout;
        let mut to = motion::target(layout, self.document, self.measure, head, motion, 0.0);
        if motion == Motion::Left {
            to = step_back(self.document, head, to);
        }
        state.core.delete(self.document, to);
    }

    /// Folds what begins in the line of the cursor, or what the cursor is in.
    fn fold_here(&mut self) {
        let core = &mut self.state.core;
        let document = &*self.document;
        let text = document.text();
        let line = document.line_range(document.line_of(core.selection.head));
        let open = bracket::open_of_line(text, &core.lexed, line.start, line.end)
            .filter(|open| core.folds.at(*open).is_none())
            .or_else(|| bracket::open_before(text, &core.lexed, line.start));
        let Some(open) = open else {
            return;
        };
        self.fold(open);
    }

    /// Folds a pair of brackets; the cursor goes out of it.
    pub(super) fn fold(&mut self, open: usize) {
        let core = &mut self.state.core;
        let document = &*self.document;
        let Some(pair) = core.folds.fold(document, open) else {
            return;
        };
        let head = core.selection.head;
        let hidden = document.line_of(pair.open) < document.line_of(head);
        if hidden && head <= pair.close {
            let end = document.line_range(document.line_of(open)).end;
            core.select(document, Selection::at(end));
        }
    }

    /// Selects a match and shows it.
    pub(super) fn show_match(&mut self, found: Option<Range<usize>>) {
        let Some(found) = found else {
            return;
        };
        let core = &mut self.state.core;
        let selection = Selection {
            anchor: found.start,
            head: found.end,
        };
        core.select(self.document, selection);
        core.folds.reveal(self.document, found.start);
        self.reveal = true;
        self.update();
    }

    pub(super) fn next_match(&mut self, back: bool) {
        let range = self.state.core.selection.range();
        let query = &self.state.find.query;
        let text = self.document.text();
        let found = if back {
            query.previous(text, range.start)
        } else {
            // An empty selection may stand at the start of a match.
            let from = if range.is_empty() {
                range.start
            } else {
                range.start + 1
            };
            query.next(text, text.ceil_char_boundary(from))
        };
        self.show_match(found);
    }

    /// All that is wrong, in the order of the text.
    fn problems(&self) -> Vec<Range<usize>> {
        let syntax = self.document.syntax_error().into_iter();
        let mut places: Vec<_> = syntax
            .chain(self.diagnostics.iter())
            .map(|d| d.range.clone())
            .collect();
        places.sort_by_key(|range| (range.start, range.end));
        places
    }

    fn next_problem(&mut self, back: bool) {
        let places = self.problems();
        let head = self.state.core.selection.head;
        let found = if back {
            let before = places.iter().rev().find(|range| range.start < head);
            before.or(places.last())
        } else {
            let after = places.iter().find(|range| range.start > head);
            after.or(places.first())
        };
        if let Some(range) = found {
            let place = range.start;
            self.state.core.select(self.document, Selection::at(place));
            self.state.core.folds.reveal(self.document, place);
            self.state.card.pin(place);
        }
    }

    /// Mends the mistake the cursor is at, or else the first one of its line.
    fn fix_here(&mut self) {
        let head = self.state.core.selection.head;
        let line = self.document.line_of(head);
        let syntax = self.document.syntax_error().into_iter();
        let mut fixes: Vec<_> = syntax
            .chain(self.diagnostics.iter())
            .filter_map(|d| Some((d.range.clone(), d.fix.clone()?)))
            .filter(|(range, _)| self.document.line_of(range.start) == line)
            .collect();
        fixes.sort_by_key(|(range, _)| !(range.start <= head && head <= range.end));
        if let Some((_, fix)) = fixes.into_iter().next() {
            self.apply_fix(fix.range, &fix.with);
        }
    }

    /// Makes the edit that mends a mistake.
    pub(super) fn apply_fix(&mut self, range: Range<usize>, with: &str) {
        let cursor = Selection::at(range.start + with.len());
        self.state.core.replace(self.document, range, with, cursor);
        self.reveal = true;
        self.update();
    }
}

/// Backspace takes a step of indent from the spaces a line begins with.
fn step_back(document: &Document, head: usize, to: usize) -> usize {
    let line = document.line_range(document.line_of(head));
    let before = document.text().get(line.start..head).unwrap_or_default();
    let step = super::edit::INDENT;
    let indent = before.len() >= step && before.bytes().all(|b| b == b' ');
    if indent && before.len().is_multiple_of(step) {
        head - step
    } else {
        to
    }
}
