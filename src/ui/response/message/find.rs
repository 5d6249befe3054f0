//! Search in the message: the bar above it, and what the engine found.

use egui::{Align, Event, Id, Key, Layout, Modifiers, RichText, Stroke, Ui, vec2};
use stubless_core::{
    engine::{Answer, MessageTask},
    message::lazy::{Found, MessageRows, Query},
};

use crate::{
    app::Action,
    ui::{
        theme::{Tokens, font, icon, size},
        widgets::{Check, IconButton, TextField, keep_escape_from},
        words,
    },
};

/// Messages up to this are searched while a frame is drawn.
const AT_ONCE_BYTES: usize = 64 << 10;

/// What is looked for in a message.
#[derive(Debug, Default)]
pub(super) struct Find {
    pub(super) is_open: bool,
    pub(super) query: Query,
    /// What was found, and of which query.
    found: Option<(Query, Found)>,
    asked: Option<(Query, Answer<Found>)>,
    at: usize,
    take_focus: bool,
    had_focus: bool,
    /// The match is shown once it is known.
    jumps: bool,
}

/// What the bar wants of the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    Show(Vec<u32>),
    Leave,
}

impl Find {
    pub(super) fn open(&mut self) {
        self.is_open = true;
        self.take_focus = true;
    }

    /// What was found is of other rows.
    pub(super) fn changed(&mut self) {
        self.found = None;
        if let Some((_, work)) = self.asked.take() {
            work.stop();
        }
    }

    /// The path of the match one stands at.
    pub(super) fn current(&self) -> Option<&[u32]> {
        if !self.is_open {
            return None;
        }
        self.found.as_ref()?.1.path(self.at)
    }

    /// Looks for the text, where it was not yet looked for.
    fn advance(&mut self, rows: &MessageRows, out: &mut Vec<Action>) {
        if let Some((query, work)) = &self.asked
            && work.is_over()
        {
            let found = work.take().unwrap_or_default();
            self.found = Some((query.clone(), found));
            self.asked = None;
            self.at = 0;
            self.jumps = true;
        }
        let known = self.found.as_ref().map(|(query, _)| query);
        let asked = self.asked.as_ref().map(|(query, _)| query);
        if known == Some(&self.query) || asked == Some(&self.query) {
            return;
        }
        self.changed();
        if self.query.text.is_empty() {
            return;
        }
        let work = Answer::default();
        self.asked = Some((self.query.clone(), work.clone()));
        out.push(Action::Message(Box::new(MessageTask::Search(
            Box::new(rows.clone()),
            self.query.clone(),
            work,
        ))));
    }

    fn step(&mut self, back: bool) -> Option<Wish> {
        let (_, found) = self.found.as_ref()?;
        if found.is_empty() {
            return None;
        }
        self.at = match back {
            true => self.at.checked_sub(1).unwrap_or(found.len() - 1),
            false => (self.at + 1) % found.len(),
        };
        found.path(self.at).map(|path| Wish::Show(path.to_vec()))
    }

    fn words(&self, message_bytes: usize) -> String {
        if let Some((_, work)) = &self.asked {
            if message_bytes <= AT_ONCE_BYTES {
                return String::new();
            }
            let part = work.done() * 100 / (message_bytes as u64).max(1);
            return format!("Searching… {} %", part.min(99));
        }
        match &self.found {
            Some((_, found)) if found.is_empty() => "No matches".to_owned(),
            Some((_, found)) => {
                let more = if found.more { "+" } else { "" };
                let (at, all) = (words::count(self.at + 1), words::count(found.len()));
                format!("{at} of {all}{more}")
            }
            None => String::new(),
        }
    }
}

/// Whether the keys that search were pressed, and no text field, popup or dialog has them. They are taken.
pub(in crate::ui::response) fn pressed(ui: &Ui) -> bool {
    let ctx = ui.ctx();
    let modal = ctx.memory(|memory| memory.top_modal_layer().is_some());
    let free = !modal && !ctx.text_edit_focused() && !egui::Popup::is_any_open(ctx);
    free && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F))
}

/// Draws the bar; gives what is to be shown.
pub(super) fn bar_ui(
    ui: &mut Ui,
    find: &mut Find,
    rows: &MessageRows,
    id: Id,
    out: &mut Vec<Action>,
) -> Option<Wish> {
    let field_id = id.with("find");
    let mut wish = keys(ui, find, field_id);
    find.advance(rows, out);
    if std::mem::take(&mut find.jumps)
        && let Some(path) = find.current()
    {
        wish = wish.or_else(|| Some(Wish::Show(path.to_vec())));
    }
    let tokens = Tokens::of(ui);
    let said = find.words(rows.message().wire().len());
    let row = vec2(ui.available_width(), size::CONTROL + 6.0);
    let shown = ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if ui
            .add(IconButton::new(icon::X, "Close search").small())
            .clicked()
        {
            wish = Some(Wish::Leave);
        }
        for (glyph, name, back) in [
            (icon::ARROW_DOWN, "Next match (Enter)", false),
            (icon::ARROW_UP, "Previous match (Shift+Enter)", true),
        ] {
            if ui.add(IconButton::new(glyph, name).small()).clicked() {
                wish = find.step(back);
            }
        }
        let color = if said == "No matches" {
            tokens.bad.text
        } else {
            tokens.text.weak
        };
        let label = RichText::new(&said).font(font::small()).color(color);
        let room = vec2(112.0, size::SMALL_CONTROL);
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(112.0);
            ui.add(egui::Label::new(label).truncate());
        });
        ui.add(Check::new(&mut find.query.match_case, "Match case").with_word());
        let width = (ui.available_width() - 4.0).max(60.0);
        let field = TextField::new(&mut find.query.text, "Search in message")
            .hint("Search keys and values")
            .icon(icon::MAGNIFYING_GLASS)
            .code()
            .id(field_id)
            .width(width)
            .show(ui);
        if std::mem::take(&mut find.take_focus) {
            field.request_focus();
        }
        find.had_focus = field.has_focus();
    });
    if find.had_focus {
        keep_escape_from(ui.ctx());
    }
    let rect = shown.response.rect;
    let line = Stroke::new(1.0, tokens.line.weak);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, line);
    if wish == Some(Wish::Leave) {
        find.is_open = false;
        find.had_focus = false;
    }
    wish
}

/// Keys of the field, before it is drawn: Enter would take the keyboard away from it.
fn keys(ui: &Ui, find: &mut Find, field: Id) -> Option<Wish> {
    let typing = ui.memory(|memory| memory.has_focus(field));
    // egui takes the keyboard away on Escape before anything is drawn.
    if find.had_focus && ui.input(|input| input.key_pressed(Key::Escape)) {
        ui.input_mut(|input| {
            input
                .events
                .retain(|event| !matches!(event, Event::Key { key, .. } if *key == Key::Escape));
        });
        return Some(Wish::Leave);
    }
    if !typing {
        return None;
    }
    let back = ui.input_mut(|input| {
        if input.consume_key(Modifiers::SHIFT, Key::Enter)
            || input.consume_key(Modifiers::SHIFT, Key::F3)
        {
            return Some(true);
        }
        let next = input.consume_key(Modifiers::NONE, Key::Enter)
            || input.consume_key(Modifiers::NONE, Key::F3);
        next.then_some(false)
    });
    find.step(back?)
}
