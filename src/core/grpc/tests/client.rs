//! The client's side of the tests: one call from head to end.

use bytes::Bytes;

use crate::grpc::{CallHead, CallReceiver, Channel, Chunk, Endpoint, Outcome, ResponseHead};

pub(super) fn head() -> CallHead {
    CallHead {
        max_receive_bytes: 64 * 1024 * 1024,
        ..CallHead::new("/test.Service/Method")
    }
}

#[derive(Debug)]
pub(super) struct Transcript {
    pub(super) head: Option<ResponseHead>,
    pub(super) messages: Vec<Bytes>,
    pub(super) outcome: Outcome,
}

/// Receives to the end.
pub(super) async fn drain(receiver: &mut CallReceiver) -> Transcript {
    let mut head = None;
    let mut messages = Vec::new();
    loop {
        match receiver.next().await {
            Chunk::Head(received) => assert!(head.replace(received).is_none()),
            Chunk::Messages(batch) => {
                assert!(!batch.is_empty());
                messages.extend(batch);
            }
            Chunk::End(outcome) => {
                return Transcript {
                    head,
                    messages,
                    outcome: *outcome,
                };
            }
        }
    }
}

/// Makes a whole call: sends the messages, half-closes, receives to the end.
pub(super) async fn call(endpoint: &Endpoint, head: CallHead, messages: &[&[u8]]) -> Transcript {
    let channel = Channel::connect(endpoint).await.unwrap();
    let (mut sender, mut receiver) = match channel.open(&head) {
        Ok(halves) => halves,
        Err(outcome) => {
            return Transcript {
                head: None,
                messages: Vec::new(),
                outcome: *outcome,
            };
        }
    };
    for message in messages {
        sender.send(Bytes::copy_from_slice(message)).await.unwrap();
    }
    sender.half_close().unwrap();
    drain(&mut receiver).await
}
