//! Values a call could have, guessed from the names and types of fields.
//!
//! Nothing here reaches anyone: mail, hosts and addresses are those that RFC 2606, RFC 5737, RFC 3849
//! and the numbering plans set aside for examples.

mod number;
mod text;
mod time;
mod words;

pub(super) use text::uuid;

use base64::Engine as _;
use prost_reflect::{EnumDescriptor, Kind};

use super::{build::Place, draw::Draw, known};
use crate::message::{
    WellKnown,
    form::kind::{quoted, well_known, wrapped},
};
use crate::schema::fields_in_order;
use words::Words;

/// A scalar, as JSON.
pub(super) fn scalar(kind: &Kind, place: Place<'_>, draw: &mut Draw) -> String {
    let words = Words::of(place);
    match kind {
        Kind::Bool => boolean(&words, draw).to_string(),
        Kind::String => quoted(&text::text(&words, draw)),
        Kind::Bytes => bytes(&words, draw),
        Kind::Enum(descriptor) => enumeration(descriptor, draw),
        Kind::Float | Kind::Double => number::float(&words, draw),
        // Messages are no scalars, and are not asked for.
        Kind::Message(_) => "null".to_owned(),
        integer => number::integer(integer, &words, draw),
    }
}

/// Most flags are asked for when they are named; these change what a call does.
fn boolean(words: &Words, draw: &mut Draw) -> bool {
    const RISKY: [&str; 9] = [
        "force", "delete", "deleted", "disabled", "hidden", "dry", "validate", "allow", "skip",
    ];
    !words.has(&RISKY) && !draw.one_in(4)
}

fn bytes(words: &Words, draw: &mut Draw) -> String {
    let data: Vec<u8> = if words.has(&["hash", "sha256", "digest", "checksum", "signature", "key"])
    {
        (0..4).flat_map(|_| draw.bits().to_be_bytes()).collect()
    } else if words.has(&["sha1"]) {
        (0..20).map(|_| draw.bits() as u8).collect()
    } else if words.has(&["ip", "address"]) {
        vec![192, 0, 2, draw.below(254) as u8 + 1]
    } else {
        text::text(words, draw).into_bytes()
    };
    quoted(&base64::engine::general_purpose::STANDARD.encode(data))
}

/// A value that says something: not the one that stands for none.
fn enumeration(descriptor: &EnumDescriptor, draw: &mut Draw) -> String {
    const NOTHING: [&str; 6] = [
        "UNSPECIFIED",
        "UNKNOWN",
        "NONE",
        "INVALID",
        "UNDEFINED",
        "NULL_VALUE",
    ];
    if descriptor.full_name() == "google.protobuf.NullValue" {
        return "null".to_owned();
    }
    let is_deprecated = |options: Option<&prost_reflect::prost_types::EnumValueOptions>| {
        options.is_some_and(|options| options.deprecated())
    };
    let values = &descriptor.enum_descriptor_proto().value;
    let says = values.iter().filter(|value| {
        let nothing = NOTHING.iter().any(|word| value.name().ends_with(word));
        !nothing && value.number() != 0 && !is_deprecated(value.options.as_ref())
    });
    let says: Vec<&str> = says.map(|value| value.name()).collect();
    let first = || values.first().map(|value| value.name());
    let name = says.get(draw.below(says.len())).copied().or_else(first);
    name.map_or_else(|| "0".to_owned(), quoted)
}

/// A value of a well-known type, but for Any.
pub(super) fn known(known: WellKnown, place: Place<'_>, draw: &mut Draw) -> String {
    let words = Words::of(place);
    match known {
        WellKnown::Timestamp => known::timestamp(time::moment(&words, draw), 0),
        WellKnown::Duration => known::duration(time::span(&words, draw)),
        WellKnown::FieldMask => quoted(&mask(place)),
        WellKnown::Struct => structure(&words, draw),
        WellKnown::Value => quoted(&text::text(&words, draw)),
        WellKnown::ListValue => {
            let text = quoted(&text::text(&words, draw));
            format!("[{text},{}]", draw.within(1, 9))
        }
        WellKnown::Any | WellKnown::Empty => "{}".to_owned(),
    }
}

fn structure(words: &Words, draw: &mut Draw) -> String {
    let source = quoted(draw.word(&["web", "mobile", "import", "api"]));
    let about = quoted(&text::text(words, draw));
    let count = draw.within(1, 9);
    format!("{{\"source\":{source},\"about\":{about},\"attempt\":{count}}}")
}

/// Paths of the message that stands beside the mask (AIP-134); else a field most messages have.
fn mask(place: Place<'_>) -> String {
    let beside = fields_in_order(place.message).find_map(|field| match field.kind() {
        Kind::Message(message) if !field.is_list() && !field.is_map() => {
            (well_known(&message).is_none() && wrapped(&message).is_none()).then_some(message)
        }
        _ => None,
    });
    let Some(resource) = beside else {
        return "name".to_owned();
    };
    // The JSON form of a mask has no underscores: a name that does not come back is none for it.
    let comes_back = |field: &prost_reflect::FieldDescriptor| {
        let name = field.name();
        let parts = name.split('_').skip(1);
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && parts
                .into_iter()
                .all(|part| part.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let fields = fields_in_order(&resource).filter(comes_back).take(2);
    let paths: Vec<String> = fields.map(|field| known::camel(field.name())).collect();
    paths.join(",")
}
