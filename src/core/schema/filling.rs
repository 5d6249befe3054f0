//! The files of a schema as descriptors: to stand in for imports that a server does not send, and to be
//! saved.
//!
//! A pool holds no source locations; here the comments get some, so that what leaves a schema keeps
//! them. The places they name are not the source's.

use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, SourceCodeInfo,
    source_code_info::Location,
};

use super::{Schema, wire::put_bytes};

/// Tag of `FileDescriptorProto.source_code_info`.
const SOURCE_CODE_INFO: u32 = 9;

/// Things a comment stands at that have no descriptor of their own: the package and the syntax.
const HEAD_PATHS: [[i32; 1]; 2] = [[2], [12]];

impl Schema {
    /// The names of all files, sorted.
    pub fn file_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.files().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// The serialized descriptor of a file, with its comments; `None` when there is no file of this name.
    pub fn file_bytes(&self, name: &str) -> Option<Vec<u8>> {
        let (pool, _) = self.inner.closure_of(name)?;
        self.bytes_in(&pool, name)
    }

    /// The same, of a file in a pool of this schema.
    pub(super) fn bytes_in(&self, pool: &DescriptorPool, name: &str) -> Option<Vec<u8>> {
        let file = pool.get_file_by_name(name)?;
        let mut bytes = file.encode_to_vec();
        let info = self.comments_of(name, file.file_descriptor_proto());
        if !info.location.is_empty() {
            put_bytes(SOURCE_CODE_INFO, &info.encode_to_vec(), &mut bytes);
        }
        Some(bytes)
    }

    fn comments_of(&self, name: &str, file: &FileDescriptorProto) -> SourceCodeInfo {
        let mut location = Vec::new();
        each_path(file, &mut |path| {
            let comment = self.comment(name, path);
            if !comment.is_empty() {
                location.push(Location {
                    path: path.to_vec(),
                    span: vec![0, 0, 0],
                    leading_comments: Some(as_written(&comment)),
                    ..Location::default()
                });
            }
        });
        SourceCodeInfo { location }
    }
}

/// A comment as a parser hands it over: each line with the blank after its `//`.
fn as_written(comment: &str) -> String {
    let mut text = String::with_capacity(comment.len() + 2);
    for line in comment.lines() {
        if !line.is_empty() {
            text.push(' ');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Visits the path of everything in a file that may have a comment.
fn each_path(file: &FileDescriptorProto, visit: &mut dyn FnMut(&[i32])) {
    for path in HEAD_PATHS {
        visit(&path);
    }
    let mut path = Vec::new();
    each(4, file.message_type.len(), &mut path, &mut |i, path| {
        visit_message(&file.message_type[i], path, visit);
    });
    each(5, file.enum_type.len(), &mut path, &mut |i, path| {
        visit_enum(&file.enum_type[i], path, visit);
    });
    each(6, file.service.len(), &mut path, &mut |i, path| {
        visit(path);
        let methods = file.service[i].method.len();
        each(2, methods, path, &mut |_, path| visit(path));
    });
    each(7, file.extension.len(), &mut path, &mut |_, path| {
        visit(path);
    });
}

/// Recurses once a nesting level; descriptors nest at most 100 deep (their decoder's limit).
fn visit_message(message: &DescriptorProto, path: &mut Vec<i32>, visit: &mut dyn FnMut(&[i32])) {
    visit(path);
    each(2, message.field.len(), path, &mut |_, path| visit(path));
    each(3, message.nested_type.len(), path, &mut |i, path| {
        visit_message(&message.nested_type[i], path, visit);
    });
    each(4, message.enum_type.len(), path, &mut |i, path| {
        visit_enum(&message.enum_type[i], path, visit);
    });
    each(6, message.extension.len(), path, &mut |_, path| visit(path));
    each(8, message.oneof_decl.len(), path, &mut |_, path| {
        visit(path);
    });
}

fn visit_enum(
    enumeration: &EnumDescriptorProto,
    path: &mut Vec<i32>,
    visit: &mut dyn FnMut(&[i32]),
) {
    visit(path);
    each(2, enumeration.value.len(), path, &mut |_, path| visit(path));
}

/// Goes through the items of a repeated field of the descriptor that the path leads to.
fn each(tag: i32, count: usize, path: &mut Vec<i32>, item: &mut dyn FnMut(usize, &mut Vec<i32>)) {
    for index in 0..count {
        path.extend([tag, i32::try_from(index).unwrap_or(i32::MAX)]);
        item(index, path);
        path.truncate(path.len() - 2);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::schema::{compile, load_descriptor_set};

    const TEXT: &str = "syntax = \"proto3\";\n// The package.\npackage p;\n\
        // A message.\n//\n//   indented\nmessage M {\n  // A field.\n  string f = 1;\n\
        // Inner.\nenum E { Z = 0; // zero\n }\n oneof o { int32 a = 2; } }\n\
        // A service.\nservice S {\n  // A method.\n  rpc Do(M) returns (M);\n}\n";

    #[test]
    fn a_file_leaves_the_schema_with_its_comments() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.proto"), TEXT).unwrap();
        let loaded = compile(&[folder.path().to_owned()], &[]);
        assert_eq!(loaded.schema.file_names(), ["a.proto"]);
        let bytes = loaded.schema.file_bytes("a.proto").unwrap();
        assert_eq!(loaded.schema.file_bytes("b.proto"), None);

        let mut set = Vec::new();
        put_bytes(1, &bytes, &mut set);
        let again = load_descriptor_set("a.binpb", &set);

        assert_eq!(again.problems, []);
        for path in [
            &[2][..],
            &[4, 0],
            &[4, 0, 2, 0],
            &[4, 0, 4, 0],
            &[4, 0, 4, 0, 2, 0],
            &[6, 0],
            &[6, 0, 2, 0],
        ] {
            let comment = loaded.schema.comment("a.proto", path);
            assert!(!comment.is_empty(), "{path:?}");
            assert_eq!(again.schema.comment("a.proto", path), comment, "{path:?}");
        }
    }
}
