//! What can be done with a row: its menu.

use egui::{Popup, Response};
use stubless_core::{call::Direction, engine::RenderStyle};

use super::{Stream, TableState, columns::Placed};
use crate::{
    app::{Action, ColumnKind, Dialog, TabView},
    ui::{menu::plain_item, theme::icon, words},
};

/// The row whose menu is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened {
    pub(super) index: usize,
    /// The column it was opened in.
    pub(super) column: Option<ColumnKind>,
}

/// The menu of a row, opened by the secondary button.
pub(super) fn row_menu_ui(
    response: &Response,
    stream: &Stream<'_>,
    index: usize,
    (view, state): (&mut TabView, &mut TableState),
    placed: &[Placed<'_>],
    out: &mut Vec<Action>,
) {
    if response.secondary_clicked() {
        let x = response
            .interact_pointer_pos()
            .map(|pointer| pointer.x - response.rect.left() + state.across.round());
        let under = x.and_then(|x| {
            let holds = |it: &&Placed<'_>| (it.x..it.x + it.width).contains(&x);
            placed.iter().find(holds)
        });
        state.menu = Some(Opened {
            index,
            column: under.map(|column| column.kind.clone()),
        });
        // The row must not leave while its menu is open.
        view.follow = false;
    }
    Popup::context_menu(response).show(|ui| {
        ui.set_min_width(200.0);
        let text = stream.exchange.texts.get(index, RenderStyle::Full);
        if text.is_none() {
            out.push(Action::WantTexts(
                stream.tab,
                vec![(index, RenderStyle::Full)],
            ));
        }
        if plain_item(ui, Some(icon::ROWS), "Open message") {
            view.picked = Some(index);
            view.stream.detail = true;
        }
        ui.add_enabled_ui(text.is_some(), |ui| {
            if plain_item(ui, Some(icon::COPY), "Copy JSON")
                && let Some(text) = text
            {
                out.push(Action::Copy {
                    what: "Message",
                    text: text.text.clone(),
                });
            }
        });
        if plain_item(ui, Some(icon::DOWNLOAD_SIMPLE), "Save this message…") {
            out.push(Action::Show(Box::new(Dialog::SaveMessages {
                tab: stream.tab,
                only: Some(index),
                path: String::new(),
            })));
        }
        ui.separator();
        let (glyph, word) = match view.stream.bookmarks.contains_key(&index) {
            true => (icon::BOOKMARK_SIMPLE_FILL, "Remove bookmark"),
            false => (icon::BOOKMARK_SIMPLE, "Bookmark"),
        };
        if plain_item(ui, Some(glyph), word) {
            view.stream.toggle_bookmark(index);
        }
        let entry = stream.log().entry(index);
        if let Some(entry) = entry
            && plain_item(ui, Some(icon::COPY), "Copy time")
        {
            out.push(Action::Copy {
                what: "Time",
                text: format!("{}s", words::seconds(entry.at)),
            });
        }
        if entry.is_some_and(|entry| entry.direction == Direction::Sent) && stream.takes_messages {
            ui.separator();
            ui.add_enabled_ui(text.is_some(), |ui| {
                if plain_item(ui, Some(icon::REPEAT), "Send again") {
                    out.push(Action::SendAgain(stream.tab, index));
                }
            });
        }
    });
}
