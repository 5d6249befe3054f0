//! `grpc-status-details-bin`, decoded.
//!
//! The trailer holds a `google.rpc.Status` with a list of `Any`s. The standard details are known
//! always (a small proto of ours is compiled when the first one comes), others through the schema of
//! the call; what nobody knows stays visible as base64.
//! Spec: gRPC, "Richer error model"; AIP-193.

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost::Message as _;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use protox::{
    Compiler,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver},
};

use crate::{
    message::{JsonOptions, to_json},
    schema::Schema,
};

const PROTO_NAME: &str = "google/rpc/error_details.proto";
const PROTO: &str = include_str!("../../../assets/protos/google/rpc/error_details.proto");

/// Details that are decoded; more than a server should ever send.
const MAX_DETAILS: usize = 1000;

/// The standard details; `None` if our own proto did not compile, which a test rules out.
static STANDARD: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| compile().ok());

/// One detail of a rich status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusDetail {
    /// Type URL of the `Any`.
    pub type_url: String,
    /// Pretty JSON; base64 of the value where the schema does not know the type.
    pub json: String,
    /// Whether the type was known.
    pub decoded: bool,
}

/// `google.rpc.Status`; code and message repeat what the trailers say.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<RawAny>,
}

/// `google.protobuf.Any`, its type as bytes: a bad URL is no reason to hide the value.
#[derive(Clone, PartialEq, prost::Message)]
struct RawAny {
    #[prost(bytes = "vec", tag = "1")]
    type_url: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// Decodes a `google.rpc.Status`; the standard `google.rpc` error details are always known, others
/// through the schema. Bytes that do not parse give one undecoded detail.
pub fn status_details(bytes: &[u8], schema: &Schema) -> Vec<StatusDetail> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let Ok(status) = RpcStatus::decode(bytes) else {
        return vec![StatusDetail {
            type_url: "grpc-status-details-bin".to_owned(),
            json: BASE64_STANDARD.encode(bytes),
            decoded: false,
        }];
    };
    let details = status.details.iter().take(MAX_DETAILS);
    details.map(|any| detail(any, schema)).collect()
}

fn detail(any: &RawAny, schema: &Schema) -> StatusDetail {
    let type_url = String::from_utf8_lossy(&any.type_url).into_owned();
    let name = type_url.rsplit('/').next().unwrap_or_default();
    let Some(message) = find(name, schema) else {
        return StatusDetail {
            json: BASE64_STANDARD.encode(&any.value),
            type_url,
            decoded: false,
        };
    };
    let options = JsonOptions {
        pretty: true,
        defaults: false,
        max_bytes: 0,
    };
    StatusDetail {
        json: to_json(&message, &any.value, options).text,
        type_url,
        decoded: true,
    }
}

fn find(name: &str, schema: &Schema) -> Option<MessageDescriptor> {
    let standard = STANDARD.as_ref();
    standard
        .and_then(|pool| pool.get_message_by_name(name))
        .or_else(|| schema.message(name))
}

fn compile() -> Result<DescriptorPool, protox::Error> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Bundled);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.open_file(PROTO_NAME)?;
    Ok(compiler.descriptor_pool())
}

struct Bundled;

impl FileResolver for Bundled {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == PROTO_NAME {
            File::from_source(name, PROTO)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(type_url: &str, value: &[u8]) -> RawAny {
        RawAny {
            type_url: type_url.as_bytes().to_vec(),
            value: value.to_vec(),
        }
    }

    #[test]
    fn standard_details_are_known_without_a_schema() {
        assert!(STANDARD.is_some());
        // ErrorInfo { reason: "NO", domain: "d", metadata: {"k": "v"} }
        let info = b"\x0a\x02NO\x12\x01d\x1a\x06\x0a\x01k\x12\x01v";
        // RetryInfo { retry_delay: 1.5 s }
        let retry = b"\x0a\x06\x08\x01\x10\x80\xca\xb5\xee\x01";
        let status = RpcStatus {
            details: vec![
                any("type.googleapis.com/google.rpc.ErrorInfo", info),
                any("google.rpc.RetryInfo", &retry[..]),
                any("type.googleapis.com/acme.Unknown", b"\x01\x02"),
            ],
        };
        let details = status_details(&status.encode_to_vec(), &Schema::empty());
        let known: Vec<_> = details.iter().map(|detail| detail.decoded).collect();
        assert_eq!(known, [true, true, false]);
        assert!(
            details[0].json.contains("\"reason\": \"NO\""),
            "{details:?}"
        );
        assert!(details[0].json.contains("\"k\": \"v\""), "{details:?}");
        assert_eq!(details[2].json, "AQI=");
        assert_eq!(details[2].type_url, "type.googleapis.com/acme.Unknown");
    }

    #[test]
    fn any_bytes_give_something_to_look_at() {
        let schema = Schema::empty();
        assert_eq!(status_details(b"", &schema), []);
        let broken = status_details(b"\x1a\xff", &schema);
        assert_eq!(broken.len(), 1);
        assert!(!broken[0].decoded);
        assert_eq!(broken[0].json, "Gv8=");
        // A type URL that is no text, and a value cut short.
        let odd = RpcStatus {
            details: vec![
                RawAny {
                    type_url: vec![0xff],
                    value: vec![1],
                },
                any("x/google.rpc.Help", b"\x0a\xff"),
            ],
        };
        let details = status_details(&odd.encode_to_vec(), &schema);
        assert_eq!(details.len(), 2);
        assert!(!details[0].decoded);
        assert!(details[1].decoded);
    }
}
