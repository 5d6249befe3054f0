//! The features that decide what goes over the wire, and where a descriptor says them.

use super::wire::{Fields, Value, put_varint};

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

/// Features as they hold at one place of a file: what it says itself, else what holds around it. Editions
/// 2023 and 2024 begin alike.
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

    /// A serialized `FeatureSet` that says the type of enums alone.
    pub(super) fn enum_type(self) -> Vec<u8> {
        let mut set = Vec::new();
        put_varint(ENUM_TYPE, if self.closed { 2 } else { 1 }, &mut set);
        set
    }
}

/// Takes over the features that serialized options hold in the field `tag`.
pub(super) fn option_features(
    options: &[u8],
    tag: u32,
    features: &mut Features,
) -> Result<(), String> {
    for field in Fields::new(options) {
        let field = field?;
        if let (true, Value::Bytes(set)) = (field.tag == tag, field.value) {
            features.merge(set)?;
        }
    }
    Ok(())
}
