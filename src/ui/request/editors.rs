//! The editors at the right of the form's rows, by kind of field.

use egui::{
    Align, Id, Label, Layout, Popup, Rect, Response, RichText, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, vec2,
};
use stubless_core::message::{
    Document, ExtensionChoice, FieldKind, FormRow, NodeKind, OneofArm, Path, RowKind,
};

use super::state::BodyState;
use super::{collection, edit::Edit, enums, form::field_id, menu, presence, special, value};
use crate::ui::{
    theme::{Tokens, font, icon},
    widgets::{ButtonStyle, IconButton, Picker, PickerItem, PushButton, Switch, TextField, elided},
};

/// Height of the controls inside a row.
pub(super) const CONTROL: f32 = 26.0;

/// A value of more bytes is not typed into: all of it would have to be laid out in every frame.
pub(super) const MAX_TYPED: usize = 64 << 10;

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
    let reserved = if row.in_collection { 52.0 } else { 28.0 };
    let (left, right) = cell
        .line
        .split_left_right_at_x((cell.line.right() - reserved).max(cell.line.left()));
    let mut editor = part(ui, left, cell.id.with("editor"));
    let mut edit = presence::show(&mut editor, row, cell.name, state);
    let made = editor_ui(&mut editor, cell, document, state);
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

fn editor_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    match &row.kind {
        RowKind::Value(FieldKind::Message) => message_ui(ui, cell, document, state),
        RowKind::Value(kind) => value_ui(ui, cell, kind, document, state),
        RowKind::List { .. } | RowKind::Map { .. } => collection::head_ui(ui, cell, state),
        RowKind::Oneof { arms, chosen } => oneof_ui(ui, cell, arms, *chosen, state),
        RowKind::Unknown => {
            unknown_ui(ui, cell, "Not a field of this message");
            None
        }
        RowKind::Duplicate { key } => duplicate_ui(ui, cell, key.clone(), document),
        RowKind::Extend(choices) => extend_ui(ui, cell, choices, state),
    }
}

/// What stands under a key that is no field: it is kept, and seen, but only the text can change it.
fn unknown_ui(ui: &mut Ui, cell: &Cell<'_>, note: &str) {
    let tokens = Tokens::of(ui);
    let galley = elided(ui, note, font::small(), tokens.warn.text, f32::INFINITY);
    let room = (ui.available_width() - galley.size().x - 12.0).max(40.0);
    let value = beginning(&cell.row.value);
    if !value.is_empty() {
        let galley = elided(ui, value, font::code(), tokens.text.weak, room);
        ui.label(galley);
        ui.add_space(4.0);
    }
    let shown = ui.label(galley);
    let spoken = format!("{}: {note}", cell.name);
    shown.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}

/// An earlier one of two equal keys: only the last counts.
fn duplicate_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    key: std::ops::Range<usize>,
    document: &Document,
) -> Option<Edit> {
    let name = format!("Rename {}", cell.name);
    let button = PushButton::new("Rename")
        .style(ButtonStyle::Quiet)
        .height(CONTROL)
        .name(&name);
    let clicked = ui.add(button).clicked();
    unknown_ui(ui, cell, "Stands again below: only the last counts");
    let above = cell.row.path.0.len().checked_sub(2)?;
    let object = Path(cell.row.path.0.iter().take(above).cloned().collect());
    clicked.then(|| {
        let taken = document.keys(&object);
        let free = (2..taken.len() + 3)
            .map(|n| format!("{}{n}", cell.row.label))
            .find(|candidate| !taken.contains(candidate));
        Edit::RenameAt(key, free.unwrap_or_default())
    })
}

/// What can be added to a message that others extend.
fn extend_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    choices: &[ExtensionChoice],
    state: &mut BodyState,
) -> Option<Edit> {
    let name = format!("Add to {}", cell.name);
    let button = PushButton::new("Add extension")
        .icon(icon::PLUS)
        .style(ButtonStyle::Quiet)
        .height(CONTROL)
        .name(&name);
    let response = ui.add_enabled(!choices.is_empty(), button);
    let index = Picker::new(&name, "")
        .list_width(360.0)
        .popup(ui, &response, || {
            let item = |choice: &ExtensionChoice| {
                PickerItem::new(
                    &choice.name,
                    format!("{} {}", choice.type_name, choice.number),
                )
                .note(choice.comment.trim().lines().next().unwrap_or_default())
            };
            choices.iter().map(item).collect()
        })?;
    let choice = choices.get(index)?;
    state.show(&choice.path);
    Some(Edit::Set(choice.path.clone(), choice.new_value.clone()))
}

/// Buttons at the right end: what an item of a list can do, or the menu of a field.
fn trailing(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    if row.in_collection {
        return collection::item_buttons(ui, cell, document, state);
    }
    let has_menu = !matches!(row.kind, RowKind::Extend(_) | RowKind::Duplicate { .. });
    let name = format!("More for {}", cell.name);
    let id = cell.id.with("more");
    let open = Popup::is_id_open(ui.ctx(), id);
    if !has_menu || !(cell.near || open) {
        return None;
    }
    // Not a stop for the Tab key: the row has Shift+F10.
    let button = IconButton::new(icon::DOTS_THREE_VERTICAL, &name)
        .side(22.0)
        .pointer_only();
    let response = ui.add(button.tooltip("More"));
    let menu = Popup::menu(&response).id(id);
    let chosen = menu.show(|ui| menu::show(ui, row, document, state));
    chosen.and_then(|shown| shown.inner)
}

fn value_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    kind: &FieldKind,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    // Bytes and JSON of any shape know themselves what of them is laid out.
    if !matches!(kind, FieldKind::Bytes | FieldKind::WellKnown(_)) && row.value.len() > MAX_TYPED {
        long_ui(ui, cell, state);
        return None;
    }
    match kind {
        FieldKind::Bool if matches!(row.present, None | Some(NodeKind::Bool | NodeKind::Null)) => {
            bool_ui(ui, cell, state)
        }
        FieldKind::Bool | FieldKind::Integer { .. } | FieldKind::Float | FieldKind::String => {
            text_ui(ui, cell, kind, "", state)
        }
        FieldKind::Bytes => special::bytes_ui(ui, cell, state),
        FieldKind::Enum(info) => enums::enum_ui(ui, cell, info),
        FieldKind::Message => {
            summary(ui, row);
            None
        }
        FieldKind::WellKnown(kind) => special::well_known_ui(ui, cell, *kind, document, state),
    }
}

/// The beginning of a value that is too long to be typed into, and the way to its text.
pub(super) fn long_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) {
    let row = cell.row;
    let name = format!("Edit {} in the JSON", cell.name);
    let button = PushButton::new("Edit in the JSON")
        .style(ButtonStyle::Quiet)
        .height(CONTROL)
        .name(&name)
        .tooltip("Too long to be typed into here");
    let response = ui.add(button);
    if cell.focus {
        response.request_focus();
    }
    state.note_focus(&response, &row.path);
    if response.clicked() {
        state.json_wanted = Some(row.path.clone());
    }
    let color = Tokens::of(ui).text.weak;
    let room = ui.available_width() - 4.0;
    ui.label(elided(ui, beginning(&row.value), font::code(), color, room));
}

/// What of a text is laid out, however long it is.
fn beginning(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// A message: made when it is absent, looked at from outside when it is closed.
fn message_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let tokens = Tokens::of(ui);
    if row.present.is_none() || row.present == Some(NodeKind::Null) {
        let name = format!("Create {}", cell.name);
        let button = PushButton::new("Create")
            .icon(icon::PLUS)
            .style(ButtonStyle::Quiet)
            .height(CONTROL)
            .name(&name);
        let response = ui.add(button);
        state.note_focus(&response, &row.path);
        if cell.focus && row.open.is_none() {
            response.request_focus();
        }
        let clicked = response.clicked();
        let hint = presence::hint(row);
        let word = RichText::new(hint).font(font::small());
        ui.add(Label::new(word.color(tokens.text.faint)).truncate());
        return clicked.then(|| {
            state.unfold(&row.path);
            Edit::Set(row.path.clone(), "{}".to_owned())
        });
    }
    if row.present == Some(NodeKind::Object) && row.open == Some(false) {
        let text = document.value_text(&row.path).unwrap_or_default();
        let words = one_line(text);
        let galley = elided(
            ui,
            words,
            font::small_code(),
            tokens.text.faint,
            ui.available_width() - 4.0,
        );
        ui.label(galley);
    } else if row.present == Some(NodeKind::Object) && row.open.is_none() {
        let word = RichText::new("empty").font(font::small());
        ui.label(word.color(tokens.text.faint));
    } else if row.present != Some(NodeKind::Object) {
        let value = beginning(&row.value);
        let room = ui.available_width() - 4.0;
        ui.label(elided(ui, value, font::code(), tokens.text.weak, room));
    }
    None
}

/// The beginning of a text with its lines and spaces drawn together.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(SHOWN_CHARS);
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(SHOWN_CHARS));
        if line.len() > SHOWN_CHARS {
            break;
        }
    }
    line
}

fn bool_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let default = row.default.as_deref() == Some("true");
    let mut on = row.value == "true" || row.present.is_none() && default;
    let response = ui.add(Switch::new(&mut on, cell.name));
    if cell.focus {
        response.request_focus();
    }
    state.note_focus(&response, &row.path);
    let changed = response.changed();
    let tokens = Tokens::of(ui);
    let hint = presence::hint(row);
    let (word, color) = match (row.present, on) {
        (None, _) if !hint.is_empty() => (hint.as_str(), tokens.text.faint),
        (None, _) => ("false", tokens.text.faint),
        (Some(_), true) => ("true", tokens.text.normal),
        (Some(_), false) => ("false", tokens.text.normal),
    };
    ui.label(RichText::new(word).font(font::small_code()).color(color));
    changed.then(|| Edit::Set(row.path.clone(), on.to_string()))
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
    let own_hint = presence::hint(row);
    let hint = if hint.is_empty() || row.required && row.present.is_none() {
        own_hint.as_str()
    } else {
        hint
    };
    let response = field(ui, cell, &mut text, hint, state);
    if !response.changed() {
        return next_item(ui, row, &response);
    }
    if text.is_empty() && !matches!(kind, FieldKind::String) && !row.in_collection {
        return Some(Edit::Remove(row.path.clone()));
    }
    let json = value::json_of(kind, &text, &row.new_value);
    Some(Edit::Set(row.path.clone(), json))
}

/// Enter in an item's field goes on to the next item, and makes it at the end of the list.
fn next_item(ui: &Ui, row: &FormRow, field: &Response) -> Option<Edit> {
    let entered = field.lost_focus()
        && ui.input(|i| i.key_pressed(egui::Key::Enter) && i.modifiers.is_none());
    if !entered || !row.in_collection {
        return None;
    }
    let (list, index) = super::form::place_of(&row.path)?;
    Some(Edit::Insert(list, index + 1, menu::new_item(row)))
}

pub(super) fn field(
    ui: &mut Ui,
    cell: &Cell<'_>,
    text: &mut String,
    hint: &str,
    state: &mut BodyState,
) -> Response {
    if cell.focus {
        // Before it is drawn, so that it knows the keyboard came: numbers are then selected.
        ui.memory_mut(|memory| memory.request_focus(field_id(cell.id)));
    }
    let response = TextField::new(text, cell.name)
        .id(field_id(cell.id))
        .hint(hint)
        .code()
        .error(cell.error)
        .select_all(is_number(cell.row))
        .height(CONTROL)
        .show(ui);
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

fn oneof_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    arms: &[OneofArm],
    chosen: Option<usize>,
    state: &mut BodyState,
) -> Option<Edit> {
    let arm = chosen.and_then(|index| arms.get(index));
    let current = arm.map_or("none of them", |arm| arm.name.as_str());
    let kept = |arm: &OneofArm| state.arms.contains_key(&arm.path);
    let picked = Picker::new(cell.name, current)
        .height(CONTROL)
        .error(cell.error)
        .unset(arm.is_none())
        .focus(cell.focus)
        .id_salt(cell.id)
        .show(ui, || {
            let item = |arm: &OneofArm| {
                let kept = if kept(arm) { "kept  " } else { "" };
                let detail = format!("{kept}{} {}", arm.type_name, arm.number);
                PickerItem::new(arm.name.as_str(), detail).quiet(arm.deprecated)
            };
            std::iter::once(PickerItem::new("none of them", ""))
                .chain(arms.iter().map(item))
                .collect()
        })?;
    let new = picked.checked_sub(1).and_then(|index| arms.get(index));
    if new.map(|arm| &arm.path) == arm.map(|arm| &arm.path) {
        return None;
    }
    let old = arms
        .iter()
        .filter(|arm| Some(&arm.path) != new.map(|new| &new.path));
    Some(Edit::Choose(
        old.map(|arm| arm.path.clone()).collect(),
        new.map(|arm| (arm.path.clone(), arm.new_value.clone())),
    ))
}
