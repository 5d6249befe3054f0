//! What the client shows of itself: PEM, DER and PKCS#12, missing and refused.

use super::*;
use crate::grpc::{
    ClientAuth, Code, FileWants, Pkcs12, Verification,
    tests::client::{call, head},
};

/// The authority that signed the client certificates among the fixtures.
const CLIENT_CA: &str = include_str!("../fixtures/client-ca.pem");

#[tokio::test]
async fn a_client_certificate_is_sent_where_asked_for() {
    let files = Files::new();
    let (root, leaf) = signed(&["127.0.0.1"]);
    let (client_root, client) = signed(&["me"]);
    for versions in [TLS12, TLS13] {
        let mut server = Tls::new(&leaf);
        server.client_root = Some(client_root.certificate.clone());
        server.versions = versions;
        let mut endpoint = server.serve().await;
        endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::ClientCertificate {
                alert,
                sent,
                issuers,
            } => {
                assert!(alert.is_some() && !sent);
                assert!(
                    issuers.iter().all(|name| name.contains("CN=")),
                    "{issuers:?}"
                );
                assert_eq!(issuers.len(), 1);
            }
            other => panic!("{other:?}"),
        }

        endpoint.tls.client_cert = files.put("me.pem", &client.certificate);
        endpoint.tls.client_key = files.put("me.key", &client.key);
        let outcome = call(&endpoint, head(), &[]).await.outcome;
        assert_eq!(outcome.status.code, Code::OK);

        endpoint.tls.client_cert =
            files.put("both.pem", &format!("{}{}", client.key, client.certificate));
        endpoint.tls.client_key = None;
        let channel = Channel::connect(&endpoint).await.unwrap();
        let info = channel.info().tls.as_ref().unwrap();
        assert!(matches!(info.client, ClientAuth::Sent(_)), "{info:?}");
    }
}

#[tokio::test]
async fn a_tls_file_that_cannot_be_used_is_named() {
    let files = Files::new();
    let pair = self_signed(&params(&["127.0.0.1"], false));
    let other = self_signed(&params(&["127.0.0.1"], false));
    let endpoint = Tls::new(&pair).serve().await;
    let certificate = files.put("cert.pem", &pair.certificate);
    let none = Some(files.0.path().join("none.pem"));
    let empty = files.put("empty.pem", "nothing here\n");
    let broken = files.put(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let wrong_key = files.put("wrong.key", &other.key);
    let cases = [
        ("no such file", none.clone(), None, None, &none),
        ("no certificate inside", empty.clone(), None, None, &empty),
        ("not a certificate", broken.clone(), None, None, &broken),
        (
            "no key inside",
            None,
            certificate.clone(),
            None,
            &certificate,
        ),
        ("key alone", None, None, wrong_key.clone(), &wrong_key),
        (
            "key of another",
            None,
            certificate.clone(),
            wrong_key.clone(),
            &certificate,
        ),
    ];
    for (name, ca_cert, client_cert, client_key, named) in cases {
        let mut endpoint = endpoint.clone();
        endpoint.tls.ca_cert = ca_cert;
        endpoint.tls.client_cert = client_cert;
        endpoint.tls.client_key = client_key;
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::TlsFile { file, wants, .. } => {
                assert_eq!(Some(file), *named, "{name}");
                let expected = match name {
                    "no key inside" => FileWants::ClientKey,
                    "key alone" => FileWants::ClientCertificate,
                    _ => FileWants::Other,
                };
                assert_eq!(wants, expected, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_certificate_comes_from_a_pkcs12_file_too() {
    let (root, leaf) = signed(&["127.0.0.1"]);
    let files = Files::new();
    let mut server = Tls::new(&leaf);
    server.client_root = Some(CLIENT_CA.to_owned());
    let mut endpoint = server.serve().await;
    endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
    for (name, bytes, password) in [
        (
            "modern",
            &include_bytes!("../fixtures/client-modern.p12")[..],
            "secret",
        ),
        (
            "legacy",
            include_bytes!("../fixtures/client-legacy.p12"),
            "secret",
        ),
        ("open", include_bytes!("../fixtures/client-open.p12"), ""),
        (
            "no check of the password",
            include_bytes!("../fixtures/client-nomac.p12"),
            "secret",
        ),
    ] {
        let file = files.0.path().join("me.p12");
        fs::write(&file, bytes).unwrap();
        endpoint.tls.client_pkcs12 = Some(Pkcs12 {
            file: file.clone(),
            password: password.to_owned(),
        });
        let outcome = call(&endpoint, head(), &[]).await.outcome;
        assert_eq!(outcome.status.code, Code::OK, "{name}: {outcome:?}");

        endpoint.tls.client_pkcs12 = Some(Pkcs12 {
            file: file.clone(),
            password: "wrong".to_owned(),
        });
        let ConnectError::TlsFile {
            file: named,
            wants: FileWants::OtherPassword,
            source,
        } = Channel::connect(&endpoint).await.unwrap_err()
        else {
            panic!("{name}: a wrong password");
        };
        assert_eq!(
            (named, source.to_string()),
            (file, "the password is wrong".to_owned())
        );
    }
}

/// A server that anybody may check by skipping it, and that lets the fixtures' clients in.
async fn for_fixtures() -> Endpoint {
    let mut server = Tls::new(&self_signed(&params(&["127.0.0.1"], false)));
    server.client_root = Some(CLIENT_CA.to_owned());
    let mut endpoint = server.serve().await;
    endpoint.tls.verification = Verification::Skip;
    endpoint
}

#[tokio::test]
async fn keys_of_every_form_are_read() {
    const EC: &str = include_str!("../fixtures/client-ec.pem");
    const RSA: &str = include_str!("../fixtures/client-rsa.pem");
    const ED: &str = include_str!("../fixtures/client-ed25519.pem");
    let files = Files::new();
    let mut endpoint = for_fixtures().await;
    for (name, certificate, key) in [
        (
            "RSA, PKCS#1",
            RSA,
            include_str!("../fixtures/client-rsa-pkcs1.key"),
        ),
        (
            "RSA, PKCS#8",
            RSA,
            include_str!("../fixtures/client-rsa-pkcs8.key"),
        ),
        (
            "EC, SEC1 with its parameters in front",
            EC,
            include_str!("../fixtures/client-ec-sec1.key"),
        ),
        (
            "EC, PKCS#8",
            EC,
            include_str!("../fixtures/client-ec-pkcs8.key"),
        ),
        (
            "Ed25519",
            ED,
            include_str!("../fixtures/client-ed25519-pkcs8.key"),
        ),
    ] {
        endpoint.tls.client_cert = files.put("me.pem", certificate);
        endpoint.tls.client_key = files.put("me.key", key);
        let outcome = call(&endpoint, head(), &[]).await.outcome;
        assert_eq!(outcome.status.code, Code::OK, "{name}: {outcome:?}");
    }
    let der = files.0.path().join("me.der");
    fs::write(&der, include_bytes!("../fixtures/client-ec.der")).unwrap();
    endpoint.tls.client_cert = Some(der);
    endpoint.tls.client_key = files.put("me.key", include_str!("../fixtures/client-ec-pkcs8.key"));
    Channel::connect(&endpoint).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_of_no_use_says_why() {
    const EC: &str = include_str!("../fixtures/client-ec.pem");
    let encrypted = |head: &str| format!("-----BEGIN {head}-----\nAAAA\n-----END {head}-----\n");
    let rsa = include_str!("../fixtures/client-rsa-pkcs8.key").to_owned();
    let files = Files::new();
    let mut endpoint = for_fixtures().await;
    endpoint.tls.client_cert = files.put("me.pem", EC);
    for (name, key, words) in [
        (
            "encrypted",
            encrypted("ENCRYPTED PRIVATE KEY"),
            "openssl pkey",
        ),
        (
            "encrypted as OpenSSL did before",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n".to_owned(),
            "openssl pkey",
        ),
        ("no key", EC.to_owned(), "holds no PEM private key"),
        (
            "of another certificate",
            rsa,
            "not the one of the certificate",
        ),
        (
            "garbage",
            encrypted("PRIVATE KEY"),
            "of a kind that cannot be used",
        ),
        (
            "no base64",
            encrypted("PRIVATE KEY").replace("AAAA", "?"),
            "base64",
        ),
    ] {
        endpoint.tls.client_key = files.put("me.key", &key);
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::TlsFile { source, .. } => {
                assert!(source.to_string().contains(words), "{name}: {source}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_pkcs12_file_that_is_of_no_use_says_why() {
    let files = Files::new();
    let mut endpoint = for_fixtures().await;
    let whole = &include_bytes!("../fixtures/client-modern.p12")[..];
    for (name, bytes, password, words) in [
        ("no password given", whole, "", "none is given"),
        ("cut off", &whole[..600], "secret", "no PKCS#12 file"),
        ("PEM", CLIENT_CA.as_bytes(), "", "no PKCS#12 file"),
        ("empty", b"", "", "no PKCS#12 file"),
        (
            "certificates only",
            include_bytes!("../fixtures/client-keyless.p12"),
            "secret",
            "holds no encrypted key",
        ),
        (
            "checked by SHA-512",
            include_bytes!("../fixtures/client-sha512.p12"),
            "Schlüssel",
            "write it anew",
        ),
        (
            "a key that is not encrypted",
            include_bytes!("../fixtures/client-bare.p12"),
            "secret",
            "holds no encrypted key",
        ),
        (
            "a wrong password that nothing checks",
            include_bytes!("../fixtures/client-nomac.p12"),
            "wrong",
            "the password is wrong",
        ),
    ] {
        let file = files.0.path().join("me.p12");
        fs::write(&file, bytes).unwrap();
        endpoint.tls.client_pkcs12 = Some(Pkcs12 {
            file,
            password: password.to_owned(),
        });
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::TlsFile { source, wants, .. } => {
                assert!(source.to_string().contains(words), "{name}: {source}");
                let expected = match words {
                    "none is given" => FileWants::Password,
                    "the password is wrong" => FileWants::OtherPassword,
                    _ => FileWants::Other,
                };
                assert_eq!(wants, expected, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_certificate_that_the_server_does_not_take_is_called_refused() {
    let files = Files::new();
    let (_, stranger) = signed(&["me"]);
    for versions in [TLS12, TLS13] {
        let mut server = Tls::new(&self_signed(&params(&["127.0.0.1"], false)));
        server.client_root = Some(CLIENT_CA.to_owned());
        server.versions = versions;
        let mut endpoint = server.serve().await;
        endpoint.tls.verification = Verification::Skip;
        endpoint.tls.client_cert = files.put("me.pem", &stranger.certificate);
        endpoint.tls.client_key = files.put("me.key", &stranger.key);
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::ClientCertificate { sent, alert, .. } => assert!(sent, "{alert:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_asks_in_vain_and_closes_wants_a_certificate() {
    for versions in [TLS12, TLS13] {
        let mut server = Tls::new(&self_signed(&params(&["127.0.0.1"], false)));
        server.client_root = Some(CLIENT_CA.to_owned());
        server.versions = versions;
        server.cut_off = true;
        let mut endpoint = server.serve().await;
        endpoint.tls.verification = Verification::Skip;
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::ClientCertificate {
                sent,
                alert,
                issuers,
            } => {
                assert_eq!((sent, alert), (false, None));
                assert_eq!(issuers, ["CN=Fixture clients"]);
            }
            other => panic!("{other:?}"),
        }
    }
}
