//! One field of the protobuf wire format at a time, from a slice that may hold anything.
//!
//! Pure: offsets into the whole message in, offsets out; no descriptors, no recursion.
//! Invariant: a returned field lies inside `at..end` and is at least one byte long, so a loop over
//! fields always ends. Spec: protobuf "Encoding", <https://protobuf.dev/programming-guides/encoding>.

/// Deepest nesting of messages and groups, as in protobuf's own parsers.
pub(crate) const MAX_DEPTH: usize = 100;

/// A part of the message, as offsets from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }
}

/// How a value is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint,
    Fixed64,
    Length,
    Group,
    Fixed32,
}

impl WireType {
    /// The name used in what people read.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Varint => "varint",
            Self::Fixed64 => "64-bit",
            Self::Length => "length-delimited",
            Self::Group => "group",
            Self::Fixed32 => "32-bit",
        }
    }
}

/// A field as it stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) wire: WireType,
    /// The value of a varint or fixed field.
    pub(crate) bits: u64,
    /// The content of a length-delimited field or group; empty for others.
    pub(crate) span: Span,
    /// Where the next field starts.
    pub(crate) next: usize,
    /// How many bytes of the content are missing; a group without its end counts as 1.
    pub(crate) missing: u64,
}

/// Why no field could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The bytes end inside a key, a varint or a fixed value.
    Truncated,
    /// A varint of more than 64 bits.
    LongVarint,
    /// Field number 0, or one beyond 29 bits.
    Number,
    /// Wire type 6 or 7.
    WireType(u8),
    /// The end of a group that was not opened.
    GroupEnd(u32),
    /// Groups nested deeper than [`MAX_DEPTH`].
    Depth,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the bytes end in the middle of a field"),
            Self::LongVarint => f.write_str("a varint is longer than 64 bits"),
            Self::Number => f.write_str("a field number is out of range"),
            Self::WireType(wire) => write!(f, "wire type {wire} does not exist"),
            Self::GroupEnd(number) => write!(f, "group {number} ends but was not opened"),
            Self::Depth => write!(f, "groups are nested deeper than {MAX_DEPTH}"),
        }
    }
}

/// Reads a varint below `end`: its value and where the next byte stands.
#[inline]
pub(crate) fn varint(bytes: &[u8], at: usize, end: usize) -> Result<(u64, usize), Fault> {
    match bytes.get(at) {
        Some(&byte) if byte < 0x80 && at < end => Ok((u64::from(byte), at + 1)),
        _ => long_varint(bytes.get(at..end).unwrap_or_default(), at),
    }
}

/// A varint that is not of one byte; `rest` begins with it.
fn long_varint(rest: &[u8], at: usize) -> Result<(u64, usize), Fault> {
    let mut value = 0_u64;
    for (count, &byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (count * 7);
        if byte < 0x80 {
            // The tenth byte holds the one bit that is left.
            if count == 9 && byte > 1 {
                return Err(Fault::LongVarint);
            }
            return Ok((value, at + count + 1));
        }
    }
    if rest.len() < 10 {
        Err(Fault::Truncated)
    } else {
        Err(Fault::LongVarint)
    }
}

#[inline]
pub(crate) fn fixed32(bytes: &[u8], at: usize, end: usize) -> Result<(u64, usize), Fault> {
    let value = bytes.get(at..end).and_then(|rest| rest.first_chunk::<4>());
    let value = value.ok_or(Fault::Truncated)?;
    Ok((u64::from(u32::from_le_bytes(*value)), at + 4))
}

#[inline]
pub(crate) fn fixed64(bytes: &[u8], at: usize, end: usize) -> Result<(u64, usize), Fault> {
    let value = bytes.get(at..end).and_then(|rest| rest.first_chunk::<8>());
    let value = value.ok_or(Fault::Truncated)?;
    Ok((u64::from_le_bytes(*value), at + 8))
}

/// A field's number and the three bits of its wire type.
#[inline]
fn key(bytes: &[u8], at: usize, end: usize) -> Result<(u32, u8, usize), Fault> {
    let (key, next) = varint(bytes, at, end)?;
    let key = u32::try_from(key).map_err(|_| Fault::Number)?;
    if key < 8 {
        return Err(Fault::Number);
    }
    Ok((key >> 3, (key & 7) as u8, next))
}

/// Reads the field at `at`; content that goes beyond `end` is clipped and said to be missing.
#[inline(always)]
pub(crate) fn field(bytes: &[u8], at: usize, end: usize) -> Result<Field, Fault> {
    let (number, wire, value) = key(bytes, at, end)?;
    let simple = |wire, (bits, next)| Field {
        number,
        wire,
        bits,
        span: Span::default(),
        next,
        missing: 0,
    };
    match wire {
        0 => Ok(simple(WireType::Varint, varint(bytes, value, end)?)),
        1 => Ok(simple(WireType::Fixed64, fixed64(bytes, value, end)?)),
        5 => Ok(simple(WireType::Fixed32, fixed32(bytes, value, end)?)),
        2 => {
            let (len, start) = varint(bytes, value, end)?;
            let there = (end - start) as u64;
            // `there` fits a usize, so the smaller of the two does as well.
            let stop = start + len.min(there) as usize;
            Ok(Field {
                number,
                wire: WireType::Length,
                bits: 0,
                span: Span { start, end: stop },
                next: stop,
                missing: len.saturating_sub(there),
            })
        }
        3 => group(bytes, number, value, end),
        4 => Err(Fault::GroupEnd(number)),
        other => Err(Fault::WireType(other)),
    }
}

/// Finds the end of a group; the groups inside it are kept on a bounded stack.
fn group(bytes: &[u8], number: u32, start: usize, end: usize) -> Result<Field, Fault> {
    let mut open = vec![number];
    let mut at = start;
    let made = |stop, next, missing| Field {
        number,
        wire: WireType::Group,
        bits: 0,
        span: Span { start, end: stop },
        next,
        missing,
    };
    while at < end {
        let (inner, wire, value) = key(bytes, at, end)?;
        at = match wire {
            0 => varint(bytes, value, end)?.1,
            1 => fixed64(bytes, value, end)?.1,
            5 => fixed32(bytes, value, end)?.1,
            2 => {
                let (len, content) = varint(bytes, value, end)?;
                match usize::try_from(len)
                    .ok()
                    .and_then(|len| content.checked_add(len))
                {
                    Some(next) if next <= end => next,
                    // The group's own walk says what is cut short inside it.
                    _ => return Ok(made(end, end, 1)),
                }
            }
            3 if open.len() > MAX_DEPTH => return Err(Fault::Depth),
            3 => {
                open.push(inner);
                value
            }
            4 if open.last() == Some(&inner) => {
                open.pop();
                if open.is_empty() {
                    return Ok(made(at, value, 0));
                }
                value
            }
            4 => return Err(Fault::GroupEnd(inner)),
            other => return Err(Fault::WireType(other)),
        };
    }
    Ok(made(end, end, 1))
}
