//! Every way a server can end a call, and what the caller makes of it.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use h2::Reason;
use http::{HeaderMap, Response};

use super::{
    client::{call, drain, head},
    server::{Call, framed, headers, ok, send_data, serve, written},
};
use crate::grpc::{CallHead, Channel, Chunk, Code, Endpoint, Origin, Value};

/// Serves calls that are answered with one head, one frame and these trailers.
async fn answering(head: HeaderMap, body: Bytes, trailers: Option<HeaderMap>) -> Endpoint {
    serve(move |mut call: Call| {
        let (head, body, trailers) = (head.clone(), body.clone(), trailers.clone());
        async move {
            call.read_all().await;
            let mut stream = call.accept_with(head);
            match trailers {
                Some(trailers) => {
                    stream.send_data(body, false).unwrap();
                    stream.send_trailers(trailers).unwrap();
                }
                None => stream.send_data(body, true).unwrap(),
            }
        }
    })
    .await
}

/// How a server ends a call, and what the caller makes of it.
struct End {
    name: &'static str,
    head: HeaderMap,
    body: Bytes,
    trailers: Option<HeaderMap>,
    code: Code,
    message: &'static str,
    messages: usize,
}

#[tokio::test]
async fn every_end_of_a_grpc_answer_has_its_status() {
    let truncated = framed(b"abc").slice(..6);
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(b"inflated").unwrap();
    let mut compressed = framed(&compressed.finish().unwrap()).to_vec();
    compressed[0] = 1;
    let compressed = Bytes::from(compressed);
    let two = Bytes::from([framed(b"1"), framed(b"2")].concat());
    let end =
        |name, head: &[_], body: &Bytes, trailers: Option<&[_]>, code, message, messages| End {
            name,
            head: headers(head),
            body: body.clone(),
            trailers: trailers.map(headers),
            code,
            message,
            messages,
        };
    let failed = [("grpc-status", "7"), ("grpc-message", "not%20you")];
    let zero: [(&str, &str); 1] = [("grpc-status", "0")];
    let (denied, unknown, internal) = (Code::PERMISSION_DENIED, Code::UNKNOWN, Code::INTERNAL);
    let ends = [
        end(
            "failed after messages",
            &[],
            &two,
            Some(&failed),
            denied,
            "not you",
            2,
        ),
        end(
            "no trailers",
            &[],
            &two,
            None,
            unknown,
            "without grpc-status",
            2,
        ),
        end(
            "trailers without status",
            &[],
            &two,
            Some(&[]),
            unknown,
            "without grpc-status",
            2,
        ),
        end(
            "status only in the head",
            &failed,
            &two,
            None,
            unknown,
            "without grpc-status",
            2,
        ),
        end(
            "trailers win over the head",
            &failed,
            &two,
            Some(&zero),
            Code::OK,
            "",
            2,
        ),
        end(
            "inside a message",
            &[],
            &truncated,
            Some(&zero),
            internal,
            "inside a message",
            0,
        ),
        end(
            "failed inside a message",
            &[],
            &truncated,
            Some(&failed),
            denied,
            "not you",
            0,
        ),
        end(
            "made-up code",
            &[],
            &two,
            Some(&[("grpc-status", "77")]),
            Code(77),
            "",
            2,
        ),
        end(
            "gzip",
            &[("grpc-encoding", "gzip")],
            &compressed,
            Some(&zero),
            Code::OK,
            "",
            1,
        ),
        end(
            "gzip not named",
            &[],
            &compressed,
            Some(&zero),
            internal,
            "no grpc-encoding",
            0,
        ),
        end(
            "not offered",
            &[("grpc-encoding", "br")],
            &compressed,
            Some(&zero),
            internal,
            "`br`",
            0,
        ),
    ];
    for end in ends {
        let endpoint = answering(end.head, end.body, end.trailers).await;
        let transcript = call(&endpoint, head(), &[b""]).await;
        let name = end.name;
        let status = &transcript.outcome.status;
        assert_eq!(status.code, end.code, "{name}: {status:?}");
        assert!(status.message.contains(end.message), "{name}: {status:?}");
        assert_eq!(transcript.messages.len(), end.messages, "{name}");
        assert!(transcript.head.is_some(), "{name}");
        if name == "gzip" {
            assert_eq!(transcript.messages, [b"inflated".as_slice()]);
        }
    }
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_call_before_it_is_kept() {
    let body = Bytes::from([framed(b"fits"), framed(&[0; 11])].concat());
    let endpoint = answering(HeaderMap::new(), body, Some(ok())).await;
    let mut head = head();
    head.max_receive_bytes = 10;
    let transcript = call(&endpoint, head, &[]).await;
    assert_eq!(transcript.messages, [b"fits".as_slice()]);
    assert_eq!(transcript.outcome.status.code, Code::RESOURCE_EXHAUSTED);
    assert_eq!(
        transcript.outcome.origin,
        Origin::TooLarge { length: Some(11) }
    );
}

#[tokio::test]
async fn a_method_with_one_answer_has_one_when_it_is_ok() {
    let answers = |count: usize| Bytes::from(framed(b"x").repeat(count));
    let failed = headers(&[("grpc-status", "5")]);
    for (name, count, trailers, code, origin) in [
        ("one", 1, ok(), Code::OK, Origin::Trailers),
        ("none", 0, ok(), Code::UNIMPLEMENTED, Origin::Protocol),
        ("two", 2, ok(), Code::UNIMPLEMENTED, Origin::Protocol),
        (
            "none, and a reason",
            0,
            failed,
            Code::NOT_FOUND,
            Origin::Trailers,
        ),
    ] {
        let endpoint = answering(HeaderMap::new(), answers(count), Some(trailers)).await;
        let mut head = head();
        head.one_answer = true;
        let transcript = call(&endpoint, head, &[b""]).await;
        let outcome = transcript.outcome;
        assert_eq!(
            (outcome.status.code, outcome.origin),
            (code, origin),
            "{name}"
        );
        assert_eq!(transcript.messages.len(), count, "{name}");
    }
}

/// A message of so many zeroes, as it goes over the wire.
fn compressed_zeroes(bytes: usize) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&vec![0; bytes]).unwrap();
    let mut message = framed(&gzip.finish().unwrap()).to_vec();
    message[0] = 1;
    message.into()
}

#[tokio::test]
async fn what_inflates_is_handed_over_before_much_more_does() {
    // A KiB each on the wire: by their size there alone they would be one batch of 64 MiB.
    let message = compressed_zeroes(1 << 20);
    for (name, frames, messages_a_frame) in [("one a frame", 64, 1), ("all in one frame", 1, 64)] {
        let frame = Bytes::from(message.repeat(messages_a_frame));
        let endpoint = serve(move |mut call: Call| {
            let frame = frame.clone();
            async move {
                let mut stream = call.accept_with(headers(&[("grpc-encoding", "gzip")]));
                for _ in 0..frames {
                    send_data(&mut stream, frame.clone()).await.unwrap();
                }
                stream.send_trailers(ok()).unwrap();
            }
        })
        .await;
        let channel = Channel::connect(&endpoint).await.unwrap();
        let (mut sender, mut receiver) = channel.open(&head()).unwrap();
        sender.half_close().unwrap();
        let (mut most, mut all) = (0, 0);
        loop {
            match receiver.next().await {
                Chunk::Head(_) => {}
                Chunk::Messages(batch) => {
                    most = most.max(batch.len());
                    all += batch.len();
                }
                Chunk::End(outcome) => break assert_eq!(outcome.status.code, Code::OK, "{name}"),
            }
        }
        assert_eq!(all, 64, "{name}");
        assert!(most <= 2, "{name}: {most} at once");
    }
}

/// How often other work had its turn on this thread until something was done.
async fn turns_of_others<T>(work: impl Future<Output = T>) -> (usize, T) {
    let mut turns = 0;
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return (turns, done),
            () = tokio::task::yield_now() => turns += 1,
        }
    }
}

#[tokio::test]
async fn compressing_and_inflating_hold_no_other_work_up() {
    let answer = compressed_zeroes(64 << 20);
    let endpoint = serve(move |mut call: Call| {
        let answer = answer.clone();
        async move {
            call.read_all().await;
            let mut stream = call.accept_with(headers(&[("grpc-encoding", "gzip")]));
            send_data(&mut stream, answer).await.unwrap();
            stream.send_trailers(ok()).unwrap();
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let head = CallHead {
        compression: crate::grpc::Compression::Gzip,
        ..head()
    };
    let (mut sender, mut receiver) = channel.open(&head).unwrap();
    let question = Bytes::from(vec![0; 64 << 20]);
    let (turns, sent) = turns_of_others(sender.send_last(question)).await;
    sent.unwrap();
    // On the wire both are a few KiB: nearly all the time goes into gzip.
    assert!(turns > 20, "{turns} while a message was compressed");
    assert!(matches!(receiver.next().await, Chunk::Head(_)));
    let (turns, chunk) = turns_of_others(receiver.next()).await;
    assert!(
        matches!(chunk, Chunk::Messages(messages) if messages.get(0).unwrap().len() == 64 << 20)
    );
    assert!(turns > 20, "{turns} while a message was inflated");
}

#[tokio::test]
async fn trailers_only_comes_without_a_head() {
    let endpoint = serve(|mut call: Call| async move {
        let mut response = Response::new(());
        *response.headers_mut() = headers(&[
            ("content-type", "application/grpc"),
            ("grpc-status", "5"),
            ("grpc-message", "no%20such%20cat"),
            ("grpc-status-details-bin", "q6s"),
            ("x-a", "1"),
        ]);
        call.respond.send_response(response, true).unwrap();
    })
    .await;
    let transcript = call(&endpoint, head(), &[]).await;
    assert!(transcript.head.is_none());
    let outcome = transcript.outcome;
    assert_eq!(outcome.origin, Origin::TrailersOnly);
    assert_eq!(outcome.status.code, Code::NOT_FOUND);
    assert_eq!(outcome.status.message, "no such cat");
    let details = outcome.trailers.get("grpc-status-details-bin");
    assert_eq!(
        details,
        Some(&Value::Binary(Bytes::from_static(b"\xab\xab")))
    );
    assert_eq!(outcome.trailers.get("x-a"), Some(&Value::Text("1".into())));
}

#[tokio::test]
async fn an_answer_that_is_not_grpc_is_kept_for_display() {
    let cases = [
        (
            "proxy",
            502,
            Some("text/html"),
            "<h1>bad</h1>",
            Code::UNAVAILABLE,
            "502 Bad Gateway",
        ),
        (
            "page",
            200,
            Some("text/html"),
            "<h1>hi</h1>",
            Code::UNKNOWN,
            "`text/html`",
        ),
        (
            "no type",
            200,
            None,
            "?",
            Code::UNKNOWN,
            "without a content type",
        ),
        (
            "not found",
            404,
            None,
            "",
            Code::UNIMPLEMENTED,
            "404 Not Found",
        ),
        (
            "login",
            401,
            Some("application/json"),
            "{}",
            Code::UNAUTHENTICATED,
            "401",
        ),
        (
            "grpc-web",
            200,
            Some("application/grpc-web"),
            "x",
            Code::UNKNOWN,
            "grpc-web",
        ),
        (
            "teapot",
            418,
            Some("application/grpc"),
            "x",
            Code::UNKNOWN,
            "418",
        ),
    ];
    for (name, status, content_type, body, code, message) in cases {
        let endpoint = serve(move |mut call: Call| async move {
            let mut response = Response::new(());
            *response.status_mut() = status.try_into().unwrap();
            if let Some(content_type) = content_type {
                let content_type = content_type.parse().unwrap();
                response.headers_mut().insert("content-type", content_type);
            }
            let mut stream = call
                .respond
                .send_response(response, body.is_empty())
                .unwrap();
            if !body.is_empty() {
                stream
                    .send_data(Bytes::from_static(body.as_bytes()), true)
                    .unwrap();
            }
        })
        .await;
        let transcript = call(&endpoint, head(), &[]).await;
        let outcome = transcript.outcome;
        assert_eq!(outcome.status.code, code, "{name}");
        assert!(
            outcome.status.message.contains(message),
            "{name}: {outcome:?}"
        );
        let expected = Origin::Http {
            status,
            content_type: content_type.map(str::to_owned),
            body: Bytes::from_static(body.as_bytes()),
            cut: false,
        };
        assert_eq!(outcome.origin, expected, "{name}");
        // Its headers are no trailers, whether or not a body follows them.
        let head = transcript.head.unwrap();
        assert_eq!(head.http_status, status, "{name}");
        assert!(outcome.trailers.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn only_the_start_of_a_foreign_body_is_kept() {
    for (name, length, kept, all) in [
        ("fits", 65_536, 65_536, true),
        ("a byte too long", 65_537, 65_536, false),
        ("endless", usize::MAX, 65_536, false),
    ] {
        let endpoint = serve(move |mut call: Call| async move {
            let mut response = Response::new(());
            *response.status_mut() = http::StatusCode::BAD_GATEWAY;
            let mut stream = call.respond.send_response(response, false).unwrap();
            let mut left = length;
            while left > 0 {
                let part = Bytes::from(vec![b'x'; left.min(16_384)]);
                left -= part.len();
                if send_data(&mut stream, part).await.is_err() {
                    return;
                }
            }
            stream.send_data(Bytes::new(), true).unwrap();
        })
        .await;
        let transcript = call(&endpoint, head(), &[]).await;
        match transcript.outcome.origin {
            Origin::Http {
                status: 502,
                body,
                cut,
                ..
            } => assert_eq!((body.len(), !cut), (kept, all), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_foreign_body_that_breaks_off_is_not_whole() {
    let endpoint = serve(|mut call: Call| async move {
        let mut response = Response::new(());
        *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        let mut stream = call.respond.send_response(response, false).unwrap();
        let data = Bytes::from_static(b"<html>");
        send_data(&mut stream, data).await.unwrap();
        written(&mut stream).await;
        stream.send_reset(Reason::INTERNAL_ERROR);
    })
    .await;
    let transcript = call(&endpoint, head(), &[]).await;
    match transcript.outcome.origin {
        Origin::Http {
            body, cut: true, ..
        } => assert_eq!(body, "<html>"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn messages_in_another_codec_are_refused() {
    let endpoint = serve(|mut call: Call| async move {
        let mut response = Response::new(());
        *response.headers_mut() = headers(&[("content-type", "application/grpc+json")]);
        let mut stream = call.respond.send_response(response, false).unwrap();
        stream.send_data(framed(b"{}"), false).unwrap();
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let transcript = call(&endpoint, head(), &[]).await;
    assert_eq!(transcript.outcome.status.code, Code::INTERNAL);
    assert_eq!(transcript.outcome.origin, Origin::Protocol);
    assert!(transcript.head.is_some());
}

#[tokio::test]
async fn a_reset_in_mid_stream_keeps_what_came_before() {
    let cases = [
        (Reason::NO_ERROR, Code::INTERNAL),
        (Reason::PROTOCOL_ERROR, Code::INTERNAL),
        (Reason::INTERNAL_ERROR, Code::INTERNAL),
        (Reason::REFUSED_STREAM, Code::UNAVAILABLE),
        (Reason::CANCEL, Code::CANCELLED),
        (Reason::ENHANCE_YOUR_CALM, Code::RESOURCE_EXHAUSTED),
        (Reason::INADEQUATE_SECURITY, Code::PERMISSION_DENIED),
        (Reason::from(99), Code::UNKNOWN),
    ];
    for (reason, code) in cases {
        let endpoint = serve(move |mut call: Call| async move {
            let mut stream = call.accept();
            stream.send_data(framed(b"before"), false).unwrap();
            // The client half-closes when it has the message.
            call.read_all().await;
            stream.send_reset(reason);
        })
        .await;
        let channel = Channel::connect(&endpoint).await.unwrap();
        let (mut sender, mut receiver) = channel.open(&head()).unwrap();
        assert!(matches!(receiver.next().await, Chunk::Head(_)));
        match receiver.next().await {
            Chunk::Messages(batch) => {
                assert_eq!(batch.single().unwrap(), b"before"[..], "{reason:?}");
            }
            other => panic!("{reason:?}: {other:?}"),
        }
        sender.half_close().unwrap();
        let outcome = drain(&mut receiver).await.outcome;
        assert_eq!(outcome.status.code, code, "{reason:?}");
        assert_eq!(outcome.origin, Origin::Reset(reason.into()), "{reason:?}");
        assert_eq!(outcome.is_unprocessed(), reason == Reason::REFUSED_STREAM);
    }
}
