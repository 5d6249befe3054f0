//! Why a server's certificate was not accepted, as a problem and in plain words.

use jiff::Timestamp;
use tokio_rustls::rustls::CertificateError;

use super::{
    certificate::{self, is_version_1},
    verify::Presented,
};
use crate::grpc::{CertificateProblem, ConnectError, ServerCertificate};

/// Names that are told in a sentence; the certificate has them all.
const TOLD_NAMES: usize = 6;

/// What is wrong with a certificate, and the certificate.
pub(super) fn refused(
    error: &CertificateError,
    expected: &str,
    shown: Option<&Presented>,
) -> ConnectError {
    let certificate = shown.map(|shown| certificate::read(&shown.certificate));
    let problem = problem(error, expected, shown);
    let reason = words(&problem, certificate.as_ref(), shown, error);
    ConnectError::Certificate {
        reason,
        problem,
        certificate: certificate.map(Box::new),
    }
}

fn problem(
    error: &CertificateError,
    expected: &str,
    shown: Option<&Presented>,
) -> CertificateProblem {
    use CertificateError as E;
    match error {
        // `Other` is how rustls passes on CaUsedAsEndEntity and UnsupportedCertVersion; a bad signature
        // is found when a trusted root has the same subject, as after a certificate was made anew.
        E::UnknownIssuer | E::Other(_) | E::BadSignature
            if shown.is_some_and(|shown| {
                !shown.accepted && certificate::signed_itself(&shown.certificate)
            }) =>
        {
            CertificateProblem::SelfSigned
        }
        E::UnknownIssuer => CertificateProblem::UnknownIssuer,
        E::NotValidForName | E::NotValidForNameContext { .. } => CertificateProblem::WrongName {
            expected: expected.to_owned(),
        },
        E::Expired | E::ExpiredContext { .. } => CertificateProblem::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => CertificateProblem::NotYetValid,
        E::Revoked => CertificateProblem::Revoked,
        E::ApplicationVerificationFailure => CertificateProblem::NotPinned,
        _ => CertificateProblem::Other,
    }
}

fn words(
    problem: &CertificateProblem,
    certificate: Option<&ServerCertificate>,
    shown: Option<&Presented>,
    error: &CertificateError,
) -> String {
    match problem {
        CertificateProblem::UnknownIssuer => unknown_issuer(certificate, shown),
        CertificateProblem::SelfSigned => {
            "it signed itself, and nobody this system trusts vouches for it".to_owned()
        }
        CertificateProblem::WrongName { expected } => wrong_name(expected, certificate),
        CertificateProblem::Expired => {
            let time = certificate.map_or("", |it| it.not_after.as_str());
            dated("it expired on", time)
        }
        CertificateProblem::NotYetValid => {
            let time = certificate.map_or("", |it| it.not_before.as_str());
            dated("it is not valid before", time)
        }
        CertificateProblem::Revoked => "its signer revoked it".to_owned(),
        CertificateProblem::NotPinned => {
            "it is another one than the one that is pinned in the settings".to_owned()
        }
        CertificateProblem::NoRoots => "this system has no root certificates".to_owned(),
        CertificateProblem::Other => other(error, shown),
    }
}

fn unknown_issuer(certificate: Option<&ServerCertificate>, shown: Option<&Presented>) -> String {
    let mut words = "nobody this system trusts signed it".to_owned();
    if let Some(it) = certificate {
        words.push_str(&format!(" (`{}` did)", it.issuer));
    }
    if shown.is_some_and(|shown| !shown.with_chain) {
        words.push_str(
            ", and the server sent no further certificate that would lead to a known root",
        );
    }
    words
}

fn wrong_name(expected: &str, certificate: Option<&ServerCertificate>) -> String {
    let names = certificate.map_or(&[][..], |it| it.names.as_slice());
    let common = certificate.and_then(|it| it.common_name.as_deref());
    match (names, common) {
        ([], Some(common)) if common.eq_ignore_ascii_case(expected) => format!(
            "it carries the name `{common}` only as the common name, which no longer counts"
        ),
        ([], Some(common)) => format!(
            "it is not for `{expected}`: it carries no host names, and its common name is `{common}`"
        ),
        ([], None) => format!("it is not for `{expected}`: it carries no host names at all"),
        (names, _) => {
            let told: Vec<_> = names.iter().take(TOLD_NAMES).map(String::as_str).collect();
            let mut words = format!("it is not for `{expected}`; it is for {}", told.join(", "));
            if let Some(more @ 1..) = names.len().checked_sub(told.len()) {
                words.push_str(&format!(" and {more} more"));
            }
            words
        }
    }
}

/// What the dates say, beside what the clock here says: often the clock is the one that is wrong.
fn dated(what: &str, time: &str) -> String {
    let clock = Timestamp::from_second(Timestamp::now().as_second())
        .map_or_else(|_| String::new(), |now| now.to_string());
    let time = if time.is_empty() {
        "a time that cannot be read"
    } else {
        time
    };
    format!("{what} {time}; this machine's clock says {clock}")
}

fn other(error: &CertificateError, shown: Option<&Presented>) -> String {
    use CertificateError as E;
    let words = match error {
        E::BadEncoding => "it cannot be read",
        E::BadSignature => "a signature in its chain, or over the handshake, is wrong",
        E::UnhandledCriticalExtension => "it has a critical extension that is not known here",
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "it is not meant for servers",
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed, or signs, in a way that is not accepted here (SHA-1, a small RSA key …)"
        }
        _ if shown.is_some_and(|shown| is_version_1(&shown.certificate)) => {
            "it is of X.509 version 1, an old form without host names that is not accepted"
        }
        E::Other(_) => "it may sign others, and a server's own may not, or its chain is broken",
        _ => "it did not pass the checks",
    };
    words.to_owned()
}
