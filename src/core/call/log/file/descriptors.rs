//! The descriptors that a log is saved with, so that it opens where its schema is not at hand.

use std::collections::HashSet;

use prost_reflect::{FileDescriptor, MethodDescriptor};

/// Up to so many bytes all files of the schema at hand are kept: what an `Any` holds is found, too.
const ALL_BYTES: usize = 2 << 20;

/// A serialized `FileDescriptorSet` with the file of a method and all that it imports; with the rest of its
/// schema where that is small.
pub(crate) fn descriptors_of(method: &MethodDescriptor) -> Vec<u8> {
    let pool = method.parent_pool();
    let mut seen = HashSet::new();
    let mut needed = Vec::new();
    collect(&method.parent_file(), &mut seen, &mut needed);
    let others: Vec<_> = pool
        .files()
        .filter(|file| !seen.contains(file.name()))
        .collect();
    let mut rest = Vec::new();
    for file in &others {
        collect(file, &mut seen, &mut rest);
    }
    let len = |files: &[Vec<u8>]| files.iter().map(Vec::len).sum::<usize>();
    if len(&needed) + len(&rest) <= ALL_BYTES {
        needed.append(&mut rest);
    }
    let mut set = Vec::with_capacity(len(&needed) + 8 * needed.len());
    for file in &needed {
        prost::encoding::bytes::encode(1, file, &mut set);
    }
    set
}

/// A file behind what it imports. Files were accepted in such an order, so that this ends.
fn collect(file: &FileDescriptor, seen: &mut HashSet<String>, files: &mut Vec<Vec<u8>>) {
    if !seen.insert(file.name().to_owned()) {
        return;
    }
    for import in file.dependencies() {
        collect(&import, seen, files);
    }
    files.push(file.encode_to_vec());
}
