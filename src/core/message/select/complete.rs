//! What may follow in a path that is being typed.

use prost_reflect::{Kind, MessageDescriptor};

use super::parse::{Spot, kind_of, spot_of, walk};
use crate::message::raw::Field;

/// Offered at once.
const MAX_OFFERED: usize = 50;

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCompletion {
    /// The whole path with it.
    pub path: String,
    /// What is added, as a person sees it: a field's JSON name, or `[*]`.
    pub name: String,
    /// What stands there: `a text`, `list of shop.Item`, `a message`.
    pub detail: String,
    /// There is more to come behind it.
    pub goes_on: bool,
}

pub(super) fn complete(text: &str, message: &MessageDescriptor) -> Vec<PathCompletion> {
    let text = text.trim();
    let (before, partial) = split(text);
    let Ok(walk) = walk(before, message) else {
        return Vec::new();
    };
    let mut offered = Vec::new();
    let kind = match &walk.spot {
        Spot::One(kind) => Some(kind.clone()),
        Spot::List(kind) => {
            subscripts(before, partial, &["[*]", "[0]"], kind, &mut offered);
            Some(kind.clone())
        }
        Spot::Map(_, value) => {
            subscripts(before, partial, &["[*]"], value, &mut offered);
            None
        }
        Spot::Dynamic => None,
    };
    if let Some(Kind::Message(inner)) = kind {
        fields(before, partial, &inner, &mut offered);
    }
    offered.truncate(MAX_OFFERED);
    offered
}

/// A path at its last dot: what is whole, and the name that is being typed.
fn split(text: &str) -> (&str, &str) {
    let mut quote = None;
    let mut bracket = false;
    let mut cut = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if bracket => quote = Some(letter),
            (None, '[') => bracket = true,
            (None, ']') => bracket = false,
            (None, '.') if !bracket => cut = Some(at),
            (None, _) => {}
        }
    }
    match cut {
        _ if text == "$" || text.ends_with(']') => (text, ""),
        Some(at) => (&text[..at], &text[at + 1..]),
        None => ("", text),
    }
}

fn subscripts(
    before: &str,
    partial: &str,
    forms: &[&str],
    kind: &Kind,
    offered: &mut Vec<PathCompletion>,
) {
    if !partial.is_empty() {
        return;
    }
    for form in forms {
        offered.push(PathCompletion {
            path: format!("{before}{form}"),
            name: (*form).to_owned(),
            detail: kind_of(&Spot::One(kind.clone())).words(),
            goes_on: matches!(kind, Kind::Message(_)),
        });
    }
}

fn fields(
    before: &str,
    partial: &str,
    message: &MessageDescriptor,
    offered: &mut Vec<PathCompletion>,
) {
    let typed = partial.to_lowercase();
    let mut ranked: Vec<(usize, u32, PathCompletion)> = Vec::new();
    let dot = if before.is_empty() { "" } else { "." };
    for field in message.fields() {
        let names = [
            field.json_name().to_lowercase(),
            field.name().to_lowercase(),
        ];
        let begins = names.iter().any(|name| name.starts_with(&typed));
        let contains = names.iter().any(|name| name.contains(&typed));
        if !contains {
            continue;
        }
        let number = field.number();
        // Who types an underscore goes by the file's names.
        let name = if partial.contains('_') {
            field.name()
        } else {
            field.json_name()
        };
        let completion = PathCompletion {
            path: format!("{before}{dot}{name}"),
            name: name.to_owned(),
            detail: detail(&spot_of(&Field::Own(field.clone()))),
            goes_on: matches!(field.kind(), Kind::Message(_)),
        };
        ranked.push((usize::from(!begins), number, completion));
    }
    ranked.sort_by_key(|(rank, number, _)| (*rank, *number));
    offered.extend(ranked.into_iter().map(|(_, _, completion)| completion));
}

fn detail(spot: &Spot) -> String {
    let type_of = |kind: &Kind| match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(descriptor) => descriptor.full_name().to_owned(),
        kind => format!("{kind:?}").to_lowercase(),
    };
    match spot {
        Spot::One(kind) => type_of(kind),
        Spot::List(kind) => format!("list of {}", type_of(kind)),
        Spot::Map(key, value) => format!("map of {} to {}", type_of(key), type_of(value)),
        Spot::Dynamic => "any value".to_owned(),
    }
}
