//! The call in time: bars in lanes on one axis, and under them the same in words; of this call, or of all
//! calls on its connection.
//!
//! The model is made anew a few times a second while something runs, and once after the end. What is
//! zoomed and picked belongs to egui's memory.

mod axis;
mod chart;
mod colors;
mod connection;
mod interaction;
mod paint;
mod tale;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use egui::{Align, Id, Label, Layout, Ui, vec2};
use stubless_core::{
    call::{Attempt, Direction},
    engine::{CallEnd, CallId},
    grpc::{
        BarKind, CallFacts, CallPhase, ConnectionTimeline, MessageCount, Moment, PastAttempt,
        PhaseKind, Sentence, Timeline, Trace, Weight,
    },
};

use crate::{
    app::Exchange,
    ui::{
        theme::{Tokens, font, icon, space},
        widgets::{Check, EmptyPane, IconButton, Segmented, loading_pane},
    },
};

use axis::Window;
use colors::Hue;

/// How old the picture of something that runs may be.
const FRESH: Duration = Duration::from_millis(250);

/// And of a connection on which nothing runs.
const IDLE_FRESH: Duration = Duration::from_secs(1);

/// Below this height the whole pane scrolls, and not the words alone.
const LOW: f32 = 380.0;

/// What is picked: in the picture or among the words.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pick {
    /// A bar, by its kind and a moment within.
    Bar(BarKind, Moment),
    /// A sentence that has no bar, or a lane of the connection.
    Sentence(usize),
    /// A call of the connection, by its stream.
    Stream(u32),
}

/// How one call's timeline is looked at.
#[derive(Debug, Clone, Copy, Default)]
struct View {
    /// What is shown of the axis; everything when `None`.
    window: Option<Window>,
    pick: Option<Pick>,
    /// The words of what is picked are brought into view in this frame.
    reveal: bool,
}

/// How all timelines are looked at.
#[derive(Debug, Clone, Copy)]
struct Taste {
    /// All calls of the connection.
    whole: bool,
    /// With what each thing means.
    explain: bool,
}

impl Default for Taste {
    fn default() -> Self {
        Self {
            whole: false,
            explain: true,
        }
    }
}

/// Calls, and connections, whose drawing stays ready when another is shown.
const KEPT: usize = 4;

/// What was drawn lately, the newest first.
#[derive(Debug, Default)]
pub(super) struct TimelineCache {
    calls: Kept<Shown>,
    connections: Kept<ShownConnection>,
}

#[derive(Debug)]
struct Kept<T>(VecDeque<(CallId, T)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Kept<T> {
    fn get(&self, call: CallId) -> Option<T> {
        let known = self.0.iter().find(|(known, _)| *known == call);
        known.map(|(_, shown)| shown.clone())
    }

    fn put(&mut self, call: CallId, shown: T) {
        self.0.retain(|(known, _)| *known != call);
        self.0.push_front((call, shown));
        self.0.truncate(KEPT);
    }
}

/// What is drawn of a call.
#[derive(Debug, Clone)]
struct Shown {
    made: Instant,
    ended: bool,
    /// Of a call that is over: what left just after its end was looked for, too.
    settled: bool,
    timeline: Arc<Timeline>,
    hues: Arc<[Hue]>,
}

/// What is drawn of a connection.
#[derive(Debug, Clone)]
struct ShownConnection {
    made: Instant,
    timeline: Arc<ConnectionTimeline>,
}

/// Draws the pane.
pub(super) fn timeline_ui(
    ui: &mut Ui,
    exchange: &Exchange,
    end: Option<&CallEnd>,
    cache: &mut TimelineCache,
) {
    let Some(shown) = shown(ui, exchange, end, &mut cache.calls) else {
        if end.is_none() {
            loading_pane(ui, "Waiting for the connection…");
        } else {
            let why = match exchange.file {
                Some(_) => "A log from a file holds messages, and not the frames of its call.",
                None => "The call ended before there was a connection.",
            };
            EmptyPane::new(icon::CLOCK, "Nothing to show in time", why).show(ui);
        }
        return;
    };
    let taste_id = Id::unique("timeline-taste");
    let mut taste: Taste = ui.data(|data| data.get_temp(taste_id)).unwrap_or_default();
    let connection = shown_connection(ui, exchange, taste.whole, &mut cache.connections);
    let whole = taste.whole && connection.is_some();
    let view_id = Id::unique(("timeline-view", exchange.id, whole));
    let mut view: View = ui.data(|data| data.get_temp(view_id)).unwrap_or_default();
    match connection.filter(|_| whole) {
        Some(timeline) => {
            let all = Window::fit(timeline.begin.micros(), timeline.span_micros());
            let near = timeline.lanes.iter().find(|lane| match view.pick {
                Some(Pick::Stream(stream)) => lane.stream == stream,
                _ => lane.own,
            });
            let whole = Whole {
                all,
                near: near.map(|lane| (lane.begin.micros(), lane.end.micros())),
                near_name: "Zoom to the call that is picked, or to this one",
                text: &|| timeline.to_text(),
            };
            head_ui(ui, exchange, &mut taste, &mut view, &whole);
            in_low_panes(ui, |ui| {
                connection::connection_ui(ui, &timeline, taste.explain, &mut view);
            });
        }
        None => {
            let timeline = &*shown.timeline;
            let all = Window::fit(timeline.begin.micros(), timeline.span_micros());
            let near = match view.pick {
                Some(Pick::Bar(kind, at)) => bar_at(timeline, kind, at),
                _ => None,
            };
            let near = near.and_then(|bar| timeline.bars.get(bar));
            let whole = Whole {
                all,
                near: near.map(|bar| (bar.begin.micros(), bar.end.micros())),
                near_name: "Zoom to what is picked",
                text: &|| timeline.to_text(),
            };
            head_ui(ui, exchange, &mut taste, &mut view, &whole);
            phases_ui(ui, &timeline.phases);
            in_low_panes(ui, |ui| call_ui(ui, &shown, taste.explain, &mut view));
        }
    }
    view.reveal = false;
    ui.data_mut(|data| {
        data.insert_temp(view_id, view);
        data.insert_temp(taste_id, taste);
    });
}

fn call_ui(ui: &mut Ui, shown: &Shown, explain: bool, view: &mut View) {
    let timeline = &*shown.timeline;
    chart::chart_ui(ui, timeline, view);
    colors::legend_ui(ui, &shown.hues);
    ui.add_space(space::XS);
    let picked = match view.pick {
        Some(Pick::Bar(kind, at)) => {
            bar_at(timeline, kind, at).and_then(|bar| timeline.sentence_of(bar))
        }
        Some(Pick::Sentence(index)) => Some(index),
        Some(Pick::Stream(_)) | None => None,
    };
    let tokens = Tokens::of(ui);
    let color = |sentence: &Sentence| {
        let bar = sentence.bars.first();
        let bar = bar.and_then(|bar| timeline.bars.get(*bar));
        match bar {
            Some(bar) if sentence.weight == Weight::Plain => Hue::of(bar.kind).tone(tokens).text,
            _ => colors::weight_color(sentence.weight, tokens),
        }
    };
    let tale = tale::Tale {
        color: &color,
        sentences: &timeline.sentences,
        explain,
        picked,
        reveal: view.reveal,
    };
    if let Some(index) = tale.show(ui) {
        let sentence = timeline.sentences.get(index);
        let bar = sentence.and_then(|sentence| sentence.bars.first());
        let bar = bar.and_then(|bar| timeline.bars.get(*bar));
        view.pick = Some(match bar {
            Some(bar) => Pick::Bar(bar.kind, bar.begin),
            None => Pick::Sentence(index),
        });
        if let (Some(bar), Some(window)) = (bar, view.window) {
            let (begin, end) = (bar.begin.micros() as f64, bar.end.micros() as f64);
            if end < window.begin || begin > window.begin + window.span {
                let all = Window::fit(timeline.begin.micros(), timeline.span_micros());
                view.window = Some(Window::around(begin, end, all));
            }
        }
    }
}

/// The bar of a kind at a moment: of something that runs the bars grow.
fn bar_at(timeline: &Timeline, kind: BarKind, at: Moment) -> Option<usize> {
    let mut bars = timeline.bars.iter();
    bars.position(|bar| bar.kind == kind && bar.begin <= at && at <= bar.end)
}

/// In a pane that is too low for picture and words, both scroll together.
fn in_low_panes(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    if ui.available_height() >= LOW {
        return content(ui);
    }
    egui::ScrollArea::vertical()
        .id_salt("low-timeline")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.set_max_height(LOW);
            content(ui);
        });
}

/// What the head says of a picture.
struct Whole<'a> {
    /// The axis as a whole.
    all: Window,
    /// What is zoomed to by its button, and what that is called.
    near: Option<(i64, i64)>,
    near_name: &'a str,
    /// The text of everything.
    text: &'a dyn Fn() -> String,
}

fn head_ui(
    ui: &mut Ui,
    exchange: &Exchange,
    taste: &mut Taste,
    view: &mut View,
    whole: &Whole<'_>,
) {
    let all = whole.all;
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 30.0),
        Layout::right_to_left(Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let copy = IconButton::new(icon::COPY, "Copy the timeline as text").small();
            if ui.add(copy).clicked() {
                ui.ctx().copy_text((whole.text)());
            }
            let fit = IconButton::new(icon::ARROWS_LEFT_RIGHT, "Show all of it").small();
            let fit = fit.tooltip("Show all of it (0, or a double click)");
            if ui.add_enabled(view.window.is_some(), fit).clicked() {
                view.window = None;
            }
            let near = IconButton::new(icon::MAGNIFYING_GLASS, whole.near_name).small();
            if ui.add_enabled(whole.near.is_some(), near).clicked()
                && let Some((begin, end)) = whole.near
            {
                let window = Window::around(begin as f64, end as f64, all);
                view.window = Some(window).filter(|it| !it.is_all(all));
            }
            for (glyph, name, tooltip, factor) in [
                (
                    icon::PLUS,
                    "Zoom in",
                    "Zoom in (+, or Ctrl and the wheel)",
                    2.0,
                ),
                (
                    icon::MINUS,
                    "Zoom out",
                    "Zoom out (−, or Ctrl and the wheel)",
                    0.5,
                ),
            ] {
                let button = IconButton::new(glyph, name).small().tooltip(tooltip);
                let able = factor > 1.0 || view.window.is_some();
                if ui.add_enabled(able, button).clicked() {
                    let window = view.window.unwrap_or(all).zoomed(factor, 0.5, all);
                    view.window = Some(window).filter(|it| !it.is_all(all));
                }
            }
            ui.add_space(space::S);
            let explain = Check::new(&mut taste.explain, "Explain").with_word();
            ui.add(explain)
                .on_hover_text("Say what each thing means, for learning gRPC");
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if exchange.tap.is_some() {
                    let parts = [(false, None, "This call"), (true, None, "Whole connection")];
                    Segmented::new("What the timeline shows", &parts).show(ui, &mut taste.whole);
                }
            });
        },
    );
}

/// How long each part took, in one row or more.
fn phases_ui(ui: &mut Ui, phases: &[CallPhase]) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::L, 2.0);
        let total = phases.iter().rev().take(1);
        let parts = phases.iter().filter(|it| it.kind != PhaseKind::Total);
        for phase in total.chain(parts) {
            let strong = phase.kind == PhaseKind::Total;
            let color = if strong {
                tokens.text.strong
            } else {
                tokens.text.normal
            };
            let mut job = egui::text::LayoutJob::default();
            let format = egui::TextFormat::simple;
            let name = format!("{}  ", phase.kind.name());
            job.append(&name, 0.0, format(font::small(), tokens.text.weak));
            job.append(&phase.figure(), 0.0, format(font::small_code(), color));
            ui.add(Label::new(job).extend())
                .on_hover_text(phase.kind.explained());
        }
    });
    ui.add_space(2.0);
}

/// The timeline to draw; `None` where there is no trace.
fn shown(
    ui: &Ui,
    exchange: &Exchange,
    end: Option<&CallEnd>,
    kept: &mut Kept<Shown>,
) -> Option<Shown> {
    let known = kept.get(exchange.id);
    let ended = end.is_some();
    let mut settled = false;
    if let Some(known) = known
        && known.ended == ended
    {
        settled = ended;
        if known.settled {
            return Some(known);
        }
        if known.made.elapsed() < FRESH {
            ui.ctx().request_repaint_after(FRESH);
            return Some(known);
        }
    }
    let timeline = match (end, &exchange.tap) {
        (Some(end), _) => {
            let finished = &end.finished;
            let trace = finished.trace.as_ref()?;
            let later = later(exchange, trace);
            let trace = later.as_ref().unwrap_or(trace);
            facts(exchange, Some(end), finished.timings.total, |facts| {
                Timeline::new(trace, facts)
            })
        }
        (None, Some((tap, began))) => {
            let trace = tap.trace(*began);
            facts(exchange, None, began.elapsed(), |facts| {
                Timeline::new(&trace, facts)
            })
        }
        (None, None) => return None,
    };
    let shown = Shown {
        made: Instant::now(),
        ended,
        settled,
        hues: colors::hues(&timeline).into(),
        timeline: Arc::new(timeline),
    };
    if !settled {
        ui.ctx().request_repaint_after(FRESH);
    }
    kept.put(exchange.id, shown.clone());
    Some(shown)
}

/// The trace with what left just after the end, as a reset does; `None` where nobody can tell.
fn later(exchange: &Exchange, trace: &Trace) -> Option<Trace> {
    let (tap, began) = exchange.tap.as_ref()?;
    let later = tap.trace(*began);
    (trace.stream > 0 && later.stream == trace.stream).then_some(later)
}

/// Hands over what is known of a call beside its frames.
fn facts<T>(
    exchange: &Exchange,
    end: Option<&CallEnd>,
    total: Duration,
    make: impl FnOnce(&CallFacts<'_>) -> T,
) -> T {
    let attempts = end.map_or(&exchange.attempts, |end| &end.finished.attempts);
    let attempts: Vec<_> = attempts.iter().map(past).collect();
    let messages = |direction| MessageCount {
        count: u64::try_from(exchange.log.count(direction)).unwrap_or(u64::MAX),
        bytes: exchange.log.bytes(direction),
    };
    let about = &exchange.about;
    let connection = exchange.connection.as_ref();
    make(&CallFacts {
        method: &about.method,
        target: &about.target,
        connection: connection.map(|(info, reused)| (info, *reused)),
        deadline: about.head.deadline,
        metadata: &about.head.metadata,
        compression: &about.head.compression,
        head: exchange.head.as_ref(),
        outcome: end.map(|end| &end.finished.outcome),
        sent: messages(Direction::Sent),
        received: messages(Direction::Received),
        attempts: &attempts,
        total,
    })
}

fn past(attempt: &Attempt) -> PastAttempt {
    PastAttempt {
        began: attempt.began,
        ended: attempt.ended,
        code: attempt.code,
        reason: attempt.reason.clone(),
    }
}

/// The connection to draw, where it is asked for and there is one.
fn shown_connection(
    ui: &Ui,
    exchange: &Exchange,
    wanted: bool,
    kept: &mut Kept<ShownConnection>,
) -> Option<Arc<ConnectionTimeline>> {
    let (tap, began) = exchange.tap.as_ref().filter(|_| wanted)?;
    let runs = |timeline: &ConnectionTimeline| timeline.lanes.iter().any(|lane| lane.open);
    if let Some(known) = kept.get(exchange.id) {
        let fresh = if runs(&known.timeline) {
            FRESH
        } else {
            IDLE_FRESH
        };
        let age = known.made.elapsed();
        if age < fresh {
            ui.ctx().request_repaint_after(fresh - age);
            return Some(known.timeline);
        }
    }
    let shown = ShownConnection {
        made: Instant::now(),
        timeline: Arc::new(ConnectionTimeline::new(&tap.connection(*began))),
    };
    // Where nothing runs, nothing is drawn anew: what begins wakes the window.
    if runs(&shown.timeline) {
        ui.ctx().request_repaint_after(FRESH);
    }
    kept.put(exchange.id, shown.clone());
    Some(shown.timeline)
}
