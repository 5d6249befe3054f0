//! A text to the steps of a path, with the type that each step leads to.

use prost_reflect::{Kind, MessageDescriptor};

use super::{FieldPath, PathError, PathKind};
use crate::message::{
    decode::{Hop, HopKey},
    raw::{Field, closest},
};

/// Bytes of a path.
const MAX_BYTES: usize = 4096;

/// Steps of a path. Messages nest to 100 levels.
const MAX_STEPS: usize = 256;

/// Names that a hint lists.
const LISTED: usize = 5;

/// Where a step has led.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spot {
    /// A value of this kind.
    One(Kind),
    /// A list of them.
    List(Kind),
    /// A map, with the kinds of its keys and values.
    Map(Kind, Kind),
    /// What is known only by looking.
    Dynamic,
}

/// A piece of the text.
#[derive(Debug, PartialEq)]
enum Token {
    Name(String),
    /// `[…]` with what stands in it; `quoted` when it is a string.
    Subscript {
        text: String,
        quoted: bool,
    },
}

/// A path as far as it was read.
pub(super) struct Walk {
    pub(super) hops: Vec<Hop>,
    pub(super) spot: Spot,
}

pub(super) fn parse(text: &str, message: &MessageDescriptor) -> Result<FieldPath, PathError> {
    let walk = walk(text, message)?;
    Ok(FieldPath {
        text: text.trim().to_owned(),
        kind: kind_of(&walk.spot),
        hops: walk.hops,
    })
}

/// Follows a path that is whole.
pub(super) fn walk(text: &str, message: &MessageDescriptor) -> Result<Walk, PathError> {
    let mut lexer = Lexer::new(text)?;
    let mut walk = Walk {
        hops: Vec::new(),
        spot: Spot::One(Kind::Message(message.clone())),
    };
    while let Some((token, range)) = lexer.next()? {
        if walk.hops.len() >= MAX_STEPS {
            let message = format!("the path has more than {MAX_STEPS} steps");
            return Err(error(range, message, ""));
        }
        let step = match &token {
            Token::Name(name) => walk.name(name),
            Token::Subscript { text, quoted } => walk.subscript(text, *quoted),
        };
        step.map_err(|(message, hint)| error(range, message, hint))?;
    }
    Ok(walk)
}

fn error(
    range: std::ops::Range<usize>,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> PathError {
    PathError {
        range,
        message: message.into(),
        hint: hint.into(),
    }
}

/// What is wrong, and what to try.
type Wrong = (String, String);

impl Walk {
    fn push(&mut self, hop: Hop, spot: Spot) {
        self.hops.push(hop);
        self.spot = spot;
    }

    fn name(&mut self, name: &str) -> Result<(), Wrong> {
        match self.spot.clone() {
            Spot::Dynamic => {
                self.push(Hop::Name(name.into()), Spot::Dynamic);
                Ok(())
            }
            Spot::List(kind) => {
                self.push(Hop::All, Spot::One(kind));
                self.name(name)
            }
            Spot::Map(key, value) => self.key(name, &key, value),
            Spot::One(Kind::Message(message)) => self.field(name, &message),
            Spot::One(kind) => {
                let what = kind_of(&Spot::One(kind)).words();
                let wrong = format!("there is no `{name}` here: this is {what}");
                Err((wrong, "End the path before it".to_owned()))
            }
        }
    }

    fn field(&mut self, name: &str, message: &MessageDescriptor) -> Result<(), Wrong> {
        match message.full_name() {
            "google.protobuf.Any" if name == "type_url" || name == "typeUrl" => {
                self.push(Hop::Name("@type".into()), Spot::One(Kind::String));
                return Ok(());
            }
            "google.protobuf.Any" | "google.protobuf.Struct" | "google.protobuf.Value" => {
                self.push(Hop::Name(name.into()), Spot::Dynamic);
                return Ok(());
            }
            "google.protobuf.ListValue" => {
                self.push(Hop::All, Spot::Dynamic);
                self.push(Hop::Name(name.into()), Spot::Dynamic);
                return Ok(());
            }
            _ => {}
        }
        let Some(field) = Field::find(message, name) else {
            return Err(unknown(name, message));
        };
        self.push(Hop::Field(field.number()), spot_of(&field));
        Ok(())
    }

    fn key(&mut self, text: &str, key: &Kind, value: Kind) -> Result<(), Wrong> {
        let key = match key {
            Kind::String => Some(HopKey::Text(text.into())),
            Kind::Bool => text.parse().ok().map(HopKey::Bool),
            Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => {
                text.parse().ok().map(HopKey::Unsigned)
            }
            _ => text.parse().ok().map(HopKey::Signed),
        };
        let Some(key) = key else {
            let hint = "Keys of this map are numbers or bools, as [1] or [true]".to_owned();
            return Err((format!("`{text}` is no key of this map"), hint));
        };
        self.push(Hop::Key(key), Spot::One(value));
        Ok(())
    }

    fn subscript(&mut self, text: &str, quoted: bool) -> Result<(), Wrong> {
        let index = if quoted { None } else { text.parse().ok() };
        let all = !quoted && text == "*";
        match self.spot.clone() {
            Spot::List(kind) if all => self.push(Hop::All, Spot::One(kind)),
            Spot::List(kind) => match index {
                Some(index) => self.push(Hop::Index(index), Spot::One(kind)),
                None if quoted => {
                    self.push(Hop::All, Spot::One(kind));
                    return self.subscript(text, quoted);
                }
                None => return Err(no_index(text)),
            },
            Spot::Map(_, value) if all => self.push(Hop::All, Spot::One(value)),
            Spot::Map(key, value) => return self.key(text, &key, value),
            Spot::Dynamic => self.dynamic(text, quoted, index, all)?,
            Spot::One(Kind::Message(message)) => {
                let name = message.full_name().to_owned();
                let dynamic = matches!(
                    &*name,
                    "google.protobuf.Value"
                        | "google.protobuf.ListValue"
                        | "google.protobuf.Struct"
                );
                if dynamic {
                    return self.dynamic(text, quoted, index, all);
                }
                if quoted {
                    return self.field(text, &message);
                }
                // An extension, as ProtoJSON writes it.
                let bracketed = format!("[{text}]");
                let Some(field) = Field::find(&message, &bracketed) else {
                    let hint = "Give the name of a field, or of an extension in brackets";
                    let wrong = format!("`[{text}]` is for lists and maps, and this is `{name}`");
                    return Err((wrong, hint.to_owned()));
                };
                self.push(Hop::Field(field.number()), spot_of(&field));
            }
            Spot::One(kind) => {
                let what = kind_of(&Spot::One(kind)).words();
                let wrong = format!("`[{text}]` is for lists and maps, and this is {what}");
                return Err((wrong, "End the path before it".to_owned()));
            }
        }
        Ok(())
    }

    fn dynamic(
        &mut self,
        text: &str,
        quoted: bool,
        index: Option<usize>,
        all: bool,
    ) -> Result<(), Wrong> {
        let hop = match index {
            Some(index) => Hop::Index(index),
            None if all => Hop::All,
            None if quoted => Hop::Name(text.into()),
            None => return Err(no_index(text)),
        };
        self.push(hop, Spot::Dynamic);
        Ok(())
    }
}

fn no_index(text: &str) -> Wrong {
    (
        format!("`{text}` is no index"),
        "Write [0] for the first item, [*] for all".to_owned(),
    )
}

fn unknown(name: &str, message: &MessageDescriptor) -> Wrong {
    let wrong = format!("`{name}` is not a field of `{}`", message.full_name());
    let fields: Vec<_> = message.fields().collect();
    let names = fields
        .iter()
        .flat_map(|field| [field.json_name(), field.name()]);
    let hint = if let Some(near) = closest(name, names) {
        format!("Did you mean `{near}`?")
    } else if fields.is_empty() {
        "This message has no fields".to_owned()
    } else {
        let mut listed: Vec<_> = fields
            .iter()
            .take(LISTED)
            .map(|field| format!("`{}`", field.json_name()))
            .collect();
        if fields.len() > LISTED {
            listed.push("…".to_owned());
        }
        format!("It has {}", listed.join(", "))
    };
    (wrong, hint)
}

/// Where a field leads to.
pub(super) fn spot_of(field: &Field) -> Spot {
    let kind = field.kind();
    if field.is_map()
        && let Kind::Message(entry) = &kind
        && let (Some(key), Some(value)) = (entry.get_field(1), entry.get_field(2))
    {
        return Spot::Map(key.kind(), value.kind());
    }
    if field.is_repeated() {
        Spot::List(kind)
    } else {
        Spot::One(kind)
    }
}

/// What stands at a spot. A list is its items.
pub(super) fn kind_of(spot: &Spot) -> PathKind {
    let kind = match spot {
        Spot::One(kind) | Spot::List(kind) => kind,
        Spot::Map(..) => return PathKind::Message,
        Spot::Dynamic => return PathKind::Dynamic,
    };
    match kind {
        Kind::Double => PathKind::Double,
        Kind::Float => PathKind::Float,
        Kind::Int32
        | Kind::Int64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Sfixed32
        | Kind::Sfixed64 => PathKind::Signed,
        Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => PathKind::Unsigned,
        Kind::Bool => PathKind::Bool,
        Kind::String => PathKind::Text,
        Kind::Bytes => PathKind::Bytes,
        Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => {
            PathKind::Dynamic
        }
        Kind::Enum(descriptor) => PathKind::Enum(descriptor.clone()),
        Kind::Message(message) => known_kind(message),
    }
}

/// Well-known types as what they stand for.
fn known_kind(message: &MessageDescriptor) -> PathKind {
    match message.full_name().strip_prefix("google.protobuf.") {
        Some("Timestamp") => PathKind::Time,
        Some("Duration") => PathKind::Span,
        Some("FieldMask") => PathKind::Text,
        Some("Value") => PathKind::Dynamic,
        Some(
            "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
            | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue",
        ) => message
            .get_field(1)
            .map_or(PathKind::Message, |field| match field.kind() {
                Kind::Message(_) => PathKind::Message,
                kind => kind_of(&Spot::One(kind)),
            }),
        _ => PathKind::Message,
    }
}

/// Cuts a path into steps.
struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Nothing was read yet: a name needs no dot before it.
    first: bool,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Result<Self, PathError> {
        if text.len() > MAX_BYTES {
            let message = format!("the path is longer than {MAX_BYTES} bytes");
            return Err(error(0..text.len(), message, ""));
        }
        let kept = text.trim_end();
        let at = kept.len() - kept.trim_start().len();
        let rooted = kept[at..].starts_with('$');
        Ok(Self {
            text: kept,
            at: at + usize::from(rooted),
            first: !rooted,
        })
    }

    fn next(&mut self) -> Result<Option<(Token, std::ops::Range<usize>)>, PathError> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let first = std::mem::replace(&mut self.first, false);
        if rest.starts_with('[') {
            return self.subscript().map(Some);
        }
        let dot = rest.starts_with('.');
        if !dot && !first {
            let range = self.at..self.text.len();
            return Err(error(range, "a dot is missing here", "Write `a.b`"));
        }
        let start = self.at + usize::from(dot);
        let len = self.text[start..]
            .find(['.', '['])
            .unwrap_or(self.text.len() - start);
        let piece = &self.text[start..start + len];
        let name = piece.trim();
        if name.is_empty() {
            let range = self.at..(start + len).max(self.at + 1).min(self.text.len());
            return Err(error(range, "a name is missing here", "Write `a.b`"));
        }
        if let Some(odd) = name.find([']', '"', '\'']) {
            let at = start + (piece.len() - piece.trim_start().len()) + odd;
            let message = "a name has no brackets and quotes";
            let hint = "Write a key of a map as [\"key\"]";
            return Err(error(at..at + 1, message, hint));
        }
        self.at = start + len;
        Ok(Some((Token::Name(name.to_owned()), start..start + len)))
    }

    fn subscript(&mut self) -> Result<(Token, std::ops::Range<usize>), PathError> {
        let start = self.at;
        let inner = &self.text[start + 1..];
        let open = |message: &str| {
            error(
                start..self.text.len(),
                message,
                "Write [0], [*] or [\"key\"]",
            )
        };
        let trimmed = inner.trim_start();
        let Some(quote) = trimmed.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            let end = inner.find(']').ok_or_else(|| open("`]` is missing"))?;
            let text = inner[..end].trim();
            if text.is_empty() {
                return Err(error(
                    start..start + end + 2,
                    "an index is missing here",
                    "Write [0] or [*]",
                ));
            }
            self.at = start + 1 + end + 1;
            let token = Token::Subscript {
                text: text.to_owned(),
                quoted: false,
            };
            return Ok((token, start..self.at));
        };
        let begin = start + 1 + (inner.len() - trimmed.len()) + 1;
        let mut text = String::new();
        let mut letters = self.text[begin..].char_indices();
        let end = loop {
            match letters.next() {
                None => return Err(open("the quote is not closed")),
                Some((_, '\\')) => match letters.next() {
                    Some((_, escaped)) => text.push(escaped),
                    None => return Err(open("the quote is not closed")),
                },
                Some((at, letter)) if letter == quote => break begin + at + 1,
                Some((_, letter)) => text.push(letter),
            }
        };
        let after = &self.text[end..];
        let close = after.len() - after.trim_start().len();
        if !after[close..].starts_with(']') {
            return Err(open("`]` is missing"));
        }
        self.at = end + close + 1;
        Ok((Token::Subscript { text, quoted: true }, start..self.at))
    }
}
