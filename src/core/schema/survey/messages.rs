//! The messages of the reflection service, as far as they are used.
//!
//! Spec: `grpc/reflection/v1/reflection.proto`.

use bytes::Bytes;
use prost::Message;

use crate::schema::wire::{Fields, Value};

/// Files or services in the largest answer's list, counted before they are decoded: two bytes on the wire
/// take tens in memory.
pub(crate) fn items(message: &[u8]) -> usize {
    let lists = Fields::new(message).map_while(Result::ok);
    let counts = lists.filter_map(|field| match (field.tag, field.value) {
        (4 | 6, Value::Bytes(list)) => Some(Fields::new(list).map_while(Result::ok).count()),
        _ => None,
    });
    counts.max().unwrap_or(0)
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(string, tag = "1")]
    pub(crate) host: String,
    #[prost(oneof = "Question", tags = "3, 4, 7")]
    pub(crate) question: Option<Question>,
}

#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub(crate) enum Question {
    #[prost(string, tag = "3")]
    FileByFilename(String),
    #[prost(string, tag = "4")]
    FileContainingSymbol(String),
    #[prost(string, tag = "7")]
    ListServices(String),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    #[prost(message, optional, tag = "2")]
    pub(crate) original_request: Option<Request>,
    #[prost(oneof = "Answer", tags = "4, 6, 7")]
    pub(crate) answer: Option<Answer>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Answer {
    #[prost(message, tag = "4")]
    Files(FilesAnswer),
    #[prost(message, tag = "6")]
    Services(ServicesAnswer),
    #[prost(message, tag = "7")]
    Error(ErrorAnswer),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FilesAnswer {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(crate) files: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServicesAnswer {
    #[prost(message, repeated, tag = "1")]
    pub(crate) services: Vec<ServiceName>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServiceName {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ErrorAnswer {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
}
