//! Which types may take each other's place.
//!
//! ```text
//! int32 uint32 int64 uint64 bool enum    one varint; 64-bit integers are strings in JSON
//! sint32 sint64                          one zigzag varint
//! fixed32 sfixed32 · fixed64 sfixed64    one width each; float and double stand alone
//! string bytes                           one length and bytes; in JSON base64
//! bytes message                          when the bytes are the message; no group
//! ```
//! Spec: <https://protobuf.dev/programming-guides/proto3/#updating>

use prost_reflect::Kind;

use super::Verdict;
use crate::schema::kind_name;

/// Types whose bytes are read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Varint,
    Zigzag,
    Fixed32,
    Float,
    Fixed64,
    Double,
    Text,
    Message,
    Group,
}

/// The low bits of a tag, which say how long a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WireType {
    Varint,
    I32,
    I64,
    Len,
    Group,
}

impl Family {
    fn of(kind: &Kind, group: bool) -> Self {
        match kind {
            Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 => Self::Varint,
            Kind::Bool | Kind::Enum(_) => Self::Varint,
            Kind::Sint32 | Kind::Sint64 => Self::Zigzag,
            Kind::Fixed32 | Kind::Sfixed32 => Self::Fixed32,
            Kind::Float => Self::Float,
            Kind::Fixed64 | Kind::Sfixed64 => Self::Fixed64,
            Kind::Double => Self::Double,
            Kind::String | Kind::Bytes => Self::Text,
            Kind::Message(_) if group => Self::Group,
            Kind::Message(_) => Self::Message,
        }
    }

    fn wire_type(self) -> WireType {
        match self {
            Self::Varint | Self::Zigzag => WireType::Varint,
            Self::Fixed32 | Self::Float => WireType::I32,
            Self::Fixed64 | Self::Double => WireType::I64,
            Self::Text | Self::Message => WireType::Len,
            Self::Group => WireType::Group,
        }
    }
}

/// Whether lists of it can be packed.
pub(super) fn is_number(kind: &Kind) -> bool {
    !matches!(kind, Kind::String | Kind::Bytes | Kind::Message(_))
}

/// What two types of a single value mean to each other; `None` when there is nothing to say: they are
/// the same, or two enums, which are compared by their values.
pub(super) fn judge(
    here: &Kind,
    here_group: bool,
    server: &Kind,
    server_group: bool,
) -> Option<(Verdict, String)> {
    let (verdict, follows) = match (here, server) {
        (Kind::Message(a), Kind::Message(b)) if here_group == server_group => {
            if a.full_name() == b.full_name() {
                return None;
            }
            if has_own_json(a.full_name()) || has_own_json(b.full_name()) {
                (Verdict::BreaksJson, "each has a form of its own in JSON")
            } else {
                (
                    Verdict::Compatible,
                    "no name of a type is sent; what they hold is compared field by field",
                )
            }
        }
        (Kind::Enum(_), Kind::Enum(_)) => return None,
        _ if here == server && here_group == server_group => return None,
        _ => {
            let (a, b) = (
                Family::of(here, here_group),
                Family::of(server, server_group),
            );
            scalars(here, a, server, b)
        }
    };
    let name = |kind: &Kind, group| match group {
        true => format!("group {}", kind_name(kind)),
        false => kind_name(kind),
    };
    let text = format!(
        "`{}` here, `{}` on the server: {follows}",
        name(here, here_group),
        name(server, server_group)
    );
    Some((verdict, text))
}

fn scalars(here: &Kind, a: Family, server: &Kind, b: Family) -> (Verdict, &'static str) {
    let bytes_of_message = (*here == Kind::Bytes && b == Family::Message)
        || (a == Family::Message && *server == Kind::Bytes);
    if bytes_of_message {
        return (
            Verdict::BreaksJson,
            "understood where the bytes are an encoded message; in JSON one is base64",
        );
    }
    if a != b {
        return (Verdict::BreaksWire, strangers(a, b));
    }
    let odd = |kind: &Kind| matches!(kind, Kind::Bool | Kind::Enum(_));
    match a {
        Family::Varint if odd(here) || odd(server) => (
            Verdict::BreaksJson,
            "the same number on the wire, written differently in JSON",
        ),
        Family::Varint | Family::Zigzag if is_wide(here) != is_wide(server) => (
            Verdict::BreaksJson,
            "values that do not fit lose their upper bits; in JSON 64-bit integers are strings",
        ),
        Family::Text => (
            Verdict::BreaksJson,
            "understood where the bytes are UTF-8; in JSON bytes are base64",
        ),
        _ => (
            Verdict::Compatible,
            "the same bytes; a value out of the other's range is read as another one",
        ),
    }
}

/// What becomes of a value whose type is of another family.
fn strangers(a: Family, b: Family) -> &'static str {
    match (a.wire_type(), b.wire_type()) {
        (WireType::Len, WireType::Len) => "what one sends the other cannot read as its own",
        (x, y) if x == y => "each reads another value from the same bytes",
        _ => "each takes the other's value for an unknown field",
    }
}

fn is_wide(kind: &Kind) -> bool {
    matches!(kind, Kind::Int64 | Kind::Uint64 | Kind::Sint64)
}

/// Well-known types that are no plain object in JSON.
fn has_own_json(name: &str) -> bool {
    name.strip_prefix("google.protobuf.").is_some_and(|name| {
        name.ends_with("Value")
            || matches!(
                name,
                "Any" | "Duration" | "FieldMask" | "Struct" | "Timestamp"
            )
    })
}
