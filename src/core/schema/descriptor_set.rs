//! Serialized `FileDescriptorSet`s, as `protoc -o` and `buf build` write them.

use std::collections::HashSet;

use prost::encoding::{WireType, decode_key, decode_varint};

use super::{Loaded, Problem, Schema, assemble::assemble, candidate::Candidate};

/// Files in one set.
const MAX_FILES: usize = 50_000;

/// Reads a descriptor set. Files that cannot be used (missing imports, broken) become problems.
/// `name` is the file's, for the problems.
pub fn load_descriptor_set(name: &str, bytes: &[u8]) -> Loaded {
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    let (files, damage) = split(bytes);
    if let Some(reason) = damage {
        let hint = "Choose a file that `protoc --include_imports -o` or `buf build -o` wrote";
        problems.push(Problem::new(name, reason).hint(hint));
    }
    for (i, file) in files.iter().enumerate() {
        match Candidate::decode(file) {
            Ok(candidate) => candidates.push(candidate),
            Err(reason) => {
                problems.push(Problem::new(format!("{name}, file {}", i + 1), reason));
            }
        }
    }
    if candidates.is_empty() {
        return Loaded {
            schema: Schema::empty(),
            problems,
        };
    }
    assemble(candidates, HashSet::new(), problems)
}

/// The files of a set, and what is wrong with it. Whole files before the damage are kept.
fn split(bytes: &[u8]) -> (Vec<&[u8]>, Option<String>) {
    let mut files = Vec::new();
    if bytes.is_empty() {
        return (files, Some("the file is empty".to_owned()));
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        let field = decode_key(&mut rest)
            .ok()
            .filter(|&(tag, wire_type)| tag == 1 && wire_type == WireType::LengthDelimited)
            .and_then(|_| decode_varint(&mut rest).ok())
            .and_then(|length| usize::try_from(length).ok());
        let Some(length) = field else {
            let reason = format!("this is not a descriptor set (at byte {offset})");
            return (files, Some(reason));
        };
        let Some(file) = rest.get(..length) else {
            let reason = format!("the descriptor set is cut short (at byte {offset})");
            return (files, Some(reason));
        };
        if files.len() == MAX_FILES {
            return (files, Some(format!("more than {MAX_FILES} files")));
        }
        files.push(file);
        rest = rest.get(length..).unwrap_or_default();
    }
    (files, None)
}

#[cfg(test)]
mod tests;
