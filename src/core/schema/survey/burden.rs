//! How much a serialized file descriptor takes once it is decoded.
//!
//! Two bytes on the wire are a field, a value or a location of a hundred bytes and more in memory: a limit
//! on bytes alone lets a server take gigabytes. Counted before anything is decoded. Pure.

use crate::schema::wire::{Fields, Value, put_bytes};

/// Nesting looked into; the decoder refuses what is deeper.
const MAX_DEPTH: usize = 100;

/// Tag of `FileDescriptorProto.source_code_info`, and of the locations in it.
const SOURCE_CODE_INFO: u32 = 9;
const LOCATION: u32 = 1;

/// What a file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Burden {
    /// Messages, fields, values, methods, imports and the like.
    pub(super) elements: usize,
    /// Places in the source.
    pub(super) locations: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Message,
    Field,
    Enum,
    EnumValue,
    Service,
    Method,
    /// What holds options besides plain values.
    Optioned(u32),
    Options,
    Leaf,
}

impl Burden {
    /// Counts until the first bytes that cannot be read, which the decoder will report.
    pub(super) fn of(file: &[u8]) -> Self {
        let mut burden = Self::default();
        burden.count(Kind::File, file, 0);
        burden
    }

    fn count(&mut self, kind: Kind, bytes: &[u8], depth: usize) {
        for field in Fields::new(bytes).map_while(Result::ok) {
            if matches!((kind, field.tag), (Kind::File, SOURCE_CODE_INFO)) {
                if let Value::Bytes(info) = field.value {
                    let locations = Fields::new(info).map_while(Result::ok);
                    self.locations += locations.filter(|field| field.tag == LOCATION).count();
                }
                continue;
            }
            let Some(inner) = inside(kind, field.tag) else {
                continue;
            };
            self.elements += 1;
            if let (Value::Bytes(bytes), true) = (field.value, depth < MAX_DEPTH) {
                self.count(inner, bytes, depth + 1);
            }
        }
    }
}

/// What a field of a descriptor holds, where there may be many of it.
fn inside(kind: Kind, tag: u32) -> Option<Kind> {
    /// `uninterpreted_option`, and custom options.
    const FIRST_OPTION_WITHOUT_END: u32 = 999;
    Some(match (kind, tag) {
        (Kind::File, 4) | (Kind::Message, 3) => Kind::Message,
        (Kind::File, 5) | (Kind::Message, 4) => Kind::Enum,
        (Kind::File, 6) => Kind::Service,
        (Kind::File, 7) | (Kind::Message, 2 | 6) => Kind::Field,
        (Kind::Message, 5) => Kind::Optioned(3),
        (Kind::Message, 8) => Kind::Optioned(2),
        (Kind::Enum, 2) => Kind::EnumValue,
        (Kind::Service, 2) => Kind::Method,
        (Kind::File | Kind::Field, 8)
        | (Kind::Message, 7)
        | (Kind::Enum | Kind::EnumValue | Kind::Service, 3)
        | (Kind::Method, 4) => Kind::Options,
        (Kind::Optioned(options), tag) if options == tag => Kind::Options,
        (Kind::File, 3 | 10 | 11) | (Kind::Message, 9 | 10) | (Kind::Enum, 4 | 5) => Kind::Leaf,
        (Kind::Options, FIRST_OPTION_WITHOUT_END..) => Kind::Leaf,
        _ => return None,
    })
}

/// The file without its source locations.
pub(super) fn without_locations(file: &[u8]) -> Vec<u8> {
    let mut rest = Vec::new();
    for field in Fields::new(file).map_while(Result::ok) {
        if field.tag != SOURCE_CODE_INFO {
            rest.extend_from_slice(field.raw);
        }
    }
    rest
}

/// The file with a name in place of the one it has, if it has any.
pub(super) fn named(file: &[u8], name: &str) -> Vec<u8> {
    let mut named = file.to_vec();
    // Of a field that stands twice, the last counts.
    put_bytes(1, name.as_bytes(), &mut named);
    named
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorProto;

    use super::*;

    #[test]
    fn what_takes_memory_is_counted() {
        let pool = prost_reflect::DescriptorPool::global();
        let file = pool.get_file_by_name("google/protobuf/type.proto").unwrap();
        let proto = file.file_descriptor_proto();
        let mut expected = proto.dependency.len() + 1;
        for message in &proto.message_type {
            expected += 1 + message.field.len() + message.enum_type.len();
            expected += message
                .enum_type
                .iter()
                .map(|e| e.value.len())
                .sum::<usize>();
        }
        expected += proto.enum_type.len();
        expected += proto.enum_type.iter().map(|e| e.value.len()).sum::<usize>();
        let options = proto.message_type.iter().flat_map(|m| &m.field);
        expected += options.filter(|field| field.options.is_some()).count();
        let burden = Burden::of(&file.encode_to_vec());
        assert_eq!(burden.elements, expected);
    }

    #[test]
    fn bytes_that_hold_much_in_little_are_heavy() {
        // A message of a thousand fields without anything, two bytes each.
        let mut file = Vec::new();
        put_bytes(4, &[0x12, 0].repeat(1_000), &mut file);
        // A thousand locations in a file.
        put_bytes(9, &[0x0a, 0].repeat(1_000), &mut file);
        let expected = Burden {
            elements: 1_001,
            locations: 1_000,
        };
        assert_eq!(Burden::of(&file), expected);
        assert_eq!(Burden::of(&without_locations(&file)).locations, 0);
        assert_eq!(Burden::of(&[0xff]), Burden::default());
    }

    #[test]
    fn a_name_can_be_given() {
        let old = FileDescriptorProto {
            name: Some("old".to_owned()),
            ..FileDescriptorProto::default()
        };
        for file in [old, FileDescriptorProto::default()] {
            let named = named(&file.encode_to_vec(), "new");
            let named = FileDescriptorProto::decode(&*named).unwrap();
            assert_eq!(named.name(), "new");
        }
    }
}
