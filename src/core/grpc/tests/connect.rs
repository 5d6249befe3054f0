//! Connections that cannot be made say why, as far as the first bytes tell.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    client::{call, head},
    server::{Call, framed, listen, ok},
};
use crate::grpc::{
    Address, Channel, Code, ConnectError, Endpoint, Phase, Pool, ProxyEnvironment, Transport,
    dial::ConnectLimits,
};

/// ConnectLimits for steps that are meant to fail.
pub(super) fn short() -> ConnectLimits {
    let limit = Duration::from_millis(50);
    ConnectLimits {
        resolve: limit,
        connect: limit,
        tls: limit,
        settings: limit,
    }
}

/// Answers the client's first bytes with these and closes.
pub(super) async fn answering_bytes(bytes: &'static [u8]) -> Endpoint {
    listen(move |mut socket| async move {
        let mut first = [0; 1024];
        assert!(socket.read(&mut first).await.unwrap() > 0);
        socket.write_all(bytes).await.unwrap();
        socket.shutdown().await.unwrap();
        // Closing with unread bytes would reset the connection.
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await
}

#[tokio::test]
async fn first_bytes_tell_what_the_port_speaks() {
    type Expected = fn(&ConnectError) -> bool;
    let cases: [(&[u8], Expected); 7] = [
        (b"", |error| {
            matches!(error, ConnectError::ClosedEarly { .. })
        }),
        (
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n",
            |error| {
                matches!(
                    error,
                    ConnectError::Http1 {
                        transport: Transport::Plaintext,
                        status: Some(400)
                    }
                )
            },
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n<html>\r\n\
              <head><title>400 The plain HTTP request was sent to HTTPS port</title></head>",
            |error| matches!(error, ConnectError::WantsHttps),
        ),
        (b"\x15\x03\x01\x00\x02\x02\x46", |error| {
            matches!(error, ConnectError::WantsTls)
        }),
        (
            b"SSH-2.0-OpenSSH_9\r\n",
            |error| matches!(error, ConnectError::NotHttp2 { reason } if reason.contains("SSH-2.0")),
        ),
        (b"+OK\r\n", |error| {
            matches!(error, ConnectError::NotHttp2 { .. })
        }),
        // SETTINGS begun and never finished.
        (b"\0\0\x06\x04\0\0\0\0\0", |error| {
            matches!(error, ConnectError::BrokenEarly { .. })
        }),
    ];
    for (bytes, expected) in cases {
        let endpoint = answering_bytes(bytes).await;
        let error = Channel::connect(&endpoint).await.unwrap_err();
        assert!(expected(&error), "{}: {error:?}", bytes.escape_ascii());
    }
}

#[tokio::test]
async fn a_port_that_closes_on_a_tls_handshake_without_a_word_is_told() {
    let endpoint = Endpoint {
        transport: Transport::Tls,
        ..answering_bytes(b"").await
    };
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(matches!(error, ConnectError::TlsUnanswered), "{error:?}");
}

#[tokio::test]
async fn a_silent_port_times_out_by_step() {
    let mut endpoint = listen(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
    .await;
    for (transport, expected) in [
        (Transport::Plaintext, Phase::Settings),
        (Transport::Tls, Phase::Tls),
    ] {
        endpoint.transport = transport;
        let pool = Pool::with_limits(short());
        let error = pool.channel(&endpoint).await.unwrap_err();
        match &*error {
            ConnectError::TimedOut { phase, .. } => assert_eq!(*phase, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_port_that_stalls_after_garbage_is_not_called_slow() {
    let endpoint = listen(|mut socket| async move {
        socket.write_all(b"HELO").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let error = Channel::connect_with(&endpoint, &short(), &ProxyEnvironment::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::NotHttp2 { .. }), "{error:?}");
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let endpoint = Endpoint::parse(&address, None).unwrap();
    match Channel::connect(&endpoint).await.unwrap_err() {
        ConnectError::Refused { address: said, .. } => assert_eq!(said, address),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_authority_that_cannot_be_sent_is_said_before_dialling() {
    let mut endpoint = Endpoint::parse("localhost:1", None).unwrap();
    endpoint.authority = Some("a b".into());
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(matches!(error, ConnectError::Authority { .. }), "{error:?}");
    endpoint.authority = Some("me:hunter2@api.example".into());
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::AuthorityUserinfo),
        "{error:?}"
    );
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[tokio::test]
async fn names_below_localhost_are_this_machine() {
    let mut endpoint = super::server::serve(|mut call: Call| async move {
        call.accept().send_trailers(ok()).unwrap();
    })
    .await;
    let Address::Tcp { host, .. } = &mut endpoint.address else {
        panic!("a port");
    };
    *host = "some.name.localhost".to_owned();
    let outcome = call(&endpoint, head(), &[]).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
}

#[tokio::test]
async fn a_path_that_cannot_be_sent_ends_the_call_alone() {
    let endpoint = super::server::serve(|mut call: Call| async move {
        call.accept().send_trailers(ok()).unwrap();
    })
    .await;
    let mut bad = head();
    bad.path = "/a b/ü\n".into();
    let outcome = call(&endpoint, bad, &[]).await.outcome;
    assert_eq!(outcome.status.code, Code::INTERNAL);
    let good = call(&endpoint, head(), &[]).await.outcome;
    assert_eq!(good.status.code, Code::OK);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_called_as_localhost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Server.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        super::server::h2_connection(
            socket,
            h2::server::Builder::new(),
            |mut call: Call| async move {
                let authority = call.request.uri().authority().unwrap().to_string();
                let path = call.request.uri().path().to_owned();
                let mut stream = call.accept();
                let answer = framed(format!("{authority}{path}").as_bytes());
                stream.send_data(answer, false).unwrap();
                stream.send_trailers(ok()).unwrap();
            },
        )
        .await;
    });
    let endpoint = Endpoint::parse(&format!("unix:{}", path.display()), None).unwrap();
    let transcript = call(&endpoint, head(), &[]).await;
    let expected = Bytes::from_static(b"localhost/test.Service/Method");
    assert_eq!(transcript.messages, [expected]);

    let gone = Endpoint {
        address: Address::Unix(folder.path().join("none")),
        ..endpoint
    };
    let error = Channel::connect(&gone).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
}
