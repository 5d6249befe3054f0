//! The features that decide what goes over the wire, and where a descriptor says them.

use prost::Message as _;
use prost_types::UninterpretedOption;

use super::{
    super::wire::{Fields, Value, put_bytes, put_varint},
    source::DEFAULT,
};

/// In options of every kind: what a parser leaves to others.
pub(super) const UNINTERPRETED_OPTION: u32 = 999;

/// Fields of `FeatureSet`.
const FIELD_PRESENCE: u32 = 1;
const ENUM_TYPE: u32 = 2;
const REPEATED_FIELD_ENCODING: u32 = 3;
const MESSAGE_ENCODING: u32 = 5;

pub(super) const ENUM_OPEN: i32 = 1;
pub(super) const ENUM_CLOSED: i32 = 2;

/// How a field without a value is told from one with the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Explicit,
    Implicit,
    Required,
}

/// Features as they hold at one place of a file: what it says itself, else what holds around it. All
/// editions begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Features {
    pub(super) presence: Presence,
    pub(super) closed: bool,
    pub(super) packed: bool,
    pub(super) delimited: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            presence: Presence::Explicit,
            closed: false,
            packed: true,
            delimited: false,
        }
    }
}

impl Features {
    /// Takes over what a serialized `FeatureSet` says.
    fn merge(&mut self, set: &[u8]) -> Result<(), String> {
        for field in Fields::new(set) {
            let field = field?;
            let Value::Varint(number) = field.value else {
                // Features of one language only.
                continue;
            };
            match (field.tag, number) {
                (FIELD_PRESENCE, 1) => self.presence = Presence::Explicit,
                (FIELD_PRESENCE, 2) => self.presence = Presence::Implicit,
                (FIELD_PRESENCE, 3) => self.presence = Presence::Required,
                (ENUM_TYPE, 1) => self.closed = false,
                (ENUM_TYPE, 2) => self.closed = true,
                (REPEATED_FIELD_ENCODING, 1) => self.packed = true,
                (REPEATED_FIELD_ENCODING, 2) => self.packed = false,
                (MESSAGE_ENCODING, 1) => self.delimited = false,
                (MESSAGE_ENCODING, 2) => self.delimited = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes over an option `features.… = …`; `false` where it is another option.
    fn take(&mut self, option: &UninterpretedOption) -> bool {
        let [first, rest @ ..] = option.name.as_slice() else {
            return false;
        };
        if first.is_extension || first.name_part != "features" {
            return false;
        }
        if let [name] = rest
            && let Some(value) = &option.identifier_value
        {
            self.say(&name.name_part, value);
        } else if let Some(aggregate) = &option.aggregate_value {
            // `name: VALUE` pairs; what is of one language only stands in brackets, and is no word.
            let words: Vec<&str> = aggregate
                .split(|char: char| !char.is_alphanumeric() && char != '_')
                .filter(|word| !word.is_empty())
                .collect();
            for pair in words.windows(2) {
                if let [name, value] = pair {
                    self.say(name, value);
                }
            }
        }
        true
    }

    fn say(&mut self, name: &str, value: &str) {
        match (name, value) {
            ("field_presence", "EXPLICIT") => self.presence = Presence::Explicit,
            ("field_presence", "IMPLICIT") => self.presence = Presence::Implicit,
            ("field_presence", "LEGACY_REQUIRED") => self.presence = Presence::Required,
            ("enum_type", "OPEN") => self.closed = false,
            ("enum_type", "CLOSED") => self.closed = true,
            ("repeated_field_encoding", "PACKED") => self.packed = true,
            ("repeated_field_encoding", "EXPANDED") => self.packed = false,
            ("message_encoding", "LENGTH_PREFIXED") => self.delimited = false,
            ("message_encoding", "DELIMITED") => self.delimited = true,
            _ => {}
        }
    }

    /// A serialized `FeatureSet` that says the type of enums alone.
    pub(super) fn enum_type(self) -> Vec<u8> {
        let mut set = Vec::new();
        put_varint(ENUM_TYPE, if self.closed { 2 } else { 1 }, &mut set);
        set
    }
}

/// Takes over the features that serialized options hold in the field `tag`, or as options that nobody has
/// interpreted yet, as a parser leaves them. Gives the options without the latter.
pub(super) fn take_features(
    options: &[u8],
    tag: u32,
    features: &mut Features,
) -> Result<Vec<u8>, String> {
    let mut rest = Vec::with_capacity(options.len());
    for field in Fields::new(options) {
        let field = field?;
        match (field.tag, field.value) {
            (UNINTERPRETED_OPTION, Value::Bytes(option)) => {
                let option = UninterpretedOption::decode(option).map_err(|error| broken(&error))?;
                if features.take(&option) {
                    continue;
                }
            }
            (own, Value::Bytes(set)) if own == tag => features.merge(set)?,
            _ => {}
        }
        rest.extend_from_slice(field.raw);
    }
    Ok(rest)
}

/// What holds its options in `options` (a oneof, a value, a method) without features that a parser has
/// left: those are of one language only, and name what the bundled files do not define.
pub(super) fn without_features(bytes: &[u8], options: u32) -> Result<Vec<u8>, String> {
    const NONE: u32 = 0;
    let mut lowered = Vec::with_capacity(bytes.len());
    for field in Fields::new(bytes) {
        let field = field?;
        match field.value {
            Value::Bytes(inner) if field.tag == options => {
                let kept = take_features(inner, NONE, &mut Features::default())?;
                put_bytes(options, &kept, &mut lowered);
            }
            _ => lowered.extend_from_slice(field.raw),
        }
    }
    Ok(lowered)
}

/// The default of a field that `source` has renamed, in the words of a descriptor; `bytes` stand escaped.
pub(super) fn default_of(option: &UninterpretedOption, bytes: bool) -> Option<String> {
    let [part] = option.name.as_slice() else {
        return None;
    };
    if part.is_extension || part.name_part != DEFAULT {
        return None;
    }
    Some(if let Some(word) = &option.identifier_value {
        word.clone()
    } else if let Some(number) = option.positive_int_value {
        number.to_string()
    } else if let Some(number) = option.negative_int_value {
        number.to_string()
    } else if let Some(number) = option.double_value {
        number.to_string()
    } else {
        match std::str::from_utf8(option.string_value()) {
            Ok(text) if !bytes => text.to_owned(),
            _ => escaped(option.string_value()),
        }
    })
}

/// Bytes as protoc escapes them in a descriptor.
fn escaped(bytes: &[u8]) -> String {
    let escape = |byte: &u8| match byte {
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'"' | b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\{byte:03o}"),
    };
    bytes.iter().map(escape).collect()
}

fn broken(error: &prost::DecodeError) -> String {
    format!("the bytes are no file descriptor: {error}")
}
