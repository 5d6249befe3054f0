//! The fields of a serialized message, one after the other, with the bytes each stood in. Pure.

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

/// One field.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) tag: u32,
    pub(super) value: Value<'a>,
    /// Key and value as they came.
    pub(super) raw: &'a [u8],
}

/// What descriptors are made of; fixed-width numbers are only handed on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of a message, until the first that cannot be read.
#[derive(Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn read(&mut self) -> Option<Field<'a>> {
        let start = self.0;
        let mut rest = start;
        let (tag, wire_type) = decode_key(&mut rest).ok()?;
        let value = match wire_type {
            WireType::Varint => Value::Varint(decode_varint(&mut rest).ok()?),
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                let payload = rest.get(..length)?;
                rest = rest.get(length..)?;
                Value::Bytes(payload)
            }
            WireType::SixtyFourBit => {
                rest = rest.get(8..)?;
                Value::Other
            }
            WireType::ThirtyTwoBit => {
                rest = rest.get(4..)?;
                Value::Other
            }
            // No field of a descriptor is a group.
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let raw = start.get(..start.len() - rest.len())?;
        self.0 = rest;
        Some(Field { tag, value, raw })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(|| "the bytes are no file descriptor".to_owned()))
    }
}

pub(super) fn put_varint(tag: u32, value: u64, to: &mut Vec<u8>) {
    encode_key(tag, WireType::Varint, to);
    encode_varint(value, to);
}

pub(super) fn put_bytes(tag: u32, value: &[u8], to: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, to);
    encode_varint(value.len() as u64, to);
    to.extend_from_slice(value);
}
