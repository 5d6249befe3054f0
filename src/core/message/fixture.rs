//! Schemas for the tests of this module.

use std::path::Path;

use prost_reflect::DescriptorPool;
use protox::{
    Compiler,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver},
};

/// `testdata/wire.proto` and `testdata/wire2.proto`.
pub(super) fn pool() -> DescriptorPool {
    super::fuzz::POOL.clone()
}

/// protovalidate's file, as it comes with the program.
const VALIDATE: &str = include_str!("../../../assets/bundled/buf/validate/validate.proto");

/// One file, written where it is used.
pub(crate) fn compile(source: &str) -> DescriptorPool {
    struct Source(String);
    impl FileResolver for Source {
        fn open_file(&self, name: &str) -> Result<File, protox::Error> {
            match name {
                "test.proto" => File::from_source(name, &self.0),
                "buf/validate/validate.proto" => File::from_source(name, VALIDATE),
                _ => Err(protox::Error::file_not_found(name)),
            }
        }
    }
    let mut resolver = ChainFileResolver::new();
    resolver.add(GoogleFileResolver::new());
    resolver.add(Source(source.to_owned()));
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler
        .include_imports(true)
        .open_file(Path::new("test.proto"))
        .unwrap();
    compiler.descriptor_pool()
}
