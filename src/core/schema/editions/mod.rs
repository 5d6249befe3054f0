//! Editions, lowered: a file of edition 2023, 2024 or 2026 becomes one that says the same in proto3 or proto2.
//!
//! prost-reflect knows two syntaxes and takes them for a property of the file; with editions presence,
//! packing, closed enums and delimited messages are each field's own. It reads them from the field all
//! the same where the field says so, and that is what is written here:
//!
//! ```text
//! field_presence EXPLICIT         proto3_optional        repeated_field_encoding   packed
//! field_presence LEGACY_REQUIRED  label required         message_encoding DELIMITED   type group
//! enum_type                       kept in the enum's own features, for [`is_closed`]
//! ```
//! The form is proto3, where implicit presence can be said. Only a file with an enum that does not begin
//! with 0, which proto3 forbids, becomes proto2; its fields of implicit presence then have explicit
//! presence: zeroes are shown and sent where they are set.
//!
//! Works on wire bytes, since prost's types know no features and would lose custom options.
//! Spec: <https://protobuf.dev/editions/features>, `google/protobuf/descriptor.proto`.

mod feature;
mod names;
mod source;

use std::collections::HashSet;

use prost::Message as _;
use prost_reflect::{EnumDescriptor, Syntax};
use prost_types::{FileDescriptorProto, UninterpretedOption};

pub(super) use source::{mend, rewrite};

use super::wire::{Fields, Value, put_bytes, put_varint};
use feature::{
    Features, Presence, UNINTERPRETED_OPTION, default_of, take_features, without_features,
};
use names::{Names, join, map_entries};

/// Editions 2023, 2024 and 2026, by their numbers. What is new in the last changes nothing on the wire:
/// limits, style and who may see a symbol.
const KNOWN: std::ops::RangeInclusive<u64> = 1000..=1002;

/// Nesting of messages in a descriptor; the decoders behind stop at the same depth.
const MAX_DEPTH: usize = 100;

/// Fields of the descriptors.
mod tag {
    pub(crate) mod file {
        pub(crate) const PACKAGE: u32 = 2;
        pub(crate) const MESSAGE: u32 = 4;
        pub(crate) const ENUM: u32 = 5;
        pub(crate) const SERVICE: u32 = 6;
        pub(crate) const EXTENSION: u32 = 7;
        pub(crate) const OPTIONS: u32 = 8;
        pub(crate) const SYNTAX: u32 = 12;
        pub(crate) const EDITION: u32 = 14;
    }
    pub(crate) mod message {
        pub(crate) const NAME: u32 = 1;
        pub(crate) const FIELD: u32 = 2;
        pub(crate) const NESTED: u32 = 3;
        pub(crate) const ENUM: u32 = 4;
        pub(crate) const EXTENSION_RANGE: u32 = 5;
        pub(crate) const EXTENSION: u32 = 6;
        pub(crate) const OPTIONS: u32 = 7;
        pub(crate) const ONEOF: u32 = 8;
    }
    pub(crate) mod field {
        pub(crate) const LABEL: u32 = 4;
        pub(crate) const TYPE: u32 = 5;
        pub(crate) const TYPE_NAME: u32 = 6;
        pub(crate) const DEFAULT_VALUE: u32 = 7;
        pub(crate) const OPTIONS: u32 = 8;
        pub(crate) const ONEOF_INDEX: u32 = 9;
        pub(crate) const PROTO3_OPTIONAL: u32 = 17;
    }
    pub(crate) mod enumeration {
        pub(crate) const VALUE: u32 = 2;
        pub(crate) const OPTIONS: u32 = 3;
    }
    /// Where what has features, but none that lowering reads, has its options.
    pub(crate) mod options_of {
        pub(crate) const ONEOF: u32 = 2;
        pub(crate) const EXTENSION_RANGE: u32 = 3;
        pub(crate) const ENUM_VALUE: u32 = 3;
        pub(crate) const SERVICE: u32 = 3;
        pub(crate) const METHOD: u32 = 4;
    }
    pub(crate) mod service {
        pub(crate) const METHOD: u32 = 2;
    }
    pub(crate) mod options {
        pub(crate) const PACKED: u32 = 2;
        pub(crate) const MAP_ENTRY: u32 = 7;
    }
    /// Where the options of each kind hold their features.
    pub(crate) mod features {
        pub(crate) const FILE: u32 = 50;
        pub(crate) const MESSAGE: u32 = 12;
        pub(crate) const FIELD: u32 = 21;
        pub(crate) const ENUM: u32 = 7;
    }
}

const LABEL_REQUIRED: u64 = 2;
const LABEL_REPEATED: u64 = 3;
const TYPE_GROUP: u64 = 10;
const TYPE_MESSAGE: u64 = 11;
const TYPE_BYTES: u64 = 12;
const TYPE_ENUM: u64 = 14;

/// Lowers a serialized `FileDescriptorProto`; `None` when it is of no edition, or of one that is not known.
///
/// # Errors
/// The reason, when the bytes are no file descriptor.
pub(super) fn lower(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut syntax: &[u8] = b"";
    let mut edition = 0;
    let mut package: &[u8] = b"";
    let mut features = Features::default();
    let mut options = Vec::new();
    for field in Fields::new(bytes) {
        let field = field?;
        match (field.tag, field.value) {
            (tag::file::SYNTAX, Value::Bytes(text)) => syntax = text,
            (tag::file::EDITION, Value::Varint(number)) => edition = number,
            (tag::file::PACKAGE, Value::Bytes(text)) => package = text,
            (tag::file::OPTIONS, Value::Bytes(inner)) => {
                options.extend(take_features(inner, tag::features::FILE, &mut features)?);
            }
            _ => {}
        }
    }
    if syntax != b"editions" || !KNOWN.contains(&edition) {
        return Ok(None);
    }
    let zero_first = enums_begin_with_zero(bytes, 0)?;
    let scope = String::from_utf8_lossy(package).into_owned();
    let form = Form {
        proto3: zero_first,
        names: Names::of(bytes, &scope)?,
    };
    let mut lowered = Vec::with_capacity(bytes.len());
    for field in Fields::new(bytes) {
        let field = field?;
        match (field.tag, field.value) {
            (tag::file::SYNTAX | tag::file::EDITION | tag::file::OPTIONS, _) => {}
            (tag::file::MESSAGE, Value::Bytes(message)) => {
                let message = form.message(message, features, &scope, 0)?;
                put_bytes(field.tag, &message, &mut lowered);
            }
            (tag::file::ENUM, Value::Bytes(enumeration)) => {
                put_bytes(
                    field.tag,
                    &form.enumeration(enumeration, features)?,
                    &mut lowered,
                );
            }
            (tag::file::SERVICE, Value::Bytes(service)) => {
                put_bytes(field.tag, &lower_service(service)?, &mut lowered);
            }
            (tag::file::EXTENSION, Value::Bytes(extension)) => {
                let extension = form.field(extension, features, &scope, &HashSet::new())?;
                put_bytes(field.tag, &extension, &mut lowered);
            }
            _ => lowered.extend_from_slice(field.raw),
        }
    }
    if !options.is_empty() {
        put_bytes(tag::file::OPTIONS, &options, &mut lowered);
    }
    let syntax: &[u8] = if form.proto3 { b"proto3" } else { b"proto2" };
    put_bytes(tag::file::SYNTAX, syntax, &mut lowered);
    Ok(Some(lowered))
}

/// The serialized descriptor of a file that was parsed as [`rewrite`] made it.
pub(super) fn as_edition(mut parsed: FileDescriptorProto, edition: i32) -> Vec<u8> {
    parsed.syntax = Some("editions".to_owned());
    let mut bytes = parsed.encode_to_vec();
    put_varint(
        tag::file::EDITION,
        u64::from(edition.unsigned_abs()),
        &mut bytes,
    );
    bytes
}

/// Whether an enum holds no other numbers than it names: by its features where it has any, which files
/// of editions have here; else as its syntax has it.
pub(crate) fn is_closed(enumeration: &EnumDescriptor) -> bool {
    let options = enumeration.options();
    let features = options.get_field_by_name("features");
    let enum_type = features
        .as_deref()
        .and_then(|features| features.as_message())
        .and_then(|features| features.get_field_by_name("enum_type")?.as_enum_number());
    match enum_type {
        Some(feature::ENUM_CLOSED) => true,
        Some(feature::ENUM_OPEN) => false,
        _ => enumeration.parent_file().syntax() == Syntax::Proto2,
    }
}

/// A service has features of one language at most.
fn lower_service(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut lowered = Vec::with_capacity(bytes.len());
    for field in Fields::new(&without_features(bytes, tag::options_of::SERVICE)?) {
        let field = field?;
        match (field.tag, field.value) {
            (tag::service::METHOD, Value::Bytes(method)) => {
                let method = without_features(method, tag::options_of::METHOD)?;
                put_bytes(field.tag, &method, &mut lowered);
            }
            _ => lowered.extend_from_slice(field.raw),
        }
    }
    Ok(lowered)
}

/// Whether proto3 would take every enum inside a file or message: the first number has to be 0.
fn enums_begin_with_zero(bytes: &[u8], depth: usize) -> Result<bool, String> {
    let (enums, messages) = if depth == 0 {
        (tag::file::ENUM, tag::file::MESSAGE)
    } else {
        (tag::message::ENUM, tag::message::NESTED)
    };
    for field in Fields::new(bytes) {
        let field = field?;
        let Value::Bytes(inner) = field.value else {
            continue;
        };
        let fits = if field.tag == enums {
            first_number(inner)? == 0
        } else if field.tag == messages && depth < MAX_DEPTH {
            enums_begin_with_zero(inner, depth + 1)?
        } else {
            true
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The number of an enum's first value; 0 where it has none.
fn first_number(enumeration: &[u8]) -> Result<u64, String> {
    const NUMBER: u32 = 2;
    for field in Fields::new(enumeration) {
        let field = field?;
        if let (tag::enumeration::VALUE, Value::Bytes(value)) = (field.tag, field.value) {
            let mut number = 0;
            for field in Fields::new(value) {
                let field = field?;
                if let (NUMBER, Value::Varint(value)) = (field.tag, field.value) {
                    number = value;
                }
            }
            return Ok(number);
        }
    }
    Ok(0)
}

/// What a file is lowered to.
struct Form {
    proto3: bool,
    names: Names,
}

impl Form {
    fn message(
        &self,
        bytes: &[u8],
        mut features: Features,
        scope: &str,
        depth: usize,
    ) -> Result<Vec<u8>, String> {
        if depth >= MAX_DEPTH {
            return Err(format!(
                "messages are nested more than {MAX_DEPTH} levels deep"
            ));
        }
        let mut name: &[u8] = b"";
        let mut is_map_entry = false;
        let mut options = Vec::new();
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::message::NAME, Value::Bytes(text)) => name = text,
                (tag::message::OPTIONS, Value::Bytes(inner)) => {
                    options.extend(take_features(inner, tag::features::MESSAGE, &mut features)?);
                    is_map_entry |= is_set(inner, tag::options::MAP_ENTRY)?;
                }
                _ => {}
            }
        }
        if is_map_entry {
            // Its two fields are the same in every syntax.
            return Ok(bytes.to_vec());
        }
        let name = String::from_utf8_lossy(name);
        let scope = join(scope, &name);
        let maps = map_entries(bytes, &scope)?;
        let mut lowered = Vec::with_capacity(bytes.len() + 16);
        for field in Fields::new(bytes) {
            let field = field?;
            let Value::Bytes(inner) = field.value else {
                lowered.extend_from_slice(field.raw);
                continue;
            };
            let inner = match field.tag {
                tag::message::FIELD => self.field(inner, features, &scope, &maps)?,
                tag::message::EXTENSION => self.field(inner, features, &scope, &HashSet::new())?,
                tag::message::NESTED => self.message(inner, features, &scope, depth + 1)?,
                tag::message::ENUM => self.enumeration(inner, features)?,
                tag::message::ONEOF => without_features(inner, tag::options_of::ONEOF)?,
                tag::message::EXTENSION_RANGE => {
                    without_features(inner, tag::options_of::EXTENSION_RANGE)?
                }
                tag::message::OPTIONS => continue,
                _ => {
                    lowered.extend_from_slice(field.raw);
                    continue;
                }
            };
            put_bytes(field.tag, &inner, &mut lowered);
        }
        if !options.is_empty() {
            put_bytes(tag::message::OPTIONS, &options, &mut lowered);
        }
        Ok(lowered)
    }

    /// The enum with its type among its features, whoever said it.
    fn enumeration(&self, bytes: &[u8], mut features: Features) -> Result<Vec<u8>, String> {
        let mut lowered = Vec::with_capacity(bytes.len() + 8);
        let mut options = Vec::new();
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::enumeration::OPTIONS, Value::Bytes(inner)) => {
                    options.extend(take_features(inner, tag::features::ENUM, &mut features)?);
                }
                (tag::enumeration::VALUE, Value::Bytes(value)) => {
                    let value = without_features(value, tag::options_of::ENUM_VALUE)?;
                    put_bytes(field.tag, &value, &mut lowered);
                }
                _ => lowered.extend_from_slice(field.raw),
            }
        }
        put_bytes(tag::features::ENUM, &features.enum_type(), &mut options);
        put_bytes(tag::enumeration::OPTIONS, &options, &mut lowered);
        Ok(lowered)
    }

    /// A field or an extension written in `scope`; `maps` are the full names of the entries of its message's maps.
    fn field(
        &self,
        bytes: &[u8],
        mut features: Features,
        scope: &str,
        maps: &HashSet<String>,
    ) -> Result<Vec<u8>, String> {
        let (mut label, mut kind, mut type_name) = (0, 0, None::<&[u8]>);
        let (mut in_oneof, mut options) = (false, Vec::new());
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::field::LABEL, Value::Varint(number)) => label = number,
                (tag::field::TYPE, Value::Varint(number)) => kind = number,
                (tag::field::TYPE_NAME, Value::Bytes(name)) => type_name = Some(name),
                (tag::field::ONEOF_INDEX, _) => in_oneof = true,
                (tag::field::OPTIONS, Value::Bytes(inner)) => {
                    options.extend(take_features(inner, tag::features::FIELD, &mut features)?);
                }
                _ => {}
            }
        }
        // A parser leaves open what a name stands for.
        if let (0, Some(name)) = (kind, type_name) {
            let name = String::from_utf8_lossy(name);
            kind = self.names.kind(&name, scope).unwrap_or(0);
        }
        // Of what is of an import, what is delimited is taken for a message.
        let named = kind == 0 && type_name.is_some();
        let is_message = kind == TYPE_MESSAGE || (named && features.delimited);
        let is_map = type_name.is_some_and(|name| {
            let name = String::from_utf8_lossy(name);
            match name.strip_prefix('.') {
                Some(full) => maps.contains(full),
                // As a parser leaves it; the entries of a message's maps stand in the message.
                None => {
                    let full = join(scope, name.rsplit('.').next().unwrap_or(&name));
                    full.ends_with(&format!(".{name}")) && maps.contains(&full)
                }
            }
        });
        let repeated = label == LABEL_REPEATED;
        if features.delimited && is_message && !is_map {
            kind = TYPE_GROUP;
        }
        if features.presence == Presence::Required && !repeated && !in_oneof {
            label = LABEL_REQUIRED;
        }
        let optional = self.proto3
            && features.presence == Presence::Explicit
            && !(repeated || in_oneof || is_message);
        let (mut options, default) = take_default(&options, kind == TYPE_BYTES)?;
        if repeated && ((named && kind == 0) || is_packable(kind)) && features.packed != self.proto3
        {
            put_varint(tag::options::PACKED, features.packed.into(), &mut options);
        }

        let mut lowered = Vec::with_capacity(bytes.len() + 8);
        for field in Fields::new(bytes) {
            let field = field?;
            match field.tag {
                tag::field::LABEL | tag::field::TYPE | tag::field::OPTIONS => {}
                _ => lowered.extend_from_slice(field.raw),
            }
        }
        for (tag, number) in [(tag::field::LABEL, label), (tag::field::TYPE, kind)] {
            if number != 0 {
                put_varint(tag, number, &mut lowered);
            }
        }
        if let Some(default) = default {
            put_bytes(tag::field::DEFAULT_VALUE, default.as_bytes(), &mut lowered);
        }
        if !options.is_empty() {
            put_bytes(tag::field::OPTIONS, &options, &mut lowered);
        }
        if optional {
            put_varint(tag::field::PROTO3_OPTIONAL, 1, &mut lowered);
        }
        Ok(lowered)
    }
}

/// The options of a field without its default, and that.
fn take_default(options: &[u8], bytes: bool) -> Result<(Vec<u8>, Option<String>), String> {
    let mut rest = Vec::with_capacity(options.len());
    let mut default = None;
    for field in Fields::new(options) {
        let field = field?;
        if let (UNINTERPRETED_OPTION, Value::Bytes(option)) = (field.tag, field.value)
            && let Ok(option) = UninterpretedOption::decode(option)
            && let Some(value) = default_of(&option, bytes)
        {
            default = Some(value);
        } else {
            rest.extend_from_slice(field.raw);
        }
    }
    Ok((rest, default))
}

/// Types that may be packed: all but string, group, message and bytes.
fn is_packable(kind: u64) -> bool {
    !matches!(kind, 0 | 9..=12)
}

/// Whether a boolean is true.
fn is_set(options: &[u8], tag: u32) -> Result<bool, String> {
    let mut set = false;
    for field in Fields::new(options) {
        let field = field?;
        if let (true, Value::Varint(number)) = (field.tag == tag, field.value) {
            set = number != 0;
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests;
