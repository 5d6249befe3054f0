//! Lists and maps: adding, the keys of entries, moving an item by its handle.

use egui::{
    Align2, CursorIcon, Id, Key, Popup, Rect, RichText, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::message::{Document, FormRow, Path, RowKind, key_problem};

use super::{
    edit::{Edit, split},
    editors::{CONTROL, Cell},
    form::place_of,
    menu,
    paste::Paste,
    state::BodyState,
};
use crate::ui::{
    theme::{Tokens, font, icon},
    widgets::{ButtonStyle, IconButton, PushButton, TextField},
};

/// Distance to an edge of the view within which it scrolls under an item on its way.
const EDGE: f32 = 28.0;

/// An item on its way to another place.
#[derive(Debug, Clone)]
pub(super) struct Drag {
    list: Path,
    from: usize,
}

/// The head of a list or a map: how many there are, and more of them.
pub(super) fn head_ui(ui: &mut Ui, cell: &Cell<'_>, state: &mut BodyState) -> Option<Edit> {
    let row = cell.row;
    let tokens = Tokens::of(ui);
    let (len, one, many) = match row.kind {
        RowKind::List { len, .. } => (len, "item", "items"),
        RowKind::Map { len, .. } => (len, "entry", "entries"),
        _ => return None,
    };
    let count = match (len, row.present.is_some()) {
        (0, false) => format!("no {many}"),
        (0, true) => format!("empty {}", if one == "item" { "list" } else { "map" }),
        (1, _) => format!("1 {one}"),
        (n, _) => format!("{} {many}", grouped(n)),
    };
    let name = format!("Add to {}", cell.name);
    let button = PushButton::new("Add")
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
    if cell.near {
        let name = format!("Paste many into {}", cell.name);
        let button = IconButton::new(icon::CLIPBOARD_TEXT, &name).side(22.0);
        let tooltip = format!("Paste many {many}");
        if ui.add(button.tooltip(&tooltip)).clicked() {
            state.paste = Paste::of(row);
        }
    }
    let count = RichText::new(count)
        .font(font::small())
        .color(tokens.text.faint);
    ui.add(egui::Label::new(count).truncate());
    if !clicked {
        return None;
    }
    match &row.kind {
        RowKind::List { new_item, .. } => Some(Edit::Append(row.path.clone(), new_item.clone())),
        RowKind::Map { new_value, .. } => Some(Edit::AddEntry(
            row.path.clone(),
            row.type_name.clone(),
            new_value.clone(),
        )),
        _ => None,
    }
}

/// A count with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Buttons at the end of an item's row.
pub(super) fn item_buttons(
    ui: &mut Ui,
    cell: &Cell<'_>,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let row = cell.row;
    let tokens = Tokens::of(ui);
    let faint = if cell.near {
        tokens.text.weak
    } else {
        tokens.line.strong
    };
    let more = format!("More for {}", cell.name);
    let button = IconButton::new(icon::DOTS_THREE_VERTICAL, &more)
        .side(22.0)
        .color(faint);
    let response = ui.add(button.tooltip("More"));
    let chosen = Popup::menu(&response).show(|ui| menu::show(ui, row, document, state));
    let edit = chosen.and_then(|shown| shown.inner);
    let remove = format!("Remove {}", cell.name);
    let button = IconButton::new(icon::TRASH, &remove)
        .side(22.0)
        .color(faint);
    if ui.add(button.tooltip("Remove")).clicked() {
        return Some(Edit::Remove(row.path.clone()));
    }
    edit
}

/// The handle that moves an item, while the pointer is on its row.
pub(super) fn handle_ui(
    ui: &Ui,
    row: &FormRow,
    line: Rect,
    split: f32,
    near: bool,
    state: &mut BodyState,
) -> Option<Edit> {
    let (list, index) = place_of(&row.path).filter(|_| row.in_collection)?;
    let moving = (state.drag.as_ref()).is_some_and(|drag| drag.list == list && drag.from == index);
    if row.siblings < 2 || !(near || moving) {
        return None;
    }
    let rect = Rect::from_center_size(pos2(split - 18.0, line.center().y), vec2(20.0, 24.0));
    let response = ui.interact(rect, ui.scope_id().with("handle"), Sense::DRAG);
    let name = format!("Move {}", row.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let tokens = Tokens::of(ui);
    let color = if response.hovered() || moving {
        tokens.text.strong
    } else {
        tokens.text.faint
    };
    let glyph = icon::DOTS_SIX_VERTICAL;
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        glyph.text(),
        glyph.font(15.0),
        color,
    );
    if response.drag_started() {
        state.drag = Some(Drag { list, from: index });
    }
    response.on_hover_cursor(CursorIcon::Grab);
    None
}

/// Shows where an item would come, and moves it when it is let go. `places` are those of `rows`.
pub(super) fn drop_ui(
    ui: &Ui,
    state: &mut BodyState,
    rows: &[FormRow],
    places: &[Rect],
) -> Option<Edit> {
    let drag = state.drag.clone()?;
    let Some(pointer) = ui.input(|i| i.pointer.latest_pos()) else {
        state.drag = None;
        return None;
    };
    // Looked at first: where no item of the list is in view there is no target, but the hand is gone.
    let (escape, let_go) = ui.input(|i| {
        let let_go = i.pointer.any_released() || !i.pointer.any_down();
        (i.key_pressed(Key::Escape), let_go)
    });
    if escape || let_go {
        state.drag = None;
    }
    if escape {
        return None;
    }
    ui.set_cursor_icon(CursorIcon::Grabbing);
    let clip = ui.clip_rect();
    for (edge, by) in [(clip.top() + EDGE, 9.0), (clip.bottom() - EDGE, -9.0)] {
        if (by > 0.0) == (pointer.y < edge) && (pointer.y - edge).abs() < 4.0 * EDGE {
            ui.scroll_with_delta(vec2(0.0, by));
            ui.ctx().request_repaint();
        }
    }
    let items = rows.iter().zip(places).filter_map(|(row, place)| {
        let (list, index) = place_of(&row.path)?;
        (list == drag.list && row.in_collection).then_some((index, *place))
    });
    let mut target = None;
    for (index, place) in items {
        target = if pointer.y < place.center().y {
            target.or(Some((index, place.top(), place)))
        } else {
            Some((index + 1, place.bottom(), place))
        };
        if pointer.y < place.center().y {
            break;
        }
    }
    let (before, y, place) = target?;
    let tokens = Tokens::of(ui);
    let line = Stroke::new(2.0, tokens.line.focus);
    ui.painter()
        .hline(place.shrink2(vec2(8.0, 0.0)).x_range(), y, line);
    if !let_go {
        return None;
    }
    let to = if before > drag.from {
        before - 1
    } else {
        before
    };
    let path = drag.list.index(drag.from);
    (to != drag.from).then_some(Edit::MoveTo(path, to))
}

/// A key that is being typed for an entry.
#[derive(Debug, Clone)]
pub(super) struct TypedKey {
    entry: Path,
    key: String,
    /// Under which what is typed is kept.
    id: Id,
}

/// Gives the entry the key that is typed where its field does not see itself being left: what sends or
/// saves by a key takes effect after this frame, and a row that was scrolled away is not drawn.
pub(super) fn typed_key(ui: &Ui, state: &mut BodyState) -> Option<Edit> {
    let typed = state.typed_key.as_ref()?;
    // Held down, as the press itself was taken by the command.
    let commanded =
        ui.input(|i| i.key_down(Key::Enter) || i.modifiers.command && i.key_down(Key::S));
    if state.focus_in(&typed.entry) && !commanded {
        return None;
    }
    let typed = state.typed_key.take()?;
    ui.data_mut(|data| data.remove::<String>(typed.id));
    Some(Edit::Rename(typed.entry, typed.key))
}

/// The key of a map's entry; it is renamed when the field is left, or what is typed is to be sent. A key
/// that does not fit, or that is taken, stays in the field with its reason.
pub(super) fn map_key(
    ui: &mut Ui,
    place: Rect,
    row: &FormRow,
    document: &Document,
    state: &mut BodyState,
) -> Option<Edit> {
    let id = ui.scope_id().with("key");
    let name = format!("Key of {}", row.name);
    let typed: Option<String> = ui.data(|data| data.get_temp(id));
    let problem = typed.as_ref().and_then(|text| refusal(row, text, document));
    let mut text = typed.unwrap_or_else(|| row.label.clone());
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).scope_id(id.with("ui")));
    let response = TextField::new(&mut text, &name)
        .id(id)
        .code()
        .error(problem.is_some())
        .height(CONTROL)
        .show(&mut child);
    state.note_focus(&response, &row.path);
    if response.changed() {
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
        let fits = text != row.label && refusal(row, &text, document).is_none();
        state.typed_key = fits.then(|| TypedKey {
            entry: row.path.clone(),
            key: text.clone(),
            id,
        });
    }
    if response.lost_focus() {
        state.typed_key = None;
        let escape = ui.input(|i| i.key_pressed(Key::Escape));
        if escape || text == row.label || refusal(row, &text, document).is_none() {
            ui.data_mut(|data| data.remove::<String>(id));
        }
        let fits = !escape && text != row.label && refusal(row, &text, document).is_none();
        return fits.then(|| Edit::Rename(row.path.clone(), text));
    }
    if let Some(problem) = problem {
        let tokens = Tokens::of(ui);
        let color = tokens.bad.text;
        let note = format!("{problem}: the entry keeps `{}` until then", row.label);
        let words = WidgetInfo::labeled(Role::Label, true, &note);
        let mark = Rect::from_center_size(
            pos2(place.right() - 12.0, place.center().y),
            vec2(16.0, 16.0),
        );
        let response = ui.interact(mark, id.with("problem"), Sense::hover());
        response.widget_info(|| words.clone());
        let glyph = icon::WARNING_CIRCLE;
        ui.painter().text(
            mark.center(),
            Align2::CENTER_CENTER,
            glyph.text(),
            glyph.font(14.0),
            color,
        );
        response.on_hover_text(note);
    }
    None
}

/// Why an entry cannot have a key.
fn refusal(row: &FormRow, key: &str, document: &Document) -> Option<String> {
    if key == row.label {
        return None;
    }
    if let Some(problem) = row.key.as_ref().and_then(|kind| key_problem(kind, key)) {
        return Some(problem);
    }
    let (map, _) = split(&row.path)?;
    let taken = document.value(&map)?.member(key).is_some();
    taken.then(|| format!("`{key}` is another entry's key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, shown) in [
            (7, "7"),
            (1_000, "1\u{202f}000"),
            (1_234_567, "1\u{202f}234\u{202f}567"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }
}
