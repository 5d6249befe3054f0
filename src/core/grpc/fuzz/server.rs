//! A whole server: what it says goes through h2, the tap, the splitter and the rules of gRPC.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::{runtime::Builder, time::timeout};

use super::{headers::check_outcome, io::Peer};
use crate::{
    fuzz::Input,
    grpc::{
        Address, CallHead, Channel, Chunk, Code, Compression, ConnectError, ConnectLimits,
        Endpoint, Origin, Outcome, Transport, printable::disturbs,
    },
};

/// SETTINGS without any.
const GREETING: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

const MAX_MESSAGE_BYTES: usize = 4096;

/// A peer that has closed is noticed at once; this long is a call that hangs.
const HANG: Duration = Duration::from_secs(20);

/// A server's side of one call: the call ends however the server speaks, with messages under the limit
/// only, with a code the server or this side may say, and with words that can be shown.
pub fn server(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let seed = input.byte();
    let bytes = input.rest();
    let peer = match flags & 1 {
        0 => Peer::answering(GREETING, bytes, seed),
        _ => Peer::saying(bytes, seed),
    };
    let head = CallHead {
        max_receive_bytes: MAX_MESSAGE_BYTES,
        one_answer: flags & 2 != 0,
        compression: match flags & 4 {
            0 => Compression::Identity,
            _ => Compression::Gzip,
        },
        ..CallHead::new("/pkg.Service/Method")
    };
    let Ok(runtime) = Builder::new_current_thread().enable_time().build() else {
        panic!("no runtime");
    };
    let ended = runtime.block_on(async { timeout(HANG, call(peer, &head)).await });
    assert!(ended.is_ok(), "the call does not end");
}

async fn call(peer: Peer, head: &CallHead) {
    let address = Address::Tcp {
        host: "localhost".to_owned(),
        port: 1,
    };
    let endpoint = Endpoint::new(address, Transport::Plaintext);
    let began = Instant::now();
    let channel = match Channel::over(Box::new(peer), &endpoint, ConnectLimits::all(HANG)).await {
        Ok(channel) => channel,
        Err(error) => {
            let words = error.to_string();
            assert!(!words.contains(disturbs), "{words:?}");
            assert!(!matches!(error, ConnectError::TimedOut { .. }));
            return;
        }
    };
    let Ok((mut sender, mut receiver)) = channel.open(head) else {
        return;
    };
    // It may be over before anything was sent.
    let _ = sender.send_last(Bytes::from_static(b"request")).await;
    let mut messages: usize = 0;
    let outcome = loop {
        match receiver.next().await {
            Chunk::Head(head) => assert!(head.http_status >= 100),
            Chunk::Messages(batch) => {
                assert!(batch.iter().all(|one| one.len() <= MAX_MESSAGE_BYTES));
                messages += batch.len();
            }
            Chunk::End(outcome) => break outcome,
        }
    };
    let Outcome { status, origin, .. } = &*outcome;
    assert!(matches!(receiver.next().await, Chunk::End(again) if again.status == *status));
    assert!(!matches!(origin, Origin::Deadline | Origin::Cancelled));
    assert!(!head.one_answer || status.code != Code::OK || messages == 1);
    assert!(receiver.received().messages >= messages as u64);
    check_outcome(&outcome);
    for line in receiver.trace(began).lines() {
        assert!(!line.note.contains(disturbs));
    }
}
