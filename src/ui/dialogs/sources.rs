//! Where the schema comes from: proto files and import roots, descriptor sets, reflection; in order.

use egui::{Align, Frame, Layout, Margin, RichText, ScrollArea, Stroke, TextEdit, Ui};

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, Pick, SourceEditor, SourceRow, UiCommand},
    ui::{
        settings::label,
        theme::{Icon, Tokens, font, icon, radius, space},
        widgets::{Chip, IconButton, PushButton, Switch, TextField},
        words,
    },
};

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
    let height = (ui.ctx().content_rect().height() - 300.0).clamp(160.0, 460.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, true])
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| rows_ui(ui, editor, out));
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

/// What was pressed at a row.
enum RowEdit {
    Remove,
    Up,
    Down,
}

fn rows_ui(ui: &mut Ui, editor: &mut SourceEditor, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let count = editor.rows.len();
    let mut edit = None;
    for (index, row) in editor.rows.iter_mut().enumerate() {
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
        SourceRow::Protos { files, roots } => {
            label(ui, "Files or folders, one a line");
            lines_ui(ui, files, "Files or folders");
            ui.horizontal(|ui| {
                label(ui, "Import roots, one a line; empty: found from the files");
                let browse = IconButton::new(icon::FOLDER_OPEN, "Browse: import root").small();
                if ui.add(browse).clicked() {
                    out.push(Action::Browse(Pick::ImportRoot(index)));
                }
            });
            lines_ui(ui, roots, "Import roots");
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

fn lines_ui(ui: &mut Ui, text: &mut String, name: &str) {
    let rows = text.lines().count().clamp(1, 6);
    ui.add(
        TextEdit::multiline(text)
            .font(font::code())
            .desired_rows(rows)
            .desired_width(f32::INFINITY),
    )
    .accessible_name(name);
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
            editor.rows.push(SourceRow::Protos {
                files: String::new(),
                roots: String::new(),
            });
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
