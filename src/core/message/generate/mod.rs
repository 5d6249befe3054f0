//! Bodies made of a schema: the one a new request starts with, and minimal, full, example and random
//! ones.
//!
//! What is made can be repeated: the same type, style and seed give the same text, and a field that is
//! added to a schema changes no other field's value. Values lie within the protovalidate rules of their
//! fields, as far as rules are not expressions of their own (CEL).
//! Invariants: encodes without diagnostics (but for types that no body can be made of: those that require
//! themselves), and is bounded: of a type with more than [`MAX_VALUES`] values in it, what is nested is
//! cut first, then the fields that come last.

mod any;
mod build;
mod choose;
mod draw;
mod example;
mod fit;
mod fit_text;
mod known;
mod pattern;
mod random;
mod starting;
#[cfg(test)]
mod tests;

use prost_reflect::MessageDescriptor;

use self::{build::Builder, draw::Draw};
use super::Document;

pub use starting::starting_body;

/// Values of one body, each message and list counted as one more: some 200 KiB of text.
const MAX_VALUES: usize = 4_000;

/// What a body is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// What must be there and nothing else: required fields of proto2 and editions, and those that
    /// protovalidate requires; else `{}`.
    Minimal,
    /// Every field once, with its default value: one item a list and a map, one arm a oneof; what would
    /// recur is `null` or empty. To be edited.
    Full,
    /// What a call could look like: values that fit the names and types of the fields. Without deprecated
    /// fields and what only a former answer can give (page tokens).
    Example,
    /// For tests: all kinds of values, the extremes among them, in all the ways ProtoJSON writes them.
    Random,
}

impl Style {
    /// Its name, as the command line takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Full => "full",
            Self::Example => "example",
            Self::Random => "random",
        }
    }

    /// Levels of messages below the body itself, where they fit.
    fn max_depth(self) -> usize {
        match self {
            Self::Minimal => 16,
            Self::Full => 8,
            Self::Example => 5,
            Self::Random => 4,
        }
    }

    fn max_values(self) -> usize {
        match self {
            // Many small ones find more than one large one.
            Self::Random => 400,
            Self::Minimal | Self::Full | Self::Example => MAX_VALUES,
        }
    }
}

/// Makes a body of a type: laid out JSON text without comments and expressions. The same seed gives the
/// same text; of `Minimal` and `Full` bodies it changes only values that rules ask for.
pub fn generate(message: &MessageDescriptor, style: Style, seed: u64) -> String {
    let mut depth = style.max_depth();
    loop {
        let mut builder = Builder::new(style, depth);
        builder.root(message, &Draw::new(seed));
        // A random body only stops growing.
        if !builder.is_over() || depth == 0 || style == Style::Random {
            let mut document = Document::new(builder.into_text());
            document.format();
            return document.text().to_owned();
        }
        depth -= 1;
    }
}
