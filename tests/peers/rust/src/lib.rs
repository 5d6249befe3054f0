//! What servers and clients of the benchmarks share: the messages, and one of them.

use prost::Message;

pub mod interop;

#[allow(missing_docs, reason = "generated")]
pub mod proto {
    tonic::include_proto!("bench.v1");
}

/// The service of the interop cases.
#[allow(missing_docs, reason = "generated")]
pub mod interop_service {
    include!(concat!(env!("OUT_DIR"), "/grpc.testing.TestService.rs"));
}

/// The schema, with its imports.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bench.binpb"));

/// The record that is echoed and streamed: 100 bytes or so.
pub fn record() -> proto::Record {
    proto::Record {
        id: "rec-000042-eu-west".to_owned(),
        sequence: 1_234_567_890_123,
        price: 101.25,
        symbol: "ACME.L".to_owned(),
        active: true,
        tags: vec![3, 14, 159],
        side: proto::Side::Buy.into(),
        place: Some(proto::Place {
            latitude: 51.5,
            longitude: -0.125,
        }),
        quantity: 300,
        note: "filled at the open".to_owned(),
    }
}

/// The same as a person writes it.
pub const RECORD_JSON: &str = include_str!("../../../../benches/peers/clients/record.json");

/// A message with its five bytes before it.
pub fn framed(message: &impl Message) -> Vec<u8> {
    let body = message.encode_to_vec();
    let mut bytes = vec![0];
    bytes.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&body);
    bytes
}
