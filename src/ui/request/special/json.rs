//! JSON of any shape: Struct, Value and ListValue. A value has a kind that can be switched and an
//! editor of that kind; members and items are rows below. All of it can be edited as text, too.

use egui::{Ui, UiBuilder};
use stubless_core::message::{FieldKind, FormRow, NodeKind, RowKind, WellKnown};

use super::{below, faint_note, is_template, leaving, note};
use crate::ui::{
    request::{
        edit::Edit,
        editors::{CONTROL, Cell, MAX_TYPED, field, long_ui},
        form::field_id,
        state::{BodyState, Typed},
        value,
    },
    theme::{Tokens, font, icon, size},
    widgets::{ButtonStyle, IconButton, JsonField, Picker, PickerItem, PushButton, Switch},
};

/// Lines of an inline JSON text that are shown.
const LINES: std::ops::RangeInclusive<usize> = 2..=12;
/// Height of the line that says what is half-typed.
const NOTE: f32 = 20.0;
/// The type that a new member of an object has.
const MEMBERS: &str = "map<string, google.protobuf.Value>";

/// Kinds of JSON by their names on screen, each with the text it begins with.
const KINDS: [(NodeKind, &str, &str); 6] = [
    (NodeKind::Null, "null", "null"),
    (NodeKind::String, "string", "\"\""),
    (NodeKind::Number, "number", "0"),
    (NodeKind::Bool, "bool", "false"),
    (NodeKind::Object, "object", "{}"),
    (NodeKind::Array, "list", "[]"),
];

/// Height of a field that shows a text, in points.
pub(super) fn field_height(text: &str) -> f32 {
    let lines = text.lines().take(*LINES.end()).count();
    let shown = lines.clamp(*LINES.start(), *LINES.end());
    shown as f32 * size::CODE_LINE + 18.0
}

/// What a value needs below its first line.
pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    if is_text(row, state) {
        text_height(row, state)
    } else {
        0.0
    }
}

/// What a value needs below its first line while it is edited as text.
pub(super) fn text_height(row: &FormRow, state: &BodyState) -> f32 {
    if row.value.len() > MAX_TYPED {
        return CONTROL + 4.0;
    }
    let typed = state.typed.get(&row.path);
    let half_typed = typed.filter(|typed| typed.over == row.value);
    match half_typed {
        Some(typed) => field_height(&typed.text) + NOTE,
        None => field_height(&row.value) + 4.0,
    }
}

/// Whether a value is shown as text: because the person wants it, or because it has no rows.
fn is_text(row: &FormRow, state: &BodyState) -> bool {
    let Some(kind) = row.present else {
        return false;
    };
    let holds = matches!(kind, NodeKind::Object | NodeKind::Array) && !is_empty(&row.value);
    let wanted = state.special.as_text.contains(&row.path) && row.open != Some(true);
    let fits = match row.kind {
        RowKind::Value(FieldKind::WellKnown(WellKnown::Struct)) => kind == NodeKind::Object,
        RowKind::Value(FieldKind::WellKnown(WellKnown::ListValue)) => kind == NodeKind::Array,
        _ => true,
    };
    wanted || !fits || (holds && row.open.is_none())
}

/// Whether the text of an object or a list holds nothing.
fn is_empty(json: &str) -> bool {
    json.bytes()
        .all(|b| b.is_ascii_whitespace() || matches!(b, b'{' | b'}' | b'[' | b']'))
        && json.bytes().filter(|b| matches!(b, b'{' | b'[')).count() <= 1
}

pub(super) fn json_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    type_of: WellKnown,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let Some(kind) = row.present else {
        faint_note(ui, "not set");
        return None;
    };
    let mut child = leaving(ui, cell.id.with("json-value"), CONTROL + 4.0);
    let mut edit = None;
    if type_of == WellKnown::Value {
        edit = kind_ui(&mut child, cell, kind, state);
    }
    let text = is_text(row, state);
    if text {
        faint_note(&mut child, "as text");
        edit = edit.or(field_ui(ui, cell, state));
    } else {
        edit = edit.or(value_ui(&mut child, cell, kind, state));
    }
    text_button(ui, cell, text, state);
    edit
}

/// The button that goes to the text and back.
fn text_button(ui: &mut Ui, cell: &Cell<'_>, text: bool, state: &mut BodyState) {
    let row = cell.row;
    // What has no rows is text whatever the person wants.
    let forced = text && !state.special.as_text.contains(&row.path);
    let name = format!("Edit {} as text", cell.name);
    let button = IconButton::new(icon::BRACKETS_CURLY, &name)
        .side(CONTROL)
        .selected(text)
        .tooltip("As JSON text");
    let response = ui.add_enabled(!forced, button);
    state.note_focus(&response, &row.path);
    if !response.clicked() {
        return;
    }
    if text {
        state.typed.remove(&row.path);
        state.special.as_text.remove(&row.path);
        if row.open == Some(false) {
            state.toggle(&row.path);
        }
    } else {
        state.special.as_text.insert(row.path.clone());
        if row.open == Some(true) {
            state.toggle(&row.path);
        }
    }
}

/// The switch between the kinds of JSON; what can be taken over is.
fn kind_ui(ui: &mut Ui, cell: &Cell<'_>, kind: NodeKind, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let word = KINDS.iter().find(|(known, ..)| *known == kind);
    let word = word.map_or("", |(_, word, _)| *word);
    let name = format!("Kind of {}", cell.name);
    let picker = Picker::new(&name, word)
        .width(84.0)
        .list_width(140.0)
        .height(CONTROL)
        .id_salt(cell.id);
    let button = picker.button(ui);
    state.note_focus(&button, &row.path);
    let chosen = picker.popup(ui, &button, || {
        let words = KINDS.iter().map(|(_, word, _)| PickerItem::new(*word, ""));
        words.collect()
    })?;
    let (to, _, new) = KINDS.get(chosen)?;
    if *to == kind {
        return None;
    }
    state.typed.remove(&row.path);
    state.special.as_text.remove(&row.path);
    let json = converted(&row.value, kind, *to).unwrap_or_else(|| (*new).to_owned());
    Some(Edit::Set(row.path.clone(), json))
}

/// A value as another kind, where it says the same.
fn converted(json: &str, from: NodeKind, to: NodeKind) -> Option<String> {
    match (from, to) {
        (NodeKind::Number | NodeKind::Bool, NodeKind::String) => Some(value::json_string(json)),
        (NodeKind::String, NodeKind::Number) => {
            let text = unquoted(json);
            value::is_json_number(text.trim()).then(|| text.trim().to_owned())
        }
        (NodeKind::String, NodeKind::Bool) => {
            let text = unquoted(json);
            matches!(text.trim(), "true" | "false").then(|| text.trim().to_owned())
        }
        (from, NodeKind::Array) if from != NodeKind::Null => Some(format!("[{json}]")),
        _ => None,
    }
}

fn unquoted(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_default()
}

/// The editor of a value of a kind.
fn value_ui(ui: &mut Ui, cell: &Cell<'_>, kind: NodeKind, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let path = || row.path.clone();
    match kind {
        NodeKind::Null => None,
        NodeKind::Bool => {
            let mut on = row.value == "true";
            let response = ui.add(Switch::new(&mut on, cell.name));
            if cell.focus {
                response.request_focus();
            }
            state.note_focus(&response, &row.path);
            let word = if on { "true" } else { "false" };
            let color = Tokens::of(ui).text.weak;
            ui.label(
                egui::RichText::new(word)
                    .font(font::small_code())
                    .color(color),
            );
            response
                .changed()
                .then(|| Edit::Set(path(), on.to_string()))
        }
        NodeKind::String | NodeKind::Number if row.value.len() > MAX_TYPED => {
            long_ui(ui, cell, state);
            None
        }
        NodeKind::String => {
            let mut text = unquoted(&row.value);
            let response = field(ui, cell, &mut text, "empty", state);
            response
                .changed()
                .then(|| Edit::Set(path(), value::json_string(&text)))
        }
        NodeKind::Number => number_ui(ui, cell, state),
        NodeKind::Object => add_ui(ui, cell, "member", state)
            .then(|| Edit::AddEntry(path(), MEMBERS.to_owned(), "null".to_owned())),
        NodeKind::Array => {
            add_ui(ui, cell, "item", state).then(|| Edit::Append(path(), "null".to_owned()))
        }
    }
}

/// A number stays one: what is none yet waits, but for a template.
fn number_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let over = row.value.clone();
    let typed = state
        .typed
        .get(&row.path)
        .filter(|typed| typed.over == over);
    let half_typed = typed.is_some();
    let mut text = typed.map_or_else(|| over.clone(), |typed| typed.text.clone());
    let cell = Cell {
        error: cell.error || half_typed,
        ..*cell
    };
    let response = field(ui, &cell, &mut text, "0", state);
    let changed = response.changed();
    if half_typed {
        response.on_hover_text("No number yet: not in the message");
    }
    if !changed {
        return None;
    }
    let trimmed = text.trim();
    let json = match trimmed {
        number if value::is_json_number(number) => number.to_owned(),
        template if is_template(template) => value::json_string(template),
        _ => {
            state.typed.insert(row.path.clone(), Typed { text, over });
            return None;
        }
    };
    state.typed.remove(&row.path);
    Some(Edit::Set(row.path.clone(), json))
}

/// The button that adds to an object or a list.
fn add_ui(ui: &mut Ui, cell: &Cell<'_>, what: &str, state: &mut BodyState) -> bool {
    let name = format!("Add to {}", cell.name);
    let button = PushButton::new("Add")
        .icon(icon::PLUS)
        .style(ButtonStyle::Quiet)
        .height(CONTROL)
        .name(&name);
    let response = ui.add(button);
    state.note_focus(&response, &cell.row.path);
    if is_empty(&cell.row.value) {
        faint_note(ui, &format!("no {what}s"));
    }
    response.clicked()
}

/// The field below the row. What is half-typed is kept, and said.
pub(super) fn field_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    if row.value.len() > MAX_TYPED {
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(below(cell, 0.0, CONTROL))
                .layout(egui::Layout::left_to_right(egui::Align::Center))
                .scope_id(cell.id.with("json")),
        );
        long_ui(&mut child, cell, state);
        return None;
    }
    let tokens = Tokens::of(ui);
    let over = row.value.clone();
    let known = state.typed.get(&row.path).filter(|t| t.over == over);
    let half_typed = known.is_some();
    let mut text = known.map_or_else(|| over.clone(), |t| t.text.clone());
    let height = field_height(&text);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(below(cell, 0.0, height))
            .scope_id(cell.id.with("json")),
    );
    let response = JsonField::new(&mut text, cell.name)
        .id(field_id(cell.id))
        .error(half_typed || cell.error)
        .height(height)
        .show(&mut child);
    if half_typed {
        let place = below(cell, height, NOTE);
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(place)
                .scope_id(cell.id.with("json-note")),
        );
        let text = "Not valid JSON yet: not in the message";
        note(&mut child, text, tokens.bad.text);
    }
    if cell.focus {
        response.request_focus();
    }
    state.note_focus(&response, &row.path);
    if !response.changed() {
        return None;
    }
    if value::is_json(&text) {
        state.typed.remove(&row.path);
        Some(Edit::Set(row.path.clone(), text.trim().to_owned()))
    } else {
        state.typed.insert(row.path.clone(), Typed { text, over });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_takes_over_what_says_the_same() {
        for (json, from, to, expected) in [
            ("1.50", NodeKind::Number, NodeKind::String, Some("\"1.50\"")),
            ("true", NodeKind::Bool, NodeKind::String, Some("\"true\"")),
            ("\" 12 \"", NodeKind::String, NodeKind::Number, Some("12")),
            ("\"12a\"", NodeKind::String, NodeKind::Number, None),
            ("\"true\"", NodeKind::String, NodeKind::Bool, Some("true")),
            (
                "{\"a\":1}",
                NodeKind::Object,
                NodeKind::Array,
                Some("[{\"a\":1}]"),
            ),
            ("null", NodeKind::Null, NodeKind::Array, None),
            ("[1]", NodeKind::Array, NodeKind::Object, None),
        ] {
            let made = converted(json, from, to);
            assert_eq!(made.as_deref(), expected, "{json} to {to:?}");
        }
    }

    #[test]
    fn only_what_holds_nothing_is_empty() {
        for (json, empty) in [
            ("{}", true),
            ("[ \n ]", true),
            ("[[]]", false),
            ("[{}]", false),
            ("{\"\": 1}", false),
        ] {
            assert_eq!(is_empty(json), empty, "{json}");
        }
    }
}
