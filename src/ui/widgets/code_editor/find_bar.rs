//! Find and replace, above the text.

use egui::{
    Align, CornerRadius, Event, Id, Key, Label, Layout, Modifiers, Rect, RichText, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit::Role, vec2,
};

use super::{
    core::Selection,
    input::Work,
    search::{Count, Query},
};
use crate::ui::{
    theme::{Tokens, font, icon, radius, size},
    widgets::{ButtonStyle, IconButton, PushButton, TextField, focus_ring},
};

/// Selections up to this are looked for when the bar opens.
const TAKEN_BYTES: usize = 200;

/// What is looked for and what comes in its place.
#[derive(Debug, Clone, Default)]
pub(super) struct FindBar {
    pub(super) is_open: bool,
    pub(super) query: Query,
    with: String,
    replaces: bool,
    count: Count,
    /// Its field gets the keyboard in this frame.
    take_focus: bool,
    /// One of its fields had the keyboard in the last frame.
    had_focus: bool,
    /// What the last replacement did.
    said: String,
}

impl FindBar {
    /// Opens it, with what is selected.
    pub(super) fn open(&mut self, selected: Option<&str>, replaces: bool) {
        let taken = selected
            .filter(|text| !text.is_empty() && text.len() <= TAKEN_BYTES && !text.contains('\n'));
        if let Some(text) = taken {
            text.clone_into(&mut self.query.text);
        }
        self.is_open = true;
        self.replaces |= replaces;
        self.take_focus = true;
        self.said.clear();
    }

    pub(super) fn close(&mut self) {
        self.is_open = false;
        self.replaces = false;
        self.had_focus = false;
    }

    /// Height of the bar, 0 while it is closed.
    pub(super) fn height(&self) -> f32 {
        match (self.is_open, self.replaces) {
            (false, _) => 0.0,
            (true, false) => 40.0,
            (true, true) => 74.0,
        }
    }

    /// Whether Escape closes it: it or the editor has the keyboard.
    pub(super) fn takes_escape(&self) -> bool {
        self.is_open && self.had_focus
    }
}

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Look,
    Next(bool),
    Replace,
    ReplaceAll,
    Close,
}

/// Draws the bar and does what is asked for.
pub(super) fn show(work: &mut Work<'_, '_>, ui: &mut Ui, rect: Rect, editor: Id) {
    let text_id = editor.with("find");
    let with_id = editor.with("replace");
    let mut act = keys(work, ui, text_id, with_id);
    let find = &mut work.state.find;
    let (text, revision) = (work.document.text(), work.document.revision());
    find.count.advance(&find.query, text, revision);
    if !find.count.done {
        ui.ctx().request_repaint();
    }
    let at = work.state.core.selection.range();
    let words = if find.query.text.is_empty() {
        String::new()
    } else {
        find.count.words(at.start)
    };
    let tokens = Tokens::of(ui);
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        Stroke::new(1.0, tokens.line.weak),
    );
    let inside = rect.shrink2(vec2(8.0, 5.0));
    let mut bar = ui.new_child(
        UiBuilder::new()
            .max_rect(inside)
            .layout(Layout::top_down(Align::Min)),
    );
    bar.spacing_mut().item_spacing = vec2(4.0, 4.0);
    let first = row(&mut bar, |ui| first_row(ui, find, text_id, &words));
    act = act.or(first);
    if find.replaces {
        let second = row(&mut bar, |ui| second_row(ui, find, with_id));
        act = act.or(second);
    }
    find.had_focus = ui.memory(|memory| memory.has_focus(text_id) || memory.has_focus(with_id));
    if let Some(act) = act {
        // Its buttons leave the keyboard where one goes on typing.
        if !find.had_focus && act != Act::Close {
            ui.memory_mut(|memory| memory.request_focus(text_id));
            find.had_focus = true;
        }
        perform(work, ui, editor, act);
    }
}

fn row<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), size::CONTROL);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), content)
        .inner
}

/// Keys of the fields, before they are drawn: Enter would take the keyboard away from them.
fn keys(work: &Work<'_, '_>, ui: &Ui, text_id: Id, with_id: Id) -> Option<Act> {
    let in_text = ui.memory(|memory| memory.has_focus(text_id));
    let in_with = ui.memory(|memory| memory.has_focus(with_id));
    // egui takes the keyboard away on Escape before anything is drawn.
    if work.state.find.had_focus && ui.input(|input| input.key_pressed(Key::Escape)) {
        return Some(Act::Close);
    }
    if !in_text && !in_with {
        return None;
    }
    ui.input_mut(|input| {
        let all = Modifiers::COMMAND.plus(Modifiers::ALT);
        if in_with && input.consume_key(all, Key::Enter) {
            return Some(Act::ReplaceAll);
        }
        if in_with && input.consume_key(Modifiers::NONE, Key::Enter) {
            return Some(Act::Replace);
        }
        if input.consume_key(Modifiers::SHIFT, Key::Enter)
            || input.consume_key(Modifiers::SHIFT, Key::F3)
        {
            return Some(Act::Next(true));
        }
        let next = input.consume_key(Modifiers::NONE, Key::Enter)
            || input.consume_key(Modifiers::NONE, Key::F3);
        next.then_some(Act::Next(false))
    })
}

fn first_row(ui: &mut Ui, find: &mut FindBar, id: Id, words: &str) -> Option<Act> {
    let mut act = None;
    let tokens = Tokens::of(ui);
    if ui
        .add(IconButton::new(icon::X, "Close find").small())
        .clicked()
    {
        act = Some(Act::Close);
    }
    let glyph = if find.replaces {
        icon::CARET_UP
    } else {
        icon::ARROWS_LEFT_RIGHT
    };
    let name = if find.replaces {
        "Hide replace"
    } else {
        "Show replace"
    };
    if ui.add(IconButton::new(glyph, name).small()).clicked() {
        find.replaces = !find.replaces;
    }
    for (glyph, name, back) in [
        (icon::ARROW_DOWN, "Next match", false),
        (icon::ARROW_UP, "Previous match", true),
    ] {
        if ui.add(IconButton::new(glyph, name).small()).clicked() {
            act = Some(Act::Next(back));
        }
    }
    let shown = if find.said.is_empty() {
        words
    } else {
        &find.said
    };
    let color = if shown == "No matches" {
        tokens.bad.text
    } else {
        tokens.text.weak
    };
    let label = RichText::new(shown).font(font::small()).color(color);
    ui.allocate_ui_with_layout(
        vec2(104.0, size::SMALL_CONTROL),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_width(104.0);
            ui.add(Label::new(label).truncate());
        },
    );
    let mut changed = toggle(ui, "ab", "Whole words", &mut find.query.word);
    changed |= toggle(ui, "Aa", "Match case", &mut find.query.case);
    let width = (ui.available_width() - 4.0).max(60.0);
    let field = TextField::new(&mut find.query.text, "Find")
        .hint("Find")
        .icon(icon::MAGNIFYING_GLASS)
        .code()
        .id(id)
        .width(width)
        .show(ui);
    if std::mem::take(&mut find.take_focus) {
        field.request_focus();
        select_all(ui, id, &find.query.text);
    }
    if changed || field.changed() {
        find.said.clear();
        act = Some(Act::Look);
    }
    act
}

fn second_row(ui: &mut Ui, find: &mut FindBar, id: Id) -> Option<Act> {
    let mut act = None;
    for (text, chosen) in [("Replace all", Act::ReplaceAll), ("Replace", Act::Replace)] {
        let button = PushButton::new(text).style(ButtonStyle::Plain).height(26.0);
        let enabled = !find.query.text.is_empty();
        if ui.add_enabled(enabled, button).clicked() {
            act = Some(chosen);
        }
    }
    let width = (ui.available_width() - 4.0).max(60.0);
    TextField::new(&mut find.with, "Replace with")
        .hint("Replace with")
        .code()
        .id(id)
        .width(width)
        .show(ui);
    act
}

fn select_all(ui: &Ui, id: Id, text: &str) {
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let end = egui::text::CCursor::new(text.chars().count());
    let all = egui::text::CCursorRange::two(egui::text::CCursor::new(0), end);
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), id);
}

/// A small word that is on or off.
fn toggle(ui: &mut Ui, text: &str, name: &str, on: &mut bool) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(26.0, size::SMALL_CONTROL), Sense::click());
    if response.clicked() {
        *on = !*on;
    }
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, *on, name));
    let corner = CornerRadius::same(radius::S);
    if *on {
        ui.painter().rect_filled(rect, corner, tokens.accent.soft);
        let line = Stroke::new(1.0, tokens.accent.line);
        ui.painter()
            .rect_stroke(rect, corner, line, StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, corner, tokens.surface.hover);
    }
    let color = if *on {
        tokens.accent.text
    } else {
        tokens.text.weak
    };
    let place = rect.center();
    ui.painter().text(
        place,
        egui::Align2::CENTER_CENTER,
        text,
        font::small(),
        color,
    );
    focus_ring(ui, &response, rect, radius::S);
    let changed = response.clicked();
    response.on_hover_text(name);
    changed
}

fn perform(work: &mut Work<'_, '_>, ui: &Ui, editor: Id, act: Act) {
    match act {
        Act::Look => {
            let from = work.state.core.selection.range().start;
            let found = work.state.find.query.next(work.document.text(), from);
            work.show_match(found);
        }
        Act::Next(back) => work.next_match(back),
        Act::Replace => replace(work),
        Act::ReplaceAll => replace_all(work),
        Act::Close => {
            work.state.find.close();
            ui.memory_mut(|memory| memory.request_focus(editor));
            // What is behind must not see it: it would cancel, or close something.
            ui.input_mut(|input| {
                input.events.retain(|event| {
                    !matches!(
                        event,
                        Event::Key {
                            key: Key::Escape,
                            ..
                        }
                    )
                });
            });
        }
    }
}

/// Replaces the match that is selected and goes to the next; without one, only goes there.
fn replace(work: &mut Work<'_, '_>) {
    let range = work.state.core.selection.range();
    let find = &work.state.find;
    let text = work.document.text();
    let here = find.query.first(text, range.start..range.start + 1);
    if here.as_ref() == Some(&range) {
        let with = find.with.clone();
        let cursor = Selection::at(range.start + with.len());
        work.state.core.replace(work.document, range, &with, cursor);
        work.update();
    }
    work.next_match(false);
}

fn replace_all(work: &mut Work<'_, '_>) {
    let find = &mut work.state.find;
    let Some((span, with, count)) = find.query.replace_all(work.document.text(), &find.with) else {
        return;
    };
    let matches = if count == 1 { "match" } else { "matches" };
    find.said = format!("{count} {matches} replaced");
    let cursor = Selection::at(span.start);
    work.state.core.replace(work.document, span, &with, cursor);
    work.reveal = true;
    work.update();
}
