//! The messages of two streams in pairs, one row each.

use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use stubless_core::{
    call::{PairState, StreamPair},
    engine::RenderStyle,
};

use super::{list::List, underline};
use crate::{
    app::{Action, AppState, DiffAction, DiffPage},
    ui::{
        theme::{Icon, Tokens, Tone, fade, font, icon, size},
        widgets::{EmptyPane, RowScroll, elided, hover_fade, json_line, line_text},
        words,
    },
};

/// Right edges of the numbers' columns.
const LEFT: f32 = 110.0;
const RIGHT: f32 = 200.0;
/// Where previews begin.
const PREVIEW: f32 = 340.0;

/// The list, for screen readers.
const PAIRS: &str = "Compared messages";

/// Draws the table.
pub(super) fn pairs_ui(
    ui: &mut Ui,
    state: &AppState,
    page: &mut DiffPage,
    scroll: &mut RowScroll,
    out: &mut Vec<Action>,
) {
    if page.pairs.is_empty() {
        let text = "All messages are equal, or differ by what the rules ignore alone.";
        EmptyPane::new(icon::CHECK_CIRCLE, "Equal", text).show(ui);
        return;
    }
    header_ui(ui);
    let chosen = page
        .pair
        .and_then(|pair| page.pairs.binary_search(&pair).ok());
    let list = List {
        name: PAIRS,
        count: page.pairs.len(),
        chosen,
        reveal: page.pair_moved(),
        first: false,
    };
    // What the previews of the rows in view lack, asked for at once.
    let mut wanted = [Vec::new(), Vec::new()];
    let to = list.show(ui, scroll, |ui, index| {
        pair_ui(ui, state, page, index, (&mut wanted, out));
    });
    if let Some(pair) = to.and_then(|to| page.pairs.get(to)) {
        out.push(Action::Diff(DiffAction::PickPair(*pair)));
    }
    for (call, wanted) in [page.left, page.right].into_iter().zip(wanted) {
        if let Some(call) = call.filter(|_| !wanted.is_empty()) {
            out.push(Action::Diff(DiffAction::WantPreviews(call, wanted)));
        }
    }
}

fn header_ui(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    for (x, right, title) in [
        (rect.left() + LEFT, true, "Left"),
        (rect.left() + RIGHT, true, "Right"),
        (rect.left() + RIGHT + 16.0, false, "State"),
        (rect.left() + PREVIEW, false, "Message"),
    ] {
        let galley = elided(ui, title, font::small_strong(), tokens.text.weak, 200.0);
        let x = if right { x - galley.size().x } else { x };
        line_text(ui, x, rect.center().y, galley);
    }
    underline(ui, rect);
}

fn look(tokens: &Tokens, state: PairState) -> (Tone, Icon, String) {
    match state {
        PairState::Equal => (tokens.neutral, icon::CHECK, "Equal".to_owned()),
        PairState::Ignored => (
            tokens.neutral,
            icon::EYE_SLASH,
            "Equal but for what is ignored".to_owned(),
        ),
        PairState::Changed(count) => {
            let count = words::counted(count as usize, "difference");
            (tokens.warn, icon::PENCIL_SIMPLE, count)
        }
        PairState::OnlyLeft => (tokens.bad, icon::MINUS, "Only left".to_owned()),
        PairState::OnlyRight => (tokens.good, icon::PLUS, "Only right".to_owned()),
        PairState::Lost => (
            tokens.bad,
            icon::WARNING,
            "The log no longer gives it".to_owned(),
        ),
    }
}

fn number(index: Option<usize>) -> String {
    index.map_or("–".to_owned(), |index| words::count(index + 1))
}

/// Messages whose previews are missing, at the left and right; and what was pressed.
type Asks<'o> = (&'o mut [Vec<usize>; 2], &'o mut Vec<Action>);

fn pair_ui(ui: &mut Ui, state: &AppState, page: &DiffPage, index: usize, (wanted, out): Asks<'_>) {
    let tokens = Tokens::of(ui);
    let pair: Option<(usize, StreamPair)> = page.pairs.get(index).and_then(|at| {
        let pair = page.result()?.stream.pairs.get(*at)?;
        Some((*at, *pair))
    });
    let Some((at, pair)) = pair else { return };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::CLICK);
    let chosen = page.pair == Some(at);
    let (tone, glyph, text) = look(tokens, pair.state);
    let (left, right) = (number(pair.left()), number(pair.right()));
    response.widget_info(|| {
        let words = format!("Pair {}, left {left}, right {right}, {text}", at + 1);
        WidgetInfo::selected(Role::ListItem, ui.is_enabled(), chosen, words)
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, CornerRadius::ZERO, tokens.surface.selected);
        let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        painter.rect_filled(bar, CornerRadius::ZERO, tokens.accent.text);
    } else {
        let t = hover_fade(ui, &response);
        painter.rect_filled(rect, CornerRadius::ZERO, fade(tokens.surface.raised, t));
    }
    underline(ui, rect);
    let y = rect.center().y;
    let mark = pos2(rect.left() + 14.0, y);
    painter.text(
        mark,
        Align2::CENTER_CENTER,
        glyph.text(),
        glyph.font(13.0),
        tone.text,
    );
    for (x, text) in [(rect.left() + LEFT, left), (rect.left() + RIGHT, right)] {
        let galley = elided(ui, text, font::small_code(), tokens.text.normal, 80.0);
        line_text(ui, x - galley.size().x, y, galley);
    }
    let x = rect.left() + RIGHT + 16.0;
    let from = rect.left() + PREVIEW;
    let words = elided(ui, text, font::body(), tone.text, from - x - 8.0);
    line_text(ui, x, y, words);
    // The left message; what only the right stream has is shown from there.
    let [at_left, at_right] = wanted;
    let (call, message, wanted) = match pair.left() {
        Some(message) => (page.left, Some(message), at_left),
        None => (page.right, pair.right(), at_right),
    };
    let held = call.and_then(|call| state.diffs.response(call));
    if let (Some(held), Some(message)) = (held, message) {
        match held.texts.get(message, RenderStyle::Preview) {
            Some(preview) => {
                let room = rect.right() - from - 8.0;
                let galley = json_line(ui, &preview.text, &font::small_code(), room);
                line_text(ui, from, y, galley);
            }
            None => wanted.push(message),
        }
    }
    if response.clicked() {
        ui.memory_mut(|memory| memory.request_focus(List::id(PAIRS)));
        out.push(Action::Diff(DiffAction::PickPair(at)));
    }
}
