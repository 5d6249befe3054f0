//! Two responses side by side: what is compared, how they stand to each other, and line by line what
//! differs.

mod head;
mod line;
mod list;
mod menu;
mod pairs;
mod rules;

use egui::{Frame, Margin, Rect, Ui};
use stubless_core::engine::CallId;

use self::list::List;
use super::{
    theme::{Tokens, icon, space},
    widgets::{Axis, DocumentTab, EmptyPane, FailureCard, RowScroll, Splitter, loading_pane},
};
use crate::app::{
    Action, AppState, DiffAction, DiffPage, DiffPlace, DiffSlot, HeldStage, PairSlot,
};

/// Below this width the rules stand under the lines.
const RULES_BESIDE: f32 = 1000.0;

/// The list of lines, for screen readers.
const LINES: &str = "Compared fields";

/// What the page keeps between frames.
#[derive(Debug, Default)]
pub(super) struct DiffCache {
    pairs: Option<f32>,
    rules: Option<f32>,
    below: Option<f32>,
    choices: Vec<(CallId, String)>,
    scrolls: Scrolls,
}

/// Where the lists stand, and of what.
#[derive(Debug, Default)]
struct Scrolls {
    sides: (Option<CallId>, Option<CallId>),
    /// The pair whose lines are shown, or that it is the call.
    part: (Option<usize>, bool),
    pairs: RowScroll,
    lines: RowScroll,
}

impl Scrolls {
    /// Another comparison, and other lines, begin at their top.
    fn settle(&mut self, page: &DiffPage) {
        let sides = (page.left, page.right);
        let part = (page.pair, page.call_shown);
        if self.sides != sides {
            *self = Self::default();
            self.sides = sides;
        }
        if self.part != part {
            self.part = part;
            self.lines = RowScroll::default();
        }
    }
}

/// The tab of the page in the row of tabs.
pub(super) fn tab_ui(ui: &mut Ui, state: &AppState, width: f32, out: &mut Vec<Action>) {
    if state.diffs.page.is_none() {
        return;
    }
    ui.push_id("comparison", |ui| {
        let shown = DocumentTab::new("Comparison")
            .active(state.active.is_none())
            .width(width)
            .show(ui);
        if shown.closed {
            out.push(Action::Diff(DiffAction::Close));
        } else if shown.selected {
            out.push(Action::Diff(DiffAction::Front));
        }
        shown.response.on_hover_text("Two responses side by side");
    });
}

/// Draws the page.
pub(super) fn page_ui(
    ui: &mut Ui,
    state: &mut AppState,
    cache: &mut DiffCache,
    out: &mut Vec<Action>,
) {
    // Taken out so that what is in view can be changed while the rest of the state is read.
    let Some(mut page) = state.diffs.page.take() else {
        return;
    };
    cache.choices = crate::app::diff_choices(state);
    cache.scrolls.settle(&page);
    let margin = Margin {
        left: 14,
        right: 14,
        top: 10,
        bottom: 10,
    };
    Frame::NONE.inner_margin(margin).show(ui, |ui| {
        head::head_ui(ui, state, &mut page, &cache.choices, out);
        ui.add_space(space::S);
        body_ui(ui, state, &mut page, cache, out);
    });
    state.diffs.page = Some(page);
}

fn body_ui(
    ui: &mut Ui,
    state: &AppState,
    page: &mut DiffPage,
    cache: &mut DiffCache,
    out: &mut Vec<Action>,
) {
    if let Some(place) = [DiffPlace::Left, DiffPlace::Right]
        .into_iter()
        .find(|place| page.side(*place).is_none())
    {
        return missing_ui(ui, place);
    }
    for place in [DiffPlace::Left, DiffPlace::Right] {
        let held = page.side(place).and_then(|call| state.diffs.response(call));
        if let Some(held) = held
            && let HeldStage::Failed(failure) = &held.stage
        {
            let mut failure = failure.clone();
            // They would change the request, not what was called.
            failure.fixes.clear();
            let _ = FailureCard::new(&failure).show(ui);
            return;
        }
    }
    match &page.slot {
        DiffSlot::Ready(..) => {}
        DiffSlot::Failed(failure) => {
            let _ = FailureCard::new(failure).show(ui);
            return;
        }
        DiffSlot::Running(_, progress) => {
            let (done, total) = progress.done();
            let text = match total {
                0 => "Comparing…".to_owned(),
                _ => format!("Comparing… {} %", done.saturating_mul(100) / total),
            };
            loading_pane(ui, &text);
            return;
        }
        DiffSlot::Empty => {
            let calls = [page.left, page.right].into_iter().flatten();
            let mut held = calls.filter_map(|call| state.diffs.response(call));
            let waits = held.any(|held| matches!(held.stage, HeldStage::Waiting(_)));
            let text = if waits {
                "Reading the schemas of the targets; the calls follow…"
            } else {
                "Waiting for both responses…"
            };
            loading_pane(ui, text);
            return;
        }
    }
    if !page.rules_shown {
        return result_ui(ui, state, page, cache, out);
    }
    let wide = ui.available_width() >= RULES_BESIDE;
    let (axis, fraction, least) = if wide {
        let fraction = cache.rules.get_or_insert(0.72);
        (Axis::Horizontal, fraction, (420.0, 260.0))
    } else {
        let fraction = cache.below.get_or_insert(0.55);
        (Axis::Vertical, fraction, (120.0, 150.0))
    };
    let mut part = *fraction;
    let kept = page.tab.is_some_and(|tab| state.tab(tab).is_some());
    let shared = std::cell::RefCell::new((page, cache));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    Splitter::new(axis, "Differences and rules")
        .min(least.0, least.1)
        .show(
            ui,
            &mut part,
            |ui| {
                let (page, cache) = &mut *shared.borrow_mut();
                result_ui(ui, state, page, cache, &mut first);
            },
            |ui| {
                let (page, _) = &mut *shared.borrow_mut();
                rules::rules_ui(ui, page, kept, &mut second);
            },
        );
    let (_, cache) = shared.into_inner();
    *if wide {
        &mut cache.rules
    } else {
        &mut cache.below
    } = Some(part);
    out.append(&mut first);
    out.append(&mut second);
}

/// A side is not chosen yet.
fn missing_ui(ui: &mut Ui, place: DiffPlace) {
    let side = match place {
        DiffPlace::Left => "left",
        DiffPlace::Right => "right",
    };
    let text = format!(
        "Choose a response at the {side}. Pin a response (in the menu over it) to keep it while the request is sent again."
    );
    EmptyPane::new(icon::COLUMNS, "Two responses are needed", &text).show(ui);
}

fn result_ui(
    ui: &mut Ui,
    state: &AppState,
    page: &mut DiffPage,
    cache: &mut DiffCache,
    out: &mut Vec<Action>,
) {
    if !page.is_stream() || page.call_shown {
        return lines_ui(ui, page, &mut cache.scrolls.lines, out);
    }
    let fraction = cache.pairs.get_or_insert(0.45);
    let Scrolls { pairs, lines, .. } = &mut cache.scrolls;
    let shared = std::cell::RefCell::new(page);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    Splitter::new(Axis::Vertical, "Messages and their fields")
        .min(90.0, 90.0)
        .show(
            ui,
            fraction,
            |ui| pairs::pairs_ui(ui, state, &mut shared.borrow_mut(), pairs, &mut first),
            |ui| lines_ui(ui, &mut shared.borrow_mut(), lines, &mut second),
        );
    out.append(&mut first);
    out.append(&mut second);
}

fn lines_ui(ui: &mut Ui, page: &mut DiffPage, scroll: &mut RowScroll, out: &mut Vec<Action>) {
    if page.is_stream() && !page.call_shown {
        match &page.rows {
            Some(PairSlot::Asked) => {
                loading_pane(ui, "Comparing the messages…");
                return;
            }
            Some(PairSlot::Failed(failure)) => {
                let _ = FailureCard::new(failure).show(ui);
                return;
            }
            None => {
                EmptyPane::new(
                    icon::ROWS,
                    "No message is chosen",
                    "Choose a row above to see what its messages have and have not in common.",
                )
                .show(ui);
                return;
            }
            Some(PairSlot::Ready(_)) => {}
        }
    }
    if page.lines.is_empty() {
        let (title, text) = match page.counts() {
            (0, 0) => ("Equal", "Nothing differs."),
            (0, _) => ("Equal", "Nothing differs but what the rules ignore."),
            _ => (
                "Nothing to show",
                "The messages have no fields that are set.",
            ),
        };
        EmptyPane::new(icon::CHECK_CIRCLE, title, text).show(ui);
        return;
    }
    line::header_ui(ui, page);
    let list = List {
        name: LINES,
        count: page.lines.len(),
        chosen: page.at,
        reveal: std::mem::take(&mut page.reveal),
        first: true,
    };
    let to = list.show(ui, scroll, |ui, index| {
        line::line_ui(ui, page, index, out);
    });
    if to.is_some() {
        page.at = to;
        ui.ctx().request_repaint();
    }
}

/// A quiet line under a row.
fn underline(ui: &Ui, rect: Rect) {
    let line = egui::Stroke::new(1.0, Tokens::of(ui).line.weak);
    ui.painter()
        .hline(rect.x_range(), rect.bottom().round() - 0.5, line);
}
