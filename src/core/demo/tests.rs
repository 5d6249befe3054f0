//! The server seen from outside, over HTTP/2 by hand: this layer knows no client.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;
use tokio::net::TcpStream;

use super::{
    proto::{
        EchoMetadataRequest, EchoMetadataResponse, FailMidStreamRequest, FailMidStreamResponse,
        FailRequest, HangRequest, HangUpRequest, HelloReply, HelloRequest, Language, Tick,
        WatchRequest, metadata_pair,
    },
    *,
};

/// What came back: initial metadata, messages, trailers.
struct Answer {
    head: http::HeaderMap,
    messages: Vec<Bytes>,
    trailers: http::HeaderMap,
}

impl Answer {
    fn status(&self) -> &str {
        let status = self
            .trailers
            .get("grpc-status")
            .or(self.head.get("grpc-status"));
        status.unwrap().to_str().unwrap()
    }

    fn decoded<M: Message + Default>(&self) -> Vec<M> {
        let messages = self.messages.iter().cloned();
        messages.map(|bytes| M::decode(bytes).unwrap()).collect()
    }
}

async fn demo() -> Demo {
    Demo::start(DemoOptions::default()).await.unwrap()
}

async fn open(
    demo: &Demo,
    method: &str,
    message: &impl Message,
) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
    let socket = TcpStream::connect(demo.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://demo/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("said-twice", "once")
        .header("said-twice", "again")
        .header("raw-bin", "AP8")
        .body(())
        .unwrap();
    let (response, mut body) = client
        .ready()
        .await
        .unwrap()
        .send_request(request, false)
        .unwrap();
    let bytes = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend((bytes.len() as u32).to_be_bytes());
    frame.extend(bytes);
    body.send_data(frame.into(), true).unwrap();
    (response, body)
}

async fn call(demo: &Demo, method: &str, message: &impl Message) -> Result<Answer, h2::Error> {
    let (response, _body) = open(demo, method, message).await;
    let (head, mut body) = response.await?.into_parts();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len()).unwrap();
        bytes.extend(chunk);
    }
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        bytes.advance(1);
        let len = bytes.get_u32() as usize;
        messages.push(bytes.split_to(len).freeze());
    }
    Ok(Answer {
        head: head.headers,
        messages,
        trailers: body.trailers().await?.unwrap_or_default(),
    })
}

#[tokio::test]
async fn greets() {
    let demo = demo().await;
    let request = HelloRequest {
        name: "Ada".to_owned(),
        language: Language::German.into(),
        excited: false,
    };
    let answer = call(&demo, "demo.v1.Greeter/SayHello", &request)
        .await
        .unwrap();
    assert_eq!(answer.status(), "0");
    let [reply] = &answer.decoded::<HelloReply>()[..] else {
        panic!("one reply")
    };
    assert_eq!(reply.greeting, "Hallo, Ada");
    assert_eq!(reply.greeted, 1);
}

#[tokio::test]
async fn ticks_are_numbered_without_a_gap() {
    let demo = demo().await;
    let request = WatchRequest {
        count: 5_000,
        interval_ms: 0,
        payload_bytes: 3,
    };
    let answer = call(&demo, "demo.v1.Ticker/Watch", &request).await.unwrap();
    let ticks = answer.decoded::<Tick>();
    assert!(ticks.iter().map(|tick| tick.sequence).eq(1..=5_000));
    assert_eq!(ticks[0].payload, [0, 1, 2].as_slice());
    assert_eq!(answer.status(), "0");
    assert_eq!(*demo.abandoned_calls().borrow(), 0);
}

#[tokio::test]
async fn more_than_the_limit_is_refused_with_the_field() {
    let demo = demo().await;
    let request = WatchRequest {
        count: 1_000_001,
        ..WatchRequest::default()
    };
    let answer = call(&demo, "demo.v1.Ticker/Watch", &request).await.unwrap();
    assert_eq!(answer.status(), "3");
    assert!(answer.head.contains_key("grpc-status-details-bin"));
}

#[tokio::test]
async fn failures_carry_what_was_asked_for() {
    let demo = demo().await;
    for code in 1..=16 {
        let request = FailRequest {
            code,
            message: "so it is".to_owned(),
            with_details: code % 2 == 0,
        };
        let answer = call(&demo, "demo.v1.Trouble/Fail", &request).await.unwrap();
        assert_eq!(answer.status(), code.to_string());
        assert_eq!(
            answer.head.contains_key("grpc-status-details-bin"),
            request.with_details
        );
    }
}

#[tokio::test]
async fn a_failure_in_mid_stream_comes_after_the_messages() {
    let demo = demo().await;
    let request = FailMidStreamRequest {
        after_messages: 3,
        code: 15,
        message: "lost".to_owned(),
        with_details: true,
    };
    let method = "demo.v1.Trouble/FailMidStream";
    let answer = call(&demo, method, &request).await.unwrap();
    assert_eq!(answer.decoded::<FailMidStreamResponse>().len(), 3);
    assert_eq!(answer.trailers["grpc-status"], "15");
    assert!(answer.trailers.contains_key("grpc-status-details-bin"));
}

#[tokio::test]
async fn metadata_come_back_and_go_before_and_after_the_message() {
    let demo = demo().await;
    let method = "demo.v1.Trouble/EchoMetadata";
    let answer = call(&demo, method, &EchoMetadataRequest {}).await.unwrap();

    let [message] = &answer.decoded::<EchoMetadataResponse>()[..] else {
        panic!("one message")
    };
    let values = |key: &str| {
        let pairs = message.received.iter().filter(|pair| pair.key == key);
        pairs
            .map(|pair| pair.value.clone().unwrap())
            .collect::<Vec<_>>()
    };
    let text = |value: &str| metadata_pair::Value::Text(value.to_owned());
    assert_eq!(values("said-twice"), [text("once"), text("again")]);
    assert_eq!(
        values("raw-bin"),
        [metadata_pair::Value::Binary(vec![0x00, 0xff])]
    );
    assert_eq!(answer.head.get_all("demo-color").iter().count(), 2);
    assert!(answer.head.contains_key("demo-trace-bin"));
    assert_eq!(answer.trailers["grpc-status"], "0");
    assert_eq!(answer.trailers.get_all("demo-step").iter().count(), 2);
    assert!(answer.trailers.contains_key("demo-checksum-bin"));
}

#[tokio::test]
async fn a_call_that_is_reset_is_counted() {
    let demo = demo().await;
    let mut abandoned = demo.abandoned_calls();
    let (_response, mut body) = open(&demo, "demo.v1.Trouble/Hang", &HangRequest {}).await;
    body.send_reset(h2::Reason::CANCEL);
    assert_eq!(*abandoned.wait_for(|count| *count > 0).await.unwrap(), 1);
}

#[tokio::test]
async fn hanging_up_ends_the_connection_without_a_status() {
    let demo = demo().await;
    let request = HangUpRequest { after_messages: 2 };
    let ended = call(&demo, "demo.v1.Trouble/HangUp", &request).await;
    let error = ended.err().unwrap();
    assert!(error.is_io(), "{error:?}");
}

#[tokio::test]
async fn dropping_the_server_ends_calls_and_frees_the_port() {
    let demo = demo().await;
    let address = demo.address();
    let (response, _body) = open(&demo, "demo.v1.Trouble/Hang", &HangRequest {}).await;
    drop(demo);
    assert!(response.await.is_err());
    let again = DemoOptions {
        listen: address,
        ..DemoOptions::default()
    };
    // The old listener is closed by its own task, which may not have run yet.
    while let Err(error) = Demo::start(again.clone()).await {
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused_at_the_start() {
    let options = DemoOptions {
        tls: Some(DemoTls {
            cert: "no certificate".to_owned(),
            key: "no key".to_owned(),
            client_ca: None,
        }),
        ..DemoOptions::default()
    };
    let error = Demo::start(options).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn the_descriptor_set_has_the_services_with_their_comments() {
    let set = prost_types::FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    let mut services: Vec<_> = set
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(|s| format!("demo.v1.{}", s.name())))
        .collect();
    services.sort();
    assert_eq!(services, SERVICES);

    let atlas = set.file.iter().find(|f| f.name() == "demo/v1/atlas.proto");
    let locations = &atlas.unwrap().source_code_info.as_ref().unwrap().location;
    let comments = locations
        .iter()
        .filter(|l| !l.leading_comments().is_empty());
    assert!(comments.count() > 40);
    let trouble = set.file.iter().flat_map(|file| &file.service);
    let echo = trouble
        .flat_map(|service| &service.method)
        .find(|method| method.name() == "EchoMetadata");
    assert!(!echo.unwrap().server_streaming());
}
