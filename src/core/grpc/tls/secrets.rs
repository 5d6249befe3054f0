//! The key log: session secrets in the format that Wireshark reads.
//!
//! Whoever has the file can read the recorded connection, so it is made for its owner alone.
//! Spec: RFC 9850, "The SSLKEYLOGFILE Format for TLS".

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use tokio_rustls::rustls::KeyLog;

/// A file that secrets are appended to.
#[derive(Debug)]
pub(super) struct SecretsFile(Mutex<File>);

impl SecretsFile {
    /// Opens the file, or makes it. Blocks.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // To open a pipe waits for its other end.
        if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(io::Error::other("it is no ordinary file"));
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| Self(Mutex::new(file)))
    }
}

impl KeyLog for SecretsFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(%error, "the TLS secrets were not written");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
