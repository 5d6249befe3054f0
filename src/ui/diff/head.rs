//! Over the differences: what is compared, the verdict, and what can be done.

use egui::{Align, Layout, Ui, vec2};
use stubless_core::engine::CallId;

use crate::{
    app::{Action, AppState, DiffAction, DiffPage, DiffPlace, DiffSlot, Towards, UiCommand},
    ui::{
        menu::{choice_item, menu, plain_item},
        theme::{Tokens, font, icon, size, space},
        widgets::{Check, Chip, IconButton, PushButton, Segmented},
        words,
    },
};

/// Draws the two rows.
pub(super) fn head_ui(
    ui: &mut Ui,
    state: &AppState,
    page: &mut DiffPage,
    choices: &[(CallId, String)],
    out: &mut Vec<Action>,
) {
    sides_ui(ui, state, page, choices, out);
    ui.add_space(space::XS);
    let row = vec2(ui.available_width(), size::CONTROL);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        tools_ui(ui, state, page, out);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            verdict_ui(ui, page);
        });
    });
}

/// Left, swap, right.
fn sides_ui(
    ui: &mut Ui,
    state: &AppState,
    page: &DiffPage,
    choices: &[(CallId, String)],
    out: &mut Vec<Action>,
) {
    let between = size::CONTROL + 2.0 * space::S;
    let width = ((ui.available_width() - between) / 2.0).max(120.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        side_ui(ui, state, (DiffPlace::Left, page.left), choices, width, out);
        let swap = IconButton::new(icon::ARROWS_LEFT_RIGHT, "Swap left and right");
        if ui.add(swap).clicked() {
            out.push(Action::Diff(DiffAction::Swap));
        }
        side_ui(
            ui,
            state,
            (DiffPlace::Right, page.right),
            choices,
            width,
            out,
        );
    });
}

fn side_ui(
    ui: &mut Ui,
    state: &AppState,
    (place, chosen): (DiffPlace, Option<CallId>),
    choices: &[(CallId, String)],
    width: f32,
    out: &mut Vec<Action>,
) {
    let name = match place {
        DiffPlace::Left => "Left response",
        DiffPlace::Right => "Right response",
    };
    let own = choices.iter().find(|(call, _)| Some(*call) == chosen);
    let text = own.map_or("Choose a response…", |(_, words)| words);
    let color = Tokens::of(ui).text.normal;
    let shown = crate::ui::widgets::elided(ui, text, font::body(), color, width - 62.0);
    // A button is as wide as its text: what does not fit is left out here.
    let text = if shown.elided {
        let keep = shown.rows.first().map_or(0, |row| row.glyphs.len());
        let kept: String = text.chars().take(keep.saturating_sub(1)).collect();
        format!("{kept}…")
    } else {
        text.to_owned()
    };
    let name = match own {
        Some((_, words)) => format!("{name}, {words}"),
        None => name.to_owned(),
    };
    let button = PushButton::new(&text)
        .icon(icon::TRAY)
        .caret()
        .min_width(width)
        .name(&name);
    let response = ui.add(button);
    menu(&response, |ui| {
        ui.set_min_width(width.min(420.0));
        if choices.is_empty() {
            ui.label("No response yet: send a request first");
        }
        for (call, words) in choices {
            if choice_item(ui, Some(*call) == chosen, words, "") {
                out.push(Action::Diff(DiffAction::Choose(place, *call)));
            }
        }
        let pinned: Vec<_> = state.diffs.pinned().collect();
        if !pinned.is_empty() {
            ui.separator();
            for held in pinned {
                let known = choices.iter().find(|(call, _)| *call == held.call);
                let words = known.map_or(&held.title, |(_, words)| words);
                if plain_item(ui, Some(icon::X), &format!("Unpin {words}")) {
                    out.push(Action::Diff(DiffAction::Unpin(held.call)));
                }
            }
        }
    });
}

fn verdict_ui(ui: &mut Ui, page: &DiffPage) {
    let tokens = Tokens::of(ui);
    let Some(result) = page.result() else {
        return;
    };
    let (differences, _) = page.counts();
    let (tone, glyph) = if differences == 0 {
        (tokens.good, icon::CHECK_CIRCLE_FILL)
    } else {
        (tokens.warn, icon::COLUMNS)
    };
    ui.add(Chip::new(&page.verdict(), tone).icon(glyph));
    let stream = &result.stream;
    if page.is_stream() {
        let parts = [
            (stream.equal + stream.ignored, "equal"),
            (stream.changed, "changed"),
            (stream.only_left, "only left"),
            (stream.only_right, "only right"),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, word)| format!("{} {word}", words::count(count)))
            .collect();
        let text = egui::RichText::new(parts.join(", ")).color(tokens.text.weak);
        ui.add(egui::Label::new(text).truncate());
    }
    let types = page.message().and_then(|it| it.types.as_ref());
    if let Some((left, right)) = types {
        let text = format!("{left} and {right}");
        ui.add(Chip::new("Two types", tokens.purple))
            .on_hover_text(text);
    }
    let message = page.message();
    let broken = message.map_or(0, |it| it.left_problems.len() + it.right_problems.len());
    if let Some(message) = message.filter(|_| broken > 0) {
        let lines = |side: &str, problems: &[String]| {
            let lines = problems.iter().map(|line| format!("{side}: {line}"));
            lines.collect::<Vec<_>>().join("\n")
        };
        let left = lines("Left", &message.left_problems);
        let right = lines("Right", &message.right_problems);
        ui.add(Chip::new("Not all decodes", tokens.warn).icon(icon::WARNING_FILL))
            .on_hover_text(format!("{left}\n{right}").trim());
    }
}

fn tools_ui(ui: &mut Ui, state: &AppState, page: &mut DiffPage, out: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let active = [page.left, page.right]
        .into_iter()
        .flatten()
        .filter_map(|call| state.diffs.response(call))
        .any(crate::app::HeldResponse::is_active);
    if active || matches!(page.slot, DiffSlot::Running(..)) {
        if ui.add(PushButton::new("Cancel").icon(icon::STOP)).clicked() {
            out.push(Action::Diff(DiffAction::Stop));
        }
        return;
    }
    if page.result().is_none() {
        return;
    }
    let copy = IconButton::new(icon::COPY, "Copy differences").small();
    if ui.add(copy).clicked() {
        out.push(Action::Diff(DiffAction::Copy));
    }
    let rules = IconButton::new(icon::SLIDERS_HORIZONTAL, "Rules of the comparison")
        .small()
        .selected(page.rules_shown);
    if ui.add(rules).clicked() {
        page.rules_shown = !page.rules_shown;
    }
    ui.add_space(space::XS);
    let some = !page.differing.is_empty() || page.is_stream();
    for (towards, glyph, command) in [
        (Towards::Next, icon::ARROW_DOWN, UiCommand::NextDifference),
        (
            Towards::Previous,
            icon::ARROW_UP,
            UiCommand::PreviousDifference,
        ),
    ] {
        let info = command.info();
        let tip = match info.shortcut {
            Some(shortcut) => format!("{} ({shortcut})", info.label),
            None => info.label.to_owned(),
        };
        let button = IconButton::new(glyph, info.label).small().tooltip(&tip);
        if ui.add_enabled(some, button).clicked() {
            out.push(Action::Diff(DiffAction::Step(towards)));
        }
    }
    place_ui(ui, page);
    let mut only = page.only;
    if ui
        .add(Check::new(&mut only, "Only differences").with_word())
        .changed()
    {
        out.push(Action::Diff(DiffAction::ShowOnly(only)));
    }
    if page.is_stream() {
        ui.add_space(space::S);
        let parts = [(false, None, "Messages"), (true, None, "Call")];
        let mut shown = page.call_shown;
        let chosen = Segmented::new("What is compared", &parts).show(ui, &mut shown);
        if chosen.changed() {
            out.push(Action::Diff(DiffAction::ShowCall(shown)));
        }
    }
}

/// `3 of 7`, where a difference is chosen.
fn place_ui(ui: &mut Ui, page: &DiffPage) {
    let all = page.differing.len();
    if all == 0 {
        return;
    }
    let at = page
        .at
        .and_then(|at| page.differing.binary_search(&at).ok());
    let text = match at {
        Some(at) => format!("{} of {}", words::count(at + 1), words::count(all)),
        None => words::count(all),
    };
    let color = Tokens::of(ui).text.weak;
    ui.label(egui::RichText::new(text).font(font::small()).color(color));
    ui.add_space(space::S);
}
