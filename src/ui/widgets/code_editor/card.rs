//! What is under the pointer: a problem with its hint and the edit that mends it, or a field with its
//! type and comment. The card stays while the pointer is on it, for its button.

use std::ops::Range;

use egui::{
    Align2, Area, Frame, Id, Label, Margin, Order, Pos2, Rect, Response, RichText, Ui, pos2,
};
use stubless_core::message::{Assist, Diagnostic, Document, Hover, TextFix};

use super::{
    input::Work,
    paint::{mark_color, widened},
    pointer::place_at,
    seen::View,
};
use crate::ui::{
    theme::{Tokens, font, icon, size},
    widgets::{ButtonStyle, PushButton, prose_with},
};

/// How long the pointer rests before a card opens.
const REST_SECS: f64 = 0.3;

const WIDTH: f32 = 420.0;

/// A card that is open.
#[derive(Debug, Clone)]
struct Open {
    problems: Vec<Diagnostic>,
    hover: Option<Hover>,
    /// The characters it is about, on the screen.
    about: Rect,
    /// Where it was drawn.
    card: Rect,
    revision: u64,
    /// It was asked for by keys, and stays while the cursor is here.
    pinned: Option<usize>,
}

/// The card, and where the pointer rests.
#[derive(Debug, Clone, Default)]
pub(super) struct Card {
    open: Option<Open>,
    resting: Option<(Pos2, f64)>,
    /// A place whose card is to be opened.
    wanted: Option<usize>,
}

impl Card {
    /// Opens what there is to say about a place, until the cursor leaves it.
    pub(super) fn pin(&mut self, place: usize) {
        self.wanted = Some(place);
    }

    pub(super) fn close(&mut self) {
        *self = Self::default();
    }
}

/// Opens, draws and closes the card.
pub(super) fn show(
    work: &mut Work<'_, '_>,
    ui: &Ui,
    response: &Response,
    view: &View,
    assist: Option<&Assist<'_>>,
) {
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let revision = work.document.revision();
    let head = work.state.core.selection.head;
    if let Some(place) = work.state.card.wanted.take() {
        let row = work.state.layout.rows.row_of(work.document, place);
        let x = work.state.layout.x_of(work.document, place, work.measure);
        let pos = pos2(view.x(x) + 1.0, view.top(row) + 1.0);
        let found = said(work, view, assist, place, pos);
        work.state.card.open = found.map(|open| Open {
            pinned: Some(place),
            ..open
        });
    }
    let stays = work.state.card.open.as_ref().is_some_and(|open| {
        let near = |pos: Pos2| {
            let bridge = open.card.union(open.about);
            open.card.expand(4.0).contains(pos)
                || open.about.expand(2.0).contains(pos)
                || (bridge.contains(pos) && open.card.expand(10.0).contains(pos))
        };
        let here = open.pinned == Some(head);
        open.revision == revision && (here || pointer.is_some_and(near))
    });
    if !stays {
        work.state.card.open = None;
        let busy = work.state.popup.is_open() || ui.input(|input| input.pointer.any_down());
        let pos = response.hover_pos().filter(|_| !busy);
        rest(work, ui, view, assist, pos);
    }
    if let Some(mut open) = work.state.card.open.take() {
        let fix = draw(ui, response.id, &mut open);
        work.state.card.open = Some(open);
        if let Some(fix) = fix {
            work.state.card.close();
            work.apply_fix(fix.range, &fix.with);
            response.request_focus();
        }
    }
}

/// Counts how long the pointer rests, and opens the card.
fn rest(
    work: &mut Work<'_, '_>,
    ui: &Ui,
    view: &View,
    assist: Option<&Assist<'_>>,
    pos: Option<Pos2>,
) {
    let Some(pos) = pos.filter(|pos| pos.x >= view.text_left()) else {
        work.state.card.resting = None;
        return;
    };
    let now = ui.input(|input| input.time);
    match work.state.card.resting {
        Some((at, since)) if at == pos => {
            if now - since >= REST_SECS {
                work.state.card.open = found(work, view, assist, pos);
            } else {
                let left = REST_SECS - (now - since);
                ui.ctx()
                    .request_repaint_after(std::time::Duration::from_secs_f64(left));
            }
        }
        _ => {
            work.state.card.resting = Some((pos, now));
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_secs_f64(REST_SECS));
        }
    }
}

/// What there is to say about a place of the screen.
fn found(
    work: &mut Work<'_, '_>,
    view: &View,
    assist: Option<&Assist<'_>>,
    pos: Pos2,
) -> Option<Open> {
    let place = place_at(work.document, work.state, view, work.measure, pos);
    said(work, view, assist, place, pos)
}

/// What there is to say about a place of the text that is at `pos`.
fn said(
    work: &mut Work<'_, '_>,
    view: &View,
    assist: Option<&Assist<'_>>,
    place: usize,
    pos: Pos2,
) -> Option<Open> {
    let document: &Document = work.document;
    let problems: Vec<Diagnostic> = document
        .syntax_error()
        .into_iter()
        .chain(work.diagnostics.iter())
        .filter(|d| {
            let range = widened(&d.range, document.text());
            range.start <= place && place <= range.end
        })
        .take(4)
        .cloned()
        .collect();
    let hover = assist.and_then(|assist| assist.hover(document, place));
    let range = problems
        .first()
        .map(|d| widened(&d.range, document.text()))
        .or_else(|| hover.as_ref().map(|hover| hover.range.clone()))?;
    let about = rect_of(work, view, &range, pos)?;
    Some(Open {
        problems,
        hover,
        about,
        card: about,
        revision: work.document.revision(),
        pinned: None,
    })
}

/// The part of a range that is in the row under the pointer; `None` when the pointer is beside it.
fn rect_of(work: &mut Work<'_, '_>, view: &View, range: &Range<usize>, pos: Pos2) -> Option<Rect> {
    let layout = &mut work.state.layout;
    let index = view.row_at(pos.y);
    if index >= layout.rows.count() {
        return None;
    }
    let row = layout.rows.row(work.document, index);
    let left = layout.x_in_row(work.document, &row, range.start, work.measure);
    let right = layout.x_in_row(work.document, &row, range.end, work.measure);
    let top = view.top(index);
    let rect = Rect::from_min_max(
        pos2(view.x(left), top),
        pos2(view.x(right).max(view.x(left) + 4.0), top + size::CODE_LINE),
    );
    rect.expand(3.0).contains(pos).then_some(rect)
}

fn draw(ui: &Ui, id: Id, open: &mut Open) -> Option<TextFix> {
    let screen = ui.ctx().content_rect();
    let above = open.about.top() - screen.top();
    let below = screen.bottom() - open.about.bottom();
    let (pivot, y) = if below < 180.0 && above > below {
        (Align2::LEFT_BOTTOM, open.about.top() - 2.0)
    } else {
        (Align2::LEFT_TOP, open.about.bottom() + 2.0)
    };
    let mut fix = None;
    let shown = Area::new(id.with("card"))
        .order(Order::Foreground)
        .pivot(pivot)
        .fixed_pos(pos2(open.about.left(), y))
        .constrain_to(screen)
        .show(ui.ctx(), |ui| {
            let frame = Frame::popup(ui.style()).inner_margin(Margin::symmetric(10, 8));
            frame.show(ui, |ui| {
                ui.set_max_width(WIDTH.min(screen.width() - 32.0));
                for problem in &open.problems {
                    fix = problem_ui(ui, problem).or_else(|| fix.take());
                }
                if let Some(hover) = &open.hover {
                    if !open.problems.is_empty() {
                        ui.separator();
                    }
                    hover_ui(ui, hover);
                }
            });
        });
    open.card = shown.response.rect;
    fix
}

fn problem_ui(ui: &mut Ui, problem: &Diagnostic) -> Option<TextFix> {
    let tokens = Tokens::of(ui);
    let path = problem.path.to_string();
    if !path.is_empty() {
        let text = RichText::new(path).font(font::small_code());
        ui.add(Label::new(text.color(tokens.text.weak)).wrap());
    }
    let color = mark_color(problem, tokens);
    prose_with(ui, &problem.message, &font::body(), color);
    if let Some(hint) = &problem.hint {
        prose_with(ui, hint, &font::body(), tokens.text.normal);
    }
    let fix = problem.fix.as_ref()?;
    ui.add_space(2.0);
    let title = fix.title.replace('`', "");
    let button = PushButton::new(&title)
        .icon(icon::MAGIC_WAND)
        .style(ButtonStyle::Plain)
        .height(size::SMALL_CONTROL);
    let response = ui.add(button);
    response.clicked().then(|| fix.clone())
}

fn hover_ui(ui: &mut Ui, hover: &Hover) {
    let tokens = Tokens::of(ui);
    let title = RichText::new(&hover.title).font(font::code());
    ui.add(
        Label::new(title.color(tokens.text.strong))
            .wrap()
            .selectable(true),
    );
    if let Some(value) = &hover.value {
        let value = RichText::new(value).font(font::code());
        ui.add(
            Label::new(value.color(tokens.syntax.string))
                .wrap()
                .selectable(true),
        );
    }
    let comment = hover.comment.trim();
    if !comment.is_empty() {
        prose_with(ui, comment, &font::body(), tokens.text.normal);
    }
}
