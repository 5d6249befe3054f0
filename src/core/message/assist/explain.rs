//! What the text at a place means.

use std::ops::Range;

use prost_reflect::{FieldDescriptor, Kind};

use super::{
    super::{
        PreviewPart, WellKnown, document::unescape, find_field, form::kind::well_known, preview,
    },
    Assist, Hover,
    context::{Context, Frame, Token},
    place::{Label, Members, Place, Slot},
};
use crate::schema::{kind_name, type_name};

pub(super) fn hover(assist: &Assist<'_>, text: &str, at: usize) -> Option<Hover> {
    let at = text.floor_char_boundary(at);
    let context = match touched(text, at)? {
        // A cursor in front of a token touches it too.
        context if context.token == Token::None => {
            let inside = at + text[at..].chars().next()?.len_utf8();
            touched(text, inside)?
        }
        context => context,
    };
    let (Token::String(range) | Token::Word(range)) = context.token.clone() else {
        return None;
    };
    if !range.contains(&at) {
        return None;
    }
    if let Some(found) = expression(assist, text, &range, at) {
        return Some(found);
    }
    let written = text.get(range.clone())?;
    let inside = written.trim_start_matches('"').trim_end_matches('"');
    match Place::of(&context, assist)? {
        Place::Member(members) => key(assist, &members, inside, range),
        Place::Value(slot) => value(assist, &slot, inside, range),
        Place::AnyType => {
            let name = inside.rsplit('/').next()?;
            let schema = assist.schema?;
            schema.file_of(name)?;
            Some(Hover {
                range,
                title: format!("message {name}"),
                comment: schema.comment_of(name),
                value: None,
            })
        }
        Place::MapKey(kind) => Some(Hover {
            range,
            title: format!("key of a map: {}", kind_name(&kind)),
            comment: String::new(),
            value: None,
        }),
    }
}

/// The place of a token, with a key that is followed by its colon taken as one.
fn touched(text: &str, at: usize) -> Option<Context> {
    let mut context = Context::of(text, at)?;
    if context.is_key()
        && let Some(Frame::Object { key, .. }) = context.frames.last_mut()
    {
        *key = None;
    }
    Some(context)
}

/// The expression of a string that the cursor is in, and what it gives now.
fn expression(assist: &Assist<'_>, text: &str, string: &Range<usize>, at: usize) -> Option<Hover> {
    let inside = text.get(string.clone())?;
    let here = at - string.start;
    let open = inside
        .get(..inside.floor_char_boundary(here + 2))?
        .rfind("{{")?;
    let close = open + inside[open..].find("}}")? + 2;
    if here >= close {
        return None;
    }
    let range = string.start + open..string.start + close;
    let written = unescape(&text[range.clone()]).ok()?;
    let is_secret = |name: &str| assist.secrets.contains(name);
    let parts = preview(&written, assist.scope, is_secret);
    let given = match parts.into_iter().next()? {
        PreviewPart::Value { text, .. } => text,
        PreviewPart::Failed(error) => error.message,
        PreviewPart::Literal(_) => return None,
    };
    Some(Hover {
        range,
        title: written.into_owned(),
        comment: String::new(),
        value: Some(given),
    })
}

fn key(assist: &Assist<'_>, members: &Members, inside: &str, range: Range<usize>) -> Option<Hover> {
    let message = members.message.as_ref();
    if members.any && inside == "@type" {
        return Some(Hover {
            range,
            title: "@type: the URL of the type that the Any holds".to_owned(),
            comment: String::new(),
            value: None,
        });
    }
    if let Some(field) = message.and_then(|message| find_field(message, inside)) {
        return Some(Hover {
            range,
            title: declaration(&field),
            comment: assist.comment_of_field(&field),
            value: None,
        });
    }
    let extension = message?.get_extension_by_json_name(inside)?;
    let file = extension.parent_file();
    Some(Hover {
        range,
        title: format!(
            "{} {} = {}",
            kind_name(&extension.kind()),
            extension.full_name(),
            extension.number()
        ),
        comment: assist.comment(file.name(), extension.path()),
        value: None,
    })
}

/// A field as a proto file declares it.
fn declaration(field: &FieldDescriptor) -> String {
    let mut title = format!("{} {} = {}", type_name(field), field.name(), field.number());
    if let Some(oneof) = field.containing_oneof().filter(|it| !it.is_synthetic()) {
        title.push_str(&format!("  (oneof {})", oneof.name()));
    }
    let options = field.field_descriptor_proto().options.as_ref();
    if options.is_some_and(|options| options.deprecated()) {
        title.push_str("  (deprecated)");
    }
    title
}

fn value(assist: &Assist<'_>, slot: &Slot, inside: &str, range: Range<usize>) -> Option<Hover> {
    if slot.label != Label::Single {
        return None;
    }
    match &slot.kind {
        Kind::Enum(descriptor) => {
            let number = inside.parse::<i32>().ok();
            let named = descriptor.get_value_by_name(inside);
            let found = named.or_else(|| descriptor.get_value(number?))?;
            Some(Hover {
                range,
                title: format!(
                    "{}.{} = {}",
                    descriptor.full_name(),
                    found.name(),
                    found.number()
                ),
                comment: assist.comment_of_value(&found),
                value: None,
            })
        }
        Kind::Message(message) if well_known(message) == Some(WellKnown::Timestamp) => {
            let time: jiff::Timestamp = inside.parse().ok()?;
            let local = time.to_zoned(jiff::tz::TimeZone::system());
            Some(Hover {
                range,
                title: "google.protobuf.Timestamp".to_owned(),
                comment: String::new(),
                value: Some(format!("local time {}", local.strftime("%F %T %:z"))),
            })
        }
        Kind::Bytes => {
            let title = match inside.len() {
                0 => "no bytes".to_owned(),
                len => {
                    let padding = inside.bytes().rev().take_while(|b| *b == b'=').count();
                    format!("{} bytes in base64", (len - padding) * 3 / 4)
                }
            };
            Some(Hover {
                range,
                title,
                comment: String::new(),
                value: None,
            })
        }
        _ => None,
    }
}
