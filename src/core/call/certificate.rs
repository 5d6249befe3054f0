//! Cards for what goes wrong with TLS: certificates, alerts, ALPN.

use super::failure::{Failure, Fix, capitalized, card};
use crate::grpc::{CertificateProblem, ServerCertificate};

/// A server's certificate that was not accepted.
pub(super) fn certificate(
    target: &str,
    reason: &str,
    problem: &CertificateProblem,
    certificate: Option<&ServerCertificate>,
) -> Failure {
    let trust = certificate.map(|it| Fix::TrustCertificate(it.fingerprint));
    let (hint, mut fixes) = match problem {
        CertificateProblem::UnknownIssuer => (
            "Choose the file of the CA that signed it; or trust exactly this certificate, once you \
             have compared its fingerprint with the server's",
            vec![Fix::ChooseCa],
        ),
        CertificateProblem::SelfSigned => (
            "To trust exactly this certificate, compare its fingerprint with the server's first; or \
             choose its own file as the CA file",
            vec![Fix::ChooseCa],
        ),
        CertificateProblem::WrongName { .. } => {
            let name = certificate.and_then(|it| usable_name(&it.names));
            let fixes = name.map(Fix::UseServerName).into_iter().collect();
            (
                "Check the host; if the server is the right one, expect a name that its certificate has",
                fixes,
            )
        }
        CertificateProblem::Expired => (
            "The server needs a new certificate; or this machine's clock is wrong",
            vec![Fix::Retry, Fix::SkipVerification],
        ),
        CertificateProblem::NotYetValid => (
            "This machine's clock is probably wrong; or the server has a certificate of the future",
            vec![Fix::Retry, Fix::SkipVerification],
        ),
        CertificateProblem::NotPinned => (
            "The server has a new certificate, or another server answers in its place: ask whoever \
             runs it before you trust this one",
            Vec::new(),
        ),
        CertificateProblem::Revoked => ("The server needs a new certificate", Vec::new()),
        CertificateProblem::Other => (
            "Choose the file of the CA that signed it, or correct the server's certificate",
            vec![Fix::ChooseCa],
        ),
    };
    let may_trust = matches!(
        problem,
        CertificateProblem::UnknownIssuer
            | CertificateProblem::SelfSigned
            | CertificateProblem::NotPinned
    );
    fixes.extend(trust.filter(|_| may_trust));
    let mut reason = capitalized(reason);
    if may_trust && let Some(it) = certificate {
        reason.push_str(&format!(
            "\nIt is of `{}`, valid until {}, SHA-256 {}",
            it.subject, it.not_after, it.fingerprint
        ));
    }
    let summary = format!("The certificate of `{target}` was not accepted");
    card(summary, reason, hint, &fixes)
}

/// A name to expect in place of the host's: the first that is no pattern.
fn usable_name(names: &[String]) -> Option<String> {
    names.iter().find(|name| !name.contains('*')).cloned()
}

/// An alert that ended the handshake.
pub(super) fn alert(target: &str, alert: &str, about_client: bool) -> Failure {
    let summary = format!("The TLS handshake with `{target}` failed");
    let reason = format!("The server refused with the alert {alert}");
    if about_client {
        return card(
            summary,
            reason,
            "The server wants a client certificate, or another one: choose certificate and key in the \
             TLS settings",
            &[Fix::ChooseClientCertificate, Fix::Retry],
        );
    }
    let hint = "Check the port and the target's TLS settings";
    card(summary, reason, hint, &[Fix::Retry])
}

/// Any other failure of the handshake.
pub(super) fn handshake(target: &str, reason: &str) -> Failure {
    let summary = format!("The TLS handshake with `{target}` failed");
    let hint = "Check the port and the target's TLS settings";
    card(summary, capitalized(reason), hint, &[Fix::Retry])
}

/// TLS without HTTP/2.
pub(super) fn no_alpn(target: &str, chose_other: bool) -> Failure {
    let summary = format!("`{target}` does not offer HTTP/2 over TLS");
    if chose_other {
        return card(
            summary,
            "TLS works, but the server wants another protocol than `h2` (ALPN)",
            "Check the port; a proxy in between must allow HTTP/2",
            &[Fix::Retry],
        );
    }
    card(
        summary,
        "TLS works, but the server chose no protocol at all (ALPN)",
        "Old servers speak HTTP/2 all the same: go on without ALPN, or check the port",
        &[Fix::AcceptMissingAlpn, Fix::Retry],
    )
}
