//! The wire bytes of a message beside the fields they are: what is marked in one is marked in the other.
//!
//! Both sides draw what is in view alone. Levels of the tree are read by the engine; a frame asks for those that
//! are opened and goes on with the rest.

mod hex;
mod state;
mod tools;
mod tree;

use egui::{Frame, Id, Stroke, Ui};
use stubless_core::{
    call::Direction, engine::Explained, grpc::Value, message::wire_tree::WireTree,
};

pub(crate) use state::{BytesCache, BytesState};

use crate::{
    app::{Action, Exchange, TabId},
    ui::{
        theme::{Tokens, icon, radius, space},
        widgets::{Axis, EmptyPane, Splitter, loading_pane},
    },
};

/// From this width on hex and tree stand side by side.
const WIDE: f32 = 620.0;
/// Least height of either of them, with room for a few rows.
const LEAST: f32 = 92.0;
/// Least width of the tree where there is no height to put it below.
const NARROW_TREE: f32 = 170.0;

/// Draws a message of a call.
pub(super) fn bytes_ui(
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    index: usize,
    cache: &mut BytesCache,
    out: &mut Vec<Action>,
) {
    let Some(tree) = exchange.trees.get(index) else {
        let again = exchange.trees.is_gone(index) && gone_ui(ui);
        if again || exchange.trees.wants(index) {
            out.push(Action::WantBytes(tab, index));
        }
        if !exchange.trees.is_gone(index) {
            loading_pane(ui, "Reading the message…");
        }
        return;
    };
    let sent = sent(exchange, index);
    let state = cache.of(exchange.id, index, tree);
    tools::head_ui(ui, tree, &sent, state, out);
    if tree.bytes().is_empty() {
        EmptyPane::new(
            icon::BINARY,
            "No bytes",
            "The message is empty: every field has its default value.",
        )
        .show(ui);
        return;
    }
    panes_ui(ui, (exchange.id, index), tree, state, out);
}

/// The engine could not open the message; gives whether it is to try again.
fn gone_ui(ui: &mut Ui) -> bool {
    EmptyPane::new(
        icon::WARNING,
        "The message could not be read",
        "Its call was closed, or the disk that it went to no longer gives it.",
    )
    .actions(&[(icon::ARROW_CLOCKWISE, "Try again")])
    .show(ui)
    .is_some()
}

/// Draws pasted bytes, `height` points high; `known` is what a frame before left.
pub(in crate::ui) fn explained_ui(
    ui: &mut Ui,
    explained: &Explained,
    height: f32,
    known: &mut Option<BytesState>,
    out: &mut Vec<Action>,
) {
    let known_tree = known.take();
    let same = known_tree.filter(|state| state.view.tree().is_same(&explained.tree));
    let state = same.unwrap_or_else(|| BytesState::new(explained.tree.clone()));
    let state = known.insert(state);
    let sent = if explained.framed {
        Sent::Plain
    } else {
        Sent::Unknown
    };
    tools::head_ui(ui, &explained.tree, &sent, state, out);
    let size = egui::vec2(ui.available_width(), height);
    ui.allocate_ui(size, |ui| {
        ui.set_min_size(size);
        panes_ui(ui, "explained", &explained.tree, state, out);
    });
}

/// What stood before a message on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    /// Nobody knows.
    Unknown,
    /// The prefix of a message that is not compressed.
    Plain,
    /// That of one which may be, so.
    Compressed(String),
}

fn sent(exchange: &Exchange, index: usize) -> Sent {
    match encoding_of(exchange, index) {
        Some(name) => Sent::Compressed(name.to_owned()),
        None => Sent::Plain,
    }
}

/// How the server said it compresses its messages, if it does.
fn encoding_of(exchange: &Exchange, index: usize) -> Option<&str> {
    let received = exchange
        .log
        .entry_ready(index)
        .is_some_and(|entry| entry.direction == Direction::Received);
    let head = exchange.head.as_ref().filter(|_| received)?;
    match head.metadata.get("grpc-encoding")? {
        Value::Text(name) if name != "identity" => Some(name),
        _ => None,
    }
}

/// Hex and tree, and below them what is marked in words; where all of it is too high, it scrolls.
fn panes_ui(
    ui: &mut Ui,
    salt: impl std::hash::Hash + std::fmt::Debug,
    tree: &WireTree,
    state: &mut BytesState,
    out: &mut Vec<Action>,
) {
    let wanted = state.go_on();
    if !wanted.is_empty() {
        out.push(Action::WantLevels(tree.clone(), wanted));
    }
    if state.is_busy() {
        ui.ctx().request_repaint();
    }
    let id = Id::unique(("bytes", salt));
    let ids = Panes {
        hex: id.with("hex"),
        tree: id.with("tree"),
    };
    let status = tools::status_height(ui.available_height());
    let height = ui.available_height() - status - space::XS;
    let axis = axis(ui, height);
    let least = match axis {
        Axis::Horizontal => LEAST,
        Axis::Vertical => 2.0 * LEAST,
    };
    if height >= least {
        both_ui(ui, (id, ids), axis, height, state);
        tools::status_ui(ui, status, state);
        return;
    }
    egui::ScrollArea::vertical()
        .id_salt(id.with("low"))
        .auto_shrink(false)
        .show(ui, |ui| {
            both_ui(ui, (id, ids), axis, least, state);
            tools::status_ui(ui, status, state);
        });
}

/// Side by side where that has room, or where below each other neither would have.
fn axis(ui: &Ui, height: f32) -> Axis {
    let width = ui.available_width();
    let beside =
        width >= WIDE || (height < 2.0 * LEAST && width >= hex::least_width(ui) + NARROW_TREE);
    if beside {
        Axis::Horizontal
    } else {
        Axis::Vertical
    }
}

/// Hex and tree, so high.
fn both_ui(ui: &mut Ui, (id, ids): (Id, Panes), axis: Axis, height: f32, state: &mut BytesState) {
    let size = egui::vec2(ui.available_width(), height);
    let mut hovered = None;
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(id));
    let min = match axis {
        Axis::Horizontal if rect.width() >= WIDE => (hex::least_width(&child), 220.0),
        Axis::Horizontal => (hex::least_width(&child), NARROW_TREE),
        Axis::Vertical => (70.0, 70.0),
    };
    let usual = match axis {
        Axis::Horizontal => hex::usual_width(&child, rect.width()) / rect.width(),
        Axis::Vertical => 0.5,
    };
    let mut fraction = state.fraction.unwrap_or(usual);
    let shared = std::cell::RefCell::new((&mut *state, &mut hovered));
    let moved = Splitter::new(axis, "Bytes and fields")
        .min(min.0, min.1)
        .show(
            &mut child,
            &mut fraction,
            |ui| {
                let (state, hovered) = &mut *shared.borrow_mut();
                well(ui, |ui| hex::hex_ui(ui, ids, state, hovered));
            },
            |ui| {
                let (state, hovered) = &mut *shared.borrow_mut();
                apart(ui, axis, |ui| tree::tree_ui(ui, ids, state, hovered));
            },
        );
    if moved {
        state.fraction = Some(fraction);
    }
    state.hovered = hovered;
}

/// The two sides, as the keyboard knows them.
#[derive(Debug, Clone, Copy)]
struct Panes {
    hex: Id,
    tree: Id,
}

/// The second pane, some points away from the first.
fn apart(ui: &mut Ui, axis: Axis, content: impl FnOnce(&mut Ui)) {
    let gap = space::XS as i8;
    let margin = match axis {
        Axis::Horizontal => egui::Margin {
            left: gap,
            ..egui::Margin::ZERO
        },
        Axis::Vertical => egui::Margin {
            top: gap,
            ..egui::Margin::ZERO
        },
    };
    Frame::NONE
        .inner_margin(margin)
        .show(ui, |ui| well(ui, content));
}

fn well(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.surface.side)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::L))
        .inner_margin(1)
        .show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            content(ui);
        });
}
