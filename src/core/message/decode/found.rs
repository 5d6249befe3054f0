//! What a path leads to, and its text.

use std::borrow::Cow;

use super::{
    output::Output,
    well_known::{Text, duration, timestamp},
};

/// Nanoseconds of a second.
pub(super) const NANOS: i128 = 1_000_000_000;

/// A value of a message, as it stands in its bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'w> {
    /// A bool.
    Bool(bool),
    /// An integer with a sign, of any width.
    Signed(i64),
    /// An integer without one, of any width.
    Unsigned(u64),
    /// A `float`.
    Float(f32),
    /// A `double`, or a number of a `google.protobuf.Value`.
    Double(f64),
    /// An enum's number, and its name where it has one.
    Enum(i32, Option<&'w str>),
    /// A text; bad bytes are shown as U+FFFD.
    Text(Cow<'w, str>),
    /// Bytes.
    Bytes(&'w [u8]),
    /// A valid `google.protobuf.Timestamp`, in nanoseconds since 1970.
    Time(i128),
    /// A valid `google.protobuf.Duration`, in nanoseconds.
    Span(i128),
    /// `null`
    Null,
    /// A message or a map, as JSON on one line; empty when no text was asked for.
    Json(String),
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'w> {
    /// The value.
    pub value: Value<'w>,
    /// It is present, or not the default of a field without presence.
    pub set: bool,
}

impl Value<'_> {
    /// Its text, as JSON has it but without quotes around texts, numbers and names.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Signed(number) => Cow::Owned(number.to_string()),
            Self::Unsigned(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => written(|out| out.float(*number)),
            Self::Double(number) => written(|out| out.double(*number)),
            Self::Enum(_, Some(name)) => Cow::Borrowed(name),
            Self::Enum(number, None) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => written(|out| out.base64(bytes)),
            // As on the wire: a time's nanoseconds count forward, a duration's have its sign.
            Self::Time(nanos) => {
                spelled(nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS), timestamp)
            }
            Self::Span(nanos) => spelled(nanos / NANOS, nanos % NANOS, duration),
            Self::Null => Cow::Borrowed("null"),
            Self::Json(text) => Cow::Borrowed(text),
        }
    }
}

/// A number or base64 as the text has it; without the quotes that some have.
fn written(write: impl FnOnce(&mut Output)) -> Cow<'static, str> {
    let mut out = Output::new(false, 0, 24);
    write(&mut out);
    let (text, _) = out.finish();
    match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(inner) => Cow::Owned(inner.to_owned()),
        None => Cow::Owned(text),
    }
}

fn spelled(seconds: i128, nanos: i128, spell: fn(i64, i32) -> Option<Text>) -> Cow<'static, str> {
    let parts = i64::try_from(seconds).ok().zip(i32::try_from(nanos).ok());
    let text = parts.and_then(|(seconds, nanos)| spell(seconds, nanos));
    Cow::Owned(text.map_or_else(|| format!("{seconds}s"), |text| text.as_str().to_owned()))
}
