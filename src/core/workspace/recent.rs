//! What the program remembers outside workspaces: recent ones, the window, open tabs.
//!
//! Small JSON files below the person's data folder, replaced atomically. A file that cannot be read
//! counts as absent: nothing here is worth an error on start.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value, json};

use super::disk;

/// Recent workspaces that are kept.
const MAX_RECENT: usize = 20;

/// How long deleted requests can be brought back from the trash.
const TRASH_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

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

/// What the messages of all calls may take, where the person chose that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSettings {
    /// Bytes in memory; `None` for what the program takes by itself.
    pub memory_bytes: Option<u64>,
    /// Bytes on disk, 0 for none; `None` for what the program takes by itself.
    pub disk_bytes: Option<u64>,
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
        if let Some(home) = std::env::var_os("STUBLESS_HOME").filter(|home| !home.is_empty()) {
            return Some(Self::below(&std::path::absolute(home).ok()?));
        }
        let dirs = directories::ProjectDirs::from("", "", "Stubless")?;
        Some(Self {
            data: dirs.data_local_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
        })
    }

    /// All folders below one.
    pub fn below(root: &Path) -> Self {
        Self {
            data: root.join("data"),
            cache: root.join("cache"),
        }
    }

    /// Where what was made of large schemas is kept.
    pub fn schemas(&self) -> PathBuf {
        self.cache.join("schemas")
    }

    /// Where messages of calls go for which memory has no room.
    pub fn streams(&self) -> PathBuf {
        self.cache.join("streams")
    }

    /// Where deleted requests are kept for undo.
    pub fn trash(&self) -> PathBuf {
        self.cache.join("trash")
    }

    /// Removes what was deleted more than a week ago. Errors are not worth telling.
    pub fn empty_old_trash(&self) {
        let Ok(entries) = fs::read_dir(self.trash()) else {
            return;
        };
        for entry in entries.flatten() {
            let age = entry.metadata().and_then(|meta| meta.modified());
            let age = age.map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
            if age.is_ok_and(|age| age > TRASH_AGE) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Reads the recent workspaces, newest first; empty when there are none or the file is broken.
    pub fn recent(&self) -> Vec<Recent> {
        let Some(Value::Array(items)) = read(&self.data.join("recent.json")) else {
            return Vec::new();
        };
        items.iter().filter_map(Recent::from_json).collect()
    }

    /// Puts a workspace first and keeps 20.
    ///
    /// # Errors
    /// The system's.
    pub fn remember(&self, recent: &Recent) -> io::Result<()> {
        let mut all = self.recent();
        all.retain(|other| other.path != recent.path);
        all.insert(0, recent.clone());
        all.truncate(MAX_RECENT);
        let items = all.iter().map(Recent::to_json).collect();
        self.write("recent.json", &Value::Array(items))
    }

    /// Reads the window's state.
    pub fn window(&self) -> WindowState {
        let Some(Value::Object(state)) = read(&self.data.join("window.json")) else {
            return WindowState::default();
        };
        let pair = |key: &str| {
            let items = state.get(key)?.as_array()?;
            match items.as_slice() {
                [a, b] => Some((finite(a)?, finite(b)?)),
                _ => None,
            }
        };
        WindowState {
            size: pair("size").filter(|(w, h)| *w >= 1.0 && *h >= 1.0),
            position: pair("position"),
            theme: text(&state, "theme").unwrap_or_default(),
            zoom: state.get("zoom").and_then(finite).unwrap_or_default(),
        }
    }

    /// Keeps the window's state.
    ///
    /// # Errors
    /// The system's.
    pub fn save_window(&self, state: &WindowState) -> io::Result<()> {
        let pair = |pair: Option<(f32, f32)>| pair.map(|(a, b)| json!([a, b]));
        let value = json!({
            "size": pair(state.size),
            "position": pair(state.position),
            "theme": state.theme,
            "zoom": state.zoom,
        });
        self.write("window.json", &value)
    }

    /// Reads what logs may hold.
    pub fn logs(&self) -> LogSettings {
        let Some(Value::Object(kept)) = read(&self.data.join("logs.json")) else {
            return LogSettings::default();
        };
        let bytes = |key: &str| kept.get(key).and_then(Value::as_u64);
        LogSettings {
            memory_bytes: bytes("memoryBytes"),
            disk_bytes: bytes("diskBytes"),
        }
    }

    /// Keeps what logs may hold.
    ///
    /// # Errors
    /// The system's.
    pub fn save_logs(&self, settings: &LogSettings) -> io::Result<()> {
        let value = json!({
            "memoryBytes": settings.memory_bytes,
            "diskBytes": settings.disk_bytes,
        });
        self.write("logs.json", &value)
    }

    fn write(&self, name: &str, value: &Value) -> io::Result<()> {
        fs::create_dir_all(&self.data)?;
        let mut bytes = serde_json::to_vec_pretty(value)?;
        bytes.push(b'\n');
        disk::replace(&self.data.join(name), &bytes)
    }
}

impl Recent {
    fn from_json(value: &Value) -> Option<Self> {
        let item = value.as_object()?;
        let open = item.get("open").and_then(Value::as_array);
        let open = open.into_iter().flatten().filter_map(Value::as_str);
        let active = item.get("active").and_then(Value::as_u64).unwrap_or(0);
        Some(Self {
            path: text(item, "path")?.into(),
            open: open.map(PathBuf::from).collect(),
            active: usize::try_from(active).unwrap_or(0),
            environment: text(item, "environment"),
        })
    }

    fn to_json(&self) -> Value {
        let open: Vec<_> = self
            .open
            .iter()
            .map(|path| path.to_string_lossy())
            .collect();
        json!({
            "path": self.path.to_string_lossy(),
            "open": open,
            "active": self.active,
            "environment": self.environment,
        })
    }
}

fn read(path: &Path) -> Option<Value> {
    let file = disk::read(path).ok()?;
    serde_json::from_str(&file.text).ok()
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "points on a screen, checked to be finite"
)]
fn finite(value: &Value) -> Option<f32> {
    let number = value.as_f64()? as f32;
    number.is_finite().then_some(number)
}
