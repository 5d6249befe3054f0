//! What a row needs: how it is divided, and how high it is for that.

use std::{hash::Hash, sync::Arc};

use egui::{Galley, Ui, text::TextWrapping};
use stubless_core::message::{Diagnostic, FieldKind, FormRow, RowKind, Run};

use super::{special, state::BodyState};
use crate::ui::{
    theme::{Tokens, font},
    widgets::prose_job,
};

pub(super) const INDENT: f32 = 14.0;
/// Left of a label, for the caret.
pub(super) const CARET: f32 = 18.0;
/// Below this width an editor stands below its label.
const NARROW: f32 = 420.0;
/// What that takes.
pub(super) const STACKED: f32 = 28.0;
/// A line of a comment or a reason.
const LINE: f32 = 17.0;
/// Lines of a reason.
const REASON_LINES: usize = 2;
/// Lines of a comment that is shown whole.
const COMMENT_LINES: usize = 40;

/// What rows have in common in a frame.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    width: f32,
    comments: bool,
    expanded: usize,
}

impl Hash for Metrics {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.width.to_bits().hash(state);
        (self.comments, self.expanded).hash(state);
    }
}

impl Metrics {
    pub(super) fn new(width: f32, state: &BodyState) -> Self {
        Self {
            width: width.round(),
            comments: state.view.comments,
            expanded: state.view.expanded.len(),
        }
    }

    /// What rows of a run need beyond a line, texts left out.
    pub(super) fn base(&self, run: &Run<'_>) -> f32 {
        let mut extra = 0.0;
        if self.width < NARROW && !run.item && run.kind.is_some_and(is_field) {
            extra += STACKED;
        }
        if self.comments && !run.comment.is_empty() {
            extra += LINE;
        }
        extra
    }

    fn stacks(&self, row: &FormRow) -> bool {
        self.width < NARROW
            && !row.in_collection
            && matches!(&row.kind, RowKind::Value(kind) if is_field(kind))
    }

    /// Whether a row's name may take the room that its editor does not need.
    pub(super) fn is_tight(&self, row: &FormRow) -> bool {
        let small = matches!(
            row.kind,
            RowKind::Value(_) | RowKind::List { .. } | RowKind::Map { .. }
        );
        self.width < NARROW && !row.in_collection && small
    }

    pub(super) fn left(&self, depth: usize) -> f32 {
        4.0 + INDENT * depth as f32
    }
}

/// Whether a kind is edited in something as wide as there is room.
fn is_field(kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Bool | FieldKind::Message => false,
        FieldKind::Integer { .. }
        | FieldKind::Float
        | FieldKind::String
        | FieldKind::Bytes
        | FieldKind::Enum(_)
        | FieldKind::WellKnown(_) => true,
    }
}

/// How a row is divided.
pub(super) struct Parts {
    pub(super) stacked: bool,
    pub(super) comment: Option<Arc<Galley>>,
    /// Of an editor of several lines.
    special: f32,
    pub(super) reason: Option<Arc<Galley>>,
}

impl Parts {
    pub(super) fn new(
        ui: &Ui,
        row: &FormRow,
        reasons: &[&Diagnostic],
        metrics: &Metrics,
        state: &BodyState,
    ) -> Self {
        let whole = state.view.expanded.contains(&row.path);
        let shown = !row.comment.is_empty() && !row.in_collection && (metrics.comments || whole);
        let room = metrics.width - metrics.left(row.depth) - CARET - 16.0;
        Self {
            stacked: metrics.stacks(row),
            comment: shown.then(|| {
                let color = Tokens::of(ui).text.weak;
                let text = row.comment.trim();
                let first = text.lines().next().unwrap_or_default();
                match whole {
                    true => wrapped(ui, text, color, room, COMMENT_LINES),
                    false => wrapped(ui, first, color, room, 1),
                }
            }),
            special: special::extra_height(row, state),
            reason: reason(ui, reasons, metrics, row.depth),
        }
    }

    /// What the row needs beyond [`ROW`].
    pub(super) fn extra(&self) -> f32 {
        let stacked = if self.stacked { STACKED } else { 0.0 };
        stacked
            + text_height(self.comment.as_ref())
            + self.special
            + text_height(self.reason.as_ref())
    }

    /// Height of the reasons of a row that is not drawn.
    pub(super) fn reason_height(
        ui: &Ui,
        reasons: &[&Diagnostic],
        metrics: &Metrics,
        depth: usize,
    ) -> f32 {
        text_height(reason(ui, reasons, metrics, depth).as_ref())
    }
}

pub(super) fn text_height(galley: Option<&Arc<Galley>>) -> f32 {
    galley.map_or(0.0, |galley| (galley.size().y + 3.0).max(LINE))
}

/// The first reason, wrapped into what room there is.
fn reason(
    ui: &Ui,
    reasons: &[&Diagnostic],
    metrics: &Metrics,
    depth: usize,
) -> Option<Arc<Galley>> {
    let first = reasons.first()?;
    let more = match reasons.len() {
        1 => String::new(),
        n => format!("  (1 of {n})"),
    };
    let color = reason_color(ui, first);
    let text = format!("{}{more}", words(first));
    let fix = if first.fix.is_some() { 130.0 } else { 0.0 };
    let room = metrics.width - metrics.left(depth) - CARET - 16.0 - fix;
    Some(wrapped(ui, &text, color, room, REASON_LINES))
}

pub(super) fn words(diagnostic: &Diagnostic) -> String {
    match &diagnostic.hint {
        Some(hint) => format!("{}. {hint}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

fn wrapped(ui: &Ui, text: &str, color: egui::Color32, room: f32, max_rows: usize) -> Arc<Galley> {
    let mut job = prose_job(text, &font::small(), color);
    job.wrap = TextWrapping {
        max_rows,
        ..TextWrapping::wrap_at_width(room.max(80.0))
    };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// A broken rule is no mistake: people test their servers.
pub(super) fn reason_color(ui: &Ui, diagnostic: &Diagnostic) -> egui::Color32 {
    let tokens = Tokens::of(ui);
    match diagnostic.rule {
        Some(_) => tokens.warn.text,
        None => tokens.bad.text,
    }
}
