//! TLS that is not there, breaks off, chooses another protocol, or works until something behind it fails.
//!
//! Whose certificates are accepted is tested beside the client; here nothing is checked, so that what
//! comes after the handshake is reached.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use stubless_core::grpc::Code;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::{
    scenario::{Again, Scenario, Tls, answering},
    wire::{data, good, head, message, settings},
};

const H2: Tls = Tls::Both(&[b"h2"]);

const SILENCE_MILLIS: u64 = 300;

/// TLS of a server with a certificate made for the occasion.
pub(super) fn acceptor(protocols: &[&[u8]]) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = no_tls();
    all.extend(broken_handshakes());
    all.extend(after_the_handshake());
    all
}

/// A port that answers the client's hello with these bytes and says nothing more.
fn answering_hello(name: &'static str, bytes: &'static [u8]) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        peer.begun().await;
        peer.send(bytes).await?;
        peer.gone().await
    })
    .tls(Tls::Client)
}

fn no_tls() -> Vec<Scenario> {
    let not = &["does not speak TLS", "Turn TLS off"][..];
    vec![
        answering_hello(
            "TLS to a web server",
            b"HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP only\n",
        )
        .ends(Code::UNAVAILABLE, not),
        answering_hello("TLS to plaintext HTTP/2", settings(&[]).leak())
            .ends(Code::UNAVAILABLE, not),
        answering_hello("TLS to SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n").ends(Code::UNAVAILABLE, not),
        answering_hello("TLS to junk", &[0xee; 300]).ends(Code::UNAVAILABLE, not),
        answering_hello("TLS to silence", b"")
            .connect_limit(SILENCE_MILLIS)
            .ends(
                Code::UNAVAILABLE,
                &[
                    "the TLS handshake took longer than 300ms",
                    "may not speak TLS",
                ],
            ),
        Scenario::new("TLS to a port that closes", |peer| async move {
            peer.begun().await;
            None
        })
        .tls(Tls::Client)
        .ends(Code::UNAVAILABLE, &["closed the connection"]),
        Scenario::new("TLS to a port that resets", |peer| async move {
            peer.begun().await;
            peer.abort()
        })
        .tls(Tls::Client)
        .ends(Code::UNAVAILABLE, &["closed the connection"]),
    ]
}

fn broken_handshakes() -> Vec<Scenario> {
    let alert = |name, bytes, words| answering_hello(name, bytes).ends(Code::UNAVAILABLE, words);
    vec![
        alert(
            "alert handshake_failure",
            b"\x15\x03\x03\x00\x02\x02\x28",
            &["handshake_failure"],
        ),
        alert(
            "alert protocol_version",
            b"\x15\x03\x03\x00\x02\x02\x46",
            &["only versions of TLS that are given up"],
        ),
        alert(
            "alert internal_error",
            b"\x15\x03\x03\x00\x02\x02\x50",
            &["internal_error"],
        ),
        alert(
            "alert unrecognized_name",
            b"\x15\x03\x03\x00\x02\x02\x70",
            &["unrecognized_name"],
        ),
        alert(
            "alert nobody knows",
            b"\x15\x03\x03\x00\x02\x02\xfe",
            &["refused with the alert number 254"],
        ),
        Scenario::new("close_notify in place of a hello", |mut peer| async move {
            peer.begun().await;
            peer.send(b"\x15\x03\x03\x00\x02\x01\x00").await
        })
        .tls(Tls::Client)
        .ends(Code::UNAVAILABLE, &["closed the connection"]),
        answering_hello(
            "close_notify, then nothing",
            b"\x15\x03\x03\x00\x02\x01\x00",
        )
        .connect_limit(SILENCE_MILLIS)
        .ends(
            Code::UNAVAILABLE,
            &["the TLS handshake took longer than 300ms"],
        ),
        alert(
            "a hello that is none",
            b"\x16\x03\x03\x00\x05hello",
            &["began as TLS does and went on with something that is none"],
        ),
        alert(
            "a record too large",
            b"\x16\x03\x03\xff\xff\x02\x00\x00\x00",
            &["began as TLS does and went on with something that is none"],
        ),
        answering_hello(
            "half a record, then nothing",
            b"\x16\x03\x03\x10\x00\x02\x00",
        )
        .connect_limit(SILENCE_MILLIS)
        .ends(
            Code::UNAVAILABLE,
            &["the TLS handshake took longer than 300ms"],
        ),
        Scenario::new("half a record, then closed", |mut peer| async move {
            peer.begun().await;
            peer.send(b"\x16\x03\x03\x10\x00\x02\x00").await
        })
        .tls(Tls::Client)
        .ends(Code::UNAVAILABLE, &["closed the connection"]),
        Scenario::new("no ALPN", |mut peer| async move { peer.be_good().await })
            .tls(Tls::Both(&[]))
            .ends(Code::UNAVAILABLE, &["chose no protocol at all (ALPN)"]),
        Scenario::new("ALPN for HTTP/1.1 alone", |mut peer| async move {
            peer.be_good().await
        })
        .tls(Tls::Both(&[b"http/1.1"]))
        .ends(
            Code::UNAVAILABLE,
            &["the server wants another protocol than `h2` (ALPN)"],
        ),
    ]
}

fn after_the_handshake() -> Vec<Scenario> {
    let lost = &["The connection to", "broke", "is not known"][..];
    vec![
        answering("good TLS", good).tls(H2).answers(1),
        Scenario::new("TLS, then closed without a farewell", |peer| async move {
            drop(peer);
            None
        })
        .tls(H2)
        .ends(Code::UNAVAILABLE, &["closed the connection", "TLS works"]),
        Scenario::new("TLS, then closed with a farewell", |peer| async move {
            peer.farewell().await
        })
        .tls(H2)
        .ends(Code::UNAVAILABLE, &["closed the connection", "TLS works"]),
        Scenario::new("TLS, then HTTP/1.1", |mut peer| async move {
            peer.send(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
                .await?;
            peer.gone().await
        })
        .tls(H2)
        .ends(Code::UNAVAILABLE, &["speaks HTTP/1.1"]),
        Scenario::new(
            "TLS, then nothing",
            |mut peer| async move { peer.gone().await },
        )
        .tls(H2)
        .connect_limit(5 * SILENCE_MILLIS)
        .ends(
            Code::UNAVAILABLE,
            &["waiting for the server to speak HTTP/2 took longer than 1.5s"],
        ),
        Scenario::new(
            "TLS that ends in mid answer without a farewell",
            |mut peer| async move {
                if peer.number > 0 {
                    return peer.be_good().await;
                }
                peer.greet(&[]).await?;
                let stream = peer.request().await?;
                peer.send([head(stream), data(stream, &message(b"one"))].concat())
                    .await
            },
        )
        .tls(H2)
        .answers(1)
        .ends(Code::UNAVAILABLE, lost)
        .again(Again::NewConnection),
        Scenario::new(
            "TLS that ends in mid answer with a farewell",
            |mut peer| async move {
                if peer.number > 0 {
                    return peer.be_good().await;
                }
                peer.greet(&[]).await?;
                let stream = peer.request().await?;
                peer.send([head(stream), data(stream, &message(b"one"))].concat())
                    .await?;
                peer.farewell().await
            },
        )
        .tls(H2)
        .answers(1)
        .ends(Code::UNAVAILABLE, &["the server closed the connection"])
        .again(Again::NewConnection),
        Scenario::new("a flood under TLS", |mut peer| async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            peer.send(head(stream)).await?;
            let empty = data(stream, &[]).repeat(1000);
            peer.flood(&empty, 10_000).await
        })
        .tls(H2)
        .ends(Code::INTERNAL, &["more than 100 DATA frames without data"])
        .again(Again::NewConnection),
    ]
}
