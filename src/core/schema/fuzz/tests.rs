//! Files that are almost right: those that come with the program and with the tests, with a few bytes or
//! words of them changed.

use std::{fs, path::Path};

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::schema::scan::Tokens;

/// Sources that are mutated, of every syntax.
const SOURCES: [&str; 8] = [
    "assets/bundled/google/protobuf/any.proto",
    "assets/bundled/google/protobuf/struct.proto",
    "assets/bundled/google/protobuf/java_features.proto",
    "assets/bundled/google/api/annotations.proto",
    "assets/bundled/grpc/health/v1/health.proto",
    "src/core/schema/editions/tests/closed.proto",
    "src/core/schema/editions/tests/editions.proto",
    "src/core/testdata/wire2.proto",
];

/// Words that change what stands beside them.
const WORDS: [&str; 24] = [
    "message",
    "enum",
    "service",
    "extend",
    "oneof",
    "map<string, M>",
    "group G = 1 {",
    "{",
    "}",
    ";",
    "[",
    "]",
    "=",
    "to max",
    "reserved",
    "extensions",
    "option (a).b = {",
    "default = -1",
    "packed = true",
    "2147483648",
    ".a.b.C",
    "stream",
    "import public \"a.proto\";",
    "edition = \"2024\";",
];

fn read(name: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(top.join(name)).unwrap()
}

/// What is done to a file: where, of how much, and what.
#[derive(Debug, Clone)]
enum Edit {
    Byte(usize, u8),
    Cut(usize),
    DropWord(usize),
    RepeatWords(usize, usize),
    SwapWords(usize, usize),
    PutWord(usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = 0..100_000_usize;
    prop_oneof![
        4 => (at.clone(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        1 => at.clone().prop_map(Edit::Cut),
        3 => at.clone().prop_map(Edit::DropWord),
        2 => (at.clone(), 1..12_usize).prop_map(|(at, count)| Edit::RepeatWords(at, count)),
        3 => (at.clone(), at.clone()).prop_map(|(one, other)| Edit::SwapWords(one, other)),
        4 => (at, 0..WORDS.len()).prop_map(|(at, word)| Edit::PutWord(at, word)),
    ]
}

/// Changes words; without any, nothing.
fn apply_to_words(words: &mut Vec<String>, edit: &Edit) {
    let count = words.len();
    if count == 0 {
        return;
    }
    match *edit {
        Edit::Byte(..) | Edit::Cut(_) => {}
        Edit::DropWord(at) => {
            words.remove(at % count);
        }
        Edit::RepeatWords(at, length) => {
            let at = at % count;
            let end = (at + length).min(count);
            let again = words[at..end].to_vec();
            words.splice(end..end, again);
        }
        Edit::SwapWords(one, other) => words.swap(one % count, other % count),
        Edit::PutWord(at, word) => words.insert(at % count, WORDS[word].to_owned()),
    }
}

fn apply_to_bytes(bytes: &mut Vec<u8>, edit: &Edit) {
    let count = bytes.len();
    match *edit {
        _ if count == 0 => {}
        Edit::Byte(at, byte) => bytes[at % count] = byte,
        Edit::Cut(at) => bytes.truncate(at % count),
        Edit::DropWord(at) => {
            bytes.remove(at % count);
        }
        Edit::RepeatWords(at, length) => {
            let at = at % count;
            let end = (at + length).min(count);
            let again = bytes[at..end].to_vec();
            bytes.splice(end..end, again);
        }
        Edit::SwapWords(one, other) => bytes.swap(one % count, other % count),
        Edit::PutWord(at, word) => bytes.insert(at % count, u8::try_from(word).unwrap()),
    }
}

/// A source with its words changed, then its bytes.
fn edited(source: &str, edits: &[Edit]) -> Vec<u8> {
    let mut words: Vec<String> = Tokens::new(source).map(|it| it.text.to_owned()).collect();
    for edit in edits {
        apply_to_words(&mut words, edit);
    }
    let mut bytes = words.join(" ").into_bytes();
    let own = edits
        .iter()
        .filter(|it| matches!(it, Edit::Byte(..) | Edit::Cut(_)));
    for edit in own {
        apply_to_bytes(&mut bytes, edit);
    }
    bytes
}

/// A serialized set of some sources.
fn set() -> Vec<u8> {
    let files = SOURCES.iter().filter_map(|name| {
        let candidate = source::parse_source(name, read(name).as_bytes()).ok()?;
        let mut proto = candidate.proto;
        proto.dependency = candidate.imports;
        Some(proto)
    });
    let set = FileDescriptorSet {
        file: files.collect(),
    };
    set.encode_to_vec()
}

#[test]
fn sources_and_sets_that_are_right_hold() {
    for name in SOURCES {
        let text = read(name);
        assert!(
            source::parse_source(name, text.as_bytes()).is_ok(),
            "{name}"
        );
        source(text.as_bytes());
        source(&edited(&text, &[]));
    }
    let set = set();
    assert_eq!(
        FileDescriptorSet::decode(&*set).unwrap().file.len(),
        SOURCES.len()
    );
    descriptors(&set);
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn a_source_that_is_almost_right_is_used_or_told(
        which in 0..SOURCES.len(),
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        source(&edited(&read(SOURCES[which]), &edits));
    }

    #[test]
    fn an_entry_of_the_cache_that_is_almost_right_is_none_or_used(
        which in 0..SOURCES.len(),
        edits in prop::collection::vec(edit(), 0..6),
    ) {
        let candidate = source::parse_source("a.proto", read(SOURCES[which]).as_bytes()).unwrap();
        let mut entry = cache::encode(&Unit::seal(candidate)).to_vec();
        for edit in &edits {
            apply_to_bytes(&mut entry, edit);
        }
        cached(&entry);
    }
}

proptest! {
    // Each case builds all of them several times.
    #![proptest_config(config(24))]

    #[test]
    fn a_set_that_is_almost_right_is_used_or_told(
        which in 0..SOURCES.len(),
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let mut set = FileDescriptorSet::decode(&*set()).unwrap();
        // One of them is changed; others that import it stay as they are.
        let mut bytes = set.file.swap_remove(which).encode_to_vec();
        for edit in &edits {
            apply_to_bytes(&mut bytes, edit);
        }
        let mut all = set.encode_to_vec();
        prost::encoding::bytes::encode(1, &bytes, &mut all);
        descriptors(&all);
    }
}
