//! Two fields that are the same one: names, number, type, how many, how presence is told.

use prost_reflect::{FieldDescriptor, Kind, Syntax};

use super::{
    ChangeKind, Verdict, enumeration,
    message::{FieldPair, Local, is_required},
    oneof, rule,
};
use crate::schema::type_name;

/// How many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    One,
    List,
    Map,
}

impl Count {
    fn of(field: &FieldDescriptor) -> Self {
        if field.is_map() {
            Self::Map
        } else if field.is_list() {
            Self::List
        } else {
            Self::One
        }
    }
}

/// Adds what differs.
pub(super) fn compare(pair: &FieldPair, changes: &mut Vec<Local>) {
    names(pair, changes);
    types(pair, changes);
    count(pair, changes);
    presence(pair, changes);
    default(pair, changes);
}

fn names(FieldPair { here, server }: &FieldPair, changes: &mut Vec<Local>) {
    if here.number() != server.number() {
        let text = format!(
            "Number {} here, {} on the server: each takes the other's value for another field",
            here.number(),
            server.number()
        );
        let change = Local::new(here, ChangeKind::Number, Verdict::BreaksWire, text);
        changes.push(change);
    }
    let same_key = here.json_name() == server.json_name();
    if here.name() != server.name() {
        let follows = if same_key {
            "the same bytes and the same key in JSON"
        } else {
            "the same bytes, another key in JSON"
        };
        let text = format!(
            "`{}` here, `{}` on the server (number {}): {follows}",
            here.name(),
            server.name(),
            here.number()
        );
        let verdict = if same_key {
            Verdict::Compatible
        } else {
            Verdict::BreaksJson
        };
        changes.push(Local::new(here, ChangeKind::Renamed, verdict, text));
    } else if !same_key {
        let text = format!(
            "In JSON `{}` here, `{}` on the server",
            here.json_name(),
            server.json_name()
        );
        let change = Local::new(here, ChangeKind::JsonName, Verdict::BreaksJson, text);
        changes.push(change);
    }
}

fn types(FieldPair { here, server }: &FieldPair, changes: &mut Vec<Local>) {
    let (a, b) = (here.kind(), server.kind());
    if let (Kind::Enum(a), Kind::Enum(b)) = (&a, &b) {
        enumeration::compare(here, a, b, changes);
        return;
    }
    // The entries of two maps are compared as messages; their names are made from the field's.
    if here.is_map() && server.is_map() {
        return;
    }
    let judged = rule::judge(&a, here.is_group(), &b, server.is_group());
    if let Some((verdict, text)) = judged {
        // A map has no type of its own to tell: its count is told, and the entries are compared.
        let entry = here.is_map() || server.is_map();
        if !(entry && verdict == Verdict::Compatible) {
            changes.push(Local::new(here, ChangeKind::Type, verdict, text));
        }
    }
}

fn count(FieldPair { here, server }: &FieldPair, changes: &mut Vec<Local>) {
    let (ours, theirs) = (Count::of(here), Count::of(server));
    if ours == theirs {
        let packable = rule::is_number(&here.kind()) && rule::is_number(&server.kind());
        if ours == Count::List && packable && is_packed(here) != is_packed(server) {
            let word = |packed| if packed { "packed" } else { "not packed" };
            let text = format!(
                "{} here, {} on the server: every parser takes both",
                word(is_packed(here)),
                word(is_packed(server))
            );
            let text = capitalised(&text);
            let change = Local::new(here, ChangeKind::Packing, Verdict::Compatible, text);
            changes.push(change);
        }
        return;
    }
    let packed = [here, server]
        .iter()
        .any(|field| field.is_list() && is_packed(field) && rule::is_number(&field.kind()));
    let (verdict, follows) = if packed {
        let follows = "numbers of a list are packed, which a single field cannot read";
        (Verdict::BreaksWire, follows)
    } else if ours == Count::Map || theirs == Count::Map {
        let follows = "a map is a list of entries on the wire and an object in JSON";
        (Verdict::BreaksJson, follows)
    } else {
        let follows = "of a list the single field takes the last value, or all messages merged; \
                       JSON has an array";
        (Verdict::BreaksJson, follows)
    };
    let text = format!(
        "`{}` here, `{}` on the server: {follows}",
        type_name(here),
        type_name(server)
    );
    changes.push(Local::new(here, ChangeKind::Cardinality, verdict, text));
}

fn presence(FieldPair { here, server }: &FieldPair, changes: &mut Vec<Local>) {
    let (ours, theirs) = (is_required(here), is_required(server));
    if ours != theirs {
        let (request, response) = if ours {
            (
                (
                    Verdict::Compatible,
                    "Required here alone: it is always sent",
                ),
                (
                    Verdict::BreaksWire,
                    "Required here, not on the server: a response without it is refused",
                ),
            )
        } else {
            (
                (
                    Verdict::BreaksWire,
                    "Required on the server, not here: it refuses requests without it",
                ),
                (
                    Verdict::Compatible,
                    "Required on the server alone: it always sends it",
                ),
            )
        };
        let change = Local::new(here, ChangeKind::Presence, request.0, request.1);
        changes.push(change.in_response(response.0, response.1));
        return;
    }
    let single = Count::of(here) == Count::One && Count::of(server) == Count::One;
    // A oneof brings presence with it; that is told as the oneof's.
    let in_oneof = oneof::name(here).is_some() || oneof::name(server).is_some();
    if !single || in_oneof || here.supports_presence() == server.supports_presence() {
        return;
    }
    // A message always tells it; where one side has a scalar, its type is what is told.
    if !matches!(here.kind(), Kind::Message(_)) && !matches!(server.kind(), Kind::Message(_)) {
        let text = if here.supports_presence() {
            "Optional here, not on the server: there a value that is the default counts as absent"
        } else {
            "Optional on the server, not here: from here a value that is the default is not sent"
        };
        let change = Local::new(here, ChangeKind::Presence, Verdict::Compatible, text);
        changes.push(change);
    }
}

/// A default is never sent: each side has its own in mind.
fn default(FieldPair { here, server }: &FieldPair, changes: &mut Vec<Local>) {
    let plain = |field: &FieldDescriptor| {
        Count::of(field) == Count::One && !matches!(field.kind(), Kind::Message(_) | Kind::Enum(_))
    };
    if !plain(here) || !plain(server) || here.kind() != server.kind() {
        return;
    }
    // As text: a default may be NaN, which equals nothing.
    let (ours, theirs) = (
        here.default_value().to_string(),
        server.default_value().to_string(),
    );
    if ours != theirs {
        let text = format!("Where it is absent, {ours} is meant here and {theirs} on the server");
        let change = Local::new(here, ChangeKind::Default, Verdict::Compatible, text);
        changes.push(change);
    }
}

/// Whether the numbers of a list are packed. prost-reflect reads its own answer before it has interpreted
/// the options of a file that comes from a source.
fn is_packed(field: &FieldDescriptor) -> bool {
    let options = field.field_descriptor_proto().options.as_ref();
    let packed = options.and_then(|options| options.packed);
    packed.unwrap_or_else(|| field.parent_file().syntax() == Syntax::Proto3)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
