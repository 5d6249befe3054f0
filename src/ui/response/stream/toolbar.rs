//! The row of tools over the table, and the line that says that reading is held.

use egui::{Align, Frame, Layout, Margin, RichText, Stroke, Ui, vec2};

use super::{Stream, groups, marks};
use crate::{
    app::{Action, TabView, UiCommand},
    ui::{
        theme::{Tokens, font, icon, radius, size, space},
        widgets::{Chip, IconButton, PushButton},
        words,
    },
};

/// Height of the line that says that reading is held.
pub(super) const HELD: f32 = 46.0;

/// Draws a row of its own.
pub(super) fn toolbar_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    let width = ui.available_width();
    ui.allocate_ui_with_layout(
        vec2(width, size::CONTROL),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, size::CONTROL));
            tools_ui(ui, stream, view, out);
        },
    );
    ui.add_space(space::XS);
}

/// Draws the tools into a row.
pub(super) fn tools_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    ui.spacing_mut().item_spacing.x = 2.0;
    run_ui(ui, stream, view, out);
    gap_ui(ui);
    marks::bookmarks_button(ui, stream, view, out);
    marks::jump_ui(ui, stream, view, out);
    gap_ui(ui);
    let plots = IconButton::new(icon::CHART_LINE, "Plots")
        .small()
        .selected(view.stream.plots)
        .tooltip("Throughput and gaps between messages");
    if ui.add(plots).clicked() {
        view.stream.plots = !view.stream.plots;
    }
    groups::groups_button(ui, stream, view, out);
    ui.add_space(space::XS);
    news_ui(ui, stream, view, out);
}

/// Follow, pause the view, hold the wire.
fn run_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView, out: &mut Vec<Action>) {
    let follow = IconButton::new(icon::ARROW_LINE_DOWN, "Stay at the newest message")
        .small()
        .selected(view.follow && view.stream.paused_at.is_none());
    if ui.add(follow).clicked() {
        let on = view.follow && view.stream.paused_at.is_none();
        view.follow = !on;
        view.stream.paused_at = None;
    }
    let paused = view.stream.paused_at.is_some();
    let (glyph, word, tip) = if paused {
        (
            icon::PLAY_FILL,
            "Resume the view",
            "Show what came meanwhile",
        )
    } else {
        (
            icon::PAUSE,
            "Pause the view",
            "Pause the view: messages are still received and recorded, the table stands still",
        )
    };
    let pause = IconButton::new(glyph, word)
        .small()
        .selected(paused)
        .tooltip(tip);
    if ui.add_enabled(paused || stream.running, pause).clicked() {
        view.stream.toggle_pause(stream.log().len());
    }
    let held = stream.exchange.hold.asked;
    let (glyph, word, tip) = if held {
        (
            icon::HAND_PALM,
            "Resume reading",
            "Read on: the server may send again as room is given back to it",
        )
    } else {
        (
            icon::HAND_PALM,
            "Pause reading",
            "Pause reading from the wire: HTTP/2 flow control makes the server wait once its window is full",
        )
    };
    let hold = IconButton::new(glyph, word)
        .small()
        .selected(held)
        .tooltip(tip);
    if ui.add_enabled(stream.running, hold).clicked() {
        out.push(Action::HoldReading(stream.tab, !held));
    }
}

pub(super) fn gap_ui(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    ui.add_space(space::XS);
    let (rect, _) = ui.allocate_exact_size(vec2(1.0, 16.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 0.0, tokens.line.strong);
    ui.add_space(space::XS);
}

/// What the table does not show: what came since it was paused, and how many are selected.
fn news_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let len = stream.log().len();
    if view.stream.paused_at.is_some() {
        let unseen = view.stream.unseen(len);
        let text = format!("Paused · {} new", words::count(unseen));
        let chip = Chip::new(&text, tokens.warn)
            .icon(icon::PAUSE_FILL)
            .clickable();
        let chip = ui.add(chip).on_hover_text("Show them and go on");
        if chip.clicked() {
            view.stream.paused_at = None;
            view.follow = true;
        }
    }
    let selected = view.stream.selection.len();
    if selected > 0 {
        let text = format!("{} selected", words::count(selected));
        let text = RichText::new(text)
            .font(font::small())
            .color(tokens.text.weak);
        ui.add(egui::Label::new(text).truncate());
        let save = IconButton::new(icon::DOWNLOAD_SIMPLE, "Save or copy the selected messages…");
        if ui.add(save.small()).clicked() {
            out.push(Action::Run(UiCommand::SaveMessages));
        }
        let clear = IconButton::new(icon::X, "Select none").small();
        if ui.add(clear).clicked() {
            view.stream.selection.clear();
        }
    }
}

/// While reading is held: what that means, and the way out.
pub(super) fn held_ui(ui: &mut Ui, stream: &Stream<'_>, out: &mut Vec<Action>) {
    let hold = stream.exchange.hold;
    if !hold.asked && !hold.holds {
        return;
    }
    let tokens = Tokens::of(ui);
    let text = match (hold.asked, hold.holds) {
        (true, true) => {
            "You paused reading. The server may fill its flow-control window (16 MiB), then it has to \
             wait. Nothing is lost"
        }
        (true, false) => "Reading pauses…",
        (false, _) => "Reading goes on…",
    };
    Frame::NONE
        .fill(tokens.warn.soft)
        .stroke(Stroke::new(1.0, tokens.warn.line))
        .corner_radius(f32::from(radius::M))
        .inner_margin(Margin::symmetric(10, 4))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(size::SMALL_CONTROL);
                ui.label(icon::HAND_PALM.rich(15.0, tokens.warn.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let resume = PushButton::new("Resume").height(size::SMALL_CONTROL);
                    if hold.asked && ui.add(resume).clicked() {
                        out.push(Action::HoldReading(stream.tab, false));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let words = RichText::new(text).color(tokens.text.strong);
                        ui.add(egui::Label::new(words).wrap());
                    });
                });
            });
        });
    ui.add_space(space::S);
}
