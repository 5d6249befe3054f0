//! The editors at the right of the form's rows, by kind of field.

use std::sync::Arc;

use egui::{
    Align, Id, Layout, Rect, Response, RichText, Ui, UiBuilder, WidgetInfo, accesskit::Role, vec2,
};
use stubless_core::message::{Document, FieldKind, FormRow, NodeKind, OneofArm, RowKind};

use super::{
    body::BodyState,
    edit::{Edit, split},
    form::field_id,
    special, value,
};
use crate::ui::{
    theme::{Tokens, font, icon},
    widgets::{
        ButtonStyle, Check, IconButton, Picker, PickerItem, PushButton, Switch, TextField, elided,
    },
};

/// Height of the controls inside a row.
pub(super) const CONTROL: f32 = 26.0;

/// Of a value that is only looked at, what is laid out; more has no room.
const SHOWN_CHARS: usize = 200;

/// One row's place and value.
pub(super) struct Cell<'a> {
    pub(super) row: &'a FormRow,
    /// Name from the root, for screen readers.
    pub(super) name: &'a str,
    pub(super) id: Id,
    pub(super) error: bool,
    /// The pointer or the keyboard is on the row.
    pub(super) near: bool,
    /// Takes the keyboard in this frame.
    pub(super) focus: bool,
    /// The editor's part of the first line.
    pub(super) line: Rect,
    /// What is below the first line, for inline JSON.
    pub(super) below: Rect,
    /// What may be looked up.
    pub(super) around: &'a special::Around<'a>,
}

/// Draws the editor; gives what the person did.
pub(super) fn show(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    // The field comes before its buttons: Tab goes from left to right.
    let reserved = if row.in_collection { 56.0 } else { 30.0 };
    let (left, right) = cell
        .line
        .split_left_right_at_x((cell.line.right() - reserved).max(cell.line.left()));
    let mut editor = part(ui, left, cell.id.with("editor"));
    let mut edit = presence(&mut editor, cell, state);
    let made = editor_ui(&mut editor, cell, state);
    edit = edit.or(made);
    let mut buttons = part(ui, right, cell.id.with("buttons"));
    edit.or(trailing(&mut buttons, cell, document, state))
}

/// A part of a row, filled from the left.
pub(super) fn part(ui: &mut Ui, rect: Rect, id: Id) -> Ui {
    let mut part = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .scope_id(id)
            .layout(Layout::left_to_right(Align::Center)),
    );
    part.spacing_mut().item_spacing = vec2(4.0, 0.0);
    part
}

fn editor_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    match &row.kind {
        RowKind::Value(kind) => value_ui(ui, cell, kind, state),
        RowKind::List { len, new_item, .. } => {
            list_ui(ui, cell, *len, "item", "items", "Add", || {
                Edit::Append(row.path.clone(), new_item.clone())
            })
        }
        RowKind::Map { len, new_value, .. } => {
            list_ui(ui, cell, *len, "entry", "entries", "Add", || {
                Edit::AddEntry(row.path.clone(), row.type_name.clone(), new_value.clone())
            })
        }
        RowKind::Oneof { arms, chosen } => oneof_ui(ui, cell, arms, *chosen),
        RowKind::Unknown => {
            unknown_ui(ui, cell);
            None
        }
    }
}

/// What stands under a key that is no field: it is kept, and seen, but only the text can change it.
fn unknown_ui(ui: &mut Ui, cell: &Cell<'_>) {
    let tokens = Tokens::of(ui);
    let note = "Not a field of this message";
    let galley = elided(ui, note, font::small(), tokens.warn.text, f32::INFINITY);
    let room = (ui.available_width() - galley.size().x - 12.0).max(40.0);
    let value: String = cell.row.value.chars().take(SHOWN_CHARS).collect();
    if !value.is_empty() {
        let galley = elided(ui, value, font::code(), tokens.text.weak, room);
        ui.label(galley);
        ui.add_space(4.0);
    }
    let shown = ui.label(galley);
    let spoken = format!("{}: {note}", cell.name);
    shown.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}

/// Buttons at the right end: what an item of a list can do, or taking a value away.
fn trailing(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let mut edit = None;
    if row.in_collection {
        let more = format!("More for {}", cell.name);
        let button = IconButton::new(icon::DOTS_THREE_VERTICAL, &more).side(22.0);
        let response = ui.add(button.tooltip("More"));
        egui::Popup::menu(&response).show(|ui| {
            let made = item_menu(ui, row, document);
            if made.is_some() {
                edit = made;
            }
        });
        let remove = format!("Remove {}", cell.name);
        let button = IconButton::new(icon::TRASH, &remove).side(22.0);
        if ui.add(button.tooltip("Remove")).clicked() {
            edit = Some(Edit::Remove(row.path.clone()));
        }
    } else if cell.near && can_unset(row) {
        let unset = format!("Unset {}", cell.name);
        let button = IconButton::new(icon::X, &unset).side(22.0);
        let tooltip = "Take it out of the message";
        let response = ui.add(button.tooltip(tooltip));
        state.note_focus(&response, &row.path);
        if response.clicked() {
            edit = Some(Edit::Remove(row.path.clone()));
        }
    }
    edit
}

/// Whether a value can be taken out by a button of its own: others have their check box.
fn can_unset(row: &FormRow) -> bool {
    match row.kind {
        RowKind::Oneof { .. } => false,
        RowKind::Unknown => true,
        RowKind::Value(_) | RowKind::List { .. } | RowKind::Map { .. } => {
            row.present.is_some() && !row.has_presence
        }
    }
}

fn item_menu(ui: &mut Ui, row: &FormRow, document: &Document) -> Option<Edit> {
    let (parent, last) = split(&row.path)?;
    let mut edit = None;
    if ui.button("Duplicate").clicked() {
        edit = Some(Edit::Duplicate(row.path.clone()));
    }
    if let stubless_core::message::Step::Index(index) = last {
        let len = document.len(&parent);
        for (text, by, possible) in [
            ("Move up", -1, *index > 0),
            ("Move down", 1, index + 1 < len),
        ] {
            if ui.add_enabled(possible, egui::Button::new(text)).clicked() {
                edit = Some(Edit::Shift(row.path.clone(), by));
            }
        }
    }
    edit
}

/// The check box of a field whose absence means something.
fn presence(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let is_oneof = matches!(row.kind, RowKind::Oneof { .. });
    if !row.has_presence || row.in_collection || is_oneof {
        ui.add_space(28.0);
        return None;
    }
    let mut on = row.present.is_some();
    let name = format!("Set {}", cell.name);
    let response = ui.add(Check::new(&mut on, &name));
    state.note_focus(&response, &row.path);
    let changed = response.changed();
    response.on_hover_text(if on {
        "Set: it is sent even when it has its default"
    } else {
        "Not set: it is not sent"
    });
    if !changed {
        return None;
    }
    if on {
        state.unfold(&row.path);
        Some(Edit::Set(row.path.clone(), row.new_value.clone()))
    } else {
        state.typed.remove(&row.path);
        Some(Edit::Remove(row.path.clone()))
    }
}

fn value_ui(ui: &mut Ui, cell: &Cell<'_>, kind: &FieldKind, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    match kind {
        FieldKind::Bool if matches!(row.present, None | Some(NodeKind::Bool | NodeKind::Null)) => {
            bool_ui(ui, cell, state)
        }
        FieldKind::Bool | FieldKind::Integer { .. } | FieldKind::Float | FieldKind::String => {
            text_ui(ui, cell, kind, "", state)
        }
        FieldKind::Bytes => special::bytes_ui(ui, cell, state),
        FieldKind::Enum(values) => enum_ui(ui, cell, values),
        FieldKind::Message => {
            summary(ui, row);
            None
        }
        FieldKind::WellKnown(kind) => special::well_known_ui(ui, cell, *kind, state),
    }
}

fn bool_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let mut on = cell.row.value == "true";
    let response = ui.add(Switch::new(&mut on, cell.name));
    if cell.focus {
        response.request_focus();
    }
    state.note_focus(&response, &cell.row.path);
    let changed = response.changed();
    let tokens = Tokens::of(ui);
    let (word, color) = match (cell.row.present, on) {
        (None, _) if cell.row.has_presence => ("not set", tokens.text.faint),
        (_, true) => ("true", tokens.text.normal),
        (_, false) => ("false", tokens.text.weak),
    };
    ui.label(RichText::new(word).font(font::small_code()).color(color));
    changed.then(|| Edit::Set(cell.row.path.clone(), on.to_string()))
}

/// A field of one line. An emptied field is taken out where its default is empty anyway.
pub(super) fn text_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    kind: &FieldKind,
    hint: &str,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let mut text = row.value.clone();
    let hint = if !hint.is_empty() {
        hint
    } else if row.present.is_none() && row.has_presence {
        "not set"
    } else {
        match kind {
            FieldKind::Integer { .. } | FieldKind::Float => "0",
            _ => "",
        }
    };
    let response = field(ui, cell, &mut text, hint, state);
    if !response.changed() {
        return None;
    }
    if text.is_empty() && !matches!(kind, FieldKind::String) && !row.in_collection {
        return Some(Edit::Remove(row.path.clone()));
    }
    let json = value::json_of(kind, &text, &row.new_value);
    Some(Edit::Set(row.path.clone(), json))
}

pub(super) fn field(
    ui: &mut Ui,
    cell: &Cell<'_>,
    text: &mut String,
    hint: &str,
    state: &mut BodyState,
) -> Response {
    let response = TextField::new(text, cell.name)
        .id(field_id(cell.id))
        .hint(hint)
        .code()
        .error(cell.error)
        .select_all(is_number(cell.row))
        .height(CONTROL)
        .show(ui);
    if cell.focus {
        response.request_focus();
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    state.note_focus(&response, &cell.row.path);
    response
}

fn is_number(row: &FormRow) -> bool {
    matches!(
        row.kind,
        RowKind::Value(FieldKind::Integer { .. } | FieldKind::Float)
    )
}

fn enum_ui(ui: &mut Ui, cell: &Cell<'_>, values: &Arc<[(String, i32)]>) -> Option<Edit> {
    let row = cell.row;
    let first = values.first().map_or("", |(name, _)| name.as_str());
    let current = match row.present {
        None if row.has_presence => "not set",
        None => first,
        Some(_) => row.value.as_str(),
    };
    let chosen = Picker::new(cell.name, current)
        .height(CONTROL)
        .error(cell.error)
        .unset(row.present.is_none())
        .id_salt(cell.id)
        .show(ui, || {
            values
                .iter()
                .map(|(name, number)| PickerItem::new(name.as_str(), number.to_string()))
                .collect()
        });
    let (name, _) = values.get(chosen?)?;
    Some(Edit::Set(row.path.clone(), value::json_string(name)))
}

/// What a message holds, in a word.
pub(super) fn summary(ui: &mut Ui, row: &FormRow) {
    let tokens = Tokens::of(ui);
    let word = match (row.present, row.open) {
        (None, _) => "not set",
        (Some(NodeKind::Null), _) => "null",
        (Some(_), Some(false)) => "{ … }",
        (Some(_), _) => "",
    };
    ui.label(
        RichText::new(word)
            .font(font::small_code())
            .color(tokens.text.faint),
    );
}

fn list_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    len: usize,
    one: &str,
    many: &str,
    word: &str,
    add: impl FnOnce() -> Edit,
) -> Option<Edit> {
    let tokens = Tokens::of(ui);
    let count = match len {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let name = format!("Add to {}", cell.name);
    let button = PushButton::new(word)
        .icon(icon::PLUS)
        .style(ButtonStyle::Quiet)
        .height(CONTROL)
        .name(&name);
    let clicked = ui.add(button).clicked();
    ui.label(
        RichText::new(count)
            .font(font::small())
            .color(tokens.text.faint),
    );
    clicked.then(add)
}

fn oneof_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    arms: &[OneofArm],
    chosen: Option<usize>,
) -> Option<Edit> {
    let arm = chosen.and_then(|index| arms.get(index));
    let current = arm.map_or("none of them", |arm| arm.name.as_str());
    let picked = Picker::new(cell.name, current)
        .height(CONTROL)
        .error(cell.error)
        .unset(arm.is_none())
        .id_salt(cell.id)
        .show(ui, || {
            std::iter::once(PickerItem::new("none of them", ""))
                .chain(
                    arms.iter()
                        .map(|arm| PickerItem::new(arm.name.as_str(), "")),
                )
                .collect()
        })?;
    let new = picked.checked_sub(1).and_then(|index| arms.get(index));
    if new.map(|arm| &arm.path) == arm.map(|arm| &arm.path) {
        return None;
    }
    Some(Edit::Choose(
        arm.map(|arm| arm.path.clone()),
        new.map(|arm| (arm.path.clone(), arm.new_value.clone())),
    ))
}

/// The key of a map's entry; it is renamed when the field is left.
pub(super) fn map_key(
    ui: &mut Ui,
    place: Rect,
    row: &FormRow,
    name: &str,
    state: &mut BodyState,
) -> Option<Edit> {
    let id = ui.scope_id().with("key");
    let key = format!("Key of {name}");
    let mut text: String = ui
        .data(|data| data.get_temp(id))
        .unwrap_or_else(|| row.label.clone());
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).scope_id(id.with("ui")));
    let response = TextField::new(&mut text, &key)
        .id(id)
        .code()
        .height(CONTROL)
        .show(&mut child);
    state.note_focus(&response, &row.path);
    if response.lost_focus() {
        ui.data_mut(|data| data.remove::<String>(id));
        return (text != row.label).then(|| Edit::Rename(row.path.clone(), text));
    }
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, text));
    }
    None
}
