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

/// What of a file is missing, or what cannot be shown of it.
pub(super) fn file_notes_ui(ui: &mut Ui, exchange: &Exchange) {
    let Some(file) = &exchange.file else {
        return;
    };
    let no_schema = (!file.has_schema).then_some(
        "The file has no descriptors of the method: messages are shown without their fields",
    );
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
    ui.horizontal(|ui| {
        ui.set_min_height(30.0);
        ui.spacing_mut().item_spacing.x = space::S;
        let mut step = |step| out.push(Action::Replay(tab, step));
        let (glyph, name) = match plays {
            true => (icon::PAUSE, "Pause the replay"),
            false => (icon::PLAY, "Play the log as it came"),
        };
        if ui.add(IconButton::new(glyph, name).small()).clicked() {
            step(ReplayStep::PlayOrPause);
        }
        let mut pace = replay.pace();
        let paces = Pace::ALL.map(|pace| (pace, None, pace.name()));
        if Segmented::new("Pace of the replay", &paces)
            .show(ui, &mut pace)
            .changed()
        {
            step(ReplayStep::Pace(pace));
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
        ui.label(words);
        let leave = IconButton::new(icon::X, "Leave the replay: show the whole log").small();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.add(leave).clicked() {
                step(ReplayStep::Toggle);
            }
        });
    });
    // A row of its own: the longer it is, the finer a moment is found.
    let end = replay.end().as_secs_f64();
    let mut secs = at.as_secs_f64();
    let slider = ui.scope(|ui| {
        ui.spacing_mut().slider_width = ui.available_width();
        let slider = Slider::new(&mut secs, 0.0..=end.max(f64::EPSILON));
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
    ui.add_space(space::XS);
}
