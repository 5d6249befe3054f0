//! Work that takes a while: its name, a bar and a button that stops it, in the status bar.

use std::time::Duration;

use egui::{RichText, Sense, Ui, accesskit::Role, vec2};

use super::{
    theme::{Tokens, font, icon, radius, space},
    widgets::IconButton,
};
use crate::app::{Action, AppState, RunningJob};

/// How often a bar moves on.
const EVERY: Duration = Duration::from_millis(100);

/// Size of the bar in points.
const BAR: egui::Vec2 = vec2(90.0, 6.0);

/// Jobs that are named; of more, the number.
const NAMED: usize = 2;

/// Draws the jobs that run, from right to left as the status bar has it.
pub(super) fn jobs_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    if state.jobs.running().next().is_none() {
        return;
    }
    // The worker wakes nobody for each step.
    ui.ctx().request_repaint_after(EVERY);
    let shown: Vec<&RunningJob> = state.jobs.shown().collect();
    if shown.len() > NAMED {
        let tokens = Tokens::of(ui);
        let more = format!("and {} more", shown.len() - NAMED);
        ui.label(
            RichText::new(more)
                .font(font::small())
                .color(tokens.text.weak),
        );
    }
    for job in shown.iter().take(NAMED) {
        job_ui(ui, job, out);
    }
}

fn job_ui(ui: &mut Ui, running: &RunningJob, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.push_id(("job", running.job.id()), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let name = format!("Stop: {}", running.title);
        let stop = IconButton::new(icon::X, &name).small();
        let stopping = running.job.is_cancelled();
        if ui.add_enabled(!stopping, stop).clicked() {
            out.push(Action::CancelJob(running.job.id()));
        }
        let (rect, response) = ui.allocate_exact_size(BAR, Sense::hover());
        let round = f32::from(radius::S);
        ui.painter().rect_filled(rect, round, tokens.line.strong);
        let words = match running.job.fraction() {
            Some(fraction) => {
                let mut filled = rect;
                filled.set_width(rect.width() * fraction);
                ui.painter().rect_filled(filled, round, tokens.accent.text);
                let percent = (fraction * 100.0).floor();
                ui.ctx().accesskit_node_builder(response.id, |node| {
                    node.set_role(Role::ProgressIndicator);
                    node.set_label(running.title.as_str());
                    node.set_numeric_value(f64::from(percent));
                });
                format!("{} · {percent} %", running.title)
            }
            None => format!("{}…", running.title),
        };
        let words = if stopping { "Stopping…" } else { &words };
        ui.label(
            RichText::new(words)
                .font(font::small())
                .color(tokens.text.weak),
        );
    });
}
