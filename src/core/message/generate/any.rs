//! What an Any holds.

use prost_reflect::MessageDescriptor;

use super::{Style, build::Place, choose::is_endless, draw::Draw};
use crate::message::{
    form::kind::{well_known, wrapped},
    validate::KindRules,
};

/// Well-known types that show what an Any can do, where the schema has them.
const SHOWN: [&str; 3] = ["StringValue", "Duration", "Struct"];
const ALL: [&str; 17] = [
    "Any",
    "Timestamp",
    "Duration",
    "FieldMask",
    "Struct",
    "Value",
    "ListValue",
    "Empty",
    "DoubleValue",
    "FloatValue",
    "Int64Value",
    "UInt64Value",
    "Int32Value",
    "UInt32Value",
    "BoolValue",
    "StringValue",
    "BytesValue",
];

/// The type's URL and the type; `None` for an empty Any.
pub(super) fn held(
    style: Style,
    any: &MessageDescriptor,
    place: Place<'_>,
    above: &[String],
    draw: &mut Draw,
) -> Option<(String, MessageDescriptor)> {
    let pool = any.parent_pool();
    let rules = place.rules.and_then(|rules| rules.kind.as_ref());
    if let Some(KindRules::Any(lists)) = rules
        && let Some(url) = lists.any_of.first()
    {
        let name = url.rsplit('/').next().unwrap_or_default();
        let inner = pool.get_message_by_name(name)?;
        return Some((url.clone(), inner));
    }
    let known = |names: &[&str]| -> Vec<MessageDescriptor> {
        let names = names.iter().map(|name| format!("google.protobuf.{name}"));
        names
            .filter_map(|name| pool.get_message_by_name(&name))
            .collect()
    };
    // The types that stand beside it: to list a whole schema could take longer than all the rest.
    let beside = || {
        let file = place.message.parent_file();
        let all: Vec<_> = file.messages().collect();
        let fits = |it: &MessageDescriptor| {
            it.full_name() != "google.protobuf.Any"
                && !is_endless(it)
                && !above.iter().any(|name| name == it.full_name())
        };
        all.into_iter().filter(fits).take(32).collect::<Vec<_>>()
    };
    let inner = match style {
        Style::Minimal | Style::Full => return None,
        Style::Random if draw.one_in(8) => return None,
        Style::Random if draw.one_in(2) => pick(known(&ALL), draw)?,
        Style::Random => pick(beside(), draw).or_else(|| pick(known(&ALL), draw))?,
        Style::Example => known(&SHOWN).into_iter().next().or_else(|| {
            let small = beside().into_iter().filter(|it| it.fields().len() > 0);
            small.min_by_key(|it| it.fields().len())
        })?,
    };
    Some((format!("type.googleapis.com/{}", inner.full_name()), inner))
}

fn pick(all: Vec<MessageDescriptor>, draw: &mut Draw) -> Option<MessageDescriptor> {
    let at = draw.below(all.len());
    all.into_iter().nth(at)
}

/// Whether an Any holds the type under `value`: ProtoJSON has another form than an object for it.
pub(super) fn stands_in_value(message: &MessageDescriptor) -> bool {
    let is_empty = message.full_name() == "google.protobuf.Empty";
    !is_empty && (well_known(message).is_some() || wrapped(message).is_some())
}
