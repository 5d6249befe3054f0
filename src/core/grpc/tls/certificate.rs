//! A server's certificate in a person's terms: who it is, which names it has, when it is valid.

use std::net::IpAddr;

use jiff::Timestamp;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _, time::ASN1Time,
};

use crate::grpc::{Fingerprint, ServerCertificate};

/// More names than this are not read; a certificate of a large provider has about a hundred.
const MAX_NAMES: usize = 200;

/// Reads a certificate; what cannot be read of it stays empty.
pub(super) fn read(der: &CertificateDer<'_>) -> ServerCertificate {
    let fingerprint = fingerprint(der);
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return ServerCertificate {
            fingerprint,
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            not_before: String::new(),
            not_after: String::new(),
        };
    };
    ServerCertificate {
        fingerprint,
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names: names(&certificate),
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

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternative)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = alternative.value.general_names.iter();
    let shown = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
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
