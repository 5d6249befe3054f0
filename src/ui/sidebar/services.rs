//! Services and methods: those of the workspace's files, and those the target at hand told.

use egui::{ScrollArea, Ui};
use stubless_core::{
    call::Fix,
    grpc::printable,
    schema::{
        SaveForm, SymbolSearch,
        drift::{Drift, Presence, Verdict},
    },
};

use super::{is_front, rows_frame, section_head};
use crate::{
    app::{
        Action, AppState, Dialog, SchemaGroup, SchemaSlot, ServiceRow, ServiceRowKind, UiCommand,
        service_rows,
    },
    ui::{
        menu::{command_button, command_item, plain_item},
        theme::{Tokens, icon, size},
        widgets::{EmptyPane, FailureCard, IconButton, TreeRow, loading_pane},
        words,
    },
};

/// Of a target, what is shown in a sentence, in characters.
const TARGET_CHARS: usize = 200;

/// A row of the section.
#[derive(Debug)]
pub(super) enum Line {
    /// Where the rows below come from.
    Group {
        group: SchemaGroup,
        label: String,
        right: String,
        note: String,
        /// There is something to save.
        saveable: bool,
    },
    /// A package, service or method, and whether the server has it otherwise.
    Row(SchemaGroup, ServiceRow, Option<DriftMark>),
}

/// A quiet word at a method of the files whose request the server has otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct DriftMark {
    word: &'static str,
    words: &'static str,
}

/// All rows, made anew when a schema, the filter or an open state changes.
pub(super) fn lines(state: &AppState, searches: &mut [SymbolSearch; 2]) -> Vec<Line> {
    let mut lines = Vec::new();
    let files = &state.schemas.files;
    let key = state.current_key().filter(|_| state.reflects());
    let target = key.as_ref().and_then(|key| state.schemas.target(key));
    let label = key.as_ref().map(|k| k.target.clone()).unwrap_or_default();
    let compared = state.comparison.as_ref();
    let drift = compared
        .filter(|compared| Some(&compared.key) == state.current_key().as_ref())
        .and_then(|compared| compared.drift());
    let groups = [
        (SchemaGroup::Files, Some(files), "Files".to_owned()),
        (SchemaGroup::Target, target, label),
    ];
    for ((group, slot, label), search) in groups.into_iter().zip(searches) {
        let Some(slot) = slot.filter(|slot| !matches!(slot, SchemaSlot::Empty)) else {
            continue;
        };
        lines.push(head(group, slot, label));
        if let Some(schema) = slot.schema() {
            let rows = service_rows(group, schema, &state.sidebar, search);
            // Marked is what the files say; the server's own rows are as it is.
            let drift = drift.filter(|_| group == SchemaGroup::Files);
            lines.extend(rows.into_iter().map(|row| {
                let mark = drift.and_then(|drift| drifted(drift, &row));
                Line::Row(group, row, mark)
            }));
        }
    }
    lines
}

/// Both a schema of files and a target are there.
fn files_and_server(state: &AppState) -> bool {
    state.schemas.files.schema().is_some() && state.current_key().is_some()
}

/// Whether the server takes a method's request for something else, or does not have the method.
fn drifted(drift: &Drift, row: &ServiceRow) -> Option<DriftMark> {
    let method = drift.method(&row.method()?.path)?;
    let (word, words) = match (method.presence, method.request_verdict()) {
        (Presence::Here, _) => ("not there", "The server does not have this method"),
        (Presence::Both, Some(Verdict::BreaksWire)) => {
            ("breaks", "The server takes its request for something else")
        }
        (Presence::Both, Some(Verdict::BreaksJson)) => (
            "differs",
            "The server has its request otherwise, which JSON alone notices",
        ),
        (Presence::Both, Some(Verdict::Compatible)) => (
            "differs",
            "The server has its request otherwise, and understands it",
        ),
        (Presence::Both, None) | (Presence::Server | Presence::Unresolved, _) => return None,
    };
    Some(DriftMark { word, words })
}

fn head(group: SchemaGroup, slot: &SchemaSlot, label: String) -> Line {
    let problems = slot.problems().len();
    let (right, note) = match slot {
        SchemaSlot::Loading { .. } => {
            ("reading…".to_owned(), "The schema is being read".to_owned())
        }
        SchemaSlot::Failed { failure, .. } => (
            "failed".to_owned(),
            format!("{}\n{}\n{}", failure.summary, failure.reason, failure.hint),
        ),
        SchemaSlot::Empty | SchemaSlot::Ready { .. } if problems > 0 => {
            (words::counted(problems, "problem"), String::new())
        }
        SchemaSlot::Empty | SchemaSlot::Ready { .. } => {
            let count = slot.schema().map_or(0, |s| s.catalogue().services.len());
            (words::count(count), words::counted(count, "service"))
        }
    };
    Line::Group {
        group,
        label,
        right,
        note,
        saveable: slot.schema().is_some(),
    }
}

/// Draws the section.
pub(super) fn services_ui(
    ui: &mut Ui,
    state: &mut AppState,
    lines: &[Line],
    out: &mut Vec<Action>,
) {
    section_head(ui, "SERVICES", |ui| {
        if state.comparison.is_some() || files_and_server(state) {
            command_button(ui, state, UiCommand::CompareSchema, out);
        }
        command_button(ui, state, UiCommand::SchemaSources, out);
        command_button(ui, state, UiCommand::RefreshSchema, out);
        let types = IconButton::new(icon::BRACKETS_CURLY, "Messages and enums")
            .tooltip("List messages and enums, too")
            .selected(state.sidebar.types);
        if ui.add(types).clicked() {
            state.sidebar.show_types(!state.sidebar.types);
        }
    });
    if instead(ui, state, lines, out) {
        return;
    }
    let front = state.active_tab().map(|tab| tab.draft.method.clone());
    let files = state.schemas.files.schema().cloned();
    let target = state.current_slot().and_then(SchemaSlot::schema).cloned();
    let comment = |group, symbol: &str| {
        let schema = match group {
            SchemaGroup::Files => &files,
            SchemaGroup::Target => &target,
        };
        schema
            .as_ref()
            .map(|it| it.comment_of(symbol))
            .unwrap_or_default()
    };
    let mut toggled = Vec::new();
    ScrollArea::vertical()
        .id_salt("services")
        .auto_shrink(false)
        .show(ui, |ui| {
            failure_cards(ui, state, out);
            rows_frame().show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                follow(ui, "services", front.clone(), || {
                    lines.iter().position(|line| match line {
                        Line::Group { .. } => false,
                        Line::Row(_, row, _) => is_front(row, front.as_deref()),
                    })
                });
                // Rows of one height: only those in view are made.
                virtual_rows(ui, lines.len(), |ui, index| {
                    let Some(line) = lines.get(index) else {
                        return;
                    };
                    line_ui(
                        ui,
                        state,
                        line,
                        &comment,
                        front.as_deref(),
                        &mut toggled,
                        out,
                    );
                });
            });
        });
    for key in toggled {
        state.sidebar.toggle(&key);
    }
}

/// Brings a row into view when what is chosen changed since the last frame.
pub(super) fn follow(
    ui: &Ui,
    name: &str,
    chosen: Option<String>,
    row: impl FnOnce() -> Option<usize>,
) {
    let id = ui.scope_id().with(("follow", name));
    let before: Option<Option<String>> = ui.data(|data| data.get_temp(id));
    if before.as_ref() == Some(&chosen) {
        return;
    }
    if let Some(row) = row() {
        let top = ui.cursor().top() + row as f32 * size::ROW;
        let rect = egui::Rect::from_x_y_ranges(
            ui.max_rect().x_range(),
            top - size::ROW..=top + 2.0 * size::ROW,
        );
        ui.scroll_to_rect(rect, None);
    } else if chosen.is_some() {
        // Its row is not there yet (a schema being read): tried again in the next frame.
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, chosen));
}

/// Draws rows of one height inside a scroll area that also holds other things.
pub(in crate::ui) fn virtual_rows(ui: &mut Ui, count: usize, mut row: impl FnMut(&mut Ui, usize)) {
    let top = ui.cursor().top();
    let clip = ui.clip_rect();
    let height = size::ROW;
    let first = ((clip.top() - top) / height).floor().max(0.0) as usize;
    let last = ((clip.bottom() - top) / height).ceil().max(0.0) as usize;
    let (first, last) = (first.min(count), last.min(count));
    ui.add_space(first as f32 * height);
    for index in first..last {
        row(ui, index);
    }
    ui.add_space((count - last) as f32 * height);
}

/// Shows what there is in place of rows; `false` when there are rows.
fn instead(ui: &mut Ui, state: &AppState, lines: &[Line], out: &mut Vec<Action>) -> bool {
    let rows = lines.iter().any(|line| matches!(line, Line::Row(..)));
    if rows {
        return false;
    }
    let files = &state.schemas.files;
    let target = state.current_slot();
    if files.is_loading() || target.is_some_and(SchemaSlot::is_loading) {
        loading_pane(ui, "Reading the schema…");
        return true;
    }
    let failed = target.is_some_and(|slot| slot.failure().is_some()) || files.failure().is_some();
    if failed {
        return false;
    }
    if !state.sidebar.filter.is_empty() && !lines.is_empty() {
        EmptyPane::new(
            icon::MAGNIFYING_GLASS,
            "Nothing matches",
            match state.sidebar.types {
                true => "No service, method or type has this in its name.",
                false => "No service or method has this in its name.",
            },
        )
        .show(ui);
        return true;
    }
    let problems = files.problems().len() + target.map_or(0, |slot| slot.problems().len());
    if problems > 0 {
        let text = format!(
            "{} kept everything from being read.",
            words::counted(problems, "problem")
        );
        let actions = [(icon::WARNING, "Show problems…")];
        let pane = EmptyPane::new(icon::WARNING, "No services", &text).actions(&actions);
        if pane.show(ui).is_some() {
            out.push(Action::Run(UiCommand::ShowProblems));
        }
        return true;
    }
    if let Some(key) = state.current_key()
        && state.reflects()
        && state.schemas.was_not_asked(&key)
    {
        not_asked_ui(ui, &key.target);
        return true;
    }
    let sources = state.workspace_file().map_or(&[][..], |file| &file.sources);
    let (title, text) = if sources.is_empty() {
        (
            "No schema yet",
            "Add proto files or a descriptor set, or let servers be asked by reflection.",
        )
    } else if state.current_key().is_none() {
        (
            "No target yet",
            "Type a server's address to ask it for its services.",
        )
    } else {
        ("No services", "The sources hold no service.")
    };
    let actions = [(icon::FILE_CODE, "Schema sources…")];
    let pane = EmptyPane::new(icon::TREE_STRUCTURE, title, text).actions(&actions);
    if pane.show(ui).is_some() {
        out.push(Action::Run(UiCommand::SchemaSources));
    }
    true
}

/// Nothing was asked of the target: what asks it, or what is missing for that.
fn not_asked_ui(ui: &mut Ui, target: &str) {
    let shown = printable(target, TARGET_CHARS);
    let (title, text) = if target.contains("{{") {
        (
            "No target yet",
            format!("A variable of `{shown}` has no value here."),
        )
    } else if target.starts_with("demo:") {
        ("Not read yet", "The demo server is starting.".to_owned())
    } else {
        (
            "Not read yet",
            format!("Press Enter to read the services of `{shown}`."),
        )
    };
    EmptyPane::new(icon::TREE_STRUCTURE, title, &text).show(ui);
}

/// Why the target's or the files' schema is not there, with what mends it.
fn failure_cards(ui: &mut Ui, state: &AppState, out: &mut Vec<Action>) {
    let failures = [
        state.schemas.files.failure(),
        state
            .current_slot()
            .filter(|_| state.reflects())
            .and_then(SchemaSlot::failure),
    ];
    let call = state.active_tab().and_then(|tab| tab.call.failure());
    for failure in failures.into_iter().flatten() {
        // A target that cannot be reached fails the call and the reflection alike.
        let told_beside = call.is_some_and(|call| call.summary == failure.summary);
        egui::Frame::NONE
            .inner_margin(egui::Margin::symmetric(8, 4))
            .show(ui, |ui| {
                let card = FailureCard::new(failure).told_beside(told_beside);
                let Some(fix) = card.show(ui) else {
                    return;
                };
                match (fix, state.active) {
                    (Fix::Retry, _) | (_, None) => out.push(Action::Run(UiCommand::RefreshSchema)),
                    (fix, Some(tab)) => out.push(Action::ApplyFix(tab, fix)),
                }
            });
    }
}

/// The menu of where services come from: what is known of them is saved.
fn group_menu(ui: &mut Ui, group: SchemaGroup, saveable: bool, out: &mut Vec<Action>) {
    let items = [
        ("Save as descriptor set…", SaveForm::DescriptorSet),
        ("Save as .proto files…", SaveForm::ProtoFiles),
    ];
    ui.add_enabled_ui(saveable, |ui| {
        for (label, form) in items {
            if plain_item(ui, Some(icon::FLOPPY_DISK), label) {
                out.push(Action::Show(Box::new(Dialog::SaveSchema {
                    group,
                    form,
                    path: String::new(),
                    replace: false,
                })));
            }
        }
    });
    if group == SchemaGroup::Target && plain_item(ui, Some(icon::ARROW_CLOCKWISE), "Ask again") {
        out.push(Action::Run(UiCommand::RefreshSchema));
    }
}

fn line_ui(
    ui: &mut Ui,
    state: &AppState,
    line: &Line,
    comment: &dyn Fn(SchemaGroup, &str) -> String,
    front: Option<&str>,
    toggled: &mut Vec<String>,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    match line {
        Line::Group {
            group,
            label,
            right,
            note,
            saveable,
        } => {
            let (glyph, color) = match group {
                SchemaGroup::Files => (icon::FILE_CODE, tokens.warn.text),
                SchemaGroup::Target => (icon::HARD_DRIVES, tokens.good.text),
            };
            let mut row = TreeRow::new(label)
                .icon(glyph, Some(color))
                .strong()
                .right(right)
                .id_salt(("group", *group));
            if !note.is_empty() {
                row = row.tooltip(note);
            }
            let shown = row.show(ui).response;
            if shown.clicked() && right.contains("problem") {
                out.push(Action::Run(UiCommand::ShowProblems));
            }
            shown.context_menu(|ui| {
                group_menu(ui, *group, *saveable, out);
                command_item(ui, state, UiCommand::CompareSchema, out);
                command_item(ui, state, UiCommand::SchemaSources, out);
            });
        }
        Line::Row(group, row, mark) => {
            let front = is_front(row, front);
            row_ui(
                ui,
                state,
                (*group, row, *mark, front),
                comment,
                toggled,
                out,
            );
        }
    }
}

fn row_ui(
    ui: &mut Ui,
    state: &AppState,
    (group, row, mark, front): (SchemaGroup, &ServiceRow, Option<DriftMark>, bool),
    comment: &dyn Fn(SchemaGroup, &str) -> String,
    toggled: &mut Vec<String>,
    out: &mut Vec<Action>,
) {
    let symbol = row.symbol();
    let (glyph, right) = match &row.kind {
        ServiceRowKind::Package { count, .. } => {
            let right = if row.open { None } else { Some(*count) };
            (Some(icon::PACKAGE), right)
        }
        ServiceRowKind::Service(service) => (Some(icon::CUBE), Some(service.methods.len())),
        ServiceRowKind::Method(..) => (None, None),
        ServiceRowKind::Message(..) => (Some(icon::BRACKETS_CURLY), None),
        ServiceRowKind::Enum(..) => (Some(icon::LIST_BULLETS), None),
        ServiceRowKind::More => (Some(icon::DOTS_THREE), None),
    };
    let word = || mark.map_or_else(String::new, |mark| mark.word.to_owned());
    let right = right.map_or_else(word, words::count);
    let branch = matches!(
        row.kind,
        ServiceRowKind::Package { .. } | ServiceRowKind::Service(_)
    );
    let mut tree = TreeRow::new(row.label())
        .depth(row.depth)
        .selected(front)
        .faint(row.deprecated())
        .struck(row.deprecated())
        .right(&right)
        .id_salt(("service", group, row.symbol_or_package()));
    if let Some(glyph) = glyph {
        tree = tree.icon(glyph, None);
    }
    if branch {
        tree = tree.open(row.open);
    }
    if let Some(method) = row.method() {
        tree = tree.kind(method.kind);
    }
    let tooltip = || {
        let mut comment = comment(group, symbol);
        if let Some(mark) = mark {
            comment = format!("{}\n{comment}", mark.words).trim_end().to_owned();
        }
        match (row.deprecated(), comment.is_empty()) {
            (false, _) => comment,
            (true, true) => "Deprecated".to_owned(),
            (true, false) => format!("Deprecated\n\n{comment}"),
        }
    };
    if !symbol.is_empty() {
        tree = tree.tooltip_from(&tooltip);
    }
    let shown = tree.show(ui);
    let clicked = shown.response.clicked();
    if branch {
        if shown.toggled || clicked {
            toggled.push(row.key(group));
        }
    } else if clicked && !symbol.is_empty() {
        out.push(match row.method() {
            Some(method) => Action::OpenMethod {
                method: method.path.clone(),
                group,
            },
            None => Action::BrowseSymbol {
                symbol: symbol.to_owned(),
                group,
            },
        });
    }
    if !symbol.is_empty() {
        shown
            .response
            .context_menu(|ui| symbol_menu(ui, state, group, row, out));
    }
}

/// What can be done with a service, method or type.
fn symbol_menu(
    ui: &mut Ui,
    state: &AppState,
    group: SchemaGroup,
    row: &ServiceRow,
    out: &mut Vec<Action>,
) {
    if let Some(method) = row.method()
        && plain_item(ui, Some(icon::PLUS), "New request")
    {
        out.push(Action::OpenMethod {
            method: method.path.clone(),
            group,
        });
    }
    if row.method().is_some() {
        command_item(ui, state, UiCommand::CompareSchema, out);
    }
    if let ServiceRowKind::Service(service) = &row.kind
        && state.open_workspace().is_some()
        && plain_item(ui, Some(icon::FOLDER_PLUS), "Create missing requests…")
    {
        out.push(Action::AskMissing {
            service: service.full_name.clone(),
            group,
        });
    }
    if plain_item(ui, Some(icon::BOOK_OPEN), "Show in Docs") {
        out.push(Action::BrowseSymbol {
            symbol: row.symbol().to_owned(),
            group,
        });
    }
    if plain_item(ui, Some(icon::COPY), "Copy name") {
        out.push(Action::Copy {
            what: "Name",
            text: row.symbol().to_owned(),
        });
    }
}
