//! TLS against real servers: whose certificate is accepted, whose is not, and in which words.

mod client;
mod timeline;
mod trust;
mod wire;

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
        sign::{CertifiedKey, SingleCertAndKey},
        version,
    },
};

use super::server::{Call, h2_connection, listen, ok};
use crate::grpc::{
    CertificateProblem, Channel, ConnectError, Endpoint, Fingerprint, ServerCertificate, Transport,
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
    /// PEM of the authority whose clients are let in; others are refused.
    client_root: Option<String>,
    /// Clients without a certificate get through the handshake, and are cut off after it.
    cut_off: bool,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Tls {
    fn new(pair: &Pair) -> Self {
        Self {
            pair: pair.clone(),
            alpn: &[b"h2"],
            client_root: None,
            cut_off: false,
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
                let der = CertificateDer::from_pem_slice(root.as_bytes()).unwrap();
                roots.add(der).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
                let verifier = if self.cut_off {
                    verifier.allow_unauthenticated()
                } else {
                    verifier
                };
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![CertificateDer::from_pem_slice(self.pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.pair.key.as_bytes()).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        // Not `with_single_cert`, which reads the certificate and wants its very key.
        let pair = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let mut config = builder.with_cert_resolver(Arc::new(pair));
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let cut_off = self.cut_off;
        let mut endpoint = listen(move |socket| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(socket).await {
                    if cut_off && stream.get_ref().1.peer_certificates().is_none() {
                        return;
                    }
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

/// The fingerprint of the first certificate of a PEM text.
fn fingerprint(pem: &str) -> Fingerprint {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let digest = ::ring::digest::digest(&::ring::digest::SHA256, &der);
    Fingerprint(digest.as_ref().try_into().unwrap())
}
/// The reason a certificate was not accepted.
async fn refused(endpoint: &Endpoint) -> String {
    match Channel::connect(endpoint).await.unwrap_err() {
        ConnectError::Certificate { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

/// What was wrong with a certificate, all of it.
async fn certificate_error(
    endpoint: &Endpoint,
) -> (String, CertificateProblem, Option<Box<ServerCertificate>>) {
    match Channel::connect(endpoint).await.unwrap_err() {
        ConnectError::Certificate {
            reason,
            problem,
            certificate,
        } => (reason, problem, certificate),
        other => panic!("{other:?}"),
    }
}
