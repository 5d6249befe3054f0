//! The key log: session secrets in the format that Wireshark reads.
//!
//! Whoever has the file can read the recorded connection. Invariant: it is an ordinary file, reached
//! through no symbolic link of its own, and nobody but its owner may read it by the time the first
//! secret is written. A write that fails is kept, and ends the handshake: a recording without its
//! secrets is worth nothing.
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
pub(super) struct SecretsFile(Mutex<Log>);

#[derive(Debug)]
struct Log {
    file: File,
    /// The first error of writing.
    failure: Option<io::Error>,
}

impl SecretsFile {
    /// Opens the file, or makes it. Blocks.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Asked before opening, too: to open a pipe waits for its other end.
        if let Ok(about) = std::fs::symlink_metadata(path)
            && !about.is_file()
        {
            return Err(io::Error::other(if about.is_symlink() {
                "it is a symbolic link, and secrets are not written through one"
            } else {
                "it is no ordinary file"
            }));
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        careful(&mut options);
        let file = options.open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no ordinary file"));
        }
        for_its_owner_alone(&file)?;
        Ok(Self::over(file))
    }

    fn over(file: File) -> Self {
        Self(Mutex::new(Log {
            file,
            failure: None,
        }))
    }

    /// Takes the first error of writing; `None` where every secret was written.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.failure.take()
    }
}

impl KeyLog for SecretsFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = log.file.write_all(line.as_bytes()) {
            log.failure.get_or_insert(error);
        }
    }
}

/// A new file is its owner's; what became a link or a pipe since it was looked at is not opened.
#[cfg(unix)]
fn careful(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
}

#[cfg(not(unix))]
fn careful(_: &mut OpenOptions) {}

/// Takes the file from everybody else, who may have been let in when it was made.
#[cfg(unix)]
fn for_its_owner_alone(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o600);
    file.set_permissions(permissions).map_err(|error| {
        let words = "others may read it, and its owner did not let that be changed";
        io::Error::new(error.kind(), words)
    })
}

/// What stands in a person's folder is theirs already.
#[cfg(not(unix))]
fn for_its_owner_alone(_: &File) -> io::Result<()> {
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_could_not_be_written_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        let log = SecretsFile::open(&path).unwrap();
        log.log("LABEL", &[1], &[0xff]);
        assert!(log.take_failure().is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "LABEL 01 ff\n");

        // As if the disk had become full: this handle cannot write.
        let log = SecretsFile::over(File::open(&path).unwrap());
        log.log("LABEL", &[1], &[0xff]);
        assert!(log.take_failure().is_some());
        assert!(log.take_failure().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn neither_links_nor_pipes_nor_open_doors_are_written_to() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);

        std::os::unix::fs::symlink(path("elsewhere"), path("link")).unwrap();
        let error = SecretsFile::open(&path("link")).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
        assert!(!path("elsewhere").exists());

        // Had it become a link after it was looked at.
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        careful(&mut options);
        assert!(options.open(path("link")).is_err());

        std::fs::write(path("open"), "before\n").unwrap();
        let readable = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(path("open"), readable).unwrap();
        SecretsFile::open(&path("open"))
            .unwrap()
            .log("L", &[1], &[2]);
        let mode = std::fs::metadata(path("open"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(path("open")).unwrap();
        assert_eq!(text, "before\nL 01 02\n");
    }
}
