//! What is wrong with bytes, in words, and where.

use std::{fmt, ops::Range};

/// What other programs make of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Valid, and unusual: nobody writes it like this.
    Note,
    /// Parsers take the bytes, but not as the field that the schema has.
    Warning,
    /// Parsers refuse the message.
    Error,
}

/// A problem and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The bytes, offsets into the message.
    pub range: Range<usize>,
    /// What is wrong with them.
    pub problem: Problem,
}

impl Finding {
    pub(super) fn new(range: Range<usize>, problem: Problem) -> Self {
        Self { range, problem }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The bytes end inside a tag.
    CutTag,
    /// The bytes end inside a value or its length.
    CutValue {
        /// Of this field.
        number: u64,
        /// Of this wire type.
        wire: u8,
    },
    /// Less is there than the length says.
    Missing {
        /// Bytes that are missing.
        missing: u64,
        /// Bytes that are there.
        there: usize,
    },
    /// Wire type 6 or 7.
    WireType(u8),
    /// A varint of more than 64 bits.
    VarintOverflow,
    /// A varint with zeros at its end that say nothing.
    LongVarint {
        /// Bytes that it takes.
        bytes: usize,
        /// Bytes that do.
        needed: usize,
    },
    /// The same of a tag.
    LongTag {
        /// Bytes that it takes.
        bytes: usize,
        /// Bytes that do.
        needed: usize,
    },
    /// Field number 0.
    NumberZero,
    /// A field number beyond 29 bits.
    NumberTooLarge(u64),
    /// A field number of 19000 to 19999.
    NumberReserved(u64),
    /// A group that does not end.
    GroupOpen(u64),
    /// A group that ends as another one.
    GroupMismatch {
        /// The number in its first tag.
        opened: u64,
        /// The number in the tag that ends it.
        closed: u64,
    },
    /// The end of a group that was not opened.
    StrayEnd(u64),
    /// Groups in groups, deeper than anybody reads.
    GroupDepth,
    /// Packed values that end in the middle of one.
    PackedRest,
    /// A field that the type does not have.
    UnknownField {
        /// Its number.
        number: u64,
        /// The type.
        message: String,
    },
    /// A field with another wire type than the schema's.
    WrongWire {
        /// What the schema has.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// Text that is not UTF-8.
    NotUtf8,
    /// A value of more bits than the field's type has.
    Truncated {
        /// The type.
        kind: &'static str,
    },
    /// A number that an enum has no name for.
    EnumNumber {
        /// The enum.
        name: String,
        /// The number.
        number: i32,
    },
    /// An Any of a type that the schema does not have.
    AnyType(String),
    /// Messages in messages, deeper than parsers follow.
    Depth,
}

impl Problem {
    /// What other programs make of it.
    pub fn weight(&self) -> Weight {
        match self {
            Self::LongVarint { .. }
            | Self::LongTag { .. }
            | Self::NumberReserved(_)
            | Self::Truncated { .. }
            | Self::EnumNumber { .. }
            | Self::AnyType(_) => Weight::Note,
            Self::UnknownField { .. } | Self::WrongWire { .. } => Weight::Warning,
            Self::CutTag
            | Self::CutValue { .. }
            | Self::Missing { .. }
            | Self::WireType(_)
            | Self::VarintOverflow
            | Self::NumberZero
            | Self::NumberTooLarge(_)
            | Self::GroupOpen(_)
            | Self::GroupMismatch { .. }
            | Self::StrayEnd(_)
            | Self::GroupDepth
            | Self::PackedRest
            | Self::NotUtf8
            | Self::Depth => Weight::Error,
        }
    }
}

/// The name of a wire type, as the specification has it.
pub fn wire_name(wire: u8) -> &'static str {
    match wire {
        0 => "varint",
        1 => "64-bit",
        2 => "length-delimited",
        3 => "group start",
        4 => "group end",
        5 => "32-bit",
        _ => "none",
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutTag => f.write_str("The bytes end in the middle of a tag"),
            Self::CutValue { number, wire } => {
                let name = wire_name(*wire);
                write!(
                    f,
                    "The bytes end in the middle of field {number}, a {name} value"
                )
            }
            Self::Missing { missing, there } => {
                let all = *missing as u128 + *there as u128;
                let s = if *missing == 1 {
                    "byte is"
                } else {
                    "bytes are"
                };
                write!(
                    f,
                    "{missing} {s} missing: the length says {all}, {there} are there"
                )
            }
            Self::WireType(wire) => write!(
                f,
                "Wire type {wire} does not exist, so nobody knows where this field ends"
            ),
            Self::VarintOverflow => f.write_str("A varint of more than 64 bits"),
            Self::LongVarint { bytes, needed } => {
                write!(f, "A varint of {bytes} bytes where {needed} would do")
            }
            Self::LongTag { bytes, needed } => {
                write!(f, "A tag of {bytes} bytes where {needed} would do")
            }
            Self::NumberZero => f.write_str("There is no field number 0"),
            Self::NumberTooLarge(number) => {
                write!(f, "Field number {number} is beyond the greatest, 536870911")
            }
            Self::NumberReserved(number) => write!(
                f,
                "Field number {number} is one that protobuf keeps for itself (19000 to 19999)"
            ),
            Self::GroupOpen(number) => write!(f, "Group {number} has no end that could be found"),
            Self::GroupMismatch { opened, closed } => {
                write!(f, "Group {opened} ends as group {closed}")
            }
            Self::StrayEnd(number) => write!(f, "Group {number} ends here but was not opened"),
            Self::GroupDepth => f.write_str("Groups are nested deeper than 100"),
            Self::PackedRest => f.write_str("The packed values end in the middle of one"),
            Self::UnknownField { number, message } => {
                write!(f, "Field {number} is not in `{message}`")
            }
            Self::WrongWire { expected, found } => write!(
                f,
                "The schema has this field as {expected}, and it stands here as {found}"
            ),
            Self::NotUtf8 => f.write_str("The text is not UTF-8"),
            Self::Truncated { kind } => write!(
                f,
                "The number has more bits than {kind}: the low ones count"
            ),
            Self::EnumNumber { name, number } => write!(f, "`{name}` has no value {number}"),
            Self::AnyType(name) => write!(f, "Type `{name}` is not in the schema"),
            Self::Depth => f.write_str("Messages are nested deeper than 100"),
        }
    }
}
