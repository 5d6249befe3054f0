//! The gRPC interop cases against any `grpc.testing.TestService`.
//!
//! `interop_client TARGET [--ca FILE] [--cert FILE --key FILE] [--server-name NAME] [CASE…]`: runs the
//! cases named, or all 18, prints `CASE ok` or `CASE FAILED why`, and ends with 1 if any failed.
//! Spec: `interop-test-descriptions.md` of grpc/grpc.

use std::{env, error::Error, path::PathBuf, time::Duration};

use bytes::Bytes;
use prost::Message;
use stubless_core::grpc::{
    CallHead, CallReceiver, CallSender, Channel, Chunk, Code, Compression, Deadline, Endpoint,
    Metadata, Outcome, ResponseHead, Transport, Value,
};
use stubless_peers::interop::*;

type Failure = Box<dyn Error + Send + Sync>;
type Checked = Result<(), Failure>;

const SERVICE: &str = "grpc.testing.TestService";
const CASES: [&str; 18] = [
    "empty_unary",
    "large_unary",
    "client_compressed_unary",
    "server_compressed_unary",
    "client_streaming",
    "client_compressed_streaming",
    "server_streaming",
    "server_compressed_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
];

const SPECIAL: &str =
    "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";

/// What a call left behind.
struct Done {
    head: Option<ResponseHead>,
    messages: Vec<Bytes>,
    outcome: Box<Outcome>,
    compressed: u64,
}

impl Done {
    fn ok(self) -> Result<Self, Failure> {
        self.ended(Code::OK)
    }

    fn ended(self, code: Code) -> Result<Self, Failure> {
        let status = &self.outcome.status;
        if status.code == code {
            Ok(self)
        } else {
            Err(format!(
                "ended with {} ({}), not {code}",
                status.code, status.message
            )
            .into())
        }
    }

    fn only<M: Message + Default>(&self) -> Result<M, Failure> {
        match self.messages.as_slice() {
            [message] => Ok(M::decode(message.clone())?),
            other => Err(format!("{} messages", other.len()).into()),
        }
    }
}

fn head(method: &str) -> CallHead {
    CallHead::new(format!("/{SERVICE}/{method}"))
}

async fn open(channel: &Channel, head: CallHead) -> Result<(CallSender, CallReceiver), Failure> {
    let opened = channel.open(&head);
    opened.map_err(|outcome| outcome.status.message.into())
}

async fn drain(mut receiver: CallReceiver) -> Done {
    let mut head = None;
    let mut messages = Vec::new();
    loop {
        match receiver.next().await {
            Chunk::Head(received) => head = Some(received),
            Chunk::Messages(more) => messages.extend(more),
            Chunk::End(outcome) => {
                let compressed = receiver.received().compressed;
                return Done {
                    head,
                    messages,
                    outcome,
                    compressed,
                };
            }
        }
    }
}

async fn unary(channel: &Channel, head: CallHead, message: &impl Message) -> Result<Done, Failure> {
    let head = CallHead {
        one_answer: true,
        ..head
    };
    let (mut sender, receiver) = open(channel, head).await?;
    sender.send_last(message.encode_to_vec().into()).await?;
    Ok(drain(receiver).await)
}

async fn next_message(receiver: &mut CallReceiver) -> Result<StreamingOutputCallResponse, Failure> {
    loop {
        match receiver.next().await {
            Chunk::Head(_) => {}
            Chunk::Messages(messages) => match messages.single() {
                Some(one) => return Ok(StreamingOutputCallResponse::decode(one)?),
                None => return Err(format!("{} messages at once", messages.len()).into()),
            },
            Chunk::End(outcome) => return Err(format!("ended: {:?}", outcome.status).into()),
        }
    }
}

fn expect(holds: bool, what: &str) -> Checked {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn payload_is(payload: Option<&Payload>, size: usize) -> Checked {
    let found = payload.map_or(0, |payload| payload.body.len());
    expect(
        found == size,
        &format!("a payload of {found} bytes, not {size}"),
    )
}

const LARGE: SimpleRequestSizes = SimpleRequestSizes {
    request: 271_828,
    response: 314_159,
};

struct SimpleRequestSizes {
    request: usize,
    response: usize,
}

fn large() -> SimpleRequest {
    SimpleRequest {
        response_size: 314_159,
        payload: zeroes(LARGE.request),
        ..SimpleRequest::default()
    }
}

async fn run(case: &str, channel: &Channel) -> Checked {
    let yes = Some(BoolValue { value: true });
    let no = Some(BoolValue { value: false });
    match case {
        "empty_unary" => {
            let done = unary(channel, head("EmptyCall"), &Empty {}).await?.ok()?;
            done.only::<Empty>().map(|_| ())
        }
        "large_unary" => {
            let done = unary(channel, head("UnaryCall"), &large()).await?.ok()?;
            payload_is(
                done.only::<SimpleResponse>()?.payload.as_ref(),
                LARGE.response,
            )
        }
        "client_compressed_unary" => {
            // A server that looks at compression refuses a message that is not as it says.
            let probe = SimpleRequest {
                expect_compressed: yes,
                ..large()
            };
            unary(channel, head("UnaryCall"), &probe)
                .await?
                .ended(Code::INVALID_ARGUMENT)?;
            let gzip = CallHead {
                compression: Compression::Gzip,
                ..head("UnaryCall")
            };
            let done = unary(channel, gzip, &probe).await?.ok()?;
            payload_is(
                done.only::<SimpleResponse>()?.payload.as_ref(),
                LARGE.response,
            )?;
            let plain = SimpleRequest {
                expect_compressed: no,
                ..large()
            };
            let done = unary(channel, head("UnaryCall"), &plain).await?.ok()?;
            payload_is(
                done.only::<SimpleResponse>()?.payload.as_ref(),
                LARGE.response,
            )
        }
        "server_compressed_unary" => {
            for (asked, expected) in [(yes, 1), (no, 0)] {
                let request = SimpleRequest {
                    response_compressed: asked,
                    ..large()
                };
                let done = unary(channel, head("UnaryCall"), &request).await?.ok()?;
                payload_is(
                    done.only::<SimpleResponse>()?.payload.as_ref(),
                    LARGE.response,
                )?;
                expect(
                    done.compressed == expected,
                    "the response's compression is not as asked for",
                )?;
            }
            Ok(())
        }
        "client_streaming" => {
            let (mut sender, receiver) = open(channel, head("StreamingInputCall")).await?;
            for size in [27_182, 8, 1_828, 45_904] {
                let request = StreamingInputCallRequest {
                    payload: zeroes(size),
                    expect_compressed: None,
                };
                sender.send(request.encode_to_vec().into()).await?;
            }
            sender.half_close()?;
            let answer: StreamingInputCallResponse = drain(receiver).await.ok()?.only()?;
            expect(
                answer.aggregated_payload_size == 74_922,
                "the sum is not 74922",
            )
        }
        "client_compressed_streaming" => {
            let gzip = || CallHead {
                compression: Compression::Gzip,
                ..head("StreamingInputCall")
            };
            let request = |size, expect_compressed| StreamingInputCallRequest {
                payload: zeroes(size),
                expect_compressed,
            };
            let (mut sender, receiver) = open(channel, gzip()).await?;
            sender.set_compressed(false);
            sender
                .send(request(27_182, yes).encode_to_vec().into())
                .await?;
            let _ = sender.half_close();
            drain(receiver).await.ended(Code::INVALID_ARGUMENT)?;

            let (mut sender, receiver) = open(channel, gzip()).await?;
            sender
                .send(request(27_182, yes).encode_to_vec().into())
                .await?;
            sender.set_compressed(false);
            sender
                .send(request(45_904, no).encode_to_vec().into())
                .await?;
            sender.half_close()?;
            let answer: StreamingInputCallResponse = drain(receiver).await.ok()?.only()?;
            expect(
                answer.aggregated_payload_size == 73_086,
                "the sum is not 73086",
            )
        }
        "server_streaming" => {
            let sizes = [31_415, 9, 2_653, 58_979];
            let request = StreamingOutputCallRequest {
                response_parameters: sizes
                    .map(|size| ResponseParameters {
                        size,
                        ..ResponseParameters::default()
                    })
                    .to_vec(),
                ..StreamingOutputCallRequest::default()
            };
            let done = output(channel, &request).await?.ok()?;
            payloads_are(&done, &sizes)
        }
        "server_compressed_streaming" => {
            let parameter = |size, compressed| ResponseParameters {
                size,
                interval_us: 0,
                compressed,
            };
            let request = StreamingOutputCallRequest {
                response_parameters: vec![parameter(31_415, yes), parameter(92_653, no)],
                ..StreamingOutputCallRequest::default()
            };
            let done = output(channel, &request).await?.ok()?;
            payloads_are(&done, &[31_415, 92_653])?;
            let found = done.compressed;
            expect(
                found == 1,
                &format!("one response is to be compressed, and {found} are"),
            )
        }
        "ping_pong" => {
            let (mut sender, mut receiver) = open(channel, head("FullDuplexCall")).await?;
            for (asked, sent) in [(31_415, 27_182), (9, 8), (2_653, 1_828), (58_979, 45_904)] {
                sender
                    .send(duplex(asked, sent).encode_to_vec().into())
                    .await?;
                let answer = next_message(&mut receiver).await?;
                payload_is(answer.payload.as_ref(), usize::try_from(asked)?)?;
            }
            sender.half_close()?;
            let done = drain(receiver).await.ok()?;
            expect(done.messages.is_empty(), "a message too many")
        }
        "empty_stream" => {
            let (mut sender, receiver) = open(channel, head("FullDuplexCall")).await?;
            sender.half_close()?;
            let done = drain(receiver).await.ok()?;
            expect(done.messages.is_empty(), "a message of an empty stream")
        }
        "custom_metadata" => {
            let mut metadata = Metadata::new();
            metadata.push("x-grpc-test-echo-initial", "test_initial_metadata_value")?;
            metadata.push("x-grpc-test-echo-trailing-bin", "q6ur")?;
            let with = |method| CallHead {
                metadata: metadata.clone(),
                ..head(method)
            };
            let done = unary(channel, with("UnaryCall"), &large()).await?.ok()?;
            echoed(&done)?;
            let (mut sender, receiver) = open(channel, with("FullDuplexCall")).await?;
            sender
                .send(duplex(314_159, 271_828).encode_to_vec().into())
                .await?;
            sender.half_close()?;
            echoed(&drain(receiver).await.ok()?)
        }
        "status_code_and_message" => {
            let status = EchoStatus {
                code: 2,
                message: "test status message".to_owned(),
            };
            let request = SimpleRequest {
                response_status: Some(status.clone()),
                ..SimpleRequest::default()
            };
            let done = unary(channel, head("UnaryCall"), &request)
                .await?
                .ended(Code::UNKNOWN)?;
            expect(
                done.outcome.status.message == status.message,
                "another message",
            )?;
            let (mut sender, receiver) = open(channel, head("FullDuplexCall")).await?;
            let request = StreamingOutputCallRequest {
                response_status: Some(status.clone()),
                ..StreamingOutputCallRequest::default()
            };
            sender.send(request.encode_to_vec().into()).await?;
            let _ = sender.half_close();
            let done = drain(receiver).await.ended(Code::UNKNOWN)?;
            expect(
                done.outcome.status.message == status.message,
                "another message of the stream",
            )
        }
        "special_status_message" => {
            let status = EchoStatus {
                code: 2,
                message: SPECIAL.to_owned(),
            };
            let request = SimpleRequest {
                response_status: Some(status),
                ..SimpleRequest::default()
            };
            let done = unary(channel, head("UnaryCall"), &request)
                .await?
                .ended(Code::UNKNOWN)?;
            expect(done.outcome.status.message == SPECIAL, "another message")
        }
        "unimplemented_method" => {
            let done = unary(channel, head("UnimplementedCall"), &Empty {}).await?;
            done.ended(Code::UNIMPLEMENTED).map(|_| ())
        }
        "unimplemented_service" => {
            let head = CallHead::new("/grpc.testing.UnimplementedService/UnimplementedCall");
            let done = unary(channel, head, &Empty {}).await?;
            done.ended(Code::UNIMPLEMENTED).map(|_| ())
        }
        "cancel_after_begin" => {
            let (_sender, mut receiver) = open(channel, head("StreamingInputCall")).await?;
            receiver.cancel();
            drain(receiver).await.ended(Code::CANCELLED).map(|_| ())
        }
        "cancel_after_first_response" => {
            let (mut sender, mut receiver) = open(channel, head("FullDuplexCall")).await?;
            sender
                .send(duplex(31_415, 27_182).encode_to_vec().into())
                .await?;
            next_message(&mut receiver).await?;
            receiver.cancel();
            drain(receiver).await.ended(Code::CANCELLED).map(|_| ())
        }
        "timeout_on_sleeping_server" => {
            let head = CallHead {
                deadline: Some(Deadline::after(Duration::from_millis(1))),
                ..head("FullDuplexCall")
            };
            let opened = channel.open(&head);
            let outcome = match opened {
                Err(outcome) => outcome,
                Ok((mut sender, receiver)) => {
                    let _ = sender.send(duplex(0, 27_182).encode_to_vec().into()).await;
                    drain(receiver).await.outcome
                }
            };
            expect(
                outcome.status.code == Code::DEADLINE_EXCEEDED,
                &format!("ended with {:?}", outcome.status),
            )
        }
        other => Err(format!("no case named {other}").into()),
    }
}

fn duplex(asked: i32, sent: usize) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![ResponseParameters {
            size: asked,
            ..ResponseParameters::default()
        }],
        payload: zeroes(sent),
        response_status: None,
    }
}

async fn output(channel: &Channel, request: &StreamingOutputCallRequest) -> Result<Done, Failure> {
    let (mut sender, receiver) = open(channel, head("StreamingOutputCall")).await?;
    sender.send_last(request.encode_to_vec().into()).await?;
    Ok(drain(receiver).await)
}

fn payloads_are(done: &Done, sizes: &[i32]) -> Checked {
    expect(
        done.messages.len() == sizes.len(),
        &format!("{} messages", done.messages.len()),
    )?;
    for (message, &size) in done.messages.iter().zip(sizes) {
        let answer = StreamingOutputCallResponse::decode(message.clone())?;
        payload_is(answer.payload.as_ref(), usize::try_from(size)?)?;
    }
    Ok(())
}

fn echoed(done: &Done) -> Checked {
    let initial = done
        .head
        .as_ref()
        .and_then(|head| head.metadata.get("x-grpc-test-echo-initial"));
    let text = Value::Text("test_initial_metadata_value".to_owned());
    expect(initial == Some(&text), "initial metadata was not echoed")?;
    let trailing = done.outcome.trailers.get("x-grpc-test-echo-trailing-bin");
    let bytes = Value::Binary(Bytes::from_static(&[0xab; 3]));
    expect(trailing == Some(&bytes), "trailing metadata was not echoed")
}

fn arguments() -> Result<(Endpoint, Vec<String>), Failure> {
    let mut arguments = env::args().skip(1);
    let target = arguments
        .next()
        .ok_or("usage: interop_client TARGET [OPTION…] [CASE…]")?;
    let mut endpoint = Endpoint::parse(&target, None)?;
    let mut cases = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("an option without its value");
        match argument.as_str() {
            "--ca" => {
                endpoint.transport = Transport::Tls;
                endpoint.tls.ca_cert = Some(PathBuf::from(value()?));
            }
            "--cert" => endpoint.tls.client_cert = Some(PathBuf::from(value()?)),
            "--key" => endpoint.tls.client_key = Some(PathBuf::from(value()?)),
            "--server-name" => endpoint.tls.server_name = Some(value()?),
            case => cases.push(case.to_owned()),
        }
    }
    if cases.is_empty() {
        cases = CASES.map(str::to_owned).to_vec();
    }
    Ok((endpoint, cases))
}

async fn all() -> Result<bool, Failure> {
    const LIMIT: Duration = Duration::from_secs(20);
    let (endpoint, cases) = arguments()?;
    let channel = Channel::connect(&endpoint).await?;
    let mut good = true;
    for case in cases {
        let result = tokio::time::timeout(LIMIT, run(&case, &channel)).await;
        match result.unwrap_or_else(|_| Err("it did not end".into())) {
            Ok(()) => println!("{case} ok"),
            Err(error) => {
                good = false;
                println!("{case} FAILED {error}");
            }
        }
    }
    Ok(good)
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let good = runtime.block_on(all())?;
    runtime.shutdown_background();
    std::process::exit(i32::from(!good))
}
