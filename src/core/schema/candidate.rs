//! One file on its way into a pool.
//!
//! Imports, source locations and the rest of the descriptor are held apart: imports are rewritten
//! (files known by two names, public imports flattened), locations never reach prost-reflect. The
//! rest stays as wire bytes, since prost's types would lose custom options.

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    SourceCodeInfo, UninterpretedOption,
};

use super::{
    Problem,
    burden::Burden,
    editions, json_names,
    outline::Outline,
    scan,
    wire::{Fields, Value},
};

/// Fields of `FileDescriptorProto` that are held apart.
const DEPENDENCY: u32 = 3;
const SOURCE_CODE_INFO: u32 = 9;
const PUBLIC_DEPENDENCY: u32 = 10;
const WEAK_DEPENDENCY: u32 = 11;

/// The largest number that fits a tag: 2^29 - 1.
const MAX_FIELD_NUMBER: i32 = 536_870_911;

/// Most parts in the name of an uninterpreted option; prost-reflect recurses once a part.
pub(super) const MAX_OPTION_PARTS: usize = 100;

/// A file that may become part of a pool.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The name others import it by.
    pub(super) name: String,
    /// Names of the files it imports.
    pub(super) imports: Vec<String>,
    /// Indices of those imports that are public, in order.
    pub(super) public_imports: Vec<usize>,
    /// What the source says of imports it could not find; each comes with its hint.
    pub(super) missing: Vec<Problem>,
    /// The descriptor, for looking things up: without imports and locations.
    pub(super) proto: FileDescriptorProto,
    /// Where things stand in the source.
    pub(super) info: SourceCodeInfo,
    /// The descriptor's wire bytes, without imports and locations.
    pub(super) body: Vec<u8>,
}

impl Candidate {
    /// Takes a descriptor that holds no unknown fields (one that was just compiled).
    pub(super) fn from_proto(proto: FileDescriptorProto) -> Self {
        let mut candidate = Self::held_apart(proto);
        candidate.tell_json_names_apart();
        candidate
    }

    fn held_apart(mut proto: FileDescriptorProto) -> Self {
        let info = proto.source_code_info.take().unwrap_or_default();
        let imports = std::mem::take(&mut proto.dependency);
        let mut public_imports: Vec<usize> = std::mem::take(&mut proto.public_dependency)
            .into_iter()
            .filter_map(|index| usize::try_from(index).ok())
            .collect();
        public_imports.sort_unstable();
        proto.weak_dependency.clear();
        Self {
            name: proto.name().to_owned(),
            imports,
            public_imports,
            missing: Vec::new(),
            body: proto.encode_to_vec(),
            proto,
            info,
        }
    }

    /// Reads a serialized descriptor, keeping fields that prost's types do not know; one of an edition is
    /// lowered first. Source locations that do not decode (comments in another encoding) are left out.
    ///
    /// # Errors
    /// The reason, when the bytes are no file descriptor, hold what cannot be built safely, or too much.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        Self::decode_weighed(bytes, Burden::of(bytes))
    }

    /// The same, of bytes whose burden is known.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub(super) fn decode_weighed(bytes: &[u8], burden: Burden) -> Result<Self, String> {
        burden.check()?;
        let lowered = editions::lower(bytes)?;
        let parts = split(lowered.as_deref().unwrap_or(bytes))
            .ok_or_else(|| "the bytes are no file descriptor".to_owned())?;
        let broken = |error| format!("the bytes are no file descriptor: {error}");
        let mut proto = FileDescriptorProto::decode(parts.body.as_slice()).map_err(broken)?;
        proto.merge(parts.imports.as_slice()).map_err(broken)?;
        let mut candidate = Self::held_apart(proto);
        if burden.has_few_locations() {
            candidate.info = SourceCodeInfo::decode(parts.info).unwrap_or_default();
        }
        candidate.body = parts.body;
        candidate.check_options()?;
        candidate.tell_json_names_apart();
        Ok(candidate)
    }

    /// Removes an import, keeping `public_imports` in step.
    pub(super) fn drop_import(&mut self, index: usize) {
        if index < self.imports.len() {
            self.imports.remove(index);
            self.public_imports.retain(|&public| public != index);
            for public in &mut self.public_imports {
                if *public > index {
                    *public -= 1;
                }
            }
        }
    }

    /// Full names that other files may clash with.
    pub(super) fn symbols(&self) -> Vec<String> {
        let outline = Outline::of(&self.proto);
        outline.symbols().map(|(name, _)| name.to_owned()).collect()
    }

    /// Drops the custom options of a source file, whose definitions may be in an import that is
    /// missing. Returns whether there were any.
    pub(super) fn drop_custom_options(&mut self) -> bool {
        let mut dropped = false;
        each_option_list(&mut self.proto, &mut |options| {
            let before = options.len();
            options.retain(|option| !option.name.iter().any(|part| part.is_extension));
            dropped |= options.len() != before;
        });
        if dropped {
            self.encode_again();
        }
        dropped
    }

    /// Drops extensions of `FeatureSet`, and the options that say in which editions a feature is there:
    /// features of one language's code, which the bundled `descriptor.proto` has no numbers for, and which
    /// change nothing on the wire.
    pub(super) fn drop_language_features(&mut self) {
        let before = self.proto.extension.len();
        let mut dropped = false;
        each_option_list(&mut self.proto, &mut |options| {
            let before = options.len();
            options.retain(|option| {
                !option.name.first().is_some_and(|part| {
                    let name = part.name_part.as_str();
                    !part.is_extension && matches!(name, "feature_support" | "edition_defaults")
                })
            });
            dropped |= options.len() != before;
        });
        let extended = |extension: &FieldDescriptorProto| {
            extension.extendee().trim_start_matches('.') == "google.protobuf.FeatureSet"
        };
        self.proto
            .extension
            .retain(|extension| !extended(extension));
        if dropped || self.proto.extension.len() != before {
            self.encode_again();
        }
    }

    /// Drops extensions of message sets with numbers that no tag can hold. Items of a set have their number
    /// inside, so protoc takes them; prost-reflect holds none. Each is told.
    pub(super) fn drop_far_extensions(&mut self) {
        let mut far = Vec::new();
        drop_far(&mut self.proto.extension, &mut far);
        for message in &mut self.proto.message_type {
            drop_far_inside(message, &mut far);
        }
        if far.is_empty() {
            return;
        }
        self.encode_again();
        self.missing.extend(far.into_iter().map(|name| {
            let reason =
                format!("the extension `{name}` has a number beyond {MAX_FIELD_NUMBER}: left out");
            Problem::new(&self.name, reason)
        }));
    }

    /// Takes changes of `proto` over. Fields that prost's types do not know are lost.
    pub(super) fn encode_again(&mut self) {
        self.body = self.proto.encode_to_vec();
    }

    fn tell_json_names_apart(&mut self) {
        let Some(body) = json_names::told_apart(&self.proto, &self.body) else {
            return;
        };
        if let Ok(proto) = FileDescriptorProto::decode(body.as_slice()) {
            self.body = body;
            self.proto = proto;
        }
    }

    /// Refuses uninterpreted options that prost-reflect cannot parse without recursing too deep.
    fn check_options(&mut self) -> Result<(), String> {
        let mut refusal = None;
        each_option_list(&mut self.proto, &mut |options| {
            for option in options.iter() {
                if option.name.len() > MAX_OPTION_PARTS {
                    refusal = Some(format!(
                        "an option's name has more than {MAX_OPTION_PARTS} parts"
                    ));
                }
                if let Err(error) = scan::check_nesting(option.aggregate_value()) {
                    refusal = Some(format!("an option is {}", error.reason));
                }
            }
        });
        refusal.map_or(Ok(()), Err)
    }
}

fn drop_far(extensions: &mut Vec<FieldDescriptorProto>, far: &mut Vec<String>) {
    extensions.retain(|extension| {
        let fits = extension.number() <= MAX_FIELD_NUMBER;
        if !fits {
            far.push(extension.name().to_owned());
        }
        fits
    });
}

/// Recurses once a nesting level; the decoder stops at 100.
fn drop_far_inside(message: &mut DescriptorProto, far: &mut Vec<String>) {
    drop_far(&mut message.extension, far);
    for nested in &mut message.nested_type {
        drop_far_inside(nested, far);
    }
}

/// A serialized file descriptor, taken apart.
struct Parts<'a> {
    /// Everything but imports and locations.
    body: Vec<u8>,
    /// The three kinds of imports, with their keys.
    imports: Vec<u8>,
    /// The payload of `source_code_info`.
    info: &'a [u8],
}

/// Takes the top-level fields apart. `None` when the bytes are cut short.
fn split(bytes: &[u8]) -> Option<Parts<'_>> {
    let mut parts = Parts {
        body: Vec::with_capacity(bytes.len()),
        imports: Vec::new(),
        info: &[],
    };
    for field in Fields::new(bytes) {
        let field = field.ok()?;
        match (field.tag, field.value) {
            (SOURCE_CODE_INFO, Value::Bytes(info)) => parts.info = info,
            (DEPENDENCY | PUBLIC_DEPENDENCY | WEAK_DEPENDENCY, _) => {
                parts.imports.extend_from_slice(field.raw);
            }
            _ => parts.body.extend_from_slice(field.raw),
        }
    }
    Some(parts)
}

type Options<'a> = &'a mut dyn FnMut(&mut Vec<UninterpretedOption>);

/// Visits the uninterpreted options of everything in a file.
fn each_option_list(file: &mut FileDescriptorProto, visit: Options<'_>) {
    if let Some(options) = &mut file.options {
        visit(&mut options.uninterpreted_option);
    }
    for message in &mut file.message_type {
        each_message_option(message, visit);
    }
    for enumeration in &mut file.enum_type {
        each_enum_option(enumeration, visit);
    }
    for extension in &mut file.extension {
        each_field_option(extension, visit);
    }
    for service in &mut file.service {
        if let Some(options) = &mut service.options {
            visit(&mut options.uninterpreted_option);
        }
        for method in &mut service.method {
            if let Some(options) = &mut method.options {
                visit(&mut options.uninterpreted_option);
            }
        }
    }
}

/// Recurses once a nesting level; prost's decoder and protox's parser both stop at about 100.
fn each_message_option(message: &mut DescriptorProto, visit: Options<'_>) {
    if let Some(options) = &mut message.options {
        visit(&mut options.uninterpreted_option);
    }
    for field in message.field.iter_mut().chain(&mut message.extension) {
        each_field_option(field, visit);
    }
    for oneof in &mut message.oneof_decl {
        if let Some(options) = &mut oneof.options {
            visit(&mut options.uninterpreted_option);
        }
    }
    for range in &mut message.extension_range {
        if let Some(options) = &mut range.options {
            visit(&mut options.uninterpreted_option);
        }
    }
    for enumeration in &mut message.enum_type {
        each_enum_option(enumeration, visit);
    }
    for nested in &mut message.nested_type {
        each_message_option(nested, visit);
    }
}

fn each_enum_option(enumeration: &mut EnumDescriptorProto, visit: Options<'_>) {
    if let Some(options) = &mut enumeration.options {
        visit(&mut options.uninterpreted_option);
    }
    for value in &mut enumeration.value {
        if let Some(options) = &mut value.options {
            visit(&mut options.uninterpreted_option);
        }
    }
}

fn each_field_option(field: &mut FieldDescriptorProto, visit: Options<'_>) {
    if let Some(options) = &mut field.options {
        visit(&mut options.uninterpreted_option);
    }
}
