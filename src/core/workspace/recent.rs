//! What the program remembers outside workspaces: recent ones, the window, open tabs.

use std::path::{Path, PathBuf};

/// Folders of this program on this system (`directories`). `STUBLESS_HOME` puts all of them below one
/// folder, for tests and portable use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppDirs {
    /// Recent workspaces, window state, the sample workspace.
    pub data: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
}

/// Size and place of the window and what was open in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowState {
    /// Inner size in points.
    pub size: Option<(f32, f32)>,
    /// Outer position in points.
    pub position: Option<(f32, f32)>,
    /// `dark`, `light` or empty for the system's.
    pub theme: String,
    /// Zoom factor; 0 for 1.
    pub zoom: f32,
}

/// A workspace opened before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recent {
    /// Its folder.
    pub path: PathBuf,
    /// Paths of the requests that were open, relative to the workspace.
    pub open: Vec<PathBuf>,
    /// Which of them was in front.
    pub active: usize,
    /// The chosen environment.
    pub environment: Option<String>,
}

impl AppDirs {
    /// The folders of this system.
    pub fn of_system() -> Option<Self> {
        unimplemented!()
    }

    /// All folders below one.
    pub fn below(root: &Path) -> Self {
        Self {
            data: root.join("data"),
            cache: root.join("cache"),
        }
    }

    /// Reads the recent workspaces, newest first; empty when there are none or the file is broken.
    pub fn recent(&self) -> Vec<Recent> {
        unimplemented!()
    }

    /// Puts a workspace first and keeps 20.
    ///
    /// # Errors
    /// The system's.
    pub fn remember(&self, recent: &Recent) -> std::io::Result<()> {
        let _ = recent;
        unimplemented!()
    }

    /// Reads the window's state.
    pub fn window(&self) -> WindowState {
        unimplemented!()
    }

    /// Keeps the window's state.
    ///
    /// # Errors
    /// The system's.
    pub fn save_window(&self, state: &WindowState) -> std::io::Result<()> {
        let _ = state;
        unimplemented!()
    }
}
