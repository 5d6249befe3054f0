//! The window: egui only. Draws the state of the program and returns what the person asked for.
//!
//! A view takes the state and a list it puts [`Action`](crate::app::Action)s into. Views write only
//! to what is being typed (a draft, a dialog, what of a tab is in view); everything else changes in
//! [`update`](crate::app::update). No view parses, waits, locks or reads a disk.

mod address;
mod dialogs;
mod diff;
mod docs;
mod document;
mod environment;
mod fit;
#[cfg(test)]
mod fit_tests;
mod health;
mod menu;
mod palette;
mod platform;
mod preview;
mod progress;
pub mod request;
mod request_pane;
mod response;
mod settings;
mod shell;
mod sidebar;
mod statusbar;
mod stream;
pub mod theme;
mod topbar;
mod welcome;
pub mod widgets;
mod words;

use std::{path::PathBuf, sync::Arc};

use stubless_core::workspace::AppDirs;

pub use response::MessageAlone;
pub use shell::Window;

/// Smallest size everything fits into, in points.
const MIN_SIZE: [f32; 2] = [1024.0, 640.0];
/// What the system shows for the window.
const ICON: &[u8] = include_bytes!("../../assets/icons/stubless.png");
/// Size of the first window, in points.
const FIRST_SIZE: [f32; 2] = [1440.0, 900.0];

/// What a window starts with.
#[derive(Clone)]
pub struct Boot {
    /// Data and cache folders.
    pub dirs: AppDirs,
    /// The workspace to open; the one used last, or the sample, when `None`.
    pub workspace: Option<PathBuf>,
    /// Called beside the window's own repaint when the engine has news, from any thread.
    pub on_wake: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl std::fmt::Debug for Boot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Boot")
            .field("dirs", &self.dirs)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}

/// Why the window could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The system has no home folder for this user.
    #[error("no folder for this program's data was found; set STUBLESS_HOME to one")]
    NoDataFolder,
    /// No display, or no way to draw on it.
    #[error("no window could be opened")]
    NoWindow(#[source] eframe::Error),
}

/// Opens the window and runs until it is closed.
///
/// `STUBLESS_RENDERER=wgpu` draws through wgpu where the program was built with that feature.
///
/// # Errors
/// [`RunError`] when there is no display, or no folder to keep data in.
pub fn run(workspace: Option<PathBuf>) -> Result<(), RunError> {
    let dirs = AppDirs::of_system().ok_or(RunError::NoDataFolder)?;
    let window = dirs.window();
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Stubless")
        .with_app_id("stubless")
        .with_min_inner_size(MIN_SIZE)
        .with_inner_size(window.size.map_or(FIRST_SIZE, |(w, h)| [w, h]));
    if let Ok(icon) = eframe::icon_data::from_png_bytes(ICON) {
        viewport = viewport.with_icon(icon);
    }
    if let Some((x, y)) = window.position {
        viewport = viewport.with_position([x, y]);
    }
    let options = eframe::NativeOptions {
        viewport,
        renderer: renderer(),
        ..eframe::NativeOptions::default()
    };
    let boot = Boot {
        dirs,
        workspace,
        on_wake: None,
    };
    eframe::run_native(
        "stubless",
        options,
        Box::new(move |cc| Ok(Box::new(Window::start(&cc.egui_ctx, boot, window)?))),
    )
    .map_err(RunError::NoWindow)
}

fn renderer() -> eframe::Renderer {
    #[cfg(feature = "wgpu")]
    if std::env::var_os("STUBLESS_RENDERER").is_some_and(|name| name == "wgpu") {
        return eframe::Renderer::Wgpu;
    }
    eframe::Renderer::Glow
}
