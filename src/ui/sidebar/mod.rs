//! The left side: services of all schemas, saved requests, environments, and a filter over them.
//!
//! Rows are made when something they show changes, and only those in view are drawn.

mod environments;
mod requests;
mod services;

pub(super) use services::virtual_rows;

use egui::{Align, Frame, Id, Layout, Margin, Ui, vec2};
use stubless_core::schema::SymbolSearch;

use super::{
    theme::{Tokens, space},
    widgets::{Axis, Splitter, TextField, section_label},
};
use crate::app::{Action, AppState, ReflectKey, RequestRow, ServiceRow};

/// Rows, and what they were made from.
#[derive(Debug, Default)]
pub(super) struct SidebarCache {
    made_from: Option<MadeFrom>,
    services: Vec<services::Line>,
    /// The filter's search in the files' schema, and in the target's.
    searches: [SymbolSearch; 2],
    requests: Vec<RequestRow>,
    fraction: Option<f32>,
}

#[derive(Debug, PartialEq)]
struct MadeFrom {
    book: u64,
    workspace: u64,
    toggles: u64,
    filter: String,
    target: Option<ReflectKey>,
    comparison: Option<u64>,
}

/// The filter's id, to give it the keyboard.
pub(super) fn filter_id() -> Id {
    Id::unique("sidebar filter")
}

impl SidebarCache {
    fn refresh(&mut self, state: &AppState) {
        let now = MadeFrom {
            book: state.schemas.revision(),
            workspace: state.workspace_revision(),
            toggles: state.sidebar.revision,
            filter: state.sidebar.filter.clone(),
            target: state.current_key(),
            comparison: state.comparison.as_ref().map(|c| c.revision),
        };
        if self.made_from.as_ref() == Some(&now) {
            return;
        }
        self.services = services::lines(state, &mut self.searches);
        self.requests = state
            .open_workspace()
            .map(|workspace| {
                crate::app::request_rows(
                    &workspace.entries,
                    &state.sidebar.filter,
                    &state.sidebar.toggled,
                )
            })
            .unwrap_or_default();
        self.made_from = Some(now);
    }
}

/// Draws the sidebar.
pub(super) fn sidebar_ui(
    ui: &mut Ui,
    state: &mut AppState,
    cache: &mut SidebarCache,
    out: &mut Vec<Action>,
) {
    cache.refresh(state);
    let area = ui.max_rect();
    ui.painter().vline(
        area.right() - 0.5,
        area.y_range(),
        egui::Stroke::new(1.0, Tokens::of(ui).line.weak),
    );
    let margin = Margin {
        left: 10,
        right: 10,
        top: 10,
        bottom: 6,
    };
    Frame::NONE.inner_margin(margin).show(ui, |ui| {
        TextField::search(
            &mut state.sidebar.filter,
            match state.sidebar.types {
                true => "Filter symbols and requests",
                false => "Filter services, methods, requests",
            },
        )
        .id(filter_id())
        .show(ui);
    });
    let height = ui.available_height();
    let environments = environments::height(state).min(height * 0.3);
    let upper = (height - environments).max(120.0);
    // Both halves change the tree's state; they are drawn one after the other.
    let shared = std::cell::RefCell::new(state);
    let (mut above, mut below) = (Vec::new(), Vec::new());
    ui.allocate_ui(vec2(ui.available_width(), upper), |ui| {
        ui.set_min_height(upper);
        let mut fraction = cache.fraction.unwrap_or(0.58);
        let (lines, rows) = (&cache.services, &cache.requests);
        Splitter::new(Axis::Vertical, "Services and requests")
            .min(96.0, 96.0)
            .show(
                ui,
                &mut fraction,
                |ui| services::services_ui(ui, &mut shared.borrow_mut(), lines, &mut above),
                |ui| requests::requests_ui(ui, &mut shared.borrow_mut(), rows, &mut below),
            );
        cache.fraction = Some(fraction);
    });
    out.append(&mut above);
    out.append(&mut below);
    environments::environments_ui(ui, &mut shared.borrow_mut(), out);
}

/// The head of a section: its name and its buttons at the right.
fn section_head(ui: &mut Ui, name: &str, buttons: impl FnOnce(&mut Ui)) {
    let margin = Margin {
        left: 14,
        right: 8,
        top: 2,
        bottom: 2,
    };
    Frame::NONE.inner_margin(margin).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(26.0);
            section_label(ui, name);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                buttons(ui);
            });
        });
    });
}

/// The margin rows stand in.
fn rows_frame() -> Frame {
    Frame::NONE.inner_margin(Margin::symmetric(space::S as i8, 0))
}

/// Rows of a method that is in front are marked.
fn is_front(row: &ServiceRow, front: Option<&str>) -> bool {
    row.method()
        .is_some_and(|method| front == Some(method.path.as_str()))
}
