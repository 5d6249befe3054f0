//! Headers and trailers, as received.

use egui::{Frame, Grid, Label, RichText, ScrollArea, Stroke, Ui};
use stubless_core::{
    engine::CallEnd,
    grpc::{Metadata, Origin},
};

use crate::{
    app::{Action, Exchange},
    ui::{
        theme::{Tokens, font, icon, radius, space},
        widgets::{EmptyPane, IconButton, loading_pane},
        words,
    },
};

/// Initial metadata.
pub(super) fn headers_ui(
    ui: &mut Ui,
    exchange: &Exchange,
    end: Option<&CallEnd>,
    out: &mut Vec<Action>,
) {
    match &exchange.head {
        Some(head) => table_ui(ui, "headers", &head.metadata, out),
        None if end.is_none() => {
            loading_pane(ui, "Waiting for the server's headers…");
        }
        None => {
            EmptyPane::new(
                icon::LIST_BULLETS,
                "No headers",
                "The call ended before the server sent initial metadata.",
            )
            .show(ui);
        }
    }
}

/// Trailing metadata.
pub(super) fn trailers_ui(ui: &mut Ui, end: Option<&CallEnd>, out: &mut Vec<Action>) {
    let Some(end) = end else {
        EmptyPane::new(
            icon::LIST_BULLETS,
            "No trailers yet",
            "They come with the end of the call.",
        )
        .show(ui);
        return;
    };
    let outcome = &end.finished.outcome;
    if !outcome.trailers.is_empty() {
        table_ui(ui, "trailers", &outcome.trailers, out);
        return;
    }
    let text = match outcome.origin {
        Origin::Trailers | Origin::TrailersOnly => "The server sent no trailing metadata.",
        _ => "The call did not end with the server's trailers.",
    };
    EmptyPane::new(icon::LIST_BULLETS, "No trailers", text).show(ui);
}

fn table_ui(ui: &mut Ui, name: &str, metadata: &Metadata, out: &mut Vec<Action>) {
    if metadata.is_empty() {
        EmptyPane::new(
            icon::LIST_BULLETS,
            "Nothing here",
            "The server sent no metadata.",
        )
        .show(ui);
        return;
    }
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.surface.side)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::L))
        .inner_margin(8)
        .show(ui, |ui| {
            ScrollArea::vertical()
                .id_salt(name)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    Grid::new(name)
                        .num_columns(3)
                        .striped(false)
                        .min_row_height(26.0)
                        .spacing([space::L, 2.0])
                        .show(ui, |ui| rows_ui(ui, metadata, out));
                });
        });
}

fn rows_ui(ui: &mut Ui, metadata: &Metadata, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    for (key, value) in metadata.iter() {
        let (text, note) = words::metadata_value(value);
        let copy = format!("Copy {key}");
        if ui
            .add(IconButton::new(icon::COPY, &copy).side(22.0))
            .clicked()
        {
            out.push(Action::Copy {
                what: "Value",
                text: text.clone(),
            });
        }
        ui.add(
            Label::new(
                RichText::new(key)
                    .font(font::small_code())
                    .color(tokens.syntax.key),
            )
            .selectable(true),
        );
        let value = RichText::new(&text)
            .font(font::small_code())
            .color(tokens.text.strong);
        let label = ui.add(Label::new(value).wrap().selectable(true));
        if let Some(note) = note {
            label.on_hover_text(note);
        }
        ui.end_row();
    }
}
