//! The well-known files under `google/protobuf/`, which every source may import without having them.
//!
//! They always win over a copy in the source: newer copies of `descriptor.proto` use syntax that
//! protox cannot read, and a hostile one could break the reading of options.

use std::{collections::HashMap, sync::OnceLock};

use prost_reflect::DescriptorPool;

use super::candidate::Candidate;

const NAMES: [&str; 12] = [
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

/// Whether a file of this name is bundled.
pub(super) fn contains(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The bundled name a path ends with, as in `vendor/google/protobuf/any.proto`.
pub(super) fn name_at_end_of(path: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|name| {
        path.strip_suffix(name)
            .is_some_and(|p| p.is_empty() || p.ends_with('/'))
    })
}

/// A bundled file.
pub(super) fn file(name: &str) -> Option<Candidate> {
    if !contains(name) {
        return None;
    }
    let file = DescriptorPool::global().get_file_by_name(name)?;
    Candidate::decode(&file.encode_to_vec()).ok()
}

/// The bundled file that defines a top-level symbol.
pub(super) fn owner(symbol: &str) -> Option<&'static str> {
    static OWNERS: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    if !symbol.starts_with("google.protobuf.") {
        return None;
    }
    OWNERS
        .get_or_init(|| {
            NAMES
                .into_iter()
                .filter_map(|name| Some((name, file(name)?)))
                .flat_map(|(name, file)| {
                    file.symbols()
                        .into_iter()
                        .map(move |(symbol, _)| (symbol, name))
                })
                .collect()
        })
        .get(symbol)
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_file_is_there() {
        for name in NAMES {
            assert!(file(name).is_some(), "{name}");
        }
        assert_eq!(
            owner("google.protobuf.Any"),
            Some("google/protobuf/any.proto")
        );
        assert_eq!(owner("google.protobuf.Nothing"), None);
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
            ("agoogle/protobuf/any.proto", None),
            ("any.proto", None),
        ];
        for (path, name) in rows {
            assert_eq!(name_at_end_of(path), name, "{path}");
        }
    }
}
