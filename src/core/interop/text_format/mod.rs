//! Protobuf's text format, both ways, guided by descriptors.
//!
//! Reading gives wire bytes, so that merging, maps, oneofs and unknown fields follow the rules that they
//! have there; printing takes wire bytes and gives what `protoc --decode` prints. Both are bounded in
//! depth, and a mistake has a line, a column and what to try.
//! Spec: protobuf.dev, "Text Format Language Specification"; where that leaves something open, as the
//! C++ parser has it.

mod lexer;
mod number;
mod parse;
mod print;
mod scalar;
#[cfg(test)]
mod tests;

pub use self::parse::parse;
pub use self::print::{print, print_as_protoc};

/// Deepest nesting of messages, as on the wire.
pub(super) const MAX_DEPTH: usize = 100;

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// The byte it is about.
    pub offset: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

/// A mistake without its place in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    offset: usize,
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With line and column.
    fn located(self, text: &str) -> TextError {
        let offset = text.floor_char_boundary(self.offset.min(text.len()));
        let before = &text[..offset];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        TextError {
            offset,
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line..].chars().count(),
            message: self.message,
            hint: self.hint,
        }
    }
}
