//! A server's certificate in a person's terms: who it is, which names it has, when it is valid.
//!
//! What a certificate says of itself comes from anybody: texts are cut, and what would hide or move
//! other text on a screen is escaped.

use std::net::IpAddr;

use jiff::Timestamp;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::FromDer as _,
    time::ASN1Time,
    x509::{X509Name, X509Version},
};

use crate::grpc::{Fingerprint, ServerCertificate, printable};

/// More names than this are not read; a certificate of a large provider has about a hundred.
const MAX_NAMES: usize = 200;

/// A host name has at most 253 characters; distinguished names are cut here, too.
const MAX_CHARS: usize = 300;

/// Reads a certificate; what cannot be read of it stays empty.
pub(super) fn read(der: &CertificateDer<'_>) -> ServerCertificate {
    let fingerprint = fingerprint(der);
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return ServerCertificate {
            fingerprint,
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            common_name: None,
            not_before: String::new(),
            not_after: String::new(),
        };
    };
    ServerCertificate {
        fingerprint,
        subject: name_text(certificate.subject()),
        issuer: name_text(certificate.issuer()),
        names: names(&certificate),
        common_name: only_common_name(&certificate).map(|name| printable(name, MAX_CHARS)),
        not_before: time(certificate.validity().not_before),
        not_after: time(certificate.validity().not_after),
    }
}

/// SHA-256 of the DER.
pub(super) fn fingerprint(der: &CertificateDer<'_>) -> Fingerprint {
    let digest = ring::digest::digest(&ring::digest::SHA256, der);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    Fingerprint(bytes)
}

/// Whether a certificate was signed with its own key.
pub(super) fn signed_itself(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, certificate)| {
        certificate.subject() == certificate.issuer() && certificate.verify_signature(None).is_ok()
    })
}

/// Whether a certificate is of the form that has no extensions.
pub(super) fn is_version_1(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der)
        .is_ok_and(|(_, certificate)| certificate.version() == X509Version::V1)
}

/// Whether a certificate has no alternative names at all.
pub(super) fn is_nameless(certificate: &X509Certificate<'_>) -> bool {
    matches!(certificate.subject_alternative_name(), Ok(None))
}

/// The common name of a certificate without alternative names.
pub(super) fn only_common_name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    let mut names = certificate.subject().iter_common_name();
    let name = names.find_map(|name| name.as_str().ok())?;
    is_nameless(certificate).then_some(name)
}

/// A distinguished name as text.
pub(super) fn name_text(name: &X509Name<'_>) -> String {
    printable(&name.to_string(), MAX_CHARS)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternative)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = alternative.value.general_names.iter();
    let shown = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(printable(name, MAX_CHARS)),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    });
    shown.take(MAX_NAMES).collect()
}

fn time(time: ASN1Time) -> String {
    Timestamp::from_second(time.timestamp()).map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_certificate_have_a_fingerprint_and_nothing_else() {
        let read = read(&CertificateDer::from(vec![0x30, 0x82, 0xff]));
        assert_eq!((read.subject, read.not_after), Default::default());
        assert!(!signed_itself(&CertificateDer::from(Vec::new())));
    }
}
