//! `grpc.testing` as the interop specification has it; only the fields that the cases use.
//! Spec: `interop-test-descriptions.md` and `src/proto/grpc/testing/messages.proto` of grpc/grpc.

use bytes::Bytes;
use prost::Message;

/// A block of data.
#[derive(Clone, PartialEq, Message)]
pub struct Payload {
    /// Its bytes; their type is always 0, "compressable".
    #[prost(bytes = "bytes", tag = "2")]
    pub body: Bytes,
}

/// `google.protobuf.BoolValue`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct BoolValue {
    /// The value.
    #[prost(bool, tag = "1")]
    pub value: bool,
}

/// A status the server is asked to end with.
#[derive(Clone, PartialEq, Message)]
pub struct EchoStatus {
    /// The code.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// The message.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// Unary request.
#[derive(Clone, PartialEq, Message)]
pub struct SimpleRequest {
    /// Size of the wanted payload.
    #[prost(int32, tag = "2")]
    pub response_size: i32,
    /// Payload sent.
    #[prost(message, optional, tag = "3")]
    pub payload: Option<Payload>,
    /// Whether the response is to be compressed.
    #[prost(message, optional, tag = "6")]
    pub response_compressed: Option<BoolValue>,
    /// The status to end with.
    #[prost(message, optional, tag = "7")]
    pub response_status: Option<EchoStatus>,
    /// Whether this request is compressed, as the server must find it.
    #[prost(message, optional, tag = "8")]
    pub expect_compressed: Option<BoolValue>,
}

/// Unary response.
#[derive(Clone, PartialEq, Message)]
pub struct SimpleResponse {
    /// The payload asked for.
    #[prost(message, optional, tag = "1")]
    pub payload: Option<Payload>,
}

/// Client stream's request.
#[derive(Clone, PartialEq, Message)]
pub struct StreamingInputCallRequest {
    /// Payload sent.
    #[prost(message, optional, tag = "1")]
    pub payload: Option<Payload>,
    /// Whether this request is compressed, as the server must find it.
    #[prost(message, optional, tag = "2")]
    pub expect_compressed: Option<BoolValue>,
}

/// Client stream's response.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct StreamingInputCallResponse {
    /// Bytes of all payloads.
    #[prost(int32, tag = "1")]
    pub aggregated_payload_size: i32,
}

/// One response of a server stream.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct ResponseParameters {
    /// Size of its payload.
    #[prost(int32, tag = "1")]
    pub size: i32,
    /// Pause before it.
    #[prost(int32, tag = "2")]
    pub interval_us: i32,
    /// Whether it is to be compressed.
    #[prost(message, optional, tag = "3")]
    pub compressed: Option<BoolValue>,
}

/// Request of a server stream or of a bidirectional one.
#[derive(Clone, PartialEq, Message)]
pub struct StreamingOutputCallRequest {
    /// The wanted responses.
    #[prost(message, repeated, tag = "2")]
    pub response_parameters: Vec<ResponseParameters>,
    /// Payload sent.
    #[prost(message, optional, tag = "3")]
    pub payload: Option<Payload>,
    /// The status to end with.
    #[prost(message, optional, tag = "7")]
    pub response_status: Option<EchoStatus>,
}

/// One response of a stream.
#[derive(Clone, PartialEq, Message)]
pub struct StreamingOutputCallResponse {
    /// The payload asked for.
    #[prost(message, optional, tag = "1")]
    pub payload: Option<Payload>,
}

/// `grpc.testing.Empty`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Empty {}

/// A payload of zeroes.
pub fn zeroes(size: usize) -> Option<Payload> {
    Some(Payload {
        body: vec![0; size].into(),
    })
}
