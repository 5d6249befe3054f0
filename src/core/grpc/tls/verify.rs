//! How a server's certificate is checked: roots, one pinned certificate, or not at all.
//!
//! In every case the handshake's own signature is checked by rustls' code where anything is.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{
    certificate,
    identity::{file_error, read_certificates},
};
use crate::grpc::{
    CertificateProblem, ConnectError, Fingerprint, ServerCertificate, TlsSettings, Verification,
};

/// The certificate the server showed, kept for words about it.
pub(super) type Shown = Arc<Mutex<Option<CertificateDer<'static>>>>;

/// Makes the verifier for a target. Reads files, and blocks.
pub(super) fn verifier(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
    shown: Shown,
) -> Result<Arc<dyn ServerCertVerifier>, ConnectError> {
    let rule = match settings.verification {
        Verification::Full => Rule::Roots(trusted(settings, provider)?),
        Verification::Pinned(fingerprint) => Rule::Pinned(fingerprint),
        Verification::Skip => Rule::Nothing,
    };
    Ok(Arc::new(Verifier {
        rule,
        provider: provider.clone(),
        shown,
    }))
}

fn trusted(
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

#[derive(Debug)]
struct Verifier {
    rule: Rule,
    provider: Arc<CryptoProvider>,
    shown: Shown,
}

#[derive(Debug)]
enum Rule {
    /// Chain, name and dates.
    Roots(TrustRoots),
    /// This very certificate, name and dates.
    Pinned(Fingerprint),
    /// Nothing, so that any certificate at all can be called.
    Nothing,
}

/// Chains to a root, or the very certificate that the person put into the CA file.
#[derive(Debug)]
struct TrustRoots {
    chains: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(end_entity.clone().into_owned());
        match &self.rule {
            Rule::Nothing => Ok(ServerCertVerified::assertion()),
            Rule::Pinned(fingerprint) => {
                verify_pinned(end_entity, *fingerprint, server_name, now)?;
                Ok(ServerCertVerified::assertion())
            }
            Rule::Roots(roots) => {
                let result = roots.chains.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                match result {
                    // webpki looks at the dates first, so here they are in order; `Other` is how
                    // rustls passes on CaUsedAsEndEntity.
                    Err(rustls::Error::InvalidCertificate(
                        CertificateError::Other(_) | CertificateError::UnknownIssuer,
                    )) if roots.own.iter().any(|own| own == end_entity) => {
                        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                        Ok(ServerCertVerified::assertion())
                    }
                    other => other,
                }
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if matches!(self.rule, Rule::Nothing) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if matches!(self.rule, Rule::Nothing) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// The pinned certificate, its dates and its name. A certificate without alternative names, which no
/// verifier takes any more, may carry its name as the common name: who pins it has looked at it.
fn verify_pinned(
    end_entity: &CertificateDer<'_>,
    fingerprint: Fingerprint,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), rustls::Error> {
    if certificate::fingerprint(end_entity) != fingerprint {
        return Err(CertificateError::ApplicationVerificationFailure.into());
    }
    let (_, parsed) = X509Certificate::from_der(end_entity)
        .map_err(|_| rustls::Error::from(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < parsed.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > parsed.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    let named = verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name);
    let no_alternatives = matches!(parsed.subject_alternative_name(), Ok(None));
    if named.is_err() && no_alternatives {
        let expected = server_name.to_str();
        let common = parsed.subject().iter_common_name();
        let mut names = common.filter_map(|name| name.as_str().ok());
        if names.any(|name| name.eq_ignore_ascii_case(&expected)) {
            return Ok(());
        }
    }
    named
}

/// What is wrong with a certificate, and the certificate.
pub(super) fn refused(
    error: &CertificateError,
    expected: &str,
    shown: Option<&CertificateDer<'_>>,
) -> ConnectError {
    use CertificateError as E;
    let certificate = shown.map(certificate::read);
    let self_signed = shown.is_some_and(certificate::signed_itself);
    let problem = match error {
        E::UnknownIssuer | E::Other(_) if self_signed => CertificateProblem::SelfSigned,
        E::UnknownIssuer => CertificateProblem::UnknownIssuer,
        E::NotValidForName | E::NotValidForNameContext { .. } => CertificateProblem::WrongName {
            expected: expected.to_owned(),
        },
        E::Expired | E::ExpiredContext { .. } => CertificateProblem::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => CertificateProblem::NotYetValid,
        E::Revoked => CertificateProblem::Revoked,
        E::ApplicationVerificationFailure => CertificateProblem::NotPinned,
        _ => CertificateProblem::Other,
    };
    let reason = words(&problem, certificate.as_ref(), error);
    ConnectError::Certificate {
        reason,
        problem,
        certificate: certificate.map(Box::new),
    }
}

fn words(
    problem: &CertificateProblem,
    certificate: Option<&ServerCertificate>,
    error: &CertificateError,
) -> String {
    let field = |read: fn(&ServerCertificate) -> &String| certificate.map(read);
    match problem {
        CertificateProblem::UnknownIssuer => match field(|c| &c.issuer) {
            Some(issuer) => format!("nobody this system trusts signed it (`{issuer}` did)"),
            None => "nobody this system trusts signed it".to_owned(),
        },
        CertificateProblem::SelfSigned => {
            "it signed itself, and nobody this system trusts vouches for it".to_owned()
        }
        CertificateProblem::WrongName { expected } => {
            let names = certificate.map(|c| c.names.join(", ")).unwrap_or_default();
            if names.is_empty() {
                format!("it is not for `{expected}`: it carries no names at all")
            } else {
                format!("it is not for `{expected}`; it is for {names}")
            }
        }
        CertificateProblem::Expired => match field(|c| &c.not_after) {
            Some(time) => format!("it expired on {time}"),
            None => "it expired".to_owned(),
        },
        CertificateProblem::NotYetValid => match field(|c| &c.not_before) {
            Some(time) => format!("it is valid from {time} only"),
            None => "it is not valid yet".to_owned(),
        },
        CertificateProblem::Revoked => "its signer revoked it".to_owned(),
        CertificateProblem::NotPinned => {
            "it is another one than the one that is trusted for this target".to_owned()
        }
        CertificateProblem::Other => match error {
            CertificateError::BadEncoding => "it cannot be read".to_owned(),
            CertificateError::BadSignature => "a signature in its chain is wrong".to_owned(),
            CertificateError::UnhandledCriticalExtension => {
                "it has a critical extension that is not known here".to_owned()
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "it is not for servers".to_owned()
            }
            other => other.to_string(),
        },
    }
}
