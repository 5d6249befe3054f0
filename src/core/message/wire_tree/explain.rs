//! One byte in words: where it stands in its record, and what that record says.

use super::{Described, NodeKey, Number, Part, Reading, Role, WireView, problem::wire_name};

/// Names of places; beyond them numbers.
const ORDINALS: [&str; 10] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
];
const COUNTS: [&str; 11] = [
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

impl WireView {
    /// Says in words what a byte is; empty when there is no such byte.
    pub fn explain(&self, offset: usize) -> String {
        let Some(byte) = self.tree().bytes().get(offset) else {
            return String::new();
        };
        let head = format!("Byte {offset} (0x{offset:X}) is 0x{byte:02X}");
        let (path, missing) = self.path_at(offset);
        let Some(described) = path.last().and_then(|node| self.describe(*node)) else {
            return head;
        };
        let role = described
            .parts
            .iter()
            .find(|(_, range)| range.contains(&offset));
        let Some((role, range)) = role else {
            return head;
        };
        let place = (offset - range.start, range.len());
        let subject = self.subject(&path, &described);
        let words = match role {
            Role::Tag => {
                let wire = described.wire.unwrap_or_default();
                let tag = of_several(place, "the tag");
                format!("{tag}: {subject}, wire type {wire} ({})", wire_name(wire))
            }
            Role::Length => {
                let value = described
                    .parts
                    .iter()
                    .find(|(role, _)| *role == Role::Value);
                let bytes = value.map_or(0, |(_, range)| range.len());
                let length = of_several(place, "the length");
                let s = if bytes == 1 {
                    "byte follows"
                } else {
                    "bytes follow"
                };
                format!("{length} of {subject}: {bytes} {s}")
            }
            Role::EndTag => format!("{} that ends {subject}", of_several(place, "the tag")),
            Role::Rest => {
                let why = described.findings.first();
                let why = why.map_or_else(String::new, |it| it.problem.to_string());
                format!(
                    "part of {} bytes that cannot be read: {}",
                    place.1,
                    lower_first(&why)
                )
            }
            Role::Value if missing.is_some() => format!("inside {subject}"),
            Role::Value => value_words(place, &subject, &described, path.last()),
        };
        format!("{head}: {words}")
    }

    /// The field by number and name, with the place among packed values.
    fn subject(&self, path: &[NodeKey], described: &Described) -> String {
        let field = |it: &Described| match (it.number, it.name.as_str()) {
            (Some(number), "") => format!("field {number}"),
            (Some(number), name) => format!("field {number} `{name}`"),
            (None, name) => name.to_owned(),
        };
        if described.number.is_some() {
            return field(described);
        }
        // A packed value: its record is the nearest one above.
        let above = path.iter().rev().skip(1);
        let record = above
            .filter(|node| matches!(node.part, Part::Item(_)))
            .find_map(|node| self.describe(*node).filter(|it| it.number.is_some()));
        match record {
            Some(record) => format!("value {} of {}", described.name, field(&record)),
            None => field(described),
        }
    }

    /// The names of the nodes around a byte, from the outermost, as a path.
    pub fn path_text(&self, path: &[NodeKey]) -> String {
        let mut text = String::new();
        for node in path
            .iter()
            .filter(|node| matches!(node.part, Part::Item(_) | Part::Rest))
        {
            let Some(described) = self.describe(*node) else {
                continue;
            };
            if !text.is_empty() && !described.name.starts_with('[') {
                text.push_str(" › ");
            }
            match (described.name.as_str(), described.number) {
                ("", Some(number)) => text.push_str(&number.to_string()),
                (name, _) => text.push_str(name),
            }
        }
        text
    }
}

fn value_words(
    place: (usize, usize),
    subject: &str,
    described: &Described,
    node: Option<&NodeKey>,
) -> String {
    let value = &described.value;
    match described.wire {
        Some(2 | 3) => {
            let kind = if described.kind.is_empty() {
                "value"
            } else {
                &described.kind
            };
            let (at, all) = (place.0 + 1, place.1);
            format!("byte {at} of {all} of {subject}, {kind} {value}")
        }
        wire => {
            let form = match wire {
                Some(0) => "varint",
                Some(_) => "fixed value",
                None => packed_form(node),
            };
            let words = if place.1 == 1 {
                format!("a {form} of one byte")
            } else {
                let ordinal = ordinal(place.0);
                format!("the {ordinal} of {} of a {form}", count(place.1))
            };
            let wire = wire.map_or_else(String::new, |wire| format!(", wire type {wire}"));
            format!("{words}: {subject}{wire}, value {value}")
        }
    }
}

/// What one of packed values is.
fn packed_form(node: Option<&NodeKey>) -> &'static str {
    match node.map(|node| node.level.reading) {
        Some(Reading::Packed(Number::Varint(_), _)) => "varint",
        _ => "fixed value",
    }
}

/// `the tag`, or `the second of two of the tag`.
fn of_several((at, all): (usize, usize), what: &str) -> String {
    if all == 1 {
        what.to_owned()
    } else {
        format!("the {} of {} of {what}", ordinal(at), count(all))
    }
}

fn ordinal(at: usize) -> String {
    match ORDINALS.get(at) {
        Some(word) => (*word).to_owned(),
        None => format!("{}th", at + 1),
    }
}

fn count(all: usize) -> String {
    match COUNTS.get(all) {
        Some(word) => (*word).to_owned(),
        None => all.to_string(),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
