//! The picture of one call: five lanes on one axis.

use egui::{
    CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use stubless_core::grpc::{Bar, BarKind, Lane, StepEnd, Timeline, exact_span};

use super::{
    Pick, View,
    axis::{Scale, Window},
    bar_at,
    colors::{Hue, weight_color},
    interaction::{plot_response, stepped, touch},
    paint::{self, AXIS, GUTTER, widened},
};
use crate::ui::{
    theme::{Tokens, font, radius, space},
    widgets::{elided, line_text},
};

const LANE: f32 = 28.0;

/// Single records are painted inside their bars up to this number in view.
const MARKS: usize = 1_500;

/// Draws the picture.
pub(super) fn chart_ui(ui: &mut Ui, timeline: &Timeline, view: &mut View) {
    let tokens = Tokens::of(ui);
    let lanes: Vec<Lane> = Lane::ALL.to_vec();
    let height = AXIS + LANE * lanes.len() as f32 + 6.0;
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().rect(
        outer,
        CornerRadius::same(radius::L),
        tokens.surface.side,
        Stroke::new(1.0, tokens.line.weak),
        StrokeKind::Inside,
    );
    let plot = Rect::from_min_max(
        pos2(outer.left() + GUTTER, outer.top() + AXIS),
        pos2(outer.right() - space::S, outer.bottom() - 3.0),
    );
    let row = Rect::from_min_max(
        pos2(plot.left(), outer.top()),
        pos2(plot.right(), plot.top()),
    );
    let all = Window::fit(timeline.begin.micros(), timeline.span_micros());
    let response = plot_response(ui, plot, "Timeline of the call");
    let touched = touch(ui, plot, &response, &mut view.window, all);
    let scale = Scale::new(view.window.unwrap_or(all), plot);
    paint::axis(ui, &scale, row, plot);
    names_ui(ui, &lanes, timeline, outer, plot);

    let picked = match view.pick {
        Some(Pick::Bar(kind, at)) => bar_at(timeline, kind, at),
        _ => None,
    };
    if let Some(next) = stepped(picked, timeline.bars.len(), &touched) {
        pick(view, timeline, next, all);
    }
    if touched.leave && view.pick.take().is_none() {
        response.surrender_focus();
    }
    let chart = Chart {
        timeline,
        scale: &scale,
        plot,
        picked,
    };
    chart.bars_ui(ui);
    chart.end_ui(ui);
    if let Some(at) = touched.clicked {
        match chart.hit(at) {
            Some(index) => pick(view, timeline, index, all),
            None => view.pick = None,
        }
    }
    crate::ui::widgets::focus_ring(ui, &response, outer, radius::L);
    pointer_ui(ui, &response, &scale, row, plot);
}

fn pick(view: &mut View, timeline: &Timeline, index: usize, all: Window) {
    let Some(bar) = timeline.bars.get(index) else {
        return;
    };
    view.pick = Some(Pick::Bar(bar.kind, bar.begin));
    view.reveal = true;
    if let Some(window) = view.window {
        let (begin, end) = (bar.begin.micros() as f64, bar.end.micros() as f64);
        if end < window.begin || begin > window.begin + window.span {
            view.window = Some(Window::around(begin, end, all));
        }
    }
}

fn pointer_ui(ui: &Ui, response: &Response, scale: &Scale, row: Rect, plot: Rect) {
    if let Some(at) = response.hover_pos() {
        let micros = scale.micros(at.x).round() as i64;
        let word = exact_span(micros.unsigned_abs());
        let sign = if micros < 0 { "−" } else { "" };
        paint::cursor(ui, at, format!("{sign}{word}"), row, plot);
    }
}

/// Names of the lanes, and what an empty one means.
fn names_ui(ui: &Ui, lanes: &[Lane], timeline: &Timeline, outer: Rect, plot: Rect) {
    let tokens = Tokens::of(ui);
    for (number, lane) in lanes.iter().enumerate() {
        let top = plot.top() + LANE * number as f32;
        let y = top + LANE / 2.0;
        if number > 0 {
            let line = Stroke::new(1.0, tokens.line.weak);
            ui.painter().hline(outer.x_range().shrink(1.0), top, line);
        }
        let name = elided(
            ui,
            lane.name(),
            font::small(),
            tokens.text.weak,
            GUTTER - 14.0,
        );
        line_text(ui, outer.left() + 10.0, y, name);
        let empty = !timeline.bars.iter().any(|bar| bar.lane == *lane);
        if let Some(words) = empty.then(|| nothing(*lane, timeline)) {
            let words = elided(
                ui,
                words,
                font::small(),
                tokens.text.faint,
                plot.width() - 8.0,
            );
            line_text(ui, plot.left() + 4.0, y, words);
        }
    }
}

fn nothing(lane: Lane, timeline: &Timeline) -> String {
    match lane {
        Lane::Connection => "Open already: no step of this call".to_owned(),
        Lane::Request => "Nothing was sent".to_owned(),
        Lane::Response if timeline.ended => "Nothing came".to_owned(),
        Lane::Response => "Nothing has come yet".to_owned(),
        Lane::Flow => "No window was used up or made larger".to_owned(),
        Lane::Control => "No frame of the connection since the call began".to_owned(),
    }
}

struct Chart<'a> {
    timeline: &'a Timeline,
    scale: &'a Scale,
    plot: Rect,
    picked: Option<usize>,
}

impl Chart<'_> {
    fn rect(&self, bar: &Bar) -> Rect {
        let lane = Lane::ALL.iter().position(|lane| *lane == bar.lane);
        let top = self.plot.top() + LANE * lane.unwrap_or_default() as f32;
        let (from, to) = match bar.kind {
            BarKind::ServerTime => (9.0, LANE - 9.0),
            BarKind::RequestData | BarKind::ResponseData => (7.0, LANE - 7.0),
            BarKind::WindowUpdate(_) => (LANE - 12.0, LANE - 5.0),
            BarKind::Wait(_) => (5.0, LANE - 9.0),
            _ => (5.0, LANE - 5.0),
        };
        let x = widened(self.scale.range(bar.begin.micros(), bar.end.micros()));
        Rect::from_x_y_ranges(x, egui::Rangef::new(top + from, top + to))
    }

    /// The bar at a place; of several the one painted last.
    fn hit(&self, at: egui::Pos2) -> Option<usize> {
        let bars = self.timeline.bars.iter().enumerate().rev();
        let near = |reach: f32| {
            let mut bars = bars.clone();
            bars.find(|(_, bar)| self.rect(bar).expand2(vec2(reach, 5.0)).contains(at))
        };
        // What is under the pointer goes before what is beside it.
        near(0.5).or_else(|| near(4.0)).map(|(index, _)| index)
    }

    fn bars_ui(&self, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let painter = ui
            .painter()
            .with_clip_rect(self.plot.expand2(vec2(0.0, 2.0)));
        for (index, bar) in self.timeline.bars.iter().enumerate() {
            let rect = self.rect(bar);
            let seen = rect.intersect(self.plot);
            let tone = Hue::of(bar.kind).tone(tokens);
            if seen.is_positive() {
                match bar.kind {
                    BarKind::ServerTime => paint::hollow(&painter, rect, tone),
                    BarKind::Wait(_) => paint::hatched(&painter, rect, tone, tone.text),
                    BarKind::Step(_, StepEnd::Unfinished) => {
                        paint::hatched(&painter, rect, tone, tone.line);
                    }
                    _ if bar.counted => paint::hatched(&painter, rect, tone, tone.line),
                    _ => paint::solid(&painter, rect, tone),
                }
                self.label(ui, bar, seen);
                if bar.end_stream {
                    let x = rect.right() + 1.0;
                    let stroke = Stroke::new(2.0, tokens.text.strong);
                    painter.vline(x, rect.y_range().expand(3.0), stroke);
                }
            }
            // Also what is out of sight is there for those who cannot see.
            self.node(ui, index, bar, seen);
            if self.picked == Some(index) {
                paint::ring(ui, &painter, rect);
            }
        }
        self.marks(ui);
    }

    /// The name inside of a bar that has room for it.
    fn label(&self, ui: &Ui, bar: &Bar, seen: Rect) {
        let tokens = Tokens::of(ui);
        const LEAST: f32 = 40.0;
        if seen.width() < LEAST || seen.height() < 12.0 {
            return;
        }
        let words = match bar.kind {
            BarKind::ServerTime => format!("server {}", bar_span(bar)),
            BarKind::Wait(_) => String::new(),
            BarKind::Step(..) | BarKind::Attempt(_) => format!("{} {}", bar.title(), bar_span(bar)),
            _ if bar.frames > 1 => format!("{} × {}", short(bar), bar.frames),
            _ => short(bar).to_owned(),
        };
        let hollow = bar.kind == BarKind::ServerTime || bar.counted;
        let color = if hollow {
            tokens.text.weak
        } else {
            tokens.surface.window
        };
        let words = elided(ui, words, font::small(), color, seen.width() - 8.0);
        line_text(ui, seen.left() + 4.0, seen.center().y, words);
    }

    fn node(&self, ui: &Ui, index: usize, bar: &Bar, seen: Rect) {
        let place = if seen.is_positive() {
            seen.expand2(vec2(1.0, 3.0))
        } else {
            Rect::from_center_size(
                seen.center().clamp(self.plot.min, self.plot.max),
                vec2(0.0, 0.0),
            )
        };
        let id = ui.scope_id().with(("bar", index));
        let response = ui.interact(place, id, Sense::hover());
        response.widget_info(|| {
            WidgetInfo::selected(
                Role::ListItem,
                true,
                self.picked == Some(index),
                bar.words(),
            )
        });
        if seen.is_positive() {
            response.on_hover_ui_at_pointer(|ui| tip_ui(ui, bar));
        }
    }

    /// Where the call was over, in the colour of how.
    fn end_ui(&self, ui: &Ui) {
        let last = self.timeline.sentences.last();
        let Some(last) = last.filter(|_| self.timeline.ended) else {
            return;
        };
        let x = self.scale.x(self.timeline.total.micros());
        if !self.plot.x_range().contains(x) {
            return;
        }
        let color = weight_color(last.weight, Tokens::of(ui));
        let shapes = egui::Shape::dashed_line(
            &[pos2(x, self.plot.top()), pos2(x, self.plot.bottom())],
            Stroke::new(1.5, color),
            4.0,
            3.0,
        );
        ui.painter().extend(shapes);
        let place = Rect::from_x_y_ranges(egui::Rangef::new(x, x), self.plot.y_range());
        let id = ui.scope_id().with("end");
        let response = ui.interact(place.expand2(vec2(3.0, 0.0)), id, Sense::hover());
        response.on_hover_text_at_pointer(&last.text);
    }

    /// The single records inside bars that stand for many, as soon as they can be told apart.
    fn marks(&self, ui: &Ui) {
        let window = self.scale.window;
        let marks = &self.timeline.marks;
        let first = marks.partition_point(|mark| (mark.at.micros() as f64) < window.begin);
        let end = window.begin + window.span;
        let last = marks.partition_point(|mark| (mark.at.micros() as f64) <= end);
        let seen = marks.get(first..last).unwrap_or_default();
        if seen.len() > MARKS {
            return;
        }
        let tokens = Tokens::of(ui);
        let painter = ui.painter().with_clip_rect(self.plot);
        let stroke = Stroke::new(1.0, tokens.surface.side);
        for mark in seen {
            let Some(bar) = self.timeline.bars.get(mark.bar) else {
                continue;
            };
            let rect = self.rect(bar);
            if bar.parts > 1 && rect.width() > 8.0 {
                painter.vline(
                    self.scale.x(mark.at.micros()),
                    rect.y_range().shrink(2.0),
                    stroke,
                );
            }
        }
    }
}

fn bar_span(bar: &Bar) -> String {
    let micros = bar.end.micros().saturating_sub(bar.begin.micros());
    exact_span(micros.unsigned_abs())
}

fn short(bar: &Bar) -> &'static str {
    match bar.kind {
        BarKind::RequestHead | BarKind::ResponseHead | BarKind::Informational => "HEADERS",
        BarKind::RequestData | BarKind::ResponseData => "DATA",
        BarKind::HalfClose => "END_STREAM",
        BarKind::Trailers | BarKind::TrailersOnly => "trailers",
        BarKind::Reset(_) => "RST_STREAM",
        BarKind::WindowUpdate(_) => "WINDOW_UPDATE",
        BarKind::Settings(_) => "SETTINGS",
        BarKind::Ping(_) => "PING",
        BarKind::GoAway(_) => "GOAWAY",
        BarKind::Step(..)
        | BarKind::Attempt(_)
        | BarKind::ServerTime
        | BarKind::Wait(_)
        | BarKind::Other(_) => "frames",
    }
}

/// Everything exact about a bar.
fn tip_ui(ui: &mut Ui, bar: &Bar) {
    let tokens = Tokens::of(ui);
    ui.set_max_width(360.0);
    let line = |ui: &mut Ui, text: String, font, color| {
        if !text.is_empty() {
            ui.label(egui::RichText::new(text).font(font).color(color));
        }
    };
    line(ui, bar.title(), font::small_strong(), tokens.text.strong);
    line(ui, bar.when(), font::small_code(), tokens.text.normal);
    line(ui, bar.size(), font::small_code(), tokens.text.normal);
    line(ui, bar.note.clone(), font::small_code(), tokens.text.weak);
    if bar.counted {
        let words =
            "Counted by slices of time: the frames in the middle of a long call are not kept";
        line(ui, words.to_owned(), font::small(), tokens.text.weak);
    }
}
