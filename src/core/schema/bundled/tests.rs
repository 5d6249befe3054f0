//! That the set is what its sources give, and how names are found in it.

use std::{fs, path::PathBuf};

use prost::Message;
use prost_reflect::DescriptorPool;

use super::{
    super::{
        roots, scan, source, unit,
        wire::{put_bytes, put_varint},
    },
    *,
};

fn assets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

/// Fields of `FileDescriptorProto` that are held apart while a pool is built.
const DEPENDENCY: u32 = 3;
const SOURCE_CODE_INFO: u32 = 9;
const PUBLIC_DEPENDENCY: u32 = 10;

/// The sources, parsed, in the order of their names.
fn sources() -> Vec<Candidate> {
    let root = fs::canonicalize(assets().join("bundled")).unwrap();
    let (paths, complete) = roots::proto_files_below(&root);
    assert!(complete);
    let mut files: Vec<Candidate> = paths
        .iter()
        .map(|path| {
            let name = roots::name_below(&root, path).unwrap();
            let source = scan::decode_source(&fs::read(path).unwrap());
            source::parse_source(&name, source.as_bytes()).unwrap()
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Compiles the sources as files of a person are: parsed one by one, then built in one batch.
fn compile_sources() -> Vec<u8> {
    let files = sources();
    let mut batch = Vec::new();
    for file in &files {
        unit::append(
            &file.body,
            file.imports.iter().map(String::as_str),
            &mut batch,
        );
    }
    let mut pool = DescriptorPool::new();
    pool.decode_file_descriptor_set(batch.as_slice()).unwrap();
    let mut set = Vec::new();
    for mut file in files {
        let built = pool.get_file_by_name(&file.name).unwrap().encode_to_vec();
        let mut bytes = Vec::new();
        for field in Fields::new(&built).map(Result::unwrap) {
            if !matches!(field.tag, DEPENDENCY | SOURCE_CODE_INFO | PUBLIC_DEPENDENCY) {
                bytes.extend_from_slice(field.raw);
            }
        }
        for import in &file.imports {
            put_bytes(DEPENDENCY, import.as_bytes(), &mut bytes);
        }
        for &public in &file.public_imports {
            put_varint(PUBLIC_DEPENDENCY, public as u64, &mut bytes);
        }
        // There is no source to point into at run time: of the locations only the comments count.
        file.info.location.retain(|location| {
            location.leading_comments.is_some() || location.trailing_comments.is_some()
        });
        put_bytes(SOURCE_CODE_INFO, &file.info.encode_to_vec(), &mut bytes);
        put_bytes(1, &bytes, &mut set);
    }
    set
}

#[test]
fn the_set_is_what_its_sources_give() {
    const WRITE: &str = "STUBLESS_WRITE_BUNDLED";
    let set = compile_sources();
    if std::env::var_os(WRITE).is_some() {
        fs::write(assets().join("bundled.binpb"), &set).unwrap();
        return;
    }
    assert!(
        set == SET,
        "assets/bundled.binpb is not what assets/bundled gives; rebuild it with \
         `{WRITE}=1 cargo core the_set_is_what_its_sources_give`"
    );
}

#[test]
fn every_bundled_file_can_be_had_and_finds_its_imports() {
    let names: Vec<_> = index().keys().collect();
    assert_eq!(names.len(), sources().len());
    for name in names {
        let file = file(name).unwrap();
        assert_eq!(file.name, **name);
        for import in &file.imports {
            assert!(bytes(import).is_some(), "{name} imports {import}");
        }
    }
}

#[test]
fn what_was_promised_is_bundled() {
    let names = [
        "google/protobuf/any.proto",
        "google/protobuf/compiler/plugin.proto",
        "google/protobuf/descriptor.proto",
        "google/api/annotations.proto",
        "google/api/field_behavior.proto",
        "google/api/httpbody.proto",
        "google/rpc/error_details.proto",
        "google/rpc/status.proto",
        "google/type/money.proto",
        "google/longrunning/operations.proto",
        "google/iam/v1/policy.proto",
        "grpc/channelz/v1/channelz.proto",
        "grpc/health/v1/health.proto",
        "grpc/reflection/v1/reflection.proto",
        "grpc/reflection/v1alpha/reflection.proto",
        "buf/validate/validate.proto",
        "validate/validate.proto",
        "gogoproto/gogo.proto",
        "protoc-gen-openapiv2/options/annotations.proto",
    ];
    for name in names {
        assert_eq!(fallback(name), Some(name));
    }
}

#[test]
fn well_known_symbols_have_an_owner() {
    assert_eq!(
        owner("google.protobuf.Any"),
        Some("google/protobuf/any.proto")
    );
    assert_eq!(owner("google.protobuf.Nothing"), None);
    assert_eq!(owner("google.rpc.Status"), None, "not of google.protobuf");
}

#[test]
fn vendored_copies_are_recognised_by_their_path() {
    let rows = [
        (
            "google/protobuf/any.proto",
            Some("google/protobuf/any.proto"),
        ),
        (
            "a/google/protobuf/any.proto",
            Some("google/protobuf/any.proto"),
        ),
        (
            "a/google/protobuf/compiler/plugin.proto",
            Some("google/protobuf/compiler/plugin.proto"),
        ),
        ("agoogle/protobuf/any.proto", None),
        ("any.proto", None),
        ("google/rpc/status.proto", None),
    ];
    for (path, name) in rows {
        assert_eq!(name_at_end_of(path), name, "{path}");
    }
}

#[test]
fn missing_imports_are_filled_by_name_or_by_its_end() {
    let rows = [
        (
            "third_party/googleapis/google/api/http.proto",
            Some("google/api/http.proto"),
        ),
        (
            "github.com/gogo/protobuf/gogoproto/gogo.proto",
            Some("gogoproto/gogo.proto"),
        ),
        (
            "src/proto/grpc/status/status.proto",
            Some("google/rpc/status.proto"),
        ),
        (
            "grpc_health/v1/health.proto",
            Some("grpc/health/v1/health.proto"),
        ),
        (
            "github.com/envoyproxy/protoc-gen-validate/validate/validate.proto",
            Some("validate/validate.proto"),
        ),
        ("our/validate/validate.proto", None),
        ("mygoogle/api/http.proto", None),
        ("http.proto", None),
        ("", None),
    ];
    for (import, name) in rows {
        assert_eq!(fallback(import), name, "{import}");
    }
}
