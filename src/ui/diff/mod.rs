//! Two responses side by side: what is compared, how they stand to each other, and line by line what
//! differs.

mod head;
mod line;
mod menu;
mod pairs;
mod rules;

use egui::{Frame, Key, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{
    theme::{Tokens, icon, size, space},
    widgets::{Axis, DocumentTab, EmptyPane, FailureCard, Splitter, loading_pane},
};
use crate::app::{
    Action, AppState, DiffAction, DiffPage, DiffPlace, DiffSlot, HeldStage, PairSlot,
};

/// Below this width the rules stand under the lines.
const RULES_BESIDE: f32 = 1000.0;

/// What the page keeps between frames.
#[derive(Debug, Default)]
pub(super) struct DiffCache {
    pairs: Option<f32>,
    rules: Option<f32>,
    below: Option<f32>,
    choices: Vec<(stubless_core::engine::CallId, String)>,
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
    arrows(ui, &mut page);
    state.diffs.page = Some(page);
}

/// The arrow keys go from line to line.
fn arrows(ui: &Ui, page: &mut DiffPage) {
    if ui.ctx().text_edit_focused() || egui::Popup::is_any_open(ui.ctx()) || page.lines.is_empty() {
        return;
    }
    let last = page.lines.len() - 1;
    let (up, down) = ui.input(|i| (i.key_pressed(Key::ArrowUp), i.key_pressed(Key::ArrowDown)));
    let to = match (up, down, page.at) {
        (true, false, Some(at)) => at.saturating_sub(1),
        (false, true, Some(at)) => (at + 1).min(last),
        (false, true, None) => 0,
        _ => return,
    };
    page.at = Some(to);
    page.reveal = true;
    ui.ctx().request_repaint();
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
                rules::rules_ui(ui, page, &mut second);
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
        "Choose a response at the {side}. Pin a response (the pin over it) to keep it while the request is sent again."
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
        return lines_ui(ui, page, out);
    }
    let fraction = cache.pairs.get_or_insert(0.45);
    let shared = std::cell::RefCell::new(page);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    Splitter::new(Axis::Vertical, "Messages and their fields")
        .min(90.0, 90.0)
        .show(
            ui,
            fraction,
            |ui| pairs::pairs_ui(ui, state, &mut shared.borrow_mut(), &mut first),
            |ui| lines_ui(ui, &mut shared.borrow_mut(), &mut second),
        );
    out.append(&mut first);
    out.append(&mut second);
}

fn lines_ui(ui: &mut Ui, page: &mut DiffPage, out: &mut Vec<Action>) {
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
    let at = page.at.filter(|_| std::mem::take(&mut page.reveal));
    let count = page.lines.len();
    rows(ui, "differences", count, at, |ui, index| {
        line::line_ui(ui, page, index, out);
    });
}

/// Draws rows of one height, however many: places are reckoned in 64 bits from the first one in view.
fn rows(
    ui: &mut Ui,
    name: &str,
    count: usize,
    reveal: Option<usize>,
    mut row: impl FnMut(&mut Ui, usize),
) {
    let height = f64::from(size::ROW);
    let mut area = ScrollArea::vertical().id_salt(name).auto_shrink(false);
    let room = f64::from(ui.available_height());
    let id = ui.make_persistent_id(name);
    let seen: f64 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
    if let Some(at) = reveal {
        let top = at as f64 * height;
        if top < seen || top + height > seen + room {
            area = area.vertical_scroll_offset((top - room / 3.0).max(0.0) as f32);
        }
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_viewport(ui, |ui, viewport| {
        let offset = f64::from(viewport.min.y);
        ui.data_mut(|data| data.insert_temp(id, offset));
        ui.set_height((count as f64 * height) as f32);
        let first = ((offset / height).floor().max(0.0) as usize).min(count);
        let last = (((offset + f64::from(viewport.height())) / height).ceil() as usize).min(count);
        let clip = ui.clip_rect();
        let left = ui.max_rect().left();
        let width = ui.available_width();
        // Where the view begins on screen, whatever is above it.
        let top = f64::from(ui.max_rect().top()) + offset;
        let top = if (top - f64::from(clip.top())).abs() < 4.0 {
            f64::from(clip.top())
        } else {
            top
        };
        for index in first..last {
            let y = top + (index as f64 * height - offset);
            let rect = Rect::from_min_size(pos2(left, y as f32), vec2(width, size::ROW));
            let builder = UiBuilder::new().max_rect(rect).id_salt((name, index));
            let mut own = ui.new_child(builder);
            row(&mut own, index);
        }
    });
}

/// A quiet line under a row.
fn underline(ui: &Ui, rect: Rect) {
    let line = egui::Stroke::new(1.0, Tokens::of(ui).line.weak);
    ui.painter()
        .hline(rect.x_range(), rect.bottom().round() - 0.5, line);
}
