//! The wire: gRPC over HTTP/2, bytes in and bytes out. Knows no protobuf schema.
//!
//! A [`Pool`] dials an [`Endpoint`] once and hands out its [`Channel`]; a channel opens calls.
//! A call is two halves that may live in different tasks: [`CallSender`] and [`CallReceiver`].
//! However a call ends, it ends as an [`Outcome`]: a status, where it came from, and the cause.
//! Spec: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod call;
mod channel;
mod endpoint;
mod error;
mod metadata;
mod status;

pub use call::{
    CallHead, CallReceiver, CallSender, Chunk, Origin, Outcome, ResponseHead, SendError,
};
pub use channel::{Channel, ConnectInfo, ConnectTimings, Pool};
pub use endpoint::{Address, Endpoint, EndpointError, TlsSettings, Transport, Verification};
pub use error::{ConnectError, Phase};
pub use metadata::{Metadata, MetadataError, Value};
pub use status::{Code, Status};
