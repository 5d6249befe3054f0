//! A file that holds what a log has no room for in memory. It has no name, so that nothing of it is
//! left however the program ends; what was written is read back at its offset.

use std::{fs::File, io, path::Path};

/// Where something stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: usize,
}

/// The file; written at its end by one, read anywhere by many.
#[derive(Debug)]
pub(super) struct SpillFile {
    file: File,
}

impl SpillFile {
    /// Makes one in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// The folder or the file cannot be made.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self { file })
    }

    /// Writes all of it at an offset.
    ///
    /// # Errors
    /// The disk is full, or fails. Something of it may be written.
    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        write_all_at(&self.file, bytes, offset)
    }

    /// Reads a place.
    ///
    /// # Errors
    /// The disk fails, or the file was cut short.
    pub(super) fn read(&self, place: Place) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; place.len];
        read_exact_at(&self.file, &mut bytes, place.offset)?;
        Ok(bytes)
    }

    /// Cuts the file, as a disk that loses data would.
    #[cfg(test)]
    pub(super) fn cut(&self, len: u64) {
        self.file.set_len(len).unwrap();
    }
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !bytes.is_empty() {
        let written = file.seek_write(bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !bytes.is_empty() {
        let read = file.seek_read(bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}
