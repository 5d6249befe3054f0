//! An image that a field of bytes holds, below the message.

use bytes::Bytes;
use egui::{ColorImage, RichText, TextureHandle, TextureOptions, Ui, vec2};
use stubless_core::{
    engine::{Answer, MessageTask},
    message::{Picture, PictureError},
};

use crate::{
    app::Action,
    ui::{
        theme::{Tokens, font, icon},
        widgets::IconButton,
        words,
    },
};

/// Height of the image at most.
const HEIGHT: f32 = 260.0;

/// An image that is being decoded, or shown.
pub(super) struct PictureView {
    name: String,
    bytes: usize,
    work: Answer<Result<Picture, PictureError>>,
    shown: Option<Result<TextureHandle, PictureError>>,
}

impl std::fmt::Debug for PictureView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PictureView")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PictureView {
    /// Asks for the image in a value.
    pub(super) fn new(name: String, bytes: Bytes, out: &mut Vec<Action>) -> Self {
        let work = Answer::default();
        let len = bytes.len();
        let task = MessageTask::Picture(bytes, work.clone());
        out.push(Action::Message(Box::new(task)));
        Self {
            name,
            bytes: len,
            work,
            shown: None,
        }
    }

    fn advance(&mut self, ui: &Ui) {
        if let Some(made) = self.work.take() {
            let texture = made.map(|picture| {
                let size = [picture.width, picture.height];
                let image = ColorImage::from_rgba_unmultiplied(size, &picture.rgba);
                ui.ctx()
                    .load_texture("message image", image, TextureOptions::LINEAR)
            });
            self.shown = Some(texture);
        }
    }
}

/// Draws the image at the bottom of the pane.
pub(super) fn picture_ui(ui: &mut Ui, open: &mut Option<PictureView>) {
    let Some(view) = open else {
        return;
    };
    view.advance(ui);
    let tokens = Tokens::of(ui);
    let mut closes = false;
    let height = (ui.available_height() * 0.5).min(HEIGHT + 40.0);
    egui::Panel::bottom(ui.make_persistent_id("message-picture"))
        .exact_size(height)
        .frame(egui::Frame::NONE)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                if ui
                    .add(IconButton::new(icon::X, "Close image").small())
                    .clicked()
                {
                    closes = true;
                }
                let size = match &view.shown {
                    Some(Ok(texture)) => {
                        let [width, height] = texture.size();
                        format!(" · {width} × {height}")
                    }
                    _ => String::new(),
                };
                let bytes = words::bytes(view.bytes as u64);
                ui.label(
                    RichText::new(&view.name)
                        .font(font::code())
                        .color(tokens.text.normal),
                );
                let facts = RichText::new(format!("{bytes}{size}")).font(font::small());
                ui.label(facts.color(tokens.text.weak));
            });
            match &view.shown {
                Some(Ok(texture)) => {
                    let room = ui.available_size() - vec2(0.0, 4.0);
                    let size = texture.size_vec2();
                    let scale = (room.x / size.x).min(room.y / size.y).min(4.0);
                    let image = egui::Image::from_texture((texture.id(), size * scale));
                    ui.add(image.alt_text("Image in the message"));
                }
                Some(Err(error)) => {
                    let words = format!("The image cannot be shown: {error}");
                    ui.label(RichText::new(words).color(tokens.warn.text));
                }
                None if view.work.is_over() => {
                    ui.label("The image could not be read");
                }
                None => {
                    ui.spinner();
                }
            }
        });
    if closes {
        *open = None;
    }
}
