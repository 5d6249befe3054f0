//! How a server's certificate is checked: roots, one pinned certificate, or not at all.
//!
//! In every case but the last the handshake's own signature is checked too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{
    certificate,
    roots::{TrustRoots, trusted},
    signature,
};
use crate::grpc::{ConnectError, Fingerprint, TlsSettings, Verification};

/// What the server showed of itself, kept for words about it.
#[derive(Debug, Clone)]
pub(super) struct Presented {
    pub(super) certificate: CertificateDer<'static>,
    /// It came with others, which lead to its root.
    pub(super) with_chain: bool,
    /// Signer, name and dates were found good; what fails later is the handshake's signature.
    pub(super) accepted: bool,
}

/// Filled by the verifier once the server's certificate has come.
pub(super) type Shown = Arc<Mutex<Option<Presented>>>;

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

impl Verifier {
    fn shown(&self) -> MutexGuard<'_, Option<Presented>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        *self.shown() = Some(Presented {
            certificate: end_entity.clone().into_owned(),
            with_chain: !intermediates.is_empty(),
            accepted: false,
        });
        match &self.rule {
            Rule::Nothing => {}
            Rule::Pinned(fingerprint) => {
                if certificate::fingerprint(end_entity) != *fingerprint {
                    return Err(CertificateError::ApplicationVerificationFailure.into());
                }
                verify_itself(end_entity, server_name, now)?;
            }
            Rule::Roots(roots) if roots.own.iter().any(|own| own == end_entity) => {
                verify_itself(end_entity, server_name, now)?;
            }
            Rule::Roots(roots) => {
                roots.chains.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                )?;
            }
        }
        if let Some(shown) = &mut *self.shown() {
            shown.accepted = true;
        }
        Ok(ServerCertVerified::assertion())
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
        signature::verify_12(message, certificate, signature, algorithms)
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
        signature::verify_13(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Dates and name of a certificate that a person chose itself, whoever signed it.
///
/// One without alternative names, which no verifier takes any more, may carry its name as the common
/// name: the person has looked at it, and cannot mend the server. RFC 6125, section 6.4.4, allowed it.
fn verify_itself(
    end_entity: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), rustls::Error> {
    let (_, parsed) = X509Certificate::from_der(end_entity)
        .map_err(|_| rustls::Error::from(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < parsed.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > parsed.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    if let Some(name) = certificate::only_common_name(&parsed) {
        return if name.eq_ignore_ascii_case(&server_name.to_str()) {
            Ok(())
        } else {
            Err(CertificateError::NotValidForName.into())
        };
    }
    if certificate::is_nameless(&parsed) {
        return Err(CertificateError::NotValidForName.into());
    }
    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
}
