//! Ends that a call comes to here, before or beside the wire.

use std::{error::Error as _, sync::Arc};

use bytes::Bytes;

use crate::grpc::{Code, ConnectError, Deadline, Origin, Outcome, SendError, Status, Waiting};

/// The end of a call whose deadline passed while it waited for something.
pub(super) fn late(deadline: Option<Deadline>, waiting: Waiting) -> Outcome {
    // Without a deadline `passed` never comes back.
    deadline.map_or_else(Outcome::cancelled, |deadline| {
        Outcome::deadline(deadline, waiting)
    })
}

/// The end of a call that was cancelled while it waited for something.
pub(super) fn cancelled_while(waiting: Waiting) -> Outcome {
    Outcome {
        waiting: Some(waiting),
        ..Outcome::cancelled()
    }
}

/// The end of a call that got no connection.
pub(super) fn not_connected(error: &Arc<ConnectError>) -> Outcome {
    let mut words = error.to_string();
    if let Some(source) = error.source() {
        let source = source.to_string().to_lowercase();
        words.push_str(": ");
        words.push_str(source.split(" (os error").next().unwrap_or_default());
    }
    let status = Status::new(Code::UNAVAILABLE, words);
    Outcome {
        cause: Some(error.clone()),
        ..Outcome::new(status, Origin::Connection)
    }
}

/// The end of a call whose messages to send are more than the log takes: nothing of it was sent.
pub(super) fn not_kept(messages: &[Bytes]) -> Outcome {
    let bytes: usize = messages.iter().map(Bytes::len).sum();
    let status = Status::new(
        Code::RESOURCE_EXHAUSTED,
        format!("{bytes} bytes to send are more than the memory for this call's messages takes"),
    );
    Outcome::new(status, Origin::NoMemory)
}

/// The end of a call whose answer is larger than what the log still takes.
pub(super) fn no_memory(length: Option<u64>, room: usize) -> Outcome {
    let what = match length {
        Some(length) => format!("a message of {length} bytes"),
        None => "a message that was compressed".to_owned(),
    };
    let status = Status::new(
        Code::RESOURCE_EXHAUSTED,
        format!(
            "{what} does not fit into the {room} bytes of memory that are left for this call's messages"
        ),
    );
    Outcome::new(status, Origin::NoMemory)
}

/// The end of a call that this side gave up because a message of it cannot be sent.
pub(super) fn not_sent(error: &SendError) -> Outcome {
    let code = match error {
        SendError::TooLarge { .. } | SendError::TooLong(_) => Code::RESOURCE_EXHAUSTED,
        SendError::Compress(_) | SendError::Ended | SendError::HalfClosed => Code::INTERNAL,
    };
    Outcome::new(Status::new(code, error.to_string()), Origin::Local)
}
