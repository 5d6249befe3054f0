//! Where the schema comes from: proto files and import roots, descriptor sets, reflection; in order.

use std::path::{Path, PathBuf};

use egui::{Align, Frame, Layout, Margin, RichText, ScrollArea, Stroke, TextEdit, Ui};

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, Pick, SourceEditor, SourceRow, UiCommand},
    ui::{
        settings::label,
        theme::{Icon, Tokens, font, icon, radius, size, space},
        widgets::{Chip, IconButton, PushButton, Switch, TextField},
        words,
    },
};

/// Found roots that are listed; the rest is counted.
const SHOWN_ROOTS: usize = 6;

/// After the last letter of a path, until its import roots are looked for.
const SETTLE_SECS: f64 = 0.5;

/// Draws the dialog.
pub(super) fn sources_ui(
    ui: &mut Ui,
    state: &AppState,
    editor: &mut SourceEditor,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let intro = "What can be read is usable; what cannot is listed with its reason. The first source that has a method wins.";
    ui.add(egui::Label::new(RichText::new(intro).color(tokens.text.weak)).wrap());
    ui.add_space(space::S);
    let workspace = state.open_workspace().map_or(Path::new(""), |w| &w.root);
    let height = (ui.ctx().content_rect().height() - 300.0).clamp(160.0, 460.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, true])
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| rows_ui(ui, editor, workspace, out));
    if let Some(files) = editor.unasked(workspace)
        && has_settled(ui, &files)
    {
        out.push(Action::FindRoots(files));
    }
    ui.add_space(space::S);
    add_ui(ui, editor, out);
    ui.add_space(space::S);
    reflection_ui(ui, editor);
    let problems = state.schemas.files.problems().len()
        + state.current_slot().map_or(0, |slot| slot.problems().len());
    let pressed = buttons_ui(ui, ("Save sources", true), |ui| {
        cancel_ui(ui, out);
        if problems > 0 {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = words::counted(problems, "problem");
                let chip = Chip::new(&text, tokens.warn)
                    .icon(icon::WARNING)
                    .clickable();
                if ui.add(chip).clicked() {
                    out.push(Action::Run(UiCommand::ShowProblems));
                }
            });
        }
    });
    if pressed {
        out.push(Action::SetSources(editor.to_sources()));
    }
}

/// Whether nobody is typing these paths any more: at every letter a folder would be searched.
fn has_settled(ui: &Ui, files: &[PathBuf]) -> bool {
    let id = egui::Id::unique("sources without roots");
    let now = ui.input(|input| input.time);
    let seen: Option<(Vec<PathBuf>, f64)> = ui.data(|data| data.get_temp(id));
    let since = match seen {
        Some((known, since)) if known == files => since,
        _ => {
            ui.data_mut(|data| data.insert_temp(id, (files.to_vec(), now)));
            now
        }
    };
    let left = SETTLE_SECS - (now - since);
    if left > 0.0 && ui.ctx().text_edit_focused() {
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_secs_f64(left));
        return false;
    }
    true
}

/// What was pressed at a row.
enum RowEdit {
    Remove,
    Up,
    Down,
}

fn rows_ui(ui: &mut Ui, editor: &mut SourceEditor, workspace: &Path, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let count = editor.rows.len();
    let mut edit = None;
    let SourceEditor { rows, found } = editor;
    for (index, row) in rows.iter_mut().enumerate() {
        // Reflection is the switch below: it has no path, and asking a server comes after files.
        if *row == SourceRow::Reflection {
            continue;
        }
        Frame::NONE
            .fill(tokens.surface.side)
            .stroke(Stroke::new(1.0, tokens.line.weak))
            .corner_radius(f32::from(radius::M))
            .inner_margin(Margin::same(10))
            .show(ui, |ui| {
                ui.push_id(index, |ui| {
                    let (glyph, name) = match row {
                        SourceRow::Protos { .. } => (icon::FILE_CODE, "Proto files"),
                        SourceRow::DescriptorSet(_) => (icon::BINARY, "Descriptor set"),
                        SourceRow::Reflection => (icon::HARD_DRIVES, "Reflection"),
                    };
                    if let Some(pressed) = row_head(ui, glyph, name, index, count) {
                        edit = Some((index, pressed));
                    }
                    row_ui(ui, row, index, out);
                    if let Some(files) = row.without_roots(workspace) {
                        let found = found.iter().find(|(known, _)| *known == files);
                        let found = found.and_then(|(_, roots)| roots.as_deref());
                        found_ui(ui, row, found, workspace);
                    }
                });
            });
        ui.add_space(space::XS);
    }
    match edit {
        Some((index, RowEdit::Remove)) => {
            editor.rows.remove(index);
        }
        Some((index, RowEdit::Up)) if index > 0 => editor.rows.swap(index, index - 1),
        Some((index, RowEdit::Down)) if index + 1 < editor.rows.len() => {
            editor.rows.swap(index, index + 1);
        }
        Some(_) | None => {}
    }
}

fn row_head(ui: &mut Ui, glyph: Icon, name: &str, index: usize, count: usize) -> Option<RowEdit> {
    let tokens = Tokens::of(ui);
    let mut edit = None;
    ui.horizontal(|ui| {
        ui.label(glyph.rich(15.0, tokens.text.weak));
        ui.label(
            RichText::new(name)
                .font(font::strong())
                .color(tokens.text.strong),
        );
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let number = index + 1;
            let buttons = [
                (
                    icon::TRASH,
                    format!("Remove source {number}"),
                    RowEdit::Remove,
                    true,
                ),
                (
                    icon::ARROW_DOWN,
                    format!("Move source {number} down"),
                    RowEdit::Down,
                    index + 1 < count,
                ),
                (
                    icon::ARROW_UP,
                    format!("Move source {number} up"),
                    RowEdit::Up,
                    index > 0,
                ),
            ];
            for (glyph, name, what, enabled) in buttons {
                let button = IconButton::new(glyph, &name).small();
                if ui.add_enabled(enabled, button).clicked() {
                    edit = Some(what);
                }
            }
        });
    });
    edit
}

fn row_ui(ui: &mut Ui, row: &mut SourceRow, index: usize, out: &mut Vec<Action>) {
    match row {
        SourceRow::Protos {
            files,
            roots,
            exclude,
        } => {
            label(ui, "Files or folders, one a line");
            let empty = files.is_empty();
            let field = lines_ui(ui, files, "Files or folders");
            if empty && ui.data_mut(|data| data.remove_temp(fresh_row())) == Some(true) {
                field.request_focus();
            }
            ui.horizontal(|ui| {
                label(ui, "Import roots, one a line; empty: found from the files");
                let browse = IconButton::new(icon::FOLDER_OPEN, "Browse: import root").small();
                if ui.add(browse).clicked() {
                    out.push(Action::Browse(Pick::ImportRoot(index)));
                }
            });
            lines_ui(ui, roots, "Import roots");
            if !exclude.is_empty() {
                label(ui, "Files left out, one a line");
                lines_ui(ui, exclude, "Files left out");
            }
        }
        SourceRow::DescriptorSet(path) => {
            TextField::new(path, "Descriptor set file")
                .hint("FileDescriptorSet, as protoc -o and buf build write it")
                .code()
                .show(ui);
        }
        SourceRow::Reflection => {}
    }
}

/// The roots that were found for a row without any, and a button that makes them the row's own.
fn found_ui(ui: &mut Ui, row: &mut SourceRow, found: Option<&[PathBuf]>, workspace: &Path) {
    let tokens = Tokens::of(ui);
    let small = |text: &str| {
        RichText::new(text)
            .font(font::small())
            .color(tokens.text.faint)
    };
    let Some(found) = found else {
        ui.label(small("Looking for import roots…"));
        return;
    };
    let shown: Vec<String> = found
        .iter()
        .map(|path| shown_root(path, workspace))
        .collect();
    ui.horizontal_wrapped(|ui| {
        let text = match shown.len() {
            0 => "No import root was found",
            1 => "Found:",
            _ => "Found, in this order:",
        };
        ui.label(small(text));
        for root in shown.iter().take(SHOWN_ROOTS) {
            let root = RichText::new(root).font(font::small_code());
            ui.add(egui::Label::new(root.color(tokens.text.weak)).selectable(true));
        }
        if let Some(more) = shown
            .len()
            .checked_sub(SHOWN_ROOTS)
            .filter(|more| *more > 0)
        {
            ui.label(small(&format!("and {more} more")));
        }
        let edit = PushButton::new("Edit found roots")
            .icon(icon::PENCIL_SIMPLE)
            .height(size::ROW);
        if !shown.is_empty()
            && ui.add(edit).clicked()
            && let SourceRow::Protos { roots, .. } = row
        {
            *roots = shown.join("\n");
        }
    });
}

/// A root as it would be saved: relative to the workspace where it is inside.
fn shown_root(path: &Path, workspace: &Path) -> String {
    let below = path.strip_prefix(workspace).ok();
    let below = below.filter(|rest| !rest.as_os_str().is_empty());
    below.unwrap_or(path).display().to_string()
}

/// Where it is noted that a row was just made, to be typed into.
fn fresh_row() -> egui::Id {
    egui::Id::unique("fresh source")
}

fn lines_ui(ui: &mut Ui, text: &mut String, name: &str) -> egui::Response {
    let rows = text.lines().count().clamp(1, 6);
    ui.add(
        TextEdit::multiline(text)
            .font(font::code())
            .desired_rows(rows)
            .desired_width(f32::INFINITY),
    )
    .accessible_name(name)
}

fn add_ui(ui: &mut Ui, editor: &mut SourceEditor, out: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        let buttons = [
            (icon::FILE_PLUS, "Add proto files…", Pick::ProtoFiles),
            (icon::FOLDER_PLUS, "Add folder…", Pick::ProtoFolder),
            (icon::BINARY, "Add descriptor set…", Pick::DescriptorSet),
        ];
        for (glyph, name, pick) in buttons {
            if ui.add(PushButton::new(name).icon(glyph)).clicked() {
                out.push(Action::Browse(pick));
            }
        }
        let by_path = PushButton::new("Type a proto path").icon(icon::KEYBOARD);
        if ui.add(by_path).clicked() {
            editor.rows.push(SourceRow::protos(String::new()));
            ui.data_mut(|data| data.insert_temp(fresh_row(), true));
        }
        let set_by_path = PushButton::new("Type a set path").icon(icon::KEYBOARD);
        if ui.add(set_by_path).clicked() {
            editor.rows.push(SourceRow::DescriptorSet(String::new()));
        }
    });
}

fn reflection_ui(ui: &mut Ui, editor: &mut SourceEditor) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let mut on = editor.reflects();
        if ui
            .add(Switch::new(&mut on, "Ask servers by reflection"))
            .changed()
        {
            if on {
                editor.rows.push(SourceRow::Reflection);
            } else {
                editor.rows.retain(|row| *row != SourceRow::Reflection);
            }
        }
        ui.label(RichText::new("Ask servers by reflection").color(tokens.text.strong));
        ui.label(
            RichText::new("v1, then v1alpha, with the request's own TLS and metadata")
                .font(font::small())
                .color(tokens.text.faint),
        );
    });
}
