//! Two enums that a field has here and on the server, compared by their values.
//!
//! An open enum keeps a number it does not know; a closed one puts the field among the unknown ones, as
//! if it were absent. Spec: <https://protobuf.dev/programming-guides/enum/>

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor};

use super::{ChangeKind, Verdict, message::Local};
use crate::schema::is_closed;

/// Values named in one sentence.
const NAMED: usize = 4;

/// The names of each number.
type Numbers = BTreeMap<i32, Vec<String>>;

/// Adds what differs.
pub(super) fn compare(
    field: &FieldDescriptor,
    here: &EnumDescriptor,
    server: &EnumDescriptor,
    changes: &mut Vec<Local>,
) {
    let (ours, theirs) = (numbers(here), numbers(server));
    let (closed_here, closed_server) = (is_closed(here), is_closed(server));
    let change = |kind, verdict, text: String| Local::new(field, kind, verdict, text);

    let moved = moved(here, server);
    if !moved.is_empty() {
        let text = format!("Other numbers on the server: {}", listed(&moved));
        changes.push(change(ChangeKind::EnumValues, Verdict::BreaksWire, text));
    }
    let renamed = renamed(&ours, &theirs, server);
    if !renamed.is_empty() {
        let text = format!("Other names on the server: {}", listed(&renamed));
        changes.push(change(ChangeKind::EnumValues, Verdict::BreaksJson, text));
    }
    let missing = alone(&ours, &theirs, server);
    if !missing.is_empty() {
        let what = format!("Not on the server: {}", listed(&missing));
        let (verdict, follows) = if closed_server {
            let follows = "its enum is closed, and takes the field for absent";
            (Verdict::BreaksWire, follows)
        } else {
            let follows = "it keeps the number in bytes, and refuses the name in JSON";
            (Verdict::BreaksJson, follows)
        };
        let text = format!("{what}: {follows}");
        let missing = change(ChangeKind::EnumValues, verdict, text);
        let never = format!("{what}: it never sends them");
        changes.push(missing.in_response(Verdict::Compatible, never));
    }
    let added = alone(&theirs, &ours, here);
    if !added.is_empty() {
        let what = format!("On the server alone: {}", listed(&added));
        let never = format!("{what}: they cannot be sent by name from here");
        let (verdict, follows) = if closed_here {
            let follows = "the enum here is closed, and takes the field for absent";
            (Verdict::BreaksWire, follows)
        } else {
            let follows = "here they are seen as numbers";
            (Verdict::Compatible, follows)
        };
        let added = change(ChangeKind::EnumValues, Verdict::Compatible, never);
        changes.push(added.in_response(verdict, format!("{what}: {follows}")));
    }
    if closed_here != closed_server {
        let word = |closed| if closed { "closed" } else { "open" };
        let text = format!(
            "`{}` is {} here, `{}` {} on the server: they differ in values that nobody has named",
            here.full_name(),
            word(closed_here),
            server.full_name(),
            word(closed_server)
        );
        changes.push(change(ChangeKind::EnumType, Verdict::Compatible, text));
    } else if here.full_name() != server.full_name() {
        let text = format!(
            "`{}` here, `{}` on the server: no name of a type is sent; the values are compared",
            here.full_name(),
            server.full_name()
        );
        changes.push(change(ChangeKind::EnumType, Verdict::Compatible, text));
    }
}

fn numbers(enumeration: &EnumDescriptor) -> Numbers {
    let mut numbers = Numbers::new();
    for value in enumeration.values() {
        let names = numbers.entry(value.number()).or_default();
        names.push(value.name().to_owned());
    }
    for names in numbers.values_mut() {
        names.sort();
    }
    numbers
}

/// Names that stand for another number on the server.
fn moved(here: &EnumDescriptor, server: &EnumDescriptor) -> Vec<String> {
    let mut moved: Vec<(i32, String)> = here
        .values()
        .filter_map(|value| {
            let their = server.get_value_by_name(value.name())?.number();
            let text = format!(
                "`{}` ({} here, {their} there)",
                value.name(),
                value.number()
            );
            (their != value.number()).then_some((value.number(), text))
        })
        .collect();
    moved.sort();
    moved.into_iter().map(|(_, text)| text).collect()
}

/// Numbers whose names have nothing in common, unless the name here stands for another one there.
fn renamed(ours: &Numbers, theirs: &Numbers, server: &EnumDescriptor) -> Vec<String> {
    ours.iter()
        .filter_map(|(number, names)| {
            let others = theirs.get(number)?;
            let common = names.iter().any(|name| others.contains(name));
            let moved = names
                .iter()
                .any(|name| server.get_value_by_name(name).is_some());
            let (ours, theirs) = (names.first()?, others.first()?);
            (!common && !moved).then(|| format!("`{ours}` is `{theirs}` ({number})"))
        })
        .collect()
}

/// Values whose number and name the other does not have.
fn alone(some: &Numbers, others: &Numbers, other: &EnumDescriptor) -> Vec<String> {
    some.iter()
        .filter(|(number, _)| !others.contains_key(number))
        .flat_map(|(_, names)| names)
        .filter(|name| other.get_value_by_name(name).is_none())
        .map(|name| format!("`{name}`"))
        .collect()
}

fn listed(texts: &[String]) -> String {
    let named = texts.iter().take(NAMED).cloned().collect::<Vec<_>>();
    match texts.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
