//! Reading and replacing files so that nobody ever sees half of one.
//!
//! A save writes a temporary file in the same folder, flushes it to the disk and renames it over the
//! old one: after a crash there is the old content or the new, never a mixture. What is written never
//! goes through a symbolic link, so a checked-out workspace cannot make us write elsewhere.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use super::WorkspaceError;

/// Largest file that is read, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 64 << 20;

/// Temporary files begin with this; the dot keeps them out of every listing.
const TEMP_PREFIX: &str = ".stubless-";

/// A file as read: its text without a byte order mark, and whether it had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileText {
    pub(super) text: String,
    pub(super) mark: bool,
}

impl FileText {
    /// The bytes to write for a changed text.
    pub(super) fn bytes_of(&self, text: &str) -> Vec<u8> {
        let mark = if self.mark { "\u{feff}" } else { "" };
        format!("{mark}{text}").into_bytes()
    }
}

/// Why a file's text could not be had.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The system's error.
    Io(io::Error),
    /// The file is there and cannot be used.
    Unusable(String),
}

impl ReadError {
    /// As an error about a file.
    pub(super) fn at(self, action: &'static str, path: PathBuf) -> WorkspaceError {
        match self {
            Self::Io(source) => WorkspaceError::Io {
                action,
                path,
                source,
            },
            Self::Unusable(reason) => WorkspaceError::Broken { path, reason },
        }
    }

    /// As the reason in a list of problems.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Io(error) => error.to_string(),
            Self::Unusable(reason) => reason,
        }
    }
}

/// Reads a text file whole.
pub(super) fn read(path: &Path) -> Result<FileText, ReadError> {
    let kind = fs::symlink_metadata(path).map_err(ReadError::Io)?;
    if !kind.is_file() {
        return Err(ReadError::Unusable("it is not a plain file".to_owned()));
    }
    let file = fs::File::open(path).map_err(ReadError::Io)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(ReadError::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES >> 20;
        return Err(ReadError::Unusable(format!(
            "it is larger than {limit} MiB"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        ReadError::Unusable(format!("it is not UTF-8 text (byte {offset})"))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => FileText {
            text: rest.to_owned(),
            mark: true,
        },
        None => FileText { text, mark: false },
    })
}

/// Replaces a file, or makes it; its permissions stay.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = match fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => {
            return Err(io::Error::other("it is not a plain file"));
        }
        Ok(meta) => Some(meta.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let temp = prepare(path, bytes, old)?;
    temp.persist(path).map_err(|error| error.error)?;
    flush_folder(path);
    Ok(())
}

/// Makes a file that must not be there yet.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temp = prepare(path, bytes, None)?;
    temp.persist_noclobber(path).map_err(|error| error.error)?;
    flush_folder(path);
    Ok(())
}

/// Writes the temporary file beside `path`. Until it is persisted the old content is untouched.
pub(super) fn prepare(
    path: &Path,
    bytes: &[u8],
    permissions: Option<fs::Permissions>,
) -> io::Result<tempfile::NamedTempFile> {
    // What could not be read again is not written.
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES >> 20;
        return Err(io::Error::other(format!(
            "it would be larger than {limit} MiB, and Stubless opens no larger file"
        )));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX).suffix(".tmp");
    #[cfg(unix)]
    {
        // As any program would make the file; the system takes the person's umask off.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temp = builder.tempfile_in(folder)?;
    temp.write_all(bytes)?;
    if let Some(permissions) = permissions {
        temp.as_file().set_permissions(permissions)?;
    }
    temp.as_file().sync_all()?;
    Ok(temp)
}

/// Makes a rename outlive a power cut, where the system can. The content is safe either way, so an
/// error is no failure of the save.
fn flush_folder(path: &Path) {
    #[cfg(unix)]
    if let Some(folder) = path.parent()
        && let Ok(folder) = fs::File::open(folder)
    {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// The absolute path of a place inside the workspace.
///
/// # Errors
/// A path that leads out, or through a symbolic link.
pub(super) fn inside(root: &Path, relative: &Path) -> Result<PathBuf, WorkspaceError> {
    let mut path = root.to_owned();
    for part in relative.components() {
        let Component::Normal(name) = part else {
            return Err(WorkspaceError::Outside(relative.to_owned()));
        };
        path.push(name);
        if fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink()) {
            return Err(WorkspaceError::Link(relative.to_owned()));
        }
    }
    if path == root {
        return Err(WorkspaceError::Outside(relative.to_owned()));
    }
    Ok(path)
}

/// Names in a folder, lower case: some systems do not tell cases apart.
pub(super) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().to_lowercase());
    }
    Ok(names)
}

/// Moves a file or folder, over the border of a file system too. The source is removed last, so a
/// failure loses nothing.
pub(super) fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        other => return other,
    }
    if let Err(error) = copy(from, to, 0) {
        let _ = remove(to);
        return Err(error);
    }
    remove(from)
}

fn copy(from: &Path, to: &Path, depth: usize) -> io::Result<()> {
    if depth > super::folder::MAX_DEPTH + 8 {
        return Err(io::Error::other("the folders are nested too deeply"));
    }
    let kind = fs::symlink_metadata(from)?;
    if kind.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()), depth + 1)?;
        }
        Ok(())
    } else if kind.is_file() {
        fs::copy(from, to)?;
        fs::File::open(to)?.sync_all()
    } else {
        Err(io::Error::other("a symbolic link cannot be kept"))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// Whether a name is hidden: ours while saving, and everybody's `.git`.
pub(super) fn hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with('.')
}
