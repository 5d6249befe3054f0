//! The groups beside the table: the values of a field, how many messages have each, and a press that
//! shows them alone.

use egui::{
    CornerRadius, Id, Label, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use stubless_core::call::scan::{Group, GroupOrder, Groups, ScanState};

use super::{Stream, TableState, filter};
use crate::{
    app::{Action, TabView},
    ui::{
        theme::{Tokens, fade, font, icon, radius, size, space},
        widgets::{
            IconButton, SCROLL_BAR_WIDTH, Segmented, elided, focus_ring, hover_fade, line_text,
        },
        words,
    },
};

/// Height of the list in points.
const LIST: f32 = 132.0;

const ROW: f32 = 22.0;

/// Seconds without a key after which what is typed is grouped by.
const PAUSE: f64 = 0.3;

/// Height of the panel with two groups.
pub(super) const LEAST: f32 = size::CONTROL + 2.0 * ROW + 3.0 * space::S;

/// Draws the panel.
pub(super) fn groups_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    state: &mut TableState,
    out: &mut Vec<Action>,
) {
    head_ui(ui, stream, view, out);
    let look = &stream.exchange.scan.groups;
    let tokens = Tokens::of(ui);
    if let Some(refusal) = &look.refusal {
        let failure = &refusal.failure;
        let words = format!("{}: {}. {}", failure.summary, failure.reason, failure.hint);
        let words = RichText::new(words)
            .font(font::small())
            .color(tokens.bad.text);
        ui.add(Label::new(words).wrap());
    } else if let Some(grouping) = &look.handle {
        let groups = grouping.groups();
        list_ui(ui, stream, &groups, view, state, out);
    } else {
        let words = "Write the path of a field: its values are counted over the whole stream";
        let words = RichText::new(words)
            .font(font::small())
            .color(tokens.text.weak);
        ui.label(words);
    }
    ui.add_space(space::S);
}

fn head_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        ui.spacing_mut().item_spacing.x = space::S;
        let title = RichText::new("Group by")
            .font(font::small_strong())
            .color(tokens.text.weak);
        ui.label(title);
        let id = Id::unique(("group path", stream.exchange.id));
        let form = &mut view.stream.group;
        let wrong = stream.exchange.scan.groups.refusal.is_some();
        let place = ("Field path to group by", 170.0, wrong);
        let field = filter::path_ui(ui, stream, &mut form.path, place, id);
        let typed = id.with("typed");
        let time = ui.input(|input| input.time);
        if field.changed() {
            ui.data_mut(|data| data.insert_temp(typed, time));
        }
        let since: Option<f64> = ui.data(|data| data.get_temp(typed));
        // A path that is half a name is no mistake yet.
        let whole = filter::leads(stream, &form.path);
        let due = since.is_some_and(|since| time - since > PAUSE) && whole;
        if due || field.lost_focus() {
            ui.data_mut(|data| data.remove::<f64>(typed));
            out.push(Action::Group(stream.tab));
        } else if since.is_some_and(|since| time - since <= PAUSE) {
            // After that only the person moves it on.
            let pause = std::time::Duration::from_secs_f64(PAUSE);
            ui.ctx().request_repaint_after(pause);
        }
        let orders = [
            (GroupOrder::Count, None, "Count"),
            (GroupOrder::Value, None, "Value"),
            (GroupOrder::Last, None, "Latest"),
        ];
        let segmented = Segmented::new("Order of the groups", &orders);
        if ui.available_width() > segmented.width(ui) + 60.0 {
            let before = form.order;
            segmented.show(ui, &mut form.order);
            if form.order != before {
                out.push(Action::Group(stream.tab));
            }
        }
        if let Some(grouping) = &stream.exchange.scan.groups.handle {
            let progress = grouping.progress();
            let count = grouping.groups().rows.len();
            if progress.state == ScanState::Running {
                filter::bar_ui(ui, progress.fraction());
            }
            let text = RichText::new(words::counted(count, "value"))
                .font(font::small())
                .color(tokens.text.weak);
            ui.add(Label::new(text).truncate());
        }
    });
}

fn list_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    groups: &Groups,
    view: &mut TabView,
    state: &mut TableState,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let count = groups.rows.len();
    #[allow(
        clippy::cast_precision_loss,
        reason = "a handful of rows is compared with the height of the list"
    )]
    let wanted = (count.clamp(1, 64) as f32 * ROW + 4.0).min(LIST);
    // The table comes first.
    let room = ui.available_height() - super::TABLE;
    let height = wanted.min(room.max(2.0 * ROW));
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::M),
        tokens.surface.well,
        Stroke::new(1.0, tokens.line.weak),
        egui::StrokeKind::Inside,
    );
    let inner = rect.shrink(2.0);
    let (body, bar) = inner.split_left_right_at_x(inner.right() - SCROLL_BAR_WIDTH);
    let page = body.height() / ROW;
    let scroll = &mut state.groups;
    scroll.clamp(count, page);
    scroll.wheel(ui, body, ROW, count, page);
    scroll.bar(ui, bar, "Place in the groups", (count, page), &[]);
    let whole: usize = groups
        .rows
        .iter()
        .map(|group| group.count)
        .max()
        .unwrap_or(1);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(body).id_salt("groups"));
    child.set_clip_rect(body.intersect(ui.clip_rect()));
    let mut y = body.top() - scroll.cut(ROW);
    for group in groups
        .rows
        .get(scroll.visible(count, page))
        .unwrap_or_default()
    {
        let row = Rect::from_min_size(pos2(body.left(), y.round()), vec2(body.width(), ROW));
        y += ROW;
        if row_ui(&child, row, group, whole) {
            let path = view.stream.group.path.trim().to_owned();
            view.stream.filter.by_value(&path, group.value.as_deref());
            out.push(Action::Filter(stream.tab));
        }
    }
    if groups.others > 0 {
        let text = format!(
            "{} with values beyond the 100 000 that are told apart",
            words::counted(groups.others, "message")
        );
        let text = RichText::new(text)
            .font(font::small())
            .color(tokens.warn.text);
        ui.label(text);
    }
}

/// A value, its share as a bar, its count; gives whether it was pressed.
fn row_ui(ui: &Ui, rect: Rect, group: &Group, most: usize) -> bool {
    let tokens = Tokens::of(ui);
    let value = group.value.as_deref().unwrap_or("not set");
    let response = ui.interact(rect, ui.scope_id().with(("group", value)), Sense::click());
    response.widget_info(|| {
        let count = words::counted(group.count, "message");
        let name = format!("Group {value}, {count}");
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), name)
    });
    let over = fade(tokens.surface.hover, hover_fade(ui, &response));
    ui.painter().rect_filled(rect, CornerRadius::ZERO, over);
    let count = elided(
        ui,
        words::count(group.count),
        font::small_code(),
        tokens.text.weak,
        90.0,
    );
    let right = rect.right() - 8.0;
    line_text(ui, right - count.size().x, rect.center().y, count);
    let track = Rect::from_min_max(
        pos2(right - 90.0 - 110.0, rect.center().y - 3.0),
        pos2(right - 90.0, rect.center().y + 3.0),
    );
    #[allow(clippy::cast_precision_loss, reason = "a share that is drawn as a bar")]
    let share = group.count as f32 / most.max(1) as f32;
    let mut part = track;
    part.set_width((track.width() * share).max(1.5));
    ui.painter()
        .rect_filled(part, 2.0, fade(tokens.accent.text, 0.7));
    let color = match group.value {
        Some(_) => tokens.syntax.string,
        None => tokens.text.faint,
    };
    let room = track.left() - rect.left() - 18.0;
    let galley = elided(ui, value, font::small_code(), color, room.max(20.0));
    line_text(ui, rect.left() + 8.0, rect.center().y, galley);
    focus_ring(ui, &response, rect, radius::S);
    let tip = format!(
        "{value}\nFirst #{}, last #{}. Press to show these messages alone",
        group.first + 1,
        group.last + 1
    );
    response.on_hover_text_at_pointer(tip).clicked()
}

/// The button that opens the panel.
pub(super) fn groups_button(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    let button = IconButton::new(icon::STACK, "Group by a field")
        .small()
        .selected(view.stream.group.open);
    if ui.add(button).clicked() {
        view.stream.group.open = !view.stream.group.open;
        out.push(Action::Group(stream.tab));
    }
}
