//! Paths to fields, as people write them, and what stands there in a message's bytes.
//!
//! ```text
//! user.address.city    items[0].price    items[*].price    labels["k"]    detail.@type    $
//! ```
//! Names are JSON's or the file's. A list without a subscript means all its items. In a `Struct`, a `Value`
//! and an `Any` any name may follow: what is there is found while reading. Reading builds no
//! `DynamicMessage`: it walks the wire bytes by the plan of the type.
//! Invariant: a path has at most 4096 bytes and 256 steps.

mod compare;
mod complete;
mod parse;
#[cfg(test)]
mod tests;

use std::{fmt, ops::ControlFlow};

use prost_reflect::{EnumDescriptor, MessageDescriptor};

use super::decode::{Found, Hop, Printer};

pub use self::{
    compare::{Operand, ValueError},
    complete::PathCompletion,
};

/// Values of one message that a cell of limited length names.
const MAX_VALUES: usize = 1000;

/// Between the values of a cell.
const BETWEEN: &str = ", ";

/// A path that leads somewhere in messages of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPath {
    text: String,
    hops: Vec<Hop>,
    kind: PathKind,
}

/// What stands at the end of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum PathKind {
    /// A bool.
    Bool,
    /// Integers with a sign.
    Signed,
    /// Integers without one.
    Unsigned,
    /// `float`
    Float,
    /// `double`
    Double,
    /// Values of an enum.
    Enum(EnumDescriptor),
    /// Texts.
    Text,
    /// Bytes.
    Bytes,
    /// `google.protobuf.Timestamp`
    Time,
    /// `google.protobuf.Duration`
    Span,
    /// Known only by looking: inside of a `Struct`, a `Value` or an `Any`.
    Dynamic,
    /// Messages and maps.
    Message,
}

impl PathKind {
    /// In words, with an article: `a number`.
    pub fn words(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Signed => "an integer".to_owned(),
            Self::Unsigned => "an integer from 0 on".to_owned(),
            Self::Float | Self::Double => "a number".to_owned(),
            Self::Enum(descriptor) => format!("a value of `{}`", descriptor.full_name()),
            Self::Text => "a text".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::Time => "a time".to_owned(),
            Self::Span => "a duration".to_owned(),
            Self::Dynamic => "any value".to_owned(),
            Self::Message => "a message".to_owned(),
        }
    }
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// The bytes of the path it is about.
    pub range: std::ops::Range<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try; may be empty.
    pub hint: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PathError {}

impl FieldPath {
    /// Reads a path to a field of a message type; white space around it is left out. An empty path is `$`.
    ///
    /// # Errors
    /// It leads nowhere, with the place and the nearest name.
    pub fn parse(text: &str, message: &MessageDescriptor) -> Result<Self, PathError> {
        parse::parse(text, message)
    }

    /// Names that may stand at the end of a path that is being typed, the likeliest first; at most 50.
    pub fn complete(text: &str, message: &MessageDescriptor) -> Vec<PathCompletion> {
        complete::complete(text, message)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands at its end.
    pub fn kind(&self) -> &PathKind {
        &self.kind
    }

    /// Calls `visit` with each value of a message, in the order of the wire (maps: of their keys), until it
    /// breaks off. `printer` is of the type the path was read for. Total: of bytes that do not decode it gives
    /// what stands before the fault.
    ///
    /// Messages and maps are written as JSON of about `json` bytes (0 for no limit), or without text.
    pub fn read(
        &self,
        printer: &Printer,
        wire: &[u8],
        json: Option<usize>,
        visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>,
    ) {
        printer.read(&self.hops, wire, json, visit);
    }

    /// The text of a cell: the values as JSON has them, without quotes around texts, numbers and names;
    /// several are joined by commas. `None` when there is no value. Cut with `…` after about `max_bytes`, or
    /// 1000 values; 0 for no limit.
    pub fn cell(&self, printer: &Printer, wire: &[u8], max_bytes: usize) -> Option<String> {
        let mut cell = String::new();
        let mut count = 0_usize;
        self.read(printer, wire, Some(max_bytes), &mut |found| {
            if count > 0 {
                cell.push_str(BETWEEN);
            }
            count += 1;
            cell.push_str(&found.value.text());
            if max_bytes == 0 || count < MAX_VALUES && cell.len() <= max_bytes {
                return ControlFlow::Continue(());
            }
            ControlFlow::Break(())
        });
        if max_bytes > 0 && cell.len() > max_bytes {
            cell.truncate(cell.floor_char_boundary(max_bytes));
            cell.push('…');
        } else if max_bytes > 0 && count >= MAX_VALUES {
            cell.push_str(", …");
        }
        (count > 0).then_some(cell)
    }
}
