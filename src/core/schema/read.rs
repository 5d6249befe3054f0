//! Reading files that a person or an import names: regular files only, and never without a limit.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

/// Largest source file read.
pub(super) const MAX_SOURCE_BYTES: u64 = 16 * 1024 * 1024;

/// Largest descriptor set read; googleapis whole, with comments, has 86 MB. It is held twice while it is
/// taken apart.
pub const MAX_SET_BYTES: u64 = 256 * 1024 * 1024;

/// Reads a regular file (a link to one is fine).
///
/// # Errors
/// The reason, for the person.
pub(super) fn regular_file(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let explain = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the file may not be read".to_owned(),
        _ => format!("the file cannot be read: {error}"),
    };
    let too_large = || format!("the file is larger than {} MiB", max_bytes / 1024 / 1024);
    // Asked before opening: opening a pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(explain)?;
    if !metadata.is_file() {
        return Err("this is not a regular file".to_owned());
    }
    if metadata.len() > max_bytes {
        return Err(too_large());
    }
    // One more than it says, so that the read that finds the end needs no more room.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    File::open(path)
        .map_err(explain)?
        .take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(explain)?;
    // Some files (in /proc, or while they grow) say less than they hold.
    if bytes.len() as u64 > max_bytes {
        return Err(too_large());
    }
    Ok(bytes)
}
