//! `grpc-status-details-bin`, decoded.
//!
//! The trailer holds a `google.rpc.Status` with a list of `Any`s. Their types are those of the call's
//! schema; where it has none, the standard details are known always (they come with the program). Nothing a server sent is lost: what nobody knows stays visible as base64,
//! and where JSON does not hold all of it, base64 stands beside it.
//! Spec: gRPC, "Richer error model"; AIP-193.

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost::Message as _;
use prost_reflect::MessageDescriptor;

use crate::{
    grpc::{Metadata, Value},
    message::{JsonOptions, to_json},
    schema::{Schema, bundled_schema},
};

/// The trailer.
const KEY: &str = "grpc-status-details-bin";

const NO_BASE64: &str = "not base64: shown as it came";

/// Bundled files that define the standard details.
const FILES: [&str; 2] = ["google/rpc/error_details.proto", "google/rpc/status.proto"];

/// Details that are decoded; more than a server should ever send.
const MAX_DETAILS: usize = 1000;

/// The standard details.
static STANDARD: LazyLock<Schema> = LazyLock::new(|| bundled_schema(&FILES));

/// One detail of a rich status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusDetail {
    /// Type URL of the `Any`.
    pub type_url: String,
    /// Pretty JSON; base64 of the value where nobody knows the type.
    pub json: String,
    /// Whether the type was known.
    pub decoded: bool,
    /// What in the bytes is not as the type says, or not in it: then the JSON is not all.
    pub problems: Vec<String>,
    /// Base64 of the value, where there are problems and the JSON holds it not.
    pub raw: Option<String>,
}

impl StatusDetail {
    /// What is no `Any` that can be read.
    fn undecoded(json: String, problem: &str) -> Self {
        Self {
            type_url: KEY.to_owned(),
            json,
            decoded: false,
            problems: vec![problem.to_owned()],
            raw: None,
        }
    }
}

/// `google.rpc.Status`; code and message repeat what the trailers say.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(bytes = "vec", tag = "2")]
    message: Vec<u8>,
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

/// Decodes the details that trailers carry, every value of them. Bytes that do not parse, and text that
/// is no base64, give one undecoded detail.
pub fn status_details(trailers: &Metadata, schema: &Schema) -> Vec<StatusDetail> {
    let mut details = Vec::new();
    for value in trailers.get_all(KEY) {
        match value {
            Value::Binary(bytes) => decode(bytes, schema, &mut details),
            Value::Text(text) => {
                details.push(StatusDetail::undecoded(text.clone(), NO_BASE64));
            }
            Value::Raw(bytes) => {
                let text = bytes.escape_ascii().to_string();
                details.push(StatusDetail::undecoded(text, NO_BASE64));
            }
        }
    }
    details
}

/// Decodes one value.
pub(super) fn decode(bytes: &[u8], schema: &Schema, details: &mut Vec<StatusDetail>) {
    if bytes.is_empty() {
        return;
    }
    let Ok(status) = RpcStatus::decode(bytes) else {
        let whole = BASE64_STANDARD.encode(bytes);
        details.push(StatusDetail::undecoded(whole, "not a google.rpc.Status"));
        return;
    };
    let known = status.details.iter().take(MAX_DETAILS);
    details.extend(known.map(|any| detail(any, schema)));
    // What prost passed over, or what is beyond the limit.
    if status.encoded_len() != bytes.len() || status.details.len() > MAX_DETAILS {
        let whole = BASE64_STANDARD.encode(bytes);
        let problem = "it holds more than is shown above";
        details.push(StatusDetail::undecoded(whole, problem));
    }
}

fn detail(any: &RawAny, schema: &Schema) -> StatusDetail {
    let type_url = String::from_utf8_lossy(&any.type_url).into_owned();
    let name = type_url.rsplit('/').next().unwrap_or_default();
    let Some(message) = find(name, schema) else {
        return StatusDetail {
            json: BASE64_STANDARD.encode(&any.value),
            type_url,
            decoded: false,
            problems: Vec::new(),
            raw: None,
        };
    };
    let options = JsonOptions {
        pretty: true,
        defaults: false,
        max_bytes: 0,
    };
    let json = to_json(&message, &any.value, options);
    let raw = (!json.problems.is_empty()).then(|| BASE64_STANDARD.encode(&any.value));
    StatusDetail {
        json: json.text,
        type_url,
        decoded: true,
        problems: json.problems,
        raw,
    }
}

/// The server's own version of a type may be newer than ours.
fn find(name: &str, schema: &Schema) -> Option<MessageDescriptor> {
    schema.message(name).or_else(|| STANDARD.message(name))
}

#[cfg(test)]
mod tests {
    use protox::{
        Compiler,
        file::{ChainFileResolver, File, FileResolver},
    };

    use super::*;

    fn any(type_url: &str, value: &[u8]) -> RawAny {
        RawAny {
            type_url: type_url.as_bytes().to_vec(),
            value: value.to_vec(),
        }
    }

    fn details_of(bytes: &[u8], schema: &Schema) -> Vec<StatusDetail> {
        details_in(BASE64_STANDARD.encode(bytes).as_bytes(), schema)
    }

    /// The details of a trailer that is written like this.
    fn details_in(line: &[u8], schema: &Schema) -> Vec<StatusDetail> {
        let mut headers = http::HeaderMap::new();
        let line = http::HeaderValue::from_bytes(line).unwrap();
        headers.append(KEY, line);
        status_details(&Metadata::from_headers(&headers), schema)
    }

    #[test]
    fn standard_details_are_known_without_a_schema() {
        for name in ["google.rpc.ErrorInfo", "google.rpc.Status"] {
            assert!(STANDARD.message(name).is_some(), "{name}");
        }
        // ErrorInfo { reason: "NO", domain: "d", metadata: {"k": "v"} }
        let info = b"\x0a\x02NO\x12\x01d\x1a\x06\x0a\x01k\x12\x01v";
        // RetryInfo { retry_delay: 1.5 s }
        let retry = b"\x0a\x06\x08\x01\x10\x80\xca\xb5\xee\x01";
        let status = RpcStatus {
            code: 3,
            message: b"no".to_vec(),
            details: vec![
                any("type.googleapis.com/google.rpc.ErrorInfo", info),
                any("google.rpc.RetryInfo", &retry[..]),
                any("type.googleapis.com/acme.Unknown", b"\x01\x02"),
            ],
        };
        let details = details_of(&status.encode_to_vec(), &Schema::empty());
        let known: Vec<_> = details.iter().map(|detail| detail.decoded).collect();
        assert_eq!(known, [true, true, false]);
        assert!(
            details[0].json.contains("\"reason\": \"NO\""),
            "{details:?}"
        );
        assert!(details[0].json.contains("\"k\": \"v\""), "{details:?}");
        assert_eq!((&details[0].problems, &details[0].raw), (&vec![], &None));
        assert_eq!(details[2].json, "AQI=");
        assert_eq!(details[2].type_url, "type.googleapis.com/acme.Unknown");
    }

    #[test]
    fn any_bytes_give_something_to_look_at() {
        let schema = Schema::empty();
        assert_eq!(details_of(b"", &schema), []);
        let broken = details_of(b"\x1a\xff", &schema);
        assert_eq!(broken.len(), 1);
        assert!(!broken[0].decoded);
        assert_eq!(broken[0].json, "Gv8=");
        // A type URL that is no text.
        let odd = RpcStatus {
            details: vec![RawAny {
                type_url: vec![0xff],
                value: vec![1],
            }],
            ..RpcStatus::default()
        };
        let details = details_of(&odd.encode_to_vec(), &schema);
        assert_eq!(details.len(), 1);
        assert!(!details[0].decoded);
    }

    #[test]
    fn what_json_does_not_hold_stands_beside_it_as_bytes() {
        let cases: [(&str, &[u8]); 3] = [
            ("cut short", b"\x0a\xff"),
            ("an unknown field", b"\x0a\x02NO\x7a\x01x"),
            ("another wire type", b"\x08\x01"),
        ];
        for (name, value) in cases {
            let status = RpcStatus {
                details: vec![any("x/google.rpc.ErrorInfo", value)],
                ..RpcStatus::default()
            };
            let details = details_of(&status.encode_to_vec(), &Schema::empty());
            assert_eq!(details.len(), 1, "{name}: {details:?}");
            assert!(!details[0].problems.is_empty(), "{name}");
            let raw = BASE64_STANDARD.encode(value);
            assert_eq!(details[0].raw, Some(raw), "{name}");
        }
        // A field of the status itself that it does not have.
        let more = details_of(b"\x08\x03\x7a\x01x", &Schema::empty());
        assert_eq!(more.len(), 1, "{more:?}");
        assert_eq!(more[0].json, "CAN6AXg=");
    }

    #[test]
    fn every_value_of_the_trailer_is_shown_be_it_base64_or_not() {
        let status = |url: &str| {
            let status = RpcStatus {
                details: vec![any(url, b"")],
                ..RpcStatus::default()
            };
            BASE64_STANDARD.encode(status.encode_to_vec())
        };
        let joined = format!("{},{}", status("a/one"), status("a/two"));
        let details = details_in(joined.as_bytes(), &Schema::empty());
        let urls: Vec<_> = details.iter().map(|it| it.type_url.as_str()).collect();
        assert_eq!(urls, ["a/one", "a/two"]);
        let broken = details_in(b"!!!\xff", &Schema::empty());
        assert_eq!(broken.len(), 1);
        assert_eq!(broken[0].json, "!!!\\xff");
        assert_eq!(broken[0].problems, [NO_BASE64]);
    }

    #[test]
    fn the_schemas_own_version_of_a_standard_type_counts() {
        let newer = "syntax = \"proto3\"; package google.rpc; \
                     message ErrorInfo { string reason = 1; string added_later = 15; }";
        let mut resolver = ChainFileResolver::new();
        resolver.add(One(newer));
        let mut compiler = Compiler::with_file_resolver(resolver);
        compiler.open_file("newer.proto").unwrap();
        let schema = Schema::from_pool(compiler.descriptor_pool());
        let status = RpcStatus {
            details: vec![any("x/google.rpc.ErrorInfo", b"\x0a\x02NO\x7a\x01x")],
            ..RpcStatus::default()
        };
        let details = details_of(&status.encode_to_vec(), &schema);
        assert!(
            details[0].json.contains("\"addedLater\": \"x\""),
            "{details:?}"
        );
        assert_eq!(details[0].raw, None);
    }

    struct One(&'static str);

    impl FileResolver for One {
        fn open_file(&self, name: &str) -> Result<File, protox::Error> {
            File::from_source(name, self.0)
        }
    }
}
