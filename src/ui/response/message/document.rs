//! What the window keeps of a message that is shown: its rows, what is asked of the engine, what is marked.

use std::ops::Range;

use stubless_core::{
    engine::{Answer, CallId, MessageTask, OpenedMessage},
    message::lazy::{FieldRef, MessageRows, Row, RowLayout, RowNote, RowsJob},
};

use super::{find::Find, picture::PictureView, select::Selection};
use crate::{app::Action, ui::widgets::Scroll};

/// A message that is, or was lately, on screen.
#[derive(Debug, Default)]
pub(super) struct MessageView {
    pub(super) rows: Option<MessageRows>,
    pub(super) problems: Vec<String>,
    opening: Option<Answer<OpenedMessage>>,
    laying: Option<(Answer<MessageRows>, RowLayout)>,
    pub(super) find: Find,
    pub(super) scroll: Scroll,
    pub(super) selection: Selection,
    /// The row that keys act on.
    pub(super) cursor: Option<Vec<u32>>,
    /// The row of the open menu.
    pub(super) menu: Option<Row>,
    /// Bytes that are to be decoded as a type: its field.
    pub(super) decode: Option<FieldRef>,
    /// An image that is shown below.
    pub(super) picture: Option<PictureView>,
    /// A row to show, once its level is open.
    pub(super) go_to: Option<Vec<u32>>,
    /// Rows that were made for the last frame.
    seen: Option<(u64, Range<u64>, Vec<Row>)>,
    /// What screen readers get, of which revision.
    spoken: Option<(u64, String)>,
}

/// How far a message is from being shown.
pub(super) enum Stage {
    Reading,
    /// There is no answer: its call was closed, or the disk no longer gives it.
    Gone,
    Shown,
}

/// Characters of a message that screen readers get.
const SPOKEN_CHARS: usize = 4000;

impl MessageView {
    /// Shows rows that are there already.
    pub(super) fn of(rows: MessageRows) -> Self {
        Self {
            rows: Some(rows),
            ..Self::default()
        }
    }

    /// Takes what the engine has done, and asks for what is missing.
    pub(super) fn advance(
        &mut self,
        call: CallId,
        index: usize,
        layout: &RowLayout,
        out: &mut Vec<Action>,
    ) -> Stage {
        if let Some(opened) = self.opening.as_ref().and_then(Answer::take) {
            self.rows = Some(opened.rows);
            self.problems = opened.problems;
            self.opening = None;
        }
        if self.rows.is_none() {
            return match &self.opening {
                Some(work) if work.is_over() => Stage::Gone,
                Some(_) => Stage::Reading,
                None => {
                    self.open(call, index, layout, out);
                    Stage::Reading
                }
            };
        }
        let done = self
            .laying
            .as_ref()
            .map(|(work, _)| (work.take(), work.is_over()));
        match done {
            Some((Some(made), _)) => {
                self.laying = None;
                self.replace(made);
            }
            Some((None, true)) => self.laying = None,
            _ => {}
        }
        let wanted = match &self.laying {
            Some((_, laying)) => laying,
            None => self.rows.as_ref().map_or(layout, |rows| rows.layout()),
        };
        if wanted != layout {
            let job = self.rows.as_ref().map(|rows| rows.laid_out(layout.clone()));
            if let Some(job) = job {
                self.lay(job, layout.clone(), out);
            }
        }
        Stage::Shown
    }

    fn open(&mut self, call: CallId, index: usize, layout: &RowLayout, out: &mut Vec<Action>) {
        let answer = Answer::default();
        self.opening = Some(answer.clone());
        out.push(Action::Message(Box::new(MessageTask::Open {
            call,
            index,
            layout: layout.clone(),
            answer,
        })));
    }

    /// Asks again for a message that was not there.
    pub(super) fn again(&mut self) {
        self.opening = None;
    }

    fn replace(&mut self, rows: MessageRows) {
        let other = self
            .rows
            .as_ref()
            .is_none_or(|old| old.layout() != rows.layout());
        self.rows = Some(rows);
        self.seen = None;
        self.spoken = None;
        if other {
            // Paths are of one layout.
            self.cursor = None;
            self.selection = Selection::default();
            self.find.changed();
        }
    }

    fn lay(&mut self, job: RowsJob, layout: RowLayout, out: &mut Vec<Action>) {
        if let Some((work, _)) = self.laying.take() {
            work.stop();
        }
        if job.is_short() {
            self.replace(job.run());
            return;
        }
        let work = Answer::default();
        self.laying = Some((work.clone(), layout));
        out.push(Action::Message(Box::new(MessageTask::Lay(
            Box::new(job),
            work,
        ))));
    }

    /// Whether rows are being made anew.
    pub(super) fn is_laying(&self) -> bool {
        self.laying.is_some()
    }

    /// Opens or closes what a path leads to.
    pub(super) fn set_open(&mut self, path: &[u32], open: bool, all: bool, out: &mut Vec<Action>) {
        let Some(rows) = &mut self.rows else {
            return;
        };
        let layout = rows.layout().clone();
        self.selection = Selection::default();
        if let Some(job) = rows.set_open(path, open, all) {
            self.lay(job, layout, out);
        }
    }

    /// Shows the image in a row's bytes, where it has one.
    pub(super) fn show_picture(&mut self, row: &Row, out: &mut Vec<Action>) {
        if let (Some(RowNote::Image(_)), Some(rows)) = (row.note, &self.rows)
            && let Some(bytes) = rows.bytes_of(&row.path)
        {
            let name = rows.key_path(&row.path);
            self.picture = Some(PictureView::new(name, bytes, out));
        }
    }

    /// Shows what a path leads to, in this frame or once it is open.
    pub(super) fn show(&mut self, path: &[u32], out: &mut Vec<Action>) {
        let Some(rows) = &mut self.rows else {
            return;
        };
        let layout = rows.layout().clone();
        self.cursor = Some(path.to_vec());
        self.go_to = Some(path.to_vec());
        if let Some(job) = rows.reveal(path) {
            self.lay(job, layout, out);
        }
    }

    /// The rows of a stretch, made once while nothing changes.
    pub(super) fn seen(&mut self, range: Range<u64>) -> &[Row] {
        let Some(rows) = &mut self.rows else {
            return &[];
        };
        let revision = rows.revision();
        let known = matches!(&self.seen, Some((of, at, _)) if *of == revision && *at == range);
        if !known {
            rows.prepare(range.clone());
            let made = rows.rows(range.clone());
            self.seen = Some((revision, range, made));
        }
        self.seen
            .as_ref()
            .map_or(&[], |(_, _, rows)| rows.as_slice())
    }

    /// The beginning of what is shown, for screen readers.
    pub(super) fn spoken(&mut self) -> String {
        let Some(rows) = &self.rows else {
            return String::new();
        };
        let revision = rows.revision();
        match &self.spoken {
            Some((of, text)) if *of == revision => text.clone(),
            _ => {
                let mut text = String::new();
                for row in rows.rows(0..120) {
                    text.push_str(&spoken_row(&row));
                    text.push('\n');
                }
                let end = text.char_indices().nth(SPOKEN_CHARS).map(|(at, _)| at);
                text.truncate(end.unwrap_or(text.len().saturating_sub(1)));
                self.spoken = Some((revision, text.clone()));
                text
            }
        }
    }
}

fn spoken_row(row: &Row) -> String {
    let line = row.json_line();
    match row.number {
        Some(number) if !row.key.starts_with('"') => {
            let mut words = format!("{line} ({}, {number})", row.type_name);
            if let Some(problem) = &row.problem {
                words.push_str(": ");
                words.push_str(problem);
            }
            words
        }
        _ => line,
    }
}
