//! Buttons and menu entries made from the table of commands, and small pieces every menu shares.

use egui::{
    Align2, Button, Context, Id, Key, Modifiers, Popup, PopupCloseBehavior, Pos2, Response,
    RichText, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use stubless_core::interop::CopyForm;

use super::{
    theme::{Icon, Tokens, fade, font, icon, radius, size},
    widgets::{IconButton, elided, focus_ring, hover_fade, line_text},
};
use crate::app::{Action, AppState, TabId, UiCommand};

/// The theme's icon of a name in the table of commands.
pub(super) fn icon_named(name: &str) -> Icon {
    match name {
        "arrow-counter-clockwise" => icon::ARROW_COUNTER_CLOCKWISE,
        "arrow-down" => icon::ARROW_DOWN,
        "arrow-up" => icon::ARROW_UP,
        "caret-down" => icon::CARET_DOWN,
        "caret-up" => icon::CARET_UP,
        "list-bullets" => icon::LIST_BULLETS,
        "push-pin" => icon::PUSH_PIN,
        "repeat" => icon::REPEAT,
        "skip-forward" => icon::SKIP_FORWARD,
        "arrows-left-right" => icon::ARROWS_LEFT_RIGHT,
        "arrows-clockwise" => icon::ARROWS_CLOCKWISE,
        "caret-left" => icon::CARET_LEFT,
        "caret-right" => icon::CARET_RIGHT,
        "binary" => icon::BINARY,
        "clipboard-text" => icon::CLIPBOARD_TEXT,
        "chart-line" => icon::CHART_LINE,
        "crosshair" => icon::CROSSHAIR_SIMPLE,
        "hand-palm" => icon::HAND_PALM,
        "pause" => icon::PAUSE,
        "columns" => icon::COLUMNS,
        "copy" => icon::COPY,
        "download-simple" => icon::DOWNLOAD_SIMPLE,
        "file-code" => icon::FILE_CODE,
        "flag-checkered" => icon::ARROW_FAT_LINES_RIGHT,
        "floppy-disk" => icon::FLOPPY_DISK,
        "folder" => icon::FOLDER,
        "folder-open" => icon::FOLDER_OPEN,
        "folder-plus" => icon::FOLDER_PLUS,
        "funnel-simple" => icon::FUNNEL_SIMPLE,
        "gear-six" => icon::GEAR_SIX,
        "globe" => icon::GLOBE,
        "info" => icon::INFO,
        "magic-wand" => icon::MAGIC_WAND,
        "magnifying-glass" => icon::MAGNIFYING_GLASS,
        "minus" => icon::MINUS,
        "moon" => icon::MOON,
        "paper-plane-right" => icon::PAPER_PLANE_RIGHT,
        "pencil-simple" => icon::PENCIL_SIMPLE,
        "plus" => icon::PLUS,
        "clock-counter-clockwise" => icon::CLOCK_COUNTER_CLOCKWISE,
        "database" => icon::DATABASE,
        "stack" => icon::STACK,
        "text-indent" => icon::TEXT_ALIGN_LEFT,
        "trash" => icon::TRASH,
        "warning" => icon::WARNING,
        "x" => icon::X,
        "x-circle" => icon::X_CIRCLE,
        _ => icon::COMMAND,
    }
}

/// An icon button that runs a command; disabled when the command is.
pub(super) fn command_button(
    ui: &mut Ui,
    state: &AppState,
    command: UiCommand,
    out: &mut Vec<Action>,
) -> Response {
    let info = command.info();
    let tooltip = match info.shortcut {
        Some(shortcut) => format!("{} ({shortcut})", info.label),
        None => info.label.to_owned(),
    };
    let button = IconButton::new(icon_named(info.icon), info.label)
        .side(size::SMALL_CONTROL)
        .tooltip(&tooltip);
    let response = ui.add_enabled(info.is_enabled(state), button);
    if response.clicked() {
        out.push(Action::Run(command));
    }
    response
}

/// A menu entry that runs a command, with its shortcut.
pub(super) fn command_item(
    ui: &mut Ui,
    state: &AppState,
    command: UiCommand,
    out: &mut Vec<Action>,
) {
    let info = command.info();
    let mut button = item(ui, Some(icon_named(info.icon)), info.label);
    if let Some(shortcut) = info.shortcut {
        button = button.shortcut_text(shortcut.to_string());
    }
    if ui.add_enabled(info.is_enabled(state), button).clicked() {
        out.push(Action::Run(command));
        ui.close();
    }
}

/// The forms a request can be copied in, as a menu of their own.
pub(super) fn copy_menu(ui: &mut Ui, tab: TabId, enabled: bool, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let mut entries = |ui: &mut Ui, credentials: bool| {
        for form in CopyForm::ALL {
            if credentials && !form.is_command() {
                continue;
            }
            if form == CopyForm::JsonPretty {
                ui.separator();
            }
            if plain_item(ui, None, form.name()) {
                out.push(Action::CopyAs {
                    tab,
                    form,
                    credentials,
                });
            }
        }
    };
    let title = |name: &str, glyph: Icon| {
        let text = RichText::new(name).color(tokens.text.normal);
        (glyph.rich(15.0, tokens.text.weak), text)
    };
    ui.add_enabled_ui(enabled, |ui| {
        ui.menu_button(title("Copy as", icon::COPY), |ui| entries(ui, false));
        let with = title("Copy with credentials as", icon::WARNING);
        ui.menu_button(with, |ui| entries(ui, true));
    });
}

/// A menu entry; `true` when it was chosen.
pub(super) fn plain_item(ui: &mut Ui, icon: Option<Icon>, label: &str) -> bool {
    let button = item(ui, icon, label);
    let response = ui.add(button);
    if response.enabled()
        && !ui.is_sizing_pass()
        && ui
            .data_mut(|data| data.remove_temp::<bool>(by_key_id()))
            .is_some()
    {
        response.request_focus();
    }
    let clicked = response.clicked();
    if clicked {
        ui.close();
    }
    clicked
}

/// One of several choices in a menu, with what it means below it; `true` when it was chosen.
pub(super) fn choice_item(ui: &mut Ui, chosen: bool, label: &str, meaning: &str) -> bool {
    let tokens = Tokens::of(ui);
    let size = vec2(
        ui.available_width(),
        if meaning.is_empty() { 28.0 } else { 44.0 },
    );
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), chosen, label));
    let t = hover_fade(ui, &response);
    let corner = f32::from(radius::S);
    ui.painter()
        .rect_filled(rect, corner, fade(tokens.surface.hover, t));
    let x = rect.left() + 30.0;
    let (y, below) = if meaning.is_empty() {
        (rect.center().y, None)
    } else {
        (rect.top() + 15.0, Some(rect.bottom() - 13.0))
    };
    if chosen {
        ui.painter().text(
            pos2(rect.left() + 15.0, y),
            Align2::CENTER_CENTER,
            icon::CHECK.text(),
            icon::CHECK.font(15.0),
            tokens.accent.text,
        );
    }
    let room = rect.right() - 8.0 - x;
    let title = elided(ui, label, font::body(), tokens.text.strong, room);
    line_text(ui, x, y, title);
    if let Some(y) = below {
        let meaning = elided(ui, meaning, font::small(), tokens.text.weak, room);
        line_text(ui, x, y, meaning);
    }
    focus_ring(ui, &response, rect, radius::S);
    if response.clicked() {
        ui.close();
    }
    response.clicked()
}

fn item<'a>(ui: &Ui, icon: Option<Icon>, label: &str) -> Button<'a> {
    let tokens = Tokens::of(ui);
    let text = RichText::new(label).color(tokens.text.normal);
    match icon {
        Some(icon) => Button::new((icon.rich(15.0, tokens.text.weak), text)),
        None => Button::new(text),
    }
    .frame_when_inactive(false)
}

/// Whether the keyboard asks for the menu of what it is on, by Shift+F10 or the menu key; once.
pub(super) fn menu_key(ctx: &Context) -> bool {
    ctx.input_mut(|input| {
        input.consume_key(Modifiers::SHIFT, Key::F10)
            || input.consume_key(Modifiers::NONE, Key::Menu)
    })
}

/// What says that an entry of the menu that opens gets the keyboard.
fn by_key_id() -> Id {
    Id::unique("menu opened by a key")
}

/// The menu of a row: opened by the secondary button at the pointer, or by the keyboard at `by_key`; then its
/// first entry has the keyboard.
pub(super) fn context_menu(
    response: &Response,
    by_key: Option<Pos2>,
    content: impl FnOnce(&mut Ui),
) {
    let (ctx, id) = (&response.ctx, Popup::default_response_id(response));
    let place = id.with("opened by a key");
    if let Some(at) = by_key {
        Popup::open_id(ctx, id);
        ctx.data_mut(|data| {
            data.insert_temp(place, at);
            data.insert_temp(by_key_id(), true);
        });
    } else if response.secondary_clicked() {
        ctx.data_mut(|data| {
            data.remove::<Pos2>(place);
            data.remove::<bool>(by_key_id());
        });
    }
    let mut popup = Popup::context_menu(response);
    if let Some(at) = ctx.data(|data| data.get_temp(place)) {
        popup = popup.at_position(at);
    }
    popup.show(content);
}

/// A menu below a button; stays as wide as its longest entry.
pub(super) fn menu(response: &Response, content: impl FnOnce(&mut Ui)) {
    Popup::menu(response)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_min_width(180.0);
            content(ui);
        });
}
