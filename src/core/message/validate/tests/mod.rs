//! Rules of schemas that import `buf/validate/validate.proto`, as it is bundled.

mod body;
mod form;
mod standard;
mod words;

use std::path::Path;

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};
use protox::{
    Compiler,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver},
};

/// The bundled file as text.
const VALIDATE: &str = include_str!("../../../../../assets/bundled/buf/validate/validate.proto");

/// A schema of one file.
pub(super) fn compile(source: &str) -> DescriptorPool {
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

/// Message `M` with these members, in package `t`, and what stands before it.
pub(super) fn message(before: &str, members: &str) -> MessageDescriptor {
    let pool = compile(&format!(
        r#"syntax = "proto3";
        package t;
        import "buf/validate/validate.proto";
        import "google/protobuf/any.proto";
        import "google/protobuf/descriptor.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";
        {before}
        message M {{ {members} }}"#
    ));
    pool.get_message_by_name("t.M").unwrap()
}

/// A field `f` with rules.
pub(super) fn field(before: &str, kind: &str, rules: &str) -> FieldDescriptor {
    let rules = rules
        .split(';')
        .map(|rule| format!("(buf.validate.field).{rule}"));
    let rules = rules.collect::<Vec<_>>().join(", ");
    let message = message(before, &format!("{kind} f = 1 [{rules}];"));
    message.get_field_by_name("f").unwrap()
}
