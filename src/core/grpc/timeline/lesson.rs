//! What each thing on the wire means, for people who are learning gRPC. One place for these words.
//!
//! Spec: RFC 9113 (HTTP/2), RFC 7541 (HPACK), `PROTOCOL-HTTP2.md` (gRPC over HTTP/2).

use super::super::trace::{FrameDirection, StepKind, WaitKind};
use super::BarKind;

pub(super) const REUSED: &str = "HTTP/2 carries many calls at once on one connection, each on a stream of its own. So this call \
     needed no name lookup, no TCP connect and no TLS handshake";

pub(super) const NEW_CONNECTION: &str =
    "The first call to a target pays for the connection; those after it use the same one";

pub(super) const REQUEST_HEAD: &str = "A gRPC call is an HTTP/2 POST whose path names the service and the method. HPACK makes these \
     headers small: what was said before on this connection is sent as an index";

pub(super) const DEADLINE: &str = "grpc-timeout tells the server how much is left of the deadline, so that it can give up, too; \
     this side keeps the deadline itself, whatever the server does";

pub(super) const PREFIX: &str = "On the wire each message has 5 bytes before it: one says whether it is compressed, four its \
     length. DATA frames are cut wherever HTTP/2 likes: a frame may hold a part of a message, or many";

pub(super) const HALF_CLOSE: &str = "This is how the server learns that no more messages follow. It may go on answering: only our \
     direction of the stream is closed";

pub(super) const RESPONSE_HEAD: &str = "In gRPC `:status 200` only says that the HTTP exchange works. Whether the call went well is said \
     at its end, in the trailers";

pub(super) const INFORMATIONAL: &str =
    "A head with a status of 1xx comes before the real one; gRPC does not use it";

pub(super) const TRAILERS: &str = "Trailers are headers after the body: a server that has begun to stream messages can still say \
     here that something went wrong";

pub(super) const TRAILERS_ONLY: &str = "One HEADERS frame is the whole answer: the server had no message to send, and put its status \
     where the head would be. Most errors look like this";

pub(super) const ANSWER_ENDS: &str = "END_STREAM on DATA ends the answer without trailers; a gRPC server must send trailers, because \
     the status is in them";

pub(super) const RESET_BY_US: &str =
    "RST_STREAM ends this one call at once. The connection and the other calls on it go on";

pub(super) const RESET_BY_SERVER: &str = "The server, or a proxy before it, ended this one call at once and sent no status: gRPC gives each \
     HTTP/2 error code a status of its own. Other calls on the connection go on";

pub(super) const GO_AWAY: &str = "GOAWAY says that no new calls are taken on this connection. Calls up to the stream it names may \
     still end well; later ones were not looked at and can be made again safely";

pub(super) const SERVER_TIME: &str = "The network's round trip and the time the server takes lie in here; from outside they cannot be \
     told apart";

pub(super) const DEADLINE_PASSED: &str = "The status was made here, not by the server: this side stopped waiting. The server may have done \
     the work all the same, so a call that changes something may have changed it";

pub(super) const CANCELLED: &str = "The status was made here. The server is told by RST_STREAM with CANCEL; whether it stops depends \
     on whether its code looks at the cancellation";

pub(super) const NOT_GRPC: &str = "What answered speaks HTTP but not gRPC: often a proxy, a load balancer or a web server in between. \
     gRPC makes a status of the HTTP status";

pub(super) const RETRIED: &str = "A call that the server provably did not look at is made again by itself; nothing else is ever \
     repeated";

pub(super) const COUNTED: &str = "Of a long call the first and the last frames are kept one by one; those between are counted by \
     slices of time, exactly";

/// Of a step of making the connection.
pub(super) fn step(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Resolve => {
            "The system's resolver turns the name into addresses; they are tried in turn"
        }
        StepKind::Connect => {
            "One round trip to the server (SYN, SYN-ACK): a good guess at how long the network alone \
             takes. Where there are several addresses, the first that answers is taken"
        }
        StepKind::Proxy => "The proxy was asked to open a tunnel; all that follows goes through it",
        StepKind::Tls => {
            "Both sides agree on keys, the server proves who it is by its certificate, and ALPN chooses \
             `h2`, which is HTTP/2"
        }
        StepKind::Settings => {
            "Each side says what it allows: how many calls at once, how much data before it has read, \
             how large a frame. Calls are sent once the server's SETTINGS are there"
        }
    }
}

/// Of a window that was used up.
pub(super) fn wait(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::SendStream => {
            "Each stream has a window: so many bytes may be on their way before the receiver has taken \
             them. It is used up when the server reads more slowly than we send, or not at all; \
             WINDOW_UPDATE makes room again"
        }
        WaitKind::SendConnection => {
            "All calls on a connection share this window. One large upload that the server does not read \
             can stop the others; a second connection would not be"
        }
        WaitKind::ReadStream => {
            "The server has sent all that we allowed and must wait: nothing here took the messages, \
             because reading is paused or does not keep up. This is how flow control slows a server down"
        }
        WaitKind::ReadConnection => {
            "The server may send nothing on any call of this connection until messages are taken here"
        }
    }
}

/// Of frames of the connection.
pub(super) fn frame(kind: BarKind) -> &'static str {
    match kind {
        BarKind::WindowUpdate(FrameDirection::Sent) => {
            "We allow the server so many bytes more: at first to widen a window, later because we took \
             what had come"
        }
        BarKind::WindowUpdate(FrameDirection::Received) => {
            "The server allows us so many bytes more: at first to widen a window, later because it took \
             what we sent"
        }
        BarKind::Settings(_) => {
            "What one side allows the other; each is answered by an empty one with ACK"
        }
        BarKind::Ping(_) => {
            "PING asks whether anybody is there, and is answered by the same with ACK: keepalive, or a \
             measure of the round trip"
        }
        BarKind::Other(_) => "Frames that say nothing about this call by themselves",
        _ => "",
    }
}
