//! TLS for a target: roots, client certificate, verification, and errors in a person's terms.
//!
//! Full verification trusts the system's roots and the target's CA file. A server whose own
//! self-signed certificate *is* in that file is accepted too, as OpenSSL and Go do: rustls alone
//! says `CaUsedAsEndEntity`. Name and dates are checked in either case.
//! Everything here that builds a configuration reads files and blocks.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{Arc, OnceLock},
};

use tokio_rustls::rustls::{
    self, AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

use super::{CertificateProblem, ConnectError, TlsSettings, Verification};

/// A bundle of every public root is about 250 KB.
const MAX_PEM_BYTES: u64 = 16 * 1024 * 1024;

/// Reads the files and makes the configuration. Blocks.
pub(crate) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match settings.verification {
        Verification::Full => Arc::new(full_verifier(settings, &provider)?),
        // Pinning replaces this.
        Verification::Pinned(_) | Verification::Skip => Arc::new(AcceptAll {
            schemes: provider
                .signature_verification_algorithms
                .supported_schemes(),
        }),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| connect_error(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match client_identity(settings)? {
        None => builder.with_no_client_auth(),
        Some((file, chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| file_error(file, error))?,
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The name to check and to send as SNI.
pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>, ConnectError> {
    ServerName::try_from(name.to_owned()).map_err(|_| ConnectError::Tls {
        reason: format!("`{name}` is not a name a certificate can carry"),
    })
}

/// Puts an error of the handshake into the words of [`ConnectError`].
pub(crate) fn connect_error(error: &rustls::Error) -> ConnectError {
    match error {
        rustls::Error::InvalidCertificate(reason) => ConnectError::Certificate {
            reason: reason.to_string(),
            problem: CertificateProblem::Other,
            certificate: None,
        },
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        | rustls::Error::NoApplicationProtocol => ConnectError::NoAlpn,
        other => ConnectError::Tls {
            reason: other.to_string(),
        },
    }
}

/// The rustls error inside an I/O error, if that is what it is.
pub(crate) fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn full_verifier(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
) -> Result<TrustRoots, ConnectError> {
    let mut roots = RootCertStore::clone(system_roots());
    let mut own = Vec::new();
    if let Some(file) = &settings.ca_cert {
        own = read_certificates(file)?;
        for certificate in &own {
            roots
                .add(certificate.clone())
                .map_err(|error| file_error(file, error))?;
        }
    }
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| ConnectError::Certificate {
            reason: format!("this system has no root certificates ({error})"),
            problem: CertificateProblem::Other,
            certificate: None,
        })?;
    Ok(TrustRoots { chains, own })
}

/// The system's roots, read once: it takes some ten milliseconds.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a system root certificate was not read");
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        roots
    })
}

type Identity<'a> = (
    &'a Path,
    Vec<CertificateDer<'static>>,
    PrivateKeyDer<'static>,
);

fn client_identity(settings: &TlsSettings) -> Result<Option<Identity<'_>>, ConnectError> {
    let certificate = match (&settings.client_cert, &settings.client_key) {
        (None, None) => return Ok(None),
        (Some(certificate), _) => certificate,
        (None, Some(key)) => {
            return Err(file_error(
                key,
                "a client key is of no use without a client certificate",
            ));
        }
    };
    let chain = read_certificates(certificate)?;
    // Some tools write both into one file.
    let key_file = settings.client_key.as_ref().unwrap_or(certificate);
    let key = PrivateKeyDer::from_pem_slice(&read_limited(key_file)?)
        .map_err(|error| file_error(key_file, error))?;
    Ok(Some((certificate, chain, key)))
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&read_limited(file)?)
        .collect::<Result<_, _>>()
        .map_err(|error| file_error(file, error))?;
    if certificates.is_empty() {
        return Err(file_error(file, "it holds no PEM certificate"));
    }
    Ok(certificates)
}

fn read_limited(file: &Path) -> Result<Vec<u8>, ConnectError> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MAX_PEM_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| file_error(file, error))?;
    if bytes.len() as u64 > MAX_PEM_BYTES {
        return Err(file_error(file, "it is too large for a PEM file"));
    }
    Ok(bytes)
}

fn file_error(
    file: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ConnectError {
    ConnectError::TlsFile {
        file: file.to_owned(),
        source: source.into(),
    }
}

/// Chains to a root, or the very certificate that the person put into the CA file.
#[derive(Debug)]
struct TrustRoots {
    chains: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for TrustRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let result = self.chains.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match result {
            // webpki looks at the dates first, so here they are in order; `Other` is how rustls
            // passes on CaUsedAsEndEntity.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer,
            )) if self.own.iter().any(|own| own == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// [`Verification::Skip`]: checks nothing, so that any certificate at all can be called.
#[derive(Debug)]
struct AcceptAll {
    schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for AcceptAll {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
