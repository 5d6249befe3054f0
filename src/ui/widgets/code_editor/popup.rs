//! The list of what may stand at the cursor.

use egui::{
    Align2, Area, CornerRadius, Frame, Id, Key, Label, Margin, Modifiers, Order, Rect, RichText,
    ScrollArea, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};
use stubless_core::message::{Completion, CompletionKind, Completions};

use super::{
    bracket::Pair,
    core::{Selection, Stamp},
    input::Work,
};
use crate::ui::{
    theme::{Icon, Tokens, font, icon, radius},
    widgets::{elided, line_text},
};

const ROW: f32 = 26.0;
const ROWS: usize = 8;
const WIDTH: f32 = 440.0;

/// Why a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Something was typed that a list may help with.
    Typed,
    /// It was asked for by its key.
    Key,
}

#[derive(Debug, Clone)]
struct Open {
    completions: Completions,
    /// The text it was made for.
    made_for: Stamp,
    chosen: usize,
    /// The row at the top.
    first: usize,
    /// The chosen one is to be scrolled to.
    follow: bool,
}

/// The list, if there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Popup {
    wanted: Option<Ask>,
    open: Option<Open>,
}

impl Popup {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    /// By its key, even where nothing is typed yet.
    pub(super) fn ask(&mut self) {
        self.wanted = Some(Ask::Key);
    }

    /// After something was typed.
    pub(super) fn typed(&mut self, text: &str) {
        let mut chars = text.chars();
        let single = chars.next().filter(|_| chars.next().is_none());
        let helps = single.is_some_and(|c| {
            let begins =
                c.is_alphanumeric() || matches!(c, '"' | ':' | '_' | '.' | '{' | '/' | '@');
            begins || (self.is_open() && matches!(c, ' ' | '-'))
        });
        if helps {
            self.wanted = Some(Ask::Typed);
        } else {
            self.close();
        }
    }

    /// After a character was taken back.
    pub(super) fn erased(&mut self) {
        if self.is_open() {
            self.wanted = Some(Ask::Typed);
        }
    }
}

/// A key while the list is open; `false` when it is not the list's.
pub(super) fn key(work: &mut Work<'_, '_>, key: Key, held: Modifiers) -> bool {
    if !work.state.popup.is_open() || (held.any() && !matches!(key, Key::Escape)) {
        return false;
    }
    // What was typed in this frame is not in the list yet, and its range is too short.
    refresh(work);
    let Some(open) = &mut work.state.popup.open else {
        return false;
    };
    let last = open.completions.items.len().saturating_sub(1);
    let chosen = open.chosen;
    open.chosen = match key {
        Key::ArrowDown if chosen == last => 0,
        Key::ArrowDown => chosen + 1,
        Key::ArrowUp if chosen == 0 => last,
        Key::ArrowUp => chosen - 1,
        Key::PageDown => (chosen + ROWS).min(last),
        Key::PageUp => chosen.saturating_sub(ROWS),
        Key::Enter | Key::Tab => {
            accept(work, chosen);
            return true;
        }
        Key::Escape => {
            work.state.popup.close();
            return true;
        }
        _ => return false,
    };
    open.follow = true;
    true
}

/// Puts a completion in.
fn accept(work: &mut Work<'_, '_>, index: usize) {
    let Some(open) = work.state.popup.open.take() else {
        return;
    };
    let range = open.completions.range;
    let Some(item) = open.completions.items.into_iter().nth(index) else {
        return;
    };
    let cursor = Selection::at(range.start + item.cursor.min(item.insert.len()));
    let core = &mut work.state.core;
    core.replace(work.document, range, &item.insert, cursor);
    // Closers that came with it are gone over as those that were typed are.
    let (before, after) = item
        .insert
        .split_at_checked(item.cursor)
        .unwrap_or_default();
    let closes = [("\"", "\""), ("{", "}"), ("[", "]")]
        .iter()
        .any(|(open, close)| before.ends_with(open) && after.starts_with(close));
    if closes {
        let close = cursor.head;
        let open = close - 1;
        core.closed.push(Pair { open, close });
    }
    work.reveal = true;
    // After a key comes its value.
    if item.kind == CompletionKind::Field {
        work.state.popup.wanted = Some(Ask::Typed);
    }
    work.update();
}

/// Asks for the list where it is wanted: once a frame, after all that was typed, and before a key of the
/// list. A list of another text is none.
pub(super) fn refresh(work: &mut Work<'_, '_>) {
    let made_for = Stamp::of(work.document);
    let popup = &mut work.state.popup;
    let Some(ask) = popup.wanted.take() else {
        popup.open.take_if(|open| open.made_for != made_for);
        return;
    };
    let head = work.state.core.selection.head;
    let text = work.document.text();
    // The quote that ends a string ends its list; after a bracket mostly comes a new line.
    let before = text.get(..head).unwrap_or_default();
    let quiet =
        before.ends_with(['"', '{']) && !work.state.core.lexed.state_at(text, head).in_string();
    let found = work
        .assist
        .filter(|_| ask == Ask::Key || !quiet)
        .filter(|_| work.state.core.selection.is_empty())
        .and_then(|assist| assist.complete(work.document, head))
        .filter(|found| !found.items.is_empty());
    let text = work.document.text();
    // A list of what already stands there helps nobody.
    let found = found.filter(|found| {
        let there = text.get(found.range.clone());
        ask == Ask::Key
            || !matches!(found.items.as_slice(), [only] if Some(only.insert.as_str()) == there)
    });
    work.state.popup.open = found.map(|completions| Open {
        completions,
        made_for,
        chosen: 0,
        first: 0,
        follow: true,
    });
}

/// Draws the list at the cursor.
pub(super) fn show(work: &mut Work<'_, '_>, ui: &Ui, id: Id, cursor: Rect, left: f32) {
    let Some(mut open) = work.state.popup.open.take() else {
        return;
    };
    let screen = ui.ctx().content_rect();
    let count = open.completions.items.len();
    let height = count.min(ROWS) as f32 * ROW + 70.0;
    let below = screen.bottom() - cursor.bottom();
    let (pivot, y) = if below < height && cursor.top() - screen.top() > below {
        (Align2::LEFT_BOTTOM, cursor.top() - 3.0)
    } else {
        (Align2::LEFT_TOP, cursor.bottom() + 3.0)
    };
    let mut pressed = None;
    Area::new(id.with("completions"))
        .order(Order::Foreground)
        .pivot(pivot)
        .fixed_pos(pos2(left, y))
        .constrain_to(screen)
        .accessible_name("Completions")
        .show(ui.ctx(), |ui| {
            let tokens = Tokens::of(ui);
            let frame = Frame::popup(ui.style()).inner_margin(Margin::same(4));
            frame.show(ui, |ui| {
                ui.set_width(WIDTH.min(screen.width() - 24.0));
                pressed = list(ui, &mut open);
                comment(ui, &open, tokens);
            });
        });
    work.state.popup.open = Some(open);
    if let Some(index) = pressed {
        accept(work, index);
        ui.memory_mut(|memory| memory.request_focus(id));
    }
}

fn list(ui: &mut Ui, open: &mut Open) -> Option<usize> {
    let mut pressed = None;
    let count = open.completions.items.len();
    ui.spacing_mut().item_spacing.y = 0.0;
    // What the area remembers of an earlier list says nothing of this one.
    let height = count.min(ROWS) as f32 * ROW;
    let mut scroll = ScrollArea::vertical()
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, true]);
    if std::mem::take(&mut open.follow) {
        let lowest = open.chosen.saturating_sub(ROWS - 1);
        open.first = open.first.clamp(lowest, open.chosen);
        scroll = scroll.vertical_scroll_offset(open.first as f32 * ROW);
    }
    scroll.show_rows(ui, ROW, count, |ui, rows| {
        for index in rows {
            let Some(item) = open.completions.items.get(index) else {
                continue;
            };
            if row(ui, item, index == open.chosen) {
                pressed = Some(index);
            }
        }
    });
    pressed
}

fn row(ui: &mut Ui, item: &Completion, chosen: bool) -> bool {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListBoxOption, true, chosen, item.label.as_str())
    });
    let fill = if chosen {
        Some(tokens.surface.selected)
    } else {
        response.hovered().then_some(tokens.surface.hover)
    };
    if let Some(fill) = fill {
        let corner = CornerRadius::same(radius::S);
        ui.painter().rect_filled(rect, corner, fill);
    }
    let (glyph, color) = glyph(item.kind, tokens);
    ui.painter().text(
        pos2(rect.left() + 15.0, rect.center().y),
        Align2::CENTER_CENTER,
        glyph.text(),
        glyph.font(15.0),
        color,
    );
    let room = rect.width() - 40.0;
    let strong = tokens.text.strong;
    let label = elided(ui, &item.label, font::code(), strong, room * 0.7);
    let used = label.size().x;
    line_text(ui, rect.left() + 30.0, rect.center().y, label);
    let detail = elided(
        ui,
        &item.detail,
        font::small(),
        tokens.text.weak,
        room - used - 12.0,
    );
    let x = rect.right() - 8.0 - detail.size().x;
    line_text(ui, x, rect.center().y, detail);
    response.clicked()
}

fn glyph(kind: CompletionKind, tokens: &Tokens) -> (Icon, egui::Color32) {
    match kind {
        CompletionKind::Field => (icon::TEXTBOX, tokens.info.text),
        CompletionKind::EnumValue => (icon::LIST_BULLETS, tokens.orange.text),
        CompletionKind::Type => (icon::CUBE, tokens.purple.text),
        CompletionKind::Variable => (icon::BRACKETS_CURLY, tokens.accent.text),
        CompletionKind::Function => (icon::LIGHTNING, tokens.warn.text),
        CompletionKind::Value => (icon::CODE, tokens.text.weak),
    }
}

/// The comment of the chosen one, below the list.
fn comment(ui: &mut Ui, open: &Open, tokens: &Tokens) {
    let chosen = open.completions.items.get(open.chosen);
    let Some(comment) = chosen.map(|item| item.comment.trim()) else {
        return;
    };
    if comment.is_empty() {
        return;
    }
    ui.add_space(4.0);
    let rect = ui.available_rect_before_wrap();
    let line = Stroke::new(1.0, tokens.line.weak);
    ui.painter().hline(rect.x_range(), rect.top(), line);
    ui.add_space(5.0);
    let short: Vec<&str> = comment.lines().take(4).collect();
    let text = RichText::new(short.join("\n"))
        .font(font::small())
        .color(tokens.text.weak);
    let margin = Margin::symmetric(8, 0);
    Frame::NONE.inner_margin(margin).show(ui, |ui| {
        ui.add(Label::new(text).wrap());
    });
    ui.add_space(2.0);
}
