//! The pace of a stream: how much came and left over time, and how long it was between two messages.
//!
//! What is drawn was counted by a worker; a frame asks for the next count and draws the last.

use std::time::Duration;

use egui::{
    Color32, CornerRadius, CursorIcon, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use stubless_core::call::{GapBar, StreamPicture, TrafficSlot};

use super::{Stream, chart};
use crate::{
    app::{Action, Place, PlotUnit, TabView},
    ui::{
        theme::{Tokens, fade, size, space},
        widgets::Segmented,
        words,
    },
};

/// Height of the plots in points.
const HEIGHT: f32 = 112.0;

/// Width from which both stand side by side.
const BOTH: f32 = 430.0;

/// Part of the width that throughput takes.
const THROUGHPUT: f32 = 0.58;

/// Height that both take in a pane of this width, in points.
pub(super) fn height(width: f32) -> f32 {
    match width >= BOTH {
        true => HEIGHT + space::S,
        false => 2.0 * (HEIGHT + space::S),
    }
}

/// Draws both.
pub(super) fn plots_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    // Not in each frame: what is asked for is drawn again.
    if stream.exchange.stats.is_behind(stream.log().len()) {
        out.push(Action::CountMessages(stream.tab));
    }
    let picture = stream.exchange.stats.picture();
    let width = ui.available_width();
    let both = width >= BOTH;
    let height = height(width) - space::S;
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let (first, second) = if both {
        let at = rect.left() + (width * THROUGHPUT).round();
        let (first, rest) = rect.split_left_right_at_x(at);
        let (_, second) = rest.split_left_right_at_x(at + space::S);
        (first, second)
    } else {
        let (first, rest) = rect.split_top_bottom_at_y(rect.top() + HEIGHT);
        let (_, second) = rest.split_top_bottom_at_y(rest.top() + space::S);
        (first, second)
    };
    throughput_ui(ui, stream, &picture, first, view, out);
    gaps_ui(ui, &picture, second);
    ui.add_space(space::S);
}

/// Messages or bytes of a slot, received and sent.
fn measured(slot: &TrafficSlot, unit: PlotUnit) -> (u64, u64) {
    match unit {
        PlotUnit::Messages => (slot.received, slot.sent),
        PlotUnit::Bytes => (slot.received_bytes, slot.sent_bytes),
    }
}

fn rate_words(rate: f64, unit: PlotUnit) -> String {
    match unit {
        PlotUnit::Messages => format!("{} msg/s", words::rate(rate)),
        PlotUnit::Bytes => format!("{}B/s", with_space(&words::rate(rate))),
    }
}

/// `1.2 M` stays as it is, `12` becomes `12 `, so that a unit can follow.
fn with_space(number: &str) -> String {
    match number.contains(' ') {
        true => number.to_owned(),
        false => format!("{number} "),
    }
}

/// Rates of neighbouring slots that share a step on the screen.
struct Steps {
    /// Edges in seconds, one more than there are steps.
    edges: Vec<f64>,
    received: Vec<f64>,
    sent: Vec<f64>,
}

#[allow(
    clippy::cast_precision_loss,
    reason = "what is drawn needs no last digit"
)]
fn steps_of(picture: &StreamPicture, unit: PlotUnit, most: usize) -> Steps {
    let together = picture.slots.len().div_ceil(most.max(1)).max(1);
    let width = picture.width.as_secs_f64();
    let end = picture.last.as_secs_f64();
    let mut steps = Steps {
        edges: vec![0.0],
        received: Vec::new(),
        sent: Vec::new(),
    };
    for (number, slots) in picture.slots.chunks(together).enumerate() {
        let from = (number * together) as f64 * width;
        let full = from + slots.len() as f64 * width;
        // The last is not over: what came in it came in the time until now.
        let half = from + together as f64 * width / 2.0;
        let to = if full > end { end.max(half) } else { full };
        let (received, sent) = slots.iter().fold((0, 0), |sum, slot| {
            let (received, sent) = measured(slot, unit);
            (sum.0 + received, sum.1 + sent)
        });
        let secs = (to - from).max(1e-6);
        steps.edges.push(to);
        steps.received.push(received as f64 / secs);
        steps.sent.push(sent as f64 / secs);
    }
    steps
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "points of the screen"
)]
fn throughput_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    picture: &StreamPicture,
    rect: Rect,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let unit = view.stream.plot_unit;
    let plot = chart::frame(ui, rect, "Throughput", "");
    unit_ui(ui, rect, view);
    let steps = steps_of(picture, unit, (plot.width() / 2.0) as usize);
    let all = steps.received.iter().chain(&steps.sent);
    let most = all.fold(0.0_f64, |most, rate| most.max(*rate));
    let top = chart::nice(most);
    let plot = chart::grid(ui, plot, &rate_words(top, unit));
    let end = steps.edges.last().copied().unwrap_or_default().max(1e-6);
    let x_of = |secs: f64| plot.left() + (secs / end) as f32 * plot.width();
    let edges: Vec<f32> = steps.edges.iter().map(|secs| x_of(*secs)).collect();
    for (rates, color) in [
        (&steps.sent, tokens.info.text),
        (&steps.received, tokens.good.text),
    ] {
        if rates.iter().any(|rate| *rate > 0.0) {
            let heights: Vec<f32> = rates.iter().map(|rate| (rate / top) as f32).collect();
            chart::steps(ui, plot, &edges, &heights, color);
        }
    }
    let labels: Vec<_> = chart::ticks(end)
        .map(|secs| (x_of(secs), chart::time(secs)))
        .collect();
    chart::axis(ui, plot, &labels);

    let id = ui.scope_id().with("throughput");
    let response = ui.interact(plot, id, Sense::CLICK | Sense::DRAG);
    response.widget_info(|| {
        let name = format!("Throughput, at most {}", rate_words(most, unit));
        WidgetInfo::labeled(Role::Image, ui.is_enabled(), name)
    });
    let pointer = response.interact_pointer_pos().or(response.hover_pos());
    let Some(pointer) = pointer else {
        return;
    };
    ui.set_cursor_icon(CursorIcon::PointingHand);
    let secs_at =
        |x: f32| f64::from((x - plot.left()) / plot.width().max(1.0)).clamp(0.0, 1.0) * end;
    if let Some((from, to)) = dragged_ui(ui, plot, &response, pointer.x) {
        view.stream.filter.by_time(secs_at(from), secs_at(to));
        out.push(Action::Filter(stream.tab));
    }
    let secs = f64::from((pointer.x - plot.left()) / plot.width().max(1.0)).clamp(0.0, 1.0) * end;
    let line = Stroke::new(1.0, tokens.text.faint);
    ui.painter()
        .vline(pointer.x.round() + 0.5, plot.y_range(), line);
    let step = steps.edges.partition_point(|edge| *edge <= secs);
    let step = step
        .saturating_sub(1)
        .min(steps.received.len().saturating_sub(1));
    let rate = |rates: &[f64]| rates.get(step).copied().unwrap_or_default();
    let words = format!(
        "{} · ↓ {} · ↑ {}",
        words::span(Duration::from_secs_f64(secs)),
        rate_words(rate(&steps.received), unit),
        rate_words(rate(&steps.sent), unit),
    );
    chart::hint(ui, plot, pointer.x, &words);
    if response.clicked() {
        let from = steps.edges.get(step).copied().unwrap_or(secs);
        // In a step of much time, the moment under the pointer; in a short one its first message.
        let at = secs.max(from);
        out.push(Action::JumpTo(
            stream.tab,
            Place::Time(Duration::from_secs_f64(at)),
        ));
    }
}

/// The span of time that is being marked; gives its edges once the pointer lets go.
fn dragged_ui(ui: &Ui, plot: Rect, response: &egui::Response, x: f32) -> Option<(f32, f32)> {
    let tokens = Tokens::of(ui);
    let id = response.id.with("from");
    if response.drag_started() {
        let from = ui
            .input(|input| input.pointer.press_origin())
            .map_or(x, |at| at.x);
        ui.data_mut(|data| data.insert_temp(id, from));
    }
    let from: f32 = ui.data(|data| data.get_temp(id))?;
    let (from, to) = (from.min(x).max(plot.left()), from.max(x).min(plot.right()));
    let marked = Rect::from_x_y_ranges(from..=to, plot.y_range());
    ui.painter()
        .rect_filled(marked, CornerRadius::ZERO, fade(tokens.accent.text, 0.25));
    if !response.drag_stopped() {
        return None;
    }
    ui.data_mut(|data| data.remove::<f32>(id));
    (to - from > 2.0).then_some((from, to))
}

/// Messages or bytes.
fn unit_ui(ui: &mut Ui, rect: Rect, view: &mut TabView) {
    let parts = [
        (PlotUnit::Messages, None, "Messages"),
        (PlotUnit::Bytes, None, "Bytes"),
    ];
    let segmented = Segmented::new("What is plotted", &parts);
    let width = segmented.width(ui);
    if rect.width() < width + 120.0 {
        return;
    }
    let place = Rect::from_min_size(
        pos2(rect.right() - width - 3.0, rect.top() - 1.0),
        vec2(width, size::SMALL_CONTROL),
    );
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(place));
    segmented.show(&mut child, &mut view.stream.plot_unit);
}

#[allow(
    clippy::cast_precision_loss,
    reason = "what is drawn needs no last digit"
)]
fn gaps_ui(ui: &Ui, picture: &StreamPicture, rect: Rect) {
    let gaps = &picture.gaps;
    let quantile = |part| gaps.quantile(part).map(words::span);
    let facts = match (quantile(0.5), quantile(0.9), quantile(0.99)) {
        (Some(p50), Some(p90), Some(p99)) => format!("p50 {p50} · p90 {p90} · p99 {p99}"),
        _ => String::new(),
    };
    // Where there is no room for all, the middle and the worst.
    let shown = match rect.width() < 250.0 && gaps.total() > 0 {
        true => format!(
            "p50 {} · p99 {}",
            quantile(0.5).unwrap_or_default(),
            quantile(0.99).unwrap_or_default()
        ),
        false => facts.clone(),
    };
    let plot = chart::frame(ui, rect, "Gaps", &shown);
    let bars = gaps.bars();
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or_default();
    let most = most.max(if bars.is_empty() { gaps.together() } else { 0 });
    let top = chart::nice(most as f64);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a round number from 1 on"
    )]
    let plot = chart::grid(ui, plot, &words::count(top as usize));
    let response = ui.interact(plot, ui.scope_id().with("gaps"), Sense::hover());
    response.widget_info(|| {
        let name = format!("Gaps between messages, {facts}");
        WidgetInfo::labeled(Role::Image, ui.is_enabled(), name)
    });
    let slots = bars.len() + 2;
    let width = (plot.width() / slots as f32).min(40.0);
    if gaps.total() == 0 {
        return;
    }
    let rect_of = |slot: usize, count: u64| {
        let part = ((count as f64 / top) as f32).clamp(0.0, 1.0);
        let height = (part * plot.height()).max(if count > 0 { 1.5 } else { 0.0 });
        let left = plot.left() + slot as f32 * width;
        Rect::from_min_max(
            pos2(left + 0.5, plot.bottom() - height),
            pos2(left + (width - 0.5).max(1.0), plot.bottom()),
        )
    };
    let tokens = Tokens::of(ui);
    let accent = tokens.accent.text;
    // What was read together has no gap to speak of: it stands apart, and does not set the scale.
    bar_ui(ui, rect_of(0, gaps.together()), tokens.neutral.text);
    for (number, bar) in bars.iter().enumerate() {
        bar_ui(ui, rect_of(number + 2, bar.count), accent);
    }
    let mut labels = vec![(plot.left() + width / 2.0, "0".to_owned())];
    labels.extend(decades(&bars).map(|(number, at)| {
        let x = plot.left() + (number as f32 + 2.0) * width;
        (x, words::span(at))
    }));
    chart::axis(ui, plot, &labels);
    hovered_gap(ui, plot, (&response, width), &bars, picture);
}

fn bar_ui(ui: &Ui, rect: Rect, color: Color32) {
    ui.painter()
        .rect_filled(rect, CornerRadius::ZERO, fade(color, 0.75));
}

/// Bars at which a power of ten of microseconds begins, and that power.
fn decades(bars: &[GapBar]) -> impl Iterator<Item = (usize, Duration)> + '_ {
    bars.iter().enumerate().filter_map(|(number, bar)| {
        let micros = u64::try_from(bar.from.as_micros()).ok()?.max(1);
        let power = 10_u64.checked_pow(micros.ilog10() + u32::from(!is_power(micros)))?;
        let power = Duration::from_micros(power);
        ((bar.from..bar.to).contains(&power) || number == 0)
            .then_some((number, if number == 0 { bar.from } else { power }))
    })
}

fn is_power(micros: u64) -> bool {
    10_u64.pow(micros.ilog10()) == micros
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place on the screen, and a part in percent"
)]
fn hovered_gap(
    ui: &Ui,
    plot: Rect,
    (response, width): (&egui::Response, f32),
    bars: &[GapBar],
    picture: &StreamPicture,
) {
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let slot = ((pointer.x - plot.left()) / width.max(1.0)).max(0.0) as usize;
    let (what, count) = match slot {
        0 => ("Read together".to_owned(), picture.gaps.together()),
        1 => return,
        _ => match bars.get(slot - 2) {
            Some(bar) => (
                format!("{} to {}", words::span(bar.from), words::span(bar.to)),
                bar.count,
            ),
            None => return,
        },
    };
    let part = count as f64 / picture.gaps.total().max(1) as f64 * 100.0;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let words = format!("{what} · {} · {part:.1} %", words::count(count));
    chart::hint(ui, plot, pointer.x, &words);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(slots: &[u64], last_millis: u64) -> StreamPicture {
        let slot = |received: &u64| TrafficSlot {
            received: *received,
            ..TrafficSlot::default()
        };
        StreamPicture {
            width: Duration::from_millis(1),
            slots: slots.iter().map(slot).collect(),
            last: Duration::from_millis(last_millis),
            ..StreamPicture::default()
        }
    }

    #[test]
    fn slots_that_share_a_step_share_its_time() {
        let picture = picture(&[10, 30, 0, 0, 8], 5);
        let fine = steps_of(&picture, PlotUnit::Messages, 100);
        assert_eq!(fine.received.len(), 5);
        assert!((fine.received[1] - 30_000.0).abs() < 1.0);
        let coarse = steps_of(&picture, PlotUnit::Messages, 3);
        let rounded: Vec<f64> = coarse.received.iter().map(|rate| rate.round()).collect();
        assert_eq!(rounded, [20_000.0, 0.0, 8_000.0]);
        assert_eq!(coarse.edges.len(), 4);
    }

    #[test]
    fn a_slot_that_is_not_over_is_not_told_as_a_slump() {
        let mut picture = picture(&[10, 5], 0);
        picture.last = Duration::from_micros(1_500);
        let steps = steps_of(&picture, PlotUnit::Messages, 100);
        assert!(
            (steps.received[1] - 10_000.0).abs() < 1.0,
            "{:?}",
            steps.received
        );
    }

    #[test]
    fn labels_stand_at_powers_of_ten() {
        let bar = |from, to| GapBar {
            from: Duration::from_micros(from),
            to: Duration::from_micros(to),
            count: 1,
        };
        let bars = [
            bar(80, 96),
            bar(96, 112),
            bar(112, 128),
            bar(900, 1_000),
            bar(1_000, 1_100),
        ];
        let found: Vec<_> = decades(&bars).collect();
        let micros = Duration::from_micros;
        assert_eq!(
            found,
            [(0, micros(80)), (1, micros(100)), (4, micros(1_000))]
        );
    }
}
