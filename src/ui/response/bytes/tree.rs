//! The fields that the bytes are, as rows that open.

use std::ops::Range;

use egui::{
    Align2, CornerRadius, EventFilter, FocusDirection, Key, Modifiers, Rect, Response, ScrollArea,
    Sense, Stroke, Ui, WidgetInfo, accesskit::Role as AccessRole, pos2, vec2,
};
use stubless_core::message::wire_tree::{Choice, Described, NodeKey, Part, Row, Weight};

use super::{Panes, state::BytesState};
use crate::ui::{
    menu::choice_item,
    theme::{Tokens, fade, font, icon, radius},
    widgets::{elided, focus_ring, hover_fade, line_text},
    words,
};

const ROW: f32 = 24.0;
const INDENT: f32 = 14.0;

/// Draws the tree over all there is.
pub(super) fn tree_ui(
    ui: &mut Ui,
    panes: Panes,
    state: &mut BytesState,
    hovered: &mut Option<Range<usize>>,
) {
    let rect = ui.available_rect_before_wrap();
    let response = ui.interact(rect, panes.tree, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(AccessRole::Tree, true, "Fields of the message"));
    if response.clicked() {
        response.request_focus();
    }
    if response.has_focus() {
        keys(ui, panes, state);
    }
    let count = state.view.rows().len();
    let mut area = ScrollArea::vertical()
        .id_salt(panes.tree)
        .auto_shrink(false);
    if std::mem::take(&mut state.reveals_node)
        && let Some(marked) = state.marked_row()
    {
        area = reveal(ui, panes, area, marked, rect.height());
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let shown = area.show_rows(ui, ROW, count, |ui, range| {
        let rows = state.view.rows().get(range).unwrap_or_default().to_vec();
        for row in rows {
            row_ui(ui, panes, state, row, hovered);
        }
        if !state.view.wanted().is_empty() {
            let tokens = Tokens::of(ui);
            ui.label(
                egui::RichText::new("  Reading…")
                    .font(font::small())
                    .color(tokens.text.faint),
            );
        }
    });
    ui.data_mut(|data| data.insert_temp(panes.tree, shown.state.unclamped_offset().y));
    focus_ring(ui, &response, rect, radius::L);
}

/// Scrolls to a row that is out of sight; one that is seen stays where it is.
fn reveal(ui: &Ui, panes: Panes, area: ScrollArea, row: usize, height: f32) -> ScrollArea {
    let before: f32 = ui
        .data(|data| data.get_temp(panes.tree))
        .unwrap_or_default();
    let top = row as f32 * ROW;
    if top >= before && top + ROW <= before + height {
        return area;
    }
    let to = if top < before {
        top - ROW
    } else {
        top + ROW * 2.0 - height
    };
    area.vertical_scroll_offset(to.max(0.0))
}

fn keys(ui: &Ui, panes: Panes, state: &mut BytesState) {
    ui.memory_mut(|memory| {
        memory.set_focus_lock_filter(
            panes.tree,
            EventFilter {
                tab: true,
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: false,
            },
        );
    });
    let pressed = |key| ui.input(|i| i.key_pressed(key));
    if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Tab)) {
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::Next));
    } else if ui.input_mut(|i| i.consume_key(Modifiers::SHIFT, Key::Tab)) {
        ui.memory_mut(|memory| memory.request_focus(panes.hex));
    }
    const MOVES: [Key; 8] = [
        Key::ArrowUp,
        Key::ArrowDown,
        Key::ArrowLeft,
        Key::ArrowRight,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
    ];
    let rows = if MOVES.into_iter().any(pressed) {
        state.view.rows().to_vec()
    } else {
        return;
    };
    let Some(last) = rows.len().checked_sub(1) else {
        return;
    };
    let at = state.marked_row();
    let to = match at {
        _ if pressed(Key::Home) => Some(0),
        _ if pressed(Key::End) => Some(last),
        None if pressed(Key::ArrowDown) => Some(0),
        Some(at) if pressed(Key::ArrowDown) => Some((at + 1).min(last)),
        Some(at) if pressed(Key::ArrowUp) => Some(at.saturating_sub(1)),
        Some(at) if pressed(Key::PageDown) => Some((at + 10).min(last)),
        Some(at) if pressed(Key::PageUp) => Some(at.saturating_sub(10)),
        _ => None,
    };
    if let Some(row) = to.and_then(|to| rows.get(to)) {
        state.mark(row.node);
    }
    let Some(row) = at.and_then(|at| rows.get(at)) else {
        return;
    };
    let open = state.view.is_open(row.node);
    if pressed(Key::ArrowRight) && !open && state.view.can_open(*row) {
        state.view.set_open(row.node, true);
    }
    if pressed(Key::ArrowLeft) {
        if open {
            state.view.set_open(row.node, false);
            return;
        }
        // To the row around it.
        let above = rows.iter().take(at.unwrap_or(0)).rev();
        if let Some(above) = above.into_iter().find(|it| it.depth < row.depth) {
            state.mark(above.node);
        }
    }
}

fn row_ui(
    ui: &mut Ui,
    panes: Panes,
    state: &mut BytesState,
    row: Row,
    hovered: &mut Option<Range<usize>>,
) {
    let Some(described) = state.view.describe(row.node) else {
        return;
    };
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    let id = panes.tree.with(row.node);
    // Focus stays with the tree, whose arrow keys move the mark.
    let response = ui.interact(rect, id, Sense::CLICK);
    let label = label_of(&described);
    let selected = Some(row.node) == state.node();
    response.widget_info(|| WidgetInfo::selected(AccessRole::TreeItem, true, selected, &label));
    if response.hovered() {
        *hovered = Some(described.range.clone());
    }
    let opens = match row.node.part {
        Part::Item(_) => described.opens.is_some(),
        Part::Run { .. } | Part::Items { .. } | Part::Children { .. } => true,
        Part::Rest => false,
    };
    let open = state.view.is_open(row.node);
    paint(
        ui,
        rect,
        row,
        &described,
        (selected, opens.then_some(open)),
        &response,
        state,
    );
    let caret = Rect::from_min_size(
        pos2(rect.left() + 4.0 + INDENT * row.depth as f32, rect.top()),
        vec2(18.0, ROW),
    );
    let on_caret = response
        .interact_pointer_pos()
        .is_some_and(|pos| caret.contains(pos));
    if response.clicked() || response.secondary_clicked() {
        ui.memory_mut(|memory| memory.request_focus(panes.tree));
        if opens && (on_caret && response.clicked() || response.double_clicked()) {
            state.view.set_open(row.node, !open);
        } else {
            state.mark(row.node);
            state.reveals_node = false;
        }
    }
    let menu = response.on_hover_ui(|ui| {
        ui.set_max_width(420.0);
        ui.label(tooltip(&described));
    });
    if described.choosable {
        menu.context_menu(|ui| choices_ui(ui, state, row.node, &described));
    }
}

/// A row, as a screen reader says it.
pub(super) fn label_of(described: &Described) -> String {
    let mut label = match described.number {
        Some(number) if described.name.is_empty() => format!("Field {number}"),
        Some(number) => format!("Field {number} {}", described.name),
        None => described.name.clone(),
    };
    if !described.kind.is_empty() {
        let guess = if described.guessed { "guessed " } else { "" };
        label.push_str(&format!(", {guess}{}", described.kind));
    }
    label.push_str(&format!(", {}", described.value));
    if let Some(finding) = described.findings.first() {
        label.push_str(&format!(", {}", finding.problem));
    }
    label
}

fn tooltip(described: &Described) -> String {
    let mut lines = vec![format!(
        "Bytes {} to {} ({})",
        described.range.start,
        described.range.end.saturating_sub(1),
        words::bytes(described.range.len() as u64),
    )];
    lines.extend(
        described
            .meanings
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    if described.guessed && described.choosable {
        lines.push("The type is a guess by the look of the bytes; the menu has others".to_owned());
    }
    lines.extend(described.findings.iter().map(|it| it.problem.to_string()));
    lines.join("\n")
}

fn paint(
    ui: &Ui,
    rect: Rect,
    row: Row,
    described: &Described,
    (selected, open): (bool, Option<bool>),
    response: &Response,
    state: &BytesState,
) {
    let tokens = Tokens::of(ui);
    let corner = CornerRadius::same(radius::S);
    let inner = rect.shrink2(vec2(2.0, 0.0));
    let marked = state.around().contains(&described.range);
    if selected {
        ui.painter()
            .rect_filled(inner, corner, tokens.surface.selected);
    } else if marked {
        ui.painter()
            .rect_filled(inner, corner, fade(tokens.accent.soft, 0.5));
    } else if state.hovered.as_ref() == Some(&described.range) {
        ui.painter()
            .rect_filled(inner, corner, tokens.surface.raised);
    } else {
        let over = fade(tokens.surface.raised, hover_fade(ui, response));
        ui.painter().rect_filled(inner, corner, over);
    }
    let y = rect.center().y;
    for level in 0..row.depth {
        let x = rect.left() + 13.0 + INDENT * level as f32;
        let line = Stroke::new(1.0, tokens.line.weak);
        ui.painter().vline(x.round() + 0.5, rect.y_range(), line);
    }
    let mut x = rect.left() + 4.0 + INDENT * row.depth as f32;
    if let Some(open) = open {
        let glyph = if open {
            icon::CARET_DOWN
        } else {
            icon::CARET_RIGHT
        };
        let at = pos2(x + 9.0, y);
        let font = glyph.font(12.0);
        ui.painter().text(
            at,
            Align2::CENTER_CENTER,
            glyph.text(),
            font,
            tokens.text.weak,
        );
    }
    x += 20.0;
    let mut right = rect.right() - 8.0;
    let size = elided(
        ui,
        words::bytes(described.range.len() as u64),
        font::small(),
        tokens.text.faint,
        70.0,
    );
    right -= size.size().x;
    line_text(ui, right, y, size);
    right -= 8.0;
    let worst = described
        .findings
        .iter()
        .map(|it| it.problem.weight())
        .max();
    if let Some(worst) = worst {
        let (glyph, color) = match worst {
            Weight::Note => (icon::INFO, tokens.info.text),
            Weight::Warning => (icon::WARNING_FILL, tokens.warn.text),
            Weight::Error => (icon::WARNING_FILL, tokens.bad.text),
        };
        let at = pos2(right - 7.0, y);
        ui.painter().text(
            at,
            Align2::CENTER_CENTER,
            glyph.text(),
            glyph.font(14.0),
            color,
        );
        right -= 22.0;
    }
    let room = |x: f32| (right - x).max(0.0);
    if let Some(number) = described.number {
        let text = elided(
            ui,
            number.to_string(),
            font::small_code(),
            tokens.text.faint,
            room(x),
        );
        x = line_text(ui, x, y, text) + 6.0;
    }
    if !described.name.is_empty() {
        let name = elided(
            ui,
            described.name.as_str(),
            font::body(),
            tokens.text.strong,
            room(x),
        );
        x = line_text(ui, x, y, name) + 6.0;
    }
    if !described.kind.is_empty() {
        let guess = if described.guessed { "?" } else { "" };
        let kind = format!("{}{guess}", described.kind);
        let kind = elided(ui, kind, font::small(), tokens.text.weak, room(x));
        x = line_text(ui, x, y, kind) + 8.0;
    }
    let color = if described.value.starts_with('"') {
        tokens.syntax.string
    } else {
        tokens.text.normal
    };
    let value = elided(
        ui,
        described.value.as_str(),
        font::small_code(),
        color,
        room(x),
    );
    line_text(ui, x, y, value);
}

/// The ways to read a payload.
pub(super) fn choices_ui(
    ui: &mut Ui,
    state: &mut BytesState,
    node: NodeKey,
    described: &Described,
) {
    let Some((_, payload)) = described
        .parts
        .iter()
        .find(|(role, _)| *role == stubless_core::message::wire_tree::Role::Value)
    else {
        return;
    };
    let chosen = state.view.chosen(payload.start);
    ui.set_min_width(250.0);
    for (choice, name) in [
        (None, "As the schema or its look says"),
        (Some(Choice::Message), "Read as a message"),
        (Some(Choice::Text), "Read as a string"),
        (Some(Choice::Bytes), "Read as bytes"),
        (Some(Choice::Varints), "Read as packed varints"),
        (Some(Choice::Fixed32), "Read as packed 32-bit values"),
        (Some(Choice::Fixed64), "Read as packed 64-bit values"),
    ] {
        if choice_item(ui, chosen == choice, name, "") {
            state.view.choose(payload.start, choice);
            state.view.set_open(node, true);
        }
    }
}
