//! The wire: gRPC over HTTP/2, bytes in and bytes out. Knows no protobuf schema.
//!
//! A [`Pool`] dials an [`Endpoint`] once and hands out its [`Channel`]; a channel opens calls.
//! A call is two halves that may live in different tasks: [`CallSender`] and [`CallReceiver`].
//! However a call ends, it ends as an [`Outcome`]: a status, where it came from, and the cause.
//!
//! ```text
//! endpoint → dial (tls, sniff) → channel (tap, keepalive) ← pool
//!                                   │ open
//!             metadata, timeout     ▼      frame, status
//!                     send ←─ call (one stream) ─→ receive
//! ```
//! Spec: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod activity;
mod broken;
mod call;
mod channel;
mod compress;
mod dial;
mod endpoint;
mod error;
mod foreign;
mod frame;
mod frame_log;
mod frames;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod holds;
mod inflate;
mod keepalive;
mod messages;
mod metadata;
mod outcome;
mod percent;
mod pool;
mod printable;
mod proxy;
mod receive;
mod send;
mod sniff;
mod spans;
mod stamp;
mod status;
mod steps;
mod tap;
mod target;
#[cfg(test)]
mod tests;
mod timeline;
mod timeout;
mod tls;
mod trace;
mod window;
mod wire_words;

pub use call::{CallHead, Chunk, Deadline, Origin, Outcome, ResponseHead, Waiting};
pub use channel::{Channel, ConnectInfo, ConnectTimings, check_authority};
pub use compress::Compression;
pub use dial::ConnectLimits;
#[cfg(test)]
pub(crate) use dial::{LOOKUPS, MAX_LOOKUPS};
pub use endpoint::{
    Address, Endpoint, Fingerprint, FingerprintError, Keepalive, Pkcs12, Proxy, ProxyChoice,
    ProxyKind, TlsSettings, Transport, Verification,
};
pub use error::{
    CertificateProblem, ConnectError, FileWants, Phase, ProxyProblem, ServerCertificate,
};
pub use messages::Messages;
pub use metadata::{Metadata, MetadataError, Value, is_credential};
pub use pool::Pool;
pub use printable::{disturbs, printable, printable_lines};
pub use proxy::{ProxyEnvironment, ProxyError, ProxyVariable};
pub use receive::{CallReceiver, Received};
pub use send::{CallSender, SendError};
pub use stamp::FileStamps;
pub use status::{Code, Status};
pub use steps::ConnectSteps;
pub use tap::CallTap;
#[doc(hidden)]
pub use tap::LooseTap;
pub use target::EndpointError;
pub use timeline::{
    Bar, BarKind, CallFacts, CallPhase, ConnectionTimeline, Lane, Mark, MessageCount, Overlap,
    PastAttempt, PhaseKind, Sentence, StreamLane, Timeline, Weight, exact_bytes, exact_span,
};
pub use tls::{ClientAuth, ClientAuthRequest, TlsInfo};
pub use trace::{
    ConnectionTrace, Count, Detail, FrameDirection, FrameType, GoAway, Moment, Omitted, Record,
    Slice, Step, StepEnd, StepKind, StreamCourse, Totals, Trace, Wait, WaitKind, Waits,
};
pub use wire_words::{WireLine, error_code_name};
