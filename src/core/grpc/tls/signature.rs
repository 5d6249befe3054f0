//! The signature over the handshake, for certificates that webpki does not read, too.
//!
//! webpki takes no certificate of X.509 version 1, which `openssl x509 -req` wrote for twenty years
//! unless told otherwise. Such a certificate is trusted only when a person pinned it; that the server
//! holds its key is then checked here. Spec: RFC 8446, section 4.4.3; RFC 5246, section 4.7.

use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct,
    client::danger::HandshakeSignatureValid,
    crypto::{
        WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{CertificateDer, SubjectPublicKeyInfoDer},
};
use x509_parser::{
    asn1_rs::{Any, FromDer as _},
    certificate::X509Certificate,
};

use super::certificate::is_version_1;

/// A signature of TLS 1.3.
pub(super) fn verify_13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    if !is_version_1(certificate) {
        return verify_tls13_signature(message, certificate, signature, algorithms);
    }
    let key = SubjectPublicKeyInfoDer::from(public_key(certificate)?);
    verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
}

/// A signature of TLS 1.2.
pub(super) fn verify_12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    if !is_version_1(certificate) {
        return verify_tls12_signature(message, certificate, signature, algorithms);
    }
    let info = public_key(certificate)?;
    let bad = |_| rustls::Error::from(CertificateError::BadEncoding);
    let (_, info) = Any::from_der(info).map_err(bad)?;
    let (key, algorithm) = Any::from_der(info.data).map_err(bad)?;
    let (_, key) = Any::from_der(key).map_err(bad)?;
    // A BIT STRING begins with the number of bits that do not count; a key has none.
    let Some((0, key)) = key.data.split_first().map(|(unused, key)| (*unused, key)) else {
        return Err(CertificateError::BadEncoding.into());
    };
    let mapped = algorithms
        .mapping
        .iter()
        .find(|(scheme, _)| *scheme == signature.scheme);
    let fitting = mapped.and_then(|(_, list)| {
        list.iter()
            .find(|it| it.public_key_alg_id().as_ref() == algorithm.data)
    });
    fitting
        .is_some_and(|it| {
            it.verify_signature(key, message, signature.signature())
                .is_ok()
        })
        .then(HandshakeSignatureValid::assertion)
        .ok_or_else(|| CertificateError::BadSignature.into())
}

/// The DER of the public key's SubjectPublicKeyInfo.
fn public_key<'a>(certificate: &'a CertificateDer<'_>) -> Result<&'a [u8], rustls::Error> {
    X509Certificate::from_der(certificate)
        .map(|(_, parsed)| parsed.tbs_certificate.subject_pki.raw)
        .map_err(|_| CertificateError::BadEncoding.into())
}
