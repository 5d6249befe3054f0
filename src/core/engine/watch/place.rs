//! What the files of a schema are like at one moment, and the system's watch over their places.

use std::{
    collections::BTreeMap,
    fs::Metadata,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use notify::{ErrorKind, RecursiveMode, Watcher};

use super::News;
use crate::schema::{Footprint, Source, footprint};

/// The clock that stamps files goes in steps of a few milliseconds.
const CLOCK_STEP: Duration = Duration::from_millis(50);

/// The files that count and their stamps at one moment.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) footprint: Arc<Footprint>,
    stamps: BTreeMap<PathBuf, Stamp>,
}

/// What differs after a file was written, replaced or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// On Unix the time nobody can set: also that of a rename, or of a copy that keeps its times.
    changed: Option<SystemTime>,
}

impl View {
    /// Looks. Blocking.
    pub(super) fn of(sources: &[Source]) -> Self {
        let footprint = footprint(sources);
        let stamp = |path: &PathBuf| Some((path.clone(), Stamp::of(&path.metadata().ok()?)));
        let stamps = footprint.files.iter().filter_map(stamp).collect();
        Self {
            footprint: Arc::new(footprint),
            stamps,
        }
    }

    /// Whether a file came, went or changed.
    pub(super) fn differs(&self, before: &Self) -> bool {
        self.stamps != before.stamps
    }

    /// Whether a file was changed at or after a moment.
    pub(super) fn is_newer_than(&self, moment: SystemTime) -> bool {
        let moment = moment.checked_sub(CLOCK_STEP).unwrap_or(moment);
        let now = SystemTime::now().checked_add(CLOCK_STEP);
        // A stamp of the future tells nothing: it would be newer for ever.
        self.stamps.values().any(|stamp| {
            let stamps = [stamp.modified, stamp.changed].into_iter().flatten();
            let mut known = stamps.filter(|&stamp| Some(stamp) <= now);
            known.any(|stamp| stamp >= moment)
        })
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
            changed: changed(metadata),
        }
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let secs = u64::try_from(metadata.ctime()).ok()?;
    let nanos = u32::try_from(metadata.ctime_nsec()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(secs, nanos))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<SystemTime> {
    None
}

/// Opens the system's watch over some places.
///
/// # Errors
/// The system's: too many watches, or none to be had. A folder that is gone is none.
pub(super) fn open(
    places: &Arc<Footprint>,
    news: &Arc<News>,
) -> notify::Result<Box<dyn Watcher + Send>> {
    let (known, news) = (places.clone(), news.clone());
    let mut watcher = notify::recommended_watcher(move |event| news.take(event, &known))?;
    let mut paths = watcher.paths_mut();
    for (path, mode) in watched(places) {
        match paths.add(path, mode) {
            Err(error) if !is_gone(&error) => return Err(error),
            _ => {}
        }
    }
    paths.commit()?;
    Ok(Box::new(watcher))
}

/// Linux watches folder by folder, so that hidden ones cost nothing; the others watch whole trees.
fn watched(places: &Footprint) -> Vec<(&Path, RecursiveMode)> {
    let mut watched = Vec::new();
    let in_tree = |folder: &&PathBuf| places.trees.iter().any(|tree| folder.starts_with(tree));
    if cfg!(target_os = "linux") {
        let folders = places.folders.iter();
        watched.extend(folders.map(|folder| (folder.as_path(), RecursiveMode::NonRecursive)));
        return watched;
    }
    let trees = places.trees.iter();
    watched.extend(trees.map(|tree| (tree.as_path(), RecursiveMode::Recursive)));
    let beside = places.folders.iter().filter(|folder| !in_tree(folder));
    watched.extend(beside.map(|folder| (folder.as_path(), RecursiveMode::NonRecursive)));
    watched
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}
