//! The picture of a whole connection: a lane a call, and across all of them when the window that they
//! share was used up.

use egui::{
    Align, CornerRadius, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::grpc::{ConnectionTimeline, Overlap, Sentence, StreamLane, exact_span};

use super::{
    Pick, View,
    axis::{Scale, Window},
    colors::weight_color,
    interaction::{plot_response, stepped, touch},
    paint::{self, AXIS, widened},
    tale::Tale,
};
use crate::ui::{
    theme::{Tokens, fade, font, radius, space},
    widgets::{elided, line_text},
};

const LANE: f32 = 24.0;

/// Width of the methods' names.
const NAMES: f32 = 176.0;

/// Lanes in view without scrolling, where there is room.
const SEEN: usize = 9;

/// Draws picture and words.
pub(super) fn connection_ui(
    ui: &mut Ui,
    timeline: &ConnectionTimeline,
    explain: bool,
    view: &mut View,
) {
    let all = Window::fit(timeline.begin.micros(), timeline.span_micros());
    let picked = match view.pick {
        Some(Pick::Stream(stream)) => timeline.lanes.iter().position(|it| it.stream == stream),
        _ => None,
    };
    picture_ui(ui, timeline, view, all, picked);
    ui.add_space(space::XS);
    let sentence = picked.and_then(|lane| {
        let mut sentences = timeline.sentences.iter();
        sentences.position(|sentence| sentence.bars == [lane])
    });
    let tokens = Tokens::of(ui);
    let color = |sentence: &Sentence| weight_color(sentence.weight, tokens);
    let tale = Tale {
        color: &color,
        sentences: &timeline.sentences,
        explain,
        picked: match view.pick {
            Some(Pick::Sentence(index)) => Some(index),
            _ => sentence,
        },
        reveal: view.reveal,
    };
    if let Some(index) = tale.show(ui) {
        let sentence = timeline.sentences.get(index);
        let lane = sentence.and_then(|it| match it.bars[..] {
            [lane] => timeline.lanes.get(lane),
            _ => None,
        });
        view.pick = Some(match lane {
            Some(lane) => Pick::Stream(lane.stream),
            None => Pick::Sentence(index),
        });
    }
}

fn picture_ui(
    ui: &mut Ui,
    timeline: &ConnectionTimeline,
    view: &mut View,
    all: Window,
    picked: Option<usize>,
) {
    let tokens = Tokens::of(ui);
    let lanes = timeline.lanes.len();
    let height = AXIS + LANE + LANE * lanes.clamp(1, SEEN) as f32 + 8.0;
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().rect(
        outer,
        CornerRadius::same(radius::L),
        tokens.surface.side,
        Stroke::new(1.0, tokens.line.weak),
        StrokeKind::Inside,
    );
    let plot = Rect::from_min_max(
        pos2(outer.left() + NAMES, outer.top() + AXIS),
        pos2(outer.right() - space::M, outer.bottom() - 4.0),
    );
    let row = Rect::from_min_max(
        pos2(plot.left(), outer.top()),
        pos2(plot.right(), plot.top()),
    );
    let hands = Rect::from_min_max(pos2(outer.left(), plot.top()), outer.max);
    let response = plot_response(ui, hands, "Timeline of the connection");
    let touched = touch(ui, plot, &response, &mut view.window, all);
    let scale = Scale::new(view.window.unwrap_or(all), plot);
    paint::axis(ui, &scale, row, plot);
    if let Some(lane) = stepped(picked, lanes, &touched).and_then(|it| timeline.lanes.get(it)) {
        view.pick = Some(Pick::Stream(lane.stream));
        view.reveal = true;
    }
    if touched.leave && view.pick.take().is_none() {
        response.surrender_focus();
    }
    let picture = Picture {
        timeline,
        scale: &scale,
        plot,
        outer,
        picked,
    };
    picture.connection_row(ui);
    let below = Rect::from_min_max(pos2(outer.left(), plot.top() + LANE), plot.max);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(below).id_salt("lanes"));
    let mut hit = None;
    ScrollArea::vertical()
        .id_salt("lanes")
        .auto_shrink(false)
        .show_rows(&mut child, LANE, lanes, |ui, rows| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for index in rows {
                if let Some(lane) = timeline.lanes.get(index)
                    && picture.lane(ui, index, lane, touched.clicked, view.reveal)
                {
                    hit = Some(lane.stream);
                }
            }
        });
    picture.waits(ui);
    if touched.clicked.is_some() {
        view.pick = hit.map(Pick::Stream);
        view.reveal = true;
    }
    crate::ui::widgets::focus_ring(ui, &response, outer, radius::L);
    if let Some(at) = response.hover_pos() {
        let micros = scale.micros(at.x).round() as i64;
        let sign = if micros < 0 { "−" } else { "" };
        let word = format!("{sign}{}", exact_span(micros.unsigned_abs()));
        paint::cursor(ui, at, word, row, plot);
    }
}

struct Picture<'a> {
    timeline: &'a ConnectionTimeline,
    scale: &'a Scale,
    plot: Rect,
    outer: Rect,
    picked: Option<usize>,
}

impl Picture<'_> {
    /// The connection's own row: how it was made, and what ended it.
    fn connection_row(&self, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let y = egui::Rangef::new(self.plot.top() + 5.0, self.plot.top() + LANE - 5.0);
        let name = elided(
            ui,
            "Connection",
            font::small(),
            tokens.text.weak,
            NAMES - 16.0,
        );
        line_text(ui, self.outer.left() + 10.0, y.center(), name);
        let painter = ui.painter().with_clip_rect(self.plot);
        for (index, (begin, end, name)) in self.timeline.steps.iter().enumerate() {
            let x = widened(self.scale.range(begin.micros(), end.micros()));
            let rect = Rect::from_x_y_ranges(x, y);
            paint::solid(&painter, rect, tokens.accent);
            let took = end.micros().saturating_sub(begin.micros()).unsigned_abs();
            let words = format!("{name}, {}", exact_span(took));
            self.node(ui, ("step", index), rect, &words);
        }
        for (index, (at, words)) in self.timeline.events.iter().enumerate() {
            let x = self.scale.x(at.micros());
            let rect = Rect::from_x_y_ranges(widened(egui::Rangef::new(x, x)), y);
            paint::solid(&painter, rect, tokens.bad);
            self.node(ui, ("event", index), rect, words);
        }
        let line = Stroke::new(1.0, tokens.line.weak);
        let x = self.outer.x_range().shrink(1.0);
        ui.painter().hline(x, self.plot.top() + LANE, line);
    }

    fn node(&self, ui: &Ui, key: (&str, usize), rect: Rect, words: &str) {
        let seen = rect.intersect(self.plot);
        let place = if seen.is_positive() {
            seen.expand(2.0)
        } else {
            Rect::from_center_size(self.plot.center(), vec2(0.0, 0.0))
        };
        let response = ui.interact(place, ui.scope_id().with(key), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, words));
        if seen.is_positive() {
            response.on_hover_text_at_pointer(words);
        }
    }

    /// One call; gives whether it was pressed.
    fn lane(
        &self,
        ui: &mut Ui,
        index: usize,
        lane: &StreamLane,
        clicked: Option<egui::Pos2>,
        reveal: bool,
    ) -> bool {
        let tokens = Tokens::of(ui);
        let size = vec2(ui.available_width(), LANE);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let picked = self.picked == Some(index);
        response
            .widget_info(|| WidgetInfo::selected(Role::ListItem, true, picked, lane.text.as_str()));
        let pressed = clicked.is_some_and(|at| rect.contains(at));
        if picked && reveal {
            ui.scroll_to_rect(rect, Some(Align::Center));
        }
        let back = if picked {
            Some(tokens.surface.selected)
        } else {
            response.hovered().then(|| fade(tokens.surface.raised, 0.8))
        };
        if let Some(back) = back {
            let row = rect.shrink2(vec2(1.0, 0.0));
            ui.painter().rect_filled(row, CornerRadius::ZERO, back);
        }
        self.lane_name(ui, lane, rect);
        self.lane_bars(ui, lane, rect);
        response.on_hover_text_at_pointer(&lane.text);
        pressed
    }

    fn lane_name(&self, ui: &Ui, lane: &StreamLane, rect: Rect) {
        let tokens = Tokens::of(ui);
        let y = rect.center().y;
        let dot = pos2(rect.left() + 12.0, y);
        let color = if lane.open {
            tokens.accent.text
        } else {
            weight_color(lane.weight, tokens)
        };
        ui.painter().circle_filled(dot, 3.5, color);
        let strong = if lane.own {
            tokens.text.strong
        } else {
            tokens.text.normal
        };
        let number = elided(
            ui,
            lane.stream.to_string(),
            font::small_code(),
            tokens.text.faint,
            44.0,
        );
        let right = rect.left() + NAMES - 8.0;
        let number_left = right - number.size().x;
        let room = number_left - rect.left() - 28.0;
        let font = if lane.own {
            font::small_strong()
        } else {
            font::small()
        };
        let name = elided(ui, lane.name(), font, strong, room);
        line_text(ui, rect.left() + 22.0, y, name);
        line_text(ui, number_left, y, number);
    }

    fn lane_bars(&self, ui: &Ui, lane: &StreamLane, rect: Rect) {
        let tokens = Tokens::of(ui);
        let clip = self.plot.intersect(ui.clip_rect());
        let painter = ui.painter().with_clip_rect(clip);
        let y = egui::Rangef::new(rect.top() + 4.0, rect.bottom() - 4.0);
        let stretch = |begin: i64, end: i64, y| {
            Rect::from_x_y_ranges(widened(self.scale.range(begin, end)), y)
        };
        let (begin, end) = (lane.begin.micros(), lane.end.micros());
        paint::hollow(&painter, stretch(begin, end, y), tokens.neutral);
        let upper = egui::Rangef::new(y.min + 2.0, y.center() - 0.5);
        let lower = egui::Rangef::new(y.center() + 0.5, y.max - 2.0);
        let request = stretch(begin, lane.request_end.micros(), upper);
        paint::solid(&painter, request, tokens.info);
        if let Some((head, last)) = lane.response {
            let response = stretch(head.micros(), last.micros(), lower);
            paint::solid(&painter, response, tokens.good);
        }
        for wait in &lane.waits {
            let of_wait = stretch(wait.begin.micros(), wait.end.micros(), y);
            paint::hatched(&painter, of_wait, tokens.warn, tokens.warn.text);
        }
        if !lane.ended_with.is_empty() {
            let word = elided(
                ui,
                lane.ended_with.as_str(),
                font::small(),
                weight_color(lane.weight, tokens),
                140.0,
            );
            let x = self.scale.x(end) + 8.0;
            if x > clip.left() && x + word.size().x < clip.right() {
                line_text(ui, x, rect.center().y, word);
            }
        }
    }

    /// Across all lanes: the window of the connection was used up.
    fn waits(&self, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter().with_clip_rect(self.plot);
        for (index, wait) in self.timeline.waits.iter().enumerate() {
            let x = widened(self.scale.range(wait.begin.micros(), wait.end.micros()));
            let rect = Rect::from_x_y_ranges(x, self.plot.y_range());
            if !rect.intersects(self.plot) {
                continue;
            }
            painter.rect_filled(rect, CornerRadius::ZERO, fade(tokens.warn.text, 0.14));
            for edge in [rect.left(), rect.right()] {
                let stroke = Stroke::new(1.0, fade(tokens.warn.text, 0.7));
                painter.vline(edge, rect.y_range(), stroke);
            }
            // Its words are those of the connection's row: below it the lanes have theirs.
            let top = Rect::from_min_size(rect.min, vec2(rect.width(), LANE));
            self.node(ui, ("wait", index), top, &self.wait_words(wait));
        }
    }

    fn wait_words(&self, wait: &Overlap) -> String {
        let mut sentences = self.timeline.sentences.iter();
        let told = sentences.find(|sentence| {
            sentence.at == wait.begin && sentence.text.contains("for the connection")
        });
        told.map(|sentence| sentence.text.clone())
            .unwrap_or_default()
    }
}
