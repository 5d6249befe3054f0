//! Alerts and other ends of a handshake, in the words of [`ConnectError`].
//!
//! An alert tells little: `handshake_failure` may mean the cipher or the client's certificate. What is
//! known beside it decides: whether the server asked for a certificate, and whether it got one.
//! Spec: RFC 8446, section 6.

use std::io;

use tokio_rustls::rustls::{self, AlertDescription, PeerIncompatible, PeerMisbehaved};

use super::{ClientAuth, TlsInfo};
use crate::grpc::{ConnectError, Transport};

const OLD_TLS: &str = "the server speaks only versions of TLS that are given up (1.1 or older); here it \
                       is 1.2 or 1.3";

/// The rustls error inside an I/O error, if that is what it is.
pub(crate) fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// An error of TLS after the handshake: with TLS 1.3 the server looks at the client's certificate
/// only then.
pub(crate) fn after_handshake(error: &rustls::Error, info: Option<&TlsInfo>) -> ConnectError {
    let not_asked = ClientAuth::NotAsked;
    connect_error(error, info.map_or(&not_asked, |info| &info.client))
}

/// A connection that was closed before the server's SETTINGS.
pub(crate) fn closed_early(info: Option<&TlsInfo>) -> ConnectError {
    match info {
        None => ConnectError::ClosedEarly {
            transport: Transport::Plaintext,
        },
        Some(info) => unanswered(&info.client).unwrap_or(ConnectError::ClosedEarly {
            transport: Transport::Tls,
        }),
    }
}

/// A connection that was closed without an alert, by a server that asked in vain who calls.
pub(super) fn unanswered(client: &ClientAuth) -> Option<ConnectError> {
    match client {
        ClientAuth::Unanswered(request) => Some(ConnectError::ClientCertificate {
            alert: None,
            sent: false,
            issuers: request.issuers.clone(),
        }),
        ClientAuth::NotAsked | ClientAuth::Sent(_) => None,
    }
}

/// An error of rustls other than a refused certificate.
pub(super) fn connect_error(error: &rustls::Error, client: &ClientAuth) -> ConnectError {
    use rustls::Error as E;
    let reason = match error {
        E::AlertReceived(AlertDescription::NoApplicationProtocol)
        | E::NoApplicationProtocol
        | E::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
            return ConnectError::NoAlpn { chose_other: true };
        }
        E::AlertReceived(AlertDescription::ProtocolVersion)
        | E::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => OLD_TLS.to_owned(),
        E::AlertReceived(alert) => return alerted(*alert, client),
        E::PeerIncompatible(why) => format!(
            "client and server have no way of doing TLS in common: {}",
            spelled(&format!("{why:?}"), ' ')
        ),
        E::PeerMisbehaved(why) => format!(
            "the server broke a rule of TLS: {}",
            spelled(&format!("{why:?}"), ' ')
        ),
        E::InvalidMessage(_)
        | E::InappropriateMessage { .. }
        | E::InappropriateHandshakeMessage { .. }
        | E::PeerSentOversizedRecord => {
            "the server began as TLS does and went on with something that is none".to_owned()
        }
        E::NoCertificatesPresented => "the server showed no certificate".to_owned(),
        E::DecryptError => "what the server sent cannot be decrypted".to_owned(),
        other => other.to_string(),
    };
    ConnectError::Tls { reason }
}

fn alerted(alert: AlertDescription, client: &ClientAuth) -> ConnectError {
    use AlertDescription as A;
    let about_client = matches!(
        alert,
        A::CertificateRequired
            | A::HandshakeFailure
            | A::NoCertificate
            | A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::DecryptError
    );
    let name = alert_name(alert);
    match client {
        ClientAuth::Unanswered(request) if about_client => ConnectError::ClientCertificate {
            alert: Some(name),
            sent: false,
            issuers: request.issuers.clone(),
        },
        ClientAuth::Sent(request) if about_client => ConnectError::ClientCertificate {
            alert: Some(name),
            sent: true,
            issuers: request.issuers.clone(),
        },
        _ => ConnectError::TlsAlert { alert: name },
    }
}

/// The name in RFC 8446, or the number of one that has none.
fn alert_name(alert: AlertDescription) -> String {
    match alert {
        // The RFC spells it with z.
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::Unknown(number) => format!("number {number}"),
        named => spelled(&format!("{named:?}"), '_'),
    }
}

/// `UnknownCA` as `unknown_ca`: words in lower case, a run of capitals being one word.
fn spelled(name: &str, joint: char) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut spelled = String::new();
    for (index, &char) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| chars.get(index));
        let after = chars.get(index + 1);
        let begins = char.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if begins {
            spelled.push(joint);
        }
        spelled.extend(char.to_lowercase());
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::tls::ClientAuthRequest;

    #[test]
    fn alerts_have_the_names_of_the_specification() {
        use AlertDescription as A;
        for (alert, name) in [
            (A::CertificateRequired, "certificate_required"),
            (A::UnknownCA, "unknown_ca"),
            (A::UnknownPSKIdentity, "unknown_psk_identity"),
            (A::UnrecognisedName, "unrecognized_name"),
            (A::Unknown(77), "number 77"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }

    #[test]
    fn an_alert_is_about_the_client_when_the_server_had_asked_for_it() {
        use AlertDescription as A;
        let request = || Box::new(ClientAuthRequest::default());
        for (name, alert, client, expected) in [
            (
                "none",
                A::HandshakeFailure,
                ClientAuth::NotAsked,
                "TlsAlert",
            ),
            (
                "in vain",
                A::HandshakeFailure,
                ClientAuth::Unanswered(request()),
                "ClientCertificate { alert: Some(\"handshake_failure\"), sent: false",
            ),
            (
                "refused",
                A::UnknownCA,
                ClientAuth::Sent(request()),
                "ClientCertificate { alert: Some(\"unknown_ca\"), sent: true",
            ),
            (
                "another",
                A::InternalError,
                ClientAuth::Sent(request()),
                "TlsAlert",
            ),
        ] {
            let error = connect_error(&rustls::Error::AlertReceived(alert), &client);
            let shown = format!("{error:?}");
            assert!(shown.starts_with(expected), "{name}: {shown}");
        }
    }

    #[test]
    fn no_text_holds_a_name_of_a_program() {
        use rustls::{Error as E, InvalidMessage};
        for error in [
            E::AlertReceived(AlertDescription::ProtocolVersion),
            E::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
            E::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
            E::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
            E::InvalidMessage(InvalidMessage::InvalidContentType),
            E::NoCertificatesPresented,
            E::DecryptError,
        ] {
            let ConnectError::Tls { reason } = connect_error(&error, &ClientAuth::NotAsked) else {
                panic!("{error:?}");
            };
            let camel = |word: &str| word.chars().skip(1).any(char::is_uppercase);
            let odd = reason
                .split(' ')
                .find(|word| camel(word) && word.trim_end_matches(':') != "TLS");
            assert_eq!(odd, None, "{reason}");
        }
    }
}
