//! The fuzz targets: every parser of bytes from outside, and what has to hold for any bytes.
//!
//! A target takes raw bytes, of which the first may choose limits and chunk sizes, and asserts an
//! invariant of its parser: the same answer for every chunking, never more than the limit, what was
//! written reads back. `tests/fuzz` runs them under libFuzzer; the test below replays what is kept in
//! `tests/fuzz/corpus`.

use std::{
    panic,
    sync::{Mutex, PoisonError},
};

pub use crate::{
    call::fuzz::{log_file, status_details},
    grpc::fuzz::{
        certificate, first_bytes, frames, framing, handshake, inflate, metadata, outcome, percent,
        proxy, proxy_answer, server, target,
    },
    message::fuzz::{
        message_decode, message_diff, message_edit, message_encode, message_rules, wire_tree,
    },
    schema::fuzz::{cached, descriptors, reflection, source},
};

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its program in `tests/fuzz/fuzz_targets` and of its
/// folder in `tests/fuzz/corpus`.
pub const TARGETS: [(&str, Target); 25] = [
    ("cached", cached),
    ("certificate", certificate),
    ("descriptors", descriptors),
    ("first_bytes", first_bytes),
    ("frames", frames),
    ("framing", framing),
    ("handshake", handshake),
    ("inflate", inflate),
    ("log_file", log_file),
    ("message_decode", message_decode),
    ("message_diff", message_diff),
    ("message_edit", message_edit),
    ("message_encode", message_encode),
    ("message_rules", message_rules),
    ("metadata", metadata),
    ("outcome", outcome),
    ("percent", percent),
    ("proxy", proxy),
    ("proxy_answer", proxy_answer),
    ("reflection", reflection),
    ("server", server),
    ("source", source),
    ("status_details", status_details),
    ("target", target),
    ("wire_tree", wire_tree),
];

/// Runs a target whose parser survives panics of a library it uses. A fuzzer ends at every panic,
/// caught or not; here only one that leaves the target does.
pub fn surviving(target: Target, data: &[u8]) {
    static LAST: Mutex<String> = Mutex::new(String::new());
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let fatal = panic::take_hook();
    panic::set_hook(Box::new(move |panic| *last() = panic.to_string()));
    let ended = panic::catch_unwind(|| target(data));
    panic::set_hook(fatal);
    if ended.is_err() {
        panic!("{}", last());
    }
}

/// What a target reads: choices first, then the bytes for its parser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte, zero where there is none.
    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// Up to the next NUL, or all of it: texts are told apart in a way a fuzzer finds soon.
    pub(crate) fn part(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        let (part, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        part
    }

    /// All that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// Cuts bytes into pieces whose lengths follow from a seed; 0 cuts them byte by byte.
pub(crate) fn pieces(mut bytes: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut state = usize::from(seed);
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        state = state * 25 % 509;
        let (piece, rest) = bytes.split_at((1 + state % 40).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// What a person or a fuzzer found worth keeping still holds.
    #[test]
    fn every_kept_input_still_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
        let mut folders: Vec<String> = fs::read_dir(&corpus)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort();
        assert_eq!(
            folders,
            TARGETS.map(|(name, _)| name),
            "targets and folders"
        );
        for (name, target) in TARGETS {
            let mut files: Vec<_> = fs::read_dir(corpus.join(name))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            files.sort();
            assert!(!files.is_empty(), "{name} has no input");
            for file in files {
                let bytes = fs::read(&file).unwrap();
                // The file's name would otherwise be told by no panic below.
                let replayed = std::panic::catch_unwind(|| target(&bytes));
                assert!(replayed.is_ok(), "{name}: {}", file.display());
            }
        }
    }

    #[test]
    fn every_target_has_its_program() {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/fuzz_targets");
        for (name, _) in TARGETS {
            let text = fs::read_to_string(programs.join(format!("{name}.rs"))).unwrap();
            assert!(
                text.contains(&format!("[`stubless_core::fuzz::{name}`]")),
                "{name}"
            );
        }
        assert_eq!(fs::read_dir(programs).unwrap().count(), TARGETS.len());
    }

    #[test]
    fn pieces_are_the_whole() {
        let bytes: Vec<u8> = (0..=255).collect();
        for seed in 0..=255 {
            assert_eq!(pieces(&bytes, seed).concat(), bytes, "{seed}");
        }
        assert_eq!(pieces(&bytes, 0).len(), bytes.len());
    }
}
