//! The messages of a stream: a table of which only what is in view is drawn, plots of its pace, and the
//! picked message whole.
//!
//! A frame costs what is on the screen, whatever the stream holds: the table asks the log for the rows it
//! shows, the plots draw what a worker has counted.

mod cells;
mod chart;
mod columns;
mod detail;
mod filter;
mod groups;
mod header;
mod keys;
mod marks;
mod menu;
mod pacing;
mod plots;
mod rows;
mod table;
mod toolbar;

use std::{cell::RefCell, collections::VecDeque};

use egui::{Frame, Margin, RichText, Ui};
use prost_reflect::{MessageDescriptor, MethodDescriptor};
use stubless_core::{call::MessageLog, engine::CallId};

use self::{pacing::Pacing, rows::Rows};
use super::MessageCache;
use crate::{
    app::{Action, Exchange, TabId, TabView},
    ui::{
        theme::{Tokens, font, space},
        widgets::{Axis, RowScroll, Splitter},
    },
};

/// Height in points below which a table and a message are not put one above the other.
const LOW: f32 = 300.0;

/// Height in points that the table has, whatever else is open.
const TABLE: f32 = 104.0;

/// Width in points from which tools and filter share a row.
const ONE_ROW: f32 = 640.0;

/// Tables whose place is remembered.
const TABLES: usize = 32;

/// What the table keeps between frames. Nothing in it is lost when it is thrown away.
#[derive(Debug, Default)]
pub(crate) struct StreamCache {
    tables: VecDeque<(CallId, TableState)>,
}

/// Where the table of a call stands.
#[derive(Debug, Default)]
struct TableState {
    scroll: RowScroll,
    /// Where the list of groups stands.
    groups: RowScroll,
    /// Points that are left of the view.
    across: f32,
    pacing: Pacing,
    /// The message that was picked in the frame before.
    picked: Option<usize>,
    /// The message whose menu is open, and the column it was opened in.
    menu: Option<menu::Opened>,
}

impl StreamCache {
    fn of(&mut self, call: CallId) -> &mut TableState {
        let known = self.tables.iter().position(|(id, _)| *id == call);
        let entry = known
            .and_then(|at| self.tables.remove(at))
            .unwrap_or_else(|| (call, TableState::default()));
        self.tables.push_front(entry);
        self.tables.truncate(TABLES);
        &mut self.tables[0].1
    }
}

/// What all parts of the view look at.
struct Stream<'a> {
    tab: TabId,
    exchange: &'a Exchange,
    /// The call goes on.
    running: bool,
    /// Messages can be sent by hand.
    takes_messages: bool,
    /// Types of its messages, received and sent, where the schema at hand has them.
    types: Vec<MessageDescriptor>,
}

impl Stream<'_> {
    fn log(&self) -> &MessageLog {
        &self.exchange.log
    }
}

/// Whether a call's messages are shown as a table.
pub(super) fn is_stream(exchange: &Exchange) -> bool {
    exchange.about.kind.server_streams() || exchange.about.kind.client_streams()
}

/// Everything over the table, as far as there is room: the table comes first.
fn above_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    state: &mut TableState,
    out: &mut Vec<Action>,
) {
    let one_row = ui.available_width() >= ONE_ROW;
    if !one_row {
        toolbar::toolbar_ui(ui, stream, view, out);
    }
    filter::filter_ui(ui, stream, view, one_row, out);
    let fits = |ui: &Ui, height: f32| ui.available_height() >= height + TABLE;
    // The chip over it says it, too.
    if fits(ui, toolbar::HELD) {
        toolbar::held_ui(ui, stream, out);
    }
    let mut without = Vec::new();
    if view.stream.group.open {
        match fits(ui, groups::LEAST) {
            true => groups::groups_ui(ui, stream, view, state, out),
            false => without.push("groups"),
        }
    }
    if view.stream.plots {
        match fits(ui, plots::height(ui.available_width())) {
            true => plots::plots_ui(ui, stream, view, out),
            false => without.push("plots"),
        }
    }
    if !without.is_empty() {
        no_room_ui(ui, &without.join(" and "));
    }
}

/// In place of what would leave no room for the table.
fn no_room_ui(ui: &mut Ui, what: &str) {
    let tokens = Tokens::of(ui);
    let text = format!("No room for {what} here: make the response higher");
    let text = RichText::new(text)
        .font(font::small())
        .color(tokens.text.faint);
    ui.label(text);
}

/// The types of a call's messages, when the method at hand is its own.
fn types_of(exchange: &Exchange, method: Option<&MethodDescriptor>) -> Vec<MessageDescriptor> {
    let Some(method) = method else {
        return Vec::new();
    };
    let name = format!("{}/{}", method.parent_service().full_name(), method.name());
    match name == exchange.about.method {
        true => vec![method.output(), method.input()],
        false => Vec::new(),
    }
}

/// Draws the view over all the space there is.
pub(super) fn stream_ui(
    ui: &mut Ui,
    (tab, running, method): (TabId, bool, Option<&MethodDescriptor>),
    exchange: &Exchange,
    view: &mut TabView,
    (fraction, messages, cache): (&mut f32, &mut MessageCache, &mut StreamCache),
    out: &mut Vec<Action>,
) {
    let stream = Stream {
        tab,
        exchange,
        running,
        takes_messages: running
            && exchange.about.kind.client_streams()
            && exchange.about.keep_open
            && !exchange.half_closed,
        types: types_of(exchange, method),
    };
    let count = exchange.shown_len(std::time::Instant::now());
    if view.picked.is_some_and(|picked| picked >= count) {
        view.picked = None;
    }
    if let Some((index, place)) = view.stream.going {
        let here = exchange.log.entry_ready(index).is_some();
        if view.picked != Some(index) || here {
            view.stream.going = None;
        }
        // The lines around the time that was jumped to have come.
        if view.picked == Some(index) && here {
            out.push(Action::JumpTo(tab, place));
        }
    }
    let state = cache.of(exchange.id);
    // Set up before the call: it holds for this one, too.
    let wanted = view.stream.filter.filter();
    let look = &exchange.scan.filter;
    if !wanted.is_all() && look.question().is_none() {
        out.push(Action::Filter(tab));
    } else if view.stream.group.open && exchange.scan.groups.question().is_none() {
        out.push(Action::Group(tab));
    }
    let rows = match &look.handle {
        Some(scan) => Rows::found(scan, view.stream.shown(count)),
        // Of a filter that was refused, or has not begun: all.
        None => Rows::All(view.stream.shown(count)),
    };
    // Each part keeps its own distance to the next.
    let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
    above_ui(ui, &stream, view, state, out);
    ui.spacing_mut().item_spacing.y = spacing;
    keys::keys(ui, &stream, &rows, view, state, out);
    parts_ui(ui, &stream, &rows, view, (fraction, messages, state), out);
    keys::keep_escape(ui, &stream, view);
}

/// The table, and beside it the picked message.
fn parts_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    rows: &Rows<'_>,
    view: &mut TabView,
    (fraction, messages, state): (&mut f32, &mut MessageCache, &mut TableState),
    out: &mut Vec<Action>,
) {
    if view.picked.is_none() || !view.stream.detail {
        table::table_ui(ui, stream, rows, view, state, out);
        return;
    }
    // Low and wide, as below the request in a small window: the message stands beside the table.
    let (axis, min) = if ui.available_height() < LOW {
        (Axis::Horizontal, (260.0, 260.0))
    } else {
        (Axis::Vertical, (110.0, 110.0))
    };
    let shared = RefCell::new((view, out));
    Splitter::new(axis, "List and message")
        .min(min.0, min.1)
        .show(
            ui,
            fraction,
            |ui| {
                let (view, out) = &mut *shared.borrow_mut();
                table::table_ui(ui, stream, rows, view, state, out);
            },
            |ui| {
                let (view, out) = &mut *shared.borrow_mut();
                #[allow(clippy::cast_possible_truncation, reason = "a distance of the theme")]
                let beside = match axis {
                    Axis::Horizontal => space::M as i8,
                    Axis::Vertical => 0,
                };
                let margin = Margin {
                    left: beside,
                    ..Margin::ZERO
                };
                Frame::NONE.inner_margin(margin).show(ui, |ui| {
                    detail::detail_ui(ui, stream, view, messages, out);
                });
            },
        );
}
