//! What is spoken on the wire: ALPN, alerts, the key log, and never one transport for the other.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::grpc::{
    Phase, Pkcs12, ProxyEnvironment, TlsSettings, Verification,
    tests::{
        connect::{answering_bytes, short},
        server::serve,
    },
};

#[tokio::test]
async fn a_server_without_h2_is_refused() {
    let pair = self_signed(&params(&["127.0.0.1"], false));
    for alpn in [NO_ALPN, HTTP1_ALPN] {
        let mut server = Tls::new(&pair);
        server.alpn = alpn;
        let mut endpoint = server.serve().await;
        endpoint.tls.verification = Verification::Skip;
        let error = Channel::connect(&endpoint).await.unwrap_err();
        let ConnectError::NoAlpn { chose_other } = error else {
            panic!("{error:?}");
        };
        assert_eq!(chose_other, alpn == HTTP1_ALPN);
        // The person may go on where nothing was chosen, and only there.
        endpoint.tls.accept_missing_alpn = true;
        match Channel::connect(&endpoint).await {
            Ok(channel) => {
                assert_eq!(alpn, NO_ALPN);
                assert_eq!(channel.info().tls.as_ref().unwrap().alpn, None);
            }
            Err(error) => assert!(
                chose_other && matches!(error, ConnectError::NoAlpn { .. }),
                "{error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn plaintext_and_tls_taken_for_each_other_are_told() {
    let pair = self_signed(&params(&["127.0.0.1"], false));
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.transport = Transport::Plaintext;
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(matches!(error, ConnectError::WantsTls), "{error:?}");

    let mut plain_h2 = serve(|_: Call| async {}).await;
    plain_h2.transport = Transport::Tls;
    let mut plain_http1 = answering_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    plain_http1.transport = Transport::Tls;
    for endpoint in [plain_h2, plain_http1] {
        let error = Channel::connect_with(&endpoint, &short(), &ProxyEnvironment::default())
            .await
            .unwrap_err();
        assert!(matches!(error, ConnectError::NotTls), "{error:?}");
    }
}

/// Keeps what every connection sends, and answers with these bytes.
async fn recording(answer: &'static [u8]) -> (Endpoint, Arc<Mutex<Vec<Vec<u8>>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let endpoint = listen(move |mut socket| {
        let kept = kept.clone();
        async move {
            let mut bytes = vec![0; 16 * 1024];
            let count = socket.read(&mut bytes).await.unwrap_or(0);
            bytes.truncate(count);
            // The connection counts before it is answered: the client may be done right after.
            kept.lock().unwrap().push(bytes);
            let _ = socket.write_all(answer).await;
            let _ = socket.shutdown().await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (endpoint, seen)
}

#[tokio::test]
async fn no_failure_makes_the_client_try_with_the_other_transport() {
    const ANSWERS: [(&str, &[u8]); 6] = [
        ("closes", b""),
        ("HTTP/1.1", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("SETTINGS", b"\0\0\0\x04\0\0\0\0\0"),
        ("protocol_version", b"\x15\x03\x03\0\x02\x02\x46"),
        ("handshake_failure", b"\x15\x03\x03\0\x02\x02\x28"),
        ("garbage", b"\xff\xfe\xfd"),
    ];
    const HANDSHAKE_RECORD: [u8; 2] = [0x16, 3];
    for (name, answer) in ANSWERS {
        let (mut endpoint, seen) = recording(answer).await;
        endpoint.transport = Transport::Tls;
        for settings in [TlsSettings::default(), lenient()] {
            endpoint.tls = settings;
            Channel::connect_with(&endpoint, &short(), &ProxyEnvironment::default())
                .await
                .unwrap_err();
        }
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen.len(), 2, "{name}: one connection for each");
        for bytes in seen {
            assert!(bytes.starts_with(&HANDSHAKE_RECORD), "{name}");
            assert!(!bytes.windows(4).any(|four| four == b"PRI "), "{name}");
        }
    }
    for (name, answer) in ANSWERS.into_iter().filter(|(name, _)| *name != "SETTINGS") {
        let (endpoint, seen) = recording(answer).await;
        Channel::connect_with(&endpoint, &short(), &ProxyEnvironment::default())
            .await
            .unwrap_err();
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen.len(), 1, "{name}");
        assert!(seen[0].starts_with(b"PRI * HTTP/2.0"), "{name}");
    }
}

/// Everything that can be given up of TLS, given up.
fn lenient() -> TlsSettings {
    TlsSettings {
        verification: Verification::Skip,
        accept_missing_alpn: true,
        ..TlsSettings::default()
    }
}

#[tokio::test]
async fn alerts_of_the_handshake_are_told_by_what_they_mean() {
    type Case = (&'static str, &'static [u8], fn(&ConnectError) -> bool);
    let cases: [Case; 5] = [
        (
            "protocol_version",
            b"\x15\x03\x03\0\x02\x02\x46",
            |error| matches!(error, ConnectError::Tls { reason } if reason.contains("1.1 or older")),
        ),
        (
            "handshake_failure",
            b"\x15\x03\x03\0\x02\x02\x28",
            |error| matches!(error, ConnectError::TlsAlert { alert } if alert == "handshake_failure"),
        ),
        (
            "unrecognized_name",
            b"\x15\x03\x03\0\x02\x02\x70",
            |error| matches!(error, ConnectError::TlsAlert { alert } if alert == "unrecognized_name"),
        ),
        (
            "no_application_protocol",
            b"\x15\x03\x03\0\x02\x02\x78",
            |error| matches!(error, ConnectError::NoAlpn { chose_other: true }),
        ),
        (
            "unknown",
            b"\x15\x03\x03\0\x02\x02\xc8",
            |error| matches!(error, ConnectError::TlsAlert { alert } if alert == "number 200"),
        ),
    ];
    for (name, alert, fits) in cases {
        let mut endpoint = answering_bytes(alert).await;
        endpoint.transport = Transport::Tls;
        endpoint.tls.verification = Verification::Skip;
        let error = Channel::connect(&endpoint).await.unwrap_err();
        assert!(fits(&error), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn a_handshake_without_an_answer_ends_with_its_limit() {
    let mut endpoint = listen(|mut socket| async move {
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    endpoint.transport = Transport::Tls;
    endpoint.tls.verification = Verification::Skip;
    let error = Channel::connect_with(&endpoint, &short(), &ProxyEnvironment::default())
        .await
        .unwrap_err();
    let ConnectError::TimedOut { phase, limit } = error else {
        panic!("{error:?}");
    };
    assert_eq!((phase, limit), (Phase::Tls, Duration::from_millis(50)));
}

#[cfg(unix)]
#[tokio::test]
async fn the_secrets_of_a_session_are_written_where_asked_for_and_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let pair = self_signed(&params(&["127.0.0.1"], false));
    let files = Files::new();
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.tls.verification = Verification::Skip;
    let path = files.0.path().join("keys.log");
    endpoint.tls.key_log = Some(path.clone());
    let channel = Channel::connect(&endpoint).await.unwrap();
    assert!(channel.info().tls.as_ref().unwrap().key_logged);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("CLIENT_TRAFFIC_SECRET_0 "), "{text}");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_is_neither_read_nor_written() {
    let pair = self_signed(&params(&["127.0.0.1"], false));
    let mut endpoint = Tls::new(&pair).serve().await;
    let device = || Some(PathBuf::from("/dev/zero"));
    for (name, settings) in [
        (
            "CA",
            TlsSettings {
                ca_cert: device(),
                ..TlsSettings::default()
            },
        ),
        (
            "client",
            TlsSettings {
                client_cert: device(),
                ..TlsSettings::default()
            },
        ),
        (
            "key log",
            TlsSettings {
                key_log: device(),
                ..lenient()
            },
        ),
        (
            "PKCS#12",
            TlsSettings {
                client_pkcs12: Some(Pkcs12 {
                    file: "/dev/zero".into(),
                    password: String::new(),
                }),
                ..TlsSettings::default()
            },
        ),
    ] {
        endpoint.tls = settings;
        let error = Channel::connect(&endpoint).await.unwrap_err();
        let file = matches!(&error, ConnectError::TlsFile { file, .. } if file.ends_with("zero"));
        assert!(file, "{name}: {error:?}");
    }
}
