//! `.proto` files to descriptors, by protox.

use std::path::{Path, PathBuf};

use super::Loaded;

/// Compiles files (or every `.proto` below a folder) with import roots; roots are inferred when
/// none are given. Blocking: call it on a worker thread. Never panics and never aborts: size,
/// nesting and depth of imports are checked before protox sees a file.
pub fn compile(files: &[PathBuf], roots: &[PathBuf]) -> Loaded {
    let _ = (files, roots);
    unimplemented!()
}

/// The import roots that make a file's own imports resolve, nearest first.
pub fn infer_roots(file: &Path) -> Vec<PathBuf> {
    let _ = file;
    unimplemented!()
}
