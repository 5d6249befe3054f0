//! What could not be read, why, and the button that mends it: files of schemas, servers, files of the
//! workspace.

use egui::{Align, Frame, Label, Layout, Margin, RichText, Stroke, Ui};
use stubless_core::{
    call::Failure,
    schema::{Excerpt, Fix as SourceFix, Problem},
    workspace::FileProblem,
};

use super::buttons_ui;
use crate::{
    app::{Action, AppState, SchemaSlot, UiCommand},
    ui::{
        theme::{Icon, Tokens, font, icon, radius, space},
        widgets::{CardList, FailureCard, IconButton, PushButton, prose_with, section_label},
    },
};

/// The height of a card with a line and no button.
const GUESS: f32 = 108.0;

/// One entry of the list.
enum Row<'a> {
    Title(&'static str),
    Failure(&'a Failure),
    /// A problem of a schema, and whether a button may change its source.
    Problem(&'a Problem, bool),
    File(&'a FileProblem),
    /// There is nothing to tell.
    Clean,
}

/// Draws the dialog.
pub(super) fn problems_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let height = (ui.ctx().content_rect().height() - 220.0).clamp(200.0, 520.0);
    let rows = rows(state);
    CardList::new("problems", GUESS)
        .max_height(height)
        .show(ui, rows.len(), |ui, index| {
            if let Some(row) = rows.get(index) {
                row_ui(ui, state, row, out);
            }
        });
    let pressed = buttons_ui(ui, ("Close", true), |ui| {
        let refresh = PushButton::new("Read again").icon(icon::ARROWS_CLOCKWISE);
        if ui.add(refresh).clicked() {
            out.push(Action::Run(UiCommand::RefreshSchema));
            out.push(Action::Run(UiCommand::ReloadWorkspace));
        }
        let sources = PushButton::new("Schema sources…").icon(icon::FILE_CODE);
        if ui.add(sources).clicked() {
            out.push(Action::Run(UiCommand::SchemaSources));
        }
        let copy = PushButton::new("Copy all").icon(icon::COPY);
        if ui.add(copy).clicked() {
            let text = all_text(&rows);
            out.push(Action::Copy {
                what: "Problems",
                text,
            });
        }
    });
    if pressed {
        out.push(Action::CloseDialog);
    }
}

fn rows(state: &AppState) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let slots: [(_, Option<&SchemaSlot>, _); 2] = [
        ("SCHEMA FILES", Some(&state.schemas.files), true),
        ("REFLECTION", state.current_slot(), false),
    ];
    for (title, slot, files) in slots {
        let Some(slot) = slot else { continue };
        let failure = slot.failure();
        if slot.problems().is_empty() && failure.is_none() {
            continue;
        }
        rows.push(Row::Title(title));
        rows.extend(failure.map(Row::Failure));
        let problems = slot.problems().iter();
        rows.extend(problems.map(|problem| Row::Problem(problem, files)));
    }
    let files = state
        .open_workspace()
        .map_or(&[][..], |workspace| &workspace.problems);
    if !files.is_empty() {
        rows.push(Row::Title("WORKSPACE FILES"));
        rows.extend(files.iter().map(Row::File));
    }
    if rows.is_empty() {
        rows.push(Row::Clean);
    }
    rows
}

/// The problems as text, for an issue.
fn all_text(rows: &[Row<'_>]) -> String {
    let texts = rows.iter().filter_map(|row| match row {
        Row::Problem(problem, _) => Some(problem.to_string()),
        Row::File(problem) => Some(format!("{}: {}", problem.path.display(), problem.reason)),
        Row::Failure(failure) => Some(failure.summary.clone()),
        Row::Title(_) | Row::Clean => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn row_ui(ui: &mut Ui, state: &AppState, row: &Row<'_>, out: &mut Vec<Action>) {
    match row {
        Row::Title(title) => {
            section_label(ui, title);
        }
        Row::Failure(failure) => {
            // Its buttons belong to the request at hand; here it is only read.
            let mut failure = (*failure).clone();
            failure.fixes.clear();
            let _ = FailureCard::new(&failure).show(ui);
        }
        Row::Problem(problem, files) => {
            let source = problem.source.filter(|_| *files);
            card_ui(ui, |ui| problem_ui(ui, state, problem, source, out));
        }
        Row::File(problem) => card_ui(ui, |ui| {
            let path = problem.path.display().to_string();
            let text = format!("{path}: {}", problem.reason);
            head_ui(ui, &path, text, out);
            reason_ui(ui, &problem.reason, Some("It is never overwritten"));
        }),
        Row::Clean => {
            let tokens = Tokens::of(ui);
            ui.horizontal(|ui| {
                ui.label(icon::CHECK_CIRCLE_FILL.rich(18.0, tokens.good.text));
                ui.label("Everything was read");
            });
        }
    }
    ui.add_space(space::XS);
}

fn card_ui(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.surface.side)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::M))
        .inner_margin(Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui);
        });
}

fn problem_ui(
    ui: &mut Ui,
    state: &AppState,
    problem: &Problem,
    source: Option<usize>,
    out: &mut Vec<Action>,
) {
    head_ui(ui, &problem.location(), problem.to_string(), out);
    if let (Some(line), Some((number, _))) = (&problem.line, problem.place) {
        line_ui(ui, line, number);
    }
    reason_ui(ui, &problem.reason, problem.hint.as_deref());
    let Some(source) = source.filter(|_| !problem.fixes.is_empty()) else {
        return;
    };
    ui.add_space(space::XS);
    ui.horizontal_wrapped(|ui| {
        for fix in &problem.fixes {
            let (glyph, name, explanation) = fix_words(fix, state);
            let button = PushButton::new(&name).icon(glyph);
            if ui.add(button).on_hover_text(explanation).clicked() {
                out.push(Action::MendSource(source, fix.clone()));
            }
        }
    });
}

/// The place, and a button that copies the whole problem.
fn head_ui(ui: &mut Ui, place: &str, text: String, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let copy = IconButton::new(icon::COPY, "Copy problem").small();
            if ui.add(copy).clicked() {
                out.push(Action::Copy {
                    what: "Problem",
                    text,
                });
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let place = RichText::new(place)
                    .font(font::small_code())
                    .color(tokens.warn.text);
                ui.add(Label::new(place).truncate().selectable(true));
            });
        });
    });
}

/// The line of the source with a mark below the place, as compilers print it.
fn line_ui(ui: &mut Ui, line: &Excerpt, number: usize) {
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.surface.well)
        .corner_radius(f32::from(radius::S))
        .inner_margin(Margin::symmetric(8, 4))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.spacing_mut().interact_size.y = 0.0;
            let number = number.to_string();
            let beside = " ".repeat(number.len());
            let before = " ".repeat(line.before);
            let mut row = |gutter: &str, text: &str, color| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    let gutter = RichText::new(format!("{gutter}  "))
                        .font(font::small_code())
                        .color(tokens.text.faint);
                    ui.add(Label::new(gutter).extend().selectable(false));
                    let text = RichText::new(text).font(font::small_code()).color(color);
                    ui.add(Label::new(text).truncate().selectable(true));
                });
            };
            row(&number, &line.text, tokens.text.normal);
            row(&beside, &format!("{before}^"), tokens.warn.text);
        });
}

fn reason_ui(ui: &mut Ui, reason: &str, hint: Option<&str>) {
    let tokens = Tokens::of(ui);
    prose_with(ui, reason, &font::body(), tokens.text.strong);
    if let Some(hint) = hint {
        prose_with(ui, hint, &font::small(), tokens.text.weak);
    }
}

/// Icon, words and explanation of the button that mends a problem.
fn fix_words(fix: &SourceFix, state: &AppState) -> (Icon, String, String) {
    let root = state.open_workspace().map(|workspace| &workspace.root);
    let shown = |path: &std::path::Path| {
        let below = root.and_then(|root| path.strip_prefix(root).ok());
        let below = below.filter(|rest| !rest.as_os_str().is_empty());
        below.unwrap_or(path).display().to_string()
    };
    match fix {
        SourceFix::AddRoot(path) => (
            icon::FOLDER_PLUS,
            format!("Add import root {}", shown(path)),
            "The import is there, seen from this folder".to_owned(),
        ),
        SourceFix::Prefer { keep, drop } => (
            icon::CHECK,
            format!("Use {keep}"),
            format!("Leaves out {}", shown(drop)),
        ),
    }
}
