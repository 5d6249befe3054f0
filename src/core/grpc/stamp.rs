//! Whether a file is still the one that was read: its size, and when it was last written. Blocks for a
//! look at the file's entry; nothing is read.

use std::{fs, path::Path, time::SystemTime};

use super::TlsSettings;

/// How some files stood.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FileStamps(Vec<Option<Stamp>>);

/// How a file stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stamp {
    bytes: u64,
    written: Option<SystemTime>,
}

impl Stamp {
    /// `None` where there is no such file; what is wrong is told when it is read.
    fn of(file: &Path) -> Option<Self> {
        let metadata = fs::metadata(file).ok()?;
        Some(Self {
            bytes: metadata.len(),
            written: metadata.modified().ok(),
        })
    }
}

impl TlsSettings {
    /// With the files as they stand now. Blocks.
    #[must_use]
    pub(crate) fn stamped(mut self) -> Self {
        let pkcs12 = self.client_pkcs12.as_ref().map(|it| &it.file);
        let files = [
            self.ca_cert.as_ref(),
            self.client_cert.as_ref(),
            self.client_key.as_ref(),
            pkcs12,
        ];
        // The key log is written, not read.
        let stamps = files.into_iter().flatten().map(|file| Stamp::of(file));
        self.stamps = FileStamps(stamps.collect());
        self
    }
}
