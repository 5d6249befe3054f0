//! Messages as trees of fields: opened and read off the window's thread.

use std::sync::{Arc, OnceLock};

use prost_reflect::MethodDescriptor;
use tokio::{sync::Mutex, task::spawn_blocking};

use super::{CallId, Event, defect, outbox::Outbox};
use crate::{
    call::{Direction, MessageLog},
    message::wire_tree::{LevelKey, WireTree, parse_dump},
    schema::Schema,
};

/// The types of a call's messages, once they are known.
pub(super) type Types = Arc<OnceLock<(MethodDescriptor, Schema)>>;

/// Looks through trees one after another: a worker is taken by one of them, however many are opened.
#[derive(Clone, Default)]
pub(super) struct Surveys {
    turn: Arc<Mutex<()>>,
}

impl Surveys {
    /// Looks through a tree, as long as anybody else holds it.
    async fn look(&self, tree: WireTree, outbox: &Outbox) {
        let _turn = self.turn.lock().await;
        let looked =
            spawn_blocking(move || tree.look_through(&|| tree.is_shared()).is_some()).await;
        if looked.unwrap_or(false) {
            outbox.wake();
        }
    }
}

/// Opens a message and reads its outermost level, then looks through all of it.
pub(super) async fn open(
    call: CallId,
    index: usize,
    log: MessageLog,
    types: Types,
    surveys: Surveys,
    outbox: Outbox,
) {
    let tree = spawn_blocking(move || opened(index, &log, &types)).await;
    let tree = tree.ok().flatten();
    outbox.push(Event::BytesOpened {
        call,
        index,
        tree: tree.clone(),
    });
    if let Some(tree) = tree {
        surveys.look(tree, &outbox).await;
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

/// Reads a text as bytes and opens them.
pub(super) async fn explain(
    text: String,
    message: String,
    schema: Option<Schema>,
    surveys: Surveys,
    outbox: Outbox,
) {
    let read = spawn_blocking(move || {
        let read = explained(&text, &message, schema);
        (text, message, read)
    });
    let Ok((text, message, read)) = read.await else {
        let failure = Box::new(defect("Explaining the bytes"));
        return outbox.push(Event::Notice(failure));
    };
    let tree = read.as_ref().ok().map(|read| read.tree.clone());
    outbox.push(Event::BytesExplained {
        text,
        message,
        read,
    });
    if let Some(tree) = tree {
        surveys.look(tree, &outbox).await;
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

    #[tokio::test]
    async fn a_tree_that_nobody_holds_any_more_is_not_looked_through() {
        let wakes = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = wakes.clone();
        let outbox = Outbox::new(Arc::new(move || {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }));
        let tree = || WireTree::new(b"\x08\x01".as_slice().into(), None, None);
        let surveys = Surveys::default();
        let held = tree();
        surveys.look(held.clone(), &outbox).await;
        assert!(held.survey().is_some());
        assert_eq!(wakes.load(std::sync::atomic::Ordering::Relaxed), 1);
        outbox.pop();
        surveys.look(tree(), &outbox).await;
        assert_eq!(wakes.load(std::sync::atomic::Ordering::Relaxed), 1);
    }

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
