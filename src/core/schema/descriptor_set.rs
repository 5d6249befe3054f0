//! Serialized `FileDescriptorSet`s, as `protoc -o` and `buf build` write them.

use std::collections::HashSet;

use prost::encoding::{WireType, decode_key, decode_varint};

use super::{
    Loaded, Problem, Schema,
    assemble::assemble_units,
    burden::{self, Burden},
    candidate::Candidate,
    unit::Unit,
};

/// Files in one set.
const MAX_FILES: usize = 50_000;

/// Symbols in one set, each some hundred bytes in the list of them.
const MAX_SYMBOLS: usize = 1_000_000;

/// All elements in one set, fields and values too; each is looked at. Googleapis has less than a million.
const MAX_ELEMENTS: usize = 5_000_000;

/// Bytes of the full names of all elements in one set.
const MAX_NAME_BYTES: usize = 512 * 1024 * 1024;

/// Places in the source of all files of a set; of files beyond, the comments are missing.
const MAX_LOCATIONS: usize = 8_000_000;

/// Broken files that are told one by one.
const MAX_TOLD: usize = 1_000;

/// Reads a descriptor set. Files that cannot be used (missing imports, broken) become problems.
/// `name` is the file's, for the problems.
pub fn load_descriptor_set(name: &str, bytes: &[u8]) -> Loaded {
    let mut problems = Vec::new();
    let mut units = Vec::new();
    let (files, damage) = split(bytes);
    if let Some(reason) = damage {
        let hint = "Choose a file that `protoc --include_imports -o` or `buf build -o` wrote";
        problems.push(Problem::new(name, reason).hint(hint));
    }
    let mut total = Burden::default();
    let mut broken = 0;
    for (i, file) in files.iter().enumerate() {
        let of_file = Burden::of(file);
        // A file that is too much alone is told as one that is broken.
        if of_file.check().is_ok() {
            total.add(of_file);
        }
        let too_much = total.symbols > MAX_SYMBOLS
            || total.elements > MAX_ELEMENTS
            || total.name_bytes > MAX_NAME_BYTES;
        if too_much {
            let reason = format!(
                "the set defines too much; its files from number {} on are left out",
                i + 1
            );
            problems.push(Problem::new(name, reason));
            break;
        }
        // Each is let go before the next one: decoded, it takes many times its bytes.
        let candidate = if total.locations > MAX_LOCATIONS {
            Candidate::decode_weighed(&burden::without_locations(file), of_file)
        } else {
            Candidate::decode_weighed(file, of_file)
        };
        match candidate {
            Ok(candidate) => units.push(Unit::seal(candidate)),
            Err(reason) => {
                broken += 1;
                if broken <= MAX_TOLD {
                    problems.push(Problem::new(format!("{name}, file {}", i + 1), reason));
                }
            }
        }
    }
    if broken > MAX_TOLD {
        let reason = format!("{} more files of the set are broken", broken - MAX_TOLD);
        problems.push(Problem::new(name, reason));
    }
    if units.is_empty() {
        return Loaded {
            schema: Schema::empty(),
            problems,
        };
    }
    assemble_units(units, HashSet::new(), problems)
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
