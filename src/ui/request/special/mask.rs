//! The editor of a FieldMask: its text, and the fields it may name as a tree.

use std::collections::HashSet;

use egui::{Align2, Id, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};
use prost_reflect::MessageDescriptor;
use stubless_core::message::{
    FormRow,
    known::{Checked, Mask, MaskField, MaskTarget, mask_fields, mask_owner, mask_targets},
};

use super::{
    Around, Found, SpecialState, faint_note, is_template, leaving, popup::popup, string_ui,
};
use crate::ui::{
    request::{
        edit::Edit,
        editors::{CONTROL, Cell},
        state::BodyState,
        value,
    },
    theme::{Tokens, font, icon, space},
    widgets::{
        ButtonStyle, Check, Chip, IconButton, PushButton, TextField, elided, line_text, prose_with,
    },
};

const WIDTH: f32 = 340.0;
const ROW: f32 = 25.0;
const INDENT: f32 = 16.0;
/// Fields that a filter lists, and levels it looks into.
const LISTED: usize = 200;
const LEVELS: usize = 5;

/// The message a mask is about, where the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// One of those nearby, by its label.
    Near(String),
    /// A message of the schema, by its full name; `None` while it is looked for.
    Type(Option<String>),
}

/// What of the tree is in view.
#[derive(Debug, Clone, Default)]
struct View {
    open: HashSet<String>,
    filter: String,
}

/// A line of the tree.
struct Line {
    field: MaskField,
    depth: usize,
    open: Option<bool>,
}

pub(super) fn mask_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let near = near(row, cell.around);
    let about = about(row, &near, cell.around, &mut state.special);
    let mask = Mask::parse(&row.value);
    let unknown = match &about {
        Some(about) if !is_template(&row.value) => mask.unknown(about).join("`, `"),
        _ => String::new(),
    };
    let warned = if unknown.is_empty() { 0.0 } else { 24.0 };
    let mut child = leaving(ui, cell.id.with("mask"), CONTROL + 4.0 + warned);
    let (response, edit) = string_ui(&mut child, cell, "name,address.city", state);
    let count = mask.paths().len();
    if count > 1 {
        response.on_hover_ui(|ui| {
            ui.label(mask.paths().join("\n"));
        });
    }
    if let (false, Some(about)) = (unknown.is_empty(), &about) {
        let text = format!("`{unknown}`: no field of `{}`", about.full_name());
        let (rect, response) = ui.allocate_exact_size(vec2(20.0, CONTROL), Sense::hover());
        let glyph = icon::WARNING;
        let color = Tokens::of(ui).warn.text;
        let font = glyph.font(16.0);
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            glyph.text(),
            font,
            color,
        );
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &text));
        response.on_hover_ui(|ui| {
            crate::ui::widgets::prose(ui, &text);
        });
    }
    let name = format!("Choose fields for {}", cell.name);
    let button = IconButton::new(icon::TREE_STRUCTURE, &name).side(CONTROL);
    // An id that stays when the warning comes, so that the box below stays open.
    let builder = UiBuilder::new().scope_id(cell.id.with("tree"));
    let button = button.tooltip("Choose the fields it names");
    let button = ui.scope_builder(builder, |ui| ui.add(button));
    let button = button.inner;
    state.note_focus(&button, &row.path);
    let tree = Tree {
        id: button.id.with("mask-tree"),
        cell,
        near: &near,
        about: about.as_ref(),
        mask,
    };
    let made = popup(&button, WIDTH, |ui| tree.show(ui, &mut state.special)).flatten();
    made.map(|mask| Edit::Set(row.path.clone(), value::json_string(&mask.to_string())))
        .or(edit)
}

/// The messages around the mask, the likeliest first.
fn near(row: &FormRow, around: &Around<'_>) -> Vec<MaskTarget> {
    mask_owner(around.root, &row.path).map_or_else(Vec::new, |(owner, name)| {
        mask_targets(&owner, &name, around.output)
    })
}

/// The message the mask is about.
fn about(
    row: &FormRow,
    near: &[MaskTarget],
    around: &Around<'_>,
    state: &mut SpecialState,
) -> Option<MessageDescriptor> {
    match state.masks.get(&row.path).cloned() {
        Some(Target::Type(name)) => match around.message(&name?, state) {
            Found::Ready(message) => Some(message),
            Found::Waiting | Found::Missing => None,
        },
        Some(Target::Near(label)) => {
            let target = near.iter().find(|target| target.label == label);
            target.or(near.first()).map(|target| target.message.clone())
        }
        None => near.first().map(|target| target.message.clone()),
    }
}

/// What opens below the field.
struct Tree<'a> {
    id: Id,
    cell: &'a Cell<'a>,
    near: &'a [MaskTarget],
    about: Option<&'a MessageDescriptor>,
    mask: Mask,
}

impl Tree<'_> {
    /// Gives the mask when it was changed.
    fn show(&self, ui: &mut Ui, state: &mut SpecialState) -> Option<Mask> {
        let tokens = Tokens::of(ui);
        self.targets_ui(ui, state);
        let path = &self.cell.row.path;
        if state.masks.get(path) == Some(&Target::Type(None)) {
            self.search_ui(ui, state);
            return None;
        }
        let Some(about) = self.about else {
            faint_note(ui, "The type is being read…");
            return None;
        };
        if is_template(&self.cell.row.value) {
            let text = "A template stands here: what is chosen takes its place";
            prose_with(ui, text, &font::small(), tokens.warn.text);
        }
        let view: Option<View> = ui.data(|data| data.get_temp(self.id));
        let mut view = view.unwrap_or_default();
        TextField::search(&mut view.filter, "Filter fields")
            .id(self.id.with("filter"))
            .show(ui);
        ui.add_space(space::XS);
        let lines = lines(about, &view);
        let mut made = None;
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .id_salt(self.id)
            .max_height(ROW * 11.0)
            .auto_shrink([false, true])
            .show_rows(ui, ROW, lines.len(), |ui, range| {
                for line in lines.get(range).unwrap_or_default() {
                    let mask = self.line_ui(ui, line, about, &mut view);
                    made = mask.or(made.take());
                }
            });
        if lines.is_empty() {
            faint_note(ui, "No field matches");
        }
        ui.add_space(space::S);
        made = self.foot_ui(ui, about).or(made);
        ui.data_mut(|data| data.insert_temp(self.id, view));
        made
    }

    /// The messages the mask may be about.
    fn targets_ui(&self, ui: &mut Ui, state: &mut SpecialState) {
        let tokens = Tokens::of(ui);
        let path = &self.cell.row.path;
        let chosen = state.masks.get(path).cloned();
        let is_near = |index: usize, target: &MaskTarget| match &chosen {
            None => index == 0,
            Some(Target::Near(label)) => target.label == *label,
            Some(Target::Type(_)) => false,
        };
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
            let tone = |on| if on { tokens.accent } else { tokens.neutral };
            for (index, target) in self.near.iter().enumerate() {
                let on = is_near(index, target);
                let chip = ui.add(Chip::new(&target.label, tone(on)).clickable());
                if chip.clicked() {
                    let target = Target::Near(target.label.clone());
                    state.masks.insert(path.clone(), target);
                }
                chip.on_hover_text(format!("Fields of {}", target.message.full_name()));
            }
            let (on, word) = match &chosen {
                Some(Target::Type(Some(name))) => (true, name.rsplit('.').next().unwrap_or(name)),
                Some(Target::Type(None)) => (true, "another type…"),
                _ => (false, "another type…"),
            };
            if ui.add(Chip::new(word, tone(on)).clickable()).clicked() {
                state.masks.insert(path.clone(), Target::Type(None));
            }
        });
        ui.add_space(space::S);
    }

    /// A search over all messages.
    fn search_ui(&self, ui: &mut Ui, state: &mut SpecialState) {
        let id = self.id.with("types");
        let known: Option<String> = ui.data(|data| data.get_temp(id));
        let mut filter = known.clone().unwrap_or_default();
        let field = TextField::search(&mut filter, "Find a type")
            .id(id.with("field"))
            .show(ui);
        if known.is_none() {
            field.request_focus();
        }
        ui.add_space(space::XS);
        let names = state.types.find(self.cell.around, &filter);
        let mut chosen = None;
        ScrollArea::vertical()
            .id_salt(id)
            .max_height(ROW * 10.0)
            .auto_shrink([false, true])
            .show_rows(ui, ROW, names.len(), |ui, range| {
                for name in names.get(range).unwrap_or_default() {
                    let button = PushButton::new(name).style(ButtonStyle::Quiet).height(ROW);
                    if ui.add(button).clicked() {
                        chosen = Some(name.clone());
                    }
                }
            });
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let chosen = chosen.or_else(|| entered.then(|| names.first().cloned()).flatten());
        match chosen {
            Some(name) => {
                let path = self.cell.row.path.clone();
                state.masks.insert(path, Target::Type(Some(name)));
                let _ = ui.data_mut(|data| data.remove_temp::<String>(id));
            }
            None => {
                ui.data_mut(|data| data.insert_temp(id, filter));
            }
        }
    }

    fn line_ui(
        &self,
        ui: &mut Ui,
        line: &Line,
        about: &MessageDescriptor,
        view: &mut View,
    ) -> Option<Mask> {
        let tokens = Tokens::of(ui);
        let width = ui.available_width();
        let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let left = rect.left() + INDENT * line.depth as f32;
        let y = rect.center().y;
        let square = |x: f32| egui::Rect::from_center_size(pos2(x, y), vec2(20.0, 20.0));
        let field = &line.field;
        let Some(path) = &field.path else {
            let galley = elided(ui, &*field.name, font::body(), tokens.text.faint, width);
            line_text(ui, left + 44.0, y, galley);
            let response = ui.interact(rect, self.id.with(&field.name), Sense::hover());
            response.on_hover_text("A mask's JSON has no form for this name");
            return None;
        };
        if let Some(open) = line.open {
            let (glyph, word) = match open {
                true => (icon::CARET_DOWN, "Close"),
                false => (icon::CARET_RIGHT, "Open"),
            };
            let name = format!("{word} {path}");
            let caret = IconButton::new(glyph, &name).side(20.0);
            if ui.place(square(left + 10.0), caret).clicked() && !view.open.remove(path) {
                view.open.insert(path.clone());
            }
        }
        let checked = self.mask.checked(path);
        let mut on = matches!(checked, Checked::Named | Checked::Above);
        let place = egui::Rect::from_center_size(pos2(left + 32.0, y), vec2(24.0, 24.0));
        let response = ui.place(place, Check::new(&mut on, path));
        let changed = response.changed();
        if checked == Checked::Partly {
            let glyph = icon::MINUS;
            ui.painter().text(
                place.center(),
                Align2::CENTER_CENTER,
                glyph.text(),
                glyph.font(12.0),
                tokens.accent.text,
            );
        }
        response.on_hover_text(match checked {
            Checked::No => "Not in the mask",
            Checked::Named => "In the mask",
            Checked::Above => "In the mask with all of what it is in",
            Checked::Partly => "Some of its fields are in the mask",
        });
        let name = if view.filter.trim().is_empty() {
            &field.name
        } else {
            path
        };
        let room = rect.right() - (left + 48.0);
        let kind = short(&field.type_name);
        let kind = elided(ui, kind, font::small(), tokens.text.faint, room * 0.5);
        let kind_x = rect.right() - kind.size().x - 4.0;
        let color = match checked {
            Checked::No => tokens.text.normal,
            _ => tokens.text.strong,
        };
        let room = kind_x - left - 56.0;
        let galley = elided(ui, name.as_str(), font::body(), color, room);
        line_text(ui, left + 48.0, y, galley);
        line_text(ui, kind_x, y, kind);
        changed.then(|| {
            let mut mask = self.own_mask();
            if on {
                mask.add(path);
            } else {
                mask.remove(path, about);
            }
            mask
        })
    }

    /// The mask that a choice changes: a template gives way as a whole.
    fn own_mask(&self) -> Mask {
        if is_template(&self.cell.row.value) {
            Mask::default()
        } else {
            self.mask.clone()
        }
    }

    /// How many paths there are, which are unknown, and all or none at once.
    fn foot_ui(&self, ui: &mut Ui, about: &MessageDescriptor) -> Option<Mask> {
        let tokens = Tokens::of(ui);
        let mask = self.own_mask();
        let mut made = None;
        ui.horizontal(|ui| {
            if ui.add(PushButton::new("All").height(CONTROL)).clicked() {
                let mut all = mask.clone();
                for field in mask_fields(about, "") {
                    if let Some(path) = field.path {
                        all.add(&path);
                    }
                }
                made = Some(all);
            }
            if ui.add(PushButton::new("None").height(CONTROL)).clicked() {
                made = Some(Mask::default());
            }
            let count = match mask.paths().len() {
                0 => "no paths".to_owned(),
                1 => "1 path".to_owned(),
                n => format!("{n} paths"),
            };
            faint_note(ui, &count);
        });
        let unknown = mask.unknown(about);
        if !unknown.is_empty() {
            ui.add_space(space::XS);
            let text = format!("No field here: `{}`", unknown.join("`, `"));
            prose_with(ui, &text, &font::small(), tokens.warn.text);
            if ui
                .add(PushButton::new("Remove these").height(CONTROL))
                .clicked()
            {
                let mut kept = mask.clone();
                for path in unknown {
                    kept.remove(path, about);
                }
                made = Some(kept);
            }
        }
        made
    }
}

/// The lines of the tree that are in view; of a filter, what matches, without the tree.
fn lines(about: &MessageDescriptor, view: &View) -> Vec<Line> {
    let words: Vec<String> = view
        .filter
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let mut lines = Vec::new();
    if words.is_empty() {
        open_lines(about, "", 0, view, &mut lines);
    } else {
        matching_lines(about, "", 0, &words, &mut lines);
    }
    lines
}

fn open_lines(
    message: &MessageDescriptor,
    above: &str,
    depth: usize,
    view: &View,
    lines: &mut Vec<Line>,
) {
    for field in mask_fields(message, above) {
        let path = field.path.clone();
        let below = field.below.clone();
        let is_open = path.as_ref().is_some_and(|path| view.open.contains(path));
        let open = (below.is_some() && path.is_some()).then_some(is_open);
        lines.push(Line { field, depth, open });
        if let (true, Some(path), Some(below)) = (is_open, path, below) {
            open_lines(&below, &path, depth + 1, view, lines);
        }
    }
}

fn matching_lines(
    message: &MessageDescriptor,
    above: &str,
    depth: usize,
    words: &[String],
    lines: &mut Vec<Line>,
) {
    if depth >= LEVELS {
        return;
    }
    let fields = mask_fields(message, above);
    let fits = |field: &MaskField| {
        let path = field.path.as_deref().unwrap_or_default().to_lowercase();
        let name = field.name.to_lowercase();
        words
            .iter()
            .all(|word| path.contains(word) || name.contains(word))
    };
    for field in &fields {
        if lines.len() < LISTED && field.path.is_some() && fits(field) {
            let field = field.clone();
            lines.push(Line {
                field,
                depth: 0,
                open: None,
            });
        }
    }
    for field in fields {
        if let (Some(path), Some(below)) = (field.path, field.below)
            && lines.len() < LISTED
        {
            matching_lines(&below, &path, depth + 1, words, lines);
        }
    }
}

/// A type without its package.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
