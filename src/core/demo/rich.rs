//! Statuses with `google.rpc` details, from messages written by hand.
//!
//! Spec: google/rpc/status.proto and google/rpc/error_details.proto. Only what the demo sends.

use std::collections::BTreeMap;

use prost::Message;
use tonic::{Code, Status};

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.ErrorInfo`
#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub(super) reason: String,
    #[prost(string, tag = "2")]
    pub(super) domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    pub(super) metadata: BTreeMap<String, String>,
}

/// `google.rpc.BadRequest`
#[derive(Clone, PartialEq, Message)]
pub(super) struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    pub(super) field_violations: Vec<FieldViolation>,
}

/// `google.rpc.BadRequest.FieldViolation`
#[derive(Clone, PartialEq, Message)]
pub(super) struct FieldViolation {
    #[prost(string, tag = "1")]
    pub(super) field: String,
    #[prost(string, tag = "2")]
    pub(super) description: String,
}

/// `google.rpc.RetryInfo`
#[derive(Clone, PartialEq, Message)]
pub(super) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub(super) retry_delay: Option<prost_types::Duration>,
}

/// Packs a message of the named type.
pub(super) fn any(type_name: &str, message: &impl Message) -> prost_types::Any {
    prost_types::Any {
        type_url: format!("type.googleapis.com/{type_name}"),
        value: message.encode_to_vec(),
    }
}

/// A status with details, in the encoding of `grpc-status-details-bin`.
pub(super) fn status(code: Code, message: &str, details: Vec<prost_types::Any>) -> Status {
    let rich = RpcStatus {
        code: i32::from(code),
        message: message.to_owned(),
        details,
    };
    Status::with_details(code, message, rich.encode_to_vec().into())
}

/// `INVALID_ARGUMENT` that names the field.
pub(super) fn invalid(field: &str, description: &str) -> Status {
    let violation = FieldViolation {
        field: field.to_owned(),
        description: description.to_owned(),
    };
    let details = BadRequest {
        field_violations: vec![violation],
    };
    status(
        Code::InvalidArgument,
        &format!("`{field}` {description}"),
        vec![any("google.rpc.BadRequest", &details)],
    )
}

/// The value of a field that has an upper limit.
pub(super) fn at_most(field: &str, value: u32, limit: u32) -> Result<u32, Status> {
    if value > limit {
        return Err(invalid(field, &format!("is {value}; the limit is {limit}")));
    }
    Ok(value)
}
