//! Help for fields of one line whose text may hold `{{ … }}`: names and functions are completed while they
//! are typed, and what the text gives now is shown below the field.
//!
//! A field that is helped is drawn between [`TemplateAid::begin`], which takes the keys of an open list
//! before the field sees them, and [`TemplateAid::end`].

use std::{collections::BTreeSet, sync::Arc};

use egui::{
    Area, CornerRadius, EventFilter, Frame, Id, Key, Label, Modifiers, Order, Rect, Response,
    Sense, Ui, WidgetInfo,
    accesskit::Role,
    text::{CCursor, CCursorRange, LayoutJob, TextFormat},
    text_edit::TextEditState,
    vec2,
};
use stubless_core::message::{
    Completion, CompletionKind, MASK, PreviewPart, Scope, TemplateError, complete_template, preview,
};

use super::{ButtonStyle, PushButton, elided, line_text};
use crate::ui::theme::{Tokens, font, icon, radius, space};

/// Rows of the list; typing finds the others.
const ROWS: usize = 10;
const ROW: f32 = 26.0;
const LIST_WIDTH: f32 = 320.0;
/// Longer texts are previewed in part.
const SHOWN_CHARS: usize = 400;

/// What may stand in expressions, and what of it must not be seen.
#[derive(Debug, Clone, Copy)]
pub struct Variables<'a> {
    /// Variables and their values.
    pub scope: &'a Scope,
    /// Names of those whose values are not shown.
    pub secrets: &'a BTreeSet<String>,
    /// The environment they come from, for words.
    pub environment: Option<&'a str>,
}

impl Variables<'_> {
    fn is_secret(&self, name: &str) -> bool {
        self.secrets.contains(name)
    }
}

/// What happened in a field that is helped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AidOutput {
    /// A completion was put into the text.
    pub changed: bool,
    /// A name that is to be defined.
    pub define: Option<String>,
}

/// The list as it was in the last frame.
#[derive(Debug, Clone, Default)]
struct List {
    selected: usize,
    rect: Option<Rect>,
    /// Where it is shown what the text gives: pressing a button there takes the keyboard from the field.
    value: Option<Rect>,
    /// The text and cursor at which Escape was pressed.
    dismissed: Option<(String, usize)>,
}

/// The help of one field in one frame.
#[derive(Debug)]
pub struct TemplateAid<'a> {
    id: Id,
    variables: Variables<'a>,
    list: List,
    accept: bool,
    escape: bool,
}

impl<'a> TemplateAid<'a> {
    /// Takes the keys of the list, if the field with this id has one open.
    pub fn begin(ui: &Ui, id: Id, variables: Variables<'a>) -> Self {
        let list: List = ui
            .data(|data| data.get_temp(id.with("list")))
            .unwrap_or_default();
        let mut aid = Self {
            id,
            variables,
            list,
            accept: false,
            escape: false,
        };
        let focused = ui.memory(|memory| memory.has_focus(id));
        if aid.list.rect.is_some() && focused {
            ui.input_mut(|input| {
                let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
                if pressed(Key::ArrowDown) {
                    aid.list.selected = aid.list.selected.saturating_add(1);
                }
                if pressed(Key::ArrowUp) {
                    aid.list.selected = aid.list.selected.saturating_sub(1);
                }
                aid.escape = pressed(Key::Escape);
                aid.accept = pressed(Key::Enter) | pressed(Key::Tab);
            });
        }
        aid
    }

    /// Draws the list, or what the text gives. `response` is the field's own.
    pub fn end(mut self, ui: &mut Ui, response: &Response, text: &mut String) -> AidOutput {
        let mut output = AidOutput::default();
        let held = self.list.rect.is_some_and(|list| {
            let pointer = ui.input(|input| input.pointer.latest_pos());
            pointer.is_some_and(|pointer| list.contains(pointer))
        });
        let active = response.has_focus() || held;
        let found = active.then(|| self.completions(ui, text)).flatten();
        match found {
            Some((range, items)) => {
                self.list.selected = self.list.selected.min(items.len() - 1);
                let clicked = self.list_ui(ui, response, &items);
                if let Some(item) = clicked.or(self.accept.then_some(self.list.selected))
                    && let Some(item) = items.get(item)
                {
                    self.insert(ui, text, range, item);
                    output.changed = true;
                }
            }
            None => {
                self.list.selected = 0;
                self.list.rect = None;
                if text.contains("{{") {
                    output.define = self.value_ui(ui, response, text);
                } else {
                    self.list.value = None;
                }
            }
        }
        if response.has_focus() && self.list.rect.is_some() {
            // The keys of the list do not move the keyboard to another field.
            let filter = EventFilter {
                tab: true,
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: true,
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(self.id, filter));
            let frame = ui.ctx().cumulative_pass_nr();
            ui.data_mut(|data| data.insert_temp(open_id(), frame));
        }
        ui.data_mut(|data| data.insert_temp(self.id.with("list"), self.list));
        output
    }

    /// The bytes that a completion replaces, and the completions at the cursor.
    fn completions(
        &mut self,
        ui: &Ui,
        text: &str,
    ) -> Option<(std::ops::Range<usize>, Vec<Completion>)> {
        let cursor = TextEditState::load(ui.ctx(), self.id)?
            .cursor
            .char_range()?;
        let at = byte_of(text, cursor.primary.index.0);
        if self.escape {
            self.list.dismissed = Some((text.to_owned(), at));
        }
        let here = |(then, place): &(String, usize)| then == text && *place == at;
        if self.list.dismissed.as_ref().is_some_and(here) {
            return None;
        }
        self.list.dismissed = None;
        let found = complete_template(text, at, self.variables.scope)?;
        // What stands there whole needs no help.
        let whole = text.get(found.range.clone()).unwrap_or_default();
        if found.items.iter().any(|item| item.label == whole) {
            return None;
        }
        let items: Vec<Completion> = found.items.into_iter().take(ROWS).collect();
        (!items.is_empty()).then_some((found.range, items))
    }

    fn insert(
        &mut self,
        ui: &Ui,
        text: &mut String,
        range: std::ops::Range<usize>,
        item: &Completion,
    ) {
        let cursor = range.start + item.cursor.min(item.insert.len());
        text.replace_range(range, &item.insert);
        let chars = text
            .get(..cursor)
            .map_or(0, |before| before.chars().count());
        if let Some(mut state) = TextEditState::load(ui.ctx(), self.id) {
            let range = CCursorRange::one(CCursor::new(chars));
            state.cursor.set_char_range(Some(range));
            state.store(ui.ctx(), self.id);
        }
        ui.memory_mut(|memory| memory.request_focus(self.id));
        self.list.selected = 0;
        self.list.rect = None;
        ui.request_repaint();
    }

    /// Gives the row that was pressed.
    fn list_ui(&mut self, ui: &Ui, field: &Response, items: &[Completion]) -> Option<usize> {
        let mut clicked = None;
        let shown = below(ui, self.id.with("completions"), field).show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).inner_margin(4).show(ui, |ui| {
                ui.set_width(LIST_WIDTH);
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, item) in items.iter().enumerate() {
                    let row = self.row_ui(ui, item, index == self.list.selected);
                    if row.clicked() {
                        clicked = Some(index);
                    }
                }
            });
        });
        self.list.rect = Some(shown.response.rect);
        clicked
    }

    fn row_ui(&self, ui: &mut Ui, item: &Completion, selected: bool) -> Response {
        let tokens = Tokens::of(ui);
        let size = vec2(ui.available_width(), ROW);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response
            .widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, &item.label));
        let corner = CornerRadius::same(radius::S);
        if selected {
            ui.painter()
                .rect_filled(rect, corner, tokens.surface.selected);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, corner, tokens.surface.hover);
        }
        let detail = match item.kind {
            CompletionKind::Variable => match self.variables.scope.variables.get(&item.label) {
                Some(_) if self.variables.is_secret(&item.label) => MASK,
                Some(value) => value,
                None => "",
            },
            _ => item.comment.as_str(),
        };
        let y = rect.center().y;
        let room = rect.width() - 16.0;
        let color = tokens.syntax.template;
        let name = elided(ui, item.label.as_str(), font::code(), color, room);
        let x = line_text(ui, rect.left() + 8.0, y, name) + 12.0;
        let detail = elided(
            ui,
            detail,
            font::small(),
            tokens.text.weak,
            (rect.right() - 8.0 - x).max(0.0),
        );
        line_text(ui, rect.right() - 8.0 - detail.size().x, y, detail);
        response
    }

    /// Shows what the text gives while the field has the keyboard or the pointer is over it.
    fn value_ui(&mut self, ui: &Ui, field: &Response, text: &str) -> Option<String> {
        let variables = self.variables;
        let held = self.list.value.take().is_some_and(|value| {
            let pointer = ui.input(|input| input.pointer.latest_pos());
            pointer.is_some_and(|pointer| value.contains(pointer))
        });
        if field.has_focus() || held {
            let mut define = None;
            let area = below(ui, self.id.with("value"), field);
            let shown = area.show(ui.ctx(), |ui| {
                Frame::popup(ui.style()).inner_margin(8).show(ui, |ui| {
                    ui.set_max_width(420.0);
                    define = template_value_ui(ui, text, variables);
                });
            });
            self.list.value = Some(shown.response.rect);
            return define;
        }
        let mut define = None;
        if field.hovered() {
            field.clone().on_hover_ui(|ui| {
                ui.set_max_width(420.0);
                define = template_value_ui(ui, text, variables);
            });
        }
        define
    }
}

/// Whether a list of completions has the keyboard: Escape closes it before it does anything else.
pub fn completes_template(ctx: &egui::Context) -> bool {
    let frame: Option<u64> = ctx.data(|data| data.get_temp(open_id()));
    frame.is_some_and(|frame| frame + 1 >= ctx.cumulative_pass_nr())
}

fn open_id() -> Id {
    Id::unique("template completions")
}

fn below(ui: &Ui, id: Id, field: &Response) -> Area {
    let at = field.rect.left_bottom() + vec2(0.0, 4.0);
    Area::new(id)
        .order(Order::Foreground)
        .fixed_pos(at)
        .constrain_to(ui.ctx().content_rect())
}

fn byte_of(text: &str, chars: usize) -> usize {
    let mut places = text.char_indices().map(|(at, _)| at);
    places.nth(chars).unwrap_or(text.len())
}

/// What a text gives now, what is wrong with it, and a button that defines what is missing. Gives the
/// name to define.
pub fn template_value_ui(ui: &mut Ui, text: &str, variables: Variables<'_>) -> Option<String> {
    let tokens = Tokens::of(ui);
    let parts = kept_preview(ui, text, variables);
    ui.add(Label::new(value_job(text, &parts, tokens)).wrap());
    let errors = parts.iter().filter_map(|part| match part {
        PreviewPart::Failed(error) => Some(error),
        PreviewPart::Literal(_) | PreviewPart::Value { .. } => None,
    });
    let mut define = None;
    for error in errors.take(3) {
        if error_ui(ui, error, variables.environment) {
            define.clone_from(&error.undefined);
        }
    }
    define
}

/// What a text gave when it was first shown so: a frame must not show another chance than the one before.
#[derive(Debug, Clone)]
struct Kept {
    text: String,
    scope: Scope,
    secrets: BTreeSet<String>,
    parts: Arc<Vec<PreviewPart>>,
}

fn kept_preview(ui: &mut Ui, text: &str, variables: Variables<'_>) -> Arc<Vec<PreviewPart>> {
    let id = ui.scope_id().with("template value");
    let kept: Option<Kept> = ui.data(|data| data.get_temp(id));
    let same = |kept: &Kept| {
        kept.text == text && kept.scope == *variables.scope && kept.secrets == *variables.secrets
    };
    if let Some(kept) = kept.filter(same) {
        return kept.parts;
    }
    let parts = preview(text, variables.scope, |name| variables.is_secret(name));
    let kept = Kept {
        text: text.to_owned(),
        scope: variables.scope.clone(),
        secrets: variables.secrets.clone(),
        parts: Arc::new(parts),
    };
    let parts = Arc::clone(&kept.parts);
    ui.data_mut(|data| data.insert_temp(id, kept));
    parts
}

/// Forgets what was shown: time and chance are asked anew.
pub fn forget_template_values(ui: &Ui) {
    ui.data_mut(|data| data.remove_by_type::<Kept>());
}

/// The words of a mistake, and its button; `true` when that was pressed.
fn error_ui(ui: &mut Ui, error: &TemplateError, environment: Option<&str>) -> bool {
    let tokens = Tokens::of(ui);
    let mut words = error.message.clone();
    if let Some(hint) = &error.hint {
        words.push_str("; ");
        words.push_str(hint);
    }
    let mut job = LayoutJob::default();
    let format = TextFormat::simple(font::small(), tokens.bad.text);
    job.append(&words, 0.0, format);
    ui.add(Label::new(job).wrap());
    let missing = error.undefined.as_deref();
    missing.is_some_and(|name| define_ui(ui, name, environment))
}

/// The button that adds a missing name to the environment.
pub fn define_ui(ui: &mut Ui, name: &str, environment: Option<&str>) -> bool {
    let words = match environment {
        Some(environment) => format!("Add `{name}` to environment {environment}…"),
        None => format!("Add `{name}` to a new environment…"),
    };
    let add = PushButton::new(&words)
        .icon(icon::PLUS)
        .style(ButtonStyle::Plain)
        .height(26.0);
    ui.add_space(space::XS);
    ui.add(add).clicked()
}

/// A text with what its expressions give in their places.
fn value_job(text: &str, parts: &[PreviewPart], tokens: &Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut left = SHOWN_CHARS;
    let mut append = |text: &str, color| {
        let cut: String = text.chars().take(left).collect();
        left -= cut.chars().count();
        job.append(&cut, 0.0, TextFormat::simple(font::small_code(), color));
    };
    for part in parts {
        match part {
            PreviewPart::Literal(range) => {
                append(
                    text.get(range.clone()).unwrap_or_default(),
                    tokens.text.normal,
                );
            }
            PreviewPart::Value { text, .. } => append(text, tokens.good.text),
            PreviewPart::Failed(error) => {
                let source = text.get(error.range.clone()).unwrap_or_default();
                append(source, tokens.bad.text);
            }
        }
    }
    job
}

/// The functions of expressions, for the help of an editor of variables.
pub fn template_help_ui(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let line = |ui: &mut Ui, code: &str, words: &str| {
        ui.horizontal(|ui| {
            let mut job = LayoutJob::default();
            let format = TextFormat::simple(font::small_code(), tokens.syntax.template);
            job.append(code, 0.0, format);
            let format = TextFormat::simple(font::small(), tokens.text.normal);
            job.append(words, 12.0, format);
            ui.add(Label::new(job).wrap());
        });
    };
    super::section_label(ui, "FUNCTIONS");
    for function in stubless_core::message::template_functions() {
        let code = format!("{{{{ {} }}}}", function.call);
        line(ui, &code, function.about);
    }
    ui.add_space(space::S);
    super::section_label(ui, "CALCULATIONS AND FILTERS");
    for (code, words) in [
        ("{{ host }}:{{ port }}", "Variables inside a text"),
        (
            "{{ port|int + 1 }}",
            "Variables are texts; |int and |float make numbers",
        ),
        (
            "{{ name|upper }}",
            "Also lower, trim, title, length, replace(…), default(…)",
        ),
        ("{{ \"a\" if live == \"yes\" else \"b\" }}", "A choice"),
        ("{{ \"{{\" }}", "Braces as they are"),
    ] {
        line(ui, code, words);
    }
}

/// Draws a text field with help; `edit` draws the field with the id it is given.
pub fn aided(
    ui: &mut Ui,
    id: Id,
    text: &mut String,
    variables: Variables<'_>,
    edit: impl FnOnce(&mut Ui, &mut String) -> Response,
) -> (Response, AidOutput) {
    let aid = TemplateAid::begin(ui, id, variables);
    let mut response = edit(ui, text);
    let output = aid.end(ui, &response, text);
    if output.changed {
        response.mark_changed();
    }
    (response, output)
}
