//! Words for a log that could not be saved or opened.

use std::path::Path;

use super::{Failure, card, chain};
use crate::call::LogFileError;

/// A log that was not saved; nothing was written.
pub fn log_save_failure(path: &Path, error: &LogFileError) -> Failure {
    let hint = match error {
        LogFileError::Stopped => "The file is as it was before",
        _ => "Choose another file or folder",
    };
    let summary = format!("The log was not saved to `{}`", path.display());
    card(summary, reason(error), hint, &[])
}

/// A log that was not opened.
pub fn log_open_failure(path: &Path, error: &LogFileError) -> Failure {
    let hint = match error {
        LogFileError::NotALog => "Choose a file that “Save log…” wrote",
        LogFileError::Future(_) => "Open it with the Stubless that wrote it, or a later one",
        LogFileError::Facts(_) => {
            "The file was cut short or changed: save the log once more, if its call is still open"
        }
        LogFileError::Io { .. } => "Look whether the file is there and may be read",
        LogFileError::Full(_) => "Close other calls, or raise the limits under “Message memory…”",
        LogFileError::Stopped => "",
    };
    let summary = format!("`{}` was not opened", path.display());
    card(summary, reason(error), hint, &[])
}

fn reason(error: &LogFileError) -> String {
    match error {
        LogFileError::Io { doing, source } => format!("{doing}: {}", chain(source)),
        LogFileError::NotALog
        | LogFileError::Future(_)
        | LogFileError::Facts(_)
        | LogFileError::Full(_)
        | LogFileError::Stopped => error.to_string(),
    }
}
