//! Requests as other programs write them: read when pasted, written when copied.
//!
//! ```text
//! pasted text ─ detect ─┬─ command: shell (words) ─ flags ─ grpcurl, stubless, buf_curl ─► Import
//!                       ├─ json_text: JSON in a log ─────────────┐
//!                       ├─ text_format: parse ──► wire bytes ────┼─► messages as ProtoJSON
//!                       └─ letters: base64, hex ─ frames ────────┘
//! request ─ copy: expand, hold secrets back ─► grpcurl, stubless, JSON, text_format, letters
//! ```
//! Pure: no file is read, no program run. Whatever is not taken is told in a [`Note`].

mod buf_curl;
mod command;
mod copy;
mod detect;
mod flags;
mod frames;
mod grpcurl;
mod import;
mod json_text;
mod letters;
mod placeholder;
mod shell;
mod stubless;
#[cfg(test)]
mod tests;
pub mod text_format;

pub use command::{Command, looks_like_command, read_command};
pub use copy::{Copied, CopyForm, CopyProblem, Outgoing, copy};
pub use detect::{Candidate, CandidateKind, Expected, detect};
pub(crate) use import::literal_json;
pub use import::{CommandProblem, Import, Note, NoteKind, Program};
pub use letters::Encoding;
pub use shell::Shell;
