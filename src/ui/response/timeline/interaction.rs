//! The hands on a picture of time: zooming, moving, picking by pointer and by keyboard.

use egui::{EventFilter, Key, Rect, Response, Sense, Ui};

use super::axis::{Scale, Window};
use crate::ui::widgets::keep_escape_from;

/// What was done to a picture in this frame.
pub(super) struct Touched {
    /// Where the pointer pressed.
    pub(super) clicked: Option<egui::Pos2>,
    /// Steps asked for by the arrow keys: before and after.
    pub(super) step: i32,
    /// To the first or the last.
    pub(super) jump: Option<bool>,
    /// Nothing shall be picked.
    pub(super) leave: bool,
}

/// Lets the plot be zoomed and moved; `window` is changed in place, `None` for everything.
pub(super) fn touch(
    ui: &Ui,
    plot: Rect,
    response: &Response,
    window: &mut Option<Window>,
    all: Window,
) -> Touched {
    let shown = window.unwrap_or(all);
    let scale = Scale::new(shown, plot);
    let mut next = shown;
    if response.dragged() {
        let moved = f64::from(response.drag_delta().x) / f64::from(plot.width().max(1.0));
        next = next.moved(-moved, all);
    }
    if let Some(at) = response.hover_pos() {
        let (zoom, scrolled) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        if (zoom - 1.0).abs() > f32::EPSILON {
            let place = (scale.micros(at.x) - shown.begin) / shown.span;
            next = next.zoomed(f64::from(zoom), place.clamp(0.0, 1.0), all);
        }
        if scrolled.x != 0.0 {
            let moved = f64::from(scrolled.x) / f64::from(plot.width().max(1.0));
            next = next.moved(-moved, all);
        }
    }
    let mut touched = Touched {
        clicked: response
            .clicked()
            .then(|| response.interact_pointer_pos())
            .flatten(),
        step: 0,
        jump: None,
        leave: false,
    };
    if response.has_focus() {
        keys(ui, response, &mut next, all, &mut touched);
    }
    if response.double_clicked() {
        *window = None;
    } else if next != shown {
        *window = Some(next).filter(|it| !it.is_all(all));
    }
    touched
}

fn keys(ui: &Ui, response: &Response, next: &mut Window, all: Window, touched: &mut Touched) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        // The first lets go of what is picked, the next of the keyboard.
        escape: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    keep_escape_from(ui.ctx());
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    if pressed(Key::ArrowRight) || pressed(Key::ArrowDown) {
        touched.step = 1;
    }
    if pressed(Key::ArrowLeft) || pressed(Key::ArrowUp) {
        touched.step = -1;
    }
    if pressed(Key::Home) {
        touched.jump = Some(false);
    }
    if pressed(Key::End) {
        touched.jump = Some(true);
    }
    if pressed(Key::Plus) || pressed(Key::Equals) {
        *next = next.zoomed(1.5, 0.5, all);
    }
    if pressed(Key::Minus) {
        *next = next.zoomed(1.0 / 1.5, 0.5, all);
    }
    if pressed(Key::Num0) {
        *next = all;
    }
    touched.leave = pressed(Key::Escape);
}

/// The plot as one thing for pointer and keyboard.
pub(super) fn plot_response(ui: &Ui, plot: Rect, name: &str) -> Response {
    let id = ui.scope_id().with(name);
    let response = ui.interact(plot, id, Sense::click_and_drag());
    let name = name.to_owned();
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::accesskit::Role::List, ui.is_enabled(), name.as_str())
    });
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    response
}

/// The index that follows on another by the keyboard.
pub(super) fn stepped(now: Option<usize>, count: usize, touched: &Touched) -> Option<usize> {
    let last = count.checked_sub(1)?;
    if let Some(to_end) = touched.jump {
        return Some(if to_end { last } else { 0 });
    }
    match (touched.step, now) {
        (0, _) => None,
        (1, None) => Some(0),
        (_, None) => Some(last),
        (1, Some(now)) => Some((now + 1).min(last)),
        (_, Some(now)) => Some(now.saturating_sub(1).min(last)),
    }
}
