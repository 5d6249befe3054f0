//! A message by itself, without its call: for whoever measures what drawing one costs.

use egui::{Id, Ui};
use stubless_core::message::lazy::MessageRows;

use super::{document::MessageView, pane};
use crate::app::MessageOptions;

/// The rows of a message and how far they are scrolled.
#[derive(Debug)]
pub struct MessageAlone {
    view: MessageView,
    options: MessageOptions,
}

impl MessageAlone {
    /// Shows rows from the first on.
    pub fn new(rows: MessageRows) -> Self {
        Self {
            view: MessageView::of(rows),
            options: MessageOptions::default(),
        }
    }

    /// Draws what is in view. What would be asked of the engine is not done.
    pub fn show(&mut self, ui: &mut Ui) {
        let id = Id::unique("message alone");
        let mut out = Vec::new();
        pane::rows_ui(ui, &mut self.view, &mut self.options, id, &mut out);
    }

    /// Goes to a place in the middle, `part` in thousand of the way down.
    pub fn go_to(&mut self, part: u64) {
        let rows = self.view.rows.as_ref();
        let path = rows.and_then(|rows| rows.path_of(rows.len() / 1000 * part));
        self.view.go_to = path;
    }
}
