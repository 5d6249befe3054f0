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
        CertificateProblem::WrongName { expected } => wrong_name(expected, certificate),
        CertificateProblem::Expired => (
            "The server needs a new certificate, or this machine's clock is wrong; without \
             verification anyone on the way could read and change the call",
            vec![Fix::Retry, Fix::SkipVerification],
        ),
        CertificateProblem::NotYetValid => (
            "This machine's clock is probably wrong, or the certificate is too new; without \
             verification anyone on the way could read and change the call",
            vec![Fix::Retry, Fix::SkipVerification],
        ),
        CertificateProblem::NotPinned => (
            "The server has a new certificate, or another server answers in its place: ask whoever \
             runs it before you trust this one",
            vec![Fix::ChooseCa],
        ),
        CertificateProblem::Revoked => ("The server needs a new certificate", Vec::new()),
        CertificateProblem::NoRoots => (
            "Choose the file of the CA that signed the server's certificate, or install the system's \
             (`ca-certificates` in most distributions)",
            vec![Fix::ChooseCa],
        ),
        CertificateProblem::Other => (
            "Choose the file of the CA that signed it, or correct the server's certificate",
            vec![Fix::ChooseCa],
        ),
    };
    let mut reason = capitalized(reason);
    if let Some(it) = certificate.filter(|it| may_be_trusted(problem, it)) {
        fixes.push(Fix::TrustCertificate(it.fingerprint));
        reason.push_str(&format!(
            "\nIt is of `{}`, valid until {}, SHA-256 {}",
            it.subject, it.not_after, it.fingerprint
        ));
    }
    let summary = format!("The certificate of `{target}` was not accepted");
    card(summary, reason, hint, &fixes)
}

/// Whether trusting exactly this certificate would mend it. Name and dates are checked even so.
fn may_be_trusted(problem: &CertificateProblem, certificate: &ServerCertificate) -> bool {
    match problem {
        CertificateProblem::UnknownIssuer
        | CertificateProblem::SelfSigned
        | CertificateProblem::NotPinned => true,
        // What could not be read cannot be trusted either.
        CertificateProblem::Other => !certificate.not_after.is_empty(),
        CertificateProblem::WrongName { expected } => {
            certificate.names.is_empty() && has_common_name(certificate, expected)
        }
        CertificateProblem::Expired
        | CertificateProblem::NotYetValid
        | CertificateProblem::Revoked
        | CertificateProblem::NoRoots => false,
    }
}

fn has_common_name(certificate: &ServerCertificate, name: &str) -> bool {
    let common = certificate.common_name.as_ref();
    common.is_some_and(|common| common.eq_ignore_ascii_case(name))
}

fn wrong_name(expected: &str, certificate: Option<&ServerCertificate>) -> (&'static str, Vec<Fix>) {
    if certificate.is_some_and(|it| it.names.is_empty() && has_common_name(it, expected)) {
        return (
            "The server needs a certificate with alternative names; or trust exactly this one, once \
             you have compared its fingerprint with the server's",
            Vec::new(),
        );
    }
    let name = certificate.and_then(usable_name);
    (
        "Check the host; if the server is the right one, expect a name that its certificate has",
        name.map(Fix::UseServerName).into_iter().collect(),
    )
}

/// A name to expect in place of the host's: the first host name that is no pattern, else an address,
/// else the common name.
fn usable_name(certificate: &ServerCertificate) -> Option<String> {
    let names = || certificate.names.iter().filter(|name| is_name(name));
    let host = names().find(|name| name.parse::<std::net::IpAddr>().is_err());
    let name = host.or_else(|| names().next());
    let common = || certificate.common_name.as_ref().filter(|it| is_name(it));
    name.or_else(common).cloned()
}

/// No pattern, and nothing but what names and addresses are made of.
fn is_name(text: &str) -> bool {
    let fits = |char: char| char.is_ascii_alphanumeric() || "-_.:".contains(char);
    !text.is_empty() && text.chars().all(fits)
}

/// An alert that ended the handshake, and that is not about the client's certificate.
pub(super) fn alert(target: &str, alert: &str) -> Failure {
    let hint = match alert {
        "handshake_failure" | "insufficient_security" => {
            "Client and server have no cipher in common, or the server does not serve this name: see \
             its log, and the server name in the TLS settings"
        }
        "unrecognized_name" => {
            "The server does not serve this name: check the host, or the server name in the TLS \
             settings"
        }
        "internal_error" => "Look into the server's log",
        _ => "Check the port and the target's TLS settings, or look into the server's log",
    };
    card(
        format!("The TLS handshake with `{target}` failed"),
        format!("The server refused with the alert {alert}"),
        hint,
        &[Fix::Retry],
    )
}

/// A server that ended the connection for the client's certificate, or for want of it.
pub(super) fn client_certificate(
    target: &str,
    alert: Option<&str>,
    sent: bool,
    issuers: &[String],
) -> Failure {
    let mut reason = match (alert, sent) {
        (Some(alert), false) => {
            format!("It asked for one, got none, and refused with the alert {alert}")
        }
        (Some(alert), true) => {
            format!("It looked at the certificate and refused with the alert {alert}")
        }
        (None, false) => "It asked for one, got none, and closed the connection".to_owned(),
        (None, true) => "It looked at the certificate and closed the connection".to_owned(),
    };
    if let [first, others @ ..] = issuers {
        reason.push_str(&format!("; it takes certificates signed by `{first}`"));
        match others.len() {
            0 => {}
            1 => reason.push_str(" or one more"),
            more => reason.push_str(&format!(" or {more} more")),
        }
    }
    let (summary, hint) = if sent {
        (
            format!("`{target}` refused the client's certificate"),
            match alert {
                Some("certificate_expired") => "Choose one that has not expired",
                Some("certificate_revoked") => "Choose one that was not revoked",
                Some("unknown_ca") => {
                    "Choose one that the server's CA signed; the file must hold the certificates \
                     between, too"
                }
                _ => "Choose another one; the server's log says more",
            },
        )
    } else {
        (
            format!("`{target}` wants a client certificate"),
            "Choose certificate and key, or a PKCS#12 file, in the TLS settings",
        )
    };
    card(
        summary,
        reason,
        hint,
        &[Fix::ChooseClientCertificate, Fix::Retry],
    )
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
