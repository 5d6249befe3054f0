//! A log that was read from a file, or happens again: where it came from, and the controls of its clock.

use std::time::{Duration, Instant};

use egui::{RichText, Slider, Ui};

use super::status::note_ui;
use crate::{
    app::{Action, Exchange, Pace, ReplayStep, TabId},
    ui::{
        theme::{Tokens, font, icon, space},
        widgets::{IconButton, Segmented},
        words,
    },
};

/// How often a replay that plays is drawn anew.
const EVERY: Duration = Duration::from_millis(16);

/// From this width on, in points, all controls have room in one row.
const WIDE: f32 = 620.0;

/// What counts, moment and the last button take of it.
const WORDS: f32 = 250.0;

/// What of a file is missing, or what cannot be shown of it.
pub(super) fn file_notes_ui(ui: &mut Ui, exchange: &Exchange) {
    let Some(file) = &exchange.file else {
        return;
    };
    let no_schema = (!file.has_schema)
        .then_some("The file has no descriptors of the method: fields are shown by their numbers, of a message in Tree and Bytes");
    for note in file.missing.as_deref().into_iter().chain(no_schema) {
        note_ui(ui, note);
        ui.add_space(space::S);
    }
}

/// Draws the controls: play, the moment, how fast.
pub(super) fn replay_ui(ui: &mut Ui, tab: TabId, exchange: &Exchange, out: &mut Vec<Action>) {
    let Some(replay) = &exchange.replay else {
        return;
    };
    let tokens = Tokens::of(ui);
    let now = Instant::now();
    let plays = replay.is_playing(now);
    if plays {
        ui.ctx().request_repaint_after(EVERY);
    }
    let at = replay.position(now);
    let wide = ui.available_width() >= WIDE;
    ui.horizontal(|ui| {
        ui.set_min_height(30.0);
        ui.spacing_mut().item_spacing.x = space::S;
        let (glyph, name) = match plays {
            true => (icon::PAUSE, "Pause the replay"),
            false => (icon::PLAY, "Play the log as it came"),
        };
        if ui.add(IconButton::new(glyph, name).small()).clicked() {
            out.push(Action::Replay(tab, ReplayStep::PlayOrPause));
        }
        let mut pace = replay.pace();
        let paces = Pace::ALL.map(|pace| (pace, None, pace.name()));
        if Segmented::new("Pace of the replay", &paces)
            .show(ui, &mut pace)
            .changed()
        {
            out.push(Action::Replay(tab, ReplayStep::Pace(pace)));
        }
        let counts = format!(
            "{} of {} · {}",
            words::count(exchange.shown_len(now)),
            words::count(exchange.log.len()),
            words::since(at)
        );
        let words = RichText::new(counts)
            .font(font::small_code())
            .color(tokens.text.normal);
        if wide {
            let width = ui.available_width() - WORDS;
            slider_ui(ui, tab, (at, replay.end()), width, out);
        }
        ui.label(words);
        let leave = IconButton::new(icon::X, "Leave the replay: show the whole log").small();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.add(leave).clicked() {
                out.push(Action::Replay(tab, ReplayStep::Toggle));
            }
        });
    });
    if !wide {
        slider_ui(ui, tab, (at, replay.end()), ui.available_width(), out);
    }
    ui.add_space(space::XS);
}

/// The moment that is shown, of all, to be dragged: the longer it is, the finer a moment is found.
fn slider_ui(
    ui: &mut Ui,
    tab: TabId,
    (at, end): (Duration, Duration),
    width: f32,
    out: &mut Vec<Action>,
) {
    let mut secs = at.as_secs_f64();
    let end = end.as_secs_f64().max(f64::EPSILON);
    let slider = ui.scope(|ui| {
        ui.spacing_mut().slider_width = width.max(60.0);
        let slider = Slider::new(&mut secs, 0.0..=end);
        ui.add(slider.show_value(false).trailing_fill(true))
    });
    let slider = slider.inner;
    ui.ctx().accesskit_node_builder(slider.id, |node| {
        node.set_label("Moment of the replay");
    });
    if slider.changed() {
        let at = Duration::try_from_secs_f64(secs).unwrap_or_default();
        out.push(Action::Replay(tab, ReplayStep::Seek(at)));
    }
}
