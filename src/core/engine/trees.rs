//! Messages as trees of fields: opened and read off the window's thread.

use std::sync::{Arc, OnceLock};

use prost_reflect::MethodDescriptor;

use super::{CallId, Event, outbox::Outbox};
use crate::{
    call::{Direction, MessageLog},
    message::wire_tree::{LevelKey, WireTree, parse_dump},
    schema::Schema,
};

/// The types of a call's messages, once they are known.
pub(super) type Types = Arc<OnceLock<(MethodDescriptor, Schema)>>;

/// Opens a message and reads its outermost level, then looks through all of it. Blocking.
pub(super) fn open(call: CallId, index: usize, log: &MessageLog, types: &Types, outbox: &Outbox) {
    let tree = opened(index, log, types);
    outbox.push(Event::BytesOpened {
        call,
        index,
        tree: tree.clone(),
    });
    if let Some(tree) = tree {
        tree.look_through();
        outbox.wake();
    }
}

/// The tree of a message with its outermost level read; `None` where the log no longer gives the message.
fn opened(index: usize, log: &MessageLog, types: &Types) -> Option<WireTree> {
    let (entry, bytes) = (log.entry(index)?, log.message(index)?);
    let known = types.get();
    let message = known.map(|(method, _)| match entry.direction {
        Direction::Sent => method.input(),
        Direction::Received => method.output(),
    });
    let tree = WireTree::new(bytes, message, known.map(|(_, schema)| schema.clone()));
    tree.read(tree.root());
    Some(tree)
}

/// Reads levels that a window wants; it sees them in its next frame. Blocking.
pub(super) fn read(tree: &WireTree, levels: &[LevelKey], outbox: &Outbox) {
    for key in levels {
        tree.read(*key);
    }
    outbox.wake();
}

/// Pasted bytes, opened as a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The tree.
    pub tree: WireTree,
    /// They had gRPC's prefix of five bytes, which is not in the tree.
    pub framed: bool,
}

/// Bytes of gRPC's prefix: a flag, and the length in four.
const PREFIX: usize = 5;

/// Reads a text as bytes and opens them. Blocking.
pub(super) fn explain(text: String, message: String, schema: Option<Schema>, outbox: &Outbox) {
    let read = explained(&text, &message, schema);
    let tree = read.as_ref().ok().map(|read| read.tree.clone());
    outbox.push(Event::BytesExplained {
        text,
        message,
        read,
    });
    if let Some(tree) = tree {
        tree.look_through();
        outbox.wake();
    }
}

fn explained(text: &str, message: &str, schema: Option<Schema>) -> Result<Explained, String> {
    let mut bytes = parse_dump(text).ok_or("This is neither hex nor base64")?;
    let message = match message.trim() {
        "" => None,
        name => {
            let found = schema.as_ref().and_then(|schema| schema.message(name));
            Some(found.ok_or_else(|| format!("`{name}` is no message of the schema"))?)
        }
    };
    let framed = match bytes.first_chunk::<PREFIX>() {
        Some([flag, a, b, c, d]) => {
            let len = u32::from_be_bytes([*a, *b, *c, *d]);
            *flag <= 1 && usize::try_from(len) == Ok(bytes.len() - PREFIX)
        }
        None => false,
    };
    if framed && bytes.first() == Some(&1) {
        return Err("The prefix says that the message is compressed: inflate it first".to_owned());
    }
    if framed {
        bytes.drain(..PREFIX);
    }
    let tree = WireTree::new(bytes.into(), message, schema);
    tree.read(tree.root());
    Ok(Explained { tree, framed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::compile_for_tests;

    #[test]
    fn a_message_that_the_log_does_not_have_is_no_tree() {
        assert_eq!(opened(0, &MessageLog::default(), &Types::default()), None);
    }

    #[test]
    fn pasted_bytes_are_opened_with_and_without_a_type() {
        let pool = compile_for_tests("syntax = \"proto3\"; message M { string name = 1; }");
        let schema = Schema::from_pool(pool);
        for (case, text, message, want) in [
            ("hex", "0a 02 68 69", "", Ok((4, false))),
            ("a type", "0a026869", "M", Ok((4, false))),
            ("framed", "00 00 00 00 04 0a 02 68 69", "M", Ok((4, true))),
            (
                "another length",
                "00 00 00 00 05 0a 02 68 69",
                "",
                Ok((9, false)),
            ),
            ("base64", "CgJoaQ==", "", Ok((4, false))),
            (
                "nothing of it",
                "hello!",
                "",
                Err("This is neither hex nor base64"),
            ),
            (
                "no type",
                "0a026869",
                "no.Such",
                Err("`no.Such` is no message of the schema"),
            ),
            (
                "compressed",
                "01 00 00 00 02 1f 8b",
                "",
                Err("The prefix says that the message is compressed: inflate it first"),
            ),
        ] {
            let read = explained(text, message, Some(schema.clone()));
            let got = read.map(|read| (read.tree.bytes().len(), read.framed));
            assert_eq!(got, want.map_err(str::to_owned), "{case}");
        }
    }
}
