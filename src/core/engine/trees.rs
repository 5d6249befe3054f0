//! Messages as trees of fields: opened and read off the window's thread.

use std::sync::{Arc, OnceLock};

use prost_reflect::MethodDescriptor;

use super::{CallId, Event, outbox::Outbox};
use crate::{
    call::{Direction, MessageLog},
    message::wire_tree::{LevelKey, WireTree},
    schema::Schema,
};

/// The types of a call's messages, once they are known.
pub(super) type Types = Arc<OnceLock<(MethodDescriptor, Schema)>>;

/// Opens a message and reads its outermost level, then looks through all of it. Blocking.
pub(super) fn open(call: CallId, index: usize, log: &MessageLog, types: &Types, outbox: &Outbox) {
    let (Some(entry), Some(bytes)) = (log.entry(index), log.message(index)) else {
        return;
    };
    let known = types.get();
    let message = known.map(|(method, _)| match entry.direction {
        Direction::Sent => method.input(),
        Direction::Received => method.output(),
    });
    let tree = WireTree::new(bytes, message, known.map(|(_, schema)| schema.clone()));
    tree.read(tree.root());
    outbox.push(Event::BytesOpened {
        call,
        index,
        tree: tree.clone(),
    });
    tree.look_through();
    outbox.wake();
}

/// Reads levels that a window wants; it sees them in its next frame. Blocking.
pub(super) fn read(tree: &WireTree, levels: &[LevelKey], outbox: &Outbox) {
    for key in levels {
        tree.read(*key);
    }
    outbox.wake();
}
