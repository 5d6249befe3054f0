//! A window without a screen, on its own data folder and the real engine with its demo server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use egui_kittest::{Harness, Node, kittest::Queryable as _};
use stubless::{
    app::{Action, AppState, CallState, Tab},
    ui::{Boot, Window},
};
use stubless_core::workspace::{AppDirs, WindowState};

/// A condition that does not hold after this many frames is a failure.
const MAX_FRAMES: usize = 2_000;
/// Between two frames the test waits for the engine's news, but not longer than this: animations and
/// answers that are only asked for by a frame need a frame.
const BETWEEN_FRAMES: Duration = Duration::from_millis(20);

/// Set by the engine from any thread; the test waits for it between frames.
#[derive(Default)]
struct News {
    there: Mutex<bool>,
    came: Condvar,
}

impl News {
    fn tell(&self) {
        *self.there.lock().unwrap() = true;
        self.came.notify_all();
    }

    fn wait(&self) {
        let there = self.there.lock().unwrap();
        let (mut there, _) = self
            .came
            .wait_timeout_while(there, BETWEEN_FRAMES, |there| !*there)
            .unwrap();
        *there = false;
    }
}

/// A window and the person before it.
pub(crate) struct Screen {
    harness: Harness<'static, Window>,
    news: Arc<News>,
    clipboard: Option<String>,
}

impl Screen {
    /// Opens a window of the usual size on a data folder.
    pub(crate) fn open(home: &Path, workspace: Option<PathBuf>) -> Self {
        Self::sized(home, workspace, egui::vec2(1440.0, 900.0))
    }

    /// Opens a window of a size.
    pub(crate) fn sized(home: &Path, workspace: Option<PathBuf>, size: egui::Vec2) -> Self {
        let news = Arc::new(News::default());
        let tell = Arc::clone(&news);
        let boot = Boot {
            dirs: AppDirs::below(home),
            workspace,
            on_wake: Some(Arc::new(move || tell.tell())),
        };
        // The window borrows what its fonts lack from the system; a test must not depend on that.
        let builder = Harness::builder().with_size(size).allow_missing_glyphs();
        let harness = builder
            .build_eframe(|cc| Window::start(&cc.egui_ctx, boot, WindowState::default()).unwrap());
        Self {
            harness,
            news,
            clipboard: None,
        }
    }

    pub(crate) fn state(&self) -> &AppState {
        self.harness.state().state()
    }

    /// The tab in front.
    pub(crate) fn tab(&self) -> &Tab {
        self.state().active_tab().expect("a tab is in front")
    }

    /// Pastes a text into what has the keyboard.
    pub(crate) fn paste(&mut self, text: &str) {
        self.harness.event(egui::Event::Paste(text.to_owned()));
        self.steps(3);
    }

    /// What was put on the clipboard while the test waited for something.
    pub(crate) fn copied(&self) -> Option<String> {
        self.clipboard.clone()
    }

    /// Draws frames, and notes what each of them puts on the clipboard.
    fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.harness.step();
            self.note_clipboard();
        }
    }

    fn note_clipboard(&mut self) {
        for command in &self.harness.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                self.clipboard = Some(text.clone());
            }
        }
    }

    /// Draws frames until something holds of the state.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&AppState) -> bool) {
        self.until_screen(what, |screen| holds(screen.state()));
    }

    /// Draws frames until something holds of the picture.
    pub(crate) fn until_screen(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..MAX_FRAMES {
            self.steps(1);
            if holds(self) {
                // What the last news changed is drawn, too.
                self.steps(2);
                return;
            }
            self.news.wait();
        }
        panic!("never came: {what}; on screen: {:#?}", self.words());
    }

    /// Draws frames until the sample workspace and its server's schema are there.
    pub(crate) fn until_ready(&mut self) {
        self.until("the schema of the sample", |state| {
            state.current_slot().is_some_and(|s| s.schema().is_some())
        });
    }

    /// Draws frames until the call of the front tab is over, one way or another.
    pub(crate) fn until_call_is_over(&mut self) {
        self.until("the end of the call", |state| {
            let call = state.active_tab().map(|tab| &tab.call);
            matches!(call, Some(CallState::Ended(..) | CallState::Rejected(_)))
        });
    }

    /// Does what a view would have asked for.
    pub(crate) fn act(&mut self, action: Action) {
        self.harness.state_mut().act(action);
        self.steps(2);
    }

    /// Types into the JSON of the front tab.
    pub(crate) fn type_json(&mut self, text: &str) {
        self.click("JSON");
        self.type_into("Message JSON", text);
    }

    pub(crate) fn frames(&mut self, count: usize) {
        self.steps(count);
    }

    /// Whether something has this accessible name.
    pub(crate) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    /// Whether the first thing with this name takes a press.
    pub(crate) fn is_enabled(&self, label: &str) -> bool {
        use egui_kittest::kittest::NodeT as _;
        let node = self.harness.query_all_by_label(label).next();
        node.is_some_and(|node| !node.accesskit_node().is_disabled())
    }

    pub(crate) fn shows(&self, part: &str) -> bool {
        self.harness
            .query_all_by_label_contains(part)
            .next()
            .is_some()
            || self.value_of("Response message").contains(part)
    }

    /// The value of the only thing with this name; empty when it is not there.
    pub(crate) fn value_of(&self, label: &str) -> String {
        self.harness
            .query_all_by_label(label)
            .find_map(|node| node.value())
            .unwrap_or_default()
    }

    /// Presses the first thing with this name.
    pub(crate) fn click(&mut self, label: &str) {
        let node = self.harness.query_all_by_label(label).next();
        let Some(node) = node else {
            panic!("no `{label}` on screen: {:#?}", self.words());
        };
        node.click();
        self.steps(3);
    }

    /// Opens the menu of the first thing with this name.
    pub(crate) fn open_menu_of(&mut self, label: &str) {
        self.get_first(label).click_secondary();
        self.steps(3);
    }

    /// Puts the keyboard on the first thing with this name.
    pub(crate) fn focus(&mut self, label: &str) {
        self.get_first(label).focus();
        self.steps(2);
    }

    /// What the system sends for Ctrl+C.
    pub(crate) fn copy(&mut self) {
        self.harness.event(egui::Event::Copy);
        self.steps(3);
    }

    /// Presses and lets go of a button of the mouse at a place.
    pub(crate) fn press_at(&mut self, pos: egui::Pos2, button: egui::PointerButton) {
        self.harness.hover_at(pos);
        self.steps(2);
        for pressed in [true, false] {
            self.harness.event(egui::Event::PointerButton {
                pos,
                button,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
            self.steps(2);
        }
        self.steps(2);
    }

    /// Presses the first thing whose name holds these words.
    pub(crate) fn click_part(&mut self, part: &str) {
        let node = self.harness.query_all_by_label_contains(part).next();
        let Some(node) = node else {
            panic!("nothing with `{part}` on screen: {:#?}", self.words());
        };
        node.click();
        self.steps(3);
    }

    /// Puts the pointer over the first thing whose name holds these words.
    pub(crate) fn hover_part(&mut self, part: &str) {
        let at = self.rect_of_part(part).center();
        self.harness.hover_at(at);
        self.steps(3);
    }

    /// Drags from one place to another.
    pub(crate) fn drag(&mut self, from: egui::Pos2, to: egui::Pos2) {
        self.harness.hover_at(from);
        self.steps(2);
        self.harness.drag_at(from);
        self.steps(2);
        // Moving past the distance of a click is what begins a drag.
        for step in 1..=8 {
            let at = from + (to - from) * (step as f32 / 8.0);
            self.harness.event(egui::Event::PointerMoved(at));
            self.steps(2);
        }
        self.harness.drop_at(to);
        self.steps(3);
    }

    /// Turns the wheel over a place by so many notches, up when positive, and waits until it is still.
    pub(crate) fn wheel(&mut self, at: egui::Pos2, notches: f32) {
        self.harness.hover_at(at);
        self.steps(2);
        self.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: egui::vec2(0.0, notches),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        self.steps(40);
    }

    /// Puts the keyboard into a field, takes out what is in it and types.
    pub(crate) fn type_into(&mut self, label: &str, text: &str) {
        let node = self.harness.query_all_by_label(label).next();
        let Some(node) = node else {
            panic!("no `{label}` on screen: {:#?}", self.words());
        };
        node.focus();
        self.steps(2);
        self.harness
            .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.steps(1);
        self.get_first(label).type_text(text);
        self.steps(2);
    }

    fn get_first<'a>(&'a self, label: &'a str) -> Node<'a> {
        self.harness
            .query_all_by_label(label)
            .next()
            .expect("it was there a frame ago")
    }

    /// Presses keys together.
    pub(crate) fn press(&mut self, modifiers: egui::Modifiers, key: egui::Key) {
        // One event a step: each has a frame of its own, and each frame may fill the clipboard.
        let change = egui::Event::ModifiersChanged;
        let key = |pressed| egui::Event::Key {
            key,
            pressed,
            modifiers,
            repeat: false,
            physical_key: None,
        };
        for event in [
            change(modifiers),
            key(true),
            key(false),
            change(egui::Modifiers::NONE),
        ] {
            self.harness.event(event);
            self.steps(1);
        }
        self.steps(3);
    }

    /// Whether the last frame asked for no other at once: a window in which nothing happens costs nothing.
    pub(crate) fn rests(&self) -> bool {
        let views = &self.harness.output().viewport_output;
        views.values().all(|view| !view.repaint_delay.is_zero())
    }

    /// Every accessible name on screen.
    pub(crate) fn words(&self) -> Vec<String> {
        self.harness
            .query_all(egui_kittest::kittest::by())
            .filter_map(|node| {
                use egui_kittest::kittest::NodeT as _;
                node.accesskit_node().label()
            })
            .filter(|label| !label.is_empty())
            .collect()
    }

    /// Whether something whose name holds these words is selected, or switched on.
    pub(crate) fn is_on(&self, part: &str) -> bool {
        use egui_kittest::kittest::NodeT as _;
        let mut nodes = self.harness.query_all_by_label_contains(part);
        nodes.any(|node| {
            let node = node.accesskit_node();
            node.toggled() == Some(egui::accesskit::Toggled::True)
                || node.is_selected() == Some(true)
        })
    }

    /// The rectangles of everything that has a name, for looking whether something is cut off.
    pub(crate) fn rect_of(&self, label: &str) -> egui::Rect {
        self.get_first(label).rect()
    }

    /// The same of the first thing whose name holds these words.
    pub(crate) fn rect_of_part(&self, part: &str) -> egui::Rect {
        let node = self.harness.query_all_by_label_contains(part).next();
        node.unwrap_or_else(|| panic!("nothing with `{part}`: {:#?}", self.words()))
            .rect()
    }
}
