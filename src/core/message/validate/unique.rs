//! Whether no item of a list stands there twice, in linear time.

use std::collections::HashSet;

use prost_reflect::Value;

/// Whether all items differ, as protovalidate's `unique()` has it. Of messages, which it does not take,
/// nothing is said.
pub(super) fn is_unique(items: &[Value]) -> bool {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|item| match Key::of(item) {
        Some(key) => seen.insert(key),
        None => true,
    })
}

/// A value that can be looked up.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key<'a> {
    Int(i64),
    Uint(u64),
    /// The bits of a floating point number.
    Double(u64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Key<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        // Both zeros are equal, and NaN equals nothing, itself included.
        let double = |number: f64| match number {
            number if number.is_nan() => None,
            0.0 => Some(Self::Double(0)),
            number => Some(Self::Double(number.to_bits())),
        };
        match value {
            Value::Bool(flag) => Some(Self::Int((*flag).into())),
            Value::I32(number) | Value::EnumNumber(number) => Some(Self::Int((*number).into())),
            Value::I64(number) => Some(Self::Int(*number)),
            Value::U32(number) => Some(Self::Uint((*number).into())),
            Value::U64(number) => Some(Self::Uint(*number)),
            Value::F32(number) => double((*number).into()),
            Value::F64(number) => double(*number),
            Value::String(text) => Some(Self::Text(text)),
            Value::Bytes(bytes) => Some(Self::Bytes(bytes)),
            Value::Message(_) | Value::List(_) | Value::Map(_) => None,
        }
    }
}
