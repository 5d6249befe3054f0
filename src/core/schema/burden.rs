//! How much a serialized file descriptor takes once it is decoded.
//!
//! Two bytes on the wire are a field, a value or a location of a hundred bytes and more in memory, and
//! each name inside a message is held with those of all around it: a limit on bytes alone lets a file or
//! a server take gigabytes. Counted before anything is decoded. Pure.

use super::{
    candidate::MAX_OPTION_PARTS,
    scan,
    wire::{Fields, Value, put_bytes},
};

/// Messages, fields, values and the like in one file, each some hundred bytes in memory.
const MAX_ELEMENTS: usize = 1_000_000;

/// Bytes of the full names in one file.
const MAX_NAME_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of one full name; protoc takes none that is longer.
const MAX_NAME_LENGTH: usize = u16::MAX as usize;

/// Files that one file imports.
pub(super) const MAX_IMPORTS: usize = 10_000;

/// Bytes of the name of a file. Names of files that are imported publicly are repeated with every importer.
pub(super) const MAX_FILE_NAME: usize = 512;

/// Bytes compared to find what relative names mean: each is looked for in every scope around it.
const MAX_LOOKUP_BYTES: usize = 2 * 1024 * 1024 * 1024;

/// Places in the source of one file; of one with more, none is kept.
const MAX_LOCATIONS: usize = 1_000_000;

/// Nesting looked into; the decoder refuses what is deeper.
const MAX_DEPTH: usize = 100;

/// Tag of `FileDescriptorProto.source_code_info`, and of the locations in it.
const SOURCE_CODE_INFO: u32 = 9;
const LOCATION: u32 = 1;

/// Tags of names, and of `FileDescriptorProto.package`.
const NAME: u32 = 1;
const PACKAGE: u32 = 2;

/// Tag of `FileDescriptorProto.dependency`.
const DEPENDENCY: u32 = 3;

/// Tags of `UninterpretedOption`.
const OPTION_NAME: u32 = 2;
const AGGREGATE: u32 = 8;

/// Tag of the options of a oneof.
const ONEOF_OPTIONS: u32 = 2;

/// What a file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Burden {
    /// Messages, fields, values, methods, imports and the like.
    pub(super) elements: usize,
    /// Places in the source.
    pub(super) locations: usize,
    /// Those elements that a list of symbols shows.
    pub(super) symbols: usize,
    /// Bytes of the full names of the elements.
    pub(super) name_bytes: usize,
    /// Of the longest name.
    longest_name: usize,
    /// Of the longest name of a file, its own and those it imports.
    longest_file_name: usize,
    imports: usize,
    lookup_bytes: usize,
    /// Whether options nest deeper than prost-reflect can take.
    deep_options: bool,
}

#[derive(Clone, Copy, PartialEq)]
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
    Uninterpreted,
    Leaf,
}

impl Burden {
    /// Counts until the first bytes that cannot be read, which the decoder will report, or until it is
    /// more than [`Self::check`] lets pass.
    pub(super) fn of(file: &[u8]) -> Self {
        let mut burden = Self::default();
        burden.count(Kind::File, file, Scope::default(), 0);
        burden
    }

    /// Adds what another file holds.
    pub(super) fn add(&mut self, other: Self) {
        self.elements = self.elements.saturating_add(other.elements);
        self.locations = self.locations.saturating_add(other.locations);
        self.symbols = self.symbols.saturating_add(other.symbols);
        self.name_bytes = self.name_bytes.saturating_add(other.name_bytes);
    }

    /// Refuses a file that would take too much.
    ///
    /// # Errors
    /// The reason, for the person.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.longest_name > MAX_NAME_LENGTH {
            return Err(format!(
                "a name in the file is longer than {MAX_NAME_LENGTH} bytes"
            ));
        }
        if self.elements > MAX_ELEMENTS {
            return Err(format!(
                "the file holds more than {MAX_ELEMENTS} fields, values and methods"
            ));
        }
        if self.longest_file_name > MAX_FILE_NAME {
            return Err(format!(
                "the name of a file is longer than {MAX_FILE_NAME} bytes"
            ));
        }
        if self.imports > MAX_IMPORTS {
            return Err(format!("the file imports more than {MAX_IMPORTS} others"));
        }
        if self.deep_options {
            return Err("an option is nested too deep".to_owned());
        }
        if self.lookup_bytes > MAX_LOOKUP_BYTES {
            return Err("the names in the file are too deep inside others".to_owned());
        }
        if self.name_bytes > MAX_NAME_BYTES {
            let limit = MAX_NAME_BYTES / 1024 / 1024;
            return Err(format!(
                "the full names in the file take more than {limit} MiB"
            ));
        }
        Ok(())
    }

    /// Whether its places in the source are few enough to be kept.
    pub(super) fn has_few_locations(&self) -> bool {
        self.locations <= MAX_LOCATIONS
    }

    fn count(&mut self, kind: Kind, bytes: &[u8], around: Scope, depth: usize) {
        let scope = self.enter(kind, bytes, around);
        for field in Fields::new(bytes).map_while(Result::ok) {
            if self.elements > MAX_ELEMENTS {
                return;
            }
            let Value::Bytes(text) = field.value else {
                self.elements += usize::from(inside(kind, field.tag).is_some());
                continue;
            };
            match (kind, field.tag) {
                (Kind::File, SOURCE_CODE_INFO) => {
                    let locations = Fields::new(text).map_while(Result::ok);
                    let locations = locations.filter(|field| field.tag == LOCATION);
                    self.locations += locations.take(MAX_LOCATIONS + 1).count();
                    continue;
                }
                (Kind::File, NAME) => self.file_name(text),
                (Kind::File, DEPENDENCY) => {
                    self.file_name(text);
                    self.imports += 1;
                }
                (Kind::Field, 2 | 6) | (Kind::Method, 2 | 3) => self.look_up(text, around),
                (Kind::Uninterpreted, AGGREGATE) => {
                    let text = String::from_utf8_lossy(text);
                    self.deep_options |= scan::check_nesting(&text).is_err();
                }
                _ => {}
            }
            if let Some(inner) = inside(kind, field.tag) {
                self.elements += 1;
                if depth < MAX_DEPTH {
                    self.count(inner, text, scope, depth + 1);
                }
            }
        }
    }

    /// Counts the name of an element, and gives the scope that it is.
    fn enter(&mut self, kind: Kind, bytes: &[u8], around: Scope) -> Scope {
        let fields = || Fields::new(bytes).map_while(Result::ok);
        let is_symbol = match kind {
            Kind::File => false,
            Kind::Message | Kind::Enum | Kind::Service | Kind::Method => true,
            Kind::Field | Kind::EnumValue | Kind::Optioned(ONEOF_OPTIONS) => false,
            Kind::Uninterpreted => {
                let parts = fields().filter(|field| field.tag == OPTION_NAME).count();
                self.deep_options |= parts > MAX_OPTION_PARTS;
                return around;
            }
            Kind::Optioned(_) | Kind::Options | Kind::Leaf => return around,
        };
        // The name of a file is no symbol's, its package is.
        let tag = if kind == Kind::File { PACKAGE } else { NAME };
        let mut own: &[u8] = &[];
        for (count, field) in fields().enumerate() {
            if count > MAX_ELEMENTS {
                // More than all it may hold, whatever it is: not worth a second look.
                self.elements = self.elements.saturating_add(count);
                break;
            }
            if let (true, Value::Bytes(name)) = (field.tag == tag, field.value) {
                own = name;
            }
        }
        let scope = Scope {
            bytes: around.bytes + 1 + own.len(),
            parts: around.parts + 1 + dots(own),
        };
        self.longest_name = self.longest_name.max(scope.bytes);
        if kind != Kind::File {
            self.symbols += usize::from(is_symbol);
            self.name_bytes = self.name_bytes.saturating_add(scope.bytes);
        }
        scope
    }

    /// A symbol that is named inside a scope.
    fn look_up(&mut self, name: &[u8], scope: Scope) {
        self.longest_name = self.longest_name.max(name.len());
        if !name.starts_with(b".") {
            let bytes = scope.parts.saturating_mul(scope.bytes + name.len());
            self.lookup_bytes = self.lookup_bytes.saturating_add(bytes);
        }
    }

    fn file_name(&mut self, name: &[u8]) {
        self.longest_file_name = self.longest_file_name.max(name.len());
    }
}

/// The full name around an element.
#[derive(Debug, Clone, Copy, Default)]
struct Scope {
    bytes: usize,
    parts: usize,
}

fn dots(name: &[u8]) -> usize {
    name.iter().filter(|byte| **byte == b'.').count()
}

/// What a field of a descriptor holds, where there may be many of it.
fn inside(kind: Kind, tag: u32) -> Option<Kind> {
    /// Custom options come behind it.
    const UNINTERPRETED_OPTION: u32 = 999;
    Some(match (kind, tag) {
        (Kind::File, 4) | (Kind::Message, 3) => Kind::Message,
        (Kind::File, 5) | (Kind::Message, 4) => Kind::Enum,
        (Kind::File, 6) => Kind::Service,
        (Kind::File, 7) | (Kind::Message, 2 | 6) => Kind::Field,
        (Kind::Message, 5) => Kind::Optioned(3),
        (Kind::Message, 8) => Kind::Optioned(ONEOF_OPTIONS),
        (Kind::Enum, 2) => Kind::EnumValue,
        (Kind::Service, 2) => Kind::Method,
        (Kind::File | Kind::Field, 8)
        | (Kind::Message, 7)
        | (Kind::Enum | Kind::EnumValue | Kind::Service, 3)
        | (Kind::Method, 4) => Kind::Options,
        (Kind::Optioned(options), tag) if options == tag => Kind::Options,
        (Kind::File, 3 | 10 | 11) | (Kind::Message, 9 | 10) | (Kind::Enum, 4 | 5) => Kind::Leaf,
        (Kind::Options, UNINTERPRETED_OPTION) => Kind::Uninterpreted,
        (Kind::Options, UNINTERPRETED_OPTION..) => Kind::Leaf,
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
        let burden = Burden::of(&file);
        assert_eq!((burden.elements, burden.locations), (1_001, 1_000));
        assert_eq!(burden.check(), Ok(()));
        assert_eq!(Burden::of(&without_locations(&file)).locations, 0);
        assert_eq!(Burden::of(&[0xff]).elements, 0);
    }

    #[test]
    fn names_are_counted_with_all_around_them() {
        let named = |name: &str| {
            let mut bytes = Vec::new();
            put_bytes(NAME, name.as_bytes(), &mut bytes);
            bytes
        };
        // package `pkg`, message `Outer` with the field `f`, an enum `E` and a message `In` in it.
        let mut outer = named("Outer");
        for (tag, name) in [(2, "f"), (3, "In"), (4, "E")] {
            put_bytes(tag, &named(name), &mut outer);
        }
        let mut file = named("a/file/of/a/long/name.proto");
        put_bytes(PACKAGE, b"pkg", &mut file);
        put_bytes(4, &outer, &mut file);
        let burden = Burden::of(&file);
        let names = [
            ".pkg.Outer",
            ".pkg.Outer.f",
            ".pkg.Outer.In",
            ".pkg.Outer.E",
        ];
        let expected: usize = names.iter().map(|name| name.len()).sum();
        assert_eq!(burden.name_bytes, expected);
        assert_eq!((burden.symbols, burden.longest_name), (3, 13));
    }

    #[test]
    fn what_would_take_too_much_is_refused() {
        let mut many = Vec::new();
        put_bytes(4, &[0x12, 0].repeat(MAX_ELEMENTS), &mut many);
        let mut long = Vec::new();
        put_bytes(PACKAGE, &[b'a'].repeat(MAX_NAME_LENGTH), &mut long);
        // Ten thousand messages without a name in one with a long name.
        let mut repeated = Vec::new();
        put_bytes(NAME, &[b'a'].repeat(MAX_NAME_LENGTH / 2), &mut repeated);
        repeated.extend([0x1a, 0].repeat(10_000));
        let mut wide = Vec::new();
        put_bytes(4, &repeated, &mut wide);
        // Fields that no message has.
        let mut unknown = Vec::new();
        put_bytes(4, &[0x78, 0].repeat(MAX_ELEMENTS + 2), &mut unknown);
        let rows = [
            (many, "more than 1000000 fields"),
            (unknown, "more than 1000000 fields"),
            (long, "longer than 65535 bytes"),
            (wide, "take more than 64 MiB"),
        ];
        for (file, reason) in rows {
            let refusal = Burden::of(&file).check().unwrap_err();
            assert!(refusal.contains(reason), "{refusal}");
        }
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
