//! The editor of bytes: as base64, text or hex, from a file, or as the message they hold.

use egui::{Ui, UiBuilder};
use stubless_core::message::FormRow;

use super::{BodyWish, below, faint_note, leaving, nested, types};
use crate::ui::{
    request::{
        edit::Edit,
        editors::{CONTROL, Cell, MAX_TYPED, field},
        state::{BodyState, Typed},
        value::{self, BytesMode},
    },
    theme::icon,
    widgets::{IconButton, Picker, PickerItem, PushButton, TextField},
    words,
};

/// Files of more bytes are not read into a body: with the rest of it, base64 of them is near the size to
/// which a body can be edited.
pub const MAX_FILE_BYTES: u64 = 8_000_000;

/// Bytes of such a value that are shown.
const SHOWN_BYTES: usize = 24;

/// An editor of this width has room for the number of bytes, in points.
const ROOMY: f32 = 240.0;

/// How the bytes of a field are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum View {
    /// Typed.
    Text(BytesMode),
    /// As a message of the type of this name, once one is chosen.
    Message(Option<String>),
    /// A file is being chosen; the length and the front of what it will replace.
    File(usize, String),
}

impl Default for View {
    fn default() -> Self {
        Self::Text(BytesMode::default())
    }
}

impl View {
    fn file(over: &str) -> Self {
        Self::File(over.len(), over.chars().take(64).collect())
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Text(mode) => mode.word(),
            Self::Message(_) => "message",
            Self::File(..) => "file",
        }
    }
}

/// The list of views; the words at the right say what each is.
const VIEWS: [(&str, &str); 5] = [
    ("base64", "as in the JSON"),
    ("text", "UTF-8"),
    ("hex", "two digits a byte"),
    ("message", "of a type of the schema"),
    ("file", "its content"),
];

pub(super) fn extra_height(row: &FormRow, state: &BodyState) -> f32 {
    match state.special.views.get(&row.path) {
        None | Some(View::Text(_)) => 0.0,
        Some(View::File(..)) => CONTROL + 6.0,
        Some(View::Message(_)) => {
            let nested = state.special.nested.get(&row.path);
            nested.map_or(0.0, |nested| nested.height()) + 4.0
        }
    }
}

pub(in crate::ui::request) fn bytes_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let wanted = state.special.views.get(&row.path).cloned();
    let mut wanted = wanted.unwrap_or_default();
    if matches!(wanted, View::File(..)) && wanted != View::file(&row.value) {
        // It was read.
        state.special.views.remove(&row.path);
        state.special.files.remove(&row.path);
        wanted = View::default();
    }
    let room = ui.available_width();
    let width = if room >= ROOMY { 132.0 } else { 92.0 };
    let mut child = leaving(ui, cell.id.with("bytes"), width + 4.0);
    let mut edit = match &wanted {
        View::Text(mode) => text_ui(&mut child, cell, *mode, state),
        View::Message(name) => message_ui(&mut child, cell, name.as_deref(), state),
        View::File(..) => {
            let length = length_of(&row.value).map_or_else(String::new, words::bytes);
            faint_note(&mut child, &format!("{length} now"));
            file_ui(ui, cell, state)
        }
    };
    if let Some(view) = view_ui(ui, cell, &wanted, width, state) {
        state.typed.remove(&row.path);
        state.special.nested.remove(&row.path);
        if view == View::default() {
            state.special.views.remove(&row.path);
        } else {
            state.special.views.insert(row.path.clone(), view);
        }
        edit = None;
    }
    edit
}

/// The button that says how they are shown and how many there are, and its list.
fn view_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    now: &View,
    width: f32,
    state: &mut BodyState,
) -> Option<View> {
    let name = format!("Show {} as", cell.name);
    let length = length_of(&cell.row.value);
    let shown = match length {
        Some(length) if cell.row.present.is_some() && width > 100.0 => {
            format!("{} · {}", now.word(), words::bytes(length))
        }
        _ => now.word().to_owned(),
    };
    let picker = Picker::new(&name, &shown)
        .width(width)
        .list_width(250.0)
        .height(CONTROL)
        .id_salt(cell.id);
    let button = picker.button(ui);
    state.note_focus(&button, &cell.row.path);
    let chosen = picker.popup(ui, &button, || {
        let views = VIEWS.iter();
        views
            .map(|(word, what)| PickerItem::new(*word, *what))
            .collect()
    })?;
    Some(match chosen {
        1 => View::Text(BytesMode::Text),
        2 => View::Text(BytesMode::Hex),
        3 => View::Message(None),
        4 => View::file(&cell.row.value),
        _ => View::Text(BytesMode::Base64),
    })
}

/// How many bytes a base64 text stands for; `None` when it is none.
fn length_of(text: &str) -> Option<u64> {
    if text.len() <= MAX_TYPED {
        return value::decode_base64(text).map(|bytes| bytes.len() as u64);
    }
    // Of a long one by its length: it is not read in every frame.
    let digits = text.trim_end_matches('=').len() as u64;
    Some(digits * 3 / 4)
}

fn text_ui(ui: &mut Ui, cell: &Cell<'_>, wanted: BytesMode, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    if row.value.len() > MAX_TYPED {
        large_ui(ui, &row.value);
        return None;
    }
    let shown = value::show_bytes(&row.value, wanted);
    // Bytes that are no text, and templates, can only be shown as they stand.
    let mode = if shown.is_some() {
        wanted
    } else {
        BytesMode::Base64
    };
    let stale = state
        .typed
        .get(&row.path)
        .is_some_and(|typed| typed.over != row.value);
    if stale {
        state.typed.remove(&row.path);
    }
    let half_typed = state.typed.get(&row.path).map(|typed| typed.text.clone());
    let bad = half_typed.is_some();
    let mut text = half_typed.or(shown).unwrap_or_else(|| row.value.clone());
    let hint = if row.present.is_none() && row.has_presence {
        "not set"
    } else {
        ""
    };
    let cell = Cell {
        error: cell.error || bad,
        ..*cell
    };
    let response = field(ui, &cell, &mut text, hint, state);
    let mut edit = None;
    if response.changed() {
        match value::take_bytes(&text, mode) {
            Some(base64) => {
                state.typed.remove(&row.path);
                edit = Some(Edit::Set(row.path.clone(), value::json_string(&base64)));
            }
            None => {
                let over = row.value.clone();
                state.typed.insert(row.path.clone(), Typed { text, over });
            }
        }
    }
    if bad {
        response.on_hover_text("Two hex digits a byte, please: this is not in the message yet");
    } else if mode != wanted {
        response.on_hover_text(format!(
            "Shown as it stands: these bytes are no {}",
            wanted.word()
        ));
    }
    edit
}

/// The beginning of what is too long to be typed into.
fn large_ui(ui: &mut Ui, text: &str) {
    let front = text.get(..SHOWN_BYTES * 4 / 3).unwrap_or_default();
    let hex = value::show_bytes(front, BytesMode::Hex).unwrap_or_default();
    faint_note(ui, &format!("{hex} …")).on_hover_text(
        "Too long to be typed into here: it can be taken from a file, or changed in the JSON",
    );
}

/// Where a file is named, chosen or dropped.
fn file_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let path = &cell.row.path;
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(below(cell, 0.0, CONTROL))
            .layout(egui::Layout::right_to_left(egui::Align::Center))
            .scope_id(cell.id.with("file")),
    );
    let ui = &mut child;
    ui.spacing_mut().item_spacing.x = 4.0;
    let name = format!("Browse for the file of {}", cell.name);
    let browse = PushButton::new("Browse…").height(CONTROL).name(&name);
    if ui.add(browse).clicked() {
        state.special.wish(BodyWish::BrowseBytes(path.clone()));
    }
    let mut text = state.special.files.get(path).cloned().unwrap_or_default();
    let read = format!("Read the file of {}", cell.name);
    let read = IconButton::new(icon::DOWNLOAD_SIMPLE, &read).side(CONTROL);
    let read = ui
        .add_enabled(!text.trim().is_empty(), read.tooltip("Read it"))
        .clicked();
    let name = format!("File of {}", cell.name);
    let hint = format!(
        "Path, or drop a file here: at most {}",
        words::bytes(MAX_FILE_BYTES)
    );
    let response = TextField::new(&mut text, &name)
        .hint(&hint)
        .icon(icon::FILE)
        .height(CONTROL)
        .show(ui);
    state.note_focus(&response, path);
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    let file = std::path::PathBuf::from(text.trim());
    if response.changed() {
        state.special.files.insert(path.clone(), text.clone());
    }
    if (read || entered) && !file.as_os_str().is_empty() {
        state.special.wish(BodyWish::ReadBytes(path.clone(), file));
    }
    if let Some(file) = dropped(ui) {
        state.special.wish(BodyWish::ReadBytes(path.clone(), file));
    }
    None
}

/// A file that was dropped on the window in this frame. While a field waits for one, what is dropped is
/// for it: systems do not tell where on the window.
fn dropped(ui: &Ui) -> Option<std::path::PathBuf> {
    crate::ui::platform::take_drops(ui.ctx());
    let files = ui.input(|input| input.raw.dropped_files.clone());
    files.first().map(|file| file.path().to_owned())
}

fn message_ui(
    ui: &mut Ui,
    cell: &Cell<'_>,
    name: Option<&str>,
    state: &mut BodyState,
) -> Option<Edit> {
    let path = &cell.row.path;
    let label = format!("Type of {}", cell.name);
    let chosen = types::type_picker(ui, &label, name, cell, state);
    if let Some(chosen) = chosen {
        state.special.nested.remove(path);
        let view = View::Message(Some(chosen));
        state.special.views.insert(path.clone(), view);
        return None;
    }
    nested::nested_ui(ui, cell, name?, state)
}
