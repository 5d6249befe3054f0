//! `demo.v1.Trouble`: statuses, details, delays, silence, broken connections, metadata.

use std::{collections::BTreeMap, pin::Pin, time::Duration};

use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    Code, Request, Response, Status,
    metadata::{Ascii, Binary, KeyAndValueRef, MetadataMap, MetadataValue},
    transport::server::TlsConnectInfo,
};

use super::{
    abandoned::Abandoned,
    connection::Closer,
    proto::{
        EchoMetadataRequest, EchoMetadataResponse, FailMidStreamRequest, FailMidStreamResponse,
        FailRequest, FailResponse, HangRequest, HangResponse, HangUpRequest, HangUpResponse,
        MetadataPair, SlowRequest, SlowResponse, StatusCode, metadata_pair,
        trouble_server::{Trouble, TroubleServer},
    },
    rich::{self, BadRequest, ErrorInfo, FieldViolation, RetryInfo, at_most},
};

const MAX_MESSAGES: u32 = 10_000;
const MAX_DELAY_MS: u32 = 600_000;

/// Between the last message and the end of the connection, so that the messages get out.
const HANG_UP_AFTER: Duration = Duration::from_millis(50);

type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub(super) fn service(abandoned: Abandoned) -> TroubleServer<impl Trouble> {
    TroubleServer::new(Service { abandoned })
}

#[derive(Debug)]
struct Service {
    abandoned: Abandoned,
}

#[tonic::async_trait]
impl Trouble for Service {
    async fn fail(&self, request: Request<FailRequest>) -> Result<Response<FailResponse>, Status> {
        let request = request.into_inner();
        match Code::from_i32(request.code) {
            Code::Ok => Ok(Response::new(FailResponse {})),
            code => Err(failure(code, &request)),
        }
    }

    type FailMidStreamStream = BoxStream<FailMidStreamResponse>;

    async fn fail_mid_stream(
        &self,
        request: Request<FailMidStreamRequest>,
    ) -> Result<Response<Self::FailMidStreamStream>, Status> {
        let request = request.into_inner();
        let count = at_most("after_messages", request.after_messages, MAX_MESSAGES)?;
        let code = match Code::from_i32(request.code) {
            Code::Ok => Code::Aborted,
            code => code,
        };
        let end = FailRequest {
            code: code.into(),
            message: request.message,
            with_details: request.with_details,
        };
        let messages = (1..=count).map(|sequence| Ok(FailMidStreamResponse { sequence }));
        let items = messages.chain([Err(failure(code, &end))]);
        Ok(Response::new(Box::pin(tokio_stream::iter(items))))
    }

    async fn slow(&self, request: Request<SlowRequest>) -> Result<Response<SlowResponse>, Status> {
        let delay_ms = at_most("delay_ms", request.into_inner().delay_ms, MAX_DELAY_MS)?;
        let mut guard = self.abandoned.watch();
        let begin = Instant::now();
        tokio::time::sleep(Duration::from_millis(delay_ms.into())).await;
        guard.end();
        Ok(Response::new(SlowResponse {
            waited: prost_types::Duration::try_from(begin.elapsed()).ok(),
        }))
    }

    async fn hang(&self, _: Request<HangRequest>) -> Result<Response<HangResponse>, Status> {
        let _guard = self.abandoned.watch();
        std::future::pending().await
    }

    type HangUpStream = BoxStream<HangUpResponse>;

    async fn hang_up(
        &self,
        request: Request<HangUpRequest>,
    ) -> Result<Response<Self::HangUpStream>, Status> {
        let closer = closer(&request)?;
        let count = at_most(
            "after_messages",
            request.get_ref().after_messages,
            MAX_MESSAGES,
        )?;
        let messages = (1..=count).map(|sequence| Ok(HangUpResponse { sequence }));
        // The task outlives the call on purpose: a client that resets its stream is hung up on too.
        tokio::spawn(async move {
            tokio::time::sleep(HANG_UP_AFTER).await;
            closer.close();
        });
        let stream = tokio_stream::iter(messages).chain(tokio_stream::pending());
        Ok(Response::new(Box::pin(stream)))
    }

    // A unary method, generated as a stream for the sake of its trailers; see `build.rs`.
    type EchoMetadataStream = BoxStream<EchoMetadataResponse>;

    async fn echo_metadata(
        &self,
        request: Request<EchoMetadataRequest>,
    ) -> Result<Response<Self::EchoMetadataStream>, Status> {
        let message = EchoMetadataResponse {
            received: request
                .metadata()
                .iter()
                .map(|entry| pair(&entry))
                .collect(),
        };
        // tonic sends this "error" as trailers with status OK.
        let end = Status::with_metadata(Code::Ok, "", trailing());
        let items = [Ok(message), Err(end)];
        let mut response: Response<Self::EchoMetadataStream> =
            Response::new(Box::pin(tokio_stream::iter(items)));
        *response.metadata_mut() = initial();
        Ok(response)
    }
}

/// The status that was asked for.
fn failure(code: Code, request: &FailRequest) -> Status {
    if !request.with_details {
        return Status::new(code, &request.message);
    }
    let info = ErrorInfo {
        reason: "ASKED_FOR".to_owned(),
        domain: "demo.v1".to_owned(),
        metadata: BTreeMap::from([
            ("service".to_owned(), "Trouble".to_owned()),
            ("code".to_owned(), code_name(code)),
        ]),
    };
    let bad_request = BadRequest {
        field_violations: vec![
            FieldViolation {
                field: "code".to_owned(),
                description: "asks for a failure".to_owned(),
            },
            FieldViolation {
                field: "with_details".to_owned(),
                description: "asks for this very list".to_owned(),
            },
        ],
    };
    let retry = RetryInfo {
        retry_delay: Some(prost_types::Duration {
            seconds: 1,
            nanos: 500_000_000,
        }),
    };
    let details = vec![
        rich::any("google.rpc.ErrorInfo", &info),
        rich::any("google.rpc.BadRequest", &bad_request),
        rich::any("google.rpc.RetryInfo", &retry),
        rich::any("demo.v1.FailRequest", request),
    ];
    rich::status(code, &request.message, details)
}

/// The specification's name, as the enum has it.
fn code_name(code: Code) -> String {
    StatusCode::try_from(i32::from(code))
        .unwrap_or(StatusCode::Unknown)
        .as_str_name()
        .to_owned()
}

fn closer<T>(request: &Request<T>) -> Result<Closer, Status> {
    let extensions = request.extensions();
    let over_tls = extensions.get::<TlsConnectInfo<Closer>>();
    extensions
        .get::<Closer>()
        .or_else(|| over_tls.map(TlsConnectInfo::get_ref))
        .cloned()
        .ok_or_else(|| Status::internal("the connection of this call is not known"))
}

fn pair(entry: &KeyAndValueRef<'_>) -> MetadataPair {
    let (key, value) = match entry {
        KeyAndValueRef::Ascii(key, value) => {
            let text = String::from_utf8_lossy(value.as_encoded_bytes()).into_owned();
            (key.as_str(), metadata_pair::Value::Text(text))
        }
        KeyAndValueRef::Binary(key, value) => {
            let value = match value.to_bytes() {
                Ok(bytes) => metadata_pair::Value::Binary(bytes.to_vec()),
                // Not base64: shown as it came.
                Err(_) => metadata_pair::Value::Text(
                    String::from_utf8_lossy(value.as_encoded_bytes()).into_owned(),
                ),
            };
            (key.as_str(), value)
        }
    };
    MetadataPair {
        key: key.to_owned(),
        value: Some(value),
    }
}

/// A text, a key that comes twice, and bytes that are no text.
fn initial() -> MetadataMap {
    let mut metadata = MetadataMap::new();
    metadata.insert("demo-greeting", text("hello from the head"));
    metadata.append("demo-color", text("red"));
    metadata.append("demo-color", text("blue"));
    metadata.insert_bin("demo-trace-bin", bytes(&[0x00, 0xff, 0x10, 0x80]));
    metadata
}

fn trailing() -> MetadataMap {
    let mut metadata = MetadataMap::new();
    metadata.insert("demo-farewell", text("goodbye from the trailers"));
    metadata.append("demo-step", text("1"));
    metadata.append("demo-step", text("2"));
    metadata.insert_bin("demo-checksum-bin", bytes(&[0xde, 0xad, 0xbe, 0xef]));
    metadata
}

fn text(value: &'static str) -> MetadataValue<Ascii> {
    MetadataValue::from_static(value)
}

fn bytes(value: &[u8]) -> MetadataValue<Binary> {
    MetadataValue::from_bytes(value)
}
