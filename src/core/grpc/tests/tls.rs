//! TLS: whose certificate is accepted, whose is not, and in which words.

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
        version,
    },
};

use super::{
    client::{call, head},
    connect::{answering_bytes, short},
    server::{Call, h2_connection, listen, ok, serve},
};
use crate::grpc::{
    Channel, Code, ConnectError, Endpoint, Fingerprint, Pkcs12, ProxyEnvironment, Transport,
    Verification,
};

static TLS12: &[&SupportedProtocolVersion] = &[&version::TLS12];
static TLS13: &[&SupportedProtocolVersion] = &[&version::TLS13];
const NO_ALPN: &[&[u8]] = &[];
const HTTP1_ALPN: &[&[u8]] = &[b"http/1.1"];

/// A certificate and its key, in PEM.
#[derive(Clone)]
struct Pair {
    certificate: String,
    key: String,
}

fn params(names: &[&str], authority: bool) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    if authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

fn self_signed(params: &CertificateParams) -> Pair {
    let key = KeyPair::generate().unwrap();
    Pair {
        certificate: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// A root, and a certificate for these names signed by it.
fn signed(names: &[&str]) -> (Pair, Pair) {
    let authority = params(&["Test root"], true);
    let authority_key = KeyPair::generate().unwrap();
    let root = Pair {
        certificate: authority.self_signed(&authority_key).unwrap().pem(),
        key: authority_key.serialize_pem(),
    };
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let certificate = params(names, false).signed_by(&key, &issuer).unwrap();
    let leaf = Pair {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    };
    (root, leaf)
}

/// How the server under test does TLS.
struct Tls {
    pair: Pair,
    alpn: &'static [&'static [u8]],
    client_root: Option<Pair>,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Tls {
    fn new(pair: &Pair) -> Self {
        Self {
            pair: pair.clone(),
            alpn: &[b"h2"],
            client_root: None,
            versions: TLS13,
        }
    }

    /// Serves calls that end with OK.
    async fn serve(self) -> Endpoint {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = match &self.client_root {
            None => builder.with_no_client_auth(),
            Some(root) => {
                let mut roots = RootCertStore::empty();
                let der = CertificateDer::from_pem_slice(root.certificate.as_bytes()).unwrap();
                roots.add(der).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let chain = vec![CertificateDer::from_pem_slice(self.pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.pair.key.as_bytes()).unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut endpoint = listen(move |socket| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(socket).await {
                    let builder = h2::server::Builder::new();
                    h2_connection(stream, builder, |mut call: Call| async move {
                        call.accept().send_trailers(ok()).unwrap();
                    })
                    .await;
                }
            }
        })
        .await;
        endpoint.transport = Transport::Tls;
        endpoint
    }
}

/// PEM files that last as long as this.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, pem: &str) -> Option<PathBuf> {
        let path = self.0.path().join(name);
        fs::write(&path, pem).unwrap();
        Some(path)
    }
}

/// The reason a certificate was not accepted.
async fn refused(endpoint: &Endpoint) -> String {
    match Channel::connect(endpoint).await.unwrap_err() {
        ConnectError::Certificate { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_signed_by_the_ca_file_is_called() {
    let files = Files::new();
    let (root, leaf) = signed(&["127.0.0.1", "other.example"]);
    let mut endpoint = Tls::new(&leaf).serve().await;
    let untrusted = refused(&endpoint).await;
    assert!(
        untrusted.contains("nobody this system trusts"),
        "{untrusted}"
    );

    endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
    let outcome = call(&endpoint, head(), &[]).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
    let channel = Channel::connect(&endpoint).await.unwrap();
    let tls = channel.info().tls.clone().unwrap();
    assert!(tls.to_string().starts_with("TLSv1.3 TLS13_AES_"), "{tls}");
    assert!(!channel.info().is_unverified());

    endpoint.tls.server_name = Some("other.example".into());
    Channel::connect(&endpoint).await.unwrap();
    endpoint.tls.server_name = Some("wrong.example".into());
    let wrong = refused(&endpoint).await;
    assert!(
        wrong.contains("wrong.example") && wrong.contains("other.example"),
        "{wrong}"
    );
}

#[tokio::test]
async fn a_self_signed_certificate_is_its_own_ca_file() {
    let files = Files::new();
    for authority in [false, true] {
        let pair = self_signed(&params(&["127.0.0.1"], authority));
        let mut endpoint = Tls::new(&pair).serve().await;
        refused(&endpoint).await;
        endpoint.tls.ca_cert = files.put("self.pem", &pair.certificate);
        Channel::connect(&endpoint).await.unwrap();

        // The name still counts …
        endpoint.tls.server_name = Some("wrong.example".into());
        let wrong = refused(&endpoint).await;
        assert!(wrong.contains("wrong.example"), "{wrong}");

        // … and so does the very certificate: another of the same names is none.
        endpoint.tls.server_name = None;
        let other = self_signed(&params(&["127.0.0.1"], authority));
        endpoint.tls.ca_cert = files.put("other.pem", &other.certificate);
        refused(&endpoint).await;

        // … and so do the dates.
        let mut expired = params(&["127.0.0.1"], authority);
        expired.not_after = date_time_ymd(2001, 1, 1);
        let pair = self_signed(&expired);
        let mut endpoint = Tls::new(&pair).serve().await;
        endpoint.tls.ca_cert = files.put("expired.pem", &pair.certificate);
        let reason = refused(&endpoint).await;
        assert!(reason.contains("expired"), "{reason}");
    }
}

#[tokio::test]
async fn skip_verify_accepts_anything_and_says_so() {
    let mut expired = params(&["wrong.example"], false);
    expired.not_after = date_time_ymd(2001, 1, 1);
    for versions in [TLS12, TLS13] {
        let mut server = Tls::new(&self_signed(&expired));
        server.versions = versions;
        let mut endpoint = server.serve().await;
        refused(&endpoint).await;
        endpoint.tls.verification = Verification::Skip;
        let channel = Channel::connect(&endpoint).await.unwrap();
        assert!(channel.info().is_unverified());
    }
}

#[tokio::test]
async fn a_client_certificate_is_sent_where_asked_for() {
    let files = Files::new();
    let (root, leaf) = signed(&["127.0.0.1"]);
    let (client_root, client) = signed(&["me"]);
    for versions in [TLS12, TLS13] {
        let mut server = Tls::new(&leaf);
        server.client_root = Some(client_root.clone());
        server.versions = versions;
        let mut endpoint = server.serve().await;
        endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
        match Channel::connect(&endpoint).await.unwrap_err() {
            ConnectError::TlsAlert { about_client, .. } => assert!(about_client),
            other => panic!("{other:?}"),
        }

        endpoint.tls.client_cert = files.put("me.pem", &client.certificate);
        endpoint.tls.client_key = files.put("me.key", &client.key);
        let outcome = call(&endpoint, head(), &[]).await.outcome;
        assert_eq!(outcome.status.code, Code::OK);

        endpoint.tls.client_cert =
            files.put("both.pem", &format!("{}{}", client.key, client.certificate));
        endpoint.tls.client_key = None;
        Channel::connect(&endpoint).await.unwrap();
    }
}

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
            ConnectError::TlsFile { file, .. } => assert_eq!(Some(file), *named, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// The fingerprint of the first certificate of a PEM text.
fn fingerprint(pem: &str) -> Fingerprint {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let digest = ::ring::digest::digest(&::ring::digest::SHA256, &der);
    Fingerprint(digest.as_ref().try_into().unwrap())
}

#[tokio::test]
async fn a_pinned_certificate_is_trusted_for_its_name_and_its_time() {
    for versions in [TLS12, TLS13] {
        let (_, leaf) = signed(&["127.0.0.1"]);
        let mut server = Tls::new(&leaf);
        server.versions = versions;
        let mut endpoint = server.serve().await;
        let ConnectError::Certificate { certificate, .. } =
            Channel::connect(&endpoint).await.unwrap_err()
        else {
            panic!("an unknown root");
        };
        let shown = certificate.unwrap();
        assert_eq!(shown.fingerprint, fingerprint(&leaf.certificate));
        assert_eq!(shown.names, ["127.0.0.1"]);
        endpoint.tls.verification = Verification::Pinned(shown.fingerprint);
        let channel = Channel::connect(&endpoint).await.unwrap();
        assert!(!channel.info().is_unverified());
        let outcome = call(&endpoint, head(), &[]).await.outcome;
        assert_eq!(outcome.status.code, Code::OK);

        endpoint.tls.server_name = Some("wrong.example".into());
        assert!(refused(&endpoint).await.contains("wrong.example"));
        endpoint.tls.server_name = None;
        endpoint.tls.verification = Verification::Pinned(Fingerprint([7; 32]));
        assert!(refused(&endpoint).await.contains("another one"));
    }
    let mut expired = params(&["127.0.0.1"], false);
    expired.not_after = date_time_ymd(2001, 1, 1);
    let pair = self_signed(&expired);
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.tls.verification = Verification::Pinned(fingerprint(&pair.certificate));
    let reason = refused(&endpoint).await;
    assert!(
        reason.contains("expired on 2001-01-01T00:00:00Z"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_pinned_certificate_may_carry_its_name_as_common_name_only() {
    let mut old = CertificateParams::new(Vec::<String>::new()).unwrap();
    old.distinguished_name
        .push(rcgen::DnType::CommonName, "old.example");
    let pair = self_signed(&old);
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.tls.verification = Verification::Pinned(fingerprint(&pair.certificate));
    assert!(refused(&endpoint).await.contains("no names at all"));
    endpoint.tls.server_name = Some("Old.Example".into());
    Channel::connect(&endpoint).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_comes_from_a_pkcs12_file_too() {
    let (root, leaf) = signed(&["127.0.0.1"]);
    let files = Files::new();
    let mut server = Tls::new(&leaf);
    server.client_root = Some(Pair {
        certificate: include_str!("fixtures/client-ca.pem").to_owned(),
        key: String::new(),
    });
    let mut endpoint = server.serve().await;
    endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
    for (name, bytes, password) in [
        (
            "modern",
            &include_bytes!("fixtures/client-modern.p12")[..],
            "secret",
        ),
        (
            "legacy",
            &include_bytes!("fixtures/client-legacy.p12")[..],
            "secret",
        ),
        ("open", &include_bytes!("fixtures/client-open.p12")[..], ""),
    ] {
        let file = files.0.path().join(format!("{name}.p12"));
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
async fn a_device_is_not_read_for_a_certificate() {
    let pair = self_signed(&params(&["127.0.0.1"], false));
    let mut endpoint = Tls::new(&pair).serve().await;
    endpoint.tls.ca_cert = Some("/dev/zero".into());
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(matches!(error, ConnectError::TlsFile { .. }), "{error:?}");
}
