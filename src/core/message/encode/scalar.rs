//! One JSON scalar to one protobuf scalar. Pure: no document, no bytes, only values and words.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost_reflect::{EnumDescriptor, Kind};

use super::{
    number::{IntegerFault, parse_integer},
    suggest::closest,
    wire::{Wire, WireType},
};
use crate::{
    message::{document::shown, form::kind::quoted},
    schema::{is_closed, kind_name},
};

/// What is wrong with a value, without its place.
///
/// The words keep the value apart: what an expression gave may be a secret, and is not quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::message) struct Problem {
    before: String,
    /// The value in words, between the others.
    value: Option<String>,
    after: Box<str>,
    /// More, which tells of the value.
    detail: Box<str>,
    hint: Option<String>,
    /// The hint tells of the value.
    is_own_hint: bool,
    /// What it does, and the JSON that comes in the place of what is wrong.
    /// Boxed, so that a problem is small to hand on.
    fix: Option<Box<(String, String)>>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            before: message.into(),
            value: None,
            after: Box::default(),
            detail: Box::default(),
            hint: None,
            is_own_hint: false,
            fix: None,
        }
    }

    /// A sentence about a value, which is given in words; every part of it that tells of the value must
    /// come as [`detail`](Self::detail) or [`own_hint`](Self::own_hint).
    pub(super) fn about(
        before: impl Into<String>,
        value: impl Into<String>,
        after: impl Into<String>,
    ) -> Self {
        Self {
            value: Some(value.into()),
            after: after.into().into_boxed_str(),
            ..Self::new(before)
        }
    }

    /// A sentence that begins with a text.
    pub(super) fn of(text: &str, after: impl Into<String>) -> Self {
        Self::about("", shown(text), after)
    }

    /// An end of the sentence that tells of the value.
    #[must_use]
    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into().into_boxed_str();
        self
    }

    /// The same said of an expression, as it is written: what it gave is left out, and so is a fix, as it is
    /// mended where its variable is.
    #[must_use]
    pub(super) fn of_expression(self, written: &str) -> Self {
        Self {
            value: self.value.map(|_| format!("what {} gives", shown(written))),
            detail: Box::default(),
            hint: self.hint.filter(|_| !self.is_own_hint),
            fix: None,
            ..self
        }
    }

    /// The sentence, the hint, and the fix.
    pub(super) fn into_words(self) -> (String, Option<String>, Option<(String, String)>) {
        let value = self.value.unwrap_or_default();
        let message = [&*self.before, &value, &self.after, &self.detail].concat();
        (message, self.hint, self.fix.map(|fix| *fix))
    }

    /// The JSON that would stand there rightly, and what putting it there does.
    #[must_use]
    pub(super) fn fix(mut self, title: impl Into<String>, json: impl Into<String>) -> Self {
        self.fix = Some(Box::new((title.into(), json.into())));
        self
    }

    /// As [`fix`](Self::fix), with a JSON string in the place of another.
    #[must_use]
    pub(super) fn fix_text(self, text: &str) -> Self {
        let json = quoted(text);
        self.fix(format!("Change to {json}"), json)
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self.is_own_hint = false;
        self
    }

    /// A hint that tells of the value.
    #[must_use]
    pub(super) fn own_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self.is_own_hint = true;
        self
    }
}

/// A JSON scalar, its expressions expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf<'a> {
    Null,
    Bool(bool),
    /// Digits as written.
    Number(Cow<'a, str>),
    Text {
        text: Cow<'a, str>,
        /// It came from a string that was one expression, so that it takes its field's type.
        computed: bool,
    },
}

impl Leaf<'_> {
    /// A name for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Number(digits) => format!("the number {}", shown(digits)),
            Self::Text { text, .. } => format!("the string {}", shown(text)),
        }
    }
}

/// A protobuf scalar as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scalar<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Cow<'a, [u8]>),
}

impl Scalar<'_> {
    /// Whether a field without presence leaves it out. Not so for -0.0, as its bits are not zero.
    pub(crate) fn is_default(&self) -> bool {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => *value == 0,
            Self::Fixed32(value) => *value == 0,
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }

    pub(crate) fn wire_type(&self) -> WireType {
        match self {
            Self::Varint(_) => WireType::Varint,
            Self::Fixed32(_) => WireType::Fixed32,
            Self::Fixed64(_) => WireType::Fixed64,
            Self::Bytes(_) => WireType::Length,
        }
    }

    /// Writes it without a tag.
    pub(crate) fn write(&self, wire: &mut Wire) {
        match self {
            Self::Varint(value) => wire.varint(*value),
            Self::Fixed32(value) => wire.raw(&value.to_le_bytes()),
            Self::Fixed64(value) => wire.raw(&value.to_le_bytes()),
            Self::Bytes(bytes) => wire.length_prefixed(bytes),
        }
    }
}

/// Takes a scalar to a field's type.
///
/// # Errors
/// What does not fit, in words.
pub(super) fn convert<'a>(kind: &Kind, leaf: Leaf<'a>) -> Result<Scalar<'a>, Problem> {
    match kind {
        Kind::Int32 => Ok(Scalar::Varint(
            integer(kind, &leaf, i32::MIN, i32::MAX)? as i64 as u64,
        )),
        Kind::Int64 => Ok(Scalar::Varint(
            integer(kind, &leaf, i64::MIN, i64::MAX)? as i64 as u64,
        )),
        Kind::Uint32 => Ok(Scalar::Varint(
            integer(kind, &leaf, u32::MIN, u32::MAX)? as u64
        )),
        Kind::Uint64 => Ok(Scalar::Varint(
            integer(kind, &leaf, u64::MIN, u64::MAX)? as u64
        )),
        Kind::Sint32 => {
            let value = integer(kind, &leaf, i32::MIN, i32::MAX)? as i32;
            Ok(Scalar::Varint(u64::from((value << 1 ^ value >> 31) as u32)))
        }
        Kind::Sint64 => {
            let value = integer(kind, &leaf, i64::MIN, i64::MAX)? as i64;
            Ok(Scalar::Varint((value << 1 ^ value >> 63) as u64))
        }
        Kind::Fixed32 => Ok(Scalar::Fixed32(
            integer(kind, &leaf, u32::MIN, u32::MAX)? as u32
        )),
        Kind::Fixed64 => Ok(Scalar::Fixed64(
            integer(kind, &leaf, u64::MIN, u64::MAX)? as u64
        )),
        Kind::Sfixed32 => Ok(Scalar::Fixed32(
            integer(kind, &leaf, i32::MIN, i32::MAX)? as i32 as u32,
        )),
        Kind::Sfixed64 => Ok(Scalar::Fixed64(
            integer(kind, &leaf, i64::MIN, i64::MAX)? as i64 as u64,
        )),
        Kind::Float => Ok(Scalar::Fixed32(float::<f32>(kind, &leaf)?.to_bits())),
        Kind::Double => Ok(Scalar::Fixed64(float::<f64>(kind, &leaf)?.to_bits())),
        Kind::Bool => boolean(&leaf).map(|value| Scalar::Varint(u64::from(value))),
        Kind::String => match leaf {
            Leaf::Text { text, .. } => Ok(Scalar::Bytes(into_bytes(text))),
            Leaf::Number(digits) => Err(expected("a string", &Leaf::Number(digits.clone()))
                .own_hint(format!("put it in quotes: \"{}\"", short(&digits)))
                .fix("Put it in quotes", quoted(&digits))),
            Leaf::Bool(value) => Err(expected("a string", &Leaf::Bool(value))
                .own_hint(format!("put it in quotes: \"{value}\""))
                .fix("Put it in quotes", format!("\"{value}\""))),
            Leaf::Null => Err(expected("a string", &leaf)),
        },
        Kind::Bytes => bytes(&leaf),
        Kind::Enum(descriptor) => {
            enumeration(descriptor, &leaf).map(|number| Scalar::Varint(i64::from(number) as u64))
        }
        Kind::Message(message) => Err(expected(message.full_name(), &leaf)),
    }
}

pub(super) fn expected(what: &str, leaf: &Leaf<'_>) -> Problem {
    Problem::about(format!("expected {what}, found "), leaf.describe(), "")
}

fn expected_number(kind: &Kind, leaf: &Leaf<'_>) -> Problem {
    expected(&format!("a number ({})", kind_name(kind)), leaf)
}

fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(20) {
        Some((cut, _)) => Cow::Owned(format!("{}…", &text[..cut])),
        None => Cow::Borrowed(text),
    }
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn integer<T: Into<i128> + Copy>(
    kind: &Kind,
    leaf: &Leaf<'_>,
    least: T,
    most: T,
) -> Result<i128, Problem> {
    let (least, most) = (least.into(), most.into());
    let text = match leaf {
        Leaf::Number(digits) => digits,
        Leaf::Text { text, .. } => text,
        Leaf::Null | Leaf::Bool(_) => return Err(expected_number(kind, leaf)),
    };
    let fault = match parse_integer(text) {
        Ok(value) if (least..=most).contains(&value) => return Ok(value),
        Ok(_) => IntegerFault::TooLarge,
        Err(fault) => fault,
    };
    let name = kind_name(kind);
    Err(match fault {
        IntegerFault::TooLarge => Problem::of(text, format!(" does not fit {name}"))
            .hint(format!("{name} goes from {least} to {most}")),
        IntegerFault::NotWhole => {
            Problem::of(text, format!(" is no whole number, as {name} needs"))
        }
        IntegerFault::NotANumber => {
            expected_number(kind, leaf).hint(format!("{name} goes from {least} to {most}"))
        }
    })
}

/// What `f32` and `f64` share here.
trait Float: std::str::FromStr + Copy {
    const SPECIAL: [Self; 3];
    fn is_finite(self) -> bool;
}

impl Float for f32 {
    const SPECIAL: [Self; 3] = [Self::NAN, Self::INFINITY, Self::NEG_INFINITY];
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

impl Float for f64 {
    const SPECIAL: [Self; 3] = [Self::NAN, Self::INFINITY, Self::NEG_INFINITY];
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

fn float<T: Float>(kind: &Kind, leaf: &Leaf<'_>) -> Result<T, Problem> {
    let text = match leaf {
        Leaf::Number(digits) => digits,
        Leaf::Text { text, .. } => text,
        Leaf::Null | Leaf::Bool(_) => return Err(expected_number(kind, leaf)),
    };
    let [nan, infinity, negative] = T::SPECIAL;
    match &**text {
        "NaN" => return Ok(nan),
        "Infinity" => return Ok(infinity),
        "-Infinity" => return Ok(negative),
        _ => {}
    }
    let is_number = crate::message::document::number_len(text.as_bytes()) == Some(text.len());
    match text.parse::<T>() {
        Ok(value) if is_number && value.is_finite() => Ok(value),
        Ok(_) if is_number => {
            let name = kind_name(kind);
            Err(Problem::of(text, format!(" does not fit {name}"))
                .hint("write \"Infinity\" if that is meant"))
        }
        _ => Err(expected_number(kind, leaf)
            .hint("beside numbers there are \"NaN\", \"Infinity\" and \"-Infinity\"")),
    }
}

fn boolean(leaf: &Leaf<'_>) -> Result<bool, Problem> {
    match leaf {
        Leaf::Bool(value) => Ok(*value),
        Leaf::Text { text, computed } => match (&**text, computed) {
            ("true", true) => Ok(true),
            ("false", true) => Ok(false),
            ("true" | "false", false) => {
                let problem = expected("true or false", leaf).own_hint("remove the quotes");
                Err(problem.fix("Remove the quotes", &**text))
            }
            _ => Err(expected("true or false", leaf)),
        },
        Leaf::Null | Leaf::Number(_) => Err(expected("true or false", leaf)),
    }
}

/// Reads base64, standard or URL-safe, padded or not.
fn bytes<'a>(leaf: &Leaf<'_>) -> Result<Scalar<'a>, Problem> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let Leaf::Text { text, .. } = leaf else {
        return Err(expected("bytes as a base64 string", leaf));
    };
    let engine = if text.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    match engine.decode(text.as_bytes()) {
        Ok(bytes) => Ok(Scalar::Bytes(Cow::Owned(bytes))),
        Err(error) => Err(Problem::of(text, " is no base64")
            .detail(format!(": {}", base64_words(error)))
            .own_hint(format!(
                "the text itself would be \"{}\"",
                short(&STANDARD_PADDED.encode(&**text))
            ))
            .fix(
                "Send the text itself, in base64",
                quoted(&STANDARD_PADDED.encode(&**text)),
            )),
    }
}

const STANDARD_PADDED: GeneralPurpose = base64::engine::general_purpose::STANDARD;

fn base64_words(error: base64::DecodeError) -> String {
    match error {
        base64::DecodeError::InvalidByte(at, byte) => {
            format!(
                "character {} ({}) is none of its letters",
                at + 1,
                byte.escape_ascii()
            )
        }
        base64::DecodeError::InvalidLength(_) => "its length is wrong".to_owned(),
        other => other.to_string(),
    }
}

fn enumeration(descriptor: &EnumDescriptor, leaf: &Leaf<'_>) -> Result<i32, Problem> {
    let name = descriptor.full_name();
    let by_number = |text: &str| -> Result<i32, Problem> {
        let number = parse_integer(text)
            .ok()
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| {
                Problem::of(text, " is no number of an enum").hint("enums are numbered with int32")
            })?;
        // A reader would take an unknown number of a closed enum for an unknown field.
        if descriptor.get_value(number).is_none() && is_closed(descriptor) {
            let before = format!("`{name}` has no value ");
            return Err(Problem::about(before, number.to_string(), "")
                .hint("it is a closed enum, which holds no other numbers"));
        }
        Ok(number)
    };
    match leaf {
        Leaf::Number(digits) => by_number(digits),
        Leaf::Text { text, computed } => {
            if let Some(value) = descriptor.get_value_by_name(text) {
                return Ok(value.number());
            }
            if *computed && parse_integer(text).is_ok() {
                return by_number(text);
            }
            let values: Vec<_> = descriptor.values().collect();
            let problem = Problem::about(format!("`{name}` has no value "), shown(text), "");
            Err(
                match closest(text, values.iter().map(|value| value.name())) {
                    Some(near) => problem
                        .own_hint(format!("did you mean `{near}`?"))
                        .fix_text(near),
                    None if parse_integer(text).is_ok() => problem
                        .own_hint("remove the quotes to give its number")
                        .fix("Remove the quotes", &**text),
                    None => {
                        let names: Vec<&str> =
                            values.iter().take(6).map(|value| value.name()).collect();
                        let more = if values.len() > 6 { " …" } else { "" };
                        problem.hint(format!("it has {}{more}", names.join(", ")))
                    }
                },
            )
        }
        Leaf::Null if name == "google.protobuf.NullValue" => Ok(0),
        Leaf::Null | Leaf::Bool(_) => Err(expected(&format!("a name or number of `{name}`"), leaf)),
    }
}
