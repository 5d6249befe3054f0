//! A pasted text, what it is taken for, and what it would give.

use egui::{Label, RichText, ScrollArea, TextEdit, Ui, vec2};
use stubless_core::interop::{Candidate, Note, NoteKind};

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, PasteEditor},
    ui::{
        settings::label,
        theme::{Tokens, font, icon, space},
        widgets::{PushButton, TreeRow},
    },
};

/// Longest text that is shown to be edited; a longer one is only read.
const EDITABLE_BYTES: usize = 200 << 10;
/// Of a longer one, this much is shown.
const SHOWN_BYTES: usize = 4_000;
/// Rows of the fields.
const ROWS: usize = 9;

/// Draws the dialog.
pub(super) fn paste_ui(
    ui: &mut Ui,
    state: &AppState,
    editor: &mut PasteEditor,
    first: bool,
    out: &mut Vec<Action>,
) {
    text_ui(ui, editor, first, out);
    ui.add_space(space::M);
    readings_ui(ui, editor);
    let usable = editor.shown().is_some_and(|(it, _)| it.problem.is_none());
    let whole = editor.shown().is_some_and(|(it, _)| it.import.is_some());
    let here = editor.tab.is_some_and(|id| state.tab(id).is_some());
    // A command is a request of its own; a body is for the request in front.
    let anew = whole || !here;
    let name = if anew {
        "Open as new request"
    } else {
        "Use here"
    };
    let pressed = buttons_ui(ui, (name, usable), |ui| {
        let other = if anew {
            "Use here"
        } else {
            "Open as new request"
        };
        let possible = usable && here;
        if ui.add_enabled(possible, PushButton::new(other)).clicked() {
            out.push(Action::UsePaste { anew: !anew });
        }
        cancel_ui(ui, out);
    });
    // Enter in the text is a line of it.
    let enter = ui.input(|i| i.key_pressed(egui::Key::Enter)) && ui.ctx().text_edit_focused();
    if pressed && !enter {
        out.push(Action::UsePaste { anew });
    }
}

fn text_ui(ui: &mut Ui, editor: &mut PasteEditor, first: bool, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    label(ui, "Pasted text");
    if editor.text.len() > EDITABLE_BYTES {
        let end = editor.text.floor_char_boundary(SHOWN_BYTES);
        let size = editor.text.len() >> 10;
        ScrollArea::vertical()
            .id_salt("long text")
            .max_height(120.0)
            .show(ui, |ui| {
                let text = RichText::new(&editor.text[..end]).font(font::code());
                ui.add(Label::new(text.color(tokens.text.normal)).wrap());
            });
        ui.label(
            RichText::new(format!("{size} KiB, of which the beginning is shown"))
                .color(tokens.text.weak),
        );
        if ui.add(PushButton::new("Clear")).clicked() {
            editor.text.clear();
            out.push(Action::ReadPaste);
        }
        return;
    }
    let shown = ScrollArea::vertical()
        .id_salt("text")
        .max_height(170.0)
        .show(ui, |ui| {
            let hint =
                "a grpcurl command, JSON or a line of a log, protobuf text format, base64, hex";
            ui.add(
                TextEdit::multiline(&mut editor.text)
                    .font(font::code())
                    .desired_rows(ROWS)
                    .desired_width(f32::INFINITY)
                    .hint_text(
                        RichText::new(hint)
                            .font(font::code())
                            .color(tokens.text.faint),
                    ),
            )
            .accessible_name("Pasted text")
        });
    let field = shown.inner;
    if first {
        field.request_focus();
    }
    if field.changed() {
        out.push(Action::ReadPaste);
    }
}

fn readings_ui(ui: &mut Ui, editor: &mut PasteEditor) {
    let tokens = Tokens::of(ui);
    if editor.text.trim().is_empty() {
        ui.label(RichText::new("Paste a text to see what it is").color(tokens.text.weak));
        return;
    }
    if editor.readings.is_empty() {
        let words = if editor.asked.is_some() {
            "Reading…"
        } else {
            "Nothing that Stubless knows"
        };
        ui.label(RichText::new(words).color(tokens.text.weak));
        return;
    }
    label(ui, "Taken for");
    let mut chosen = editor.chosen;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (position, (candidate, _)) in editor.readings.iter().enumerate() {
            let glyph = if candidate.problem.is_some() {
                (icon::WARNING, Some(tokens.warn.text))
            } else if position == editor.chosen {
                (icon::CHECK, None)
            } else {
                (icon::FILE_TEXT, None)
            };
            let name = format!("{} ({} %)", candidate.title, candidate.score);
            let row = TreeRow::new(&name)
                .icon(glyph.0, glyph.1)
                .selected(position == editor.chosen)
                .id_salt(("reading", position));
            if row.show(ui).response.clicked() {
                chosen = position;
            }
        }
    });
    editor.chosen = chosen;
    ui.add_space(space::S);
    if let Some((candidate, preview)) = editor.shown() {
        reading_ui(ui, candidate, preview);
    }
}

fn reading_ui(ui: &mut Ui, candidate: &Candidate, preview: &str) {
    let tokens = Tokens::of(ui);
    if let Some(problem) = &candidate.problem {
        ui.horizontal_wrapped(|ui| {
            ui.label(icon::WARNING_FILL.rich(15.0, tokens.warn.text));
            ui.label(RichText::new(problem).color(tokens.text.strong));
        });
        return;
    }
    label(ui, "Gives");
    ScrollArea::both()
        .id_salt("preview")
        .max_height(190.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            let text = RichText::new(preview).font(font::code());
            ui.add(Label::new(text.color(tokens.text.strong)).extend());
        });
    if !candidate.notes.is_empty() {
        ui.add_space(space::S);
        ScrollArea::vertical()
            .id_salt("notes")
            .max_height(96.0)
            .show(ui, |ui| {
                for note in &candidate.notes {
                    note_ui(ui, note);
                }
            });
    }
}

fn note_ui(ui: &mut Ui, note: &Note) {
    let tokens = Tokens::of(ui);
    let (glyph, color) = match note.kind {
        NoteKind::Info => (icon::INFO, tokens.text.weak),
        NoteKind::Lost => (icon::WARNING, tokens.warn.text),
        NoteKind::Secret => (icon::LOCK_SIMPLE, tokens.warn.text),
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, 0.0);
        ui.label(glyph.rich(15.0, color));
        ui.add(Label::new(RichText::new(&note.text).color(tokens.text.normal)).wrap());
    });
}
