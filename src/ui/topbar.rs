//! The top bar: the workspace, the palette's field, the environment, the theme.

use egui::{Align, Layout, Rect, RichText, Sense, Ui, UiBuilder, vec2};

use super::{
    environment,
    menu::{command_item, menu, plain_item},
    shell::BAR_CONTROL,
    theme::{Tokens, font, icon, radius, space},
    widgets::{IconButton, PushButton, app_mark},
};
use crate::app::{Action, AppState, UiCommand};

/// Draws the bar.
pub(super) fn topbar_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let area = ui.max_rect();
    ui.painter().hline(
        area.x_range(),
        area.bottom() - 0.5,
        egui::Stroke::new(1.0, tokens.line.weak),
    );
    let inner = area.shrink2(vec2(space::M, 0.0));
    let mut left = ui.new_child(
        UiBuilder::new()
            .id_salt("left")
            .max_rect(inner)
            .layout(Layout::left_to_right(Align::Center)),
    );
    logo(&mut left);
    left.add_space(space::XS);
    workspace_menu(&mut left, state, out);
    let left_end = left.min_rect().right();

    let mut right = ui.new_child(
        UiBuilder::new()
            .id_salt("right")
            .max_rect(inner)
            .layout(Layout::right_to_left(Align::Center)),
    );
    main_menu(&mut right, state, out);
    theme_button(&mut right, out);
    right.add_space(space::XS);
    environment::picker_ui(&mut right, state, out);
    let right_start = right.min_rect().left();

    // The field sits in the middle of the window, and gives way where there is no room.
    let room = Rect::from_x_y_ranges(left_end + space::L..=right_start - space::L, area.y_range());
    let width = room.width().clamp(80.0, 400.0);
    let half = width / 2.0;
    let centre = area.center().x.clamp(
        room.left() + half,
        (room.right() - half).max(room.left() + half),
    );
    let field = Rect::from_center_size(
        egui::pos2(centre, area.center().y),
        vec2(width, BAR_CONTROL),
    );
    search_field(ui, field, out);
}

fn logo(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    app_mark(ui, 26.0);
    ui.label(
        RichText::new("Stubless")
            .font(font::title())
            .color(tokens.text.strong),
    );
}

fn workspace_menu(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let name = match state.open_workspace() {
        Some(workspace) if workspace.file.name.is_empty() => folder_name(&workspace.root),
        Some(workspace) => workspace.file.name.clone(),
        None => "No workspace".to_owned(),
    };
    let tooltip = state
        .open_workspace()
        .map(|w| w.root.display().to_string())
        .unwrap_or_default();
    let button = PushButton::new(&name)
        .icon(icon::FOLDER)
        .caret()
        .tooltip(&tooltip)
        .name("Workspace menu");
    let response = ui.add(button);
    menu(&response, |ui| {
        for command in [
            UiCommand::OpenWorkspace,
            UiCommand::NewWorkspace,
            UiCommand::ReloadWorkspace,
        ] {
            command_item(ui, state, command, out);
        }
        ui.separator();
        for command in [UiCommand::WorkspaceSettings, UiCommand::SchemaSources] {
            command_item(ui, state, command, out);
        }
        let here = state.open_workspace().map(|w| w.root.as_path());
        let others: Vec<_> = state
            .recents
            .iter()
            .filter(|r| Some(r.path.as_path()) != here)
            .take(8)
            .collect();
        if others.is_empty() {
            return;
        }
        ui.separator();
        super::widgets::section_label(ui, "Recent");
        for recent in others {
            let label = folder_name(&recent.path);
            if plain_item(ui, Some(icon::CLOCK_COUNTER_CLOCKWISE), &label) {
                out.push(Action::OpenWorkspace(recent.path.clone()));
            }
        }
    });
}

/// The last part of a path.
pub(super) fn folder_name(path: &std::path::Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// Looks like a field, opens the palette.
fn search_field(ui: &mut Ui, rect: Rect, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let info = UiCommand::OpenPalette.info();
    let response = ui.interact(rect, ui.scope_id().with("palette field"), Sense::click());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, info.label));
    let t = super::widgets::hover_fade(ui, &response);
    ui.painter().rect(
        rect,
        f32::from(radius::M),
        super::theme::mix(tokens.surface.raised, tokens.surface.hover, t),
        egui::Stroke::new(1.0, tokens.line.strong),
        egui::StrokeKind::Inside,
    );
    let middle = rect.center().y;
    let glass = icon::MAGNIFYING_GLASS;
    ui.painter().text(
        egui::pos2(rect.left() + 18.0, middle),
        egui::Align2::CENTER_CENTER,
        glass.text(),
        glass.font(15.0),
        tokens.text.weak,
    );
    let keys = info.shortcut.map(|s| s.to_string()).unwrap_or_default();
    let keys = super::widgets::elided(ui, keys, font::small(), tokens.text.weak, 60.0);
    let chip = Rect::from_min_max(
        egui::pos2(rect.right() - keys.size().x - 18.0, middle - 9.0),
        egui::pos2(rect.right() - 6.0, middle + 9.0),
    );
    ui.painter()
        .rect_filled(chip, f32::from(radius::S), tokens.neutral.soft);
    super::widgets::line_text(ui, chip.left() + 6.0, middle, keys);
    let room = chip.left() - rect.left() - 42.0;
    let text = super::widgets::elided(ui, info.label, font::body(), tokens.text.weak, room);
    super::widgets::line_text(ui, rect.left() + 34.0, middle, text);
    super::widgets::focus_ring(ui, &response, rect, radius::M);
    if response.clicked() {
        out.push(Action::Run(UiCommand::OpenPalette));
    }
}

fn theme_button(ui: &mut Ui, out: &mut Vec<Action>) {
    let dark = ui.visuals().dark_mode;
    let (glyph, name) = if dark {
        (icon::SUN, "Switch to light")
    } else {
        (icon::MOON, "Switch to dark")
    };
    if ui.add(IconButton::new(glyph, name)).clicked() {
        let theme = if dark {
            crate::app::Theme::Light
        } else {
            crate::app::Theme::Dark
        };
        out.push(Action::SetTheme(theme));
    }
}

fn main_menu(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let response = ui.add(IconButton::new(icon::GEAR_SIX, "Main menu"));
    menu(&response, |ui| {
        for command in [
            UiCommand::WorkspaceSettings,
            UiCommand::SchemaSources,
            UiCommand::ShowProblems,
        ] {
            command_item(ui, state, command, out);
        }
        ui.separator();
        for command in [
            UiCommand::ToggleTheme,
            UiCommand::SystemTheme,
            UiCommand::ZoomIn,
            UiCommand::ZoomOut,
            UiCommand::ZoomReset,
        ] {
            command_item(ui, state, command, out);
        }
        ui.separator();
        command_item(ui, state, UiCommand::About, out);
    });
}
