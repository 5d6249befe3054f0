//! One literal of the text format to one value of the wire.

use prost_reflect::{EnumDescriptor, Kind};

use super::{
    Fault,
    lexer::{Token, TokenKind},
    number::{float, integer},
};
use crate::{
    message::raw::{Scalar, closest},
    schema::{is_closed, kind_name},
};

/// A literal for a field of a kind.
pub(super) fn read(
    kind: &Kind,
    negative: bool,
    token: Token<'_>,
) -> Result<Scalar<'static>, Fault> {
    let at = token.at;
    let int = |least: i128, most: i128| whole(kind, negative, &token, least, most);
    let signed = |bits: u32| int(-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
    let unsigned = |bits: u32| int(0, (1 << bits) - 1);
    // The casts keep the bits: two's complement is what the wire has.
    Ok(match kind {
        Kind::Int32 => Scalar::Varint(signed(32)? as i64 as u64),
        Kind::Int64 => Scalar::Varint(signed(64)? as i64 as u64),
        Kind::Uint32 => Scalar::Varint(unsigned(32)? as u64),
        Kind::Uint64 => Scalar::Varint(unsigned(64)? as u64),
        Kind::Sint32 => {
            let value = signed(32)? as i32;
            Scalar::Varint(u64::from((value << 1 ^ value >> 31) as u32))
        }
        Kind::Sint64 => {
            let value = signed(64)? as i64;
            Scalar::Varint((value << 1 ^ value >> 63) as u64)
        }
        Kind::Fixed32 => Scalar::Fixed32(unsigned(32)? as u32),
        Kind::Fixed64 => Scalar::Fixed64(unsigned(64)? as u64),
        Kind::Sfixed32 => Scalar::Fixed32(signed(32)? as i32 as u32),
        Kind::Sfixed64 => Scalar::Fixed64(signed(64)? as i64 as u64),
        Kind::Float => {
            let value: f32 = number(kind, negative, &token)?;
            Scalar::Fixed32(value.to_bits())
        }
        Kind::Double => {
            let value: f64 = number(kind, negative, &token)?;
            Scalar::Fixed64(value.to_bits())
        }
        Kind::Bool => Scalar::Varint(u64::from(boolean(negative, &token)?)),
        Kind::Enum(descriptor) => {
            Scalar::Varint(i64::from(enumeration(descriptor, negative, &token)?) as u64)
        }
        Kind::String | Kind::Bytes => match token.kind {
            TokenKind::Text(bytes) if !negative => {
                if *kind == Kind::String && std::str::from_utf8(&bytes).is_err() {
                    return Err(Fault::new(at, "the bytes of a string are no UTF-8"));
                }
                Scalar::Bytes(bytes.into())
            }
            other => {
                let text = format!("expected a string in quotes, found {}", other.describe());
                return Err(Fault::new(at, text));
            }
        },
        Kind::Message(message) => {
            return Err(Fault::new(
                at,
                format!("expected a message, `{}`", message.full_name()),
            ));
        }
    })
}

/// A value of a field that no schema knows, as it is printed: `8`, `0x0000000a`, `"…"`.
pub(super) fn unknown(token: Token<'_>) -> Result<Scalar<'static>, Fault> {
    let at = token.at;
    match token.kind {
        TokenKind::Text(bytes) => Ok(Scalar::Bytes(bytes.into())),
        TokenKind::Number(text) => {
            let value = integer(text).and_then(|value| u64::try_from(value).ok());
            let value = value.ok_or_else(|| {
                Fault::new(at, format!("{text} is no value of a field without a name"))
            })?;
            Ok(match text.len() {
                10 if text.starts_with("0x") => Scalar::Fixed32(value as u32),
                18 if text.starts_with("0x") => Scalar::Fixed64(value),
                _ => Scalar::Varint(value),
            })
        }
        other => {
            let text = format!(
                "expected a number, a string or `{{`, found {}",
                other.describe()
            );
            Err(Fault::new(at, text))
        }
    }
}

fn signed_words(negative: bool, token: &Token<'_>) -> String {
    let sign = if negative { "-" } else { "" };
    match &token.kind {
        TokenKind::Number(text) | TokenKind::Name(text) => format!("`{sign}{text}`"),
        other => other.describe(),
    }
}

fn expected(what: &str, negative: bool, token: &Token<'_>) -> Fault {
    let found = signed_words(negative, token);
    Fault::new(token.at, format!("expected {what}, found {found}"))
}

fn whole(
    kind: &Kind,
    negative: bool,
    token: &Token<'_>,
    least: i128,
    most: i128,
) -> Result<i128, Fault> {
    let name = kind_name(kind);
    let what = || format!("a whole number ({name})");
    let TokenKind::Number(text) = token.kind else {
        return Err(expected(&what(), negative, token));
    };
    let Some(value) = integer(text) else {
        return Err(expected(&what(), negative, token));
    };
    let value = if negative { -value } else { value };
    if !(least..=most).contains(&value) {
        let found = signed_words(negative, token);
        return Err(Fault::new(token.at, format!("{found} does not fit {name}"))
            .hint(format!("{name} goes from {least} to {most}")));
    }
    Ok(value)
}

fn number<T: super::number::Float>(
    kind: &Kind,
    negative: bool,
    token: &Token<'_>,
) -> Result<T, Fault> {
    let value = match token.kind {
        TokenKind::Number(text) => float::<T>(text),
        TokenKind::Name(name) => match name.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => Some(T::INFINITY),
            "nan" => Some(T::NAN),
            _ => None,
        },
        _ => None,
    };
    match value {
        Some(value) if negative => Ok(value.negated()),
        Some(value) => Ok(value),
        None => Err(expected(
            &format!("a number ({})", kind_name(kind)),
            negative,
            token,
        )),
    }
}

fn boolean(negative: bool, token: &Token<'_>) -> Result<bool, Fault> {
    let value = match &token.kind {
        TokenKind::Name("true" | "True" | "t") => Some(true),
        TokenKind::Name("false" | "False" | "f") => Some(false),
        TokenKind::Number(text) => match integer(text) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        _ => None,
    };
    value
        .filter(|_| !negative)
        .ok_or_else(|| expected("true or false", negative, token))
}

fn enumeration(
    descriptor: &EnumDescriptor,
    negative: bool,
    token: &Token<'_>,
) -> Result<i32, Fault> {
    let name = descriptor.full_name();
    match token.kind {
        TokenKind::Name(text) if !negative => {
            if let Some(value) = descriptor.get_value_by_name(text) {
                return Ok(value.number());
            }
            let fault = Fault::new(token.at, format!("`{name}` has no value `{text}`"));
            let values: Vec<String> = descriptor.values().map(|v| v.name().to_owned()).collect();
            Err(match closest(text, values.iter().map(String::as_str)) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault,
            })
        }
        TokenKind::Number(_) => {
            let kind = Kind::Enum(descriptor.clone());
            let value = whole(&kind, negative, token, i32::MIN.into(), i32::MAX.into())? as i32;
            if descriptor.get_value(value).is_none() && is_closed(descriptor) {
                return Err(
                    Fault::new(token.at, format!("`{name}` has no value {value}"))
                        .hint("it is a closed enum, which holds no other numbers"),
                );
            }
            Ok(value)
        }
        _ => Err(expected(&format!("a value of `{name}`"), negative, token)),
    }
}
