//! Fields moved into a oneof, out of one, or between two.
//!
//! What counts is not the name of the oneof but whom a field shares it with: who can be set together on
//! one side and not on the other loses values. A field alone in its oneof loses nothing.

use std::collections::HashMap;

use prost_reflect::FieldDescriptor;

use super::{
    ChangeKind, Verdict,
    message::{FieldPair, Local},
};

/// The oneof that a person wrote for a field.
pub(super) fn name(field: &FieldDescriptor) -> Option<String> {
    let oneof = field
        .containing_oneof()
        .filter(|oneof| !oneof.is_synthetic());
    oneof.map(|oneof| oneof.name().to_owned())
}

/// Adds what differs in the groups that fields are in. Only fields that both sides have count.
pub(super) fn compare(pairs: &[FieldPair], changes: &mut Vec<Local>) {
    let ours = groups(pairs.iter().map(|pair| &pair.here));
    let theirs = groups(pairs.iter().map(|pair| &pair.server));
    for (index, pair) in pairs.iter().enumerate() {
        let (here, server) = (name(&pair.here), name(&pair.server));
        let mates = |groups: &HashMap<String, Vec<usize>>, name: &Option<String>| {
            let group = name.as_ref().and_then(|name| groups.get(name));
            group.cloned().unwrap_or_else(|| vec![index])
        };
        let (a, b) = (mates(&ours, &here), mates(&theirs, &server));
        if a == b && here.is_some() == server.is_some() {
            continue;
        }
        let text = match (&here, &server) {
            (None, Some(oneof)) => format!("In the oneof `{oneof}` on the server, in none here"),
            (Some(oneof), None) => format!("In the oneof `{oneof}` here, in none on the server"),
            (Some(a), Some(b)) => {
                format!("In the oneof `{a}` here, in `{b}` with other fields on the server")
            }
            (None, None) => continue,
        };
        let (verdict, follows) = if a == b {
            let follows = "it is alone in there, and nothing is lost";
            (Verdict::Compatible, follows)
        } else {
            let follows =
                "fields that are set together on one side push each other out on the other";
            (Verdict::BreaksWire, follows)
        };
        let text = format!("{text}: {follows}");
        let change = Local::new(&pair.here, ChangeKind::Oneof, verdict, text);
        changes.push(change);
    }
}

/// For each oneof, the positions of its fields.
fn groups<'a>(fields: impl Iterator<Item = &'a FieldDescriptor>) -> HashMap<String, Vec<usize>> {
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, field) in fields.enumerate() {
        if let Some(name) = name(field) {
            groups.entry(name).or_default().push(index);
        }
    }
    groups
}
