//! What can be done with a row: its menu.

use egui::{Response, Ui, vec2};
use stubless_core::{
    call::Direction,
    engine::{MessageTask, RenderStyle},
};

use super::{Stream, TableState, columns::Placed, keys::table_id};
use crate::{
    app::{Action, ColumnKind, SaveDraft, TabView, UiCommand},
    ui::{
        menu::{context_menu, menu_key, plain_item},
        theme::icon,
        words,
    },
};

/// The row whose menu is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened {
    pub(super) index: usize,
    /// The column it was opened in.
    pub(super) column: Option<ColumnKind>,
}

/// The menu of a row, opened by the secondary button or, of the picked one, by Shift+F10.
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
    let by_key =
        view.picked == Some(index) && has_keys(response, stream) && menu_key(&response.ctx);
    if by_key {
        let column = None;
        state.menu = Some(Opened { index, column });
        view.follow = false;
    }
    let at = by_key.then(|| response.rect.left_bottom() + vec2(40.0, 0.0));
    context_menu(response, at, |ui| {
        ui.set_min_width(200.0);
        let text = stream.exchange.texts.get(index, RenderStyle::Full);
        if stream.exchange.texts.wants(index, RenderStyle::Full) {
            out.push(Action::WantTexts(
                stream.tab,
                vec![(index, RenderStyle::Full)],
            ));
        }
        if plain_item(ui, Some(icon::ROWS), "Open message") {
            view.picked = Some(index);
            view.stream.detail = true;
        }
        if plain_item(ui, Some(icon::COPY), "Copy message") {
            let task = MessageTask::CopyAll(stream.exchange.id, index);
            out.push(Action::Message(Box::new(task)));
        }
        let selected = view.stream.selection.len();
        if selected > 1 && view.stream.selection.contains(index) {
            let label = format!("Save or copy {} messages…", words::count(selected));
            if plain_item(ui, Some(icon::DOWNLOAD_SIMPLE), &label) {
                out.push(Action::Run(UiCommand::SaveMessages));
            }
        } else if plain_item(
            ui,
            Some(icon::DOWNLOAD_SIMPLE),
            "Save or copy this message…",
        ) {
            let draft = SaveDraft::new(stream.tab).message(index);
            out.push(Action::AskSave(Box::new(draft)));
        }
        ui.separator();
        let word = match view.stream.bookmarks.contains_key(&index) {
            true => "Remove bookmark",
            false => "Bookmark",
        };
        if plain_item(ui, Some(icon::BOOKMARK_SIMPLE), word) {
            view.stream.toggle_bookmark(index);
        }
        let entry = stream.log().entry_ready(index);
        filter_item(ui, stream, index, view, state, out);
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
            // Not what lacks something: it would be another message.
            let whole = text.is_some_and(|text| !text.cut && text.problems.is_empty());
            ui.add_enabled_ui(whole, |ui| {
                if plain_item(ui, Some(icon::REPEAT), "Send again") {
                    out.push(Action::SendAgain(stream.tab, index));
                }
            });
        }
    });
}

/// Whether keys are for the table: nothing is open over it, and it or nothing has the keyboard.
fn has_keys(response: &Response, stream: &Stream<'_>) -> bool {
    let ctx = &response.ctx;
    let (focused, modal) = ctx.memory(|memory| (memory.focused(), memory.top_modal_layer()));
    let ours = focused.is_none_or(|focused| focused == table_id(stream));
    ours && modal.is_none() && response.enabled() && !egui::Popup::is_any_open(ctx)
}

/// Shows the messages alone that have the value of the cell the menu was opened in.
fn filter_item(
    ui: &mut Ui,
    stream: &Stream<'_>,
    index: usize,
    view: &mut TabView,
    state: &TableState,
    out: &mut Vec<Action>,
) {
    let opened = state.menu.as_ref().filter(|opened| opened.index == index);
    let Some(Opened { column, .. }) = opened else {
        return;
    };
    match column {
        Some(ColumnKind::Field(path)) => {
            if let Some(value) = stream.exchange.scan.cells.get(index, path)
                && plain_item(ui, Some(icon::FUNNEL_SIMPLE), "Filter by this value")
            {
                view.stream.filter.by_value(path, value);
                out.push(Action::Filter(stream.tab));
            }
        }
        Some(ColumnKind::Direction) => {
            let direction = stream.log().entry_ready(index).map(|entry| entry.direction);
            if plain_item(ui, Some(icon::FUNNEL_SIMPLE), "Filter by this direction") {
                view.stream.filter.direction = direction;
                out.push(Action::Filter(stream.tab));
            }
        }
        _ => {}
    }
}
