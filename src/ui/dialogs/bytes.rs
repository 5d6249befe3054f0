//! Pasted bytes, and the fields that they are.

use egui::{RichText, ScrollArea, TextEdit, Ui};
use stubless_core::engine::Explained;

use crate::{
    app::{Action, BytesEditor},
    ui::{
        response::{BytesState, explained_ui},
        settings::label,
        theme::{Tokens, font, space},
        widgets::{PushButton, TextField},
    },
};

/// Rows of the field of the text.
const ROWS: usize = 3;
/// Least and greatest height of bytes and fields, in points, and what is around them.
const LEAST: f32 = 150.0;
const MOST: f32 = 420.0;
const AROUND: f32 = 340.0;

/// What the dialog keeps between frames.
#[derive(Debug, Default)]
pub(super) struct BytesDialog {
    /// The text that was explained last.
    last: Option<(String, Explained)>,
    state: Option<BytesState>,
}

impl BytesDialog {
    /// What is drawn: the answer, and until there is one for the type that is being typed the one before.
    fn shown(&mut self, editor: &BytesEditor) -> Option<Explained> {
        if let Some(Ok(explained)) = &editor.read {
            let known = self.last.as_ref();
            if known.is_none_or(|(text, known)| *text != editor.text || known != explained) {
                self.last = Some((editor.text.clone(), explained.clone()));
            }
        }
        let last = self.last.as_ref();
        let last = last.filter(|(text, _)| *text == editor.text || editor.read.is_none());
        let last = last.filter(|_| !editor.text.trim().is_empty());
        last.map(|(_, explained)| explained.clone())
    }
}

/// Draws the dialog.
pub(super) fn bytes_ui(
    ui: &mut Ui,
    editor: &mut BytesEditor,
    kept: &mut BytesDialog,
    first: bool,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    label(ui, "Hex or base64");
    let shown = ScrollArea::vertical()
        .id_salt("pasted bytes")
        .max_height(72.0)
        .show(ui, |ui| {
            let hint = "0a 05 68 65 6c 6c 6f, or CgVoZWxsbw==, with or without gRPC\u{2019}s prefix of five bytes";
            let hint = RichText::new(hint).font(font::code()).color(tokens.text.faint);
            ui.add(
                TextEdit::multiline(&mut editor.text)
                    .font(font::code())
                    .desired_rows(ROWS)
                    .desired_width(f32::INFINITY)
                    .hint_text(hint),
            )
            .accessible_name("Pasted bytes")
        });
    if first {
        shown.inner.request_focus();
    }
    ui.add_space(space::S);
    let mut changed = shown.inner.changed();
    ui.horizontal(|ui| {
        label(ui, "Type");
        let field = TextField::new(&mut editor.message, "Type of the message")
            .hint("pkg.Message, or nothing")
            .code()
            .width(320.0)
            .show(ui);
        changed |= field.changed();
        if let Some(Err(problem)) = &editor.read {
            ui.label(RichText::new(problem).color(tokens.warn.text));
        }
    });
    if changed {
        out.push(Action::ExplainBytes);
    }
    ui.add_space(space::S);
    if let Some(explained) = kept.shown(editor) {
        // What the rest of the dialog takes stays free, in a low window, too.
        let room = ui.ctx().content_rect().height() - AROUND;
        explained_ui(
            ui,
            &explained,
            room.clamp(LEAST, MOST),
            &mut kept.state,
            out,
        );
    }
    ui.add_space(space::S);
    if ui.add(PushButton::new("Close")).clicked() {
        out.push(Action::CloseDialog);
    }
}
