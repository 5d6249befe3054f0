//! egui's own style, filled in from the tokens, so that its plain widgets fit beside ours.

use egui::{
    CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Vec2,
    style::{ScrollStyle, Selection, WidgetVisuals},
    vec2,
};

use super::{font, radius, size, space, tokens::Tokens};

/// Fills in one theme's style.
pub(super) fn fill_in(style: &mut Style, tokens: &Tokens) {
    style.text_styles = [
        (TextStyle::Small, font::small()),
        (TextStyle::Body, font::body()),
        (TextStyle::Button, font::body()),
        (TextStyle::Heading, font::title()),
        (TextStyle::Monospace, font::code()),
        (
            TextStyle::Name(font::STRONG.into()),
            FontId::new(13.0, FontFamily::Name(font::STRONG.into())),
        ),
    ]
    .into();
    style.animation_time = 0.1;
    style.spacing.item_spacing = vec2(space::S, space::XS);
    style.spacing.button_padding = vec2(10.0, 4.0);
    style.spacing.interact_size = Vec2::new(24.0, size::SMALL_CONTROL);
    style.spacing.window_margin = Margin::same(12);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.indent = 14.0;
    style.spacing.icon_width = 16.0;
    style.spacing.icon_width_inner = 10.0;
    style.spacing.tooltip_width = 380.0;
    style.spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_width: 4.0,
        floating_allocated_width: 0.0,
        dormant_handle_opacity: 0.35,
        active_handle_opacity: 0.6,
        ..ScrollStyle::floating()
    };
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    visuals(style, tokens);
}

fn visuals(style: &mut Style, tokens: &Tokens) {
    let visuals = &mut style.visuals;
    visuals.dark_mode = tokens.dark;
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(tokens.text.faint);
    visuals.hyperlink_color = tokens.accent.text;
    visuals.faint_bg_color = tokens.surface.raised;
    visuals.extreme_bg_color = tokens.surface.well;
    visuals.text_edit_bg_color = Some(tokens.surface.well);
    visuals.code_bg_color = tokens.surface.raised;
    visuals.warn_fg_color = tokens.warn.text;
    visuals.error_fg_color = tokens.bad.text;
    visuals.panel_fill = tokens.surface.pane;
    visuals.window_fill = tokens.surface.popup;
    visuals.window_stroke = Stroke::new(1.0, tokens.line.strong);
    visuals.window_corner_radius = CornerRadius::same(radius::L);
    visuals.menu_corner_radius = CornerRadius::same(radius::L);
    let shadow = Shadow {
        offset: [0, 8],
        blur: 24,
        spread: 0,
        color: tokens.shadow,
    };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.selection = Selection {
        bg_fill: tokens.text_selection,
        stroke: Stroke::new(1.0, tokens.text.strong),
    };
    visuals.text_cursor.stroke = Stroke::new(1.5, tokens.text.strong);
    visuals.indent_has_left_vline = false;
    visuals.disabled_alpha = 0.55;

    let widget = |fill, line, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(radius::M),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let (surface, line, text) = (&tokens.surface, &tokens.line, &tokens.text);
    visuals.widgets.noninteractive = widget(surface.pane, line.weak, text.normal);
    visuals.widgets.inactive = widget(surface.raised, line.strong, text.normal);
    visuals.widgets.hovered = widget(surface.hover, line.strong, text.strong);
    visuals.widgets.active = widget(surface.hover, line.focus, text.strong);
    visuals.widgets.open = widget(surface.hover, line.strong, text.strong);
}
